//! Stand-in for the survey in a build without a client of AWS: it says which command builds it in.

use std::process::ExitCode;

use super::DoctorOptions;
use crate::Failed;
use crate::terminal::Color;

/// Says how to get a command that has one.
pub(crate) fn run(_options: &DoctorOptions, _color: Color) -> Result<ExitCode, Failed> {
    Err(Failed(
        "this build has no client of AWS, so it has no doctor; `cargo install --locked --path .` installs all of why5xx"
            .into(),
    ))
}
