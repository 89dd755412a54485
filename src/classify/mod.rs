//! What a record proves ([`Finding`](execution::Finding)s), and which cause the [`evidence`] of a request adds up to.
//!
//! Pure: no clock, no environment, nothing kept from one call to the next but what [`repeated`] spares to ask again.

pub mod access;
mod endpoint;
pub mod evidence;
pub mod execution;
pub mod flow;
pub mod frame;
pub mod invocation;
pub mod repeated;
pub mod shape;

pub use endpoint::body_text;
