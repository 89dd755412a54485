//! Faults of requests, and whether a retry may help.

use std::fmt;

/// Fault of one attempt.
///
/// It contains no text of the service or of a log, apart from the service's error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests in this account and region. Certainly not accepted.
    Throttled,
    /// The connection failed. Certainly not accepted.
    Unreachable,
    /// The service rejected the request as invalid. Certainly not accepted.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code, or "unreadable code".
        code: String,
    },
    /// The service rejected the signature, the rights or the time of the request. Certainly not accepted.
    ///
    /// The reason is a wrong key, a missing right or a wrong clock. The answer contains the service's time, and the SDK
    /// signs by it from then on. So one retry succeeds if the clock was wrong. Otherwise no retry does.
    Denied {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: &'static str,
    },
    /// The request could not be built: missing credentials or an invalid endpoint.
    NotSent,
    /// No time was left for an attempt.
    NoTimeLeft,
    /// The service failed. Outcome unknown.
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// No answer in time, or the answer that the request arrived too slowly. Outcome unknown.
    Timeout,
    /// The connection ended before the answer. Outcome unknown.
    Cut,
    /// Writing to standard output failed. Outcome unknown.
    Write,
}

impl Fault {
    /// Returns whether a retry may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Throttled | Self::Unreachable | Self::Server { .. } | Self::Timeout | Self::Cut => true,
            Self::Refused { .. } | Self::Denied { .. } | Self::NotSent | Self::NoTimeLeft | Self::Write => false,
        }
    }

    /// Returns whether one retry may help, but no second one.
    pub(super) fn may_pass_once(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// Returns whether CloudWatch may have accepted the data.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Timeout | Self::Cut | Self::Write)
    }

    /// Returns whether the fault concerns this request alone.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Returns the error type of the invocation, as Lambda reports it: `PublishThrottled`.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Throttled => "PublishThrottled",
            Self::Unreachable => "PublishUnreachable",
            Self::Refused { .. } | Self::Denied { .. } => "PublishRefused",
            Self::NotSent => "PublishNotSent",
            Self::NoTimeLeft => "PublishNoTimeLeft",
            Self::Server { .. } => "PublishServerError",
            Self::Timeout => "PublishTimeout",
            Self::Cut => "PublishConnectionCut",
            Self::Write => "PublishWrite",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttled => f.write_str("CloudWatch throttled the request"),
            Self::Unreachable => f.write_str("no connection to CloudWatch"),
            Self::Refused { status, code } => write!(f, "CloudWatch refused the request ({status} {code})"),
            Self::Denied { status, code } => write!(
                f,
                "CloudWatch denied the request ({status} {code}); check the access keys, the right to \
                 cloudwatch:PutMetricData and the clock"
            ),
            Self::NotSent => f.write_str("the request could not be signed or addressed"),
            Self::NoTimeLeft => f.write_str("no time was left to send the request"),
            Self::Server { status } => write!(f, "CloudWatch failed ({status}) and may have accepted the request"),
            Self::Timeout => f.write_str("the request timed out and CloudWatch may have accepted it"),
            Self::Cut => f.write_str("the connection was cut and CloudWatch may have accepted the request"),
            Self::Write => f.write_str("writing to standard output failed"),
        }
    }
}

/// Reason why the data of a batch were not all accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishError {
    /// The last fault.
    pub fault: Fault,
    /// Requests of the batch.
    pub requests: usize,
    /// Accepted requests.
    pub accepted_requests: usize,
    /// Attempts for all requests together.
    pub attempts: u32,
}

impl PublishError {
    /// Returns whether a later retry may help.
    pub fn may_pass(&self) -> bool {
        self.fault.may_pass() || self.fault == Fault::NoTimeLeft
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, requests, accepted_requests, attempts } = self;
        let retry = if self.may_pass() { "a retry may help" } else { "a retry does not help" };
        write!(f, "{accepted_requests} of {requests} requests accepted after {attempts} attempts: {fault}; {retry}")
    }
}

impl std::error::Error for PublishError {}
