//! State of one invocation: what its lines prove, and what is known of their order.

use crate::classify::invocation::FailureEvidence;
use crate::classify::invocation::evidence::InvocationEvidence;

/// State of one invocation.
#[derive(Debug, Clone, Copy)]
pub(super) struct InvocationState {
    /// Time that the count is dated by: that of the end, or without an end that of the first line that shows the failure.
    pub(super) timestamp_ms: i64,
    /// Evidence of its lines so far.
    pub(super) evidence: InvocationEvidence,
    /// Evidence was logged before START. A START that follows belongs to the same invocation.
    pub(super) awaits_start: bool,
    /// An earlier batch counted it.
    pub(super) counted: bool,
    /// Its id may be foreign.
    pub(super) doubtful: bool,
}

impl InvocationState {
    pub(super) fn new(timestamp_ms: i64) -> Self {
        Self { timestamp_ms, evidence: InvocationEvidence::NONE, awaits_start: false, counted: false, doubtful: false }
    }

    /// Returns whether the invocation must be remembered.
    pub(super) fn matters(&self) -> bool {
        self.counted || !self.evidence.is_blank()
    }

    /// Adds the evidence of a line.
    pub(super) fn add(&mut self, evidence: &FailureEvidence, timestamp_ms: i64) {
        self.seen(timestamp_ms);
        self.evidence.add(evidence);
    }

    /// Adds what a report without all of its fields says.
    pub(super) fn add_excerpt(&mut self, evidence: &FailureEvidence, timestamp_ms: i64) {
        self.seen(timestamp_ms);
        self.evidence.add_excerpt(evidence);
    }

    fn seen(&mut self, timestamp_ms: i64) {
        if !self.evidence.failed() && !self.evidence.has_ended() {
            self.timestamp_ms = timestamp_ms;
        }
    }

    /// Notes the report that ends it.
    pub(super) fn end(&mut self, timestamp_ms: i64) {
        self.evidence.end();
        self.timestamp_ms = timestamp_ms;
    }

    /// Merges what is known about the same invocation from elsewhere.
    pub(super) fn merge(&mut self, other: &Self) {
        if other.evidence.failed() && !self.evidence.has_ended() {
            self.timestamp_ms = match self.evidence.failed() {
                true => self.timestamp_ms.min(other.timestamp_ms),
                false => other.timestamp_ms,
            };
        }
        self.evidence.merge(&other.evidence);
        self.counted |= other.counted;
    }

    /// Merges findings from before START, which are of the environment's init.
    pub(super) fn merge_init(&mut self, init: &Self) {
        self.evidence.merge_init(&init.evidence);
        self.counted |= init.counted;
        if !self.evidence.has_ended() {
            self.timestamp_ms = init.timestamp_ms;
        }
    }
}
