//! Lines in JSON: the platform's events, and the errors that runtimes report in that format.
//!
//! A function that logs in JSON writes a similar object for an error that it caught. The runtime's report differs: it has
//! only the runtime's own fields, no custom message (Python, Go, Ruby), it ends in frames of the runtime (.NET), or its
//! trace has the runtime's format (Java). In Node.js, `console.error(error)` writes the same bytes as the runtime, so
//! there a success that follows disproves it. Go's report is the whole message of an object at level INFO.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::platform::{is_full, parse_failure, status_of};
use super::{
    Certainty, Error, Exit, FunctionLine, Init, InvocationId, Phase, PlatformFormat, READ_BYTES, Report, Start, Status,
    TimedOut, go, runtime,
};

/// An event of the platform.
#[derive(Deserialize)]
struct PlatformEvent<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    record: PlatformContent<'a>,
}

/// Content of an event: `platform.fault` has a sentence, all others have fields.
#[derive(Deserialize)]
#[serde(untagged)]
enum PlatformContent<'a> {
    Sentence(#[serde(borrow)] Cow<'a, str>),
    Record(#[serde(borrow)] PlatformRecord<'a>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlatformRecord<'a> {
    #[serde(borrow)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    phase: Option<Cow<'a, str>>,
    #[serde(borrow)]
    initialization_type: Option<Cow<'a, str>>,
    metrics: Option<Metrics>,
    #[serde(borrow)]
    tracing: Option<Tracing<'a>>,
}

#[derive(Deserialize)]
struct Metrics {
    #[serde(rename = "durationMs")]
    duration: Option<f64>,
    #[serde(rename = "memorySizeMB")]
    memory_size: Option<f64>,
    #[serde(rename = "maxMemoryUsedMB")]
    max_memory_used: Option<f64>,
}

#[derive(Deserialize)]
struct Tracing<'a> {
    #[serde(borrow)]
    value: Option<Cow<'a, str>>,
}

/// Parses a JSON object.
///
/// `{"type":"platform.start","record":{"requestId":"0c1d…"}}` → `FunctionLine::Start(0c1d…)`
pub(super) fn parse(text: &str) -> Option<FunctionLine<'_>> {
    if text.contains("\"platform.") {
        return parse_platform(text).or_else(|| parse_error(text));
    }
    parse_error(text)
}

/// Parses an event of the platform.
pub(super) fn parse_platform(text: &str) -> Option<FunctionLine<'_>> {
    if !text.trim_start().starts_with('{') || !text.contains("\"platform.") {
        return None;
    }
    let event: PlatformEvent<'_> = first_object(text)?;
    let kind = event.kind.strip_prefix("platform.")?;
    let fields = match event.record {
        PlatformContent::Record(fields) => fields,
        PlatformContent::Sentence(sentence) => {
            return (kind == "fault").then(|| parse_failure(&sentence).map(FunctionLine::into_owned))?;
        }
    };
    if kind == "initStart" {
        let is_managed = fields.initialization_type.as_deref() == Some(MANAGED_INSTANCE);
        return is_managed.then_some(FunctionLine::ManagedInstance);
    }
    let request_id = fields.request_id.as_deref().map(InvocationId::new);
    match kind {
        "start" => request_id.map(|request_id| FunctionLine::Start(Start { request_id, format: PlatformFormat::Json })),
        "report" => request_id.map(|id| FunctionLine::Report(report(id, fields, true))),
        "runtimeDone" => request_id.map(|id| FunctionLine::Report(report(id, fields, false))),
        "initReport" | "initRuntimeDone" | "restoreReport" | "restoreRuntimeDone" => init(fields),
        "extension" => fields.error_type.is_some().then(|| failed_init(Status::Error, fields)),
        _ => None,
    }
}

/// Parses the first JSON value of a text. An excerpt may have more text after it.
fn first_object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::Deserializer::from_str(text).into_iter().next()?.ok()
}

/// `initializationType` of an environment of Lambda Managed Instances.
const MANAGED_INSTANCE: &str = "lambda-managed-instances";

fn report(request_id: InvocationId, fields: PlatformRecord<'_>, ends: bool) -> Report<'_> {
    // Managed Instances report the duration alone: several invocations share the memory.
    let concurrent = ends
        && fields.metrics.as_ref().is_some_and(|metrics| metrics.memory_size.is_none() && metrics.duration.is_some());
    // Whoever prints a report by hand leaves the metrics out.
    let has_metrics = |metrics: &Metrics| metrics.duration.is_some() || metrics.memory_size.is_some();
    let is_whole = !ends || fields.metrics.as_ref().is_some_and(has_metrics);
    let memory = fields.metrics.and_then(|m| m.memory_size.zip(m.max_memory_used));
    Report {
        request_id,
        status: status_of(fields.status.as_deref()),
        error_type: fields.error_type,
        memory_full: memory.map(|(size, used)| is_full(size as u64, used as u64)),
        certainty: if is_whole { Certainty::Certain } else { Certainty::UnlessItSucceeded },
        ends: ends && is_whole,
        concurrent,
        format: PlatformFormat::Json,
        trace_id: fields.tracing.and_then(|tracing| tracing.value).and_then(root_of_trace),
    }
}

/// Returns the trace id: `Root=1-5e34;Parent=07f5;Sampled=1` → `1-5e34`
fn root_of_trace(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let root = value.split(';').find_map(|part| part.strip_prefix("Root="))?;
    Some(Cow::Owned(root.to_owned()))
}

fn init(fields: PlatformRecord<'_>) -> Option<FunctionLine<'_>> {
    let status = status_of(fields.status.as_deref());
    matches!(status, Status::Error | Status::Timeout).then(|| failed_init(status, fields))
}

fn failed_init(status: Status, fields: PlatformRecord<'_>) -> FunctionLine<'_> {
    let in_invocation = fields.phase.as_deref() == Some("invoke");
    FunctionLine::Init(Init { status, error_type: fields.error_type, in_invocation })
}

/// Keys of an error that a runtime reports or answers. An object with any other key is the function's own line.
const KEYS_OF_RUNTIMES: &[&str] = &[
    "timestamp",
    "level",
    "log_level",
    "requestId",
    "AWSRequestId",
    "tenantId",
    "errorType",
    "errorMessage",
    "errorCode",
    "stackTrace",
    "stack",
    "trace",
    "cause",
    "code",
];

/// Parses an error that a runtime reports.
fn parse_error(text: &str) -> Option<FunctionLine<'_>> {
    let is_error =
        ["errorType", "errorMessage", "AWSRequestId", "lambda_runtime"].iter().any(|word| text.contains(word));
    if !is_error {
        return None;
    }
    if let Some(object) = first_object::<Map<String, Value>>(text) {
        return error_of(&object, text);
    }
    // Ruby's object, whose type is behind a message that is longer than what is parsed.
    if is_of_several_lines(text) && text.len() > READ_BYTES / 2 {
        return runtime::cut_ruby(text);
    }
    // What was cut off might have shown that the function wrote it.
    match error_of(&first_object(&closed(text))?, text)? {
        FunctionLine::Error(error) => {
            Some(FunctionLine::Error(Error { certainty: Certainty::UnlessItSucceeded, ..error }))
        }
        other => Some(other),
    }
}

/// Closes an object that was cut off, by us or at the size limit of a log event: `{"a":["b","c` → `{"a":["b","c"]}`. A name
/// without its value is dropped.
pub(super) fn closed(text: &str) -> String {
    let mut open = Vec::new();
    let mut in_string = false;
    let mut is_escaped = false;
    // Place behind the last whole member, and what was open there.
    let mut whole = (0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push('}'),
            b'[' => open.push(']'),
            b'}' | b']' => {
                open.pop();
            }
            b',' => whole = (at, open.len()),
            _ => {}
        }
    }
    let (kept, depth) = match text.trim_end() {
        cut if in_string && !is_escaped && open.last() == Some(&']') => (format!("{cut}\""), open.len()),
        cut if !in_string && cut.ends_with(['"', '}', ']']) && open.last() == Some(&']') => {
            (cut.to_owned(), open.len())
        }
        _ => (text[..whole.0].to_owned(), whole.1),
    };
    kept.chars().chain(open.into_iter().take(depth).rev()).collect()
}

/// Returns whether an object is written over several lines, as Ruby's runtime does. An answer has one line.
fn is_of_several_lines(text: &str) -> bool {
    text.starts_with("{\n") || text.starts_with("{\r\n")
}

fn error_of(object: &Map<String, Value>, text: &str) -> Option<FunctionLine<'static>> {
    if let Some(line) = answer(object) {
        return Some(line);
    }
    if let Some(line) = go::parse_json_message(object, text) {
        return Some(line);
    }
    if let Some(error) = dotnet(object) {
        return Some(FunctionLine::Error(error));
    }
    if let Some(line) = plain(object, text) {
        return Some(line);
    }
    node(object).or_else(|| java(object)).or_else(|| rust(object)).map(FunctionLine::Error)
}

fn text_of<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    object.get(key)?.as_str().filter(|text| !text.is_empty())
}

fn request_id_of(object: &Map<String, Value>) -> Option<InvocationId> {
    ["requestId", "AWSRequestId"].iter().find_map(|key| text_of(object, key)).map(InvocationId::new)
}

fn level_of(object: &Map<String, Value>) -> Option<&str> {
    ["level", "log_level"].iter().find_map(|key| text_of(object, key))
}

fn is_error_level(object: &Map<String, Value>) -> bool {
    level_of(object)
        .is_some_and(|level| ["ERROR", "FATAL", "CRITICAL"].iter().any(|name| level.eq_ignore_ascii_case(name)))
}

/// Returns whether an object has a level at which no runtime reports an error.
fn is_below_error(object: &Map<String, Value>) -> bool {
    level_of(object).is_some() && !is_error_level(object)
}

/// Parses Lambda's answer to the caller of an invocation that it ended: the error is one of its own sentences. It belongs
/// to a function's log only if the function printed it.
fn answer(object: &Map<String, Value>) -> Option<FunctionLine<'static>> {
    if object.contains_key("timestamp") || !has_keys_of_runtimes(object) {
        return None;
    }
    let certainty = Certainty::UnlessItSucceeded;
    match parse_failure(text_of(object, "errorMessage")?)?.into_owned() {
        FunctionLine::TimedOut(timed_out) => Some(FunctionLine::TimedOut(TimedOut { certainty, ..timed_out })),
        FunctionLine::Exit(exit) => Some(FunctionLine::Exit(Exit { certainty, ..exit })),
        _ => None,
    }
}

fn has_keys_of_runtimes(object: &Map<String, Value>) -> bool {
    object.keys().all(|key| KEYS_OF_RUNTIMES.contains(&key.as_str()))
}

/// Parses an error with only the runtime's own fields, no custom message: Python's log line, Ruby's object of several
/// lines, and the answer of a function, which another one may have printed.
fn plain(object: &Map<String, Value>, text: &str) -> Option<FunctionLine<'static>> {
    let error_type = text_of(object, "errorType")?;
    let message = object.get("errorMessage")?;
    if !has_keys_of_runtimes(object) || is_below_error(object) {
        return None;
    }
    if runtime::is_shutdown(error_type, message.as_str().unwrap_or_default()) {
        return Some(FunctionLine::Shutdown);
    }
    let is_log_line = object.contains_key("timestamp") && object.contains_key("requestId") && is_error_level(object);
    let is_ruby = runtime::is_ruby_type(error_type) && is_of_several_lines(text);
    let request_id = request_id_of(object);
    Some(FunctionLine::Error(Error {
        request_id,
        error_type: Some(Cow::Owned(error_type.to_owned())),
        message: Cow::Owned(runtime::message_of(object)),
        details: runtime::details_of(object),
        certainty: match is_log_line {
            true => Certainty::Certain,
            false if is_ruby => Certainty::IfAnnounced,
            false => Certainty::UnlessItSucceeded,
        },
        phase: match request_id {
            // Python logs an empty id during init.
            None if is_log_line || error_type.starts_with("Init<") => Phase::Init,
            None => Phase::Unknown,
            Some(_) => Phase::Handler,
        },
    }))
}

/// Parses an object whose message is the error: Node.js. `console.error(error)` writes the same.
fn node(object: &Map<String, Value>) -> Option<Error<'static>> {
    let error = object.get("message")?.as_object()?;
    let error_type = text_of(error, "errorType")?;
    if !is_error_level(object) || !error.contains_key("errorMessage") || !object.contains_key("timestamp") {
        return None;
    }
    let request_id = request_id_of(object);
    // In an invocation the function may have printed another function's answer, and the platform's report shows how it ended.
    let of_runtime = error_type.starts_with("Runtime.") && request_id.is_none();
    Some(Error {
        request_id,
        error_type: Some(Cow::Owned(error_type.to_owned())),
        message: Cow::Owned(runtime::message_of(error)),
        details: runtime::details_of(error),
        certainty: if of_runtime { Certainty::Certain } else { Certainty::UnlessItSucceeded },
        phase: if error_type.contains("UnhandledPromiseRejection") {
            Phase::Process
        } else if request_id.is_none() {
            // The runtime knows an id from the first invocation on.
            Phase::Init
        } else {
            Phase::Unknown
        },
    })
}

/// Parses an error whose trace ends in frames of the runtime, so that it left the handler: .NET. Its runtime has no message
/// of its own beside the error's; a function that logs an exception has one.
fn dotnet(object: &Map<String, Value>) -> Option<Error<'static>> {
    let trace = object.get("stackTrace").or_else(|| object.get("exception"))?;
    let frames = match trace {
        Value::String(text) => vec![text.as_str()],
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let is_without_message = object.get("message") == Some(&Value::Null)
        && is_error_level(object)
        && ["errorType", "errorMessage", "requestId"].iter().all(|key| object.contains_key(*key));
    let left_handler = frames.iter().any(|frame| frame.contains(runtime::DOTNET_RUNTIME_FRAME));
    (left_handler || is_without_message).then(|| Error {
        request_id: request_id_of(object),
        error_type: text_of(object, "errorType").map(|text| Cow::Owned(text.to_owned())),
        message: Cow::Owned(runtime::message_of(object)),
        details: runtime::details_of(object),
        certainty: Certainty::Certain,
        phase: Phase::Handler,
    })
}

/// Parses an object of the Java runtime's own logger, whose message is the runtime's text.
fn java(object: &Map<String, Value>) -> Option<Error<'static>> {
    const KEYS: &[&str] = &["timestamp", "level", "message", "AWSRequestId", "tenantId"];
    // A trace that a function logs may look the same, but the runtime logs its report at the highest levels only.
    // Before 2024-02 it had no level.
    let is_reported = is_error_level(object) || text_of(object, "level") == Some("UNDEFINED");
    if !is_reported || !object.keys().all(|key| KEYS.contains(&key.as_str())) {
        return None;
    }
    let FunctionLine::Error(error) = runtime::parse_java(text_of(object, "message")?)? else { return None };
    let FunctionLine::Error(error) = FunctionLine::Error(error).into_owned() else { return None };
    let request_id = request_id_of(object);
    Some(Error { request_id, phase: if request_id.is_some() { error.phase } else { Phase::Init }, ..error })
}

/// Parses the Rust runtime's report of a handler that returned an error or panicked.
fn rust(object: &Map<String, Value>) -> Option<Error<'static>> {
    let target = text_of(object, "target")?;
    let is_runtime = target.split("::").next().is_some_and(|name| matches!(name, "lambda_runtime" | "lambda_http"));
    if !is_runtime || !is_error_level(object) {
        return None;
    }
    let fields = object.get("fields").and_then(Value::as_object).unwrap_or(object);
    let message = ["error", "err", "message"].iter().find_map(|key| text_of(fields, key)).unwrap_or_default();
    let span = object.get("span").and_then(Value::as_object);
    Some(Error {
        request_id: span.and_then(request_id_of),
        error_type: None,
        message: Cow::Owned(message.trim_matches('"').to_owned()),
        details: Vec::new(),
        certainty: Certainty::Certain,
        phase: Phase::Handler,
    })
}
