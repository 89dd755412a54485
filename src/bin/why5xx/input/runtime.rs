//! Errors as the runtimes write them, where a tool wrote their signs otherwise or cut them.

use why5xx::decode::{LogEvent, Message};
use why5xx::record::lambda::{self, Certainty, FunctionLine, NODE_FRAMES, RUBY_SENTENCES, TRACEBACK};

use super::spelling::unescaped;
use super::terminal::without_cut_sign;
use super::wrap::begins;
use super::{frame, prefix, sentence};

/// How tables write a line break within a cell.
const BREAKS: [&str; 4] = ["<br>", "<br/>", "<br />", "\\n"];

/// Returns an error with its line breaks, which a table wrote otherwise. In any other message such a sign is what somebody wrote.
pub(super) fn with_breaks(message: &str) -> Option<String> {
    BREAKS.iter().find_map(|sign| {
        let (first, rest) = message.split_once(sign)?;
        let is_report = || continues_report(first.trim_end(), true, rest.trim_start_matches([' ', '\n']));
        let whole = || message.replace(sign, "\n");
        let is_object = || first == "{" && is_object(whole().trim_end());
        (!first.contains('\n') && (is_report() || is_object())).then(whole)
    })
}

/// Returns a message without the line breaks at its end, as a table wrote them.
pub(super) fn without_breaks_at_end(message: &str) -> &str {
    let mut message = message.trim_end();
    while let Some(before) = BREAKS.iter().find_map(|sign| message.strip_suffix(sign)) {
        message = before.trim_end();
    }
    message
}

/// Returns a message without the lines that go on with an error in its first one.
pub(super) fn without_lines_of_report(message: &str) -> String {
    let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
    if begins_as_ruby(first) && is_object(rest.trim_end()) {
        return format!("{first}\n");
    }
    let is_of_go = first.starts_with("panic: ") || first.starts_with("fatal error: ");
    let head = first.trim_end();
    let is_part = |line: &str| continues_report(head, true, line) || is_of_go && !prefix::is_head(line);
    let others = rest.lines().filter(|line| !is_part(line));
    [first].into_iter().chain(others).flat_map(|line| [line, "\n"]).collect()
}

/// Returns an error of which the quotes alone are escaped, as where it was copied out of a string.
pub(super) fn with_plain_quotes(message: &str) -> Option<String> {
    const OPEN: &str = "{\\\"error";
    let at = message.find(OPEN).filter(|at| is_head(&message[..*at]))?;
    let of_quotes = || Some(message[at..].replace("\\\"", "\"")).filter(|object| is_object(object));
    let of_all = || Some(unescaped(&message[at..])).filter(|object| is_object(object));
    of_quotes().or_else(of_all).map(|object| message[..at].to_owned() + &object)
}

/// Returns an error of Java whose first line a terminal broke within the name of its type.
pub(super) fn with_whole_head(message: &str) -> Option<String> {
    let mut lines = message.splitn(4, '\n');
    let (first, second, third) = (lines.next()?, lines.next()?, lines.next()?);
    let whole = format!("{first}{second}");
    let is_type = |text: &str| lambda::type_at_end(text).is_some_and(|(_, name)| third.starts_with(name));
    // A message of two lines has its whole type in the second one.
    let is_cut = !is_java_twice(first, second) && !is_type(second) && is_type(&whole);
    is_cut.then(|| whole + &message[first.len() + 1 + second.len()..])
}

/// Returns whether the object of an error breaks off, as where a screen cut the line.
pub(super) fn is_cut(message: &str) -> bool {
    let message = without_cut_sign(message);
    // Loggers write other objects behind such a head.
    let is_of_runtime = |at: usize| is_head(&message[..at]) || message.starts_with("{\n");
    object_of_error(message).is_some_and(|at| is_of_runtime(at) && breaks_off(&message[at..]))
}

/// Returns whether a text is the beginning of a document of JSON.
pub(super) fn breaks_off(text: &str) -> bool {
    !text.trim_end().ends_with('}')
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof())
}

pub(super) fn is_object(text: &str) -> bool {
    text.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Returns whether two log events are the first two lines of one error of Python, Java or Ruby, also in a log that is newest first line by
/// line: together they are one, alone nothing.
pub(super) fn is_error_in_pieces(before: &str, line: &str) -> bool {
    if before.is_empty() {
        return false;
    }
    let last_of_before = before.trim_end().rsplit('\n').next().unwrap_or_default();
    !before.trim_end().contains('\n') && begins_error(before, line)
        || !line.trim_end().contains('\n') && begins_error(line, last_of_before)
}

/// Log events in a row of which the first one is the head of an error of Python, and the others may be of its message.
#[derive(Debug, Default)]
pub(super) struct PiecesOfPython(usize);

impl PiecesOfPython {
    /// Most lines of such a message; our own bound.
    const MOST: usize = 20;

    /// Takes the next log event. Returns whether the frames of the error begin with it.
    pub(super) fn is_end(&mut self, message: &str) -> bool {
        let line = message.trim_end();
        let is_end = self.0 > 0 && line.starts_with(TRACEBACK);
        let is_piece = self.0 > 0 && self.0 < Self::MOST && !line.contains('\n') && may_be_of_message(line);
        self.0 = match self.0 {
            _ if !line.contains('\n') && begins_as_python(line) => 1,
            pieces if is_piece && !is_end => pieces + 1,
            _ => 0,
        };
        is_end
    }
}

/// Signs of the log events of a function that a search left out.
#[derive(Debug, Default)]
pub(super) struct SearchedLog {
    /// Whether there are log events that begin so; see [`frame::HEADS`].
    has: [bool; frame::HEADS.len()],
    /// The head of an error of Python stands alone.
    has_head_alone: bool,
}

impl SearchedLog {
    /// Takes the next log event.
    pub(super) fn note(&mut self, message: &str) {
        match frame::HEADS.iter().position(|head| message.starts_with(head)) {
            Some(head) => self.has[head] = true,
            None => self.has_head_alone |= !message.trim_end().contains('\n') && begins_as_python(message),
        }
    }

    /// Returns whether a search found the head of an error alone: of the platform's lines about an invocation, some are there and others are
    /// not.
    pub(super) fn lacks_frames(&self) -> bool {
        self.has_head_alone && self.has.contains(&true) && self.has.contains(&false)
    }
}

/// Returns whether two lines are the first two of one error.
fn begins_error(first: &str, second: &str) -> bool {
    // Signs of a table may stand before the second line.
    let is_of_python =
        first.starts_with(PYTHON) && second.trim_start_matches(|c: char| !c.is_alphabetic()).starts_with(TRACEBACK);
    let type_of_java = || lambda::type_at_end(first.trim_end()).filter(|(_, name)| name.contains('.'));
    is_of_python
        || type_of_java().is_some_and(|(_, name)| second.starts_with(name))
        || is_pair(first, second)
        || is_of_dotnet(first) && second.trim_start().starts_with("at ")
}

/// Returns whether a line is the first one of an error of .NET: time, id, the level `fail`, the type.
pub(super) fn is_of_dotnet(line: &str) -> bool {
    has_level_of_dotnet(line) && line.contains("Exception")
}

/// Returns whether the logger of .NET wrote a line about an error: behind time and id stands the level `fail`.
pub(super) fn has_level_of_dotnet(line: &str) -> bool {
    line.split_whitespace().take(4).any(|word| word == "fail") && prefix::is_head(line)
}

/// Returns whether two lines are the first two of an error of Java or Ruby, behind whatever a tool put there.
fn is_pair(first: &str, second: &str) -> bool {
    let is_of_ruby = || {
        let start = without_cut_sign(first).trim_end();
        let is_begun = second.lines().next().is_some_and(|line| line.trim() == "{")
            || OBJECTS.iter().any(|open| second.contains(open));
        // Each of the two is a log event of its own, as the runtime writes them, too.
        let is_whole = || second.trim_end().contains('\n') && is_object(second.trim_end());
        let is_head = |head: &str| {
            let is_cut = start.len() > "Error raised".len() && start.len() < head.len() && head.starts_with(start);
            is_cut || first.contains(head) && !(start == head && is_whole())
        };
        is_begun && RUBY_SENTENCES.iter().any(|(head, _)| is_head(head))
    };
    is_java_twice(first, second) || is_of_ruby()
}

/// Returns whether a text holds the beginning of the object of an error, also the first one of its lines.
pub(super) fn begins_object(text: &str) -> bool {
    object_of_error(text).is_some() || text.contains(OBJECTS[1]) || text.trim() == "{"
}

/// Returns where the object of an error begins: `{"errorMessage": …`, also with blanks and line breaks behind its bracket.
pub(super) fn object_of_error(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'{', text.as_bytes()).find(|at| text[at + 1..].trim_start().starts_with("\"error"))
}

/// How the object of an error begins, also in a cell of CSV.
const OBJECTS: [&str; 2] = ["{\"errorMessage", "{\"\"errorMessage"];

/// Returns whether an error of Java, Ruby or Go stands within a message at another place than its start, as behind what a tool put there. A
/// function that handles an error writes no such lines.
pub(super) fn is_out_of_place(message: &str) -> bool {
    // Loggers write one without a type.
    let is_of_go = || {
        let at = OBJECTS.iter().find_map(|open| message.find(open));
        at.is_some_and(|at| is_date_of_go_at_end(&message[..at]) && message[at..].contains("errorType"))
    };
    let has_pair = || message.lines().zip(message.lines().skip(1)).any(|(first, second)| is_pair(first, second));
    // A tool put blanks in place of the line breaks.
    let is_on_one_line = || {
        let head = message.split(" \tat ").next().filter(|head| head.len() < message.len()).unwrap_or_default();
        let (first, second) = head.split_at_checked(head.len() / 2).unwrap_or_default();
        let is_of_java = second.strip_prefix(' ').is_some_and(|second| is_java_twice(first, second));
        let of_ruby = RUBY_SENTENCES.iter().find_map(|(head, _)| message.strip_prefix(head));
        is_of_java || of_ruby.is_some_and(|rest| rest.starts_with(" {") && object_of_error(rest) == Some(1))
    };
    let is_read = || {
        let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(message.as_bytes()) };
        let is_whole = |(before, name)| message.lines().nth(1).is_some_and(|line| line == format!("{name}: {before}"));
        match lambda::parse_line(&event) {
            Some(FunctionLine::Error(error)) => {
                error.certainty == Certainty::Certain
                    || message.lines().next().and_then(lambda::type_at_end).is_some_and(is_whole)
            }
            // The platform's lines have no lines below them.
            line => line.is_some() && !frame::is_framed(message),
        }
    };
    (has_pair() || is_of_go() || is_on_one_line()) && !is_read()
}

/// Returns whether two lines hold what Java's runtime alone writes: `no stock: shop.StockError`, then `shop.StockError: no stock`. A table may
/// have put its signs around them.
fn is_java_twice(first: &str, second: &str) -> bool {
    const SIGNS: [char; 8] = [' ', '+', '|', '\u{2502}', '"', ',', '\\', '\t'];
    let Some((before, name)) = lambda::type_at_end(first.trim_end_matches(SIGNS)) else { return false };
    let second = second.lines().next().unwrap_or_default();
    let behind = second.split_once(name).and_then(|(_, behind)| behind.strip_prefix(": "));
    let message = behind.unwrap_or_default().trim_end_matches(SIGNS);
    name.contains('.') && !message.is_empty() && before.ends_with(message)
}

/// Heads of lines that alone show that they continue a report.
const CONTINUATIONS: &[&str] = &[
    TRACEBACK,
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

/// Whether a line that is not indented continues the report whose first line is `first`, without blanks behind it. `is_second`
/// if no line has come between them.
pub(super) fn continues_report(first: &str, is_second: bool, line: &str) -> bool {
    if CONTINUATIONS.iter().any(|head| line.starts_with(head)) {
        // A head alone is the word of a person who pasted it, not of a report.
        return !first.is_empty();
    }
    if line.starts_with('{') {
        return NODE_FRAMES.iter().any(|(words, _)| first.ends_with(words)) || begins_as_ruby(first);
    }
    // `{message}: {Type}`, then `{Type}: {message}` of Java, or the `null` of Go.
    is_second
        && lambda::type_at_end(first)
            .is_some_and(|(_, name)| (name.len() > 4 && line.starts_with(name)) || line.trim_end() == "null")
}

/// Returns whether a text begins as a sentence of Ruby's runtime.
pub(super) fn begins_as_ruby(text: &str) -> bool {
    RUBY_SENTENCES.iter().any(|(head, _)| text.starts_with(head))
}

/// Returns whether a runtime writes an object behind this text: Node.js, Go, Ruby.
fn is_head(before: &str) -> bool {
    begins_as_ruby(before) && before.ends_with('\n') || frame::is_head_of_node(before) || is_date_of_go(before)
}

/// Returns whether a text is the time that Go's logger writes before an error.
pub(super) fn is_date_of_go(text: &str) -> bool {
    text.len() == DATE_OF_GO.len() && is_date_of_go_at_end(text)
}

/// Returns whether a text begins as an error of Go.
pub(super) fn begins_as_go(text: &str) -> bool {
    let (date, object) = text.split_at_checked(DATE_OF_GO.len()).unwrap_or_default();
    is_date_of_go(date) && OBJECTS.iter().any(|open| object.starts_with(open))
}

/// The time that Go's logger writes before an error, `0` for any digit.
const DATE_OF_GO: &[u8] = b"0000/00/00 00:00:00 ";

fn is_date_of_go_at_end(text: &str) -> bool {
    let is_sign = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let start = text.len().checked_sub(DATE_OF_GO.len());
    start.is_some_and(|start| text.as_bytes()[start..].iter().zip(DATE_OF_GO).all(is_sign))
}

/// Head of an error, as the runtime of Python writes it.
pub(super) const PYTHON: &str = "[ERROR] ";

/// Longest line that is held, and longest message with such lines that is looked at; our own bound.
pub(super) const LONGEST_LINE_BYTES: usize = 4_096;

/// Returns whether a line is the type at the end of a message and its first line again, as Java's runtime writes it behind the
/// message. `before` ends with the message.
///
/// `at [Source: …]: shop.OrderException`, `no order`, `shop.OrderException: no order` → true
pub(super) fn repeats_message(before: &str, first: &str, line: &str) -> bool {
    let first = first.trim_end();
    let name = line.trim_end().strip_suffix(first).and_then(|name| name.strip_suffix(": "));
    name.is_some_and(|name| {
        !first.is_empty() && name.contains('.') && lambda::type_at_end(before).is_some_and(|(_, at_end)| at_end == name)
    })
}

/// Returns whether a line is the first one of an error, as the runtime of Python writes it: `[ERROR] shop.StockError: no stock`. A tool
/// may have put its time before it.
pub(super) fn begins_as_python(line: &str) -> bool {
    line.len() <= LONGEST_LINE_BYTES
        && line.contains(PYTHON)
        && prefix::strip(line)
            .message
            .strip_prefix(PYTHON)
            .is_some_and(|rest| lambda::exception_at_start(rest).is_some())
}

fn is_line_of_function(text: &str) -> bool {
    lambda::parse_line(&LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) }).is_some()
}

/// Returns where the lines behind an error of Python begin: its frames are indented, and below them stands nothing but another exception. The words of
/// a person and rules between messages are no part of it.
pub(super) fn end_of_frames(message: &str) -> Option<usize> {
    let traceback =
        memchr::memmem::find(message.as_bytes(), TRACEBACK.as_bytes()).filter(|_| begins_as_python(message))?;
    let is_exception = |line: &str| {
        let name = line.split_once(':').map_or(line, |(name, _)| name);
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
    };
    let is_part = |line: &str| {
        line.is_empty()
            || line.starts_with(char::is_whitespace)
            || is_exception(line)
            || continues_report(PYTHON, false, line)
    };
    let mut at = traceback;
    let mut has_frames = false;
    for line in message[traceback..].split_inclusive('\n') {
        if at > traceback && !is_part(line.trim_end()) {
            // What looks like a log event may be the rest of what the function printed.
            let behind = &message[at..];
            return Some(at).filter(|_| has_frames && !behind.lines().any(begins) && !is_line_of_function(behind));
        }
        has_frames |= line.starts_with(char::is_whitespace);
        at += line.len();
    }
    None
}

/// Returns a message of two lines or more without the blanks behind them, where a tool made all its lines as wide as the widest.
pub(super) fn without_padding(message: &str) -> Option<String> {
    let is_padded = message.lines().next().is_some_and(|first| first.ends_with("  "))
        && (begins_as_ruby(message) || message.starts_with('{'));
    is_padded.then(|| message.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

/// Returns whether a line may be a piece of the message of an error: it begins as no log event does.
pub(super) fn may_be_of_message(line: &str) -> bool {
    // `(ClientError) when calling the …` is no line about a request.
    let is_another = || begins(line) && !line.starts_with('(') || sentence::begins_as_platforms(line);
    let is_logged = || line.starts_with('[') && prefix::is_logged(line.split_inclusive(']').next().unwrap_or_default());
    line.len() <= LONGEST_LINE_BYTES && !line.starts_with(['{', '\t']) && !is_logged() && !is_another()
}
