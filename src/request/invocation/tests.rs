use super::*;
use crate::cause::Table;
use crate::classify::invocation::finding;
use crate::decode::{LogEvent, Message};
use crate::record::lambda;

/// Ids as Lambda makes them; `{A}` and `{B}` in the lines below.
const A: &str = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
const B: &str = "1d2e3f40-5b6c-4d7e-9f80-a1b2c3d4e5f6";

struct Run {
    failures: Vec<Failure>,
    carry: InvocationCarry,
}

impl Run {
    fn causes(&self) -> Vec<&'static str> {
        self.failures.iter().map(|failure| failure.cause.id).collect()
    }
}

fn run_from(carry: InvocationCarry, lines: &[&str]) -> Run {
    let table = Table::default();
    let mut failures = Vec::new();
    let mut failed = |failure| {
        failures.push(failure);
        None
    };
    let mut invocations = Invocations::resume(carry);
    for (at, line) in lines.iter().enumerate() {
        let text = line.replace("{A}", A).replace("{B}", B);
        let event = LogEvent { id: b"", timestamp_ms: at as i64, message: Message::plain(text.as_bytes()) };
        if let Some(line) = lambda::parse_line(&event) {
            invocations.add("orders", at as i64, &finding(&table, &line), &mut failed);
        }
    }
    let carry = invocations.finish("orders", &mut failed);
    Run { failures, carry }
}

fn causes(lines: &[&str]) -> Vec<&'static str> {
    run_from(InvocationCarry::default(), lines).causes()
}

const START: &str = "START RequestId: {A} Version: $LATEST";
const END: &str = "END RequestId: {A}";
const REPORT: &str = "REPORT RequestId: {A}\tDuration: 7.00 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB";
const FULL: &str = "REPORT RequestId: {A}\tDuration: 7.00 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB";
const TIMED_OUT: &str = "2026-01-02T03:04:05.678Z {A} Task timed out after 3.00 seconds";
const KILLED: &str = "RequestId: {A} Error: Runtime exited with error: signal: killed\nRuntime.ExitError";
const EXITED: &str = "RequestId: {A} Error: Runtime exited with error: exit status 1\nRuntime.ExitError";
const PYTHON: &str =
    "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 3";
const REFUSED: &str = "2026-01-02T03:04:05.678Z\t{A}\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"connect\",\"code\":\"ECONNREFUSED\"}";
const NOT_LOADED: &str = "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'orders'\nTraceback (most recent call last):";
const INIT_TIMED_OUT: &str = "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout";
const INIT_FAILED_AGAIN: &str =
    "INIT_REPORT Init Duration: 20.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError";

#[test]
fn a_report_that_another_invocation_prints_again_counts_nothing() {
    const REPORT: &str =
        "REPORT RequestId: {A}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tStatus: timeout";
    const DONE: &str = r#"{"time":"2026-06-09T10:13:20Z","type":"platform.runtimeDone","record":{"requestId":"{A}","status":"timeout"}}"#;
    for again in [REPORT, DONE] {
        let run = run_from(
            InvocationCarry::default(),
            &["START RequestId: {A}", REPORT, "START RequestId: {B}", again, "END RequestId: {B}"],
        );
        assert_eq!(run.causes(), ["lambda_timeout"], "{again}");
    }
    // Retries of one event, whose other lines were filtered away.
    assert_eq!(run_from(InvocationCarry::default(), &[REPORT, REPORT]).causes(), ["lambda_timeout"; 2]);
    let own_words = "REPORT RequestId: {A} customer 17, Status: error";
    assert!(
        run_from(InvocationCarry::default(), &["START RequestId: {A}", own_words, "END RequestId: {A}"])
            .causes()
            .is_empty()
    );
}

#[test]
fn one_failed_invocation_is_one_count_of_what_weighs_most() {
    let none: &[&str] = &[];
    for (lines, expected) in [
        (&[START, END, REPORT][..], none),
        (&[START, END, FULL], none),
        (&[START, TIMED_OUT, END, REPORT], &["lambda_timeout"]),
        (&[START, END, REPORT, TIMED_OUT], &["lambda_timeout"]),
        (&[START, END, "REPORT RequestId: {A}\tStatus: timeout"], &["lambda_timeout"]),
        (&[START, END, "REPORT RequestId: {A}\tStatus: error"], &["lambda_unhandled_error"]),
        (
            &[START, END, "REPORT RequestId: {A}\tStatus: error\tError Type: Runtime.ExitError"],
            &["lambda_runtime_exit"],
        ),
        (
            &[START, END, "REPORT RequestId: {A}\tStatus: error\tError Type: Runtime.OutOfMemory"],
            &["lambda_out_of_memory"],
        ),
        (&[START, PYTHON, END, REPORT], &["lambda_unhandled_error"]),
        (&[PYTHON, END, REPORT], &["lambda_unhandled_error"]),
        (&[START, REFUSED, END, REPORT], &["lambda_dependency_unreachable"]),
        (&[START, REFUSED, EXITED, END, REPORT], &["lambda_dependency_unreachable"]),
        (&[START, REFUSED, TIMED_OUT, END, REPORT], &["lambda_timeout"]),
        (&[START, REFUSED, KILLED, END, FULL], &["lambda_out_of_memory"]),
        (&[START, KILLED, END, FULL], &["lambda_out_of_memory"]),
        (&[START, END, FULL, KILLED], &["lambda_out_of_memory"]),
        (&[START, KILLED, END, REPORT], &["lambda_runtime_exit"]),
        // Without a report nothing shows that the memory was full.
        (&[KILLED], &["lambda_runtime_exit"]),
        (&[START, KILLED], &["lambda_runtime_exit"]),
        (&[START, "Error Runtime exited with error: signal: killed\nRuntime.ExitError"], &["lambda_runtime_exit"]),
        (&[START, "Error: Runtime exited with error: signal: killed"], &["lambda_runtime_exit"]),
        (&[START, EXITED, END, FULL], &["lambda_runtime_exit"]),
        (&[FULL, "RequestId: {A} Process exited before completing request"], &["lambda_out_of_memory"]),
    ] {
        assert_eq!(causes(lines), expected, "{lines:?}");
    }
}

#[test]
fn a_start_that_failed_counts_with_the_invocation_that_comes_next() {
    let none: &[&str] = &[];
    for (lines, expected) in [
        (&[INIT_TIMED_OUT][..], &["lambda_init_failure"][..]),
        (&[INIT_TIMED_OUT, START, END, REPORT], none),
        (&[INIT_TIMED_OUT, START, TIMED_OUT, END, REPORT], &["lambda_init_failure"]),
        (&[INIT_TIMED_OUT, INIT_FAILED_AGAIN, START, END, REPORT], &["lambda_init_failure"]),
        (&[NOT_LOADED, START, NOT_LOADED, END, REPORT], &["lambda_init_failure"]),
        (&[NOT_LOADED, NOT_LOADED, START, END, REPORT], &["lambda_init_failure"]),
        (&[NOT_LOADED, NOT_LOADED], &["lambda_init_failure"]),
        (&[NOT_LOADED, START, END, REPORT], none),
        // The second try went well, or the line was printed: the handler ran.
        (&[INIT_TIMED_OUT, START, PYTHON, END, REPORT], &["lambda_unhandled_error"]),
        (&[START, INIT_TIMED_OUT, PYTHON, END, REPORT], &["lambda_unhandled_error"]),
        (&[START, INIT_FAILED_AGAIN, REFUSED, END, REPORT], &["lambda_dependency_unreachable"]),
        (&[START, INIT_TIMED_OUT, TIMED_OUT, END, REPORT], &["lambda_init_failure"]),
        (&["RESTORE_REPORT Restore Duration: 9.00 ms\tStatus: timeout", START, END, REPORT], none),
    ] {
        assert_eq!(causes(lines), expected, "{lines:?}");
    }
}

#[test]
fn an_exception_before_any_handler_is_a_failure_to_load() {
    let node = "2026-01-02T03:04:05.678Z\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Error\",\"errorMessage\":\"no ORDERS_TABLE\"}";
    let python = "[ERROR] KeyError: 'ORDERS_TABLE'\nTraceback (most recent call last):\n  File \"/var/lang/lib/python3.12/importlib/__init__.py\", line 90, in import_module\n  File \"/var/task/app.py\", line 3, in <module>";
    assert_eq!(causes(&[START, node, END, REPORT]), ["lambda_init_failure"]);
    assert_eq!(causes(&[START, python, END, REPORT]), ["lambda_init_failure"]);
}

#[test]
fn the_platforms_events_in_json_count_like_its_lines() {
    let event = |kind: &str, record: &str| {
        format!("{{\"time\":\"2026-01-02T03:04:05Z\",\"type\":\"platform.{kind}\",\"record\":{record}}}")
    };
    let start = event("start", "{\"requestId\":\"{A}\",\"version\":\"$LATEST\"}");
    let node = "{\"timestamp\":\"2026-01-02T03:04:05Z\",\"level\":\"ERROR\",\"requestId\":\"{A}\",\"message\":{\"errorType\":\"TypeError\",\"errorMessage\":\"no order\"}}";
    let report = |rest: &str| {
        event(
            "report",
            &format!("{{\"requestId\":\"{{A}}\",\"metrics\":{{\"memorySizeMB\":128,\"maxMemoryUsedMB\":128}},{rest}}}"),
        )
    };
    let success = report("\"status\":\"success\"");
    let error = report("\"status\":\"error\"");
    let exit = report("\"status\":\"error\",\"errorType\":\"Runtime.ExitError\"");
    let done = event("runtimeDone", "{\"requestId\":\"{A}\",\"status\":\"timeout\"}");
    let timeout = report("\"status\":\"timeout\"");
    let init = event("initReport", "{\"phase\":\"init\",\"status\":\"timeout\"}");
    let fault = event("fault", "\"RequestId: {A} Process exited before completing request\"");
    let none: &[&str] = &[];
    for (lines, expected) in [
        (&[start.as_str(), &success][..], none),
        (&[&start, node, &success], none),
        (&[&start, node, &error], &["lambda_unhandled_error"]),
        (&[&start, node], &["lambda_unhandled_error"]),
        (&[&start, &exit], &["lambda_out_of_memory"]),
        (&[&start, &done, &timeout], &["lambda_timeout"]),
        (&[&init, &start, &success], none),
        (&[&init, &start, &timeout], &["lambda_init_failure"]),
        (&[&fault], &["lambda_runtime_exit"]),
    ] {
        assert_eq!(causes(lines), expected, "{lines:?}");
    }
}

#[test]
fn the_platforms_sentence_counts_behind_a_lost_line_end_and_not_behind_words() {
    let none: &[&str] = &[];
    let exited = "RequestId: {A} Process exited before completing request";
    for (before, expected) in [
        (
            "SyntaxError: Unexpected end of JSON input    at t.handler (/var/task/buy.js:1:15721)",
            &["lambda_runtime_exit"][..],
        ),
        ("done", &["lambda_runtime_exit"]),
        ("callee: ", none),
        ("callee said \"", none),
        ("callee said (", none),
    ] {
        assert_eq!(causes(&["buying", &format!("{before}{exited}")]), expected, "{before}");
        // Another invocation's.
        assert_eq!(causes(&["START RequestId: {B}", &format!("{before}{exited}")]), none, "{before}");
    }
    assert_eq!(causes(&[START, &format!("done{exited}"), END, REPORT]), none);
}

#[test]
fn a_stack_without_a_level_shows_only_why_a_process_ended() {
    let stack = "2018-01-02T03:04:05.678Z\t{A}\tError: connect ECONNREFUSED 10.0.0.7:5432\n    at Object._errnoException (util.js:1022:11)";
    let exited = "RequestId: {A} Process exited before completing request";
    assert_eq!(causes(&[START, stack, END, REPORT, exited]), ["lambda_dependency_unreachable"]);
    assert_eq!(causes(&[stack, EXITED]), ["lambda_dependency_unreachable"]);
    assert_eq!(causes(&[START, stack, END, REPORT]).len(), 0);
    assert_eq!(causes(&[stack]).len(), 0);
}

#[test]
fn a_retry_with_the_same_id_is_another_invocation() {
    assert_eq!(causes(&[START, PYTHON, END, REPORT, START, PYTHON, END, REPORT]).len(), 2);
    assert_eq!(causes(&[START, PYTHON, END, REPORT, START, END, REPORT]).len(), 1);
    assert_eq!(causes(&[START, END, REPORT, TIMED_OUT, START, END, REPORT, TIMED_OUT]).len(), 2);
}

#[test]
fn lines_without_an_id_belong_to_the_invocation_under_way() {
    let second = [
        "START RequestId: {B} Version: $LATEST",
        PYTHON,
        "END RequestId: {B}",
        "REPORT RequestId: {B}\tDuration: 7.00 ms",
    ];
    let run = run_from(InvocationCarry::default(), &[&[START, END, REPORT][..], &second].concat());
    assert_eq!(run.causes(), ["lambda_unhandled_error"]);
    assert_eq!(run.failures[0].request_id.as_ref().and_then(RequestId::text), Some(B));
}

#[test]
fn reports_of_errors_whose_frame_was_filtered_away_count_each() {
    assert_eq!(causes(&[PYTHON, PYTHON, PYTHON]), ["lambda_unhandled_error"; 3]);
}

#[test]
fn an_ordinary_error_of_a_go_handler_counts_whatever_the_report_says() {
    const GO: &str = r#"2026/01/02 03:04:05 {"errorMessage":"no stock","errorType":"errorString"}"#;
    const SLOG: &str = r#"{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}"}"#;
    const ZEROLOG: &str = r#"{"time":"2026-01-02T03:04:05Z","message":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}\n"}"#;
    const TEXT: &str = r#"time=2026-01-02T03:04:05.000Z level=INFO msg="{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}""#;
    const PANIC: &str = r#"2026/01/02 03:04:05 {"errorMessage":"assignment to entry in nil map","errorType":"plainError","stackTrace":[{"path":"orders/main.go","line":21,"label":"handle"}]}"#;
    const WITH_ID: &str = r#"{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}","requestId":"{A}"}"#;
    const OWN_LOGGER: &str = r#"{"timestamp":"2026-01-02T03:04:05Z","level":"INFO","message":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}"}"#;
    const ZAP: &str = r#"{"level":"info","ts":1767323045.6,"caller":"log/log.go:194","msg":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}"}"#;
    const LOGRUS: &str = r#"{"level":"info","msg":"2026/01/02 03:04:05 {\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}","time":"2026-01-02T03:04:05Z"}"#;
    const NAMED_ZAP: &str = r#"{"level":"info","ts":1767323045.6,"logger":"orders","caller":"x.go:1","msg":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}"}"#;
    const WITH_FIELDS: &str = r#"{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}","location":"eu","thread":7,"hostname":"h"}"#;
    const OWN_WITH_FIELDS: &str = r#"{"timestamp":"2026-01-02T03:04:05Z","level":"INFO","message":"{\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}","service":"orders"}"#;
    for error in [GO, SLOG, ZEROLOG, TEXT, WITH_ID, OWN_LOGGER, OWN_WITH_FIELDS, ZAP, LOGRUS, NAMED_ZAP, WITH_FIELDS] {
        assert_eq!(causes(&[START, error, END, REPORT]), ["lambda_unhandled_error"], "{error}");
        // Behind a filter pattern that keeps nothing else, each is an invocation.
        assert_eq!(causes(&[error, error]), ["lambda_unhandled_error"; 2], "{error}");
    }
    let panicked = "2026/01/02 03:04:05 calling the handler function resulted in a panic, the process should exit";
    assert_eq!(causes(&[START, PANIC, panicked, EXITED, END, REPORT]), ["lambda_unhandled_error"]);
}

#[test]
fn what_a_function_prints_of_a_go_functions_error_counts_nothing() {
    for printed in [
        r#"2026/01/02 03:04:05 callee: {"errorMessage":"no stock","errorType":"errorString"}"#,
        r#"{"errorMessage":"no stock","errorType":"errorString"}"#,
        r#"{"time":"2026-01-02T03:04:05Z","level":"ERROR","msg":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"timestamp":"2026-01-02T03:04:05Z","level":"INFO","requestId":"{A}","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"level":50,"time":1767323045678,"pid":1,"hostname":"a","msg":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"level":50,"time":1767323045678,"msg":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"level":"info","time":1767323045678,"pid":1,"hostname":"h","msg":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"asctime":"2026-01-02","levelname":"ERROR","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"level":"INFO","location":"a:1","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}","timestamp":"t","service":"s"}"#,
        r#"{"level":"info","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}","service":"s"}"#,
        r#"{"severity":"INFO","time":"t","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}","hostname":"h"}"#,
        r#"{"time":"2026-01-02 03:04:05.678","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"time":"2026-01-02T03:04:05Z","level":"INFO","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"timestamp":"2026-01-02T03:04:05Z","level":"INFO","message":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}","logger":"root","requestId":"{A}"}"#,
        r#"{"@t":"t","@m":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
        r#"{"level":"INFO","msg":"callee","answer":"{\"errorMessage\":\"x\",\"errorType\":\"y\"}"}"#,
    ] {
        assert_eq!(causes(&[START, printed, END, REPORT]), [""; 0], "{printed}");
    }
}

#[test]
fn an_error_that_ends_the_process_is_one_with_the_exit_under_another_id() {
    let rejected = "2026-01-02T03:04:05.678Z\t{A}\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: no order\"}";
    let exited = "RequestId: {B} Error: Runtime exited with error: exit status 128\nRuntime.ExitError";
    assert_eq!(causes(&[rejected, exited]), ["lambda_unhandled_error"]);
}

#[test]
fn the_report_gives_the_count_its_time_else_the_first_failure() {
    let time = |lines: &[&str]| run_from(InvocationCarry::default(), lines).failures[0].timestamp_ms;
    assert_eq!(time(&[START, PYTHON, END, REPORT]), 3);
    assert_eq!(time(&[START, PYTHON, TIMED_OUT]), 1);
}

#[test]
fn an_error_that_a_function_may_have_printed_counts_only_where_nothing_disproves_it() {
    let printed = "[ERROR] ValidationError: no order";
    assert_eq!(causes(&[printed]), ["lambda_unhandled_error"]);
    assert_eq!(causes(&[START, printed, END, REPORT]).len(), 0);
}

#[test]
fn an_invocation_split_over_two_batches_counts_once() {
    for (first, second) in [
        (&[START, REFUSED][..], &[TIMED_OUT, END, REPORT][..]),
        (&[START, PYTHON], &[END, REPORT]),
        (&[INIT_TIMED_OUT], &[INIT_FAILED_AGAIN, START, TIMED_OUT, END, REPORT]),
        (&[START, END, "REPORT RequestId: {A}\tStatus: timeout"], &[TIMED_OUT]),
    ] {
        let before = run_from(InvocationCarry::default(), first);
        assert_eq!(before.failures.len(), 1, "{first:?}");
        let after = run_from(before.carry.clone(), second);
        assert_eq!(after.failures.len(), 0, "{second:?}");
    }
    let healthy = run_from(InvocationCarry::default(), &[START]);
    assert_eq!(run_from(healthy.carry, &[PYTHON, END, REPORT]).causes(), ["lambda_unhandled_error"]);
}

#[test]
fn a_trace_id_of_the_report_is_kept_for_exemplars() {
    let run = run_from(
        InvocationCarry::default(),
        &["REPORT RequestId: {A}\tStatus: timeout\t\nXRAY TraceId: 1-5e34a614-10bd"],
    );
    assert_eq!(run.failures[0].trace_id.as_deref(), Some("1-5e34a614-10bd"));
}

#[test]
fn memory_is_bounded_and_no_count_is_lost() {
    let many = MOST_STATES * 3;
    let mut counted = 0;
    let mut failed = |_| {
        counted += 1;
        None
    };
    let mut invocations = Invocations::new();
    let table = Table::default();
    for number in 0..many {
        let text = format!("REPORT RequestId: {number:08x}-4a5b-4c6d-8e7f-90a1b2c3d4e5\tStatus: timeout");
        let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
        let Some(line) = lambda::parse_line(&event) else { panic!("no line") };
        invocations.add("orders", 0, &finding(&table, &line), &mut failed);
        assert!(invocations.states.len() <= MOST_STATES);
    }
    invocations.finish("orders", &mut failed);
    assert_eq!(counted, many);
}

const NONE: &[&str] = &[];

const ERROR_OF_B: &str = r#"{"timestamp":"2026-01-02T03:04:05Z","level":"ERROR","errorMessage":"no stock","errorType":"KeyError","requestId":"{B}","stackTrace":["  File"]}"#;

#[test]
fn a_line_of_a_foreign_invocation_counts_nothing_while_another_is_open() {
    const FOREIGN_START: &str = "START RequestId: {B} Version: $LATEST";
    const FOREIGN_REPORT: &str = "REPORT RequestId: {B}\tDuration: 3000.00 ms\tStatus: timeout";
    const FOREIGN_RECORD: &str = r#"{"time":"2026-01-02T03:04:05Z","type":"platform.report","record":{"requestId":"{B}","status":"error","errorType":"Runtime.ExitError","metrics":{"durationMs":7}}}"#;
    const FOREIGN_FAULT: &str = r#"{"time":"2026-01-02T03:04:05Z","type":"platform.fault","record":"RequestId: {B} Process exited before completing request"}"#;
    const FOREIGN_NODE: &str =
        "2026-01-02T03:04:05.678Z\t{B}\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"x\"}";
    for foreign in [
        &["2026-01-02T03:04:05.678Z {B} Task timed out after 3.00 seconds"][..],
        &["RequestId: {B} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"],
        &[FOREIGN_REPORT],
        &[FOREIGN_START, ERROR_OF_B, "END RequestId: {B}", FOREIGN_REPORT],
        &[FOREIGN_RECORD],
        &[FOREIGN_FAULT],
        &[ERROR_OF_B],
        &[FOREIGN_NODE],
    ] {
        let with = |rest: &[&'static str]| [&[START][..], foreign, rest].concat();
        assert_eq!(causes(&with(&[END, REPORT])), NONE, "{foreign:?}");
        assert_eq!(causes(&with(&[TIMED_OUT, END, REPORT])), ["lambda_timeout"], "{foreign:?}");
        // The invocation began in an earlier batch.
        let before = run_from(InvocationCarry::default(), &[START]);
        let after = run_from(before.carry.clone(), &[foreign, &[END, REPORT]].concat());
        assert_eq!(after.causes(), NONE, "{foreign:?}");
    }
}

#[test]
fn an_invocation_whose_end_another_environment_received_hides_no_other() {
    let report = "REPORT RequestId: {B}\tDuration: 7.00 ms\tStatus: error";
    let lines = &["START RequestId: {B} Version: $LATEST", PYTHON, "END RequestId: {B}", report];
    let before = run_from(InvocationCarry::default(), &[START]);
    assert_eq!(run_from(before.carry.clone(), lines).causes(), ["lambda_unhandled_error"]);
    assert_eq!(run_from(before.carry, &lines[3..]).causes(), ["lambda_unhandled_error"]);
}

#[test]
fn a_sentence_that_a_function_printed_needs_an_invocation_that_ended_badly() {
    let bad = "REPORT RequestId: {A}\tDuration: 7.00 ms\tStatus: error\tError Type: Runtime.ExitError";
    for (sentence, cause) in [
        ("panic: assignment to entry in nil map", "lambda_unhandled_error"),
        ("java.lang.OutOfMemoryError: Java heap space", "lambda_out_of_memory"),
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "lambda_out_of_memory"),
        ("Unable to import module 'plugin': No module named 'stock'", "lambda_init_failure"),
        ("Process exited before completing request", "lambda_runtime_exit"),
        ("Task timed out after 3.00 seconds", "lambda_timeout"),
    ] {
        assert_eq!(causes(&[START, sentence, END, REPORT]), NONE, "{sentence}");
        assert_eq!(causes(&[START, sentence, END, bad]), [cause], "{sentence}");
        assert_eq!(causes(&[START, sentence, PYTHON, END, REPORT]), ["lambda_unhandled_error"], "{sentence}");
        assert_eq!(causes(&[START, sentence]), [cause], "{sentence}");
    }
    let printed = "INIT_REPORT Init Duration: 9.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError";
    assert_eq!(causes(&[START, printed, END, REPORT]), NONE);
    assert_eq!(causes(&[START, printed, END, REPORT, "START RequestId: {B} Version: 1"]), NONE);
}

#[test]
fn a_late_line_belongs_to_the_invocation_that_ended() {
    const UNKNOWN: &str = "Unknown application error occurred\nKeyError\n";
    const HINT: &str = "module initialization error: no ORDERS_TABLE";
    let next =
        ["START RequestId: {B} Version: $LATEST", "END RequestId: {B}", "REPORT RequestId: {B}\tDuration: 7.00 ms"];
    for (lines, expected) in [
        (&[START, PYTHON, END, REPORT, UNKNOWN][..], "lambda_unhandled_error"),
        (&[START, NOT_LOADED, END, REPORT, UNKNOWN], "lambda_init_failure"),
        (&[START, END, REPORT, UNKNOWN], "lambda_unhandled_error"),
        (&[START, HINT, END, REPORT, "Unknown application error occurred\n"], "lambda_init_failure"),
        (&[START, END, REPORT, PYTHON], "lambda_unhandled_error"),
        (&[START, END, REPORT, EXITED], "lambda_runtime_exit"),
    ] {
        assert_eq!(causes(lines), [expected], "{lines:?}");
        let run = run_from(InvocationCarry::default(), &[lines, &next].concat());
        assert_eq!(run.causes(), [expected], "{lines:?}");
        assert_eq!(run.failures[0].request_id.as_ref().and_then(RequestId::text), Some(A), "{lines:?}");
    }
    assert_eq!(causes(&[START, "Unknown application error occurred", END, REPORT]), NONE);
}

#[test]
fn a_shutdown_takes_back_the_init_that_the_line_before_reported() {
    let signal =
        "{\n  \"errorMessage\": \"SIGTERM\",\n  \"errorType\": \"Init<SignalException>\",\n  \"stackTrace\": []\n}";
    let load = "{\n  \"errorMessage\": \"cannot load such file -- stock\",\n  \"errorType\": \"Init<LoadError>\"\n}";
    const INIT: &str = "Init error when loading handler \n";
    assert_eq!(causes(&[START, END, REPORT, INIT, signal]), NONE);
    assert_eq!(causes(&[INIT, signal]), NONE);
    assert_eq!(causes(&[INIT, load]), ["lambda_init_failure"]);
    assert_eq!(causes(&[START, INIT, load, END, REPORT]), ["lambda_init_failure"]);
}

#[test]
fn a_report_that_a_function_wrote_by_hand_counts_only_without_the_platforms_own() {
    const JSON: &str = r#"{"type":"platform.report","record":{"requestId":"{A}","status":"error"}}"#;
    const OWN: &str = r#"{"time":"2026-06-09T10:13:20Z","type":"platform.report","record":{"requestId":"{A}","status":"success","metrics":{"durationMs":7.0,"billedDurationMs":8,"memorySizeMB":128,"maxMemoryUsedMB":60}}}"#;
    const BEGIN: &str = r#"{"time":"2026-06-09T10:13:20Z","type":"platform.start","record":{"requestId":"{A}"}}"#;
    const FULL_JSON: &str = r#"{"time":"2026-06-09T10:13:20Z","type":"platform.report","record":{"requestId":"{A}","status":"timeout","metrics":{"durationMs":7.0,"billedDurationMs":8,"memorySizeMB":128,"maxMemoryUsedMB":60}}}"#;
    for printed in [
        "REPORT RequestId: {A} Status: error",
        "REPORT RequestId: {A}\tStatus: timeout",
        "REPORT RequestId: {A}\tInit Duration: 7.00 ms\tStatus: timeout",
        "REPORT RequestId: {A}\tDuration: 7.00 ms\tStatus: timeout",
    ] {
        assert_eq!(causes(&[START, printed, END, REPORT]), NONE, "{printed}");
        assert_eq!(causes(&[START, END, REPORT, printed]), NONE, "{printed}");
        assert_eq!(
            causes(&[START, END, REPORT, "START RequestId: {B}", printed, "END RequestId: {B}"]),
            NONE,
            "{printed}"
        );
        assert_eq!(causes(&[START, printed]).len(), 1, "{printed}");
        // The other format is not the platform's in this stream.
        assert_eq!(causes(&[BEGIN, printed, OWN]), NONE, "{printed}");
    }
    assert_eq!(causes(&[BEGIN, JSON, OWN]), NONE);
    assert_eq!(causes(&[BEGIN, JSON]).len(), 1);
    for printed in [JSON, FULL_JSON] {
        assert_eq!(causes(&[START, printed, END, REPORT]), NONE, "{printed}");
    }
    // What the platform reports wins over another end that the function printed.
    let exited = format!("{REPORT}\tStatus: error\tError Type: Runtime.ExitError");
    for printed in ["REPORT RequestId: {A}\tStatus: timeout", "Task timed out after 3.00 seconds"] {
        assert_eq!(causes(&[START, printed, END, &exited]), ["lambda_runtime_exit"], "{printed}");
    }
}

#[test]
fn a_sentence_of_rubys_runtime_counts_with_the_error_behind_it() {
    let error = |form: &str, name: &str| {
        format!(
            "{{{form}\"errorMessage\": \"no order\",{form}\"errorType\": \"{name}<RuntimeError>\",{form}\"stackTrace\": []\n}}"
        )
    };
    for (sentence, name, cause) in [
        ("Error raised from handler method", "Function", "lambda_unhandled_error"),
        ("Critical exception from handler", "Function", "lambda_unhandled_error"),
        ("Init error when loading handler", "Init", "lambda_init_failure"),
    ] {
        assert_eq!(causes(&[START, sentence, END, REPORT]), NONE, "{sentence}");
        let error = error("\n  ", name);
        assert_eq!(causes(&[START, sentence, &error, END, REPORT]), [cause], "{sentence}");
        // Each line is a log event of its own.
        let mut lines = vec![START, sentence];
        lines.extend(error.lines());
        lines.extend([END, REPORT]);
        assert_eq!(causes(&lines), [cause], "{sentence}");
    }
    // The answer of another function, on one line or several.
    for form in ["", "\n  "] {
        let answer = error(form, "Function");
        assert_eq!(causes(&[START, &answer, END, REPORT]), NONE, "{answer}");
    }
    // A shutdown, of which each line is an event, and one that is split over two batches.
    const SIGTERM: [&str; 4] =
        ["{", "  \"errorMessage\": \"SIGTERM\",", "  \"errorType\": \"Init<SignalException>\",", "}"];
    const INIT: &str = "Init error when loading handler";
    assert_eq!(causes(&[&[INIT][..], &SIGTERM, &[START, END, REPORT]].concat()), NONE);
    let first = run_from(InvocationCarry::default(), &[INIT]);
    assert_eq!(first.causes(), NONE);
    assert_eq!(run_from(first.carry, &SIGTERM).causes(), NONE);
}

#[test]
fn an_init_that_failed_twice_before_a_start_is_one_failure() {
    const JAVA: &str = "no table: java.lang.IllegalStateException\njava.lang.IllegalStateException: no table\n\tat com.acme.App.<init>(App.java:7)";
    const FIRST: &str =
        "INIT_REPORT Init Duration: 9.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.BadFunctionCode";
    const SECOND: &str =
        "INIT_REPORT Init Duration: 9.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.BadFunctionCode";
    let invocation = [START, END, REPORT];
    for init in [&[JAVA, FIRST, JAVA, SECOND][..], &[JAVA, JAVA], &[FIRST, SECOND]] {
        assert_eq!(causes(&[init, &invocation].concat()), ["lambda_init_failure"], "{init:?}");
    }
    // Without a START each is a failure of its own.
    assert_eq!(causes(&[JAVA, JAVA]), ["lambda_unhandled_error"; 2]);
}

#[test]
fn a_managed_instance_serves_several_invocations_at_a_time() {
    let start = |id: &str| {
        format!(r#"{{"time":"2026-01-02T03:04:05Z","type":"platform.start","record":{{"requestId":"{id}"}}}}"#)
    };
    let report = |id: &str, rest: &str| {
        format!(
            r#"{{"time":"2026-01-02T03:04:05Z","type":"platform.report","record":{{"requestId":"{id}","metrics":{{"durationMs":7}}{rest}}}}}"#
        )
    };
    let (start_a, start_b) = (start("{A}"), start("{B}"));
    let mark = r#"{"time":"2026-01-02T03:04:05Z","type":"platform.initStart","record":{"initializationType":"lambda-managed-instances"}}"#;
    let timeout = report("{B}", r#","status":"timeout","errorType":"Sandbox.Timedout""#);
    let success = report("{A}", r#","status":"success""#);
    let lines = [mark, &start_a, &start_b, &timeout, &success];
    assert_eq!(causes(&lines), ["lambda_timeout"]);
    // In any other stream the second invocation was printed.
    assert_eq!(causes(&lines[1..]), NONE);
    // Its reports show a Managed Instance too.
    assert_eq!(causes(&[&start_a, &success, &start_a, &start_b, &timeout]), ["lambda_timeout"]);
}

#[test]
fn an_invocation_whose_end_is_missing_hides_no_other() {
    const START_B: &str = "START RequestId: {B} Version: $LATEST";
    const TIMED_OUT_B: &str = "2026-01-02T03:04:05.678Z {B} Task timed out after 3.00 seconds";
    const END_B: &str = "END RequestId: {B}";
    const REPORT_B: &str = "REPORT RequestId: {B}\tDuration: 3000.00 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB";
    const START_C: &str = "START RequestId: 2e3f4051-6c7d-4e8f-a091-b2c3d4e5f607 Version: $LATEST";
    const END_C: &str = "END RequestId: 2e3f4051-6c7d-4e8f-a091-b2c3d4e5f607";
    const REPORT_C: &str =
        "REPORT RequestId: 2e3f4051-6c7d-4e8f-a091-b2c3d4e5f607\tDuration: 7.00 ms\tMemory Size: 128 MB";
    assert_eq!(causes(&[START, START_B, TIMED_OUT_B, END_B, REPORT_B]), ["lambda_timeout"]);
    // An error without an id is of the invocation in which it stands, and counts once.
    assert_eq!(causes(&[START, "hi", START_B, PYTHON, END_B, REPORT_B]), ["lambda_unhandled_error"]);
    // The others succeeded, or the last of them is open.
    let others = [START, START_B, END_B, REPORT_B, START_C, PYTHON];
    assert_eq!(causes(&[&others[..], &[END_C, REPORT_C]].concat()), ["lambda_unhandled_error"]);
    let run = run_from(InvocationCarry::default(), &others);
    assert_eq!(run.causes(), ["lambda_unhandled_error"]);
    assert_eq!(run_from(run.carry, &[END_C, REPORT_C, START, TIMED_OUT]).causes(), ["lambda_timeout"]);
    // What failed before the START inside is of the outer one.
    assert_eq!(causes(&[START, TIMED_OUT, START_B, END_B, REPORT_B]), ["lambda_timeout"]);
    // A retry of the inner one is an invocation of its own.
    let twice = [START_B, TIMED_OUT_B, END_B, REPORT_B];
    assert_eq!(causes(&[&[START][..], &twice, &twice].concat()), ["lambda_timeout"; 2]);
    // The end of the outer one, or no whole one inside, shows that all of it may be printed.
    assert_eq!(causes(&[&[START][..], &twice, &twice, &[END, REPORT]].concat()), NONE);
    assert_eq!(causes(&[START, START_B, END_B, REPORT_B, END, REPORT, "START RequestId: {B}"]), NONE);
    assert_eq!(causes(&[START, START_B, TIMED_OUT_B]), NONE);
    assert_eq!(causes(&[START, START_B, PYTHON, REPORT_B, END, REPORT]), ["lambda_unhandled_error"]);
    // What ended the process of a printed one takes nothing from the outer one.
    const EXITED_B: &str = "RequestId: {B} Process exited before completing request";
    assert_eq!(causes(&[START, "panic: x", START_B, EXITED_B, TIMED_OUT, END, REPORT]), ["lambda_timeout"]);
    let json = |kind: &str, rest: &str| {
        format!(r#"{{"time":"2026-01-02T03:04:05Z","type":"platform.{kind}","record":{{"requestId":"{{B}}"{rest}}}}}"#)
    };
    let (start, end) = (json("start", ""), json("report", r#","status":"timeout","metrics":{"durationMs":7.0}"#));
    let open = start.replace("{B}", "{A}");
    assert_eq!(causes(&[&open, &start, &end]), ["lambda_timeout"]);
}
