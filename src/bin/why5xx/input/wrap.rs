//! Lines that a terminal or a mail broke: which of them go on with the line before.

use super::frame::start_of;
use super::quoted::{FULL_LINE, WIDTHS};
use super::runtime::continues_report;
use super::{prefix, sentence, time};

/// How the lines of a text were broken, as its beginning shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Wrap {
    /// No line was.
    #[default]
    None,
    /// At this column, also within words, as a terminal does.
    Hard(usize),
    /// Between words, none of them beyond this column, as a mail does.
    Soft(usize),
}

impl Wrap {
    /// Widest lines that were broken; a log event is seldom shorter. Our own bound.
    const WIDEST: usize = 250;

    /// Of a text by its beginning: each line behind the first log event begins as one, or goes on with a full line. Only a
    /// function prints lines of any other kind between its own.
    pub(super) fn of(start: &str) -> Self {
        // A mail breaks no word, however long.
        let is_one_word = |line: &&str| !line.trim().contains([' ', '\t']);
        let widest = |lines: &mut dyn Iterator<Item = &str>| lines.map(width).max().unwrap_or(0);
        let of_words = widest(&mut start.lines().filter(|line| !is_one_word(line)));
        let all = widest(&mut start.lines());
        let widest = if all > of_words && !WIDTHS.contains(&all) { of_words } else { all };
        if !(FULL_LINE..=Self::WIDEST).contains(&widest) {
            return Self::None;
        }
        let (mut hard, mut soft, mut others, mut before, mut begun) = (0_u32, 0_u32, 0_u32, "", None);
        let (mut is_of_function, mut are_sentences) = (false, false);
        for line in start.lines().filter(|line| !line.trim().is_empty()) {
            let at_edge = width(before) == widest;
            is_of_function |= line.contains(" RequestId: ");
            if begins(line) {
                begun = Some(true);
            } else if begun == Some(true)
                && !continues_report(before.trim_end(), true, line)
                && (at_edge || is_full(before, line, widest))
            {
                hard += u32::from(at_edge);
                soft += u32::from(!at_edge);
                // Of a sentence of the platform that goes on, one is enough.
                are_sentences |= sentence::is_platforms_start(before);
            } else if begun.is_some() {
                begun = Some(false);
                others += 1;
            }
            before = line;
        }
        let is_usual = WIDTHS.contains(&widest);
        if others > 0 && !is_of_function {
            Self::None
        } else if hard > soft && (hard > 1 || is_usual) && widest == all {
            Self::Hard(widest)
        } else if soft + u32::from(are_sentences) > 1 && soft > 0 && !is_of_function {
            Self::Soft(widest)
        } else {
            Self::None
        }
    }

    /// Whether a line may go on with the next one.
    pub(super) fn may_be_broken(self, line: &str) -> bool {
        (self != Self::None || line.trim_end().ends_with(':')) && begins(line)
    }

    /// Returns the text that joins two pieces of one line; None where they are two lines. `message` is the first line so far, without
    /// the prefix of a tool, `before` its last piece.
    pub(super) fn between(&mut self, message: &str, before: &str, line: &str) -> Option<&'static str> {
        let is_cut_at_colon = before.trim_end().ends_with(':');
        if *self == Self::None && !is_cut_at_colon {
            return None;
        }
        // What is wider shows that nothing was broken there.
        if let Self::Hard(widest) | Self::Soft(widest) = *self
            && width(line) > widest
            && (matches!(self, Self::Hard(_)) || line.trim().contains([' ', '\t']))
        {
            *self = Self::None;
        }
        // Each piece of a long line costs a look at its two ends, not at the whole.
        let start = start_of(message);
        let end = &message[message.ceil_char_boundary(message.len() - start.len())..];
        let is_of_report = |first: &str| continues_report(first.trim_end(), true, line);
        if line.trim().is_empty() || begins(line) || is_of_report(start) || is_of_report(end) {
            return None;
        }
        let is_cut_at_colon = is_cut_at_colon
            && sentence::is_platforms_start(start)
            && !line.starts_with([' ', '\t'])
            && !sentence::is_platforms_line(line);
        match *self {
            Self::Hard(widest) if width(before) == widest => Some(""),
            Self::Soft(widest) if is_full(before, line, widest) => Some(if before.ends_with(' ') { "" } else { " " }),
            _ => is_cut_at_colon.then_some(" "),
        }
    }
}

/// Whether the first word of a line had no room behind the one before.
pub(super) fn is_full(before: &str, line: &str, widest: usize) -> bool {
    let first_word = line.split_whitespace().next().map_or(0, width);
    first_word > 0 && width(before) + 1 + first_word > widest
}

/// Whether a line begins as a log event does. JSON may be a client's, at the start of a line of any format.
pub(super) fn begins(line: &str) -> bool {
    let line = line.trim_start();
    prefix::is_head(line) && !line.starts_with('{') || prefix::strip(line).has_prefix() || time::of_line(line).is_some()
}

/// The columns that a line takes in a terminal, where a tab goes to the next multiple of eight.
pub(super) fn width(line: &str) -> usize {
    line.chars().fold(0, |columns, character| if character == '\t' { columns / 8 * 8 + 8 } else { columns + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_at_its_widest_column_or_between_words() {
        let event = "(0a1b2c3d) Execution failed due to configuration error: Invalid permissions on Lambda function";
        let hard = format!("{}\n{}\n", &event[..80], &event[80..]);
        assert_eq!(Wrap::of(&hard), Wrap::Hard(80));
        let other = "(0a1b2c3d) Execution failed due to configuration error: Malformed Lambda\nproxy response\n";
        let soft = format!("{}\n{}\n{other}", &event[..75], &event[76..]);
        assert_eq!(Wrap::of(&soft), Wrap::Soft(75));
        let whole = format!("{event}\n").repeat(3);
        let answered = format!("{hard}GET /orders 200\n");
        let stack =
            "2026-05-04T12:00:00Z [ERROR] no such order\n\tat com.example.Orders.find(Orders.java:17)\n".repeat(3);
        let client = format!("{{\"{}\nb;/b;502\n", "x".repeat(78)).repeat(3);
        for text in [&whole, &answered, &stack, &client, ""] {
            assert_eq!(Wrap::of(text), Wrap::None, "{text}");
        }
        let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
        let report = format!("END RequestId: {id}\nREPORT RequestId: {id}\tDuration: 3000.00 ms\t\nStatus: timeout\n");
        let printed = format!("START RequestId: {id} Version: 7\nread 3 orders\n{report}");
        assert_eq!(Wrap::of(&printed), Wrap::Hard(80));
    }

    #[test]
    fn the_parts_of_a_line_are_joined_as_they_were_broken() {
        let (first, second) = ("(0a1b2c3d) Execution failed due to configuration error:", "Invalid permissions");
        assert_eq!(Wrap::None.between(first, first, second), Some(" "));
        assert_eq!(Wrap::None.between(first, first, "(0a1b2c3d) Method completed with status: 500"), None);
        assert_eq!(Wrap::None.between(first, first, "Method completed with status: 500"), None);
        let edge = "x".repeat(80);
        assert_eq!(Wrap::Hard(80).between("(a) x", &edge, "er 3.00 seconds"), Some(""));
        assert_eq!(Wrap::Hard(80).between("(a) x", &edge[1..], "hello"), None);
        assert_eq!(Wrap::Hard(80).between("(a) x", &edge, &"y".repeat(81)), None);
        let full = format!("REPORT{}", " ".repeat(66)) + "ms\t";
        assert_eq!(Wrap::Hard(80).between("REPORT", &full, "Status: timeout"), Some(""));
        assert_eq!(Wrap::Soft(75).between("(a) x", &edge[..70], "Lambda function"), Some(" "));
    }
}
