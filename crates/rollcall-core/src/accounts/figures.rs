//! What there is in an account, in numbers: for its first page.

use std::fmt;

use super::Account;
use super::troubles::COUNTED as LETTERS;
use crate::error::Result;
use crate::id::{AccountId, OrgId};
use crate::op::View;
use crate::policy::{self, Permission};
use crate::store;
use crate::store::pages::{self, Kind};

/// What there is, as far as the actor may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The account's name.
    pub account: String,
    /// How many users there are, and how many of each status, in the order of [`crate::users::Status::ALL`].
    pub users: Option<(u64, [Tally; 4])>,
    /// How many groups there are.
    pub groups: Option<u64>,
    /// How many admin roles, and bot roles.
    pub roles: Option<(u64, u64)>,
    /// How many bots.
    pub bots: Option<u64>,
}

/// As many users of a status are counted one by one: counting a million takes longer than a page may.
const COUNTED: u64 = 30_000;

/// A number of users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// So many there are.
    pub count: u64,
    /// Or more: where counting was given up.
    pub or_more: bool,
}

impl Tally {
    /// What was counted up to one more than this bound.
    pub fn up_to(count: u64, bound: u64) -> Self {
        Self { count: count.min(bound), or_more: count > bound }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, if self.or_more { "+" } else { "" })
    }
}

/// What is known of each, of what was counted up to a bound: a single one that is beyond it is all the rest.
fn tallies(all: u64, counted: [u64; 4], bound: u64) -> [Tally; 4] {
    let is_over = |count: u64| count > bound;
    let others: u64 = counted.into_iter().filter(|count| !is_over(*count)).sum();
    let alone = counted.into_iter().filter(|count| is_over(*count)).count() == 1;
    counted.map(|count| match is_over(count) {
        true if alone => Tally { count: all.saturating_sub(others), or_more: false },
        _ => Tally::up_to(count, bound),
    })
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

/// How many letters wait to be delivered, counted up to [`super::COUNTED`]; none for whoever may not see users.
///
/// # Errors
/// When the database fails.
pub fn letters(view: &View<'_>) -> Result<Tally> {
    view.expect(Permission::UseConsole)?;
    if !policy::allows(&view.actor, Permission::ViewUsers) {
        return Ok(Tally::default());
    }
    let count = store::outbox::count_up_to(view.tx, view.account, LETTERS.cast_signed() + 1)?.unsigned_abs();
    Ok(Tally::up_to(count, LETTERS))
}

/// What there is. Ten statements at most.
///
/// # Errors
/// When the database fails.
pub fn figures(view: &View<'_>) -> Result<Figures> {
    view.expect(Permission::UseConsole)?;
    let may = |permission| policy::allows(&view.actor, permission);
    let total = |kind| Ok::<_, crate::Error>(pages::seek(view.tx, view.account, kind, i64::MAX)?.total.unsigned_abs());
    let mut figures = Figures { account: store::accounts::get(view.tx, view.account)?.name, ..Figures::default() };
    if may(Permission::ViewUsers) {
        let all = total(Kind::Users)?;
        let counted = store::users::count_by_status(view.tx, view.account, COUNTED.cast_signed() + 1)?;
        figures.users = Some((all, tallies(all, counted, COUNTED)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_counted_is_all_the_rest_or_told_as_more() {
        let (known, more) = (|count| Tally { count, or_more: false }, Tally { count: 10, or_more: true });
        assert_eq!(tallies(15, [1, 10, 4, 0], 10), [known(1), known(10), known(4), known(0)]);
        assert_eq!(tallies(1_005, [1, 11, 4, 0], 10), [known(1), known(1_000), known(4), known(0)]);
        assert_eq!(tallies(1_005, [11, 11, 4, 0], 10), [more, more, known(4), known(0)]);
    }
}
