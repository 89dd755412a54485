//! Reads the facts. Every call only reads; [`CALLS`] lists them with their permissions.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answers::{self, Page};
use super::facts::{
    AccessLog, Alarm, ApiKind, Delivery, ExtractionPolicy, Facts, Filter, Function, Level, LogGroup, LogSetting,
    NotLookedAt, Rule, Share, Stack, Stage,
};
use crate::failure::Metric;
use crate::publish::CANARY;
use crate::settings::{NAMESPACE, Settings};
use crate::signed::client::{Call, CallError, Client, is_denied};
use crate::signed::service::Service;

/// Every call, with the resource of its permission below `arn:PARTITION:SERVICE:REGION:ACCOUNT:`; None for `*`.
pub const CALLS: &[(Call, &[&str])] = &[
    (GET_API, &["/restapis", "/restapis/*", "/apis", "/apis/*", "/account"]),
    (DESCRIBE_LOG_GROUPS, &[]),
    (DESCRIBE_SUBSCRIPTION_FILTERS, &[]),
    (DESCRIBE_DELIVERY_SOURCES, &[]),
    (DESCRIBE_DELIVERIES, &[]),
    (DESCRIBE_DELIVERY_DESTINATIONS, &[]),
    (DESCRIBE_ACCOUNT_POLICIES, &[]),
    (DESCRIBE_ALARMS, &[]),
    (GET_METRIC_DATA, &[]),
    (LIST_RULES, &[]),
    (GET_FUNCTION, &[]),
];

const GET_API: Call = Call::Get(Service::ApiGateway, "GET");
const GET_FUNCTION: Call = Call::Get(Service::Lambda, "GetFunctionConfiguration");
const DESCRIBE_LOG_GROUPS: Call = Call::Action(Service::Logs, "DescribeLogGroups");
const DESCRIBE_SUBSCRIPTION_FILTERS: Call = Call::Action(Service::Logs, "DescribeSubscriptionFilters");
const DESCRIBE_DELIVERY_SOURCES: Call = Call::Action(Service::Logs, "DescribeDeliverySources");
const DESCRIBE_DELIVERIES: Call = Call::Action(Service::Logs, "DescribeDeliveries");
const DESCRIBE_DELIVERY_DESTINATIONS: Call = Call::Action(Service::Logs, "DescribeDeliveryDestinations");
const DESCRIBE_ACCOUNT_POLICIES: Call = Call::Action(Service::Logs, "DescribeAccountPolicies");
const DESCRIBE_ALARMS: Call = Call::Action(Service::CloudWatch, "DescribeAlarms");
const GET_METRIC_DATA: Call = Call::Action(Service::CloudWatch, "GetMetricData");
const LIST_RULES: Call = Call::Action(Service::Events, "ListRules");

/// Span of the share, in seconds, and of the canary.
const DAY: i64 = 24 * 3_600;
const HALF_HOUR: i64 = 1_800;

/// Seconds before now that are left out of the share: our counts come up to some minutes late.
const LATE: i64 = 600;

/// Seconds of a value of a metric.
const PERIOD: i64 = 300;

/// Most queries of one call: a day of values of each stays below the 100,800 data points of an answer.
const MOST_QUERIES: usize = 300;

/// Most pages of one list; our own limit, against a token that never ends.
const MOST_PAGES: usize = 1_000;

/// What reads the facts.
struct Reader<'c> {
    client: &'c mut Client,
    not_looked_at: Vec<NotLookedAt>,
    /// Services that gave no answer are not asked again.
    silent: Vec<(Service, String)>,
    progress: &'c mut dyn FnMut(&str),
}

/// What a call led to.
enum Answer<T> {
    Here(T),
    /// What it asks for is not there.
    Gone,
    /// It is unknown, and said so.
    Unknown,
}

impl<T> Answer<T> {
    /// Returns the answer; the default where nothing is there, None where it is unknown.
    fn or_default(self) -> Option<T>
    where
        T: Default,
    {
        match self {
            Self::Here(answer) => Some(answer),
            Self::Gone => Some(T::default()),
            Self::Unknown => None,
        }
    }
}

/// Why a survey has no result, in a sentence that says what to do.
#[derive(Debug)]
pub struct Ended(pub String);

/// Whose account it is.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// `aws`, `aws-cn` and so on; empty where that is not known.
    pub partition: String,
    /// The account's id; empty where that is not known.
    pub account: String,
}

/// Reads all of it. `progress` gets the name of what is read next.
///
/// # Errors
///
/// If the credentials are refused, or no API could be looked at.
pub fn facts(client: &mut Client, owner: Owner, progress: &mut dyn FnMut(&str)) -> Result<Facts, Ended> {
    let region = client.session.region.clone();
    let partition = if owner.partition.is_empty() { partition_of(&region).to_owned() } else { owner.partition };
    let mut reader = Reader { client, not_looked_at: Vec::new(), silent: Vec::new(), progress };
    let mut facts = Facts { region, partition, account: owner.account, ..Facts::default() };
    facts.stages = reader.stages()?;
    if facts.stages.is_empty()
        && let Some(first) = reader.not_looked_at.first()
    {
        return Err(Ended(format!("no API could be looked at: {}", first.why)));
    }
    let needs_role = facts.stages.iter().any(|stage| stage.kind != ApiKind::Http);
    if needs_role {
        let account = reader.get::<answers::Account>(GET_API, "/account", "the role of API Gateway for logs")?;
        facts.log_role = account.or_default().map(|account| account.cloudwatch_role_arn.unwrap_or_default());
    }
    facts.deliveries = reader.deliveries()?;
    facts.log_groups = reader.log_groups(&facts)?;
    facts.stacks = reader.stacks(&facts)?;
    facts.missing_functions = reader.functions(&mut facts)?;
    facts.rules = reader.rules()?;
    facts.extraction_policies = reader.extraction_policies()?;
    reader.counts(&mut facts)?;
    facts.not_looked_at = mem::take(&mut reader.not_looked_at);
    Ok(facts)
}

/// Returns the partition of a Region, where no ARN shows it.
fn partition_of(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

impl Reader<'_> {
    /// Makes a call. What cannot be looked at is noted; `what` names it.
    fn get<T: DeserializeOwned>(&mut self, call: Call, body: &str, what: &str) -> Result<Answer<T>, Ended> {
        let service = call.service();
        if let Some((_, why)) = self.silent.iter().find(|(silent, _)| *silent == service) {
            let why = why.clone();
            self.note(what, None, why);
            return Ok(Answer::Unknown);
        }
        (self.progress)(what);
        let error = match self.client.call(call, body) {
            Ok(answer) => match serde_json::from_slice(&answer) {
                Ok(answer) => return Ok(Answer::Here(answer)),
                Err(error) => CallError::NoAnswer(format!("an answer that cannot be read: {error}")),
            },
            Err(error) => error,
        };
        let why = self.client.sentence(&error, call, "*");
        match error {
            CallError::Stopped | CallError::Credentials { .. } => return Err(Ended(why)),
            CallError::Refused { code, .. } if matches!(&*code, "NotFoundException" | "ResourceNotFoundException") => {
                return Ok(Answer::Gone);
            }
            CallError::Refused { code, .. } => self.note(what, is_denied(&code).then(|| call.permission()), why),
            CallError::NoAnswer(_) | CallError::Throttled => {
                self.silent.push((service, why.clone()));
                self.note(what, None, why);
            }
        }
        Ok(Answer::Unknown)
    }

    fn note(&mut self, what: &str, needs: Option<String>, why: String) {
        let same = self.not_looked_at.iter_mut().find(|note| note.what == what && note.why == why);
        match same {
            Some(note) => note.times += 1,
            None => self.not_looked_at.push(NotLookedAt { what: what.to_owned(), needs, why, times: 1 }),
        }
    }

    /// Makes a call for each page of a list. `body` makes it, from the token of the page.
    fn list<P: Page + DeserializeOwned>(
        &mut self,
        call: Call,
        what: &str,
        body: impl Fn(Option<&str>) -> String,
    ) -> Result<Answer<Vec<P::Item>>, Ended> {
        let (mut items, mut token) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page: P = match self.get(call, &body(token.as_deref()), what)? {
                Answer::Here(page) => page,
                Answer::Gone => return Ok(Answer::Gone),
                Answer::Unknown => return Ok(Answer::Unknown),
            };
            let (more, next) = page.take();
            items.extend(more);
            if next.is_none() || next == token {
                return Ok(Answer::Here(items));
            }
            token = next;
        }
        self.note(what, None, format!("the list has more than {MOST_PAGES} pages"));
        Ok(Answer::Unknown)
    }

    /// Lists with an action of JSON.
    fn list_json<P: Page + DeserializeOwned>(
        &mut self,
        call: Call,
        what: &str,
        body: &Value,
    ) -> Result<Answer<Vec<P::Item>>, Ended> {
        let token_name = if matches!(call.service(), Service::Logs) { "nextToken" } else { "NextToken" };
        self.list::<P>(call, what, |token| {
            let mut body = body.clone();
            if let Some(token) = token {
                body[token_name] = token.into();
            }
            body.to_string()
        })
    }

    fn stages(&mut self) -> Result<Vec<Stage>, Ended> {
        let mut stages = Vec::new();
        let apis = self
            .list::<answers::RestApis>(GET_API, "REST APIs", |token| path("/restapis?limit=500", "position", token))?;
        for api in apis.or_default().unwrap_or_default() {
            let list = format!("/restapis/{}/stages", encoded(&api.id));
            let of_api = self.list::<answers::RestStages>(GET_API, "stages of REST APIs", |token| match token {
                None => list.clone(),
                token => path(&format!("{list}?"), "position", token),
            })?;
            stages.extend(of_api.or_default().unwrap_or_default().into_iter().map(|stage| rest(&api, stage)));
        }
        let apis = self.list::<answers::Apis>(GET_API, "HTTP and WebSocket APIs", |token| {
            path("/v2/apis?maxResults=100", "nextToken", token)
        })?;
        for api in apis.or_default().unwrap_or_default() {
            let list = format!("/v2/apis/{}/stages?maxResults=100", encoded(&api.api_id));
            let what = "stages of HTTP and WebSocket APIs";
            let of_api = self.list::<answers::ApiStages>(GET_API, what, |token| path(&list, "nextToken", token))?;
            stages.extend(of_api.or_default().unwrap_or_default().into_iter().map(|stage| v2(&api, stage)));
        }
        Ok(stages)
    }

    fn deliveries(&mut self) -> Result<Option<Vec<Delivery>>, Ended> {
        let what = "deliveries of execution logs";
        let body = json!({ "limit": 50 });
        let sources = self.list_json::<answers::DeliverySources>(DESCRIBE_DELIVERY_SOURCES, what, &body)?;
        let Some(sources) = sources.or_default() else { return Ok(None) };
        let sources: Vec<_> = sources
            .into_iter()
            .filter(|source| source.log_type == "EXECUTION_LOGS" && source.status.as_deref() != Some("INACTIVE"))
            .collect();
        if sources.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let deliveries = self.list_json::<answers::Deliveries>(DESCRIBE_DELIVERIES, what, &body)?.or_default();
        let destinations =
            self.list_json::<answers::DeliveryDestinations>(DESCRIBE_DELIVERY_DESTINATIONS, what, &body)?.or_default();
        let (Some(deliveries), Some(destinations)) = (deliveries, destinations) else { return Ok(None) };
        let mut found = Vec::new();
        for source in &sources {
            let stages = source.resource_arns.iter().filter_map(|arn| {
                let (api_id, stage) = arn.split_once("/restapis/")?.1.split_once("/stages/")?;
                Some((api_id.to_owned(), stage.to_owned()))
            });
            for (api_id, stage) in stages {
                for delivery in deliveries.iter().filter(|delivery| delivery.delivery_source_name == source.name) {
                    let arn = destinations
                        .iter()
                        .find(|destination| destination.arn == delivery.delivery_destination_arn)
                        .and_then(|destination| destination.delivery_destination_configuration.as_ref())
                        .map_or("", |destination| &destination.destination_resource_arn);
                    found.push(Delivery {
                        api_id: api_id.clone(),
                        stage: stage.clone(),
                        log_group: super::facts::log_group_of_arn(arn).map(str::to_owned),
                        id: delivery.id.clone(),
                        source: source.name.clone(),
                        fields: delivery.record_fields.clone(),
                    });
                }
            }
        }
        Ok(Some(found))
    }

    /// Reads the log groups of stages, and ours.
    fn log_groups(&mut self, facts: &Facts) -> Result<Option<BTreeMap<String, LogGroup>>, Ended> {
        let mut names = BTreeSet::new();
        for stage in &facts.stages {
            names.extend(stage.managed_log_group());
            names.extend(facts.logs_of(stage).into_iter().filter_map(|log| log.log_group));
        }
        // One list for all that begin alike: an account has hundreds of these.
        let mut prefixes = vec!["/why5xx/"];
        for prefix in ["API-Gateway-Execution-Logs_", "/aws/apigateway/", "/aws/vendedlogs/apigateway/"] {
            if names.iter().any(|name| name.starts_with(prefix)) {
                prefixes.push(prefix);
            }
        }
        let shared = prefixes.clone();
        let single = names.iter().filter(|name| !shared.iter().any(|prefix| name.starts_with(prefix)));
        prefixes.extend(single.map(String::as_str));
        let mut groups = BTreeMap::new();
        for prefix in prefixes {
            let body = json!({ "limit": 50, "logGroupNamePrefix": prefix });
            let found = self.list_json::<answers::LogGroups>(DESCRIBE_LOG_GROUPS, "log groups", &body)?;
            let Some(found) = found.or_default() else { return Ok(None) };
            for group in found {
                let is_ours = group.log_group_name.starts_with("/why5xx/");
                if is_ours || names.contains(&group.log_group_name) {
                    let is_standard = group.log_group_class.as_deref().is_none_or(|class| class == "STANDARD");
                    let (retention_days, filters) = (group.retention_in_days, None);
                    groups.insert(group.log_group_name, LogGroup { is_standard, retention_days, filters });
                }
            }
        }
        let of_account = self.account_subscriptions()?;
        for (name, group) in &mut groups {
            // The log of a function of ours is never subscribed, and other classes take no filter.
            if !group.is_standard || name.starts_with("/why5xx/") && !name.ends_with(CANARY_SUFFIX) {
                group.filters = Some(Vec::new());
                continue;
            }
            let body = json!({ "logGroupName": name });
            let found =
                self.list_json::<answers::Filters>(DESCRIBE_SUBSCRIPTION_FILTERS, "subscription filters", &body)?;
            group.filters = found.or_default().map(|filters| {
                let spared = format!("\"{name}\"");
                let of_account = of_account.iter().filter(|(_, selection)| !selection.contains(&spared));
                filters
                    .into_iter()
                    .map(|filter| Filter {
                        name: filter.filter_name,
                        pattern: filter.filter_pattern,
                        destination: filter.destination_arn,
                        is_of_account: false,
                    })
                    .chain(of_account.map(|(filter, _)| filter.clone()))
                    .collect()
            });
        }
        Ok(Some(groups))
    }

    /// Reads the account policies that subscribe every log group, with what they spare.
    fn account_subscriptions(&mut self) -> Result<Vec<(Filter, String)>, Ended> {
        let body = json!({ "policyType": "SUBSCRIPTION_FILTER_POLICY" });
        let what = "account policies that subscribe every log group";
        let policies = self.list_json::<answers::AccountPolicies>(DESCRIBE_ACCOUNT_POLICIES, what, &body)?;
        let filter = |policy: answers::AccountPolicy| {
            let document = serde_json::from_str::<answers::AccountSubscription>(&policy.policy_document);
            let document = document.unwrap_or_default();
            let filter = Filter {
                name: policy.policy_name,
                pattern: document.filter_pattern,
                destination: document.destination_arn,
                is_of_account: true,
            };
            (filter, policy.selection_criteria.unwrap_or_default())
        };
        Ok(policies.or_default().unwrap_or_default().into_iter().map(filter).collect())
    }

    /// Finds our stacks by the log groups of their canaries, and the functions by the filters on these.
    fn stacks(&mut self, facts: &Facts) -> Result<Vec<Stack>, Ended> {
        let mut stacks = Vec::new();
        for (log_group, group) in facts.log_groups.iter().flatten() {
            let Some(name) = log_group.strip_prefix("/why5xx/").and_then(|name| name.strip_suffix(CANARY_SUFFIX))
            else {
                continue;
            };
            let filter = group.filters.iter().flatten().find(|filter| is_function(&filter.destination));
            let function_arn = filter.map(|filter| filter.destination.clone());
            let body = json!({ "AlarmNamePrefix": format!("{name}: "), "AlarmTypes": ["MetricAlarm"] });
            let alarms = self.list_json::<answers::Alarms>(DESCRIBE_ALARMS, "alarms of why5xx", &body)?.or_default();
            let alarm = |alarm: answers::Alarm| Alarm {
                name: alarm.alarm_name,
                has_action: !alarm.alarm_actions.is_empty() && alarm.actions_enabled != Some(false),
            };
            let alarms = alarms.map(|alarms| alarms.into_iter().map(alarm).collect());
            stacks.push(Stack { name: name.to_owned(), function_arn, function: None, alarms, canaries: None });
        }
        Ok(stacks)
    }

    /// Looks at the functions of our stacks, and returns those that filters name and that are not there.
    fn functions(&mut self, facts: &mut Facts) -> Result<BTreeSet<String>, Ended> {
        let mut arns: BTreeSet<String> = facts.stacks.iter().filter_map(|stack| stack.function_arn.clone()).collect();
        for stage in &facts.stages {
            for log in facts.logs_of(stage) {
                arns.extend(facts.our_filters(&log).into_iter().map(|filter| filter.destination.clone()));
            }
        }
        let mut missing = BTreeSet::new();
        for arn in arns.into_iter().filter(|arn| is_function(arn)) {
            let path = format!("/2015-03-31/functions/{}/configuration", encoded(&arn));
            match self.get::<answers::Function>(GET_FUNCTION, &path, "functions of why5xx")? {
                Answer::Here(function) => {
                    let of = |stack: &&mut Stack| stack.function_arn.as_ref() == Some(&arn);
                    if let Some(stack) = facts.stacks.iter_mut().find(of) {
                        stack.function = Some(described(function));
                    }
                }
                Answer::Gone => {
                    missing.insert(arn);
                }
                Answer::Unknown => {}
            }
        }
        Ok(missing)
    }

    fn rules(&mut self) -> Result<Option<Vec<Rule>>, Ended> {
        let rules = self.list_json::<answers::Rules>(LIST_RULES, "rules on events of alarms", &json!({}))?;
        let rule = |rule: answers::Rule| Rule {
            name: rule.name,
            is_enabled: rule.state.as_deref() != Some("DISABLED"),
            pattern: rule.event_pattern.unwrap_or_default(),
        };
        Ok(rules.or_default().map(|rules| rules.into_iter().map(rule).collect()))
    }

    fn extraction_policies(&mut self) -> Result<Option<Vec<ExtractionPolicy>>, Ended> {
        let body = json!({ "policyType": "METRIC_EXTRACTION_POLICY" });
        let what = "account policies on metrics from logs";
        let policies = self.list_json::<answers::AccountPolicies>(DESCRIBE_ACCOUNT_POLICIES, what, &body)?;
        let policy = |policy: answers::AccountPolicy| ExtractionPolicy {
            name: policy.policy_name,
            selection: policy.selection_criteria.unwrap_or_default(),
        };
        Ok(policies.or_default().map(|policies| policies.into_iter().map(policy).collect()))
    }

    /// Reads what API Gateway and we counted.
    fn counts(&mut self, facts: &mut Facts) -> Result<(), Ended> {
        let now = jiff::Timestamp::now().as_second();
        let end = (now - LATE) / PERIOD * PERIOD;
        let mut queries = Queries::default();
        let namespaces: BTreeSet<String> = facts.stacks.iter().map(namespace_of).collect();
        for stage in &facts.stages {
            let of_api = [("ApiId", &*stage.api_id), ("Stage", &*stage.name)];
            match stage.kind {
                ApiKind::Rest => {
                    let dimensions = [("ApiName", &*stage.api_name), ("Stage", &*stage.name)];
                    queries.add("AWS/ApiGateway", "5XXError", &dimensions);
                }
                ApiKind::Http => queries.add("AWS/ApiGateway", "5xx", &of_api),
                ApiKind::WebSocket => queries.add("AWS/ApiGateway", "ExecutionError", &of_api),
            }
            for namespace in &namespaces {
                for metric in [Metric::Errors, Metric::AccessLogErrors] {
                    queries.add(namespace, metric.by_stage().unwrap_or_default(), &of_api);
                }
            }
        }
        if let Some(sums) = self.sums(&queries, end - DAY, end)? {
            let stages: Vec<Stage> = facts.stages.clone();
            for stage in &mut facts.stages {
                let of_api = [("ApiId", &*stage.api_id), ("Stage", &*stage.name)];
                let metric = |metric| sums.of("AWS/ApiGateway", metric, &of_api);
                let ours = |api_id: &str| {
                    let dimensions = [("ApiId", api_id), ("Stage", &*stage.name)];
                    let of = |metric: Metric| {
                        let name = metric.by_stage().unwrap_or_default();
                        namespaces.iter().map(|namespace| sums.of(namespace, name, &dimensions)).sum::<f64>()
                    };
                    // The two count the same failures, if both logs are subscribed.
                    of(Metric::Errors).max(of(Metric::AccessLogErrors))
                };
                let (failed, counted) = match stage.kind {
                    ApiKind::Rest => {
                        let dimensions = [("ApiName", &*stage.api_name), ("Stage", &*stage.name)];
                        // Two REST APIs of one name share a metric.
                        let alike = stages.iter().filter(|other| {
                            other.kind == ApiKind::Rest
                                && (&other.api_name, &other.name) == (&stage.api_name, &stage.name)
                        });
                        let counted = alike.map(|other| ours(&other.api_id)).sum();
                        (sums.of("AWS/ApiGateway", "5XXError", &dimensions), counted)
                    }
                    ApiKind::Http => (metric("5xx"), ours(&stage.api_id)),
                    ApiKind::WebSocket => (metric("ExecutionError"), ours(&stage.api_id)),
                };
                stage.share = Some(Share { failed, counted });
            }
        }
        let mut queries = Queries::default();
        for function in facts.stacks.iter().filter_map(|stack| stack.function.as_ref()) {
            queries.add(&function.namespace, CANARY, &[("Function", &function.name)]);
        }
        if let Some(sums) = self.sums(&queries, now / PERIOD * PERIOD - HALF_HOUR, now)? {
            for stack in &mut facts.stacks {
                let Some(function) = &stack.function else { continue };
                stack.canaries = Some(sums.of(&function.namespace, CANARY, &[("Function", &function.name)]));
            }
        }
        Ok(())
    }

    fn sums(&mut self, queries: &Queries, from: i64, to: i64) -> Result<Option<Sums>, Ended> {
        let mut sums = Sums::default();
        let all: Vec<(&String, &Value)> = queries.0.iter().collect();
        for some in all.chunks(MOST_QUERIES) {
            let query = |(number, (_, metric)): (usize, &(&String, &Value))| {
                json!({
                    "Id": format!("m{number}"),
                    "MetricStat": { "Metric": metric, "Period": PERIOD, "Stat": "Sum" },
                })
            };
            let body = json!({
                "MetricDataQueries": some.iter().enumerate().map(query).collect::<Vec<_>>(),
                "StartTime": from,
                "EndTime": to,
            });
            let results = self.list_json::<answers::MetricData>(GET_METRIC_DATA, "counts of the last day", &body)?;
            let Some(results) = results.or_default() else { return Ok(None) };
            for result in results {
                let number = result.id.strip_prefix('m').and_then(|number| number.parse::<usize>().ok());
                if let Some((key, _)) = number.and_then(|number| some.get(number)) {
                    *sums.0.entry((*key).clone()).or_default() += result.values.iter().sum::<f64>();
                }
            }
        }
        Ok(Some(sums))
    }
}

/// End of the name of a canary's log group.
const CANARY_SUFFIX: &str = "/canary";

fn is_function(arn: &str) -> bool {
    arn.contains(":lambda:") && arn.contains(":function:")
}

fn namespace_of(stack: &Stack) -> String {
    stack.function.as_ref().map_or_else(|| Settings::default().namespace, |function| function.namespace.clone())
}

/// Reads version and namespace of a function of ours.
fn described(function: answers::Function) -> Function {
    let description = function.description.unwrap_or_default();
    let version = description.strip_prefix("why5xx ").and_then(|rest| rest.split_once(':'));
    let mut variables = function.environment.map(|environment| environment.variables).unwrap_or_default();
    Function {
        name: function.function_name,
        version: version.map(|(version, _)| version.to_owned()),
        namespace: variables.remove(NAMESPACE).unwrap_or_else(|| Settings::default().namespace),
    }
}

/// The metrics to ask for, each once.
#[derive(Default)]
struct Queries(BTreeMap<String, Value>);

impl Queries {
    fn add(&mut self, namespace: &str, name: &str, dimensions: &[(&str, &str)]) {
        let metric = metric(namespace, name, dimensions);
        self.0.insert(metric.to_string(), metric);
    }
}

fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Value {
    let dimensions: Vec<_> = dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    json!({ "Namespace": namespace, "MetricName": name, "Dimensions": dimensions })
}

/// The sums of metrics over a span.
#[derive(Default)]
struct Sums(BTreeMap<String, f64>);

impl Sums {
    fn of(&self, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> f64 {
        self.0.get(&metric(namespace, name, dimensions).to_string()).copied().unwrap_or_default()
    }
}

fn rest(api: &answers::RestApi, stage: answers::RestStage) -> Stage {
    let mut settings: Vec<LogSetting> = stage.method_settings.iter().map(|(key, of)| setting(key, of)).collect();
    settings.sort_by_key(|setting| setting.key != "*/*");
    Stage {
        kind: ApiKind::Rest,
        api_id: api.id.clone(),
        api_name: api.name.clone(),
        name: stage.stage_name,
        settings,
        access_log: stage.access_log_settings.and_then(access_log),
        share: None,
    }
}

fn v2(api: &answers::Api, stage: answers::ApiStage) -> Stage {
    let kind = if api.protocol_type == "WEBSOCKET" { ApiKind::WebSocket } else { ApiKind::Http };
    let mut settings = Vec::new();
    if kind == ApiKind::WebSocket {
        settings.push(setting("*", &stage.default_route_settings.unwrap_or_default()));
        let own = stage.route_settings.iter().filter(|(_, of)| of.logging_level.is_some() || of.data_trace_enabled);
        settings.extend(own.map(|(key, of)| setting(key, of)));
    }
    Stage {
        kind,
        api_id: api.api_id.clone(),
        api_name: api.name.clone(),
        name: stage.stage_name,
        settings,
        access_log: stage.access_log_settings.and_then(access_log),
        share: None,
    }
}

fn setting(key: &str, of: &answers::Setting) -> LogSetting {
    let level = Level::parse(of.logging_level.as_deref().unwrap_or_default());
    LogSetting { key: key.to_owned(), level, data_trace: of.data_trace_enabled }
}

fn access_log(settings: answers::AccessLogSettings) -> Option<AccessLog> {
    let destination = settings.destination_arn.filter(|arn| !arn.is_empty())?;
    Some(AccessLog { destination, format: settings.format.unwrap_or_default() })
}

/// Adds the token of a page to a path.
fn path(list: &str, name: &str, token: Option<&str>) -> String {
    let separator = if list.ends_with('?') { "" } else { "&" };
    token.map_or_else(|| list.to_owned(), |token| format!("{list}{separator}{name}={}", encoded(token)))
}

/// Encodes a part of a path or a query.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
