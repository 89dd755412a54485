//! Options of a pipeline.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::Pipeline;
use crate::log_kind::LogKind;

/// Options that a caller may set.
#[derive(Debug, Clone)]
pub(super) struct PipelineOptions {
    /// Log events outside of this span are passed over, and those without a time.
    pub(super) span_ms: Option<Range<i64>>,
    /// When to give up on a batch.
    pub(super) deadline: Option<Instant>,
    /// How much CPU time a batch may take.
    pub(super) cpu_time: Option<Duration>,
    /// When a batch is counted, for its delays.
    pub(super) now_ms: Option<i64>,
    /// The account that the function runs in, once it is known.
    pub(super) own_account: Option<String>,
    /// The kind of every log, if the caller knows it.
    pub(super) kind: Option<LogKind>,
    /// Whether the lines of access logs that did not fail are counted, each once.
    pub(super) counts_requests: bool,
    /// Whether failures are counted by status, too.
    pub(super) by_status: bool,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self {
            span_ms: None,
            deadline: None,
            cpu_time: None,
            now_ms: None,
            own_account: None,
            kind: None,
            counts_requests: false,
            by_status: true,
        }
    }
}

impl Pipeline {
    /// Counts the requests of access logs, too, each once. To know a repeat, it remembers the lines that did not fail. For
    /// programs that report a rate; the function leaves it off.
    #[must_use]
    pub fn counting_requests(mut self) -> Self {
        self.options.counts_requests = true;
        self
    }

    /// Counts failures without their status, which no metric shows: a batch has fewer counts then.
    #[must_use]
    pub fn without_statuses(mut self) -> Self {
        self.options.by_status = false;
        self
    }

    /// Reads only log events of this span, in milliseconds since 1970-01-01T00:00:00Z. A log event without a time is in no
    /// span.
    #[must_use]
    pub fn within(mut self, span_ms: Range<i64>) -> Self {
        self.options.span_ms = Some(span_ms);
        self
    }

    /// Reads every log event as one of this kind, whatever its log group is called.
    #[must_use]
    pub fn of_kind(mut self, kind: LogKind) -> Self {
        self.options.kind = Some(kind);
        self
    }

    /// Says which account the function runs in. From then on failures in logs of others count in `AccountErrors`.
    pub fn runs_in_account(&mut self, account_id: &str) {
        if self.options.own_account.as_deref() != Some(account_id) {
            self.options.own_account = Some(account_id.to_owned());
        }
    }

    /// Says when the next batches are counted, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn set_now(&mut self, now_ms: i64) {
        self.options.now_ms = Some(now_ms);
    }

    /// Gives up on a batch at the deadline, and when it has taken so much CPU time.
    pub fn limit_time(&mut self, deadline: Instant, cpu_time: Duration) {
        (self.options.deadline, self.options.cpu_time) = (Some(deadline), Some(cpu_time));
    }
}
