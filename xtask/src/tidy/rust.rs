//! Rust source as the rules see it: code with comments and literals blanked out, and the string literals. Not a parser.

use std::ops::Range;

/// A string literal: where its opening quote stands in the code, and what it says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) at: usize,
    pub(super) text: String,
}

/// One Rust file.
#[derive(Debug)]
pub(super) struct Scan {
    /// The source, line for line, with spaces for all comments and for what literals contain.
    pub(super) code: String,
    pub(super) literals: Vec<Literal>,
    tests: Vec<Range<usize>>,
}

impl Scan {
    pub(super) fn of(text: &str) -> Self {
        let mut scanner = Scanner {
            chars: text.chars().collect(),
            next: 0,
            code: String::with_capacity(text.len()),
            literals: vec![],
        };
        scanner.run();
        let tests = test_items(&scanner.code);
        Self { code: scanner.code, literals: scanner.literals, tests }
    }

    /// The line, from 1, of a place in the code.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.code[..at].matches('\n').count()
    }

    /// Whether the place is inside an item under `#[cfg(test)]`.
    pub(super) fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// Where the word stands in the code, not as a part of a longer name.
    pub(super) fn places(&self, word: &str) -> Vec<usize> {
        places(&self.code, word)
    }
}

/// Where the word stands in the text, not as a part of a longer name.
pub(super) fn places(text: &str, word: &str) -> Vec<usize> {
    let part = |c: Option<char>| c.is_some_and(is_name);
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(|&at| !(word.starts_with(is_name) && part(text[..at].chars().next_back())))
        .filter(|&at| !(word.ends_with(is_name) && part(text[at + word.len()..].chars().next())))
        .collect()
}

/// Whether the character can be a part of a name.
pub(super) fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Scanner {
    chars: Vec<char>,
    next: usize,
    code: String,
    literals: Vec<Literal>,
}

impl Scanner {
    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('\'', Some('\\')) => self.escaped_char(),
                ('\'', Some(_)) if self.peek(2) == Some('\'') => (0..3).for_each(|_| self.blank()),
                _ => self.keep(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.next + ahead).copied()
    }

    fn keep(&mut self) {
        self.code.extend(self.peek(0));
        self.next += 1;
    }

    fn blank(&mut self) {
        self.code.push(if self.peek(0) == Some('\n') { '\n' } else { ' ' });
        self.next += 1;
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(c) = self.peek(0) {
            let step = match (c, self.peek(1)) {
                ('/', Some('*')) => 1,
                ('*', Some('/')) => -1,
                _ => 0,
            };
            depth += step;
            self.blank();
            if step != 0 {
                self.blank();
            }
            if depth == 0 {
                break;
            }
        }
    }

    fn escaped_char(&mut self) {
        // The quote, the backslash and the character it escapes, which may be a quote itself.
        (0..3).for_each(|_| self.blank());
        while self.peek(0).is_some_and(|c| c != '\'' && c != '\n') {
            self.blank();
        }
        self.blank();
    }

    fn string(&mut self) {
        let at = self.code.len();
        let before = self.code.trim_end_matches('#');
        let hashes = at - before.len();
        let raw = ["r", "br", "cr"]
            .iter()
            .any(|prefix| before.strip_suffix(prefix).is_some_and(|rest| !rest.ends_with(is_name)));
        self.keep();
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            if c == '"' && (!raw || (1..=hashes).all(|ahead| self.peek(ahead) == Some('#'))) {
                self.keep();
                break;
            }
            if c == '\\' && !raw {
                self.blank();
                text.push(match self.peek(0) {
                    Some('n') | None => '\n',
                    Some('t') => '\t',
                    Some(other) => other,
                });
            } else {
                text.push(c);
            }
            self.blank();
        }
        self.literals.push(Literal { at, text });
    }
}

/// The items under `#[cfg(test)]`, from the attribute to the closing brace or semicolon.
fn test_items(code: &str) -> Vec<Range<usize>> {
    const ATTRIBUTE: &str = "#[cfg(test)]";
    code.match_indices(ATTRIBUTE).map(|(at, _)| at..item_end(code, at + ATTRIBUTE.len())).collect()
}

fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[start..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth <= 0 && matches!(c, '}' | ';') {
            return start + at + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        Scan::of(source).literals.into_iter().map(|literal| literal.text).collect()
    }

    #[test]
    fn literals_are_found_and_their_insides_blanked() {
        let source =
            "f(\"a // b\", r#\"c \"d\" e\"#, b\"g\", \"h\\\"i\\n\"); // \"not me\"\n/* \"nor /* me */ \" */ g(\"j\")";
        assert_eq!(texts(source), ["a // b", "c \"d\" e", "g", "h\"i\n", "j"]);
        let scan = Scan::of(source);
        assert!(!scan.code.contains("not me") && !scan.code.contains("// b"), "{}", scan.code);
        assert_eq!(scan.code.lines().count(), source.lines().count());
    }

    #[test]
    fn quotes_as_characters_and_lifetimes_open_no_string() {
        let source = r#"fn f<'a>(x: &'a str) { g('"', '\'', '\\', b'"', '\u{22}', "one") }"#;
        assert_eq!(texts(source), ["one"]);
    }

    #[test]
    fn words_are_whole_words() {
        let scan = Scan::of("Store::open(); RootStore::open(); // Store::x\nmy_sleep(); sleep();");
        assert_eq!(scan.places("Store::"), [0]);
        let lines: Vec<_> = scan.places("sleep(").into_iter().map(|at| scan.line(at)).collect();
        assert_eq!(lines, [2]);
        assert_eq!(scan.places("my").len(), 0);
    }

    #[test]
    fn what_follows_a_test_item_is_no_test() {
        let scan =
            Scan::of("#[cfg(test)]\nmod tests { fn a() { b(); } }\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}\n");
        let tested = |word: &str| scan.is_test(scan.places(word)[0]);
        assert_eq!(["b", "c", "d", "e"].map(tested), [true, false, true, false]);
    }
}
