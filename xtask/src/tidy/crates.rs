//! Which crates may depend on which, read from the Cargo.tomls and from cargo's own tree. Paths inside a crate: `places`.

use std::path::Path;

use super::{Finding, Rule, Source};
use crate::Failure;
use crate::run::{cargo, shown};

static DEPENDENCIES: Rule = Rule {
    name: "dependency rule",
    advice: "the core knows no HTTP, command line or template, and the web no database, so that each can be read and tested \
             alone; move the code to the crate whose work it is (ARCHITECTURE.md)",
};

static COMPILED: Rule = Rule {
    name: "one cryptography",
    advice: "aws-lc-rs does all cryptography: one library to keep patched, and nothing to install on the system; choose \
             features of the new dependency that leave this package out (`cargo tree -i` shows who brings it)",
};

/// Which Cargo.toml may not name which packages.
const FORBIDDEN: [(&str, &[&str]); 2] = [
    (
        "crates/rollcall-core/Cargo.toml",
        &["axum", "hyper", "hyper-util", "tower", "reqwest", "clap", "askama", "lettre", "rollcall-web", "rollcall"],
    ),
    ("crates/rollcall-web/Cargo.toml", &["rusqlite", "postgres", "tokio-postgres", "clap", "rollcall"]),
];

/// Packages that nothing may bring in. The lock file may name one that no feature turns on, so cargo is asked.
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

/// Nothing that is compiled into the project is banned.
///
/// # Errors
/// Where cargo cannot tell what is compiled.
pub(super) fn compiled(root: &Path) -> Result<Vec<Finding>, Failure> {
    let mut tree = cargo(root);
    tree.args(["tree", "--workspace", "--locked", "--target", "all", "--edges", "normal,build", "--prefix", "none"]);
    let told = tree.output().map_err(|error| Failure::new(format!("{} did not start: {error}", shown(&tree))))?;
    if !told.status.success() {
        return Err(Failure::new(format!("{} failed: {}", shown(&tree), String::from_utf8_lossy(&told.stderr).trim())));
    }
    Ok(banned(&String::from_utf8_lossy(&told.stdout)))
}

fn banned(tree: &str) -> Vec<Finding> {
    let is_there = |name: &&&str| tree.lines().any(|line| line.split(' ').next() == Some(**name));
    let finding = |name: &&str| Finding::new(&COMPILED, "Cargo.toml", 1, format!("the package {name}"));
    BANNED.iter().filter(is_there).map(finding).collect()
}

/// The names under `[dependencies]`, in all ways of writing it, with their lines: `[dependencies.name]`,
/// `[target.….dependencies]`, `name.workspace = true`, and what `package = "…"` renames.
pub(super) fn named_dependencies(toml: &str) -> Vec<(usize, String)> {
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
            "[dependencies]\nhyper.workspace = true\n",
            "[dependencies]\nhyper = \"1\"\n",
            "[dependencies]\n\"hyper\" = { version = \"1\" }\n",
            "[dependencies]\nrt = { package = \"hyper\", version = \"1\" }\n",
            "\n[dependencies.hyper]\nversion = \"1\"\n",
            "[target.'cfg(unix)'.dependencies]\nhyper = \"1\"\n",
        ];
        for toml in table {
            assert_eq!(found(dependencies, "crates/rollcall-core/Cargo.toml", toml), ["2: a dependency on hyper"]);
        }
        let web = "[dependencies]\nrusqlite.workspace = true\n";
        assert_eq!(found(dependencies, "crates/rollcall-web/Cargo.toml", web), ["2: a dependency on rusqlite"]);
    }

    #[test]
    fn what_a_layer_may_know_is_not_found() {
        let toml = "[dependencies]\nrusqlite.workspace = true\nhyper-rustls = \"1\"\n# hyper = \"1\"\n\n\
                    [dev-dependencies]\nhyper = \"1\"\n";
        assert!(found(dependencies, "crates/rollcall-core/Cargo.toml", toml).is_empty());
        assert!(found(dependencies, "crates/rollcall/Cargo.toml", "[dependencies]\ntokio = \"1\"\n").is_empty());
        let web = "[dependencies]\nrollcall-core.workspace = true\n";
        assert!(found(dependencies, "crates/rollcall-web/Cargo.toml", web).is_empty());
    }

    #[test]
    fn banned_packages_are_found_where_they_are_compiled() {
        let tree = "rollcall v0.1.0 (/x)\nring v0.17.14\nringbuf v1.0.0\nring v0.17.14 (*)\n";
        let told: Vec<_> = banned(tree).into_iter().map(|finding| finding.what).collect();
        assert_eq!(told, ["the package ring"]);
        assert!(banned("ringbuf v1.0.0\n").is_empty());
    }
}
