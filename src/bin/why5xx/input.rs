//! What an input is and where its log events are: invocation payloads, captured events, decoded batches, the output of
//! `aws logs`, exported logs, plain text.
//!
//! Its content tells what an input is, never its name. What an event says is left to the library, but for text that a
//! person pasted ([`Reader`], [`sentence`]).

#![expect(
    clippy::disallowed_types,
    reason = "exported logs are compressed; they are read line by line on a person's machine"
)]

mod json;
mod quoted;
mod reader;
mod rows;
pub(crate) mod sentence;
mod text;

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use why5xx::decode::{self, BatchHeader, DecodeError, Decoded, EventCallback, Limits, LogEvent, Message};

pub(crate) use quoted::unquoted;
pub(crate) use reader::Reader;
use text::Lines;

/// One log event of an input that is no subscription event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// The id that CloudWatch Logs gave it; empty where the input does not tell.
    pub(crate) id: String,
    /// Milliseconds since 1970-01-01T00:00:00Z; 0 where nothing tells it.
    pub(crate) timestamp_ms: i64,
    /// Its text.
    pub(crate) message: String,
}

/// A part of an input that goes through the pipeline in one call.
#[derive(Debug)]
pub(crate) enum Part {
    /// A subscription event as Lambda gets it.
    SubscriptionEvent(Vec<u8>),
    /// A batch that is decoded already.
    Batch(Vec<u8>),
    /// The base64 data of a batch, as a Kinesis event holds it.
    Data(Vec<u8>),
    /// Log events of a stream.
    Events {
        /// The stream, where the input tells it.
        log_stream: String,
        /// The events.
        events: Vec<Event>,
    },
}

impl Event {
    /// As the decoder would hand it over.
    fn borrowed(&self) -> LogEvent<'_> {
        LogEvent {
            id: self.id.as_bytes(),
            timestamp_ms: self.timestamp_ms,
            message: Message::plain(self.message.as_bytes()),
        }
    }
}

impl Part {
    /// Hands over its log events, as those of `log_group` where it does not tell.
    pub(crate) fn decode(
        &self,
        log_group: &str,
        limits: &Limits,
        each: &mut EventCallback<'_>,
    ) -> Result<Decoded, DecodeError> {
        let (log_stream, events) = match self {
            Self::SubscriptionEvent(payload) => return decode::subscription_event(payload, limits, each),
            Self::Batch(document) => return decode::document_json(document, each),
            Self::Data(data) => return decode::base64_data(data, limits, each),
            Self::Events { log_stream, events } => (log_stream.clone(), events),
        };
        let header = BatchHeader { log_group: log_group.to_owned(), log_stream, ..BatchHeader::default() };
        events.iter().for_each(|event| each(&header, &event.borrowed()));
        Ok(Decoded { header, log_events: events.len() as u64, ..Decoded::default() })
    }
}

/// Most log events of a text that are handed over in one call.
const EVENTS_PER_PART: usize = 50_000;

/// Most bytes that a JSON input may have. Text has no limit, since it is read line by line.
const LONGEST_JSON_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Why an input cannot be read.
#[derive(Debug)]
pub(crate) enum InputError {
    /// The operating system refused, or the compressed data are not whole.
    Read(io::Error),
    /// A JSON input is larger than the limit.
    TooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// It looks like JSON of a kind that is known, but cannot be read.
    Json {
        /// What it looks like.
        kind: &'static str,
        /// Where reading stopped.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
}

impl std::fmt::Display for InputError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge { limit_bytes } => write!(f, "JSON of more than {limit_bytes} bytes"),
            Self::Json { kind, line, column } => {
                write!(f, "looks like {kind}, but is no whole JSON (line {line}, column {column})")
            }
        }
    }
}

impl std::error::Error for InputError {}

impl From<io::Error> for InputError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Reads an input and hands over its parts. An error where the input cannot be read to its end; the parts before that were handed over.
pub(crate) fn read(input: impl Read, mut each: impl FnMut(Part)) -> Result<(), InputError> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    if input.fill_buf()?.starts_with(&GZIP_MAGIC) {
        let inflated = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input));
        return read_inflated(inflated, &mut each);
    }
    read_inflated(input, &mut each)
}

/// Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The same two bytes and the method, deflate, in base64.
const BASE64_OF_GZIP: &[u8] = b"H4sI";

fn read_inflated(mut input: impl BufRead, each: &mut impl FnMut(Part)) -> Result<(), InputError> {
    let start = input.fill_buf()?;
    if start.starts_with(BASE64_OF_GZIP) {
        // The bare data of a batch, as people copy it out of an event.
        let mut data = Vec::new();
        input.by_ref().take(LONGEST_JSON_BYTES).read_to_end(&mut data)?;
        each(Part::Data(data));
        return Ok(());
    }
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    if matches!(first, Some(b'{' | b'[')) && json::may_be_known(start) {
        let mut document = Vec::new();
        input.by_ref().take(LONGEST_JSON_BYTES + 1).read_to_end(&mut document)?;
        if document.len() as u64 > LONGEST_JSON_BYTES {
            return Err(InputError::TooLarge { limit_bytes: LONGEST_JSON_BYTES });
        }
        if json::read(&document, each)? {
            return Ok(());
        }
        return read_text(document.as_slice(), each);
    }
    read_text(input, each)
}

fn read_text(input: impl BufRead, each: &mut impl FnMut(Part)) -> Result<(), InputError> {
    let mut events = Vec::new();
    for event in Lines::new(input) {
        events.push(event?);
        if events.len() == EVENTS_PER_PART {
            each(Part::Events { log_stream: String::new(), events: std::mem::take(&mut events) });
        }
    }
    if !events.is_empty() {
        each(Part::Events { log_stream: String::new(), events });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
