//! Parser for lines of access logs, in any format of a stage.
//!
//! API Gateway writes the values of a stage's format without escaping them. So a client that puts quotes into its path
//! or user agent breaks the line or adds fields to it. This parser guarantees: if the line has a top-level key
//! `status`, client text can neither forge a failed request nor hide one. At worst the line is
//! [`AccessLine::Ambiguous`]. A client can add a key that the format lacks, and so give a wrong reason for its own
//! failed request. Formats without variables of client text prevent this.
//!
//! A line belongs to an access log if it has a status and enough names of API Gateway's formats (`vocabulary`).
//! [`crate::classify::access`] finds the cause.

mod clf;
mod csv;
mod fields;
mod json;
mod keyed;
mod quick;
mod shape;
mod vocabulary;
mod xml;

pub use fields::{Fields, telling_fields};
pub use vocabulary::is_name;

use std::borrow::Cow;

use super::Record;
use crate::decode::LogEvent;

/// Line of an access log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLine {
    /// The request did not end in a server error.
    Healthy,
    /// The request ended in a server error.
    Failed(Box<Fields>),
    /// Client text may have forged the status.
    Ambiguous,
    /// The format of the line has no status.
    NoStatus,
}

/// Returns whether a log event is certainly a JSON line whose only `status` is below 500. Another log with such a line
/// has nothing to count in it either.
///
/// `{"requestId":"…","status":"200"}` → true
pub fn is_healthy(event: &LogEvent<'_>) -> bool {
    let (bytes, escaped) = event.message.raw();
    quick::is_healthy(bytes, escaped)
}

/// Parses a log event as a line of an access log; None if it is not one.
///
/// `{"requestId":"…","status":"502","apiId":"…"}` → `Record::Access(Failed(fields))`; with status 200
/// `Record::Nothing`
pub fn read<'a>(event: &LogEvent<'_>) -> Option<Record<'a>> {
    let bytes = event.message.as_written();
    if !may_be_access_line(bytes) || !quick::has_words_of_an_access_log(bytes) {
        return None;
    }
    match line(&event.message.text())? {
        AccessLine::Healthy => Some(Record::Nothing),
        line => Some(Record::Access(line)),
    }
}

/// Parses one line of text; None if it is not a line of an access log.
///
/// `{"requestId":"…","status":"502","apiId":"…"}` → `Failed(fields)`
pub fn line(text: &str) -> Option<AccessLine> {
    let text = without_prefix(text.trim());
    match text.as_bytes().first()? {
        b'{' => fields::line(&json::pairs(text)),
        b'<' => fields::line(&xml::pairs(text)?),
        _ => clf::line(text).or_else(|| csv::line(text)).or_else(|| fields::line(&keyed::pairs(text)?)),
    }
}

/// Returns whether the first byte may begin a line of an access log. It rules out most lines of other logs.
fn may_be_access_line(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    match bytes.get(start) {
        Some(b'{' | b'<' | b'"' | b'-' | b':') => true,
        Some(b) => b.is_ascii_alphanumeric(),
        None => false,
    }
}

/// Strips the time and the stream that log viewers print before each line.
pub fn without_prefix(text: &str) -> &str {
    let mut rest = text;
    let mut timed = false;
    // No tool writes more than a time of two words, a group and a stream.
    for _ in 0..4 {
        let Some((word, behind)) = rest.split_once([' ', '\t']) else { break };
        let behind = behind.trim_start_matches([' ', '\t']);
        let is_offset = timed && (word.starts_with("(+") || word.starts_with("(-")) && word.ends_with(')');
        if shape::is_time_word(word) || is_offset {
            timed = true;
        } else if !(timed && shape::is_stream_name(word)) {
            break;
        }
        rest = behind;
    }
    rest
}

/// Strips blanks and quotes around a value; None if the variable is unset: `-`, `null` or empty.
fn set_value(value: &str) -> Option<&str> {
    let mut value = value.trim();
    // Two pairs of quotes: some variables have quotes of their own, some formats are encoded twice.
    for _ in 0..2 {
        match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(inner) => value = inner.trim(),
            None => break,
        }
    }
    (!matches!(value, "" | "-" | "\"" | "(none)" | "null")).then_some(value)
}

/// Most pairs to collect from a line; our own limit. The longest formats have about a hundred.
const MOST_PAIRS: usize = 1_000;

/// Deepest nesting to follow; our own limit. Formats use three levels.
const DEEPEST: usize = 16;

/// Key of a line and its value.
#[derive(Debug)]
struct Pair<'a> {
    /// Names from the outermost to the innermost, each in plain form (see [`vocabulary::plain`]).
    path: Vec<String>,
    /// The raw value.
    value: Cow<'a, str>,
    /// Whether the value is in quotes.
    quoted: bool,
}

/// Pairs of a line, in order. If the line has too many, there are [`MOST_PAIRS`] and one more.
#[derive(Debug, Default)]
struct Pairs<'a> {
    pairs: Vec<Pair<'a>>,
    /// Whether the line breaks its own format, so that only some pairs could be found.
    broken: bool,
    /// Whether an object is not closed, or pairs follow the end of the outermost one.
    misnested: bool,
}

#[cfg(test)]
mod tests;
