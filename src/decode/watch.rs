//! When to give up on a batch: a deadline, and the CPU time that it may take.
//!
//! At a fraction of a CPU, as Lambda gives it, a deadline alone says little of what was spent.

use std::time::{Duration, Instant};

use super::Limits;

/// The limits of time of one batch that is being read.
pub(super) struct Watch {
    deadline: Option<Instant>,
    /// What the clock of the thread's CPU time must not reach.
    cpu_until: Option<Duration>,
}

impl Watch {
    pub(super) fn start(limits: &Limits) -> Self {
        let cpu_until = limits.cpu_time.and_then(|most| cpu_time().map(|now| now + most));
        Self { deadline: limits.deadline, cpu_until }
    }

    /// Whether the time is over.
    pub(super) fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
            || self.cpu_until.is_some_and(|until| cpu_time().is_some_and(|now| now >= until))
    }
}

/// The CPU time of this thread; none where the system does not tell.
#[cfg(unix)]
fn cpu_time() -> Option<Duration> {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().ok()
}

/// The CPU time of this thread; none where the system does not tell.
#[cfg(not(unix))]
fn cpu_time() -> Option<Duration> {
    None
}
