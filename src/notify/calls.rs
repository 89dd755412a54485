//! The calls of AWS that a message needs: alarms, metrics, the function's own log, and the topic.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::config::Credentials;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout_at};

use super::event::{Alarm, AlarmState, query, time_ms};
use super::facts::{Contributor, WINDOW_MS};
use super::message::AlarmMessage;
use crate::clock::now_ms;
use crate::publish::THROTTLE_CODES;
use crate::settings::NotifySettings;
use crate::signed::service::Service;
use crate::signed::{self, ServiceAnswer, Signer};

/// Timeout for connecting. The endpoints are in the same Region.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Timeout for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes of an answer: the largest is a page of log events, of 1 MB before it is escaped.
const MOST_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Most attempts of one call.
const MOST_ATTEMPTS: u32 = 4;

/// First wait after a failed attempt; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(300);

/// Most pages of one list: 100 contributors fit in a few, and what failed in three hours in some tens.
const MOST_PAGES: usize = 20;

/// How often a list of contributors that is still empty is read again, and after what time.
const EMPTY_READS: usize = 3;
const EMPTY_WAIT: Duration = Duration::from_secs(2);

/// Most metrics in one call.
///
/// Source: CloudWatch API Reference, GetMetricData: 500 queries.
const MOST_SERIES: usize = 500;

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{action}: {why}")]
pub(super) struct FailedCall {
    action: &'static str,
    why: String,
}

/// No topic took the message.
#[derive(Debug, Error)]
#[error("the message about an alarm could not be sent: {0}")]
pub struct NotSent(String);

/// The client and where it calls.
#[derive(Debug)]
pub(super) struct Calls {
    client: signed::SignedClient,
    credentials: Credentials,
    region: String,
    monitoring_url: String,
    logs_url: String,
    sns_url: String,
}

impl Calls {
    pub(super) fn new(settings: &NotifySettings) -> Self {
        let aws = &settings.aws;
        Self {
            client: signed::SignedClient::new(signed::proxy_of(aws), CONNECT_TIMEOUT, MOST_BODY_BYTES),
            credentials: signed::credentials_of(aws),
            region: aws.region.clone(),
            monitoring_url: settings.monitoring_url.clone(),
            logs_url: settings.logs_url.clone(),
            sns_url: settings.sns_url.clone(),
        }
    }

    /// Reads an alarm.
    pub(super) async fn alarm(&self, name: &str, until: Instant) -> Result<Alarm, FailedCall> {
        const ACTION: &str = "DescribeAlarms";
        let body = json!({"AlarmNames": [name], "AlarmTypes": ["MetricAlarm"]});
        let answer = self.cloudwatch(ACTION, &body, until).await?;
        let alarm = &answer["MetricAlarms"][0];
        let Some(state) = alarm["StateValue"].as_str() else {
            return Err(FailedCall { action: ACTION, why: "there is no such alarm".to_owned() });
        };
        Ok(Alarm {
            state: AlarmState::of(state),
            since_ms: milliseconds(&alarm["StateTransitionedTimestamp"]),
            query: alarm["Metrics"].as_array().and_then(|metrics| query(metrics, "Expression")),
            acts: alarm["ActionsEnabled"] != false,
        })
    }

    /// Reads what is in ALARM of an alarm. A list that is still empty is read again, for the alarm has changed just now.
    pub(super) async fn contributors(&self, alarm: &str, until: Instant) -> Result<Vec<Contributor>, FailedCall> {
        let mut found = Vec::new();
        for read in 0..EMPTY_READS {
            if read > 0 && Instant::now() + EMPTY_WAIT < until {
                sleep(EMPTY_WAIT).await;
            }
            let mut body = json!({"AlarmName": alarm});
            for _ in 0..MOST_PAGES {
                let answer = self.cloudwatch("DescribeAlarmContributors", &body, until).await?;
                let page = answer["AlarmContributors"].as_array().into_iter().flatten();
                found.extend(page.map(|contributor| Contributor::of(&contributor["ContributorAttributes"])));
                let Some(token) = answer["NextToken"].as_str().filter(|token| !token.is_empty()) else { break };
                body["NextToken"] = token.into();
            }
            if !found.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Reads the failures of each series by minute, up to the time of the change.
    pub(super) async fn counts(
        &self,
        namespace: &str,
        metric: &str,
        series: &[&Contributor],
        at_ms: Option<i64>,
        until: Instant,
    ) -> Result<Vec<Vec<(i64, f64)>>, FailedCall> {
        let queries = series.iter().take(MOST_SERIES).enumerate().map(|(number, series)| {
            let dimensions = series.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value}));
            let metric =
                json!({"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions.collect::<Vec<_>>()});
            json!({"Id": format!("s{number}"), "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}})
        });
        let at_ms = at_ms.unwrap_or_else(now_ms);
        let mut body = json!({
            "MetricDataQueries": queries.collect::<Vec<_>>(),
            "StartTime": at_ms.saturating_sub(WINDOW_MS).div_euclid(1_000),
            "EndTime": at_ms.saturating_add(60_000).div_euclid(1_000),
            "ScanBy": "TimestampAscending",
        });
        let mut points = vec![Vec::new(); series.len()];
        for _ in 0..MOST_PAGES {
            let answer = self.cloudwatch("GetMetricData", &body, until).await?;
            for result in answer["MetricDataResults"].as_array().into_iter().flatten() {
                // Source: CloudWatch API Reference, MetricDataResult: the others are Complete and PartialData, whose rest follows.
                if let Some(why @ ("Forbidden" | "InternalError")) = result["StatusCode"].as_str() {
                    return Err(FailedCall { action: "GetMetricData", why: why.to_owned() });
                }
                let number = result["Id"].as_str().and_then(|id| id.strip_prefix('s')?.parse::<usize>().ok());
                let Some(points) = number.and_then(|number| points.get_mut(number)) else { continue };
                let times = result["Timestamps"].as_array().into_iter().flatten();
                let values = result["Values"].as_array().into_iter().flatten();
                points
                    .extend(times.zip(values).filter_map(|(time, value)| Some((milliseconds(time)?, value.as_f64()?))));
            }
            let Some(token) = answer["NextToken"].as_str().filter(|token| !token.is_empty()) else { break };
            body["NextToken"] = token.into();
        }
        Ok(points)
    }

    /// Reads the exemplars of the function's own log, the oldest first, and says whether it read all of them.
    pub(super) async fn exemplars(
        &self,
        log_group: &str,
        since_ms: Option<i64>,
        until: Instant,
    ) -> Result<(Vec<Value>, bool), FailedCall> {
        let since_ms = since_ms.unwrap_or_else(|| now_ms().saturating_sub(WINDOW_MS));
        // A plain term, which needs no escaping; the fields are compared here.
        let mut body = json!({"logGroupName": log_group, "startTime": since_ms.max(0), "filterPattern": "exemplar"});
        let (mut exemplars, mut is_read) = (Vec::new(), false);
        for _ in 0..MOST_PAGES {
            let headers = Service::Logs.json_headers("FilterLogEvents");
            let text = body.to_string();
            let request = self.request(Service::Logs.prefix(), &self.logs_url, headers, &text);
            let answer = self.call("FilterLogEvents", &request, until).await?;
            let answer = parsed("FilterLogEvents", &answer)?;
            let events = answer["events"].as_array().into_iter().flatten();
            exemplars.extend(events.filter_map(|event| {
                let exemplar = serde_json::from_str::<Value>(event["message"].as_str()?).ok()?;
                Some((event["timestamp"].as_i64(), exemplar))
            }));
            let token = answer["nextToken"].as_str().filter(|token| !token.is_empty());
            is_read = token.is_none();
            let Some(token) = token else { break };
            body["nextToken"] = token.into();
        }
        // Within a page they are in order, and pages may be of different log streams.
        exemplars.sort_by_key(|(timestamp_ms, _)| *timestamp_ms);
        Ok((exemplars.into_iter().map(|(_, exemplar)| exemplar).collect(), is_read))
    }

    /// Sends a message to each topic. Returns those that did not take it, with the reason.
    ///
    /// # Errors
    ///
    /// If none took it. With an error Lambda invokes again, and those that have the message would get it again.
    pub(super) async fn publish(
        &self,
        topics: &[String],
        message: &AlarmMessage,
        until: Instant,
    ) -> Result<Vec<String>, NotSent> {
        let by_protocol = message.by_protocol();
        let mut failed = Vec::new();
        for topic in topics {
            let fields = [
                ("Action", "Publish"),
                ("Version", "2010-03-31"),
                ("TopicArn", topic),
                ("Subject", &message.subject),
                ("MessageStructure", "json"),
                ("Message", &by_protocol),
            ];
            let body = fields.map(|(name, value)| format!("{name}={}", form_encoded(value))).join("&");
            let headers = vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
            let request = self.request("sns", &self.sns_url, headers, &body);
            if let Err(error) = self.call("sns:Publish", &request, until).await {
                failed.push(format!("{topic}: {error}"));
            }
        }
        if failed.len() < topics.len() { Ok(failed) } else { Err(NotSent(failed.join("; "))) }
    }

    /// In a box, because each of its callers would hold a copy of its code.
    fn cloudwatch<'c>(
        &'c self,
        action: &'static str,
        body: &Value,
        until: Instant,
    ) -> Pin<Box<dyn Future<Output = Result<Value, FailedCall>> + Send + 'c>> {
        let headers = Service::CloudWatch.json_headers(action);
        let text = body.to_string();
        Box::pin(async move {
            let request = self.request(Service::CloudWatch.prefix(), &self.monitoring_url, headers, &text);
            parsed(action, &self.call(action, &request, until).await?)
        })
    }

    fn request<'r>(
        &self,
        service: &'static str,
        url: &'r str,
        headers: Vec<(&'static str, String)>,
        body: &'r str,
    ) -> signed::ServiceRequest<'r> {
        signed::ServiceRequest { method: "POST", service, url, headers, body }
    }

    /// Makes a call; again where that may help and time is left. Not by [`AccountClient`](crate::signed::client::AccountClient),
    /// which waits for minutes, at a rate of its own, in a runtime of its own: a message has seconds.
    async fn call(
        &self,
        action: &'static str,
        request: &signed::ServiceRequest<'_>,
        until: Instant,
    ) -> Result<Vec<u8>, FailedCall> {
        let failed = |why: String| FailedCall { action, why };
        let (mut attempts, mut wait) = (0, FIRST_WAIT);
        loop {
            attempts += 1;
            let signer = Signer { credentials: &self.credentials, region: &self.region, time: SystemTime::now() };
            let answer_until = until.min(Instant::now() + ANSWER_TIMEOUT);
            let why = match timeout_at(answer_until, self.client.exchange(request, signer)).await {
                Ok(Ok(ServiceAnswer::Done(body))) => return Ok(body),
                // Its words may quote the request, so the code must do.
                Ok(Ok(ServiceAnswer::Refused { status, code, .. })) => {
                    let may_pass = status >= 500 || status == 429 || THROTTLE_CODES.contains(&code.as_str());
                    if !may_pass {
                        return Err(failed(code));
                    }
                    code
                }
                Ok(Err(why)) => why,
                Err(_) => "no answer in time".to_owned(),
            };
            if attempts == MOST_ATTEMPTS || Instant::now() + wait >= until {
                return Err(failed(why));
            }
            sleep(wait).await;
            wait *= 2;
        }
    }
}

fn parsed(action: &'static str, answer: &[u8]) -> Result<Value, FailedCall> {
    serde_json::from_slice(answer).map_err(|_| FailedCall { action, why: "an answer that cannot be read".to_owned() })
}

/// Returns a time of an answer in milliseconds: it is in seconds, with or without a fraction; a text where something else
/// than AWS answers.
fn milliseconds(time: &Value) -> Option<i64> {
    if let Some(text) = time.as_str() {
        return time_ms(text);
    }
    // The cast saturates.
    Some((time.as_f64()? * 1_000.0).round() as i64)
}

/// `a b` → `a%20b`
fn form_encoded(text: &str) -> impl fmt::Display + '_ {
    /// All but the unreserved characters of RFC 3986, section 2.3.
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_a_fraction_are_read() {
        assert_eq!(milliseconds(&json!(1_777_904_524.919)), Some(1_777_904_524_919));
        assert_eq!(milliseconds(&json!(1_777_904_524)), Some(1_777_904_524_000));
        assert_eq!(milliseconds(&json!("2026-05-04T14:22:04.919Z")), Some(1_777_904_524_919));
        assert_eq!(milliseconds(&json!("soon")), None);
    }

    #[test]
    fn a_form_has_no_character_of_its_own_syntax_in_a_value() {
        assert_eq!(form_encoded("a=b&c\n\u{fc}").to_string(), "a%3Db%26c%0A%C3%BC");
    }
}
