//! Accumulator for one batch: reads each log event, classifies it and counts what it proves.

use std::sync::Arc;

use super::counted::RequestBound;
use super::counter::Counter;
use super::lane::{Handling, Lane, MOST_SOURCES, is_other};
use super::memory::Memory;
use super::{Counted, Pipeline, own_log};
use crate::classify;
use crate::classify::execution::RequestFinding;
use crate::classify::repeated::Repeated;
use crate::decode::{BatchHeader, LogEvent, Origin};
use crate::failure::Failure;
use crate::keyed::key_of;
use crate::log_kind::LogKind;
use crate::placeholder::UNKNOWN;
use crate::record::{self, Record, Source, access, execution, flow, lambda};
use crate::request::Place;
use crate::request::execution::{RequestKey, Requests};
use crate::request::invocation::Invocations;

/// Parser of log events that a caller has.
pub(super) type Parser<'r> = dyn for<'e> FnMut(&Source, &LogEvent<'e>) -> Record<'e> + 'r;

/// Accumulator for one batch.
pub(super) struct BatchAccumulator<'p> {
    pipeline: &'p Pipeline,
    /// The source of the log event at hand: passed to it by reference, and shared with the exemplars.
    source: Option<Arc<Source>>,
    /// State shared by the log events of this source.
    lane: Lane,
    /// State of the other sources of the batch.
    parked: Vec<Lane>,
    /// Origin of all log events, if the batch names it behind them.
    late_origin: Option<Origin>,
    requests: Requests<'p>,
    repeated: Repeated,
    access_names: record::access::LastNames,
    /// Parses the log events in place of [`record::parse_event`].
    pub(super) parser: Option<&'p mut Parser<'p>>,
    pub(super) counter: Counter<'p>,
    /// The number of the log event at hand, from 1.
    number: u64,
}

impl<'p> BatchAccumulator<'p> {
    pub(super) fn new(pipeline: &'p Pipeline, late_origin: Option<Origin>, parser: Option<&'p mut Parser<'p>>) -> Self {
        Self {
            pipeline,
            parser,
            source: None,
            lane: Lane::default(),
            parked: Vec::new(),
            late_origin,
            requests: Requests::resume(&pipeline.memory.left_open.carry, &pipeline.table, &pipeline.settings),
            repeated: Repeated::default(),
            access_names: record::access::LastNames::default(),
            counter: Counter::new(&pipeline.settings, &pipeline.memory, pipeline.options.by_status)
                .from(pipeline.options.span_ms.as_ref()),
            number: 0,
        }
    }

    /// The first log event of the batch, or one of another source than the one before.
    #[cold]
    fn enter(&mut self, header: &BatchHeader) -> Arc<Source> {
        let origin = header.origin.clone().or_else(|| self.late_origin.clone());
        let lane = match self.parked.iter().position(|lane| lane.origin == origin) {
            Some(at) => self.parked.swap_remove(at),
            None => self.begin(BatchHeader { origin, ..header.clone() }),
        };
        let before = std::mem::replace(&mut self.lane, lane);
        // Before the first source of a batch there is no lane to park.
        if self.counter.sources.len() > 1 && before.handling != Handling::NotUnderstood {
            self.parked.push(before);
        }
        self.counter.sources.get(usize::from(self.lane.number)).cloned().unwrap_or_default()
    }

    /// Starts a source from the header.
    fn begin(&mut self, header: BatchHeader) -> Lane {
        let settings = &*self.pipeline.settings;
        let number = self.counter.sources.len() as u16;
        if self.counter.sources.len() >= MOST_SOURCES {
            return Lane { origin: header.origin, handling: Handling::NotUnderstood, ..Lane::default() };
        }
        let mut source = Source::from_header(&header, settings);
        if let Some(kind) = self.pipeline.options.kind {
            (source.kind, source.disputed_kind) = (Some(kind), false);
        }
        let own_account = self.pipeline.options.own_account.as_ref();
        source.is_of_other_account = own_account.is_some_and(|own| is_other(own, &source.owner));
        self.counter.counted.disputed_kind |= source.disputed_kind;
        let place = self.place_of(&source, None, None);
        let lane = Lane {
            number,
            place,
            stream_key: match &header.origin {
                None => Memory::stream_key(&source.log_group, &source.log_stream),
                Some(origin) => Memory::stream_key(origin, &source.log_stream),
            },
            invocations: None,
            handling: Handling::choose(&source, &header.log_group, settings),
            is_of_other_account: source.is_of_other_account,
            origin: header.origin,
        };
        self.counter.sources.push(Arc::new(source));
        lane
    }

    /// Takes a log event.
    pub(super) fn event(&mut self, header: &BatchHeader, event: &LogEvent<'_>) {
        let source = self.source_of(header);
        if self.admits(event) {
            self.within_span(event, |batch| batch.read(&source, event));
        }
        self.source = Some(source);
    }

    /// Takes the source out, to pass it by reference to an event.
    fn source_of(&mut self, header: &BatchHeader) -> Arc<Source> {
        match self.source.take() {
            Some(source) if self.lane.origin.as_ref() == header.origin.as_ref().or(self.late_origin.as_ref()) => source,
            _ => self.enter(header),
        }
    }

    /// Counts a log event as one of the batch. Says whether it is to be read.
    fn admits(&mut self, event: &LogEvent<'_>) -> bool {
        self.number += 1;
        if let Some(span_ms) = &self.pipeline.options.span_ms
            && (event.timestamp_ms == 0 || event.timestamp_ms >= span_ms.end)
        {
            return false;
        }
        let counted = &mut self.counter.counted;
        // A log event without a time has no delay; what a clock ahead wrote has none either.
        if let Some(now_ms) = self.pipeline.options.now_ms
            && event.timestamp_ms != 0
            && self.lane.handling != Handling::Canary
        {
            counted.delays.add(u64::try_from(now_ms.saturating_sub(event.timestamp_ms)).unwrap_or(0));
        }
        match self.lane.handling {
            Handling::Read => match &self.pipeline.own_mark {
                Some(mark) if mark.is_of(event) && !self.lane.is_of_other_account => counted.own_lines += 1,
                Some(_) => {
                    counted.lambda_lines += u64::from(own_log::is_of_lambda(event));
                    return true;
                }
                None => return true,
            },
            Handling::Own => counted.own_log_events += 1,
            Handling::Canary => {
                counted.canary_events += 1;
                counted.canary_ms.get_or_insert(event.timestamp_ms);
            }
            Handling::NotUnderstood => counted.understood.add_record(self.number, &Record::Unknown),
        }
        false
    }

    /// Reads a log event. One from before the span counts nothing, but a request or an invocation that ends in the span may
    /// have its reason there.
    #[inline]
    fn within_span(&mut self, event: &LogEvent<'_>, read: impl FnOnce(&mut Self)) {
        if self.pipeline.options.span_ms.as_ref().is_none_or(|span_ms| event.timestamp_ms >= span_ms.start) {
            return read(self);
        }
        let numbers = |counted: &Counted| {
            let Counted { understood, duplicate_events, ambiguous_lines, lacks_status, has_doubtful_names, .. } =
                counted;
            (*understood, *duplicate_events, *ambiguous_lines, *lacks_status, *has_doubtful_names)
        };
        let before = numbers(&self.counter.counted);
        let bounds = self.counter.counted.bounds.len();
        read(self);
        let counted = &mut self.counter.counted;
        counted.bounds.truncate(bounds);
        (counted.understood, counted.duplicate_events, counted.ambiguous_lines, ..) = before;
        (.., counted.lacks_status, counted.has_doubtful_names) = before;
    }

    /// Reads a log event. The usual lines of an execution log go to their step without a [`Record`] in between; see
    /// [`execution::parse_with_id`] for what that saves.
    #[inline]
    fn read(&mut self, source: &Arc<Source>, event: &LogEvent<'_>) {
        if self.parser.is_some() || !matches!(source.kind, Some(LogKind::Execution) | None) {
            return self.other_event(source, event);
        }
        match execution::parse_with_id(event) {
            // Nothing but its shape shows the kind of log.
            execution::WithId::Line(line) if source.kind.is_none() && line.has_column_behind() => {
                self.other_event(source, event);
            }
            execution::WithId::Line(line) => {
                self.counter.counted.understood.add(LogKind::Execution);
                self.execution(source, event, &line);
            }
            execution::WithId::Nothing => self.counter.counted.understood.add(LogKind::Execution),
            execution::WithId::Other => self.other_event(source, event),
        }
    }

    /// Handles a log event of any other form. A separate function, so that the usual ones skip its stack frame.
    #[inline(never)]
    fn other_event(&mut self, source: &Arc<Source>, event: &LogEvent<'_>) {
        let settings = &*self.pipeline.settings;
        let formats = &mut self.counter.counted.additions.formats;
        // Borrowed, as everything that is read of an event: see [`EventCallback`](crate::decode::EventCallback).
        let record = &match &mut self.parser {
            None => record::parse_event(source, settings, formats, &mut self.access_names, event),
            Some(parse) => parse(source, event),
        };
        self.record(source, event, record);
    }

    /// Takes what was read of a log event.
    fn record(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, record: &Record<'_>) {
        self.counter.counted.understood.add_record(self.number, record);
        match record {
            Record::Execution(line) => self.execution(source, event, line),
            Record::Transcript(text) => self.transcript(source, event, text),
            Record::Access(line) => self.access(source, event, line),
            Record::Lambda(line) => self.invocation(source, event, line),
            Record::Flow(line) => self.flow(source, event, *line),
            Record::Nothing(LogKind::Access) if self.pipeline.options.counts_requests => {
                self.take(source, event, Proof::Access(None));
            }
            Record::Nothing(_) | Record::Unknown => {}
        }
    }

    #[inline(never)]
    fn execution(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, line: &execution::ExecutionLine<'_>) {
        let counts_routes = self.pipeline.settings.route_metrics;
        if line.head == execution::Head::HttpMethod && !counts_routes {
            return;
        }
        let finding = self.repeated.finding(line, &self.pipeline.table);
        let Some(finding) = &finding else { return };
        let delivered = line.delivered.as_deref();
        if self.pipeline.options.counts_requests
            && let RequestFinding::Opening(_) | RequestFinding::Ended(_) = finding
        {
            self.counter.counted.bounds.push(RequestBound {
                key: key_of((self.lane.stream_key, line.request_id.as_deref())),
                timestamp_ms: event.timestamp_ms,
                is_end: matches!(finding, RequestFinding::Ended(_)),
            });
        }
        let key = RequestKey {
            place: match delivered {
                None => self.lane.place,
                Some(fields) => self.place_of(source, fields.api_id.as_deref(), fields.stage.as_deref()),
            },
            lane: self.lane.number,
            request_id: line.request_id.as_deref(),
            resource_path: delivered.filter(|_| counts_routes).and_then(|fields| fields.resource_path.as_deref()),
        };
        self.take(source, event, Proof::Request(key, finding));
    }

    /// Takes what a log event proves. This is the one way to a count for every kind of log: what decides counts once,
    /// however often the event is delivered. Returns whether it is no repeat.
    fn take(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, proof: Proof<'_>) -> bool {
        let is_repeat = proof.decides() && self.is_duplicate(event);
        let (number, timestamp_ms) = (self.number, event.timestamp_ms);
        // An accepted batch counted this request; the requests must know that it is there again.
        let was_accepted = is_repeat && matches!(proof, Proof::Request(..)) && self.was_counted(event);
        let Self { counter, requests, lane, pipeline, .. } = self;
        let is_end = matches!(proof, Proof::Request(_, RequestFinding::Ended(_)));
        counter.counted.understood.ends += u64::from(is_end && !is_repeat);
        let streams = counter.sources.len();
        let mut failed = |failure| counter.count(failure);
        match proof {
            Proof::Request(key, finding) if !is_repeat => requests.add(key, number, timestamp_ms, finding, &mut failed),
            Proof::Request(key, finding) if was_accepted => requests.repeated(key, timestamp_ms, finding, &mut failed),
            Proof::Request(..) => {}
            Proof::Invocation(finding) if is_repeat => {
                // Its START, which decides nothing, was read again.
                if let (classify::invocation::InvocationFinding::Report(report), Some(open)) =
                    (finding, &mut lane.invocations)
                {
                    open.end_again(report.request_id);
                }
            }
            Proof::Access(_) | Proof::Decided(_) | Proof::Ambiguous | Proof::Transcript if is_repeat => {}
            Proof::Invocation(finding) => {
                let stream = || pipeline.memory.of_stream(lane.stream_key);
                let invocations = lane.invocations.get_or_insert_with(|| Invocations::resume(stream()));
                invocations.is_one_of(streams);
                let mut failed = |failure| failed(Failure { number, lane: lane.number, ..failure });
                invocations.add(function_name(source), timestamp_ms, finding, &mut failed);
            }
            Proof::Access(failure) => {
                if let Some(failure) = failure {
                    failed(Failure { number, lane: lane.number, ..failure });
                }
                counter.counted.understood.access_ends += 1;
            }
            Proof::Decided(failure) => drop(failed(Failure { number, lane: lane.number, ..failure })),
            Proof::Ambiguous => counter.counted.ambiguous_lines += 1,
            Proof::Transcript => {}
        }
        !is_repeat
    }

    /// Returns the number of the API and stage that a line names, or else its source.
    fn place_of(&mut self, source: &Source, api_id: Option<&str>, stage: Option<&str>) -> Place {
        let api_id = api_id.or(source.api_id.as_deref()).unwrap_or(UNKNOWN);
        let stage = stage.or(source.stage.as_deref()).unwrap_or(UNKNOWN);
        self.requests.place(api_id, stage, source.names(api_id, stage, &self.pipeline.settings))
    }

    /// Takes the lines of a transcript. None of them repeats another, for the event has one id.
    fn transcript(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, text: &str) {
        if self.take(source, event, Proof::Transcript) {
            let event = LogEvent { id: b"", ..*event };
            for line in execution::lines_of_transcript(text) {
                self.execution(source, &event, &line);
            }
        }
    }

    fn access(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, line: &access::AccessLine) {
        let counted = &mut self.counter.counted;
        match line {
            access::AccessLine::NoStatus => counted.lacks_status = true,
            access::AccessLine::Failed(fields) => {
                let api = fields.api_id.as_ref().or(source.api_id.as_ref());
                let stage = fields.stage.as_ref().or(source.stage.as_ref());
                counted.has_doubtful_names |= fields.has_doubtful_names && (api.is_none() || stage.is_none());
            }
            access::AccessLine::Healthy | access::AccessLine::Ambiguous => {}
        }
        match classify::access::finding(line, event.timestamp_ms, source, &self.pipeline.table) {
            None => {}
            Some(classify::access::AccessFinding::Failed(failure)) => {
                self.take(source, event, Proof::Access(Some(failure)));
            }
            Some(classify::access::AccessFinding::Ambiguous) => {
                self.take(source, event, Proof::Ambiguous);
            }
        }
    }

    fn flow(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, line: flow::FlowRecord) {
        if let Some(failure) = classify::flow::failure(line, event.timestamp_ms, source) {
            self.take(source, event, Proof::Decided(failure));
        }
    }

    fn invocation(&mut self, source: &Arc<Source>, event: &LogEvent<'_>, line: &lambda::FunctionLine<'_>) {
        let finding = classify::invocation::finding(&self.pipeline.table, line);
        self.take(source, event, Proof::Invocation(&finding));
    }

    /// Returns whether a log event that would count was counted before, in this batch or in an accepted one.
    fn is_duplicate(&mut self, event: &LogEvent<'_>) -> bool {
        if event.id.is_empty() {
            return false;
        }
        let id = self.event_key(event);
        let is_known = self.pipeline.memory.knows(id) || !self.counter.counted.additions.note(id);
        self.counter.counted.duplicate_events += u64::from(is_known);
        is_known
    }

    /// Returns whether a log event was counted in an accepted batch.
    fn was_counted(&self, event: &LogEvent<'_>) -> bool {
        let key = self.event_key(event);
        self.pipeline.memory.knows(key)
    }

    /// Returns the key that stands for the log event.
    fn event_key(&self, event: &LogEvent<'_>) -> u64 {
        Memory::event_key(self.lane.stream_key, event.id)
    }

    pub(super) fn finish(self) -> Counted {
        let Self { mut counter, lane, mut parked, requests, number, .. } = self;
        // One at a time: a hundred thousand failures at once would be tens of megabytes.
        let finished = requests.finish(&mut |failure| counter.count(failure));
        for (failure, counted_as) in finished.corrections {
            counter.correct(failure, counted_as);
        }
        for (exemplar, trace_id) in finished.late_trace_ids {
            counter.trace_id(exemplar, trace_id);
        }
        parked.push(lane);
        parked.sort_unstable_by_key(|lane| lane.number);
        for Lane { invocations, number: lane, stream_key, .. } in parked {
            let Some((invocations, of)) = invocations.zip(counter.sources.get(usize::from(lane)).cloned()) else {
                continue;
            };
            let mut failed = |failure| counter.count(Failure { number, lane, ..failure });
            let carry = invocations.finish(function_name(&of), &mut failed);
            counter.counted.additions.streams.push((stream_key, carry));
        }
        let mut counted = counter.finish();
        counted.split_requests += finished.split;
        counted.additions.carry = finished.carry;
        counted
    }
}

/// Proof in one log event: a finding for a request or an invocation, or a failure at once.
enum Proof<'f> {
    /// Something about a request of an execution log.
    Request(RequestKey<'f>, &'f classify::execution::RequestFinding),
    /// Something about an invocation.
    Invocation(&'f classify::invocation::InvocationFinding<'f>),
    /// A line of an access log: a request ended, and failed or not.
    Access(Option<Failure>),
    /// A line of an access log whose status client text may have forged.
    Ambiguous,
    /// A failure that one log event decides: a rejected flow.
    Decided(Failure),
    /// Several lines of an execution log in one event, which are taken one by one if the event is no repeat.
    Transcript,
}

impl Proof<'_> {
    /// Returns whether it can decide a count.
    fn decides(&self) -> bool {
        match self {
            Self::Request(_, finding) => finding.decides(),
            Self::Invocation(finding) => finding.decides(),
            Self::Access(_) | Self::Ambiguous | Self::Decided(_) | Self::Transcript => true,
        }
    }
}

/// Returns the function that a log stream belongs to.
fn function_name(source: &Source) -> &str {
    match source.function_name() {
        Some(name) => name,
        None if source.log_group.is_empty() => UNKNOWN,
        None => &source.log_group,
    }
}
