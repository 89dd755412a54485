//! Text as people paste it: quoted, in lists, between fences of Markdown, behind the time of a web page.

use std::borrow::Cow;

/// Marks that quotes, lists, comments and folded lines of a console put before a line.
const MARKS: &[&str] = &["> ", "// ", "# ", "* ", "- ", "\u{2022} ", "\u{25b6} ", "\u{25bc} ", "\u{25b8} "];

/// Names of months, as web pages shorten them.
const MONTHS: &[&str] = &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Most marks before a line; our own bound.
const MOST_MARKS: usize = 4;

/// The text without what is not the log's: marks before lines, fences, times that a web page shows.
pub(crate) fn unquoted(text: &str) -> Cow<'_, str> {
    if text.lines().all(|line| own_words(line) == Some(line)) {
        return Cow::Borrowed(text);
    }
    let mut own: String = text.lines().filter_map(own_words).flat_map(|line| [line, "\n"]).collect();
    if !text.ends_with('\n') {
        own.pop();
    }
    Cow::Owned(own)
}

/// What of a line is the log's; none of a fence.
fn own_words(line: &str) -> Option<&str> {
    if line.trim_start().starts_with("```") {
        return None;
    }
    let mut rest = line;
    for _ in 0..MOST_MARKS {
        let marked = rest.trim_start();
        let Some(mark) = MARKS.iter().find(|mark| marked.starts_with(**mark)) else { break };
        let behind = &marked[mark.len()..];
        // A path or a flow log's unset field is no item of a list.
        if *mark == "- " && (behind.starts_with(['/', '-']) || behind.starts_with("eni-")) {
            break;
        }
        rest = behind;
    }
    Some(without_page_time(rest).unwrap_or(rest))
}

/// Takes off `Mar 18, 03:01:28 PM: ` and the like.
fn without_page_time(line: &str) -> Option<&str> {
    let (month, rest) = line.trim_start().split_once(' ')?;
    if !MONTHS.contains(&month) {
        return None;
    }
    let (day, rest) = rest.trim_start().split_once(' ')?;
    let (clock, rest) = rest.trim_start().split_once([' ', '\t'])?;
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    if !is_number(day.trim_end_matches(',')) || clock.split(':').count() != 3 || !clock.split(':').all(is_number) {
        return None;
    }
    let rest = rest.trim_start();
    let behind = ["AM", "PM"].iter().find_map(|half| rest.strip_prefix(half)).unwrap_or(rest);
    Some(behind.trim_start_matches([':', ' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_fences_are_no_part_of_the_log() {
        let rows = [
            ("> (id) a\n> (id) b", "(id) a\n(id) b"),
            ("- (id) a", "(id) a"),
            ("// (id) a\n# (id) b", "(id) a\n(id) b"),
            ("```text\n(id) a\n```", "(id) a"),
            ("  > - a\n", "a\n"),
            ("Mar 18, 03:01:28 PM: Task timed out", "Task timed out"),
            ("Mar 18 03:01:28 Task timed out", "Task timed out"),
        ];
        for (text, own) in rows {
            assert_eq!(unquoted(text), own, "{text}");
        }
    }

    #[test]
    fn lines_of_a_log_stay_as_they_are() {
        for text in [
            "- /var/task/orders.js",
            "- eni-0a1b 10.0.0.7 -",
            "Thu May 04 17:48:21 UTC 2024 : Execution failed",
            "  indented\n\n(id) a",
            "May we",
            "",
        ] {
            assert!(matches!(unquoted(text), Cow::Borrowed(_)), "{text}");
        }
    }
}
