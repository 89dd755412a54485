//! Decides what a line of an execution log proves.

use super::endpoint::{self, Endpoint, EndpointAnswer};
use super::{frame, shape};
use crate::cause::{Author, Cause, CauseIndex, Rank, Role, Table, normalise, own_words};
use crate::record::execution::{ExecutionLine, Head, Tail};

/// Proof of one line.
#[derive(Debug)]
pub enum RequestFinding {
    /// A request begins. [`crate::request::execution`] decides whether it is a new one.
    Opening(Opening),
    /// The gateway calls the authorizer.
    AuthorizerStarted,
    /// The authorizer has answered.
    AuthorizerDone,
    /// A failure line.
    Failure(FailureLine),
    /// The gateway wrote the answer itself.
    GatewayResponse(GatewayResponse),
    /// The request ended with this status.
    Ended(u16),
    /// Evidence about the endpoint or its answer.
    Endpoint(EndpointEvidence),
    /// The resource as configured.
    ResourcePath(String),
    /// The X-Ray trace id.
    TraceId(String),
}

impl RequestFinding {
    /// Returns whether it can decide a count. Such a log event must not count again when it is delivered again.
    ///
    /// `Ended(200)` → true: it disproves a failure; `Opening(First)` → false
    pub fn decides(&self) -> bool {
        matches!(self, Self::Failure(_) | Self::GatewayResponse(_) | Self::Ended(_))
    }
}

/// Line that begins a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// `Extended Request Id`, or the head of the console's test output.
    First,
    /// `Starting execution for request`, behind the lines of the authorizer and the usage plan.
    Starting,
}

/// Cause that a line names, with its rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// Position of the cause in the table: two bytes, since a request keeps several candidates.
    pub cause: CauseIndex,
    /// Rank of the cause, or a lower one if the line only hints at it.
    pub rank: Rank,
}

/// Classification of a failure line, both as the integration's and as the authorizer's failure. Which of the two it is may
/// show in a later line.
#[derive(Debug, Clone)]
pub struct FailureLine {
    /// The cause if it is the integration's failure; None if no cause matches.
    pub integration: Option<Candidate>,
    /// The cause if it is the authorizer's failure.
    pub authorizer: Option<Candidate>,
    /// Whether the line says that the authorizer failed.
    pub names_authorizer: bool,
    /// Whether it is a configuration error without a text. The endpoint's answer may explain it.
    pub says_no_more: bool,
    /// The shape of the text; None if a cause matches.
    pub shape: Option<String>,
}

/// Gateway response line.
#[derive(Debug)]
pub struct GatewayResponse {
    /// The status that the client got, unless a completion line says otherwise.
    pub status: u16,
    /// The cause that the response type names.
    pub cause: Option<Candidate>,
    /// Whether the response type is one of the authorizer's phase.
    pub names_authorizer: bool,
}

/// Evidence about the endpoint, from one line.
#[derive(Debug)]
pub enum EndpointEvidence {
    /// The endpoint that is called.
    Uri(Endpoint),
    /// `Received response. Status: N`.
    Status(u16),
    /// The headers of its answer.
    Headers {
        /// Whether `X-Amz-Function-Error` is among them.
        function_error: bool,
        /// The causes that `x-amzn-ErrorType` names.
        error: EndpointAnswer,
    },
    /// The causes that its body names. The whole body is an error.
    Body(EndpointAnswer),
}

/// Returns what the line proves; None if it proves nothing.
///
/// `Execution failed due to a timeout error` → `Failure` with the candidate `integration_timeout`
#[inline]
pub fn finding(line: &ExecutionLine<'_>, table: &Table) -> Option<RequestFinding> {
    match line.head {
        Head::ExtendedRequestId | Head::TestLog => Some(RequestFinding::Opening(Opening::First)),
        Head::StartingExecution => Some(RequestFinding::Opening(Opening::Starting)),
        Head::StartingAuthorizer => Some(RequestFinding::AuthorizerStarted),
        Head::AuthorizerDone => Some(RequestFinding::AuthorizerDone),
        Head::MethodCompleted => Some(RequestFinding::Ended(ended_status(&line.tail)?)),
        Head::ReceivedResponse => {
            Some(RequestFinding::Endpoint(EndpointEvidence::Status(received_status(&line.tail)?)))
        }
        _ => finding_of_text(line, table),
    }
}

/// Returns what the text of a line proves. A separate function, so that the other lines skip its stack frame.
#[inline(never)]
fn finding_of_text(line: &ExecutionLine<'_>, table: &Table) -> Option<RequestFinding> {
    Some(match line.head {
        Head::HttpMethod => RequestFinding::ResourcePath(resource_path(&line.tail.text())?),
        Head::RequestUri => RequestFinding::Endpoint(EndpointEvidence::Uri(endpoint::uri(&line.tail)?)),
        Head::ResponseHeaders => RequestFinding::Endpoint(endpoint::headers(&line.tail, table)?),
        Head::ResponseBody => RequestFinding::Endpoint(EndpointEvidence::Body(endpoint::body(&line.tail, table)?)),
        Head::ExecutionFailed => RequestFinding::Failure(execution_failed(&line.tail.text(), table)),
        Head::LambdaExecutionFailed => RequestFinding::Failure(function_failed(&line.tail.text(), table)),
        Head::LambdaInvocationFailed => RequestFinding::Failure(invocation_failed(&line.tail.text(), table)),
        Head::AuthorizerConfigurationException => RequestFinding::Failure(FailureLine {
            integration: None,
            authorizer: ranked(Role::AuthorizerFailed.cause(), Rank::Generic, table),
            names_authorizer: true,
            says_no_more: false,
            shape: None,
        }),
        Head::WafError => RequestFinding::Failure(FailureLine {
            integration: whole(Role::FirewallFailed.cause(), table),
            authorizer: whole(Role::FirewallFailed.cause(), table),
            names_authorizer: false,
            says_no_more: false,
            shape: None,
        }),
        Head::GatewayResponse => RequestFinding::GatewayResponse(gateway_response(&line.tail.text(), table)?),
        Head::TraceId => RequestFinding::TraceId(trace_id(&line.tail.text())?),
        Head::ExtendedRequestId
        | Head::TestLog
        | Head::StartingExecution
        | Head::StartingAuthorizer
        | Head::AuthorizerDone
        | Head::MethodCompleted
        | Head::ReceivedResponse => return None,
    })
}

fn whole(cause: &'static Cause, table: &Table) -> Option<Candidate> {
    ranked(cause, cause.rank, table)
}

fn ranked(cause: &'static Cause, rank: Rank, table: &Table) -> Option<Candidate> {
    table.index_of(cause).map(|cause| Candidate { cause, rank })
}

/// Classifies `Execution failed{tail}`.
fn execution_failed(tail: &str, table: &Table) -> FailureLine {
    let sentence = format!("Execution failed{tail}");
    let text = normalise(&sentence);
    // The gateway may quote a path of a client.
    let text = own_words(&text);
    let cause = table.find(Author::Gateway, text);
    FailureLine {
        integration: cause.and_then(|cause| whole(cause, table)),
        authorizer: {
            let (cause, rank) = authorizer(text, table);
            ranked(cause, rank, table)
        },
        names_authorizer: text.contains("authorizer error"),
        says_no_more: text.trim_end_matches([':', ' ']) == "execution failed due to configuration error",
        shape: cause.is_none().then(|| shape::redact(&sentence)),
    }
}

/// Classifies `Lambda execution failed{tail}`: the function ended with an error.
fn function_failed(tail: &str, table: &Table) -> FailureLine {
    let sentence = format!("Lambda execution failed{tail}");
    let said = frame::function_error(&sentence).unwrap_or(tail);
    let text = normalise(said);
    let cause = table.find(Author::Function, &text);
    FailureLine {
        integration: cause.and_then(|cause| whole(cause, table)),
        // The authorizer function crashed, whatever it said, unless the platform says that it ran out of time.
        authorizer: if cause.is_some_and(|cause| cause.is(Role::FunctionTimedOut)) {
            whole(Role::AuthorizerTimedOut.cause(), table)
        } else {
            whole(Role::AuthorizerFailed.cause(), table)
        },
        names_authorizer: false,
        says_no_more: false,
        shape: None,
    }
}

/// Classifies `Lambda invocation failed with status: N. …`. A line that names the cause says more, so the rank is lower.
fn invocation_failed(tail: &str, table: &Table) -> FailureLine {
    let status = status_behind(tail, "status:");
    let cause = status.and_then(|status| table.find_invocation_status(status));
    FailureLine {
        integration: cause.and_then(|cause| ranked(cause, Rank::Concluded, table)),
        authorizer: ranked(Role::AuthorizerFailed.cause(), Rank::Concluded, table),
        names_authorizer: false,
        says_no_more: false,
        shape: cause.is_none().then(|| shape::redact(&format!("Lambda invocation failed{tail}"))),
    }
}

/// Returns the cause of a sentence in the authorizer's phase. "Authorizer error" names the phase only, so it ranks below
/// every other sentence of the phase.
fn authorizer(text: &str, table: &Table) -> (&'static Cause, Rank) {
    let cause = table.find(Author::Authorizer, text).unwrap_or_else(|| Role::AuthorizerFailed.cause());
    let is_bare = text.contains("authorizer error");
    (cause, if is_bare { Rank::Generic } else { cause.rank })
}

/// Parses ` T with status code: N`.
fn gateway_response(tail: &str, table: &Table) -> Option<GatewayResponse> {
    let (response_type, rest) = tail.trim_start().split_once(' ')?;
    let status = status_behind(rest, "with status code:")?;
    let cause = table.find(Author::ResponseType, response_type);
    Some(GatewayResponse {
        status,
        cause: cause.and_then(|cause| ranked(cause, Rank::Typed, table)),
        names_authorizer: response_type.starts_with("AUTHORIZER_"),
    })
}

/// Parses ` Status: 200, Integration latency: 12 ms`. Every request has such a line.
fn received_status(tail: &Tail<'_>) -> Option<u16> {
    let usual = tail.as_written().strip_prefix(b" Status: ").and_then(usual_number);
    usual.or_else(|| status_behind(&tail.text(), "Status:"))
}

/// Parses ` 200`. Every request has such a line.
fn ended_status(tail: &Tail<'_>) -> Option<u16> {
    let usual = tail.as_written().strip_prefix(b" ").and_then(usual_number);
    usual.or_else(|| number(tail.text().trim_start()))
}

/// Returns the number of three digits that are followed by a comma or nothing. Without it, the whole job takes 4 % more
/// instructions for a log at INFO level without bodies, and 3 % more for one with failures alone.
fn usual_number(text: &[u8]) -> Option<u16> {
    let (digits, rest) = text.split_first_chunk::<3>()?;
    let is_usual = digits.iter().all(u8::is_ascii_digit) && matches!(rest.first(), None | Some(b','));
    is_usual.then(|| digits.iter().fold(0, |value, b| value * 10 + u16::from(b - b'0')))
}

/// Returns the three-digit status behind `words`, whatever their case.
fn status_behind(text: &str, words: &str) -> Option<u16> {
    let at = text.as_bytes().windows(words.len()).position(|piece| piece.eq_ignore_ascii_case(words.as_bytes()))?;
    number(text[at + words.len()..].trim_start())
}

/// Returns the HTTP status at the start of `text`.
fn number(text: &str) -> Option<u16> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (digits == 3).then(|| text[..digits].parse().ok()).flatten()
}

/// Parses ` GET, Resource Path: /orders`.
fn resource_path(tail: &str) -> Option<String> {
    let (_, path) = tail.split_once("Resource Path:")?;
    let path = path.trim();
    (!path.is_empty()).then(|| path.to_owned())
}

/// Parses ` : 1-5759e988-bd862e3fe1be46a994272793`.
fn trace_id(tail: &str) -> Option<String> {
    let id = tail.trim_start_matches([' ', ':']).split_whitespace().next()?;
    let is_id = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'=' | b';'));
    is_id.then(|| id.to_owned())
}
