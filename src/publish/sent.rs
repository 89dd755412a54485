//! What was accepted of batches that failed half-way.
//!
//! Lambda hands such a batch over again, byte for byte. What was accepted then is taken away from what the batch leads
//! to now, count by count: the carry-over may have changed in between, so that whole requests would not be alike.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::own::OwnMetrics;
use super::request::sum;
use crate::tally::{Datum, Unit};

/// Most data that are remembered, for all batches; a single batch may have more. Each takes some 40 bytes: less than 2 MB.
const DATA_REMEMBERED: usize = 32_768;

/// Most log events that are remembered, for all batches; a single batch may have more. Each takes 8 bytes.
const EVENTS_REMEMBERED: usize = 100_000;

/// Less than this of a count is what rounding leaves.
const ROUNDING: f64 = 1e-9;

/// What was accepted of unfinished batches, the oldest batch first.
#[derive(Debug, Default)]
pub(super) struct Sent {
    hashers: [RandomState; 2],
    batches: VecDeque<Unfinished>,
}

/// A batch of which a part was accepted.
#[derive(Debug)]
pub(super) struct Unfinished {
    batch: u128,
    /// The amount that was accepted, by key; nothing where it was sent and not accepted.
    amounts: HashMap<u128, f64>,
    /// Its log events that led to data, in order.
    events: Vec<u64>,
}

impl Unfinished {
    /// Whether any of it was accepted at this key.
    pub(super) fn has_accepted(&self, key: u128) -> bool {
        self.amounts.get(&key).is_some_and(|amount| *amount > 0.0)
    }

    /// Whether any of it was sent to this key.
    pub(super) fn has_tried(&self, key: u128) -> bool {
        self.amounts.contains_key(&key)
    }

    /// Its log events that led to data.
    pub(super) fn events(&self) -> &[u64] {
        &self.events
    }

    fn holds_any(&self, events: &[u64]) -> bool {
        events.iter().any(|event| self.events.binary_search(event).is_ok())
    }
}

impl Sent {
    /// Takes away from `data` what was accepted of this batch. Says how many data are gone or less for it.
    pub(super) fn subtract_accepted(&self, batch: &[u8], data: &mut Vec<Datum>) -> usize {
        // Hashing a batch costs as much as reading it; nearly always there is nothing to compare with.
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

    /// What is remembered of a batch.
    pub(super) fn unfinished(&self, batch: &[u8]) -> Option<&Unfinished> {
        let batch = self.hash(batch);
        self.batches.iter().find(|other| other.batch == batch)
    }

    /// The unfinished batches that have some of these log events as well, but for the batch itself.
    pub(super) fn sharing(&self, batch: &[u8], events: &[u64]) -> Vec<&Unfinished> {
        if self.batches.is_empty() || events.is_empty() {
            return Vec::new();
        }
        let batch = self.hash(batch);
        self.batches.iter().filter(|other| other.batch != batch && other.holds_any(events)).collect()
    }

    /// Remembers what was accepted of a batch that is not finished: of the data that were sent those at these keys. Says
    /// how many unfinished batches are forgotten for it.
    pub(super) fn remember<'a>(
        &mut self,
        batch: &[u8],
        sent: impl Iterator<Item = &'a Datum>,
        accepted: &HashSet<u128>,
        events: &[u64],
    ) -> u64 {
        let batch = self.hash(batch);
        let known = self.batches.iter().position(|other| other.batch == batch);
        let new = || Unfinished { batch, amounts: HashMap::new(), events: Vec::new() };
        let mut unfinished = known.and_then(|at| self.batches.remove(at)).unwrap_or_else(new);
        for datum in sent.filter(|datum| !OwnMetrics::is_own(datum)) {
            let key = self.key(datum);
            let amount = unfinished.amounts.entry(key).or_default();
            *amount += if accepted.contains(&key) { sum(datum) } else { 0.0 };
        }
        if !unfinished.amounts.values().any(|amount| *amount > 0.0) {
            return 0;
        }
        unfinished.events.extend(events);
        unfinished.events.sort_unstable();
        unfinished.events.dedup();
        self.batches.push_back(unfinished);
        self.forget_oldest()
    }

    fn forget_oldest(&mut self) -> u64 {
        let mut forgotten = 0;
        while self.batches.len() > 1 && (self.data() > DATA_REMEMBERED || self.events() > EVENTS_REMEMBERED) {
            self.batches.pop_front();
            forgotten += 1;
        }
        forgotten
    }

    /// Forgets a batch that was accepted to its end.
    pub(super) fn forget(&mut self, batch: &[u8]) {
        if !self.batches.is_empty() {
            let batch = self.hash(batch);
            self.batches.retain(|other| other.batch != batch);
        }
    }

    fn data(&self) -> usize {
        self.batches.iter().map(|batch| batch.amounts.len()).sum()
    }

    fn events(&self) -> usize {
        self.batches.iter().map(|batch| batch.events.len()).sum()
    }

    /// The keys of these data.
    pub(super) fn keys<'a>(&self, data: impl Iterator<Item = &'a Datum>) -> HashSet<u128> {
        data.map(|datum| self.key(datum)).collect()
    }

    /// Metric, dimensions and minute: what two data must share for CloudWatch to add them up.
    pub(super) fn key(&self, datum: &Datum) -> u128 {
        self.hash(&(datum.metric, &datum.dimensions, datum.timestamp_ms))
    }

    /// Two keyed hashes side by side: no two batches of an environment's life will share them.
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

/// Takes `amount` away from a datum. False where nothing is left.
fn reduce(datum: &mut Datum, amount: f64) -> bool {
    let left = sum(datum) - amount;
    // Of a distribution it cannot be told which values were new, so that it counts as sent.
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
    fn a_batch_of_which_nothing_was_accepted_is_none_to_remember() {
        let mut sent = Sent::default();
        assert_eq!(sent.remember(b"one", [datum("a", 2.0)].iter(), &HashSet::new(), &[3]), 0);
        assert!(sent.batches.is_empty());
    }

    #[test]
    fn the_oldest_batches_go_when_there_are_too_many_log_events_and_that_is_told() {
        let mut sent = Sent::default();
        let events: Vec<u64> = (0..60_000).collect();
        assert_eq!(remember(&mut sent, b"one", &[datum("a", 2.0)], &events), 0);
        assert_eq!(remember(&mut sent, b"two", &[datum("a", 2.0)], &events), 1);
        assert_eq!(sent.sharing(b"three", &[3]).len(), 1);
    }
}
