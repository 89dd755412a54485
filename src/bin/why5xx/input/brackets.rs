//! Brackets that are open in a document of JSON which comes in pieces.

/// A document that was read up to some place.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    open: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Brackets {
    /// Reads a piece, to the end of the document. Returns where in the piece that is; None while brackets are open.
    pub(super) fn read(&mut self, piece: &str) -> Option<usize> {
        for (at, byte) in piece.bytes().enumerate() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = self.in_string,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.open += 1,
                b'}' | b']' if !self.in_string => {
                    self.open = self.open.saturating_sub(1);
                    if self.open == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Returns whether the document has begun and not ended.
    pub(super) fn are_open(&self) -> bool {
        self.open > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_with_its_last_bracket_and_none_in_its_texts_counts() {
        for (pieces, end) in [
            (&["{\"a\":1}"][..], Some(7)),
            (&["{\"a\":[1,", "2]} }"], Some(3)),
            (&["{\"a\":\"}\\\"}", "\",\"b\":{}}x"], Some(9)),
            (&["{\"a\":\"\\", "\"\"}"], Some(3)),
            (&["{\"a\":\"b}"], None),
            (&["a"], None),
        ] {
            let mut brackets = Brackets::default();
            let ends: Vec<_> = pieces.iter().map(|piece| brackets.read(piece)).collect();
            assert_eq!(ends.last().copied().flatten(), end, "{pieces:?}");
            assert!(ends.iter().flatten().count() <= 1, "{pieces:?}");
        }
    }
}
