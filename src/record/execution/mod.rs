//! A line of the execution log of a REST or WebSocket API.
//!
//! Forms: the text event `(request-id) message`; the JSON of execution-log delivery, whose `payload` is that text; and
//! the console's test output, whose lines have a date and no request ID. Which of the gateway's sentences a line is
//! ([`Head`]) is told by its first words alone, so that a body which quotes another sentence cannot pass for it.

mod delivery;
mod head;
mod prefix;

use std::borrow::Cow;

use wide::u8x16;

use super::Record;
use crate::decode::{LogEvent, Message};
pub use head::Head;

/// A line of an execution log.
#[derive(Debug)]
pub struct Line<'a> {
    /// The request ID; none in the console's test output and in pasted text.
    pub request_id: Option<Cow<'a, str>>,
    /// The API, where the line tells it (execution-log delivery).
    pub api_id: Option<Cow<'a, str>>,
    /// The stage, likewise.
    pub stage: Option<Cow<'a, str>>,
    /// The resource as configured, likewise.
    pub resource_path: Option<Cow<'a, str>>,
    /// Which of the gateway's sentences it is.
    pub head: Head,
    /// What follows the head.
    pub tail: Tail<'a>,
}

/// What follows the head of a line; its escapes are undone only when somebody asks for the text.
#[derive(Debug)]
pub enum Tail<'a> {
    /// Still in the decoder's window.
    Raw(Message<'a>),
    /// Taken from a JSON payload or a text that was put together.
    Text(String),
}

impl Tail<'_> {
    /// Whether the bytes hold `needle`, which must be a text that JSON does not escape.
    pub fn contains(&self, needle: &str) -> bool {
        match self {
            Self::Raw(message) => message.contains(needle.as_bytes()),
            Self::Text(text) => text.contains(needle),
        }
    }

    /// The first bytes, up to the first escape and at most `most` of them: enough where the text is as it always is.
    pub fn head(&self, most: usize) -> &[u8] {
        match self {
            Self::Raw(message) => message.head(most),
            Self::Text(text) => &text.as_bytes()[..text.len().min(most)],
        }
    }

    /// The text.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Raw(message) => message.text(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

/// Most bytes looked at before a message's first words: a request ID (36 bytes) in brackets, and the longest head.
const HEAD_BYTES: usize = 128;

/// Longest request ID, in bytes. API Gateway takes UUIDs (36 bytes) from clients and makes shorter ones itself.
const LONGEST_REQUEST_ID_BYTES: usize = 64;

/// Reads a log event of a log group that holds an execution log, or pasted text.
pub fn read<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    read_with_id(event).or_else(|| read_slowly(event, false))
}

/// Reads a log event whose log group does not tell what it is.
pub fn read_by_shape<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    if let Some(record) = read_with_id(event) {
        return Some(record);
    }
    match event.message.head(1).first()? {
        // JSON of execution-log delivery, a date of the console or of a log tail, a column.
        b'{' => event.message.contains(b"payload").then(|| read_slowly(event, true)).flatten(),
        byte if byte.is_ascii_alphanumeric() || *byte == b'(' => read_slowly(event, true),
        // A time in brackets; most levels of loggers are none.
        b'[' if event.message.head(2).get(1).is_some_and(u8::is_ascii_digit) => read_slowly(event, true),
        _ => None,
    }
}

/// The common form, `(request-id) message`, read from the window without copying.
fn read_with_id<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    let head = event.message.head(HEAD_BYTES);
    let rest = head.strip_prefix(b"(")?;
    let end = memchr::memchr(b')', &rest[..rest.len().min(LONGEST_REQUEST_ID_BYTES + 1)])?;
    let (request_id, rest) = (&rest[..end], &rest[end + 1..]);
    let text = rest.trim_ascii_start();
    let blanks = rest.len() - text.len();
    if blanks == 0 || !is_request_id(request_id) {
        return None;
    }
    let Some((head, length)) = Head::of(text) else { return Some(Record::Nothing) };
    let before = request_id.len() + "()".len() + blanks + length;
    Some(Record::Execution(Line {
        request_id: str::from_utf8(request_id).ok().map(Cow::Borrowed),
        api_id: None,
        stage: None,
        resource_path: None,
        head,
        tail: Tail::Raw(event.message.skip(before)),
    }))
}

/// Letters, digits and the signs of UUIDs and of base64; also `x` and `*` where somebody blanked the ID.
fn is_request_id(id: &[u8]) -> bool {
    if let Ok(id) = <&[u8; UUID_BYTES]>::try_from(id)
        && is_plain(id)
    {
        return true;
    }
    !id.is_empty()
        && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'+' | b'/' | b'*'))
}

/// Length of a UUID, which nearly every request ID is, in bytes.
const UUID_BYTES: usize = 36;

/// Whether all bytes are letters, digits and hyphens, 16 of them looked at at a time: the check of each line's ID would
/// take longer than all that follows.
fn is_plain(id: &[u8; UUID_BYTES]) -> bool {
    let of = |at: usize| {
        let bytes = u8x16::new(id[at..].first_chunk().copied().unwrap_or_default());
        let digits = (bytes - u8x16::splat(b'0')).simd_lt(u8x16::splat(10));
        let letters = ((bytes | u8x16::splat(0x20)) - u8x16::splat(b'a')).simd_lt(u8x16::splat(26));
        digits | letters | bytes.simd_eq(u8x16::splat(b'-'))
    };
    (of(0) & of(16) & of(UUID_BYTES - 16)).to_bitmask() == 0xffff
}

/// Every other form. `by_shape`: only lines that nothing but an execution log has.
fn read_slowly<'a>(event: &LogEvent<'a>, by_shape: bool) -> Option<Record<'a>> {
    let text = event.message.text();
    if text.starts_with('{') {
        return delivery::read(&text);
    }
    let prefix = prefix::strip(&text);
    if prefix.request_id.is_none() {
        if by_shape && !prefix.has_console_date {
            return None;
        }
        if prefix::later_dates(&text).next().is_some() {
            return Some(Record::Transcript(text.into_owned()));
        }
    }
    let line = line_of(&text, &prefix);
    match line {
        Some(line) => Some(Record::Execution(line)),
        // Behind a request ID or a console's date stands the gateway's own text, but not one that matters.
        None if prefix.request_id.is_some() && prefix.is_closed => Some(Record::Nothing),
        None => None,
    }
}

/// The lines of a transcript that was pasted as one line: the console's dates tell where one ends.
pub fn lines_of_transcript(text: &str) -> impl Iterator<Item = Line<'static>> + '_ {
    let mut starts = vec![0];
    starts.extend(prefix::later_dates(text));
    starts.push(text.len());
    let parts: Vec<&str> = starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
    parts.into_iter().filter_map(|part| line_of(part, &prefix::strip(part)))
}

/// The line behind a prefix.
fn line_of(text: &str, prefix: &prefix::Prefix<'_>) -> Option<Line<'static>> {
    let message = &text[prefix.length..];
    let message = match prefix.request_id {
        Some(_) => message,
        // People quote lines.
        None => message.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '-' | '>')),
    };
    let (head, length) = Head::of(message.as_bytes())?;
    Some(Line {
        request_id: prefix.request_id.map(|id| Cow::Owned(id.to_owned())),
        api_id: prefix.api_id.map(|id| Cow::Owned(id.to_owned())),
        stage: prefix.stage.map(|stage| Cow::Owned(stage.to_owned())),
        resource_path: prefix.resource_path.map(|path| Cow::Owned(path.to_owned())),
        head,
        tail: Tail::Text(message[length..].to_owned()),
    })
}

#[cfg(test)]
mod tests;
