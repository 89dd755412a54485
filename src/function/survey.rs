//! Invocations that survey the account: a line for each stage whose failures nobody would name, and one with the metrics.

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use why5xx::fields::Fields;
use why5xx::printable::printable;
use why5xx::publish::embed_survey;
use why5xx::settings::{Environment, LogLevel, Settings, SettingsError, SinkKind, SurveySettings};
use why5xx::signed::client::{AccountClient, Patience};
use why5xx::signed::proxy_of;
use why5xx::survey::facts::{AccountFacts, NotLookedAt, Stage};
use why5xx::survey::findings::{SurveyFinding, about};
use why5xx::survey::read::{Owner, SurveyError, facts};
use why5xx::survey::unseen::WatchReport;

use super::log::{OwnLog, object};
use super::{now, time_left};

/// Most stages with a line of their own, for each of the two kinds of line. `why5xx doctor` shows all.
const SHOWN_STAGES: usize = 100;

/// Most time that is left to judge and to log what was read, where there is enough: thousands of stages take a second.
const REPORTING_TIME: Duration = Duration::from_secs(30);

/// State of the function that surveys the account.
pub(crate) struct Survey {
    settings: Settings,
    survey: SurveySettings,
    log: OwnLog,
}

impl Survey {
    /// Creates the function.
    ///
    /// # Errors
    ///
    /// If settings are missing. A retry does not help.
    pub(crate) fn new(settings: Settings, environment: &Environment) -> Result<Self, SettingsError> {
        Ok(Self { log: OwnLog::new(&settings), survey: SurveySettings::load(environment)?, settings })
    }

    /// Surveys the account that the function is in.
    ///
    /// # Errors
    ///
    /// If no API could be looked at. Lambda retries, and finally keeps the event with the reason.
    pub(super) async fn invoke(
        &mut self,
        function_arn: &str,
        request_id: &str,
        deadline_ms: u64,
    ) -> Result<(), Diagnostic> {
        self.log.begin(request_id);
        let left = time_left(deadline_ms);
        let until = Instant::now() + left - (left / 5).min(REPORTING_TIME);
        let (survey, owner) = (self.survey.clone(), owner_of(function_arn));
        // The client waits in a thread of its own, as it does in the command.
        let read = spawn_blocking(move || look(&survey, owner, until)).await;
        match read.unwrap_or_else(|_| Err("a bug in why5xx; the log has its place in the code".to_owned())) {
            Ok(mut facts) => {
                facts.declare(&|log_group| self.settings.access_log_format(log_group).is_some());
                self.report(&facts);
                Ok(())
            }
            Err(error) => {
                self.log.line(LogLevel::Error, "account not surveyed", json!({"error": error}));
                Err(Diagnostic { error_type: "NotSurveyed".to_owned(), error_message: error })
            }
        }
    }

    fn report(&self, facts: &AccountFacts) {
        let watch = WatchReport::of(facts);
        for (stage, findings) in watch.unseen.iter().take(SHOWN_STAGES) {
            self.log.line(LogLevel::Warn, "unseen stage", unseen(stage, findings));
        }
        for stage in watch.unknown.iter().take(SHOWN_STAGES) {
            self.log.line(LogLevel::Warn, "stage not looked at", Value::Object(names(stage)));
        }
        let mut fields = Fields::default();
        fields.add("stages", &facts.stages.len());
        fields.add("unseen", &watch.unseen.len());
        fields.add("stagesNotLookedAt", &watch.unknown.len());
        fields.add("listsNotRead", &watch.unread_lists);
        fields.add("notLookedAt", &facts.not_looked_at.iter().map(not_looked_at).collect::<Value>());
        let is_complete = watch.unseen_stages() == 0 && facts.not_looked_at.is_empty();
        let level = if is_complete { LogLevel::Info } else { LogLevel::Warn };
        if self.settings.sink == SinkKind::Stdout {
            return self.log.long_line(level, "account surveyed", fields);
        }
        let Settings { namespace, function_name, .. } = &self.settings;
        let at_ms = i64::try_from(now().as_millis()).unwrap_or_default();
        embed_survey(&mut fields, (namespace, function_name), at_ms, (watch.unseen_stages(), watch.explained));
        self.log.line_at_any_level(level, "account surveyed", fields);
    }
}

/// Reads all that is read until a time.
fn look(survey: &SurveySettings, owner: Owner, until: Instant) -> Result<AccountFacts, String> {
    let client = AccountClient::new(survey.session(), proxy_of(&survey.aws), Patience::WATCH, Arc::default(), |_| ());
    let mut client = client.map_err(|error| error.to_string())?.until(until);
    facts(&mut client, owner, &mut |_| ()).map_err(|SurveyError(why)| why)
}

/// Returns whose account it is, from the ARN of a function.
///
/// `arn:aws:lambda:eu-west-1:111122223333:function:why5xx` → `aws`, `111122223333`
fn owner_of(function_arn: &str) -> Owner {
    let part = |number| function_arn.split(':').nth(number).unwrap_or_default().to_owned();
    Owner { partition: part(1), account: part(4) }
}

/// Names a stage. Characters that hide are not shown, for these lines are read by people.
fn names(stage: &Stage) -> Map<String, Value> {
    let fields = [("about", about(stage)), ("apiId", stage.api_id.clone()), ("stage", stage.name.clone())];
    object(fields.into_iter().map(|(name, value)| (name.to_owned(), json!(printable(&value)))))
}

fn unseen(stage: &Stage, findings: &[SurveyFinding]) -> Value {
    let mut fields = names(stage);
    let why = findings.iter().map(|finding| json!({"id": finding.id, "text": printable(&finding.text)}));
    fields.insert("why".to_owned(), why.collect());
    fields.insert("fix".to_owned(), findings.iter().flat_map(|finding| &finding.fix.commands).cloned().collect());
    Value::Object(fields)
}

fn not_looked_at(note: &NotLookedAt) -> Value {
    json!({"what": note.what, "needs": note.needs, "why": printable(&note.why), "times": note.times})
}
