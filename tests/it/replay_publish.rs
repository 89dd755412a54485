//! `why5xx replay --metrics` and `--publish` against a CloudWatch that refuses what CloudWatch refuses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::process::Output;

use serde_json::{Value, json};

use crate::support::cloudwatch::{Behaviour, CloudWatch, now_ms};
use crate::support::command::{command, command_in};
use crate::support::events::{self, LOG_GROUP};

const DAY_MS: i64 = 24 * 60 * 60_000;

const AWS: [(&str, &str); 7] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "planted-access-key"),
    ("AWS_SESSION_TOKEN", ""),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_DEFAULT_REGION", ""),
    ("AWS_ENDPOINT_URL", ""),
    ("AWS_ENDPOINT_URL_CLOUDWATCH", ""),
];

/// One failure of now and one of three weeks ago.
fn input() -> Vec<u8> {
    let batches = [(0, "new"), (21 * DAY_MS, "old")].map(|(age_ms, name)| {
        events::batch(LOG_GROUP, name, now_ms() - age_ms, &events::timed_out_request(name)).to_string()
    });
    batches.join("\n").into_bytes()
}

fn publish(url: &str, more: &[(&str, &str)], arguments: &[&str]) -> Output {
    let arguments = [&["replay", "--publish", "--endpoint-url", url], arguments].concat();
    command_in(&[&AWS, more].concat(), &arguments, &input())
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_is_published_is_what_the_function_would_publish() {
    let endpoint = CloudWatch::start();
    let output = publish(&endpoint.url(), &[("WHY5XX_NAMESPACE", "Shop/Errors")], &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // The first request holds what is too old, too: CloudWatch gives the time.
    let counts = (endpoint.sum("Errors"), endpoint.sum("StageErrors"), endpoint.refusals().len());
    assert_eq!(counts, (1.0, 1.0, 1));
    assert!(endpoint.accepted().iter().all(|datum| datum.namespace == "Shop/Errors"));
    // Counts of any age stand in the table; what is too old for CloudWatch is said.
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["errors"], 2);
    assert_eq!(
        said(&output),
        "why5xx: left out 1 failure: CloudWatch takes nothing older than two weeks or more than two hours ahead\n\
         why5xx: published 2 data in 1 request\n"
    );
}

#[test]
fn the_metrics_are_printed_as_the_aws_cli_takes_them_and_not_sent() {
    let output = command_in(&AWS, &["replay", "--metrics"], &input());
    let lines = String::from_utf8(output.stdout).unwrap();
    let requests: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((requests.len(), &requests[0]["Namespace"]), (1, &json!("Why5xx")));
    let data = requests[0]["MetricData"].as_array().unwrap();
    let errors = data.iter().find(|datum| datum["MetricName"] == "Errors").unwrap();
    assert_eq!(
        (data.len(), &errors["Unit"], &errors["Values"], &errors["Counts"]),
        (2, &json!("Count"), &json!([1.0]), &json!([1.0]))
    );
    let dimensions = json!([
        {"Name": "ApiId", "Value": "a1b2c3d4e5"},
        {"Name": "Stage", "Value": "prod"},
        {"Name": "Cause", "Value": "integration_timeout"},
    ]);
    assert_eq!(errors["Dimensions"], dimensions);
}

#[test]
fn the_metrics_of_a_captured_batch_are_those_of_its_own_day() {
    let events = concat!(env!("CARGO_MANIFEST_DIR"), "/events/execution_log_info_level.json");
    let output = command_in(&AWS, &["replay", "--metrics", events], b"");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(lines.contains("\"integration_timeout\"") && lines.contains("2026-05-05T"), "{lines}");
    assert!(said(&Output { stdout: Vec::new(), ..output }).is_empty());
}

#[test]
fn a_throttle_passes_and_a_refusal_is_an_error() {
    let endpoint = CloudWatch::start();
    endpoint.then([Behaviour::Throttle, Behaviour::Throttle]);
    assert_eq!(publish(&endpoint.url(), &[], &[]).status.code(), Some(0));
    assert_eq!(endpoint.sum("Errors"), 1.0);

    // A script sees that one of the data is missing.
    endpoint.refuse_value("a1b2c3d4e5");
    let other =
        json!({"api_id": "zzz9999999", "stage": "prod", "payload": "(z-1) Execution failed due to a timeout error"});
    let with_other = format!(
        "{}\n{}",
        String::from_utf8(input()).unwrap(),
        events::batch(LOG_GROUP, "z", now_ms(), &[other.to_string()])
    );
    let output = command_in(
        &[&AWS[..]].concat(),
        &["replay", "--publish", "--endpoint-url", &endpoint.url()],
        with_other.as_bytes(),
    );
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("CloudWatch refused 2 of the data"), "{}", said(&output));

    endpoint.always(Behaviour::Refuse);
    let output = publish(&endpoint.url(), &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("not published: 0 of 3 requests accepted"), "{}", said(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("integration_timeout"), "the table is printed");
}

#[test]
fn a_wrong_clock_does_not_keep_the_counts_back() {
    for ahead_seconds in [-900, 900] {
        let endpoint = CloudWatch::start();
        endpoint.set_clock(ahead_seconds, 403, "SignatureDoesNotMatch");
        let output = publish(&endpoint.url(), &[], &[]);
        assert_eq!((output.status.code(), endpoint.sum("Errors")), (Some(0), 1.0), "{}", said(&output));
        assert!(said(&output).ends_with("why5xx: published 2 data in 1 request\n"), "{}", said(&output));
    }
}

#[test]
fn a_wrong_key_is_an_error_that_says_what_to_check() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::RefuseWith(403, "SignatureDoesNotMatch"));
    let output = publish(&endpoint.url(), &[], &[]);
    assert_eq!((output.status.code(), endpoint.requests()), (Some(2), 2));
    assert!(said(&output).contains("(403 SignatureDoesNotMatch); check the access keys, "), "{}", said(&output));
}

#[test]
#[cfg(target_os = "linux")]
fn where_the_page_cannot_be_written_the_counts_are_printed_and_not_published() {
    let endpoint = CloudWatch::start();
    let output = publish(&endpoint.url(), &[], &["--html", "/dev/full"]);
    assert_eq!((output.status.code(), endpoint.requests()), (Some(2), 0), "{}", said(&output));
    assert!(
        said(&output).contains("why5xx: /dev/full cannot be written: No space left on device"),
        "{}",
        said(&output)
    );
    assert!(String::from_utf8(output.stdout).unwrap().contains("integration_timeout"), "the table is printed");
}

#[test]
fn without_keys_region_or_a_url_nothing_is_read_and_the_error_says_what_is_missing() {
    let rows = [
        (
            "AWS_ACCESS_KEY_ID",
            "AWS_ACCESS_KEY_ID is not set; it must hold the id of the access key that sends the metrics (for the keys of a profile of the AWS CLI: ",
        ),
        ("AWS_REGION", "AWS_REGION is not set; it must hold the region that the metrics go to\n"),
    ];
    for (missing, message) in rows {
        let output = publish("http://127.0.0.1:9", &[(missing, "")], &[]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{missing}");
        assert!(said(&output).starts_with(&format!("why5xx: {message}")), "{}", said(&output));
    }
    let output = publish("cloudwatch", &[], &[]);
    assert_eq!(
        said(&output),
        "why5xx: --endpoint-url is \"cloudwatch\"; allowed: a URL that begins with http:// or https://\n"
    );
}

#[test]
fn an_input_that_cannot_be_read_does_not_keep_back_the_others() {
    let endpoint = CloudWatch::start();
    let output = publish(&endpoint.url(), &[], &["-", "/nowhere.json"]);
    assert_eq!((output.status.code(), endpoint.sum("Errors")), (Some(2), 1.0));
}

#[test]
fn nothing_is_sent_where_nothing_failed() {
    let endpoint = CloudWatch::start();
    let arguments = ["replay", "--publish", "--endpoint-url", &endpoint.url()];
    let healthy = events::batch(LOG_GROUP, "a", now_ms(), &["(1f2e3d4c) Method completed with status: 200".to_owned()]);
    let output = command_in(&AWS, &arguments, healthy.to_string().as_bytes());
    assert_eq!((output.status.code(), endpoint.requests()), (Some(0), 0));
}

#[test]
fn an_endpoint_without_publishing_and_two_forms_of_output_are_refused() {
    for arguments in [["replay", "--endpoint-url", "http://127.0.0.1:9"], ["replay", "--metrics", "--json"]] {
        assert_eq!(command(&arguments, b"").status.code(), Some(2), "{arguments:?}");
    }
}
