//! Marks of a terminal in and around the lines of a text: sequences that colour them, its prompt, the sign of a pager.

use std::borrow::Cow;

use why5xx::printable::is_hidden;

use super::quoted::FULL_LINE;

/// A text without the escape sequences of a terminal; every blank is a space, and what has no width is nothing.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    const ESCAPE: char = '\u{1b}';
    let blank = |c: char| matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
    let nothing = |c: char| c == '\0' || is_hidden(c) && !c.is_control();
    let has_controls = || memchr::memchr2(0x1b, 0, text.as_bytes()).is_some();
    if text.is_ascii() && !has_controls() || !text.contains(|c| c == ESCAPE || blank(c) || nothing(c)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ESCAPE => skip_sequence(&mut characters),
            c if blank(c) => plain.push(' '),
            c if nothing(c) => {}
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// Skips what follows the escape character.
///
/// Source: ECMA-48, 5.4 (control sequences) and 5.6 (control strings).
fn skip_sequence(characters: &mut std::str::Chars<'_>) {
    match characters.next() {
        Some('[') => {
            let _ = characters.find(|c| ('@'..='~').contains(c));
        }
        Some(']') => {
            let end = characters.find(|c| matches!(c, '\u{7}' | '\u{1b}'));
            if end == Some('\u{1b}') {
                characters.next();
            }
        }
        // A sequence of two or three characters.
        Some('(' | ')') => {
            characters.next();
        }
        _ => {}
    }
}

/// How lines begin that a terminal, the AWS CLI or a page shows behind the last log event.
const BEHIND: &[&str] = &[
    "^C",
    "```",
    "</",
    "An error occurred (",
    "Unable to locate credentials",
    "Could not connect to the endpoint URL",
    "Connection was closed before",
    "Read timeout on endpoint URL",
    "No newer events",
    "No older events",
    "There are newer events",
    "There are older events",
];

/// Returns whether a line, behind the last log event, is one of a terminal: the prompt of a shell, an interrupt, an error of
/// the AWS CLI.
pub(super) fn is_of_terminal(line: &str) -> bool {
    let text = line.trim();
    let is_sign = |c: char| matches!(c, '$' | '#' | '%' | '>');
    let (first, _) = text.split_once(' ').unwrap_or((text, ""));
    // `user@host:~$ `, `[user@host folder]$ `, `PS C:\>`, `$ aws …`
    let has_user = first.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    let has_sign = text.contains("$ ") || text.contains("# ") || text.contains("% ") || text.ends_with(is_sign);
    BEHIND.iter().any(|start| text.starts_with(start))
        || has_user && has_sign
        || text.starts_with("PS ") && text.contains(":\\") && text.contains('>')
        || matches!(first, "$" | "%" | "\u{276f}" | "\u{279c}")
}

/// Returns whether a line ends with the sign that a pager or a page shows in place of the rest.
pub(super) fn ends_with_cut_sign(line: &str) -> bool {
    let line = line.trim_end();
    line.ends_with(['>', '\u{2026}']) || line.ends_with("...")
}

/// Takes off what a pager or a page shows in place of the rest of a line.
pub(super) fn without_cut_sign(line: &str) -> &str {
    line.trim_end().trim_end_matches(['>', '\u{2026}', '.'])
}

/// Returns whether a pager or a table cut the lines of a text: its sign ends each of the widest, and there are several of them.
pub(super) fn is_cut_by_screen(start: &str, widest: usize) -> bool {
    let is_cut = |line: &str| ends_with_cut_sign(line) && !line.contains("</");
    // The last line of the beginning may be cut off by us.
    let lines = start.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let wide = || lines.clone().filter(|line| line.chars().count() == widest);
    widest >= FULL_LINE && wide().take(2).count() > 1 && wide().all(is_cut)
}
