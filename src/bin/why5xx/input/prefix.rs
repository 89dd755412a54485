//! Prefixes that tools print before a log event: its time, its log group, its log stream.
//!
//! | tool | before the message |
//! |---|---|
//! | exports to S3, `aws logs tail --format short`, copies of the console | time |
//! | `aws logs tail` | time, stream |
//! | `sam logs` | stream, time |
//! | `awslogs` | group, stream, time, as asked for |
//! | `serverless logs` | time, its zone in parentheses |
//! | `saw`, `cw` | `[time] (stream)`; columns with ` - ` between |
//! | `--query '….[timestamp,message]' --output text` | milliseconds and a tab |
//! | container runtimes (CRI) | time, `stdout F` |
//! | syslog (RFC 5424) | priority, time, host, program, process, id, data |

use why5xx::record::EXECUTION_PREFIX;
use why5xx::record::execution::split_request_id;

use super::{runtime, time};

/// A line without what a tool put before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub(super) time_ms: Option<i64>,
    pub(super) group: Option<&'a str>,
    pub(super) stream: Option<&'a str>,
    pub(super) id: Option<&'a str>,
    /// The message.
    pub(super) message: &'a str,
}

/// Which columns the first line of an input has that begins as one of a tool. A tool writes the same before each log event, so what another line
/// has beyond them may be the text of a client in an access log.
#[derive(Debug, Default)]
pub(super) struct FirstColumns {
    columns: Option<ColumnsBefore>,
    /// They may go on in the next line, where something broke the first one behind its time.
    may_go_on: bool,
}

/// Columns before a message.
#[derive(Debug, Clone, Copy)]
struct ColumnsBefore {
    group: bool,
    stream: bool,
    /// A dash stands between them and the message. In a line of an access log it is a value that is not set.
    dash: bool,
}

impl FirstColumns {
    /// Returns whether a dash stands between the columns and each message.
    pub(super) fn end_with_dash(&self) -> bool {
        self.columns.is_some_and(|columns| columns.dash)
    }

    /// Returns whether the columns that were stripped from `text` may not be a tool's: the message behind them begins as a log event only if
    /// they are.
    pub(super) fn are_of_another(&mut self, line: &Line<'_>, text: &str) -> bool {
        let before = text[..text.len() - line.message.len()].trim_end();
        let columns =
            ColumnsBefore { group: line.group.is_some(), stream: line.stream.is_some(), dash: before.ends_with(" -") };
        let begins_with_group = || text.split_once(' ').is_some_and(|(word, _)| is_group(word));
        if self.columns.is_none() && (line.has_prefix() || begins_with_group()) {
            (self.columns, self.may_go_on) = (Some(columns), line.message.trim().is_empty());
        } else if self.may_go_on {
            (self.columns, self.may_go_on) = (Some(columns), false);
        }
        self.columns.is_some_and(|first| {
            let has_more =
                columns.group && !first.group || columns.stream && !first.stream || columns.dash && !first.dash;
            has_more && begins_as_event(line.message) && !line.message.starts_with('{')
        })
    }
}

/// Returns whether the log stream comes behind a group: tools write the group first, or right before the stream. Elsewhere it is a path, which a
/// client may have asked for.
fn is_before_stream(behind: &str, line: &Line<'_>) -> bool {
    line.stream.is_none() && (line.time_ms.is_none() || is_stream(word(behind_separator(behind)).0))
}

impl Line<'_> {
    /// Returns whether anything stood before the message.
    pub(super) fn has_prefix(&self) -> bool {
        self.time_ms.is_some() || self.stream.is_some()
    }

    /// Returns whether a time stood there at most.
    pub(super) fn is_only_time(&self) -> bool {
        self.stream.is_none() && self.group.is_none() && self.id.is_none()
    }

    /// Returns whether the text that was stripped begins with the stream.
    pub(super) fn begins_with_stream(&self, text: &str) -> bool {
        self.stream.is_some_and(|stream| word(text).0 == stream)
    }

    /// Returns whether the line may be one of a program that writes the time itself: the next line need not be a part of it.
    pub(super) fn may_be_own_time(&self) -> bool {
        self.is_only_time()
            && self.message.trim_start_matches("- ").starts_with(|c: char| c.is_alphabetic())
            && !is_head(self.message)
    }
}

/// Strips what stands before the message. A time that belongs to the message stays, as that of Node.js does.
pub(super) fn strip(text: &str) -> Line<'_> {
    // The priority and the version of RFC 5424.
    let of_syslog = text.strip_prefix('<').and_then(|rest| rest.split_once(">1 ")).map(|(_, rest)| rest);
    let is_of_syslog = of_syslog.is_some_and(|rest| timed(rest).is_some());
    let mut line = Line { message: of_syslog.filter(|_| is_of_syslog).unwrap_or(text), ..Line::default() };
    loop {
        let rest = line.message;
        if line.time_ms.is_none()
            && let Some((time, after)) = timed(rest)
        {
            // The message begins with its own time.
            if is_of_runtime(after) {
                break;
            }
            line.time_ms = Some(time);
            line.message = match is_of_syslog {
                true => without_fields_of_syslog(after).unwrap_or(after),
                false => without_stream_of_container(after),
            };
            continue;
        }
        let (word, behind) = word(rest);
        if line.stream.is_none() && (is_stream(word) || is_named_stream(word, behind, &line)) {
            line.stream = Some(word);
        } else if line.group.is_none() && is_group(word) && is_before_stream(behind, &line) {
            line.group = Some(word);
        } else if line.id.is_none() && is_event_id(word) {
            line.id = Some(word);
        } else {
            break;
        }
        line.message = behind_separator(behind);
    }
    // A path alone may begin any sentence, and a time alone be that of a logger, which is a part of its line.
    let is_of_logger = || {
        line.is_only_time()
            && is_logged(line.message)
            && !is_head(line.message)
            && !runtime::begins_as_ruby(line.message)
    };
    if line.has_prefix() && !is_of_logger() { line } else { Line { message: text, ..Line::default() } }
}

/// Returns the form of the time at the start of a line, `0` for any digit; None for a line without one.
pub(super) fn form_of_time(line: &str) -> Option<String> {
    let (_, length) = time::at_start(line)?;
    Some(line[..length].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect())
}

/// Strips the time at the start of a line, which a tool put there, also before what a logger may have written; None where it may be a
/// runtime's own.
pub(super) fn strip_time(line: &str) -> Option<Line<'_>> {
    strip_any_time(line).filter(|line| !is_of_runtime(line.message))
}

/// Strips the time at the start of a line, whoever wrote it.
pub(super) fn strip_any_time(line: &str) -> Option<Line<'_>> {
    let (time_ms, message) = timed(line)?;
    Some(Line { message, time_ms: Some(time_ms), ..Line::default() })
}

/// Strips what container runtimes write between the time and the line: `stdout F `.
fn without_stream_of_container(text: &str) -> &str {
    let rest = ["stdout ", "stderr "].iter().find_map(|stream| text.strip_prefix(stream));
    // The tag of a line that is whole; one that goes on has a P.
    rest.and_then(|rest| rest.strip_prefix("F ")).unwrap_or(text)
}

/// Strips the fields that syslog writes between the time and the line as RFC 5424 has it: host, program, process, id, data.
fn without_fields_of_syslog(text: &str) -> Option<&str> {
    let data = text.splitn(5, ' ').nth(4)?;
    let behind = data.strip_prefix('-').or_else(|| data.split_once("] ").map(|(_, behind)| behind))?;
    Some(behind.trim_start_matches([' ', '\u{feff}']))
}

/// Returns what stands behind the time of a tool, where the next word is an id, so that the time may be a runtime's own; None for any
/// other line.
pub(crate) fn behind_time_before_id(line: &str) -> Option<&str> {
    timed(line).map(|(_, behind)| behind).filter(|behind| is_of_runtime(behind))
}

/// Returns what stands behind the time of a tool, with the blanks before it; None for a line without one.
pub(super) fn behind_time(line: &str) -> Option<&str> {
    let (_, behind) = timed(line)?;
    let blanks = line[..line.len() - behind.len()].trim_end_matches([' ', '\t']).len();
    // A tool writes one blank.
    let own = line[blanks..].strip_prefix([' ', '\t']).unwrap_or(&line[blanks..]);
    Some(without_stream_of_container(own))
}

/// Returns whether a line begins with a time, a tool's or its own.
pub(super) fn is_timed(line: &str) -> bool {
    timed(line).is_some()
}

/// Levels of loggers.
pub(super) const LEVELS: &[&str] =
    &["TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "SEVERE"];

/// Returns whether a logger wrote this text behind its time: one of the first words is a level.
pub(super) fn is_logged(text: &str) -> bool {
    let is_level = |word: &str| {
        let word = word.trim_matches(['[', ']', ':', '|', '(', ')']);
        LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level))
    };
    text.split_whitespace().take(5).any(is_level)
}

/// Splits a text into the time at its start, also in brackets, and the rest.
fn timed(text: &str) -> Option<(i64, &str)> {
    let inner = text.strip_prefix('[').unwrap_or(text);
    let (time, length) = time::at_start(inner)?;
    let behind = &inner[length..];
    let behind = if inner.len() < text.len() { behind.strip_prefix(']')? } else { behind };
    let ends = behind.is_empty() || behind.starts_with([' ', '\t', ':', ',', ';', '|']);
    let behind = behind.strip_prefix(" UTC").filter(|rest| rest.starts_with([' ', '\t'])).unwrap_or(behind);
    // `serverless logs` puts the zone in parentheses: it is read as a part of the time. The id of a request may begin with digits.
    let is_zone = |text: &str| ["+", "-", "UTC", "GMT"].iter().any(|start| text.starts_with(start));
    let in_parentheses = behind.strip_prefix(" (").filter(|rest| is_zone(rest)).and_then(|rest| rest.split_once(')'));
    let zoned = in_parentheses.and_then(|(zone, rest)| {
        let (time, whole) = time::at_start(&format!("{}{zone}", &inner[..length]))?;
        (whole > length).then_some((time, rest))
    });
    let (time, behind) = zoned.unwrap_or((time, behind));
    let behind = behind.strip_prefix([':', ',', ';']).unwrap_or(behind);
    ends.then(|| (time, behind_separator(behind)))
}

/// Splits a text into its first word, without brackets around it, and what stands behind it, with the separator.
fn word(text: &str) -> (&str, &str) {
    let end = memchr::memchr2(b' ', b'\t', text.as_bytes()).unwrap_or(text.len());
    (bare(&text[..end]), &text[end..])
}

/// Strips the brackets around a word and the colon behind it.
fn bare(word: &str) -> &str {
    [('(', ')'), ('[', ']'), ('"', '"')]
        .into_iter()
        .find_map(|(open, close)| word.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(word)
        .trim_end_matches(':')
}

/// Columns are apart by blanks, a tab, or a bar between blanks; also by a dash, where what follows cannot be the rest of
/// a line of an access log, whose first value may be a dash.
fn behind_separator(text: &str) -> &str {
    let rest = &text[text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..];
    let behind = match rest.strip_prefix("- ") {
        Some(behind) => Some(behind).filter(|behind| is_column(behind.trim_start_matches(' '))),
        None => rest.strip_prefix("| ").or_else(|| rest.strip_prefix("|\t")),
    };
    behind.map_or(rest, |rest| rest.trim_start_matches(' '))
}

/// Returns whether a text begins as a column of a tool does, or as a log event.
fn is_column(text: &str) -> bool {
    let (word, behind) = text.split_once(' ').unwrap_or((text, ""));
    let word = bare(word);
    let is_document = |text: &str| text.trim_start_matches([' ', '-', '|']).starts_with("{\"");
    is_stream(word)
        || is_group(word)
        || is_event_id(word)
        || begins_as_event(text)
        || time::at_start(text.trim_start_matches('[')).is_some()
        || (is_name(word) && is_document(behind))
}

/// Returns whether the time before this text is the runtime's own: its id of the invocation follows.
fn is_of_runtime(text: &str) -> bool {
    let (word, _) = word(text);
    let is_uuid =
        word.len() == 36 && [8, 13, 18, 23].iter().all(|at| word.as_bytes()[*at] == b'-') && is_hexadecimal(word);
    // In `[ERROR]\t{time}\t{id}` and the like the time is not the first word.
    is_uuid && !text.starts_with('(') || text.starts_with("undefined\t")
}

fn is_hexadecimal(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Returns whether a word is a log stream: `0123456789abcdef0123456789abcdef`, `2026/01/02/[$LATEST]0123…`,
/// `2026/01/02/orders[7]0123…`, `eni-0123-all`, `a1b2c3d4e5_live-2026-01-02-03-04` of an HTTP API.
pub(super) fn is_stream(word: &str) -> bool {
    let is_hash = word.len() == 32 && !word.contains('-') && is_hexadecimal(word);
    let bytes = word.as_bytes();
    let is_dated = bytes.len() > 12
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'/'
        && bytes[7] == b'/'
        && word.contains('[')
        && word.contains(']');
    let is_interface =
        word.starts_with("eni-") && ["-all", "-accept", "-reject"].iter().any(|traffic| word.ends_with(traffic));
    is_hash || is_dated || is_interface || is_of_http_api(word)
}

/// Returns whether a word is the log stream of an HTTP API: `a1b2c3d4e5_live-2026-01-02-03-04`.
fn is_of_http_api(word: &str) -> bool {
    const MINUTE: &[u8; 17] = b"-0000-00-00-00-00";
    let Some((name, minute)) = word.len().checked_sub(MINUTE.len()).and_then(|at| word.split_at_checked(at)) else {
        return false;
    };
    let is_minute = MINUTE.iter().zip(minute.bytes()).all(|(form, byte)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *form,
    });
    is_minute && name.split_once('_').is_some_and(|(api, stage)| !stage.is_empty() && api.len() == 10)
}

/// Returns whether a word is a stream of any other name: between a time and a document, or before a time.
fn is_named_stream(word: &str, behind: &str, line: &Line<'_>) -> bool {
    if !is_name(word) {
        return false;
    }
    let after = behind_separator(behind);
    let before_time = || line.time_ms.is_none() && timed(after).is_some_and(|(_, rest)| !is_of_runtime(rest));
    line.time_ms.is_some() && after.starts_with("{\"") || before_time()
}

/// Returns whether a word may be the name of a stream.
fn is_name(word: &str) -> bool {
    word.len() >= 8
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.-$[]#".contains(&byte))
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && !is_hexadecimal(word)
}

/// Returns whether a word is a log group: `/aws/lambda/orders`, `API-Gateway-Execution-Logs_a1b2c3/prod`, also behind
/// an account's number.
pub(super) fn is_group(word: &str) -> bool {
    let word = without_account(word);
    (word.starts_with('/') && word.len() > 1 || word.starts_with(EXECUTION_PREFIX))
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.-#".contains(&byte))
}

/// Strips the account that Insights puts before a log group's name.
pub(super) fn without_account(group: &str) -> &str {
    let name = group.split_once(":log-group:").map_or(group, |(_, name)| name);
    let name = name.strip_suffix(":*").unwrap_or(name);
    match name.split_once(':') {
        Some((account, rest)) if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => name,
    }
}

/// Returns whether a word is the id of a log event: 56 digits.
pub(super) fn is_event_id(word: &str) -> bool {
    word.len() == 56 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a text begins as a log event of one of the kinds does.
pub(super) fn is_head(text: &str) -> bool {
    begins_as_event(text) || timed(text).is_some_and(|(_, rest)| is_of_runtime(rest))
}

/// Returns whether a text begins as a log event does that has no time before its first word.
fn begins_as_event(text: &str) -> bool {
    const HEADS: &[&str] = &[
        "START RequestId: ",
        "END RequestId: ",
        "REPORT RequestId: ",
        "INIT_START ",
        "RequestId: ",
        "{\"",
        "[ERROR]\t",
        "[ERROR] ",
    ];
    HEADS.iter().any(|head| text.starts_with(head)) || split_request_id(text).is_some()
}
