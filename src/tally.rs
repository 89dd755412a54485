//! Verdicts to counts per set of dimensions and minute.
//!
//! A count is a failed request (or invocation, or rejected flow), never a line. Two batches' tallies add up.

use std::collections::BTreeMap;

use crate::classify::{Failure, Subject};

/// The metrics that count failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Failed requests, from execution logs.
    Errors,
    /// Failed requests, from access logs.
    AccessLogErrors,
    /// Failed invocations, from Lambda logs.
    FunctionErrors,
    /// Failed requests and invocations, from logs of other accounts.
    AccountErrors,
    /// Rejected records, from VPC flow logs.
    RejectedFlows,
}

impl Metric {
    /// The metric name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Errors => "Errors",
            Self::AccessLogErrors => "AccessLogErrors",
            Self::FunctionErrors => "FunctionErrors",
            Self::AccountErrors => "AccountErrors",
            Self::RejectedFlows => "RejectedFlows",
        }
    }
}

/// What one count is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// What failed.
    pub subject: Subject,
    /// The cause's id.
    pub cause: &'static str,
    /// The minute of the event that decided the count, in milliseconds since 1970-01-01T00:00:00Z.
    pub minute_ms: i64,
    /// The HTTP status; none where the log does not tell it.
    pub status: Option<u16>,
}

/// Counts per subject, cause, minute and status.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: BTreeMap<Key, u64>,
}

/// Milliseconds in a minute, the finest step of a standard-resolution metric.
const MINUTE_MS: i64 = 60_000;

impl Tally {
    /// Counts one failure. Gives how often its key was counted so far.
    pub fn add(&mut self, failure: &Failure) -> u64 {
        self.count(failure.subject.clone(), failure.cause.id, failure.timestamp_ms, failure.status)
    }

    /// The same where the failure is not put together.
    pub fn count(&mut self, subject: Subject, cause: &'static str, timestamp_ms: i64, status: Option<u16>) -> u64 {
        self.add_many(Key { subject, cause, minute_ms: minute_of(timestamp_ms), status }, 1)
    }

    fn add_many(&mut self, key: Key, more: u64) -> u64 {
        let count = self.counts.entry(key).or_default();
        *count += more;
        *count
    }

    /// Adds the counts of another tally.
    pub fn merge(&mut self, other: Self) {
        for (key, count) in other.counts {
            self.add_many(key, count);
        }
    }

    /// The data to publish: the counts, and their sums by API and stage.
    pub fn data(&self) -> Vec<Datum> {
        let mut sums: BTreeMap<(&'static str, Dimensions, i64), u64> = BTreeMap::new();
        for (key, count) in &self.counts {
            for (metric, dimensions) in metrics_of(key) {
                *sums.entry((metric, dimensions, key.minute_ms)).or_default() += count;
            }
        }
        let datum = |((metric, dimensions, timestamp_ms), count): (_, u64)| Datum {
            metric,
            dimensions,
            timestamp_ms,
            values: vec![(count as f64, 1.0)],
            unit: Unit::Count,
        };
        sums.into_iter().map(datum).collect()
    }

    /// The counts, in a stable order.
    pub fn counts(&self) -> impl Iterator<Item = (&Key, u64)> {
        self.counts.iter().map(|(key, count)| (key, *count))
    }
}

/// When the minute of a time began.
fn minute_of(timestamp_ms: i64) -> i64 {
    timestamp_ms.div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS)
}

/// The metrics that a count adds to, with their dimensions.
fn metrics_of(key: &Key) -> Vec<(&'static str, Dimensions)> {
    let cause = ("Cause", key.cause.to_owned());
    let metric = key.subject.metric().name();
    match &key.subject {
        Subject::Request { api_id, stage, route } | Subject::AccessLine { api_id, stage, route } => {
            let place = vec![("ApiId", api_id.clone()), ("Stage", stage.clone())];
            let by_cause = [place.clone(), vec![cause.clone()]].concat();
            let by_stage = match key.subject.metric() {
                Metric::AccessLogErrors => "AccessLogStageErrors",
                _ => "StageErrors",
            };
            let mut metrics = vec![(metric, by_cause), (by_stage, place.clone())];
            if let Some(route) = route {
                let route = vec![("Route", route.clone()), cause];
                metrics.push(("RouteErrors", [place, route].concat()));
            }
            metrics
        }
        Subject::Invocation { function_name } => {
            vec![(metric, vec![("FunctionName", function_name.clone()), cause])]
        }
        Subject::OtherAccount { account_id, api_id, stage } => {
            let place = vec![("AccountId", account_id.clone()), ("ApiId", api_id.clone()), ("Stage", stage.clone())];
            vec![(metric, [place, vec![cause]].concat())]
        }
        Subject::Flow { log_group } => vec![(metric, vec![("LogGroup", log_group.clone()), cause])],
    }
}

impl Subject {
    /// The metric that counts it.
    pub const fn metric(&self) -> Metric {
        match self {
            Self::Request { .. } => Metric::Errors,
            Self::AccessLine { .. } => Metric::AccessLogErrors,
            Self::Invocation { .. } => Metric::FunctionErrors,
            Self::OtherAccount { .. } => Metric::AccountErrors,
            Self::Flow { .. } => Metric::RejectedFlows,
        }
    }
}

/// Names and values of a metric's dimensions.
pub type Dimensions = Vec<(&'static str, String)>;

/// One point of a metric, as a sink sends it.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// The metric's name.
    pub metric: &'static str,
    /// Names and values of its dimensions.
    pub dimensions: Dimensions,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// The values, each with how often it occurred.
    pub values: Vec<(f64, f64)>,
    /// Of the values.
    pub unit: Unit,
}

/// The unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A count.
    Count,
    /// Milliseconds.
    Milliseconds,
}
