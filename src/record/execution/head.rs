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

/// First words and what they mean. Case differs over the years, so it is not compared.
const HEADS: &[(&str, Head)] = &[
    ("Method completed with status:", Head::MethodCompleted),
    ("Execution failed", Head::ExecutionFailed),
    ("Extended Request Id", Head::ExtendedRequestId),
    ("Execution log for request", Head::TestLog),
    ("Starting execution for request", Head::StartingExecution),
    ("Starting authorizer", Head::StartingAuthorizer),
    ("Successfully completed authorizer", Head::AuthorizerDone),
    ("Completed authorizer", Head::AuthorizerDone),
    ("Using valid authorizer", Head::AuthorizerDone),
    // Logged once the authorizer has let the request pass.
    ("Verifying Usage Plan", Head::AuthorizerDone),
    ("HTTP Method:", Head::HttpMethod),
    ("Endpoint request URI:", Head::RequestUri),
    ("Sending request to", Head::RequestUri),
    ("Received response.", Head::ReceivedResponse),
    ("Endpoint response headers:", Head::ResponseHeaders),
    ("Endpoint response body before transformations:", Head::ResponseBody),
    ("Lambda execution failed", Head::LambdaExecutionFailed),
    ("Lambda invocation failed", Head::LambdaInvocationFailed),
    ("AuthorizerConfigurationException", Head::AuthorizerConfigurationException),
    ("There was an error evaluating the AWS WAF", Head::WafError),
    ("Gateway response type:", Head::GatewayResponse),
    ("X-ray Tracing ID", Head::TraceId),
];

impl Head {
    /// The sentence that begins `text`, and the length of the words that tell it.
    pub fn of(text: &[u8]) -> Option<(Self, usize)> {
        let first = text.first()?.to_ascii_lowercase();
        HEADS
            .iter()
            .find(|(words, _)| {
                words.as_bytes()[0].to_ascii_lowercase() == first
                    && text.len() >= words.len()
                    && text[..words.len()].eq_ignore_ascii_case(words.as_bytes())
            })
            .map(|(words, head)| (*head, words.len()))
    }
}
