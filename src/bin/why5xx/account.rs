//! `why5xx replay --log-group NAME --since 1h`: log events from CloudWatch Logs, read with the credentials of the caller.
//!
//! Each page of answers becomes batches, so that all behind it is what a file goes through. Nothing is written in the
//! account.

#[cfg(feature = "publish")]
pub(crate) mod credentials;
#[cfg(feature = "publish")]
pub(crate) mod logs;
#[cfg(feature = "publish")]
mod reading;
#[cfg(not(feature = "publish"))]
#[path = "account/without.rs"]
mod reading;
#[cfg(feature = "publish")]
mod seen;

use std::ops::Range;

use why5xx::log_kind::LogKind;

use crate::Failed;
use crate::input::Part;

pub(crate) use reading::Account;

/// Log groups to read, how, and as whom.
#[derive(Debug)]
#[cfg_attr(not(feature = "publish"), expect(dead_code, reason = "read by the client that this build lacks"))]
pub(crate) struct AccountRequest<'o> {
    /// Names, prefixes with a `*`, or ARNs.
    pub(crate) log_groups: &'o [String],
    pub(crate) kind: Option<LogKind>,
    /// `all`, or a filter pattern; None for the default pattern of each kind of log.
    pub(crate) filter: Option<&'o str>,
    pub(crate) span_ms: Range<i64>,
    /// Go on with what comes, until Ctrl-C.
    pub(crate) follow: bool,
    pub(crate) region: Option<&'o str>,
    pub(crate) profile: Option<&'o str>,
}

/// Step of the reading, for the callback.
#[derive(Debug)]
#[cfg_attr(not(feature = "publish"), expect(dead_code, reason = "made by the client that this build lacks"))]
pub(crate) enum ReadingStep<'a> {
    /// Log events of one stream.
    Part { log_group: &'a str, part: Part },
    /// How far the reading is.
    Progress(String),
}

/// A callback for the steps. An error ends the reading.
pub(crate) type EachStep<'e> = dyn FnMut(ReadingStep<'_>) -> Result<(), Failed> + 'e;

/// Result of reading one log group.
#[derive(Debug)]
pub(crate) struct GroupRead {
    pub(crate) log_group: String,
    pub(crate) outcome: GroupOutcome,
    /// One of many that a prefix stands for.
    pub(crate) is_of_prefix: bool,
    /// Sentence on the log events that the filter pattern keeps back; None where everything was read.
    pub(crate) left_out: Option<String>,
}

/// How the reading of a log group ended.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "publish"), expect(dead_code, reason = "made by the client that this build lacks"))]
pub(crate) enum GroupOutcome {
    /// Log events were handed over, and all of the span was read.
    Read,
    /// There are log events in the span, and none of them passed the filter pattern.
    NonePassed,
    /// No log event is in the span.
    Empty,
    /// It was not read to the end.
    Failed(String),
}
