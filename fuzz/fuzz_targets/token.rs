//! The libFuzzer end of `rollcall_fuzz::token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rollcall_fuzz::token(data));
