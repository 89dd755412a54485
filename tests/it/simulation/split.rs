//! Requests whose lines stand in several batches, in one execution environment and in several.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use why5xx::cause::Table;
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

use crate::simulation::random::Random;
use crate::simulation::request::{Count, Level, Line};
use crate::simulation::run::count;
use crate::simulation::world::{Batch, Chain, Form, Plan, chains, parts};

/// Requests under way at the same time in a log stream.
const TOGETHER: usize = 40;

/// Number of requests, by how they were counted.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Requests that failed.
    pub(crate) failed: usize,
    /// Of them, those whose lines stood in more than one batch.
    pub(crate) split: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) wrong_cause: usize,
    /// Counted before their end was seen.
    pub(crate) without_status: usize,
    /// Requests that ended below 500 behind a failure line or a gateway response of 5xx.
    pub(crate) recovered: usize,
    /// Of them, those that were counted.
    pub(crate) recovered_counted: usize,
    /// Counted without any failure line or end of 5xx.
    pub(crate) healthy_counted: usize,
}

/// Counts one log, cut into batches of about so many events that go to so many environments. So many of a hundred
/// batches come again.
pub(crate) fn outcome(seed: u64, events_per_batch: usize, environments: usize, redelivered: usize) -> Outcome {
    let chains = chains(&Plan { seed, chains: 500, ids_repeat: false });
    let mut random = Random::new(seed);
    let batches = batches(&chains, events_per_batch, &mut random);
    let batches = batches.into_iter().flat_map(|batch| {
        let times = if random.percent(redelivered) { 2 } else { 1 };
        std::iter::repeat_n(batch, times)
    });
    let batches: Vec<Batch> = batches.collect();
    let mut settings = Settings::default();
    settings.exemplars_per_cause = usize::MAX;
    let settings = Arc::new(settings);
    let environment = || Pipeline::new(Arc::clone(&settings), Table::default());
    let mut environments: Vec<Pipeline> = (0..environments).map(|_| environment()).collect();
    let mut counts: BTreeMap<String, Vec<Count>> = BTreeMap::new();
    let mut batches_of: BTreeMap<&str, usize> = BTreeMap::new();
    for batch in &batches {
        let environment = random.below(environments.len());
        for exemplar in count(&mut environments[environment], batch).exemplars {
            let failure = exemplar.failure;
            let id = failure.request_id.expect("each line has an id").text().expect("of text").to_owned();
            counts.entry(id).or_default().push(Some((failure.cause.id, failure.status)));
        }
        let ids: std::collections::BTreeSet<&str> = batch.events.iter().map(|event| id_of(&event.message)).collect();
        ids.into_iter().for_each(|id| *batches_of.entry(id).or_default() += 1);
    }
    let mut outcome = Outcome::default();
    for chain in &chains {
        let got = counts.get(&chain.id).map_or(&[][..], Vec::as_slice);
        outcome.add(chain, got, batches_of[chain.id.as_str()] > 1);
    }
    outcome
}

/// A failure line, or the line of a gateway response of 5xx.
fn shows_a_failure(line: &Line) -> bool {
    let is_answer = line.text.starts_with("Gateway response type:") && line.text.contains("with status code: 5");
    line.level == Level::Error || is_answer
}

fn id_of(message: &str) -> &str {
    message[1..].split_once(')').expect("an id in brackets").0
}

/// The log cut anywhere.
fn batches(chains: &[Chain], events_per_batch: usize, random: &mut Random) -> Vec<Batch> {
    let mut batches = Vec::new();
    for (header, parts) in parts(chains, Level::Info, Form::Text, TOGETHER, random) {
        let mut events = parts.concat();
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(1 + random.below(2 * events_per_batch)));
            batches.push(Batch { header: header.clone(), events: std::mem::replace(&mut events, rest) });
        }
    }
    batches
}

impl Outcome {
    fn add(&mut self, chain: &Chain, got: &[Count], is_split: bool) {
        let Some(truth) = chain.counts[0][Level::Info as usize] else {
            let recovered = chain.lines.iter().any(shows_a_failure);
            self.recovered += usize::from(recovered);
            self.recovered_counted += usize::from(recovered && !got.is_empty());
            self.healthy_counted += usize::from(!recovered && !got.is_empty());
            return;
        };
        self.failed += 1;
        self.split += usize::from(is_split);
        match got {
            [] => self.lost += 1,
            [Some((cause, status))] => {
                self.wrong_cause += usize::from(*cause != truth.0);
                self.without_status += usize::from(*status != truth.1);
            }
            _ => self.doubled += 1,
        }
    }

    fn share(part: usize, of: usize) -> String {
        format!("{:.1} %", 100.0 * part as f64 / of.max(1) as f64)
    }
}

const HEAD: &str = "\
# Requests that are split over batches

After this page you know how many of the requests whose lines come in two batches are miscounted, by batch size and environments.
(Generated by `tests/it/simulation.rs`: `BLESS=1 cargo test --test it simulation::`.)

CloudWatch Logs cuts a log stream into batches anywhere, and Lambda gives each batch to any free execution environment.
An environment remembers the requests that a batch left open for the next one that it gets. Nothing is held back to
wait for an end, because a frozen environment never flushes: what holds a failure line when its batch ends is counted.

A log of 500 requests at INFO level, forty under way at a time, is cut at random and counted. *Lost* and *doubled*:
requests that failed and were counted not at all, or twice. *Cause*: counted once under another cause. *Status*:
counted once, before its end was seen. *Recovered*: requests that ended below 500 behind a failure line or a gateway
response of 5xx, and were counted since the end came in a later batch. Shares are of the requests that failed, the last of those that recovered.

| events a batch | environments | split | lost | doubled | cause | status | recovered |
|---|---|---|---|---|---|---|---|
";

/// The document.
pub(crate) fn document() -> String {
    let mut text = String::from(HEAD);
    for events_per_batch in [10, 100, 1_000] {
        for environments in [1, 2, 4] {
            let outcome = outcome(60, events_per_batch, environments, 0);
            let share = |part| Outcome::share(part, outcome.failed);
            writeln!(
                text,
                "| {events_per_batch} | {environments} | {} | {} | {} | {} | {} | {} |",
                share(outcome.split),
                share(outcome.lost),
                share(outcome.doubled),
                share(outcome.wrong_cause),
                share(outcome.without_status),
                Outcome::share(outcome.recovered_counted, outcome.recovered),
            )
            .expect("a String takes all");
        }
    }
    text
}
