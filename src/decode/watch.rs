//! Time limits of a batch: a deadline, and the CPU time.
//!
//! Lambda gives a function a fraction of a CPU, so wall-clock time says little about the work done.

use std::time::{Duration, Instant};

use super::Limits;

/// Time limits of the batch in progress.
pub(super) struct Watch {
    deadline: Option<Instant>,
    /// Upper limit of the thread's CPU clock.
    cpu_until: Option<Duration>,
}

impl Watch {
    pub(super) fn start(limits: &Limits) -> Self {
        let cpu_until = limits.cpu_time.and_then(|most| cpu_time().map(|now| now + most));
        Self { deadline: limits.deadline, cpu_until }
    }

    /// Returns whether the deadline or the CPU time is exceeded.
    pub(super) fn is_over(&self) -> bool {
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
