//! A log event to what it is: a line of an execution log, access log, Lambda log or VPC flow log.
//!
//! Two log group name prefixes decide; for all others the shape of each event does. What a line proves is left to
//! [`crate::classify`].

pub mod access;
pub mod execution;
pub mod flow;
pub mod lambda;

use crate::decode::{BatchHeader, LogEvent};
use crate::settings::Settings;

/// A log event, once read.
#[derive(Debug)]
pub enum Record<'a> {
    /// A line of the execution log of a REST or WebSocket API.
    Execution(execution::Line<'a>),
    /// Several lines of the console's test output, pasted as one: see [`execution::lines_of_transcript`].
    Transcript(String),
    /// A line of an access log.
    Access(access::AccessLine),
    /// A line in the log of a Lambda function.
    Lambda(lambda::FunctionLine<'a>),
    /// A record of a VPC flow log.
    Flow(flow::FlowRecord),
    /// A line of one of the kinds above that tells nothing: no failure, no evidence, no part of a request.
    Nothing,
    /// No shape that we know.
    Unknown,
}

/// Where a batch comes from: what its log group and stream tell of every event in it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
    /// The account whose log it is.
    pub owner: String,
    /// The kind of log, where the name of the group decides it.
    pub kind: Option<Kind>,
    /// The API, where the name of the group or the settings tell it.
    pub api_id: Option<String>,
    /// The stage, likewise.
    pub stage: Option<String>,
}

/// The kinds of log that tell of a 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Execution log of a REST or WebSocket API.
    Execution,
    /// Access log of any API.
    Access,
    /// Log of a Lambda function.
    Lambda,
    /// VPC flow log.
    Flow,
}

/// Log groups that API Gateway makes for the execution logs of REST APIs: `{prefix}{api id}/{stage}`.
const EXECUTION_PREFIX: &str = "API-Gateway-Execution-Logs_";

/// Log groups that Lambda makes for functions: `{prefix}{function name}`.
const LAMBDA_PREFIX: &str = "/aws/lambda/";

/// Log groups of WebSocket execution logs, and by custom of many access logs: `{prefix}{api id}/{stage}`.
const API_PREFIX: &str = "/aws/apigateway/";

impl Source {
    /// What the header of a batch tells.
    pub fn of(header: &BatchHeader, settings: &Settings) -> Self {
        let group = header.log_group.as_str();
        let (kind, rest) = if let Some(rest) = group.strip_prefix(EXECUTION_PREFIX) {
            (Some(Kind::Execution), Some(rest))
        } else if group.starts_with(LAMBDA_PREFIX) {
            (Some(Kind::Lambda), None)
        } else {
            (None, group.strip_prefix(API_PREFIX))
        };
        let (api_id, stage) = rest.and_then(api_and_stage).unzip();
        Self {
            log_group: group.to_owned(),
            log_stream: header.log_stream.clone(),
            owner: header.owner.clone(),
            kind,
            api_id: api_id.or_else(|| settings.api_of_log_group(group).map(|api| api.0.to_owned())),
            stage: stage.or_else(|| settings.api_of_log_group(group).map(|api| api.1.to_owned())),
        }
    }

    /// The function's name, where the log group tells it.
    pub fn function_name(&self) -> Option<&str> {
        self.log_group.strip_prefix(LAMBDA_PREFIX)
    }
}

/// `{api id}/{stage}` or `{api id}/{stage}/Canary`: a canary's failures are its stage's.
fn api_and_stage(rest: &str) -> Option<(String, String)> {
    let (api_id, stage) = rest.split_once('/')?;
    let stage = stage.strip_suffix("/Canary").unwrap_or(stage);
    (!api_id.is_empty() && !stage.is_empty() && !stage.contains('/')).then(|| (api_id.to_owned(), stage.to_owned()))
}

/// Reads one log event. `formats` learns the header lines of flow logs.
#[inline]
pub fn read<'a>(source: &Source, settings: &Settings, formats: &mut flow::Formats, event: &LogEvent<'a>) -> Record<'a> {
    let group = source.log_group.as_str();
    match source.kind {
        Some(Kind::Execution) => execution::read(event).unwrap_or(Record::Nothing),
        Some(Kind::Lambda) => lambda::parse_line(event).map_or(Record::Nothing, Record::Lambda),
        _ if access::is_healthy(event) => Record::Nothing,
        _ => execution::read_by_shape(event)
            .or_else(|| formats.read(group, settings.flow_fields(group), event))
            .or_else(|| access::read(event))
            .or_else(|| lambda::parse_line_of_unknown_log(event).map(Record::Lambda))
            .unwrap_or(Record::Unknown),
    }
}
