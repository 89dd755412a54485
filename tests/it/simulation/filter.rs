//! Counts with and without the template's default filter pattern.

use std::collections::BTreeMap;

use crate::simulation::random::Random;
use crate::simulation::request::{End, Level, Request, Words, Writer};
use crate::simulation::run::counts_of;
use crate::simulation::tales::TALES;
use crate::simulation::world::{Chain, Counts, Form, PLACES, Plan, batches_of_whole_parts, chains, parts, truth};
use crate::support::filter_pattern::{Pattern, default_execution_pattern};

/// How requests with failure lines end.
const ENDS: [fn(u16) -> End; 6] = [
    End::Completed,
    |status| End::AnsweredAndCompleted(status, status),
    End::Answered,
    |_| End::Missing,
    |_| End::Completed(404),
    |_| End::Completed(200),
];

/// How often a request is of a kind, and how often it is counted otherwise under the pattern.
#[derive(Debug, Default, Clone, Copy)]
struct Tried {
    requests: usize,
    otherwise: usize,
}

impl Tried {
    fn add(&mut self, differs: bool) {
        self.requests += 1;
        self.otherwise += usize::from(differs);
    }

    fn cell(self) -> String {
        if self.requests == 0 { "–".to_owned() } else { format!("{} of {}", self.otherwise, self.requests) }
    }
}

/// The rows of the causes: ended 5xx or without end, below 500, below 400.
pub(crate) fn table_of_causes() -> String {
    let pattern = pattern();
    let row = |(cause, [failed, below_400, below_500]): (_, [Tried; 3])| {
        format!("| {cause} | {} | {} | {} |", failed.cell(), below_500.cell(), below_400.cell())
    };
    let head = [
        "| cause | ended 5xx, or no end logged | failure line, then 4xx | failure line, then 2xx |",
        "|---|---|---|---|",
    ];
    head.map(str::to_owned).into_iter().chain(by_cause(&pattern).into_iter().map(row)).collect::<Vec<_>>().join("\n")
        + "\n"
}

/// The rows of the ids that clients use again.
pub(crate) fn table_of_repeated_ids() -> String {
    let row =
        |(name, counted, number): (_, Tried, Tried)| format!("| {name} | {} | {} |", counted.cell(), number.cell());
    let head = ["| ids | counted otherwise | wrong in number |", "|---|---|---|"];
    head.map(str::to_owned).into_iter().chain(repeated_ids(&pattern()).map(row)).collect::<Vec<_>>().join("\n") + "\n"
}

fn pattern() -> Pattern {
    Pattern::parse(&default_execution_pattern()).expect("the template's default pattern")
}

/// By cause: ended 5xx or without end, below 400, below 500.
fn by_cause(pattern: &Pattern) -> BTreeMap<&'static str, [Tried; 3]> {
    let mut random = Random::new(50);
    let words = Words::default();
    let mut rows: BTreeMap<&'static str, [Tried; 3]> = BTreeMap::new();
    for level in [Level::Trace, Level::Info] {
        let mut tried = |cause, request: Request| {
            let column = match request.end.status() {
                Some(..400) => 1,
                Some(400..500) => 2,
                _ => 0,
            };
            let (differs, _) = differs(&chain_of(request), level, pattern);
            rows.entry(cause).or_default()[column].add(differs);
        };
        for tale in TALES {
            for end in ENDS {
                let id = random.uuid();
                let request = Writer::new(&mut random, &id, &words).failed(tale, Some(end(tale.status)));
                tried(tale.causes[level as usize], request);
            }
        }
        for nth in 0..100 {
            let id = random.uuid();
            let writer = Writer::new(&mut random, &id, &words);
            let request = match nth % 4 {
                0 => writer.backend_failed(),
                1 => writer.gateway_answered(),
                2 => writer.healthy(),
                _ => writer.refused(),
            };
            tried(request.count(level).map_or("(healthy or refused)", |(cause, _)| cause), request);
        }
    }
    rows
}

fn chain_of(request: Request) -> Chain {
    Chain { place: PLACES[0], id: request.id, lines: request.lines, counts: vec![request.counts], overlaps: false }
}

/// Ids that clients use again.
fn repeated_ids(pattern: &Pattern) -> [(&'static str, Tried, Tried); 2] {
    let mut rows = [
        ("used one after the other", Tried::default(), Tried::default()),
        ("used again before the first request ends", Tried::default(), Tried::default()),
    ];
    let plan = Plan { seed: 51, chains: 1_200, ids_repeat: true };
    for chain in chains(&plan).into_iter().filter(|chain| chain.counts.len() > 1) {
        let row = &mut rows[usize::from(chain.overlaps)];
        let (differs, in_number) = differs(&chain, Level::Info, pattern);
        row.1.add(differs);
        row.2.add(in_number);
    }
    rows
}

/// Whether the requests of an id are counted otherwise under a pattern, and whether in number.
fn differs(chain: &Chain, level: Level, pattern: &Pattern) -> (bool, bool) {
    let mut random = Random::new(1);
    let chain = std::slice::from_ref(chain);
    let mut batches = batches_of_whole_parts(parts(chain, level, Form::Text, 1, &mut random), &mut random);
    let expected = truth(chain, level);
    assert_eq!(counts_of(&batches), expected, "under the empty pattern");
    for batch in &mut batches {
        batch.events.retain(|event| pattern.matches(&event.message));
    }
    let got = counts_of(&batches);
    let number = |counts: &Counts| counts.values().sum::<u64>();
    (got != expected, number(&got) != number(&expected))
}

/// Whether the pattern keeps every line that is logged at ERROR level.
pub(crate) fn keeps_every_failure_line(chains: &[Chain]) -> bool {
    let pattern = pattern();
    let failure_lines = chains.iter().flat_map(|chain| &chain.lines).filter(|line| line.level == Level::Error);
    failure_lines.into_iter().all(|line| pattern.matches(&format!("(5f1c7d20) {}", line.text)))
}
