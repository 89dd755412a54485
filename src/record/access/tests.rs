use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::decode::Message;

fn failed(text: &str) -> AccessFields {
    match line(text) {
        Some(AccessLine::Failed(fields)) => *fields,
        other => panic!("{text}: {other:?}"),
    }
}

/// Returns the line that `read_event` finds in both forms that a message can have; they must not differ.
fn read_both(text: &str) -> Option<AccessLine> {
    let plain = read_event(Message::plain(text.as_bytes()));
    let escaped = serde_json::to_string(text).expect("text");
    assert_eq!(read_event(Message::json_escaped(&escaped.as_bytes()[1..escaped.len() - 1])), plain, "{text}");
    plain
}

fn read_event(message: Message<'_>) -> Option<AccessLine> {
    match parse_of_unknown_kind(&LogEvent { id: b"", timestamp_ms: 0, message }, &mut LastNames::default())? {
        Record::Nothing(_) => Some(AccessLine::Healthy),
        Record::Access(line) => Some(line),
        other => panic!("{other:?}"),
    }
}

const ID: &str = "6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c";

/// Lines of one failed request in every stock format, with a hole for the status.
const FORMATS: &[(&str, &str)] = &[
    (
        "JSON of REST APIs",
        r#"{"requestId":"6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c","extendedRequestId":"Ab3Cd4Ef5Gh6Ij=","ip":"192.0.2.7","caller":"-","user":"-","requestTime":"10/Oct/2025:13:55:36 +0000","httpMethod":"GET","resourcePath":"/orders","status":"{}","protocol":"HTTP/1.1","responseLength":"36"}"#,
    ),
    (
        "JSON with a number",
        r#"{"requestId":"6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c","requestTime":"10/Oct/2025:13:55:36 +0000","resourcePath":"/orders","status":{},"integrationLatency":-}"#,
    ),
    (
        "JSON encoded twice",
        r#"{"requestTime":"\"10/Oct/2025:13:55:36 +0000\"","requestId":"\"6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c\"","resourcePath":"\"/orders\"","status":"{}"}"#,
    ),
    (
        "JSON over several lines",
        "{\n  \"requestId\": \"6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c\",\n  \"resourcePath\": \"/orders\",\n  \"status\": \"{}\"\n}",
    ),
    (
        "nested JSON",
        r#"{"context":{"requestId":"6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c","requestTime":"10/Oct/2025:13:55:36 +0000","resourcePath":"/orders","status":"{}","error":{"message":"-","responseType":"-"},"integration":{"error":"-","integrationStatus":"200"}}}"#,
    ),
    (
        "JSON of objects",
        r#"{"request":{"requestId":"6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c","requestTime":"10/Oct/2025:13:55:36 +0000"},"http":{"resourcePath":"/orders","method":"GET"},"response":{"status":"{}","responseLength":"36"}}"#,
    ),
    (
        "CLF",
        r#"192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET /orders HTTP/1.1" {} 36 6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c Ab3Cd4Ef5Gh6Ij="#,
    ),
    ("CSV", "192.0.2.7,-,-,10/Oct/2025:13:55:36 +0000,GET,/orders,HTTP/1.1,{},36,6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c"),
    (
        "XML",
        r#"<request id="6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c"> <ip>192.0.2.7</ip> <requestTime>10/Oct/2025:13:55:36 +0000</requestTime> <httpMethod>GET</httpMethod> <resourcePath>/orders</resourcePath> <status>{}</status> <protocol>HTTP/1.1</protocol> <responseLength>36</responseLength> </request>"#,
    ),
    (
        "key: value",
        "requestId: 6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c, ip: 192.0.2.7, caller: -, user: -, requestTime: 10/Oct/2025:13:55:36 +0000, httpMethod: GET, resourcePath: /orders, status: {}, protocol: HTTP/1.1, responseLength: 36",
    ),
];

#[test]
fn every_format_shows_status_and_request_and_those_with_names_the_route() {
    for (name, format) in FORMATS {
        let fields = failed(&format.replace("{}", "504"));
        let route = (!["CLF", "CSV"].contains(name)).then_some("/orders");
        assert_eq!((fields.status, fields.route.as_deref()), (Some(504), route), "{name}");
        assert_eq!(fields.request_id.as_deref(), Some(ID), "{name}");
    }
}

#[test]
fn a_healthy_line_of_every_format_counts_nothing() {
    for (name, format) in FORMATS {
        for status in ["200", "302", "403", "499"] {
            assert_eq!(read_both(&format.replace("{}", status)), Some(AccessLine::Healthy), "{name} {status}");
        }
    }
}

#[test]
fn numbers_that_look_like_a_status_are_not_taken_for_one() {
    let line = r#"{"requestId":"r-1","requestTime":"10/Oct/2025:13:55:36 +0000","integrationLatency":"527","responseLength":"502","status":"404","integrationStatus":"503"}"#;
    assert_eq!(read_both(line), Some(AccessLine::Healthy));
}

#[test]
fn quotes_in_the_gateway_s_own_message_do_no_harm() {
    let fields = failed(
        r#"{"apiId":"a1b2c3d4e5","error_message": "Endpoint request timed out", "error_messageString": " "Endpoint request timed out"", "error_responseType": "INTEGRATION_TIMEOUT", "requestId": "r-1", "stage": "prod", "status": "504"}"#,
    );
    assert_eq!(fields.error_message.as_deref(), Some("Endpoint request timed out"));
    assert_eq!(fields.response_type.as_deref(), Some("INTEGRATION_TIMEOUT"));
    // The stage stands behind a text that a function may have written.
    assert_eq!((fields.api_id.as_deref(), fields.stage.as_deref()), (Some("a1b2c3d4e5"), None));
    assert!(fields.has_doubtful_names);
}

#[test]
fn all_labelled_statuses_must_agree_that_the_request_failed() {
    let with = |more: &str, status: &str| {
        line(&format!(r#"{{"requestId":"r-1","routeKey":"GET /x",{more},"status":"{status}"}}"#))
    };
    for more in [
        r#""statusCode":"502""#,
        r#""response":{"status":"502"}"#,
        r#""integration":{"status":"502"}"#,
        r#""userAgent":"x","responseStatus":"502","y":"""#,
        r#""list":[{"status":"502"}]"#,
        r#""Status":"502""#,
    ] {
        assert_eq!(with(more, "200"), Some(AccessLine::Ambiguous), "{more}");
        assert_eq!(with(&more.replace("502", "-"), "200"), Some(AccessLine::Healthy), "{more}");
        let status = |more: &str| match with(more, "502") {
            Some(AccessLine::Failed(fields)) => fields.status,
            other => panic!("{more}: {other:?}"),
        };
        assert_eq!((status(more), status(&more.replace("502", "504"))), (Some(502), None), "{more}");
    }
    for more in [r#""integrationStatus":"502""#, r#""waf-status":"502""#, r#""integration.status":"502""#] {
        assert_eq!(with(more, "200"), Some(AccessLine::Healthy), "{more}");
    }
}

#[test]
fn a_status_that_occurs_twice_with_other_values_is_ambiguous() {
    for text in [
        r#"{"requestId":"r-1","routeKey":"GET /x","status":"200","status":"502"}"#,
        r#"{"requestId":"r-1","routeKey":"GET /x","path":"a" "status":"200" b","status":"502"}"#,
        r#"{"requestId":"r-1","routeKey":"GET /x","path":"a"},"status":"200","b":"c","status":"502"}"#,
        r#"{"requestId":"r-1","routeKey":"GET /x","path":"a","status":"200","z":{"b":"c","status":"502"}"#,
        r#"{"requestId":"r-1","routeKey":"GET /x","path":"{\"status\":\"200\"}","status":"502"}"#,
        "requestId: r-1, requestTime: 10/Oct/2025:13:55:36 +0000, httpMethod: GET, path: /, status: 200, status: 502",
        r#"<request id="r"> <routeKey>x</routeKey> <path>a</path><status>200</status><path></path> <status>502</status> </request>"#,
        r#"<request id="r"> <routeKey>x</routeKey> <path>a<status>200</path> <status>502</status> </request>"#,
    ] {
        assert_eq!(read_both(text), Some(AccessLine::Ambiguous), "{text}");
    }
}

#[test]
fn a_line_with_anything_behind_its_end_is_ambiguous() {
    let line = r#"{"requestId":"r-1","routeKey":"GET /x","path":"a","status":"502"}"#;
    assert!(matches!(read_both(line), Some(AccessLine::Failed(_))));
    for end in [",", "]", ";", "\tstream", " x", "}\"", "\",\"stat"] {
        assert_eq!(read_both(&format!("{line}{end}")), Some(AccessLine::Ambiguous), "{end}");
    }
}

#[test]
fn names_of_an_application_do_not_hide_a_failure() {
    for text in [
        r#"{"requestId":"r-1","ip":"192.0.2.7","agent":"x","level":"info","status":"502"}"#,
        r#"{"statusCode":500,"body":"{}","headers":{"requestTime":"x"},"requestContext":{"requestId":"r","routeKey":"x"}}"#,
    ] {
        assert_eq!(read_both(text), Some(AccessLine::Ambiguous), "{text}");
        assert_eq!(read_both(&text.replace("50", "20")), Some(AccessLine::Healthy), "{text}");
    }
}

#[test]
fn of_a_log_that_is_known_to_be_an_access_log_every_labelled_line_counts() {
    let parse = |text: &str| {
        let message = Message::plain(text.as_bytes());
        match parse(&LogEvent { id: b"1", timestamp_ms: 0, message }, None) {
            Record::Nothing(_) => AccessLine::Healthy,
            Record::Access(line) => line,
            other => panic!("{text}: {other:?}"),
        }
    };
    assert!(matches!(parse(r#"{"id":"x","level":"info","status":502}"#), AccessLine::Failed(_)));
    assert_eq!(parse(r#"{"id":"x","status":200}"#), AccessLine::Healthy);
    for text in
        ["192.0.2.7 GET /x 502 5", r#"{"id":"x"}"#, r#"{"status":"-"}"#, "2026-06-09T10:13:20Z {\"status\":\"502\"}"]
    {
        assert_eq!(parse(text), AccessLine::NoStatus, "{text}");
    }
}

#[test]
fn a_line_without_a_status_is_kept_apart_from_other_text() {
    let stock = r#"{"requestId":"r-1","ip":"192.0.2.7","requestTime":"10/Oct/2025:13:55:36 +0000","httpMethod":"GET","routeKey":"GET /x","protocol":"HTTP/1.1","responseLength":"36"}"#;
    assert_eq!(read_both(stock), Some(AccessLine::NoStatus));
    assert_eq!(read_both(r#"{"requestId":"r-1","path":"/x"}"#), None);
}

#[test]
fn what_applications_print_is_no_access_log() {
    for text in [
        r#"{"level":"ERROR","status":500,"requestId":"r-1","path":"/x","httpMethod":"GET","message":"it failed"}"#,
        r#"{"status":502,"error":"Bad Gateway","path":"/orders","timestamp":"2025-10-10T13:55:36Z"}"#,
        r#"{"requestId":"r-1","httpMethod":"GET","status":500}"#,
        r#"{"status":"failed","requestId":"r-1","routeKey":"GET /x","responseLength":"1"}"#,
        r#"192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 502 157 "-" "probe/1.0""#,
        "2025-10-10T13:55:36.000Z\tr-1\tERROR\tstatus: 502",
        "END RequestId: 6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c",
        "status: 502, error: x, other: y",
        "<html><head><title>502 Bad Gateway</title></head></html>",
        "502",
        "{}",
        "",
    ] {
        assert_eq!(read_both(text), None, "{text}");
    }
}

#[test]
fn the_configuration_of_a_gateway_response_is_no_request() {
    for text in [
        r#"{"responseType":"THROTTLED","statusCode":"503","defaultResponse":false}"#,
        r#"{"Type":"AWS::ApiGateway::GatewayResponse","Properties":{"ResponseType":"THROTTLED","StatusCode":"503","RestApiId":"a1b2c3d4e5","ResponseParameters":{"gatewayresponse.header.retry-after":"'7'"}}}"#,
    ] {
        assert_eq!(line(text), None, "{text}");
    }
    // What a client adds takes no name of the format's away.
    let added = r#"{"requestId":"r-1","responseType":"THROTTLED","statusCode":"503","path":"/","defaultResponse":false,"responseTemplates":{}}"#;
    assert!(matches!(line(added), Some(AccessLine::Failed(_) | AccessLine::Ambiguous)), "{added}");
    let of_status = r#"{"responseType":"THROTTLED","status":"503","restApiId":"a1b2c3d4e5"}"#;
    assert!(matches!(line(of_status), Some(AccessLine::Failed(_))), "{of_status}");
}

#[test]
fn a_line_of_too_many_fields_is_ambiguous_and_quickly_read() {
    let head = r#"{"requestId":"r-1","routeKey":"GET /x","path":"a"#;
    for piece in [r#"","a":{"path":"","status":"5"},"b":"c"#, r#"" "a":{"path":"","status":"5"},"b":"c"#] {
        let text = format!("{head}{}\",\"status\":\"502\"}}", piece.repeat(20_000));
        assert_eq!(read_both(&text), Some(AccessLine::Ambiguous));
    }
}

#[test]
fn unset_values_are_absent() {
    let fields = failed(
        r#"{"requestId":"r-1","routeKey":"-","status":"500","errorMessage":"-","integrationError":"-","apiId":"\"-\"","stage":"$default"}"#,
    );
    assert_eq!((fields.route, fields.error_message, fields.integration_error, fields.api_id), (None, None, None, None));
    assert_eq!(fields.stage.as_deref(), Some("$default"));
}

/// Lines of a JSON format with client-written fields, whole and with another status key.
fn with_client_text(path: &str, agent: &str, status: u16, message: &str) -> String {
    format!(
        r#"{{"requestId":"r-1","path":"{path}","requestTime":"10/Oct/2025:13:55:36 +0000","routeKey":"GET /x","status":"{status}","userAgent":"{agent}","integrationError":"{message}","apiId":"a1b2c3d4e5","stage":"prod"}}"#
    )
}

/// Text of an attacker who knows the format.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just(",".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("\",\"status\":\"200".to_owned()),
        Just("\",\"status\":\"502".to_owned()),
        Just("\",\"Status\":\"200".to_owned()),
        Just("\" \"status\":\"200\" ".to_owned()),
        Just("\",\"statusCode\":\"502".to_owned()),
        Just("\",\"response\":{\"status\":\"502\"},\"a\":\"".to_owned()),
        Just("\",\"integration\":{\"a\":\"b".to_owned()),
        Just("\",\"context\":{\"a\":\"b".to_owned()),
        Just("\"},\"a\":\"b".to_owned()),
        Just("\",\"integrationError\":\"Execution failed due to a timeout error".to_owned()),
        Just("\",\"stage\":\"other".to_owned()),
        Just("\",\"level\":\"error".to_owned()),
        Just("\",\"a\":\"".to_owned()),
        ".{0,6}",
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_event(Message::plain(&bytes));
        let _ = read_event(Message::json_escaped(&bytes));
        let _ = telling_fields(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_json_like_text_is_read_without_a_panic(text in "[{}\":,<>/ a\\-\\\\5é]{0,120}") {
        for text in [text.clone(), format!("{{{text}"), format!("<request {text}"), format!("requestId: {text}")] {
            let _ = read_both(&text);
            let _ = telling_fields(&text);
        }
    }

    #[test]
    fn client_text_never_makes_a_failure(path in hostile(), agent in hostile(), status in 200_u16..500) {
        let line = read_both(&with_client_text(&path, &agent, status, "-"));
        prop_assert!(matches!(line, Some(AccessLine::Healthy | AccessLine::Ambiguous)), "{:?}", line);
    }

    #[test]
    fn client_text_never_hides_a_failure_or_names_an_api(path in hostile(), agent in hostile(), status in 500_u16..600) {
        match read_both(&with_client_text(&path, &agent, status, "Lambda Customer Function Error:x")) {
            Some(AccessLine::Ambiguous) => {}
            Some(AccessLine::Failed(fields)) => {
                prop_assert!(fields.status.is_none_or(|read| read == status));
                prop_assert_eq!((&fields.api_id, &fields.stage, &fields.route), (&None, &None, &None));
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn client_text_in_other_formats_never_makes_or_hides_a_failure(
        pieces in proptest::collection::vec(prop_oneof![
            Just("</path><status>200</status><path>"), Just("<status>502</status>"), Just("</path>"), Just("<path>"),
            Just("<a>"), Just("</request>"), Just("<"), Just(">"), Just("<!--"), Just("/"), Just(", status: 200"),
            Just(", status: 502"), Just(", level: x"), Just(", statusCode: 502"), Just(","), Just(": "), Just("a"),
        ], 0..5),
        status in 200_u16..600,
    ) {
        let path = pieces.concat();
        for text in [
            format!("<request id=\"r-1\"> <path>{path}</path> <routeKey>GET /x</routeKey> <status>{status}</status> <responseLength>36</responseLength> </request>"),
            format!("requestId: r-1, httpMethod: GET, path: {path}, routeKey: GET /x, status: {status}, responseLength: 36"),
        ] {
            match read_both(&text) {
                Some(AccessLine::Healthy) => prop_assert!(status < 500, "{}", text),
                Some(AccessLine::Failed(fields)) => prop_assert!(status >= 500 && fields.status.is_none_or(|read| read == status)),
                other => prop_assert_eq!(other, Some(AccessLine::Ambiguous), "{}", text),
            }
        }
    }

    #[test]
    fn client_text_in_clf_never_makes_or_hides_a_failure(path in "[\" /a0-9]{0,20}|\" 200 5 AbCdEfGhIj", status in 200_u16..600) {
        let text = format!("192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] \"GET /{path} HTTP/1.1\" {status} 36 AbCdEfGhIjKlMn=");
        match line(&text) {
            Some(AccessLine::Healthy) => prop_assert!(status < 500),
            Some(AccessLine::Failed(fields)) => prop_assert!(status >= 500 && fields.status.is_none_or(|read| read == status)),
            other => prop_assert_eq!(other, Some(AccessLine::Ambiguous)),
        }
    }
}

#[cfg(unix)]
#[test]
fn the_time_grows_with_the_length_of_a_line_and_not_faster() {
    /// Dear parts of lines, each with a place to repeat it.
    const DEAR: &[(&str, &str, &str)] = &[
        (r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r#"","status":"502"#, r#""}"#),
        (r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r#"x","aaaaaaaaaaaaaaaaaaaa":{"b":""#, r#""}"#),
        (r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r#"" }"#, r#""}"#),
        (r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r"\", r#""}"#),
        (r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, "statusstatus", r#""}"#),
        (
            r#"<request id="r"> <status>502</status> <routeKey>x</routeKey> <a>"#,
            "<a><status>502</status>",
            "</a> </request>",
        ),
        ("requestId: r, httpMethod: GET, routeKey: x, status: 502, path: a", ", status: 502", ""),
        ("192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] \"GET ", "\" 502 5 ", " HTTP/1.1\" 502 5 AbCdEfGhIjKlMn="),
        (
            "192.0.2.7,-,-,10/Oct/2025:13:55:36 +0000,GET,/",
            ",HTTP/1.1,502,5,AbCdEfGhIj",
            ",HTTP/1.1,502,41,AbCdEfGhIjKlMn=",
        ),
    ];
    let cpu_time =
        || -> Duration { rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().unwrap() };
    let time = |text: &str| {
        let run = || {
            let begin = cpu_time();
            assert!(matches!(line(text), Some(AccessLine::Failed(_) | AccessLine::Ambiguous)), "{}", &text[..80]);
            (cpu_time() - begin).as_nanos()
        };
        (0..15).map(|_| run()).min().unwrap_or_default()
    };
    for (before, part, behind) in DEAR {
        let of = |bytes: usize| format!("{before}{}{behind}", part.repeat(bytes / part.len()));
        let [small, large] = [8 * 1024, 32 * 1024].map(|bytes| time(&of(bytes)));
        assert!(large < 8 * small, "{before}{part}: {small} ns for 8 KiB, {large} ns for 32 KiB");
    }
}
