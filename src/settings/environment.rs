//! The environment variables, as one value that tests can make up.

use std::collections::HashMap;
use std::path::PathBuf;

use super::SettingsError;

/// Longest part of a wrong value that an error repeats, in characters.
pub(super) const SHOWN_CHARS: usize = 80;

/// A snapshot of the environment. Nothing else in this crate reads a variable.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, Result<String, String>>,
    program_directory: Option<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        let unicode = |value: std::ffi::OsString| value.into_string().map_err(|v| v.to_string_lossy().into_owned());
        Self {
            variables: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, unicode(value))))
                .collect(),
            program_directory: std::env::current_exe().ok().and_then(|path| path.parent().map(PathBuf::from)),
        }
    }

    /// Made-up variables, of a program that lies nowhere.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Ok(value.to_owned()))).collect();
        Self { variables, program_directory: None }
    }

    /// The layer's file, else the one beside the program; none where neither exists.
    pub(super) fn usual_file(&self, layer: &str, bundle: &str) -> Option<PathBuf> {
        let beside = self.program_directory.as_ref().map(|directory| directory.join(bundle));
        [Some(PathBuf::from(layer)), beside].into_iter().flatten().find(|path| path.is_file())
    }

    /// A variable's value; none where it is not set or empty.
    pub(super) fn value(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        match self.variables.get(name) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value.clone()).filter(|value| !value.is_empty())),
            Some(Err(lossy)) => Err(wrong(name, lossy, "UTF-8 text")),
        }
    }

    /// A variable's value as `parse` understands it.
    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        allowed: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.value(name)? else { return Ok(None) };
        parse(&value).map(Some).ok_or_else(|| wrong(name, &value, allowed))
    }
}

// Credentials are among the variables, so the values are not for printing.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("variables", &self.variables.len()).finish_non_exhaustive()
    }
}

/// An error that names variable, value and what is allowed.
pub(super) fn wrong(variable: &'static str, value: &str, allowed: &'static str) -> SettingsError {
    SettingsError::Variable { variable, value: value.chars().take(SHOWN_CHARS).collect(), allowed }
}
