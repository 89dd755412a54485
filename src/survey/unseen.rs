//! Stages whose failures nobody would name: facts to what a watch reports.

use super::facts::{AccountFacts, ApiKind, Level, Stage};
use super::findings::{Severity, StageLog, SurveyFinding, of_stage};
use crate::cause::Role;
use crate::log_kind::LogKind;

/// Whether the failures of a stage would be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visibility {
    /// A log that shows them reaches a function that is there.
    Yes,
    /// None does, for these reasons. There is at least one.
    No(Vec<SurveyFinding>),
    /// It depends on what could not be looked at.
    Unknown,
}

/// Findings about parts of a log, which leave nothing to see where they are about all of it.
const PARTS: [&str; 3] = ["lower_level", "no_reason", "undeclared_format"];

impl AccountFacts {
    /// Returns whether the failures of a stage would be named.
    pub fn seen(&self, stage: &Stage) -> Visibility {
        let logs = self.logs_of(stage);
        let mut named: Vec<_> = logs.iter().map(|log| self.are_named(stage, log)).collect();
        // What a canary release fails with stands in a log group of its own. An access log has it, too.
        if let (Some(canary), Some(Some(true))) = (self.canary_log(stage, &logs), named.first()) {
            named[0] = self.are_named(stage, &canary);
        }
        if named.contains(&Some(true)) {
            return Visibility::Yes;
        }
        if named.contains(&None) {
            return Visibility::Unknown;
        }
        let needs_role = stage.kind != ApiKind::Http && self.deliveries_of(stage).next().is_none();
        let has_no_role = needs_role && self.log_role.as_deref() == Some("");
        let of_role = has_no_role.then(|| self.has_no_role(stage));
        let of_stage = of_stage(self, stage);
        let gaps = of_stage.iter().filter(|finding| finding.severity == Severity::Gap);
        let mut findings: Vec<SurveyFinding> = of_role.into_iter().chain(gaps.cloned()).collect();
        if findings.is_empty() {
            findings = of_stage.into_iter().filter(|finding| PARTS.contains(&finding.id)).collect();
        }
        if findings.is_empty() {
            // Without a function there is nothing to subscribe.
            findings.push(self.has_no_reader(stage));
        }
        Visibility::No(findings)
    }

    /// Returns whether a log that shows why a stage fails reaches a function that is there; None where that is not known.
    fn are_named(&self, stage: &Stage, log: &StageLog<'_>) -> Option<bool> {
        let mut filters = self.our_filters(log);
        filters.retain(|filter| self.lets_nothing_through(stage, log, filter).is_none());
        let is_gone = |destination: &str| self.missing_functions.contains(destination);
        let has_no_reader = self.knows_filters(log) && filters.iter().all(|filter| is_gone(&filter.destination));
        let is_delivered = log.kind == LogKind::Execution && self.deliveries_of(stage).next().is_some();
        // Deliveries need no role, and neither do HTTP APIs.
        let role = match &self.log_role {
            _ if is_delivered || stage.kind == ApiKind::Http => Some(true),
            role => role.as_ref().map(|role| !role.is_empty()),
        };
        if has_no_reader || role == Some(false) || !self.shows_reasons(stage, log) {
            return Some(false);
        }
        let is_there = |destination: &str| !is_gone(destination) && !self.unknown_functions.contains(destination);
        let is_known = self.knows_filters(log)
            && filters.iter().any(|filter| is_there(&filter.destination))
            && role.is_some()
            // A delivery may carry the log elsewhere.
            && (log.kind != LogKind::Execution || self.deliveries.is_some());
        is_known.then_some(true)
    }

    /// Returns whether a log shows why a request failed, or that it failed in the backend.
    fn shows_reasons(&self, stage: &Stage, log: &StageLog<'_>) -> bool {
        if log.kind == LogKind::Execution {
            let lacks_payload =
                |fields: &[String]| !fields.is_empty() && !fields.iter().any(|field| field == "payload");
            let level = stage.level();
            return level > Level::Off && !self.deliveries_of(stage).any(|delivery| lacks_payload(&delivery.fields));
        }
        // With the status alone, every failure has this cause.
        let none = Role::NoReason.cause().id;
        log.causes.iter().any(|id| *id != none)
    }
}

/// Report of a watch over an account.
#[derive(Debug, Default)]
pub struct WatchReport<'f> {
    /// Stages whose failures nobody would name, with the reasons.
    pub unseen: Vec<(&'f Stage, Vec<SurveyFinding>)>,
    /// Stages of which that is not known.
    pub unknown: Vec<&'f Stage>,
    /// Lists of APIs and stages that could not be read: each may hide a stage.
    pub unread_lists: u64,
    /// Percent of API Gateway's failures of the last day that the logs show; None without failures, or without counts.
    pub explained: Option<f64>,
}

impl<'f> WatchReport<'f> {
    /// Judges each stage.
    pub fn of(facts: &'f AccountFacts) -> Self {
        let mut watch =
            Self { unread_lists: facts.unread_lists, explained: explained(&facts.stages), ..Self::default() };
        for stage in &facts.stages {
            match facts.seen(stage) {
                Visibility::Yes => {}
                Visibility::No(findings) => watch.unseen.push((stage, findings)),
                Visibility::Unknown => watch.unknown.push(stage),
            }
        }
        watch
    }

    /// Returns the number that is published: what is not known to be seen counts, so that none of it is 0.
    pub fn unseen_stages(&self) -> u64 {
        (self.unseen.len() + self.unknown.len()) as u64 + self.unread_lists
    }
}

/// Returns the percentage of the failures that the logs show. A stage that shows too many makes up for no other.
fn explained(stages: &[Stage]) -> Option<f64> {
    let (mut failed, mut shown) = (0.0, 0.0);
    let mut names = std::collections::BTreeSet::new();
    for stage in stages {
        let share = stage.share?;
        // REST APIs of one name share a metric.
        if stage.kind == ApiKind::Rest && !names.insert((&stage.api_name, &stage.name)) {
            continue;
        }
        failed += share.failed;
        shown += share.counted.min(share.failed);
    }
    (failed > 0.0).then(|| 100.0 * shown / failed)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::facts::{AccessLog, Filter, LogDelivery, LogGroup, LogSetting, Share, Stack};
    use super::super::sight;
    use super::*;

    const GROUP: &str = "API-Gateway-Execution-Logs_a/prod";

    /// A REST stage whose execution log is subscribed.
    fn healthy() -> AccountFacts {
        let usual = LogSetting { key: "*/*".to_owned(), level: Level::Info, ..LogSetting::default() };
        let stage =
            Stage { api_id: "a".to_owned(), name: "prod".to_owned(), settings: vec![usual], ..Stage::default() };
        let filter = Filter { name: "why5xx/execution".to_owned(), destination: "f".to_owned(), ..Filter::default() };
        let group = LogGroup { is_standard: true, filters: Some(vec![filter]), ..LogGroup::default() };
        AccountFacts {
            stages: vec![stage],
            log_role: Some("role".to_owned()),
            log_groups: Some(BTreeMap::from([(GROUP.to_owned(), group)])),
            deliveries: Some(Vec::new()),
            stacks: vec![Stack { name: "why5xx".to_owned(), function_arn: Some("f".to_owned()), ..Stack::default() }],
            ..AccountFacts::default()
        }
    }

    fn group(facts: &mut AccountFacts) -> &mut LogGroup {
        facts.log_groups.as_mut().unwrap().get_mut(GROUP).unwrap()
    }

    /// The ids of why a stage is unseen; `yes` or `unknown` otherwise.
    fn after(change: impl FnOnce(&mut AccountFacts)) -> Vec<&'static str> {
        let mut facts = healthy();
        change(&mut facts);
        match facts.seen(&facts.stages[0]) {
            Visibility::Yes => vec!["yes"],
            Visibility::Unknown => vec!["unknown"],
            Visibility::No(findings) => findings.iter().map(|finding| finding.id).collect(),
        }
    }

    fn access(format: &str) -> Option<AccessLog> {
        Some(AccessLog {
            destination: "arn:aws:logs:r:1:log-group:/a".to_owned(),
            format: format.to_owned(),
            ..AccessLog::default()
        })
    }

    #[test]
    fn a_stage_is_unseen_if_no_log_of_it_shows_reasons_to_a_function_that_is_there() {
        assert_eq!(after(|_| ()), ["yes"]);
        assert_eq!(after(|facts| facts.stages[0].settings.clear()), ["no_log"]);
        assert_eq!(after(|facts| facts.stages[0].settings[0].level = Level::Error), ["yes"]);
        assert_eq!(after(|facts| facts.log_role = Some(String::new())), ["no_log_role"]);
        assert_eq!(after(|facts| group(facts).filters = Some(Vec::new())), ["not_subscribed"]);
        assert_eq!(after(|facts| facts.missing_functions.extend(["f".to_owned()])), ["target_gone"]);
        let unread = |facts: &mut AccountFacts| {
            facts.missing_functions.extend(["f".to_owned()]);
            group(facts).filters = Some(Vec::new());
        };
        assert_eq!(after(unread), ["not_subscribed"]);
        assert_eq!(after(|facts| facts.log_groups = Some(BTreeMap::new())), ["not_subscribed"]);
    }

    #[test]
    fn one_silent_method_or_one_dead_filter_beside_a_live_one_leaves_a_stage_seen() {
        let silent = LogSetting { key: "~1health/GET".to_owned(), ..LogSetting::default() };
        assert_eq!(after(|facts| facts.stages[0].settings.push(silent.clone())), ["yes"]);
        let only = |facts: &mut AccountFacts| {
            facts.stages[0].settings.push(LogSetting { level: Level::Info, ..silent.clone() })
        };
        assert_eq!(
            after(|facts| {
                only(facts);
                facts.stages[0].settings[0].level = Level::Off;
            }),
            ["lower_level"]
        );
        let dead = Filter { name: "old/execution".to_owned(), destination: "gone".to_owned(), ..Filter::default() };
        let both = |facts: &mut AccountFacts| {
            facts.missing_functions.extend(["gone".to_owned()]);
            group(facts).filters.as_mut().unwrap().insert(0, dead);
        };
        assert_eq!(after(both), ["yes"]);
    }

    #[test]
    fn a_delivery_must_hold_the_line_itself_and_needs_no_role() {
        let delivered = |fields: &[&str]| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            let log_group = Some(GROUP.to_owned());
            let delivery = LogDelivery {
                api_id: "a".to_owned(),
                stage: "prod".to_owned(),
                log_group,
                fields,
                ..LogDelivery::default()
            };
            after(|facts| (facts.deliveries, facts.log_role) = (Some(vec![delivery]), Some(String::new())))
        };
        assert_eq!(delivered(&["payload"]), ["yes"]);
        assert_eq!(delivered(&["stage"]), ["no_payload"]);
    }

    #[test]
    fn the_answer_is_open_only_where_what_was_not_looked_at_could_change_it() {
        for change in [
            |facts: &mut AccountFacts| facts.log_groups = None,
            |facts: &mut AccountFacts| group(facts).filters = None,
            |facts: &mut AccountFacts| facts.log_role = None,
            |facts: &mut AccountFacts| facts.deliveries = None,
            |facts: &mut AccountFacts| facts.unknown_functions.extend(["f".to_owned()]),
        ] {
            assert_eq!(after(change), ["unknown"]);
            let without_a_log = |facts: &mut AccountFacts| {
                change(facts);
                facts.stages[0].settings.clear();
            };
            assert_eq!(after(without_a_log), ["no_log"]);
        }
        for change in
            [|facts: &mut AccountFacts| facts.rules = None, |facts: &mut AccountFacts| facts.extraction_policies = None]
        {
            assert_eq!(after(change), ["yes"]);
        }
    }

    #[test]
    fn the_share_is_of_all_stages_and_no_stage_makes_up_for_another() {
        let stage = |kind, name: &str, failed, counted| Stage {
            kind,
            api_name: name.to_owned(),
            share: Some(Share { failed, counted }),
            ..Stage::default()
        };
        let rest = |name, failed, counted| stage(ApiKind::Rest, name, failed, counted);
        assert_eq!(explained(&[rest("a", 100.0, 150.0), rest("b", 100.0, 0.0)]), Some(50.0));
        // Two REST APIs of one name have one metric.
        assert_eq!(explained(&[rest("a", 90.0, 90.0), rest("a", 90.0, 90.0), rest("b", 10.0, 0.0)]), Some(90.0));
        assert_eq!(explained(&[stage(ApiKind::Http, "a", 0.0, 5.0)]), None);
        assert_eq!(explained(&[rest("a", 1.0, 1.0), Stage::default()]), None);
        assert_eq!(explained(&[]), None);
    }

    #[test]
    fn formats_with_the_status_alone_or_without_a_label_show_no_reason() {
        let of = |format: &str| {
            let mut facts = healthy();
            facts.stages[0] = Stage { kind: ApiKind::Http, access_log: access(format), ..Stage::default() };
            let mut group = facts.log_groups.as_mut().unwrap().remove(GROUP).unwrap();
            group.filters.as_mut().unwrap()[0].name = "why5xx/access".to_owned();
            facts.log_groups.as_mut().unwrap().insert("/a".to_owned(), group);
            let is_seen = facts.seen(&facts.stages[0]) == Visibility::Yes;
            facts.declare(&|log_group| log_group == "/a");
            (is_seen, facts.seen(&facts.stages[0]) == Visibility::Yes)
        };
        assert_eq!(of(sight::advised(ApiKind::Http)), (true, true));
        assert_eq!(
            of(
                r#"{"id":"$context.requestId","status":"$context.status","integrationStatus":"$context.integration.status"}"#
            ),
            (true, true)
        );
        assert_eq!(of(r#"{"id":"$context.requestId","status":"$context.status"}"#), (false, false));
        assert_eq!(of("$context.requestId"), (false, false));
        assert_eq!(of("$context.requestId $context.integrationErrorMessage $context.status"), (false, true));
    }
}
