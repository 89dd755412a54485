//! A line of an access log: its fields, whatever format the stage was given.
//!
//! API Gateway writes the values of a stage's format as they are, without escaping them. So a client that puts quotes
//! into its path or user agent breaks the line or adds fields to it. What this reader promises: where the line holds a
//! top-level key `status`, client text can neither make a failed request nor hide one. At worst the line becomes
//! [`AccessLine::Ambiguous`]. A key that the format does not have can be forged without a trace; so a client can give a wrong
//! reason for its own failed request, which formats without client-written variables prevent.
//!
//! Which line is one of an access log, its words tell: a status, and enough of the names that API Gateway's formats use
//! (`vocabulary`). Why a request failed is left to [`crate::classify::access`].

mod clf;
mod csv;
mod fields;
mod json;
mod keyed;
mod paste;
mod quick;
mod shape;
mod vocabulary;
mod xml;

pub use fields::Fields;
pub use paste::{pasted_fields, pasted_lines};

use std::borrow::Cow;

use super::Record;
use crate::decode::LogEvent;

/// A line of an access log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLine {
    /// The request did not end in a server error.
    Healthy,
    /// The request ended in a server error.
    Failed(Box<Fields>),
    /// Its status cannot be trusted: client text may have forged it.
    Ambiguous,
    /// The format of the line has no status: nothing can be counted.
    NoStatus,
}

/// Whether a log event surely is a line in JSON whose one `status` is below 500. Nothing but an access log writes such
/// lines, and where something else does, nothing is counted of it either.
pub fn is_healthy(event: &LogEvent<'_>) -> bool {
    let (bytes, escaped) = event.message.raw();
    quick::is_healthy(bytes, escaped)
}

/// Reads a log event that may be a line of an access log.
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

/// Reads one line of text.
pub fn line(text: &str) -> Option<AccessLine> {
    let text = without_prefix(text.trim());
    match text.as_bytes().first()? {
        b'{' => fields::line(&json::pairs(text)),
        b'<' => fields::line(&xml::pairs(text)?),
        _ => clf::line(text).or_else(|| csv::line(text)).or_else(|| fields::line(&keyed::pairs(text)?)),
    }
}

/// Whether the first bytes rule nothing out. Most lines of other logs end here.
fn may_be_access_line(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    match bytes.get(start) {
        Some(b'{' | b'<' | b'"' | b'-' | b':') => true,
        Some(b) => b.is_ascii_alphanumeric(),
        None => false,
    }
}

/// Cuts the time and the stream that tools which follow a log write before each line.
fn without_prefix(text: &str) -> &str {
    let mut rest = text;
    let mut timed = false;
    // A time of two words, a group and a stream are the most that any tool writes.
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

/// A value as the format meant it: without blanks and quotes around it; none where it is unset.
fn set_value(value: &str) -> Option<&str> {
    let mut value = value.trim();
    // One pair more than the format's own: some variables bring their quotes, some formats are encoded twice.
    for _ in 0..2 {
        match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(inner) => value = inner.trim(),
            None => break,
        }
    }
    (!matches!(value, "" | "-" | "\"" | "(none)" | "null")).then_some(value)
}

/// Most pairs that are collected of a line; our own bound. The longest formats have about a hundred.
const MOST_PAIRS: usize = 1_000;

/// A key of a line and its value.
#[derive(Debug)]
struct Pair<'a> {
    /// The names from the outermost to the innermost, each in its plain form (see [`vocabulary::plain`]).
    path: Vec<String>,
    /// The value as it stands.
    value: Cow<'a, str>,
    /// Whether it stood in quotes.
    quoted: bool,
}

/// The pairs of a line, in their order; [`MOST_PAIRS`] and one more where the line has too many.
#[derive(Debug, Default)]
struct Pairs<'a> {
    pairs: Vec<Pair<'a>>,
    /// Whether the line breaks its own format somewhere, so that only parts of it could be told from each other.
    broken: bool,
    /// Whether an object was never closed, or pairs follow the end of the outermost one.
    misnested: bool,
}

#[cfg(test)]
mod tests;
