//! What may be named where: faces, the store, the commit. Which crate depends on which: `crates`.

use super::rust::is_name;
use super::{Finding, Rule, Source};

static FACES: Rule = Rule {
    name: "faces are strangers",
    advice: "rest, scim and console never use each other, so that a change of one cannot break another; move what both need \
             to http/ (how HTTP is spoken) or to the core (what is true)",
};

static STORE: Rule = Rule {
    name: "one way to the store",
    advice: "only rollcall.rs opens transactions, so that none exists without a permission; take an `Op` or a view instead",
};

static COMMIT: Rule = Rule {
    name: "one commit",
    advice: "only op.rs keeps a transaction, so that none is kept without its audit event; return from the use-case and let \
             `Op` finish",
};

static DRIVER: Rule = Rule {
    name: "the core is synchronous",
    advice: "rules that wait for nothing are easy to read, test and fuzz; only the driver of PostgreSQL is asynchronous, and \
             it stays in store/postgres/",
};

const FACE_NAMES: [&str; 3] = ["rest", "scim", "console"];

/// No face names another.
pub(super) fn faces(source: &Source) -> Vec<Finding> {
    let inside = source.path.strip_prefix("crates/rollcall-web/src/");
    let Some((face, _)) = inside.and_then(|path| path.split_once('/')).filter(|(face, _)| FACE_NAMES.contains(face))
    else {
        return Vec::new();
    };
    let Some(scan) = &source.rust else { return Vec::new() };
    let mut findings = Vec::new();
    for at in scan.places("crate::").into_iter().chain(scan.places("super::")) {
        let (_, rest) = scan.code[at..].split_once("::").expect("the word that was looked for ends so");
        for other in first_names(rest).into_iter().filter(|name| FACE_NAMES.contains(name) && *name != face) {
            findings.push(Finding::new(&FACES, &source.path, scan.line(at), format!("{face} uses {other}")));
        }
    }
    findings
}

/// Outside the store itself only `rollcall.rs` names the store.
pub(super) fn store(source: &Source) -> Vec<Finding> {
    named_elsewhere(&STORE, source, "Store::", "crates/rollcall-core/src/rollcall.rs")
}

/// Outside the store itself only `op.rs` decides that a transaction is kept.
pub(super) fn commit(source: &Source) -> Vec<Finding> {
    named_elsewhere(&COMMIT, source, "Verdict::Keep", "crates/rollcall-core/src/op.rs")
}

/// In the core only the driver of PostgreSQL waits for anything.
pub(super) fn driver(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    let home = "crates/rollcall-core/src/store/postgres/";
    let Some(scan) =
        source.rust.as_ref().filter(|_| path.starts_with("crates/rollcall-core/src/") && !path.starts_with(home))
    else {
        return Vec::new();
    };
    let words = ["tokio::", "async fn", "async move", ".await"];
    let finding = |word: &str, at| Finding::new(&DRIVER, path, scan.line(at), format!("{word} stands here"));
    words.iter().flat_map(|word| scan.places(word).into_iter().map(move |at| finding(word, at))).collect()
}

fn named_elsewhere(rule: &'static Rule, source: &Source, word: &str, home: &str) -> Vec<Finding> {
    let path = source.path.as_str();
    let free = path == home || path.starts_with("crates/rollcall-core/src/store/");
    let Some(scan) = source.rust.as_ref().filter(|_| path.starts_with("crates/rollcall-core/") && !free) else {
        return Vec::new();
    };
    let finding = |at| Finding::new(rule, path, scan.line(at), format!("{word} is named here"));
    scan.places(word).into_iter().map(finding).collect()
}

/// The names that follow a path's `::`: one, or the first of each branch of `{a::b, c}`.
fn first_names(rest: &str) -> Vec<&str> {
    let Some(group) = rest.trim_start().strip_prefix('{') else {
        return vec![first_name(rest)];
    };
    let mut names = vec![first_name(group)];
    let mut depth = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(first_name(&group[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn first_name(text: &str) -> &str {
    let text = text.trim_start();
    text.split(|c| !is_name(c)).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn a_face_that_uses_another_is_found() {
        let path = "crates/rollcall-web/src/rest/users.rs";
        for text in [
            "use crate::scim::cast;",
            "use crate::{http, scim};",
            "use crate::{\n    http::{a, b},\n    scim::cast,\n};",
            "fn a() { crate::scim::b() }",
            "use super::super::scim;",
        ] {
            assert_eq!(found(faces, path, text), ["1: rest uses scim"], "{text}");
        }
    }

    #[test]
    fn a_face_may_use_itself_and_what_is_common() {
        let path = "crates/rollcall-web/src/rest/users.rs";
        let text =
            "use crate::{http::{rest, scim}, rest::wire};\nuse crate::restful; // not crate::scim\nuse super::wire;";
        assert!(found(faces, path, text).is_empty());
        assert!(found(faces, "crates/rollcall-web/src/lib.rs", "use crate::scim; use crate::rest;").is_empty());
        assert!(found(faces, "crates/rollcall-web/src/http/mod.rs", "use crate::scim;").is_empty());
    }

    #[test]
    fn the_store_and_the_commit_have_one_home_each() {
        for (rule, text, home) in [
            (store as fn(&Source) -> Vec<Finding>, "let s = Store::open();", "crates/rollcall-core/src/rollcall.rs"),
            (commit, "Ok(Verdict::Keep)", "crates/rollcall-core/src/op.rs"),
        ] {
            assert_eq!(found(rule, "crates/rollcall-core/src/users/create.rs", text).len(), 1, "{text}");
            assert!(found(rule, home, text).is_empty(), "{text}");
            assert!(found(rule, "crates/rollcall-core/src/store/db.rs", text).is_empty(), "{text}");
        }
        let waiting = "let a = b.await;\ntokio::spawn(c);";
        assert_eq!(found(driver, "crates/rollcall-core/src/users/create.rs", waiting).len(), 2);
        assert!(found(driver, "crates/rollcall-core/src/store/postgres/session.rs", waiting).is_empty());
        assert!(found(driver, "crates/rollcall-web/src/rest/call.rs", waiting).is_empty());
        let other = "// Store::open\nRootStore::open();\nif let Verdict::Keeper = x {}";
        assert!(found(store, "crates/rollcall-core/src/lib.rs", other).is_empty());
        assert!(found(commit, "crates/rollcall-core/src/lib.rs", other).is_empty());
    }
}
