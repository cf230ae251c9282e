//! How long a Rust file may be, and the list of exceptions that only shrinks.

use std::collections::BTreeMap;

use super::{Finding, Rule, Tree};

/// Lines that any file may have.
const LIMIT: usize = 400;

const EXCEPTIONS: &str = "xtask/tidy-exceptions.txt";

static LENGTH: Rule =
    Rule { name: "length", advice: "a file is read in one sitting; split it by what its parts do, not by size" };

static SHRINKING: Rule = Rule {
    name: "shrinking list",
    advice: "the list of exceptions only shrinks, so that nothing grows back; correct or remove the entry",
};

/// No Rust file is longer than the limit, but for the exceptions, and each exception is needed as it stands.
pub(super) fn lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut allowed = BTreeMap::new();
    let list = tree.source(EXCEPTIONS).map(|source| source.text.as_str()).unwrap_or_default();
    for (index, line) in list.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut finding = |what: String| findings.push(Finding::new(&SHRINKING, EXCEPTIONS, index + 1, what));
        let Some((path, lines)) = entry(line) else {
            finding(format!("{line:?} is not of the form `path lines`"));
            continue;
        };
        match length(tree, path) {
            None => finding(format!("there is no file {path}")),
            Some(real) if real <= LIMIT => finding(format!("{path} has {real} lines and needs no exception any more")),
            Some(real) if real < lines => finding(format!("{path} has {real} lines, and the entry allows {lines}")),
            Some(_) => {}
        }
        if allowed.insert(path, lines).is_some() {
            finding(format!("{path} is listed twice"));
        }
    }
    for source in tree.sources.iter().filter(|source| source.rust.is_some()) {
        let (real, limit) = (source.text.lines().count(), allowed.get(source.path.as_str()).copied().unwrap_or(LIMIT));
        if real > limit.max(LIMIT) {
            let what = format!("{real} lines, where {} are allowed", limit.max(LIMIT));
            findings.push(Finding::new(&LENGTH, &source.path, limit.max(LIMIT) + 1, what));
        }
    }
    findings
}

fn entry(line: &str) -> Option<(&str, usize)> {
    let (path, lines) = line.trim().split_once(' ')?;
    Some((path, lines.trim().parse().ok()?))
}

fn length(tree: &Tree, path: &str) -> Option<usize> {
    Some(tree.source(path)?.text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found with a file of this many lines and this list of exceptions.
    fn found(lines: usize, list: &str) -> Vec<String> {
        let text = "//! Lines.\n".repeat(lines);
        let tree = Tree::of(&[("crates/a/src/long.rs", &text), (EXCEPTIONS, list)]);
        lengths(&tree).iter().map(|finding| format!("{}:{} {}", finding.path, finding.line, finding.what)).collect()
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        assert_eq!(found(401, "# none\n"), ["crates/a/src/long.rs:401 401 lines, where 400 are allowed"]);
        assert!(found(400, "# none\n").is_empty());
    }

    #[test]
    fn an_exception_allows_exactly_what_it_says() {
        assert!(found(450, "crates/a/src/long.rs 450\n").is_empty());
        assert_eq!(
            found(451, "crates/a/src/long.rs 450\n"),
            ["crates/a/src/long.rs:451 451 lines, where 450 are allowed"]
        );
    }

    #[test]
    fn an_exception_that_is_not_needed_as_it_stands_is_found() {
        let table = [
            (449, "crates/a/src/long.rs 450", "has 449 lines, and the entry allows 450"),
            (400, "crates/a/src/long.rs 450", "needs no exception any more"),
            (10, "crates/a/src/gone.rs 450", "there is no file crates/a/src/gone.rs"),
            (10, "crates/a/src/long.rs", "is not of the form"),
            (450, "crates/a/src/long.rs 450\ncrates/a/src/long.rs 450", "listed twice"),
        ];
        for (lines, list, expected) in table {
            let got = found(lines, list);
            assert_eq!(got.len(), 1, "{list}: {got:?}");
            assert!(got[0].starts_with(EXCEPTIONS) && got[0].contains(expected), "{got:?}");
        }
    }
}
