//! `why5xx replay --metrics` and `--publish`: the counts as CloudWatch takes them, through the function's own publisher.

#[cfg(feature = "publish")]
mod target;
#[cfg(not(feature = "publish"))]
#[path = "publish/without.rs"]
mod target;

use std::io::{self, Write};

use why5xx::printable::counted;
use why5xx::publish::{requests, sendable};
use why5xx::settings::Settings;
use why5xx::tally::{Datum, Tally};

use crate::Failed;
use crate::report::complain;

pub(crate) use target::Target;

/// Prints the requests that would be sent: one JSON document a line, as
/// `aws cloudwatch put-metric-data --cli-input-json` takes it.
pub(crate) fn print(data: Vec<Datum>, settings: &Settings) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    for request in requests(&settings.namespace, data) {
        writeln!(out, "{}", request.json())?;
    }
    Ok(())
}

/// Returns the data that could be sent when the last failure was logged: a captured batch is old once it is looked at.
pub(crate) fn sendable_then(tally: &Tally) -> Vec<Datum> {
    let latest = tally.counts().map(|(key, _)| key.minute_ms).max();
    let sendable = sendable(tally.data(), latest.unwrap_or_default());
    tell_stale(sendable.stale_failures());
    sendable.data
}

/// Says how many failures CloudWatch does not take for their time.
fn tell_stale(failures: u64) {
    if failures > 0 {
        complain(&format!(
            "left out {}: CloudWatch takes nothing older than two weeks or more than two hours ahead",
            counted(failures, "failure")
        ));
    }
}
