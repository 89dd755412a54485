//! Invocations: count, publish, commit, and log one line about the result.
//!
//! This module orders the steps and decides whether an invocation fails. The library implements the steps.

mod answer;
mod error;
pub(crate) mod log;
mod records;
mod sink;

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tokio::time::Instant;
use why5xx::decode::DecodeError;
use why5xx::pipeline::{Counted, Exemplar, Pipeline};
use why5xx::publish::{OwnMetric, Part, Published, Publisher};
use why5xx::settings::{Environment, LogLevel, Rules, Settings, SettingsError};
use why5xx::source::Records;

use answer::Answer;
use error::InvocationError;
use log::Log;
use sink::AnySink;

/// Longest invocation.
///
/// Source: Lambda Developer Guide, quotas: function timeout 900 seconds.
const LONGEST_INVOCATION: Duration = Duration::from_secs(900);

/// Time reserved to report an error to Lambda before it kills the environment.
const REPORTING_TIME: Duration = Duration::from_millis(500);

/// Most time for sending the own metrics of an invocation that fails.
const LAST_WORDS_TIME: Duration = Duration::from_secs(5);

/// Most CPU time for counting one batch: 50 times that of the largest payload if it is a log. A build without
/// optimisation takes that much longer.
const MOST_CPU_TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 100 } else { 2 });

/// Most warnings about log groups. A function is subscribed to some dozens.
const WARNED_LOG_GROUPS: usize = 1_000;

/// State of the function, for the life of an environment.
pub(crate) struct Function {
    settings: Arc<Settings>,
    pipeline: Pipeline,
    publisher: Publisher<AnySink>,
    log: Log,
    warned: HashSet<(&'static str, String)>,
}

impl Function {
    /// Creates the function and its client.
    ///
    /// # Errors
    ///
    /// If settings of the sink are missing, or own rules are invalid. A retry does not help.
    pub(crate) fn new(settings: Settings, environment: &Environment) -> Result<Self, SettingsError> {
        let sink = AnySink::chosen(settings.sink, environment)?;
        let table = Rules::load(environment)?.table();
        let settings = Arc::new(settings);
        Ok(Self {
            pipeline: Pipeline::new(Arc::clone(&settings), table),
            publisher: Publisher::new(sink, &settings.namespace, &settings.function_name),
            log: Log::new(settings.log_level),
            warned: HashSet::new(),
            settings,
        })
    }

    /// Sets the account of the function, from the ARN in each invocation.
    pub(crate) fn runs_in(&mut self, function_arn: &str) {
        // arn:aws:lambda:eu-west-1:111122223333:function:why5xx
        if let Some(account_id) = function_arn.split(':').nth(4).filter(|account_id| !account_id.is_empty()) {
            self.pipeline.runs_in_account(account_id);
        }
    }

    /// Handles one event of CloudWatch Logs, a stream or a queue.
    ///
    /// # Errors
    ///
    /// If the batch cannot be read, or CloudWatch did not accept all data. Lambda retries, and finally keeps the event.
    pub(crate) async fn invoke(
        &mut self,
        payload: &[u8],
        request_id: &str,
        deadline_ms: u64,
    ) -> Result<Answer, InvocationError> {
        self.log.begin(request_id);
        let begin = Invocation::begin(payload, deadline_ms);
        self.pipeline.limit_time(begin.until.into_std(), MOST_CPU_TIME);
        let error = match count(&self.pipeline, |pipeline| pipeline.count(payload)) {
            Ok(counted) => return self.batch(&begin, counted).await.map(|()| Answer::Done),
            Err(error) => error,
        };
        // Nearly all events are of CloudWatch Logs, so the other kinds are tried last.
        if let InvocationError::Undecodable(DecodeError::NotASubscriptionEvent { .. }) = error
            && let Some(records) = Records::parse(payload)
        {
            return self.records(&begin, &records).await;
        }
        Err(self.fail(&begin, error).await)
    }

    async fn batch(&mut self, begin: &Invocation<'_>, counted: Counted) -> Result<(), InvocationError> {
        if counted.own_log_group {
            self.refuse_own_log_group(&counted);
            return Ok(());
        }
        if counted.decoded.header.is_control() {
            self.log.line(LogLevel::Info, "control message", json!({}));
            return Ok(());
        }
        self.publish(begin, counted).await
    }

    async fn publish(&mut self, begin: &Invocation<'_>, mut counted: Counted) -> Result<(), InvocationError> {
        self.count_own(begin, &counted);
        let recount = |pipeline: &Pipeline| count(pipeline, |pipeline| pipeline.count(begin.payload));
        let part = self.part(begin, begin.payload, &counted, recount);
        let counted_ms = begin.elapsed_ms();
        let published = self.publisher.publish_all(vec![part], begin.now_ms, begin.until).await;
        let outcome = published.result.clone();
        if outcome.is_ok() {
            self.pipeline.commit(std::mem::take(&mut counted.additions));
            self.log_findings(&counted.exemplars, &counted.shapes);
        } else {
            self.pipeline.keep_dimensions(std::mem::take(&mut counted.additions));
        }
        self.warn(&counted);
        self.log_published(begin, fields(&counted, &published), &published, counted_ms);
        outcome.map_err(InvocationError::Publish)
    }

    /// Returns a batch with its data to send.
    fn part<'b>(
        &mut self,
        begin: &Invocation<'_>,
        batch: &'b [u8],
        counted: &Counted,
        recount: impl Fn(&Pipeline) -> Result<Counted, InvocationError>,
    ) -> Part<'b> {
        let mut part = Part { batch, data: counted.tally.data(), events: counted.additions.events() };
        let Self { pipeline, publisher, .. } = self;
        publisher.subtract_shared(&mut part, begin.now_ms, |events| {
            recount(&pipeline.knowing(events)).ok().map(|counted| counted.tally.data())
        });
        part
    }

    /// Counts an unreadable batch and sends this count if possible. Returns `error`.
    async fn fail(&mut self, begin: &Invocation<'_>, error: InvocationError) -> InvocationError {
        let own = self.publisher.own();
        own.count(OwnMetric::Batches, begin.now_ms, 1);
        own.count(OwnMetric::UndecodableBatches, begin.now_ms, u64::from(error.is_undecodable()));
        // If this fails, the counts are sent with the next batch.
        let until = begin.until.min(Instant::now() + LAST_WORDS_TIME);
        let published = self.publisher.publish(begin.payload, Vec::new(), begin.now_ms, until).await;
        let fields = json!({
            "errorType": error.error_type(),
            "error": error.to_string(),
            "payloadBytes": begin.payload.len(),
            "acceptedRequests": published.accepted_requests,
        });
        self.log.line(LogLevel::Error, "batch not counted", fields);
        error
    }

    /// Refuses a batch of the own log group. Each line about it would be in the next batch, so only one is written.
    fn refuse_own_log_group(&mut self, counted: &Counted) {
        let log_group = &counted.decoded.header.log_group;
        if self.is_first("own log group", log_group) {
            let message = "batch of the function's own log group refused; remove the subscription filter";
            self.log.line(LogLevel::Error, message, json!({"logGroup": log_group}));
        }
    }

    fn count_own(&mut self, begin: &Invocation<'_>, counted: &Counted) {
        let now_ms = begin.now_ms;
        let own = self.publisher.own();
        own.count(OwnMetric::Batches, now_ms, 1);
        own.count(OwnMetric::LogEvents, now_ms, counted.decoded.log_events);
        own.count(OwnMetric::DuplicateEvents, now_ms, counted.duplicate_events);
        own.count(OwnMetric::SplitRequests, now_ms, counted.split_requests);
        own.count(OwnMetric::AmbiguousLines, now_ms, counted.ambiguous_lines);
        own.count(OwnMetric::NotUnderstood, now_ms, counted.understood.not_understood);
        own.count(OwnMetric::BothSources, now_ms, counted.both_sources.len() as u64);
        own.count(OwnMetric::OtherDimensions, now_ms, counted.other_dimensions);
        own.count(OwnMetric::Canary, now_ms, if counted.canary { counted.decoded.log_events } else { 0 });
        for (second, log_events) in &counted.seconds {
            let delay_ms = u64::try_from(now_ms.saturating_sub(second.saturating_mul(1_000))).unwrap_or(0);
            own.duration(OwnMetric::DeliveryDelay, now_ms, delay_ms, *log_events);
        }
    }

    /// Logs exemplars of the failures, and shapes of those without a cause.
    fn log_findings(&self, exemplars: &[Exemplar], shapes: &BTreeMap<String, u64>) {
        for exemplar in exemplars {
            self.log.line(LogLevel::Info, "exemplar", exemplar.fields(self.settings.region.as_deref()));
        }
        for (shape, count) in shapes {
            self.log.line(LogLevel::Warn, "unclassified", log::shape(shape, *count));
        }
    }

    /// Logs warnings about a log group, each once in the life of the environment.
    fn warn(&mut self, counted: &Counted) {
        let log_group = &counted.decoded.header.log_group;
        let log_events = counted.decoded.log_events;
        let warnings = [
            (counted.understood.not_understood, "log events that were not understood; nothing of them is counted"),
            (
                if counted.lacks_status { log_events } else { 0 },
                "access log without a usable status; put $context.status under the key `status` into its format, or declare \
                 the format in the settings: [[log_group]] access_log_format = '…'",
            ),
            (
                if counted.has_doubtful_names { log_events } else { 0 },
                "API or stage of the access log may be client text; set them in the settings: [[log_group]] api, stage \
                 or access_log_format",
            ),
            (
                if counted.disputed_kind { log_events } else { 0 },
                "settings, log group and subscription filter name different kinds of log; the first of them decides",
            ),
        ];
        for (count, message) in warnings {
            if count > 0 && self.is_first(message, log_group) {
                self.log.line(LogLevel::Warn, message, json!({"logGroup": log_group, "logEvents": count}));
            }
        }
    }

    fn is_first(&mut self, what: &'static str, log_group: &str) -> bool {
        self.warned.len() < WARNED_LOG_GROUPS && self.warned.insert((what, log_group.to_owned()))
    }

    /// Logs the line about an invocation that published or tried to.
    fn log_published(
        &self,
        begin: &Invocation<'_>,
        mut fields: Map<String, Value>,
        published: &Published,
        counted_ms: u64,
    ) {
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        add("payloadBytes", json!(begin.payload.len()));
        add("countMs", json!(counted_ms));
        add("publishMs", json!(begin.elapsed_ms().saturating_sub(counted_ms)));
        let is_odd = published.stale_failures + published.unsendable_data > 0 || published.uncertain_attempts > 0;
        let (level, message) = match &published.result {
            Err(error) => {
                add("errorType", json!(error.fault.error_type()));
                add("error", json!(error.to_string()));
                (LogLevel::Error, "batch not published")
            }
            Ok(()) if is_odd => (LogLevel::Warn, "batch published"),
            Ok(()) => (LogLevel::Info, "batch published"),
        };
        self.log.line(level, message, Value::Object(fields));
    }
}

/// Counts a batch and catches panics. Counting does not change the pipeline, so it stays valid after a panic.
fn count(
    pipeline: &Pipeline,
    count: impl FnOnce(&Pipeline) -> Result<Counted, DecodeError>,
) -> Result<Counted, InvocationError> {
    match catch_unwind(AssertUnwindSafe(|| count(pipeline))) {
        Ok(outcome) => outcome.map_err(InvocationError::Undecodable),
        Err(_) => Err(InvocationError::Panicked),
    }
}

fn fields(counted: &Counted, published: &Published) -> Map<String, Value> {
    let mut totals = log::Totals::default();
    totals.add(counted);
    let mut fields = log::batch(&totals, published);
    fields.insert("logGroup".to_owned(), json!(counted.decoded.header.log_group));
    fields.insert("logStream".to_owned(), json!(counted.decoded.header.log_stream));
    fields
}

/// Start and deadlines of an invocation.
struct Invocation<'a> {
    payload: &'a [u8],
    began: Instant,
    now_ms: i64,
    /// Deadline for counting and sending.
    until: Instant,
    /// Deadline for beginning another record, so that time is left to send the data of the counted ones.
    count_until: Instant,
}

impl<'a> Invocation<'a> {
    fn begin(payload: &'a [u8], deadline_ms: u64) -> Self {
        let began = Instant::now();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = Duration::from_millis(deadline_ms).saturating_sub(now).saturating_sub(REPORTING_TIME);
        Self {
            payload,
            began,
            now_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
            until: began + left.min(LONGEST_INVOCATION),
            count_until: began + left.min(LONGEST_INVOCATION) / 2,
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests;
