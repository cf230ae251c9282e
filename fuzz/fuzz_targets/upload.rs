//! The libFuzzer end of `rollcall_fuzz::upload`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rollcall_fuzz::upload(data));
