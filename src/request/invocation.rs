//! The findings of one log stream, put together by invocation: one failed invocation is one count.
//!
//! A stream is one environment, which serves one invocation after the other. An invocation is a request id up to its
//! report; a retry with the same id is another. Only invocations that may have failed are held, each as a few dozen bytes
//! without any text, and no more than `MOST_HELD`; which line weighs more is said by
//! [`crate::classify::invocation`].

use std::collections::HashMap;

use crate::cause::{Cause, Role};
use crate::classify::invocation::{Evidence, Finding, Place, ProcessEnd, Reported, Weight};
use crate::failure::{Failure, FailureSink, Id, Subject};
use crate::keyed::OfProcess;
use crate::record::lambda::RequestId;

/// Most invocations held at once. The map has at most 65,536 places of 57 bytes for them, less than 4 MiB.
const MOST_HELD: usize = 32_768;

/// Most trace ids held at once; exemplars need a few of them.
const MOST_TRACE_IDS: usize = 256;

/// Most invocations that are handed on to the next batch.
const MOST_CARRIED: usize = 1_024;

/// The invocations of one log stream.
#[derive(Debug, Default)]
pub struct Invocations {
    held: HashMap<RequestId, Held, OfProcess>,
    /// The invocation that is under way, so that lines without an id are its.
    current: Option<RequestId>,
    /// What belongs to the next invocation that is seen to begin or end.
    next: Option<Held>,
    /// The invocation that ended last: what the platform logs late is its.
    ended: Option<RequestId>,
    /// The invocation under whose id an error was logged that ended the process.
    crashed: Option<RequestId>,
    trace_ids: HashMap<RequestId, Box<str>, OfProcess>,
}

/// What one batch leaves for the next one of the same stream, so that an invocation split over both counts once.
#[derive(Debug, Clone, Default)]
pub struct Carry {
    held: Vec<(RequestId, Held)>,
    current: Option<RequestId>,
    next: Option<Held>,
}

impl Carry {
    /// Whether there is nothing to hand on.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.current.is_none() && self.next.is_none()
    }
}

/// What is known of an invocation.
#[derive(Debug, Clone, Copy)]
struct Held {
    cause: Option<&'static Cause>,
    timestamp_ms: i64,
    weight: Weight,
    exit: ProcessEnd,
    memory: Memory,
    /// Not even success disproves the failure.
    certain: bool,
    /// Nor does it if all of this came before the invocation began.
    certain_at_start: bool,
    /// The runtime said that the function could not be loaded.
    not_loaded: bool,
    /// Evidence came before the invocation was seen to begin; a beginning that follows is its own.
    awaits_start: bool,
    ended: bool,
    /// It counted in an earlier batch.
    counted: bool,
    /// The one report that the runtime writes of an invocation is there.
    whole: bool,
}

/// What a report tells of an invocation's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    Unknown,
    /// Some was left, and the process had ended before the report.
    Left,
    Full,
}

impl Held {
    fn new(timestamp_ms: i64) -> Self {
        Self {
            cause: None,
            timestamp_ms,
            weight: Weight::Nothing,
            exit: ProcessEnd::None,
            memory: Memory::Unknown,
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

    /// Whether its id must be remembered.
    fn matters(&self) -> bool {
        self.weight > Weight::Nothing || self.counted || self.memory == Memory::Full
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
        let not_loaded = evidence.weight == Weight::NeverBegan && evidence.place != Place::Start;
        self.certain_at_start |= evidence.certain && (evidence.place == Place::Start || not_loaded && self.not_loaded);
        self.not_loaded |= not_loaded;
        self.certain |= evidence.certain;
        self.whole |= evidence.place == Place::WholeInvocation;
        self.exit = worse(self.exit, evidence.exit);
    }

    /// Takes over what is known of the same invocation from elsewhere.
    fn take(&mut self, other: &Self) {
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
        self.exit = worse(self.exit, other.exit);
    }

    fn forget_failure(&mut self) {
        *self = Self { memory: self.memory, ended: self.ended, counted: self.counted, ..Self::new(self.timestamp_ms) };
    }

    /// The cause in the light of all that is known.
    fn decided(&self) -> Option<&'static Cause> {
        let out_of_memory = match self.exit {
            ProcessEnd::Killed => self.memory != Memory::Left,
            ProcessEnd::Unexplained => self.memory == Memory::Full,
            ProcessEnd::Explained | ProcessEnd::None => false,
        };
        if !self.failed() {
            return None;
        }
        if out_of_memory && self.weight < Weight::Ended { Some(Role::OutOfMemory.cause()) } else { self.cause }
    }
}

/// Of two words on how a process ended, the one that tells more.
fn worse(one: ProcessEnd, other: ProcessEnd) -> ProcessEnd {
    let order = [ProcessEnd::Killed, ProcessEnd::Explained, ProcessEnd::Unexplained];
    order.into_iter().find(|end| *end == one || *end == other).unwrap_or(ProcessEnd::None)
}

impl Invocations {
    /// No invocation is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The invocations that the batch before left open.
    pub fn resume(carry: Carry) -> Self {
        Self { held: carry.held.into_iter().collect(), current: carry.current, next: carry.next, ..Self::default() }
    }

    /// Adds what one line proves. `failed` is called for each invocation that is known to have failed.
    pub fn add(&mut self, function_name: &str, timestamp_ms: i64, finding: &Finding<'_>, failed: &mut FailureSink<'_>) {
        match finding {
            Finding::Start(id) => self.start(function_name, timestamp_ms, *id, failed),
            Finding::End(id) => self.end(timestamp_ms, *id),
            Finding::Report(report) => self.report(function_name, timestamp_ms, report, failed),
            Finding::Failure { request_id, evidence } => {
                self.failure(function_name, timestamp_ms, *request_id, evidence, failed);
            }
        }
        if self.held.len() > MOST_HELD {
            self.relieve(function_name, failed);
        }
    }

    /// Decides what is still open, and says what the next batch of the stream must know of it.
    pub fn finish(mut self, function_name: &str, failed: &mut FailureSink<'_>) -> Carry {
        let mut carry = Carry { current: self.current, ..Carry::default() };
        if let Some(next) = self.next.take() {
            self.decide(function_name, None, &next, failed);
            carry.next = Some(Held { counted: true, ..next });
        }
        let mut held: Vec<_> = self.held.drain().collect();
        held.sort_unstable_by_key(|(id, held)| (held.timestamp_ms, *id));
        for (id, one) in &held {
            self.decide(function_name, Some(*id), one, failed);
        }
        let latest = held.len().saturating_sub(MOST_CARRIED);
        carry.held = held.split_off(latest);
        for (_, one) in &mut carry.held {
            one.counted |= one.failed();
        }
        carry
    }

    fn start(&mut self, function_name: &str, timestamp_ms: i64, id: RequestId, failed: &mut FailureSink<'_>) {
        match self.held.get_mut(&id) {
            Some(held) if held.awaits_start && !held.ended => held.awaits_start = false,
            Some(_) => self.settle(function_name, id, failed),
            None => {}
        }
        // What stood before the first line of an invocation was the start of its environment, which is tried again.
        if let Some(mut next) = self.next.take() {
            next.certain = next.certain_at_start;
            self.held.entry(id).or_insert_with(|| Held::new(timestamp_ms)).take(&next);
        }
        self.current = Some(id);
        self.crashed = None;
        self.ended = None;
    }

    fn end(&mut self, timestamp_ms: i64, id: RequestId) {
        if let Some(next) = self.next.take() {
            self.held.entry(id).or_insert_with(|| Held::new(timestamp_ms)).take(&next);
        }
    }

    fn report(&mut self, function_name: &str, timestamp_ms: i64, report: &Reported<'_>, failed: &mut FailureSink<'_>) {
        let id = report.request_id;
        if self.held.get(&id).is_some_and(|held| held.ended) {
            self.settle(function_name, id, failed);
        }
        let ends_process = report.evidence.is_some_and(|evidence| evidence.exit != ProcessEnd::None);
        if ends_process {
            self.take_crash(id);
        }
        let mut held = self.held.remove(&id).unwrap_or_else(|| Held::new(timestamp_ms));
        if let Some(next) = self.next.take() {
            held.take(&next);
        }
        if let Some(evidence) = &report.evidence {
            held.add(evidence, timestamp_ms);
        }
        if held.failed() && !held.certain {
            held.forget_failure();
        }
        held.awaits_start = false;
        held.memory = match report.memory_full {
            Some(true) => Memory::Full,
            Some(false) if held.failed() => Memory::Left,
            _ => held.memory,
        };
        if report.ends {
            held.ended = true;
            held.timestamp_ms = timestamp_ms;
            self.crashed = None;
            self.ended = Some(id);
            if self.current == Some(id) {
                self.current = None;
            }
        }
        if held.matters() {
            self.held.insert(id, held);
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
        let under_way = if evidence.place == Place::Start { None } else { request_id.or(self.current) };
        let Some(id) = under_way else { return self.failure_of_next(function_name, timestamp_ms, evidence, failed) };
        if evidence.exit != ProcessEnd::None {
            self.take_crash(id);
        }
        let ended = self.ended == Some(id);
        let awaits_start = !ended && self.current != Some(id);
        let held = self.held.entry(id).or_insert_with(|| Held { awaits_start, ended, ..Held::new(timestamp_ms) });
        // Its first line is lost or was filtered away: this one stands for it.
        if held.awaits_start
            && let Some(next) = self.next.take()
        {
            held.take(&next);
        }
        held.add(evidence, timestamp_ms);
        if !held.ended {
            self.current = Some(id);
            if evidence.place == Place::Process {
                self.crashed = Some(id);
            }
        }
    }

    /// A line that tells something only if the process is seen to end.
    fn hint(&mut self, timestamp_ms: i64, request_id: Option<RequestId>, evidence: &Evidence) {
        if let Some(id) = request_id {
            let awaits_start = self.current != Some(id);
            let held = self.held.entry(id).or_insert_with(|| Held { awaits_start, ..Held::new(timestamp_ms) });
            held.add(evidence, timestamp_ms);
        }
    }

    /// A failure whose invocation is not known yet.
    fn failure_of_next(
        &mut self,
        function_name: &str,
        timestamp_ms: i64,
        evidence: &Evidence,
        failed: &mut FailureSink<'_>,
    ) {
        // A second whole report is of a second invocation: the lines between them were filtered away.
        if evidence.place == Place::WholeInvocation
            && let Some(next) = self.next.take_if(|next| next.whole)
        {
            self.decide(function_name, None, &next, failed);
        }
        self.next.get_or_insert_with(|| Held::new(timestamp_ms)).add(evidence, timestamp_ms);
    }

    /// An error that ends the process ends the invocation under way, also where it was logged under an earlier id.
    fn take_crash(&mut self, id: RequestId) {
        let Some(crashed) = self.crashed.take().filter(|crashed| *crashed != id) else { return };
        if let Some(held) = self.held.remove(&crashed) {
            self.held.entry(id).or_insert_with(|| Held { awaits_start: true, ..held }).take(&held);
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
        if let Some(held) = self.held.remove(&id) {
            self.decide(function_name, Some(id), &held, failed);
        }
    }

    /// Makes room: decides the invocations that ended, and all others if that is not enough.
    fn relieve(&mut self, function_name: &str, failed: &mut FailureSink<'_>) {
        let mut held = std::mem::take(&mut self.held);
        let enough = held.values().filter(|one| one.ended).count() >= MOST_HELD / 2;
        // The platform may still log of the invocation that ended last.
        let last = self.ended;
        held.retain(|id, one| {
            let keep = enough && !one.ended || last == Some(*id);
            if !keep {
                self.decide(function_name, Some(*id), one, failed);
            }
            keep
        });
        self.held = held;
    }

    fn decide(&mut self, function_name: &str, id: Option<RequestId>, held: &Held, failed: &mut FailureSink<'_>) {
        let trace_id = id.and_then(|id| self.trace_ids.remove(&id));
        let Some(cause) = held.decided().filter(|_| !held.counted) else { return };
        failed(Failure {
            subject: Subject::Invocation { function_name: function_name.to_owned() },
            cause,
            status: None,
            timestamp_ms: held.timestamp_ms,
            number: 0,
            request_id: id.and_then(|id| id.as_uuid()).map(|id| Id::of(id.as_bytes())),
            trace_id: trace_id.map(String::from),
            shape: None,
        });
    }
}

#[cfg(test)]
mod tests;
