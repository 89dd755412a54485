//! The findings of a batch, put together by request or invocation.

pub mod execution;
