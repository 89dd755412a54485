//! A random client who writes whole lines of an execution log into the access log of a format that no reader knows, as `why5xx replay` gets it.
//!
//! `WHY5XX_ATTACKER_INPUTS` sets the number of inputs (600).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use serde_json::{Value, json};

use crate::simulation::random::Random;
use crate::support::command::command;
use crate::support::events::batch;

/// Columns that a format may have beside the client's text, and a value of each.
const COLUMNS: &[&[&str]] = &[
    &["192.0.2.1", "2606:4700:4700::1111", "198.51.100.77"],
    &["GET", "POST", "OPTIONS"],
    &["/orders", "/orders/{id}", "/"],
    &["prod", "$default", "v1"],
    &["a1b2c3d4e5"],
    &["0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5"],
    &["Ab3Cd4Ef5Gh6Ij="],
    &["-"],
    &["1777889722000", "1777889722"],
    &["[04/May/2026:10:15:22 +0000]"],
    &["HTTP/1.1"],
    &["12", "345"],
    &["API-Gateway-Execution-Logs_a1b2c3d4e5/prod", "/aws/apigateway/a1b2c3d4e5/prod"],
];

/// Separators of columns.
const BETWEEN: &[&str] = &[" ", "\t", ",", "|", ", ", " | ", " - ", ";"];

/// Text of usual clients.
const AGENTS: &[&str] = &["curl/8.0", "Mozilla/5.0 (X11; Linux x86_64)", "python-requests/2.31", "-"];

/// Sentences of an execution log.
const SENTENCES: &[&str] = &[
    "Execution failed due to a timeout error",
    "Execution failed due to configuration error: Invalid permissions on Lambda function",
    "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
    "Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: 5d3ad1f0-1111-4222-8333-444455556666",
    "Lambda invocation failed with status: 503",
    "AuthorizerConfigurationException",
    "Method completed with status: 502",
    "Gateway response type: DEFAULT_5XX with status code: 500",
];

const STREAM: &str = "0123456789abcdef0123456789abcdef";

/// Returns a line of an execution log, maybe behind what a tool or delivery puts before it.
fn forged(random: &mut Random) -> String {
    const IDS: &[&str] = &["4e3f6a9c-1b2d-4c5e-8f7a-0d9b8c7a6e5f", "L2fWfGC9IAMF2fA=", "1f2e3d4c"];
    const BEFORE: &[&str] = &["", "", "", "prod ", "GET ", "- ", STREAM, "/orders "];
    let [before, id, sentence] = [BEFORE, IDS, SENTENCES].map(|list| list[random.below(list.len())]);
    let blank = if before == STREAM { " " } else { "" };
    format!("{before}{blank}({id}) {sentence}")
}

/// A format: its columns in their order, None for the client's text, and what separates them. It ends with the status.
struct Format {
    columns: Vec<Option<&'static [&'static str]>>,
    between: &'static str,
}

impl Format {
    /// A format that begins with a column.
    fn new(random: &mut Random) -> Self {
        let mut columns: Vec<_> =
            (0..1 + random.below(5)).map(|_| Some(COLUMNS[random.below(COLUMNS.len())])).collect();
        columns.insert(1 + random.below(columns.len()), None);
        Self { columns, between: BETWEEN[random.below(BETWEEN.len())] }
    }

    /// A format that begins with the client's text.
    fn with_text_first(random: &mut Random) -> Self {
        let mut format = Self::new(random);
        format.columns.retain(Option::is_some);
        format.columns.insert(0, None);
        format
    }

    fn line(&self, text: &str, random: &mut Random) -> String {
        const STATUSES: &[&str] = &["200", "404"];
        let status = STATUSES[random.below(STATUSES.len())];
        let columns =
            self.columns.iter().map(|column| column.map_or(text, |values| values[random.below(values.len())]));
        columns.chain([status]).collect::<Vec<_>>().join(self.between)
    }
}

/// The lines in every form that names no group, and each form's name.
fn forms(lines: &[String]) -> Vec<(&'static str, String)> {
    let time = |nth: usize| format!("2026-05-04T10:15:{:02}.123", nth % 60);
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let all = |line: &dyn Fn(usize, &str) -> String| -> String {
        lines.iter().enumerate().map(|(nth, text)| line(nth, text) + "\n").collect()
    };
    let events: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(nth, text)| {
            json!({"logStreamName": STREAM, "timestamp": 1_777_889_722_000_i64 + nth as i64, "message": text, "eventId": nth.to_string()})
        })
        .collect();
    vec![
        ("filter-log-events", json!({ "events": events }).to_string()),
        ("messages", json!(lines).to_string()),
        (
            "console CSV",
            "timestamp,message\n".to_owned()
                + &all(&|nth, text| format!("{},{}", 1_777_889_722_000_i64 + nth as i64, quoted(text))),
        ),
        (
            "Insights CSV",
            "@timestamp,@message\n".to_owned()
                + &all(&|nth, text| format!("{},{}", time(nth).replace('T', " "), quoted(text))),
        ),
        ("tail", all(&|nth, text| format!("{}000+00:00 {STREAM} {text}", time(nth)))),
        ("tail --format short", all(&|nth, text| format!("{} {text}", &time(nth)[..19]))),
        ("export", all(&|nth, text| format!("{}Z {text}", time(nth)))),
    ]
}

#[allow(clippy::disallowed_methods, reason = "a number for this test alone")]
fn inputs() -> usize {
    std::env::var("WHY5XX_ATTACKER_INPUTS").map_or(600, |number| number.parse().unwrap())
}

#[test]
fn a_client_who_writes_lines_of_an_execution_log_makes_no_failure() {
    let mut random = Random::new(14);
    for nth in 0..inputs() {
        let format = Format::new(&mut random);
        let mut lines: Vec<String> =
            (0..6).map(|_| format.line(AGENTS[random.below(AGENTS.len())], &mut random)).collect();
        for _ in 0..1 + random.below(3) {
            let text = forged(&mut random);
            lines.insert(1 + random.below(lines.len()), format.line(&text, &mut random));
        }
        let forms = forms(&lines);
        let (form, input) = &forms[nth % forms.len()];
        for arguments in [&["--json", "-"][..], &["--json", "--log-group", "/shop/log", "-"]] {
            let output = command(&[&["replay"], arguments].concat(), input.as_bytes());
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(document["errors"], 0, "{form} {arguments:?}\n{input}\n{}", document["counts"]);
        }
    }
}

#[test]
fn a_status_behind_a_sentence_is_no_part_of_it() {
    let mut random = Random::new(15);
    for nth in 0..inputs() / 4 {
        let format = Format::with_text_first(&mut random);
        let sentence = SENTENCES[random.below(SENTENCES.len())];
        let text = format!("(4e3f6a9c-1b2d-4c5e-8f7a-0d9b8c7a6e5f) {sentence}");
        let lines = ["curl/8.0", &text, "Mozilla/5.0"].map(|text| format.line(text, &mut random));
        let forms = forms(&lines);
        let batch = batch("/shop/log", "other", 1_777_889_722_000, &lines).to_string();
        for (form, input) in [&forms[nth % forms.len()], &("batch", batch)] {
            let output = command(&["replay", "--json", "-"], input.as_bytes());
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(document["errors"], 0, "{form}\n{input}\n{}", document["counts"]);
        }
        // As API Gateway writes it, it counts.
        let honest = command(&["replay", "--json", "-"], text.as_bytes());
        let document: Value = serde_json::from_slice(&honest.stdout).unwrap();
        assert_eq!(document["errors"], 1, "{text}");
    }
}
