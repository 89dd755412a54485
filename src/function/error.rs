//! Errors of invocations, as Lambda reports them.

use lambda_runtime::Diagnostic;
use thiserror::Error;
use why5xx::decode::DecodeError;
use why5xx::envelope::RecordError;
use why5xx::publish::PublishError;

/// Reason why an invocation failed, with sizes of the payload but none of its content.
#[derive(Debug, Error)]
pub(crate) enum InvocationError {
    /// The batch cannot be read. A retry does not help, but Lambda retries before it keeps the event.
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    /// A record of a stream or a queue is not a batch. A retry does not help.
    #[error(transparent)]
    NoBatch(#[from] RecordError),
    /// CloudWatch did not accept all data.
    #[error(transparent)]
    Publish(PublishError),
    /// A bug in why5xx.
    #[error("a bug in why5xx; the log has its place in the code")]
    Panicked,
}

impl InvocationError {
    /// Returns the error type, as Lambda reports it: `UndecodableBatch`.
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::Undecodable(DecodeError::OutOfTime { .. }) => "OutOfTime",
            Self::Undecodable(_) | Self::NoBatch(_) => "UndecodableBatch",
            Self::Publish(error) => error.fault.error_type(),
            Self::Panicked => "Panic",
        }
    }

    /// Returns whether nobody can read the batch. One that only took too long may be read by the next environment.
    pub(super) fn is_undecodable(&self) -> bool {
        self.error_type() == "UndecodableBatch"
    }
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}
