//! The command without the client of CloudWatch, as the README's first command builds it: `make quick`.

#![cfg(not(feature = "publish"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::process::{Command, Output};

use serde_json::Value;

/// Runs it in the folder of the project.
fn command(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why5xx"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
}

#[test]
fn the_events_that_come_with_it_are_all_counted() {
    let output = command(&["replay", "--json", "events"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&document["errors"], &document["undecodable"]), (&27.into(), &Value::Array(Vec::new())));
}

#[test]
fn what_would_be_published_can_be_looked_at() {
    let output = command(&["replay", "--metrics", "events"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("integration_timeout"));
}

#[test]
fn publishing_says_which_command_builds_it_and_reads_nothing() {
    for arguments in [&["replay", "--publish"][..], &["replay", "--publish", "--endpoint-url", "http://127.0.0.1:1"]] {
        let output = command(&[arguments, &["events"]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains("--publish"), "{said}");
        for builds_it in ["`cargo install --locked --path .`", "`cargo run --release --bin why5xx -- replay --publish`"]
        {
            assert!(said.contains(builds_it), "{said}");
        }
    }
}

#[test]
fn reading_from_an_account_says_which_command_builds_it() {
    let output = command(&["replay", "--log-group", "/orders/access", "--since", "1h"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
    assert!(said.contains("no client of AWS") && said.contains("`cargo install --locked --path .`"), "{said}");
}

#[test]
fn the_options_are_those_of_every_build() {
    let help = String::from_utf8(command(&["replay", "--help"]).stdout).unwrap();
    for option in ["--publish", "--endpoint-url", "--metrics", "--html", "--log-group", "--follow"] {
        assert!(help.contains(option), "{option}: {help}");
    }
}
