//! Skips a JSON value without parsing or keeping it.
//!
//! Brackets are counted, not matched, and their content is not checked: the caller can parse the value once its end is
//! known. So nesting costs no memory, however deep it is.

use super::strings::string_end;

/// Search for the end of one value, which may arrive in pieces.
#[derive(Debug, Default)]
pub(super) struct Skip {
    depth: u64,
    /// The last piece ended inside a string.
    in_string: bool,
    /// The last piece ended behind a backslash that escapes the next byte.
    escaped: bool,
    /// Inside a number or a literal.
    in_word: bool,
}

impl Skip {
    /// Returns the position behind the value; None if the value continues in the next piece.
    ///
    /// The end of a number or a literal shows at the byte behind it.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        if self.in_string {
            at = self.string(bytes, 0)?;
            if self.depth == 0 {
                return Some(at);
            }
        }
        while let Some(&byte) = bytes.get(at) {
            if self.in_word && self.depth == 0 && matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                return Some(at);
            }
            at += 1;
            match byte {
                b'"' => at = self.string(bytes, at)?,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {
                    self.in_word = true;
                    continue;
                }
            }
            if self.depth == 0 {
                return Some(at);
            }
        }
        None
    }

    /// Returns the position behind the closing quote of the string whose inside continues at `from`.
    fn string(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let start = from + usize::from(self.escaped && from < bytes.len());
        if start == from && self.escaped {
            return None;
        }
        if let Some(end) = string_end(bytes, start) {
            (self.in_string, self.escaped) = (false, false);
            return Some(end.at + 1);
        }
        let backslashes = bytes[start..].iter().rev().take_while(|&&b| b == b'\\').count();
        (self.in_string, self.escaped) = (true, backslashes % 2 == 1);
        None
    }
}

/// Returns the position behind the value at the start of `bytes`; None if its end is missing.
pub(super) fn value_end(bytes: &[u8]) -> Option<usize> {
    Skip::default().end(bytes)
}

/// Returns the position behind the blanks at `from`.
pub(super) fn behind_blanks(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes.get(from..).unwrap_or_default().iter();
    from + blanks.take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_at_the_same_byte_however_it_is_cut() {
        let values: [&[u8]; 9] = [
            br#"{"a":[1,{"b":"}\"]\\"}],"c":null}"#,
            br#""plain""#,
            br#""\\\"\\""#,
            b"12.5e3",
            b"null",
            b"[]",
            b"[[[]],{}]",
            br#"["a\\","]"]"#,
            br#"{"\"}":1}"#,
        ];
        for value in values {
            let document = [value, b",{\"next\":1}"].concat();
            for size in 1..=document.len() {
                let mut skip = Skip::default();
                let mut before = 0;
                let end = document.chunks(size).find_map(|piece| {
                    let end = skip.end(piece).map(|end| before + end);
                    before += piece.len();
                    end
                });
                assert_eq!(end, Some(value.len()), "{} by {size}", String::from_utf8_lossy(value));
            }
        }
    }

    #[test]
    fn a_cut_value_has_no_end() {
        for cut in [&b"{"[..], b"[1,2", b"\"abc", b"12", b"\"\\", b"{\"a\":\"}"] {
            assert_eq!(value_end(cut), None);
        }
    }
}
