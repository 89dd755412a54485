//! Failed requests to look up: a few for each cause and minute, whichever batches they come in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::failure::{Failure, Id};
use crate::record::Source;
use crate::tally::MINUTE_MS;

/// A failed request to look up. Ids only, never message text.
#[derive(Debug, Clone)]
pub struct Exemplar {
    /// The failure.
    pub failure: Failure,
    /// Where it was logged: the log group and stream, and the account whose they are.
    pub source: Arc<Source>,
}

impl Exemplar {
    /// Returns the fields that locate the failed request, as a JSON object. `region` is the Region of the log, unless the log
    /// itself has another.
    ///
    /// An exemplar of API `a1b2c3d4e5` has `"apiId": "a1b2c3d4e5"` and `"functionName": null`.
    pub fn fields(&self, region: Option<&str>) -> Value {
        let Self { failure, source } = self;
        let dimension = |name| failure.subject.dimension(name);
        json!({
            "cause": failure.cause.id,
            "metric": failure.subject.metric().name(),
            "apiId": dimension("ApiId"),
            "stage": dimension("Stage"),
            "functionName": dimension("FunctionName"),
            "status": failure.status,
            // `requestId` is the invocation's, as in all lines of Lambda.
            "failedRequestId": failure.request_id.as_ref().and_then(Id::text),
            "traceId": failure.trace_id,
            "logGroup": source.log_group,
            "logStream": source.log_stream,
            "accountId": source.owner,
            "region": source.region.as_deref().or(region),
            "eventTimestamp": failure.timestamp_ms,
        })
    }
}

/// Most pairs of minute and cause that are remembered: an hour in which every cause occurs each minute.
const MOST_REMEMBERED: usize = 4_096;

/// Longest id that is shown, in bytes. API Gateway's have 36, those of X-Ray 35; a header may name three in one value.
const LONGEST_ID_BYTES: usize = 128;

/// How many were shown, by minute and cause.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    counts: BTreeMap<(i64, &'static str), usize>,
}

impl Shown {
    /// Whether one more failure of this cause and minute may be shown, beside those of `known`.
    pub(super) fn admit(&mut self, known: &Self, cause: &'static str, timestamp_ms: i64, limit: usize) -> bool {
        let key = (timestamp_ms.div_euclid(MINUTE_MS), cause);
        let before = known.counts.get(&key).copied().unwrap_or_default();
        let now = self.counts.get(&key).copied().unwrap_or_default();
        let may = before + now < limit;
        if may {
            self.counts.insert(key, now + 1);
        }
        may
    }

    /// Adds what a batch showed; the oldest minutes are forgotten.
    pub(super) fn merge(&mut self, batch: Self) {
        for (key, count) in batch.counts {
            *self.counts.entry(key).or_default() += count;
        }
        while self.counts.len() > MOST_REMEMBERED {
            self.counts.pop_first();
        }
    }
}

/// Whether an id may be shown. Text that is not shaped like an id is client text and must not be logged.
pub(super) fn is_plain_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'+' | b'/' | b';' | b':');
    (1..=LONGEST_ID_BYTES).contains(&id.len()) && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAUSE: &str = "integration_timeout";

    #[test]
    fn batches_of_one_minute_share_its_number() {
        let mut known = Shown::default();
        let mut shown = 0;
        for _ in 0..3 {
            let mut batch = Shown::default();
            shown += (0..2).filter(|_| batch.admit(&known, CAUSE, 59_999, 5)).count();
            known.merge(batch);
        }
        assert_eq!(shown, 5);
        assert!(Shown::default().admit(&known, CAUSE, 60_000, 5));
        assert!(!Shown::default().admit(&known, CAUSE, 60_000, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut known = Shown::default();
        let mut batch = Shown::default();
        for minute in 0..MOST_REMEMBERED as i64 + 10 {
            batch.admit(&known, CAUSE, minute * 60_000, 5);
        }
        known.merge(batch);
        assert_eq!(known.counts.len(), MOST_REMEMBERED);
        assert_eq!(known.counts.first_key_value().map(|(key, _)| key.0), Some(10));
    }

    #[test]
    fn what_is_no_id_is_not_shown() {
        for good in ["1f2e3d4c-0000-4000-8000-000000000001", "Xa1bY2cZ3PEFdeQ=", "Root=1-5759e988-bd862e3f;Sampled=1"] {
            assert!(is_plain_id(good), "{good}");
        }
        for bad in ["", "a b", "{\"x\"}", "größe", "x\n", &"x".repeat(129)] {
            assert!(!is_plain_id(bad), "{bad}");
        }
    }
}
