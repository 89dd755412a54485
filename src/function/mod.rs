//! Invocations: count, publish, commit, and log one line about the result.
//!
//! This module orders the steps and decides whether an invocation fails. The library implements the steps.

mod alarms;
mod answer;
mod error;
pub(crate) mod log;
mod records;
mod sink;
mod survey;

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Context, Diagnostic};
use serde_json::{Value, json};
use tokio::time::Instant;
use why5xx::decode::{BatchHeader, DecodeError};
use why5xx::envelope::Records;
use why5xx::fields::Fields;
use why5xx::metric::OwnMetric;
use why5xx::pipeline::{Counted, Exemplar, Pipeline};
use why5xx::publish::{BatchData, Failures, OwnMetrics, Published, Publisher, canary};
use why5xx::settings::{Environment, LogLevel, Rules, Settings, SettingsError, SinkKind};
use why5xx::tally::Datum;

pub(crate) use alarms::Alarms;
use answer::InvocationAnswer;
use error::InvocationError;
use log::OwnLog;
use sink::AnySink;
pub(crate) use survey::Survey;

/// Longest invocation.
///
/// Source: Lambda Developer Guide, quotas: function timeout 900 seconds.
const LONGEST_INVOCATION: Duration = Duration::from_secs(900);

/// Time reserved to report an error to Lambda before it kills the environment.
const REPORTING_TIME: Duration = Duration::from_millis(500);

/// Most CPU time for counting one batch: 50 times that of the largest payload if it is a log. A build without
/// optimisation takes that much longer.
const MOST_CPU_TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 100 } else { 2 });

/// Most counts to make data of at a time. With their requests they take 5 MB, and making them takes milliseconds.
const COUNTS_AT_A_TIME: usize = 5_000;

/// Most time to leave for sending what was counted.
const SENDING_TIME: Duration = Duration::from_secs(1);

/// Most warnings about log groups. A function is subscribed to some dozens.
const WARNED_LOG_GROUPS: usize = 1_000;

/// Most log streams known to hold copies of the own log. Each environment of the function writes one.
const OWN_STREAMS: usize = 1_000;

/// Counts a batch again with what another pipeline knows.
type Recount<'r> = dyn Fn(&Pipeline) -> Result<Counted, InvocationError> + Sync + 'r;

/// Service of an environment, by its handler.
pub(crate) enum Serves {
    /// Batches of log events.
    Batches(Box<Function>),
    /// Events about alarms.
    Alarms(Box<Alarms>),
    /// A schedule, whose events say nothing.
    Schedule(Box<Survey>),
}

impl Serves {
    /// Handles an invocation.
    ///
    /// # Errors
    ///
    /// As Lambda reports it. Lambda retries, and finally keeps the event.
    pub(crate) async fn invoke(&mut self, payload: &[u8], context: &Context) -> Result<InvocationAnswer, Diagnostic> {
        let Context { request_id, deadline, invoked_function_arn, .. } = context;
        match self {
            Self::Batches(function) => {
                function.runs_in(invoked_function_arn);
                Ok(function.invoke(payload, request_id, *deadline).await?)
            }
            Self::Alarms(alarms) => {
                alarms.invoke(payload, request_id, *deadline).await.map(|()| InvocationAnswer::Done)
            }
            Self::Schedule(survey) => {
                survey.invoke(invoked_function_arn, request_id, *deadline).await.map(|()| InvocationAnswer::Done)
            }
        }
    }

    /// Returns whether the environment must end once the invocation is answered.
    pub(crate) fn must_end(&self) -> bool {
        matches!(self, Self::Batches(function) if function.must_end)
    }
}

/// State of the function, for the life of an environment.
pub(crate) struct Function {
    settings: Arc<Settings>,
    pipeline: Pipeline,
    publisher: Publisher<AnySink>,
    /// Own metrics of the invocation.
    own: OwnMetrics,
    log: OwnLog,
    /// Warnings that were logged, each with the hash of its log group.
    warned: HashSet<(&'static str, u64)>,
    /// Hashes of the log streams that hold copies of the own log.
    own_streams: HashSet<u64>,
    hasher: RandomState,
    /// The environment must end once the invocation is answered: its credentials, which Lambda gave it for its whole life,
    /// are expired or not valid.
    must_end: bool,
}

impl Function {
    /// Creates the function and its client.
    ///
    /// # Errors
    ///
    /// If settings of the sink are missing, or own rules are invalid. A retry does not help.
    pub(crate) fn new(settings: Settings, environment: &Environment) -> Result<Self, SettingsError> {
        let (sink, not_honoured) = AnySink::chosen(&settings, environment)?;
        let log = OwnLog::new(&settings);
        if !not_honoured.is_empty() {
            let message = "variables of the AWS SDKs that are not honoured; docs/settings.md names those that are";
            log.line_at_any_level(LogLevel::Warn, message, Fields::of(json!({"variables": not_honoured})));
        }
        let table = Rules::load(environment)?.table();
        if settings.max_concurrency > 1 {
            let message = "several invocations at a time are configured (Managed Instances), and this function takes one at a time";
            let fields = Fields::of(json!({"maxConcurrency": settings.max_concurrency}));
            log.line_at_any_level(LogLevel::Warn, message, fields);
        }
        let settings = Arc::new(settings);
        Ok(Self {
            pipeline: Pipeline::new(Arc::clone(&settings), table).without_statuses(),
            publisher: Publisher::new(sink, &settings.namespace),
            own: OwnMetrics::default(),
            log,
            warned: HashSet::new(),
            own_streams: HashSet::new(),
            hasher: RandomState::new(),
            must_end: false,
            settings,
        })
    }

    /// Sets the account of the function, from the ARN in each invocation.
    fn runs_in(&mut self, function_arn: &str) {
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
    ) -> Result<InvocationAnswer, InvocationError> {
        self.log.begin(request_id);
        self.own = OwnMetrics::default();
        let begin = Invocation::begin(payload, deadline_ms);
        self.pipeline.set_now(self.publisher.time_ms(begin.now_ms));
        self.pipeline.limit_time(begin.read_until.into_std(), MOST_CPU_TIME);
        let error = match count(&self.pipeline, |pipeline| pipeline.count(payload)) {
            Ok(counted) => return self.batch(&begin, counted).await.map(|()| InvocationAnswer::Done),
            Err(error) => error,
        };
        // Nearly all events are of CloudWatch Logs, so the other kinds are tried last.
        if let InvocationError::Undecodable(DecodeError::NotASubscriptionEvent { .. }) = error
            && let Some(records) = Records::parse(payload)
        {
            return self.records(&begin, &records).await;
        }
        Err(self.fail(&begin, error))
    }

    async fn batch(&mut self, begin: &Invocation<'_>, counted: Counted) -> Result<(), InvocationError> {
        if self.is_own_log(&counted) {
            return Ok(());
        }
        if counted.decoded.header.is_control() {
            self.log.line(LogLevel::Info, "control message", json!({}));
            return Ok(());
        }
        self.publish(begin, counted).await
    }

    async fn publish(&mut self, begin: &Invocation<'_>, mut counted: Counted) -> Result<(), InvocationError> {
        self.count_own(&counted);
        let recount = |pipeline: &Pipeline| count(pipeline, |pipeline| pipeline.count(begin.payload));
        let counted_ms = begin.elapsed_ms();
        let published = self.publish_batch(begin, begin.payload, &counted, &recount).await;
        let outcome = published.result.clone();
        if outcome.is_ok() {
            self.pipeline.commit(std::mem::take(&mut counted.additions));
        } else {
            self.pipeline.keep_dimensions(std::mem::take(&mut counted.additions));
        }
        self.warn(&counted);
        let mut totals = log::InvocationTotals::default();
        totals.add(&counted);
        let mut fields = log::batch(&totals, &published);
        fields.add("logGroup", &counted.decoded.header.log_group);
        fields.add("logStream", &counted.decoded.header.log_stream);
        let found = InvocationResults { totals: &totals, exemplars: &counted.exemplars, shapes: &counted.shapes };
        self.report(begin, fields, &found, &published, counted_ms);
        outcome.map_err(InvocationError::Publish)
    }

    /// Sends the data of a batch, some minutes after the others where they are many.
    async fn publish_batch(
        &mut self,
        begin: &Invocation<'_>,
        batch: &[u8],
        counted: &Counted,
        recount: &Recount<'_>,
    ) -> Published {
        let spans = counted.tally.spans(COUNTS_AT_A_TIME);
        if spans.len() == 1 {
            let part = self.part(begin, batch, counted, recount);
            return self.publisher.publish_all(vec![part], begin.now_ms, begin.until).await;
        }
        // What another batch has in CloudWatch is not worked out for so many: see [`Publisher::subtract_shared`].
        let mut rest = BatchData { batch, data: Vec::new(), events: counted.additions.events() };
        let is_certain = self.publisher.subtract_shared(&mut rest, begin.now_ms, &|_| None);
        self.own.count(OwnMetric::UncertainPublishes, u64::from(!is_certain));
        let mut published = Published::default();
        rest.data.extend(self.canary(counted));
        for span in spans {
            rest.data.extend(counted.tally.data_within(&span));
            published.add(
                self.publisher
                    .publish_part(
                        std::mem::replace(&mut rest, BatchData { batch, data: Vec::new(), events: Vec::new() }),
                        begin.now_ms,
                        begin.until,
                    )
                    .await,
            );
            if published.result.is_err() {
                return published;
            }
        }
        self.publisher.finish(batch);
        published
    }

    fn canary(&self, counted: &Counted) -> Option<Datum> {
        counted.canary_ms.map(|canary_ms| canary(&self.settings.function_name, canary_ms, counted.canary_events))
    }

    /// Returns a batch with its data to send.
    fn part<'b>(
        &mut self,
        begin: &Invocation<'_>,
        batch: &'b [u8],
        counted: &Counted,
        recount: &Recount<'_>,
    ) -> BatchData<'b> {
        let mut part = BatchData { batch, data: counted.tally.data(), events: counted.additions.events() };
        let is_certain = self.publisher.subtract_shared(&mut part, begin.now_ms, &|events| {
            recount(&self.pipeline.knowing(events)).ok().map(|counted| counted.tally.data())
        });
        self.own.count(OwnMetric::UncertainPublishes, u64::from(!is_certain));
        part.data.extend(self.canary(counted));
        part
    }

    /// Counts and logs an unreadable batch. Returns `error`.
    fn fail(&mut self, begin: &Invocation<'_>, error: InvocationError) -> InvocationError {
        self.own.count(OwnMetric::Batches, 1);
        self.own.count(OwnMetric::UndecodableBatches, u64::from(error.is_undecodable()));
        let mut fields = Fields::default();
        fields.add("errorType", error.error_type());
        fields.add("error", &error.to_string());
        fields.add("payloadBytes", &begin.payload.len());
        self.last_line(begin, LogLevel::Error, "batch not counted", fields);
        error
    }

    /// Returns whether a batch is of the own log, or of a copy, and so refused. Each line about it would be in the next batch,
    /// so only one is written.
    fn is_own_log(&mut self, counted: &Counted) -> bool {
        let BatchHeader { log_group, log_stream, .. } = &counted.decoded.header;
        if counted.own_log_events + counted.own_lines > 0 && self.is_first("own log group", log_group) {
            let message = if counted.own_log_events > 0 {
                "batch of the function's own log group refused; remove the subscription filter"
            } else {
                "log events that begin as the function's own lines left out; if they are a copy of its log, remove the \
                 subscription filter"
            };
            self.log.line(LogLevel::Error, message, json!({"logGroup": log_group}));
        }
        let stream = self.hasher.hash_one((log_group, log_stream));
        if counted.own_lines > 0 && self.own_streams.len() < OWN_STREAMS {
            self.own_streams.insert(stream);
        }
        counted.is_own_log(self.own_streams.contains(&stream))
    }

    fn count_own(&mut self, counted: &Counted) {
        let own = &mut self.own;
        own.count(OwnMetric::Batches, 1);
        own.count(OwnMetric::LogEvents, counted.decoded.log_events - counted.canary_events);
        own.count(OwnMetric::DuplicateEvents, counted.duplicate_events);
        own.count(OwnMetric::SplitRequests, counted.split_requests);
        own.count(OwnMetric::AmbiguousLines, counted.ambiguous_lines);
        own.count(OwnMetric::NotUnderstood, counted.understood.not_understood);
        own.count(OwnMetric::BothSources, counted.in_both_logs.len() as u64);
        own.count(OwnMetric::OtherDimensions, counted.other_dimensions);
        own.delays(&counted.delays);
    }

    /// Counts and logs what was published: exemplars of the failures, and shapes of those without a cause.
    fn log_found(&mut self, found: &InvocationResults<'_>, left_out: Failures) {
        self.own.count(OwnMetric::Failures, found.totals.errors.saturating_sub(left_out.all));
        self.own.count(OwnMetric::Unclassified, found.totals.without_cause.saturating_sub(left_out.without_cause));
        for exemplar in found.exemplars {
            self.log.line(LogLevel::Info, "exemplar", exemplar.fields(self.settings.region.as_deref()));
        }
        for (shape, count) in found.shapes {
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
        self.warned.len() < WARNED_LOG_GROUPS && self.warned.insert((what, self.hasher.hash_one(log_group)))
    }

    /// Logs an invocation that published or tried to.
    fn report(
        &mut self,
        begin: &Invocation<'_>,
        mut fields: Fields,
        found: &InvocationResults<'_>,
        published: &Published,
        counted_ms: u64,
    ) {
        if published.result.is_ok() {
            self.log_found(found, published.left_out);
        }
        self.own.count(OwnMetric::StaleEvents, published.stale_failures);
        let uncertain = u64::from(published.uncertain_attempts) + published.forgotten_batches;
        self.own.count(OwnMetric::UncertainPublishes, uncertain);
        fields.add("payloadBytes", &begin.payload.len());
        fields.add("countMs", &counted_ms);
        fields.add("publishMs", &begin.elapsed_ms().saturating_sub(counted_ms));
        if !published.refused.is_empty() {
            fields.add("refusedData", &published.refused.iter().map(log::datum).collect::<Value>());
        }
        let is_odd = published.stale_failures + published.unsendable_data > 0 || published.uncertain_attempts > 0;
        let (level, message) = match &published.result {
            Err(error) => {
                self.must_end |= error.fault.is_about_credentials();
                fields.add("errorType", error.fault.error_type());
                fields.add("error", &error.to_string());
                (LogLevel::Error, "batch not published")
            }
            Ok(()) if is_odd => (LogLevel::Warn, "batch published"),
            Ok(()) => (LogLevel::Info, "batch published"),
        };
        self.last_line(begin, level, message, fields);
    }

    /// Logs the last line of an invocation, with its own metrics.
    fn last_line(&self, begin: &Invocation<'_>, level: LogLevel, message: &str, mut fields: Fields) {
        if self.settings.sink == SinkKind::Stdout || self.own.is_empty() {
            return self.log.long_line(level, message, fields);
        }
        let Settings { namespace, function_name, .. } = &*self.settings;
        let time_ms = self.publisher.time_ms(begin.now_ms);
        self.own.embed(&mut fields, namespace, function_name, time_ms);
        self.log.line_at_any_level(level, message, fields);
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

/// Returns the time until the deadline of an invocation, without what reporting an error takes.
fn time_left(deadline_ms: u64) -> Duration {
    let left = Duration::from_millis(deadline_ms).saturating_sub(now()).saturating_sub(REPORTING_TIME);
    left.min(LONGEST_INVOCATION)
}

/// Returns the time since 1970-01-01T00:00:00Z.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Results of the batches of an invocation, for its log.
struct InvocationResults<'a> {
    totals: &'a log::InvocationTotals,
    exemplars: &'a [Exemplar],
    /// Shapes of failures without a cause, with their counts.
    shapes: &'a BTreeMap<String, u64>,
}

/// Start and deadlines of an invocation.
struct Invocation<'a> {
    payload: &'a [u8],
    began: Instant,
    now_ms: i64,
    /// Deadline for counting and sending.
    until: Instant,
    /// Deadline for reading a batch, so that time is left to add up and send what it counts.
    read_until: Instant,
    /// Deadline for beginning another record, so that time is left to send the data of the counted ones.
    count_until: Instant,
}

impl<'a> Invocation<'a> {
    fn begin(payload: &'a [u8], deadline_ms: u64) -> Self {
        let began = Instant::now();
        let left = time_left(deadline_ms);
        Self {
            payload,
            began,
            now_ms: i64::try_from(now().as_millis()).unwrap_or(i64::MAX),
            until: began + left,
            read_until: began + left - SENDING_TIME.min(left / 8),
            count_until: began + left / 2,
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests;
