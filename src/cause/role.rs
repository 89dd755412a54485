//! Roles: [`crate::classify`] refers to a cause by its role, so that ids stay in the table.

use super::{Cause, built_in};

/// Role of a cause in a rule that no text decides. Each role belongs to one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The function exceeded its timeout.
    FunctionTimedOut,
    /// The function could not be loaded.
    FunctionNotLoaded,
    /// The runtime process ended.
    ProcessExited,
    /// The process ran out of memory.
    OutOfMemory,
    /// The function ended with an error of its own.
    FunctionFailed,
    /// The function's answer does not have the form that the gateway expects; its error answer may say why.
    MalformedAnswer,
    /// No mapping fits the status of the answer; the service's answer may say why.
    StatusNotMapped,
    /// A configuration error without a reason; the Lambda service's answer may be the reason.
    ConfigurationError,
    /// The Lambda service rejected the invocation as a bad request.
    InvocationRejected,
    /// The Lambda service rejected the caller or the method of the invocation.
    InvocationForbidden,
    /// The authorizer failed.
    AuthorizerFailed,
    /// The authorizer did not answer in time.
    AuthorizerTimedOut,
    /// The rules of AWS WAF could not be evaluated.
    FirewallFailed,
    /// The gateway throttled the client.
    Throttled,
    /// An AWS service denied the call.
    ServiceDenied,
    /// An AWS service throttled the call.
    ServiceThrottled,
    /// An AWS service answered another error.
    ServiceFailed,
    /// The backend itself answered with a server error.
    BackendAnswered,
    /// An access log does not say why the request failed.
    NoReason,
    /// No cause matches the text of the failure.
    Unclassified,
    /// A flow log has a rejected flow.
    FlowRejected,
}

impl Role {
    /// All roles.
    #[cfg(test)]
    pub(super) const ALL: &[Self] = &[
        Self::FunctionTimedOut,
        Self::FunctionNotLoaded,
        Self::ProcessExited,
        Self::OutOfMemory,
        Self::FunctionFailed,
        Self::MalformedAnswer,
        Self::StatusNotMapped,
        Self::ConfigurationError,
        Self::InvocationRejected,
        Self::InvocationForbidden,
        Self::AuthorizerFailed,
        Self::AuthorizerTimedOut,
        Self::FirewallFailed,
        Self::Throttled,
        Self::ServiceDenied,
        Self::ServiceThrottled,
        Self::ServiceFailed,
        Self::BackendAnswered,
        Self::NoReason,
        Self::Unclassified,
        Self::FlowRejected,
    ];

    /// Returns the cause with this role.
    ///
    /// # Panics
    ///
    /// If no cause of the table has the role. A test of the table excludes this.
    pub fn cause(self) -> &'static Cause {
        built_in().find(|cause| cause.role == Some(self)).expect("the table declares every role")
    }
}

impl Cause {
    /// Returns whether the cause has this role.
    pub fn is(&self, role: Role) -> bool {
        self.role == Some(role)
    }
}
