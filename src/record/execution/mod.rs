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

use super::Record;
use crate::decode::{LogEvent, Message};
use crate::uuid::{UUID_BYTES, has_hyphens, is_plain};
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
    read_with_id(event).or_else(|| read_slowly(event, false))
}

/// Reads a log event whose log group does not tell what it is.
pub fn read_by_shape<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    if let Some(record) = read_with_id(event) {
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

/// What [`usual`] makes of a log event.
#[derive(Debug)]
pub enum Usual<'a> {
    /// A line that matters.
    Line(Line<'a>),
    /// Another line of an execution log.
    Nothing,
    /// To be [`read`] by those who know more forms.
    Other,
}

/// The form that nearly all lines have, `(UUID) message`: each part has its fixed place.
///
/// Apart from [`read`], so that such a line is never moved: to move it takes as long as to read it.
#[inline]
pub fn usual<'a>(event: &LogEvent<'a>) -> Usual<'a> {
    const TEXT: usize = UUID_BYTES + "() ".len();
    let Some((prefix, text)) = event.message.as_written().split_first_chunk::<TEXT>() else { return Usual::Other };
    let is_usual = prefix[0] == b'(' && prefix[TEXT - 2..] == *b") " && text.first().is_some_and(u8::is_ascii_graphic);
    let Some(request_id) = prefix[1..].first_chunk::<UUID_BYTES>() else { return Usual::Other };
    if !(is_usual && has_hyphens(request_id)) {
        return Usual::Other;
    }
    // The words of a head hold no character that JSON escapes, so they read the same in both forms.
    match Head::of(text) {
        // Nobody asks for its ID, so the hyphens alone are enough.
        None => Usual::Nothing,
        Some((head, length)) if is_plain(request_id) => {
            Usual::Line(line_with_id(request_id, head, event.message.skip(TEXT + length)))
        }
        Some(_) => Usual::Other,
    }
}

#[inline]
fn line_with_id<'a>(request_id: &'a [u8], head: Head, tail: Message<'a>) -> Line<'a> {
    Line { request_id: Some(Cow::Borrowed(request_id)), delivered: None, head, tail: Tail::Raw(tail) }
}

/// The common form, `(request-id) message`, read from the window without copying.
fn read_with_id<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    if event.message.as_written().first() != Some(&b'(') {
        return None;
    }
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
    Some(Record::Execution(line_with_id(request_id, head, event.message.skip(before))))
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
