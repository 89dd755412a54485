//! The fix of a finding: commands to paste, and the same as a line of CloudFormation.

use crate::log_kind::LogKind;
use serde_json::{Map, Value, json};

use super::facts::{AccountFacts, ApiKind, Level, LogDelivery, LogSetting, Stack, Stage};
use super::pattern::default_pattern;
use super::shell::{AwsCommand, quoted};

/// Days for which a log group keeps log events, where one is advised.
const RETENTION_DAYS: &str = "30";

/// Admits API Gateway to a role.
const TRUST: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"}}],"Version":"2012-10-17"}"#;

/// Remark on commands that change nothing.
const ONLY_LOOKS: &str = "this only looks";

/// Fix of a finding: commands, and the same in CloudFormation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Lines of a shell, in order.
    pub commands: Vec<String>,
    /// Warning before the commands, so that a script does not run them; empty if there is nothing to know.
    pub note: &'static str,
    /// The types of resources, each with a property or a resource in YAML, or with what to change in words.
    pub cloudformation: Vec<(&'static str, String)>,
}

impl Fix {
    #[inline(never)]
    fn new(commands: Vec<String>, resource: &'static str, cloudformation: String) -> Self {
        Self { commands, note: "", cloudformation: vec![(resource, cloudformation)] }
    }

    /// A fix in words.
    pub(super) fn words(words: String) -> Self {
        Self::new(Vec::new(), "AWS::CloudFormation::Stack", words)
    }

    /// Says what to know first.
    pub(super) fn noted(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// Adds what has to be done after it.
    pub(super) fn then(mut self, next: Self) -> Self {
        self.commands.extend(next.commands);
        self.cloudformation.extend(next.cloudformation);
        if self.note.is_empty() {
            self.note = next.note;
        }
        self
    }
}

/// Runs a second command if the first one fails.
fn either(first: &str, second: &str) -> String {
    format!("{{ {first} || {second}; }}")
}

/// Returns whether a format keeps what another one writes.
fn keeps_fields(new: &str, old: &str) -> bool {
    new.starts_with(old.trim_end().trim_end_matches('}').trim_end())
}

/// A property in YAML; JSON is YAML.
#[inline(never)]
fn property(name: &str, value: &Value) -> String {
    format!("{name}: {value}")
}

#[inline(never)]
fn resource(name: &str, of: &'static str, properties: &Value) -> String {
    property(name, &json!({ "Type": of, "Properties": properties }))
}

/// Returns an object. Each `collect` into one would bring a copy of the standard library's sort, 7 KB of the program.
fn object(fields: impl Iterator<Item = (String, Value)>) -> Value {
    let mut object = Map::new();
    object.extend(fields);
    Value::Object(object)
}

/// Returns an object of texts. Each `json!` of one would be half a kilobyte of the function's program.
#[inline(never)]
fn texts(fields: &[(&str, &str)]) -> Value {
    object(fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))))
}

/// Returns an operation of a patch.
fn replace(path: &str, value: &str) -> Value {
    texts(&[("op", "replace"), ("path", path), ("value", value)])
}

impl AccountFacts {
    /// Returns the ARN of a log group.
    #[inline(never)]
    pub(super) fn arn_of(&self, log_group: &str) -> String {
        format!("arn:{}:logs:{}:{}:log-group:{log_group}", self.partition, self.region, self.account_or_word())
    }

    fn account_or_word(&self) -> &str {
        if self.account.is_empty() { "ACCOUNT_ID" } else { &self.account }
    }

    #[inline(never)]
    fn aws(&self, operation: &str) -> AwsCommand {
        self.with_profile(AwsCommand::new(operation, &self.region))
    }

    fn with_profile(&self, command: AwsCommand) -> AwsCommand {
        match &self.profile {
            Some(profile) => command.with("profile", profile),
            None => command,
        }
    }

    #[inline(never)]
    fn update_stage(&self, stage: &Stage) -> AwsCommand {
        match stage.kind {
            ApiKind::Rest => {
                self.aws("apigateway update-stage").with("rest-api-id", &stage.api_id).with("stage-name", &stage.name)
            }
            ApiKind::Http | ApiKind::WebSocket => {
                self.aws("apigatewayv2 update-stage").with("api-id", &stage.api_id).with("stage-name", &stage.name)
            }
        }
    }

    /// Sets a level where it is lower, and switches data trace off.
    #[inline(never)]
    pub(super) fn set_level(&self, stage: &Stage, level: Level) -> Fix {
        let mut settings: Vec<LogSetting> = stage.settings.clone();
        settings.retain(|setting| setting.level < level || setting.data_trace);
        let name = |setting: &LogSetting| setting.level.max(level).name();
        if stage.kind == ApiKind::WebSocket {
            let value = |setting: &LogSetting| {
                let mut value = json!({ "DataTraceEnabled": false, "LoggingLevel": name(setting) });
                for (name, other) in &setting.others {
                    value[name] = other.clone();
                }
                value
            };
            let (of_stage, of_routes): (Vec<_>, Vec<_>) = settings.iter().partition(|setting| setting.key == "*");
            let mut fix = Fix { commands: Vec::new(), note: "", cloudformation: Vec::new() };
            if let Some(setting) = of_stage.first() {
                let value = value(setting);
                let command = self.update_stage(stage).with("default-route-settings", &value.to_string()).end();
                let line = property("DefaultRouteSettings", &value);
                fix = fix.then(Fix::new(vec![command], "AWS::ApiGatewayV2::Stage", line));
            }
            if !of_routes.is_empty() {
                let of_routes = of_routes.iter().map(|setting| (setting.key.clone(), value(setting)));
                let value = object(of_routes);
                let command = self.update_stage(stage).with("route-settings", &value.to_string()).end();
                fix = fix.then(Fix::new(vec![command], "AWS::ApiGatewayV2::Stage", property("RouteSettings", &value)));
            }
            return fix;
        }
        let mut patch = Vec::new();
        for setting in &settings {
            let path = format!("/{}/logging", setting.key);
            if setting.level < level {
                patch.push(replace(&format!("{path}/loglevel"), name(setting)));
            }
            if setting.data_trace {
                patch.push(replace(&format!("{path}/dataTrace"), "false"));
            }
        }
        let method = |setting: &LogSetting| {
            let (path, method) = setting.key.rsplit_once('/').unwrap_or((&setting.key, "*"));
            let path = if path == "*" { "/*".to_owned() } else { path.replace("~1", "/") };
            let mut method = texts(&[("ResourcePath", &path), ("HttpMethod", method), ("LoggingLevel", name(setting))]);
            method["DataTraceEnabled"] = false.into();
            method
        };
        let command = self.update_stage(stage).with("patch-operations", &Value::Array(patch).to_string()).end();
        let methods: Vec<Value> = settings.iter().map(method).collect();
        Fix::new(vec![command], "AWS::ApiGateway::Stage", property("MethodSettings", &methods.into()))
    }

    /// Sets destination and format of an access log.
    #[inline(never)]
    pub(super) fn set_access_log(&self, stage: &Stage, destination: &str, format: &str) -> Fix {
        let settings = texts(&[("DestinationArn", destination), ("Format", format)]);
        let note = match &stage.access_log {
            Some(log) if log.destination != destination => {
                "a stage has one access log: its lines no longer go where they go now"
            }
            Some(log) if !keeps_fields(format, &log.format) => {
                "this replaces the format: whatever else reads these lines has to know the new one"
            }
            _ => "",
        };
        if stage.kind == ApiKind::Rest {
            let patch = Value::Array(vec![
                replace("/accessLogSettings/destinationArn", destination),
                replace("/accessLogSettings/format", format),
            ]);
            let command = self.update_stage(stage).with("patch-operations", &patch.to_string()).end();
            let line = property("AccessLogSetting", &settings);
            return Fix::new(vec![command], "AWS::ApiGateway::Stage", line).noted(note);
        }
        let command = self.update_stage(stage).with("access-log-settings", &settings.to_string()).end();
        Fix::new(vec![command], "AWS::ApiGatewayV2::Stage", property("AccessLogSettings", &settings)).noted(note)
    }

    /// Creates a log group, unless it is there: two stages may get one together.
    #[inline(never)]
    pub(super) fn create_log_group(&self, log_group: &str) -> Fix {
        let create = self.aws("logs create-log-group").with("log-group-name", log_group).end();
        let look = self.aws("logs describe-log-streams").with("log-group-name", log_group).with("limit", "1").end();
        Fix::new(
            vec![either(&create, &look)],
            "AWS::Logs::LogGroup",
            resource("ApiLog", "AWS::Logs::LogGroup", &texts(&[("LogGroupName", log_group)])),
        )
    }

    /// Subscribes a reader, a stack's name and what it is fed by, to a log group.
    #[inline(never)]
    pub(super) fn subscribe(&self, (stack, destination): (&str, &str), log_group: &str, kind: LogKind) -> Fix {
        self.put_filter(log_group, &format!("{stack}/{}", kind.word()), kind, destination)
    }

    /// Writes a subscription filter, with the pattern of this version.
    #[inline(never)]
    pub(super) fn put_filter(&self, log_group: &str, name: &str, kind: LogKind, destination: &str) -> Fix {
        let pattern = default_pattern(kind).unwrap_or_default();
        let command = self
            .aws("logs put-subscription-filter")
            .with("log-group-name", log_group)
            .with("filter-name", name)
            .with("filter-pattern", &pattern)
            .with("destination-arn", destination);
        let properties = texts(&[
            ("LogGroupName", log_group),
            ("FilterName", name),
            ("FilterPattern", &pattern),
            ("DestinationArn", destination),
        ]);
        let of = "AWS::Logs::SubscriptionFilter";
        Fix::new(vec![command.end()], of, resource("Why5xxSubscription", of, &properties))
    }

    #[inline(never)]
    pub(super) fn delete_filter(&self, log_group: &str, name: &str) -> Fix {
        let command = self.aws("logs delete-subscription-filter").with("log-group-name", log_group);
        let words = format!("take the filter {} of {} away, or the log group out of the stack's list", name, log_group);
        Fix::new(vec![command.with("filter-name", name).end()], "AWS::Logs::SubscriptionFilter", words)
            .noted("this takes a filter away: see first that nothing needs what it feeds")
    }

    /// Has an account-level subscription spare a log group.
    pub(super) fn spare(&self, log_group: &str, policy: &str) -> Fix {
        let words = format!("SelectionCriteria of the policy {policy}: add {log_group} to LogGroupName NOT IN [...]");
        self.look_at_policy(policy, words)
    }

    /// Shows an account-level subscription, to change it: whoever owns it has to keep the rest of it.
    #[inline(never)]
    pub(super) fn look_at_policy(&self, policy: &str, words: String) -> Fix {
        let command = self.aws("logs describe-account-policies").with("policy-type", "SUBSCRIPTION_FILTER_POLICY");
        Fix::new(vec![command.with("policy-name", policy).end()], "AWS::Logs::AccountPolicy", words).noted(ONLY_LOOKS)
    }

    pub(super) fn set_retention(&self, log_groups: &[&str]) -> Fix {
        let command = |log_group: &&str| {
            let command = self.aws("logs put-retention-policy").with("log-group-name", log_group);
            command.with("retention-in-days", RETENTION_DAYS).end()
        };
        let commands = log_groups.iter().map(command).collect();
        Fix::new(commands, "AWS::Logs::LogGroup", format!("RetentionInDays: {RETENTION_DAYS}"))
            .noted("this deletes all log events that are older, for good")
    }

    /// Gives API Gateway a role that may write logs.
    #[inline(never)]
    pub(super) fn set_log_role(&self) -> Fix {
        let role = "why5xx-api-logs";
        let arn = format!("arn:{}:iam::{}:role/{role}", self.partition, self.account_or_word());
        let policy =
            format!("arn:{}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs", self.partition);
        let patch = Value::Array(vec![replace("/cloudwatchRoleArn", &arn)]);
        // IAM has one list for all Regions, so another one may have made it.
        let look = format!("{} >/dev/null 2>&1", self.aws("iam get-role").with("role-name", role).end());
        let create = self.aws("iam create-role").with("role-name", role);
        let create = create.with("assume-role-policy-document", TRUST).end();
        Fix::new(
            vec![
                either(&look, &create),
                self.aws("iam attach-role-policy").with("role-name", role).with("policy-arn", &policy).end(),
                // IAM takes some seconds until a new role can be used everywhere.
                "sleep 15".to_owned(),
                self.aws("apigateway update-account").with("patch-operations", &patch.to_string()).end(),
            ],
            "AWS::ApiGateway::Account",
            resource("ApiGatewayAccount", "AWS::ApiGateway::Account", &texts(&[("CloudWatchRoleArn", &arn)])),
        )
    }

    /// Has an execution-log delivery hold the lines themselves.
    pub(super) fn deliver_payload(&self, delivery: &LogDelivery) -> Fix {
        let fields: Vec<&str> = delivery.fields.iter().map(String::as_str).chain(["payload"]).collect();
        let command = self.aws("logs update-delivery-configuration").with("id", &delivery.id);
        let command = command.with("record-fields", &json!(fields).to_string()).end();
        Fix::new(vec![command], "AWS::Logs::Delivery", property("RecordFields", &json!(fields)))
    }

    /// Delivers an execution log to a log group, too.
    pub(super) fn deliver_to_log_group(&self, delivery: &LogDelivery, log_group: &str) -> Fix {
        let name = format!("why5xx-{}-{}", delivery.api_id, delivery.stage);
        let target = texts(&[("destinationResourceArn", &self.arn_of(log_group))]);
        let arn = format!(
            "arn:{}:logs:{}:{}:delivery-destination:{name}",
            self.partition,
            self.region,
            self.account_or_word()
        );
        let destination = self.aws("logs put-delivery-destination").with("name", &name).with("output-format", "json");
        let delivers = self.aws("logs create-delivery").with("delivery-source-name", &delivery.source);
        let properties = texts(&[("DeliverySourceName", &delivery.source), ("DeliveryDestinationArn", &arn)]);
        let of = "AWS::Logs::Delivery";
        let mut fix = self.create_log_group(log_group);
        fix.commands.push(destination.with("delivery-destination-configuration", &target.to_string()).end());
        fix.commands.push(delivers.with("delivery-destination-arn", &arn).end());
        Fix::new(fix.commands, of, resource("ExecutionLogDelivery", of, &properties))
    }

    pub(super) fn delete_extraction_policy(&self, name: &str) -> Fix {
        let command = self.aws("logs delete-account-policy").with("policy-name", name);
        let words = "take the policy of the type METRIC_EXTRACTION_POLICY away".to_owned();
        Fix::new(vec![command.with("policy-type", "METRIC_EXTRACTION_POLICY").end()], "AWS::Logs::AccountPolicy", words)
            .noted(
                "it holds for every log group and may be another team's: have it spare /why5xx/ and the stack instead",
            )
    }

    pub(super) fn enable_rule(&self, name: &str) -> Fix {
        Fix::new(
            vec![self.aws("events enable-rule").with("name", name).end()],
            "AWS::Events::Rule",
            "State: ENABLED".to_owned(),
        )
    }

    /// Shows what the function of a stack says of itself.
    pub(super) fn show_own_log(&self, stack: &Stack) -> Fix {
        let command =
            self.aws(&format!("logs tail {}", quoted(&format!("/why5xx/{}", stack.name)))).with("since", "1h");
        let words =
            "nothing to change before the log says why; docs/operating.md, \"How to know that it is blind\"".to_owned();
        Fix::new(vec![command.end()], "AWS::Logs::LogGroup", words).noted(ONLY_LOOKS)
    }

    /// Counts a stage's failures of the last day, from its log group.
    pub(super) fn replay(&self, log_group: &str) -> Fix {
        let command = AwsCommand::other("why5xx replay", &self.region).with("since", "1d").with("log-group", log_group);
        let words = "nothing to change before it is known what the log lacks; docs/no-log.md".to_owned();
        Fix::new(vec![self.with_profile(command).end()], "AWS::ApiGateway::Stage", words).noted(ONLY_LOOKS)
    }

    /// Deploys a stack again, with these parameters; what is not named stays.
    pub(super) fn deploy_again(&self, stack: &str, parameters: &[(&str, &str)]) -> Fix {
        self.deploy(stack, parameters).noted(
            "deploy it again the way it was deployed: Terraform, CDK and a pipeline undo what sam does; with sam",
        )
    }

    /// Deploys a stack with sam.
    #[inline(never)]
    pub(super) fn deploy(&self, stack: &str, parameters: &[(&str, &str)]) -> Fix {
        let command = AwsCommand::other("sam build && sam deploy", &self.region).with("stack-name", stack);
        let mut command = self.with_profile(command).end();
        command.push_str(" --resolve-s3 --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND");
        let words: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}: {}", json!(value))).collect();
        if parameters.is_empty() {
            let words = "the template of this version, with the parameters as they are".to_owned();
            return Fix::new(vec![command], "AWS::CloudFormation::Stack", words);
        }
        command.push_str(" --parameter-overrides");
        for (name, value) in parameters {
            command.push_str(&format!(" {}", quoted(&format!("{name}={value}"))));
        }
        Fix::new(vec![command], "AWS::CloudFormation::Stack", format!("Parameters: {{{}}}", words.join(", ")))
    }
}
