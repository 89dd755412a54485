//! The real program between a Runtime API and a CloudWatch that fail on demand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeSet;
use std::slice;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::cloudwatch::{self, Behaviour, CloudWatch, now_ms};
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::{Function, OWN_LOG_GROUP, PROGRAM, command};
use crate::support::http;
use crate::support::runtime_api::Outcome;

/// More variables of an environment.
type Variables = &'static [(&'static str, &'static str)];

/// Texts that must come out of the function nowhere: of clients, of CloudWatch, keys.
const SECRETS: [&str; 4] = [events::SECRET, cloudwatch::SECRET, "planted-access-key", "planted-session-token"];

/// The payload of a batch with one request that timed out.
fn one_failure(name: &str) -> Vec<u8> {
    events::payload(&events::batch(LOG_GROUP, name, now_ms(), &events::timed_out_request("1f2e3d4c")))
}

/// The document of a batch that makes 1,200 data: 600 failures, each in a minute of its own.
fn many_failures_document(name: &str) -> Value {
    let mut events = Vec::new();
    for n in 0..600 {
        let timestamp_ms = now_ms() - n * 60_000;
        events.extend(events::timed_out_request(&format!("request-{n}")).into_iter().map(|line| (timestamp_ms, line)));
    }
    events::batch_of(LOG_GROUP, name, &events)
}

/// The payload of such a batch.
fn many_failures(name: &str) -> Vec<u8> {
    events::payload(&many_failures_document(name))
}

fn assert_no_secret(function: &Function, outcome: &Outcome) {
    let written = function.written();
    for secret in SECRETS {
        assert!(!written.contains(secret), "{secret} was written: {written}");
        assert!(!format!("{outcome:?}").contains(secret), "{secret} was reported: {outcome:?}");
    }
}

/// The lines of our own log, each of which must be JSON.
fn lines(function: &Function) -> Vec<Value> {
    function.written().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_failure_is_counted_by_cause_and_by_stage_at_its_minute() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let timestamp_ms = now_ms();
    let batch = events::batch(LOG_GROUP, "a", timestamp_ms, &events::timed_out_request("1f2e3d4c"));
    let outcome = function.invoke(&events::payload(&batch));
    assert!(outcome.is_success(), "{outcome:?}");

    let accepted = endpoint.accepted();
    let errors = accepted.iter().find(|datum| datum.metric == "Errors").unwrap();
    let dimensions = json!({"ApiId": "a1b2c3d4e5", "Stage": "prod", "Cause": "integration_timeout"});
    assert_eq!(json!(errors.dimensions), dimensions);
    assert_eq!((errors.sum(), errors.unit.as_str(), errors.namespace.as_str()), (1.0, "Count", "Why5xx"));
    assert_eq!(errors.timestamp_ms, timestamp_ms / 60_000 * 60_000);
    assert_eq!(endpoint.sum_of("StageErrors", "Stage", "prod"), 1.0);
    assert_eq!(function.own("LogEvents"), 6.0);
    assert_eq!(function.own("Batches"), 1.0);
    assert_eq!(function.own_values("DeliveryDelay").len(), 6);
    assert_eq!((function.own("Failures"), function.own("Unclassified")), (1.0, 0.0));
    // Nothing of itself but through its log.
    assert!(accepted.iter().all(|datum| !datum.dimensions.contains_key("Function")), "{accepted:?}");
    assert_eq!(endpoint.requests(), 1);
    assert_no_secret(&function, &outcome);
}

#[test]
fn an_invocation_writes_one_line_and_its_exemplars() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    function.invoke(&one_failure("a"));
    let lines = lines(&function);
    let messages: Vec<_> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["exemplar", "batch published"]);
    assert_eq!(lines[0]["cause"], "integration_timeout");
    assert_eq!(lines[0]["failedRequestId"], "1f2e3d4c");
    assert_eq!(lines[0]["region"], "eu-west-1");
    assert_eq!(lines[1]["errors"], 1);
    assert_eq!(lines[1]["logEvents"], 6);
    assert_eq!(lines[1]["requestId"], "00000000-0000-4000-8000-000000000001");
}

#[test]
fn the_line_with_the_own_metrics_is_written_at_every_level_and_the_others_where_they_are_asked_for() {
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    let rows: [(Variables, &str, &str); 5] = [
        (&[("WHY5XX_LOG_LEVEL", "ERROR")], "INFO", "ERROR"),
        (&[("AWS_LAMBDA_LOG_LEVEL", "WARN")], "WARN", "ERROR"),
        // Lambda drops what is below its own level, whatever ours is.
        (&[("WHY5XX_LOG_LEVEL", "ERROR"), ("AWS_LAMBDA_LOG_LEVEL", "DEBUG")], "INFO", "ERROR"),
        (&[("WHY5XX_LOG_LEVEL", "WARN"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")], "ERROR", "ERROR"),
        (&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")], "FATAL", "FATAL"),
    ];
    for (variables, usual, of_error) in rows {
        let variables = [&[("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str())], variables].concat();
        let mut function = Function::start_with(&variables);
        assert!(function.invoke(&one_failure("a")).is_success());
        assert_eq!(function.invoke(b"{}").error_type(), "UndecodableBatch");
        let lines: Vec<_> =
            lines(&function).into_iter().map(|line| (line["message"].clone(), line["level"].clone())).collect();
        let expected = [("batch published", usual), ("batch not counted", of_error)];
        assert_eq!(lines, expected.map(|(message, level)| (json!(message), json!(level))), "{variables:?}");
        assert_eq!((function.own("Batches"), function.own("UndecodableBatches")), (2.0, 1.0), "{variables:?}");
    }
}

#[test]
fn an_invocation_without_a_failure_makes_no_request() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::Refuse);
    let mut function = Function::start(&endpoint);
    let healthy: Vec<_> = (0..20).map(|n| format!("(request-{n}) Method completed with status: 200")).collect();
    let outcome = function.invoke(&events::payload(&events::batch(LOG_GROUP, "a", now_ms(), &healthy)));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!((endpoint.requests(), function.own("Batches"), function.own("LogEvents")), (0, 1.0, 20.0));
}

#[test]
fn delays_are_exact_to_five_percent() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let began_ms = now_ms();
    // Most of a second, one in fifty of ten minutes.
    let delays = (0..1_000).map(|n| if n % 50 == 0 { 600_000 + n } else { 1_000 + n });
    let events: Vec<_> = delays
        .map(|delay_ms| (began_ms - delay_ms, format!("(request-{delay_ms}) Method completed with status: 200")))
        .collect();
    assert!(function.invoke(&events::payload(&events::batch_of(LOG_GROUP, "a", &events))).is_success());
    let (values, later_ms) = (function.own_values("DeliveryDelay"), (now_ms() - began_ms) as f64);
    let within = |said: f64, of: f64| (0.95 * of..=1.05 * of + later_ms).contains(&said);
    assert_eq!(values.len(), 100);
    assert!(within(values[98], 600_480.0) && within(values[49], 1_510.0), "{values:?}");
}

#[test]
fn failures_that_no_cause_matches_are_reported() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let lines = |id: &str| {
        [
            format!("({id}) Execution failed due to a thing that nobody has seen"),
            format!("({id}) Method completed with status: 500"),
        ]
    };
    let unknown = events::batch(LOG_GROUP, "a", now_ms(), &lines("a"));
    assert!(function.invoke(&events::payload(&unknown)).is_success());
    assert!(function.invoke(&one_failure("b")).is_success());
    assert_eq!((function.own("Failures"), function.own("Unclassified")), (2.0, 1.0));

    // They count once they are published, as the failures do.
    endpoint.always(Behaviour::Refuse);
    assert_eq!(function.invoke(&one_failure("c")).error_type(), "PublishRefused");
    assert_eq!((function.own("Failures"), function.own("Batches")), (2.0, 3.0));
}

#[test]
fn a_control_message_is_a_success_without_counts() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    assert!(function.invoke(&events::payload(&events::control_message(now_ms()))).is_success());
    assert_eq!(endpoint.requests(), 0);
}

#[test]
fn what_cannot_be_read_is_an_error_with_sizes_and_without_the_payload() {
    let document = events::batch(LOG_GROUP, "a", now_ms(), &events::timed_out_request("1f2e3d4c")).to_string();
    let gzip = events::gzip(document.as_bytes());
    let mut wrong_checksum = gzip.clone();
    let checksum_at = wrong_checksum.len() - 8;
    wrong_checksum[checksum_at] ^= 1;
    let mut corrupt = gzip.clone();
    corrupt[gzip.len() / 2] ^= 0x55;
    let secret = events::SECRET;
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("another event", json!({"Records": [{"body": secret}]}).to_string().into_bytes()),
        ("an array", json!([secret]).to_string().into_bytes()),
        ("not JSON", format!("{{{secret}").into_bytes()),
        ("not UTF-8", b"\xff\xfe planted-by-a-client".to_vec()),
        ("nothing", Vec::new()),
        ("data that is no text", json!({"awslogs": {"data": {"a": secret}}}).to_string().into_bytes()),
        ("not base64", events::payload_of_data(&format!("!{secret}!"))),
        ("not gzip", events::payload_of_gzip(secret.as_bytes())),
        ("corrupt gzip", events::payload_of_gzip(&corrupt)),
        ("cut gzip", events::payload_of_gzip(&gzip[..gzip.len() - 20])),
        ("gzip with a wrong checksum", events::payload_of_gzip(&wrong_checksum)),
        ("gzip of what is not JSON", events::payload_of_gzip(&events::gzip(secret.as_bytes()))),
        ("JSON of another shape", events::payload(&json!({"logEvents": secret}))),
        ("a bomb", events::payload_of_gzip(&events::gzip(&vec![b' '; 8 << 20]))),
    ];
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    let mut function = Function::start_with(&[
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
        ("WHY5XX_INFLATED_BYTES_LIMIT", "1048576"),
    ]);
    let count = rows.len() as f64;
    for (name, payload) in rows {
        let outcome = function.invoke(&payload);
        assert_eq!(outcome.error_type(), "UndecodableBatch", "{name}: {outcome:?}");
        assert!(outcome.message().contains("byte"), "{name}: {outcome:?}");
        assert_no_secret(&function, &outcome);
    }
    assert_eq!((function.own("UndecodableBatches"), function.own("Batches")), (count, count));
    assert_eq!((endpoint.sum("Errors"), function.own("LogEvents")), (0.0, 0.0));

    // The environment lives on.
    assert!(function.invoke(&one_failure("b")).is_success());
    assert_eq!(endpoint.sum("Errors"), 1.0);
}

#[test]
fn a_throttle_or_a_server_error_passes_within_the_invocation() {
    for (fault, uncertain) in [(Behaviour::Throttle, 0.0), (Behaviour::Fail(500), 2.0), (Behaviour::Fail(503), 2.0)] {
        let endpoint = CloudWatch::start();
        endpoint.then([fault, fault]);
        let mut function = Function::start(&endpoint);
        let outcome = function.invoke(&one_failure("a"));
        assert!(outcome.is_success(), "{fault:?} {outcome:?}");
        assert_eq!((endpoint.requests(), endpoint.sum("Errors")), (3, 1.0), "{fault:?}");
        assert_eq!(function.own("UncertainPublishes"), uncertain, "{fault:?}");
        assert_no_secret(&function, &outcome);
    }
}

#[test]
fn a_wrong_clock_loses_no_batch() {
    for ahead_seconds in [-900, 900] {
        let endpoint = CloudWatch::start();
        endpoint.set_clock(ahead_seconds, 403, "InvalidSignatureException");
        let mut function = Function::start(&endpoint);
        let outcome = function.invoke(&one_failure("a"));
        assert!(outcome.is_success(), "{outcome:?}");
        assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (1.0, 2));
        // The environment knows the time from then on.
        assert!(function.invoke(&one_failure("b")).is_success());
        assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (2.0, 3));
        assert_eq!(function.own("UncertainPublishes"), 0.0);
        assert_no_secret(&function, &outcome);
    }
}

#[test]
fn a_request_that_took_too_long_to_arrive_is_sent_again_within_the_invocation() {
    for too_slow in [Behaviour::Fail(408), Behaviour::RefuseWith(400, "RequestTimeout")] {
        let endpoint = CloudWatch::start();
        endpoint.then([too_slow]);
        let mut function = Function::start(&endpoint);
        let outcome = function.invoke(&one_failure("a"));
        assert!(outcome.is_success(), "{outcome:?}");
        assert_eq!((endpoint.sum("Errors"), function.own("UncertainPublishes")), (1.0, 1.0));
    }
}

#[test]
fn a_wrong_key_fails_the_invocation_after_one_more_attempt() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::RefuseWith(403, "SignatureDoesNotMatch"));
    let mut function = Function::start(&endpoint);
    let outcome = function.invoke(&one_failure("a"));
    assert_eq!((outcome.error_type(), endpoint.requests()), ("PublishRefused", 2), "{outcome:?}");
    assert_no_secret(&function, &outcome);

    // The environment ends with its key. Nothing was accepted, so Lambda's retry in another one counts all of it.
    assert!(function.ends_within(Duration::from_secs(5)));
    endpoint.always(Behaviour::Strict);
    let mut function = Function::start(&endpoint);
    assert!(function.invoke(&one_failure("a")).is_success());
    assert_eq!((endpoint.sum("Errors"), function.own("UncertainPublishes")), (1.0, 0.0));
}

#[test]
fn a_throttle_that_lasts_fails_the_invocation_and_the_retry_counts_once() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::Throttle);
    let mut function = Function::start(&endpoint);
    let payload = one_failure("a");
    let outcome = function.invoke_within(&payload, Duration::from_secs(3));
    assert_eq!(outcome.error_type(), "PublishThrottled", "{outcome:?}");
    assert!(outcome.message().ends_with("a retry may help"), "{outcome:?}");
    assert_no_secret(&function, &outcome);

    // Lambda's retry is no duplicate: nothing of the first try was accepted.
    endpoint.always(Behaviour::Strict);
    assert!(function.invoke(&payload).is_success());
    assert_eq!((endpoint.sum("Errors"), function.own("DuplicateEvents")), (1.0, 0.0));
}

#[test]
fn a_batch_that_is_delivered_twice_counts_once() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    for _ in 0..2 {
        assert!(function.invoke(&one_failure("a")).is_success());
    }
    assert_eq!(endpoint.sum("Errors"), 1.0);
    assert!(function.own("DuplicateEvents") >= 1.0);
    assert_eq!(function.own("Batches"), 2.0);
}

#[test]
fn cloudwatch_hanging_and_a_deadline_near_end_in_an_error_in_time() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::Hang(Duration::from_secs(60)));
    let mut function = Function::start(&endpoint);
    let payload = one_failure("a");
    let begin = Instant::now();
    let outcome = function.invoke_within(&payload, Duration::from_secs(3));
    assert_eq!(outcome.error_type(), "PublishTimeout", "{outcome:?}");
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert!(function.is_alive());

    // What it counted of itself is reported although CloudWatch does not answer: an attempt of unknown outcome.
    let own = |function: &Function| (function.own("Batches"), function.own("UncertainPublishes"));
    assert_eq!(own(&function), (1.0, 1.0));
    endpoint.always(Behaviour::Strict);
    assert!(function.invoke(&payload).is_success());
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (1.0, 1.0));
    assert_eq!((own(&function), function.own("Failures")), ((2.0, 1.0), 1.0));
    assert_no_secret(&function, &outcome);
}

#[test]
fn a_deadline_that_is_too_near_to_send_anything_fails_the_invocation() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    // The first invocation pays for the connection to the Runtime API, so that the second has all of its time.
    function.invoke(&events::payload(&events::control_message(now_ms())));
    let outcome = function.invoke_within(&one_failure("a"), Duration::from_millis(550));
    assert_eq!(outcome.error_type(), "PublishNoTimeLeft", "{outcome:?}");
    assert_eq!(endpoint.requests(), 0);
}

#[test]
fn a_batch_that_takes_too_long_to_read_is_an_error_in_time() {
    // Members of blanks, one behind the other: 4 GB out of 4 MB.
    let members = events::gzip(&vec![b' '; 8 << 20]).repeat(500);
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    let mut function = Function::start_with(&[
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
        ("WHY5XX_INFLATED_BYTES_LIMIT", "4294967296"),
    ]);
    let outcome = function.invoke_within(&events::payload_of_gzip(&members), Duration::from_secs(3));
    assert_eq!(outcome.error_type(), "OutOfTime", "{outcome:?}");
    assert!(outcome.message().contains("was not read in time"), "{outcome:?}");

    // The environment lives on.
    assert!(function.invoke(&one_failure("a")).is_success());
    assert_eq!((endpoint.sum("Errors"), function.own("UndecodableBatches")), (1.0, 0.0));
}

#[test]
fn a_slow_answer_is_waited_for() {
    let endpoint = CloudWatch::start();
    endpoint.then([Behaviour::Slow(Duration::from_secs(1))]);
    let mut function = Function::start(&endpoint);
    assert!(function.invoke(&one_failure("a")).is_success());
    assert_eq!((endpoint.requests(), endpoint.sum("Errors")), (1, 1.0));
}

#[test]
fn a_cut_connection_is_of_unknown_outcome_and_counted_as_such() {
    // Cut after accepting, the failure counts twice: the documented way to err.
    for (cut, errors) in [(Behaviour::CutBeforeAccepting, 1.0), (Behaviour::CutAfterAccepting, 2.0)] {
        let endpoint = CloudWatch::start();
        endpoint.then([cut]);
        let mut function = Function::start(&endpoint);
        let outcome = function.invoke(&one_failure("a"));
        assert!(outcome.is_success(), "{cut:?} {outcome:?}");
        assert_no_secret(&function, &outcome);
        assert_eq!(endpoint.sum("Errors"), errors, "{cut:?}");
        assert_eq!(function.own("UncertainPublishes"), 1.0, "{cut:?}");
    }
}

#[test]
fn where_nobody_listens_the_invocation_fails_and_nothing_is_uncertain() {
    let url = format!("http://{}", http::closed_address());
    let mut function = Function::start_with(&[("AWS_ENDPOINT_URL", &url)]);
    let outcome = function.invoke_within(&one_failure("a"), Duration::from_secs(3));
    assert_eq!(outcome.error_type(), "PublishUnreachable", "{outcome:?}");
    let lines = lines(&function);
    assert_eq!(lines.last().unwrap()["message"], "batch not published");
    assert_eq!((function.own("Batches"), function.own("UncertainPublishes")), (1.0, 0.0));
}

#[test]
fn what_was_accepted_of_a_batch_is_not_sent_again_with_the_rest() {
    let endpoint = CloudWatch::start();
    endpoint.then([Behaviour::Strict, Behaviour::RefuseWith(403, "AccessDenied")]);
    let mut function = Function::start(&endpoint);
    let payload = many_failures("a");
    let outcome = function.invoke(&payload);
    assert_eq!(outcome.error_type(), "PublishRefused", "{outcome:?}");
    assert_no_secret(&function, &outcome);

    // A batch of other events with the very same counts is not mistaken for it.
    assert!(function.invoke(&many_failures("b")).is_success());
    assert!(function.invoke(&payload).is_success());
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (1_200.0, 1_200.0));
    assert_eq!(function.own("Batches"), 3.0);
    assert_eq!(endpoint.refusals(), Vec::new());
}

#[test]
fn log_events_of_a_batch_accepted_in_part_count_once_in_another_batch_too() {
    let endpoint = CloudWatch::start();
    endpoint.then([Behaviour::Strict, Behaviour::RefuseWith(403, "AccessDenied")]);
    let mut function = Function::start(&endpoint);
    let whole = many_failures_document("a");
    let payload = events::payload(&whole);
    assert_eq!(function.invoke(&payload).error_type(), "PublishRefused");

    // 400 of its requests come again in another batch. They are counted by then, whatever becomes of the first one.
    let mut part = whole;
    let log_events = part["logEvents"].as_array_mut().unwrap();
    let lines = log_events.len();
    log_events.drain(..lines / 3);
    assert!(function.invoke(&events::payload(&part)).is_success());
    let accepted = endpoint.accepted();
    for (metric, least) in [("Errors", 400), ("StageErrors", 600)] {
        let data: Vec<_> = accepted.iter().filter(|datum| datum.metric == metric).collect();
        let minutes: BTreeSet<_> = data.iter().map(|datum| datum.timestamp_ms).collect();
        assert!(minutes.len() >= least && data.len() == minutes.len(), "{metric}: {} of {}", minutes.len(), data.len());
    }

    assert!(function.invoke(&payload).is_success());
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (600.0, 600.0));
    assert_eq!(function.own("UncertainPublishes"), 0.0);
}

#[test]
fn a_batch_of_the_functions_own_log_group_is_refused_and_reported_once() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    for n in 0..3 {
        let batch = events::batch(OWN_LOG_GROUP, &n.to_string(), now_ms(), &events::timed_out_request("1f2e3d4c"));
        assert!(function.invoke(&events::payload(&batch)).is_success());
    }
    assert_eq!(endpoint.requests(), 0);
    let lines = lines(&function);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["level"], &lines[0]["logGroup"]), (&json!("ERROR"), &json!(OWN_LOG_GROUP)));
}

#[test]
fn events_of_the_canary_count_in_canary_and_nowhere_else() {
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    let mut function = Function::start_with(&[
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
        ("WHY5XX_CANARY_LOG_GROUP", "/why5xx/canary"),
    ]);
    let batch = events::batch("/why5xx/canary", "a", now_ms(), &events::timed_out_request("1f2e3d4c"));
    assert!(function.invoke(&events::payload(&batch)).is_success());
    assert_eq!((endpoint.sum_of("Canary", "Function", "why5xx"), endpoint.sum("Errors")), (6.0, 0.0));
    assert_eq!((function.own("Batches"), function.own("Canary"), function.own("Failures")), (1.0, 0.0, 0.0));
    assert_eq!((function.own("LogEvents"), function.own_values("DeliveryDelay")), (0.0, Vec::new()));

    // It takes the way of the failures: where they are denied, the canary is, and the function still says that it works.
    endpoint.always(Behaviour::RefuseWith(403, "AccessDenied"));
    let batch = events::batch("/why5xx/canary", "b", now_ms(), &events::timed_out_request("5a6b7c8d"));
    assert!(!function.invoke(&events::payload(&batch)).is_success());
    assert_eq!((endpoint.sum("Canary"), function.own("Batches")), (6.0, 2.0));
}

#[test]
fn failures_too_old_for_cloudwatch_are_reported_and_the_others_counted() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let old_ms = now_ms() - 15 * 24 * 60 * 60_000;
    let mut events: Vec<_> = events::timed_out_request("old").into_iter().map(|line| (old_ms, line)).collect();
    events.extend(events::timed_out_request("new").into_iter().map(|line| (now_ms(), line)));
    assert!(function.invoke(&events::payload(&events::batch_of(LOG_GROUP, "a", &events))).is_success());
    assert_eq!((endpoint.sum("Errors"), function.own("StaleEvents")), (1.0, 1.0));
    assert_eq!((function.own("Failures"), function.own("Unclassified")), (1.0, 0.0));
    let unclassified: Vec<_> = [(old_ms, "x"), (now_ms(), "y")]
        .map(|(time_ms, id)| (time_ms, format!("({id}) Execution failed due to qqq")))
        .into();
    assert!(function.invoke(&events::payload(&events::batch_of(LOG_GROUP, "b", &unclassified))).is_success());
    assert_eq!((function.own("Failures"), function.own("Unclassified")), (2.0, 1.0));
    // CloudWatch is asked before anything is left out: each time, its first answer has the time.
    assert_eq!(endpoint.refusals().len(), 2);
    let lines = lines(&function);
    let last = lines.last().unwrap();
    assert_eq!((&last["level"], &last["staleFailures"]), (&json!("WARN"), &json!(1)));
}

/// Returns the lines that the function has written, as the log events of a batch in another log group, beside the lines that
/// Lambda writes.
fn copy_of_own_log(function: &Function, name: &str, from_line: usize) -> Value {
    let id = "00000000-0000-4000-8000-000000000001";
    let of_lambda = [
        format!("START RequestId: {id} Version: $LATEST"),
        format!("END RequestId: {id}"),
        format!(
            "REPORT RequestId: {id}\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB"
        ),
    ];
    let own = function.written();
    let lines: Vec<_> = own.lines().skip(from_line).map(str::to_owned).chain(of_lambda).collect();
    events::batch("/central", name, now_ms(), &lines)
}

#[test]
fn a_copy_of_the_own_log_without_system_fields_is_refused_in_any_log_group_and_feeds_no_loop() {
    for filter in ["all", "why5xx/access", "why5xx/execution", "why5xx/function"] {
        let endpoint = CloudWatch::start();
        let mut function = Function::start(&endpoint);
        assert!(function.invoke(&one_failure("a")).is_success());
        let mut lines = 0;
        for n in 0..4 {
            let mut copy = copy_of_own_log(&function, &n.to_string(), lines);
            copy["subscriptionFilters"] = json!([filter]);
            lines = function.written().lines().count();
            assert!(function.invoke(&events::payload(&copy)).is_success());
            let record = events::record_data(&copy);
            assert!(function.invoke(events::kinesis_event(&[record]).to_string().as_bytes()).is_success());
            let written = function.written();
            let new: Vec<_> = written.lines().skip(lines).collect();
            // The one line that says so.
            assert_eq!(new.len(), usize::from(n == 0), "{filter} {n} {new:?}");
            assert!(new.iter().all(|line| line.contains("the function's own")), "{filter} {new:?}");
        }
        assert_eq!((endpoint.requests(), endpoint.sum("AccessLogErrors")), (1, 0.0), "{filter}");
    }
}

#[test]
fn who_prints_the_mark_of_an_own_line_hides_that_line_and_nothing_beside_it() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    assert!(function.invoke(&one_failure("a")).is_success());
    let mark = function.written().lines().next().unwrap().to_owned();
    assert!(mark.starts_with("{\"why5xx\":\"why5xx\","), "{mark}");
    let failed = events::timed_out_request("b");
    let lines = [slice::from_ref(&mark), &failed[..], slice::from_ref(&mark)].concat();
    assert!(function.invoke(&events::payload(&events::batch(LOG_GROUP, "b", now_ms(), &lines))).is_success());
    assert_eq!((endpoint.sum("Errors"), function.own("LogEvents")), (2.0, 14.0));
    assert_eq!(self::lines(&function).last().unwrap()["ownLogEvents"], 2);
    // The log stream is known by now: what fails in it counts all the same, and what is not understood is reported.
    let lines = [events::timed_out_request("c"), vec![mark.clone(), "no log of a known kind".to_owned()]].concat();
    assert!(function.invoke(&events::payload(&events::batch(LOG_GROUP, "c", now_ms(), &lines))).is_success());
    assert_eq!((endpoint.sum("Errors"), function.own("NotUnderstood")), (3.0, 1.0));
    let healthy =
        vec![mark.replacen(":\"why5xx\"", ":\"other\"", 1), "(d) Method completed with status: 200".to_owned()];
    let before = function.own("Batches");
    assert!(function.invoke(&events::payload(&events::batch("/team/log", "d", now_ms(), &healthy))).is_success());
    assert_eq!(function.own("Batches"), before + 1.0);
}

#[test]
fn lines_at_start_are_written_at_every_level() {
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    for (variable, level) in [("WHY5XX_LOG_LEVEL", "WARN"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")] {
        let mut function = Function::start_with(&[
            ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
            ("AWS_LAMBDA_MAX_CONCURRENCY", "4"),
            ("AWS_MAX_ATTEMPTS", "7"),
            ("HTTPS_PROXY", "http://[::1"),
            (variable, "ERROR"),
        ]);
        assert!(function.invoke(&one_failure("a")).is_success());
        let written = function.written();
        // The runtime's own warning is no line of JSON.
        let lines: Vec<Value> = written.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert_eq!(lines[0]["variables"], json!(["AWS_MAX_ATTEMPTS", "HTTPS_PROXY"]), "{written}");
        assert_eq!((&lines[1]["maxConcurrency"], &lines[1]["level"]), (&json!(4), &json!(level)), "{written}");
    }
}

#[test]
fn the_sinks_on_standard_output_need_no_cloudwatch() {
    let mut emf = Function::start_with(&[("WHY5XX_SINK", "emf")]);
    let outcome = emf.invoke(&one_failure("a"));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_no_secret(&emf, &outcome);
    let lines = lines(&emf);
    assert!(lines.iter().any(|line| line["Errors"] == 1.0 && line["Cause"] == "integration_timeout"), "{lines:?}");
    assert!(lines.iter().all(|line| line["level"] == "INFO" && line["timestamp"].is_string()), "{lines:?}");
    assert_eq!(emf.own("Batches"), 1.0);

    let mut text = Function::start_with(&[("WHY5XX_SINK", "stdout")]);
    let outcome = text.invoke(&one_failure("a"));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_no_secret(&text, &outcome);
    let expected = "Why5xx Errors 1 ApiId=a1b2c3d4e5 Stage=prod Cause=integration_timeout";
    let written = text.written();
    assert!(written.contains(expected) && !written.contains("_aws"), "{written}");
}

#[test]
fn a_function_of_managed_instances_says_that_it_takes_one_invocation_at_a_time() {
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    for (concurrency, says_so) in [("1", false), ("", false), ("10", true)] {
        let variables = [("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()), ("AWS_LAMBDA_MAX_CONCURRENCY", concurrency)];
        let mut function = Function::start_with(&variables);
        assert!(function.invoke(&one_failure("a")).is_success());
        let written = function.written();
        // The runtime's own warning is no line of JSON.
        let lines = written.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let about: Vec<_> = lines.filter(|line| line["maxConcurrency"] == 10).collect();
        assert_eq!(about.len(), usize::from(says_so), "{written}");
        for line in about {
            assert_eq!((&line["level"], line.get("requestId")), (&json!("WARN"), None));
        }
    }
    assert_eq!(endpoint.sum("Errors"), 3.0);
}

#[test]
fn a_wrong_setting_ends_the_program_at_start_with_its_name() {
    let rows: [(&[(&str, &str)], &str); 3] = [
        (&[("WHY5XX_SINK", "kafka")], "WHY5XX_SINK is \"kafka\"; allowed: cloudwatch, emf or stdout"),
        (
            &[("AWS_SECRET_ACCESS_KEY", "")],
            "AWS_SECRET_ACCESS_KEY is not set; it must hold the key that signs requests",
        ),
        (
            &[("AWS_LAMBDA_RUNTIME_API", "")],
            "AWS_LAMBDA_RUNTIME_API is not set; it must hold the address of Lambda's Runtime API; outside Lambda use \
             the command `why5xx`",
        ),
    ];
    for (variables, message) in rows {
        let output = command("127.0.0.1:9", variables).output().unwrap();
        assert!(!output.status.success());
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&line["level"], line["message"].as_str().unwrap()), (&json!("FATAL"), message));
    }
}

#[test]
fn the_program_holds_no_crate_that_only_the_command_needs() {
    let program = std::fs::read(PROGRAM).unwrap();
    let holds = |name: &str| memchr::memmem::find(&program, name.as_bytes()).is_some();
    assert!(holds("lambda_runtime"), "the names of crates stand in the program");
    for name in [
        "clap_builder",
        "clap_complete",
        "csv-core",
        "terminal_size",
        "anstream",
        "textwrap",
        "indicatif",
        "signal-hook",
    ] {
        assert!(!holds(name), "{name}");
    }
}
