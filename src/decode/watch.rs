//! Time limits of a batch: a deadline, and the CPU time.
//!
//! Lambda gives a function a fraction of a CPU, so wall-clock time says little about the work done.

use std::time::{Duration, Instant};

use super::Limits;

/// Time limits of the batch in progress.
pub(super) struct Watch {
    deadline: Option<Instant>,
    /// Most CPU time.
    cpu_time: Option<Duration>,
    /// Upper limit of the thread's CPU clock, from the second window on.
    cpu_until: Option<Duration>,
    windows: u64,
}

impl Watch {
    pub(super) fn start(limits: &Limits) -> Self {
        Self { deadline: limits.deadline, cpu_time: limits.cpu_time, cpu_until: None, windows: 0 }
    }

    /// Returns whether the deadline or the CPU time is exceeded. Called once a window.
    ///
    /// The CPU time is that behind the first window, which alone cannot exceed it: to ask the system for it takes longer
    /// than to count some of the log events of a batch with one window.
    pub(super) fn is_over(&mut self) -> bool {
        self.windows += 1;
        if self.windows == 2 {
            self.cpu_until = self.cpu_time.and_then(|most| cpu_time().map(|now| now + most));
        }
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
            || self.cpu_until.is_some_and(|until| cpu_time().is_some_and(|now| now >= until))
    }
}

/// Returns the CPU time of this thread; None if the system does not report it.
#[cfg(unix)]
fn cpu_time() -> Option<Duration> {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().ok()
}

/// Returns the CPU time of this thread; None if the system does not report it.
#[cfg(not(unix))]
fn cpu_time() -> Option<Duration> {
    None
}
