//! Failed requests to look up: a few for each cause, minute and API with its stage (or function, or log group), whichever batches
//! they come in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::cause::Cause;
use crate::failure::{Failure, RequestId};
use crate::keyed::{Keyed, key_of};
use crate::metric::{API_ID, FUNCTION_NAME, STAGE, Subject};
use crate::record::Source;
use crate::tally::MINUTE_MS;

/// A failed request to look up. Ids only, never message text.
#[derive(Debug, Clone)]
pub struct Exemplar {
    /// The failure.
    pub failure: Failure,
    /// Where it was logged: the log group and stream, and the account that owns them.
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
            "apiId": dimension(API_ID),
            "stage": dimension(STAGE),
            "functionName": dimension(FUNCTION_NAME),
            "status": failure.status,
            // `requestId` is the invocation's, as in all lines of Lambda.
            "failedRequestId": failure.request_id.as_ref().and_then(RequestId::text),
            "traceId": failure.trace_id,
            "logGroup": source.log_group,
            "logStream": source.log_stream,
            "accountId": source.owner,
            "region": source.region.as_deref().or(region),
            "eventTimestamp": failure.timestamp_ms,
        })
    }
}

/// Most counts by minute, cause and what failed that are remembered: an hour in which every cause occurs each minute.
const MOST_REMEMBERED: usize = 4_096;

/// Most exemplars of one batch, which each are a line of our own log.
pub(super) const MOST_EXEMPLARS: usize = 1_000;

/// Most of them of one API and stage, unless more are set for a single cause: nobody's failures use up all.
const MOST_OF_ONE: usize = MOST_EXEMPLARS / 4;

/// Longest id that is shown, in bytes. API Gateway's have 36, those of X-Ray 35; a header may name three in one value.
const LONGEST_ID_BYTES: usize = 128;

/// How many were shown.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// By minute, cause and what failed (its metric and dimensions, as a hash).
    counts: BTreeMap<(i64, &'static str, u64), usize>,
    /// By what failed, of the batch at hand.
    of_one: Keyed<usize>,
    /// Of the batch at hand.
    all: usize,
}

impl Shown {
    /// Whether one more failure of this cause and minute may be shown, beside those of `known`. Each API and stage has its own
    /// number, or the one that fails most would take those of all others.
    pub fn admit(&mut self, known: &Self, subject: &Subject, cause: &Cause, timestamp_ms: i64, limit: usize) -> bool {
        if self.all >= MOST_EXEMPLARS {
            return false;
        }
        let subject = key_of((subject.metric().name(), subject.dimensions()));
        let key = (timestamp_ms.div_euclid(MINUTE_MS), cause.id, subject);
        let before = known.counts.get(&key).copied().unwrap_or_default();
        let now = self.counts.get(&key).copied().unwrap_or_default();
        let of_one = self.of_one.get(&subject).copied().unwrap_or_default();
        if before + now >= limit || of_one >= MOST_OF_ONE.max(limit) {
            return false;
        }
        self.counts.insert(key, now + 1);
        self.of_one.insert(subject, of_one + 1);
        self.all += 1;
        true
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
    use crate::cause::Table;

    fn cause() -> &'static Cause {
        Table::default().by_id("integration_timeout").unwrap()
    }

    fn api(api_id: &str) -> Subject {
        Subject::Request { api_id: api_id.to_owned(), stage: "prod".to_owned(), route: None }
    }

    #[test]
    fn batches_of_one_minute_share_its_number() {
        let mut known = Shown::default();
        let mut shown = 0;
        for _ in 0..3 {
            let mut batch = Shown::default();
            shown += (0..2).filter(|_| batch.admit(&known, &api("a"), cause(), 59_999, 5)).count();
            known.merge(batch);
        }
        assert_eq!(shown, 5);
        assert!(Shown::default().admit(&known, &api("a"), cause(), 60_000, 5));
        assert!(!Shown::default().admit(&known, &api("a"), cause(), 60_000, 0));
    }

    #[test]
    fn an_api_takes_none_of_those_of_another_in_one_batch_or_in_several() {
        let mut known = Shown::default();
        let mut batch = Shown::default();
        let count = |batch: &mut Shown, known: &Shown, api_id: &str| {
            (0..20).filter(|_| batch.admit(known, &api(api_id), cause(), 0, 5)).count()
        };
        assert_eq!([count(&mut batch, &known, "a"), count(&mut batch, &known, "b")], [5, 5]);
        known.merge(batch);
        let mut batch = Shown::default();
        assert_eq!([count(&mut batch, &known, "a"), count(&mut batch, &known, "c")], [0, 5]);
    }

    #[test]
    fn an_api_does_not_use_up_those_of_a_batch() {
        let (known, mut batch) = (Shown::default(), Shown::default());
        let all = |batch: &mut Shown, api_id: &str, limit| {
            (0..2_000).filter(|minute| batch.admit(&known, &api(api_id), cause(), minute * MINUTE_MS, limit)).count()
        };
        assert_eq!([all(&mut batch, "a", 5), all(&mut batch, "b", 5)], [MOST_OF_ONE, MOST_OF_ONE]);
        let rest: usize = ["c", "d", "e"].iter().map(|api_id| all(&mut batch, api_id, 5)).sum();
        assert_eq!(rest, MOST_EXEMPLARS - 2 * MOST_OF_ONE);
        // Whoever sets no limit gets all that a batch may have.
        assert_eq!(all(&mut Shown::default(), "a", usize::MAX), MOST_EXEMPLARS);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut known = Shown::default();
        for minute in 0..MOST_REMEMBERED as i64 + 10 {
            let mut batch = Shown::default();
            batch.admit(&known, &api("a"), cause(), minute * MINUTE_MS, 5);
            known.merge(batch);
        }
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
