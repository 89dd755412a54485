//! Pattern language of the table: pieces of text in order, found in linear time.

use std::borrow::Cow;
use std::ops::Range;

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
    let mut normal = spaced(text);
    normal.make_ascii_lowercase();
    normal
}

/// Returns the same, but with the letters of the text.
pub fn spaced(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LONGEST_TEXT_BYTES)];
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace().filter(|word| !is_article(word)) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(&straight(word));
    }
    while normal.ends_with(['.', '"', ' ']) {
        normal.pop();
    }
    normal
}

fn is_article(word: &str) -> bool {
    ["a", "an", "the"].iter().any(|article| word.eq_ignore_ascii_case(article))
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

/// Returns the position of the first quote in a sentence about the request. The name of a field is the answer's.
fn request_quote(text: &str) -> Option<usize> {
    let at = text.find(['"', '\'', '`']).filter(|at| !text[..*at].ends_with("unrecognized field "))?;
    let words = || text[..at].split(|c: char| !c.is_ascii_alphanumeric());
    let is_about_request = words().any(|word| REQUEST_WORDS.contains(&word)) && words().all(|word| word != "response");
    is_about_request.then_some(at)
}

/// Returns the pieces of a pattern, without what stands between them. A text must contain all of them.
pub fn pieces(pattern: &str) -> impl Iterator<Item = &str> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let mut rest = Some(pattern.strip_suffix('$').unwrap_or(pattern));
    std::iter::from_fn(move || {
        let (piece, behind) = split_at_gap(rest?);
        rest = behind.map(|(_, behind)| behind);
        Some(piece)
    })
}

/// Wildcard of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// `{}`: any text.
    Any,
    /// `{word}`: one word or more characters of it.
    Word,
    /// `{host}`: a word that names a host: an address, a name with a dot or with a port, or quoted text.
    Host,
    /// `{code}`: letters, digits, and `_`, `-`, `.` between them.
    Code,
}

const GAPS: &[(&str, Gap)] = &[("{}", Gap::Any), ("{word}", Gap::Word), ("{host}", Gap::Host), ("{code}", Gap::Code)];

/// Splits a pattern at its first gap.
fn split_at_gap(pattern: &str) -> (&str, Option<(Gap, &str)>) {
    let starts = pattern.match_indices('{').map(|(at, _)| at);
    let gap = starts
        .into_iter()
        .find_map(|at| GAPS.iter().find_map(|(mark, gap)| Some((at, *gap, pattern[at..].strip_prefix(mark)?))));
    gap.map_or((pattern, None), |(at, gap, behind)| (&pattern[..at], Some((gap, behind))))
}

impl Gap {
    /// Returns the length of the text that the gap takes before `piece`; None if `text` does not have it.
    fn length(self, text: &str, piece: &str) -> Option<usize> {
        if self == Self::Any {
            return text.find(piece);
        }
        if self == Self::Code {
            let is_of_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let code = &text[..text.find(|c| !is_of_code(c)).unwrap_or(text.len())];
            let length = code.trim_end_matches(['_', '-', '.']).len();
            return (length > 0 && text[length..].starts_with(piece)).then_some(length);
        }
        let word = text.find(' ').unwrap_or(text.len());
        let first = text.chars().next().filter(|c| *c != ' ')?.len_utf8();
        // The last gap takes the whole word.
        let length = if piece.is_empty() { word } else { first + text[first..].find(piece)? };
        let is_taken = length <= word && (self == Self::Word || names_a_host(&text[..length]));
        is_taken.then_some(length)
    }
}

/// Returns whether a word names a host: `db.internal`, `10.0.0.7`, `db:5432`, `https://db`, `localhost`, `~`
fn names_a_host(word: &str) -> bool {
    let bytes = word.as_bytes();
    let joins = |at: usize| bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    let has_dot = bytes.iter().enumerate().any(|(at, b)| *b == b'.' && at > 0 && joins(at));
    let has_port = bytes.windows(2).any(|pair| pair[0] == b':' && pair[1].is_ascii_digit());
    has_dot || has_port || word.contains("://") || word.starts_with('~') || word.starts_with("localhost")
}

/// Returns the name of a type in the form that patterns are compared with: its parts joined by periods, and the words of
/// its parts by blanks.
///
/// `Aws::S3::Errors::SlowDown` → `aws.s3.errors.slow down`; `ERR_NETWORK` → `err network`; `ECONNREFUSED` →
/// `econnrefused`
pub fn words_of_type(name: &str) -> String {
    let name = &name[..name.floor_char_boundary(LONGEST_TYPE_BYTES)];
    let mut words = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let mark = match c {
            ':' | '.' | '/' | '\\' | '$' | '+' | '#' => Some('.'),
            '_' | '-' | ' ' => Some(' '),
            _ => None,
        };
        if let Some(mark) = mark {
            if !words.is_empty() && !words.ends_with(['.', ' ']) {
                words.push(mark);
            }
        } else {
            let begins_word = c.is_uppercase()
                && (before.is_lowercase()
                    || before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_lowercase()));
            if begins_word && !words.is_empty() && !words.ends_with(['.', ' ']) {
                words.push(' ');
            }
            words.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words
}

/// Longest name of a type that is compared, in bytes.
const LONGEST_TYPE_BYTES: usize = 256;

/// Returns whether the name of a type, in the form of [`words_of_type`], holds the words of `pattern` in its last part. `^`
/// binds the pattern to the start of the whole name, `$` to its end.
///
/// A package names nothing: `connect exception`, `java.net.connect exception` → true; `throttling`,
/// `com.example.throttling.rule missing` → false
pub(super) fn matches_type(pattern: &str, name: &str) -> bool {
    let (pattern, is_at_start) = pattern.strip_prefix('^').map_or((pattern, false), |rest| (rest, true));
    let (pattern, is_at_end) = pattern.strip_suffix('$').map_or((pattern, false), |rest| (rest, true));
    let last_part = name.rfind('.').map_or(0, |at| at + 1);
    let is_mark = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b'.' | b' '));
    let bytes = name.as_bytes();
    name.match_indices(pattern).any(|(at, _)| {
        let end = at + pattern.len();
        let begins = at == 0 || is_mark(bytes.get(at - 1)) || pattern.starts_with('.');
        let ends = is_mark(bytes.get(end)) || pattern.ends_with('.');
        begins && ends && end >= last_part && (!is_at_start || at == 0) && (!is_at_end || end == name.len())
    })
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
    // Behind any text, the last piece may be found again at the end.
    let last = pattern.rsplit("{}").next().unwrap_or_default();
    let has_gap = split_at_gap(last).1.is_some();
    let is_single = is_at_start && last.len() == pattern.len();
    end == text.len() || !has_gap && !is_single && text.ends_with(last)
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
    walk(pattern, text, is_at_start, |_, _| {})
}

/// Returns what stands for `{code}`, where `text` begins with `pattern`.
///
/// `status code: {code}`, `status code: 403 for /` → 13..16
pub fn code_in(pattern: &str, text: &str) -> Option<Range<usize>> {
    let mut code = None;
    walk(pattern, text, true, |gap, range| {
        if gap == Gap::Code {
            code = Some(range);
        }
    })?;
    code
}

/// Calls `visit` with each gap and what stands for it. Returns where the last piece ends.
fn walk(pattern: &str, text: &str, is_at_start: bool, mut visit: impl FnMut(Gap, Range<usize>)) -> Option<usize> {
    let (first, mut rest) = split_at_gap(pattern);
    let at = if is_at_start { text.starts_with(first).then_some(0)? } else { text.find(first)? };
    let mut end = at + first.len();
    while let Some((gap, behind)) = rest {
        let (piece, next) = split_at_gap(behind);
        let length = gap.length(&text[end..], piece)?;
        visit(gap, end..end + length);
        end += length + piece.len();
        rest = next;
    }
    Some(end)
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
                "could not parse policy: unrecognized field \"errortype\"",
                "could not parse policy: unrecognized field \"errortype\"",
            ),
            (
                "invalid json in response: unrecognized field \"errortype\"",
                "invalid json in response: unrecognized field \"errortype\"",
            ),
        ] {
            assert_eq!(own_words(text), own);
        }
    }

    #[test]
    fn a_type_is_compared_word_by_word_in_its_last_part() {
        for (name, words) in [
            ("java.net.ConnectException", "java.net.connect exception"),
            ("Errno::ECONNREFUSED", "errno.econnrefused"),
            ("feign.FeignException$TooManyRequests", "feign.feign exception.too many requests"),
            ("com.amazon.coral.service#AccessDeniedException", "com.amazon.coral.service.access denied exception"),
            ("EC2ThrottledException", "ec2 throttled exception"),
            ("ClientConnectorDNSError", "client connector dns error"),
            ("UND_ERR_CONNECT_TIMEOUT", "und err connect timeout"),
            ("28P01", "28p01"),
            ("_ArrayMemoryError", "array memory error"),
        ] {
            assert_eq!(words_of_type(name), words);
        }
        for (pattern, name, expected) in [
            ("epipe", "Errno::EPIPE", true),
            ("epipe", "ImagePipelineError", false),
            ("slow down", "SlowDownloadError", false),
            ("throttling", "com.example.throttling.RuleMissingException", false),
            ("throttling exception", "Aws::SSM::Errors::ThrottlingException", true),
            ("throttling$", "ThrottlingConfigMissingError", false),
            (".forbidden$", "RestClient::Forbidden", true),
            (".forbidden$", "com.example.SeatForbidden", false),
            ("^timeout$", "Timeout", true),
            ("^timeout$", "com.example.Timeout", false),
            ("^extension.", "Extension.Crash", true),
            ("excon.error.timeout$", "Excon::Error::Timeout", true),
        ] {
            assert_eq!(matches_type(pattern, &words_of_type(name)), expected, "{pattern}, {name}");
        }
    }

    #[test]
    fn a_gap_can_ask_for_a_word_or_for_a_host() {
        for (pattern, text, expected) in [
            ("^{word}.{word} is undefined or not exported$", "app.handler is undefined or not exported", true),
            ("^{word}.{word} is undefined or not exported$", "price table no. 7 is undefined or not exported", false),
            ("^class not found: {word}.{word}$", "class not found: com.example.handler", true),
            ("^class not found: {word}.{word}$", "class not found: yoga.7 on monday", false),
            ("^class not found: {word}.{word}$", "class not found: yoga-7", false),
            ("^error loading class {word}:", "error loading class schedule 7: full", false),
            ("^connect to {host}", "connect to db.internal failed", true),
            ("^connect to {host}", "connect to db:5432", true),
            ("^connect to {host}", "connect to 10.0.0.7", true),
            ("^connect to {host}", "connect to ~", true),
            ("^connect to {host}", "connect to your bank: consent expired", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern}, {text}");
        }
        assert_eq!(pieces("^a {word} b{}$").collect::<Vec<_>>(), ["a ", " b", ""]);
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
