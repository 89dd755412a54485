//! What an environment remembers from batch to batch, bounded in bytes.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use crate::request::execution::Carry;

/// Most ids of log events that are remembered. A batch of failures holds some thousands, and a repeat comes within
/// minutes. An id takes 8 bytes in the queue and about 18 in the set: 100,000 ids are 2.6 MB.
const MOST_EVENTS: usize = 100_000;

/// Ids are long and of no interest in themselves: a keyed hash stands for each. One in 10¹⁴ would clash.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What was counted, and what was left open.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    known: HashSet<u64>,
    oldest_first: VecDeque<u64>,
    pub(super) carry: Carry,
}

impl Memory {
    /// What stands for a log event: the same event has the same group, stream and id.
    pub(super) fn event_key(&self, log_group: &str, log_stream: &str, id: &str) -> u64 {
        HASHER.hash_one((log_group, log_stream, id))
    }

    /// Whether the log event was counted.
    pub(super) fn knows(&self, event: u64) -> bool {
        self.known.contains(&event)
    }

    /// Notes a log event; false where it was noted before.
    pub(super) fn note(&mut self, event: u64) -> bool {
        let is_new = self.known.insert(event);
        if is_new {
            self.oldest_first.push_back(event);
        }
        is_new
    }

    /// Adds what a batch noted, and its open requests in place of the former ones, which it had taken up.
    pub(super) fn take_over(&mut self, batch: Self) {
        for event in batch.oldest_first {
            self.note(event);
            if self.oldest_first.len() > MOST_EVENTS
                && let Some(oldest) = self.oldest_first.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        self.carry = batch.carry;
    }
}
