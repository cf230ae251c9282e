//! Words that nothing of ours contains: sleeps in tests, tests switched off, work left undone.

use super::rust::{Scan, places};
use super::{Finding, Rule, Source};

static SLEEPS: Rule = Rule {
    name: "no sleeps in tests",
    advice: "a test that waits for time is slow when it passes and wrong when it fails; move the `ManualClock`, or wait for \
             the event itself",
};

static IGNORED: Rule =
    Rule { name: "no ignored tests", advice: "a test that does not run keeps nothing; mend it or remove it" };

static UNFINISHED: Rule = Rule {
    name: "nothing unfinished",
    advice: "what is merged works; finish it, or answer an error that says what is not possible",
};

/// What tests are made of waits no more than they do.
const FOR_TESTS: [&str; 2] = ["crates/rollcall-testkit/", "testbed/"];

/// No test waits for time to pass.
pub(super) fn sleeps(source: &Source) -> Vec<Finding> {
    let all = source.is_test() || FOR_TESTS.iter().any(|folder| source.path.starts_with(folder));
    let finding = |line| Finding::new(&SLEEPS, &source.path, line, "a sleep");
    match &source.rust {
        Some(scan) => {
            let calls = scan.places("sleep(").into_iter().filter(|&at| all || scan.is_test(at));
            calls.map(|at| finding(scan.line(at))).collect()
        }
        None if all => {
            let lines = source.text.lines().enumerate().filter(|(_, line)| !places(line, "sleep(").is_empty());
            lines.map(|(index, _)| finding(index + 1)).collect()
        }
        None => Vec::new(),
    }
}

/// No test is switched off.
pub(super) fn ignored_tests(source: &Source) -> Vec<Finding> {
    named(&IGNORED, source, &["#[ignore"])
}

/// No work is left for later in the program text.
pub(super) fn unfinished(source: &Source) -> Vec<Finding> {
    named(&UNFINISHED, source, &["todo!(", "unimplemented!("])
}

fn named(rule: &'static Rule, source: &Source, words: &[&str]) -> Vec<Finding> {
    let in_scan = |scan: &Scan| {
        let lines = words.iter().flat_map(|word| scan.places(word).into_iter().map(move |at| (scan.line(at), *word)));
        lines.map(|(line, word)| Finding::new(rule, &source.path, line, format!("{word} is written here"))).collect()
    };
    source.rust.as_ref().map(in_scan).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    const TEST: &str = "crates/rollcall/tests/it/serve.rs";
    const PROGRAM: &str = "crates/rollcall/src/worker.rs";

    #[test]
    fn sleeping_tests_are_found() {
        let text = "fn a() {\n    std::thread::sleep(SECOND);\n}\n";
        assert_eq!(found(sleeps, TEST, text), ["2: a sleep"]);
        assert_eq!(found(sleeps, "crates/rollcall-testkit/src/lib.rs", text), ["2: a sleep"]);
        assert_eq!(found(sleeps, "testbed/src/server.rs", text), ["2: a sleep"]);
        assert_eq!(found(sleeps, PROGRAM, &format!("#[cfg(test)]\nmod tests {{ {text} }}")), ["3: a sleep"]);
        assert_eq!(found(sleeps, "crates/rollcall/tests/client.py", "import time\ntime.sleep(1)\n"), ["2: a sleep"]);
    }

    #[test]
    fn a_program_may_sleep_and_a_test_may_speak_of_it() {
        assert!(found(sleeps, PROGRAM, "fn a() { std::thread::sleep(SECOND) }").is_empty());
        assert!(found(sleeps, TEST, "fn a() { no_sleep(); b(\"sleep(1)\") } // never sleep()\n").is_empty());
    }

    #[test]
    fn ignored_tests_are_found() {
        assert_eq!(
            found(ignored_tests, TEST, "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"),
            ["2: #[ignore is written here"]
        );
        assert!(found(ignored_tests, TEST, "// #[ignore]\nfn a() { b(\"#[ignore]\") }\n").is_empty());
    }

    #[test]
    fn unfinished_work_is_found() {
        for word in ["todo!(", "unimplemented!("] {
            assert_eq!(found(unfinished, PROGRAM, &format!("fn a() {{ {word}) }}")).len(), 1, "{word}");
            assert!(
                found(unfinished, PROGRAM, &format!("fn a() {{ my_{word}); b(\"{word}\") }}")).is_empty(),
                "{word}"
            );
        }
    }
}
