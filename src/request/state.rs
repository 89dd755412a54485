//! What is kept of one open request: a few numbers, and its route where routes are counted.

use std::num::NonZeroU64;
use std::sync::Arc;

use super::{Place, TextNumber};
use crate::cause::{Cause, CauseIndex, Role, Table};
use crate::classify::execution::{Candidate, Evidence, FailureLine, GatewayResponse};
use crate::classify::{Answer, Endpoint};

/// The higher rank wins, among equals the earlier line.
fn take(best: &mut Option<Candidate>, candidate: Option<Candidate>) {
    if let Some(candidate) = candidate
        && best.is_none_or(|best| candidate.rank > best.rank)
    {
        *best = Some(candidate);
    }
}

fn cause_of(best: Option<Candidate>, table: &Table) -> Option<&'static Cause> {
    best.map(|best| table.at(best.cause))
}

/// Longest route that is kept, in characters: one more than a dimension takes, so that it is known to be too long there.
const LONGEST_ROUTE: usize = 1_025;

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Phase {
    /// No end was seen.
    #[default]
    Open,
    /// The gateway made the answer; ended, unless a completion line follows.
    Answered,
    /// A completion line was seen.
    Completed,
}

/// One request, as far as its lines were seen.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// Status of the end; 0 where none was seen.
    status: u16,
    /// Its lines have a request ID.
    has_id: bool,
    /// Began with a failure line behind a gateway response, so it may be that request's.
    pub(super) after_answer: bool,
    has_failure: bool,
    in_authorizer: bool,
    authorizer_failed: bool,
    /// One of its failure lines is a configuration error without more.
    says_no_more: bool,
    /// A gateway response line was seen, so the answer was not the backend's.
    gateway_answered: bool,
    /// Counted in an earlier batch.
    pub(super) counted: bool,
    /// Begun in an earlier batch.
    pub(super) carried: bool,
    integration: Option<Candidate>,
    authorizer: Option<Candidate>,
    response_type: Option<Candidate>,
    endpoint: Endpoint,
    received_status: u16,
    headers_seen: bool,
    function_error: bool,
    answer: Answer,
    pub(super) shape: Option<TextNumber>,
    /// When the end was logged.
    end_ms: i64,
    /// When the first failure line was logged.
    failure_ms: i64,
    /// When its last line was logged.
    seen_ms: i64,
    /// The number of the log event that it began with.
    number: Option<NonZeroU64>,
    pub(super) place: Place,
    /// The resource as configured.
    pub(super) route: Option<Arc<str>>,
}

impl State {
    /// A request of the API and stage with this number.
    pub(super) fn at(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    /// A line of it was logged.
    pub(super) fn seen(&mut self, timestamp_ms: i64, has_id: bool) {
        self.seen_ms = timestamp_ms;
        self.has_id = has_id;
    }

    /// A line of it is the log event with this number.
    pub(super) fn began(&mut self, number: u64) {
        self.number = self.number.or(NonZeroU64::new(number));
    }

    /// The number of the log event that it began with.
    pub(super) fn number(&self) -> u64 {
        self.number.map_or(0, NonZeroU64::get)
    }

    /// When its last line was logged.
    pub(super) fn seen_ms(&self) -> i64 {
        self.seen_ms
    }

    /// One of its lines tells the resource; the first one does.
    pub(super) fn keep_route(&mut self, path: Option<&str>) {
        if let Some(path) = path
            && self.route.is_none()
        {
            let end = path.char_indices().nth(LONGEST_ROUTE).map_or(path.len(), |(end, _)| end);
            self.route = Some(path[..end].into());
        }
    }

    /// Its batch ends. Shapes are numbered by batch.
    pub(super) fn carry_over(&mut self) {
        self.counted |= self.failed();
        self.carried = true;
        self.after_answer = false;
        self.number = None;
        self.shape = None;
    }

    /// Whether a line in the next batch could belong to it: it has not completed, and its ID tells which it is.
    pub(super) fn can_be_carried(&self) -> bool {
        self.has_id && self.phase != Phase::Completed && !self.is_blank()
    }

    /// Whether it holds nothing but opening lines.
    pub(super) fn is_blank(&self) -> bool {
        self.phase == Phase::Open
            && !self.has_failure
            && !self.in_authorizer
            && !self.headers_seen
            && !self.function_error
            && self.received_status == 0
            && self.endpoint == Endpoint::Unknown
            && self.answer == Answer::default()
    }

    pub(super) fn has_failure(&self) -> bool {
        self.has_failure
    }

    pub(super) fn authorizer_started(&mut self) {
        self.in_authorizer = true;
    }

    /// What the authorizer's endpoint answered tells nothing of the integration's.
    pub(super) fn authorizer_done(&mut self) {
        self.in_authorizer = false;
        if !self.has_failure {
            self.forget_evidence();
        }
    }

    fn forget_evidence(&mut self) {
        self.endpoint = Endpoint::Unknown;
        self.received_status = 0;
        self.headers_seen = false;
        self.function_error = false;
        self.answer = Answer::default();
    }

    pub(super) fn failure(&mut self, line: &FailureLine, shape: Option<TextNumber>, timestamp_ms: i64) {
        self.shape = self.shape.or(shape);
        if !self.has_failure {
            self.failure_ms = timestamp_ms;
        }
        self.has_failure = true;
        self.authorizer_failed |= line.names_authorizer || self.in_authorizer;
        self.says_no_more |= line.says_no_more;
        take(&mut self.integration, line.integration);
        take(&mut self.authorizer, line.authorizer);
    }

    /// Takes over the failure lines that `later` holds.
    pub(super) fn absorb(&mut self, later: &Self) {
        if later.has_failure && !self.has_failure {
            self.failure_ms = later.failure_ms;
        }
        self.has_failure |= later.has_failure;
        self.authorizer_failed |= later.authorizer_failed;
        self.says_no_more |= later.says_no_more;
        take(&mut self.integration, later.integration);
        take(&mut self.authorizer, later.authorizer);
        self.answer.fill(later.answer);
        self.shape = self.shape.or(later.shape);
    }

    pub(super) fn answered(&mut self, response: &GatewayResponse, timestamp_ms: i64) {
        self.phase = Phase::Answered;
        self.gateway_answered = true;
        self.status = response.status;
        self.end_ms = timestamp_ms;
        self.authorizer_failed |= response.names_authorizer;
        take(&mut self.response_type, response.cause);
    }

    pub(super) fn completed(&mut self, status: u16, timestamp_ms: i64) {
        self.end_ms = timestamp_ms;
        self.phase = Phase::Completed;
        self.status = status;
    }

    pub(super) fn endpoint(&mut self, evidence: &Evidence) {
        match evidence {
            Evidence::Uri(endpoint) => self.endpoint = *endpoint,
            Evidence::Status(status) => self.received_status = *status,
            Evidence::Headers { function_error, error } => {
                self.headers_seen = true;
                self.function_error |= function_error;
                self.answer.fill(*error);
            }
            Evidence::Body(answer) => self.answer.fill(*answer),
        }
    }

    /// The status of the end.
    pub(super) fn status(&self) -> Option<u16> {
        (self.status != 0).then_some(self.status)
    }

    /// Whether it failed: the status decides, and where no end was seen, a failure line does.
    pub(super) fn failed(&self) -> bool {
        match self.status() {
            Some(status) => (500..600).contains(&status),
            None => self.has_failure,
        }
    }

    /// The end gives the count its minute, else the first failure line does.
    pub(super) fn decided_ms(&self) -> i64 {
        if self.status == 0 { self.failure_ms } else { self.end_ms }
    }

    /// The root cause of a request that failed.
    pub(super) fn cause(&self, table: &Table) -> &'static Cause {
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
        if self.has_failure || self.gateway_answered {
            return Role::Unclassified.cause();
        }
        Role::BackendAnswered.cause()
    }

    /// What the endpoint answered, where it tells more than what the gateway concluded from it. A closed list.
    fn refined(&self, concluded: &'static Cause, table: &Table) -> &'static Cause {
        let answer = match concluded.role {
            Some(Role::MalformedAnswer) => self.lambda_service_answer().or_else(|| self.function_answer(table)),
            Some(Role::StatusNotMapped) => self.service_answer(),
            // One that says more is no matter of Lambda's, and an HTTP backend may echo what a client wrote.
            Some(Role::ConfigurationError) if self.says_no_more => self.lambda_service_answer(),
            Some(Role::InvocationForbidden | Role::InvocationRejected) => self.lambda_service_answer(),
            _ => None,
        };
        answer.map_or(concluded, |index| table.at(index))
    }

    /// The Lambda service answers an invocation itself only where the function did not run: then with a status that
    /// is not 200.
    fn lambda_service_answer(&self) -> Option<CauseIndex> {
        let may_be_lambda = matches!(self.endpoint, Endpoint::Lambda | Endpoint::Unknown);
        let refused = self.received_status == 0 || self.received_status >= 300;
        (may_be_lambda && refused).then_some(self.answer.lambda_service).flatten()
    }

    fn function_answer(&self, table: &Table) -> Option<CauseIndex> {
        let may_be_lambda = matches!(self.endpoint, Endpoint::Lambda | Endpoint::Unknown);
        // With the headers in the log, they tell whether the body is an error of the function's.
        let is_error = self.function_error || (!self.headers_seen && self.answer.function.is_some());
        if !(may_be_lambda && is_error) {
            return None;
        }
        self.answer.function.or_else(|| table.index_of(Role::FunctionFailed.cause()))
    }

    fn service_answer(&self) -> Option<CauseIndex> {
        let refused = self.received_status == 0 || self.received_status >= 300;
        match self.endpoint {
            Endpoint::AwsService if refused => self.answer.service,
            Endpoint::Lambda if refused => self.answer.lambda_service.or(self.answer.service),
            _ => None,
        }
    }

    /// The cause that the evidence alone hints at, where nothing says that the request failed: for pasted text.
    pub(super) fn hint(&self, table: &Table) -> Option<&'static Cause> {
        let index = match self.endpoint {
            Endpoint::AwsService => self.service_answer().or_else(|| {
                let by_status = match self.received_status {
                    401 | 403 => Role::ServiceDenied,
                    429 => Role::ServiceThrottled,
                    400.. => Role::ServiceFailed,
                    _ => return None,
                };
                table.index_of(by_status.cause())
            }),
            _ => self.lambda_service_answer().or_else(|| self.function_answer(table)),
        };
        index.map(|index| table.at(index))
    }
}
