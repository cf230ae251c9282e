//! What commands print: results to standard output, complaints to standard error, JSON where it was asked for.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::ProgressBar;
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

    /// Prints advice that comes with a result.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            complain(text);
        }
    }

    /// Prints a failure, with its causes.
    pub(crate) fn error(self, error: &anyhow::Error) {
        let text = explain(error);
        complain(&if self.json { json!({ "error": text }).to_string() } else { format!("rollcall: {text}") });
    }

    /// Prints something that ought to be known.
    pub(crate) fn warn(self, text: &str) {
        if !self.json {
            complain(&format!("rollcall: {text}"));
        }
    }
}

/// A failure in words: on the host also what the core keeps from the callers of the API.
pub(crate) fn explain(error: &anyhow::Error) -> String {
    let told: Vec<String> = error
        .chain()
        .map(|error| match error.downcast_ref::<rollcall_core::Error>().and_then(rollcall_core::Error::cause) {
            Some(cause) => format!("{error} ({cause})"),
            None => error.to_string(),
        })
        .collect();
    told.join(": ")
}

/// Whether something could not be written to standard output: then no command has succeeded.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// Whether everything that was printed has arrived.
pub(crate) fn is_written() -> bool {
    !UNWRITTEN.load(Ordering::SeqCst)
}

/// A reader that went away (`| head`) is no failure.
fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        UNWRITTEN.store(true, Ordering::SeqCst);
        complain(&format!("rollcall: cannot write to standard output: {error}"));
    }
}

fn complain(text: &str) {
    // There is nowhere left to complain when standard error is gone.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A spinner for people who wait; nothing where nobody looks.
pub(crate) fn progress(doing: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(doing);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
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
