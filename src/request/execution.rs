//! The findings of execution logs, put together by request.
//!
//! A request is (API, stage, request ID). Clients may choose the ID, so it repeats: opening lines and ends tell one
//! request of an ID from the next. Where requests of one ID overlap, a line goes to the first of them to end.

use super::slot::{Ids, Slot};
use super::state::{Phase, State};
use super::{Names, Place};
use crate::cause::{Cause, Role, Table};
use crate::classify::evidence::is_server_error;
use crate::classify::execution::{Finding, Opening};
use crate::classify::shape;
use crate::failure::{Failure, FailureSink};
use crate::keyed::{Keyed, key_of};

/// Where a request was made, and its ID.
#[derive(Debug, Clone, Copy)]
pub struct RequestKey<'a> {
    /// The API and its stage.
    pub place: Place,
    /// The request ID; none in the console's test output.
    pub request_id: Option<&'a [u8]>,
    /// The resource as configured, where the line tells it and somebody asks for it.
    pub resource_path: Option<&'a str>,
}

impl RequestKey<'_> {
    /// What stands for the requests of this ID.
    #[inline]
    fn hash(self) -> u64 {
        match self.request_id {
            Some(id) => key_of((self.place, id)),
            None => key_of(self.place),
        }
    }
}

/// Most open requests, and most that are carried over to the next batch. Where more come, the older half is judged by what
/// is known of it. At INFO level some dozens are open at the same time.
const MOST_OPEN: usize = 20_000;

/// How long an open request is carried over: as long as the longest integration, a response stream, may take.
///
/// Source: API Gateway Developer Guide, "Response streaming": up to 15 minutes.
const CARRIED_FOR_MS: i64 = 15 * 60 * 1_000;

/// Requests that were not at their end when a batch ended, for the next batch of the same environment.
#[derive(Debug, Clone, Default)]
pub struct Carry {
    open: Keyed<Slot>,
    names: Names,
}

/// The requests of one batch.
#[derive(Debug)]
pub struct Requests<'t> {
    table: &'t Table,
    open: Keyed<Slot>,
    /// Requests opened beside another one of their ID since those were counted.
    others: usize,
    names: Names,
    /// Exemplars by request, whose trace id may still come.
    traceless: Keyed<usize>,
    /// Trace ids that were logged behind the end, by exemplar.
    late_trace_ids: Vec<(usize, String)>,
    latest_ms: i64,
    /// Requests that were joined from two batches.
    split: u64,
    hint: Option<&'static Cause>,
}

impl<'t> Requests<'t> {
    /// Begins a batch with what the one before left open.
    pub fn resume(carry: &Carry, table: &'t Table) -> Self {
        Self {
            table,
            open: carry.open.clone(),
            others: 0,
            names: carry.names.clone(),
            traceless: Keyed::default(),
            late_trace_ids: Vec::new(),
            latest_ms: i64::MIN,
            split: 0,
            hint: None,
        }
    }

    /// The number of an API and stage in this batch.
    pub fn place(&mut self, api_id: &str, stage: &str) -> Place {
        self.names.place(api_id, stage)
    }

    /// Takes one finding, of the log event with this number. `failed` is called for each failure that it decides.
    pub fn add(
        &mut self,
        key: RequestKey<'_>,
        number: u64,
        timestamp_ms: i64,
        finding: &Finding,
        failed: &mut FailureSink<'_>,
    ) {
        self.latest_ms = self.latest_ms.max(timestamp_ms);
        // Nothing is open that these lines could be of.
        if self.open.is_empty() && matches!(finding, Finding::Opening(_) | Finding::AuthorizerDone) {
            return;
        }
        let hash = key.hash();
        match finding {
            Finding::Opening(opening) => return self.opening(hash, *opening, failed),
            Finding::TraceId(trace_id) => return self.trace_id(hash, trace_id),
            Finding::AuthorizerDone if !self.open.contains_key(&hash) => return,
            // These begin no request.
            Finding::Endpoint(_) | Finding::ResourcePath(_) => {}
            _ => self.begin_next_if_ended(hash, finding, failed),
        }
        let route = match finding {
            Finding::ResourcePath(path) => Some(path.as_str()),
            _ => key.resource_path,
        };
        self.make_room(failed);
        let slot = self.open.entry(hash).or_insert_with(|| Slot::of(State::at(key.place)));
        slot.front.began(number);
        slot.front.seen(timestamp_ms, key.request_id.is_some());
        if slot.front.carried {
            slot.front.carried = false;
            self.split += 1;
        }
        slot.front.keep_route(route);
        match finding {
            Finding::Endpoint(evidence) => slot.front.evidence.endpoint(evidence),
            Finding::AuthorizerStarted => slot.front.evidence.authorizer_started(),
            Finding::AuthorizerDone => slot.front.evidence.authorizer_done(),
            Finding::Failure(line) => {
                let shape = line.shape.as_deref().and_then(|shape| self.names.keep_shape(shape));
                let mut oldest = None;
                if slot.front.phase == Phase::Answered {
                    // The next request's, unless a completion line still comes.
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
                    self.judge(hash, &state, None, failed);
                }
            }
            Finding::GatewayResponse(response) => {
                slot.front.answered(response, timestamp_ms);
                if slot.front.evidence.failed() {
                    slot.keep_id(key.request_id);
                }
            }
            &Finding::Ended(status) => {
                if is_server_error(status) {
                    slot.keep_id(key.request_id);
                }
                self.completed(hash, status, timestamp_ms, failed);
            }
            Finding::ResourcePath(_) | Finding::Opening(_) | Finding::TraceId(_) => {}
        }
    }

    /// Takes a finding that an accepted batch had already. The lines before it came again too, and what they began is
    /// that batch's request: nothing of it counts, nor does an end that is still to come.
    pub fn repeated(
        &mut self,
        key: RequestKey<'_>,
        timestamp_ms: i64,
        finding: &Finding,
        failed: &mut FailureSink<'_>,
    ) {
        let hash = key.hash();
        if matches!(finding, Finding::Ended(_)) && !self.open.contains_key(&hash) {
            return;
        }
        self.make_room(failed);
        let slot = self.open.entry(hash).or_insert_with(|| Slot::of(State::at(key.place)));
        slot.front.seen(timestamp_ms, key.request_id.is_some());
        if slot.front.phase == Phase::Open && !slot.front.evidence.has_failure() {
            match slot.others.as_mut().and_then(|others| others.left.pop_back()) {
                Some(original) => slot.front = original,
                None => slot.front.counted = true,
            }
        }
        if !slot.front.counted {
            return;
        }
        match finding {
            Finding::Failure(line) => slot.front.failure(line, None, timestamp_ms),
            Finding::GatewayResponse(response) => slot.front.answered(response, timestamp_ms),
            Finding::Ended(status) => slot.front.completed(*status, timestamp_ms),
            _ => {}
        }
    }

    /// An opening line: a new request, unless the latest one of that ID holds nothing else yet.
    fn opening(&mut self, hash: u64, opening: Opening, failed: &mut FailureSink<'_>) {
        let Some(slot) = self.open.get_mut(&hash) else { return };
        if slot.front.is_blank() || slot.behind_is_blank() {
            return;
        }
        match slot.front.phase {
            Phase::Answered | Phase::Completed => self.retire_front(hash, failed),
            // Its end may never be logged, and then it must not swallow the next one's failure.
            Phase::Open if slot.front.evidence.has_failure() => {
                self.others += 1;
                if let Some(state) = slot.leave_front() {
                    self.judge(hash, &state, None, failed);
                }
            }
            // The lines of authorizer and usage plan stand between the two opening lines of one request.
            Phase::Open if opening == Opening::Starting => slot.front.evidence.authorizer_done(),
            Phase::Open => {
                self.others += 1;
                slot.open_behind();
            }
        }
    }

    /// After its end, a failure line or an end begins a new request of that ID.
    fn begin_next_if_ended(&mut self, hash: u64, finding: &Finding, failed: &mut FailureSink<'_>) {
        let Some(slot) = self.open.get_mut(&hash) else { return };
        let phase = slot.front.phase;
        let begins = match finding {
            // An end may still belong to one that was left.
            Finding::Ended(_) => phase == Phase::Completed && !slot.has_left(),
            Finding::Failure(_) => phase == Phase::Completed,
            Finding::GatewayResponse(_) | Finding::AuthorizerStarted => phase != Phase::Open,
            _ => false,
        };
        if begins {
            self.retire_front(hash, failed);
        }
    }

    /// A completion line: one of the requests of that ID ends.
    fn completed(&mut self, hash: u64, status: u16, timestamp_ms: i64, failed: &mut FailureSink<'_>) {
        let Some(slot) = self.open.get_mut(&hash) else { return };
        if slot.front.after_answer
            && let Some(others) = slot.others.as_mut()
            && let Some(mut answered) = others.left.pop_back()
        {
            // Failure lines between a gateway response and the completion belong to the request that completes.
            answered.absorb(&slot.front);
            slot.front = answered;
        }
        let is_failure = is_server_error(status);
        let is_the_front_s = match slot.front.phase {
            Phase::Open => slot.front.evidence.has_failure() || !is_failure,
            Phase::Answered => true,
            Phase::Completed => false,
        };
        if !is_the_front_s
            && let Some(others) = slot.others.as_mut()
            && let Some(mut left) = others.left.pop_front()
        {
            self.split += u64::from(left.carried);
            left.completed(status, timestamp_ms);
            let ids = slot.take_ids();
            self.judge(hash, &left, Some(ids), failed);
            return;
        }
        slot.front.completed(status, timestamp_ms);
        // An end that comes may be of one that was left, and must find that this one had its own.
        if !slot.has_left() {
            self.retire_front(hash, failed);
        }
    }

    /// Keeps the number of open requests bounded.
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
        let mut open = std::mem::take(&mut self.open);
        for (hash, mut slot) in open.extract_if(|_, slot| age(slot) <= middle) {
            let mut ids = Some(slot.take_ids());
            for state in slot.states() {
                self.judge(hash, state, ids.take(), failed);
            }
        }
        self.open = open;
    }

    /// Reports the front request of an ID if it failed, and makes room for the next one.
    fn retire_front(&mut self, hash: u64, failed: &mut FailureSink<'_>) {
        let Some(slot) = self.open.get_mut(&hash) else { return };
        let ids = slot.take_ids();
        let next = match slot.others.as_mut().and_then(|others| others.behind.pop_front()) {
            // Those that were left wait for their ends behind a request that holds nothing yet.
            None if slot.has_left() => Some(State::at(slot.front.place)),
            next => next,
        };
        let is_last = next.is_none();
        let state = std::mem::replace(&mut slot.front, next.unwrap_or_default());
        if is_last {
            self.open.remove(&hash);
        }
        self.judge(hash, &state, Some(ids), failed);
    }

    /// Reports a request if it failed and was not counted yet.
    fn judge(&mut self, hash: u64, state: &State, ids: Option<Ids>, failed: &mut FailureSink<'_>) {
        let evidence = &state.evidence;
        if !evidence.failed() {
            self.hint = self.hint.or_else(|| evidence.hint(self.table));
            return;
        }
        if state.counted {
            return;
        }
        let cause = evidence.cause(self.table);
        let Ids { id, trace_id } = ids.unwrap_or_default();
        let has_trace_id = trace_id.is_some();
        let failure = Failure {
            subject: self.names.subject(state.place, state.route.as_deref()),
            cause,
            status: evidence.status(),
            timestamp_ms: state.decided_ms(),
            number: state.number(),
            request_id: id,
            trace_id,
            shape: cause.is(Role::Unclassified).then(|| self.shape(state)),
        };
        if let Some(exemplar) = failed(failure)
            && !has_trace_id
        {
            self.traceless.insert(hash, exemplar);
        }
    }

    fn trace_id(&mut self, hash: u64, trace_id: &str) {
        if let Some(exemplar) = self.traceless.remove(&hash) {
            self.late_trace_ids.push((exemplar, trace_id.to_owned()));
        } else if let Some(slot) = self.open.get_mut(&hash)
            && slot.ids.id.is_some()
        {
            slot.ids.trace_id = Some(trace_id.to_owned());
        }
    }

    /// The shape of its failure line; without one it is unclassified because of its gateway response.
    fn shape(&self, state: &State) -> String {
        match state.shape.map(|number| self.names.shape(number).unwrap_or(shape::GAP)) {
            Some(shape) => shape.to_owned(),
            None if state.evidence.has_failure() => shape::of(""),
            None => shape::of("Gateway response type: {} with status code: {}"),
        }
    }

    /// Ends the batch: what failed and was not counted yet is, and what is open goes to the next batch.
    pub fn finish(mut self, failed: &mut FailureSink<'_>) -> Finished {
        let mut carried = 0;
        let oldest_ms = self.latest_ms.saturating_sub(CARRIED_FOR_MS);
        let mut open = std::mem::take(&mut self.open);
        open.retain(|hash, slot| {
            let mut ids = Some(slot.take_ids());
            for state in slot.states() {
                self.judge(*hash, state, ids.take(), failed);
                self.hint = self.hint.or_else(|| state.evidence.hint(self.table));
            }
            carried += slot.carry_over(|state| state.seen_ms() > oldest_ms && state.can_be_carried());
            !slot.is_done() && carried <= MOST_OPEN
        });
        open.shrink_to_fit();
        let names = if open.is_empty() { Names::default() } else { self.names.places_alone() };
        let Self { split, hint, late_trace_ids, .. } = self;
        Finished { carry: Carry { open, names }, split, hint, late_trace_ids }
    }
}

/// What a batch leaves behind.
#[derive(Debug)]
pub struct Finished {
    /// The open requests.
    pub carry: Carry,
    /// Requests that were joined from two batches.
    pub split: u64,
    /// The cause that the evidence of a request hints at, where nothing says that it failed.
    pub hint: Option<&'static Cause>,
    /// Trace ids that were logged behind the end of their request, by the number of the exemplar.
    pub late_trace_ids: Vec<(usize, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::execution::FailureLine;

    fn failure() -> Finding {
        Finding::Failure(FailureLine {
            integration: None,
            authorizer: None,
            names_authorizer: false,
            says_no_more: false,
            shape: None,
        })
    }

    /// Takes `rounds` failures of each of `ids` requests, with an opening line before each. Gives the failures that were
    /// judged, and the most requests that were open.
    fn take(ids: usize, rounds: usize) -> (usize, usize) {
        let table = Table::default();
        let mut requests = Requests::resume(&Carry::default(), &table);
        let place = requests.place("a", "prod");
        let (mut failures, mut most) = (0, 0);
        let mut failed = |_| {
            failures += 1;
            None
        };
        for number in 0..ids * rounds {
            let id = (number % ids).to_string();
            let key = RequestKey { place, request_id: Some(id.as_bytes()), resource_path: None };
            for finding in [Finding::Opening(Opening::Starting), failure()] {
                requests.add(key, number as u64 + 1, number as i64, &finding, &mut failed);
            }
            if number.is_multiple_of(997) {
                most = most.max(requests.open.values().map(|slot| slot.states().count()).sum::<usize>());
            }
        }
        requests.finish(&mut failed);
        (failures, most)
    }

    #[test]
    fn of_many_requests_without_an_end_a_bounded_number_is_open_and_each_counts_once() {
        let (failures, most) = take(5 * MOST_OPEN, 1);
        assert_eq!(failures, 5 * MOST_OPEN);
        assert!((MOST_OPEN / 2..=MOST_OPEN).contains(&most), "{most}");
    }

    #[test]
    fn requests_of_the_same_ids_are_bounded_as_well_and_each_counts_once() {
        let (failures, most) = take(MOST_OPEN / 2, 12);
        assert_eq!(failures, 6 * MOST_OPEN);
        assert!(most <= 2 * MOST_OPEN, "{most}");
    }
}
