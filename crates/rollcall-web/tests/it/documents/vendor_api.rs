//! `docs/vendor-api.md` is written by hand; that it speaks of every route, and of no other, is checked here.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::policy::Scope;
use rollcall_web::rest::{PREFIXES, ROUTES};

use super::read;

/// The document's sections by their headings of the second rank.
fn sections() -> BTreeMap<String, String> {
    let text = read("vendor-api.md");
    let sections = text.split("\n## ").skip(1);
    let section = |part: &str| {
        let (heading, body) = part.split_once('\n').unwrap_or((part, ""));
        (heading.trim().to_owned(), body.to_owned())
    };
    sections.map(section).collect()
}

#[test]
fn vendor_api_has_a_section_for_every_route_with_its_scope() {
    let sections = sections();
    for route in ROUTES {
        let heading = format!("{} /api/public/{}", route.method, route.path);
        let section =
            sections.get(&heading).unwrap_or_else(|| panic!("docs/vendor-api.md lacks the section `## {heading}`"));
        let needed = route.permission.scope();
        let line = match needed {
            Some(scope) => format!("Scope: `{}` (“{}”)", scope.id(), scope.label()),
            None => "Scope: none; any client app of the account may call it".to_owned(),
        };
        assert!(section.contains(&line), "docs/vendor-api.md, `## {heading}`, does not say {line}");
        for other in Scope::ALL.into_iter().filter(|scope| Some(*scope) != needed) {
            let wrong = format!("Scope: `{}`", other.id());
            assert!(!section.contains(&wrong), "docs/vendor-api.md, `## {heading}`, says {wrong}");
        }
        for part in ["Statuses", "Rollcall and the vendor"] {
            assert!(
                section.contains(&format!("### {part}\n")),
                "docs/vendor-api.md, `## {heading}`, lacks `### {part}`"
            );
        }
        let says = section.contains("Changes things: ");
        assert_eq!(says, route.mutates, "docs/vendor-api.md, `## {heading}`: whether it `Changes things: …`");
    }
}

#[test]
fn vendor_api_has_no_section_for_what_is_no_route() {
    for heading in sections().keys() {
        let Some((method, path)) = heading.split_once(" /") else { continue };
        let is_route = ROUTES.iter().any(|r| r.method.as_str() == method && format!("api/public/{}", r.path) == path);
        assert!(is_route, "docs/vendor-api.md has a section `## {heading}`, but there is no such route");
    }
}

#[test]
fn vendor_api_names_every_prefix() {
    let text = read("vendor-api.md");
    for prefix in PREFIXES {
        assert!(text.contains(&format!("`{prefix}")), "docs/vendor-api.md does not name the prefix {prefix}");
    }
}

#[test]
fn vendor_api_shows_examples_that_are_json() {
    let text = read("vendor-api.md");
    let examples: Vec<&str> =
        text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
    assert!(examples.len() >= ROUTES.len(), "docs/vendor-api.md has {} examples", examples.len());
    for example in examples {
        let parsed: Result<serde_json::Value, _> = serde_json::from_str(example);
        assert!(parsed.is_ok(), "docs/vendor-api.md: {parsed:?}\n{example}");
    }
}

/// What any call may be answered when Rollcall or its database is in trouble; told once, under "Errors".
const EVERYWHERE: [&str; 3] = ["500", "503", "504"];

/// The statuses that a section lists, each at the beginning of what stands between two dots.
fn statuses(section: &str) -> BTreeSet<String> {
    let list = section.split("### Statuses\n").nth(1).and_then(|rest| rest.trim_start().split("\n\n").next());
    let items = list.unwrap_or_default().split('·').map(str::trim_start);
    let leading = items.flat_map(|item| item.split(' ').take_while(|word| *word == "and" || is_status(word)));
    leading.map(|word| word.trim_end_matches(',')).filter(|word| is_status(word)).map(str::to_owned).collect()
}

fn is_status(word: &str) -> bool {
    let word = word.trim_end_matches(',');
    word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit())
}

#[test]
fn vendor_api_lists_the_statuses_that_each_route_can_give() {
    let sections = sections();
    for route in ROUTES {
        let path = format!("/api/public/{}", route.path);
        let method = route.method.as_str().to_lowercase();
        let described = rollcall_web::rest::openapi::document()["paths"][&path][&method]["responses"].clone();
        let described = described.as_object().expect("responses").keys().map(String::as_str);
        let mut expected: BTreeSet<String> =
            described.filter(|status| !EVERYWHERE.contains(status)).map(str::to_owned).collect();
        // The answer to a verb that the path does not have is no answer of a route, and not described there.
        expected.insert("405".into());
        let found = statuses(&sections[&format!("{} {path}", route.method)]);
        assert_eq!(found, expected, "docs/vendor-api.md, `## {} {path}`, `### Statuses`", route.method);
    }
}
