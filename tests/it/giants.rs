//! Bombs and giants through the real program: exact counts or a clear error, in bounded memory and time.
//!
//! The bound is on the peak of the process's resident memory: what it takes to start, plus the payload twice (as the
//! HTTP client gathers it, and as it is handed over), plus what is said of each row.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![expect(clippy::print_stdout, reason = "the figures, for those who ask with --nocapture")]
#![cfg(target_os = "linux")]

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::Function;
use crate::support::runtime_api::Outcome;

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

/// A document that is mostly one thing, over and over.
struct Form {
    name: &'static str,
    head: Vec<u8>,
    piece: Vec<u8>,
    tail: &'static str,
}

/// The pathological ones.
fn forms() -> Vec<Form> {
    let now_ms = now_ms();
    let open = head(LOG_GROUP);
    let message = [&open[..], format!("{{\"id\":\"1\",\"timestamp\":{now_ms},\"message\":\"").as_bytes()].concat();
    let small = format!("{{\"timestamp\":{now_ms},\"message\":\"\"}},");
    let form = |name, head: &[u8], piece: &str, tail| Form { name, head: head.to_vec(), piece: piece.into(), tail };
    vec![
        form("blanks before the document", b"", " ", ""),
        form("blanks among the events", &open, " ", "]}"),
        form("one message", &message, "a", "\"}]}"),
        form("a message of backslashes", &message, r"\\", "\"}]}"),
        form("a message of escapes", &message, r"\u0041", "\"}]}"),
        form("empty events", &open, "{},", "{}]}"),
        form("smallest events", &open, &small, "{}]}"),
        form("open brackets", &open, "[", ""),
        form("open braces in a key", b"", "{\"a\":", ""),
    ]
}

/// Whether a bomb was read, or refused with a number that says why.
fn is_read_or_refused(name: &str, outcome: &Outcome) {
    if !outcome.is_success() {
        assert_eq!(outcome.error_type(), "UndecodableBatch", "{name}: {outcome:?}");
        let says_why = ["byte", "log events"].iter().any(|unit| outcome.message().contains(unit));
        assert!(says_why, "{name}: {outcome:?}");
    }
}

#[test]
fn a_bomb_of_any_form_is_read_or_refused_in_bounded_memory() {
    let mut measured = Measured::start(&[("WHY5XX_INFLATED_BYTES_LIMIT", "8388608")]);
    for Form { name, head, piece, tail } in forms() {
        let gzip = gzip_of(&head, &piece.repeat(1_000), 12 * MIB, tail.as_bytes());
        is_read_or_refused(name, &measured.invoke(name, &events::payload_of_gzip(&gzip), 4 * MIB));
    }
    assert_eq!(measured.endpoint.sum("Errors"), 1.0);
    assert!(measured.function.is_alive());
}

#[test]
fn a_megabyte_that_inflates_a_thousandfold_is_read_or_refused_in_bounded_memory() {
    let mut measured = Measured::start(&[]);
    for Form { name, head, piece, tail } in forms() {
        // Members one behind the other, so that a gigabyte needs not be compressed.
        let repeated = piece.repeat(MIB / piece.len());
        let member = events::gzip(&repeated);
        let members = (3 * MIB / 4) / member.len();
        let gzip = [events::gzip(&head), member.repeat(members), events::gzip(tail.as_bytes())].concat();
        let inflated = members * repeated.len();
        println!("{name}: {} times as large", inflated / gzip.len());
        is_read_or_refused(name, &measured.invoke(name, &events::payload_of_gzip(&gzip), 4 * MIB));
    }
    assert_eq!(measured.endpoint.sum("Errors"), 1.0);
    assert!(measured.function.is_alive());
}

#[test]
fn ids_take_six_megabytes_at_the_most_however_many_come() {
    let mut measured = Measured::start(&[]);
    let mut grown_after = |batches: std::ops::Range<usize>| {
        let mut grown = 0;
        for batch in batches {
            let line = |n: usize| format!(r#"{{"requestId":"{batch}-{n}","apiId":"a","stage":"s","status":"503"}}"#);
            let lines: Vec<_> = (0..1_000).map(line).collect();
            let payload = events::payload(&events::batch("/shop/access", &batch.to_string(), now_ms(), &lines));
            assert!(measured.function.invoke(&payload).is_success());
            grown = measured.function.peak_bytes() - measured.at_rest;
        }
        grown
    };
    // What a batch of this size takes in itself; then twice as many ids as are remembered; then as many more.
    let own = grown_after(0..5);
    let full = grown_after(5..205);
    let later = grown_after(205..405);
    println!("ids: +{} KiB when full, +{} KiB later", (full - own) >> 10, (later - full) >> 10);
    // 3.4 MB of which the set is moved when it grows.
    assert!(full - own <= 6 * MIB, "{} bytes for 100,000 ids", full - own);
    assert!(later - full <= MIB / 2, "{} bytes more for 200,000 others", later - full);
    assert_eq!(measured.endpoint.sum("AccessLogErrors"), 405_000.0);
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
    assert_eq!((measured.endpoint.sum("Errors"), measured.function.own("DuplicateEvents")), (50_001.0, 100_000.0));
}

#[test]
fn a_hundred_thousand_requests_without_an_end_are_counted_to_the_last() {
    let mut measured = Measured::start(&[]);
    let lines: Vec<_> = (0..100_000).map(|n| format!("(r-{n}) Execution failed due to a timeout error")).collect();
    let payload = events::payload(&events::batch(LOG_GROUP, "open", now_ms(), &lines));
    assert!(measured.invoke("100,000 open requests", &payload, 32 * MIB).is_success());
    assert_eq!(measured.endpoint.sum("Errors"), 100_001.0);
    assert!(measured.invoke("100,000 open requests again", &payload, 32 * MIB).is_success());
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

#[test]
fn names_of_any_length_and_number_take_a_bounded_amount_for_the_life_of_the_environment() {
    let named = |own: &str, bytes: usize| own.repeat(bytes / own.len() + 1)[..bytes].to_owned();
    let ended = |request_id: &str| format!("({request_id}) Method completed with status: 502");
    for (what, api_bytes, stage_bytes, lines) in [("long", 7_000, 7_000, 5_000), ("longest", 64, 128, 25_000)] {
        let mut measured = Measured::start(&[("WHY5XX_ROUTE_METRICS", "true"), ("WHY5XX_ROUTES_LIMIT", "50000")]);
        for batch in 0..4 {
            let delivered = |n: usize| {
                let own = format!("{batch}.{n}.");
                let route = named(&own, if api_bytes > 64 { 7_000 } else { 512 });
                let (api_id, stage) = (named(&own, api_bytes), named(&own, stage_bytes));
                json!({"api_id": api_id, "stage": stage, "resource_path": route, "payload": ended(&own.replace('.', "-"))})
                    .to_string()
            };
            let access = |n: usize| {
                let own = format!("{batch}.{n}.");
                let (api_id, stage) = (named(&own, api_bytes), named(&own, stage_bytes));
                format!(
                    r#"{{"requestId":"{own}","apiId":"{api_id}","stage":"{stage}","resourcePath":"/{own}","status":"503"}}"#
                )
            };
            let delivered: Vec<_> = (0..lines).map(delivered).collect();
            let access: Vec<_> = (0..lines).map(access).collect();
            for (kind, lines) in [("/team/delivered", delivered), ("/team/access", access)] {
                let payload = events::payload(&events::batch(kind, &batch.to_string(), now_ms(), &lines));
                assert!(measured.invoke(&format!("{what} names, {kind}"), &payload, 28 * MIB).is_success());
            }
        }
        let counted = measured.endpoint.sum("Errors") + measured.endpoint.sum("AccessLogErrors");
        assert_eq!(counted, 8.0 * lines as f64 + 1.0, "{what}");
        assert_eq!(measured.endpoint.refusals(), Vec::new());
    }
}
