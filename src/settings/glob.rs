//! Globs: patterns with `*`, matched without backtracking.

/// Glob in which every `*` matches any characters, or none: `pr-*` matches `pr-17`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    /// Text between the stars; one piece without a star.
    pieces: Vec<String>,
}

impl Glob {
    pub(super) fn new(text: &str) -> Self {
        Self { pieces: text.split('*').map(str::to_owned).collect() }
    }

    /// Returns whether the glob matches the whole of `text`.
    ///
    /// The leftmost match of each inner piece leaves the most text for the next ones, so one pass is enough.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, inner @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|piece| piece == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
            return false;
        };
        for piece in inner {
            let Some(at) = memchr::memmem::find(rest.as_bytes(), piece.as_bytes()) else { return false };
            // A match of UTF-8 in UTF-8 begins and ends between characters.
            rest = rest.get(at + piece.len()..).unwrap_or_default();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        let rows = [
            ("prod", "prod", true),
            ("prod", "prod2", false),
            ("pr-*", "pr-17", true),
            ("pr-*", "pr-", true),
            ("pr-*", "a-pr-17", false),
            ("*-dev", "blue-dev", true),
            ("*-dev", "-dev", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "acb", false),
            ("a*bc*bc", "abcbc", true),
            ("*ü*", "grün", true),
            ("*", "", true),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ];
        for (pattern, text, fits) in rows {
            assert_eq!(Glob::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_make_it_slow() {
        let pattern = Glob::new(&"a*".repeat(1_000));
        assert!(!pattern.matches(&"a".repeat(999)));
        assert!(pattern.matches(&"a".repeat(100_000)));
    }
}
