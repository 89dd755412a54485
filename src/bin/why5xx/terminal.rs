//! Abilities of the terminal: its width, whether it wants colours, and names that fit.

use std::ffi::OsString;
use std::io::{self, IsTerminal, StdoutLock};

use anstream::AutoStream;
use clap::{ColorChoice, ValueEnum};
use terminal_size::{Width, terminal_size_of};
use textwrap::{Options, WordSplitter};

pub(crate) use why5xx::printable::{is_hidden, printable};

/// Columns of prose where the width of the terminal is unknown.
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
    /// Returns the value of the option `--color` among these arguments; `Auto` if it is missing or invalid.
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

impl Color {
    /// Returns how the standard output treats escapes.
    pub(crate) fn stdout(self) -> AutoStream<StdoutLock<'static>> {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        AutoStream::new(io::stdout().lock(), choice)
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

/// Returns whether the standard error is a terminal that can write a line again.
pub(crate) fn shows_progress() -> bool {
    io::stderr().is_terminal() && set("TERM").is_none_or(|term| term != "dumb")
}

#[expect(clippy::disallowed_methods, reason = "of the terminal, not a setting")]
fn set(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Returns the text in bold, for an output that strips the escapes where nobody wants them.
pub(crate) fn bold(text: &str) -> String {
    format!("\u{1b}[1m{text}\u{1b}[0m")
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

/// Returns the text in lines of at most `width` columns, the first behind `first`, the others behind as many blanks.
/// A longer word has a line of its own.
pub(crate) fn wrapped(first: &str, text: &str, width: usize) -> String {
    let rest = " ".repeat(first.chars().count());
    let options = Options::new(width).initial_indent(first).subsequent_indent(&rest);
    textwrap::fill(text, options.break_words(false).word_splitter(WordSplitter::NoHyphenation))
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
}
