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

/// Heads of gateway sentences that quote a client's path or body, or the answer of a backend.
const QUOTING_HEADS: &[&str] = &[
    "illegal character in ",
    "malformed escape pair",
    "could not parse request body",
    "not valid protocol version:",
    "invalid protocol version",
    "unable to parse header",
    "invalid content length",
    "contains invalid status code",
    "bad chunk header",
];

/// Words of sentences about the request. What such a sentence puts between quotes is the client's text.
const REQUEST_WORDS: &[&str] =
    &["request", "path", "uri", "url", "query", "token", "character", "escape", "parse", "parameter"];

/// Returns a normalised sentence of the gateway up to the text that it quotes: a client's text must not name a cause.
///
/// Left out is what follows a quoting head, `[source:` and `at index N:`, and in a sentence about the request what follows
/// the first quote. A sentence about a response quotes the names of its fields, and keeps them.
///
/// `malformed escape pair at index 9: https://orders.example.com/%zz broken pipe` → `malformed escape pair`
pub fn own_words(text: &str) -> &str {
    let heads = QUOTING_HEADS.iter().filter_map(|head| text.find(head).map(|at| at + head.len()));
    let source = text.find("[source:");
    let end = heads.chain(source).chain(end_of_index(text)).chain(request_quote(text)).min();
    &text[..end.unwrap_or(text.len())]
}

/// Returns the end of `at index N:`, behind which Java's URI parser quotes its input.
fn end_of_index(text: &str) -> Option<usize> {
    const INDEX: &str = " at index ";
    text.match_indices(INDEX).find_map(|(at, _)| {
        let from = at + INDEX.len();
        let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
        (digits > 0 && text[from + digits..].starts_with(':')).then_some(from + digits)
    })
}

/// Returns the position of the first quote in a sentence about the request.
fn request_quote(text: &str) -> Option<usize> {
    let at = text.find(['"', '\'', '`'])?;
    let words = || text[..at].split(|c: char| !c.is_ascii_alphanumeric());
    let is_about_request = words().any(|word| REQUEST_WORDS.contains(&word)) && words().all(|word| word != "response");
    is_about_request.then_some(at)
}

/// Returns the pieces of a pattern. A text must contain all of them.
pub(super) fn pieces(pattern: &str) -> impl Iterator<Item = &str> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    pattern.strip_suffix('$').unwrap_or(pattern).split("{}")
}

/// Returns whether the normalised `text` contains the pieces of `pattern` in order. `^` binds the first piece to the start
/// of the text, `$` the last one to its end.
///
/// `^host name {} does not match`, `host name 'a' does not match certificate` → true
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, is_at_start) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
    let (pattern, is_at_end) = pattern.strip_suffix('$').map_or((pattern, false), |rest| (rest, true));
    let Some(end) = end_of_pieces(pattern, text, is_at_start) else { return false };
    if !is_at_end {
        return true;
    }
    // The last piece may be found again at the end of the text.
    let last = pattern.rsplit("{}").next().unwrap_or_default();
    let is_single = is_at_start && last.len() == pattern.len();
    text.ends_with(last) && (end == text.len() || !is_single)
}

/// Returns whether a sentence of a library, at whose start `text` begins, is that of `pattern`.
///
/// `connection refused`, `connection refused (os error 111)` → true; `connection refused by neighbour` → false
pub(super) fn matches_sentence(pattern: &str, text: &str) -> bool {
    let Some(end) = end_of_pieces(pattern, text, true) else { return false };
    let rest = text[end..].trim_start();
    pattern.ends_with("{}") || rest.is_empty() || rest.starts_with(SENTENCE_ENDS)
}

/// Characters behind a sentence of a library.
const SENTENCE_ENDS: &[char] = &['.', ',', ';', ':', '(', ')', '[', ']', '<', '>', '!', '\'', '"', '~', '-'];

/// Returns where the last piece of a pattern ends in a text; None if the text does not contain all pieces in order.
fn end_of_pieces(pattern: &str, text: &str, is_at_start: bool) -> Option<usize> {
    let mut pieces = pattern.split("{}");
    let first = pieces.next().unwrap_or_default();
    let at = if is_at_start { text.starts_with(first).then_some(0)? } else { text.find(first)? };
    pieces.try_fold(at + first.len(), |end, piece| Some(end + text[end..].find(piece)? + piece.len()))
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
        for (text, own) in [
            ("expected authority at index 8: https://rate exceeded", "expected authority at index 8"),
            ("expected authority at index x: pkix path", "expected authority at index x: pkix path"),
            ("could not parse request body into json: pkix path", "could not parse request body"),
            ("unexpected end at [source: (byte[])\"pkix path\"; line: 1]", "unexpected end at "),
            (
                "unable to transform request: unexpected word 'pkix path'",
                "unable to transform request: unexpected word ",
            ),
            ("host name 'a.example.com' does not match", "host name 'a.example.com' does not match"),
            ("doesn't have permissions to assume", "doesn't have permissions to assume"),
            (
                "invalid json in response: unrecognized field \"errortype\"",
                "invalid json in response: unrecognized field \"errortype\"",
            ),
        ] {
            assert_eq!(own_words(text), own);
        }
    }

    #[test]
    fn a_pattern_can_be_bound_to_the_end() {
        assert!(matches("^rate exceeded$", "rate exceeded"));
        assert!(!matches("^rate exceeded$", "rate exceeded by customer 7"));
        assert!(matches("^handler {} missing on module", "handler 'a b' missing on module 'c'"));
    }

    #[test]
    fn pieces_are_found_in_order() {
        let text = "host name 'a' does not match certificate subject";
        assert!(matches("host name '{}' does not match", text));
        assert!(!matches("does not match{}host name", text));
        assert!(matches("^host name", text));
        assert!(!matches("^name", text));
        assert!(matches("subject$", text) && !matches("certificate$", text) && !matches("^host name$", text));
        assert!(matches("^host{}subject$", text));
    }

    #[test]
    fn a_sentence_of_a_library_is_whole() {
        for (text, expected) in [
            ("connection refused", true),
            ("connection refused (os error 111)", true),
            ("connection refused: no further information", true),
            ("connection refused by neighbour", false),
            ("connection refusedly", false),
            ("the connection refused", false),
        ] {
            assert_eq!(matches_sentence("connection refused", text), expected, "{text}");
        }
        assert!(matches_sentence("connect to {} refused{}", "connect to db refused by firewall"));
    }
}
