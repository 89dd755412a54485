//! The function's own metrics: those of one invocation, for the line that it logs.
//!
//! They count attempts: a batch tried three times counts three in `Batches`. CloudWatch Logs extracts them from the line,
//! so they need no request, and arrive where CloudWatch takes none.

use std::collections::BTreeMap;

use serde_json::json;

use super::emf;
use crate::clock::now_ms;
use crate::delays::Delays;
use crate::fields::Fields;
use crate::metric::{CANARY, EXPLAINED_SHARE, FUNCTION, OwnMetric, UNSEEN_STAGES, UNSENT_MESSAGES};
use crate::tally::{Datum, Unit, minute_of};

/// Accumulator for the own metrics of an invocation.
#[derive(Debug, Default)]
pub struct OwnMetrics {
    counts: BTreeMap<OwnMetric, u64>,
    delays: Delays,
}

impl OwnMetrics {
    /// Adds to a count.
    pub fn count(&mut self, metric: OwnMetric, count: u64) {
        if count > 0 {
            *self.counts.entry(metric).or_default() += count;
        }
    }

    /// Adds the delays of a batch.
    pub fn delays(&mut self, delays: &Delays) {
        self.delays.merge(delays);
    }

    /// Returns whether there is nothing to report.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Makes a log line of these fields one in Embedded Metric Format: adds the metrics that are not zero.
    pub fn embed(&self, fields: &mut Fields, namespace: &str, function_name: &str, timestamp_ms: i64) {
        let mut metrics: Vec<_> =
            self.counts.iter().map(|(metric, count)| (metric.name(), Unit::Count, json!(count))).collect();
        let delays = self.delays.quantiles(emf::VALUES_PER_METRIC as u64);
        if !delays.is_empty() {
            metrics.push((OwnMetric::DeliveryDelay.name(), Unit::Milliseconds, json!(delays)));
        }
        emf::embed(fields, namespace, timestamp_ms, &[(FUNCTION, function_name.to_owned())], &metrics);
    }
}

/// Makes a log line of these fields one in Embedded Metric Format: adds so many messages that a topic did not take.
pub fn unsent_messages(fields: &mut Fields, namespace: &str, function_name: &str, messages: u64) {
    let metrics = [(UNSENT_MESSAGES, Unit::Count, json!(messages))];
    emf::embed(fields, namespace, now_ms(), &[(FUNCTION, function_name.to_owned())], &metrics);
}

/// Makes a log line of these fields one in Embedded Metric Format, with the metrics of a survey.
pub fn embed_survey(
    fields: &mut Fields,
    (namespace, function_name): (&str, &str),
    timestamp_ms: i64,
    (unseen_stages, explained): (u64, Option<f64>),
) {
    let mut metrics = vec![(UNSEEN_STAGES, Unit::Count, json!(unseen_stages))];
    metrics.extend(explained.map(|percent| (EXPLAINED_SHARE, Unit::Percent, json!(percent))));
    emf::embed(fields, namespace, timestamp_ms, &[(FUNCTION, function_name.to_owned())], &metrics);
}

/// Returns the datum of so many events of the canary, at the minute of the first.
pub fn canary(function_name: &str, timestamp_ms: i64, events: u64) -> Datum {
    Datum {
        metric: CANARY,
        dimensions: vec![(FUNCTION, function_name.to_owned())],
        timestamp_ms: minute_of(timestamp_ms),
        values: vec![(events as f64, 1.0)],
        unit: Unit::Count,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn metrics_that_are_not_zero_join_the_fields_of_the_line() {
        let mut own = OwnMetrics::default();
        own.count(OwnMetric::Batches, 1);
        own.count(OwnMetric::LogEvents, 20);
        own.count(OwnMetric::LogEvents, 3);
        own.count(OwnMetric::AmbiguousLines, 0);
        let mut delays = Delays::default();
        delays.add(40);
        delays.add(40);
        own.delays(&delays);
        let mut fields = Fields::of(json!({"logEvents": 23}));
        own.embed(&mut fields, "Why5xx", "why5xx", 1_800_000_012_345);
        assert_eq!(
            serde_json::from_slice::<Value>(&fields.line("{")).unwrap(),
            json!({
                "logEvents": 23,
                "_aws": {
                    "Timestamp": 1_800_000_012_345_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Why5xx",
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            {"Name": "LogEvents", "Unit": "Count"},
                            {"Name": "Batches", "Unit": "Count"},
                            {"Name": "DeliveryDelay", "Unit": "Milliseconds"},
                        ],
                    }],
                },
                "Function": "why5xx",
                "Batches": 1,
                "LogEvents": 23,
                "DeliveryDelay": [40, 40],
            })
        );
    }

    #[test]
    fn a_distribution_has_at_most_a_hundred_numbers() {
        let (mut own, mut delays) = (OwnMetrics::default(), Delays::default());
        for delay_ms in 0..100_000 {
            delays.add(delay_ms);
        }
        own.delays(&delays);
        let mut fields = Fields::default();
        own.embed(&mut fields, "Why5xx", "why5xx", 0);
        let fields: Value = serde_json::from_slice(&fields.line("{")).unwrap();
        assert_eq!(fields["DeliveryDelay"].as_array().map(Vec::len), Some(100));
    }
}
