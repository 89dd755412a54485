//! The execution logs of some thousand requests, written as API Gateway writes them, and their counts.
//!
//! The truth comes from what writes the logs, never from the program under test. The seeds are fixed, so that a run
//! gives the same on every machine.

pub(crate) mod client;
mod filter;
mod functions;
mod order;
pub(crate) mod random;
pub(crate) mod request;
pub(crate) mod run;
mod split;
pub(crate) mod tales;
pub(crate) mod world;

use std::collections::{BTreeMap, BTreeSet};

use why5xx::cause::{Cause, Need};

use crate::support::command::command;
use crate::support::document;

use self::random::Random;
use self::request::Level;
use self::run::{counts_of, counts_of_document, differences};
use self::tales::{RESPONSE_TYPES, TALES};
use self::world::{Batch, Chain, Form, Plan, batches_of_whole_parts, chains, parts, truth};

const EVERY_FIELD: &[&str] = &["resource_arn", "event_timestamp", "api_id", "stage", "resource_path", "http_method"];

/// Chains of ids whose lines are mixed.
const TOGETHER: usize = 40;

fn batches(chains: &[Chain], level: Level, form: Form) -> Vec<Batch> {
    let mut random = Random::new(level as u64 + 77);
    let parts = parts(chains, level, form, TOGETHER, &mut random);
    batches_of_whole_parts(parts, &mut random)
}

fn is_exact(plan: &Plan, level: Level, form: Form) {
    let chains = chains(plan);
    let wrong = differences(&truth(&chains, level), &counts_of(&batches(&chains, level, form)));
    let culprit = || culprit(&chains, level, form).unwrap_or_default();
    assert!(wrong.is_empty(), "{level:?}, {form:?}:\n{}\n{}", wrong.join("\n"), culprit());
}

/// The lines of the first chain that is counted wrongly even alone, to find out why.
fn culprit(chains: &[Chain], level: Level, form: Form) -> Option<String> {
    chains.iter().map(std::slice::from_ref).find_map(|chain| {
        let batches = batches(chain, level, form);
        let wrong = differences(&truth(chain, level), &counts_of(&batches));
        let messages = batches.iter().flat_map(|batch| &batch.events).map(|event| event.message.as_str());
        (!wrong.is_empty()).then(|| format!("{}\n{}", wrong.join("\n"), messages.collect::<Vec<_>>().join("\n")))
    })
}

#[test]
fn counts_are_exact_at_info_level_with_data_trace() {
    is_exact(&Plan { seed: 1, chains: 1_200, ids_repeat: true }, Level::Trace, Form::Text);
}

#[test]
fn counts_are_exact_at_info_level() {
    is_exact(&Plan { seed: 2, chains: 1_200, ids_repeat: true }, Level::Info, Form::Text);
}

#[test]
fn counts_are_exact_at_error_level_for_what_it_can_tell() {
    is_exact(&Plan { seed: 3, chains: 1_200, ids_repeat: false }, Level::Error, Form::Text);
}

#[test]
fn counts_are_exact_in_every_form_of_delivery() {
    let forms = [
        Form::Json(EVERY_FIELD),
        Form::Json(&["api_id", "stage"]),
        Form::Json(&["resource_arn", "http_method"]),
        Form::Json(&[]),
        Form::Plain(" "),
        Form::Plain("\t"),
        Form::Plain(","),
        Form::Plain("|"),
    ];
    for (seed, form) in (10..).zip(forms) {
        is_exact(&Plan { seed, chains: 100, ids_repeat: true }, Level::Trace, form);
        is_exact(&Plan { seed, chains: 100, ids_repeat: true }, Level::Info, form);
        is_exact(&Plan { seed, chains: 100, ids_repeat: false }, Level::Error, form);
    }
}

#[test]
fn the_command_counts_the_same() {
    let plan = Plan { seed: 30, chains: 300, ids_repeat: true };
    let chains = chains(&plan);
    let batches = batches(&chains, Level::Trace, Form::Text);
    let input: String = batches.iter().map(|batch| format!("{}\n", batch.payload())).collect();
    let output = command(&["replay", "--json"], input.as_bytes());
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the command prints JSON");
    let wrong = differences(&truth(&chains, Level::Trace), &counts_of_document(&document));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(output.status.code(), Some(1), "some failures are unclassified");
}

#[test]
fn the_default_pattern_changes_what_its_page_says_and_nothing_else() {
    let chains = chains(&Plan { seed: 41, chains: 200, ids_repeat: false });
    assert!(filter::keeps_every_failure_line(&chains));
    document::compare_between("docs/filter-pattern.md", "by-cause", &filter::table_of_causes());
    document::compare_between("docs/filter-pattern.md", "repeated-ids", &filter::table_of_repeated_ids());
}

#[test]
fn one_environment_counts_split_requests_once() {
    for (seed, events_per_batch) in [(61, 1), (62, 5), (63, 50), (64, 500)] {
        let outcome = split::outcome(seed, events_per_batch, 1, 0);
        assert!(outcome.split > 50, "hardly a request is split: {outcome:?}");
        assert_eq!((outcome.lost, outcome.doubled, outcome.healthy_counted), (0, 0, 0), "{outcome:?}");
    }
}

#[test]
fn counts_are_exact_when_the_lines_of_one_millisecond_come_in_any_order() {
    for (seed, level) in [(71, Level::Info), (72, Level::Trace), (73, Level::Info)] {
        let chains = chains(&Plan { seed, chains: 600, ids_repeat: false });
        let batches = order::batches_with_moved_ends(&chains, level, usize::MAX, seed);
        let wrong = differences(&truth(&chains, level), &counts_of(&batches));
        assert!(wrong.is_empty(), "{level:?}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn an_end_in_a_batch_before_its_failure_line_counts_once_and_replay_gives_it_the_cause() {
    for (seed, events_per_batch) in [(81, 3), (82, 20), (83, 100)] {
        let mut chains = chains(&Plan { seed, chains: 300, ids_repeat: false });
        // Without an end the lines of a request are counted with the batch of the first.
        chains.retain(order::has_end);
        let batches = order::batches_with_ends_first(&chains, events_per_batch, seed);
        let outcome = order::counts(&batches);
        let truth = truth(&chains, Level::Info);
        let wrong = differences(&truth, &outcome.corrected);
        assert!(wrong.is_empty(), "{events_per_batch}:\n{}", wrong.join("\n"));
        assert!(outcome.corrections > 10, "hardly an end came first: {}", outcome.corrections);
        assert!(outcome.split >= outcome.corrections as u64, "{} of {}", outcome.split, outcome.corrections);
        let failures = |counts: &world::Counts| counts.values().sum::<u64>();
        assert_eq!(failures(&outcome.published), failures(&truth), "the function counts each failure once");
    }
}

#[test]
fn after_a_correction_replay_shows_one_exemplar_with_the_right_cause() {
    let mut chains = chains(&Plan { seed: 84, chains: 200, ids_repeat: false });
    chains.retain(order::has_end);
    let batches = order::batches_with_ends_first(&chains, 3, 84);
    let input: String = batches.iter().map(|batch| format!("{}\n", batch.payload())).collect();
    let output = command(&["replay", "--json"], input.as_bytes());
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("the command prints JSON");
    let causes: BTreeMap<&str, &str> = chains
        .iter()
        .filter_map(|chain| chain.counts[0][Level::Info as usize].map(|(cause, _)| (chain.id.as_str(), cause)))
        .collect();
    let exemplars = document["exemplars"].as_array().expect("exemplars are a list");
    let mut shown = BTreeSet::new();
    for exemplar in exemplars {
        let id = exemplar["failedRequestId"].as_str().expect("an id");
        assert!(shown.insert(id), "{id} is shown twice");
        assert_eq!(exemplar["cause"].as_str(), causes.get(id).copied(), "{id}");
    }
    assert!(shown.len() > 60, "hardly any exemplar: {}", shown.len());
}

#[test]
fn what_is_miscounted_of_split_requests_is_what_the_document_says() {
    document::compare("split-requests.md", &split::document());
}

/// Whether a cause's own declaration says that an execution log of this level shows it.
fn needs(cause: &Cause, level: Level) -> bool {
    let need = match level {
        Level::Error => Need::ErrorLevel,
        Level::Info => Need::InfoLevel,
        Level::Trace => Need::DataTrace,
    };
    cause.needs.contains(&need)
}

#[test]
fn every_cause_that_an_execution_log_can_show_is_simulated() {
    let tales = TALES.iter().flat_map(|tale| tale.causes);
    let types = RESPONSE_TYPES.iter().map(|(.., cause)| *cause);
    let simulated: BTreeSet<&str> = tales.chain(types).chain(["backend_error_response"]).collect();
    for cause in why5xx::cause::built_in() {
        let is_shown = [Level::Error, Level::Info, Level::Trace].iter().any(|level| needs(cause, *level));
        assert!(!is_shown || simulated.contains(cause.id), "{} is not simulated", cause.id);
    }
}

#[test]
fn what_a_cause_needs_is_the_level_at_which_it_is_shown() {
    let mut wrong = Vec::new();
    for cause in why5xx::cause::built_in() {
        let is_shown_at = |level: Level| TALES.iter().any(|tale| tale.causes[level as usize] == cause.id);
        // Some are read where an execution log holds them, but promised for access logs only.
        let is_promised = [Level::Error, Level::Info, Level::Trace].iter().any(|level| needs(cause, *level));
        if is_promised && is_shown_at(Level::Trace) && is_shown_at(Level::Error) != needs(cause, Level::Error) {
            wrong.push(format!(
                "{}: shown at ERROR level: {}, needs {:?}",
                cause.id,
                is_shown_at(Level::Error),
                cause.needs
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
