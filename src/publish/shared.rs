//! Log events that a batch shares with half-accepted batches.
//!
//! A log event that occurs again in another batch is a duplicate once its batch is finished. Of a batch that failed
//! halfway CloudWatch has some counts and lacks others. Its log events are no duplicates yet: if its retry goes to
//! another environment, nobody here counts the rest. So a batch that shares them is counted again without them. For
//! each datum that CloudWatch already has, the result of this recount is sent.
//!
//! Without this, 1,303 of the first 10,000 random histories in `tests/it/histories.rs` count something twice; with it,
//! none.

use std::collections::{HashMap, HashSet};

use super::BatchData;
use super::request;
use super::sent::{Sent, Unfinished};
use crate::tally::{Datum, Dimensions};

/// Most unfinished batches to compare a batch with: the bits of a [`BatchSet`].
const MOST_OTHERS: usize = u32::BITS as usize;

/// Most recounts of a batch; our own limit. One is enough unless several unfinished batches share its log events.
const MOST_RECOUNTS: usize = 8;

/// Set of unfinished batches: one bit for each.
type BatchSet = u32;

/// Metric, dimensions and minute, before they are adjusted.
type DatumKey = (&'static str, Dimensions, i64);

/// How much CloudWatch has of a datum is unknown.
struct Unknown;

/// Subtracts counts already accepted for the same log events in another, half-accepted batch. Returns false if that was
/// not possible for all data; the others stay, so that nothing is lost.
///
/// `recount` returns the data of the batch without the log events passed to it.
pub(super) fn subtract(
    sent: &Sent,
    part: &mut BatchData<'_>,
    now_ms: i64,
    recount: &dyn Fn(&[u64]) -> Option<Vec<Datum>>,
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
    let mut recounts = Recounts { own, others, keys, recount, done: Vec::new() };
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

/// Recounts of a batch, each without the log events of some unfinished batches.
struct Recounts<'s> {
    /// The accepted data of the batch itself.
    own: Option<&'s Unfinished>,
    others: Vec<&'s Unfinished>,
    /// Keys of the first count, with all log events.
    keys: HashSet<DatumKey>,
    recount: &'s dyn Fn(&[u64]) -> Option<Vec<Datum>>,
    /// Results of the few recounts; None for one with other keys than the first count.
    done: Vec<(BatchSet, Option<HashMap<DatumKey, Datum>>)>,
}

impl Recounts<'_> {
    /// Returns the part of a datum to send; None if CloudWatch has all of it.
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
        // No other batch has this datum in CloudWatch. If one of them tried it, it was not accepted. If this batch
        // tried it before, the others may have subtracted it for that reason. In both cases all of it is sent.
        // Otherwise the other batches may have counted the request under another key, since they hold more or fewer of
        // its lines.
        let is_tried = self.own.iter().chain(&self.others).any(|batch| batch.has_tried(as_sent));
        if is_tried { Ok(Some(datum.clone())) } else { Err(Unknown) }
    }

    /// Returns the data of the batch without the log events of these batches.
    fn without(&mut self, batches: BatchSet) -> Result<&HashMap<DatumKey, Datum>, Unknown> {
        let at = self.done.iter().position(|(of, _)| *of == batches).unwrap_or(self.done.len());
        if at == self.done.len() {
            if at == MOST_RECOUNTS {
                return Err(Unknown);
            }
            let data = (self.recount)(&self.events_of(batches));
            let counts = data.map(|data| data.into_iter().map(|datum| (key_of(&datum), datum)).collect());
            // A count under a key that the first count lacks would be missing under its old key and never be sent.
            let counts = counts.filter(|counts: &HashMap<_, _>| counts.keys().all(|key| self.keys.contains(key)));
            self.done.push((batches, counts));
        }
        self.done[at].1.as_ref().ok_or(Unknown)
    }

    fn events_of(&self, batches: BatchSet) -> Vec<u64> {
        let held = (0..).zip(&self.others).filter(|(bit, _)| batches >> bit & 1 == 1);
        held.flat_map(|(_, other)| other.events()).copied().collect()
    }
}

fn key_of(datum: &Datum) -> DatumKey {
    (datum.metric, datum.dimensions.clone(), datum.timestamp_ms)
}
