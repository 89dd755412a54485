//! Own log of the function: lines of JSON on standard output, with ids, counts and sizes but no message text.

use std::io::Write;

use serde_json::{Map, Value, json};
use why5xx::classify::shape::fingerprint;
use why5xx::pipeline::Counted;
use why5xx::publish::Published;
use why5xx::settings::LogLevel;

/// Writer of the own log. Each line has the id of its invocation.
pub(super) struct Log {
    level: LogLevel,
    request_id: String,
}

impl Log {
    pub(super) fn new(level: LogLevel) -> Self {
        Self { level, request_id: String::new() }
    }

    /// Sets the invocation of the following lines.
    pub(super) fn begin(&mut self, request_id: &str) {
        request_id.clone_into(&mut self.request_id);
    }

    /// Writes one line if its level is enabled. `fields` is an object.
    pub(super) fn line(&self, level: LogLevel, message: &str, fields: Value) {
        if level >= self.level {
            let mut fields = match fields {
                Value::Object(fields) => fields,
                other => Map::from_iter([("value".to_owned(), other)]),
            };
            fields.insert("requestId".to_owned(), json!(self.request_id));
            write(name(level), message, fields);
        }
    }
}

fn name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Debug => "DEBUG",
        LogLevel::Info => "INFO",
        LogLevel::Warn => "WARN",
        LogLevel::Error => "ERROR",
    }
}

/// Writes a line about an error that ends the environment.
pub(crate) fn fatal(message: &str) {
    write("FATAL", message, Map::new());
}

/// Makes a panic log its place in the code alone: its message may quote the text of a log.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}:{}", place.file(), place.line(), place.column()));
        write("ERROR", "panic", Map::from_iter([("place".to_owned(), json!(place))]));
    }));
}

/// Writes a line. `timestamp`, `level` and `requestId` are named as in Lambda's own JSON lines.
fn write(level: &str, message: &str, mut fields: Map<String, Value>) {
    fields.insert("timestamp".to_owned(), json!(jiff::Timestamp::now().to_string()));
    fields.insert("level".to_owned(), json!(level));
    fields.insert("message".to_owned(), json!(message));
    let line = format!("{}\n", Value::Object(fields));
    // If standard output is closed, there is nowhere to report it.
    drop(std::io::stdout().lock().write_all(line.as_bytes()));
}

/// Accumulator for the counts of the batches of an invocation.
#[derive(Default)]
pub(super) struct Totals {
    log_events: u64,
    damaged_events: u64,
    duplicate_events: u64,
    not_understood: u64,
    ambiguous_lines: u64,
    errors: u64,
}

impl Totals {
    pub(super) fn add(&mut self, counted: &Counted) {
        self.log_events += counted.decoded.log_events;
        self.damaged_events += counted.decoded.damaged_events;
        self.duplicate_events += counted.duplicate_events;
        self.not_understood += counted.understood.not_understood;
        self.ambiguous_lines += counted.ambiguous_lines;
        self.errors += counted.tally.counts().map(|(_, count)| count).sum::<u64>();
    }
}

/// Returns the fields about the batches of an invocation.
pub(super) fn batch(totals: &Totals, published: &Published) -> Map<String, Value> {
    let fields = json!({
        "logEvents": totals.log_events,
        "damagedEvents": totals.damaged_events,
        "duplicateEvents": totals.duplicate_events,
        "notUnderstood": totals.not_understood,
        "ambiguousLines": totals.ambiguous_lines,
        "errors": totals.errors,
        "data": published.data,
        "mendedData": published.adjusted_data,
        "unsendableData": published.unsendable_data,
        "alreadyAcceptedData": published.already_accepted_data,
        "staleFailures": published.stale_failures,
        "requests": published.requests,
        "acceptedRequests": published.accepted_requests,
        "attempts": published.attempts,
        "uncertainAttempts": published.uncertain_attempts,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Returns the fields about a text without a cause. Its shape contains no text of clients or functions.
pub(super) fn shape(shape: &str, count: u64) -> Value {
    json!({"fingerprint": fingerprint(shape), "shape": shape, "count": count})
}
