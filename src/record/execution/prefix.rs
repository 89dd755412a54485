//! Strips what can precede `(request-id) ` in a log event. The list is closed: a date of the console's test output, an ISO
//! timestamp, the prefix of a log tail, the columns of plain execution-log delivery.
//!
//! Log events hold all of these: delivery writes its columns itself, and an agent that sends a file or the output of a tail
//! to CloudWatch Logs keeps its lines as they are.

use super::{LONGEST_REQUEST_ID_BYTES, is_request_id};
use crate::record::{API_PREFIX, EXECUTION_PREFIX};

/// Text before a message, and what it says.
#[derive(Debug, Default)]
pub(super) struct Prefix<'a> {
    /// Length in bytes; the message follows.
    pub(super) length: usize,
    pub(super) request_id: Option<&'a str>,
    pub(super) api_id: Option<&'a str>,
    pub(super) stage: Option<&'a str>,
    pub(super) resource_path: Option<&'a str>,
    /// Whether it holds a date of the console's test output.
    pub(super) has_console_date: bool,
    /// Whether it has columns that a line of an access log may have as well: an epoch time, a method, a path, then what the
    /// client wrote. No variable of an access log holds the ARN of a stage, or a date in the form of ISO 8601.
    pub(super) may_be_of_access_log: bool,
}

/// Most columns before a message: the six fields of plain delivery beside the payload, or group, stream and two times.
const MOST_COLUMNS: usize = 8;

/// Returns what precedes the message.
pub(super) fn strip(text: &str) -> Prefix<'_> {
    let mut prefix = Prefix::default();
    let mut columns = Vec::new();
    // Start of the message if no request ID follows: behind a date, or behind the columns of a log tail.
    let mut without_id_from = 0;
    loop {
        let rest = text[prefix.length..].trim_start_matches(is_separator);
        prefix.length = text.len() - rest.len();
        let timed = columns.iter().any(|(column, _)| *column == PrefixWord::Time);
        if timed && let Some(length) = zone_offset(rest) {
            prefix.length += length;
            without_id_from = prefix.length;
            continue;
        }
        if let Some((id, length)) = bracketed_id(rest) {
            // `[time] (stream) (request-id) `, as one log tail writes it.
            let is_stream = timed && is_log_stream(id);
            if is_stream && columns.len() < MOST_COLUMNS && bracketed_id(&rest[length..]).is_some() {
                columns.push((PrefixWord::LogStream, id));
                prefix.length += length;
                continue;
            }
            if are_closed(&columns) {
                prefix.request_id = Some(id);
                prefix.length += length;
            }
            break;
        }
        if let Some(length) = console_date(rest) {
            prefix.has_console_date = true;
            prefix.length += length;
            without_id_from = prefix.length;
            continue;
        }
        let word = rest.split(is_separator).next().unwrap_or("");
        let Some(column) = PrefixWord::classify(word) else { break };
        if columns.len() == MOST_COLUMNS {
            break;
        }
        columns.push((column, word));
        prefix.length += word.len();
        if column == PrefixWord::Time {
            without_id_from = prefix.length;
        }
    }
    let is_dated = match columns[..] {
        [(_, date)] => has_form(date, b"0000-00-00"),
        [(_, date), (_, time)] => has_form(date, b"0000-00-00") && has_form(time, b"00:00:00"),
        _ => false,
    };
    prefix.may_be_of_access_log =
        !columns.is_empty() && !is_dated && columns.iter().all(|(column, _)| *column != PrefixWord::Arn);
    if prefix.request_id.is_some() {
        delivery_columns(&columns, &mut prefix);
    } else {
        prefix.length = without_id_from;
    }
    prefix
}

/// Returns whether `c` separates columns, in plain delivery or in a log tail.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\t' | ',' | ';' | '|')
}

/// Returns the length of `(+02:00)` at the start of `text`. The console writes it behind a time.
fn zone_offset(text: &str) -> Option<usize> {
    let (offset, _) = text.strip_prefix('(')?.split_once(')')?;
    let digits = offset.strip_prefix(['+', '-'])?.bytes().all(|b| b.is_ascii_digit() || b == b':');
    (digits && offset.len() <= "+02:00".len()).then_some(offset.len() + "()".len())
}

/// Returns the ID of `(request-id) ` at the start of `text`, and the length of the whole.
pub(super) fn bracketed_id(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('(')?;
    let end = rest.as_bytes().iter().take(LONGEST_REQUEST_ID_BYTES + 1).position(|b| *b == b')')?;
    let id = rest.get(..end)?;
    let length = end + 2;
    (is_request_id(id.as_bytes()) && rest[end + 1..].starts_with(' ')).then_some((id, length + 1))
}

/// Returns the length of `Thu May 04 17:48:21 UTC 2024 : ` at the start of `text`.
fn console_date(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let date = bytes.get(..DATE_BYTES)?;
    let is_date = date[..3].iter().all(u8::is_ascii_alphabetic)
        && date[3] == b' '
        && date[4..7].iter().all(u8::is_ascii_alphabetic)
        && date[7] == b' '
        && date[13] == b':'
        && date[16] == b':'
        && &date[19..24] == b" UTC "
        && date[24..].iter().all(u8::is_ascii_digit);
    if !is_date {
        return None;
    }
    let rest = &text[DATE_BYTES..];
    let length = rest.len() - rest.trim_start().strip_prefix(':')?.trim_start().len();
    Some(DATE_BYTES + length)
}

/// Length of `Thu May 04 17:48:21 UTC 2024`.
const DATE_BYTES: usize = 28;

/// Returns the positions of the console's dates after the first: those of a transcript in one log event.
pub(super) fn later_dates(text: &str) -> impl Iterator<Item = usize> + '_ {
    const ZONE: &str = " UTC ";
    const BEFORE_ZONE_BYTES: usize = 19;
    text.match_indices(ZONE).filter_map(|(zone, _)| {
        let start = zone.checked_sub(BEFORE_ZONE_BYTES)?;
        (start > 0 && text.is_char_boundary(start) && console_date(&text[start..]).is_some()).then_some(start)
    })
}

/// Kind of word before a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PrefixWord {
    /// Of a log tail or of delivery.
    Time,
    /// Of a log tail.
    LogStream,
    /// Of a log tail.
    LogGroup,
    /// `resource_arn` of delivery.
    Arn,
    /// `api_id` of delivery.
    ApiId,
    /// `resource_path` of delivery.
    Path,
    /// `http_method` of delivery.
    Method,
    /// A field of delivery that has no value.
    Unset,
    /// Any other name: `stage` of delivery.
    Name,
}

impl PrefixWord {
    fn classify(word: &str) -> Option<Self> {
        const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"];
        Some(match word {
            "" => return None,
            "-" => Self::Unset,
            _ if METHODS.contains(&word) => Self::Method,
            _ if is_time(word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word)) => Self::Time,
            _ if is_api_id(word) => Self::ApiId,
            _ if is_log_stream(word) => Self::LogStream,
            _ if word.starts_with(EXECUTION_PREFIX) || word.starts_with(API_PREFIX) => Self::LogGroup,
            _ if word.starts_with('/') => Self::Path,
            _ if api_and_stage_of_arn(word).is_some() => Self::Arn,
            _ if is_stage(word) => Self::Name,
            _ => return None,
        })
    }
}

/// Returns whether the words are those of a log tail or of plain delivery. At most one may be a name: the stage, beside
/// another field of delivery.
fn are_closed(columns: &[(PrefixWord, &str)]) -> bool {
    let names = columns.iter().filter(|(column, _)| *column == PrefixWord::Name).count();
    let is_delivery = columns
        .iter()
        .any(|(c, _)| matches!(c, PrefixWord::Arn | PrefixWord::ApiId | PrefixWord::Path | PrefixWord::Method));
    names == 0 || (names == 1 && is_delivery)
}

/// Returns whether the word is an ISO 8601 date, time or both; a clock time; seconds or milliseconds since 1970.
fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    digits >= 6
        && bytes.len() <= 40
        && bytes[0].is_ascii_digit()
        && bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'T' | b'Z' | b'+' | b'/'))
}

/// Returns whether a word begins with this form, in which `0` stands for any digit.
fn has_form(word: &str, form: &[u8]) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= form.len()
        && bytes.iter().zip(form).all(|(b, of)| if *of == b'0' { b.is_ascii_digit() } else { b == of })
}

/// Returns whether the word may be a log stream of API Gateway, whole or cut: hexadecimal digits.
fn is_log_stream(word: &str) -> bool {
    (4..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Returns whether the word may be an API ID: ten lower-case letters and digits.
fn is_api_id(word: &str) -> bool {
    word.len() == 10
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && word.bytes().any(|b| b.is_ascii_digit())
}

/// Returns whether the word may be a stage name: at most 128 letters, digits, `_` and `-`, or `$default`.
fn is_stage(word: &str) -> bool {
    word.len() <= 128 && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
}

/// Takes API, stage and resource from the columns of plain delivery. The ARN names API and stage; without it, a word
/// shaped like an API ID and the name do.
fn delivery_columns<'a>(columns: &[(PrefixWord, &'a str)], prefix: &mut Prefix<'a>) {
    let first = |wanted| columns.iter().find(|(column, _)| *column == wanted).map(|(_, word)| *word);
    let by_arn = first(PrefixWord::Arn).and_then(api_and_stage_of_arn);
    prefix.api_id = by_arn.map(|arn| arn.0).or_else(|| first(PrefixWord::ApiId));
    prefix.stage = by_arn.map(|arn| arn.1).or_else(|| first(PrefixWord::Name));
    prefix.resource_path = first(PrefixWord::Path);
}

/// Returns API and stage of `arn:aws:apigateway:{region}:{account}:/restapis/{api}/stages/{stage}`.
pub(super) fn api_and_stage_of_arn(arn: &str) -> Option<(&str, &str)> {
    if !arn.starts_with("arn:") || !arn.contains(":apigateway:") {
        return None;
    }
    let (_, rest) = arn.split_once("/restapis/")?;
    rest.split_once("/stages/")
}
