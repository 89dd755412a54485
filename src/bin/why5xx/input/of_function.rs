//! Signs that a log is a function's, where no log group says so.

use why5xx::decode::LogEvent;
use why5xx::record::lambda::{self, Certainty, Error, FunctionLine, InvocationId, parse_line, prefix};

/// Returns whether a log event shows that its log is a function's: a line of the platform or of a runtime, or a logger's line
/// with the id of an invocation.
///
/// `2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tINFO\tok` → true; `{"logGroups": []}` → false
pub(crate) fn shows_function(event: &LogEvent<'_>) -> bool {
    /// Keys of the id of an invocation: of the runtimes' loggers in JSON, of Python's, of Powertools.
    const ID_KEYS: &[&str] = &["\"requestId\":", "\"AWSRequestId\":", "\"function_request_id\":"];
    let text = event.message.text();
    let is_id = |word: &str| InvocationId::new(word).as_uuid().is_some();
    // `[INFO]`, or a time.
    let is_framed =
        || text.strip_prefix('[').unwrap_or(&text).starts_with(|c: char| c.is_ascii_uppercase() || c == '2');
    // An id alone, as the value of a key, is no line.
    let is_logged =
        || text.starts_with(['[', '2']) && is_framed() && text.split_whitespace().skip(1).take(3).any(is_id);
    let is_logged_in_json = || {
        text.starts_with('{')
            && text.contains("\"level\":")
            && ID_KEYS.iter().any(|key| {
                let value = text.find(key).map(|at| text[at + key.len()..].trim_start_matches([' ', '"']));
                value.and_then(|value| value.split('"').next()).is_some_and(is_id)
            })
    };
    is_beside_invocations(&text)
        || text.starts_with('{') && text.contains("\"platform.")
        || is_logged()
        || is_logged_in_json()
        || parse_line(event).is_some()
}

/// Returns whether a text is a line of the platform, of an extension or of Python's runtime that proves nothing about an invocation.
pub(super) fn is_beside_invocations(text: &str) -> bool {
    const HEADS: &[&str] = &["INIT_START ", "EXTENSION\t", "TELEMETRY\t", "LOGS\t", "LAMBDA_WARNING: "];
    HEADS.iter().any(|head| text.starts_with(head))
}

/// Where the code of functions is, and the libraries that only functions use.
const OF_FUNCTIONS: &[&str] = &[
    "/var/task/",
    "/var/runtime/",
    "/var/lang/",
    "/opt/python/",
    "/aws-lambda-go",
    "Amazon.Lambda.",
    "com.amazonaws.services.lambda.",
];

/// Returns whether a text names the code of a function, as in the frames of a stack.
pub(super) fn names_functions_code(text: &str) -> bool {
    OF_FUNCTIONS.iter().any(|path| text.contains(path))
}

/// Returns whether a line of a function alone shows that its log is a function's: Lambda wrote it about an invocation, or a runtime in a form
/// that no other program has. A sentence or an object alone may be anybody's.
///
/// `2026-01-02T03:04:05.678Z 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Task timed out after 3.00 seconds` → true; `Task timed out after 3.00
/// seconds`, `{"errorType":"ValidationError","errorMessage":"no name"}` → false
pub(super) fn is_proof(line: &FunctionLine<'_>, event: &LogEvent<'_>) -> bool {
    let text = event.message.text();
    let is_uuid = |id: Option<InvocationId>| id.is_some_and(|id| id.as_uuid().is_some());
    let is_own = match line {
        FunctionLine::ManagedInstance
        | FunctionLine::Start(_)
        | FunctionLine::End(_)
        | FunctionLine::Report(_)
        | FunctionLine::Init(_) => true,
        FunctionLine::TimedOut(timed_out) => {
            is_uuid(timed_out.request_id) || is_platforms_timeout(&text) == Some(TimeoutId::ById)
        }
        FunctionLine::Exit(exit) => {
            exit.request_id.is_some() && exit.certainty == Certainty::Certain || text.contains("\"Runtime.")
        }
        FunctionLine::Announcement | FunctionLine::Shutdown => false,
        FunctionLine::Error(error) => is_of_runtime(error, &text) || lambda::parse_line_of_unknown_log(event).is_some(),
    };
    is_own || names_functions_code(&text)
}

/// Frames that Go's library writes below an error.
pub(super) const OF_GO: &str = "\"stackTrace\":[{\"path\":";

fn is_of_runtime(error: &Error<'_>, text: &str) -> bool {
    /// Beginnings of the texts of the platform, or of a client of it, in an error.
    const OF_LAMBDA: &[&str] = &["Response payload size ", "LAMBDA_RUNTIME", "Runtime.", "Extension.", "Sandbox."];
    let words = [&*error.message, error.error_type.as_deref().unwrap_or_default()];
    let is_object = text.trim_start().starts_with('{');
    // Anybody's Python has frames.
    let is_of_python = text.contains("File \"");
    error.request_id.is_some_and(|id| id.as_uuid().is_some())
        || text.contains(OF_GO)
        || words.iter().any(|text| OF_LAMBDA.iter().any(|start| text.starts_with(start)))
        || is_platforms_timeout(&error.message) == Some(TimeoutId::ById)
        || error.message.strip_prefix("RequestId: ").is_some_and(|rest| prefix::request_id(rest).is_some())
        || error.certainty == Certainty::Certain && !is_object && !is_of_python
}

/// Whether a sentence of the platform has the id of its invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeoutId {
    ById,
    /// Anybody may have written it.
    Not,
}

/// Returns whether a line is the time-out of an invocation as Lambda writes it: a time and the id, or neither, and two decimals.
///
/// `Task timed out after 3.00 seconds` → `Not`; `Task timed out after 30 seconds`, `celery: Task timed out after 30.00 seconds` → None
pub(super) fn is_platforms_timeout(line: &str) -> Option<TimeoutId> {
    let line = prefix::strip(line.trim_end()).rest;
    // Published lines have this word before the sentence.
    let line = line.strip_prefix("Error: ").unwrap_or(line);
    let (id, sentence) = match prefix::word(line) {
        ("Task", _) => (None, line),
        (id, rest) => (Some(id), rest),
    };
    // A person may have blanked it.
    let is_id = |id: &str| id.matches('-').count() == 4 || id.starts_with('<') && id.ends_with('>');
    let seconds = sentence.strip_prefix("Task timed out after ")?.trim_end_matches('.').strip_suffix(" seconds")?;
    let (whole, decimals) = seconds.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() != 2 || !id.is_none_or(is_id) {
        return None;
    }
    Some(if id.is_some() { TimeoutId::ById } else { TimeoutId::Not })
}

/// Returns whether a line of a function is an error that a program of the same language writes on any machine: as its last words, or as a logger
/// does.
///
/// `panic: no stock` → true, `Unable to import module 'orders'` → false
pub(super) fn is_of_any_program(line: &FunctionLine<'_>) -> bool {
    /// Beginnings of sentences that only Lambda's runtimes write.
    const OF_RUNTIMES: &[&str] =
        &["Unable to import module '", "Syntax error in module '", "Bad handler '", "Handler '"];
    match line {
        FunctionLine::Error(error) => !OF_RUNTIMES.iter().any(|start| error.message.starts_with(start)),
        // Any program of Go starts others.
        FunctionLine::Exit(exit) => exit.text.starts_with("fork/exec /"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use why5xx::decode::Message;

    use super::*;

    #[test]
    fn a_timeout_has_the_form_that_lambda_writes() {
        const ID: &str = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
        let sentence = "Task timed out after 12.00 seconds";
        for (text, named) in [
            (format!("2026-11-20T10:00:00.000Z {ID} {sentence}"), Some(TimeoutId::ById)),
            (format!("{ID} {sentence}."), Some(TimeoutId::ById)),
            (format!("<hidden> {sentence}"), Some(TimeoutId::ById)),
            (sentence.to_owned(), Some(TimeoutId::Not)),
            (format!("2026-11-20T10:00:00.000Z {sentence}"), Some(TimeoutId::Not)),
            (format!("Error: {sentence}"), Some(TimeoutId::Not)),
            (format!("huey: {sentence}"), None),
            (format!("[ERROR] {sentence}"), None),
            (format!("{sentence} in the queue"), None),
            ("Task timed out after 12 seconds".to_owned(), None),
            ("Task timed out after 12.5 seconds".to_owned(), None),
            ("Task timed out after .00 seconds".to_owned(), None),
        ] {
            assert_eq!(is_platforms_timeout(&text), named, "{text}");
        }
    }

    #[test]
    fn a_sentence_or_an_object_alone_proves_no_function() {
        let is_proof = |text: &str| {
            let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
            is_proof(&parse_line(&event).unwrap_or_else(|| panic!("{text}")), &event)
        };
        for text in [
            "Unable to import module 'orders': x",
            "panic: no stock",
            r#"{"errorType":"OrderError","errorMessage":"no name"}"#,
            "[ERROR] KeyError: 'a'\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 3, in get",
        ] {
            assert!(!is_proof(text), "{text}");
        }
        for text in [
            "START RequestId: 17 Version: $LATEST",
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'orders': x",
            "no stock: shop.StockError\nshop.StockError: no stock\n\tat shop.Orders.get(Orders.java:7)",
            r#"{"errorMessage":"no stock","errorType":"errorString","stackTrace":[{"path":"main.go","line":3,"label":"get"}]}"#,
        ] {
            assert!(is_proof(text), "{text}");
        }
    }
}
