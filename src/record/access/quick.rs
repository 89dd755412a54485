//! Tells most healthy lines by a look at their bytes, before anything is decoded.
//!
//! Nearly all lines of an access log are JSON objects without nesting whose one key `status` says less than 500. Those,
//! and no others, end here: a line that is in any way different is read in full.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Whether the message surely is a line of an access log whose request did not end in a server error. `escaped` says that the bytes have the escapes of a JSON string.
pub(super) fn is_healthy(bytes: &[u8], escaped: bool) -> bool {
    if bytes.first() != Some(&b'{') || !is_of_the_gateway(bytes) || holds_an_object(bytes, escaped) {
        return false;
    }
    let line = Quoted { bytes, escaped };
    let mut seen = false;
    for finder in &*TATUS {
        for at in finder.find_iter(bytes) {
            match line.key_that_ends_with(at) {
                Key::None | Key::OfAnother => {}
                Key::Status { value } if !seen && line.is_healthy_status(value) => seen = true,
                Key::Status { .. } | Key::Odd => return false,
            }
        }
    }
    seen
}

/// `status` without its first letter, so that one search finds `Status` as well, and the same in capitals.
static TATUS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| [Finder::new("tatus"), Finder::new("TATUS")]);

/// A name that stock formats share and hardly any other log has.
static REQUEST_TIME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("equestTime"));

/// The zone of every request time, which lines without names hold.
static ZONE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" +0000"));

/// Whether the message has any of the words without which no line is one of an access log.
pub(super) fn has_words_of_an_access_log(bytes: &[u8]) -> bool {
    TATUS.iter().chain([&*REQUEST_TIME, &*ZONE]).any(|finder| finder.find(bytes).is_some())
}

fn is_of_the_gateway(bytes: &[u8]) -> bool {
    REQUEST_TIME.find(bytes).is_some()
}

/// Whether a brace follows a colon. Braces in values, as in `/pets/{id}`, are no objects.
fn holds_an_object(bytes: &[u8], escaped: bool) -> bool {
    memchr::memchr_iter(b'{', &bytes[1..]).any(|at| {
        let before = bytes[..at + 1].iter().rev().find(|b| !b.is_ascii_whitespace());
        // An escaped blank may stand between colon and brace.
        before == Some(&b':') || (escaped && at > 0 && bytes[at - 1] == b'\\')
    })
}

/// What stands around a `tatus`.
enum Key {
    /// No key: some text.
    None,
    /// The key of another status, as `integrationStatus`.
    OfAnother,
    /// The key `status`; where its value starts.
    Status { value: usize },
    /// Something that only a full reading can tell.
    Odd,
}

struct Quoted<'b> {
    bytes: &'b [u8],
    escaped: bool,
}

impl Quoted<'_> {
    fn key_that_ends_with(&self, at: usize) -> Key {
        let Some(behind) = self.quote(at + "tatus".len()) else {
            // `statusCode` and the like: no status while a key `status` is there.
            return Key::None;
        };
        let colon = self.blanks(behind);
        if self.bytes.get(colon) != Some(&b':') {
            return Key::None;
        }
        let start =
            self.bytes[..at].iter().rposition(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')));
        match start {
            Some(start) if self.bytes[start] == b'"' && self.begins_a_pair(start) => {
                let name = &self.bytes[start + 1..at];
                match name.last() {
                    _ if name.eq_ignore_ascii_case(b"s") => Key::Status { value: self.blanks(colon + 1) },
                    Some(b's' | b'S') if name.iter().filter(|b| b.is_ascii_alphabetic()).count() > 1 => Key::OfAnother,
                    _ => Key::Odd,
                }
            }
            _ => Key::Odd,
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
        let quote: &[u8] = if self.escaped { b"\\\"" } else { b"\"" };
        self.bytes.get(at..)?.starts_with(quote).then_some(at + quote.len())
    }

    fn blanks(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        at + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
    }
}

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
    }

    #[test]
    fn every_other_line_is_left_to_the_full_reader() {
        let lines = [
            STOCK.replace("\"200\"", "\"502\""),
            STOCK.replace("\"200\"", "\"-\""),
            STOCK.replace("\"200\"", "\"2000\""),
            STOCK.replace("\"status\"", "\"Status\":\"200\",\"status\""),
            STOCK.replace("\"status\"", "\"STATUS\":\"502\",\"status\""),
            STOCK.replace("\"status\"", "\"response\":{\"status\":\"502\"},\"status\""),
            STOCK.replace("\"status\"", "\"response\": {\"status\":\"502\"},\"status\""),
            STOCK.replace("\"status\"", "\"s_tatus\":\"502\",\"status\""),
            STOCK.replace("\"r-1\"", "\"x\" \"status\":\"502\""),
            STOCK.replace("requestTime", "time"),
            STOCK.replace("\"status\"", "\"responseStatus2\""),
            format!("x{STOCK}"),
        ];
        for line in lines {
            assert_eq!(both_forms(&line), (false, false), "{line}");
        }
    }
}
