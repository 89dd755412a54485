//! The function's own metrics, kept until they are accepted.
//!
//! They count attempts: a batch that is tried three times is three in `Batches`. What is counted while CloudWatch does
//! not answer goes out as soon as it does, at the minute in which it was counted.

use std::collections::BTreeMap;

use super::request::{Sendable, sendable};
use crate::tally::{Datum, MINUTE_MS, Unit};

/// The dimension that none but these metrics have.
const FUNCTION: &str = "Function";

/// Most pairs of metric and minute that wait: more than half a day without CloudWatch. Later counts join the last minute.
const PENDING: usize = 10_000;

/// Most different values of a metric and minute that wait. Later ones are counted with the nearest.
const VALUES_PENDING: usize = 150;

/// A metric of the function itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnMetric {
    /// Log events that were read.
    LogEvents,
    /// Batches that were delivered.
    Batches,
    /// Log events that had been counted already.
    DuplicateEvents,
    /// Failures too old or too far ahead to be sent.
    StaleEvents,
    /// Requests that carry-over joined from two batches.
    SplitRequests,
    /// Lines whose status client text may have forged.
    AmbiguousLines,
    /// APIs whose failures were seen in both kinds of log.
    BothSources,
    /// Batches that could not be read.
    UndecodableBatches,
    /// Counts that a cap folded into `other`.
    OtherDimensions,
    /// Attempts of which it is not known whether CloudWatch accepted them.
    UncertainPublishes,
    /// Failures of the canary.
    Canary,
    /// From a log event to its count, in milliseconds.
    DeliveryDelay,
}

impl OwnMetric {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::LogEvents,
        Self::Batches,
        Self::DuplicateEvents,
        Self::StaleEvents,
        Self::SplitRequests,
        Self::AmbiguousLines,
        Self::BothSources,
        Self::UndecodableBatches,
        Self::OtherDimensions,
        Self::UncertainPublishes,
        Self::Canary,
        Self::DeliveryDelay,
    ];

    /// The metric name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogEvents => "LogEvents",
            Self::Batches => "Batches",
            Self::DuplicateEvents => "DuplicateEvents",
            Self::StaleEvents => "StaleEvents",
            Self::SplitRequests => "SplitRequests",
            Self::AmbiguousLines => "AmbiguousLines",
            Self::BothSources => "BothSources",
            Self::UndecodableBatches => "UndecodableBatches",
            Self::OtherDimensions => "OtherDimensions",
            Self::UncertainPublishes => "UncertainPublishes",
            Self::Canary => "Canary",
            Self::DeliveryDelay => "DeliveryDelay",
        }
    }
}

/// Counts of the function itself that wait for CloudWatch.
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
    /// None yet, of the function of this name.
    pub fn new(function_name: impl Into<String>) -> Self {
        Self { function_name: function_name.into(), pending: BTreeMap::new() }
    }

    /// Adds to a count. Adding nothing makes no datum.
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

    /// Whether a datum is one of these metrics.
    pub(super) fn is_own(datum: &Datum) -> bool {
        matches!(datum.dimensions.as_slice(), [(FUNCTION, _)])
    }

    /// Takes over data that were made elsewhere.
    pub(super) fn merge(&mut self, data: Vec<Datum>) {
        for datum in data {
            for value in datum.values {
                self.add(datum.metric, datum.timestamp_ms, datum.unit, value);
            }
        }
    }

    /// All that waits and can still be sent. It waits on until [`accepted`](Self::accepted) hears of it.
    pub(super) fn sendable(&mut self, now_ms: i64) -> Vec<Datum> {
        let Sendable { data, stale, .. } = sendable(self.data(), now_ms);
        // Two weeks without CloudWatch, or a clock that jumped: there is nobody left to tell.
        self.accepted(&stale);
        data
    }

    /// Takes away what was accepted; data of other metrics are none of its business.
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
