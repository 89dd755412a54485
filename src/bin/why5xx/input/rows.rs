//! Pasted text to lines: pretty-printed JSON, tables and rows of queries, messages inside other JSON.
//!
//! In a batch a log event is one line, and nothing of this is done.

use std::borrow::Cow;

use why5xx::record::access::{self, AccessFields};

use super::prefix;

/// Longest document that is put together from pasted lines; our own bound.
const LONGEST_DOCUMENT_BYTES: usize = 256 * 1024;

/// The lines of pasted text, each as one log event would hold it.
///
/// Documents over several lines become one line, rows of tables and of query results become JSON objects, and messages
/// that are quoted in JSON are unquoted. All else stays as it is.
pub(super) fn lines(text: &str) -> Vec<Cow<'_, str>> {
    let mut paste = Paste::default();
    for line in text.lines() {
        paste.line(line);
    }
    paste.end_document();
    paste.end_row();
    paste.lines
}

/// The fields of a line that has some, whether or not it says that a request failed: `"integrationError": "…"`, `responseType: THROTTLED` and
/// the like.
pub(super) fn fields(line: &str) -> Option<AccessFields> {
    let line = straight_quotes(line.trim().trim_end_matches(','));
    if line.starts_with('{') {
        access::telling_fields(&line)
    } else if line.contains(':') && line.starts_with(['"', '\'']) {
        access::telling_fields(&format!("{{{line}}}"))
    } else {
        // As a person writes it down.
        let (key, value) = line.split_once([':', '='])?;
        let key = key.trim().trim_start_matches("$context.");
        let is_name =
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        let value = serde_json::Value::from(value.trim().trim_matches('"'));
        let nested = || key.rsplit('.').fold(value, |inner, name| serde_json::json!({ name: inner }));
        if is_name { access::telling_fields(&nested().to_string()) } else { None }
    }
}

#[derive(Default)]
struct Paste<'a> {
    lines: Vec<Cow<'a, str>>,
    /// A document of which not all lines were seen, and how many of its objects are open.
    document: Option<(String, usize)>,
    /// A row of query results of which not all fields were seen.
    row: Vec<(String, String)>,
    field: Option<String>,
    /// The header of the table that is being read.
    table: Option<RowTable>,
}

struct RowTable {
    separator: char,
    names: Vec<String>,
}

impl<'a> Paste<'a> {
    fn line(&mut self, line: &'a str) {
        let trimmed = line.trim();
        if let Some(message) = quoted_message(trimmed) {
            self.lines.push(Cow::Owned(message));
        } else if self.row_of_a_query(trimmed) || self.row_of_a_table(line) {
        } else if let Some(cell) = document_in_a_cell(line) {
            self.lines.push(Cow::Borrowed(cell));
        } else if self.document.is_some() {
            self.continue_document(trimmed);
        } else if let Some(start) = start_of_document(trimmed) {
            self.document = Some((start.to_owned(), 1));
        } else {
            self.lines.push(Cow::Borrowed(line));
        }
    }

    /// In documents of many lines objects open at the end of a line and close at the start of one.
    fn continue_document(&mut self, trimmed: &str) {
        let Some((document, open)) = &mut self.document else { return };
        document.push(' ');
        document.push_str(trimmed);
        if trimmed.starts_with('}') {
            *open -= 1;
        }
        if trimmed.ends_with('{') {
            *open += 1;
        }
        if *open == 0 || document.len() > LONGEST_DOCUMENT_BYTES {
            self.end_document();
        }
    }

    fn end_document(&mut self) {
        if let Some((document, _)) = self.document.take() {
            self.lines.push(Cow::Owned(document.trim_end_matches(',').to_owned()));
        }
    }

    /// `{"field": …, "value": …}`, on one line or on several; a row ends with a bracket.
    fn row_of_a_query(&mut self, trimmed: &str) -> bool {
        let mut rest = trimmed;
        let mut found = false;
        while let Some((name, value, behind)) = next_string(rest) {
            match name {
                "field" => self.field = Some(value),
                "value" => match self.field.take() {
                    Some(field) => self.row.push((field, value)),
                    None => break,
                },
                _ => break,
            }
            found = true;
            rest = behind;
        }
        if !self.row.is_empty() && (trimmed.starts_with(']') || (found && rest.contains(']'))) {
            self.end_row();
            return true;
        }
        if found {
            self.document = None;
        }
        found
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        self.push_row(row);
    }

    fn row_of_a_table(&mut self, line: &'a str) -> bool {
        let separator = if line.trim_start().starts_with('|') { '|' } else { '\t' };
        if !line.contains(separator) {
            self.table = None;
            return false;
        }
        let cells = cells(line, separator);
        match &self.table {
            Some(table) if table.separator == separator && cells.len() == table.names.len() => {
                if !cells.iter().all(|cell| cell.trim_matches(['-', ':']).is_empty()) {
                    let row = table.names.iter().cloned().zip(cells).collect();
                    self.push_row(row);
                }
                true
            }
            _ => {
                let known = cells.iter().filter(|cell| access::is_name(cell)).count();
                self.table = (known >= 2).then_some(RowTable { separator, names: cells });
                self.table.is_some()
            }
        }
    }

    fn push_row(&mut self, row: Vec<(String, String)>) {
        if row.is_empty() {
            return;
        }
        if let Some((_, message)) = row.iter().find(|(name, _)| name == "@message") {
            self.lines.push(Cow::Owned(message.clone()));
            return;
        }
        let object: serde_json::Map<_, _> =
            row.into_iter().map(|(name, value)| (name, serde_json::Value::String(value))).collect();
        self.lines.push(Cow::Owned(serde_json::Value::Object(object).to_string()));
    }
}

/// Returns the document that starts on this line and does not end on it.
fn start_of_document(trimmed: &str) -> Option<&str> {
    let start = prefix::strip(trimmed).message;
    (start.starts_with('{') && (start == "{" || !start.ends_with('}')) && !start.ends_with("},")).then_some(start)
}

/// Returns the document between the tabs of a line, as tools that print columns write it.
fn document_in_a_cell(line: &str) -> Option<&str> {
    let is_document = |cell: &&str| cell.starts_with("{\"") && cell.ends_with('}');
    line.contains('\t').then(|| line.split('\t').map(str::trim).find(is_document))?
}

/// Returns the log message that a line of other JSON quotes: `"message": "{\"requestId\":…}"`.
fn quoted_message(trimmed: &str) -> Option<String> {
    const KEYS: &[&str] = &["message", "@message", "value"];
    let at = memchr::memmem::find(trimmed.as_bytes(), br#""{\""#)?;
    let key = trimmed[..at].trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    let key = &key[key.rfind('"')? + 1..];
    if !KEYS.contains(&key) {
        return None;
    }
    serde_json::Deserializer::from_str(&trimmed[at..]).into_iter::<String>().next()?.ok()
}

/// Returns the first `"name": "value"` of the text, and what follows it.
fn next_string(text: &str) -> Option<(&str, String, &str)> {
    let name = text.trim_start_matches([' ', '[', '{', '}', ',', ']']).strip_prefix('"')?;
    let (name, rest) = name.split_once('"')?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let value = strings.next()?.ok()?;
    let behind = rest.get(strings.byte_offset()..)?;
    Some((name, value, behind))
}

fn cells(line: &str, separator: char) -> Vec<String> {
    let line = if separator == '|' { line.trim().trim_matches('|') } else { line };
    line.split(separator).map(|cell| without_entities(cell.trim())).collect()
}

/// Undoes the entities that consoles put into copied tables.
fn without_entities(cell: &str) -> String {
    const ENTITIES: &[(&str, &str)] = &[
        ("&#x2f;", "/"),
        ("&#x2F;", "/"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    ENTITIES.iter().fold(
        cell.to_owned(),
        |cell, (entity, text)| {
            if cell.contains(entity) { cell.replace(entity, text) } else { cell }
        },
    )
}

fn straight_quotes(line: &str) -> Cow<'_, str> {
    if line.contains(['\u{201c}', '\u{201d}']) {
        Cow::Owned(line.replace(['\u{201c}', '\u{201d}'], "\""))
    } else {
        Cow::Borrowed(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_over_many_lines_becomes_one_line() {
        let text =
            "before\n  {\n    \"status\": \"502\",\n    \"error\": {\n      \"message\": \"a {b}\"\n    }\n  },\nafter";
        let joined = r#"{ "status": "502", "error": { "message": "a {b}" } }"#;
        assert_eq!(lines(text), ["before", joined, "after"]);
    }

    #[test]
    fn a_message_quoted_in_json_is_unquoted() {
        let text = r#"      "message": "{\"requestId\":\"r\",\"status\":\"502\"}","#;
        assert_eq!(lines(text), [r#"{"requestId":"r","status":"502"}"#]);
    }

    #[test]
    fn rows_of_query_results_become_objects() {
        let text = "[\n  [\n    {\n      \"field\": \"status\",\n      \"value\": \"502\"\n    },\n    {\n      \"field\": \"routeKey\",\n      \"value\": \"GET /x\"\n    }\n  ],\n  [{\"field\":\"status\",\"value\":\"504\"}]\n]";
        let objects: Vec<_> = lines(text).into_iter().filter(|line| line.contains("status")).collect();
        assert_eq!(objects, [r#"{"routeKey":"GET /x","status":"502"}"#, r#"{"status":"504"}"#]);
    }

    #[test]
    fn rows_of_tables_become_objects() {
        let table = "| status | routeKey |\n|---|---|\n| 502 | GET &#x2f;x |\nend";
        assert_eq!(lines(table), [r#"{"routeKey":"GET /x","status":"502"}"#, "end"]);
        let tabbed = "status\trouteKey\n502\tGET /x";
        assert_eq!(lines(tabbed), [r#"{"routeKey":"GET /x","status":"502"}"#]);
    }

    #[test]
    fn a_document_between_tabs_is_taken_out() {
        let text = "EVENTS\t3712\t1760104536000\tstream\t{\"status\":\"502\"}\t1760104536123";
        assert_eq!(lines(text), [r#"{"status":"502"}"#]);
        assert_eq!(lines("2026-01-02T03:04:05.678Z\t{\"status\":\"502\"}"), [r#"{"status":"502"}"#]);
    }

    #[test]
    fn a_single_pair_with_curly_quotes_is_read() {
        let found = fields("\u{201c}authorizerError\u{201d}: \"no permission\",").expect("a pair");
        assert_eq!(found.authorizer_error.as_deref(), Some("no permission"));
        assert_eq!(fields("just a sentence: with a colon"), None);
        assert_eq!(fields("\"colour\": \"blue\""), None);
    }
}
