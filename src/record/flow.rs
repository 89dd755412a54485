//! Parser for records of VPC flow logs.
//!
//! The fields of a record have no names. Their order is the default one, or that of a header line or a setting.
//! [`Formats`] remembers the header of each log group. [`crate::classify::flow`] counts the rejected flows.

use std::borrow::Cow;
use std::net::IpAddr;

use super::Record;
use crate::decode::LogEvent;
use crate::keyed::{Keyed, key_of};

/// Record of a VPC flow log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowRecord {
    /// Whether the traffic was rejected.
    pub rejected: bool,
}

/// Format of a flow log: the order of its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowFormat {
    fields: Vec<FlowField>,
}

/// Kind of a field, for recognising records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlowField {
    Version,
    Account,
    Interface,
    Address,
    Number,
    Action,
    LogStatus,
    /// Any other field of flow logs.
    Other,
}

/// Default format (version 2).
///
/// Source: Amazon VPC User Guide, "Flow log records", default format.
const DEFAULT: &[FlowField] = &[
    FlowField::Version,
    FlowField::Account,
    FlowField::Interface,
    FlowField::Address,
    FlowField::Address,
    FlowField::Number,
    FlowField::Number,
    FlowField::Number,
    FlowField::Number,
    FlowField::Number,
    FlowField::Number,
    FlowField::Number,
    FlowField::Action,
    FlowField::LogStatus,
];

/// Longest header line, in bytes; our own limit. All fields of version 11 together need about 900.
const LONGEST_HEADER_BYTES: usize = 2_048;

/// Least known names of a header line. Formats with fewer fields need a setting.
const LEAST_NAMES: usize = 3;

/// Most log groups to remember the header of; our own limit.
const MOST_GROUPS: usize = 1_000;

impl FlowFormat {
    /// Parses a header line; None if the text is not one.
    ///
    /// `version srcaddr dstport action` → a format of four fields
    pub fn of_header(text: &str) -> Option<Self> {
        if text.len() > LONGEST_HEADER_BYTES
            || !text.trim_start().starts_with(|c: char| c.is_ascii_lowercase() || c == '$')
        {
            return None;
        }
        // Rules out most text early.
        field(text.split_whitespace().next()?)?;
        let fields: Vec<Option<FlowField>> = text.split_whitespace().map(field).collect();
        let known = fields.iter().flatten().count();
        // A newer version may have unknown names; a sentence has hardly any known ones.
        (known >= LEAST_NAMES && known * 3 >= fields.len() * 2)
            .then(|| Self { fields: fields.into_iter().map(|field| field.unwrap_or(FlowField::Other)).collect() })
    }

    /// Creates the format from the field names of a setting.
    ///
    /// `["srcaddr", "dstaddr", "action"]` → a format of three fields
    pub fn of_fields(names: &[String]) -> Self {
        Self { fields: names.iter().map(|name| field(name).unwrap_or(FlowField::Other)).collect() }
    }

    /// Parses a record in this format; None if the text is not one.
    fn line(&self, text: &str) -> Option<FlowRecord> {
        line(&self.fields, text)
    }
}

/// Returns the field with this name, in any spelling (`srcaddr`, `${srcaddr}`, `log-status`, `log_status`).
fn field(name: &str) -> Option<FlowField> {
    let name = name.trim_start_matches("${").trim_end_matches('}');
    let name = if name.contains('_') { Cow::Owned(name.replace('_', "-")) } else { Cow::Borrowed(name) };
    Some(match name.as_ref() {
        "version" => FlowField::Version,
        "account-id" => FlowField::Account,
        "interface-id" => FlowField::Interface,
        "srcaddr" | "dstaddr" | "pkt-srcaddr" | "pkt-dstaddr" => FlowField::Address,
        "srcport" | "dstport" | "protocol" | "packets" | "bytes" | "start" | "end" | "tcp-flags" | "traffic-path" => {
            FlowField::Number
        }
        "action" => FlowField::Action,
        "log-status" => FlowField::LogStatus,
        "vpc-id"
        | "subnet-id"
        | "instance-id"
        | "type"
        | "region"
        | "az-id"
        | "sublocation-type"
        | "sublocation-id"
        | "pkt-src-aws-service"
        | "pkt-dst-aws-service"
        | "flow-direction"
        | "reject-reason"
        | "resource-id"
        | "encryption-status"
        | "interface-type" => FlowField::Other,
        name if ["ecs-", "instance-tag", "interface-tag", "asg-tag", "next-hop-"]
            .iter()
            .any(|p| name.starts_with(p)) =>
        {
            FlowField::Other
        }
        _ => return None,
    })
}

fn line(fields: &[FlowField], text: &str) -> Option<FlowRecord> {
    let mut words = text.split_whitespace();
    let mut action = None;
    let mut of_flow_logs = 0;
    for field in fields {
        let word = words.next()?;
        if !field.may_hold(word) {
            return None;
        }
        match field {
            FlowField::Action => action = Some(word),
            FlowField::Other => continue,
            _ => {}
        }
        of_flow_logs += 1;
    }
    if words.next().is_some() || of_flow_logs < LEAST_NAMES {
        return None;
    }
    Some(FlowRecord { rejected: action == Some("REJECT") })
}

impl FlowField {
    /// Returns whether `word` can be a value of this field; `-` stands for a missing one.
    fn may_hold(self, word: &str) -> bool {
        let digits = |most: usize| (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Version => digits(2),
            Self::LogStatus => matches!(word, "OK" | "NODATA" | "SKIPDATA"),
            Self::Action => matches!(word, "ACCEPT" | "REJECT" | "-"),
            _ if word == "-" => true,
            // Traffic of AWS services has the account `unknown`.
            Self::Account => digits(12) || word == "unknown",
            Self::Interface => word.starts_with("eni-"),
            Self::Address => word.parse::<IpAddr>().is_ok(),
            Self::Number => digits(20),
            Self::Other => true,
        }
    }
}

/// Parses a log event as a flow-log record in `format` or in the default format; None if it is not one.
///
/// `2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 REJECT OK` →
/// `Record::Flow(FlowRecord { rejected: true })`; with `ACCEPT` `Record::Nothing(Flow)`
pub fn parse<'a>(event: &LogEvent<'_>, format: Option<&FlowFormat>) -> Option<Record<'a>> {
    // A record in the default format starts with its version.
    let first = event.message.head(1).first().copied()?;
    if !(first.is_ascii_digit()
        || first.is_ascii_whitespace()
        || (format.is_some() && (first.is_ascii_alphabetic() || first == b'-')))
    {
        return None;
    }
    let text = event.message.text();
    let line = format.and_then(|format| format.line(&text)).or_else(|| default_line(&text))?;
    Some(if line.rejected { Record::Flow(line) } else { Record::Nothing(super::LogKind::Flow) })
}

/// Parses a record in the default format, which starts with its version.
fn default_line(text: &str) -> Option<FlowRecord> {
    let text = text.trim_start();
    if text.starts_with("2 ") { line(DEFAULT, text) } else { None }
}

/// Formats by log group, from header lines and settings.
#[derive(Debug, Clone, Default)]
pub struct Formats {
    by_log_group: Keyed<FlowFormat>,
}

impl Formats {
    /// Parses a log event of `log_group`; None if it belongs to another kind of log. Remembers a header line.
    /// `configured` has the field names of a setting.
    ///
    /// `10.0.0.7 443 REJECT` → `Record::Flow(FlowRecord { rejected: true })`, behind the header `srcaddr dstport
    /// action`
    pub fn parse<'a>(
        &mut self,
        log_group: &str,
        configured: Option<&[String]>,
        event: &LogEvent<'_>,
    ) -> Option<Record<'a>> {
        let is_header_like = event.message.head(1).first().is_some_and(|b| b.is_ascii_lowercase() || *b == b'$');
        if configured.is_none() && self.by_log_group.is_empty() && !is_header_like {
            return parse(event, None);
        }
        let log_group = key_of(log_group);
        if is_header_like
            && event.message.raw_bytes() <= LONGEST_HEADER_BYTES
            && let Some(format) = FlowFormat::of_header(&event.message.text())
        {
            self.remember(log_group, format);
            return Some(Record::Nothing(super::LogKind::Flow));
        }
        if let Some(names) = configured.filter(|_| !self.by_log_group.contains_key(&log_group)) {
            self.remember(log_group, FlowFormat::of_fields(names));
        }
        parse(event, self.by_log_group.get(&log_group))
    }

    fn remember(&mut self, log_group: u64, format: FlowFormat) {
        if self.by_log_group.len() < MOST_GROUPS || self.by_log_group.contains_key(&log_group) {
            self.by_log_group.insert(log_group, format);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Message;
    use proptest::prelude::*;

    fn of(formats: &mut Formats, configured: Option<&[String]>, text: &str) -> Option<bool> {
        let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
        match formats.parse("/vpc/orders", configured, &event)? {
            Record::Flow(line) => Some(line.rejected),
            Record::Nothing(_) => Some(false),
            other => panic!("{other:?}"),
        }
    }

    fn alone(text: &str) -> Option<bool> {
        of(&mut Formats::default(), None, text)
    }

    const REJECTED: &str =
        "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 REJECT OK";

    #[test]
    fn a_record_in_the_default_format_needs_no_header() {
        assert_eq!(alone(REJECTED), Some(true));
        assert_eq!(alone(&REJECTED.replace("192.0.2.7 10.0.3.9", "2001:db8::7 2001:db8::9")), Some(true));
    }

    #[test]
    fn only_rejected_traffic_counts() {
        assert_eq!(alone(&REJECTED.replace("REJECT", "ACCEPT")), Some(false));
        assert_eq!(alone("2 111122223333 eni-0a1b2c3d - - - - - - - 1700000000 1700000060 - NODATA"), Some(false));
        assert_eq!(alone("2 111122223333 eni-0a1b2c3d - - - - - - - 1700000000 1700000060 - SKIPDATA"), Some(false));
    }

    #[test]
    fn a_header_gives_the_order_for_its_log_group_from_then_on() {
        let mut formats = Formats::default();
        let record = "5 10.0.0.7 443 REJECT vpc-1 OK";
        assert_eq!(of(&mut formats, None, record), None);
        assert_eq!(of(&mut formats, None, "version srcaddr dstport action vpc-id log-status"), Some(false));
        assert_eq!(of(&mut formats, None, record), Some(true));
        assert_eq!(of(&mut formats, None, &record.replace("REJECT", "ACCEPT")), Some(false));
        assert_eq!(of(&mut formats, None, "some other line REJECT vpc-1 OK"), None);
        assert_eq!(of(&mut formats, None, REJECTED), Some(true));
    }

    #[test]
    fn headers_of_newer_versions_and_both_spellings_are_known() {
        for header in [
            "${version} ${account-id} ${srcaddr} ${action}",
            "version action log_status reject_reason next_hop_az_id instance_tag_2",
            "account-id ecs-cluster-arn version",
            "account-id action a-field-of-version-12 bytes",
        ] {
            assert!(FlowFormat::of_header(header).is_some(), "{header}");
        }
        for text in ["the action of version two was to start and end", "version 2 started", "start end", ""] {
            assert!(FlowFormat::of_header(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_setting_gives_the_order_where_no_header_does() {
        let names: Vec<String> = ["${version}", "action", "srcaddr", "dstaddr"].map(str::to_owned).into();
        assert_eq!(of(&mut Formats::default(), Some(&names), "3 REJECT 10.0.0.7 10.0.0.8"), Some(true));
        assert_eq!(of(&mut Formats::default(), Some(&names), "3 REJECT ten eleven"), None);
    }

    #[test]
    fn a_format_without_an_action_counts_nothing() {
        let mut formats = Formats::default();
        assert_eq!(of(&mut formats, None, "interface-id srcaddr dstaddr"), Some(false));
        assert_eq!(of(&mut formats, None, "eni-0a1b 10.0.0.7 10.0.0.8"), Some(false));
    }

    #[test]
    fn text_of_applications_is_no_record() {
        for text in [
            "2 orders were rejected: REJECT OK",
            "REJECT OK",
            "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 REJECTED OK",
            "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 REJECT OK extra",
            "2 a b c d e f g h i j k REJECT OK",
        ] {
            assert_eq!(alone(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), header in ".{0,80}") {
            let mut formats = Formats::default();
            let _ = of(&mut formats, None, &header);
            let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::json_escaped(&bytes) };
            let _ = formats.parse("/vpc/orders", None, &event);
        }
    }
}
