//! Turns data into requests within CloudWatch's limits.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::limits;
use crate::cause::Role;
use crate::metric::{CAUSE, Metric};
use crate::tally::{Datum, Unit};

/// One PutMetricData request.
#[derive(Debug, Clone, PartialEq)]
pub struct PutRequest {
    /// The namespace.
    pub namespace: String,
    /// The data, each within the limits.
    pub data: Vec<Datum>,
}

impl PutRequest {
    /// Returns the request as input of `aws cloudwatch put-metric-data --cli-input-json`.
    pub fn json(&self) -> Value {
        let datum = |datum: &Datum| {
            let dimensions: Vec<_> =
                datum.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
            let (values, counts): (Vec<f64>, Vec<f64>) = datum.values.iter().copied().unzip();
            json!({
                "MetricName": datum.metric,
                "Dimensions": dimensions,
                "Timestamp": time(datum.timestamp_ms),
                "Values": values,
                "Counts": counts,
                "Unit": unit(datum.unit),
            })
        };
        json!({"Namespace": self.namespace, "MetricData": self.data.iter().map(datum).collect::<Vec<_>>()})
    }
}

/// Returns a time in ISO 8601, as people and the AWS CLI read it; the number itself if it is out of range.
pub fn time(timestamp_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(timestamp_ms)
        .map_or_else(|_| timestamp_ms.to_string(), |timestamp| timestamp.to_string())
}

/// Returns CloudWatch's name of a unit.
pub(super) const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "Count",
        Unit::Milliseconds => "Milliseconds",
        Unit::Percent => "Percent",
    }
}

/// Data, sorted by whether they can be sent.
#[derive(Debug, Default)]
pub struct Sendable {
    /// Data to send: one datum for each metric, dimensions and minute.
    pub data: Vec<Datum>,
    /// Data too old or too far ahead.
    pub stale: Vec<Datum>,
    /// Number of adjusted data.
    pub adjusted: u64,
    /// Number of data (or single values of them) that cannot be adjusted. They are left out.
    pub unsendable: u64,
}

impl Sendable {
    /// Returns the number of failures that are too old or too far ahead, without roll-ups.
    pub fn stale_failures(&self) -> u64 {
        failures(&self.stale).all
    }
}

/// Sorts out and adjusts data to send at the time `now_ms`.
pub fn sendable(data: Vec<Datum>, now_ms: i64) -> Sendable {
    sendable_within(data, &limits::times(now_ms))
}

/// Sorts out and adjusts data of which CloudWatch accepts these times.
pub(super) fn sendable_within(data: Vec<Datum>, times: &RangeInclusive<i64>) -> Sendable {
    let mut sendable = Sendable::default();
    for mut datum in data {
        let values = datum.values.len();
        datum.values.retain(|(value, count)| can_send(*value, *count));
        sendable.unsendable += (values - datum.values.len()) as u64;
        if datum.values.is_empty() || !has_names(&datum) {
            sendable.unsendable += u64::from(!datum.values.is_empty());
        } else if !times.contains(&datum.timestamp_ms) {
            sendable.stale.push(datum);
        } else {
            sendable.adjusted += u64::from(adjust(&mut datum));
            sendable.data.push(datum);
        }
    }
    sendable.data = add_up(sendable.data);
    sendable
}

/// Returns a datum as it is sent; None if it is too old or too far ahead.
pub(super) fn as_sent(datum: &Datum, now_ms: i64) -> Option<Datum> {
    sendable(vec![datum.clone()], now_ms).data.pop()
}

fn can_send(value: f64, count: f64) -> bool {
    limits::values().contains(&value) && count > 0.0 && limits::values().contains(&count)
}

fn has_names(datum: &Datum) -> bool {
    limits::is_name(datum.metric) && datum.dimensions.iter().all(|(name, _)| limits::is_name(name))
}

/// Adjusts the dimensions to CloudWatch's limits. Returns whether anything changed.
fn adjust(datum: &mut Datum) -> bool {
    let mut changed = datum.dimensions.len() > limits::DIMENSIONS_PER_DATUM;
    datum.dimensions.truncate(limits::DIMENSIONS_PER_DATUM);
    for (_, value) in &mut datum.dimensions {
        if let Some(adjusted) = limits::acceptable_value(value) {
            *value = adjusted;
            changed = true;
        }
    }
    changed
}

/// Adds up data with the same metric, dimensions and time: adjusting may have made two of them equal.
fn add_up(mut data: Vec<Datum>) -> Vec<Datum> {
    data.sort_unstable_by(by_key);
    data.dedup_by(|next, kept| {
        let same = by_key(next, kept) == Ordering::Equal;
        if same {
            kept.values.append(&mut next.values);
        }
        same
    });
    for datum in &mut data {
        if datum.values.len() > 1 {
            datum.values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            datum.values.dedup_by(|next, kept| {
                let same = next.0.total_cmp(&kept.0) == Ordering::Equal;
                if same {
                    kept.1 += next.1;
                }
                same
            });
        }
    }
    data
}

/// Adds up the counts of several batches to one value for each metric, dimensions and minute.
pub(super) fn totals(data: Vec<Datum>) -> Vec<Datum> {
    let mut data = add_up(data);
    for datum in &mut data {
        if matches!(datum.unit, Unit::Count) && datum.values.len() > 1 {
            datum.values = vec![(sum(datum), 1.0)];
        }
    }
    data
}

/// Orders by dimensions first: what CloudWatch refuses for a name, it refuses in each metric, and halving finds neighbours
/// in the fewest requests.
fn by_key(a: &Datum, b: &Datum) -> Ordering {
    let unit = |datum: &Datum| matches!(datum.unit, Unit::Count);
    (&a.dimensions, a.metric, a.timestamp_ms, unit(a)).cmp(&(&b.dimensions, b.metric, b.timestamp_ms, unit(b)))
}

/// Distributes data over as few requests as the limits allow.
pub fn requests(namespace: &str, data: Vec<Datum>) -> Vec<PutRequest> {
    requests_of(limits::DATA_PER_REQUEST, namespace, data)
}

/// Distributes data over requests of at most `data_per_request` data.
pub(super) fn requests_of(data_per_request: usize, namespace: &str, data: Vec<Datum>) -> Vec<PutRequest> {
    let mut requests: Vec<PutRequest> = Vec::new();
    let mut bytes = 0;
    for datum in data.into_iter().flat_map(split) {
        let datum_bytes = wire_bytes(&datum);
        match requests.last_mut() {
            Some(last) if last.data.len() < data_per_request && bytes + datum_bytes <= limits::BYTES_PER_REQUEST => {
                bytes += datum_bytes;
                last.data.push(datum);
            }
            _ => {
                bytes = REQUEST_BYTES + namespace.len() + datum_bytes;
                requests.push(PutRequest { namespace: namespace.to_owned(), data: vec![datum] });
            }
        }
    }
    requests
}

/// Splits a datum with too many values for one into several.
fn split(mut datum: Datum) -> Vec<Datum> {
    if datum.values.len() <= limits::VALUES_PER_DATUM {
        return vec![datum];
    }
    let values = std::mem::take(&mut datum.values);
    values.chunks(limits::VALUES_PER_DATUM).map(|values| Datum { values: values.to_vec(), ..datum.clone() }).collect()
}

/// Size of a request without its data and namespace, in bytes: two keys, heads of a map, an array and a text.
const REQUEST_BYTES: usize = 64;
/// Size of a datum's keys, heads, time stamp and unit, in bytes.
const DATUM_BYTES: usize = 112;
/// Size of a dimension's keys and heads, in bytes.
const DIMENSION_BYTES: usize = 32;
/// Size of a value with its count, in bytes: two numbers of eight bytes with a head of one.
const VALUE_BYTES: usize = 18;

/// Returns an upper bound on the size of a datum in the request body, which is CBOR. A test compares it with the SDK.
fn wire_bytes(datum: &Datum) -> usize {
    let dimensions: usize =
        datum.dimensions.iter().map(|(name, value)| DIMENSION_BYTES + name.len() + value.len()).sum();
    DATUM_BYTES + datum.metric.len() + dimensions + VALUE_BYTES * datum.values.len()
}

/// Numbers of failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// All of them.
    pub all: u64,
    /// Those without a cause.
    pub without_cause: u64,
}

impl std::ops::AddAssign for Failures {
    fn add_assign(&mut self, more: Self) {
        self.all += more.all;
        self.without_cause += more.without_cause;
    }
}

/// Returns the numbers of failures that the data count, without roll-ups.
pub(super) fn failures<'d>(data: impl IntoIterator<Item = &'d Datum>) -> Failures {
    let no_cause = Role::Unclassified.cause().id;
    let mut failures = Failures::default();
    for datum in data {
        if Metric::ALL.iter().any(|metric| metric.name() == datum.metric) {
            let lacks_cause = datum.dimensions.iter().any(|(name, value)| *name == CAUSE && value == no_cause);
            let all = sum(datum) as u64;
            failures += Failures { all, without_cause: if lacks_cause { all } else { 0 } };
        }
    }
    failures
}

/// Returns the sum of the values of a datum.
pub(super) fn sum(datum: &Datum) -> f64 {
    datum.values.iter().map(|(value, count)| value * count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;

    fn datum(stage: &str, values: &[(f64, f64)]) -> Datum {
        Datum {
            metric: "Errors",
            dimensions: vec![("ApiId", "a1b2c3d4e5".to_owned()), ("Stage", stage.to_owned())],
            timestamp_ms: NOW_MS,
            values: values.to_vec(),
            unit: Unit::Count,
        }
    }

    #[test]
    fn data_that_become_equal_by_adjusting_are_added_up() {
        let data = vec![datum("prüf", &[(1.0, 2.0)]), datum("pröf", &[(1.0, 3.0)]), datum("prod", &[(1.0, 1.0)])];
        let sendable = sendable(data, NOW_MS);
        assert_eq!(sendable.adjusted, 2);
        assert_eq!(sendable.data, [datum("pr?f", &[(1.0, 5.0)]), datum("prod", &[(1.0, 1.0)])]);
    }

    #[test]
    fn what_is_too_old_or_too_far_ahead_is_left_out_and_reported() {
        let day = 24 * 60 * 60_000;
        let rows = [(-15 * day, true), (-13 * day, false), (0, false), (60 * 60_000, false), (3 * 60 * 60_000, true)];
        for (offset_ms, stale) in rows {
            let data = vec![Datum { timestamp_ms: NOW_MS + offset_ms, ..datum("prod", &[(1.0, 4.0)]) }];
            let sendable = sendable(data, NOW_MS);
            assert_eq!((sendable.stale.len(), sendable.data.len()), (usize::from(stale), usize::from(!stale)));
            assert_eq!(failures(&sendable.stale).all, if stale { 4 } else { 0 });
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_left_out_and_the_others_kept() {
        let bad = [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (2_f64.powi(361), 1.0), (1.0, 0.0), (1.0, f64::NAN)];
        let mut values = bad.to_vec();
        values.push((1.0, 1.0));
        let good = sendable(vec![datum("prod", &values)], NOW_MS);
        assert_eq!((good.unsendable, good.data), (5, vec![datum("prod", &[(1.0, 1.0)])]));
        assert!(sendable(vec![datum("prod", &bad)], NOW_MS).data.is_empty());
    }

    #[test]
    fn a_name_that_cloudwatch_refuses_costs_only_its_own_datum() {
        let data = vec![Datum { metric: ":colon", ..datum("prod", &[(1.0, 1.0)]) }, datum("prod", &[(1.0, 1.0)])];
        let sendable = sendable(data, NOW_MS);
        assert_eq!((sendable.unsendable, sendable.data.len()), (1, 1));
    }

    #[test]
    fn a_thousand_and_one_data_make_two_requests() {
        let data: Vec<_> = (0..1_001).map(|n| datum(&format!("s{n}"), &[(1.0, 1.0)])).collect();
        let sizes: Vec<_> = requests("N", data).iter().map(|request| request.data.len()).collect();
        assert_eq!(sizes, [1_000, 1]);
    }

    #[test]
    fn long_dimensions_make_a_request_smaller() {
        let data: Vec<_> = (0..1_000).map(|n| datum(&format!("{n:01024}"), &[(1.0, 1.0)])).collect();
        let requests = requests("N", data);
        assert_eq!(requests.len(), 2);
        assert_eq!(requests.iter().map(|request| request.data.len()).sum::<usize>(), 1_000);
    }

    #[test]
    fn a_datum_of_many_values_is_split() {
        let values: Vec<_> = (0..301).map(|n| (f64::from(n), 1.0)).collect();
        let requests = requests("N", vec![datum("prod", &values)]);
        let sizes: Vec<_> = requests[0].data.iter().map(|datum| datum.values.len()).collect();
        assert_eq!(sizes, [150, 150, 1]);
    }

    #[test]
    fn a_request_shows_as_the_aws_cli_takes_it() {
        let request = PutRequest { namespace: "N".to_owned(), data: vec![datum("prod", &[(3.0, 1.0)])] };
        let expected = json!({
            "Namespace": "N",
            "MetricData": [{
                "MetricName": "Errors",
                "Dimensions": [{"Name": "ApiId", "Value": "a1b2c3d4e5"}, {"Name": "Stage", "Value": "prod"}],
                "Timestamp": "2027-01-15T08:00:00Z",
                "Values": [3.0],
                "Counts": [1.0],
                "Unit": "Count",
            }],
        });
        assert_eq!(request.json(), expected);
    }

    #[test]
    fn nothing_to_send_makes_no_request() {
        assert!(requests("N", Vec::new()).is_empty());
    }
}
