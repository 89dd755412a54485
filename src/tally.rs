//! Counts failures per set of dimensions and minute.
//!
//! A count is a failed request, a failed invocation or a rejected flow, never a line. Tallies of batches add up.

use std::collections::BTreeMap;

use crate::failure::{Failure, Id, ROUTE_ERRORS, Subject};

/// Key of a count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountKey {
    /// What failed.
    pub subject: Subject,
    /// The cause's id.
    pub cause: &'static str,
    /// The minute of the event that decided the count, in milliseconds since 1970-01-01T00:00:00Z.
    pub minute_ms: i64,
    /// The HTTP status; None if the log does not show it.
    pub status: Option<u16>,
}

/// Correction of a count in an earlier batch: the request's failure line came after its end, and names another cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The count as it was made.
    pub key: CountKey,
    /// The id of the right cause.
    pub cause: &'static str,
    /// The request.
    pub request_id: Option<Id>,
}

/// Counts per subject, cause, minute and status.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    counts: BTreeMap<CountKey, Sum>,
}

/// How many failures, and when within the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

impl Sum {
    /// One failure at this time.
    pub(crate) fn one(time_ms: i64) -> Self {
        Self { count: 1, first_ms: time_ms, last_ms: time_ms }
    }

    /// Adds failures.
    pub(crate) fn add(&mut self, more: Self) {
        self.count += more.count;
        self.first_ms = self.first_ms.min(more.first_ms);
        self.last_ms = self.last_ms.max(more.last_ms);
    }
}

/// Milliseconds in a minute, the finest step of a standard-resolution metric.
pub const MINUTE_MS: i64 = 60_000;

impl Tally {
    /// Counts one failure. Returns the count of its key so far.
    ///
    /// The second failure of one cause, subject, minute and status → 2
    pub fn add(&mut self, failure: &Failure) -> u64 {
        let key = CountKey {
            subject: Subject::clone(&failure.subject),
            cause: failure.cause.id,
            minute_ms: minute_of(failure.timestamp_ms),
            status: failure.status,
        };
        self.add_many(key, Sum::one(failure.timestamp_ms))
    }

    /// Adds to the count of a key. Returns the sum.
    pub(crate) fn add_many(&mut self, key: CountKey, more: Sum) -> u64 {
        let sum = self.counts.entry(key).or_insert_with(|| Sum { count: 0, ..more });
        sum.add(more);
        sum.count
    }

    /// Moves one count to the right cause.
    ///
    /// 2 of `backend_error_response` → 1 of it and 1 of `integration_timeout`
    pub fn correct(&mut self, correction: Correction) {
        let Some(sum) = self.counts.get_mut(&correction.key) else { return };
        sum.count -= 1;
        let moved = Sum { count: 1, ..*sum };
        if sum.count == 0 {
            self.counts.remove(&correction.key);
        }
        self.add_many(CountKey { cause: correction.cause, ..correction.key }, moved);
    }

    /// Adds the counts of another tally.
    ///
    /// 2 and 3 of one key → 5
    pub fn merge(&mut self, other: Self) {
        for (key, sum) in other.counts {
            self.add_many(key, sum);
        }
    }

    /// Returns the data to publish: the counts, and their sums by API and stage.
    ///
    /// 3 time-outs of `a1b2c3d4e5/prod` in a minute → `Errors` 3 with ApiId, Stage, Cause; `StageErrors` 3 with ApiId, Stage
    pub fn data(&self) -> Vec<Datum> {
        let mut sums: BTreeMap<(&'static str, Dimensions, i64), u64> = BTreeMap::new();
        for (key, Sum { count, .. }) in &self.counts {
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

    /// Returns the counts, sorted by key.
    pub fn counts(&self) -> impl Iterator<Item = (&CountKey, u64)> {
        self.counts.iter().map(|(key, sum)| (key, sum.count))
    }

    /// Returns the first and the last time of each count, sorted by key.
    pub fn times(&self) -> impl Iterator<Item = (&CountKey, (i64, i64))> {
        self.counts.iter().map(|(key, sum)| (key, (sum.first_ms, sum.last_ms)))
    }
}

/// Returns the start of the minute that holds `timestamp_ms`.
///
/// 1714844901117 → 1714844880000
pub(crate) fn minute_of(timestamp_ms: i64) -> i64 {
    timestamp_ms.div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS)
}

/// Returns the metrics that a count adds to, with their dimensions.
fn metrics_of(key: &CountKey) -> Vec<(&'static str, Dimensions)> {
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

/// One point of a metric, ready for a sink.
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
    /// The unit of the values.
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
