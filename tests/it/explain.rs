//! `why5xx explain` on pasted text: which causes it names, and what it says where it knows none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use serde_json::{Value, json};

use crate::support::command::command;

fn causes(text: &str) -> (Value, Option<i32>) {
    let output = command(&["explain", "--json", "-"], text.as_bytes());
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

#[test]
fn each_request_of_the_text_has_its_cause_in_order() {
    let text = "(1f2e3d4c) Execution failed due to a timeout error\n\
                (1f2e3d4c) Method completed with status: 504\n\
                (5a6b7c8d) Execution failed due to configuration error: Invalid permissions on Lambda function\n\
                (5a6b7c8d) Method completed with status: 500\n\
                (9f8e7d6c) Method completed with status: 200\n";
    let expected = json!({"cause": "integration_timeout", "causes": ["integration_timeout", "lambda_permission"]});
    assert_eq!(causes(text), (expected, Some(0)));
}

#[test]
fn a_failure_of_no_known_cause_is_named_once_with_its_shape() {
    let access = json!({
        "requestTime": "21/Nov/2026:10:00:00 +0000", "requestId": "1f2e3d4c", "status": "500",
        "integrationError": "The planted moon is not full",
    });
    let execution = "(1f2e3d4c) Execution failed: the planted moon is not full";
    for (text, shape) in
        [(access.to_string().as_str(), "the {} is not {}"), (execution, "execution failed the {} is not {}")]
    {
        assert_eq!(causes(text), (json!({"cause": "unclassified", "causes": ["unclassified"]}), Some(1)), "{text}");
        let page = String::from_utf8(command(&["explain", text], b"").stdout).unwrap();
        let is_shape = |line: &str| {
            let fingerprint = line.split_whitespace().next().unwrap_or_default();
            fingerprint.len() == 16 && line.ends_with(shape)
        };
        assert!(page.lines().any(is_shape), "{page}");
        assert!(!page.contains("planted"), "{page}");
    }
}

#[test]
fn text_without_a_failure_has_none() {
    let text = "(1f2e3d4c) Method completed with status: 200\nall is well\n";
    assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(0)));
}
