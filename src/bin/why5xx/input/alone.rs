//! A sentence of an execution log that stands alone, as people copy it: without the id or the date before it.

use why5xx::decode::LogEvent;
use why5xx::record::Record;
use why5xx::record::execution::{self, ExecutionLine, Head, Tail};

use super::prefix;

/// Parses a line of an execution log, or a sentence of one that somebody copied without the id or the date before it.
///
/// `Execution failed due to a timeout error` → head `ExecutionFailed`, without an id
pub(super) fn execution_line<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    execution::parse(event).or_else(|| alone(&event.message.text()).map(Record::Execution))
}

/// Parses a sentence of an execution log that stands alone: quoted, or behind a word in place of its date.
///
/// `*** : Execution failed due to a timeout error` → head `ExecutionFailed`, tail ` due to a timeout error`
fn alone(text: &str) -> Option<ExecutionLine<'static>> {
    /// Longest word in place of a date, in bytes; our own bound.
    const LONGEST_BLANKED_DATE_BYTES: usize = 24;
    let text = prefix::strip(text).message;
    let is_blanked_date =
        |word: &str| word.len() <= LONGEST_BLANKED_DATE_BYTES && !word.contains([':', '{', '"', '(', ' ']);
    let own = text.split_once(" : ").filter(|(before, _)| is_blanked_date(before)).map_or(text, |(_, behind)| behind);
    let own = own.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '-' | '>'));
    let (Some(head), length) = Head::find(own.as_bytes())? else { return None };
    let tail = &own[length..];
    is_platforms_alone(head, tail).then(|| ExecutionLine {
        request_id: None,
        delivered: None,
        head,
        tail: Tail::Text(tail.to_owned()),
    })
}

/// Returns whether only the platform writes such a sentence, with nothing before it: build tools say of a task that its
/// execution failed.
///
/// `Execution failed due to a timeout error` → true, `Execution failed for task ':app:test'.` → false
fn is_platforms_alone(head: Head, tail: &str) -> bool {
    /// `an internal server error:`
    const MOST_WORDS: usize = 5;
    let mut words = tail.split_whitespace().map(|word| word.trim_end_matches([':', '.', ',']));
    let mut is_next = |wanted: &str| words.next().is_some_and(|word| word.eq_ignore_ascii_case(wanted));
    match head {
        Head::ExecutionFailed => {
            is_next("due") && is_next("to") && words.take(MOST_WORDS).any(|word| word.eq_ignore_ascii_case("error"))
        }
        Head::MethodCompleted => words.next().is_some_and(|word| word.parse::<u16>().is_ok()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use why5xx::decode::Message;

    use super::*;

    fn head(text: &str) -> Option<Head> {
        let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
        match execution_line(&event)? {
            Record::Execution(line) => Some(line.head),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_sentence_is_read_as_people_copy_it() {
        for before in ["", "\"", "> ", "- `", "Date : ", "*** : \"", "2026-03-04T05:06:07Z ", "[05:06:07] (b6c0d1) "] {
            let text = format!("{before}Execution failed due to a timeout error");
            assert_eq!(head(&text), Some(Head::ExecutionFailed), "{text}");
            let text = format!("{before}Method completed with status: 504");
            assert_eq!(head(&text), Some(Head::MethodCompleted), "{text}");
        }
    }

    #[test]
    fn what_another_program_writes_is_no_sentence_of_an_execution_log() {
        for text in [
            "Execution failed for task ':app:test'.",
            "Execution failed due to a missing agent",
            "Execution failed",
            "Method completed with status: SUCCESS",
            "Method request path: {}",
            "my note : Execution failed due to a timeout error",
            "(5f1c Execution failed due to a timeout error",
        ] {
            for before in ["", "> ", "2026-03-04T05:06:07Z "] {
                assert_eq!(head(&format!("{before}{text}")), None, "{before}{text}");
            }
        }
    }
}
