//! Batches through the program, and what it makes of them.

use std::sync::Arc;

use serde_json::Value;
use why5xx::cause::Table;
use why5xx::metric::Subject;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::settings::Settings;
use why5xx::tally::Tally;

use super::world::{Batch, Counts};

/// An execution environment that remembers nothing yet.
pub(crate) fn environment() -> Pipeline {
    Pipeline::new(Arc::new(Settings::default()), Table::default())
}

/// A subscription batch through the steps of the function.
pub(crate) fn count(pipeline: &mut Pipeline, batch: &Batch) -> Counted {
    let mut counted = pipeline.count(batch.payload().as_bytes()).expect("a batch that our encoder made");
    pipeline.commit(std::mem::take(&mut counted.additions));
    counted
}

/// The counts of batches, one after the other, in one environment.
pub(crate) fn counts_of<'b>(batches: impl IntoIterator<Item = &'b Batch>) -> Counts {
    let mut pipeline = environment();
    let mut counts = Counts::new();
    for batch in batches {
        add(&mut counts, &count(&mut pipeline, batch).tally);
    }
    counts
}

/// Adds a tally; only failed requests of execution logs may be in it.
pub(crate) fn add(counts: &mut Counts, tally: &Tally) {
    for (key, count) in tally.counts() {
        let Subject::Request { api_id, stage, .. } = &*key.subject else { panic!("{:?} is no request", key.subject) };
        *counts.entry((api_id.clone(), stage.clone(), key.cause, key.status)).or_default() += count;
    }
}

/// The counts that `replay --json` prints.
pub(crate) fn counts_of_document(document: &Value) -> Counts {
    let mut counts = Counts::new();
    for row in document["counts"].as_array().expect("counts are a list") {
        assert_eq!(row["metric"], "Errors");
        let dimension = |name: &str| row["dimensions"][name].as_str().expect("a dimension").to_owned();
        let cause = named(&dimension("Cause"));
        for (status, count) in row["statuses"].as_object().expect("statuses are an object") {
            let key = (dimension("ApiId"), dimension("Stage"), cause, status.parse().ok());
            *counts.entry(key).or_default() += count.as_u64().expect("a count");
        }
    }
    counts
}

/// The id of a cause that the program knows.
fn named(id: &str) -> &'static str {
    why5xx::cause::built_in().find(|cause| cause.id == id).expect("a cause of the table").id
}

/// Returns the differences, readable.
pub(crate) fn differences(expected: &Counts, got: &Counts) -> Vec<String> {
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(got.keys()).collect();
    let of = |counts: &Counts, key| counts.get(key).copied().unwrap_or(0);
    keys.into_iter()
        .filter(|key| of(expected, key) != of(got, key))
        .map(|key| format!("{key:?}: expected {}, got {}", of(expected, key), of(got, key)))
        .collect()
}
