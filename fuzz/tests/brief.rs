//! The fuzz targets, briefly: seeds with random edits. `cargo xtask fuzz` runs the same functions for longer.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Replaces, inserts, removes or repeats a stretch of a seed.
#[derive(Debug, Clone)]
enum Edit {
    Replace(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let words = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..6),
        prop::sample::select(vec![
            "null", "{}", "[]", "\"\"", "1e999", "true", "\u{0}", "[[[", "- ", ": ", "&a", "*a", ".", "=", "none", "é"
        ])
        .prop_map(|word| word.as_bytes().to_vec()),
    ];
    let edit = prop_oneof![
        (any::<usize>(), words.clone()).prop_map(|(at, bytes)| Edit::Replace(at, bytes)),
        (any::<usize>(), words).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        (any::<usize>(), 1..20_usize).prop_map(|(at, n)| Edit::Remove(at, n)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, n)| Edit::Repeat(at, n)),
    ];
    proptest::collection::vec(edit, 0..5)
}

fn apply(seed: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = seed.to_vec();
    for edit in edits {
        let place = |at: usize, len: usize| if len == 0 { 0 } else { at % len };
        match edit {
            Edit::Replace(at, bytes) => {
                let at = place(*at, out.len());
                let end = (at + bytes.len()).min(out.len());
                out.splice(at..end, bytes.iter().copied());
            }
            Edit::Insert(at, bytes) => {
                let at = place(*at, out.len() + 1);
                out.splice(at..at, bytes.iter().copied());
            }
            Edit::Remove(at, n) => {
                let at = place(*at, out.len());
                let end = (at + n).min(out.len());
                out.drain(at..end);
            }
            Edit::Repeat(at, n) => {
                let at = place(*at, out.len());
                let end = (at + n).min(out.len());
                let stretch = out[at..end].to_vec();
                out.splice(at..at, stretch);
            }
        }
    }
    out
}

fn run(folder: &str, cases: u32, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(folder);
    let mut seeds: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| std::fs::read(entry.expect("a seed").path()).expect("a seed is read"))
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{} has seeds", folder.display());
    seeds.iter().for_each(|seed| target(seed));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(prop::sample::select(seeds), edits()), |(seed, edits)| {
            target(&apply(&seed, &edits));
            Ok(())
        })
        .expect("no case fails");
}

#[test]
fn no_token_that_nobody_signed_is_taken() {
    run("token", 3_000, rollcall_fuzz::token);
}

#[test]
fn no_body_makes_a_route_panic() {
    run("bodies", 3_000, rollcall_fuzz::bodies);
}

#[test]
fn no_file_of_roles_makes_the_reader_panic() {
    run("role_file", 2_000, rollcall_fuzz::role_file);
}

#[test]
fn no_account_file_makes_the_reader_panic() {
    run("account_file", 2_000, rollcall_fuzz::account_file);
}

#[test]
fn no_encrypted_token_that_nobody_signed_is_taken() {
    run("encrypted_token", 300, rollcall_fuzz::encrypted_token);
}

#[test]
fn no_form_makes_the_reader_panic() {
    run("upload", 3_000, rollcall_fuzz::upload);
}

#[test]
fn no_header_makes_a_reader_panic_or_is_believed_of_a_stranger() {
    run("header", 5_000, rollcall_fuzz::header);
}

#[test]
fn no_export_of_the_log_makes_the_reader_panic() {
    run("audit_export", 3_000, rollcall_fuzz::audit_export);
}
