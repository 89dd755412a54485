//! The whole pipeline on the document of a batch.

use super::{check, pipeline};

/// Reads one input.
pub fn classify(input: &[u8]) {
    if let Ok(counted) = pipeline().count_document(input) {
        check(&counted, input.len());
    }
}
