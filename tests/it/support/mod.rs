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
pub mod count;
pub mod document;
pub mod events;
pub mod filter_pattern;
pub mod function;
pub mod http;
pub mod runtime_api;
pub mod settings;

use why5xx::log_kind::LogKind;

/// A log group whose name decides the kind of log, or at least no other.
pub const fn log_group_of(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Execution => "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        LogKind::Lambda => "/aws/lambda/orders",
        _ => "/orders/log",
    }
}
