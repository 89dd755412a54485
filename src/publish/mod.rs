//! Counts to CloudWatch, to lines of the Embedded Metric Format, or to text.
//!
//! This module owns what CloudWatch accepts ([`limits`]), how often and how long it is asked, and what was accepted
//! when a batch failed half-way. What is counted is left to [`crate::tally`].
//!
//! # What can be counted twice
//!
//! PutMetricData has no token that would make a second try harmless. So each attempt is made here, not inside the SDK,
//! and its outcome is known to be one of three:
//!
//! * accepted: remembered by batch until the whole batch is accepted, and not sent again in this environment;
//! * certainly not accepted (throttled, refused, never connected): sent again where that can help. After a denied
//!   request, that is once: the clock may be wrong, and the SDK signs the next attempt by the time in the answer;
//! * unknown (server error, time-out or cut connection after sending): taken as *not* accepted, and sent again. A
//!   failure seen twice is a lesser evil than a failure not seen. `UncertainPublishes` counts each such attempt.
//!
//! Until a batch is finished, other batches leave out what was accepted of log events that they share with it. Where
//! that cannot be told any more, `UncertainPublishes` counts the batch.

mod backoff;
#[cfg(feature = "publish")]
mod cloudwatch;
mod emf;
mod fault;
pub mod limits;
mod own;
mod request;
mod sent;
mod shared;
mod text;

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::tally::Datum;

use backoff::Backoff;
#[cfg(feature = "publish")]
pub use cloudwatch::CloudWatch;
pub use emf::Emf;
pub use fault::{Fault, PublishError};
pub use own::{OwnMetric, OwnMetrics};
pub use request::{Request, Sendable, requests, sendable};
use sent::Sent;
pub use text::Text;

/// How long one attempt may take. A request is answered in tens of milliseconds when all is well.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Less time than this is not worth an attempt: it would most likely end in an unknown outcome.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(100);

/// Most attempts for one request. Lambda tries the whole invocation again after that, a minute later.
const ATTEMPTS_PER_REQUEST: u32 = 6;

/// Takes requests: CloudWatch, or something that stands for it.
pub trait Sink {
    /// Sends one request, once. Whoever calls it drops the future when it takes too long.
    fn put(&mut self, request: &Request) -> impl Future<Output = Result<(), Fault>>;
}

/// A batch, and the data that it led to.
#[derive(Debug)]
pub struct Part<'b> {
    /// What is the same each time that the batch is delivered, and different from all other batches.
    pub batch: &'b [u8],
    /// The data.
    pub data: Vec<Datum>,
    /// The log events that led to them, each by a number of its own.
    pub events: Vec<u64>,
}

/// What became of the data of one batch, or of those of an invocation together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Data that were to be sent now, the function's own metrics among them.
    pub data: usize,
    /// Requests that they made.
    pub requests: usize,
    /// Requests that were accepted.
    pub accepted_requests: usize,
    /// Data of this batch that an earlier invocation had got accepted.
    pub already_accepted_data: usize,
    /// Failures too old or too far ahead to be sent.
    pub stale_failures: u64,
    /// Data changed so that CloudWatch takes them.
    pub adjusted_data: u64,
    /// Data that no change could make acceptable.
    pub unsendable_data: u64,
    /// Attempts.
    pub attempts: u32,
    /// Attempts of unknown outcome.
    pub uncertain_attempts: u32,
    /// Whether all of it was accepted.
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
            attempts: 0,
            uncertain_attempts: 0,
            result: Ok(()),
        }
    }
}

/// Sends data, and remembers what an unfinished batch has got accepted. It lives as long as the environment.
#[derive(Debug)]
pub struct Publisher<S> {
    sink: S,
    namespace: String,
    own: OwnMetrics,
    sent: Sent,
    data_per_request: usize,
}

impl<S: Sink> Publisher<S> {
    /// Sends to `sink`, in this namespace, for the function of this name.
    pub fn new(sink: S, namespace: impl Into<String>, function_name: impl Into<String>) -> Self {
        Self {
            sink,
            namespace: namespace.into(),
            own: OwnMetrics::new(function_name),
            sent: Sent::default(),
            data_per_request: limits::DATA_PER_REQUEST,
        }
    }

    /// The same with at most so many data in a request, where fewer are wanted than CloudWatch takes.
    #[must_use]
    pub fn with_data_per_request(self, data_per_request: usize) -> Self {
        Self { data_per_request: data_per_request.clamp(1, limits::DATA_PER_REQUEST), ..self }
    }

    /// The function's own metrics, to add to. They go out with the next batch that is published.
    pub fn own(&mut self) -> &mut OwnMetrics {
        &mut self.own
    }

    /// Leaves out of the data of a batch what CloudWatch has of the same log events, by way of other batches of which it
    /// took a part only. To be called before the batch is remembered.
    ///
    /// `recount` gives the data of the batch as if the log events handed to it had been counted before.
    pub fn subtract_shared(
        &mut self,
        part: &mut Part<'_>,
        now_ms: i64,
        recount: impl Fn(&[u64]) -> Option<Vec<Datum>>,
    ) {
        let is_certain = shared::subtract(&self.sent, part, now_ms, recount);
        self.own.count(OwnMetric::UncertainPublishes, now_ms, u64::from(!is_certain));
    }

    /// Sends the data that `batch`, as it was delivered, led to, and the own metrics that wait.
    ///
    /// It stops before `until`, whatever the sink does. Data of the own metrics among `data` are kept until they are
    /// accepted, for they count attempts; all others are the caller's to produce again after a failure.
    pub async fn publish(&mut self, batch: &[u8], data: Vec<Datum>, now_ms: i64, until: Instant) -> Published {
        self.publish_all(vec![Part { batch, data, events: Vec::new() }], now_ms, until).await
    }

    /// The same for several batches at once, their data added up.
    ///
    /// What was accepted is remembered by batch: should only some of them come again, or in another company, no more
    /// than their own share is taken for accepted.
    pub async fn publish_all(&mut self, mut parts: Vec<Part<'_>>, now_ms: i64, until: Instant) -> Published {
        let mut published = Published::default();
        for part in &mut parts {
            let (own, data) = std::mem::take(&mut part.data).into_iter().partition(OwnMetrics::is_own);
            self.own.merge(own);
            let Sendable { data, stale, adjusted, unsendable } = sendable(data, now_ms);
            part.data = data;
            published.stale_failures += request::failures(&stale);
            published.adjusted_data += adjusted;
            published.unsendable_data += unsendable;
            published.already_accepted_data += self.sent.subtract_accepted(part.batch, &mut part.data);
        }
        self.own.count(OwnMetric::StaleEvents, now_ms, published.stale_failures);
        let mut data = match parts.as_mut_slice() {
            // Nothing to add up, and no need to keep whose it is.
            [only] => std::mem::take(&mut only.data),
            parts => request::totals(parts.iter().flat_map(|part| &part.data).cloned().collect()),
        };
        data.extend(self.own.sendable(now_ms));
        published.data = data.len();
        let requests = request::requests_of(self.data_per_request, &self.namespace, data);
        published.requests = requests.len();
        self.send_all(&parts, &requests, now_ms, until, &mut published).await;
        published
    }

    async fn send_all(
        &mut self,
        parts: &[Part<'_>],
        requests: &[Request],
        now_ms: i64,
        until: Instant,
        published: &mut Published,
    ) {
        let mut accepted = Vec::new();
        let mut fault = None;
        for request in requests {
            match self.send(request, until, published).await {
                Ok(()) => {
                    self.own.accepted(&request.data);
                    accepted.push(request);
                }
                Err(new) => {
                    let lost = new.is_refusal();
                    fault = Some(new);
                    // One that was refused says nothing about the others; what hits one for other reasons hits all.
                    if !lost {
                        break;
                    }
                }
            }
        }
        published.accepted_requests = accepted.len();
        self.own.count(OwnMetric::UncertainPublishes, now_ms, u64::from(published.uncertain_attempts));
        match fault {
            None => {
                for part in parts {
                    self.sent.forget(part.batch);
                }
                self.send_rest_of_own(now_ms, until, published).await;
            }
            Some(fault) => {
                let forgotten = self.remember(parts, requests, &accepted);
                self.own.count(OwnMetric::UncertainPublishes, now_ms, forgotten);
                published.result = Err(PublishError {
                    fault,
                    requests: requests.len(),
                    accepted_requests: accepted.len(),
                    attempts: published.attempts,
                });
            }
        }
    }

    /// Remembers what was accepted by the batch that it is of. Says how many unfinished batches are forgotten for it.
    fn remember(&mut self, parts: &[Part<'_>], requests: &[Request], accepted: &[&Request]) -> u64 {
        let keys = self.sent.keys(accepted.iter().flat_map(|request| &request.data));
        if let [only] = parts {
            let data = requests.iter().flat_map(|request| &request.data);
            return self.sent.remember(only.batch, data, &keys, &only.events);
        }
        parts.iter().map(|part| self.sent.remember(part.batch, part.data.iter(), &keys, &part.events)).sum()
    }

    /// What was counted while sending, once, without insisting: the environment may be frozen for good after this.
    async fn send_rest_of_own(&mut self, now_ms: i64, until: Instant, published: &Published) {
        if published.uncertain_attempts == 0 {
            return;
        }
        for request in requests(&self.namespace, self.own.sendable(now_ms)) {
            let Some(limit) = attempt_limit(until) else { return };
            match tokio::time::timeout(limit, self.sink.put(&request)).await.unwrap_or(Err(Fault::Timeout)) {
                Ok(()) => self.own.accepted(&request.data),
                // This attempt is told with the next batch.
                Err(fault) => self.own.count(OwnMetric::UncertainPublishes, now_ms, u64::from(fault.is_uncertain())),
            }
        }
    }

    /// Sends one request, as often as it takes and may help.
    async fn send(&mut self, request: &Request, until: Instant, published: &mut Published) -> Result<(), Fault> {
        let mut backoff = Backoff::default();
        let mut once_more = true;
        let mut last = Fault::NoTimeLeft;
        for _ in 0..ATTEMPTS_PER_REQUEST {
            let Some(limit) = attempt_limit(until) else { break };
            published.attempts += 1;
            let outcome = tokio::time::timeout(limit, self.sink.put(request)).await;
            last = match outcome.unwrap_or(Err(Fault::Timeout)) {
                Ok(()) => return Ok(()),
                Err(fault) => fault,
            };
            published.uncertain_attempts += u32::from(last.is_uncertain());
            let wait = backoff.next(&last);
            let may_help = last.may_pass() || last.may_pass_once() && std::mem::take(&mut once_more);
            // Waiting for a moment in which nothing can be done any more would only cost.
            if !may_help || Instant::now() + wait + SHORTEST_ATTEMPT > until {
                break;
            }
            tokio::time::sleep(wait).await;
        }
        Err(last)
    }
}

/// How long an attempt that begins now may take; none where that is too short.
fn attempt_limit(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (left >= SHORTEST_ATTEMPT).then(|| left.min(ATTEMPT_TIMEOUT))
}

#[cfg(test)]
mod tests;
