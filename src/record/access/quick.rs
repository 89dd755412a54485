//! Tells most healthy lines by one search through their bytes, before anything is decoded.
//!
//! Nearly all lines of an access log are JSON objects whose one key `status` says less than 500. Those end here, and so
//! may a line of another log that looks the same: nothing is counted of it either. A line with a second status of the
//! gateway, in whatever spelling, or with a status out of place is read in full.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// `status` without its first letter, so that one search finds `Status` as well.
static TATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("tatus"));

/// The same in capitals, for formats whose keys are.
static TATUS_IN_CAPITALS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("TATUS"));

/// A name that all stock formats share.
static REQUEST_TIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("equestTime"));

/// The zone of every request time, which lines without names hold.
static ZONE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" +0000"));

/// The keys of a phase's own status start with its name.
const PHASES: &[&str] = &["integration", "authorize", "authenticate", "waf", "function", "lambda"];

/// Longest rest of a key behind `status` that is looked at, in bytes; our own bound.
const LONGEST_REST: usize = 16;

/// Whether the message surely does not tell of a request that ended in a server error. `escaped` says that the bytes
/// have the escapes of a JSON string.
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

/// Whether the message has any of the words without which no line is one of an access log.
pub(super) fn has_words_of_an_access_log(bytes: &[u8]) -> bool {
    [&TATUS, &REQUEST_TIME, &ZONE, &TATUS_IN_CAPITALS].iter().any(|finder| finder.find(bytes).is_some())
}

/// What stands around a `tatus`.
enum StatusKey {
    /// No key: some text.
    None,
    /// The key of a phase's own status, as `integrationStatus`.
    OfAPhase,
    /// The key `status`; where its value starts.
    Status { value: usize },
    /// Something that only a full reading can tell.
    Odd,
}

struct JsonLine<'b> {
    bytes: &'b [u8],
    escaped: bool,
}

impl JsonLine<'_> {
    /// Whether the line is a JSON object whose first key is not written in capitals: then none is. No client text
    /// stands before the first key.
    fn has_keys_in_small_letters(&self) -> bool {
        let key = if self.bytes.first() == Some(&b'{') { self.quote(self.blanks(1)) } else { None };
        key.and_then(|at| self.bytes.get(at + 1)).is_some_and(u8::is_ascii_lowercase)
    }

    /// The key around a `tatus`. Nearly all are `status` in its usual form, which needs no walk to its ends.
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

    /// Whether the quote at `at` stands where a key does: behind a comma or the opening brace.
    fn begins_a_pair(&self, at: usize) -> bool {
        let before = &self.bytes[..at];
        let before = if self.escaped { before.strip_suffix(b"\\").unwrap_or(before) } else { before };
        matches!(before.iter().rev().find(|b| !b.is_ascii_whitespace()), Some(b',' | b'{'))
    }

    /// Whether a status below 500 stands at `at`, and behind it the next pair or the end.
    fn is_healthy_status(&self, at: usize) -> bool {
        let (digits, quoted) = self.quote(at).map_or((at, false), |at| (at, true));
        let Some([b'1'..=b'4', b'0'..=b'9', b'0'..=b'9']) = self.bytes.get(digits..digits + 3) else { return false };
        let behind = if quoted { self.quote(digits + 3) } else { Some(digits + 3) };
        behind.is_some_and(|at| matches!(self.bytes.get(self.blanks(at)), Some(b',' | b'}')))
    }

    /// Where reading goes on behind the quote at `at`, if there is one.
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

/// The bytes of keys, in a table: every key around a status is walked through.
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
