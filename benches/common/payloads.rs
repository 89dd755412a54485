//! Log events as API Gateway and Lambda write them, invented and always the same, for benches and tests.
//!
//! Every kind varies what a real log varies (request ids, times, paths, header values), since that is what keeps it from
//! being compressed further: 10,000 lines of an execution log are compressed 10 to 1.

#![allow(unreachable_pub, reason = "there is no outside to reach")]

use std::fmt::Write as _;

use why5xx::decode::{BatchHeader, LogEvent, Message, encode_event};

/// Kind of log, and its level or format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Execution log at INFO with data trace: about 22 lines a request, with headers and bodies.
    InfoWithBodies,
    /// Execution log at INFO without data trace.
    InfoWithoutBodies,
    /// Execution log at ERROR: nothing but failures.
    FailureOnly,
    /// Access log, one JSON object a line.
    AccessLog,
    /// Log of a Lambda function and its runtime.
    FunctionLog,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::InfoWithBodies, Self::InfoWithoutBodies, Self::FailureOnly, Self::AccessLog, Self::FunctionLog];

    /// A name for tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::InfoWithBodies => "INFO with bodies",
            Self::InfoWithoutBodies => "INFO without bodies",
            Self::FailureOnly => "failure-only",
            Self::AccessLog => "JSON access log",
            Self::FunctionLog => "Lambda log",
        }
    }

    /// The header of its batches.
    pub(crate) fn header(self) -> BatchHeader {
        let log_group = match self {
            Self::AccessLog => "/aws/apigateway/b3x7mk20qe/live/access",
            Self::FunctionLog => "/aws/lambda/order-service",
            _ => "API-Gateway-Execution-Logs_b3x7mk20qe/live",
        };
        BatchHeader {
            message_type: "DATA_MESSAGE".to_owned(),
            owner: "444455556666".to_owned(),
            log_group: log_group.to_owned(),
            log_stream: "7f1d0c2b9a8e4d63b5f2a1c0e9d8b7a6".to_owned(),
            ..BatchHeader::default()
        }
    }
}

/// A log event that owns its text.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// 56 digits.
    pub(crate) id: String,
    /// Milliseconds since 1970.
    pub(crate) timestamp_ms: i64,
    /// Without escapes.
    pub(crate) message: String,
}

/// The first `count` events of the log that the seed gives.
pub(crate) fn events(kind: Kind, count: usize, seed: u64) -> Vec<Event> {
    let mut log = Log { dice: Dice(seed), timestamp_ms: 1_767_225_600_000, events: Vec::with_capacity(count + 32) };
    while log.events.len() < count {
        match kind {
            Kind::InfoWithBodies => log.execution(true),
            Kind::InfoWithoutBodies => log.execution(false),
            Kind::FailureOnly => log.failure(),
            Kind::AccessLog => log.access(),
            Kind::FunctionLog => log.function(),
        }
    }
    log.events.truncate(count);
    log.events
}

/// The events as the decoder's type.
pub(crate) fn borrowed(events: &[Event]) -> impl Iterator<Item = LogEvent<'_>> {
    events.iter().map(|event| LogEvent {
        id: event.id.as_bytes(),
        timestamp_ms: event.timestamp_ms,
        message: Message::plain(event.message.as_bytes()),
    })
}

/// A subscription event of so many log events.
pub(crate) fn payload(kind: Kind, count: usize, seed: u64) -> String {
    encode_event(&kind.header(), borrowed(&events(kind, count, seed)))
}

/// The largest subscription event that fits so many bytes, to within a few percent.
pub(crate) fn payload_of_bytes(kind: Kind, bytes: usize, seed: u64) -> String {
    const SAMPLE: usize = 10_000;
    let mut count = bytes / (payload(kind, SAMPLE, seed).len() / SAMPLE).max(1);
    loop {
        let payload = payload(kind, count, seed);
        if payload.len() <= bytes {
            return payload;
        }
        count = count * 98 / 100;
    }
}

/// The records of the largest Kinesis batch, each as a subscription event: 1,000 events in each, so many bytes altogether.
pub(crate) fn kinesis_payloads(kind: Kind, bytes: usize, seed: u64) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut sum = 0;
    for nth in 0.. {
        let payload = payload(kind, 1_000, seed + nth);
        sum += payload.len();
        if sum > bytes {
            break;
        }
        payloads.push(payload);
    }
    payloads
}

/// A log in the making.
struct Log {
    dice: Dice,
    timestamp_ms: i64,
    events: Vec<Event>,
}

impl Log {
    fn line(&mut self, message: String) {
        let id = event_id(self.timestamp_ms, self.events.len() as u64);
        self.events.push(Event { id, timestamp_ms: self.timestamp_ms, message });
    }

    fn wait(&mut self, most_ms: u64) {
        self.timestamp_ms += self.dice.below(most_ms) as i64;
    }

    fn execution(&mut self, bodies: bool) {
        self.wait(30);
        let id = self.dice.request_id();
        let (method, resource, path, order) = self.dice.request();
        let failed = self.dice.below(100) == 0;
        let latency = 4 + self.dice.below(400);
        let (trace, token, endpoint_id) = (self.dice.hex(32), self.dice.hex(64), self.dice.request_id());
        let (body, answer) = if bodies { self.dice.bodies(order) } else { Default::default() };
        let (extended, cdn, edge, agent) =
            (self.dice.base64(15), self.dice.base64(54), self.dice.hex(32), self.dice.below(400));
        let mut say = |text: String| self.line(format!("({id}) {text}"));
        say(format!("Extended Request Id: {extended}="));
        say("Verifying Usage Plan for request. API Key:  API Stage: b3x7mk20qe/live".to_owned());
        say(format!(
            "API Key authorized because method '{method} {resource}' does not require API Key. Request will not contribute to throttle or quota limits"
        ));
        say(format!("Starting execution for request: {id}"));
        say(format!("HTTP Method: {method}, Resource Path: {path}"));
        if bodies {
            let n = latency % 250;
            let headers = format!(
                "accept=application/json, text/plain, accept-encoding=gzip, deflate, br, accept-language=de-DE,de;q=0.9,en;q=0.8, \
                 cache-control=no-cache, CloudFront-Forwarded-Proto=https, CloudFront-Is-Desktop-Viewer=false, \
                 CloudFront-Is-Mobile-Viewer=true, CloudFront-Is-Tablet-Viewer=false, CloudFront-Viewer-ASN=64{n:03}, \
                 CloudFront-Viewer-Country=DE, content-type=application/json, Host=api.shop.example, \
                 origin=https://shop.example, referer=https://shop.example/basket, \
                 User-Agent=shop-client/4.{agent} (Linux; Android 15) AppleWebKit/537.36, \
                 Via=2.0 {edge}.cloudfront.example (CloudFront), X-Amz-Cf-Id={cdn}==, X-Amzn-Trace-Id=Root=1-{trace}, \
                 X-Forwarded-For=198.51.100.{n}, 203.0.113.{}, X-Forwarded-Port=443, X-Forwarded-Proto=https",
                n / 2
            );
            say(format!("Method request path: {{order={order}}}"));
            say("Method request query string: {expand=lines}".to_owned());
            say(format!("Method request headers: {{{headers}}}"));
            say(format!("Method request body before transformations: {body}"));
            say("Endpoint request URI: https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-central-1:444455556666:function:order-service/invocations".to_owned());
            say(format!(
                "Endpoint request headers: {{X-Amz-Date=20260101T{:06}Z, x-amzn-apigateway-api-id=b3x7mk20qe, User-Agent=AmazonAPIGateway_b3x7mk20qe, X-Amz-Security-Token=IQoJ{} [TRUNCATED]}}",
                latency * 97,
                token
            ));
            say(format!(
                r#"Endpoint request body after transformations: {{"resource":"{resource}","path":"{path}","httpMethod":"{method}","headers":{{"{}"}},"body":"{}"}}"#,
                headers.replace('=', "\":\"").replace(", ", "\",\""),
                body.replace('"', "\\\"")
            ));
        }
        say("Sending request to https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-central-1:444455556666:function:order-service/invocations".to_owned());
        self.timestamp_ms += latency as i64;
        let mut say = |text: String| self.line(format!("({id}) {text}"));
        say(format!("Received response. Status: 200, Integration latency: {latency} ms"));
        if bodies {
            say(format!(
                "Endpoint response headers: {{Date=Thu, 01 Jan 2026 00:00:00 GMT, Content-Type=application/json, Content-Length=287, Connection=keep-alive, x-amzn-RequestId={id}, X-Amzn-Trace-Id=Root=1-{trace};Parent=0{}}}",
                &trace[..15]
            ));
            say(format!(
                r#"Endpoint response body before transformations: {{"statusCode":200,"body":"{}"}}"#,
                answer.replace('"', "\\\"")
            ));
            if !failed {
                say(format!("Method response body after transformations: {answer}"));
                say(format!(
                    "Method response headers: {{X-Amzn-Trace-Id=Root=1-{trace}, Content-Type=application/json}}"
                ));
            }
        }
        if failed {
            say("Execution failed due to configuration error: Malformed Lambda proxy response".to_owned());
            say("Method completed with status: 502".to_owned());
        } else {
            say("Successfully completed execution".to_owned());
            say("Method completed with status: 200".to_owned());
        }
        say(format!("AWS Integration Endpoint RequestId : {endpoint_id}"));
    }

    fn failure(&mut self) {
        // So many in one delivery are a burst.
        self.wait(20);
        let id = self.dice.request_id();
        let (text, status) = [
            ("Execution failed due to configuration error: Malformed Lambda proxy response", 502),
            ("Execution failed due to a timeout error", 504),
            ("Execution failed due to configuration error: Invalid permissions on Lambda function", 500),
            (
                "Lambda execution failed with status 200 due to customer function error: Cannot read properties of undefined. Lambda request id: ",
                502,
            ),
            ("Execution failed due to an internal error", 500),
        ][self.dice.below(5) as usize];
        let tail = if text.ends_with(": ") { self.dice.request_id() } else { String::new() };
        self.line(format!("({id}) {text}{tail}"));
        self.line(format!("({id}) Method completed with status: {status}"));
    }

    fn access(&mut self) {
        self.wait(10);
        let (id, extended) = (self.dice.request_id(), self.dice.hex(15));
        let (method, resource, path, _) = self.dice.request();
        let (n, latency) = (self.dice.below(250), self.dice.below(900));
        let status = if self.dice.below(50) == 0 { 502 } else { 200 };
        self.line(format!(r#"{{"requestId":"{id}","extendedRequestId":"{extended}=","ip":"198.51.100.{n}","requestTime":"01/Jan/2026:00:00:{:02} +0000","httpMethod":"{method}","resourcePath":"{resource}","path":"/live{path}","status":"{status}","protocol":"HTTP/1.1","responseLength":"{}","responseLatency":"{latency}","integrationStatus":"{status}","integrationLatency":"{}","userAgent":"shop-client/4.{}","apiId":"b3x7mk20qe","stage":"live","error":"-"}}"#, n % 60, 200 + latency, latency / 2, n % 9));
    }

    fn function(&mut self) {
        self.wait(30);
        let id = self.dice.request_id();
        let (_, _, path, order) = self.dice.request();
        let (tenths, trace) = (20 + self.dice.below(9_000), self.dice.hex(24));
        self.line(format!("START RequestId: {id} Version: $LATEST\n"));
        self.line(format!("2026-01-01T00:00:00.{:03}Z\t{id}\tINFO\tload {path} for trace {trace}\n", tenths % 1_000));
        if self.dice.below(30) == 0 {
            self.line(format!(r#"2026-01-01T00:00:01.{:03}Z	{id}	ERROR	Invoke Error 	{{"errorType":"TypeError","errorMessage":"order {order} has no lines","stack":["TypeError: order {order} has no lines","    at total (/var/task/index.js:{}:11)"]}}"#, tenths % 1_000, tenths % 90));
        }
        self.timestamp_ms += (tenths / 10) as i64;
        self.line(format!("END RequestId: {id}\n"));
        self.line(format!("REPORT RequestId: {id}\tDuration: {}.{} ms\tBilled Duration: {} ms\tMemory Size: 256 MB\tMax Memory Used: {} MB\t\n", tenths / 10, tenths % 10, tenths / 10 + 1, 80 + tenths % 40));
    }
}

/// The id of the nth event of a log, built as ids seem to be: the time in the bits above the 144th, and below them a
/// number that goes up from event to event. In decimal, a change of the time shows in all digits but the first few.
fn event_id(timestamp_ms: i64, nth: u64) -> String {
    const LIMB: u128 = 100_000_000_000_000;
    let mut limbs = [timestamp_ms.unsigned_abs().into(), 0, 0, 0_u128];
    for added in [0x5d1e_94c3_a7f2, 0x8b60_2f1d_c4e9, 0x1000_0000_0000 + u128::from(nth)] {
        let mut carry = added;
        for limb in &mut limbs {
            let value = (*limb << 48) + carry;
            (*limb, carry) = (value % LIMB, value / LIMB);
        }
    }
    format!("{:014}{:014}{:014}{:014}", limbs[3], limbs[2], limbs[1], limbs[0])
}

/// Splitmix64: a few lines, and the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut hex = String::new();
        while hex.len() < digits {
            let _ = write!(hex, "{:016x}", self.next());
        }
        hex.truncate(digits);
        hex
    }

    fn base64(&mut self, digits: usize) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..digits).map(|_| char::from(DIGITS[self.below(64) as usize])).collect()
    }

    fn request_id(&mut self) -> String {
        let hex = self.hex(32);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// Returns the bodies of a client's order and of its answer.
    fn bodies(&mut self, order: u64) -> (String, String) {
        let skus: Vec<String> = (0..=self.below(4)).map(|_| self.hex(10)).collect();
        let mut lines = |key: &str, most: u64| {
            let line = |sku: &String| format!(r#"{{"sku":"{sku}","{key}":{}}}"#, self.below(most));
            skus.iter().map(line).collect::<Vec<_>>().join(",")
        };
        let (ordered, stock) = (lines("quantity", 9), lines("stock", 5_000));
        let body = format!(
            r#"{{"order":{order},"customer":"{}","email":"{}@mail.example","lines":[{ordered}],"to":{{"street":"Street {}","zip":"{:05}"}},"note":"left at the door"}}"#,
            self.request_id(),
            self.hex(8),
            self.below(1_000),
            self.below(100_000)
        );
        let answer = format!(
            r#"{{"order":{order},"state":"accepted","reservation":"{}","cents":{},"lines":[{stock}]}}"#,
            self.request_id(),
            self.below(50_000)
        );
        (body, answer)
    }

    fn request(&mut self) -> (&'static str, &'static str, String, u64) {
        let order = self.below(1_000_000);
        let (method, resource) = [
            ("GET", "/orders/{order}"),
            ("PUT", "/orders/{order}"),
            ("POST", "/orders/{order}/lines"),
            ("GET", "/orders/{order}/invoice"),
        ][self.below(4) as usize];
        (method, resource, resource.replace("{order}", &order.to_string()), order)
    }
}
