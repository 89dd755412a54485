//! Number of log events that were understood, by kind of log, and of those that were not.

use std::ops::AddAssign;

use crate::log_kind::LogKind;
use crate::record::Record;

/// Log events by kind of log. A log event that no reader of its kind claims is not understood: it may be a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Understood {
    /// By kind, in the order of [`LogKind::ALL`]. Of functions' logs whatever the function printed, of access logs the lines
    /// that have a status.
    pub by_kind: [u64; LogKind::ALL.len()],
    /// Log events that were not understood.
    pub not_understood: u64,
    /// Number of the first of them, counted from 1 in the batch.
    pub first_not_understood: Option<u64>,
    /// Lines that end a request of an execution log, whatever its status; each once, however often it is delivered.
    pub ends: u64,
    /// Lines of access logs that end a request, that is all with a status, likewise; only where requests are counted.
    pub access_ends: u64,
}

impl Understood {
    /// Returns the number of log events of a kind.
    pub const fn of(&self, kind: LogKind) -> u64 {
        self.by_kind[kind as usize]
    }

    /// Counts a log event of a kind.
    #[inline]
    pub(super) const fn add(&mut self, kind: LogKind) {
        self.by_kind[kind as usize] += 1;
    }

    /// Counts what was read of the log event with this number.
    pub(super) fn add_record(&mut self, number: u64, record: &Record<'_>) {
        match record.kind() {
            Some(kind) => self.add(kind),
            None => {
                self.not_understood += 1;
                self.first_not_understood.get_or_insert(number);
            }
        }
    }
}

/// Adds what was understood of a later batch. The first that was not understood stays: numbers are those of a batch.
impl AddAssign for Understood {
    fn add_assign(&mut self, later: Self) {
        for (sum, more) in self.by_kind.iter_mut().zip(later.by_kind) {
            *sum += more;
        }
        self.not_understood += later.not_understood;
        self.ends += later.ends;
        self.access_ends += later.access_ends;
    }
}
