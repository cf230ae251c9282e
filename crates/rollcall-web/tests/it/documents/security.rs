//! That each test by which `docs/security.md` says a promise is kept is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::read;

/// Every function that is a test, in all crates.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    let skipped = ["target", ".git"];
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !skipped.contains(&name) {
            tests(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
                let name = line.split_once("fn ").map(|(_, rest)| rest.split(['(', '<']).next().unwrap_or_default());
                if let (true, Some(name)) = (is_test, name) {
                    found.insert(name.to_owned());
                    is_test = false;
                }
            }
        }
    }
}

#[test]
fn every_promise_of_security_names_tests_that_there_are() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut known = BTreeSet::new();
    tests(&root, &mut known);
    let text = read("security.md");
    let mut promises = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise")) {
        let cells: Vec<&str> = row.trim_matches(|c| c == '|' || c == ' ').split(" | ").collect();
        // The table of who is meant has three columns.
        let [promise, kept] = cells[..] else { continue };
        if promise.starts_with("---") {
            continue;
        }
        let named: Vec<&str> = kept.split('`').skip(1).step_by(2).filter(|name| !name.contains('/')).collect();
        assert!(!named.is_empty(), "nothing keeps: {promise}");
        for name in named {
            assert!(known.contains(name), "there is no test {name}, by which is kept: {promise}");
        }
        promises += 1;
    }
    assert!(promises > 25, "{promises} promises were found");
}
