//! Pattern language of the table: pieces of text in order, found in linear time.

use std::borrow::Cow;

/// Longest text that patterns are compared with, in bytes; our own limit.
///
/// The platform's own words are at the start of a message. Execution logs cut a message at 1,024 bytes; only
/// execution-log delivery writes longer ones.
const LONGEST_TEXT_BYTES: usize = 4_096;

/// Returns a text in the form for comparison: lower case, single blanks, no articles, straight quotes, no final period.
///
/// Wordings changed over the years in just these respects ("a VPC link error", "an vpc link error").
///
/// `Execution failed due to a VPC link error.` → `execution failed due to vpc link error`
pub fn normalise(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LONGEST_TEXT_BYTES)];
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace().filter(|word| !is_article(word)) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(straight(word).chars().map(|c| c.to_ascii_lowercase()));
    }
    while normal.ends_with(['.', '"', ' ']) {
        normal.pop();
    }
    normal
}

fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an" | "the" | "A" | "An" | "The")
}

fn straight(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\""))
    }
}

/// Beginnings of gateway sentences that end in a quote: a URI with a client's path, or the answer of a backend.
const QUOTING_HEADS: &[&str] = &["illegal character in ", "not valid protocol version:"];

/// Returns a normalised sentence of the gateway without the text it quotes: a client's path must not name a cause.
pub fn own_words(text: &str) -> &str {
    let end = QUOTING_HEADS.iter().filter_map(|head| text.find(head).map(|at| at + head.len())).min();
    &text[..end.unwrap_or(text.len())]
}

/// Returns the pieces of a pattern. A text must contain all of them.
pub(super) fn pieces(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.strip_prefix('^').unwrap_or(pattern).split("{}")
}

/// Returns whether the normalised `text` contains the pieces of `pattern` in order.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, bound) = match pattern.strip_prefix('^') {
        Some(rest) => (rest, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split("{}");
    let first = pieces.next().unwrap_or("");
    let mut rest = if bound {
        match text.strip_prefix(first) {
            Some(rest) => rest,
            None => return false,
        }
    } else {
        match text.find(first) {
            Some(at) => &text[at + first.len()..],
            None => return false,
        }
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_articles_blanks_and_end_marks_do_not_matter() {
        for text in [
            "Execution failed due to a VPC link error",
            "Execution failed due to an vpc link error.",
            "Execution  failed due to\nVPC link error ",
        ] {
            assert_eq!(normalise(text), "execution failed due to vpc link error", "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let text = "é".repeat(LONGEST_TEXT_BYTES);
        assert_eq!(normalise(&text).len(), LONGEST_TEXT_BYTES);
    }

    #[test]
    fn what_the_gateway_quotes_is_not_its_own() {
        let text =
            "execution failed due to configuration error: illegal character in path at index 9: http://h/network error";
        assert!(!own_words(text).contains("network error"));
        assert_eq!(own_words("network error communicating with endpoint"), "network error communicating with endpoint");
    }

    #[test]
    fn pieces_are_found_in_order() {
        let text = "host name 'a' does not match certificate subject";
        assert!(matches("host name '{}' does not match", text));
        assert!(!matches("does not match{}host name", text));
        assert!(matches("^host name", text));
        assert!(!matches("^name", text));
    }
}
