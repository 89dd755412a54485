//! The Go runtime library's line about an error that a handler returned or panicked with.
//!
//! aws-lambda-go prints `{"errorMessage":…,"errorType":…}` (and `stackTrace` after a panic) through the standard logger.
//! So the object stands alone behind that logger's date and time, or is the whole message of the structured logger that
//! a program installed instead. Another function's answer that a program prints this way has other keys, another order,
//! or words before it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Certainty, Error, FunctionLine, Phase, READ_BYTES, prefix};

/// Beginning of the object. The library writes no blanks.
const OBJECT: &str = "{\"errorMessage\":\"";

/// The object. Source: aws-lambda-go, `lambda/messages`, `InvokeResponse_Error`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Failure<'a> {
    #[serde(borrow)]
    error_message: Cow<'a, str>,
    /// The name of the Go type; empty for a type without a name.
    #[serde(borrow)]
    error_type: Cow<'a, str>,
    /// Never an empty list.
    stack_trace: Option<Vec<Frame>>,
}

/// A frame of Go. Frames of other languages are strings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    #[serde(rename = "path")]
    _path: IgnoredAny,
    #[serde(rename = "line")]
    _line: IgnoredAny,
    #[serde(rename = "label")]
    _label: IgnoredAny,
}

/// Parses a line of the standard logger, or of a structured logger in text format.
///
/// `2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"errorString"}` → an error of type `errorString`
pub(super) fn parse(text: &str) -> Option<FunctionLine<'_>> {
    if let Some(at) = text.find(OBJECT)
        && is_log_prefix(&text[..at])
    {
        return parse_object(&text[at..]);
    }
    parse_text_message(text)
}

/// Parses the object if it is the whole text.
fn parse_object(text: &str) -> Option<FunctionLine<'_>> {
    let text = text.trim_end();
    if !text.starts_with(OBJECT) {
        return None;
    }
    let (error_type, message) = match serde_json::from_str::<Failure<'_>>(text) {
        Ok(failure) if failure.stack_trace.as_ref().is_some_and(Vec::is_empty) => return None,
        Ok(failure) => (Some(failure.error_type), failure.error_message),
        // The message is longer than the part of a line that is parsed.
        Err(error) if error.is_eof() && text.len() > READ_BYTES / 2 => (None, Cow::Borrowed(&text[OBJECT.len()..])),
        Err(_) => return None,
    };
    Some(FunctionLine::Error(Error {
        request_id: None,
        error_type: error_type.filter(|name| !name.is_empty()),
        message,
        certainty: Certainty::Certain,
        phase: Phase::Handler,
    }))
}

/// Parses `time=… level=INFO msg="…"` of `log/slog` and logrus. The runtime library's own logger names the same fields
/// differently. More fields may follow.
fn parse_text_message(text: &str) -> Option<FunctionLine<'static>> {
    const KEYS: &[(&str, &str)] = &[("time=", " msg=\""), ("timestamp=", " message=\"")];
    let (_, key) = KEYS.iter().find(|(time, _)| text.starts_with(time))?;
    let at = text.find(key)?;
    let level = text[..at].split_once(" level=").and_then(|(_, rest)| rest.split(' ').next());
    if !level.is_some_and(is_level_of_standard_logger) {
        return None;
    }
    // Go quotes a text as JSON does, but for escapes of control characters, and the object has none of those.
    let quoted = &text[at + key.len() - 1..];
    let message: String = serde_json::Deserializer::from_str(quoted).into_iter().next()?.ok()?;
    parse_message(&message)
}

/// Parses an object of `log/slog`, logrus, zap, zerolog or the runtime library's own logger.
///
/// Loggers of other languages write other keys, levels as numbers, or the request id that Lambda adds.
pub(super) fn parse_json_message(object: &Map<String, Value>) -> Option<FunctionLine<'static>> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let is_info = match object.get("level") {
        Some(level) => level.as_str().is_some_and(is_level_of_standard_logger),
        // zerolog writes none for a line of the standard logger.
        None => object.contains_key("time") && object.contains_key("message"),
    };
    let is_of_go = if object.contains_key("msg") {
        ["time", "ts"].iter().any(|key| object.contains_key(*key))
    } else {
        let keys_of_own_logger = ["timestamp", "level", "message"];
        object.contains_key("time") || object.keys().all(|key| keys_of_own_logger.contains(&key.as_str()))
    };
    if !is_info || !is_of_go || is_of_other_language(object) {
        return None;
    }
    parse_message(text("msg").or_else(|| text("message"))?)
}

/// Returns whether an object has keys of loggers of Node.js, Python or Java. A Go program may add one of them as a field of its
/// own, but hardly the two of pino.
fn is_of_other_language(object: &Map<String, Value>) -> bool {
    const NEVER_GO: &[&str] = &["levelname", "severity", "AWSRequestId"];
    NEVER_GO.iter().any(|key| object.contains_key(*key))
        || object.contains_key("pid") && object.contains_key("hostname")
}

/// Parses the message of a structured logger: the object, or the standard logger's line with its date.
fn parse_message(message: &str) -> Option<FunctionLine<'static>> {
    let at = message.find(OBJECT)?;
    (at == 0 || is_log_prefix(&message[..at])).then(|| parse_object(&message[at..]))?.map(FunctionLine::into_owned)
}

/// Returns whether structured loggers write this level for a line of the standard logger, which has no levels. A program
/// that logs another function's error chooses a higher level.
fn is_level_of_standard_logger(level: &str) -> bool {
    level.eq_ignore_ascii_case("info")
}

/// Returns whether a text is the standard logger's prefix of a line: `2026/01/02 03:04:05 `, with microseconds and the
/// place in the source (`invoke_loop.go:95: `) if the program asks for them. One word of the program's own may stand
/// before, and what log tails put there.
fn is_log_prefix(text: &str) -> bool {
    let mut words: Vec<&str> = text.split_ascii_whitespace().collect();
    let place = words.pop_if(|word| word.contains(".go:") && word.ends_with(':'));
    if !text.ends_with(' ') {
        return false;
    }
    let is_clock = |word: &mut &str| is_like(word.split('.').next().unwrap_or_default(), "00:00:00");
    if words.pop_if(is_clock).is_none() {
        // Without a time, the library's own place in the source shows whose line it is.
        return place.is_some_and(|place| place.contains("invoke_loop.go:")) && are_before_a_line(&words);
    }
    let Some(date) = words.pop() else { return false };
    // The program's own prefix may end without a blank.
    let own = date.len().checked_sub(DATE.len()).filter(|at| date.is_char_boundary(*at));
    let Some((own, date)) = own.map(|at| date.split_at(at)) else { return false };
    words.extend((!own.is_empty()).then_some(own));
    is_like(date, DATE) && are_before_a_line(&words)
}

const DATE: &str = "0000/00/00";

/// Returns whether all words are a log tail's, except at most one that is not a logger's level.
fn are_before_a_line(words: &[&str]) -> bool {
    const LEVELS: &[&str] = &["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"];
    let own: Vec<_> = words.iter().filter(|word| !prefix::is_of_log_tail(word)).collect();
    own.len() <= 1 && own.iter().all(|word| !LEVELS.contains(&word.trim_matches(['[', ']', ':'])))
}

/// Returns whether a text has digits where the pattern has zeros, and equals it elsewhere.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed_error(text: &str) -> Option<(String, String)> {
        match parse(text)? {
            FunctionLine::Error(error) => Some((error.error_type.unwrap_or_default().into(), error.message.into())),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_error_is_read_behind_every_prefix_of_the_standard_logger() {
        for prefix in [
            "2026/01/02 03:04:05 ",
            "2026/01/02 03:04:05.123456 ",
            "2026/01/02 03:04:05 invoke_loop.go:95: ",
            "2026/01/02 03:04:05.123456 /go/src/orders/vendor/lambda/invoke_loop.go:95: ",
            "[orders] 2026/01/02 03:04:05 ",
            "orders:2026/01/02 03:04:05 ",
            "größe2026/01/02 03:04:05 ",
            "2026-01-02T03:04:06.123Z 2026/01/02 03:04:05 ",
            "2026/01/02/[$LATEST]0123456789abcdef 2026-01-02T03:04:06.123Z orders: 2026/01/02 03:04:05 ",
            "invoke_loop.go:95: ",
        ] {
            let text =
                format!("{prefix}{{\"errorMessage\":\"no \\u003cstock\\u003e\",\"errorType\":\"errorString\"}}\n");
            assert_eq!(parsed_error(&text), Some(("errorString".into(), "no <stock>".into())), "{text}");
        }
    }

    #[test]
    fn types_of_any_name_and_frames_are_read() {
        let read = |object: &str| parsed_error(&format!("2026/01/02 03:04:05 {object}"));
        assert_eq!(read(r#"{"errorMessage":"","errorType":""}"#), Some((String::new(), String::new())),);
        assert_eq!(
            read(
                r#"{"errorMessage":"index out of range [3]","errorType":"boundsError","stackTrace":[{"path":"orders/main.go","line":21,"label":"handle"}]}"#
            ),
            Some(("boundsError".into(), "index out of range [3]".into())),
        );
        let long = format!("2026/01/02 03:04:05 {OBJECT}{}", "long ".repeat(READ_BYTES));
        let (error_type, message) = parsed_error(&long[..READ_BYTES]).unwrap();
        assert!(error_type.is_empty() && message.starts_with("long long"));
    }

    #[test]
    fn a_structured_logger_in_text_format_carries_the_object() {
        for line in [
            r#"time=2026-01-02T03:04:05.000Z level=INFO msg="{\"errorMessage\":\"say \\\"no\\\"\",\"errorType\":\"errorString\"}""#,
            r#"timestamp=2026-01-02T03:04:05.678Z level=INFO message="{\"errorMessage\":\"say \\\"no\\\"\",\"errorType\":\"errorString\"}""#,
            r#"time="2026-01-02T03:04:05Z" level=info msg="2026/01/02 03:04:05 {\"errorMessage\":\"say \\\"no\\\"\",\"errorType\":\"errorString\"}""#,
            r#"time="2026-01-02T03:04:05Z" level=info msg="{\"errorMessage\":\"say \\\"no\\\"\",\"errorType\":\"errorString\"}\n" service=orders"#,
        ] {
            assert_eq!(parsed_error(line), Some(("errorString".into(), "say \"no\"".into())), "{line}");
        }
    }

    #[test]
    fn what_a_function_prints_of_another_function_is_not_its_own_error() {
        for text in [
            r#"2026/01/02 03:04:05 callee failed: {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"x","errorType":"KeyError","requestId":"a","stackTrace":["File"]}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"x","errorType":"java.lang.Error","stackTrace":["a.b(C.java:1)"]}"#,
            r#"2026/01/02 03:04:05 {"errorType":"Error","errorMessage":"x","trace":[]}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"errorString"} (ignored)"#,
            r#"2026/01/02 {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"java.lang.Error","stackTrace":[]}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock in the wareho"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"java.lang.Error","stackTrace":["a.b(C."#,
            "[ERROR]\t2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\t2026/01/02 03:04:05 {\"errorMessage\":\"x\",\"errorType\":\"y\"}",
            "2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tERROR\t2026/01/02 03:04:05 {\"errorMessage\":\"x\",\"errorType\":\"y\"}",
            r#"callee failed at 2026/01/02 03:04:05 {"errorMessage":"x","errorType":"y"}"#,
            r#"ERROR 2026/01/02 03:04:05 {"errorMessage":"x","errorType":"y"}"#,
            r#"got {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"{"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"time=2026-01-02T03:04:05.000Z level=ERROR msg="{\"errorMessage\":\"x\",\"errorType\":\"y\"}""#,
            r#"time=2026-01-02T03:04:05.000Z level=INFO msg="callee: {\"errorMessage\":\"x\",\"errorType\":\"y\"}""#,
            r#"time=2026-01-02T03:04:05.000Z level=WARN msg="callee failed" answer="{\"errorMessage\":\"x\",\"errorType\":\"y\"}""#,
        ] {
            assert_eq!(parsed_error(text), None, "{text}");
        }
    }
}
