//! Lines of a file that hold several records of a log, or records in a form that is not read.
//!
//! Where one record ends and the next one begins cannot be seen where a client may have written the next one. So such a line is
//! reported, but for log events as tools write them, which no client breaks.

use serde_json::value::RawValue;

use super::{ONE_LINE, UNREAD_JSON, frame, json, prefix, sentence, wrapped};
use why5xx::record::access;
use why5xx::record::execution::{Head, split_request_id};

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
            false => frame::is_framed(first) && holds_more(first) || holds_own_id(first, ""),
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

/// Returns whether a text is one line that holds several lines of a log: their line breaks were lost. Between messages that the AWS
/// CLI puts on one line stands a tab.
pub(super) fn holds_lines(text: &str) -> bool {
    const END: &str = "Method completed with status: ";
    let line = prefix::strip(text.trim()).message;
    if line.contains('\n') || line.starts_with('{') || !(prefix::is_head(line) || sentence::is_platforms_line(line)) {
        return false;
    }
    let is_another = |at: usize| at > 0 && !line[..at].ends_with('\t');
    let id = split_request_id(line).map(|(id, _)| format!("({id}) "));
    let mut heads = frame::HEADS.into_iter().chain(id.as_deref());
    let is_head_within = heads.any(|head| line.match_indices(head).any(|(at, _)| is_another(at)));
    // The lines may be of several requests, or without ids. An end stands alone, but for the dates of the console's test output,
    // which show where its lines begin.
    let holds_end = |line: &str| {
        let own = line.strip_prefix('(').and_then(|rest| rest.split_once(") ")).map_or(line, |(_, own)| own);
        let is_of_test = |text: &str| text.contains(" UTC 2");
        own.match_indices(END).any(|(at, _)| match at {
            0 => own[END.len()..].trim_end().contains(' ') && !is_of_test(own),
            _ => !(own[..at].ends_with(" : ") && is_of_test(&own[..at])),
        })
    };
    is_head_within || line.split('\t').any(holds_end)
}

/// Returns whether a line of API Gateway's holds another line of the same request behind this sign. No client knows the id of the request.
pub(super) fn holds_own_id(line: &str, sign: &str) -> bool {
    let id = split_request_id(line).map(|(id, _)| format!("{sign}({id}) "));
    id.is_some_and(|id| line[1..].contains(&id))
}

/// Returns whether a line of an execution log or of Lambda goes on with another one behind its end. Where a client may have written the
/// rest of it, only another line of the same request shows that.
pub(super) fn holds_more(line: &str) -> bool {
    const ID_BYTES: usize = 36;
    if frame::is_framed(line) {
        return frame::has_more_behind(line) || holds_lines(line);
    }
    if line.starts_with('2') {
        // Only the runtime knows the id of an invocation.
        const TIME_BYTES: usize = "2026-01-02T03:04:05.678Z ".len();
        let own = line.get(TIME_BYTES - 1..TIME_BYTES + ID_BYTES).filter(|own| own.starts_with([' ', '\t']));
        let is_again = |own: &str| {
            let rest = &line[TIME_BYTES + ID_BYTES..];
            [" ", "\t"].iter().any(|blank| rest.contains(&format!("Z{blank}{}", &own[1..])))
        };
        if own.is_some_and(is_again) {
            return true;
        }
        // A line of an invocation, and the platform's next one about it.
        let is_next = |at: usize, words: &str| {
            let id = line.get(at + words.len()..at + words.len() + ID_BYTES);
            id.is_some_and(|id| line[..at].contains(id))
        };
        return frame::HEADS.iter().any(|words| line.find(words).is_some_and(|at| is_next(at, words)));
    }
    let Some((id, own)) = split_request_id(line) else { return false };
    let Some((head, _)) = Head::find(own.as_bytes()) else { return false };
    let is_of_platform = matches!(
        head,
        Some(
            Head::StartingExecution
                | Head::ExecutionFailed
                | Head::LambdaExecutionFailed
                | Head::LambdaInvocationFailed
                | Head::GatewayResponse
                | Head::MethodCompleted
        )
    ) || own.starts_with("Successfully completed");
    own.contains(&format!("({id}) ")) || is_of_platform && (sentence::holds_id(own) || holds_lines(line))
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
