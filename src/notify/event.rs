//! Events of EventBridge about alarms, as CloudWatch documents them.

use aws_sdk_cloudwatch::primitives::{DateTime, DateTimeFormat};
use serde_json::Value;

use super::facts::Contributor;

/// Most milliseconds between a contributor and its alarm that change in one evaluation. Their timestamps are equal in the
/// documented events, and the next evaluation is a minute later.
const ONE_EVALUATION_MS: i64 = 10_000;

/// State of an alarm or of a contributor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// `ALARM`
    Alarm,
    /// `OK`
    Ok,
    /// Any other, such as `INSUFFICIENT_DATA`.
    Other,
}

impl AlarmState {
    /// Reads a state: `ALARM` → [`AlarmState::Alarm`].
    pub fn of(text: &str) -> Self {
        match text {
            "ALARM" => Self::Alarm,
            "OK" => Self::Ok,
            _ => Self::Other,
        }
    }
}

/// Change of an alarm, or of one of its contributors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Name of the alarm.
    pub alarm: String,
    /// State from now on.
    pub state: AlarmState,
    /// Time of the change, in milliseconds since 1970-01-01T00:00:00Z. None if the event has none that can be read.
    pub at_ms: Option<i64>,
    /// CloudWatch's own reason.
    pub reason: String,
    /// State before and since when; None for contributors.
    pub previous: Option<(AlarmState, Option<i64>)>,
    /// The contributor that changed; None if it is the alarm itself.
    pub contributor: Option<Contributor>,
    /// Query of the alarm.
    pub query: Option<String>,
    /// Whether a mute rule is in force.
    pub is_muted: bool,
    /// Account of the alarm.
    pub account: String,
}

/// An alarm as DescribeAlarms shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its state.
    pub state: AlarmState,
    /// Since when, in milliseconds since 1970-01-01T00:00:00Z.
    pub since_ms: Option<i64>,
    /// Its query.
    pub query: Option<String>,
    /// Whether its actions are on. Events go on when they are off.
    pub acts: bool,
}

impl Change {
    /// Reads an event; None if it names no alarm or no state.
    pub fn parse(event: &Value) -> Option<Self> {
        let detail = &event["detail"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let time = |value: &Value| value.as_str().and_then(time_ms);
        let state = &detail["state"];
        let previous = &detail["previousState"];
        Some(Self {
            alarm: text(&detail["alarmName"])?,
            state: AlarmState::of(state["value"].as_str()?),
            at_ms: time(&state["timestamp"]).or_else(|| time(&event["time"])),
            reason: text(&state["reason"]).unwrap_or_default(),
            previous: previous["value"].as_str().map(|value| (AlarmState::of(value), time(&previous["timestamp"]))),
            contributor: contributor(event),
            query: detail["configuration"]["metrics"].as_array().and_then(|metrics| query(metrics, "expression")),
            is_muted: !detail["muteDetail"].is_null(),
            account: text(&event["account"]).unwrap_or_default(),
        })
    }

    /// Returns the reason why nobody needs to hear of it; None if a message is due.
    pub fn needs_no_message(&self) -> Option<&'static str> {
        match (self.state, &self.previous) {
            _ if self.is_muted => Some("the alarm is muted"),
            (AlarmState::Other, _) => Some("it is neither ALARM nor OK"),
            // CloudWatch could evaluate a part of its data alone, or all again.
            (AlarmState::Alarm, Some((AlarmState::Alarm, _))) => Some("it was in ALARM before"),
            // A new alarm becomes OK with its first evaluation.
            (AlarmState::Ok, Some((AlarmState::Ok | AlarmState::Other, _))) => Some("it was not in ALARM before"),
            _ => None,
        }
    }

    /// Returns whether the change of a contributor belongs to one of its alarm, which has a message of its own.
    pub fn is_part_of(&self, alarm: &Alarm) -> bool {
        if self.contributor.is_none() {
            return false;
        }
        match (self.state, alarm.state) {
            // Those that the alarm begins with.
            (AlarmState::Alarm, AlarmState::Alarm) => match (self.at_ms, alarm.since_ms) {
                (Some(at_ms), Some(since_ms)) => at_ms <= since_ms.saturating_add(ONE_EVALUATION_MS),
                _ => false,
            },
            // While one of its contributors is in ALARM, so is the alarm: it is about to change, or has changed again.
            (AlarmState::Alarm, _) => true,
            (AlarmState::Ok, AlarmState::Alarm) => false,
            _ => true,
        }
    }
}

/// Returns the contributor of an event; None if it is about the alarm itself.
fn contributor(event: &Value) -> Option<Contributor> {
    let contributor = &event["detail"]["alarmContributor"];
    let is_one = !contributor.is_null() || event["detail-type"].as_str()?.contains("Contributor");
    is_one.then(|| Contributor::of(&contributor["attributes"]))
}

/// Returns the first query of some metrics, in the member `name`.
pub(super) fn query(metrics: &[Value], name: &str) -> Option<String> {
    metrics.iter().find_map(|metric| metric[name].as_str()).map(str::to_owned)
}

/// Returns the metric that a query sums.
///
/// `SELECT SUM(Errors) FROM SCHEMA("Why5xx", ApiId, Stage, Cause) …` → `Errors`
pub fn metric(query: &str) -> Option<&str> {
    let name = query.split_once("SUM(")?.1.split_once(')')?.0.trim().trim_matches('"');
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(name)
}

/// Returns a time in milliseconds: `2026-05-04T14:22:04.919+0000` or with a `Z`.
///
/// Not by jiff, whose parser would bring the texts of all its errors, most of what jiff adds to the function's program.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    let (head, minutes) = text.split_at_checked(text.len().saturating_sub(2))?;
    let is_offset = matches!(head.as_bytes(), [.., b'+' | b'-', _, _]);
    let text = [head, if is_offset { ":" } else { "" }, minutes].concat();
    DateTime::from_str(&text, DateTimeFormat::DateTimeWithOffset).ok()?.to_millis().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const T_MS: i64 = 1_777_904_524_919;

    fn contributor_event(state: &str) -> Value {
        json!({
            "detail-type": "CloudWatch Alarm Contributor State Change",
            "account": "111122223333",
            "detail": {
                "alarmName": "w: API 5xx",
                "alarmContributor": {"id": "6d44", "attributes": {"ApiId": "orders", "Stage": "prod", "Cause": "c"}},
                "state": {"value": state, "reason": "crossed", "timestamp": "2026-05-04T14:22:04.919+0000"},
                "configuration": {"metrics": [{"id": "m", "expression": "SELECT SUM(Errors) FROM x", "period": 300}]},
            },
        })
    }

    #[test]
    fn an_event_of_a_contributor_is_read() {
        let change = Change::parse(&contributor_event("ALARM")).unwrap();
        assert_eq!((change.state, change.at_ms, change.previous), (AlarmState::Alarm, Some(T_MS), None));
        assert_eq!(change.contributor.unwrap().place(), "orders/prod");
        assert_eq!(change.query.as_deref().and_then(metric), Some("Errors"));
    }

    #[test]
    fn an_event_without_an_alarm_or_a_state_is_no_change_and_odd_members_are_left_out() {
        for event in [
            json!(null),
            json!([1]),
            json!({"detail": {"alarmName": "a"}}),
            json!({"detail": {"state": {"value": "OK"}}}),
        ] {
            assert_eq!(Change::parse(&event), None, "{event}");
        }
        let odd = json!({"time": 7, "detail": {
            "alarmName": "a", "state": {"value": "ALARM", "timestamp": "soon", "reason": []}, "previousState": "x",
            "configuration": {"metrics": [null, 7, {"expression": 1}]}, "alarmContributor": {"attributes": {"Cause": 5}},
        }});
        let change = Change::parse(&odd).unwrap();
        assert_eq!((change.at_ms, change.previous, change.query), (None, None, None));
        assert_eq!(change.contributor, Some(Contributor::default()));
    }

    #[test]
    fn muted_alarms_new_alarms_and_missing_data_need_no_message() {
        let change = |state: &str, previous: Value, mute: Value| {
            let mut event = contributor_event(state);
            event["detail"]["previousState"] = previous;
            event["detail"]["muteDetail"] = mute;
            Change::parse(&event).unwrap().needs_no_message()
        };
        let was = |value: &str| json!({"value": value, "timestamp": "2026-05-04T14:00:00.000+0000"});
        assert_eq!(change("ALARM", was("OK"), json!(null)), None);
        assert_eq!(change("OK", was("ALARM"), json!(null)), None);
        assert_eq!(change("OK", json!(null), json!(null)), None);
        assert_eq!(change("OK", was("INSUFFICIENT_DATA"), json!(null)), Some("it was not in ALARM before"));
        assert_eq!(change("ALARM", was("ALARM"), json!(null)), Some("it was in ALARM before"));
        assert_eq!(change("INSUFFICIENT_DATA", was("ALARM"), json!(null)), Some("it is neither ALARM nor OK"));
        assert_eq!(change("ALARM", was("OK"), json!({"mutedByArn": "arn"})), Some("the alarm is muted"));
    }

    #[test]
    fn a_contributor_that_changes_with_its_alarm_is_part_of_the_alarm_s_message() {
        let alarm = |state, since_ms| Alarm { state, since_ms, query: None, acts: true };
        let part = |text: &str, alarm: Alarm| Change::parse(&contributor_event(text)).unwrap().is_part_of(&alarm);
        let rows = [
            ("ALARM", alarm(AlarmState::Alarm, Some(T_MS)), true),
            ("ALARM", alarm(AlarmState::Alarm, Some(T_MS - 60_000)), false),
            ("ALARM", alarm(AlarmState::Alarm, None), false),
            ("ALARM", alarm(AlarmState::Ok, Some(T_MS - 60_000)), true),
            ("OK", alarm(AlarmState::Alarm, Some(T_MS - 60_000)), false),
            ("OK", alarm(AlarmState::Ok, Some(T_MS)), true),
        ];
        for (state, alarm, expected) in rows {
            assert_eq!(part(state, alarm.clone()), expected, "{state} {alarm:?}");
        }
    }

    #[test]
    fn both_forms_of_time_are_read() {
        for text in ["2026-05-04T14:22:04.919+0000", "2026-05-04T14:22:04.919Z", "2026-05-04T16:22:04.919+0200"] {
            assert_eq!(time_ms(text), Some(T_MS), "{text}");
        }
        for text in ["2026-13-04T14:22:04.919+0000", "2026-05-04T14:22:04", "soon", "\u{fc}", "+0\u{fc}0", ""] {
            assert_eq!(time_ms(text), None, "{text}");
        }
    }

    #[test]
    fn a_metric_is_a_plain_name() {
        assert_eq!(metric("SELECT SUM(Errors) FROM"), Some("Errors"));
        assert_eq!(
            (metric("SELECT AVG(x)"), metric("SUM()"), metric("SUM(a b)"), metric("SUM(a")),
            (None, None, None, None)
        );
    }
}
