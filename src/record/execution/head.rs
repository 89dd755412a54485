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

/// First words and what they mean.
type Words = (&'static [u8], Head);

/// The first eight bytes in lower case. They decide which words can follow, and most lines of a log begin with others.
const fn first_eight(text: &[u8; 8]) -> u64 {
    // Sets the bit that lower-case letters have; what it makes of other bytes is told apart by the words themselves.
    u64::from_le_bytes(*text) | 0x2020_2020_2020_2020
}

const AUTHORIZER: u64 = first_eight(b"authoriz");
const COMPLETED: u64 = first_eight(b"complete");
const ENDPOINT: u64 = first_eight(b"endpoint");
const EXECUTION: u64 = first_eight(b"executio");
const EXTENDED: u64 = first_eight(b"extended");
const GATEWAY: u64 = first_eight(b"gateway ");
const HTTP_METHOD: u64 = first_eight(b"http met");
const LAMBDA_EXECUTION: u64 = first_eight(b"lambda e");
const LAMBDA_INVOCATION: u64 = first_eight(b"lambda i");
const METHOD_COMPLETED: u64 = first_eight(b"method c");
const RECEIVED: u64 = first_eight(b"received");
const SENDING: u64 = first_eight(b"sending ");
const STARTING: u64 = first_eight(b"starting");
const SUCCESSFULLY: u64 = first_eight(b"successf");
const THERE_WAS: u64 = first_eight(b"there wa");
const USING_VALID: u64 = first_eight(b"using va");
const VERIFYING: u64 = first_eight(b"verifyin");
const X_RAY: u64 = first_eight(b"x-ray tr");

/// The words that begin with these eight bytes.
#[inline]
fn words_of(first: u64) -> &'static [Words] {
    match first {
        AUTHORIZER => &[(b"AuthorizerConfigurationException", Head::AuthorizerConfigurationException)],
        COMPLETED => &[(b"Completed authorizer", Head::AuthorizerDone)],
        ENDPOINT => &[
            (b"Endpoint response headers:", Head::ResponseHeaders),
            (b"Endpoint response body before transformations:", Head::ResponseBody),
            (b"Endpoint request URI:", Head::RequestUri),
        ],
        EXECUTION => &[(b"Execution failed", Head::ExecutionFailed), (b"Execution log for request", Head::TestLog)],
        EXTENDED => &[(b"Extended Request Id", Head::ExtendedRequestId)],
        GATEWAY => &[(b"Gateway response type:", Head::GatewayResponse)],
        HTTP_METHOD => &[(b"HTTP Method:", Head::HttpMethod)],
        LAMBDA_EXECUTION => &[(b"Lambda execution failed", Head::LambdaExecutionFailed)],
        LAMBDA_INVOCATION => &[(b"Lambda invocation failed", Head::LambdaInvocationFailed)],
        METHOD_COMPLETED => &[(b"Method completed with status:", Head::MethodCompleted)],
        RECEIVED => &[(b"Received response.", Head::ReceivedResponse)],
        SENDING => &[(b"Sending request to", Head::RequestUri)],
        STARTING => &[
            (b"Starting execution for request", Head::StartingExecution),
            (b"Starting authorizer", Head::StartingAuthorizer),
        ],
        SUCCESSFULLY => &[(b"Successfully completed authorizer", Head::AuthorizerDone)],
        THERE_WAS => &[(b"There was an error evaluating the AWS WAF", Head::WafError)],
        USING_VALID => &[(b"Using valid authorizer", Head::AuthorizerDone)],
        // Logged once the authorizer has let the request pass.
        VERIFYING => &[(b"Verifying Usage Plan", Head::AuthorizerDone)],
        X_RAY => &[(b"X-ray Tracing ID", Head::TraceId)],
        _ => &[],
    }
}

impl Head {
    /// The sentence that begins `text`, and the length of the words that tell it. Case differs over the years.
    #[inline]
    pub fn of(text: &[u8]) -> Option<(Self, usize)> {
        let first = first_eight(text.first_chunk()?);
        let begins = |words: &[u8]| {
            text.get(..words.len()).is_some_and(|start| start == words || start.eq_ignore_ascii_case(words))
        };
        words_of(first).iter().find(|(words, _)| begins(words)).map(|(words, head)| (*head, words.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_told_in_any_case_and_only_whole() {
        for (text, head) in [
            ("Execution failed due to", Head::ExecutionFailed),
            ("execution Failed", Head::ExecutionFailed),
            ("Gateway Response Type: DEFAULT_5XX", Head::GatewayResponse),
            ("X-RAY TRACING ID : 1-2", Head::TraceId),
            ("Verifying Usage Plan for request", Head::AuthorizerDone),
        ] {
            assert_eq!(Head::of(text.as_bytes()).map(|found| found.0), Some(head), "{text}");
        }
        for text in ["Execution fail", "Executio", "Exec", "", "\x05xecution failed", "Method request path: {}"] {
            assert_eq!(Head::of(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_first_eight_bytes_of_all_words_lead_to_them() {
        let firsts = [
            AUTHORIZER,
            COMPLETED,
            ENDPOINT,
            EXECUTION,
            EXTENDED,
            GATEWAY,
            HTTP_METHOD,
            LAMBDA_EXECUTION,
            LAMBDA_INVOCATION,
            METHOD_COMPLETED,
            RECEIVED,
            SENDING,
            STARTING,
            SUCCESSFULLY,
            THERE_WAS,
            USING_VALID,
            VERIFYING,
            X_RAY,
        ];
        for first in firsts {
            assert!(!words_of(first).is_empty());
            for (words, head) in words_of(first) {
                assert_eq!(Head::of(words), Some((*head, words.len())));
            }
        }
    }
}
