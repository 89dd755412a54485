//! Invocations with events about alarms: a message is sent, and one line logged about it.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use tokio::time::Instant;
use why5xx::fields::Fields;
use why5xx::notify::{Notifier, Outcome};
use why5xx::publish::unsent_messages;
use why5xx::settings::{Environment, LogLevel, NotifySettings, Rules, Settings, SettingsError};

use super::log::OwnLog;
use super::time_left;

/// State of the function that sends messages about alarms.
pub(crate) struct Alarms {
    notifier: Notifier,
    log: OwnLog,
    namespace: String,
    function_name: String,
}

impl Alarms {
    /// Creates the function and its client.
    ///
    /// # Errors
    ///
    /// If settings are missing, or own rules are invalid. A retry does not help.
    pub(crate) fn new(settings: Settings, environment: &Environment) -> Result<Self, SettingsError> {
        let log = OwnLog::new(&settings);
        let table = Rules::load(environment)?.table();
        let notifier = Notifier::new(NotifySettings::load(environment, &settings)?, table);
        Ok(Self { notifier, log, namespace: settings.namespace, function_name: settings.function_name })
    }

    /// Handles one event of EventBridge.
    ///
    /// # Errors
    ///
    /// If the message could not be sent. Lambda retries, and finally sends the event to the topic itself.
    pub(super) async fn invoke(
        &mut self,
        payload: &[u8],
        request_id: &str,
        deadline_ms: u64,
    ) -> Result<(), Diagnostic> {
        self.log.begin(request_id);
        let event: Value = serde_json::from_slice(payload).map_err(|error| unreadable(&error))?;
        let alarm = &event["detail"]["alarmName"];
        let until = Instant::now() + time_left(deadline_ms);
        match self.notifier.handle(&event, until).await {
            Ok(Outcome::Nothing(why)) => {
                self.log.line(LogLevel::Info, "no message", json!({"alarm": alarm, "why": why}));
                Ok(())
            }
            Ok(Outcome::Sent { unread, refused }) => {
                let level = if unread.is_empty() { LogLevel::Info } else { LogLevel::Warn };
                self.log.line(level, "message sent", json!({"alarm": alarm, "notRead": unread}));
                if !refused.is_empty() {
                    let mut fields = Fields::of(json!({"alarm": alarm, "error": refused.join("; ")}));
                    unsent_messages(&mut fields, &self.namespace, &self.function_name, refused.len() as u64);
                    self.log.line_at_any_level(LogLevel::Error, "message not sent", fields);
                }
                Ok(())
            }
            Err(error) => {
                self.log.line(LogLevel::Error, "message not sent", json!({"alarm": alarm, "error": error.to_string()}));
                Err(Diagnostic { error_type: "NotSent".to_owned(), error_message: error.to_string() })
            }
        }
    }
}

/// Lambda passes JSON alone, but not all that nests deeply can be read. The error's text has a place, and nothing of the event.
fn unreadable(error: &serde_json::Error) -> Diagnostic {
    Diagnostic {
        error_type: "UnreadableEvent".to_owned(),
        error_message: format!("an event that cannot be read: {error}"),
    }
}
