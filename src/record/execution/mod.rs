//! Parses a line of the execution log of a REST or WebSocket API.
//!
//! Three forms: the text event `(request-id) message`; the JSON of execution-log delivery, whose `payload` is that
//! text; the console's test output, whose lines have a date and no request ID. The first words of the message alone
//! decide which of the gateway's sentences it is ([`Head`]). So a body that quotes another sentence is not mistaken
//! for it.
//!
//! One log event may hold a whole transcript of the console's form: a job that calls `test-invoke-method` logs the answer's
//! `log` so, and a collector may have joined its lines by blanks. [`lines_of_transcript`] cuts it at its dates, in the
//! function as in the command.

mod delivery;
mod head;
mod prefix;

use std::borrow::Cow;

use uuid::fmt::Hyphenated;

use super::Record;
use crate::decode::{LogEvent, Message};
pub use head::Head;

/// A line of an execution log.
#[derive(Debug)]
pub struct ExecutionLine<'a> {
    /// The request ID, in ASCII; None in the console's test output.
    pub request_id: Option<Cow<'a, [u8]>>,
    /// The fields of execution-log delivery. Boxed: few lines have them, and every line is moved.
    pub delivered: Option<Box<Delivered>>,
    /// The sentence that the message begins with.
    pub head: Head,
    /// The text behind the head.
    pub tail: Tail<'a>,
}

impl ExecutionLine<'_> {
    /// Returns whether a column stands behind the sentence, as in a line of an access log whose format begins with what the client
    /// wrote: a number or a value that is not set. It does not notice any other last column.
    ///
    /// `Method completed with status: 502 200`, `Execution failed due to a timeout error 200` → true
    pub fn has_column_behind(&self) -> bool {
        // Other lines count nothing, and bodies are long.
        let is_of_failure = matches!(
            self.head,
            Head::MethodCompleted
                | Head::GatewayResponse
                | Head::ExecutionFailed
                | Head::AuthorizerConfigurationException
                | Head::WafError
                | Head::LambdaExecutionFailed
                | Head::LambdaInvocationFailed
        );
        if self.delivered.is_some() || !is_of_failure {
            return false;
        }
        let text = self.tail.text();
        let mut words = text.split(prefix::is_separator).map(str::trim).filter(|word| !word.is_empty()).rev();
        let (Some(last), before) = (words.next(), words.next()) else { return false };
        // A number behind a colon is the sentence's own: `Endpoint Response Status Code: 400`.
        let is_column =
            (last == "-" || last.bytes().all(|b| b.is_ascii_digit())) && before.is_none_or(|word| !word.ends_with(':'));
        match self.head {
            Head::MethodCompleted => before.is_some(),
            // The words of a function may end with any number: `exit status 1`.
            Head::LambdaExecutionFailed | Head::LambdaInvocationFailed => {
                let may_end_so = text.contains("error:") && !text.contains("Lambda request id: ");
                is_column && !may_end_so && before != Some("status")
            }
            _ => is_column,
        }
    }
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

/// Text behind the head of a line. JSON escapes are decoded only when [`Tail::text`] is called.
#[derive(Debug)]
pub enum Tail<'a> {
    /// Still in the decoder's window.
    Raw(Message<'a>),
    /// Copied from a JSON payload or from a message that lay in two windows.
    Text(String),
}

impl Tail<'_> {
    /// Returns the bytes with their JSON escapes: enough to recognise usual texts.
    ///
    /// `… with status: 502` → ` 502`
    #[inline]
    pub fn as_written(&self) -> &[u8] {
        match self {
            Self::Raw(message) => message.as_written(),
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// Returns the text with its JSON escapes decoded.
    ///
    /// ` {\"id\":7}` → ` {"id":7}`
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Raw(message) => message.text(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

/// Bytes of a message that are compared: the longest request ID in brackets and the longest head.
const HEAD_BYTES: usize = 256;

/// Longest key that is compared with those of execution-log delivery, in bytes.
const LONGEST_KEY_BYTES: usize = 24;

/// Longest request ID, in bytes. API Gateway accepts UUIDs (36 bytes) from clients and creates shorter ones.
const LONGEST_REQUEST_ID_BYTES: usize = 128;

/// Parses a log event of a group that holds an execution log.
///
/// `(5f1c…) Method completed with status: 502` → head `MethodCompleted`, tail ` 502`
pub fn parse<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    parse_with_id(event).record().or_else(|| parse_any_form(event, false))
}

/// Parses a log event of a group that may hold any kind of log; None if only another kind has such lines.
///
/// `{"api_id":"a1b2c3d4e5","payload":"(5f1c…) Execution failed …"}` → head `ExecutionFailed`, API `a1b2c3d4e5`
pub fn parse_of_unknown_kind<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    let certain = |record: &Record<'_>| !matches!(record, Record::Execution(line) if line.has_column_behind());
    if let Some(record) = parse_with_id(event).record() {
        return Some(record).filter(certain);
    }
    let record = match event.message.as_written().first()? {
        // JSON of execution-log delivery.
        b'{' => may_be_delivered(event.message.as_written()).then(|| parse_any_form(event, true)).flatten(),
        // A date of the console or of a log tail, a column.
        byte if byte.is_ascii_alphanumeric() || *byte == b'(' => parse_any_form(event, true),
        // A time in brackets. Loggers write their level in brackets, which has no digit.
        b'[' if event.message.head(2).get(1).is_some_and(u8::is_ascii_digit) => parse_any_form(event, true),
        _ => None,
    };
    record.filter(certain)
}

/// Returns whether a line has columns before its request ID that a line of an access log may have as well, so that what follows
/// may be the text of a client.
///
/// `/orders (5f1c…) Execution failed …` → true; `2024-05-04T17:48:21Z (5f1c…) Execution failed …` → false
pub fn has_columns_of_any_log(text: &str) -> bool {
    let prefix = prefix::strip(text);
    prefix.request_id.is_some() && prefix.may_be_of_access_log
}

/// Returns whether JSON may be execution-log delivery: its first key is one of delivery's, or a writer escaped its letters
/// or its quotes.
fn may_be_delivered(written: &[u8]) -> bool {
    let is_blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'{' | b'\\' | b'n' | b'r' | b't');
    let Some(quote) = written.iter().position(|b| *b == b'"').filter(|at| written[..*at].iter().all(is_blank)) else {
        return true;
    };
    let key = &written[quote + 1..];
    let length = key.iter().take(LONGEST_KEY_BYTES).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let (key, behind) = key.split_at(length);
    let is_plain = matches!(behind, [b'"', ..] | [b'\\', b'"', ..]);
    !is_plain || delivery::KEYS.iter().any(|name| name.as_bytes() == key)
}

/// Result of the parser for lines that begin with `(request-id) `.
#[derive(Debug)]
pub enum WithId<'a> {
    /// A line that proves something.
    Line(ExecutionLine<'a>),
    /// A line that is known and proves nothing.
    Nothing,
    /// Another form or an unknown sentence, left to [`parse`].
    Other,
}

impl<'a> WithId<'a> {
    fn record(self) -> Option<Record<'a>> {
        match self {
            Self::Line(line) => Some(Record::Execution(line)),
            Self::Nothing => Some(Record::Nothing(super::LogKind::Execution)),
            Self::Other => None,
        }
    }
}

/// Parses the form of nearly all lines, `(request-id) message`, without copying.
///
/// The pipeline calls it first, so such a line is never moved into a [`Record`]. Measured by callgrind with 10,000
/// events: parsed by [`super::parse_event`], the whole job takes 16 % more instructions for a log at INFO level without
/// bodies and 11 % more with bodies.
///
/// `(5f1c…) Method request path: {}` → [`WithId::Nothing`]
#[inline(always)]
pub fn parse_with_id<'a>(event: &LogEvent<'a>) -> WithId<'a> {
    // Neither an ID nor the words of a head hold a character that JSON escapes, so the escaped bytes are compared.
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
    match Head::find(text) {
        Some((Some(head), length)) if is_request_id(request_id) => WithId::Line(ExecutionLine {
            request_id: Some(Cow::Borrowed(request_id)),
            delivered: None,
            head,
            tail: Tail::Raw(event.message.skip(request_id.len() + "()".len() + blanks + length)),
        }),
        // The ID of a line that proves nothing is not used, so its hyphens are check enough.
        Some((None, _)) if is_uuid || is_request_id(request_id) => WithId::Nothing,
        _ => WithId::Other,
    }
}

/// Returns the length of an ID that is not a UUID.
#[inline(never)]
fn end_of_other_id(rest: &[u8]) -> Option<usize> {
    rest.iter().take(LONGEST_REQUEST_ID_BYTES + 1).position(|b| *b == b')')
}

/// Splits a text into the request ID in brackets at its start and what follows; None if it begins with none.
///
/// `(5f1c…) Method completed with status: 502` → `5f1c…`, `Method completed with status: 502`
pub fn split_request_id(text: &str) -> Option<(&str, &str)> {
    prefix::bracketed_id(text).map(|(id, length)| (id, &text[length..]))
}

/// Returns whether all bytes are letters, digits or signs of UUIDs and base64, or `*`: where a data protection policy takes
/// a part of an ID for an identifier, a subscription filter gets asterisks in its place.
///
/// Source: CloudWatch Logs User Guide, "Help protect sensitive log data with masking".
///
/// `5f1c…` → true; `a b` → false
pub fn is_request_id(id: &[u8]) -> bool {
    /// The one list of these bytes. As a table, since comparing each byte with the signs took 1 % more instructions of the whole
    /// job, and 2 % of the time of a failure-only log.
    static IS_SIGN: [bool; 256] = {
        let mut is_sign = [false; 256];
        let mut byte = 0;
        while byte < 128 {
            let b = byte as u8;
            is_sign[byte] = b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'+' | b'/' | b'*');
            byte += 1;
        }
        is_sign
    };
    // Without a branch for each byte.
    !id.is_empty() & id.iter().fold(true, |all, &b| all & IS_SIGN[usize::from(b)])
}

/// Returns whether the four hyphens of a UUID are in their places in the first bytes. Where the end of every ID is searched for
/// and each of its bytes checked, the whole job takes 20 % more instructions for a log at INFO level without bodies, 15 % more
/// with bodies and 11 % more for one with failures alone.
fn has_hyphens(id: &[u8]) -> bool {
    id.len() >= Hyphenated::LENGTH && [id[8], id[13], id[18], id[23]] == [b'-'; 4]
}

/// Parses every form. `by_shape`: only lines that no other kind of log has.
fn parse_any_form<'a>(event: &LogEvent<'a>, by_shape: bool) -> Option<Record<'a>> {
    let text = event.message.text();
    if text.starts_with('{') {
        return delivery::parse(&text);
    }
    let prefix = prefix::strip(&text);
    if by_shape && prefix.request_id.is_some() && prefix.may_be_of_access_log {
        return None;
    }
    if prefix.request_id.is_none() {
        if by_shape && !prefix.has_console_date {
            return None;
        }
        if prefix::later_dates(&text).next().is_some() {
            return Some(Record::Transcript(text.into_owned()));
        }
    }
    // Behind neither a request ID nor a date of the console it may be anybody's text. The first line of the test output has
    // neither.
    let is_certain = prefix.request_id.is_some() || prefix.has_console_date;
    let is_first = |record: &Record<'_>| matches!(record, Record::Execution(line) if line.head == Head::TestLog);
    line_of(&text, &prefix).record().filter(|record| is_certain || is_first(record))
}

/// Returns the lines of a transcript that one log event holds. Each begins with a date of the console.
///
/// `Thu May 04 17:48:21 UTC 2024 : Starting execution … Thu May 04 17:48:22 UTC 2024 : Method completed …` → two lines
pub fn lines_of_transcript(text: &str) -> impl Iterator<Item = ExecutionLine<'static>> + '_ {
    let mut starts = vec![0];
    starts.extend(prefix::later_dates(text));
    starts.push(text.len());
    let parts: Vec<&str> = starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
    parts.into_iter().filter_map(|part| match line_of(part, &prefix::strip(part)) {
        WithId::Line(line) => Some(line),
        WithId::Nothing | WithId::Other => None,
    })
}

/// Parses the message behind a prefix.
fn line_of(text: &str, prefix: &prefix::Prefix<'_>) -> WithId<'static> {
    let message = text[prefix.length..].trim_start();
    let (head, length) = match Head::find(message.as_bytes()) {
        Some((Some(head), length)) => (head, length),
        Some((None, _)) => return WithId::Nothing,
        None => return WithId::Other,
    };
    WithId::Line(ExecutionLine {
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
