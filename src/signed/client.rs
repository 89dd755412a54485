//! A small signed client of AWS: one call at a time, at a rate that AWS allows, tried again where that helps.
//!
//! [`signed`](super) sends each of them; this module adds the rate, the retries and the words for the user.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::config::Credentials;
use aws_smithy_http_client::proxy::ProxyConfig;
use serde::de::IgnoredAny;
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep, timeout};

use super::service::Service;
use super::{ServiceAnswer, Signer};
use crate::clock::now_ms;
use crate::printable::printable;
use crate::publish::THROTTLE_CODES;

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

/// Throttled attempts in a row until the user sees a message.
const MANY_THROTTLES: u32 = 5;

/// Throttled attempts until the caller stays unknown: some seconds.
const MOST_IDENTITY_THROTTLES: u32 = 3;

/// A clock that is off by less does not spoil a signature: it is valid for five minutes.
const TOLERATED_SKEW_SECONDS: i64 = 240;

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
pub enum Call {
    /// An action of a service whose requests and answers are JSON.
    Action(Service, &'static str),
    /// Asks API Gateway or Lambda for a path, which stands in place of a body. The name is that of the permission.
    Get(Service, &'static str),
    /// Who the caller is.
    GetCallerIdentity,
}

impl Call {
    /// Returns its service.
    pub const fn service(self) -> Service {
        match self {
            Self::Action(service, _) | Self::Get(service, _) => service,
            Self::GetCallerIdentity => Service::Sts,
        }
    }

    /// Returns the permission that the call needs: `logs:FilterLogEvents`.
    pub fn permission(self) -> String {
        let (Self::Action(_, name) | Self::Get(_, name)) = self else { return "sts:GetCallerIdentity".to_owned() };
        format!("{}:{name}", self.service().permission_prefix())
    }
}

/// Why a call has no result.
#[derive(Debug)]
pub enum CallError {
    /// The user pressed Ctrl-C.
    Stopped,
    /// The time for all calls is over.
    Late,
    /// No answer, or a server error, however often it was tried. A later call may have one.
    NoAnswer(String),
    /// AWS throttled it, however often it was tried.
    Throttled,
    /// AWS refused for the credentials, whatever is called.
    Credentials {
        /// Its error code.
        code: String,
        /// Its words.
        message: String,
    },
    /// AWS refused this call, and will again.
    Refused {
        /// Its error code.
        code: String,
        /// Its words.
        message: String,
    },
}

/// How often a call is made, however often it fails.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Most attempts without an answer, or with a server error.
    attempts: u32,
    /// Most throttled attempts; None to go on for ever.
    throttles: Option<u32>,
    /// Calls a second, at first and at most.
    rate: f64,
    highest_rate: f64,
}

impl Patience {
    /// Of one who waits for this very answer. The quota of FilterLogEvents is 25 a second in one Region, 5 in some, and shared
    /// by all of an account.
    pub const ENDLESS: Self = Self { attempts: MOST_ATTEMPTS, throttles: None, rate: 5.0, highest_rate: 20.0 };

    /// Of one who asks many things, and can do without one of them: half a minute of throttling, a minute of silence. The
    /// quota of API Gateway's control plane is 10 a second.
    pub const SHORT: Self = Self { attempts: 2, throttles: Some(8), rate: 10.0, highest_rate: 20.0 };

    /// Of one who looks every hour: the same, and half of that quota is left to the people who deploy.
    pub const WATCH: Self = Self { rate: 5.0, highest_rate: 5.0, ..Self::SHORT };
}

/// Returns new credentials in place of expired ones; None if no new ones are to be had.
pub type Renew = Box<dyn Fn() -> Option<Credentials> + Send>;

/// Credentials, Region and endpoints of calls.
pub struct Session {
    /// Keys of the caller.
    pub credentials: Credentials,
    /// Region of the services.
    pub region: String,
    /// The endpoint of each service.
    pub urls: Vec<(Service, String)>,
    /// Where new keys come from; None if these are all there are.
    pub renew: Option<Renew>,
}

impl Session {
    /// Returns the endpoint of a service.
    fn url(&self, service: Service) -> &str {
        self.urls.iter().find(|(each, _)| *each == service).map_or("", |(_, url)| url)
    }

    /// Takes new keys; false if no new ones are to be had.
    fn renew(&mut self) -> bool {
        let new = self.renew.as_ref().and_then(|renew| renew());
        let is_new = new.is_some();
        self.credentials = new.unwrap_or_else(|| self.credentials.clone());
        is_new
    }
}

// Written by hand, so that keys are never printed.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("region", &self.region).finish_non_exhaustive()
    }
}

/// The client. All calls share one rate.
#[derive(Debug)]
pub struct AccountClient {
    /// Credentials, Region and endpoints of its calls.
    pub session: Session,
    signed: super::SignedClient,
    runtime: Runtime,
    rate: Rate,
    patience: Patience,
    /// Seconds by which AWS's clock is ahead of ours.
    clock_ahead: i64,
    stop: Arc<AtomicBool>,
    report: fn(&str),
    until: Option<Instant>,
}

impl AccountClient {
    /// Creates the client. It ends once `stop` is set; `report` gets what the user may want to know meanwhile.
    ///
    /// # Errors
    ///
    /// If the system has no more files to open.
    pub fn new(
        session: Session,
        proxy: Option<ProxyConfig>,
        patience: Patience,
        stop: Arc<AtomicBool>,
        report: fn(&str),
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signed = super::SignedClient::new(proxy, CONNECT_TIMEOUT, MOST_BODY_BYTES);
        Ok(Self {
            session,
            signed,
            runtime,
            rate: Rate::new(patience.rate, patience.highest_rate),
            patience,
            clock_ahead: 0,
            stop,
            report,
            until: None,
        })
    }

    /// Ends all calls at a time.
    #[must_use]
    pub fn until(self, time: Instant) -> Self {
        Self { until: Some(time), ..self }
    }

    /// Returns by how many milliseconds AWS's clock is ahead, as far as an answer has shown it.
    pub fn clock_ahead_ms(&self) -> i64 {
        self.clock_ahead * 1_000
    }

    /// Returns the time on AWS's clock, as far as it is known, in seconds since 1970-01-01T00:00:00Z.
    pub fn now_seconds(&self) -> i64 {
        now_seconds() + self.clock_ahead
    }

    /// Makes a call and returns the body of its answer. A throttled call is made again until it is not.
    ///
    /// # Errors
    ///
    /// If it has no result. [`sentence`](Self::sentence) says why.
    pub fn call(&mut self, call: Call, body: &str) -> Result<Vec<u8>, CallError> {
        let (mut attempts, mut throttles) = (0, 0);
        let (mut is_renewed, mut is_clock_set) = (false, false);
        loop {
            let turn = self.rate.wait(Instant::now());
            self.pause(turn)?;
            let attempt = self.wait(self.attempt(call, body))?;
            let why = match attempt {
                Ok(ServiceAnswer::Done(body)) => {
                    self.rate.accepted();
                    return Ok(body);
                }
                Ok(ServiceAnswer::Refused { status, code, .. })
                    if status == 429 || THROTTLE_CODES.contains(&code.as_str()) =>
                {
                    // No attempt is used up: the quota is shared, and patience alone says how often to ask.
                    self.rate.halve();
                    throttles += 1;
                    // The identity is only shown.
                    let most = if call == Call::GetCallerIdentity {
                        Some(MOST_IDENTITY_THROTTLES)
                    } else {
                        self.patience.throttles
                    };
                    if most.is_some_and(|most| throttles >= most) {
                        return Err(CallError::Throttled);
                    }
                    if throttles == MANY_THROTTLES {
                        (self.report)(
                            "AWS throttles these calls, for others share their quota: going on slowly; Ctrl-C ends it",
                        );
                    }
                    continue;
                }
                Ok(ServiceAnswer::Refused { status, code, .. }) if status >= 500 => {
                    format!("server error {status} {code}")
                }
                Ok(ServiceAnswer::Refused { code, message, date_seconds, .. }) => {
                    // Two refusals are worth one more try each: of a clock that is wrong, since the answer has the right time,
                    // and of credentials that expired meanwhile, since their process may hand out others.
                    let ahead = date_seconds.map_or(0, |date| date - now_seconds());
                    if CLOCK_CODES.contains(&code.as_str())
                        && !is_clock_set
                        && (ahead - self.clock_ahead).abs() > TOLERATED_SKEW_SECONDS
                    {
                        let (minutes, side) = (ahead.abs() / 60, if ahead > 0 { "behind" } else { "ahead of" });
                        (self.report)(&format!(
                            "this clock is {minutes} minutes {side} AWS's; requests are signed by AWS's clock"
                        ));
                        (self.clock_ahead, is_clock_set) = (ahead, true);
                        continue;
                    }
                    if EXPIRED_CODES.contains(&code.as_str()) && !is_renewed && self.session.renew() {
                        is_renewed = true;
                        continue;
                    }
                    let about_credentials = [EXPIRED_CODES, UNKNOWN_KEY_CODES, CLOCK_CODES];
                    return Err(if about_credentials.iter().any(|codes| codes.contains(&code.as_str())) {
                        CallError::Credentials { code, message }
                    } else {
                        CallError::Refused { code, message }
                    });
                }
                Err(why) => why,
            };
            attempts += 1;
            // The identity is only shown; nothing waits long for it.
            if attempts == self.patience.attempts || call == Call::GetCallerIdentity {
                return Err(CallError::NoAnswer(why));
            }
            self.pause(FIRST_WAIT * 2_u32.pow(attempts - 1))?;
        }
    }

    /// Waits, unless the user presses Ctrl-C or the time for all calls is over.
    ///
    /// # Errors
    ///
    /// If the user did, or it is.
    pub fn pause(&self, time: Duration) -> Result<(), CallError> {
        self.wait(async move { sleep(time).await })
    }

    /// Runs a future to its end, unless the user presses Ctrl-C or the time for all calls is over.
    fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, CallError> {
        let mut result = None;
        self.run(pin!(async { result = Some(future.await) }))?;
        result.ok_or(CallError::Stopped)
    }

    /// Not generic: each copy of it would hold the loop of a runtime, 7 KB of the function's program.
    fn run(&self, mut future: Pin<&mut dyn Future<Output = ()>>) -> Result<(), CallError> {
        self.runtime.block_on(async {
            loop {
                if self.stop.load(Ordering::Relaxed) {
                    return Err(CallError::Stopped);
                }
                if self.until.is_some_and(|until| Instant::now() >= until) {
                    return Err(CallError::Late);
                }
                if let Ok(done) = timeout(STOP_CHECK, future.as_mut()).await {
                    return Ok(done);
                }
            }
        })
    }

    /// Sends a request and reads the whole answer. An error is the reason why there is no answer.
    async fn attempt(&self, call: Call, body: &str) -> Result<ServiceAnswer, String> {
        let service = call.service();
        let url = self.session.url(service).trim_end_matches('/');
        let (method, url, headers, body) = match call {
            Call::Action(_, action) => ("POST", format!("{url}/"), service.json_headers(action), body),
            // Without the header, API Gateway answers in HAL.
            Call::Get(..) => ("GET", format!("{url}{body}"), vec![("accept", "application/json".to_owned())], ""),
            Call::GetCallerIdentity => {
                let form = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
                ("POST", format!("{url}/"), vec![("content-type", form)], body)
            }
        };
        let request = super::ServiceRequest { method, service: service.prefix(), url: &url, headers, body };
        let ahead = Duration::from_secs(self.clock_ahead.unsigned_abs());
        let time = if self.clock_ahead < 0 { SystemTime::now() - ahead } else { SystemTime::now() + ahead };
        let signer = Signer { credentials: &self.session.credentials, region: &self.session.region, time };
        match timeout(ANSWER_TIMEOUT, self.signed.exchange(&request, signer)).await {
            // A proxy may have cut it off and given it a length that fits.
            Ok(Ok(ServiceAnswer::Done(body))) if call != Call::GetCallerIdentity && !is_json(&body) => {
                Err("an answer that is cut off, or no JSON".to_owned())
            }
            Ok(answer) => answer.map_err(|why| printable(&why)),
            Err(_) => Err(format!("no answer within {} seconds", ANSWER_TIMEOUT.as_secs())),
        }
    }

    /// Says in one sentence why a call failed and what to do. `on` is what it was about.
    pub fn sentence(&self, error: &CallError, call: Call, on: &str) -> String {
        let region = &self.session.region;
        let permission = call.permission();
        let (code, message) = match error {
            CallError::Stopped => return "stopped by Ctrl-C".to_owned(),
            CallError::Late => return "no time was left".to_owned(),
            CallError::Throttled => {
                return format!(
                    "{} throttles every call, for others share the quota of the account; try again later",
                    call.service().name()
                );
            }
            CallError::NoAnswer(why) => {
                let url = self.session.url(call.service());
                return format!("{url} gives no answer ({why}); check the network, its proxy and the Region {region}");
            }
            CallError::Credentials { code, message } | CallError::Refused { code, message } => {
                (code.as_str(), printable(message))
            }
        };
        let remedy = match code {
            "ResourceNotFoundException" => {
                format!("it does not exist in {region}; check the name, --region and --profile")
            }
            // Not the caller's own policy denies it, so AWS's words say which one does.
            _ if is_denied(code) && names_other_policy(&message) => {
                return format!("{} refuses {permission} on {on}: {message} ({code})", call.service().name());
            }
            _ if is_denied(code) => format!("no permission: the caller needs {permission} on {on}"),
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
            _ => return format!("{} refuses {permission}: {code}: {message}", call.service().name()),
        };
        format!("{remedy} ({code})")
    }
}

/// Returns whether an error code says that a permission is missing.
pub fn is_denied(code: &str) -> bool {
    matches!(code, "AccessDeniedException" | "AccessDenied" | "UnauthorizedException" | "ForbiddenException")
}

/// Returns whether a denial comes from a key's policy or from one of the organisation.
fn names_other_policy(message: &str) -> bool {
    let message = message.to_lowercase();
    ["kms", "explicit deny", "service control policy", "ciphertext"].iter().any(|words| message.contains(words))
}

/// Returns whether an error says that the class of the group cannot do it.
fn is_about_class(message: &str) -> bool {
    let message = message.to_lowercase().replace('_', " ");
    message.contains("infrequent access") || message.contains("log group class") || message.contains("log class")
}

/// How many calls a second are made: less after each throttle, slowly more again.
#[derive(Debug)]
struct Rate {
    per_second: f64,
    highest: f64,
    next: Option<Instant>,
}

/// The lowest rate, in calls a second.
const LOWEST_RATE: f64 = 0.1;

impl Rate {
    fn new(per_second: f64, highest: f64) -> Self {
        Self { per_second, highest, next: None }
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
        self.per_second = (self.per_second + 0.1).min(self.highest);
    }
}

fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

fn now_seconds() -> i64 {
    now_ms().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client whose clock runs as fast as it waits.
    fn client_of(url: &str, patience: Patience) -> AccountClient {
        let session = Session {
            credentials: Credentials::new("AKIDEXAMPLE", "planted-access-key", None, None, "test"),
            region: "eu-west-1".to_owned(),
            urls: Service::ALL.map(|service| (service, url.to_owned())).to_vec(),
            renew: None,
        };
        let mut client = AccountClient::new(session, None, patience, Arc::default(), |_| ()).unwrap();
        client.runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        client
    }

    #[test]
    fn the_rate_is_halved_by_a_throttle_and_grows_slowly() {
        let mut rate = Rate::new(5.0, 20.0);
        let now = Instant::now();
        assert_eq!((rate.wait(now), rate.wait(now)), (Duration::ZERO, Duration::from_millis(200)));
        for _ in 0..20 {
            rate.halve();
        }
        assert_eq!(rate.per_second, LOWEST_RATE);
        for _ in 0..1_000 {
            rate.accepted();
        }
        assert_eq!(rate.per_second, 20.0);
    }

    /// Answers every request with a throttle.
    async fn throttle(listener: std::net::TcpListener) {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let body = r#"{"__type":"TooManyRequestsException"}"#;
        let answer = format!("HTTP/1.1 429 -\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        while let Ok((stream, _)) = listener.accept().await {
            // It may be called readable before it is.
            while stream.readable().await.is_ok() && stream.try_read(&mut [0; 4096]).is_err() {}
            let _ = stream.try_write(answer.as_bytes());
        }
    }

    #[test]
    fn a_short_patience_gives_up_on_a_service_that_throttles_or_hangs() {
        let throttles = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let hangs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let urls = [&throttles, &hangs].map(|listener| format!("http://{}", listener.local_addr().unwrap()));
        throttles.set_nonblocking(true).unwrap();
        let mut throttles = Some(throttles);
        let call = Call::Get(Service::ApiGateway, "GET");
        let shown = urls.each_ref().map(|url| {
            let mut client = client_of(url, Patience::SHORT);
            // In the runtime of the client: its clock goes on whenever it waits for another thread.
            if let Some(listener) = throttles.take() {
                client.runtime.spawn(throttle(listener));
            }
            let error = client.call(call, "/restapis").unwrap_err();
            client.sentence(&error, call, "*")
        });
        let sentence = "API Gateway throttles every call, for others share the quota of the account; try again later";
        assert_eq!(shown[0], sentence);
        assert!(shown[1].starts_with(&format!("{} gives no answer (", urls[1])), "{}", shown[1]);
    }

    #[test]
    fn an_endpoint_that_hangs_is_given_up_after_some_attempts() {
        // It takes connections, and never answers.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut client = client_of(&url, Patience::ENDLESS);
        let call = Call::Action(Service::Logs, "FilterLogEvents");
        let error = client.call(call, "{}").unwrap_err();
        let said = client.sentence(&error, call, "g");
        assert!(said.starts_with(&format!("{url} gives no answer (")), "{said}");
        assert!(said.ends_with("check the network, its proxy and the Region eu-west-1"), "{said}");
    }
}
