//! Log events that a batch shares with batches of which CloudWatch took a part only.
//!
//! A log event that comes again in another batch is known once its batch is finished. Of a batch that failed half-way
//! some counts are in CloudWatch and others are not. Its log events are not known yet: should its retry go to another
//! environment, nobody here would count the rest. So a batch that shares them is counted once more, as if they were
//! known, and leads to that much wherever CloudWatch has their counts already.
//!
//! Without this, 1,303 of the first 10,000 random histories in `tests/histories.rs` count something twice; with it, none.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Part;
use super::request;
use super::sent::{Sent, Unfinished};
use crate::tally::{Datum, Dimensions};

/// Most unfinished batches that a batch is compared with: as many as a [`BatchSet`] has bits.
const MOST_OTHERS: usize = u32::BITS as usize;

/// Most times that a batch is counted once more. One will do unless several unfinished batches share its log events.
const MOST_RECOUNTS: usize = 8;

/// A set of unfinished batches: a bit for each.
type BatchSet = u32;

/// Metric, dimensions and minute, as they were counted.
type DatumKey = (&'static str, Dimensions, i64);

/// It cannot be told what CloudWatch has of a datum.
struct Unknown;

/// Leaves out of the data of a batch what CloudWatch has of the same log events. False where that cannot be told for all
/// of it; what it cannot be told for is left in, so that nothing is lost.
///
/// `recount` gives the data of the batch as if the log events handed to it had been counted before.
pub(super) fn subtract(
    sent: &Sent,
    part: &mut Part<'_>,
    now_ms: i64,
    recount: impl Fn(&[u64]) -> Option<Vec<Datum>>,
) -> bool {
    let others = sent.sharing(part.batch, &part.events);
    if others.is_empty() {
        return true;
    }
    if others.len() > MOST_OTHERS {
        return false;
    }
    let counted = std::mem::take(&mut part.data);
    let keys = counted.iter().map(key_of).collect();
    let own = sent.unfinished(part.batch);
    let mut recounts = Recounts { own, others, keys, recount, done: BTreeMap::new() };
    let mut is_certain = true;
    for datum in counted {
        match recounts.left(sent, &datum, now_ms) {
            Ok(left) => part.data.extend(left),
            Err(Unknown) => {
                is_certain = false;
                part.data.push(datum);
            }
        }
    }
    is_certain
}

/// A batch, counted without the log events of some unfinished batches or others.
struct Recounts<'s, F> {
    /// What CloudWatch took of the batch itself.
    own: Option<&'s Unfinished>,
    others: Vec<&'s Unfinished>,
    /// Where the batch counts as it is.
    keys: HashSet<DatumKey>,
    recount: F,
    done: BTreeMap<BatchSet, Option<HashMap<DatumKey, Datum>>>,
}

impl<F: Fn(&[u64]) -> Option<Vec<Datum>>> Recounts<'_, F> {
    /// What is left to be sent of a datum.
    fn left(&mut self, sent: &Sent, datum: &Datum, now_ms: i64) -> Result<Option<Datum>, Unknown> {
        let key = key_of(datum);
        let without_all = self.without(BatchSet::MAX >> (MOST_OTHERS - self.others.len()))?;
        let is_shared = without_all.get(&key).map_or(0.0, request::sum) < request::sum(datum);
        let Some(as_sent) = request::as_sent(datum, now_ms).filter(|_| is_shared) else {
            return Ok(Some(datum.clone()));
        };
        let as_sent = sent.key(&as_sent);
        let batches = (0..).zip(&self.others).filter(|(_, other)| other.has_accepted(as_sent));
        let batches: BatchSet = batches.map(|(bit, _)| 1 << bit).sum();
        if batches != 0 {
            return Ok(self.without(batches)?.get(&key).cloned());
        }
        // A request of which one batch holds more lines than the other may have counted elsewhere. What was tried here by
        // the batch itself the others may have left out for that reason.
        let is_tried = self.own.iter().chain(&self.others).any(|batch| batch.has_tried(as_sent));
        if is_tried { Ok(Some(datum.clone())) } else { Err(Unknown) }
    }

    /// What the batch leads to without the log events of these batches.
    fn without(&mut self, batches: BatchSet) -> Result<&HashMap<DatumKey, Datum>, Unknown> {
        if !self.done.contains_key(&batches) {
            if self.done.len() == MOST_RECOUNTS {
                return Err(Unknown);
            }
            let data = (self.recount)(&self.events_of(batches));
            let counts = data.map(|data| data.into_iter().map(|datum| (key_of(&datum), datum)).collect());
            // What counts elsewhere now would be left out there and here.
            let counts = counts.filter(|counts: &HashMap<_, _>| counts.keys().all(|key| self.keys.contains(key)));
            self.done.insert(batches, counts);
        }
        self.done.get(&batches).and_then(Option::as_ref).ok_or(Unknown)
    }

    fn events_of(&self, batches: BatchSet) -> Vec<u64> {
        let held = (0..).zip(&self.others).filter(|(bit, _)| batches >> bit & 1 == 1);
        held.flat_map(|(_, other)| other.events()).copied().collect()
    }
}

fn key_of(datum: &Datum) -> DatumKey {
    (datum.metric, datum.dimensions.clone(), datum.timestamp_ms)
}
