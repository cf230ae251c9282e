//! `rollcall backup`, `restore` and `copy`: everything into a file, out of one, or into another database.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use rollcall_core::clock::SystemClock;
use rollcall_core::transfer::Copied;
use rollcall_core::{Database, Rollcall};
use serde_json::{Map, Value, json};

use super::{Context, explain, out};
use crate::installation::{self, IfMissing};
use crate::usage::Usage;

#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The file to make; one that is there already is not touched
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// A file that `rollcall backup` made
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct CopyArgs {
    /// The empty database to fill: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    to: String,
}

pub(super) fn backup(context: &Context, args: &BackupArgs) -> Result<ExitCode> {
    let target = &args.file;
    if target.exists() {
        bail!("{} is there already, and a backup never takes another's place; choose another name", target.display());
    }
    let folder = folder_of(target);
    if !folder.is_dir() {
        bail!("there is no folder {}; make it first, or name another", folder.display());
    }
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    // In a folder beside it, so that the name is given in one step, to a whole file.
    let cannot = || format!("cannot write a backup into the folder {}", folder.display());
    let making = tempfile::Builder::new().prefix(".rollcall-backup-").tempdir_in(folder).with_context(cannot)?;
    let file = making.path().join("backup.db");
    let progress = out::progress("backing up");
    let copied = installation.rollcall.backup(&installation.host, &file);
    progress.finish_and_clear();
    let copied = copied.with_context(|| format!("cannot make the backup {}", target.display()))?;
    tempfile::TempPath::try_from_path(&file)?
        .persist_noclobber(target)
        .map_err(|e| e.error)
        .with_context(|| format!("cannot give the backup the name {}", target.display()))?;
    File::open(folder).and_then(|f| f.sync_all()).with_context(cannot)?;
    let what = format!("backed up into {}", target.display());
    report(context, &what, &copied, &json!({ "file": target.display().to_string() }));
    if context.settings.key.value != crate::config::KeySource::Environment {
        context.out.note(
            "The secrets in it open with the installation key alone: keep a copy of the key file, in another place.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(context: &Context, args: &RestoreArgs) -> Result<ExitCode> {
    let database = installation::database(&context.settings)?;
    if !args.file.is_file() {
        let what = if args.file.exists() { "is no file" } else { "is not there" };
        return Err(Usage(format!("{} {what}; name a file that `rollcall backup` made", args.file.display())).into());
    }
    refuse_unfinished(&args.file)?;
    let progress = out::progress("restoring");
    let copied = read_backup(context, &args.file, &database);
    progress.finish_and_clear();
    let copied = copied?;
    let what = format!("restored {} into {database}", args.file.display());
    report(context, &what, &copied, &json!({ "file": args.file.display().to_string() }));
    // Whoever restores will start it next: better to hear of a wrong or missing key now.
    if let Err(error) = installation::open(&context.settings, IfMissing::Refuse) {
        context.out.warn(&format!("the data is restored, but it does not open yet: {}", explain(&error)));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn copy(context: &Context, args: &CopyArgs) -> Result<ExitCode> {
    let target = Database::parse(&args.to).map_err(|e| Usage(e.to_string()))?;
    if is_same(&installation::database(&context.settings)?, &target) {
        return Err(Usage(format!("{target} is the database itself; --to names the one that is to be filled")).into());
    }
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let progress = out::progress("copying");
    let copied = installation.rollcall.copy_to(&installation.host, &target);
    progress.finish_and_clear();
    let copied = copied.with_context(|| format!("cannot copy into {target}"))?;
    report(context, &format!("copied into {target}"), &copied, &json!({ "to": target.to_string() }));
    context.out.note(
        "The copy opens with the same installation key. What was written here since the copy began is not in it: stop \
         this one before you start the other.",
    );
    Ok(ExitCode::SUCCESS)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What was written to a database last may lie beside it, and a copy of the one file would not have it.
fn refuse_unfinished(file: &Path) -> Result<()> {
    for ending in ["-wal", "-journal"] {
        let mut log = file.as_os_str().to_owned();
        log.push(ending);
        let log = Path::new(&log);
        if log.metadata().is_ok_and(|log| log.len() > 0) {
            bail!(
                "{} is a database at work: a part of it is in {}. Make a backup of it first: rollcall --database sqlite:{} \
                 backup FILE",
                file.display(),
                log.display(),
                file.display()
            );
        }
    }
    Ok(())
}

fn read_backup(context: &Context, backup: &Path, database: &Database) -> Result<Copied> {
    let data = &context.settings.data.value;
    let was_there = data.exists();
    installation::make_directory(data)?;
    let copied = (|| {
        // The backup itself is never written to: one of an older version is brought up to date on the way.
        let reading = tempfile::Builder::new().prefix(".rollcall-restore-").tempdir_in(data);
        let reading = reading.with_context(|| format!("cannot write into the data directory {}", data.display()))?;
        let file = reading.path().join("backup.db");
        let cannot = || format!("cannot copy {} into the data directory {}", backup.display(), data.display());
        let mut from = File::open(backup).with_context(|| format!("cannot read {}", backup.display()))?;
        // Not with the mode of the original, which may be for reading alone.
        let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file).with_context(cannot)?;
        io::copy(&mut from, &mut to).with_context(cannot)?;
        let copied = Rollcall::restore(&file, database, &SystemClock);
        copied.with_context(|| format!("cannot restore {} into {database}", backup.display()))
    })();
    if copied.is_err() && !was_there {
        // Only an empty one goes.
        let _ = std::fs::remove_dir(data);
    }
    copied
}

fn is_same(one: &Database, other: &Database) -> bool {
    match (one, other) {
        (Database::Sqlite(one), Database::Sqlite(other)) => {
            matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
        }
        _ => one == other,
    }
}

fn report(context: &Context, what: &str, copied: &Copied, more: &Value) {
    let mut text = format!("{what}: {} rows, each compared with its original\n", copied.rows());
    let filled = copied.tables.iter().filter(|(_, rows)| *rows > 0);
    let rows: Vec<Vec<String>> = filled.map(|(table, rows)| vec![(*table).to_owned(), rows.to_string()]).collect();
    text.push_str(&out::table(&["TABLE", "ROWS"], &rows));
    let mut chains = Vec::new();
    for (account, walked) in &copied.chains {
        let (line, value) = super::audit::told(account, walked);
        text.push_str(&line);
        chains.push(value);
    }
    let tables: Map<String, Value> =
        copied.tables.iter().map(|(table, rows)| ((*table).to_owned(), (*rows).into())).collect();
    let mut value = json!({ "rows": copied.rows(), "tables": tables, "chains": chains });
    if let (Some(value), Some(more)) = (value.as_object_mut(), more.as_object()) {
        value.extend(more.clone());
    }
    context.out.result(&text, &value);
    for (account, _) in copied.chains.iter().filter(|(_, walked)| walked.broken.is_some()) {
        context.out.warn(&format!(
            "the audit chain of {account:?} is broken, here as in the original: compare it with an earlier backup"
        ));
    }
}
