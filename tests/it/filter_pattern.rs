//! The evaluator of filter patterns against CloudWatch's documentation, and the template's default pattern under it.

use why5xx::log_kind::LogKind;

use crate::support::filter_pattern::{Error, MAX_PATTERN_CHARS, Pattern, default_execution_pattern};

/// Pattern, with log events that it must select and others that it must not.
struct Case {
    pattern: &'static str,
    selects: &'static [&'static str],
    leaves: &'static [&'static str],
}

fn check(cases: &[Case]) {
    for case in cases {
        let pattern = Pattern::parse(case.pattern).unwrap_or_else(|error| panic!("{}: {error}", case.pattern));
        for message in case.selects {
            assert!(pattern.matches(message), "{} must select {message:?}", case.pattern);
        }
        for message in case.leaves {
            assert!(!pattern.matches(message), "{} must leave {message:?}", case.pattern);
        }
    }
}

#[test]
fn terms_are_words_that_must_all_occur() {
    check(&[
        Case { pattern: "", selects: &["", "anything"], leaves: &[] },
        Case { pattern: "\"\"", selects: &["", "anything"], leaves: &[] },
        Case { pattern: "\" \"", selects: &["", "anything"], leaves: &[] },
        Case { pattern: "FAILED", selects: &["[FAILED 7] order", "FAILED"], leaves: &["failed", "UNFAILED", ""] },
        Case { pattern: "FAILED order", selects: &["order 7 FAILED"], leaves: &["order 7", "FAILED"] },
        Case { pattern: "  FAILED   order ", selects: &["order FAILED"], leaves: &["order"] },
        Case { pattern: "FAILED -order", selects: &["FAILED"], leaves: &["FAILED order", "order"] },
        Case { pattern: "-order", selects: &["FAILED", ""], leaves: &["an order"] },
        Case { pattern: "FAILED -\"an order\"", selects: &["FAILED order"], leaves: &["FAILED an order"] },
    ]);
}

#[test]
fn a_phrase_is_matched_as_it_stands() {
    check(&[
        Case {
            pattern: "\"status: 504\"",
            selects: &["(7c2) Method completed with status: 504", "status: 504."],
            leaves: &["status:504", "status: 5041", "Status: 504"],
        },
        // Phrase or token? AWS does not say. The reading that selects less is taken.
        Case { pattern: "\"status: 5\"", selects: &["status: 5"], leaves: &["status: 504"] },
    ]);
}

#[test]
fn one_of_the_optional_terms_is_enough() {
    check(&[
        Case { pattern: "?FAILED ?order", selects: &["FAILED", "order"], leaves: &["nothing"] },
        Case { pattern: "?\"timed out\" ?refused", selects: &["it timed out", "refused"], leaves: &["timed", "out"] },
    ]);
}

#[test]
fn optional_terms_beside_others_are_ignored() {
    check(&[
        Case { pattern: "?FAILED ?order queue", selects: &["queue"], leaves: &["FAILED", "order"] },
        Case { pattern: "?FAILED -queue", selects: &["nothing"], leaves: &["FAILED queue"] },
    ]);
}

#[test]
fn regular_expressions_match_anywhere_unless_anchored() {
    check(&[
        Case { pattern: "%ORDER%", selects: &["ORDERS", "[ORDER]"], leaves: &["order"] },
        Case { pattern: "%^[bc]at%", selects: &["bat", "cattle"], leaves: &["a bat", "rat"] },
        Case { pattern: "%[bc]at$%", selects: &["a bat"], leaves: &["bats"] },
        Case { pattern: "%hono?r%", selects: &["honr", "honor"], leaves: &["honoor"] },
        Case { pattern: "%^xy*z$%", selects: &["xz", "xyz", "xyyyz"], leaves: &["xyyy", "xaz"] },
        Case { pattern: "%^xy+z$%", selects: &["xyz", "xyyz"], leaves: &["xz"] },
        Case { pattern: "%^x{2,3}$%", selects: &["xx", "xxx"], leaves: &["x", "xxxx"] },
        Case { pattern: "%^x{2}$%", selects: &["xx"], leaves: &["x", "xxx"] },
        Case { pattern: "%^x{2,}$%", selects: &["xx", "xxxxx"], leaves: &["x"] },
        Case { pattern: "%^x{,2}y$%", selects: &["y", "xxy"], leaves: &["xxxy"] },
        Case { pattern: "%.at%", selects: &["7at", " at"], leaves: &["at", "\nat"] },
    ]);
}

#[test]
fn a_bar_separates_whole_expressions() {
    check(&[
        Case { pattern: "%gra|ey%", selects: &["grape", "they"], leaves: &["gry"] },
        Case { pattern: "%^start|stop$%", selects: &["starting", "full stop"], leaves: &["restart", "stopped"] },
        Case { pattern: "%pqrr|pq[^r]$%", selects: &["pqrr here", "pqa"], leaves: &["pqr", "pqab"] },
    ]);
}

#[test]
fn classes_and_escapes_stand_for_their_characters() {
    check(&[
        Case { pattern: "%^\\d\\D$%", selects: &["7x"], leaves: &["77", "x7"] },
        Case { pattern: "%^\\w\\W$%", selects: &["_-"], leaves: &["__", "--"] },
        Case { pattern: "%^a\\sb\\Sc$%", selects: &["a b-c", "a\tb-c", "a\nb-c"], leaves: &["a-b-c", "a b c"] },
        Case { pattern: "%\\x28\\x3A%", selects: &["(:"], leaves: &["x28x3A"] },
        Case { pattern: "%10\\.0\\.0\\.1%", selects: &["10.0.0.1"], leaves: &["10a0a0a1"] },
        Case { pattern: "%^\\[.\\]$%", selects: &["[a]", "[]]"], leaves: &["a"] },
        Case { pattern: "%^[a-cx_-]+$%", selects: &["abcx_-"], leaves: &["d"] },
        Case { pattern: "%^[^a-c]$%", selects: &["d", "é"], leaves: &["b"] },
        Case { pattern: "%^[\\d\\.:]+$%", selects: &["10.0:1"], leaves: &["a"] },
    ]);
}

#[test]
fn what_the_documentation_excludes_is_refused() {
    let unsupported = |c: &str| Error::Regex(format!("{c} is not supported"));
    let cases = [
        ("{ $.status = 504 }", Error::JsonPattern),
        ("[ip, status=5*]", Error::SpaceDelimitedPattern),
        ("\"not closed", Error::Unclosed('"')),
        ("%not-closed", Error::Unclosed('%')),
        ("status:504", Error::Unquoted(':')),
        ("FAILED -", Error::SignWithoutTerm('-')),
        ("? FAILED", Error::SignWithoutTerm('?')),
        ("FAILED %x%", Error::RegexAmongTerms),
        ("%x% %y%", Error::RegexAmongTerms),
        ("?%x%", Error::RegexAmongTerms),
        ("%%", Error::Regex("it is empty".to_owned())),
        ("%x||y%", Error::Regex("an alternative is empty".to_owned())),
        ("%x|%", Error::Regex("an alternative is empty".to_owned())),
        ("%(x)%", unsupported("'('")),
        ("%x!%", unsupported("'!'")),
        ("%a b%", unsupported("' '")),
        ("%é%", unsupported("'é'")),
        ("%\\b%", unsupported("\\b")),
        ("%*x%", Error::Regex("nothing stands before *".to_owned())),
        ("%x**%", Error::Regex("two operators of repetition follow each other".to_owned())),
        ("%x{3,2}%", Error::Regex("{3,2} is no number of repetitions".to_owned())),
        ("%x{,}%", Error::Regex("{,} is no number of repetitions".to_owned())),
        ("%[z-a]%", Error::Regex("z-a is no range".to_owned())),
        ("%[ab%", Error::Regex("[ is not closed".to_owned())),
        ("%x$y%", Error::Regex("$ stands before the end".to_owned())),
        ("%x^y%", Error::Regex("^ stands alone".to_owned())),
        ("%\\x9Z%", Error::Regex("\\x needs two hexadecimal digits of an ASCII character".to_owned())),
    ];
    for (pattern, expected) in cases {
        assert_eq!(Pattern::parse(pattern).expect_err(pattern), expected, "{pattern}");
    }
}

#[test]
fn a_pattern_has_at_most_1024_characters() {
    let longest = "x".repeat(MAX_PATTERN_CHARS);
    assert!(Pattern::parse(&longest).is_ok());
    assert_eq!(
        Pattern::parse(&format!("{longest}x")).expect_err("one more"),
        Error::TooLong { chars: MAX_PATTERN_CHARS + 1 }
    );
}

/// Lines that decide or explain a count, without the request id before them.
const KEPT: &[&str] = &[
    "Execution failed due to configuration error: Invalid permissions on Lambda function",
    "Execution failed due to configuration error:",
    "Execution failed due to an internal error",
    "execution failed due to a timeout error",
    "Lambda execution failed with status 200 due to customer function error: division by zero. Lambda request id: 5f1c",
    "Lambda invocation failed with status: 429. Lambda request id: 5f1c",
    "AuthorizerConfigurationException",
    "Authorizer error",
    "Unauthorized request: authorizer returned no policy",
    "Error evaluating the AWS WAF rules associated with this API",
    "Method completed with status: 400",
    "Method completed with status: 429",
    "Method completed with status: 500",
    "Method completed with status: 504",
    "Gateway response type: DEFAULT_5XX with status code: 500",
    "Gateway response type: THROTTLED with status code: 503",
    "Gateway response type: ACCESS_DENIED with status code: 403",
    "Gateway response type: INTEGRATION_TIMEOUT with status code: 200",
    "Received response. Status: 403, Integration latency: 8 ms",
    "Received response. Status: 502, Integration latency: 8 ms",
    "Starting authorizer: q7w8e9 for request: 5f1c",
    "Authorizer result body before parsing: {\"errorMessage\":\"boom\"}",
    "Using valid authorizer policy for principal: *****ab",
    "Successfully completed authorizer execution",
    "Completed authorizer q7w8e9",
    "Endpoint response headers: {Date=Thu, 05 Jun 2025 19:31:06 GMT, x-amzn-ErrorType=TooManyRequestsException:}",
    "Endpoint response headers: {x-amzn-errortype=ServiceException}",
    "Endpoint response headers: {X-Amz-Function-Error=Unhandled}",
    "Endpoint response headers: {x-amz-function-error=Unhandled}",
    "Endpoint response body before transformations: {\"errorType\":\"TypeError\",\"errorMessage\":\"x is null\"}",
    "Endpoint response body before transformations: {\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFound\"}",
    "Endpoint response body before transformations: {\"Error\":{\"Code\":\"AccessDenied\"}}",
    "Endpoint response body before transformations: <AccessDeniedException><Message>no</Message></AccessDeniedException>",
    "Endpoint response body before transformations: <ErrorResponse><Code>SlowDown</Code></ErrorResponse>",
    "Endpoint response body before transformations: {\"Message\":\"role is not authorized to perform: lambda:InvokeFunction\"}",
    "Endpoint response body before transformations: {\"Message\":\"Lambda was unable to decrypt the environment variables\"}",
    "Endpoint response body before transformations: {\"Type\":\"User\",\"message\":\"Could not parse request body into json\"}",
    "Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:/invocations",
    "Sending request to https://dynamodb.eu-west-1.amazonaws.com/",
    "Sending request to https://sqs.eu-west-1.amazonaws.com/111122223333/orders",
    "Sending request to https://s3.cn-north-1.amazonaws.com.cn/orders/7",
];

/// Lines that every healthy request writes at INFO level, without the request id before them.
const DROPPED: &[&str] = &[
    "Extended Request Id: Kx1bCHxLDoEFbxg=",
    "Verifying Usage Plan for request: 5f1c. API Key:  API Stage: a1b2c3d4e5/prod",
    "API Key  authorized because method 'GET /orders' does not require API Key. Request will not contribute to throttle or quota limits",
    "Usage Plan check succeeded for API Key  and API Stage a1b2c3d4e5/prod",
    "Starting execution for request: 5f1c",
    "HTTP Method: GET, Resource Path: /orders",
    "Method request path: {}",
    "Method request query string: {}",
    "Method request headers: {Accept=application/json, X-Amzn-Trace-Id=Root=1-68f0c0de-0123456789abcdef01234567}",
    "Method request body before transformations: ",
    "Endpoint request URI: https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
    "Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
    "Sending request to https://orders.example.com/v1",
    "Sending request to https://orders-lb-0123.eu-west-1.elb.amazonaws.com/v1",
    "Sending request to https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod",
    "Endpoint request body after transformations: {\"resource\":\"/orders\",\"requestContext\":{\"authorizer\":{\"principalId\":\"u7\"}}}",
    "Received response. Status: 200, Integration latency: 18 ms",
    "Endpoint response headers: {Content-Type=application/json, x-amzn-RequestId=5f1c, X-Amz-Executed-Version=$LATEST}",
    "Endpoint response body before transformations: {\"statusCode\":200,\"body\":\"{}\"}",
    "Method response body after transformations: {}",
    "Method response headers: {X-Amzn-Trace-Id=Root=1-68f0c0de-0123456789abcdef01234567}",
    "Successfully completed execution",
    "Method completed with status: 200",
    "Method completed with status: 301",
    "AWS Integration Endpoint RequestId : 5f1c",
    "X-ray Tracing ID : 1-68f0c0de-0123456789abcdef01234567",
];

/// The forms in which a line can reach CloudWatch Logs.
fn delivered(line: &str) -> [String; 4] {
    let text = format!("(5f1c7d20-0f2e-4a57-9f63-2b1c8e4d7a90) {line}");
    let payload_alone = serde_json::json!({ "payload": text }).to_string();
    let every_field = serde_json::json!({
        "resource_arn": "arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1b2c3d4e5/stages/prod",
        "event_timestamp": 1_781_000_000_000_u64,
        "api_id": "a1b2c3d4e5",
        "stage": "prod",
        "resource_path": "/orders",
        "http_method": "GET",
        "payload": text,
    });
    [line.to_owned(), text, payload_alone, every_field.to_string()]
}

fn default_pattern() -> Pattern {
    Pattern::parse(&default_execution_pattern()).expect("the template's default pattern")
}

#[test]
fn the_default_pattern_keeps_what_decides_a_count_or_its_cause() {
    let pattern = default_pattern();
    for message in KEPT.iter().flat_map(|line| delivered(line)) {
        assert!(pattern.matches(&message), "lost: {message}");
    }
}

#[test]
fn the_default_pattern_leaves_the_lines_of_healthy_requests() {
    let pattern = default_pattern();
    for message in DROPPED.iter().flat_map(|line| delivered(line)) {
        assert!(!pattern.matches(&message), "kept: {message}");
    }
}

/// Heads of messages that alone prove nothing, whatever request they belong to.
const OPEN_HEADS: &[&str] = &[
    "Extended Request Id",
    "Starting execution",
    "HTTP Method",
    "Method request",
    "Endpoint request",
    "Sending request to",
    "Received response. Status: 2",
    "Endpoint response headers",
    "Method completed with status: 2",
];

#[test]
fn the_default_pattern_keeps_the_examples_of_every_cause() {
    let pattern = default_pattern();
    let execution = why5xx::cause::built_in().flat_map(|cause| {
        let examples = cause.examples().iter().filter(|example| example.log == LogKind::Execution);
        examples.flat_map(move |example| example.lines.iter().map(move |line| (cause.id, *line)))
    });
    let mut seen = 0;
    for (id, line) in execution {
        let message = line.split_once(") ").map_or(line, |(_, message)| message);
        if OPEN_HEADS.iter().any(|head| message.starts_with(head)) {
            continue;
        }
        seen += 1;
        assert!(pattern.matches(line), "{id}: lost: {line}");
    }
    assert!(seen > 0, "the table has no examples of execution logs");
}
