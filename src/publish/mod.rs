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
//! * unknown (server error, timeout or cut connection after sending): treated as *not* accepted, and sent again. A
//!   failure counted twice is better than a failure not counted. [`Published`] has the number of such attempts.
//!
//! Until a batch is finished, other batches subtract its accepted counts for the log events that they share with it. If
//! that is not possible, the caller is told.

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
pub use own::{CANARY, OwnMetric, OwnMetrics, canary};
pub use request::{Request, Sendable, requests, sendable};
use sent::Sent;
pub use text::Text;

/// Timeout of one attempt. CloudWatch usually answers in tens of milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Least time for an attempt. With less, the outcome would most likely be unknown.
const SHORTEST_ATTEMPT: Duration = Duration::from_millis(100);

/// Most attempts for one request. Lambda retries the whole invocation a minute later.
const ATTEMPTS_PER_REQUEST: u32 = 6;

/// Sink for requests: CloudWatch or an output stream.
pub trait Sink {
    /// Sends one request, once. The caller drops the future at its timeout.
    fn put(&mut self, request: &Request) -> impl Future<Output = Result<(), Fault>>;
}

/// A batch and its data.
#[derive(Debug)]
pub struct Part<'b> {
    /// Bytes that identify the batch: equal in each delivery of it, different from every other batch.
    pub batch: &'b [u8],
    /// The data.
    pub data: Vec<Datum>,
    /// Hashes of the log events that the data count.
    pub events: Vec<u64>,
}

/// Outcome of publishing the data of one batch, or of all batches of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Data to send.
    pub data: usize,
    /// Requests for them.
    pub requests: usize,
    /// Accepted requests.
    pub accepted_requests: usize,
    /// Data of this batch that CloudWatch accepted in an earlier invocation.
    pub already_accepted_data: usize,
    /// Failures too old or too far ahead to send.
    pub stale_failures: u64,
    /// Data adjusted to CloudWatch's limits.
    pub adjusted_data: u64,
    /// Data that cannot be adjusted.
    pub unsendable_data: u64,
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
            attempts: 0,
            uncertain_attempts: 0,
            forgotten_batches: 0,
            result: Ok(()),
        }
    }
}

/// Publisher: sends data and remembers the accepted data of unfinished batches, for the life of the environment.
#[derive(Debug)]
pub struct Publisher<S> {
    sink: S,
    namespace: String,
    sent: Sent,
    data_per_request: usize,
}

impl<S: Sink> Publisher<S> {
    /// Creates a publisher that sends to `sink`.
    pub fn new(sink: S, namespace: impl Into<String>) -> Self {
        Self { sink, namespace: namespace.into(), sent: Sent::default(), data_per_request: limits::DATA_PER_REQUEST }
    }

    /// Sets the most data of a request, from 1 to CloudWatch's limit.
    #[must_use]
    pub fn with_data_per_request(self, data_per_request: usize) -> Self {
        Self { data_per_request: data_per_request.clamp(1, limits::DATA_PER_REQUEST), ..self }
    }

    /// Subtracts counts already accepted for the same log events in another, half-accepted batch. Must be called before
    /// the batch is published. Returns false if that was not possible for all data, which may then count twice.
    ///
    /// `recount` returns the data of the batch without the log events passed to it.
    pub fn subtract_shared(
        &self,
        part: &mut Part<'_>,
        now_ms: i64,
        recount: impl Fn(&[u64]) -> Option<Vec<Datum>>,
    ) -> bool {
        shared::subtract(&self.sent, part, now_ms, recount)
    }

    /// Sends the data of `batch` until the deadline `until`. The caller must produce them again after a failure.
    pub async fn publish(&mut self, batch: &[u8], data: Vec<Datum>, now_ms: i64, until: Instant) -> Published {
        self.publish_all(vec![Part { batch, data, events: Vec::new() }], now_ms, until).await
    }

    /// Sends the data of several batches, added up, until the deadline `until`.
    ///
    /// Accepted data are remembered by batch. If only some of the batches are delivered again, only their own share is
    /// subtracted.
    pub async fn publish_all(&mut self, mut parts: Vec<Part<'_>>, now_ms: i64, until: Instant) -> Published {
        let mut published = Published::default();
        for part in &mut parts {
            let Sendable { data, stale, adjusted, unsendable } = sendable(std::mem::take(&mut part.data), now_ms);
            part.data = data;
            published.stale_failures += request::failures(&stale);
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
        let requests = request::requests_of(self.data_per_request, &self.namespace, data);
        published.requests = requests.len();
        self.send_all(&parts, &requests, until, &mut published).await;
        published
    }

    async fn send_all(&mut self, parts: &[Part<'_>], requests: &[Request], until: Instant, published: &mut Published) {
        let mut accepted = Vec::new();
        let mut fault = None;
        for request in requests {
            match self.send(request, until, published).await {
                Ok(()) => accepted.push(request),
                Err(new) => {
                    let lost = new.is_refusal();
                    fault = Some(new);
                    // A refusal concerns one request; every other fault would hit the following requests as well.
                    if !lost {
                        break;
                    }
                }
            }
        }
        published.accepted_requests = accepted.len();
        match fault {
            None => {
                for part in parts {
                    self.sent.forget(part.batch);
                }
            }
            Some(fault) => {
                published.forgotten_batches = self.remember(parts, requests, &accepted);
                published.result = Err(PublishError {
                    fault,
                    requests: requests.len(),
                    accepted_requests: accepted.len(),
                    attempts: published.attempts,
                });
            }
        }
    }

    /// Remembers the accepted data, by batch. Returns how many unfinished batches were forgotten for lack of room.
    fn remember(&mut self, parts: &[Part<'_>], requests: &[Request], accepted: &[&Request]) -> u64 {
        let keys = self.sent.keys(accepted.iter().flat_map(|request| &request.data));
        if let [only] = parts {
            let data = requests.iter().flat_map(|request| &request.data);
            return self.sent.remember(only.batch, data, &keys, &only.events);
        }
        parts.iter().map(|part| self.sent.remember(part.batch, part.data.iter(), &keys, &part.events)).sum()
    }

    /// Sends one request. Retries with backoff while a retry may help and there is time.
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
            // Do not wait for a time at which no attempt is possible.
            if !may_help || Instant::now() + wait + SHORTEST_ATTEMPT > until {
                break;
            }
            tokio::time::sleep(wait).await;
        }
        Err(last)
    }
}

/// Returns the timeout of an attempt that begins now; None if there is too little time.
fn attempt_limit(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (left >= SHORTEST_ATTEMPT).then(|| left.min(ATTEMPT_TIMEOUT))
}

#[cfg(test)]
mod tests;
