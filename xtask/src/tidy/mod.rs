//! `cargo xtask tidy`: keeps what the compiler cannot. Gathers the files and calls every rule; the rules live beside.

mod crates;
mod documents;
mod form;
mod lengths;
mod outbound;
mod places;
mod rust;
mod sql;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::run::root;
use crate::{Done, Failure};
use rust::Scan;

pub(crate) const HELP: &str = "\
Check what the compiler cannot: layers, lengths, forbidden words, documents, white space

Usage: cargo xtask tidy

Reads every file that git knows or would add, and prints all findings, each with its rule.
There is one list of exceptions, xtask/tidy-exceptions.txt (files longer than allowed); it only shrinks.";

/// A rule's name, and what its finding tells the reader: why it is so, and what to do.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    name: &'static str,
    advice: &'static str,
}

/// One place where a rule does not hold.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    what: String,
    rule: &'static Rule,
}

impl Finding {
    fn new(rule: &'static Rule, path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), rule }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, rule } = self;
        write!(f, "{path}:{line}: {what} — {}: {}", rule.name, rule.advice)
    }
}

/// One text file; of a Rust file also what is code in it and what is not.
#[derive(Debug)]
struct Source {
    path: String,
    text: String,
    rust: Option<Scan>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let rust = path.ends_with(".rs").then(|| Scan::of(text));
        Self { path: path.to_owned(), text: text.to_owned(), rust }
    }

    /// Whether the whole file is test code.
    fn is_test(&self) -> bool {
        let path = &self.path;
        path.contains("/tests/") || path.starts_with("tests/") || path.ends_with("/tests.rs")
    }
}

/// All files there are, and the text of those that are text.
#[derive(Debug)]
struct Tree {
    paths: BTreeSet<String>,
    sources: Vec<Source>,
}

impl Tree {
    /// What git knows or would add, without what is deleted in the work tree.
    fn read(root: &Path) -> Result<Self, Failure> {
        let mut git = Command::new("git");
        git.current_dir(root).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let listed = git.output().map_err(|error| Failure::new(format!("git did not start: {error}")))?;
        if !listed.status.success() {
            let reason = String::from_utf8_lossy(&listed.stderr);
            return Err(Failure::new(format!("git ls-files failed: {}", reason.trim())));
        }
        let listed = String::from_utf8_lossy(&listed.stdout);
        let exists = |path: &&str| !path.is_empty() && root.join(path).exists();
        let paths: BTreeSet<String> = listed.split('\0').filter(exists).map(str::to_owned).collect();
        let text = |path: &String| String::from_utf8(std::fs::read(root.join(path)).ok()?).ok();
        let sources = paths.iter().filter_map(|path| Some(Source::new(path, &text(path)?))).collect();
        Ok(Self { paths, sources })
    }

    /// A tree of these files alone.
    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        Self { paths, sources: files.iter().map(|(path, text)| Source::new(path, text)).collect() }
    }

    fn source(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }
}

/// The rules that look at one file.
const FILE_RULES: [fn(&Source) -> Vec<Finding>; 13] = [
    form::opening_line,
    form::white_space,
    crates::dependencies,
    outbound::clients,
    outbound::sockets,
    places::driver,
    places::faces,
    places::store,
    places::commit,
    sql::only_in_the_store,
    words::sleeps,
    words::ignored_tests,
    words::unfinished,
];

/// The rules that need more than one file.
const TREE_RULES: [fn(&Tree) -> Vec<Finding>; 3] = [lengths::lengths, documents::paths, documents::decisions];

/// Prints every finding.
pub(crate) fn command(args: &[String]) -> Done {
    match args.first() {
        Some(arg) => Err(Failure::usage(format!("tidy takes no arguments, but got {arg:?}"))),
        None => check(&root()?),
    }
}

/// Applies every rule to the repository and prints what they find.
///
/// # Errors
/// Where anything was found.
pub(crate) fn check(root: &Path) -> Done {
    let tree = Tree::read(root)?;
    let mut findings = findings(&tree);
    findings.extend(crates::compiled(root)?);
    findings.extend(outbound::compiled(root)?);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing found", tree.paths.len());
            Ok(())
        }
        1 => Err(Failure::new("tidy found one thing")),
        n => Err(Failure::new(format!("tidy found {n} things"))),
    }
}

fn findings(tree: &Tree) -> Vec<Finding> {
    let files = tree.sources.iter().flat_map(|source| FILE_RULES.iter().flat_map(|rule| rule(source)));
    let mut findings: Vec<Finding> = files.chain(TREE_RULES.iter().flat_map(|rule| rule(tree))).collect();
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    findings
}

/// What one rule finds in one file, as `line: what`: for the rules' own tests.
#[cfg(test)]
fn found(rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<String> {
    rule(&Source::new(path, text)).iter().map(|finding| format!("{}: {}", finding.line, finding.what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_findings_are_collected_in_the_order_of_the_files() {
        let tree =
            Tree::of(&[("crates/b/src/lib.rs", "fn b() {}\n\n"), ("crates/a/src/lib.rs", "//! A.\nfn a() { }\t\n")]);
        let got: Vec<_> = findings(&tree).iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect();
        let (a, b) = ("crates/a/src/lib.rs:2", "crates/b/src/lib.rs:");
        assert_eq!(got, [a, a, &format!("{b}1"), &format!("{b}2")]);
    }

    #[test]
    fn a_finding_says_where_what_why_and_what_to_do() {
        static RULE: Rule = Rule { name: "example", advice: "because; do this" };
        let text = Finding::new(&RULE, "a/b.rs", 7, "it is wrong").to_string();
        assert_eq!(text, "a/b.rs:7: it is wrong — example: because; do this");
    }
}
