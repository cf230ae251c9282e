//! The way out: an `Op` is one actor, one permission, one transaction. The only file that says what is kept (`store`
//! then commits it): no change without its audit event, no event without its change.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

use crate::accounts::{self, AccountInfo};
use crate::actor::Actor;
use crate::admins::session;
use crate::apps::token::renew;
use crate::audit::Event;
use crate::error::{Code, Error, Result};
pub use crate::once::{Once, REMEMBERED_MILLIS, Reply};
use crate::policy::{self, Permission};
use crate::shared::Shared;
use crate::store::{self, AccountKey, AppKey, Chore, Job, Lock, Verdict, WriteTx};
pub use crate::view::View;

/// As many events wait at most before they are written.
const EVENTS: usize = 20_000;

/// Whether the work is done or only rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Do it.
    Real,
    /// Answer exactly as if it were done, and change nothing.
    DryRun,
}

/// A transaction that may change one account.
pub struct Op<'t> {
    view: View<'t>,
    hand: &'t WriteTx<'t>,
    events: Vec<Event>,
    /// Whether events of it stand in the log already.
    has_told: bool,
    /// Whether it does nothing but add; none as long as it has not said.
    only_adds: Cell<Option<bool>>,
    /// Whether the actor is who they were when they were recognised.
    standing: Cell<Standing>,
    /// What is done as soon as it is kept.
    once_kept: Vec<OnceKept>,
}

/// Work that cannot fail and that nobody waits for, such as a line in the log.
pub(crate) type OnceKept = Box<dyn FnOnce() + Send>;

/// What is known of an actor who is an app, as of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nobody has looked.
    Unknown,
    /// Nothing was changed since its token was recognised.
    Same,
    /// Something of the account's apps was.
    Old,
}

impl<'t> Deref for Op<'t> {
    type Target = View<'t>;

    fn deref(&self) -> &Self::Target {
        &self.view
    }
}

impl<'t> Op<'t> {
    fn new(view: View<'t>, hand: &'t WriteTx<'t>) -> Self {
        // Others may have had the hand before.
        hand.gifts().bar(matches!(view.actor, Actor::Admin(_)));
        let standing = Cell::new(Standing::Unknown);
        Self {
            view,
            hand,
            events: Vec::new(),
            has_told: false,
            only_adds: Cell::default(),
            standing,
            once_kept: Vec::new(),
        }
    }

    /// As [`View::expect`], and what is seen from here on stays as it is until the end, but for what this does: others
    /// who would change anything in the account wait.
    pub(crate) fn expect(&self, permission: Permission) -> Result<()> {
        self.view.expect(permission)?;
        self.only_adds.set(Some(false));
        self.hand.lock(Lock::Account(self.account))?;
        self.stand()
    }

    /// As [`Self::expect`], for work that only adds and that others may do at the same time: what is there stays, and
    /// may become more. It leaves the account's active admins as they are, who need no look then: nobody who is there
    /// is changed, and who comes is not active yet.
    pub(crate) fn expect_adding(&self, permission: Permission) -> Result<()> {
        self.view.expect(permission)?;
        self.only_adds.set(Some(self.only_adds.get().unwrap_or(true)));
        self.hand.lock(Lock::Additions(self.account))?;
        self.stand()
    }

    /// One request with this idempotency key at a time. Whether its app is still who it was is asked by the work, once it
    /// holds the account; by [`Self::stand`] where there is nothing left to do.
    pub(crate) fn expect_key(&self, app: AppKey, key: &str) -> Result<()> {
        self.hand.lock(Lock::Key(app, key))
    }

    /// Whether somebody in whose stead the host does something is still who they were when they were recognised.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] where their token would be refused by now.
    pub(crate) fn stands_for(&self, actor: &Actor) -> Result<()> {
        match actor {
            Actor::App(app) if self.hand.stamp(app.account)? != app.proof.stamp => {
                renew(self.hand, &self.view.shared, actor).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Whether the app or the admin who acts is still who they were when they were recognised; one look for each
    /// transaction.
    pub(crate) fn stand(&self) -> Result<()> {
        if self.standing.get() == Standing::Same {
            return Ok(());
        }
        let is_same = match &self.view.actor {
            Actor::App(app) => self.hand.stamp(app.account)? == app.proof.stamp,
            // Looked up anew, not compared by a mark: every change of the account would be another one.
            Actor::Admin(admin) => session::renew(self.hand, &self.view.shared, admin)?.rights == admin.rights,
            Actor::Host(_) | Actor::Invitee(_) | Actor::Visitor(_) => return Ok(()),
        };
        if is_same {
            self.standing.set(Standing::Same);
            return Ok(());
        }
        self.standing.set(Standing::Old);
        Err(Error::new(Code::Unauthenticated, "what the actor may do was changed since they were recognised"))
    }

    /// As [`Self::expect`], for one of Rollcall's own jobs: one process does it at a time, and nobody else waits.
    pub(crate) fn expect_chore(&self, chore: Chore) -> Result<()> {
        self.view.expect(Permission::RunJobs)?;
        self.hand.lock(Lock::Chore(self.account, chore))
    }

    /// As [`Self::expect`], for counting a call of this API: one is counted at a time, and nobody else waits.
    pub(crate) fn expect_call(&self, api: &str) -> Result<()> {
        self.view.expect(Permission::RunJobs)?;
        self.hand.lock(Lock::Api(self.account, api))
    }

    /// The only hand on a writing transaction: the work gives back, with its value, the events that tell of it.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&WriteTx<'_>, &View<'_>) -> Result<(T, Vec<Event>)>,
    ) -> Result<T> {
        let before = self.hand.changes();
        let (value, events) = work(self.hand, &self.view)?;
        match (self.hand.changes() != before, events.is_empty()) {
            (true, true) => Err(Error::internal("a change without an audit event")),
            (false, false) => Err(Error::internal("an audit event without a change")),
            _ => {
                self.events.extend(events);
                // What waits in memory stays bounded, whatever a file describes.
                if self.events.len() >= EVENTS {
                    self.tell()?;
                }
                Ok(value)
            }
        }
    }

    /// Does something, and tells what everybody had of admin rights before anything of it could give any, or took a role
    /// away; none where nothing did. Without this an administrator gives nobody anything.
    pub(crate) fn watched<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Option<store::gifts::Had>)> {
        self.hand.gifts().watch(self.account, self.now);
        let value = work(self)?;
        Ok((value, self.hand.gifts().seen()))
    }

    /// Something is given out by which nothing changes, and which is to be known all the same: the work gives it with the
    /// event that tells of it.
    pub(crate) fn give_out<T>(&mut self, work: impl FnOnce(&View<'_>) -> Result<(T, Event)>) -> Result<T> {
        let (value, event) = work(&self.view)?;
        self.events.push(event);
        Ok(value)
    }

    /// Bookkeeping of Rollcall itself, of which the audit log does not tell: sealing, delivery, remembered replies.
    pub(crate) fn upkeep<T>(&mut self, work: impl FnOnce(&WriteTx<'_>, &View<'_>) -> Result<T>) -> Result<T> {
        work(self.hand, &self.view)
    }

    /// Says something to the world once what this does is kept for certain, and never of what came to nothing.
    pub(crate) fn once_kept(&mut self, work: impl FnOnce() + Send + 'static) {
        self.once_kept.push(Box::new(work));
    }

    /// Writes the events that wait, each once.
    fn tell(&mut self) -> Result<()> {
        let events = std::mem::take(&mut self.events);
        self.has_told = true;
        store::audit::insert_many(self.hand, self.account, self.now, &self.actor, &events)
    }

    /// What must be true before anything is kept: its events stand in the log, its revision is raised, an admin is left.
    fn finish(mut self) -> Result<bool> {
        if self.events.is_empty() && !self.has_told {
            return Ok(false);
        }
        if matches!(self.actor, Actor::App(_) | Actor::Admin(_)) && self.standing.get() != Standing::Same {
            return Err(Error::internal("an actor changed something without having been looked at"));
        }
        if !self.events.is_empty() {
            self.tell()?;
        }
        store::accounts::raise_revision(self.hand, self.account)?;
        if self.only_adds.get() == Some(true) {
            return Ok(true);
        }
        let (had_admin, has_admin) = store::accounts::admin_state(self.hand, self.account, self.now)?;
        match (had_admin, has_admin) {
            (true, false) => Err(Error::new(
                Code::Conflict,
                "this would leave the account without an active holder of the built-in admin role; give the role to somebody else first",
            )),
            (false, true) => store::accounts::note_admin(self.hand, self.account).map(|()| true),
            _ => Ok(true),
        }
    }
}

pub(crate) type Answer<T> = flume::Sender<Result<T>>;

fn as_now(tx: &WriteTx<'_>, shared: &Arc<Shared>, actor: &Actor) -> Result<Actor> {
    match actor {
        Actor::Admin(admin) => session::renew(tx, shared, admin).map(Actor::Admin),
        actor => renew(tx, shared, actor),
    }
}

/// One `Op` as a job of the writer.
pub(crate) struct OpJob<T, F> {
    shared: Arc<Shared>,
    actor: Actor,
    permission: Permission,
    work: F,
    mode: Mode,
    result: Option<Result<T>>,
    changed: bool,
    once_kept: Vec<OnceKept>,
    answer: Answer<T>,
}

impl<T, F> OpJob<T, F> {
    pub(crate) fn new(
        shared: Arc<Shared>,
        actor: Actor,
        permission: Permission,
        mode: Mode,
        work: F,
        answer: Answer<T>,
    ) -> Self {
        Self { shared, actor, permission, work, mode, result: None, changed: false, once_kept: Vec::new(), answer }
    }
}

/// What was done in a transaction, whether that changed anything, and what comes after it.
pub(crate) type Done<T> = (T, bool, Vec<OnceKept>);

/// What came to something is kept, unless it was only rehearsed.
pub(crate) fn verdict_of<T>(outcome: &Result<T>, mode: Mode) -> Verdict {
    if mode == Mode::Real { verdict(outcome) } else { Verdict::Undo }
}

/// What came to something is kept.
pub(crate) fn verdict<T>(outcome: &Result<T>) -> Verdict {
    if outcome.is_ok() { Verdict::Keep } else { Verdict::Undo }
}

/// Does the work of an actor as they were recognised; none where they are not who they were, and nothing is done then.
pub(crate) fn attempt<T>(
    tx: &WriteTx<'_>,
    shared: &Arc<Shared>,
    actor: &Actor,
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> Result<T>,
) -> Option<Result<Done<T>>> {
    let view = View::new(tx, actor.clone(), permission, Arc::clone(shared));
    let mut op = Op::new(view, tx);
    let done = work(&mut op);
    if done.is_err() && op.standing.get() == Standing::Old {
        return None;
    }
    let once_kept = std::mem::take(&mut op.once_kept);
    Some(done.and_then(|value| Ok((value, op.finish()?, once_kept))))
}

/// As [`attempt`], with the actor as they are now, if they may do this still.
pub(crate) fn attempt_renewed<T>(
    tx: &WriteTx<'_>,
    shared: &Arc<Shared>,
    actor: &mut Actor,
    permission: Permission,
    work: impl Fn(&mut Op<'_>) -> Result<T>,
) -> Result<Done<T>> {
    if let Some(done) = attempt(tx, shared, actor, permission, &work) {
        return done;
    }
    // Nothing was done yet: it is the first thing that is asked. Whoever acts may have other scopes by now.
    *actor = as_now(tx, shared, actor)?;
    policy::require(actor, permission)?;
    attempt(tx, shared, actor, permission, &work)
        .unwrap_or_else(|| Err(Error::busy("the account's apps are being changed")))
}

impl<T: Send + 'static, F: Fn(&mut Op<'_>) -> Result<T> + Send + 'static> Job for OpJob<T, F> {
    fn run(&mut self, tx: &WriteTx<'_>) -> Verdict {
        let outcome = attempt_renewed(tx, &self.shared, &mut self.actor, self.permission, &self.work);
        let verdict = verdict_of(&outcome, self.mode);
        (self.changed, self.once_kept) = (false, Vec::new());
        self.result = Some(outcome.map(|(value, changed, once_kept)| {
            (self.changed, self.once_kept) = (changed, once_kept);
            value
        }));
        verdict
    }

    fn is_rehearsal(&self) -> bool {
        self.mode == Mode::DryRun
    }

    fn account(&self) -> Option<AccountKey> {
        Some(self.actor.account())
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        let Self { result, answer, once_kept, changed, shared, mode, .. } = *self;
        if fate.is_ok() && mode == Mode::Real {
            once_kept.into_iter().for_each(|work| work());
            if changed {
                shared.wake_jobs();
            }
        }
        // Nobody waits any more when the receiver is gone: the client hung up.
        let _ = answer.send(fate.and_then(|()| result.unwrap_or_else(|| Err(Error::internal("a job was never run")))));
    }
}

/// Founds the account where there is none of that name, and does the host's work in it, in the one transaction.
pub(crate) fn in_account<T>(
    tx: &WriteTx<'_>,
    shared: &Arc<Shared>,
    account: &AccountInfo,
    is_new: bool,
    job: &'static str,
    work: impl FnOnce(&mut Op<'_>) -> Result<T>,
) -> Result<T> {
    // Before the first look: what the work compares with must stay as it is seen.
    tx.lock(Lock::Account(account.key))?;
    let actor = Actor::Host(crate::actor::Host { account: account.key, job });
    let view = View::new(tx, actor, Permission::AdministerAccount, Arc::clone(shared));
    let mut op = Op::new(view, tx);
    if is_new {
        accounts::furnish(&mut op, account)?;
    }
    let value = work(&mut op)?;
    op.finish()?;
    Ok(value)
}
