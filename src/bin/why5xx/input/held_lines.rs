//! Lines of a text that wait until it is known whether they are the message of one error.

use std::collections::VecDeque;

use why5xx::record::lambda::TRACEBACK;

use super::quoted::FULL_LINE;
use super::runtime::{begins_as_python, may_be_of_message, repeats_message};
use super::wrap::{is_full, width};

/// Lines that may be the message of an error, which has several: the line behind the message shows it. That of Python is its
/// `Traceback`, that of Java says the type and the first line again.
#[derive(Debug, Default)]
pub(super) struct HeldLines(VecDeque<HeldLine>);

/// A line, with its number in the input.
#[derive(Debug)]
pub(super) struct HeldLine {
    pub(super) line: String,
    pub(super) number: u64,
}

impl HeldLines {
    /// Most lines; our own bound.
    const MOST: usize = 50;

    /// Takes the next line. Returns the lines that need not wait any longer; those of a message are one. Lines that a function printed may be of
    /// an error of Java; those of Python begin with their head. `widest` is the width of the widest line of the text.
    pub(super) fn next(&mut self, line: HeldLine, is_printed: bool, widest: usize) -> Vec<HeldLine> {
        if let Some(first) = self.message_before(&line.line) {
            let message: Vec<_> = self.0.drain(first..).collect();
            let number = message[0].number;
            let pieces: Vec<_> = message.iter().map(|held| held.line.as_str()).collect();
            // Lines of Java's that were broken do not say the same twice.
            let is_of_python = line.line.starts_with(TRACEBACK);
            let message = if is_of_python { joined(&pieces, widest) } else { pieces.join("\n") };
            let message = HeldLine { line: message, number };
            return self.0.drain(..).chain([message, line]).collect();
        }
        let has_begun = is_printed || !self.0.is_empty();
        if begins_as_python(&line.line) || has_begun && may_be_of_message(&line.line) {
            self.0.push_back(line);
            let too_many = self.0.len().saturating_sub(Self::MOST);
            return self.0.drain(..too_many).collect();
        }
        self.0.drain(..).chain([line]).collect()
    }

    /// Returns those that still wait.
    pub(super) fn end(&mut self) -> Vec<HeldLine> {
        self.0.drain(..).collect()
    }

    /// Returns which line is the first one of the message that ends before this line.
    fn message_before(&self, line: &str) -> Option<usize> {
        let last = &self.0.back()?.line;
        let is_first = |held: &HeldLine| match line.starts_with(TRACEBACK) {
            true => begins_as_python(&held.line),
            false => repeats_message(last, &held.line, line),
        };
        self.0.iter().rposition(is_first)
    }
}

/// Returns the lines of a message as one, where a terminal broke them at this column or a mail between words.
fn joined(lines: &[&str], widest: usize) -> String {
    let widest_of_words = lines.iter().map(|line| width(line)).max().unwrap_or(0);
    let mut whole = String::new();
    for (at, line) in lines.iter().enumerate() {
        let before = if at > 0 { lines[at - 1] } else { "" };
        whole.push_str(match at {
            0 => "",
            _ if before.chars().count() == widest || width(before) == widest => "",
            _ if widest_of_words >= FULL_LINE && is_full(before, line, widest_of_words) => " ",
            _ => "\n",
        });
        whole.push_str(line);
    }
    whole
}
