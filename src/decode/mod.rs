//! Bytes to log events: base64, gzip and JSON of a subscription batch, in bounded memory.
//!
//! The decoder hands over one [`LogEvent`] after the other and keeps none. It owns the limits on what a batch may
//! inflate to. What an event says is left to [`crate::record`].

mod error;
mod message;

use std::io::Read;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

pub use error::DecodeError;
pub use message::Message;

/// What a batch says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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
    /// The id that CloudWatch Logs gave it; empty where it has none.
    pub id: &'a str,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// Its text.
    pub message: Message<'a>,
}

/// What a batch may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most bytes that one batch may inflate to.
    pub inflated_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { inflated_bytes: 256 * 1024 * 1024 }
    }
}

/// What was decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What the batch said of itself.
    pub header: BatchHeader,
    /// Log events handed over. None of a control message.
    pub log_events: u64,
    /// Log events that could only be read in part: invalid UTF-8, lone surrogates, an unreadable line.
    pub damaged_events: u64,
}

/// Decodes a subscription event, `{"awslogs":{"data":"…"}}`, as Lambda hands it to the function.
///
/// # Errors
///
/// Whenever the batch cannot be read to its end; trying again never helps. Events were handed over before that, so the
/// caller must drop what it made of them.
pub fn subscription_event(
    payload: &[u8],
    limits: &Limits,
    each: impl FnMut(&BatchHeader, LogEvent<'_>),
) -> Result<Decoded, DecodeError> {
    #[derive(Deserialize)]
    struct Outer {
        awslogs: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        data: String,
    }
    let outer: Outer = serde_json::from_slice(payload)
        .map_err(|_| DecodeError::NotASubscriptionEvent { payload_bytes: payload.len() })?;
    base64_data(outer.awslogs.data.as_bytes(), limits, each)
}

/// Decodes the `data` of a subscription event: base64 of gzip of JSON.
///
/// # Errors
///
/// As [`subscription_event`].
pub fn base64_data(
    data: &[u8],
    limits: &Limits,
    each: impl FnMut(&BatchHeader, LogEvent<'_>),
) -> Result<Decoded, DecodeError> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let gzip = LENIENT.decode(data).map_err(|_| DecodeError::Base64 { data_bytes: data.len() })?;
    gzip_data(&gzip, limits, each)
}

/// Decodes the gzip-compressed JSON of a batch, as a Kinesis record holds it.
///
/// # Errors
///
/// As [`subscription_event`].
pub fn gzip_data(
    gzip: &[u8],
    limits: &Limits,
    each: impl FnMut(&BatchHeader, LogEvent<'_>),
) -> Result<Decoded, DecodeError> {
    let mut document = Vec::new();
    MultiGzDecoder::new(gzip)
        .take(limits.inflated_bytes + 1)
        .read_to_end(&mut document)
        .map_err(|_| DecodeError::Gzip { gzip_bytes: gzip.len() })?;
    if document.len() as u64 > limits.inflated_bytes {
        return Err(DecodeError::TooLarge { limit_bytes: limits.inflated_bytes, gzip_bytes: gzip.len() });
    }
    document_json(&document, each)
}

/// Decodes the JSON document of a batch.
///
/// # Errors
///
/// As [`subscription_event`].
pub fn document_json(
    document: &[u8],
    mut each: impl FnMut(&BatchHeader, LogEvent<'_>),
) -> Result<Decoded, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document {
        #[serde(flatten)]
        header: BatchHeader,
        log_events: Vec<Event>,
    }
    #[derive(Deserialize)]
    struct Event {
        #[serde(default)]
        id: String,
        timestamp: i64,
        message: String,
    }
    let text = String::from_utf8_lossy(document);
    let document: Document =
        serde_json::from_str(&text).map_err(|_| DecodeError::Json { document_bytes: document.len() as u64 })?;
    let mut decoded = Decoded { header: document.header, ..Decoded::default() };
    if decoded.header.is_control() {
        return Ok(decoded);
    }
    for event in &document.log_events {
        decoded.log_events += 1;
        each(
            &decoded.header,
            LogEvent {
                id: &event.id,
                timestamp_ms: event.timestamp,
                message: Message::plain(event.message.as_bytes()),
            },
        );
    }
    Ok(decoded)
}
