//! The line that the Go runtime library writes of an error that a handler returned or panicked with.
//!
//! aws-lambda-go prints `{"errorMessage":…,"errorType":…}` (and `stackTrace` after a panic) through the standard logger.
//! So the object stands alone behind that logger's date and time, or is the whole message of the structured logger that
//! a program put in its place. The answer of another function that a program prints in the same way has other keys,
//! another order or words before it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Error, Line, Moment, Proof};

/// How the library begins the object. It writes no blanks.
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
    #[serde(default, rename = "stackTrace")]
    _stack_trace: Option<Vec<Frame>>,
}

/// A frame of the stack trace. Other languages write frames as texts.
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

/// Reads the line as the standard logger or a structured logger in text format writes it.
///
/// `2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"errorString"}` is an error of type `errorString`.
pub(super) fn read(text: &str) -> Option<Line<'_>> {
    if let Some(at) = text.find(OBJECT)
        && ends_in_log_prefix(&text[..at])
    {
        return read_object(&text[at..]);
    }
    read_message(text)
}

/// Reads the object where it is the whole text, such as the message of a structured logger.
pub(super) fn read_object(text: &str) -> Option<Line<'_>> {
    let text = text.trim_end();
    if !text.starts_with(OBJECT) {
        return None;
    }
    let (error_type, message) = match serde_json::from_str::<Failure<'_>>(text) {
        Ok(failure) => (Some(failure.error_type), failure.error_message),
        // A message of many kilobytes: the reader cuts the line, and CloudWatch Logs does.
        Err(error) if error.is_eof() => (None, Cow::Borrowed(&text[OBJECT.len()..])),
        Err(_) => return None,
    };
    Some(Line::Error(Error {
        request_id: None,
        error_type: error_type.filter(|name| !name.is_empty()),
        message,
        proof: Proof::Certain,
        moment: Moment::Handler,
    }))
}

/// `time=… level=INFO msg="…"`, as structured loggers write text. Other fields may follow.
fn read_message(text: &str) -> Option<Line<'static>> {
    const MESSAGE: &str = " msg=\"";
    if !text.starts_with("time=") {
        return None;
    }
    let at = text.find(MESSAGE)?;
    let level = text[..at].split_once(" level=").and_then(|(_, rest)| rest.split(' ').next());
    if !is_level_of_standard_logger(level) {
        return None;
    }
    // Go quotes a text as JSON does, but for escapes of control characters, and the object has none of those.
    let quoted = &text[at + MESSAGE.len() - 1..];
    let message: String = serde_json::Deserializer::from_str(quoted).into_iter().next()?.ok()?;
    read_object(&message).map(Line::into_owned)
}

/// Whether a structured logger writes this level for a line of the standard logger, which has no levels. A program that
/// logs the error of another function chooses a higher one.
pub(super) fn is_level_of_standard_logger(level: Option<&str>) -> bool {
    level.is_none_or(|level| level.eq_ignore_ascii_case("info"))
}

/// Whether a text ends as the standard logger begins a line: `2026/01/02 03:04:05 `, with microseconds and the place in
/// the source (`invoke_loop.go:95: `) where the program asks for those. A prefix of the program's own may stand before.
fn ends_in_log_prefix(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace().rev().peekable();
    words.next_if(|word| word.contains(".go:") && word.ends_with(':'));
    let is_clock = words.next().is_some_and(|word| is_like(word.split('.').next().unwrap_or_default(), "00:00:00"));
    // A prefix may end without a blank.
    let is_date =
        |word: &str| word.len() >= 10 && is_like(&word[word.floor_char_boundary(word.len() - 10)..], "0000/00/00");
    text.ends_with(' ') && is_clock && words.next().is_some_and(is_date)
}

/// Whether a text has digits where the pattern has zeros, and is the same elsewhere.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_error(text: &str) -> Option<(String, String)> {
        match read(text)? {
            Line::Error(error) => Some((error.error_type.unwrap_or_default().into(), error.message.into())),
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
        ] {
            let text =
                format!("{prefix}{{\"errorMessage\":\"no \\u003cstock\\u003e\",\"errorType\":\"errorString\"}}\n");
            assert_eq!(read_error(&text), Some(("errorString".into(), "no <stock>".into())), "{text}");
        }
    }

    #[test]
    fn types_of_any_name_and_frames_are_read() {
        let read = |object: &str| read_error(&format!("2026/01/02 03:04:05 {object}"));
        assert_eq!(read(r#"{"errorMessage":"","errorType":""}"#), Some((String::new(), String::new())),);
        assert_eq!(
            read(
                r#"{"errorMessage":"index out of range [3]","errorType":"boundsError","stackTrace":[{"path":"orders/main.go","line":21,"label":"handle"}]}"#
            ),
            Some(("boundsError".into(), "index out of range [3]".into())),
        );
        let cut = read(r#"{"errorMessage":"a message that goes on for ever"#);
        assert_eq!(cut, Some((String::new(), "a message that goes on for ever".into())));
    }

    #[test]
    fn a_structured_logger_in_text_format_carries_the_object() {
        for line in [
            r#"time=2026-01-02T03:04:05.000Z level=INFO msg="{\"errorMessage\":\"say \\\"no\\\"\",\"errorType\":\"errorString\"}""#,
            r#"time="2026-01-02T03:04:05Z" level=info msg="{\"errorMessage\":\"say \\\"no\\\"\",\"errorType\":\"errorString\"}\n" service=orders"#,
        ] {
            assert_eq!(read_error(line), Some(("errorString".into(), "say \"no\"".into())), "{line}");
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
            r#"got {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"{"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"time=2026-01-02T03:04:05.000Z level=ERROR msg="{\"errorMessage\":\"x\",\"errorType\":\"y\"}""#,
            r#"time=2026-01-02T03:04:05.000Z level=INFO msg="callee: {\"errorMessage\":\"x\",\"errorType\":\"y\"}""#,
            r#"time=2026-01-02T03:04:05.000Z level=WARN msg="callee failed" answer="{\"errorMessage\":\"x\",\"errorType\":\"y\"}""#,
        ] {
            assert_eq!(read_error(text), None, "{text}");
        }
    }
}
