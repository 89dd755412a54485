//! The publisher with the real SDK against a CloudWatch that refuses what CloudWatch refuses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::time::Duration;

use tokio::time::Instant;
use why5xx::publish::{CloudWatch, Fault, Published, Publisher};
use why5xx::settings::{Aws, Environment};
use why5xx::tally::{Datum, Unit};

use crate::support::cloudwatch::{self, Behaviour, now_ms};
use crate::support::http;

fn aws(url: &str) -> Aws {
    Aws::load(&Environment::of([
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "planted-access-key"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", url),
    ]))
    .unwrap()
}

fn publisher(url: &str) -> Publisher<CloudWatch> {
    Publisher::new(CloudWatch::new(&aws(url)), "Why5xx")
}

fn datum(stage: &str) -> Datum {
    Datum {
        metric: "Errors",
        dimensions: vec![("ApiId", "a1b2c3d4e5".to_owned()), ("Stage", stage.to_owned())],
        timestamp_ms: now_ms(),
        values: vec![(1.0, 1.0)],
        unit: Unit::Count,
    }
}

async fn publish(to: &mut Publisher<CloudWatch>, data: Vec<Datum>) -> Published {
    to.publish(b"batch", data, now_ms(), Instant::now() + Duration::from_secs(20)).await
}

#[tokio::test(flavor = "current_thread")]
async fn whatever_the_names_are_no_request_is_refused() {
    let endpoint = cloudwatch::CloudWatch::start();
    let names = ["", "   ", "\u{a0}", "prüf", "a\nb", ":a", "日本", "\0", "x\u{7f}", &"n".repeat(5_000), "$default"];
    let data: Vec<_> = names.iter().map(|name| datum(name)).collect();
    let published = publish(&mut publisher(&endpoint.url()), data).await;
    assert_eq!((published.result, endpoint.refusals()), (Ok(()), Vec::new()));
    assert_eq!(endpoint.sum("Errors"), names.len() as f64);
    assert_eq!(endpoint.sum_of("Errors", "Stage", "unknown"), 4.0);
    assert_eq!(published.adjusted_data, 9);
}

#[tokio::test(flavor = "current_thread")]
async fn data_at_every_limit_are_accepted() {
    let endpoint = cloudwatch::CloudWatch::start();
    let mut data: Vec<_> = (0..1_001).map(|n| datum(&format!("{n:01024}"))).collect();
    let dimensions = ["d0", "d1", "d2"].map(|name| (name, "v".repeat(1_024))).to_vec();
    data.push(Datum { dimensions, ..datum("") });
    let values: Vec<_> = (0..400).map(|n| (f64::from(n), 2.0)).collect();
    data.push(Datum { values, metric: "Delays", unit: Unit::Milliseconds, ..datum("prod") });
    let hour_ms = 60 * 60_000;
    for (stage, offset_ms) in [("old", -14 * 24 * hour_ms), ("late", -13 * 24 * hour_ms), ("ahead", 3 * hour_ms)] {
        data.push(Datum { timestamp_ms: now_ms() + offset_ms, ..datum(stage) });
    }
    data.push(Datum { values: vec![(f64::NAN, 1.0)], ..datum("nan") });
    let published = publish(&mut publisher(&endpoint.url()), data).await;
    assert_eq!((published.result, endpoint.refusals()), (Ok(()), Vec::new()));
    assert_eq!(endpoint.sum("Errors"), 1_003.0);
    assert_eq!(endpoint.sum("Delays"), 2.0 * (0..400).sum::<i32>() as f64);
    assert_eq!((published.stale_failures, published.unsendable_data), (2, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn requests_are_as_full_as_a_megabyte_allows_and_never_fuller() {
    let endpoint = cloudwatch::CloudWatch::start();
    let data: Vec<_> = (0..3_000).map(|n| datum(&format!("{n:0900}"))).collect();
    let published = publish(&mut publisher(&endpoint.url()), data).await;
    assert_eq!(published.result, Ok(()));
    let sizes = endpoint.sizes();
    assert!(sizes.iter().all(|(data, bytes)| *data <= 1_000 && *bytes <= 1_000_000), "{sizes:?}");
    // The estimate is on the safe side, but not by more than a tenth.
    assert!(sizes[0].1 > 900_000, "{sizes:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn large_requests_are_compressed_and_small_ones_are_not() {
    let endpoint = cloudwatch::CloudWatch::start();
    let mut publisher = publisher(&endpoint.url());
    publish(&mut publisher, vec![datum("prod")]).await;
    assert_eq!((endpoint.requests(), endpoint.compressed()), (1, 0));
    publish(&mut publisher, (0..500).map(|n| datum(&n.to_string())).collect()).await;
    assert_eq!((endpoint.requests(), endpoint.compressed()), (2, 1));
    assert_eq!(endpoint.sum("Errors"), 501.0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_throttle_and_a_server_error_pass() {
    let endpoint = cloudwatch::CloudWatch::start();
    endpoint.then([Behaviour::Throttle, Behaviour::Fail(500), Behaviour::Fail(503)]);
    let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
    assert_eq!(published.result, Ok(()));
    // What a server error accepted is not known; what a throttle accepted is: nothing.
    assert_eq!((published.attempts, published.uncertain_attempts), (4, 2));
    assert_eq!(endpoint.sum("Errors"), 1.0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_wrong_clock_costs_one_attempt_and_no_count() {
    let rows = [
        (600, 403, "RequestTimeTooSkewed"),
        (-600, 403, "RequestTimeTooSkewed"),
        (600, 403, "InvalidSignatureException"),
        (-600, 403, "SignatureDoesNotMatch"),
        (360, 401, "AuthFailure"),
        (-3_000, 400, "AccessDeniedException"),
        (3_000, 400, "RequestExpired"),
        (-3_000, 403, "RequestInTheFuture"),
    ];
    for (ahead_seconds, status, code) in rows {
        let endpoint = cloudwatch::CloudWatch::start();
        endpoint.set_clock(ahead_seconds, status, code);
        let mut publisher = publisher(&endpoint.url());
        for attempts in [2, 1] {
            let published = publish(&mut publisher, vec![datum("prod")]).await;
            assert_eq!((published.result, published.attempts), (Ok(()), attempts), "{code}");
            assert_eq!(published.uncertain_attempts, 0, "{code}");
        }
        assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (2.0, 3), "{code}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_wrong_key_or_a_missing_right_is_an_error_after_one_more_attempt() {
    for (status, code) in [(403, "SignatureDoesNotMatch"), (400, "AccessDeniedException")] {
        let endpoint = cloudwatch::CloudWatch::start();
        endpoint.always(Behaviour::RefuseWith(status, code));
        // Three requests, all of which would fare alike.
        let data: Vec<_> = (0..2_500).map(|n| datum(&n.to_string())).collect();
        let error = publish(&mut publisher(&endpoint.url()), data).await.result.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "0 of 3 requests accepted after 2 attempts: CloudWatch denied the request ({status} {code}); check the \
                 access keys, the right to cloudwatch:PutMetricData and the clock; a retry does not help"
            )
        );
        assert_eq!(endpoint.requests(), 2, "{code}");
        assert!(!format!("{error:?}").contains(cloudwatch::SECRET));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_one_more_attempt_is_an_attempt_like_any_other() {
    let endpoint = cloudwatch::CloudWatch::start();
    let denied = Behaviour::RefuseWith(403, "RequestTimeTooSkewed");
    endpoint.then([Behaviour::Throttle, denied, Behaviour::Throttle]);
    let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
    assert_eq!((published.result, published.attempts, endpoint.sum("Errors")), (Ok(()), 4, 1.0));

    endpoint.then([denied, Behaviour::Throttle, denied]);
    let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
    assert_eq!((published.result.is_err(), published.attempts, endpoint.sum("Errors")), (true, 3, 1.0));
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_that_took_too_long_to_arrive_is_sent_once_more() {
    for too_slow in [Behaviour::Fail(408), Behaviour::RefuseWith(400, "RequestTimeout")] {
        let endpoint = cloudwatch::CloudWatch::start();
        endpoint.then([too_slow]);
        let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
        assert_eq!((published.result, published.attempts, published.uncertain_attempts), (Ok(()), 2, 1));
        assert_eq!(endpoint.sum("Errors"), 1.0);

        endpoint.then([too_slow, too_slow]);
        let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
        assert_eq!((published.result.unwrap_err().fault, published.attempts), (Fault::TooSlow, 2));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_cut_connection_is_of_unknown_outcome_and_sent_again() {
    for (cut, counted) in [(Behaviour::CutBeforeAccepting, 1.0), (Behaviour::CutAfterAccepting, 2.0)] {
        let endpoint = cloudwatch::CloudWatch::start();
        endpoint.then([cut]);
        let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
        assert_eq!((published.result, published.uncertain_attempts), (Ok(()), 1), "{cut:?}");
        assert_eq!(endpoint.sum("Errors"), counted, "{cut:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn where_nobody_listens_it_is_certain_that_nothing_was_accepted() {
    let closed = http::closed_address();
    // A port on which nobody listens, a name that nobody has, and a server that does not speak TLS.
    let plain = cloudwatch::CloudWatch::start().address;
    for url in [format!("http://{closed}"), "http://why5xx.invalid".to_owned(), format!("https://{plain}")] {
        let until = Instant::now() + Duration::from_secs(2);
        let published = publisher(&url).publish(b"batch", vec![datum("prod")], now_ms(), until).await;
        assert_eq!(published.result.unwrap_err().fault, Fault::Unreachable, "{url}");
        assert_eq!(published.uncertain_attempts, 0, "{url}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_that_was_closed_while_idle_is_not_used_again() {
    let endpoint = cloudwatch::CloudWatch::start();
    let mut publisher = publisher(&endpoint.url());
    for _ in 0..3 {
        endpoint.then([Behaviour::StrictThenClose]);
        let published = publish(&mut publisher, vec![datum("prod")]).await;
        assert_eq!((published.attempts, published.uncertain_attempts, published.result), (1, 0, Ok(())));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(endpoint.sum("Errors"), 3.0);
}

#[tokio::test(flavor = "current_thread")]
async fn an_endpoint_that_hangs_ends_before_the_deadline() {
    let endpoint = cloudwatch::CloudWatch::start();
    endpoint.always(Behaviour::Hang(Duration::from_secs(30)));
    let begin = Instant::now();
    let until = begin + Duration::from_secs(1);
    let published = publisher(&endpoint.url()).publish(b"batch", vec![datum("prod")], now_ms(), until).await;
    assert_eq!(published.result.unwrap_err().fault, Fault::Timeout);
    assert!(begin.elapsed() < Duration::from_millis(1_100), "{:?}", begin.elapsed());
}

#[tokio::test(flavor = "current_thread")]
async fn a_refusal_names_its_code_and_never_the_services_words() {
    let endpoint = cloudwatch::CloudWatch::start();
    endpoint.always(Behaviour::Refuse);
    let published = publish(&mut publisher(&endpoint.url()), vec![datum("prod")]).await;
    let error = published.result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "0 of 1 requests accepted after 1 attempts: CloudWatch refused the request (400 InvalidParameterValue); \
         a retry does not help"
    );
    assert!(!format!("{error:?}").contains(cloudwatch::SECRET));
}

#[tokio::test(flavor = "current_thread")]
async fn one_request_that_is_refused_does_not_keep_back_the_others() {
    let endpoint = cloudwatch::CloudWatch::start();
    let mut publisher = publisher(&endpoint.url());
    // Refused whole, and accepted in parts.
    endpoint.then([Behaviour::Strict, Behaviour::Refuse, Behaviour::Strict]);
    let data: Vec<_> = (0..2_500).map(|n| datum(&n.to_string())).collect();
    let published = publish(&mut publisher, data).await;
    assert_eq!((published.requests - published.accepted_requests, published.result), (1, Ok(())));
    assert_eq!(endpoint.sum("Errors"), 2_500.0);
}

#[tokio::test(flavor = "current_thread")]
async fn a_request_that_is_refused_for_its_rights_keeps_back_the_following_ones_which_would_fare_alike() {
    let endpoint = cloudwatch::CloudWatch::start();
    let mut publisher = publisher(&endpoint.url());
    endpoint.then([Behaviour::Strict, Behaviour::RefuseWith(403, "AccessDenied")]);
    let data: Vec<_> = (0..2_500).map(|n| datum(&n.to_string())).collect();
    let first = publish(&mut publisher, data.clone()).await;
    assert_eq!((first.requests, first.accepted_requests, endpoint.requests()), (3, 1, 2));
    let again = publish(&mut publisher, data).await;
    assert_eq!((again.requests, again.result), (2, Ok(())));
    assert_eq!(endpoint.sum("Errors"), 2_500.0);
}

#[tokio::test(flavor = "current_thread")]
async fn one_datum_that_is_refused_costs_twenty_requests_at_most_and_no_other_datum() {
    for at in [0, 1, 499, 500, 999] {
        let endpoint = cloudwatch::CloudWatch::start();
        endpoint.refuse_value("unwanted");
        let mut data: Vec<_> = (0..1_000).map(|n| datum(&n.to_string())).collect();
        data[at] = datum("unwanted");
        let published = publish(&mut publisher(&endpoint.url()), data).await;
        assert_eq!((published.result, published.unsendable_data, published.data), (Ok(()), 1, 999), "{at}");
        assert_eq!(published.refused[0].dimensions[1].1, "unwanted");
        assert_eq!((endpoint.sum("Errors"), published.uncertain_attempts), (999.0, 0), "{at}");
        assert!(endpoint.requests() <= 21, "{at}: {}", endpoint.requests());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_twenty_requests_did_not_find_the_next_delivery_finds() {
    let endpoint = cloudwatch::CloudWatch::start();
    endpoint.refuse_value("unwanted");
    let mut data: Vec<_> = (0..1_000).map(|n| datum(&n.to_string())).collect();
    for at in [0, 500, 999] {
        data[at].dimensions.push(("Cause", "unwanted".to_owned()));
    }
    let mut publisher = publisher(&endpoint.url());
    let mut refused = 0;
    for deliveries in 1.. {
        let before = endpoint.requests();
        let published = publish(&mut publisher, data.clone()).await;
        refused += published.refused.len();
        assert!(endpoint.requests() - before <= 21);
        if published.result.is_ok() {
            assert!((2..=3).contains(&deliveries), "{deliveries}");
            break;
        }
    }
    assert_eq!((endpoint.sum("Errors"), refused), (997.0, 3));
}
