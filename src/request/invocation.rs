//! Combines the findings of one log stream by invocation: one failed invocation is one count.
//!
//! A stream is one environment, which serves one invocation after the other. An invocation is a request id up to its
//! report; a retry with the same id is another. Only invocations that may have failed are kept, each as a few dozen bytes
//! without any text, and no more than `MOST_STATES`; which line weighs more is decided in
//! [`crate::classify::invocation`].

use std::collections::HashMap;

use crate::cause::{Cause, Role};
use crate::classify::invocation::{Evidence, Finding, ProcessEnd, Reported, Scope, Weight};
use crate::failure::{Failure, FailureSink, Id, Subject};
use crate::keyed::OfProcess;
use crate::record::lambda::RequestId;

/// Most invocations kept at once. The map has at most 65,536 places of 57 bytes for them, less than 4 MiB.
const MOST_STATES: usize = 32_768;

/// Most trace ids kept at once; exemplars need a few of them.
const MOST_TRACE_IDS: usize = 256;

/// Most invocations that are passed to the next batch.
const MOST_CARRIED: usize = 1_024;

/// The invocations of one log stream.
#[derive(Debug, Default)]
pub struct Invocations {
    states: HashMap<RequestId, InvocationState, OfProcess>,
    /// The open invocation. Lines without an id belong to it.
    current: Option<RequestId>,
    /// Findings that belong to the next invocation that begins or ends.
    next: Option<InvocationState>,
    /// The invocation that ended last. Late lines of the platform belong to it.
    ended: Option<RequestId>,
    /// The invocation under whose id an error was logged that ended the process.
    crashed: Option<RequestId>,
    trace_ids: HashMap<RequestId, Box<str>, OfProcess>,
}

/// Open invocations that a batch passes to the next batch of its stream, so that an invocation split over both counts
/// once.
#[derive(Debug, Clone, Default)]
pub struct Carry {
    states: Vec<(RequestId, InvocationState)>,
    current: Option<RequestId>,
    next: Option<InvocationState>,
}

impl Carry {
    /// Returns whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty() && self.current.is_none() && self.next.is_none()
    }
}

/// What the findings of one invocation add up to so far.
#[derive(Debug, Clone, Copy)]
struct InvocationState {
    cause: Option<&'static Cause>,
    timestamp_ms: i64,
    weight: Weight,
    exit: ProcessEnd,
    memory: MemoryUse,
    /// The failure counts even if the invocation is reported as successful.
    certain: bool,
    /// Likewise, if all findings were logged before the invocation began.
    certain_at_start: bool,
    /// The runtime reported that it could not load the function.
    not_loaded: bool,
    /// Evidence was logged before START. A START that follows belongs to the same invocation.
    awaits_start: bool,
    ended: bool,
    /// An earlier batch counted it.
    counted: bool,
    /// The runtime's one report of the invocation's error was seen.
    whole: bool,
}

/// What a report shows about an invocation's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemoryUse {
    Unknown,
    /// Some was left, and the process had ended before the report.
    Left,
    Full,
}

impl InvocationState {
    fn new(timestamp_ms: i64) -> Self {
        Self {
            cause: None,
            timestamp_ms,
            weight: Weight::Nothing,
            exit: ProcessEnd::None,
            memory: MemoryUse::Unknown,
            certain: false,
            certain_at_start: false,
            not_loaded: false,
            awaits_start: false,
            ended: false,
            counted: false,
            whole: false,
        }
    }

    fn failed(&self) -> bool {
        self.weight > Weight::Hinted
    }

    /// Returns whether the invocation must be remembered.
    fn matters(&self) -> bool {
        self.weight > Weight::Nothing || self.counted || self.memory == MemoryUse::Full
    }

    fn add(&mut self, evidence: &Evidence, timestamp_ms: i64) {
        if !self.failed() && !self.ended {
            self.timestamp_ms = timestamp_ms;
        }
        if self.weight == Weight::Hinted && evidence.exit != ProcessEnd::None {
            self.weight = Weight::Threw;
        }
        if evidence.weight > self.weight {
            self.weight = evidence.weight;
            self.cause = Some(evidence.cause);
        }
        // The first failure to load is tried again; the second one is the invocation's.
        let not_loaded = evidence.weight == Weight::NeverBegan && evidence.scope != Scope::Start;
        self.certain_at_start |= evidence.certain && (evidence.scope == Scope::Start || not_loaded && self.not_loaded);
        self.not_loaded |= not_loaded;
        self.certain |= evidence.certain;
        self.whole |= evidence.scope == Scope::WholeInvocation;
        self.exit = more_informative(self.exit, evidence.exit);
    }

    /// Merges what is known about the same invocation from elsewhere.
    fn merge(&mut self, other: &Self) {
        if other.failed() && !self.ended {
            self.timestamp_ms =
                if self.failed() { self.timestamp_ms.min(other.timestamp_ms) } else { other.timestamp_ms };
        }
        if other.weight > self.weight {
            self.weight = other.weight;
            self.cause = other.cause;
        }
        self.certain |= other.certain;
        self.counted |= other.counted;
        self.whole |= other.whole;
        self.exit = more_informative(self.exit, other.exit);
    }

    fn forget_failure(&mut self) {
        *self = Self { memory: self.memory, ended: self.ended, counted: self.counted, ..Self::new(self.timestamp_ms) };
    }

    /// Returns the cause that all findings result in; None if the invocation did not fail.
    fn decided(&self) -> Option<&'static Cause> {
        let out_of_memory = match self.exit {
            ProcessEnd::Killed => self.memory != MemoryUse::Left,
            ProcessEnd::Unexplained => self.memory == MemoryUse::Full,
            ProcessEnd::Explained | ProcessEnd::None => false,
        };
        if !self.failed() {
            return None;
        }
        if out_of_memory && self.weight < Weight::Ended { Some(Role::OutOfMemory.cause()) } else { self.cause }
    }
}

/// Returns the more informative of two statements about how a process ended.
///
/// `Unexplained`, `Killed` → `Killed`
fn more_informative(one: ProcessEnd, other: ProcessEnd) -> ProcessEnd {
    let order = [ProcessEnd::Killed, ProcessEnd::Explained, ProcessEnd::Unexplained];
    order.into_iter().find(|end| *end == one || *end == other).unwrap_or(ProcessEnd::None)
}

impl Invocations {
    /// Returns a stream without invocations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Continues with the invocations that the previous batch left open.
    pub fn resume(carry: Carry) -> Self {
        Self { states: carry.states.into_iter().collect(), current: carry.current, next: carry.next, ..Self::default() }
    }

    /// Adds the finding of one line. Calls `failed` for each invocation that is known to have failed.
    ///
    /// `START`, `Task timed out after 3.00 seconds`, `END` and `REPORT` of one id → one `lambda_timeout`
    pub fn add(&mut self, function_name: &str, timestamp_ms: i64, finding: &Finding<'_>, failed: &mut FailureSink<'_>) {
        match finding {
            Finding::Start(id) => self.start(function_name, timestamp_ms, *id, failed),
            Finding::End(id) => self.end(timestamp_ms, *id),
            Finding::Report(report) => self.report(function_name, timestamp_ms, report, failed),
            Finding::Failure { request_id, evidence } => {
                self.failure(function_name, timestamp_ms, *request_id, evidence, failed);
            }
        }
        if self.states.len() > MOST_STATES {
            self.relieve(function_name, failed);
        }
    }

    /// Decides the open invocations. Returns what the next batch of the stream needs.
    pub fn finish(mut self, function_name: &str, failed: &mut FailureSink<'_>) -> Carry {
        let mut carry = Carry { current: self.current, ..Carry::default() };
        if let Some(next) = self.next.take() {
            self.decide(function_name, None, &next, failed);
            carry.next = Some(InvocationState { counted: true, ..next });
        }
        let mut states: Vec<_> = self.states.drain().collect();
        states.sort_unstable_by_key(|(id, state)| (state.timestamp_ms, *id));
        for (id, one) in &states {
            self.decide(function_name, Some(*id), one, failed);
        }
        let latest = states.len().saturating_sub(MOST_CARRIED);
        carry.states = states.split_off(latest);
        for (_, one) in &mut carry.states {
            one.counted |= one.failed();
        }
        carry
    }

    fn start(&mut self, function_name: &str, timestamp_ms: i64, id: RequestId, failed: &mut FailureSink<'_>) {
        match self.states.get_mut(&id) {
            Some(state) if state.awaits_start && !state.ended => state.awaits_start = false,
            Some(_) => self.settle(function_name, id, failed),
            None => {}
        }
        // Findings before START are of the environment's init, which Lambda tries again as part of the invocation.
        if let Some(mut next) = self.next.take() {
            next.certain = next.certain_at_start;
            self.states.entry(id).or_insert_with(|| InvocationState::new(timestamp_ms)).merge(&next);
        }
        self.current = Some(id);
        self.crashed = None;
        self.ended = None;
    }

    fn end(&mut self, timestamp_ms: i64, id: RequestId) {
        if let Some(next) = self.next.take() {
            self.states.entry(id).or_insert_with(|| InvocationState::new(timestamp_ms)).merge(&next);
        }
    }

    fn report(&mut self, function_name: &str, timestamp_ms: i64, report: &Reported<'_>, failed: &mut FailureSink<'_>) {
        let id = report.request_id;
        if self.states.get(&id).is_some_and(|state| state.ended) {
            self.settle(function_name, id, failed);
        }
        let ends_process = report.evidence.is_some_and(|evidence| evidence.exit != ProcessEnd::None);
        if ends_process {
            self.move_crash_to(id);
        }
        let mut state = self.states.remove(&id).unwrap_or_else(|| InvocationState::new(timestamp_ms));
        if let Some(next) = self.next.take() {
            state.merge(&next);
        }
        if let Some(evidence) = &report.evidence {
            state.add(evidence, timestamp_ms);
        }
        if state.failed() && !state.certain {
            state.forget_failure();
        }
        state.awaits_start = false;
        state.memory = match report.memory_full {
            Some(true) => MemoryUse::Full,
            Some(false) if state.failed() => MemoryUse::Left,
            _ => state.memory,
        };
        if report.ends {
            state.ended = true;
            state.timestamp_ms = timestamp_ms;
            self.crashed = None;
            self.ended = Some(id);
            if self.current == Some(id) {
                self.current = None;
            }
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
        request_id: Option<RequestId>,
        evidence: &Evidence,
        failed: &mut FailureSink<'_>,
    ) {
        if evidence.weight == Weight::Hinted {
            return self.hint(timestamp_ms, request_id, evidence);
        }
        let under_way = if evidence.scope == Scope::Start { None } else { request_id.or(self.current) };
        let Some(id) = under_way else { return self.failure_of_next(function_name, timestamp_ms, evidence, failed) };
        if evidence.exit != ProcessEnd::None {
            self.move_crash_to(id);
        }
        let ended = self.ended == Some(id);
        let awaits_start = !ended && self.current != Some(id);
        let state = self.states.entry(id).or_insert_with(|| InvocationState {
            awaits_start,
            ended,
            ..InvocationState::new(timestamp_ms)
        });
        // Its START is missing (lost or filtered out): this line stands for it.
        if state.awaits_start
            && let Some(next) = self.next.take()
        {
            state.merge(&next);
        }
        state.add(evidence, timestamp_ms);
        if !state.ended {
            self.current = Some(id);
            if evidence.scope == Scope::Process {
                self.crashed = Some(id);
            }
        }
    }

    /// Adds a line that counts only if the process ends.
    fn hint(&mut self, timestamp_ms: i64, request_id: Option<RequestId>, evidence: &Evidence) {
        if let Some(id) = request_id {
            let awaits_start = self.current != Some(id);
            let state = self
                .states
                .entry(id)
                .or_insert_with(|| InvocationState { awaits_start, ..InvocationState::new(timestamp_ms) });
            state.add(evidence, timestamp_ms);
        }
    }

    /// Adds a failure whose invocation is not known yet.
    fn failure_of_next(
        &mut self,
        function_name: &str,
        timestamp_ms: i64,
        evidence: &Evidence,
        failed: &mut FailureSink<'_>,
    ) {
        // A second report belongs to a second invocation: the lines between them were filtered out.
        if evidence.scope == Scope::WholeInvocation
            && let Some(next) = self.next.take_if(|next| next.whole)
        {
            self.decide(function_name, None, &next, failed);
        }
        self.next.get_or_insert_with(|| InvocationState::new(timestamp_ms)).add(evidence, timestamp_ms);
    }

    /// Moves an error that ended the process to the invocation that ended with it. The runtime may log it under an earlier
    /// id.
    fn move_crash_to(&mut self, id: RequestId) {
        let Some(crashed) = self.crashed.take().filter(|crashed| *crashed != id) else { return };
        if let Some(state) = self.states.remove(&crashed) {
            self.states.entry(id).or_insert_with(|| InvocationState { awaits_start: true, ..state }).merge(&state);
        }
    }

    fn keep_trace_id(&mut self, id: RequestId, trace_id: Option<&str>) {
        const LONGEST_BYTES: usize = 64;
        if let Some(trace_id) = trace_id.filter(|text| text.len() <= LONGEST_BYTES)
            && self.trace_ids.len() < MOST_TRACE_IDS
        {
            self.trace_ids.insert(id, trace_id.into());
        }
    }

    fn settle(&mut self, function_name: &str, id: RequestId, failed: &mut FailureSink<'_>) {
        if let Some(state) = self.states.remove(&id) {
            self.decide(function_name, Some(id), &state, failed);
        }
    }

    /// Makes room: decides the ended invocations, and all others if too few have ended.
    fn relieve(&mut self, function_name: &str, failed: &mut FailureSink<'_>) {
        let mut states = std::mem::take(&mut self.states);
        let enough = states.values().filter(|one| one.ended).count() >= MOST_STATES / 2;
        // Late lines may still follow for the invocation that ended last.
        let last = self.ended;
        states.retain(|id, one| {
            let keep = enough && !one.ended || last == Some(*id);
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
        id: Option<RequestId>,
        state: &InvocationState,
        failed: &mut FailureSink<'_>,
    ) {
        let trace_id = id.and_then(|id| self.trace_ids.remove(&id));
        let Some(cause) = state.decided().filter(|_| !state.counted) else { return };
        failed(Failure {
            subject: Subject::Invocation { function_name: function_name.to_owned() },
            cause,
            status: None,
            timestamp_ms: state.timestamp_ms,
            number: 0,
            request_id: id.and_then(|id| id.as_uuid()).map(|id| Id::of(id.as_bytes())),
            trace_id: trace_id.map(String::from),
            shape: None,
        });
    }
}

#[cfg(test)]
mod tests;
