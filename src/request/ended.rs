//! Requests that ended, remembered because lines of them may come late.
//!
//! For the counts, not for speed: CloudWatch Logs keeps no order among the lines of one millisecond.

use super::execution::MOST_OPEN;
use super::slot::Slot;
use super::state::is_not_later;
use crate::classify::execution::RequestFinding;
use crate::keyed::{Keyed, growth};

/// Requests that a completion line ended, by the hash of their ID.
#[derive(Debug)]
pub(super) struct Ended<'c> {
    /// Requests of which nothing can change: they did not fail, or had their failure line. Nearly all requests are such, so
    /// a hash and a number of each are kept.
    settled: Keyed<Settled>,
    /// Those of the batches before. They may be many, and a batch of a few log events does not copy them.
    settled_before: &'c Keyed<Settled>,
    /// Failed requests without a failure line. They are reported when their batch ends, with the cause of a late one.
    pub(super) bare: Keyed<Slot>,
}

/// End of a request of which nothing can change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    /// When it ended.
    pub(super) end_ms: i64,
    /// Whether it had a failure line. Then the next failure line begins another request.
    pub(super) had_failure: bool,
}

impl Settled {
    /// In place of a request that is forgotten: no line is of its time.
    const FORGOTTEN: Self = Self { end_ms: i64::MIN, had_failure: false };
}

impl<'c> Ended<'c> {
    pub(super) fn resume(settled_before: &'c Keyed<Settled>, bare: Keyed<Slot>) -> Self {
        Self { settled: Keyed::default(), settled_before, bare }
    }

    /// Returns whether a line of this ID and time belongs to a remembered request.
    pub(super) fn owns(&self, hash: u64, timestamp_ms: i64, finding: &RequestFinding) -> bool {
        let is_of_settled = |settled: &Settled| {
            let begins_another = settled.had_failure && matches!(finding, RequestFinding::Failure(_));
            !begins_another && is_not_later(timestamp_ms, settled.end_ms)
        };
        match finding {
            RequestFinding::Ended(_)
            | RequestFinding::Opening(_)
            | RequestFinding::TraceId(_)
            | RequestFinding::ResourcePath(_) => false,
            _ if self.bare.get(&hash).is_some_and(|slot| is_not_later(timestamp_ms, slot.front.end_ms())) => true,
            RequestFinding::Failure(_) | RequestFinding::GatewayResponse(_) | RequestFinding::AuthorizerStarted => {
                let settled = self.settled.get(&hash).or_else(|| self.settled_before.get(&hash));
                settled.is_some_and(is_of_settled)
            }
            RequestFinding::Endpoint(_) | RequestFinding::AuthorizerDone => false,
        }
    }

    /// Remembers a request of which nothing can change.
    pub(super) fn settle(&mut self, hash: u64, settled: Settled) {
        bound(&mut self.settled);
        if let Some(more) = growth(self.settled.len(), self.settled.capacity()) {
            self.settled.reserve(more);
        }
        self.settled.insert(hash, settled);
    }

    /// Remembers a failed request without a failure line, in place of any other of its ID.
    pub(super) fn keep_bare(&mut self, hash: u64, slot: Slot) {
        if self.settled_before.contains_key(&hash) {
            self.settled.insert(hash, Settled::FORGOTTEN);
        } else {
            self.settled.remove(&hash);
        }
        self.bare.insert(hash, slot);
    }

    /// Returns whether no request is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.bare.is_empty() && self.settled.is_empty() && self.settled_before.is_empty()
    }

    /// Returns what the next batch needs: the requests that ended after `oldest_ms`, the settled ones of this batch alone.
    pub(super) fn carry_over(mut self, oldest_ms: i64) -> (Keyed<Settled>, Vec<(u64, Slot)>) {
        self.bare.retain(|_, slot| slot.front.end_ms() > oldest_ms);
        for slot in self.bare.values_mut() {
            slot.front.carry_over();
            drop(slot.take_ids());
        }
        (self.settled, self.bare.into_iter().collect())
    }
}

/// Adds the settled requests of a batch to those of the batches before it. Those that ended before `oldest_ms` go whenever
/// there is no room, so that nothing is walked through for a batch of a few log events.
pub(super) fn add_settled(all: &mut Keyed<Settled>, later: Keyed<Settled>, oldest_ms: i64) {
    if all.len() + later.len() > all.capacity() {
        all.retain(|_, settled| settled.end_ms > oldest_ms);
    }
    // In the order of a map, hashes would crowd a smaller map that grows.
    all.reserve(later.len());
    for (hash, settled) in later {
        bound(all);
        all.insert(hash, settled);
    }
}

/// Makes room for another settled request: forgets the older half of too many.
fn bound(all: &mut Keyed<Settled>) {
    if all.len() >= MOST_OPEN {
        let oldest_ms = median(all.values().map(|settled| settled.end_ms));
        all.retain(|_, settled| settled.end_ms > oldest_ms);
    }
}

/// Returns the median of times; the latest possible time without any.
pub(super) fn median(times: impl Iterator<Item = i64>) -> i64 {
    let mut times: Vec<i64> = times.collect();
    let middle = times.len() / 2;
    if times.is_empty() { i64::MAX } else { *times.select_nth_unstable(middle).1 }
}
