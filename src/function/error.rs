//! How an invocation fails, as Lambda reports it.

use std::fmt;

use lambda_runtime::Diagnostic;
use why5xx::decode::DecodeError;
use why5xx::publish::PublishError;
use why5xx::source::RecordError;

/// Why an invocation failed. Never holds anything of the payload but its sizes.
#[derive(Debug)]
pub(crate) enum InvocationError {
    /// The batch cannot be read. It is final, but Lambda tries again before it keeps the event.
    Undecodable(DecodeError),
    /// A record of a stream or a queue holds no batch. As final as the above.
    NoBatch(RecordError),
    /// Not all data were accepted.
    Publish(PublishError),
    /// A bug of ours.
    Panicked,
}

impl InvocationError {
    /// The name that the error goes by.
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::Undecodable(_) | Self::NoBatch(_) => "UndecodableBatch",
            Self::Publish(error) => error.fault.error_type(),
            Self::Panicked => "Panic",
        }
    }

    pub(super) fn is_undecodable(&self) -> bool {
        matches!(self, Self::Undecodable(_) | Self::NoBatch(_))
    }
}

impl From<DecodeError> for InvocationError {
    fn from(error: DecodeError) -> Self {
        Self::Undecodable(error)
    }
}

impl From<RecordError> for InvocationError {
    fn from(error: RecordError) -> Self {
        Self::NoBatch(error)
    }
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(error) => error.fmt(f),
            Self::NoBatch(error) => error.fmt(f),
            Self::Publish(error) => error.fmt(f),
            Self::Panicked => f.write_str("a bug of why5xx; the log names the place"),
        }
    }
}

impl std::error::Error for InvocationError {}
