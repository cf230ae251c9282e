//! The libFuzzer end of `rollcall_fuzz::role_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rollcall_fuzz::role_file(data));
