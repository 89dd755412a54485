//! Form of an input and the log events in it: invocation payloads, captured events, decoded batches, the output of
//! `aws logs`, exported logs, plain text.
//!
//! Its content decides what an input is, never its name. What an event says is left to the library, but for text that a
//! person pasted ([`Reader`], [`sentence`]).

mod alone;
mod brackets;
mod broken_error;
mod broken_line;
mod broken_object;
mod broken_sentence;
mod bytes;
mod cli;
mod declared;
pub(crate) mod folder;
mod formats;
mod frame;
mod held_lines;
mod json;
mod layers;
mod of_function;
mod order;
mod pending;
mod pieces;
mod prefix;
mod quoted;
mod reader;
mod row;
mod rows;
mod runtime;
pub(crate) mod sentence;
mod several;
mod spelling;
mod table;
mod terminal;
mod text;
mod time;
mod wrap;
mod wrapped;

use std::io::{self, BufReader, Read};
use std::path::Path;

use why5xx::decode::{self, BatchHeader, DecodeError, Decoded, EventCallback, Limits, LogEvent, Message};
use why5xx::envelope::RecordError;
use why5xx::record::access::DeclaredFormat;

pub(crate) use of_function::shows_function;
pub(crate) use quoted::unquoted;
pub(crate) use reader::Reader;

use bytes::Text;
use json::Layout;
use order::Sorted;
use table::Separated;
use text::Lines;

/// The standard input as a path is `-`.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// One log event of an input that is no subscription event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// The id that CloudWatch Logs gave it; empty where the input does not say.
    pub(crate) id: String,
    /// Milliseconds since 1970-01-01T00:00:00Z; 0 if missing.
    pub(crate) timestamp_ms: i64,
    /// Its text.
    pub(crate) message: String,
    /// The log group and the log stream; empty where the input does not say.
    log_group: String,
    log_stream: String,
    /// Which one of the input it is, from 1.
    pub(crate) number: u64,
}

/// A part of an input that goes through the pipeline in one call.
#[derive(Debug)]
pub(crate) enum Part {
    /// A subscription event as Lambda gets it.
    SubscriptionEvent(Vec<u8>),
    /// A batch that is decoded already.
    Batch(Vec<u8>),
    /// The base64 data of a batch, as a Kinesis event holds it.
    Data(Vec<u8>),
    /// Log events of a stream.
    Events {
        /// The log group, where the input holds it.
        log_group: String,
        /// The stream, likewise.
        log_stream: String,
        /// The events.
        events: Vec<Event>,
    },
}

impl Event {
    /// As the decoder would hand it over.
    fn borrowed(&self) -> LogEvent<'_> {
        LogEvent {
            id: self.id.as_bytes(),
            timestamp_ms: self.timestamp_ms,
            message: Message::plain(self.message.as_bytes()),
        }
    }
}

impl Part {
    /// Whether it has log events without a log group.
    pub(crate) fn is_of_no_group(&self) -> bool {
        matches!(self, Self::Events { log_group, .. } if log_group.is_empty())
    }

    /// Whether neither the log group nor the log stream of its log events is known.
    pub(crate) fn lacks_origin(&self) -> bool {
        matches!(self, Self::Events { log_group, log_stream, .. } if log_group.is_empty() && log_stream.is_empty())
    }

    /// Returns its log events, where it holds them as text.
    fn events(&self) -> &[Event] {
        if let Self::Events { events, .. } = self { events } else { &[] }
    }

    /// Returns the number in the input of its `nth` log event, counted from 1; None if only the part's own order is known.
    pub(crate) fn number_of(&self, nth: u64) -> Option<u64> {
        let Self::Events { events, .. } = self else { return None };
        events.get(usize::try_from(nth).ok()?.checked_sub(1)?).map(|event| event.number)
    }

    /// Hands over its log events, as those of `log_group` where it names none.
    pub(crate) fn decode(
        &self,
        log_group: &str,
        limits: &Limits,
        each: &mut EventCallback<'_>,
    ) -> Result<Decoded, DecodeError> {
        let (own_group, log_stream, events) = match self {
            Self::SubscriptionEvent(payload) => return decode::subscription_event(payload, limits, each),
            Self::Batch(document) => return decode::document_json(document, each),
            Self::Data(data) => return decode::base64_data(data, limits, each),
            Self::Events { log_group, log_stream, events } => (log_group, log_stream.clone(), events),
        };
        let log_group = if own_group.is_empty() { log_group } else { own_group };
        let header = BatchHeader { log_group: log_group.to_owned(), log_stream, ..BatchHeader::default() };
        events.iter().for_each(|event| each(&header, &event.borrowed()));
        Ok(Decoded { header, log_events: events.len() as u64, ..Decoded::default() })
    }
}

/// Why an input cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The operating system refused, or the compressed data are not whole.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It is of a form that is not read. Holds the form, and what to do.
    #[error("not a log: it looks like {what}")]
    Refused { what: &'static str },
    /// Something in it should hold a batch and does not.
    #[error(transparent)]
    NoBatch(RecordError),
    /// One of its documents is of no known kind.
    #[error("looks like documents in JSON, of which one is of no known kind")]
    UnknownDocument,
    /// It looks like JSON of a kind that is known, but reading stopped there.
    #[error("looks like {kind}, but is no whole JSON (line {line}, column {column})")]
    Json { kind: &'static str, line: usize, column: usize },
}

/// The form of an input, recognised by how it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// The bare data of a batch, as people copy it out of an event.
    Data,
    Json(Layout),
    Separated(Separated),
    /// Of a kind that is known, and no log.
    Refused(&'static str),
    Boxed,
    Page,
    TextOutput,
    Text,
}

impl Form {
    fn of(start: &str, is_whole: bool) -> Self {
        let text = start.trim_start();
        if let Some(what) = json::of_another_kind(text, is_whole).or_else(|| of_another_kind(text)) {
            return Self::Refused(what);
        }
        match json::layout(text, is_whole) {
            Layout::Lines => {}
            layout => return Self::Json(layout),
        }
        if table::lacks_message(text) {
            Self::Refused(NO_MESSAGE)
        } else if start.starts_with(BASE64_OF_GZIP) {
            Self::Data
        } else if cli::is_text_output(text) {
            Self::TextOutput
        } else if table::is_boxed(text) {
            Self::Boxed
        } else if table::is_page(text) {
            Self::Page
        } else if let Some(separated) = table::separated(text) {
            if separated.lacks_times() { Self::Refused(UNREAD_TIMES) } else { Self::Separated(separated) }
        } else if is_whole && several::holds_lines(text) {
            Self::Refused(ONE_LINE)
        } else {
            Self::Text
        }
    }

    /// Returns the refusal of a text of which a part would be read and other records would be lost.
    fn lossy(start: &str, is_whole: bool) -> Option<&'static str> {
        let text = start.trim_start();
        let is_broken = || json::is_broken(text) && json::layout(text, is_whole) == Layout::Lines;
        if json::is_by_columns(text, is_whole) {
            Some("a table of pandas by columns: write it with to_json(orient='records')")
        } else if json::is_statistics(text) {
            Some(STATISTICS)
        } else if quoted::is_quoted_printable(text) {
            Some(QUOTED_PRINTABLE)
        } else if text.starts_with('"') && !is_whole && !text.contains('\n') {
            Some("a log in one string of JSON: write it with `jq -r .`")
        } else {
            is_broken().then_some(UNREAD_JSON)
        }
    }

    /// Returns its name, for people.
    fn name(&self) -> &'static str {
        match self {
            Self::Data => "the data of a batch in base64",
            Self::Json(Layout::Documents) => "documents of CloudWatch Logs in JSON",
            Self::Json(_) => "JSON",
            Self::Separated(_) => "a table of separated values (CSV, TSV)",
            Self::Refused(what) => what,
            Self::Boxed => "a table with bars (Markdown, --output table)",
            Self::Page => "a web page (HTML)",
            Self::TextOutput => "rows of the AWS CLI (--output text)",
            Self::Text => "plain text",
        }
    }
}

/// Summary of the reading of one input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    /// Name of its form.
    pub(crate) form: &'static str,
    /// A log event has a key that only CloudWatch Logs writes.
    pub(crate) is_of_cloudwatch: bool,
    /// Log events, but for those of subscription events and batches, which know their own number.
    pub(crate) log_events: u64,
    /// Those that came too late to be put in order.
    pub(crate) late_events: u64,
    /// Lines of which only the beginning was read.
    pub(crate) cut_lines: u64,
    /// Lines behind the last log event that are of a terminal, and no part of it.
    pub(crate) lines_behind: u64,
    /// Lines of any log that lack their end.
    pub(crate) broken_lines: u64,
    /// Lines that hold several records, or records in a form that is not read.
    unread: Option<UnreadLines>,
    /// Why the input is not the whole log.
    incomplete: Option<&'static str>,
    /// Rows of a query lack the message.
    lacks_messages: bool,
    /// Assumption about its dates, where nothing shows the order of day and month; else None.
    pub(crate) assumed: Option<&'static str>,
}

/// Lines of which not every record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct UnreadLines {
    lines: u64,
    /// Number of the first one in the input, counted from 1; 0 if it is not known.
    first: u64,
    /// Name of what the first one is, and what to do.
    why: &'static str,
}

impl Summary {
    /// Notes a line that is not read, or not wholly. Of several reasons the first is shown.
    fn unread(&mut self, line: u64, why: &'static str) {
        self.unread.get_or_insert(UnreadLines { lines: 0, first: line, why }).lines += 1;
    }

    /// Returns why a part of the log may be missing, if so: then nothing says that no request failed.
    pub(crate) fn lacks(&self) -> Option<String> {
        let lines = |count: u64, what: &str| {
            let lines = if count == 1 { "line" } else { "lines" };
            (count > 0).then(|| format!("{count} {lines} {what}"))
        };
        let why = [
            self.incomplete.map(str::to_owned),
            self.lacks_messages.then(|| NO_MESSAGE.to_owned()),
            lines(self.cut_lines, "longer than 1 MiB, of which only the beginning was read"),
            lines(self.broken_lines, "without the end, as where a mail or a terminal broke it"),
            self.unread.and_then(|UnreadLines { lines: count, first, why }| {
                let first = if first > 0 { format!("; the first is line {first}") } else { String::new() };
                Some(format!("{} of which not every record is read{first}: {why}", lines(count, "")?.trim_end()))
            }),
        ];
        let why: Vec<String> = why.into_iter().flatten().collect();
        (!why.is_empty()).then(|| format!("not the whole log: {}", why.join("; ")))
    }
}

/// Refusal of the AWS CLI's output in YAML.
const YAML: &str = "YAML: have the AWS CLI write it with --output json";

/// Refusal of a log whose line breaks were lost.
const ONE_LINE: &str =
    "one line that holds several lines of a log: keep the line breaks, as in \"$(cat FILE)\" with its quotes";

/// Refusal of records in a document that is not read.
const UNREAD_JSON: &str = "JSON with records in a shape that is not read, or with an error, such as a comma too many: write one record \
                           a line, as `jq -c '.[]'` does";

/// Refusal of a mail that is encoded.
const QUOTED_PRINTABLE: &str = "a mail in quoted-printable: copy its text, or save it as plain text";

/// Remark on the results of a query that left the messages out.
const NO_MESSAGE: &str =
    "rows of a query of Logs Insights without the messages: add `fields @timestamp, @message` to it";

/// Refusal of the results of a query that counts.
const STATISTICS: &str = "statistics of a query of Logs Insights, no log events: take `stats` out of it and add `fields @timestamp, @message`";

/// Refusal of a table whose order cannot be known.
const UNREAD_TIMES: &str = "a table with times that are not read: save them as 2026-01-02 03:04:05.678";

/// Returns the refusal of a text that holds a log in a form that would be read wrongly; None if it can be read.
fn of_another_kind(start: &str) -> Option<&'static str> {
    let is = |line: &str, wanted: &str| line.trim_end().eq_ignore_ascii_case(wanted);
    // A log event may hold the head of a mail.
    let head = || start.lines().take_while(|line| !quoted::is_event(line));
    let is_mail = || head().any(|line| is(line, "Content-Transfer-Encoding: quoted-printable"));
    const PYTHON: [&str; 5] = ["{'events'", "{'logStreamName'", "{'timestamp'", "{'eventId'", "{'message'"];
    if is_yaml(start) {
        Some(YAML)
    } else if PYTHON.iter().any(|key| start.trim_start_matches('[').starts_with(key)) {
        Some("an object of Python as `print` shows it: print json.dumps of it")
    } else if is_mail() {
        Some(QUOTED_PRINTABLE)
    } else if start.lines().any(|line| is(line, "Field\tValue")) {
        Some("unfolded rows of Logs Insights: copy them folded, or download them as CSV or JSON")
    } else {
        None
    }
}

/// Whether a text begins as the AWS CLI's output in YAML does: as a document, a stream of pages, or a list of values. A line with a key
/// alone may be of any log.
fn is_yaml(start: &str) -> bool {
    const LISTS: [&str; 4] = ["Messages", "events", "results", "searchedLogStreams"];
    const KEYS: [&str; 7] = [
        "eventId",
        "ingestionTime",
        "logStreamName",
        "nextBackwardToken",
        "nextForwardToken",
        "nextToken",
        "queryLanguage",
    ];
    let mut lines = start.lines().filter(|line| !line.trim().is_empty() && *line != "---");
    let first = lines.next().unwrap_or_default();
    let rest = lines.clone();
    let field = |line: &'_ str| {
        let (key, value) = line.trim_start_matches([' ', '-']).split_once(':')?;
        (value.is_empty() || value.starts_with(' ')).then(|| (key.to_owned(), value.trim().to_owned()))
    };
    let is_key = |line: &str| field(line).is_some_and(|(key, _)| KEYS.contains(&&*key) || LISTS.contains(&&*key));
    let Some((key, value)) = field(first) else { return is_yaml_list([first].into_iter().chain(rest)) };
    let is_item = first.starts_with("- ");
    LISTS.contains(&&*key) && matches!(&*value, "" | "[]")
        || is_item && (KEYS.contains(&&*key) || ["field", "message", "timestamp"].contains(&&*key))
        || KEYS.contains(&&*key) && lines.next().is_some_and(is_key)
        || is_yaml_list([first].into_iter().chain(rest.clone()))
        || value.is_empty() && !key.contains(' ') && is_yaml_list(rest)
}

/// Whether each line is an item of a list or goes on with one, and an item is written as only YAML writes it: a list or an object in it,
/// a text in single quotes, with escapes, or in lines below. A person's list has plain text, or such in double quotes.
fn is_yaml_list<'t>(lines: impl Iterator<Item = &'t str> + Clone) -> bool {
    let is_value = |value: &str| {
        value.starts_with('\'')
            || value.starts_with('"') && value.contains('\\')
            || matches!(value.trim_end(), "|" | "|-" | "|+" | ">" | ">-")
    };
    let is_object = |item: &str| {
        item.split_once(": ").is_some_and(|(key, value)| {
            key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && is_value(value)
        })
    };
    let is_item = |line: &str| {
        line.strip_prefix("- ").is_some_and(|item| item.starts_with("- ") || is_value(item) || is_object(item))
    };
    // The last line may be cut off.
    lines.clone().all(|line| line.starts_with("- ") || line.starts_with("  ") || line == "-")
        && lines.clone().any(is_item)
}

/// The first four letters of gzip data in base64: its two first bytes and its method, deflate.
const BASE64_OF_GZIP: &str = "H4sI";

/// Reads an input and hands over its parts. An error where the input cannot be read to its end; the parts before that
/// were handed over.
pub(crate) fn read(input: impl Read, each: impl FnMut(Part)) -> Result<Summary, InputError> {
    read_input(input, None, false, each)
}

/// Reads lines of a format that the settings declare, if one is given, likewise.
pub(crate) fn read_declared(
    input: impl Read,
    format: Option<&DeclaredFormat>,
    each: impl FnMut(Part),
) -> Result<Summary, InputError> {
    read_input(input, format, false, each)
}

/// Returns an error where bytes are of a known form that is no text, such as an archive or an image.
pub(crate) fn refuse_other_forms(bytes: &[u8]) -> Result<(), InputError> {
    match Text::open(bytes) {
        Err(InputError::Refused { what }) if what != bytes::BINARY => Err(InputError::Refused { what }),
        _ => Ok(()),
    }
}

/// Reads what a person pasted to have it explained: of what has an error, all that can be read.
pub(crate) fn read_pasted(text: &[u8], each: impl FnMut(Part)) -> Result<Summary, InputError> {
    read_input(text, None, true, each)
}

fn read_input(
    input: impl Read,
    declared: Option<&DeclaredFormat>,
    is_pasted: bool,
    mut each: impl FnMut(Part),
) -> Result<Summary, InputError> {
    let text = Text::open(input)?;
    let mut sink = Sorted::new(&mut each);
    (sink.is_pasted, sink.declared) = (is_pasted, declared);
    let read = read_text(text, &mut sink);
    // What came before an error counts.
    sink.end();
    match sink.no_batch {
        Some(error) if read.is_ok() => Err(InputError::NoBatch(error)),
        _ => read.map(|form| Summary { form, ..sink.summary }),
    }
}

/// Reads a text that stands within another one, such as a log in a string of JSON.
fn read_within(text: &str, sink: &mut Sorted<'_>) -> Result<&'static str, InputError> {
    read_text(Text::open(text.as_bytes())?, sink)
}

/// Reads a text, and returns the name of its form.
fn read_text(mut text: Text<'_>, sink: &mut Sorted<'_>) -> Result<&'static str, InputError> {
    let start = text.peek_text()?;
    let is_whole = start.len() < bytes::PEEK_BYTES - 4;
    // It may be a whole log, with its line breaks.
    if let Some(inner) = is_whole.then(|| serde_json::from_str::<String>(start.trim()).ok()).flatten() {
        return read_within(&inner, sink);
    }
    if let Some(format) = sink.declared.filter(|format| declared::is_text(format, start, is_whole)) {
        declared::read(format, text, sink)?;
        return Ok(Form::Text.name());
    }
    let lossy = if sink.is_pasted { None } else { Form::lossy(start, is_whole) };
    let form = lossy.map_or_else(|| Form::of(start, is_whole), Form::Refused);
    let lines = if form == Form::Text { Lines::of(start) } else { Lines::default() };
    if order::is_newest_first([start].into_iter()) {
        sink.is_download();
    }
    match &form {
        Form::Data => {
            let mut data = Vec::new();
            text.read_to_end(&mut data)?;
            sink.part(Part::Data(data));
            Ok(())
        }
        Form::Json(Layout::Documents) => json::documents(BufReader::with_capacity(1 << 16, text), sink),
        Form::Json(_) => json::lists(BufReader::with_capacity(1 << 16, text), sink),
        Form::Separated(separated) => separated.read(text, sink),
        Form::Refused(what) => Err(InputError::Refused { what }),
        Form::Boxed => table::boxed(text, sink),
        Form::Page => table::page(text, sink),
        Form::TextOutput => cli::read(text, sink),
        Form::Text => lines.read(text, sink),
    }?;
    Ok(form.name())
}

#[cfg(test)]
mod tests;
