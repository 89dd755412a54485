//! Lines that the Lambda platform itself writes, in text.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::prefix::{self, is_request_id, word};
use super::{Exit, Init, Line, Proof, Report, RequestId, Status, TimedOut};

/// Part of the memory size that, once used, leaves none for the next allocation, in hundredths. (The platform measures
/// in megabytes; a 128 MB function is killed at 127 or 128.)
const FULL_HUNDREDTHS: u64 = 99;

/// Reads a line that begins with one of the platform's key words. With or without the escapes of a JSON document.
pub(super) fn read(text: &str) -> Option<Line<'_>> {
    // No other letter begins one of the words, and most lines of a function begin with another.
    if !matches!(text.as_bytes().first()?, b'S' | b'E' | b'R' | b'I') {
        return None;
    }
    let (keyword, rest) = word(text);
    match keyword {
        "START" => request_id(rest).map(|(id, _)| Line::Start(id)),
        "END" => request_id(rest).map(|(id, _)| Line::End(id)),
        "REPORT" => request_id(rest).map(|(id, fields)| Line::Report(report(id, fields))),
        "INIT_REPORT" | "RESTORE_REPORT" => init(rest),
        "EXTENSION" => extension(rest),
        "IMAGE" | "SUPERNOVA" => launch(rest),
        _ => None,
    }
}

/// `RequestId: {id} …`
fn request_id(rest: &str) -> Option<(RequestId, &str)> {
    let rest = rest.strip_prefix("RequestId:")?.trim_start();
    if let Some((id, rest)) = RequestId::at_start(rest) {
        return Some((id, prefix::skip_blanks(rest)));
    }
    let (id, rest) = word(rest);
    (!id.is_empty()).then(|| (RequestId::of(id), rest))
}

fn report(request_id: RequestId, fields: &str) -> Report<'_> {
    let size = value_after(fields, &MEMORY_SIZE).and_then(number);
    let used = value_after(fields, &MEMORY_USED).and_then(number);
    Report {
        request_id,
        status: status_of(value_after(fields, &STATUS)),
        error_type: value_after(fields, &ERROR_TYPE).map(Cow::Borrowed),
        memory_full: size.zip(used).map(|(size, used)| is_full(size, used)),
        ends: true,
        trace_id: value_after(fields, &TRACE_ID).map(Cow::Borrowed),
    }
}

/// A label, whose search is made once.
type Label = LazyLock<Finder<'static>>;

static MEMORY_SIZE: Label = LazyLock::new(|| Finder::new("Memory Size: "));
static MEMORY_USED: Label = LazyLock::new(|| Finder::new("Max Memory Used: "));
static STATUS: Label = LazyLock::new(|| Finder::new("Status: "));
static ERROR_TYPE: Label = LazyLock::new(|| Finder::new("Error Type: "));
static PHASE: Label = LazyLock::new(|| Finder::new("Phase: "));
static TRACE_ID: Label = LazyLock::new(|| Finder::new("XRAY TraceId: "));

/// Whether the memory used reached the memory size.
pub(super) fn is_full(size: u64, used: u64) -> bool {
    size > 0 && used.saturating_mul(100) >= size.saturating_mul(FULL_HUNDREDTHS)
}

/// The status that a word names.
pub(super) fn status_of(word: Option<&str>) -> Status {
    match word {
        Some("success") => Status::Success,
        Some("error" | "failure") => Status::Error,
        Some("timeout") => Status::Timeout,
        _ => Status::NotLogged,
    }
}

fn init(fields: &str) -> Option<Line<'_>> {
    let status = status_of(value_after(fields, &STATUS));
    matches!(status, Status::Error | Status::Timeout).then(|| {
        Line::Init(Init {
            status,
            error_type: value_after(fields, &ERROR_TYPE).map(Cow::Borrowed),
            in_invocation: value_after(fields, &PHASE) == Some("invoke"),
        })
    })
}

/// `EXTENSION Name: … State: … Error Type: …`: an extension that did not start.
fn extension(fields: &str) -> Option<Line<'_>> {
    if !fields.starts_with("Name:") {
        return None;
    }
    let error_type = value_after(fields, &ERROR_TYPE)?;
    Some(Line::Init(Init { status: Status::Error, error_type: Some(Cow::Borrowed(error_type)), in_invocation: false }))
}

/// `IMAGE Launch error: …`: a container image whose entry point cannot be run.
fn launch(rest: &str) -> Option<Line<'_>> {
    rest.starts_with("Launch error").then_some(Line::Init(Init {
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

/// Reads what the platform says of an invocation that it had to end.
pub(super) fn read_failure(text: &str) -> Option<Line<'_>> {
    let stripped = prefix::strip(text);
    let rest = stripped.rest.strip_prefix("Error: ").unwrap_or(stripped.rest);
    timed_out(rest).or_else(|| exit(stripped.rest))
}

/// `{time} {id} Task timed out after {n}.{nn} seconds`; without an id and in other numbers it may be anybody's sentence.
fn timed_out(line: &str) -> Option<Line<'_>> {
    const WORDS: &str = "Task timed out after ";
    let (request_id, sentence) = match line.strip_prefix(WORDS) {
        Some(sentence) => (None, sentence),
        None => {
            let (id, rest) = word(line);
            let sentence = rest.strip_prefix(WORDS)?;
            (is_request_id(id).then(|| RequestId::of(id)), sentence)
        }
    };
    let (seconds, rest) = word(sentence);
    let (unit, behind) = word(rest);
    let ends = behind.is_empty() || request_id.is_some();
    if seconds.parse::<f64>().is_err() || unit.trim_end_matches('.') != "seconds" || !ends {
        return None;
    }
    let in_hundredths = seconds.split_once('.').is_some_and(|(_, hundredths)| hundredths.len() == 2);
    let certain = request_id.is_some() || in_hundredths;
    let proof = if certain { Proof::Certain } else { Proof::UnlessItSucceeded };
    let from = line.len() - sentence.len() - WORDS.len();
    let text = line[from..line.len() - behind.len()].trim_end();
    Some(Line::TimedOut(TimedOut { request_id, text: Cow::Borrowed(text), proof }))
}

/// `RequestId: {id} Error: {reason}`, `RequestId: {id} Process exited before completing request`, and the same without
/// the id, as local tools and excerpts have it.
fn exit(rest: &str) -> Option<Line<'_>> {
    let rest = rest.strip_prefix("ERROR ").unwrap_or(rest);
    let rest = rest.strip_prefix("Runtime.ExitError: ").unwrap_or(rest);
    if let Some((id, reason)) = request_id(rest) {
        let text = reason.strip_prefix("Error: ").or_else(|| reason.starts_with(PROCESS_EXITED).then_some(reason))?;
        return Some(Line::Exit(Exit { request_id: Some(id), text: Cow::Borrowed(text) }));
    }
    let text = rest.strip_prefix("Error: ").unwrap_or(rest);
    let ours = EXITS.iter().any(|head| text.starts_with(head)) || rest.trim_end() == "Runtime.ExitError";
    ours.then_some(Line::Exit(Exit { request_id: None, text: Cow::Borrowed(text) }))
}

/// What the platform says of a process that ended before it answered.
const PROCESS_EXITED: &str = "Process exited before completing request";

/// Heads of the platform's sentences on a process that ended.
const EXITS: &[&str] = &[
    PROCESS_EXITED,
    "Runtime exited with error: ",
    "Runtime exited without providing a reason",
    "Node.js process exited with ",
    "Couldn't find valid bootstrap(s)",
    "fork/exec /",
];

/// Whether a line is the platform's beyond doubt, wherever it is found: its id is one that Lambda makes.
pub(super) fn is_unmistakable(line: &Line<'_>) -> bool {
    let is_ours = |id: &RequestId| id.as_uuid().is_some();
    match line {
        Line::Start(id) | Line::End(id) => is_ours(id),
        Line::Report(report) => is_ours(&report.request_id),
        Line::TimedOut(timed_out) => {
            timed_out.proof == Proof::Certain && timed_out.request_id.as_ref().is_some_and(is_ours)
        }
        Line::Exit(exit) => exit.request_id.as_ref().is_some_and(is_ours),
        Line::Init(_) => true,
        Line::Error(_) => false,
    }
}
