//! Snapshot of the environment variables.

use std::collections::HashMap;
use std::path::PathBuf;

use super::SettingsError;

/// Longest part of the input that an error quotes, in characters.
pub(super) const SHOWN_CHARS: usize = 80;

/// Snapshot of the environment. Nothing else in this crate reads a variable.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, Result<String, String>>,
    program_directory: Option<PathBuf>,
}

impl Environment {
    /// Returns the environment of this process.
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

    /// Creates an environment from variables, without a program directory.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Ok(value.to_owned()))).collect();
        Self { variables, program_directory: None }
    }

    /// Sets a variable; an empty value removes it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), Ok(value.to_owned()));
        self
    }

    /// Returns the layer's file, else the file beside the program; None if neither exists.
    pub(super) fn usual_file(&self, layer: &str, bundle: &str) -> Option<PathBuf> {
        let beside = self.program_directory.as_ref().map(|directory| directory.join(bundle));
        [Some(PathBuf::from(layer)), beside].into_iter().flatten().find(|path| path.is_file())
    }

    /// Returns whether a variable is set and not empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|value| value.as_ref().map_or(true, |value| !value.is_empty()))
    }

    /// Returns the value of a variable; None if it is not set or empty.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    pub fn value(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        match self.variables.get(name) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value.clone()).filter(|value| !value.is_empty())),
            Some(Err(lossy)) => Err(wrong(name, lossy, "UTF-8 text")),
        }
    }

    /// Parses the value of a variable; None if it is not set or empty. `allowed` describes valid values in the error.
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

// Written by hand: credentials are among the variables, so values are never printed.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment").field("variables", &self.variables.len()).finish_non_exhaustive()
    }
}

/// Returns the error for an invalid value.
pub(super) fn wrong(variable: &'static str, value: &str, allowed: &'static str) -> SettingsError {
    SettingsError::Variable { variable, value: value.chars().take(SHOWN_CHARS).collect(), allowed }
}
