//! The decoder on payloads, on compressed data and on documents. A document must read the same whole and in windows.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use why5xx::decode::{self, Decoded, Limits, LogEvent};

/// How gzip data begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Fields of a log event that are compared.
type Seen = (String, i64, String);

fn seen(event: &LogEvent<'_>) -> Seen {
    (String::from_utf8_lossy(event.id).into_owned(), event.timestamp_ms, event.message.text().into_owned())
}

/// Reads one input.
pub fn decode(input: &[u8]) {
    let limits = Limits { inflated_bytes: 1 << 20, log_events: 10_000, ..Limits::default() };
    let Some((kind, rest)) = input.split_first() else { return };
    match kind % 4 {
        0 => drop(decode::subscription_event(rest, &limits, &mut |_, event| drop(seen(event)))),
        1 => drop(decode::base64_data(rest, &limits, &mut |_, event| drop(seen(event)))),
        2 => drop(gzip_data(rest, &limits, &mut |event| drop(seen(event)))),
        _ => both_ways(rest, &limits),
    }
}

fn both_ways(document: &[u8], limits: &Limits) {
    // What is compressed once more is inflated where it came compressed, and is no document of its own.
    if document.starts_with(&GZIP) {
        return;
    }
    let (mut whole, mut windowed): (Vec<Seen>, Vec<Seen>) = Default::default();
    let first = decode::document_json(document, &mut |_, event| whole.push(seen(event)));
    let second = gzip_data(&stored(document), limits, &mut |event| windowed.push(seen(event)));
    let header = |outcome: Result<Decoded, decode::DecodeError>| outcome.map(|decoded| decoded.header).ok();
    assert_eq!(header(first), header(second));
    assert_eq!(whole, windowed);
}

/// Decodes gzip, which a batch holds in base64.
fn gzip_data(
    gzip: &[u8],
    limits: &Limits,
    each: &mut dyn FnMut(&LogEvent<'_>),
) -> Result<Decoded, decode::DecodeError> {
    decode::base64_data(STANDARD.encode(gzip).as_bytes(), limits, &mut |_, event| each(event))
}

/// A gzip member that holds the document as it is.
fn stored(document: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(document).expect("a Vec takes all bytes");
    encoder.finish().expect("a Vec takes all bytes")
}
