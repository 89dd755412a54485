//! `why5xx explain` on pasted text: which causes it names, and what it says where it knows none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use serde_json::{Value, json};

use crate::support::command::command;

fn causes(text: &str) -> (Value, Option<i32>) {
    let output = command(&["explain", "--json", "-"], text.as_bytes());
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.code())
}

#[test]
fn each_request_of_the_text_has_its_cause_in_order() {
    let text = "(1f2e3d4c) Execution failed due to a timeout error\n\
                (1f2e3d4c) Method completed with status: 504\n\
                (5a6b7c8d) Execution failed due to configuration error: Invalid permissions on Lambda function\n\
                (5a6b7c8d) Method completed with status: 500\n\
                (9f8e7d6c) Method completed with status: 200\n";
    let expected = json!({"cause": "integration_timeout", "causes": ["integration_timeout", "lambda_permission"]});
    assert_eq!(causes(text), (expected, Some(0)));
}

#[test]
fn a_failure_of_no_known_cause_is_named_once_with_its_shape() {
    let access = json!({
        "requestTime": "21/Nov/2026:10:00:00 +0000", "requestId": "1f2e3d4c", "status": "500",
        "integrationError": "The planted moon is not full",
    });
    let execution = "(1f2e3d4c) Execution failed: the planted moon is not full";
    for (text, shape) in
        [(access.to_string().as_str(), "the {} is not {}"), (execution, "execution failed the {} is not {}")]
    {
        assert_eq!(causes(text), (json!({"cause": "unclassified", "causes": ["unclassified"]}), Some(1)), "{text}");
        let page = String::from_utf8(command(&["explain", text], b"").stdout).unwrap();
        let is_shape = |line: &str| {
            let fingerprint = line.split_whitespace().next().unwrap_or_default();
            fingerprint.len() == 16 && line.ends_with(shape)
        };
        assert!(page.lines().any(is_shape), "{page}");
        assert!(!page.contains("planted"), "{page}");
    }
}

#[test]
fn an_error_of_lambda_is_named_however_it_was_copied() {
    for (text, cause) in [
        // Indentation that was lost.
        (
            "{\n\"errorMessage\": \"Unable to import module 'orders': No module named 'orders'\",\n\"errorType\": \
             \"Runtime.ImportModuleError\",\n\"stackTrace\": []\n}",
            "lambda_init_failure",
        ),
        (
            "{\n\"errorType\": \"StockError\",\n\"errorMessage\": \"no stock\",\n\"trace\": [\n\"StockError: no stock\",\n\
             \"    at handler (/var/task/index.js:7:9)\"\n]\n}",
            "lambda_unhandled_error",
        ),
        // What a state machine says about it.
        (
            "{\n  \"error\": \"Runtime.ExitError\",\n  \"cause\": {\n    \"errorMessage\": \"RequestId: <hidden> Error: Runtime exited \
             with error: signal: killed\",\n    \"errorType\": \"Runtime.ExitError\"\n  }\n}",
            "lambda_runtime_exit",
        ),
        // Fields of a report, one below the other, and types alone.
        (
            "Memory Size: 512 MB\nMax Memory Used: 512 MB\nStatus: error\nError Type: Runtime.OutOfMemory",
            "lambda_out_of_memory",
        ),
        ("Runtime.OutOfMemory", "lambda_out_of_memory"),
        ("my function dies:\n`Runtime.ImportModuleError`", "lambda_init_failure"),
        ("\"errorType\": \"Extension.Crash\"\nError Type: Extension.Crash", "lambda_init_failure"),
        ("Runtime.ExitError", "lambda_runtime_exit"),
        (
            "REPORT Max Memory Used: 205 MB / 512 MB\n[worker] Exception in thread\npanic: abort handler\nExtension.Crash",
            "lambda_init_failure",
        ),
        // A person's words around the sentence that the end lacks.
        (
            "The log says: \"There was an internal error while executing your request\"\nMethod completed with status: 500",
            "vpc_link_internal_error",
        ),
    ] {
        assert_eq!(causes(text).0["cause"], cause, "{text}");
    }
    for text in ["Runtime.GetAsync is slow", "the Extension. of the lease", "Error Type: none", "{\n\"errors\": []\n}"]
    {
        assert_eq!(causes(text).0["cause"], Value::Null, "{text}");
    }
    // What a client or a backend wrote does not speak against the end.
    let answered = "(1f2e3d4c) Endpoint response body before transformations: There was an internal error while executing your \
                    request\nsomething else\n(1f2e3d4c) Method completed with status: 500\n";
    assert_eq!(causes(answered).0["cause"], "backend_error_response");
}

#[test]
fn text_without_a_failure_has_none() {
    let rows = [
        // What a client or a backend sent, as the console shows it.
        "Method request headers: {note=Authorizer error}\n",
        "Method request path: {note=Execution failed due to a timeout error}\n",
        "Method response body after transformations: {\"errorMessage\":\"Task timed out after 6.00 seconds\"}\n",
        "HTTP/1.1 200 OK\ncontent-type: text/plain\n\nExecution failed due to a timeout error\n",
        // A program that a person runs.
        "Error: Cannot find module 'yaml'\nRequire stack:\n- /home/ann/shop/index.js\n",
        "(1f2e3d4c) Method completed with status: 200\nall is well\n",
        "",
        // An authorizer that let a request pass, with and without ids.
        "(1f2e3d4c) Starting authorizer: k1l2m3 for request: 1f2e3d4c\n(1f2e3d4c) Using valid authorizer policy for \
         principal: ***n7\n(1f2e3d4c) Method completed with status: 201\n",
        "Using valid authorizer policy for principal: ***n7\n",
        "Mon May 04 17:48:20 UTC 2026 : Authorizer result body before parsing: {\"policyDocument\":{\"Statement\":[]}}\n\
         Mon May 04 17:48:21 UTC 2026 : Method completed with status: 200\n",
        // Answers below 500, and words of other programs.
        "API Key authorized because method 'PUT /stock' does not require API Key. Request will not contribute to \
         throttle or quota limits\n",
        "HTTP/2 429\nx-amzn-errortype: LimitExceededException\n\n{\"message\":\"Limit Exceeded\"}\n",
        "HTTP/1.1 403 Forbidden\n\n{\"message\":\"Missing Authentication Token\"}\n",
        "curl: (28) Connection timed out after 10002 milliseconds\n",
        "wget: unable to resolve host address 'orders.example.com'\n",
        "(1f2e3d4c) Endpoint response body before transformations: {\"errorMessage\":\"no such order\"}\n\
         (1f2e3d4c) Method completed with status: 404\n",
    ];
    for text in rows {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
    }
}

#[test]
fn what_a_function_prints_in_an_invocation_that_succeeds_names_nothing() {
    let id = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
    let start = format!("START RequestId: {id} Version: $LATEST\n");
    let report = format!(
        "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t\
         Max Memory Used: 60 MB\t"
    );
    let none = (json!({"cause": null, "causes": []}), Some(1));
    let printed = "Task timed out after 3.00 seconds\n";
    assert_eq!(causes(&format!("{start}{printed}{report}\n")), none);
    assert_eq!(causes(&format!("{start}{printed}{report}\nXRAY TraceId: 1-6a5f-0123\tSegmentId: 01\n")), none);
    // Without START or REPORT, or behind both, it is what a person asks about.
    for text in [printed.to_owned(), format!("{start}{printed}"), format!("{start}{report}\n{start}{printed}")] {
        assert_eq!(causes(&text).0["cause"], "lambda_timeout", "{text}");
    }
    let failed = format!("{start}{printed}{report}Status: timeout\n");
    assert_eq!(causes(&failed).0["cause"], "lambda_timeout");
}

#[test]
fn a_log_with_a_level_before_each_id_is_one_of_api_gateway() {
    let log = |head: &str, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("{head}(3f405162-7d8e-4f90-b1a2-c3d4e5f60718) {line}\n")).collect()
    };
    for head in ["[WARN] ", "notice: ", "<30>", "[api] INFO "] {
        let healthy = log(
            head,
            &[
                "Method request headers: {note=Endpoint request timed out}",
                "Method response body after transformations: Invalid permissions on Lambda function",
                "Method completed with status: 204",
            ],
        );
        assert_eq!(causes(&healthy), (json!({"cause": null, "causes": []}), Some(1)), "{healthy}");
        let refused = log(head, &["Execution failed due to a timeout error", "Method completed with status: 404"]);
        assert_eq!(causes(&refused).0["cause"], Value::Null, "{refused}");
        let failed = log(head, &["Execution failed due to a timeout error", "Method completed with status: 504"]);
        assert_eq!(causes(&failed).0, json!({"cause": "integration_timeout", "causes": ["integration_timeout"]}));
    }
}

#[test]
fn a_line_of_api_gateway_that_a_function_printed_is_none() {
    let (id, other) = ("3f405162-7d8e-4f90-b1a2-c3d4e5f60718", "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d");
    let start = format!("START RequestId: {id} Version: $LATEST\n");
    let report = format!(
        "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: 30.00 ms\tBilled Duration: 31 ms\tMemory Size: 128 MB\t\
         Max Memory Used: 60 MB\n"
    );
    let line = format!("({other}) Method completed with status: 503\n");
    let replayed = |text: &str| -> Value {
        let document: Value =
            serde_json::from_slice(&command(&["replay", "--json", "-"], text.as_bytes()).stdout).unwrap();
        document["errors"].clone()
    };
    let printed = format!("{start}{line}{report}");
    assert_eq!((causes(&printed).0["cause"].clone(), replayed(&printed)), (Value::Null, json!(0)));
    // Two logs in one: the request began outside of the invocation. Without its end, the invocation may be over.
    let begun = format!("({other}) Sending request to https://lambda.eu-west-1.amazonaws.com/x\n");
    for text in [format!("{begun}{start}{line}{report}"), format!("{start}{report}{line}"), format!("{start}{line}")] {
        assert_eq!(
            (causes(&text).0["cause"].clone(), replayed(&text)),
            (json!("backend_error_response"), json!(1)),
            "{text}"
        );
    }
}

#[test]
fn a_sentence_of_a_library_counts_only_in_the_log_of_a_function() {
    let printed = "connect ETIMEDOUT 10.0.0.7:5432\n";
    let output = command(&["replay", "--json"], printed.as_bytes());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["errors"], output.status.code()), (&json!(0), Some(2)));
    let id = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
    let of_function = format!(
        "{printed}END RequestId: {id}\nREPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 60 MB\tStatus: error\tError Type: Runtime.Unknown\n"
    );
    assert_eq!(causes(&of_function).0["cause"], "lambda_dependency_unreachable");
}

#[test]
fn the_error_of_a_program_that_nothing_shows_to_be_a_function_names_no_cause() {
    let errors = [
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='orders.example.com', port=443): Read timed out. (read timeout=7)",
        "Traceback (most recent call last):\n  File \"/home/ann/get.py\", line 7, in <module>\n    get()\n\
         urllib3.exceptions.SSLError: certificate verify failed: certificate has expired",
        "psycopg2.OperationalError: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused",
        "socket.gaierror: [Errno -2] Name or service not known",
        "botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the Invoke operation: no",
        "ERROR 2003 (HY000): Can't connect to MySQL server on 'db.example.com' (110)",
        "npm ERR! network request to https://npm.example.com failed, reason: connect ETIMEDOUT 192.0.2.7:443",
        "Could not get response\n\nError: connect ECONNREFUSED 192.0.2.7:443",
        "TypeError: Failed to fetch\n    at get (https://www.example.com/get.js:7:3)",
        "Error: read ECONNRESET\n    at get (/Users/ann/get.js:7:3)",
        "Get \"https://k3m5n7p9q1.execute-api.eu-west-1.amazonaws.com/orders\": dial tcp: lookup x: no such host",
        "2026/11/20 10:00:00 get: Delete \"https://k3m5n7p9q1.execute-api.eu-west-1.amazonaws.com/orders\": dial tcp: i/o timeout",
        "panic: dial tcp 192.0.2.7:5432: connect: connection refused\n\ngoroutine 1 [running]:\nmain.main()\n\t/home/ann/main.go:7 +0x1d",
        "Unhandled exception. System.TimeoutException: no answer\n   at Shop.Program.Main() in C:\\src\\Program.cs:line 7",
        "Error: certificate has expired",
        "140:error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40",
    ];
    for text in errors {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
        assert!(!explained(text).0.contains("What it means"), "{text}");
    }
    // What it would be, is said and not named.
    let said = explained(errors[0]).0.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("that the invocation failed, its cause is lambda_dependency_unreachable"), "{said}");
    // In a function's log it is the reason of a failed invocation.
    let id = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
    let of_function = format!(
        "{}\nREPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t\
         Status: error\tError Type: Runtime.Unknown\n",
        errors[0]
    );
    assert_eq!(causes(&of_function).0["cause"], "lambda_dependency_unreachable");
    // The platform's sentence in the error of a program is what the platform said.
    let quoted = "Error: Request failed\n  Endpoint request timed out\n    at get (/Users/ann/get.js:7:3)";
    assert_eq!(causes(quoted).0["cause"], "integration_timeout");
}

#[test]
fn a_sentence_of_a_library_alone_holds_for_a_functions_log_only_and_the_output_says_so() {
    for text in ["Error: connect ECONNREFUSED 192.0.2.7:5432", "java.net.SocketTimeoutException: Read timed out"] {
        let (document, status) = causes(text);
        assert_eq!((&document["cause"], status), (&json!("lambda_dependency_unreachable"), Some(0)), "{text}");
        assert_eq!(document["assumed"].as_array().map(Vec::len), Some(1), "{text}");
        assert!(explained(text).0.starts_with("Nothing shows that this text is of a function's log."), "{text}");
    }
    // What only Lambda writes, or what stands in a function's folder, is of a function.
    for text in [
        "Task timed out after 3.00 seconds",
        "Unable to import module 'orders': No module named 'stock'",
        "Error: connect ECONNREFUSED 192.0.2.7:5432\n    at get (/var/task/get.js:7:3)",
    ] {
        let document = causes(text).0;
        assert!(document["cause"].is_string() && document.get("assumed").is_none(), "{text}: {document}");
    }
}

#[test]
fn a_sentence_of_a_library_without_a_type_or_the_line_of_an_answer_names_no_cause() {
    for text in [
        "2026-11-20T10:00:00.000Z connect ECONNREFUSED 192.0.2.7:5432",
        "2026-11-20T10:00:00.000Z HTTP/1.1 429 Too Many Requests",
        "2026-11-20T10:00:00.000Z An error occurred (ThrottlingException) when calling the ListKeys operation: Rate exceeded",
        "the operation timed out",
        "Error: getaddrinfo ENOTFOUND registry.yarnpkg.com",
        "  2026-11-20 10:00:00.123 ERROR 1 --- [main] shop.Orders : failed\n  java.net.ConnectException: Connection refused\n  \tat shop.Orders.get(Orders.java:7)",
    ] {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
    }
    // What it would be holds only for a failed invocation; an answer in a function's output says nothing of one.
    let said = |text: &str| explained(text).0.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = said("2026-11-20T10:00:00.000Z connect ECONNREFUSED 192.0.2.7:5432");
    assert!(sentence.contains("where they say that the invocation failed, its cause is lambda_dep"), "{sentence}");
    let answers = said("2026-11-20T10:00:00.000Z HTTP/1.1 429 Too Many Requests\n2026-11-20T10:00:02.000Z once more");
    assert!(!answers.contains("lambda_"), "{answers}");
}

#[test]
fn a_document_is_printed_where_nothing_could_be_explained_too() {
    for (arguments, input) in [
        (&["explain", "--json", "--rules", "/nowhere/rules.toml", "throttled"][..], ""),
        (&["explain", "--json", "-"], "events:\n- message: a\n"),
        (&["explain", "--json", "-"], "PK\u{3}\u{4}aaaa"),
    ] {
        let done = command(arguments, input.as_bytes());
        let document: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{arguments:?}"));
        assert_eq!((done.status.code(), &document["cause"]), (Some(2), &Value::Null), "{arguments:?}");
        assert!(document["error"].as_str().is_some_and(|error| !error.is_empty()), "{arguments:?}");
    }
}

#[test]
fn a_sentence_of_a_line_that_lost_its_breaks_names_its_cause() {
    for (text, cause) in [
        (
            "Execution failed due to configuration error: Malformed Lambda proxy response Method completed with status: 502",
            "lambda_malformed_response",
        ),
        ("Execution failed due to a timeout error Method completed with status: 504", "integration_timeout"),
    ] {
        let done = command(&["explain", "--json", "-"], text.as_bytes());
        let document: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(document["cause"], cause, "{text}");
    }
}

#[test]
fn a_line_that_lost_its_breaks_names_a_cause_only_by_a_failure_before_its_end() {
    let timed_out = "Execution failed due to a timeout error";
    for text in [
        format!("(1f2e3d4c-aa) {timed_out} Method completed with status: 504"),
        format!("(1f2e3d4c-aa) {timed_out} (1f2e3d4c-aa) Method completed with status: 504"),
    ] {
        assert_eq!(causes(&text).0["cause"], "integration_timeout", "{text}");
    }
    // What a client wrote, in a request that did not fail or failed of another cause, and several requests.
    for text in [
        format!("(1f2e3d4c-aa) Method request query string: {{q={timed_out}}} (1f2e3d4c-aa) Method completed with status: 200"),
        "Method request body before transformations: Endpoint request timed out Method completed with status: 500".to_owned(),
        "Execution failed due to configuration error: the moon Method request body: Endpoint request timed out Method completed \
         with status: 500"
            .to_owned(),
        format!("{timed_out} Method completed with status: 504 (9c8b7a6d-aa) Method completed with status: 200"),
        format!("{timed_out} (9c8b7a6d-aa) Method completed with status: 504 Method completed with status: 504"),
    ] {
        let (document, status) = causes(&text);
        assert_eq!((&document["cause"], status), (&Value::Null, Some(2)), "{text}");
    }
}

#[test]
fn what_a_client_wrote_into_a_line_that_is_understood_names_nothing() {
    let access = |status: u16, agent: &str| {
        json!({
            "requestId": "AbCd1=", "ip": "192.0.2.7", "requestTime": "20/Nov/2026:10:00:00 +0000", "httpMethod": "GET",
            "path": "/orders", "status": status.to_string(), "protocol": "HTTP/1.1", "userAgent": agent,
        })
        .to_string()
    };
    let report = "END RequestId: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718\nREPORT RequestId: \
                  3f405162-7d8e-4f90-b1a2-c3d4e5f60718\tDuration: 30.00 ms\tBilled Duration: 31 ms\tMemory Size: 128 MB\tMax \
                  Memory Used: 60 MB\t\n";
    for sentence in [
        "Execution failed due to a timeout error",
        "Endpoint request timed out",
        "Invalid permissions on Lambda function",
        "Network error communicating with endpoint",
    ] {
        for text in [
            access(200, sentence),
            access(403, sentence),
            access(429, &format!("agent {sentence}")),
            format!("<request id=\"AbCd1=\"><ip>192.0.2.7</ip><path>/{sentence}</path><status>404</status></request>"),
            // Of these no reader knows the format, but the status is in them.
            format!("192.0.2.7 - - [20/Nov/2026:10:00:00 +0000] \"GET /a?q={sentence} HTTP/1.1\" 404 12 AbCd1="),
            format!("192.0.2.7 - - [20/Nov/2026:10:00:00 +0000] \"GET /a HTTP/2.0\" 200 12 \"-\" \"{sentence}\""),
            format!("192.0.2.7,-,-,20/Nov/2026:10:00:00 +0000,GET,/{sentence},HTTP/1.1,200,12,AbCd1="),
            format!("requestId: AbCd1=, path: /{sentence}, status: 200"),
            format!("(1f2e3d4c-aa) Method request query string: {{q={sentence}}}"),
            format!(
                "(1f2e3d4c-aa) Method request body before transformations: {sentence}\n(1f2e3d4c-aa) API Key: ***7"
            ),
            format!("(1f2e3d4c-aa) Endpoint response body before transformations: {{\"q\":\"{sentence}\"}}"),
            // The end of an invocation that succeeds.
            format!("START RequestId: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Version: $LATEST\n{sentence}\n{report}"),
            format!("2026-11-20T10:00:00.000Z my own words: {sentence}\n{report}"),
        ] {
            assert_eq!(causes(&text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
        }
    }
    assert_eq!(causes(&format!("Task timed out after 3.00 seconds\n{report}")).0["cause"], Value::Null);
    // A status of a call within a sentence is that of no request.
    assert_eq!(causes("Lambda invocation failed with status: 429.").0["cause"], "lambda_throttled");
}

#[test]
fn the_last_words_of_any_program_hold_for_a_functions_log_only_and_the_output_says_so() {
    // The main thread of a program in Java is not that of a function: nothing is named, but what it would be.
    let of_java = [
        "Exception in thread \"main\" java.lang.IllegalStateException: no stock\n\tat shop.Main.main(Main.java:7)",
        "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space\n\tat shop.Main.main(Main.java:7)",
    ];
    let errors = [
        of_java[0],
        of_java[1],
        "Unhandled exception. System.InvalidOperationException: no stock\n   at Shop.Program.Main(String[] args)",
        "PHP Fatal error:  Uncaught Exception: no stock in shop.php:3\nStack trace:\n#0 {main}",
        "thread 'main' panicked at src/main.rs:3:5:\nno stock",
        "panic: no stock\n\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:7 +0x1d\nexit status 2",
        "<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "[ERROR] OutOfStockError: no stock",
    ];
    let replayed = |text: &str| -> Value {
        serde_json::from_slice(&command(&["replay", "--json", "-"], text.as_bytes()).stdout).unwrap()
    };
    for error in errors {
        let document = causes(error).0;
        if of_java.contains(&error) {
            assert_eq!(document["cause"], Value::Null, "{error}");
        } else {
            let is_noted = document["assumed"].as_array().map(Vec::len) == Some(1);
            assert!(document["cause"].is_string() && is_noted, "{document}");
        }
        assert_eq!(replayed(error)["errors"], 0, "{error}");
        // A line of Lambda's, before it or behind, or the folder of a function shows whose it is.
        let report = "REPORT RequestId: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718\tDuration: 30.00 ms\tBilled Duration: 31 \
                      ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tStatus: error\tError Type: Runtime.ExitError";
        let start = "INIT_START Runtime Version: java:21.v7\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:7";
        for text in [
            format!("{error}\n{report}\n"),
            format!("{start}\n{error}\n"),
            format!("{error}\n    at /var/task/shop.js:3:7\n"),
        ] {
            assert!(causes(&text).0.get("assumed").is_none(), "{text}");
            assert_eq!(replayed(&text)["errors"], 1, "{text}");
        }
    }
    // Beside the output of a client it is of no function, and the request keeps its cause.
    let beside =
        "curl: (28) Operation timed out\npanic: no stock\n(1f2e3d4c-aa) Execution failed due to a timeout error\n";
    assert_eq!(causes(beside).0, json!({"cause": "integration_timeout", "causes": ["integration_timeout"]}));
}

#[test]
fn a_failed_task_of_a_build_tool_is_no_failure_of_a_request() {
    for text in [
        "FAILURE: Build failed with an exception.\n\n* What went wrong:\nExecution failed for task ':app:test'.\n> There were failing tests.",
        "Execution failed with exit code 3",
        "2026-11-20T10:00:00Z Execution failed: exit code 3",
        "Execution failed due to java.lang.IllegalStateException: no agent",
        "Method completed with status: SUCCESS",
    ] {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
        let document: Value =
            serde_json::from_slice(&command(&["replay", "--json", "-"], text.as_bytes()).stdout).unwrap();
        assert_eq!(document["errors"], 0, "{text}");
    }
    // Behind a request's id or a date of the console, it is API Gateway's.
    for text in [
        "(1f2e3d4c-aa) Execution failed for a reason of the moon",
        "Mon May 04 17:48:20 UTC 2026 : Execution failed for a reason of the moon",
    ] {
        assert_eq!(causes(text).0["cause"], "unclassified", "{text}");
    }
}

#[test]
fn a_sentence_in_the_words_of_a_person_is_said_to_be_one() {
    for (text, cause) in [
        (
            "Hi team, our customers see \"Endpoint request timed out\" since noon, can somebody look?",
            "integration_timeout",
        ),
        (
            "## Known errors\n\nWhere a permission is missing, API Gateway logs \"Execution failed due to configuration error: \
             Invalid permissions on Lambda function\".\n",
            "lambda_permission",
        ),
        ("My function fails with: Task timed out after 3.00 seconds", "lambda_timeout"),
        ("* `Endpoint request timed out`: raise the timeout", "integration_timeout"),
        ("if (error.message === \"Endpoint request timed out\") { retry(); }", "integration_timeout"),
        (
            "2026-11-20T10:00:00.123Z\t3f405162-7d8e-4f90-b1a2-c3d4e5f60718\tINFO\tEndpoint request timed out",
            "integration_timeout",
        ),
        (r#"{"level":"warn","msg":"again after Endpoint request timed out"}"#, "integration_timeout"),
    ] {
        let document = causes(text).0;
        assert_eq!(
            (&document["cause"], document["assumed"].as_array().map(Vec::len)),
            (&json!(cause), Some(1)),
            "{text}"
        );
        assert!(explained(text).0.starts_with("No line of this text is"), "{text}");
    }
    // The sentence alone, behind what a log or a table has before it, and in a field of an access log.
    for text in [
        "Endpoint request timed out",
        "2026-11-20T10:00:00Z Endpoint request timed out",
        "10:00\tGET /orders\tEndpoint request timed out",
        r#"{"message":"Endpoint request timed out"}"#,
        r#""integrationErrorMessage": "Endpoint request timed out""#,
        "integrationErrorMessage: Connection refused",
        "$context.integration.error: Read timed out",
        "responseType=INTEGRATION_TIMEOUT",
    ] {
        let document = causes(text).0;
        assert!(document["cause"].is_string() && document.get("assumed").is_none(), "{text}: {document}");
    }
}

#[test]
fn the_evidence_of_an_endpoint_names_its_cause_behind_its_head_as_alone() {
    let json =
        r#"{"Error":{"Code":"AccessDenied","Message":"Access to the resource is denied."},"RequestId":"1f2e3d4c"}"#;
    let xml = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    let head = "Endpoint response body before transformations: ";
    for (text, cause) in [
        (json.to_owned(), "aws_service_access_denied"),
        (format!("{head}{json}"), "aws_service_access_denied"),
        (format!("(1f2e3d4c) {head}{json}"), "aws_service_access_denied"),
        (format!("Mon May 04 17:48:20 UTC 2026 : {head}{xml}"), "aws_service_access_denied"),
        (format!("(1f2e3d4c) {head}<UnknownOperationException/>"), "aws_service_error"),
        (r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#.to_owned(), "aws_service_throttled"),
        (
            r#"{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}"#.to_owned(),
            "aws_service_access_denied",
        ),
        (
            "(1f2e3d4c) Endpoint response headers: {x-amzn-ErrorType=ThrottlingException:http://x/, Connection=close}"
                .to_owned(),
            "aws_service_throttled",
        ),
    ] {
        assert_eq!(causes(&text).0["cause"], cause, "{text}");
    }
    for (body, cause) in [
        (
            r#"{"errorMessage":"RequestId: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Error: Runtime exited with error: signal: killed"}"#,
            "lambda_out_of_memory",
        ),
        (
            r#"{"Message":"User: orders is not authorized to perform: lambda:InvokeFunction on resource: stock"}"#,
            "lambda_permission",
        ),
    ] {
        assert_eq!(causes(body).0["cause"], cause, "{body}");
        assert_eq!(causes(&format!("{head}{body}")).0["cause"], cause, "{body}");
    }
    // A line of a function's log, as in `replay`.
    let of_go = r#"{"errorMessage":"dial tcp: connection refused","errorType":"OpError","stackTrace":[{"path":"get.go","line":3,"label":"get"}]}"#;
    assert_eq!(causes(of_go).0["cause"], "lambda_dependency_unreachable");
}

/// Returns the output of the command and its exit status.
fn explained(what: &str) -> (String, Option<i32>) {
    let output = command(&["explain", what], b"");
    let printed = [output.stdout, output.stderr].concat();
    (String::from_utf8(printed).unwrap(), output.status.code())
}

#[test]
fn a_public_body_is_explained_as_what_it_is() {
    for text in [
        r#"{"message": "Internal server error"}"#,
        r#"{"message":"Service Unavailable"}"#,
        "HTTP/1.1 502 Bad Gateway\nx-amzn-RequestId: 1f2e3d4c\n\n{\"message\": \"Internal server error\"}",
        "  \"message\": \"Internal server error\",",
        r#"{"statusCode":502,"body":"{\"message\":\"Internal server error\"}"}"#,
        "INTEGRATION_FAILURE",
        "DEFAULT_5XX",
    ] {
        let (printed, status) = explained(text);
        assert!(printed.contains("does not say why") && printed.contains("reason_not_logged"), "{printed}");
        assert!(!printed.contains("No failure"), "{printed}");
        assert_eq!((causes(text).0["cause"].as_str(), status), (Some("unclassified"), Some(1)));
    }
    let (printed, _) = explained("HTTP/2 504\napigw-requestid: AbCdEf=\n\n{\"message\":\"Gateway Timeout\"}");
    assert!(printed.contains("request AbCdEf=") && printed.contains("Usual causes of 504: "), "{printed}");
}

#[test]
fn a_status_lists_its_causes_and_words_find_them() {
    for (what, id) in [
        ("502", "lambda_malformed_response"),
        ("HTTP 504", "integration_timeout"),
        ("throttling", "lambda_throttled"),
        ("throttling", "aws_service_throttled"),
        ("malformed response", "lambda_malformed_response"),
        ("security group", "network_rejected"),
        ("certificate", "tls_certificate_expired"),
    ] {
        let (printed, status) = explained(what);
        assert!(printed.contains(id) && status == Some(0), "{what}: {printed}");
    }
    for (what, topic) in
        [("custom domain", "get-base-path-mappings"), ("dns", "regionalDomainName"), ("cold start", "Cold start")]
    {
        assert!(explained(what).0.contains(topic), "{what}");
    }
    assert!(explained("429").0.contains("429 is not a 5xx"));
    assert!(explained("lambda permission").0.starts_with("API Gateway may not invoke the function\n"));
}

#[test]
fn the_words_of_an_answer_find_the_causes_that_have_them_too() {
    for (words, id) in [("access denied", "aws_service_access_denied"), ("Not Found", "lambda_not_found")] {
        let (text, status) = explained(words);
        let (answer, list) = text.split_once("Causes of a 5xx with these words:").unwrap_or_else(|| panic!("{text}"));
        assert!(answer.contains("is a public text") && list.contains(id) && status == Some(0), "{text}");
        // As a body it is the answer alone.
        assert_eq!(causes(words), (json!({"cause": null, "causes": []}), Some(1)), "{words}");
    }
}

#[test]
fn the_list_of_a_status_stands_behind_its_heading() {
    let (printed, _) = explained("502");
    assert!(printed.contains("Its usual causes:\n  payload_too_large"), "{printed}");
    assert!(explained("5xx").0.contains("All causes:\n  "));
}

#[test]
fn the_commands_have_the_names_that_the_text_has() {
    let line = |stage: &str| {
        // The text that a client may write stands last, as in the advised format.
        format!(
            "{{\"requestId\":\"JKJebqTPzLgEWLE=\",\"status\":\"504\",\"apiId\":\"a1b2c3d4e5\",\"stage\":\"{stage}\",\
             \"errorMessage\":\"Endpoint request timed out\",\"integrationErrorMessage\":\"Endpoint request timed out\"}}\n"
        )
    };
    let explained = |text: &str| String::from_utf8(command(&["explain", "-"], text.as_bytes()).stdout).unwrap();
    let of_one = explained(&line("prod"));
    assert!(of_one.contains("--rest-api-id a1b2c3d4e5 --stage-name prod\n"), "{of_one}");
    let of_two = explained(&(line("prod") + &line("dev")));
    assert!(of_two.contains("--rest-api-id a1b2c3d4e5 --stage-name STAGE\n"), "{of_two}");
}

#[test]
fn a_misspelt_word_finds_what_the_word_finds() {
    for (misspelt, word) in [("throtling", "throttling"), ("domian", "domain"), ("certifcate", "certificate")] {
        let (printed, status) = explained(misspelt);
        assert!(printed.starts_with(&explained(word).0) && status == Some(0), "{printed}");
    }
    let (printed, status) = explained("cors");
    assert!(printed.contains("Access-Control-Allow-Origin") && status == Some(0), "{printed}");
    let (printed, _) = explained("permission denied");
    assert!(printed.contains("lambda_dependency_denied") && printed.contains("aws_service_access_denied"), "{printed}");
}

#[test]
fn a_misspelt_id_explains_the_nearest_one() {
    let (printed, status) = explained("tls_hostname_missmatch");
    assert!(printed.contains("tls_hostname_mismatch (") && status == Some(0), "{printed}");
    assert!(printed.contains("no cause is called tls_hostname_missmatch; this is the nearest"), "{printed}");
    let (printed, status) = explained("my_orders_table");
    assert!(printed.contains("no cause is called my_orders_table") && status == Some(1), "{printed}");
}

#[test]
fn an_id_in_other_words_explains_the_nearest_one_or_lists_several() {
    let json = |what: &[&str]| -> (Value, Option<i32>) {
        let done = command(&[&["explain", "--json"], what].concat(), b"");
        (serde_json::from_slice(&done.stdout).unwrap(), done.status.code())
    };
    for (what, id) in [
        (&["tls_cert_expired"][..], "tls_certificate_expired"),
        (&["lambda_perms"], "lambda_permission"),
        (&["authoriser_fault"], "authorizer_error"),
        (&["lambda_time_out"], "lambda_timeout"),
        (&["integration-timeout"], "integration_timeout"),
        (&["integration_time"], "integration_timeout"),
        (&["Lambda Permission"], "lambda_permission"),
        (&["Authoriser", "Timeout"], "authorizer_timeout"),
        (&["timeout of integration"], "integration_timeout"),
        (&["vpclink_transient"], "vpc_link_transient"),
        (&["endpoint request timed out"], "integration_timeout"),
    ] {
        let (document, status) = json(what);
        assert_eq!((&document["cause"], status), (&json!(id), Some(0)), "{what:?}");
    }
    for (what, id) in [("tls_cert_mismatch", "tls_hostname_mismatch"), ("vpclink", "vpc_link_internal_error")] {
        let (document, status) = json(&[what]);
        let causes = document["causes"].as_array().unwrap();
        assert!(causes.len() > 1 && causes.contains(&json!(id)) && status == Some(0), "{what}: {document}");
    }
    for what in ["orders_of_the_day", "x_y"] {
        let (document, status) = json(&[what]);
        assert_eq!((&document["cause"], &document["causes"], status), (&Value::Null, &json!([]), Some(1)), "{what}");
    }
}

#[test]
fn a_status_without_a_cause_is_explained_and_names_none() {
    for (status, words) in [
        ("200", "did not fail"),
        ("429", "throttled the client"),
        ("403", "API key"),
        ("404", "no route"),
        ("4xx", "4XXError"),
        ("599", "CDN"),
        ("524", "Cloudflare"),
        ("600", "no status of HTTP"),
    ] {
        let (printed, code) = explained(status);
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(printed.contains(words) && code == Some(1), "{status}: {printed}");
        let piped = command(&["explain", "-"], status.as_bytes());
        assert_eq!(piped.status.code(), Some(1), "{status}");
    }
    for status in ["500", "501", "502", "503", "504", "505", "508", "511"] {
        let (printed, code) = explained(status);
        assert!(printed.contains("backend_error_response") && code == Some(0), "{status}: {printed}");
    }
}

#[test]
fn a_sentence_without_its_reason_is_said_to_lack_it() {
    let text =
        "(1f2e3d4c) Execution failed due to configuration error:\n(1f2e3d4c) Method completed with status: 500\n";
    let printed = String::from_utf8(command(&["explain", "-"], text.as_bytes()).stdout).unwrap();
    let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.starts_with("A sentence of the text ends with a colon, and the reason behind it is missing"),
        "{printed}"
    );
    assert!(causes(text).0["note"].is_string());
    // A reason that nobody knows is one.
    for reason in ["No such thing was\nfound anywhere", "No such thing"] {
        let text = format!(
            "(1f2e3d4c) Execution failed due to configuration error:\n{reason}\n(1f2e3d4c) Method completed with status: 500\n"
        );
        assert!(causes(&text).0.get("note").is_none(), "{text}");
    }
    // It is below.
    let whole = "Execution failed due to configuration error:\nInvalid permissions on Lambda function";
    assert_eq!(causes(whole).0, json!({"cause": "lambda_permission", "causes": ["lambda_permission"]}));
}

#[test]
fn text_of_no_known_form_is_not_called_healthy() {
    let (printed, status) = explained("the printer on the second floor is out of paper");
    assert!(printed.contains("No line of this text was understood") && status == Some(1), "{printed}");
}

#[test]
fn a_cause_has_log_texts_to_try_an_alarm_on() {
    let explained = |input: &[u8], arguments: &[&str]| -> Value {
        serde_json::from_slice(&command(&[&["explain", "--json"], arguments].concat(), input).stdout).unwrap()
    };
    let cause = explained(b"", &["integration_timeout"]);
    let texts = |key: &str| -> Vec<String> {
        let lines = |text: &Value| -> Vec<String> { serde_json::from_value(text["lines"].clone()).unwrap() };
        cause[key].as_array().unwrap().iter().map(|text| lines(text).join("\n")).collect()
    };
    for (key, is_of_it) in [("examples", true), ("nearMisses", false)] {
        let texts = texts(key);
        assert!(!texts.is_empty(), "{key}");
        for text in texts {
            let found = explained(text.as_bytes(), &["-"]);
            assert_eq!(found["cause"] == "integration_timeout", is_of_it, "{text}");
        }
    }
}

#[test]
fn an_answer_below_500_names_no_cause_and_is_explained() {
    for (text, words) in [
        ("{\"message\":\"Too Many Requests\"}", "throttled the client"),
        ("{\n  \"message\":\n    \"Too Many Requests\"\n}", "throttled the client"),
        ("{\"message\":\"Limit Exceeded\"}", "usage plan"),
        ("{\"message\":\"Forbidden\"}", "API key"),
        ("{\"message\":\"Missing Authentication Token\"}", "no such path"),
        ("{\"message\":\"Unauthorized\"}", "authorizer refused"),
        ("{\"message\":\"Not Found\"}", "no route"),
        ("{\"message\":\"The security token included in the request is invalid.\"}", "signature"),
        ("HTTP 429 Too Many Requests", "429 is not a 5xx"),
        ("HTTP/2 429\nretry-after: 1\n\n{\"message\":\"Too Many Requests\"}", "throttled the client"),
        ("they answer {\"message\":\"Forbidden\"} to all of us", "API key"),
        ("{\"statusCode\":429,\"headers\":{},\"body\":\"{\\\"message\\\":\\\"Limit Exceeded\\\"}\"}", "usage plan"),
        ("message: Not Found", "no route"),
        ("WAF_FILTERED", "blocked the request"),
        ("x-amzn-requestid: 1f2e3d4c\ncontent-type: text/plain", "does not show whether the request failed"),
        ("429 Too Many Requests\n{\"message\":\"Too Many Requests\"}", "throttled the client"),
        ("x-amzn-ErrorType: TooManyRequestsException", "429 is not a 5xx"),
        (
            "content-type: application/json\nx-amzn-requestid: 1f2e3d4c\nx-amzn-errortype: ForbiddenException",
            "403 is not",
        ),
        ("HTTP/1.1 401 Unauthorized\n\nconnect ECONNREFUSED 192.0.2.7:5432", "401 is not"),
        ("HTTP/1.1 200 OK\nx-amzn-RequestId: 1f2e3d4c\n\n{}", "did not fail"),
        ("<html><head><title>403 Forbidden</title></head><body>nginx</body></html>", "403 is not"),
    ] {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
        let printed = String::from_utf8(command(&["explain", "-"], text.as_bytes()).stdout).unwrap();
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(printed.contains(words), "{text}: {printed}");
    }
}

#[test]
fn an_answer_below_500_names_no_cause_whatever_its_body_says() {
    let bodies = [
        (
            "{\"errorMessage\":\"2026-05-04T12:00:07.123Z 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Task timed out after 6.00 seconds\"}",
            true,
        ),
        (
            "{\"errorMessage\":\"name 'cart' is not defined\",\"errorType\":\"NameError\",\"stackTrace\":[\"  File \\\"/var/task/cart.py\\\", line 7, in get\\n\"]}",
            true,
        ),
        ("{\"message\": \"Endpoint request timed out\"}", false),
        ("{\"message\":\"Execution failed due to configuration error: Malformed Lambda proxy response\"}", false),
    ];
    for (body, is_of_function) in bodies {
        for text in [
            format!("HTTP/1.1 200 OK\ncontent-type: application/json\n\n{body}\n"),
            format!("HTTP/2 404\nx-amzn-requestid: 1f2e3d4c\n\n{body}\n"),
            format!(
                "> GET /orders HTTP/2\n> host: orders.example.com\n>\n< HTTP/2 200\n< content-type: text/plain\n<\n* Connection #0 left intact\n{body}"
            ),
            format!(
                "$ curl -i https://orders.example.com/cart\nHTTP/2 422\ncontent-type: application/json\n\n{body}\n$ "
            ),
            format!("{body}\n200\n"),
            format!("{body}404"),
            format!("Status: 404 Not Found\nTime: 31 ms\nSize: 212 B\n\n{body}"),
            format!("Status: 200 OK Time: 31 ms Size: 212 B\n\n{body}"),
            format!("200 OK\n\n{body}"),
            format!(
                "Request URL:\nhttps://orders.example.com/cart\nRequest Method:\nGET\nStatus Code:\n200 OK\n\n{body}"
            ),
            format!("Request URL: https://orders.example.com/cart\nStatus Code: 400 Bad Request\n\n{body}"),
        ] {
            assert_eq!(causes(&text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
            let printed = String::from_utf8(command(&["explain", "-"], text.as_bytes()).stdout).unwrap();
            assert!(printed.contains("is not a 5xx"), "{text}: {printed}");
            let is_said = printed.contains("the function failed");
            assert!(!is_said || is_of_function, "{text}: {printed}");
        }
    }
    // With another status, or beside the log, it has its cause.
    let timed_out = bodies[0].0;
    assert_eq!(causes(&format!("HTTP/1.1 502 Bad Gateway\n\n{timed_out}")).0["cause"], "lambda_timeout");
    assert_eq!(causes(&format!("{}\n504", bodies[2].0)).0["cause"], "integration_timeout");
    let beside = "HTTP/1.1 200 OK\n\n{}\n\n(1f2e3d4c) Execution failed due to a timeout error\n(1f2e3d4c) Method completed with status: 504\n";
    assert_eq!(causes(beside).0["cause"], "integration_timeout");
}

#[test]
fn the_page_of_a_server_is_explained_as_that_servers() {
    let page = |heading: &str, end: &str| {
        format!(
            "<html>\r\n<head><title>{heading}</title></head>\r\n<body>\r\n<center><h1>{heading}</h1></center>\r\n{end}</body>\r\n\
             </html>\r\n"
        )
    };
    let nginx = page("502 Bad Gateway", "<hr><center>nginx/1.26.0</center>\r\n");
    let bare = page("504 Gateway Time-out", "");
    let of_alb = format!("HTTP/1.1 503 Service Unavailable\r\nServer: awselb/2.0\r\n\r\n{bare}");
    let of_cdn = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n<HTML><HEAD>\n<TITLE>ERROR: The request could not be \
                  satisfied</TITLE>\n</HEAD><BODY>\n<H1>504 ERROR</H1>\nGenerated by cloudfront (CloudFront)\n</BODY></HTML>";
    for (text, server) in [
        (nginx.as_str(), "with status 502 that nginx wrote"),
        (&bare, "with status 504 that an Application Load Balancer"),
        (&of_alb, "with status 503 that an Application Load Balancer"),
        (of_cdn, "with status 504 that CloudFront wrote"),
        ("upstream connect error or disconnect/reset before headers. reset reason: overflow", "that Envoy"),
        ("<html><body>\n<h1>500 - We are sorry</h1>\n</body></html>", "a server that does not name itself"),
    ] {
        assert_eq!(causes(text), (json!({"cause": "unclassified", "causes": ["unclassified"]}), Some(1)), "{text}");
        let printed = String::from_utf8(command(&["explain", "-"], text.as_bytes()).stdout).unwrap();
        let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(printed.contains(server) && printed.contains("backend_error_response"), "{text}: {printed}");
    }
}

#[test]
fn what_the_program_of_a_client_says_of_an_answer_names_no_cause_and_is_explained() {
    for text in [
        "curl: (22) The requested URL returned error: 504",
        "GET https://api.example.com/orders 504 (Gateway Timeout)",
        "orders.js:7 PUT https://api.example.com/orders net::ERR_ABORTED 504 (Gateway Timeout)",
        "Failed to load resource: the server responded with a status of 504 ()",
        "Status: 504 Gateway Timeout\nTime: 29.1 s\nSize: 290 B\n\n<html>\n<head><title>504 Gateway Time-out</title></head>\n\
         <body><center><h1>504 Gateway Time-out</h1></center></body></html>",
    ] {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
        let said = String::from_utf8(command(&["explain", "-"], text.as_bytes()).stdout).unwrap();
        assert!(said.contains("with status 504") && said.contains("reason"), "{text}: {said}");
    }
}

#[test]
fn an_archive_or_an_image_is_refused_by_its_name() {
    let mut tar = vec![0; 1_024];
    tar[..6].copy_from_slice(b"a.log\0");
    tar[257..262].copy_from_slice(b"ustar");
    tar[512..].fill(b'\n');
    tar[512..551].copy_from_slice(b"Execution failed due to a timeout error");
    for (bytes, name) in [
        (&tar[..], "a tar archive"),
        (b"BM\x9a\xff\x01\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x40\x01", "BMP"),
        (b"II*\0\x08\0\0\0\x10\0", "TIFF"),
        (b"MM\0*\0\0\0\x08\0\x10", "TIFF"),
        (b"\0\0\x01\0\x01\0\x10\x10\0\0\x01\0\x20\0", "ICO"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    ] {
        for args in [["explain", "-"], ["replay", "-"]] {
            let output = command(&args, bytes);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains(name) && output.status.code() == Some(2), "{args:?} {name}: {output:?}");
        }
    }
}

#[test]
fn a_page_without_a_status_shows_no_failure() {
    let text = "<!DOCTYPE html>\n<html><body><h1>Our shop</h1></body></html>";
    assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)));
    assert!(explained(text).0.contains("It does not show a status."));
}

#[test]
fn text_of_other_programs_and_services_names_no_cause() {
    let record = json!({
        "eventVersion": "1.10", "eventTime": "2026-11-20T10:00:00Z", "eventSource": "lambda.amazonaws.com", "eventName": "Invoke",
        "errorCode": "TooManyRequestsException", "errorMessage": "Rate exceeded", "requestID": "1f2e3d4c",
    });
    for text in [
        "AWS Lambda throttled our deploy yesterday".to_owned(),
        "Lambda throttled the deploy".to_owned(),
        "yesterday the database gave connection refused twice".to_owned(),
        "our TLS certificate expired on Monday and the handshake failed".to_owned(),
        "can somebody look? broken pipe since the VPC link error of last week".to_owned(),
        record.to_string(),
        serde_json::to_string_pretty(&record).unwrap(),
        json!({"Records": [record]}).to_string(),
        // A body of an API that is no error of AWS.
        json!({"code": "ORDER_NOT_FOUND", "message": "no such order"}).to_string(),
        json!({"Error": {"Code": "invalid_request", "Message": "no"}}).to_string(),
        // Terraform, CloudFormation, the AWS CLI.
        "\u{2577}\n\u{2502} Error: creating Lambda Function (orders): operation error Lambda: CreateFunction, https response error \
         StatusCode: 429, RequestID: 1f2e3d4c, TooManyRequestsException: Rate exceeded\n\u{2575}"
            .to_owned(),
        "2026-11-20 10:00:00 UTC+0000  CREATE_FAILED  AWS::Lambda::Function  Orders  Resource handler returned message: \"Rate exceeded \
         (Service: Lambda, Status Code: 429, Request ID: 1f2e3d4c)\""
            .to_owned(),
        "An error occurred (TooManyRequestsException) when calling the CreateDeployment operation: Too Many Requests".to_owned(),
        // A cluster, a database, servers.
        "LAST SEEN   TYPE      REASON      OBJECT         MESSAGE\n3m          Warning   Unhealthy   pod/orders-1   Readiness probe \
         failed: Get \"http://192.0.2.7:80/\": dial tcp 192.0.2.7:80: connect: connection refused"
            .to_owned(),
        "2026-11-20 10:00:00.123 UTC [7] FATAL:  remaining connection slots are reserved for roles with SUPERUSER".to_owned(),
        "2026-11-20 10:00:00.123 UTC [7] LOG:  could not receive data from client: Connection reset by peer".to_owned(),
        "2026/11/20 10:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream".to_owned(),
        "Nov 20 10:00:00 web-1 app[7]: connect ETIMEDOUT 192.0.2.7:5432".to_owned(),
        "2026-11-20 10:00:00.123 ERROR 1 --- [nio-80-exec-1] o.a.c.c.C.[.[.[/] : Servlet.service() threw exception\n\
         java.net.SocketTimeoutException: Read timed out\n\tat shop.Orders.get(Orders.java:7)"
            .to_owned(),
        r#"{"level":"error","error":"dial tcp 192.0.2.7:5432: connection refused"}"#.to_owned(),
        // Builds and tests.
        "--- FAIL: TestOrders (0.00s)\n    orders_test.go:7: dial tcp 127.0.0.1:5432: connect: connection refused\nFAIL".to_owned(),
        "--- FAIL: TestOrders (0.00s)\npanic: no stock\n\ngoroutine 7 [running]:\nshop.get()\n\tget.go:7 +0x1d\nFAIL".to_owned(),
        "[ERROR] OrdersTest.times:7 > SocketTimeout Read timed out".to_owned(),
        "[INFO] Running shop.OrdersTest\njava.net.ConnectException: Connection refused\n\tat shop.OrdersTest.get(OrdersTest.java:7)"
            .to_owned(),
        "npm error network request to https://npm.example.com failed, reason: connect ETIMEDOUT 192.0.2.7:443".to_owned(),
        "Could not transfer artifact shop:orders:pom:1 from/to central: PKIX path building failed: unable to find valid certification \
         path to requested target"
            .to_owned(),
    ] {
        assert_eq!(causes(&text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
    }
}

#[test]
fn a_sentence_that_libraries_have_too_holds_only_if_api_gateway_wrote_it() {
    for (text, cause) in [
        ("General SSLEngine problem", "tls_handshake_failure"),
        (
            "PKIX path building failed: unable to find valid certification path to requested target",
            "tls_untrusted_chain",
        ),
        ("javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure", "tls_handshake_failure"),
        (
            "User: arn:aws:sts::111122223333:assumed-role/r/x is not authorized to perform: lambda:InvokeFunction on resource: y",
            "lambda_permission",
        ),
        ("Rate Exceeded.", "lambda_throttled"),
    ] {
        let document = causes(text).0;
        let is_noted = document["assumed"].as_array().map(Vec::len) == Some(1);
        assert!(document["cause"] == cause && is_noted, "{text}: {document}");
    }
    let whole = "Execution failed due to configuration error: General SSLEngine problem";
    assert!(causes(whole).0.get("assumed").is_none());
}

#[test]
fn a_sentence_over_several_lines_names_its_cause() {
    for (text, cause) in [
        (
            "PKIX path building failed:\nsun.security.provider.certpath.SunCertPathBuilderException: unable to find\nvalid certification \
             path to requested target",
            "tls_untrusted_chain",
        ),
        (
            "    PKIX path validation failed:\n    java.security.cert.CertPathValidatorException:\n    validity check failed",
            "tls_certificate_expired",
        ),
        (
            "> Execution failed due to configuration error: PKIX path building failed:\n> \
             sun.security.provider.certpath.SunCertPathBuilderException: unable to find\n> valid certification path to requested target",
            "tls_untrusted_chain",
        ),
        (
            "Host name 'orders.example.com' does not\nmatch the certificate subject provided by\nthe peer (CN=*.example.org)",
            "tls_hostname_mismatch",
        ),
        ("\"Endpoint request\ntimed out\"", "integration_timeout"),
        ("Invalid permissions on\n   Lambda function", "lambda_permission"),
        (
            "Execution failed due to configuration error:\n\nAPI Gateway does not have permission to assume the provided role",
            "integration_role",
        ),
        (
            "The Lambda function returned the following error:\n\
             2026-11-20T10:00:00.000Z 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Task timed out after 12.00 seconds. Check your Lambda function code and try again.",
            "lambda_timeout",
        ),
        (
            "The Lambda function returned the following error:\n\
             RequestId: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Error: Task timed out after 12.00 seconds. Check your Lambda function code and try again.",
            "lambda_timeout",
        ),
        ("{\n  \"message\":\n    \"Endpoint request timed out\"\n}", "integration_timeout"),
    ] {
        assert_eq!(causes(text).0["cause"], cause, "{text}");
    }
    // The reason behind the colon is broken, too.
    let broken = "(1f2e3d4c) Execution failed due to configuration error:\nIntegration response of reported length 11534336 is larger\n\
                  than allowed maximum of 10485760 bytes.\n(1f2e3d4c) Method completed with status: 500\n";
    assert_eq!(causes(broken).0, json!({"cause": "payload_too_large", "causes": ["payload_too_large"]}));
    let mail = "Hello, since noon:\n\n  Execution failed due to configuration error:\n  Invalid permissions\n  on Lambda function\n\nAny idea?\n";
    assert_eq!(causes(mail).0["causes"], json!(["lambda_permission"]));
    let replayed = command(&["replay", "--json", "-"], broken.as_bytes());
    let document: Value = serde_json::from_slice(&replayed.stdout).unwrap();
    assert_eq!(document["counts"][0]["dimensions"]["Cause"], "payload_too_large", "{document}");
    assert_eq!(replayed.status.code(), Some(0), "{document}");
    let log = "(1f2e3d4c-aa) Starting execution for request: 1f2e3d4c-aa\n(1f2e3d4c-aa) Execution failed due to configuration error:\n\
               There was an error evaluating the AWS WAF rules associated with this API\n(1f2e3d4c-aa) Method completed with status: 500\n";
    assert_eq!(causes(log).0["causes"], json!(["waf_error"]));
    let replayed = command(&["replay", "--csv", "-"], log.as_bytes());
    assert!(String::from_utf8_lossy(&replayed.stdout).contains(",waf_error,"), "{replayed:?}");
}

#[test]
fn what_another_program_labels_or_surrounds_names_no_cause_of_a_function() {
    for text in [
        "huey: Task timed out after 12.00 seconds",
        "FAIL Task timed out after 12.00 seconds",
        "[2026-11-20 10:00:00,123: ERROR/ForkPoolWorker-2] Task timed out after 12.00 seconds",
        "shop.errors.TaskError: Task timed out after 12.00 seconds",
        "Task timed out after 12 seconds",
        r#"{"level":"error","msg":"Task timed out after 12.00 seconds"}"#,
        "Task timed out after 12.00 seconds: build",
        "##[error]Task timed out after 12.00 seconds",
        "make: Process exited before completing request",
        "ERROR:root:Unable to import module 'orders': No module named 'stock'",
        "3 tests run\nUnable to import module 'orders': No module named 'stock'\n1 failed",
        "worker ready\nTask timed out after 12.00 seconds\nworker stopped",
        "worker ready\n{\"errorType\":\"OrderError\",\"errorMessage\":\"no name\"}\nworker stopped",
        "(main) Method completed with status: 503",
    ] {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
    }
    // An object alone may be a function's answer.
    for object in [r#"{"errorType":"OrderError","errorMessage":"no name"}"#, r#"{"errorMessage":"no name"}"#] {
        let document = causes(object).0;
        assert_eq!(document["assumed"].as_array().map(Vec::len), Some(1), "{document}");
    }
}

#[test]
fn what_deploys_or_calls_an_api_names_no_cause() {
    for text in [
        // Terraform.
        "Error: reading Lambda Alias (orders): TooManyRequestsException: Rate exceeded, status code: 429",
        "Error: putting API Gateway Integration: BadRequestException: Invalid permissions on Lambda function",
        "\u{2502} Error: waiting for API Gateway VPC Link: Endpoint request timed out",
        "Error: deleting IAM Policy (x): AccessDenied: User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:DeletePolicy",
        // Helm, kubectl, and other commands in Go.
        "Error: UPGRADE FAILED: Get \"https://192.0.2.7:6443/version\": dial tcp 192.0.2.7:6443: i/o timeout",
        "Error: Post \"https://192.0.2.7:6443/api\": dial tcp 192.0.2.7:6443: connect: connection refused",
        "Error: dial tcp 192.0.2.7:6443: connect: connection refused",
        "Unable to connect to the server: dial tcp 192.0.2.7:6443: i/o timeout",
        // A server on the same machine.
        "Error: connect ECONNREFUSED 127.0.0.1:8080",
        "ConnectionError: connect ECONNREFUSED ::1:5432",
        "dial tcp [::1]:5432: connect: connection refused",
        "Error: connect ECONNREFUSED /run/shop.sock",
        // A program in Java with a thread of its own.
        "Exception in thread \"main\" java.net.SocketTimeoutException: Read timed out",
        "java.net.ConnectException: Connection refused\n\tat shop.Main.main(Main.java:7)",
        // CloudFormation.
        "UPDATE_FAILED AWS::ApiGatewayV2::Integration Invalid permissions on Lambda function",
        "orders  CREATE_FAILED  Endpoint request timed out",
        "orders failed: Resource handler returned message: \"Invalid permissions on Lambda function\"",
    ] {
        assert_eq!(causes(text), (json!({"cause": null, "causes": []}), Some(1)), "{text}");
    }
    // Beside it, the log of the API has its own causes.
    let beside = "CREATE_FAILED AWS::ApiGateway::Method Invalid permissions on Lambda function\n\
                  (1f2e3d4c) Execution failed due to a timeout error\n";
    assert_eq!(causes(beside).0["causes"], json!(["integration_timeout"]));
}

#[test]
fn a_sentence_of_api_gateway_that_another_program_may_have_written_is_said_to_be_doubtful() {
    for (text, cause) in [
        ("Step 'test': Execution failed due to a timeout error", "integration_timeout"),
        ("(main) Execution failed due to a timeout error", "integration_timeout"),
        ("stage 1 of 3\nExecution failed due to a timeout error\nstage 2 of 3", "integration_timeout"),
        ("Execution failed due to configuration error: no pom.xml", "integration_config"),
        ("Execution failed due to a timeout error in step 3", "integration_timeout"),
        ("npm ERR! Endpoint request timed out", "integration_timeout"),
    ] {
        let document = causes(text).0;
        let is_noted = document["assumed"].as_array().map(Vec::len) == Some(1);
        assert!(document["cause"] == cause && is_noted, "{text}: {document}");
        assert!(explained(text).0.starts_with("No"), "{text}");
    }
    for text in [
        "Execution failed due to a timeout error",
        "[ERROR] Endpoint request timed out",
        "Method request path: {}\nExecution failed due to configuration error: no route\nbye",
    ] {
        let document = causes(text).0;
        assert!(document["cause"].is_string() && document.get("assumed").is_none(), "{text}: {document}");
    }
}

#[test]
fn the_configuration_of_a_gateway_response_is_no_failure() {
    for text in [
        // Terraform.
        "resource \"aws_api_gateway_gateway_response\" \"slow\" {\n  rest_api_id = aws_api_gateway_rest_api.orders.id\n  \
         response_type = \"INTEGRATION_TIMEOUT\"\n  status_code = \"504\"\n}\n",
        "response_type = \"THROTTLED\"\nstatus_code = \"503\"\n",
        "{\"address\":\"aws_api_gateway_gateway_response.slow\",\"mode\":\"managed\",\"type\":\"aws_api_gateway_gateway_response\",\
         \"name\":\"slow\",\"schema_version\":0,\"values\":{\"response_type\":\"THROTTLED\",\"status_code\":\"503\",\"rest_api_id\":\"a1b2c3d4e5\"}}",
        // The AWS CLI, and parts of its output.
        "{\"responseType\":\"AUTHORIZER_FAILURE\",\"statusCode\":\"500\",\"responseParameters\":{\"gatewayresponse.header.x\":\"'y'\"},\
         \"responseTemplates\":{\"application/json\":\"{}\"},\"defaultResponse\":true}",
        "{\"responseType\":\"QUOTA_EXCEEDED\",\"statusCode\":\"503\"}",
        // CloudFormation.
        "{\"Type\":\"AWS::ApiGateway::GatewayResponse\",\"Properties\":{\"ResponseType\":\"INTEGRATION_FAILURE\",\"StatusCode\":\"502\",\
         \"RestApiId\":{\"Ref\":\"Orders\"}}}",
        "{\"Resources\":{\"Slow\":{\"Type\":\"AWS::ApiGateway::GatewayResponse\",\"Properties\":{\"ResponseType\":\"THROTTLED\",\
         \"StatusCode\":\"503\",\"RestApiId\":\"a1b2c3d4e5\"}}}}",
    ] {
        // A whole answer of the CLI is refused by its name.
        let (document, status) = causes(text);
        assert_eq!((&document["causes"], status == Some(0)), (&json!([]), false), "{text}: {document}");
        let replayed = command(&["replay", "--json", "-"], text.as_bytes());
        let document: Value = serde_json::from_slice(&replayed.stdout).unwrap();
        assert_eq!(
            (document["errors"].as_u64().unwrap_or(0), replayed.status.code()),
            (0, Some(2)),
            "{text}: {document}"
        );
        assert!(document["counts"].as_array().is_none_or(Vec::is_empty), "{text}: {document}");
    }
    // A request has its status, or more than its type.
    for line in [
        "{\"responseType\":\"INTEGRATION_TIMEOUT\",\"status\":\"504\"}",
        "{\"requestId\":\"r-1\",\"responseType\":\"INTEGRATION_TIMEOUT\",\"statusCode\":\"504\"}",
        "responseType: INTEGRATION_TIMEOUT",
        "responseType = INTEGRATION_TIMEOUT\nstatus = 504",
    ] {
        assert_eq!(causes(line).0["cause"], "integration_timeout", "{line}");
    }
}
