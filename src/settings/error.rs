//! Errors of the settings. The owner of the function must fix them.

use std::fmt;
use std::path::PathBuf;

/// Reason why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsError {
    /// An environment variable has an invalid value.
    Variable {
        /// Its name.
        variable: &'static str,
        /// Its value, truncated.
        value: String,
        /// Description of valid values.
        allowed: &'static str,
    },
    /// An environment variable is missing.
    Missing {
        /// Its name.
        variable: &'static str,
        /// Its purpose.
        purpose: &'static str,
    },
    /// The settings file cannot be read from the disk.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason from the operating system.
        reason: String,
    },
    /// The settings file is invalid.
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

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable { variable, value, allowed } => write!(f, "{variable} is {value:?}; allowed: {allowed}"),
            Self::Missing { variable, purpose } => write!(f, "{variable} is not set; it must hold {purpose}"),
            Self::Unreadable { path, reason } => write!(f, "{}: cannot be read: {reason}", path.display()),
            Self::File { path, line, field, problem } if field.is_empty() => {
                write!(f, "{}:{line}: {problem}", path.display())
            }
            Self::File { path, line, field, problem } => {
                write!(f, "{}:{line}: {field}: {problem}", path.display())
            }
        }
    }
}

impl std::error::Error for SettingsError {}
