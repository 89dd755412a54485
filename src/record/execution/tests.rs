use super::*;

fn event(text: &str) -> LogEvent<'_> {
    LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) }
}

/// Request ID, head and tail of a line; None where the text is no line that matters.
fn line(record: Option<Record<'_>>) -> Option<(Option<String>, Head, String)> {
    match record? {
        Record::Execution(line) => Some((
            line.request_id.map(|id| String::from_utf8(id.into_owned()).unwrap()),
            line.head,
            line.tail.text().into_owned(),
        )),
        _ => None,
    }
}

const ID: &str = "0f6a4e0c-2f1b-4c57-9f0a-5d2f6d8f1a10";

#[test]
fn what_may_stand_before_a_request_id_is_a_closed_list() {
    let allowed = [
        String::new(),
        "Thu May 04 17:48:21 UTC 2024 : ".into(),
        "2024-05-04T17:48:21.117Z ".into(),
        "2024-05-04T17:48:21.881-04:00 ".into(),
        "2024-05-04T17:48:21.117000+00:00 0123456789abcdef0123456789abcdef ".into(),
        "b6c0d1 14:52:31  ".into(),
        "2024-05-04 17:48:21.117 (+02:00)\t".into(),
        "[2024-05-04T17:48:21+02:00] (b6c0d1) ".into(),
        "API-Gateway-Execution-Logs_a1b2c3d4e5/prod 0123456789abcdef 2024-05-04 17:48:21 ".into(),
        "arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1b2c3d4e5/stages/prod 1714844901117 a1b2c3d4e5 prod /orders GET ".into(),
        "a1b2c3d4e5|prod|".into(),
        "prod,GET,".into(),
    ];
    for prefix in &allowed {
        let text = format!("{prefix}({ID}) Execution failed due to a timeout error");
        let got = line(parse(&event(&text)));
        assert_eq!(got, Some((Some(ID.into()), Head::ExecutionFailed, " due to a timeout error".into())), "{text}");
        // A line of an access log may begin with a name, a method or a path.
        let is_date_alone = prefix.starts_with("2024-05-04") && !prefix.contains("abcdef");
        let is_certain = prefix.is_empty() || prefix.contains(" UTC ") || prefix.starts_with("arn:") || is_date_alone;
        assert_eq!(line(parse_of_unknown_kind(&event(&text))), got.filter(|_| is_certain), "{text}");
    }
    for prefix in ["ERROR ", "my service says: ", "{\"a\":1} ", "GET /orders has failed ", "prod "] {
        let text = format!("{prefix}({ID}) Execution failed due to a timeout error");
        assert_eq!(line(parse(&event(&text))), None, "{text}");
        assert_eq!(line(parse_of_unknown_kind(&event(&text))), None, "{text}");
    }
}

#[test]
fn what_a_client_wrote_in_an_access_log_of_unknown_format_is_no_line() {
    let end = format!("({ID}) Method completed with status: 502");
    let failed = format!("({ID}) Execution failed due to a timeout error");
    for text in [
        format!("192.0.2.9,PUT,/cart,{end},201"),
        format!("1781000000000 198.51.100.4 {end} 200"),
        format!("z9y8x7w6v5 live 203.0.113.5 POST /cart {end} 200"),
        format!("z9y8x7w6v5 live POST /cart {failed} 200"),
        format!("204 DELETE /cart {end}"),
        format!("2026-06-09T10:13:20Z 203.0.113.5 GET {failed} 200"),
        format!("2606:4700:4700::1111 {failed} 200"),
        format!("2026-06-09T10:13:20Z 2606:4700:4700::1111 {failed} 200"),
        format!("12345678-1234-4123-8123-123456789012 {failed} 200"),
        format!("{failed} 200"),
        format!("{failed}\t204\t-"),
        format!("{end} 200"),
        format!("{end}, GET, 200"),
        format!("2026-06-09T10:13:20Z {failed} 200"),
        format!(
            "({ID}) Lambda execution failed with status 200 due to customer function error: no. Lambda request id: {ID} 200"
        ),
        format!("({ID}) Gateway response type: DEFAULT_5XX with status code: 500 200"),
    ] {
        assert!(parse_of_unknown_kind(&event(&text)).is_none(), "{text}");
    }
}

#[test]
fn a_sentence_may_end_with_a_number() {
    for sentence in [
        "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
        "Lambda execution failed with status 500",
        "Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 400",
        "Lambda execution failed with status 200 due to customer function error: Runtime exited with error: exit status 1",
        "Lambda execution failed with status 200 due to customer function error: the shop answered 404",
        "Lambda invocation failed with status: 403",
        "Lambda invocation failed with status: 503",
        "Method completed with status: 502",
        "Gateway response type: DEFAULT_5XX with status code: 500",
        "Received response. Status: 200, Integration latency: 1203 ms",
    ] {
        let text = format!("({ID}) {sentence}");
        assert!(line(parse_of_unknown_kind(&event(&text))).is_some(), "{text}");
    }
}

#[test]
fn more_than_one_blank_may_follow_the_request_id() {
    for blanks in [" ", "  ", "\t"] {
        let text = format!("({ID}){blanks}Execution failed due to a timeout error");
        let expected = Some((Some(ID.into()), Head::ExecutionFailed, " due to a timeout error".into()));
        assert_eq!(line(parse(&event(&text))), expected, "{text:?}");
    }
}

#[test]
fn plain_delivery_names_api_stage_and_resource() {
    let arn = "arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1b2c3d4e5/stages/prod";
    for columns in [format!("{arn} /orders GET"), "a1b2c3d4e5\tprod\t/orders\tGET".into()] {
        let text = format!("{columns} ({ID}) Method completed with status: 500");
        let message = event(&text);
        let Some(Record::Execution(line)) = parse(&message) else { panic!("{text}") };
        let delivered = line.delivered.unwrap_or_default();
        assert_eq!(delivered.api_id.as_deref(), Some("a1b2c3d4e5"), "{text}");
        assert_eq!(delivered.stage.as_deref(), Some("prod"), "{text}");
        assert_eq!(delivered.resource_path.as_deref(), Some("/orders"), "{text}");
    }
}

#[test]
fn any_key_of_json_delivery_may_be_its_first() {
    let value = |key: &str| match key {
        "payload" => format!("({ID}) Execution failed due to a timeout error"),
        _ => "a1b2c3d4e5".to_owned(),
    };
    for first in delivery::KEYS {
        let others =
            delivery::KEYS.iter().filter(|key| **key != first).map(|key| format!(r#""{key}":"{}""#, value(key)));
        let others = others.collect::<Vec<_>>().join(",");
        let escaped = format!("\\u00{:02x}{}", first.as_bytes()[0], &first[1..]);
        for (key, blanks) in [(first, ""), (first, " \n\t"), (&*escaped, "")] {
            let text = format!(r#"{{{blanks}"{key}"{blanks}:"{}",{others}}}"#, value(first));
            assert!(line(parse_of_unknown_kind(&event(&text))).is_some(), "{text}");
        }
    }
}

#[test]
fn json_delivery_is_read_with_any_subset_of_its_fields() {
    let payload = format!("({ID}) Method completed with status: 502");
    for fields in [
        r#""api_id":"a1b2c3d4e5","stage":"prod","resource_path":"/orders","http_method":"GET","#,
        r#""resource_arn":"arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1b2c3d4e5/stages/prod","#,
    ] {
        let text = format!("{{{fields}\"payload\":\"{payload}\",\"event_timestamp\":1767323045678}}");
        let message = event(&text);
        let Some(Record::Execution(line)) = parse_of_unknown_kind(&message) else { panic!("{text}") };
        let delivered = line.delivered.unwrap_or_default();
        assert_eq!(delivered.api_id.as_deref(), Some("a1b2c3d4e5"));
        assert_eq!(delivered.stage.as_deref(), Some("prod"));
        assert_eq!(line.head, Head::MethodCompleted);
    }
    let unset = format!(r#"{{"api_id":null,"stage":"-","http_method":"","resource_path":null,"payload":"{payload}"}}"#);
    let unset = event(&unset);
    let Some(Record::Execution(line)) = parse_of_unknown_kind(&unset) else { panic!("unset fields") };
    assert!(line.delivered.is_none());
    for spelled in [
        format!(r#"{{"api_id":"a1b2c3d4e5","payload":"\u0028{ID}) Method completed with status: 502"}}"#),
        format!(r#"{{"api_id":"a1b2c3d4e5","p\u0061yload":"({ID}) \u004dethod completed with status: 502"}}"#),
    ] {
        assert!(matches!(parse_of_unknown_kind(&event(&spelled)), Some(Record::Execution(_))), "{spelled}");
    }
    let bare = format!("{{\"payload\":\"{payload}\"}}");
    assert!(matches!(parse_of_unknown_kind(&event(&bare)), Some(Record::Execution(_))));
    assert!(parse_of_unknown_kind(&event(r#"{"payload":"Execution failed due to a timeout error"}"#)).is_none());
}

#[test]
fn json_with_a_key_that_delivery_does_not_write_or_writes_once_is_no_delivered_line() {
    let payload = format!(r#""payload":"({ID}) Method completed with status: 502""#);
    for text in [
        // Access-log lines whose client closed the value of its user agent.
        format!(r#"{{"requestId":"Xa1bY2cZ3PEFdeQ=","status":"200","userAgent":"x","api_id":"a1b2c3d4e5",{payload}}}"#),
        format!(r#"{{"stage":"prod","http_method":"GET","userAgent":"x",{payload}}}"#),
        format!(r#"{{{payload},"status":"502"}}"#),
        // Keys that a format of one's own may share with delivery, and the client adds once more.
        format!(r#"{{"api_id":"a1b2c3d4e5","stage":"prod","resource_path":"x","api_id":"f6g7h8i9j0",{payload}}}"#),
        format!(r#"{{"api_id":"a1b2c3d4e5",{payload},{payload}}}"#),
        format!(r#"{{"api_id":"a1b2c3d4e5","p\u0061yload":"x",{payload}}}"#),
        format!(r#"{{"event_timestamp":1,"event_timestamp":2,{payload}}}"#),
        format!(r#"{{"API_ID":"a1b2c3d4e5",{payload}}}"#),
        // Values that delivery does not write.
        format!(r#"{{"api_id":{{"a":1}},{payload}}}"#),
        format!("{{{payload}}} {{}}"),
    ] {
        assert!(parse_of_unknown_kind(&event(&text)).is_none(), "{text}");
        assert!(parse(&event(&text)).is_none(), "{text}");
    }
}

#[test]
fn a_line_without_id_needs_a_date_of_the_console() {
    const DATE: &str = "Thu May 04 17:48:21 UTC 2024 : ";
    for text in [
        "Execution failed due to a timeout error",
        "Execution failed for task ':app:test'.",
        "Method completed with status: 504",
    ] {
        let dated = format!("{DATE}{text}");
        assert!(line(parse(&event(&dated))).is_some_and(|line| line.0.is_none()), "{dated}");
        assert!(line(parse_of_unknown_kind(&event(&dated))).is_some(), "{dated}: the date is the gateway's own");
        for before in ["", "\"", "> ", "Date : ", "2024-05-04T17:48:21Z "] {
            assert!(parse(&event(&format!("{before}{text}"))).is_none(), "{before}{text}");
            assert!(parse_of_unknown_kind(&event(&format!("{before}{text}"))).is_none(), "{before}{text}");
        }
    }
}

#[test]
fn the_first_line_of_the_test_output_has_no_date() {
    for before in ["", "2024-05-04T17:48:21Z "] {
        let text = format!("{before}Execution log for request 5f1c0a2b");
        assert_eq!(line(parse(&event(&text))).map(|line| line.1), Some(Head::TestLog), "{text}");
        assert!(parse_of_unknown_kind(&event(&text)).is_none(), "{text}");
    }
}

#[test]
fn an_id_that_data_protection_masked_is_an_id() {
    for id in ["0f6a4e0c-****-4c57-9f0a-5d2f6d8f1a10", "************"] {
        let text = format!("({id}) Execution failed due to a timeout error");
        assert_eq!(line(parse(&event(&text))).and_then(|line| line.0).as_deref(), Some(id), "{text}");
    }
}

#[test]
fn text_that_a_body_quotes_is_no_head() {
    for text in [
        format!("({ID}) Method request body before transformations: Execution failed due to a timeout error"),
        format!("({ID}) Endpoint request headers: {{x=Method completed with status: 500}}"),
        format!("({ID}) Method request path: {{id=({ID}) Execution failed}}"),
    ] {
        assert!(matches!(parse(&event(&text)), Some(Record::Nothing(_))), "{text}");
        assert!(matches!(parse_of_unknown_kind(&event(&text)), Some(Record::Nothing(_))), "{text}");
    }
}

#[test]
fn a_transcript_on_one_line_is_cut_at_its_dates() {
    let text = "Execution log for request 1 Thu May 04 17:48:21 UTC 2024 : Starting execution for request: 1 \
                Thu May 04 17:48:22 UTC 2024 : Execution failed due to a timeout error \
                Thu May 04 17:48:22 UTC 2024 : Method completed with status: 504";
    assert!(matches!(parse(&event(text)), Some(Record::Transcript(_))));
    let heads: Vec<Head> = lines_of_transcript(text).map(|line| line.head).collect();
    assert_eq!(heads, [Head::TestLog, Head::StartingExecution, Head::ExecutionFailed, Head::MethodCompleted]);
}

#[test]
fn a_transcript_needs_a_line_without_id() {
    let text = format!(
        "({ID}) Endpoint response body before transformations: Thu May 04 17:48:22 UTC 2024 : Method completed with status: 504"
    );
    assert!(!matches!(parse(&event(&text)), Some(Record::Transcript(_))));
}

#[test]
fn escapes_in_the_head_do_not_hide_the_tail() {
    let raw = format!("({ID}) Execution failed due to configuration error: \\n Invalid \\\"x\\\"");
    let message = LogEvent { id: b"", timestamp_ms: 0, message: Message::json_escaped(raw.as_bytes()) };
    let got = line(parse(&message)).map(|line| line.2);
    assert_eq!(got.as_deref(), Some(" due to configuration error: \n Invalid \"x\""));
}

#[test]
fn a_sentence_that_is_not_known_is_not_understood_in_any_form() {
    for sentence in ["The planted moon is not full", "Method completed", "{}", "note"] {
        let text = format!("({ID}) {sentence}");
        let delivered = serde_json::json!({"api_id": "a1b2c3d4e5", "payload": text}).to_string();
        let console = format!("Thu May 04 17:48:21 UTC 2024 : {sentence}");
        let dated = format!("2024-05-04T17:48:21.117Z {text}");
        for form in [text, delivered, console, dated] {
            assert!(parse(&event(&form)).is_none() && parse_of_unknown_kind(&event(&form)).is_none(), "{form}");
            let known = form.replace(sentence, "Method request path: {}");
            assert!(matches!(parse(&event(&known)), Some(Record::Nothing(_))), "{known}");
        }
    }
}

#[test]
fn the_hyphens_of_a_request_id_are_enough_where_a_line_proves_nothing() {
    let sentences = [
        ("Method completed with status: 502", true),
        ("execution failed due to a timeout error", true),
        ("Method request path: {}", false),
        ("Usage Plan check succeeded for API Key", false),
    ];
    let ids = [
        (ID.to_owned(), true),
        (ID.to_uppercase(), true),
        (ID[..35].to_owned(), true),
        (ID.replace('-', "0"), true),
        ("Xa1bY2cZ3PEFdeQ=".to_owned(), true),
        ("a".repeat(128), true),
        ("a".repeat(129), false),
        (String::new(), false),
        ("#".repeat(36), false),
    ];
    for (sentence, matters) in sentences {
        let blanked = ("########-####-####-####-############".to_owned(), !matters);
        for (id, is_id) in ids.iter().chain([&blanked]) {
            let text = format!("({id}) {sentence}");
            match parse_with_id(&event(&text)) {
                WithId::Line(line) => {
                    assert!(*is_id && matters && line.request_id.as_deref() == Some(id.as_bytes()), "{text}")
                }
                WithId::Nothing => assert!(*is_id && !matters, "{text}"),
                WithId::Other => assert!(!is_id, "{text}"),
            }
        }
    }
}
