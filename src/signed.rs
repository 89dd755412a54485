//! Signed calls of AWS services without an SDK client of their own: one request, one answer.
//!
//! A whole SDK client of a service takes a minute to compile, and a few calls need none: signature and connection are those
//! of the client of CloudWatch. Rates and retries are left to the caller, such as [`client`].

pub mod client;
pub mod service;

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::config::Credentials;
use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;

use crate::partition::partition_of;
use crate::settings::Aws;

/// Longest text of an error of AWS that is kept, in characters.
const SHOWN_CHARS: usize = 300;

/// A request to sign.
#[derive(Debug, Clone)]
pub struct ServiceRequest<'r> {
    /// Method: `POST`.
    pub method: &'static str,
    /// Name of the service in signatures: `logs`.
    pub service: &'static str,
    /// Address, with path and query.
    pub url: &'r str,
    /// Headers of the protocol. `user-agent` and those of the signature are added.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: &'r str,
}

/// Keys, Region and time that a request is signed with.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'s> {
    /// Keys of the caller.
    pub credentials: &'s Credentials,
    /// Region of the service.
    pub region: &'s str,
    /// Time on AWS's clock.
    pub time: SystemTime,
}

/// Answer of a service.
#[derive(Debug)]
pub enum ServiceAnswer {
    /// Status 200, with this body.
    Done(Vec<u8>),
    /// Any other status.
    Refused {
        /// The status.
        status: u16,
        /// Error code of AWS; `unreadable code` if nothing looks like one.
        code: String,
        /// Words of AWS, shortened. They may quote the request.
        message: String,
        /// The header `Date`, in seconds since 1970-01-01T00:00:00Z.
        date_seconds: Option<i64>,
    },
}

/// Client for signed calls. It connects with its first request.
#[derive(Debug)]
pub struct SignedClient {
    connector: Connector,
    most_body_bytes: usize,
}

impl SignedClient {
    /// Creates the client. An answer whose body is longer than `most_body_bytes` is an error.
    pub fn new(proxy: Option<ProxyConfig>, connect_timeout: Duration, most_body_bytes: usize) -> Self {
        let mut connector = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(connect_timeout).build());
        connector.set_proxy_config(proxy);
        Self { connector: connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build(), most_body_bytes }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// If there is no answer. The text says why; it is not safe for a terminal.
    pub async fn exchange(&self, request: &ServiceRequest<'_>, signer: Signer<'_>) -> Result<ServiceAnswer, String> {
        let request = signed(request, signer)
            .map_err(|error| format!("no request can be made for {}: {}", request.url, root_of(&*error)))?;
        let response = self.connector.call(request).await.map_err(|error| root_of(&error))?;
        let status = response.status().as_u16();
        let date_seconds = response.headers().get("date").and_then(seconds_of);
        // `AccessDeniedException:http://internal.amazon.com/…`: API Gateway and Lambda have it here, and none in the body.
        let kind =
            response.headers().get("x-amzn-errortype").and_then(|kind| kind.split(':').next()).map(str::to_owned);
        let body = Limited::new(response.into_body(), self.most_body_bytes);
        let body = body.collect().await.map_err(|error| root_of(&*error))?.to_bytes();
        if status == 200 {
            return Ok(ServiceAnswer::Done(body.into()));
        }
        let (code, message) = error_of(&body, kind);
        Ok(ServiceAnswer::Refused { status, code, message, date_seconds })
    }
}

fn signed(request: &ServiceRequest<'_>, signer: Signer<'_>) -> Result<HttpRequest, Box<dyn Error + Send + Sync>> {
    let mut headers = request.headers.clone();
    headers.push(("user-agent", concat!("why5xx/", env!("CARGO_PKG_VERSION")).to_owned()));
    let identity: Identity = signer.credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(signer.region)
        .name(request.service)
        .time(signer.time)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let signable = SignableRequest::new(
        request.method,
        request.url,
        headers.iter().map(|(name, value)| (*name, value.as_str())),
        SignableBody::Bytes(request.body.as_bytes()),
    )?;
    let (signature, _) = sign(signable, &parameters)?.into_parts();
    let mut signed = HttpRequest::new(request.body.to_owned().into());
    signed.set_method(request.method)?;
    signed.set_uri(request.url)?;
    for (name, value) in headers {
        signed.headers_mut().insert(name, value);
    }
    for (name, value) in signature.headers() {
        signed.headers_mut().insert(name.to_owned(), value.to_owned());
    }
    Ok(signed)
}

/// Returns the credentials of a function.
pub fn credentials_of(aws: &Aws) -> Credentials {
    Credentials::new(&aws.access_key_id, &aws.secret_access_key, aws.session_token.clone(), None, "environment")
}

/// Returns the proxy on the way to the endpoints of AWS, if one is set.
pub fn proxy_of(aws: &Aws) -> Option<ProxyConfig> {
    let proxy = ProxyConfig::all(aws.proxies.https.as_deref()?).ok()?;
    Some(proxy.no_proxy(&aws.proxies.except))
}

/// Returns the endpoint of a service.
///
/// Source: AWS General Reference, "FIPS endpoints". In GovCloud the usual endpoints are the FIPS ones.
pub fn endpoint(service: &str, region: &str, fips: bool) -> String {
    let suffix = partition_of(region).dns_suffix;
    let fips = if fips && !region.starts_with("us-gov-") { "-fips" } else { "" };
    format!("https://{service}{fips}.{region}.{suffix}")
}

/// An error of AWS in JSON.
#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(rename = "__type", alias = "code", alias = "Code", default)]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

/// Returns code and message of an error, in JSON or XML; `kind` is the code of a header. Whatever answered may not be AWS.
fn error_of(body: &[u8], kind: Option<String>) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let error: ErrorBody = serde_json::from_str(&text).unwrap_or_else(|_| ErrorBody {
        code: between(&text, "<Code>", "</Code>").unwrap_or_default().to_owned(),
        message: between(&text, "<Message>", "</Message>").unwrap_or_default().to_owned(),
    });
    let code = Some(error.code).filter(|code| !code.is_empty()).or(kind).unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    let looks_like_one = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') && (1..=64).contains(&code.len());
    let code = if looks_like_one { code } else { "unreadable code" };
    (code.to_owned(), error.message.chars().take(SHOWN_CHARS).collect())
}

/// Returns the text between two marks.
///
/// `<Arn>`, `</Arn>` in `<Arn>a</Arn>` → `a`
pub fn between<'t>(text: &'t str, before: &str, behind: &str) -> Option<&'t str> {
    Some(text.split_once(before)?.1.split_once(behind)?.0)
}

/// Returns the innermost reason of an error, which the outer ones only wrap.
fn root_of(error: &(dyn Error + 'static)) -> String {
    let root = std::iter::successors(Some(error), |&error| error.source()).last();
    root.map_or_else(String::new, ToString::to_string)
}

/// Returns the time of a header `Date` in seconds since 1970-01-01T00:00:00Z.
fn seconds_of(date: &str) -> Option<i64> {
    DateTime::from_str(date, DateTimeFormat::HttpDate).ok().map(|time| time.secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_endpoint() {
        let rows = [
            ("eu-west-1", false, "https://logs.eu-west-1.amazonaws.com"),
            ("us-east-1", true, "https://logs-fips.us-east-1.amazonaws.com"),
            ("us-gov-west-1", true, "https://logs.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, "https://logs.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", false, "https://logs.eusc-de-east-1.amazonaws.eu"),
            ("us-iso-east-1", false, "https://logs.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", false, "https://logs.us-isob-east-1.sc2s.sgov.gov"),
        ];
        for (region, fips, url) in rows {
            assert_eq!(endpoint("logs", region, fips), url);
        }
    }

    #[test]
    fn errors_of_both_forms_are_read_and_what_is_no_error_of_aws_is_not_quoted() {
        let rows = [
            (r#"{"__type":"com.amazonaws.logs#ThrottlingException","message":"slow"}"#, "ThrottlingException", "slow"),
            (r#"{"__type":"AccessDeniedException","Message":"no"}"#, "AccessDeniedException", "no"),
            (
                "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>x</Message></Error></ErrorResponse>",
                "ExpiredToken",
                "x",
            ),
            ("<html>blocked by a proxy</html>", "unreadable code", ""),
            ("", "unreadable code", ""),
        ];
        for (body, code, message) in rows {
            assert_eq!(error_of(body.as_bytes(), None), (code.to_owned(), message.to_owned()), "{body}");
        }
        let of_header = error_of(br#"{"message":"no"}"#, Some("AccessDeniedException".to_owned()));
        assert_eq!(of_header, ("AccessDeniedException".to_owned(), "no".to_owned()));
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds_of("yesterday"), None);
    }
}
