//! Invocation payload of a subscription: `{"awslogs":{"data":"…"}}`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, de};

/// Invocation payload. Other keys are ignored.
#[derive(Deserialize)]
pub(super) struct SubscriptionEvent<'a> {
    #[serde(borrow)]
    pub(super) awslogs: AwsLogs<'a>,
}

/// Value of the key `awslogs`.
#[derive(Deserialize)]
pub(super) struct AwsLogs<'a> {
    #[serde(borrow)]
    pub(super) data: Data<'a>,
}

/// Base64 of `data`. It borrows from the payload unless it contains escapes, such as `\/`.
pub(super) struct Data<'a>(pub(super) Cow<'a, [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    /// Deserialises bytes, not a string: decoding checks the base64, so a check of UTF-8 would be wasted.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(DataVisitor).map(Self)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of base64")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(bytes))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(bytes.to_vec()))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text.as_bytes()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.as_bytes().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(payload: &str) -> Option<Cow<'_, [u8]>> {
        serde_json::from_str::<SubscriptionEvent<'_>>(payload).ok().map(|event| event.awslogs.data.0)
    }

    #[test]
    fn data_borrows_from_the_payload() {
        assert!(matches!(data(r#"{"awslogs":{"data":"QUJD"}}"#), Some(Cow::Borrowed(b"QUJD"))));
    }

    #[test]
    fn escaped_slashes_are_undone() {
        assert_eq!(data(r#"{"awslogs":{"data":"\/\/8="}}"#).as_deref(), Some(&b"//8="[..]));
    }

    #[test]
    fn other_keys_are_let_pass() {
        let payload = r#"{"version":1,"awslogs":{"kind":"x","data":"QUJD","more":[{}]},"end":null}"#;
        assert_eq!(data(payload).as_deref(), Some(&b"QUJD"[..]));
    }

    #[test]
    fn other_payloads_are_refused() {
        for payload in
            ["", "{}", "[]", r#"{"awslogs":{}}"#, r#"{"awslogs":{"data":1}}"#, r#"{"awslogs":{"data":"QUJD"}}x"#]
        {
            assert!(data(payload).is_none(), "{payload}");
        }
    }
}
