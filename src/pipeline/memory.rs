//! Memory of an environment from batch to batch, bounded in bytes.

use std::collections::{HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use super::Pipeline;
use super::both_kinds::KindsSeen;
use super::dimensions::GivenDimensions;
use super::exemplars::Shown;
use crate::keyed::{Keyed, NoHash, growth, key_of};
use crate::record::flow;
use crate::request::execution::RequestCarry;
use crate::request::invocation;

/// Most ids of log events that are remembered, and most of one batch. A batch of failures holds some thousands, and a repeat
/// comes within minutes. The queue has room for 131,072 of 8 bytes, the set for 262,144 of 9 bytes: 3.4 MB, which a test
/// measures.
const MOST_EVENTS: usize = 100_000;

/// Most log streams of functions whose open invocations are remembered.
const MOST_STREAMS: usize = 256;

/// Most invocations that all of them may hold, each some hundred bytes; a single stream may have more. A stream has one or two,
/// that of a Managed Instance some dozens.
const MOST_INVOCATIONS: usize = 16_384;

/// Memory of an environment: log events that were counted, and requests and invocations left open.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    counted: Events,
    pub(super) left_open: LeftOpen,
    /// Header lines of flow logs.
    pub(super) formats: flow::Formats,
    /// Dimension values given out.
    pub(super) dimensions: GivenDimensions,
    /// Kinds of log by API.
    pub(super) kinds_seen: KindsSeen,
}

/// Open requests and invocations of the batches so far, and exemplars shown. A clone shares the requests, which may be many.
#[derive(Debug, Clone, Default)]
pub struct LeftOpen {
    /// Open requests of execution logs.
    pub(super) carry: Arc<RequestCarry>,
    /// Open invocations, by log stream.
    streams: Keyed<invocation::InvocationCarry>,
    /// How many invocations they hold.
    invocations: usize,
    streams_oldest_first: VecDeque<u64>,
    /// Exemplars shown.
    pub(super) shown: Shown,
}

/// Additions of one batch to the [`Memory`], merged by [`commit`](Pipeline::commit).
#[derive(Debug, Clone, Default)]
pub struct Additions {
    events: HashSet<u64, NoHash>,
    /// The open requests, in place of the former ones, which the batch had taken up, and those that ended in it.
    pub(super) carry: RequestCarry,
    /// Open invocations of the batch by log stream: one, but for centralised logs.
    pub(super) streams: Vec<(u64, invocation::InvocationCarry)>,
    pub(super) formats: flow::Formats,
    pub(super) dimensions: GivenDimensions,
    pub(super) kinds_seen: KindsSeen,
    pub(super) shown: Shown,
}

impl Additions {
    /// The log events that count in this batch and were not known before.
    pub fn events(&self) -> Vec<u64> {
        self.events.iter().copied().collect()
    }

    /// Adds a log event; false if the batch had it before. Of too many the first are known.
    pub(super) fn note(&mut self, event: u64) -> bool {
        if self.events.len() >= MOST_EVENTS {
            return !self.events.contains(&event);
        }
        if let Some(more) = growth(self.events.len(), self.events.capacity()) {
            self.events.reserve(more);
        }
        self.events.insert(event)
    }
}

impl LeftOpen {
    /// Returns the invocations that the batch before left open in a log stream; may be empty.
    fn of_stream(&self, stream_key: u64) -> invocation::InvocationCarry {
        self.streams.get(&stream_key).cloned().unwrap_or_default()
    }

    fn insert_stream(&mut self, key: u64, carry: invocation::InvocationCarry) {
        if carry.is_empty() {
            // Its place in the queue goes when its turn comes.
            self.remove_stream(key);
            return;
        }
        self.invocations += carry.invocations();
        match self.streams.insert(key, carry) {
            Some(before) => self.invocations -= before.invocations(),
            None => self.streams_oldest_first.push_back(key),
        }
        while self.streams_oldest_first.len() > MOST_STREAMS
            || self.invocations > MOST_INVOCATIONS && self.streams_oldest_first.len() > 1
        {
            let Some(oldest) = self.streams_oldest_first.pop_front() else { break };
            self.remove_stream(oldest);
        }
    }

    fn remove_stream(&mut self, key: u64) {
        if let Some(carry) = self.streams.remove(&key) {
            self.invocations -= carry.invocations();
        }
    }
}

impl Memory {
    /// Additions with what a batch needs of the memory to begin with.
    pub(super) fn begin_batch(&self) -> Additions {
        Additions { formats: self.formats.clone(), ..Additions::default() }
    }

    /// Returns the key of a log stream.
    pub(super) fn stream_key(log_group: impl Hash, log_stream: &str) -> u64 {
        key_of((log_group, log_stream))
    }

    /// Returns the key of a log event: the same event has the same group, stream and id.
    #[inline]
    pub(super) fn event_key(stream_key: u64, id: &[u8]) -> u64 {
        key_of((stream_key, id))
    }

    /// Returns the invocations that the batch before left open in a log stream; may be empty.
    pub(super) fn of_stream(&self, stream_key: u64) -> invocation::InvocationCarry {
        self.left_open.of_stream(stream_key)
    }

    /// Takes log events for new again.
    pub(super) fn forget(&mut self, events: &HashSet<u64, NoHash>) {
        let Events { known, oldest_first } = &mut self.counted;
        known.retain(|event| !events.contains(event));
        oldest_first.retain(|event| !events.contains(event));
    }

    /// Whether the log event was counted.
    pub(super) fn knows(&self, event: u64) -> bool {
        self.counted.known.contains(&event)
    }

    /// Takes a log event for counted while one batch is counted once more: nothing that is remembered makes room for it.
    pub(super) fn suppose(&mut self, event: u64) {
        self.counted.known.insert(event);
    }

    /// Merges what a batch adds.
    pub(super) fn merge(&mut self, additions: Additions) {
        // In the order of a set, events would crowd a smaller set that grows.
        self.counted.known.reserve(additions.events.len());
        for event in additions.events {
            self.counted.insert(event);
        }
        let left_open = &mut self.left_open;
        left_open.carry = Arc::new(std::mem::take(&mut left_open.carry).followed_by(additions.carry));
        self.formats = additions.formats;
        self.dimensions.merge(additions.dimensions);
        self.kinds_seen.merge(additions.kinds_seen);
        left_open.shown.merge(additions.shown);
        for (key, carry) in additions.streams {
            left_open.insert_stream(key, carry);
        }
    }
}

/// Control of the memory of a pipeline by its caller.
impl Pipeline {
    /// Returns what is left open now, to [`restore`](Self::restore) if a row of batches fails together.
    pub fn left_open(&self) -> LeftOpen {
        self.memory.left_open.clone()
    }

    /// Goes back to what was left open before, and forgets the log events counted since. The dimension values given out stay:
    /// some of the data may have been accepted, and the next try must fold the same values into `other`.
    pub fn restore(&mut self, left_open: LeftOpen, events: impl IntoIterator<Item = u64>) {
        self.memory.left_open = left_open;
        self.memory.forget(&events.into_iter().collect());
    }

    /// Returns a pipeline that takes these log events for counted.
    #[must_use]
    pub fn knowing(&self, events: &[u64]) -> Self {
        let mut knowing = self.clone();
        for event in events {
            knowing.memory.suppose(*event);
        }
        knowing
    }

    /// Remembers the dimension values that a batch was given, and nothing else: its data were not all accepted.
    pub fn keep_dimensions(&mut self, additions: Additions) {
        self.memory.dimensions.merge(additions.dimensions);
    }

    /// Merges what a batch adds to the memory. Call it once its data were accepted, or be ready to [`restore`](Self::restore).
    pub fn commit(&mut self, additions: Additions) {
        self.memory.merge(additions);
    }
}

/// Log events, the latest of them.
#[derive(Debug, Clone, Default)]
struct Events {
    known: HashSet<u64, NoHash>,
    oldest_first: VecDeque<u64>,
}

impl Events {
    /// Adds a log event; false where it was there before.
    fn insert(&mut self, event: u64) -> bool {
        let is_new = self.known.insert(event);
        if is_new {
            self.oldest_first.push_back(event);
        }
        if self.oldest_first.len() > MOST_EVENTS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.known.remove(&oldest);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::invocation::InvocationFinding;
    use crate::record::lambda::{InvocationId, PlatformFormat, Start};
    use crate::request::invocation::Invocations;

    /// Returns the carry of so many open invocations of a Managed Instance.
    fn open(invocations: u128) -> invocation::InvocationCarry {
        let mut stream = Invocations::new();
        stream.add("orders", 1, &InvocationFinding::ManagedInstance, &mut |_| None);
        for n in 0..invocations {
            let start = Start {
                request_id: InvocationId::new(&format!("00000000-0000-4000-8000-{n:012}")),
                format: PlatformFormat::Text,
            };
            stream.add("orders", 1, &InvocationFinding::Start(start), &mut |_| None);
        }
        stream.finish("orders", &mut |_| None)
    }

    #[test]
    fn invocations_left_open_are_bounded_over_all_streams_and_the_latest_are_kept() {
        let mut memory = LeftOpen::default();
        for stream in 0..100 {
            memory.insert_stream(stream, open(1_000));
            assert!(memory.invocations <= MOST_INVOCATIONS && memory.streams.contains_key(&stream));
            let held: usize = memory.streams.values().map(invocation::InvocationCarry::invocations).sum();
            assert_eq!(held, memory.invocations);
        }
        assert_eq!(memory.streams.len(), MOST_INVOCATIONS / 1_000);
        (0..100).for_each(|stream| memory.insert_stream(stream, invocation::InvocationCarry::default()));
        assert_eq!((memory.invocations, memory.streams.len()), (0, 0));
    }

    #[test]
    fn what_is_supposed_pushes_nothing_out_of_a_full_memory() {
        let mut memory = Memory::default();
        let events = 2 * MOST_EVENTS as u64;
        assert!((0..MOST_EVENTS as u64).all(|event| memory.counted.insert(event)));
        (MOST_EVENTS as u64..events).for_each(|event| memory.suppose(event));
        assert!((0..events).all(|event| memory.knows(event)));
    }

    #[test]
    fn the_first_log_events_of_a_batch_are_known_to_it_and_all_of_these_afterwards() {
        let (mut additions, mut memory) = (Additions::default(), Memory::default());
        let most = MOST_EVENTS as u64;
        assert!((0..2 * most).all(|event| additions.note(event)));
        assert!(!additions.note(0) && !additions.note(most - 1) && additions.note(most));
        memory.merge(additions);
        assert!((0..2 * most).all(|event| memory.knows(event) == (event < most)));
    }

    #[test]
    fn the_latest_log_events_are_kept_each_once() {
        let mut events = Events::default();
        for event in 0..2 * MOST_EVENTS as u64 {
            assert!(events.insert(event) && !events.insert(event));
        }
        assert_eq!((events.known.len(), events.oldest_first.len()), (MOST_EVENTS, MOST_EVENTS));
        assert!(!events.known.contains(&0) && events.known.contains(&(2 * MOST_EVENTS as u64 - 1)));
    }
}
