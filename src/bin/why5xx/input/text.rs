//! Plain text and exported logs: a line is a log event, with the lines that continue it.

use std::io::{self, BufRead};

use why5xx::record::lambda;

use super::Event;

/// Most bytes of one line that are read; a log event is at most 1 MiB, the rest of a longer line is dropped.
///
/// Source: CloudWatch Logs quotas, "Event size".
const LONGEST_LINE_BYTES: u64 = 1 << 20;

/// The log events of a text.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    /// The event whose continuation may still come.
    pending: Option<Event>,
    timestamp_ms: i64,
}

impl<R: BufRead> Lines<R> {
    /// Reads a text line by line.
    pub(super) fn new(input: R) -> Self {
        Self { input, pending: None, timestamp_ms: 0 }
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        let limited = &mut io::Read::take(&mut self.input, LONGEST_LINE_BYTES);
        if limited.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') {
            self.skip_rest_of_line()?;
        }
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn skip_rest_of_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let (used, done) = match memchr::memchr(b'\n', buffer) {
                Some(at) => (at + 1, true),
                None => (buffer.len(), false),
            };
            self.input.consume(used);
            if done {
                return Ok(());
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.line() {
                Ok(Some(line)) => line,
                Ok(None) => return self.pending.take().map(Ok),
                Err(error) => return Some(Err(error)),
            };
            if let Some(pending) = &mut self.pending
                && (continues(&line) || continues_report(&pending.message, &line))
                && (pending.message.len() + line.len()) as u64 <= LONGEST_LINE_BYTES
            {
                pending.message.push('\n');
                pending.message.push_str(&line);
                continue;
            }
            if line.trim().is_empty() {
                continue;
            }
            self.timestamp_ms = time_of(&line).unwrap_or(self.timestamp_ms);
            let event = Event { id: String::new(), timestamp_ms: self.timestamp_ms, message: line };
            if let Some(done) = self.pending.replace(event) {
                return Some(Ok(done));
            }
        }
    }
}

/// Whether a line belongs to the one before: stack traces and pretty-printed JSON are indented or close a bracket.
fn continues(line: &str) -> bool {
    line.starts_with([' ', '\t', '}', ']']) && !line.trim().is_empty()
}

/// Heads of lines that continue a report, by themselves.
const CONTINUATIONS: &[&str] = &[
    "Traceback (most recent call last)",
    "During handling of the above exception, another exception occurred",
    "The above exception was the direct cause of the following exception",
    "Caused by: ",
    "Suppressed: ",
    "Require stack:",
    "- /var/",
    "Stack trace:",
    "[{\"path\":",
    "Runtime.ExitError",
    "Extension.Crash",
];

/// Whether a line that is not indented continues the report in `event`.
pub(super) fn continues_report(event: &str, line: &str) -> bool {
    let first = event.lines().next().unwrap_or_default().trim_end();
    // A head alone is the word of a person who pasted it, not of a report.
    let has_report = !first.is_empty();
    if CONTINUATIONS.iter().any(|head| line.starts_with(head)) {
        return has_report;
    }
    if line.starts_with('{') {
        return NODE_HEADS.iter().any(|words| first.ends_with(words))
            || RUBY_HEADS.iter().any(|head| first.starts_with(head));
    }
    // `{message}: {Type}`, then `{Type}: {message}` of Java, or the `null` of Go.
    event.lines().count() == 1
        && lambda::type_at_end(first)
            .is_some_and(|(_, name)| (name.len() > 4 && line.starts_with(name)) || line.trim_end() == "null")
}

/// Sentences behind which Ruby writes the error as an object.
const RUBY_HEADS: &[&str] =
    &["Error raised from handler method", "Init error when loading handler", "Critical exception from handler"];

/// Words behind which Node.js does the same.
const NODE_HEADS: &[&str] = &["Invoke Error", "Uncaught Exception", "Unhandled Promise Rejection", "Init Error"];

/// The time that a line begins with, in milliseconds since 1970-01-01T00:00:00Z: ISO 8601, or the console's date.
pub(super) fn time_of(line: &str) -> Option<i64> {
    let line = line.trim_start_matches(['"', '\'', ' ']);
    iso_time(line).or_else(|| console_time(line))
}

fn iso_time(line: &str) -> Option<i64> {
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let word = &line[..end];
    if word.len() < 10 || !word.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    let text = match line.get(end + 1..) {
        // `2024-05-04 17:48:21.117`: date and time apart.
        Some(rest) if !word.contains('T') => {
            let time = rest.split([' ', '\t']).next().unwrap_or("");
            format!("{word}T{time}")
        }
        _ => word.to_owned(),
    };
    let with_zone = text.parse::<jiff::Timestamp>();
    with_zone.or_else(|_| format!("{text}Z").parse()).ok().map(|time: jiff::Timestamp| time.as_millisecond())
}

/// `Thu May 04 17:48:21 UTC 2024`.
fn console_time(line: &str) -> Option<i64> {
    const LENGTH: usize = 28;
    let date = line.get(..LENGTH)?;
    if !date.contains(" UTC ") {
        return None;
    }
    // Copies with another year keep the old day of the week, so it is not compared.
    let rest = date.get(4..)?;
    let parsed = jiff::fmt::strtime::parse("%b %d %H:%M:%S UTC %Y", rest).ok()?;
    let time = parsed.to_datetime().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond())
}
