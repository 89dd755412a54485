//! Lines of a format that the settings declare, as they stand in a file: as they are, or over several lines.

use serde::de::IgnoredAny;
use why5xx::decode::{LogEvent, Message};
use why5xx::record::Record;
use why5xx::record::access::{self, AccessLine, DeclaredFormat};
use why5xx::settings::AccessLogFormat;

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
