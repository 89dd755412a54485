//! The findings of execution logs, put together by request.
//!
//! A request is (API, stage, request ID). Clients may choose the ID, so it repeats: opening lines and ends tell one
//! request of an ID from the next. Where requests of one ID overlap, a line goes to the first of them to end.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use super::state::{Phase, State};
use crate::cause::{Table, UNCLASSIFIED};
use crate::classify::execution::{Finding, Opening};
use crate::classify::{Failure, Subject, Verdict, shape};

/// Where a request was made, and its ID.
#[derive(Debug, Clone, Copy)]
pub struct RequestKey<'a> {
    /// The API's id or name.
    pub api_id: &'a str,
    /// Its stage.
    pub stage: &'a str,
    /// The request ID; none in the console's test output.
    pub request_id: Option<&'a str>,
    /// The resource as configured, where the line tells it and somebody asks for it.
    pub resource_path: Option<&'a str>,
}

/// Most (API, stage) pairs told apart in one batch; 65,535 bounds the number that a request's state keeps.
const MOST_PLACES: usize = 60_000;

/// The number of the place of all others.
const OTHER_PLACE: u16 = MOST_PLACES as u16;

/// Most routes and shapes kept in one batch, each.
const MOST_TEXTS: usize = 1_000;

/// The number of every route beyond those that are kept.
const ROUTE_TOO_MANY: u16 = u16::MAX;

/// What such a route, and an API and stage beyond those told apart, are counted as.
const OTHER: &str = "other";

/// Most failed requests of one batch whose IDs are kept for exemplars.
const MOST_REQUEST_IDS: usize = 2_000;

/// Most completed requests that wait for their last lines (the trace id comes behind the completion). The lines of some
/// dozens of requests stand between each other; to keep more would only leave the cache.
const MOST_COMPLETED: usize = 256;

/// Most open requests carried over to the next batch.
const MOST_CARRIED: usize = 20_000;

/// How long an open request is carried over: as long as the longest integration, a response stream, may take.
///
/// Source: API Gateway Developer Guide, "Response streaming": up to 15 minutes.
const CARRIED_FOR_MS: i64 = 15 * 60 * 1_000;

/// Requests that were not at their end when a batch ended, for the next batch of the same environment.
#[derive(Debug, Clone, Default)]
pub struct Carry {
    hasher: RandomState,
    open: HashMap<u64, Slot, NoHash>,
    places: Vec<(String, String)>,
    routes: Vec<String>,
}

/// The requests of one batch.
#[derive(Debug)]
pub struct Requests<'t> {
    table: &'t Table,
    hasher: RandomState,
    slots: HashMap<u64, Slot, NoHash>,
    /// Keys of completed requests, the oldest first.
    completed: VecDeque<u64>,
    places: Vec<(String, String)>,
    /// The number of a place, by its hash.
    place_numbers: HashMap<u64, u16, NoHash>,
    routes: Vec<String>,
    shapes: Vec<String>,
    /// Request ID and trace id of failed requests.
    ids: HashMap<u64, Ids, NoHash>,
    latest_ms: i64,
    /// Requests that were joined from two batches.
    split: u64,
    before: Before,
}

/// The key of the finding before and its hash: most lines of a log follow one of the same request.
#[derive(Debug, Default)]
struct Before {
    api_id: String,
    stage: String,
    request_id: String,
    hash: u64,
}

impl Before {
    fn hash(&mut self, hasher: &RandomState, key: RequestKey<'_>) -> u64 {
        let hash = || hasher.hash_one((key.api_id, key.stage, key.request_id));
        let Some(request_id) = key.request_id.filter(|id| !id.is_empty()) else { return hash() };
        if self.request_id != request_id || self.api_id != key.api_id || self.stage != key.stage {
            self.hash = hash();
            request_id.clone_into(&mut self.request_id);
            key.api_id.clone_into(&mut self.api_id);
            key.stage.clone_into(&mut self.stage);
        }
        self.hash
    }
}

#[derive(Debug, Default)]
struct Ids {
    request_id: String,
    trace_id: Option<String>,
}

/// The requests of one ID that are not done with.
#[derive(Debug, Clone)]
struct Slot {
    /// The one whose lines come now.
    front: State,
    /// Rarely any.
    others: Option<Box<Others>>,
}

#[derive(Debug, Clone, Default)]
struct Others {
    /// Failed and left by their lines, the oldest first: only an end can still belong to them.
    left: VecDeque<State>,
    /// Opened while the front one was under way.
    behind: VecDeque<State>,
}

/// Most requests of one ID under way at the same time; a client that chooses more of them gets its lines mixed up.
const MOST_OTHERS: usize = 64;

impl Slot {
    fn of(front: State) -> Self {
        Self { front, others: None }
    }

    fn behind_is_blank(&self) -> bool {
        self.others.as_ref().is_some_and(|others| others.behind.back().is_some_and(State::is_blank))
    }

    /// Opens another request while the front one is under way.
    fn open_behind(&mut self) {
        let place = self.front.place;
        let others = self.others.get_or_insert_default();
        if others.behind.len() < MOST_OTHERS {
            others.behind.push_back(State::at(place));
        }
    }

    /// Leaves the front request for the next one of that ID. Gives the one that no end can belong to any more.
    fn leave_front(&mut self) -> Option<State> {
        let place = self.front.place;
        let others = self.others.get_or_insert_default();
        let next = others.behind.pop_front().unwrap_or_else(|| State::at(place));
        others.left.push_back(std::mem::replace(&mut self.front, next));
        if others.left.len() > MOST_OTHERS { others.left.pop_front() } else { None }
    }

    /// The requests, the oldest first.
    fn states(&self) -> impl Iterator<Item = &State> {
        let (left, behind) = self.others.as_ref().map(|others| (&others.left, &others.behind)).unzip();
        left.into_iter().flatten().chain([&self.front]).chain(behind.into_iter().flatten())
    }

    /// Keeps of the requests what the next batch needs. Gives their number.
    fn carry_over(&mut self, is_kept: impl Fn(&State) -> bool) -> usize {
        if let Some(others) = &mut self.others {
            others.left.retain(&is_kept);
            others.behind.retain(&is_kept);
            others.left.iter_mut().chain(&mut others.behind).for_each(State::carry_over);
        }
        if is_kept(&self.front) {
            self.front.carry_over();
        } else {
            // Those that were left wait for their ends behind a request that holds nothing yet.
            let behind = self.others.as_mut().and_then(|others| others.behind.pop_front());
            self.front = behind.unwrap_or_else(|| State::at(self.front.place));
        }
        self.states().filter(|state| state.carried).count()
    }

    fn states_mut(&mut self) -> impl Iterator<Item = &mut State> {
        let others = self.others.as_deref_mut();
        let others = others.into_iter().flat_map(|others| others.left.iter_mut().chain(&mut others.behind));
        others.chain([&mut self.front])
    }

    /// Whether nothing of it is under way.
    fn is_done(&self) -> bool {
        self.states().all(|state| !state.carried)
    }

    fn has_left(&self) -> bool {
        self.others.as_ref().is_some_and(|others| !others.left.is_empty())
    }
}

/// The keys are hashes already.
#[derive(Debug, Clone, Default)]
pub struct NoHash;

/// See [`NoHash`].
#[derive(Debug, Default)]
pub struct Identity(u64);

impl BuildHasher for NoHash {
    type Hasher = Identity;
    fn build_hasher(&self) -> Identity {
        Identity::default()
    }
}

impl std::hash::Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

impl<'t> Requests<'t> {
    /// Begins a batch with what the one before left open.
    pub fn resume(carry: &Carry, table: &'t Table) -> Self {
        Self {
            table,
            hasher: carry.hasher.clone(),
            slots: carry.open.clone(),
            completed: VecDeque::new(),
            places: carry.places.clone(),
            place_numbers: (0..)
                .zip(&carry.places)
                .map(|(number, (api_id, stage))| (carry.hasher.hash_one((api_id, stage)), number))
                .collect(),
            routes: carry.routes.clone(),
            shapes: Vec::new(),
            ids: HashMap::default(),
            latest_ms: i64::MIN,
            split: 0,
            before: Before::default(),
        }
    }

    /// Takes one finding, of the log event with this number. `each` gets the verdicts that it decides, each with the
    /// number of the log event that its request began with.
    pub fn add(
        &mut self,
        key: RequestKey<'_>,
        number: u64,
        timestamp_ms: i64,
        finding: Finding,
        each: &mut impl FnMut(u64, Verdict),
    ) {
        self.latest_ms = self.latest_ms.max(timestamp_ms);
        let hash = self.before.hash(&self.hasher, key);
        match &finding {
            Finding::Opening(opening) => return self.open(hash, *opening, each),
            Finding::TraceId(trace_id) => {
                if let Some(ids) = self.ids.get_mut(&hash) {
                    ids.trace_id = Some(trace_id.clone());
                }
                return;
            }
            Finding::AuthorizerDone if !self.slots.contains_key(&hash) => return,
            _ => {}
        }
        self.begin_next_if_ended(hash, &finding, each);
        let place = self.place(hash, key);
        let shape = match &finding {
            Finding::Failure(line) => line.shape.as_deref().map(|shape| keep(&mut self.shapes, shape)),
            _ => None,
        };
        let route = match &finding {
            Finding::ResourcePath(path) => Some(path.as_str()),
            _ => key.resource_path,
        };
        let route = route.map(|path| keep(&mut self.routes, path).unwrap_or(ROUTE_TOO_MANY));
        let table = self.table;
        let slot = self.slots.entry(hash).or_insert_with(|| Slot::of(State::at(place)));
        slot.front.began(number);
        slot.front.seen(timestamp_ms, key.request_id.is_some());
        if slot.front.carried {
            slot.front.carried = false;
            self.split += 1;
        }
        slot.front.route = slot.front.route.or(route);
        match finding {
            Finding::AuthorizerStarted => slot.front.authorizer_started(),
            Finding::AuthorizerDone => slot.front.authorizer_done(),
            Finding::Failure(line) => {
                let mut oldest = None;
                if slot.front.phase == Phase::Answered {
                    // The next request's, unless a completion line still comes.
                    oldest = slot.leave_front();
                    slot.front.after_answer = true;
                    slot.front.began(number);
                    slot.front.seen(timestamp_ms, key.request_id.is_some());
                }
                slot.front.route = slot.front.route.or(route);
                slot.front.failure(&line, shape.flatten(), timestamp_ms, table);
                if let Some(state) = oldest {
                    self.judge(&state, None, each);
                }
                self.keep_id(hash, key);
            }
            Finding::GatewayResponse(response) => {
                slot.front.answered(&response, timestamp_ms, table);
                if slot.front.failed() {
                    self.keep_id(hash, key);
                }
            }
            Finding::Ended(status) => {
                if (500..600).contains(&status) {
                    self.keep_id(hash, key);
                }
                self.completed(hash, status, timestamp_ms, each);
            }
            Finding::Endpoint(evidence) => slot.front.endpoint(&evidence),
            Finding::ResourcePath(_) | Finding::Opening(_) | Finding::TraceId(_) => {}
        }
    }

    /// Takes a finding that an accepted batch had already. The lines before it came again too, and what they began is
    /// that batch's request: nothing of it counts, nor does an end that is still to come.
    pub fn repeated(&mut self, key: RequestKey<'_>, timestamp_ms: i64, finding: &Finding) {
        let hash = self.hasher.hash_one((key.api_id, key.stage, key.request_id));
        if matches!(finding, Finding::Ended(_)) && !self.slots.contains_key(&hash) {
            return;
        }
        let place = self.place(hash, key);
        let slot = self.slots.entry(hash).or_insert_with(|| Slot::of(State::at(place)));
        slot.front.seen(timestamp_ms, key.request_id.is_some());
        if slot.front.phase == Phase::Open && !slot.front.has_failure() {
            match slot.others.as_mut().and_then(|others| others.left.pop_back()) {
                Some(original) => slot.front = original,
                None => slot.front.counted = true,
            }
        }
        if !slot.front.counted {
            return;
        }
        match finding {
            Finding::Failure(line) => slot.front.failure(line, None, timestamp_ms, self.table),
            Finding::GatewayResponse(response) => slot.front.answered(response, timestamp_ms, self.table),
            Finding::Ended(status) => slot.front.completed(*status, timestamp_ms),
            _ => {}
        }
    }

    /// An opening line: a new request, unless the latest one of that ID holds nothing else yet.
    fn open(&mut self, hash: u64, opening: Opening, each: &mut impl FnMut(u64, Verdict)) {
        let Some(slot) = self.slots.get_mut(&hash) else { return };
        if slot.front.is_blank() || slot.behind_is_blank() {
            return;
        }
        match slot.front.phase {
            Phase::Answered | Phase::Completed => self.retire_front(hash, each),
            // Its end may never be logged, and then it must not swallow the next one's failure.
            Phase::Open if slot.front.has_failure() => {
                if let Some(state) = slot.leave_front() {
                    self.judge(&state, None, each);
                }
            }
            // The lines of authorizer and usage plan stand between the two opening lines of one request.
            Phase::Open if opening == Opening::Starting => slot.front.authorizer_done(),
            Phase::Open => slot.open_behind(),
        }
    }

    /// After its end, a failure line or an end begins a new request of that ID.
    fn begin_next_if_ended(&mut self, hash: u64, finding: &Finding, each: &mut impl FnMut(u64, Verdict)) {
        let Some(slot) = self.slots.get(&hash) else { return };
        let phase = slot.front.phase;
        let begins = match finding {
            // An end may still belong to one that was left.
            Finding::Ended(_) => phase == Phase::Completed && !slot.has_left(),
            Finding::Failure(_) => phase == Phase::Completed,
            Finding::GatewayResponse(_) | Finding::AuthorizerStarted => phase != Phase::Open,
            _ => false,
        };
        if begins {
            self.retire_front(hash, each);
        }
    }

    /// A completion line: one of the requests of that ID ends.
    fn completed(&mut self, hash: u64, status: u16, timestamp_ms: i64, each: &mut impl FnMut(u64, Verdict)) {
        let Some(slot) = self.slots.get_mut(&hash) else { return };
        if slot.front.after_answer
            && let Some(others) = slot.others.as_mut()
            && let Some(mut answered) = others.left.pop_back()
        {
            // Failure lines between a gateway response and the completion belong to the request that completes.
            answered.absorb(&slot.front);
            slot.front = answered;
        }
        let is_failure = (500..600).contains(&status);
        let is_the_front_s = match slot.front.phase {
            Phase::Open => slot.front.has_failure() || !is_failure,
            Phase::Answered => true,
            Phase::Completed => false,
        };
        if !is_the_front_s
            && let Some(others) = slot.others.as_mut()
            && let Some(mut left) = others.left.pop_front()
        {
            self.split += u64::from(left.carried);
            left.completed(status, timestamp_ms);
            let ids = self.ids.remove(&hash);
            self.judge(&left, ids, each);
            return;
        }
        slot.front.completed(status, timestamp_ms);
        if slot.others.as_ref().is_some_and(|others| !others.behind.is_empty()) {
            self.retire_front(hash, each);
            return;
        }
        self.completed.push_back(hash);
        if self.completed.len() > MOST_COMPLETED
            && let Some(oldest) = self.completed.pop_front()
            && self.slots.get(&oldest).is_some_and(|slot| slot.front.phase == Phase::Completed)
        {
            self.retire_front(oldest, each);
        }
    }

    /// Gives the verdict on the front request of an ID and makes room for the next one.
    fn retire_front(&mut self, hash: u64, each: &mut impl FnMut(u64, Verdict)) {
        let Some(slot) = self.slots.get_mut(&hash) else { return };
        let state = slot.front;
        match slot.others.as_mut().and_then(|others| others.behind.pop_front()) {
            Some(next) => slot.front = next,
            // Those that were left wait for their ends behind a request that holds nothing yet.
            None if slot.has_left() => slot.front = State::at(state.place),
            None => {
                self.slots.remove(&hash);
            }
        }
        let ids = self.ids.remove(&hash);
        self.judge(&state, ids, each);
    }

    fn judge(&self, state: &State, ids: Option<Ids>, each: &mut impl FnMut(u64, Verdict)) {
        if state.counted {
            return;
        }
        if state.failed() {
            each(state.number(), Verdict::Failed(self.failure(state, ids)));
        } else if state.status().is_some() {
            each(state.number(), Verdict::NotFailed);
        }
    }

    fn failure(&self, state: &State, ids: Option<Ids>) -> Failure {
        let (api_id, stage) = self.places[usize::from(state.place)].clone();
        let cause = state.cause(self.table);
        let ids = ids.unwrap_or_default();
        Failure {
            subject: Subject::Request { api_id, stage, route: state.route.map(|route| self.route(route)) },
            cause,
            status: state.status(),
            timestamp_ms: state.decided_ms(),
            request_id: Some(ids.request_id).filter(|id| !id.is_empty()),
            trace_id: ids.trace_id,
            shape: (cause.id == UNCLASSIFIED).then(|| self.shape(state)),
        }
    }

    /// The shape of its failure line; without one it is unclassified for its gateway response.
    fn shape(&self, state: &State) -> String {
        let kept = state.shape.and_then(|number| self.shapes.get(usize::from(number)));
        kept.cloned().unwrap_or_else(|| {
            shape::of(if state.has_failure() { "" } else { "Gateway response type: {} with status code: {}" })
        })
    }

    fn route(&self, number: u16) -> String {
        self.routes.get(usize::from(number)).map_or(OTHER, String::as_str).to_owned()
    }

    fn keep_id(&mut self, hash: u64, key: RequestKey<'_>) {
        if let Some(request_id) = key.request_id
            && self.ids.len() < MOST_REQUEST_IDS
        {
            self.ids.entry(hash).or_default().request_id = request_id.to_owned();
        }
    }

    /// The number of (API, stage). Most requests of a batch share one.
    fn place(&mut self, hash: u64, key: RequestKey<'_>) -> u16 {
        if let Some(slot) = self.slots.get(&hash) {
            return slot.front.place;
        }
        let numbered = self.hasher.hash_one((key.api_id, key.stage));
        if let Some(number) = self.place_numbers.get(&numbered) {
            return *number;
        }
        // Behind the last place of its own stands the one of all others.
        match self.places.len() {
            0..MOST_PLACES => self.places.push((key.api_id.to_owned(), key.stage.to_owned())),
            MOST_PLACES => self.places.push((OTHER.to_owned(), OTHER.to_owned())),
            _ => return OTHER_PLACE,
        }
        let number = u16::try_from(self.places.len() - 1).unwrap_or(OTHER_PLACE);
        self.place_numbers.insert(numbered, number);
        number
    }

    /// Ends the batch: what failed and was not counted yet is, and what is open goes to the next batch.
    pub fn finish(mut self, each: &mut impl FnMut(u64, Verdict)) -> Finished {
        let mut carry = Carry {
            hasher: self.hasher.clone(),
            open: HashMap::default(),
            places: self.places.clone(),
            routes: Vec::new(),
        };
        let mut hint = None;
        let mut carried = 0;
        for (hash, mut slot) in std::mem::take(&mut self.slots) {
            for state in slot.states() {
                let ids = self.ids.remove(&hash);
                self.judge(state, ids, each);
                hint = hint.or_else(|| state.hint(self.table));
            }
            let oldest_ms = self.latest_ms.saturating_sub(CARRIED_FOR_MS);
            carried += slot.carry_over(|state| state.seen_ms() > oldest_ms && state.can_be_carried());
            if !slot.is_done() && carried <= MOST_CARRIED {
                // Only the routes of open requests go on, so that they do not pile up.
                for state in slot.states_mut() {
                    let route = state.route.and_then(|route| self.routes.get(usize::from(route)));
                    state.route = route.and_then(|route| keep(&mut carry.routes, route));
                }
                carry.open.insert(hash, slot);
            }
        }
        if carry.open.is_empty() {
            carry.places.clear();
        }
        Finished { carry, split: self.split, hint }
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
    pub hint: Option<&'static crate::cause::Cause>,
}

/// The number of a text, kept once.
fn keep(texts: &mut Vec<String>, text: &str) -> Option<u16> {
    let found = texts.iter().position(|other| other == text);
    let place = found.or_else(|| {
        (texts.len() < MOST_TEXTS).then(|| {
            texts.push(text.to_owned());
            texts.len() - 1
        })
    })?;
    u16::try_from(place).ok()
}
