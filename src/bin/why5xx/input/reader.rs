//! A log event that went through somebody's hands: no log group may show what it is, and parts of it may be missing.

use std::borrow::Cow;

use why5xx::cause::Table;
use why5xx::classify::error_text::cause_of_error;
use why5xx::decode::{LogEvent, Message};
use why5xx::log_kind::LogKind;
use why5xx::record::access::LastNames;
use why5xx::record::flow::Formats;
use why5xx::record::lambda::{self, Certainty, FunctionLine, Phase, prefix};
use why5xx::record::{self, Record, Source};
use why5xx::settings::Settings;

use super::alone::execution_line;
use super::{Part, shows_function};

/// Reads what somebody copied or pasted: any line of any log, and also one that lacks what surrounds it there.
pub(crate) struct Reader<'s> {
    settings: &'s Settings,
    table: &'s Table,
    formats: Formats,
    access_names: LastNames,
    /// A line of Lambda's was seen, or may be missing: what stands beside it is what a function printed.
    is_of_function: bool,
    /// A line of Lambda's was seen, or the folders of a function.
    shows_function: bool,
    /// An invocation has begun and not ended.
    is_invoked: bool,
    /// An error was read that a program writes on any machine.
    has_error_of_program: bool,
    /// With [`read_of`](Self::read_of): whether the part that is read shows that it is of a function; None until it is asked for.
    part_shows_function: Option<bool>,
}

impl<'s> Reader<'s> {
    /// A reader that has seen no header line of a flow log yet.
    pub(crate) fn new(settings: &'s Settings, table: &'s Table) -> Self {
        Self {
            settings,
            table,
            formats: Formats::default(),
            access_names: LastNames::default(),
            is_of_function: false,
            shows_function: false,
            is_invoked: false,
            has_error_of_program: false,
            part_shows_function: None,
        }
    }

    /// Creates a reader for a whole text, in which a line of Lambda's may come after what the function printed.
    pub(crate) fn of_text(settings: &'s Settings, table: &'s Table, text: &str) -> Self {
        let mut reader = Self::new(settings, table);
        for line in text.lines() {
            let message = Message::plain(line.as_bytes());
            let _ = reader.function_line(&LogEvent { id: b"", timestamp_ms: 0, message });
        }
        reader.is_invoked = false;
        reader
    }

    /// Creates a reader for text that may be the error of a function, without the lines of Lambda around it.
    pub(crate) fn of_function(settings: &'s Settings, table: &'s Table) -> Self {
        Self { is_of_function: true, ..Self::new(settings, table) }
    }

    /// Begins another input, which may be of another program.
    pub(crate) fn begin_input(&mut self) {
        (self.is_of_function, self.shows_function) = (false, false);
        (self.is_invoked, self.has_error_of_program) = (false, false);
    }

    /// Returns whether errors were taken for those of a function, though nothing that was read shows that they are.
    pub(crate) fn supposes_function(&self) -> bool {
        self.has_error_of_program && !self.shows_function
    }

    /// Returns whether a text names the code of a function, as in the frames of a stack.
    pub(crate) fn is_of_functions_code(text: &str) -> bool {
        OF_FUNCTIONS.iter().any(|path| text.contains(path))
    }

    /// Returns whether a text holds errors and the frames of their stacks, and nothing else: no other program's lines, no words of a person.
    ///
    /// `connect ETIMEDOUT 192.0.2.7:443` → true, `Readiness probe failed: connect ETIMEDOUT 192.0.2.7:443` → false
    pub(crate) fn is_error_alone(text: &str, table: &Table) -> bool {
        let (mut has_error, mut goes_on) = (false, false);
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.all(|line| {
            let begins = begins_error(line, table);
            let is_part = begins || goes_on || continues_error(line);
            has_error |= begins;
            // Rust writes the message on a line of its own.
            goes_on = begins && line.ends_with(':');
            is_part
        }) && has_error
    }

    /// Begins another part of an input.
    pub(crate) fn begin_part(&mut self) {
        self.part_shows_function = None;
    }

    /// Reads a log event as [`read`](Self::read) does, but takes an error that any program writes for one of a function only if a line
    /// before it, or of `part`, shows that the log is a function's.
    pub(crate) fn read_of<'a>(&mut self, part: &Part, source: &Source, event: &LogEvent<'a>) -> Record<'a> {
        let record = self.read(source, event);
        let is_of_program = matches!(&record, Record::Lambda(line) if is_of_any_program(line, event));
        if !is_of_program || self.shows_function || !source.log_group.is_empty() || source.kind.is_some() {
            return record;
        }
        let shows_function = || {
            part.events().iter().any(|event| {
                let event = event.borrowed();
                Self::is_of_functions_code(&event.message.text())
                    || lambda::parse_line(&event).is_some_and(|line| !is_of_any_program(&line, &event))
            })
        };
        let is_shown = *self.part_shows_function.get_or_insert_with(shows_function);
        self.shows_function = is_shown;
        if is_shown { record } else { Record::Unknown }
    }

    /// Reads a log event. Where its log group or its kind of log is known, it is read as the function does; a sentence of an
    /// execution log may stand alone.
    pub(crate) fn read<'a>(&mut self, source: &Source, event: &LogEvent<'a>) -> Record<'a> {
        let (formats, names) = (&mut self.formats, &mut self.access_names);
        if !source.log_group.is_empty() || source.kind.is_some() {
            let record = record::parse_event(source, self.settings, formats, names, event);
            return match source.kind {
                Some(LogKind::Execution) if record.kind().is_none() => execution_line(event).unwrap_or(record),
                _ => record,
            };
        }
        // Between START and REPORT, the function printed it.
        let is_printed = |record: &Record<'_>| matches!(record, Record::Execution(line) if line.request_id.is_none());
        execution_line(event)
            .filter(|record| !self.is_invoked || !is_printed(record))
            .or_else(|| record::parse_of_unknown_kind("", self.settings, formats, names, event))
            .or_else(|| self.function_line(event))
            .unwrap_or_else(|| self.other(event))
    }

    fn function_line<'a>(&mut self, event: &LogEvent<'a>) -> Option<Record<'a>> {
        let line = lambda::parse_line(event)?;
        if is_of_any_program(&line, event) {
            self.has_error_of_program = true;
            self.shows_function = self.shows_function || Self::is_of_functions_code(&event.message.text());
        } else {
            (self.is_of_function, self.shows_function) = (true, true);
            match &line {
                FunctionLine::Start(_) => self.is_invoked = true,
                FunctionLine::End(_) | FunctionLine::Report(_) => self.is_invoked = false,
                _ => {}
            }
        }
        Some(Record::Lambda(line))
    }

    /// Reads what is no line of a log: the output of a function, or of any program.
    fn other<'a>(&mut self, event: &LogEvent<'a>) -> Record<'a> {
        let text = event.message.text();
        self.shows_function = self.shows_function || Self::is_of_functions_code(&text) || shows_function(event);
        let Some(record) = self.is_of_function.then(|| self.bare_error(&text)).flatten() else {
            return Record::Unknown;
        };
        self.has_error_of_program |= matches!(record, Record::Lambda(_));
        record
    }

    /// Takes a text in the log of a function for an error even without the frame in which a runtime writes it, unless it is a line of a
    /// logger. What is no exception by its type may be anything, and counts only where it names a cause.
    fn bare_error(&self, text: &str) -> Option<Record<'static>> {
        let stripped = prefix::strip(text);
        let behind_id = match prefix::request_id(stripped.rest) {
            Some((_, rest)) if stripped.timed => rest,
            _ => stripped.rest,
        };
        let (first, rest) = prefix::word(behind_id);
        let level = first.trim_matches(['[', ']', ':']);
        let logged = LEVELS.contains(&level) && (stripped.timed || prefix::strip(rest).timed || first != level);
        // An object without an error of a function may be the answer of a service.
        let is_other_object = behind_id.starts_with(['{', '<']) && !behind_id.contains("errorMessage");
        if logged || behind_id.is_empty() || is_other_object {
            return None;
        }
        // A plain "Error:" may be anybody's, and `integrationError:` is a key.
        if let Some(name) = lambda::exception_at_start(behind_id).filter(|name| *name != "Error")
            && name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_uppercase()))
            && let Some(message) = behind_id[name.len()..].strip_prefix(": ")
        {
            return Some(error(Some(name), message));
        }
        let names_a_cause = cause_of_error(self.table, "", behind_id, std::iter::empty()).is_some();
        Some(if names_a_cause { error(None, behind_id) } else { Record::Nothing(LogKind::Lambda) })
    }
}

/// Returns whether a line begins with an error: with its type, or with a sentence of a library. Before it may stand a time.
fn begins_error(line: &str, table: &Table) -> bool {
    /// Words that libraries write before the reason.
    const BEFORE_REASONS: &[&str] =
        &["dial ", "read ", "write ", "lookup ", "connect", "tls", "x509", "fatal error", "FATAL ERROR"];
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(line.as_bytes()) };
    if matches!(lambda::parse_line(&event), Some(FunctionLine::Error(_))) {
        return true;
    }
    let text = prefix::strip(line).rest;
    let is_name = |name: &str| name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_uppercase()));
    if let Some(name) = lambda::exception_at_start(text).filter(|name| is_name(name)) {
        let behind = &text[name.len()..];
        return behind.is_empty() || behind.starts_with(": ");
    }
    let names_a_cause = |text: &str| cause_of_error(table, "", text, std::iter::empty()).is_some();
    if !names_a_cause(text) {
        return false;
    }
    // What stands before the colon may be another program's.
    let Some((head, reason)) = text.split_once(": ") else { return true };
    !names_a_cause(reason) || names_a_cause(head) || BEFORE_REASONS.iter().any(|start| head.starts_with(start))
}

/// Returns whether a line belongs to the error before it: a frame, an error behind it, the end of its process.
fn continues_error(line: &str) -> bool {
    const HEADS: &[&str] = &[
        "Caused by: ",
        "Suppressed: ",
        "Traceback (most recent call last)",
        "During handling of the above exception",
        "The above exception was the direct cause",
        "Stack trace:",
        "stack backtrace:",
        "note: ",
        "Require stack:",
        "- /",
        "--- End of ",
        "goroutine ",
        "created by ",
        "exit status ",
        "[signal ",
        "#",
        "<--- ",
        "==== ",
        "Node.js v",
        "Aborted",
    ];
    // A function of Go, whose file stands below it: `main.get(0x1, 0x2)`
    let is_of_go = || {
        let name = line.split('(').next().unwrap_or_default();
        line.ends_with(')') && name.contains('.') && !name.contains([' ', ':'])
    };
    line.starts_with([' ', '\t', '{', '}', ']']) || HEADS.iter().any(|head| line.starts_with(head)) || is_of_go()
}

/// Where the code of functions is, and the libraries that only functions use.
const OF_FUNCTIONS: &[&str] = &[
    "/var/task/",
    "/var/runtime/",
    "/var/lang/",
    "/aws-lambda-go",
    "Amazon.Lambda.",
    "com.amazonaws.services.lambda.",
];

/// Returns whether a line of a function is an error that a program of the same language writes on any machine: as its last words, or as a logger
/// does.
///
/// `panic: no stock` → true, `Unable to import module 'orders'` → false
fn is_of_any_program(line: &FunctionLine<'_>, event: &LogEvent<'_>) -> bool {
    /// Beginnings of the texts of the platform, or of a client of it, in such an error.
    const OF_LAMBDA: &[&str] = &["Response payload size ", "LAMBDA_RUNTIME", "Runtime.", "Extension.", "Sandbox."];
    let FunctionLine::Error(error) = line else { return false };
    let words = [&error.message, error.error_type.as_ref().unwrap_or(&Cow::Borrowed(""))];
    error.request_id.is_none()
        && error.certainty == Certainty::UnlessItSucceeded
        && matches!(error.phase, Phase::Process | Phase::Unknown)
        && !words.iter().any(|text| OF_LAMBDA.iter().any(|start| text.starts_with(start)))
        // The object of a runtime.
        && !event.message.text().contains("\"errorType\"")
}

/// Levels of loggers: behind one of them stands the function's own line.
const LEVELS: &[&str] =
    &["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "fail", "info", "warn"];

/// Longest message that is kept, in bytes; the cause table compares no more of it.
const MESSAGE_BYTES: usize = 4_096;

/// An error as if a runtime had reported it.
fn error(error_type: Option<&str>, message: &str) -> Record<'static> {
    Record::Lambda(FunctionLine::Error(lambda::Error {
        request_id: None,
        error_type: error_type.map(|name| Cow::Owned(name.to_owned())),
        message: Cow::Owned(message[..message.floor_char_boundary(MESSAGE_BYTES)].to_owned()),
        details: Vec::new(),
        certainty: Certainty::UnlessItSucceeded,
        phase: Phase::Unknown,
    }))
}
