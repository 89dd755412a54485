//! Names the cause of an error that the log of a function shows: its type first, then the head of its message.
//!
//! The rest of a message may quote anybody: a ticket, a search term, the answer of another function. So quoted text never
//! names a cause, a word alone does not, and a sentence of a library counts only whole, at the head or behind `: `.

use std::borrow::Cow;

use crate::cause::{Author, Cause, Role, Table, normalise, words_of_type};

/// Types that are errors of the program itself. Their messages name no part that the function called.
const OF_PROGRAM: &[&str] = &[
    "argument error",
    "argument exception",
    "argument null exception",
    "argument out of range exception",
    "arithmetic exception",
    "array index out of bounds exception",
    "assertion error",
    "attribute error",
    "bounds error",
    "class cast exception",
    "constraint violation exception",
    "divide by zero exception",
    "format exception",
    "illegal argument exception",
    "index error",
    "index out of bounds exception",
    "index out of range exception",
    "invalid argument exception",
    "invalid cast exception",
    "json decode error",
    "json exception",
    "json parse exception",
    "key error",
    "key not found exception",
    "lookup error",
    "name error",
    "no method error",
    "no such element exception",
    "not implemented error",
    "null pointer exception",
    "null reference exception",
    "number format exception",
    "overflow error",
    "parser error",
    "range error",
    "recursion error",
    "reference error",
    "stop iteration",
    "string index out of bounds exception",
    "syntax error",
    "type error",
    "unbound local error",
    "unicode decode error",
    "unicode encode error",
    "uri error",
    "validation error",
    "validation exception",
    "value error",
    "zero division error",
    "zod error",
];

/// Most sentences of a message that are compared.
const MOST_SENTENCES: usize = 32;

/// Longest part of a sentence that is compared, in bytes: no pattern needs more.
const SENTENCE_BYTES: usize = 512;

/// Returns the cause that an error names; None if it names none. `details` are its codes, statuses and the errors behind
/// it, each as `code` or `type: message`.
///
/// `ConnectTimeoutError`, `…` → `lambda_dependency_unreachable`; `KeyError`, `'access denied'` → None
pub fn cause_of_error<'d>(
    table: &Table,
    error_type: &str,
    message: &str,
    details: impl Iterator<Item = &'d str> + Clone,
) -> Option<&'static Cause> {
    let mut whole = if error_type.is_empty() { message.to_owned() } else { format!("{error_type}: {message}") };
    for detail in details.clone() {
        whole.push(' ');
        whole.push_str(detail);
    }
    // The owner's rules see all of the text, as the reference of rules says.
    let own_rule = find(table, Author::FunctionLog, &normalise(&whole)).filter(|cause| cause.is_own_rule());
    if let Some(cause) = own_rule.filter(|cause| is_before_built_in(table, cause)) {
        return Some(cause);
    }
    let found = named_by(table, error_type, "")
        .or_else(|| details.clone().find_map(|detail| of_detail(table, detail)))
        .or_else(|| named_by(table, error_type, message));
    found.or(own_rule).filter(|cause| !matches!(cause.role, Some(Role::FunctionTimedOut | Role::ProcessExited)))
}

/// Returns the cause that the type of an error names, in a report of the platform or of the runtime.
///
/// `Extension.Crash` → `lambda_init_failure`
pub fn cause_of_type(table: &Table, error_type: &str) -> Option<&'static Cause> {
    let own_rule = || find(table, Author::FunctionLog, &normalise(error_type)).filter(|cause| cause.is_own_rule());
    find(table, Author::ErrorType, &name_of(error_type)).or_else(own_rule)
}

fn is_before_built_in(table: &Table, cause: &'static Cause) -> bool {
    table.iter().find(|one| std::ptr::eq(*one, cause) || !one.is_own_rule()).is_some_and(|one| std::ptr::eq(one, cause))
}

fn find(table: &Table, author: Author, text: &str) -> Option<&'static Cause> {
    if text.is_empty() { None } else { table.find(author, text) }
}

/// Returns the name of a type in the form of the patterns, without Ruby's frame: `Function<Errno::EPIPE>` →
/// `errno.epipe`, `Init<LoadError>` → `runtime.init`
fn name_of(error_type: &str) -> String {
    if error_type.starts_with("Init<") {
        return "runtime.init".to_owned();
    }
    let name = error_type.strip_prefix("Function<").and_then(|name| name.strip_suffix('>')).unwrap_or(error_type);
    words_of_type(name)
}

/// Returns the cause that a type names, and else the message.
fn named_by(table: &Table, error_type: &str, message: &str) -> Option<&'static Cause> {
    let name = name_of(error_type);
    let last = name.rsplit('.').next().unwrap_or_default();
    let of_head = || find(table, Author::FunctionLog, &normalise(message)).filter(|cause| !cause.is_own_rule());
    if OF_PROGRAM.contains(&last) {
        // undici's fetch, whose reason is not always logged.
        let is_fetch = last == "type error" && normalise(message) == "fetch failed";
        return if is_fetch { find(table, Author::Library, "fetch failed") } else { of_head() };
    }
    find(table, Author::ErrorType, &name).or_else(of_head).or_else(|| of_library(table, message))
}

/// Returns the cause of a code, of a status, or of an error behind the error.
fn of_detail(table: &Table, detail: &str) -> Option<&'static Cause> {
    let (name, message) = detail.split_once(": ").unwrap_or((detail, ""));
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    if is_name { named_by(table, name, message) } else { of_library(table, detail) }
}

/// Returns the cause that a sentence of a library names; of several the first in the table.
fn of_library(table: &Table, message: &str) -> Option<&'static Cause> {
    let text = normalise(&without_quotes(&without_guzzle_body(message)));
    let starts = [0].into_iter().chain(sentence_starts(&text)).take(MOST_SENTENCES);
    let found = starts.filter_map(|at| {
        let sentence = &text[at..];
        find(table, Author::Library, &sentence[..sentence.floor_char_boundary(SENTENCE_BYTES)])
    });
    found.min_by_key(|cause| table.index_of(cause))
}

/// Returns where sentences begin: behind `: `, behind `; `, which stands for a line end, and behind `> `.
fn sentence_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices([':', ';', '>'])
        .map(|(at, _)| at + 1)
        .filter_map(|at| text[at..].starts_with(' ').then_some(at + 1))
}

/// Removes the answer that Guzzle, PHP's client, quotes without quotes, up to the sentence of the AWS SDK behind it, and
/// shows its status, which Guzzle quotes.
///
/// ``Client error: `GET /` resulted in a `403 Forbidden` response:\nno entry`` → ``Client error: `GET /` resulted in a 403 Forbidden
/// response``
fn without_guzzle_body(message: &str) -> Cow<'_, str> {
    const STATUS: &str = " resulted in a `";
    const RESPONSE: &str = "` response:";
    let Some((head, rest)) = message.split_once(STATUS) else { return Cow::Borrowed(message) };
    let Some((status, body)) = rest.split_once(RESPONSE) else { return Cow::Borrowed(message) };
    let sdk = [" (client): ", " (server): "].iter().find_map(|words| body.find(words));
    let sentence = sdk.map_or("", |at| &body[body[..at].rfind('\n').map_or(at, |line| line + 1)..]);
    Cow::Owned(format!("{head} resulted in a {status} response\n{}", sentence.trim_start()))
}

/// Replaces quoted text (`'…'`, `"…"`, `` `…` ``, `{…}`) by `~`, and line ends by `; `.
///
/// `unknown reason "connection refused"` → `unknown reason ~`
fn without_quotes(message: &str) -> Cow<'_, str> {
    if !message.contains(['\'', '"', '`', '{', '\n', '\r']) {
        return Cow::Borrowed(message);
    }
    let mut text = String::with_capacity(message.len());
    let mut chars = message.char_indices().peekable();
    let mut before = ' ';
    // Whether a quote that is not closed was seen: then no later one is.
    let mut is_open = false;
    while let Some((at, c)) = chars.next() {
        let end = match c {
            '"' | '`' => Some(message[at + 1..].find(c).map(|end| at + 1 + end)),
            // An apostrophe within a word is not a quote.
            '\'' if !before.is_alphanumeric() && !is_open => {
                let end = end_of_single_quotes(message, at);
                is_open = end.is_none();
                end.map(Some)
            }
            '{' => Some(end_of_braces(message, at)),
            _ => None,
        };
        before = c;
        match end {
            Some(end) => {
                text.push('~');
                let end = end.unwrap_or(message.len());
                while chars.next_if(|(at, _)| *at <= end).is_some() {}
            }
            None if matches!(c, '\n' | '\r') => text.push_str("; "),
            None => text.push(c),
        }
    }
    Cow::Owned(text)
}

/// Returns the place of the quote that ends a word; None without one.
fn end_of_single_quotes(message: &str, start: usize) -> Option<usize> {
    let behind = &message[start + 1..];
    let mut quotes = behind.match_indices('\'').map(|(at, _)| at);
    quotes.find(|at| !behind[at + 1..].starts_with(char::is_alphanumeric)).map(|at| start + 1 + at)
}

/// Returns the place where an object ends; None if it does not.
fn end_of_braces(message: &str, start: usize) -> Option<usize> {
    /// Guzzle, PHP's client, cuts an answer that it quotes.
    const CUT: &str = "(truncated...)";
    let mut depth = 0_usize;
    let end = message[start..]
        .bytes()
        .position(|b| {
            match b {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
        .or_else(|| message[start..].find(CUT).map(|at| at + CUT.len() - 1));
    end.map(|end| start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNREACHABLE: Option<&str> = Some("lambda_dependency_unreachable");
    const DENIED: Option<&str> = Some("lambda_dependency_denied");
    const THROTTLED: Option<&str> = Some("lambda_dependency_throttled");

    fn cause(error_type: &str, message: &str, details: &[&str]) -> Option<&'static str> {
        cause_of_error(&Table::default(), error_type, message, details.iter().copied()).map(|cause| cause.id)
    }

    #[test]
    fn the_type_decides_before_the_message() {
        for (error_type, message, expected) in [
            ("ConnectTimeoutError", "order 7", UNREACHABLE),
            ("com.acme.StockUnknown$Refused", "order 7", None),
            ("java.net.http.HttpTimeoutException", "request timed out", UNREACHABLE),
            ("RateLimitError", "Error code: 429 - {'error': {'message': 'quota'}}", THROTTLED),
            ("Function<Errno::ECONNREFUSED>", "x", UNREACHABLE),
            ("AccessDeniedException", "x", DENIED),
            ("MemoryError", "", Some("lambda_out_of_memory")),
            ("java.lang.OutOfMemoryError", "Java heap space", Some("lambda_out_of_memory")),
            ("Runtime.ImportModuleError", "x", Some("lambda_init_failure")),
            ("TypeError", "fetch failed", UNREACHABLE),
            ("TypeError", "fetch failed for order 7", None),
        ] {
            assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
        }
    }

    #[test]
    fn words_of_a_type_are_whole_and_a_package_names_nothing() {
        for (error_type, expected) in [
            ("ImagePipelineError", None),
            ("SlowDownloadError", None),
            ("SourceNoDataError", None),
            ("LockAcquireTimeoutError", None),
            ("FontNoPermitError", None),
            ("com.acme.throttling.RuleMissingException", None),
            ("Acme.Throttling.RuleException", None),
            ("software.amazon.awssdk.services.codepipeline.model.PipelineNotFoundException", None),
            ("java.nio.file.AccessDeniedException", Some("lambda_unhandled_error")),
            ("System.UnauthorizedAccessException", Some("lambda_unhandled_error")),
            ("Function<Errno::EPIPE>", UNREACHABLE),
            ("SequelizeConnectionTimedOutError", UNREACHABLE),
            ("Function<HTTP::TimeoutError>", UNREACHABLE),
            ("ER_TABLEACCESS_DENIED_ERROR", DENIED),
            ("Function<Octokit::Forbidden>", DENIED),
            ("EC2ThrottledException", THROTTLED),
            ("Function<Init<LoadError>>", None),
            ("Init<LoadError>", Some("lambda_init_failure")),
            ("_ArrayMemoryError", Some("lambda_out_of_memory")),
        ] {
            assert_eq!(cause(error_type, "order 7", &[]), expected, "{error_type}");
        }
    }

    #[test]
    fn the_head_of_a_message_is_the_platform_s_exact_sentence() {
        for message in [
            "Unable to find method of payment for order 7",
            "Cannot find package 4711 in depot",
            "Unable to load type of vehicle 7",
            "Bad handler for payment method",
            "Price table is undefined or not exported",
            "Class not found in timetable",
            "Class not found: yoga-7",
            "Error loading class schedule 7",
            "No public method named in the order",
            "undefined method `error_handler' for nil",
            "fork/exec /opt/bin/ffmpeg: no such file or directory",
            "EACCES: permission denied, open '/var/task/cache.db'",
            "[Errno 13] Permission denied: '/var/task/out.txt'",
            "Out of memory cards",
            "Memory allocation of project 7 exceeds budget",
            "Allowed memory size of a card",
            "MemoryErrors of last week",
            "Response payload size is odd",
            "Body size is too long for SMS",
        ] {
            assert_eq!(cause("Error", message, &[]), None, "{message}");
        }
        for (message, expected) in [
            ("Unable to load type 'Shop.Function' from assembly 'Shop'.", "lambda_init_failure"),
            ("Unable to find method 'Run' in type 'Shop.Function' from assembly 'Shop'", "lambda_init_failure"),
            ("Class not found: shop.Orders", "lambda_init_failure"),
            ("app.handler is undefined or not exported", "lambda_init_failure"),
            ("Handler 'handler' missing on module 'app'", "lambda_init_failure"),
            ("[Errno 13] Permission denied: '/var/task/app.py'", "lambda_init_failure"),
            ("fork/exec /var/task/bootstrap: permission denied", "lambda_init_failure"),
            ("memory allocation of 1073741824 bytes failed", "lambda_out_of_memory"),
            ("Out of memory", "lambda_out_of_memory"),
            (
                "Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).",
                "payload_too_large",
            ),
        ] {
            assert_eq!(cause("", message, &[]), Some(expected), "{message}");
        }
    }

    #[test]
    fn a_whole_sentence_of_a_library_names_a_cause_at_the_head_and_behind_a_colon() {
        for (error_type, message, expected) in [
            ("Error", "connect ECONNREFUSED 10.0.0.7:5432", UNREACHABLE),
            ("Error", "timeout exceeded when trying to connect", UNREACHABLE),
            ("OperationalError", "timeout expired", UNREACHABLE),
            ("ConnectError", "All connection attempts failed", UNREACHABLE),
            ("TimeoutError", "Timeout connecting to server", UNREACHABLE),
            ("wrapError", "load order: dial tcp 10.0.0.7:5432: connect: connection refused", UNREACHABLE),
            ("OperationError", "operation error S3: GetObject, api error AccessDenied: Access Denied", DENIED),
            (
                "ClientError",
                "An error occurred (ThrottlingException) when calling the Query operation: Rate exceeded",
                THROTTLED,
            ),
            ("Error", "no order\nconnection refused\n", UNREACHABLE),
            (
                "Aws\\DynamoDb\\Exception\\DynamoDbException",
                "Error executing \"PutItem\" on \"https://dynamodb\"; AWS HTTP error: Client error: `POST https://dynamodb` resulted in a `400 Bad Request` response:\n{\"__type\":\"x#AccessDeniedException\",\"Message\":\"User (truncated...)\n AccessDeniedException (client): User: x may not - {\"__type\":\"y\"}",
                DENIED,
            ),
            (
                "RequestException",
                "cURL error 28: Operation timed out after 1000 milliseconds with 0 bytes received",
                UNREACHABLE,
            ),
            (
                "OperationalError",
                "connection to server at \"db\" failed: FATAL: password authentication failed for user \"app\"",
                DENIED,
            ),
        ] {
            assert_eq!(cause(error_type, message, &[]), expected, "{error_type}: {message}");
        }
    }

    #[test]
    fn a_word_quoted_text_and_errors_of_the_program_name_nothing() {
        for (error_type, message) in [
            ("Error", "order 7: connection refused by neighbour"),
            ("Error", "unknown reason \"connection refused\""),
            ("Error", "callee answered {\"errorType\":\"Runtime.OutOfMemory\",\"errorMessage\":\"Access denied\"}"),
            ("Error", "upload AccessDenied-screenshot.png has no profile"),
            ("Error", "no intent for: Cannot find module express, what now?"),
            ("Error", "the ticket says: java.lang.OutOfMemoryError"),
            ("RuntimeError", "callee: 2026-01-02T03:04:05.678Z 0c1d Task timed out after 3.00 seconds"),
            ("RuntimeError", "Task timed out after 3.00 seconds"),
            ("KeyError", "'access denied'"),
            ("ValidationError", "reason: connection refused"),
            ("com.acme.Shop$ArgumentException", "connect ECONNREFUSED 10.0.0.7:5432"),
            ("Error", "customer 7 is throttled"),
            ("Error", "it's user's 'connection refused'"),
        ] {
            assert_eq!(cause(error_type, message, &[]), None, "{error_type}: {message}");
        }
    }

    #[test]
    fn codes_statuses_and_the_errors_behind_an_error_name_a_cause() {
        for (details, expected) in [
            (&["ECONNREFUSED"][..], UNREACHABLE),
            (&["status code: 403"], DENIED),
            (&["status code: 429"], THROTTLED),
            (&["status code: 500"], None),
            (&["java.net.UnknownHostException: db.internal"], UNREACHABLE),
            (&["java.lang.IllegalStateException: x", "java.net.ConnectException: Connection refused"], UNREACHABLE),
            (&["java.lang.IllegalArgumentException: connection refused"], None),
        ] {
            assert_eq!(cause("com.acme.OrderFailed", "order 7", details), expected, "{details:?}");
        }
    }

    #[test]
    fn quoted_text_is_left_out_in_linear_time() {
        for (message, expected) in [
            ("a 'b' c", "a ~ c"),
            ("user's `x` and \"y\"", "user's ~ and ~"),
            ("{a {b} c} d", "~ d"),
            ("'it's open", "'it's open"),
            ("\"open", "~"),
            ("{open", "~"),
            ("one\ntwo", "one; two"),
            ("é'é'é \"é\"", "é'é'é ~"),
        ] {
            assert_eq!(without_quotes(message), expected, "{message}");
        }
        for piece in [" 'a", "\"", "{", "{}", ": ", "> "] {
            let _ = cause("Error", &piece.repeat(50_000), &[]);
        }
    }
}
