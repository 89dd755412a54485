//! Subscription events, made as CloudWatch Logs makes them.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A log group of execution logs.
pub const LOG_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

/// Text in log messages. It must come out of the function nowhere.
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

/// Returns a batch of log events that each have a time of their own.
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

/// A Kinesis record with this data, as an event source mapping delivers it.
pub fn kinesis_record(sequence_number: &str, data: &[u8]) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "0123456789abcdef0123456789abcdef",
            "sequenceNumber": sequence_number,
            "data": STANDARD.encode(data),
            "approximateArrivalTimestamp": 1_767_225_600.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("shardId-000000000006:{sequence_number}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/why5xx",
        "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/api-logs",
    })
}

/// The nth sequence number of a shard.
pub fn sequence_number(n: usize) -> String {
    format!("4959033827149025660855969253836157109592157598913658{n:04}")
}

/// The event of a stream with these records, each the data of one.
pub fn kinesis_event(records: &[Vec<u8>]) -> Value {
    let record = |(n, data): (usize, &Vec<u8>)| kinesis_record(&sequence_number(n), data);
    json!({"Records": records.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// A batch as the data of a Kinesis record.
pub fn record_data(document: &Value) -> Vec<u8> {
    gzip(document.to_string().as_bytes())
}

/// The event of a queue with these messages: id and body.
pub fn sqs_event(messages: &[(&str, String)]) -> Value {
    let message = |(id, body): &(&str, String)| {
        json!({
            "messageId": id,
            "receiptHandle": "AQEBexample",
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1767225600123",
                "SenderId": "AROAEXAMPLE:awslambda",
                "ApproximateFirstReceiveTimestamp": "1767225600124",
            },
            "messageAttributes": {},
            "md5OfBody": "00000000000000000000000000000000",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:failed-events",
            "awsRegion": "eu-west-1",
        })
    };
    json!({"Records": messages.iter().map(message).collect::<Vec<_>>()})
}

/// Returns the record that Lambda's on-failure destination gets of an event that failed three times.
pub fn on_failure_record(payload: &[u8]) -> String {
    let payload: Value = serde_json::from_slice(payload).unwrap();
    json!({
        "version": "1.0",
        "timestamp": "2026-01-01T00:00:00.123Z",
        "requestContext": {
            "requestId": "00000000-0000-4000-8000-000000000001",
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:why5xx:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "PublishThrottled", "errorMessage": "CloudWatch throttles"},
    })
    .to_string()
}
