//! The way in: `Rollcall` owns the database, the clock and the keys, and is the only one to open a transaction. Without
//! a permission there is none.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::accounts::{self, AccountInfo};
use crate::actor::{Actor, Host};
use crate::apps::door::Door;
use crate::apps::token::{Presented, Recognised, Refusal};
use crate::apps::{Authenticating, TokenId, replay};
use crate::audit;
use crate::clock::{Clock, Time};
use crate::error::Result;
use crate::keys::KeyReader;
use crate::limits::{self, Limited, RateLimit};
use crate::op::{self, Mode, Op, OpJob, Reply, View};
use crate::pending::Pending;
use crate::policy::{self, Permission};
use crate::seal::InstallationKey;
use crate::setup::SetupJob;
use crate::shared::Shared;
use crate::store::{self, Database, Extent, Job, Lock, Store, Threads, Tx};
use crate::sync::{self, Report, State};
use crate::together::{JobTogether, Together as _};
use crate::transfer::{self, Copied, CopyJob};
use crate::users::{Creation, Outcome, invitation};

/// What it takes to open an installation.
pub struct Open {
    /// Where the data lives.
    pub database: Database,
    /// Who tells the time.
    pub clock: Box<dyn Clock>,
    /// The key under which secrets are kept.
    pub key: InstallationKey,
    /// Where keys are read from when that one does not open the database, or not any more because it was rotated. Without
    /// it a server that runs meanwhile must be started again.
    pub keys: Option<KeyReader>,
    /// How many threads work on the database, and how long they wait for it.
    pub threads: Threads,
    /// How many calls of one API an account may make; none for as many as it likes. The same for all replicas.
    pub rate_limit: Option<RateLimit>,
}

/// An open installation. Cheap to share in an `Arc`; dropping the last one finishes what is queued and closes it.
pub struct Rollcall {
    // Dropped first: its threads use `shared`.
    store: Store,
    shared: Arc<Shared>,
    woken: flume::Receiver<()>,
}

/// The host's own hand, which [`Rollcall::open`] gives to whoever opened the installation. No face has one.
pub struct HostKey(());

impl HostKey {
    /// The actor for work on an account by the command line or a job; `job` says in the audit log what it is.
    pub fn actor(&self, account: &AccountInfo, job: &'static str) -> Actor {
        Actor::Host(Host { account: account.key, job })
    }
}

impl Rollcall {
    /// Opens the database, migrates it, and checks that the installation key is the one it was made with. The host's
    /// key goes to the program alone: who has it may do everything to every account.
    ///
    /// # Errors
    /// An unreachable or newer database, or a wrong key; nothing is changed then.
    pub fn open(open: Open) -> Result<(Self, HostKey)> {
        let Open { database, clock, key, keys, threads, rate_limit } = open;
        let store = Store::open(&database, threads, clock.now())?;
        let (wake, woken) = flume::bounded(1);
        let shared = Arc::new(Shared::new(clock, key, keys, rate_limit, wake));
        let rollcall = Self { store, shared, woken };
        let shared = Arc::clone(&rollcall.shared);
        if !rollcall.snapshot(move |tx| accounts::check_key(tx, &shared)).wait()? {
            rollcall.set_up(Mode::Real, |tx, shared| accounts::learn_key(tx, shared)).wait()?;
        }
        // What came from a program that knew of no rights.
        if rollcall.snapshot(store::roles::lacks_rights).wait()? {
            rollcall.set_up(Mode::Real, |tx, _| store::roles::work_out_rights(tx)).wait()?;
        }
        // What came from a program that sorted nobody by name.
        if rollcall.snapshot(store::users_search::lacks_name_keys).wait()? {
            rollcall.set_up(Mode::Real, |tx, _| store::users_search::work_out_name_keys(tx)).wait()?;
        }
        let epoch = rollcall.snapshot(accounts::epoch).wait()?;
        rollcall.shared.learn_epoch(epoch);
        Ok((rollcall, HostKey(())))
    }

    /// Brings the schema of a database up to date, without starting to work on it; [`Self::open`] does the same.
    ///
    /// # Errors
    /// An unreachable or newer database.
    pub fn migrate(database: &Database, clock: &dyn Clock) -> Result<()> {
        Store::open(database, Threads::default(), clock.now()).map(|_| ())
    }

    /// Reads one snapshot of the actor's account.
    pub fn read<T: Send + 'static>(
        &self,
        actor: Actor,
        permission: Permission,
        work: impl FnOnce(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        if let Err(refusal) = policy::require(&actor, permission) {
            return Pending::done(Err(refusal));
        }
        let shared = Arc::clone(&self.shared);
        self.snapshot(move |tx| work(&View::of_now(tx, actor, permission, shared)?))
    }

    /// Does one piece of work in one transaction, whole or not at all. When the answer is there, it is on the disk. Where
    /// the database undoes it for the sake of another transaction it is done again, which is why it is no `FnOnce`.
    pub fn write<T: Send + 'static>(
        &self,
        actor: Actor,
        permission: Permission,
        mode: Mode,
        work: impl Fn(&mut Op<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        if let Err(refusal) = policy::require(&actor, permission) {
            return Pending::done(Err(refusal));
        }
        self.start(move |reply, shared| Box::new(OpJob::new(shared, actor, permission, mode, work, reply)))
    }

    /// As [`Self::write`], for work that ends in a reply of bytes and may carry an idempotency key: the same key with
    /// the same fingerprint is answered from memory for 24 hours.
    pub fn write_once(
        &self,
        actor: Actor,
        permission: Permission,
        mode: Mode,
        once: Option<op::Once>,
        work: impl Fn(&mut Op<'_>) -> Result<Reply> + Send + 'static,
    ) -> Pending<Reply> {
        self.write(actor, permission, mode, move |op| match &once {
            Some(once) if mode == Mode::Real => once.run(op, &work),
            _ => work(op),
        })
    }

    /// Creates users, as [`Self::write`] with [`users::create_many`](crate::users::create_many) would. Requests of one actor
    /// that wait at the same time are done as one, and each is answered what it would be answered alone, in its turn.
    pub fn create_users(&self, actor: Actor, asked: Creation) -> Pending<Vec<Outcome>> {
        if let Err(refusal) = policy::require(&actor, Creation::PERMISSION) {
            return Pending::done(Err(refusal));
        }
        self.start(move |reply, shared| Box::new(JobTogether::new(shared, actor, asked, reply)))
    }

    /// Finds out whose token this is, by its app's record of the moment; with [`Authenticating::needing`] by the record that
    /// is remembered, where there is one.
    pub fn authenticate(&self, token: String, ip: Option<IpAddr>) -> Authenticating<'_> {
        Authenticating::of(self, token, ip)
    }

    /// Proves a token by its app's record of this very moment.
    pub(crate) fn recognise(&self, presented: Presented) -> Pending<Result<Recognised, Refusal>> {
        let (sender, receiver) = flume::bounded(1);
        if let Some(turn) = Door::wait(&self.shared, presented, sender) {
            self.store.read(Extent::Moment, Box::new(move |tx| turn.serve(&tx)));
        }
        Pending(receiver)
    }

    /// Whether a token's id was not seen before; from now on it was.
    pub(crate) fn note_token_id(&self, actor: &Actor, id: TokenId) -> Pending<replay::Noted> {
        let Actor::App(app) = actor else { return Pending::done(Ok(replay::Noted::New)) };
        let (host, key) = (Actor::Host(Host { account: app.account, job: "token ids" }), app.key);
        self.write(host, Permission::RunJobs, Mode::Real, move |op| replay::note(op, key, &id))
    }

    /// Counts a call of this API for the actor's account, where calls are limited; or says when the next one may be let
    /// through. What is refused is not counted, and asked about again costs no statement until its time has come. Of all
    /// calls on all replicas never more are let through than the limit allows in any window.
    pub fn admit(&self, actor: &Actor, api: &'static str) -> Pending<Result<(), Limited>> {
        let account = actor.account();
        if self.shared.limits.limit.is_none() {
            return Pending::done(Ok(Ok(())));
        }
        if let Some(limited) = self.shared.limits.refusal(account, api, self.now()) {
            return Pending::done(Ok(Err(limited)));
        }
        let (host, asked) = (Actor::Host(Host { account, job: "rate limit" }), actor.clone());
        self.write(host, Permission::RunJobs, Mode::Real, move |op| limits::admit(op, &asked, api))
    }

    /// Recognises the token of an open invitation; none where there is no such invitation (any more).
    pub fn recognise_invitation(&self, token: String, ip: Option<IpAddr>) -> Pending<Option<Actor>> {
        let shared = Arc::clone(&self.shared);
        self.look(Extent::Moment, move |tx| invitation::recognise(tx, &shared, &token, ip))
    }

    /// All accounts of the installation, oldest first.
    pub fn accounts(&self, _: &HostKey) -> Pending<Vec<AccountInfo>> {
        self.look(Extent::Moment, accounts::list)
    }

    /// Founds an account with its built-in roles, or gives the one that has the name already.
    pub fn found_account(&self, _: &HostKey, name: &str) -> Pending<AccountInfo> {
        let name = name.to_owned();
        self.set_up(Mode::Real, move |tx, shared| {
            let (account, is_new) = accounts::find_or_insert(tx, shared, &name)?;
            op::in_account(tx, shared, &account, is_new, "founding", |_| Ok(account.clone()))
        })
    }

    /// Seals up to [`audit::SEALED_AT_ONCE`] events of the actor's account, for whoever may read the log and is about
    /// to; gives 0 where none is left over.
    pub fn seal_log(&self, actor: &Actor) -> Pending<usize> {
        if let Err(refusal) = policy::require(actor, Permission::ViewAuditLog) {
            return Pending::done(Err(refusal));
        }
        let host = Actor::Host(Host { account: actor.account(), job: "audit log" });
        self.write(host, Permission::RunJobs, Mode::Real, audit::seal)
    }

    /// Brings the account of that name to a described state, in one transaction; founds it where it is missing, or gives
    /// its name to the only account where that is still empty.
    pub fn apply(&self, _: &HostKey, state: State, prune: bool, mode: Mode) -> Pending<Report> {
        // Its texts are tidied in place, which may be done twice: a copy of a large account would be in memory beside it.
        let state = Mutex::new(state);
        self.set_up(mode, move |tx, shared| sync::apply(tx, shared, &mut state.lock(), prune))
    }

    /// Copies everything, from one snapshot, into an empty database; others may go on working meanwhile. Each row of the
    /// copy is compared with its original before any is kept.
    ///
    /// # Errors
    /// A target that is not empty, has a newer schema or cannot be reached; nothing is kept of the copy then.
    pub fn copy_to(&self, _: &HostKey, target: &Database) -> Result<Copied> {
        copy(&self.store, target, self.now())
    }

    /// As [`Self::copy_to`], into a new SQLite file, which is one plain file and on the disk in the end. What breaks off
    /// leaves a part of it: give it its name when this has returned.
    ///
    /// # Errors
    /// As [`Self::copy_to`].
    pub fn backup(&self, host: &HostKey, file: &Path) -> Result<Copied> {
        let copied = self.copy_to(host, &Database::Sqlite(file.to_owned()))?;
        store::make_plain(file).map(|()| copied)
    }

    /// Copies a backup into an empty database. The file is brought up to this program's schema first, where it is older:
    /// give a copy of it.
    ///
    /// # Errors
    /// A file that is damaged, no backup, or of a newer Rollcall; or a target as in [`Self::copy_to`].
    pub fn restore(file: &Path, target: &Database, clock: &dyn Clock) -> Result<Copied> {
        store::check_backup(file)?;
        let source = Store::open(&Database::Sqlite(file.to_owned()), Threads::default(), clock.now())?;
        let (sender, receiver) = flume::bounded(1);
        let look = move |tx: Result<&Tx<'_>>| {
            let _ = sender.send(tx.and_then(transfer::check_source));
        };
        source.read(Extent::Snapshot, Box::new(look));
        Pending(receiver).wait()?;
        copy(&source, target, clock.now())
    }

    /// A message comes whenever Rollcall's own jobs may have something to do.
    pub fn woken(&self) -> flume::Receiver<()> {
        self.woken.clone()
    }

    /// Checks that the database answers, and that its secrets can be read.
    pub fn ping(&self) -> Pending<()> {
        let shared = Arc::clone(&self.shared);
        self.look(Extent::Moment, move |tx| shared.key_of(tx).map(|_| ()))
    }

    /// The schema version that this program works with.
    pub fn schema_version() -> i64 {
        store::SCHEMA_VERSION
    }

    /// Whether anything has been seen of the account's apps that is not written yet.
    pub fn has_usage(&self, account: &AccountInfo) -> bool {
        self.shared.usage.has(account.key)
    }

    /// How many statements the store has run: for tests that a request needs a fixed number.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Now, by the installation's clock.
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn set_up<T: Send + 'static>(
        &self,
        mode: Mode,
        work: impl Fn(&store::WriteTx<'_>, &Arc<Shared>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        self.start(move |reply, shared| {
            let work = move |tx: &store::WriteTx<'_>, shared: &Arc<Shared>| {
                tx.lock(Lock::Installation)?;
                work(tx, shared)
            };
            Box::new(SetupJob::new(shared, mode, work, reply))
        })
    }

    fn start<T: Send + 'static>(
        &self,
        job: impl FnOnce(flume::Sender<Result<T>>, Arc<Shared>) -> Box<dyn Job>,
    ) -> Pending<T> {
        let (sender, receiver) = flume::bounded(1);
        self.store.write(job(sender, Arc::clone(&self.shared)));
        Pending(receiver)
    }

    pub(crate) fn snapshot<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        self.look(Extent::Snapshot, work)
    }

    pub(crate) fn look<T: Send + 'static>(
        &self,
        extent: Extent,
        work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        let (sender, receiver) = flume::bounded(1);
        let work = move |tx: Result<&Tx<'_>>| {
            // Nobody waits any more when the receiver is gone: the client hung up.
            let _ = sender.send(tx.and_then(work));
        };
        self.store.read(extent, Box::new(work));
        Pending(receiver)
    }
}

fn copy(source: &Store, target: &Database, now: Time) -> Result<Copied> {
    let Database::Sqlite(path) = target else { return fill(source, target, now) };
    store::check_target(path)?;
    let was_there = path.exists();
    fill(source, target, now).inspect_err(|_| {
        if !was_there {
            store::remove_unused(path);
        }
    })
}

fn fill(source: &Store, target: &Database, now: Time) -> Result<Copied> {
    let target = Store::open(target, Threads::default(), now)?;
    let (original, copied) = transfer::ends();
    let (sender, sent) = flume::bounded(1);
    let send = move |tx: Result<&Tx<'_>>| {
        let _ = sender.send(tx.and_then(|tx| original.send(tx)));
    };
    source.read(Extent::Snapshot, Box::new(send));
    let (sender, received) = flume::bounded(1);
    target.write(Box::new(CopyJob::new(copied, sender)));
    let answer = Pending(received).wait();
    // Where the original could not be read, that is why the copy is not whole.
    Pending(sent).wait().and(answer)
}
