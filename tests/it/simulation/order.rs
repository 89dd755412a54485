//! Order faults: the lines of one millisecond in any order, and ends that come in a batch before their failure lines.

use std::sync::Arc;

use why5xx::cause::Table;
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;
use why5xx::tally::Tally;

use super::random::Random;
use super::request::Level;
use super::run::{add, count};
use super::world::{Batch, Chain, Counts, Event, Form, parts};

/// Chains of ids whose lines are mixed.
const TOGETHER: usize = 40;

/// Kinds of line at the end of a request, whose order among each other is not certain.
fn is_end(message: &str) -> bool {
    let (_, text) = message.split_once(") ").expect("an id in brackets");
    text.starts_with("Gateway response type:") || text.starts_with("Method completed")
}

/// Whether an end of the request is logged at INFO level.
pub(crate) fn has_end(chain: &Chain) -> bool {
    chain.lines.iter().any(|line| line.level <= Level::Info && is_end(&format!("() {}", line.text)))
}

fn is_failure(message: &str) -> bool {
    let (_, text) = message.split_once(") ").expect("an id in brackets");
    let heads =
        ["Execution failed", "Lambda execution failed", "Lambda invocation failed", "AuthorizerConfigurationException"];
    heads.iter().any(|head| text.starts_with(head)) || text.starts_with("There was an error evaluating the AWS WAF")
}

fn id_of(message: &str) -> &str {
    message[1..].split_once(')').expect("an id in brackets").0
}

/// Positions of the last lines of each request: its failure lines and ends.
fn tails(events: &[Event]) -> Vec<Vec<usize>> {
    let mut tails: std::collections::BTreeMap<&str, Vec<usize>> = std::collections::BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        let tail = tails.entry(id_of(&event.message)).or_default();
        if is_end(&event.message) || is_failure(&event.message) {
            tail.push(at);
        } else if !tail.iter().any(|at| is_end(&events[*at].message)) {
            tail.clear();
        }
    }
    tails.into_values().filter(|tail| tail.len() > 1).collect()
}

/// Gives the messages at these positions another order. Failure lines keep theirs, for the earlier one wins.
fn reorder(events: &mut [Event], tail: &[usize], mut is_first: impl FnMut() -> bool) {
    let messages: Vec<String> = tail.iter().map(|at| events[*at].message.clone()).collect();
    let (ends, mut order): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| is_end(message));
    for end in ends {
        let at = if is_first() { 0 } else { order.len() };
        order.insert(at, end);
    }
    for (at, message) in tail.iter().zip(order) {
        events[*at].message = message;
    }
}

/// The log with the ends of requests moved among their failure lines, all of one millisecond.
pub(crate) fn batches_with_moved_ends(
    chains: &[Chain],
    level: Level,
    events_per_batch: usize,
    seed: u64,
) -> Vec<Batch> {
    let mut random = Random::new(seed);
    let mut batches = Vec::new();
    for (header, parts) in parts(chains, level, Form::Text, TOGETHER, &mut random) {
        let mut events = parts.concat();
        for tail in tails(&events) {
            let timestamp_ms = events[tail[0]].timestamp_ms;
            tail.iter().for_each(|at| events[*at].timestamp_ms = timestamp_ms);
            reorder(&mut events, &tail, || random.percent(50));
        }
        let cut = events.chunks(events_per_batch.min(events.len().max(1)));
        batches.extend(cut.map(|events| Batch { header: header.clone(), events: events.to_vec() }));
    }
    batches
}

/// The log with the ends of each request before its failure lines, cut into batches of so many events.
pub(crate) fn batches_with_ends_first(chains: &[Chain], events_per_batch: usize, seed: u64) -> Vec<Batch> {
    let mut random = Random::new(seed);
    let mut batches = Vec::new();
    for (header, parts) in parts(chains, Level::Info, Form::Text, TOGETHER, &mut random) {
        let mut events = parts.concat();
        for tail in tails(&events) {
            let times: Vec<i64> = tail.iter().map(|at| events[*at].timestamp_ms).collect();
            reorder(&mut events, &tail, || true);
            let (first, rest) = tail.split_first().expect("two lines at least");
            events[*first].timestamp_ms = times[times.len() - 1];
            rest.iter().zip(times).for_each(|(at, time)| events[*at].timestamp_ms = time);
        }
        let cut = events.chunks(events_per_batch);
        batches.extend(cut.map(|events| Batch { header: header.clone(), events: events.to_vec() }));
    }
    batches
}

/// Counts of batches, one after the other, in one environment.
pub(crate) struct Outcome {
    /// Counts that the function publishes.
    pub(crate) published: Counts,
    /// Counts that `replay` shows, which moves one to the right cause.
    pub(crate) corrected: Counts,
    pub(crate) corrections: usize,
    pub(crate) split: u64,
}

/// Counts the batches.
pub(crate) fn counts(batches: &[Batch]) -> Outcome {
    let mut settings = Settings::default();
    settings.exemplars_per_cause = usize::MAX;
    let mut pipeline = Pipeline::new(Arc::new(settings), Table::default());
    let mut outcome = Outcome { published: Counts::new(), corrected: Counts::new(), corrections: 0, split: 0 };
    let mut tally = Tally::default();
    for batch in batches {
        let counted = count(&mut pipeline, batch);
        add(&mut outcome.published, &counted.tally);
        tally.merge(counted.tally);
        outcome.corrections += counted.corrections.len();
        outcome.split += counted.split_requests;
        // The function writes the exemplar with the right cause.
        for correction in &counted.corrections {
            let of_request = counted.exemplars.iter().map(|exemplar| &exemplar.failure);
            let of_request = of_request.filter(|failure| failure.request_id == correction.request_id);
            let causes: Vec<&str> = of_request.map(|failure| failure.cause.id).collect();
            assert_eq!(causes, [correction.cause], "{:?}", correction.request_id);
        }
        counted.corrections.into_iter().for_each(|correction| tally.correct(correction));
    }
    add(&mut outcome.corrected, &tally);
    outcome
}
