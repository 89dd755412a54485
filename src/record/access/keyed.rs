//! Lines of the form `requestId: …, ip: …, status: …`, the format of one deployment framework.

use std::borrow::Cow;

use super::vocabulary::{LONGEST_KEY_BYTES, plain};
use super::{MOST_PAIRS, Pair};

/// Parses a line that starts with a key. A value ends before a comma and another key.
pub(super) fn pairs(text: &str) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((name, value)) = key(rest).filter(|_| pairs.len() < MOST_PAIRS) {
        let end =
            memchr::memchr_iter(b',', value.as_bytes()).find(|&comma| key(value[comma + 1..].trim_start()).is_some());
        let (value, behind) = match end {
            Some(comma) => (&value[..comma], value[comma + 1..].trim_start()),
            None => (value, ""),
        };
        pairs.push(Pair { path: vec![plain(name)], value: Cow::Borrowed(value) });
        rest = behind;
    }
    pairs
}

/// Returns the key at the start of the text, and the text behind its colon.
fn key(text: &str) -> Option<(&str, &str)> {
    let length = text
        .bytes()
        .take(LONGEST_KEY_BYTES)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        .count();
    let value =
        text[length..].strip_prefix(": ").or_else(|| text[length..].strip_prefix(':').filter(|v| v.is_empty()))?;
    (length > 0 && text.as_bytes()[0].is_ascii_alphabetic()).then(|| (&text[..length], value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_commas_and_colons() {
        let pairs = pairs("requestId: r-1, time: 10:00, user: a, b, status: 502");
        let read: Vec<_> = pairs.iter().map(|pair| (pair.path[0].as_str(), pair.value.as_ref())).collect();
        assert_eq!(read, [("requestid", "r-1"), ("time", "10:00"), ("user", "a, b"), ("status", "502")]);
    }
}
