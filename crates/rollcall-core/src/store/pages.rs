//! Pages without skipping rows: a small table tells how many rows of a kind an account has in each run of a thousand
//! internal ids, so that any page is found by a sum over the table and a seek, and the total comes with it.

use std::collections::BTreeMap;

use super::{AccountKey, Tx, Value, WriteTx};
use crate::error::Result;

/// How many internal ids share a count.
const BUCKET: i64 = 1_000;

/// Collections that are listed by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Groups,
    Bots,
    AdminRoles,
    BotRoles,
    /// Counted later, by [`settle`]: many create users at the same time, and a count is one row for all of them.
    Users,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::Bots => "bots",
            Self::AdminRoles => "admin roles",
            Self::BotRoles => "bot roles",
            Self::Users => "users",
        }
    }

    /// Where rows are that may not be counted yet; none where each is counted with its change.
    fn counted_later(self) -> Option<&'static str> {
        match self {
            Self::Groups | Self::Bots | Self::AdminRoles | Self::BotRoles => None,
            Self::Users => Some("users"),
        }
    }
}

/// Where a page begins: the first id of its bucket, and how many rows of the bucket come before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seek {
    pub(crate) total: i64,
    pub(crate) from_id: i64,
    pub(crate) skip: i64,
}

/// Finds the row that has `before` rows before it, in order of creation. One statement; two where rows are counted later.
pub(crate) fn seek(tx: &Tx<'_>, account: AccountKey, kind: Kind, before: i64) -> Result<Seek> {
    let mut counts = tx.query(
        "select bucket, row_count from page_counts where account_id = $1 and kind = $2 order by bucket",
        &[account.into(), kind.name().into()],
        |r| (r.int(0), r.int(1)),
    )?;
    if let Some(table) = kind.counted_later() {
        let open = counts.last().map_or(0, |(bucket, _)| bucket + 1);
        let sql = format!("select count(*) from {table} where account_id = $1 and id >= $2");
        let rows = tx.first(&sql, &[account.into(), (open * BUCKET).into()], |r| r.int(0))?;
        // All that is not counted yet, as one more bucket.
        counts.push((open, rows.unwrap_or(0)));
    }
    Ok(find(&counts, before))
}

/// The first run that is not counted yet, of a kind that is counted later.
fn open_bucket(tx: &Tx<'_>, account: AccountKey, kind: Kind) -> Result<i64> {
    let last = tx.first(
        "select max(bucket) from page_counts where account_id = $1 and kind = $2",
        &[account.into(), kind.name().into()],
        |r| r.opt_int(0),
    )?;
    Ok(last.flatten().map_or(0, |bucket| bucket + 1))
}

/// Whether there are rows to count in runs to which nothing can be added any more.
pub(crate) fn is_unsettled(tx: &Tx<'_>, account: AccountKey, kind: Kind) -> Result<bool> {
    let Some(table) = kind.counted_later() else { return Ok(false) };
    let open = open_bucket(tx, account, kind)? * BUCKET;
    let end = |order: &str| {
        let sql = format!("select id from {table} where account_id = $1 and id >= $2 order by id {order} limit 1");
        tx.first(&sql, &[account.into(), open.into()], |r| r.int(0) / BUCKET)
    };
    Ok(end("")? < end("desc")?)
}

/// Counts the runs to which nothing can be added any more: all but the last. The account must be locked for this
/// transaction alone: then no row is under way to an id below those that are there.
pub(crate) fn settle(tx: &WriteTx<'_>, account: AccountKey, kind: Kind) -> Result<()> {
    let Some(table) = kind.counted_later() else { return Ok(()) };
    let open = open_bucket(tx, account, kind)?;
    let sql = format!(
        "select id / {BUCKET}, count(*) from {table} where account_id = $1 and id >= $2 group by id / {BUCKET} order by 1"
    );
    let mut counts = tx.query(&sql, &[account.into(), (open * BUCKET).into()], |r| (r.int(0), r.int(1)))?;
    counts.pop();
    add(tx, account, kind, counts.into_iter())
}

/// Takes rows that have just been removed out of the count of a kind that is counted later, as far as they are in it.
/// The account must be locked as for [`settle`].
pub(crate) fn uncount(tx: &WriteTx<'_>, account: AccountKey, kind: Kind, ids: impl Iterator<Item = i64>) -> Result<()> {
    let Some(table) = kind.counted_later() else { return Ok(()) };
    // SQLite gives the ids behind the last row again. So the runs from that row on are open once more: more may come.
    let sql = format!(
        "delete from page_counts where account_id = $1 and kind = $2 \
         and bucket >= coalesce((select max(id) from {table} where account_id = $1), 0) / {BUCKET}"
    );
    tx.execute(&sql, &[account.into(), kind.name().into()])?;
    let open = open_bucket(tx, account, kind)?;
    count(tx, account, kind, ids.filter(|id| id / BUCKET < open), -1)
}

fn find(counts: &[(i64, i64)], before: i64) -> Seek {
    let total = counts.iter().map(|(_, rows)| rows).sum();
    let mut left = before;
    for &(bucket, rows) in counts {
        if left < rows {
            return Seek { total, from_id: bucket * BUCKET, skip: left };
        }
        left -= rows;
    }
    Seek { total, from_id: i64::MAX, skip: 0 }
}

/// Counts new rows (`sign` 1) or removed ones (`sign` -1).
pub(crate) fn count(
    tx: &WriteTx<'_>,
    account: AccountKey,
    kind: Kind,
    ids: impl Iterator<Item = i64>,
    sign: i64,
) -> Result<()> {
    let mut buckets = BTreeMap::<i64, i64>::new();
    for id in ids {
        *buckets.entry(id / BUCKET).or_default() += sign;
    }
    add(tx, account, kind, buckets.into_iter())
}

fn add(tx: &WriteTx<'_>, account: AccountKey, kind: Kind, counts: impl Iterator<Item = (i64, i64)>) -> Result<()> {
    let rows: Vec<Vec<Value<'_>>> =
        counts.map(|(bucket, rows)| vec![account.into(), kind.name().into(), bucket.into(), rows.into()]).collect();
    tx.execute_many(
        "insert into page_counts (account_id, kind, bucket, row_count) values ($1, $2, $3, $4) \
         on conflict (account_id, kind, bucket) do update set row_count = page_counts.row_count + excluded.row_count",
        &rows,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_in_its_bucket() {
        let counts = [(0, 3), (2, 0), (5, 1000), (6, 2)];
        let seek = |before| {
            let s = find(&counts, before);
            (s.from_id, s.skip)
        };
        assert_eq!(find(&counts, 0).total, 1005);
        assert_eq!(seek(0), (0, 0));
        assert_eq!(seek(2), (0, 2));
        assert_eq!(seek(3), (5000, 0));
        assert_eq!(seek(1002), (5000, 999));
        assert_eq!(seek(1004), (6000, 1));
        assert_eq!(seek(1005), (i64::MAX, 0));
        assert_eq!(find(&[], 0), Seek { total: 0, from_id: i64::MAX, skip: 0 });
    }
}
