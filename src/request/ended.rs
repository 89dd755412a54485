//! Requests that ended, remembered because lines of them may come late.

use super::slot::{Ids, Slot};
use super::state::is_not_later;
use crate::classify::execution::Finding;
use crate::keyed::Keyed;

/// Requests that a completion line ended, by the hash of their ID.
#[derive(Debug, Clone, Default)]
pub(super) struct Ended {
    /// Requests of which nothing can change: they did not fail, or had their failure line. Nearly all requests are such, so
    /// a hash and a number of each are kept.
    pub(super) settled: Keyed<Settled>,
    /// Failed requests without a failure line. They are reported when their batch ends, with the cause of a late one.
    pub(super) bare: Keyed<Slot>,
}

/// End of a request of which nothing can change: its time, and whether it had a failure line. Both are in one number, since one
/// is kept for each request of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled(i64);

impl Settled {
    pub(super) fn new(end_ms: i64, had_failure: bool) -> Self {
        // Times that are no times are cut.
        Self(end_ms.clamp(i64::MIN / 2, i64::MAX / 2) << 1 | i64::from(had_failure))
    }

    fn end_ms(self) -> i64 {
        self.0 >> 1
    }

    /// Returns whether it had a failure line. Then the next failure line begins another request.
    fn had_failure(self) -> bool {
        self.0 & 1 != 0
    }
}

impl Ended {
    /// Returns whether a line of this ID and time belongs to a remembered request.
    pub(super) fn owns(&self, hash: u64, timestamp_ms: i64, finding: &Finding) -> bool {
        let is_of_settled = |settled: &Settled| {
            let begins_another = settled.had_failure() && matches!(finding, Finding::Failure(_));
            !begins_another && is_not_later(timestamp_ms, settled.end_ms())
        };
        match finding {
            Finding::Ended(_) | Finding::Opening(_) | Finding::TraceId(_) | Finding::ResourcePath(_) => false,
            _ if self.bare.get(&hash).is_some_and(|slot| is_not_later(timestamp_ms, slot.front.end_ms())) => true,
            Finding::Failure(_) | Finding::GatewayResponse(_) | Finding::AuthorizerStarted => {
                self.settled.get(&hash).is_some_and(is_of_settled)
            }
            Finding::Endpoint(_) | Finding::AuthorizerDone => false,
        }
    }

    #[cold]
    pub(super) fn forget_older_half_of_settled(&mut self) {
        let oldest_ms = median(self.settled.values().map(|settled| settled.end_ms()));
        self.settled.retain(|_, settled| settled.end_ms() > oldest_ms);
    }

    /// Keeps what the next batch needs: the requests that ended after `oldest_ms`.
    pub(super) fn carry_over(&mut self, oldest_ms: i64) {
        self.settled.retain(|_, settled| settled.end_ms() > oldest_ms);
        self.bare.retain(|_, slot| slot.front.end_ms() > oldest_ms);
        for slot in self.bare.values_mut() {
            slot.front.carry_over();
            slot.ids = Ids::default();
        }
    }
}

/// Returns the median of times; the latest possible time without any.
pub(super) fn median(times: impl Iterator<Item = i64>) -> i64 {
    let mut times: Vec<i64> = times.collect();
    let middle = times.len() / 2;
    if times.is_empty() { i64::MAX } else { *times.select_nth_unstable(middle).1 }
}
