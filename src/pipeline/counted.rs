//! Result of one batch: the tally, and all that is logged, measured and remembered besides.

use std::collections::{BTreeMap, BTreeSet};

use super::{Additions, Exemplar, Understood};
use crate::decode::Decoded;
use crate::delays::Delays;
use crate::tally::{Correction, Tally};

/// Most APIs named of those whose failures are seen in both kinds of log.
const MOST_IN_BOTH_LOGS: usize = 1_000;

/// Result of one batch: the tally, and all that is logged, measured and remembered besides.
#[derive(Debug, Default)]
pub struct Counted {
    /// Result of the decoder.
    pub decoded: Decoded,
    /// The failures, counted.
    pub tally: Tally,
    /// Failed requests whose ids are worth a line in the log: at most the set number for each cause and minute.
    pub exemplars: Vec<Exemplar>,
    /// Shapes of unclassified failures, with their counts.
    pub shapes: BTreeMap<String, u64>,
    /// Times from a log event to now, if [`super::Pipeline::set_now`] was called.
    pub delays: Delays,
    /// Log events of the function's own log group, of which nothing was read.
    pub own_log_events: u64,
    /// Marked lines of the function's own log in another log group, of which nothing was read either.
    pub own_lines: u64,
    /// Lines that Lambda writes about an invocation.
    pub lambda_lines: u64,
    /// Log events of the canary, of which nothing was read either.
    pub canary_events: u64,
    /// The time of the first of them.
    pub canary_ms: Option<i64>,
    /// Log events that were counted before.
    pub duplicate_events: u64,
    /// Access-log lines whose status client text may have forged.
    pub ambiguous_lines: u64,
    /// Requests that were joined from two batches.
    pub split_requests: u64,
    /// Counts of earlier batches whose cause turned out to be another one.
    pub corrections: Vec<Correction>,
    /// Log events by kind of log, and those that were not understood.
    pub understood: Understood,
    /// Begins and ends of requests of execution logs, in the order of the lines; only where requests are counted.
    pub bounds: Vec<RequestBound>,
    /// Lines of the access log have no usable status.
    pub lacks_status: bool,
    /// The API, stage or route of a failure is not known, since a client may have written what its line says.
    pub has_doubtful_names: bool,
    /// The settings, the log group and the subscription filter do not agree on the kind of log.
    pub disputed_kind: bool,
    /// Counts that a cap folded into `other`.
    pub other_dimensions: u64,
    /// APIs with failures in this batch whose failures are seen in both kinds of log. At most 1,000.
    pub in_both_logs: BTreeSet<String>,
    /// Additions to the memory, for when the data were accepted.
    pub additions: Additions,
}

/// Line that begins or ends a request of an execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestBound {
    /// Hash of its log stream and its id.
    pub key: u64,
    /// Time of the line.
    pub timestamp_ms: i64,
    /// Whether the request ends.
    pub is_end: bool,
}

impl Counted {
    /// Returns whether all log events are of the function's own log: `is_known` says that its log stream has held such lines.
    /// A batch of which anything counts is not one, whatever stands beside it.
    pub fn is_own_log(&self, is_known: bool) -> bool {
        let own = self.own_log_events + self.own_lines;
        let counts_nothing = self.tally.is_empty() && self.ambiguous_lines == 0;
        let is_own = own > 0 || is_known && self.lambda_lines > 0;
        is_own && counts_nothing && own + self.lambda_lines == self.decoded.log_events
    }

    pub(super) fn note_both(&mut self, api_id: &str) {
        if self.in_both_logs.len() < MOST_IN_BOTH_LOGS && !self.in_both_logs.contains(api_id) {
            self.in_both_logs.insert(api_id.to_owned());
        }
    }
}
