//! Names the cause of an error that the log of a function shows: its type first, then the head of its message.
//!
//! The rest of a message may quote anybody: a ticket, a search term, the answer of another function. So quoted text never
//! names a cause, a word alone does not, and a sentence of a library counts only whole, at the head or behind `: `.

use std::borrow::Cow;

use super::error_code::{self, Code};
use crate::cause::{Author, Cause, Codes, Role, Table, normalise, spaced, words_of_type};

/// Types that are errors of the program itself. Their messages name no part that the function called.
const OF_PROGRAM: &[&str] = &[
    "argument error",
    "argument exception",
    "argument null exception",
    "argument out of range exception",
    "arithmetic exception",
    "array index out of bounds exception",
    "assertion error",
    "attribute error",
    "bounds error",
    "class cast exception",
    "constraint violation exception",
    "divide by zero exception",
    "format exception",
    "illegal argument exception",
    "index error",
    "index out of bounds exception",
    "index out of range exception",
    "invalid argument exception",
    "invalid cast exception",
    "json decode error",
    "json exception",
    "json parse exception",
    "key error",
    "key not found exception",
    "lookup error",
    "name error",
    "no method error",
    "no such element exception",
    "not implemented error",
    "null pointer exception",
    "null reference exception",
    "number format exception",
    "overflow error",
    "parser error",
    "range error",
    "recursion error",
    "reference error",
    "stop iteration",
    "string index out of bounds exception",
    "syntax error",
    "type error",
    "unbound local error",
    "unicode decode error",
    "unicode encode error",
    "uri error",
    "validation error",
    "validation exception",
    "value error",
    "zero division error",
    "zod error",
];

/// Most sentences of a message that are compared.
const MOST_SENTENCES: usize = 32;

/// Longest part of a sentence that is compared, in bytes: no pattern needs more.
const SENTENCE_BYTES: usize = 512;

/// Returns the cause that an error names; None if it names none. `details` are its codes, statuses and the errors behind
/// it, each as `code` or `type: message`.
///
/// `ConnectTimeoutError`, `…` → `lambda_dependency_unreachable`; `KeyError`, `'access denied'` → None
pub fn cause_of_error<'d>(
    table: &Table,
    error_type: &str,
    message: &str,
    details: impl Iterator<Item = &'d str> + Clone,
) -> Option<&'static Cause> {
    let mut whole = if error_type.is_empty() { message.to_owned() } else { format!("{error_type}: {message}") };
    for detail in details.clone() {
        whole.push(' ');
        whole.push_str(detail);
    }
    // The owner's rules see all of the text, as the reference of rules says.
    let own_rule = find(table, Author::FunctionLog, &normalise(&whole)).filter(|cause| cause.is_own_rule());
    if let Some(cause) = own_rule.filter(|cause| is_before_built_in(table, cause)) {
        return Some(cause);
    }
    let found = answer_of(table, error_type, message, details);
    found.or(own_rule).filter(|cause| !matches!(cause.role, Some(Role::FunctionTimedOut | Role::ProcessExited)))
}

/// Returns the cause of a type, of codes and errors behind it, or of a message, in this order.
fn answer_of<'d>(
    table: &Table,
    error_type: &str,
    message: &str,
    details: impl Iterator<Item = &'d str> + Clone,
) -> Option<&'static Cause> {
    let name = name_of(error_type);
    let of_type = of_name(table, &name);
    if of_type.is_some() && !is_of_connection(&name) {
        return of_type;
    }
    let is_status = |detail: &&str| detail.starts_with("status code: ");
    let behind = details.clone().filter(|detail| !is_status(detail)).find_map(|detail| of_detail(table, detail));
    if behind.is_some() {
        return behind;
    }
    let said = of_message(table, &name, message);
    if let Some(by_status) = details.filter(is_status).find_map(|detail| of_detail(table, detail)) {
        // Some services throttle with a 403, and say so.
        let too_many = table.find_code(Codes::Http, "429");
        return said.cause().filter(|cause| too_many.is_some_and(|t| std::ptr::eq(*cause, t))).or(Some(by_status));
    }
    match said {
        Said::Cause(cause) => Some(cause),
        Said::Answered => None,
        Said::Nothing => of_type,
    }
}

/// Returns the cause that the type of an error names, in a report of the platform or of the runtime.
///
/// `Extension.Crash` → `lambda_init_failure`
pub fn cause_of_type(table: &Table, error_type: &str) -> Option<&'static Cause> {
    let own_rule = || find(table, Author::FunctionLog, &normalise(error_type)).filter(|cause| cause.is_own_rule());
    find(table, Author::ErrorType, &name_of(error_type)).or_else(own_rule)
}

/// Returns whether a type says only that a connection failed, and leaves it to the error to say why.
///
/// `redis.exceptions.ConnectionError` → true; `KeyError` → false
pub fn leaves_reason_open(error_type: &str) -> bool {
    is_of_connection(&name_of(error_type))
}

fn is_before_built_in(table: &Table, cause: &'static Cause) -> bool {
    table.iter().find(|one| std::ptr::eq(*one, cause) || !one.is_own_rule()).is_some_and(|one| std::ptr::eq(one, cause))
}

fn find(table: &Table, author: Author, text: &str) -> Option<&'static Cause> {
    if text.is_empty() { None } else { table.find(author, text) }
}

/// Returns the name of a type in the form of the patterns, without Ruby's frame: `Function<Errno::EPIPE>` →
/// `errno.epipe`, `Init<LoadError>` → `runtime.init`
fn name_of(error_type: &str) -> String {
    if error_type.starts_with("Init<") {
        return "runtime.init".to_owned();
    }
    let name = error_type.strip_prefix("Function<").and_then(|name| name.strip_suffix('>')).unwrap_or(error_type);
    words_of_type(name)
}

/// Returns the cause that the name of a type names.
fn of_name(table: &Table, name: &str) -> Option<&'static Cause> {
    find(table, Author::ErrorType, name).filter(|_| !is_of_program(name))
}

fn is_of_program(name: &str) -> bool {
    OF_PROGRAM.contains(&last_part(name))
}

/// Returns whether a type says only that a connection failed. Then the codes and the message say why: the other side may
/// have refused the password.
fn is_of_connection(name: &str) -> bool {
    const ENDS: &[&str] =
        &["connection error", "connect error", "connection bad", "connection exception", "max retry error"];
    ENDS.iter().any(|end| last_part(name).ends_with(end))
}

/// Returns a type without its namespaces.
///
/// `com.amazonaws.sdk client exception` → `sdk client exception`
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// Meaning of a message.
#[derive(Debug, Clone, Copy)]
enum Said {
    /// It names a cause.
    Cause(&'static Cause),
    /// The other side answered with a code that names none.
    Answered,
    Nothing,
}

impl Said {
    fn cause(self) -> Option<&'static Cause> {
        if let Self::Cause(cause) = self { Some(cause) } else { None }
    }

    fn new(cause: Option<&'static Cause>) -> Self {
        cause.map_or(Self::Nothing, Self::Cause)
    }
}

/// Returns what the message of an error says.
fn of_message(table: &Table, name: &str, message: &str) -> Said {
    let of_head = || find(table, Author::FunctionLog, &normalise(message)).filter(|cause| !cause.is_own_rule());
    if is_of_program(name) {
        // undici's fetch, whose reason is not always logged.
        let is_fetch = last_part(name) == "type error" && normalise(message) == "fetch failed";
        return Said::new(if is_fetch { find(table, Author::Library, "fetch failed") } else { of_head() });
    }
    if let Some(cause) = of_head() {
        return Said::Cause(cause);
    }
    if let Some((inner, rest)) = inner_error(message) {
        let inner = name_of(inner);
        return of_name(table, &inner).map_or_else(|| of_message_in(table, &inner, rest), Said::Cause);
    }
    of_message_in(table, name, message)
}

/// Splits a message that begins with the class of another error: SQLAlchemy's `(pymysql.err.OperationalError) (2003, …)`,
/// `PG::ConnectionBad: …`, Java's `java.net.ConnectException: …`
fn inner_error(message: &str) -> Option<(&str, &str)> {
    let is_class = |name: &str| {
        let is_of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'$' | b'_' | b'\\');
        let last = name.rsplit(['.', ':', '$', '\\']).next().unwrap_or_default();
        last.len() < name.len() && last.starts_with(|c: char| c.is_ascii_uppercase()) && name.bytes().all(is_of_name)
    };
    if let Some((name, rest)) = message.strip_prefix('(').and_then(|rest| rest.split_once(") ")) {
        // The statement behind the error is the function's own.
        let rest = rest.split_once("\n[SQL: ").map_or(rest, |(rest, _)| rest);
        return is_class(name).then_some((name, rest));
    }
    message.split_once(": ").filter(|(name, _)| is_class(name))
}

/// Returns what the text of a message says: first a code, then the sentences of libraries.
fn of_message_in(table: &Table, name: &str, message: &str) -> Said {
    let sentences = Sentences::new(message);
    let of_code = |code| match code {
        Code::Listed(codes, code) => table.find_code(codes, &code),
        Code::Type(code) => find(table, Author::ErrorType, &words_of_type(&code)),
    };
    if let Some(code) = error_code::of_quoting_message(name, message) {
        return of_code(code).map_or(Said::Answered, Said::Cause);
    }
    let code = sentences.iter().find_map(|(text, lower)| error_code::of_sentence(name, text, lower));
    let Some(code) = code else { return Said::new(of_library(table, sentences.iter())) };
    // Behind a code stands the other side's own text, so only the head counts.
    let of_head = of_library(table, sentences.iter().take(1));
    let first = of_code(code).into_iter().chain(of_head).min_by_key(|cause| table.index_of(cause));
    first.map_or(Said::Answered, Said::Cause)
}

/// Returns the cause of a code, of a status, or of an error behind the error.
fn of_detail(table: &Table, detail: &str) -> Option<&'static Cause> {
    let (name, message) = detail.split_once(": ").unwrap_or((detail, ""));
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    if !is_name {
        return of_message_in(table, "", detail).cause();
    }
    let name = name_of(name);
    let of_type = of_name(table, &name);
    if of_type.is_some() && !is_of_connection(&name) {
        return of_type;
    }
    match of_message(table, &name, message) {
        Said::Cause(cause) => Some(cause),
        Said::Answered => None,
        Said::Nothing => of_type.or_else(|| of_detail_code(table, detail)),
    }
}

/// Returns the cause of a code that stands alone: `ORA-12541`, `57P01`
fn of_detail_code(table: &Table, code: &str) -> Option<&'static Cause> {
    let code = code.to_ascii_lowercase();
    let codes = [Codes::Sqlstate, Codes::Oracle].into_iter().filter(|codes| *codes == Codes::Oracle || code.len() == 5);
    codes.filter_map(|codes| table.find_code(codes, &code)).next()
}

/// Returns the cause that a sentence of a library names; of several the first in the table.
fn of_library<'t>(table: &Table, sentences: impl Iterator<Item = (&'t str, &'t str)>) -> Option<&'static Cause> {
    let found = sentences.filter_map(|(_, sentence)| find(table, Author::Library, &with_one_verb(sentence)));
    found.min_by_key(|cause| table.index_of(cause))
}

/// Replaces the words with which libraries begin the sentence on a failed connection: `unable to connect to db:5432` →
/// `cannot connect to db:5432`
fn with_one_verb(sentence: &str) -> Cow<'_, str> {
    const VERBS: &[&str] = &[
        "could not connect to ",
        "couldn't connect to ",
        "can't connect to ",
        "unable to connect to ",
        "failed to connect to ",
        "failed connecting to ",
        "error connecting to ",
    ];
    let target = VERBS.iter().find_map(|verb| sentence.strip_prefix(verb));
    target.map_or(Cow::Borrowed(sentence), |target| Cow::Owned(format!("cannot connect to {target}")))
}

/// The text of a message in the form of the patterns, and the sentences in it.
struct Sentences {
    text: String,
    lower: String,
}

impl Sentences {
    fn new(message: &str) -> Self {
        let text = spaced(&without_quotes(&without_guzzle_body(message)));
        Self { lower: text.to_ascii_lowercase(), text }
    }

    /// Returns the sentences, as they are and in lower case; each to the end of the text.
    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let starts = [0].into_iter().chain(sentence_starts(&self.lower)).take(MOST_SENTENCES);
        starts.map(|at| {
            let end = self.lower[at..].floor_char_boundary(SENTENCE_BYTES);
            (&self.text[at..at + end], &self.lower[at..at + end])
        })
    }
}

/// Returns where sentences begin: behind `: `, behind `; `, which stands for a line end, and behind `> `.
fn sentence_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices([':', ';', '>'])
        .map(|(at, _)| at + 1)
        .filter_map(|at| text[at..].starts_with(' ').then_some(at + 1))
}

/// Removes the answer that Guzzle, PHP's client, quotes without quotes, up to the sentence of the AWS SDK behind it, and
/// shows its status, which Guzzle quotes.
///
/// ``Client error: `GET /` resulted in a `403 Forbidden` response:\nno entry`` → ``Client error: `GET /` resulted in a 403 Forbidden
/// response``
fn without_guzzle_body(message: &str) -> Cow<'_, str> {
    const STATUS: &str = " resulted in a `";
    const RESPONSE: &str = "` response:";
    let Some((head, rest)) = message.split_once(STATUS) else { return Cow::Borrowed(message) };
    let Some((status, body)) = rest.split_once(RESPONSE) else { return Cow::Borrowed(message) };
    let sdk = [" (client): ", " (server): "].iter().find_map(|words| body.find(words));
    let sentence = sdk.map_or("", |at| &body[body[..at].rfind('\n').map_or(at, |line| line + 1)..]);
    Cow::Owned(format!("{head} resulted in a {status} response\n{}", sentence.trim_start()))
}

/// Replaces quoted text (`'…'`, `"…"`, `` `…` ``, `{…}`) by `~`, and line ends by `; `.
///
/// `unknown reason "connection refused"` → `unknown reason ~`
fn without_quotes(message: &str) -> Cow<'_, str> {
    if !message.contains(['\'', '"', '`', '{', '\n', '\r']) {
        return Cow::Borrowed(message);
    }
    let mut text = String::with_capacity(message.len());
    let mut chars = message.char_indices().peekable();
    let mut before = ' ';
    // Whether a quote that is not closed was seen: then no later one is.
    let mut is_open = false;
    while let Some((at, c)) = chars.next() {
        let end = match c {
            '"' | '`' => Some(message[at + 1..].find(c).map(|end| at + 1 + end)),
            // An apostrophe within a word is not a quote.
            '\'' if !before.is_alphanumeric() && !is_open => {
                let end = end_of_single_quotes(message, at);
                is_open = end.is_none();
                end.map(Some)
            }
            '{' => Some(end_of_braces(message, at)),
            _ => None,
        };
        before = c;
        match end {
            Some(end) => {
                text.push('~');
                let end = end.unwrap_or(message.len());
                while chars.next_if(|(at, _)| *at <= end).is_some() {}
            }
            None if matches!(c, '\n' | '\r') => text.push_str("; "),
            None => text.push(c),
        }
    }
    Cow::Owned(text)
}

/// Returns the place of the quote that ends a word; None without one.
fn end_of_single_quotes(message: &str, start: usize) -> Option<usize> {
    let behind = &message[start + 1..];
    let mut quotes = behind.match_indices('\'').map(|(at, _)| at);
    quotes.find(|at| !behind[at + 1..].starts_with(char::is_alphanumeric)).map(|at| start + 1 + at)
}

/// Returns the place where an object ends; None if it does not.
fn end_of_braces(message: &str, start: usize) -> Option<usize> {
    /// Guzzle, PHP's client, cuts an answer that it quotes.
    const CUT: &str = "(truncated...)";
    let mut depth = 0_usize;
    let end = message[start..]
        .bytes()
        .position(|b| {
            match b {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
        .or_else(|| message[start..].find(CUT).map(|at| at + CUT.len() - 1));
    end.map(|end| start + end)
}

#[cfg(test)]
mod tests;
