//! The function's own metrics, kept until CloudWatch accepts them.
//!
//! They count attempts: a batch tried three times counts three in `Batches`. Counts of an outage are sent after it, at
//! the minute of each.

use std::collections::BTreeMap;

use super::request::{Sendable, sendable};
use crate::tally::{Datum, MINUTE_MS, Unit};

/// Dimension of these metrics alone.
const FUNCTION: &str = "Function";

/// Most pending pairs of metric and minute: more than half a day without CloudWatch. Later counts join the last minute.
const PENDING: usize = 10_000;

/// Most pending distinct values of a metric and minute. Later ones are counted with the nearest.
const VALUES_PENDING: usize = 150;

/// A metric of the function itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnMetric {
    /// Log events read.
    LogEvents,
    /// Batches delivered.
    Batches,
    /// Log events counted before.
    DuplicateEvents,
    /// Failures too old or too far ahead to send.
    StaleEvents,
    /// Requests joined from two batches.
    SplitRequests,
    /// Lines whose status client text may have forged.
    AmbiguousLines,
    /// Log events that no reader of their kind understood.
    NotUnderstood,
    /// APIs with failures in both kinds of log.
    BothSources,
    /// Unreadable batches.
    UndecodableBatches,
    /// Counts that a limit folded into `other`.
    OtherDimensions,
    /// Attempts of unknown outcome: CloudWatch may have accepted them.
    UncertainPublishes,
    /// Failures of the canary.
    Canary,
    /// Time from a log event to its count, in milliseconds.
    DeliveryDelay,
}

impl OwnMetric {
    /// All own metrics.
    pub const ALL: &[Self] = &[
        Self::LogEvents,
        Self::Batches,
        Self::DuplicateEvents,
        Self::StaleEvents,
        Self::SplitRequests,
        Self::AmbiguousLines,
        Self::NotUnderstood,
        Self::BothSources,
        Self::UndecodableBatches,
        Self::OtherDimensions,
        Self::UncertainPublishes,
        Self::Canary,
        Self::DeliveryDelay,
    ];

    /// Returns the published metric name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogEvents => "LogEvents",
            Self::Batches => "Batches",
            Self::DuplicateEvents => "DuplicateEvents",
            Self::StaleEvents => "StaleEvents",
            Self::SplitRequests => "SplitRequests",
            Self::AmbiguousLines => "AmbiguousLines",
            Self::NotUnderstood => "NotUnderstood",
            Self::BothSources => "BothSources",
            Self::UndecodableBatches => "UndecodableBatches",
            Self::OtherDimensions => "OtherDimensions",
            Self::UncertainPublishes => "UncertainPublishes",
            Self::Canary => "Canary",
            Self::DeliveryDelay => "DeliveryDelay",
        }
    }
}

/// Accumulator for the own metrics that CloudWatch has not accepted yet.
#[derive(Debug)]
pub struct OwnMetrics {
    function_name: String,
    pending: BTreeMap<(&'static str, i64), PendingValues>,
}

#[derive(Debug)]
struct PendingValues {
    unit: Unit,
    values: Vec<(f64, f64)>,
}

impl OwnMetrics {
    /// Creates an empty accumulator. `function_name` is the dimension of the metrics.
    pub fn new(function_name: impl Into<String>) -> Self {
        Self { function_name: function_name.into(), pending: BTreeMap::new() }
    }

    /// Adds to a count. Adding 0 creates no datum.
    pub fn count(&mut self, metric: OwnMetric, timestamp_ms: i64, count: u64) {
        if count > 0 {
            self.add(metric.name(), timestamp_ms, Unit::Count, (1.0, count as f64));
        }
    }

    /// Adds a duration that occurred `count` times.
    pub fn duration(&mut self, metric: OwnMetric, timestamp_ms: i64, duration_ms: u64, count: u64) {
        if count > 0 {
            self.add(metric.name(), timestamp_ms, Unit::Milliseconds, (duration_ms as f64, count as f64));
        }
    }

    /// Returns whether a datum is an own metric.
    pub(super) fn is_own(datum: &Datum) -> bool {
        matches!(datum.dimensions.as_slice(), [(FUNCTION, _)])
    }

    /// Merges data into the pending ones.
    pub(super) fn merge(&mut self, data: Vec<Datum>) {
        for datum in data {
            for value in datum.values {
                self.add(datum.metric, datum.timestamp_ms, datum.unit, value);
            }
        }
    }

    /// Returns all pending data that can still be sent. They stay pending until [`accepted`](Self::accepted).
    pub(super) fn sendable(&mut self, now_ms: i64) -> Vec<Datum> {
        let Sendable { data, stale, .. } = sendable(self.data(), now_ms);
        // Two weeks without CloudWatch, or a clock that jumped: CloudWatch would never accept these.
        self.accepted(&stale);
        data
    }

    /// Subtracts accepted data from the pending ones. Ignores data of other metrics.
    pub(super) fn accepted(&mut self, data: &[Datum]) {
        for datum in data.iter().filter(|datum| Self::is_own(datum)) {
            let key = (datum.metric, datum.timestamp_ms);
            let Some(pending) = self.pending.get_mut(&key) else { continue };
            for (value, count) in &datum.values {
                if let Some(left) = pending.values.iter_mut().find(|(known, _)| known == value) {
                    left.1 -= count;
                }
            }
            pending.values.retain(|(_, count)| *count > 0.0);
            if pending.values.is_empty() {
                self.pending.remove(&key);
            }
        }
    }

    fn add(&mut self, metric: &'static str, timestamp_ms: i64, unit: Unit, (value, count): (f64, f64)) {
        let mut key = (metric, timestamp_ms.div_euclid(MINUTE_MS) * MINUTE_MS);
        if self.pending.len() >= PENDING && !self.pending.contains_key(&key) {
            let last = self.pending.range((metric, i64::MIN)..=(metric, i64::MAX)).next_back();
            key = last.map_or(key, |(last, _)| *last);
        }
        let values = &mut self.pending.entry(key).or_insert_with(|| PendingValues { unit, values: Vec::new() }).values;
        let full = values.len() >= VALUES_PENDING;
        let distance = |known: f64| (known - value).abs();
        let nearest = values.iter_mut().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
        match nearest {
            Some(nearest) if nearest.0 == value || full => nearest.1 += count,
            _ => values.push((value, count)),
        }
    }

    fn data(&self) -> Vec<Datum> {
        let datum = |((metric, timestamp_ms), pending): (&(&'static str, i64), &PendingValues)| Datum {
            metric,
            dimensions: vec![(FUNCTION, self.function_name.clone())],
            timestamp_ms: *timestamp_ms,
            values: pending.values.clone(),
            unit: pending.unit,
        };
        self.pending.iter().map(datum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    #[test]
    fn counts_of_one_minute_add_up_and_wait_until_they_are_accepted() {
        let mut own = OwnMetrics::new("why5xx");
        own.count(OwnMetric::Batches, NOW_MS + 1, 1);
        own.count(OwnMetric::Batches, NOW_MS + 59_999, 1);
        own.count(OwnMetric::Canary, NOW_MS, 0);
        let data = own.sendable(NOW_MS);
        assert_eq!(data.len(), 1);
        assert_eq!((data[0].metric, data[0].timestamp_ms), ("Batches", NOW_MS));
        assert_eq!(data[0].values, [(1.0, 2.0)]);
        assert_eq!(own.sendable(NOW_MS), data);

        own.count(OwnMetric::Batches, NOW_MS, 3);
        own.accepted(&data);
        assert_eq!(own.sendable(NOW_MS)[0].values, [(1.0, 3.0)]);
    }

    #[test]
    fn durations_keep_their_distribution() {
        let mut own = OwnMetrics::new("why5xx");
        for delay_ms in [40, 90, 40] {
            own.duration(OwnMetric::DeliveryDelay, NOW_MS, delay_ms, 1);
        }
        let data = own.sendable(NOW_MS);
        assert_eq!(data[0].values, [(40.0, 2.0), (90.0, 1.0)]);
        assert_eq!(data[0].unit, Unit::Milliseconds);
    }

    #[test]
    fn what_waits_is_bounded_and_no_count_is_lost() {
        let mut own = OwnMetrics::new("why5xx");
        let minutes = PENDING as i64 + 500;
        for minute in 0..minutes {
            own.count(OwnMetric::Batches, NOW_MS + minute * MINUTE_MS, 1);
        }
        assert_eq!(own.pending.len(), PENDING);
        let total: f64 = own.data().iter().map(|datum| datum.values[0].1).sum();
        assert_eq!(total, minutes as f64);

        let mut own = OwnMetrics::new("why5xx");
        for delay_ms in 0..1_000 {
            own.duration(OwnMetric::DeliveryDelay, NOW_MS, delay_ms, 1);
        }
        assert_eq!(own.data()[0].values.len(), VALUES_PENDING);
        assert_eq!(own.data()[0].values.iter().map(|(_, count)| count).sum::<f64>(), 1_000.0);
    }

    #[test]
    fn what_is_too_old_stops_waiting() {
        let mut own = OwnMetrics::new("why5xx");
        own.count(OwnMetric::Batches, NOW_MS - 15 * 24 * 60 * 60_000, 1);
        assert!(own.sendable(NOW_MS).is_empty());
        assert!(own.pending.is_empty());
    }
}
