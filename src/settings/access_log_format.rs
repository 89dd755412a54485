//! Access-log format of a stage: the text that a stage has, with `$context` variables.

/// Format of an access log: a literal, then each variable and the literal behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogFormat {
    /// Text before the first variable.
    pub first: String,
    /// Each variable, without `$context.`, and the text behind it.
    pub rest: Vec<(String, String)>,
}

/// Start of every variable.
const START: &str = "$context.";

impl AccessLogFormat {
    /// Parses a format. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split(START);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest: Vec<_> = parts.map(variable).collect();
        let mut statuses = rest.iter().enumerate().filter(|(_, (name, _))| name == "status").peekable();
        if statuses.peek().is_none() {
            return Err("`$context.status` is missing; it shows which requests failed");
        }
        let is_run_on = |literal: &str, is_last: bool| match literal.bytes().next() {
            None => !is_last,
            Some(b) => b.is_ascii_digit() || matches!(b, b'-' | b'.'),
        };
        if statuses.any(|(nth, (_, literal))| is_run_on(literal, nth + 1 == rest.len())) {
            return Err("`$context.status` needs a blank, a quote or another sign behind it");
        }
        Ok(Self { first, rest })
    }
}

/// Splits off the name at the start: words of letters, digits and `_` with a dot between two.
///
/// `error.message","x":"` → `error.message` and `","x":"`
fn variable(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let end = (0..text.len()).find(|&at| !(is_word(at) || bytes[at] == b'.' && is_word(at + 1))).unwrap_or(text.len());
    (text[..end].to_owned(), text[end..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_split_at_its_variables() {
        let format = AccessLogFormat::parse(r#"{"s":"$context.status","e":$context.error.messageString.} $5"#).unwrap();
        assert_eq!(format.first, "{\"s\":\"");
        let rest = [("status", "\",\"e\":"), ("error.messageString", ".} $5")];
        assert_eq!(format.rest, rest.map(|(name, literal)| (name.to_owned(), literal.to_owned())));
    }

    #[test]
    fn a_format_whose_status_cannot_be_read_is_an_error() {
        for text in ["", "$context.integration.status", "$context.status$context.path", "$context.status-$context.path"]
        {
            assert!(AccessLogFormat::parse(text).is_err(), "{text}");
        }
        assert!(AccessLogFormat::parse("$context.path $context.status").is_ok());
    }
}
