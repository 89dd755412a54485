//! Why the settings cannot be used. It is always for the owner of the function to mend.

use std::fmt;
use std::path::PathBuf;

/// Why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsError {
    /// An environment variable holds what is not allowed.
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it holds, cut where it is long.
        value: String,
        /// What it may hold.
        allowed: &'static str,
    },
    /// An environment variable is missing.
    Missing {
        /// Its name.
        variable: &'static str,
        /// What it is for.
        purpose: &'static str,
    },
    /// The settings file cannot be read from the disk.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The settings file holds what is not allowed.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The field on that line; empty where the line has none.
        field: String,
        /// What is wrong and what is allowed.
        problem: String,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable { variable, value, allowed } => write!(f, "{variable} is {value:?}; allowed: {allowed}"),
            Self::Missing { variable, purpose } => write!(f, "{variable} is not set; it tells {purpose}"),
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
