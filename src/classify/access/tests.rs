use super::*;
use crate::record::access::line;

fn table() -> Table {
    Table::default()
}

fn failure(text: &str) -> Failure {
    let line = line(text).unwrap_or_else(|| panic!("no line: {text}"));
    match finding(&line, 7, &Source::default(), &table()) {
        Some(AccessFinding::Failed(failure)) => failure,
        other => panic!("{text}: {other:?}"),
    }
}

/// The cause of a failed line with these fields.
fn cause_with(fields: &str) -> &'static str {
    let comma = if fields.is_empty() { "" } else { "," };
    failure(&format!(r#"{{"requestId":"r-1","routeKey":"GET /x","status":"500"{comma}{fields}}}"#)).cause.id
}

#[test]
fn the_first_phase_with_an_error_decides() {
    let all = [
        ("wafError", "waf_error"),
        ("authenticateError", "authorizer_error"),
        ("authorizerError", "authorizer_error"),
        ("authorizeError", "authorizer_error"),
        ("integrationError", "integration_timeout"),
    ];
    for first in 0..all.len() {
        let fields: Vec<String> = all
            .iter()
            .enumerate()
            .map(|(at, (key, _))| {
                let text = match (at < first, *key) {
                    (true, _) => "-",
                    (false, "integrationError") => "Execution failed due to a timeout error",
                    (false, _) => "it broke",
                };
                format!(r#""{key}":"{text}""#)
            })
            .rev()
            .collect();
        assert_eq!(cause_with(&fields.join(",")), all[first].1, "{}", all[first].0);
    }
}

#[test]
fn error_texts_name_their_causes() {
    let cases = [
        ("Execution failed due to configuration error: PKIX path building failed: no path", "tls_untrusted_chain"),
        ("Execution failed due to configuration error: Rate Exceeded.", "lambda_throttled"),
        ("Execution failed due to configuration error: Illegal character in path", "integration_config"),
        ("Lambda invocation failed with status: 404. Lambda request id: x", "lambda_not_found"),
        (
            "Lambda execution failed with status 200 due to customer function error: no table. Lambda request id: x",
            "lambda_unhandled_error",
        ),
        ("Lambda Customer Function Error:'ORDERS_TABLE'", "lambda_unhandled_error"),
        (
            "The Lambda function returned the following error: RequestId: 6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c Error: Task timed out after 6.01 seconds. Check your Lambda function code and try again.",
            "lambda_timeout",
        ),
        (
            "The Lambda function returned the following error: RequestId: 6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c Error: Runtime exited with error: signal: killed. Check your Lambda function code and try again.",
            "lambda_out_of_memory",
        ),
        (
            "The Lambda function returned the following error: Cannot find module 'pg'. Check your Lambda function code and try again.",
            "lambda_init_failure",
        ),
        (
            "The Lambda function returned the following error: no authorizer for this order. Check your Lambda function code and try again.",
            "lambda_unhandled_error",
        ),
        (
            "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. Check the permissions and try again.",
            "lambda_permission",
        ),
        (
            "The IAM role configured on the authorizer or API Gateway doesn't have permissions to call the authorizer. Check the permissions and try again.",
            "authorizer_error",
        ),
        (
            "The response from the Lambda Authorizer function doesn't match the format that API Gateway expects.",
            "authorizer_invalid_response",
        ),
        ("Lambda body contains the wrong type for field \"body\"", "lambda_malformed_response"),
        ("something that nobody has seen yet", "unclassified"),
    ];
    for (text, cause) in cases {
        assert_eq!(cause_with(&format!(r#""integrationErrorMessage":"{text}""#)), cause, "{text}");
        let clf = format!(
            r#"192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET GET /x HTTP/1.1" 500 35 AbCdEfGhIjKlMn= {text}"#
        );
        assert_eq!(failure(&clf).cause.id, cause, "{text} in CLF");
    }
}

#[test]
fn a_timeout_in_the_authorizer_s_phase_is_its_own() {
    assert_eq!(cause_with(r#""authorizerError":"Execution failed due to a timeout error""#), "authorizer_timeout");
    let crashed = r#""authorizerError":"The Lambda function returned the following error: {}. Check your Lambda function code and try again.""#;
    assert_eq!(cause_with(&crashed.replace("{}", "malformed policy, said the function")), "authorizer_error");
    assert_eq!(cause_with(&crashed.replace("{}", "Task timed out after 3.00 seconds")), "authorizer_timeout");
    let beside = r#""errorMessage":"Endpoint request timed out","errorResponseType":"AUTHORIZER_FAILURE""#;
    assert_eq!(cause_with(beside), "authorizer_timeout");
    let beside = r#""integrationError":"Invalid permissions on Lambda function","errorResponseType":"AUTHORIZER_CONFIGURATION_ERROR""#;
    assert_eq!(cause_with(beside), "authorizer_error");
}

#[test]
fn without_an_error_text_the_response_type_decides() {
    for (kind, cause) in [
        ("INTEGRATION_TIMEOUT", "integration_timeout"),
        ("INTEGRATION_NETWORK_FAILURE", "backend_connection_failed"),
        ("AUTHORIZER_FAILURE", "authorizer_error"),
        ("AUTHORIZER_CONFIGURATION_ERROR", "authorizer_error"),
        ("THROTTLED", "throttled"),
        ("DEFAULT_5XX", "reason_not_logged"),
        ("API_CONFIGURATION_ERROR", "reason_not_logged"),
        ("INTEGRATION_FAILURE", "reason_not_logged"),
    ] {
        for message in ["-", "Internal server error", "Internal Server Error"] {
            let fields = format!(r#""responseType":"{kind}","errorMessage":"{message}","integrationStatus":"503""#);
            assert_eq!(cause_with(&fields), cause, "{kind} {message}");
        }
    }
    for (kind, cause) in [("INTEGRATION_TIMEOUT", "integration_timeout"), ("DEFAULT_5XX", "reason_not_logged")] {
        let clf = r#"192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET GET /x HTTP/1.1" 504 35 AbCdEfGhIjKlMn= "#;
        assert_eq!(failure(&format!("{clf}{kind}")).cause.id, cause, "{kind} in CLF");
    }
    assert_eq!(cause_with(r#""responseType":"THROTTLED","errorMessage":"Rate exceeded""#), "throttled");
}

#[test]
fn without_both_the_integration_s_status_decides() {
    for key in ["integrationStatus", "integration_status", "functionResponseStatus", "integrationServiceStatus"] {
        assert_eq!(cause_with(&format!(r#""{key}":"502","responseType":"-""#)), "backend_error_response", "{key}");
        assert_eq!(cause_with(&format!(r#""{key}":"200""#)), "reason_not_logged", "{key}");
    }
    assert_eq!(cause_with(r#""integration":{"status":"503"}"#), "backend_error_response");
    for other in ["authorizerStatus", "wafStatus", "integrationLatency", "responseLength"] {
        assert_eq!(cause_with(&format!(r#""{other}":"502""#)), "reason_not_logged", "{other}");
    }
}

#[test]
fn the_public_text_is_no_reason() {
    assert_eq!(cause_with(""), "reason_not_logged");
    for text in ["Internal server error", "Internal Server Error", "\"Internal server error\"", "Service Unavailable"] {
        assert_eq!(cause_with(&format!(r#""errorMessage":"{text}""#)), "reason_not_logged", "{text}");
    }
    assert_eq!(
        cause_with(r#""error":{"message":"Network error communicating with endpoint"}"#),
        "backend_connection_failed"
    );
    assert_eq!(
        cause_with(r#""error.message":"There was an error evaluating the AWS WAF rules associated with this API""#),
        "waf_error"
    );
}

#[test]
fn api_and_stage_come_from_the_line_else_from_the_group_else_are_unknown() {
    let source = Source { api_id: Some("group1".to_owned()), stage: Some("prod".to_owned()), ..Source::default() };
    let of = |text: &str, source: &Source| match finding(&line(text).expect("a line"), 0, source, &table()) {
        Some(AccessFinding::Failed(failure)) => match Arc::unwrap_or_clone(failure.subject) {
            Subject::AccessLine { api_id, stage, route } => (api_id, stage, route.unwrap_or_default()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let owned = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let bare = r#"{"requestId":"r-1","requestTime":"10/Oct/2025:13:55:36 +0000","path":"/x/1","status":"500"}"#;
    assert_eq!(of(bare, &Source::default()), owned("unknown", "unknown", ""));
    assert_eq!(of(bare, &source), owned("group1", "prod", ""));
    let trusted = r#"{"requestId":"r-1","apiId":"line1","stage":"$default","routeKey":"GET /x/{id}","status":"500"}"#;
    assert_eq!(of(trusted, &source), owned("line1", "$default", "GET /x/{id}"));
}

#[test]
fn ids_for_exemplars_are_kept() {
    let failure = failure(
        r#"{"requestId":"r-1","routeKey":"GET /x","status":"502","xrayTraceId":"1-6528a1b2-0123456789abcdef01234567"}"#,
    );
    assert_eq!(failure.request_id.as_ref().and_then(RequestId::text), Some("r-1"));
    assert_eq!(failure.trace_id.as_deref(), Some("1-6528a1b2-0123456789abcdef01234567"));
    assert_eq!((failure.status, failure.timestamp_ms), (Some(502), 7));
}

#[test]
fn other_lines_are_no_failures() {
    let source = Source::default();
    assert!(finding(&AccessLine::Healthy, 0, &source, &table()).is_none());
    assert!(finding(&AccessLine::NoStatus, 0, &source, &table()).is_none());
    assert!(matches!(finding(&AccessLine::Ambiguous, 0, &source, &table()), Some(AccessFinding::Ambiguous)));
}
