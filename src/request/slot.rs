//! The open requests of one ID. Clients can choose the ID, so there can be several.

use std::collections::VecDeque;

use super::state::RequestState;
use crate::failure::RequestId;

/// Most open requests of one ID. The lines of a client that has more are mixed up.
const MOST_OTHERS: usize = 64;

/// Open requests of one ID.
#[derive(Debug, Clone, Default)]
pub(super) struct Slot {
    /// The request that the next line belongs to.
    pub(super) front: RequestState,
    /// Ids for an exemplar, of the few requests that fail.
    ids: Option<Box<Ids>>,
    /// The others; rarely any.
    pub(super) others: Option<Box<Others>>,
}

/// Request ID, kept once a request of it failed, and the trace id of that request.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    pub(super) id: Option<RequestId>,
    pub(super) trace_id: Option<String>,
}

/// The requests beside the front one, in two queues, since what a line without a clue may belong to differs: an opening line, a
/// failure or an answer to the front one and those behind it, an end to those that were left, too.
#[derive(Debug, Clone, Default)]
pub(super) struct Others {
    /// Failed requests, the oldest first. Only an end can still belong to them.
    pub(super) left: VecDeque<RequestState>,
    /// Requests that opened while the front one was open.
    pub(super) behind: VecDeque<RequestState>,
}

impl Slot {
    /// Keeps the ID of a request that failed.
    #[inline]
    pub(super) fn keep_id(&mut self, request_id: Option<&[u8]>) {
        if let Some(request_id) = request_id {
            self.ids.get_or_insert_default().id.get_or_insert_with(|| RequestId::of(request_id));
        }
    }

    /// Takes the ids, for the one exemplar that shows them.
    #[inline]
    pub(super) fn take_ids(&mut self) -> Ids {
        self.ids.take().map(|ids| *ids).unwrap_or_default()
    }

    /// Keeps the trace id.
    pub(super) fn keep_trace_id(&mut self, trace_id: &str) {
        self.ids.get_or_insert_default().trace_id = Some(trace_id.to_owned());
    }

    /// Returns whether a request of the ID failed.
    pub(super) fn has_id(&self) -> bool {
        self.ids.as_ref().is_some_and(|ids| ids.id.is_some())
    }

    /// Returns a request that ended, without the others of its ID.
    pub(super) fn ended(front: RequestState, ids: Ids) -> Self {
        Self { front, ids: Some(Box::new(ids)), others: None }
    }

    pub(super) fn behind_is_blank(&self) -> bool {
        self.others.as_ref().is_some_and(|others| others.behind.back().is_some_and(RequestState::is_blank))
    }

    /// Opens another request while the front one is open.
    pub(super) fn open_behind(&mut self) {
        let place = self.front.place;
        let others = self.others.get_or_insert_default();
        if others.behind.len() < MOST_OTHERS {
            others.behind.push_back(RequestState::at(place));
        }
    }

    /// Leaves the front request for the next one of the ID. Returns the request that is dropped for lack of room.
    pub(super) fn leave_front(&mut self) -> Option<RequestState> {
        let place = self.front.place;
        let others = self.others.get_or_insert_default();
        let next = others.behind.pop_front().unwrap_or_else(|| RequestState::at(place));
        others.left.push_back(std::mem::replace(&mut self.front, next));
        if others.left.len() > MOST_OTHERS { others.left.pop_front() } else { None }
    }

    /// Returns the requests, the oldest first.
    pub(super) fn states(&self) -> impl Iterator<Item = &RequestState> {
        let (left, behind) = self.others.as_ref().map(|others| (&others.left, &others.behind)).unzip();
        left.into_iter().flatten().chain([&self.front]).chain(behind.into_iter().flatten())
    }

    /// Keeps the requests that the next batch needs. Returns their number.
    pub(super) fn carry_over(&mut self, is_kept: impl Fn(&RequestState) -> bool) -> usize {
        if let Some(others) = &mut self.others {
            others.left.retain(&is_kept);
            others.behind.retain(&is_kept);
            others.left.iter_mut().chain(&mut others.behind).for_each(RequestState::carry_over);
        }
        if is_kept(&self.front) {
            self.front.carry_over();
        } else {
            // The left requests still wait for their ends, so a blank request takes the front.
            let behind = self.others.as_mut().and_then(|others| others.behind.pop_front());
            self.front = behind.unwrap_or_else(|| RequestState::at(self.front.place));
        }
        self.states().filter(|state| state.carried).count()
    }

    /// Returns whether no request is carried over.
    pub(super) fn is_done(&self) -> bool {
        self.states().all(|state| !state.carried)
    }

    pub(super) fn has_left(&self) -> bool {
        self.others.as_ref().is_some_and(|others| !others.left.is_empty())
    }
}
