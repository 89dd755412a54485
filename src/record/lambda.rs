//! A line in the log of a Lambda function, in text or JSON format.
//!
//! Most lines are what the function itself printed; they are dismissed by a few words that they lack. What is left is
//! read by whose it is: the platform's own lines (`platform`), its events in JSON (`json`), and the report that the
//! language runtime writes of an error that ended an invocation (`runtime`). What the function logged, however
//! alarming, is no line of those. Which cause a line names is left to [`crate::classify::invocation`].

mod go;
mod json;
mod platform;
pub mod prefix;
mod request_id;
mod runtime;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::decode::LogEvent;

pub use request_id::RequestId;
pub use runtime::{exception_at_start, type_at_end};

/// A line in the log of a Lambda function that tells of an invocation or of the start of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// An invocation begins: `START`, `platform.start`.
    Start(RequestId),
    /// An invocation ends; its `REPORT` is to come: `END`.
    End(RequestId),
    /// How an invocation went: `REPORT`, `platform.report`, `platform.runtimeDone`.
    Report(Report<'a>),
    /// How the start of the environment went: `INIT_REPORT`, `RESTORE_REPORT` and their events.
    Init(Init<'a>),
    /// `Task timed out after … seconds`.
    TimedOut(TimedOut<'a>),
    /// The runtime process ended, or could not be started: the platform's own words on it.
    Exit(Exit<'a>),
    /// The language runtime's report of an error.
    Error(Error<'a>),
}

/// How an invocation, or the start of an environment, went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The line does not tell. Text logs name only a crash or a time-out, so a handled response looks like this.
    NotLogged,
    /// `success`.
    Success,
    /// `error` or `failure`.
    Error,
    /// `timeout`.
    Timeout,
}

/// How an invocation went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// The invocation.
    pub request_id: RequestId,
    /// How it went.
    pub status: Status,
    /// `Error Type`, such as `Runtime.ExitError`.
    pub error_type: Option<Cow<'a, str>>,
    /// Whether the memory used reached the memory size; none where the line tells neither.
    pub memory_full: Option<bool>,
    /// Whether it is the last word on the invocation: `platform.runtimeDone` is not.
    pub ends: bool,
    /// The X-Ray trace id.
    pub trace_id: Option<Cow<'a, str>>,
}

/// How the start of an environment went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init<'a> {
    /// How it went; only failures are read.
    pub status: Status,
    /// `Error Type`, such as `Extension.Crash`.
    pub error_type: Option<Cow<'a, str>>,
    /// Whether it was the second try, made as part of an invocation (`Phase: invoke`), which fails with it.
    pub in_invocation: bool,
}

/// An invocation ran into the function's timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedOut<'a> {
    /// The invocation.
    pub request_id: Option<RequestId>,
    /// The sentence, such as `Task timed out after 3.00 seconds`.
    pub text: Cow<'a, str>,
    /// How sure it is that these are the platform's words.
    pub proof: Proof,
}

/// What the platform says of a runtime process that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit<'a> {
    /// The invocation.
    pub request_id: Option<RequestId>,
    /// The reason, such as `Runtime exited with error: signal: killed`.
    pub text: Cow<'a, str>,
}

/// An error as the language runtime reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error<'a> {
    /// The invocation, where the line tells it.
    pub request_id: Option<RequestId>,
    /// The type of the error, such as `KeyError` or `Runtime.ImportModuleError`.
    pub error_type: Option<Cow<'a, str>>,
    /// The message, with the error's code and the errors behind it where the runtime logs them.
    pub message: Cow<'a, str>,
    /// How sure it is that the error ended the invocation.
    pub proof: Proof,
    /// What the runtime says of when it occurred.
    pub moment: Moment,
}

/// How sure it is that a line is the platform's or the runtime's own word on a failed invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// The function may have logged it, or the runtime before the process ended: it says why, should that be so.
    IfTheProcessEnded,
    /// The function may have printed it: an invocation that ends without an error disproves it.
    UnlessItSucceeded,
    /// The runtime alone writes such a line.
    Certain,
}

/// When an error occurred, as far as its line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The line does not tell.
    Unknown,
    /// While the function was loaded.
    Init,
    /// In the handler; the one report that the runtime writes of this invocation.
    Handler,
    /// It ended the process, whichever invocation the line was logged under.
    Process,
}

/// How much of a line is searched for the words that make it worth reading, in bytes. The platform and the runtimes put
/// theirs at the start.
const SEARCHED_BYTES: usize = 4_096;

/// Longest text of a line that is read, in bytes. A report's type and message stand at its start, its stack after them.
const READ_BYTES: usize = 64 * 1024;

/// Words of which every line that matters has at least one.
static WORDS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    [
        "rror",
        "RequestId: ",
        "timed out after",
        "_REPORT",
        "platform.",
        "xception",
        "ERROR",
        "out of memory",
        "failed to allocate",
        "LAMBDA_RUNTIME",
        "panic",
        "rocess exited",
        "Class not found: ",
        "Handler '",
        "Unable to ",
        "Bad handler ",
        "No public method named ",
        "fork/exec ",
        "terminate called after",
        "Could not find the specified handler",
        "Response payload size ",
    ]
    .iter()
    .map(Finder::new)
    .collect()
});

/// Reads a log event of a log group that belongs to a function.
pub fn read<'a>(event: &LogEvent<'a>) -> Option<Line<'a>> {
    let written = event.message.as_written();
    let line = platform_line(written);
    if line.is_some() {
        return line;
    }
    if !may_matter(written) {
        return None;
    }
    line_of(event, read_text)
}

/// Reads a log event whose log group does not tell that it belongs to a function; only the platform's own lines do.
///
/// A function may log to any group, but a group may also hold what anybody prints. So of the runtimes' reports only
/// those count that show a Lambda function beyond doubt: by the id of the invocation, or by the paths of its code.
pub fn read_by_shape<'a>(event: &LogEvent<'a>) -> Option<Line<'a>> {
    let written = event.message.as_written();
    let line = platform_line(written);
    if line.is_some() {
        return line.filter(platform::is_unmistakable);
    }
    if !may_matter(written) {
        return None;
    }
    line_of(event, |text| {
        json::read_platform(text)
            .or_else(|| platform::read_failure(text))
            .filter(platform::is_unmistakable)
            .or_else(|| runtime::read_unmistakable(prefix::strip(text).rest))
    })
}

/// A line of the platform's. Its first letter tells most others apart.
fn platform_line(written: &[u8]) -> Option<Line<'_>> {
    let may_be = written.first().is_some_and(u8::is_ascii_uppercase);
    if may_be { written_text(written).and_then(platform::read) } else { None }
}

fn may_matter(written: &[u8]) -> bool {
    if is_logged_below_error(written) {
        return false;
    }
    let searched = &written[..written.len().min(SEARCHED_BYTES)];
    WORDS.iter().any(|word| word.find(searched).is_some())
}

/// Whether a line begins as a runtime's logger writes it, at a level below ERROR: most lines of a function do.
fn is_logged_below_error(written: &[u8]) -> bool {
    /// Of a time as Node.js and .NET write it, `2026-01-02T03:04:05.678Z`.
    const TIME_BYTES: usize = 24;
    /// Of an invocation's id.
    const ID_BYTES: usize = 36;
    const PYTHON: &[&[u8]] = &[b"[INFO]", b"[DEBUG]", b"[WARNING]"];
    const OTHERS: &[&[u8]] = &[b"INFO", b"DEBUG", b"WARN", b"TRACE", b"info", b"warn", b"dbug", b"trce"];
    if PYTHON.iter().any(|level| written.starts_with(level)) {
        return true;
    }
    let behind_tab = |text: &[u8]| -> Option<usize> {
        if text.starts_with(b"\t") { Some(1) } else { text.starts_with(b"\\t").then_some(2) }
    };
    let level_at = || {
        let id = TIME_BYTES + behind_tab(written.get(TIME_BYTES..)?)?;
        let end = id + ID_BYTES;
        Some(end + behind_tab(written.get(end..)?)?)
    };
    let Some(level) = level_at().and_then(|at| written.get(at..)) else { return false };
    OTHERS.iter().any(|name| level.strip_prefix(*name).is_some_and(|rest| behind_tab(rest).is_some()))
}

/// Reads the text of an event, and keeps what was found in it no longer than the event where it can.
fn line_of<'a>(event: &LogEvent<'a>, read: impl for<'t> Fn(&'t str) -> Option<Line<'t>>) -> Option<Line<'a>> {
    match event.message.text() {
        Cow::Borrowed(text) => read(cut(text)),
        Cow::Owned(text) => read(cut(&text)).map(Line::into_owned),
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ_BYTES)]
}

/// The start of a line as it stands in its document: the platform's own lines read the same with and without escapes.
fn written_text(written: &[u8]) -> Option<&str> {
    let start = &written[..written.len().min(SEARCHED_BYTES)];
    match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok(),
    }
}

fn read_text(text: &str) -> Option<Line<'_>> {
    // Before the prefix is taken off, which is the mark of Go's line.
    if let Some(line) = go::read(text) {
        return Some(line);
    }
    let stripped = prefix::strip(text);
    if stripped.rest.starts_with('{') {
        return json::read(stripped.rest);
    }
    platform::read(stripped.rest).or_else(|| platform::read_failure(text)).or_else(|| runtime::read(stripped.rest))
}

impl Line<'_> {
    fn into_owned(self) -> Line<'static> {
        fn own(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        match self {
            Self::Start(id) => Line::Start(id),
            Self::End(id) => Line::End(id),
            Self::TimedOut(timed_out) => Line::TimedOut(TimedOut {
                text: own(timed_out.text),
                request_id: timed_out.request_id,
                proof: timed_out.proof,
            }),
            Self::Report(report) => Line::Report(Report {
                error_type: report.error_type.map(own),
                trace_id: report.trace_id.map(own),
                request_id: report.request_id,
                status: report.status,
                memory_full: report.memory_full,
                ends: report.ends,
            }),
            Self::Init(init) => Line::Init(Init {
                error_type: init.error_type.map(own),
                status: init.status,
                in_invocation: init.in_invocation,
            }),
            Self::Exit(exit) => Line::Exit(Exit { request_id: exit.request_id, text: own(exit.text) }),
            Self::Error(error) => Line::Error(Error {
                error_type: error.error_type.map(own),
                message: own(error.message),
                request_id: error.request_id,
                proof: error.proof,
                moment: error.moment,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
