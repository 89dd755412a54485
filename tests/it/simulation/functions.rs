//! The logs of functions in each language, with all that functions print, and their counts.
//!
//! The truth is what each invocation is written as: one failure or none, whatever it prints. Frames follow the sources of
//! the runtimes (docs/function-logs.md).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use why5xx::decode::BatchHeader;
use why5xx::metric::Subject;

use super::random::Random;
use super::run::{count, environment};
use super::world::{Batch, Event};

/// Counts by function and cause.
type Counts = BTreeMap<(String, &'static str), u64>;

const OWN: &str = "lambda_unhandled_error";
const UNREACHABLE: &str = "lambda_dependency_unreachable";
const DENIED: &str = "lambda_dependency_denied";
const THROTTLED: &str = "lambda_dependency_throttled";

/// A type, a message and the cause of an error.
type Thrown = (&'static str, &'static str, &'static str);

/// A language: what its functions throw, and its runtime's frame around an error.
struct Runtime {
    name: &'static str,
    thrown: &'static [Thrown],
    frame: fn(&Invocation, &str, &str) -> String,
}

const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "python",
        thrown: &[
            ("KeyError", "'access denied'", OWN),
            ("ConnectTimeoutError", "Connect timeout on endpoint URL: \"https://stock.example.com\"", UNREACHABLE),
            ("ClientError", "An error occurred (AccessDeniedException) when calling the GetItem operation: no", DENIED),
            (
                "ClientError",
                "An error occurred (ThrottlingException) when calling the Query operation: slow",
                THROTTLED,
            ),
        ],
        frame: |_, name, message| {
            format!(
                "[ERROR] {name}: {message}\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    load()"
            )
        },
    },
    Runtime {
        name: "python-json",
        thrown: &[
            ("ValueError", "connection refused", OWN),
            (
                "EndpointConnectionError",
                "Could not connect to the endpoint URL: \"https://x.example.com\"",
                UNREACHABLE,
            ),
        ],
        frame: |one, name, message| {
            json!({"timestamp": one.time, "log_level": "ERROR", "errorMessage": message, "errorType": name, "requestId": one.id, "stackTrace": ["  File \"/var/task/app.py\", line 7, in handler\n"]}).to_string()
        },
    },
    Runtime {
        name: "nodejs",
        thrown: &[
            ("TypeError", "Cannot read properties of undefined (reading 'id')", OWN),
            ("Error", "connect ECONNREFUSED 10.0.0.7:5432", UNREACHABLE),
            ("AccessDeniedException", "not for you", DENIED),
            ("ThrottlingException", "Rate exceeded", THROTTLED),
        ],
        frame: |one, name, message| {
            let error = json!({"errorType": name, "errorMessage": message, "stack": [format!("{name}: {message}"), "    at handler (/var/task/index.js:7:9)"]});
            format!("{}\t{}\tERROR\tInvoke Error \t{error}", one.time, one.id)
        },
    },
    Runtime {
        name: "java",
        thrown: &[
            ("java.lang.IllegalStateException", "no order", OWN),
            ("shop.Gone", "no order\nof this customer", OWN),
            ("java.net.ConnectException", "Connection refused", UNREACHABLE),
            ("com.amazonaws.services.s3.model.AccessDeniedException", "no", DENIED),
            (
                "software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException",
                "slow",
                THROTTLED,
            ),
        ],
        frame: |_, name, message| {
            format!("{message}: {name}\n{name}: {message}\n\tat shop.Orders.handle(Orders.java:21)\n")
        },
    },
    Runtime {
        name: "ruby",
        thrown: &[
            ("Function<KeyError>", "key not found: access denied", OWN),
            ("Function<Errno::ECONNREFUSED>", "Connection refused", UNREACHABLE),
            ("Function<Aws::S3::Errors::AccessDenied>", "Access Denied", DENIED),
        ],
        frame: |_, name, message| {
            format!(
                "Error raised from handler method\n{}",
                json!({"errorMessage": message, "errorType": name, "stackTrace": ["/var/task/app.rb:7:in 'handler'"]})
            )
        },
    },
    Runtime {
        name: "dotnet",
        thrown: &[
            ("System.InvalidOperationException", "no order", OWN),
            ("System.Net.Sockets.SocketException", "Connection refused", UNREACHABLE),
            ("Amazon.DynamoDBv2.Model.ProvisionedThroughputExceededException", "slow", THROTTLED),
        ],
        frame: |one, name, message| {
            format!(
                "{}\t{}\tfail\t{name}: {message}\n   at Shop.Orders.Load()\n   at Amazon.Lambda.RuntimeSupport.Bootstrap.UserCodeLoader.Invoke(Stream stream)",
                one.time, one.id
            )
        },
    },
    Runtime {
        name: "go",
        thrown: &[
            ("errorString", "no order", OWN),
            ("wrapError", "load: dial tcp 10.0.0.7:5432: connect: connection refused", UNREACHABLE),
            ("OperationError", "operation error S3: GetObject, api error AccessDenied: Access Denied", DENIED),
        ],
        frame: |_, name, message| {
            format!("2026/01/02 03:04:05 {{\"errorMessage\":{},\"errorType\":{}}}", json!(message), json!(name))
        },
    },
    Runtime {
        name: "rust",
        thrown: &[("", "no order", OWN)],
        frame: |one, _, message| {
            format!(
                "ERROR Lambda runtime invoke{{requestId=\"{}\" xrayTraceId=\"Root=1-5e34\"}}: lambda_runtime::layers::api_response: {message}",
                one.id
            )
        },
    },
];

/// One invocation while it is written.
struct Invocation {
    id: String,
    time: String,
    /// An id that never starts in the stream.
    foreign: String,
}

/// Lines of one invocation, and the cause that it counts for.
struct Written {
    /// Before START: the init.
    init: Vec<String>,
    /// Between START and END.
    inside: Vec<String>,
    report: String,
    /// Behind the report.
    late: Vec<String>,
    cause: Option<&'static str>,
    /// It may print sentences of the platform: its own cause does not depend on what is printed.
    may_quote: bool,
}

impl Invocation {
    fn new(random: &mut Random) -> Self {
        Self {
            id: random.uuid(),
            foreign: random.uuid(),
            time: format!("2026-01-02T03:04:05.{:03}Z", random.below(1000)),
        }
    }

    fn report(&self, used: usize, status: &str) -> String {
        format!(
            "REPORT RequestId: {}\tDuration: 31.20 ms\tBilled Duration: 32 ms\tMemory Size: 256 MB\tMax Memory Used: {used} MB\t{status}",
            self.id
        )
    }

    fn exited(&self, how: &str) -> String {
        format!("RequestId: {} Error: Runtime exited with error: {how}\nRuntime.ExitError", self.id)
    }

    /// The invocation as the log shows it.
    fn written(&self, runtime: &Runtime, random: &mut Random) -> Written {
        // Memory at its limit proves nothing alone.
        let used = *random.pick(&[70, 90, 256]);
        let healthy = Written {
            init: Vec::new(),
            inside: Vec::new(),
            report: self.report(used, ""),
            late: Vec::new(),
            cause: None,
            may_quote: true,
        };
        let left = self.report(90, "");
        let exit = "Status: error\tError Type: Runtime.ExitError";
        let mut inside = Vec::new();
        let written = match random.below(16) {
            0..6 => healthy,
            6..10 => {
                let (name, message, cause) = *random.pick(runtime.thrown);
                inside.push((runtime.frame)(self, name, message));
                Written { cause: Some(cause), ..healthy }
            }
            10 => {
                inside.push(format!("{} {} Task timed out after 3.00 seconds\n\n", self.time, self.id));
                let report = if random.percent(50) { left } else { self.report(90, "Status: timeout") };
                Written { report, cause: Some("lambda_timeout"), ..healthy }
            }
            11 => {
                inside.push(self.exited("exit status 1"));
                Written {
                    report: self.report(90, exit),
                    cause: Some("lambda_runtime_exit"),
                    may_quote: false,
                    ..healthy
                }
            }
            12 => {
                inside.push(self.exited("signal: killed"));
                let (used, cause) = *random.pick(&[(256, "lambda_out_of_memory"), (90, "lambda_runtime_exit")]);
                Written { report: self.report(used, exit), cause: Some(cause), may_quote: false, ..healthy }
            }
            13 => Written {
                report: self.report(256, "Status: error\tError Type: Runtime.OutOfMemory"),
                cause: Some("lambda_out_of_memory"),
                ..healthy
            },
            14 => {
                inside.push("[ERROR] [1767323045678] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.".into());
                Written { cause: Some("payload_too_large"), ..healthy }
            }
            _ => {
                let init = |phase: &str| {
                    format!(
                        "INIT_REPORT Init Duration: 20.00 ms\tPhase: {phase}\tStatus: error\tError Type: Runtime.ExitError"
                    )
                };
                let again = random.percent(50);
                if again {
                    inside.push(init("invoke"));
                }
                Written {
                    init: vec![init("init")],
                    report: if again { self.report(90, exit) } else { left },
                    cause: again.then_some("lambda_init_failure"),
                    may_quote: !again,
                    ..healthy
                }
            }
        };
        // The platform's lines may come behind the report.
        let is_late = random.percent(20);
        let (inside, late) = if is_late && written.cause != Some("lambda_init_failure") {
            (Vec::new(), inside)
        } else {
            (inside, Vec::new())
        };
        Written { inside, late, ..written }
    }

    /// Returns a line that a function prints of its work or of an error that it handled; it does not count.
    fn logged(&self, random: &mut Random) -> String {
        let Self { id, time, foreign } = self;
        let json = |line: Value| line.to_string();
        match random.below(14) {
            0 => "order 7 stored".into(),
            1 => format!("[ERROR]\t{time}\t{id}\tstock: connection refused, trying again"),
            2 => format!(
                "{time}\t{id}\tERROR\tError: connect ECONNREFUSED 10.0.0.7:5432\n    at handler (/var/task/index.js:7:9)"
            ),
            3 => json(
                json!({"level": "ERROR", "location": "handler:7", "message": "no stock", "timestamp": time, "service": "orders", "exception": "Traceback (most recent call last):\n", "exception_name": "KeyError"}),
            ),
            4 => format!(
                "{time} {id} ERROR Orders:21 - java.net.ConnectException: Connection refused\n\tat shop.Orders.load(Orders.java:21)"
            ),
            5 => "2026/01/02 03:04:05 orders: connection refused".into(),
            // Another invocation's lines: a callee's log, a shipper's.
            6 => format!("RequestId: {foreign} Error: Runtime exited with error: exit status 1\nRuntime.ExitError"),
            7 => format!("{time} {foreign} Task timed out after 3.00 seconds"),
            8 => format!("START RequestId: {foreign} Version: $LATEST"),
            9 => format!("END RequestId: {foreign}"),
            10 => format!(
                "REPORT RequestId: {foreign}\tDuration: 3.00 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: timeout"
            ),
            11 => json(
                json!({"time": time, "type": "platform.report", "record": {"requestId": foreign, "status": "error", "errorType": "Runtime.ExitError"}}),
            ),
            12 => json(
                json!({"time": time, "type": "platform.fault", "record": format!("RequestId: {foreign} Process exited before completing request")}),
            ),
            _ => format!(
                "{time}\t{foreign}\tERROR\tInvoke Error \t{{\"errorType\":\"Error\",\"errorMessage\":\"callee\"}}"
            ),
        }
    }

    /// Sentences and objects of the platform and of runtimes that a function quotes without an id.
    fn quoted(&self, cause: Option<&str>, random: &mut Random) -> String {
        const QUOTED: &[&str] = &[
            "Task timed out after 3.00 seconds",
            "callee: Task timed out after 3.00 seconds",
            "panic: runtime error: index out of range [3] with length 3",
            "java.lang.OutOfMemoryError: Java heap space",
            "Unable to import module 'app': No module named 'orders'",
            "Process exited before completing request",
            "Runtime exited with error: signal: killed",
            "Response payload size (6711256 bytes) exceeded maximum allowed payload size (6291556 bytes).",
            "{\"errorMessage\":\"no stock\",\"errorType\":\"StockError\"}",
            "{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"no module\",\"stackTrace\":[]}",
            "callee answered {\"errorMessage\":\"2026-01-02T03:04:05.678Z 0c1d2e3f Task timed out after 3.00 seconds\"}",
            "INIT_REPORT Init Duration: 20.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError",
            "{\"time\":\"2026-01-02T03:04:05.678Z\",\"type\":\"platform.initReport\",\"record\":{\"phase\":\"init\",\"status\":\"error\"}}",
            "EXTENSION\tName: telemetry\tState: Started\tEvents: []\tError Type: Extension.Crash",
        ];
        // The init of an invocation that ran out of time or memory may have failed: nobody could tell.
        let is_doubtful = matches!(cause, Some("lambda_timeout" | "lambda_out_of_memory"));
        let most = if is_doubtful { QUOTED.len() - 3 } else { QUOTED.len() };
        (*random.pick(&QUOTED[..most])).into()
    }
}

/// The messages of an invocation: what it prints stands anywhere inside it.
fn messages(one: &Invocation, written: &Written, random: &mut Random) -> Vec<String> {
    let mut inside = written.inside.clone();
    for _ in 0..random.below(5) {
        let quotes = written.may_quote && random.percent(40);
        let print = if quotes { one.quoted(written.cause, random) } else { one.logged(random) };
        // A function that failed prints no more.
        let before =
            if written.cause.is_some() { inside.len().saturating_sub(written.inside.len()) } else { inside.len() };
        inside.insert(random.below(before + 1), print);
    }
    let mut end = vec![format!("END RequestId: {}", one.id), written.report.clone()];
    if random.percent(10) {
        end.reverse();
    }
    let start = format!("START RequestId: {} Version: $LATEST", one.id);
    [written.init.clone(), vec![start], inside, end, written.late.clone()].concat()
}

/// Batches of the logs of one function in each language, and what they must count as.
fn world(seed: u64, invocations: usize) -> (Vec<Batch>, Counts) {
    let mut random = Random::new(seed);
    let random = &mut random;
    let (mut batches, mut truth) = (Vec::new(), Counts::new());
    let mut number = 0;
    for runtime in RUNTIMES {
        let function = format!("orders-{}", runtime.name);
        for stream in 0..invocations / 20 {
            let mut events: Vec<Event> = Vec::new();
            for _ in 0..20 {
                let one = Invocation::new(random);
                let written = one.written(runtime, random);
                if let Some(cause) = written.cause {
                    *truth.entry((function.clone(), cause)).or_default() += 1;
                }
                for message in messages(&one, &written, random) {
                    number += 1;
                    events.push(Event {
                        id: format!("{number:056}"),
                        timestamp_ms: 1_781_000_000_000 + number,
                        message,
                    });
                    // CloudWatch Logs delivers an event again.
                    if random.percent(3) {
                        let again = events[events.len() - 1].clone();
                        events.push(again);
                    }
                }
            }
            let header = BatchHeader {
                message_type: "DATA_MESSAGE".to_owned(),
                owner: "111122223333".to_owned(),
                log_group: format!("/aws/lambda/{function}"),
                log_stream: format!("2026/01/02/[$LATEST]{stream:032x}"),
                ..BatchHeader::default()
            };
            let batch = Batch { header, events };
            if random.percent(10) {
                batches.push(batch.clone());
            }
            batches.push(batch);
        }
    }
    (batches, truth)
}

fn counts(batches: &[Batch]) -> Counts {
    let mut pipeline = environment();
    let mut counts = Counts::new();
    for batch in batches {
        for (key, count) in count(&mut pipeline, batch).tally.counts() {
            let Subject::Invocation { function_name } = &*key.subject else {
                panic!("{:?} is no invocation", key.subject)
            };
            *counts.entry((function_name.clone(), key.cause)).or_default() += count;
        }
    }
    counts
}

/// The first invocation that counts wrongly in a log of its own, to find out why.
fn culprit(seed: u64) -> Option<String> {
    (0..4_000).find_map(|nth| {
        let random = &mut Random::new(seed * 10_000 + nth);
        let runtime = random.pick(RUNTIMES);
        let one = Invocation::new(random);
        let written = one.written(runtime, random);
        let messages = messages(&one, &written, random);
        let events = (1..).zip(&messages).map(|(number, message)| Event {
            id: format!("{number:056}"),
            timestamp_ms: 1_781_000_000_000 + number,
            message: message.clone(),
        });
        let header = BatchHeader { log_group: "/aws/lambda/orders".to_owned(), ..BatchHeader::default() };
        let got: Vec<_> = counts(&[Batch { header, events: events.collect() }]).into_iter().collect();
        let expected: Vec<_> = written.cause.iter().map(|cause| (("orders".to_owned(), *cause), 1)).collect();
        (got != expected)
            .then(|| format!("{}: expected {expected:?}, got {got:?}:\n{}", runtime.name, messages.join("\n")))
    })
}

#[test]
fn counts_of_functions_are_exact_in_every_language_whatever_they_print() {
    for seed in 1..5 {
        assert_eq!(culprit(seed), None, "seed {seed}");
        let (batches, truth) = world(seed, 400);
        assert_eq!(counts(&batches), truth, "seed {seed}");
        assert!(truth.len() > 60, "hardly anything fails: {truth:?}");
    }
}

#[test]
fn counts_of_a_managed_instance_are_exact_though_its_invocations_overlap() {
    let random = &mut Random::new(91);
    let mut truth = Counts::new();
    let mut queues: Vec<Vec<String>> = Vec::new();
    for _ in 0..400 {
        let one = Invocation::new(random);
        let (id, time) = (&one.id, &one.time);
        let record = |kind: &str, record: Value| {
            json!({"time": time, "type": format!("platform.{kind}"), "record": record}).to_string()
        };
        let mut lines = vec![record("start", json!({"requestId": id, "version": "$LATEST"}))];
        let (status, cause) = match random.below(4) {
            0 => {
                let error = json!({"errorType": "TypeError", "errorMessage": "no order", "stackTrace": []});
                lines.push(json!({"timestamp": time, "level": "ERROR", "requestId": id, "message": error}).to_string());
                ("error", Some(OWN))
            }
            1 => ("timeout", Some("lambda_timeout")),
            _ => ("success", None),
        };
        // Lines of the program's logger name its own invocation.
        lines.insert(
            1,
            json!({"timestamp": time, "level": "ERROR", "requestId": id, "message": "connection refused"}).to_string(),
        );
        lines.push(record("report", json!({"requestId": id, "status": status, "metrics": {"durationMs": 31.2}})));
        lines.reverse();
        queues.push(lines);
        if let Some(cause) = cause {
            *truth.entry(("orders".to_owned(), cause)).or_default() += 1;
        }
    }
    let init = json!({"time": "2026-01-02T03:04:05Z", "type": "platform.initStart", "record": {"initializationType": "lambda-managed-instances"}});
    let mut messages = vec![init.to_string()];
    while !queues.is_empty() {
        let at = random.below(queues.len().min(16));
        match queues[at].pop() {
            Some(line) => messages.push(line),
            None => drop(queues.remove(at)),
        }
    }
    let event = |(number, message): (i64, String)| Event {
        id: format!("{number:056}"),
        timestamp_ms: 1_781_000_000_000 + number,
        message,
    };
    let events = (1..).zip(messages).map(event).collect();
    let header = BatchHeader {
        log_group: "/aws/lambda/orders".to_owned(),
        log_stream: "2026/01/02/orders[7]0123456789abcdef".to_owned(),
        ..BatchHeader::default()
    };
    assert_eq!(counts(&[Batch { header, events }]), truth);
}
