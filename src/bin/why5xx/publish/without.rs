//! Stand-in for the target in a build without the client of CloudWatch: it says which command builds it in.

use why5xx::settings::Settings;
use why5xx::tally::Datum;

use crate::Failed;

/// Always missing.
pub(crate) enum Target {}

impl Target {
    /// Says how to get a command that has one.
    pub(crate) fn of(
        _endpoint_url: Option<&str>,
        _profile: Option<&str>,
        _region: Option<&str>,
    ) -> Result<Self, Failed> {
        Err(Failed(
            "this build has no client of CloudWatch, so it has no --publish; `cargo install --locked --path .` installs \
             all of why5xx, and `cargo run --release --bin why5xx -- replay --publish` builds and runs it"
                .into(),
        ))
    }

    pub(crate) fn send(&self, _data: Vec<Datum>, _settings: &Settings) -> Result<(), Failed> {
        match *self {}
    }
}
