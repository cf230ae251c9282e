//! `rollcall audit export`: the log as lines of JSON that can be verified, or as a table for people.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use rollcall_core::audit::{self, EventLine};
use rollcall_core::clock::Time;
use rollcall_core::op::{Mode, View};
use rollcall_core::policy::Permission;
use rollcall_core::{Error, Result as CoreResult};
use serde_json::json;

use super::super::{Context, out};
use crate::installation::{self, IfMissing, Installation};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// As lines of JSON, which `audit verify --file` verifies, or as a table for people and spreadsheets
    #[arg(long, value_enum, default_value = "ndjson")]
    format: Format,
    /// The file to make; one that is there already is not touched. Otherwise it is printed
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

pub(super) fn export(context: &Context, args: &Args) -> Result<ExitCode> {
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let account = installation.account(context.account.as_deref(), IfMissing::Refuse)?;
    let actor = || installation.actor(&account, "audit export");
    // What others write from now on is not waited for.
    let seal = |op: &mut rollcall_core::op::Op<'_>| audit::seal_and_sign(op);
    while installation.rollcall.write(actor(), Permission::RunJobs, Mode::Real, seal).wait()? > 0 {}
    let Some(path) = &args.output else {
        written(&installation, actor(), args.format, Printed { is_read: true })?;
        return Ok(ExitCode::SUCCESS);
    };
    if path.exists() {
        bail!("{} is there already, and an export never takes another's place; choose another name", path.display());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("cannot write {}", path.display());
    // Made beside it (mode 0600), so that the name is given in one step, to a whole file.
    let making = tempfile::Builder::new().prefix(".rollcall-export-").tempfile_in(folder).with_context(cannot)?;
    let progress = out::progress("exporting the audit log");
    let file = making.as_file().try_clone().with_context(cannot)?;
    let events = written(&installation, actor(), args.format, file);
    progress.finish_and_clear();
    let events = events.with_context(cannot)?;
    making.as_file().sync_all().with_context(cannot)?;
    making.persist_noclobber(path).map_err(|failed| failed.error).with_context(cannot)?;
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(cannot)?;
    let file = path.display();
    let text = format!("exported {events} event(s) of {:?} into {file}\n", account.name);
    context.out.result(&text, &json!({ "file": file.to_string(), "account": account.name, "events": events }));
    Ok(ExitCode::SUCCESS)
}

fn written(
    installation: &Installation,
    actor: rollcall_core::actor::Actor,
    format: Format,
    to: impl Write + Send + 'static,
) -> Result<u64> {
    let mut to = BufWriter::with_capacity(1 << 16, to);
    let work = move |view: &View<'_>| match format {
        Format::Ndjson => audit::export(view, &mut to),
        Format::Csv => table(view, &mut to),
    };
    Ok(installation.rollcall.read(actor, Permission::RunJobs, work).wait()?)
}

const COLUMNS: [&str; 14] = [
    "number",
    "time",
    "actorKind",
    "actorId",
    "actorName",
    "ip",
    "category",
    "name",
    "target",
    "description",
    "before",
    "after",
    "previousHash",
    "hash",
];

fn table(view: &View<'_>, to: &mut dyn Write) -> CoreResult<u64> {
    let unwritten = |error: &dyn std::fmt::Display| Error::internal(format!("the export cannot be written: {error}"));
    let mut table = csv::Writer::from_writer(to);
    table.write_record(COLUMNS).map_err(|error| unwritten(&error))?;
    let events = audit::events(view, &mut |event| table.write_record(cells(event)).map_err(|error| unwritten(&error)))?;
    table.flush().map_err(|error| unwritten(&error))?;
    Ok(events)
}

fn cells(event: EventLine) -> [String; 14] {
    let text = |text: String| harmless(text);
    [
        event.number.to_string(),
        Time(event.at).to_string(),
        text(event.actor_kind),
        text(event.actor_id),
        text(event.actor_name),
        text(event.ip.unwrap_or_default()),
        text(event.category),
        text(event.name),
        text(event.target),
        text(event.description),
        text(event.before.unwrap_or_default()),
        text(event.after.unwrap_or_default()),
        event.previous_hash.into(),
        event.hash.into(),
    ]
}

/// Spreadsheets take a cell that begins like this for a formula and would work it out; an apostrophe before it makes it a
/// text.
fn harmless(text: String) -> String {
    let begins = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.trim_start_matches(' ').starts_with(begins) { format!("'{text}") } else { text }
}

/// Standard output; a reader that went away (`| head`) is no failure.
struct Printed {
    is_read: bool,
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_read {
            return Ok(bytes.len());
        }
        match io::stdout().write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_read = false;
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match io::stdout().flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd", "＝1"] {
            assert_eq!(harmless(text.into()), format!("'{text}"));
        }
        for text in ["", "Ada", "{\"a\":\"=1\"}", "a=b", "'=1"] {
            assert_eq!(harmless(text.into()), text);
        }
    }
}
