//! Settings of the function that sends messages about alarms.

use super::environment::wrong;
use super::{Aws, DASHBOARD_URL, Environment, RUNBOOK_URL, Settings, SettingsError, TOPIC_ARNS};
use crate::signed::endpoint;
use crate::signed::service::Service;

/// Endpoint of SNS instead of the Region's own.
const ENDPOINT_URL_SNS: &str = "AWS_ENDPOINT_URL_SNS";

/// Addresses that each message ends with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The dashboard.
    pub dashboard: Option<String>,
    /// The log of the function, which holds the exemplars.
    pub logs: Option<String>,
    /// The runbook, or another text about it.
    pub runbook: Option<String>,
}

/// Settings of the function that sends messages about alarms.
#[derive(Debug, Clone)]
pub struct NotifySettings {
    /// Topics that each message goes to.
    pub topics: Vec<String>,
    /// Namespace of the metrics.
    pub namespace: String,
    /// Log group with the exemplars: that of this function, which the counting one shares.
    pub log_group: Option<String>,
    /// Addresses that each message ends with.
    pub links: Links,
    /// Credentials, Region and proxies.
    pub aws: Aws,
    /// Endpoint of CloudWatch.
    pub monitoring_url: String,
    /// Endpoint of CloudWatch Logs.
    pub logs_url: String,
    /// Endpoint of SNS.
    pub sns_url: String,
}

impl NotifySettings {
    /// Reads the variables. `settings` has those that both functions know.
    ///
    /// # Errors
    ///
    /// If no topic is named, or one is not an ARN of SNS; or if credentials or Region are missing. A retry does not help.
    pub fn load(environment: &Environment, settings: &Settings) -> Result<Self, SettingsError> {
        let purpose = "the topics that messages about alarms go to";
        let value = environment.value(TOPIC_ARNS)?.ok_or(SettingsError::Missing { variable: TOPIC_ARNS, purpose })?;
        let topics: Vec<String> =
            value.split(',').map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect();
        if topics.is_empty() || !topics.iter().all(|topic| is_topic(topic)) {
            return Err(wrong(TOPIC_ARNS, &value, "ARNs of SNS topics, separated by commas"));
        }
        let aws = Aws::load(environment)?;
        let url = |named: Option<String>, service: &str| {
            let url = named.unwrap_or_else(|| endpoint(service, &aws.region, aws.use_fips));
            format!("{}/", url.trim_end_matches('/'))
        };
        let dashboard = environment.value(DASHBOARD_URL)?;
        let log_group = settings.own_log_group.clone();
        let logs = dashboard.as_deref().zip(log_group.as_deref()).and_then(|(url, group)| logs_link(url, group));
        Ok(Self {
            topics,
            namespace: settings.namespace.clone(),
            links: Links { dashboard, logs, runbook: environment.value(RUNBOOK_URL)? },
            log_group,
            monitoring_url: url(aws.endpoint_url.clone(), Service::CloudWatch.prefix()),
            logs_url: url(Aws::endpoint_of(environment, Service::Logs.endpoint_variable())?, Service::Logs.prefix()),
            sns_url: url(Aws::endpoint_of(environment, ENDPOINT_URL_SNS)?, "sns"),
            aws,
        })
    }
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "sns", _, _, name] if !name.is_empty())
        && arn.bytes().all(|b| b.is_ascii_graphic())
}

/// Returns the address of the exemplars in a log group, in the console that shows the dashboard.
///
/// The console encodes twice, with `$` for the second `%`: `/` becomes `$252F`.
fn logs_link(dashboard: &str, log_group: &str) -> Option<String> {
    let (console, _) = dashboard.split_once('#')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let encode = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("$25{b:02X}") };
    let name: String = log_group.bytes().map(encode).collect();
    Some(format!("{console}#logsV2:log-groups/log-group/{name}/log-events$3FfilterPattern$3Dexemplar"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [(&str, &str); 3] =
        [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "planted-key"), ("AWS_REGION", "eu-west-1")];
    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";

    fn load(more: &[(&str, &str)]) -> Result<NotifySettings, SettingsError> {
        let environment = Environment::of(KEYS.iter().chain(more).copied());
        NotifySettings::load(&environment, &Settings::load_with(&environment, None)?)
    }

    #[test]
    fn each_service_has_its_endpoint() {
        let settings = load(&[(TOPIC_ARNS, TOPIC), (ENDPOINT_URL_SNS, "http://127.0.0.1:1")]).unwrap();
        assert_eq!(settings.monitoring_url, "https://monitoring.eu-west-1.amazonaws.com/");
        assert_eq!(settings.logs_url, "https://logs.eu-west-1.amazonaws.com/");
        assert_eq!(settings.sns_url, "http://127.0.0.1:1/");
    }

    #[test]
    fn no_topic_or_another_arn_is_an_error() {
        assert!(load(&[]).unwrap_err().to_string().starts_with("WHY5XX_TOPIC_ARNS is not set"));
        for topics in [",", "alarms", "arn:aws:sqs:eu-west-1:111122223333:alarms", "arn:aws:sns:a:b:"] {
            assert!(load(&[(TOPIC_ARNS, topics)]).is_err(), "{topics}");
        }
        assert_eq!(load(&[(TOPIC_ARNS, &format!("{TOPIC}, {TOPIC}2"))]).unwrap().topics.len(), 2);
    }

    #[test]
    fn the_log_is_in_the_console_of_the_dashboard() {
        let dashboard = "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/why5xx";
        let more = [(TOPIC_ARNS, TOPIC), (DASHBOARD_URL, dashboard), ("AWS_LAMBDA_LOG_GROUP_NAME", "/why5xx/prod")];
        assert_eq!(
            load(&more).unwrap().links.logs.unwrap(),
            "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fwhy5xx$252Fprod\
             /log-events$3FfilterPattern$3Dexemplar"
        );
    }

    #[test]
    fn the_handler_decides_what_the_program_does() {
        use super::super::{HANDLER, Handler};
        let of = |value| Handler::of(&Environment::of([(HANDLER, value)])).unwrap();
        assert_eq!([of("notify"), of("survey")], [Handler::Notify, Handler::Survey]);
        assert_eq!([of("bootstrap"), of("")], [Handler::Count, Handler::Count]);
    }
}
