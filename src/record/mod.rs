//! Parses a log event as a line of an execution log, an access log, a Lambda log or a VPC flow log.
//!
//! Two prefixes of log group names decide which. For all other groups the shape of each event decides.
//! [`crate::classify`] then decides what the line proves.

pub mod access;
pub mod execution;
pub mod flow;
pub mod lambda;

use crate::decode::{BatchHeader, LogEvent};
use crate::settings::Settings;

/// A parsed log event.
#[derive(Debug)]
pub enum Record<'a> {
    /// A line of the execution log of a REST or WebSocket API.
    Execution(execution::ExecutionLine<'a>),
    /// Several lines of the console's test output in one event; see [`execution::lines_of_transcript`].
    Transcript(String),
    /// A line of an access log.
    Access(access::AccessLine),
    /// A line in the log of a Lambda function.
    Lambda(lambda::FunctionLine<'a>),
    /// A record of a VPC flow log.
    Flow(flow::FlowRecord),
    /// A line of one of the kinds above that proves nothing.
    Nothing,
    /// No known shape.
    Unknown,
}

/// Origin of a batch: what its log group, its stream and the settings say about each event in it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
    /// The account that owns the log.
    pub owner: String,
    /// The kind of log; None if the name of the group does not decide it.
    pub kind: Option<LogKind>,
    /// The API; None if neither the name of the group nor the settings name it.
    pub api_id: Option<String>,
    /// The stage; None as for the API.
    pub stage: Option<String>,
}

/// Kind of log that can show a 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogKind {
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

/// Log groups of WebSocket execution logs, and usually of access logs: `{prefix}{api id}/{stage}`.
const API_PREFIX: &str = "/aws/apigateway/";

impl Source {
    /// Returns the origin of a batch.
    ///
    /// Log group `API-Gateway-Execution-Logs_a1b2c3d4e5/prod` → kind execution, API `a1b2c3d4e5`, stage `prod`
    pub fn from_header(header: &BatchHeader, settings: &Settings) -> Self {
        let group = header.log_group.as_str();
        let (kind, rest) = if let Some(rest) = group.strip_prefix(EXECUTION_PREFIX) {
            (Some(LogKind::Execution), Some(rest))
        } else if group.starts_with(LAMBDA_PREFIX) {
            (Some(LogKind::Lambda), None)
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

    /// Returns the name of the function; None if the log group does not hold it.
    ///
    /// Log group `/aws/lambda/orders` → `orders`
    pub fn function_name(&self) -> Option<&str> {
        self.log_group.strip_prefix(LAMBDA_PREFIX)
    }
}

/// Splits `{api id}/{stage}` or `{api id}/{stage}/Canary`: the failures of a canary release are those of its stage.
fn api_and_stage(rest: &str) -> Option<(String, String)> {
    let (api_id, stage) = rest.split_once('/')?;
    let stage = stage.strip_suffix("/Canary").unwrap_or(stage);
    (!api_id.is_empty() && !stage.is_empty() && !stage.contains('/')).then(|| (api_id.to_owned(), stage.to_owned()))
}

/// Parses one log event. `formats` learns the header lines of flow logs.
///
/// `(5f1c…) Execution failed due to a timeout error` → [`Record::Execution`]
#[inline]
pub fn parse_event<'a>(
    source: &Source,
    settings: &Settings,
    formats: &mut flow::Formats,
    event: &LogEvent<'a>,
) -> Record<'a> {
    let group = source.log_group.as_str();
    match source.kind {
        Some(LogKind::Execution) => execution::parse(event).unwrap_or(Record::Nothing),
        Some(LogKind::Lambda) => lambda::parse_line(event).map_or(Record::Nothing, Record::Lambda),
        _ if access::is_healthy(event) => Record::Nothing,
        _ => execution::parse_by_shape(event)
            .or_else(|| formats.read(group, settings.flow_fields(group), event))
            .or_else(|| access::read(event))
            .or_else(|| lambda::parse_line_of_unknown_log(event).map(Record::Lambda))
            .unwrap_or(Record::Unknown),
    }
}
