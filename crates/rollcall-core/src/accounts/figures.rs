//! What there is in an account, in numbers: for its first page.

use super::Account;
use crate::error::Result;
use crate::id::{AccountId, OrgId};
use crate::op::View;
use crate::policy::{self, Permission};
use crate::store;
use crate::store::pages::{self, Kind};
use crate::users::Status;

/// What there is, as far as the actor may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The account's name.
    pub account: String,
    /// How many users have each status, in the order of [`Status::ALL`].
    pub users: Option<[u64; 4]>,
    /// How many groups there are.
    pub groups: Option<u64>,
    /// How many admin roles, and bot roles.
    pub roles: Option<(u64, u64)>,
    /// How many bots.
    pub bots: Option<u64>,
    /// How many letters wait to be delivered.
    pub letters: u64,
}

/// What an account is called, by people and by programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// Its public id.
    pub id: AccountId,
    /// The public id of its organisation.
    pub org: OrgId,
}

/// What the account is called.
///
/// # Errors
/// When the database fails.
pub fn identity(view: &View<'_>) -> Result<Identity> {
    view.expect(Permission::UseConsole)?;
    let Account { name, id, org } = store::accounts::get(view.tx, view.account)?;
    Ok(Identity { name, id, org })
}

/// What there is. Nine statements at most.
///
/// # Errors
/// When the database fails.
pub fn figures(view: &View<'_>) -> Result<Figures> {
    view.expect(Permission::UseConsole)?;
    let may = |permission| policy::allows(&view.actor, permission);
    let total = |kind| Ok::<_, crate::Error>(pages::seek(view.tx, view.account, kind, i64::MAX)?.total.unsigned_abs());
    let mut figures = Figures { account: store::accounts::get(view.tx, view.account)?.name, ..Figures::default() };
    if may(Permission::ViewUsers) {
        let counts = store::users::count_by_status(view.tx, view.account)?;
        let of = |status: Status| counts.iter().find(|(of, _)| *of == status).map_or(0, |(_, count)| *count);
        figures.users = Some(Status::ALL.map(of));
        figures.letters = store::outbox::count(view.tx, view.account)?.unsigned_abs();
    }
    if may(Permission::ViewGroups) {
        figures.groups = Some(total(Kind::Groups)?);
    }
    if may(Permission::ViewRoles) {
        figures.roles = Some((total(Kind::AdminRoles)?, total(Kind::BotRoles)?));
    }
    if may(Permission::ViewBots) {
        figures.bots = Some(total(Kind::Bots)?);
    }
    Ok(figures)
}
