//! Settings from the environment and the settings file, read once.
//!
//! Every environment variable of ours is one constant here. An invalid value is an error at start; it never falls back
//! to the default.

mod access_log_format;
mod aws;
mod environment;
mod error;
mod file;
mod glob;
#[cfg(feature = "function")]
mod notify;
mod rules;
#[cfg(feature = "function")]
mod survey;
mod toml_file;

use std::path::{Path, PathBuf};

pub use access_log_format::AccessLogFormat;
pub use aws::{Aws, Proxies};
pub use environment::Environment;
pub use error::SettingsError;
use file::SettingsFile;
#[cfg(feature = "function")]
pub use notify::{Links, NotifySettings};
pub use rules::Rules;
#[cfg(feature = "function")]
pub use survey::SurveySettings;

use crate::log_kind::LogKind;

/// CloudWatch namespace of the metrics.
pub(crate) const NAMESPACE: &str = "WHY5XX_NAMESPACE";
/// Sink of the counts: `cloudwatch`, `emf` or `stdout`.
const SINK: &str = "WHY5XX_SINK";
/// Settings file. Falls back to `/opt/why5xx.toml` (a layer), then to `why5xx.toml` beside the program.
const SETTINGS: &str = "WHY5XX_SETTINGS";
/// File of own rules. Falls back to `/opt/why5xx-rules.toml`, then to `why5xx-rules.toml` beside the program.
const RULES: &str = "WHY5XX_RULES";
/// Most inflated bytes of one batch.
const INFLATED_BYTES_LIMIT: &str = "WHY5XX_INFLATED_BYTES_LIMIT";
/// Least level of the function's own log lines: `DEBUG`, `INFO`, `WARN` or `ERROR`.
const LOG_LEVEL: &str = "WHY5XX_LOG_LEVEL";
/// Whether to count failures by route as well: `true` or `false`.
const ROUTE_METRICS: &str = "WHY5XX_ROUTE_METRICS";
/// Most exemplars to log for each cause and minute.
const EXEMPLARS_PER_CAUSE: &str = "WHY5XX_EXEMPLARS_PER_CAUSE";
/// Log group whose events count in `Canary` and nowhere else.
const CANARY_LOG_GROUP: &str = "WHY5XX_CANARY_LOG_GROUP";
/// Most distinct pairs of API and stage with dimensions of their own; the rest counts as `other`.
const DIMENSION_SETS_LIMIT: &str = "WHY5XX_DIMENSION_SETS_LIMIT";
/// Most distinct routes (with their API and stage) with dimensions of their own; the rest counts as `other`.
const ROUTES_LIMIT: &str = "WHY5XX_ROUTES_LIMIT";
/// Topics that messages about alarms go to, separated by commas.
#[cfg(feature = "function")]
const TOPIC_ARNS: &str = "WHY5XX_TOPIC_ARNS";
/// Address of the dashboard, for messages about alarms.
#[cfg(feature = "function")]
const DASHBOARD_URL: &str = "WHY5XX_DASHBOARD_URL";
/// Address of the runbook, or another text about it, for messages about alarms.
#[cfg(feature = "function")]
const RUNBOOK_URL: &str = "WHY5XX_RUNBOOK_URL";

/// Handler that the function is configured with.
const HANDLER: &str = "_HANDLER";
/// Level of Lambda's logging configuration. [`LOG_LEVEL`] overrides it.
const LAMBDA_LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// Log group of the function itself.
const OWN_LOG_GROUP: &str = "AWS_LAMBDA_LOG_GROUP_NAME";
/// Name of the function, the dimension of its own metrics.
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// Most invocations that Lambda sends one environment at the same time. Only Managed Instances set it.
const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
/// Region of the function.
const REGION: &str = "AWS_REGION";
/// Address of the Runtime API. Only Lambda sets it.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Settings file of a layer.
const LAYER_FILE: &str = "/opt/why5xx.toml";
/// Settings file of the bundle, beside the program.
const BUNDLE_FILE: &str = "why5xx.toml";

/// Kind of sink for the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SinkKind {
    /// PutMetricData.
    #[default]
    CloudWatch,
    /// Lines of the Embedded Metric Format on standard output.
    Emf,
    /// Readable lines on standard output.
    Stdout,
}

/// Level of the function's own log, the most verbose first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// One line for each invocation.
    #[default]
    Info,
    /// Problems that are not urgent.
    Warn,
    /// Lost data, or a problem that a person must fix.
    Error,
    /// An error that ends the environment.
    Fatal,
}

impl LogLevel {
    /// Returns the name, as Lambda reads it: `INFO`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// Job of the program in Lambda. All functions of a stack have the same program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Count the failures in log events.
    Count,
    /// Send messages about alarms.
    Notify,
    /// Survey the account.
    Survey,
}

impl Handler {
    /// Returns the handler that the function is configured with: `notify`, `survey`, and any other for counting.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn of(environment: &Environment) -> Result<Self, SettingsError> {
        Ok(match environment.value(HANDLER)?.as_deref() {
            Some("notify") => Self::Notify,
            Some("survey") => Self::Survey,
            // `bootstrap`, or what somebody who builds a function of this program wrote, for Lambda demands a handler.
            _ => Self::Count,
        })
    }
}

/// Settings of the function.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Namespace of the metrics.
    pub namespace: String,
    /// Sink of the counts.
    pub sink: SinkKind,
    /// Most inflated bytes of one batch.
    pub inflated_bytes_limit: u64,
    /// Least level to log.
    pub log_level: LogLevel,
    /// Least level of the lines that Lambda passes on.
    pub lambda_log_level: LogLevel,
    /// Whether to count failures by route as well.
    pub route_metrics: bool,
    /// Most exemplars for each cause and minute.
    pub exemplars_per_cause: usize,
    /// Log group of the canary.
    pub canary_log_group: Option<String>,
    /// Most distinct pairs of API and stage with dimensions of their own.
    pub dimension_sets_limit: usize,
    /// Most distinct routes with dimensions of their own.
    pub routes_limit: usize,
    /// Log group of the function itself. Counting its batches would create a loop.
    pub own_log_group: Option<String>,
    /// Name of the function, the dimension of its own metrics.
    pub function_name: String,
    /// Most invocations that Lambda sends one environment at the same time.
    pub max_concurrency: u32,
    /// Region of the function.
    pub region: Option<String>,
    file: SettingsFile,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            namespace: "Why5xx".to_owned(),
            sink: SinkKind::default(),
            inflated_bytes_limit: 256 * 1024 * 1024,
            log_level: LogLevel::default(),
            lambda_log_level: LogLevel::Debug,
            route_metrics: false,
            exemplars_per_cause: 5,
            canary_log_group: None,
            dimension_sets_limit: 500,
            routes_limit: 200,
            own_log_group: None,
            function_name: "why5xx".to_owned(),
            max_concurrency: 1,
            region: None,
            file: SettingsFile::default(),
        }
    }
}

impl Settings {
    /// Reads the environment and, if there is one, the settings file.
    ///
    /// # Errors
    ///
    /// If a variable or the file is invalid. The error names the variable, its value and what is allowed; or the file,
    /// the line and the field. A retry does not help.
    pub fn load(environment: &Environment) -> Result<Self, SettingsError> {
        let path = match environment.value(SETTINGS)? {
            Some(path) => Some(PathBuf::from(path)),
            None => environment.usual_file(LAYER_FILE, BUNDLE_FILE),
        };
        Self::load_with(environment, path.as_deref())
    }

    /// Reads the environment and `file`; no settings file if None.
    ///
    /// # Errors
    ///
    /// See [`load`](Self::load).
    pub fn load_with(environment: &Environment, file: Option<&Path>) -> Result<Self, SettingsError> {
        let mut settings = Self::from_variables(environment)?;
        if let Some(path) = file {
            settings.file = SettingsFile::read(path)?;
        }
        Ok(settings)
    }

    /// Checks that the program runs inside Lambda.
    ///
    /// # Errors
    ///
    /// If it does not: nothing would invoke it.
    pub fn require_lambda(environment: &Environment) -> Result<(), SettingsError> {
        let purpose = "the address of Lambda's Runtime API; outside Lambda use the command `why5xx`";
        let runtime_api = environment.value(RUNTIME_API)?;
        runtime_api.map(|_| ()).ok_or(SettingsError::Missing { variable: RUNTIME_API, purpose })
    }

    fn from_variables(environment: &Environment) -> Result<Self, SettingsError> {
        let default = Self::default();
        // Lambda sets this one, with further levels (TRACE, FATAL), so no value of it is an error.
        let lambda_log_level = environment.value(LAMBDA_LOG_LEVEL)?.as_deref().map(lambda_log_level);
        let log_level = match environment.value(LOG_LEVEL)? {
            Some(_) => environment.parsed(LOG_LEVEL, "DEBUG, INFO, WARN or ERROR", log_level)?,
            None => lambda_log_level,
        };
        Ok(Self {
            namespace: environment.parsed(NAMESPACE, NAMESPACE_RULE, namespace)?.unwrap_or(default.namespace),
            sink: environment.parsed(SINK, "cloudwatch, emf or stdout", sink)?.unwrap_or(default.sink),
            inflated_bytes_limit: environment
                .parsed(INFLATED_BYTES_LIMIT, "a whole number of bytes from 1048576 to 4294967296", |value| {
                    within(value, 1 << 20..=1 << 32)
                })?
                .unwrap_or(default.inflated_bytes_limit),
            log_level: log_level.unwrap_or(default.log_level),
            lambda_log_level: lambda_log_level.unwrap_or(default.lambda_log_level),
            route_metrics: environment
                .parsed(ROUTE_METRICS, "true or false", parse_bool)?
                .unwrap_or(default.route_metrics),
            exemplars_per_cause: environment
                .parsed(EXEMPLARS_PER_CAUSE, "a whole number from 0 to 100", |value| within(value, 0..=100))?
                .unwrap_or(default.exemplars_per_cause),
            canary_log_group: environment.value(CANARY_LOG_GROUP)?,
            dimension_sets_limit: environment
                .parsed(DIMENSION_SETS_LIMIT, "a whole number from 1 to 50000", |value| within(value, 1..=50_000))?
                .unwrap_or(default.dimension_sets_limit),
            routes_limit: environment
                .parsed(ROUTES_LIMIT, "a whole number from 1 to 50000", |value| within(value, 1..=50_000))?
                .unwrap_or(default.routes_limit),
            own_log_group: environment.value(OWN_LOG_GROUP)?,
            function_name: environment.value(FUNCTION_NAME)?.unwrap_or(default.function_name),
            // Lambda's, so no value of it is an error.
            max_concurrency: environment.value(MAX_CONCURRENCY)?.and_then(|value| value.parse().ok()).unwrap_or(1),
            region: environment.value(REGION)?,
            file: default.file,
        })
    }

    /// Returns how each line of the function's own log begins, so that a copy of it is known wherever it arrives.
    ///
    /// `{"why5xx":"why5xx-prod",`
    pub fn own_mark(&self) -> String {
        format!("{{\"why5xx\":{},", serde_json::Value::from(self.function_name.as_str()))
    }

    /// Returns the API id of a log group from the settings file.
    pub fn api_of_log_group(&self, log_group: &str) -> Option<&str> {
        self.file.log_groups.get(log_group)?.api.as_deref()
    }

    /// Returns the stage of a log group from the settings file.
    pub fn stage_of_log_group(&self, log_group: &str) -> Option<&str> {
        self.file.log_groups.get(log_group)?.stage.as_deref()
    }

    /// Returns the kind of a log group from the settings file.
    pub fn kind_of_log_group(&self, log_group: &str) -> Option<LogKind> {
        self.file.log_groups.get(log_group)?.kind
    }

    /// Returns the declared format of the access log in this log group.
    pub fn access_log_format(&self, log_group: &str) -> Option<&AccessLogFormat> {
        self.file.log_groups.get(log_group)?.access_log_format.as_ref()
    }

    /// Returns the fields of the flow log in this log group, in order.
    pub fn flow_fields(&self, log_group: &str) -> Option<&[String]> {
        self.file.flow_fields.get(log_group).map(Vec::as_slice)
    }

    /// Returns whether the settings file names an API.
    pub fn names_api(&self, api_id: &str) -> bool {
        self.file.apis.contains_key(api_id)
    }

    /// Returns the owner's name of an API; its id if it has none.
    pub fn api_name<'a>(&'a self, api_id: &'a str) -> &'a str {
        self.file.apis.get(api_id).map_or(api_id, String::as_str)
    }

    /// Returns the stage to count `stage` as: that of the first glob in the file that matches.
    ///
    /// `pr-17` → `preview`, with `"pr-*" = "preview"` in the file
    pub fn stage_name<'a>(&'a self, stage: &'a str) -> &'a str {
        self.file.stages.iter().find(|fold| fold.glob.matches(stage)).map_or(stage, |fold| &fold.stage)
    }
}

const NAMESPACE_RULE: &str =
    "1 to 255 printable ASCII characters, not only blanks, that do not begin with a colon or with AWS/";

/// Source: CloudWatch API Reference, PutMetricData, Namespace: pattern `[^:].*`, 1 to 255 characters; `AWS/` is
/// reserved.
fn namespace(value: &str) -> Option<String> {
    let printable = value.bytes().all(|b| (b' '..=b'~').contains(&b));
    let fits = printable && value.len() <= 255 && !value.trim().is_empty();
    (fits && !value.starts_with(':') && !value.starts_with("AWS/")).then(|| value.to_owned())
}

fn sink(value: &str) -> Option<SinkKind> {
    match value {
        "cloudwatch" => Some(SinkKind::CloudWatch),
        "emf" => Some(SinkKind::Emf),
        "stdout" => Some(SinkKind::Stdout),
        _ => None,
    }
}

fn log_level(value: &str) -> Option<LogLevel> {
    match value.to_ascii_uppercase().as_str() {
        "DEBUG" => Some(LogLevel::Debug),
        "INFO" => Some(LogLevel::Info),
        "WARN" => Some(LogLevel::Warn),
        "ERROR" => Some(LogLevel::Error),
        _ => None,
    }
}

fn lambda_log_level(value: &str) -> LogLevel {
    match value.to_ascii_uppercase().as_str() {
        "TRACE" => LogLevel::Debug,
        "FATAL" => LogLevel::Fatal,
        other => log_level(other).unwrap_or_default(),
    }
}

fn parse_bool(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn within<T: std::str::FromStr + PartialOrd>(value: &str, range: std::ops::RangeInclusive<T>) -> Option<T> {
    value.parse().ok().filter(|number| range.contains(number))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Settings with the file of this text.
    pub(crate) fn of_file(text: &str) -> Settings {
        Settings { file: SettingsFile::parse(Path::new("why5xx.toml"), text).unwrap(), ..Settings::default() }
    }

    fn page() -> String {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md")).unwrap()
    }

    fn load(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::load(&Environment::of(variables.iter().copied()))
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let settings = load(&[]).unwrap();
        assert_eq!(settings.namespace, "Why5xx");
        assert_eq!(settings.sink, SinkKind::CloudWatch);
        assert_eq!(settings.inflated_bytes_limit, 268_435_456);
        assert_eq!(settings.exemplars_per_cause, 5);
        assert!(!settings.route_metrics);
    }

    #[test]
    fn every_variable_is_read() {
        let settings = load(&[
            (NAMESPACE, "Shop/Errors"),
            (SINK, "emf"),
            (INFLATED_BYTES_LIMIT, "1048576"),
            (LOG_LEVEL, "warn"),
            (ROUTE_METRICS, "TRUE"),
            (EXEMPLARS_PER_CAUSE, "0"),
            (CANARY_LOG_GROUP, "/canary"),
            (DIMENSION_SETS_LIMIT, "7"),
            (ROUTES_LIMIT, "8"),
            (OWN_LOG_GROUP, "/aws/lambda/why5xx"),
            (FUNCTION_NAME, "why5xx-prod"),
        ])
        .unwrap();
        assert_eq!(settings.namespace, "Shop/Errors");
        assert_eq!(settings.sink, SinkKind::Emf);
        assert_eq!(settings.inflated_bytes_limit, 1 << 20);
        assert_eq!(settings.log_level, LogLevel::Warn);
        assert!(settings.route_metrics);
        assert_eq!(settings.exemplars_per_cause, 0);
        assert_eq!(settings.canary_log_group.as_deref(), Some("/canary"));
        assert_eq!(settings.dimension_sets_limit, 7);
        assert_eq!(settings.routes_limit, 8);
        assert_eq!(settings.own_log_group.as_deref(), Some("/aws/lambda/why5xx"));
        assert_eq!(settings.function_name, "why5xx-prod");
    }

    #[test]
    fn a_wrong_value_is_an_error_that_names_variable_value_and_what_is_allowed() {
        let rows = [
            (SINK, "kafka", "WHY5XX_SINK is \"kafka\"; allowed: cloudwatch, emf or stdout"),
            (ROUTE_METRICS, "yes", "WHY5XX_ROUTE_METRICS is \"yes\"; allowed: true or false"),
            (EXEMPLARS_PER_CAUSE, "-1", "WHY5XX_EXEMPLARS_PER_CAUSE is \"-1\"; allowed: a whole number from 0 to 100"),
            (LOG_LEVEL, "loud", "WHY5XX_LOG_LEVEL is \"loud\"; allowed: DEBUG, INFO, WARN or ERROR"),
            (
                INFLATED_BYTES_LIMIT,
                "256MB",
                "WHY5XX_INFLATED_BYTES_LIMIT is \"256MB\"; allowed: a whole number of bytes from 1048576 to 4294967296",
            ),
        ];
        for (variable, value, message) in rows {
            assert_eq!(load(&[(variable, value)]).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_namespace_that_cloudwatch_refuses_is_refused_at_start() {
        for value in ["AWS/Lambda", ":a", "  ", "Größe", "a\tb", &"x".repeat(256)] {
            assert!(load(&[(NAMESPACE, value)]).is_err(), "{value:?}");
        }
        assert!(load(&[(NAMESPACE, &"x".repeat(255))]).is_ok());
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        assert_eq!(load(&[(SINK, ""), (NAMESPACE, "")]).unwrap().namespace, "Why5xx");
    }

    #[test]
    fn a_level_that_only_lambda_knows_is_no_error() {
        assert_eq!(load(&[(LAMBDA_LOG_LEVEL, "TRACE")]).unwrap().log_level, LogLevel::Debug);
        assert_eq!(load(&[(LAMBDA_LOG_LEVEL, "FATAL")]).unwrap().log_level, LogLevel::Fatal);
    }

    #[test]
    fn a_settings_file_that_is_named_must_exist() {
        let error = load(&[(SETTINGS, "/nowhere/why5xx.toml")]).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/why5xx.toml: cannot be read: "), "{error}");
    }

    #[cfg(feature = "function")]
    #[test]
    fn every_variable_is_on_the_page_of_the_settings() {
        let page = page();
        for variable in [
            NAMESPACE,
            SINK,
            SETTINGS,
            RULES,
            INFLATED_BYTES_LIMIT,
            LOG_LEVEL,
            ROUTE_METRICS,
            ROUTES_LIMIT,
            EXEMPLARS_PER_CAUSE,
            CANARY_LOG_GROUP,
            DIMENSION_SETS_LIMIT,
            TOPIC_ARNS,
            DASHBOARD_URL,
            RUNBOOK_URL,
        ] {
            assert!(page.contains(&format!("| `{variable}` |")), "{variable}");
        }
    }

    #[test]
    fn the_defaults_on_the_page_are_the_program_s() {
        let page = page();
        let settings = Settings::load(&Environment::default()).unwrap();
        for (variable, default) in [
            (INFLATED_BYTES_LIMIT, settings.inflated_bytes_limit),
            (ROUTES_LIMIT, settings.routes_limit as u64),
            (DIMENSION_SETS_LIMIT, settings.dimension_sets_limit as u64),
            (EXEMPLARS_PER_CAUSE, settings.exemplars_per_cause as u64),
        ] {
            assert!(page.contains(&format!("| `{variable}` | {default} |")), "{variable}: {default}");
        }
    }
}
