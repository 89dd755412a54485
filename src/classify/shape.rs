//! Reduces a text that no cause matches to its shape: the platform's words stay, everything else becomes `{}`.
//!
//! Nothing that a client or a function wrote survives: only words of a fixed vocabulary are kept, whoever wrote them.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::cause::{Pattern, built_in, pieces};

/// Most distinct shapes kept of one batch; the rest counts under the shape of no known word. Our own limit.
pub(crate) const MOST_SHAPES: usize = 1_000;

/// Words of the platform's sentences that are in no pattern of the table, in lower case.
const PLATFORM: &str = "\
    a account an and api are arn as at authorization be because been before binary body but by cannot client \
    code completed conversion did document does exceeds expression external field for format from gateway has \
    have header headers http identity if in is it key length listener load balancer maximum media message method \
    missing model must no none null of on or parameter parameters path payload please provided query quota \
    reached read received redirect request required resource response retry route schema sent server service \
    size stage state status stream string subnet supported target template than that the there this to token too \
    type unexpected unsupported uri url user value variable version was were when while with without write your";

/// Response types of server errors that name no cause, with their statuses. A gateway response may set another status.
///
/// Source: API Gateway Developer Guide, "Gateway response types".
pub const RESPONSE_TYPES: [(&str, u16); 3] =
    [("API_CONFIGURATION_ERROR", 500), ("DEFAULT_5XX", 500), ("INTEGRATION_FAILURE", 504)];

/// The words that are kept: those of the built-in patterns and response types, and those of the platform. Own rules add
/// none, so a shape is the same in every installation.
static VOCABULARY: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let patterns = built_in().flat_map(|cause| cause.patterns).filter_map(|pattern| match pattern {
        Pattern::Gateway(text)
        | Pattern::Authorizer(text)
        | Pattern::Function(text)
        | Pattern::Service(text)
        | Pattern::LambdaService(text)
        | Pattern::ResponseType(text)
        | Pattern::FunctionLog(text)
        | Pattern::ErrorType(text)
        | Pattern::Library(text) => Some(*text),
        Pattern::InvocationStatus(..) | Pattern::Code(..) => None,
    });
    let words = patterns.flat_map(words_of_pattern);
    let response_types = RESPONSE_TYPES.iter().map(|(name, _)| name.to_ascii_lowercase());
    words.chain(PLATFORM.split_whitespace().map(str::to_owned)).chain(response_types).collect()
});

/// Returns the words of a pattern. Parts of words, beside `{}` and at its ends, are kept too. Words with digits are not:
/// digits belong to names and numbers.
fn words_of_pattern(pattern: &'static str) -> impl Iterator<Item = String> {
    let is_word = |word: &String| word.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b'\''));
    pieces(pattern).flat_map(str::split_whitespace).filter_map(word).filter(is_word)
}

/// Returns a token without the punctuation around it, in lower case; None if it is too long for a word.
fn word(token: &str) -> Option<String> {
    let word = token.trim_matches(|c: char| c.is_ascii_punctuation());
    (!word.is_empty() && word.len() <= LONGEST_WORD_BYTES).then(|| word.to_ascii_lowercase())
}

/// Longest word, in bytes; response types are the longest.
const LONGEST_WORD_BYTES: usize = 40;

/// Longest shape, in words.
const MOST_WORDS: usize = 40;

/// Returns the shape of a text.
///
/// `Execution failed due to a reason nobody knows: 7` → `execution failed due to a {}`
pub fn redact(text: &str) -> String {
    let mut shape = String::new();
    let mut words = 0;
    let mut is_gap = false;
    for token in text.split_whitespace() {
        if words == MOST_WORDS {
            break;
        }
        let kept = word(token).filter(|word| VOCABULARY.contains(word));
        if kept.is_none() && is_gap {
            continue;
        }
        is_gap = kept.is_none();
        words += 1;
        if !shape.is_empty() {
            shape.push(' ');
        }
        shape.push_str(kept.as_deref().unwrap_or(GAP));
    }
    if shape.is_empty() { GAP.to_owned() } else { shape }
}

/// Placeholder for one or more tokens outside of the vocabulary.
pub const GAP: &str = "{}";

/// Returns the fingerprint of a shape, the same in every version: FNV-1a, 64 bits, in hexadecimal.
///
/// `execution failed {}` → `c8088195ae731ff6`
pub fn fingerprint(shape: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = shape.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_platform_s_words_survive() {
        let rows = [
            (
                "Execution failed due to configuration error: No secret-token 123 for bob@example.com",
                "execution failed due to configuration error no {} for {}",
            ),
            ("Endpoint response (\"timeout\"): orders.example.com, retry", "endpoint response timeout {} retry"),
            ("error:hunter2 hunter2/timeout failed=hunter2", "{}"),
            ("timeout\u{a0}größe network", "timeout {} network"),
            ("INTEGRATION_FAILURE DEFAULT_5XX 5xx", "integration_failure default_5xx {}"),
            ("", "{}"),
        ];
        for (text, shape) in rows {
            assert_eq!(redact(text), shape, "{text}");
        }
    }

    #[test]
    fn a_sentence_of_the_table_keeps_the_words_of_its_pattern() {
        for (cause, pattern) in built_in().flat_map(|cause| cause.patterns.iter().map(move |pattern| (cause, pattern)))
        {
            let Pattern::Gateway(pattern) = pattern else { continue };
            let shape = redact(&pattern.trim_start_matches('^').replace("{}", " 10.0.0.1 "));
            let lost = words_of_pattern(pattern).find(|word| !shape.split(' ').any(|kept| kept == word));
            assert_eq!(lost, None, "{}: {pattern}: {shape}", cause.id);
        }
    }

    #[test]
    fn a_shape_is_bounded() {
        assert_eq!(redact(&"timeout x ".repeat(1_000)).split(' ').count(), MOST_WORDS);
    }

    #[test]
    fn the_fingerprint_is_stable() {
        assert_eq!(fingerprint("execution failed {}"), "c8088195ae731ff6");
        assert_ne!(fingerprint("execution failed {}"), fingerprint("execution failed"));
    }

    proptest! {
        #[test]
        fn no_planted_secret_survives(
            before in "[ a-z.:/=\"'(]{0,12}", secret in "[a-zA-Z0-9]{6,20}", behind in "[ a-z.:/=\"')]{0,12}",
        ) {
            prop_assume!(!VOCABULARY.contains(&secret.to_ascii_lowercase()));
            let shape = redact(&format!("Execution failed due to {before}{secret}{behind} network error"));
            // A word of the vocabulary may hold the secret's letters, but only as a word of its own.
            let words: Vec<_> = shape.split(' ').collect();
            prop_assert!(!words.contains(&secret.to_ascii_lowercase().as_str()), "{shape}");
            prop_assert!(words.iter().all(|word| *word == GAP || VOCABULARY.contains(*word)), "{shape}");
        }

        #[test]
        fn any_text_has_a_shape_of_known_words(text in "\\PC*") {
            prop_assert!(redact(&text).split(' ').all(|word| word == GAP || VOCABULARY.contains(word)));
        }
    }
}
