//! The batches of a stream or a queue: each is counted by itself, all are published together.
//!
//! A record that cannot be read is asked for again by its id, and the others count. Lambda then delivers everything from
//! the lowest sequence number reported, good records too: they lead to nothing new, for their log events are remembered.
//! The good ones are not held back until then, since Lambda gives up the bad one together with all that came behind it.
//!
//! When not all data are accepted, the whole invocation fails and nothing of it is remembered but what was accepted.

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

/// Most lines of one kind that an invocation of many batches writes.
const MOST_LINES: usize = 1_000;

/// What the records of an invocation came to so far.
#[derive(Default)]
struct Run<'a> {
    /// The records that were counted.
    parts: Vec<Part<'a>>,
    /// Ids of records to be delivered again.
    again: Vec<String>,
    /// Records that could not be read.
    bad_records: usize,
    /// Records for which no time was left.
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
    /// When not all data were accepted. Lambda delivers all the records again then.
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

    /// Takes over what a record led to. Those behind it are counted with it in mind.
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

    /// Asks for a record again that cannot be read, so that in the end Lambda keeps it or the second queue does.
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
