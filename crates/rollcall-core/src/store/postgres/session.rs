//! One connection to PostgreSQL and the transaction on it. Used by one thread; it waits here and nowhere else.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{Client, Statement};

use super::failure::{self, Remedy};
use super::lock::Named;
use super::parameter::{Parameter, is_impossible};
use super::pipeline::{self, Waiting};
use super::{Each, Owned};
use crate::error::{Error, Result};
use crate::store::{AccountKey, Lock, Row, Trace, Value};

/// How much longer than the server may take the answer may be on its way.
const ON_THE_WAY: Duration = Duration::from_secs(2);
/// A connection that rested this long is tried before work is begun on it.
const RESTED: Duration = Duration::from_millis(100);
/// How long that may take: a connection that died without a word is replaced, and there is time left for it.
const TRY: Duration = Duration::from_secs(2);

/// A job that must wait for a lock longer than this is no company for others.
const GATHERERS_PATIENCE: &str = "set local lock_timeout = 250";

/// What is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Begin {
    /// Nothing: each statement is by itself.
    Moment,
    /// A snapshot to read.
    Snapshot,
    /// A transaction that may write.
    Write,
    /// The same for several jobs that only add to one account.
    Gather,
}

/// What became of a commit.
pub(super) enum Ended {
    Kept,
    Undone(Error),
    /// The connection broke before the answer was there.
    Unknown,
}

/// A connection.
pub(crate) struct Session {
    pub(super) client: Option<Client>,
    pub(super) connection: Option<JoinHandle<()>>,
    pub(super) runtime: Runtime,
    pub(super) statements: Arc<AtomicU64>,
    pub(super) prepared: RefCell<HashMap<String, Statement>>,
    /// What does the same for many rows; none where nothing does.
    pub(super) of_many: RefCell<HashMap<String, Option<Statement>>>,
    pub(super) waiting: RefCell<Vec<Waiting>>,
    /// Whether `begin` has been sent, and neither `commit` nor `rollback`.
    pub(super) is_open: Cell<bool>,
    pub(super) remedy: Cell<Option<Remedy>>,
    /// Whether an answer did not come in time.
    pub(super) is_mute: Cell<bool>,
    pub(super) changes: Cell<u64>,
    pub(super) trace: RefCell<Option<Trace>>,
    /// What this transaction holds, and whether shared.
    pub(super) held: RefCell<Vec<(i64, bool)>>,
    /// Whether work of several jobs goes into this transaction, as long as it only adds to one account.
    pub(super) gathers: Cell<bool>,
    /// Whether a job asked for a lock that it cannot have beside others.
    pub(super) wants_alone: Cell<bool>,
    /// The account whose revision this transaction has raised.
    pub(super) raised: Cell<Option<AccountKey>>,
    /// The stamp of an account's apps, as this transaction has seen it.
    pub(super) stamp: Cell<Option<(AccountKey, i64)>>,
    pub(super) last_used: Cell<Instant>,
    pub(super) patience: Duration,
    pub(super) slot: i64,
    /// The schema that the tables are in: two installations in one database do not hold each other up.
    pub(super) schema: String,
}

impl Session {
    fn client(&self) -> &Client {
        self.client.as_ref().expect("the client is there until the session is dropped")
    }

    /// Runs a future of the client on this thread, no longer than anything may take.
    fn wait<T>(&self, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T> {
        self.wait_no_longer(self.patience + ON_THE_WAY, work)
    }

    fn wait_no_longer<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let answer = self.runtime.block_on(async { timeout(limit, work).await });
        self.last_used.set(Instant::now());
        match answer {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                let (error, remedy) = failure::of(&error);
                // The first failure says what it is; those after it only that there was one.
                if self.remedy.get().is_none_or(|earlier| earlier == Remedy::None || remedy == Remedy::Reconnect) {
                    self.remedy.set(Some(remedy));
                }
                Err(error)
            }
            Err(_) => {
                self.remedy.set(Some(Remedy::Reconnect));
                self.is_mute.set(true);
                Err(Error::unreachable(format!("the database did not answer within {limit:?}")))
            }
        }
    }

    /// Runs statements without parameters, as they are: settings and migrations.
    pub(in crate::store) fn batch(&self, sql: &str) -> Result<()> {
        self.wait(self.client().batch_execute(sql))
    }

    pub(super) fn prepared(&self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.prepared.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let (mut place, mut text) = (None, sql.to_owned());
        if let Some(at) = sql.find("in {list}") {
            // The list is the parameter after the fixed ones.
            let fixed = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
            text.replace_range(at..at + "in {list}".len(), &format!("= any(${})", fixed + 1));
            place = Some(at);
        }
        debug_assert!(place.is_none() || !text.contains("{list}"), "a statement names its list once");
        let statement = self.wait(self.client().prepare(&text))?;
        self.prepared.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn run(
        &self,
        sql: &str,
        batch: &[Vec<Parameter<'_>>],
        each: impl FnMut(usize, &tokio_postgres::Row),
    ) -> Result<Vec<u64>> {
        let statement = self.prepared(sql)?;
        self.send(&statement, batch, each)
    }

    /// Sends what waits, and a statement for each of a batch.
    pub(super) fn send(
        &self,
        statement: &Statement,
        batch: &[Vec<Parameter<'_>>],
        each: impl FnMut(usize, &tokio_postgres::Row),
    ) -> Result<Vec<u64>> {
        let waiting = self.waiting.take();
        if !waiting.is_empty() {
            self.is_open.set(true);
        }
        self.wait(pipeline::run(self.client(), &waiting, statement, batch, each))
    }

    pub(super) fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::store) fn each(&self, sql: &str, parameters: &[Value<'_>], row: &mut Each<'_>) -> Result<()> {
        self.count();
        if parameters.iter().any(is_impossible) {
            return Ok(());
        }
        let parameters = parameters.iter().copied().map(Parameter::One).collect();
        self.run(sql, &[parameters], |_, r| row(&Row::Postgres(r))).map(|_| ())
    }

    pub(in crate::store) fn each_of_list(
        &self,
        sql: &str,
        fixed: &[Value<'_>],
        list: &[Value<'_>],
        row: &mut Each<'_>,
    ) -> Result<()> {
        self.count();
        let list: Vec<Value<'_>> = list.iter().filter(|value| !is_impossible(value)).copied().collect();
        if list.is_empty() || fixed.iter().any(is_impossible) {
            return Ok(());
        }
        let mut parameters: Vec<Parameter<'_>> = fixed.iter().copied().map(Parameter::One).collect();
        parameters.push(Parameter::List(&list));
        self.run(sql, &[parameters], |_, r| row(&Row::Postgres(r))).map(|_| ())
    }

    pub(super) fn later(&self, sql: &str, values: &[Value<'_>]) -> Result<()> {
        let statement = self.prepared(sql)?;
        let values = values.iter().copied().map(Owned::from).collect();
        self.waiting.borrow_mut().push(Waiting { statement, values });
        Ok(())
    }

    pub(in crate::store) fn number_after_last(&self, table: &str) -> Result<()> {
        let sql = format!(
            "select setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1), max(id) is not null) from {table}"
        );
        self.each(&sql, &[], &mut |_| {})
    }

    pub(in crate::store) fn changes(&self) -> u64 {
        self.changes.get()
    }

    pub(in crate::store) fn slot(&self) -> i64 {
        self.slot
    }

    pub(in crate::store) fn leave_trace(&self, trace: Trace) {
        self.trace.replace(Some(trace));
    }

    pub(super) fn trace(&self) -> Option<Trace> {
        self.trace.borrow().clone()
    }

    /// Takes an advisory lock until the end of the transaction, with the next statement.
    pub(in crate::store) fn lock(&self, lock: Lock<'_>) -> Result<()> {
        let Named { name, is_shared, key } = Named::of(lock, &self.schema);
        let mut held = self.held.borrow_mut();
        if self.gathers.get() {
            let is_same = held.iter().all(|(other, _)| *other == key);
            if !(is_same && matches!(lock, Lock::Additions(_))) {
                self.wants_alone.set(true);
                return Err(Error::internal(format!("{name} cannot be held beside other jobs")));
            }
        }
        match held.iter().find(|(other, _)| *other == key) {
            Some((_, false)) => return Ok(()),
            Some((_, true)) if is_shared => return Ok(()),
            // Two who hold it shared would wait for each other.
            Some((_, true)) => {
                return Err(Error::internal(format!("{name} is held for additions and wanted for changes")));
            }
            None => held.push((key, is_shared)),
        }
        drop(held);
        let sql =
            if is_shared { "select pg_advisory_xact_lock_shared($1)" } else { "select pg_advisory_xact_lock($1)" };
        self.later(sql, &[key.into()])
    }

    /// Whether the connection is good for more.
    pub(super) fn is_usable(&self) -> bool {
        self.remedy.get() != Some(Remedy::Reconnect) && !self.client().is_closed()
    }

    /// Whether the server, or the way to it, has become mute: a new connection might be so, too.
    pub(super) fn is_mute(&self) -> bool {
        self.is_mute.get()
    }

    /// Whether the transaction should be done again.
    pub(super) fn wants_repeating(&self) -> bool {
        self.remedy.get() == Some(Remedy::Repeat)
    }

    /// Whether a lock was not to be had in time.
    pub(super) fn is_late(&self) -> bool {
        self.remedy.get() == Some(Remedy::Wait)
    }

    /// Whether anything has failed since the transaction began.
    pub(super) fn has_failed(&self) -> bool {
        self.remedy.get().is_some()
    }

    /// Whether this is the first change of the account in this transaction.
    pub(in crate::store) fn is_first_change(&self, account: AccountKey) -> bool {
        self.raised.replace(Some(account)) != Some(account)
    }

    /// The stamp of the account's apps. Jobs that share a transaction share the look: who would change it waits for their lock.
    pub(in crate::store) fn stamp_once(&self, account: AccountKey, look: impl FnOnce() -> Result<i64>) -> Result<i64> {
        let seen = self.stamp.get().filter(|(of, _)| *of == account && self.gathers.get());
        let stamp = seen.map_or_else(look, |(_, stamp)| Ok(stamp))?;
        self.stamp.set(Some((account, stamp)));
        Ok(stamp)
    }

    /// Whether the job that ran just now must run in a transaction of its own.
    pub(super) fn take_wants_alone(&self) -> bool {
        self.wants_alone.replace(false)
    }

    /// Begins a transaction, with its first statement. Where the connection has rested it is tried first, so that one that
    /// is dead is found before work is begun on it.
    pub(in crate::store) fn begin(&self, begin: Begin) -> Result<()> {
        self.remedy.set(None);
        self.trace.replace(None);
        self.held.borrow_mut().clear();
        self.waiting.borrow_mut().clear();
        self.gathers.set(begin == Begin::Gather);
        self.wants_alone.set(false);
        self.raised.set(None);
        self.stamp.set(None);
        if self.last_used.get().elapsed() > RESTED {
            self.wait_no_longer(self.patience.min(TRY), self.client().batch_execute(""))?;
        }
        match begin {
            Begin::Moment => Ok(()),
            Begin::Snapshot => self.later("begin isolation level repeatable read, read only", &[]),
            Begin::Write => self.later("begin", &[]),
            Begin::Gather => {
                self.later("begin", &[])?;
                self.later(GATHERERS_PATIENCE, &[])
            }
        }
    }

    pub(super) fn commit(&self) -> Ended {
        if self.waiting.borrow().is_empty() && !self.is_open.get() {
            return Ended::Kept;
        }
        let committed = self.run("commit", &[Vec::new()], |_, _| {});
        self.is_open.set(false);
        match committed {
            Ok(_) => Ended::Kept,
            Err(_) if self.remedy.get() == Some(Remedy::Reconnect) => Ended::Unknown,
            Err(error) => Ended::Undone(error),
        }
    }

    /// Commits where the answer is not to be looked up when it is lost: doing it again does no harm.
    pub(in crate::store) fn finish(&self) -> Result<()> {
        match self.commit() {
            Ended::Kept => Ok(()),
            Ended::Undone(error) => {
                self.rollback();
                Err(error)
            }
            Ended::Unknown => Err(Error::uncertain("the connection broke while it was committing")),
        }
    }

    /// Ends the transaction and undoes it. A connection on which that cannot be said is of no use any more.
    pub(in crate::store) fn rollback(&self) {
        self.waiting.borrow_mut().clear();
        let earlier = self.remedy.get();
        if self.is_open.replace(false) && self.is_usable() {
            self.remedy.set(None);
            if self.batch("rollback").is_err() {
                self.remedy.set(Some(Remedy::Reconnect));
                return;
            }
            self.remedy.set(earlier);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The server is told, where it listens; it would find out anyway.
        drop(self.client.take());
        if let Some(connection) = self.connection.take()
            && !self.is_mute()
        {
            let _ = self.runtime.block_on(async { timeout(Duration::from_millis(200), connection).await });
        }
    }
}
