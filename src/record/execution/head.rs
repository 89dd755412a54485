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

/// The first words of the sentences. Those that share their first eight bytes stand together.
const WORDS: [(&[u8], Head); 22] = [
    (b"AuthorizerConfigurationException", Head::AuthorizerConfigurationException),
    (b"Completed authorizer", Head::AuthorizerDone),
    (b"Endpoint response headers:", Head::ResponseHeaders),
    (b"Endpoint response body before transformations:", Head::ResponseBody),
    (b"Endpoint request URI:", Head::RequestUri),
    (b"Execution failed", Head::ExecutionFailed),
    (b"Execution log for request", Head::TestLog),
    (b"Extended Request Id", Head::ExtendedRequestId),
    (b"Gateway response type:", Head::GatewayResponse),
    (b"HTTP Method:", Head::HttpMethod),
    (b"Lambda execution failed", Head::LambdaExecutionFailed),
    (b"Lambda invocation failed", Head::LambdaInvocationFailed),
    (b"Method completed with status:", Head::MethodCompleted),
    (b"Received response.", Head::ReceivedResponse),
    (b"Sending request to", Head::RequestUri),
    (b"Starting execution for request", Head::StartingExecution),
    (b"Starting authorizer", Head::StartingAuthorizer),
    (b"Successfully completed authorizer", Head::AuthorizerDone),
    (b"There was an error evaluating the AWS WAF", Head::WafError),
    (b"Using valid authorizer", Head::AuthorizerDone),
    // Logged once the authorizer has let the request pass.
    (b"Verifying Usage Plan", Head::AuthorizerDone),
    (b"X-ray Tracing ID", Head::TraceId),
];

/// The first eight bytes in lower case. They decide which words can follow, and most lines of a log begin with others.
const fn first_eight(text: &[u8]) -> Option<u64> {
    // Sets the bit that lower-case letters have; what it makes of other bytes is told apart by the words themselves.
    match text.first_chunk() {
        Some(first) => Some(u64::from_le_bytes(*first) | 0x2020_2020_2020_2020),
        None => None,
    }
}

/// The words that begin with the same eight bytes.
#[derive(Clone, Copy)]
struct Group {
    first: u64,
    from: usize,
    to: usize,
}

/// Places for the groups, a power of two.
const PLACES: usize = 64;

/// The groups, each at its [`place`]. One look finds the only one that a line can be of, where a comparison with one
/// after the other would be guessed wrong by the processor in every second line.
static GROUPS: [Group; PLACES] = groups();

const fn place(first: u64) -> usize {
    // Found by trial: no two groups come to the same place.
    (first.wrapping_mul(0xaaf5_661e_5875_5b35) >> (u64::BITS - PLACES.ilog2())) as usize
}

const fn groups() -> [Group; PLACES] {
    let mut groups = [Group { first: 0, from: 0, to: 0 }; PLACES];
    let mut nth = 0;
    while nth < WORDS.len() {
        let Some(first) = first_eight(WORDS[nth].0) else { panic!("words have eight bytes at least") };
        let group = &mut groups[place(first)];
        assert!(group.to == 0 || (group.first == first && group.to == nth), "two groups come to the same place");
        let from = if group.to == 0 { nth } else { group.from };
        *group = Group { first, from, to: nth + 1 };
        nth += 1;
    }
    groups
}

impl Head {
    /// The sentence that begins `text`, and the length of the words that tell it. Case differs over the years.
    #[inline]
    pub fn of(text: &[u8]) -> Option<(Self, usize)> {
        let first = first_eight(text)?;
        let group = &GROUPS[place(first)];
        if group.first != first {
            return None;
        }
        let begins = |words: &[u8]| {
            text.get(..words.len()).is_some_and(|start| start == words || start.eq_ignore_ascii_case(words))
        };
        WORDS[group.from..group.to].iter().find(|(words, _)| begins(words)).map(|(words, head)| (*head, words.len()))
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
        for (words, head) in WORDS {
            assert_eq!(Head::of(words), Some((head, words.len())));
        }
    }
}
