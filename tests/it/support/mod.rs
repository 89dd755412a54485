//! Stand-ins for what surrounds the function: Lambda's Runtime API and CloudWatch, both on the loopback interface, and
//! a runner of the real program between them.
//!
//! They speak the real protocols, refuse what the real ones refuse, and fail on demand.

#![allow(unreachable_pub, reason = "there is no outside to reach")]
#![allow(clippy::disallowed_types, reason = "the endpoint inflates what the SDK compressed")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

pub mod account;
pub mod cloudwatch;
pub mod command;
pub mod document;
pub mod events;
pub mod filter_pattern;
pub mod function;
pub mod http;
pub mod runtime_api;

/// Each kind of log, its word in the template, and a log group whose name decides the kind, or at least none other.
pub const KINDS: [(why5xx::log_kind::LogKind, &str, &str); 4] = [
    (why5xx::log_kind::LogKind::Execution, "Execution", "API-Gateway-Execution-Logs_a1b2c3d4e5/prod"),
    (why5xx::log_kind::LogKind::Access, "Access", "/orders/access"),
    (why5xx::log_kind::LogKind::Lambda, "Function", "/aws/lambda/orders"),
    (why5xx::log_kind::LogKind::Flow, "Flow", "/vpc/flow-logs"),
];
