//! TOML file of the owner's, and errors with file, line and field.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::SettingsError;
use super::environment::SHOWN_CHARS;

/// Largest file to read, in bytes; our own limit. A thousand APIs take a tenth of it.
const FILE_BYTES_LIMIT: u64 = 1 << 20;

/// Reads the text of the file.
pub(super) fn read(path: &Path) -> Result<String, SettingsError> {
    let unreadable = |reason: String| SettingsError::Unreadable { path: path.to_owned(), reason };
    let bytes = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if bytes > FILE_BYTES_LIMIT {
        return Err(unreadable(format!("{bytes} bytes; at most {FILE_BYTES_LIMIT} are allowed")));
    }
    std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))
}

/// Text of a TOML file, for errors that point into it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TomlFile<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl TomlFile<'_> {
    /// Parses the document.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        toml::from_str(self.text).map_err(|error| self.error(error.span().unwrap_or_default(), error.message()))
    }

    /// Returns an error at `span`. The field is the text before the line's equals sign.
    pub(super) fn error(&self, span: Range<usize>, problem: &str) -> SettingsError {
        let start = self.start(&span);
        let (before, behind) = self.text.split_at(start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = behind.find('\n').map_or(self.text.len(), |at| start + at);
        let line = &self.text[line_start..line_end];
        let field = line.split_once('=').map_or_else(|| line.trim(), |(field, _)| field.trim());
        self.error_in(span, field, problem)
    }

    /// Returns an error at `span` in `field`, for a value that may be on another line than its key.
    pub(super) fn error_in(&self, span: Range<usize>, field: &str, problem: &str) -> SettingsError {
        SettingsError::File {
            path: self.path.to_owned(),
            line: self.text[..self.start(&span)].matches('\n').count() + 1,
            field: field.chars().take(SHOWN_CHARS).collect(),
            // The parser's messages may have several lines.
            problem: problem.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    fn start(&self, span: &Range<usize>) -> usize {
        self.text.floor_char_boundary(span.start.min(self.text.len()))
    }
}
