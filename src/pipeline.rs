//! The steps from a batch to its tally, in one call.
//!
//! A [`Pipeline`] lives as long as its environment: it remembers the ids of counted log events and the requests that a
//! batch left open. [`Pipeline::count`] changes nothing of that, so that a batch whose data CloudWatch did not accept
//! can be counted again; [`Pipeline::commit`] merges what a batch adds. For one batch it is called once its data were accepted.
//! The batches of a stream or a queue are committed one by one, since each may go on where the one before it ended, and
//! published together; [`Pipeline::restore`] takes them back where CloudWatch refused some of them.
//!
//! Here a batch is decoded. How a log event goes on from there (parsed, classified, joined with its request, counted) is in
//! `batch.rs`, from `event` on.

mod batch;
mod both_kinds;
mod counted;
mod counter;
mod dimensions;
mod exemplars;
mod lane;
mod memory;
mod options;
mod own_log;
mod understood;

use std::sync::Arc;

pub use counted::{Counted, RequestBound};
pub use exemplars::{Exemplar, Shown};
pub use memory::{Additions, LeftOpen, Memory};
pub use understood::Understood;

use self::batch::{BatchAccumulator, Parser};
use self::options::PipelineOptions;
use self::own_log::OwnMark;
use crate::cause::Table;
use crate::decode::{self, DecodeError, Decoded, EventCallback, Limits, LogEvent};
use crate::envelope;
use crate::record::{Record, Source};
use crate::settings::Settings;

/// The steps, with what they remember from batch to batch.
#[derive(Debug, Clone)]
pub struct Pipeline {
    settings: Arc<Settings>,
    table: Table,
    memory: Memory,
    options: PipelineOptions,
    own_mark: Option<OwnMark>,
}

impl Pipeline {
    /// Creates a pipeline that remembers nothing.
    pub fn new(settings: Arc<Settings>, table: Table) -> Self {
        Self {
            own_mark: OwnMark::of(&settings),
            settings,
            table,
            memory: Memory::default(),
            options: PipelineOptions::default(),
        }
    }

    /// Returns the causes in force, own rules included.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Decodes, reads, classifies and tallies one subscription event. Remembers nothing.
    ///
    /// # Errors
    ///
    /// When the event cannot be decoded to its end. Nothing of it is counted then, and trying again never helps.
    pub fn count(&self, payload: &[u8]) -> Result<Counted, DecodeError> {
        self.count_with(|limits, each| decode::subscription_event(payload, limits, each))
    }

    /// Counts a batch in the form in which a source holds it.
    ///
    /// # Errors
    ///
    /// As [`count`](Self::count).
    pub fn count_batch(&self, batch: envelope::Batch<'_>) -> Result<Counted, DecodeError> {
        self.count_with(|limits, each| match batch {
            envelope::Batch::SubscriptionEvent(event) => decode::subscription_event(event.as_bytes(), limits, each),
            envelope::Batch::Data(data) => decode::base64_data(data.as_bytes(), limits, each),
            envelope::Batch::Document(document) => decode::document_json(document.as_bytes(), each),
        })
    }

    /// Counts a batch of any other form, which `decode` reads. It is called again where a batch has the origin of its log
    /// events behind them.
    ///
    /// # Errors
    ///
    /// Those of `decode`.
    pub fn count_with(
        &self,
        decode: impl FnMut(&Limits, &mut EventCallback<'_>) -> Result<Decoded, DecodeError>,
    ) -> Result<Counted, DecodeError> {
        self.count_each(decode, None)
    }

    /// Counts log events that `read` parses instead of [`parse_event`](crate::record::parse_event). For programs that know more
    /// of their input than a log event holds; the function is not one of them.
    ///
    /// # Errors
    ///
    /// Those of `decode`.
    pub fn count_read_by(
        &self,
        decode: impl FnMut(&Limits, &mut EventCallback<'_>) -> Result<Decoded, DecodeError>,
        mut read: impl for<'e> FnMut(&Source, &LogEvent<'e>) -> Record<'e>,
    ) -> Result<Counted, DecodeError> {
        self.count_each(decode, Some(&mut read))
    }

    fn count_each<'p>(
        &'p self,
        mut decode: impl FnMut(&Limits, &mut EventCallback<'_>) -> Result<Decoded, DecodeError>,
        parser: Option<&'p mut Parser<'p>>,
    ) -> Result<Counted, DecodeError> {
        let PipelineOptions { deadline, cpu_time, .. } = self.options;
        let inflated_bytes = self.settings.inflated_bytes_limit;
        let limits = Limits { inflated_bytes, deadline, cpu_time, ..Limits::default() };
        let mut batch = BatchAccumulator::new(self, None, parser);
        let mut decoded = decode(&limits, &mut |header, event| batch.event(header, event))?;
        if let Some(origin) = decoded.late_origin.take() {
            let parser = batch.parser.take();
            batch = BatchAccumulator::new(self, Some(origin), parser);
            decoded = decode(&limits, &mut |header, event| batch.event(header, event))?;
        }
        batch.counter.counted.decoded = decoded;
        let counted = batch.finish();
        let most = counter::MOST_COUNTS;
        if counted.tally.len() > most { Err(DecodeError::TooManyCounts { most }) } else { Ok(counted) }
    }
}
