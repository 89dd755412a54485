//! The rules of counting that two people could read differently: one small file each, run through the real command.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::support::command::command;
use serde_json::Value;
use why5xx::cause::Table;
use why5xx::decode::document_json;
use why5xx::pipeline::Pipeline;
use why5xx::settings::{Environment, Settings};
use why5xx::tally::Tally;

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

/// A batch as JSON in which every letter and digit of its messages is spelled as an escape.
fn spelled(batch: &Value) -> String {
    let spell = |message: &str| -> String {
        let quoted = serde_json::to_string(message).expect("a string");
        let mut spelled = String::new();
        let mut chars = quoted.chars();
        while let Some(c) = chars.next() {
            match c {
                // An escape already.
                '\\' => spelled.extend([c].into_iter().chain(chars.next())),
                '/' => spelled.push_str("\\/"),
                c if c.is_ascii_alphanumeric() => spelled.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => spelled.push(c),
            }
        }
        spelled
    };
    let mut text = batch.to_string();
    for event in batch["logEvents"].as_array().expect("log events") {
        let message = event["message"].as_str().expect("a message");
        let plain = format!("\"message\":{}", serde_json::to_string(message).expect("a string"));
        text = text.replacen(&plain, &format!("\"message\":{}", spell(message)), 1);
    }
    text
}

#[test]
fn letters_that_are_spelled_as_escapes_change_no_count() {
    let mut files = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")).expect("the golden batches") {
        let path = entry.expect("an entry").path();
        let golden: Value = serde_json::from_slice(&fs::read(&path).expect("readable")).expect("JSON");
        let input: String =
            golden["batches"].as_array().expect("batches").iter().map(|batch| spelled(batch) + "\n").collect();
        assert!(input.contains("\\u00") && !input.contains("Method completed"), "{}: {input}", path.display());
        let output = command(&["replay", "--json"], input.as_bytes());
        let got: Value = serde_json::from_slice(&output.stdout).expect("the command prints JSON");
        assert_eq!(counts(&got["counts"]), counts(&golden["expected"]), "{}", path.display());
        files += 1;
    }
    assert!(files >= 25, "only {files} golden batches were found");
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

/// Returns the counts of a golden batch with route metrics on, by API, stage, route and cause.
fn routes(batches: &Value) -> BTreeMap<String, u64> {
    let settings = Settings::load(&Environment::of([("WHY5XX_ROUTE_METRICS", "true")])).expect("settings");
    let mut pipeline = Pipeline::new(Arc::new(settings), Table::default());
    let mut tally = Tally::default();
    for batch in batches.as_array().expect("batches") {
        let document = batch.to_string();
        let counted = pipeline.count_with(|_, each| document_json(document.as_bytes(), each)).expect("a batch");
        pipeline.commit(counted.additions);
        tally.merge(counted.tally);
    }
    let mut routes = BTreeMap::new();
    for datum in tally.data().into_iter().filter(|datum| datum.metric == "RouteErrors") {
        let values: Vec<_> = datum.dimensions.into_iter().map(|(_, value)| value).collect();
        *routes.entry(values.join(" ")).or_default() +=
            datum.values.iter().map(|(value, _)| *value as u64).sum::<u64>();
    }
    routes
}

#[test]
fn golden_routes_are_counted_where_they_are_asked_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/routes_as_configured.json");
    let golden: Value = serde_json::from_slice(&fs::read(path).expect("readable")).expect("JSON");
    let expected: BTreeMap<String, u64> = serde_json::from_value(golden["routes"].clone()).expect("counts");
    assert_eq!(routes(&golden["batches"]), expected, "{}", golden["rule"]);
}
