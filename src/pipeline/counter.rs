//! The failures of one batch to counts: named as the owner names them, folded beyond the caps, a few shown.

use std::sync::Arc;

use super::exemplars::{self, Exemplar};
use super::{Counted, Memory, UNKNOWN};
use crate::cause::UNCLASSIFIED;
use crate::classify::{self, Failure, Subject, Verdict};
use crate::record::Source;
use crate::request::Names;
use crate::request::execution::{FailedRequest, Take};
use crate::settings::Settings;

/// Most distinct shapes kept of one batch; the rest counts under the shape of no known word.
const MOST_SHAPES: usize = 1_000;

/// Most exemplars of one batch, which each are a line of our own log.
const MOST_EXEMPLARS: usize = 1_000;

/// Most causes kept in order of one batch.
const MOST_CAUSES: usize = 1_000;

/// Counts the failures of one batch.
#[derive(Debug)]
pub(super) struct Counter<'p> {
    settings: &'p Settings,
    known: &'p Memory,
    pub(super) counted: Counted,
    /// The causes are kept in their order.
    keeps_order: bool,
    /// The log is another account's.
    pub(super) of_other_account: bool,
}

impl<'p> Counter<'p> {
    pub(super) fn new(settings: &'p Settings, known: &'p Memory, keeps_order: bool) -> Self {
        Self {
            keeps_order,
            settings,
            known,
            counted: Counted { memory: known.of_batch(), ..Counted::default() },
            of_other_account: false,
        }
    }

    /// Ends the batch.
    pub(super) fn finish(mut self) -> Counted {
        self.counted.causes.sort_unstable();
        self.counted
    }

    /// Counts what an access-log line, an invocation or a flow came to.
    pub(super) fn verdict(&mut self, source: &Arc<Source>, number: u64, verdict: Verdict) {
        match verdict {
            Verdict::NotFailed => {}
            Verdict::Ambiguous => self.counted.ambiguous_lines += 1,
            Verdict::Failed(failure) => self.failure(source, number, failure),
        }
    }

    fn failure(&mut self, source: &Arc<Source>, number: u64, mut failure: Failure) {
        let Failure { cause, timestamp_ms, status, .. } = failure;
        self.keep_order(number, cause.id);
        let folded = self.name(source, &mut failure.subject);
        let nth = self.count(&failure.subject, folded, cause.id, timestamp_ms, status);
        if let Some(shape) = &failure.shape {
            self.shape(shape);
        }
        if self.shows(nth, cause.id, timestamp_ms) {
            self.show(source, failure);
        }
    }

    /// Counts a failed request of an execution log. Gives the number of its exemplar, where it is shown.
    fn request(&mut self, source: &Arc<Source>, names: &Names, failed: FailedRequest) -> Option<usize> {
        let FailedRequest { cause, timestamp_ms, status, .. } = failed;
        self.keep_order(failed.number, cause.id);
        let mut subject = names.subject(failed.place, failed.route.as_deref());
        let folded = self.name(source, &mut subject) || !names.tells_apart(failed.place);
        let nth = self.count(&subject, folded, cause.id, timestamp_ms, status);
        let shape = (cause.id == UNCLASSIFIED)
            .then(|| failed.shape.and_then(|number| names.shape(number)).unwrap_or(classify::shape::GAP).to_owned());
        if let Some(shape) = &shape {
            self.shape(shape);
        }
        if !self.shows(nth, cause.id, timestamp_ms) {
            return None;
        }
        let request_id = failed.id.and_then(|id| id.text());
        let trace_id = failed.trace_id.map(str::into_string);
        self.show(source, Failure { subject, cause, status, timestamp_ms, request_id, trace_id, shape });
        Some(self.counted.exemplars.len() - 1)
    }

    fn keep_order(&mut self, number: u64, cause: &'static str) {
        if self.keeps_order && self.counted.causes.len() < MOST_CAUSES {
            self.counted.causes.push((number, cause));
        }
    }

    /// Counts a failure. `folded`: a cap made `other` of its subject. Gives how often the same was counted so far.
    fn count(
        &mut self,
        subject: &Subject,
        folded: bool,
        cause: &'static str,
        timestamp_ms: i64,
        status: Option<u16>,
    ) -> u64 {
        self.counted.other_dimensions += u64::from(folded);
        self.counted.tally.count(subject.clone(), cause, timestamp_ms, status)
    }

    fn shape(&mut self, shape: &str) {
        let has_room = self.counted.shapes.len() < MOST_SHAPES || self.counted.shapes.contains_key(shape);
        let shape = if has_room { shape } else { classify::shape::GAP };
        *self.counted.shapes.entry(shape.to_owned()).or_default() += 1;
    }

    /// Whether a failure of this cause and minute, the `nth` of its kind, is shown; it is then taken to be.
    fn shows(&mut self, nth: u64, cause: &'static str, timestamp_ms: i64) -> bool {
        let limit = self.settings.exemplars_per_cause;
        // Those before it were asked about as well, and there were as many as are shown.
        nth <= limit as u64
            && self.counted.exemplars.len() < MOST_EXEMPLARS
            && self.counted.memory.shown.admit(&self.known.shown, cause, timestamp_ms, limit)
    }

    fn show(&mut self, source: &Arc<Source>, mut failure: Failure) {
        failure.request_id = exemplars::plain_id(failure.request_id);
        failure.trace_id = exemplars::plain_id(failure.trace_id);
        self.counted.exemplars.push(Exemplar { failure, source: source.clone() });
    }

    /// Makes of a subject the dimensions that it is counted under: the owner's names, the account, `other` beyond the caps.
    /// Says whether a cap made `other` of any.
    fn name(&mut self, source: &Arc<Source>, subject: &mut Subject) -> bool {
        name_subject(subject, self.settings);
        let is_in_both = self.counted.memory.sources.note(&self.known.sources, subject);
        match subject {
            Subject::Request { api_id, .. } if is_in_both => self.counted.note_both(api_id),
            Subject::AccessLine { api_id, route, .. } if is_in_both => {
                self.counted.note_both(api_id);
                // The execution log counts the same failure under the same route.
                *route = None;
            }
            _ => {}
        }
        if self.of_other_account {
            in_account(subject, &source.owner);
        }
        self.counted.memory.dimensions.fold(&self.known.dimensions, subject, self.settings)
    }
}

/// Where the failed requests of a source go.
pub(super) struct Receiver<'c, 'p> {
    pub(super) counter: &'c mut Counter<'p>,
    pub(super) source: &'c Arc<Source>,
}

impl Take for Receiver<'_, '_> {
    fn failed(&mut self, names: &Names, failed: FailedRequest) -> Option<usize> {
        self.counter.request(self.source, names, failed)
    }

    fn trace_id(&mut self, exemplar: usize, trace_id: &str) {
        if let Some(exemplar) = self.counter.counted.exemplars.get_mut(exemplar) {
            exemplar.failure.trace_id = exemplars::plain_id(Some(trace_id.to_owned()));
        }
    }
}

/// The same failure as one of another account. Metrics of flow logs have no account: their group tells it.
fn in_account(subject: &mut Subject, account_id: &str) {
    let account_id = account_id.to_owned();
    let unknown = || UNKNOWN.to_owned();
    *subject = match std::mem::replace(subject, Subject::Flow { log_group: String::new() }) {
        Subject::Request { api_id, stage, .. } | Subject::AccessLine { api_id, stage, .. } => {
            Subject::OtherAccount { account_id, api_id, stage }
        }
        Subject::Invocation { .. } => Subject::OtherAccount { account_id, api_id: unknown(), stage: unknown() },
        other @ (Subject::OtherAccount { .. } | Subject::Flow { .. }) => other,
    };
}

/// The names that the owner gave the API, and the stage that its stage is counted as.
fn name_subject(subject: &mut Subject, settings: &Settings) {
    if let Subject::Request { api_id, stage, route } | Subject::AccessLine { api_id, stage, route } = subject {
        *api_id = settings.api_name(api_id).to_owned();
        *stage = settings.fold_stage(stage).to_owned();
        if !settings.route_metrics {
            *route = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cause::Table;
    use crate::decode::{BatchHeader, LogEvent, Message};
    use crate::pipeline::Pipeline;
    use crate::settings::{Environment, ROUTE_METRICS, ROUTES_LIMIT};

    /// Counts a failed request of each of so many routes in one batch, behind as many that succeed on others.
    fn routes(count: usize, limit: &str) -> Counted {
        let settings = Settings::load(&Environment::of([(ROUTE_METRICS, "true"), (ROUTES_LIMIT, limit)])).unwrap();
        let header = BatchHeader {
            message_type: "DATA_MESSAGE".to_owned(),
            owner: "123456789012".to_owned(),
            log_group: "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(),
            log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
        };
        let lines = |n: usize, status| {
            let route = format!("(request-{n}) HTTP Method: GET, Resource Path: /{n}");
            [route, format!("(request-{n}) Method completed with status: {status}")]
        };
        let lines: Vec<_> = (0..2 * count).flat_map(|n| lines(n, if n < count { 200 } else { 504 })).collect();
        let events = lines.iter().map(|line| LogEvent {
            id: b"",
            timestamp_ms: 1_700_000_000_000,
            message: Message::plain(line.as_bytes()),
        });
        Pipeline::new(Arc::new(settings), Table::default()).count_events(&header, events)
    }

    fn told(counted: &Counted) -> BTreeSet<&str> {
        let route = |subject| match subject {
            &Subject::Request { route: Some(ref route), .. } => route.as_str(),
            other => panic!("{other:?}"),
        };
        counted.tally.counts().map(|(key, _)| route(&key.subject)).collect()
    }

    #[test]
    fn as_many_routes_are_told_apart_in_a_batch_as_are_set_and_each_one_beyond_them_is_told() {
        let all = routes(2_500, "50000");
        assert_eq!((told(&all).len(), all.other_dimensions), (2_500, 0));
        let capped = routes(2_500, "2000");
        assert_eq!((told(&capped).len(), capped.other_dimensions), (2_001, 500));
        assert!(told(&capped).contains("other"));
    }
}
