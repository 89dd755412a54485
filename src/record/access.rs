//! Parser for lines of access logs, in any format of a stage.
//!
//! API Gateway has not always escaped what it writes to an access log. So assume that a client's path or user agent holds
//! any text, also that of other fields. Whatever it holds, this parser keeps two promises: a request that did not fail is
//! never counted, and a failed one is counted or its line is [`AccessLine::Ambiguous`]. Client text can add to a line, but
//! it cannot remove what API Gateway wrote. So every place that may be the status is read, and all must agree.
//!
//! * A format that the settings declare is read against its own text (`declared`).
//! * Of other formats, the status has a label (`statuses`), or the line has the columns of a stock format (`clf`, `csv`).
//!   API, stage and route count only where no client can have written them (`names`). A client can give a wrong reason
//!   for its own failed request, and nothing more.
//!
//! [`crate::classify::access`] finds the cause.

mod clf;
mod csv;
mod declared;
mod fields;
mod form;
mod json;
mod keyed;
mod last_names;
mod names;
mod positions;
mod statuses;
mod token;
mod vocabulary;
mod xml;

pub use declared::DeclaredFormat;
pub use fields::{AccessFields, telling_fields};
pub use last_names::LastNames;
pub use vocabulary::is_name;

use std::borrow::Cow;

use fields::Likelihood;
use form::LineForm;

use super::Record;
use crate::decode::LogEvent;
use crate::log_kind::LogKind;

/// Line of an access log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessLine {
    /// The request did not end in a server error.
    Healthy,
    /// The request ended in a server error.
    Failed(Box<AccessFields>),
    /// Client text may have forged the status.
    Ambiguous,
    /// The line has no usable status.
    NoStatus,
}

/// Returns whether a log event is a JSON line whose labelled statuses are all below 500.
///
/// Nearly all lines are such, and none of their fields is needed. To parse each takes 160 % more instructions of the whole job
/// on an access log of 1,000 events.
///
/// `{"requestId":"…","status":"200"}` → true
fn is_healthy(event: &LogEvent<'_>) -> bool {
    // The labels read the same with and without the escapes of the message, so nearly all lines are never unescaped.
    let written = event.message.as_written();
    written.starts_with(b"{") && written.ends_with(b"}") && statuses::labelled(written, LineForm::Json).are_healthy()
}

/// Parses a log event of an access log, against its format if that is declared.
///
/// `{"requestId":"…","status":"502","apiId":"…"}` → `Record::Access(Failed(fields))`; with status 200
/// `Record::Nothing`
pub fn parse<'a>(event: &LogEvent<'_>, format: Option<&DeclaredFormat>) -> Record<'a> {
    if format.is_none() && is_healthy(event) {
        return Record::Nothing(LogKind::Access);
    }
    let text = event.message.text();
    let line = match format {
        Some(format) => format.line(text.trim_end_matches(['\r', '\n'])),
        None => undeclared(text.trim()).unwrap_or(AccessLine::NoStatus),
    };
    record(line)
}

/// Parses a log event of a log of unknown kind; None if it is not certainly a line of an access log. `names` keeps those of the
/// last healthy line.
///
/// `{"requestId":"…","status":"200","apiId":"…"}` → `Record::Nothing(LogKind::Access)`; `{"status":"200","user":"ann"}` → None
pub fn parse_of_unknown_kind<'a>(event: &LogEvent<'_>, names: &mut LastNames) -> Option<Record<'a>> {
    if is_healthy(event) {
        // The names decide as for a failure: else the failures of a format would be all that is not understood of it.
        let is_understood = fields::may_be_of_access_log(event.message.as_written(), names);
        return is_understood.then_some(Record::Nothing(LogKind::Access));
    }
    let text = event.message.text();
    line(&text).map(record)
}

fn record<'a>(line: AccessLine) -> Record<'a> {
    match line {
        AccessLine::Healthy => Record::Nothing(LogKind::Access),
        line => Record::Access(line),
    }
}

/// Returns whether a log event is JSON with a labelled status, so that it may be a line of an access log. No other parser
/// may read it then: a client can add to such a line whatever they look for.
///
/// `{"status":"502","path":"/orders"}` → true; `{"event":"order stored"}` → false
pub fn is_labelled(event: &LogEvent<'_>) -> bool {
    let text = event.message.text();
    let text = text.trim_start();
    text.starts_with('{') && statuses::labelled(text.as_bytes(), LineForm::Json).verdict() != statuses::Verdict::None
}

/// Parses one line of text that may be of any log; None if it is not certainly a line of an access log.
///
/// `{"requestId":"…","status":"502","apiId":"…"}` → `Failed(fields)`
pub fn line(text: &str) -> Option<AccessLine> {
    let text = text.trim();
    let line = undeclared(text)?;
    let Some(form) = LineForm::detect(text) else { return Some(line) };
    if form == LineForm::Xml && !text.starts_with("<request") {
        return None;
    }
    match (line, fields::likelihood(text, form)) {
        (_, Likelihood::None) => None,
        (AccessLine::Failed(_), Likelihood::Names) if fields::is_configuration(&pairs(text, form)) => None,
        (AccessLine::NoStatus, likelihood) => (likelihood == Likelihood::Certain).then_some(AccessLine::NoStatus),
        // An application's line; or a client added a name to its own, which must not hide it.
        (AccessLine::Failed(_), Likelihood::Doubtful) => Some(AccessLine::Ambiguous),
        (line, _) => Some(line),
    }
}

/// Parses a line whose format is not declared; None if it has neither labels nor the columns of a stock format.
fn undeclared(text: &str) -> Option<AccessLine> {
    let Some(form) = LineForm::detect(text) else { return clf::line(text).or_else(|| csv::line(text)) };
    let line = statuses::labelled(text.as_bytes(), form).line(|status| {
        let mut fields = AccessFields::from_pairs(&pairs(text, form), status);
        fields.set_names(names::names(text, form));
        fields
    });
    // The status that API Gateway wrote may be missing at the end.
    Some(if line == AccessLine::NoStatus || form.is_closed(text) { line } else { AccessLine::Ambiguous })
}

fn pairs(text: &str, form: LineForm) -> Vec<Pair<'_>> {
    match form {
        LineForm::Json => json::pairs(text),
        LineForm::Xml => xml::pairs(text),
        LineForm::Keyed => keyed::pairs(text),
    }
}

/// Strips blanks and quotes around a value; None if the variable is unset: `-`, `null` or empty.
fn set_value(value: &str) -> Option<&str> {
    let mut value = value.trim();
    // Two pairs of quotes: some variables have quotes of their own, some formats are encoded twice.
    for _ in 0..2 {
        match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(inner) => value = inner.trim(),
            None => break,
        }
    }
    (!matches!(value, "" | "-" | "\"" | "(none)" | "null")).then_some(value)
}

/// Most pairs to collect from a line; our own limit. The longest formats have about a hundred.
const MOST_PAIRS: usize = 300;

/// Deepest nesting to follow; our own limit. Formats use three levels.
const DEEPEST: usize = 6;

/// Key of a line and its value.
#[derive(Debug)]
struct Pair<'a> {
    /// Names from the outermost to the innermost, each in plain form (see [`vocabulary::plain`]).
    path: Vec<String>,
    /// The raw value, without its quotes.
    value: Cow<'a, str>,
}

#[cfg(test)]
mod tests;
