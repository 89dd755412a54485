//! The stand-in for CloudWatch refuses what CloudWatch refuses: what the other tests show rests on that.

#![expect(clippy::disallowed_types, reason = "the endpoint is asked as the SDK asks")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::retry::RetryConfig;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};

use crate::support::cloudwatch::{CloudWatch, now_ms};

/// Not through the publisher, which would fix what it can.
fn client(endpoint: &CloudWatch) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", "planted-access-key", None, None, "test"))
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
                    aws_smithy_http_client::tls::rustls_provider::CryptoMode::Ring,
                ))
                .build_https(),
        )
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint.url());
    Client::from_conf(config.build())
}

fn datum() -> aws_sdk_cloudwatch::types::builders::MetricDatumBuilder {
    MetricDatum::builder().metric_name("Errors").timestamp(DateTime::from_millis(now_ms())).value(1.0)
}

fn with_dimension(name: &str, value: &str) -> MetricDatum {
    datum().dimensions(Dimension::builder().name(name).value(value).build()).build()
}

fn with_values(values: Vec<f64>, counts: Option<Vec<f64>>) -> MetricDatum {
    datum().set_value(None).set_values(Some(values)).set_counts(counts).build()
}

fn at(offset_ms: i64) -> MetricDatum {
    datum().timestamp(DateTime::from_millis(now_ms() + offset_ms)).build()
}

const DAY_MS: i64 = 24 * 60 * 60_000;

fn refused() -> Vec<(&'static str, &'static str, Vec<MetricDatum>)> {
    let many = |count: u32| (0..count).map(f64::from).collect::<Vec<_>>();
    let dimensions = (0..31).map(|n| Dimension::builder().name(format!("d{n}")).value("v").build()).collect();
    vec![
        ("no data", "N", vec![]),
        ("1,001 data", "N", vec![datum().build(); 1_001]),
        ("more than a megabyte", "N", vec![with_dimension("d", &"v".repeat(1_024)); 1_000]),
        ("a namespace of AWS", "AWS/Lambda", vec![datum().build()]),
        ("a namespace with a colon", ":N", vec![datum().build()]),
        ("a metric without a name", "N", vec![datum().metric_name("").build()]),
        ("an empty dimension value", "N", vec![with_dimension("d", "")]),
        ("a blank dimension value", "N", vec![with_dimension("d", "  ")]),
        ("a dimension value that is not ASCII", "N", vec![with_dimension("d", "ü")]),
        ("a control character", "N", vec![with_dimension("d", "a\nb")]),
        ("a dimension value of 1,025 characters", "N", vec![with_dimension("d", &"v".repeat(1_025))]),
        ("a dimension name with a colon", "N", vec![with_dimension(":d", "v")]),
        ("31 dimensions", "N", vec![datum().set_dimensions(Some(dimensions)).build()]),
        ("151 values", "N", vec![with_values(many(151), None)]),
        ("values and counts of different length", "N", vec![with_values(many(2), Some(vec![1.0]))]),
        ("value and values", "N", vec![datum().values(1.0).build()]),
        ("no value", "N", vec![datum().set_value(None).build()]),
        ("not a number", "N", vec![datum().value(f64::NAN).build()]),
        ("infinity", "N", vec![with_values(vec![f64::INFINITY], None)]),
        ("a value beyond 2^360", "N", vec![datum().value(2_f64.powi(361)).build()]),
        ("more than two weeks ago", "N", vec![at(-15 * DAY_MS)]),
        ("more than two hours ahead", "N", vec![at(DAY_MS / 8)]),
        ("one bad datum among good ones", "N", vec![datum().build(), with_dimension("d", "")]),
    ]
}

#[tokio::test(flavor = "current_thread")]
async fn what_breaks_a_rule_is_refused_and_nothing_of_it_accepted() {
    let endpoint = CloudWatch::start();
    let client = client(&endpoint);
    for (name, namespace, data) in refused() {
        let call = client.put_metric_data().namespace(namespace).set_metric_data(Some(data));
        let error = call.send().await.expect_err(name);
        let code = error.code().unwrap_or_default().to_owned();
        let known =
            ["InvalidParameterValue", "InvalidParameterCombination", "MissingParameter", "RequestEntityTooLarge"];
        assert!(known.contains(&code.as_str()), "{name}: {code}");
    }
    assert!(endpoint.accepted().is_empty());
}

/// The SDK signs by the time in the last answer, also with retries switched off: the sink rests on that.
#[tokio::test(flavor = "current_thread")]
async fn a_client_whose_clock_is_wrong_is_refused_once_and_signs_by_the_endpoints_time_from_then_on() {
    for ahead_seconds in [-600, 600] {
        let endpoint = CloudWatch::start();
        endpoint.set_clock(ahead_seconds, 403, "RequestTimeTooSkewed");
        let client = client(&endpoint);
        let call = || client.put_metric_data().namespace("N").metric_data(datum().build()).send();
        assert_eq!(call().await.unwrap_err().code(), Some("RequestTimeTooSkewed"));
        for _ in 0..2 {
            call().await.unwrap();
        }
        assert_eq!(endpoint.accepted().len(), 2);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_keeps_to_the_rules_is_accepted() {
    let endpoint = CloudWatch::start();
    let data = vec![
        datum().build(),
        with_dimension("d", &"v".repeat(1_024)),
        with_values((0..150).map(f64::from).collect(), Some(vec![2.0; 150])),
        at(-13 * DAY_MS),
        at(DAY_MS / 24),
    ];
    let call = client(&endpoint).put_metric_data().namespace("N").set_metric_data(Some(data));
    call.send().await.unwrap();
    assert_eq!(endpoint.accepted().len(), 5);
}
