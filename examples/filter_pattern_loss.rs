//! Loss of accuracy that the default filter pattern costs on logs of your own.
//!
//! `cargo run --example filter_pattern_loss -- CASES.jsonl [PREFIX]...` reads one case a line, `{"id", "log_group",
//! "lines"}`, takes those whose log group begins with a prefix, counts each with and without the template's default
//! pattern, and prints where count or cause differ. Exit status 1 where any does.

#[path = "../tests/it/support/count.rs"]
mod count;
#[path = "../tests/it/support/filter_pattern.rs"]
mod filter_pattern;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use count::count_events;
use serde::Deserialize;
use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

#[derive(Deserialize)]
struct Case {
    id: String,
    log_group: String,
    lines: Vec<String>,
}

/// Counts by cause, without status: the pattern may drop the end of a request that succeeds after all.
fn counts<'l>(log_group: &str, lines: impl Iterator<Item = &'l String>) -> BTreeMap<&'static str, u64> {
    let header = BatchHeader { log_group: log_group.to_owned(), ..BatchHeader::default() };
    let events = lines.map(|line| LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(line.as_bytes()) });
    let counted = count_events(&Pipeline::new(Arc::new(Settings::default()), Table::default()), &header, events);
    let mut counts = BTreeMap::new();
    for (key, count) in counted.tally.counts() {
        *counts.entry(key.cause).or_default() += count;
    }
    counts
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: filter_pattern_loss CASES.jsonl [PREFIX]...")?;
    let prefixes: Vec<String> = arguments.collect();
    let pattern = filter_pattern::Pattern::parse(&filter_pattern::default_execution_pattern())
        .map_err(|error| format!("{error:?}"))?;
    let (mut cases, mut different) = (0, 0);
    for line in std::fs::read_to_string(path)?.lines() {
        let case: Case = serde_json::from_str(line)?;
        if !prefixes.is_empty() && !prefixes.iter().any(|prefix| case.log_group.starts_with(prefix)) {
            continue;
        }
        cases += 1;
        let all = counts(&case.log_group, case.lines.iter());
        let kept = counts(&case.log_group, case.lines.iter().filter(|line| pattern.matches(line)));
        if all != kept {
            different += 1;
            write_line(&format!("{}: {all:?} without a pattern, {kept:?} with the default one", case.id));
        }
    }
    write_line(&format!("{cases} cases, {different} differ under the default filter pattern"));
    Ok(if different == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn write_line(line: &str) {
    use std::io::Write;
    // A closed pipe is nobody's loss.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
