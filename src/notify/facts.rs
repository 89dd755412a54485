//! Answers of CloudWatch: how often something fails, since when, and which requests.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::metric::{ACCOUNT_ID, API_ID, CAUSE, FUNCTION_NAME, LOG_GROUP, STAGE};
use crate::tally::MINUTE_MS;

/// Failures further apart than this belong to two troubles: the alarms were OK in between.
const LONGEST_PAUSE_MS: i64 = 20 * MINUTE_MS;

/// How far back failures are read: as far as a query of Metrics Insights sees.
pub(super) const WINDOW_MS: i64 = 180 * MINUTE_MS;

/// Most request ids of one cause in a message.
const SHOWN_REQUESTS: usize = 3;

/// Dimensions of what fails, as the query of the alarm groups them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contributor {
    /// Dimension names and values.
    pub dimensions: BTreeMap<String, String>,
}

impl Contributor {
    /// Reads the attributes of a contributor; what is no text is left out.
    pub fn of(attributes: &Value) -> Self {
        let attributes = attributes.as_object().into_iter().flatten();
        let texts = attributes.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let mut dimensions = BTreeMap::new();
        // Not `collect`, which brings a copy of the standard library's sort, 7 KB of the function's program.
        dimensions.extend(texts);
        Self { dimensions }
    }

    /// Returns the value of a dimension.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.dimensions.get(name).map(String::as_str)
    }

    /// Returns the API and its stage: `orders/prod`; with the account before it where there is one. Of a function, its name; of
    /// another log, its log group.
    pub fn place(&self) -> String {
        let parts = [ACCOUNT_ID, API_ID, STAGE, FUNCTION_NAME, LOG_GROUP].into_iter().filter_map(|name| self.get(name));
        parts.collect::<Vec<_>>().join("/")
    }
}

/// One series in ALARM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Its dimensions.
    pub series: Contributor,
    /// Failures without a pause up to now; None if they could not be read, or nothing failed.
    pub run: Option<FailureRun>,
    /// Ids of failed requests, the newest last.
    pub requests: Vec<String>,
    /// Where the newest of them was logged.
    pub newest: Option<Newest>,
}

impl Failing {
    /// Creates one of which no more is known.
    pub fn new(series: Contributor) -> Self {
        Self { series, run: None, requests: Vec::new(), newest: None }
    }
}

/// Where a failed request was logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Newest {
    /// The log group.
    pub log_group: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Region of the log, where it is known.
    pub region: Option<String>,
    /// Account of the log, where it is known.
    pub account: Option<String>,
}

/// Failures without a pause up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureRun {
    /// How many.
    pub failures: u64,
    /// Its first minute, in milliseconds since 1970-01-01T00:00:00Z.
    pub since_ms: i64,
    /// Minutes from then to the change.
    pub minutes: i64,
    /// Whether it began before what was read.
    pub is_older: bool,
}

/// Facts for a message, as far as they could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlarmFacts {
    /// Subjects that fail, the most frequent first.
    pub failing: Vec<Failing>,
    /// Metric of the alarm's query, where it has one.
    pub metric: Option<String>,
    /// Since when the alarm is OK again, in milliseconds since 1970-01-01T00:00:00Z: the event came late.
    pub ok_since_ms: Option<i64>,
    /// Facts that could not be read, each with the reason.
    pub unread: Vec<String>,
}

impl AlarmFacts {
    /// Sets how often each fails, from the points (time in milliseconds, sum) of each, in the order of `failing`. Sorts them.
    pub fn set_counts(&mut self, points: &[Vec<(i64, f64)>], at_ms: Option<i64>) {
        for (failing, points) in self.failing.iter_mut().zip(points) {
            failing.run = run(points, at_ms);
        }
        self.failing.sort_by_key(|failing| std::cmp::Reverse(failing.run.map_or(0, |run| run.failures)));
    }

    /// Returns the earliest time from which requests are of interest: the newest of each are shown, and the alarm would be OK
    /// if none had failed for so long.
    pub fn since_ms(&self, at_ms: Option<i64>) -> Option<i64> {
        let since = self.failing.iter().filter_map(|failing| failing.run).map(|run| run.since_ms).min();
        since.max(at_ms.map(|at_ms| at_ms.saturating_sub(LONGEST_PAUSE_MS)))
    }

    /// Sets the ids of failed requests, from the exemplars in the function's log.
    pub fn set_requests(&mut self, metric: &str, exemplars: &[Value]) {
        for failing in &mut self.failing {
            let of_series = |exemplar: &&Value| {
                let has = |field: &str, value: Option<&str>| value.is_none_or(|value| exemplar[field] == value);
                exemplar["message"] == "exemplar"
                    && has("metric", Some(metric))
                    && has("cause", failing.series.get(CAUSE))
                    && has("apiId", failing.series.get(API_ID))
                    && has("stage", failing.series.get(STAGE))
                    && has("accountId", failing.series.get(ACCOUNT_ID))
                    && has("functionName", failing.series.get(FUNCTION_NAME))
                    && has("logGroup", failing.series.get(LOG_GROUP))
            };
            let of_series = exemplars.iter().filter(of_series);
            let with_id = of_series.filter_map(|exemplar| Some((exemplar["failedRequestId"].as_str()?, exemplar)));
            let mut newest: Vec<_> = with_id.rev().take(SHOWN_REQUESTS).collect();
            newest.reverse();
            failing.newest = newest.last().and_then(|(_, exemplar)| {
                let text = |name: &str| exemplar[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
                let at_ms = exemplar["eventTimestamp"].as_i64()?;
                Some(Newest { log_group: text("logGroup")?, at_ms, region: text("region"), account: text("accountId") })
            });
            failing.requests = newest.into_iter().map(|(id, _)| id.to_owned()).collect();
        }
    }
}

/// Returns the failures without a pause up to the newest one; None without failures.
fn run(points: &[(i64, f64)], at_ms: Option<i64>) -> Option<FailureRun> {
    let mut points: Vec<_> = points.iter().copied().filter(|(_, sum)| *sum > 0.0).collect();
    points.sort_unstable_by_key(|(ms, _)| *ms);
    let (newest_ms, _) = *points.last()?;
    let (mut since_ms, mut failures) = (newest_ms, 0.0);
    for (ms, sum) in points.into_iter().rev() {
        if since_ms.saturating_sub(ms) > LONGEST_PAUSE_MS {
            break;
        }
        (since_ms, failures) = (ms, failures + sum);
    }
    let end_ms = at_ms.map_or(newest_ms, |at_ms| at_ms.max(newest_ms));
    Some(FailureRun {
        // A sum of counts; the cast saturates.
        failures: failures as u64,
        since_ms,
        minutes: end_ms.saturating_sub(since_ms).saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS).max(1),
        is_older: at_ms
            .is_some_and(|at_ms| since_ms.saturating_sub(at_ms.saturating_sub(WINDOW_MS)) <= LONGEST_PAUSE_MS),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT_MS: i64 = 1_777_904_520_000;

    fn minutes(points: &[(i64, f64)]) -> Vec<(i64, f64)> {
        points.iter().map(|(minutes_ago, sum)| (AT_MS - minutes_ago * MINUTE_MS, *sum)).collect()
    }

    fn series(cause: &str) -> Contributor {
        Contributor::of(&json!({"ApiId": "orders", "Stage": "prod", "Cause": cause}))
    }

    #[test]
    fn a_run_ends_at_a_pause_and_zeros_are_no_failures() {
        let run = run(&minutes(&[(90, 5.0), (10, 4.0), (5, 0.0), (1, 10.0)]), Some(AT_MS)).unwrap();
        assert_eq!((run.failures, run.minutes, run.is_older), (14, 10, false));
        assert_eq!(run.since_ms, AT_MS - 10 * MINUTE_MS);
    }

    #[test]
    fn a_run_as_old_as_what_was_read_may_be_older() {
        let old = minutes(&(1..180).step_by(10).map(|ago| (ago, 1.0)).collect::<Vec<_>>());
        assert!(run(&old, Some(AT_MS)).unwrap().is_older);
        assert_eq!(run(&[], Some(AT_MS)), None);
        assert_eq!(run(&minutes(&[(1, 0.0)]), Some(AT_MS)), None);
    }

    #[test]
    fn odd_times_and_sums_do_no_harm() {
        for points in [vec![(i64::MIN, 1.0), (i64::MAX, 1.0)], vec![(0, f64::INFINITY)], vec![(0, f64::NAN), (1, -1.0)]]
        {
            for at_ms in [None, Some(i64::MIN), Some(i64::MAX)] {
                let _ = run(&points, at_ms);
            }
        }
    }

    #[test]
    fn what_fails_most_comes_first() {
        let failing = ["a", "b", "c"].map(|cause| Failing::new(series(cause))).to_vec();
        let mut facts = AlarmFacts { failing, ..AlarmFacts::default() };
        facts.set_counts(&[minutes(&[(1, 1.0)]), minutes(&[(2, 9.0)])], Some(AT_MS));
        let causes: Vec<_> = facts.failing.iter().map(|failing| failing.series.get("Cause").unwrap()).collect();
        assert_eq!(causes, ["b", "a", "c"]);
        assert_eq!(facts.since_ms(Some(AT_MS)), Some(AT_MS - 2 * MINUTE_MS));
        // What began hours ago has no more to show, and a log of hours has more pages than are read.
        facts.failing[0].run = facts.failing[0].run.map(|run| FailureRun { since_ms: AT_MS - WINDOW_MS, ..run });
        assert_eq!(facts.since_ms(Some(AT_MS)), Some(AT_MS - LONGEST_PAUSE_MS));
    }

    #[test]
    fn the_newest_requests_of_the_same_series_are_taken() {
        let exemplar = |id: &str, cause: &str, metric: &str| json!({"message": "exemplar", "metric": metric, "cause": cause, "apiId": "orders", "stage": "prod", "failedRequestId": id, "logGroup": format!("group of {id}"), "eventTimestamp": AT_MS});
        let exemplars = [
            exemplar("1", "a", "Errors"),
            exemplar("2", "a", "Errors"),
            exemplar("x", "b", "Errors"),
            exemplar("y", "a", "AccessLogErrors"),
            json!({"message": "batch published", "failedRequestId": "z"}),
            json!(7),
            exemplar("3", "a", "Errors"),
            exemplar("4", "a", "Errors"),
        ];
        let mut facts = AlarmFacts { failing: vec![Failing::new(series("a"))], ..AlarmFacts::default() };
        facts.set_requests("Errors", &exemplars);
        assert_eq!(facts.failing[0].requests, ["2", "3", "4"]);
        let newest = Newest { log_group: "group of 4".to_owned(), at_ms: AT_MS, region: None, account: None };
        assert_eq!(facts.failing[0].newest, Some(newest));
    }

    #[test]
    fn requests_of_another_function_with_the_same_cause_are_not_taken() {
        let exemplar = |id: &str, name: &str| json!({"message": "exemplar", "metric": "FunctionErrors", "cause": "a", "apiId": null, "stage": null, "functionName": name, "failedRequestId": id, "logGroup": format!("/aws/lambda/{name}"), "eventTimestamp": AT_MS});
        let series = Contributor::of(&json!({"FunctionName": "orders", "Cause": "a"}));
        assert_eq!(series.place(), "orders");
        let mut facts = AlarmFacts { failing: vec![Failing::new(series)], ..AlarmFacts::default() };
        facts.set_requests("FunctionErrors", &[exemplar("1", "orders"), exemplar("2", "billing")]);
        assert_eq!(facts.failing[0].requests, ["1"]);
    }

    #[test]
    fn an_account_stands_before_its_api() {
        let account = Contributor::of(&json!({"AccountId": "111122223333", "ApiId": "a", "Stage": "b", "Cause": "c"}));
        assert_eq!(account.place(), "111122223333/a/b");
        assert_eq!(Contributor::of(&json!("x")).place(), "");
    }
}
