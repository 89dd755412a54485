//! Faults of requests, and whether a retry may help.

use thiserror::Error;

/// Fault of one attempt.
///
/// It contains no text of the service or of a log, apart from the service's error code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Too many requests in this account and region. Certainly not accepted.
    #[error("CloudWatch throttled the request")]
    Throttled,
    /// The connection failed. Certainly not accepted.
    #[error("no connection to CloudWatch")]
    Unreachable,
    /// The service rejected the request as invalid. Certainly not accepted.
    #[error("CloudWatch refused the request ({status} {code})")]
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
    #[error(
        "CloudWatch denied the request ({status} {code}); check the access keys, the right to cloudwatch:PutMetricData and \
             the clock"
    )]
    Denied {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: &'static str,
    },
    /// The request could not be built: missing credentials or an invalid endpoint.
    #[error("the request could not be signed or addressed")]
    NotSent,
    /// No time was left for an attempt.
    #[error("no time was left to send the request")]
    NoTimeLeft,
    /// The service failed. Outcome unknown.
    #[error("CloudWatch failed ({status}) and may have accepted the request")]
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// No answer in time, or the answer that the request arrived too slowly. Outcome unknown.
    #[error("the request timed out and CloudWatch may have accepted it")]
    Timeout,
    /// The connection ended before the answer. Outcome unknown.
    #[error("the connection was cut and CloudWatch may have accepted the request")]
    Cut,
    /// Writing to standard output failed. Outcome unknown.
    #[error("writing to standard output failed")]
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

/// Reason why the data of a batch were not all accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{accepted_requests} of {requests} requests accepted after {attempts} attempts: {fault}; a retry {}",
    if self.may_pass() { "may help" } else { "does not help" }
)]
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
