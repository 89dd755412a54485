//! Text of clients and functions through the real program: an access log that a client can write into, and secrets in
//! every place that somebody else writes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::settings::Settings;

use crate::support::cloudwatch::{Behaviour, CloudWatch, now_ms};
use crate::support::count::count_events;
use crate::support::events::{self, LOG_GROUP, SECRET};
use crate::support::function::{Function, OWN_LOG_GROUP};

const ACCESS_LOG_GROUP: &str = "/shop/access";

/// A line of an access log as API Gateway writes it: what the client wrote stands there as it came.
fn access_line(form: Form, status: u16, user_agent: &str) -> String {
    let time = "21/Nov/2026:10:00:00 +0000";
    match form {
        Form::StatusFirst => format!(
            r#"{{"requestId":"1f2e3d4c","apiId":"a1b2c3d4e5","stage":"prod","status":"{status}","agent":"{user_agent}"}}"#
        ),
        Form::StatusLast => format!(
            r#"{{"requestId":"1f2e3d4c","agent":"{user_agent}","apiId":"a1b2c3d4e5","stage":"prod","status":"{status}"}}"#
        ),
        Form::CommonLog => format!(r#"192.0.2.7 - - [{time}] "GET /{user_agent} HTTP/1.1" {status} 36 1f2e3d4c"#),
        Form::Csv => format!("192.0.2.7,-,-,{time},GET,/{user_agent},HTTP/1.1,{status},36,1f2e3d4c"),
        Form::Xml => format!(
            "<request id=\"1f2e3d4c\"> <ip>192.0.2.7</ip> <requestTime>{time}</requestTime> <httpMethod>GET</httpMethod> \
             <path>/{user_agent}</path> <status>{status}</status> <protocol>HTTP/1.1</protocol> </request>"
        ),
        Form::Keyed => {
            format!("requestId: 1f2e3d4c, httpMethod: GET, path: /{user_agent}, status: {status}, stage: prod")
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Form {
    StatusFirst,
    StatusLast,
    CommonLog,
    Csv,
    Xml,
    Keyed,
}

const FORMS: &[Form] = &[Form::StatusFirst, Form::StatusLast, Form::CommonLog, Form::Csv, Form::Xml, Form::Keyed];

/// Counts one line of an access log.
fn counted(line: &str) -> Counted {
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "123456789012".to_owned(),
        log_group: ACCESS_LOG_GROUP.to_owned(),
        log_stream: "stream".to_owned(),
        ..BatchHeader::default()
    };
    let event = LogEvent { id: b"1", timestamp_ms: 1_781_000_000_000, message: Message::plain(line.as_bytes()) };
    count_events(&Pipeline::new(Settings::default().into(), Default::default()), &header, [event])
}

/// Texts that a client may send in order to forge a status.
const FORGERIES: &[&str] = &[
    r#"","status":"502"#,
    r#"","status":"200"#,
    r#"","status":502,"x":""#,
    r#"","Status":"502","agent":""#,
    r#"\",\"status\":\"502"#,
    r#""}{"status":"502"}"#,
    "\"} \n{\"status\":\"502",
    r#"" 502 "#,
    r#"x HTTP/1.1" 502 36 1f2e3d4c"#,
    r#"x HTTP/1.1" 200 36 1f2e3d4c"#,
    r#"","error":{"status":"502"},"a":""#,
    ",HTTP/1.1,502,36,1f2e3d4c",
    ",HTTP/1.1,200,36,1f2e3d4c",
    "</path> <status>502</status> <path>",
    "</path> <status>200</status> </request>",
    ", status: 502, x: ",
    ", status: 200",
    "502",
    " 502 ",
];

/// Text that a client writes.
fn client_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![select(FORGERIES).prop_map(str::to_owned), "[ -~]{0,12}", any::<String>()];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_client_makes_a_failure_of_a_success_or_two_of_one(
        form in select(FORMS),
        fails in any::<bool>(),
        text in client_text(),
    ) {
        let line = access_line(form, if fails { 503 } else { 200 }, &text);
        let counted = counted(&line);
        let failures: u64 = counted.tally.counts().map(|(_, count)| count).sum();
        prop_assert!(failures <= u64::from(fails), "{line}");
        // A line is a failure, or ambiguous, or neither.
        prop_assert!(failures + counted.ambiguous_lines <= 1, "{line}");
    }
}

#[test]
fn each_form_counts_its_failure_where_nobody_forges() {
    for form in FORMS {
        let failures = |status| counted(&access_line(*form, status, "orders/17")).tally.counts().count();
        assert_eq!((failures(503), failures(200)), (1, 0), "{form:?}");
    }
}

#[test]
fn a_line_whose_statuses_disagree_adds_to_ambiguous_lines_and_to_nothing_else() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let forged = [r#"","status":"200"#, r#"","status":"502"#].map(|text| access_line(Form::StatusLast, 503, text));
    let mut lines = forged.to_vec();
    lines.push(access_line(Form::StatusLast, 503, "curl/8.5"));
    let batch = events::batch(ACCESS_LOG_GROUP, "a", now_ms(), &lines);
    assert!(function.invoke(&events::payload(&batch)).is_success());
    // Of the line with 502 and 503 it is certain that the request failed.
    assert_eq!((function.own("AmbiguousLines"), endpoint.sum("AccessLogErrors")), (1.0, 2.0));
    assert_eq!((endpoint.sum("AccessLogStageErrors"), endpoint.sum("Errors")), (2.0, 0.0));
}

/// Log groups with lines of which some fail, and the secret wherever a client, a backend or a function writes.
fn telling_batches() -> Vec<Vec<u8>> {
    let function_log = [
        "START RequestId: 3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d Version: $LATEST".to_owned(),
        format!("[ERROR] {SECRET}Error: {SECRET}\nTraceback (most recent call last):\n  File \"{SECRET}\", line 1"),
        format!("2026-11-21T10:00:03.000Z 3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d ERROR Invoke Error {{\"errorType\":\"{SECRET}\",\"errorMessage\":\"{SECRET}\"}}"),
        "REPORT RequestId: 3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d\tDuration: 3000.00 ms\tStatus: error\tError Type: Runtime.Unknown".to_owned(),
    ];
    let execution_log = [
        events::timed_out_request("1f2e3d4c"),
        [
            format!("Method request path: {{id={SECRET}}}"),
            format!("Method request query string: {{q={SECRET}}}"),
            format!("Method request headers: {{X={SECRET}}}"),
            format!("Endpoint response headers: {{x-amzn-ErrorType={SECRET}}}"),
            format!("Endpoint response body before transformations: {{\"errorMessage\":\"{SECRET}\"}}"),
            format!("Lambda execution failed with status 200 due to customer function error: {SECRET}"),
            format!("Execution failed due to configuration error: {SECRET} is not known"),
            "Method completed with status: 502".to_owned(),
        ]
        .map(|line| format!("(2a3b4c5d) {line}"))
        .to_vec(),
        // An id that is shaped like one is what an exemplar is looked up by. This one is not.
        vec![format!("(/{SECRET}?) Execution failed due to a timeout error: {SECRET}")],
    ]
    .concat();
    let access_log = [
        access_line(Form::StatusLast, 503, SECRET),
        access_line(Form::StatusLast, 503, &format!("{SECRET}\",\"status\":\"200")),
        json!({"status": "500", "integrationErrorMessage": SECRET, "requestId": format!("/{SECRET}?")}).to_string(),
        format!("no log of any kind: {SECRET}"),
    ];
    let logs: [(&str, &[String]); 4] = [
        (LOG_GROUP, &execution_log),
        ("/aws/lambda/orders", &function_log),
        (ACCESS_LOG_GROUP, &access_log),
        (OWN_LOG_GROUP, &execution_log),
    ];
    let batch = |(group, lines): &(&str, &[String])| events::payload(&events::batch(group, "a", now_ms(), lines));
    let mut batches: Vec<_> = logs.iter().map(batch).collect();
    batches.push(events::payload_of_gzip(SECRET.as_bytes()));
    batches.push(json!({"Records": [{"body": SECRET}]}).to_string().into_bytes());
    batches
}

#[test]
fn what_others_write_comes_out_at_no_log_level_and_to_no_sink() {
    for level in ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] {
        for sink in ["cloudwatch", "emf", "stdout"] {
            let endpoint = CloudWatch::start();
            let url = endpoint.url();
            let mut function = Function::start_with(&[
                ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
                ("AWS_LAMBDA_LOG_LEVEL", level),
                ("RUST_LOG", "trace"),
                ("RUST_BACKTRACE", "full"),
                ("WHY5XX_SINK", sink),
                ("WHY5XX_ROUTE_METRICS", "true"),
            ]);
            endpoint.then([Behaviour::Fail(500), Behaviour::Refuse]);
            for payload in telling_batches() {
                let outcome = function.invoke(&payload);
                assert!(!format!("{outcome:?}").contains(SECRET), "{level} {sink}: {outcome:?}");
            }
            let written = function.written();
            assert!(!written.contains(SECRET), "{level} {sink}: {written}");
            let sent = format!("{:?}", endpoint.accepted());
            assert!(!sent.contains(SECRET), "{level} {sink}: {sent}");
            assert!(sink != "cloudwatch" || sent.contains("FunctionErrors"), "{sent}");
        }
    }
}
