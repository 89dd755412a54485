//! Batches as nobody expects them, through the real program: what departs from CloudWatch Logs' own writing is accepted
//! where it can be read, and an event that cannot be read leaves the others unharmed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::Function;

/// The document of a batch with one failed request.
fn document(name: &str) -> Value {
    events::batch(LOG_GROUP, name, now_ms(), &events::timed_out_request(name))
}

/// The payload of a document that is at hand as bytes.
fn payload(document: &[u8]) -> Vec<u8> {
    events::payload_of_gzip(&events::gzip(document))
}

/// The document of a batch with its fields in this order.
fn in_order(document: &Value, keys: [&str; 6]) -> String {
    let fields: Vec<_> = keys.iter().map(|key| format!("{}:{}", json!(key), document[key])).collect();
    format!("{{{}}}", fields.join(","))
}

#[test]
fn what_departs_from_the_usual_form_of_a_batch_is_read_all_the_same() {
    let with = |name: &str, change: fn(&mut Value)| {
        let mut document = document(name);
        change(&mut document);
        events::payload(&document)
    };
    let plain = |name: &str| document(name).to_string().into_bytes();
    let events_first = ["logEvents", "subscriptionFilters", "logStream", "logGroup", "owner", "messageType"];
    let events_last = ["messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "logEvents"];
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("unknown fields", with("unknown", |batch| batch["policyLevel"] = json!({"a": [1, null]}))),
        ("unknown fields of an event", with("fields", |batch| batch["logEvents"][1]["extractedFields"] = json!({}))),
        (
            "no subscription filters",
            with("filters", |batch| drop(batch.as_object_mut().unwrap().remove("subscriptionFilters"))),
        ),
        (
            "events without an id",
            with("ids", |batch| {
                for event in batch["logEvents"].as_array_mut().unwrap() {
                    event.as_object_mut().unwrap().remove("id");
                }
            }),
        ),
        ("several gzip members", {
            let document = plain("members");
            let (one, other) = document.split_at(document.len() / 2);
            events::payload_of_gzip(&[events::gzip(one), events::gzip(other)].concat())
        }),
        ("zeros behind the gzip data", {
            events::payload_of_gzip(&[events::gzip(&plain("zeros")), vec![0; 7]].concat())
        }),
        ("base64 without its padding", {
            // Of three lengths in a row two have padding.
            let gzip = (1..4).map(|n| events::gzip(&[plain("padding"), vec![b' '; n]].concat()));
            let gzip = gzip.into_iter().find(|gzip| gzip.len() % 3 != 0).unwrap();
            events::payload_of_data(&STANDARD_NO_PAD.encode(gzip))
        }),
        ("the events before the header", payload(in_order(&document("first"), events_first).as_bytes())),
        ("the events behind the header", payload(in_order(&document("last"), events_last).as_bytes())),
        ("a payload with other members", {
            let mut event: Value = serde_json::from_slice(&events::payload(&document("other"))).unwrap();
            event["awslogs"]["version"] = json!(2);
            event["source"] = json!("somewhere");
            event.to_string().into_bytes()
        }),
    ];
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    for (count, (name, payload)) in (1..).zip(rows) {
        let outcome = function.invoke(&payload);
        assert!(outcome.is_success(), "{name}: {outcome:?}");
        assert_eq!(endpoint.sum("Errors"), f64::from(count), "{name}");
    }
    assert_eq!(function.own("UndecodableBatches"), 0.0);
}

#[test]
fn one_event_that_cannot_be_read_leaves_the_others_unharmed() {
    // What stands in place of the second event's message, as it stands in JSON.
    let rows: [(&str, &[u8]); 6] = [
        ("invalid UTF-8", b"\"(a) \xff\xfe planted\""),
        ("a cut character", b"\"(a) \xe2\x82\""),
        ("a lone surrogate", b"\"(a) \\ud800 planted\""),
        ("a number", b"17"),
        ("nothing", b"null"),
        ("an object", b"{\"a\":[1,2]}"),
    ];
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    for (count, (name, message)) in (1..).zip(rows) {
        let mut document = document(&format!("event-{count}"));
        document["logEvents"][1]["message"] = json!("HERE");
        let text = document.to_string();
        let (before, behind) = text.split_once("\"HERE\"").unwrap();
        let outcome = function.invoke(&payload(&[before.as_bytes(), message, behind.as_bytes()].concat()));
        assert!(outcome.is_success(), "{name}: {outcome:?}");
        assert_eq!(endpoint.sum("Errors"), f64::from(count), "{name}");
        let written = function.written();
        let last: Value = serde_json::from_str(written.lines().last().unwrap()).unwrap();
        assert_eq!(last["damagedEvents"], 1, "{name}: {last}");
    }
}

#[test]
fn a_failure_line_that_is_damaged_still_counts() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let text = document("line").to_string();
    let (before, behind) = text.split_once("Execution failed due to a timeout error").unwrap();
    let line = b"Execution failed due to a timeout error \xff\xfe";
    let outcome = function.invoke(&payload(&[before.as_bytes(), line, behind.as_bytes()].concat()));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!(endpoint.sum_of("Errors", "Cause", "integration_timeout"), 1.0);
}
