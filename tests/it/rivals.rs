//! Filters and queries that can be pasted instead of why5xx, measured beside it.
//!
//! The same logs go through a metric filter, a query of Logs Insights and why5xx behind its default filter pattern. The
//! truth comes from what writes the logs, and for captured events from whoever reads them.

mod access;
mod captured;
mod levels;
mod measure;
mod rules;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::simulation::random::Random;
use crate::simulation::request::Level;
use crate::simulation::world::{Batch, Chain, Form, Plan, batches_of_whole_parts, chains, parts};
use crate::support::document::compare_between;
use crate::support::filter_pattern::default_pattern_of;
use access::Format;
use measure::{Counted, Line, Outcome, Truth, ours};
use rules::{
    COMPLETIONS, FAILURE_WORDS, JSON_STATUS, access_insights, access_query, execution_insights, execution_query,
    json_metric_filter, metric_filter,
};

/// Ways to count, by name, and what they count.
type Ways = Vec<(&'static str, Vec<Counted>)>;

/// Requests of a simulated execution log.
const REQUESTS: usize = 1_000;

/// An execution log: what it can show at this level, its lines and the batches of its subscription.
fn simulated(level: Level) -> (Truth, Vec<Line>, Vec<Batch>) {
    let chains = chains(&Plan { seed: 70, chains: REQUESTS, ids_repeat: false });
    let truth = truth_of(&chains, level);
    let mut random = Random::new(71);
    let parts = parts(&chains, level, Form::Text, 40, &mut random);
    let events = parts.iter().flat_map(|(_, parts)| parts).flatten();
    let lines = events.map(|event| {
        let (id, _) = event.message[1..].split_once(')').expect("an id in brackets");
        Line { request: id.to_owned(), message: event.message.clone() }
    });
    (truth, lines.collect(), batches_of_whole_parts(parts, &mut random))
}

/// The failed requests and their causes, as far as a log of this level shows them.
fn truth_of(chains: &[Chain], level: Level) -> Truth {
    let failed = chains.iter().filter_map(|chain| {
        let (cause, _) = chain.counts[0][level as usize]?;
        Some((chain.id.clone(), cause))
    });
    failed.collect()
}

fn execution_ways(lines: &[Line], batches: &[Batch]) -> Ways {
    vec![
        ("metric filter on the words `Execution failed`", metric_filter(FAILURE_WORDS, lines)),
        ("metric filter on completions", metric_filter(COMPLETIONS, lines)),
        ("Logs Insights, log alarm", execution_insights(lines)),
        ("why5xx", ours(&default_pattern_of("Execution"), batches)),
    ]
}

fn access_ways(lines: &[Line], batches: &[Batch]) -> Ways {
    vec![
        ("metric filter on the status", json_metric_filter(lines)),
        ("Logs Insights, log alarm", access_insights(lines)),
        ("why5xx", ours(&default_pattern_of("Access"), batches)),
    ]
}

/// A log, and what each way makes of it.
struct Measured {
    log: &'static str,
    ways: Vec<(&'static str, Outcome)>,
}

fn outcomes(truth: &Truth, ways: Ways) -> Vec<(&'static str, Outcome)> {
    ways.into_iter().map(|(way, counted)| (way, Outcome::of(truth, &counted))).collect()
}

fn measured() -> Vec<Measured> {
    let mut logs = Vec::new();
    for (log, level) in [
        ("execution log, ERROR level", Level::Error),
        ("execution log, INFO level", Level::Info),
        ("execution log, INFO level with data trace", Level::Trace),
    ] {
        let (truth, lines, batches) = simulated(level);
        let ways = outcomes(&truth, execution_ways(&lines, &batches));
        logs.push(Measured { log, ways });
    }
    for (log, format) in [
        ("access log, the advised format", Format::Advised),
        ("access log with the client's user agent", Format::WithUserAgent),
    ] {
        let (truth, lines, batches) = access::log(format, 20 * REQUESTS, &mut Random::new(72));
        let ways = outcomes(&truth, access_ways(&lines, &batches));
        logs.push(Measured { log, ways });
    }
    let (truth, lines, batches) = captured::log(captured::EXECUTION);
    let ways = outcomes(&truth, execution_ways(&lines, &batches));
    logs.push(Measured { log: "`events/`, execution logs", ways });
    let (truth, lines, batches) = captured::log(captured::ACCESS);
    let ways = outcomes(&truth, access_ways(&lines, &batches));
    logs.push(Measured { log: "`events/`, access logs", ways });
    logs
}

fn table(logs: &[Measured]) -> String {
    let mut text = String::from(
        "| log | way to count | failures found | counted again | counted, not failed | right cause | rows to read |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for Measured { log, ways, .. } in logs {
        for (way, outcome) in ways {
            writeln!(text, "| {log} | {way} | {} |", outcome.cells()).expect("a String takes all");
        }
    }
    text
}

#[test]
fn the_documents_say_what_each_way_to_count_finds() {
    let logs = measured();
    for Measured { log, ways, .. } in &logs {
        let (_, own) = ways.last().expect("why5xx is measured last");
        assert_eq!((own.again, own.right), (0, own.failed - own.missed), "{log}: {own:?}");
    }
    compare_between("docs/comparison.md", "rivals", &table(&logs));
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("a file");
    let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in in_the_readme(&logs) {
        assert!(readme.contains(&wanted), "README.md is stale; it would be\n{wanted}");
    }
}

/// The sentences of the README, about the logs that most people have.
fn in_the_readme(logs: &[Measured]) -> [String; 2] {
    let of = |name| {
        let log = logs.iter().find(|log| log.log == name).expect("a log of this name");
        ["Logs Insights, log alarm", "why5xx"]
            .map(|name| &log.ways.iter().find(|(way, _)| *way == name).expect("a way").1)
    };
    let found = |outcome: &Outcome| outcome.failed - outcome.missed;
    let [query, own] = of("execution log, INFO level");
    let execution = format!(
        "Of {} failures in an execution log at INFO level, a query of Logs Insights finds {}, gives {} the right cause, and \
         leaves {} rows to read. why5xx finds {}, gives {} the right cause in {} rows, and counts {} requests that ended well ",
        query.failed,
        found(query),
        query.right,
        query.rows,
        found(own),
        own.right,
        own.rows,
        own.unfailed
    );
    let [query, own] = of("access log, the advised format");
    let access = format!(
        "Of {} in an access log in the advised format, the query finds {} with {} right causes in {} rows, and why5xx {} with \
         {} in {}.",
        query.failed,
        found(query),
        query.right,
        query.rows,
        found(own),
        own.right,
        own.rows
    );
    [execution, access]
}

/// A text without what YAML adds to it: the blanks before its lines, the doubled quotes.
fn unindented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect::<String>().replace("''", "'")
}

#[test]
fn what_is_measured_is_what_is_there_to_paste() {
    let file = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file");
    let template = unindented(&file("examples/without_why5xx.yaml"));
    let page = file("docs/comparison.md");
    for rule in [execution_query(), access_query(), COMPLETIONS.to_owned(), JSON_STATUS.to_owned()] {
        assert!(template.contains(&rule), "examples/without_why5xx.yaml lacks\n{rule}");
        assert!(page.contains(&format!("```text\n{rule}\n```\n")), "docs/comparison.md lacks\n{rule}");
    }
}

#[test]
fn the_matrix_of_log_levels_says_what_each_can_tell() {
    compare_between("docs/which-log.md", "log-levels", &levels::matrix());
}
