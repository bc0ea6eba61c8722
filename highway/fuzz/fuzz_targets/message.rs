#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| highway_fuzz::message::run(data));
