//! Runs the real program between the stand-ins, and keeps what it writes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cloudwatch::CloudWatch;
use super::runtime_api::{Outcome, RuntimeApi};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_why5xx-lambda");

/// The function's own log group.
pub const OWN_LOG_GROUP: &str = "/aws/lambda/why5xx";

/// One execution environment: a process with its Runtime API.
pub struct Function {
    api: RuntimeApi,
    process: Child,
    written: Arc<Mutex<String>>,
}

impl Function {
    /// Starts the program with this CloudWatch.
    pub fn start(cloudwatch: &CloudWatch) -> Self {
        Self::start_with(&[("AWS_ENDPOINT_URL_CLOUDWATCH", &cloudwatch.url())])
    }

    /// Starts the program with more variables than Lambda sets.
    pub fn start_with(variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start();
        let mut process = command(&api.address.to_string(), variables).spawn().unwrap();
        let written = Arc::new(Mutex::new(String::new()));
        keep(process.stdout.take().unwrap(), &written);
        keep(process.stderr.take().unwrap(), &written);
        Self { api, process, written }
    }

    /// Invokes it with half a minute's time.
    pub fn invoke(&mut self, payload: &[u8]) -> Outcome {
        self.invoke_within(payload, Duration::from_secs(30))
    }

    /// Invokes it with so much time until the deadline.
    pub fn invoke_within(&mut self, payload: &[u8], time: Duration) -> Outcome {
        self.api.invoke(payload, time)
    }

    /// Whether the environment lives.
    pub fn is_alive(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Whether the environment ends within this time, without being stopped.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.is_alive() {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// The most memory that was resident at any time, in bytes.
    pub fn peak_bytes(&self) -> usize {
        self.status_bytes("VmHWM:")
    }

    /// The memory that is resident now, in bytes.
    pub fn resident_bytes(&self) -> usize {
        self.status_bytes("VmRSS:")
    }

    /// How many files and connections are open.
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).unwrap().count()
    }

    fn status_bytes(&self, field: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// Returns the lines that it has written. An invocation's lines are in the pipe before its outcome is reported, so that all
    /// there is to wait for is the reader's next turn.
    pub fn written(&self) -> String {
        let mut written = self.written.lock().unwrap().clone();
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let now = self.written.lock().unwrap().clone();
            if now == written {
                return now;
            }
            written = now;
        }
    }
}

/// Counts of the function of itself.
impl Function {
    /// The sum of an own metric over all lines so far.
    pub fn own(&self, metric: &str) -> f64 {
        self.own_values(metric).iter().sum()
    }

    /// The values of an own metric in all lines so far.
    pub fn own_values(&self, metric: &str) -> Vec<f64> {
        let written = self.written();
        let lines = written.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.flat_map(|line: Value| own_values(&line, metric)).collect()
    }
}

/// The values of an own metric in a line in Embedded Metric Format; none if it is no such line, or not of that metric.
fn own_values(line: &Value, metric: &str) -> Vec<f64> {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().map_or(&[][..], Vec::as_slice);
    let mut values = Vec::new();
    for directive in directives.iter().filter(|directive| directive["Dimensions"] == json!([["Function"]])) {
        assert!(line["Function"].is_string() && line["_aws"]["Timestamp"].is_u64(), "{line}");
        for definition in directive["Metrics"].as_array().unwrap() {
            let name = definition["Name"].as_str().unwrap();
            let found: Vec<_> = match &line[name] {
                Value::Array(values) => values.iter().map(|value| value.as_f64().unwrap()).collect(),
                value => vec![value.as_f64().unwrap()],
            };
            // A delay may be nothing, a count may not.
            let is_sound = definition["Unit"] != "Count" || found != [0.0];
            assert!((1..=100).contains(&found.len()) && is_sound, "{name} in {line}");
            values.extend(if name == metric { found } else { Vec::new() });
        }
    }
    values
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The program's command line and environment, as Lambda would give them.
pub fn command(runtime_api: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
        .env("AWS_LAMBDA_FUNCTION_NAME", "why5xx")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", OWN_LOG_GROUP)
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "planted-access-key")
        .env("AWS_SESSION_TOKEN", "planted-session-token")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Keeps a pipe's lines, each as a whole: the runtime writes its own warning piece by piece, and a line of the other pipe must
/// not come between two of them.
fn keep(pipe: impl Read + Send + 'static, into: &Arc<Mutex<String>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}
