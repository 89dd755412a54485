//! Counts failures per set of dimensions and minute.
//!
//! A count is a failed request, a failed invocation or a rejected flow, never a line. Tallies of batches add up.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::failure::{Failure, RequestId};
use crate::metric::{CAUSE, ROUTE, ROUTE_ERRORS, Subject};

/// Key of a count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountKey {
    /// The subject that failed.
    pub subject: Arc<Subject>,
    /// The cause's id.
    pub cause: &'static str,
    /// The minute of the event that decided the count, in milliseconds since 1970-01-01T00:00:00Z.
    pub minute_ms: i64,
    /// The HTTP status; None if the log does not show it, or nobody wants to know.
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
    pub request_id: Option<RequestId>,
}

/// Counts of one subject and cause, by minute and status. A count takes some 50 bytes.
type Series = BTreeMap<(i64, Option<u16>), Sum>;

/// How many failures, and when within the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    /// Milliseconds from the start of the minute.
    first: u16,
    last: u16,
}

impl Sum {
    /// One failure at this time.
    pub(crate) fn one(time_ms: i64) -> Self {
        let within = time_ms.rem_euclid(MINUTE_MS) as u16;
        Self { count: 1, first: within, last: within }
    }

    /// No failure yet, of the same time.
    pub(crate) fn without_count(self) -> Self {
        Self { count: 0, ..self }
    }

    /// Adds failures of the same minute.
    pub(crate) fn add(&mut self, more: Self) {
        self.count += more.count;
        self.first = self.first.min(more.first);
        self.last = self.last.max(more.last);
    }
}

/// Counts per subject, cause, minute and status.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    series: BTreeMap<Arc<Subject>, BTreeMap<&'static str, Series>>,
    counts: usize,
}

/// Milliseconds in a minute, the finest step of a standard-resolution metric.
pub const MINUTE_MS: i64 = 60_000;

impl Tally {
    /// Counts one failure. Returns the count of its key so far.
    ///
    /// The second failure of one cause, subject, minute and status → 2
    pub fn add(&mut self, failure: &Failure) -> u64 {
        let key = CountKey {
            subject: failure.subject.clone(),
            cause: failure.cause.id,
            minute_ms: minute_of(failure.timestamp_ms),
            status: failure.status,
        };
        self.add_many(key, Sum::one(failure.timestamp_ms))
    }

    /// Adds to the count of a key. Returns the sum.
    pub(crate) fn add_many(&mut self, key: CountKey, more: Sum) -> u64 {
        let CountKey { subject, cause, minute_ms, status } = key;
        let series = self.series.entry(subject).or_default().entry(cause).or_default();
        let sum = series.entry((minute_ms, status)).or_insert_with(|| {
            self.counts += 1;
            more.without_count()
        });
        sum.add(more);
        sum.count
    }

    /// Moves one count to the right cause.
    ///
    /// 2 of `backend_error_response` → 1 of it and 1 of `integration_timeout`
    pub fn correct(&mut self, correction: Correction) {
        let CountKey { subject, cause, minute_ms, status } = &correction.key;
        let Some(causes) = self.series.get_mut(subject) else { return };
        let Some(series) = causes.get_mut(cause) else { return };
        let Some(sum) = series.get_mut(&(*minute_ms, *status)) else { return };
        sum.count -= 1;
        let moved = Sum { count: 1, ..*sum };
        if sum.count == 0 {
            series.remove(&(*minute_ms, *status));
            self.counts -= 1;
        }
        self.add_many(CountKey { cause: correction.cause, ..correction.key }, moved);
    }

    /// Adds the counts of another tally.
    ///
    /// 2 and 3 of one key → 5
    pub fn merge(&mut self, other: Self) {
        for (subject, causes) in other.series {
            for (cause, series) in causes {
                for ((minute_ms, status), sum) in series {
                    self.add_many(CountKey { subject: subject.clone(), cause, minute_ms, status }, sum);
                }
            }
        }
    }

    /// Returns how many counts it has.
    ///
    /// Two failures of one key, and one of another → 2
    pub fn len(&self) -> usize {
        self.counts
    }

    /// Returns whether nothing was counted.
    ///
    /// A new tally → true; with one failure → false
    pub fn is_empty(&self) -> bool {
        self.counts == 0
    }

    /// Returns the data to publish: the counts, and their sums by API and stage.
    ///
    /// 3 time-outs of `a1b2c3d4e5/prod` in a minute → `Errors` 3 with ApiId, Stage, Cause; `StageErrors` 3 with ApiId, Stage
    pub fn data(&self) -> Vec<Datum> {
        self.data_within(&(i64::MIN..=i64::MAX))
    }

    /// Returns the data of these minutes.
    ///
    /// One failure at 10:00 and one at 10:01, the span of 10:00 alone → the data of 10:00
    pub fn data_within(&self, minutes_ms: &RangeInclusive<i64>) -> Vec<Datum> {
        let mut sums: BTreeMap<(&'static str, Dimensions, i64), u64> = BTreeMap::new();
        for (key, Sum { count, .. }) in self.sums_within(minutes_ms) {
            for (metric, dimensions) in metrics_of(&key) {
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

    /// Cuts the time into spans of at most `most` counts, or of one minute that has more. No datum is of two of them.
    ///
    /// 7 counts in each of 3 minutes, at most 15 → the first two minutes, and the third
    pub fn spans(&self, most: usize) -> Vec<RangeInclusive<i64>> {
        if self.counts <= most {
            return vec![i64::MIN..=i64::MAX];
        }
        let mut minutes: BTreeMap<i64, usize> = BTreeMap::new();
        for series in self.series.values().flat_map(BTreeMap::values) {
            for (minute_ms, _) in series.keys() {
                *minutes.entry(*minute_ms).or_default() += 1;
            }
        }
        let mut spans = Vec::new();
        let mut held = 0;
        for (minute_ms, counts) in minutes {
            match spans.last_mut() {
                Some(span) if held + counts <= most => *span = *RangeInclusive::start(span)..=minute_ms,
                _ => {
                    held = 0;
                    spans.push(minute_ms..=minute_ms);
                }
            }
            held += counts;
        }
        spans
    }

    /// Returns the counts, sorted by key.
    ///
    /// 3 time-outs of `a1b2c3d4e5/prod` in a minute → one key with 3
    pub fn counts(&self) -> impl Iterator<Item = (CountKey, u64)> {
        self.sums_within(&(i64::MIN..=i64::MAX)).map(|(key, sum)| (key, sum.count))
    }

    /// Returns the failures of each cause, once for each subject.
    ///
    /// 3 time-outs at each of two stages → (`integration_timeout`, 3) twice
    pub fn by_cause(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let causes = self.series.values().flatten();
        causes.map(|(cause, series)| (*cause, series.values().map(|sum| sum.count).sum()))
    }

    /// Returns the first and the last time of each count, sorted by key.
    ///
    /// Failures of one key at 10:00:05 and 10:00:40 → these two times
    pub fn times(&self) -> impl Iterator<Item = (CountKey, (i64, i64))> {
        let at = |key: &CountKey, within: u16| key.minute_ms.saturating_add(within.into());
        self.sums_within(&(i64::MIN..=i64::MAX)).map(move |(key, sum)| {
            let times = (at(&key, sum.first), at(&key, sum.last));
            (key, times)
        })
    }

    fn sums_within(&self, minutes_ms: &RangeInclusive<i64>) -> impl Iterator<Item = (CountKey, Sum)> {
        let span = (*minutes_ms.start(), None)..=(*minutes_ms.end(), Some(u16::MAX));
        let all = self
            .series
            .iter()
            .flat_map(|(subject, causes)| causes.iter().map(move |(cause, of)| (subject, *cause, of)));
        all.flat_map(move |(subject, cause, series)| {
            series.range(span.clone()).map(move |((minute_ms, status), sum)| {
                (CountKey { subject: subject.clone(), cause, minute_ms: *minute_ms, status: *status }, *sum)
            })
        })
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
    let cause = (CAUSE, key.cause);
    let mut metrics = vec![(metric.name(), with(&[cause]))];
    metrics.extend(metric.by_stage().map(|name| (name, own())));
    metrics.extend(key.subject.route().map(|route| (ROUTE_ERRORS, with(&[(ROUTE, route), cause]))));
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
    /// A part of a whole, from 0 to 100.
    Percent,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(counts: &[(&str, i64)]) -> Tally {
        let mut tally = Tally::default();
        for (api_id, minute) in counts {
            let subject = Subject::Request { api_id: (*api_id).to_owned(), stage: "prod".to_owned(), route: None };
            let key =
                CountKey { subject: Arc::new(subject), cause: "a", minute_ms: minute * MINUTE_MS, status: Some(502) };
            for _ in 0..3 {
                tally.add_many(key.clone(), Sum::one(minute * MINUTE_MS));
            }
        }
        tally
    }

    #[test]
    fn spans_hold_every_datum_once_and_as_few_counts_as_are_asked_for() {
        let counts: Vec<_> = (0..100).map(|n| (["a", "b", "c"][n % 3], (n as i64 * 7) % 31 - 5)).collect();
        let tally = tally(&counts);
        for most in [1, 3, 10, 50, 99, 100, 1_000] {
            let spans = tally.spans(most);
            let mut data: Vec<_> = spans.iter().flat_map(|span| tally.data_within(span)).collect();
            let key = |datum: &Datum| (datum.metric, datum.dimensions.clone(), datum.timestamp_ms);
            data.sort_by_key(key);
            assert_eq!(data, tally.data(), "{most}");
            for span in spans {
                let (counts, minutes) =
                    (tally.sums_within(&span).count(), (span.end().wrapping_sub(*span.start())) / MINUTE_MS);
                assert!(counts <= most || minutes == 0, "{most} {span:?} {counts}");
            }
        }
    }

    #[test]
    fn what_is_taken_out_is_not_counted_as_held() {
        let mut tally = tally(&[("a", 1), ("a", 2), ("a", 1)]);
        assert_eq!(tally.len(), 2);
        let key = tally.counts().next().unwrap().0;
        for _ in 0..6 {
            tally.correct(Correction { key: key.clone(), cause: "b", request_id: None });
        }
        assert_eq!((tally.len(), tally.counts().map(|(_, count)| count).sum::<u64>()), (2, 9));
    }
}
