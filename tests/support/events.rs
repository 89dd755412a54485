//! Subscription events, made as CloudWatch Logs makes them.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A log group of execution logs.
pub const LOG_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

/// What stands in log messages. It must come out of the function nowhere.
pub const SECRET: &str = "planted-by-a-client";

/// The lines of one request that timed out, with client text in between.
pub fn timed_out_request(request_id: &str) -> Vec<String> {
    [
        format!("Extended Request Id: {SECRET}="),
        "Verifying Usage Plan for request".to_owned(),
        format!("Method request path: {{id={SECRET}}}"),
        format!("Method request body before transformations: {SECRET}"),
        "Execution failed due to a timeout error".to_owned(),
        "Method completed with status: 504".to_owned(),
    ]
    .map(|line| format!("({request_id}) {line}"))
    .to_vec()
}

/// The document of a batch. The ids of its events are made of `name`, so that each batch has its own.
pub fn batch(log_group: &str, name: &str, timestamp_ms: i64, messages: &[String]) -> Value {
    let events: Vec<_> = messages.iter().map(|message| (timestamp_ms, message.clone())).collect();
    batch_of(log_group, name, &events)
}

/// The same of log events that each have a time of their own.
pub fn batch_of(log_group: &str, name: &str, events: &[(i64, String)]) -> Value {
    let event = |(n, (timestamp_ms, message)): (usize, &(i64, String))| json!({"id": format!("{name}-{n:040}"), "timestamp": timestamp_ms, "message": message});
    json!({
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": log_group,
        "logStream": "0123456789abcdef0123456789abcdef",
        "subscriptionFilters": ["why5xx"],
        "logEvents": events.iter().enumerate().map(event).collect::<Vec<_>>(),
    })
}

/// The message that CloudWatch Logs sends to see whether somebody is there.
pub fn control_message(timestamp_ms: i64) -> Value {
    json!({
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": timestamp_ms, "message": "CWL CONTROL MESSAGE: Checking health."}],
    })
}

pub fn gzip(document: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(document).unwrap();
    encoder.finish().unwrap()
}

/// The payload around compressed data.
pub fn payload_of_gzip(gzip: &[u8]) -> Vec<u8> {
    payload_of_data(&STANDARD.encode(gzip))
}

/// The payload around what should be base64.
pub fn payload_of_data(data: &str) -> Vec<u8> {
    json!({"awslogs": {"data": data}}).to_string().into_bytes()
}

/// The payload of a batch.
pub fn payload(document: &Value) -> Vec<u8> {
    payload_of_gzip(&gzip(document.to_string().as_bytes()))
}
