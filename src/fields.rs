//! The fields of a line of JSON, written one after the other.

use serde::Serialize;
use serde_json::Value;

/// Fields of a line of JSON: what is between the braces of an object.
///
/// They are written as text at once. A tree of values takes three times the instructions for the line of an invocation in
/// which nothing failed, and a tenth more for the whole of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<u8>);

impl Fields {
    /// Returns the fields of an object; of another value, one field that holds it.
    ///
    /// `{"logGroup":"a"}` → `"logGroup":"a"`
    pub fn of(value: Value) -> Self {
        let mut fields = Self::default();
        match value {
            Value::Object(object) => object.into_iter().for_each(|(name, value)| fields.add(&name, &value)),
            other => fields.add("value", &other),
        }
        fields
    }

    /// Adds a field. Its name is not that of another one.
    ///
    /// `logEvents`, 20 → `"logEvents":20`
    pub fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        self.write(name);
        self.0.push(b':');
        self.write(value);
    }

    fn write(&mut self, value: &(impl Serialize + ?Sized)) {
        let length = self.0.len();
        if serde_json::to_writer(&mut self.0, value).is_err() {
            // A map with keys that are not text.
            self.0.truncate(length);
            self.0.extend_from_slice(b"null");
        }
    }

    /// Returns the line that begins with `mark`, which holds the brace and perhaps a first field.
    ///
    /// `{"why5xx":"why5xx-prod",` and `"logEvents":20` → `{"why5xx":"why5xx-prod","logEvents":20}` and a line feed
    pub fn line(&self, mark: &str) -> Vec<u8> {
        [mark.as_bytes(), &self.0, b"}\n"].concat()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_one_json_document_whatever_its_texts_hold() {
        let mut fields = Fields::of(json!({"logGroup": "a\"b\n"}));
        fields.add("names", &["x", "\u{202e}"]);
        fields.add("\"", &1.5);
        let line = fields.line("{\"why5xx\":\"w\",");
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let of: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(of, json!({"why5xx": "w", "logGroup": "a\"b\n", "names": ["x", "\u{202e}"], "\"": 1.5}));
        assert_eq!(Fields::of(json!([1])).line("{"), b"{\"value\":[1]}\n");
    }
}
