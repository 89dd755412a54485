//! The lines of docs/operating.md by which an upgrade is seen before it happens, run as they stand there.
//!
//! The AWS CLI is a stand-in that prints the hour; the two versions are the program itself, the second one with a rule
//! of its own where a difference is wanted.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The hour, as `aws logs filter-log-events` prints it.
const HOUR: &str = r#"{"events": [
  {"logStreamName": "0f1e", "timestamp": 1781000000000, "eventId": "1",
   "message": "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a91) Execution failed due to a timeout error"},
  {"logStreamName": "0f1e", "timestamp": 1781000000001, "eventId": "2",
   "message": "(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a91) Method completed with status: 504"}
]}"#;

/// A rule under which that hour is counted otherwise.
const RULE: &str = r#"
[[rule]]
id = "slow_stock_service"
title = "The stock service is slow"
kind = "load"
placed = "before"

[rule.match]
gateway = ["execution failed due to timeout error"]
"#;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("why5xx-upgrade-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the lines of the page here.
    fn upgrade(&self, new: &str) -> Output {
        fs::write(self.0.join("given.json"), HOUR).unwrap();
        self.script("aws", "exec cat given.json");
        let program = env!("CARGO_BIN_EXE_why5xx");
        self.script("old/why5xx", &format!("exec '{program}' \"$@\""));
        self.script("new/why5xx", &format!("exec '{program}' \"$@\" {new}"));
        let path = format!("{}:/usr/bin:/bin", self.0.display());
        let group = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
        let variables =
            [("PATH", path.as_str()), ("GROUP", group), ("FROM_MS", "1781000000000"), ("TO_MS", "1781003600000")];
        Command::new("sh").args(["-c", &lines()]).current_dir(&self.0).envs(variables).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies among the temporary files of the machine.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The lines between the marks of the page.
fn lines() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("<!-- upgrade -->\n```sh\n").unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn versions_that_count_alike_show_no_difference() {
    let folder = Folder::new("alike");
    let output = folder.upgrade("");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!((shown.as_ref(), output.status.code()), ("nothing is counted otherwise\n", Some(0)), "{output:?}");
    let counted = fs::read_to_string(folder.0.join("old.txt")).unwrap();
    assert!(counted.contains("a1b2c3d4e5/prod  integration_timeout  504"), "{counted}");
}

#[test]
fn a_cause_that_is_counted_otherwise_is_shown_with_both_names() {
    let folder = Folder::new("otherwise");
    fs::write(folder.0.join("rules.toml"), RULE).unwrap();
    let output = folder.upgrade("--rules rules.toml");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for line in
        ["<       1  a1b2c3d4e5/prod  integration_timeout  504", ">       1  a1b2c3d4e5/prod  slow_stock_service  504"]
    {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
}
