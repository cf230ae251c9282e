//! What is seen of an account in one snapshot, by one actor with one permission.

use std::sync::Arc;

use crate::actor::Actor;
use crate::admins::session;
use crate::apps::token::renew;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::policy::{self, Permission};
use crate::seal::InstallationKey;
use crate::shared::Shared;
use crate::store::{self, AccountKey, Marks, Tx};

/// A snapshot of one account, for one actor.
pub struct View<'t> {
    pub(crate) tx: &'t Tx<'t>,
    pub(crate) actor: Actor,
    pub(crate) account: AccountKey,
    pub(crate) now: Time,
    pub(crate) shared: Arc<Shared>,
    permission: Permission,
    /// As they were when it began to read; none where nobody has looked.
    marks: Option<Marks>,
}

impl<'t> View<'t> {
    pub(crate) fn new(tx: &'t Tx<'t>, actor: Actor, permission: Permission, shared: Arc<Shared>) -> Self {
        let (account, now) = (actor.account(), shared.clock.now());
        Self { tx, actor, account, now, shared, permission, marks: None }
    }

    /// A snapshot for an actor as they are in it: an app that was revoked since its token was recognised has no view, and
    /// one that lost scopes has none of what needs them. The account's revision is seen by the same look.
    pub(crate) fn of_now(tx: &'t Tx<'t>, actor: Actor, permission: Permission, shared: Arc<Shared>) -> Result<Self> {
        let marks = match &actor {
            Actor::App(_) | Actor::Admin(_) => store::accounts::marks(tx, actor.account())?,
            Actor::Host(_) | Actor::Invitee(_) | Actor::Visitor(_) => {
                return Ok(Self::new(tx, actor, permission, shared));
            }
        };
        let actor = match actor {
            Actor::App(app) if marks.stamp != app.proof.stamp => renew(tx, &shared, &Actor::App(app))?,
            Actor::Admin(admin) if marks.revision != admin.revision => {
                Actor::Admin(session::renew(tx, &shared, &admin)?)
            }
            same => same,
        };
        policy::require(&actor, permission)?;
        Ok(Self { marks: Some(marks), ..Self::new(tx, actor, permission, shared) })
    }

    /// A use-case names the permission that it needs, so that a face that opened the transaction with another one fails
    /// its tests instead of opening a hole. The host's own permission covers all that is done to an account.
    pub(crate) fn expect(&self, permission: Permission) -> Result<()> {
        if self.permission == permission || self.permission == Permission::AdministerAccount {
            Ok(())
        } else {
            Err(Error::internal(format!("opened with {:?}, used for {permission:?}", self.permission)))
        }
    }

    /// The installation key, to seal something with in this transaction. Whoever rotates it waits for the lock that this
    /// transaction holds on the account, and raises the stamp of the account's apps: for an app, whose stamp was compared
    /// under that lock with that of its unsealed record, no statement is needed. For others the database is asked.
    ///
    /// # Errors
    /// [`Code::Busy`] where the key was rotated and this process cannot read the new one.
    pub(crate) fn sealing_key(&self, tx: &Tx<'_>) -> Result<Arc<InstallationKey>> {
        match self.actor {
            Actor::App(_) => Ok(self.shared.key()),
            Actor::Host(_) | Actor::Invitee(_) | Actor::Admin(_) | Actor::Visitor(_) => self.shared.key_of(tx),
        }
    }

    /// The revision of the account as the snapshot has it, where it was looked at already.
    pub(crate) fn revision(&self) -> Option<i64> {
        self.marks.map(|marks| marks.revision)
    }

    /// A short text that changes with every committed change of the account, and is no other account's, nor that of an
    /// account of another database.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark(&self) -> Result<String> {
        let marks = self.marks.map_or_else(|| store::accounts::marks(self.tx, self.account), Ok)?;
        Ok(format!("{}.{}", self.scope(), marks.revision))
    }

    /// A short text that no other account has, nor one of another database.
    pub fn scope(&self) -> String {
        format!("{}.{}", self.shared.epoch(), self.account.0)
    }
}
