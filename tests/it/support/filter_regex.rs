//! The regular expressions of CloudWatch Logs filter patterns: `%…%`.
//!
//! There is no grouping, so an expression is a list of alternatives, each a row of repeated characters or classes.
//! It is run over the text with the set of places it can be in, so that no expression takes more than its length
//! times the text's.
//!
//! Source: CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".

/// Symbols that stand for themselves, beside letters and digits.
const SYMBOLS: &str = ":_#=@/;,-";

/// Operators, which stand for themselves behind a backslash.
const OPERATORS: &str = "^$?[]{}|\\*+.";

/// Most repetitions that a `{m,n}` may ask for: a bound of this evaluator, AWS documents none.
const MAX_REPETITIONS: usize = 255;

/// A regular expression, once read.
#[derive(Debug)]
pub(crate) struct Regex {
    alternatives: Vec<Alternative>,
}

#[derive(Debug, Default)]
struct Alternative {
    at_start: bool,
    at_end: bool,
    steps: Vec<Step>,
}

/// A class and how often it occurs. A copy for each repetition, so that a place in the row says all.
#[derive(Debug, Clone)]
struct Step {
    class: Class,
    repeat: Repeat,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Repeat {
    Once,
    Optional,
    AnyNumber,
}

/// A set of characters.
#[derive(Debug, Clone)]
enum Class {
    AnyButNewline,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Class {
    fn one(c: char) -> Self {
        Self::Set { negated: false, ranges: vec![(c, c)] }
    }

    fn holds(&self, c: char) -> bool {
        match self {
            Self::AnyButNewline => c != '\n',
            Self::Set { negated, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated,
        }
    }
}

impl Regex {
    /// Reads what stands between the `%`.
    ///
    /// # Errors
    ///
    /// The reason in words, where the expression holds what the grammar does not.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut parser = Parser { rest: text.chars().collect::<Vec<_>>().into_iter().peekable() };
        let mut alternatives = vec![parser.alternative()?];
        while parser.rest.next_if_eq(&'|').is_some() {
            alternatives.push(parser.alternative()?);
        }
        Ok(Self { alternatives })
    }

    /// Whether the expression matches anywhere in the text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.alternatives.iter().any(|alternative| alternative.is_match(text))
    }
}

impl Alternative {
    fn is_match(&self, text: &str) -> bool {
        let end = self.steps.len();
        let mut places = vec![false; end + 1];
        self.enter(&mut places, 0);
        if places[end] && (!self.at_end || text.is_empty()) {
            return true;
        }
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let mut next = vec![false; end + 1];
            for (at, step) in self.steps.iter().enumerate() {
                if places[at] && step.class.holds(c) {
                    self.enter(&mut next, if step.repeat == Repeat::AnyNumber { at } else { at + 1 });
                }
            }
            if !self.at_start {
                self.enter(&mut next, 0);
            }
            if next[end] && (!self.at_end || chars.peek().is_none()) {
                return true;
            }
            places = next;
        }
        false
    }

    /// Marks a place, and those behind it that need no character.
    fn enter(&self, places: &mut [bool], at: usize) {
        let needless = self.steps[at..].iter().take_while(|step| step.repeat != Repeat::Once).count();
        places[at..=at + needless].fill(true);
    }
}

struct Parser {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
}

impl Parser {
    fn alternative(&mut self) -> Result<Alternative, String> {
        let mut read = Alternative { at_start: self.rest.next_if_eq(&'^').is_some(), ..Alternative::default() };
        while let Some(c) = self.rest.next_if(|c| *c != '|') {
            if c == '$' {
                read.at_end = true;
                if self.rest.peek().is_some_and(|c| *c != '|') {
                    return Err("$ stands before the end".to_owned());
                }
                break;
            }
            let class = self.class(c)?;
            self.repeated(class, &mut read.steps)?;
        }
        if read.steps.is_empty() {
            return Err("an alternative is empty".to_owned());
        }
        Ok(read)
    }

    fn class(&mut self, c: char) -> Result<Class, String> {
        match c {
            '.' => Ok(Class::AnyButNewline),
            '\\' => self.escape(),
            '[' => self.set(),
            '?' | '*' | '+' | '{' => Err(format!("nothing stands before {c}")),
            '^' | ']' | '}' => Err(format!("{c} stands alone")),
            c if is_literal(c) => Ok(Class::one(c)),
            c => Err(format!("{c:?} is not supported")),
        }
    }

    fn escape(&mut self) -> Result<Class, String> {
        let c = self.rest.next().ok_or("it ends in a backslash")?;
        let ranges = match c.to_ascii_lowercase() {
            'd' => vec![('0', '9')],
            's' => vec![('\t', '\r'), (' ', ' ')],
            'w' => vec![('a', 'z'), ('A', 'Z'), ('_', '_'), ('0', '9')],
            'x' if c == 'x' => {
                let digits = (self.rest.next(), self.rest.next());
                let digit = |c: Option<char>| c.and_then(|c| c.to_digit(16));
                let code = digit(digits.0).zip(digit(digits.1)).map(|(high, low)| high * 16 + low);
                let c = code.filter(|code| *code < 128).and_then(char::from_u32);
                return c
                    .map(Class::one)
                    .ok_or_else(|| "\\x needs two hexadecimal digits of an ASCII character".to_owned());
            }
            _ if OPERATORS.contains(c) || SYMBOLS.contains(c) => return Ok(Class::one(c)),
            _ => return Err(format!("\\{c} is not supported")),
        };
        Ok(Class::Set { negated: c.is_ascii_uppercase(), ranges })
    }

    /// Parses a class in brackets, the first of which is read.
    fn set(&mut self) -> Result<Class, String> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        loop {
            let from = match self.rest.next().ok_or("[ is not closed")? {
                ']' if ranges.is_empty() => return Err("[] is empty".to_owned()),
                ']' => return Ok(Class::Set { negated, ranges }),
                '\\' => match self.escape()? {
                    Class::Set { negated: false, ranges: escaped } => {
                        if let [(from, to)] = escaped[..]
                            && from == to
                        {
                            from
                        } else {
                            ranges.extend(escaped);
                            continue;
                        }
                    }
                    _ => return Err("an inverse class stands inside [ ]".to_owned()),
                },
                c if is_literal(c) || OPERATORS.contains(c) => c,
                c => return Err(format!("{c:?} is not supported")),
            };
            ranges.push((from, self.upper_end(from)?));
        }
    }

    /// The end of a range like `a-z`; a `-` before the bracket stands for itself.
    fn upper_end(&mut self, from: char) -> Result<char, String> {
        let mut ahead = self.rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                self.rest = ahead;
                if is_literal(to) && from <= to { Ok(to) } else { Err(format!("{from}-{to} is no range")) }
            }
            _ => Ok(from),
        }
    }

    /// Writes a class as often as the operator behind it says.
    fn repeated(&mut self, class: Class, steps: &mut Vec<Step>) -> Result<(), String> {
        let (least, most) = match self.rest.next_if(|c| matches!(c, '?' | '*' | '+' | '{')) {
            None => (1, Some(1)),
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some(_) => self.bounds()?,
        };
        if self.rest.peek().is_some_and(|c| matches!(c, '?' | '*' | '+' | '{')) {
            return Err("two operators of repetition follow each other".to_owned());
        }
        let mut push = |repeat, times| {
            steps.extend(std::iter::repeat_n(Step { class: class.clone(), repeat }, times));
        };
        push(Repeat::Once, least);
        match most {
            Some(most) => push(Repeat::Optional, most - least),
            None => push(Repeat::AnyNumber, 1),
        }
        Ok(())
    }

    /// `m}`, `m,}`, `,n}` or `m,n}`.
    fn bounds(&mut self) -> Result<(usize, Option<usize>), String> {
        let mut text = String::new();
        loop {
            match self.rest.next().ok_or("{ is not closed")? {
                '}' => break,
                c => text.push(c),
            }
        }
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n <= MAX_REPETITIONS);
        let bounds = match text.split_once(',') {
            None => number(&text).map(|n| (n, Some(n))),
            Some((least, most)) => match (least.trim().is_empty(), most.trim().is_empty()) {
                (true, true) => None,
                (true, false) => number(most).map(|most| (0, Some(most))),
                (false, true) => number(least).map(|least| (least, None)),
                (false, false) => number(least).zip(number(most)).map(|(least, most)| (least, Some(most))),
            },
        };
        bounds
            .filter(|(least, most)| most.is_none_or(|most| *least <= most))
            .ok_or_else(|| format!("{{{text}}} is no number of repetitions"))
    }
}

fn is_literal(c: char) -> bool {
    c.is_ascii_alphanumeric() || SYMBOLS.contains(c)
}
