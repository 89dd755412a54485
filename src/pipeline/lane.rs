//! The sources of a batch: what the log events of each share, and whether they are read.

use crate::decode::Origin;
use crate::record::Source;
use crate::request::Place;
use crate::request::invocation::Invocations;
use crate::settings::Settings;

/// Most log groups of one batch of centralised logs. A batch holds one log stream, which usually comes from one.
pub(super) const MOST_SOURCES: usize = 256;

/// State shared by the log events of one source. A batch has one source, unless it is of centralised logs.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) origin: Option<Origin>,
    /// The number of the source.
    pub(super) number: u16,
    /// API and stage of the source.
    pub(super) place: Place,
    /// Stands for the log stream.
    pub(super) stream_key: u64,
    /// Only where the log is of a function.
    pub(super) invocations: Option<Invocations>,
    pub(super) handling: Handling,
    pub(super) is_of_other_account: bool,
}

/// Handling of the log events of a source: read, or left out and counted as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Handling {
    #[default]
    Read,
    /// They are of the function's own log.
    Own,
    /// They are the canary's.
    Canary,
    /// The batch has too many sources.
    NotUnderstood,
}

impl Handling {
    /// Returns what to do with the log events of a source. `delivered_by` is the log group that delivers them, which may
    /// hold copies.
    pub(super) fn choose(source: &Source, delivered_by: &str, settings: &Settings) -> Self {
        // Another stack of the same name.
        let is_elsewhere = source.is_of_other_account
            || source.region.is_some() && settings.region.is_some() && source.region != settings.region;
        if is_elsewhere {
            return Self::Read;
        }
        let is = |name: &Option<String>| {
            name.as_deref().is_some_and(|name| name == source.log_group || name == delivered_by)
        };
        // The stream of a copy names the function, whatever the log group is called.
        let is_own = || settings.own_log_group.is_some() && source.function_name() == Some(&settings.function_name);
        if is(&settings.own_log_group) || is_own() {
            Self::Own
        } else if is(&settings.canary_log_group) {
            Self::Canary
        } else {
            Self::Read
        }
    }
}

/// Returns whether a log is another account's: an account id has twelve digits, and made-up batches may have none.
pub(super) fn is_other(own_account: &str, owner: &str) -> bool {
    owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit()) && owner != own_account
}
