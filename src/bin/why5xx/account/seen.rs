//! Ids of log events that were handed over, so that an overlap shows none of them twice.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// Most ids to keep: what one of the largest quotas delivers in five minutes is less. An id takes some 20 bytes.
const MOST_IDS: usize = 1_000_000;

/// Ids of log events by their time, the oldest first.
#[derive(Debug, Default)]
pub(super) struct SeenIds {
    by_time: BTreeMap<i64, HashSet<u64>>,
    count: usize,
    hasher: RandomState,
}

impl SeenIds {
    /// Notes a log event; false if it was seen before.
    pub(super) fn note(&mut self, timestamp_ms: i64, id: &str) -> bool {
        let is_new = self.by_time.entry(timestamp_ms).or_default().insert(self.hasher.hash_one(id));
        self.count += usize::from(is_new);
        while self.count > MOST_IDS {
            let Some((_, oldest)) = self.by_time.pop_first() else { break };
            self.count -= oldest.len();
        }
        is_new
    }

    /// Forgets what was logged before a time, which no later page holds.
    pub(super) fn forget_before(&mut self, timestamp_ms: i64) {
        let kept = self.by_time.split_off(&timestamp_ms);
        self.count -= std::mem::replace(&mut self.by_time, kept).values().map(HashSet::len).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_new_once_and_forgotten_events_take_no_room() {
        let mut seen = SeenIds::default();
        assert_eq!([1, 2, 1].map(|ms| seen.note(ms, "a")), [true, true, false]);
        assert!(seen.note(1, "b"));
        seen.forget_before(2);
        assert_eq!((seen.count, seen.note(2, "a"), seen.note(1, "a")), (1, false, true));
    }

    #[test]
    fn ids_are_bounded_and_the_oldest_go_first() {
        let mut seen = SeenIds::default();
        for ms in 0..MOST_IDS as i64 + 3 {
            seen.note(ms, "a");
        }
        assert_eq!(seen.count, MOST_IDS);
        assert!(!seen.note(3, "a") && seen.note(2, "a"));
    }
}
