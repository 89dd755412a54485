//! Which causes a log can show: from the needs of each cause, the level of an execution log and the fields of a format.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::cause::access_format::{self, LONGEST_FORMAT_BYTES};
use crate::cause::{Cause, Need, Table, built_in};
use crate::classify::access::why;
use crate::decode::{LogEvent, Message};
use crate::record::Record;
use crate::record::access::{self, AccessFields, AccessLine};
use serde_json::{Map, Value};

use super::facts::{AccessLog, ApiKind, Level};

/// Ids of causes.
pub type CauseIds = BTreeSet<&'static str>;

/// Returns the causes that an execution log of this level can show, without data trace.
pub fn of_level(level: Level) -> CauseIds {
    named_by(|need| match need {
        Need::ErrorLevel => level >= Level::Error,
        Need::InfoLevel => level >= Level::Info,
        Need::DataTrace | Need::AccessField(_) | Need::SeparateLog(_) => false,
    })
}

/// Returns the causes that an access log can show: none without a status that is read.
///
/// A variable shows something only under a name that the parser of the lines knows.
#[inline(never)]
pub fn of_access_log(log: &AccessLog) -> CauseIds {
    if !has_status(&log.format) || !log.is_declared && !is_read_undeclared(&log.format) {
        return CauseIds::new();
    }
    let mut read: Vec<(&str, bool)> = Vec::new();
    named_by(|need| {
        let Need::AccessField(variable) = need else { return false };
        let known = read.iter().find(|(name, _)| name == variable).map(|(_, is_read)| *is_read);
        known.unwrap_or_else(|| {
            let is_read = reads(log, variable);
            read.push((variable, is_read));
            is_read
        })
    })
}

fn of_format(format: &str) -> CauseIds {
    of_access_log(&AccessLog { format: format.to_owned(), ..AccessLog::default() })
}

/// Returns whether a format has the status at all.
pub fn has_status(format: &str) -> bool {
    variables(format).contains("status")
}

/// Returns whether a format has a variable, under whatever name.
pub fn has_variable(format: &str, variable: &str) -> bool {
    has(&variables(format), variable)
}

/// Returns whether a variable of a log's format is read: with its value alone, a line gives the cause that it should.
#[inline(never)]
fn reads(log: &AccessLog, variable: &str) -> bool {
    if !has_variable(&log.format, variable) {
        return false;
    }
    // A declared format is read by its variables, whatever names it has for them.
    let should = if log.is_declared { None } else { cause_of_example(advised(ApiKind::Rest), variable) };
    should.is_none() || should == cause_of_example(&log.format, variable)
}

/// Returns the cause that a line of a format gives in which one variable alone shows the reason.
fn cause_of_example(format: &str, telling: &str) -> Option<&'static str> {
    static TABLE: LazyLock<Table> = LazyLock::new(Table::default);
    let fields = read_example(format, telling)?;
    Some(why(&fields, &TABLE)?.id)
}

/// Reads a line of a format, without the format being declared; None if it shows no failure.
fn read_example(format: &str, telling: &str) -> Option<Box<AccessFields>> {
    let line = example(format, telling);
    let event = LogEvent { id: b"1", timestamp_ms: 0, message: Message::plain(line.as_bytes()) };
    match access::parse(&event, None) {
        Record::Access(AccessLine::Failed(fields)) => Some(fields),
        _ => None,
    }
}

/// Returns the causes that a log of this kind of API can show at best.
pub fn at_best(kind: ApiKind) -> CauseIds {
    let mut causes = of_format(advised(kind));
    if kind != ApiKind::Http {
        causes.extend(of_level(Level::Info));
    }
    causes
}

/// Returns a set. Each `collect` into one would bring a copy of the standard library's sort, 7 KB of the program.
pub(super) fn set_of<T: Ord>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

fn named_by(mut has: impl FnMut(&Need) -> bool) -> CauseIds {
    set_of(built_in().filter(|cause: &&Cause| cause.needs.iter().any(&mut has)).map(|cause| cause.id))
}

/// Returns whether a format has a variable, or the one that HTTP APIs have for it.
fn has(variables: &BTreeSet<&str>, variable: &str) -> bool {
    variables.iter().any(|name| is_same(name, variable))
}

/// Returns whether two variables have the same value.
fn is_same(name: &str, variable: &str) -> bool {
    usual_name(name) == usual_name(variable)
}

/// Returns the name that most variables with this value have.
fn usual_name(name: &str) -> &str {
    match name {
        "integrationErrorMessage" => "integration.error",
        "integrationStatus" => "integration.status",
        "error.messageString" => "error.message",
        name => name,
    }
}

/// Returns the variables of a format, without `$context.`.
fn variables(format: &str) -> BTreeSet<&str> {
    let name = |text: &'_ str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        text[..end].trim_end_matches('.').len()
    };
    set_of(format.split("$context.").skip(1).map(|text| &text[..name(text)]))
}

/// Returns the format that shows most, of a kind of API.
pub fn advised(kind: ApiKind) -> &'static str {
    access_format::format(match kind {
        ApiKind::Rest => access_format::REST,
        ApiKind::Http => access_format::HTTP,
        ApiKind::WebSocket => access_format::WEBSOCKET,
    })
}

/// Returns whether the status of a line is found without the format being declared in the settings.
///
/// It reads a line such as a format writes it of a failure that the integration did not see.
#[inline(never)]
fn is_read_undeclared(format: &str) -> bool {
    read_example(format, "").is_some()
}

/// Returns a line of the format, in which one variable shows why the request failed; none does, if it is empty.
fn example(format: &str, telling: &str) -> String {
    let mut parts = format.split("$context.");
    let mut line = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = part.find(|c| !is_part(c)).unwrap_or(part.len());
        let name = part[..end].trim_end_matches('.');
        let is_telling = is_same(name, telling);
        line.push_str(match name {
            "status" => "502",
            "requestTime" => "25/Nov/2026:10:00:00 +0000",
            "identity.sourceIp" => "192.0.2.7",
            "httpMethod" => "GET",
            "protocol" => "HTTP/1.1",
            "requestId" | "extendedRequestId" => "6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c",
            "resourcePath" | "path" => "/orders",
            "routeKey" => "GET /orders",
            "apiId" => "a1b2c3d4e5",
            "stage" => "prod",
            "error.responseType" if is_telling => "INTEGRATION_TIMEOUT",
            "error.messageString" if is_telling => "\"Endpoint request timed out\"",
            _ if is_telling && name.ends_with("tatus") => "504",
            _ if is_telling => "Endpoint request timed out",
            "error.message" => "Internal server error",
            "error.messageString" => "\"Internal server error\"",
            _ if name.ends_with("tatus") => "200",
            _ if name.ends_with("atency") || name.ends_with("Length") || name.ends_with("Epoch") => "35",
            _ => "-",
        });
        line.push_str(&part[name.len()..]);
    }
    line
}

/// Returns the format to paste, so that a log shows what it can at best: the present one with what is missing behind it,
/// if it is a flat JSON object; else the advised one.
#[inline(never)]
pub fn completed(kind: ApiKind, log: &AccessLog) -> String {
    extended(kind, log).unwrap_or_else(|| advised(kind).to_owned())
}

fn extended(kind: ApiKind, log: &AccessLog) -> Option<String> {
    let keys: Map<String, Value> = serde_json::from_str(&log.format).ok()?;
    let advised: Map<String, Value> = serde_json::from_str(advised(kind)).ok()?;
    let mut longer = log.format.trim_end().strip_suffix('}')?.trim_end().to_owned();
    for (key, value) in &advised {
        let variable = value.as_str()?.strip_prefix("$context.")?;
        if is_extra(variable) || reads(log, variable) {
            continue;
        }
        if keys.contains_key(key) {
            return None;
        }
        let comma = if longer.ends_with('{') { "" } else { "," };
        longer.push_str(&format!("{comma}\"{key}\":\"$context.{variable}\""));
    }
    longer.push('}');
    let is_better = of_format(&longer) == at_best_of_formats(kind);
    (longer.len() <= LONGEST_FORMAT_BYTES && is_better).then_some(longer)
}

fn at_best_of_formats(kind: ApiKind) -> CauseIds {
    of_format(advised(kind))
}

/// Variables of the advised formats that name no cause, API, stage or route.
fn is_extra(variable: &str) -> bool {
    matches!(variable, "extendedRequestId" | "responseLength" | "eventType" | "connectionId")
        || variable.ends_with("atency")
}

/// Returns the variables that a log lacks to show what it can at best, or has under names that are not read.
#[inline(never)]
pub fn missing_variables(kind: ApiKind, log: &AccessLog) -> Vec<&'static str> {
    let shown = of_access_log(log);
    let mut missing: Vec<&'static str> = Vec::new();
    let advised = variables(advised(kind));
    for cause in built_in().filter(|cause| !shown.contains(cause.id)) {
        for need in cause.needs {
            let Need::AccessField(variable) = need else { continue };
            if has(&advised, variable) && !missing.contains(variable) && !reads(log, variable) {
                missing.push(variable);
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(format: &str) -> AccessLog {
        AccessLog { format: format.to_owned(), ..AccessLog::default() }
    }

    #[test]
    fn a_level_shows_the_causes_of_the_levels_below_it_and_a_format_without_a_status_none() {
        let (error, info) = (of_level(Level::Error), of_level(Level::Info));
        assert!(of_level(Level::Off).is_empty() && error.is_subset(&info) && error.len() < info.len());
        assert!(of_format("$context.integration.error $context.requestId").is_empty());
        assert!(!of_format(r#"{"id":"$context.requestId","status":"$context.status"}"#).is_empty());
    }

    #[test]
    fn the_advised_formats_show_what_formats_can_at_best_and_are_read_undeclared() {
        for kind in [ApiKind::Rest, ApiKind::Http, ApiKind::WebSocket] {
            assert!(missing_variables(kind, &log(advised(kind))).is_empty(), "{kind:?}");
            assert!(is_read_undeclared(advised(kind)), "{kind:?}");
            assert_eq!(completed(kind, &log(advised(kind))), advised(kind));
        }
    }

    #[test]
    fn stock_formats_are_read_undeclared_and_bare_numbers_in_another_order_are_not() {
        let clf = r#"$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId"#;
        assert!(is_read_undeclared(clf), "{}", example(clf, ""));
        assert!(is_read_undeclared(r#"{"requestId":"$context.requestId","status":"$context.status"}"#));
        assert!(is_read_undeclared(r#"{"requestId":"$context.requestId","status":$context.status}"#));
        assert!(!is_read_undeclared("$context.requestId $context.responseLength $context.status"));
        assert!(!is_read_undeclared(r#"{"code":"$context.status","requestId":"$context.requestId"}"#));
        // The status of the integration stands under the same key.
        let nested = r#"{"id":"$context.requestId","status":"$context.status","integration":{"status":"$context.integration.status"}}"#;
        assert!(!is_read_undeclared(nested));
    }

    #[test]
    fn a_flat_json_format_keeps_its_fields_and_another_is_replaced() {
        let own = r#"{"id":"$context.requestId","team":"orders","status":"$context.status"}"#;
        let longer = completed(ApiKind::Http, &log(own));
        assert!(
            longer.starts_with(r#"{"id":"$context.requestId","team":"orders","status":"$context.status","apiId":"#)
        );
        assert!(longer.contains(r#""integrationErrorMessage":"$context.integrationErrorMessage""#));
        assert!(!longer.contains("Latency") && missing_variables(ApiKind::Http, &log(&longer)).is_empty());
        for other in [
            "$context.requestId $context.status",
            // The key has another meaning there.
            r#"{"errorMessage":"$context.path","status":"$context.status"}"#,
            r#"{"status":$context.status}"#,
            r#"{"s":{"status":"$context.status"}"#,
            "",
        ] {
            assert_eq!(completed(ApiKind::Http, &log(other)), advised(ApiKind::Http), "{other}");
        }
    }

    #[test]
    fn what_a_format_lacks_is_what_the_needs_of_the_causes_name() {
        let stock = r#"{"requestId":"$context.requestId","status":"$context.status"}"#;
        let missing = missing_variables(ApiKind::Http, &log(stock));
        assert!(missing.contains(&"integration.error") && missing.contains(&"authorizer.error"), "{missing:?}");
        // HTTP APIs have no such variable.
        assert!(!missing.contains(&"waf.error"), "{missing:?}");
        let with = stock.replace("}", r#","integrationError":"$context.integrationErrorMessage"}"#);
        assert!(!missing_variables(ApiKind::Http, &log(&with)).contains(&"integration.error"));
    }

    #[test]
    fn a_variable_counts_only_where_its_line_is_read() {
        let reads = |format: &str, variable| super::reads(&log(format), variable);
        let with = |key: &str| format!(r#"{{"id":"$context.requestId","status":"$context.status",{key}}}"#);
        for key in ["integrationErrorMessage", "integration_err", "error", "message", "errorMsg"] {
            let format = with(&format!(r#""{key}":"$context.integrationErrorMessage""#));
            assert!(reads(&format, "integration.error"), "{format}");
        }
        for key in ["e", "ie", "reason", "authorizerError", "why"] {
            let format = with(&format!(r#""{key}":"$context.integration.error""#));
            assert!(!reads(&format, "integration.error"), "{format}");
            let declared = AccessLog { is_declared: true, ..log(&format) };
            assert!(super::reads(&declared, "integration.error"), "{format}");
        }
        assert!(reads(&with(r#""error":{"message":"$context.error.message"}"#), "error.message"));
        assert!(reads(&with(r#""error":$context.error.messageString"#), "error.message"));
        assert!(reads(&with(r#""integrationStatus":"$context.integrationStatus""#), "integration.status"));
        assert!(!reads(&with(r#""rt":"$context.error.responseType""#), "error.responseType"));
    }
}
