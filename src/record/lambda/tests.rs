use proptest::prelude::Strategy as _;

use super::*;
use crate::decode::Message;

const ID: &str = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";

fn event(text: &str) -> LogEvent<'_> {
    LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) }
}

fn line(text: &str) -> Option<FunctionLine<'_>> {
    parse_line(&event(text))
}

fn error(text: &str) -> Option<(String, String, Certainty)> {
    match line(text)? {
        FunctionLine::Error(error) => {
            Some((error.error_type.unwrap_or_default().into_owned(), error.message.into_owned(), error.certainty))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_report_shows_status_memory_and_trace() {
    let text = format!(
        "REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 127 MB\tStatus: error\tError Type: Runtime.ExitError\t\nXRAY TraceId: 1-5e34a614-10bd0000f1fb44f07bc535a1\tSegmentId: 07f5"
    );
    let Some(FunctionLine::Report(report)) = line(&text) else { panic!("no report") };
    assert_eq!(report.request_id, InvocationId::new(ID));
    assert_eq!(report.status, Status::Error);
    assert_eq!(report.error_type.as_deref(), Some("Runtime.ExitError"));
    assert_eq!(report.memory_full, Some(true));
    assert_eq!(report.trace_id.as_deref(), Some("1-5e34a614-10bd0000f1fb44f07bc535a1"));
}

#[test]
fn the_platforms_lines_read_the_same_with_escapes() {
    let escaped = format!(r"REPORT RequestId: {ID}\tMemory Size: 128 MB\tMax Memory Used: 12 MB\tStatus: timeout\n");
    let message = Message::json_escaped(escaped.as_bytes());
    let Some(FunctionLine::Report(report)) = parse_line(&LogEvent { message, ..event("") }) else {
        panic!("no report")
    };
    assert_eq!(
        (report.request_id, report.status, report.memory_full),
        (InvocationId::new(ID), Status::Timeout, Some(false))
    );
}

#[test]
fn a_line_behind_the_prefix_of_a_log_tail_is_read() {
    for prefix in [
        "2026-01-02T03:04:05.678Z ",
        "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef 2026-01-02T03:04:05.678000 ",
        "1767323045678\t",
        "| ",
    ] {
        let text = format!("{prefix}START RequestId: {ID} Version: $LATEST");
        assert_eq!(
            line(&text),
            Some(FunctionLine::Start(Start { request_id: InvocationId::new(ID), format: PlatformFormat::Text })),
            "{prefix}"
        );
    }
}

#[test]
fn a_time_out_is_certain_only_with_the_id_of_its_invocation() {
    let certainty = |text: &str| match line(text) {
        Some(FunctionLine::TimedOut(timed_out)) => Some(timed_out.certainty),
        _ => None,
    };
    assert_eq!(
        certainty(&format!("2026-01-02T03:04:05.678Z {ID} Task timed out after 3.00 seconds")),
        Some(Certainty::Certain)
    );
    assert_eq!(certainty("Task timed out after 3.00 seconds"), Some(Certainty::UnlessItSucceeded));
    assert_eq!(certainty("Task timed out after 3 seconds"), Some(Certainty::UnlessItSucceeded));
    assert_eq!(certainty("Task timed out after 3.00 seconds, trying again"), None);
    assert_eq!(certainty("Task timed out after three tries"), None);
}

#[test]
fn every_runtimes_own_report_of_an_error_is_read() {
    let node = format!("2026-01-02T03:04:05.678Z\t{ID}\tERROR\tInvoke Error \t");
    for (text, error_type, message) in [
        (
            format!("{node}{{\"errorType\":\"TypeError\",\"errorMessage\":\"x is no function\",\"stack\":[]}}"),
            "TypeError",
            "x is no function",
        ),
        (format!("{node}{{\"errorType\":\"TypeError\",\"errorMessage\":\"cut off he"), "TypeError", "cut off he"),
        (
            format!("2026-01-02T03:04:05.678Z\t{ID}\t{{\"errorMessage\":\"old\",\"errorType\":\"Error\",\"stackTrace\":[]}}"),
            "Error",
            "old",
        ),
        (
            "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 3, in handler".to_owned(),
            "KeyError",
            "'order'",
        ),
        (
            "[ERROR] KeyError: 'order'\rTraceback (most recent call last):\r  File \"/var/task/app.py\", line 3".to_owned(),
            "KeyError",
            "'order'",
        ),
        // A message that quotes a traceback, above the runtime's own.
        (
            "[ERROR] RuntimeError: Traceback (most recent call last):\n  File \"/var/task/a.py\", line 3\nKeyError: 'o'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 3, in handler\n\u{a0}\u{a0}\u{a0}\u{a0}raise RuntimeError(traceback.format_exc())".to_owned(),
            "RuntimeError",
            "",
        ),
        (
            "'order': KeyError\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nKeyError: 'order'".to_owned(),
            "KeyError",
            "'order'",
        ),
        (
            "no order: com.example.OrderException\ncom.example.OrderException: no order\n\tat com.example.App.handle(App.java:7)".to_owned(),
            "com.example.OrderException",
            "no order",
        ),
        (
            "no order: OrderException\n   at Shop.Function.Handle(Order order)\n   at lambda_method(Closure )".to_owned(),
            "OrderException",
            "no order",
        ),
        (
            "null: java.lang.NullPointerException\njava.lang.NullPointerException\n\tat com.example.App.handle(App.java:7)".to_owned(),
            "java.lang.NullPointerException",
            "null",
        ),
        ("no order: errorString\nnull".to_owned(), "errorString", "no order"),
        (
            "Error raised from handler method\n{\n  \"errorMessage\": \"no order\",\n  \"errorType\": \"Function<RuntimeError>\",\n  \"stackTrace\": [\"/var/task/app.rb:3\"]\n}".to_owned(),
            "Function<RuntimeError>",
            "no order",
        ),
        (
            "OrderPool-1 - no order: com.example.Gone\ncom.example.Gone: OrderPool-1 - no order\n\tat com.example.App.handle(App.kt:7)".to_owned(),
            "com.example.Gone",
            "OrderPool-1 - no order",
        ),
        (
            "null (Service: S3): com.example.Gone\ncom.example.Gone: null (Service: S3)\n\tat com.example.App.handle(App.kt:7)".to_owned(),
            "com.example.Gone",
            "null (Service: S3)",
        ),
        ("no order: com.example.Gone\ncom.example.Gone: no order\n\tat com.example.App.handle(App.kt:7)".to_owned(), "com.example.Gone", "no order"),
        (
            format!("2026-01-02T03:04:05.678Z\t{ID}\tfail\tShop.Gone: no order\n   at Shop.Function.Handle()\n   at Amazon.Lambda.RuntimeSupport.HandlerWrapper.Invoke()"),
            "Shop.Gone",
            "no order",
        ),
        (
            "LAMBDA_WARNING: Unhandled exception. See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r[ERROR] Gone: no order\rTraceback (most recent call last):\r  File \"/var/task/app.py\", line 3".to_owned(),
            "Gone",
            "no order",
        ),
        (
            format!("{{\"timestamp\":\"2026-01-02T03:04:05Z\",\"level\":\"ERROR\",\"errorMessage\":\"no order\",\"errorType\":\"KeyError\",\"requestId\":\"{ID}\",\"stackTrace\":[]}}"),
            "KeyError",
            "no order",
        ),
    ] {
        assert_eq!(error(&text), Some((error_type.to_owned(), message.to_owned(), Certainty::Certain)), "{text}");
    }
}

#[test]
fn an_exception_that_left_a_dotnet_handler_has_frames_of_the_runtime() {
    let left = format!(
        "2026-01-02T03:04:05.678Z\t{ID}\tfail\tSystem.ArgumentException: no order\n   at Shop.Function.Handle()\n   at Amazon.Lambda.RuntimeSupport.HandlerWrapper.Invoke()"
    );
    assert_eq!(error(&left).map(|found| found.0).as_deref(), Some("System.ArgumentException"));
    let caught = format!(
        "2026-01-02T03:04:05.678Z\t{ID}\tfail\tSystem.ArgumentException: no order\n   at Shop.Function.Handle()"
    );
    assert_eq!(line(&caught), None);
}

#[test]
fn an_error_in_json_is_certain_where_only_the_runtime_writes_it_so() {
    let of_node = format!(
        "{{\"timestamp\":\"2026-01-02T03:04:05Z\",\"level\":\"ERROR\",\"requestId\":\"{ID}\",\"message\":{{\"errorType\":\"TypeError\",\"errorMessage\":\"no order\",\"stackTrace\":[]}}}}"
    );
    assert_eq!(error(&of_node).map(|found| found.2), Some(Certainty::UnlessItSucceeded));
    let of_java = format!(
        "{{\"timestamp\":\"2026-01-02T03:04:05Z\",\"message\":\"no order: com.example.OrderException\\ncom.example.OrderException: no order\\n\\tat com.example.App\",\"level\":\"ERROR\",\"AWSRequestId\":\"{ID}\"}}"
    );
    assert_eq!(error(&of_java).map(|found| found.2), Some(Certainty::Certain));
    let of_rust = format!(
        "{{\"timestamp\":\"2026-01-02T03:04:05Z\",\"level\":\"ERROR\",\"fields\":{{\"message\":\"no order\"}},\"target\":\"lambda_runtime::layers::panic\",\"span\":{{\"requestId\":\"{ID}\"}}}}"
    );
    assert_eq!(error(&of_rust).map(|found| found.2), Some(Certainty::Certain));
}

#[test]
fn a_java_exception_is_read_with_and_without_a_message_and_around_another_of_its_class() {
    const FRAME: &str = "\n\tat com.acme.Orders.handleRequest(Orders.java:21)\n";
    let read = |text: &str| error(text).map(|(class, message, _)| (class, message));
    for (message, class) in [
        ("no stock", "java.lang.IllegalStateException"),
        ("", "java.lang.IllegalStateException"),
        ("java.lang.RuntimeException: no stock", "java.lang.RuntimeException"),
        ("java.lang.RuntimeException", "java.lang.RuntimeException"),
        ("a: b\n\nand: java.lang.OutOfMemoryError\njava.lang.OutOfMemoryError: heap", "com.acme.Orders$Refused"),
        ("no stock", "RefusedException"),
    ] {
        let text = format!("{message}: {class}\n{class}: {message}{FRAME}");
        assert_eq!(read(&text), Some((class.to_owned(), message.to_owned())), "{text}");
        let in_json = format!(
            r#"{{"timestamp":"2026-01-02T03:04:05.000Z","level":"ERROR","message":{},"AWSRequestId":"{ID}"}}"#,
            serde_json::to_string(&text).unwrap()
        );
        assert_eq!(read(&in_json), Some((class.to_owned(), message.to_owned())), "{in_json}");
    }
    for class in ["java.lang.NullPointerException", "java.lang.StackOverflowError", "RefusedException"] {
        let text = format!("{class}: {class}\n{class}{FRAME}");
        assert_eq!(read(&text), Some((class.to_owned(), class.to_owned())), "{text}");
    }
    // Exceptions that print more of themselves than their message.
    for (text, class, message) in [
        (
            "javax.naming.NamingException: javax.naming.NamingException\njavax.naming.NamingException; name 'x'",
            "javax.naming.NamingException",
            "javax.naming.NamingException",
        ),
        ("com.acme.AnError: com.acme.AnError\ncom.acme.AnError [code=5]", "com.acme.AnError", "com.acme.AnError"),
        ("com.acme.AnError: com.acme.AnError\ncom.acme.AnError: null", "com.acme.AnError", "com.acme.AnError"),
        (
            "com.acme.AnError: a {:b 1}: com.acme.AnError\ncom.acme.AnError: com.acme.AnError: a {:b 1} {:c 2}",
            "com.acme.AnError",
            "com.acme.AnError: a {:b 1}",
        ),
    ] {
        assert_eq!(read(&format!("{text}{FRAME}")), Some((class.to_owned(), message.to_owned())), "{text}");
    }
    // An exception that prints itself in words of its own, and one whose message the line ends of a tail have changed.
    let own_words = format!("no stock: com.acme.RefusedException\ncom.acme.RefusedException: 404{FRAME}");
    assert_eq!(read(&own_words), Some(("com.acme.RefusedException".into(), "no stock".into())));
    let returns = "no stock: com.acme.RefusedException\rcom.acme.RefusedException: no stock\r\tat com.acme.Orders.handle(Orders.java:1)";
    assert_eq!(read(returns), Some(("com.acme.RefusedException".into(), "no stock".into())));
}

#[test]
fn a_trace_that_a_java_function_prints_is_no_report() {
    const FRAME: &str = "\n\tat com.acme.Orders.handleRequest(Orders.java:21)\n";
    for text in [
        "no stock: StockError\nStockError: no stock\n    at Object.handler (/var/task/index.js:3:9)",
        "warning: Error\nError: warning\nat line 5 of input",
        "Error: Error\nError\nat line 5 of the file",
    ] {
        assert_eq!(line(text), None, "{text}");
    }
    for level in ["INFO", "WARN"] {
        let text = format!("java.lang.Error: java.lang.Error\njava.lang.Error{FRAME}");
        let text = serde_json::to_string(&text).unwrap();
        let text = format!(
            r#"{{"timestamp":"2026-01-02T03:04:05.000Z","level":"{level}","message":{text},"AWSRequestId":"{ID}"}}"#
        );
        assert_eq!(line(&text), None, "{text}");
    }
    for head in [
        "java.lang.RuntimeException: no stock",
        "java.lang.RuntimeException",
        "java.lang.RuntimeException: java.lang.RuntimeException: no stock",
        "java.lang.RuntimeException: first\njava.lang.IllegalStateException: second",
        "retried: RefusedException\nRefusedException: gone",
        "RefusedException: RefusedException\nRefusedExceptions and more",
        "retried: java.lang.RuntimeException and more\njava.lang.RuntimeException",
    ] {
        let text = format!("{head}{FRAME}Caused by: java.lang.RuntimeException: no stock\n\t... 1 more");
        assert_eq!(line(&text), None, "{text}");
    }
}

#[test]
fn a_report_that_a_function_may_have_printed_is_no_proof() {
    let certainty = |text: &str| error(text).map(|found| found.2);
    for text in [
        // The answer of another function.
        r#"{"errorMessage":"no order","errorType":"Function<RuntimeError>","stackTrace":["/var/task/app.rb:3"]}"#,
        r#"{"errorType":"Runtime.ImportModuleError","errorMessage":"no module","trace":[]}"#,
        // A line of a logger whose trace has another message.
        "order 7: com.acme.Gone\ncom.acme.Gone: no stock\n\tat com.acme.App.handle(App.java:7)",
        "panic: no stock",
        "java.lang.OutOfMemoryError: Java heap space",
        "Unable to import module 'plugin': No module named 'stock'",
    ] {
        assert_eq!(certainty(text), Some(Certainty::UnlessItSucceeded), "{text}");
    }
}

#[test]
fn lines_of_loggers_that_resemble_a_report_are_not_reports() {
    let node = |text: &str| format!("2026-01-02T03:04:05.678Z\t{ID}\tERROR\t{text}");
    for text in [
        node("Invoke Error { errorType: 'TypeError', errorMessage: 'x' }"),
        node("no stock: com.acme.Gone\ncom.acme.Gone: no stock\n\tat com.acme.App.handle(App.java:7)"),
        node("no stock: StockError\n    at Object.handler (/var/task/index.js:3:9)"),
        "no stock: StockError\n    at Object.handler (/var/task/index.js:3:9)".to_owned(),
        "no stock: com.acme.Gone\ncom.acme.Gone: no stock\n\tat com.acme.App.call(App.java:7)\n\tat com.amazonaws.services.lambda.runtime.api.client.AWSLambda.main(AWSLambda.java:99)".to_owned(),
        r#"2026/01/02 03:04:05 {"errorType":"Error","errorMessage":"no stock","trace":[]}"#.to_owned(),
        r#"{"timestamp":"2026-01-02T03:04:05Z","level":"ERROR","logger":"shop","message":"no stock: com.acme.Gone\ncom.acme.Gone: no stock\n\tat com.acme.App.call(App.java:7)"}"#.to_owned(),
    ] {
        assert_eq!(line(&text), None, "{text}");
    }
}

#[test]
fn a_shutdown_that_ruby_reports_as_a_failed_init_is_no_failure() {
    let object = |error_type: &str, message: &str| {
        format!(
            "{{\n  \"errorMessage\": \"{message}\",\n  \"errorType\": \"{error_type}\",\n  \"stackTrace\": []\n}}\n"
        )
    };
    let interrupted = "Next invocation was interrupted with a SIGTERM SIGNAL, gracefully shutting down.";
    for (error_type, message) in
        [("Init<SignalException>", "SIGTERM"), ("Init<LambdaErrors::InvocationError>", interrupted)]
    {
        let object = object(error_type, message);
        assert_eq!(line(&object), Some(FunctionLine::Shutdown), "{object}");
        assert_eq!(line(&format!("Init error when loading handler \n{object}")), None, "{object}");
    }
    let failed = object("Init<LoadError>", "cannot load such file -- stock");
    assert!(matches!(line(&failed), Some(FunctionLine::Error(_))));
}

#[test]
fn what_a_function_logs_of_an_error_that_it_caught_is_no_line_of_the_runtime() {
    for text in [
        "",
        "Error: connect ECONNREFUSED 10.0.0.7:5432, trying again",
        "START of the import failed",
        "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nKeyError: 'order'",
        "[ERROR]\t2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tKeyError: 'order'\nTraceback (most recent call last):\n  File",
        "[ERROR] 2026-01-02T03:04:05.678Z 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 out of memory",
        "[ERROR] Failed: Traceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nKeyError: 'order'",
        "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nKeyError: 'order'",
        "[ERROR] shop.stock: no stock\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3, in f\n    g()\nKeyError: 'order'\n",
        "2026-01-02 03:04:05,678 [ERROR] shop: late\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3, in f\nhttpx.ConnectTimeout: slow",
        "[ERROR] Refused: x\nTraceback (most recent call last):\n  File \"a.py\", line 3\nKeyError: 'o'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 5\nshop.Refused: x",
        "[ERROR] shop: odd\nTraceback (most recent call last):\n  File \"a.py\", line 3\nKeyError: 'o'\nStack (most recent call last):\n  File \"a.py\", line 9",
        "2026-01-02 03:04:05.6789|ERROR|Shop.Stock|no stock|System.TimeoutException: Timeout\n   at Shop.Stock.Get() in /src/Stock.cs:line 12",
        "Error: System.InvalidOperationException: Closed\n   at Shop.Stock.Get() in /src/Stock.cs:line 12",
        "retry 1: System.Net.Sockets.SocketException\n   at Shop.Stock.Get() in /src/Stock.cs:line 12",
        "{\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"level\":\"WARN\",\"requestId\":\"0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\",\"errorType\":\"KeyError\",\"errorMessage\":\"x\"}",
        "2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tERROR\tTypeError: x is no function\n    at handler (/var/task/index.js:1:1)",
        "2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tERROR\t{\"errorType\":\"Error\",\"errorMessage\":\"handled\"}",
        "2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tINFO\terror budget: 0 errors",
        "2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tINFO\tError: handled\n    at handler",
        "2026-01-02T03:04:05.678Z\\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\\tWARN\\tTypeError: handled\\n    at handler",
        "[WARNING]\t2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tTask timed out after 3.00 seconds",
        "java.lang.IllegalStateException: handled\n\tat com.example.App.handle(App.java:7)",
        "2026-01-02 03:04:05 ERROR App:7 - handled\njava.lang.IllegalStateException: handled\n\tat com.example.App.handle(App.java:7)",
        "order 7 failed: no stock\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3\nKeyError: 'order'",
        "order 7 failed: no stock\n   at Shop.Function.Handle(Order order)",
        "E, [2026-01-02T03:04:05.678 #8] ERROR -- : handled (RuntimeError)",
        "{\"level\":\"ERROR\",\"message\":\"handled\",\"errorType\":\"KeyError\",\"errorMessage\":\"x\",\"stackTrace\":[]}",
        "{\"level\":\"ERROR\",\"errorType\":\"Retry\",\"errorMessage\":\"x\",\"order\":7}",
        "{\"type\":\"platform.design\",\"record\":{\"status\":\"error\"}}",
        "{\"type\":\"platform.report",
        "ERROR Lambda runtime invoke{requestId=\"x\"}: orders: handled",
    ] {
        assert_eq!(line(text), None, "{text}");
    }
}

#[test]
fn what_a_function_may_have_printed_is_a_hint() {
    let certainty = |text: &str| error(text).map(|(_, _, certainty)| certainty);
    let object = r#"{"timestamp":"2026-01-02T03:04:05.678Z","requestId":"0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5","errorType":"KeyError","errorMessage":"x"}"#;
    let asked_for = format!(
        "2026-01-02T03:04:05.678Z\t{ID}\tfail\tPayment: slow\n   at System.Environment.get_StackTrace()\n   at Amazon.Lambda.RuntimeSupport.HandlerWrapper.Invoke()"
    );
    for text in [object, &asked_for, "Error, no stock: Closed\n   at Shop.Stock.Get() in /src/Stock.cs:line 12"] {
        assert_eq!(certainty(text), Some(Certainty::UnlessItSucceeded), "{text}");
    }
    assert_eq!(certainty(&object.replace("\"requestId", "\"level\":\"ERROR\",\"requestId")), Some(Certainty::Certain));
}

#[test]
fn a_process_that_cannot_get_memory_says_so_in_the_words_of_its_runtime() {
    for text in [
        "memory allocation of 1073741824 bytes failed",
        "runtime: out of memory: cannot allocate 4194304-byte block (138412032 in use)",
        "#\n# There is insufficient memory for the Java Runtime Environment to continue.\n",
        "# Native memory allocation (mmap) failed to map 131072 bytes",
        "#\n# Fatal process out of memory: Zone\n#\n",
        "FATAL ERROR: Zone Allocation failed - process out of memory",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "Out of memory.",
    ] {
        let Some(FunctionLine::Error(error)) = line(text) else { panic!("{text}") };
        assert_eq!((error.phase, error.certainty), (Phase::Process, Certainty::UnlessItSucceeded), "{text}");
    }
}

#[test]
fn in_a_group_of_unknown_kind_only_the_platform_and_reports_of_a_functions_code_are_heard() {
    let heard = |text: &str| parse_line_of_unknown_log(&event(text)).is_some();
    assert!(heard(&format!("REPORT RequestId: {ID}\tStatus: timeout")));
    assert!(heard(&format!("2026-01-02T03:04:05.678Z {ID} Task timed out after 3.00 seconds")));
    assert!(heard(&format!("RequestId: {ID} Error: Runtime exited with error: exit status 1\nRuntime.ExitError")));
    assert!(heard(&format!(
        "{{\"type\":\"platform.report\",\"record\":{{\"requestId\":\"{ID}\",\"status\":\"error\"}}}}"
    )));
    assert!(!heard("REPORT RequestId: 7 is late"));
    assert!(!heard("Task timed out after 3.00 seconds"));
    assert!(heard(
        "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3"
    ));
    assert!(!heard("panic: runtime error"));
    assert!(!heard("[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/srv/app.py\", line 3"));
    assert!(heard(&format!(
        "2026-01-02T03:04:05.678Z\t{ID}\tERROR\tInvoke Error \t{{\"errorType\":\"Error\",\"errorMessage\":\"x\"}}"
    )));
}

#[test]
fn the_errors_behind_an_error_are_read_with_it() {
    let java = "no order: com.example.OrderException\ncom.example.OrderException: no order\n\tat com.example.App\nCaused by: java.net.ConnectException: Connection refused\n\t... 3 more";
    let Some(FunctionLine::Error(error)) = line(java) else { panic!("no error") };
    assert_eq!(error.message, "no order");
    assert_eq!(error.details, ["java.net.ConnectException: Connection refused"]);
    for (members, details) in [
        (r#""code":"ENOTFOUND""#, ["ENOTFOUND"]),
        (r#""$metadata":{"httpStatusCode":403}"#, ["status code: 403"]),
        (r#""cause":{"errorType":"TimeoutError","errorMessage":"no answer"}"#, ["TimeoutError: no answer"]),
    ] {
        let node = format!(
            "2026-01-02T03:04:05.678Z\t{ID}\tERROR\tInvoke Error \t{{\"errorType\":\"Error\",\"errorMessage\":\"x\",{members}}}"
        );
        let Some(FunctionLine::Error(error)) = line(&node) else { panic!("{node}") };
        assert_eq!(error.details, details, "{node}");
    }
}

#[test]
fn an_exception_of_dotnet_may_be_nested_or_generic_with_a_code_or_without_a_message() {
    const FRAMES: &str = "   at Shop.Function.Handle(Order order) in /src/Function.cs:line 9\n   at Amazon.Lambda.RuntimeSupport.LambdaBootstrap.InvokeOnceAsync()";
    for (head, error_type, message) in [
        ("Npgsql.NpgsqlException (0x80004005): no answer", "Npgsql.NpgsqlException", "no answer"),
        (
            "System.ComponentModel.Win32Exception (2): no such file",
            "System.ComponentModel.Win32Exception",
            "no such file",
        ),
        (
            "System.Net.Sockets.SocketException (00000001, 11): try again",
            "System.Net.Sockets.SocketException",
            "try again",
        ),
        ("Shop.Function+Rejected: no stock: 3 left", "Shop.Function+Rejected", "no stock: 3 left"),
        ("Shop.Fault`1[Shop.Order]: no stock", "Shop.Fault`1", "no stock"),
        ("Shop.Rejected", "Shop.Rejected", ""),
        ("Shop.Rejected: ", "Shop.Rejected", ""),
    ] {
        let text = format!("2026-06-09T10:13:20.123Z\t{ID}\tfail\t{head}\n{FRAMES}");
        let Some(FunctionLine::Error(error)) = line(&text) else { panic!("{text}") };
        assert_eq!((error.error_type.as_deref(), &*error.message), (Some(error_type), message), "{text}");
    }
    for head in ["could not handle the order", "order 17 failed: no stock", "no stock (see below)", "Shop.Function[0]"]
    {
        assert!(line(&format!("2026-06-09T10:13:20.123Z\t{ID}\tfail\t{head}\n{FRAMES}")).is_none(), "{head}");
    }
}

#[test]
fn an_exception_of_dotnet_above_the_frames_that_load_the_function_is_of_the_init() {
    let phase = |text: &str| match line(text) {
        Some(FunctionLine::Error(error)) => Some(error.phase),
        _ => None,
    };
    for frame in ["Bootstrap.UserCodeLoader.Init(Action`1 logger)", "LambdaBootstrap.InitializeAsync()"] {
        let text =
            format!("Shop.Gone: no table\n   at Shop.Function..ctor()\n   at Amazon.Lambda.RuntimeSupport.{frame}");
        assert_eq!(phase(&text), Some(Phase::Init), "{text}");
        let of_invocation = format!("2026-01-02T03:04:05.678Z\t{ID}\tfail\t{text}");
        assert_eq!(phase(&of_invocation), Some(Phase::Handler), "{of_invocation}");
    }
}

#[test]
fn the_sentences_of_rusts_runtime_are_its_own_with_or_without_its_module() {
    let span = format!("ERROR Lambda runtime invoke{{requestId=\"{ID}\" xrayTraceId=\"Root=1-5\"}}: ");
    for sentence in [
        "lambda_runtime::layers::panic: user handler panicked error=Any { .. }",
        "user handler panicked error=Any { .. }",
        "Request payload deserialization into LambdaEvent<T> failed. The handler will not be called.",
    ] {
        assert!(matches!(line(&format!("{span}{sentence}")), Some(FunctionLine::Error(_))), "{sentence}");
    }
    let coloured = format!(
        "\x1b[31mERROR\x1b[0m \x1b[1mLambda runtime invoke\x1b[0m{{\x1b[3mrequestId\x1b[0m=\"{ID}\"}}: user handler panicked error=Any"
    );
    assert!(matches!(line(&coloured), Some(FunctionLine::Error(_))));
    assert!(line(&format!("{span}orders: no stock")).is_none());
    assert!(line(&format!("INFO{}user handler panicked error=Any", &span["ERROR".len()..])).is_none());
}

#[test]
fn an_error_of_dotnet_is_read_without_the_blanks_before_its_frames() {
    let text = "One or more errors occurred. (Unauthorized): AggregateException\nat Shop.Orders.Load(String id)\nat lambda_method(Closure , Stream )";
    let Some(FunctionLine::Error(error)) = line(text) else { panic!("no error") };
    assert_eq!(error.error_type.as_deref(), Some("AggregateException"));
    assert!(line("upload failed: AggregateException\nat noon it is tried again").is_none());
}

#[test]
fn an_exception_of_dotnet_in_json_without_a_message_of_its_own_is_the_runtimes() {
    let object = |message: &str| {
        format!(
            "{{\n  \"timestamp\": \"2026-01-02T03:04:05.678Z\",\n  \"level\": \"Error\",\n  \"requestId\": \"{ID}\",\n  \"message\": {message},\n  \
             \"errorType\": \"Shop.Gone\",\n  \"errorMessage\": \"order 7\",\n  \"stackTrace\": [\n    \"Shop.Gone: order 7\",\n    \"at Shop.Orders.Load()\""
        )
    };
    let certainty = |text: &str| match line(text) {
        Some(FunctionLine::Error(error)) if error.error_type.as_deref() == Some("Shop.Gone") => Some(error.certainty),
        _ => None,
    };
    assert_eq!(certainty(&format!("{}]}}", object("null"))), Some(Certainty::Certain));
    assert_eq!(certainty(&format!("{}]}}", object("\"not stored\""))), None);
    // Cut off, wherever it is.
    for end in ["", ",", ",\n    \"at Sh", ",\n    \"at \\"] {
        assert_eq!(certainty(&format!("{}{end}", object("null"))), Some(Certainty::UnlessItSucceeded), "{end}");
        assert_eq!(certainty(&format!("{}{end}", object("\"not stored\""))), None, "{end}");
    }
}

#[test]
fn an_object_that_is_cut_off_loses_what_is_not_whole() {
    for (cut, whole) in [
        (r#"{"a":1,"b":["c","d"#, r#"{"a":1,"b":["c","d"]}"#),
        (r#"{"a":1,"b":["c","d""#, r#"{"a":1,"b":["c","d"]}"#),
        (r#"{"a":1,"b":["c","#, r#"{"a":1,"b":["c"]}"#),
        (r#"{"a":1,"b"#, r#"{"a":1}"#),
        (r#"{"a":1,"b":"#, r#"{"a":1}"#),
        (r#"{"a":1,"b":"x\"#, r#"{"a":1}"#),
        (r#"{"a":1,"b":{"c":[1,{"d":2,"e"#, r#"{"a":1,"b":{"c":[1,{"d":2}]}}"#),
        (r#"{"a":1,"b":[{"c":2}"#, r#"{"a":1,"b":[{"c":2}]}"#),
    ] {
        assert_eq!(json::closed(cut), whole, "{cut}");
    }
    for odd in ["", "{", "}", "]]", "{\"", "{\"a\":", "[,", "{,}"] {
        let _ = json::closed(odd);
    }
}

#[test]
fn the_platforms_type_below_a_crash_is_its_type() {
    for (text, expected) in [
        ("panic: abort handler\nExtension.Crash", Some("Extension.Crash")),
        ("panic: abort handler\n\ngoroutine 1 [running]:\nRuntime.ExitError\n", Some("Runtime.ExitError")),
        ("panic: abort handler\nExtension. of the lease", None),
        ("panic: abort handler", None),
    ] {
        let Some(FunctionLine::Error(error)) = line(text) else { panic!("no error: {text}") };
        assert_eq!(error.error_type.as_deref(), expected, "{text}");
    }
}

#[test]
fn what_lambda_answers_the_caller_is_read_like_its_line() {
    let text = format!("{{\"errorMessage\":\"2026-01-02T03:04:05.678Z {ID} Task timed out after 3.00 seconds\"}}");
    assert!(matches!(line(&text), Some(FunctionLine::TimedOut(_))));
    let text = format!(
        "{{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"RequestId: {ID} Error: Runtime exited with error: signal: killed\"}}"
    );
    assert!(matches!(line(&text), Some(FunctionLine::Exit(_))));
}

#[test]
fn a_response_that_is_too_large_is_the_runtimes_own_word() {
    let text = "Response payload size (6711256 bytes) exceeded maximum allowed payload size (6291556 bytes).";
    assert!(matches!(parse_line(&event(text)), Some(FunctionLine::Error(_))));
    assert!(parse_line(&event("Response payload size 512 bytes")).is_none());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_panic(
        pieces in proptest::collection::vec(
            proptest::prelude::prop_oneof![
                proptest::prelude::any::<String>(),
                proptest::sample::select(vec![
                    "START RequestId: ", "REPORT RequestId: ", "INIT_REPORT ", "Status: error", "[ERROR] ", "KeyError: ",
                    "\nTraceback (most recent call last):\n", ": java.lang.Error\n", "java.lang.Error", "\n\tat ",
                    "Task timed out after ", "3.00 seconds", "RequestId: ", " Error: ", "{", "\"errorType\":", "\"platform.",
                    "ERROR", "Invoke Error ", "Amazon.Lambda.RuntimeSupport.", "\\t", "\\", "é", "\u{a0}",
                    "2026-01-02T03:04:05.678Z\t", ID,
                ]).prop_map(String::from),
            ],
            0..12,
        ),
    ) {
        let text = pieces.concat();
        for message in [Message::plain(text.as_bytes()), Message::json_escaped(text.as_bytes())] {
            let event = LogEvent { message, ..event("") };
            let _ = (parse_line(&event), parse_line_of_unknown_log(&event));
        }
    }
}

#[test]
fn a_message_of_any_form_hides_no_error_of_java() {
    let trace = "\tat shop.Orders.handle(Orders.java:7)";
    let long = format!("IOException {}", "x".repeat(40_000));
    let lines = "line\n".repeat(100);
    for message in [
        "{\"errorType\":\"BadRequest\",\"httpStatus\":400}",
        "{not an object}",
        "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 has no order",
        "2026-02-30 is no date",
        "panic: none of the drivers answers",
        "Runtime exited with error: exit status 1",
        "java.lang.OutOfMemoryError: Java heap space",
        "first\nat the second",
        &long,
        &lines,
    ] {
        let text = format!("{message}: shop.Gone\nshop.Gone: {message}\n{trace}\n{trace}");
        let Some(FunctionLine::Error(error)) = line(&text) else { panic!("{message:.80}") };
        assert_eq!(
            (error.error_type.as_deref(), error.certainty),
            (Some("shop.Gone"), Certainty::Certain),
            "{message:.80}"
        );
    }
    // Older runtimes, without a second message.
    for text in [
        "{\"id\":7}: KeyError\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3, in handler",
        "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 has no order: KeyError\nTraceback (most recent call last):\n  File \"x\"",
        "{\"id\":7}: errorString\nnull",
    ] {
        assert!(matches!(line(text), Some(FunctionLine::Error(_))), "{text}");
    }
}

#[test]
fn words_that_a_function_prints_behind_its_id_are_not_certain() {
    let certainty = |text: &str| match line(text) {
        Some(FunctionLine::Exit(exit)) => Some(exit.certainty),
        Some(FunctionLine::Error(error)) => Some(error.certainty),
        _ => None,
    };
    for words in ["payment declined, answering 402", "None", "signal: killed by the operator"] {
        let text = format!("RequestId: {ID} Error: {words}");
        assert_eq!(certainty(&text), Some(Certainty::UnlessItSucceeded), "{words}");
    }
    for words in ["Runtime exited with error: exit status 1", "chdir /app: no such file\nRuntime.InvalidWorkingDir"] {
        let text = format!("RequestId: {ID} Error: {words}");
        assert_eq!(certainty(&text), Some(Certainty::Certain), "{words}");
    }
    for text in [
        "Unknown application error occurred while saving order 7",
        "Unknown application error occurred, using the default",
        "Error raised from handler method {order: 7} was retried",
        "Error raised from handler method {\"errorMessage\":\"x\",\"errorType\":\"Function<KeyError>\"}",
        "Init error when loading handler plugin {\"name\":\"x\"}; using default",
    ] {
        assert_eq!(certainty(text), None, "{text}");
    }
    let answer = format!(
        r#"{{"timestamp":"2026-01-02T03:04:05.678Z","level":"ERROR","requestId":"{ID}","message":{{"errorType":"Runtime.OutOfMemory","errorMessage":"x"}}}}"#
    );
    assert_eq!(certainty(&answer), Some(Certainty::UnlessItSucceeded));
    assert_eq!(certainty(&answer.replace(ID, "")), Some(Certainty::Certain));
}
