//! `GET /alluserroles`: all users with the roles that they hold. The address is called `username` here.

use rollcall_core::id::AccountId;
use rollcall_core::page::Paged;
use rollcall_core::users::list::Listed;
use serde::Serialize;

use super::users_info::Roles;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total: u64,
    available_more: bool,
    users: Vec<User<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    username: &'a str,
    org_user_id: Option<&'a str>,
    account_id: &'a str,
    is_developer: bool,
    can_create_bot: bool,
    user_id: &'a str,
    #[serde(flatten)]
    roles: Roles<'a>,
}

/// The bytes of a page.
pub fn page(account: &AccountId, users: &Paged<Listed>) -> Vec<u8> {
    let (total, available_more) = (users.total, users.more);
    let users = users.items.iter().map(|listed| user(account, listed)).collect();
    super::bytes(&Page { total, available_more, users })
}

fn user<'a>(account: &'a AccountId, listed: &'a Listed) -> User<'a> {
    User {
        username: &listed.email,
        org_user_id: listed.org_user_id.as_deref(),
        account_id: account.as_str(),
        is_developer: listed.is_developer,
        can_create_bot: listed.can_create_bot,
        user_id: listed.id.as_str(),
        roles: Roles::of(&listed.roles),
    }
}
