//! System fields of a log event: where it was written before it was copied to the log group that delivers it.
//!
//! CloudWatch Logs adds them if the subscription filter asks for it (`emitSystemFields`), which is how centralised logs
//! keep their account, Region and log group. No document shows their place, so they are read in `extractedFields` and
//! beside it, in a log event and in the batch.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::partition::is_region;

/// Origin of a log event; None for a field that nothing says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Account that the log group belongs to: twelve digits.
    pub account: Option<String>,
    /// Region of the log group.
    pub region: Option<String>,
    /// Name of the log group.
    pub log_group: Option<String>,
}

/// Most bytes of a value that may be a system field; an ARN of the longest log group has 600.
const LONGEST_VALUE_BYTES: usize = 1_024;

/// Source: CloudWatch Logs API Reference, CreateLogGroup: logGroupName has 1 to 512 characters.
const LONGEST_NAME_BYTES: usize = 512;

/// Keys of the system fields, and of an object that may hold some.
pub(super) const KEYS: [&str; 4] = ["extractedFields", "@aws.account", "@aws.region", "@source.log"];

impl Origin {
    /// Takes what a member says. Anything but a system field says nothing.
    pub(super) fn add(&mut self, key: &str, value: &[u8]) {
        if key == KEYS[0] {
            return self.add_all(value);
        }
        let Some(text) = plain(value) else { return };
        match key {
            "@aws.account" => self.account = account(&text).or(self.account.take()),
            "@aws.region" => self.region = Some(text).filter(|name| is_region(name)).or(self.region.take()),
            "@source.log" => self.add_log_group(&text),
            _ => {}
        }
    }

    /// Takes the members of an object, or of a string that holds one.
    fn add_all(&mut self, value: &[u8]) {
        #[derive(Deserialize)]
        struct OriginFields<'f> {
            #[serde(borrow, default, rename = "@aws.account")]
            account: Option<&'f RawValue>,
            #[serde(borrow, default, rename = "@aws.region")]
            region: Option<&'f RawValue>,
            #[serde(borrow, default, rename = "@source.log")]
            log_group: Option<&'f RawValue>,
        }
        let text = serde_json::from_slice::<String>(value).ok();
        let value = text.as_ref().map_or(value, |text| text.as_bytes()).trim_ascii();
        // serde would read a list as the fields in their order.
        if !value.starts_with(b"{") {
            return;
        }
        let Ok(fields) = serde_json::from_slice::<OriginFields<'_>>(value) else { return };
        for (key, value) in KEYS[1..].iter().zip([fields.account, fields.region, fields.log_group]) {
            value.into_iter().for_each(|value| self.add(key, value.get().as_bytes()));
        }
    }

    /// `arn:aws:logs:eu-west-1:111122223333:log-group:NAME:*`, `111122223333:NAME` or `NAME`
    fn add_log_group(&mut self, text: &str) {
        let name = match text.strip_prefix("arn:").and_then(|rest| rest.split_once(":log-group:")) {
            Some((arn, name)) => {
                // aws:logs:eu-west-1:111122223333
                let mut parts = arn.split(':').skip(2);
                let region = parts.next().filter(|region| is_region(region));
                self.region = self.region.take().or(region.map(str::to_owned));
                self.account = self.account.take().or(parts.next().and_then(account));
                name.split(':').next().unwrap_or_default()
            }
            None => match text.split_once(':') {
                Some((owner, name)) if account(owner).is_some() => {
                    self.account = self.account.take().or(account(owner));
                    name
                }
                _ => text,
            },
        };
        if (1..=LONGEST_NAME_BYTES).contains(&name.len()) {
            self.log_group = Some(name.to_owned());
        }
    }

    /// Returns None if nothing is known.
    pub(super) fn known(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }

    /// Returns what the origin says, and where it says nothing what `batch` says.
    pub(super) fn within(self, batch: &Self) -> Self {
        Self {
            account: self.account.or_else(|| batch.account.clone()),
            region: self.region.or_else(|| batch.region.clone()),
            log_group: self.log_group.or_else(|| batch.log_group.clone()),
        }
    }
}

/// Returns the text of a string, a number, or a list of one of them.
fn plain(value: &[u8]) -> Option<String> {
    if value.len() > LONGEST_VALUE_BYTES {
        return None;
    }
    match serde_json::from_slice(value).ok()? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => match <[Value; 1]>::try_from(list).ok()? {
            [Value::String(text)] => Some(text),
            [Value::Number(number)] => Some(number.to_string()),
            _ => None,
        },
        _ => None,
    }
    .map(|text| text.trim().to_owned())
}

/// Returns an account id. One that was written as a number has lost its zeros.
fn account(text: &str) -> Option<String> {
    let is_account = (9..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_account.then(|| format!("{text:0>12}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> [Option<String>; 3] {
        let mut origin = Origin::default();
        pairs.iter().for_each(|(key, value)| origin.add(key, value.as_bytes()));
        [origin.account, origin.region, origin.log_group]
    }

    fn given(account: &str, region: &str, log_group: &str) -> [Option<String>; 3] {
        [account, region, log_group].map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    #[test]
    fn a_field_is_read_in_each_form() {
        let all = given("111122223333", "us-east-1", "/team/a");
        for fields in [
            r#"{"@aws.account":"111122223333","@aws.region":"us-east-1","@source.log":"/team/a"}"#,
            r#"{"$status":"502","@source.log":["/team/a"],"@aws.region":["us-east-1"],"@aws.account":111122223333}"#,
            r#"{"@source.log":"arn:aws:logs:us-east-1:111122223333:log-group:/team/a:*"}"#,
            r#"{"@source.log":"111122223333:/team/a","@aws.region":" us-east-1 ","@aws.account":null}"#,
        ] {
            assert_eq!(of(&[("extractedFields", fields)]), all, "{fields}");
            let text = serde_json::to_string(fields).unwrap();
            assert_eq!(of(&[("extractedFields", &text)]), all, "{text}");
        }
        let beside = [("@source.log", r#""/team/a""#), ("@aws.account", r#""111122223333""#), ("@aws.region", "7")];
        assert_eq!(of(&beside), given("111122223333", "7", "/team/a"));
        assert_eq!(of(&[("@aws.account", "12345678901")]), given("012345678901", "", ""));
    }

    #[test]
    fn what_is_no_system_field_says_nothing() {
        let long = format!("\"{}\"", "x".repeat(LONGEST_NAME_BYTES + 1));
        for (key, value) in [
            ("extractedFields", "7"),
            ("extractedFields", "null"),
            ("extractedFields", "[1]"),
            ("extractedFields", r#"{"@aws.account":"a","@source.log":""}"#),
            ("@aws.account", r#""1234567890123""#),
            ("@aws.region", r#""Frankfurt""#),
            ("@source.log", "{}"),
            ("@source.log", r#"["a","b"]"#),
            ("@source.log", &long),
            ("@message", r#""x""#),
        ] {
            assert_eq!(of(&[(key, value)]), given("", "", ""), "{key} {value}");
        }
    }
}
