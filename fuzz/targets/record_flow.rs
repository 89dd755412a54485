//! Lines of a VPC flow log, in the order of fields that the settings give or in that of a header line.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| why5xx_fuzz::count_lines(why5xx_fuzz::FLOW_LOG_GROUP, input));
