//! Which crates may depend on which, read from the Cargo.tomls and the lock file. Paths inside a crate: `places`.

use super::{Finding, Rule, Source};

static DEPENDENCIES: Rule = Rule {
    name: "dependency rule",
    advice: "the core knows no HTTP, command line or template, and the web no database, so that each can be read and tested \
             alone; move the code to the crate whose work it is (ARCHITECTURE.md)",
};

static LOCKED: Rule = Rule {
    name: "one cryptography",
    advice: "aws-lc-rs does all cryptography: one library to keep patched, and nothing to install on the system; choose \
             features of the new dependency that leave this package out (`cargo tree -i` shows who brings it)",
};

/// Which Cargo.toml may not name which packages.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    (
        "crates/rollcall-core/Cargo.toml",
        &[
            "axum",
            "hyper",
            "hyper-util",
            "tokio",
            "tower",
            "reqwest",
            "clap",
            "askama",
            "lettre",
            "rollcall-web",
            "rollcall",
        ],
    ),
    ("crates/rollcall-web/Cargo.toml", &["rusqlite", "postgres", "clap", "rollcall"]),
];

/// Packages that nothing may bring in.
const BANNED: [&str; 4] = ["openssl-sys", "native-tls", "ring", "rsa"];

/// A crate depends on nothing that its layer must not know. Dependencies of its tests are not looked at.
pub(super) fn dependencies(source: &Source) -> Vec<Finding> {
    let Some((_, forbidden)) = FORBIDDEN.iter().find(|(path, _)| *path == source.path) else {
        return Vec::new();
    };
    named_dependencies(&source.text)
        .into_iter()
        .filter(|(_, name)| forbidden.contains(&name.as_str()))
        .map(|(line, name)| Finding::new(&DEPENDENCIES, &source.path, line, format!("a dependency on {name}")))
        .collect()
}

/// The lock file has none of the banned packages.
pub(super) fn locked_packages(source: &Source) -> Vec<Finding> {
    if source.path != "Cargo.lock" {
        return Vec::new();
    }
    let name = |line: &str| line.strip_prefix("name = \"")?.strip_suffix('"').map(str::to_owned);
    let packages = source.text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, name(line)?)));
    packages
        .filter(|(_, name)| BANNED.contains(&name.as_str()))
        .map(|(line, name)| Finding::new(&LOCKED, &source.path, line, format!("the package {name}")))
        .collect()
}

/// The names under `[dependencies]`, in all ways of writing it, with their lines: `[dependencies.name]`,
/// `[target.….dependencies]`, `name.workspace = true`, and what `package = "…"` renames.
fn named_dependencies(toml: &str) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let mut inside = false;
    for (index, line) in toml.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let last =
                header.rsplit_once("dependencies").filter(|(before, _)| before.is_empty() || before.ends_with('.'));
            inside = last.is_some();
            if let Some((_, name)) = last.filter(|(_, after)| after.starts_with('.')) {
                names.push((index + 1, unquoted(&name[1..])));
            }
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            names.push((index + 1, unquoted(line.split(['=', '.', ' ']).next().unwrap_or_default())));
            if let Some((_, value)) = line.split_once("package") {
                let value = value.trim_start().trim_start_matches('=').trim_start();
                names.push((index + 1, value.trim_start_matches('"').split('"').next().unwrap_or_default().to_owned()));
            }
        }
    }
    names
}

fn unquoted(name: &str) -> String {
    name.trim_matches(['"', '\'', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn a_layer_that_knows_too_much_is_found_however_it_is_written() {
        let table = [
            "[dependencies]\ntokio.workspace = true\n",
            "[dependencies]\ntokio = \"1\"\n",
            "[dependencies]\n\"tokio\" = { version = \"1\" }\n",
            "[dependencies]\nrt = { package = \"tokio\", version = \"1\" }\n",
            "\n[dependencies.tokio]\nversion = \"1\"\n",
            "[target.'cfg(unix)'.dependencies]\ntokio = \"1\"\n",
        ];
        for toml in table {
            assert_eq!(found(dependencies, "crates/rollcall-core/Cargo.toml", toml), ["2: a dependency on tokio"]);
        }
        let web = "[dependencies]\nrusqlite.workspace = true\n";
        assert_eq!(found(dependencies, "crates/rollcall-web/Cargo.toml", web), ["2: a dependency on rusqlite"]);
    }

    #[test]
    fn what_a_layer_may_know_is_not_found() {
        let toml = "[dependencies]\nrusqlite.workspace = true\ntokio-postgres-rustls = \"1\"\n# tokio = \"1\"\n\n\
                    [dev-dependencies]\ntokio = \"1\"\n";
        assert!(found(dependencies, "crates/rollcall-core/Cargo.toml", toml).is_empty());
        assert!(found(dependencies, "crates/rollcall/Cargo.toml", "[dependencies]\ntokio = \"1\"\n").is_empty());
        let web = "[dependencies]\nrollcall-core.workspace = true\n";
        assert!(found(dependencies, "crates/rollcall-web/Cargo.toml", web).is_empty());
    }

    #[test]
    fn banned_packages_are_found_in_the_lock_file() {
        let lock = "[[package]]\nname = \"ring\"\nversion = \"0.17.0\"\n";
        assert_eq!(found(locked_packages, "Cargo.lock", lock), ["2: the package ring"]);
        assert!(found(locked_packages, "Cargo.lock", "[[package]]\nname = \"ringbuf\"\n").is_empty());
    }
}
