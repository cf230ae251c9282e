//! What commands print: results to standard output, complaints to standard error, JSON where it was asked for.

use std::io::{ErrorKind, Write as _};

use serde_json::{Value, json};

/// Where a command's words go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    json: bool,
}

impl Out {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result: `text` for people, `value` for programs.
    pub(crate) fn result(self, text: &str, value: &Value) {
        if self.json { put(&format!("{value}\n")) } else { put(text) }
    }

    /// Prints bytes that are the same for everybody.
    pub(crate) fn raw(self, text: &str) {
        put(text);
    }

    /// Prints a failure, with its causes.
    pub(crate) fn error(self, error: &anyhow::Error) {
        if self.json {
            complain(&json!({ "error": format!("{error:#}") }).to_string());
        } else {
            complain(&format!("rollcall: {error:#}"));
        }
    }

    /// Prints something that ought to be known.
    pub(crate) fn warn(self, text: &str) {
        if !self.json {
            complain(&format!("rollcall: {text}"));
        }
    }
}

/// A reader that went away (`| head`) is no failure.
fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe {
            complain(&format!("rollcall: cannot write to standard output: {error}"));
        }
}

fn complain(text: &str) {
    // There is nowhere left to complain when standard error is gone.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Lines of columns, aligned, with a heading.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(heading.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
