//! Uploaded files. Their contents are read one at a time and by no listing.

use super::{AccountKey, Tx, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::files::NewFile;
use crate::id::FileId;

pub(crate) fn insert(
    tx: &WriteTx<'_>,
    account: AccountKey,
    id: &FileId,
    file: &NewFile,
    by: &str,
    now: Time,
) -> Result<()> {
    tx.insert(
        "insert into files (account_id, public_id, name, context, extension, content, size, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
        &[
            account.into(),
            id.as_str().into(),
            file.name().into(),
            file.context().into(),
            file.extension().into(),
            file.content().into(),
            file.size().into(),
            now.into(),
            by.into(),
        ],
    )?;
    Ok(())
}

/// How many files came after `since`, and how large they are altogether: of everybody, and of those whom `by` names.
pub(crate) fn kept(tx: &Tx<'_>, account: AccountKey, since: Time, by: &str) -> Result<[(i64, i64); 2]> {
    let found = tx.first(
        "select count(*), cast(coalesce(sum(size), 0) as bigint), count(case when created_by = $3 then 1 end), \
         cast(coalesce(sum(case when created_by = $3 then size end), 0) as bigint) from files \
         where account_id = $1 and created_at > $2",
        &[account.into(), since.into(), by.into()],
        |r| [(r.int(0), r.int(1)), (r.int(2), r.int(3))],
    )?;
    Ok(found.unwrap_or_default())
}

/// When each of these files came, how large it is and whose, oldest first.
pub(crate) fn ages(tx: &Tx<'_>, account: AccountKey, since: Time) -> Result<Vec<(Time, i64, String)>> {
    tx.query(
        "select created_at, size, created_by from files where account_id = $1 and created_at > $2 order by created_at",
        &[account.into(), since.into()],
        |r| (r.time(0), r.int(1), r.text(2)),
    )
}

/// The content of a file that came after `since`.
pub(crate) fn content(tx: &Tx<'_>, account: AccountKey, id: &str, since: Time) -> Result<Option<Vec<u8>>> {
    tx.first(
        "select content from files where account_id = $1 and public_id = $2 and created_at > $3",
        &[account.into(), id.into(), since.into()],
        |r| r.bytes(0).to_vec(),
    )
}

/// Whether there is such a file that came after `since`.
pub(crate) fn is_there(tx: &Tx<'_>, account: AccountKey, id: &str, since: Time) -> Result<bool> {
    let found = tx.first(
        "select 1 from files where account_id = $1 and public_id = $2 and created_at > $3",
        &[account.into(), id.into(), since.into()],
        |_| (),
    )?;
    Ok(found.is_some())
}

/// Deletes the files that came before or at `until`.
pub(crate) fn forget(tx: &WriteTx<'_>, account: AccountKey, until: Time) -> Result<usize> {
    tx.execute("delete from files where account_id = $1 and created_at <= $2", &[account.into(), until.into()])
}
