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

use super::{Certainty, Error, FunctionLine, InvocationId, Phase, READ_BYTES, prefix};

/// Beginning of the object. The library writes no blanks.
const OBJECT: &str = "{\"errorMessage\":\"";

/// The object. Source: aws-lambda-go, `lambda/messages`, `InvokeResponse_Error`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ErrorObject<'a> {
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
        && let Some(certainty) = certainty_of_prefix(&text[..at], &text[at..])
    {
        return parse_object(&text[at..], certainty);
    }
    parse_text_message(text)
}

/// Parses the object if it is the whole text.
fn parse_object(text: &str, certainty: Certainty) -> Option<FunctionLine<'_>> {
    let text = text.trim_end();
    if !text.starts_with(OBJECT) {
        return None;
    }
    let (error_type, message) = match serde_json::from_str::<ErrorObject<'_>>(text) {
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
        details: Vec::new(),
        certainty,
        phase: Phase::Handler,
    }))
}

/// Parses `time=… level=INFO msg="…"` of `log/slog` and logrus, perhaps without the time. The runtime library's own logger
/// names the same fields differently. More fields may follow.
fn parse_text_message(text: &str) -> Option<FunctionLine<'static>> {
    const KEYS: &[(&str, &str)] =
        &[("time=", " msg=\""), ("level=", " msg=\""), ("timestamp=", " message=\""), ("level=", " message=\"")];
    let (at, key) =
        KEYS.iter().find_map(|(first, key)| Some((text.starts_with(first).then(|| text.find(key))??, key)))?;
    let level = text[..at].split(' ').find_map(|field| field.strip_prefix("level="));
    if !level.is_some_and(is_level_of_standard_logger) {
        return None;
    }
    parse_message(&unquote(&text[at + key.len()..])?)
}

/// Returns a text that Go quoted, up to its closing quote: `say \"no\"\x7f" key=1` → `say "no"` and DEL
fn unquote(quoted: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.push(match chars.next()? {
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\x0b',
                'x' => hexadecimal(&mut chars, 2)?,
                'u' => hexadecimal(&mut chars, 4)?,
                'U' => hexadecimal(&mut chars, 8)?,
                other => other,
            }),
            other => text.push(other),
        }
    }
}

fn hexadecimal(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let (digits, rest) = chars.as_str().split_at_checked(digits)?;
    *chars = rest.chars();
    // Single bytes stand for text that is not UTF-8.
    u32::from_str_radix(digits, 16).ok().map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Parses an object of `log/slog`, logrus, zap, zerolog or the runtime library's own logger. `text` is the object as
/// written.
///
/// Loggers of other languages write other keys, levels as numbers, or the request id that Lambda adds.
pub(super) fn parse_json_message(object: &Map<String, Value>, text: &str) -> Option<FunctionLine<'static>> {
    let value = |key: &str| object.get(key).and_then(Value::as_str);
    let is_info = value("level").is_some_and(is_level_of_standard_logger);
    let message = if let Some(message) = value("msg") {
        (is_info && ["time", "ts"].iter().any(|key| object.contains_key(*key))).then_some(message)
    } else if object.contains_key("level") {
        (is_info && is_of_own_logger(object, text)).then(|| value("message"))?
    } else {
        // zerolog writes no level for a line of the standard logger.
        let is_time = |time: &Value| time.is_number() || time.as_str().is_some_and(|time| time.contains('T'));
        object.get("time").is_some_and(is_time).then(|| value("message"))?
    };
    if is_of_other_language(object) {
        return None;
    }
    parse_message(message?)
}

/// Returns whether the runtime library's own logger wrote an object: time, level and message in this order, then fields of
/// the program. Loggers of other languages write the fields in another order, or the request id.
fn is_of_own_logger(object: &Map<String, Value>, text: &str) -> bool {
    let at = |key: &str| text.find(key);
    let order = [at("\"timestamp\""), at("\"level\""), at("\"message\"")];
    let is_first = text.trim_start_matches(['{', ' ']).starts_with("\"timestamp\"");
    let are_next = order.is_sorted() && order.iter().all(Option::is_some);
    is_first
        && are_next
        && !["requestId", "logger", "logger_name", "location"].iter().any(|key| object.contains_key(*key))
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
    let certainty = if at == 0 { Certainty::Certain } else { certainty_of_prefix(&message[..at], &message[at..])? };
    parse_object(&message[at..], certainty).map(FunctionLine::into_owned)
}

/// Returns whether structured loggers write this level for a line of the standard logger, which has no levels. A program
/// that logs another function's error chooses a higher level.
fn is_level_of_standard_logger(level: &str) -> bool {
    level.eq_ignore_ascii_case("info")
}

/// Returns how certain it is that the library wrote the object behind this prefix; None if it did not.
///
/// The standard logger writes the date, the time, or both, then the place in the source if the program asks for it. The
/// program's own prefix stands before them or, with `Lmsgprefix`, behind them, where the words of a program that logs
/// another function's error stand too.
///
/// `2026/01/02 03:04:05 ` → certain; `2026/01/02 03:04:05 orders: ` → unless it succeeded; `got ` → None
fn certainty_of_prefix(text: &str, object: &str) -> Option<Certainty> {
    let words: Vec<&str> = text.split_ascii_whitespace().take(MOST_WORDS + 1).collect();
    let own_place = words.iter().any(|word| word.contains("invoke_loop.go:") && word.ends_with(':'));
    let is_stamp = |word: &str| is_date(word) || is_clock(word);
    let first = words.iter().position(|word| is_stamp(word) || ends_in_date(word));
    let Some(first) = first.filter(|_| words.len() <= MOST_WORDS && text.ends_with(' ')) else {
        return without_stamp(text, &words, own_place, object);
    };
    let own: Vec<_> = words[..first].iter().filter(|word| !prefix::is_of_log_tail(word)).copied().collect();
    // Loggers of Node.js and Python write the invocation's id.
    if own.iter().any(|word| InvocationId::new(word).as_uuid().is_some()) {
        return None;
    }
    let behind = words[first + 1..].iter().filter(|word| !is_stamp(word) && !is_place(word)).count();
    let is_prefix = match own.as_slice() {
        [] => true,
        [one] => one.ends_with(PUNCTUATION) || !LEVELS.contains(&one.trim_matches(['[', ']', ':'])),
        several => {
            several.last().is_some_and(|last| last.ends_with(PUNCTUATION))
                || ends_in_date(words[first]) && !is_date(words[first])
        }
    };
    // The place is of the library's own source, whatever stands around it.
    let certain = own_place || is_prefix && behind == 0;
    Some(if certain { Certainty::Certain } else { Certainty::UnlessItSucceeded })
}

/// Returns how certain a panic is behind a prefix without date and time.
fn without_stamp(text: &str, words: &[&str], own_place: bool, object: &str) -> Option<Certainty> {
    // zap's console: an ISO time, the level, the place.
    let is_zap = text.ends_with('\t')
        && words.contains(&"INFO")
        && words.last().is_some_and(|word| word.contains(".go:"))
        && words.iter().all(|word| prefix::is_of_log_tail(word) || !word.contains('"'));
    let is_bare = words.iter().all(|word| prefix::is_of_log_tail(word));
    // Frames of Go are in no other function's answer.
    let has_frames = is_bare && object.contains(",\"stackTrace\":[{\"path\":");
    (own_place && words.len() <= 2 || is_zap && words.len() <= MOST_WORDS || has_frames).then_some(Certainty::Certain)
}

/// Most words of a prefix.
const MOST_WORDS: usize = 10;

/// Ends of a prefix that a program chose.
const PUNCTUATION: &[char] = &[':', ']', '|', '>', ')', '-'];

const LEVELS: &[&str] = &["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"];

fn is_date(word: &str) -> bool {
    is_like(word, DATE)
}

/// The program's own prefix may end without a blank: `orders:2026/01/02`.
fn ends_in_date(word: &str) -> bool {
    word.len().checked_sub(DATE.len()).and_then(|at| word.get(at..)).is_some_and(is_date)
}

fn is_clock(word: &str) -> bool {
    is_like(word.split('.').next().unwrap_or_default(), "00:00:00")
}

/// `main.go:21:`
fn is_place(word: &str) -> bool {
    word.contains(".go:") && word.ends_with(':')
}

const DATE: &str = "0000/00/00";

/// Returns whether a text has digits where the pattern has zeros, and equals it elsewhere.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certainty(text: &str) -> Option<Certainty> {
        match parse(text)? {
            FunctionLine::Error(error) => Some(error.certainty),
            other => panic!("{other:?}"),
        }
    }

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
            "invoke_loop.go:95: orders: ",
            "2026/01/02 03:04:05 invoke_loop.go:95: orders: ",
            "2026/01/02 ",
            "03:04:05 ",
            "03:04:05.123456 ",
            "orders api: 2026/01/02 03:04:05 ",
            "ERROR: 2026/01/02 03:04:05 ",
            "[orders] [eu] 2026/01/02 03:04:05 ",
            "2026-01-02T03:04:05.678Z\tINFO\tlog/log.go:194\t",
            "2026-01-02T03:04:05.678Z\tINFO\torders\tlog/log.go:194\t",
        ] {
            let text =
                format!("{prefix}{{\"errorMessage\":\"no \\u003cstock\\u003e\",\"errorType\":\"errorString\"}}\n");
            assert_eq!(parsed_error(&text), Some(("errorString".into(), "no <stock>".into())), "{text}");
            assert_eq!(certainty(&text), Some(Certainty::Certain), "{text}");
        }
        let panicked = r#"{"errorMessage":"no stock","errorType":"string","stackTrace":[{"path":"orders/main.go","line":21,"label":"handle"}]}"#;
        assert_eq!(certainty(panicked), Some(Certainty::Certain));
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
    fn an_object_behind_words_of_the_program_is_no_proof() {
        for text in [
            r#"2026/01/02 03:04:05 orders: {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"2026/01/02 03:04:05 callee failed: {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"2026/01/02 03:04:05 main.go:21: callee: {"errorMessage":"no stock","errorType":"errorString"}"#,
            r#"callee failed at 2026/01/02 03:04:05 {"errorMessage":"x","errorType":"y"}"#,
            r#"ERROR 2026/01/02 03:04:05 {"errorMessage":"x","errorType":"y"}"#,
        ] {
            assert_eq!(certainty(text), Some(Certainty::UnlessItSucceeded), "{text}");
        }
    }

    #[test]
    fn a_text_that_go_quoted_may_have_any_escape() {
        for line in [
            r#"level=INFO msg="{\"errorMessage\":\"no\x7fstock \U0001f4e6\",\"errorType\":\"errorString\"}""#,
            r#"time=2026-01-02T03:04:05.000Z level=INFO msg="{\"errorMessage\":\"no\x7fstock \U0001f4e6\",\"errorType\":\"errorString\"}" service=orders"#,
        ] {
            assert_eq!(parsed_error(line), Some(("errorString".into(), "no\x7fstock \u{1f4e6}".into())), "{line}");
        }
        for quoted in ["\\x7", "\\u00", "\\", "", "\\xzz\"", "open"] {
            assert_eq!(unquote(quoted), None, "{quoted}");
        }
    }

    #[test]
    fn what_a_function_prints_of_another_function_is_not_its_own_error() {
        for text in [
            r#"2026/01/02 03:04:05 {"errorMessage":"x","errorType":"KeyError","requestId":"a","stackTrace":["File"]}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"x","errorType":"java.lang.Error","stackTrace":["a.b(C.java:1)"]}"#,
            r#"2026/01/02 03:04:05 {"errorType":"Error","errorMessage":"x","trace":[]}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"errorString"} (ignored)"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"java.lang.Error","stackTrace":[]}"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock in the wareho"#,
            r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"java.lang.Error","stackTrace":["a.b(C."#,
            "[ERROR]\t2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\t2026/01/02 03:04:05 {\"errorMessage\":\"x\",\"errorType\":\"y\"}",
            "2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tERROR\t2026/01/02 03:04:05 {\"errorMessage\":\"x\",\"errorType\":\"y\"}",
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
