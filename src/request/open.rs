//! The requests under way, by key: those whose lines come now as they are, the others packed when there are many.

use super::Place;
use super::packed::Packed;
use super::slot::Slot;
use super::state::State;
use crate::keyed::Keyed;

/// Most requests that are kept as they are, some 0.1 MB. At INFO level some dozens are open at the same time.
const MOST_WARM: usize = 448;

/// The requests under way.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// Where in `slots` the requests of a key are: to put them into the map itself would move them twice.
    warm: Keyed<u32>,
    slots: Vec<Slot>,
    /// Slots that hold nothing any more.
    free: Vec<u32>,
    /// How many warm ones are too many.
    pack_at: usize,
    packed: Packed,
}

impl Default for Open {
    fn default() -> Self {
        Self {
            warm: Keyed::default(),
            slots: Vec::new(),
            free: Vec::new(),
            pack_at: MOST_WARM,
            packed: Packed::default(),
        }
    }
}

impl Open {
    pub(super) fn is_empty(&self) -> bool {
        self.warm.is_empty() && self.packed.is_empty()
    }

    #[inline]
    pub(super) fn contains(&self, key: u64) -> bool {
        self.warm.contains_key(&key) || (!self.packed.is_empty() && self.packed.contains(key))
    }

    /// The requests of a key.
    #[inline]
    pub(super) fn get(&mut self, key: u64) -> Option<&mut Slot> {
        self.warm_up(key);
        let nth = *self.warm.get(&key)?;
        Some(&mut self.slots[nth as usize])
    }

    /// The same; where there are none, one that holds nothing yet.
    #[inline]
    pub(super) fn get_or_insert(&mut self, key: u64, place: Place) -> &mut Slot {
        self.warm_up(key);
        let nth = match self.warm.get(&key) {
            Some(nth) => *nth,
            None => self.warm(key, Slot::of(State::at(place))),
        };
        &mut self.slots[nth as usize]
    }

    /// The requests of a key are done with.
    pub(super) fn remove(&mut self, key: u64) {
        self.warm_up(key);
        self.free.extend(self.warm.remove(&key));
    }

    /// Keeps those that `keep` says, as it leaves them.
    #[must_use]
    pub(super) fn retain(mut self, mut keep: impl FnMut(u64, &mut Slot) -> bool) -> Self {
        let mut open = Self { packed: self.packed, ..Self::default() };
        open.packed.retain(|key, state| {
            let mut slot = Slot::of(*state);
            let is_kept = keep(key, &mut slot);
            *state = slot.front;
            is_kept
        });
        for (key, nth) in self.warm {
            let mut slot = std::mem::take(&mut self.slots[nth as usize]);
            if keep(key, &mut slot) {
                open.warm(key, slot);
            }
        }
        open
    }

    #[inline]
    fn warm_up(&mut self, key: u64) {
        if !self.packed.is_empty()
            && let Some(state) = self.packed.remove(key)
        {
            self.warm(key, Slot::of(state));
        }
    }

    /// Keeps a slot warm. Gives its place.
    #[inline]
    fn warm(&mut self, key: u64, slot: Slot) -> u32 {
        if self.warm.len() >= self.pack_at {
            self.pack();
        }
        let nth = match self.free.pop() {
            Some(nth) => {
                self.slots[nth as usize] = slot;
                nth
            }
            None => {
                self.slots.push(slot);
                // There are at most twice as many slots as log events in a batch, which are counted in 32 bits.
                (self.slots.len() - 1) as u32
            }
        };
        self.warm.insert(key, nth);
        nth
    }

    /// Packs what can be packed. What cannot is left, and looked at again when there is twice as much.
    #[cold]
    fn pack(&mut self) {
        let Self { warm, slots, free, packed, .. } = self;
        warm.retain(|key, nth| {
            let slot = &slots[*nth as usize];
            let is_packed = slot.others.is_none() && packed.insert(*key, &slot.front);
            free.extend(is_packed.then_some(*nth));
            !is_packed
        });
        self.pack_at = (self.warm.len() * 2).max(MOST_WARM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::execution::FailureLine;
    use crate::request::Names;

    /// A request of its own kind for each number: place, times, what is known of it.
    fn slot(names: &mut Names, n: u64) -> Slot {
        let place = names.place("a", &format!("stage-{}", n % 7));
        let mut state = State::at(place);
        let seen_ms = 1_700_000_000_000 + i64::try_from(n).unwrap() * 13;
        state.route = n.is_multiple_of(3).then(|| names.route("/orders"));
        state.seen(seen_ms, n.is_multiple_of(2));
        let line = FailureLine {
            integration: None,
            authorizer: None,
            names_authorizer: n.is_multiple_of(5),
            says_no_more: n.is_multiple_of(11),
            shape: None,
        };
        if !n.is_multiple_of(4) {
            // Every third of them was seen again later, and does not fit into a row.
            state.failure(&line, None, seen_ms - i64::from(n.is_multiple_of(3)));
        }
        if n.is_multiple_of(17) {
            state.completed(504, seen_ms);
        }
        Slot::of(state)
    }

    /// All that decides a count.
    fn told(slot: &Slot) -> String {
        let mut state = slot.front;
        let decided_ms = if state.failed() { state.decided_ms() } else { 0 };
        state.began(1);
        format!(
            "{:?} {:?} {:?} {decided_ms} {} {}",
            *state,
            state.place,
            state.route,
            state.seen_ms(),
            state.can_be_carried()
        )
    }

    #[test]
    fn requests_beyond_those_kept_warm_come_back_as_they_were() {
        let mut names = Names::default();
        let mut open = Open::default();
        let count = 5 * MOST_WARM as u64;
        // Keys spread over all bits, as hashes do.
        let key = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slots: Vec<Slot> = (0..count).map(|n| slot(&mut names, n)).collect();
        for (n, slot) in (0..).zip(&slots) {
            open.warm(key(n), slot.clone());
        }
        assert!(!open.packed.is_empty() && open.warm.len() < slots.len() / 2);
        for n in (0..count).step_by(2) {
            assert!(open.contains(key(n)), "{n}");
            assert_eq!(open.get(key(n)).map(|slot| told(slot)), Some(told(&slots[n as usize])), "{n}");
            open.remove(key(n));
            assert!(!open.contains(key(n)), "{n}");
        }
        let mut left = Vec::new();
        let open = open.retain(|key, slot| {
            left.push((key, told(slot)));
            key & 1 == 1
        });
        let mut kept = Vec::new();
        assert!(
            open.retain(|key, slot| {
                kept.push((key, told(slot)));
                false
            })
            .is_empty()
        );
        let mut expected: Vec<_> = (1..count).step_by(2).map(|n| (key(n), told(&slots[n as usize]))).collect();
        left.sort_unstable();
        expected.sort_unstable();
        assert_eq!(left, expected);
        kept.sort_unstable();
        expected.retain(|(key, _)| key & 1 == 1);
        assert_eq!(kept, expected);
    }
}
