//! The whole pipeline on the document of a batch.
#![no_main]

use why5xx_fuzz::{check, pipeline};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(counted) = pipeline().count_document(input) {
        check(&counted, input.len());
    }
});
