#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| highway_fuzz::frames::run(data));
