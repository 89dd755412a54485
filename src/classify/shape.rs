//! The shape of a text that no cause matches: the platform's words stay, everything else becomes `{}`.
//!
//! By construction nothing that a client or a function wrote survives: a word is kept only if it stands in the fixed
//! vocabulary, whoever wrote it.

/// Words of the platform's own sentences, in lower case. A word is a run of letters.
const VOCABULARY: &[&str] = &[
    "execution",
    "failed",
    "due",
    "to",
    "configuration",
    "error",
    "lambda",
    "invocation",
    "with",
    "status",
    "customer",
    "function",
    "authorizer",
    "endpoint",
    "request",
    "response",
    "integration",
    "timeout",
    "timed",
    "out",
    "internal",
    "server",
    "network",
    "vpc",
    "link",
    "gateway",
    "method",
    "completed",
    "invalid",
    "permissions",
    "on",
    "malformed",
    "proxy",
    "mapping",
    "output",
    "template",
    "transform",
    "unable",
    "could",
    "not",
    "parse",
    "policy",
    "certificate",
    "tls",
    "ssl",
    "handshake",
    "host",
    "name",
    "connection",
    "refused",
    "reset",
    "closed",
    "unknown",
    "while",
    "executing",
    "your",
    "there",
    "was",
    "api",
    "type",
    "code",
    "is",
    "for",
    "of",
    "in",
    "the",
    "a",
    "an",
    "and",
    "or",
    "body",
    "header",
    "headers",
    "missing",
    "required",
    "stage",
    "variable",
    "resource",
    "role",
    "permission",
    "limit",
    "exceeded",
    "rate",
    "size",
    "stream",
    "streaming",
    "runtime",
    "exited",
    "task",
    "after",
    "seconds",
    "exception",
    "service",
    "unavailable",
    "denied",
    "access",
    "throttled",
    "waf",
    "rules",
    "evaluating",
    "no",
    "match",
];

/// Longest shape, in words.
const MOST_WORDS: usize = 40;

/// The shape of a text.
pub fn of(text: &str) -> String {
    let mut shape = String::new();
    let mut words = 0;
    let mut is_gap = false;
    for token in text.split(|c: char| c.is_whitespace()).filter(|token| !token.is_empty()) {
        if words == MOST_WORDS {
            break;
        }
        let word = token.trim_end_matches([':', ',', '.', ';']);
        let lower = word.to_ascii_lowercase();
        let kept = VOCABULARY.contains(&lower.as_str());
        if !kept && is_gap {
            continue;
        }
        is_gap = !kept;
        words += 1;
        if !shape.is_empty() {
            shape.push(' ');
        }
        shape.push_str(if kept { &lower } else { "{}" });
    }
    shape
}

/// A fingerprint of a shape that stays the same from version to version: FNV-1a, 64 bits, in hexadecimal.
pub fn fingerprint(shape: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = shape.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_platform_s_words_survive() {
        assert_eq!(
            of("Execution failed due to configuration error: No secret-token 123 for bob@example.com"),
            "execution failed due to configuration error no {} for {}"
        );
    }

    #[test]
    fn the_fingerprint_is_stable() {
        assert_eq!(fingerprint("execution failed {}"), "c8088195ae731ff6");
        assert_ne!(fingerprint("execution failed {}"), fingerprint("execution failed"));
    }
}
