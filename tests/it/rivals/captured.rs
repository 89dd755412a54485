//! The captured events of `events/` whose lines stand in log groups as they are, and what is known of each failure.
//!
//! Left out: output of the console's Test button and lines behind a prefix, which no log group holds.

use std::fs;
use std::path::Path;

use regex::Regex;
use why5xx::decode::{Limits, subscription_event};

use super::measure::{Line, Truth};
use crate::simulation::world::{Batch, Event};

pub(crate) const EXECUTION: &[&str] = &[
    "execution_log_info_level.json",
    "execution_log_error_level.json",
    "execution_log_delivery_json.json",
    "authorizer_failure.json",
    "websocket_execution_log.json",
];

pub(crate) const ACCESS: &[&str] =
    &["access_log_http_api.json", "access_log_rest_api_clf.json", "access_log_websocket_api.json"];

/// The failed requests of these events by the beginning of their ids, as a reader of the lines finds them.
const FAILURES: &[(&str, &str)] = &[
    ("00000007-", "integration_timeout"),
    ("00000008-", "lambda_unhandled_error"),
    ("00000009-", "lambda_throttled"),
    ("0000000a-", "lambda_malformed_response"),
    ("0000000b-", "backend_unresolvable"),
    ("0000000c-", "backend_error_response"),
    ("00000064-", "lambda_permission"),
    ("00000065-", "lambda_permission"),
    ("00000066-", "lambda_permission"),
    ("00000067-", "lambda_permission"),
    ("0000006e-", "vpc_link_transient"),
    ("00000078-", "authorizer_error"),
    ("00000082-", "tls_untrusted_chain"),
    ("00000083-", "response_status_mapping"),
    ("QaB1CdE2gAMFhiJ=", "lambda_permission"),
    ("IWeT003", "lambda_permission"),
    ("IWeT004", "backend_connection_failed"),
    ("IWeT005", "backend_error_response"),
    ("IWeT006", "lambda_timeout"),
    ("JXfU002", "integration_timeout"),
    // Its format has no reason, and that is the right answer.
    ("00000097-", "reason_not_logged"),
];

/// Returns the truth, the lines and the batches of these events.
pub(crate) fn log(names: &[&str]) -> (Truth, Vec<Line>, Vec<Batch>) {
    let id =
        Regex::new(r#"^\(([^)]+)\) |"payload": "\(([^)]+)\) |"requestId": "([^"]+)"| (\S+)$"#).expect("an expression");
    let mut lines = Vec::new();
    let mut batches = Vec::new();
    for name in names {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("events").join(name);
        let payload = fs::read(path).expect("a captured event");
        let mut events = Vec::new();
        let decoded = subscription_event(&payload, &Limits::default(), &mut |_, event| {
            let message = event.message.text().into_owned();
            let found = id.captures(&message).expect("a line has its request");
            let request = found.iter().skip(1).flatten().next().expect("an id").as_str().to_owned();
            lines.push(Line { request, message: message.clone() });
            events.push(Event {
                id: String::from_utf8_lossy(event.id).into_owned(),
                timestamp_ms: event.timestamp_ms,
                message,
            });
        });
        batches.push(Batch { header: decoded.expect("a batch").header, events });
    }
    let truth = lines.iter().filter_map(|line| {
        let known = FAILURES.iter().find(|(begins, _)| line.request.starts_with(begins));
        known.map(|(_, cause)| (line.request.clone(), *cause))
    });
    (truth.collect(), lines, batches)
}
