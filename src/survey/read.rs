//! Reads the facts. Every call only reads; [`CALLS`] lists them with their permissions.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde_json::{Value, json};

use super::answers::{
    ACCOUNT_POLICIES, ALARMS, API_STAGES, APIS, DELIVERIES, DELIVERY_DESTINATIONS, DELIVERY_SOURCES, FILTERS,
    LOG_GROUPS, List, METRIC_DATA, REST_APIS, REST_STAGES, RULES, list, text,
};
use super::facts::{
    AccessLog, AccountFacts, ApiKind, EventRule, ExtractionPolicy, Filter, Level, LogDelivery, LogGroup, LogSetting,
    NotLookedAt, Share, Stack, StackAlarm, StackFunction, Stage, log_group_of_arn,
};
use super::findings::canary_group;
use super::sight::set_of;
use crate::metric::{API_ID, CANARY, FUNCTION, Metric, STAGE};
use crate::partition::partition_of;
use crate::record::{API_PREFIX, EXECUTION_PREFIX};
use crate::settings::{NAMESPACE, Settings};
use crate::signed::client::{AccountClient, Call, CallError, is_denied};
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
/// Reads the log groups of an account.
pub const DESCRIBE_LOG_GROUPS: Call = Call::Action(Service::Logs, "DescribeLogGroups");
/// Reads the subscription filters of a log group.
pub const DESCRIBE_SUBSCRIPTION_FILTERS: Call = Call::Action(Service::Logs, "DescribeSubscriptionFilters");
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

/// Remark on an answer that cannot be read.
const UNREADABLE: &str = "an answer that cannot be read";

/// Most pages of one list; our own limit, against a token that never ends.
const MOST_PAGES: usize = 1_000;

/// Reader of the facts.
struct FactsReader<'c> {
    client: &'c mut AccountClient,
    not_looked_at: Vec<NotLookedAt>,
    /// Services that gave no answer are not asked again.
    silent: Vec<(Service, String)>,
    progress: &'c mut dyn FnMut(&str),
    unread_lists: u64,
}

/// Outcome of a call.
enum Reply<T> {
    Here(T),
    /// The resource does not exist.
    Gone,
    /// It is unknown, and said so.
    Unknown,
}

impl<T> Reply<T> {
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
pub struct SurveyError(pub String);

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
pub fn facts(
    client: &mut AccountClient,
    owner: Owner,
    progress: &mut dyn FnMut(&str),
) -> Result<AccountFacts, SurveyError> {
    let region = client.session.region.clone();
    let partition = if owner.partition.is_empty() { partition_of(&region).name.to_owned() } else { owner.partition };
    let mut reader = FactsReader { client, not_looked_at: Vec::new(), silent: Vec::new(), progress, unread_lists: 0 };
    let mut facts = AccountFacts { region, partition, account: owner.account, ..AccountFacts::default() };
    facts.stages = reader.stages()?;
    facts.unread_lists = reader.unread_lists;
    if facts.stages.is_empty()
        && let Some(first) = reader.not_looked_at.first()
    {
        return Err(SurveyError(format!("no API could be looked at: {}", first.why)));
    }
    let needs_role = facts.stages.iter().any(|stage| stage.kind != ApiKind::Http);
    if needs_role {
        let account = reader.get(GET_API, "/account", "the role of API Gateway for logs")?;
        facts.log_role = account.or_default().map(|account| text(&account, "cloudwatchRoleArn"));
    }
    facts.deliveries = reader.deliveries()?;
    facts.log_groups = reader.log_groups(&facts)?;
    facts.stacks = reader.stacks(&facts)?;
    reader.functions(&mut facts)?;
    facts.rules = reader.rules()?;
    facts.extraction_policies = reader.extraction_policies()?;
    reader.counts(&mut facts)?;
    facts.not_looked_at = mem::take(&mut reader.not_looked_at);
    Ok(facts)
}

impl FactsReader<'_> {
    /// Makes a call. What cannot be looked at is noted; `what` names it.
    ///
    /// Answers are trees, and not types of their own: two dozen of these would be a twentieth of the function's program.
    #[inline(never)]
    fn get(&mut self, call: Call, body: &str, what: &str) -> Result<Reply<Value>, SurveyError> {
        let service = call.service();
        if let Some((_, why)) = self.silent.iter().find(|(silent, _)| *silent == service) {
            let why = why.clone();
            self.note(what, None, why);
            return Ok(Reply::Unknown);
        }
        (self.progress)(what);
        let error = match self.client.call(call, body) {
            Ok(answer) => match serde_json::from_slice::<Value>(&answer) {
                Ok(answer) if answer.is_object() => return Ok(Reply::Here(answer)),
                _ => CallError::NoAnswer(UNREADABLE.to_owned()),
            },
            Err(error) => error,
        };
        let why = self.client.sentence(&error, call, "*");
        match error {
            CallError::Stopped | CallError::Credentials { .. } => return Err(SurveyError(why)),
            CallError::Refused { code, .. } if matches!(&*code, "NotFoundException" | "ResourceNotFoundException") => {
                return Ok(Reply::Gone);
            }
            CallError::Refused { code, .. } => self.note(what, is_denied(&code).then(|| call.permission()), why),
            // Each further call ends the same way at once, and is counted.
            CallError::Late => self.note(what, None, why),
            CallError::NoAnswer(_) | CallError::Throttled => {
                self.silent.push((service, why.clone()));
                self.note(what, None, why);
            }
        }
        Ok(Reply::Unknown)
    }

    #[inline(never)]
    fn note(&mut self, what: &str, needs: Option<String>, why: String) {
        let same = self.not_looked_at.iter_mut().find(|note| note.what == what && note.why == why);
        match same {
            Some(note) => note.times += 1,
            None => self.not_looked_at.push(NotLookedAt { what: what.to_owned(), needs, why, times: 1 }),
        }
    }

    /// Makes a call for each page of a list. `body` makes it, from the token of the page.
    #[inline(never)]
    fn list(
        &mut self,
        call: Call,
        what: &str,
        of: &List,
        body: &dyn Fn(Option<&str>) -> String,
    ) -> Result<Reply<Vec<Value>>, SurveyError> {
        let (mut items, mut token) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let mut page = match self.get(call, &body(token.as_deref()), what)? {
                Reply::Here(page) => page,
                Reply::Gone => return Ok(Reply::Gone),
                Reply::Unknown => return Ok(Reply::Unknown),
            };
            let Some(more) = of.take(&mut page) else {
                self.note(what, None, UNREADABLE.to_owned());
                return Ok(Reply::Unknown);
            };
            items.extend(more);
            let next = page[of.token].as_str().filter(|token| !token.is_empty()).map(str::to_owned);
            if next.is_none() || next == token {
                return Ok(Reply::Here(items));
            }
            token = next;
        }
        self.note(what, None, format!("the list has more than {MOST_PAGES} pages"));
        Ok(Reply::Unknown)
    }

    /// Lists with an action of JSON.
    #[inline(never)]
    fn list_json(&mut self, call: Call, what: &str, of: &List, body: &Value) -> Result<Reply<Vec<Value>>, SurveyError> {
        self.list(call, what, of, &|token| {
            let mut body = body.clone();
            if let Some(token) = token {
                body[of.token] = token.into();
            }
            body.to_string()
        })
    }

    fn stages(&mut self) -> Result<Vec<Stage>, SurveyError> {
        let mut stages = Vec::new();
        let apis =
            self.list(GET_API, "REST APIs", &REST_APIS, &|token| path("/restapis?limit=500", "position", token))?;
        for api in self.or_unread(apis) {
            let list = format!("/restapis/{}/stages", encoded(&text(&api, "id")));
            let of_api = self.list(GET_API, "stages of REST APIs", &REST_STAGES, &|token| match token {
                None => list.clone(),
                token => path(&format!("{list}?"), "position", token),
            })?;
            stages.extend(self.or_unread(of_api).into_iter().map(|stage| rest(&api, &stage)));
        }
        let apis = self.list(GET_API, "HTTP and WebSocket APIs", &APIS, &|token| {
            path("/v2/apis?maxResults=100", "nextToken", token)
        })?;
        for api in self.or_unread(apis) {
            let list = format!("/v2/apis/{}/stages?maxResults=100", encoded(&text(&api, "apiId")));
            let what = "stages of HTTP and WebSocket APIs";
            let of_api = self.list(GET_API, what, &API_STAGES, &|token| path(&list, "nextToken", token))?;
            stages.extend(self.or_unread(of_api).into_iter().map(|stage| v2(&api, &stage)));
        }
        Ok(stages)
    }

    /// Returns a list of APIs or stages; an empty one, which is counted, where it is unknown.
    #[inline(never)]
    fn or_unread<T>(&mut self, list: Reply<Vec<T>>) -> Vec<T> {
        let list = list.or_default();
        self.unread_lists += u64::from(list.is_none());
        list.unwrap_or_default()
    }

    fn deliveries(&mut self) -> Result<Option<Vec<LogDelivery>>, SurveyError> {
        let what = "deliveries of execution logs";
        let body = json!({ "limit": 50 });
        let sources = self.list_json(DESCRIBE_DELIVERY_SOURCES, what, &DELIVERY_SOURCES, &body)?;
        let Some(mut sources) = sources.or_default() else { return Ok(None) };
        sources.retain(|source| source["logType"] == "EXECUTION_LOGS" && source["status"] != "INACTIVE");
        if sources.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let deliveries = self.list_json(DESCRIBE_DELIVERIES, what, &DELIVERIES, &body)?.or_default();
        let destinations =
            self.list_json(DESCRIBE_DELIVERY_DESTINATIONS, what, &DELIVERY_DESTINATIONS, &body)?.or_default();
        let (Some(deliveries), Some(destinations)) = (deliveries, destinations) else { return Ok(None) };
        let mut found = Vec::new();
        for source in &sources {
            let arns = list(source, "resourceArns").iter().filter_map(Value::as_str);
            let stages = arns.filter_map(|arn| arn.split_once("/restapis/")?.1.split_once("/stages/"));
            for (api_id, stage) in stages {
                for delivery in deliveries.iter().filter(|each| each["deliverySourceName"] == source["name"]) {
                    let to = destinations.iter().find(|each| each["arn"] == delivery["deliveryDestinationArn"]);
                    let arn = to.map(|to| &to["deliveryDestinationConfiguration"]["destinationResourceArn"]);
                    let fields = list(delivery, "recordFields").iter().filter_map(Value::as_str);
                    found.push(LogDelivery {
                        api_id: api_id.to_owned(),
                        stage: stage.to_owned(),
                        log_group: arn.and_then(Value::as_str).and_then(log_group_of_arn).map(str::to_owned),
                        id: text(delivery, "id"),
                        source: text(source, "name"),
                        fields: fields.map(str::to_owned).collect(),
                    });
                }
            }
        }
        Ok(Some(found))
    }

    /// Reads the log groups of stages, and ours.
    fn log_groups(&mut self, facts: &AccountFacts) -> Result<Option<BTreeMap<String, LogGroup>>, SurveyError> {
        let mut names = BTreeSet::new();
        for stage in &facts.stages {
            names.extend(stage.managed_log_group());
            let canary = stage.managed_log_group().filter(|_| stage.has_canary_release);
            names.extend(canary.map(|name| canary_group(&name)));
            names.extend(facts.logs_of(stage).into_iter().filter_map(|log| log.log_group));
        }
        // One list for all that begin alike: an account has hundreds of these.
        let mut prefixes = vec!["/why5xx/"];
        for prefix in [EXECUTION_PREFIX, API_PREFIX, "/aws/vendedlogs/apigateway/"] {
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
            let found = self.list_json(DESCRIBE_LOG_GROUPS, "log groups", &LOG_GROUPS, &body)?;
            let Some(found) = found.or_default() else { return Ok(None) };
            for group in found {
                let name = text(&group, "logGroupName");
                if name.starts_with("/why5xx/") || names.contains(&name) {
                    let is_standard = group["logGroupClass"].as_str().is_none_or(|class| class == "STANDARD");
                    let created_s = group["creationTime"].as_i64().map(|ms| ms / 1000);
                    let (retention_days, filters) = (group["retentionInDays"].as_u64(), None);
                    groups.insert(name, LogGroup { is_standard, retention_days, created_s, filters });
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
            let found = self.list_json(DESCRIBE_SUBSCRIPTION_FILTERS, "subscription filters", &FILTERS, &body)?;
            group.filters = found.or_default().map(|filters| {
                let spared = format!("\"{name}\"");
                let of_account = of_account.iter().filter(|(_, selection)| !selection.contains(&spared));
                filters
                    .iter()
                    .map(|filter| Filter {
                        name: text(filter, "filterName"),
                        pattern: text(filter, "filterPattern"),
                        destination: text(filter, "destinationArn"),
                        created_s: filter["creationTime"].as_i64().map(|ms| ms / 1000),
                        is_of_account: false,
                    })
                    .chain(of_account.map(|(filter, _)| filter.clone()))
                    .collect()
            });
        }
        Ok(Some(groups))
    }

    /// Reads the account policies that subscribe every log group, with what they spare.
    #[inline(never)]
    fn account_subscriptions(&mut self) -> Result<Vec<(Filter, String)>, SurveyError> {
        let body = json!({ "policyType": "SUBSCRIPTION_FILTER_POLICY" });
        let what = "account policies that subscribe every log group";
        let policies = self.list_json(DESCRIBE_ACCOUNT_POLICIES, what, &ACCOUNT_POLICIES, &body)?;
        let filter = |policy: Value| {
            // A text with the document in it.
            let document: Value = serde_json::from_str(&text(&policy, "policyDocument")).unwrap_or_default();
            let filter = Filter {
                name: text(&policy, "policyName"),
                pattern: text(&document, "FilterPattern"),
                destination: text(&document, "DestinationArn"),
                created_s: None,
                is_of_account: true,
            };
            (filter, text(&policy, "selectionCriteria"))
        };
        Ok(policies.or_default().unwrap_or_default().into_iter().map(filter).collect())
    }

    /// Finds our stacks by the log groups of their canaries, and the functions by the filters on these.
    fn stacks(&mut self, facts: &AccountFacts) -> Result<Vec<Stack>, SurveyError> {
        let mut stacks = Vec::new();
        for (log_group, group) in facts.log_groups.iter().flatten() {
            let Some(name) = log_group.strip_prefix("/why5xx/").and_then(|name| name.strip_suffix(CANARY_SUFFIX))
            else {
                continue;
            };
            let filter = group.filters.iter().flatten().find(|filter| is_function(&filter.destination));
            let function_arn = filter.map(|filter| filter.destination.clone());
            let body = json!({ "AlarmNamePrefix": format!("{name}: "), "AlarmTypes": ["MetricAlarm"] });
            let alarms = self.list_json(DESCRIBE_ALARMS, "alarms of why5xx", &ALARMS, &body)?.or_default();
            let alarm = |alarm: &Value| StackAlarm {
                name: text(alarm, "AlarmName"),
                has_action: !list(alarm, "AlarmActions").is_empty() && alarm["ActionsEnabled"] != false,
            };
            let alarms = alarms.map(|alarms| alarms.iter().map(alarm).collect());
            stacks.push(Stack { name: name.to_owned(), function_arn, function: None, alarms, canaries: None });
        }
        Ok(stacks)
    }

    /// Looks at the functions of our stacks, and at those that filters of ours name.
    fn functions(&mut self, facts: &mut AccountFacts) -> Result<(), SurveyError> {
        let mut arns = set_of(facts.stacks.iter().filter_map(|stack| stack.function_arn.clone()));
        for stage in &facts.stages {
            let logs = facts.logs_of(stage);
            for log in logs.iter().chain(&facts.canary_log(stage, &logs)) {
                arns.extend(facts.our_filters(log).into_iter().map(|filter| filter.destination.clone()));
            }
        }
        for arn in arns.into_iter().filter(|arn| is_function(arn)) {
            let path = format!("/2015-03-31/functions/{}/configuration", encoded(&arn));
            match self.get(GET_FUNCTION, &path, "functions of why5xx")? {
                Reply::Here(function) => {
                    let of = |stack: &&mut Stack| stack.function_arn.as_ref() == Some(&arn);
                    if let Some(stack) = facts.stacks.iter_mut().find(of) {
                        stack.function = Some(described(&function));
                    }
                }
                Reply::Gone => {
                    facts.missing_functions.insert(arn);
                }
                Reply::Unknown => {
                    facts.unknown_functions.insert(arn);
                }
            }
        }
        Ok(())
    }

    fn rules(&mut self) -> Result<Option<Vec<EventRule>>, SurveyError> {
        let rules = self.list_json(LIST_RULES, "rules on events of alarms", &RULES, &json!({}))?;
        let rule = |rule: &Value| EventRule {
            name: text(rule, "Name"),
            is_enabled: rule["State"] != "DISABLED",
            pattern: text(rule, "EventPattern"),
        };
        Ok(rules.or_default().map(|rules| rules.iter().map(rule).collect()))
    }

    fn extraction_policies(&mut self) -> Result<Option<Vec<ExtractionPolicy>>, SurveyError> {
        let body = json!({ "policyType": "METRIC_EXTRACTION_POLICY" });
        let what = "account policies on metrics from logs";
        let policies = self.list_json(DESCRIBE_ACCOUNT_POLICIES, what, &ACCOUNT_POLICIES, &body)?;
        let policy = |policy: &Value| ExtractionPolicy {
            name: text(policy, "policyName"),
            selection: text(policy, "selectionCriteria"),
        };
        Ok(policies.or_default().map(|policies| policies.iter().map(policy).collect()))
    }

    /// Reads what API Gateway and we counted.
    fn counts(&mut self, facts: &mut AccountFacts) -> Result<(), SurveyError> {
        let now = self.client.now_seconds();
        let end = (now - LATE) / PERIOD * PERIOD;
        let from = (end - DAY).max(first_counted(facts).saturating_add(PERIOD - 1) / PERIOD * PERIOD);
        facts.share_s = (end - from).max(0);
        let is_unknown = |stack: &Stack| {
            let is_there = |arn: &String| !facts.missing_functions.contains(arn);
            stack.function.is_none() && stack.function_arn.as_ref().is_some_and(is_there)
        };
        // Where the namespace of a function is not known, neither is what it counted.
        if from < end && !facts.stacks.iter().any(is_unknown) {
            self.shares(facts, from, end)?;
        }
        self.canaries(facts, now)
    }

    /// Reads for each stage how much of what API Gateway counted we counted too.
    fn shares(&mut self, facts: &mut AccountFacts, from: i64, end: i64) -> Result<(), SurveyError> {
        let namespaces = set_of(facts.stacks.iter().map(namespace_of));
        let mut queries = Queries::default();
        for stage in &facts.stages {
            let (name, dimensions) = counted_by_aws(stage);
            queries.add(AWS_NAMESPACE, name, &dimensions);
            for namespace in &namespaces {
                for metric in [Metric::Errors, Metric::AccessLogErrors] {
                    queries.add(namespace, metric.by_stage().unwrap_or_default(), &dimensions_of(stage));
                }
            }
        }
        let Some(sums) = self.sums(&queries, from, end)? else { return Ok(()) };
        let shares: Vec<_> = facts.stages.iter().map(|stage| share(stage, &facts.stages, &namespaces, &sums)).collect();
        for (stage, share) in facts.stages.iter_mut().zip(shares) {
            stage.share = share;
        }
        Ok(())
    }

    /// Reads for each stack whether its canary arrived.
    fn canaries(&mut self, facts: &mut AccountFacts, now: i64) -> Result<(), SurveyError> {
        let mut queries = Queries::default();
        for function in facts.stacks.iter().filter_map(|stack| stack.function.as_ref()) {
            queries.add(&function.namespace, CANARY, &[(FUNCTION, &function.name)]);
        }
        let Some(sums) = self.sums(&queries, now / PERIOD * PERIOD - HALF_HOUR, now)? else { return Ok(()) };
        for stack in &mut facts.stacks {
            let Some(function) = &stack.function else { continue };
            let canaries = sums.of(&function.namespace, CANARY, &[(FUNCTION, &function.name)]);
            let group = format!("/why5xx/{}{CANARY_SUFFIX}", stack.name);
            let group = facts.log_groups.as_ref().and_then(|groups| groups.get(&group));
            let is_young = group.and_then(|group| group.created_s).is_some_and(|made| now - made < HALF_HOUR);
            stack.canaries = (canaries > 0.0 || !is_young && !canaries.is_nan()).then_some(canaries);
        }
        Ok(())
    }

    fn sums(&mut self, queries: &Queries, from: i64, to: i64) -> Result<Option<Sums>, SurveyError> {
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
            let results = self.list_json(GET_METRIC_DATA, "counts of the last day", &METRIC_DATA, &body)?;
            let Some(results) = results.or_default() else { return Ok(None) };
            for result in results {
                let number = result["Id"].as_str().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
                if let Some((key, _)) = number.and_then(|number| some.get(number)) {
                    // A sum that CloudWatch could not make is not 0.
                    let is_known = !matches!(&*text(&result, "StatusCode"), "InternalError" | "Forbidden");
                    let values = list(&result, "Values").iter().filter_map(Value::as_f64);
                    let sum = if is_known { values.sum::<f64>() } else { f64::NAN };
                    *sums.0.entry((*key).clone()).or_default() += sum;
                    if !is_known {
                        self.note("counts of the last day", None, "CloudWatch could not add them up".to_owned());
                    }
                }
            }
        }
        Ok(Some(sums))
    }
}

/// Namespace in which API Gateway counts.
const AWS_NAMESPACE: &str = "AWS/ApiGateway";

/// The dimensions of a stage in our metrics, and in those of API Gateway except for REST APIs.
fn dimensions_of(stage: &Stage) -> [(&'static str, &str); 2] {
    [(API_ID, &stage.api_id), (STAGE, &stage.name)]
}

/// Returns API Gateway's metric of failures for a stage, and its dimensions.
fn counted_by_aws(stage: &Stage) -> (&'static str, [(&'static str, &str); 2]) {
    match stage.kind {
        ApiKind::Rest => ("5XXError", [("ApiName", &stage.api_name), (STAGE, &stage.name)]),
        ApiKind::Http => ("5xx", dimensions_of(stage)),
        ApiKind::WebSocket => ("ExecutionError", dimensions_of(stage)),
    }
}

/// Returns what API Gateway and we counted of a stage; None if one of them is not known.
fn share(stage: &Stage, stages: &[Stage], namespaces: &BTreeSet<String>, sums: &Sums) -> Option<Share> {
    let ours = |stage: &Stage| {
        let of = |metric: Metric| {
            let name = metric.by_stage().unwrap_or_default();
            namespaces.iter().map(|namespace| sums.of(namespace, name, &dimensions_of(stage))).sum::<f64>()
        };
        // The two count the same failures, if both logs are subscribed.
        let (errors, of_access_log) = (of(Metric::Errors), of(Metric::AccessLogErrors));
        if (errors + of_access_log).is_nan() { f64::NAN } else { errors.max(of_access_log) }
    };
    let (name, dimensions) = counted_by_aws(stage);
    let failed = sums.of(AWS_NAMESPACE, name, &dimensions);
    // Two REST APIs of one name share a metric.
    let shares_metric = |other: &&Stage| counted_by_aws(other) == (name, dimensions);
    let counted = stages.iter().filter(shares_metric).map(ours).sum::<f64>();
    (!(failed + counted).is_nan()).then_some(Share { failed, counted })
}

/// Returns the time from which on everything counted that is subscribed now; 0 if that is long ago.
///
/// AWS's own counts before it would be missing in ours.
fn first_counted(facts: &AccountFacts) -> i64 {
    let groups = facts.log_groups.iter().flatten();
    let (of_stacks, others): (Vec<_>, Vec<_>) = groups.partition(|(name, _)| name.starts_with("/why5xx/"));
    let made = |(name, group): &(&String, &LogGroup)| group.created_s.filter(|_| name.ends_with(CANARY_SUFFIX));
    let first_stack = of_stacks.iter().filter_map(made).min();
    let filters = others.iter().flat_map(|(_, group)| group.filters.iter().flatten());
    let last_filter = filters.filter(|filter| facts.is_ours(filter)).filter_map(|filter| filter.created_s).max();
    first_stack.max(last_filter).unwrap_or_default()
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
fn described(function: &Value) -> StackFunction {
    let description = text(function, "Description");
    let version = description.strip_prefix("why5xx ").and_then(|rest| rest.split_once(':'));
    let namespace = function["Environment"]["Variables"][NAMESPACE].as_str();
    StackFunction {
        name: text(function, "FunctionName"),
        version: version.map(|(version, _)| version.to_owned()),
        namespace: namespace.map_or_else(|| Settings::default().namespace, str::to_owned),
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

#[inline(never)]
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

fn rest(api: &Value, stage: &Value) -> Stage {
    let mut settings = settings(&stage["methodSettings"]);
    // That for all methods comes first. Without it, methods that have none of their own log nothing.
    let all = settings.iter().position(|setting| setting.key == "*/*").map(|at| settings.remove(at));
    settings.insert(0, all.unwrap_or_else(|| LogSetting { key: "*/*".to_owned(), ..LogSetting::default() }));
    Stage {
        kind: ApiKind::Rest,
        api_id: text(api, "id"),
        api_name: text(api, "name"),
        name: text(stage, "stageName"),
        settings,
        access_log: access_log(&stage["accessLogSettings"]),
        has_canary_release: stage["canarySettings"].is_object(),
        share: None,
    }
}

fn v2(api: &Value, stage: &Value) -> Stage {
    let kind = if api["protocolType"] == "WEBSOCKET" { ApiKind::WebSocket } else { ApiKind::Http };
    let mut of_stage = Vec::new();
    if kind == ApiKind::WebSocket {
        of_stage.push(setting("*", &stage["defaultRouteSettings"]));
        let of_routes = &stage["routeSettings"];
        let is_own = |route: &LogSetting| route.data_trace || of_routes[&*route.key]["loggingLevel"].is_string();
        of_stage.extend(settings(of_routes).into_iter().filter(is_own));
    }
    Stage {
        kind,
        api_id: text(api, "apiId"),
        api_name: text(api, "name"),
        name: text(stage, "stageName"),
        settings: of_stage,
        access_log: access_log(&stage["accessLogSettings"]),
        has_canary_release: false,
        share: None,
    }
}

/// Reads the settings of methods or routes, by their keys.
fn settings(of: &Value) -> Vec<LogSetting> {
    of.as_object().into_iter().flatten().map(|(key, of)| setting(key, of)).collect()
}

fn setting(key: &str, of: &Value) -> LogSetting {
    let level = Level::parse(of["loggingLevel"].as_str().unwrap_or_default());
    let others = [
        ("detailedMetricsEnabled", "DetailedMetricsEnabled"),
        ("throttlingBurstLimit", "ThrottlingBurstLimit"),
        ("throttlingRateLimit", "ThrottlingRateLimit"),
    ];
    let others = others.into_iter().map(|(name, of_cli)| (of_cli, of[name].clone()));
    let others = others.filter(|(_, value)| !value.is_null()).collect();
    LogSetting { key: key.to_owned(), level, data_trace: of["dataTraceEnabled"] == true, others }
}

fn access_log(settings: &Value) -> Option<AccessLog> {
    let destination = Some(text(settings, "destinationArn")).filter(|arn| !arn.is_empty())?;
    Some(AccessLog { destination, format: text(settings, "format"), is_declared: false })
}

/// Adds the token of a page to a path.
fn path(list: &str, name: &str, token: Option<&str>) -> String {
    let separator = if list.ends_with('?') { "" } else { "&" };
    token.map_or_else(|| list.to_owned(), |token| format!("{list}{separator}{name}={}", encoded(token)))
}

/// Encodes a part of a path or a query.
#[inline(never)]
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
