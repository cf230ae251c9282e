//! A whole database into another one: backups, restores, and moving between SQLite and PostgreSQL. Read in one snapshot,
//! written in one transaction, counted and compared row by row before it is kept.

mod job;

use std::sync::Arc;

pub(crate) use job::CopyJob;

use crate::accounts;
use crate::audit::{self, Verification};
use crate::error::{Code, Error, Result};
use crate::store::transfer::{Cell, Cells, DIGEST, TABLES, Table, first_filled, insert, next, number_on};
use crate::store::{self, Tx, WriteTx};

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// By table: how many rows, each of them compared with its original.
    pub tables: Vec<(&'static str, u64)>,
    /// By account: its name, and how far the audit chain holds on the copy.
    pub chains: Vec<(String, Verification)>,
}

impl Copied {
    /// How many rows there are altogether.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Rows of the table of that place in [`TABLES`], in order; each table comes twice, to be written and to be compared.
/// One without rows is the table's end.
type Batch = (Pass, usize, Vec<Cells>);

/// As many batches are on their way at once.
const ON_THE_WAY: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Write,
    Compare,
}

/// The two ends of a copy.
pub(crate) fn ends() -> (Source, Target) {
    let (sender, receiver) = flume::bounded(ON_THE_WAY);
    (Source(sender), Target(Arc::new(receiver)))
}

/// Reads the original.
pub(crate) struct Source(flume::Sender<Batch>);

impl Source {
    /// Sends every row twice, all from the one snapshot. Ends early where nobody takes them any more.
    pub(crate) fn send(self, tx: &Tx<'_>) -> Result<()> {
        for pass in [Pass::Write, Pass::Compare] {
            for (place, table) in TABLES.iter().enumerate() {
                let mut last: Option<Cells> = None;
                loop {
                    let rows = next(tx, table, last.as_ref())?;
                    last = rows.last().cloned();
                    let is_end = rows.is_empty();
                    let rows = rows.into_iter().filter(|row| !is_own(table, row)).collect::<Vec<_>>();
                    if (is_end || !rows.is_empty()) && self.0.send((pass, place, rows)).is_err() {
                        return Ok(());
                    }
                    if is_end {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Writes the copy.
pub(crate) struct Target(Arc<flume::Receiver<Batch>>);

impl Target {
    /// Writes all rows into an empty database, compares each with its original, and gives the database an epoch of its
    /// own: what clients remember of the original is not true of the copy, once both are written to.
    pub(crate) fn receive(&self, tx: &WriteTx<'_>) -> Result<Copied> {
        if let Some(table) = first_filled(tx)? {
            return Err(Error::invalid(format!(
                "there is something in the database already (table {table}); it was left as it is. Name an empty one: a new file, or one fresh from createdb"
            )));
        }
        let mut counts = vec![0_u64; TABLES.len()];
        let mut compared = vec![0_u64; TABLES.len()];
        let mut last: Option<Cells> = None;
        let mut is_whole = false;
        while let Ok((pass, place, rows)) = self.0.recv() {
            let table = &TABLES[place];
            match pass {
                Pass::Write => {
                    let written = insert(tx, table, &rows).map_err(|error| unfit(table, error))?;
                    if written != rows.len() {
                        return Err(altered(table, &format!("of {} rows {written} were written", rows.len())));
                    }
                    counts[place] += rows.len() as u64;
                }
                Pass::Compare => {
                    compare(tx, table, last.as_ref(), &rows)?;
                    compared[place] += rows.len() as u64;
                    last = rows.last().cloned();
                    is_whole = place + 1 == TABLES.len() && rows.is_empty();
                }
            }
        }
        if !is_whole || counts != compared {
            return Err(Error::internal("the original could not be read to its end"));
        }
        number_on(tx)?;
        accounts::renew_epoch(tx)?;
        let mut chains = Vec::new();
        for account in store::accounts::list(tx)? {
            chains.push((account.name, audit::walk(tx, account.key, None)?));
        }
        Ok(Copied { tables: TABLES.iter().map(|t| t.name).zip(counts).collect(), chains })
    }
}

/// Before a backup is read: its tables are those of its schema. A damaged file can say otherwise and be whole by its own
/// lights.
pub(crate) fn check_source(tx: &Tx<'_>) -> Result<()> {
    TABLES.iter().try_for_each(|table| next(tx, table, None).map(|_| ()).map_err(|error| damaged(table, error)))
}

fn damaged(table: &Table, error: Error) -> Error {
    match (error.code(), error.cause()) {
        (Code::Internal, Some(cause)) => Error::invalid(format!(
            "the backup is damaged: its table {} cannot be read ({cause}); restore another one",
            table.name
        )),
        _ => error,
    }
}

/// What belongs to the one database alone.
fn is_own(table: &Table, row: &Cells) -> bool {
    let own = [accounts::EPOCH, DIGEST].map(|name| Cell::Text(name.into()));
    table.name == "installation" && own.contains(&row[0])
}

/// The copy's rows after `last` are these; where these are none, there are no more.
fn compare(tx: &Tx<'_>, table: &Table, last: Option<&Cells>, rows: &[Cells]) -> Result<()> {
    let copied = next(tx, table, last)?;
    let expected = if rows.is_empty() { copied.is_empty() } else { copied.starts_with(rows) };
    if expected {
        return Ok(());
    }
    let same = rows.iter().zip(&copied).take_while(|(original, copy)| original == copy).count();
    let differs = rows.get(same).or(copied.get(same)).map(|row| table.key_of(row)).unwrap_or_default();
    Err(altered(table, &format!("it differs at {differs}")))
}

/// The target refuses a row: the original holds what it could not have been given, or the target more than the schema.
fn unfit(table: &Table, error: Error) -> Error {
    match (error.code(), error.cause()) {
        (Code::Internal, Some(cause)) => {
            let name = table.name;
            Error::new(
                Code::Internal,
                format!("the target refuses rows of the table {name}, so nothing was kept: {cause}"),
            )
        }
        _ => error,
    }
}

/// Whatever was written, something else is there.
fn altered(table: &Table, how: &str) -> Error {
    let name = table.name;
    Error::new(
        Code::Internal,
        format!(
            "the copy of the table {name} is not its original ({how}), so nothing was kept. Does a trigger or a rule in the \
             target change what is written to it? Name a database fresh from createdb, or a new file"
        ),
    )
}
