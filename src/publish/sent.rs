//! Accepted data of batches that failed halfway, remembered until they come again.
//!
//! Lambda delivers such a batch again, byte for byte. The accepted counts are subtracted from the batch's new counts,
//! one by one. Whole requests cannot be compared: the carry-over may have changed since, and so the requests.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::request::sum;
use crate::tally::{Datum, Unit};

/// Most data to remember, for all batches; a single batch may have more. Each takes some 30 bytes: less than 2 MB.
const DATA_REMEMBERED: usize = 32_768;

/// Most data to remember of a single batch, 4 MB.
const DATA_OF_ONE_BATCH: usize = 114_688;

/// Most log events to remember, for all batches; a single batch may have more. Each takes 8 bytes.
const EVENTS_REMEMBERED: usize = 100_000;

/// Largest rounding error of a count.
const ROUNDING: f64 = 1e-9;

/// Accepted data of unfinished batches, the oldest batch first.
#[derive(Debug, Default)]
pub(super) struct Sent {
    hashers: [RandomState; 2],
    batches: VecDeque<Unfinished>,
}

/// A half-accepted batch.
#[derive(Debug)]
pub(super) struct Unfinished {
    batch: u128,
    /// Accepted amount by key; 0 for a datum that was sent and not accepted.
    amounts: HashMap<u64, f64>,
    /// Its counted log events, sorted.
    events: Vec<u64>,
}

impl Unfinished {
    /// Returns whether a datum with this key was accepted.
    pub(super) fn has_accepted(&self, key: u64) -> bool {
        self.amounts.get(&key).is_some_and(|amount| *amount > 0.0)
    }

    /// Returns whether a datum with this key was sent.
    pub(super) fn has_tried(&self, key: u64) -> bool {
        self.amounts.contains_key(&key)
    }

    /// Returns its counted log events, sorted.
    pub(super) fn events(&self) -> &[u64] {
        &self.events
    }

    fn holds_any(&self, events: &[u64]) -> bool {
        events.iter().any(|event| self.events.binary_search(event).is_ok())
    }
}

impl Sent {
    /// Subtracts the accepted amounts of this batch from `data`. Returns how many data were reduced or removed.
    pub(super) fn subtract_accepted(&self, batch: &[u8], data: &mut Vec<Datum>) -> usize {
        // Hashing a batch costs as much as reading it, and there is nearly always no unfinished batch.
        if self.batches.is_empty() || data.is_empty() {
            return 0;
        }
        let Some(unfinished) = self.unfinished(batch) else { return 0 };
        let mut touched = 0;
        data.retain_mut(|datum| {
            let amount = unfinished.amounts.get(&self.key(datum)).filter(|amount| **amount > 0.0);
            let Some(amount) = amount else { return true };
            touched += 1;
            reduce(datum, *amount)
        });
        touched
    }

    /// Returns what is remembered of a batch; None if it is new or finished.
    pub(super) fn unfinished(&self, batch: &[u8]) -> Option<&Unfinished> {
        let batch = self.hash(batch);
        self.batches.iter().find(|other| other.batch == batch)
    }

    /// Returns the other unfinished batches with any of these log events.
    pub(super) fn sharing(&self, batch: &[u8], events: &[u64]) -> Vec<&Unfinished> {
        if self.batches.is_empty() || events.is_empty() {
            return Vec::new();
        }
        let batch = self.hash(batch);
        self.batches.iter().filter(|other| other.batch != batch && other.holds_any(events)).collect()
    }

    /// Remembers a half-accepted batch: `sent` are its data, and those with a key in `accepted` were accepted.
    /// Returns how many unfinished batches were forgotten for lack of room, wholly or in part.
    pub(super) fn remember<'a>(
        &mut self,
        batch: &[u8],
        sent: impl Iterator<Item = &'a Datum>,
        accepted: &HashSet<u64>,
        events: &[u64],
    ) -> u64 {
        let batch = self.hash(batch);
        let known = self.batches.iter().position(|other| other.batch == batch);
        let new = || Unfinished { batch, amounts: HashMap::new(), events: Vec::new() };
        let mut unfinished = known.and_then(|at| self.batches.remove(at)).unwrap_or_else(new);
        // A second delivery sends only the rest, so its accepted amounts add to those of the first. A datum that was
        // not accepted is kept with 0: it shows other batches that this one tried to count it. See `shared`.
        let mut too_many = 0;
        for datum in sent {
            let key = self.key(datum);
            if unfinished.amounts.len() >= DATA_OF_ONE_BATCH && !unfinished.amounts.contains_key(&key) {
                too_many = 1;
                continue;
            }
            let amount = unfinished.amounts.entry(key).or_default();
            *amount += if accepted.contains(&key) { sum(datum) } else { 0.0 };
        }
        // Without accepted data the next delivery begins from scratch, and there is nothing to subtract.
        if !unfinished.amounts.values().any(|amount| *amount > 0.0) {
            return 0;
        }
        unfinished.events.extend(events);
        unfinished.events.sort_unstable();
        unfinished.events.dedup();
        self.batches.push_back(unfinished);
        self.forget_oldest() + too_many
    }

    fn forget_oldest(&mut self) -> u64 {
        let mut forgotten = 0;
        while self.batches.len() > 1 && (self.data() > DATA_REMEMBERED || self.events() > EVENTS_REMEMBERED) {
            self.batches.pop_front();
            forgotten += 1;
        }
        forgotten
    }

    /// Forgets a finished batch.
    pub(super) fn forget(&mut self, batch: &[u8]) {
        if !self.batches.is_empty() {
            let batch = self.hash(batch);
            self.batches.retain(|other| other.batch != batch);
        }
    }

    /// Returns the number of unfinished batches.
    pub(super) fn batches(&self) -> usize {
        self.batches.len()
    }

    fn data(&self) -> usize {
        self.batches.iter().map(|batch| batch.amounts.len()).sum()
    }

    fn events(&self) -> usize {
        self.batches.iter().map(|batch| batch.events.len()).sum()
    }

    /// Returns the keys of these data.
    pub(super) fn keys<'a>(&self, data: impl Iterator<Item = &'a Datum>) -> HashSet<u64> {
        data.map(|datum| self.key(datum)).collect()
    }

    /// Returns the hash of metric, dimensions and minute. CloudWatch adds up data for which all three are equal.
    pub(super) fn key(&self, datum: &Datum) -> u64 {
        self.hashers[0].hash_one((datum.metric, &datum.dimensions, datum.timestamp_ms))
    }

    /// Returns two keyed hashes of 64 bits: no two batches in the life of an environment share both.
    fn hash(&self, of: &(impl Hash + ?Sized)) -> u128 {
        let [first, second] = &self.hashers;
        u128::from(first.hash_one(of)) << 64 | u128::from(second_hash(second, of))
    }
}

fn second_hash(state: &RandomState, of: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = state.build_hasher();
    hasher.write_u8(2);
    of.hash(&mut hasher);
    hasher.finish()
}

/// Subtracts `amount` from a datum. Returns false if nothing is left.
fn reduce(datum: &mut Datum, amount: f64) -> bool {
    let left = sum(datum) - amount;
    // The new values of a distribution are unknown, so all of it counts as accepted.
    if !matches!(datum.unit, Unit::Count) || left < ROUNDING {
        return false;
    }
    datum.values = vec![(left, 1.0)];
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(cause: &str, count: f64) -> Datum {
        Datum {
            metric: "Errors",
            dimensions: vec![("Cause", cause.to_owned())],
            timestamp_ms: 60_000,
            values: vec![(count, 1.0)],
            unit: Unit::Count,
        }
    }

    /// Remembers data that were all accepted.
    fn remember(sent: &mut Sent, batch: &[u8], data: &[Datum], events: &[u64]) -> u64 {
        let accepted = sent.keys(data.iter());
        sent.remember(batch, data.iter(), &accepted, events)
    }

    #[test]
    fn what_was_accepted_is_taken_away_from_the_same_batch_only() {
        let mut sent = Sent::default();
        remember(&mut sent, b"one", &[datum("a", 2.0)], &[]);
        let mut again = vec![datum("a", 2.0), datum("b", 1.0)];
        assert_eq!(sent.subtract_accepted(b"one", &mut again), 1);
        assert_eq!(again, [datum("b", 1.0)]);

        // Another batch may well have the same counts; they are counts of other requests.
        let mut other = vec![datum("a", 2.0)];
        assert_eq!(sent.subtract_accepted(b"two", &mut other), 0);
        assert_eq!(other, [datum("a", 2.0)]);
    }

    #[test]
    fn a_count_that_has_grown_since_is_sent_for_the_rest() {
        let mut sent = Sent::default();
        remember(&mut sent, b"one", &[datum("a", 2.0)], &[]);
        let mut again = vec![datum("a", 5.0)];
        sent.subtract_accepted(b"one", &mut again);
        assert_eq!(again, [datum("a", 3.0)]);
    }

    #[test]
    fn what_two_tries_got_accepted_adds_up() {
        let mut sent = Sent::default();
        remember(&mut sent, b"one", &[datum("a", 2.0)], &[]);
        remember(&mut sent, b"one", &[datum("a", 1.0), datum("b", 1.0)], &[]);
        let mut again = vec![datum("a", 3.0), datum("b", 1.0), datum("c", 1.0)];
        sent.subtract_accepted(b"one", &mut again);
        assert_eq!(again, [datum("c", 1.0)]);
    }

    #[test]
    fn a_finished_batch_is_forgotten() {
        let mut sent = Sent::default();
        remember(&mut sent, b"one", &[datum("a", 2.0)], &[]);
        sent.forget(b"one");
        let mut again = vec![datum("a", 2.0)];
        assert_eq!(sent.subtract_accepted(b"one", &mut again), 0);
    }

    #[test]
    fn the_oldest_batches_go_when_there_are_too_many_data() {
        let mut sent = Sent::default();
        let many: Vec<_> = (0..1_000).map(|n| datum(&n.to_string(), 1.0)).collect();
        for batch in 0..100_u32 {
            remember(&mut sent, &batch.to_le_bytes(), &many, &[]);
        }
        assert!(sent.data() <= DATA_REMEMBERED);
        let mut first = many.clone();
        assert_eq!(sent.subtract_accepted(&0_u32.to_le_bytes(), &mut first), 0);
        let mut last = many;
        assert_eq!(sent.subtract_accepted(&99_u32.to_le_bytes(), &mut last), 1_000);
    }

    #[test]
    fn a_batch_shares_log_events_with_unfinished_batches_other_than_itself() {
        let mut sent = Sent::default();
        remember(&mut sent, b"one", &[datum("a", 2.0)], &[5, 3]);
        assert_eq!(sent.sharing(b"two", &[1, 3]).len(), 1);
        assert_eq!(sent.sharing(b"two", &[1, 4]).len(), 0);
        assert_eq!(sent.sharing(b"one", &[1, 3]).len(), 0);
        sent.forget(b"one");
        assert_eq!(sent.sharing(b"two", &[1, 3]).len(), 0);
    }

    #[test]
    fn a_batch_of_which_nothing_was_accepted_is_not_remembered() {
        let mut sent = Sent::default();
        assert_eq!(sent.remember(b"one", [datum("a", 2.0)].iter(), &HashSet::new(), &[3]), 0);
        assert!(sent.batches.is_empty());
    }

    #[test]
    fn the_oldest_batches_go_when_there_are_too_many_log_events_and_that_is_reported() {
        let mut sent = Sent::default();
        let events: Vec<u64> = (0..60_000).collect();
        assert_eq!(remember(&mut sent, b"one", &[datum("a", 2.0)], &events), 0);
        assert_eq!(remember(&mut sent, b"two", &[datum("a", 2.0)], &events), 1);
        assert_eq!(sent.sharing(b"three", &[3]).len(), 1);
    }
}
