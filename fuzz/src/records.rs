//! The event of a stream or a queue, whatever is in its place.

use why5xx::envelope::{self, Batch, RecordError, Records};

use super::pipeline;

/// Reads one input.
pub fn records(input: &[u8]) {
    let mut each = |batch: Result<Batch<'_>, RecordError>| match batch {
        Ok(batch) => drop(pipeline().count_batch(batch)),
        Err(error) => assert!(error.to_string().len() < 250),
    };
    if let Ok(text) = std::str::from_utf8(input) {
        envelope::batches(text, &mut each);
    }
    for record in Records::parse(input).iter().flat_map(|records| &records.records) {
        record.batches(&mut each);
    }
}
