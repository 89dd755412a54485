//! Lines of a function's log.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| why5xx_fuzz::count_lines("/aws/lambda/orders", input));
