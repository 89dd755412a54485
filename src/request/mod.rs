//! Groups the findings of a batch by request or invocation.
//!
//! A count is a failed request, never a line.

mod ended;
pub mod execution;
pub mod invocation;
mod names;
mod slot;
mod state;

pub use names::Place;
use names::{Names, Route, TextNumber};
