//! CloudWatch, as far as PutMetricData goes: Smithy RPC v2 CBOR, with the limits that the service has and most of its
//! imitations have not.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ciborium::Value;
use jiff::Timestamp;
use jiff::fmt::{rfc2822::DateTimePrinter, strtime};
use jiff::tz::TimeZone;

use super::http::{Answer, Request, serve, serve_tls};

const PATH: &str = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
const MEGABYTE: usize = 1_000_000;
const DAY_MS: i64 = 24 * 60 * 60_000;
const HOUR_MS: i64 = 60 * 60_000;

/// Text in the messages of errors. It must come out of the function nowhere.
pub const SECRET: &str = "planted-by-cloudwatch";

/// Behaviour of the endpoint towards one request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Behaviour {
    /// Accepts, or refuses what breaks a rule, as CloudWatch does.
    Strict,
    /// Behaves as [`Strict`](Self::Strict), and closes the connection after the answer without having said so.
    StrictThenClose,
    Throttle,
    /// Answers with this status and takes nothing.
    Fail(u16),
    /// Refuses, whatever the request is.
    Refuse,
    /// Refuses with this status and this error code.
    RefuseWith(u16, &'static str),
    /// Takes nothing and says nothing.
    Hang(Duration),
    /// Accepts, after a while.
    Slow(Duration),
    CutBeforeAccepting,
    CutAfterAccepting,
    /// Takes nothing and shows a page with this status, as the proxy of a network does, whose clock stands at 1970.
    Page(u16),
    /// Takes nothing and sends bytes without end.
    Endless,
}

/// One datum that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    pub namespace: String,
    pub metric: String,
    pub dimensions: BTreeMap<String, String>,
    pub timestamp_ms: i64,
    /// Each value with its count.
    pub values: Vec<(f64, f64)>,
    pub unit: String,
}

impl Datum {
    pub fn sum(&self) -> f64 {
        self.values.iter().map(|(value, count)| value * count).sum()
    }
}

/// Something that CloudWatch says no to: error code and what is wrong.
pub type Refusal = (&'static str, String);

#[derive(Default)]
struct State {
    script: VecDeque<Behaviour>,
    otherwise: Option<Behaviour>,
    accepted: Vec<Datum>,
    /// Sizes of accepted requests: data, bytes before compression.
    sizes: Vec<(usize, usize)>,
    refusals: Vec<Refusal>,
    /// Value of a dimension that is refused for a reason that nobody knows.
    unwanted: Option<&'static str>,
    clock: Option<Clock>,
    requests: usize,
    compressed: usize,
}

/// A clock that is not the caller's, and how a request that was signed too far from it is refused.
#[derive(Debug, Clone, Copy)]
struct Clock {
    ahead_ms: i64,
    status: u16,
    code: &'static str,
}

/// Furthest that the time of a signature may be from the endpoint's clock.
///
/// Source: IAM User Guide, "AWS Signature Version 4 for API requests": in most cases five minutes.
const SIGNATURE_VALID_MS: i64 = 5 * 60_000;

/// The endpoint.
#[derive(Clone)]
pub struct CloudWatch {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl CloudWatch {
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        Self { address: serve(move |request| answer(&shared, request)), state }
    }

    /// Starts the endpoint behind TLS: to be called by a name that the certificate has.
    pub fn start_with_tls(tls: Arc<rustls::ServerConfig>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        Self { address: serve_tls(tls, move |request| answer(&shared, request)), state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the behaviour towards the next requests, one after the other. After that it is strict again.
    pub fn then(&self, script: impl IntoIterator<Item = Behaviour>) {
        self.state.lock().unwrap().script.extend(script);
    }

    /// Sets the behaviour towards all requests behind those of the script.
    pub fn always(&self, behaviour: Behaviour) {
        self.state.lock().unwrap().otherwise = Some(behaviour);
    }

    /// Sets its clock so many seconds ahead of the caller's. It refuses a request that was signed more than five minutes
    /// away from it, with this status and code. Each answer holds its time, as the answers of CloudWatch do.
    pub fn set_clock(&self, ahead_seconds: i64, status: u16, code: &'static str) {
        self.state.lock().unwrap().clock = Some(Clock { ahead_ms: ahead_seconds * 1_000, status, code });
    }

    /// Refuses each request with a datum that has this value of a dimension.
    pub fn refuse_value(&self, value: &'static str) {
        self.state.lock().unwrap().unwanted = Some(value);
    }

    pub fn accepted(&self) -> Vec<Datum> {
        self.state.lock().unwrap().accepted.clone()
    }

    pub fn sizes(&self) -> Vec<(usize, usize)> {
        self.state.lock().unwrap().sizes.clone()
    }

    pub fn refusals(&self) -> Vec<Refusal> {
        self.state.lock().unwrap().refusals.clone()
    }

    /// Requests that arrived, whatever became of them.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }

    /// Requests whose bodies were compressed.
    pub fn compressed(&self) -> usize {
        self.state.lock().unwrap().compressed
    }

    /// The sum of what was accepted of a metric, over all its dimensions and minutes.
    pub fn sum(&self, metric: &str) -> f64 {
        self.accepted().iter().filter(|datum| datum.metric == metric).map(Datum::sum).sum()
    }

    /// The sum of what was accepted of a metric with this among its dimensions.
    pub fn sum_of(&self, metric: &str, name: &str, value: &str) -> f64 {
        let is = |datum: &Datum| datum.dimensions.get(name).is_some_and(|known| known == value);
        self.accepted().iter().filter(|datum| datum.metric == metric && is(datum)).map(Datum::sum).sum()
    }
}

fn answer(state: &Mutex<State>, request: &Request) -> Answer {
    let (behaviour, clock) = {
        let mut state = state.lock().unwrap();
        state.requests += 1;
        state.compressed += usize::from(request.header("content-encoding") == "gzip");
        let next = state.script.pop_front();
        (next.or(state.otherwise).unwrap_or(Behaviour::Strict), state.clock)
    };
    let now_ms = now_ms() + clock.map_or(0, |clock| clock.ahead_ms);
    let is_timely = (signed_ms(request) - now_ms).abs() <= SIGNATURE_VALID_MS;
    let answer = match clock.filter(|_| !is_timely) {
        Some(clock) => error(clock.status, clock.code, "signed at another time"),
        None => behave(state, behaviour, request, now_ms),
    };
    with_date(answer, if matches!(behaviour, Behaviour::Page(_)) { 0 } else { now_ms })
}

/// When the request was signed; long ago where it does not say.
fn signed_ms(request: &Request) -> i64 {
    let date = strtime::parse("%Y%m%dT%H%M%SZ", request.header("x-amz-date")).and_then(|date| date.to_datetime());
    date.and_then(|date| date.to_zoned(TimeZone::UTC)).map_or(0, |date| date.timestamp().as_millisecond())
}

/// The answer with the time of the endpoint's clock.
fn with_date(answer: Answer, now_ms: i64) -> Answer {
    match answer {
        Answer::Response { status, mut headers, body } => {
            let now = Timestamp::from_millisecond(now_ms).unwrap();
            headers.push(("date", DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap()));
            Answer::Response { status, headers, body }
        }
        Answer::Last(answer) => Answer::Last(Box::new(with_date(*answer, now_ms))),
        other => other,
    }
}

fn behave(state: &Mutex<State>, behaviour: Behaviour, request: &Request, now_ms: i64) -> Answer {
    match behaviour {
        Behaviour::Strict => accept_or_refuse(state, request, now_ms),
        Behaviour::StrictThenClose => Answer::Last(Box::new(accept_or_refuse(state, request, now_ms))),
        Behaviour::Throttle => error(400, "Throttling", "Rate exceeded"),
        Behaviour::Fail(status) => error(status, "InternalServiceError", "internal"),
        Behaviour::Refuse => error(400, "InvalidParameterValue", "asked to refuse"),
        Behaviour::RefuseWith(status, code) => error(status, code, "asked to refuse"),
        Behaviour::Hang(time) => Answer::Hang(time),
        Behaviour::Slow(time) => {
            std::thread::sleep(time);
            accept_or_refuse(state, request, now_ms)
        }
        Behaviour::CutBeforeAccepting => Answer::Cut,
        Behaviour::CutAfterAccepting => {
            accept_or_refuse(state, request, now_ms);
            Answer::Cut
        }
        Behaviour::Page(status) => Answer::Response { status, headers: page(), body: format!("<p>{SECRET}").into() },
        Behaviour::Endless => Answer::Endless { status: 200, headers: page() },
    }
}

fn page() -> Vec<(&'static str, String)> {
    vec![("content-type", "text/html".to_owned())]
}

fn accept_or_refuse(state: &Mutex<State>, request: &Request, now_ms: i64) -> Answer {
    let mut state = state.lock().unwrap();
    let unwanted = state.unwanted;
    let is_unwanted = |datum: &Datum| datum.dimensions.values().any(|value| Some(value.as_str()) == unwanted);
    let data = read(request, now_ms).and_then(|(data, bytes)| {
        check(!data.iter().any(is_unwanted), "InvalidParameterValue", || "an unwanted value".to_owned())?;
        Ok((data, bytes))
    });
    match data {
        Ok((data, bytes)) => {
            state.sizes.push((data.len(), bytes));
            state.accepted.extend(data);
            Answer::Response { status: 200, headers: headers(), body: encoded(&Value::Map(Vec::new())) }
        }
        Err(refusal) => {
            state.refusals.push(refusal.clone());
            error(400, refusal.0, &refusal.1)
        }
    }
}

fn headers() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/cbor".to_owned()), ("smithy-protocol", "rpc-v2-cbor".to_owned())]
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let mut headers = headers();
    let whose = if status < 500 { "Sender" } else { "Receiver" };
    headers.push(("x-amzn-query-error", format!("{code};{whose}")));
    let text = |text: &str| Value::Text(text.to_owned());
    let body = Value::Map(vec![
        (text("__type"), text(&format!("com.amazonaws.cloudwatch#{code}"))),
        (text("message"), text(&format!("{message} {SECRET}"))),
    ]);
    Answer::Response { status, headers, body: encoded(&body) }
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// The data of a request and its size, or what is wrong with it.
fn read(request: &Request, now_ms: i64) -> Result<(Vec<Datum>, usize), Refusal> {
    let protocol = request.method == "POST"
        && request.path == PATH
        && request.header("smithy-protocol") == "rpc-v2-cbor"
        && request.header("content-type") == "application/cbor"
        && request.header("authorization").starts_with("AWS4-HMAC-SHA256 ");
    check(protocol, "SerializationException", || "not a signed PutMetricData in RPC v2 CBOR".to_owned())?;
    let mut body = request.body.clone();
    if request.header("content-encoding") == "gzip" {
        body.clear();
        let read = flate2::read::GzDecoder::new(&request.body[..]).read_to_end(&mut body);
        check(read.is_ok(), "SerializationException", || "not gzip".to_owned())?;
    }
    let bytes = body.len();
    check(bytes <= MEGABYTE, "RequestEntityTooLarge", || format!("{bytes} bytes"))?;
    let value: Value =
        ciborium::from_reader(&body[..]).map_err(|error| ("SerializationException", format!("not CBOR: {error}")))?;
    let namespace = text(field(&value, "Namespace")).ok_or(("MissingParameter", "Namespace".to_owned()))?;
    let allowed = printable(&namespace)
        && (1..=255).contains(&namespace.len())
        && !namespace.starts_with(':')
        && !namespace.starts_with("AWS/");
    check(allowed, "InvalidParameterValue", || format!("Namespace {namespace}"))?;
    let data = array(field(&value, "MetricData"));
    check(!data.is_empty(), "MissingParameter", || "MetricData".to_owned())?;
    check(data.len() <= 1_000, "InvalidParameterValue", || format!("{} MetricData", data.len()))?;
    let data: Result<Vec<_>, _> = data.iter().map(|datum| read_datum(&namespace, datum, now_ms)).collect();
    Ok((data?, bytes))
}

fn read_datum(namespace: &str, value: &Value, now_ms: i64) -> Result<Datum, Refusal> {
    let metric = text(field(value, "MetricName")).unwrap_or_default();
    check(is_name(&metric), "InvalidParameterValue", || format!("MetricName {metric:?}"))?;
    let timestamp_ms = timestamp_ms(field(value, "Timestamp"))
        .ok_or_else(|| ("MissingParameter", format!("Timestamp of {metric}")))?;
    let timely = (now_ms - 14 * DAY_MS..=now_ms + 2 * HOUR_MS).contains(&timestamp_ms);
    check(timely, "InvalidParameterValue", || format!("Timestamp {timestamp_ms} of {metric}"))?;
    Ok(Datum {
        namespace: namespace.to_owned(),
        dimensions: read_dimensions(value)?,
        values: read_values(value)?,
        unit: text(field(value, "Unit")).unwrap_or_default(),
        metric,
        timestamp_ms,
    })
}

fn read_dimensions(datum: &Value) -> Result<BTreeMap<String, String>, Refusal> {
    let dimensions = array(field(datum, "Dimensions"));
    check(dimensions.len() <= 30, "InvalidParameterValue", || format!("{} Dimensions", dimensions.len()))?;
    let mut read = BTreeMap::new();
    for dimension in dimensions {
        let name = text(field(dimension, "Name")).unwrap_or_default();
        let value = text(field(dimension, "Value")).unwrap_or_default();
        check(is_name(&name), "InvalidParameterValue", || format!("dimension name {name:?}"))?;
        let allowed = printable(&value) && !value.trim().is_empty() && value.len() <= 1_024;
        check(allowed, "InvalidParameterValue", || format!("value {value:?} of dimension {name}"))?;
        check(!read.contains_key(&name), "InvalidParameterValue", || format!("dimension {name} twice"))?;
        read.insert(name, value);
    }
    Ok(read)
}

fn read_values(datum: &Value) -> Result<Vec<(f64, f64)>, Refusal> {
    let values: Vec<f64> = array(field(datum, "Values")).iter().filter_map(number).collect();
    let counts: Vec<f64> = array(field(datum, "Counts")).iter().filter_map(number).collect();
    if let Some(value) = field(datum, "Value").and_then(number) {
        check(values.is_empty(), "InvalidParameterCombination", || "Value and Values".to_owned())?;
        check(is_value(value), "InvalidParameterValue", || format!("Value {value}"))?;
        return Ok(vec![(value, 1.0)]);
    }
    check(!values.is_empty(), "MissingParameter", || "Value or Values".to_owned())?;
    check(values.len() <= 150, "InvalidParameterValue", || format!("{} Values", values.len()))?;
    let alike = counts.is_empty() || counts.len() == values.len();
    check(alike, "InvalidParameterValue", || format!("{} Values, {} Counts", values.len(), counts.len()))?;
    let fit = values.iter().chain(&counts).all(|value| is_value(*value)) && counts.iter().all(|count| *count > 0.0);
    check(fit, "InvalidParameterValue", || "a value that is no number".to_owned())?;
    let unique = values.iter().all(|value| values.iter().filter(|other| *other == value).count() == 1);
    check(unique, "InvalidParameterValue", || "a value twice".to_owned())?;
    let counts = counts.into_iter().chain(std::iter::repeat(1.0));
    Ok(values.into_iter().zip(counts).collect())
}

fn check(holds: bool, code: &'static str, what: impl FnOnce() -> String) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err((code, what())) }
}

fn is_name(name: &str) -> bool {
    printable(name) && (1..=255).contains(&name.len()) && !name.trim().is_empty() && !name.starts_with(':')
}

fn is_value(value: f64) -> bool {
    value.is_finite() && value.abs() <= 2_f64.powi(360)
}

fn printable(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let entries = value.as_map()?;
    entries.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn array(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_text).map(str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    let integer = |number: ciborium::value::Integer| i128::from(number) as f64;
    value.as_float().or_else(|| value.as_integer().map(integer))
}

/// Seconds since the epoch, tagged as such.
fn timestamp_ms(value: Option<&Value>) -> Option<i64> {
    let Value::Tag(1, seconds) = value? else { return None };
    number(seconds).map(|seconds| (seconds * 1_000.0).round() as i64)
}

pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}
