//! What users sign in with: passwords, second factors, failed attempts. Hashes and what is sealed; nothing in clear.

use super::{AccountKey, Tx, UserKey, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::users::Status;

/// What somebody signs in with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    pub(crate) password_hash: Option<String>,
    pub(crate) password_at: Option<Time>,
    /// Failed attempts in a row.
    pub(crate) failures: i64,
    pub(crate) barred_until: Option<Time>,
    /// The secret of the second factor, sealed.
    pub(crate) totp: Option<Vec<u8>>,
    /// Since when it counts.
    pub(crate) totp_at: Option<Time>,
    pub(crate) totp_step: Option<i64>,
    pub(crate) reset_asked: Option<Time>,
}

/// What this user signs in with; nothing where that was never said.
pub(crate) fn find(tx: &Tx<'_>, account: AccountKey, user: UserKey) -> Result<Credentials> {
    let found = tx.first(
        "select password_hash, password_at, failures, barred_until, totp, totp_at, totp_step, reset_asked_at \
         from credentials where account_id = $1 and user_id = $2",
        &[account.into(), user.into()],
        |r| Credentials {
            password_hash: r.opt_text(0),
            password_at: r.opt_int(1).map(Time),
            failures: r.int(2),
            barred_until: r.opt_int(3).map(Time),
            totp: r.opt_bytes(4),
            totp_at: r.opt_int(5).map(Time),
            totp_step: r.opt_int(6),
            reset_asked: r.opt_int(7).map(Time),
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Puts this in the place of all that was there.
pub(crate) fn put(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, has: &Credentials) -> Result<()> {
    tx.execute(
        "insert into credentials (account_id, user_id, password_hash, password_at, failures, barred_until, totp, totp_at, \
         totp_step, reset_asked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (user_id) do update set \
         password_hash = excluded.password_hash, password_at = excluded.password_at, failures = excluded.failures, \
         barred_until = excluded.barred_until, totp = excluded.totp, totp_at = excluded.totp_at, \
         totp_step = excluded.totp_step, reset_asked_at = excluded.reset_asked_at",
        &[
            account.into(),
            user.into(),
            (&has.password_hash).into(),
            has.password_at.into(),
            has.failures.into(),
            has.barred_until.into(),
            has.totp.as_ref().map_or(Value::Null, |sealed| sealed.into()),
            has.totp_at.into(),
            has.totp_step.map_or(Value::Null, Value::Int),
            has.reset_asked.into(),
        ],
    )
    .map(|_| ())
}

/// Somebody who has an address.
#[derive(Debug, Clone)]
pub(crate) struct Addressee {
    pub(crate) account: AccountKey,
    pub(crate) user: UserKey,
    pub(crate) id: String,
    pub(crate) email: String,
}

/// Forgets the failures of these users, and what bars them.
pub(crate) fn lift_bars(tx: &WriteTx<'_>, account: AccountKey, users: &[UserKey]) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> = users.iter().map(|user| vec![account.into(), (*user).into()]).collect();
    tx.execute_many(
        "update credentials set failures = 0, barred_until = null where account_id = $1 and user_id = $2",
        &rows,
    )
    .map(|_| ())
}

/// Who has this address, in the account of this name or in any: two at most.
pub(crate) fn addressees(tx: &Tx<'_>, email_key: &str, account_key: Option<&str>) -> Result<Vec<Addressee>> {
    let named = if account_key.is_some() { " where a.name_key = $2" } else { "" };
    let sql = format!(
        "select u.account_id, u.id, u.public_id, u.email from accounts a join users u on u.account_id = a.id \
         and u.email_key = $1{named} order by u.id limit 2"
    );
    let parameters: Vec<Value<'_>> = [email_key].into_iter().chain(account_key).map(Value::Text).collect();
    tx.query(&sql, &parameters, |r| Addressee {
        account: AccountKey(r.int(0)),
        user: UserKey(r.int(1)),
        id: r.text(2),
        email: r.text(3),
    })
}

/// The hashes of the passwords before the present one, the last first.
pub(crate) fn earlier(tx: &Tx<'_>, account: AccountKey, user: UserKey, limit: i64) -> Result<Vec<String>> {
    tx.query(
        "select password_hash from earlier_passwords where account_id = $1 and user_id = $2 order by id desc limit $3",
        &[account.into(), user.into(), limit.into()],
        |r| r.text(0),
    )
}

/// Keeps the hash of a password that was taken, and of those before it as many as there are to be.
pub(crate) fn keep_earlier(
    tx: &WriteTx<'_>,
    account: AccountKey,
    user: UserKey,
    hash: &str,
    kept: i64,
    now: Time,
) -> Result<()> {
    tx.execute(
        "insert into earlier_passwords (account_id, user_id, password_hash, created_at) values ($1, $2, $3, $4)",
        &[account.into(), user.into(), hash.into(), now.into()],
    )?;
    tx.execute(
        "delete from earlier_passwords where account_id = $1 and user_id = $2 and id not in \
         (select id from earlier_passwords where account_id = $1 and user_id = $2 order by id desc limit $3)",
        &[account.into(), user.into(), kept.into()],
    )
    .map(|_| ())
}

/// Puts these recovery codes in the place of all that there were.
pub(crate) fn replace_codes(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, hashes: &[[u8; 32]]) -> Result<()> {
    tx.execute("delete from recovery_codes where account_id = $1 and user_id = $2", &[account.into(), user.into()])?;
    let rows: Vec<Vec<Value<'_>>> = hashes.iter().map(|hash| vec![account.into(), user.into(), hash.into()]).collect();
    tx.execute_many("insert into recovery_codes (account_id, user_id, code_hash) values ($1, $2, $3)", &rows)
        .map(|_| ())
}

/// Uses a recovery code up; false where there is none like it (any more).
pub(crate) fn take_code(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, hash: &[u8; 32]) -> Result<bool> {
    let taken = tx.execute(
        "delete from recovery_codes where account_id = $1 and user_id = $2 and code_hash = $3",
        &[account.into(), user.into(), hash.into()],
    )?;
    Ok(taken == 1)
}

/// How many recovery codes are left.
pub(crate) fn count_codes(tx: &Tx<'_>, account: AccountKey, user: UserKey) -> Result<i64> {
    let sql = "select count(*) from recovery_codes where account_id = $1 and user_id = $2";
    Ok(tx.first(sql, &[account.into(), user.into()], |r| r.int(0))?.unwrap_or(0))
}

/// Writes as much as a failed attempt does, of somebody who is not there, so that it takes as long.
pub(crate) fn write_for_nobody(tx: &WriteTx<'_>, noise: &[u8]) -> Result<()> {
    super::accounts::put_installation_value(tx, "attempts of nobody", noise)
}

/// The status of a user.
pub(crate) fn status(tx: &Tx<'_>, account: AccountKey, user: UserKey) -> Result<Option<Status>> {
    let sql = "select status from users where account_id = $1 and id = $2";
    tx.first(sql, &[account.into(), user.into()], |r| Status::stored(r.str(0)))
}
