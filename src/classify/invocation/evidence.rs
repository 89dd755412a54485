//! Evidence of one invocation: decides whether it failed, and which cause it has.
//!
//! [`crate::request::invocation`] decides which line belongs to which invocation.

use super::{FailureEvidence, ProcessEnd, Scope, Weight};
use crate::cause::{Cause, Role};
use crate::record::lambda::Certainty;

/// Accumulator for one invocation: a few dozen bytes, without any text.
#[derive(Debug, Clone, Copy)]
pub struct InvocationEvidence {
    /// The best cause that the platform and the runtime reported.
    proven: Best,
    /// The best cause in lines that the function may have printed.
    hinted: Best,
    /// The cause of a report that lacks fields: an excerpt, or printed. It counts unless the platform's own follows.
    excerpt: Best,
    init: InitFailure,
    exit: ProcessEnd,
    memory: MemoryUse,
    /// Errors that the runtime reported.
    reports: u8,
    /// The hint counts only if the process ended.
    hint_needs_exit: bool,
    /// The report that ends it was seen.
    ended: bool,
    /// The runtime's one report of the invocation's error was seen.
    whole: bool,
}

/// The cause with the greatest weight.
#[derive(Debug, Clone, Copy)]
struct Best {
    cause: Option<&'static Cause>,
    weight: Weight,
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
enum InitFailure {
    None,
    /// It failed, and Lambda tried again as part of the invocation. It counts unless the invocation is reported as
    /// successful.
    Once,
    /// The second try failed too, and the invocation with it.
    Again,
}

/// Use of an invocation's memory, as its report shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemoryUse {
    Unknown,
    /// Some was left, and the process had ended before the report.
    Left,
    Full,
}

impl InvocationEvidence {
    /// No evidence yet.
    pub const NONE: Self = Self {
        proven: Best::NONE,
        hinted: Best::NONE,
        excerpt: Best::NONE,
        init: InitFailure::None,
        exit: ProcessEnd::None,
        memory: MemoryUse::Unknown,
        reports: 0,
        hint_needs_exit: false,
        ended: false,
        whole: false,
    };

    /// Returns whether nothing of it can count, now or with later lines.
    ///
    /// A report of success → true
    pub fn is_blank(&self) -> bool {
        !self.ended_badly()
            && self.hinted.weight == Weight::Nothing
            && self.excerpt.weight == Weight::Nothing
            && self.init == InitFailure::None
            && self.memory != MemoryUse::Full
    }

    /// Returns whether the platform or the runtime reported that it failed.
    ///
    /// An error that the function may have printed → false
    pub fn ended_badly(&self) -> bool {
        self.proven.weight > Weight::Nothing
    }

    /// Returns whether the report that ends it was added.
    ///
    /// `REPORT` → true; `platform.runtimeDone` alone → false
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Returns whether the runtime's one report of its error was added: a second one is of another invocation.
    ///
    /// `[ERROR] KeyError: 'id'` with its traceback → true; `Task timed out after 3.00 seconds` → false
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Returns whether a failed init of the environment was added.
    ///
    /// `INIT_REPORT … Status: error` → true; a report of a timeout → false
    pub fn has_failed_init(&self) -> bool {
        self.init != InitFailure::None
    }

    /// Returns whether it failed, by all that was added so far.
    ///
    /// A hint → true; a hint and a report of success → false
    pub fn failed(&self) -> bool {
        let is_hinted = self.hinted.weight > Weight::Nothing && !self.hint_needs_exit;
        let is_excerpt = self.excerpt.weight > Weight::Nothing;
        let may_have_failed = self.init == InitFailure::Once || is_hinted || is_excerpt;
        self.ended_badly() || self.init == InitFailure::Again || may_have_failed && !self.ended
    }

    /// Adds the evidence of one line.
    ///
    /// `Task timed out after 3.00 seconds` → the cause `lambda_timeout`
    pub fn add(&mut self, evidence: &FailureEvidence) {
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
    ///
    /// A report of a timeout without its memory → the cause `lambda_timeout`, unless the platform's own report follows
    pub fn add_excerpt(&mut self, evidence: &FailureEvidence) {
        self.excerpt.add(Best { cause: Some(evidence.cause), weight: evidence.weight });
    }

    /// Adds whether a report shows all of the memory as used; None if it does not show it.
    ///
    /// `Memory Size: 128 MB Max Memory Used: 128 MB`, and the process was killed → the cause `lambda_out_of_memory`
    pub fn add_memory(&mut self, is_full: Option<bool>) {
        self.memory = match is_full {
            Some(true) => MemoryUse::Full,
            Some(false) if self.failed() => MemoryUse::Left,
            _ => self.memory,
        };
    }

    /// Notes that the report that ends it was seen: what was only hinted at counts no more.
    ///
    /// An error that the function printed, then a report of success → not failed
    pub fn end(&mut self) {
        self.ended = true;
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
    ///
    /// A hint, and a report of the runtime → the cause of the report
    pub fn merge(&mut self, other: &Self) {
        if other.hinted.weight > self.hinted.weight {
            self.hinted = other.hinted;
            self.hint_needs_exit = other.hint_needs_exit;
        }
        self.excerpt.add(other.excerpt);
        self.proven.add(other.proven);
        self.init = self.init.max(other.init);
        self.reports = self.reports.saturating_add(other.reports);
        self.whole |= other.whole;
        self.exit = more_informative(self.exit, other.exit);
    }

    /// Merges findings from before START: the environment's init failed, twice if two errors were reported.
    ///
    /// Two errors before START → failed
    pub fn merge_init(&mut self, init: &Self) {
        let failure = if init.reports > 1 { InitFailure::Again } else { InitFailure::Once };
        self.init = self.init.max(init.init).max(failure);
    }

    /// Returns whether its cause is that the function could not be loaded.
    ///
    /// `Runtime.ImportModuleError` → true; `KeyError` → false
    pub fn was_not_loaded(&self) -> bool {
        self.cause().is_some_and(|cause| cause.role == Some(Role::FunctionNotLoaded))
    }

    /// Returns the cause that all findings result in; None if the invocation did not fail.
    ///
    /// An error with a reason, then a timeout → `lambda_timeout`, which has the greater weight
    pub fn cause(&self) -> Option<&'static Cause> {
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
