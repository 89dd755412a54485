//! Text for people: numbers with their nouns, and names without characters that mislead whoever sees them. Names come from
//! logs, from files and from accounts.

use std::fmt::Display;

/// Returns the text with a sign in place of each character that could mislead whoever sees it.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Returns a number with its noun, which gets an `s` unless it is one.
///
/// `2`, `stage` → `2 stages`
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// Returns whether a character moves the cursor, changes the direction of text, or cannot be seen.
///
/// Source: Unicode Character Database 16, general categories Cc, Cf, Zl and Zp, and the property Default_Ignorable_Code_Point; and
/// the Braille pattern without a dot.
pub const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_overrides_of_direction_are_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\td"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
    }

    #[test]
    fn what_has_no_glyph_is_replaced() {
        for c in "\u{34f}\u{115f}\u{17b4}\u{180b}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{e0100}".chars() {
            assert_eq!(printable(&format!("a{c}b")), "a\u{fffd}b", "{:x}", u32::from(c));
        }
        assert_eq!(printable("é ㄱ ⠁ 中 a\u{301}"), "é ㄱ ⠁ 中 a\u{301}");
    }
}
