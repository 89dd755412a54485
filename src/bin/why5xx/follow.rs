//! The lines of `why5xx replay --follow`: one for each failure, as it is counted.

use std::io::{self, Write};

use why5xx::cause::RemedyStep;
use why5xx::pipeline::{Counted, Exemplar};

use crate::Failed;
use crate::report::json::visible;
use crate::terminal::printable;
use crate::time::second;

/// Failures that were counted and not shown yet.
#[derive(Debug, Default)]
pub(crate) struct NewFailures {
    exemplars: Vec<Exemplar>,
    count: u64,
}

impl NewFailures {
    /// Adds those of a batch.
    pub(crate) fn add(&mut self, counted: &Counted) {
        self.exemplars.extend(counted.exemplars.iter().cloned());
        self.count += counted.tally.by_cause().map(|(_, count)| count).sum::<u64>();
    }

    /// Prints them, and forgets them.
    pub(crate) fn print(&mut self, as_json: bool) -> Result<(), Failed> {
        let mut out = io::stdout().lock();
        for exemplar in &self.exemplars {
            let line = if as_json { visible(&exemplar.fields(None)) } else { line(exemplar) };
            writeln!(out, "{line}")?;
        }
        let more = self.count.saturating_sub(self.exemplars.len() as u64);
        if more > 0 && !as_json {
            writeln!(out, "… and {more} more")?;
        }
        out.flush()?;
        *self = Self::default();
        Ok(())
    }
}

/// Time, place, cause, status, request id and the first check of a failure.
fn line(Exemplar { failure, .. }: &Exemplar) -> String {
    let place: Vec<String> = failure.subject.dimensions().into_iter().map(|(_, value)| printable(value)).collect();
    let status = failure.status.map_or("-".to_owned(), |status| status.to_string());
    let request_id = failure.request_id.as_ref().and_then(|id| id.text()).unwrap_or("-");
    let check = failure.cause.remedy.confirm.first().map_or_else(String::new, |step| RemedyStep::new(step).alone());
    let (time, cause) = (second(failure.timestamp_ms), failure.cause.id);
    format!("{time}  {}  {cause}  {status}  {request_id}  {check}", place.join("/"))
}
