//! Recognises single words of a line by their characters: times, ids, statuses.

/// Parses an HTTP status: exactly three digits, 100 to 599.
pub(super) fn status(word: &str) -> Option<u16> {
    (word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()))
        .then(|| word.parse().ok())
        .flatten()
        .filter(|status| (100..600).contains(status))
}

/// Returns whether the text starts with a `$context.requestTime`: `10/Oct/2023:13:55:36 +0000`.
pub(super) fn starts_with_request_time(text: &[u8]) -> bool {
    const LAYOUT: &[u8] = b"00/aaa/0000:00:00:00 ";
    text.len() > LAYOUT.len()
        && LAYOUT.iter().zip(text).all(|(expected, b)| match expected {
            b'0' => b.is_ascii_digit(),
            b'a' => b.is_ascii_alphabetic(),
            other => b == other,
        })
}

/// Returns whether the word is a length, or `-` for a missing one.
pub(super) fn is_number(word: &str) -> bool {
    word == "-" || (!word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()))
}

/// Returns whether the word may be a request id: a UUID, or 8 to 128 characters of base64.
pub(super) fn is_request_id(word: &str) -> bool {
    (8..=128).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='))
}

/// Returns whether the word is an extended request id rather than the first word of a sentence.
pub(super) fn is_extended_request_id(word: &str) -> bool {
    let has_digit = word.bytes().any(|b| b.is_ascii_digit());
    is_request_id(word) && (word.ends_with('=') || (word.len() >= 12 && has_digit))
}

/// Returns whether the word is an address, or a placeholder for one.
pub(super) fn is_address(word: &str) -> bool {
    word == "-"
        || word == "test-invoke-source-ip"
        || (word.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b'x')) && word.contains(['.', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_digits_from_100_to_599_are_a_status() {
        assert_eq!(status("502"), Some(502));
        for word in ["", "5", "50", "5000", "600", "099", "5xx", "-", "+50", "5e1", "٥٠٠"] {
            assert_eq!(status(word), None, "{word}");
        }
    }

    #[test]
    fn a_request_time_is_recognised_by_its_characters() {
        assert!(starts_with_request_time(b"10/Oct/2023:13:55:36 +0000"));
        assert!(!starts_with_request_time(b"10/10/2023:13:55:36 +0000"));
        assert!(!starts_with_request_time(b"10/Oct/2023:13:55:36"));
    }

    #[test]
    fn an_extended_request_id_is_no_word_of_a_sentence() {
        assert!(is_extended_request_id("AZzecgvEPHcEPew="));
        assert!(!is_extended_request_id("The"));
        assert!(!is_extended_request_id("Configuration"));
    }
}
