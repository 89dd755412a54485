//! Sink that writes lines of the Embedded Metric Format. CloudWatch Logs turns them into metrics.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::request::{sum, unit};
use super::{Fault, Request, Sink};
use crate::tally::{Datum, Unit};

/// Most metrics of one line.
///
/// Source: CloudWatch User Guide, Embedded Metric Format specification, MetricDirective: at most 100 metrics.
const METRICS_PER_LINE: usize = 100;

/// Most values of a metric of one line.
///
/// Source: CloudWatch User Guide, Embedded Metric Format specification, target members: arrays of at most 100 numbers.
const VALUES_PER_METRIC: usize = 100;

/// Most repetitions of a value; our own limit. The format has no counts, and more do not change the distribution.
const REPEATS: f64 = 1_000.0;

/// Sink that writes each request as lines of JSON.
#[derive(Debug)]
pub struct Emf<W> {
    to: W,
}

impl<W: Write> Emf<W> {
    /// Creates a sink that writes to `to`, which CloudWatch Logs reads.
    pub fn new(to: W) -> Self {
        Self { to }
    }
}

impl<W: Write> Sink for Emf<W> {
    async fn put(&mut self, request: &Request) -> Result<(), Fault> {
        let text: String = lines(request).iter().map(|line| format!("{line}\n")).collect();
        // One write, so that no line of the runtime comes between.
        self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()).map_err(|_| Fault::Write)
    }
}

/// Returns the lines of one request. Data of the same dimensions and minute share a line.
fn lines(request: &Request) -> Vec<Value> {
    let mut data: Vec<&Datum> = request.data.iter().collect();
    data.sort_by_key(|datum| (&datum.dimensions, datum.timestamp_ms));
    let mut lines = Vec::new();
    let mut open: Vec<(&Datum, Value)> = Vec::new();
    for datum in data {
        for value in values(datum) {
            let fits = open
                .last()
                .is_none_or(|(last, _)| last.dimensions == datum.dimensions && last.timestamp_ms == datum.timestamp_ms);
            let room = open.len() < METRICS_PER_LINE && open.iter().all(|(other, _)| other.metric != datum.metric);
            if !(fits && room) {
                lines.extend(line(&request.namespace, &std::mem::take(&mut open)));
            }
            open.push((datum, value));
        }
    }
    lines.extend(line(&request.namespace, &open));
    lines
}

/// Returns the values of a datum, one entry for each line: a count as its sum, a distribution as arrays of values.
fn values(datum: &Datum) -> Vec<Value> {
    if matches!(datum.unit, Unit::Count) {
        return vec![json!(sum(datum))];
    }
    let repeated =
        datum.values.iter().flat_map(|(value, count)| std::iter::repeat_n(*value, count.clamp(1.0, REPEATS) as usize));
    repeated.collect::<Vec<f64>>().chunks(VALUES_PER_METRIC).map(|values| json!(values)).collect()
}

fn line(namespace: &str, metrics: &[(&Datum, Value)]) -> Option<Value> {
    let (first, _) = metrics.first()?;
    let names: Vec<_> = first.dimensions.iter().map(|(name, _)| *name).collect();
    let definitions: Vec<_> =
        metrics.iter().map(|(datum, _)| json!({"Name": datum.metric, "Unit": unit(datum.unit)})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": first.timestamp_ms,
            "CloudWatchMetrics": [{"Namespace": namespace, "Dimensions": [names], "Metrics": definitions}],
        }),
    );
    line.extend(first.dimensions.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    line.extend(metrics.iter().map(|(datum, value)| (datum.metric.to_owned(), value.clone())));
    Some(Value::Object(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(metric: &'static str, timestamp_ms: i64, values: &[(f64, f64)], unit: Unit) -> Datum {
        Datum {
            metric,
            dimensions: vec![("Function", "why5xx".to_owned())],
            timestamp_ms,
            values: values.to_vec(),
            unit,
        }
    }

    fn lines_of(data: Vec<Datum>) -> Vec<Value> {
        lines(&Request { namespace: "Why5xx".to_owned(), data })
    }

    #[test]
    fn metrics_of_one_minute_and_dimensions_share_a_line() {
        let lines = lines_of(vec![
            datum("Batches", 60_000, &[(1.0, 2.0)], Unit::Count),
            datum("LogEvents", 60_000, &[(1.0, 7.0)], Unit::Count),
            datum("Batches", 120_000, &[(1.0, 1.0)], Unit::Count),
        ]);
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[0],
            json!({
                "_aws": {
                    "Timestamp": 60_000,
                    "CloudWatchMetrics": [{
                        "Namespace": "Why5xx",
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            {"Name": "Batches", "Unit": "Count"},
                            {"Name": "LogEvents", "Unit": "Count"},
                        ],
                    }],
                },
                "Function": "why5xx",
                "Batches": 2.0,
                "LogEvents": 7.0,
            })
        );
    }

    #[test]
    fn a_distribution_is_written_value_by_value_in_lines_of_a_hundred() {
        let lines = lines_of(vec![datum("DeliveryDelay", 60_000, &[(5.0, 3.0), (9.0, 150.0)], Unit::Milliseconds)]);
        let sizes: Vec<_> = lines.iter().map(|line| line["DeliveryDelay"].as_array().map_or(0, Vec::len)).collect();
        assert_eq!(sizes, [100, 53]);
        assert_eq!(lines[0]["DeliveryDelay"][2], json!(5.0));
        assert_eq!(lines[0]["DeliveryDelay"][3], json!(9.0));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn every_line_is_one_json_document() {
        let mut written = Vec::new();
        let data = vec![
            datum("Batches", 60_000, &[(1.0, 2.0)], Unit::Count),
            datum("Batches", 120_000, &[(1.0, 2.0)], Unit::Count),
        ];
        let request = Request { namespace: "Why5xx".to_owned(), data };
        Emf::new(&mut written).put(&request).await.unwrap();
        let text = String::from_utf8(written).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    }
}
