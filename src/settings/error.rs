//! Errors of the settings. The owner of the function must fix them.

use std::path::PathBuf;

use thiserror::Error;

/// Reason why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// An environment variable has an invalid value.
    #[error("{variable} is {value:?}; allowed: {allowed}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// Its value, truncated.
        value: String,
        /// Description of valid values.
        allowed: &'static str,
    },
    /// A part of the credentials is invalid. Its value is not shown.
    #[error("{variable} holds a blank, a line end or another character that no key has")]
    Key {
        /// The name of its environment variable.
        variable: &'static str,
    },
    /// An environment variable is missing.
    #[error("{variable} is not set; it must hold {purpose}")]
    Missing {
        /// Its name.
        variable: &'static str,
        /// Its purpose.
        purpose: &'static str,
    },
    /// The settings file cannot be read from the disk.
    #[error("{}: cannot be read: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason from the operating system.
        reason: String,
    },
    /// The settings file is invalid.
    #[error("{}:{line}: {field}{}{problem}", .path.display(), if .field.is_empty() { "" } else { ": " })]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The field on that line; empty if the line has none.
        field: String,
        /// The problem and what is allowed.
        problem: String,
    },
}
