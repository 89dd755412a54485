//! Facts read of the account: the input of all findings. `None` is a fact that could not be looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::record::{API_PREFIX, EXECUTION_PREFIX};

/// The Region of an account, as far as its 5xx are concerned.
#[derive(Debug, Default)]
pub struct AccountFacts {
    /// The Region.
    pub region: String,
    /// `aws`, `aws-cn` and so on.
    pub partition: String,
    /// Empty where it is not known.
    pub account: String,
    /// The profile of the AWS CLI to put into commands.
    pub profile: Option<String>,
    /// Stages of its APIs.
    pub stages: Vec<Stage>,
    /// The role with which API Gateway writes logs; empty if it is missing.
    pub log_role: Option<String>,
    /// Those that stages write to, and ours, by name.
    pub log_groups: Option<BTreeMap<String, LogGroup>>,
    /// Deliveries of execution logs.
    pub deliveries: Option<Vec<LogDelivery>>,
    /// Stacks of why5xx.
    pub stacks: Vec<Stack>,
    /// Functions that filters of ours name and that are not there.
    pub missing_functions: BTreeSet<String>,
    /// Functions that filters of ours name, of which it is not known whether they are there.
    pub unknown_functions: BTreeSet<String>,
    /// Lists of APIs and stages that could not be read.
    pub unread_lists: u64,
    /// Rules of EventBridge.
    pub rules: Option<Vec<EventRule>>,
    /// Account policies that switch metrics off which are extracted from logs.
    pub extraction_policies: Option<Vec<ExtractionPolicy>>,
    /// Facts that could not be looked at, with the reason.
    pub not_looked_at: Vec<NotLookedAt>,
    /// Seconds of the shares: a day, or less where our filters are younger.
    pub share_s: i64,
}

impl AccountFacts {
    /// Notes which access logs have a format that the settings declare, from the names of their log groups.
    pub fn declare(&mut self, is_declared: &dyn Fn(&str) -> bool) {
        for log in self.stages.iter_mut().filter_map(|stage| stage.access_log.as_mut()) {
            log.is_declared = log.log_group().is_some_and(is_declared);
        }
    }
}

/// The kind of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiKind {
    /// REST API.
    #[default]
    Rest,
    /// HTTP API.
    Http,
    /// WebSocket API.
    WebSocket,
}

impl ApiKind {
    /// Returns its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rest => "REST",
            Self::Http => "HTTP",
            Self::WebSocket => "WebSocket",
        }
    }
}

/// A stage of an API.
#[derive(Debug, Clone, Default)]
pub struct Stage {
    /// Kind of the API.
    pub kind: ApiKind,
    /// Id of the API.
    pub api_id: String,
    /// Name of the API; empty if it has none.
    pub api_name: String,
    /// Its name.
    pub name: String,
    /// Settings by method or route; the first is that of the stage, which HTTP APIs lack.
    pub settings: Vec<LogSetting>,
    /// A part of the requests goes to a canary release, which has an execution log of its own.
    pub has_canary_release: bool,
    /// Access log, if it writes one.
    pub access_log: Option<AccessLog>,
    /// None where the metrics were not read.
    pub share: Option<Share>,
}

/// The setting of the execution log, of a stage, a method or a route.
#[derive(Debug, Clone, Default)]
pub struct LogSetting {
    /// As API Gateway writes it: `*/*`, `~1orders/GET`, a route key; `*` for the routes of a stage.
    pub key: String,
    /// Level of the log.
    pub level: Level,
    /// Whether headers and bodies are logged.
    pub data_trace: bool,
    /// Other settings of a WebSocket API there, in the names of the AWS CLI: a new setting replaces all of them.
    pub others: Vec<(&'static str, Value)>,
}

/// Level of an execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Nothing is logged.
    #[default]
    Off,
    /// Failures.
    Error,
    /// Each step of each request.
    Info,
}

impl Level {
    /// Parses the name that API Gateway has for it.
    pub fn parse(name: &str) -> Self {
        match name {
            "INFO" => Self::Info,
            "ERROR" => Self::Error,
            _ => Self::Off,
        }
    }

    /// Returns its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Error => "ERROR",
            Self::Info => "INFO",
        }
    }
}

/// The access log of a stage.
#[derive(Debug, Clone, Default)]
pub struct AccessLog {
    /// ARN of a log group or of a Firehose stream.
    pub destination: String,
    /// Format of its lines.
    pub format: String,
    /// The settings declare the format.
    pub is_declared: bool,
}

impl AccessLog {
    /// Returns the name of the log group; None if it is a stream.
    pub fn log_group(&self) -> Option<&str> {
        log_group_of_arn(&self.destination)
    }
}

/// Returns the name of the log group that an ARN names.
///
/// `arn:aws:logs:eu-west-1:111122223333:log-group:/orders/access:*` → `/orders/access`
pub fn log_group_of_arn(arn: &str) -> Option<&str> {
    let name = arn.split_once(":log-group:")?.1;
    Some(name.strip_suffix(":*").unwrap_or(name)).filter(|name| !name.is_empty())
}

impl Stage {
    /// Returns the level of what has no setting of its own. One method may be silent on purpose.
    pub fn level(&self) -> Level {
        let of_stage = self.settings.iter().find(|setting| matches!(&*setting.key, "*/*" | "*"));
        of_stage.map_or(Level::Off, |setting| setting.level)
    }

    /// Returns the log group that API Gateway itself names; None for HTTP APIs, which have no execution log.
    pub fn managed_log_group(&self) -> Option<String> {
        match self.kind {
            ApiKind::Rest => Some(format!("{EXECUTION_PREFIX}{}/{}", self.api_id, self.name)),
            ApiKind::WebSocket => Some(format!("{API_PREFIX}{}/{}", self.api_id, self.name)),
            ApiKind::Http => None,
        }
    }
}

/// A log group.
#[derive(Debug, Clone, Default)]
pub struct LogGroup {
    /// Whether it is of the Standard class, which alone takes filters.
    pub is_standard: bool,
    /// None if it keeps log events for ever.
    pub retention_days: Option<u64>,
    /// When it was made, in seconds since 1970.
    pub created_s: Option<i64>,
    /// None where they could not be looked at.
    pub filters: Option<Vec<Filter>>,
}

/// A subscription filter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Its name.
    pub name: String,
    /// Filter pattern.
    pub pattern: String,
    /// ARN that log events go to.
    pub destination: String,
    /// When it was made, in seconds since 1970.
    pub created_s: Option<i64>,
    /// An account policy has it on every log group.
    pub is_of_account: bool,
}

/// Execution-log delivery of a stage, which replaces its managed log group.
#[derive(Debug, Clone, Default)]
pub struct LogDelivery {
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage.
    pub stage: String,
    /// None if it goes elsewhere, such as to S3.
    pub log_group: Option<String>,
    /// Its id.
    pub id: String,
    /// The name of its source.
    pub source: String,
    /// Empty for all fields.
    pub fields: Vec<String>,
}

/// Failures in the last day, or since we count, by API Gateway's count and by ours.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// By API Gateway's metric.
    pub failed: f64,
    /// By the larger of our two metrics.
    pub counted: f64,
}

/// A stack of ours.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// The ARN of its function, from the filter of the canary's log group.
    pub function_arn: Option<String>,
    /// None where it could not be looked at, or is gone.
    pub function: Option<StackFunction>,
    /// Its alarms.
    pub alarms: Option<Vec<StackAlarm>>,
    /// The canaries of the last half hour; None where that is not known, or the stack is too young for one.
    pub canaries: Option<f64>,
}

/// The function of a stack.
#[derive(Debug, Clone, Default)]
pub struct StackFunction {
    /// Its name.
    pub name: String,
    /// None if its description does not begin with one.
    pub version: Option<String>,
    /// Namespace of its metrics.
    pub namespace: String,
}

/// An alarm of a stack.
#[derive(Debug, Clone, Default)]
pub struct StackAlarm {
    /// Its name.
    pub name: String,
    /// Whether it has an action of its own.
    pub has_action: bool,
}

/// A rule of EventBridge.
#[derive(Debug, Clone, Default)]
pub struct EventRule {
    /// Its name.
    pub name: String,
    /// Whether it is in force.
    pub is_enabled: bool,
    /// Empty for a schedule.
    pub pattern: String,
}

/// An account policy against metrics that are extracted from logs.
#[derive(Debug, Clone, Default)]
pub struct ExtractionPolicy {
    /// Its name.
    pub name: String,
    /// The log groups that it spares, if it says so.
    pub selection: String,
}

/// Facts that could not be looked at, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLookedAt {
    /// Noun phrase for the facts that are unknown for that.
    pub what: String,
    /// The permission that is missing; None if that is not the reason.
    pub needs: Option<String>,
    /// The reason, in a sentence.
    pub why: String,
    /// How often.
    pub times: u64,
}
