//! Turns a line of a function's log into a finding about an invocation.
//!
//! No line makes a count alone: [`evidence`](mod@evidence) weighs the findings of an invocation, which [`crate::request::invocation`] puts
//! together. For that, a finding has a weight, and says what can still change its meaning. Example: a process that was killed ran out of memory if the
//! invocation's report does not show that memory was left.

pub mod evidence;

use super::error_text::{cause_of_error, cause_of_type, leaves_reason_open};
use crate::cause::{Author, Cause, Role, Table, normalise};
use crate::record::lambda::{
    Certainty, Error, Exit, FunctionLine, Init, InvocationId, Phase, PlatformFormat, Report, Start, Status,
};

/// A finding of one line.
#[derive(Debug, Clone, Copy)]
pub enum InvocationFinding<'a> {
    /// The environment is a Managed Instance: it serves several invocations at a time.
    ManagedInstance,
    /// The runtime announces an error, whose lines follow.
    Announcement,
    /// The environment is shut down: no invocation failed with the error that was announced.
    Shutdown,
    /// An invocation begins.
    Start(Start),
    /// An invocation ends, and its report follows.
    End(InvocationId),
    /// How an invocation went.
    Report(Reported<'a>),
    /// An invocation failed, perhaps only unless its report shows success.
    Failure {
        /// The invocation; None if the line does not name it, and for the init of the environment.
        request_id: Option<InvocationId>,
        /// The evidence.
        evidence: FailureEvidence,
    },
}

impl InvocationFinding<'_> {
    /// Returns whether the finding can decide a count. Then its log event must not count again if it is delivered twice.
    ///
    /// `Report` → true; `Start` → false
    pub fn decides(&self) -> bool {
        matches!(self, Self::Report(_) | Self::Failure { .. })
    }
}

/// How an invocation went.
#[derive(Debug, Clone, Copy)]
pub struct Reported<'a> {
    /// The invocation.
    pub request_id: InvocationId,
    /// Evidence of the report alone.
    pub evidence: Option<FailureEvidence>,
    /// Whether all of the memory was used; None if the line does not show it.
    pub memory_full: Option<bool>,
    /// Whether only late lines can follow.
    pub ends: bool,
    /// Whether the platform is certain to be the author.
    pub certainty: Certainty,
    /// Whether it has the form of a Managed Instance.
    pub concurrent: bool,
    /// The format of the line.
    pub format: PlatformFormat,
    /// The X-Ray trace id.
    pub trace_id: Option<&'a str>,
}

impl Reported<'_> {
    /// Returns whether it lacks some of its fields: an excerpt, or printed by the function.
    ///
    /// `REPORT RequestId: 0c1d… Status: timeout` → true; with duration and memory → false
    pub fn is_excerpt(&self) -> bool {
        self.certainty != Certainty::Certain
    }
}

/// Evidence that an invocation failed.
#[derive(Debug, Clone, Copy)]
pub struct FailureEvidence {
    /// The cause.
    pub cause: &'static Cause,
    /// Its weight against other evidence.
    pub weight: Weight,
    /// Whether it is certain that the platform or the runtime wrote it.
    pub certainty: Certainty,
    /// The invocation or environment that it belongs to.
    pub scope: Scope,
    /// How the process ended, where it did.
    pub exit: ProcessEnd,
}

impl FailureEvidence {
    /// Returns whether the process ended with it.
    ///
    /// `RequestId: 0c1d… Error: Runtime exited with error: signal: killed` → true; `Task timed out after 3.00 seconds` → false
    pub fn ends_process(&self) -> bool {
        self.exit != ProcessEnd::None
    }

    /// Returns whether it counts only if the process ended.
    ///
    /// A stack of Node.js that the function may have printed → true; `[ERROR] KeyError: 'id'` → false
    pub fn needs_exit(&self) -> bool {
        self.certainty == Certainty::OnlyIfProcessEnded
    }

    /// Returns whether it shows that the function could not be loaded.
    ///
    /// `Runtime.ImportModuleError` → true; `KeyError` → false
    pub fn never_began(&self) -> bool {
        self.weight == Weight::NeverBegan
    }

    /// Returns the evidence as if of a line that only the platform or the runtime can have written.
    ///
    /// `UnlessItSucceeded` → `Certain`, with the same cause
    #[must_use]
    pub fn proven(&self) -> Self {
        Self { certainty: Certainty::Certain, ..*self }
    }
}

/// Weight of evidence. Within an invocation the greater wins, among equals the earlier line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// No evidence yet.
    Nothing,
    /// The invocation failed.
    Failed,
    /// Its process ended.
    Exited,
    /// The error that ended it.
    Threw,
    /// The error that ended it, with the reason behind the error.
    Named,
    /// Its timeout or its memory ended it, whatever error came before.
    Ended,
    /// The function could not be loaded.
    NeverBegan,
}

/// Invocation or environment that evidence belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The open invocation.
    Invocation,
    /// The open invocation; the runtime writes no second report about it.
    WholeInvocation,
    /// The init of the environment, so the next invocation.
    Init {
        /// It was the second try, as part of the next invocation.
        again: bool,
    },
    /// The process, whichever invocation the line names.
    Process,
    /// The invocation that ended before the line.
    Ended,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEnd {
    /// It did not end, or the line does not show it.
    None,
    /// With an exit status, or by a signal other than SIGKILL.
    Explained,
    /// The platform gives no reason.
    Unexplained,
    /// By SIGKILL, which the kernel sends to a process that exceeds its memory.
    Killed,
}

/// Returns the finding of a line.
///
/// `REPORT RequestId: … Status: timeout` → a report with the cause `lambda_timeout`
pub fn finding<'a>(table: &Table, line: &'a FunctionLine<'_>) -> InvocationFinding<'a> {
    match line {
        FunctionLine::ManagedInstance => InvocationFinding::ManagedInstance,
        FunctionLine::Announcement => InvocationFinding::Announcement,
        FunctionLine::Shutdown => InvocationFinding::Shutdown,
        FunctionLine::Start(start) => InvocationFinding::Start(*start),
        FunctionLine::End(request_id) => InvocationFinding::End(*request_id),
        FunctionLine::Report(report) => InvocationFinding::Report(reported(table, report)),
        FunctionLine::Init(init) => failure(None, init_failure(init)),
        FunctionLine::TimedOut(timed_out) => {
            let cause = of_platform(&timed_out.text, Role::FunctionTimedOut, table);
            let certainty = timed_out.certainty;
            failure(timed_out.request_id, FailureEvidence { certainty, ..evidence(cause, Weight::Ended) })
        }
        FunctionLine::Exit(exit) => failure(exit.request_id, process_end(table, exit)),
        FunctionLine::Error(error) => failure(error.request_id, thrown(table, error)),
    }
}

fn failure(request_id: Option<InvocationId>, evidence: FailureEvidence) -> InvocationFinding<'static> {
    InvocationFinding::Failure { request_id, evidence }
}

fn evidence(cause: &'static Cause, weight: Weight) -> FailureEvidence {
    FailureEvidence { cause, weight, certainty: Certainty::Certain, scope: Scope::Invocation, exit: ProcessEnd::None }
}

fn reported<'a>(table: &Table, report: &'a Report<'_>) -> Reported<'a> {
    let evidence = match report.status {
        Status::Timeout => Some(evidence(Role::FunctionTimedOut.cause(), Weight::Ended)),
        Status::Error => Some(reported_error(table, report.error_type.as_deref())),
        Status::NotLogged | Status::Success => None,
    };
    Reported {
        request_id: report.request_id,
        evidence,
        certainty: report.certainty,
        format: report.format,
        memory_full: report.memory_full,
        ends: report.ends,
        concurrent: report.concurrent,
        trace_id: report.trace_id.as_deref(),
    }
}

fn reported_error(table: &Table, error_type: Option<&str>) -> FailureEvidence {
    let Some(error_type) = error_type else { return evidence(Role::FunctionFailed.cause(), Weight::Failed) };
    if error_type == "Runtime.ExitError" {
        return FailureEvidence {
            exit: ProcessEnd::Unexplained,
            ..evidence(Role::ProcessExited.cause(), Weight::Exited)
        };
    }
    match cause_of_type(table, error_type) {
        Some(cause) if leaves_reason_open(error_type) => evidence(cause, Weight::Failed),
        Some(cause) if cause.role != Some(Role::FunctionFailed) => evidence(cause, weight_of(cause)),
        _ => evidence(Role::FunctionFailed.cause(), Weight::Failed),
    }
}

/// Returns the evidence of a failed init. Lambda repeats a failed init as part of the invocation, so only a second failure
/// is certain to end it.
fn init_failure(init: &Init<'_>) -> FailureEvidence {
    FailureEvidence {
        scope: Scope::Init { again: init.in_invocation },
        ..evidence(Role::FunctionNotLoaded.cause(), Weight::NeverBegan)
    }
}

fn process_end(table: &Table, exit: &Exit<'_>) -> FailureEvidence {
    let text = normalise(&exit.text);
    let certainty = exit.certainty;
    // The platform writes the type on a line of its own: `Error: chdir /app: …`, `Runtime.InvalidWorkingDir`.
    let by_type = exit.text.lines().nth(1).and_then(|line| cause_of_type(table, line.trim()));
    // What the platform itself cannot start is the entry point: `fork/exec /main: no such file or directory`.
    let is_entry_point = certainty == Certainty::Certain && text.starts_with("fork/exec ");
    let not_started = is_entry_point.then(|| Role::FunctionNotLoaded.cause());
    if let Some(cause) = find_in(table, &text).or(by_type).or(not_started) {
        return FailureEvidence { certainty, ..evidence(cause, weight_of(cause)) };
    }
    let end = if text.contains("signal: killed") {
        ProcessEnd::Killed
    } else if text.contains("exit status") || text.contains("signal: ") {
        ProcessEnd::Explained
    } else {
        ProcessEnd::Unexplained
    };
    // What a function prints about a process is not the end of its own.
    let exit = if certainty == Certainty::Certain { end } else { ProcessEnd::None };
    FailureEvidence { certainty, exit, ..evidence(Role::ProcessExited.cause(), Weight::Exited) }
}

fn thrown(table: &Table, error: &Error<'_>) -> FailureEvidence {
    let named = match error.phase {
        Phase::Init => Some(Role::FunctionNotLoaded.cause()),
        _ => {
            let error_type = error.error_type.as_deref().unwrap_or_default();
            cause_of_error(table, error_type, &error.message, error.details.iter().map(String::as_str))
        }
    };
    let found = match named {
        Some(cause) => evidence(cause, weight_of(cause)),
        // Only that something failed.
        None if error.error_type.is_none() && error.message.is_empty() => {
            evidence(Role::FunctionFailed.cause(), Weight::Failed)
        }
        None => evidence(Role::FunctionFailed.cause(), Weight::Threw),
    };
    FailureEvidence {
        certainty: error.certainty,
        scope: match error.phase {
            Phase::Process => Scope::Process,
            Phase::Ended => Scope::Ended,
            Phase::Handler if found.weight != Weight::NeverBegan => Scope::WholeInvocation,
            Phase::Handler | Phase::Unknown | Phase::Init => Scope::Invocation,
        },
        ..found
    }
}

/// Returns the cause of one of the platform's sentences: that of the first pattern that matches, else that of `role`.
fn of_platform(sentence: &str, role: Role, table: &Table) -> &'static Cause {
    find(table, sentence).unwrap_or_else(|| role.cause())
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
