//! Lines of a file that hold several records of a log, or records in a form that is not read.
//!
//! Where one record ends and the next one begins cannot be seen where a client may have written the next one. So such a line is
//! reported, but for log events as tools write them, which no client breaks.

use serde_json::value::RawValue;

use super::text::holds_more;
use super::{ONE_LINE, UNREAD_JSON, frame, json, wrapped};
use why5xx::record::access;

/// Content of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LineContent<'t> {
    /// One record at most.
    One,
    /// Log events as a tool writes them.
    Events(Vec<&'t str>),
    /// More than one record. Holds what to do.
    Joined(&'static str),
    /// Records of a log in something that is not a record itself. Holds what to do.
    Unread(&'static str),
}

/// Length of the shortest record: `{"status":502}`. A line has room for thousands of shorter objects.
const SHORTEST_RECORD_BYTES: usize = 14;

/// Returns how much a line holds.
///
/// `{"requestId":"A=","status":"200",…} {"requestId":"B=","status":"502",…}` → `Joined`
pub(super) fn look(line: &str) -> LineContent<'_> {
    let text = line.trim();
    if !text.starts_with('{') {
        // A line of the platform has no other lines.
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let is_joined = match rest.is_empty() {
            true => holds_more(text) || holds_access_lines(text),
            false => frame::is_framed(first) && holds_more(first),
        };
        return if is_joined { LineContent::Joined(ONE_LINE) } else { LineContent::One };
    }
    let inner = text[1..].trim_start();
    if !inner.starts_with(['"', '}']) {
        // Keys without quotes, as in JavaScript: a format has labels in quotes only.
        return if access::line(text).is_some() { LineContent::Unread(UNREAD_JSON) } else { LineContent::One };
    }
    let objects = objects(text);
    if objects.len() > 1 {
        return if objects.iter().all(|object| json::is_event(object)) {
            LineContent::Events(objects)
        } else if objects.iter().any(|object| object.len() >= SHORTEST_RECORD_BYTES && wrapped::may_be_record(object)) {
            LineContent::Joined(ONE_LINE)
        } else {
            LineContent::One
        };
    }
    if !may_hold_records(text) {
        return LineContent::One;
    }
    let records = wrapped::records(text);
    match records.values.is_empty() {
        true => LineContent::One,
        false if records.is_own => LineContent::Joined(UNREAD_JSON),
        false => LineContent::Unread(UNREAD_JSON),
    }
}

/// Returns the objects of a line, of which nothing but blanks and signs stands between that tools put there.
fn objects(line: &str) -> Vec<&str> {
    let mut objects = Vec::new();
    let mut rest = line;
    while rest.starts_with('{')
        && let Some(Ok(object)) = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>().next()
    {
        objects.push(object.get());
        rest = behind_separators(&rest[object.get().len()..]);
    }
    objects
}

/// Takes off what tools write between records in place of a line break.
fn behind_separators(mut text: &str) -> &str {
    const WRITTEN: [&str; 7] = ["\\n", "\\r", "\\t", "<br>", "<br/>", "<br />", "#012"];
    loop {
        let rest =
            text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '|'));
        let rest = WRITTEN.iter().find_map(|sign| rest.strip_prefix(sign)).unwrap_or(rest);
        if rest.len() == text.len() {
            return rest;
        }
        text = rest;
    }
}

/// Returns whether an object has lists, objects or texts in which records may be. Nearly all lines have none, so they are not parsed.
fn may_hold_records(text: &str) -> bool {
    ["\":[", "\": [", "\":{", "\": {", "\\"]
        .iter()
        .any(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// Returns whether a line of an access log without braces has the beginnings of several.
fn holds_access_lines(line: &str) -> bool {
    const HEADS: [&str; 2] = ["<request ", "requestId: "];
    let count = |head: &str| memchr::memmem::find_iter(line.as_bytes(), head).take(2).count();
    // `10/Oct/2025:13:55:36 +0000`
    let is_time = |at: &usize| {
        let time = line.as_bytes().get(at.saturating_sub(2)..at + 24);
        time.is_some_and(|time| time[6] == b'/' && [11, 14, 17].iter().all(|at| time[*at] == b':') && time[20] == b' ')
    };
    let times = memchr::memchr_iter(b'/', line.as_bytes()).filter(is_time).take(2).count();
    (times > 1 || HEADS.iter().any(|head| count(head) > 1)) && access::line(line).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_is_shorter_than_a_record_is_none() {
        let record = r#"{"status":502}"#;
        assert_eq!(record.len(), SHORTEST_RECORD_BYTES);
        assert_eq!(look(&"{}".repeat(4_000)), LineContent::One);
        assert_eq!(look(&format!("{}{record}", "{}".repeat(4_000))), LineContent::Joined(ONE_LINE));
    }
}
