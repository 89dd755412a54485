//! CloudWatch as the target of the counts.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use why5xx::printable::counted;
use why5xx::publish::{CloudWatch, Fault, Publisher};
use why5xx::settings::{Aws, Environment, Settings, SettingsError};
use why5xx::tally::Datum;

use super::tell_stale;
use crate::Failed;
use crate::account::credentials::{in_environment, session};
use crate::report::complain;
use crate::terminal::printable;

/// How long all of the sending may take. A day of failures is a few requests.
const SENDING_TIME: Duration = Duration::from_secs(15 * 60);

/// How the keys of a profile get into the environment.
const HINT: &str = "for the keys of a profile of the AWS CLI: --profile NAME";

/// Where the counts go.
pub(crate) struct Target {
    aws: Aws,
}

impl Target {
    /// Reads the variables of the AWS SDKs, before any input is read in vain.
    pub(crate) fn of(endpoint_url: Option<&str>, profile: Option<&str>, region: Option<&str>) -> Result<Self, Failed> {
        let mut environment = Environment::of_process();
        if profile.is_some() || region.is_some() {
            environment = in_environment(&session(&environment, profile, region)?, environment);
        }
        let aws = Aws::load(&environment).map_err(|error| match error {
            SettingsError::Missing { variable, .. } if variable.contains("KEY") => with_hint(error),
            SettingsError::Key { .. } => with_hint(error),
            error => error.into(),
        })?;
        let aws = match endpoint_url {
            Some(url) => aws.with_endpoint_url(url)?,
            None => aws,
        };
        Ok(Self { aws })
    }

    /// Sends the data that CloudWatch takes now; says what it does not take.
    pub(crate) fn send(&self, data: Vec<Datum>, settings: &Settings) -> Result<(), Failed> {
        let sink = CloudWatch::new(&self.aws);
        let mut publisher = Publisher::new(sink, &settings.namespace);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let published = runtime.block_on(async {
            publisher.publish(b"replay", data, Timestamp::now().as_millisecond(), Instant::now() + SENDING_TIME).await
        });
        tell_stale(published.stale_failures);
        for datum in &published.refused {
            let dimensions: String = datum.dimensions.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            complain(&format!("CloudWatch refused {}{}; it is not published", datum.metric, printable(&dimensions)));
        }
        if let Err(error) = published.result {
            let again = "; sending again counts what was accepted twice";
            let again = if published.accepted_requests > 0 { again } else { "" };
            let failed = format!("not published: {error}{again}");
            return Err(match &error.fault {
                fault if fault.is_about_credentials() => with_hint(failed),
                Fault::Unreachable if !self.aws.not_honoured.is_empty() => {
                    Failed(format!("{failed} (not honoured: {})", self.aws.not_honoured.join(", ")))
                }
                _ => Failed(failed),
            });
        }
        if published.uncertain_attempts > 0 {
            let attempts = counted(u64::from(published.uncertain_attempts), "attempt");
            complain(&format!("{attempts} of unknown outcome, made again: what they hold may count twice"));
        }
        let requests = counted(published.accepted_requests as u64, "request");
        complain(&format!("published {} data in {requests}", published.data));
        match published.refused.len() as u64 {
            0 => Ok(()),
            refused => {
                Err(Failed(format!("CloudWatch refused {refused} of the data; sending again counts the rest twice")))
            }
        }
    }
}

fn with_hint(error: impl std::fmt::Display) -> Failed {
    Failed(format!("{error} ({HINT})"))
}
