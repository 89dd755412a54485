//! Number of log events that were understood, by kind of log, and of those that were not.

use crate::log_kind::LogKind;
use crate::record::{Record, access::AccessLine};

/// Log events by kind of log. A log event that no reader of its kind claims is not understood: it may be a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Understood {
    /// Lines of execution logs.
    pub execution: u64,
    /// Lines of access logs that have a status.
    pub access: u64,
    /// Lines of functions' logs, whatever the function printed.
    pub function: u64,
    /// Records and header lines of flow logs.
    pub flow: u64,
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
    /// Counts a log event of a kind.
    #[inline]
    pub(super) fn add(&mut self, kind: LogKind) {
        *match kind {
            LogKind::Execution => &mut self.execution,
            LogKind::Access => &mut self.access,
            LogKind::Lambda => &mut self.function,
            LogKind::Flow => &mut self.flow,
        } += 1;
    }

    /// Counts what was read of the log event with this number.
    pub(super) fn add_record(&mut self, number: u64, record: &Record<'_>) {
        let kind = match record {
            Record::Execution(_) | Record::Transcript(_) => LogKind::Execution,
            Record::Access(AccessLine::NoStatus) | Record::Unknown => {
                self.not_understood += 1;
                self.first_not_understood.get_or_insert(number);
                return;
            }
            Record::Access(_) => LogKind::Access,
            Record::Lambda(_) => LogKind::Lambda,
            Record::Flow(_) => LogKind::Flow,
            Record::Nothing(kind) => *kind,
        };
        self.add(kind);
    }
}
