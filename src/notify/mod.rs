//! Messages about alarms on failures: an event of EventBridge in, a message for people out.
//!
//! # Layout
//!
//! * [`event`]: an event to what changed, and whether anybody is to hear of it.
//! * [`facts`]: answers of CloudWatch to what fails: how often, since when, which requests.
//! * [`message`]: both to a message, as text and for chats.
//! * `calls`: the calls of AWS, the only part that is not pure.
//!
//! Nothing is kept between events. What cannot be read is said in the message; only a message that cannot be sent is an
//! error, which Lambda tries again.

mod calls;
pub mod event;
pub mod facts;
pub mod message;

use serde_json::Value;
use tokio::time::Instant;

use crate::cause::Table;
use crate::settings::NotifySettings;
use calls::{Calls, FailedCall};
use event::{AlarmState, Change};
use facts::{AlarmFacts, Contributor, Failing};
use message::{AlarmMessage, Context};

pub use calls::NotSent;

/// Outcome of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A message was sent.
    Sent {
        /// Parts of it that could not be read, each with the reason.
        unread: Vec<String>,
        /// Topics that did not take it, with the reason. Another did.
        refused: Vec<String>,
    },
    /// Nobody needs to hear of it, for this reason.
    Nothing(&'static str),
}

/// Sender of messages about alarms.
#[derive(Debug)]
pub struct Notifier {
    settings: NotifySettings,
    table: Table,
    calls: Calls,
}

impl Notifier {
    /// Creates the notifier and its client. `table` has the remedies.
    pub fn new(settings: NotifySettings, table: Table) -> Self {
        Self { calls: Calls::new(&settings), settings, table }
    }

    /// Handles one event: decides, reads and sends. It ends before `until`.
    ///
    /// # Errors
    ///
    /// If no topic took the message. A retry may help.
    pub async fn handle(&self, event: &Value, until: Instant) -> Result<Outcome, NotSent> {
        let change = Change::parse(event);
        let mut facts = AlarmFacts::default();
        if let Some(change) = &change {
            if let Some(why) = change.needs_no_message() {
                return Ok(Outcome::Nothing(why));
            }
            // Half of the time is for sending.
            let now = Instant::now();
            let read_until = now + until.saturating_duration_since(now) / 2;
            facts = match self.read(change, read_until).await {
                Ok(facts) => facts,
                Err(why) => return Ok(Outcome::Nothing(why)),
            };
        }
        let context = Context { table: &self.table, links: &self.settings.links, region: &self.settings.aws.region };
        let message = AlarmMessage::about(change.as_ref(), &facts, &context);
        let refused = self.calls.publish(&self.settings.topics, &message, until).await?;
        Ok(Outcome::Sent { unread: facts.unread, refused })
    }

    /// Reads what the message needs; an error is the reason why no message is needed.
    async fn read(&self, change: &Change, until: Instant) -> Result<AlarmFacts, &'static str> {
        let mut facts = AlarmFacts::default();
        let mut query = change.query.clone();
        match self.calls.alarm(&change.alarm, until).await {
            Ok(alarm) if !alarm.acts => return Err("the actions of the alarm are off"),
            Ok(alarm) if change.is_part_of(&alarm) => return Err("the message of the alarm itself says it"),
            Ok(alarm) => {
                query = query.or(alarm.query);
                let ended = alarm.since_ms.filter(|since_ms| change.at_ms.is_none_or(|at_ms| *since_ms > at_ms));
                facts.ok_since_ms =
                    ended.filter(|_| change.state == AlarmState::Alarm && alarm.state == AlarmState::Ok);
            }
            Err(error) => facts.unread("whether the alarm's actions are on, and whether it has just changed", &error),
        }
        if facts.ok_since_ms.is_some() {
            return Ok(facts);
        }
        if change.state != AlarmState::Alarm {
            facts.failing = change.contributor.clone().map(Failing::new).into_iter().collect();
            return Ok(facts);
        }
        let failing = match &change.contributor {
            Some(contributor) => Ok(vec![contributor.clone()]),
            None => self.calls.contributors(&change.alarm, until).await,
        };
        match failing {
            Ok(failing) => facts.failing = failing.into_iter().map(Failing::new).collect(),
            Err(error) => facts.unread("which API, stage and cause", &error),
        }
        if facts.failing.is_empty() {
            return Ok(facts);
        }
        match query.as_deref().and_then(event::metric) {
            None => facts.unread.push("how often: the alarm has no query that names a metric".to_owned()),
            Some(metric) => {
                facts.metric = Some(metric.to_owned());
                self.count(&mut facts, change, metric, until).await;
            }
        }
        Ok(facts)
    }

    /// Adds how often, since when, and which requests.
    async fn count(&self, facts: &mut AlarmFacts, change: &Change, metric: &str, until: Instant) {
        let series: Vec<&Contributor> = facts.failing.iter().map(|failing| &failing.series).collect();
        match self.calls.counts(&self.settings.namespace, metric, &series, change.at_ms, until).await {
            Ok(points) => facts.set_counts(&points, change.at_ms),
            Err(error) => facts.unread("how often and since when", &error),
        }
        let Some(log_group) = &self.settings.log_group else { return };
        match self.calls.exemplars(log_group, facts.since_ms(change.at_ms), until).await {
            Ok((exemplars, all)) => {
                facts.set_requests(metric, &exemplars);
                if !all {
                    facts.unread.push(
                        "the newest request ids: the log of these minutes is longer than what is read of it".to_owned(),
                    );
                }
            }
            Err(error) => facts.unread("the request ids", &error),
        }
    }
}

impl AlarmFacts {
    fn unread(&mut self, what: &str, error: &FailedCall) {
        self.unread.push(format!("{what}: {error}"));
    }
}
