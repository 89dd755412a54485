//! The steps of a survey, one after the other.

use std::io::{self, Write};
use std::process::ExitCode;

use super::facts::Facts;
use super::findings::{self, Finding, Severity};
use super::{Options, commands, json, policy, read, table};
use crate::terminal::Color;
use crate::{Failed, UNREADABLE};

/// Exit status of a survey that found something to do.
const FINDINGS: u8 = 1;

pub(crate) fn run(options: &Options, color: Color) -> Result<ExitCode, Failed> {
    if options.policy {
        writeln!(io::stdout().lock(), "{}", policy::least())?;
        return Ok(ExitCode::SUCCESS);
    }
    let facts = read::facts(options.profile.as_deref(), options.region.as_deref())?;
    if facts.stages.is_empty() {
        return Err(Failed(format!(
            "no API of API Gateway has a stage in {}; check --region and --profile",
            facts.region
        )));
    }
    let findings = findings::of(&facts);
    if options.json {
        writeln!(io::stdout().lock(), "{}", json::document(&facts, &findings))?;
    } else if options.commands {
        write!(io::stdout().lock(), "{}", commands::script(&facts, &findings))?;
    } else {
        table::print(&facts, &findings, color)?;
    }
    Ok(status(&facts, &findings))
}

/// Returns the exit status. Without a finding, what was not looked at leaves open whether there is nothing to do.
fn status(facts: &Facts, findings: &[Finding]) -> ExitCode {
    match findings.iter().any(|finding| finding.severity < Severity::Note) {
        true => ExitCode::from(FINDINGS),
        false if facts.not_looked_at.is_empty() => ExitCode::SUCCESS,
        false => ExitCode::from(UNREADABLE),
    }
}
