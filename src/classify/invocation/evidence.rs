//! What the findings of one invocation add up to, and the cause that they decide.

use super::{Evidence, ProcessEnd, Scope, Weight};
use crate::cause::{Cause, Role};
use crate::record::lambda::Certainty;

/// What the findings of one invocation add up to so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InvocationState {
    pub(crate) timestamp_ms: i64,
    /// What the platform and the runtime reported.
    pub(crate) proven: Best,
    /// What the function may have printed.
    pub(crate) hinted: Best,
    /// What a report without all of its fields says: an excerpt, or printed. It counts unless the platform's own follows.
    pub(crate) excerpt: Best,
    pub(crate) init: InitFailure,
    pub(crate) exit: ProcessEnd,
    pub(crate) memory: MemoryUse,
    /// Errors that the runtime reported.
    pub(crate) reports: u8,
    /// The hint counts only if the process ended.
    pub(crate) hint_needs_exit: bool,
    /// Evidence was logged before START. A START that follows belongs to the same invocation.
    pub(crate) awaits_start: bool,
    pub(crate) ended: bool,
    /// An earlier batch counted it.
    pub(crate) counted: bool,
    /// The runtime's one report of the invocation's error was seen.
    pub(crate) whole: bool,
    /// Its id may be foreign.
    pub(crate) doubtful: bool,
}

/// The cause with the greatest weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Best {
    pub(crate) cause: Option<&'static Cause>,
    pub(crate) weight: Weight,
}

impl Best {
    const NONE: Self = Self { cause: None, weight: Weight::Nothing };

    /// Keeps the greater of two; among equals the earlier.
    fn add(&mut self, other: Self) {
        if other.weight > self.weight {
            *self = other;
        }
    }
}

/// Failures of the environment's init before an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum InitFailure {
    None,
    /// It failed, and Lambda tried again as part of the invocation. It counts unless the invocation is reported as
    /// successful.
    Once,
    /// The second try failed too, and the invocation with it.
    Again,
}

/// What a report shows about an invocation's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemoryUse {
    Unknown,
    /// Some was left, and the process had ended before the report.
    Left,
    Full,
}

impl InvocationState {
    pub(crate) fn new(timestamp_ms: i64) -> Self {
        Self {
            timestamp_ms,
            proven: Best::NONE,
            hinted: Best::NONE,
            excerpt: Best::NONE,
            init: InitFailure::None,
            exit: ProcessEnd::None,
            memory: MemoryUse::Unknown,
            reports: 0,
            hint_needs_exit: false,
            awaits_start: false,
            ended: false,
            counted: false,
            whole: false,
            doubtful: false,
        }
    }

    pub(crate) fn ended_badly(&self) -> bool {
        self.proven.weight > Weight::Nothing
    }

    pub(crate) fn failed(&self) -> bool {
        let is_hinted = self.hinted.weight > Weight::Nothing && !self.hint_needs_exit;
        let is_excerpt = self.excerpt.weight > Weight::Nothing;
        let may_have_failed = self.init == InitFailure::Once || is_hinted || is_excerpt;
        self.ended_badly() || self.init == InitFailure::Again || may_have_failed && !self.ended
    }

    /// Returns whether the invocation must be remembered.
    pub(crate) fn matters(&self) -> bool {
        self.ended_badly()
            || self.hinted.weight > Weight::Nothing
            || self.excerpt.weight > Weight::Nothing
            || self.init != InitFailure::None
            || self.counted
            || self.memory == MemoryUse::Full
    }

    pub(crate) fn add(&mut self, evidence: &Evidence, timestamp_ms: i64) {
        if !self.failed() && !self.ended {
            self.timestamp_ms = timestamp_ms;
        }
        let found = Best { cause: Some(evidence.cause), weight: evidence.weight };
        match (evidence.scope, evidence.certainty) {
            (Scope::Init { again }, _) => {
                self.init = self.init.max(if again { InitFailure::Again } else { InitFailure::Once });
            }
            (_, Certainty::Certain) => {
                self.proven.add(found);
                self.reports = self.reports.saturating_add(1);
            }
            (_, Certainty::UnlessItSucceeded | Certainty::IfAnnounced) => self.add_hint(found, false),
            (_, Certainty::OnlyIfProcessEnded) => {
                self.add_hint(found, self.hinted.cause.is_none() || self.hint_needs_exit)
            }
        }
        self.whole |= evidence.scope == Scope::WholeInvocation && evidence.certainty == Certainty::Certain;
        self.exit = more_informative(self.exit, evidence.exit);
    }

    /// Adds what a report without all of its fields says.
    pub(crate) fn add_excerpt(&mut self, evidence: &Evidence, timestamp_ms: i64) {
        if !self.failed() && !self.ended {
            self.timestamp_ms = timestamp_ms;
        }
        self.excerpt.add(Best { cause: Some(evidence.cause), weight: evidence.weight });
    }

    /// Of two errors that a function printed, the later is the likelier to have ended it.
    fn add_hint(&mut self, found: Best, needs_exit: bool) {
        let both_thrown = self.hinted.weight <= Weight::Named && found.weight <= Weight::Named;
        if both_thrown || found.weight > self.hinted.weight {
            self.hinted = found;
            self.hint_needs_exit = needs_exit;
        }
    }

    /// Merges what is known about the same invocation from elsewhere.
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.failed() && !self.ended {
            self.timestamp_ms =
                if self.failed() { self.timestamp_ms.min(other.timestamp_ms) } else { other.timestamp_ms };
        }
        if other.hinted.weight > self.hinted.weight {
            self.hinted = other.hinted;
            self.hint_needs_exit = other.hint_needs_exit;
        }
        self.excerpt.add(other.excerpt);
        self.proven.add(other.proven);
        self.init = self.init.max(other.init);
        self.reports = self.reports.saturating_add(other.reports);
        self.counted |= other.counted;
        self.whole |= other.whole;
        self.exit = more_informative(self.exit, other.exit);
    }

    /// Merges findings from before START: the environment's init failed, twice if two errors were reported.
    pub(crate) fn merge_init(&mut self, init: &Self) {
        let failure = if init.reports > 1 { InitFailure::Again } else { InitFailure::Once };
        self.init = self.init.max(init.init).max(failure);
        self.counted |= init.counted;
        if !self.ended {
            self.timestamp_ms = init.timestamp_ms;
        }
    }

    /// Returns the cause that all findings result in; None if the invocation did not fail.
    pub(crate) fn decided(&self) -> Option<&'static Cause> {
        if !self.failed() {
            return None;
        }
        // What a handler threw or answered shows that the function was loaded: at the second try, or the line was printed.
        let handler_ran = matches!(self.proven.weight, Weight::Threw | Weight::Named);
        if self.init == InitFailure::Again || self.init == InitFailure::Once && !handler_ran {
            return Some(Role::FunctionNotLoaded.cause());
        }
        let mut proven = self.proven;
        if !self.ended {
            proven.add(self.excerpt);
        }
        // Where the platform reports another end, the function printed that it timed out.
        let is_refuted = self.ended
            && self.ended_badly()
            && self.hinted.cause.is_some_and(|cause| cause.role == Some(Role::FunctionTimedOut));
        let hint_counts = self.hinted.weight > Weight::Nothing
            && !is_refuted
            && (!self.hint_needs_exit || self.exit != ProcessEnd::None);
        // An error that the runtime reported has ended the invocation, whatever the function printed before.
        let best = if hint_counts && proven.weight < Weight::Threw { self.hinted } else { proven };
        let out_of_memory = match self.exit {
            // What a report before the end of the process shows of the memory does not speak against it.
            ProcessEnd::Killed => match self.memory {
                MemoryUse::Unknown => self.ended,
                MemoryUse::Left => false,
                MemoryUse::Full => true,
            },
            ProcessEnd::Unexplained => self.memory == MemoryUse::Full,
            ProcessEnd::Explained | ProcessEnd::None => false,
        };
        if out_of_memory && best.weight < Weight::Ended { Some(Role::OutOfMemory.cause()) } else { best.cause }
    }
}

/// Returns the more informative of two statements about how a process ended.
///
/// `Unexplained`, `Killed` → `Killed`
fn more_informative(one: ProcessEnd, other: ProcessEnd) -> ProcessEnd {
    let order = [ProcessEnd::Killed, ProcessEnd::Explained, ProcessEnd::Unexplained];
    order.into_iter().find(|end| *end == one || *end == other).unwrap_or(ProcessEnd::None)
}
