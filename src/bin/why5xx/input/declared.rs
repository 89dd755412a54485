//! Lines of a format that the settings declare, as they stand in a file: as they are, behind what a tool put before them, or over several
//! lines.

use std::io::BufRead;

use serde::de::IgnoredAny;
use why5xx::decode::{LogEvent, Message};
use why5xx::record::Record;
use why5xx::record::access::{self, AccessLine, DeclaredFormat};
use why5xx::settings::AccessLogFormat;

use super::order::Sorted;
use super::{Event, InputError, prefix, text, time};

/// Returns whether a text is one of lines of the format: the first one is, and so are most. What stands in such a line is the format's, also
/// what looks like a mark, a level or a column elsewhere. Documents of JSON are no such text unless the format is one: they may hold log events,
/// and a format that begins with the text of a client fits anything.
pub(super) fn is_text(format: &DeclaredFormat, start: &str, is_whole: bool) -> bool {
    // The last line may be cut.
    let lines = if is_whole { start } else { start.rsplit_once('\n').map_or("", |(lines, _)| lines) };
    let lines = || lines.lines().filter(|line| !line.trim().is_empty());
    let is_first = |line: &str| {
        record(format, line).is_some() && (format.is_json() || serde_json::from_str::<IgnoredAny>(line).is_err())
    };
    // A page of messages, of which the last value of the first one may hold the others.
    let is_page = |line: &str| line.contains('\t') && line.split('\t').all(|message| is_record(format, message));
    lines().next().is_some_and(|line| is_first(line) && !is_page(line))
        && lines().filter(|line| record(format, line).is_some()).count() * 2 >= lines().count()
}

/// Reads such a text.
pub(super) fn read(format: &DeclaredFormat, mut input: impl BufRead, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    while let Some(line) = text::next_line(&mut input, sink)? {
        let own = record(format, &line).unwrap_or_else(|| prefix::strip(&line));
        if own.message.trim().is_empty() {
            continue;
        }
        let event = Event {
            id: own.id.unwrap_or_default().to_owned(),
            timestamp_ms: own.time_ms.or_else(|| time::of_line(own.message)).unwrap_or(0),
            log_group: own.group.map(prefix::without_account).unwrap_or_default().to_owned(),
            log_stream: own.stream.unwrap_or_default().to_owned(),
            message: own.message.to_owned(),
            ..Event::default()
        };
        if own.has_prefix() { sink.event(event) } else { sink.in_place(event) }
    }
    Ok(())
}

/// Returns the record of a line, and what a tool put before it: all that looks like a tool's, its time alone, or nothing. A dash before the
/// record may be the format's.
fn record<'l>(format: &DeclaredFormat, line: &'l str) -> Option<prefix::Line<'l>> {
    let of_tool = Some(prefix::strip(line)).filter(prefix::Line::has_prefix);
    let with_dash = |own: prefix::Line<'l>| {
        let at = line[..line.len() - own.message.len()].trim_end_matches([' ', '\t']).strip_suffix('-')?.len();
        Some(prefix::Line { message: &line[at..], ..own })
    };
    let bare = prefix::Line { message: line, ..prefix::Line::default() };
    of_tool
        .into_iter()
        .chain(prefix::strip_any_time(line))
        .flat_map(|own| [Some(own), with_dash(own)])
        .chain([Some(bare)])
        .flatten()
        .find(|own| is_record(format, own.message))
}

/// Returns whether a line is a record of the format.
pub(super) fn is_record(format: &DeclaredFormat, line: &str) -> bool {
    !matches!(access::parse(&log_event(line), Some(format)), Record::Access(AccessLine::NoStatus))
}

/// Reads a document of JSON over several lines, as tools print it, against its format; None of any other text. Blanks between its values
/// are not the format's.
pub(super) fn over_lines(format: Option<&AccessLogFormat>, event: &LogEvent<'_>) -> Option<Record<'static>> {
    let (format, text) = (format?, event.message.text());
    if !text.trim().contains('\n') || serde_json::from_str::<IgnoredAny>(&text).is_err() {
        return None;
    }
    let text = without_blanks(&text, &mut false);
    let mut in_string = false;
    let mut literal = |text: &str| without_blanks(text, &mut in_string);
    let format = AccessLogFormat {
        first: literal(&format.first),
        rest: format.rest.iter().map(|(name, behind)| (name.clone(), literal(behind))).collect(),
    };
    let event = LogEvent { message: Message::plain(text.as_bytes()), ..*event };
    Some(access::parse(&event, Some(&DeclaredFormat::new(&format))))
}

/// Returns a part of JSON without the blanks that are in no string. `in_string`: whether the part begins in one; it is set to whether it
/// ends in one.
fn without_blanks(json: &str, in_string: &mut bool) -> String {
    let mut is_escaped = false;
    let is_kept = |c: &char| {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = *in_string,
            '"' => *in_string = !*in_string,
            c => return *in_string || !c.is_ascii_whitespace(),
        }
        true
    };
    json.chars().filter(is_kept).collect()
}

fn log_event(text: &str) -> LogEvent<'_> {
    LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) }
}
