//! A log event that went through somebody's hands: no log group may show what it is, and parts of it may be missing.

use std::borrow::Cow;

use why5xx::cause::{Pattern, Table};
use why5xx::classify::error_text::cause_of_error;
use why5xx::decode::{LogEvent, Message};
use why5xx::log_kind::LogKind;
use why5xx::record::access::LastNames;
use why5xx::record::execution::{ExecutionLine, Head, has_columns_of_any_log};
use why5xx::record::flow::Formats;
use why5xx::record::lambda::{self, Certainty, FunctionLine, Phase, prefix};
use why5xx::record::{self, Record, Source};
use why5xx::settings::Settings;

use super::alone::{ShownBy, execution_line, shown_by, without_levels};
use super::declared;
use super::of_function::{
    OF_GO, is_beside_invocations, is_of_any_program, is_platforms_timeout, is_proof, names_functions_code,
};
use super::prefix::behind_time_before_id;
use super::{Part, sentence, shows_function};

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
    /// A line was read as a function's that any program may write.
    has_unproven: bool,
    /// One of them is such as a program writes on any machine.
    has_error_of_program: bool,
    /// A line of API Gateway's execution log was seen.
    shows_gateway: bool,
    /// A sentence alone was read as one of an execution log, though no line of one is beside it.
    supposes_gateway: bool,
    /// A line of a failed request was not counted, for its columns.
    leaves_failures: bool,
    /// A line of a request was read outside an invocation, or one within it that is no end: the logs of both may be merged.
    is_merged: bool,
    /// Ends of invocations that were read in the part.
    ends_of_part: usize,
    /// Evidence in the lines of the part that is read; None until it is asked for.
    part_shows: Option<PartShows>,
}

/// Evidence in the lines of a part: whose log it is.
#[derive(Debug, Clone, Copy, Default)]
struct PartShows {
    /// A line of a function that no other program writes.
    function: bool,
    /// A line of an execution log that no other program writes.
    gateway: bool,
    /// Nothing but lines about requests, several of one among them.
    only_requests: bool,
    /// A failure and the end of a request.
    has_failure_and_end: bool,
    /// Nothing but sentences of API Gateway and lines of Lambda.
    only_sentences: bool,
    /// How many lines of it end an invocation.
    ends: usize,
}

/// Whether API Gateway wrote a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Shown,
    /// Nothing shows that another program did.
    Supposed,
    Doubtful,
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
            has_unproven: false,
            has_error_of_program: false,
            shows_gateway: false,
            supposes_gateway: false,
            is_merged: false,
            leaves_failures: false,
            ends_of_part: 0,
            part_shows: None,
        }
    }

    /// Creates a reader for a whole text, in which a line of Lambda's may come after what the function printed.
    pub(crate) fn of_text(settings: &'s Settings, table: &'s Table, text: &str) -> Self {
        let mut reader = Self::new(settings, table);
        for line in text.lines() {
            let message = Message::plain(line.as_bytes());
            let _ = reader.function_line(&LogEvent { id: b"", timestamp_ms: 0, message });
        }
        (reader.is_invoked, reader.ends_of_part) = (false, 0);
        reader
    }

    /// Creates a reader for text that may be the error of a function, without the lines of Lambda around it.
    pub(crate) fn of_function(settings: &'s Settings, table: &'s Table) -> Self {
        Self { is_of_function: true, ..Self::new(settings, table) }
    }

    /// Begins another input, which may be of another program.
    pub(crate) fn begin_input(&mut self) {
        (self.is_of_function, self.shows_function) = (false, false);
        (self.is_invoked, self.has_unproven, self.has_error_of_program) = (false, false, false);
        (self.shows_gateway, self.supposes_gateway, self.is_merged) = (false, false, false);
        self.leaves_failures = false;
    }

    /// Returns whether lines of failed requests were not counted, because a client may have written them into an access log.
    pub(crate) fn leaves_failures(&self) -> bool {
        self.leaves_failures
    }

    /// Returns whether lines were taken for those of a function, though nothing that was read shows that they are.
    pub(crate) fn supposes_function(&self) -> bool {
        self.has_unproven && !self.shows_function
    }

    /// Returns whether one of them is such as a program writes on any machine.
    pub(crate) fn supposes_any_program(&self) -> bool {
        self.has_error_of_program && !self.shows_function
    }

    /// Returns whether a sentence alone was taken for API Gateway's, though nothing that was read shows that it is.
    pub(crate) fn supposes_gateway(&self) -> bool {
        self.supposes_gateway && !self.shows_gateway
    }

    /// Returns whether a text names the code of a function, as in the frames of a stack, or has the frames that Go's runtime logs.
    pub(crate) fn is_of_functions_code(text: &str) -> bool {
        names_functions_code(text) || text.contains(OF_GO)
    }

    /// Returns whether a text holds errors and the frames of their stacks, and nothing else: no other program's lines, no words of a person. A
    /// sentence of a library without a type before it is anybody's, unless frames stand below it.
    ///
    /// `Error: connect ETIMEDOUT 192.0.2.7:443` → true, `connect ETIMEDOUT 192.0.2.7:443`, `Probe failed: connect ETIMEDOUT 192.0.2.7:443` → false
    pub(crate) fn is_error_alone(text: &str, table: &Table) -> bool {
        let (mut has_error, mut has_type, mut has_frames, mut goes_on) = (false, false, false, false);
        let lines = || text.lines().filter(|line| !line.trim().is_empty());
        // As a whole, a paste may be indented.
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let of_all = lines().map(indent).min().unwrap_or(0);
        lines().map(|line| &line[of_all..]).all(|line| {
            let start = start_of_error(line, table);
            let begins = start.is_some();
            let is_part = begins || goes_on || continues_error(line);
            has_error |= begins;
            has_type |= start == Some(StartOfError::Typed);
            has_frames |= !begins && !goes_on;
            // Rust writes the message on a line of its own.
            goes_on = begins && line.ends_with(':');
            is_part
        }) && has_error
            && (has_type || has_frames)
    }

    /// Returns an execution log without the levels of a logger before its lines.
    pub(crate) fn without_levels(text: &str) -> Cow<'_, str> {
        without_levels(text)
    }

    /// Begins another part of an input.
    pub(crate) fn begin_part(&mut self) {
        (self.ends_of_part, self.part_shows) = (0, None);
    }

    /// Reads a log event of `part` as [`read`](Self::read) does, but for the end of a request within an invocation that ends: a function
    /// printed it, unless the input has another line of a request, or an end outside of invocations.
    pub(crate) fn read_in<'a>(&mut self, part: &Part, source: &Source, event: &LogEvent<'a>) -> Record<'a> {
        let record = self.read(source, event);
        if let Record::Execution(ExecutionLine { request_id: Some(_), delivered: None, head, .. }) = &record
            && source.log_group.is_empty()
            && source.kind.is_none()
        {
            if !self.is_invoked || *head != Head::MethodCompleted {
                self.is_merged = true;
            } else if !self.is_merged && self.ends_of_part < self.shows_of(part).ends {
                return Record::Nothing(LogKind::Lambda);
            }
        }
        record
    }

    /// Reads a log event as [`read`](Self::read) does, but takes a line that any program may write for one of a function or of API Gateway only
    /// if a line before it, or of `part`, shows that the log is that one's.
    pub(crate) fn read_of<'a>(&mut self, part: &Part, source: &Source, event: &LogEvent<'a>) -> Record<'a> {
        let record = self.read_in(part, source, event);
        if source.kind.is_some() {
            return record;
        }
        if !source.log_group.is_empty() {
            // The name of the log group may be any: in text, the lines show that the log is a function's.
            let is_text = matches!(part, Part::Events { log_stream, .. } if log_stream.is_empty());
            if !is_text || record.kind().is_some() {
                return record;
            }
            let shows = self.shows_of(part);
            return match lambda::parse_line(event) {
                Some(line) if shows.function || is_proof(&line, event) => Record::Lambda(line),
                // The path of a function's code may be a client's, but not the end of an invocation.
                _ if shows.ends > 0 => Record::Nothing(LogKind::Lambda),
                _ => record,
            };
        }
        let is_shown = match &record {
            Record::Lambda(line) if !self.shows_function && !is_proof(line, event) => {
                self.shows_function = self.shows_of(part).function;
                self.shows_function
            }
            // Nothing names the kind of log, so that columns may be those of an access log, which has one line for each request.
            Record::Execution(line) if may_be_of_access_log(line, event) => {
                let is_shown = self.shows_of(part).only_requests && !line.has_column_behind();
                self.leaves_failures |= !is_shown && is_of_failure(line);
                is_shown
            }
            Record::Execution(line) if !self.shows_gateway => match self.standing(part, line, event) {
                Standing::Shown => true,
                Standing::Supposed => {
                    self.supposes_gateway = true;
                    true
                }
                Standing::Doubtful => false,
            },
            _ => true,
        };
        if is_shown { record } else { Record::Unknown }
    }

    /// Returns whether a log event that [`read`](Self::read) took for a sentence of API Gateway may be one of another program.
    pub(crate) fn is_doubtful(
        &mut self,
        part: &Part,
        source: &Source,
        record: &Record<'_>,
        event: &LogEvent<'_>,
    ) -> bool {
        let Record::Execution(line) = record else { return false };
        source.log_group.is_empty()
            && source.kind.is_none()
            && !self.shows_gateway
            && self.standing(part, line, event) == Standing::Doubtful
    }

    /// Returns what shows that API Gateway wrote a line: itself, or the lines of `part`.
    fn standing(&mut self, part: &Part, line: &ExecutionLine<'_>, event: &LogEvent<'_>) -> Standing {
        let is_reason_unknown = match shown_by(line, event, self.table) {
            Some(ShownBy::ByLine | ShownBy::BySentence) => {
                self.shows_gateway = true;
                return Standing::Shown;
            }
            shown => shown != Some(ShownBy::ByNothing),
        };
        let shows = self.shows_of(part);
        self.shows_gateway = shows.gateway;
        if shows.gateway {
            Standing::Shown
        } else if shows.has_failure_and_end || shows.only_sentences && !is_reason_unknown {
            Standing::Supposed
        } else {
            Standing::Doubtful
        }
    }

    /// Looks at the lines of a part, once.
    fn shows_of(&mut self, part: &Part) -> PartShows {
        *self.part_shows.get_or_insert_with(|| {
            let mut shows = PartShows::default();
            let (mut has_failure, mut has_end, mut has_other) = (false, false, false);
            shows.only_requests = has_only_requests(part);
            shows.gateway = shows.only_requests;
            for event in part.events() {
                let event = event.borrowed();
                let text = event.message.text();
                shows.function |= names_functions_code(&text);
                if let Some(Record::Execution(line)) = execution_line(&event) {
                    match shown_by(&line, &event, self.table).filter(|_| !may_be_of_access_log(&line, &event)) {
                        Some(ShownBy::ByLine | ShownBy::BySentence) => shows.gateway = true,
                        Some(ShownBy::ByNothing) if line.head == Head::MethodCompleted => has_end = true,
                        Some(ShownBy::ByNothing) => has_failure = true,
                        Some(ShownBy::ReasonUnknown) => (has_failure, has_other) = (true, true),
                        None => has_other = true,
                    }
                } else if let Some(line) = lambda::parse_line(&event).filter(|line| is_proof(line, &event)) {
                    shows.function = true;
                    shows.ends += usize::from(ends_invocation(&line));
                } else {
                    shows.gateway |= is_line_of_request(&text);
                    has_other |= !text.trim().is_empty();
                }
            }
            (shows.has_failure_and_end, shows.only_sentences) = (has_failure && has_end, !has_other);
            shows
        })
    }

    /// Reads a log event. Where its log group or its kind of log is known, it is read as the function does; a sentence of an
    /// execution log may stand alone.
    pub(crate) fn read<'a>(&mut self, source: &Source, event: &LogEvent<'a>) -> Record<'a> {
        let (formats, names) = (&mut self.formats, &mut self.access_names);
        if !source.log_group.is_empty() || source.kind.is_some() {
            let record = record::parse_event(source, self.settings, formats, names, event);
            // The format begins with the id, before which a tool put its time.
            if source.access_log_format.is_some()
                && record.kind().is_none()
                && let Ok(written) = str::from_utf8(event.message.as_written())
                && let Some(behind) = behind_time_before_id(written)
            {
                let event = LogEvent { message: Message::plain(behind.as_bytes()), ..*event };
                return record::parse_event(source, self.settings, formats, names, &event);
            }
            return match source.kind {
                Some(LogKind::Execution) if record.kind().is_none() => execution_line(event).unwrap_or(record),
                Some(LogKind::Access) if record.kind().is_none() => {
                    declared::over_lines(self.settings.access_log_format(&source.log_group), event).unwrap_or(record)
                }
                _ => record,
            };
        }
        // Between START and REPORT, the function printed it.
        let is_printed = |record: &Record<'_>| matches!(record, Record::Execution(line) if line.request_id.is_none());
        let is_of_gateway = |record: &Record<'_>| match record {
            Record::Execution(line) => shown_by(line, event, self.table).is_some(),
            _ => true,
        };
        execution_line(event)
            .filter(is_of_gateway)
            .filter(|record| !self.is_invoked || !is_printed(record))
            .or_else(|| record::parse_of_unknown_kind("", self.settings, formats, names, event))
            .or_else(|| self.function_line(event))
            .unwrap_or_else(|| self.other(event))
    }

    fn function_line<'a>(&mut self, event: &LogEvent<'a>) -> Option<Record<'a>> {
        let line = lambda::parse_line(event)?;
        if !is_proof(&line, event) {
            self.has_unproven = true;
            self.has_error_of_program |= is_of_any_program(&line);
        } else {
            (self.is_of_function, self.shows_function) = (true, true);
            match &line {
                FunctionLine::Start(_) => self.is_invoked = true,
                line if ends_invocation(line) => {
                    self.is_invoked = false;
                    self.ends_of_part += 1;
                }
                _ => {}
            }
        }
        Some(Record::Lambda(line))
    }

    /// Reads what is no line of a log: the output of a function, or of any program.
    fn other<'a>(&mut self, event: &LogEvent<'a>) -> Record<'a> {
        let text = event.message.text();
        let is_of_function = shows_function(event);
        self.shows_function = self.shows_function || Self::is_of_functions_code(&text) || is_of_function;
        // What API Gateway says of a function is no line of the function.
        let is_of_gateway = sentence::begins_as_platforms(&text) && !sentence::is_shared(&text);
        let may_be_error = self.is_of_function && !is_of_gateway;
        let Some(record) = may_be_error.then(|| self.bare_error(&text)).flatten() else {
            // The lines of the runtimes' loggers, in a function's log, and what Lambda writes beside the invocations prove no failure.
            let is_nothing = is_beside_invocations(&text) || is_of_function && may_be_error;
            return if is_nothing { Record::Nothing(LogKind::Lambda) } else { Record::Unknown };
        };
        self.has_error_of_program |= matches!(record, Record::Lambda(_));
        self.has_unproven |= self.has_error_of_program;
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
        // An object without an error of a function may be the answer of a service, and so is the first line of an answer.
        let is_other_object = behind_id.starts_with(['{', '<']) && !behind_id.contains("errorMessage");
        if logged || behind_id.is_empty() || is_other_object || behind_id.starts_with("HTTP/") {
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

/// Returns whether a line says that its request failed.
fn is_of_failure(line: &ExecutionLine<'_>) -> bool {
    match line.head {
        Head::MethodCompleted => line.tail.text().trim_start_matches([' ', ':']).starts_with('5'),
        Head::ExecutionFailed
        | Head::LambdaExecutionFailed
        | Head::LambdaInvocationFailed
        | Head::AuthorizerConfigurationException
        | Head::GatewayResponse => true,
        _ => false,
    }
}

/// Returns whether each log event of a part is a line about a request, and several lines are about one.
fn has_only_requests(part: &Part) -> bool {
    let (mut id_before, mut head_before, mut has_several) = (Vec::new(), None, false);
    let are_lines = part.events().iter().all(|event| {
        let event = event.borrowed();
        let line = match execution_line(&event) {
            Some(Record::Execution(line)) => line,
            Some(Record::Nothing(kind)) => return kind == LogKind::Execution,
            _ => return false,
        };
        let Some(id) = line.request_id.as_deref().filter(|_| !line.has_column_behind()) else { return false };
        has_several |= head_before.is_some_and(|head| head != line.head) && id_before == id;
        (id_before, head_before) = (id.to_vec(), Some(line.head));
        true
    });
    are_lines && has_several
}

/// Returns whether a line of an execution log may be one of an access log, in which a client wrote the id and the sentence: columns stand before
/// or behind them.
fn may_be_of_access_log(line: &ExecutionLine<'_>, event: &LogEvent<'_>) -> bool {
    line.has_column_behind() || line.request_id.is_some() && has_columns_of_any_log(&event.message.text())
}

fn ends_invocation(line: &FunctionLine<'_>) -> bool {
    matches!(line, FunctionLine::End(_) | FunctionLine::Report(_))
}

/// Returns whether a line is one about a request, as API Gateway alone writes it.
fn is_line_of_request(text: &str) -> bool {
    ["Endpoint request ", "Endpoint response ", "Method request ", "Method response "].iter().any(|start| {
        let rest = text.trim_start().strip_prefix(start).unwrap_or_default();
        ["body", "headers:", "path:", "query string:"].iter().any(|next| rest.starts_with(next))
    })
}

/// Beginning of a line with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StartOfError {
    /// Its type, or words of a runtime.
    Typed,
    /// A sentence of a library, which any program writes into its lines.
    Sentence,
}

/// Returns how a line begins with an error; None if it does not. Before it may stand a time.
fn start_of_error(line: &str, table: &Table) -> Option<StartOfError> {
    /// Words that libraries write before the reason.
    const BEFORE_REASONS: &[&str] =
        &["dial ", "read ", "write ", "lookup ", "connect", "tls", "x509", "fatal error", "FATAL ERROR"];
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(line.as_bytes()) };
    match lambda::parse_line(&event) {
        Some(FunctionLine::Error(_) | FunctionLine::Exit(_)) => return Some(StartOfError::Typed),
        Some(FunctionLine::TimedOut(_)) => return is_platforms_timeout(line).map(|_| StartOfError::Typed),
        _ => {}
    }
    let text = prefix::strip(line).rest;
    let is_name = |name: &str| name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_uppercase()));
    let (mut text, mut start) = (text, StartOfError::Sentence);
    if let Some(name) = lambda::exception_at_start(text).filter(|name| is_name(name)) {
        let behind = &text[name.len()..];
        if name != "Error" {
            return (behind.is_empty() || behind.starts_with(": ")).then_some(StartOfError::Typed);
        }
        // Commands write this word before any text. In Node.js the reason of a library follows; Go's runtime writes no such word.
        (text, start) = (behind.strip_prefix(": ").unwrap_or_default(), StartOfError::Typed);
        if text.contains("dial ") || text.starts_with("lookup ") || text.starts_with("x509") {
            return None;
        }
    }
    let names_a_cause = |text: &str| cause_of_error(table, "", text, std::iter::empty()).is_some();
    let cause = cause_of_error(table, "", text, std::iter::empty())?;
    // A cause without a sentence of a library is a runtime's: that a module is missing, that memory is used up.
    if !cause.patterns.iter().any(|pattern| matches!(pattern, Pattern::Library(_))) {
        start = StartOfError::Typed;
    }
    // What stands before the colon may be another program's.
    let is_whole = text.split_once(": ").is_none_or(|(head, reason)| {
        !names_a_cause(reason) || names_a_cause(head) || BEFORE_REASONS.iter().any(|start| head.starts_with(start))
    });
    is_whole.then_some(start)
}

/// Returns whether a line belongs to the error before it: a frame, an error behind it, the end of its process.
fn continues_error(line: &str) -> bool {
    const HEADS: &[&str] = &[
        "Caused by: ",
        "Suppressed: ",
        lambda::TRACEBACK,
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
