//! `why5xx doctor`: a survey of the APIs of a Region, which only reads.
//!
//! The library looks ([`why5xx::survey`]); [`table`], [`json`], [`commands`] and [`policy`] print.

#[cfg(feature = "publish")]
mod commands;
#[cfg(feature = "publish")]
mod json;
#[cfg(feature = "publish")]
mod policy;
#[cfg(feature = "publish")]
mod steps;
#[cfg(not(feature = "publish"))]
#[path = "doctor/without.rs"]
mod steps;
#[cfg(feature = "publish")]
mod table;

use std::path::PathBuf;

use clap::Args;

pub(crate) use steps::run;

#[derive(Debug, Args)]
#[cfg_attr(not(feature = "publish"), allow(dead_code, reason = "only the build with the client reads all of it"))]
pub(crate) struct DoctorOptions {
    /// Print one JSON document instead of tables
    #[arg(long)]
    json: bool,
    /// Print the fix of each finding as a script, to read and to run
    #[arg(long, conflicts_with = "json")]
    commands: bool,
    /// Print the IAM policy that doctor needs, and do nothing else
    #[arg(long, conflicts_with_all = ["json", "commands"])]
    policy: bool,
    /// The settings file of the stack: access-log formats that it declares are read
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    settings: Option<PathBuf>,
    /// The Region, other than that of the environment or of the profile
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// The profile of the AWS CLI to read with
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}
