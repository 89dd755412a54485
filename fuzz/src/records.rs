//! The event of a stream or a queue, whatever is in its place.

use why5xx::source::{Batch, Records};

use super::pipeline;

/// Reads one input.
pub fn records(input: &[u8]) {
    let Some(records) = Records::parse(input) else { return };
    for record in &records.records {
        assert!(!record.id.is_empty());
        match record.batch() {
            Ok(Batch::Gzip(gzip)) => drop(pipeline().count_gzip(&gzip)),
            Ok(Batch::SubscriptionEvent(event)) => drop(pipeline().count(&event)),
            Err(error) => assert!(error.to_string().len() < 200),
        }
    }
}
