//! Evidence of one request: decides whether it failed, and which cause it has.
//!
//! Between lines the higher rank wins, among equals the earlier line. The phase decides first: a failure while the
//! authorizer works is the authorizer's. The endpoint's answer may refine what the gateway concluded from it, by a closed
//! list. [`crate::request::execution`] decides which line belongs to which request.

use super::endpoint::{Endpoint, EndpointAnswer};
use super::execution::{Candidate, EndpointEvidence, FailureLine, GatewayResponse, RequestFinding};
use crate::cause::{Cause, CauseIndex, Role, Table};

/// Accumulator for one request: a few numbers, without any text.
#[derive(Debug, Clone, Default)]
pub struct RequestEvidence {
    /// Status of the end; 0 if no end was seen.
    status: u16,
    has_failure: bool,
    in_authorizer: bool,
    authorizer_failed: bool,
    /// One of its failure lines is a configuration error without a reason.
    lacks_reason: bool,
    /// A gateway response line was seen, so the answer was not the backend's.
    gateway_answered: bool,
    integration: Option<Candidate>,
    authorizer: Option<Candidate>,
    response_type: Option<Candidate>,
    endpoint: Endpoint,
    received_status: u16,
    headers_seen: bool,
    function_error: bool,
    answer: EndpointAnswer,
}

/// Keeps the candidate of the higher rank, among equals the earlier one.
fn keep_best(best: &mut Option<Candidate>, candidate: Option<Candidate>) {
    if let Some(candidate) = candidate
        && best.is_none_or(|best| candidate.rank > best.rank)
    {
        *best = Some(candidate);
    }
}

fn cause_of(best: Option<Candidate>, table: &Table) -> Option<&'static Cause> {
    best.map(|best| table.at(best.cause))
}

/// Returns whether a status is a server error.
///
/// 502 → true; 499 → false
pub fn is_server_error(status: u16) -> bool {
    (500..600).contains(&status)
}

impl RequestEvidence {
    /// Returns whether it holds nothing but an end.
    ///
    /// `completed(502)` alone → true
    pub fn is_blank(&self) -> bool {
        !self.has_failure
            && !self.in_authorizer
            && !self.headers_seen
            && !self.function_error
            && self.received_status == 0
            && self.endpoint == Endpoint::Unknown
            && self.answer == EndpointAnswer::default()
    }

    /// Returns whether a failure line was added.
    ///
    /// `completed(502)` alone → false
    pub fn has_failure(&self) -> bool {
        self.has_failure
    }

    /// Notes that the gateway calls the authorizer.
    ///
    /// Then `failure(timeout)` → the cause `authorizer_timeout`
    pub fn authorizer_started(&mut self) {
        self.in_authorizer = true;
    }

    /// Notes that the authorizer has answered. The answer of its endpoint proves nothing about the integration.
    ///
    /// Then `failure(timeout)` → the cause `integration_timeout`
    pub fn authorizer_done(&mut self) {
        self.in_authorizer = false;
        if !self.has_failure {
            self.endpoint = Endpoint::Unknown;
            self.received_status = 0;
            self.headers_seen = false;
            self.function_error = false;
            self.answer = EndpointAnswer::default();
        }
    }

    /// Adds a failure line.
    ///
    /// A failure line after `authorizer_started()` → the authorizer failed
    pub fn failure(&mut self, line: &FailureLine) {
        self.has_failure = true;
        self.authorizer_failed |= line.names_authorizer || self.in_authorizer;
        self.lacks_reason |= line.says_no_more;
        keep_best(&mut self.integration, line.integration);
        keep_best(&mut self.authorizer, line.authorizer);
    }

    /// Adds a gateway response line.
    ///
    /// `AUTHORIZER_FAILURE` with status 500 → the request failed, and the authorizer is the reason
    pub fn answered(&mut self, response: &GatewayResponse) {
        self.gateway_answered = true;
        self.status = response.status;
        self.authorizer_failed |= response.names_authorizer;
        keep_best(&mut self.response_type, response.cause);
    }

    /// Adds a gateway response line that was logged after the completion line, whose status stays.
    ///
    /// `THROTTLED` with status 503, after `completed(500)` → the cause `throttled`, status 500
    pub fn answered_late(&mut self, response: &GatewayResponse) {
        let status = self.status;
        self.answered(response);
        self.status = status;
    }

    /// Adds a completion line.
    ///
    /// 502 → the request failed
    pub fn completed(&mut self, status: u16) {
        self.status = status;
    }

    /// Adds a finding about the circumstances: the endpoint, or the authorizer's turn. Returns false for any other.
    ///
    /// `AuthorizerStarted` → true; `Ended(502)` → false, nothing added
    pub fn add_context(&mut self, finding: &RequestFinding) -> bool {
        match finding {
            RequestFinding::Endpoint(evidence) => self.endpoint(evidence),
            RequestFinding::AuthorizerStarted => self.authorizer_started(),
            RequestFinding::AuthorizerDone => self.authorizer_done(),
            _ => return false,
        }
        true
    }

    /// Adds evidence about the endpoint.
    ///
    /// `Status(403)` of an AWS service → its error may refine the cause
    pub fn endpoint(&mut self, evidence: &EndpointEvidence) {
        match evidence {
            EndpointEvidence::Uri(endpoint) => self.endpoint = *endpoint,
            EndpointEvidence::Status(status) => self.received_status = *status,
            EndpointEvidence::Headers { function_error, error } => {
                self.headers_seen = true;
                self.function_error |= function_error;
                self.answer.fill(*error);
            }
            EndpointEvidence::Body(answer) => self.answer.fill(*answer),
        }
    }

    /// Adds the failure lines of `later`, which belongs to the same request.
    ///
    /// Neither has a failure line → unchanged
    pub fn absorb(&mut self, later: &Self) {
        self.has_failure |= later.has_failure;
        self.authorizer_failed |= later.authorizer_failed;
        self.lacks_reason |= later.lacks_reason;
        keep_best(&mut self.integration, later.integration);
        keep_best(&mut self.authorizer, later.authorizer);
        self.answer.fill(later.answer);
    }

    /// Returns the status of the end; None if no end was seen.
    ///
    /// `completed(502)` → 502
    pub fn status(&self) -> Option<u16> {
        (self.status != 0).then_some(self.status)
    }

    /// Returns whether the request failed. The status decides, or without an end a failure line.
    ///
    /// A failure line, then `completed(200)` → false
    pub fn failed(&self) -> bool {
        self.status().map_or(self.has_failure, is_server_error)
    }

    /// Returns the root cause of a failed request.
    ///
    /// Failure lines of `integration_config` and `lambda_permission` → `lambda_permission`, which has the higher rank
    pub fn cause(&self, table: &Table) -> &'static Cause {
        if self.authorizer_failed {
            return cause_of(self.authorizer, table)
                .or_else(|| cause_of(self.response_type, table))
                .unwrap_or_else(|| Role::AuthorizerFailed.cause());
        }
        if let Some(cause) = cause_of(self.integration, table) {
            return self.refined(cause, table);
        }
        if let Some(cause) = cause_of(self.response_type, table) {
            return cause;
        }
        if self.has_failure || self.gateway_answered { Role::Unclassified } else { Role::BackendAnswered }.cause()
    }

    /// Returns the cause that the endpoint's answer names, if that says more than what the gateway concluded from it. A
    /// closed list.
    fn refined(&self, concluded: &'static Cause, table: &Table) -> &'static Cause {
        let answer = match concluded.role {
            Some(Role::MalformedAnswer) => self.lambda_service_answer().or_else(|| self.function_answer(table)),
            Some(Role::StatusNotMapped) => self.service_answer(),
            // With a text, the Lambda service is not the reason, and an HTTP backend may echo a client's text.
            Some(Role::ConfigurationError) if self.lacks_reason => self.lambda_service_answer(),
            Some(Role::InvocationForbidden | Role::InvocationRejected) => self.lambda_service_answer(),
            _ => None,
        };
        answer.map_or(concluded, |index| table.at(index))
    }

    /// Returns the cause that the Lambda service's own answer names. It answers an invocation itself only if the function
    /// did not run, with a status other than 200.
    fn lambda_service_answer(&self) -> Option<CauseIndex> {
        let may_be_lambda = matches!(self.endpoint, Endpoint::Lambda | Endpoint::Unknown);
        (may_be_lambda && self.may_be_refused()).then_some(self.answer.lambda_service).flatten()
    }

    fn function_answer(&self, table: &Table) -> Option<CauseIndex> {
        let may_be_lambda = matches!(self.endpoint, Endpoint::Lambda | Endpoint::Unknown);
        // The headers show whether the body is an error of the function. Without them in the log, the body does.
        let is_error = self.function_error || (!self.headers_seen && self.answer.function.is_some());
        if !(may_be_lambda && is_error) {
            return None;
        }
        self.answer.function.or_else(|| table.index_of(Role::FunctionFailed.cause()))
    }

    fn service_answer(&self) -> Option<CauseIndex> {
        match self.endpoint {
            Endpoint::AwsService if self.may_be_refused() => self.answer.service,
            Endpoint::Lambda if self.may_be_refused() => self.answer.lambda_service.or(self.answer.service),
            _ => None,
        }
    }

    fn may_be_refused(&self) -> bool {
        self.received_status == 0 || self.received_status >= 300
    }
}
