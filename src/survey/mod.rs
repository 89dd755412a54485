//! A survey of the APIs of a Region, which only reads: which failures would be named, and which would not.
//!
//! # Layout
//!
//! * [`read`]: answers of AWS to facts. Every call only reads.
//! * [`facts`]: what was read.
//! * [`sight`]: which causes a log of this level or format can show.
//! * [`findings`]: facts to what is wrong and what to do about it. Findings know nothing of AWS's calls.
//! * [`unseen`]: facts to the stages whose failures nobody would name.
//! * [`fix`]: the commands and the CloudFormation of a finding.
//! * [`pattern`]: the default filter patterns, of this version and of those before it.
//!
//! `why5xx doctor` prints it. The stack's survey, a function of the same program, does it every hour.

mod answers;
pub mod facts;
pub mod findings;
pub mod fix;
pub mod pattern;
pub mod read;
mod shell;
pub mod sight;
pub mod unseen;
