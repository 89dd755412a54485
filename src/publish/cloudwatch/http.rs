//! HTTP client of the sink. It observes what the SDK does not report: whether a request left this machine, whether
//! CloudWatch wrote the answer, and the time on CloudWatch's clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::config::http::{HttpRequest, HttpResponse};
use aws_sdk_cloudwatch::config::{RuntimeComponents, SharedHttpClient};
use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::settings::Aws;

/// Timeout for connecting. The endpoint is in the same region.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Time after which the client closes an idle connection.
///
/// An environment is frozen between invocations, and the service closes idle connections meanwhile. A request on such a
/// connection ends with an unknown outcome, so the client closes it long before the service would.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest body of an answer, in bytes; our own limit. CloudWatch's bodies hold an error message at most.
const ANSWER_BYTES: usize = 64 * 1024;

/// Least difference between two clocks. The service reports its time in seconds, and the way there takes time too.
const CLOCK_DIFFERENCE_MS: i64 = 60_000;

/// How far a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The SDK did not hand it to the HTTP client.
    Unsigned,
    /// There was no connection yet, so nothing of it left.
    Unconnected,
    /// It may have arrived.
    Sent,
}

/// The HTTP client. A clone shares its connections and what it observed.
#[derive(Debug, Clone)]
pub(super) struct Http {
    connector: Arc<Connector>,
    observed: Arc<Mutex<Observed>>,
}

#[derive(Debug, Default)]
struct Observed {
    /// Connection of the last request; None before the SDK hands the request over.
    connection: Option<CaptureSmithyConnection>,
    /// Status of the last answer if CloudWatch did not write it.
    foreign_status: Option<u16>,
    /// Milliseconds by which the service's clock is ahead of ours; None before the first answer.
    clock_ahead_ms: Option<i64>,
    /// Whether that is known from an answer to the data that are being sent.
    has_given_time: bool,
}

impl Http {
    /// Creates the client. It connects with its first request.
    pub(super) fn new(aws: &Aws) -> Self {
        let mut connector = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build())
            .pool_idle_timeout(IDLE_TIMEOUT);
        connector.set_proxy_config(proxy(aws));
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
        Self { connector: Arc::new(connector), observed: Arc::default() }
    }

    /// Returns the client for the SDK's configuration.
    pub(super) fn shared(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Forgets the last request. Must be called before the next one.
    pub(super) fn begin(&self) {
        let mut observed = self.observed();
        observed.connection = None;
        observed.foreign_status = None;
    }

    /// Returns how far the last request came.
    pub(super) fn reach(&self) -> Reach {
        match &self.observed().connection {
            None => Reach::Unsigned,
            Some(connection) if connection.get().is_none() => Reach::Unconnected,
            Some(_) => Reach::Sent,
        }
    }

    /// Returns the status of the last answer if CloudWatch did not write it.
    pub(super) fn foreign_status(&self) -> Option<u16> {
        self.observed().foreign_status
    }

    /// Returns by how many milliseconds the service's clock is ahead of ours; None before the first answer.
    pub(super) fn clock_ahead_ms(&self) -> Option<i64> {
        self.observed().clock_ahead_ms
    }

    /// Says that what the answers up to now said of the time is no proof any more.
    pub(super) fn forget_time(&self) {
        self.observed().has_given_time = false;
    }

    /// Returns whether CloudWatch gave the time since then.
    pub(super) fn has_given_time(&self) -> bool {
        self.observed().has_given_time
    }

    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_clock(&self, answer: &HttpResponse, sent: SystemTime) {
        if !has_mark(answer) {
            return;
        }
        if let Some(ahead_ms) = clock_ahead_ms(answer, sent) {
            let mut observed = self.observed();
            observed.clock_ahead_ms = Some(if ahead_ms.abs() < CLOCK_DIFFERENCE_MS { 0 } else { ahead_ms });
            observed.has_given_time = true;
        }
    }

    /// Reads the body, or returns the error for an answer that CloudWatch did not write.
    async fn read(&self, mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
        match Limited::new(answer.take_body(), ANSWER_BYTES).collect().await {
            Ok(body) => {
                let body = body.to_bytes();
                if is_of_cloudwatch(&answer, &body) {
                    *answer.body_mut() = body.into();
                    return Ok(answer);
                }
            }
            Err(error) if !error.is::<LengthLimitError>() => return Err(ConnectorError::io(error)),
            _ => {}
        }
        self.observed().foreign_status = Some(answer.status().as_u16());
        Err(ConnectorError::other("not an answer of CloudWatch".into(), None))
    }
}

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let connection = request.extension::<CaptureSmithyConnection>().cloned().unwrap_or_default();
        request.add_extension(connection.clone());
        self.observed().connection = Some(connection);
        let (http, sent) = (self.clone(), SystemTime::now());
        HttpConnectorFuture::new(async move {
            let answer = http.connector.call(request).await?;
            http.note_clock(&answer, sent);
            http.read(answer).await
        })
    }
}

fn proxy(aws: &Aws) -> Option<ProxyConfig> {
    let is_plain = aws.endpoint_url.as_deref().is_some_and(|url| url.starts_with("http://"));
    let url = if is_plain { &aws.proxies.http } else { &aws.proxies.https };
    Some(ProxyConfig::all(url.as_deref()?).ok()?.no_proxy(&aws.proxies.except))
}

/// Returns whether CloudWatch may have written the answer. Its success is always 200, is a map of CBOR or has no body, and
/// has a header of the protocol or the request id that each AWS service adds. What a proxy or another service writes, such
/// as a page to log in, is text.
///
/// Errors are not checked: without an error code of CloudWatch they count as refused or failed anyway.
fn is_of_cloudwatch(answer: &HttpResponse, body: &[u8]) -> bool {
    /// Major type 5 of RFC 8949, in the three highest bits.
    const MAP: u8 = 5;
    let status = answer.status().as_u16();
    let is_map = body.first().is_none_or(|first| first >> 5 == MAP);
    status == 200 && has_mark(answer) && is_map || status >= 400
}

/// Returns whether an answer has a header of the protocol or of an AWS service.
fn has_mark(answer: &HttpResponse) -> bool {
    let headers = answer.headers();
    headers.contains_key("x-amzn-requestid")
        || headers.get("smithy-protocol") == Some("rpc-v2-cbor")
        || headers.get("content-type") == Some("application/cbor")
}

/// Returns by how many milliseconds the clock that wrote `date` is ahead of ours. The SDK calculates the same and signs
/// by it, but does not report it (aws-runtime 1.10, `service_clock_skew.rs`).
fn clock_ahead_ms(answer: &HttpResponse, sent: SystemTime) -> Option<i64> {
    // The date of a cached answer is old.
    if answer.headers().contains_key("age") {
        return None;
    }
    let date = DateTime::from_str(answer.headers().get("date")?, DateTimeFormat::HttpDate).ok()?;
    let way = SystemTime::now().duration_since(sent).unwrap_or_default() / 2;
    let arrived = DateTime::from(sent.checked_add(way)?);
    date.to_millis().ok()?.checked_sub(arrived.to_millis().ok()?)
}
