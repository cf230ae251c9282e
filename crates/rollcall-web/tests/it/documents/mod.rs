//! The documents that say what the program does: written from it, or checked against it.

mod audit_events;
mod errors;
mod permissions;
mod security;
mod vendor_api;

use std::path::PathBuf;

/// A file under `docs/`.
fn place(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", name].iter().collect()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(place(name)).unwrap_or_default()
}

/// Compares a generated document with what the program says; with `ROLLCALL_GENERATE` set it writes the document.
fn compare(name: &str, expected: &str) {
    compare_file(&format!("docs/{name}"), expected);
}

/// The same for any file, by its path from the top of the repository.
pub(crate) fn compare_file(path: &str, expected: &str) {
    let place: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", path].iter().collect();
    if std::env::var_os("ROLLCALL_GENERATE").is_some() {
        std::fs::write(place, expected).expect("the document is written");
        return;
    }
    let found = std::fs::read_to_string(place).unwrap_or_default();
    let differs = expected.lines().zip(found.lines().chain(std::iter::repeat(""))).find(|(new, old)| new != old);
    assert!(
        found == expected,
        "{path} does not say what the program does. Run `cargo xtask generate`, and read the difference: it is what \
         users will see. First of it: {differs:?}"
    );
}

/// A table in Markdown.
fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let rule: Vec<String> = heads.iter().map(|_| "---".to_owned()).collect();
    rows.iter().fold(line(&heads) + &line(&rule), |text, row| text + &line(row))
}
