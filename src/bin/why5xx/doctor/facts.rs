//! What was read of the account: the input of all findings. `None` is what could not be looked at.

use std::collections::{BTreeMap, BTreeSet};

/// The Region of an account, as far as its 5xx are concerned.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) region: String,
    /// `aws`, `aws-cn` and so on.
    pub(crate) partition: String,
    /// Empty where it is not known.
    pub(crate) account: String,
    pub(crate) stages: Vec<Stage>,
    /// The role with which API Gateway writes logs; empty if it is missing.
    pub(crate) log_role: Option<String>,
    /// Those that stages write to, and ours, by name.
    pub(crate) log_groups: Option<BTreeMap<String, LogGroup>>,
    pub(crate) deliveries: Option<Vec<Delivery>>,
    pub(crate) stacks: Vec<Stack>,
    /// Functions that filters of ours name and that are not there.
    pub(crate) missing_functions: BTreeSet<String>,
    pub(crate) rules: Option<Vec<Rule>>,
    /// Account policies that switch metrics off which are extracted from logs.
    pub(crate) extraction_policies: Option<Vec<ExtractionPolicy>>,
    pub(crate) not_looked_at: Vec<NotLookedAt>,
}

/// The kind of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ApiKind {
    #[default]
    Rest,
    Http,
    WebSocket,
}

impl ApiKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Rest => "REST",
            Self::Http => "HTTP",
            Self::WebSocket => "WebSocket",
        }
    }
}

/// A stage of an API.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stage {
    pub(crate) kind: ApiKind,
    pub(crate) api_id: String,
    pub(crate) api_name: String,
    pub(crate) name: String,
    /// Settings by method or route; the first is that of the stage, if it has one.
    pub(crate) settings: Vec<LogSetting>,
    pub(crate) access_log: Option<AccessLog>,
    /// None where the metrics were not read.
    pub(crate) share: Option<Share>,
}

/// The setting of the execution log, of a stage, a method or a route.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogSetting {
    /// As API Gateway writes it: `*/*`, `~1orders/GET`, a route key; `*` for the routes of a stage.
    pub(crate) key: String,
    pub(crate) level: Level,
    pub(crate) data_trace: bool,
}

/// Level of an execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Level {
    #[default]
    Off,
    Error,
    Info,
}

impl Level {
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "INFO" => Self::Info,
            "ERROR" => Self::Error,
            _ => Self::Off,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Error => "ERROR",
            Self::Info => "INFO",
        }
    }
}

/// The access log of a stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessLog {
    /// ARN of a log group or of a Firehose stream.
    pub(crate) destination: String,
    pub(crate) format: String,
}

impl AccessLog {
    /// Returns the name of the log group; None if it is a stream.
    pub(crate) fn log_group(&self) -> Option<&str> {
        log_group_of_arn(&self.destination)
    }
}

/// Returns the name of the log group that an ARN names.
///
/// `arn:aws:logs:eu-west-1:111122223333:log-group:/orders/access:*` → `/orders/access`
pub(crate) fn log_group_of_arn(arn: &str) -> Option<&str> {
    let name = arn.split_once(":log-group:")?.1;
    Some(name.strip_suffix(":*").unwrap_or(name)).filter(|name| !name.is_empty())
}

impl Stage {
    /// Returns the lowest level of what has a setting.
    pub(crate) fn level(&self) -> Level {
        self.settings.iter().map(|setting| setting.level).min().unwrap_or_default()
    }

    /// Returns the log group that API Gateway itself names; None for HTTP APIs, which have no execution log.
    pub(crate) fn managed_log_group(&self) -> Option<String> {
        match self.kind {
            ApiKind::Rest => Some(format!("API-Gateway-Execution-Logs_{}/{}", self.api_id, self.name)),
            ApiKind::WebSocket => Some(format!("/aws/apigateway/{}/{}", self.api_id, self.name)),
            ApiKind::Http => None,
        }
    }
}

/// A log group.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogGroup {
    pub(crate) is_standard: bool,
    /// None if it keeps log events for ever.
    pub(crate) retention_days: Option<u64>,
    /// None where they could not be looked at.
    pub(crate) filters: Option<Vec<Filter>>,
}

/// A subscription filter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) destination: String,
    /// An account policy has it on every log group.
    pub(crate) is_of_account: bool,
}

/// Execution-log delivery of a stage, which replaces its managed log group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delivery {
    pub(crate) api_id: String,
    pub(crate) stage: String,
    /// None if it goes elsewhere, such as to S3.
    pub(crate) log_group: Option<String>,
    pub(crate) id: String,
    /// The name of its source.
    pub(crate) source: String,
    /// Empty for all fields.
    pub(crate) fields: Vec<String>,
}

/// What API Gateway and we counted in the last day.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Share {
    /// By API Gateway's metric.
    pub(crate) failed: f64,
    /// By the larger of our two metrics.
    pub(crate) counted: f64,
}

/// A stack of ours.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stack {
    pub(crate) name: String,
    /// The ARN of its function, from the filter of the canary's log group.
    pub(crate) function_arn: Option<String>,
    /// None where it could not be looked at, or is gone.
    pub(crate) function: Option<Function>,
    pub(crate) alarms: Option<Vec<Alarm>>,
    /// The canaries of the last half hour.
    pub(crate) canaries: Option<f64>,
}

/// The function of a stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// None if its description does not begin with one.
    pub(crate) version: Option<String>,
    pub(crate) namespace: String,
}

/// An alarm of a stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alarm {
    pub(crate) name: String,
    pub(crate) has_action: bool,
}

/// A rule of EventBridge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) is_enabled: bool,
    /// Empty for a schedule.
    pub(crate) pattern: String,
}

/// An account policy against metrics that are extracted from logs.
#[derive(Debug, Clone, Default)]
pub(crate) struct ExtractionPolicy {
    pub(crate) name: String,
    /// The log groups that it spares, if it says so.
    pub(crate) selection: String,
}

/// What could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotLookedAt {
    /// What is unknown for that.
    pub(crate) what: String,
    /// The permission that is missing; None if that is not the reason.
    pub(crate) needs: Option<String>,
    /// The reason, in a sentence.
    pub(crate) why: String,
    /// How often.
    pub(crate) times: u64,
}
