//! Plain text, exported logs and the output of log tails: a line is a log event, with the lines that continue it.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use why5xx::decode::{LogEvent, Message};
use why5xx::record::access;
use why5xx::record::execution::split_request_id;

use super::brackets::Brackets;
use super::broken_line::{self, BrokenLine};
use super::held_lines::{HeldLine, HeldLines};
use super::layers::{Layers, without_controls};
use super::order::Sorted;
use super::pending::{
    BLANKS, Pending, begins_page, bytes_of_first_line, first_line, has_no_lines_below, is_of_request,
};
use super::row::{self, Columns};
use super::spelling::{are_escaped, unescaped};
use super::terminal::{ends_with_cut_sign, is_cut_by_screen, is_of_terminal, plain, without_cut_sign};
use super::wrap::Wrap;
use super::{
    Event, InputError, ONE_LINE, UNREAD_JSON, broken_error, declared, frame, json, prefix, runtime, several, time,
    wrapped,
};

/// Most bytes of one line or event that are read; a log event is at most 1 MiB. A longer line is cut and counted.
///
/// Source: CloudWatch Logs quotas, "Event size".
pub(super) const LONGEST_EVENT_BYTES: usize = 1 << 20;

/// Longest message that is looked for twice; each of its lines costs a look at the whole. Our own bound.
pub(super) const LONGEST_TWICE_BYTES: usize = 64 * 1024;

/// Reads a text line by line.
pub(super) fn read(input: impl BufRead, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    Lines::default().read(input, sink)
}

/// Takes an invalid byte off that stands before a log event, which it would make another line.
fn without_invalid_start(line: &str) -> &str {
    let own = line.trim_start_matches(char::REPLACEMENT_CHARACTER);
    let begins = own.len() < line.len() && (prefix::is_head(own) || prefix::strip(own).has_prefix());
    if begins { own } else { line }
}

/// The next line, without its end and without what is no text.
pub(super) fn next_line(input: &mut impl BufRead, sink: &mut Sorted<'_>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if input.by_ref().take(LONGEST_EVENT_BYTES as u64).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') {
        let left = input.skip_until(b'\n')?;
        sink.summary.cut_lines += u64::from(left > 1);
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    let line = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let line = match plain(&line) {
        Cow::Borrowed(_) => line,
        Cow::Owned(plain) => plain,
    };
    let own = without_invalid_start(without_controls(&line));
    Ok(Some(if own.len() < line.len() { own.to_owned() } else { line }))
}

/// The log events of a text.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The event whose continuation may still come.
    pending: Option<Pending>,
    /// The last time that a line had.
    timestamp_ms: i64,
    /// Id of the request that the line is about; empty without one.
    timed_request: String,
    /// How many events with a prefix came in a row.
    prefixes: u64,
    first_columns: prefix::FirstColumns,
    wrap: Wrap,
    /// Characters of the longest line of the beginning: a terminal breaks lines there.
    widest: usize,
    /// A screen cut all lines of this width, and put its sign there; 0 if none did.
    cut_at: usize,
    /// A failure of API Gateway's that may go on, or an object.
    begun: Option<BrokenLine>,
    /// Lines that may be of the message of an error, of which more may come.
    held: HeldLines,
    /// A line that may go on, as far as it was read.
    broken: Option<frame::Pieces>,
    layers: Layers,
    /// The text may be of `--output text`, which puts all messages of a page on one line, with tabs between them. Otherwise a tab is a
    /// client's.
    are_pages: bool,
    /// Each line is one of `jq @tsv`, which writes line breaks, tabs and backslashes with a backslash.
    are_escaped: bool,
    /// Before each message but the first stands a tab, as `--output text` writes them where messages end with a line break.
    are_behind_tabs: bool,
    /// Lines of the input that were read.
    number: u64,
    /// A line of Lambda's was seen: what stands beside it is what a function printed, and no record of another log.
    is_of_function: bool,
    /// Before a line of Lambda's or API Gateway's stood what a tool puts before each log event: a line without it is no log event of its own.
    has_framed_prefix: bool,
    /// The form of the time that a tool put before such a line, and nothing else.
    form_of_time: Option<String>,
    /// Id of the last invocation that began.
    invocation: String,
    /// The message right before, if it is an object behind its time: the console may show it again, unfolded.
    record_above: String,
    /// Lines from the first on that looks like one of a terminal. Nothing of the log has come behind them yet.
    behind: Vec<String>,
}

impl Lines {
    /// Of a text that begins so.
    pub(super) fn of(start: &str) -> Self {
        let (layers, own) = Layers::of(start);
        let start = &*own;
        let widest = start.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        Self {
            layers,
            wrap: Wrap::of(start),
            widest,
            cut_at: if is_cut_by_screen(start, widest) { widest } else { 0 },
            are_pages: start.lines().all(|line| line.contains('\t')) || begins_page(start),
            are_escaped: are_escaped(start),
            are_behind_tabs: are_behind_tabs(start),
            ..Self::default()
        }
    }

    /// Reads a text line by line.
    pub(super) fn read(mut self, mut input: impl BufRead, sink: &mut Sorted<'_>) -> Result<(), InputError> {
        let mut is_heading = true;
        while let Some(mut line) = next_line(&mut input, sink)? {
            line = self.layers.without(line);
            // Copied from the console with its first line.
            if is_heading && Columns::of_header(&line.split('\t').collect::<Vec<_>>()).is_some() {
                self.number += 1;
            } else {
                self.line(line, sink);
            }
            is_heading = false;
        }
        self.end(sink);
        Ok(())
    }

    pub(super) fn line(&mut self, mut line: String, sink: &mut Sorted<'_>) {
        sink.summary.broken_lines += u64::from(self.cut_at > 0 && line.chars().count() == self.cut_at);
        if self.are_behind_tabs && begins_message_behind_tab(&line, self.broken.is_none() && self.is_below_panic()) {
            line.remove(0);
        }
        if let Some(begun) = &mut self.begun {
            match begun.add(line) {
                None => return,
                Some(next) => line = next,
            }
            self.end_begun(sink);
        }
        self.begun = BrokenLine::of(&line, self.is_of_function);
        if self.begun.is_none() {
            self.one_line(line, sink);
        }
    }

    /// Returns whether the line before is the last word of a program in Go, of which another one may follow.
    fn is_below_panic(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| {
            pending.event.message.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with("panic: "))
        })
    }

    /// Reads the lines that may have been one.
    fn end_begun(&mut self, sink: &mut Sorted<'_>) {
        let Some((whole, rest)) = self.begun.take().map(|begun| begun.end(self.widest)) else { return };
        if let Some(whole) = whole {
            self.number += whole.pieces as u64 - 1;
            self.one_line(whole.line, sink);
        }
        for line in rest {
            self.one_line(line, sink);
        }
    }

    fn one_line(&mut self, line: String, sink: &mut Sorted<'_>) {
        /// Most lines that are kept until it is known whether the log has ended before them.
        const MOST_BEHIND: usize = 1_000;
        let is_of_terminal = is_of_terminal(&line);
        let number = self.number + 1;
        if let Some(mut whole) = self.broken.take() {
            // The reason of a sentence may stand behind a blank line.
            if line.trim().is_empty() && whole.ends_with_colon() {
                (self.broken, self.number) = (Some(whole), number);
                return;
            }
            let is_hard = whole.last().chars().count() == self.widest;
            if !is_of_terminal && whole.add(&line, is_hard) {
                (self.broken, self.number) = (Some(whole), number);
                return;
            }
            match self.wrap.between(whole.message(), whole.last(), &line) {
                Some(between) if !is_of_terminal && whole.message().len() + line.len() < LONGEST_EVENT_BYTES => {
                    whole.push(between, &line);
                    (self.broken, self.number) = (Some(whole), number);
                    return;
                }
                _ => self.whole_line(whole.into_line(), sink),
            }
        }
        self.number = number;
        let may_be_behind = self.pending.as_ref().is_some_and(|event| event.owns_lines || event.is_below_prefix)
            && (!self.behind.is_empty() || is_of_terminal)
            && self.behind.len() < MOST_BEHIND
            && !prefix::strip(&line).has_prefix();
        if may_be_behind {
            return self.behind.push(line);
        }
        for before in std::mem::take(&mut self.behind) {
            self.whole_line(before, sink);
        }
        if self.wrap.may_be_broken(&line) || may_be_broken_frame(&line) {
            self.broken = Some(frame::Pieces::of(line));
        } else {
            self.whole_line(line, sink);
        }
    }

    /// Reads a line, but for one that may be of the message of an error, which may have several lines: it waits for those behind it.
    fn whole_line(&mut self, line: String, sink: &mut Sorted<'_>) {
        let is_printed = match &self.pending {
            Some(pending) => !pending.owns_lines && (self.is_of_function || frame::is_framed(&pending.event.message)),
            None => self.is_of_function,
        };
        for held in self.held.next(HeldLine { line, number: self.number }, is_printed, self.widest) {
            self.own_line(held, sink);
        }
    }

    fn own_line(&mut self, HeldLine { mut line, number }: HeldLine, sink: &mut Sorted<'_>) {
        let is_blank = line.trim().is_empty();
        match self.indented_line(&line) {
            IndentedLine::Event => line = line.trim_start().to_owned(),
            IndentedLine::Doubtful => sink.summary.unread(number, INDENTED),
            IndentedLine::Part => {}
        }
        let mut stripped = prefix::strip(&line);
        // A time of the tool's form is the tool's, whatever level stands behind it.
        let has_tools_time = self.form_of_time.is_some() && self.form_of_time == prefix::form_of_time(&line);
        if !stripped.has_prefix()
            && has_tools_time
            && let Some(line) = prefix::strip_time(&line)
        {
            stripped = line;
        }
        // A tool that heads each log event heads the platform's lines, too: a time alone is one that the function printed, and its clock
        // puts no log event in another place.
        let is_framed = || self.pending.as_ref().is_some_and(|pending| frame::is_framed(&pending.event.message));
        let has_own_time = stripped.has_prefix() && stripped.stream.is_none() && !prefix::is_head(stripped.message);
        if has_own_time && !self.has_framed_prefix && (self.is_of_function || is_framed()) {
            stripped = prefix::Line { message: &line, ..prefix::Line::default() };
        }
        if self.first_columns.are_of_another(&stripped, &line) {
            stripped = prefix::Line { message: &line, ..prefix::Line::default() };
        }
        if stripped.has_prefix() && self.first_columns.end_with_dash() {
            stripped.message = stripped.message.strip_prefix("- ").unwrap_or(stripped.message);
        }
        if !stripped.has_prefix() && self.pending.as_mut().is_some_and(|pending| pending.unfolds(&line)) {
            return;
        }
        if !stripped.has_prefix()
            && let Some(pending) = &mut self.pending
            && (pending.takes(&line, is_blank, self.is_of_function)
                || self.are_pages && pending.is_page_before(&line, is_blank))
            && (pending.is_below_prefix || !sink.declared.is_some_and(|format| declared::is_record(format, &line)))
        {
            if !is_blank || pending.is_below_prefix && pending.has_lines {
                if pending.brackets.are_open() {
                    pending.brackets.read(&line);
                }
                self.has_framed_prefix |= pending.is_below_prefix && !pending.has_lines && frame::is_framed(&line);
                pending.add(&line);
            }
            return;
        }
        if is_blank {
            return;
        }
        self.hand_on(sink);
        if frame::is_framed(stripped.message) || is_of_request(stripped.message) {
            self.has_framed_prefix = stripped.has_prefix();
            let is_only_time = stripped.is_only_time();
            self.form_of_time = if is_only_time { prefix::form_of_time(&line) } else { None };
        }
        if stripped.has_prefix() {
            let message = stripped.message;
            let time_ms = stripped.time_ms.or_else(|| time::of_line(message));
            let timestamp_ms = self.time_of(time_ms, message);
            let is_below_prefix = message.trim().is_empty();
            self.prefixes += u64::from(!stripped.may_be_own_time());
            self.pending = Some(Pending {
                event: Event {
                    id: stripped.id.unwrap_or_default().to_owned(),
                    timestamp_ms,
                    log_group: stripped
                        .group
                        .map(|group| prefix::without_account(group).to_owned())
                        .unwrap_or_default(),
                    log_stream: stripped.stream.unwrap_or_default().to_owned(),
                    message: if is_below_prefix { String::new() } else { message.to_owned() },
                    ..Event::default()
                },
                has_prefix: true,
                owns_lines: stripped.stream.is_some() || self.prefixes > 1 || has_tools_time,
                owns_heads: self.has_framed_prefix,
                is_below_prefix,
                line: number,
                first_bytes: bytes_of_first_line(message),
                is_unfolded: false,
                has_lines: false,
                to_repeat: None,
                brackets: Brackets::default(),
            });
            return;
        }
        if !prefix::is_timed(&line) {
            self.prefixes = 0;
        }
        let own = without_brackets(&line);
        // What a function printed is no wrapped line of another log.
        let is_printed = self.is_of_function
            && own.starts_with(['{', '['])
            && (!json::is_event(own) || json::is_page(own) || sink.is_within_invocation());
        if own.is_empty()
            || !is_printed && json::line(own, sink)
            || line.starts_with("[{") && json::line(line.trim(), sink)
        {
            return;
        }
        let timestamp_ms = self.time_of(time::of_line(&line), &line);
        let message =
            if line.starts_with(BLANKS) && wrapped::is_bare_record(&line) { line.trim().to_owned() } else { line };
        let event = Event { timestamp_ms, message, ..Event::default() };
        let mut brackets = Brackets::default();
        if event.message.trim() == "{" {
            brackets.read(&event.message);
        }
        self.pending = Some(Pending {
            has_prefix: false,
            owns_lines: false,
            owns_heads: false,
            is_below_prefix: false,
            line: number,
            first_bytes: bytes_of_first_line(&event.message),
            is_unfolded: false,
            has_lines: false,
            to_repeat: None,
            brackets,
            event,
        });
    }

    /// Returns the time of a line with this time of its own, or that of the line before. A line about another request than that one
    /// has no time: the request may be of any day.
    fn time_of(&mut self, own_ms: Option<i64>, message: &str) -> i64 {
        let request = split_request_id(message).map_or("", |(id, _)| id);
        if let Some(own_ms) = own_ms {
            self.timestamp_ms = own_ms;
            request.clone_into(&mut self.timed_request);
        } else if !request.is_empty() && request != self.timed_request && !self.is_of_function {
            return 0;
        }
        self.timestamp_ms
    }

    /// Returns what a line behind blanks is, behind which a log event begins with its time or its stream.
    fn indented_line(&self, line: &str) -> IndentedLine {
        let own = line.trim_start();
        let stripped = prefix::strip(own);
        if !line.starts_with(BLANKS) || !stripped.has_prefix() || !has_no_lines_below(own) {
            return IndentedLine::Part;
        }
        let Some(Pending { event, .. }) = &self.pending else { return IndentedLine::Event };
        // API Gateway and Lambda write no lines below their own. A function prints lines of any log, but not its stream before them.
        let is_of_stream = !event.log_stream.is_empty() && stripped.stream == Some(event.log_stream.as_str());
        if is_of_stream || has_no_lines_below(first_line(&event.message)) {
            IndentedLine::Event
        } else {
            IndentedLine::Doubtful
        }
    }

    /// Hands on what is left.
    pub(super) fn end(&mut self, sink: &mut Sorted<'_>) {
        self.end_begun(sink);
        if let Some(whole) = self.broken.take() {
            self.whole_line(whole.into_line(), sink);
        }
        for held in self.held.end() {
            self.own_line(held, sink);
        }
        sink.summary.lines_behind += self.behind.drain(..).filter(|line| !line.trim().is_empty()).count() as u64;
        self.hand_on(sink);
    }

    /// Hands on the event that is complete.
    fn hand_on(&mut self, sink: &mut Sorted<'_>) {
        let Some(Pending { mut event, has_prefix, is_below_prefix, line, .. }) = self.pending.take() else { return };
        if is_below_prefix {
            event.message = once(event.message.trim()).to_owned();
            // A time alone, as where the message has one of its own or something broke the line between its columns.
            if event.message.is_empty() {
                return;
            }
        }
        // The message before the column may end with a line break.
        if let Some((message, timestamp)) = event.message.rsplit_once('\t')
            && (!has_prefix || message.ends_with('\n'))
            && timestamp.len() == 13
            && let Some(timestamp_ms) = time::of(timestamp)
        {
            event = Event { timestamp_ms, message: message.to_owned(), ..event };
        }
        if self.are_escaped {
            event.message = unescaped(&event.message);
        } else if let Some(message) = runtime::with_plain_quotes(&event.message) {
            event.message = message;
        } else if let Some(message) = runtime::with_breaks(&event.message) {
            event.message = message;
        }
        if let Some(whole) = broken_error::whole(&event.message) {
            event.message = whole;
        } else if let Cow::Owned(whole) = frame::without_breaks(&event.message) {
            event.message = whole;
        } else if let Some(whole) = runtime::with_whole_head(&event.message) {
            event.message = whole;
        }
        if let Some(whole) = runtime::without_padding(&event.message) {
            event.message = whole;
        }
        let behind = runtime::end_of_frames(&event.message).map(|end| event.message.split_off(end));
        let behind = behind.map(|message| Event { message, ..event.clone() });
        self.is_of_function |= frame::is_framed(&event.message);
        let above = std::mem::take(&mut self.record_above);
        if !has_prefix && is_unfolded_record(&above, &event.message) {
            return;
        }
        if has_prefix {
            event.message = without_brackets(&event.message).to_owned();
            if event.message.starts_with('{') && event.message.len() <= LONGEST_TWICE_BYTES {
                self.record_above.clone_from(&event.message);
            }
            self.message(event, has_prefix, line, sink);
            return behind.into_iter().for_each(|event| self.message(event, has_prefix, line, sink));
        }
        // A document behind lines of text, which was collected line by line.
        let document = event.message.trim_start().trim_end_matches([',', ']', ' ', '\n']);
        let may_be_document = document.starts_with('{') && document.contains('\n') && !self.is_of_function;
        if may_be_document && json::document(document, sink) {
            return;
        }
        let text = std::mem::take(&mut event.message);
        let messages = if self.are_pages { messages(&text) } else { vec![text.as_str()] };
        for message in messages {
            let event = Event { message: without_brackets(message).to_owned(), ..event.clone() };
            self.message(event, has_prefix, line, sink);
        }
        behind.into_iter().for_each(|event| self.message(event, has_prefix, line, sink));
    }

    /// Hands on a message. What else stands on its line is reported.
    fn message(&mut self, event: Event, has_prefix: bool, line: u64, sink: &mut Sorted<'_>) {
        let is_printed = self.is_of_function && event.message.starts_with('{');
        let holds_end = frame::holds_end_of(&event.message, &self.invocation);
        if let Some(id) = frame::id_of_start(&event.message) {
            id.clone_into(&mut self.invocation);
        }
        // A line that a screen cut was counted with its width.
        let is_counted = self.cut_at > 0 && ends_with_cut_sign(&event.message);
        sink.summary.broken_lines += u64::from(!is_counted && broken_line::is_cut(&event.message));
        if frame::is_blanked(&event.message) {
            sink.summary.unread(line, BLANKED);
        } else if is_cut_event(&event.message) && (!has_prefix || may_be_failure(&event.message)) {
            sink.summary.unread(line, UNREAD_JSON);
        }
        match if is_printed { several::LineContent::One } else { several::look(&event.message) } {
            several::LineContent::One if holds_end => sink.summary.unread(line, ONE_LINE),
            several::LineContent::One => {}
            several::LineContent::Joined(why) => sink.summary.unread(line, why),
            several::LineContent::Unread(_) if sink.is_pasted => {}
            several::LineContent::Unread(why) => return sink.summary.unread(line, why),
            several::LineContent::Events(events) => {
                return events.into_iter().for_each(|event| json::element(event, sink));
            }
        }
        if has_prefix { sink.event(event) } else { sink.in_place(event) }
    }
}

/// Part that a line behind blanks has in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IndentedLine {
    /// A log event.
    Event,
    /// A line of the log event before it.
    Part,
    /// One of the two.
    Doubtful,
}

/// Remark on lines of which it cannot be known whether they are log events.
const INDENTED: &str =
    "a log event behind blanks, or a line that a function printed: take the blanks before the lines off";

/// Remark on a function's log of which no line shows whose it is.
const BLANKED: &str = "the ids of the invocations are blanked: put another id in place of each";

/// Returns whether a line is the beginning of an object with a log event in it, as where a terminal broke it. A line of an access log is
/// read as far as it goes.
fn is_cut_event(line: &str) -> bool {
    let line = without_cut_sign(line);
    let key = line.strip_prefix("{\"").and_then(|rest| rest.split_once('"')).map(|(key, _)| key);
    key.is_some_and(|key| row::column(key).is_some())
        && !access::is_labelled(&LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(line.as_bytes()) })
        && runtime::breaks_off(line)
}

/// Returns whether an object may be one about a failure of a function. Functions print others of which they cut the end themselves.
fn may_be_failure(object: &str) -> bool {
    ["\"platform.", "\"ERROR\"", "\"FATAL\"", "\"errorType\""].iter().any(|sign| object.contains(sign))
}

/// Returns whether a line of Lambda may go on, behind what a tool put before it.
fn may_be_broken_frame(line: &str) -> bool {
    let message = prefix::strip(line).message;
    frame::may_go_on(if message.is_empty() { line } else { message })
}

/// Returns whether a tab stands before each message of Lambda but the first of a page.
fn are_behind_tabs(start: &str) -> bool {
    let count = |before: &str| {
        let is_frame = |line: &&str| line.strip_prefix(before).is_some_and(frame::is_framed);
        start.lines().filter(is_frame).count()
    };
    let behind_tabs = count("\t");
    behind_tabs > 0 && !start.starts_with('\t') && behind_tabs >= count("")
}

/// Returns whether a line behind a tab is another message, and no line of a stack.
fn begins_message_behind_tab(line: &str, is_below_panic: bool) -> bool {
    const OF_STACKS: [&str; 5] = ["at ", "... ", "Suppressed: ", "Caused by: ", "/"];
    line.strip_prefix('\t').is_some_and(|own| {
        let is_of_stack =
            OF_STACKS.iter().any(|start| own.starts_with(start)) || is_below_panic && own.starts_with("panic: ");
        !own.starts_with(BLANKS) && !is_of_stack
    })
}

/// A message that a copy of the console holds twice, once: folded and unfolded, with a blank line between.
///
/// Folded, it is its first line.
fn once(text: &str) -> &str {
    // The blank line may be lost.
    if let Some((first, rest)) = text.split_once('\n')
        && rest.split_once('\n').is_some_and(|(second, _)| second.trim_end() == first.trim_end())
    {
        return rest.trim();
    }
    if let Some((first, rest)) = text.split_once("\n\n")
        && !first.contains('\n')
        && rest.trim_start().lines().next().is_some_and(|line| line.trim_end() == first.trim())
    {
        return rest.trim();
    }
    let mut from = 0;
    while let Some(at) = text[from..].find("\n\n").map(|at| from + at) {
        let (before, behind) = (text[..at].trim(), text[at..].trim());
        if before == behind {
            return before;
        }
        // Any number of blank lines is one break.
        from = text.len() - text[at..].trim_start().len();
    }
    text
}

/// Returns whether a message is the object right above it, as the console shows it unfolded.
fn is_unfolded_record(above: &str, message: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    !above.is_empty()
        && message.starts_with("{\n")
        && (above.len()..=LONGEST_TWICE_BYTES).contains(&message.len())
        && value(above).is_some_and(|above| value(message) == Some(above))
}

/// The messages that `--output text` puts on one line, with tabs between them.
fn messages(line: &str) -> Vec<&str> {
    let is_same = |first: &str, next: &str| match first.as_bytes().first() {
        Some(b'{') => next.starts_with("{\"") && first.trim_end().ends_with('}'),
        Some(b'(') => next.starts_with('('),
        Some(b'S' | b'E' | b'R' | b'I' | b'2') => !next.starts_with(['{', '(']),
        _ => false,
    };
    if !line.contains('\t') {
        return vec![line];
    }
    if !prefix::is_head(line) {
        return access_lines(line).unwrap_or_else(|| vec![line]);
    }
    let mut messages = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices('\t') {
        let next = &line[at + 1..];
        if (prefix::is_head(next) || runtime::begins_as_go(next)) && is_same(&line[start..at], next) {
            messages.push(&line[start..at]);
            start = at + 1;
        }
    }
    messages.push(&line[start..]);
    // The tab may be a client's: then the rest of their line stands behind what they wrote.
    let is_whole = |text: &&str| {
        let text = without_brackets(text);
        !text.starts_with('{') || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    };
    if messages.iter().all(is_whole) { messages } else { vec![line] }
}

/// Splits a line into several lines of an access log: each has values between blanks or signs, and of those one is a status. None where
/// the tabs are between the values of one line, of which the status stands alone, or where a client wrote the tab: then what stands behind it
/// is no line of the form that is before it.
fn access_lines(line: &str) -> Option<Vec<&str>> {
    let is_separator = |c: char| matches!(c, ' ' | ',' | ';' | '|');
    let is_status =
        |value: &str| value.len() == 3 && value.starts_with(['1', '2', '3', '4', '5']) && value.parse::<u16>().is_ok();
    let is_bare = |c: char| matches!(c, '"' | '<' | '>' | '=' | ':');
    let has_status = |piece: &&str| piece.split(|c| is_separator(c) || is_bare(c)).any(is_status);
    let pieces: Vec<&str> = line.split('\t').filter(|piece| !piece.trim().is_empty()).collect();
    let are_lines = pieces.iter().all(|piece| piece.trim().contains(is_separator));
    let mut are_known = pieces.iter().map(|piece| access::line(piece).is_some());
    let are_alike = are_known.next().is_none_or(|first| are_known.all(|known| known == first));
    (are_lines && are_alike && pieces.iter().filter(|piece| has_status(piece)).count() > 1).then_some(pieces)
}

/// A line without the array around it: brackets and commas of JSON, and the columns that an export puts behind an
/// object. In a log event nothing follows the object; in a file, what does is the export's.
fn without_brackets(line: &str) -> &str {
    let text = line.trim();
    if matches!(text, "[" | "]" | "]," | "," | "],[") {
        return "";
    }
    // A comma may stand before each element but the first.
    let text = text.strip_prefix(',').map(str::trim_start).filter(|rest| rest.starts_with(['{', '"'])).unwrap_or(text);
    let inner = match text.strip_prefix('[') {
        Some(inner) if inner.trim_start().starts_with("{\"") && !text.ends_with("]]") => inner.trim_start(),
        _ => text,
    };
    if let Some(quoted) = inner.strip_suffix(',').filter(|quoted| inner.starts_with('"') && quoted.ends_with('"')) {
        return quoted;
    }
    if !inner.starts_with('{') {
        return line;
    }
    let Some(end) = inner.rfind('}') else { return line };
    let behind = &inner[end + 1..];
    let is_of_export =
        behind.starts_with('\t') || behind.chars().all(|c| c.is_whitespace() || matches!(c, ',' | ';' | ']' | '"'));
    if is_of_export { &inner[..=end] } else { line }
}
