//! What the terminal can show: its width, whether it wants colours, and names that fit.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::{ColorChoice, ValueEnum};
use terminal_size::{Width, terminal_size_of};

/// Columns of prose where no terminal tells its width.
const USUAL_WIDTH: usize = 100;

/// Narrowest and widest prose that reads well, in columns.
const NARROWEST: usize = 40;
const WIDEST: usize = 110;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// What the option `--color` among these arguments says; `Auto` where there is none, or none that can be read.
    pub(crate) fn among(arguments: impl Iterator<Item = OsString>) -> Self {
        let arguments = arguments.filter_map(|argument| argument.into_string().ok()).take_while(|each| each != "--");
        let mut is_next = false;
        let mut color = Self::Auto;
        for argument in arguments {
            let value = if is_next { Some(argument.as_str()) } else { argument.strip_prefix("--color=") };
            color = value.and_then(|value| Self::from_str(value, false).ok()).unwrap_or(color);
            is_next = argument == "--color";
        }
        color
    }
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// The columns to wrap prose at.
pub(crate) fn width() -> usize {
    columns().unwrap_or(USUAL_WIDTH).clamp(NARROWEST, WIDEST)
}

/// The columns that a table has to fit; a file takes any.
pub(crate) fn table_width() -> usize {
    columns().map_or(usize::MAX, |columns| columns.max(NARROWEST))
}

/// The columns of the terminal behind the standard output, else what is set for a pipe.
fn columns() -> Option<usize> {
    match terminal_size_of(io::stdout()) {
        Some((Width(columns), _)) if columns > 0 => Some(usize::from(columns)),
        _ => set("COLUMNS").and_then(|columns| columns.parse().ok()),
    }
}

/// The columns of the terminal behind the standard error.
pub(crate) fn progress_width() -> usize {
    match terminal_size_of(io::stderr()) {
        Some((Width(columns), _)) if columns > 0 => usize::from(columns),
        _ => USUAL_WIDTH,
    }
}

/// Whether the standard error is a terminal that can write a line anew.
pub(crate) fn shows_progress() -> bool {
    io::stderr().is_terminal() && set("TERM").is_none_or(|term| term != "dumb")
}

#[expect(clippy::disallowed_methods, reason = "of the terminal, not a setting")]
fn set(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Terminal escapes, or none where nobody wants them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    pub(crate) fn for_stdout(color: Color) -> Self {
        let wanted = || set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb");
        let on = match color {
            Color::Auto => io::stdout().is_terminal() && wanted(),
            Color::Always => true,
            Color::Never => false,
        };
        Self { on }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        if self.on { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Names come from logs: what is no text must not reach a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || turns_text_around(c) { '\u{fffd}' } else { c }).collect()
}

/// Characters that make a name read as another one: overrides of the direction of text.
pub(crate) const fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text in at most `width` columns: a longer one lacks its middle, since names differ at both ends.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (front, back) = (kept.div_ceil(2), kept / 2);
    let mut fitted: String = text.chars().take(front).collect();
    fitted.push('…');
    fitted.extend(text.chars().skip(length - back));
    fitted
}

/// The text in lines of at most `width` columns, the first behind `first`, the others behind as many blanks.
pub(crate) fn wrapped(first: &str, text: &str, width: usize) -> String {
    let indent = first.chars().count();
    let mut lines = first.to_owned();
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > width {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            used = indent;
        } else if used > indent {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_loses_its_middle() {
        assert_eq!(fitted("orders-api", 10), "orders-api");
        assert_eq!(fitted("orders-api/production", 11), "order…ction");
        assert_eq!(fitted("ääääääää", 3), "ä…ä");
        assert_eq!(fitted("abc", 1), "…");
        assert_eq!(fitted("abc", 0), "…");
    }

    #[test]
    fn wrapped_lines_fit_and_line_up() {
        assert_eq!(wrapped("- ", "one two three", 9), "- one two\n  three");
        assert_eq!(wrapped("- ", "a-word-longer-than-the-line is kept", 9), "- a-word-longer-than-the-line\n  is kept");
    }

    #[test]
    fn escapes_and_overrides_of_direction_are_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\td"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
    }
}
