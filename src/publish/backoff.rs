//! Waits between attempts: exponential backoff with jitter.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use super::Fault;

/// First wait after a throttle. CloudWatch counts its quota by the second.
const THROTTLED: Duration = Duration::from_millis(400);

/// First wait after another fault.
const OTHERWISE: Duration = Duration::from_millis(100);

/// Longest wait.
const LONGEST: Duration = Duration::from_secs(5);

/// Exponential backoff of one request.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    waits: u32,
}

impl Backoff {
    /// Returns the next wait. After throttles: 200 to 400 ms, 400 to 800 ms, and so on, at most 5 s.
    pub(super) fn next(&mut self, fault: &Fault) -> Duration {
        let first = if matches!(fault, Fault::Throttled) { THROTTLED } else { OTHERWISE };
        let whole = first.saturating_mul(1 << self.waits.min(16)).min(LONGEST);
        self.waits += 1;
        // Jitter of half the wait: environments that were throttled together do not retry together, and no retry is
        // immediate.
        whole / 2 + (whole / 2).mul_f64(random_share())
    }
}

/// Returns a random number from 0 to 1. The random seed of the standard library's hashers is good enough for jitter.
fn random_share() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        for whole in [400, 800, 1_600, 3_200, 5_000, 5_000] {
            let wait = backoff.next(&Fault::Throttled).as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole}");
        }
    }

    #[test]
    fn no_two_environments_wait_alike() {
        let waits: std::collections::HashSet<_> = (0..20).map(|_| Backoff::default().next(&Fault::Timeout)).collect();
        assert!(waits.len() > 1);
    }
}
