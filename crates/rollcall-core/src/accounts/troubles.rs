//! What wants looking after in an account, apart from its apps: people who wait, letters that do not arrive, a log that is
//! not sealed. Each is counted up to a bound.

use crate::clock::Time;
use crate::error::Result;
use crate::op::View;
use crate::policy::{self, Permission};
use crate::store;
use crate::users::invitation::LIFE_MILLIS;

/// As many are counted of each; one more stands for all beyond.
pub const COUNTED: u64 = 1_000;
/// So long an invitation waits before it is told of: three days.
pub const WAITED_MILLIS: i64 = 3 * 24 * 3600 * 1000;
/// So long an event waits at most to be sealed where the server does its work: ten minutes.
const SEALED_WITHIN_MILLIS: i64 = 10 * 60 * 1000;

/// What wants looking after, as far as the actor may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Troubles {
    /// How many invitations have waited for [`WAITED_MILLIS`], and are good still.
    pub waiting: u64,
    /// How many were not used in their time, of people who are still waited for.
    pub expired: u64,
    /// How many letters could not be delivered so far.
    pub failing: u64,
    /// Why one of them could not.
    pub why_failing: Option<String>,
    /// Since when an event waits to be sealed, where that is longer than it ought to.
    pub unsealed_since: Option<Time>,
}

/// What wants looking after. Four statements at most, of a bounded number of rows.
///
/// # Errors
/// When the database fails.
pub fn troubles(view: &View<'_>) -> Result<Troubles> {
    view.expect(Permission::UseConsole)?;
    let may = |permission| policy::allows(&view.actor, permission);
    let mut troubles = Troubles::default();
    if may(Permission::ViewUsers) {
        let among = COUNTED.cast_signed() + 1;
        // An invitation that was made then ends so much later.
        let waited = view.now.plus_millis(LIFE_MILLIS - WAITED_MILLIS);
        let ending = |after, until| store::invitations::count_ending(view.tx, view.account, after, until, among);
        troubles.expired = ending(Time(i64::MIN), view.now)?;
        troubles.waiting = ending(view.now, waited)?;
        (troubles.failing, troubles.why_failing) = store::outbox::count_failing(view.tx, view.account, among)?;
    }
    if may(Permission::ViewAuditLog) {
        let first = store::audit::pending(view.tx, view.account, 1)?.into_iter().next().map(|event| event.at);
        troubles.unsealed_since = first.filter(|at| at.plus_millis(SEALED_WITHIN_MILLIS) <= view.now);
    }
    Ok(troubles)
}
