//! A small signed client of AWS: one call at a time, at a rate that AWS allows, tried again where that helps.
//!
//! A whole SDK client of CloudWatch Logs takes a minute to compile, and three calls need none: signature and connection
//! are those of the client of CloudWatch.

use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

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
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep, timeout};
use why5xx::publish::THROTTLE_CODES;

use super::credentials::Session;
use crate::Failed;
use crate::report::complain;
use crate::terminal::printable;
use crate::totals::counted;

/// Timeout for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Timeout for a whole answer. CloudWatch Logs searches for some seconds before it sends a page.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Most bytes of an answer: a page of 10,000 log events and 1 MB, with names around them and text escaped.
const MOST_BODY_BYTES: usize = 32 * 1024 * 1024;

/// Most attempts of one call without an answer, or with a server error.
const MOST_ATTEMPTS: u32 = 6;

/// First wait after such an attempt; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How often it is looked whether the user pressed Ctrl-C.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// Throttled attempts in a row until the user is told.
const MANY_THROTTLES: u32 = 5;

/// A clock that is off by less does not spoil a signature: it is valid for five minutes.
const TOLERATED_SKEW_SECONDS: i64 = 240;

/// Longest text of an error of AWS that is shown, in characters.
const SHOWN_CHARS: usize = 300;

/// Error codes of temporary credentials that ended.
const EXPIRED_CODES: &[&str] = &["ExpiredTokenException", "ExpiredToken"];

/// Error codes of signatures that a wrong clock may have spoilt.
const CLOCK_CODES: &[&str] = &[
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
];

/// Error codes of keys that AWS does not know.
const UNKNOWN_KEY_CODES: &[&str] = &[
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "MissingAuthenticationTokenException",
    "IncompleteSignature",
];

/// A call to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// An action of CloudWatch Logs.
    Logs(&'static str),
    /// Who the caller is.
    GetCallerIdentity,
}

/// Why a call has no result.
#[derive(Debug)]
pub(super) enum CallError {
    /// The user pressed Ctrl-C.
    Stopped,
    /// No answer, or a server error, however often it was tried. A later call may have one.
    NoAnswer(String),
    /// AWS refused, and will again.
    Refused {
        /// Its error code.
        code: String,
        /// Its words.
        message: String,
    },
}

/// One attempt.
enum Attempt {
    Done(Vec<u8>),
    Refused { status: u16, code: String, message: String, date_seconds: Option<i64> },
    Fault(String),
}

/// The client. All calls share one rate.
pub(super) struct Client {
    pub(super) session: Session,
    connector: Connector,
    runtime: Runtime,
    rate: Rate,
    /// Seconds by which AWS's clock is ahead of ours.
    clock_ahead: i64,
    stop: Arc<AtomicBool>,
}

impl Client {
    pub(super) fn new(session: Session, stop: Arc<AtomicBool>) -> Result<Self, Failed> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let connector = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build())
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        Ok(Self { session, connector, runtime, rate: Rate::new(), clock_ahead: 0, stop })
    }

    /// Makes a call and returns the body of its answer. A throttled call is made again until it is not.
    pub(super) fn call(&mut self, call: Call, body: &str) -> Result<Vec<u8>, CallError> {
        let (mut attempts, mut throttles) = (0, 0);
        let (mut is_renewed, mut is_clock_set) = (false, false);
        loop {
            let turn = self.rate.wait(Instant::now());
            self.pause(turn)?;
            let attempt = self.wait(self.attempt(call, body))?;
            let why = match attempt {
                Attempt::Done(body) => {
                    self.rate.accepted();
                    return Ok(body);
                }
                Attempt::Refused { status, code, .. } if status == 429 || THROTTLE_CODES.contains(&code.as_str()) => {
                    self.rate.halve();
                    throttles += 1;
                    if throttles == MANY_THROTTLES {
                        complain(
                            "AWS throttles these calls, for others share their quota: going on slowly; Ctrl-C ends it",
                        );
                    }
                    continue;
                }
                Attempt::Refused { status, code, .. } if status >= 500 => format!("server error {status} {code}"),
                Attempt::Refused { code, message, date_seconds, .. } => {
                    let ahead = date_seconds.map_or(0, |date| date - now_seconds());
                    if CLOCK_CODES.contains(&code.as_str())
                        && !is_clock_set
                        && (ahead - self.clock_ahead).abs() > TOLERATED_SKEW_SECONDS
                    {
                        let (minutes, side) = (ahead.abs() / 60, if ahead > 0 { "behind" } else { "ahead of" });
                        complain(&format!(
                            "this clock is {} {side} AWS's; requests are signed by AWS's clock",
                            counted(minutes.unsigned_abs(), "minute")
                        ));
                        (self.clock_ahead, is_clock_set) = (ahead, true);
                        continue;
                    }
                    if EXPIRED_CODES.contains(&code.as_str()) && !is_renewed && self.session.renew().unwrap_or(false) {
                        is_renewed = true;
                        continue;
                    }
                    return Err(CallError::Refused { code, message });
                }
                Attempt::Fault(why) => why,
            };
            attempts += 1;
            // The identity is only shown; nothing waits long for it.
            if attempts == MOST_ATTEMPTS || call == Call::GetCallerIdentity {
                return Err(CallError::NoAnswer(why));
            }
            self.pause(FIRST_WAIT * 2_u32.pow(attempts - 1))?;
        }
    }

    /// Waits, unless the user presses Ctrl-C.
    pub(super) fn pause(&self, time: Duration) -> Result<(), CallError> {
        self.wait(async move { sleep(time).await })
    }

    /// Runs a future to its end, unless the user presses Ctrl-C.
    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, CallError> {
        self.runtime.block_on(async {
            let mut future = pin!(future);
            loop {
                if self.stop.load(Ordering::Relaxed) {
                    return Err(CallError::Stopped);
                }
                if let Ok(done) = timeout(STOP_CHECK, future.as_mut()).await {
                    return Ok(done);
                }
            }
        })
    }

    async fn attempt(&self, call: Call, body: &str) -> Attempt {
        match timeout(ANSWER_TIMEOUT, self.exchange(call, body)).await {
            Ok(Ok(attempt)) => attempt,
            Ok(Err(why)) => Attempt::Fault(why),
            Err(_) => Attempt::Fault(format!("no answer within {} seconds", ANSWER_TIMEOUT.as_secs())),
        }
    }

    /// Sends a request and reads the whole answer. An error is the reason why there is none.
    async fn exchange(&self, call: Call, body: &str) -> Result<Attempt, String> {
        let request = self.signed(call, body)?;
        let response = self.connector.call(request).await.map_err(|error| root_of(&error))?;
        let status = response.status().as_u16();
        let date_seconds = response.headers().get("date").and_then(seconds_of);
        let body = Limited::new(response.into_body(), MOST_BODY_BYTES);
        let body = body.collect().await.map_err(|error| root_of(&*error))?.to_bytes();
        if status == 200 {
            return Ok(Attempt::Done(body.into()));
        }
        let (code, message) = error_of(&body);
        Ok(Attempt::Refused { status, code, message, date_seconds })
    }

    fn signed(&self, call: Call, body: &str) -> Result<HttpRequest, String> {
        let (service, url, mut headers) = match call {
            Call::Logs(action) => (
                "logs",
                &self.session.logs_url,
                vec![
                    ("content-type", "application/x-amz-json-1.1".to_owned()),
                    ("x-amz-target", format!("Logs_20140328.{action}")),
                ],
            ),
            Call::GetCallerIdentity => (
                "sts",
                &self.session.sts_url,
                vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())],
            ),
        };
        headers.push(("user-agent", concat!("why5xx/", env!("CARGO_PKG_VERSION")).to_owned()));
        let url = format!("{}/", url.trim_end_matches('/'));
        let identity: Identity = self.session.credentials.clone().into();
        let ahead = Duration::from_secs(self.clock_ahead.unsigned_abs());
        let time = if self.clock_ahead < 0 { SystemTime::now() - ahead } else { SystemTime::now() + ahead };
        let invalid = |error: &dyn Error| format!("no request can be made for {url}: {error}");
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.session.region)
            .name(service)
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| invalid(&error))?
            .into();
        let signable = SignableRequest::new(
            "POST",
            url.as_str(),
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| invalid(&error))?;
        let (signature, _) = sign(signable, &parameters).map_err(|error| invalid(&error))?.into_parts();
        let mut request = HttpRequest::new(body.to_owned().into());
        request.set_method("POST").map_err(|error| invalid(&error))?;
        request.set_uri(url.as_str()).map_err(|error| invalid(&error))?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        for (name, value) in signature.headers() {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }

    /// Says in one sentence why a call failed and what to do. `on` is what it was about.
    pub(super) fn sentence(&self, error: &CallError, call: Call, on: &str) -> String {
        let Session { region, logs_url, .. } = &self.session;
        let (code, message) = match error {
            CallError::Stopped => return "stopped by Ctrl-C".to_owned(),
            CallError::NoAnswer(why) => {
                return format!(
                    "{logs_url} gives no answer ({why}); check the network, its proxy and the Region {region}"
                );
            }
            CallError::Refused { code, message } => (code.as_str(), printable(message)),
        };
        let action = match call {
            Call::Logs(action) => format!("logs:{action}"),
            Call::GetCallerIdentity => "sts:GetCallerIdentity".to_owned(),
        };
        let remedy = match code {
            "ResourceNotFoundException" => {
                format!("there is none in {region}; check the name, --region and --profile")
            }
            "AccessDeniedException" | "AccessDenied" => {
                format!("no permission: the caller needs {action} on {on}")
            }
            _ if EXPIRED_CODES.contains(&code) => {
                "the credentials have expired: get new ones (`aws sso login`, for a profile of single sign-on)".to_owned()
            }
            _ if UNKNOWN_KEY_CODES.contains(&code) => {
                "AWS does not know the access key: check the keys, the session token that belongs to them, and that the \
                 account has this Region"
                    .to_owned()
            }
            _ if CLOCK_CODES.contains(&code) => {
                "AWS refuses the signature: check the secret access key, and that this computer's clock is right".to_owned()
            }
            _ if is_about_class(&message) => {
                "the group is of the Infrequent Access class, which can only be queried: save the results of a query in Logs \
                 Insights (fields @timestamp, @message, @logStream, @log) and name the file"
                    .to_owned()
            }
            _ => return format!("CloudWatch Logs refuses {action}: {code}: {message}"),
        };
        format!("{remedy} ({code})")
    }
}

/// Returns whether an error says that the class of the group cannot do it.
fn is_about_class(message: &str) -> bool {
    let message = message.to_lowercase().replace('_', " ");
    message.contains("infrequent access") || message.contains("log group class") || message.contains("log class")
}

/// How many calls a second are made: less after each throttle, slowly more again.
struct Rate {
    per_second: f64,
    next: Option<Instant>,
}

/// The quota of FilterLogEvents is 25 a second in one Region, 5 in some, and shared by all of an account.
const FIRST_RATE: f64 = 5.0;
const HIGHEST_RATE: f64 = 20.0;
const LOWEST_RATE: f64 = 0.1;

impl Rate {
    fn new() -> Self {
        Self { per_second: FIRST_RATE, next: None }
    }

    /// Returns how long to wait before the next call, which then counts as made.
    fn wait(&mut self, now: Instant) -> Duration {
        let at = self.next.map_or(now, |next| next.max(now));
        self.next = Some(at + Duration::from_secs_f64(1.0 / self.per_second));
        at - now
    }

    fn halve(&mut self) {
        self.per_second = (self.per_second / 2.0).max(LOWEST_RATE);
        self.next = Some(Instant::now() + Duration::from_secs_f64(1.0 / self.per_second));
    }

    fn accepted(&mut self) {
        self.per_second = (self.per_second + 0.1).min(HIGHEST_RATE);
    }
}

/// An error of AWS: JSON of CloudWatch Logs, XML of STS.
#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(rename = "__type", alias = "code", default)]
    code: String,
    #[serde(alias = "Message", default)]
    message: String,
}

/// Returns code and message of an error. Whatever answered may not be AWS.
fn error_of(body: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let error: ErrorBody = serde_json::from_str(&text).unwrap_or_else(|_| ErrorBody {
        code: between(&text, "<Code>", "</Code>").unwrap_or_default().to_owned(),
        message: between(&text, "<Message>", "</Message>").unwrap_or_default().to_owned(),
    });
    let code = error.code.rsplit('#').next().unwrap_or_default();
    let looks_like_one = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') && (1..=64).contains(&code.len());
    let code = if looks_like_one { code } else { "unreadable code" };
    (code.to_owned(), error.message.chars().take(SHOWN_CHARS).collect())
}

/// Returns the text between two marks.
pub(super) fn between<'t>(text: &'t str, before: &str, behind: &str) -> Option<&'t str> {
    Some(text.split_once(before)?.1.split_once(behind)?.0)
}

/// Returns the innermost reason of an error, which the outer ones only wrap.
fn root_of(error: &(dyn Error + 'static)) -> String {
    let root = std::iter::successors(Some(error), |&error| error.source()).last();
    printable(&root.map_or_else(String::new, ToString::to_string))
}

/// Returns the time of a header `Date` in seconds since 1970-01-01T00:00:00Z.
fn seconds_of(date: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(date).ok().map(|time| time.timestamp().as_second())
}

fn now_seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_halved_by_a_throttle_and_grows_slowly() {
        let mut rate = Rate::new();
        let now = Instant::now();
        assert_eq!((rate.wait(now), rate.wait(now)), (Duration::ZERO, Duration::from_millis(200)));
        for _ in 0..20 {
            rate.halve();
        }
        assert_eq!(rate.per_second, LOWEST_RATE);
        for _ in 0..1_000 {
            rate.accepted();
        }
        assert_eq!(rate.per_second, HIGHEST_RATE);
    }

    #[test]
    fn an_endpoint_that_hangs_is_given_up_after_some_attempts() {
        // It takes connections, and never answers.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "planted-access-key"),
            ("AWS_ENDPOINT_URL", url.as_str()),
        ];
        let session = Session::find(&why5xx::settings::Environment::of(variables), None, Some("eu-west-1")).unwrap();
        let mut client = Client::new(session, Arc::default()).unwrap();
        client.runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let call = Call::Logs("FilterLogEvents");
        let error = client.call(call, "{}").unwrap_err();
        let told = client.sentence(&error, call, "g");
        assert!(told.starts_with(&format!("{url} gives no answer (")), "{told}");
        assert!(told.ends_with("check the network, its proxy and the Region eu-west-1"), "{told}");
    }

    #[test]
    fn errors_of_both_services_are_read_and_what_is_no_error_of_aws_is_not_quoted() {
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
            assert_eq!(error_of(body.as_bytes()), (code.to_owned(), message.to_owned()), "{body}");
        }
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        assert_eq!(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds_of("yesterday"), None);
    }
}
