//! Decides what a record proves ([`RequestFinding`](execution::RequestFinding)s and others) and which cause the [`evidence`] of a
//! request or invocation shows.
//!
//! Pure: no clock, no environment, and no state but the memo in [`repeated`].

pub mod access;
mod endpoint;
mod error_code;
pub mod error_text;
pub mod evidence;
pub mod execution;
pub mod flow;
pub mod frame;
pub mod invocation;
pub mod repeated;
pub mod shape;

pub use endpoint::{Endpoint, body_text};
