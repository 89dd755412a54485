//! Counts the 5xx of Amazon API Gateway by cause, from its logs, as data for CloudWatch metrics.
//!
//! # Layout
//!
//! The modules stand in the order of the data.
//!
//! * [`envelope`]: the batches in an event of Kinesis or SQS, in a kept event, and in what other services put around them.
//! * [`decode`]: base64, gzip and JSON of a batch to log events, in bounded memory.
//! * [`record`]: a log event to what it is: a line of one kind of log.
//! * [`cause`]: the table of causes, each declared once.
//! * [`failure`]: what every kind of log reports: a request, an invocation or a flow that failed.
//! * [`metric`]: the names under which it is counted: metrics and their dimensions.
//! * [`classify`]: what a record proves, and which cause a request's findings add up to.
//! * [`request`]: the findings of a batch, put together by request or invocation.
//! * [`tally`]: failures to counts per set of dimensions and minute.
//! * [`publish`]: counts to CloudWatch, to Embedded Metric Format, or to text.
//! * `notify`: an event about an alarm to a message for people.
//! * `survey`: what of an account's APIs would be seen, and what would not.
//! * `signed`: signed calls of services that need no SDK client.
//! * [`settings`]: environment and settings file, read once.
//! * [`pipeline`]: the steps above, from batch to tally, in one call.
//!
//! Several of them use [`log_kind`], [`delays`], [`printable`], [`clock`], [`partition`] (Regions and their ARNs), [`fields`] (lines of
//! the own log), [`placeholder`] (dimension values that stand in for a real one) and the private modules `interner` (names to
//! numbers) and `keyed` (maps by a hash).
//!
//! The command makes log events of exported logs and pasted text (`src/bin/why5xx/input.rs`).

pub mod cause;
pub mod classify;
pub mod clock;
pub mod decode;
pub mod delays;
pub mod envelope;
pub mod failure;
pub mod fields;
mod interner;
mod keyed;
pub mod log_kind;
pub mod metric;
#[cfg(feature = "function")]
pub mod notify;
#[cfg(test)]
mod own_code;
pub mod partition;
pub mod pipeline;
pub mod placeholder;
pub mod printable;
pub mod publish;
pub mod record;
pub mod request;
pub mod settings;
#[cfg(feature = "publish")]
pub mod signed;
#[cfg(feature = "publish")]
pub mod survey;
pub mod tally;
