//! Counts log events at hand, which nothing has to decode.

use why5xx::decode::{BatchHeader, Decoded, LogEvent};
use why5xx::pipeline::{Counted, Pipeline};

/// Counts log events as one batch.
pub(crate) fn count_events<'e>(
    pipeline: &Pipeline,
    header: &BatchHeader,
    events: impl IntoIterator<Item = LogEvent<'e>>,
) -> Counted {
    let mut events = events.into_iter();
    let counted = pipeline.count_with(|_, each| {
        let mut decoded = Decoded { header: header.clone(), ..Decoded::default() };
        for event in events.by_ref() {
            decoded.log_events += 1;
            each(header, &event);
        }
        Ok(decoded)
    });
    counted.expect("a batch of so few counts is taken")
}
