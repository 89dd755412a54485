//! Own log of the function: lines of JSON on standard output, with ids, counts and sizes but no message text.

use std::io::Write;
use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use why5xx::cause::Role;
use why5xx::classify::shape::fingerprint;
use why5xx::clock::now_ms;
use why5xx::fields::Fields;
use why5xx::pipeline::Counted;
use why5xx::publish::{Published, time};
use why5xx::settings::{LogLevel, Settings};
use why5xx::tally::Datum;

/// Beginning of each line; see [`Settings::own_mark`].
static MARK: OnceLock<String> = OnceLock::new();

/// Writer of the own log. Each line has the id of its invocation, if it is of one.
pub(super) struct OwnLog {
    level: LogLevel,
    lambda_level: LogLevel,
    request_id: String,
}

impl OwnLog {
    pub(super) fn new(settings: &Settings) -> Self {
        // It stays as it is for the life of the process.
        MARK.get_or_init(|| settings.own_mark());
        Self { level: settings.log_level, lambda_level: settings.lambda_log_level, request_id: String::new() }
    }

    /// Sets the invocation of the following lines.
    pub(super) fn begin(&mut self, request_id: &str) {
        request_id.clone_into(&mut self.request_id);
    }

    /// Writes one line if its level is enabled. `fields` is an object.
    pub(super) fn line(&self, level: LogLevel, message: &str, fields: Value) {
        if level >= self.level {
            self.write(level, message, Fields::of(fields));
        }
    }

    /// Writes one line of many fields if its level is enabled.
    pub(super) fn long_line(&self, level: LogLevel, message: &str, fields: Fields) {
        if level >= self.level {
            self.write(level, message, fields);
        }
    }

    /// Writes a line that nobody must miss, such as one that holds metrics: whatever level is enabled, with one that Lambda
    /// does not drop.
    pub(super) fn line_at_any_level(&self, level: LogLevel, message: &str, fields: Fields) {
        self.write(level.max(self.lambda_level), message, fields);
    }

    fn write(&self, level: LogLevel, message: &str, mut fields: Fields) {
        if !self.request_id.is_empty() {
            fields.add("requestId", &self.request_id);
        }
        write(level, message, fields);
    }
}

/// Writes a line about an error that ends the environment.
pub(crate) fn fatal(message: &str) {
    write(LogLevel::Fatal, message, Fields::default());
}

/// Makes a panic log its place in the code alone: its message may quote the text of a log.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}:{}", place.file(), place.line(), place.column()));
        write(LogLevel::Error, "panic", Fields::of(json!({"place": place})));
    }));
}

/// Writes a line. `timestamp`, `level` and `requestId` are named as in Lambda's own JSON lines.
fn write(level: LogLevel, message: &str, mut fields: Fields) {
    fields.add("timestamp", &time(now_ms()));
    fields.add("level", level.name());
    fields.add("message", message);
    // If standard output is closed, there is nowhere to report it.
    drop(std::io::stdout().lock().write_all(&fields.line(MARK.get().map_or("{", String::as_str))));
}

/// Accumulator for the counts of the batches of an invocation.
#[derive(Default)]
pub(super) struct InvocationTotals {
    log_events: u64,
    damaged_events: u64,
    own_lines: u64,
    duplicate_events: u64,
    not_understood: u64,
    ambiguous_lines: u64,
    pub(super) errors: u64,
    pub(super) without_cause: u64,
}

impl InvocationTotals {
    pub(super) fn add(&mut self, counted: &Counted) {
        self.log_events += counted.decoded.log_events;
        self.damaged_events += counted.decoded.damaged_events;
        self.own_lines += counted.own_log_events + counted.own_lines;
        self.duplicate_events += counted.duplicate_events;
        self.not_understood += counted.understood.not_understood;
        self.ambiguous_lines += counted.ambiguous_lines;
        let no_cause = Role::Unclassified.cause().id;
        for (cause, count) in counted.tally.by_cause() {
            self.errors += count;
            self.without_cause += if cause == no_cause { count } else { 0 };
        }
    }
}

/// Returns the fields about the batches of an invocation: those that are not zero.
pub(super) fn batch(totals: &InvocationTotals, published: &Published) -> Fields {
    let mut fields = Fields::default();
    let numbers = [
        ("logEvents", totals.log_events),
        ("damagedEvents", totals.damaged_events),
        ("ownLogEvents", totals.own_lines),
        ("duplicateEvents", totals.duplicate_events),
        ("notUnderstood", totals.not_understood),
        ("ambiguousLines", totals.ambiguous_lines),
        ("errors", totals.errors),
        ("data", published.data as u64),
        ("adjustedData", published.adjusted_data),
        ("unsendableData", published.unsendable_data),
        ("alreadyAcceptedData", published.already_accepted_data as u64),
        ("staleFailures", published.stale_failures),
        ("requests", published.requests as u64),
        ("acceptedRequests", published.accepted_requests as u64),
        ("attempts", published.attempts.into()),
        ("uncertainAttempts", published.uncertain_attempts.into()),
    ];
    for (name, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
        fields.add(name, &number);
    }
    fields
}

/// Returns an object. Each `collect` into one would bring a copy of the standard library's sort, 7 KB of the program.
pub(super) fn object(fields: impl IntoIterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    object.extend(fields);
    object
}

/// Returns the name of a datum: its metric, dimensions and minute.
pub(super) fn datum(datum: &Datum) -> Value {
    let dimensions = object(datum.dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    json!({"metric": datum.metric, "dimensions": dimensions, "timestamp": datum.timestamp_ms})
}

/// Returns the fields about a text without a cause. Its shape contains no text of clients or functions.
pub(super) fn shape(shape: &str, count: u64) -> Value {
    json!({"fingerprint": fingerprint(shape), "shape": shape, "count": count})
}
