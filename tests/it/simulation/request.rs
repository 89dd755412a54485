//! One request: the lines that API Gateway writes of it, and what it must be counted as.

use super::client;
use super::random::Random;
use super::tales::{Answer, BACKEND_WORDS, Calls, FUNCTION_WORDS, REFUSALS, RESPONSE_TYPES, TALES, Tale};

/// The levels of an execution log, each with all lines of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Info,
    /// INFO with data trace.
    Trace,
}

/// Count of a request: the cause, and the status where an end was logged. None: not counted.
pub(crate) type Count = Option<(&'static str, Option<u16>)>;

/// A line of a request, without its id.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// How a request ends in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// `Method completed with status`.
    Completed(u16),
    /// A gateway response line, then a completion; the completion counts.
    AnsweredAndCompleted(u16, u16),
    /// A gateway response line alone.
    Answered(u16),
    /// Nothing.
    Missing,
}

impl End {
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Completed(status) | Self::AnsweredAndCompleted(_, status) | Self::Answered(status) => Some(status),
            Self::Missing => None,
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) lines: Vec<Line>,
    /// By level.
    pub(crate) counts: [Count; 3],
    pub(crate) end: End,
}

impl Request {
    /// Whether nothing but its completion says that it failed.
    pub(crate) fn fails_without_a_word(&self) -> bool {
        let failed = matches!(self.end, End::Completed(500..600));
        failed && self.lines.iter().all(|line| line.level != Level::Error)
    }

    pub(crate) fn count(&self, level: Level) -> Count {
        self.counts[level as usize]
    }
}

/// Writer of a request.
pub(crate) struct Writer<'r> {
    pub(crate) random: &'r mut Random,
    pub(crate) id: String,
    pub(crate) words: &'r Words,
    lines: Vec<Line>,
}

/// Texts that others than the gateway may write.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) client: Vec<String>,
    /// When they fail.
    pub(crate) function: Vec<String>,
    /// When they speak no HTTP.
    pub(crate) backend: Vec<String>,
}

impl Default for Words {
    fn default() -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self { client: client::pool(), function: owned(FUNCTION_WORDS), backend: owned(BACKEND_WORDS) }
    }
}

impl<'r> Writer<'r> {
    pub(crate) fn new(random: &'r mut Random, id: &str, words: &'r Words) -> Self {
        Self { random, id: id.to_owned(), words, lines: Vec::new() }
    }

    /// A request of any kind: two of three are healthy or refused.
    pub(crate) fn any(self) -> Request {
        match self.random.below(12) {
            0..=4 => self.healthy(),
            5 => self.refused(),
            6 => self.backend_failed(),
            7 => self.gateway_answered(),
            _ => {
                let tale = *self.random.pick(TALES);
                self.failed(&tale, None)
            }
        }
    }

    /// The endpoint answers and the client gets it.
    pub(crate) fn healthy(mut self) -> Request {
        let calls = self.any_endpoint();
        let status = *self.random.pick(&[200, 200, 200, 201, 204, 301, 400, 404, 409, 422, 429, 499]);
        self.opening();
        self.authorizer_passes();
        self.starting();
        // A 5xx of the endpoint that the response mapping makes something else of is no failure.
        let received = if self.random.percent(10) { 503 } else { 200 };
        self.call(calls, Some((received, "", "{client}")));
        self.method_response();
        self.end(End::Completed(status), "");
        self.done([None; 3], End::Completed(status))
    }

    /// The gateway refuses the client.
    pub(crate) fn refused(mut self) -> Request {
        let (response_type, status) = *self.random.pick(REFUSALS);
        self.opening();
        if response_type == "ACCESS_DENIED" {
            self.authorizer_is_called();
            self.info("Authorizer result body before parsing: {\"principalId\":\"u7\",\"policyDocument\":{}}");
            self.info("The client is not authorized to perform this operation.");
        }
        if response_type == "BAD_REQUEST_BODY" {
            self.starting();
            let words = self.client_words();
            self.info(&format!("Request body does not match model schema for content type application/json: [instance value ({words}) not found in enum]"));
        }
        let end = if self.random.percent(50) { End::Answered(status) } else { End::AnsweredAndCompleted(500, status) };
        self.end(end, response_type);
        self.done([None; 3], end)
    }

    /// The endpoint itself answers 5xx and the gateway passes it on.
    pub(crate) fn backend_failed(mut self) -> Request {
        let status = *self.random.pick(&[500, 502, 503, 504, 507, 599]);
        let calls = if self.random.percent(50) { Calls::Lambda } else { Calls::Http };
        self.opening();
        self.authorizer_passes();
        self.starting();
        // A function that answers 500 itself did run, so Lambda's own status is 200.
        self.call(calls, Some((if calls == Calls::Lambda { 200 } else { status }, "", "{client}")));
        self.method_response();
        self.end(End::Completed(status), "");
        let count = Some(("backend_error_response", Some(status)));
        self.done([None, count, count], End::Completed(status))
    }

    /// The gateway answers 5xx and only the type of its response says why.
    pub(crate) fn gateway_answered(mut self) -> Request {
        let (response_type, status, cause) = *self.random.pick(RESPONSE_TYPES);
        self.opening();
        let end =
            if self.random.percent(50) { End::Answered(status) } else { End::AnsweredAndCompleted(status, status) };
        self.end(end, response_type);
        let count = Some((cause, Some(status)));
        self.done([None, count, count], end)
    }

    /// A request that fails as given. Without an `end`, any.
    pub(crate) fn failed(mut self, tale: &Tale, end: Option<End>) -> Request {
        self.opening();
        if tale.in_authorizer {
            self.authorizer_is_called();
        } else {
            self.authorizer_passes();
            self.starting();
            self.call(tale.calls, tale.answer);
        }
        for line in tale.lines {
            let text = self.filled(line);
            self.line(Level::Error, &text);
        }
        let end = end.unwrap_or_else(|| self.any_end(tale.status));
        let types: &[&str] = match tale.in_authorizer {
            true => &["AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR", "DEFAULT_5XX"],
            false => &["DEFAULT_5XX", "INTEGRATION_FAILURE", "API_CONFIGURATION_ERROR"],
        };
        let response_type = *self.random.pick(types);
        self.end(end, response_type);
        let failed = end.status().is_none_or(|status| (500..600).contains(&status));
        let counted = |level: Level| failed.then_some((tale.causes[level as usize], end.status()));
        // At ERROR level no end is logged, so the failure line counts whatever came of it.
        self.done([Some((tale.causes[0], None)), counted(Level::Info), counted(Level::Trace)], end)
    }

    fn any_end(&mut self, status: u16) -> End {
        match self.random.below(20) {
            0..=9 => End::Completed(status),
            10..=12 => End::AnsweredAndCompleted(status, status),
            13 => End::AnsweredAndCompleted(400, status),
            14 => End::AnsweredAndCompleted(status, 429),
            15 | 16 => End::Answered(status),
            17 => End::Missing,
            18 => End::Completed(200),
            _ => End::Completed(404),
        }
    }

    fn any_endpoint(&mut self) -> Calls {
        *self.random.pick(&[Calls::Lambda, Calls::Http, Calls::Service("dynamodb"), Calls::Service("s3")])
    }

    fn done(self, counts: [Count; 3], end: End) -> Request {
        Request { id: self.id, lines: self.lines, counts, end }
    }

    fn line(&mut self, level: Level, text: &str) {
        self.lines.push(Line { level, text: text.to_owned() });
    }

    fn info(&mut self, text: &str) {
        self.line(Level::Info, text);
    }

    fn trace(&mut self, text: &str) {
        self.line(Level::Trace, text);
    }

    fn client_words(&mut self) -> String {
        self.random.pick(&self.words.client).clone()
    }

    /// A template with everybody's words put in.
    fn filled(&mut self, template: &str) -> String {
        let mut text = template.to_owned();
        if text.contains("{uuid}") {
            text = text.replace("{uuid}", &self.random.uuid());
        }
        if text.contains("{function}") {
            text = text.replace("{function}", self.random.pick(&self.words.function).as_str());
        }
        if text.contains("{backend}") {
            text = text.replace("{backend}", self.random.pick(&self.words.backend).as_str());
        }
        if text.contains("{client-json}") {
            text = text.replace("{client-json}", &serde_json::json!(self.client_words()).to_string());
        }
        if text.contains("{client}") {
            text = text.replace("{client}", &self.client_words());
        }
        text
    }

    /// Writes the lines before the authorizer.
    fn opening(&mut self) {
        let (extended, id) = (self.random.hex(15), self.id.clone());
        self.info(&format!("Extended Request Id: {extended}="));
        if self.random.percent(70) {
            self.info(&format!("Verifying Usage Plan for request: {id}. API Key:  API Stage: a1b2c3d4e5/prod"));
            self.info("API Key  authorized because method 'GET /orders' does not require API Key. Request will not contribute to throttle or quota limits");
            self.info("Usage Plan check succeeded for API Key  and API Stage a1b2c3d4e5/prod");
        }
    }

    fn authorizer_is_called(&mut self) {
        let id = self.id.clone();
        self.info(&format!("Starting authorizer: q7w8e9 for request: {id}"));
        self.info("Incoming identity: ****9f");
        self.trace("Endpoint request URI: https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:authorize/invocations");
        let words = self.client_words();
        self.trace(&format!("Endpoint request body after transformations: {{\"type\":\"REQUEST\",\"path\":{words}}}"));
        self.info("Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:authorize/invocations");
    }

    /// One in three APIs has an authorizer. What its endpoint answers says nothing about the integration.
    fn authorizer_passes(&mut self) {
        if !self.random.percent(33) {
            return;
        }
        self.authorizer_is_called();
        self.info("Received response. Status: 200, Integration latency: 12 ms");
        self.trace(
            "Endpoint response headers: {Content-Type=application/json, x-amzn-ErrorType=TooManyRequestsException}",
        );
        self.trace("Authorizer result body before parsing: {\"principalId\":\"u7\",\"policyDocument\":{\"Version\":\"2012-10-17\"}}");
        self.info("Using valid authorizer policy for principal: ****u7");
        self.info("Successfully completed authorizer execution");
    }

    fn starting(&mut self) {
        let id = self.id.clone();
        self.info(&format!("Starting execution for request: {id}"));
        self.info("HTTP Method: POST, Resource Path: /orders/{id}");
        let (path, query, agent) = (self.client_words(), self.client_words(), self.client_words());
        let (header, body) = (self.client_words(), self.client_words());
        self.trace(&format!("Method request path: {{id={path}}}"));
        self.trace(&format!("Method request query string: {{q={query}}}"));
        self.trace(&format!("Method request headers: {{User-Agent={agent}, X-Note={header}}}"));
        self.trace(&format!("Method request body before transformations: {body}"));
    }

    /// The integration request and what came back.
    fn call(&mut self, calls: Calls, answer: Answer) {
        let words = self.client_words();
        let url = match calls {
            Calls::Lambda => "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations".to_owned(),
            Calls::Http => format!("https://orders.example.com/orders/{words}"),
            // A path override puts the client's path into the service's URI.
            Calls::Service(host) if host.contains('.') => format!("https://{host}/orders/{words}"),
            Calls::Service(label) => format!("https://{label}.eu-west-1.amazonaws.com/orders/{words}"),
        };
        self.trace(&format!("Endpoint request URI: {url}"));
        let (header, body) = (self.client_words(), self.client_words());
        self.trace(&format!("Endpoint request headers: {{X-Note={header}, x-amzn-apigateway-api-id=a1b2c3d4e5}}"));
        self.trace(&format!("Endpoint request body after transformations: {body}"));
        self.info(&format!("Sending request to {url}"));
        let Some((status, header, body)) = answer else { return };
        let latency = self.random.below(700);
        self.info(&format!("Received response. Status: {status}, Integration latency: {latency} ms"));
        let (mut header, mut body) = (header, body);
        if calls == Calls::Http && body.is_empty() {
            (header, body) = ("X-Note={client}", "{client}");
        }
        let header = self.filled(header);
        let body = match (calls, body) {
            (Calls::Http, body) => self.filled(body),
            (_, "{client}") => self.filled("{\"statusCode\":200,\"body\":{client-json}}"),
            (_, body) => self.filled(body),
        };
        let separator = if header.is_empty() { "" } else { ", " };
        self.trace(&format!("Endpoint response headers: {{Date=Sat, 04 May 2024 17:48:21 GMT, Content-Type=application/json, x-amzn-RequestId=5f1c{separator}{header}}}"));
        self.trace(&format!("Endpoint response body before transformations: {body}"));
    }

    fn method_response(&mut self) {
        let (header, body) = (self.client_words(), self.client_words());
        self.trace(&format!("Method response body after transformations: {body}"));
        self.trace(&format!("Method response headers: {{X-Note={header}}}"));
        self.info("Successfully completed execution");
    }

    fn end(&mut self, end: End, response_type: &str) {
        if let End::Answered(status) | End::AnsweredAndCompleted(status, _) = end {
            self.info(&format!("Gateway response type: {response_type} with status code: {status}"));
            let words = self.client_words();
            self.trace(&format!("Gateway response body: {words}"));
            self.trace("Gateway response headers: {Content-Type=application/json}");
        }
        if let End::Completed(status) | End::AnsweredAndCompleted(_, status) = end {
            self.info(&format!("Method completed with status: {status}"));
        }
        if end != End::Missing && self.random.percent(60) {
            let (id, trace) = (self.random.uuid(), self.random.hex(24));
            self.info(&format!("AWS Integration Endpoint RequestId : {id}"));
            self.info(&format!("X-ray Tracing ID : 1-5759e988-{trace}"));
        }
    }
}
