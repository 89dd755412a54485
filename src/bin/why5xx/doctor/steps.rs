//! The steps of a survey, one after the other.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use aws_smithy_http_client::proxy::ProxyConfig;
use why5xx::settings::{Environment, Settings};
use why5xx::signed::client::{AccountClient, Call, CallError, Patience};
use why5xx::survey::facts::AccountFacts;
use why5xx::survey::findings::{self, Severity, SurveyFinding};
use why5xx::survey::read::{self, Owner, SurveyError};

use super::{DoctorOptions, commands, json, policy, table};
use crate::account::credentials::session;
use crate::account::logs::identity;
use crate::progress::Progress;
use crate::report::complain;
use crate::terminal::{Color, printable};
use crate::{Failed, UNREADABLE};

/// Exit status of a survey that found something to do.
const FINDINGS: u8 = 1;

pub(crate) fn run(options: &DoctorOptions, color: Color) -> Result<ExitCode, Failed> {
    if options.policy {
        writeln!(io::stdout().lock(), "{}", policy::least())?;
        return Ok(ExitCode::SUCCESS);
    }
    let settings = options.settings.as_deref().map(|file| Settings::load_with(&Environment::of_process(), Some(file)));
    let settings = settings.transpose()?;
    let mut facts = facts(options.profile.as_deref(), options.region.as_deref())?;
    facts.profile = options.profile.clone();
    if let Some(settings) = settings {
        facts.declare(&|log_group| settings.access_log_format(log_group).is_some());
    }
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

/// Reads all of it, as whom and where the user says.
fn facts(profile: Option<&str>, region: Option<&str>) -> Result<AccountFacts, Failed> {
    let session = session(&Environment::of_process(), profile, region)?;
    let mut client =
        AccountClient::new(session, Some(ProxyConfig::from_env()), Patience::SHORT, Arc::default(), complain)?;
    let (arn, account) = match identity(&mut client) {
        Ok(caller) => caller,
        Err(error @ CallError::Credentials { .. }) => {
            return Err(Failed(client.sentence(&error, Call::GetCallerIdentity, "*")));
        }
        Err(_) => Default::default(),
    };
    let caller = if arn.is_empty() { "a caller whose identity STS did not say".to_owned() } else { printable(&arn) };
    complain(&format!("looking at {} as {caller}", client.session.region));
    let owner = Owner { partition: arn.split(':').nth(1).unwrap_or_default().to_owned(), account };
    let progress = Progress::on_terminal();
    read::facts(&mut client, owner, &mut |what| progress.says(what.to_owned())).map_err(|SurveyError(why)| Failed(why))
}

/// Returns the exit status. Without a finding, what was not looked at leaves open whether there is nothing to do.
fn status(facts: &AccountFacts, findings: &[SurveyFinding]) -> ExitCode {
    match findings.iter().any(|finding| finding.severity < Severity::Note) {
        true => ExitCode::from(FINDINGS),
        false if facts.not_looked_at.is_empty() => ExitCode::SUCCESS,
        false => ExitCode::from(UNREADABLE),
    }
}
