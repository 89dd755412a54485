//! What is kept of one open request: a few numbers, and its route where routes are counted.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::{Place, TextNumber};
use crate::classify::evidence::RequestEvidence;
use crate::classify::execution::{FailureLine, GatewayResponse};

/// Longest route that is kept, in characters: one more than a dimension takes, so that it is known to be too long there.
const LONGEST_ROUTE: usize = 1_025;

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Phase {
    /// No end was seen.
    #[default]
    Open,
    /// The gateway made the answer; ended, unless a completion line follows.
    Answered,
    /// A completion line was seen.
    Completed,
}

/// One request, as far as its lines were seen.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// What its lines prove.
    pub(super) evidence: RequestEvidence,
    /// Its lines have a request ID.
    has_id: bool,
    /// Began with a failure line behind a gateway response, so it may be that request's.
    pub(super) after_answer: bool,
    /// Counted in an earlier batch.
    pub(super) counted: bool,
    /// Begun in an earlier batch.
    pub(super) carried: bool,
    pub(super) shape: Option<TextNumber>,
    /// When the end was logged.
    end_ms: i64,
    /// When the first failure line was logged.
    failure_ms: i64,
    /// When its last line was logged.
    seen_ms: i64,
    /// The number of the log event with which it began.
    number: Option<NonZeroU64>,
    pub(super) place: Place,
    /// The resource as configured.
    pub(super) route: Option<Arc<str>>,
}

impl State {
    /// A request of the API and stage with this number.
    pub(super) fn at(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    /// A line of it was logged.
    pub(super) fn seen(&mut self, timestamp_ms: i64, has_id: bool) {
        self.seen_ms = timestamp_ms;
        self.has_id = has_id;
    }

    /// A line of it is the log event with this number.
    pub(super) fn began(&mut self, number: u64) {
        self.number = self.number.or(NonZeroU64::new(number));
    }

    /// The number of the log event that it began with.
    pub(super) fn number(&self) -> u64 {
        self.number.map_or(0, NonZeroU64::get)
    }

    /// When its last line was logged.
    pub(super) fn seen_ms(&self) -> i64 {
        self.seen_ms
    }

    /// One of its lines tells the resource; the first one does.
    pub(super) fn keep_route(&mut self, path: Option<&str>) {
        if let Some(path) = path
            && self.route.is_none()
        {
            let end = path.char_indices().nth(LONGEST_ROUTE).map_or(path.len(), |(end, _)| end);
            self.route = Some(path[..end].into());
        }
    }

    /// Its batch ends. Shapes are numbered by batch.
    pub(super) fn carry_over(&mut self) {
        self.counted |= self.evidence.failed();
        self.carried = true;
        self.after_answer = false;
        self.number = None;
        self.shape = None;
    }

    /// Whether a line in the next batch could belong to it: it has not completed, and its ID tells which it is.
    pub(super) fn can_be_carried(&self) -> bool {
        self.has_id && self.phase != Phase::Completed && !self.is_blank()
    }

    /// Whether it holds nothing but opening lines.
    pub(super) fn is_blank(&self) -> bool {
        self.phase == Phase::Open && self.evidence.is_blank()
    }

    /// A failure line of it was logged.
    pub(super) fn failure(&mut self, line: &FailureLine, shape: Option<TextNumber>, timestamp_ms: i64) {
        self.shape = self.shape.or(shape);
        if !self.evidence.has_failure() {
            self.failure_ms = timestamp_ms;
        }
        self.evidence.failure(line);
    }

    /// Adds the failure lines that `later` holds.
    pub(super) fn absorb(&mut self, later: &Self) {
        if later.evidence.has_failure() && !self.evidence.has_failure() {
            self.failure_ms = later.failure_ms;
        }
        self.evidence.absorb(&later.evidence);
        self.shape = self.shape.or(later.shape);
    }

    /// Its gateway response line was logged.
    pub(super) fn answered(&mut self, response: &GatewayResponse, timestamp_ms: i64) {
        self.phase = Phase::Answered;
        self.end_ms = timestamp_ms;
        self.evidence.answered(response);
    }

    /// Its completion line was logged.
    pub(super) fn completed(&mut self, status: u16, timestamp_ms: i64) {
        self.phase = Phase::Completed;
        self.end_ms = timestamp_ms;
        self.evidence.completed(status);
    }

    /// When the count was decided: the end gives it its minute, without an end the first failure line does.
    pub(super) fn decided_ms(&self) -> i64 {
        if self.evidence.status().is_none() { self.failure_ms } else { self.end_ms }
    }
}
