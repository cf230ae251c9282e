//! The list of all users with the roles that they hold, and the counting behind its pages.

use crate::access::{self, HeldRole};
use crate::error::Result;
use crate::id::{AccountId, UserId};
use crate::op::{Op, View};
use crate::page::{Page, Paged};
use crate::policy::Permission;
use crate::store::pages::{self, Kind};
use crate::store::{self, UserKey};

/// A user on the list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Public id.
    pub id: UserId,
    /// The address, as first written.
    pub email: String,
    /// The id in the user's own organisation.
    pub org_user_id: Option<String>,
    /// May create bots.
    pub can_create_bot: bool,
    /// May use the builder.
    pub is_developer: bool,
    /// The roles they hold, directly and through groups.
    pub roles: Vec<HeldRole>,
}

/// A part of the list, oldest first, and the account's id. Seven statements at any depth, and
/// one less where the groups are remembered.
///
/// # Errors
/// When the database fails.
pub fn page(view: &View<'_>, page: Page) -> Result<(AccountId, Paged<Listed>)> {
    view.expect(Permission::ViewAccess)?;
    let account = store::accounts::get(view.tx, view.account)?.id;
    let users = store::users::page(view.tx, view.account, page)?;
    let keys: Vec<UserKey> = users.items.iter().map(|user| user.key).collect();
    let mut access = access::of_users(view, &keys)?;
    let items = users
        .items
        .into_iter()
        .map(|user| Listed {
            roles: access.remove(&user.key).unwrap_or_default().roles,
            id: user.id,
            email: user.email,
            org_user_id: user.org_user_id,
            can_create_bot: user.can_create_bot,
            is_developer: user.is_developer,
        })
        .collect();
    Ok((account, Paged { total: users.total, more: users.more, items }))
}

/// Whether users have come whom [`count`] would count.
///
/// # Errors
/// When the database fails.
pub fn is_count_due(view: &View<'_>) -> Result<bool> {
    view.expect(Permission::RunJobs)?;
    pages::is_unsettled(view.tx, view.account, Kind::Users)
}

/// Counts the users who have come, so that pages are found without walking over them; nobody is created meanwhile.
/// What is not counted is found all the same, only more slowly the more it is.
///
/// # Errors
/// When the database fails.
pub fn count(op: &mut Op<'_>) -> Result<()> {
    op.expect(Permission::RunJobs)?;
    op.upkeep(|tx, view| pages::settle(tx, view.account, Kind::Users))
}
