//! Encoder: log events to a batch. `why5xx event` makes subscription events with it.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::{BatchHeader, LogEvent};

/// Encodes a subscription event: `{"awslogs":{"data":"…"}}`.
pub fn encode_event<'a>(header: &BatchHeader, events: impl IntoIterator<Item = LogEvent<'a>>) -> String {
    format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(encode_gzip(header, events)))
}

/// Compresses the document, at the level that CloudWatch Logs uses.
fn encode_gzip<'a>(header: &BatchHeader, events: impl IntoIterator<Item = LogEvent<'a>>) -> Vec<u8> {
    /// Source: CloudWatch Logs User Guide, "Subscription filters with Amazon Kinesis Data Streams": "gzip level 6".
    const LEVEL: u32 = 6;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    write_document(&mut gzip, header, events)
        .and_then(|()| gzip.finish())
        .expect("a Vec takes all bytes, and strings and numbers always serialise")
}

fn write_document<'a>(
    to: &mut impl Write,
    header: &BatchHeader,
    events: impl IntoIterator<Item = LogEvent<'a>>,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Element<'e> {
        id: &'e str,
        timestamp: i64,
        message: &'e str,
    }
    // The origin is of one log event at a time.
    let BatchHeader { message_type, owner, log_group, log_stream, subscription_filters, origin: _ } = header;
    for (before, value) in [
        (r#"{"messageType":"#, message_type),
        (r#","owner":"#, owner),
        (r#","logGroup":"#, log_group),
        (r#","logStream":"#, log_stream),
    ] {
        to.write_all(before.as_bytes())?;
        serde_json::to_writer(&mut *to, value)?;
    }
    to.write_all(br#","subscriptionFilters":"#)?;
    match &subscription_filters[..] {
        [] => serde_json::to_writer(&mut *to, &["why5xx"])?,
        names => serde_json::to_writer(&mut *to, names)?,
    }
    to.write_all(br#","logEvents":["#)?;
    for (nth, event) in events.into_iter().enumerate() {
        if nth > 0 {
            to.write_all(b",")?;
        }
        let message = event.message.text();
        let id = String::from_utf8_lossy(event.id);
        serde_json::to_writer(&mut *to, &Element { id: &id, timestamp: event.timestamp_ms, message: &message })?;
    }
    to.write_all(b"]}")
}
