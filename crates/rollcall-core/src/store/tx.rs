//! Transactions as the files of the nouns see them, whichever database is behind: placeholders, lists, batches, locks.

use std::ops::Deref;

use super::gifts::Gifts;
use super::postgres::Session;
use super::sqlite::Connected;
use super::{AccountKey, AppKey, Row, Value};
use crate::clock::Time;
use crate::error::{Error, Result};

/// A transaction that reads one snapshot.
pub(crate) struct Tx<'c>(Behind<'c>);

enum Behind<'c> {
    Sqlite(&'c Connected),
    Postgres(&'c Session),
}

/// A transaction that may also write.
pub(crate) struct WriteTx<'c> {
    tx: Tx<'c>,
    gifts: Gifts,
}

impl<'c> Deref for WriteTx<'c> {
    type Target = Tx<'c>;

    fn deref(&self) -> &Self::Target {
        &self.tx
    }
}

/// What a transaction holds from others until it ends. On SQLite there is one writer, so everything is held anyway.
///
/// In this order, so that no two transactions wait for each other: the installation, a key, an account, a chore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock<'a> {
    /// What belongs to no account: which accounts there are, the key check.
    Installation,
    /// An idempotency key of an app: one request with it at a time.
    Key(AppKey, &'a str),
    /// Everything of an account stays as it is seen, but for what this transaction does.
    Account(AccountKey),
    /// Nothing that is there goes or changes, but others may add to the account at the same time.
    Additions(AccountKey),
    /// One chore of this kind at a time for the account.
    Chore(AccountKey, Chore),
    /// One call of this API of the account is counted at a time.
    Api(AccountKey, &'a str),
}

/// Rollcall's own jobs, each of which one process does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chore {
    Seal,
    Deliver,
    Usage,
    Forget,
}

impl Chore {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Seal, Self::Deliver, Self::Usage, Self::Forget];
}

/// What an audit event is found by again, without its id: all that it says. Others may have done something like it in the
/// same millisecond, but not to the same things.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) account: AccountKey,
    pub(crate) at: Time,
    pub(crate) actor: String,
    pub(crate) name: &'static str,
    pub(crate) target: String,
    pub(crate) description: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl<'c> Tx<'c> {
    pub(super) fn sqlite(connected: &'c Connected) -> Self {
        Self(Behind::Sqlite(connected))
    }

    pub(super) fn postgres(session: &'c Session) -> Self {
        Self(Behind::Postgres(session))
    }

    /// All rows of an answer.
    pub(crate) fn query<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        mut row: impl FnMut(&Row<'_, '_>) -> T,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        let mut each = |r: &Row<'_, '_>| out.push(row(r));
        match self.0 {
            Behind::Sqlite(c) => c.each(sql, parameters, &mut each)?,
            Behind::Postgres(s) => s.each(sql, parameters, &mut each)?,
        }
        Ok(out)
    }

    /// The first row of an answer, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        parameters: &[Value<'_>],
        row: impl FnOnce(&Row<'_, '_>) -> T,
    ) -> Result<Option<T>> {
        let (mut out, mut row) = (None, Some(row));
        let mut each = |r: &Row<'_, '_>| {
            if let Some(row) = row.take() {
                out = Some(row(r));
            }
        };
        match self.0 {
            Behind::Sqlite(c) => c.first(sql, parameters, &mut each)?,
            Behind::Postgres(s) => s.each(sql, parameters, &mut each)?,
        }
        Ok(out)
    }

    /// All rows for a list of values: `sql` names the list once, as `in {list}`, after the fixed parameters. An empty
    /// list asks nothing; values that stand in it twice count once.
    pub(crate) fn query_list<T>(
        &self,
        sql: &str,
        fixed: &[Value<'_>],
        list: &[Value<'_>],
        mut row: impl FnMut(&Row<'_, '_>) -> T,
    ) -> Result<Vec<T>> {
        let mut out = Vec::new();
        if !list.is_empty() {
            let mut each = |r: &Row<'_, '_>| out.push(row(r));
            match self.0 {
                Behind::Sqlite(c) => c.each_of_list(sql, fixed, list, &mut each)?,
                Behind::Postgres(s) => s.each_of_list(sql, fixed, list, &mut each)?,
            }
        }
        Ok(out)
    }
}

impl<'c> WriteTx<'c> {
    pub(super) fn sqlite(connected: &'c Connected) -> Self {
        Self { tx: Tx::sqlite(connected), gifts: Gifts::default() }
    }

    pub(super) fn postgres(session: &'c Session) -> Self {
        Self { tx: Tx::postgres(session), gifts: Gifts::default() }
    }

    /// What is known of gifts of admin rights in what this transaction does.
    pub(crate) fn gifts(&self) -> &Gifts {
        &self.gifts
    }

    /// Grows with every row that is changed: two readings differ where something was changed between them.
    pub(crate) fn changes(&self) -> u64 {
        match self.tx.0 {
            Behind::Sqlite(c) => c.changes(),
            Behind::Postgres(s) => s.changes(),
        }
    }

    /// Takes a lock, until the transaction ends; waits while another transaction holds what contradicts it.
    pub(crate) fn lock(&self, lock: Lock<'_>) -> Result<()> {
        match self.tx.0 {
            Behind::Sqlite(_) => Ok(()),
            Behind::Postgres(s) => s.lock(lock),
        }
    }

    /// Runs a statement and tells how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize> {
        self.gifts.before(self, sql)?;
        match self.tx.0 {
            Behind::Sqlite(c) => c.execute(sql, parameters),
            Behind::Postgres(s) => s.execute(sql, parameters),
        }
    }

    /// Does what the statement says for each row of a batch, in order, and tells how many rows were changed. To the rest
    /// of the store this is one statement: SQLite steps through it in process, PostgreSQL gets the batch in one go.
    pub(crate) fn execute_many(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        if batch.is_empty() {
            return Ok(0);
        }
        self.gifts.before(self, sql)?;
        match self.tx.0 {
            Behind::Sqlite(c) => c.execute_many(sql, batch),
            Behind::Postgres(s) => s.execute_many(sql, batch),
        }
    }

    /// As [`Self::execute_many`], for updates of which no two touch the same row, and none wants what another one lets go:
    /// their order is nothing to them, and PostgreSQL changes all at once.
    pub(crate) fn execute_unordered(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        if batch.is_empty() {
            return Ok(0);
        }
        self.gifts.before(self, sql)?;
        match self.tx.0 {
            Behind::Sqlite(c) => c.execute_many(sql, batch),
            Behind::Postgres(s) => s.execute_unordered(sql, batch),
        }
    }

    /// As [`Self::execute_many`], for rows that are certainly written and whose number nobody asks for: a database
    /// behind a network gets them with the next statement. What goes wrong with them fails that one, or the commit.
    pub(crate) fn execute_later(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<()> {
        self.gifts.before(self, sql)?;
        match self.tx.0 {
            Behind::Sqlite(_) => self.execute_many(sql, batch).map(|_| ()),
            Behind::Postgres(s) => s.execute_later(sql, batch),
        }
    }

    /// Inserts a batch with `… on conflict do nothing returning id` and gives, row by row, the id or none where
    /// something was there already. One statement, as [`Self::execute_many`].
    pub(crate) fn insert_returning(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<Vec<Option<i64>>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.gifts.before(self, sql)?;
        match self.tx.0 {
            Behind::Sqlite(c) => c.insert_returning(sql, batch),
            Behind::Postgres(s) => s.insert_returning(sql, batch),
        }
    }

    /// Inserts one row with `… returning id`, which must not conflict.
    pub(crate) fn insert(&self, sql: &str, parameters: &[Value<'_>]) -> Result<i64> {
        let ids = self.insert_returning(sql, &[parameters.to_vec()])?;
        ids.first().copied().flatten().ok_or_else(|| Error::internal("an insert returned no id"))
    }

    /// After rows of a table came with their ids: new rows get the ids after the highest.
    pub(crate) fn number_after_last(&self, table: &str) -> Result<()> {
        match self.tx.0 {
            // SQLite looks at the highest id itself.
            Behind::Sqlite(_) => Ok(()),
            Behind::Postgres(s) => s.number_after_last(table),
        }
    }

    /// Which of an account's revision counters this transaction raises: writers at the same time raise different ones,
    /// because a row that all of them write would make them queue.
    pub(crate) fn revision_slot(&self) -> i64 {
        match self.tx.0 {
            Behind::Sqlite(_) => 0,
            Behind::Postgres(s) => s.slot(),
        }
    }

    /// The stamp of the account's apps. Where several jobs share a transaction they share the look.
    pub(crate) fn stamp(&self, account: AccountKey) -> Result<i64> {
        let look = || super::accounts::marks(self, account).map(|marks| marks.stamp);
        match self.tx.0 {
            Behind::Sqlite(_) => look(),
            Behind::Postgres(s) => s.stamp_once(account, look),
        }
    }

    /// Whether this transaction changes the account for the first time. On SQLite each job is undone by itself, so that
    /// each counts as one.
    pub(crate) fn is_first_change(&self, account: AccountKey) -> bool {
        match self.tx.0 {
            Behind::Sqlite(_) => true,
            Behind::Postgres(s) => s.is_first_change(account),
        }
    }

    /// Names an audit event of this transaction: where the answer to a commit is lost, its presence tells whether the
    /// transaction was kept.
    pub(crate) fn leave_trace(&self, trace: Trace) {
        match self.tx.0 {
            Behind::Sqlite(_) => {}
            Behind::Postgres(s) => s.leave_trace(trace),
        }
    }
}
