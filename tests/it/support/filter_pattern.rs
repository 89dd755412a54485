//! The documented grammar of CloudWatch Logs filter patterns for unstructured text, as an evaluator.
//!
//! It stands in for CloudWatch Logs in tests, for nothing on a developer's machine reads such patterns. Where the
//! documentation leaves a choice, it takes the reading that matches fewer log events, so that a pattern that keeps a
//! line here keeps it there: terms and phrases match at word borders alone, `.` is no newline, `|` separates whole
//! expressions. Patterns for JSON and space-delimited log events are refused, for their meaning depends on the fields.
//!
//! Source: CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log
//! events, and Live Tail"; the length: API Reference, PutSubscriptionFilter.

// An example includes this module too, and uses a part of it.
#![allow(dead_code)]

#[path = "filter_regex.rs"]
mod filter_regex;

use std::fmt;

use filter_regex::Regex;

/// Most characters in a filter pattern.
pub(crate) const MAX_PATTERN_CHARS: usize = 1_024;

/// The pattern of execution logs that the template's word `default` stands for. It is the one place that holds it.
///
/// # Panics
///
/// Where the template no longer writes it as one line between single quotes.
pub(crate) fn default_execution_pattern() -> String {
    default_pattern_of("Execution")
}

/// Returns the template's default pattern for a kind of log: `Execution`, `Access`, `Function` or `Flow`.
///
/// # Panics
///
/// Where the template no longer writes it as one line between single quotes.
pub(crate) fn default_pattern_of(kind: &str) -> String {
    const TEMPLATE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/template.yaml"));
    let (_, patterns) = TEMPLATE.split_once("\n  FilterPatterns:\n").expect("a mapping of patterns");
    let (_, declaration) = patterns.split_once(&format!("\n    {kind}:\n      Default: '")).expect("a default");
    let (default, _) = declaration.split_once("'\n").expect("a closing quote");
    default.replace("''", "'")
}

/// A filter pattern, once read.
#[derive(Debug)]
pub(crate) struct Pattern {
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    Everything,
    Any(Vec<String>),
    All { included: Vec<String>, excluded: Vec<String> },
    Regex(Regex),
}

/// Why a text is no filter pattern, or none that this evaluator reads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// More than [`MAX_PATTERN_CHARS`] characters.
    TooLong {
        /// Of the pattern.
        chars: usize,
    },
    /// `{ … }`, for JSON log events.
    JsonPattern,
    /// `[ … ]`, for space-delimited log events.
    SpaceDelimitedPattern,
    /// A `"` or a `%` that nothing closes.
    Unclosed(char),
    /// A character that a term may hold between double quotes only.
    Unquoted(char),
    /// `?` or `-` with no term behind it.
    SignWithoutTerm(char),
    /// A regular expression beside other terms: it stands alone in unstructured patterns.
    RegexAmongTerms,
    /// A regular expression that holds what the grammar does not.
    Regex(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { chars } => write!(f, "{chars} characters, at most {MAX_PATTERN_CHARS} are allowed"),
            Self::JsonPattern => f.write_str("patterns for JSON log events are not supported here"),
            Self::SpaceDelimitedPattern => {
                f.write_str("patterns for space-delimited log events are not supported here")
            }
            Self::Unclosed(quote) => write!(f, "{quote} is not closed"),
            Self::Unquoted(c) => write!(f, "{c:?} must stand between double quotes"),
            Self::SignWithoutTerm(sign) => write!(f, "{sign} has no term behind it"),
            Self::RegexAmongTerms => f.write_str("a regular expression cannot be combined with other terms"),
            Self::Regex(why) => write!(f, "regular expression: {why}"),
        }
    }
}

/// One term with the sign before it.
struct Term {
    sign: Option<char>,
    text: Text,
}

enum Text {
    Words(String),
    Regex(Regex),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// Where CloudWatch Logs would refuse the pattern by its documentation, or where it is of another family.
    pub(crate) fn parse(pattern: &str) -> Result<Self, Error> {
        let chars = pattern.chars().count();
        if chars > MAX_PATTERN_CHARS {
            return Err(Error::TooLong { chars });
        }
        match pattern.trim_start().chars().next() {
            Some('{') => return Err(Error::JsonPattern),
            Some('[') => return Err(Error::SpaceDelimitedPattern),
            _ => {}
        }
        Ok(Self { rule: Rule::of(terms(pattern)?)? })
    }

    /// Whether the pattern selects a log event with this message.
    pub(crate) fn matches(&self, message: &str) -> bool {
        match &self.rule {
            Rule::Everything => true,
            Rule::Any(words) => words.iter().any(|words| contains(message, words)),
            Rule::All { included, excluded } => {
                included.iter().all(|words| contains(message, words))
                    && !excluded.iter().any(|words| contains(message, words))
            }
            Rule::Regex(regex) => regex.is_match(message),
        }
    }
}

impl Rule {
    fn of(terms: Vec<Term>) -> Result<Self, Error> {
        let alone = terms.len() == 1;
        let (mut optional, mut included, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
        for Term { sign, text } in terms {
            match (text, sign) {
                (Text::Regex(regex), None) if alone => return Ok(Self::Regex(regex)),
                (Text::Regex(_), _) => return Err(Error::RegexAmongTerms),
                (Text::Words(words), Some('?')) => optional.push(words),
                (Text::Words(words), Some(_)) => excluded.push(words),
                (Text::Words(words), None) => included.push(words),
            }
        }
        // Beside terms of another kind, those with `?` are ignored.
        Ok(match (included.is_empty() && excluded.is_empty(), optional.is_empty()) {
            (true, true) => Self::Everything,
            (true, false) => Self::Any(optional),
            (false, _) => Self::All { included, excluded },
        })
    }
}

/// Splits a pattern into its terms. Blank phrases, which match everything, are left out.
fn terms(pattern: &str) -> Result<Vec<Term>, Error> {
    let mut terms = Vec::new();
    let mut rest = pattern.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = matches!(first, '?' | '-').then_some(first);
        let body = if sign.is_some() { &rest[1..] } else { rest };
        let (text, after) = match body.chars().next() {
            Some('"') => {
                let (phrase, after) = closed_by('"', &body[1..])?;
                (Text::Words(phrase.trim().to_owned()), after)
            }
            Some('%') => {
                let (regex, after) = closed_by('%', &body[1..])?;
                (Text::Regex(Regex::parse(regex).map_err(Error::Regex)?), after)
            }
            _ => {
                let end = body.find(char::is_whitespace).unwrap_or(body.len());
                (Text::Words(word(&body[..end])?), &body[end..])
            }
        };
        match (&text, sign) {
            (Text::Words(words), Some(sign)) if words.is_empty() => return Err(Error::SignWithoutTerm(sign)),
            (Text::Words(words), None) if words.is_empty() => {}
            _ => terms.push(Term { sign, text }),
        }
        rest = after.trim_start();
    }
    Ok(terms)
}

/// Splits a text at the next `quote`.
fn closed_by(quote: char, text: &str) -> Result<(&str, &str), Error> {
    text.split_once(quote).ok_or(Error::Unclosed(quote))
}

/// A term without quotes: letters, digits and underscores.
fn word(text: &str) -> Result<String, Error> {
    match text.chars().find(|c| !is_word(*c)) {
        Some(c) => Err(Error::Unquoted(c)),
        None => Ok(text.to_owned()),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a message holds these words, not as a part of longer ones.
fn contains(message: &str, words: &str) -> bool {
    let (first, last) = (words.chars().next(), words.chars().next_back());
    message.match_indices(words).any(|(at, found)| {
        let before = message[..at].chars().next_back();
        let after = message[at + found.len()..].chars().next();
        let splits =
            |outside: Option<char>, inside: Option<char>| outside.is_some_and(is_word) && inside.is_some_and(is_word);
        !splits(before, first) && !splits(after, last)
    })
}
