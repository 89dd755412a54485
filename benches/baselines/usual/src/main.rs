//! The function as it is usually written: configuration, client and events by the crates of AWS with their defaults, a
//! `RegexSet` over each message, and one datum for each line that matches, in a request of its own.

use std::sync::LazyLock;

use aws_config::BehaviorVersion;
use aws_lambda_events::cloudwatch_logs::LogsEvent;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use regex::RegexSet;

/// A cause, a tab, and the pattern that shows it: one a line, as for the programs in Python and Node.
const PATTERNS: &str = include_str!("../../../usual/patterns.tsv");

static ROWS: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| PATTERNS.lines().filter_map(|line| line.split_once('\t')).collect());

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let patterns = RegexSet::new(ROWS.iter().map(|(_, pattern)| pattern))?;
    run(service_fn(|event: LambdaEvent<LogsEvent>| count(&client, &patterns, event))).await
}

async fn count(client: &Client, patterns: &RegexSet, event: LambdaEvent<LogsEvent>) -> Result<(), Error> {
    for log_event in event.payload.aws_logs.data.log_events {
        let Some(nth) = patterns.matches(&log_event.message).iter().next() else {
            continue;
        };
        let datum = MetricDatum::builder()
            .metric_name("Errors")
            .dimensions(Dimension::builder().name("Cause").value(ROWS[nth].0).build())
            .timestamp(DateTime::from_millis(log_event.timestamp))
            .unit(StandardUnit::Count)
            .value(1.0)
            .build();
        client.put_metric_data().namespace("Usual").metric_data(datum).send().await?;
    }
    Ok(())
}
