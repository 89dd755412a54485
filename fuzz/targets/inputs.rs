#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| why5xx_fuzz::inputs(input));
