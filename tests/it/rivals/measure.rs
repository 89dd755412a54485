//! A log whose failures are known, and what a way to count makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use why5xx::cause::Table;
use why5xx::metric::Subject;
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

use crate::simulation::run::count;
use crate::simulation::world::Batch;
use crate::support::filter_pattern::Pattern;

/// A log event as it stands in a log group, and the request that it is about.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) request: String,
    pub(crate) message: String,
}

/// One count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) request: String,
    /// Name of its cause, if it has one.
    pub(crate) cause: Option<&'static str>,
    /// Whether it says what the client got.
    pub(crate) has_status: bool,
    /// Whether it says which resource or route failed.
    pub(crate) has_route: bool,
    /// Whether it has an X-Ray trace id.
    pub(crate) has_trace: bool,
    /// Text before the number: equal counts share a row.
    pub(crate) row: String,
}

/// Failed requests and their causes.
pub(crate) type Truth = BTreeMap<String, &'static str>;

/// Number of failed requests, by how they were counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) failed: usize,
    pub(crate) missed: usize,
    /// Counts beyond the first of a failed request.
    pub(crate) again: usize,
    /// Counts of requests that did not fail.
    pub(crate) unfailed: usize,
    /// Failed requests whose first count has the right name.
    pub(crate) right: usize,
    /// Failed requests whose first count has a status.
    pub(crate) with_status: usize,
    /// Failed requests whose first count has a route.
    pub(crate) with_route: usize,
    /// Failed requests whose first count has a trace id.
    pub(crate) with_trace: usize,
    pub(crate) names: bool,
    pub(crate) rows: usize,
}

impl Outcome {
    pub(crate) fn of(truth: &Truth, counted: &[Counted]) -> Self {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut outcome = Self { failed: truth.len(), ..Self::default() };
        for count in counted {
            outcome.names |= count.cause.is_some();
            match (truth.get(&count.request), seen.insert(&count.request)) {
                (None, _) => outcome.unfailed += 1,
                (Some(_), false) => outcome.again += 1,
                (Some(cause), true) => {
                    outcome.right += usize::from(count.cause == Some(*cause));
                    outcome.with_status += usize::from(count.has_status);
                    outcome.with_route += usize::from(count.has_route);
                    outcome.with_trace += usize::from(count.has_trace);
                }
            }
        }
        outcome.missed = truth.keys().filter(|request| !seen.contains(request.as_str())).count();
        outcome.rows = counted.iter().map(|count| count.row.as_str()).collect::<BTreeSet<_>>().len();
        outcome
    }

    /// The cells of a table's row behind the name of the way to count.
    pub(crate) fn cells(&self) -> String {
        let right = if self.names { self.right.to_string() } else { "–".to_owned() };
        let found = self.failed - self.missed;
        format!("{found} of {} | {} | {} | {right} | {}", self.failed, self.again, self.unfailed, self.rows)
    }
}

/// Returns the counts of why5xx for batches behind a filter pattern.
pub(crate) fn ours(pattern: &str, batches: &[Batch]) -> Vec<Counted> {
    let pattern = Pattern::parse(pattern).expect("a filter pattern");
    let mut settings = Settings::default();
    settings.exemplars_per_cause = usize::MAX;
    settings.route_metrics = true;
    let mut pipeline = Pipeline::new(Arc::new(settings), Table::default());
    let mut counted = Vec::new();
    for batch in batches {
        let mut batch = batch.clone();
        batch.events.retain(|event| pattern.matches(&event.message));
        for exemplar in count(&mut pipeline, &batch).exemplars {
            let failure = exemplar.failure;
            counted.push(Counted {
                cause: Some(failure.cause.id),
                has_status: failure.status.is_some(),
                has_route: matches!(
                    *failure.subject,
                    Subject::Request { route: Some(_), .. } | Subject::AccessLine { route: Some(_), .. }
                ),
                has_trace: failure.trace_id.is_some(),
                row: failure.cause.id.to_owned(),
                request: failure.request_id.expect("each line has an id").text().expect("of text").to_owned(),
            });
        }
    }
    counted
}
