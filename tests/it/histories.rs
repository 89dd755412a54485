//! Random histories of an environment: batches delivered, delivered again, overlapping, tried again after faults, killed
//! with the environment; the real pipeline and publisher against a model.
//!
//! The model, for each environment: a request counts once if a batch that holds it was accepted to its end, however
//! often it came and in whatever batches, be they accepted in part before. A request of batches that were only tried
//! counts once or not at all. Beyond that CloudWatch may hold what nobody can decide: attempts of unknown outcome that it
//! had taken, as many as the publisher reports. Over all environments, every request is counted. A retry may reach
//! another environment than the first try.
//!
//! Batches hold whole requests here; what cutting them costs is measured elsewhere. The seeds count up from 0, so a run
//! repeats. `WHY5XX_CASES=1000000 cargo test --test it histories::` makes a million.

#![expect(clippy::disallowed_methods, reason = "how long to run is no setting of the function")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message, encode_event};
use why5xx::pipeline::Pipeline;
use why5xx::publish::{BatchData, Fault, Publisher, PutRequest, Sink};
use why5xx::settings::Settings;

use crate::support::settings::load;

const NOW_MS: i64 = 1_800_000_000_000;
const MINUTE_MS: i64 = 60_000;

/// Histories of a run.
fn cases() -> u64 {
    std::env::var("WHY5XX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000)
}

/// Splitmix64: a few lines, and the same numbers everywhere.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
}

/// Datum of a metric in CloudWatch: name, dimensions and minute.
type Place = (&'static str, Vec<(&'static str, String)>, i64);

/// Record of what really happened, of which the publisher hears a part.
#[derive(Default)]
struct Truth {
    held: BTreeMap<Place, f64>,
    /// The part of it that was taken in attempts of unknown outcome.
    undecidable: BTreeMap<Place, f64>,
    /// Attempts of unknown outcome.
    uncertain: u64,
    /// Requests until the environment is killed.
    lives: Option<usize>,
    killed: bool,
}

impl Truth {
    fn take(&mut self, request: &PutRequest, outcome_is_known: bool) {
        for datum in &request.data {
            let place = (datum.metric, datum.dimensions.clone(), datum.timestamp_ms);
            let sum: f64 = datum.values.iter().map(|(value, count)| value * count).sum();
            *self.held.entry(place.clone()).or_default() += sum;
            if !outcome_is_known {
                *self.undecidable.entry(place).or_default() += sum;
            }
        }
    }

    /// By minute, the sum of a metric, less what is undecidable.
    fn decided(&self, metric: &str) -> BTreeMap<i64, f64> {
        let mut decided = BTreeMap::new();
        for (place, sum) in self.held.iter().filter(|(place, _)| place.0 == metric) {
            *decided.entry(place.2).or_default() += sum - self.undecidable.get(place).unwrap_or(&0.0);
        }
        decided.retain(|_, sum| *sum != 0.0);
        decided
    }
}

/// CloudWatch, with as many faults as the history has.
struct Endpoint {
    dice: Dice,
    truth: Arc<Mutex<Truth>>,
    /// One attempt in so many has a fault; 0 for none.
    faults: usize,
    /// Most data of one request.
    data_per_request: usize,
}

impl Sink for Endpoint {
    async fn put(&mut self, request: &PutRequest) -> Result<(), Fault> {
        let outcome = self.outcome(request);
        if outcome == Err(Fault::Timeout) {
            // The publisher must find that out alone.
            std::future::pending::<()>().await;
        }
        outcome
    }

    fn data_per_request(&self) -> usize {
        self.data_per_request
    }
}

impl Endpoint {
    fn outcome(&mut self, request: &PutRequest) -> Result<(), Fault> {
        let mut truth = self.truth.lock().unwrap();
        if truth.lives == Some(0) {
            if !truth.killed && self.dice.one_in(2) {
                truth.take(request, true);
            }
            truth.killed = true;
            return Err(Fault::NotSent);
        }
        truth.lives = truth.lives.map(|lives| lives - 1);
        if self.faults == 0 || !self.dice.one_in(self.faults) {
            truth.take(request, true);
            return Ok(());
        }
        let fault = match self.dice.roll(8) {
            0 | 1 => Fault::Throttled,
            2 => Fault::Refused { status: 403, code: "AccessDenied".to_owned() },
            3 => Fault::Unreachable,
            4 => Fault::NotSent,
            5 => Fault::Server { status: 500 },
            6 => Fault::Timeout,
            _ => Fault::Cut,
        };
        if fault.is_uncertain() {
            truth.uncertain += 1;
            if self.dice.one_in(2) {
                truth.take(request, false);
            }
        }
        Err(fault)
    }
}

/// A batch that is delivered until it is accepted: the numbers of its requests.
#[derive(Clone)]
struct Batch {
    requests: Vec<usize>,
    event: String,
}

/// The minute of a request. Two share one, and mostly stand in different batches.
fn minute_ms(request: usize) -> i64 {
    NOW_MS - (request as i64 / 2) * MINUTE_MS
}

fn batch(requests: Vec<usize>) -> Batch {
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "123456789012".to_owned(),
        log_group: "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(),
        log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
        ..BatchHeader::default()
    };
    let lines: Vec<_> = requests.iter().flat_map(|request| lines(*request)).collect();
    let events = lines.iter().map(|(id, timestamp_ms, message)| LogEvent {
        id: id.as_bytes(),
        timestamp_ms: *timestamp_ms,
        message: Message::plain(message.as_bytes()),
    });
    Batch { event: encode_event(&header, events), requests }
}

/// Id, time and text of a request's log events. Every request fails.
fn lines(request: usize) -> Vec<(String, i64, String)> {
    let mut texts = vec![format!("(request-{request}) HTTP Method: GET, Resource Path: /{request:0300}")];
    if !request.is_multiple_of(3) {
        texts.push(format!("(request-{request}) Execution failed due to a timeout error"));
    }
    if request % 3 < 2 {
        texts.push(format!("(request-{request}) Method completed with status: 504"));
    }
    let line = |(n, text)| (format!("{request}-{n}"), minute_ms(request), text);
    texts.into_iter().enumerate().map(line).collect()
}

/// Plan that the environments of a history have in common.
struct Plan {
    settings: Arc<Settings>,
    /// Requests that more than one batch holds.
    shared: Arc<BTreeSet<usize>>,
    /// One attempt in so many has a fault; 0 for none.
    faults: usize,
    data_per_request: usize,
}

impl Plan {
    fn of(batches: &[Batch], all_settings: &[Arc<Settings>; 2], dice: &mut Dice) -> Self {
        let is_large = batches.iter().any(|batch| batch.requests.len() > 20);
        Self {
            settings: Arc::clone(&all_settings[usize::from(is_large)]),
            shared: Arc::new(shared(batches)),
            faults: [0, 6, 3, 2][dice.roll(4)],
            // Small requests, so that few failures suffice to be accepted in part.
            data_per_request: if is_large { 1_000 } else { [1, 3, 9][dice.roll(3)] },
        }
    }
}

/// One environment, with what it is meant to have counted.
struct World {
    pipeline: Pipeline,
    publisher: Publisher<Endpoint>,
    truth: Arc<Mutex<Truth>>,
    /// Requests of batches that were accepted to their end.
    finished: BTreeSet<usize>,
    /// Requests of batches that were tried.
    tried: BTreeSet<usize>,
    /// Requests that more than one batch holds.
    shared: Arc<BTreeSet<usize>>,
    /// How often such a request was in a batch that was accepted in part only.
    torn: u64,
    /// Publishes that the publisher called uncertain.
    said: u64,
}

impl World {
    fn new(plan: &Plan, dice: &mut Dice) -> Self {
        let &Plan { ref settings, ref shared, faults, data_per_request } = plan;
        let lives = dice.one_in(4).then(|| dice.roll(12));
        let truth = Arc::new(Mutex::new(Truth { lives, ..Truth::default() }));
        let dice = Dice(dice.roll(usize::MAX) as u64);
        let endpoint = Endpoint { dice, truth: Arc::clone(&truth), faults, data_per_request };
        Self {
            pipeline: Pipeline::new(Arc::clone(settings), Table::default()),
            publisher: Publisher::new(endpoint, "Why5xx"),
            truth,
            finished: BTreeSet::new(),
            tried: BTreeSet::new(),
            shared: Arc::clone(shared),
            torn: 0,
            said: 0,
        }
    }

    fn is_dead(&self) -> bool {
        self.truth.lock().unwrap().killed
    }

    /// Delivers batches as one invocation does: one of a subscription, some of a stream. Whether they were accepted.
    async fn deliver(&mut self, batches: &[Batch], time: Duration) -> bool {
        let until = Instant::now() + time;
        let before = self.pipeline.left_open();
        let mut parts = Vec::new();
        for batch in batches {
            let counted = self.pipeline.count(batch.event.as_bytes()).unwrap();
            self.tried.extend(&batch.requests);
            let data = counted.tally.data();
            let mut part = BatchData { batch: batch.event.as_bytes(), data, events: counted.additions.events() };
            let is_certain = self.publisher.subtract_shared(&mut part, NOW_MS, &|events| {
                let counted = self.pipeline.knowing(events).count(batch.event.as_bytes());
                counted.ok().map(|counted| counted.tally.data())
            });
            self.said += u64::from(!is_certain);
            parts.push(part);
            self.pipeline.commit(counted.additions);
        }
        let events: Vec<u64> = parts.iter().flat_map(|part| &part.events).copied().collect();
        let published = self.publisher.publish_all(parts, NOW_MS, until).await;
        self.said += u64::from(published.uncertain_attempts) + published.forgotten_batches;
        let is_accepted = published.result.is_ok() && !self.is_dead();
        if is_accepted {
            self.finished.extend(batches.iter().flat_map(|batch| &batch.requests));
        } else {
            self.pipeline.restore(before, events);
        }
        if !is_accepted && published.accepted_requests > 0 {
            let held = batches.iter().flat_map(|batch| &batch.requests);
            self.torn += held.filter(|request| self.shared.contains(request)).count() as u64;
        }
        is_accepted
    }

    /// Compares with the model. `is_quiet`: no batch is left unfinished.
    fn check(&self, seed: u64, is_quiet: bool) {
        let truth = self.truth.lock().unwrap();
        for metric in ["Errors", "StageErrors", "RouteErrors"] {
            let decided = truth.decided(metric);
            let least = counts(&self.finished);
            let most = if is_quiet { least.clone() } else { counts(&self.tried) };
            for (minute, sum) in &least {
                assert!(decided.get(minute) >= Some(sum), "{metric} lost at {minute} in history {seed}");
            }
            for (minute, sum) in &decided {
                assert!(most.get(minute) >= Some(sum), "{metric} doubled at {minute} in history {seed}");
            }
        }
    }

    /// Compares what the publisher reported with what happened.
    fn check_reported(&self, seed: u64) {
        let truth = self.truth.lock().unwrap();
        assert_eq!(self.said, truth.uncertain, "uncertain publishes of history {seed}");
        let doubled: f64 = truth.undecidable.values().sum();
        assert!(doubled == 0.0 || truth.uncertain > 0, "history {seed}");
    }
}

/// How many of the requests each minute has.
fn counts(requests: &BTreeSet<usize>) -> BTreeMap<i64, f64> {
    let mut counts = BTreeMap::new();
    for request in requests {
        *counts.entry(minute_ms(*request)).or_default() += 1.0;
    }
    counts
}

/// Batches of neighbouring requests, some of which overlap.
fn batches(dice: &mut Dice) -> Vec<Batch> {
    // With long dimensions, and so real requests of some hundred data: seldom, for it takes time.
    let most = if dice.one_in(100) { 220 } else { 8 };
    let mut begin = 0;
    let mut batches = Vec::new();
    for _ in 0..1 + dice.roll(5) {
        let end = begin + 1 + dice.roll(most);
        batches.push(batch((begin..end).collect()));
        begin = if dice.one_in(3) { begin + dice.roll(end - begin) } else { end };
    }
    batches
}

/// The requests that more than one batch holds.
fn shared(batches: &[Batch]) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    batches.iter().flat_map(|batch| &batch.requests).filter(|request| !seen.insert(**request)).copied().collect()
}

/// Number of faults in the histories: not all of them may be peaceful.
#[derive(Debug, Default)]
struct Met {
    /// Attempts of unknown outcome.
    uncertain: u64,
    /// Environments that died.
    deaths: u64,
    /// Requests of two batches in one of them that was accepted in part.
    torn: u64,
}

impl Met {
    fn add(&mut self, world: &World) {
        let truth = world.truth.lock().unwrap();
        self.uncertain += truth.uncertain;
        self.deaths += u64::from(truth.killed);
        self.torn += world.torn;
    }
}

/// One history: some environments at a time, others in place of those that die.
async fn history(seed: u64, settings: &[Arc<Settings>; 2], met: &mut Met) {
    let mut dice = Dice(seed);
    let batches = batches(&mut dice);
    let plan = Plan::of(&batches, settings, &mut dice);
    let environments = if dice.one_in(3) { 2 } else { 1 };
    let mut worlds: Vec<_> = (0..environments).map(|_| World::new(&plan, &mut dice)).collect();
    let mut open: Vec<usize> = (0..batches.len()).collect();
    let mut done = BTreeSet::new();
    while !open.is_empty() {
        // Mostly what is due, in any order, and now and then what was delivered before; some of it together.
        let mut chosen = BTreeSet::from([open[dice.roll(open.len())]]);
        if dice.one_in(4) {
            chosen.extend((0..dice.roll(4)).map(|_| dice.roll(batches.len())));
        }
        let delivered: Vec<_> = chosen.iter().map(|n| batches[*n].clone()).collect();
        let time = Duration::from_millis([50, 500, 5_000, 60_000][dice.roll(4)]);
        let world = &mut worlds[dice.roll(environments)];
        if world.deliver(&delivered, time).await {
            done.extend(delivered.iter().flat_map(|batch| batch.requests.iter().copied()));
            open.retain(|n| !chosen.contains(n));
        }
        if world.is_dead() {
            world.check(seed, false);
            met.add(world);
            *world = World::new(&plan, &mut dice);
        }
    }
    assert_eq!(done.len(), batches.iter().flat_map(|batch| &batch.requests).collect::<BTreeSet<_>>().len());

    for world in &mut worlds {
        world.check(seed, false);
        // It does not die any more. What failed in it together with others, or was done elsewhere, may be unfinished.
        world.truth.lock().unwrap().lives = None;
        while !world.deliver(&batches, Duration::from_secs(3_600)).await {}
        world.check(seed, true);
        world.check_reported(seed);
        met.add(world);
    }
}

/// Settings that call the API and its stage by this name.
fn settings(name: &str) -> Settings {
    let text = format!("[[api]]\nid = \"a1b2c3d4e5\"\nname = \"{name}\"\n[stages]\n\"prod\" = \"{name}\"\n");
    let mut settings = load(&text).unwrap();
    settings.route_metrics = true;
    settings
}

#[test]
fn in_an_environment_nothing_is_lost_and_nothing_doubled_but_what_nobody_can_decide() {
    let settings = [1, 1_000].map(|name_bytes| Arc::new(settings(&"n".repeat(name_bytes))));
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    // The clock stands still, and jumps whenever all wait: an hour of backing off takes no time.
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let mut met = Met::default();
    for seed in 0..cases() {
        runtime.block_on(history(seed, &settings, &mut met));
    }
    // The histories are not all peaceful.
    let least = met.uncertain.min(met.deaths).min(met.torn);
    assert!(least > cases() / 20, "{met:?}");
}
