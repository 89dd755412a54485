//! An object of JSON that something broke over several lines, also within its texts: the lines are put together again if they are
//! one object, only then.
//!
//! A terminal cuts at a column, a mail between words. The widths of the lines show which, since both ways may give an object.

use serde::de::IgnoredAny;

use super::brackets::Brackets;
use super::pieces::{self, Rejoined};
use super::quoted::WIDTHS;
use super::wrap::{begins, width};
use super::{prefix, runtime};

/// Most lines of one object, and most bytes; our own bounds.
const MOST_LINES: usize = 500;
const MOST_BYTES: usize = 64 * 1024;

/// Lines that may be the pieces of one object.
#[derive(Debug)]
pub(super) struct BrokenObject {
    lines: Vec<String>,
    bytes: usize,
    /// Bytes that a tool put before the object.
    head: usize,
    brackets: Brackets,
    /// The last line has the object's last bracket.
    has_ended: bool,
}

impl BrokenObject {
    /// Of a line that begins with an object, as far as it goes; None for any other line.
    pub(super) fn of(line: &str) -> Option<Self> {
        let head = line.find("{\"")?;
        let mut brackets = Brackets::default();
        let is_cut = brackets.read(&line[head..]).is_none();
        let message = prefix::strip(line).message;
        let before = head.checked_sub(line.len() - message.len()).map(|end| &message[..end]);
        let is_behind = |before: &str| before.is_empty() || runtime::is_date_of_go(before);
        let is_start = is_cut && (head == 0 || before.is_some_and(is_behind));
        is_start.then(|| Self { lines: vec![line.to_owned()], bytes: line.len(), head, brackets, has_ended: false })
    }

    /// Adds the next line if it may be the next piece. Gives it back otherwise.
    pub(super) fn add(&mut self, line: String) -> Option<String> {
        // Another object begins a line of its own, but for one that is a value.
        let is_value = || self.lines.last().is_some_and(|last| last.trim_end().ends_with([':', ',', '[']));
        let is_piece = !self.has_ended
            && !line.trim().is_empty()
            && self.lines.len() < MOST_LINES
            && self.bytes + line.len() <= MOST_BYTES
            && !begins(&line)
            && (!line.trim_start().starts_with("{\"") || is_value());
        if !is_piece {
            return Some(line);
        }
        self.has_ended = self.brackets.read(&line).is_some();
        self.bytes += line.len();
        self.lines.push(line);
        None
    }

    /// Returns the lines, of which all are one if they are an object. `widest` is the width of the widest line of the text.
    pub(super) fn end(self, widest: usize) -> (Option<Rejoined>, Vec<String>) {
        match self.whole(widest) {
            Some(line) => (Some(Rejoined { line, pieces: self.lines.len() }), Vec::new()),
            None => (None, self.lines),
        }
    }

    fn whole(&self, widest: usize) -> Option<String> {
        if !self.has_ended {
            return None;
        }
        // The first value is read, since columns may stand behind it.
        let is_object = |line: &String| {
            let object = line.get(self.head..).unwrap_or_default();
            matches!(serde_json::Deserializer::from_str(object).into_iter::<IgnoredAny>().next(), Some(Ok(_)))
        };
        let lines: Vec<&str> = self.lines.iter().map(String::as_str).collect();
        // Below the first line, the others may stand behind blanks.
        let blanks = |line: &&str| line.len() - line.trim_start_matches(' ').len();
        let indentation = lines[1..].iter().map(blanks).min().filter(|least| *least > 1).unwrap_or(0);
        let block: Vec<&str> =
            lines[..1].iter().copied().chain(lines[1..].iter().map(|line| &line[indentation..])).collect();
        let is_at_edge =
            lines.len() > 2 || WIDTHS.contains(&width(lines[0])) || width(lines[0]) + indentation >= widest;
        let of_terminal = || pieces::of_terminal(&lines).or_else(|| pieces::of_terminal(&block));
        let (first, second) = (of_terminal(), pieces::of_mail(&lines));
        let both = if is_at_edge { [first, second] } else { [second, first] };
        both.into_iter().flatten().find(is_object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = r#"{"requestId":"Kd83hf=","ip":"192.0.2.9","httpMethod":"GET","path":"/a b","status":"500","responseLength":"35","integrationErrorMessage":"The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration.","authorizerError":"-"}"#;

    /// Returns the first line again, and how many lines are left.
    fn rejoined(text: &str) -> (Option<String>, usize) {
        let widest = text.lines().map(width).max().unwrap_or(0);
        let mut lines = text.lines().map(str::to_owned);
        let mut broken = BrokenObject::of(&lines.next().unwrap_or_default()).expect("the start of an object");
        let rest = lines.by_ref().find_map(|line| broken.add(line)).map_or(0, |_| 1 + lines.count());
        let (whole, left) = broken.end(widest);
        (whole.map(|whole| whole.line), left.len() + rest)
    }

    /// Cuts a line at a column, and puts a text before all pieces but the first.
    fn cut(line: &str, column: usize, before: &str) -> String {
        let pieces: Vec<&str> =
            line.as_bytes().chunks(column).map(|piece| str::from_utf8(piece).unwrap_or("?")).collect();
        pieces.join(&format!("\n{before}"))
    }

    #[test]
    fn an_object_is_whole_again_wherever_it_was_cut() {
        for head in ["", "2026-05-04T12:00:00.000Z ", "1777896000000\t"] {
            let whole = format!("{head}{OBJECT}");
            for column in 40..whole.len() {
                // Of blanks before each piece, none is the object's.
                let may_be_behind = !whole[column..].starts_with(' ') || column < whole.len() / 2;
                for before in ["", "    "].into_iter().take(1 + usize::from(may_be_behind)) {
                    assert_eq!(rejoined(&cut(&whole, column, before)), (Some(whole.clone()), 0), "{column}: {whole}");
                }
            }
        }
        let behind = format!("{OBJECT}\t1777896000000");
        assert_eq!(rejoined(&cut(&behind, 80, "")), (Some(behind), 0));
        // What puts the lines together takes blanks off their ends.
        for before in ["", "2026-05-04T12:00:00.000Z "] {
            for value in ["1", "\"\u{e9}\"", "\"\u{2014}\""] {
                for blanks in 0..40 {
                    let (whole, left) = rejoined(&format!("{before}{{\"a\":{value}\n}}{:blanks$}", ""));
                    let whole = whole.map(|whole| whole.replace(' ', ""));
                    assert_eq!((whole, left), (Some(format!("{before}{{\"a\":{value}}}").replace(' ', "")), 0));
                }
            }
        }
    }

    #[test]
    fn a_mail_breaks_an_object_between_its_words() {
        let line = OBJECT.replace(',', ", ");
        let broken = pieces::between_words(&line, 72);
        assert_eq!(rejoined(&broken), (Some(line), 0), "{broken}");
    }

    #[test]
    fn lines_that_are_no_object_together_stay_lines() {
        let cut = &OBJECT[..80];
        for next in [
            OBJECT,
            cut,
            "2026-05-04T12:00:00.000Z hello",
            "START RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Version: 7",
        ] {
            assert_eq!(rejoined(&format!("{cut}\n{next}\n{next}")), (None, 3), "{next}");
        }
        for next in ["\n", "hello", "}", "\"}}", "\"a"] {
            assert_eq!(rejoined(&format!("{cut}\n{next}")), (None, 2), "{next}");
        }
        for line in [OBJECT, "{", "hello", "(a) b: {\"c\":", "{\"a\":1} {\"b\":"] {
            assert!(BrokenObject::of(line).is_none(), "{line}");
        }
    }
}
