//! What was accepted of batches that failed half-way.
//!
//! Lambda hands such a batch over again, byte for byte. What was accepted then is taken away from what the batch leads
//! to now, count by count: the carry-over may have changed in between, so that whole requests would not be alike.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::own::OwnMetrics;
use super::request::sum;
use crate::tally::{Datum, Unit};

/// Most data that are remembered, for all batches. Each takes some 40 bytes: less than 2 MB.
const DATA_REMEMBERED: usize = 32_768;

/// Less than this of a count is what rounding leaves.
const ROUNDING: f64 = 1e-9;

/// Accepted data by batch, the oldest batch first.
#[derive(Debug, Default)]
pub(super) struct Sent {
    hashers: [RandomState; 2],
    batches: VecDeque<(u128, HashMap<u128, f64>)>,
}

impl Sent {
    /// Takes away from `data` what was accepted of this batch. Says how many data are gone or less for it.
    pub(super) fn take_away(&self, batch: &[u8], data: &mut Vec<Datum>) -> usize {
        // Hashing a batch costs as much as reading it; nearly always there is nothing to compare with.
        if self.batches.is_empty() || data.is_empty() {
            return 0;
        }
        let batch = self.hash(batch);
        let Some((_, accepted)) = self.batches.iter().find(|(key, _)| *key == batch) else { return 0 };
        let mut touched = 0;
        data.retain_mut(|datum| {
            let Some(amount) = accepted.get(&self.place(datum)) else { return true };
            touched += 1;
            reduce(datum, *amount)
        });
        touched
    }

    /// Remembers what was accepted of a batch that is not finished.
    pub(super) fn remember<'a>(&mut self, batch: &[u8], accepted: impl Iterator<Item = &'a Datum>) {
        let batch_hash = self.hash(batch);
        let known = self.batches.iter().position(|(key, _)| *key == batch_hash);
        let mut data = known.and_then(|at| self.batches.remove(at)).map(|(_, data)| data).unwrap_or_default();
        for datum in accepted.filter(|datum| !OwnMetrics::holds(datum)) {
            *data.entry(self.place(datum)).or_default() += sum(datum);
        }
        if data.is_empty() {
            return;
        }
        self.batches.push_back((batch_hash, data));
        while self.batches.len() > 1 && self.data() > DATA_REMEMBERED {
            self.batches.pop_front();
        }
    }

    /// Forgets a batch that was accepted to its end.
    pub(super) fn forget(&mut self, batch: &[u8]) {
        if !self.batches.is_empty() {
            let batch = self.hash(batch);
            self.batches.retain(|(key, _)| *key != batch);
        }
    }

    fn data(&self) -> usize {
        self.batches.iter().map(|(_, data)| data.len()).sum()
    }

    /// The places of these data.
    pub(super) fn places<'a>(&self, data: impl Iterator<Item = &'a Datum>) -> HashSet<u128> {
        data.map(|datum| self.place(datum)).collect()
    }

    /// Metric, dimensions and minute: what two data must share for CloudWatch to add them up.
    pub(super) fn place(&self, datum: &Datum) -> u128 {
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

    #[test]
    fn what_was_accepted_is_taken_away_from_the_same_batch_only() {
        let mut sent = Sent::default();
        sent.remember(b"one", [datum("a", 2.0)].iter());
        let mut again = vec![datum("a", 2.0), datum("b", 1.0)];
        assert_eq!(sent.take_away(b"one", &mut again), 1);
        assert_eq!(again, [datum("b", 1.0)]);

        // Another batch may well have the same counts; they are counts of other requests.
        let mut other = vec![datum("a", 2.0)];
        assert_eq!(sent.take_away(b"two", &mut other), 0);
        assert_eq!(other, [datum("a", 2.0)]);
    }

    #[test]
    fn a_count_that_has_grown_since_is_sent_for_the_rest() {
        let mut sent = Sent::default();
        sent.remember(b"one", [datum("a", 2.0)].iter());
        let mut again = vec![datum("a", 5.0)];
        sent.take_away(b"one", &mut again);
        assert_eq!(again, [datum("a", 3.0)]);
    }

    #[test]
    fn what_two_tries_got_accepted_adds_up() {
        let mut sent = Sent::default();
        sent.remember(b"one", [datum("a", 2.0)].iter());
        sent.remember(b"one", [datum("a", 1.0), datum("b", 1.0)].iter());
        let mut again = vec![datum("a", 3.0), datum("b", 1.0), datum("c", 1.0)];
        sent.take_away(b"one", &mut again);
        assert_eq!(again, [datum("c", 1.0)]);
    }

    #[test]
    fn a_finished_batch_is_forgotten() {
        let mut sent = Sent::default();
        sent.remember(b"one", [datum("a", 2.0)].iter());
        sent.forget(b"one");
        let mut again = vec![datum("a", 2.0)];
        assert_eq!(sent.take_away(b"one", &mut again), 0);
    }

    #[test]
    fn the_oldest_batches_go_when_there_are_too_many_data() {
        let mut sent = Sent::default();
        let many: Vec<_> = (0..1_000).map(|n| datum(&n.to_string(), 1.0)).collect();
        for batch in 0..100_u32 {
            sent.remember(&batch.to_le_bytes(), many.iter());
        }
        assert!(sent.data() <= DATA_REMEMBERED);
        let mut first = many.clone();
        assert_eq!(sent.take_away(&0_u32.to_le_bytes(), &mut first), 0);
        let mut last = many;
        assert_eq!(sent.take_away(&99_u32.to_le_bytes(), &mut last), 1_000);
    }
}
