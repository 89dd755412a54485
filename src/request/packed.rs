//! Open requests in fourteen bytes each, for batches that hold many more than a log does.
//!
//! Requests that are open at the same time are mostly alike: one failure line of one kind, in one API. What they have in
//! common is kept once and told by a number; what is left is the time. A request that does not fit is not packed.

use std::collections::HashMap;
use std::hash::Hash;

use super::state::{Facts, State};
use super::{Place, TextNumber};
use crate::keyed::{NoHash, OfProcess};

/// Parts of the map, so that growing and shrinking it holds only one of them twice.
const PARTS: usize = 32;

/// The packed requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed {
    /// None of them where nothing is packed.
    parts: Vec<HashMap<Key, Row, NoHash>>,
    terms: Terms,
}

/// What stands for the ID of a packed request. Packed itself: aligned as it likes to be, it would make sixteen bytes of
/// fourteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(Rust, packed(2))]
struct Key(u64);

/// A packed request.
#[derive(Debug, Clone, Copy)]
#[repr(Rust, packed(2))]
struct Row {
    /// When its last line was logged, in milliseconds behind the base.
    seen: i32,
    /// All but when.
    kind: u16,
}

/// What a request has in common with others.
type Kind = (Facts, Place, Option<TextNumber>);

/// Values by number.
#[derive(Debug, Clone)]
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u16, OfProcess>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::default() }
    }
}

impl<T: Copy + Eq + Hash> Numbered<T> {
    fn number(&mut self, value: T) -> Option<u16> {
        if let Some(number) = self.numbers.get(&value) {
            return Some(*number);
        }
        let number = u16::try_from(self.values.len()).ok()?;
        self.values.push(value);
        self.numbers.insert(value, number);
        Some(number)
    }
}

/// What rows are told in.
#[derive(Debug, Clone, Default)]
struct Terms {
    /// The time that all others are told from, in milliseconds since 1970-01-01T00:00:00Z.
    base_ms: Option<i64>,
    kinds: Numbered<Kind>,
}

impl Terms {
    /// The request in a row; none where it does not fit.
    fn row(&mut self, state: &State) -> Option<Row> {
        let (facts, seen_ms) = state.facts()?;
        let base_ms = *self.base_ms.get_or_insert(seen_ms);
        let seen = i32::try_from(seen_ms.checked_sub(base_ms)?).ok()?;
        Some(Row { seen, kind: self.kinds.number((facts, state.place, state.route))? })
    }

    fn state(&self, row: Row) -> State {
        let (facts, place, route) = self.kinds.values[usize::from(row.kind)];
        let seen_ms = self.base_ms.unwrap_or_default() + i64::from(row.seen);
        State::of(facts, seen_ms, place, route)
    }
}

impl Packed {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Packs a request; false where it does not fit.
    pub(super) fn insert(&mut self, key: u64, state: &State) -> bool {
        let Some(row) = self.terms.row(state) else { return false };
        self.parts.resize_with(PARTS, HashMap::default);
        if self.parts[part(key)].len() == self.parts[part(key)].capacity() {
            self.grow();
        }
        self.parts[part(key)].insert(Key(key), row);
        true
    }

    /// Makes room in all parts, one after the other: what two of them leave behind is as large as what the next one needs,
    /// where each by itself would leave a hole that fits none.
    #[cold]
    fn grow(&mut self) {
        let room = self.parts.iter().map(HashMap::capacity).max().unwrap_or_default() + 1;
        for part in &mut self.parts {
            part.reserve(room.saturating_sub(part.len()));
        }
    }

    /// Whether the request is among them.
    pub(super) fn contains(&self, key: u64) -> bool {
        self.parts.get(part(key)).is_some_and(|part| part.contains_key(&Key(key)))
    }

    /// Takes a request out.
    pub(super) fn remove(&mut self, key: u64) -> Option<State> {
        let row = self.parts.get_mut(part(key))?.remove(&Key(key))?;
        Some(self.terms.state(row))
    }

    /// Keeps those that `keep` says, as it leaves them. In place and part by part, so that what is kept does not stand
    /// beside what it is made of.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u64, &mut State) -> bool) {
        // Terms that nothing is told in any more do not go on.
        let before = std::mem::take(&mut self.terms);
        let terms = &mut self.terms;
        terms.base_ms = before.base_ms;
        for part in &mut self.parts {
            part.retain(|key, row| {
                let mut state = before.state(*row);
                let kept = if keep(key.0, &mut state) { terms.row(&state) } else { None };
                kept.map(|kept| *row = kept).is_some()
            });
            part.shrink_to_fit();
        }
        if self.parts.iter().all(HashMap::is_empty) {
            *self = Self::default();
        }
    }
}

/// The part of a key: by bits that the maps themselves make little of.
fn part(key: u64) -> usize {
    (key >> 40) as usize % PARTS
}
