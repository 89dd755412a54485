//! The table of causes against the real pipeline: every example is classified as its own cause, no near miss is.

use std::sync::Arc;

use crate::support::count::count_events;
use crate::support::log_group_of;
use why5xx::cause::{Example, Table};
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::log_kind::LogKind;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::settings::Settings;

fn counted(example: &Example) -> Counted {
    counted_lines(example.log, example.lines)
}

fn counted_lines(log: LogKind, lines: &[impl AsRef<str>]) -> Counted {
    let header = BatchHeader { log_group: log_group_of(log).into(), ..BatchHeader::default() };
    let events = lines.iter().map(|line| LogEvent {
        id: b"",
        timestamp_ms: 1_781_000_000_000,
        message: Message::plain(line.as_ref().as_bytes()),
    });
    count_events(&Pipeline::new(Arc::new(Settings::default()), Table::default()), &header, events)
}

/// The causes that an example's lines result in.
fn causes(example: &Example) -> Vec<&'static str> {
    counted(example).tally.counts().map(|(key, _)| key.cause).collect()
}

/// In API logs some causes of functions fold into one that an API log shows.
fn folded(id: &str) -> &str {
    if id.starts_with("lambda_dependency_") || id == "lambda_runtime_exit" { "lambda_unhandled_error" } else { id }
}

#[test]
fn every_example_is_classified_as_its_own_cause() {
    let mut wrong = Vec::new();
    for cause in Table::default().iter() {
        for example in cause.examples() {
            let got = causes(example);
            let own = if example.log == LogKind::Lambda { cause.id } else { folded(cause.id) };
            if got != [own] {
                wrong.push(format!("{} became {got:?}: {:?} {:#?}", cause.id, example.log, example.lines));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_sentence_of_an_execution_log_in_capitals_is_of_the_same_cause() {
    let mut wrong = Vec::new();
    for cause in Table::default().iter() {
        for example in cause.examples().iter().filter(|example| example.log == LogKind::Execution) {
            // What an integration answers is not the gateway's sentence, nor is a host or an id.
            let in_capitals = |line: &&str| match line.split_once(") ") {
                Some((id, sentence)) if !sentence.contains(['{', '/']) => {
                    format!("{id}) {}", sentence.to_ascii_uppercase())
                }
                _ => (*line).to_owned(),
            };
            let capitals: Vec<String> = example.lines.iter().map(in_capitals).collect();
            let got: Vec<_> = counted_lines(example.log, &capitals).tally.counts().map(|(key, _)| key.cause).collect();
            if got != [folded(cause.id)] {
                wrong.push(format!("{} became {got:?}: {capitals:#?}", cause.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_near_miss_is_taken_for_its_cause() {
    let mut wrong = Vec::new();
    for cause in Table::default().iter() {
        for near_miss in cause.near_misses() {
            if causes(near_miss).contains(&cause.id) {
                wrong.push(format!("{}: {:?} {:#?}", cause.id, near_miss.log, near_miss.lines));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
