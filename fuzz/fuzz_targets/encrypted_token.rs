//! The libFuzzer end of `rollcall_fuzz::encrypted_token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rollcall_fuzz::encrypted_token(data));
