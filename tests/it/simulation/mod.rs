//! A simulation of API Gateway's execution logs.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod client;
pub(crate) mod random;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod tales;
pub(crate) mod world;
