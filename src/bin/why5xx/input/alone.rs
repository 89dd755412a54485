//! A sentence of an execution log that stands alone, as people copy it: without the id or the date before it.

use std::borrow::Cow;

use why5xx::cause::{Author, Rank, Table, normalise, own_words};
use why5xx::decode::{LogEvent, Message};
use why5xx::record::Record;
use why5xx::record::execution::{self, ExecutionLine, Head, Tail, split_request_id};

use super::of_function::shows_function;
use super::prefix;
use super::sentence::begins_as_platforms;

/// Parses a line of an execution log, or a sentence of one that somebody copied without the id or the date before it.
///
/// `Execution failed due to a timeout error` → head `ExecutionFailed`, without an id
pub(super) fn execution_line<'a>(event: &LogEvent<'a>) -> Option<Record<'a>> {
    execution::parse(event).or_else(|| alone(&event.message.text()).map(Record::Execution))
}

/// Returns what shows that API Gateway wrote a line that [`execution_line`] parsed; None if another program did.
///
/// `(1f2e3d4c) Method completed with status: 502` → `ByLine`, `(worker) Method completed with status: 502` → None, `Execution failed due to a
/// timeout error` → `ByNothing`, `Execution failed due to configuration error: no Jenkinsfile` → `ReasonUnknown`
pub(super) fn shown_by(line: &ExecutionLine<'_>, event: &LogEvent<'_>, table: &Table) -> Option<ShownBy> {
    if line.delivered.is_some() {
        return Some(ShownBy::ByLine);
    }
    if let Some(id) = line.request_id.as_deref() {
        return is_id(id).then_some(ShownBy::ByLine);
    }
    if execution::parse(event).is_some() {
        return Some(ShownBy::ByLine);
    }
    Some(match line.head {
        Head::ExecutionFailed if has_unknown_reason(&format!("Execution failed{}", line.tail.text()), table) => {
            ShownBy::ReasonUnknown
        }
        Head::ExecutionFailed
        | Head::LambdaExecutionFailed
        | Head::LambdaInvocationFailed
        | Head::AuthorizerConfigurationException
        | Head::WafError
        | Head::MethodCompleted => ShownBy::ByNothing,
        _ => ShownBy::BySentence,
    })
}

/// Returns whether a sentence goes on as none of API Gateway's does: behind a configuration error with a reason that the table does not know,
/// behind another error with words.
///
/// `Execution failed due to configuration error: no Jenkinsfile`, `Execution failed due to a timeout error in step 3` → true
fn has_unknown_reason(sentence: &str, table: &Table) -> bool {
    let text = normalise(sentence);
    let (before, reason) = sentence.split_once(" error").unwrap_or_default();
    let reason = reason.trim_matches([':', ' ', '.', '"', '\'', '`']);
    if !before.ends_with("configuration") {
        return !reason.is_empty() && !begins_as_platforms(reason);
    }
    !reason.is_empty()
        && !own_words(&text).contains("authorizer")
        && table.find(Author::Gateway, &text).is_none_or(|cause| cause.rank <= Rank::Generic)
        && !begins_as_platforms(reason)
}

/// Evidence that API Gateway wrote a line of an execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShownBy {
    /// An id or a date before the sentence.
    ByLine,
    /// No other program has this sentence.
    BySentence,
    /// Nothing: another program may have such a sentence. As the whole text it may be taken for API Gateway's.
    ByNothing,
    /// Nothing, and its reason is of no known text of API Gateway.
    ReasonUnknown,
}

/// Returns whether a word in brackets may be the id of a request: hexadecimal digits in groups, signs of base64 that end in `=`, or one of which a
/// part is masked. A person may have shortened it. Programs put the name of a worker or a thread there.
///
/// `5f1c`, `L2fWfGC9IAMF2fA=`, `0c1d2e3f-****-4c6d-8e7f-90a1b2c3d4e5` → true; `worker`, `thread-1` → false
fn is_id(id: &[u8]) -> bool {
    /// A number alone is one of a process or of a list.
    const SHORTEST_BYTES: usize = 4;
    let is_hexadecimal = id.len() >= SHORTEST_BYTES
        && id.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-')
        && id.iter().any(u8::is_ascii_digit)
        && id.iter().any(|b| !b.is_ascii_digit());
    // Blanked by another letter.
    let has_groups = id.len() == 36 && [8, 13, 18, 23].iter().all(|at| id[*at] == b'-');
    is_hexadecimal || has_groups || id.ends_with(b"=") || id.contains(&b'*')
}

/// Returns an execution log without what a logger or a tool of its reader put before each line: a level, a name in brackets, a priority. A text
/// with a line that has nothing of that before its id stays as it is.
///
/// `[INFO] (1f2e3d4c) Method completed with status: 200` → `(1f2e3d4c) Method completed with status: 200`
pub(crate) fn without_levels(text: &str) -> Cow<'_, str> {
    let mut heads = text.lines().filter_map(|line| split_line(line).map(|(head, _)| head)).peekable();
    if heads.peek().is_none() || !heads.all(has_level) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| split_line(line).map_or(line, |(_, own)| own));
    Cow::Owned(lines.collect())
}

/// Splits a line before the id of a request with a sentence of an execution log behind it.
fn split_line(line: &str) -> Option<(&str, &str)> {
    /// Longest text before an id, in bytes; our own bound.
    const LONGEST_HEAD_BYTES: usize = 100;
    let start = &line[..line.floor_char_boundary(LONGEST_HEAD_BYTES)];
    let (head, own) = line.split_at(start.find('(')?);
    let (id, sentence) = split_request_id(own)?;
    let is_line = is_id(id.as_bytes()) && Head::find(sentence.trim_start().as_bytes()).is_some();
    is_line.then_some((head, own))
}

/// Returns whether a text before an id is the head of a logger: of its words one is a level, a name in brackets or a priority; words of a person
/// are beside a level only. A line of a function has the id of its invocation there.
fn has_level(head: &str) -> bool {
    let is_level = |word: &str| {
        let word = word.trim_matches(['[', ']', '<', '>', ':', '|', '-']);
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        prefix::LEVELS.iter().any(|level| value.eq_ignore_ascii_case(level)) || is_level_with_day(word)
    };
    let is_bracketed = |word: &str| {
        [('[', ']'), ('<', '>')].into_iter().any(|(open, close)| word.starts_with(open) && word.ends_with(close))
    };
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let words = || head.split_whitespace();
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(head.as_bytes()) };
    !head.contains(['{', '"'])
        && (words().any(is_level) || words().any(is_bracketed) && !words().any(is_word))
        && Head::find(head.trim_start().as_bytes()).is_none()
        && !shows_function(&event)
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

/// Returns whether a word is a level and a day, as loggers of Go in the manner of Kubernetes write them: `W0304`
fn is_level_with_day(word: &str) -> bool {
    word.len() == "W0304".len()
        && word.starts_with(['D', 'I', 'W', 'E', 'F'])
        && word.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
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
    fn the_head_of_a_logger_is_stripped_from_each_line_and_no_other_text_is() {
        const ID: &str = "(1f2e3d4c-aa01)";
        for head in [
            "[WARN] ",
            "warn: ",
            "<30>",
            "[main] INFO ",
            "web-7 ERROR | ",
            "2026-03-04T05:06:07Z [info] ",
            "level=info ",
            "severity=WARN ",
            "W0304 05:06:07.123 7 ",
        ] {
            let text =
                format!("{head}{ID} Method request body: no\nstock\n{head}{ID} Method completed with status: 200\n");
            assert_eq!(without_levels(&text), text.replace(head, ""), "{head}");
        }
        let end = format!("{ID} Method completed with status: 502");
        for text in [
            end.clone(),
            format!("INFO {end}\n{end}"),
            format!("2026-03-04T05:06:07Z {end}"),
            format!("our request {end}"),
            format!("Method request headers: [INFO] {end}"),
            "INFO (main) Method completed with status: 502".to_owned(),
            format!("[INFO]\t2026-03-04T05:06:07.891Z\t3f405162-7d8e-4f90-b1a2-c3d4e5f60718\t{end}"),
            "[INFO] all is well".to_owned(),
        ] {
            assert_eq!(without_levels(&text), text);
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

    #[test]
    fn an_id_or_a_date_shows_the_gateway_and_a_sentence_alone_does_not() {
        let shown = |text: &str| {
            let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
            match execution_line(&event) {
                Some(Record::Execution(line)) => shown_by(&line, &event, &Table::default()),
                other => panic!("{text}: {other:?}"),
            }
        };
        for (text, by) in [
            ("(1f2e3d4c) Method completed with status: 502", Some(ShownBy::ByLine)),
            ("(L2fWfGC9IAMF2fA=) Method completed with status: 502", Some(ShownBy::ByLine)),
            ("(xx389x71-xx67-442x-9073-441x13535xx1) Method completed with status: 502", Some(ShownBy::ByLine)),
            ("(worker) Method completed with status: 502", None),
            ("(thread-1) Method completed with status: 502", None),
            ("(12) Method completed with status: 502", None),
            ("(20481) Method completed with status: 502", None),
            ("(bad) Method completed with status: 502", None),
            ("Mon May 04 17:48:20 UTC 2026 : Execution failed due to an error", Some(ShownBy::ByLine)),
            ("Starting execution for request: 1f2e", Some(ShownBy::BySentence)),
            ("Execution failed due to a timeout error", Some(ShownBy::ByNothing)),
            ("Lambda execution failed with status 500", Some(ShownBy::ByNothing)),
            ("Execution failed due to configuration error:", Some(ShownBy::ByNothing)),
            ("Execution failed due to configuration error: Authorizer error", Some(ShownBy::ByNothing)),
            ("Execution failed due to configuration error: Host name 'a' does not match", Some(ShownBy::ByNothing)),
            ("Execution failed due to configuration error: no pom.xml", Some(ShownBy::ReasonUnknown)),
            ("Execution failed due to a timeout error in step 3", Some(ShownBy::ReasonUnknown)),
            ("Execution failed due to a network error: registry", Some(ShownBy::ReasonUnknown)),
        ] {
            assert_eq!(shown(text), by, "{text}");
        }
    }
}
