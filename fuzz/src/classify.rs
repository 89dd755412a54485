//! The whole pipeline on the document of a batch.

use super::{check, pipeline};

/// Reads one input.
pub fn classify(input: &[u8]) {
    if let Ok(counted) = pipeline().count_with(|_, on_event| why5xx::decode::document_json(input, on_event)) {
        check(&counted, input.len());
    }
}
