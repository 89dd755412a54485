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

/// The first words of a sentence.
struct Words {
    /// [`first_eight`] of them, by which they are found.
    first: u64,
    text: &'static [u8],
    head: Head,
}

const fn words(text: &'static [u8], head: Head) -> Words {
    match first_eight(text) {
        Some(first) => Words { first, text, head },
        None => panic!("words have eight bytes at least"),
    }
}

/// All of them, one line for each, in the order of the alphabet. None begin with all of another line's.
const WORDS: &[Words] = &[
    words(b"AuthorizerConfigurationException", Head::AuthorizerConfigurationException),
    words(b"Completed authorizer", Head::AuthorizerDone),
    words(b"Endpoint request URI:", Head::RequestUri),
    words(b"Endpoint response body before transformations:", Head::ResponseBody),
    words(b"Endpoint response headers:", Head::ResponseHeaders),
    words(b"Execution failed", Head::ExecutionFailed),
    words(b"Execution log for request", Head::TestLog),
    words(b"Extended Request Id", Head::ExtendedRequestId),
    words(b"Gateway response type:", Head::GatewayResponse),
    words(b"HTTP Method:", Head::HttpMethod),
    words(b"Lambda execution failed", Head::LambdaExecutionFailed),
    words(b"Lambda invocation failed", Head::LambdaInvocationFailed),
    words(b"Method completed with status:", Head::MethodCompleted),
    words(b"Received response.", Head::ReceivedResponse),
    words(b"Sending request to", Head::RequestUri),
    words(b"Starting authorizer", Head::StartingAuthorizer),
    words(b"Starting execution for request", Head::StartingExecution),
    words(b"Successfully completed authorizer", Head::AuthorizerDone),
    words(b"There was an error evaluating the AWS WAF", Head::WafError),
    words(b"Using valid authorizer", Head::AuthorizerDone),
    // Logged once the authorizer has let the request pass.
    words(b"Verifying Usage Plan", Head::AuthorizerDone),
    words(b"X-ray Tracing ID", Head::TraceId),
];

/// The first eight bytes in lower case, as a number that keeps their order.
const fn first_eight(text: &[u8]) -> Option<u64> {
    // Sets the bit that lower-case letters have; what it makes of other bytes is told apart by the words themselves.
    match text.first_chunk() {
        Some(first) => Some(u64::from_be_bytes(*first) | 0x2020_2020_2020_2020),
        None => None,
    }
}

/// Where the words with each first letter begin in the table; its end for letters without any.
static FROM: [usize; 32] = {
    let mut from = [WORDS.len(); 32];
    let mut nth = WORDS.len();
    while nth > 0 {
        nth -= 1;
        from[letter(WORDS[nth].text[0])] = nth;
    }
    from
};

/// The number of a letter in either case. Other bytes have one too: the words themselves tell them apart.
const fn letter(byte: u8) -> usize {
    (byte & 0x1f) as usize
}

impl Head {
    /// The sentence that begins `text`, and the length of the words that tell it. Case differs over the years.
    #[inline]
    pub fn of(text: &[u8]) -> Option<(Self, usize)> {
        let first = first_eight(text)?;
        let begins = |words: &Words| {
            // Nearly always in the case of the table, which is the quicker one to tell.
            text.get(..words.text.len())
                .is_some_and(|start| start == words.text || start.eq_ignore_ascii_case(words.text))
        };
        let mut may_be = WORDS[FROM[letter(text[0])]..].iter().take_while(|words| words.first <= first);
        may_be.find(|words| words.first == first && begins(words)).map(|words| (words.head, words.text.len()))
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
    fn the_words_of_each_sentence_are_found() {
        for Words { text, head, .. } in WORDS {
            assert_eq!(Head::of(text), Some((*head, text.len())));
        }
    }
    #[test]
    fn the_words_stand_in_the_order_of_the_alphabet() {
        assert!(WORDS.is_sorted_by_key(|words| words.text.to_ascii_lowercase()));
        assert!(WORDS.is_sorted_by_key(|words| words.first));
        for words in WORDS {
            let begun = WORDS.iter().filter(|other| other.text.starts_with(words.text));
            assert_eq!(begun.count(), 1, "{:?}", words.head);
        }
    }
}
