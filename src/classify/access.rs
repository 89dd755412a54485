//! Decides what a line of an access log proves. Its status shows that the request failed, its error fields show why.
//!
//! [`crate::record::access`] parses the lines and decides which are ambiguous.

use std::sync::Arc;

use super::{frame, shape};
use crate::cause::{self, Author, Cause, Role, Table, normalise};
use crate::failure::{Failure, RequestId};
use crate::metric::Subject;
use crate::placeholder::UNKNOWN;
use crate::record::Source;
use crate::record::access::{AccessFields, AccessLine};

/// Start of the response types of the authorizer's phase.
const AUTHORIZER_TYPES: &str = "AUTHORIZER_";

/// Proof of one line.
#[derive(Debug, Clone)]
pub enum AccessFinding {
    /// The request failed.
    Failed(Failure),
    /// Client text may have forged the status.
    Ambiguous,
}

/// Returns what the line proves; None for a request that did not fail, and for a line without a status.
///
/// status 504 and error text `Endpoint request timed out` → `Failed` with the cause `integration_timeout`
pub fn finding(line: &AccessLine, timestamp_ms: i64, source: &Source, table: &Table) -> Option<AccessFinding> {
    let fields = match line {
        AccessLine::Healthy | AccessLine::NoStatus => return None,
        AccessLine::Ambiguous => return Some(AccessFinding::Ambiguous),
        AccessLine::Failed(fields) => fields,
    };
    let cause = cause_of(fields, table);
    Some(AccessFinding::Failed(Failure {
        subject: Arc::new(subject(fields, source)),
        cause,
        status: fields.status,
        timestamp_ms,
        number: 0,
        lane: 0,
        request_id: fields.request_id.as_deref().map(|id| RequestId::of(id.as_bytes())),
        trace_id: fields.trace_id.clone(),
        shape: cause.is(Role::Unclassified).then(|| shape_of(fields)),
    }))
}

/// Returns the shape of the text that no cause matches: that of the integration, or else the gateway's own.
fn shape_of(fields: &AccessFields) -> String {
    let texts = [&fields.integration_error, &fields.error_message];
    let text = texts.into_iter().flatten().find(|text| !is_public(text));
    shape::redact(text.map_or("", String::as_str))
}

fn subject(fields: &AccessFields, source: &Source) -> Subject {
    let known = |of_line: &Option<String>, of_group: &Option<String>| {
        of_line.clone().or_else(|| of_group.clone()).unwrap_or_else(|| UNKNOWN.to_owned())
    };
    Subject::AccessLine {
        api_id: known(&fields.api_id, &source.api_id),
        stage: known(&fields.stage, &source.stage),
        route: fields.route.clone(),
    }
}

fn cause_of(fields: &AccessFields, table: &Table) -> &'static Cause {
    why(fields, table).unwrap_or_else(|| Role::NoReason.cause())
}

/// Returns the cause that the fields name; None if they give no reason.
///
/// response type `INTEGRATION_TIMEOUT` alone → `integration_timeout`
pub fn why(fields: &AccessFields, table: &Table) -> Option<&'static Cause> {
    let unclassified = || Role::Unclassified.cause();
    if let Some(cause) = of_early_phases(fields, table) {
        return Some(cause);
    }
    let texts =
        [&fields.integration_error, &fields.error_message].map(|text| text.as_deref().filter(|t| !is_public(t)));
    // Formats without names may have a type in the place of a text.
    let bare_type = texts.into_iter().flatten().find(|text| is_response_type(text));
    let response_type = fields.response_type.as_deref().or(bare_type);
    let texts = texts.map(|text| text.filter(|text| !is_response_type(text)));
    if response_type.is_some_and(|kind| kind.starts_with(AUTHORIZER_TYPES)) {
        // Beside these types every text is the authorizer's.
        if let Some(text) = texts.into_iter().flatten().next() {
            return of_authorizer(text, table);
        }
    }
    // A field for a text may name the cause by a type, beside a type that names none.
    let of_type =
        [response_type, bare_type].into_iter().flatten().find_map(|kind| table.find(Author::ResponseType, kind));
    let [integration_error, error_message] = texts;
    if let Some(text) = integration_error {
        return Some(of_sentence(text, table).or(of_type).unwrap_or_else(unclassified));
    }
    // The message to a throttled client reads like one of the Lambda service.
    if let Some(cause) = of_type.filter(|cause| cause.is(Role::Throttled)) {
        return Some(cause);
    }
    if let Some(text) = error_message {
        return Some(of_sentence(text, table).or(of_type).unwrap_or_else(unclassified));
    }
    // A type shows that the gateway made the answer, not the integration.
    of_type.or_else(|| if response_type.is_none() { of_integration_status(fields) } else { None })
}

/// Returns the cause that a phase before the integration names. The first phase with an error decides.
fn of_early_phases(fields: &AccessFields, table: &Table) -> Option<&'static Cause> {
    if fields.waf_error.is_some() {
        return Some(Role::FirewallFailed.cause());
    }
    if fields.authenticate_error.is_some() {
        return Some(Role::AuthorizerFailed.cause());
    }
    let text = fields.authorizer_error.as_deref().or(fields.authorize_error.as_deref())?;
    of_authorizer(text, table)
}

fn of_authorizer(text: &str, table: &Table) -> Option<&'static Cause> {
    if let Some(error) = frame::function_error(text) {
        // The function ended with an error, whatever its message says about policies.
        let ended = table.find(Author::Function, &normalise(error));
        let timed_out = ended.is_some_and(|cause| cause.is(Role::FunctionTimedOut));
        return Some(if timed_out { Role::AuthorizerTimedOut } else { Role::AuthorizerFailed }.cause());
    }
    table.find(Author::Authorizer, &normalise(text))
}

/// Returns the cause that a sentence of an error field names.
fn of_sentence(text: &str, table: &Table) -> Option<&'static Cause> {
    if let Some(error) = frame::function_error(text) {
        return table.find(Author::Function, &normalise(error));
    }
    let normal = normalise(text);
    if names_the_authorizer(&normal) {
        return table.find(Author::Authorizer, &normal);
    }
    if let Some(cause) = frame::invocation_status(&normal).and_then(|status| table.find_invocation_status(status)) {
        return Some(cause);
    }
    table.find(Author::Gateway, &normal)
}

/// Returns whether "authorizer" is a word of the sentence, not a part of a name or a quoted path in it.
fn names_the_authorizer(normal: &str) -> bool {
    cause::own_words(normal).split(' ').any(|word| word.trim_end_matches([',', '.', ':', ';']) == "authorizer")
}

/// Returns whether the text is the one that API Gateway sends to every client. It holds no reason.
fn is_public(text: &str) -> bool {
    matches!(normalise(text).as_str(), "" | "internal server error" | "service unavailable" | "null")
}

/// Returns whether the text is the name of a gateway response type.
fn is_response_type(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Returns the cause of a server error that the integration itself answered.
fn of_integration_status(fields: &AccessFields) -> Option<&'static Cause> {
    let failed = [fields.integration_status, fields.service_status].into_iter().flatten().any(|status| status >= 500);
    failed.then(|| Role::BackendAnswered.cause())
}

#[cfg(test)]
mod tests;
