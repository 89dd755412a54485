//! What an environment remembers from batch to batch, bounded in bytes.

use std::collections::{HashSet, VecDeque};

use super::dimensions::Dimensions;
use super::exemplars::Shown;
use super::sources::Sources;
use crate::keyed::{Bytes, Keyed, NoHash, key_of};
use crate::record::flow;
use crate::request::execution::Carry;
use crate::request::invocation;

/// Most ids of log events that are remembered. A batch of failures holds some thousands, and a repeat comes within
/// minutes. The queue has room for 131,072 of 8 bytes, the set for 262,144 of 9 bytes: 3.4 MB, which a test measures.
const MOST_EVENTS: usize = 100_000;

/// Most log streams of functions whose open invocations are remembered.
const MOST_STREAMS: usize = 256;

/// What was counted, and what was left open.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    known: HashSet<u64, NoHash>,
    oldest_first: VecDeque<u64>,
    /// What a batch adds to these.
    noted: Noted,
    /// Open requests of execution logs.
    pub(super) carry: Carry,
    /// Open invocations, by log stream.
    streams: Keyed<invocation::Carry>,
    streams_oldest_first: VecDeque<u64>,
    /// Header lines of flow logs.
    pub(super) formats: flow::Formats,
    /// Dimension values given out.
    pub(super) dimensions: Dimensions,
    /// Kinds of log by API.
    pub(super) sources: Sources,
    /// Exemplars shown.
    pub(super) shown: Shown,
}

impl Memory {
    /// What a batch begins with, to be taken over when it is accepted.
    pub(super) fn of_batch(&self) -> Self {
        Self { formats: self.formats.clone(), ..Self::default() }
    }

    /// The log events that a batch noted: those that count, and were not known before.
    pub fn events(&self) -> Vec<u64> {
        self.noted.events.iter().flatten().copied().collect()
    }

    /// What stands for a log stream.
    pub(super) fn stream_key(log_group: &str, log_stream: &str) -> u64 {
        key_of((log_group, log_stream))
    }

    /// What stands for a log event: the same event has the same group, stream and id.
    #[inline]
    pub(super) fn event_key(stream_key: u64, id: &[u8]) -> u64 {
        key_of((stream_key, Bytes(id)))
    }

    /// What the batch before left open of this log stream.
    pub(super) fn of_stream(&self, log_group: &str, log_stream: &str) -> invocation::Carry {
        let key = key_of((log_group, log_stream));
        self.streams.get(&key).cloned().unwrap_or_default()
    }

    /// Keeps what a batch leaves open of this log stream.
    pub(super) fn keep_stream(&mut self, log_group: &str, log_stream: &str, carry: invocation::Carry) {
        self.insert_stream(key_of((log_group, log_stream)), carry);
    }

    fn insert_stream(&mut self, key: u64, carry: invocation::Carry) {
        if carry.is_empty() {
            // Its place in the queue goes when its turn comes.
            self.streams.remove(&key);
            return;
        }
        if self.streams.insert(key, carry).is_none() {
            self.streams_oldest_first.push_back(key);
        }
        if self.streams_oldest_first.len() > MOST_STREAMS
            && let Some(oldest) = self.streams_oldest_first.pop_front()
        {
            self.streams.remove(&oldest);
        }
    }

    /// Whether the log event was counted.
    pub(super) fn knows(&self, event: u64) -> bool {
        self.known.contains(&event)
    }

    /// Notes a log event of a batch; false where the batch had it before.
    #[inline]
    pub(super) fn note(&mut self, event: u64, id: &[u8]) -> bool {
        self.noted.note(event, id)
    }

    /// Takes a log event for counted.
    pub(super) fn remember(&mut self, event: u64) {
        if self.known.insert(event) {
            self.oldest_first.push_back(event);
        }
        if self.oldest_first.len() > MOST_EVENTS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// Takes a log event for counted while one batch is counted once more: nothing that is remembered makes room for it.
    pub(super) fn suppose(&mut self, event: u64) {
        self.known.insert(event);
    }

    /// Adds what a batch noted, and its open requests in place of the former ones, which it had taken up.
    pub(super) fn take_over(&mut self, batch: Self) {
        for event in batch.noted.events.into_iter().flatten() {
            self.remember(event);
        }
        self.carry = batch.carry;
        self.formats = batch.formats;
        self.dimensions.take_over(batch.dimensions);
        self.sources.take_over(batch.sources);
        self.shown.take_over(batch.shown);
        for key in batch.streams_oldest_first {
            if let Some(carry) = batch.streams.get(&key) {
                self.insert_stream(key, carry.clone());
            }
        }
    }
}

/// Log events noted in one piece, 32 KiB. One vector of all of them would leave holes of its size behind as it grows.
const PIECE: usize = 4_096;

/// The log events that a batch noted.
#[derive(Debug, Clone, Default)]
struct Noted {
    /// In pieces.
    events: Vec<Vec<u64>>,
    /// The id of the last one.
    last_id: Vec<u8>,
    /// The events by themselves, once an id did not rise.
    index: Option<HashSet<u64, NoHash>>,
}

impl Noted {
    /// The ids of a batch rise as a rule, and while they do no two are the same: no set has to tell.
    #[inline]
    fn note(&mut self, event: u64, id: &[u8]) -> bool {
        let rises = self.events.is_empty() || (id.len() == self.last_id.len() && id > &self.last_id[..]);
        if !rises || self.index.is_some() {
            let events = &self.events;
            let index = self.index.get_or_insert_with(|| events.iter().flatten().copied().collect());
            if !index.insert(event) {
                return false;
            }
        }
        id.clone_into(&mut self.last_id);
        match self.events.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(event),
            _ => self.events.push(vec![event]),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_supposed_pushes_nothing_out_of_a_full_memory() {
        let mut memory = Memory::default();
        let events = 2 * MOST_EVENTS as u64;
        (0..MOST_EVENTS as u64).for_each(|event| memory.remember(event));
        (MOST_EVENTS as u64..events).for_each(|event| memory.suppose(event));
        assert!((0..events).all(|event| memory.knows(event)));
    }

    #[test]
    fn an_id_that_comes_again_is_known_wherever_it_comes() {
        for ids in [
            &["1", "2", "3", "2", "4", "1", "4"][..],
            &["3", "2", "1", "3", "2", "1"],
            &["1", "1"],
            &["5", "50", "5", "6", "50"],
            &["", "1", "", "1"],
        ] {
            let mut noted = Noted::default();
            let mut plain = std::collections::BTreeSet::new();
            for id in ids {
                assert_eq!(noted.note(key_of(id), id.as_bytes()), plain.insert(id), "{id} of {ids:?}");
            }
            assert_eq!(noted.events.iter().flatten().count(), plain.len());
        }
    }
}
