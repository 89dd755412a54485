//! Which dimensions failures are counted under, over the life of an environment: caps, routes, accounts, both kinds of
//! log; and what the function's log says of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::command::command;
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::Function;

/// An environment of the function with more variables.
fn function(endpoint: &CloudWatch, variables: &[(&str, &str)]) -> Function {
    let url = endpoint.url();
    Function::start_with(&[&[("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str())], variables].concat())
}

fn invoke(function: &mut Function, log_group: &str, name: &str, messages: &[String]) {
    let batch = events::batch(log_group, name, now_ms(), messages);
    let outcome = function.invoke(&events::payload(&batch));
    assert!(outcome.is_success(), "{outcome:?}");
}

/// The lines of the function's log with this message.
fn lines(function: &Function, message: &str) -> Vec<Value> {
    let lines = function.written();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["message"] == message).collect()
}

/// A failed request in an access log.
fn access_line(api_id: &str, stage: &str, request_id: &str) -> String {
    format!(
        r#"{{"requestTime":"21/Nov/2026:10:00:00 +0000","requestId":"{request_id}","apiId":"{api_id}","stage":"{stage}","resourcePath":"/orders/{{id}}","xrayTraceId":"1-5759e988-bd862e3fe1be46a994272793","status":"504","integrationError":"Endpoint request timed out"}}"#
    )
}

#[test]
fn apis_beyond_the_cap_are_other_for_the_life_of_the_environment() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[("WHY5XX_DIMENSION_SETS_LIMIT", "2")]);
    for (n, api_id) in ["a", "b", "c", "a", "d"].iter().enumerate() {
        let log_group = format!("API-Gateway-Execution-Logs_{api_id}/prod");
        invoke(&mut function, &log_group, &n.to_string(), &events::timed_out_request("1f2e3d4c"));
    }
    let sums = ["a", "b", "c", "d", "other"].map(|api_id| endpoint.sum_of("Errors", "ApiId", api_id));
    assert_eq!(sums, [2.0, 1.0, 0.0, 0.0, 2.0]);
    assert_eq!(endpoint.sum_of("StageErrors", "Stage", "other"), 2.0);
    assert_eq!(function.own("OtherDimensions"), 2.0);
}

/// A delivered line that ends a request with 504.
fn delivered(api_id: &str, stage: &str, route: &str, request_id: &str) -> String {
    let payload = format!("({request_id}) Method completed with status: 504");
    json!({"api_id": api_id, "stage": stage, "resource_path": route, "payload": payload}).to_string()
}

#[test]
fn a_name_that_is_too_long_is_other_and_never_cut() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[("WHY5XX_ROUTE_METRICS", "true")]);
    let long = |bytes: usize| "x".repeat(bytes);
    let lines = [
        delivered(&long(64), &long(128), "/orders", "a"),
        delivered(&long(65), "prod", "/orders", "b"),
        delivered("a", &long(129), "/orders", "c"),
        delivered("a", "prod", &long(512), "d"),
        delivered("a", "prod", &long(513), "e"),
        access_line(&long(65), "prod", "f"),
        // No request id is that long: nothing shows which request ended.
        delivered("a", "prod", "/orders", &long(129)),
        format!("({}) Method completed with status: 504", long(129)),
    ];
    invoke(&mut function, "/team/log", "a", &lines[..7]);
    invoke(&mut function, LOG_GROUP, "b", &lines[7..]);
    let errors = ["other", "a", &long(64)].map(|api_id| endpoint.sum_of("Errors", "ApiId", api_id));
    assert_eq!(errors, [2.0, 2.0, 1.0]);
    assert_eq!(endpoint.sum_of("AccessLogErrors", "ApiId", "other"), 1.0);
    let routes = ["other", "/orders", &long(512)].map(|route| endpoint.sum_of("RouteErrors", "Route", route));
    // Where the API is other, so is the route.
    assert_eq!(routes, [4.0, 1.0, 1.0]);
    assert_eq!((function.own("OtherDimensions"), function.own("NotUnderstood")), (4.0, 2.0));
}

#[test]
fn made_up_api_ids_push_no_api_out_that_its_log_group_or_the_settings_name() {
    let endpoint = CloudWatch::start();
    let path = format!("{}/settings_dimensions.toml", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, "[[api]]\nid = \"real000000\"\nname = \"orders\"\n").unwrap();
    let mut function = function(&endpoint, &[("WHY5XX_DIMENSION_SETS_LIMIT", "20"), ("WHY5XX_SETTINGS", &path)]);
    let forged: Vec<_> = (0..1_000).map(|n| delivered(&format!("forged{n}"), "prod", "/", &n.to_string())).collect();
    invoke(&mut function, "/team/log", "a", &forged);
    let mut mixed: Vec<_> = (0..1_000).map(|n| access_line(&format!("fake{n}"), "prod", &n.to_string())).collect();
    mixed.push(access_line("real000000", "prod", "b"));
    invoke(&mut function, "/team/access", "b", &mixed);
    invoke(&mut function, LOG_GROUP, "c", &events::timed_out_request("1f2e3d4c"));
    assert_eq!(endpoint.sum_of("AccessLogErrors", "ApiId", "orders"), 1.0);
    assert_eq!(endpoint.sum_of("Errors", "ApiId", "a1b2c3d4e5"), 1.0);
    // Delivered again, and in another batch, they stay as they are.
    invoke(
        &mut function,
        "/team/log",
        "d",
        &[delivered("forged0", "prod", "/", "x"), delivered("new", "prod", "/", "y")],
    );
    assert_eq!(["forged0", "new"].map(|api_id| endpoint.sum_of("Errors", "ApiId", api_id)), [2.0, 0.0]);
    assert_eq!(endpoint.refusals(), Vec::new());
}

#[test]
fn made_up_stages_push_out_no_stage_that_its_log_group_names_and_no_api_that_the_settings_name() {
    let endpoint = CloudWatch::start();
    let path = format!("{}/settings_stages.toml", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(
        &path,
        "[[api]]\nid = \"a1b2c3d4e5\"\nname = \"orders\"\n[[api]]\nid = \"b1b2c3d4e5\"\nname = \"pets\"\n",
    )
    .unwrap();
    let mut function = function(&endpoint, &[("WHY5XX_DIMENSION_SETS_LIMIT", "40"), ("WHY5XX_SETTINGS", &path)]);
    let forged: Vec<_> =
        (0..500).map(|n| delivered("a1b2c3d4e5", &format!("made-up-{n}"), "/", &n.to_string())).collect();
    invoke(&mut function, "/team/log", "a", &forged);
    assert_eq!(
        (endpoint.sum_of("Errors", "ApiId", "orders"), endpoint.sum_of("Errors", "ApiId", "other")),
        (500.0, 0.0)
    );
    // Neither the stage that its own log group names, nor another API, however its lines come.
    invoke(&mut function, LOG_GROUP, "b", &events::timed_out_request("1f2e3d4c"));
    assert_eq!(endpoint.sum_of("Errors", "Stage", "prod"), 1.0);
    invoke(&mut function, "/team/access", "c", &[access_line("b1b2c3d4e5", "live", "c")]);
    assert_eq!(endpoint.sum_of("AccessLogErrors", "Stage", "live"), 1.0);
    assert_eq!(function.own("OtherDimensions"), endpoint.sum_of("Errors", "Stage", "other"));
}

#[test]
fn routes_count_where_they_are_asked_for_and_are_capped() {
    for (variables, routes) in [
        (vec![], [0.0, 0.0, 0.0]),
        (vec![("WHY5XX_ROUTE_METRICS", "true")], [1.0, 1.0, 0.0]),
        (vec![("WHY5XX_ROUTE_METRICS", "true"), ("WHY5XX_ROUTES_LIMIT", "1")], [1.0, 0.0, 1.0]),
    ] {
        let endpoint = CloudWatch::start();
        let mut function = function(&endpoint, &variables);
        for (name, path) in [("1f2e3d4c", "/orders/{id}"), ("5a6b7c8d", "/pets")] {
            let mut lines = events::timed_out_request(name);
            lines.insert(1, format!("({name}) HTTP Method: GET, Resource Path: {path}"));
            invoke(&mut function, LOG_GROUP, name, &lines);
        }
        let sums = ["/orders/{id}", "/pets", "other"].map(|route| endpoint.sum_of("RouteErrors", "Route", route));
        assert_eq!((sums, function.own("OtherDimensions")), (routes, routes[2]), "{variables:?}");
        assert_eq!(endpoint.sum("Errors"), 2.0);
    }
}

/// In a log group of unknown kind only this proves columns of plain delivery: a line of an access log may begin with the others.
const STAGE_ARN: &str = "arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1b2c3d4e5/stages/prod";

#[test]
fn delivery_and_access_logs_have_the_route_on_every_line() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[("WHY5XX_ROUTE_METRICS", "true")]);
    let delivered = |payload: &str| {
        json!({"api_id": "a1b2c3d4e5", "stage": "prod", "resource_path": "/delivered", "payload": payload}).to_string()
    };
    let lines = [
        delivered("(1f2e3d4c) Execution failed due to a timeout error"),
        delivered("(1f2e3d4c) Method completed with status: 504"),
        format!("{STAGE_ARN} a1b2c3d4e5 prod /plain GET (5a6b7c8d) Execution failed due to a timeout error"),
    ];
    invoke(&mut function, "/team/delivery", "a", &lines);
    invoke(&mut function, "/team/access", "b", &[access_line("k1l2m3n4o5", "live", "9f8e7d6c")]);
    let routes = ["/delivered", "/plain", "/orders/{id}"];
    assert_eq!(routes.map(|route| endpoint.sum_of("RouteErrors", "Route", route)), [1.0; 3]);
}

#[test]
fn the_route_of_a_request_that_is_split_over_two_batches_is_not_lost() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[("WHY5XX_ROUTE_METRICS", "true")]);
    let first = "(1f2e3d4c) HTTP Method: GET, Resource Path: /orders".to_owned();
    let begun = "(1f2e3d4c) Endpoint request URI: https://orders.example.com/".to_owned();
    invoke(&mut function, LOG_GROUP, "a", &[first, begun]);
    invoke(&mut function, LOG_GROUP, "b", &["(1f2e3d4c) Execution failed due to a timeout error".to_owned()]);
    assert_eq!(endpoint.sum_of("RouteErrors", "Route", "/orders"), 1.0);
}

#[test]
fn an_api_that_both_kinds_of_log_report_is_counted_in_both() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[("WHY5XX_ROUTE_METRICS", "true")]);
    invoke(&mut function, LOG_GROUP, "a", &events::timed_out_request("1f2e3d4c"));
    assert_eq!(function.own("BothSources"), 0.0);
    invoke(&mut function, "/team/access", "b", &[access_line("a1b2c3d4e5", "prod", "1f2e3d4c")]);
    invoke(&mut function, "/team/access", "c", &[access_line("k1l2m3n4o5", "prod", "5a6b7c8d")]);
    assert_eq!((function.own("BothSources"), endpoint.sum("AccessLogErrors")), (1.0, 2.0));
    // The route of the API in both kinds of log is counted from its execution log alone, which has no route here.
    assert_eq!(endpoint.sum("RouteErrors"), 1.0);
    assert_eq!(endpoint.sum_of("RouteErrors", "ApiId", "a1b2c3d4e5"), 0.0);
}

#[test]
fn failures_in_logs_of_another_account_count_by_account_alone() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[("WHY5XX_ROUTE_METRICS", "true")]);
    let mut batch = events::batch(LOG_GROUP, "a", now_ms(), &events::timed_out_request("1f2e3d4c"));
    batch["owner"] = json!("111122223333");
    assert!(function.invoke(&events::payload(&batch)).is_success());
    let errors: Vec<_> = endpoint.accepted().into_iter().filter(|datum| datum.metric == "AccountErrors").collect();
    let dimensions = json!({
        "AccountId": "111122223333", "ApiId": "a1b2c3d4e5", "Stage": "prod", "Cause": "integration_timeout",
    });
    assert_eq!((errors.len(), json!(errors[0].dimensions)), (1, dimensions));
    for metric in ["Errors", "StageErrors", "RouteErrors"] {
        assert_eq!(endpoint.sum(metric), 0.0, "{metric}");
    }
}

#[test]
fn exemplars_are_at_most_five_a_cause_and_minute_across_invocations() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[]);
    let timestamp_ms = now_ms();
    for n in 0..8 {
        let name = format!("1f2e3d4{n}");
        let batch = events::batch(LOG_GROUP, &name, timestamp_ms, &events::timed_out_request(&name));
        assert!(function.invoke(&events::payload(&batch)).is_success());
    }
    assert_eq!((lines(&function, "exemplar").len(), endpoint.sum("Errors")), (5, 8.0));
}

#[test]
fn an_exemplar_says_where_to_look_and_nothing_that_a_client_wrote() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[]);
    let mut request = events::timed_out_request("1f2e3d4c");
    // The trace id comes behind the end of the request.
    request.push("(1f2e3d4c) X-ray Tracing ID : 1-5759e988-bd862e3fe1be46a994272793".to_owned());
    invoke(&mut function, LOG_GROUP, "a", &request);
    invoke(&mut function, "/team/access", "b", &[access_line("k1l2m3n4o5", "live", "not an id, but \u{fc} text")]);
    let id = "8a1f0c2e-0000-4000-8000-000000000001";
    let timed_out = [
        format!("START RequestId: {id} Version: $LATEST"),
        format!("2026-11-21T10:00:00.000Z {id} Task timed out after 3.00 seconds"),
        format!("END RequestId: {id}"),
        format!(
            "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t\
             Max Memory Used: 30 MB\tStatus: timeout\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\t\
             SegmentId: 0123456789abcdef\tSampled: true"
        ),
    ];
    invoke(&mut function, "/aws/lambda/orders", "c", &timed_out);

    let exemplars = lines(&function, "exemplar");
    let [execution, access, invocation] = &exemplars[..] else { panic!("{exemplars:?}") };
    for exemplar in [execution, access, invocation] {
        assert_eq!(exemplar["traceId"], "1-5759e988-bd862e3fe1be46a994272793", "{exemplar}");
        assert_eq!((&exemplar["accountId"], &exemplar["region"]), (&json!("123456789012"), &json!("eu-west-1")));
        assert_eq!(exemplar["logStream"], "0123456789abcdef0123456789abcdef");
        assert!(exemplar["eventTimestamp"].is_number());
    }
    let fields = |exemplar: &Value| {
        ["metric", "cause", "apiId", "stage", "status", "failedRequestId", "logGroup"]
            .map(|field| exemplar[field].clone())
    };
    let expected = [
        json!(["Errors", "integration_timeout", "a1b2c3d4e5", "prod", 504, "1f2e3d4c", LOG_GROUP]),
        json!(["AccessLogErrors", "integration_timeout", "k1l2m3n4o5", "live", 504, null, "/team/access"]),
        json!(["FunctionErrors", "lambda_timeout", null, null, null, id, "/aws/lambda/orders"]),
    ];
    assert_eq!([json!(fields(execution)), json!(fields(access)), json!(fields(invocation))], expected);
    assert_eq!(invocation["functionName"], "orders");
}

#[test]
fn an_unclassified_shape_is_written_once_an_invocation_and_holds_no_client_text() {
    let endpoint = CloudWatch::start();
    let mut function = function(&endpoint, &[]);
    let secret = events::SECRET;
    let lines_of = |n: usize| format!("(request-{n}) Execution failed: the moon {secret}={n} is not full");
    let messages: Vec<_> = (0..3).map(lines_of).collect();
    invoke(&mut function, LOG_GROUP, "a", &messages);
    let access = access_line("k1l2m3n4o5", "live", "5a6b7c8d").replace("Endpoint request timed out", "Moon not found");
    invoke(&mut function, "/team/access", "b", &[access]);
    invoke(
        &mut function,
        LOG_GROUP,
        "c",
        &["(9f8e7d6c) Gateway response type: DEFAULT_5XX with status code: 500".to_owned()],
    );
    let found = lines(&function, "unclassified");
    let mut text = String::new();
    for line in &found {
        let _ = writeln!(text, "{} {}", line["count"], line["shape"]);
        assert_eq!(line["fingerprint"].as_str().unwrap().len(), 16);
    }
    insta::assert_snapshot!(text, @r#"
    3 "execution failed the {} is not {}"
    1 "{} not found"
    1 "gateway response type {} with status code {}"
    "#);
    assert!(!function.written().contains(secret));
}

#[test]
fn replay_says_that_both_logs_must_not_be_added_up_and_what_was_folded() {
    let batches = [
        events::batch(LOG_GROUP, "a", now_ms(), &events::timed_out_request("1f2e3d4c")),
        events::batch("/team/access", "b", now_ms(), &[access_line("a1b2c3d4e5", "prod", "1f2e3d4c")]),
    ];
    let input: String = batches.iter().map(|batch| format!("{batch}\n")).collect();
    let text = String::from_utf8(command(&["replay"], input.as_bytes()).stdout).unwrap();
    assert!(text.contains("a1b2c3d4e5: seen in both logs: do not add them up"), "{text}");
}
