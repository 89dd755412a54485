//! Metrics and their dimensions, with their names, which are written here alone.

use crate::placeholder::{OTHER, UNKNOWN};

/// Dimension: the id of an API, or its owner's name for it. API Gateway's own metrics have it too.
pub const API_ID: &str = "ApiId";
/// Dimension: the stage of an API. API Gateway's own metrics have it too.
pub const STAGE: &str = "Stage";
/// Dimension: the resource or route, as configured.
pub const ROUTE: &str = "Route";
/// Dimension: the id of the root cause.
pub const CAUSE: &str = "Cause";
/// Dimension: the name of the function that failed.
pub const FUNCTION_NAME: &str = "FunctionName";
/// Dimension: the account that owns the log, where it is another one's.
pub const ACCOUNT_ID: &str = "AccountId";
/// Dimension: the log group of a flow log.
pub const LOG_GROUP: &str = "LogGroup";
/// Dimension: the name of our own function, of its own metrics alone.
pub const FUNCTION: &str = "Function";

/// Subject of a failure: the part of the dimensions that does not depend on the cause.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A request in an execution log.
    Request {
        /// The API's id or name.
        api_id: String,
        /// Its stage.
        stage: String,
        /// The resource or route, as configured; never the path that a client wrote.
        route: Option<String>,
    },
    /// A request in an access log.
    AccessLine {
        /// The API's id or name.
        api_id: String,
        /// Its stage.
        stage: String,
        /// The resource or route, as configured.
        route: Option<String>,
    },
    /// An invocation of a Lambda function.
    Invocation {
        /// The function's name.
        function_name: String,
    },
    /// A request or an invocation in the log of another account than the function's own.
    OtherAccount {
        /// The account.
        account_id: String,
        /// The API's id or name; `unknown` for an invocation.
        api_id: String,
        /// Its stage, likewise.
        stage: String,
    },
    /// A rejected flow.
    Flow {
        /// The log group of the flow log.
        log_group: String,
    },
}

/// Longest names that have dimensions of their own, in bytes; what is longer counts as `other`. API Gateway's ids have 10 or
/// 12 and its stages 128 at most; a function's name has 64, or 140 with its alias or version.
const LONGEST_API_ID_BYTES: usize = 64;
const LONGEST_STAGE_BYTES: usize = 128;
const LONGEST_FUNCTION_NAME_BYTES: usize = 140;
const LONGEST_ROUTE_BYTES: usize = 512;

impl Subject {
    /// Returns whether the names of an API and stage are longer than any that API Gateway gives.
    pub(crate) fn are_too_long(api_id: &str, stage: &str) -> bool {
        api_id.len() > LONGEST_API_ID_BYTES || stage.len() > LONGEST_STAGE_BYTES
    }

    /// Returns whether a resource or route is longer than any that API Gateway takes.
    pub(crate) fn is_too_long_route(route: &str) -> bool {
        route.len() > LONGEST_ROUTE_BYTES
    }

    /// Puts `other` in place of names that are too long.
    pub(crate) fn without_long_names(&mut self) {
        match self {
            Self::Request { api_id, stage, route } | Self::AccessLine { api_id, stage, route } => {
                if Self::are_too_long(api_id, stage) {
                    (*api_id, *stage) = (OTHER.to_owned(), OTHER.to_owned());
                }
                if let Some(route) = route.as_mut().filter(|route| Self::is_too_long_route(route)) {
                    OTHER.clone_into(route);
                }
            }
            Self::Invocation { function_name } if function_name.len() > LONGEST_FUNCTION_NAME_BYTES => {
                OTHER.clone_into(function_name);
            }
            _ => {}
        }
    }

    /// The metric that counts it.
    pub const fn metric(&self) -> Metric {
        match self {
            Self::Request { .. } => Metric::Errors,
            Self::AccessLine { .. } => Metric::AccessLogErrors,
            Self::Invocation { .. } => Metric::FunctionErrors,
            Self::OtherAccount { .. } => Metric::AccountErrors,
            Self::Flow { .. } => Metric::RejectedFlows,
        }
    }

    /// Names and values of its dimensions, without the cause and the route.
    ///
    /// A request of API `a1b2c3d4e5` and stage `prod` has `[("ApiId", "a1b2c3d4e5"), ("Stage", "prod")]`.
    pub fn dimensions(&self) -> Vec<(&'static str, &str)> {
        let values: &[&str] = match self {
            Self::Request { api_id, stage, .. } | Self::AccessLine { api_id, stage, .. } => &[api_id, stage],
            Self::Invocation { function_name: name } | Self::Flow { log_group: name } => &[name],
            Self::OtherAccount { account_id, api_id, stage } => &[account_id, api_id, stage],
        };
        self.metric().dimensions().iter().copied().zip(values.iter().copied()).collect()
    }

    /// The value of one of its dimensions; None if it has no such dimension.
    pub fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions().into_iter().find(|(one, _)| *one == name).map(|(_, value)| value)
    }

    /// The subject as one of another account. What is counted by log group stays: that differs by account.
    #[must_use]
    pub fn in_account(self, account_id: &str) -> Self {
        let account_id = account_id.to_owned();
        let unknown = || UNKNOWN.to_owned();
        match self {
            Self::Request { api_id, stage, .. } | Self::AccessLine { api_id, stage, .. } => {
                Self::OtherAccount { account_id, api_id, stage }
            }
            Self::Invocation { .. } => Self::OtherAccount { account_id, api_id: unknown(), stage: unknown() },
            Self::OtherAccount { .. } | Self::Flow { .. } => self,
        }
    }

    /// The values of its dimensions, and its route, to change them.
    pub fn values_mut(&mut self) -> (Vec<&mut String>, Option<&mut String>) {
        match self {
            Self::Request { api_id, stage, route } | Self::AccessLine { api_id, stage, route } => {
                (vec![api_id, stage], route.as_mut())
            }
            Self::Invocation { function_name: name } | Self::Flow { log_group: name } => (vec![name], None),
            Self::OtherAccount { account_id, api_id, stage } => (vec![account_id, api_id, stage], None),
        }
    }

    /// The resource or route, if the log shows it.
    pub fn route(&self) -> Option<&str> {
        match self {
            Self::Request { route, .. } | Self::AccessLine { route, .. } => route.as_deref(),
            _ => None,
        }
    }
}

/// The metrics that count failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Failed requests, from execution logs.
    Errors,
    /// Failed requests, from access logs.
    AccessLogErrors,
    /// Failed invocations, from Lambda logs.
    FunctionErrors,
    /// Failed requests and invocations, from logs of other accounts.
    AccountErrors,
    /// Rejected records, from VPC flow logs.
    RejectedFlows,
}

impl Metric {
    /// All metrics that count failures.
    pub const ALL: [Self; 5] =
        [Self::Errors, Self::AccessLogErrors, Self::FunctionErrors, Self::AccountErrors, Self::RejectedFlows];

    /// The metric name as published.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Errors => "Errors",
            Self::AccessLogErrors => "AccessLogErrors",
            Self::FunctionErrors => "FunctionErrors",
            Self::AccountErrors => "AccountErrors",
            Self::RejectedFlows => "RejectedFlows",
        }
    }

    /// The names of its dimensions, without the cause.
    pub const fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::Errors | Self::AccessLogErrors => &[API_ID, STAGE],
            Self::FunctionErrors => &[FUNCTION_NAME],
            Self::AccountErrors => &[ACCOUNT_ID, API_ID, STAGE],
            Self::RejectedFlows => &[LOG_GROUP],
        }
    }

    /// The name of the metric that sums the causes of an API and stage; None if it has no such metric.
    pub const fn by_stage(self) -> Option<&'static str> {
        match self {
            Self::Errors => Some("StageErrors"),
            Self::AccessLogErrors => Some("AccessLogStageErrors"),
            Self::FunctionErrors | Self::AccountErrors | Self::RejectedFlows => None,
        }
    }
}

/// Metric: failed requests by route, if the settings ask for it.
pub const ROUTE_ERRORS: &str = "RouteErrors";

/// Metric: events of the canary. The only metric of the function that the sink sends: it shows that failures would arrive.
pub const CANARY: &str = "Canary";

/// Metric: stages whose failures nobody would name, and what could not be looked at. Of the survey, and there when it is 0.
pub const UNSEEN_STAGES: &str = "UnseenStages";

/// Metric: percent of API Gateway's failures of a day that the logs show. Of the survey; missing without failures or counts.
pub const EXPLAINED_SHARE: &str = "ExplainedShare";

/// Metric: messages about alarms that a topic did not take. Of the handler that sends them.
pub const UNSENT_MESSAGES: &str = "UnsentMessages";

/// A metric of the function itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnMetric {
    /// Log events read.
    LogEvents,
    /// Batches delivered.
    Batches,
    /// Failures published.
    Failures,
    /// Those of them that no cause matched.
    Unclassified,
    /// Log events counted before.
    DuplicateEvents,
    /// Failures too old or too far ahead to send.
    StaleEvents,
    /// Requests joined from two batches.
    SplitRequests,
    /// Lines whose status client text may have forged.
    AmbiguousLines,
    /// Log events that no reader of their kind understood.
    NotUnderstood,
    /// APIs with failures in both kinds of log.
    BothSources,
    /// Unreadable batches.
    UndecodableBatches,
    /// Counts that a limit folded into `other`.
    OtherDimensions,
    /// Attempts of unknown outcome: CloudWatch may have accepted them.
    UncertainPublishes,
    /// Time from a log event to its count, in milliseconds.
    DeliveryDelay,
}

impl OwnMetric {
    /// All own metrics.
    pub const ALL: &[Self] = &[
        Self::LogEvents,
        Self::Batches,
        Self::Failures,
        Self::Unclassified,
        Self::DuplicateEvents,
        Self::StaleEvents,
        Self::SplitRequests,
        Self::AmbiguousLines,
        Self::NotUnderstood,
        Self::BothSources,
        Self::UndecodableBatches,
        Self::OtherDimensions,
        Self::UncertainPublishes,
        Self::DeliveryDelay,
    ];

    /// Returns the published metric name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogEvents => "LogEvents",
            Self::Batches => "Batches",
            Self::Failures => "Failures",
            Self::Unclassified => "Unclassified",
            Self::DuplicateEvents => "DuplicateEvents",
            Self::StaleEvents => "StaleEvents",
            Self::SplitRequests => "SplitRequests",
            Self::AmbiguousLines => "AmbiguousLines",
            Self::NotUnderstood => "NotUnderstood",
            Self::BothSources => "BothSources",
            Self::UndecodableBatches => "UndecodableBatches",
            Self::OtherDimensions => "OtherDimensions",
            Self::UncertainPublishes => "UncertainPublishes",
            Self::DeliveryDelay => "DeliveryDelay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Literals that are the name of something else, too: file and literal.
    const OTHER_NAMES: &[(&str, &str)] = &[
        // Titles of columns and numbers.
        ("bin/why5xx/words.rs", "Stage"),
        ("bin/why5xx/words.rs", "Function"),
        ("bin/why5xx/html.rs", "Stage"),
        ("bin/why5xx/html.rs", "Route"),
        ("bin/why5xx/html/rest.rs", "Batches"),
        // A parameter of the template, and a field of Lambda's answer.
        ("log_kind.rs", "Function"),
        ("survey/read.rs", "FunctionName"),
    ];

    #[test]
    fn names_stand_here_alone() {
        let of_metrics = Metric::ALL.iter().flat_map(|metric| [Some(metric.name()), metric.by_stage()]).flatten();
        let of_dimensions = [API_ID, STAGE, ROUTE, CAUSE, FUNCTION_NAME, ACCOUNT_ID, LOG_GROUP, FUNCTION];
        let others = [ROUTE_ERRORS, CANARY, UNSEEN_STAGES, EXPLAINED_SHARE, UNSENT_MESSAGES];
        let own = OwnMetric::ALL.iter().map(|own| own.name());
        let names: Vec<_> = of_metrics.chain(own).chain(of_dimensions).chain(others).collect();
        // In a sentence, a name of several words; one word may mean the thing itself, and those of AWS stand in its commands.
        let is_of_aws = |name: &str| [API_ID, FUNCTION_NAME, ACCOUNT_ID, LOG_GROUP].contains(&name);
        let is_of_words = |name: &str| name.matches(char::is_uppercase).count() > 1 && !is_of_aws(name);
        let mut wrong = Vec::new();
        for (file, code) in crate::own_code::files().into_iter().filter(|(file, _)| file != "metric.rs") {
            for literal in crate::own_code::literals(&code) {
                let words: Vec<&str> = literal.split(|c: char| !c.is_ascii_alphanumeric()).collect();
                let holds = |name: &str| literal == name || is_of_words(name) && words.contains(&name);
                for name in names.iter().filter(|name| holds(name) && !OTHER_NAMES.contains(&(file.as_str(), name))) {
                    wrong.push(format!("src/{file}: {name}"));
                }
            }
        }
        assert!(wrong.is_empty(), "refer to these by their constants in src/metric.rs:\n{}", wrong.join("\n"));
    }
}
