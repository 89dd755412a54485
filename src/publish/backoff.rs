//! Retries of one request: how many, and the waits between them (exponential backoff with jitter).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use super::Fault;

/// Most retries after throttles, and most after other faults that may pass. Lambda retries the whole invocation a minute
/// later.
const RETRIES: u32 = 5;

/// First wait after a throttle. CloudWatch counts its quota by the second.
const THROTTLED: Duration = Duration::from_millis(400);

/// First wait after another fault.
const OTHERWISE: Duration = Duration::from_millis(100);

/// Longest wait.
const LONGEST: Duration = Duration::from_secs(5);

/// Retries of one request so far. Each kind of fault has its own, so that one kind takes nothing from another.
#[derive(Debug, Default)]
pub(super) struct Retries {
    throttles: u32,
    denied: u32,
    too_slow: u32,
    others: u32,
}

impl Retries {
    /// Returns the wait before the next attempt; None if another attempt does not help.
    ///
    /// After throttles: 200 to 400 ms, 400 to 800 ms, and so on, at most 5 s.
    pub(super) fn next(&mut self, fault: &Fault) -> Option<Duration> {
        let (retries, most, first) = match fault {
            Fault::Throttled => (&mut self.throttles, RETRIES, THROTTLED),
            // The clock may be wrong, and the SDK knows CloudWatch's by now: nothing to wait for.
            Fault::Denied { .. } => (&mut self.denied, 1, Duration::ZERO),
            Fault::TooSlow => (&mut self.too_slow, 1, OTHERWISE),
            fault if fault.may_pass() => (&mut self.others, RETRIES, OTHERWISE),
            _ => return None,
        };
        if *retries == most {
            return None;
        }
        let whole = first.saturating_mul(1 << *retries).min(LONGEST);
        *retries += 1;
        // Jitter of half the wait: environments that were throttled together do not retry together, and no retry is
        // immediate.
        Some(whole / 2 + (whole / 2).mul_f64(random_share()))
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

    fn denied() -> Fault {
        Fault::Denied { status: 403, code: "RequestTimeTooSkewed" }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut retries = Retries::default();
        for whole in [400, 800, 1_600, 3_200, 5_000] {
            let wait = retries.next(&Fault::Throttled).unwrap().as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole}");
        }
        assert_eq!(retries.next(&Fault::Throttled), None);
    }

    #[test]
    fn each_kind_of_fault_has_its_own_retries_and_waits() {
        let mut retries = Retries::default();
        while retries.next(&Fault::Throttled).is_some() {}
        for _ in 0..RETRIES {
            assert!(retries.next(&Fault::Cut).is_some());
        }
        assert_eq!(retries.next(&Fault::Server { status: 500 }), None);
        assert_eq!((retries.next(&denied()), retries.next(&denied())), (Some(Duration::ZERO), None));
        assert!(retries.next(&Fault::TooSlow).is_some() && retries.next(&Fault::TooSlow).is_none());
    }

    #[test]
    fn what_cannot_pass_is_not_retried() {
        let faults = [
            Fault::Refused { status: 400, code: String::new() },
            Fault::Credentials { status: 403, code: "ExpiredToken" },
            Fault::NotSent,
            Fault::NoTimeLeft,
            Fault::Write,
        ];
        for fault in faults {
            assert_eq!(Retries::default().next(&fault), None, "{fault:?}");
        }
    }

    #[test]
    fn no_two_environments_wait_alike() {
        let waits: std::collections::HashSet<_> = (0..20).map(|_| Retries::default().next(&Fault::Timeout)).collect();
        assert!(waits.len() > 1);
    }
}
