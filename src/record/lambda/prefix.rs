//! Prefixes of a line: times and log stream names of log tails, and the id of the invocation.
//!
//! Loggers write the time into the log event itself. The rest is there where an agent sent on the output of a log tail;
//! published logs show it. What tools print before the lines of a file is stripped by the command that reads the file.

use super::InvocationId;
use crate::record::LAMBDA_PREFIX;

/// A line without its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stripped<'a> {
    /// The line.
    pub rest: &'a str,
    /// Whether the prefix had a time.
    pub timed: bool,
    /// Whether the prefix had a date of Go's standard logger, `2026/01/02`.
    pub by_go_logger: bool,
}

/// Most columns of a prefix: a tail's time, a stream name, the runtime's own time in two words.
const MOST_COLUMNS: usize = 6;

/// Returns whether log tails put a word like this before a line: `2026-01-02T03:04:05Z` → true
pub(super) fn is_of_log_tail(word: &str) -> bool {
    is_time(word) || is_log_stream(word)
}

/// Strips times and log stream names from the start of a line.
///
/// `2026-01-02T03:04:05.678Z END RequestId: x` → `END RequestId: x`, timed
pub fn strip(text: &str) -> Stripped<'_> {
    let mut stripped = Stripped {
        rest: text.trim_start_matches(|c: char| c.is_whitespace() || c == '|'),
        timed: false,
        by_go_logger: false,
    };
    for _ in 0..MOST_COLUMNS {
        let (word, rest) = word(stripped.rest);
        let timed = is_time(word);
        if !timed && !is_log_stream(word) {
            break;
        }
        let by_go_logger = stripped.by_go_logger || word.len() == 10 && word.as_bytes()[4] == b'/';
        stripped = Stripped { rest, timed: stripped.timed || timed, by_go_logger };
    }
    stripped
}

/// Whether a byte may end a word: the one list of these bytes. As a table, since comparing each byte with them takes 1.2 % more
/// instructions of the whole job for a Lambda log.
static MAY_END_WORD: [bool; 256] = {
    let mut may_end = [false; 256];
    let mut byte = 0;
    while byte < may_end.len() {
        may_end[byte] = matches!(byte as u8, b'\t'..=b'\r' | b' ' | b'\\' | 0x80..);
        byte += 1;
    }
    may_end
};

/// Splits a text into its first word and the rest. Blanks that a JSON document writes as escapes end a word too.
///
/// `END RequestId: x` → (`END`, `RequestId: x`)
pub fn word(text: &str) -> (&str, &str) {
    let end = match text.as_bytes().iter().position(|b| MAY_END_WORD[usize::from(*b)]) {
        // Blanks outside ASCII need whole characters.
        Some(at) if !text.as_bytes()[at].is_ascii() => {
            let rest = &text[at..];
            at + rest.find(|c: char| c.is_whitespace() || c == '\\').unwrap_or(rest.len())
        }
        Some(at) => at,
        None => text.len(),
    };
    (&text[..end], skip_blanks(&text[end..]))
}

/// Skips blanks, also those written as the escapes `\t`, `\n` or `\r`.
pub(super) fn skip_blanks(mut text: &str) -> &str {
    loop {
        // Most words have one blank behind them.
        text = match text.as_bytes() {
            [b' ' | b'\t', next, ..] if next.is_ascii_graphic() && *next != b'\\' => return &text[1..],
            _ => text.trim_start(),
        };
        match text.as_bytes() {
            [b'\\', b't' | b'n' | b'r', ..] => text = &text[2..],
            _ => return text,
        }
    }
}

/// Splits a text into the invocation's id at its start and the rest. The id is None for a placeholder (`undefined`).
///
/// `0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 ERROR x` → (the id, `ERROR x`)
pub fn request_id(text: &str) -> Option<(Option<InvocationId>, &str)> {
    let (word, rest) = word(text);
    match word {
        // The runtime's own words before the first invocation.
        "undefined" | "null" | "-" => Some((None, rest)),
        _ => is_request_id(word).then(|| (Some(InvocationId::new(word)), rest)),
    }
}

/// Returns whether a word may be the id of an invocation: digits and letters with hyphens, or a placeholder in brackets.
pub(super) fn is_request_id(word: &str) -> bool {
    let blanked = word.starts_with('<') && word.ends_with('>');
    let hexadecimal = word.len() >= 8
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && word.bytes().any(|b| b.is_ascii_digit());
    blanked || hexadecimal
}

/// Returns whether a word is a time: `2026-01-02T03:04:05.678Z`, `2026-01-02`, `03:04:05.678`, `(+01:00)`, `2026/01/02`, each also in `[]`.
fn is_time(word: &str) -> bool {
    let word = word.strip_prefix('[').unwrap_or(word).trim_end_matches(']');
    let bytes = word.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    let date = digits(0..4)
        && matches!(bytes.get(4), Some(b'-' | b'/'))
        && digits(5..7)
        && bytes.get(7) == bytes.get(4)
        && digits(8..10)
        && matches!(bytes.get(10), None | Some(b'T'));
    let clock = digits(0..2) && bytes.get(2) == Some(&b':') && digits(3..5) && bytes.get(5) == Some(&b':');
    let offset = word.starts_with("(+") || word.starts_with("(-");
    // Milliseconds since 1970, as in the output of `get-log-events`.
    let epoch = bytes.len() == 13 && digits(0..13);
    date || clock || offset || epoch
}

/// Returns whether a word names a log stream: `2026/01/02/[$LATEST]0123…` or `2026/01/02/my-function[7]0123…`, also in `()`; or the log group before it.
fn is_log_stream(word: &str) -> bool {
    if word.starts_with(LAMBDA_PREFIX) {
        return true;
    }
    let word = word.strip_prefix('(').unwrap_or(word);
    word.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && word.find('[').is_some_and(|open| word[open..].contains(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_log_tails_put_before_a_line_is_taken_off() {
        for text in [
            "END RequestId: x",
            "2026-01-02T03:04:05.678Z END RequestId: x",
            "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef 2026-01-02T03:04:05.678000 END RequestId: x",
            "2026-01-02T03:04:05.678000+00:00 2026/01/02/[$LATEST]0123456789abcdef END RequestId: x",
            "2026-01-02 03:04:05.678 (+01:00)\tEND RequestId: x",
            "[2026-01-02T03:04:05+01:00] (2026/01/02/[$LATEST]0123456789abcdef) END RequestId: x",
            "/aws/lambda/orders 2026/01/02/[$LATEST]0123456789abcdef END RequestId: x",
        ] {
            assert_eq!(strip(text).rest, "END RequestId: x", "{text}");
        }
    }

    #[test]
    fn a_sentence_loses_nothing() {
        assert_eq!(strip("10 orders failed").rest, "10 orders failed");
    }
}
