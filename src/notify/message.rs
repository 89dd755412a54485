//! A message for people: a subject, a text for e-mail, and a notification for chats.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{AlarmState, Change};
use super::facts::{AlarmFacts, Contributor, Failing, FailureRun, Newest};
use crate::cause::{Cause, Known, RemedyStep, Table};
use crate::metric::{ACCOUNT_ID, API_ID, CAUSE, Metric, STAGE};
use crate::printable::counted;
use crate::record::EXECUTION_PREFIX;
use crate::settings::Links;

/// Most series in full; the rest is a number.
const SHOWN_IN_FULL: usize = 5;

/// Longest subject, in characters.
///
/// Source: SNS API Reference, Publish, Subject: ASCII text of less than 100 characters, without line breaks.
const SUBJECT_CHARS: usize = 99;

/// Longest name or reason that somebody else wrote, in characters; our own limit.
const QUOTED_CHARS: usize = 300;

/// Longest description of a notification, in characters.
///
/// Source: Slack API, section block: 3,000 characters of text. Custom notifications take 8,000.
const DESCRIPTION_CHARS: usize = 2_900;

/// Longest next step of a notification, in characters.
///
/// Source: Amazon Q Developer in chat applications, Administrator Guide, "Custom notifications": 350. A title has 250, a
/// keyword 75; a subject and an id of a cause are shorter.
const STEP_CHARS: usize = 350;

/// How long before it fails a request may write its first line: the longest that an integration may take, by Service Quotas.
const FIRST_LINE_MS: i64 = 300_000;

/// Metric of the failures that execution logs show.
const EXECUTION_METRIC: &str = Metric::Errors.name();

/// Input of a message besides the event and the facts.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// Causes with their remedies.
    pub table: &'c Table,
    /// Addresses.
    pub links: &'c Links,
    /// Region of the alarm.
    pub region: &'c str,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmMessage {
    /// Subject: printable ASCII, fewer than 100 characters.
    pub subject: String,
    /// Text for e-mail. Names and reasons in it are printable ASCII.
    pub text: String,
    /// Custom notification of Amazon Q Developer in chat applications.
    pub chat: Value,
}

impl AlarmMessage {
    /// Writes the message about a change; None if the event was not understood.
    pub fn about(change: Option<&Change>, facts: &AlarmFacts, context: &Context<'_>) -> Self {
        let Some(change) = change else { return not_understood(context) };
        let subject = plain(&subject(change, facts), SUBJECT_CHARS);
        let mut text = String::new();
        let mut chat = String::new();
        let shown = &facts.failing[..facts.failing.len().min(SHOWN_IN_FULL)];
        for (number, failing) in shown.iter().enumerate() {
            if number > 0 {
                text.push_str("---\n\n");
            }
            let headline = headline(change, failing);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{headline}");
            let _ = writeln!(chat, "*{}*", for_chat(&headline));
            if change.state == AlarmState::Alarm {
                let cause = cause(&failing.series, context.table);
                remedy(&mut text, failing, cause, change, facts, context);
                if let Some(cause) = cause {
                    let _ = writeln!(chat, "{}", cause.title);
                }
                if !failing.requests.is_empty() {
                    let _ = writeln!(chat, "Requests: {}", for_chat(&requests(failing)));
                }
            }
            text.push('\n');
        }
        let mut end = String::new();
        ending(&mut end, change, facts, context);
        text.push_str(&end);
        // The links are there, whatever stands before them.
        let room = DESCRIPTION_CHARS.saturating_sub(end.chars().count() + 1);
        let short = format!("{}\n{}", cut(&chat, room), for_chat(&end));
        let chat = notification(&subject, &cut(&short, DESCRIPTION_CHARS), &change.alarm, shown, context);
        Self { subject, text, chat }
    }

    /// Returns the message as SNS takes it with `MessageStructure` json: a text for each protocol.
    ///
    /// Amazon Q Developer in chat applications subscribes by https. Whoever else does gets the notification as well. A phone
    /// gets the subject: SNS takes 1,600 characters there.
    pub fn by_protocol(&self) -> String {
        json!({"default": self.text, "https": self.chat.to_string(), "sms": self.subject}).to_string()
    }
}

fn not_understood(context: &Context<'_>) -> AlarmMessage {
    let subject = "ALARM: an event about an alarm was not understood".to_owned();
    let mut text =
        "An event about an alarm on failures arrived that names no alarm or no state, so look at the dashboard. \
                    If nobody sent it as a test, CloudWatch has changed its events: please report it.\n\n"
            .to_owned();
    links(&mut text, context);
    let chat = notification(&subject, &for_chat(&text), "", &[], context);
    AlarmMessage { subject, text, chat }
}

fn subject(change: &Change, facts: &AlarmFacts) -> String {
    let state = match (change.state, facts.ok_since_ms) {
        (AlarmState::Alarm, None) => "ALARM",
        (AlarmState::Alarm, Some(_)) => "ALARM, OK again",
        _ => "OK",
    };
    match facts.failing.as_slice() {
        [] => format!("{state}: {}", change.alarm),
        [only] => format!("{state}: {}", headline(change, only)),
        [first, ..] => format!("{state}: {} failing, most: {}", facts.failing.len(), headline(change, first)),
    }
}

/// `orders/prod: lambda_permission, 14 requests in 10 minutes since 14:12 UTC`
fn headline(change: &Change, failing: &Failing) -> String {
    let name = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { plain(text, QUOTED_CHARS) };
    let place = name(&failing.series.place(), "an API that the event does not name");
    let cause = name(failing.series.get(CAUSE).unwrap_or_default(), "a cause that the event does not name");
    let what = match (&failing.run, change.state) {
        (_, AlarmState::Ok | AlarmState::Other) => String::new(),
        (Some(run), AlarmState::Alarm) => format!(", {}", how_often(run, change.at_ms)),
        (None, AlarmState::Alarm) => String::new(),
    };
    format!("{place}: {cause}{what}")
}

/// `14 requests in 10 minutes since 14:12 UTC`
fn how_often(run: &FailureRun, at_ms: Option<i64>) -> String {
    let FailureRun { failures, since_ms, minutes, is_older } = *run;
    let requests = counted(failures, "request");
    let minutes = counted(minutes.unsigned_abs(), "minute");
    let since = clock(since_ms, at_ms);
    if is_older {
        format!("{requests} in {minutes}, since {since} or longer")
    } else {
        format!("{requests} in {minutes} since {since}")
    }
}

fn cause(series: &Contributor, table: &Table) -> Option<&'static Cause> {
    table.by_id(series.get(CAUSE)?)
}

/// Writes what to check first, what to change, and the requests.
fn remedy(
    text: &mut String,
    failing: &Failing,
    cause: Option<&Cause>,
    change: &Change,
    facts: &AlarmFacts,
    context: &Context<'_>,
) {
    let newest = failing.newest.as_ref();
    let region = newest.and_then(|newest| newest.region.as_deref()).unwrap_or(context.region);
    let account = failing.series.get(ACCOUNT_ID).or(newest.and_then(|newest| newest.account.as_deref()));
    let account = account.unwrap_or(&change.account);
    let id = plain(failing.series.get(CAUSE).unwrap_or_default(), QUOTED_CHARS);
    match cause {
        None if id.is_empty() => {}
        None => {
            let _ = writeln!(
                text,
                "No remedy is known for {id} here: it is by a rule that was removed, or newer than this version."
            );
        }
        Some(cause) => {
            let _ = writeln!(text, "{}.", cause.title);
            let (there, elsewhere) = (account != change.account, plain(account, QUOTED_CHARS));
            let in_region = plain(region, QUOTED_CHARS);
            if there {
                let _ =
                    writeln!(text, "In account {elsewhere}, Region {in_region}: the commands need its credentials.");
            } else if region != context.region {
                let _ = writeln!(text, "In Region {in_region}.");
            }
            let series = &failing.series;
            let known = Known {
                api_id: series.get(API_ID),
                stage: series.get(STAGE),
                region: Some(region),
                account: Some(account),
                ..Known::default()
            };
            let mut is_of_rest_api = false;
            for (heading, steps) in [("Check first", cause.remedy.confirm), ("Fix", cause.remedy.fix)] {
                if let Some(step) = steps.first() {
                    let RemedyStep { prose, code, reading } = RemedyStep::new(step);
                    let _ = writeln!(text, "\n{heading}: {prose}");
                    is_of_rest_api |= code.contains("--rest-api-id");
                    for line in known.filled(code).lines() {
                        let _ = writeln!(text, "    {line}");
                    }
                    if !reading.is_empty() {
                        let _ = writeln!(text, "{reading}");
                    }
                }
            }
            // Only REST and WebSocket APIs have execution logs.
            if is_of_rest_api && facts.metric.as_deref().is_some_and(|metric| metric != EXECUTION_METRIC) {
                let _ = writeln!(
                    text,
                    "\nCommands with --rest-api-id are for REST APIs. If it is an HTTP API: aws apigatewayv2, with --api-id."
                );
            }
            let _ = writeln!(text, "\nAll of it: why5xx explain {id}");
        }
    }
    if !failing.requests.is_empty() {
        let _ = writeln!(text, "Requests: {}", requests(failing));
    }
    if let Some((command, newest)) = lines_of_newest(failing, region) {
        let is_execution_log = facts.metric.as_deref().is_none_or(|metric| metric == EXECUTION_METRIC)
            || newest.log_group.starts_with(EXECUTION_PREFIX);
        let what = if is_execution_log {
            "Its route, function or host: read the lines of the newest (`Resource Path`; `Sending request to`, which needs INFO \
             level)"
        } else {
            "What was logged of the newest"
        };
        let _ = writeln!(text, "{what}:\n    {command}");
    }
}

/// Returns the command that prints the log of the newest request, where its names need no quoting.
fn lines_of_newest<'f>(failing: &'f Failing, region: &str) -> Option<(String, &'f Newest)> {
    let made_of = |text: &str, more: &[u8]| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || more.contains(&b))
    };
    let id = failing.requests.last().filter(|id| made_of(id, b"="))?;
    let newest = failing.newest.as_ref().filter(|newest| made_of(&newest.log_group, b"/."))?;
    let Newest { log_group: group, at_ms, .. } = newest;
    let from_ms = at_ms.saturating_sub(FIRST_LINE_MS).max(0);
    made_of(region, b"").then(|| {
        let command = format!(
            "aws logs filter-log-events --region {region} --log-group-name {group} --start-time {from_ms} --filter-pattern \
             '\"{id}\"' --query 'events[].[message]' --output text"
        );
        (command, newest)
    })
}

fn requests(failing: &Failing) -> String {
    failing.requests.iter().map(|id| plain(id, QUOTED_CHARS)).collect::<Vec<_>>().join(", ")
}

/// Writes what concerns the alarm as a whole.
fn ending(text: &mut String, change: &Change, facts: &AlarmFacts, context: &Context<'_>) {
    let alarm = plain(&change.alarm, QUOTED_CHARS);
    let more = facts.failing.len().saturating_sub(SHOWN_IN_FULL);
    if more > 0 {
        let is_sorted = facts.failing.iter().any(|failing| failing.run.is_some());
        let _ = writeln!(
            text,
            "{more} more {} failing{}. All of them:\n    {}\n",
            if more == 1 { "is" } else { "are" },
            if is_sorted { ", each less often or as often" } else { "" },
            contributors_command(&alarm, context)
        );
    }
    let since = change.at_ms.map_or(String::new(), |ms| format!(" since {}", date(ms)));
    match (change.state, &change.contributor) {
        (AlarmState::Alarm, _) if let Some(ms) = facts.ok_since_ms => {
            let _ = writeln!(
                text,
                "The alarm was on{since}, and is OK again since {}. This message comes late; which API, stage and cause it was, the \
                 dashboard shows.\n",
                date(ms)
            );
        }
        (AlarmState::Alarm, None) if facts.failing.is_empty() => {
            let _ = writeln!(
                text,
                "The alarm is on{since}, and which API, stage and cause is not known. CloudWatch says: {}. This shows it:\n    {}\n",
                plain(&change.reason, QUOTED_CHARS).trim_end_matches('.'),
                contributors_command(&alarm, context)
            );
        }
        (AlarmState::Alarm, _) => {}
        (_, None) => {
            let before = match change.previous {
                Some((_, Some(ms))) => format!("; it was on since {}", date(ms)),
                _ => String::new(),
            };
            let _ = writeln!(text, "All of this alarm is OK again{since}{before}.\n");
        }
        (_, Some(_)) => {
            let _ = writeln!(text, "Fewer failures than the threshold{since}. Something else keeps the alarm on.\n");
        }
    }
    for unread in &facts.unread {
        let _ = writeln!(text, "Not known: {}", plain(unread, QUOTED_CHARS));
    }
    let _ = match change.at_ms {
        Some(ms)
            if change.state == AlarmState::Alarm && change.contributor.is_none() && facts.ok_since_ms.is_none() =>
        {
            writeln!(text, "Alarm: {alarm} (on since {})", date(ms))
        }
        _ => writeln!(text, "Alarm: {alarm}"),
    };
    links(text, context);
}

/// Returns the command that shows all that is in ALARM.
fn contributors_command(alarm: &str, context: &Context<'_>) -> String {
    let alarm = alarm.replace('\'', "");
    format!("aws cloudwatch describe-alarm-contributors --region {} --alarm-name '{alarm}'", context.region)
}

fn links(text: &mut String, context: &Context<'_>) {
    let Links { dashboard, logs, runbook } = context.links;
    for (name, link) in [("Dashboard", dashboard), ("Logs", logs), ("Runbook", runbook)] {
        if let Some(link) = link {
            let _ = writeln!(text, "{name}: {link}");
        }
    }
}

/// Source: Amazon Q Developer in chat applications, Administrator Guide, "Custom notifications": `version`, `source` and
/// `content.description` are required.
fn notification(subject: &str, description: &str, thread: &str, shown: &[Failing], context: &Context<'_>) -> Value {
    let mut causes: Vec<&Cause> = Vec::new();
    for cause in shown.iter().filter_map(|failing| cause(&failing.series, context.table)) {
        if !causes.iter().any(|before| before.id == cause.id) {
            causes.push(cause);
        }
    }
    let check = |cause: &&Cause| {
        let step = format!("{}: {}", cause.id, RemedyStep::new(cause.remedy.confirm.first()?).alone());
        let rest = format!(" All of it: `why5xx explain {}`", cause.id);
        Some(cut(&step, STEP_CHARS - rest.chars().count()) + &rest)
    };
    json!({
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": for_chat(subject),
            "description": description,
            "nextSteps": causes.iter().filter_map(check).collect::<Vec<_>>(),
            "keywords": causes.iter().map(|cause| cause.id).collect::<Vec<_>>(),
        },
        // ALARM and OK of one alarm stand in one thread, where the channel allows threads.
        "metadata": {"threadId": for_chat(&plain(thread, QUOTED_CHARS)), "summary": for_chat(subject), "eventType": "why5xx"},
    })
}

/// Text of somebody else as printable ASCII, with an end.
fn plain(text: &str, most_chars: usize) -> String {
    let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    if text.chars().count() <= most_chars {
        return text.chars().map(printable).collect();
    }
    text.chars().take(most_chars - 3).map(printable).chain("...".chars()).collect()
}

/// Returns a text that fits, cut after a word.
fn cut(text: &str, most_chars: usize) -> String {
    if text.chars().count() <= most_chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most_chars.saturating_sub(1)).collect();
    let words = kept.rsplit_once(char::is_whitespace).map_or(kept.as_str(), |(words, _)| words);
    format!("{}\u{2026}", words.trim_end())
}

/// Without what chats read as mentions, links and emphasis.
fn for_chat(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '<' | '>' | '*' | '`') { '\'' } else { c }).collect()
}

/// `14:12 UTC`, with the date if that is another one than the change's.
fn clock(ms: i64, at_ms: Option<i64>) -> String {
    let day = |ms: i64| ms.div_euclid(86_400_000);
    formatted(ms, at_ms.is_none_or(|at_ms| day(at_ms) != day(ms)))
}

/// `2026-05-04 14:12 UTC`
fn date(ms: i64) -> String {
    formatted(ms, true)
}

/// Cuts a time from what it is written as: a formatter of patterns is 20 KB of the function's program.
fn formatted(ms: i64, with_day: bool) -> String {
    let text = Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default();
    let parts = text.split_once('T').and_then(|(day, time)| Some((day, time.get(..5)?)));
    match parts {
        Some((day, minute)) if with_day => format!("{day} {minute} UTC"),
        Some((_, minute)) => format!("{minute} UTC"),
        None => "an unknown time".to_owned(),
    }
}

#[cfg(test)]
mod tests;
