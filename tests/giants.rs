//! Bombs and giants through the real program: exact counts or a clear error, in bounded memory and time.
//!
//! The bound is on the peak of the process's resident memory: what it takes to start, plus the payload twice (as the
//! HTTP client gathers it, and as it is handed over), plus what is said of each row.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![expect(clippy::print_stdout, reason = "the figures, for those who ask with --nocapture")]
#![cfg(target_os = "linux")]

mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use support::cloudwatch::{CloudWatch, now_ms};
use support::events::{self, LOG_GROUP};
use support::function::Function;
use support::runtime_api::Outcome;

const MIB: usize = 1 << 20;

/// How long an invocation may take, in a build without optimisation on a busy machine. Lambda gives it 60 seconds.
const TIME: Duration = Duration::from_secs(120);

/// A function and what it took to start.
struct Measured {
    endpoint: CloudWatch,
    function: Function,
    at_rest: usize,
}

impl Measured {
    fn start(variables: &[(&str, &str)]) -> Self {
        let endpoint = CloudWatch::start();
        let url = endpoint.url();
        let mut function =
            Function::start_with(&[&[("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str())], variables].concat());
        // Connections and what is made lazily are not the giant's.
        let batch = events::batch(LOG_GROUP, "first", now_ms(), &events::timed_out_request("first"));
        assert!(function.invoke(&events::payload(&batch)).is_success());
        let at_rest = function.peak_bytes();
        Self { endpoint, function, at_rest }
    }

    /// Invokes, and holds the growth of the peak against `most_bytes` beside the payload.
    fn invoke(&mut self, what: &str, payload: &[u8], most_bytes: usize) -> Outcome {
        let begin = Instant::now();
        let outcome = self.function.invoke_within(payload, TIME);
        let grown = self.function.peak_bytes() - self.at_rest;
        println!("{what}: payload {} KiB, peak +{} KiB, {:?}", payload.len() >> 10, grown >> 10, begin.elapsed());
        assert!(!matches!(outcome, Outcome::Overdue), "{what}");
        let bound = 2 * payload.len() + most_bytes;
        assert!(grown <= bound, "{what}: {grown} bytes more than at rest, the bound is {bound}");
        outcome
    }
}

/// Compressed data that is made piece by piece, since the whole of it would not fit anywhere.
fn gzip_of(head: &[u8], piece: &[u8], bytes: usize, tail: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(head).unwrap();
    for _ in 0..bytes / piece.len() {
        encoder.write_all(piece).unwrap();
    }
    encoder.write_all(tail).unwrap();
    encoder.finish().unwrap()
}

/// What stands before the log events of a document.
fn head(log_group: &str) -> Vec<u8> {
    let batch = events::batch(log_group, "", now_ms(), &[]).to_string();
    // The keys are sorted, so the header is not before the events: put it there.
    let header = batch.replace("\"logEvents\":[],", "");
    format!("{},\"logEvents\":[", &header[..header.len() - 1]).into_bytes()
}

#[test]
fn a_bomb_of_any_form_is_read_or_refused_in_bounded_memory() {
    let mut measured = Measured::start(&[("WHY5XX_INFLATED_BYTES_LIMIT", "8388608")]);
    let now_ms = now_ms();
    let open = head(LOG_GROUP);
    let message = [&open[..], format!("{{\"id\":\"1\",\"timestamp\":{now_ms},\"message\":\"").as_bytes()].concat();
    let small = format!("{{\"timestamp\":{now_ms},\"message\":\"\"}},").into_bytes();
    let row = |head: &[u8], piece: &[u8], bytes: usize, tail: &[u8]| gzip_of(head, &piece.repeat(1_000), bytes, tail);
    let rows: [(&str, Vec<u8>); 9] = [
        ("blanks before the document", row(b"", b" ", 12 * MIB, b"")),
        ("blanks among the events", row(&open, b" ", 12 * MIB, b"]}")),
        ("one message", row(&message, b"a", 12 * MIB, b"\"}]}")),
        ("a message of backslashes", row(&message, b"\\\\", 12 * MIB, b"\"}]}")),
        ("a message of escapes", row(&message, b"\\u0041", 12 * MIB, b"\"}]}")),
        ("empty events", row(&open, b"{},", 12 * MIB, b"{}]}")),
        ("smallest events", row(&open, &small, 12 * MIB, b"{}]}")),
        ("open brackets", row(&open, b"[", 12 * MIB, b"")),
        ("open braces in a key", row(b"", b"{\"a\":", 12 * MIB, b"")),
    ];
    for (name, gzip) in rows {
        let outcome = measured.invoke(name, &events::payload_of_gzip(&gzip), 4 * MIB);
        if !outcome.is_success() {
            assert_eq!(outcome.error_type(), "UndecodableBatch", "{name}: {outcome:?}");
            assert!(
                outcome.message().contains("bytes") || outcome.message().contains("log events"),
                "{name}: {outcome:?}"
            );
        }
    }
    assert_eq!(measured.endpoint.sum("Errors"), 1.0);
    assert!(measured.function.is_alive());
}

#[test]
fn a_batch_of_a_hundred_thousand_events_is_counted_to_the_last() {
    let mut measured = Measured::start(&[]);
    let lines: Vec<_> = (0..50_000)
        .flat_map(|n| {
            [
                format!("(r-{n}) Execution failed due to a timeout error"),
                format!("(r-{n}) Method completed with status: 504"),
            ]
        })
        .collect();
    let payload = events::payload(&events::batch(LOG_GROUP, "many", now_ms(), &lines));
    assert!(measured.invoke("100,000 events", &payload, 12 * MIB).is_success());
    assert_eq!(measured.endpoint.sum("Errors"), 50_001.0);
    // Delivered again: as many ids are remembered.
    assert!(measured.invoke("100,000 events again", &payload, 18 * MIB).is_success());
    assert_eq!((measured.endpoint.sum("Errors"), measured.endpoint.sum("DuplicateEvents")), (50_001.0, 100_000.0));
}

#[test]
fn a_hundred_thousand_requests_without_an_end_are_counted_to_the_last() {
    let mut measured = Measured::start(&[]);
    let lines: Vec<_> = (0..100_000).map(|n| format!("(r-{n}) Execution failed due to a timeout error")).collect();
    let payload = events::payload(&events::batch(LOG_GROUP, "open", now_ms(), &lines));
    assert!(measured.invoke("100,000 open requests", &payload, 32 * MIB).is_success());
    assert_eq!(measured.endpoint.sum("Errors"), 100_001.0);
    assert!(measured.invoke("100,000 open requests again", &payload, 40 * MIB).is_success());
    assert_eq!(measured.endpoint.sum("Errors"), 100_001.0);
}

#[test]
fn messages_of_a_megabyte_are_read_to_their_end() {
    let mut measured = Measured::start(&[]);
    let quoted = "\\\"planted\\\" ".repeat(80_000);
    let lines: Vec<_> = (0..8)
        .flat_map(|n| {
            [
                format!("(r-{n}) Endpoint response body before transformations: {quoted}"),
                format!("(r-{n}) Execution failed due to configuration error: Malformed Lambda proxy response"),
                format!("(r-{n}) Method completed with status: 502"),
            ]
        })
        .collect();
    let payload = events::payload(&events::batch(LOG_GROUP, "long", now_ms(), &lines));
    assert!(measured.invoke("messages of 1 MB", &payload, 4 * MIB).is_success());
    assert_eq!(measured.endpoint.sum("Errors"), 9.0);
}

#[test]
fn fifty_thousand_stages_are_counted_or_folded_and_none_is_lost() {
    let mut measured = Measured::start(&[]);
    let lines: Vec<_> = (0..50_000)
        .map(|n| {
            let payload = format!("(r-{n}) Method completed with status: 504");
            json!({"api_id": format!("api{}", n / 100), "stage": format!("s{}", n % 100), "payload": payload})
                .to_string()
        })
        .collect();
    let payload = events::payload(&events::batch("/team/delivered", "stages", now_ms(), &lines));
    assert!(measured.invoke("50,000 stages", &payload, 24 * MIB).is_success());
    assert_eq!((measured.endpoint.sum("Errors"), measured.endpoint.sum("StageErrors")), (50_001.0, 50_001.0));
    assert_eq!(measured.endpoint.refusals(), Vec::new());
}
