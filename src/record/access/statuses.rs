//! Statuses of a line: every one that it may be read to have.
//!
//! Client text may stand anywhere in a line, with any character. It can add statuses, but it cannot remove the one that
//! API Gateway wrote: the format's own text around it is always there. So this search finds every place that looks like
//! the status, whatever surrounds it, and a line counts only if all of them agree that the request failed.

use super::fields::AccessFields;
use super::positions::Positions;
use super::{AccessLine, LineForm, token, vocabulary};

/// Accumulator for the statuses that a line may be read to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Statuses {
    /// The first status of 500 or more, and whether there is another such status.
    failed: Option<u16>,
    differ: bool,
    not_failed: bool,
    unset: bool,
}

/// Verdict of all statuses of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No status is set.
    None,
    /// The request did not fail.
    Healthy,
    /// The request failed; None if the statuses differ.
    Failed(Option<u16>),
    /// The statuses disagree on whether the request failed.
    Ambiguous,
}

impl Statuses {
    /// Adds a status; None if it is unset or no status.
    pub(super) fn add(&mut self, status: Option<u16>) {
        match status {
            None => self.unset = true,
            Some(status) if status < 500 => self.not_failed = true,
            Some(status) => self.differ |= *self.failed.get_or_insert(status) != status,
        }
    }

    /// Returns whether there is a status, and every one is below 500.
    pub(super) fn are_healthy(self) -> bool {
        self.not_failed && !self.unset && self.failed.is_none()
    }

    /// Returns the line with these statuses. `fields` is called for a failure only.
    pub(super) fn line(self, fields: impl FnOnce(Option<u16>) -> AccessFields) -> AccessLine {
        match self.verdict() {
            Verdict::None => AccessLine::NoStatus,
            Verdict::Healthy => AccessLine::Healthy,
            Verdict::Failed(status) => AccessLine::Failed(Box::new(fields(status))),
            Verdict::Ambiguous => AccessLine::Ambiguous,
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        match self.failed {
            Some(_) if self.not_failed || self.unset => Verdict::Ambiguous,
            Some(status) => Verdict::Failed((!self.differ).then_some(status)),
            None if self.not_failed => Verdict::Healthy,
            None => Verdict::None,
        }
    }
}

/// Longest key with a label, in bytes; our own limit. `$context.response-status` has 24.
const LONGEST_LABEL_BYTES: usize = 48;

/// Returns the labelled statuses of a line, at any depth and escaping. The line may itself have the escapes of a JSON
/// string.
///
/// `{"status":"502","a":{"response_status":502},"integrationStatus":"200"}` → 502 twice
pub(super) fn labelled(bytes: &[u8], form: LineForm) -> Statuses {
    const WORD: &[u8] = b"status";
    /// Position of the rarest letter of the word in it.
    const U: usize = 4;
    let mut statuses = Statuses::default();
    for u in Positions::of(*b"uU", bytes) {
        // Most have another letter before them.
        let Some(start) = u.checked_sub(U).filter(|_| matches!(bytes[u - 1], b't' | b'T')) else { continue };
        let Some(word) = bytes.get(start..start + WORD.len()) else { break };
        if word.eq_ignore_ascii_case(WORD)
            && let Some(value) = value_of_label(bytes, start, start + WORD.len(), form)
        {
            statuses.add(status_at(bytes, value));
        }
    }
    statuses
}

/// Returns where the value begins if the word at `start..end` belongs to a key that is a label.
fn value_of_label(bytes: &[u8], start: usize, end: usize, form: LineForm) -> Option<usize> {
    let start = start - form.key_at_end(&bytes[..start], LONGEST_LABEL_BYTES);
    let end = end + form.key_at_start(&bytes[end..], LONGEST_LABEL_BYTES);
    vocabulary::is_label(&bytes[start..end]).then(|| form.value(bytes, start, end)).flatten()
}

/// Returns the status at the start of a value, within any quotes.
fn status_at(bytes: &[u8], at: usize) -> Option<u16> {
    let rest = &bytes[at..];
    let quotes = rest.iter().take_while(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\\')).count();
    let rest = &rest[quotes..];
    let length = rest.iter().take(4).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    token::status(std::str::from_utf8(&rest[..length]).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_is_found_at_any_depth_and_escaping() {
        for text in [
            r#"{"status":"502"}"#,
            r#"{"a":{"b":[{"Status" : 502}]}}"#,
            r#"{"a":"\"status\":\"502\""}"#,
            r#"{"a":"\\\"STATUS\\\":\\\"502\\\""}"#,
            r#"{"status_code":"\"502\""}"#,
            r#"{"response-status": "502"}"#,
            r#"{"http.status":502}"#,
            r#"{"integration":{"status":"502"}}"#,
            r#"{"$context.status":"502"}"#,
            r#"{"path":"x\","status":"502"}"#,
            r#"{"path":"\"status\":","status":"502"}"#,
        ] {
            let found = labelled(text.as_bytes(), LineForm::Json);
            assert!(found.failed == Some(502), "{text}: {found:?}");
        }
    }

    #[test]
    fn other_names_are_no_labels() {
        for text in [
            r#"{"integrationStatus":"502","waf-status":"502","integration.status":"502","authorizerStatus":"502"}"#,
            r#"{"a":"status: 502","b":"status","c":502,"statusText":"502","xstatus":502}"#,
            "status",
            "",
        ] {
            assert_eq!(labelled(text.as_bytes(), LineForm::Json), Statuses::default(), "{text}");
        }
    }

    #[test]
    fn what_the_statuses_add_up_to() {
        let of = |statuses: &[Option<u16>]| {
            let mut all = Statuses::default();
            statuses.iter().for_each(|status| all.add(*status));
            all.verdict()
        };
        assert_eq!(of(&[]), Verdict::None);
        assert_eq!(of(&[None]), Verdict::None);
        assert_eq!(of(&[Some(200), None, Some(404)]), Verdict::Healthy);
        assert_eq!(of(&[Some(502), Some(502)]), Verdict::Failed(Some(502)));
        assert_eq!(of(&[Some(502), Some(504)]), Verdict::Failed(None));
        assert_eq!(of(&[Some(502), Some(200)]), Verdict::Ambiguous);
        assert_eq!(of(&[None, Some(502)]), Verdict::Ambiguous);
    }

    #[test]
    fn labels_of_xml_and_of_the_stock_keys_are_found() {
        let xml = "<request id=\"r\"> <a><status>200</status></a> <responseStatus> 502 </responseStatus></request>";
        assert_eq!(labelled(xml.as_bytes(), LineForm::Xml).verdict(), Verdict::Ambiguous);
        assert_eq!(
            labelled(b"requestId: r, status: 502, protocol: x", LineForm::Keyed).verdict(),
            Verdict::Failed(Some(502))
        );
        assert_eq!(labelled(b"requestId: r, status: 200, status: 502", LineForm::Keyed).verdict(), Verdict::Ambiguous);
    }
}
