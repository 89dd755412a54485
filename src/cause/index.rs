//! The patterns of a table by author, so that a text is compared with few of them.
//!
//! A text is noted as the set of its runs of three bytes, which takes one pass. A pattern is looked for only if the set
//! has the runs that it must have; nine in ten are ruled out by that.
//!
//! Measured by callgrind with 10,000 events: without it the whole job takes 90 % more instructions for a function's log,
//! and 3 % more for the logs whose failure lines [`crate::classify::repeated`] remembers.

use super::{Author, Cause, Pattern, pattern};

/// The patterns of all authors.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    authors: [Candidates; Author::COUNT],
}

/// The patterns of one author, in the order of precedence.
#[derive(Debug, Clone, Default)]
struct Candidates {
    list: Vec<Candidate>,
    /// The cause that takes what no pattern matches.
    rest: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    pattern: Pattern,
    runs: Runs,
    /// The place of its cause in the table.
    cause: usize,
}

impl Index {
    pub(super) fn of(causes: &[&'static Cause]) -> Self {
        let mut index = Self::default();
        for (cause, pattern) in
            causes.iter().enumerate().flat_map(|(nth, cause)| cause.patterns.iter().map(move |pattern| (nth, *pattern)))
        {
            let Some(author) = pattern.author() else { continue };
            let candidates = &mut index.authors[author as usize];
            if pattern.is_catch_all() {
                candidates.rest = candidates.rest.or(Some(cause));
            } else {
                candidates.list.push(Candidate { pattern, runs: Runs::of(pattern), cause });
            }
        }
        index
    }

    /// The place of the first cause that `text`, written by `author`, names.
    pub(super) fn find(&self, author: Author, text: &str) -> Option<usize> {
        let candidates = &self.authors[author as usize];
        let held = Held::by(text);
        let found = candidates.list.iter().find(|one| held.all(one.runs) && one.pattern.matches(author, text));
        found.map(|one| one.cause).or(candidates.rest)
    }
}

/// Runs of three bytes that a text must hold, by their numbers; as many as there are, the last one repeated.
type Numbers = [u16; 3];

/// What a text must hold.
#[derive(Debug, Clone, Copy)]
enum Runs {
    Held(Numbers),
    /// Nothing is known: it is too short, or compared in another way.
    Unknown,
}

impl Runs {
    fn of(pattern: Pattern) -> Self {
        let text = match pattern {
            Pattern::Gateway(text)
            | Pattern::Authorizer(text)
            | Pattern::Function(text)
            | Pattern::Service(text)
            | Pattern::LambdaService(text)
            | Pattern::FunctionLog(text) => text,
            Pattern::ResponseType(_) | Pattern::InvocationStatus(..) => return Self::Unknown,
        };
        let Some(longest) = pattern::pieces(text).max_by_key(|piece| piece.len()) else { return Self::Unknown };
        let Some(last) = longest.len().checked_sub(3) else { return Self::Unknown };
        Self::Held([0, last / 2, last].map(|at| number(&longest.as_bytes()[at..])))
    }
}

/// The runs of three bytes that a text holds: a bit for each number that they may have.
struct Held([u64; HELD]);

const HELD: usize = 1 << (NUMBER_BITS - 6);
const NUMBER_BITS: u32 = 12;

impl Held {
    fn by(text: &str) -> Self {
        let mut held = [0; HELD];
        for run in text.as_bytes().windows(3) {
            let number = usize::from(number(run));
            held[number / 64] |= 1 << (number % 64);
        }
        Self(held)
    }

    fn all(&self, runs: Runs) -> bool {
        let holds = |number: &u16| self.0[usize::from(number / 64)] >> (number % 64) & 1 == 1;
        match runs {
            Runs::Held(numbers) => numbers.iter().all(holds),
            Runs::Unknown => true,
        }
    }
}

/// The number of the first three bytes, of which there must be that many.
fn number(run: &[u8]) -> u16 {
    // A prime of about 2³² spreads the bits of each byte over the upper ones.
    let mixed = u32::from_le_bytes([run[0], run[1], run[2], 0]).wrapping_mul(0x9e37_79b1);
    (mixed >> (u32::BITS - NUMBER_BITS)) as u16
}

#[cfg(test)]
mod tests {
    use super::super::{Table, built_in, normalise};
    use super::*;

    #[test]
    fn the_index_finds_what_asking_each_pattern_finds() {
        let texts = built_in()
            .flat_map(|cause| cause.examples.iter().chain(cause.near_misses))
            .flat_map(|example| example.lines)
            .map(|line| normalise(line))
            .chain(["", "a", "ab", "abc"].map(str::to_owned));
        let causes: Vec<_> = built_in().collect();
        let table = Table::default();
        for text in texts {
            for author in [
                Author::Gateway,
                Author::Authorizer,
                Author::Function,
                Author::Service,
                Author::LambdaService,
                Author::ResponseType,
                Author::FunctionLog,
            ] {
                let own = if author == Author::Gateway { pattern::own_words(&text) } else { &text };
                let names_it = |rest: bool| {
                    let matches = |pattern: &&Pattern| pattern.is_catch_all() == rest && pattern.matches(author, own);
                    causes.iter().find(|cause| cause.patterns.iter().any(|pattern| matches(&pattern)))
                };
                let expected = names_it(false).or_else(|| names_it(true)).map(|cause| cause.id);
                assert_eq!(table.find(author, &text).map(|cause| cause.id), expected, "{author:?}: {text}");
            }
        }
    }
}
