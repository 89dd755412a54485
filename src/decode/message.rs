//! Text of a log event, unescaped on demand.

use std::borrow::Cow;

/// Text of a log event: the raw bytes of a JSON string, or a text without escapes.
///
/// The first bytes of most events show that they do not matter. So only [`text`] resolves the escapes.
///
/// [`text`]: Message::text
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    escaped: bool,
}

impl<'a> Message<'a> {
    /// Creates a message from a text without escapes.
    pub fn plain(bytes: &'a [u8]) -> Self {
        Self { bytes, escaped: false }
    }

    /// Creates a message from the bytes between the quotes of a JSON string.
    #[inline]
    pub fn json_escaped(bytes: &'a [u8]) -> Self {
        Self { bytes, escaped: true }
    }

    /// Returns the raw bytes, escapes included: enough to search for words without escapes.
    #[inline]
    pub fn as_written(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the length of the raw bytes. With escapes it is longer than [`text`](Self::text).
    pub fn raw_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the raw bytes, and whether they have the escapes of a JSON string.
    pub fn raw(&self) -> (&'a [u8], bool) {
        (self.bytes, self.escaped)
    }

    /// Returns the first bytes, at most `most` and up to the first escape: they equal those of the unescaped text.
    pub fn head(&self, most: usize) -> &'a [u8] {
        let head = &self.bytes[..self.bytes.len().min(most)];
        match self.escaped.then(|| memchr::memchr(b'\\', head)).flatten() {
            Some(at) => &head[..at],
            None => head,
        }
    }

    /// Returns the message without its first `bytes` bytes, which must belong to [`head`](Self::head).
    #[inline]
    pub fn skip(&self, bytes: usize) -> Self {
        Self { bytes: &self.bytes[bytes.min(self.bytes.len())..], ..*self }
    }

    /// Returns whether the raw bytes contain `needle`, a text that JSON does not escape.
    pub fn contains(&self, needle: &[u8]) -> bool {
        memchr::memmem::find(self.bytes, needle).is_some()
    }

    /// Returns whether an escape may stand for a character that needs none: `\u0045`, `\/`.
    pub(super) fn spells_characters(&self) -> bool {
        let mut rest = self.bytes;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            if matches!(rest.get(at + 1), Some(b'u' | b'/')) {
                return true;
            }
            // Behind the escaped character, which may be a backslash.
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        false
    }

    /// Returns the unescaped text. Invalid UTF-8 and lone surrogates become U+FFFD.
    pub fn text(&self) -> Cow<'a, str> {
        if !self.escaped || memchr::memchr(b'\\', self.bytes).is_none() {
            return utf8(self.bytes);
        }
        Cow::Owned(unescape(&utf8(self.bytes)))
    }
}

/// Returns the bytes as text. Nearly all are valid UTF-8, and checking that is much faster than the lossy conversion.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Resolves the escapes of a JSON string. Invalid escapes stay unchanged.
fn unescape(escaped: &str) -> String {
    let mut text = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else {
            text.push('\\');
            break;
        };
        rest = &rest[kind.len_utf8()..];
        match kind {
            '"' | '\\' | '/' => text.push(kind),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                let (c, taken) = code_point(rest);
                text.push(c);
                rest = &rest[taken..];
            }
            other => {
                text.push('\\');
                text.push(other);
            }
        }
    }
    text.push_str(rest);
    text
}

/// Returns the character of `\uXXXX` (with the low surrogate behind it), and its length behind the `u` in bytes.
fn code_point(rest: &str) -> (char, usize) {
    let Some(first) = unit(rest) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if let Some(c) = char::from_u32(first) {
        return (c, 4);
    }
    let second = rest.get(4..).and_then(|rest| rest.strip_prefix("\\u")).and_then(unit);
    match second {
        Some(low) if (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&low) => {
            let c = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER), 10)
        }
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

fn unit(digits: &str) -> Option<u32> {
    let digits = digits.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_undone() {
        let message = Message::json_escaped(br#"a\n\"b\"\\ \u00e9\ud83d\ude00\/"#);
        assert_eq!(message.text(), "a\n\"b\"\\ é😀/");
        assert_eq!(message.head(64), b"a");
    }

    #[test]
    fn a_lone_surrogate_and_a_bad_byte_become_replacement_characters() {
        assert_eq!(Message::json_escaped(br"a\ud83dz").text(), "a\u{fffd}z");
        assert_eq!(Message::plain(b"a\xffz").text(), "a\u{fffd}z");
    }

    #[test]
    fn a_cut_escape_does_not_panic() {
        for raw in [&br"\"[..], br"\u", br"\u12", br"\ud83d\", br"\ud83d\u"] {
            let _ = Message::json_escaped(raw).text();
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn any_text_comes_back_from_its_json(text in any::<String>(), controls in "[\\x00-\\x7f\\\\\"/é😀]{0,30}") {
            for text in [text, controls] {
                let quoted = serde_json::to_string(&text).unwrap();
                let inside = &quoted.as_bytes()[1..quoted.len() - 1];
                prop_assert_eq!(Message::json_escaped(inside).text(), text.as_str());
                prop_assert_eq!(Message::plain(text.as_bytes()).text(), text.as_str());
            }
        }

        #[test]
        fn escapes_are_undone_as_serde_json_undoes_them(parts in prop::collection::vec(prop_oneof![
            Just("\\u"), Just("\\ud83d"), Just("\\ude00"), Just("\\uDBFF\\uDFFF"), Just("\\u00e9"), Just("\\u0000"),
            Just("\\n"), Just("\\\\"), Just("\\\""), Just("\\/"), Just("\\x"), Just("é"), Just("00"), Just("+1f0"), Just("a"),
        ], 0..10)) {
            let inside = parts.concat();
            let text = Message::json_escaped(inside.as_bytes()).text();
            match serde_json::from_str::<String>(&format!("\"{inside}\"")) {
                Ok(expected) => prop_assert_eq!(text, expected, "{}", inside),
                Err(_) => prop_assert!(text.contains(['\\', char::REPLACEMENT_CHARACTER]), "{} passed as valid", inside),
            }
        }

        #[test]
        fn the_head_of_a_message_is_how_its_text_begins(inside in "[a-z\\\\\"nu0é]{0,30}", most in 0_usize..40) {
            let message = Message::json_escaped(inside.as_bytes());
            let head = message.head(most);
            prop_assert!(head.len() <= most && inside.as_bytes().starts_with(head));
            if let Ok(head) = std::str::from_utf8(head) {
                prop_assert!(message.text().starts_with(head));
            }
        }
    }
}
