//! Users.

use std::collections::HashMap;

use super::pages::{self, Kind};
use super::{AccountKey, Row, Tx, UserKey, Value, WriteTx, grams, marks, sessions};
use crate::clock::Time;
use crate::error::Result;
use crate::id::UserId;
use crate::page::{Page, Paged};
use crate::users::search::name_key;
use crate::users::{CheckedUser, Profile, ProfileField, Status, UserChange};

/// A user as looked up.
#[derive(Debug, Clone)]
pub(crate) struct UserRow {
    pub(crate) key: UserKey,
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) org_user_id: Option<String>,
    pub(crate) can_create_bot: bool,
    pub(crate) is_developer: bool,
    pub(crate) data_tables: bool,
    pub(crate) status: Status,
    pub(crate) profile: Profile,
}

const FIXED: [&str; 9] =
    ["id", "public_id", "email", "email_key", "org_user_id", "can_create_bot", "is_developer", "data_tables", "status"];

fn columns() -> String {
    FIXED.into_iter().chain(ProfileField::ALL.map(ProfileField::column)).collect::<Vec<_>>().join(", ")
}

fn user(r: &Row<'_, '_>) -> UserRow {
    let mut profile = Profile::default();
    for (index, field) in ProfileField::ALL.into_iter().enumerate() {
        profile.set(field, r.opt_text(FIXED.len() + index));
    }
    UserRow {
        key: UserKey(r.int(0)),
        id: UserId::stored(r.text(1)),
        email: r.text(2),
        email_key: r.text(3),
        org_user_id: r.opt_text(4),
        can_create_bot: r.bool(5),
        is_developer: r.bool(6),
        data_tables: r.bool(7),
        status: Status::stored(r.str(8)),
        profile,
    }
}

fn find(tx: &Tx<'_>, account: AccountKey, column: &str, keys: &[&str]) -> Result<Vec<UserRow>> {
    let list: Vec<Value<'_>> = keys.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        &format!("select {} from users where account_id = $1 and {column} in {{list}}", columns()),
        &[account.into()],
        &list,
        user,
    )
}

/// Users by the keys of their addresses.
pub(crate) fn find_by_emails(tx: &Tx<'_>, account: AccountKey, keys: &[&str]) -> Result<HashMap<String, UserRow>> {
    Ok(find(tx, account, "email_key", keys)?.into_iter().map(|u| (u.email_key.clone(), u)).collect())
}

/// Users by their org user ids.
pub(crate) fn find_by_org_user_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<HashMap<String, UserRow>> {
    Ok(find(tx, account, "org_user_id", ids)?.into_iter().filter_map(|u| Some((u.org_user_id.clone()?, u))).collect())
}

/// Users by their public ids.
pub(crate) fn find_by_public_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<HashMap<String, UserRow>> {
    Ok(find(tx, account, "public_id", ids)?.into_iter().map(|u| (u.id.to_string(), u)).collect())
}

/// Users by their internal keys.
pub(crate) fn find_by_keys(tx: &Tx<'_>, account: AccountKey, keys: &[UserKey]) -> Result<Vec<UserRow>> {
    let list: Vec<Value<'_>> = keys.iter().map(|key| (*key).into()).collect();
    let sql = format!("select {} from users where account_id = $1 and id in {{list}}", columns());
    tx.query_list(&sql, &[account.into()], &list, user)
}

/// Every user of the account, oldest first.
pub(crate) fn list(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<UserRow>> {
    tx.query(&format!("select {} from users where account_id = $1 order by id", columns()), &[account.into()], user)
}

/// What lists and look-ups show of a user.
#[derive(Debug)]
pub(crate) struct Brief {
    pub(crate) key: UserKey,
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) org_user_id: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) can_create_bot: bool,
    pub(crate) is_developer: bool,
    pub(crate) status: Status,
    pub(crate) last_login: Option<Time>,
}

macro_rules! briefs {
    ($rest:literal) => {
        concat!(
            "select id, public_id, email, org_user_id, first_name, last_name, can_create_bot, is_developer, status, \
             last_login_at, email_key from users where account_id = $1 ",
            $rest
        )
    };
}

fn brief(r: &Row<'_, '_>) -> Brief {
    Brief {
        key: UserKey(r.int(0)),
        id: UserId::stored(r.text(1)),
        email: r.text(2),
        org_user_id: r.opt_text(3),
        first_name: r.opt_text(4),
        last_name: r.opt_text(5),
        can_create_bot: r.bool(6),
        is_developer: r.bool(7),
        status: Status::stored(r.str(8)),
        last_login: r.opt_int(9).map(Time),
    }
}

/// Users in brief, by the keys of their addresses.
pub(crate) fn briefs_by_emails(tx: &Tx<'_>, account: AccountKey, keys: &[&str]) -> Result<HashMap<String, Brief>> {
    let list: Vec<Value<'_>> = keys.iter().map(|key| (*key).into()).collect();
    let rows =
        tx.query_list(briefs!("and email_key in {list}"), &[account.into()], &list, |r| (r.text(10), brief(r)))?;
    Ok(rows.into_iter().collect())
}

/// Users in brief, by their org user ids.
pub(crate) fn briefs_by_org_user_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<HashMap<String, Brief>> {
    let list: Vec<Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    let rows = tx.query_list(briefs!("and org_user_id in {list}"), &[account.into()], &list, brief)?;
    Ok(rows.into_iter().filter_map(|user| Some((user.org_user_id.clone()?, user))).collect())
}

/// A page of users in order of creation, found by a seek.
pub(crate) fn page(tx: &Tx<'_>, account: AccountKey, page: Page) -> Result<Paged<Brief>> {
    let seek = pages::seek(tx, account, Kind::Users, page.skipped())?;
    let items = tx.query(
        briefs!("and id >= $2 order by id limit $3 offset $4"),
        &[account.into(), seek.from_id.into(), i64::from(page.limit()).into(), seek.skip.into()],
        brief,
    )?;
    Ok(Paged::of(page, seek.total, items))
}

fn taken(tx: &Tx<'_>, account: AccountKey, column: &str, keys: &[&str]) -> Result<Vec<String>> {
    let list: Vec<Value<'_>> = keys.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        &format!("select {column} from users where account_id = $1 and {column} in {{list}}"),
        &[account.into()],
        &list,
        |r| r.text(0),
    )
}

/// Which of these address keys belong to somebody.
pub(crate) fn taken_emails(tx: &Tx<'_>, account: AccountKey, keys: &[&str]) -> Result<Vec<String>> {
    taken(tx, account, "email_key", keys)
}

/// Which of these org user ids belong to somebody.
pub(crate) fn taken_org_user_ids(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<Vec<String>> {
    taken(tx, account, "org_user_id", ids)
}

/// The public ids of these users.
pub(crate) fn public_ids(tx: &Tx<'_>, account: AccountKey, users: &[UserKey]) -> Result<HashMap<UserKey, String>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    let rows = tx.query_list(
        "select id, public_id from users where account_id = $1 and id in {list}",
        &[account.into()],
        &list,
        |r| (UserKey(r.int(0)), r.text(1)),
    )?;
    Ok(rows.into_iter().collect())
}

/// The addresses of users by their public ids.
pub(crate) fn emails(tx: &Tx<'_>, account: AccountKey, ids: &[&str]) -> Result<HashMap<String, String>> {
    let list: Vec<Value<'_>> = ids.iter().map(|id| (*id).into()).collect();
    let rows = tx.query_list(
        "select public_id, email from users where account_id = $1 and public_id in {list}",
        &[account.into()],
        &list,
        |r| (r.text(0), r.text(1)),
    )?;
    Ok(rows.into_iter().collect())
}

/// The public ids and addresses of users by their keys.
pub(crate) fn briefs_by_keys(
    tx: &Tx<'_>,
    account: AccountKey,
    users: &[UserKey],
) -> Result<Vec<(UserKey, String, String)>> {
    let list: Vec<Value<'_>> = users.iter().map(|key| (*key).into()).collect();
    tx.query_list(
        "select id, public_id, email from users where account_id = $1 and id in {list}",
        &[account.into()],
        &list,
        |r| (UserKey(r.int(0)), r.text(1), r.text(2)),
    )
}

/// How many users have each status, in the order of [`Status::ALL`]: up to so many of each are counted.
pub(crate) fn count_by_status(tx: &Tx<'_>, account: AccountKey, most: i64) -> Result<[u64; 4]> {
    let part = |status: Status| {
        let word = status.word();
        format!(
            "(select count(*) from (select 1 from users where account_id = $1 and status = '{word}' limit $2) as part)"
        )
    };
    let sql = format!("select {}", Status::ALL.map(part).join(", "));
    let counts = tx.first(&sql, &[account.into(), most.into()], |r| [0, 1, 2, 3].map(|n| r.int(n).unsigned_abs()))?;
    Ok(counts.unwrap_or_default())
}

pub(crate) fn email(tx: &Tx<'_>, account: AccountKey, user: UserKey) -> Result<Option<String>> {
    tx.first("select email from users where account_id = $1 and id = $2", &[account.into(), user.into()], |r| r.text(0))
}

/// Inserts users; none for each whose address, org user id or public id was there already.
pub(crate) fn insert_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    users: &[&CheckedUser],
    now: Time,
) -> Result<Vec<Option<UserKey>>> {
    let names: Vec<String> = users.iter().map(|u| name_key(&u.profile)).collect();
    let rows: Vec<Vec<Value<'_>>> = users
        .iter()
        .zip(&names)
        .map(|(u, name)| {
            let mut row: Vec<Value<'_>> = vec![
                account.into(),
                u.id.as_str().into(),
                u.email.as_str().into(),
                u.email.key().into(),
                (&u.org_user_id).into(),
                u.can_create_bot.into(),
                u.is_developer.into(),
                u.data_tables.into(),
                u.status.word().into(),
                u.source.into(),
                now.into(),
                name.into(),
            ];
            row.extend(ProfileField::ALL.map(|field| Value::from(u.profile.get(field))));
            row
        })
        .collect();
    let profile = ProfileField::ALL.map(ProfileField::column).join(", ");
    let marks = (13..13 + ProfileField::ALL.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let ids = tx.insert_returning(
        &format!(
            "insert into users (account_id, public_id, email, email_key, org_user_id, can_create_bot, is_developer, \
             data_tables, status, source, created_at, updated_at, name_key, {profile}) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, {marks}) on conflict do nothing returning id"
        ),
        &rows,
    )?;
    Ok(ids.into_iter().map(|id| id.map(UserKey)).collect())
}

pub(crate) fn update_many(tx: &WriteTx<'_>, account: AccountKey, changes: &[UserChange], now: Time) -> Result<usize> {
    marks::raise_of_users(tx, account, changes.iter().map(|c| c.key))?;
    // All let go of their org user ids before any gets one: two users may swap theirs.
    let freed: Vec<Vec<Value<'_>>> =
        changes.iter().map(|c| vec![account.into(), c.key.into(), (&c.org_user_id).into()]).collect();
    tx.execute_unordered(
        "update users set org_user_id = null where account_id = $1 and id = $2 and (org_user_id <> $3 or $3 is null)",
        &freed,
    )?;
    grams::note_changed(tx, account, changes.iter().map(|c| c.key))?;
    let names: Vec<String> = changes.iter().map(|c| name_key(&c.profile)).collect();
    let rows: Vec<Vec<Value<'_>>> = changes
        .iter()
        .zip(&names)
        .map(|(c, name)| {
            let mut row: Vec<Value<'_>> = vec![
                account.into(),
                c.key.into(),
                (&c.org_user_id).into(),
                c.can_create_bot.into(),
                c.is_developer.into(),
                c.data_tables.into(),
                c.status.word().into(),
                now.into(),
                name.into(),
            ];
            row.extend(ProfileField::ALL.map(|field| Value::from(c.profile.get(field))));
            row
        })
        .collect();
    let profile: Vec<String> =
        ProfileField::ALL.into_iter().enumerate().map(|(n, f)| format!("{} = ${}", f.column(), n + 10)).collect();
    tx.execute_unordered(
        &format!(
            "update users set org_user_id = $3, can_create_bot = $4, is_developer = $5, data_tables = $6, status = $7, \
             updated_at = $8, name_key = $9, {} where account_id = $1 and id = $2",
            profile.join(", ")
        ),
        &rows,
    )
}

/// Notes that a user has signed in.
pub(crate) fn note_sign_in(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, now: Time) -> Result<usize> {
    tx.execute(
        "update users set last_login_at = $3, last_login_key = $3 where account_id = $1 and id = $2",
        &[account.into(), user.into(), now.into()],
    )
}

/// Forgets the sign-ins of these users that have failed.
pub(crate) fn forget_failures(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    tx.execute_many(
        "update credentials set failures = 0, barred_until = null where account_id = $1 and user_id = $2",
        &rows,
    )
}

/// Makes an invited user active; a user of any other status stays as they are.
pub(crate) fn activate(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, now: Time) -> Result<usize> {
    marks::raise_of_users(tx, account, std::iter::once(user))?;
    tx.execute(
        "update users set status = 'active', updated_at = $3 where account_id = $1 and id = $2 and status = 'invited'",
        &[account.into(), user.into(), now.into()],
    )
}

pub(crate) fn remove_many(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<usize> {
    if users.is_empty() {
        return Ok(0);
    }
    marks::raise_of_users(tx, account, users.iter().copied())?;
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|key| vec![account.into(), (*key).into()]).collect();
    let removed = tx.execute_many("delete from users where account_id = $1 and id = $2", &rows)?;
    pages::uncount(tx, account, Kind::Users, users.iter().map(|key| key.0))?;
    grams::reopen(tx, account)?;
    Ok(removed)
}

/// Puts an address that says nothing in the place of each user's own, clears all else that is personal, and shuts them
/// out.
pub(crate) fn erase_many(
    tx: &WriteTx<'_>,
    account: AccountKey,
    users: &[(UserKey, String)],
    now: Time,
) -> Result<usize> {
    marks::raise_of_users(tx, account, users.iter().map(|(key, _)| *key))?;
    let keys: Vec<UserKey> = users.iter().map(|(key, _)| *key).collect();
    sessions::end_of_users(tx, account, &keys)?;
    grams::note_changed(tx, account, keys.iter().copied())?;
    let rows: Vec<Vec<Value<'_>>> =
        users.iter().map(|(key, email)| vec![account.into(), (*key).into(), email.into(), now.into()]).collect();
    let profile = ProfileField::ALL.map(|field| format!("{} = null", field.column())).join(", ");
    tx.execute_unordered(
        &format!(
            "update users set email = $3, email_key = $3, name_key = '', org_user_id = null, can_create_bot = false, \
             is_developer = false, data_tables = false, status = 'suspended', last_login_at = null, last_login_key = 0, updated_at = $4, \
             {profile} where account_id = $1 and id = $2"
        ),
        &rows,
    )
}
