//! SQL stands in the store and nowhere else. Which crate may reach a database: `crates`.

use super::rust::{Literal, places};
use super::{Finding, Rule, Source};

static SQL: Rule = Rule {
    name: "SQL in the store",
    advice: "all statements stand in crates/rollcall-core/src/store/, where they are read side by side and kept in one \
             dialect; give the store a function that says the statement. A sentence for people begins with a capital",
};

/// Where statements may stand.
const FREE: [&str; 3] =
    ["crates/rollcall-core/src/store/", "crates/rollcall-core/migrations/", "crates/rollcall-testkit/"];

/// No program text outside the store holds a statement.
pub(super) fn only_in_the_store(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    if !path.starts_with("crates/") || FREE.iter().any(|free| path.starts_with(free)) || source.is_test() {
        return Vec::new();
    }
    if path.ends_with(".sql") {
        return vec![Finding::new(&SQL, path, 1, "a file of SQL")];
    }
    let Some(scan) = &source.rust else { return Vec::new() };
    let finding = |literal: &Literal| {
        let start: String = literal.text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        Finding::new(&SQL, path, scan.line(literal.at), format!("a statement: {start:?}"))
    };
    let statements = scan.literals.iter().filter(|literal| begins_like_sql(&literal.text) && !scan.is_test(literal.at));
    statements.map(finding).collect()
}

/// Whether the text begins with a verb of SQL, in small or capital letters.
///
/// `Select` and `Update` with one capital begin sentences for people as well; they count where the word that the
/// statement needs, `from` or `set`, comes later. A verb alone (`"select"`) is a name, not a statement.
fn begins_like_sql(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let sentence = text.trim_start().chars().nth(1).is_some_and(char::is_lowercase)
        && text.trim_start().starts_with(char::is_uppercase);
    let later = |word: &str| !sentence || !places(&lower, word).is_empty();
    match words.as_slice() {
        ["insert", "into", ..] | ["delete", "from", ..] | ["with", "recursive", ..] => true,
        ["select", ..] => lower.trim_start() != "select" && later("from"),
        ["update", ..] => lower.trim_start() != "update" && later("set"),
        ["pragma", ..] => lower.trim_start() != "pragma",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    const USERS: &str = "crates/rollcall-core/src/users/find.rs";

    fn is_found(path: &str, literal: &str) -> bool {
        !found(only_in_the_store, path, &format!("fn a() {{ b({literal}) }}")).is_empty()
    }

    #[test]
    fn statements_outside_the_store_are_found() {
        for literal in [
            "\"select id from users\"",
            "\"SELECT 1\"",
            "\"Select id from users\"",
            "r#\"\n   insert into users\"#",
            "\"\\n  update users set x = 1\"",
            "\"delete from users\"",
            "\"with recursive up as (\"",
            "\"PRAGMA journal_mode\"",
            "\"select \"",
        ] {
            assert!(is_found(USERS, literal), "{literal}");
        }
        assert!(!found(only_in_the_store, "crates/rollcall/src/x.sql", "select 1;\n").is_empty());
    }

    #[test]
    fn what_only_sounds_like_sql_is_not_found() {
        for literal in [
            "\"select\"",
            "\"update\"",
            "\"pragma\"",
            "\"selected users\"",
            "\"Select a group\"",
            "\"Update user\"",
            "\"with care\"",
            "\"please select 1\"",
            "1 /* \"select 1\" */",
        ] {
            assert!(!is_found(USERS, literal), "{literal}");
        }
    }

    #[test]
    fn the_store_tests_and_what_measures_are_free() {
        for path in [
            "crates/rollcall-core/src/store/users.rs",
            "crates/rollcall-core/migrations/0001_accounts.sql",
            "crates/rollcall-core/tests/it/users.rs",
            "crates/rollcall-testkit/src/lib.rs",
            "bench/src/main.rs",
        ] {
            assert!(found(only_in_the_store, path, "fn a() { b(\"select 1\") }").is_empty(), "{path}");
        }
        let test = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { c(\"select 1\") } }\n";
        assert!(found(only_in_the_store, USERS, test).is_empty());
        let after = format!("{test}fn d() {{ c(\"select 1\") }}\n");
        assert_eq!(found(only_in_the_store, USERS, &after), ["4: a statement: \"select 1\""]);
    }
}
