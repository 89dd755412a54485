//! The sink that calls PutMetricData.

#![expect(clippy::disallowed_types, reason = "the module that talks to CloudWatch")]

mod http;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::http::HttpResponse;
use aws_sdk_cloudwatch::config::retry::RetryConfig;
use aws_sdk_cloudwatch::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatch::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_cloudwatch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataError;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};

use super::{Fault, PutRequest, Sink};
use crate::settings::Aws;
use crate::tally::{Datum, Unit};
use http::{Http, Reach};

/// Longest error code to report, in characters; our own limit.
const CODE_CHARS: usize = 64;

/// Error codes of throttled requests, in all services.
pub const THROTTLE_CODES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
];

/// Error codes of requests signed by a wrong clock. The first four may have other reasons.
///
/// Sources: aws-runtime 1.10, `service_clock_skew.rs`; the last two: AWS SDK for JavaScript, `CLOCK_SKEW_ERROR_CODES`.
const CLOCK_SKEW_CODES: &[&str] = &[
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
    "AccessDeniedException",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
];

/// Error codes of credentials that are expired, unknown or missing.
///
/// Sources: CloudWatch API Reference, common errors; AWS SDK for JavaScript, service-error-classification,
/// `isExpiredTokenError`; Security Token Service API Reference, errors.
const CREDENTIALS_CODES: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidToken",
    "InvalidSecurityToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
];

/// Status and error codes of requests that took too long to arrive.
///
/// In the RFC, the server did not receive the whole request. But a proxy may answer so after it has passed the request
/// on, and AWS does not document this case. So the outcome counts as unknown: the data are sent again either way, and
/// `UncertainPublishes` shows that they may count twice.
///
/// Sources: RFC 9110, section 15.5.9; aws-runtime 1.10, `retries/classifiers.rs`, TRANSIENT_ERRORS.
const REQUEST_TIMEOUT: u16 = 408;
const REQUEST_TIMEOUT_CODES: &[&str] = &["RequestTimeout", "RequestTimeoutException"];

/// Sink that sends to CloudWatch.
#[derive(Debug)]
pub struct CloudWatch {
    client: Client,
    http: Http,
}

impl CloudWatch {
    /// Creates the client. It connects with its first request.
    pub fn new(aws: &Aws) -> Self {
        let credentials = Credentials::new(
            &aws.access_key_id,
            &aws.secret_access_key,
            aws.session_token.clone(),
            None,
            "environment",
        );
        let http = Http::new(aws);
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(aws.region.clone()))
            .credentials_provider(credentials)
            .http_client(http.shared())
            // The publisher and the HTTP client limit the time.
            .timeout_config(TimeoutConfig::disabled())
            // The publisher retries, so that it knows the outcome of each attempt. Even without retries the SDK adjusts
            // its clock by the time in each answer, for the life of the client.
            .retry_config(RetryConfig::disabled())
            .disable_request_compression(aws.disable_request_compression)
            .use_fips(aws.use_fips)
            .use_dual_stack(aws.use_dual_stack);
        config.set_endpoint_url(aws.endpoint_url.clone());
        if let Some(bytes) = aws.request_min_compression_size_bytes {
            config = config.request_min_compression_size_bytes(bytes);
        }
        Self { client: Client::from_conf(config.build()), http }
    }
}

impl Sink for CloudWatch {
    async fn put(&mut self, request: &PutRequest) -> Result<(), Fault> {
        let data = request.data.iter().map(metric_datum).collect();
        let call = self.client.put_metric_data().namespace(&request.namespace).set_metric_data(Some(data));
        self.http.begin();
        call.send().await.map(|_| ()).map_err(|error| fault(&error, &self.http))
    }

    fn overdue(&self) -> Fault {
        without_answer(self.http.reach(), true)
    }

    fn clock_ahead_ms(&self) -> Option<i64> {
        self.http.clock_ahead_ms()
    }

    fn begin(&mut self) {
        self.http.forget_time();
    }

    fn has_given_time(&self) -> bool {
        self.http.has_given_time()
    }
}

fn metric_datum(datum: &Datum) -> MetricDatum {
    let dimensions =
        datum.dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(value).build()).collect();
    let builder = MetricDatum::builder()
        .metric_name(datum.metric)
        .set_dimensions(Some(dimensions))
        .timestamp(DateTime::from_millis(datum.timestamp_ms))
        .unit(match datum.unit {
            Unit::Count => StandardUnit::Count,
            Unit::Milliseconds => StandardUnit::Milliseconds,
            Unit::Percent => StandardUnit::Percent,
        });
    let (values, counts) = datum.values.iter().copied().unzip();
    builder.set_values(Some(values)).set_counts(Some(counts)).build()
}

fn fault(error: &SdkError<PutMetricDataError, HttpResponse>, http: &Http) -> Fault {
    if let Some(status) = http.foreign_status() {
        return Fault::Foreign { status };
    }
    match error {
        SdkError::ServiceError(answer) => {
            service_fault(answer.raw().status().as_u16(), answer.err().code().unwrap_or("none"))
        }
        SdkError::DispatchFailure(failure) if failure.is_user() => Fault::NotSent,
        SdkError::DispatchFailure(failure) => without_answer(http.reach(), failure.is_timeout()),
        _ => without_answer(http.reach(), false),
    }
}

/// Returns the fault of a request without an answer. The SDK reports some of its own failures as those of a connection,
/// so only [`Reach`] shows what cannot have been accepted.
fn without_answer(reach: Reach, is_timeout: bool) -> Fault {
    match reach {
        Reach::Unsigned => Fault::NotSent,
        Reach::Unconnected => Fault::Unreachable,
        Reach::Sent if is_timeout => Fault::Timeout,
        Reach::Sent => Fault::Cut,
    }
}

fn service_fault(status: u16, code: &str) -> Fault {
    if status == 429 || THROTTLE_CODES.contains(&code) {
        return Fault::Throttled;
    }
    if status == REQUEST_TIMEOUT || REQUEST_TIMEOUT_CODES.contains(&code) {
        return Fault::TooSlow;
    }
    if status >= 500 {
        return Fault::Server { status };
    }
    if let Some(code) = CREDENTIALS_CODES.iter().find(|known| **known == code) {
        return Fault::Credentials { status, code };
    }
    if let Some(code) = CLOCK_SKEW_CODES.iter().find(|known| **known == code) {
        return Fault::Denied { status, code };
    }
    let looks_like_one = code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let code = if looks_like_one && code.len() <= CODE_CHARS { code } else { "unreadable code" };
    Fault::Refused { status, code: code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shows_whether_a_retry_may_help() {
        let rows = [
            (400, "Throttling", Fault::Throttled),
            (400, "ThrottlingException", Fault::Throttled),
            (503, "SlowDown", Fault::Throttled),
            (429, "none", Fault::Throttled),
            (500, "InternalServiceError", Fault::Server { status: 500 }),
            (503, "none", Fault::Server { status: 503 }),
            (408, "none", Fault::TooSlow),
            (400, "RequestTimeout", Fault::TooSlow),
            (400, "RequestTimeoutException", Fault::TooSlow),
            (403, "RequestTimeTooSkewed", Fault::Denied { status: 403, code: "RequestTimeTooSkewed" }),
            (400, "AccessDeniedException", Fault::Denied { status: 400, code: "AccessDeniedException" }),
            (500, "AuthFailure", Fault::Server { status: 500 }),
            (400, "InvalidParameterValue", Fault::Refused { status: 400, code: "InvalidParameterValue".to_owned() }),
            (403, "ExpiredToken", Fault::Credentials { status: 403, code: "ExpiredToken" }),
            (
                400,
                "UnrecognizedClientException",
                Fault::Credentials { status: 400, code: "UnrecognizedClientException" },
            ),
            (403, "AccessDenied", Fault::Refused { status: 403, code: "AccessDenied".to_owned() }),
            (400, "planted secret!", Fault::Refused { status: 400, code: "unreadable code".to_owned() }),
        ];
        for (status, code, expected) in rows {
            assert_eq!(service_fault(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn only_what_the_service_says_about_the_data_is_about_the_data() {
        let rows = [
            (400, "InvalidParameterValue", true),
            (400, "InvalidParameterCombination", true),
            (400, "MissingParameter", true),
            (400, "ValidationError", true),
            (413, "none", true),
            (403, "AccessDenied", false),
            (400, "OptInRequired", false),
            (407, "none", false),
        ];
        for (status, code, is_about_data) in rows {
            assert_eq!(service_fault(status, code).is_about_data(), is_about_data, "{status} {code}");
        }
    }

    #[test]
    fn only_what_got_no_clear_answer_is_uncertain() {
        let rows = [
            (Fault::Throttled, true, false),
            (Fault::Unreachable, true, false),
            (Fault::Refused { status: 400, code: String::new() }, false, false),
            (Fault::Credentials { status: 403, code: "ExpiredToken" }, false, false),
            (Fault::Denied { status: 403, code: "AuthFailure" }, false, false),
            (Fault::NotSent, false, false),
            (Fault::Server { status: 500 }, true, true),
            (Fault::Timeout, true, true),
            (Fault::TooSlow, true, true),
            (Fault::Foreign { status: 200 }, true, true),
            (Fault::Cut, true, true),
        ];
        for (fault, may_pass, uncertain) in rows {
            assert_eq!((fault.may_pass(), fault.is_uncertain()), (may_pass, uncertain), "{fault:?}");
        }
    }
}
