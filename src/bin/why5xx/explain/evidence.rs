//! Causes that the answer of an endpoint names, in a text without a line that says that a request failed.
//!
//! The function counts nothing by such an answer.

use serde_json::json;
use why5xx::cause::{Cause, Role, Table};
use why5xx::classify::evidence::RequestEvidence;
use why5xx::classify::execution::{Candidate, EndpointEvidence, FailureLine, RequestFinding, finding};
use why5xx::classify::{Endpoint, body_text};
use why5xx::decode::{LogEvent, Message};
use why5xx::record::Record;
use why5xx::record::execution::{self, ExecutionLine, Head, lines_of_transcript};

use crate::input::sentence;

/// The answers in a text.
#[derive(Default)]
pub(super) struct Evidence {
    /// Of the request that the last line is of.
    request: Answered,
    request_id: Option<Vec<u8>>,
    of_request: Option<&'static Cause>,
    /// Cause that the first answer names which names one, whoever gave it.
    pub(super) of_anybody: Option<&'static str>,
}

impl Evidence {
    /// Adds a line of an execution log.
    pub(super) fn add(&mut self, record: &Record<'_>, table: &Table) {
        match record {
            Record::Execution(line) => self.line(line, table),
            Record::Transcript(text) => lines_of_transcript(text).for_each(|line| self.line(&line, table)),
            _ => {}
        }
    }

    fn line(&mut self, line: &ExecutionLine<'_>, table: &Table) {
        self.of_anybody = self.of_anybody.or_else(|| of_anybody(line, table));
        let finding = finding(line, table);
        let request_id = line.request_id.as_deref();
        if matches!(finding, Some(RequestFinding::Opening(_))) || self.request_id.as_deref() != request_id {
            self.end_request(table);
            self.request_id = request_id.map(<[u8]>::to_vec);
        }
        if let Some(finding) = &finding {
            self.request.add(finding);
        }
    }

    fn end_request(&mut self, table: &Table) {
        let request = std::mem::take(&mut self.request);
        self.of_request = self.of_request.or_else(|| request.cause(table));
    }

    /// Returns the cause that the answer to the first request whose answer names one.
    pub(super) fn of_request(&mut self, table: &Table) -> Option<&'static str> {
        self.end_request(table);
        self.of_request.map(|cause| cause.id)
    }
}

/// The answer to one request.
#[derive(Default)]
struct Answered {
    evidence: RequestEvidence,
    endpoint: Endpoint,
    /// Status that the endpoint answered; 0 if no line shows it.
    status: u16,
}

impl Answered {
    fn add(&mut self, finding: &RequestFinding) {
        match finding {
            // Whose answer it is does not matter where no line says that the request failed.
            RequestFinding::AuthorizerStarted => return,
            RequestFinding::AuthorizerDone => (self.endpoint, self.status) = (Endpoint::Unknown, 0),
            RequestFinding::Endpoint(EndpointEvidence::Uri(endpoint)) => self.endpoint = *endpoint,
            RequestFinding::Endpoint(EndpointEvidence::Status(status)) => self.status = *status,
            _ => {}
        }
        self.evidence.add_context(finding);
    }

    /// Returns the cause that the answer names if the gateway concluded a failure from it; None if it names none.
    ///
    /// A call of DynamoDB and the body `{"__type":"ThrottlingException"}` → `aws_service_throttled`
    fn cause(mut self, table: &Table) -> Option<&'static Cause> {
        let is_service = self.endpoint == Endpoint::AwsService;
        let concluded = if is_service { Role::StatusNotMapped } else { Role::MalformedAnswer }.cause();
        self.evidence.failure(&FailureLine {
            integration: table.index_of(concluded).map(|cause| Candidate { cause, rank: concluded.rank }),
            authorizer: None,
            names_authorizer: false,
            says_no_more: false,
            shape: None,
        });
        let named = self.evidence.cause(table);
        if named.id != concluded.id {
            return Some(named);
        }
        let by_status = match self.status {
            _ if !is_service => return None,
            401 | 403 => Role::ServiceDenied,
            429 => Role::ServiceThrottled,
            400.. => Role::ServiceFailed,
            _ => return None,
        };
        Some(by_status.cause())
    }
}

/// Returns the cause that a body alone names, as behind the head that it has in an execution log.
pub(super) fn of_body_alone(body: &str, table: &Table) -> Option<&'static str> {
    body_text(body, table)?;
    let line = format!(
        "Thu Jan 01 00:00:00 UTC 1970 : Endpoint response body before transformations: {}",
        body.replace('\n', " ")
    );
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(line.as_bytes()) };
    let mut evidence = Evidence::default();
    evidence.add(&execution::parse(&event)?, table);
    evidence.of_request(table).or(evidence.of_anybody)
}

/// Returns the cause that the endpoint's body or the header with its error names, as if it were pasted alone.
fn of_anybody(line: &ExecutionLine<'_>, table: &Table) -> Option<&'static str> {
    let tail = line.tail.text();
    let body = match line.head {
        Head::ResponseBody => tail.trim().to_owned(),
        Head::ResponseHeaders => {
            const NAME: &str = "x-amzn-errortype=";
            let at = tail.to_ascii_lowercase().find(NAME)? + NAME.len();
            json!({ "__type": tail[at..].split([',', '}', ':']).next()? }).to_string()
        }
        _ => return None,
    };
    sentence::of_body(&body, table).map(|cause| cause.id)
}
