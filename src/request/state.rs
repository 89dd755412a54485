//! State of one open request: a few numbers.

use std::num::NonZeroU64;

use super::{Place, Route, TextNumber};
use crate::cause::{CauseIndex, Table};
use crate::classify::evidence::RequestEvidence;
use crate::classify::execution::{FailureLine, GatewayResponse};

/// Phase of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum RequestPhase {
    /// Not ended.
    #[default]
    Open,
    /// Ended by a gateway response line, unless a completion line follows.
    Answered,
    /// Ended by a completion line.
    Completed,
}

/// State of one request.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestState {
    pub(super) phase: RequestPhase,
    /// Evidence of its lines so far.
    pub(super) evidence: RequestEvidence,
    /// Whether its lines have a request ID.
    has_id: bool,
    /// Whether it began with a failure line behind a gateway response. That line may belong to the answered request.
    pub(super) after_answer: bool,
    /// Whether an earlier batch counted it.
    pub(super) counted: bool,
    /// Whether it began in an earlier batch.
    pub(super) carried: bool,
    /// Whether it had no failure line when its gateway response line ended it.
    answered_bare: bool,
    /// The cause under which an earlier batch counted it, once a failure line came after its end.
    pub(super) counted_as: Option<CauseIndex>,
    pub(super) shape: Option<TextNumber>,
    /// Time of the end.
    end_ms: i64,
    /// Time of the first failure line.
    failure_ms: i64,
    /// Time of the last line.
    seen_ms: i64,
    /// Number of its first log event.
    number: Option<NonZeroU64>,
    pub(super) place: Place,
    /// The number in the batch of the log group that its last line is of.
    pub(super) lane: u16,
    /// The resource as configured.
    pub(super) route: Option<Route>,
}

/// Returns whether a line is not later than the end of a request. Untimed lines are in their order.
pub(super) fn is_not_later(timestamp_ms: i64, end_ms: i64) -> bool {
    timestamp_ms != 0 && timestamp_ms <= end_ms
}

impl RequestState {
    /// Creates a blank request of an API and stage.
    pub(super) fn at(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    /// Notes a line of it.
    pub(super) fn seen(&mut self, timestamp_ms: i64, has_id: bool) {
        self.seen_ms = timestamp_ms;
        self.has_id = has_id;
    }

    /// Notes the number of a log event of it; the first one is kept.
    pub(super) fn began(&mut self, number: u64) {
        self.number = self.number.or(NonZeroU64::new(number));
    }

    /// Returns the number of its first log event; 0 if that was in an earlier batch.
    pub(super) fn number(&self) -> u64 {
        self.number.map_or(0, NonZeroU64::get)
    }

    /// Returns the time of its last line.
    pub(super) fn seen_ms(&self) -> i64 {
        self.seen_ms
    }

    /// Keeps the resource that a line names; the first one wins.
    pub(super) fn keep_route(&mut self, route: Option<Route>) {
        self.route = self.route.or(route);
    }

    /// Prepares it for the next batch. Event numbers and shapes are those of one batch.
    pub(super) fn carry_over(&mut self) {
        self.counted |= self.evidence.failed();
        self.carried = true;
        self.after_answer = false;
        self.number = None;
        self.shape = None;
        self.counted_as = None;
    }

    /// Returns whether a line in the next batch can belong to it: it has an ID and has not completed.
    pub(super) fn can_be_carried(&self) -> bool {
        self.has_id && self.phase != RequestPhase::Completed && !self.is_blank()
    }

    /// Returns whether it holds opening lines only.
    pub(super) fn is_blank(&self) -> bool {
        self.phase == RequestPhase::Open && self.evidence.is_blank()
    }

    /// Adds a failure line.
    pub(super) fn failure(&mut self, line: &FailureLine, shape: Option<TextNumber>, timestamp_ms: i64) {
        self.shape = self.shape.or(shape);
        if !self.evidence.has_failure() {
            self.failure_ms = timestamp_ms;
        }
        self.evidence.failure(line);
    }

    /// Adds the failure lines of `later`.
    pub(super) fn absorb(&mut self, later: &Self) {
        if later.evidence.has_failure() && !self.evidence.has_failure() {
            self.failure_ms = later.failure_ms;
        }
        self.evidence.absorb(&later.evidence);
        self.shape = self.shape.or(later.shape);
    }

    /// Adds a gateway response line.
    pub(super) fn answered(&mut self, response: &GatewayResponse, timestamp_ms: i64) {
        self.answered_bare = !self.evidence.has_failure();
        self.phase = RequestPhase::Answered;
        self.end_ms = timestamp_ms;
        self.evidence.answered(response);
    }

    /// Adds a completion line.
    pub(super) fn completed(&mut self, status: u16, timestamp_ms: i64) {
        self.phase = RequestPhase::Completed;
        self.end_ms = timestamp_ms;
        self.evidence.completed(status);
    }

    /// Returns whether a failure line of this time belongs to it, though a gateway response line ended it before.
    pub(super) fn takes_late_failure(&self, timestamp_ms: i64) -> bool {
        self.phase == RequestPhase::Answered
            && self.answered_bare
            && self.has_id
            && is_not_later(timestamp_ms, self.end_ms)
    }

    /// Returns whether lines after its end can be kept apart from those of the next request.
    pub(super) fn is_remembered(&self) -> bool {
        self.phase == RequestPhase::Completed && self.has_id
    }

    /// Returns the time of its end.
    pub(super) fn end_ms(&self) -> i64 {
        self.end_ms
    }

    /// Notes the cause that it was counted under, before a line is added that came after the end.
    pub(super) fn note_cause(&mut self, table: &Table) {
        if self.counted && self.counted_as.is_none() {
            self.counted_as = table.index_of(self.evidence.cause(table));
        }
    }

    /// Returns the time that the count is dated by: that of the end, or without an end that of the first failure line.
    pub(super) fn decided_ms(&self) -> i64 {
        if self.evidence.status().is_none() { self.failure_ms } else { self.end_ms }
    }
}
