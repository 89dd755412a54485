//! A healthy day: thousands of log events of every kind, full of alarming words and of numbers from 500 to 599, and
//! nothing may be raised.

use std::sync::Arc;

use serde_json::{Value, json};
use why5xx::cause::Table;
use why5xx::decode::BatchHeader;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::settings::Settings;

use crate::simulation::random::Random;
use crate::simulation::request::{Level, Words, Writer};
use crate::simulation::run::count;
use crate::simulation::world::{Batch, Chain, Event, Form, PLACES, parts};
use crate::support::command::command;

/// Requests, invocations or flows of each kind of log.
const OF_EACH_KIND: usize = 250;

/// A log, and a line that must be raised, to show that the log around it is read.
pub(crate) struct Log {
    pub(crate) batch: Batch,
    failure: String,
}

fn log(log_group: &str, messages: Vec<String>, failure: impl Into<String>) -> Log {
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "111122223333".to_owned(),
        log_group: log_group.to_owned(),
        log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
        ..BatchHeader::default()
    };
    let event = |(number, message)| Event {
        id: format!("{number:056}"),
        timestamp_ms: 1_781_000_000_000 + number as i64 * 37,
        message,
    };
    let events = messages.into_iter().enumerate().map(event).collect();
    Log { batch: Batch { header, events }, failure: failure.into() }
}

/// Healthy and refused requests, with the gateway's own failure sentences in what clients wrote.
fn execution_logs(random: &mut Random) -> Vec<Log> {
    let words = Words::default();
    let forms = [Form::Text, Form::Json(&["api_id", "stage", "resource_path"]), Form::Plain(" ")];
    let mut logs = Vec::new();
    for form in forms {
        let chains: Vec<Chain> = (0..OF_EACH_KIND)
            .map(|number| {
                let id = random.uuid();
                let writer = Writer::new(random, &id, &words);
                let request = if number % 4 == 0 { writer.refused() } else { writer.healthy() };
                let counts = vec![request.counts];
                Chain { place: PLACES[0], id, lines: request.lines, counts, overlaps: false }
            })
            .collect();
        for (header, parts) in parts(&chains, Level::Trace, form, 40, random) {
            let failure = format!("({}) Execution failed due to a timeout error", random.uuid());
            let failure = match form {
                Form::Json(_) => json!({"payload": failure}).to_string(),
                _ => failure,
            };
            logs.push(Log { batch: Batch { header, events: parts.concat() }, failure });
        }
    }
    logs
}

/// Statuses of requests that did not fail, with what API Gateway says of those that it refused.
const FINE: &[(u16, &str, &str)] = &[
    (200, "-", "-"),
    (200, "-", "-"),
    (204, "-", "-"),
    (301, "-", "-"),
    (404, "-", "-"),
    (499, "-", "-"),
    (400, "Invalid request body", "BAD_REQUEST_BODY"),
    (401, "Unauthorized", "UNAUTHORIZED"),
    (403, "User is not authorized to access this resource with an explicit deny", "ACCESS_DENIED"),
    (403, "Forbidden", "WAF_FILTERED"),
    (403, "Missing Authentication Token", "MISSING_AUTHENTICATION_TOKEN"),
    (413, "Request Too Long", "REQUEST_TOO_LARGE"),
    (429, "Too Many Requests", "THROTTLED"),
    (429, "Limit Exceeded", "QUOTA_EXCEEDED"),
];

/// User agents and paths of ordinary clients, alarming to those who search for words.
const AGENTS: &[&str] = &["Mozilla/5.0 (X11; Linux x86_64)", "error-monitor/5.03", "curl/8.5.0", "status 502 checker"];

/// Writes an access-log line with this status, error message and response type.
type Format = fn(&mut Random, u16, &str, &str) -> String;

fn access_logs(random: &mut Random) -> Vec<Log> {
    let formats: [(&str, Format); 8] = [
        ("/shop/access-json", json_line),
        ("/shop/access-numbers", line_with_numbers),
        ("/shop/access-nested", nested_line),
        ("/aws/apigateway/http-api-access", http_api_line),
        ("/shop/access-clf", clf_line),
        ("/shop/access-csv", csv_line),
        ("/shop/access-xml", xml_line),
        ("/shop/access-keyed", keyed_line),
    ];
    let mut logs = Vec::new();
    for (log_group, line) in formats {
        let messages = (0..OF_EACH_KIND).map(|_| {
            let (status, message, response_type) = *random.pick(FINE);
            line(random, status, message, response_type)
        });
        let messages = messages.collect();
        let failure = line(random, 504, "Endpoint request timed out", "INTEGRATION_TIMEOUT");
        logs.push(log(log_group, messages, failure));
    }
    logs
}

/// A latency or a size that looks like a status.
fn alarming(random: &mut Random) -> u16 {
    500 + random.below(100) as u16
}

fn json_line(random: &mut Random, status: u16, message: &str, response_type: &str) -> String {
    let (latency, length) = (alarming(random).to_string(), alarming(random).to_string());
    json!({
        "requestId": random.uuid(), "ip": "203.0.113.7", "requestTime": "04/May/2024:17:48:21 +0000",
        "httpMethod": "GET", "resourcePath": "/errors/{id}", "path": "/errors/503", "userAgent": random.pick(AGENTS),
        "status": status.to_string(), "responseLength": length, "responseLatency": latency,
        "integrationLatency": latency, "integrationStatus": "200", "errorMessage": message,
        "errorResponseType": response_type, "apiId": "a1b2c3d4e5", "stage": "prod",
    })
    .to_string()
}

fn line_with_numbers(random: &mut Random, status: u16, message: &str, _: &str) -> String {
    let (latency, length) = (alarming(random), alarming(random));
    format!(
        "{{ \"requestId\":\"{}\", \"status\":{status}, \"responseLength\":{length}, \"latency\":{latency}, \"error\":\"{message}\", \"stage\":\"prod\" }}",
        random.uuid()
    )
}

fn nested_line(random: &mut Random, status: u16, message: &str, response_type: &str) -> String {
    json!({
        "context": {"requestId": random.uuid(), "status": status.to_string(), "responseLength": alarming(random).to_string()},
        "error": {"message": message, "responseType": response_type},
        "integration": {"integrationStatus": "200", "latency": alarming(random).to_string(), "error": "-"},
        "waf": {"error": "-"},
    })
    .to_string()
}

fn http_api_line(random: &mut Random, status: u16, message: &str, _: &str) -> String {
    json!({
        "requestId": random.hex(15), "routeKey": "GET /orders/{id}", "status": status.to_string(), "protocol": "HTTP/1.1",
        "responseLength": alarming(random).to_string(), "integrationErrorMessage": "-", "errorMessage": message,
        "integrationLatency": alarming(random).to_string(),
    })
    .to_string()
}

fn clf_line(random: &mut Random, status: u16, _: &str, _: &str) -> String {
    let (length, id) = (alarming(random), random.uuid());
    format!("203.0.113.7 - - [04/May/2024:17:48:21 +0000] \"GET /errors/502 HTTP/1.1\" {status} {length} {id}")
}

fn csv_line(random: &mut Random, status: u16, _: &str, _: &str) -> String {
    let (length, id) = (alarming(random), random.uuid());
    format!("203.0.113.7,-,-,04/May/2024:17:48:21 +0000,GET,/errors/502,HTTP/1.1,{status},{length},{id}")
}

fn xml_line(random: &mut Random, status: u16, _: &str, _: &str) -> String {
    let (length, id) = (alarming(random), random.uuid());
    format!(
        "<request id=\"{id}\"> <ip>203.0.113.7</ip> <caller>-</caller> <user>-</user> <requestTime>04/May/2024:17:48:21 +0000</requestTime> <httpMethod>GET</httpMethod> <resourcePath>/errors/502</resourcePath> <status>{status}</status> <protocol>HTTP/1.1</protocol> <responseLength>{length}</responseLength> </request>"
    )
}

fn keyed_line(random: &mut Random, status: u16, _: &str, _: &str) -> String {
    let (length, latency, id) = (alarming(random), alarming(random), random.uuid());
    format!(
        "requestId: {id}, ip: 203.0.113.7, httpMethod: GET, status: {status}, responseLength: {length}, responseLatency: {latency}"
    )
}

/// Lines that functions log of errors that they have handled. `{id}` is the request id.
const HANDLED: &[&str] = &[
    "2024-05-04T17:48:21.117Z\t{id}\tERROR\tupstream answered 502, trying again",
    "2024-05-04T17:48:21.117Z\t{id}\tERROR\tconnect ECONNREFUSED 10.0.31.44:6379, going on without the cache",
    "2024-05-04T17:48:21.117Z\t{id}\tWARN\tThrottlingException, trying again in 200 ms",
    "2024-05-04T17:48:21.117Z\t{id}\tINFO\tTask timed out after 3.00 seconds is what the partner says; second try",
    "2024-05-04T17:48:21.117Z\t{id}\tERROR\tError: no such order\n    at find (/var/task/orders.js:17:11)\n    at async handler (/var/task/index.js:5:3)",
    "[ERROR]\t2024-05-04T17:48:21.117Z\t{id}\tpayment refused: status code 503",
    "[ERROR]\t2024-05-04T17:48:21.117Z\t{id}\tcould not read the cache\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 9, in handler\n    cache.get(key)\nTimeoutError: timed out",
    "[WARNING]\t2024-05-04T17:48:21.117Z\t{id}\tAccessDenied for the archive, serving the copy",
    "[INFO]\t2024-05-04T17:48:21.117Z\t{id}\terrors today: 503, failed: 502, out of memory: 0",
    "2024-05-04 17:48:21 {id} ERROR OrderService - trying again: java.net.SocketTimeoutException: Read timed out\n\tat java.base/java.net.SocketInputStream.read(Unknown Source)",
    "{\"timestamp\":\"2024-05-04T17:48:21.117Z\",\"level\":\"ERROR\",\"requestId\":\"{id}\",\"message\":\"upstream answered 503, trying again\"}",
    "{\"level\":\"ERROR\",\"location\":\"handler:12\",\"message\":\"caught\",\"timestamp\":\"2024-05-04 17:48:21,117+0000\",\"service\":\"orders\",\"exception\":\"Traceback (most recent call last):\\n  File \\\"/var/task/app.py\\\"\\nClientError: An error occurred (ThrottlingException)\",\"exception_name\":\"ClientError\"}",
    "{\"statusCode\":502,\"body\":\"upstream failed\",\"note\":\"what the partner answered\"}",
    "2024/05/04 17:48:21 recovered from panic: runtime error: index out of range [5] with length 3",
    "warn: Orders.Function[0] Retry 2 of 3 after System.Net.Http.HttpRequestException: Connection refused",
];

fn invocation(random: &mut Random) -> Vec<String> {
    let id = random.uuid();
    let mut lines = vec![format!("START RequestId: {id} Version: $LATEST")];
    for _ in 0..random.below(4) {
        lines.push(random.pick(HANDLED).replace("{id}", &id));
    }
    let duration = alarming(random);
    lines.push(format!("END RequestId: {id}"));
    lines.push(format!("REPORT RequestId: {id}\tDuration: {duration}.02 ms\tBilled Duration: {duration} ms\tMemory Size: 512 MB\tMax Memory Used: 512 MB\t"));
    lines
}

fn invocation_in_json(random: &mut Random) -> Vec<String> {
    let id = random.uuid();
    let event = |kind: &str, record: Value| {
        json!({"time": "2024-05-04T17:48:21.117Z", "type": format!("platform.{kind}"), "record": record}).to_string()
    };
    let line = json!({"timestamp": "2024-05-04T17:48:21.117Z", "level": "ERROR", "requestId": id, "message": {"errorType": "UpstreamError", "errorMessage": "502, trying again"}});
    vec![
        event("start", json!({"requestId": id, "version": "$LATEST"})),
        line.to_string(),
        event(
            "runtimeDone",
            json!({"requestId": id, "status": "success", "metrics": {"durationMs": 503.1, "producedBytes": 502}}),
        ),
        event(
            "report",
            json!({"requestId": id, "status": "success", "metrics": {"durationMs": 503.1, "memorySizeMB": 512, "maxMemoryUsedMB": 512}}),
        ),
    ]
}

fn lambda_logs(random: &mut Random) -> Vec<Log> {
    let text = (0..OF_EACH_KIND).flat_map(|nth| {
        let mut lines = invocation(random);
        if nth % 50 == 0 {
            // A start that ran out of time, was tried again and then went well.
            lines.insert(
                0,
                "INIT_START Runtime Version: python:3.12.v29\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0"
                    .to_owned(),
            );
            lines.insert(1, "INIT_REPORT Init Duration: 9999.81 ms\tPhase: init\tStatus: timeout".to_owned());
        }
        lines
    });
    let text = text.collect();
    let in_json = (0..OF_EACH_KIND).flat_map(|_| invocation_in_json(random)).collect();
    let id = random.uuid();
    let timed_out = format!("REPORT RequestId: {id}\tDuration: 3000.00 ms\tMemory Size: 512 MB\tStatus: timeout");
    let failed = json!({"time": "2024-05-04T17:48:21.117Z", "type": "platform.report", "record": {"requestId": id, "status": "timeout"}});
    vec![log("/aws/lambda/orders", text, timed_out), log("/aws/lambda/orders-json", in_json, failed.to_string())]
}

fn flow_logs(random: &mut Random) -> Vec<Log> {
    let record = |random: &mut Random, action: &str| {
        let (port, bytes) = (alarming(random), alarming(random));
        format!(
            "2 111122223333 eni-0a1b2c3d 10.0.1.5 10.0.2.7 {port} 443 6 10 {bytes} 1700000000 1700000060 {action} OK"
        )
    };
    let no_data = "2 111122223333 eni-0a1b2c3d - - - - - - - 1700000000 1700000060 - NODATA".to_owned();
    let mut messages: Vec<String> = (0..OF_EACH_KIND).map(|_| record(random, "ACCEPT")).collect();
    messages.extend([no_data.clone(), no_data.replace("NODATA", "SKIPDATA")]);
    let failure = record(random, "REJECT");
    vec![log("/vpc/flow", messages, failure)]
}

/// The healthy day.
pub(crate) fn logs() -> Vec<Log> {
    let mut random = Random::new(500);
    let random = &mut random;
    [execution_logs(random), access_logs(random), lambda_logs(random), flow_logs(random)]
        .into_iter()
        .flatten()
        .collect()
}

fn counted(batch: &Batch) -> Counted {
    count(&mut Pipeline::new(Arc::new(Settings::default()), Table::default()), batch)
}

#[test]
fn a_healthy_log_raises_nothing() {
    let logs = logs();
    let events: usize = logs.iter().map(|log| log.batch.events.len()).sum();
    assert!(events >= 5_000, "only {events} log events");
    for Log { batch, .. } in logs {
        let counted = counted(&batch);
        let raised: Vec<_> = counted.tally.counts().collect();
        assert!(raised.is_empty(), "{}: {raised:?}", batch.header.log_group);
        assert!(counted.shapes.is_empty() && counted.exemplars.is_empty(), "{}", batch.header.log_group);
        assert_eq!(counted.ambiguous_lines, 0, "{}", batch.header.log_group);
        assert_eq!(counted.understood.not_understood, 0, "{}", batch.header.log_group);
    }
}

#[test]
fn one_failure_in_a_healthy_log_is_raised() {
    for Log { mut batch, failure } in logs() {
        let last = batch.events.len();
        let timestamp_ms = batch.events[last - 1].timestamp_ms;
        batch.events.push(Event { id: format!("{last:056}-failure"), timestamp_ms, message: failure });
        let raised: u64 = counted(&batch).tally.counts().map(|(_, count)| count).sum();
        assert_eq!(raised, 1, "{}", batch.header.log_group);
    }
}

#[test]
fn the_command_says_that_nothing_is_wrong() {
    let input: String = logs().iter().map(|log| format!("{}\n", log.batch.payload())).collect();
    let output = command(&["replay", "--json"], input.as_bytes());
    let document: Value = serde_json::from_slice(&output.stdout).expect("the command prints JSON");
    assert_eq!(document["errors"], 0, "{}", document["counts"]);
    assert_eq!(document["counts"], json!([]));
    assert_eq!(document["unclassified"], json!([]));
    assert_eq!(output.status.code(), Some(0));
}
