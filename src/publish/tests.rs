//! The publisher with a scripted sink.

use proptest::prelude::*;

use super::*;
use crate::tally::Unit;

const NOW_MS: i64 = 1_800_000_000_000;

/// Answers in the order of its script, then accepts everything.
#[derive(Default)]
struct Scripted {
    script: std::collections::VecDeque<Result<(), Fault>>,
    accepted: Vec<PutRequest>,
    /// Whether each datum has a request of its own.
    one_by_one: bool,
}

impl Sink for Scripted {
    async fn put(&mut self, request: &PutRequest) -> Result<(), Fault> {
        self.script.pop_front().unwrap_or(Ok(()))?;
        self.accepted.push(request.clone());
        Ok(())
    }

    fn data_per_request(&self) -> usize {
        if self.one_by_one { 1 } else { limits::DATA_PER_REQUEST }
    }
}

fn publisher(script: impl IntoIterator<Item = Result<(), Fault>>) -> Publisher<Scripted> {
    let sink = Scripted { script: script.into_iter().collect(), ..Scripted::default() };
    Publisher::new(sink, "Why5xx")
}

/// A publisher that sends each datum alone.
fn one_by_one(script: impl IntoIterator<Item = Result<(), Fault>>) -> Publisher<Scripted> {
    let sink = Scripted { script: script.into_iter().collect(), one_by_one: true, ..Scripted::default() };
    Publisher::new(sink, "Why5xx")
}

fn datum(stage: usize) -> Datum {
    Datum {
        metric: "Errors",
        dimensions: vec![("Stage", format!("s{stage:04}"))],
        timestamp_ms: NOW_MS,
        values: vec![(1.0, 2.0)],
        unit: Unit::Count,
    }
}

fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// A refusal that concerns all requests.
fn refusal() -> Result<(), Fault> {
    Err(Fault::Refused { status: 403, code: "AccessDenied".to_owned() })
}

/// A refusal that concerns a datum of the request.
fn refusal_of_data() -> Result<(), Fault> {
    Err(Fault::Refused { status: 400, code: "InvalidParameterValue".to_owned() })
}

/// The sum that was accepted of a metric.
fn total(publisher: &Publisher<Scripted>, metric: &str) -> f64 {
    let data = publisher.sink.accepted.iter().flat_map(|request| &request.data);
    data.filter(|datum| datum.metric == metric).map(request::sum).sum()
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_throttled_is_sent_again_and_counted_once() {
    let mut publisher = publisher([Err(Fault::Throttled), Err(Fault::Throttled)]);
    let published = publisher.publish(b"batch", vec![datum(1)], NOW_MS, in_seconds(20)).await;
    assert_eq!(published.result, Ok(()));
    assert_eq!((published.attempts, published.uncertain_attempts), (3, 0));
    assert_eq!(total(&publisher, "Errors"), 2.0);
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_denied_request_is_sent_again_after_any_number_of_other_faults() {
    let denied = || Err(Fault::Denied { status: 403, code: "RequestTimeTooSkewed" });
    let throttles = std::iter::repeat_n(Err(Fault::Throttled), 5);
    let mut publisher = publisher(throttles.chain([denied(), Err(Fault::Cut)]));
    let published = publisher.publish(b"batch", vec![datum(1)], NOW_MS, in_seconds(60)).await;
    assert_eq!((published.result, published.attempts), (Ok(()), 8));
}

#[tokio::test(flavor = "current_thread")]
async fn a_datum_that_is_refused_alone_is_lost_if_cloudwatch_accepts_another_of_the_batch() {
    // Otherwise the reason may be no datum at all, such as the namespace.
    let mut publisher = one_by_one([Ok(()), refusal_of_data(), Ok(()), refusal_of_data()]);
    publisher.publish(b"one", vec![datum(1)], NOW_MS, in_seconds(20)).await;
    let published = publisher.publish(b"two", vec![datum(2)], NOW_MS, in_seconds(20)).await;
    assert!(published.result.is_err() && published.refused.is_empty());

    let published = publisher.publish(b"two", vec![datum(1), datum(2)], NOW_MS, in_seconds(20)).await;
    assert_eq!((published.result, published.unsendable_data, published.data), (Ok(()), 1, 1));
    assert_eq!(published.refused, [datum(2)]);
}

#[tokio::test(flavor = "current_thread")]
async fn credentials_that_end_the_environment_make_what_was_accepted_uncertain() {
    let expired = Err(Fault::Credentials { status: 403, code: "ExpiredToken" });
    let mut publisher = one_by_one([Ok(()), expired]);
    let published = publisher.publish(b"batch", vec![datum(1), datum(2)], NOW_MS, in_seconds(20)).await;
    assert!(published.result.unwrap_err().fault.is_about_credentials());
    assert_eq!(published.forgotten_batches, 1);
}

/// A publisher to which a batch of the data 1 and 2, made of the log events 1 and 2, got the first of them accepted.
async fn half_accepted() -> Publisher<Scripted> {
    let mut publisher = one_by_one([Ok(()), refusal()]);
    let part = BatchData { batch: b"half", data: vec![datum(1), datum(2)], events: vec![1, 2] };
    publisher.publish_all(vec![part], NOW_MS, in_seconds(20)).await.result.unwrap_err();
    publisher
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_accepted_of_shared_log_events_is_left_out_of_another_batch() {
    let publisher = half_accepted().await;
    let mut part = BatchData { batch: b"other", data: vec![datum(1), datum(2), datum(3)], events: vec![2, 3, 1] };
    let is_certain = publisher.subtract_shared(&mut part, NOW_MS, &|known| {
        assert_eq!(known, [1, 2]);
        Some(vec![datum(3)])
    });
    assert_eq!((is_certain, part.data), (true, vec![datum(2), datum(3)]));

    // None of its log events is in the other batch, so it is not counted again.
    let mut part = BatchData { batch: b"third", data: vec![datum(1)], events: vec![4] };
    let is_certain = publisher.subtract_shared(&mut part, NOW_MS, &|_| unreachable!());
    assert_eq!((is_certain, part.data), (true, vec![datum(1)]));
}

#[tokio::test(flavor = "current_thread")]
async fn where_it_is_unknown_what_was_accepted_nothing_is_left_out_and_that_is_reported() {
    let recounts: [fn() -> Option<Vec<Datum>>; 3] = [
        // The shared log events counted at another place there.
        || Some(Vec::new()),
        // They make the others of this batch count at another place.
        || Some(vec![datum(4)]),
        // There was no time.
        || None,
    ];
    for recount in recounts {
        let publisher = half_accepted().await;
        let mut part = BatchData { batch: b"other", data: vec![datum(3)], events: vec![1, 2, 3] };
        let is_certain = publisher.subtract_shared(&mut part, NOW_MS, &|_| recount());
        assert_eq!((is_certain, part.data), (false, vec![datum(3)]));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_unfinished_batch_that_is_forgotten_is_reported() {
    let mut publisher = one_by_one([Ok(()), refusal(), Ok(()), refusal()]);
    for (forgotten, batch) in [b"one", b"two"].into_iter().enumerate() {
        let part = BatchData { batch, data: vec![datum(1), datum(2)], events: (0..60_000).collect() };
        let published = publisher.publish_all(vec![part], NOW_MS, in_seconds(20)).await;
        assert_eq!((published.result.is_err(), published.forgotten_batches), (true, forgotten as u64));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_unknown_outcome_is_sent_again_and_reported() {
    let mut publisher = publisher([Err(Fault::Cut)]);
    let published = publisher.publish(b"batch", vec![datum(1)], NOW_MS, in_seconds(20)).await;
    assert_eq!((published.attempts, published.uncertain_attempts), (2, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_accepted_of_a_failed_batch_is_not_sent_again() {
    let data: Vec<_> = (0..2_500).map(datum).collect();
    let mut publisher = publisher([Ok(()), refusal()]);
    let first = publisher.publish(b"batch", data.clone(), NOW_MS, in_seconds(20)).await;
    assert_eq!((first.requests, first.accepted_requests), (3, 1));
    assert!(!first.result.unwrap_err().may_pass());

    let again = publisher.publish(b"batch", data.clone(), NOW_MS, in_seconds(20)).await;
    assert_eq!((again.already_accepted_data, again.requests, again.result), (1_000, 2, Ok(())));
    assert_eq!(total(&publisher, "Errors"), 5_000.0);

    // The same counts of another batch are other failures.
    let other = publisher.publish(b"other batch", data, NOW_MS, in_seconds(20)).await;
    assert_eq!((other.already_accepted_data, other.requests), (0, 3));
}

/// Some counts of one batch among several, each in a place that only batches of an even or only of an odd number share.
fn share(batch: usize) -> Vec<Datum> {
    (0..900).map(|n| datum(2 * n + batch % 2)).collect()
}

#[tokio::test(flavor = "current_thread")]
async fn batches_sent_together_share_their_requests() {
    let mut publisher = publisher([]);
    let names: Vec<_> = (0..10_usize).map(usize::to_le_bytes).collect();
    let parts =
        names.iter().enumerate().map(|(n, batch)| BatchData { batch, data: share(n), events: Vec::new() }).collect();
    let published = publisher.publish_all(parts, NOW_MS, in_seconds(20)).await;
    assert_eq!((published.data, published.requests, published.result), (1_800, 2, Ok(())));
    assert_eq!(total(&publisher, "Errors"), 18_000.0);
    assert!(publisher.sink.accepted.iter().flat_map(|request| &request.data).all(|datum| datum.values.len() == 1));
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_accepted_of_batches_sent_together_is_known_in_any_other_company() {
    let mut publisher = publisher([Ok(()), refusal()]);
    let names: Vec<_> = (0..10_usize).map(usize::to_le_bytes).collect();
    let parts = |of: std::ops::Range<usize>| {
        of.map(|n| BatchData { batch: &names[n], data: share(n), events: Vec::new() }).collect::<Vec<_>>()
    };
    let first = publisher.publish_all(parts(0..10), NOW_MS, in_seconds(20)).await;
    assert!(first.result.is_err());

    // Lambda cuts the row in two and delivers the halves.
    for half in [0..5, 5..10] {
        let published = publisher.publish_all(parts(half), NOW_MS, in_seconds(20)).await;
        assert_eq!(published.result, Ok(()));
    }
    assert_eq!(total(&publisher, "Errors"), 18_000.0);
}

#[tokio::test(flavor = "current_thread")]
async fn failures_too_old_to_be_sent_are_counted_once_without_their_roll_ups() {
    let old = Datum { timestamp_ms: NOW_MS - 20 * 24 * 60 * 60_000, ..datum(1) };
    let roll_up = Datum { metric: "StageErrors", ..old.clone() };
    let mut publisher = publisher([]);
    let published = publisher.publish(b"batch", vec![old, roll_up], NOW_MS, in_seconds(20)).await;
    assert_eq!(published.stale_failures, 2);
    assert!(publisher.sink.accepted.is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn without_time_nothing_is_sent_and_the_error_says_so() {
    let mut publisher = publisher([]);
    let published = publisher.publish(b"batch", vec![datum(1)], NOW_MS, Instant::now()).await;
    let error = published.result.unwrap_err();
    assert_eq!(error.fault, Fault::NoTimeLeft);
    assert!(error.may_pass());
    assert_eq!(
        error.to_string(),
        "0 of 1 requests accepted after 0 attempts: no time was left to send the request; a retry may help"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_throttle_that_lasts_ends_before_the_deadline() {
    let mut publisher = publisher(std::iter::repeat_n(Err(Fault::Throttled), 100));
    let begin = Instant::now();
    let published = publisher.publish(b"batch", vec![datum(1)], NOW_MS, in_seconds(1)).await;
    assert_eq!(published.result.unwrap_err().fault, Fault::Throttled);
    assert!(begin.elapsed() < Duration::from_secs(1));
}

/// Whether requests are accepted, one after the other; faults that are not waited for, so that a history takes no time.
fn outcomes() -> impl Strategy<Value = Vec<Result<(), Fault>>> {
    let refused = Fault::Refused { status: 403, code: "AccessDenied".to_owned() };
    let fault = prop_oneof![Just(refused), Just(Fault::NotSent), Just(Fault::Write)];
    proptest::collection::vec(prop_oneof![2 => Just(Ok(())), 1 => fault.prop_map(Err)], 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some batches, delivered in turn until each is accepted to its end, as Lambda would.
    #[test]
    fn whatever_requests_fail_every_count_arrives_exactly_once(
        outcomes in outcomes(),
        sizes in proptest::collection::vec(1..2_500_usize, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut publisher = publisher(outcomes.clone());
        let mut open: Vec<usize> = (0..sizes.len()).collect();
        let mut said = 0;
        while !open.is_empty() {
            open.retain(|batch| {
                let data = (0..sizes[*batch]).map(datum).collect();
                let content = batch.to_le_bytes();
                let publish = publisher.publish(&content, data, NOW_MS, in_seconds(20));
                let published = runtime.block_on(publish);
                said += published.uncertain_attempts as usize;
                published.result.is_err()
            });
        }
        let failures: usize = sizes.iter().sum();
        prop_assert_eq!(total(&publisher, "Errors"), 2.0 * failures as f64);
        let uncertain = outcomes.iter().filter(|outcome| matches!(outcome, Err(Fault::Write))).count();
        let unused = publisher.sink.script.iter().filter(|outcome| matches!(outcome, Err(Fault::Write))).count();
        prop_assert_eq!(said, uncertain - unused);
    }
}
