//! Lambda's Runtime API: hands out invocations, one at a time, and hears what became of them.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::cloudwatch::now_ms;
use super::http::{Answer, Request, serve};

const PREFIX: &str = "/2018-06-01/runtime/";

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Success(String),
    Error {
        error_type: String,
        message: String,
    },
    /// Nothing was heard before the deadline. Lambda kills the environment then.
    Overdue,
}

impl Outcome {
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }

    pub fn error_type(&self) -> &str {
        match self {
            Self::Error { error_type, .. } => error_type,
            _ => "",
        }
    }

    pub fn message(&self) -> &str {
        match self {
            Self::Error { message, .. } => message,
            _ => "",
        }
    }
}

struct Invocation {
    request_id: String,
    deadline_ms: i64,
    payload: Vec<u8>,
}

/// The API of one environment.
pub struct RuntimeApi {
    pub address: SocketAddr,
    invocations: Sender<Invocation>,
    outcomes: Receiver<(String, Outcome)>,
    count: u32,
}

impl RuntimeApi {
    pub fn start() -> Self {
        let (invocations, next) = channel();
        let (ended, outcomes) = channel();
        let (next, ended) = (Arc::new(Mutex::new(next)), Mutex::new(ended));
        let address = serve(move |request| answer(&next, &ended, request));
        Self { address, invocations, outcomes, count: 0 }
    }

    /// Hands out a payload and waits for what becomes of it, no longer than Lambda would.
    pub fn invoke(&mut self, payload: &[u8], time: Duration) -> Outcome {
        self.count += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012}", self.count);
        let deadline = Instant::now() + time;
        let deadline_ms = now_ms() + time.as_millis() as i64;
        let invocation = Invocation { request_id: request_id.clone(), deadline_ms, payload: payload.to_vec() };
        self.invocations.send(invocation).unwrap();
        loop {
            match self.outcomes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((id, outcome)) if id == request_id => return outcome,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Outcome::Overdue,
            }
        }
    }
}

fn answer(next: &Mutex<Receiver<Invocation>>, ended: &Mutex<Sender<(String, Outcome)>>, request: &Request) -> Answer {
    let path = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let words: Vec<_> = path.split('/').collect();
    let outcome = match (request.method.as_str(), words.as_slice()) {
        ("GET", ["invocation", "next"]) => return hand_out(next),
        ("POST", ["invocation", id, "response"]) => (*id, Outcome::Success(body(request))),
        ("POST", ["invocation", id, "error"]) => (*id, error(request)),
        ("POST", ["init", "error"]) => ("init", error(request)),
        _ => return Answer::Response { status: 404, headers: Vec::new(), body: Vec::new() },
    };
    // Whoever asked may have given up.
    drop(ended.lock().unwrap().send((outcome.0.to_owned(), outcome.1)));
    Answer::Response { status: 202, headers: Vec::new(), body: Vec::new() }
}

fn hand_out(next: &Mutex<Receiver<Invocation>>) -> Answer {
    let Ok(invocation) = next.lock().unwrap().recv() else { return Answer::Cut };
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", invocation.request_id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:why5xx".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000".to_owned()),
    ];
    Answer::Response { status: 200, headers, body: invocation.payload }
}

fn body(request: &Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

fn error(request: &Request) -> Outcome {
    let diagnostic: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |key: &str| diagnostic[key].as_str().unwrap_or_default().to_owned();
    Outcome::Error { error_type: text("errorType"), message: text("errorMessage") }
}
