//! A random attacker who writes into access logs, and honest clients in the same formats.
//!
//! `WHY5XX_ATTACKER_LINES` sets the number of lines of each (100,000).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::sync::Arc;

use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::settings::Settings;

use crate::simulation::random::Random;
use crate::support::count::count_events;
use crate::support::settings::load;

/// Formats with every value of the server under its usual key; the text of clients is added.
const JSON: &[&str] = &[
    r#"{"requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId","ip":"$context.identity.sourceIp","caller":"$context.identity.caller","user":"$context.identity.user","requestTime":"$context.requestTime","httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","status":"$context.status","protocol":"$context.protocol","responseLength":"$context.responseLength"}"#,
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime","httpMethod":"$context.httpMethod","routeKey":"$context.routeKey","status":"$context.status","protocol":"$context.protocol","responseLength":"$context.responseLength","extendedRequestId":"$context.extendedRequestId"}"#,
    r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","caller":"$context.identity.caller","user":"$context.identity.user","requestTime":"$context.requestTime","eventType":"$context.eventType","routeKey":"$context.routeKey","status":"$context.status","connectionId":"$context.connectionId"}"#,
    r#"{"apiId":"$context.apiId","httpMethod":"$context.httpMethod","integrationErrorMessage":"$context.integrationErrorMessage","protocol":"$context.protocol","requestId":"$context.requestId","requestTime":"$context.requestTime","responseLength":"$context.responseLength","routeKey":"$context.routeKey","stage":"$context.stage","status":"$context.status"}"#,
    r#"{"context":{"domainName":"$context.domainName","integrationErrorMessage":"$context.integrationErrorMessage","protocol":"$context.protocol","requestId":"$context.requestId","requestTime":"$context.requestTime","responseLength":"$context.responseLength","routeKey":"$context.routeKey","stage":"$context.stage","status":"$context.status","error":{"message":"$context.error.message","responseType":"$context.error.responseType"},"identity":{"sourceIP":"$context.identity.sourceIp"},"integration":{"error":"$context.integration.error","integrationStatus":"$context.integration.integrationStatus"}}}"#,
    r#"{"requestTime":"$context.requestTime","requestId":"$context.requestId","httpMethod":"$context.httpMethod","routeKey":"$context.routeKey","status":$context.status,"responseLatency":$context.responseLatency,"integrationRequestId":"$context.integration.requestId","functionResponseStatus":"$context.integration.status","integrationLatency":"$context.integration.latency","integrationServiceStatus":"$context.integration.integrationStatus","ip":"$context.identity.sourceIp"}"#,
    r#"{"status":"$context.status","requestId":"$context.requestId","apiId":"$context.apiId","stage":"$context.stage","waf-status":"$context.waf.status","waf-error":"$context.waf.error","authorize-error":"$context.authorize.error","integration-error":"$context.integration.error","integration-status":"$context.integration.status","integration-integrationStatus":"$context.integration.integrationStatus","integration-latency":"$context.integration.latency"}"#,
    r#"{"error_message": "$context.error.message", "error_messageString": $context.error.messageString, "error_responseType": "$context.error.responseType", "integration_error": "$context.integration.error", "integration_status": "$context.integration.status", "integrationLatency": $context.integrationLatency, "resourcePath": "$context.resourcePath", "requestId": "$context.requestId", "stage": "$context.stage", "status": "$context.status"}"#,
    r#"{"request":{"requestId":"$context.requestId","requestTime":"$context.requestTime"},"api":{"apiId":"$context.apiId","stage":"$context.stage"},"http":{"httpMethod":"$context.httpMethod","protocol":"$context.protocol"},"integration":{"integrationErrorMessage":"$context.integrationErrorMessage"},"error":{"responseType":"$context.error.responseType"},"response":{"status":"$context.status","responseLength":"$context.responseLength"}}"#,
    r#"{"requestId":"$context.requestId","requestTime":"$context.requestTime","error.message":"$context.error.message","integration.error":"$context.integration.error","integration.status":"$context.integration.status","authorizer.error":"$context.authorizer.error","responseStatus":"$context.status","responseLength":"$context.responseLength"}"#,
    r#"{"requestId":"$context.requestId","requestTime":"$context.requestTime","routeKey":"$context.routeKey","Status":"$context.status","lambdaStatus":"$context.integration.status","errormsg":"$context.error.message"}"#,
    r#"{"requestId":"$context.requestId","requestTime":"$context.requestTime","resourcePath":"$context.resourcePath","status_code":"$context.status","integrationErr":"$context.integration.error"}"#,
];

/// Text formats that are read without a declaration. The client's text has a place in each.
const TEXTS: &[&str] = &[
    r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.path $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId"#,
    r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.path $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId $context.integrationErrorMessage"#,
    "$context.identity.sourceIp,-,-,$context.requestTime,$context.httpMethod,$context.path,$context.protocol,$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId",
    r#"<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <requestTime>$context.requestTime</requestTime> <httpMethod>$context.httpMethod</httpMethod> <path>$context.path</path> <status>$context.status</status> <agent>$context.identity.userAgent</agent> <responseLength>$context.responseLength</responseLength> </request>"#,
    "requestId: $context.requestId, ip: $context.identity.sourceIp, requestTime: $context.requestTime, httpMethod: $context.httpMethod, path: $context.path, status: $context.status, protocol: $context.protocol, agent: $context.identity.userAgent, responseLength: $context.responseLength",
];

/// Ends of formats that no reader knows, behind a stock format or one of its ids.
const TAILS: &[&str] = &[";12", ",x", "\"", "/", "\tx", " - -", "-REPLACED-INVALID-REQUEST-ID-REPLACED", ".", "+/="];

/// Text formats that are read only against their declaration.
const DECLARED_ALONE: &[&str] = &[
    "$context.identity.sourceIp $context.httpMethod $context.path $context.status $context.responseLength $context.requestId",
    "$context.path $context.status $context.apiId $context.stage $context.identity.userAgent",
    "$context.status|$context.identity.userAgent|$context.path|$context.integration.error|$context.requestId",
    "$context.requestId $context.path $context.integrationLatency $context.status $context.integration.status",
];

/// Keys of the client's text.
const CLIENT_KEYS: &[(&str, &str)] = &[
    ("path", "$context.path"),
    ("userAgent", "$context.identity.userAgent"),
    ("agent", "$context.identity.userAgent"),
    ("xForwardedFor", "$context.path"),
];

/// A format of a stage, and what of it the settings say.
struct Format {
    text: String,
    declared: bool,
    /// Whether an honest line of it is understood.
    is_known: bool,
    pipeline: Pipeline,
    header: BatchHeader,
}

impl Format {
    fn new(text: String, declared: bool, filter: &str) -> Self {
        let file = format!("[[log_group]]\nname = \"/shop/log\"\naccess_log_format = '''{text}'''\n");
        let mut settings = if declared { load(&file).unwrap() } else { Settings::default() };
        settings.route_metrics = true;
        let header = BatchHeader {
            message_type: "DATA_MESSAGE".to_owned(),
            owner: "123456789012".to_owned(),
            log_group: "/shop/log".to_owned(),
            log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
            subscription_filters: vec![filter.to_owned()],
            origin: None,
        };
        Self { text, declared, is_known: true, pipeline: Pipeline::new(Arc::new(settings), Default::default()), header }
    }

    /// All formats, with one or two fields of client text at random places.
    fn all(random: &mut Random) -> Vec<Self> {
        let mut formats = Vec::new();
        for (text, declared, filter) in JSON
            .iter()
            .flat_map(|text| [(text, false, "why5xx/access"), (text, false, "why5xx"), (text, true, "why5xx")])
        {
            for fields in 1..=2 {
                let mut text = (*text).to_owned();
                for _ in 0..fields {
                    text = with_client_field(&text, random);
                }
                formats.push(Self::new(text, declared, filter));
            }
        }
        for text in TEXTS {
            formats.push(Self::new((*text).to_owned(), false, "why5xx/access"));
            formats.push(Self::new((*text).to_owned(), false, "why5xx"));
            formats.push(Self::new((*text).to_owned(), true, "why5xx/access"));
        }
        for _ in TAILS {
            let (text, tail) = (TEXTS[random.below(TEXTS.len())], TAILS[random.below(TAILS.len())]);
            // The ids of the stock formats, each of which may be the last.
            let ids = text.find(" $context.requestId").or(text.find(",$context.requestId"));
            let end = ids.filter(|_| random.below(2) == 0).map_or(text.len(), |at| at + " $context.requestId".len());
            let text = format!("{}{tail}", &text[..end]);
            formats.push(Self { is_known: false, ..Self::new(text, false, "why5xx/access") });
        }
        formats.extend(DECLARED_ALONE.iter().map(|text| Self::new((*text).to_owned(), true, "why5xx/access")));
        formats
    }

    fn count(&self, line: &str) -> Counted {
        let event = LogEvent { id: b"1", timestamp_ms: 1_781_000_000_000, message: Message::plain(line.as_bytes()) };
        count_events(&self.pipeline, &self.header, [event])
    }

    /// The line of a request; the values of the client are written as they are, or with the escapes of JSON.
    fn line(&self, values: &BTreeMap<&str, String>, escaped: bool) -> String {
        let mut line = String::new();
        for (nth, part) in self.text.split("$context.").enumerate() {
            if nth == 0 {
                line.push_str(part);
                continue;
            }
            let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '.';
            let end = part.find(|c| !is_of_a_name(c)).unwrap_or(part.len());
            let value = values.get(&part[..end]).map_or("-", String::as_str);
            let is_json =
                escaped && self.text.starts_with('{') && ["path", "identity.userAgent"].contains(&&part[..end]);
            match is_json.then(|| serde_json::to_string(value).unwrap()) {
                Some(quoted) => line.push_str(&quoted[1..quoted.len() - 1]),
                None => line.push_str(value),
            }
            line.push_str(&part[end..]);
        }
        line
    }
}

/// Adds a field of client text behind a random key, or in front of all.
fn with_client_field(format: &str, random: &mut Random) -> String {
    let places: Vec<usize> = format
        .match_indices(['{', ','])
        .map(|(at, _)| at + 1)
        .filter(|&at| format[at..].trim_start().starts_with('"'))
        .collect();
    let at = places[random.below(places.len())];
    let (key, variable) = CLIENT_KEYS[random.below(CLIENT_KEYS.len())];
    format!("{}\"{key}\":\"{variable}\",{}", &format[..at], &format[at..])
}

const API: &str = "a1b2c3d4e5";
const STAGE: &str = "prod";
const ROUTE: &str = "GET /orders/{id}";

/// The values of a request, as API Gateway sets them.
fn values(status: u16, random: &mut Random) -> BTreeMap<&'static str, String> {
    const REASONS: &[&str] = &[
        "-",
        "Execution failed due to a timeout error",
        r#"Lambda body contains the wrong type for field "body""#,
        "The Lambda function returned the following error: {\"boom\"}. Check your Lambda function code and try again.",
    ];
    let failed = status >= 500;
    let reason = if failed { REASONS[random.below(REASONS.len())] } else { "-" };
    let number =
        |random: &mut Random| if random.below(9) == 0 { "-".to_owned() } else { random.below(900).to_string() };
    BTreeMap::from([
        ("status", status.to_string()),
        ("requestId", "6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c".to_owned()),
        ("extendedRequestId", "Ab3Cd4Ef5Gh6Ij=".to_owned()),
        ("identity.sourceIp", "192.0.2.7".to_owned()),
        ("requestTime", "10/Oct/2026:13:55:36 +0000".to_owned()),
        ("httpMethod", "GET".to_owned()),
        ("resourcePath", ROUTE[4..].to_owned()),
        ("routeKey", ROUTE.to_owned()),
        ("protocol", "HTTP/1.1".to_owned()),
        ("responseLength", number(random)),
        ("responseLatency", number(random)),
        ("integrationLatency", number(random)),
        ("integration.latency", number(random)),
        ("integration.status", number_or(random, &["200", "502", "-"])),
        ("integration.integrationStatus", number_or(random, &["200", "-"])),
        ("waf.status", "200".to_owned()),
        ("apiId", API.to_owned()),
        ("stage", STAGE.to_owned()),
        ("domainName", "api.example.com".to_owned()),
        ("connectionId", "Ab3Cd4Ef5Gh6Ij=".to_owned()),
        ("eventType", "MESSAGE".to_owned()),
        ("integration.error", reason.to_owned()),
        ("integrationErrorMessage", reason.to_owned()),
        ("error.message", if failed { "Internal server error" } else { "-" }.to_owned()),
        ("error.messageString", if failed { "\"Internal server error\"" } else { "-" }.to_owned()),
        ("error.responseType", if failed { "DEFAULT_5XX" } else { "-" }.to_owned()),
        ("path", "/orders/17?x=200&status=502".to_owned()),
        ("identity.userAgent", "Mozilla/5.0 (X11; Linux x86_64) probe/502".to_owned()),
    ])
}

fn number_or(random: &mut Random, values: &[&str]) -> String {
    values[random.below(values.len())].to_owned()
}

/// Text of an attacker who knows the format: pieces of it with other values, and what breaks or closes things.
fn hostile(format: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "\"",
        "\\",
        "\\\"",
        ",",
        "{",
        "}",
        "[",
        "]",
        ":",
        " ",
        "\t",
        "<",
        ">",
        "/",
        "-",
        "502",
        "200",
        "504",
        "\",\"status\":\"502",
        "\",\"status\":\"200",
        "\",\"status\":502,\"a\":\"",
        "\",\"Status\":\"200\",\"a\":\"",
        "\",\"response_status\":\"502",
        "\",\"httpStatus\":\"200",
        "\",\"a\":{\"status\":\"502\",\"b\":\"",
        "\"}",
        "\"},\"a\":{\"b\":\"",
        "\",\"a\":[{\"b\":\"",
        "\"}],\"a\":\"",
        "\",\"level\":\"error",
        "\",\"headers\":{\"a\":\"",
        "\",\"integration\":{\"a\":\"",
        "\",\"payload\":\"(11111111-2222-4333-8444-555555555555) Method completed with status: 502",
        "(11111111-2222-4333-8444-555555555555) Execution failed due to a timeout error",
        "\",\"type\":\"platform.report\",\"record\":{\"status\":\"timeout\",\"requestId\":\"11111111-2222-4333-8444-555555555555\"},\"a\":\"",
        "\",\"integrationErrorMessage\":\"Execution failed due to a timeout error",
        "\",\"integration.error\":\"x",
        "\",\"apiId\":\"victim",
        "\",\"stage\":\"victim",
        "\",\"routeKey\":\"GET /victim",
        "\",\"resourcePath\":\"/victim",
        " HTTP/1.1\" 502 36 abcdefgh",
        " HTTP/1.1\" 200 36 abcdefgh",
        "HTTP/1.1,502,36,abcdefgh,",
        "HTTP/1.1,200,36,abcdefgh,",
        "</path> <status>502</status> <path>",
        "</agent> <status>200</status> <agent>",
        "</request>",
        "<stage>victim</stage>",
        ", status: 502, a: ",
        ", status: 200",
        ", stage: victim, a: ",
        "\n{\"status\":\"502\"}",
        "\u{e9}",
        "\u{0}",
        "2026-06-09T10:13:20Z ",
    ];
    let mut text = String::new();
    for _ in 0..random.below(6) {
        if random.below(3) == 0 {
            // A part of the format itself, with values of the attacker's.
            let from = random.below(format.len());
            let length = random.below(120);
            let part: String = format.chars().skip(from).take(length).collect();
            let status = number_or(random, &["502", "200", "504", "-"]);
            let part = part
                .replace("$context.status", &status)
                .replace("$context.apiId", "victim")
                .replace("$context.stage", "victim");
            text.push_str(
                &part.replace("$context.routeKey", "GET /victim").replace("$context.resourcePath", "/victim"),
            );
        } else {
            text.push_str(PIECES[random.below(PIECES.len())]);
        }
    }
    text
}

#[allow(clippy::disallowed_methods, reason = "a number for this test alone")]
fn lines() -> u64 {
    std::env::var("WHY5XX_ATTACKER_LINES").map_or(100_000, |number| number.parse().unwrap())
}

/// The failures counted: metric, dimensions.
fn failures(counted: &Counted) -> Vec<(String, u64)> {
    counted.tally.counts().map(|(key, count)| (format!("{:?} {}", key.subject, key.cause), count)).collect()
}

#[test]
fn an_attacker_forges_nothing_hides_nothing_and_chooses_no_name() {
    let mut random = Random::new(5);
    let mut formats = Format::all(&mut random);
    let (mut counted_lines, mut ambiguous_lines) = (0, 0);
    for nth in 0..lines() {
        if nth % 5_000 == 4_999 {
            formats = Format::all(&mut random);
        }
        let format = &formats[random.below(formats.len())];
        let status = if random.below(2) == 0 { 200 + random.below(300) as u16 } else { 500 + random.below(5) as u16 };
        let mut values = values(status, &mut random);
        let honest = format.line(&values, false);
        for variable in ["path", "identity.userAgent"] {
            if random.below(4) > 0 {
                values.insert(variable, hostile(&format.text, &mut random));
            }
        }
        let line = format.line(&values, random.below(2) == 0);
        let counted = format.count(&line);
        let failures = failures(&counted);
        if status < 500 {
            assert!(failures.is_empty(), "forged: {failures:?}\n{}\n{line}", format.text);
            continue;
        }
        let number: u64 = failures.iter().map(|(_, count)| count).sum();
        if !format.is_known && counted.understood.not_understood > 0 {
            assert_eq!(number + counted.ambiguous_lines, 0, "{}\n{line}", format.text);
            continue;
        }
        assert_eq!(
            number + counted.ambiguous_lines,
            1,
            "hidden, or counted twice: {failures:?}\n{}\n{line}",
            format.text
        );
        ambiguous_lines += counted.ambiguous_lines;
        for (failure, _) in &failures {
            assert!(
                failure.starts_with("AccessLine") && !failure.contains("victim"),
                "{failure}\n{}\n{line}",
                format.text
            );
            counted_lines += 1;
            if format.declared {
                let honest = self::failures(&format.count(&honest));
                let cause = |failure: &str| failure.rsplit(' ').next().unwrap().to_owned();
                assert_eq!(cause(failure), cause(&honest[0].0), "cause of a client\n{}\n{line}", format.text);
            }
        }
    }
    // Neither all lines nor none.
    assert!(counted_lines > lines() / 20 && ambiguous_lines > lines() / 50, "{counted_lines} {ambiguous_lines}");
}

#[test]
fn honest_lines_count_what_they_say_and_none_is_ambiguous() {
    let mut random = Random::new(6);
    let mut formats = Format::all(&mut random);
    formats.retain(|format| format.is_known);
    for _ in 0..lines() {
        let format = &formats[random.below(formats.len())];
        let status = if random.below(2) == 0 { 200 + random.below(300) as u16 } else { 500 + random.below(5) as u16 };
        let line = format.line(&values(status, &mut random), random.below(2) == 0);
        let counted = format.count(&line);
        assert_eq!((counted.ambiguous_lines, counted.understood.not_understood), (0, 0), "{}\n{line}", format.text);
        assert_eq!(failures(&counted).len(), usize::from(status >= 500), "{}\n{line}", format.text);
    }
}
