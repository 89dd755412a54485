//! Lines of an execution log.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| why5xx_fuzz::count_lines(
    "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
    input
));
