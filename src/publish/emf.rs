//! Sink that writes lines of the Embedded Metric Format. CloudWatch Logs turns them into metrics.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::request::{sum, time, unit};
use super::{Fault, PutRequest, Sink};
use crate::clock::now_ms;
use crate::fields::Fields;
use crate::settings::{LogLevel, Settings};
use crate::tally::{Datum, Unit};

/// Most metrics of one line.
///
/// Source: CloudWatch User Guide, Embedded Metric Format specification, MetricDirective: at most 100 metrics.
const METRICS_PER_LINE: usize = 100;

/// Most values of a metric of one line.
///
/// Source: CloudWatch User Guide, Embedded Metric Format specification, target members: arrays of at most 100 numbers.
pub(super) const VALUES_PER_METRIC: usize = 100;

/// Most repetitions of a value; our own limit. The format has no counts, and more do not change the distribution.
const REPEATS: f64 = 1_000.0;

/// Sink that writes each request as lines of JSON.
#[derive(Debug)]
pub struct Emf<W> {
    to: W,
    level: LogLevel,
    mark: String,
}

impl<W: Write> Emf<W> {
    /// Creates a sink that writes to `to`, which CloudWatch Logs reads. Lambda drops lines below its log level, so they get
    /// that one at least.
    pub fn new(to: W, settings: &Settings) -> Self {
        Self { to, level: settings.lambda_log_level.max(LogLevel::Info), mark: settings.own_mark() }
    }
}

impl<W: Write> Sink for Emf<W> {
    async fn put(&mut self, request: &PutRequest) -> Result<(), Fault> {
        let mut text = Vec::new();
        for mut line in lines(request) {
            // Without a valid time, Lambda passes over the level.
            line.add("timestamp", &time(now_ms()));
            line.add("level", self.level.name());
            text.extend(line.line(&self.mark));
        }
        // One write, so that no line of the runtime comes between.
        self.to.write_all(&text).and_then(|()| self.to.flush()).map_err(|_| Fault::Write)
    }
}

/// Returns the lines of one request. Data of the same dimensions and minute share a line.
fn lines(request: &PutRequest) -> Vec<Fields> {
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

fn line(namespace: &str, metrics: &[(&Datum, Value)]) -> Option<Fields> {
    let (first, _) = metrics.first()?;
    let metrics: Vec<_> = metrics.iter().map(|(datum, value)| (datum.metric, datum.unit, value.clone())).collect();
    let mut line = Fields::default();
    embed(&mut line, namespace, first.timestamp_ms, &first.dimensions, &metrics);
    Some(line)
}

/// Metadata object of a line: its metrics, their dimensions and their time.
///
/// Source: CloudWatch User Guide, Embedded Metric Format specification, Metadata object.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: i64,
    cloud_watch_metrics: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [Vec<&'a str>; 1],
    metrics: Vec<Definition<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition<'a> {
    name: &'a str,
    unit: &'a str,
}

/// Adds metrics to a line: their definitions, their dimensions and their values.
pub(super) fn embed(
    line: &mut Fields,
    namespace: &str,
    timestamp_ms: i64,
    dimensions: &[(&'static str, String)],
    metrics: &[(&'static str, Unit, Value)],
) {
    let definition = |(name, of, _): &(&'static str, Unit, Value)| Definition { name, unit: unit(*of) };
    let directive = Directive {
        namespace,
        dimensions: [dimensions.iter().map(|(name, _)| *name).collect()],
        metrics: metrics.iter().map(definition).collect(),
    };
    line.add("_aws", &Metadata { timestamp: timestamp_ms, cloud_watch_metrics: [directive] });
    for (name, value) in dimensions {
        line.add(name, value);
    }
    for (name, _, value) in metrics {
        line.add(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

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
        lines(&PutRequest { namespace: "Why5xx".to_owned(), data })
            .iter()
            .map(|line| serde_json::from_slice(&line.line("{")).unwrap())
            .collect()
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
    async fn every_line_is_one_json_document_with_a_level_and_a_time() {
        let mut written = Vec::new();
        let data = vec![
            datum("Batches", 60_000, &[(1.0, 2.0)], Unit::Count),
            datum("Batches", 120_000, &[(1.0, 2.0)], Unit::Count),
        ];
        let request = PutRequest { namespace: "Why5xx".to_owned(), data };
        for (level, name) in [(LogLevel::Debug, "INFO"), (LogLevel::Error, "ERROR")] {
            written.clear();
            let settings = Settings::load(&Environment::of([("AWS_LAMBDA_LOG_LEVEL", level.name())])).unwrap();
            Emf::new(&mut written, &settings).put(&request).await.unwrap();
            let lines: Vec<Value> =
                str::from_utf8(&written).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines.len(), 2);
            for line in lines {
                assert_eq!(line["level"], name);
                assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
            }
        }
    }
}
