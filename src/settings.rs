//! Environment and settings file, read once.

/// What the owner of the function has set.
#[derive(Debug, Clone, Default)]
pub struct Settings {}

impl Settings {
    /// API id and stage of a log group whose name does not tell them.
    pub fn api_of_log_group(&self, _log_group: &str) -> Option<(&str, &str)> {
        None
    }

    /// The order of the fields of the flow log in this log group.
    pub fn flow_fields(&self, _log_group: &str) -> Option<&[String]> {
        None
    }
}
