//! Findings, each with its fix, from facts. Nothing is read or written here.

use std::collections::BTreeSet;

use crate::log_kind::LogKind;
use crate::metric::Metric;
use crate::printable::{self, counted};
use crate::record::EXECUTION_PREFIX;
use serde_json::Value;

use super::facts::{AccountFacts, ApiKind, EventRule, Filter, Level, LogDelivery, LogGroup, Share, Stack, Stage};
use super::fix::Fix;
use super::pattern::{default_pattern, earlier_patterns};
use super::sight::{self, CauseIds};

/// The share of a stage's failures that logs explain, below which it is a finding. Some minutes of difference are normal.
const EXPLAINED_ENOUGH: f64 = 0.9;

/// The share of a stage's failures from which on something is counted twice.
const COUNTED_TOO_OFTEN: f64 = 1.5;

/// Failures of a day below which a share says nothing.
const FEW_FAILURES: f64 = 10.0;

/// Limits of the lists in the template: log groups in all, bytes of one list, characters of one name.
const MOST_LISTED_GROUPS: usize = 50;
const LONGEST_LIST_BYTES: usize = 4_096;
const LONGEST_LISTED_NAME: usize = 96;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// 5xx that nobody would name.
    Gap,
    /// Something works, and not as it should.
    Warning,
    /// Worth knowing. The exit status does not show it.
    Note,
}

impl Severity {
    /// Returns its name, as it is published.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyFinding {
    /// Its published id.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The stage, log group or stack.
    pub about: String,
    /// Text of the finding: a sentence without a full stop.
    pub text: String,
    /// Its fix.
    pub fix: Fix,
}

/// Every finding with its severity and its meaning, in the order of the documentation.
pub const ALL: &[(&str, Severity, &str)] = &[
    ("nothing_deployed", Severity::Gap, "no stack of why5xx is in the Region"),
    ("no_log", Severity::Gap, "a stage writes neither an execution log nor an access log"),
    ("no_log_role", Severity::Gap, "API Gateway has no role to write logs with, so it writes none"),
    ("not_subscribed", Severity::Gap, "no log of a stage has a subscription filter of why5xx"),
    ("target_gone", Severity::Gap, "the function that a filter of why5xx names is not there"),
    ("wrong_filter", Severity::Gap, "a filter of why5xx is one for another kind of log, or lets no failure through"),
    ("no_status", Severity::Gap, "the format of an access log lacks `$context.status`, so no line shows a failure"),
    ("not_standard", Severity::Gap, "a log group is not of the Standard class, so it takes no subscription filter"),
    ("not_in_a_log_group", Severity::Gap, "a log goes elsewhere, such as to Firehose or S3, and to no log group"),
    ("no_payload", Severity::Gap, "the fields of an execution-log delivery lack `payload`, the line itself"),
    ("silent_log_group", Severity::Warning, "a filter is on a log group that a delivery has replaced"),
    ("lower_level", Severity::Warning, "an execution log is not at INFO level, so some causes do not show"),
    (
        "no_reason",
        Severity::Warning,
        "the format of an access log lacks error fields, or names them so that they are not read",
    ),
    ("undeclared_format", Severity::Warning, "the status in a format has no label, so no line is counted"),
    ("data_trace", Severity::Warning, "data trace writes headers and bodies, tokens too, into the log"),
    ("older_pattern", Severity::Warning, "a filter has the default pattern of an earlier version"),
    ("both_logs", Severity::Warning, "both logs of a stage are subscribed, so a failure counts in two metrics"),
    (
        "counted_twice",
        Severity::Warning,
        "two filters of why5xx are on a log group, or more is counted than API Gateway counts",
    ),
    ("unexplained", Severity::Warning, "API Gateway counted clearly more 5xx in the last day than the logs show"),
    ("no_alarm_action", Severity::Warning, "alarms of the stack notify nobody"),
    ("no_canary", Severity::Warning, "no canary arrived for half an hour, so why5xx may be blind"),
    ("older_version", Severity::Warning, "the function and this command are not of one version"),
    (
        "no_own_metrics",
        Severity::Warning,
        "an account policy switches the metrics off that the function logs of itself",
    ),
    ("kept_for_ever", Severity::Note, "a log group never deletes a log event"),
];

/// Returns what is to be done, the worst first.
pub fn of(facts: &AccountFacts) -> Vec<SurveyFinding> {
    let mut found = Findings { facts, findings: Vec::new() };
    found.account();
    for stage in &facts.stages {
        found.stage(stage);
    }
    for stack in &facts.stacks {
        found.stack(stack);
    }
    let mut findings = found.findings;
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// Returns what is to be done about one stage.
pub(super) fn of_stage(facts: &AccountFacts, stage: &Stage) -> Vec<SurveyFinding> {
    let mut found = Findings { facts, findings: Vec::new() };
    found.stage(stage);
    found.findings
}

/// One of the two logs of a stage.
#[derive(Debug, Clone)]
pub struct StageLog<'f> {
    /// Which of the two.
    pub kind: LogKind,
    /// None if it goes to no log group.
    pub log_group: Option<String>,
    /// The causes that it can show.
    pub causes: CauseIds,
    /// None if the log group is not there, or was not looked at.
    pub group: Option<&'f LogGroup>,
}

impl<'f> StageLog<'f> {
    fn filters(&self) -> &'f [Filter] {
        self.group.and_then(|group| group.filters.as_deref()).unwrap_or_default()
    }
}

impl AccountFacts {
    /// Returns the logs that a stage writes, the execution log first.
    #[inline(never)]
    pub fn logs_of(&self, stage: &Stage) -> Vec<StageLog<'_>> {
        let group = |name: Option<&str>| self.log_groups.as_ref()?.get(name?);
        let mut logs = Vec::new();
        let highest = stage.settings.iter().map(|setting| setting.level).max().unwrap_or_default();
        if highest > Level::Off && stage.kind != ApiKind::Http {
            let deliveries: Vec<&LogDelivery> = self.deliveries_of(stage).collect();
            let log_group = match &deliveries[..] {
                [] => stage.managed_log_group(),
                all => all.iter().find_map(|delivery| delivery.log_group.clone()),
            };
            let causes = sight::of_level(stage.level());
            logs.push(StageLog { kind: LogKind::Execution, group: group(log_group.as_deref()), log_group, causes });
        }
        if let Some(log) = &stage.access_log {
            let log_group = log.log_group().map(str::to_owned);
            let causes = sight::of_access_log(log);
            logs.push(StageLog { kind: LogKind::Access, group: group(log_group.as_deref()), log_group, causes });
        }
        logs
    }

    /// Returns the execution log of a stage's canary release, if there is one.
    pub(super) fn canary_log(&self, stage: &Stage, logs: &[StageLog<'_>]) -> Option<StageLog<'_>> {
        let log = logs.first().filter(|log| log.kind == LogKind::Execution && stage.has_canary_release)?;
        if self.deliveries_of(stage).next().is_some() {
            return None;
        }
        let log_group = canary_group(log.log_group.as_ref()?);
        let group = self.log_groups.as_ref().and_then(|groups| groups.get(&log_group));
        Some(StageLog { log_group: Some(log_group), group, kind: log.kind, causes: log.causes.clone() })
    }

    /// Says why nothing of a log is counted that a filter of ours passes on; None if nothing shows that.
    #[inline(never)]
    pub(super) fn lets_nothing_through(&self, stage: &Stage, log: &StageLog<'_>, filter: &Filter) -> Option<String> {
        // The name that AWS gives the group says the kind before that of the filter does.
        let is_named_by_aws = log.log_group.as_deref().is_some_and(|name| name.starts_with(EXECUTION_PREFIX));
        let is_declared = log.kind == LogKind::Access && stage.access_log.as_ref().is_some_and(|log| log.is_declared);
        if let Some(kind) = kind_of(filter)
            && kind != log.kind
            && !is_named_by_aws
            && !is_declared
            && !filter.is_of_account
        {
            return Some(format!("says in its name that this is a log of the kind {}", kind.word()));
        }
        let own = defaults(log.kind);
        for kind in LogKind::ALL {
            if kind != log.kind && !own.contains(&filter.pattern) && defaults(kind).contains(&filter.pattern) {
                return Some(format!("has the pattern for logs of the kind {}", kind.word()));
            }
        }
        if !filter.pattern.trim_start().starts_with('{') {
            return None;
        }
        let format = match (log.kind, &stage.access_log) {
            (LogKind::Access, Some(log)) => &*log.format,
            // A delivery may write JSON.
            _ if self.deliveries_of(stage).next().is_some() => return None,
            _ => "",
        };
        let has = |field: &str| {
            let end = field.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(field.len());
            format.contains(&format!("\"{}\"", &field[..end]))
        };
        let asks_for_what_is_there = filter.pattern.split("$.").skip(1).any(has);
        (!asks_for_what_is_there)
            .then(|| "has a pattern that asks for fields of JSON which the lines do not have".to_owned())
    }

    /// Returns the deliveries of a stage's execution log.
    pub(super) fn deliveries_of<'f>(&'f self, stage: &'f Stage) -> impl Iterator<Item = &'f LogDelivery> {
        let all = self.deliveries.iter().flatten();
        all.filter(|delivery| delivery.api_id == stage.api_id && delivery.stage == stage.name)
    }

    /// Returns whether a filter is one of why5xx: its name ends in a kind of log, or it feeds a function of ours.
    pub fn is_ours(&self, filter: &Filter) -> bool {
        kind_of(filter).is_some()
            || self.stacks.iter().any(|stack| stack.function_arn.as_ref() == Some(&filter.destination))
    }

    /// Returns the filters of why5xx on a log.
    #[inline(never)]
    pub fn our_filters<'f>(&'f self, log: &StageLog<'f>) -> Vec<&'f Filter> {
        log.filters().iter().filter(|filter| self.is_ours(filter)).collect()
    }

    /// Returns whether it is known which filters a log has. A log group that is not there has none.
    pub fn knows_filters(&self, log: &StageLog<'_>) -> bool {
        self.log_groups.is_some() && log.group.is_none_or(|group| group.filters.is_some())
    }

    /// Returns the log that is counted, or would be: the subscribed one, else the one that shows more.
    #[inline(never)]
    pub fn read_log<'f>(&'f self, logs: &[StageLog<'f>]) -> Option<StageLog<'f>> {
        let subscribed = logs.iter().find(|log| !self.our_filters(log).is_empty());
        // Of two that show as much, the execution log: it has the end of each request.
        let best = || logs.iter().rev().max_by_key(|log| (log.log_group.is_some(), log.causes.len()));
        subscribed.or_else(best).cloned()
    }
}

/// Returns the log group of a stage's canary release.
pub(super) fn canary_group(of_stage: &str) -> String {
    format!("{of_stage}/Canary")
}

/// Returns the default patterns of a kind of log, of this version and of earlier ones.
fn defaults(kind: LogKind) -> Vec<String> {
    default_pattern(kind).into_iter().chain(earlier_patterns(kind)).collect()
}

/// Returns the kind of log at the end of the name of a filter.
fn kind_of(filter: &Filter) -> Option<LogKind> {
    LogKind::parse(filter.name.rsplit_once('/')?.1)
}

struct Findings<'f> {
    facts: &'f AccountFacts,
    findings: Vec<SurveyFinding>,
}

impl<'f> Findings<'f> {
    #[inline(never)]
    fn add(&mut self, id: &'static str, about: &str, text: String, fix: Fix) {
        let severity =
            ALL.iter().find(|(name, ..)| *name == id).map_or(Severity::Warning, |(_, severity, _)| *severity);
        self.findings.push(SurveyFinding { id, severity, about: about.to_owned(), text, fix });
    }

    fn account(&mut self) {
        let facts = self.facts;
        let here = format!("account {}, {}", facts.account, facts.region);
        self.deployment(&here);
        self.account_filters(&here);
        let needs_role = facts.stages.iter().filter(|stage| stage.kind != ApiKind::Http).count();
        if facts.log_role.as_deref() == Some("") && needs_role > 0 {
            let verb = if needs_role == 1 { "logs" } else { "log" };
            let stages = counted(needs_role, "REST or WebSocket stage");
            let text = format!("API Gateway has no role to write logs with, so {stages} {verb} nothing");
            self.add("no_log_role", &here, text, facts.set_log_role());
        }
        for policy in facts.extraction_policies.iter().flatten() {
            let is_spared = |stack: &Stack| policy.selection.contains(&format!("\"/why5xx/{}\"", stack.name));
            if facts.stacks.iter().any(|stack| !is_spared(stack)) {
                let text = format!(
                    "the account policy {} switches off the metrics that functions log of themselves",
                    policy.name
                );
                self.add("no_own_metrics", &here, text, facts.delete_extraction_policy(&policy.name));
            }
        }
        let for_ever = facts.log_groups.iter().flatten().filter(|(_, group)| group.retention_days.is_none());
        let for_ever: Vec<&str> = for_ever.map(|(name, _)| name.as_str()).collect();
        if !for_ever.is_empty() {
            let verb = if for_ever.len() == 1 { "keeps" } else { "keep" };
            let text = format!("{} {verb} log events for ever", counted(for_ever.len(), "log group"));
            self.add("kept_for_ever", &here, text, facts.set_retention(&for_ever));
        }
    }

    /// Looks whether anything is deployed, and proposes the lists of a stack.
    fn deployment(&mut self, here: &str) {
        let facts = self.facts;
        let logs: Vec<_> = facts.stages.iter().flat_map(|stage| facts.logs_of(stage)).collect();
        let is_fed = logs.iter().any(|log| !facts.our_filters(log).is_empty());
        if facts.stacks.is_empty() && facts.log_groups.is_some() && !is_fed {
            let names = |kind| {
                let of = logs.iter().filter(|log| log.kind == kind);
                let mut names: Vec<&str> = of.filter_map(|log| log.log_group.as_deref()).collect();
                names.sort_unstable();
                names.dedup();
                names.join(",")
            };
            // One log of each stage is enough, and both would count twice.
            let read: Vec<_> = facts.stages.iter().filter_map(|stage| facts.read_log(&facts.logs_of(stage))).collect();
            let is_read = |name: &str| read.iter().any(|log| log.log_group.as_deref() == Some(name));
            // A parameter of CloudFormation is short, and a stack has few places; the filters of the rest are made by hand.
            let (mut left, mut left_out) = (MOST_LISTED_GROUPS, 0);
            let mut only = |names: String| {
                let (mut bytes, mut listed) = (0, Vec::new());
                for name in names.split(',').filter(|name| is_read(name)) {
                    if left == 0 || name.len() > LONGEST_LISTED_NAME || bytes + name.len() + 1 > LONGEST_LIST_BYTES {
                        left_out += 1;
                    } else {
                        (left, bytes) = (left - 1, bytes + name.len() + 1);
                        listed.push(name);
                    }
                }
                listed.join(",")
            };
            let (execution, access) = (only(names(LogKind::Execution)), only(names(LogKind::Access)));
            let lists = [("ExecutionLogGroups", &*execution), ("AccessLogGroups", &*access)];
            let lists: Vec<_> = lists.into_iter().filter(|(_, names)| !names.is_empty()).collect();
            let mut text = "no stack of why5xx is in this Region, so nothing is counted".to_owned();
            if left_out > 0 {
                text.push_str(&format!(
                    "; {} more than a stack takes: run doctor again behind it, and it prints their filters",
                    counted(left_out, "log group")
                ));
            }
            self.add("nothing_deployed", here, text, facts.deploy("why5xx", &lists));
        }
    }

    /// Looks at the subscriptions of the whole account that are ours, each once.
    fn account_filters(&mut self, here: &str) {
        let facts = self.facts;
        let mut names = BTreeSet::new();
        let all = facts.log_groups.iter().flatten().flat_map(|(_, group)| group.filters.iter().flatten());
        for filter in all.filter(|filter| filter.is_of_account && facts.is_ours(filter)) {
            if !names.insert(&filter.name) {
                continue;
            }
            if facts.missing_functions.contains(&filter.destination) {
                let text = format!("the account-level subscription {} names a function that is not there", filter.name);
                let arn = facts.reader().map_or_else(|| "FUNCTION_ARN".to_owned(), |(_, arn)| arn);
                let words = format!("DestinationArn in the document of the policy {}: {arn}", filter.name);
                self.add("target_gone", here, text, facts.look_at_policy(&filter.name, words));
            } else if let Some(kind) = kind_of(filter)
                && earlier_patterns(kind).contains(&filter.pattern)
            {
                let text = format!(
                    "the account-level subscription {} has the default pattern of an earlier version",
                    filter.name
                );
                let pattern = default_pattern(kind).unwrap_or_default();
                let words = format!("FilterPattern in the document of the policy {}: {pattern}", filter.name);
                self.add("older_pattern", here, text, facts.look_at_policy(&filter.name, words));
            }
        }
    }

    fn stage(&mut self, stage: &'f Stage) {
        let facts = self.facts;
        let about = about(stage);
        let before = self.findings.len();
        let logs = facts.logs_of(stage);
        let canary = facts.canary_log(stage, &logs);
        for log in logs.iter().chain(&canary) {
            self.filters_of(&about, stage, log);
        }
        match facts.read_log(&logs) {
            None => self.no_log(stage, &about),
            Some(log) => {
                match log.kind {
                    LogKind::Access => self.access_log(stage, &about, &log),
                    _ => self.execution_log(stage, &about, &log),
                }
                self.subscription(&about, &logs, &log);
            }
        }
        self.canary_release(&about, &logs, canary.as_ref());
        self.replaced_log_group(stage, &about);
        if stage.settings.iter().any(|setting| setting.data_trace) {
            let text = "data trace writes headers and bodies, tokens too, into the log: for debugging only".to_owned();
            // The fixes are run one after the other: this one must not undo that of the level.
            let is_lower = self.findings[before..].iter().any(|finding| finding.id == "lower_level");
            let level = if is_lower { Level::Info } else { Level::Off };
            self.add("data_trace", &about, text, facts.set_level(stage, level));
        }
        let is_blind = self.findings[before..].iter().any(|finding| finding.severity == Severity::Gap);
        if let (false, Some(Share { failed, counted })) = (is_blind, stage.share)
            && facts.has_reader()
            && let Some(log_group) = facts.read_log(&logs).and_then(|log| log.log_group)
        {
            let since = match facts.share_s / 3_600 {
                24.. => "the last day".to_owned(),
                0 => format!("the last {} minutes, since it is counted", facts.share_s / 60),
                hours => format!("the last {}, since it is counted", printable::counted(hours as usize, "hour")),
            };
            if failed >= FEW_FAILURES && counted < failed * EXPLAINED_ENOUGH {
                let text = format!(
                    "API Gateway counted {failed} failures in {since} and the log shows {counted} ({:.0} %)",
                    100.0 * counted / failed
                );
                self.add("unexplained", &about, text, facts.replay(&log_group));
            }
            // WebSocket APIs have no metric of all failures.
            let is_twice = self.findings[before..].iter().any(|finding| finding.id == "counted_twice");
            if !is_twice && stage.kind != ApiKind::WebSocket && counted >= failed * COUNTED_TOO_OFTEN + FEW_FAILURES {
                let text = format!("API Gateway counted {failed} failures in {since} and the log shows {counted}");
                self.add("counted_twice", &about, text, facts.replay(&log_group));
            }
        }
    }

    /// An access log in the advised format: one line a request, with the reason.
    fn no_log(&mut self, stage: &Stage, about: &str) {
        let facts = self.facts;
        let text = match stage.kind {
            ApiKind::Http => "it writes no access log, the only log of an HTTP API, so nothing shows why it fails",
            _ => "it writes neither an execution log nor an access log, so nothing shows why it fails",
        };
        let log_group = own_log_group(stage);
        let fix = facts.set_access_log(stage, &facts.arn_of(&log_group), sight::advised(stage.kind));
        let fix = match facts.reader() {
            Some((stack, arn)) => fix.then(facts.subscribe((&stack, &arn), &log_group, LogKind::Access)),
            None => fix,
        };
        self.add("no_log", about, text.to_owned(), facts.create_log_group(&log_group).then(fix));
    }

    fn execution_log(&mut self, stage: &Stage, about: &str, log: &StageLog<'_>) {
        let facts = self.facts;
        if let Some(delivery) = facts.deliveries_of(stage).next()
            && log.log_group.is_none()
        {
            let text = "its execution log is delivered elsewhere and to no log group".to_owned();
            let log_group = own_log_group(stage);
            self.add("not_in_a_log_group", about, text, facts.deliver_to_log_group(delivery, &log_group));
            return;
        }
        for delivery in facts.deliveries_of(stage).filter(|delivery| delivery.log_group == log.log_group) {
            if !delivery.fields.is_empty() && !delivery.fields.iter().any(|field| field == "payload") {
                let text = "the fields of its execution-log delivery lack payload, the line itself".to_owned();
                self.add("no_payload", about, text, facts.deliver_payload(delivery));
            }
        }
        if stage.settings.iter().any(|setting| setting.level < Level::Info) {
            let lower = stage.settings.iter().filter(|setting| setting.level < Level::Info);
            let lower: Vec<_> = lower.map(|setting| format!("{} at {}", setting.key, setting.level.name())).collect();
            let lower = lower.join(", ");
            let text = match stage.level() {
                Level::Info => {
                    format!("a part of its execution log is not at INFO level ({lower}), so that shows less")
                }
                _ => format!(
                    "its execution log is not at INFO level ({lower}), so it shows {} of {} causes and not every end",
                    log.causes.len(),
                    sight::at_best(stage.kind).len()
                ),
            };
            self.add("lower_level", about, text, facts.set_level(stage, Level::Info));
        }
        if log.group.is_some_and(|group| !group.is_standard) {
            let text =
                "the log group of its execution log is not of the Standard class, so it takes no filter".to_owned();
            let log_group = own_log_group(stage);
            let format = sight::advised(stage.kind);
            let fix = facts.set_access_log(stage, &facts.arn_of(&log_group), format);
            self.add("not_standard", about, text, facts.create_log_group(&log_group).then(fix));
        }
    }

    fn access_log(&mut self, stage: &Stage, about: &str, log: &StageLog<'_>) {
        let facts = self.facts;
        let Some(access_log) = &stage.access_log else { return };
        let best = sight::completed(stage.kind, access_log);
        let elsewhere = match (&log.log_group, log.group) {
            (None, _) => Some(("not_in_a_log_group", "its access log goes to a stream and to no log group")),
            (_, Some(group)) if !group.is_standard => Some((
                "not_standard",
                "the log group of its access log is not of the Standard class, so it takes no filter",
            )),
            _ => None,
        };
        if let Some((id, text)) = elsewhere {
            let log_group = own_log_group(stage);
            let fix = facts.set_access_log(stage, &facts.arn_of(&log_group), &best);
            self.add(id, about, text.to_owned(), facts.create_log_group(&log_group).then(fix));
            return;
        }
        let fix = || facts.set_access_log(stage, &access_log.destination, &best);
        let missing = sight::missing_variables(stage.kind, access_log);
        if !sight::has_status(&access_log.format) {
            let text = "the format of its access log lacks $context.status, so no line shows a failure";
            self.add("no_status", about, text.to_owned(), fix());
        } else if log.causes.is_empty() {
            let text = "the status in the format of its access log has no label, so no line counts: change the format, or \
                        declare it as access_log_format in the settings";
            let advised = facts.set_access_log(stage, &access_log.destination, sight::advised(stage.kind));
            self.add("undeclared_format", about, text.to_owned(), advised);
        } else if !missing.is_empty() {
            let is_there = |variable: &&str| sight::has_variable(&access_log.format, variable);
            let (unread, absent): (Vec<&str>, Vec<&str>) = missing.into_iter().partition(is_there);
            let mut parts = Vec::new();
            for (verb, variables, end) in [("lacks", absent, ""), ("has", unread, " under names that are not read")] {
                let variables: Vec<_> = variables.iter().map(|variable| format!("$context.{variable}")).collect();
                if !variables.is_empty() {
                    parts.push(format!("{verb} {}{end}", variables.join(", ")));
                }
            }
            let text = format!(
                "the format of its access log {}, so it shows {} of {} causes",
                parts.join(" and "),
                log.causes.len(),
                sight::at_best(stage.kind).len()
            );
            self.add("no_reason", about, text, fix());
        }
    }

    fn subscription(&mut self, about: &str, logs: &[StageLog<'_>], read: &StageLog<'_>) {
        let facts = self.facts;
        let subscribed: Vec<_> = logs.iter().filter(|log| !facts.our_filters(log).is_empty()).collect();
        if let [_, access] = subscribed[..] {
            let filters = facts.our_filters(access);
            if let (Some(filter), Some(log_group)) = (filters.first(), &access.log_group) {
                let text = format!(
                    "both its execution log and its access log are subscribed, so a failure counts in {} and in {}",
                    Metric::Errors.name(),
                    Metric::AccessLogErrors.name()
                );
                let fix = match filter.is_of_account {
                    true => facts.spare(log_group, &filter.name),
                    false => facts.delete_filter(log_group, &filter.name),
                };
                self.add("both_logs", about, text, fix);
            }
        }
        let is_known = logs.iter().all(|log| facts.knows_filters(log));
        let (Some((stack, arn)), Some(log_group)) = (facts.reader(), &read.log_group) else { return };
        if subscribed.is_empty() && is_known && read.group.is_none_or(|group| group.is_standard) {
            let fix = facts.subscribe((&stack, &arn), log_group, read.kind);
            let fix = facts.with_log_group(log_group, fix);
            let others = logs.iter().flat_map(|log| log.filters()).count();
            let others = if others > 0 { format!(" ({} of others)", counted(others, "filter")) } else { String::new() };
            let text =
                format!("no log of it has a subscription filter of why5xx{others}, so its failures are not counted");
            self.add("not_subscribed", about, text, fix);
        }
    }

    /// Looks at the filters of why5xx on a log: where they lead, and what they let through.
    fn filters_of(&mut self, about: &str, stage: &Stage, log: &StageLog<'_>) {
        let facts = self.facts;
        let Some(log_group) = &log.log_group else { return };
        let is_good = |filter: &&Filter| {
            !facts.missing_functions.contains(&filter.destination)
                && facts.lets_nothing_through(stage, log, filter).is_none()
        };
        let ours = facts.our_filters(log);
        let good: Vec<&Filter> = ours.iter().copied().filter(is_good).collect();
        for filter in ours.into_iter().filter(|filter| !filter.is_of_account) {
            let kind = kind_of(filter).unwrap_or(log.kind);
            if facts.missing_functions.contains(&filter.destination) {
                let text = format!("the filter {} names a function that is not there", filter.name);
                let fix = match facts.live_stack().and_then(|stack| stack.function_arn.as_deref()) {
                    Some(arn) => facts.put_filter(log_group, &filter.name, kind, arn),
                    None => facts.delete_filter(log_group, &filter.name),
                };
                self.add("target_gone", about, text, fix);
            } else if let Some(why) = facts.lets_nothing_through(stage, log, filter)
                && good.is_empty()
            {
                let text = format!("the filter {} on {log_group} {why}, so nothing is counted", filter.name);
                // A filter of another name takes a place, of which a log group has few: this one goes first.
                let name = match kind_of(filter).zip(filter.name.rsplit_once('/')) {
                    Some((_, (stack, _))) => format!("{stack}/{}", log.kind.word()),
                    None => filter.name.clone(),
                };
                let put = facts.put_filter(log_group, &name, log.kind, &filter.destination);
                let fix =
                    if name == filter.name { put } else { facts.delete_filter(log_group, &filter.name).then(put) };
                self.add("wrong_filter", about, text, fix);
            } else if earlier_patterns(kind).contains(&filter.pattern) {
                let text = format!("the filter {} has the default pattern of an earlier version", filter.name);
                let fix = facts.put_filter(log_group, &filter.name, kind, &filter.destination);
                self.add("older_pattern", about, text, fix);
            }
        }
        if let [first, second, ..] = good[..] {
            let text = format!(
                "{} and {} are on {log_group}, so a failure that both let through counts twice",
                first.name, second.name
            );
            let reader = facts.live_stack().and_then(|stack| stack.function_arn.as_ref());
            let extra = if second.is_of_account || Some(&second.destination) == reader { first } else { second };
            let fix = match extra.is_of_account {
                true => facts.spare(log_group, &extra.name),
                false => facts.delete_filter(log_group, &extra.name),
            };
            self.add("counted_twice", about, text, fix);
        }
    }

    /// Looks whether the execution log of a canary release is subscribed where that of its stage is.
    fn canary_release(&mut self, about: &str, logs: &[StageLog<'_>], canary: Option<&StageLog<'_>>) {
        let facts = self.facts;
        if let (Some(canary), Some((stack, arn)), [log, ..]) = (canary, facts.reader(), logs)
            && let Some(log_group) = &canary.log_group
            && !facts.our_filters(log).is_empty()
            && facts.our_filters(canary).is_empty()
            && facts.knows_filters(canary)
        {
            let fix = facts.with_log_group(log_group, facts.subscribe((&stack, &arn), log_group, canary.kind));
            let text = "the log of its canary release has no subscription filter of why5xx, so what fails there is not counted";
            self.add("not_subscribed", about, text.to_owned(), fix);
        }
    }

    /// Looks at the log group that API Gateway wrote to before a delivery replaced it.
    fn replaced_log_group(&mut self, stage: &Stage, about: &str) {
        let facts = self.facts;
        if facts.deliveries_of(stage).next().is_none() {
            return;
        }
        let Some(name) = stage.managed_log_group() else { return };
        let group = facts.log_groups.as_ref().and_then(|groups| groups.get(&name));
        for filter in group.and_then(|group| group.filters.as_ref()).into_iter().flatten() {
            if facts.is_ours(filter) && !filter.is_of_account {
                let text = format!("a delivery has replaced the log group {name}, so the filter on it is silent");
                self.add("silent_log_group", about, text, facts.delete_filter(&name, &filter.name));
            }
        }
    }

    fn stack(&mut self, stack: &Stack) {
        let facts = self.facts;
        let about = format!("stack {}", stack.name);
        let is_heard = |name: &str| facts.rules.iter().flatten().any(|rule| hears(rule, name));
        let silent = stack.alarms.iter().flatten().filter(|alarm| !alarm.has_action && !is_heard(&alarm.name)).count();
        if silent > 0 && facts.rules.is_some() {
            let verb = if silent == 1 { "notifies" } else { "notify" };
            let text =
                format!("{} of it {verb} nobody: no action, and no rule on such events", counted(silent, "alarm"));
            self.add(
                "no_alarm_action",
                &about,
                text,
                facts.deploy_again(&stack.name, &[("AlarmTopicArn", "TOPIC_ARN")]),
            );
        }
        if stack.function_arn.as_ref().is_some_and(|arn| facts.missing_functions.contains(arn)) {
            let text = "the filter on its canary's log group names a function that is not there".to_owned();
            self.add("target_gone", &about, text, facts.deploy_again(&stack.name, &[]));
        }
        let canary = facts.log_groups.as_ref().and_then(|groups| groups.get(&format!("/why5xx/{}/canary", stack.name)));
        if canary.and_then(|group| group.filters.as_ref()).is_some_and(Vec::is_empty) {
            let text = "its canary's log group has no filter, so nothing shows whether it is blind".to_owned();
            self.add("no_canary", &about, text, facts.deploy_again(&stack.name, &[]));
        }
        if stack.canaries == Some(0.0) {
            let begins = format!("{}-CanarySchedule", stack.name);
            let rule = facts.rules.iter().flatten().find(|rule| rule.name.starts_with(&begins) && !rule.is_enabled);
            let (why, fix) = match rule {
                Some(rule) => (": its schedule is disabled", facts.enable_rule(&rule.name)),
                None => (", so it may be blind", facts.show_own_log(stack)),
            };
            self.add("no_canary", &about, format!("no canary arrived in the last half hour{why}"), fix);
        }
        let own = env!("CARGO_PKG_VERSION");
        if let Some(function) = &stack.function
            && function.version.as_deref() != Some(own)
        {
            let version = function.version.as_deref();
            let is = version.map_or("does not say its version".to_owned(), |v| format!("is version {v}"));
            let (text, fix) = match version.is_some_and(|version| numbers(version) > numbers(own)) {
                true => {
                    let words = "nothing to change: the command is the older one".to_owned();
                    (
                        format!("its function {is}, and this command is older, {own}: get a newer command"),
                        Fix::words(words),
                    )
                }
                false => {
                    (format!("its function {is}, and this command is {own}"), facts.deploy_again(&stack.name, &[]))
                }
            };
            self.add("older_version", &about, text, fix);
        }
    }
}

impl AccountFacts {
    /// Returns a stack whose function can be subscribed; one without, where there is no other.
    #[inline(never)]
    fn live_stack(&self) -> Option<&Stack> {
        let arn = |stack: &Stack| stack.function_arn.as_ref().is_some_and(|arn| !self.missing_functions.contains(arn));
        self.stacks.iter().find(|stack| arn(stack)).or(self.stacks.iter().find(|stack| stack.function_arn.is_none()))
    }

    /// Returns the name of a stack and what feeds it. It may be of another account: then a filter shows them.
    pub(super) fn reader(&self) -> Option<(String, String)> {
        if let Some(stack) = self.live_stack() {
            return Some((stack.name.clone(), stack.function_arn.clone().unwrap_or_else(|| "FUNCTION_ARN".to_owned())));
        }
        let mut filters = self.log_groups.iter().flatten().flat_map(|(_, group)| group.filters.iter().flatten());
        filters.find_map(|filter| {
            let is_there = kind_of(filter).is_some() && !self.missing_functions.contains(&filter.destination);
            let (stack, _) = filter.name.rsplit_once('/').filter(|_| is_there)?;
            Some((stack.to_owned(), filter.destination.clone()))
        })
    }

    /// Returns the finding about one stage that API Gateway has no role to write the logs of.
    pub(super) fn has_no_role(&self, stage: &Stage) -> SurveyFinding {
        let text = "API Gateway has no role to write logs with, so it logs nothing";
        gap("no_log_role", stage, text, self.set_log_role())
    }

    /// Returns the finding about a stage where no function is there that could read its logs.
    pub(super) fn has_no_reader(&self, stage: &Stage) -> SurveyFinding {
        let stack = self.stacks.first().map_or("why5xx", |stack| &*stack.name);
        let text = "no function of why5xx that is there reads a log of it, so its failures are not counted";
        gap("not_subscribed", stage, text, self.deploy_again(stack, &[]))
    }

    /// Returns whether anything of ours counts here.
    fn has_reader(&self) -> bool {
        !self.stacks.is_empty()
    }

    /// Creates a log group first, if it is not there yet.
    fn with_log_group(&self, log_group: &str, fix: Fix) -> Fix {
        let is_there = self.log_groups.as_ref().is_none_or(|groups| groups.contains_key(log_group));
        if is_there { fix } else { self.create_log_group(log_group).then(fix) }
    }
}

/// Returns the log group that a log of the stage's own gets.
fn own_log_group(stage: &Stage) -> String {
    format!("/aws/vendedlogs/apigateway/{}/{}", stage.api_id, stage.name.replace('$', ""))
}

/// Returns the numbers of a version, to compare.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

fn gap(id: &'static str, stage: &Stage, text: &str, fix: Fix) -> SurveyFinding {
    SurveyFinding { id, severity: Severity::Gap, about: about(stage), text: text.to_owned(), fix }
}

/// Returns whether a rule passes on the events of an alarm: then something else notifies.
fn hears(rule: &EventRule, alarm: &str) -> bool {
    let Ok(pattern) = serde_json::from_str::<Value>(&rule.pattern) else { return false };
    let names = |key: &str, word: &str| {
        pattern[key].as_array().is_some_and(|values| values.iter().any(|value| value.to_string().contains(word)))
    };
    let is_of_alarm = |matcher: &Value| match matcher {
        Value::String(name) => name == alarm,
        Value::Object(object) => match object.get("prefix").and_then(Value::as_str) {
            Some(begins) => alarm.starts_with(begins),
            // What it says no to, or a wildcard: nothing shows that it leaves this one out.
            None => true,
        },
        _ => false,
    };
    let alarm_names = pattern["detail"]["alarmName"].as_array();
    rule.is_enabled
        && names("source", "aws.cloudwatch")
        && names("detail-type", "CloudWatch Alarm")
        && alarm_names.is_none_or(|names| names.iter().any(is_of_alarm))
}

/// Names a stage, for people.
#[inline(never)]
pub fn about(stage: &Stage) -> String {
    let name = if stage.api_name.is_empty() { &stage.api_id } else { &stage.api_name };
    format!("{name}/{} ({}, {})", stage.name, stage.api_id, stage.kind.name())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests")]
    fn the_page_lists_every_finding() {
        let mut table = String::from("| id | severity | what was found |\n|---|---|---|\n");
        for (id, severity, text) in ALL {
            writeln!(table, "| `{id}` | {} | {text} |", severity.name()).unwrap();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (begin, end) = ("<!-- findings -->\n", "<!-- /findings -->\n");
        let (head, rest) = page.split_once(begin).unwrap();
        let (old, tail) = rest.split_once(end).unwrap();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, format!("{head}{begin}{table}{end}{tail}")).unwrap();
        } else {
            assert_eq!(old, table, "docs/doctor.md is stale: run `BLESS=1 cargo test`");
        }
    }

    #[test]
    fn a_rule_is_heard_if_it_may_pass_on_an_event_of_the_alarm() {
        let rule = |pattern: &str| EventRule { name: "r".into(), is_enabled: true, pattern: pattern.to_owned() };
        let alarm = "why5xx: API 5xx with a cause that somebody can fix, execution logs";
        let heard = |names: &str| {
            let head = r#""source":["aws.cloudwatch"],"detail-type":["CloudWatch Alarm State Change"]"#;
            hears(&rule(&format!("{{{head},\"detail\":{{\"alarmName\":{names}}}}}")), alarm)
        };
        assert!(heard(&format!("[\"{alarm}\"]")) && heard(r#"["x",{"prefix":"why5xx: API 5xx with a cause "}]"#));
        assert!(heard(r#"[{"anything-but":"x"}]"#) && heard(r#"[{"wildcard":"why5xx*"}]"#));
        assert!(!heard(r#"["why5xx"]"#) && !heard(r#"[{"prefix":"why5xx: why5xx is blind"}]"#) && !heard("[7]"));
        assert!(!hears(&rule("not JSON"), alarm) && !hears(&rule(""), alarm));
    }
}
