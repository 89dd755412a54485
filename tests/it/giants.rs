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

/// Returns the part of a document before its log events.
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

/// Access lines of a batch, each with these numbers in the place of minute, API and status.
fn access_lines(count: usize, of: impl Fn(usize) -> (i64, usize, usize)) -> Vec<(i64, String)> {
    let now_ms = now_ms();
    let line = |n| {
        let (minute, api, status) = of(n);
        let line = format!(r#"{{"requestId":"{n}","apiId":"api{api:07}","stage":"{api:0128}","status":"{status}"}}"#);
        (now_ms - minute * 60_000, line)
    };
    (0..count).map(line).collect()
}

#[test]
fn as_many_minutes_as_cloudwatch_takes_are_counted_in_bounded_memory() {
    for (what, apis, minutes, statuses) in
        [("minutes", 1, 20_000, 1), ("minutes and statuses", 1, 10_000, 8), ("minutes and APIs", 200, 250, 1)]
    {
        let mut measured = Measured::start(&[]);
        let count = apis * minutes * statuses;
        let lines = access_lines(count, |n| ((n / apis % minutes) as i64, n % apis, 500 + n / apis / minutes));
        let payload = events::payload(&events::batch_of("/shop/access", "minutes", &lines));
        assert!(measured.invoke(what, &payload, 20 * MIB).is_success());
        assert_eq!(measured.endpoint.sum("AccessLogErrors"), count as f64, "{what}");
        assert_eq!(measured.endpoint.sum("AccessLogStageErrors"), count as f64, "{what}");
        assert_eq!((measured.function.own("Failures"), measured.endpoint.refusals()), (count as f64 + 1.0, Vec::new()));
    }
}

#[test]
fn records_of_many_minutes_are_published_one_after_the_other_in_bounded_memory() {
    let mut measured = Measured::start(&[]);
    let records: Vec<_> = (0..15)
        .map(|record| {
            let lines = access_lines(2_000, |n| (n as i64, record, 502));
            events::record_data(&events::batch_of("/shop/access", &record.to_string(), &lines))
        })
        .collect();
    let event = events::kinesis_event(&records).to_string().into_bytes();
    // The same in one message: what Lambda kept of a stream.
    let kept = json!({"KinesisBatchInfo": {"shardId": "s"}, "payload": String::from_utf8(event.clone()).unwrap()});
    let message = events::sqs_event(&[("m", kept.to_string())]).to_string().into_bytes();
    for (what, payload) in [("15 records", &event), ("15 records again", &event), ("one message", &message)] {
        assert!(measured.invoke(what, payload, 24 * MIB).is_success());
        assert_eq!(measured.endpoint.sum("AccessLogErrors"), 30_000.0, "{what}");
    }
    assert_eq!(measured.endpoint.refusals(), Vec::new());
}

#[test]
fn a_batch_of_more_counts_than_a_log_can_have_is_refused_with_their_number() {
    let mut measured = Measured::start(&[]);
    let lines = access_lines(300_000, |n| ((n / 250) as i64, n % 250, 502));
    let payload = events::payload(&events::batch_of("/shop/access", "counts", &lines));
    let outcome = measured.invoke("300,000 counts", &payload, 28 * MIB);
    assert_eq!(outcome.error_type(), "UndecodableBatch");
    assert!(outcome.message().contains("more than 262144 counts"), "{outcome:?}");
    assert_eq!(measured.endpoint.sum("AccessLogErrors"), 0.0);
}

#[test]
fn names_of_log_groups_and_open_invocations_take_a_bounded_amount_for_the_life_of_the_environment() {
    let mut measured = Measured::start(&[]);
    for n in 0..60 {
        let group = format!("{n:04}{}", "g".repeat(500_000));
        for (filter, line) in [("a", "hello"), ("why5xx/flow", "version srcaddr dstaddr action")] {
            let mut batch = events::batch(&group, &n.to_string(), now_ms(), &[line.to_owned()]);
            batch["subscriptionFilters"] = json!([filter]);
            assert!(measured.invoke("a long name", &events::payload(&batch), 6 * MIB).is_success());
        }
    }
    for stream in 0..150 {
        let id = |n: usize| format!("{n:08}-0000-4000-8000-{stream:012}");
        let start = json!({"time": "2026-11-26T07:00:00.000Z", "type": "platform.initStart",
            "record": {"initializationType": "lambda-managed-instances", "phase": "init"}});
        let starts = (0..4_000).map(
            |n| json!({"time": "2026-11-26T07:00:00.000Z", "type": "platform.start", "record": {"requestId": id(n)}}),
        );
        let failed =
            (0..1_000).map(|n| format!("2026-11-26T07:00:00.000Z {} Task timed out after 3.00 seconds", id(n)));
        let lines: Vec<_> = std::iter::once(start).chain(starts).map(|line| line.to_string()).chain(failed).collect();
        let batch = events::batch("/aws/lambda/orders", &stream.to_string(), now_ms(), &lines);
        let batch =
            batch.to_string().replace("0123456789abcdef0123456789abcdef", &format!("2026/11/26/[1]{stream:032}"));
        let payload = events::payload_of_gzip(&events::gzip(batch.as_bytes()));
        assert!(measured.invoke("open invocations", &payload, 16 * MIB).is_success());
    }
}

#[test]
fn requests_left_open_with_long_ids_take_a_bounded_amount() {
    let mut measured = Measured::start(&[]);
    for n in 0..3 {
        let line = |kind: &str, of: usize, text: &str| format!("({kind}{n}{of:0120}) {text}");
        let lines: Vec<_> = (0..20_000)
            .flat_map(|of| {
                [
                    line("open", of, "Execution failed due to a timeout error"),
                    line("bare", of, "Method completed with status: 502"),
                    line("well", of, "Method completed with status: 200"),
                ]
            })
            .collect();
        let document = events::batch(LOG_GROUP, &n.to_string(), now_ms(), &lines);
        assert!(measured.invoke("open requests", &events::payload(&document), 31 * MIB).is_success());
        let event = events::kinesis_event(&[events::record_data(&document)]).to_string().into_bytes();
        assert!(measured.invoke("open requests of a stream", &event, 31 * MIB).is_success());
        assert_eq!(measured.endpoint.sum("Errors"), f64::from(n + 1) * 40_000.0 + 1.0);
    }
}

#[test]
fn all_that_an_environment_remembers_takes_a_bounded_amount_together() {
    for routes in ["true", "false"] {
        let mut measured = Measured::start(&[("WHY5XX_ROUTE_METRICS", routes)]);
        let delivered = |id: &str, api_id: usize, route: &str, text: &str| {
            let payload = format!("({id}) {text}");
            json!({"api_id": format!("a{api_id:09}"), "stage": "production-blue", "resource_path": route, "payload": payload})
                .to_string()
        };
        let mut batches = 0;
        let mut count = |log_group: &str, lines: Vec<String>| {
            batches += 1;
            let payload = events::payload(&events::batch(log_group, &batches.to_string(), now_ms(), &lines));
            let outcome = measured.invoke(&format!("batch {batches}, routes {routes}"), &payload, 31 * MIB);
            assert!(outcome.is_success());
        };
        // Pairs of API and stage, then long routes, then open requests with long ids, each of an API of its own.
        for batch in 0..4 {
            let ended = |n: usize| {
                delivered(&format!("r{batch}-{n}"), batch * 8_000 + n, "/", "Method completed with status: 502")
            };
            count("/team/delivered", (0..8_000).map(ended).collect());
        }
        for batch in 0..2 {
            let route = |n: usize| format!("/{batch}{n:0499}");
            let ended =
                |n: usize| delivered(&format!("s{batch}-{n}"), n % 10, &route(n), "Method completed with status: 502");
            count("/team/delivered", (0..8_000).map(ended).collect());
        }
        for batch in 0..6 {
            let open = |n: usize| {
                delivered(
                    &format!("{batch}{n:0119}"),
                    100_000 + batch * 8_000 + n,
                    "/open",
                    "Execution failed due to a timeout error",
                )
            };
            count("/team/delivered", (0..8_000).map(open).collect());
        }
        let failed = |n: usize| {
            format!("2026-11-26T07:00:00.000Z {n:08}-0000-4000-8000-000000000000 Task timed out after 3.00 seconds")
        };
        count("/aws/lambda/orders", (0..8_000).map(failed).collect());
        let access = |n: usize| {
            format!(
                r#"{{"requestId":"x{n}","apiId":"b{n:09}","stage":"production-blue","resourcePath":"/{n:0499}","status":"503"}}"#
            )
        };
        count("/team/access", (0..8_000).map(access).collect());
        assert_eq!(measured.endpoint.refusals(), Vec::new());
    }
}
