//! The decoder beside two others, over generated and mutated documents: the plain way through `serde_json`, and
//! `aws_lambda_events`.
//!
//! The seeds count up from 0, so a run repeats. `WHY5XX_CASES=1000000 cargo test decode` makes a million.

#![expect(clippy::disallowed_methods, reason = "how long to run is no setting of the function")]

use std::fmt;

use aws_lambda_events::cloudwatch_logs::LogsEvent;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::*;

fn cases() -> u64 {
    std::env::var("WHY5XX_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6_000)
}

/// Splitmix64: a few lines, and the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll(choices.len())]
    }

    /// The inside of a JSON string, usually valid.
    fn text(&mut self, most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.roll(most) {
            text += match self.roll(60) {
                0 => self.one_of(&["\\ud83d\\ude00", "\\u00e9", "\\u0041", "\\/", "\\b\\f\\r\\t"]),
                1..=4 => self.one_of(&["\\\"", "\\\\", "\\n", "é", "😀", "}", "]", ","]),
                5..=6 => self.one_of(&["(a1b2) Method completed with status: 504", "{\\\"status\\\":\\\"502\\\"}"]),
                _ => self.one_of(&["a", "b ", "log", "0", "  ", "-", "=", "a somewhat longer run of plain text"]),
            };
        }
        text
    }

    fn blank(&mut self) -> &'static str {
        if self.roll(40) == 0 { self.one_of(&[" ", "\n", "\t\r\n  "]) } else { "" }
    }

    fn join(&mut self, members: &[String], brackets: [&str; 2]) -> String {
        let mut text = brackets[0].to_owned();
        for (nth, member) in members.iter().enumerate() {
            text = text + if nth > 0 { "," } else { "" } + self.blank() + member + self.blank();
        }
        text + brackets[1]
    }

    fn element(&mut self) -> String {
        if self.roll(3) > 0 {
            let (id, at, text) = (self.roll(usize::MAX), self.roll(1 << 41), self.text(12));
            return match self.roll(2) {
                0 => format!(r#"{{"id":"{id:056}","timestamp":{at},"message":"{text}"}}"#),
                _ => format!(r#"{{"id":"{id}","timestamp":{at},"message":"{text}"}}"#),
            };
        }
        if self.roll(30) == 0 {
            return self.one_of(&["{}", "null", "[]", "7", "\"text\"", "[{}]"]).to_owned();
        }
        let mut members = Vec::new();
        for name in ["id", "timestamp", "message", "extractedFields", "@aws.account"] {
            let odd = self.roll(12) == 0;
            let value = match name {
                _ if odd => self.one_of(&["null", "7", "-7", "\"\"", "{\"id\":1}", "[1,2]", "1e3", "true"]).to_owned(),
                "timestamp" => match self.roll(6) {
                    0 => format!("\"{}\"", self.roll(1 << 41)),
                    1 => format!("{}.0", self.roll(1 << 41)),
                    _ => self.roll(1 << 41).to_string(),
                },
                "extractedFields" => r#"{"message":"}","a":["\"",{}]}"#.to_owned(),
                _ => format!("\"{}\"", self.text(8)),
            };
            if self.roll(8) > 0 {
                members.push(format!("\"{name}\"{}:{}{value}", self.blank(), self.blank()));
            }
        }
        if self.roll(2) == 0 {
            let nth = self.roll(members.len());
            members.rotate_left(nth);
        }
        if self.roll(20) == 0 {
            members.extend_from_within(..members.len().min(1));
        }
        self.join(&members, ["{", "}"])
    }

    fn document(&mut self) -> Vec<u8> {
        let elements: Vec<String> = (0..self.roll(6)).map(|_| self.element()).collect();
        let events = self.join(&elements, ["[", "]"]);
        let mut members = Vec::new();
        for name in ["messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "policyLevel"] {
            let value = match name {
                "messageType" => {
                    self.one_of(&["\"DATA_MESSAGE\"", "\"DATA_MESSAGE\"", "\"DATA_MESSAGE\"", "\"CONTROL_MESSAGE\""])
                }
                "subscriptionFilters" => self.one_of(&["[]", "[\"f\"]", "[\"f\", \"]\"]"]),
                _ => self.one_of(&["\"one\"", "\"/aws/two\"", "\"\\u00e9\"", "null", "\"CloudwatchLogs\""]),
            };
            if self.roll(12) > 0 {
                members.push(format!("\"{name}\"{}:{value}", self.blank()));
            }
        }
        let at = if self.roll(3) == 0 { self.roll(members.len() + 1) } else { members.len() };
        members.insert(at, format!("\"logEvents\":{}{events}", self.blank()));
        self.join(&members, ["{", "}"]).into_bytes()
    }

    /// Changes a few bytes of every other document.
    fn mutate(&mut self, document: &mut Vec<u8>) {
        if self.roll(2) == 0 {
            return;
        }
        for _ in 0..=self.roll(3) {
            let at = self.roll(document.len());
            let byte = match self.roll(3) {
                0 => self.roll(256) as u8,
                _ => b"\"\\{}[]:,0u \n"[self.roll(12)],
            };
            match self.roll(8) {
                0 => document.truncate(at),
                1..=2 if !document.is_empty() => drop(document.remove(at)),
                3..=4 => document.insert(at, byte),
                5 => {
                    let end = (at + self.roll(30)).min(document.len());
                    document.extend_from_within(at..end);
                }
                _ if !document.is_empty() => document[at] = byte,
                _ => {}
            }
        }
    }
}

/// The document, read as a whole by `serde_json`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    message_type: Option<String>,
    owner: Option<String>,
    log_group: Option<String>,
    log_stream: Option<String>,
    subscription_filters: Option<Value>,
    log_events: Option<Vec<Element>>,
}

/// An element: the three values that count, if it is an object, and whether one of them stood there twice.
#[derive(Default)]
struct Element([Option<Value>; 3], bool);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element, A::Error> {
        let mut element = Element::default();
        while let Some(key) = map.next_key::<String>()? {
            match ["id", "timestamp", "message"].iter().position(|&name| name == key) {
                Some(nth) => element.1 |= element.0[nth].replace(map.next_value()?).is_some(),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(element)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Element, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Element::default())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Element, E> {
        Ok(Element::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Element, E> {
        Ok(Element::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Element, E> {
        Ok(Element::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Element, E> {
        Ok(Element::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Element, E> {
        Ok(Element::default())
    }

    fn visit_unit<E: Error>(self) -> Result<Element, E> {
        Ok(Element::default())
    }
}

fn plain_timestamp(value: &Value) -> Option<i64> {
    let fraction = |number: f64| (number.abs() < 2_f64.powi(63)).then_some(number as i64);
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(fraction)),
        Value::String(text) => {
            let text = text.trim();
            let begins = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
            begins.then(|| text.parse().ok().or_else(|| text.parse().ok().and_then(fraction)))?
        }
        _ => None,
    }
}

/// The plain way. `None` if `serde_json` finds the document wrong anywhere.
fn plain(document: &[u8]) -> Option<(Decoded, Vec<Event>)> {
    let document: Document = serde_json::from_slice(document).ok()?;
    let header = BatchHeader {
        message_type: document.message_type.unwrap_or_default(),
        owner: document.owner.unwrap_or_default(),
        log_group: document.log_group.unwrap_or_default(),
        log_stream: document.log_stream.unwrap_or_default(),
        subscription_filters: serde_json::from_value(document.subscription_filters.unwrap_or_default())
            .unwrap_or_default(),
        origin: None,
    };
    let mut decoded = Decoded { header, ..Decoded::default() };
    if decoded.header.is_control() {
        return Some((decoded, Vec::new()));
    }
    let mut events: Vec<Event> = Vec::new();
    for Element([id, timestamp, message], twice) in document.log_events? {
        let timestamp_ms = timestamp.as_ref().and_then(plain_timestamp);
        let named = matches!(id, None | Some(Value::Null | Value::String(_)));
        let damaged = twice || !named || timestamp_ms.is_none() || !matches!(message, Some(Value::String(_)));
        decoded.damaged_events += u64::from(damaged);
        let before = events.last().map(|event| event.1);
        if let (Some(Value::String(message)), Some(timestamp_ms)) = (message, timestamp_ms.or(before)) {
            let id = id.as_ref().and_then(Value::as_str).unwrap_or_default();
            events.push((id.to_owned(), timestamp_ms, message));
        }
    }
    decoded.log_events = events.len() as u64;
    Some((decoded, events))
}

#[test]
fn any_document_is_read_as_serde_json_reads_it() {
    for seed in 0..cases() {
        let mut dice = Dice(seed);
        let mut document = dice.document();
        dice.mutate(&mut document);
        let text = String::from_utf8_lossy(&document);
        match (plain(&document), whole(&document)) {
            (Some(expected), Ok((mut decoded, events))) => {
                decoded.inflated_bytes = 0;
                // Its own tests look at the origin.
                (decoded.header.origin, decoded.late_origin) = (None, None);
                assert_eq!((decoded, events), expected, "seed {seed}: {text}");
            }
            (Some(_), Err(error)) => panic!("seed {seed}: {error}: {text}"),
            // Named difference: what is wrong inside one event, in the events of a control message, or in the names of
            // filters is no error.
            (None, Ok((decoded, _))) => {
                let odd_filters = decoded.header.subscription_filters.is_empty();
                assert!(
                    decoded.damaged_events > 0 || decoded.header.is_control() || odd_filters,
                    "seed {seed}: {text}"
                );
            }
            (None, Err(_)) => {}
        }
    }
}

#[test]
fn windows_make_no_difference_to_any_document() {
    for seed in 0..cases() / 3 {
        let mut dice = Dice(seed);
        let mut document = dice.document();
        dice.mutate(&mut document);
        let gzip = gzip(&document);
        let bytes = 1 + dice.roll(300);
        let window = Window { bytes, step_bytes: 1 + dice.roll(bytes), most_bytes: 1024 * 1024 };
        assert_eq!(
            gzip_in_windows(&gzip, window),
            whole(&document),
            "seed {seed}: {}",
            String::from_utf8_lossy(&document)
        );
        // No assertion but that nothing panics and that it ends.
        let _ = gzip_in_windows(&gzip, Window { most_bytes: bytes + dice.roll(50), ..window });
    }
}

#[test]
fn corrupt_payloads_are_errors_and_never_panics() {
    for seed in 0..cases() / 3 {
        let mut dice = Dice(seed);
        let document = dice.document();
        let mut payload = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(gzip(&document))).into_bytes();
        let untouched = payload.clone();
        dice.mutate(&mut payload);
        let result = collect(|on_event| subscription_event(&payload, &Limits::default(), on_event));
        if payload == untouched {
            assert_eq!(result, whole(&document));
        }
    }
}

/// Named differences to `aws_lambda_events`, which this test works around:
///
/// * it reads no document that lacks a field of the header, `subscriptionFilters` or the `id` of an event;
/// * one event that is wrong makes it refuse the batch;
/// * it hands over the events of control messages;
/// * it does not look at what stands behind the document;
/// * of gzip it reads the first member, and it accepts a missing checksum;
/// * of base64 it reads padded data without blanks behind it, and beside `data` no other key.
#[test]
fn what_aws_lambda_events_reads_is_read_the_same() {
    let mut read = 0;
    for seed in 0..cases() / 3 {
        let mut dice = Dice(seed);
        let mut document = dice.document();
        dice.mutate(&mut document);
        let payload = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, STANDARD.encode(gzip(&document)));
        let Ok(oracle) = serde_json::from_str::<LogsEvent>(&payload) else { continue };
        let data = oracle.aws_logs.data;
        let (decoded, events) =
            match collect(|on_event| subscription_event(payload.as_bytes(), &Limits::default(), on_event)) {
                Err(DecodeError::Json { fault: JsonFault::TrailingData, .. }) => continue,
                result => result.unwrap(),
            };
        let header = BatchHeader {
            message_type: data.message_type,
            owner: data.owner,
            log_group: data.log_group,
            log_stream: data.log_stream,
            subscription_filters: data.subscription_filters,
            origin: None,
        };
        assert_eq!(decoded.header, header);
        if !header.is_control() {
            let expected: Vec<Event> =
                data.log_events.into_iter().map(|event| (event.id, event.timestamp, event.message)).collect();
            assert_eq!(events, expected, "seed {seed}");
            read += events.len();
        }
    }
    assert!(read as u64 > cases() / 100, "the oracle read too little to compare: {read} events");
}
