//! Sink that writes readable lines.

use std::io::Write;

use super::request::{sum, time};
use super::{Fault, PutRequest, Sink};
use crate::tally::{Datum, Unit};

/// Sink that writes each datum as a line: minute, metric, value, dimensions.
#[derive(Debug)]
pub struct TextSink<W> {
    to: W,
}

impl<W: Write> TextSink<W> {
    /// Creates a sink that writes to `to`.
    pub fn new(to: W) -> Self {
        Self { to }
    }
}

impl<W: Write> Sink for TextSink<W> {
    async fn put(&mut self, request: &PutRequest) -> Result<(), Fault> {
        let text: String = request.data.iter().map(|datum| line(&request.namespace, datum)).collect();
        self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()).map_err(|_| Fault::Write)
    }
}

fn line(namespace: &str, datum: &Datum) -> String {
    let minute = time(datum.timestamp_ms);
    let value = match datum.unit {
        Unit::Count | Unit::Percent => sum(datum).to_string(),
        Unit::Milliseconds => milliseconds(datum),
    };
    let dimensions: String = datum.dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    format!("{minute} {namespace} {} {value}{dimensions}\n", datum.metric)
}

/// Returns the number of values, the least and the greatest: `3x40..90ms`.
fn milliseconds(datum: &Datum) -> String {
    let count: f64 = datum.values.iter().map(|(_, count)| count).sum();
    let least = datum.values.iter().map(|(value, _)| *value).fold(f64::INFINITY, f64::min);
    let greatest = datum.values.iter().map(|(value, _)| *value).fold(f64::NEG_INFINITY, f64::max);
    format!("{count}x{least}..{greatest}ms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn a_line_has_minute_metric_value_and_dimensions() {
        let errors = Datum {
            metric: "Errors",
            dimensions: vec![("ApiId", "a1b2c3d4e5".to_owned()), ("Stage", "prod".to_owned())],
            timestamp_ms: 1_800_000_000_000,
            values: vec![(1.0, 3.0)],
            unit: Unit::Count,
        };
        let delay = Datum {
            metric: "DeliveryDelay",
            dimensions: vec![("Function", "why5xx".to_owned())],
            values: vec![(40.0, 2.0), (90.0, 1.0)],
            unit: Unit::Milliseconds,
            ..errors.clone()
        };
        let mut written = Vec::new();
        let request = PutRequest { namespace: "Why5xx".to_owned(), data: vec![errors, delay] };
        TextSink::new(&mut written).put(&request).await.unwrap();
        insta::assert_snapshot!(String::from_utf8(written).unwrap(), @r"
        2027-01-15T08:00:00Z Why5xx Errors 3 ApiId=a1b2c3d4e5 Stage=prod
        2027-01-15T08:00:00Z Why5xx DeliveryDelay 3x40..90ms Function=why5xx
        ");
    }
}
