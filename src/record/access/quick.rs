//! Prefilter for access logs: one search through the raw bytes of a line recognises most healthy lines.
//!
//! Nearly all lines of an access log are JSON objects whose only key `status` has a value below 500. The prefilter
//! drops them, and lines of other logs that look the same: nothing is counted of those either. A line with a second
//! status of the gateway, in any spelling, or with a misplaced status is parsed in full.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Part of `status` and `Status`.
static TATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("tatus"));

/// Part of `STATUS`, for formats with keys in capitals.
static TATUS_IN_CAPITALS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("TATUS"));

/// Part of a name in all stock formats, `requestTime`.
static REQUEST_TIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("equestTime"));

/// Zone of every request time, for lines without names.
static ZONE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" +0000"));

/// Prefixes of the keys with the status of a phase.
const PHASES: &[&str] = &["integration", "authorize", "authenticate", "waf", "function", "lambda"];

/// Longest suffix of a key behind `status`, in bytes; our own limit.
const LONGEST_REST: usize = 16;

/// Returns whether the message is certainly not about a request that ended in a server error. `escaped`: the bytes have
/// the escapes of a JSON string.
pub(super) fn is_healthy(bytes: &[u8], escaped: bool) -> bool {
    let line = JsonLine { bytes, escaped };
    if !line.has_keys_in_small_letters() {
        return false;
    }
    let mut seen = false;
    for at in TATUS.find_iter(bytes) {
        match line.key_around(at) {
            StatusKey::None | StatusKey::OfAPhase => {}
            StatusKey::Status { value } if !seen && line.is_healthy_status(value) => seen = true,
            StatusKey::Status { .. } | StatusKey::Odd => return false,
        }
    }
    seen
}

/// Returns whether the message contains a word of an access log. Every line of one has at least one of these words.
pub(super) fn has_words_of_an_access_log(bytes: &[u8]) -> bool {
    [&TATUS, &REQUEST_TIME, &ZONE, &TATUS_IN_CAPITALS].iter().any(|finder| finder.find(bytes).is_some())
}

/// Kind of text around a `tatus`.
enum StatusKey {
    /// Not a key.
    None,
    /// The key of a phase's status, such as `integrationStatus`.
    OfAPhase,
    /// The key `status`, and the start of its value.
    Status { value: usize },
    /// Only the full parser can decide.
    Odd,
}

/// Raw bytes of a line.
struct JsonLine<'b> {
    bytes: &'b [u8],
    escaped: bool,
}

impl JsonLine<'_> {
    /// Returns whether the line is a JSON object whose first key begins with a small letter. All keys of a format have
    /// the same case, and no client text precedes the first key.
    fn has_keys_in_small_letters(&self) -> bool {
        let key = if self.bytes.first() == Some(&b'{') { self.quote(self.blanks(1)) } else { None };
        key.and_then(|at| self.bytes.get(at + 1)).is_some_and(u8::is_ascii_lowercase)
    }

    /// Returns the key around a `tatus`. Fast path for `"status":`, nearly all of them.
    fn key_around(&self, at: usize) -> StatusKey {
        if self.bytes[..at].last_chunk() == Some(b"\"s")
            && self.begins_a_pair(at - 2)
            && let Some(behind) = self.quote(at + b"tatus".len())
            && self.bytes.get(behind) == Some(&b':')
        {
            return StatusKey::Status { value: self.blanks(behind + 1) };
        }
        self.any_key_around(at)
    }

    fn any_key_around(&self, at: usize) -> StatusKey {
        let rest = &self.bytes[at..];
        let end = at + rest.iter().take(LONGEST_REST).take_while(|b| is_of_a_name(**b)).count();
        let Some(colon) = self.quote(end).map(|behind| self.blanks(behind)) else { return StatusKey::None };
        if self.bytes.get(colon) != Some(&b':') {
            return StatusKey::None;
        }
        let Some(quote) = self.bytes[..at].iter().rposition(|b| !is_of_a_name(*b)) else { return StatusKey::Odd };
        let name = &self.bytes[quote + 1..end];
        if self.bytes[quote] != b'"' || !self.begins_a_pair(quote) {
            StatusKey::Odd
        } else if name.eq_ignore_ascii_case(b"status") {
            StatusKey::Status { value: self.blanks(colon + 1) }
        } else if PHASES.iter().any(|phase| name.starts_with(phase.as_bytes())) {
            StatusKey::OfAPhase
        } else {
            StatusKey::Odd
        }
    }

    /// Returns whether the quote at `at` may begin a key: it follows a comma or an opening brace.
    fn begins_a_pair(&self, at: usize) -> bool {
        let before = &self.bytes[..at];
        let before = if self.escaped { before.strip_suffix(b"\\").unwrap_or(before) } else { before };
        matches!(before.iter().rev().find(|b| !b.is_ascii_whitespace()), Some(b',' | b'{'))
    }

    /// Returns whether a status below 500 is at `at`, followed by the next pair or the end.
    fn is_healthy_status(&self, at: usize) -> bool {
        let (digits, quoted) = self.quote(at).map_or((at, false), |at| (at, true));
        let Some([b'1'..=b'4', b'0'..=b'9', b'0'..=b'9']) = self.bytes.get(digits..digits + 3) else { return false };
        let behind = if quoted { self.quote(digits + 3) } else { Some(digits + 3) };
        behind.is_some_and(|at| matches!(self.bytes.get(self.blanks(at)), Some(b',' | b'}')))
    }

    /// Returns the position behind the quote at `at`; None if there is no quote.
    fn quote(&self, at: usize) -> Option<usize> {
        let at = if self.escaped { self.behind(at, b'\\')? } else { at };
        self.behind(at, b'"')
    }

    fn behind(&self, at: usize, byte: u8) -> Option<usize> {
        (self.bytes.get(at) == Some(&byte)).then_some(at + 1)
    }

    fn blanks(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        at + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
    }
}

#[inline]
fn is_of_a_name(b: u8) -> bool {
    OF_A_NAME[usize::from(b)]
}

/// Lookup table of the bytes of keys.
const OF_A_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = (b as u8).is_ascii_alphanumeric() || matches!(b as u8, b'_' | b'-' | b'.');
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &str = r#"{"requestId":"r-1","requestTime":"10/Oct/2025:13:55:36 +0000","resourcePath":"/pets/{id}","status":"200","responseLength":"502"}"#;

    fn both_forms(text: &str) -> (bool, bool) {
        let escaped = serde_json::to_string(text).expect("text");
        (is_healthy(text.as_bytes(), false), is_healthy(&escaped.as_bytes()[1..escaped.len() - 1], true))
    }

    #[test]
    fn a_healthy_stock_line_is_told_in_both_forms() {
        for status in ["\"200\"", "\"404\"", "200", " \"429\" "] {
            assert_eq!(both_forms(&STOCK.replace("\"200\"", status)), (true, true), "{status}");
        }
        let beside = STOCK.replace("\"status\"", "\"integrationStatus\":\"502\",\"waf-status\":\"200\",\"status\"");
        assert_eq!(both_forms(&beside), (true, true));
        assert_eq!(both_forms(&STOCK.replace("/pets", "/status")), (true, true));
    }

    #[test]
    fn every_other_line_is_left_to_the_full_reader() {
        let lines = [
            STOCK.replace("\"200\"", "\"502\""),
            STOCK.replace("\"200\"", "\"-\""),
            STOCK.replace("\"200\"", "\"2000\""),
            STOCK.replace("\"status\"", "\"Status\":\"200\",\"status\""),
            STOCK.replace("\"status\"", "\"response\":{\"status\":\"502\"},\"status\""),
            STOCK.replace("\"status\"", "\"s_tatus\":\"502\",\"status\""),
            STOCK.replace("\"status\"", "\"statusCode\":\"502\",\"status\""),
            STOCK.replace("\"status\"", "\"responseStatus\":\"502\",\"status\""),
            STOCK.replace("\"r-1\"", "\"x\" \"status\":\"502\""),
            STOCK.replace("\"r-1\"", "\"x\" \"statusCode\":\"502\""),
            STOCK.replace("requestId", "REQUEST_ID").replace("status", "STATUS"),
            STOCK.replace("\"status\"", "\"other\""),
            format!("x{STOCK}"),
        ];
        for line in lines {
            assert_eq!(both_forms(&line), (false, false), "{line}");
        }
    }
}
