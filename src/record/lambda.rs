//! A line in the log of a Lambda function, in text or JSON format.
//!
//! The function itself printed most lines. They lack certain words and are dismissed without parsing. The rest is parsed
//! by author: lines of the platform (`platform`), its events in JSON (`json`), and the language runtime's report of an
//! error that ended an invocation (`runtime`, `go`). Other output of the function counts nothing, whatever it says.
//! [`crate::classify::invocation`] decides which cause a line names.

mod go;
mod invocation_id;
mod json;
mod platform;
pub mod prefix;
mod runtime;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::decode::LogEvent;

pub use invocation_id::InvocationId;
pub use runtime::{NODE_FRAMES, RUBY_SENTENCES, TRACEBACK, exception_at_start, type_at_end};

/// A line in the log of a Lambda function about an invocation or about the init of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionLine<'a> {
    /// The environment is a Managed Instance, which serves several invocations at a time: `platform.initStart`.
    ManagedInstance,
    /// An invocation begins: `START`, `platform.start`.
    Start(Start),
    /// An invocation ends; its `REPORT` is to come: `END`.
    End(InvocationId),
    /// Ruby's runtime announces an error, which follows in the next log events.
    Announcement,
    /// The environment is shut down. Ruby's runtime reports it as an error, which it announced.
    Shutdown,
    /// How an invocation went: `REPORT`, `platform.report`, `platform.runtimeDone`.
    Report(Report<'a>),
    /// How the init of the environment went: `INIT_REPORT`, `RESTORE_REPORT` and their events.
    Init(Init<'a>),
    /// `Task timed out after … seconds`.
    TimedOut(TimedOut<'a>),
    /// The platform reports that the runtime process ended, or could not be started.
    Exit(Exit<'a>),
    /// The language runtime's report of an error.
    Error(Error<'a>),
}

/// The begin of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The invocation.
    pub request_id: InvocationId,
    /// The format of the line.
    pub format: PlatformFormat,
}

/// Format in which the platform writes the log of an environment. It never changes within a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformFormat {
    /// Lines such as `START RequestId: 0c1d…`.
    Text,
    /// Objects such as `{"type":"platform.start",…}`.
    Json,
}

/// How an invocation, or the init of an environment, went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The line does not show it. Text logs name only a crash or a time-out, so a response looks like this.
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
    pub request_id: InvocationId,
    /// How it went.
    pub status: Status,
    /// `Error Type`, such as `Runtime.ExitError`.
    pub error_type: Option<Cow<'a, str>>,
    /// Whether the memory used reached the memory size; None if the line lacks one of them.
    pub memory_full: Option<bool>,
    /// Whether the platform is certain to be the author. A report without duration or metrics may be an excerpt, or
    /// printed by the function.
    pub certainty: Certainty,
    /// Whether it ends the invocation. `platform.runtimeDone` does not.
    pub ends: bool,
    /// Whether it has the form of a Managed Instance.
    pub concurrent: bool,
    /// The format of the line.
    pub format: PlatformFormat,
    /// The X-Ray trace id.
    pub trace_id: Option<Cow<'a, str>>,
}

/// How the init of an environment went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init<'a> {
    /// How it went; only failures are parsed.
    pub status: Status,
    /// `Error Type`, such as `Extension.Crash`.
    pub error_type: Option<Cow<'a, str>>,
    /// Whether it was the second try, as part of an invocation (`Phase: invoke`). The invocation fails with it.
    pub in_invocation: bool,
}

/// An invocation ran into the function's timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedOut<'a> {
    /// The invocation.
    pub request_id: Option<InvocationId>,
    /// The sentence, such as `Task timed out after 3.00 seconds`.
    pub text: Cow<'a, str>,
    /// Whether the platform is certain to be the author.
    pub certainty: Certainty,
}

/// The platform's report of a runtime process that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit<'a> {
    /// The invocation.
    pub request_id: Option<InvocationId>,
    /// The reason, such as `Runtime exited with error: signal: killed`.
    pub text: Cow<'a, str>,
    /// Whether the platform is certain to be the author.
    pub certainty: Certainty,
}

/// An error that the language runtime reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error<'a> {
    /// The invocation; None if the line does not name it.
    pub request_id: Option<InvocationId>,
    /// The type of the error, such as `KeyError` or `Runtime.ImportModuleError`.
    pub error_type: Option<Cow<'a, str>>,
    /// The message.
    pub message: Cow<'a, str>,
    /// The error's code and status, and its causes as `type: message`, if the runtime logs them.
    pub details: Vec<String>,
    /// Whether the error is certain to have ended the invocation.
    pub certainty: Certainty,
    /// When it occurred, if the runtime says so.
    pub phase: Phase,
}

/// How certain it is that the platform or the runtime wrote a line about a failed invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The function may have printed it. It gives the reason if the process ended.
    OnlyIfProcessEnded,
    /// The function may have printed it. It counts unless the invocation ends without an error.
    UnlessItSucceeded,
    /// The runtime wrote it if it announced an error right before. Else as `UnlessItSucceeded`.
    IfAnnounced,
    /// The runtime alone writes such a line.
    Certain,
}

/// When an error occurred, as far as its line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The line does not show it.
    Unknown,
    /// During init, while the function was loaded.
    Init,
    /// In the handler. The runtime writes no second report about this invocation.
    Handler,
    /// It ended the process, whichever invocation the line names.
    Process,
    /// Before the line: the platform writes it behind the report of the invocation.
    Ended,
}

/// Length of a line's start that is searched for [`RELEVANT`] words, in bytes. The platform and the runtimes put them there.
const SEARCHED_BYTES: usize = 4_096;

/// Longest text of a line that is parsed, in bytes. Type and message of a report are at its start, before the stack.
const READ_BYTES: usize = 64 * 1024;

/// Words of which every relevant line has at least one.
static RELEVANT: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    [
        "rror",
        "RequestId: ",
        "timed out after",
        "_REPORT",
        "platform.",
        "xception",
        // Frames of Java and .NET below an error of any name.
        "\tat ",
        "\\tat ",
        "RuntimeSupport.",
        "ERROR",
        "ut of memory",
        "insufficient memory",
        "emory allocation ",
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
        "Failed to post handler ",
    ]
    .iter()
    .map(Finder::new)
    .collect()
});

/// Parses a log event of a function's log group. Returns None if it shows nothing about an invocation.
///
/// `END RequestId: 0c1d…` → `FunctionLine::End(0c1d…)`
pub fn parse_line<'a>(event: &LogEvent<'a>) -> Option<FunctionLine<'a>> {
    let written = event.message.as_written();
    // Most lines that count are the platform's.
    platform_line(written).or_else(|| if is_relevant(written) { line_of(event, parse_text) } else { None })
}

/// Parses a log event of a log group of unknown kind, which may hold anybody's output. Of the runtimes' reports, only those
/// count that only a Lambda function writes: they have an invocation's id, or the paths of a function's code.
///
/// `REPORT RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 …` → `FunctionLine::Report`; `panic: x` → None
pub fn parse_line_of_unknown_log<'a>(event: &LogEvent<'a>) -> Option<FunctionLine<'a>> {
    let written = event.message.as_written();
    let line = platform_line(written);
    if line.is_some() {
        return line.filter(platform::is_unmistakable);
    }
    if !is_relevant(written) {
        return None;
    }
    line_of(event, |text| {
        json::parse_platform(text)
            .or_else(|| platform::parse_failure(text))
            .filter(platform::is_unmistakable)
            .or_else(|| runtime::parse_unmistakable(prefix::strip(text).rest))
    })
}

/// Parses a line of the platform. Most other lines begin with another letter.
fn platform_line(written: &[u8]) -> Option<FunctionLine<'_>> {
    let may_be = written.first().is_some_and(u8::is_ascii_uppercase);
    if may_be { written_text(written).and_then(platform::parse) } else { None }
}

/// Returns whether a line may show something about an invocation: the level of its logger and its first words decide.
///
/// Most lines of a function show nothing. To parse all of them takes 123 % more instructions of the whole job on a Lambda log
/// of 1,000 events, a quarter of which the function printed; 86 % if these have no level, so that [`RELEVANT`] alone decides.
fn is_relevant(written: &[u8]) -> bool {
    if is_logged_below_error(written) {
        return false;
    }
    let searched = &written[..written.len().min(SEARCHED_BYTES)];
    RELEVANT.iter().any(|word| word.find(searched).is_some())
}

/// Returns whether a line begins with a runtime logger's prefix at a level below ERROR, as most lines of a function do.
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

/// Parses the text of an event. The result borrows from the event unless the text had to be unescaped.
fn line_of<'a>(
    event: &LogEvent<'a>,
    parse: impl for<'t> Fn(&'t str) -> Option<FunctionLine<'t>>,
) -> Option<FunctionLine<'a>> {
    match event.message.text() {
        Cow::Borrowed(text) if !text.contains(ESCAPE) => parse(cut(text)),
        text => parse(cut(&without_colours(&text))).map(FunctionLine::into_owned),
    }
}

/// Begins a sequence that colours a terminal.
const ESCAPE: char = '\u{1b}';

/// Removes the colours that loggers of Rust and Node.js write: `\u{1b}[31mERROR\u{1b}[0m` → `ERROR`
fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(ESCAPE);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_of_sequence = |c: char| c.is_ascii_digit() || c == ';';
        let rest = part.strip_prefix('[').map(|rest| rest.trim_start_matches(is_of_sequence));
        plain.push_str(rest.and_then(|rest| rest.strip_prefix('m')).unwrap_or(part));
    }
    Cow::Owned(plain)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(READ_BYTES)]
}

/// Returns the start of a line as written in its document. The platform's lines can be parsed with and without escapes.
fn written_text(written: &[u8]) -> Option<&str> {
    let start = &written[..written.len().min(SEARCHED_BYTES)];
    match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok(),
    }
}

fn parse_text(text: &str) -> Option<FunctionLine<'_>> {
    let text = without_warning(text);
    // Go's line is recognised by its prefix, so it comes before the prefix is stripped. Java's has none, and its message may
    // begin as anything does: with an object, an id, a date, another runtime's sentence.
    if let Some(line) = go::parse(text).or_else(|| runtime::parse_certain_java(text)) {
        return Some(line);
    }
    let stripped = prefix::strip(text);
    if stripped.rest.starts_with('{') {
        // Behind the date of Go's logger, only the Go library's own object is a report.
        if stripped.by_go_logger {
            return None;
        }
        // The message of an older runtime's error may be an object.
        return json::parse(stripped.rest).or_else(|| runtime::short_type(stripped.rest));
    }
    platform::parse(stripped.rest).or_else(|| platform::parse_failure(text)).or_else(|| runtime::parse(stripped.rest))
}

/// Strips the warning that Python's runtime writes about an error. Images of 2024 write it into the event of the error.
fn without_warning(text: &str) -> &str {
    const LAST_WORD: &str = "/runtimes-update.html";
    let rest = text.strip_prefix("LAMBDA_WARNING: ").and_then(|rest| rest.split_once(LAST_WORD));
    rest.map_or(text, |(_, rest)| rest.trim_start())
}

impl FunctionLine<'_> {
    fn into_owned(self) -> FunctionLine<'static> {
        fn own(text: Cow<'_, str>) -> Cow<'static, str> {
            Cow::Owned(text.into_owned())
        }
        match self {
            Self::ManagedInstance => FunctionLine::ManagedInstance,
            Self::Announcement => FunctionLine::Announcement,
            Self::Shutdown => FunctionLine::Shutdown,
            Self::Start(start) => FunctionLine::Start(start),
            Self::End(id) => FunctionLine::End(id),
            Self::TimedOut(timed_out) => FunctionLine::TimedOut(TimedOut {
                text: own(timed_out.text),
                request_id: timed_out.request_id,
                certainty: timed_out.certainty,
            }),
            Self::Report(report) => FunctionLine::Report(Report {
                error_type: report.error_type.map(own),
                trace_id: report.trace_id.map(own),
                request_id: report.request_id,
                status: report.status,
                memory_full: report.memory_full,
                certainty: report.certainty,
                ends: report.ends,
                concurrent: report.concurrent,
                format: report.format,
            }),
            Self::Init(init) => FunctionLine::Init(Init {
                error_type: init.error_type.map(own),
                status: init.status,
                in_invocation: init.in_invocation,
            }),
            Self::Exit(exit) => FunctionLine::Exit(Exit {
                request_id: exit.request_id,
                text: own(exit.text),
                certainty: exit.certainty,
            }),
            Self::Error(error) => FunctionLine::Error(Error {
                error_type: error.error_type.map(own),
                message: own(error.message),
                details: error.details,
                request_id: error.request_id,
                certainty: error.certainty,
                phase: error.phase,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
