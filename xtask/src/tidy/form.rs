//! How a file looks: its opening line and its white space. What it says is for the other rules.

use super::{Finding, Rule, Source};

static OPENING: Rule = Rule {
    name: "opening line",
    advice: "a reader learns from the first line what lives here and what does not; begin the file with `//! …`",
};

static WHITE_SPACE: Rule = Rule {
    name: "white space",
    advice: "changes must show what changed and nothing else; indent with spaces, end each line at its last word and the \
             file with one newline",
};

/// Every Rust file starts with a `//!` line that says something.
pub(super) fn opening_line(source: &Source) -> Vec<Finding> {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").is_some_and(|rest| !rest.trim().is_empty());
    if source.rust.is_none() || says {
        return Vec::new();
    }
    vec![Finding::new(&OPENING, &source.path, 1, "the first line does not say what lives here")]
}

/// No tabs, nothing after the last word of a line, one newline at the end.
pub(super) fn white_space(source: &Source) -> Vec<Finding> {
    let checked = [".rs", ".md", ".toml", ".sql"].iter().any(|extension| source.path.ends_with(extension));
    if !checked || source.text.is_empty() {
        return Vec::new();
    }
    let finding = |line, what: &str| Finding::new(&WHITE_SPACE, &source.path, line, what);
    let mut findings = Vec::new();
    let mut last = 0;
    for (index, line) in source.text.strip_suffix('\n').unwrap_or(&source.text).split('\n').enumerate() {
        last = index + 1;
        if line.contains('\t') {
            findings.push(finding(last, "a tab"));
        }
        if !line.is_empty() && line.ends_with(char::is_whitespace) {
            findings.push(finding(last, "white space at the end of the line"));
        }
    }
    if !source.text.ends_with('\n') {
        findings.push(finding(last, "no newline at the end of the file"));
    }
    if source.text.ends_with("\n\n") || source.text == "\n" {
        findings.push(finding(last, "an empty line at the end of the file"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn a_rust_file_says_first_what_lives_here() {
        for text in ["", "\n//! Late.\n", "//!\nfn a() {}\n", "// Users.\n", "use std::fmt;\n"] {
            assert_eq!(found(opening_line, "a.rs", text).len(), 1, "{text:?}");
        }
        assert!(found(opening_line, "a.rs", "//! Users. No SQL.\n").is_empty());
        assert!(found(opening_line, "a.sql", "create table x;\n").is_empty());
    }

    #[test]
    fn white_space_is_plain() {
        let table = [
            ("a\tb\n", "1: a tab"),
            ("a\nb \nc\n", "2: white space at the end of the line"),
            ("a\r\n", "1: white space at the end of the line"),
            ("a\nb", "2: no newline at the end of the file"),
            ("a\n\n", "2: an empty line at the end of the file"),
        ];
        for (text, expected) in table {
            assert_eq!(found(white_space, "a.md", text), [expected], "{text:?}");
            assert!(found(white_space, "a.png", text).is_empty());
        }
        assert!(found(white_space, "a.rs", "a\n\nb\n").is_empty());
    }
}
