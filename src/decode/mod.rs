//! Bytes to log events: base64, gzip and JSON of a subscription batch, in one pass and in bounded memory.
//!
//! The decoder hands over one [`LogEvent`] after the other and keeps none. It owns the limits on what a batch may
//! inflate to. What an event says is left to [`crate::record`].
//!
//! # How it goes
//!
//! Base64 is decoded in pieces out of the payload, gzip is inflated into a window of 128 KiB, and a scanner takes the
//! window apart where it stands: an event is a few slices of the window, its message still with JSON's escapes. The
//! event that the end of a window cuts is moved to the front of the next. So memory does not grow with the batch; it
//! grows to 1 MiB with the longest event and no further.
//!
//! * The JSON outside events is checked in full. An event that is not as CloudWatch Logs writes it is checked by
//!   `serde_json` and then read member by member.
//! * An event that is wrong is read as well as it can be, or left out if it has no message; either way it is counted in
//!   [`Decoded::damaged_events`], and the rest of the batch is unharmed. Where a timestamp cannot be read, that of the
//!   event before stands in for it; the first event of a batch is left out then.
//! * An event whose JSON is longer than 1 MiB, which CloudWatch Logs does not accept as a log event, is handed over with
//!   what its first MiB holds of it, and counted as damaged.
//! * `logEvents` usually stands behind the fields of the header. If it does not, or a field is missing, a first pass over
//!   the batch reads the header and a second one the events.

mod compressed;
mod encode;
mod error;
mod event;
mod gzip;
mod message;
mod outer;
mod scan;
mod skip;
mod strings;
mod watch;

use std::time::{Duration, Instant};

use compressed::{Base64, Compressed, Unencoded};
use gzip::Gunzip;
use scan::{Pass, Scanner};
use watch::Watch;

pub use encode::{encode_document, encode_event, encode_gzip};
pub use error::{DecodeError, GzipFault, JsonFault};
pub use message::Message;

/// What a batch says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// `DATA_MESSAGE` or `CONTROL_MESSAGE`.
    pub message_type: String,
    /// The account whose log it is; `CloudwatchLogs` in control messages.
    pub owner: String,
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
}

impl BatchHeader {
    /// Whether CloudWatch Logs only checks that the destination can be reached.
    pub fn is_control(&self) -> bool {
        self.message_type == "CONTROL_MESSAGE" || self.owner == "CloudwatchLogs"
    }
}

/// One log event of a batch. It borrows from the decoder and lives as long as the call that hands it over.
#[derive(Debug, Clone, Copy)]
pub struct LogEvent<'a> {
    /// The id that CloudWatch Logs gave it; empty where it has none. Bytes, since nobody reads it: it is compared.
    pub id: &'a [u8],
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// Its text.
    pub message: Message<'a>,
}

/// What a batch may cost.
///
/// The first two limits alone keep the decoding of the worst batch within two seconds of a CPU, without a look at a
/// clock.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes that one batch may inflate to.
    pub inflated_bytes: u64,
    /// Most log events that one batch may hold.
    pub log_events: u64,
    /// When to give up. It is compared with the clock once a window; without it no clock is read.
    pub deadline: Option<Instant>,
    /// Most CPU time of the thread that the batch may take, what is made of its events included. Compared likewise.
    pub cpu_time: Option<Duration>,
}

impl Default for Limits {
    /// 256 MiB, a million log events and no deadline: four times what the largest payload of Lambda, 6 MiB, inflates to
    /// when it is a log.
    fn default() -> Self {
        Self { inflated_bytes: 256 * 1024 * 1024, log_events: 1_000_000, deadline: None, cpu_time: None }
    }
}

/// What was decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What the batch said of itself.
    pub header: BatchHeader,
    /// Log events handed over. None of a control message.
    pub log_events: u64,
    /// Log events that could only be read in part or not at all: invalid UTF-8, lone surrogates, no message, no
    /// timestamp, longer than 1 MiB.
    pub damaged_events: u64,
    /// Length of the document.
    pub inflated_bytes: u64,
}

/// What takes the log events. It borrows each of them: to move one takes as long as to find it.
pub type EventCallback<'e> = dyn FnMut(&BatchHeader, &LogEvent<'_>) + 'e;

/// Decodes a subscription event, `{"awslogs":{"data":"…"}}`, as Lambda hands it to the function.
///
/// # Errors
///
/// Whenever the batch cannot be read to its end; trying again never helps. Events were handed over before that, so the
/// caller must drop what it made of them.
pub fn subscription_event(
    payload: &[u8],
    limits: &Limits,
    on_event: &mut EventCallback<'_>,
) -> Result<Decoded, DecodeError> {
    let event: outer::SubscriptionEvent<'_> = serde_json::from_slice(payload)
        .map_err(|_| DecodeError::NotASubscriptionEvent { payload_bytes: payload.len() })?;
    base64_data(&event.awslogs.data.0, limits, on_event)
}

/// Decodes the `data` of a subscription event: base64 of gzip of JSON. The base64 may lack its padding and may have
/// blanks behind it.
///
/// # Errors
///
/// As [`subscription_event`].
pub fn base64_data(data: &[u8], limits: &Limits, on_event: &mut EventCallback<'_>) -> Result<Decoded, DecodeError> {
    compressed(|| Base64::new(data), limits, WINDOW, on_event)
}

/// Decodes the gzip-compressed JSON of a batch, as a Kinesis record holds it.
///
/// # Errors
///
/// As [`subscription_event`].
pub fn gzip_data(gzip: &[u8], limits: &Limits, on_event: &mut EventCallback<'_>) -> Result<Decoded, DecodeError> {
    compressed(|| Unencoded::new(gzip), limits, WINDOW, on_event)
}

/// Decodes the JSON document of a batch. As the document is in memory already, no limits hold and no event is too long.
///
/// # Errors
///
/// As [`subscription_event`].
pub fn document_json(document: &[u8], on_event: &mut EventCallback<'_>) -> Result<Decoded, DecodeError> {
    two_passes(|header| {
        let mut scanner = Scanner::new(header, u64::MAX);
        scanner.scan(document, on_event)?;
        scanner.finish()
    })
}

/// Inflates the `data` of a subscription event, window by window, and looks at none of it. Gives the inflated length.
///
/// This is what decoding costs at least, which is what the benches compare it with.
///
/// # Errors
///
/// As [`subscription_event`], as far as base64, gzip and the limit of bytes are concerned.
pub fn inflate_base64_data(data: &[u8], limits: &Limits, mut on_window: impl FnMut(&[u8])) -> Result<u64, DecodeError> {
    let mut gunzip = Gunzip::new(Base64::new(data));
    let mut buffer = vec![0; WINDOW.bytes];
    let mut inflated_bytes = 0;
    loop {
        let filled = gunzip.read(&mut buffer)?;
        inflated_bytes += filled as u64;
        if inflated_bytes > limits.inflated_bytes {
            let gzip_bytes = gunzip.gzip_bytes();
            return Err(DecodeError::TooLarge { limit_bytes: limits.inflated_bytes, gzip_bytes });
        }
        on_window(&buffer[..filled]);
        if filled < buffer.len() {
            return Ok(inflated_bytes);
        }
    }
}

/// Sizes of the buffer that compressed data is inflated into.
#[derive(Clone, Copy)]
struct Window {
    /// Size at first.
    bytes: usize,
    /// Most bytes that are inflated at a time.
    step_bytes: usize,
    /// Size to which a long event makes it grow.
    most_bytes: usize,
}

/// The inflater copies its history of 32 KiB once a window, so a small window is slow; a large one leaves the cache.
///
/// `most_bytes` is the longest log event. Source: CloudWatch Logs User Guide, quotas: "Event size: 1 MB".
const WINDOW: Window = Window { bytes: 128 * 1024, step_bytes: usize::MAX, most_bytes: 1024 * 1024 };

/// Decodes compressed data, which is opened once for each pass.
fn compressed<C: Compressed>(
    open: impl Fn() -> C,
    limits: &Limits,
    window: Window,
    on_event: &mut EventCallback<'_>,
) -> Result<Decoded, DecodeError> {
    let watch = Watch::start(limits);
    two_passes(|header| pass(open(), header, limits, &watch, window, on_event))
}

/// Makes a second pass if the events stood before the header.
fn two_passes(mut pass: impl FnMut(Option<BatchHeader>) -> Result<Pass, DecodeError>) -> Result<Decoded, DecodeError> {
    let header = match pass(None)? {
        Pass::Done(decoded) => return Ok(decoded),
        Pass::HeaderOnly(header) => header,
    };
    match pass(Some(header))? {
        Pass::Done(decoded) => Ok(decoded),
        Pass::HeaderOnly(header) => Ok(Decoded { header, ..Decoded::default() }),
    }
}

/// One pass over the whole of the data: window after window is inflated and scanned.
fn pass<C: Compressed>(
    compressed: C,
    header: Option<BatchHeader>,
    limits: &Limits,
    watch: &Watch,
    window: Window,
    on_event: &mut EventCallback<'_>,
) -> Result<Pass, DecodeError> {
    let mut gunzip = Gunzip::new(compressed);
    let gzip_bytes = gunzip.gzip_bytes();
    let mut scanner = Scanner::new(header, limits.log_events);
    let mut buffer = vec![0; window.bytes];
    let mut kept = 0;
    let mut inflated_bytes = 0;
    loop {
        let room = (buffer.len() - kept).min(window.step_bytes);
        let filled = gunzip.read(&mut buffer[kept..kept + room])?;
        inflated_bytes += filled as u64;
        if inflated_bytes > limits.inflated_bytes {
            return Err(DecodeError::TooLarge { limit_bytes: limits.inflated_bytes, gzip_bytes });
        }
        if watch.is_over() {
            return Err(DecodeError::OutOfTime { inflated_bytes, gzip_bytes });
        }
        let held = kept + filled;
        let taken = scanner.scan(&buffer[..held], on_event)?;
        if filled < room {
            return scanner.finish();
        }
        buffer.copy_within(taken..held, 0);
        kept = held - taken;
        if kept == buffer.len() && kept >= window.most_bytes {
            scanner.overflow(&buffer[..kept], on_event)?;
            kept -= scanner.scan(&buffer[..kept], on_event)?;
        } else if kept > buffer.len() / 2 {
            buffer.resize((buffer.len() * 2).min(window.most_bytes), 0);
        }
    }
}

#[cfg(test)]
mod tests;
