//! The libFuzzer end of `rollcall_fuzz::audit_export`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rollcall_fuzz::audit_export(data));
