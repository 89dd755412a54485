//! The real programs where the clock, the credentials or the network are not as they should be.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::cloudwatch::{self, Behaviour, CloudWatch, now_ms};
use crate::support::command::command_in;
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::{Function, command};
use crate::support::http;
use crate::support::runtime_api::Outcome;

/// Seconds by which the clock of CloudWatch is ahead: ten minutes, and more than CloudWatch takes data ahead of it.
const CLOCKS: [i64; 4] = [-10_800, -600, 600, 10_800];

const AWS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "planted-access-key"),
    ("AWS_REGION", "eu-west-1"),
];

fn failure_at(name: &str, timestamp_ms: i64) -> Value {
    events::batch(LOG_GROUP, name, timestamp_ms, &events::timed_out_request("1f2e3d4c"))
}

fn one_failure(name: &str) -> Vec<u8> {
    events::payload(&failure_at(name, now_ms()))
}

/// A batch of failures of these APIs, one of each.
fn failures_of(apis: &[String]) -> Value {
    let message = |api: &String| {
        let line = format!("({api}-1) Execution failed due to a timeout error");
        json!({"api_id": api, "stage": "prod", "payload": line}).to_string()
    };
    events::batch(LOG_GROUP, "a", now_ms(), &apis.iter().map(message).collect::<Vec<_>>())
}

/// The last line of the function's own log.
fn last_line(function: &Function) -> Value {
    serde_json::from_str(function.written().lines().last().unwrap()).unwrap()
}

fn publish(url: &str, more: &[(&str, &str)], input: &Value) -> Output {
    let arguments = ["replay", "--publish", "--endpoint-url", url];
    command_in(&[&AWS, more].concat(), &arguments, input.to_string().as_bytes())
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn with_a_wrong_clock_the_function_publishes_at_the_second_attempt() {
    for ahead_seconds in CLOCKS {
        let endpoint = CloudWatch::start();
        endpoint.set_clock(ahead_seconds, 403, "RequestTimeTooSkewed");
        let mut function = Function::start(&endpoint);
        let failed_ms = now_ms() + ahead_seconds * 1_000;
        for (batch, requests) in [("a", 2), ("b", 3)] {
            let outcome = function.invoke(&events::payload(&failure_at(batch, failed_ms)));
            assert!(outcome.is_success(), "{ahead_seconds} {outcome:?}");
            assert_eq!(endpoint.requests(), requests, "{ahead_seconds}");
        }
        assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (2.0, 2.0), "{ahead_seconds}");
        let own = ["StaleEvents", "UncertainPublishes"].map(|metric| function.own(metric));
        assert_eq!(own, [0.0, 0.0], "{ahead_seconds}");
    }
}

#[test]
fn with_a_wrong_clock_the_command_publishes_at_the_second_attempt() {
    for ahead_seconds in CLOCKS {
        let endpoint = CloudWatch::start();
        endpoint.set_clock(ahead_seconds, 403, "SignatureDoesNotMatch");
        let output = publish(&endpoint.url(), &[], &failure_at("a", now_ms() + ahead_seconds * 1_000));
        assert_eq!(output.status.code(), Some(0), "{ahead_seconds} {}", said(&output));
        assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (1.0, 2), "{ahead_seconds}");
        assert_eq!(said(&output), "why5xx: published 2 data in 1 request\n", "{ahead_seconds}");
    }
}

#[test]
fn a_clock_that_was_set_right_loses_nothing() {
    const DAY: i64 = 24 * 60 * 60;
    // Of CloudWatch's clock beside ours: first, then.
    for (first, then) in [(-3 * 60 * 60, 0), (-20 * DAY, 0), (20 * DAY, 0), (3 * 60 * 60, -3 * 60 * 60)] {
        let endpoint = CloudWatch::start();
        let mut function = Function::start(&endpoint);
        for (batch, ahead_seconds) in [("a", first), ("b", then), ("c", then)] {
            endpoint.set_clock(ahead_seconds, 403, "RequestTimeTooSkewed");
            let outcome = function.invoke(&events::payload(&failure_at(batch, now_ms() + ahead_seconds * 1_000)));
            assert!(outcome.is_success(), "{first} {then} {outcome:?}");
        }
        assert_eq!((endpoint.sum("Errors"), function.own("StaleEvents")), (3.0, 0.0), "{first} {then}");
    }
}

#[test]
fn failures_ahead_of_a_right_clock_are_left_out_once_cloudwatch_gave_the_time() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let mut batch = failure_at("a", now_ms() + 3 * 60 * 60_000);
    let timely = failure_at("b", now_ms())["logEvents"].as_array().unwrap().clone();
    batch["logEvents"].as_array_mut().unwrap().extend(timely);
    assert!(function.invoke(&events::payload(&batch)).is_success());
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (1.0, 1.0));
    assert_eq!(function.own("StaleEvents"), 1.0);
}

#[test]
fn expired_credentials_fail_the_invocation_and_end_the_environment_after_the_answer() {
    for code in ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"] {
        let endpoint = CloudWatch::start();
        endpoint.always(Behaviour::RefuseWith(403, code));
        let mut function = Function::start(&endpoint);
        let outcome = function.invoke(&one_failure("a"));
        assert_eq!((outcome.error_type(), endpoint.requests()), ("PublishCredentials", 1), "{outcome:?}");
        assert!(function.ends_within(Duration::from_secs(5)), "{code}");
        let line = last_line(&function);
        assert_eq!(
            (&line["level"], &line["message"]),
            (
                &json!("FATAL"),
                &json!(
                    "the credentials are expired or not valid; the environment ends, so that the next one has fresh ones"
                )
            )
        );
    }
}

#[test]
fn a_missing_right_leaves_the_environment_alive() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::RefuseWith(403, "AccessDenied"));
    let mut function = Function::start(&endpoint);
    assert_eq!(function.invoke(&one_failure("a")).error_type(), "PublishRefused");
    endpoint.always(Behaviour::Strict);
    assert!(function.invoke(&one_failure("a")).is_success());
    assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (1.0, 2));
}

#[test]
fn what_was_never_sent_is_not_uncertain() {
    // An invalid host, a TLS handshake that nobody answers, a port on which nobody listens.
    let deaf = http::serve(|_| http::Answer::Hang(Duration::from_secs(60)));
    let rows = [
        ("http://[::1".to_owned(), "PublishNotSent"),
        (format!("https://{deaf}"), "PublishUnreachable"),
        (format!("http://{}", http::closed_address()), "PublishUnreachable"),
    ];
    for (url, error_type) in rows {
        let mut function = Function::start_with(&[("AWS_ENDPOINT_URL", &url)]);
        let begin = Instant::now();
        let outcome = function.invoke_within(&one_failure("a"), Duration::from_millis(1_500));
        assert_eq!(outcome.error_type(), error_type, "{url} {outcome:?}");
        assert!(begin.elapsed() < Duration::from_millis(1_500), "{url}");
        assert_eq!(function.own("UncertainPublishes"), 0.0, "{url}");
    }
}

#[test]
fn a_key_that_cannot_stand_in_a_request_is_an_error_that_names_its_variable_and_shows_nothing_of_it() {
    let rows = [
        ("AWS_ACCESS_KEY_ID", "planted-access-key\n"),
        ("AWS_SECRET_ACCESS_KEY", "planted-access-key\r\n"),
        ("AWS_SESSION_TOKEN", "planted-\naccess-key"),
        ("AWS_ACCESS_KEY_ID", "planted-access-key "),
    ];
    for (variable, value) in rows {
        let expected = format!("{variable} holds a blank, a line end or another character that no key has");
        let output = command("127.0.0.1:9", &[(variable, value)]).output().unwrap();
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&json!("FATAL"), &json!(expected)));

        let output = publish("http://127.0.0.1:9", &[(variable, value)], &failure_at("a", now_ms()));
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains(&expected) && !said(&output).contains("planted"), "{}", said(&output));
    }
}

#[test]
fn one_datum_that_is_refused_is_lost_alone_and_named() {
    let endpoint = CloudWatch::start();
    endpoint.refuse_value("unwanted12");
    let mut apis: Vec<_> = (0..450).map(|n| format!("api{n:07}")).collect();
    apis[300] = "unwanted12".to_owned();
    let mut function = Function::start(&endpoint);
    let outcome = function.invoke(&events::payload(&failures_of(&apis)));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (449.0, 449.0));
    let line = last_line(&function);
    assert_eq!((&line["level"], &line["unsendableData"]), (&json!("WARN"), &json!(2)));
    let refused = line["refusedData"].as_array().unwrap();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|datum| datum["dimensions"]["ApiId"] == "unwanted12"), "{refused:?}");
    assert_eq!((function.own("UncertainPublishes"), function.own("Failures")), (0.0, 449.0));
}

#[test]
fn the_command_names_a_datum_that_is_refused_and_publishes_the_others() {
    let endpoint = CloudWatch::start();
    endpoint.refuse_value("unwanted12");
    let apis = ["api0000001", "unwanted12", "api0000002"].map(str::to_owned);
    let output = publish(&endpoint.url(), &[], &failures_of(&apis));
    assert_eq!((output.status.code(), endpoint.sum("Errors")), (Some(2), 2.0), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("why5xx: CloudWatch refused Errors ApiId=unwanted12 Stage=prod"), "{said}");
    assert!(said.contains("why5xx: published 4 data "), "{said}");
}

#[test]
fn a_request_of_which_every_datum_is_refused_fails_the_invocation() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::Refuse);
    let mut function = Function::start(&endpoint);
    let apis: Vec<_> = (0..100).map(|n| format!("api{n:07}")).collect();
    for apis in [&apis[..1], &apis] {
        let before = endpoint.requests();
        let outcome = function.invoke(&events::payload(&failures_of(apis)));
        assert_eq!(outcome.error_type(), "PublishRefused", "{outcome:?}");
        let requests = endpoint.requests() - before;
        assert!((2..=21).contains(&requests), "{requests}");
    }
}

#[test]
fn what_cloudwatch_did_not_write_is_not_taken_for_its_yes() {
    for page in [Behaviour::Page(200), Behaviour::Page(204), Behaviour::Page(302), Behaviour::Endless] {
        let endpoint = CloudWatch::start();
        endpoint.then([page]);
        let mut function = Function::start(&endpoint);
        assert!(function.invoke(&one_failure("a")).is_success(), "{page:?}");
        assert_eq!((endpoint.sum("Errors"), endpoint.requests() >= 2), (1.0, true), "{page:?}");
        assert_eq!(function.own("StaleEvents"), 0.0, "{page:?}");

        endpoint.always(page);
        let begin = Instant::now();
        let outcome = function.invoke_within(&one_failure("b"), Duration::from_secs(2));
        assert_eq!(outcome.error_type(), "PublishForeignAnswer", "{page:?} {outcome:?}");
        assert!(begin.elapsed() < Duration::from_secs(2), "{page:?} {:?}", begin.elapsed());
        assert!(!format!("{outcome:?}{}", function.written()).contains(cloudwatch::SECRET));
        assert!(function.peak_bytes() < 64 << 20, "{page:?} {}", function.peak_bytes());
    }
}

#[test]
fn variables_of_the_sdks_that_are_not_honoured_are_named_at_start() {
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    let variables = [
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
        ("AWS_CA_BUNDLE", "/etc/ca.pem"),
        ("AWS_MAX_ATTEMPTS", "5"),
        ("ALL_PROXY", "socks5://planted-proxy:1080"),
    ];
    let mut function = Function::start_with(&variables);
    assert!(function.invoke(&one_failure("a")).is_success());
    let written = function.written();
    let line: Value = serde_json::from_str(written.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["level"], &line["variables"]),
        (&json!("WARN"), &json!(["AWS_CA_BUNDLE", "AWS_MAX_ATTEMPTS", "ALL_PROXY"]))
    );
    assert!(!written.contains("planted"));

    let output = publish(&format!("http://{}", http::closed_address()), &variables[1..], &failure_at("a", now_ms()));
    assert!(
        said(&output).ends_with("(not honoured: AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS, ALL_PROXY)\n"),
        "{}",
        said(&output)
    );
}

/// Failures of an access log in so many minutes and APIs.
fn minutes(apis: usize, minutes: usize) -> Vec<u8> {
    let now_ms = now_ms();
    let line = |n: usize| {
        let line = format!(r#"{{"requestId":"{n}","apiId":"api{:07}","stage":"prod","status":"502"}}"#, n % apis);
        (now_ms - (n / apis) as i64 * 60_000, line)
    };
    let lines: Vec<_> = (0..apis * minutes).map(line).collect();
    events::payload(&events::batch_of("/shop/access", "minutes", &lines))
}

#[test]
fn of_many_counts_those_that_were_accepted_are_not_sent_again() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    // Twelve thousand counts are sent in several steps, each of several requests.
    let payload = minutes(40, 300);
    for accepted in [3, 9] {
        endpoint.then(vec![Behaviour::Strict; accepted]);
        endpoint.always(Behaviour::RefuseWith(403, "AccessDenied"));
        let outcome = function.invoke(&payload);
        assert_eq!(outcome.error_type(), "PublishRefused", "{outcome:?}");
    }
    endpoint.always(Behaviour::Strict);
    assert!(function.invoke(&payload).is_success());
    assert!(function.invoke(&payload).is_success());
    assert_eq!((endpoint.sum("AccessLogErrors"), endpoint.sum("AccessLogStageErrors")), (12_000.0, 12_000.0));
    assert_eq!((function.own("Failures"), function.own("UncertainPublishes")), (12_000.0, 0.0));
    assert_eq!(endpoint.refusals(), Vec::new());
}

#[test]
fn a_deadline_in_the_middle_of_any_work_is_kept() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let payload = minutes(50, 200);
    let begin = Instant::now();
    assert!(function.invoke_within(&payload, Duration::from_secs(300)).is_success());
    let whole = begin.elapsed();
    for part in [1, 3, 6] {
        // An environment that has counted nothing of it yet.
        let mut function = Function::start(&endpoint);
        let time = Duration::from_millis(600) + whole * part / 8;
        let outcome = function.invoke_within(&payload, time);
        let kept = ["OutOfTime", "PublishNoTimeLeft", ""].contains(&outcome.error_type());
        assert!(kept && outcome != Outcome::Overdue, "{part} of 8 of {whole:?}: {outcome:?}");
    }
    drop(function);
}
