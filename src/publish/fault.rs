//! What can go wrong with a request, and what that says about trying again.

use std::fmt;

/// Why one attempt failed.
///
/// It holds nothing that the service or a log wrote, apart from the service's error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests in this account and region. Certainly not accepted.
    Throttled,
    /// No connection came about. Certainly not accepted.
    Unreachable,
    /// The service found something wrong with the request. Certainly not accepted.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code, as far as it looks like one.
        code: String,
    },
    /// The service did not take the signature, the rights or the time of the request. Certainly not accepted.
    ///
    /// The reason is a wrong key, a missing right or a wrong clock. The answer holds the service's time, and the SDK
    /// signs by it from then on. So one more attempt succeeds if it was the clock. If it was not, no attempt does.
    Denied {
        /// The HTTP status.
        status: u16,
        /// The error code, one of those that are known for this.
        code: &'static str,
    },
    /// The request could not be made up: no credentials, or an endpoint that is none.
    NotSent,
    /// There was no time left for an attempt.
    NoTimeLeft,
    /// The service failed. Outcome unknown.
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// No answer in time, or the answer that the request took too long to arrive. Outcome unknown.
    Timeout,
    /// The connection ended before the answer. Outcome unknown.
    Cut,
    /// Standard output took nothing, or not all. Outcome unknown.
    Write,
}

impl Fault {
    /// Whether trying again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Throttled | Self::Unreachable | Self::Server { .. } | Self::Timeout | Self::Cut => true,
            Self::Refused { .. } | Self::Denied { .. } | Self::NotSent | Self::NoTimeLeft | Self::Write => false,
        }
    }

    /// Whether one more attempt may help, but no further one.
    pub(super) fn may_pass_once(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// Whether the data may have been accepted all the same.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Server { .. } | Self::Timeout | Self::Cut | Self::Write)
    }

    /// Whether it is about this request alone.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// The name that the invocation's error goes by.
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
            Self::Throttled => f.write_str("CloudWatch throttles"),
            Self::Unreachable => f.write_str("no connection to CloudWatch"),
            Self::Refused { status, code } => write!(f, "CloudWatch refused the request ({status} {code})"),
            Self::Denied { status, code } => write!(
                f,
                "CloudWatch denied the request ({status} {code}); check the access keys, the right to \
                 cloudwatch:PutMetricData and the clock"
            ),
            Self::NotSent => f.write_str("the request could not be signed or addressed"),
            Self::NoTimeLeft => f.write_str("the deadline was too near to send it"),
            Self::Server { status } => write!(f, "CloudWatch failed ({status}); it is not known what it accepted"),
            Self::Timeout => f.write_str("the request to CloudWatch timed out; it is not known what it accepted"),
            Self::Cut => f.write_str("the connection to CloudWatch was cut; it is not known what it accepted"),
            Self::Write => f.write_str("standard output could not be written"),
        }
    }
}

/// Why a batch's data were not all accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishError {
    /// What went wrong last.
    pub fault: Fault,
    /// Requests that were to be sent.
    pub requests: usize,
    /// Those that were accepted.
    pub accepted_requests: usize,
    /// Attempts, for all of them.
    pub attempts: u32,
}

impl PublishError {
    /// Whether trying again, later, may help.
    pub fn may_pass(&self) -> bool {
        self.fault.may_pass() || self.fault == Fault::NoTimeLeft
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fault, requests, accepted_requests, attempts } = self;
        let again = if self.may_pass() { "trying again may help" } else { "trying again does not help" };
        write!(f, "{accepted_requests} of {requests} requests accepted after {attempts} attempts: {fault}; {again}")
    }
}

impl std::error::Error for PublishError {}
