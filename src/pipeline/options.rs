//! What a caller may set of a pipeline.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::Pipeline;
use crate::log_kind::LogKind;

impl Pipeline {
    /// Counts the requests of access logs, too, each once. To know a repeat, it remembers the lines that did not fail.
    #[must_use]
    pub fn counting_requests(self) -> Self {
        Self { counts_requests: true, ..self }
    }

    /// Counts failures without their status, which no metric shows: a batch has fewer counts then.
    #[must_use]
    pub fn without_statuses(self) -> Self {
        Self { by_status: false, ..self }
    }

    /// Reads only log events of this span, in milliseconds since 1970-01-01T00:00:00Z. A log event without a time is in no
    /// span.
    #[must_use]
    pub fn within(self, span_ms: Range<i64>) -> Self {
        Self { span_ms: Some(span_ms), ..self }
    }

    /// Reads every log event as one of this kind, whatever its log group is called.
    #[must_use]
    pub fn of_kind(self, kind: LogKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Says which account the function runs in. From then on failures in logs of others count in `AccountErrors`.
    pub fn runs_in_account(&mut self, account_id: &str) {
        if self.own_account.as_deref() != Some(account_id) {
            self.own_account = Some(account_id.to_owned());
        }
    }

    /// Says when the next batches are counted, in milliseconds since 1970-01-01T00:00:00Z.
    pub fn set_now(&mut self, now_ms: i64) {
        self.now_ms = Some(now_ms);
    }

    /// Gives up on a batch at the deadline, and when it has taken so much CPU time.
    pub fn limit_time(&mut self, deadline: Instant, cpu_time: Duration) {
        self.time = (Some(deadline), Some(cpu_time));
    }
}
