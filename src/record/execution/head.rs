//! Recognises the gateway's sentences by their first words.
//!
//! This is the one list of sentences, sorted by their first eight bytes: a binary search finds those to compare.

/// Sentence of the gateway that proves something.
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
    /// One of the sentences that follow the authorizer's answer.
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

/// First words of a sentence.
struct Sentence {
    /// [`first_eight`] of the words, the sort key.
    first: u64,
    text: &'static [u8],
    /// None for a sentence that proves nothing.
    head: Option<Head>,
}

const fn words(text: &'static [u8], head: Head) -> Sentence {
    Sentence { head: Some(head), ..nothing(text) }
}

/// A sentence that proves nothing. It is known, so its line is not one that nobody understood.
const fn nothing(text: &'static [u8]) -> Sentence {
    match first_eight(text) {
        Some(first) => Sentence { first, text, head: None },
        None => panic!("words have eight bytes at least"),
    }
}

/// First words of all sentences, sorted. None is a prefix of another.
const SENTENCES: &[Sentence] = &[
    nothing(b"Access denied"),
    nothing(b"API Key "),
    nothing(b"API Key:"),
    nothing(b"Authorizer claims"),
    nothing(b"Authorizer result body"),
    words(b"AuthorizerConfigurationException", Head::AuthorizerConfigurationException),
    nothing(b"AWS Integration Endpoint RequestId"),
    nothing(b"Client ["),
    words(b"Completed authorizer", Head::AuthorizerDone),
    nothing(b"Connection API request"),
    nothing(b"Endpoint request body"),
    nothing(b"Endpoint request headers:"),
    words(b"Endpoint request URI:", Head::RequestUri),
    words(b"Endpoint response body before transformations:", Head::ResponseBody),
    words(b"Endpoint response headers:", Head::ResponseHeaders),
    words(b"Execution failed", Head::ExecutionFailed),
    words(b"Execution log for request", Head::TestLog),
    words(b"Extended Request Id", Head::ExtendedRequestId),
    nothing(b"Gateway response body:"),
    nothing(b"Gateway response headers:"),
    words(b"Gateway response type:", Head::GatewayResponse),
    words(b"HTTP Method:", Head::HttpMethod),
    nothing(b"Incoming identity"),
    nothing(b"Key quota"),
    nothing(b"Key throttle"),
    words(b"Lambda execution failed", Head::LambdaExecutionFailed),
    words(b"Lambda invocation failed", Head::LambdaInvocationFailed),
    nothing(b"Message from client"),
    words(b"Method completed with status:", Head::MethodCompleted),
    nothing(b"Method request"),
    nothing(b"Method response"),
    nothing(b"Missing required"),
    nothing(b"Missing the required"),
    words(b"Received response.", Head::ReceivedResponse),
    nothing(b"Request body"),
    nothing(b"Request header"),
    nothing(b"Request parameter"),
    nothing(b"Request validation"),
    nothing(b"Selected route"),
    words(b"Sending request to", Head::RequestUri),
    words(b"Starting authorizer", Head::StartingAuthorizer),
    words(b"Starting execution for request", Head::StartingExecution),
    words(b"Successfully completed authorizer", Head::AuthorizerDone),
    nothing(b"Successfully completed execution"),
    nothing(b"The client is not authorized"),
    words(b"There was an error evaluating the AWS WAF", Head::WafError),
    nothing(b"Unauthorized"),
    nothing(b"Usage Plan"),
    nothing(b"User is not authorized"),
    words(b"Using valid authorizer", Head::AuthorizerDone),
    // Logged once the authorizer has let the request pass.
    words(b"Verifying Usage Plan", Head::AuthorizerDone),
    nothing(b"WebSocket API ["),
    nothing(b"WebSocket Request Route"),
    words(b"X-ray Tracing ID", Head::TraceId),
];

/// Returns the first eight bytes in lower case, as a number of the same order; None if there are fewer.
const fn first_eight(text: &[u8]) -> Option<u64> {
    // Sets the bit of lower-case letters. It may make other bytes equal, so the words themselves are compared too.
    match text.first_chunk() {
        Some(first) => Some(u64::from_be_bytes(*first) | 0x2020_2020_2020_2020),
        None => None,
    }
}

impl Head {
    /// Returns the sentence that `text` begins with, and the length of its first words. Case varied over the years. The
    /// sentence is None if it proves nothing.
    ///
    /// `Execution failed due to a timeout error` → `ExecutionFailed`, 16
    #[inline]
    pub fn find(text: &[u8]) -> Option<(Option<Self>, usize)> {
        let first = first_eight(text)?;
        let begins = |words: &Sentence| {
            // Nearly always in the case of the table. Without that comparison the whole job takes 2 % more instructions for a
            // log at INFO level.
            text.get(..words.text.len())
                .is_some_and(|start| start == words.text || start.eq_ignore_ascii_case(words.text))
        };
        let from = SENTENCES.partition_point(|words| words.first < first);
        let mut candidates = SENTENCES[from..].iter().take_while(|words| words.first == first);
        candidates.find(|words| begins(words)).map(|words| (words.head, words.text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_found_in_any_case_and_only_whole() {
        for (text, head) in [
            ("Execution failed due to", Head::ExecutionFailed),
            ("execution Failed", Head::ExecutionFailed),
            ("Gateway Response Type: DEFAULT_5XX", Head::GatewayResponse),
            ("X-RAY TRACING ID : 1-2", Head::TraceId),
            ("Verifying Usage Plan for request", Head::AuthorizerDone),
        ] {
            assert_eq!(Head::find(text.as_bytes()).map(|found| found.0), Some(Some(head)), "{text}");
        }
        for text in [
            "Method request path: {}",
            "API Key  authorized because method 'GET /orders' does not require API Key.",
            "API Key: ****************k7",
            "API Key ****************k7 exceeded throttle limit for API Stage a1b2c3d4e5/prod: Key throttle limit exceeded",
            "Key throttle limit exceeded for RestApi a1b2c3d4e5, Stage prod",
            "Request validation succeeded for content type application/json",
            "Client [Connection Id: L0=] disconnected from API [a1b2c3d4e5]. Close reason: [1001: going away]",
            "Connection API request failed: GoneException",
            "Successfully completed execution",
        ] {
            assert_eq!(Head::find(text.as_bytes()).map(|found| found.0), Some(None), "{text}");
        }
        for text in ["Execution fail", "Executio", "Exec", "", "\x05xecution failed", "Method of payment: card"] {
            assert_eq!(Head::find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_words_of_each_sentence_are_found() {
        for Sentence { text, head, .. } in SENTENCES {
            assert_eq!(Head::find(text), Some((*head, text.len())));
        }
    }
    #[test]
    fn the_words_are_sorted() {
        assert!(SENTENCES.is_sorted_by_key(|words| words.text.to_ascii_lowercase()));
        assert!(SENTENCES.is_sorted_by_key(|words| words.first));
        for words in SENTENCES {
            let begun = SENTENCES.iter().filter(|other| other.text.starts_with(words.text));
            assert_eq!(begun.count(), 1, "{:?}", words.head);
        }
    }
}
