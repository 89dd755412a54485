//! The sentences in which API Gateway wraps what a Lambda function answered.
//!
//! The text inside a frame is the function's own; everything around it is the platform's. Which cause that text names
//! is left to the table ([`Author::Function`](crate::cause::Author::Function)).

use uuid::Uuid;

/// The heads of the frames, each in the form that one kind of log uses.
const HEADS: &[&[Piece]] = &[
    // Execution logs of REST and WebSocket APIs.
    &[
        Piece::Words("Lambda execution failed with status "),
        Piece::Digits,
        Piece::Words(" due to customer function error:"),
    ],
    // Access logs of HTTP APIs.
    &[Piece::Words("The Lambda function returned the following error:")],
    // Access logs of REST APIs; no blank follows the colon.
    &[Piece::Words("Lambda Customer Function Error:")],
];

/// Texts that API Gateway adds behind the function's.
const TAILS: &[&str] = &["Lambda request id:", "Check your Lambda function code and try again"];

enum Piece {
    Words(&'static str),
    Digits,
}

/// Returns the function's own error text; None unless `text` is a sentence of API Gateway that frames one.
///
/// The request id and the time that the runtime writes before it, and what API Gateway adds behind it, are not part of
/// it. `text` starts where the sentence starts: an execution-log line comes without its `(request-id) `.
///
/// `Lambda Customer Function Error:'ORDERS_TABLE'` → `'ORDERS_TABLE'`; `Execution failed due to a timeout error` → None
pub fn function_error(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = HEADS.iter().find_map(|head| strip_head(text, head))?;
    Some(without_lead(without_tail(inner.trim_start())))
}

/// Returns the status of `Lambda invocation failed with status: {status}. …`, in normal form; None for another sentence.
///
/// `lambda invocation failed with status: 429. lambda request id: 0c1d…` → 429
pub fn invocation_status(normal: &str) -> Option<u16> {
    let rest = normal.strip_prefix("lambda invocation failed with status: ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest[..digits].parse().ok()
}

fn strip_head<'a>(text: &'a str, head: &[Piece]) -> Option<&'a str> {
    head.iter().try_fold(text, |rest, piece| match piece {
        Piece::Words(words) => strip_prefix_ignoring_case(rest, words),
        Piece::Digits => {
            let rest_of = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            (rest_of.len() < rest.len()).then_some(rest_of)
        }
    })
}

/// Cuts what API Gateway adds. It is always last, so the function cannot end its text early by quoting it.
fn without_tail(inner: &str) -> &str {
    let cut = TAILS.iter().filter_map(|tail| rfind_ignoring_case(inner, tail)).min_by_key(|at| inner.len() - at);
    let Some(at) = cut else { return inner };
    let kept = inner[..at].trim_end();
    kept.strip_suffix('.').unwrap_or(kept).trim_end()
}

/// Cuts `RequestId: {uuid} Error: ` and `{ISO time} {uuid} `, which the runtime writes before the error.
pub(super) fn without_lead(inner: &str) -> &str {
    if let Some(rest) = strip_prefix_ignoring_case(inner, "RequestId: ").and_then(strip_uuid) {
        return strip_prefix_ignoring_case(rest, "Error: ").unwrap_or(rest);
    }
    let timed = inner.split_once(' ').filter(|(time, _)| is_iso_time(time)).and_then(|(_, rest)| strip_uuid(rest));
    timed.unwrap_or(inner)
}

fn strip_uuid(text: &str) -> Option<&str> {
    let (id, rest) = text.split_once(' ')?;
    is_uuid(id).then_some(rest.trim_start())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_iso_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[10] == b'T'
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && text.ends_with('Z')
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn rfind_ignoring_case(text: &str, words: &str) -> Option<usize> {
    let last = text.len().checked_sub(words.len())?;
    (0..=last).rev().find(|&at| text.as_bytes()[at..at + words.len()].eq_ignore_ascii_case(words.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";

    #[test]
    fn each_frame_gives_the_function_s_own_text() {
        let cases = [
            ("execution log", format!("Lambda execution failed with status 200 due to customer function error: no such order. Lambda request id: {ID}"), "no such order"),
            ("execution log, cut off", "Lambda execution failed with status 200 due to customer function error: no such".to_owned(), "no such"),
            ("HTTP access log", "The Lambda function returned the following error: no such order. Check your Lambda function code and try again.".to_owned(), "no such order"),
            ("HTTP access log, blank before the full stop", "The Lambda function returned the following error: no such order . Check your Lambda function code and try again.".to_owned(), "no such order"),
            ("REST access log", "Lambda Customer Function Error:'ORDERS_TABLE'".to_owned(), "'ORDERS_TABLE'"),
            ("other case", "the lambda function returned the following error: Boom".to_owned(), "Boom"),
            ("empty", "Lambda Customer Function Error:".to_owned(), ""),
        ];
        for (name, text, inner) in cases {
            assert_eq!(function_error(&text), Some(inner), "{name}");
        }
    }

    #[test]
    fn what_the_runtime_writes_before_the_error_is_cut() {
        let cases = [
            (format!("RequestId: {ID} Error: Task timed out after 5.00 seconds"), "Task timed out after 5.00 seconds"),
            (
                format!("RequestId: {ID} Process exited before completing request"),
                "Process exited before completing request",
            ),
            (
                format!("2024-05-04T17:48:21.117Z {ID} Task timed out after 3.01 seconds"),
                "Task timed out after 3.01 seconds",
            ),
            ("RequestId: none Error: x".to_owned(), "RequestId: none Error: x"),
            ("Error: Cannot find module 'pg'".to_owned(), "Error: Cannot find module 'pg'"),
        ];
        for (lead, inner) in cases {
            let text = format!("Lambda Customer Function Error:{lead}");
            assert_eq!(function_error(&text), Some(inner), "{lead}");
        }
    }

    #[test]
    fn a_quoted_tail_does_not_end_the_text() {
        let text = "The Lambda function returned the following error: Check your Lambda function code and try again, he said. Check your Lambda function code and try again.";
        assert_eq!(function_error(text), Some("Check your Lambda function code and try again, he said"));
    }

    #[test]
    fn a_sentence_without_a_frame_has_no_function_error() {
        for text in [
            "Execution failed due to a timeout error",
            "Lambda execution failed with status due to customer function error: x",
            "He wrote: Lambda Customer Function Error:x",
            "",
            "é",
        ] {
            assert_eq!(function_error(text), None, "{text}");
        }
    }
}
