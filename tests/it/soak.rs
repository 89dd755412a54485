//! A long life of one environment: many short invocations of the real program. Its memory and its open files stay what
//! they are, and its counts are exact.
//!
//! `make soak` makes 200,000 invocations; here it is as many as take seconds.

#![expect(clippy::disallowed_methods, reason = "how long to run is no setting of the function")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use crate::support::cloudwatch::{Behaviour, CloudWatch, now_ms};
use crate::support::events::{self, LOG_GROUP};
use crate::support::function::Function;

/// Invocations of a run.
fn invocations() -> usize {
    std::env::var("WHY5XX_INVOCATIONS").ok().and_then(|number| number.parse().ok()).unwrap_or(4_000)
}

/// Invocations after which all is full that is remembered of requests and log events.
const FULL: usize = 25_000;

/// Most bytes that resident memory may grow over the last three quarters: nearly nothing once all is full, and until then
/// what is remembered.
const fn most_growth(invocations: usize) -> usize {
    if invocations / 4 >= FULL { 1 << 20 } else { 8 << 20 }
}

/// Sums over the invocations.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    batches: f64,
    log_events: f64,
    failures: f64,
    undecodable: f64,
    split: f64,
}

impl Sums {
    fn of(function: &Function, endpoint: &CloudWatch) -> Self {
        let errors = endpoint.sum("Errors");
        assert_eq!((errors, errors), (endpoint.sum("StageErrors"), function.own("Failures")));
        Self {
            batches: function.own("Batches"),
            log_events: function.own("LogEvents"),
            failures: errors,
            undecodable: function.own("UndecodableBatches"),
            split: function.own("SplitRequests"),
        }
    }
}

/// The lines of requests that succeeded.
fn healthy(n: usize) -> Vec<String> {
    (0..20).map(|line| format!("(healthy-{n}-{line}) Method completed with status: 200")).collect()
}

#[test]
fn memory_and_files_stay_flat_and_counts_exact_over_a_long_life() {
    let (endpoint, invocations) = (CloudWatch::start(), invocations());
    let mut function = Function::start(&endpoint);
    let mut expected = Sums::default();
    let (mut early, mut failed) = ((0, 0), Vec::new());
    for n in 0..invocations {
        let lines = match n % 10 {
            // A failure; the same batch again; a request that two batches share.
            1 => events::timed_out_request(&format!("failed-{n}")),
            2 => Vec::new(),
            4 => events::timed_out_request(&format!("split-{n}"))[..5].to_vec(),
            5 => events::timed_out_request(&format!("split-{}", n - 1))[5..].to_vec(),
            _ => healthy(n),
        };
        expected.batches += 1.0;
        if n % 10 == 7 {
            assert_eq!(function.invoke(b"{\"awslogs\":{\"data\":\"no gzip\"}}").error_type(), "UndecodableBatch");
            expected.undecodable += 1.0;
            continue;
        }
        if n % 10 != 2 {
            failed = events::payload(&events::batch(LOG_GROUP, &n.to_string(), now_ms(), &lines));
        }
        // Now and then CloudWatch throttles, which loses nothing and doubles nothing.
        if n % 1_000 == 1 {
            endpoint.then([Behaviour::Throttle]);
        }
        assert!(function.invoke(&failed).is_success());
        expected.log_events += if n % 10 == 2 { 6.0 } else { lines.len() as f64 };
        expected.failures += f64::from(u8::from(matches!(n % 10, 1 | 4)));
        expected.split += f64::from(u8::from(n % 10 == 5));
        if n == invocations / 4 {
            early = (function.resident_bytes(), function.open_files());
        }
    }
    let late = (function.resident_bytes(), function.open_files());
    println!(
        "{invocations} invocations: resident {} then {} KiB, files {} then {}",
        early.0 >> 10,
        late.0 >> 10,
        early.1,
        late.1
    );
    assert_eq!(Sums::of(&function, &endpoint), expected);
    assert!(late.0 <= early.0 + most_growth(invocations) && late.1 == early.1, "{early:?} {late:?}");
}
