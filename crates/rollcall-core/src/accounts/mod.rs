//! Accounts: finding them, founding one with its built-in roles, and the check of the installation key.

mod figures;
mod troubles;

pub use figures::{Figures, Identity, Tally, figures, identity, letters};
use serde_json::json;
pub use troubles::{COUNTED, Troubles, WAITED_MILLIS, troubles};

use crate::audit::{Event, EventKind};
use crate::chance;
use crate::error::{Error, Result};
use crate::id::{AccountId, OrgId};
use crate::keys::{self, CHECKED, KEY_CHECK};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles;
use crate::shared::Shared;
use crate::store::{self, AccountKey, Tx, UserKey, WriteTx};
use crate::text;

/// An account, as the host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInfo {
    pub(crate) key: AccountKey,
    /// Its public id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
}

/// The longest name of anything that has one: accounts, groups, roles, bots, apps.
pub const MAX_NAME: usize = 200;
/// The longest description.
pub const MAX_DESCRIPTION: usize = 2_000;

pub(crate) fn list(tx: &Tx<'_>) -> Result<Vec<AccountInfo>> {
    store::accounts::list(tx)
}

/// The account of that name; true where it was made just now.
pub(crate) fn find_or_insert(tx: &WriteTx<'_>, shared: &Shared, name: &str) -> Result<(AccountInfo, bool)> {
    let name = text::required("the account's name", name, MAX_NAME).map_err(Error::invalid)?;
    if let Some(found) = store::accounts::find(tx, &text::key(&name))? {
        return Ok((found, false));
    }
    let (id, org) = (AccountId::derive(&name, &name), OrgId::derive(&name, &name));
    let chain = chance::hex();
    let key = store::accounts::insert(tx, &id, &org, &name, &chain, shared.clock.now())?;
    Ok((AccountInfo { key, id, name }, true))
}

/// What every account has from the start.
pub(crate) fn furnish(op: &mut Op<'_>, account: &AccountInfo) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    op.change(|tx, view| {
        roles::built_in::insert(tx, view.account, &account.name, view.now)?;
        let event =
            Event::new(EventKind::AccountCreated, &account.id, format!("Account {:?} was founded", account.name));
        Ok(((), vec![event.after(json!({ "name": account.name }))]))
    })
}

/// Renames an account that is still empty: its own ids and those of its built-in roles go with the name.
pub(crate) fn rename(op: &mut Op<'_>, name: &str) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    op.change(|tx, view| {
        let before = store::accounts::get(tx, view.account)?;
        let (id, org) = (AccountId::derive(name, name), OrgId::derive(name, name));
        store::accounts::rename(tx, view.account, name, &id, &org)?;
        roles::built_in::rename(tx, view.account, name, view.now)?;
        let event =
            Event::new(EventKind::AccountModified, &id, format!("Account {:?} is called {name:?}", before.name));
        Ok(((), vec![event.before(json!({ "name": before.name })).after(json!({ "name": name }))]))
    })
}

/// Makes a user the account's owner.
pub(crate) fn set_owner(op: &mut Op<'_>, owner: UserKey, email: &str) -> Result<()> {
    op.expect(Permission::AdministerAccount)?;
    op.change(|tx, view| {
        store::accounts::set_owner(tx, view.account, owner)?;
        let account = store::accounts::get(tx, view.account)?;
        let event = Event::new(EventKind::AccountModified, &account.id, format!("{email} owns the account"));
        Ok(((), vec![event.after(json!({ "owner": email }))]))
    })
}

/// What an account is, apart from its things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) id: AccountId,
    pub(crate) org: OrgId,
}

pub(crate) const EPOCH: &str = "epoch";

/// At open: the installation key must be the one with which the database was made. False where it knows none yet.
pub(crate) fn check_key(tx: &Tx<'_>, shared: &Shared) -> Result<bool> {
    let Some(sealed) = store::accounts::installation_value(tx, KEY_CHECK)? else { return Ok(false) };
    if shared.has_key_for(&sealed) {
        return Ok(true);
    }
    Err(Error::invalid(
        "the installation key is not the one this database was made with: its secrets cannot be read. \
         Put the right key into ROLLCALL_KEY or the key file (it may be in the backup of the data directory; where the key \
         was rotated since, it is the new one for the database, and the one of then, rollcall.key.old-…, for a backup)",
    ))
}

/// A new database learns the key, and gets an epoch: a random text that no other database has.
pub(crate) fn learn_key(tx: &WriteTx<'_>, shared: &Shared) -> Result<()> {
    if check_key(tx, shared)? {
        return Ok(());
    }
    renew_epoch(tx)?;
    keys::history::note(tx, shared.key().fingerprint(), shared.clock.now())?;
    store::accounts::set_installation_value(tx, KEY_CHECK, &shared.key().seal(KEY_CHECK, CHECKED))
}

/// A new database gets an epoch, and so does a copy, whose original goes its own way.
pub(crate) fn renew_epoch(tx: &WriteTx<'_>) -> Result<()> {
    store::accounts::set_installation_value(tx, EPOCH, chance::hex().as_bytes())
}

/// The database's epoch: what clients remember of one database is not true of another.
pub(crate) fn epoch(tx: &Tx<'_>) -> Result<String> {
    let epoch = store::accounts::installation_value(tx, EPOCH)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&epoch).into_owned())
}

/// Whether nothing was ever put into the account.
///
/// # Errors
/// When the database fails.
pub fn is_empty(view: &View<'_>) -> Result<bool> {
    view.expect(Permission::AdministerAccount)?;
    store::accounts::is_empty(view.tx, view.account)
}

/// How many active users hold the built-in admin role.
///
/// # Errors
/// When the database fails.
pub fn active_admins(view: &View<'_>) -> Result<usize> {
    view.expect(Permission::AdministerAccount)?;
    Ok(store::assignments::active_admins(view.tx, view.account, view.now)?.len())
}
