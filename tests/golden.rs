//! The rules of counting that two people could read differently: one small file each, run through the real command.

#[path = "support/command.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::command;

/// The counts of a document, in an order that does not depend on who wrote them down.
fn counts(value: &Value) -> BTreeMap<String, (u64, Value)> {
    value
        .as_array()
        .expect("counts are a list")
        .iter()
        .map(|row| {
            let key = format!("{} {}", row["metric"], row["dimensions"]);
            (key, (row["count"].as_u64().expect("a count"), row["statuses"].clone()))
        })
        .collect()
}

#[test]
fn every_golden_batch_gives_its_counts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut wrong = Vec::new();
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("the folder of golden batches") {
        let path = entry.expect("an entry").path();
        let golden: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
        let input: String =
            golden["batches"].as_array().expect("batches").iter().map(|batch| format!("{batch}\n")).collect();
        let output = command(&["replay", "--json"], input.as_bytes());
        let got: Value = serde_json::from_slice(&output.stdout).expect("the command prints JSON");
        if counts(&got["counts"]) != counts(&golden["expected"]) {
            let name = path.file_name().expect("a name").display().to_string();
            wrong.push(format!(
                "{name}: {}\n  expected {}\n  got      {}",
                golden["rule"], golden["expected"], got["counts"]
            ));
        }
        files += 1;
    }
    assert!(files >= 25, "only {files} golden batches were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
