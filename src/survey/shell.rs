//! Commands of a shell, to paste. Names come from the account, so no character of them may end a word or hide.

use std::fmt::Write as _;

use crate::printable::is_hidden;

/// A command of the AWS CLI, built option by option.
#[derive(Debug)]
pub(super) struct AwsCommand(String);

impl AwsCommand {
    /// `AwsCommand::new("logs put-retention-policy", "eu-west-1")` → `aws logs put-retention-policy --region eu-west-1`
    pub(super) fn new(operation: &str, region: &str) -> Self {
        Self::other(&format!("aws {operation}"), region)
    }

    /// A command of another program, with the options of the AWS CLI.
    pub(super) fn other(command: &str, region: &str) -> Self {
        Self(command.to_owned()).with("region", region)
    }

    #[inline(never)]
    pub(super) fn with(mut self, option: &str, value: &str) -> Self {
        // A value that begins with a dash would be taken for an option.
        let between = if value.starts_with('-') { '=' } else { ' ' };
        // Writing to a String cannot fail.
        let _ = write!(self.0, " --{option}{between}{}", quoted(value));
        self
    }

    pub(super) fn end(self) -> String {
        self.0
    }
}

/// Returns a word that a POSIX shell reads as this text.
///
/// `it's` → `'it'\''s'`; what could not be seen is written as escapes: `"$(printf %b 'a\0033b')"`
#[inline(never)]
pub(super) fn quoted(text: &str) -> String {
    if text.chars().any(is_hidden) {
        let mut word = String::from("\"$(printf %b '");
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_./: ,=".contains(&byte) {
                word.push(char::from(byte));
            } else {
                let _ = write!(word, "\\0{byte:03o}");
            }
        }
        word.push_str("')\"");
        return word;
    }
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:,=@%+".contains(&b);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_shell_reads_every_text_as_it_is() {
        for text in [
            "plain",
            "it's",
            "$(touch x)",
            "`id`",
            "a b",
            "",
            "a\u{1b}[31mb",
            "x\u{202e}y",
            "50%\tz\\n",
            "new\nline",
            "'",
            "-n\t",
        ] {
            let output = Command::new("sh").arg("-c").arg(format!("printf %s {}", quoted(text))).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{}", quoted(text));
            assert!(!quoted(text).chars().any(is_hidden));
        }
    }

    #[test]
    fn a_value_that_looks_like_an_option_stays_a_value() {
        let command = AwsCommand::new("apigateway get-stage", "eu-west-1").with("stage-name", "-x").end();
        assert_eq!(command, "aws apigateway get-stage --region eu-west-1 --stage-name=-x");
    }
}
