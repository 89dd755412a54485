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
    /// The service rejected the credentials: expired, or none that it knows. Certainly not accepted.
    #[error("CloudWatch refused the credentials ({status} {code}): they are expired or not valid")]
    Credentials {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: &'static str,
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
    /// The request could not be signed or addressed: an invalid endpoint or key. Certainly not accepted.
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
    /// No answer in time. Outcome unknown.
    #[error("the request timed out and CloudWatch may have accepted it")]
    Timeout,
    /// The answer that the request arrived too slowly. Outcome unknown.
    #[error("the request took too long to arrive, and CloudWatch may have accepted it")]
    TooSlow,
    /// An answer that CloudWatch did not write: a proxy's, or that of another server. Outcome unknown.
    #[error("the answer ({status}) is not CloudWatch's, which may have accepted the request all the same")]
    Foreign {
        /// The HTTP status.
        status: u16,
    },
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
            Self::Throttled
            | Self::Unreachable
            | Self::Server { .. }
            | Self::Timeout
            | Self::TooSlow
            | Self::Foreign { .. }
            | Self::Cut => true,
            Self::Refused { .. }
            | Self::Credentials { .. }
            | Self::Denied { .. }
            | Self::NotSent
            | Self::NoTimeLeft
            | Self::Write => false,
        }
    }

    /// Returns whether CloudWatch may have accepted the data.
    pub fn is_uncertain(&self) -> bool {
        matches!(
            self,
            Self::Server { .. } | Self::Timeout | Self::TooSlow | Self::Foreign { .. } | Self::Cut | Self::Write
        )
    }

    /// Returns whether a datum of the request, or its size, may be the reason, so that parts of it may be accepted.
    ///
    /// Source: CloudWatch API Reference, PutMetricData, errors: InvalidParameterCombination, InvalidParameterValue,
    /// MissingParameter; common errors: ValidationError.
    pub(super) fn is_about_data(&self) -> bool {
        let Self::Refused { status, code } = self else { return false };
        *status == 413 || code.contains("Parameter") || code.starts_with("Validation")
    }

    /// Returns whether no request with these credentials will be accepted.
    pub fn is_about_credentials(&self) -> bool {
        match self {
            Self::Credentials { .. } => true,
            // By now the request was signed by CloudWatch's own clock, so the key is wrong.
            Self::Denied { code, .. } => {
                ["InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"].contains(code)
            }
            _ => false,
        }
    }

    /// Returns the error type of the invocation, as Lambda reports it: `PublishThrottled`.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Throttled => "PublishThrottled",
            Self::Unreachable => "PublishUnreachable",
            Self::Refused { .. } | Self::Denied { .. } => "PublishRefused",
            Self::Credentials { .. } => "PublishCredentials",
            Self::NotSent => "PublishNotSent",
            Self::NoTimeLeft => "PublishNoTimeLeft",
            Self::Server { .. } => "PublishServerError",
            Self::Timeout => "PublishTimeout",
            Self::TooSlow => "PublishTooSlow",
            Self::Foreign { .. } => "PublishForeignAnswer",
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
    /// Requests of the batch, with those into which a refused one was halved.
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
