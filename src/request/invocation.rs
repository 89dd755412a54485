//! Combines the findings of one log stream by invocation: one failed invocation is one count.
//!
//! A stream is one environment, which serves one invocation after the other (a Managed Instance several at a time). An
//! invocation is a request id up to its report; a retry with the same id is another. Only invocations that may have
//! failed are kept, each as a few dozen bytes without any text, and no more than `MOST_STATES`.
//! [`crate::classify::invocation`] decides which line has more weight.
//!
//! A line that a function may have printed is a hint. It counts if the platform reports that the invocation ended badly,
//! or if no report of the invocation is seen. A line that names a foreign id counts nothing: see `started`.

mod started;
mod state;

use std::collections::HashMap;
use std::sync::Arc;

use self::started::{IdOrigin, Started};
use self::state::InvocationState;
use crate::classify::invocation::{FailureEvidence, InvocationFinding, Reported, Scope};
use crate::failure::{Failure, FailureSink, RequestId};
use crate::keyed::OfProcess;
use crate::metric::Subject;
use crate::record::lambda::{Certainty, InvocationId, PlatformFormat, Start};

/// Most invocations kept at once. The map has at most 65,536 places of 81 bytes for them, less than 6 MiB.
const MOST_STATES: usize = 32_768;

/// Fewest that it may be: a batch of centralised logs has as many streams as it has log groups.
const FEWEST_STATES: usize = 256;

/// Most trace ids kept at once; exemplars need a few of them.
const MOST_TRACE_IDS: usize = 256;

/// Most invocations that are passed to the next batch.
const MOST_CARRIED: usize = 1_024;

/// The invocations of one log stream.
#[derive(Debug, Default)]
pub struct Invocations {
    states: HashMap<InvocationId, InvocationState, OfProcess>,
    started: Started,
    /// The open invocation. Lines without an id belong to it.
    current: Option<InvocationId>,
    /// Findings that belong to the next invocation that begins or ends.
    next: Option<InvocationState>,
    /// Reports before `next`, each perhaps of an invocation whose other lines were filtered out. A START shows that they
    /// are of the environment's init.
    before_next: Vec<InvocationState>,
    /// The invocation that ended last. Late lines of the platform belong to it.
    ended: Option<InvocationId>,
    /// The invocation under whose id an error was logged that ended the process.
    crashed: Option<InvocationId>,
    trace_ids: HashMap<InvocationId, Box<str>, OfProcess>,
    announced: Announced,
    /// The invocation whose report was the last.
    reported: Option<InvocationId>,
    /// Invocations that began inside an open one, if their STARTs are not printed.
    inner: Option<Inner>,
    /// How many streams the batch has.
    streams: usize,
}

/// Invocations whose STARTs stand inside an open one. A function may print the log of another; or the end of
/// the open one is missing. Its own end shows the first. Else, an END and a REPORT of an inner one show the second.
#[derive(Debug)]
struct Inner {
    /// The open invocation and what was known of it at the first inner START. What no id names is added to both.
    outer: Option<(InvocationId, Option<InvocationState>)>,
    /// The latest inner invocation.
    current: InvocationId,
    /// Inner invocations of which another with the same id began.
    earlier: Vec<(InvocationId, InvocationState)>,
    /// One has ended as the platform logs it.
    is_whole: bool,
}

/// Announcement of Ruby's runtime in the line before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Announced {
    #[default]
    Nothing,
    /// An error, whose lines follow.
    Error,
    /// A shutdown, whose error may follow.
    Shutdown,
}

/// Open invocations that a batch passes to the next batch of its stream, so that an invocation split over both counts
/// once.
#[derive(Debug, Clone, Default)]
pub struct InvocationCarry {
    states: Vec<(InvocationId, InvocationState)>,
    started: Started,
    current: Option<InvocationId>,
    next: Option<InvocationState>,
    announced: Announced,
    reported: Option<InvocationId>,
}

impl InvocationCarry {
    /// Returns how many invocations it holds.
    ///
    /// A batch that ends behind one `START` → 1
    pub fn invocations(&self) -> usize {
        self.states.len() + self.started.len()
    }

    /// Returns whether nothing is open.
    ///
    /// Behind `START` → false; behind its `END` and `REPORT` → true
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
            && self.started.is_empty()
            && self.current.is_none()
            && self.next.is_none()
            && self.announced == Announced::Nothing
    }
}

impl Invocations {
    /// Returns a stream without invocations.
    ///
    /// Its `finish` without any line → an empty [`InvocationCarry`]
    pub fn new() -> Self {
        Self::default()
    }

    /// Continues with the invocations that the previous batch left open.
    ///
    /// `START` and an error in one batch, `REPORT` in the next → one failure
    pub fn resume(carry: InvocationCarry) -> Self {
        Self {
            states: carry.states.into_iter().collect(),
            started: carry.started,
            current: carry.current,
            next: carry.next,
            announced: carry.announced,
            reported: carry.reported,
            ..Self::default()
        }
    }

    /// Says how many streams the batch has so far. Each of many is left less room.
    ///
    /// 1 stream → room for 32,768 invocations; 100 streams → 256 in each
    pub fn is_one_of(&mut self, streams: usize) {
        self.streams = streams;
    }

    /// Returns how many invocations the stream may hold: those of any number of streams are less than twice `MOST_STATES`, or
    /// `FEWEST_STATES` of each.
    fn most(&self) -> usize {
        (MOST_STATES / self.streams.max(1).saturating_pow(2)).max(FEWEST_STATES)
    }

    /// Adds the finding of one line. Calls `failed` for each invocation that is known to have failed.
    ///
    /// `START`, `Task timed out after 3.00 seconds`, `END` and `REPORT` of one id → one `lambda_timeout`
    pub fn add(
        &mut self,
        function_name: &str,
        timestamp_ms: i64,
        finding: &InvocationFinding<'_>,
        failed: &mut FailureSink<'_>,
    ) {
        match finding {
            InvocationFinding::ManagedInstance => self.started.serves_concurrently(),
            InvocationFinding::Announcement => self.announced = Announced::Error,
            InvocationFinding::Shutdown => self.announced = Announced::Shutdown,
            InvocationFinding::Start(start) => self.start(function_name, timestamp_ms, *start, failed),
            InvocationFinding::End(id) => self.end(function_name, timestamp_ms, *id, failed),
            InvocationFinding::Report(report) => self.report(function_name, timestamp_ms, report, failed),
            InvocationFinding::Failure { request_id, evidence } => {
                let evidence = match (evidence.certainty, self.announced) {
                    (Certainty::IfAnnounced, Announced::Error) => &evidence.proven(),
                    // The error of a shutdown.
                    (Certainty::IfAnnounced, Announced::Shutdown) => return,
                    _ => evidence,
                };
                self.announced = Announced::Nothing;
                self.failure(function_name, timestamp_ms, *request_id, evidence, failed);
            }
        }
        if self.states.len() > self.most() {
            self.relieve(function_name, failed);
        }
    }

    /// Decides the open invocations. Returns what the next batch of the stream needs.
    ///
    /// `START` without its end → a carry of this invocation
    pub fn finish(mut self, function_name: &str, failed: &mut FailureSink<'_>) -> InvocationCarry {
        self.decide_on_inner(function_name, failed);
        let mut carry = InvocationCarry {
            current: self.current,
            announced: self.announced,
            reported: self.reported,
            ..InvocationCarry::default()
        };
        if let Some(next) = self.take_next(function_name, failed) {
            self.decide(function_name, None, &next, failed);
            carry.next = Some(InvocationState { counted: next.evidence.failed(), ..next });
        }
        let mut states: Vec<_> = self.states.drain().collect();
        states.sort_unstable_by_key(|(id, state)| (state.timestamp_ms, *id));
        for (id, state) in &states {
            self.decide(function_name, Some(*id), state, failed);
        }
        let latest = states.len().saturating_sub(MOST_CARRIED);
        carry.states = states.split_off(latest);
        for (_, state) in &mut carry.states {
            state.counted |= state.evidence.failed();
            state.doubtful = false;
        }
        carry.started = self.started.carry();
        carry
    }

    fn start(&mut self, function_name: &str, timestamp_ms: i64, start: Start, failed: &mut FailureSink<'_>) {
        let id = start.request_id;
        let origin = self.started.start(start, timestamp_ms, self.most());
        if origin == IdOrigin::Foreign {
            return;
        }
        match self.states.get_mut(&id) {
            Some(state) if state.awaits_start && !state.evidence.has_ended() => state.awaits_start = false,
            Some(_) => self.settle(function_name, id, failed),
            None => {}
        }
        if origin == IdOrigin::Doubtful && self.started.has_certain() {
            let outer = || self.current.map(|id| (id, self.states.get(&id).copied()));
            match &mut self.inner {
                Some(inner) => inner.current = id,
                None => self.inner = Some(Inner { outer: outer(), current: id, earlier: Vec::new(), is_whole: false }),
            }
            return;
        }
        // Findings before START are of the environment's init, which Lambda tries again as part of the invocation.
        if let Some(mut next) = self.next.take() {
            for before in self.before_next.drain(..) {
                next.merge(&before);
            }
            let state = self.states.entry(id).or_insert_with(|| InvocationState::new(timestamp_ms));
            state.merge_init(&next);
            state.doubtful |= origin == IdOrigin::Doubtful;
        }
        self.announced = Announced::Nothing;
        self.current = Some(id);
        self.crashed = None;
        self.ended = None;
    }

    fn end(&mut self, function_name: &str, timestamp_ms: i64, id: InvocationId, failed: &mut FailureSink<'_>) {
        let is_foreign = self.started.origin_of_line(id, timestamp_ms) == IdOrigin::Foreign;
        if is_foreign || !self.started.is_in(PlatformFormat::Text) {
            return;
        }
        self.close(id);
        if let Some(next) = self.take_next(function_name, failed) {
            self.states.entry(id).or_insert_with(|| InvocationState::new(timestamp_ms)).merge(&next);
        }
    }

    /// Notes that an invocation ended whose report is a repeat: an export may hold the same log events twice.
    ///
    /// `START` of an id whose report was counted before, `end_again` → nothing is open
    pub fn end_again(&mut self, id: InvocationId) {
        self.close(id);
        self.current = self.current.filter(|current| *current != id);
    }

    /// Decides whether the invocations that began inside an open one are of the stream.
    fn decide_on_inner(&mut self, function_name: &str, failed: &mut FailureSink<'_>) {
        let Some(inner) = self.inner.take() else { return };
        if !inner.is_whole {
            self.states.retain(|_, state| !state.doubtful);
            self.started.forget_doubtful();
            return;
        }
        self.started.believe_doubtful();
        match inner.outer {
            Some((id, Some(state))) => drop(self.states.insert(id, state)),
            Some((id, None)) => drop(self.states.remove(&id)),
            None => {}
        }
        self.current = Some(inner.current).filter(|id| self.started.is_open(*id));
        for (id, state) in &inner.earlier {
            self.decide(function_name, Some(*id), state, failed);
        }
    }

    /// Notes that an invocation ended. That may show that doubtful lines were printed.
    fn close(&mut self, id: InvocationId) {
        if self.started.end(id) {
            self.inner = None;
            self.states.retain(|_, state| !state.doubtful);
            self.current = self.current.filter(|id| self.started.is_open(*id));
        }
    }

    /// Takes the findings of the invocation that now shows. Reports before them were of other invocations.
    fn take_next(&mut self, function_name: &str, failed: &mut FailureSink<'_>) -> Option<InvocationState> {
        for before in std::mem::take(&mut self.before_next) {
            self.decide(function_name, None, &before, failed);
        }
        self.next.take()
    }

    fn report(&mut self, function_name: &str, timestamp_ms: i64, report: &Reported<'_>, failed: &mut FailureSink<'_>) {
        let id = report.request_id;
        let origin = self.started.origin_of_line(id, timestamp_ms);
        if origin == IdOrigin::Foreign || !self.started.is_in(report.format) {
            return;
        }
        let is_excerpt = report.is_excerpt();
        if is_excerpt {
            // The platform's own was seen.
            if self.reported == Some(id) {
                return;
            }
            self.started.may_have_ended(id);
        }
        if report.concurrent {
            self.started.serves_concurrently();
        }
        if self.states.get(&id).is_some_and(|state| state.evidence.has_ended()) {
            // An extension may print the report of the invocation before. (A retry has a START of its own, or none is logged.)
            if self.current.is_some_and(|current| current != id && self.started.is_open(current)) {
                return;
            }
            self.settle(function_name, id, failed);
        }
        // A line of the crash without an id was attributed to the invocation at hand; the report says which one it was.
        let ends_process = report.evidence.is_some_and(|evidence| evidence.ends_process());
        if ends_process && origin == IdOrigin::Own {
            self.move_crash_to(id);
        }
        let mut state = self.states.remove(&id).unwrap_or_else(|| InvocationState::new(timestamp_ms));
        state.doubtful |= origin == IdOrigin::Doubtful;
        if let Some(next) = self.take_next(function_name, failed) {
            state.merge(&next);
        }
        match &report.evidence {
            Some(evidence) if is_excerpt => state.add_excerpt(evidence, timestamp_ms),
            Some(evidence) => state.add(evidence, timestamp_ms),
            None => {}
        }
        // From here on the invocation is known; whether it is over, the form of the report says.
        state.awaits_start = false;
        state.evidence.add_memory(report.memory_full);
        if report.ends {
            self.reported = Some(id);
            state.end(timestamp_ms);
            self.crashed = None;
            if origin != IdOrigin::Doubtful {
                self.ended = Some(id);
            }
            if self.current == Some(id) {
                self.current = None;
            }
            if let Some(inner) = &mut self.inner {
                inner.is_whole |= !is_excerpt && self.started.is_doubtful_end(id, report.format);
            }
            self.close(id);
        }
        if state.matters() {
            self.states.insert(id, state);
            self.keep_trace_id(id, report.trace_id);
        }
    }

    fn failure(
        &mut self,
        function_name: &str,
        timestamp_ms: i64,
        request_id: Option<InvocationId>,
        evidence: &FailureEvidence,
        failed: &mut FailureSink<'_>,
    ) {
        let origin = request_id.map_or(IdOrigin::Own, |id| self.started.origin_of_line(id, timestamp_ms));
        if origin == IdOrigin::Foreign {
            return;
        }
        // Which of the two invocations a line without an id is of shows later, so both get it: see `Inner`.
        if request_id.is_none()
            && let Some(inner) = self.inner.as_ref().map(|inner| inner.current).filter(|id| self.started.is_open(*id))
        {
            let doubtful = || InvocationState { doubtful: true, ..InvocationState::new(timestamp_ms) };
            self.states.entry(inner).or_insert_with(doubtful).add(evidence, timestamp_ms);
        }
        if matches!(evidence.scope, Scope::Init { .. }) {
            return self.init_failure(function_name, timestamp_ms, evidence, failed);
        }
        let Some(id) = request_id.or_else(|| self.invocation_without_id(evidence)) else {
            if evidence.needs_exit() {
                return;
            }
            return self.failure_of_next(function_name, timestamp_ms, evidence, failed);
        };
        if evidence.ends_process() && origin == IdOrigin::Own {
            self.move_crash_to(id);
        }
        // The platform writes this line behind the report; inside an invocation anybody may have.
        let evidence = match evidence.scope {
            Scope::Ended if self.current.is_none() => &evidence.proven(),
            _ => evidence,
        };
        let ended = self.ended == Some(id);
        let awaits_start = !ended && self.current != Some(id) && !self.started.is_open(id);
        let needs_exit = evidence.needs_exit();
        // Its START is missing (lost or filtered out): this line stands for it.
        let next = if awaits_start && !needs_exit && self.states.get(&id).is_none_or(|state| state.awaits_start) {
            self.take_next(function_name, failed)
        } else {
            None
        };
        let state = self.states.entry(id).or_insert_with(|| {
            let doubtful = origin == IdOrigin::Doubtful;
            let mut state = InvocationState { awaits_start, doubtful, ..InvocationState::new(timestamp_ms) };
            if ended {
                state.evidence.end();
            }
            state
        });
        // A process that crashes after its answer ends no invocation.
        if state.evidence.has_ended() && !state.evidence.ended_badly() && evidence.scope == Scope::Process {
            return;
        }
        if let Some(next) = next {
            state.merge(&next);
        }
        state.add(evidence, timestamp_ms);
        // Its START may be missing: lines without an id are of it from now on, and a crash until another id ends with one.
        if !state.evidence.has_ended() && origin == IdOrigin::Own && !needs_exit && !self.started.has_ended(id) {
            self.current = Some(id);
            if evidence.scope == Scope::Process {
                self.crashed = Some(id);
            }
        }
    }

    /// Returns the invocation of a line without an id: the open one, or the one that ended last if START lines show that no
    /// other began since. None if the next invocation has to show it.
    fn invocation_without_id(&self, evidence: &FailureEvidence) -> Option<InvocationId> {
        if self.current.is_some() {
            return self.current;
        }
        if evidence.scope == Scope::Ended {
            return self.ended;
        }
        let late = self.ended.filter(|id| {
            self.started.last_ended() == Some(*id)
                && !self.states.get(id).is_some_and(|state| state.evidence.is_whole())
        });
        late.filter(|_| !evidence.never_began() && self.next.is_none())
    }

    /// Adds a failed init. It belongs to the next invocation, or to the open one that repeats it.
    fn init_failure(
        &mut self,
        function_name: &str,
        timestamp_ms: i64,
        evidence: &FailureEvidence,
        failed: &mut FailureSink<'_>,
    ) {
        let open = self.current.filter(|id| self.started.is_open(*id));
        // A function may print such a line, so in an open invocation only a bad end makes it count.
        let Scope::Init { again } = evidence.scope else { return };
        let late = self.ended.filter(|_| again && self.next.is_none());
        match (open, late.and_then(|id| self.states.get(&id))) {
            (Some(id), _) => {
                let state = self.states.entry(id).or_insert_with(|| InvocationState::new(timestamp_ms));
                state.add(&FailureEvidence { scope: Scope::Init { again: false }, ..*evidence }, timestamp_ms);
            }
            // The report of the second try, behind the invocation that failed with it.
            (None, Some(state)) if state.evidence.was_not_loaded() => {}
            (None, _) => self.failure_of_next(function_name, timestamp_ms, evidence, failed),
        }
    }

    /// Adds a failure whose invocation is not known yet.
    fn failure_of_next(
        &mut self,
        function_name: &str,
        timestamp_ms: i64,
        evidence: &FailureEvidence,
        failed: &mut FailureSink<'_>,
    ) {
        // A second report belongs to a second invocation, or to the second try of the init: a START shows which. What the
        // platform reports of an init shows that there was one.
        if evidence.scope == Scope::WholeInvocation
            && let Some(next) = self.next.take_if(|next| next.evidence.is_whole() && !next.evidence.has_failed_init())
        {
            self.before_next.push(next);
            if self.before_next.len() > MOST_CARRIED {
                for before in std::mem::take(&mut self.before_next) {
                    self.decide(function_name, None, &before, failed);
                }
            }
        }
        self.next.get_or_insert_with(|| InvocationState::new(timestamp_ms)).add(evidence, timestamp_ms);
    }

    /// Moves an error that ended the process to the invocation that ended with it. The runtime may log it under an earlier
    /// id.
    fn move_crash_to(&mut self, id: InvocationId) {
        let Some(crashed) = self.crashed.take().filter(|crashed| *crashed != id) else { return };
        if let Some(state) = self.states.remove(&crashed) {
            self.states.entry(id).or_insert_with(|| InvocationState { awaits_start: true, ..state }).merge(&state);
        }
    }

    fn keep_trace_id(&mut self, id: InvocationId, trace_id: Option<&str>) {
        const LONGEST_BYTES: usize = 64;
        if let Some(trace_id) = trace_id.filter(|text| text.len() <= LONGEST_BYTES)
            && self.trace_ids.len() < MOST_TRACE_IDS
        {
            self.trace_ids.insert(id, trace_id.into());
        }
    }

    fn settle(&mut self, function_name: &str, id: InvocationId, failed: &mut FailureSink<'_>) {
        let Some(state) = self.states.remove(&id) else { return };
        match &mut self.inner {
            Some(inner) if state.doubtful && inner.earlier.len() < MOST_CARRIED => inner.earlier.push((id, state)),
            _ => self.decide(function_name, Some(id), &state, failed),
        }
    }

    /// Makes room: decides the ended invocations, and all others if too few have ended.
    fn relieve(&mut self, function_name: &str, failed: &mut FailureSink<'_>) {
        let mut states = std::mem::take(&mut self.states);
        let enough = states.values().filter(|one| one.evidence.has_ended()).count() >= self.most() / 2;
        // Late lines may still follow for the invocation that ended last.
        let last = self.ended;
        states.retain(|id, one| {
            let keep = enough && !one.evidence.has_ended() || last == Some(*id);
            if !keep {
                self.decide(function_name, Some(*id), one, failed);
            }
            keep
        });
        self.states = states;
    }

    fn decide(
        &mut self,
        function_name: &str,
        id: Option<InvocationId>,
        state: &InvocationState,
        failed: &mut FailureSink<'_>,
    ) {
        let trace_id = id.and_then(|id| self.trace_ids.remove(&id));
        let Some(cause) = state.evidence.cause().filter(|_| !state.counted) else { return };
        failed(Failure {
            subject: Arc::new(Subject::Invocation { function_name: function_name.to_owned() }),
            cause,
            status: None,
            timestamp_ms: state.timestamp_ms,
            number: 0,
            lane: 0,
            request_id: id.and_then(|id| id.as_uuid()).map(|id| RequestId::of(id.as_bytes())),
            trace_id: trace_id.map(String::from),
            shape: None,
        });
    }
}

#[cfg(test)]
mod tests;
