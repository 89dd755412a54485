//! The failures of one batch to counts: named as the owner names them, folded beyond the caps, a few shown.
//!
//! One subject fails again and again, so its dimensions are worked out once, and failures are counted by its
//! number. To work them out for each failure takes 30 % more instructions of the whole job on 10,000 failure-only events.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::exemplars::{self, Exemplar};
use super::{Counted, Memory};
use crate::cause::Cause;
use crate::classify;
use crate::classify::shape::MOST_SHAPES;
use crate::failure::Failure;
use crate::interner::Interner;
use crate::keyed::{OfProcess, key_of};
use crate::metric::Subject;
use crate::record::{Named, Source};
use crate::settings::Settings;
use crate::tally::{Correction, CountKey, Sum, minute_of};

/// Most counts of one batch, by what failed, cause and minute (and status). They take 10 MB. A batch that has more was made up:
/// CloudWatch Logs sends some ten thousand log events.
pub(super) const MOST_COUNTS: usize = 262_144;

/// Most subjects that have numbers at the same time.
const MOST_SUBJECTS: usize = 1_024;

/// Most counts by number before they are added to the tally, where each takes less memory.
const MOST_NUMBERED: usize = 8_192;

/// Counts the failures of one batch.
#[derive(Debug)]
pub(super) struct Counter<'p> {
    settings: &'p Settings,
    known: &'p Memory,
    /// Whether failures are counted by status, which no metric shows.
    by_status: bool,
    pub(super) counted: Counted,
    /// The log groups that report the failures, by number.
    pub(super) sources: Vec<Arc<Source>>,
    /// The subjects as they are counted, by the hash of the subject as the log shows it.
    subjects: Interner<Dimensioned>,
    /// Counts by number of the subject, cause, minute and status.
    counts: HashMap<(u16, &'static str, i64, Option<u16>), Sum, OfProcess>,
    /// Failures before this time are not counted.
    since_ms: i64,
}

/// A subject with the dimensions under which it is counted.
#[derive(Debug)]
struct Dimensioned {
    subject: Arc<Subject>,
    /// A cap folded it into `other`.
    folded: bool,
    named: Named,
}

impl<'p> Counter<'p> {
    pub(super) fn new(settings: &'p Settings, known: &'p Memory, by_status: bool) -> Self {
        Self {
            settings,
            known,
            by_status,
            counted: Counted { additions: known.begin_batch(), ..Counted::default() },
            sources: Vec::new(),
            subjects: Interner::default(),
            counts: HashMap::default(),
            since_ms: i64::MIN,
        }
    }

    /// Counts no failure from before a span.
    pub(super) fn from(self, span_ms: Option<&Range<i64>>) -> Self {
        Self { since_ms: span_ms.map_or(i64::MIN, |span_ms| span_ms.start), ..self }
    }

    /// Ends the batch.
    pub(super) fn finish(mut self) -> Counted {
        self.flush();
        self.counted
    }

    /// Counts a failure of any kind of log. Returns the number of its exemplar, if it becomes one.
    pub(super) fn count(&mut self, mut failure: Failure) -> Option<usize> {
        if failure.timestamp_ms < self.since_ms {
            return None;
        }
        let number = self.dimensioned(&failure);
        self.counted.other_dimensions += u64::from(self.subjects.value(number).is_some_and(|known| known.folded));
        let minute_ms = minute_of(failure.timestamp_ms);
        if self.counts.len() >= MOST_NUMBERED {
            self.flush_counts();
        }
        let status = failure.status.filter(|_| self.by_status);
        let one = Sum::one(failure.timestamp_ms);
        let sum = self.counts.entry((number, failure.cause.id, minute_ms, status)).or_insert(one.without_count());
        sum.add(one);
        let nth = sum.count;
        if let Some(shape) = &failure.shape {
            self.shape(shape);
        }
        // Those before it were asked about as well, and there were as many as are shown.
        if nth > self.settings.exemplars_per_cause as u64 {
            return None;
        }
        self.set_subject(&mut failure, number);
        if !self.shows(&failure) {
            return None;
        }
        Some(self.show(failure))
    }

    /// Notes that an earlier batch counted a failure under another cause: it is not counted again, but shown.
    pub(super) fn correct(&mut self, mut failure: Failure, counted_as: &'static Cause) {
        let number = self.dimensioned(&failure);
        self.set_subject(&mut failure, number);
        self.counted.corrections.push(Correction {
            key: CountKey {
                subject: failure.subject.clone(),
                cause: counted_as.id,
                minute_ms: minute_of(failure.timestamp_ms),
                status: failure.status.filter(|_| self.by_status),
            },
            cause: failure.cause.id,
            request_id: failure.request_id.clone(),
        });
        if self.shows(&failure) {
            self.show(failure);
        }
    }

    /// Returns the log group that reports a failure.
    fn source(&self, failure: &Failure) -> Option<&Arc<Source>> {
        self.sources.get(usize::from(failure.lane)).or(self.sources.first())
    }

    /// Puts the subject with this number into a failure.
    fn set_subject(&self, failure: &mut Failure, number: u16) {
        if let Some(known) = self.subjects.value(number) {
            failure.subject = known.subject.clone();
        }
    }

    /// Returns the number of a failure's subject as it is counted.
    fn dimensioned(&mut self, failure: &Failure) -> u16 {
        let source = self.source(failure);
        let key = match source {
            Some(source) if source.is_of_other_account => key_of((&failure.subject, &source.owner)),
            _ => key_of(&failure.subject),
        };
        let named = |source: &Source| named(source, &failure.subject, self.settings);
        match self.subjects.find(key) {
            Some(number)
                // Another log group may name what a log event alone could not.
                if let Some(Dimensioned { folded: true, named: before, .. }) = self.subjects.value(number)
                    && source.is_some_and(|source| named(source) > *before) => {}
            Some(number) => return number,
            None => {}
        }
        let source = source.cloned().unwrap_or_default();
        self.number(&source, key, Subject::clone(&failure.subject))
    }

    /// Adds what was counted by number to the tally, and forgets the numbers.
    fn flush(&mut self) {
        self.flush_counts();
        self.subjects.clear();
    }

    fn flush_counts(&mut self) {
        for ((number, cause, minute_ms, status), count) in self.counts.drain() {
            if self.counted.tally.len() > MOST_COUNTS {
                // The batch is refused for it.
                continue;
            }
            if let Some(Dimensioned { subject, .. }) = self.subjects.value(number) {
                let subject = subject.clone();
                self.counted.tally.add_many(CountKey { subject, cause, minute_ms, status }, count);
            }
        }
    }

    fn shape(&mut self, shape: &str) {
        let has_room = self.counted.shapes.len() < MOST_SHAPES || self.counted.shapes.contains_key(shape);
        let shape = if has_room { shape } else { classify::shape::GAP };
        *self.counted.shapes.entry(shape.to_owned()).or_default() += 1;
    }

    /// Whether a failure becomes an exemplar; it is then taken to be one.
    fn shows(&mut self, failure: &Failure) -> bool {
        let limit = self.settings.exemplars_per_cause;
        let Failure { subject, cause, timestamp_ms, .. } = failure;
        self.counted.additions.shown.admit(&self.known.left_open.shown, subject, cause, *timestamp_ms, limit)
    }

    fn show(&mut self, mut failure: Failure) -> usize {
        let source = self.source(&failure).cloned().unwrap_or_default();
        failure.request_id = failure.request_id.filter(|id| id.text().is_some_and(exemplars::is_plain_id));
        failure.trace_id = failure.trace_id.filter(|id| exemplars::is_plain_id(id));
        self.counted.exemplars.push(Exemplar { failure, source });
        self.counted.exemplars.len() - 1
    }

    /// Adds the trace id of an exemplar that was logged after the failure.
    pub(super) fn trace_id(&mut self, exemplar: usize, trace_id: String) {
        if let Some(exemplar) = self.counted.exemplars.get_mut(exemplar) {
            exemplar.failure.trace_id = Some(trace_id).filter(|id| exemplars::is_plain_id(id));
        }
    }

    /// Works out the dimensions of a subject and gives it a number. The dimensions are the owner's names, the account, and
    /// `other` beyond the caps.
    fn number(&mut self, source: &Source, key: u64, mut subject: Subject) -> u16 {
        let named = named(source, &subject, self.settings);
        subject.without_long_names();
        name_subject(&mut subject, self.settings);
        let noted = self.counted.additions.kinds_seen.note(&self.known.kinds_seen, &subject);
        if noted.is_new && noted.is_in_both || self.subjects.len() == MOST_SUBJECTS {
            // What was worked out while the API had been seen in one kind of log only does not hold any more.
            self.flush();
        }
        match &mut subject {
            Subject::Request { api_id, .. } if noted.is_in_both => self.counted.note_both(api_id),
            Subject::AccessLine { api_id, route, .. } if noted.is_in_both => {
                self.counted.note_both(api_id);
                // The execution log counts the same failure under the same route.
                *route = None;
            }
            _ => {}
        }
        if source.is_of_other_account {
            subject = subject.in_account(&source.owner);
        }
        let folded = self.counted.additions.dimensions.fold(&self.known.dimensions, &mut subject, named, self.settings);
        let dimensioned = Dimensioned { subject: Arc::new(subject), folded, named };
        // There is room, so it always has a number.
        self.subjects.insert(key, MOST_SUBJECTS, dimensioned).unwrap_or_default()
    }
}

/// How much of a subject the log group or the settings name.
fn named(source: &Source, subject: &Subject, settings: &Settings) -> Named {
    match subject {
        Subject::Request { api_id, stage, .. } | Subject::AccessLine { api_id, stage, .. } => {
            source.names(api_id, stage, settings)
        }
        // The log group or the log stream names what else can fail.
        _ => Named::Whole,
    }
}

/// The names that the owner gave the API, and the stage that its stage is counted as.
fn name_subject(subject: &mut Subject, settings: &Settings) {
    if let Subject::Request { api_id, stage, route } | Subject::AccessLine { api_id, stage, route } = subject {
        *api_id = settings.api_name(api_id).to_owned();
        *stage = settings.stage_name(stage).to_owned();
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
    use crate::decode::{BatchHeader, LogEvent, Message, encode_event};
    use crate::pipeline::Pipeline;
    use crate::settings::Environment;

    /// Counts a failed request of each of so many routes in one batch, behind as many that succeed on others.
    fn routes(count: usize, limit: &str) -> Counted {
        let settings =
            Settings::load(&Environment::of([("WHY5XX_ROUTE_METRICS", "true"), ("WHY5XX_ROUTES_LIMIT", limit)]))
                .unwrap();
        let header = BatchHeader {
            message_type: "DATA_MESSAGE".to_owned(),
            owner: "123456789012".to_owned(),
            log_group: "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(),
            log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
            ..BatchHeader::default()
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
        let event = encode_event(&header, events);
        let pipeline = Pipeline::new(Arc::new(settings), Table::default());
        pipeline.count(event.as_bytes()).unwrap()
    }

    fn shown_routes(counted: &Counted) -> BTreeSet<String> {
        let route = |subject: &Subject| match subject {
            Subject::Request { route: Some(route), .. } => route.clone(),
            other => panic!("{other:?}"),
        };
        counted.tally.counts().map(|(key, _)| route(&key.subject)).collect()
    }

    #[test]
    fn as_many_routes_are_kept_apart_in_a_batch_as_are_set_and_each_one_beyond_them_is_counted() {
        let all = routes(2_500, "50000");
        assert_eq!((shown_routes(&all).len(), all.other_dimensions), (2_500, 0));
        let many = routes(12_500, "50000");
        assert_eq!((shown_routes(&many).len(), many.other_dimensions), (12_500, 0));
        let capped = routes(2_500, "2000");
        assert_eq!((shown_routes(&capped).len(), capped.other_dimensions), (2_001, 500));
        assert!(shown_routes(&capped).contains("other"));
    }
}
