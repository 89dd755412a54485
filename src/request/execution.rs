//! Groups the findings of execution logs by request.
//!
//! A request is (API, stage, request ID). Clients can choose the ID, so it repeats. Opening lines and ends separate the
//! requests of one ID. If requests of one ID overlap, a line belongs to the one that ends first.
//!
//! CloudWatch Logs keeps no order among the lines of one millisecond, nor among batches. So a request that ended without a
//! failure line is remembered: failure lines that are not later than its end belong to it.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::ended::{Ended, Settled, add_settled, median};
use super::slot::{Ids, Slot};
use super::state::{RequestPhase, RequestState, is_not_later};
use super::{Names, Place};
use crate::cause::{Cause, Role, Table};
use crate::classify::evidence::is_server_error;
use crate::classify::execution::{Opening, RequestFinding};
use crate::classify::shape;
use crate::failure::{Failure, FailureSink};
use crate::keyed::{Keyed, key_of};
use crate::record::Named;
use crate::settings::Settings;

/// API, stage and ID of a request.
#[derive(Debug, Clone, Copy)]
pub struct RequestKey<'a> {
    /// The API and its stage.
    pub place: Place,
    /// The number in the batch of the log group that the line is of.
    pub lane: u16,
    /// The request ID; None in the console's test output.
    pub request_id: Option<&'a [u8]>,
    /// The resource as configured; None if the line does not name it, or routes are not counted.
    pub resource_path: Option<&'a str>,
}

impl RequestKey<'_> {
    /// Returns the hash that stands for the requests of this ID.
    #[inline]
    fn hash(self) -> u64 {
        match self.request_id {
            Some(id) => key_of((self.place, id)),
            None => key_of(self.place),
        }
    }
}

/// Most open requests, in a batch and from one batch to the next. If there are more, the older half is judged by its lines
/// so far. At INFO level some dozens are open at the same time.
pub(super) const MOST_OPEN: usize = 20_000;

/// How long an open request is carried over: the longest time that an integration, a response stream, can take.
///
/// Source: API Gateway Developer Guide, "Response streaming": up to 15 minutes.
const CARRIED_FOR_MS: i64 = 15 * 60 * 1_000;

/// Open requests at the end of a batch, for the next batch of the same environment, and those that ended.
#[derive(Debug, Clone, Default)]
pub struct RequestCarry {
    /// By the hash of their ID. A list takes half of what a map takes.
    open: Vec<(u64, Slot)>,
    /// See [`Ended`]. Of [`Finished`] those that the batch adds.
    settled: Keyed<Settled>,
    bare: Vec<(u64, Slot)>,
    names: Names,
    /// Requests that ended before are forgotten.
    oldest_ms: i64,
}

impl RequestCarry {
    /// Returns what is open once a batch leaves `later`, when its data were accepted.
    pub(crate) fn followed_by(self: Arc<Self>, later: Self) -> Self {
        let mut settled = Arc::try_unwrap(self).map_or_else(|shared| shared.settled.clone(), |own| own.settled);
        add_settled(&mut settled, later.settled, later.oldest_ms);
        Self { settled, ..later }
    }
}

/// Accumulator for the requests of one batch.
#[derive(Debug)]
pub struct Requests<'t> {
    table: &'t Table,
    open: Keyed<Slot>,
    ended: Ended<'t>,
    /// Upper bound of the open requests that share an ID with another one.
    others: usize,
    names: Names,
    /// Exemplars without a trace id, by request. The trace id may be logged later.
    traceless: Keyed<usize>,
    /// Trace ids that were logged after the end, with the numbers of their exemplars.
    late_trace_ids: Vec<(usize, String)>,
    latest_ms: i64,
    /// Requests with lines in two batches.
    split: u64,
    /// Failures that an earlier batch counted under another cause, with that cause.
    corrections: Vec<(Failure, &'static Cause)>,
}

impl<'t> Requests<'t> {
    /// Starts a batch with the requests that the batch before left open.
    ///
    /// A carried request with a failure line, then `Ended(502)` → one split request, not counted again
    pub fn resume(carry: &'t RequestCarry, table: &'t Table, settings: &Settings) -> Self {
        Self {
            table,
            open: carry.open.iter().cloned().collect(),
            ended: Ended::resume(&carry.settled, carry.bare.iter().cloned().collect()),
            others: 0,
            names: carry.names.clone().bounded_by(settings),
            traceless: Keyed::default(),
            late_trace_ids: Vec::new(),
            latest_ms: i64::MIN,
            split: 0,
            corrections: Vec::new(),
        }
    }

    /// Returns the number of an API and stage in this batch.
    ///
    /// `a1b2c3d4e5`, `prod` → the same [`Place`] each time
    pub fn place(&mut self, api_id: &str, stage: &str, named: Named) -> Place {
        self.names.place(api_id, stage, named)
    }

    /// Adds a finding of the log event with this number. Calls `failed` for each request that it shows to have failed.
    ///
    /// `Ended(502)` of a request with the failure line of a timeout → `failed(Failure { status: Some(502), … })`
    pub fn add(
        &mut self,
        key: RequestKey<'_>,
        number: u64,
        timestamp_ms: i64,
        finding: &RequestFinding,
        failed: &mut FailureSink<'_>,
    ) {
        self.latest_ms = self.latest_ms.max(timestamp_ms);
        // These lines begin nothing, and no open request can own them.
        if self.open.is_empty() && matches!(finding, RequestFinding::Opening(_) | RequestFinding::AuthorizerDone) {
            return;
        }
        let hash = key.hash();
        match finding {
            RequestFinding::Opening(opening) => return self.opening(hash, *opening, key, timestamp_ms, failed),
            RequestFinding::TraceId(trace_id) => return self.trace_id(hash, trace_id),
            RequestFinding::AuthorizerDone if !self.open.contains_key(&hash) => return,
            _ if self.belongs_to_ended(hash, key, number, timestamp_ms, finding) => return,
            _ => {}
        }
        let route = match finding {
            RequestFinding::ResourcePath(path) => Some(path.as_str()),
            _ => key.resource_path,
        };
        let route = route.map(|path| self.names.route(path));
        self.make_room(failed);
        let mut slot = self.open.entry(hash).or_default();
        if Self::begins_next(slot, finding) {
            self.retire_front(hash, failed);
            slot = self.open.entry(hash).or_default();
        }
        (slot.front.place, slot.front.lane) = (key.place, key.lane);
        slot.front.began(number);
        slot.front.seen(timestamp_ms, key.request_id.is_some());
        if slot.front.carried {
            slot.front.carried = false;
            self.split += 1;
        }
        slot.front.keep_route(route);
        match finding {
            RequestFinding::Failure(line) => {
                let shape = line.shape.as_deref().and_then(|shape| self.names.keep_shape(shape));
                let mut oldest = None;
                if slot.front.takes_late_failure(timestamp_ms) {
                    slot.front.note_cause(self.table);
                    slot.front.failure(line, shape, timestamp_ms);
                    slot.keep_id(key.request_id);
                    return;
                }
                if slot.front.phase == RequestPhase::Answered {
                    // A failure line behind a gateway response begins the next request, unless a completion line of the
                    // answered one follows: see `completed`.
                    oldest = slot.leave_front();
                    self.others += 1;
                    slot.front.after_answer = true;
                    slot.front.began(number);
                    slot.front.seen(timestamp_ms, key.request_id.is_some());
                    slot.front.keep_route(route);
                }
                slot.front.failure(line, shape, timestamp_ms);
                slot.keep_id(key.request_id);
                if let Some(state) = oldest {
                    self.judge(hash, &state, &mut Ids::default(), failed);
                }
            }
            RequestFinding::GatewayResponse(response) => {
                slot.front.answered(response, timestamp_ms);
                if slot.front.evidence.failed() {
                    slot.keep_id(key.request_id);
                }
            }
            &RequestFinding::Ended(status) => {
                if is_server_error(status) {
                    slot.keep_id(key.request_id);
                }
                match Self::completed(slot, status, timestamp_ms) {
                    Some(left) => {
                        self.split += u64::from(left.carried);
                        let mut ids = slot.take_ids();
                        self.judge(hash, &left, &mut ids, failed);
                    }
                    // While requests are left, the next end may be theirs. So the front stays, as one that has its own
                    // end.
                    None if slot.has_left() => {}
                    None => self.retire_front(hash, failed),
                }
            }
            context => {
                slot.front.evidence.add_context(context);
            }
        }
    }

    /// Adds a finding that an accepted batch held too. The lines before it were delivered again as well, so the request
    /// that they began is that batch's: neither it nor its end counts.
    ///
    /// The failure line of a time-out that was counted, then a new `Ended(504)` → no failure
    pub fn repeated(
        &mut self,
        key: RequestKey<'_>,
        timestamp_ms: i64,
        finding: &RequestFinding,
        failed: &mut FailureSink<'_>,
    ) {
        let hash = key.hash();
        if matches!(finding, RequestFinding::Ended(_)) && !self.open.contains_key(&hash) {
            return;
        }
        if self.ended.owns(hash, timestamp_ms, finding) {
            return;
        }
        self.make_room(failed);
        let slot = self.open.entry(hash).or_default();
        (slot.front.place, slot.front.lane) = (key.place, key.lane);
        slot.front.seen(timestamp_ms, key.request_id.is_some());
        if slot.front.phase == RequestPhase::Open && !slot.front.evidence.has_failure() {
            match slot.others.as_mut().and_then(|others| others.left.pop_back()) {
                Some(original) => slot.front = original,
                None => slot.front.counted = true,
            }
        }
        if !slot.front.counted {
            return;
        }
        match finding {
            RequestFinding::Failure(line) => slot.front.failure(line, None, timestamp_ms),
            RequestFinding::GatewayResponse(response) => slot.front.answered(response, timestamp_ms),
            RequestFinding::Ended(status) => slot.front.completed(*status, timestamp_ms),
            _ => {}
        }
    }

    /// Handles an opening line. It begins a new request, unless the latest one of the ID holds opening lines only.
    fn opening(
        &mut self,
        hash: u64,
        opening: Opening,
        key: RequestKey<'_>,
        timestamp_ms: i64,
        failed: &mut FailureSink<'_>,
    ) {
        let Some(slot) = self.open.get_mut(&hash) else { return };
        if slot.front.is_blank() || slot.behind_is_blank() {
            return;
        }
        match slot.front.phase {
            // Of the ended request, whose lines came in another order.
            RequestPhase::Answered | RequestPhase::Completed
                if key.request_id.is_some() && is_not_later(timestamp_ms, slot.front.end_ms()) => {}
            RequestPhase::Answered | RequestPhase::Completed => self.retire_front(hash, failed),
            // The end of the front request may never be logged. It must not take the failure of the next one.
            RequestPhase::Open if slot.front.evidence.has_failure() => {
                self.others += 1;
                if let Some(state) = slot.leave_front() {
                    self.judge(hash, &state, &mut Ids::default(), failed);
                }
            }
            // The lines of authorizer and usage plan are between the two opening lines of one request.
            RequestPhase::Open if opening == Opening::Starting => slot.front.evidence.authorizer_done(),
            RequestPhase::Open => {
                self.others += 1;
                slot.open_behind();
            }
        }
    }

    /// Returns whether the front request has ended and `finding` begins a new one of the ID.
    fn begins_next(slot: &Slot, finding: &RequestFinding) -> bool {
        let phase = slot.front.phase;
        match finding {
            // Another end may still belong to a left request.
            RequestFinding::Ended(_) => phase == RequestPhase::Completed && !slot.has_left(),
            RequestFinding::Failure(_) => phase == RequestPhase::Completed,
            RequestFinding::GatewayResponse(_) | RequestFinding::AuthorizerStarted => phase != RequestPhase::Open,
            _ => false,
        }
    }

    /// Handles a completion line: one of the requests of the ID ends. Returns it if it is a left one.
    fn completed(slot: &mut Slot, status: u16, timestamp_ms: i64) -> Option<RequestState> {
        if slot.front.after_answer
            && let Some(others) = slot.others.as_mut()
            && let Some(mut answered) = others.left.pop_back()
        {
            // Failure lines between a gateway response and its completion belong to the answered request. `add` had to
            // open a request for them, because no line said yet that a completion would follow.
            answered.absorb(&slot.front);
            slot.front = answered;
        }
        let is_failure = is_server_error(status);
        let is_the_front_s = match slot.front.phase {
            RequestPhase::Open => slot.front.evidence.has_failure() || !is_failure,
            RequestPhase::Answered => true,
            RequestPhase::Completed => false,
        };
        if !is_the_front_s
            && let Some(others) = slot.others.as_mut()
            && let Some(mut left) = others.left.pop_front()
        {
            left.completed(status, timestamp_ms);
            return Some(left);
        }
        slot.front.completed(status, timestamp_ms);
        None
    }

    /// Bounds the number of open requests.
    #[inline]
    fn make_room(&mut self, failed: &mut FailureSink<'_>) {
        if self.open.len() >= MOST_OPEN || self.others >= MOST_OPEN {
            self.judge_older_half(failed);
        }
    }

    #[cold]
    fn judge_older_half(&mut self, failed: &mut FailureSink<'_>) {
        self.others = 0;
        if self.open.values().map(|slot| slot.states().count()).sum::<usize>() < MOST_OPEN {
            return;
        }
        let age = |slot: &Slot| (slot.front.seen_ms(), slot.front.number());
        let mut ages: Vec<_> = self.open.values().map(age).collect();
        let middle = ages.len() / 2;
        let (_, middle, _) = ages.select_nth_unstable(middle);
        let middle = *middle;
        let is_due = |slot: &Slot| age(slot) <= middle;
        self.judge_open(is_due, failed);
        self.open.retain(|_, slot| !is_due(slot));
    }

    /// Reports the failed ones of the open requests, in the order of their first log events.
    fn judge_open(&mut self, is_due: impl Fn(&Slot) -> bool, failed: &mut FailureSink<'_>) {
        let mut open = std::mem::take(&mut self.open);
        let mut due: Vec<_> = open.iter_mut().filter(|(_, slot)| is_due(slot)).collect();
        due.sort_unstable_by_key(|(hash, slot)| (slot.front.number(), **hash));
        for (hash, slot) in due {
            let mut ids = slot.take_ids();
            for state in slot.states() {
                self.judge(*hash, state, &mut std::mem::take(&mut ids), failed);
            }
        }
        self.open = open;
    }

    /// Reports the front request of an ID if it failed, and puts the next one in its place.
    fn retire_front(&mut self, hash: u64, failed: &mut FailureSink<'_>) {
        let Entry::Occupied(mut entry) = self.open.entry(hash) else { return };
        let slot = entry.get_mut();
        let next = match slot.others.as_mut().and_then(|others| others.behind.pop_front()) {
            // The left requests still wait for their ends, so a blank request takes the front.
            None if slot.has_left() => Some(RequestState::at(slot.front.place)),
            next => next,
        };
        let mut ended = match next {
            Some(next) => {
                let front = std::mem::replace(&mut slot.front, next);
                Slot::ended(front, slot.take_ids())
            }
            None => entry.remove(),
        };
        if ended.front.is_remembered() {
            self.remember(hash, &mut ended, failed);
        } else {
            let mut ids = ended.take_ids();
            self.judge(hash, &ended.front, &mut ids, failed);
        }
    }

    /// Reports a request that a completion line ended, or keeps it until its batch ends if a failure line may still come.
    fn remember(&mut self, hash: u64, slot: &mut Slot, failed: &mut FailureSink<'_>) {
        if let Some(mut before) = self.ended.bare.remove(&hash) {
            let mut ids = before.take_ids();
            self.judge(hash, &before.front, &mut ids, failed);
        }
        let had_failure = slot.front.evidence.has_failure();
        if had_failure || !slot.front.evidence.failed() {
            let mut ids = slot.take_ids();
            self.judge(hash, &slot.front, &mut ids, failed);
            self.ended.settle(hash, Settled { end_ms: slot.front.end_ms(), had_failure });
            return;
        }
        if self.ended.bare.len() >= MOST_OPEN {
            let oldest_ms = median(self.ended.bare.values().map(|slot| slot.front.end_ms()));
            self.judge_ended(|slot| slot.front.end_ms() <= oldest_ms, failed);
            self.ended.bare.retain(|_, slot| slot.front.end_ms() > oldest_ms);
        }
        self.ended.keep_bare(hash, std::mem::take(slot));
    }

    /// Reports ended requests, in the order of their first log events.
    fn judge_ended(&mut self, is_due: impl Fn(&Slot) -> bool, failed: &mut FailureSink<'_>) {
        let mut ended = std::mem::take(&mut self.ended.bare);
        let mut due: Vec<_> = ended.iter_mut().filter(|(_, slot)| is_due(slot)).collect();
        due.sort_unstable_by_key(|(hash, slot)| (slot.front.number(), **hash));
        for (hash, slot) in due {
            let mut ids = slot.take_ids();
            self.judge(*hash, &slot.front, &mut ids, failed);
        }
        self.ended.bare = ended;
    }

    /// Adds a line that is not later than the end of a remembered request. Returns false if it belongs to no such request.
    fn belongs_to_ended(
        &mut self,
        hash: u64,
        key: RequestKey<'_>,
        number: u64,
        timestamp_ms: i64,
        finding: &RequestFinding,
    ) -> bool {
        if key.request_id.is_none() || !self.ended.owns(hash, timestamp_ms, finding) {
            return false;
        }
        // A request that did not fail stays one, whatever failure lines it has.
        let Some(slot) = self.ended.bare.get_mut(&hash) else { return true };
        if slot.front.carried {
            slot.front.carried = false;
            self.split += 1;
        }
        slot.front.began(number);
        slot.front.note_cause(self.table);
        match finding {
            RequestFinding::Failure(line) => {
                let shape = line.shape.as_deref().and_then(|shape| self.names.keep_shape(shape));
                slot.front.failure(line, shape, timestamp_ms);
            }
            RequestFinding::GatewayResponse(response) => slot.front.evidence.answered_late(response),
            context => {
                slot.front.evidence.add_context(context);
            }
        }
        slot.keep_id(key.request_id);
        true
    }

    /// Reports a request if it failed and is not counted yet.
    fn judge(&mut self, hash: u64, state: &RequestState, ids: &mut Ids, failed: &mut FailureSink<'_>) {
        let evidence = &state.evidence;
        if !evidence.failed() {
            return;
        }
        let counted_as = state.counted_as.map(|index| self.table.at(index));
        if state.counted && counted_as.is_none() {
            return;
        }
        let cause = evidence.cause(self.table);
        let has_trace_id = ids.trace_id.is_some();
        let failure = Failure {
            subject: self.names.subject(state.place, state.route),
            cause,
            status: evidence.status(),
            timestamp_ms: state.decided_ms(),
            number: state.number(),
            lane: state.lane,
            // Taken from where they are: the processor waits where a struct that was just written is moved.
            request_id: ids.id.take(),
            trace_id: ids.trace_id.take(),
            shape: cause.is(Role::Unclassified).then(|| self.shape(state)),
        };
        if let Some(counted_as) = counted_as {
            if !std::ptr::eq(counted_as, cause) {
                self.corrections.push((failure, counted_as));
            }
        } else if let Some(exemplar) = failed(failure)
            && !has_trace_id
        {
            self.traceless.insert(hash, exemplar);
        }
    }

    fn trace_id(&mut self, hash: u64, trace_id: &str) {
        if let Some(exemplar) = self.traceless.remove(&hash) {
            self.late_trace_ids.push((exemplar, trace_id.to_owned()));
        } else if let Some(slot) = self.ended.bare.get_mut(&hash)
            && !slot.front.counted
        {
            slot.keep_trace_id(trace_id);
        } else if let Some(slot) = self.open.get_mut(&hash)
            && slot.has_id()
        {
            slot.keep_trace_id(trace_id);
        }
    }

    /// Returns the shape of the failure line, or without one that of the gateway response.
    fn shape(&self, state: &RequestState) -> String {
        match state.shape.map(|number| self.names.shape(number).unwrap_or(shape::GAP)) {
            Some(shape) => shape.to_owned(),
            None if state.evidence.has_failure() => shape::redact(""),
            None => shape::redact("Gateway response type: {} with status code: {}"),
        }
    }

    /// Ends the batch. Reports the failed requests that are not counted yet, and returns the open ones for the next batch.
    ///
    /// A request with a failure line and no end → one failure without a status, and the request is carried over
    pub fn finish(mut self, failed: &mut FailureSink<'_>) -> Finished {
        let mut carried = 0;
        let oldest_ms = self.latest_ms.saturating_sub(CARRIED_FOR_MS);
        self.judge_ended(|_| true, failed);
        self.judge_open(|_| true, failed);
        let mut open = std::mem::take(&mut self.open);
        open.retain(|_, slot| {
            carried += slot.carry_over(|state| state.seen_ms() > oldest_ms && state.can_be_carried());
            !slot.is_done() && carried <= MOST_OPEN
        });
        let open: Vec<_> = open.into_iter().collect();
        let Self { split, late_trace_ids, corrections, ended, names, .. } = self;
        // The hashes hold numbers of places, so these must stay while a request is remembered.
        let is_empty = open.is_empty() && ended.is_empty();
        let names = if is_empty { Names::default() } else { names.without_shapes() };
        let (settled, bare) = ended.carry_over(oldest_ms);
        Finished { carry: RequestCarry { open, settled, bare, names, oldest_ms }, split, corrections, late_trace_ids }
    }
}

/// Result of a batch.
#[derive(Debug)]
pub struct Finished {
    /// The open requests.
    pub carry: RequestCarry,
    /// Requests with lines in two batches.
    pub split: u64,
    /// Failures that an earlier batch counted under another cause, with that cause.
    pub corrections: Vec<(Failure, &'static Cause)>,
    /// Trace ids that were logged after the end of their request, with the numbers of their exemplars.
    pub late_trace_ids: Vec<(usize, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::execution::FailureLine;

    fn failure() -> RequestFinding {
        RequestFinding::Failure(FailureLine {
            integration: None,
            authorizer: None,
            names_authorizer: false,
            says_no_more: false,
            shape: None,
        })
    }

    /// Adds `rounds` failures of each of `ids` requests, with an opening line before each. Returns the failures that were
    /// reported, and the most requests that were open.
    fn add_failures(ids: usize, rounds: usize) -> (usize, usize) {
        let table = Table::default();
        let carry = RequestCarry::default();
        let mut requests = Requests::resume(&carry, &table, &Settings::default());
        let place = requests.place("a", "prod", Named::Whole);
        let (mut failures, mut most) = (0, 0);
        let mut failed = |_| {
            failures += 1;
            None
        };
        for number in 0..ids * rounds {
            let id = (number % ids).to_string();
            let key = RequestKey { place, lane: 0, request_id: Some(id.as_bytes()), resource_path: None };
            for finding in [RequestFinding::Opening(Opening::Starting), failure()] {
                requests.add(key, number as u64 + 1, number as i64, &finding, &mut failed);
            }
            if number.is_multiple_of(997) {
                most = most.max(requests.open.values().map(|slot| slot.states().count()).sum::<usize>());
            }
        }
        requests.finish(&mut failed);
        (failures, most)
    }

    /// Counts batches of a thousand requests that end well, one each `step_ms`, and merges what they leave. Returns that.
    fn end_well(batches: usize, step_ms: i64) -> RequestCarry {
        let (table, mut carry) = (Table::default(), RequestCarry::default());
        for batch in 0..batches {
            let mut requests = Requests::resume(&carry, &table, &Settings::default());
            let place = requests.place("a", "prod", Named::Whole);
            for number in 1_000 * batch..1_000 * (batch + 1) {
                let id = number.to_string();
                let key = RequestKey { place, lane: 0, request_id: Some(id.as_bytes()), resource_path: None };
                let time_ms = 1 + number as i64 * step_ms;
                requests.add(key, number as u64 + 1, time_ms, &RequestFinding::Ended(200), &mut |_| None);
            }
            let finished = requests.finish(&mut |_| None);
            carry = Arc::new(carry).followed_by(finished.carry);
        }
        carry
    }

    /// Failures of a late failure line of each of these requests.
    fn failures_of_late_lines(carry: &RequestCarry, numbers: std::ops::Range<usize>) -> usize {
        let table = Table::default();
        let mut requests = Requests::resume(carry, &table, &Settings::default());
        let place = requests.place("a", "prod", Named::Whole);
        let mut failures = 0;
        let mut failed = |_| {
            failures += 1;
            None
        };
        for number in numbers {
            let id = number.to_string();
            let key = RequestKey { place, lane: 0, request_id: Some(id.as_bytes()), resource_path: None };
            requests.add(key, number as u64 + 1, 1, &failure(), &mut failed);
        }
        requests.finish(&mut failed);
        failures
    }

    #[test]
    fn requests_that_ended_well_are_remembered_from_batch_to_batch_the_latest_of_them() {
        let carry = end_well(50, 1);
        assert!((MOST_OPEN / 2..=MOST_OPEN).contains(&carry.settled.len()), "{}", carry.settled.len());
        assert_eq!(failures_of_late_lines(&carry, 45_000..50_000), 0);
        assert_eq!(failures_of_late_lines(&carry, 0..1_000), 1_000);
    }

    #[test]
    fn requests_that_ended_long_ago_make_room() {
        let carry = end_well(50, CARRIED_FOR_MS / 1_000);
        assert!(carry.settled.len() < 5_000, "{}", carry.settled.len());
        assert_eq!(failures_of_late_lines(&carry, 49_000..50_000), 0);
    }

    #[test]
    fn of_many_requests_without_an_end_a_bounded_number_is_open_and_each_counts_once() {
        let (failures, most) = add_failures(5 * MOST_OPEN, 1);
        assert_eq!(failures, 5 * MOST_OPEN);
        assert!((MOST_OPEN / 2..=MOST_OPEN).contains(&most), "{most}");
    }

    #[test]
    fn requests_without_an_end_are_reported_in_the_order_of_their_first_lines() {
        let table = Table::default();
        let carry = RequestCarry::default();
        let mut requests = Requests::resume(&carry, &table, &Settings::default());
        let place = requests.place("a", "prod", Named::Whole);
        let mut numbers = Vec::new();
        let mut failed = |failure: Failure| {
            numbers.push(failure.number);
            None
        };
        for number in 1..=2 * MOST_OPEN as u64 {
            let id = number.to_string();
            let key = RequestKey { place, lane: 0, request_id: Some(id.as_bytes()), resource_path: None };
            requests.add(key, number, number as i64, &failure(), &mut failed);
        }
        requests.finish(&mut failed);
        assert_eq!(numbers, Vec::from_iter(1..=2 * MOST_OPEN as u64));
    }

    #[test]
    fn requests_of_the_same_ids_are_bounded_as_well_and_each_counts_once() {
        let (failures, most) = add_failures(MOST_OPEN / 2, 12);
        assert_eq!(failures, 6 * MOST_OPEN);
        assert!(most <= 2 * MOST_OPEN, "{most}");
    }
}
