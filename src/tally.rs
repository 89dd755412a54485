//! Failures to counts per set of dimensions and minute.
//!
//! A count is a failed request (or invocation, or rejected flow), never a line. Two batches' tallies add up.

use std::collections::BTreeMap;

use crate::failure::{Failure, ROUTE_ERRORS, Subject};

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
pub const MINUTE_MS: i64 = 60_000;

impl Tally {
    /// Counts one failure. Returns how often its key was counted so far.
    pub fn add(&mut self, failure: &Failure) -> u64 {
        let key = Key {
            subject: failure.subject.clone(),
            cause: failure.cause.id,
            minute_ms: minute_of(failure.timestamp_ms),
            status: failure.status,
        };
        self.add_many(key, 1)
    }

    /// Adds to the count of a key. Returns the sum.
    pub(crate) fn add_many(&mut self, key: Key, more: u64) -> u64 {
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
pub(crate) fn minute_of(timestamp_ms: i64) -> i64 {
    timestamp_ms.div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS)
}

/// The metrics that a count adds to, with their dimensions.
fn metrics_of(key: &Key) -> Vec<(&'static str, Dimensions)> {
    let metric = key.subject.metric();
    let own = || -> Dimensions {
        key.subject.dimensions().into_iter().map(|(name, value)| (name, value.to_owned())).collect()
    };
    let with = |more: &[(&'static str, &str)]| -> Dimensions {
        own().into_iter().chain(more.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect()
    };
    let cause = ("Cause", key.cause);
    let mut metrics = vec![(metric.name(), with(&[cause]))];
    metrics.extend(metric.by_stage().map(|name| (name, own())));
    metrics.extend(key.subject.route().map(|route| (ROUTE_ERRORS, with(&[("Route", route), cause]))));
    metrics
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
