//! Lines of the Lambda platform, in text.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::prefix::{self, is_request_id, word};
use super::{Certainty, Exit, FunctionLine, Init, InvocationId, PlatformFormat, Report, Start, Status, TimedOut};

/// Part of the memory size from which the memory counts as full, in hundredths. The platform measures in megabytes: a
/// 128 MB function is killed at 127 or 128.
const FULL_HUNDREDTHS: u64 = 99;

/// Parses a line that begins with one of the platform's keywords, with or without the escapes of a JSON document.
///
/// `END RequestId: 0c1d…` → `FunctionLine::End(0c1d…)`
pub(super) fn parse(text: &str) -> Option<FunctionLine<'_>> {
    // Most lines of a function begin with another letter.
    if !matches!(text.as_bytes().first()?, b'S' | b'E' | b'R' | b'I') {
        return None;
    }
    let (keyword, rest) = word(text);
    match keyword {
        "START" => request_id(rest)
            .map(|(request_id, _)| FunctionLine::Start(Start { request_id, format: PlatformFormat::Text })),
        "END" => request_id(rest).map(|(id, _)| FunctionLine::End(id)),
        // Behind the id that a function prints, other words may follow.
        "REPORT" => request_id(rest)
            .filter(|(_, fields)| fields.is_empty() || FIELDS.iter().any(|name| fields.starts_with(name)))
            .map(|(id, fields)| FunctionLine::Report(report(id, fields))),
        "INIT_REPORT" | "RESTORE_REPORT" => init(rest),
        "EXTENSION" => extension(rest),
        "IMAGE" | "SUPERNOVA" => launch(rest),
        _ => None,
    }
}

/// Beginnings of the fields of a report.
const FIELDS: &[&str] = &[
    "Duration: ",
    "Billed ",
    "Memory Size: ",
    "Max Memory Used: ",
    "Init Duration: ",
    "Restore Duration: ",
    "Status: ",
    "Error Type: ",
    "Phase: ",
    "XRAY TraceId: ",
];

/// `RequestId: {id} …`
fn request_id(rest: &str) -> Option<(InvocationId, &str)> {
    let rest = rest.strip_prefix("RequestId:")?.trim_start();
    if let Some((id, rest)) = InvocationId::at_start(rest) {
        return Some((id, prefix::skip_blanks(rest)));
    }
    let (id, rest) = word(rest);
    (!id.is_empty()).then(|| (InvocationId::new(id), rest))
}

fn report(request_id: InvocationId, fields: &str) -> Report<'_> {
    let size = value_after(fields, &MEMORY_SIZE).and_then(number);
    let used = value_after(fields, &MEMORY_USED).and_then(number);
    // Whoever prints a report by hand leaves fields out.
    let is_whole = fields.starts_with("Duration: ")
        && [&BILLED, &MEMORY_SIZE].iter().any(|label| label.find(fields.as_bytes()).is_some());
    Report {
        request_id,
        status: status_of(value_after(fields, &STATUS)),
        error_type: value_after(fields, &ERROR_TYPE).map(Cow::Borrowed),
        memory_full: size.zip(used).map(|(size, used)| is_full(size, used)),
        certainty: if is_whole { Certainty::Certain } else { Certainty::UnlessItSucceeded },
        ends: is_whole,
        concurrent: false,
        format: PlatformFormat::Text,
        trace_id: value_after(fields, &TRACE_ID).map(Cow::Borrowed),
    }
}

/// A label to search for, prepared once.
type Label = LazyLock<Finder<'static>>;

static BILLED: Label = LazyLock::new(|| Finder::new("Billed Duration: "));
static MEMORY_SIZE: Label = LazyLock::new(|| Finder::new("Memory Size: "));
static MEMORY_USED: Label = LazyLock::new(|| Finder::new("Max Memory Used: "));
static STATUS: Label = LazyLock::new(|| Finder::new("Status: "));
static ERROR_TYPE: Label = LazyLock::new(|| Finder::new("Error Type: "));
static PHASE: Label = LazyLock::new(|| Finder::new("Phase: "));
static TRACE_ID: Label = LazyLock::new(|| Finder::new("XRAY TraceId: "));

/// Returns whether the memory used reached the memory size: 128, 127 → true
pub(super) fn is_full(size: u64, used: u64) -> bool {
    size > 0 && used.saturating_mul(100) >= size.saturating_mul(FULL_HUNDREDTHS)
}

/// Returns the status that a word names: `failure` → `Status::Error`
pub(super) fn status_of(word: Option<&str>) -> Status {
    match word {
        Some("success") => Status::Success,
        Some("error" | "failure") => Status::Error,
        Some("timeout") => Status::Timeout,
        _ => Status::NotLogged,
    }
}

fn init(fields: &str) -> Option<FunctionLine<'_>> {
    let status = status_of(value_after(fields, &STATUS));
    matches!(status, Status::Error | Status::Timeout).then(|| {
        FunctionLine::Init(Init {
            status,
            error_type: value_after(fields, &ERROR_TYPE).map(Cow::Borrowed),
            in_invocation: value_after(fields, &PHASE) == Some("invoke"),
        })
    })
}

/// Parses `EXTENSION Name: … State: … Error Type: …`: an extension that did not start.
fn extension(fields: &str) -> Option<FunctionLine<'_>> {
    if !fields.starts_with("Name:") {
        return None;
    }
    let error_type = value_after(fields, &ERROR_TYPE)?;
    Some(FunctionLine::Init(Init {
        status: Status::Error,
        error_type: Some(Cow::Borrowed(error_type)),
        in_invocation: false,
    }))
}

/// Parses `IMAGE Launch error: …`: a container image whose entry point cannot be run.
fn launch(rest: &str) -> Option<FunctionLine<'_>> {
    rest.starts_with("Launch error").then_some(FunctionLine::Init(Init {
        status: Status::Error,
        error_type: Some(Cow::Borrowed("Runtime.InvalidEntrypoint")),
        in_invocation: false,
    }))
}

fn value_after<'a>(fields: &'a str, label: &Label) -> Option<&'a str> {
    let at = label.find(fields.as_bytes())? + label.needle().len();
    let (value, _) = word(fields[at..].trim_start());
    (!value.is_empty()).then_some(value)
}

fn number(value: &str) -> Option<u64> {
    value.parse().ok()
}

/// Parses the platform's sentence about an invocation that it ended.
///
/// `2026-01-02T03:04:05.678Z 0c1d… Task timed out after 3.00 seconds` → `FunctionLine::TimedOut`
pub(super) fn parse_failure(text: &str) -> Option<FunctionLine<'_>> {
    let stripped = prefix::strip(text);
    let rest = stripped.rest.strip_prefix("Error: ").unwrap_or(stripped.rest);
    timed_out(rest).or_else(|| exit(stripped.rest)).or_else(|| exit_behind_lost_line_end(text))
}

/// Parses `…RequestId: {id} Process exited before completing request` behind another text of which only the line end was lost.
/// A function that prints the sentence has a blank or a sign before it.
fn exit_behind_lost_line_end(text: &str) -> Option<FunctionLine<'_>> {
    let before = text.trim_end().strip_suffix(PROCESS_EXITED)?;
    let at = before.rfind("RequestId: ")?;
    let id = InvocationId::new(before[at..].strip_prefix("RequestId: ")?.trim_end());
    let is_glued = before[..at].ends_with(|c: char| c.is_alphanumeric() || c == ')');
    (is_glued && id.as_uuid().is_some()).then_some(FunctionLine::Exit(Exit {
        request_id: Some(id),
        text: Cow::Borrowed(PROCESS_EXITED),
        certainty: Certainty::UnlessItSucceeded,
    }))
}

/// Parses `{time} {id} Task timed out after {n}.{nn} seconds`. Without an id, anybody may have written it.
fn timed_out(line: &str) -> Option<FunctionLine<'_>> {
    const SENTENCE: &str = "Task timed out after ";
    let (request_id, sentence) = match line.strip_prefix(SENTENCE) {
        Some(sentence) => (None, sentence),
        None => {
            let (id, rest) = word(line);
            let sentence = rest.strip_prefix(SENTENCE)?;
            (is_request_id(id).then(|| InvocationId::new(id)), sentence)
        }
    };
    let (seconds, rest) = word(sentence);
    let (unit, behind) = word(rest);
    let ends = behind.is_empty() || request_id.is_some();
    if seconds.parse::<f64>().is_err() || unit.trim_end_matches('.') != "seconds" || !ends {
        return None;
    }
    let certainty = if request_id.is_some() { Certainty::Certain } else { Certainty::UnlessItSucceeded };
    let from = line.len() - sentence.len() - SENTENCE.len();
    let text = line[from..line.len() - behind.len()].trim_end();
    Some(FunctionLine::TimedOut(TimedOut { request_id, text: Cow::Borrowed(text), certainty }))
}

/// Parses `RequestId: {id} Error: {reason}` and `RequestId: {id} Process exited before completing request`, and both
/// without the id, as in local tools and excerpts.
fn exit(rest: &str) -> Option<FunctionLine<'_>> {
    let rest = rest.strip_prefix("ERROR ").or_else(|| rest.strip_prefix("Error ")).unwrap_or(rest);
    let rest = rest.strip_prefix("Runtime.ExitError: ").unwrap_or(rest);
    if let Some((id, reason)) = request_id(rest) {
        let text = reason.strip_prefix("Error: ").or_else(|| reason.starts_with(PROCESS_EXITED).then_some(reason))?;
        // A function may print other words behind its id.
        let is_ours = EXITS.iter().any(|head| text.starts_with(head)) || has_platform_type(text);
        let certainty = if is_ours { Certainty::Certain } else { Certainty::UnlessItSucceeded };
        return Some(FunctionLine::Exit(Exit { request_id: Some(id), text: Cow::Borrowed(text), certainty }));
    }
    let text = rest.strip_prefix("Error: ").unwrap_or(rest);
    let ours = EXITS.iter().any(|head| text.starts_with(head)) || rest.trim_end() == "Runtime.ExitError";
    let certainty = Certainty::UnlessItSucceeded;
    ours.then_some(FunctionLine::Exit(Exit { request_id: None, text: Cow::Borrowed(text), certainty }))
}

/// Returns whether the second line of a text is a type of the platform: `chdir /app: …`, `Runtime.InvalidWorkingDir`
fn has_platform_type(text: &str) -> bool {
    let name = text.lines().nth(1).map(str::trim);
    name.is_some_and(|name| ["Runtime.", "Extension.", "Sandbox."].iter().any(|head| name.starts_with(head)))
}

/// Sentence about a process that ended before it answered.
const PROCESS_EXITED: &str = "Process exited before completing request";

/// Heads of the platform's sentences about a process that ended.
const EXITS: &[&str] = &[
    PROCESS_EXITED,
    "Runtime exited with error: ",
    "Runtime exited without providing a reason",
    "Node.js process exited with ",
    "Couldn't find valid bootstrap(s)",
    "fork/exec /",
    "Failed to post handler ",
];

/// Returns whether the platform is certain to have written a line, in whichever log: its id has the form of Lambda's ids.
pub(super) fn is_unmistakable(line: &FunctionLine<'_>) -> bool {
    let is_ours = |id: &InvocationId| id.as_uuid().is_some();
    match line {
        FunctionLine::Start(start) => is_ours(&start.request_id),
        FunctionLine::End(id) => is_ours(id),
        FunctionLine::Report(report) => is_ours(&report.request_id),
        FunctionLine::TimedOut(timed_out) => {
            timed_out.certainty == Certainty::Certain && timed_out.request_id.as_ref().is_some_and(is_ours)
        }
        FunctionLine::Exit(exit) => exit.request_id.as_ref().is_some_and(is_ours),
        FunctionLine::Init(_) => true,
        FunctionLine::ManagedInstance
        | FunctionLine::Announcement
        | FunctionLine::Shutdown
        | FunctionLine::Error(_) => false,
    }
}
