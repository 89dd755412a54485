//! Lines in JSON, whole or broken.
//!
//! API Gateway does not escape values. So a quote in a message or a user agent breaks the document, and so does an
//! unset number without quotes (`"latency":-`). Broken lines are parsed field by field: a value ends at a quote that
//! the next key or the end of the line follows. Both parsers need linear time.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::vocabulary::{LONGEST_KEY_BYTES, plain};
use super::{DEEPEST, MOST_PAIRS, Pair};

/// Parses a line that starts with a brace.
pub(super) fn pairs(text: &str) -> Vec<Pair<'_>> {
    strict(text).unwrap_or_else(|| JsonParser { text, at: 1, path: Vec::new(), found: Vec::new() }.pairs())
}

/// Parses a valid document; None if it is not valid JSON.
fn strict(text: &str) -> Option<Vec<Pair<'_>>> {
    let mut pairs = Vec::new();
    let mut document = serde_json::Deserializer::from_str(text);
    Collect { path: Vec::new(), pairs: &mut pairs }.deserialize(&mut document).ok()?;
    document.end().ok()?;
    Some(pairs)
}

/// Visitor that collects scalars with their paths. `serde_json::Value` would hide keys that occur twice.
struct Collect<'c, 'de> {
    path: Vec<String>,
    pairs: &'c mut Vec<Pair<'de>>,
}

impl<'de> Collect<'_, 'de> {
    fn push(self, value: Cow<'de, str>) {
        if self.pairs.len() < MOST_PAIRS {
            self.pairs.push(Pair { path: self.path, value });
        }
    }

    fn push_number(self, number: impl ToString) {
        self.push(Cow::Owned(number.to_string()));
    }
}

/// Key in plain form.
struct PlainKey(String);

impl<'de> Deserialize<'de> for PlainKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsPlain;
        impl Visitor<'_> for AsPlain {
            type Value = PlainKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<PlainKey, E> {
                Ok(PlainKey(plain(key)))
            }
        }
        deserializer.deserialize_str(AsPlain)
    }
}

/// Returns the path of `name` in `outer`.
fn inner_path(outer: &[String], name: String) -> Vec<String> {
    let mut path = Vec::with_capacity(outer.len() + 1);
    path.extend_from_slice(outer);
    path.push(name);
    path
}

impl<'de> DeserializeSeed<'de> for Collect<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collect<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.push(Cow::Owned(value.to_owned()));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.push(Cow::Borrowed(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.push_number(value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.push_number(value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.push_number(value);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.push_number(value);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.push(Cow::Borrowed("-"));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(PlainKey(name)) = map.next_key()? {
            if self.path.len() >= DEEPEST {
                map.next_value::<serde::de::IgnoredAny>()?;
                continue;
            }
            map.next_value_seed(Collect { path: inner_path(&self.path, name), pairs: &mut *self.pairs })?;
        }
        Ok(())
    }
}

/// Parser of a broken document, field by field.
struct JsonParser<'a> {
    text: &'a str,
    at: usize,
    path: Vec<String>,
    found: Vec<Pair<'a>>,
}

impl<'a> JsonParser<'a> {
    fn pairs(mut self) -> Vec<Pair<'a>> {
        while let Some(b) = self.next_byte().filter(|_| self.found.len() < MOST_PAIRS) {
            match b {
                b'}' => {
                    self.path.pop();
                    self.at += 1;
                }
                b'"' => match key_at(self.text, self.at) {
                    Some((key, behind)) => {
                        self.at = behind;
                        self.value(plain(key));
                    }
                    None => self.stray(),
                },
                b',' | b'{' => self.at += 1,
                _ => self.stray(),
            }
        }
        self.found
    }

    fn value(&mut self, key: String) {
        let Some(b) = self.next_byte() else { return };
        match b {
            b'{' if self.path.len() < DEEPEST => {
                self.path.push(key);
                self.at += 1;
            }
            b'"' => {
                let start = self.at + 1;
                let (end, behind) = end_of_string(self.text, start);
                self.push(key, start, end);
                self.at = behind;
            }
            _ => {
                let start = self.at;
                let end =
                    memchr::memchr2(b',', b'}', &self.text.as_bytes()[start..]).map_or(self.text.len(), |n| start + n);
                self.push(key, start, end);
                self.at = end;
            }
        }
    }

    /// Skips text in place of a key, up to the next comma.
    fn stray(&mut self) {
        let rest = &self.text.as_bytes()[self.at + 1..];
        self.at += 1 + memchr::memchr(b',', rest).unwrap_or(rest.len());
    }

    fn push(&mut self, key: String, start: usize, end: usize) {
        let path = inner_path(&self.path, key);
        self.found.push(Pair { path, value: Cow::Borrowed(self.text.get(start..end).unwrap_or("")) });
    }

    /// Skips blanks. Returns the next byte.
    fn next_byte(&mut self) -> Option<u8> {
        self.at = skip_blanks(self.text, self.at);
        self.text.as_bytes().get(self.at).copied()
    }
}

fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or(&[]);
    at + rest.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(rest.len())
}

/// Returns the key whose opening quote is at `at`, and the start of its value.
fn key_at(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = text.get(at..)?.strip_prefix('"')?;
    let length = rest.bytes().take(LONGEST_KEY_BYTES).position(|b| !is_of_a_key(b))?;
    let colon = rest[length..].strip_prefix('"').map(|_| skip_blanks(text, at + 2 + length))?;
    (length > 0 && text.as_bytes().get(colon) == Some(&b':')).then(|| (&rest[..length], colon + 1))
}

fn is_of_a_key(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$' | b'@' | b' ')
}

/// Returns the end of the value that starts at `start`, and the position to continue at.
fn end_of_string(text: &str, start: usize) -> (usize, usize) {
    memchr::memchr_iter(b'"', &text.as_bytes()[start..])
        .map(|n| start + n)
        .find(|&quote| ends_a_value(text, quote))
        .map_or((text.len(), text.len()), |quote| (quote, quote + 1))
}

/// Returns whether the next key or the end of the document follows the quote at `quote`.
fn ends_a_value(text: &str, quote: usize) -> bool {
    let bytes = text.as_bytes();
    let mut at = skip_blanks(text, quote + 1);
    // At most DEEPEST objects can be open.
    for _ in 0..=DEEPEST {
        match bytes.get(at) {
            None => return true,
            Some(b'}') => at = skip_blanks(text, at + 1),
            Some(b',') => return key_at(text, skip_blanks(text, at + 1)).is_some(),
            Some(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        pairs(text).iter().map(|pair| (pair.path.join("."), pair.value.clone().into_owned())).collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_whole_document_is_read_with_its_doubles_and_its_depth() {
        let text = r#"{"a_b":"1","context":{"Status":502,"x":null},"a-b":"2","list":["status"]}"#;
        assert_eq!(read(text), owned(&[("ab", "1"), ("context.status", "502"), ("context.x", "-"), ("ab", "2")]));
    }

    #[test]
    fn a_value_with_quotes_ends_before_the_next_key() {
        let text = r#"{"message": " "Endpoint request timed out"", "n":-,"status":504}"#;
        let expected = [("message", r#" "Endpoint request timed out""#), ("n", "-"), ("status", "504")];
        assert_eq!(read(text), owned(&expected));
    }

    #[test]
    fn a_backslash_before_the_closing_quote_hides_nothing() {
        let text = r#"{"path":"/x\","status":"502"}"#;
        assert_eq!(read(text), owned(&[("path", r"/x\"), ("status", "502")]));
    }

    #[test]
    fn a_document_that_is_cut_off_is_read_up_to_there() {
        assert_eq!(
            read(r#"{"status":"502","error":"Internal ser"#),
            owned(&[("status", "502"), ("error", "Internal ser")])
        );
    }

    #[test]
    fn nested_objects_of_a_broken_document_are_followed() {
        let text = r#"{"context":{"error":{"message":"say "no""},"status":"500"},"z":"1"}"#;
        let expected = [("context.error.message", r#"say "no""#), ("context.status", "500"), ("z", "1")];
        assert_eq!(read(text), owned(&expected));
    }

    #[test]
    fn many_quotes_are_read_in_linear_time() {
        let text = format!("{{\"a\":\"{}", "\" }".repeat(200_000));
        assert!(!pairs(&text).is_empty());
        let text = format!("{{\"a\":\"{}", "\" ,\"".repeat(200_000));
        assert!(!pairs(&text).is_empty());
    }
}
