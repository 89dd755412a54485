//! The counts as they are printed: by what failed and cause, with statuses and minutes; and the incidents in them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use why5xx::cause::Known;
use why5xx::metric::{API_ID, FUNCTION_NAME, Metric, STAGE, Subject};
use why5xx::tally::{MINUTE_MS, Tally};

use crate::time::has_time;

/// Counts of one subject and cause.
#[derive(Debug)]
pub(crate) struct Row {
    /// The subject that failed, without its route unless rows are by route.
    pub(crate) subject: Subject,
    /// The id of the cause.
    pub(crate) cause: &'static str,
    pub(crate) count: u64,
    /// Counts by HTTP status; None where the log does not show it.
    pub(crate) statuses: BTreeMap<Option<u16>, u64>,
    /// Counts by minute, without those of log events that have no time.
    pub(crate) minutes: BTreeMap<i64, u64>,
    /// The first and the last time of the counts of a minute.
    times: BTreeMap<i64, (i64, i64)>,
}

impl Row {
    /// Returns the minutes of the first and of the last count; None if none has a time.
    pub(crate) fn span_ms(&self) -> Option<(i64, i64)> {
        Some((*self.minutes.keys().next()?, *self.minutes.keys().next_back()?))
    }

    /// Returns the minute with most counts, the earliest of several, and their number.
    pub(crate) fn peak(&self) -> Option<(i64, u64)> {
        self.minutes
            .iter()
            .map(|(minute, count)| (*minute, *count))
            .max_by_key(|(minute, count)| (*count, Reverse(*minute)))
    }
}

/// Returns the names that all subjects have in common, to fill into the commands of a remedy.
pub(crate) fn in_common<'s>(subjects: impl Iterator<Item = &'s Subject> + Clone) -> Known<'s> {
    let only = |name| {
        let mut values = subjects.clone().filter_map(|subject| subject.dimension(name));
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    };
    Known { api_id: only(API_ID), stage: only(STAGE), function: only(FUNCTION_NAME), ..Known::default() }
}

/// Returns the counts, the most frequent of each metric first.
pub(crate) fn rows(tally: &Tally) -> Vec<Row> {
    rows_of(tally, |subject| {
        let mut subject = subject.clone();
        if let Subject::Request { route, .. } | Subject::AccessLine { route, .. } = &mut subject {
            *route = None;
        }
        Some(subject)
    })
}

/// Returns the counts of requests whose route the log shows, by route.
pub(crate) fn rows_by_route(tally: &Tally) -> Vec<Row> {
    rows_of(tally, |subject| subject.route().map(|_| subject.clone()))
}

fn rows_of(tally: &Tally, as_shown: impl Fn(&Subject) -> Option<Subject>) -> Vec<Row> {
    let mut rows: BTreeMap<(Metric, Subject, &'static str), Row> = BTreeMap::new();
    for ((key, count), (_, (first_ms, last_ms))) in tally.counts().zip(tally.times()) {
        let Some(subject) = as_shown(&key.subject) else { continue };
        let row = rows.entry((subject.metric(), subject.clone(), key.cause)).or_insert_with(|| Row {
            subject,
            cause: key.cause,
            count: 0,
            statuses: BTreeMap::new(),
            minutes: BTreeMap::new(),
            times: BTreeMap::new(),
        });
        row.count += count;
        *row.statuses.entry(key.status).or_default() += count;
        if has_time(key.minute_ms) {
            *row.minutes.entry(key.minute_ms).or_default() += count;
            let times = row.times.entry(key.minute_ms).or_insert((first_ms, last_ms));
            *times = (times.0.min(first_ms), times.1.max(last_ms));
        }
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| (row.subject.metric(), Reverse(row.count)));
    rows
}

/// Returns the rows of each metric that has some, in the order of the metrics.
pub(crate) fn by_metric(rows: &[Row]) -> BTreeMap<Metric, Vec<&Row>> {
    let mut by_metric: BTreeMap<Metric, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_metric.entry(row.subject.metric()).or_default().push(row);
    }
    by_metric
}

/// Returns the number of failed requests and invocations. A rejected flow is neither.
pub(crate) fn errors(rows: &[Row]) -> u64 {
    rows.iter().filter(|row| row.subject.metric() != Metric::RejectedFlows).map(|row| row.count).sum()
}

/// A time in which one row was counted again and again.
#[derive(Debug)]
pub(crate) struct Incident<'r> {
    pub(crate) row: &'r Row,
    /// The minutes of its first and of its last count.
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) count: u64,
    /// Its share in all counts of the metric in that time, from 0 to 1.
    pub(crate) share: f64,
}

/// A gap this long ends an incident.
const GAP_MS: i64 = 10 * MINUTE_MS;

/// Fewer counts are not an incident.
const FEWEST_COUNTS: u64 = 3;

/// Returns the incidents in the order of their begin.
pub(crate) fn incidents(rows: &[Row]) -> Vec<Incident<'_>> {
    let mut all: BTreeMap<(Metric, i64), u64> = BTreeMap::new();
    for row in rows {
        for (minute, count) in &row.minutes {
            *all.entry((row.subject.metric(), *minute)).or_default() += count;
        }
    }
    let mut incidents = Vec::new();
    for row in rows {
        let minutes: Vec<(i64, u64)> = row.minutes.iter().map(|(minute, count)| (*minute, *count)).collect();
        let gap_ms = |one: i64, next: i64| row.times[&next].0 - row.times[&one].1;
        for part in minutes.chunk_by(|one, next| gap_ms(one.0, next.0) < GAP_MS) {
            let (from_ms, to_ms) = (part[0].0, part[part.len() - 1].0);
            let count: u64 = part.iter().map(|(_, count)| count).sum();
            if count >= FEWEST_COUNTS {
                let metric = row.subject.metric();
                let of_metric: u64 = all.range((metric, from_ms)..=(metric, to_ms)).map(|(_, count)| count).sum();
                let share = count as f64 / of_metric.max(1) as f64;
                incidents.push(Incident { row, from_ms, to_ms, count, share });
            }
        }
    }
    incidents.sort_by_key(|incident| (incident.from_ms, Reverse(incident.count)));
    incidents
}

#[cfg(test)]
mod tests {
    use super::*;
    use why5xx::cause::Table;
    use why5xx::failure::Failure;

    const NOON_MS: i64 = 1_777_896_000_000; // 2026-05-04T12:00:00Z

    fn tally(failures: &[(&str, i64)]) -> Tally {
        tally_at(failures, 0)
    }

    /// Some seconds behind the minutes.
    fn tally_at(failures: &[(&str, i64)], seconds: i64) -> Tally {
        let mut tally = Tally::default();
        for (cause, minute) in failures {
            tally.add(&Failure {
                subject: Subject::Request { api_id: "a1b2c3d4e5".into(), stage: "prod".into(), route: None }.into(),
                cause: Table::default().by_id(cause).unwrap(),
                status: Some(502),
                timestamp_ms: if *minute < 0 { 0 } else { NOON_MS + minute * MINUTE_MS + seconds * 1_000 },
                number: 1,
                lane: 0,
                request_id: None,
                trace_id: None,
                shape: None,
            });
        }
        tally
    }

    #[test]
    fn a_gap_of_ten_minutes_ends_an_incident_and_two_counts_make_none() {
        let timeouts = [0, 9, 18, 28, 28, 28, 38, 39].map(|minute| ("integration_timeout", minute));
        let tally = tally(&[&timeouts[..], &[("lambda_permission", 9), ("lambda_permission", 10)]].concat());
        let rows = rows(&tally);
        let found: Vec<_> = incidents(&rows)
            .iter()
            .map(|i| ((i.from_ms - NOON_MS) / MINUTE_MS, (i.to_ms - NOON_MS) / MINUTE_MS, i.count, i.share))
            .collect();
        assert_eq!(found, [(0, 18, 3, 0.6), (28, 28, 3, 1.0)]);
    }

    #[test]
    fn a_gap_is_from_one_count_to_the_next_and_not_from_minute_to_minute() {
        let at = |minute| [("integration_timeout", minute)];
        let mut tally = tally_at(&at(0), 0);
        tally.merge(tally_at(&at(9), 59));
        tally.merge(tally_at(&at(19), 0));
        tally.merge(tally_at(&at(29), 1));
        let rows = rows(&tally);
        let found: Vec<_> = incidents(&rows).iter().map(|i| (i.to_ms - NOON_MS, i.count)).collect();
        assert_eq!(found, [(19 * MINUTE_MS, 3)]);
    }

    #[test]
    fn a_peak_is_the_earliest_of_the_highest_minutes_and_untimed_counts_have_none() {
        let tally = tally(&[0, 1, 1, 2, 2, -1].map(|minute| ("integration_timeout", minute)));
        let rows = rows(&tally);
        assert_eq!((rows[0].count, rows[0].peak()), (6, Some((NOON_MS + MINUTE_MS, 2))));
        assert_eq!(rows[0].span_ms(), Some((NOON_MS, NOON_MS + 2 * MINUTE_MS)));
        assert_eq!(super::rows(&super::tests::tally(&[("waf_error", -1)]))[0].span_ms(), None);
    }
}
