//! The examples of a page: its fenced blocks, each with what the page says it prints. Nothing is run here.

/// What an example is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Shell,
    Python,
    JavaScript,
}

impl Language {
    fn of(word: &str) -> Option<Self> {
        match word {
            "sh" => Some(Self::Shell),
            "python" => Some(Self::Python),
            "javascript" => Some(Self::JavaScript),
            _ => None,
        }
    }

    /// The command that runs a file of it.
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Shell => "sh",
            Self::Python => "python3",
            Self::JavaScript => "node",
        }
    }
}

/// A block that can be copied into a file and run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Example<'a> {
    /// The name of the file.
    pub(super) title: &'a str,
    pub(super) language: Language,
    pub(super) text: &'a str,
    /// What the page says it prints: the block `text` right below.
    pub(super) printed: &'a str,
}

/// Every fenced block of a page. There is none that is neither an example nor what the one above it prints.
///
/// # Panics
/// Where a block is of a language that nobody runs, or has no title, a title of another, or no output below it.
pub(super) fn of(page: &str) -> Vec<Example<'_>> {
    let mut examples: Vec<Example<'_>> = Vec::new();
    let mut rest = page;
    while let Some((info, text, after)) = block(rest) {
        let (word, title) = info.split_once(' ').unwrap_or((info, ""));
        let language = Language::of(word).unwrap_or_else(|| panic!("nobody runs a block of {info:?}:\n{text}"));
        let title = title.strip_prefix("title=\"").and_then(|title| title.strip_suffix('"'));
        let title = title.unwrap_or_else(|| panic!("{info:?} is not `{word} title=\"FILE\"`:\n{text}"));
        assert!(examples.iter().all(|example| example.title != title), "two blocks are called {title}");
        let (_, printed, after) = block(after)
            .filter(|(info, ..)| *info == "text" && after.trim_start().starts_with("```"))
            .unwrap_or_else(|| panic!("right below {title} stands no block of text that says what it prints"));
        examples.push(Example { title, language, text, printed });
        rest = after;
    }
    examples
}

/// The next fenced block: what stands behind its opening fence, its text, and what follows it.
fn block(page: &str) -> Option<(&str, &str, &str)> {
    let start = if page.starts_with("```") { 3 } else { page.find("\n```")? + 4 };
    let (info, rest) = page[start..].split_once('\n').expect("a line below the fence");
    let end = if rest.starts_with("```") { 0 } else { rest.find("\n```").expect("a closing fence") + 1 };
    Some((info, &rest[..end], &rest[end + 3..]))
}

/// Whether something was printed as it is told, line by line. `…` stands for whatever differs from run to run.
pub(super) fn is_as_told(told: &str, printed: &str) -> bool {
    let (mut told, mut printed) = (told.trim_end().lines(), printed.trim_end().lines());
    loop {
        match (told.next(), printed.next()) {
            (None, None) => return true,
            (Some(told), Some(printed)) if is_like(told, printed) => {}
            _ => return false,
        }
    }
}

/// Whether a line is the pattern, with at least one character in the place of each `…`.
fn is_like(pattern: &str, line: &str) -> bool {
    let Some((before, pattern)) = pattern.split_once('…') else { return pattern == line };
    let Some(rest) = line.strip_prefix(before) else { return false };
    rest.char_indices().skip(1).map(|(at, _)| at).chain([rest.len()]).any(|at| at > 0 && is_like(pattern, &rest[at..]))
}

#[test]
fn blocks_are_taken_with_what_they_print() {
    let page = "# A\n\n```sh title=\"a.sh\"\necho 1\n\necho 2\n```\n\n```text\n1\n2\n```\n\nAnd\n\n```python title=\"b.py\"\n```\n```text\n```\n";
    let shell = Example { title: "a.sh", language: Language::Shell, text: "echo 1\n\necho 2\n", printed: "1\n2\n" };
    let python = Example { title: "b.py", language: Language::Python, text: "", printed: "" };
    assert_eq!(of(page), [shell, python]);
}

#[test]
fn blocks_that_nobody_runs_or_whose_output_is_not_told_are_refused() {
    let good = "```sh title=\"a.sh\"\n:\n```\n\n```text\n```\n";
    assert_eq!(of(good).len(), 1);
    for bad in [
        "```ruby title=\"a.rb\"\n:\n```\n\n```text\n```\n".to_owned(),
        "```\n:\n```\n".to_owned(),
        "```text\n:\n```\n".to_owned(),
        "```sh\n:\n```\n\n```text\n```\n".to_owned(),
        "```sh title=\"a.sh\"\n:\n```\n".to_owned(),
        "```sh title=\"a.sh\"\n:\n```\n\nprints\n\n```text\n```\n".to_owned(),
        format!("{good}{good}"),
    ] {
        assert!(std::panic::catch_unwind(|| of(&bad).len()).is_err(), "{bad}");
    }
}

#[test]
fn lines_are_compared_to_the_letter_but_for_what_differs_from_run_to_run() {
    for (told, printed) in [("", ""), ("a\nb\n", "a\nb"), ("id … of … there", "id 7 of ü there"), ("cs-…", "cs-5-…")]
    {
        assert!(is_as_told(told, printed), "{told:?} {printed:?}");
    }
    for (told, printed) in
        [("a", ""), ("", "a"), ("a\nb", "a"), ("a", "a\nb"), ("a", "b"), ("a …", "a "), ("… b", "a c")]
    {
        assert!(!is_as_told(told, printed), "{told:?} {printed:?}");
    }
}
