//! What a record proves ([`Finding`](execution::Finding)s), and which cause a request's findings add up to
//! ([`Verdict`]s).
//!
//! Pure: no clock, no environment, nothing kept from one call to the next but what [`repeated`] spares to ask again.

pub mod access;
mod endpoint;
pub mod execution;
pub mod flow;
pub mod frame;
pub mod repeated;
pub mod sentence;
pub mod shape;

pub use endpoint::{Answer, Endpoint};
pub mod invocation;

use crate::cause::Cause;

/// What became of one request, invocation or network flow.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It did not end in a server error.
    NotFailed,
    /// It failed, and this is why.
    Failed(Failure),
    /// The line cannot be trusted: client text may have forged its status.
    Ambiguous,
}

/// One failed request, invocation or rejected flow.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What failed, for the dimensions.
    pub subject: Subject,
    /// The root cause; `unclassified` where no text names one.
    pub cause: &'static Cause,
    /// The HTTP status; none where the log does not tell it.
    pub status: Option<u16>,
    /// When the event that decided the count was logged, in milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// The request id, for exemplars.
    pub request_id: Option<String>,
    /// The X-Ray trace id, for exemplars.
    pub trace_id: Option<String>,
    /// The shape of the text, where the cause is unclassified.
    pub shape: Option<String>,
}

/// What failed: the part of the dimensions that does not depend on the cause.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A request, told by an execution log.
    Request {
        /// The API's id or name.
        api_id: String,
        /// Its stage.
        stage: String,
        /// The resource or route, as configured; never the path that a client wrote.
        route: Option<String>,
    },
    /// A request, told by an access log.
    AccessLine {
        /// The API's id or name.
        api_id: String,
        /// Its stage.
        stage: String,
        /// The resource or route, as configured.
        route: Option<String>,
    },
    /// An invocation of a Lambda function.
    Invocation {
        /// The function's name.
        function_name: String,
    },
    /// A request or an invocation in the log of another account than the function's own.
    OtherAccount {
        /// The account.
        account_id: String,
        /// The API's id or name; `unknown` for an invocation.
        api_id: String,
        /// Its stage, likewise.
        stage: String,
    },
    /// A rejected flow.
    Flow {
        /// The log group of the flow log.
        log_group: String,
    },
}
