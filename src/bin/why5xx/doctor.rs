//! `why5xx doctor`: a survey of the APIs of a Region, which only reads.
//!
//! [`read`] makes facts of the account's answers, [`findings`] makes findings of facts, and [`table`], [`json`] and
//! [`commands`] print them. Findings know nothing of AWS's calls, so whoever has facts can use them.

#[cfg(feature = "publish")]
mod answers;
#[cfg(feature = "publish")]
mod commands;
#[cfg(feature = "publish")]
mod facts;
#[cfg(feature = "publish")]
mod findings;
#[cfg(feature = "publish")]
mod fix;
#[cfg(feature = "publish")]
mod json;
#[cfg(feature = "publish")]
mod policy;
#[cfg(feature = "publish")]
mod read;
#[cfg(feature = "publish")]
mod shell;
#[cfg(feature = "publish")]
mod sight;
#[cfg(feature = "publish")]
mod survey;
#[cfg(not(feature = "publish"))]
#[path = "doctor/without.rs"]
mod survey;
#[cfg(feature = "publish")]
mod table;

use clap::Args;

pub(crate) use survey::run;

#[derive(Debug, Args)]
#[cfg_attr(not(feature = "publish"), allow(dead_code, reason = "only the build with the client reads all of it"))]
pub(crate) struct Options {
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Print the fix of each finding as a script, to read and to run
    #[arg(long, conflicts_with = "json")]
    commands: bool,
    /// Print the least IAM policy to look at everything with, and look at nothing
    #[arg(long, conflicts_with_all = ["json", "commands"])]
    policy: bool,
    /// The Region, other than that of the environment or of the profile
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The profile of the AWS CLI to read with
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}
