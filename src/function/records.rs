//! Batches of a stream or a queue: counted separately, published together.
//!
//! The answer requests an unreadable record again, by its id; the others count. Lambda then delivers everything from
//! the lowest reported sequence number, good records too. Their log events are remembered, so they do not count again.
//! The good ones must not wait: when Lambda gives up on the bad one, it also discards the records behind it.
//!
//! If CloudWatch does not accept all data, the whole invocation fails. Only the accepted data are remembered then.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use tokio::time::Instant;
use why5xx::failure::Failure;
use why5xx::pipeline::{Counted, Exemplar, Pipeline};
use why5xx::publish::{OwnMetric, Part, Published};
use why5xx::settings::LogLevel;
use why5xx::source::{Batch, Record, Records};
use why5xx::tally::MINUTE_MS;

use super::answer::Answer;
use super::error::InvocationError;
use super::{Function, Invocation, count, log};

/// Most log lines of one kind in an invocation with many batches; our own limit.
const MOST_LINES: usize = 1_000;

/// Accumulator for the records of an invocation.
#[derive(Default)]
struct Run<'a> {
    /// Counted records.
    parts: Vec<Part<'a>>,
    /// Ids of records to request again.
    again: Vec<String>,
    /// Number of unreadable records.
    bad_records: usize,
    /// Number of records left for lack of time.
    left_records: usize,
    totals: log::Totals,
    exemplars: Vec<Exemplar>,
    shown: HashMap<(&'static str, i64), usize>,
    shapes: BTreeMap<String, u64>,
}

impl Function {
    /// Handles the event of a stream or a queue.
    ///
    /// # Errors
    ///
    /// If CloudWatch did not accept all data. Lambda delivers all records again.
    pub(super) async fn records(
        &mut self,
        begin: &Invocation<'_>,
        records: &Records<'_>,
    ) -> Result<Answer, InvocationError> {
        let before = self.pipeline.memory();
        let mut run = Run::default();
        for record in &records.records {
            self.record(begin, record, &mut run);
        }
        let parts = std::mem::take(&mut run.parts);
        let counted_ms = begin.elapsed_ms();
        let published = self.publisher.publish_all(parts, begin.now_ms, begin.until).await;
        if published.result.is_ok() {
            self.log_findings(&run.exemplars, &run.shapes);
        } else {
            self.pipeline.restore(before);
        }
        self.log_published(begin, fields(&run, records, &published), &published, counted_ms);
        published.result.map_err(InvocationError::Publish)?;
        Ok(Answer::again(records.kind, run.again))
    }

    fn record<'a>(&mut self, begin: &Invocation<'_>, record: &Record<'a>, run: &mut Run<'a>) {
        if Instant::now() >= begin.count_until {
            run.left_records += 1;
            run.again.push(record.id.clone().into_owned());
            return;
        }
        match count_record(&self.pipeline, record) {
            Ok(counted) => self.take(begin, record, counted, run),
            Err(error) => self.refuse(begin, record, &error, run),
        }
    }

    /// Merges the counts of a record into `run` and commits its memory, for the records behind it.
    fn take<'a>(&mut self, begin: &Invocation<'_>, record: &Record<'a>, mut counted: Counted, run: &mut Run<'a>) {
        if counted.own_log_group {
            self.refuse_own_log_group(&counted);
            return;
        }
        if counted.decoded.header.is_control() {
            return;
        }
        self.count_own(begin, &counted);
        self.warn(&counted);
        run.parts.push(self.part(begin, record.content, &counted, |pipeline| count_record(pipeline, record)));
        self.pipeline.commit(std::mem::take(&mut counted.additions));
        run.totals.add(&counted);
        let most = self.settings.exemplars_per_cause;
        for exemplar in counted.exemplars {
            let shown = run.shown.entry(cause_and_minute(&exemplar.failure)).or_default();
            if *shown < most && run.exemplars.len() < MOST_LINES {
                *shown += 1;
                run.exemplars.push(exemplar);
            }
        }
        for (shape, count) in counted.shapes {
            if run.shapes.len() < MOST_LINES || run.shapes.contains_key(&shape) {
                *run.shapes.entry(shape).or_default() += count;
            }
        }
    }

    /// Requests an unreadable record again, so that finally Lambda or the dead-letter queue keeps it.
    fn refuse(&mut self, begin: &Invocation<'_>, record: &Record<'_>, error: &InvocationError, run: &mut Run<'_>) {
        let own = self.publisher.own();
        own.count(OwnMetric::Batches, begin.now_ms, 1);
        own.count(OwnMetric::UndecodableBatches, begin.now_ms, u64::from(error.is_undecodable()));
        run.again.push(record.id.clone().into_owned());
        run.bad_records += 1;
        if run.bad_records <= MOST_LINES {
            let fields = json!({
                "errorType": error.error_type(),
                "error": error.to_string(),
                "record": record.id,
                "contentBytes": record.content.len(),
            });
            self.log.line(LogLevel::Error, "batch not counted", fields);
        }
    }
}

fn count_record(pipeline: &Pipeline, record: &Record<'_>) -> Result<Counted, InvocationError> {
    match record.batch()? {
        Batch::Gzip(gzip) => count(pipeline, |pipeline| pipeline.count_gzip(&gzip)),
        Batch::SubscriptionEvent(event) => count(pipeline, |pipeline| pipeline.count(&event)),
    }
}

fn cause_and_minute(failure: &Failure) -> (&'static str, i64) {
    (failure.cause.id, failure.timestamp_ms.div_euclid(MINUTE_MS))
}

fn fields(run: &Run<'_>, records: &Records<'_>, published: &Published) -> serde_json::Map<String, Value> {
    let mut fields = log::batch(&run.totals, published);
    fields.insert("records".to_owned(), json!(records.records.len()));
    fields.insert("badRecords".to_owned(), json!(run.bad_records));
    fields.insert("leftRecords".to_owned(), json!(run.left_records));
    fields
}
