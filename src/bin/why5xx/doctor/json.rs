//! The survey as one JSON document.

use serde_json::{Value, json};
use why5xx::survey::facts::{AccountFacts, Stage};
use why5xx::survey::findings::SurveyFinding;
use why5xx::survey::sight;

use crate::terminal::printable;

/// Returns the document. Texts of the account are shown without characters that hide.
pub(super) fn document(facts: &AccountFacts, findings: &[SurveyFinding]) -> Value {
    json!({
        "region": facts.region,
        "account": facts.account,
        "stages": facts.stages.iter().map(|each| stage(facts, each)).collect::<Vec<_>>(),
        "log_groups": facts.log_groups.iter().flatten().map(|(name, group)| json!({
            "name": printable(name),
            "standard_class": group.is_standard,
            "retention_days": group.retention_days,
            "filters": group.filters.as_ref().map(|filters| filters.iter().map(|filter| json!({
                "name": printable(&filter.name),
                "ours": facts.is_ours(filter),
                "destination": printable(&filter.destination),
            })).collect::<Vec<_>>()),
        })).collect::<Vec<_>>(),
        "stacks": facts.stacks.iter().map(|stack| json!({
            "name": printable(&stack.name),
            "version": stack.function.as_ref().and_then(|function| function.version.as_deref().map(printable)),
            "alarms": stack.alarms.as_ref().map(Vec::len),
            "canaries_in_half_an_hour": stack.canaries,
        })).collect::<Vec<_>>(),
        "share_seconds": facts.share_s,
        "findings": findings.iter().map(|finding| json!({
            "id": finding.id,
            "severity": finding.severity.name(),
            "about": printable(&finding.about),
            "text": printable(&finding.text),
            "commands": finding.fix.commands,
            "note": finding.fix.note,
            "cloudformation": finding.fix.cloudformation.iter().map(|(resource, line)| json!({
                "resource": resource,
                "line": printable(line),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "not_looked_at": facts.not_looked_at.iter().map(|note| json!({
            "what": note.what,
            "needs": note.needs,
            "why": printable(&note.why),
            "times": note.times,
        })).collect::<Vec<_>>(),
    })
}

fn stage(facts: &AccountFacts, stage: &Stage) -> Value {
    let logs = facts.logs_of(stage);
    let best = sight::at_best(stage.kind);
    let read = facts.read_log(&logs);
    let shown = read.as_ref().map(|log| log.causes.clone()).unwrap_or_default();
    json!({
        "api_id": printable(&stage.api_id),
        "api": printable(&stage.api_name),
        "stage": printable(&stage.name),
        "kind": stage.kind.name(),
        "level": stage.level().name(),
        "data_trace": stage.settings.iter().any(|setting| setting.data_trace),
        "access_log": stage.access_log.as_ref().map(|log| json!({
            "destination": printable(&log.destination),
            "format": printable(&log.format),
        })),
        "read": read.as_ref().map(|log| log.kind.word()),
        "log_group": read.as_ref().and_then(|log| log.log_group.as_deref().map(printable)),
        "subscribed": logs.iter().all(|log| facts.knows_filters(log))
            .then(|| logs.iter().any(|log| !facts.our_filters(log).is_empty())),
        "shows": shown,
        "does_not_show": best.difference(&shown).collect::<Vec<_>>(),
        "failed_in_a_day": stage.share.map(|share| share.failed),
        "counted_in_a_day": stage.share.map(|share| share.counted),
    })
}
