//! Trigram index over the patterns of a table, by author.
//!
//! One pass over a text collects its trigrams. A pattern is compared with the text only if the text has all of the
//! pattern's trigrams; this rules out nine patterns in ten.
//!
//! Measured by callgrind with 10,000 events: without it the whole job takes 90 % more instructions for a function's
//! log, and 3 % more for the logs whose failure lines [`crate::classify::repeated`] remembers.

use super::{Author, Cause, Pattern, pattern};

/// The patterns of all authors.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    authors: [PatternsOfAuthor; Author::COUNT],
}

/// The patterns of one author, in the order of precedence.
#[derive(Debug, Clone, Default)]
struct PatternsOfAuthor {
    list: Vec<IndexEntry>,
    /// Fallback: the cause with the empty pattern.
    rest: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
struct IndexEntry {
    pattern: Pattern,
    required: RequiredTrigrams,
    /// Position of its cause in the table.
    cause: usize,
}

impl Index {
    pub(super) fn new(causes: &[&'static Cause]) -> Self {
        let mut index = Self::default();
        for (cause, pattern) in
            causes.iter().enumerate().flat_map(|(nth, cause)| cause.patterns.iter().map(move |pattern| (nth, *pattern)))
        {
            let Some(author) = pattern.author() else { continue };
            let patterns = &mut index.authors[author as usize];
            if pattern.is_catch_all() {
                patterns.rest = patterns.rest.or(Some(cause));
            } else {
                patterns.list.push(IndexEntry { pattern, required: RequiredTrigrams::of_pattern(pattern), cause });
            }
        }
        index
    }

    /// Returns the position of the first cause whose pattern matches `text`, written by `author`.
    pub(super) fn find(&self, author: Author, text: &str) -> Option<usize> {
        let patterns = &self.authors[author as usize];
        let trigrams = TrigramSet::of_text(text);
        let found =
            patterns.list.iter().find(|one| trigrams.contains_all(one.required) && one.pattern.matches(author, text));
        found.map(|one| one.cause).or(patterns.rest)
    }
}

/// Trigrams that a text must contain to match a pattern.
#[derive(Debug, Clone, Copy)]
enum RequiredTrigrams {
    /// Hashes of the first, the middle and the last trigram of the pattern's longest piece.
    Hashes([u16; 3]),
    /// The pattern is shorter than a trigram, or is compared in another way.
    Unknown,
}

impl RequiredTrigrams {
    fn of_pattern(pattern: Pattern) -> Self {
        let text = match pattern {
            Pattern::Gateway(text)
            | Pattern::Authorizer(text)
            | Pattern::Function(text)
            | Pattern::Service(text)
            | Pattern::LambdaService(text)
            | Pattern::FunctionLog(text)
            | Pattern::ErrorType(text)
            | Pattern::Library(text) => text,
            Pattern::ResponseType(_) | Pattern::InvocationStatus(..) | Pattern::Code(..) => return Self::Unknown,
        };
        let Some(longest) = pattern::pieces(text).max_by_key(|piece| piece.len()) else { return Self::Unknown };
        let Some(last) = longest.len().checked_sub(3) else { return Self::Unknown };
        Self::Hashes([0, last / 2, last].map(|at| hash(&longest.as_bytes()[at..])))
    }
}

/// The trigrams of a text: one bit for each possible hash. Two trigrams may share a bit, which costs a comparison only.
struct TrigramSet([u64; SET_WORDS]);

const SET_WORDS: usize = 1 << (HASH_BITS - 6);
const HASH_BITS: u32 = 12;

impl TrigramSet {
    fn of_text(text: &str) -> Self {
        let mut trigrams = [0; SET_WORDS];
        for trigram in text.as_bytes().windows(3) {
            let hash = usize::from(hash(trigram));
            trigrams[hash / 64] |= 1 << (hash % 64);
        }
        Self(trigrams)
    }

    fn contains_all(&self, required: RequiredTrigrams) -> bool {
        let holds = |hash: &u16| self.0[usize::from(hash / 64)] >> (hash % 64) & 1 == 1;
        match required {
            RequiredTrigrams::Hashes(hashes) => hashes.iter().all(holds),
            RequiredTrigrams::Unknown => true,
        }
    }
}

/// Hashes the first three bytes of `trigram`, which must have that many.
fn hash(trigram: &[u8]) -> u16 {
    // A prime of about 2³² spreads the bits of each byte over the upper ones.
    let mixed = u32::from_le_bytes([trigram[0], trigram[1], trigram[2], 0]).wrapping_mul(0x9e37_79b1);
    (mixed >> (u32::BITS - HASH_BITS)) as u16
}

#[cfg(test)]
mod tests {
    use super::super::{Table, built_in, normalise};
    use super::*;

    #[test]
    fn the_index_finds_what_asking_each_pattern_finds() {
        let texts = built_in()
            .flat_map(|cause| cause.examples().iter().chain(cause.near_misses()))
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
