//! The gateway's sentences, told by their first words.

/// Which of the gateway's sentences a line is. Those that tell nothing have no variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// `Extended Request Id: …`: the first line of a request.
    ExtendedRequestId,
    /// `Starting execution for request: …`.
    StartingExecution,
    /// `Execution log for request …`: the first line of the console's test output.
    TestLog,
    /// `Starting authorizer: …`.
    StartingAuthorizer,
    /// The authorizer has answered.
    AuthorizerDone,
    /// `HTTP Method: …, Resource Path: …`.
    HttpMethod,
    /// `Endpoint request URI: …` or `Sending request to …`.
    RequestUri,
    /// `Received response. Status: …`.
    ReceivedResponse,
    /// `Endpoint response headers: …`.
    ResponseHeaders,
    /// `Endpoint response body before transformations: …`.
    ResponseBody,
    /// `Execution failed …`.
    ExecutionFailed,
    /// `Lambda execution failed …`.
    LambdaExecutionFailed,
    /// `Lambda invocation failed …`.
    LambdaInvocationFailed,
    /// `AuthorizerConfigurationException`.
    AuthorizerConfigurationException,
    /// `There was an error evaluating the AWS WAF rules …`.
    WafError,
    /// `Gateway response type: T with status code: N`.
    GatewayResponse,
    /// `Method completed with status: N`.
    MethodCompleted,
    /// `X-ray Tracing ID : …`.
    TraceId,
}

type Words = (&'static str, Head);

/// First words and what they mean, by their first letter: most lines of a log begin with another one.
const C: &[Words] = &[("Completed authorizer", Head::AuthorizerDone)];
const A: &[Words] = &[("AuthorizerConfigurationException", Head::AuthorizerConfigurationException)];
const E: &[Words] = &[
    ("Endpoint response headers:", Head::ResponseHeaders),
    ("Endpoint response body before transformations:", Head::ResponseBody),
    ("Endpoint request URI:", Head::RequestUri),
    ("Extended Request Id", Head::ExtendedRequestId),
    ("Execution failed", Head::ExecutionFailed),
    ("Execution log for request", Head::TestLog),
];
const G: &[Words] = &[("Gateway response type:", Head::GatewayResponse)];
const H: &[Words] = &[("HTTP Method:", Head::HttpMethod)];
const L: &[Words] = &[
    ("Lambda execution failed", Head::LambdaExecutionFailed),
    ("Lambda invocation failed", Head::LambdaInvocationFailed),
];
const M: &[Words] = &[("Method completed with status:", Head::MethodCompleted)];
const R: &[Words] = &[("Received response.", Head::ReceivedResponse)];
const S: &[Words] = &[
    ("Sending request to", Head::RequestUri),
    ("Starting execution for request", Head::StartingExecution),
    ("Starting authorizer", Head::StartingAuthorizer),
    ("Successfully completed authorizer", Head::AuthorizerDone),
];
const T: &[Words] = &[("There was an error evaluating the AWS WAF", Head::WafError)];
const U: &[Words] = &[("Using valid authorizer", Head::AuthorizerDone)];
// Logged once the authorizer has let the request pass.
const V: &[Words] = &[("Verifying Usage Plan", Head::AuthorizerDone)];
const X: &[Words] = &[("X-ray Tracing ID", Head::TraceId)];

impl Head {
    /// The sentence that begins `text`, and the length of the words that tell it. Case differs over the years.
    pub fn of(text: &[u8]) -> Option<(Self, usize)> {
        let candidates = match text.first()?.to_ascii_lowercase() {
            b'a' => A,
            b'c' => C,
            b'e' => E,
            b'g' => G,
            b'h' => H,
            b'l' => L,
            b'm' => M,
            b'r' => R,
            b's' => S,
            b't' => T,
            b'u' => U,
            b'v' => V,
            b'x' => X,
            _ => return None,
        };
        let begins = |words: &str| {
            let (Some(start), Some(last)) = (text.get(..words.len()), words.as_bytes().last()) else { return false };
            // Most of the others end otherwise, and in the usual case one comparison of many bytes is enough.
            start.last().is_some_and(|b| b.eq_ignore_ascii_case(last))
                && (start == words.as_bytes() || start.eq_ignore_ascii_case(words.as_bytes()))
        };
        candidates.iter().find(|(words, _)| begins(words)).map(|(words, head)| (*head, words.len()))
    }
}
