//! What a line of a function's log proves about an invocation.
//!
//! A line by itself never makes a count: [`crate::request::invocation`] puts the findings of an invocation together. It
//! needs to know how much each weighs, and what may still change its meaning: a process that was killed ran out of
//! memory, unless the report of the invocation shows that memory was left.

use std::borrow::Cow;

use crate::cause::{Author, Cause, Role, Table, normalise};
use crate::record::lambda::{Error, Exit, Init, Line, Moment, Proof, Report, RequestId, Status};

/// What a line proves.
#[derive(Debug, Clone, Copy)]
pub enum Finding<'a> {
    /// An invocation begins.
    Start(RequestId),
    /// An invocation ends, and its report follows.
    End(RequestId),
    /// How an invocation went.
    Report(Reported<'a>),
    /// An invocation failed, or did so unless it is seen to succeed.
    Failure {
        /// The invocation; none where the line does not tell, and for the start of the environment.
        request_id: Option<RequestId>,
        /// What the line shows.
        evidence: Evidence,
    },
}

impl Finding<'_> {
    /// Whether it can decide a count: such a log event must not count again when it is delivered again.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Report(_) | Self::Failure { .. })
    }
}

/// How an invocation went.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// The invocation.
    pub request_id: RequestId,
    /// What the report itself shows.
    pub evidence: Option<Evidence>,
    /// Whether all of the memory was used; none where the line does not tell.
    pub memory_full: Option<bool>,
    /// Whether nothing follows but what the platform logs late.
    pub ends: bool,
    /// The X-Ray trace id.
    pub trace_id: Option<&'a str>,
}

/// That an invocation failed, and why.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// Why.
    pub cause: &'static Cause,
    /// How much it tells.
    pub weight: Weight,
    /// Whether success of the invocation would disprove it.
    pub certain: bool,
    /// Where in the life of the environment it belongs.
    pub place: Place,
    /// How the process ended, where it did.
    pub exit: ProcessEnd,
}

/// How much evidence tells. Within an invocation the greater wins, among equals the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// None yet.
    Nothing,
    /// What it was if its process ended; alone no failure.
    Hinted,
    /// That it failed.
    Failed,
    /// That its process ended.
    Exited,
    /// The error that ended it.
    Threw,
    /// The error that ended it, and what was behind the error.
    Named,
    /// What ended it, whatever error came before: its timeout, its memory.
    Ended,
    /// It never began: the function could not be loaded.
    NeverBegan,
}

/// Where in the life of an environment evidence belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To the invocation that is under way.
    Invocation,
    /// The same, and it is all that the runtime reports of that invocation.
    WholeInvocation,
    /// To the start of the environment, so to the invocation that comes next.
    Start,
    /// To the process, whichever invocation the line was logged under.
    Process,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// It did not, or the line does not tell.
    None,
    /// By itself, or by a signal that does not come from want of memory.
    Explained,
    /// The platform gives no reason.
    Unexplained,
    /// By SIGKILL, as the kernel ends what asks for more memory than there is.
    Killed,
}

/// What a line proves. None where it turns out to tell nothing of a failure.
pub fn finding<'a>(table: &Table, line: &'a Line<'_>) -> Option<Finding<'a>> {
    match line {
        Line::Start(request_id) => Some(Finding::Start(*request_id)),
        Line::End(request_id) => Some(Finding::End(*request_id)),
        Line::Report(report) => Some(Finding::Report(reported(table, report))),
        Line::Init(init) => Some(failure(None, init_failure(init))),
        Line::TimedOut(timed_out) => {
            let cause = of_platform(&timed_out.text, Role::FunctionTimedOut, table);
            let certain = timed_out.proof == Proof::Certain;
            Some(failure(timed_out.request_id, Evidence { certain, ..evidence(cause, Weight::Ended) }))
        }
        Line::Exit(exit) => Some(failure(exit.request_id, process_end(table, exit))),
        Line::Error(error) => Some(failure(error.request_id, thrown(table, error))),
    }
}

fn failure(request_id: Option<RequestId>, evidence: Evidence) -> Finding<'static> {
    Finding::Failure { request_id, evidence }
}

fn evidence(cause: &'static Cause, weight: Weight) -> Evidence {
    Evidence { cause, weight, certain: true, place: Place::Invocation, exit: ProcessEnd::None }
}

fn reported<'a>(table: &Table, report: &'a Report<'_>) -> Reported<'a> {
    Reported {
        request_id: report.request_id,
        evidence: match report.status {
            Status::Timeout => Some(evidence(Role::FunctionTimedOut.cause(), Weight::Ended)),
            Status::Error => Some(reported_error(table, report.error_type.as_deref())),
            Status::NotLogged | Status::Success => None,
        },
        memory_full: report.memory_full,
        ends: report.ends,
        trace_id: report.trace_id.as_deref(),
    }
}

fn reported_error(table: &Table, error_type: Option<&str>) -> Evidence {
    let Some(error_type) = error_type else { return evidence(Role::FunctionFailed.cause(), Weight::Failed) };
    if error_type == "Runtime.ExitError" {
        return Evidence { exit: ProcessEnd::Unexplained, ..evidence(Role::ProcessExited.cause(), Weight::Exited) };
    }
    match find(table, error_type) {
        Some(cause) => evidence(cause, weight_of(cause)),
        None => evidence(Role::FunctionFailed.cause(), Weight::Failed),
    }
}

/// A start that failed is tried again as part of the invocation, so only a second failure is certain to end it.
fn init_failure(init: &Init<'_>) -> Evidence {
    Evidence {
        certain: init.in_invocation,
        place: Place::Start,
        ..evidence(Role::FunctionNotLoaded.cause(), Weight::NeverBegan)
    }
}

fn process_end(table: &Table, exit: &Exit<'_>) -> Evidence {
    let text = normalise(&exit.text);
    if let Some(cause) = find_in(table, &text) {
        return evidence(cause, weight_of(cause));
    }
    let end = if text.contains("signal: killed") {
        ProcessEnd::Killed
    } else if text.contains("exit status") || text.contains("signal: ") {
        ProcessEnd::Explained
    } else {
        ProcessEnd::Unexplained
    };
    Evidence { exit: end, ..evidence(Role::ProcessExited.cause(), Weight::Exited) }
}

fn thrown(table: &Table, error: &Error<'_>) -> Evidence {
    let error_type = error.error_type.as_deref().unwrap_or_default();
    let named = match error.moment {
        Moment::Init => Some(Role::FunctionNotLoaded.cause()),
        // The type is the runtime's word, the message may quote anything.
        _ => find(table, error_type).or_else(|| find(table, &with_type(error_type, &error.message))),
    };
    let found = match named {
        Some(cause) => evidence(cause, weight_of(cause)),
        None => evidence(Role::FunctionFailed.cause(), Weight::Threw),
    };
    if error.proof == Proof::IfTheProcessEnded {
        return Evidence { weight: Weight::Hinted, certain: false, ..found };
    }
    Evidence {
        certain: error.proof != Proof::UnlessItSucceeded,
        place: match error.moment {
            Moment::Process => Place::Process,
            Moment::Handler if found.weight != Weight::NeverBegan => Place::WholeInvocation,
            Moment::Handler | Moment::Unknown | Moment::Init => Place::Invocation,
        },
        ..found
    }
}

/// The cause of one of the platform's own sentences on a function: that of the first rule that matches it, else that
/// of its role.
fn of_platform(sentence: &str, role: Role, table: &Table) -> &'static Cause {
    find(table, sentence).unwrap_or_else(|| role.cause())
}

fn with_type<'m>(error_type: &str, message: &'m str) -> Cow<'m, str> {
    if error_type.is_empty() { Cow::Borrowed(message) } else { Cow::Owned(format!("{error_type}: {message}")) }
}

fn find(table: &Table, text: &str) -> Option<&'static Cause> {
    find_in(table, &normalise(text))
}

fn find_in(table: &Table, normalised: &str) -> Option<&'static Cause> {
    if normalised.is_empty() { None } else { table.find(Author::FunctionLog, normalised) }
}

fn weight_of(cause: &Cause) -> Weight {
    match cause.role {
        Some(Role::FunctionNotLoaded) => Weight::NeverBegan,
        Some(Role::FunctionTimedOut | Role::OutOfMemory) => Weight::Ended,
        Some(Role::ProcessExited) => Weight::Exited,
        Some(Role::FunctionFailed) => Weight::Threw,
        _ => Weight::Named,
    }
}
