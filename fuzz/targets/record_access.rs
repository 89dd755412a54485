//! Lines of a log group whose name tells nothing: each is told by its shape, access logs foremost.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| why5xx_fuzz::count_lines("/team/orders/access", input));
