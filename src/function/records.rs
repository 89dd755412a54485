//! Batches of a stream or a queue: counted separately, published together, or some after the others where they are many.
//!
//! The answer requests a record again, by its id, if a batch in it is unreadable; all other batches count. Lambda then
//! delivers everything from the lowest reported sequence number, good records too. Their log events are remembered, so
//! they do not count again. The good ones must not wait: when Lambda gives up on the bad one, it also discards the
//! records behind it. A record without an id cannot be requested, so the invocation fails once the others are published.
//!
//! If CloudWatch does not accept all data, the whole invocation fails. Only the accepted data are remembered then, and the
//! batches that were published before.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::time::Instant;
use why5xx::decode::DecodeError;
use why5xx::envelope::{Batch, EventRecord, Records};
use why5xx::failure::Failure;
use why5xx::fields::Fields;
use why5xx::metric::OwnMetric;
use why5xx::pipeline::{Counted, Exemplar, LeftOpen, Pipeline, Shown};
use why5xx::publish::{BatchData, Published};
use why5xx::settings::LogLevel;
use why5xx::tally::Datum;

use super::answer::InvocationAnswer;
use super::error::InvocationError;
use super::{COUNTS_AT_A_TIME, Function, Invocation, InvocationResults, count, log};

/// Most log lines of one kind in an invocation with many batches; our own limit.
const MOST_LINES: usize = 1_000;

/// Most data of counted batches before they are sent, but for those of the last one.
const DATA_AT_A_TIME: usize = 2 * COUNTS_AT_A_TIME;

/// Accumulator for the records of an invocation.
#[derive(Default)]
struct Run {
    /// Counted batches whose data are not sent yet: what stands for each.
    identities: Vec<[u8; 8]>,
    /// Their data and log events, as a [`BatchData`] holds them.
    counts: Vec<(Vec<Datum>, Vec<u64>)>,
    /// A counted batch with so many counts that it is sent alone.
    large: Option<([u8; 8], Counted)>,
    /// Totals of the data sent so far.
    published: Published,
    /// Failures in it, and those without a cause.
    sent: (u64, u64),
    /// Ids of records to request again.
    again: Vec<String>,
    /// The first error of a record without an id.
    unnamed: Option<InvocationError>,
    /// Number of unreadable batches.
    bad_records: usize,
    /// Number of batches left for lack of time.
    left_records: usize,
    totals: log::InvocationTotals,
    exemplars: Vec<Exemplar>,
    shown: Shown,
    shapes: BTreeMap<String, u64>,
}

impl Run {
    /// Requests a record again, or keeps the error if it cannot be named.
    fn again(&mut self, record: &EventRecord<'_>, error: InvocationError) {
        if record.id.is_empty() {
            self.unnamed.get_or_insert(error);
        } else if self.again.last().is_none_or(|last| *last != record.id) {
            self.again.push(record.id.clone().into_owned());
        }
    }
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
    ) -> Result<InvocationAnswer, InvocationError> {
        let mut before = self.pipeline.left_open();
        let mut run = Run::default();
        for record in &records.records {
            let mut batches = 0;
            while run.published.result.is_ok() && !self.record(begin, record, &mut batches, &mut run) {
                self.publish_run(begin, &mut before, &mut run).await;
            }
        }
        let counted_ms = begin.elapsed_ms();
        if run.published.result.is_ok() {
            self.publish_run(begin, &mut before, &mut run).await;
        }
        let published = std::mem::take(&mut run.published);
        if published.result.is_err() {
            // Those that were published before will not be counted again.
            self.own.count(OwnMetric::Failures, run.sent.0.saturating_sub(published.left_out.all));
            self.own.count(OwnMetric::Unclassified, run.sent.1.saturating_sub(published.left_out.without_cause));
        }
        if self.own.is_empty() && run.again.is_empty() && run.unnamed.is_none() {
            // Nothing but control messages and the function's own log, which a line would feed.
            return Ok(InvocationAnswer::again(records.kind, run.again));
        }
        let found = InvocationResults { totals: &run.totals, exemplars: &run.exemplars, shapes: &run.shapes };
        self.report(begin, fields(&run, records, &published), &found, &published, counted_ms);
        published.result.map_err(InvocationError::Publish)?;
        run.unnamed.map_or_else(|| Ok(InvocationAnswer::again(records.kind, run.again)), Err)
    }

    /// Sends the data of the batches counted so far. They are taken back if CloudWatch does not accept all of them.
    async fn publish_run(&mut self, begin: &Invocation<'_>, before: &mut LeftOpen, run: &mut Run) {
        let (identities, counts) = (std::mem::take(&mut run.identities), std::mem::take(&mut run.counts));
        let all_events: Vec<u64> = counts.iter().flat_map(|(_, events)| events).copied().collect();
        let part = |(batch, (data, events))| BatchData { batch, data, events };
        let parts = identities.iter().map(<[u8; 8]>::as_slice).zip(counts).map(part).collect();
        run.published.add(self.publisher.publish_all(parts, begin.now_ms, begin.until).await);
        if run.published.result.is_err() {
            return self.pipeline.restore(before.clone(), all_events);
        }
        if let Some((identity, mut counted)) = run.large.take() {
            let again = |_: &Pipeline| Err(InvocationError::Panicked);
            run.published.add(self.publish_batch(begin, &identity, &counted, &again).await);
            let additions = std::mem::take(&mut counted.additions);
            if run.published.result.is_err() {
                return self.pipeline.keep_dimensions(additions);
            }
            self.pipeline.commit(additions);
        }
        *before = self.pipeline.left_open();
        run.sent = (run.totals.errors, run.totals.without_cause);
    }

    /// Counts the batches of a record behind the first `done`. Returns false once enough is counted to be sent.
    fn record(&mut self, begin: &Invocation<'_>, record: &EventRecord<'_>, done: &mut usize, run: &mut Run) -> bool {
        let (mut nth, mut is_done) = (0, true);
        record.batches(&mut |batch| {
            nth += 1;
            if nth <= *done || !is_done {
                return;
            }
            *done = nth;
            if Instant::now() >= begin.count_until {
                run.left_records += 1;
                return run.again(record, DecodeError::OutOfTime { inflated_bytes: 0, gzip_bytes: 0 }.into());
            }
            let counted =
                batch.map_err(InvocationError::from).and_then(|batch| Ok((batch, count_batch(&self.pipeline, batch)?)));
            match counted {
                Ok((batch, counted)) => self.take(begin, batch, counted, run),
                Err(error) => self.refuse(record, error, run),
            }
            is_done =
                run.large.is_none() && run.counts.iter().map(|(data, _)| data.len()).sum::<usize>() < DATA_AT_A_TIME;
        });
        is_done
    }

    /// Merges the counts of a batch into `run` and commits its memory, for the batches behind it.
    fn take(&mut self, begin: &Invocation<'_>, batch: Batch<'_>, mut counted: Counted, run: &mut Run) {
        if self.is_own_log(&counted) || counted.decoded.header.is_control() {
            return;
        }
        self.count_own(&counted);
        self.warn(&counted);
        run.totals.add(&counted);
        let limit = self.settings.exemplars_per_cause;
        for exemplar in std::mem::take(&mut counted.exemplars) {
            let Failure { subject, cause, timestamp_ms, .. } = &exemplar.failure;
            if run.shown.admit(&Shown::default(), subject, cause, *timestamp_ms, limit) {
                run.exemplars.push(exemplar);
            }
        }
        for (shape, count) in std::mem::take(&mut counted.shapes) {
            if run.shapes.len() < MOST_LINES || run.shapes.contains_key(&shape) {
                *run.shapes.entry(shape).or_default() += count;
            }
        }
        let identity = batch.identity();
        if counted.tally.len() > COUNTS_AT_A_TIME {
            run.large = Some((identity, counted));
            return;
        }
        let BatchData { data, events, .. } =
            self.part(begin, &identity, &counted, &|pipeline| count_batch(pipeline, batch));
        run.identities.push(identity);
        run.counts.push((data, events));
        self.pipeline.commit(std::mem::take(&mut counted.additions));
    }

    /// Requests the record of an unreadable batch again, so that finally Lambda or the dead-letter queue keeps it.
    fn refuse(&mut self, record: &EventRecord<'_>, error: InvocationError, run: &mut Run) {
        self.own.count(OwnMetric::Batches, 1);
        self.own.count(OwnMetric::UndecodableBatches, u64::from(error.is_undecodable()));
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
        run.again(record, error);
    }
}

fn count_batch(pipeline: &Pipeline, batch: Batch<'_>) -> Result<Counted, InvocationError> {
    count(pipeline, |pipeline| pipeline.count_batch(batch))
}

fn fields(run: &Run, records: &Records<'_>, published: &Published) -> Fields {
    let mut fields = log::batch(&run.totals, published);
    fields.add("records", &records.records.len());
    fields.add("badRecords", &run.bad_records);
    fields.add("leftRecords", &run.left_records);
    fields
}
