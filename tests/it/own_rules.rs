//! Own rules and the settings file through the real programs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::command::command;
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::Function;

const RULES: &str = r#"
[[rule]]
id = "orders_timeout"
title = "The orders service took too long"
kind = "load"
placed = "before"
[rule.match]
gateway = ["^Execution failed due to a timeout error"]

[[rule]]
id = "flux_capacitor"
title = "The flux capacitor is out of flux"
kind = "broken"
[rule.match]
gateway = ["the flux {} is empty", "timeout"]
"#;

/// A file that lives as long as the test's process does, in the build's own folder.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Two requests: one that a built-in cause names, one that none does.
fn batch() -> String {
    let mut lines = events::timed_out_request("1f2e3d4c");
    lines.push("(5a6b7c8d) Execution failed: the flux reserve is empty".to_owned());
    lines.push("(5a6b7c8d) Method completed with status: 500".to_owned());
    events::batch(LOG_GROUP, "a", now_ms(), &lines).to_string()
}

/// The causes that `replay` counts, in order.
fn causes(arguments: &[&str]) -> Vec<String> {
    let output = command(&[&["replay", "--json"], arguments].concat(), batch().as_bytes());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut causes: Vec<_> = document["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["dimensions"]["Cause"].as_str().unwrap().to_owned())
        .collect();
    causes.sort();
    causes
}

/// A rule on what the platform itself says of a function.
const PLATFORM_RULES: &str = r#"
[[rule]]
id = "known_slow_report"
title = "The monthly report takes its time"
kind = "load"
placed = "before"
[rule.match]
function_log = ["^task timed out after", "^runtime exited with error: exit status 9"]
"#;

#[test]
fn a_rule_before_the_built_in_causes_takes_the_platforms_own_sentences_wherever_they_are_read() {
    const ID: &str = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let rules = file("platform_rules.toml", PLATFORM_RULES);
    for (line, without_rule) in [
        (format!("2026-01-02T03:04:05.678Z {ID} Task timed out after 3.00 seconds"), "lambda_timeout"),
        (format!("RequestId: {ID} Error: Runtime exited with error: exit status 9"), "lambda_runtime_exit"),
    ] {
        let sentence = line
            .split_once("Task")
            .map_or("Runtime exited with error: exit status 9", |_| "Task timed out after 3.00 seconds");
        let pasted = format!("it ended with: {sentence}");
        let batch = events::batch("/aws/lambda/orders", "a", now_ms(), std::slice::from_ref(&line)).to_string();
        for (arguments, cause) in [(&[][..], without_rule), (&["--rules", rules.as_str()], "known_slow_report")] {
            let output = command(&[&["replay", "--json"], arguments].concat(), batch.as_bytes());
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(document["counts"][0]["dimensions"]["Cause"], cause, "replay {arguments:?}: {line}");
            for text in [&line, &pasted] {
                let output = command(&[&["explain", "--json"], arguments, &["-"]].concat(), text.as_bytes());
                let document: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!(document["cause"], cause, "explain {arguments:?}: {text}");
            }
        }
    }
}

#[test]
fn a_rule_before_takes_a_built_in_cause_s_failures_and_one_after_what_none_takes() {
    assert_eq!(causes(&[]), ["integration_timeout", "unclassified"]);
    let rules = file("rules_replay.toml", RULES);
    assert_eq!(causes(&["--rules", &rules]), ["flux_capacitor", "orders_timeout"]);
}

#[test]
fn explain_and_causes_know_own_rules() {
    let rules = file("rules_explain.toml", RULES);
    let listed = String::from_utf8(command(&["causes", "--rules", &rules], b"").stdout).unwrap();
    assert!(listed.lines().next().unwrap().starts_with("orders_timeout"), "{listed}");
    assert!(listed.contains("The flux capacitor is out of flux (own rule)"), "{listed}");

    let page = String::from_utf8(command(&["explain", "flux_capacitor", "--rules", &rules], b"").stdout).unwrap();
    assert!(page.starts_with("The flux capacitor is out of flux\nflux_capacitor (own rule, broken)\n"), "{page}");

    let text = b"(5a6b7c8d) Execution failed: the flux reserve is empty";
    let output = command(&["explain", "-", "--json", "--rules", &rules], text);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["cause"], "flux_capacitor");
}

#[test]
fn a_rule_that_cannot_be_used_is_an_error_with_its_place() {
    let rules = file("rules_wrong.toml", &RULES.replace("flux_capacitor", "waf_error"));
    for arguments in [["replay", "--rules", &rules], ["causes", "--rules", &rules]] {
        let output = command(&arguments, b"");
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.ends_with("rules_wrong.toml:11: id: another cause has this id\n"), "{message}");
    }
}

#[test]
fn the_function_loads_own_rules_and_the_settings_file() {
    let rules = file("rules_function.toml", RULES);
    let settings = file("settings_function.toml", "[[api]]\nid = \"a1b2c3d4e5\"\nname = \"orders\"\n");
    let endpoint = CloudWatch::start();
    let url = endpoint.url();
    let mut function = Function::start_with(&[
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url.as_str()),
        ("WHY5XX_RULES", &rules),
        ("WHY5XX_SETTINGS", &settings),
    ]);
    let payload = events::payload(&serde_json::from_str(&batch()).unwrap());
    assert!(function.invoke(&payload).is_success());
    for cause in ["orders_timeout", "flux_capacitor"] {
        assert_eq!(endpoint.sum_of("Errors", "Cause", cause), 1.0, "{cause}");
    }
    assert_eq!(endpoint.sum_of("StageErrors", "ApiId", "orders"), 2.0);
}

#[test]
fn replay_names_apis_and_stages_as_the_function_does() {
    let settings = file(
        "settings_replay.toml",
        "[[api]]\nid = \"a1b2c3d4e5\"\nname = \"orders\"\n[stages]\n\"pr*\" = \"preview\"\n",
    );
    let output = command(&["replay", "--json", "--settings", &settings], batch().as_bytes());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    for row in document["counts"].as_array().unwrap() {
        assert_eq!((&row["dimensions"]["ApiId"], &row["dimensions"]["Stage"]), (&json!("orders"), &json!("preview")));
    }
    let output = command(&["explain", "(1f2e3d4c) x", "--settings", "/nowhere.toml"], b"");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn replay_reads_the_orders_of_fields_and_the_apis_of_log_groups() {
    let settings = file(
        "settings_groups.toml",
        "[[log_group]]\nname = \"/team/access\"\napi = \"orders\"\nstage = \"live\"\n\
         [[flow_log]]\nlog_group = \"/team/flow\"\nfields = [\"action\", \"srcaddr\", \"dstaddr\"]\n",
    );
    let access = json!({"requestTime": "21/Nov/2026:10:00:00 +0000", "requestId": "1f2e3d4c", "status": "504",
        "integrationError": "Endpoint request timed out"});
    let lines = [("/team/access", access.to_string()), ("/team/flow", "REJECT 10.0.0.1 10.0.0.2".to_owned())];
    let input: String = lines
        .iter()
        .map(|(group, line)| events::batch(group, group, now_ms(), std::slice::from_ref(line)).to_string() + "\n")
        .collect();
    let output = command(&["replay", "--json", "--settings", &settings], input.as_bytes());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = document["counts"].as_array().unwrap();
    assert!(counts.iter().any(|row| row["dimensions"]
        == json!({"ApiId": "orders", "Stage": "live", "Cause": "integration_timeout"})), "{document}");
    assert!(
        counts.iter().any(|row| row["dimensions"] == json!({"LogGroup": "/team/flow", "Cause": "network_rejected"})),
        "{document}"
    );
}

#[test]
fn an_error_about_a_file_that_somebody_else_wrote_moves_no_cursor() {
    let file = file("hostile.toml", "bad\u{1b}]0;title\u{7}\u{202e} = \n");
    for option in ["--settings", "--rules"] {
        let output = command(&["replay", option, &file, "events"], b"");
        let printed = String::from_utf8(output.stderr).unwrap();
        assert!(!printed.is_empty() && output.status.code() == Some(2), "{printed}");
        assert!(!printed.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{printed:?}");
    }
}
