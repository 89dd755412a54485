//! A line of the execution log of a REST or WebSocket API.
//!
//! Forms: the text event `(request-id) message`; the JSON of execution-log delivery, whose `payload` is that text; and
//! the console's test output, whose lines have a date and no request ID. Which of the gateway's sentences a line is
//! ([`Head`]) is told by its first words alone, so that a body which quotes another sentence cannot pass for it.

mod delivery;
mod head;
mod prefix;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use uuid::fmt::Hyphenated;

use super::Record;
use crate::decode::{LogEvent, Message};
pub use head::Head;

/// A line of an execution log.
#[derive(Debug)]
pub struct Line<'a> {
    /// The request ID, of ASCII alone; none in the console's test output and in pasted text.
    pub request_id: Option<Cow<'a, [u8]>>,
    /// What execution-log delivery tells beside the text. Boxed, since few lines have it and all are passed on.
    pub delivered: Option<Box<Delivered>>,
    /// Which of the gateway's sentences it is.
    pub head: Head,
    /// What follows the head.
    pub tail: Tail<'a>,
}

/// The fields of execution-log delivery.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The API.
    pub api_id: Option<String>,
    /// Its stage.
    pub stage: Option<String>,
    /// The resource as configured.
    pub resource_path: Option<String>,
}

impl Delivered {
    fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
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
    /// The bytes as they stand, escapes included: enough where the text is as it always is.
    #[inline]
    pub fn as_written(&self) -> &[u8] {
        match self {
            Self::Raw(message) => message.as_written(),
            Self::Text(text) => text.as_bytes(),
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

/// Which JSON may be execution-log delivery: one search for all lines, made once.
static PAYLOAD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("payload"));
static SPELLED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\\u00"));

/// Most bytes looked at before a message's first words: a request ID (36 bytes) in brackets, and the longest head.
const HEAD_BYTES: usize = 128;

/// Longest request ID, in bytes. API Gateway takes UUIDs (36 bytes) from clients and makes shorter ones itself.
const LONGEST_REQUEST_ID_BYTES: usize = 64;

/// Reads a log event of a log group that holds an execution log, or pasted text.
pub fn read<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    with_id(event).record().or_else(|| read_slowly(event, false))
}

/// Reads a log event whose log group does not tell what it is.
pub fn read_by_shape<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    if let Some(record) = with_id(event).record() {
        return Some(record);
    }
    match event.message.as_written().first()? {
        // JSON of execution-log delivery, a date of the console or of a log tail, a column.
        b'{' => may_be_delivered(event.message.as_written()).then(|| read_slowly(event, true)).flatten(),
        byte if byte.is_ascii_alphanumeric() || *byte == b'(' => read_slowly(event, true),
        // A time in brackets; most levels of loggers are none.
        b'[' if event.message.head(2).get(1).is_some_and(u8::is_ascii_digit) => read_slowly(event, true),
        _ => None,
    }
}

/// Whether JSON may be execution-log delivery. A writer may spell the letters of the key as escapes.
fn may_be_delivered(written: &[u8]) -> bool {
    PAYLOAD.find(written).is_some() || SPELLED.find(written).is_some()
}

/// What [`with_id`] makes of a log event.
#[derive(Debug)]
pub enum WithId<'a> {
    /// A line that matters.
    Line(Line<'a>),
    /// Another line of an execution log.
    Nothing,
    /// To be [`read`] by those who know more forms.
    Other,
}

impl<'a> WithId<'a> {
    fn record(self) -> Option<Record<'a>> {
        match self {
            Self::Line(line) => Some(Record::Execution(line)),
            Self::Nothing => Some(Record::Nothing),
            Self::Other => None,
        }
    }
}

/// Reads the form that nearly all lines have, `(request-id) message`, without copying.
///
/// The pipeline calls it before all else, for such a line is then never moved into a [`Record`]. Measured by callgrind with
/// 10,000 events: read by [`super::read`], the whole job takes 16 % more instructions for a log at INFO level without
/// bodies and 11 % more with bodies.
#[inline(always)]
pub fn with_id<'a>(event: &LogEvent<'a>) -> WithId<'a> {
    // Neither an ID nor the words of a head hold a character that JSON escapes, so they read the same in both forms.
    let written = event.message.as_written();
    let Some(rest) = written[..written.len().min(HEAD_BYTES)].strip_prefix(b"(") else { return WithId::Other };
    let is_uuid = has_hyphens(rest)
        && matches!(rest[Hyphenated::LENGTH..].first_chunk(), Some([b')', b' ', first]) if first.is_ascii_graphic());
    let end = if is_uuid { Some(Hyphenated::LENGTH) } else { end_of_other_id(rest) };
    let Some((request_id, [_, rest @ ..])) = end.and_then(|end| rest.split_at_checked(end)) else {
        return WithId::Other;
    };
    let text = rest.trim_ascii_start();
    let blanks = rest.len() - text.len();
    if blanks == 0 {
        return WithId::Other;
    }
    match Head::of(text) {
        Some((head, length)) if is_request_id(request_id) => WithId::Line(Line {
            request_id: Some(Cow::Borrowed(request_id)),
            delivered: None,
            head,
            tail: Tail::Raw(event.message.skip(request_id.len() + "()".len() + blanks + length)),
        }),
        // Nobody asks for the ID of a line that tells nothing, so the hyphens alone are enough.
        None if is_uuid || is_request_id(request_id) => WithId::Nothing,
        _ => WithId::Other,
    }
}

/// Where the ID ends that is no UUID.
#[inline(never)]
fn end_of_other_id(rest: &[u8]) -> Option<usize> {
    rest.iter().take(LONGEST_REQUEST_ID_BYTES + 1).position(|b| *b == b')')
}

/// Letters, digits and the signs of UUIDs and of base64; also `x` and `*` where somebody blanked the ID.
fn is_request_id(id: &[u8]) -> bool {
    let is_sign = |b: u8| b.is_ascii_alphanumeric() | matches!(b, b'-' | b'_' | b'=' | b'+' | b'/' | b'*');
    // All of them are looked at, which the compiler does for many at a time.
    !id.is_empty() & id.iter().fold(true, |all, &b| all & is_sign(b))
}

/// Whether the four hyphens of a UUID are in their places in the first bytes.
fn has_hyphens(id: &[u8]) -> bool {
    id.len() >= Hyphenated::LENGTH && [id[8], id[13], id[18], id[23]] == [b'-'; 4]
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
        request_id: prefix.request_id.map(|id| Cow::Owned(id.as_bytes().to_owned())),
        delivered: Delivered {
            api_id: prefix.api_id.map(str::to_owned),
            stage: prefix.stage.map(str::to_owned),
            resource_path: prefix.resource_path.map(str::to_owned),
        }
        .boxed(),
        head,
        tail: Tail::Text(message[length..].to_owned()),
    })
}

#[cfg(test)]
mod tests;
