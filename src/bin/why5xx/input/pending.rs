//! A log event of a text, whose other lines may still come.

use std::collections::VecDeque;

use why5xx::record::execution::split_request_id;
use why5xx::record::lambda::TRACEBACK;

use super::brackets::Brackets;
use super::runtime::{
    self, LONGEST_LINE_BYTES, begins_as_python, continues_report, may_be_of_message, repeats_message,
};
use super::text::{LONGEST_EVENT_BYTES, LONGEST_TWICE_BYTES};
use super::{Event, frame, prefix, several, wrapped};

/// A log event, as far as it was read.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) event: Event,
    /// A tool put time or stream before it.
    pub(super) has_prefix: bool,
    /// It did so for the events before, too, so that a line without is a part of this one.
    pub(super) owns_lines: bool,
    /// It does so before each event: what looks like another one is a part of what the function printed.
    pub(super) owns_heads: bool,
    /// Time and stream stand on a line of their own.
    pub(super) is_below_prefix: bool,
    /// Number of its line.
    pub(super) line: u64,
    /// Bytes of its first line, without blanks behind it.
    pub(super) first_bytes: usize,
    /// A copy of the console holds its first line twice.
    pub(super) is_unfolded: bool,
    /// Lines were added to it.
    pub(super) has_lines: bool,
    /// Lines of its message that Java's runtime has still to say again; None as long as it says nothing again.
    pub(super) to_repeat: Option<VecDeque<String>>,
    /// Those of it, if it is a document of JSON over several lines.
    pub(super) brackets: Brackets,
}

impl Pending {
    fn has_room_for(&self, line: &str) -> bool {
        self.event.message.len() + line.len() <= LONGEST_EVENT_BYTES
    }

    /// Whether a line without time and stream is a part of this event.
    pub(super) fn takes(&self, line: &str, is_blank: bool, is_of_function: bool) -> bool {
        let message = &self.event.message;
        if !self.has_room_for(line) {
            return false;
        }
        if self.is_below_prefix {
            // The console may show a message twice. Another line of the platform is no part of it.
            let is_another = frame::is_framed(line) || prefix::is_timed(line);
            let is_twice = || message.len() <= LONGEST_TWICE_BYTES && message.contains(line.trim());
            return message.is_empty() || !is_another || is_twice();
        }
        if self.brackets.are_open() && is_within_json(message, line) {
            return true;
        }
        // The message of an error of Python may go on with `(ClientError) when calling …`.
        let is_of_python = || line.starts_with('(') && self.goes_on_in_python(line);
        let is_head = prefix::is_head(line.trim_start()) && !is_of_python();
        let is_record = || wrapped::is_bare_record(message) && !message.starts_with(['{', '<']);
        if self.has_prefix && !self.has_lines && !is_blank && is_record() {
            return false;
        }
        let is_another = is_head || prefix::is_timed(line);
        if self.owns_lines && (!is_another || is_head && self.owns_heads && !has_no_lines_below(first_line(message))) {
            return !begins_document(line) || self.continues_report(line);
        }
        // The next object of a list.
        if line.trim() == "{" && self.first().trim_start() == "{" && self.has_lines {
            return false;
        }
        // In a list or a block, blanks stand before a record. What has other lines may have printed it.
        let may_be_record = !is_of_function && !self.has_prefix && !prefix::is_head(first_line(message));
        let is_record = || may_be_record && line.starts_with(BLANKS) && wrapped::is_bare_record(line);
        let goes_on = || continues(line) && !is_head && !is_record() || self.continues_report(line);
        !is_blank && (goes_on() || is_of_function && !is_another && runtime::has_level_of_dotnet(self.first()))
    }

    /// Whether an error of Python has begun, and a line may be of its message.
    fn goes_on_in_python(&self, line: &str) -> bool {
        let message = &self.event.message;
        message.len() <= LONGEST_LINE_BYTES
            && begins_as_python(self.first())
            && !message.contains(TRACEBACK)
            && may_be_of_message(line)
    }

    /// Takes the first line of a message that a copy of the console shows folded, and then unfolded. Returns whether the line is that one.
    pub(super) fn unfolds(&mut self, line: &str) -> bool {
        let is_first = self.has_prefix && !self.has_lines && !self.is_unfolded && !line.trim().is_empty();
        let is_same = is_first && line.trim_end() == self.event.message.trim_end();
        self.is_unfolded |= is_same;
        is_same
    }

    /// Whether a line without time and stream is a part of the body within this page of messages.
    pub(super) fn is_page_before(&self, line: &str, is_blank: bool) -> bool {
        let is_page = || begins_page(frame::start_of(&self.event.message));
        !is_blank && !self.has_prefix && self.has_room_for(line) && !prefix::is_head(line) && is_page()
    }

    pub(super) fn add(&mut self, line: &str) {
        let message = &self.event.message;
        if let Some(lines) = &mut self.to_repeat {
            lines.pop_front();
        } else if repeats_message(message, self.first(), line) {
            // The type stands behind the last line.
            let whole = message.rsplit_once(": ").map_or("", |(message, _)| message);
            self.to_repeat = Some(whole.lines().skip(1).map(|line| line.trim_end().to_owned()).collect());
        }
        self.has_lines = true;
        self.event.message.push('\n');
        self.event.message.push_str(line);
    }

    /// Returns the first line, without blanks behind it. The whole message is not looked through for each line that comes.
    pub(super) fn first(&self) -> &str {
        &self.event.message[..self.first_bytes]
    }

    fn continues_report(&self, line: &str) -> bool {
        continues_report(self.first(), !self.has_lines, line)
            || repeats_message(&self.event.message, self.first(), line)
            || self.to_repeat.as_ref().and_then(VecDeque::front).is_some_and(|next| next == line.trim_end())
    }
}

/// Returns whether a text begins with a message of a page of `--output text`: another one of the same request stands behind it, or
/// anything behind the first one of an invocation.
pub(super) fn begins_page(start: &str) -> bool {
    let first = start.lines().next().unwrap_or_default();
    // Behind the line may stand its time or its stream, in a column.
    let is_message = |text: &str| text.contains(' ') || text.starts_with(['{', '[']);
    let is_begun =
        || frame::id_of_start(first).is_some() && first.split_once('\t').is_some_and(|(_, behind)| is_message(behind));
    is_begun() || several::holds_own_id(first, "\t")
}

/// Returns whether API Gateway or Lambda wrote a line about a request or an invocation but for a body, or it is a line of an access log or a flow log without
/// braces: it has no lines below it. A tool may have put its time before it.
pub(super) fn has_no_lines_below(line: &str) -> bool {
    let message = prefix::strip(line).message;
    frame::is_framed(message)
        || is_of_request(message) && !shows_body(message)
        || !message.starts_with('{') && wrapped::is_bare_record(message)
}

/// Returns whether a line is one of API Gateway's about a request, behind its id.
pub(super) fn is_of_request(message: &str) -> bool {
    message.starts_with('(') && prefix::is_head(message)
}

/// Returns whether a line of API Gateway's shows a body that goes on in the next line.
fn shows_body(message: &str) -> bool {
    const BODIES: [&str; 4] =
        ["Method request body", "Endpoint request body", "Endpoint response body", "Method response body"];
    let Some((_, own)) = split_request_id(message).filter(|(_, own)| BODIES.iter().any(|body| own.starts_with(body)))
    else {
        return false;
    };
    let body = own.split_once(": ").map_or("", |(_, body)| body.trim());
    let is_object = body.starts_with(['{', '[']);
    !(body.is_empty() || is_object && Brackets::default().read(body).is_some())
}

/// Returns whether a line may begin a document of JSON: a bracket alone, or a list of objects or strings.
pub(super) fn begins_document(line: &str) -> bool {
    matches!(line.trim_end(), "{" | "[") || line.starts_with("[{") || line.starts_with("[\"")
}

/// Returns whether a line may stand in a document of JSON behind this text, even without its indentation.
fn is_within_json(before: &str, line: &str) -> bool {
    let line = line.trim();
    let is_scalar = |text: &str| serde_json::from_str::<serde_json::Value>(text.trim_end_matches(',')).is_ok();
    match line.as_bytes().first() {
        Some(b'{') => before.trim_end().ends_with(['[', ',', ':']),
        Some(b'"' | b'}' | b']' | b'[') => true,
        _ => is_scalar(line),
    }
}

pub(super) fn bytes_of_first_line(message: &str) -> usize {
    message.lines().next().unwrap_or_default().trim_end().len()
}

/// Returns the beginning of the first line, which shows what it is.
pub(super) fn first_line(text: &str) -> &str {
    frame::start_of(text).lines().next().unwrap_or_default()
}

/// Signs of which some stand before a line that goes on with the one before.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// Whether a line belongs to the one before: stack traces and pretty-printed JSON are indented or close a bracket.
fn continues(line: &str) -> bool {
    line.starts_with(BLANKS) && !line.trim().is_empty() || line.starts_with(['}', ']'])
}
