//! Single-use links into the console, by the hash of their token.

use super::{AccountKey, Tx, UserKey, WriteTx};
use crate::admins::link::Purpose;
use crate::clock::Time;
use crate::error::Result;

/// A link that is good, and whom it is for; nobody yet where it is for setting the account up.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) account: AccountKey,
    pub(crate) purpose: Purpose,
    pub(crate) user: Option<(UserKey, String, String)>,
}

pub(crate) fn insert(
    tx: &WriteTx<'_>,
    account: AccountKey,
    user: Option<UserKey>,
    purpose: Purpose,
    hash: &[u8; 32],
    now: Time,
    expires: Time,
) -> Result<()> {
    tx.execute(
        "insert into sign_in_links (account_id, user_id, purpose, token_hash, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6)",
        &[account.into(), user.into(), purpose.word().into(), hash.into(), now.into(), expires.into()],
    )
    .map(|_| ())
}

/// The link with this token, where it is good: whoever it is for is active.
pub(crate) fn find_open(tx: &Tx<'_>, hash: &[u8; 32], now: Time) -> Result<Option<Open>> {
    let found = tx.first(
        "select l.account_id, l.purpose, l.user_id, u.public_id, u.email, u.status from sign_in_links l \
         left join users u on u.id = l.user_id where l.token_hash = $1 and l.expires_at > $2",
        &[hash.into(), now.into()],
        |r| {
            let user = r.opt_int(2).map(|key| (UserKey(key), r.text(3), r.text(4), r.text(5)));
            (AccountKey(r.int(0)), Purpose::stored(r.str(1)), user)
        },
    )?;
    Ok(found.and_then(|(account, purpose, user)| match user {
        Some((_, _, _, status)) if !purpose.suits(&status) => None,
        user => Some(Open { account, purpose, user: user.map(|(key, id, email, _)| (key, id, email)) }),
    }))
}

/// Uses a link up; false where it was not there any more.
pub(crate) fn close(tx: &WriteTx<'_>, hash: &[u8; 32], now: Time) -> Result<bool> {
    let gone =
        tx.execute("delete from sign_in_links where token_hash = $1 and expires_at > $2", &[hash.into(), now.into()])?;
    Ok(gone == 1)
}

/// Nobody comes in by an open link of this user any more.
pub(crate) fn revoke_of_user(tx: &WriteTx<'_>, account: AccountKey, user: UserKey) -> Result<usize> {
    tx.execute("delete from sign_in_links where account_id = $1 and user_id = $2", &[account.into(), user.into()])
}

/// Of the open links of this user, those of one purpose are of no use any more.
pub(crate) fn revoke(tx: &WriteTx<'_>, account: AccountKey, user: UserKey, purpose: Purpose) -> Result<usize> {
    tx.execute(
        "delete from sign_in_links where account_id = $1 and user_id = $2 and purpose = $3",
        &[account.into(), user.into(), purpose.word().into()],
    )
}

/// Nobody sets the account up by an open link any more.
pub(crate) fn revoke_set_up(tx: &WriteTx<'_>, account: AccountKey) -> Result<usize> {
    tx.execute("delete from sign_in_links where account_id = $1 and user_id is null", &[account.into()])
}
