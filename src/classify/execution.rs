//! What a line of an execution log proves, and which cause the findings of one request add up to.

use super::endpoint::{self, Answer, Endpoint};
use super::{frame, shape};
use crate::cause::{Author, Cause, CauseIndex, Rank, Role, Table, normalise, own_words};
use crate::record::execution::{Head, Line, Tail};

/// What a line proves.
#[derive(Debug)]
pub enum Finding {
    /// A request begins; see [`crate::request::execution`] for when it is a new one.
    Opening(Opening),
    /// The authorizer is called.
    AuthorizerStarted,
    /// The authorizer has answered.
    AuthorizerDone,
    /// A failure line.
    Failure(FailureLine),
    /// The gateway made the answer itself.
    GatewayResponse(GatewayResponse),
    /// The request ended with this status.
    Ended(u16),
    /// What the endpoint is, or what it answered.
    Endpoint(EndpointEvidence),
    /// The resource as configured.
    ResourcePath(String),
    /// The X-Ray trace id.
    TraceId(String),
}

impl Finding {
    /// Whether it can decide a count: such a log event must not count again when it is delivered again.
    pub fn decides(&self) -> bool {
        matches!(self, Self::Failure(_) | Self::GatewayResponse(_) | Self::Ended(_))
    }
}

/// The lines that begin a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// `Extended Request Id`, or the head of the console's test output.
    First,
    /// `Starting execution for request`, behind the lines of the authorizer and the usage plan.
    Starting,
}

/// A cause that a line names, and how much the line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The cause's place in the table: a request keeps several of these.
    pub cause: CauseIndex,
    /// The rank; that of the cause, or lower where the line only hints at it.
    pub rank: Rank,
}

/// What a failure line says, read both ways: whether it was said in the authorizer's phase shows later.
#[derive(Debug, Clone)]
pub struct FailureLine {
    /// The cause if it is the integration's failure; none where no cause matches.
    pub integration: Option<Candidate>,
    /// The cause if it is the authorizer's failure.
    pub authorizer: Option<Candidate>,
    /// Whether the line itself says that the authorizer failed.
    pub names_authorizer: bool,
    /// Whether it is a configuration error without more, which the endpoint's answer may explain.
    pub says_no_more: bool,
    /// The shape of a text that no cause matches.
    pub shape: Option<String>,
}

/// A gateway response line.
#[derive(Debug)]
pub struct GatewayResponse {
    /// The status that the client got, unless a completion line says otherwise.
    pub status: u16,
    /// The cause that the response type names.
    pub cause: Option<Candidate>,
    /// Whether the response type is one of the authorizer's.
    pub names_authorizer: bool,
}

/// What one line tells of the endpoint.
#[derive(Debug)]
pub enum EndpointEvidence {
    /// What is called.
    Uri(Endpoint),
    /// `Received response. Status: N`.
    Status(u16),
    /// The headers of its answer.
    Headers {
        /// `X-Amz-Function-Error` is among them.
        function_error: bool,
        /// What `x-amzn-ErrorType` names.
        error: Answer,
    },
    /// The body of its answer is an error.
    Body(Answer),
}

/// What the line proves; none where it tells nothing that matters.
#[inline]
pub fn finding(line: &Line<'_>, table: &Table) -> Option<Finding> {
    match line.head {
        Head::ExtendedRequestId | Head::TestLog => Some(Finding::Opening(Opening::First)),
        Head::StartingExecution => Some(Finding::Opening(Opening::Starting)),
        Head::StartingAuthorizer => Some(Finding::AuthorizerStarted),
        Head::AuthorizerDone => Some(Finding::AuthorizerDone),
        Head::MethodCompleted => Some(Finding::Ended(ended_status(&line.tail)?)),
        Head::ReceivedResponse => Some(Finding::Endpoint(EndpointEvidence::Status(received_status(&line.tail)?))),
        _ => finding_of_text(line, table),
    }
}

/// The same for lines whose text tells. By itself, so that the others do not pass through all that this needs.
#[inline(never)]
fn finding_of_text(line: &Line<'_>, table: &Table) -> Option<Finding> {
    Some(match line.head {
        Head::HttpMethod => Finding::ResourcePath(resource_path(&line.tail.text())?),
        Head::RequestUri => Finding::Endpoint(EndpointEvidence::Uri(endpoint::uri(&line.tail)?)),
        Head::ResponseHeaders => Finding::Endpoint(endpoint::headers(&line.tail, table)?),
        Head::ResponseBody => Finding::Endpoint(EndpointEvidence::Body(endpoint::body(&line.tail, table)?)),
        Head::ExecutionFailed => Finding::Failure(execution_failed(&line.tail.text(), table)),
        Head::LambdaExecutionFailed => Finding::Failure(function_failed(&line.tail.text(), table)),
        Head::LambdaInvocationFailed => Finding::Failure(invocation_failed(&line.tail.text(), table)),
        Head::AuthorizerConfigurationException => Finding::Failure(FailureLine {
            integration: None,
            authorizer: ranked(Role::AuthorizerFailed.cause(), Rank::Generic, table),
            names_authorizer: true,
            says_no_more: false,
            shape: None,
        }),
        Head::WafError => Finding::Failure(FailureLine {
            integration: whole(Role::FirewallFailed.cause(), table),
            authorizer: whole(Role::FirewallFailed.cause(), table),
            names_authorizer: false,
            says_no_more: false,
            shape: None,
        }),
        Head::GatewayResponse => Finding::GatewayResponse(gateway_response(&line.tail.text(), table)?),
        Head::TraceId => Finding::TraceId(trace_id(&line.tail.text())?),
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

/// `Execution failed{tail}`.
fn execution_failed(tail: &str, table: &Table) -> FailureLine {
    let sentence = format!("Execution failed{tail}");
    let text = normalise(&sentence);
    // The gateway may quote a path that a client wrote.
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
        shape: cause.is_none().then(|| shape::of(&sentence)),
    }
}

/// `Lambda execution failed{tail}`: the function ended with an error.
fn function_failed(tail: &str, table: &Table) -> FailureLine {
    let sentence = format!("Lambda execution failed{tail}");
    let said = frame::function_error(&sentence).unwrap_or(tail);
    let text = normalise(said);
    FailureLine {
        integration: table.find(Author::Function, &text).and_then(|cause| whole(cause, table)),
        // Whatever the function said: it crashed, unless it ran out of time. Its own words may quote another timeout.
        authorizer: if text.starts_with("task timed out") {
            whole(Role::AuthorizerTimedOut.cause(), table)
        } else {
            whole(Role::AuthorizerFailed.cause(), table)
        },
        names_authorizer: false,
        says_no_more: false,
        shape: None,
    }
}

/// `Lambda invocation failed with status: N. …`: a text that names the cause tells more, so the rank is lower.
fn invocation_failed(tail: &str, table: &Table) -> FailureLine {
    let status = status_behind(tail, "status:");
    let cause = status.and_then(|status| table.find_invocation_status(status));
    FailureLine {
        integration: cause.and_then(|cause| ranked(cause, Rank::Concluded, table)),
        authorizer: ranked(Role::AuthorizerFailed.cause(), Rank::Concluded, table),
        names_authorizer: false,
        says_no_more: false,
        shape: cause.is_none().then(|| shape::of(&format!("Lambda invocation failed{tail}"))),
    }
}

/// The cause of a sentence that was said in the authorizer's phase. The bare "Authorizer error" only says whose phase
/// it was, so any other sentence of the phase tells more.
fn authorizer(text: &str, table: &Table) -> (&'static Cause, Rank) {
    let cause = table.find(Author::Authorizer, text).unwrap_or_else(|| Role::AuthorizerFailed.cause());
    let is_bare = text.contains("authorizer error");
    (cause, if is_bare { Rank::Generic } else { cause.rank })
}

/// ` T with status code: N`.
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

/// ` Status: 200, Integration latency: 12 ms`, as every request has one.
fn received_status(tail: &Tail<'_>) -> Option<u16> {
    let usual = tail.as_written().strip_prefix(b" Status: ").and_then(usual_number);
    usual.or_else(|| status_behind(&tail.text(), "Status:"))
}

/// ` 200`, as every request has one.
fn ended_status(tail: &Tail<'_>) -> Option<u16> {
    let usual = tail.as_written().strip_prefix(b" ").and_then(usual_number);
    usual.or_else(|| number(tail.text().trim_start()))
}

/// Three digits and no more, where they are followed by a comma or nothing.
fn usual_number(text: &[u8]) -> Option<u16> {
    let (digits, rest) = text.split_first_chunk::<3>()?;
    let is_usual = digits.iter().all(u8::is_ascii_digit) && matches!(rest.first(), None | Some(b','));
    is_usual.then(|| digits.iter().fold(0, |value, b| value * 10 + u16::from(b - b'0')))
}

/// The three-digit status behind `words`.
fn status_behind(text: &str, words: &str) -> Option<u16> {
    let at = text.find(words)?;
    number(text[at + words.len()..].trim_start())
}

/// The HTTP status at the start of `text`.
fn number(text: &str) -> Option<u16> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    (digits == 3).then(|| text[..digits].parse().ok()).flatten()
}

/// ` GET, Resource Path: /orders`.
fn resource_path(tail: &str) -> Option<String> {
    let (_, path) = tail.split_once("Resource Path:")?;
    let path = path.trim();
    (!path.is_empty()).then(|| path.to_owned())
}

/// ` : 1-5759e988-bd862e3fe1be46a994272793`.
fn trace_id(tail: &str) -> Option<String> {
    let id = tail.trim_start_matches([' ', ':']).split_whitespace().next()?;
    let is_id = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'=' | b';'));
    is_id.then(|| id.to_owned())
}
