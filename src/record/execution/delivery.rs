//! Parses the JSON form of execution-log delivery: any subset of its fields, with the text line in `payload`.
//!
//! The keys are a closed list, each at most once. A client can add a key to the line of an access log by a quote in its
//! user agent. Such a line also has keys that delivery does not write, or it repeats a key.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Delivered, ExecutionLine, WithId, line_of, prefix};
use crate::record::{LogKind, Record};

/// Keys of the fields that delivery can write.
pub(super) const KEYS: [&str; 7] =
    ["resource_arn", "api_id", "stage", "resource_path", "http_method", "event_timestamp", "payload"];

/// Fields that delivery can write, those of [`KEYS`].
///
/// Source: API Gateway Developer Guide, "Execution log delivery for REST APIs", record fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow, default)]
    resource_arn: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    api_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    stage: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resource_path: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "http_method")]
    _http_method: Option<Cow<'a, str>>,
    #[serde(default, rename = "event_timestamp")]
    _event_timestamp: Option<IgnoredAny>,
}

/// Parses a delivered line; None if the text has another key, a key twice, or a payload that is not a line of an
/// execution log.
pub(super) fn parse(text: &str) -> Option<Record<'static>> {
    let delivery: Delivery<'_> = serde_json::from_str(text).ok()?;
    let prefix = prefix::strip(&delivery.payload);
    prefix.request_id?;
    let line = match line_of(&delivery.payload, &prefix) {
        WithId::Line(line) => line,
        WithId::Nothing => return Some(Record::Nothing(LogKind::Execution)),
        WithId::Other => return None,
    };
    let (arn_api, arn_stage) =
        delivery.resource_arn.as_deref().and_then(prefix::api_and_stage_of_arn).map(owned).unzip();
    let delivered = Delivered {
        api_id: set(delivery.api_id).or(arn_api),
        stage: set(delivery.stage).or(arn_stage),
        resource_path: set(delivery.resource_path),
    };
    Some(Record::Execution(ExecutionLine { delivered: delivered.boxed(), ..line }))
}

fn owned((api_id, stage): (&str, &str)) -> (String, String) {
    (api_id.to_owned(), stage.to_owned())
}

fn set(field: Option<Cow<'_, str>>) -> Option<String> {
    field.filter(|value| !value.is_empty() && value != "-").map(Cow::into_owned)
}
