//! Open requests in sixteen bytes each, for batches that hold many more than a log does.
//!
//! Requests that are open at the same time are mostly alike: one failure line of one kind, in one API. What they have in
//! common is kept once and told by a number; what is left is the time. A request that does not fit is not packed.

use std::collections::HashMap;
use std::hash::Hash;

use super::state::{Facts, State};
use super::{Place, TextNumber};
use crate::keyed::{Keyed, OfProcess};

/// Parts of the map, so that growing it holds only one of them twice.
const PARTS: usize = 32;

/// The packed requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed {
    parts: [Keyed<Row>; PARTS],
    /// The time that all others are told from, in milliseconds since 1970-01-01T00:00:00Z.
    base_ms: Option<i64>,
    facts: Numbered<Facts>,
    spots: Numbered<(Place, Option<TextNumber>)>,
}

/// A packed request.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// When its last line was logged, in milliseconds behind the base.
    seen: i32,
    facts: u16,
    spot: u16,
}

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

impl Packed {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.base_ms.is_none()
    }

    /// Packs a request; false where it does not fit.
    pub(super) fn insert(&mut self, key: u64, state: &State) -> bool {
        let Some((facts, seen_ms)) = state.facts() else { return false };
        let base_ms = *self.base_ms.get_or_insert(seen_ms);
        let Some(seen) = seen_ms.checked_sub(base_ms).and_then(|seen| i32::try_from(seen).ok()) else { return false };
        let Some(facts) = self.facts.number(facts) else { return false };
        let Some(spot) = self.spots.number((state.place, state.route)) else { return false };
        self.parts[part(key)].insert(key, Row { seen, facts, spot });
        true
    }

    /// Whether the request is among them.
    pub(super) fn contains(&self, key: u64) -> bool {
        self.parts[part(key)].contains_key(&key)
    }

    /// Takes a request out.
    pub(super) fn remove(&mut self, key: u64) -> Option<State> {
        let row = self.parts[part(key)].remove(&key)?;
        Some(self.unpacked(row))
    }

    /// Takes all out, part by part, so that what was taken does not stand beside what is made of it.
    pub(super) fn drain(mut self, mut each: impl FnMut(u64, State)) {
        for nth in 0..PARTS {
            for (key, row) in std::mem::take(&mut self.parts[nth]) {
                each(key, self.unpacked(row));
            }
        }
    }

    fn unpacked(&self, row: Row) -> State {
        let (place, route) = self.spots.values[usize::from(row.spot)];
        let seen_ms = self.base_ms.unwrap_or_default() + i64::from(row.seen);
        State::of(self.facts.values[usize::from(row.facts)], seen_ms, place, route)
    }
}

/// The part of a key: by bits that the maps themselves make little of.
fn part(key: u64) -> usize {
    (key >> 40) as usize % PARTS
}
