//! Requests on their way into log streams and subscription batches.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use why5xx::decode::{BatchHeader, LogEvent, Message, encode_event};

use super::random::Random;
use super::request::{Count, End, Level, Request, Words, Writer};
use super::tales::{TALES, Tale};

/// Key that requests are counted by: API, stage, cause and status.
pub(crate) type Key = (String, String, &'static str, Option<u16>);

/// Counts by API, stage, cause and status.
pub(crate) type Counts = BTreeMap<Key, u64>;

/// An API and its stage.
pub(crate) type Place = (&'static str, &'static str);

/// Where the requests are made.
pub(crate) const PLACES: [Place; 4] =
    [("a1b2c3d4e5", "prod"), ("a1b2c3d4e5", "test"), ("f6g7h8i9j0", "prod"), ("k1l2m3n4o5", "v1")];

/// The form in which a log group gets execution logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One log group for each stage; events are cut at 1,024 bytes.
    Text,
    /// Execution-log delivery in JSON, with these fields beside the payload.
    Json(&'static [&'static str]),
    /// Execution-log delivery in columns, with this between them.
    Plain(&'static str),
}

impl Form {
    /// Whether the events name API and stage.
    fn has_place(self) -> bool {
        match self {
            Self::Text => false,
            Self::Json(fields) => fields.contains(&"stage") || fields.contains(&"resource_arn"),
            Self::Plain(_) => true,
        }
    }

    fn log_group(self, place: Place) -> String {
        match self {
            Self::Text => format!("API-Gateway-Execution-Logs_{}/{}", place.0, place.1),
            Self::Plain(_) => "/shop/execution-in-columns".to_owned(),
            Self::Json(_) if self.has_place() => "/shop/execution".to_owned(),
            Self::Json(_) => format!("/aws/apigateway/{}/{}", place.0, place.1),
        }
    }

    fn message(self, place: Place, timestamp_ms: i64, id: &str, text: &str) -> String {
        let line = format!("({id}) {text}");
        let (api_id, stage) = place;
        let arn = format!("arn:aws:apigateway:eu-west-1:111122223333:/restapis/{api_id}/stages/{stage}");
        match self {
            Self::Text => cut(line),
            Self::Json(fields) => {
                let all = json!({"resource_arn": arn, "event_timestamp": timestamp_ms, "api_id": api_id, "stage": stage, "resource_path": "/orders/{id}", "http_method": "POST"});
                let mut event = serde_json::Map::new();
                event.extend(fields.iter().map(|field| ((*field).to_owned(), all[*field].clone())));
                event.insert("payload".to_owned(), Value::String(line));
                Value::Object(event).to_string()
            }
            Self::Plain(between) => {
                let time = timestamp_ms.to_string();
                [&arn, &time, api_id, stage, "/orders/{id}", "POST", &line].join(between)
            }
        }
    }
}

/// Source: API Gateway Developer Guide, known issues: "events are truncated at 1,024 bytes".
fn cut(mut line: String) -> String {
    const LONGEST_BYTES: usize = 1_024;
    line.truncate(line.floor_char_boundary(LONGEST_BYTES));
    line
}

/// A log event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) timestamp_ms: i64,
    pub(crate) message: String,
}

impl Event {
    pub(crate) fn as_log_event(&self) -> LogEvent<'_> {
        LogEvent {
            id: self.id.as_bytes(),
            timestamp_ms: self.timestamp_ms,
            message: Message::plain(self.message.as_bytes()),
        }
    }
}

/// One subscription batch.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) header: BatchHeader,
    pub(crate) events: Vec<Event>,
}

impl Batch {
    /// The subscription event that Lambda would hand to the function.
    pub(crate) fn payload(&self) -> String {
        encode_event(&self.header, self.events.iter().map(Event::as_log_event))
    }
}

/// Requests of one id in the order in which their lines come; usually one.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) place: Place,
    pub(crate) id: String,
    pub(crate) lines: Vec<super::request::Line>,
    pub(crate) counts: Vec<[Count; 3]>,
    /// The second opens before the first one ends.
    pub(crate) overlaps: bool,
}

impl Chain {
    fn of(place: Place, id: String, requests: Vec<Request>) -> Self {
        Self {
            place,
            id,
            counts: requests.iter().map(|request| request.counts).collect(),
            lines: requests.into_iter().flat_map(|request| request.lines).collect(),
            overlaps: false,
        }
    }
}

/// Plan of a log.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Ids, each of one request or several.
    pub(crate) chains: usize,
    /// Clients choose ids that were used before.
    pub(crate) ids_repeat: bool,
}

/// The chains of a plan: each tale once, then anything.
pub(crate) fn chains(plan: &Plan) -> Vec<Chain> {
    let mut random = Random::new(plan.seed);
    let random = &mut random;
    let words = Words::default();
    let mut chains = Vec::with_capacity(plan.chains);
    for number in 0..plan.chains {
        let place = *random.pick(&PLACES);
        let id = random.uuid();
        if plan.ids_repeat && random.percent(4) {
            chains.push(overlapping(random, place, id, &words));
            continue;
        }
        let requests = if plan.ids_repeat && random.percent(10) { 2 + random.below(2) } else { 1 };
        let mut made: Vec<Request> = Vec::new();
        while made.len() < requests {
            let writer = Writer::new(random, &id, &words);
            let request = match TALES.get(number) {
                Some(tale) if made.is_empty() => writer.failed(tale, Some(End::Completed(tale.status))),
                _ => writer.any(),
            };
            // Nobody could tell whose completion it is.
            let is_undecidable = made.iter().any(|former| former.end == End::Missing) && request.fails_without_a_word();
            if !is_undecidable {
                made.push(request);
            }
        }
        chains.push(Chain::of(place, id, made));
    }
    chains
}

/// Two requests of one id under way at the same time, as far as the log shows which is which: the first has failed
/// before the second opens, and ends after it.
fn overlapping(random: &mut Random, place: Place, id: String, words: &Words) -> Chain {
    let (first, second) = (random.below(TALES.len()), random.below(TALES.len()));
    let (first, second) = (&TALES[first], &TALES[second]);
    let inner_status = *random.pick(&[second.status, second.status, 200, 429]);
    let mut write = |tale: &Tale, end| Writer::new(random, &id, words).failed(tale, Some(end));
    let outer = write(first, End::Completed(first.status));
    let inner = write(second, End::Completed(inner_status));
    let failed_at = outer.lines.iter().position(|line| line.level == Level::Error).unwrap_or(outer.lines.len());
    let failure_lines = outer.lines.iter().filter(|line| line.level == Level::Error).count();
    let counts = vec![outer.counts, inner.counts];
    // The first one's failure stands before the second one's opening lines; its end comes last.
    let (before, after) = outer.lines.split_at(failed_at + failure_lines);
    let lines = [before, &inner.lines[..], after].concat();
    Chain { place, id, lines, counts, overlaps: true }
}

/// Returns the counts that chains must have at a level.
pub(crate) fn truth(chains: &[Chain], level: Level) -> Counts {
    let mut counts = Counts::new();
    for chain in chains {
        for (cause, status) in chain.counts.iter().filter_map(|counts| counts[level as usize]) {
            let key = (chain.place.0.to_owned(), chain.place.1.to_owned(), cause, status);
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

/// When the first line is logged, in milliseconds since 1970-01-01T00:00:00Z.
const START_MS: i64 = 1_781_000_000_000;

/// The log events of chains, by log group: those of `together` chains at a time are interleaved, each in its order.
/// A part, one element, holds chains from their first line to their last.
pub(crate) fn parts(
    chains: &[Chain],
    level: Level,
    form: Form,
    together: usize,
    random: &mut Random,
) -> Vec<(BatchHeader, Vec<Vec<Event>>)> {
    let mut by_group: BTreeMap<String, Vec<&Chain>> = BTreeMap::new();
    for chain in chains {
        by_group.entry(form.log_group(chain.place)).or_default().push(chain);
    }
    let mut number = 0;
    by_group
        .into_iter()
        .map(|(log_group, chains)| {
            let mut timestamp_ms = START_MS;
            let parts = chains.chunks(together).map(|chains| {
                let mut queues: Vec<_> = chains
                    .iter()
                    .map(|chain| (*chain, chain.lines.iter().filter(|line| line.level <= level).peekable()))
                    .collect();
                let mut events = Vec::new();
                while !queues.is_empty() {
                    let at = random.below(queues.len());
                    for _ in 0..=random.below(3) {
                        let (chain, lines) = &mut queues[at];
                        let Some(line) = lines.next() else { break };
                        number += 1;
                        timestamp_ms += random.below(40) as i64;
                        let message = form.message(chain.place, timestamp_ms, &chain.id, &line.text);
                        events.push(Event { id: format!("{number:056}"), timestamp_ms, message });
                    }
                    if queues[at].1.peek().is_none() {
                        drop(queues.swap_remove(at));
                    }
                }
                events
            });
            let header = BatchHeader {
                message_type: "DATA_MESSAGE".to_owned(),
                owner: "111122223333".to_owned(),
                log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
                log_group,
                ..BatchHeader::default()
            };
            (header, parts.collect())
        })
        .collect()
}

/// Whole parts as batches, as CloudWatch Logs delivers them: now and then an event stands twice, a batch comes again,
/// or one overlaps the one before.
pub(crate) fn batches_of_whole_parts(parts: Vec<(BatchHeader, Vec<Vec<Event>>)>, random: &mut Random) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for (header, parts) in parts {
        let mut before: Option<Batch> = None;
        for mut events in parts {
            if random.percent(30)
                && let Some(decisive) = events.iter().rposition(|event| event.message.contains("Method completed"))
            {
                events.insert(decisive + 1, events[decisive].clone());
            }
            if let Some(before) = &before {
                if random.percent(10) {
                    batches.push(before.clone());
                } else if random.percent(10) {
                    let overlap = random.below(before.events.len());
                    events = before.events[overlap..].iter().cloned().chain(events).collect();
                }
            }
            let batch = Batch { header: header.clone(), events };
            batches.push(batch.clone());
            before = Some(batch);
        }
    }
    batches
}
