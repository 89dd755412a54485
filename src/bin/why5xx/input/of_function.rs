//! Signs that a log is a function's, where no log group says so.

use why5xx::decode::LogEvent;
use why5xx::record::lambda::{RequestId, parse_line};

/// Returns whether a log event shows that its log is a function's: a line of the platform or of a runtime, or a logger's line
/// with the id of an invocation.
///
/// `2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tINFO\tok` → true; `{"logGroups": []}` → false
pub(crate) fn shows_function(event: &LogEvent<'_>) -> bool {
    /// Lines of the platform, of extensions and of Python's runtime that prove nothing about an invocation.
    const HEADS: &[&str] = &["INIT_START ", "EXTENSION\t", "TELEMETRY\t", "LOGS\t", "LAMBDA_WARNING: "];
    /// Keys of the id of an invocation: of the runtimes' loggers in JSON, of Python's, of Powertools.
    const ID_KEYS: &[&str] = &["\"requestId\":", "\"AWSRequestId\":", "\"function_request_id\":"];
    let text = event.message.text();
    let is_id = |word: &str| RequestId::new(word).as_uuid().is_some();
    // `[INFO]`, or a time.
    let is_framed =
        || text.strip_prefix('[').unwrap_or(&text).starts_with(|c: char| c.is_ascii_uppercase() || c == '2');
    let is_logged = || text.starts_with(['[', '2']) && is_framed() && text.split_whitespace().take(4).any(is_id);
    let is_logged_in_json = || {
        text.starts_with('{')
            && text.contains("\"level\":")
            && ID_KEYS.iter().any(|key| {
                let value = text.find(key).map(|at| text[at + key.len()..].trim_start_matches([' ', '"']));
                value.and_then(|value| value.split('"').next()).is_some_and(is_id)
            })
    };
    HEADS.iter().any(|head| text.starts_with(head))
        || text.starts_with('{') && text.contains("\"platform.")
        || is_logged()
        || is_logged_in_json()
        || parse_line(event).is_some()
}
