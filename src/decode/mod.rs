//! Decoder: base64, gzip and JSON of a subscription batch to log events, in one pass and in bounded memory.
//!
//! The decoder passes each [`LogEvent`] to a callback and keeps none. It also limits the inflated size of a batch.
//! [`crate::record`] interprets the events.
//!
//! # Method
//!
//! Base64 is decoded in pieces. Gzip is inflated into a window of at most 128 KiB, and a scanner parses the window in place: an
//! event is a few slices of it, its message still with JSON's escapes. The window cuts its last event; the bytes of
//! that event are moved to the front of the next window. So memory does not grow with the batch. It grows with the
//! longest event, to 1 MiB at most.
//!
//! * The JSON outside events is checked in full. An event in any form but that of CloudWatch Logs is checked by
//!   `serde_json` and then parsed member by member.
//! * A damaged event is read as far as possible, or left out if it has no message. Either way
//!   [`Decoded::damaged_events`] counts it, and the rest of the batch is unharmed. An unreadable timestamp falls back
//!   to that of the previous event; the first event of a batch is left out then.
//! * CloudWatch Logs does not accept a log event longer than 1 MiB. Of such an event the first MiB is read, and it
//!   counts as damaged.
//! * `logEvents` usually follows the fields of the header. If it does not, or a field is missing, a first pass reads
//!   the header and a second one the events.

mod compressed;
mod encode;
mod error;
mod event;
mod gzip;
mod message;
mod origin;
mod outer;
mod scan;
mod skip;
mod strings;
mod watch;

use std::time::{Duration, Instant};

use compressed::Base64;
use gzip::{Gunzip, is_gzip};
use scan::{Pass, Scanner};
use watch::Watch;

pub use encode::encode_event;
pub use error::{DecodeError, GzipFault, JsonFault};
pub use message::Message;
pub use origin::Origin;

/// Header of a batch: its members beside the log events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// `DATA_MESSAGE` or `CONTROL_MESSAGE`.
    pub message_type: String,
    /// Account id of the log's owner; `CloudwatchLogs` in control messages.
    pub owner: String,
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
    /// Names of the subscription filters that passed the events on. A log group has two at most.
    pub subscription_filters: Vec<String>,
    /// Where the log event at hand was written, if its batch is of centralised logs.
    pub origin: Option<Origin>,
}

impl BatchHeader {
    /// Returns whether this is a control message: CloudWatch Logs only checks that it can reach the destination.
    pub fn is_control(&self) -> bool {
        self.message_type == "CONTROL_MESSAGE" || self.owner == "CloudwatchLogs"
    }
}

/// One log event of a batch. It borrows from the decoder's buffer, for the duration of the callback.
#[derive(Debug, Clone, Copy)]
pub struct LogEvent<'a> {
    /// Id from CloudWatch Logs; empty if missing. Bytes, since ids are only compared.
    pub id: &'a [u8],
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// The text.
    pub message: Message<'a>,
}

/// Limits on the cost of a batch.
///
/// The first two limits alone keep the decoding of the worst batch within two seconds of CPU time, without a clock.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes that one batch may inflate to.
    pub inflated_bytes: u64,
    /// Most log events that one batch may hold.
    pub log_events: u64,
    /// Deadline, checked once a window. No clock is read without it.
    pub deadline: Option<Instant>,
    /// Most CPU time of the thread for the batch, the callback included. Checked once a window.
    pub cpu_time: Option<Duration>,
}

impl Default for Limits {
    /// Returns 256 MiB, a million log events and no deadline. Lambda's largest payload, 6 MiB, inflates to a quarter of
    /// that if it is a log.
    fn default() -> Self {
        Self { inflated_bytes: 256 * 1024 * 1024, log_events: 1_000_000, deadline: None, cpu_time: None }
    }
}

/// Result of decoding a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The header of the batch.
    pub header: BatchHeader,
    /// Log events passed to the callback; 0 for a control message.
    pub log_events: u64,
    /// Log events that could only be read in part or not at all: invalid UTF-8, lone surrogates, no message, no
    /// timestamp, longer than 1 MiB.
    pub damaged_events: u64,
    /// Length of the document.
    pub inflated_bytes: u64,
    /// Origin of all log events, if the document holds it behind them. They have to be read again then.
    pub late_origin: Option<Origin>,
}

/// Callback for each log event. It gets a reference: moving an event takes as long as finding it.
pub type EventCallback<'e> = dyn FnMut(&BatchHeader, &LogEvent<'_>) + 'e;

/// Decodes the payload of a subscription event: `{"awslogs":{"data":"…"}}`.
///
/// # Errors
///
/// If the batch cannot be read to its end. A retry never helps. The callback may have got events before the error, so
/// the caller must discard its results.
pub fn subscription_event(
    payload: &[u8],
    limits: &Limits,
    on_event: &mut EventCallback<'_>,
) -> Result<Decoded, DecodeError> {
    let event: outer::SubscriptionEvent<'_> = serde_json::from_slice(payload)
        .map_err(|_| DecodeError::NotASubscriptionEvent { payload_bytes: payload.len() })?;
    base64_data(&event.awslogs.data.0, limits, on_event)
}

/// Decodes the `data` of a subscription event: base64 of gzip of JSON, compressed once or twice. Missing padding and
/// trailing blanks are accepted.
///
/// # Errors
///
/// See [`subscription_event`].
pub fn base64_data(data: &[u8], limits: &Limits, on_event: &mut EventCallback<'_>) -> Result<Decoded, DecodeError> {
    in_windows(data, limits, WINDOW, on_event)
}

/// Decodes the JSON document of a batch. The document is in memory already, so there are no limits.
///
/// # Errors
///
/// See [`subscription_event`].
pub fn document_json(document: &[u8], on_event: &mut EventCallback<'_>) -> Result<Decoded, DecodeError> {
    two_passes(|header| {
        let mut scanner = Scanner::new(header, u64::MAX);
        scanner.scan(document, on_event)?;
        scanner.finish()
    })
}

/// Sizes of the buffer for inflated data.
#[derive(Clone, Copy)]
struct Window {
    /// Initial size, at most.
    bytes: usize,
    /// Most bytes to inflate at a time.
    step_bytes: usize,
    /// Largest size. A long event makes the buffer grow.
    most_bytes: usize,
}

impl Window {
    /// Returns the initial size for so much gzip. What inflates to more is read in more windows.
    fn first_bytes(self, gzip_bytes: usize) -> usize {
        self.bytes.min(gzip_bytes.saturating_mul(WINDOW_BYTES_PER_GZIP_BYTE)).max(1)
    }
}

/// Window of the decoder. The inflater copies its history of 32 KiB once a window, so a small window is slow. A large
/// one leaves the cache.
///
/// `most_bytes` is the longest log event. Source: CloudWatch Logs User Guide, quotas: "Event size: 1 MB".
const WINDOW: Window = Window { bytes: 128 * 1024, step_bytes: usize::MAX, most_bytes: 1024 * 1024 };

/// Bytes of the first window for each byte of gzip: a log inflates to 8 to 13. To clear a whole window took 28 % of the
/// function's own time for a batch of 20 log events, and half of its instructions as callgrind counts them.
const WINDOW_BYTES_PER_GZIP_BYTE: usize = 16;

/// Decodes the `data` of a subscription event in windows of this size.
fn in_windows(
    data: &[u8],
    limits: &Limits,
    window: Window,
    on_event: &mut EventCallback<'_>,
) -> Result<Decoded, DecodeError> {
    let mut watch = Watch::start(limits);
    two_passes(|header| pass(data, header, limits, &mut watch, window, on_event))
}

/// Runs a pass, and a second one if the events preceded the header.
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

/// Runs one pass over the data: inflates and scans it window by window.
fn pass(
    data: &[u8],
    header: Option<BatchHeader>,
    limits: &Limits,
    watch: &mut Watch,
    window: Window,
    on_event: &mut EventCallback<'_>,
) -> Result<Pass, DecodeError> {
    let mut gunzip = Gunzip::new(Base64::new(data));
    let gzip_bytes = gunzip.gzip_bytes();
    let mut scanner = Scanner::new(header, limits.log_events);
    let mut buffer = vec![0; window.first_bytes(gzip_bytes)];
    // Bytes at the front of the buffer that an earlier window began and the scanner could not finish.
    let mut carried = 0;
    let mut inflated_bytes = 0;
    let mut is_first = true;
    loop {
        let room = (buffer.len() - carried).min(window.step_bytes);
        let filled = gunzip.read(&mut buffer[carried..carried + room])?;
        if std::mem::take(&mut is_first) && is_gzip(&buffer[..filled]) {
            gunzip = Gunzip::nested(Base64::new(data));
            continue;
        }
        inflated_bytes += filled as u64;
        if inflated_bytes > limits.inflated_bytes {
            return Err(DecodeError::TooLarge { limit_bytes: limits.inflated_bytes, gzip_bytes });
        }
        if watch.is_over() {
            return Err(DecodeError::OutOfTime { inflated_bytes, gzip_bytes });
        }
        let held = carried + filled;
        let scanned = scanner.scan(&buffer[..held], on_event)?;
        if filled < room {
            gunzip.keep_inflater();
            return scanner.finish();
        }
        // The scanner stops before the event that the window cuts. Its bytes move to the front and the next window
        // follows them, so that the scanner reads the event again from its start and never keeps half of one.
        buffer.copy_within(scanned..held, 0);
        carried = held - scanned;
        if carried == buffer.len() && carried >= window.most_bytes {
            // One event fills the largest buffer: the scanner reads its beginning. The second call skips these bytes,
            // and the next windows up to the event's end.
            scanner.overflow(&buffer[..carried], on_event)?;
            carried -= scanner.scan(&buffer[..carried], on_event)?;
        } else if carried > buffer.len() / 2 {
            // Doubling keeps the cost of reading a long event again linear.
            buffer.resize((buffer.len() * 2).min(window.most_bytes), 0);
        }
    }
}

#[cfg(test)]
mod tests;
