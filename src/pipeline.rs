//! The steps from a batch to its tally, in one call.
//!
//! A [`Pipeline`] lives as long as its environment: it remembers the ids of counted log events and the requests that a
//! batch left open. [`Pipeline::count`] changes nothing of that, so that a batch whose data CloudWatch did not accept
//! can be counted again; [`Pipeline::commit`] takes over what a batch adds once its data were accepted.

mod dimensions;
mod exemplars;
mod memory;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use exemplars::Exemplar;
pub use memory::Memory;

use crate::cause::Table;
use crate::classify::repeated::Repeated;
use crate::classify::{self, Failure, Subject, Verdict};
use crate::decode::{self, BatchHeader, DecodeError, Decoded, Limits, LogEvent};
use crate::record::{self, Record, Source, access, execution, flow, lambda};
use crate::request::execution::{RequestKey, Requests};
use crate::request::invocation::Invocations;
use crate::settings::Settings;
use crate::tally::Tally;

/// What an API or a stage is called where nothing tells it.
const UNKNOWN: &str = "unknown";

/// What a batch came to.
#[derive(Debug, Default)]
pub struct Counted {
    /// What was decoded.
    pub decoded: Decoded,
    /// The failures, counted.
    pub tally: Tally,
    /// Failed requests whose ids are worth a line in the log: at most the set number for each cause and minute.
    pub exemplars: Vec<Exemplar>,
    /// Causes, each with the number of the log event that its request began with; for pasted text. At most 1,000.
    pub causes: Vec<(u64, &'static str)>,
    /// Causes that evidence alone or a sentence without its line hints at; for pasted text. At most 1,000.
    pub hints: Vec<&'static str>,
    /// Shapes of unclassified failures, with their counts.
    pub shapes: BTreeMap<String, u64>,
    /// How many log events were logged in each second since 1970-01-01T00:00:00Z.
    pub seconds: BTreeMap<i64, u64>,
    /// The batch comes from the function's own log group, and nothing of it was read.
    pub own_log_group: bool,
    /// The batch is the canary's.
    pub canary: bool,
    /// Log events that were counted before.
    pub duplicate_events: u64,
    /// Access-log lines whose status client text may have forged.
    pub ambiguous_lines: u64,
    /// Access-log lines without a status.
    pub lines_without_status: u64,
    /// Requests that were joined from two batches.
    pub split_requests: u64,
    /// Log events of no known shape.
    pub unknown_events: u64,
    /// Counts that a cap folded into `other`.
    pub other_dimensions: u64,
    /// APIs with failures in this batch whose failures are seen in both kinds of log. At most 1,000.
    pub both_sources: BTreeSet<String>,
    /// What is to be remembered once the data were accepted.
    pub memory: Memory,
}

/// Most distinct shapes kept of one batch; the rest counts under the shape of no known word.
const MOST_SHAPES: usize = 1_000;

/// Most exemplars of one batch, which each are a line of our own log.
const MOST_EXEMPLARS: usize = 1_000;

/// Most APIs named of those whose failures are seen in both kinds of log.
const MOST_BOTH_SOURCES: usize = 1_000;

/// Most causes kept in order of one batch.
const MOST_CAUSES: usize = 1_000;

/// The steps, with what they remember from batch to batch.
#[derive(Debug)]
pub struct Pipeline {
    settings: Arc<Settings>,
    table: Table,
    memory: Memory,
    /// Pasted text: everything is read that may be a line of a log.
    pasted: bool,
    /// Log events outside of this span are passed over.
    span_ms: Range<i64>,
    /// When to give up on a batch, and how much CPU time one may take.
    time: (Option<Instant>, Option<Duration>),
    /// The account that the function runs in, once it is known.
    own_account: Option<String>,
}

impl Pipeline {
    /// A pipeline that remembers nothing yet.
    pub fn new(settings: Arc<Settings>, table: Table) -> Self {
        Self {
            settings,
            table,
            memory: Memory::default(),
            pasted: false,
            span_ms: i64::MIN..i64::MAX,
            time: (None, None),
            own_account: None,
        }
    }

    /// The same for text that a person pasted: it has no log group, and lines may lack what surrounds them in a log.
    pub fn for_pasted_text(settings: Arc<Settings>, table: Table) -> Self {
        Self { pasted: true, ..Self::new(settings, table) }
    }

    /// Reads only log events of this span, in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn within(self, span_ms: Range<i64>) -> Self {
        Self { span_ms, ..self }
    }

    /// Says which account the function runs in. From then on failures in logs of others count in `AccountErrors`.
    pub fn runs_in_account(&mut self, account_id: &str) {
        if self.own_account.as_deref() != Some(account_id) {
            self.own_account = Some(account_id.to_owned());
        }
    }

    /// Gives up on a batch at the deadline, and when it has taken so much CPU time.
    pub fn limit_time(&mut self, deadline: Instant, cpu_time: Duration) {
        self.time = (Some(deadline), Some(cpu_time));
    }

    /// The causes in force.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Decodes, reads, classifies and tallies one subscription event. Remembers nothing.
    ///
    /// # Errors
    ///
    /// When the event cannot be decoded to its end. Nothing of it is counted then, and trying again never helps.
    pub fn count(&self, payload: &[u8]) -> Result<Counted, DecodeError> {
        self.count_with(|limits, each| decode::subscription_event(payload, limits, each))
    }

    /// The same for a batch that is at hand as JSON.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub fn count_document(&self, document: &[u8]) -> Result<Counted, DecodeError> {
        self.count_with(|_, each| decode::document_json(document, each))
    }

    /// The same for log events at hand.
    pub fn count_events<'e>(&self, header: &BatchHeader, events: impl Iterator<Item = LogEvent<'e>>) -> Counted {
        let counted = self.count_with(|_, each| {
            let mut decoded = Decoded { header: header.clone(), ..Decoded::default() };
            for event in events {
                decoded.log_events += 1;
                each(header, event);
            }
            Ok(decoded)
        });
        counted.unwrap_or_default()
    }

    /// The same for the base64 data of a batch, as a stream's event holds it.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub fn count_data(&self, data: &[u8]) -> Result<Counted, DecodeError> {
        self.count_with(|limits, each| decode::base64_data(data, limits, each))
    }

    /// The same for the compressed data of a batch, as a Kinesis record holds it.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub fn count_gzip(&self, gzip: &[u8]) -> Result<Counted, DecodeError> {
        self.count_with(|limits, each| decode::gzip_data(gzip, limits, each))
    }

    /// What is remembered now, to [`restore`](Self::restore) if a row of batches fails together.
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// Goes back to what was remembered before, but for the dimension values given out: some of the data may have been
    /// accepted, and the next try must fold the same values into `other`.
    pub fn restore(&mut self, memory: Memory) {
        let dimensions = std::mem::take(&mut self.memory.dimensions);
        self.memory = memory;
        self.memory.dimensions = dimensions;
    }

    /// Takes over the dimension values that a batch was given, and nothing else: its data were not all accepted.
    pub fn keep_dimensions(&mut self, memory: Memory) {
        self.memory.dimensions.take_over(memory.dimensions);
    }

    /// Takes over what a batch adds to the memory. To be called once its data were accepted.
    pub fn commit(&mut self, memory: Memory) {
        self.memory.take_over(memory);
    }

    fn count_with(
        &self,
        decode: impl FnOnce(&Limits, &mut dyn FnMut(&BatchHeader, LogEvent<'_>)) -> Result<Decoded, DecodeError>,
    ) -> Result<Counted, DecodeError> {
        let (deadline, cpu_time) = self.time;
        let inflated_bytes = self.settings.inflated_bytes_limit;
        let limits = Limits { inflated_bytes, deadline, cpu_time, ..Limits::default() };
        let mut batch = Batch::new(self);
        batch.counted.decoded = decode(&limits, &mut |header, event| batch.event(header, &event))?;
        Ok(batch.finish())
    }
}

/// One batch on its way.
struct Batch<'p> {
    pipeline: &'p Pipeline,
    /// Shared, so that it can be read while the batch changes.
    source: Option<Rc<Source>>,
    requests: Requests<'p>,
    repeated: Repeated,
    /// Stands for the log stream of all its events.
    stream_key: Option<u64>,
    /// Only where the batch is of a function.
    invocations: Option<Invocations>,
    counted: Counted,
    /// The log is another account's.
    of_other_account: bool,
    second: (i64, u64),
    /// The number of the log event at hand, from 1.
    number: u64,
}

impl<'p> Batch<'p> {
    fn new(pipeline: &'p Pipeline) -> Self {
        Self {
            pipeline,
            source: None,
            requests: Requests::resume(&pipeline.memory.carry, &pipeline.table),
            repeated: Repeated::default(),
            stream_key: None,
            invocations: None,
            counted: Counted { memory: pipeline.memory.of_batch(), ..Counted::default() },
            of_other_account: false,
            second: (i64::MIN, 0),
            number: 0,
        }
    }

    fn event(&mut self, header: &BatchHeader, event: &LogEvent<'_>) {
        let settings = &*self.pipeline.settings;
        if self.source.is_none() {
            let is = |group: &Option<String>| group.as_deref().is_some_and(|group| group == header.log_group);
            self.counted.own_log_group = is(&settings.own_log_group);
            self.counted.canary = is(&settings.canary_log_group);
            self.of_other_account = self.pipeline.own_account.as_ref().is_some_and(|own| is_other(own, &header.owner));
            self.source = Some(Rc::new(Source::of(header, settings, self.pipeline.pasted)));
        }
        if !self.pipeline.span_ms.contains(&event.timestamp_ms) {
            return;
        }
        self.number += 1;
        self.timestamp(event.timestamp_ms);
        if self.counted.own_log_group || self.counted.canary {
            return;
        }
        let Some(source) = self.source.clone() else { return };
        match record::read(&source, settings, &mut self.counted.memory.formats, event) {
            Record::Execution(line) => self.execution(&source, event, &line),
            Record::Transcript(text) if !self.is_duplicate(&source, event) => {
                // The event has one id, and none of its lines repeats another.
                let event = LogEvent { id: "", ..*event };
                for line in execution::lines_of_transcript(&text) {
                    self.execution(&source, &event, &line);
                }
            }
            Record::Transcript(_) => {}
            Record::Access(line) => self.access(&source, event, &line),
            Record::Lambda(line) => self.invocation(&source, event, &line),
            Record::Flow(line) => self.flow(&source, event, line),
            Record::Nothing => {}
            Record::Unknown => {
                self.counted.unknown_events += 1;
                if source.pasted && self.counted.hints.len() < MOST_CAUSES {
                    let cause = classify::sentence::cause(&event.message.text(), &self.pipeline.table);
                    self.counted.hints.extend(cause.map(|cause| cause.id));
                }
            }
        }
    }

    fn execution(&mut self, source: &Source, event: &LogEvent<'_>, line: &execution::Line<'_>) {
        use classify::execution::Finding;
        if line.head == execution::Head::HttpMethod && !self.pipeline.settings.route_metrics {
            return;
        }
        let Some(finding) = self.repeated.finding(line, &self.pipeline.table) else { return };
        let decides = matches!(finding, Finding::Failure(_) | Finding::GatewayResponse(_) | Finding::Ended(_));
        let key = RequestKey {
            api_id: line.api_id.as_deref().or(source.api_id.as_deref()).unwrap_or(UNKNOWN),
            stage: line.stage.as_deref().or(source.stage.as_deref()).unwrap_or(UNKNOWN),
            request_id: line.request_id.as_deref(),
            resource_path: line.resource_path.as_deref().filter(|_| self.pipeline.settings.route_metrics),
        };
        if decides && self.is_duplicate(source, event) {
            if self.pipeline.memory.knows(self.event_key(source, event)) {
                self.requests.repeated(key, event.timestamp_ms, &finding);
            }
            return;
        }
        let mut verdicts = Vec::new();
        self.requests.add(key, self.number, event.timestamp_ms, finding, &mut |number, verdict| {
            if !matches!(verdict, Verdict::NotFailed) {
                verdicts.push((number, verdict));
            }
        });
        for (number, verdict) in verdicts {
            self.verdict(source, number, verdict);
        }
    }

    fn access(&mut self, source: &Source, event: &LogEvent<'_>, line: &access::Line) {
        self.counted.lines_without_status += u64::from(matches!(line, access::Line::NoStatus));
        match classify::access::verdict(line, event.timestamp_ms, source, &self.pipeline.table) {
            Verdict::NotFailed => {}
            verdict if self.is_duplicate(source, event) => drop(verdict),
            verdict => self.verdict(source, self.number, verdict),
        }
    }

    fn flow(&mut self, source: &Source, event: &LogEvent<'_>, line: flow::Line) {
        let verdict = classify::flow::verdict(line, event.timestamp_ms, source);
        if line.rejected && !self.is_duplicate(source, event) {
            self.verdict(source, self.number, verdict);
        }
    }

    fn invocation(&mut self, source: &Source, event: &LogEvent<'_>, line: &lambda::Line<'_>) {
        use classify::invocation::Finding;
        let Some(finding) = classify::invocation::finding(&self.pipeline.table, line) else { return };
        let decides = matches!(finding, Finding::Report(_) | Finding::Failure { .. });
        if decides && self.is_duplicate(source, event) {
            return;
        }
        let memory = &self.pipeline.memory;
        let invocations = self
            .invocations
            .get_or_insert_with(|| Invocations::resume(memory.of_stream(&source.log_group, &source.log_stream)));
        let mut verdicts = Vec::new();
        invocations.add(function_name(source), event.timestamp_ms, &finding, &mut |verdict| verdicts.push(verdict));
        for verdict in verdicts {
            self.verdict(source, self.number, verdict);
        }
    }

    /// Whether a log event that would count was counted before, in this batch or in an accepted one.
    fn is_duplicate(&mut self, source: &Source, event: &LogEvent<'_>) -> bool {
        if event.id.is_empty() {
            return false;
        }
        let id = self.event_key(source, event);
        let is_known = self.pipeline.memory.knows(id) || !self.counted.memory.note(id);
        self.counted.duplicate_events += u64::from(is_known);
        is_known
    }

    /// What stands for the log event.
    fn event_key(&mut self, source: &Source, event: &LogEvent<'_>) -> u64 {
        let stream = self.stream_key.get_or_insert_with(|| Memory::stream_key(&source.log_group, &source.log_stream));
        Memory::event_key(*stream, event.id)
    }

    fn verdict(&mut self, source: &Source, number: u64, verdict: Verdict) {
        match verdict {
            Verdict::NotFailed => {}
            Verdict::Ambiguous => self.counted.ambiguous_lines += 1,
            Verdict::Failed(failure) => self.failure(source, number, failure),
        }
    }

    fn failure(&mut self, source: &Source, number: u64, mut failure: Failure) {
        if self.counted.causes.len() < MOST_CAUSES {
            self.counted.causes.push((number, failure.cause.id));
        }
        self.name(source, &mut failure.subject);
        self.counted.tally.add(&failure);
        if let Some(shape) = &failure.shape {
            let has_room = self.counted.shapes.len() < MOST_SHAPES || self.counted.shapes.contains_key(shape);
            let shape = if has_room { shape } else { classify::shape::GAP };
            *self.counted.shapes.entry(shape.to_owned()).or_default() += 1;
        }
        let limit = self.pipeline.settings.exemplars_per_cause;
        let shown = &self.pipeline.memory.shown;
        if self.counted.exemplars.len() < MOST_EXEMPLARS && self.counted.memory.shown.admit(shown, &failure, limit) {
            failure.request_id = exemplars::plain_id(failure.request_id);
            failure.trace_id = exemplars::plain_id(failure.trace_id);
            self.counted.exemplars.push(Exemplar {
                failure,
                log_group: source.log_group.clone(),
                log_stream: source.log_stream.clone(),
                owner: source.owner.clone(),
            });
        }
    }

    /// The dimensions that a failure is counted under: the owner's names, the account, `other` beyond the caps.
    fn name(&mut self, source: &Source, subject: &mut Subject) {
        let known = &self.pipeline.memory;
        let settings = &*self.pipeline.settings;
        name_subject(subject, settings);
        let is_in_both = self.counted.memory.sources.note(&known.sources, subject);
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
        let folded = self.counted.memory.dimensions.fold(&known.dimensions, subject, settings);
        self.counted.other_dimensions += u64::from(folded);
    }

    /// Counts a log event in its second. Events of a batch come in order, so most share the second before.
    fn timestamp(&mut self, timestamp_ms: i64) {
        let second = timestamp_ms.div_euclid(1_000);
        if second == self.second.0 {
            self.second.1 += 1;
            return;
        }
        self.flush_second();
        self.second = (second, 1);
    }

    fn flush_second(&mut self) {
        /// Most seconds told apart; a batch spans a few minutes as a rule.
        const MOST_SECONDS: usize = 4_096;
        let (second, count) = self.second;
        if count > 0 && (self.counted.seconds.len() < MOST_SECONDS || self.counted.seconds.contains_key(&second)) {
            *self.counted.seconds.entry(second).or_default() += count;
        }
    }

    fn finish(mut self) -> Counted {
        self.flush_second();
        let source = self.source.take().unwrap_or_default();
        let table = &self.pipeline.table;
        let requests = std::mem::replace(&mut self.requests, Requests::resume(&Default::default(), table));
        // One by one: a hundred thousand verdicts at once would be tens of megabytes.
        let finished = requests.finish(&mut |number, verdict| self.verdict(&source, number, verdict));
        self.counted.causes.sort_unstable();
        if let Some(invocations) = self.invocations.take() {
            let number = self.number;
            let carry =
                invocations.finish(function_name(&source), &mut |verdict| self.verdict(&source, number, verdict));
            self.counted.memory.keep_stream(&source.log_group, &source.log_stream, carry);
        }
        self.counted.split_requests += finished.split;
        self.counted.hints.extend(finished.hint.map(|cause| cause.id));
        self.counted.memory.carry = finished.carry;
        self.counted
    }
}

/// The function that a log stream is of, as far as its group tells.
fn function_name(source: &Source) -> &str {
    match source.function_name() {
        Some(name) => name,
        None if source.log_group.is_empty() => UNKNOWN,
        None => &source.log_group,
    }
}

impl Counted {
    fn note_both(&mut self, api_id: &str) {
        if self.both_sources.len() < MOST_BOTH_SOURCES && !self.both_sources.contains(api_id) {
            self.both_sources.insert(api_id.to_owned());
        }
    }
}

/// Whether a log is another account's: an account id has twelve digits, and made-up batches may have none.
fn is_other(own_account: &str, owner: &str) -> bool {
    owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit()) && owner != own_account
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
