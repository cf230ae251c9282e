//! What documents promise: the paths they name exist, the decision records are in order. Not their words.

use super::{Finding, Rule, Tree};

static PATHS: Rule = Rule {
    name: "paths in documents",
    advice: "a map that names what is not there sends the reader astray; correct the path or write what it has become",
};

static DECISIONS: Rule = Rule {
    name: "decision records",
    advice: "records are found by number and read in one form: docs/decisions/NNNN-words.md, numbered from 0001 without \
             gaps, beginning `# NNNN. Title`, with `## Context`, `## Decision` and `## Consequences`",
};

const DOCUMENTS: [&str; 3] = ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"];
const FOLDERS: [&str; 7] = ["crates/", "docs/", "xtask/", "bench/", "fuzz/", "testbed/", ".ci/"];
const RECORDS: &str = "docs/decisions/";
const HEADINGS: [&str; 3] = ["## Context", "## Decision", "## Consequences"];

/// Every path in backticks in the documents at the top exists.
pub(super) fn paths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for document in DOCUMENTS.iter().filter_map(|path| tree.source(path)) {
        for (line, path) in named_paths(&document.text) {
            if !exists(tree, path) {
                findings.push(Finding::new(&PATHS, &document.path, line, format!("there is no {path}")));
            }
        }
    }
    findings
}

/// The records are named, numbered and divided alike.
pub(super) fn decisions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut expected = 1;
    for source in &tree.sources {
        let Some(name) = source.path.strip_prefix(RECORDS) else { continue };
        let mut finding = |what: String| findings.push(Finding::new(&DECISIONS, &source.path, 1, what));
        let Some(number) = record_number(name) else {
            finding(format!("{name} is not named NNNN-words.md"));
            continue;
        };
        if number != expected {
            finding(format!("number {number:04} stands where {expected:04} is due"));
        }
        expected = number + 1;
        let first = source.text.lines().next().unwrap_or_default();
        if first.strip_prefix(&format!("# {number:04}. ")).is_none_or(|title| title.trim().is_empty()) {
            finding(format!("the first line is not `# {number:04}. Title`"));
        }
        for heading in HEADINGS {
            if !source.text.lines().any(|line| line == heading) {
                finding(format!("there is no heading `{heading}`"));
            }
        }
    }
    findings
}

/// The paths into our folders that stand in backticks outside fenced blocks, with their lines. Patterns are none.
fn named_paths(text: &str) -> Vec<(usize, &str)> {
    let mut paths = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let spans = line.split('`').skip(1).step_by(2);
            paths.extend(spans.filter(|span| is_path(span)).map(|span| (index + 1, span)));
        }
    }
    paths
}

fn is_path(span: &str) -> bool {
    let pattern = span.contains(['<', '*', '…', ' ']) || span.contains("NNNN");
    !pattern && FOLDERS.iter().any(|folder| span.starts_with(folder))
}

/// Whether git has the file, or a file below the folder: an empty folder is not in a clone.
fn exists(tree: &Tree, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let below = format!("{path}/");
    tree.paths.contains(path) || tree.paths.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
}

/// The number of a record that is named as it should be.
fn record_number(name: &str) -> Option<u32> {
    let (number, words) = name.strip_suffix(".md")?.split_once('-')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let named = number.len() == 4 && !words.is_empty() && words.chars().all(plain);
    number.parse().ok().filter(|_| named && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# 0001. One thing\n\n## Context\n\nA.\n\n## Decision\n\nB.\n\n## Consequences\n\nC.\n";

    fn whats(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(|finding| format!("{}:{} {}", finding.path, finding.line, finding.what)).collect()
    }

    #[test]
    fn a_path_that_is_not_there_is_found() {
        let tree = Tree::of(&[("README.md", "See\n`docs/gone.md` and `crates/gone/`.\n"), ("docs/gone.md.txt", "x\n")]);
        assert_eq!(
            whats(&paths(&tree)),
            ["README.md:2 there is no docs/gone.md", "README.md:2 there is no crates/gone/"]
        );
    }

    #[test]
    fn paths_that_are_there_patterns_and_other_words_are_not_found() {
        let text = "`docs/a.md` `docs/` `crates/a/src` `crates/<noun>/x.rs` `docs/decisions/NNNN-x.md` `docs/*.md`\n\
                    `.ci/run now` `src/gone.rs` docs/gone.md\n```\n`docs/gone.md`\n```\n";
        let tree = Tree::of(&[("ARCHITECTURE.md", text), ("docs/a.md", "x\n"), ("crates/a/src/lib.rs", "//! A.\n")]);
        assert_eq!(whats(&paths(&tree)), [""; 0]);
        assert!(paths(&Tree::of(&[("docs/other.md", "`docs/gone.md`\n")])).is_empty());
    }

    #[test]
    fn records_in_order_are_not_found() {
        let second = GOOD.replace("0001", "0002");
        let tree = Tree::of(&[("docs/decisions/0001-one-thing.md", GOOD), ("docs/decisions/0002-other.md", &second)]);
        assert_eq!(whats(&decisions(&tree)), [""; 0]);
    }

    #[test]
    fn records_out_of_order_are_found() {
        let table = [
            ("One.md", GOOD.to_owned(), "is not named"),
            ("0001-One.md", GOOD.to_owned(), "is not named"),
            ("0002-one.md", GOOD.replace("0001", "0002"), "stands where 0001 is due"),
            ("0001-one.md", GOOD.replace("# 0001. ", "# 1. "), "the first line is not"),
            ("0001-one.md", GOOD.replace("## Decision", "## Verdict"), "no heading `## Decision`"),
        ];
        for (name, text, expected) in table {
            let got = whats(&decisions(&Tree::of(&[(&format!("docs/decisions/{name}"), &text)])));
            assert_eq!(got.len(), 1, "{name}: {got:?}");
            assert!(got[0].contains(expected), "{got:?}");
        }
    }
}
