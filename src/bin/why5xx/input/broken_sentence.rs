//! A failure of API Gateway's whose sentence something broke over several lines, at any place: the lines are put together again
//! if the sentence has a cause, or another one, only then.
//!
//! Both ways are tried: with a blank, as where a mail broke it between words, and without, as where a terminal cut a word. What was
//! typed cannot be seen any more, so nothing but the sentences that are known decides.

use std::sync::LazyLock;

use why5xx::cause::{Cause, Rank, Role, Table, built_in};
use why5xx::classify::frame::function_error;
use why5xx::record::execution::{Head, is_request_id, split_request_id};

use super::pieces::{self, Rejoined};
use super::terminal::ends_with_cut_sign;
use super::wrap::begins;
use super::{prefix, sentence};

/// Widest line that is a piece of one, in bytes; our own bound. A terminal of 250 columns is rare.
const LONGEST_PIECE_BYTES: usize = 500;

/// Most pieces of one sentence; our own bound.
const MOST_PIECES: usize = 12;

/// Lines that may be the pieces of one failure.
#[derive(Debug)]
pub(super) struct BrokenSentence {
    lines: Vec<String>,
}

/// Meaning of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Nothing that is known.
    None,
    /// That a request failed, or a function did.
    Failure,
    /// Why.
    Cause(&'static str),
}

impl Meaning {
    /// Returns where its cause stands in the order of precedence; behind all of them without one.
    fn precedence(self) -> usize {
        let is_own = |cause: &Cause| self == Self::Cause(cause.id);
        built_in().position(is_own).unwrap_or(usize::MAX)
    }

    fn says_more_than(self, other: Self) -> bool {
        let weight = |meaning| match meaning {
            Self::None => 0,
            Self::Failure => 1,
            Self::Cause(_) => 2,
        };
        weight(self) > weight(other)
    }
}

/// A line, what it says, and how many of the known sentences begin in it.
struct JoinedLine {
    line: String,
    meaning: Meaning,
    heads: usize,
    /// Nothing but what it says shows that it was one.
    is_guessed: bool,
}

impl JoinedLine {
    fn of(line: String) -> Self {
        Self { meaning: meaning(&line), heads: sentence::heads_within(&line), is_guessed: false, line }
    }

    fn says_more_than(&self, other: &Self) -> bool {
        self.meaning.says_more_than(other.meaning) || self.meaning == other.meaning && self.heads > other.heads
    }
}

impl BrokenSentence {
    /// Of a line that begins as a failure does, as far as it goes; None for any other line.
    pub(super) fn of(line: &str) -> Option<Self> {
        if line.len() > LONGEST_PIECE_BYTES || line.starts_with(['{', '<']) {
            return None;
        }
        let own = own(line);
        let has_head = own.len() < line.len();
        let is_start = match own.strip_prefix('(') {
            // Cut within the id, or behind it.
            Some(id) if has_head => {
                id.trim_end().strip_suffix(')').unwrap_or(id).bytes().all(|byte| is_request_id(&[byte]))
            }
            _ => sentence::may_be_head(own, has_head),
        };
        is_start.then(|| Self { lines: vec![line.to_owned()] })
    }

    /// Adds the next line if it may be the next piece. Gives it back otherwise.
    pub(super) fn add(&mut self, line: String) -> Option<String> {
        let so_far = self.lines.join(" ");
        // Behind a colon, a page has a paragraph of its own.
        let is_between = line.trim().is_empty() && so_far.ends_with(':');
        let is_piece = (is_between || !line.trim().is_empty())
            && line.len() <= LONGEST_PIECE_BYTES
            && self.lines.len() < MOST_PIECES
            && (is_between || may_follow(&so_far, unmarked(&line)));
        if is_piece {
            self.lines.push(line);
            return None;
        }
        Some(line)
    }

    /// Returns the lines, of which the first are one if that says more.
    pub(super) fn end(self) -> (Option<Rejoined>, Vec<String>) {
        let mut last = JoinedLine::of(self.lines[0].clone());
        let mut best: Option<Rejoined> = None;
        for pieces in 2..=self.lines.len() {
            let Some(candidate) = joined(&self.lines[..pieces]) else { break };
            // Of two causes, the one of the longer text.
            let says_other = matches!(candidate.meaning, Meaning::Cause(_)) && candidate.meaning != last.meaning;
            // Its end says no more.
            let is_end = !candidate.is_guessed && best.as_ref().is_some_and(|best| best.pieces + 1 == pieces);
            if says_other || is_end || candidate.says_more_than(&last) {
                best = Some(Rejoined { line: candidate.line.clone(), pieces });
                last = candidate;
            }
        }
        let taken = best.as_ref().map_or(0, |best| best.pieces);
        (best, self.lines.into_iter().skip(taken).collect())
    }
}

/// Returns whether a line may go on with a sentence: it is no other one, and begins neither with a time nor with an id. Those of
/// Lambda's own line stand within the sentence that quotes it.
fn may_follow(so_far: &str, line: &str) -> bool {
    const QUOTES_LAMBDA: &str = "function error:";
    // `method response` may stand in the middle of one.
    let is_line = |text: &str| text.starts_with(char::is_uppercase) && sentence::is_platforms_line(text);
    let own_so_far = own(so_far);
    // The one sentence that is a line of its own and a reason.
    if so_far.trim_end().ends_with(':') && matches!(Head::find(line.as_bytes()), Some((Some(Head::WafError), _))) {
        return true;
    }
    // Cut behind the id.
    if (own_so_far.is_empty() || own_so_far.starts_with('(')) && !begins(line) {
        return true;
    }
    if line.starts_with(['{', '[']) || is_line(own(line)) && !line.trim_start().starts_with("Lambda request id") {
        return false;
    }
    if so_far.trim_end().ends_with(':') {
        return !prefix::strip(line).message.starts_with('(');
    }
    let behind = so_far.split_once(QUOTES_LAMBDA).map(|(_, behind)| behind.trim());
    let is_of_lambda =
        behind.is_some_and(|behind| behind.bytes().all(|b| b.is_ascii_digit() || b"-:.TZ ".contains(&b)));
    !sentence::begins_as_platforms(line) && (is_of_lambda || !begins(line))
}

/// Returns pieces as one line; None if nothing breaks a line so.
fn joined(pieces: &[String]) -> Option<JoinedLine> {
    let texts: Vec<&str> = pieces.iter().map(|piece| unmarked(piece)).collect();
    // Of equals the first. That several lines are of just one length is no chance.
    let mut ways = [of_parts(&texts, pieces::of_mail), pieces::of_terminal(&texts)];
    if texts.len() > 2 {
        ways.reverse();
    }
    let ways = ways.into_iter().chain([of_parts(&texts, pieces::of_terminal)]).flatten().map(JoinedLine::of);
    // Behind the colon, a person breaks a reason anywhere.
    let is_behind_colon = texts[..texts.len() - 1].iter().any(|piece| piece.trim_end().ends_with(':'));
    let of_person = of_parts(&texts, |part| Some(part.iter().map(|piece| piece.trim()).collect::<Vec<_>>().join(" ")));
    let of_person = of_person.filter(|_| is_behind_colon).map(JoinedLine::of);
    let of_person = of_person.map(|line| JoinedLine { is_guessed: true, ..line });
    // Of two causes, the more special one: a word that was put together wrong hides what it says.
    let is_better = |second: &JoinedLine, first: &JoinedLine| {
        second.says_more_than(first) || second.meaning.precedence() < first.meaning.precedence()
    };
    ways.chain(of_person).reduce(|first, second| if is_better(&second, &first) { second } else { first })
}

/// Returns pieces as one line that somebody broke behind its colons, too: how wide the lines before one are says nothing of those
/// behind it, where a reason stands.
fn of_parts(pieces: &[&str], of_part: impl Fn(&[&str]) -> Option<String>) -> Option<String> {
    let parts = pieces.split_inclusive(|piece| piece.trim_end().ends_with(':'));
    // The line behind a colon may be blank.
    let parts = parts.map(|part| if part[0].trim().is_empty() { &part[1..] } else { part });
    let whole = |part: &[&str]| if let [only] = part { Some(only.trim().to_owned()) } else { of_part(part) };
    let parts: Option<Vec<String>> = parts.filter(|part| !part.is_empty()).map(whole).collect();
    parts.map(|parts| parts.join(" "))
}

/// Returns whether a line is a failure of API Gateway's without its end: a pager put its sign there, or what there is of the reason is
/// the beginning of a known one.
///
/// `(id) Execution failed due to configuration error: Malfor` → true
pub(super) fn is_cut(line: &str) -> bool {
    let line = line.trim_end();
    let has_sign = ends_with_cut_sign(line);
    let reason = reason(line);
    if (!has_sign && reason.is_none()) || !is_request_line(line) || meaning(line) != Meaning::Failure {
        return false;
    }
    let known =
        || built_in().flat_map(Cause::examples).flat_map(|example| example.lines).filter_map(|line| self::reason(line));
    has_sign
        || reason.is_some_and(|reason| known().any(|known| known.len() > reason.len() && known.starts_with(reason)))
}

/// Returns the reason of a failure, if enough of it is there.
fn reason(line: &str) -> Option<&str> {
    const HEAD: &str = "configuration error:";
    const FEWEST_BYTES: usize = 4;
    line.split_once(HEAD).map(|(_, reason)| reason.trim()).filter(|reason| reason.len() >= FEWEST_BYTES)
}

/// Returns whether a line is one of API Gateway's about a request, by its id.
fn is_request_line(line: &str) -> bool {
    split_request_id(prefix::strip(line).message).is_some()
}

/// Returns what a line says as a failure of API Gateway's.
fn meaning(line: &str) -> Meaning {
    static TABLE: LazyLock<Table> = LazyLock::new(Table::default);
    let own = own(unmarked(line));
    if let Some((Some(head), length)) = Head::find(own.as_bytes())
        && head == Head::MethodCompleted
    {
        let status = own[length..].trim();
        return if status.len() == 3 && status.parse::<u16>().is_ok() { Meaning::Cause("") } else { Meaning::None };
    }
    match sentence::named(own, &TABLE) {
        None => Meaning::None,
        Some(cause) if cause.is(Role::Unclassified) => Meaning::None,
        // Put together wrong, it is no sentence of a function's error.
        Some(_) if own.starts_with("Lambda execution failed") && function_error(own).is_none() => Meaning::Failure,
        Some(cause) if cause.is(Role::FunctionFailed) || cause.rank <= Rank::Generic => Meaning::Failure,
        Some(cause) => Meaning::Cause(cause.id),
    }
}

/// Strips the mark of a quote and the blanks before a line.
fn unmarked(line: &str) -> &str {
    line.strip_prefix("> ").unwrap_or(line)
}

/// Strips the time of a tool, the date of the console and the id of the request before a sentence.
fn own(line: &str) -> &str {
    let line = unmarked(line).trim_start();
    let message = prefix::strip(line).message;
    let is_date = |text: &str| text.len() <= "Mon May 04 12:00:07 UTC 2026".len() && text.contains(" UTC 2");
    let message = message.split_once(" : ").filter(|(date, _)| is_date(date)).map_or(message, |(_, behind)| behind);
    split_request_id(message).map_or(message, |(_, behind)| behind.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what the first line again says, and how many lines are left.
    fn rejoined(text: &str) -> (Meaning, usize) {
        let mut lines = text.lines().map(str::to_owned);
        let mut broken = BrokenSentence::of(&lines.next().unwrap_or_default()).expect("the start of a failure");
        let mut rest = 0;
        for line in lines {
            rest += usize::from(rest > 0 || broken.add(line).is_some());
        }
        let (whole, left) = broken.end();
        (whole.map_or(Meaning::None, |whole| meaning(&whole.line)), left.len() + rest)
    }

    #[test]
    fn a_sentence_is_whole_again_wherever_it_was_broken() {
        for whole in [
            "(6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Execution failed due to configuration error: There was an internal error while executing your request",
            "2026-05-04T12:00:07.123Z (6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Execution failed due to configuration error: Invalid permissions on Lambda function",
            "Mon May 04 12:00:07 UTC 2026 : Execution failed due to configuration error: Output mapping refers to an invalid method response: 418",
            "Lambda execution failed with status 200 due to customer function error: 2026-05-04T12:00:07.123Z 1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f Task timed out after 6.00 seconds. Lambda request id: 2d3e4f5a-6b7c-4d8e-9f0a-1b2c3d4e5f60",
            "(6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Lambda execution failed with status 200 due to customer function error: Unable to import module 'cart': No module named 'yaml'. Lambda request id: 2d3e4f5a-6b7c-4d8e-9f0a-1b2c3d4e5f60",
        ] {
            assert!(matches!(meaning(whole), Meaning::Cause(_)), "{whole}");
            // What stands behind the words that decide may stay a line.
            let is_whole = |text: &str| {
                let is_known = text.lines().next().is_some_and(|first| meaning(first) == meaning(whole));
                assert!(is_known || rejoined(text) == (meaning(whole), 0), "{text}: {:?}", rejoined(text));
            };
            for column in 64..whole.len().min(120) {
                let cut: Vec<_> = whole.as_bytes().chunks(column).map(|part| str::from_utf8(part).unwrap()).collect();
                is_whole(&cut.join("\n"));
                let words = pieces::between_words(whole, column);
                for between in ["\n", "\n    ", "\n> "] {
                    let text = words.replace('\n', between);
                    let text = if between.contains('>') { format!("> {text}") } else { text };
                    is_whole(&text);
                }
            }
        }
    }

    #[test]
    fn a_reason_behind_the_colon_or_a_word_wider_than_the_column_belongs_to_the_sentence() {
        for reason in [
            "Host name 'orders.internal.example.com' does not match the certificate subject provided by the peer (CN=*.example.org)",
            "There was an internal error while executing your request",
            "API Gateway does not have permission to assume the provided role",
            "There was an error evaluating the AWS WAF rules associated with this API",
        ] {
            let head = "(6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Execution failed due to configuration error:";
            let whole = meaning(&format!("{head} {reason}"));
            for text in [
                format!("{head}\n{reason}"),
                format!("{head}\n\n{reason}"),
                format!("{}\n{reason}", head.split_once(' ').unwrap().1),
            ] {
                assert_eq!(rejoined(&text), (whole, 0), "{text}");
            }
        }
        // At just this width, the words may have been cut or not.
        let at_80 = "Mon May 04 17:48:00 UTC 2026 : Execution failed due to configuration error: PKIX\n\
                     path validation failed: java.security.cert.CertPathValidatorException: timestamp\ncheck failed";
        assert_eq!(rejoined(at_80), (Meaning::Cause("tls_certificate_expired"), 0));
        let of_function = "(6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Lambda execution failed with status 200 due to\n\
                           customer function error: Response payload size exceeded maximum allowed payload size\n\
                           (6291556 bytes).. Lambda request id: 5b6e2f3a-1111-4222-8333-444455556666";
        assert_eq!(rejoined(of_function), (Meaning::Cause("payload_too_large"), 0));
        // By the longer text it is another cause.
        let expired = "Execution failed due to\nconfiguration error: PKIX path\nvalidation failed:\n\
                       java.security.cert.CertPathValidatorException:\nvalidity check failed";
        assert_eq!(rejoined(expired), (Meaning::Cause("tls_certificate_expired"), 0));
    }

    #[test]
    fn a_reason_that_is_broken_again_below_its_head_belongs_to_the_sentence() {
        for (head, reason) in [
            (
                "(6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Execution failed due to configuration error:",
                "Integration response of reported length 11534336 is larger than allowed maximum of 10485760 bytes.",
            ),
            (
                "2026-05-04T12:00:07.123Z (6b1f0c2d-3e4f-4a5b-8c6d-7e8f90a1b2c3) Execution failed due to configuration error:",
                "Invalid permissions on Lambda function",
            ),
            (
                "Mon May 04 12:00:07 UTC 2026 : Execution failed due to configuration error:",
                "API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/orders",
            ),
            (
                "Execution failed due to configuration error:",
                "Host name 'orders.internal.example.com' does not match the certificate subject provided by the peer (CN=*.example.org)",
            ),
            ("Execution failed due to configuration error:", "Malformed Lambda proxy response"),
        ] {
            let whole = meaning(&format!("{head} {reason}"));
            assert!(matches!(whole, Meaning::Cause(_)), "{reason}");
            for column in 20..=100 {
                let cut: Vec<_> = reason.as_bytes().chunks(column).map(|part| str::from_utf8(part).unwrap()).collect();
                let head_in_words = pieces::between_words(head, column.max(64));
                for (head, reason) in [
                    (head, cut.join("\n")),
                    (head, pieces::between_words(reason, column)),
                    (head_in_words.as_str(), pieces::between_words(reason, column.max(64))),
                ] {
                    let text = format!("{head}\n{reason}");
                    for text in [text.clone(), format!("> {}", text.replace('\n', "\n> "))] {
                        assert_eq!(rejoined(&text), (whole, 0), "{column}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn behind_the_colon_a_person_breaks_a_reason_anywhere() {
        let head = "(6b1f0c2d-3e4f) Execution failed due to configuration error:";
        for (reason, others) in [
            ("Invalid\npermissions on Lambda function", 0),
            ("There was\nan internal error while\nexecuting your request", 0),
            ("Invalid\npermissions on Lambda function\nlooking into it since noon, with all of us", 1),
        ] {
            let (meaning, left) = rejoined(&format!("{head}\n{reason}"));
            assert!(matches!(meaning, Meaning::Cause(_)) && left == others, "{reason}: {meaning:?} {left}");
        }
    }

    #[test]
    fn what_is_no_piece_of_a_sentence_stays_a_line() {
        for text in [
            "(6b1f0c2d) Execution failed due to configuration error:\n(6b1f0c2d) Method completed with status: 500",
            "2026-05-04T12:00:07.123Z (6b1f0c2d)\n(6b1f0c2d) Execution failed due to a timeout error",
            "(6b1f0c2d) Execution failed due to a timeout error\nInvalid permissions on Lambda function",
            "(6b1f0c2d) Execution failed due to configuration error: Malformed Lambda proxy response\nlooking into it",
            "Execution failed due to a timeout error\n{\"status\":\"200\"}",
        ] {
            assert_eq!(rejoined(text), (Meaning::None, 2), "{text}");
        }
        for line in ["", "{", "all is well", "GET /orders 200", "(6b1f0c2d) Method request path: {}", "Exec", "(a"] {
            assert!(BrokenSentence::of(line).is_none(), "{line}");
        }
    }
}
