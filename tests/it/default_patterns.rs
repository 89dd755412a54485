//! The template's default filter patterns against the real pipeline: what they leave out changes no count.

use std::sync::Arc;

use crate::support::count::count_events;
use crate::support::filter_pattern::{Pattern, default_pattern_of};
use crate::support::log_group_of;
use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::log_kind::LogKind;
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

fn pattern(kind: &str) -> Pattern {
    Pattern::parse(&default_pattern_of(kind)).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

/// Causes and numbers of the failures in these lines.
fn counts(log_group: &str, lines: &[&str]) -> Vec<(&'static str, Option<u16>, u64)> {
    let header = BatchHeader { log_group: log_group.into(), ..BatchHeader::default() };
    let events = lines.iter().map(|line| LogEvent {
        id: b"",
        timestamp_ms: 1_781_000_000_000,
        message: Message::plain(line.as_bytes()),
    });
    let pipeline = Pipeline::new(Arc::new(Settings::default()), Table::default());
    let counted = count_events(&pipeline, &header, events);
    counted.tally.counts().map(|(key, count)| (key.cause, key.status, count)).collect()
}

/// The one thing that is known to be lost: that a request with a failure line succeeded after all. Its completion is a line
/// of every request, and to have them all costs more than a rare count too many.
fn succeeds_after_all(lines: &[&str]) -> bool {
    lines
        .iter()
        .any(|line| ["status: 2", "status: 3"].iter().any(|end| line.contains(&format!("completed with {end}"))))
}

#[test]
fn what_the_default_patterns_leave_out_changes_no_example() {
    let table = Table::default();
    for log in LogKind::ALL {
        let (kind, log_group) = (log.parameter(), log_group_of(log));
        let pattern = pattern(kind);
        let mut counted = 0;
        let mut changed = Vec::new();
        for cause in table.iter() {
            for example in cause.examples().iter().chain(cause.near_misses()).filter(|example| example.log == log) {
                let kept: Vec<&str> = example.lines.iter().copied().filter(|line| pattern.matches(line)).collect();
                let (all, filtered) = (counts(log_group, example.lines), counts(log_group, &kept));
                counted += all.len();
                if all != filtered && !succeeds_after_all(example.lines) {
                    changed.push(format!("{}: {all:?} became {filtered:?}: {:#?}", cause.id, example.lines));
                }
            }
        }
        assert!(counted > 0, "{kind}: no example counts");
        assert!(changed.is_empty(), "{kind}: {}", changed.join("\n"));
    }
}

#[test]
fn calls_of_aws_services_in_all_partitions_are_kept_and_those_of_lambda_and_of_backends_are_not() {
    let pattern = pattern("Execution");
    let kept = |host: &str| pattern.matches(&format!("(5f1c) Sending request to https://{host}/orders"));
    let regions = [
        "eu-west-1.amazonaws.com",
        "cn-north-1.amazonaws.com.cn",
        "eusc-de-east-1.amazonaws.eu",
        "eu-west-1.api.aws",
        "us-iso-east-1.c2s.ic.gov",
        "us-isob-east-1.sc2s.sgov.gov",
        "us-isof-south-1.csp.hci.ic.gov",
        "eu-isoe-west-1.cloud.adc-e.uk",
    ];
    for region in regions {
        for service in ["sqs", "dynamodb", "states", "events", "kinesis", "s3"] {
            assert!(kept(&format!("{service}.{region}")), "left out: {service}.{region}");
        }
        assert!(!kept(&format!("lambda.{region}")), "kept: lambda.{region}");
    }
    for host in ["orders.example.com", "api.example.com", "c2s.example.com", "orders.internal"] {
        assert!(!kept(host), "kept: {host}");
    }
}

/// Formats of access logs, with `STATUS` where the status stands.
const ACCESS_FORMATS: &[&str] = &[
    r#"{"requestId":"0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0","requestTime":"21/Nov/2026:10:00:00 +0000","status":"STATUS","responseLength":"36"}"#,
    r#"{"requestTime":"21/Nov/2026:10:00:00 +0000","status":STATUS,"responseLatency":31}"#,
    r#"{"requestTime":"21/Nov/2026:10:00:00 +0000", "status": STATUS }"#,
    r#"{"requestTime":"21/Nov/2026:10:00:00 +0000","status": "STATUS"}"#,
    r#"{"requestTime":"\"21/Nov/2026:10:00:00 +0000\"","requestId":"\"abc=\"","status":"\"STATUS\""}"#,
    r#"{"context":{"requestId":"abc=","requestTime":"21/Nov/2026:10:00:00 +0000","status":"STATUS","integration":{"error":"-"}}}"#,
    "{\n  \"requestId\": \"abc=\",\n  \"requestTime\": \"21/Nov/2026:10:00:00 +0000\",\n  \"status\":\n\"STATUS\"\n}",
    "192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] \"GET /orders HTTP/1.1\" STATUS 36 0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0",
    "192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] \"GET GET /orders HTTP/1.1\" STATUS 35 AZzecgvEPHcEPew= AZzecgvEPHcEPew=",
    "192.0.2.7,-,-,21/Nov/2026:10:00:00 +0000,GET,/orders,HTTP/1.1,STATUS,36,0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0",
    "<request id=\"abc=\"> <ip>192.0.2.7</ip> <requestTime>21/Nov/2026:10:00:00 +0000</requestTime> <httpMethod>GET</httpMethod> <resourcePath>/orders</resourcePath> <status>STATUS</status> <protocol>HTTP/1.1</protocol> <responseLength>36</responseLength> </request>",
    "requestId: 0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0, ip: 192.0.2.7, caller: -, user: -, requestTime: 21/Nov/2026:10:00:00 +0000, httpMethod: GET, resourcePath: /orders, status: STATUS, protocol: HTTP/1.1, responseLength: 36",
];

#[test]
fn no_server_error_of_an_access_log_is_left_out() {
    let pattern = pattern("Access");
    for format in ACCESS_FORMATS {
        for status in 500..600 {
            let line = format.replace("STATUS", &status.to_string());
            assert_eq!(counts("/orders/access", &[&line]).len(), 1, "it does not count: {line}");
            assert!(pattern.matches(&line), "left out: {line}");
        }
    }
}

#[test]
fn healthy_lines_of_an_access_log_are_left_out() {
    let pattern = pattern("Access");
    for format in ACCESS_FORMATS {
        for status in ["200", "304", "429", "-"] {
            let line = format.replace("STATUS", status);
            assert!(!pattern.matches(&line), "kept: {line}");
        }
    }
    // Numbers that are no status: addresses, latencies with a fraction, longer numbers, parts of ids.
    for line in ["10.500.2.503", "\"latency\":\"502.5\"", "15021", "5023", "a502b", "r-502-x", "_503_"] {
        assert!(!pattern.matches(line), "kept: {line}");
    }
}

/// Lines of functions' logs that prove or disprove a failure, beside the examples of the table.
const FUNCTION_LINES: &[&str] = &[
    "REPORT RequestId: 3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d\tDuration: 3.1 ms\tBilled Duration: 4 ms\t",
    "RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout",
    "EXTENSION\tName: telemetry\tState: LaunchError\tEvents: []\tError Type: Extension.LaunchError",
    r#"{"time":"2026-11-21T10:00:00.000Z","type":"platform.report","record":{"requestId":"3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d","status":"success"}}"#,
    r#"{"time":"2026-11-21T10:00:00.000Z","type":"platform.runtimeDone","record":{"requestId":"3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d","status":"timeout"}}"#,
    r#"{"time":"2026-11-21T10:00:00.000Z","type":"platform.fault","record":"RequestId: 3b0c Process exited before completing request"}"#,
    "2026-11-21T10:00:03.000Z 3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d Task timed out after 3.00 seconds",
    "module initialization error: x",
    "Unable to import module 'app': No module named 'pg'",
    "Syntax error in module 'app'",
    "Bad handler 'app': not enough values to unpack",
    "Class not found: shop.Orders",
    "No public method named handle on class shop.Orders",
    "Unable to load type 'Shop.Orders' from assembly 'Shop'.",
    "Could not find the specified handler assembly with the file name 'Shop'.",
    "An exception was thrown when the constructor for type 'Shop.Orders' was invoked.",
    "Runtime API Server failed to listen",
    "Handler 'app' missing on module 'app'",
    "Critical exception from handler",
    "terminate called after throwing an instance of 'std::length_error'",
    "panic: runtime error: index out of range",
    "fatal runtime error: stack overflow",
    "memory allocation of 4096 bytes failed",
    "thread 'main' panicked at src/main.rs:7:5:",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "[FATAL] failed to allocate memory",
    "fork/exec /var/task/bootstrap: exec format error",
    "RequestId: 3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
    "Node.js process exited with code: 1",
    "[ERROR] [1714844901070] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.",
    "Failed to post handler success response. Http response code: 413.",
    // Errors whose types have other names.
    "no stock: shop.Gone\nshop.Gone: no stock\n\tat shop.Orders.handle(Orders.java:7)",
    "no stock: shop.Gone\nshop.Gone: no stock\n\tat shop.Orders.handle(Orders.kt:7)",
    "no stock: shop.Gone\nshop.Gone: no stock\n\tat shop.Orders.handle(Orders.scala:7)",
    "no stock: shop.Gone\nshop.Gone: no stock\n\tat shop.Orders.handle(Orders.groovy:7)",
    "no stock: shop.Gone\nshop.Gone: no stock\n\tat shop.orders$handle.invoke(orders.clj:7)",
    "no stock: a.b\na.b: no stock\n\tat a.c.d(SourceFile:7)",
    "no stock: a.b\na.b: no stock\n\tat a.c.d(Unknown Source)",
    "#\n# There is insufficient memory for the Java Runtime Environment to continue.",
    "Fatal process out of memory: Zone",
    "2026-11-21T10:00:00.000Z\t3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d\tfail\tShop.Gone: 7\n   at Amazon.Lambda.RuntimeSupport.HandlerWrapper.Invoke()",
    "Unknown application error occurred\nFunction<Gone>",
];

#[test]
fn lines_of_functions_that_prove_or_disprove_a_failure_are_kept() {
    let pattern = pattern("Function");
    for line in FUNCTION_LINES {
        assert!(pattern.matches(line), "left out: {line}");
    }
}

#[test]
fn what_a_function_prints_of_its_work_is_left_out() {
    let pattern = pattern("Function");
    for line in [
        "2026-11-21T10:00:00.000Z\t3b0c2c8e-52f2-4a4b-8d0e-6f1f2a3b4c5d\tINFO\torder 7 stored",
        r#"{"level":"INFO","message":"order stored","order":7}"#,
        "INIT_START Runtime Version: nodejs:22.v9\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0a1b",
    ] {
        assert!(!pattern.matches(line), "kept: {line}");
    }
}

/// The default patterns of 0.1.0.
const FORMER: &[(&str, &str)] = &[
    (
        "Execution",
        r"%[Ff]ailed|[Ee]rror|Exception|completed\swith\sstatus:\s[45]|[Gg]ateway\sresponse\stype|response\.\sStatus:\s[45]|[Aa]uthorizer[:\s]|__type|authorized\sto\sperform|[Uu]nable\sto|[Cc]ould\snot|:/invocations|request\sto\shttps://[a-km-z][a-z0-9-]*\.[a-z0-9-]+\.amazonaws\.com%",
    ),
    (
        "Access",
        r"%[^0-9A-Za-z\._-]5[0-9][0-9][^0-9A-Za-z\._-]|[^0-9A-Za-z\._-]5[0-9][0-9]$|^5[0-9][0-9][^0-9A-Za-z\._-]%",
    ),
    (
        "Function",
        r"%RequestId:|platform\.|_REPORT|rror|ERROR|xception|[Ff]ail|FATAL|timed\sout|[Mm]emory|LAMBDA_RUNTIME|panic|process\sexited|Class\snot\sfound|Handler\s|Unable\sto|Bad\shandler|No\spublic\smethod|fork/exec|terminate\scalled|Could\snot\sfind%",
    ),
    ("Flow", "REJECT"),
];

#[test]
fn healthy_traffic_costs_at_most_a_tenth_more_log_events_than_under_the_patterns_of_0_1_0() {
    let logs = crate::healthy::logs();
    for (kind, former) in FORMER {
        let is_of_kind = |group: &str| match *kind {
            "Function" => group.starts_with("/aws/lambda/"),
            "Flow" => group.starts_with("/vpc/"),
            "Access" => group.contains("access"),
            _ => !["access", "/aws/lambda/", "/vpc/"].iter().any(|name| group.contains(name)),
        };
        let of_kind = logs.iter().filter(|log| is_of_kind(&log.batch.header.log_group));
        let messages: Vec<&str> =
            of_kind.flat_map(|log| &log.batch.events).map(|event| event.message.as_str()).collect();
        let admitted = |pattern: &Pattern| messages.iter().filter(|message| pattern.matches(message)).count();
        let (before, now) = (admitted(&Pattern::parse(former).expect("a pattern")), admitted(&pattern(kind)));
        assert!(messages.len() > 200, "{kind}: hardly any log event");
        assert!(now * 10 <= before * 11, "{kind}: {now} of {} log events instead of {before}", messages.len());
    }
}

#[test]
fn rejected_records_of_a_flow_log_are_kept_and_no_others() {
    let pattern = pattern("Flow");
    let record = "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 ACTION OK";
    assert!(pattern.matches(&record.replace("ACTION", "REJECT")));
    assert!(pattern.matches("REJECT"));
    assert!(!pattern.matches(&record.replace("ACTION", "ACCEPT")));
}
