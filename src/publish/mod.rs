//! Publisher: sends counts to CloudWatch, or writes them in the Embedded Metric Format or as text.
//!
//! This module knows CloudWatch's limits ([`limits`]), retries, and remembers what CloudWatch accepted of a batch that
//! failed halfway. [`crate::tally`] decides what is counted.
//!
//! # Double counts
//!
//! PutMetricData has no token that makes a retry idempotent. So this module makes each attempt, not the SDK, and knows
//! its outcome:
//!
//! * accepted: remembered until the whole batch is accepted, and not sent again in this environment;
//! * certainly not accepted (throttled, refused, never connected): sent again if that can help. A denied request is
//!   sent again once: the clock may be wrong, and the SDK signs the next attempt by the time in the answer;
//! * unknown (server error, timeout or cut connection after sending, an answer of somebody else): treated as *not*
//!   accepted, and sent again. A failure counted twice is better than a failure not counted. [`Published`] has
//!   the number of such attempts.
//!
//! A request that is refused for its data is halved, and so on, until the refused datum is alone. Only that datum is
//! lost, and only if CloudWatch accepts something else of the batch: if it refuses everything, the reason may be no datum.
//!
//! Until a batch is finished, other batches subtract its accepted counts for the log events that they share with it. If
//! that is not possible, [`Published`] says so.

mod backoff;
#[cfg(feature = "publish")]
mod cloudwatch;
mod emf;
mod fault;
mod halving;
pub mod limits;
mod own;
mod request;
mod sent;
mod shared;
mod text;

use std::future::Future;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

use crate::tally::Datum;

use backoff::Retries;
#[cfg(feature = "publish")]
pub use cloudwatch::{CloudWatch, THROTTLE_CODES};
pub use emf::Emf;
pub use fault::{Fault, PublishError};
use halving::Queue;
pub use own::{OwnMetrics, canary, embed_survey, unsent_messages};
pub use request::{Failures, PutRequest, Sendable, requests, sendable, time};
use sent::Sent;
pub use text::TextSink;

/// Timeout of one attempt. CloudWatch usually answers in tens of milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Least time for an attempt. With less, the outcome would most likely be unknown.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(100);

/// Sink for requests: CloudWatch or an output stream.
pub trait Sink {
    /// Sends one request, once. The caller drops the future at its timeout.
    fn put(&mut self, request: &PutRequest) -> impl Future<Output = Result<(), Fault>>;

    /// Returns the fault of a request whose future was dropped at its timeout.
    fn overdue(&self) -> Fault {
        Fault::Timeout
    }

    /// Returns the most data of one request, up to CloudWatch's limit.
    fn data_per_request(&self) -> usize {
        limits::DATA_PER_REQUEST
    }

    /// Returns by how many milliseconds the clock of the service is ahead of ours; None if only an answer shows it.
    fn clock_ahead_ms(&self) -> Option<i64> {
        Some(0)
    }

    /// Says that other data follow. What an answer said of the time before that is no proof any more: either clock may
    /// have been set since.
    fn begin(&mut self) {}

    /// Returns whether the service gave the time since [`begin`](Self::begin), if it gives it at all.
    fn has_given_time(&self) -> bool {
        true
    }
}

/// A batch and its data.
#[derive(Debug)]
pub struct BatchData<'b> {
    /// Bytes that identify the batch: equal in each delivery of it, different from every other batch.
    pub batch: &'b [u8],
    /// The data.
    pub data: Vec<Datum>,
    /// Hashes of the log events that the data count.
    pub events: Vec<u64>,
}

/// Outcome of publishing the data of one batch, or of all batches of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Data to send.
    pub data: usize,
    /// Requests for them, with those into which a refused one was halved.
    pub requests: usize,
    /// Accepted requests.
    pub accepted_requests: usize,
    /// Data of this batch that CloudWatch accepted in an earlier invocation.
    pub already_accepted_data: usize,
    /// Failures too old or too far ahead to send.
    pub stale_failures: u64,
    /// Data adjusted to CloudWatch's limits.
    pub adjusted_data: u64,
    /// Data that cannot be adjusted, or that CloudWatch refused.
    pub unsendable_data: u64,
    /// The data that CloudWatch refused, one by one.
    pub refused: Vec<Datum>,
    /// Failures that are too old, too far ahead or refused, and so not published.
    pub left_out: Failures,
    /// Attempts.
    pub attempts: u32,
    /// Attempts of unknown outcome.
    pub uncertain_attempts: u32,
    /// Unfinished batches that were forgotten for lack of room.
    pub forgotten_batches: u64,
    /// Whether all requests were accepted.
    pub result: Result<(), PublishError>,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            data: 0,
            requests: 0,
            accepted_requests: 0,
            already_accepted_data: 0,
            stale_failures: 0,
            adjusted_data: 0,
            unsendable_data: 0,
            refused: Vec::new(),
            left_out: Failures::default(),
            attempts: 0,
            uncertain_attempts: 0,
            forgotten_batches: 0,
            result: Ok(()),
        }
    }
}

impl Published {
    /// Adds the outcome of more data.
    pub fn add(&mut self, more: Self) {
        self.data += more.data;
        self.requests += more.requests;
        self.accepted_requests += more.accepted_requests;
        self.already_accepted_data += more.already_accepted_data;
        self.stale_failures += more.stale_failures;
        self.adjusted_data += more.adjusted_data;
        self.unsendable_data += more.unsendable_data;
        self.refused.extend(more.refused);
        self.left_out += more.left_out;
        self.attempts += more.attempts;
        self.uncertain_attempts += more.uncertain_attempts;
        self.forgotten_batches = self.forgotten_batches.max(more.forgotten_batches);
        self.result = more.result;
    }

    /// Counts the failures of data that CloudWatch does not take for their time.
    fn leave_out_stale(&mut self, stale: &[Datum]) {
        let failures = request::failures(stale);
        self.stale_failures += failures.all;
        self.left_out += failures;
    }
}

/// Whether more data of a batch are to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    Nothing,
    Follows,
}

/// Publisher: sends data and remembers the accepted data of unfinished batches, for the life of the environment.
#[derive(Debug)]
pub struct Publisher<S> {
    sink: S,
    namespace: String,
    sent: Sent,
    /// Halves of refused requests that were sent of the pieces of a batch so far.
    halves: usize,
}

impl<S: Sink> Publisher<S> {
    /// Creates a publisher that sends to `sink`.
    pub fn new(sink: S, namespace: impl Into<String>) -> Self {
        Self { sink, namespace: namespace.into(), sent: Sent::default(), halves: 0 }
    }

    /// Returns the time on CloudWatch's clock. Before its first answer that is `now_ms`, the time on ours.
    pub fn time_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(self.sink.clock_ahead_ms().unwrap_or(0))
    }

    /// Subtracts counts already accepted for the same log events in another, half-accepted batch. Must be called before
    /// the batch is published. Returns false if that was not possible for all data, which may then count twice.
    ///
    /// `recount` returns the data of the batch without the log events passed to it.
    pub fn subtract_shared(
        &self,
        part: &mut BatchData<'_>,
        now_ms: i64,
        recount: &dyn Fn(&[u64]) -> Option<Vec<Datum>>,
    ) -> bool {
        shared::subtract(&self.sent, part, self.time_ms(now_ms), recount)
    }

    /// Sends the data of `batch` until the deadline `until`. The caller must produce them again after a failure.
    pub async fn publish(&mut self, batch: &[u8], data: Vec<Datum>, now_ms: i64, until: Instant) -> Published {
        self.publish_all(vec![BatchData { batch, data, events: Vec::new() }], now_ms, until).await
    }

    /// Sends the data of several batches, added up, until the deadline `until`.
    ///
    /// Accepted data are remembered by batch. If only some of the batches are delivered again, only their own share is
    /// subtracted.
    pub async fn publish_all(&mut self, parts: Vec<BatchData<'_>>, now_ms: i64, until: Instant) -> Published {
        self.publish_some(parts, Rest::Nothing, now_ms, until).await
    }

    /// Sends some of the data of a batch until the deadline `until`. No other call may send data of the same metric,
    /// dimensions and minute. They are remembered as those of a batch that is accepted in part: call
    /// [`finish`](Self::finish) once all were accepted.
    pub async fn publish_part(&mut self, part: BatchData<'_>, now_ms: i64, until: Instant) -> Published {
        self.publish_some(vec![part], Rest::Follows, now_ms, until).await
    }

    /// Says that all data of a batch were accepted.
    pub fn finish(&mut self, batch: &[u8]) {
        self.halves = 0;
        self.sent.forget(batch);
    }

    async fn publish_some(
        &mut self,
        mut parts: Vec<BatchData<'_>>,
        rest: Rest,
        now_ms: i64,
        until: Instant,
    ) -> Published {
        let mut published = Published::default();
        self.sink.begin();
        let times = self.times(now_ms);
        for part in &mut parts {
            let Sendable { data, stale, adjusted, unsendable } =
                request::sendable_within(std::mem::take(&mut part.data), &times);
            part.data = data;
            published.leave_out_stale(&stale);
            published.adjusted_data += adjusted;
            published.unsendable_data += unsendable;
            published.already_accepted_data += self.sent.subtract_accepted(part.batch, &mut part.data);
        }
        let data = match parts.as_mut_slice() {
            // A single batch needs no sum, and no record of which data are whose.
            [only] => std::mem::take(&mut only.data),
            parts => request::totals(parts.iter().flat_map(|part| &part.data).cloned().collect()),
        };
        published.data = data.len();
        let requests = request::requests_of(self.sink.data_per_request(), &self.namespace, data);
        published.requests = requests.len();
        self.send_all(&parts, requests, rest, now_ms, until, &mut published).await;
        if rest == Rest::Nothing || published.result.is_err() {
            self.halves = 0;
        }
        published
    }

    /// Returns the times that CloudWatch accepts. Until it has given the time, nothing is too old or too far ahead: our
    /// clock may be wrong, and what is left out is lost. It refuses what is, and its answer has the time.
    fn times(&self, now_ms: i64) -> RangeInclusive<i64> {
        if self.sink.has_given_time() { limits::times(self.time_ms(now_ms)) } else { i64::MIN..=i64::MAX }
    }

    async fn send_all(
        &mut self,
        parts: &[BatchData<'_>],
        requests: Vec<PutRequest>,
        rest: Rest,
        now_ms: i64,
        until: Instant,
        published: &mut Published,
    ) {
        let mut queue = Queue::new(requests, self.halves);
        let (mut accepted, mut alone, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut fault, mut refusal) = (None, None);
        while let Some(mut request) = queue.next() {
            match self.send(&mut request, now_ms, until, published).await {
                Ok(()) => {
                    queue.was_accepted();
                    if request.data.is_empty() {
                        published.requests -= 1;
                    } else {
                        accepted.push(request);
                    }
                }
                Err(new) if new.is_about_data() => {
                    refusal = Some(new);
                    if request.data.len() == 1 {
                        alone.push(request);
                    } else {
                        queue.halve(request);
                    }
                }
                // It would hit the following requests as well.
                Err(new) => {
                    fault = Some(new);
                    failed.push(request);
                    break;
                }
            }
        }
        published.requests += queue.halves();
        self.halves += queue.halves();
        published.accepted_requests = accepted.len();
        failed.extend(queue.rest());
        if !accepted.is_empty() || published.already_accepted_data > 0 {
            published.unsendable_data += alone.len() as u64;
            published.data -= alone.len();
            published.refused.extend(alone.iter().flat_map(|request| &request.data).cloned());
            published.left_out += request::failures(&published.refused);
            // They are done with: the next delivery of the batch leaves them out.
            accepted.append(&mut alone);
        }
        failed.append(&mut alone);
        let fault = fault.or(refusal.filter(|_| !failed.is_empty()));
        match fault {
            None if rest == Rest::Follows => {
                published.forgotten_batches = self.remember(parts, &accepted, &failed);
            }
            None => {
                for part in parts {
                    self.sent.forget(part.batch);
                }
            }
            Some(fault) => {
                published.forgotten_batches = self.remember(parts, &accepted, &failed);
                if fault.is_about_credentials() {
                    // The environment ends, and nobody else knows what was accepted.
                    published.forgotten_batches += self.sent.batches() as u64;
                }
                published.result = Err(PublishError {
                    fault,
                    requests: published.requests,
                    accepted_requests: published.accepted_requests,
                    attempts: published.attempts,
                });
            }
        }
    }

    /// Remembers the accepted data, by batch. Returns how many unfinished batches were forgotten for lack of room.
    fn remember(&mut self, parts: &[BatchData<'_>], accepted: &[PutRequest], failed: &[PutRequest]) -> u64 {
        let keys = self.sent.keys(accepted.iter().flat_map(|request| &request.data));
        if let [only] = parts {
            let data = accepted.iter().chain(failed).flat_map(|request| &request.data);
            return self.sent.remember(only.batch, data, &keys, &only.events);
        }
        parts.iter().map(|part| self.sent.remember(part.batch, part.data.iter(), &keys, &part.events)).sum()
    }

    /// Sends one request, without the data that turn out to be too old or too far ahead by CloudWatch's clock. Retries
    /// with backoff while a retry may help and there is time.
    async fn send(
        &mut self,
        request: &mut PutRequest,
        now_ms: i64,
        until: Instant,
        published: &mut Published,
    ) -> Result<(), Fault> {
        let mut retries = Retries::default();
        let mut last = Fault::NoTimeLeft;
        self.leave_out_stale(request, now_ms, published);
        while !request.data.is_empty() {
            let Some(limit) = attempt_limit(until) else { return Err(last) };
            published.attempts += 1;
            last = match self.attempt(limit, request).await {
                Ok(()) => return Ok(()),
                Err(fault) => fault,
            };
            published.uncertain_attempts += u32::from(last.is_uncertain());
            // The first answer holds the time, and so perhaps why the data were refused.
            if self.leave_out_stale(request, now_ms, published) && last.is_about_data() {
                continue;
            }
            // Do not wait for a time at which no attempt is possible.
            let wait = retries.next(&last).filter(|wait| Instant::now() + *wait + SHORTEST_ATTEMPT <= until);
            let Some(wait) = wait else { return Err(last) };
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    async fn attempt(&mut self, limit: Duration, request: &PutRequest) -> Result<(), Fault> {
        match tokio::time::timeout(limit, self.sink.put(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.sink.overdue()),
        }
    }

    /// Removes data that CloudWatch would refuse for their time. Returns whether there were any.
    fn leave_out_stale(&self, request: &mut PutRequest, now_ms: i64, published: &mut Published) -> bool {
        let times = self.times(now_ms);
        let stale: Vec<_> = request.data.extract_if(.., |datum| !times.contains(&datum.timestamp_ms)).collect();
        published.data -= stale.len();
        published.leave_out_stale(&stale);
        !stale.is_empty()
    }
}

/// Returns the timeout of an attempt that begins now; None if there is too little time.
fn attempt_limit(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (left >= SHORTEST_ATTEMPT).then(|| left.min(ATTEMPT_TIMEOUT))
}

#[cfg(test)]
mod tests;
