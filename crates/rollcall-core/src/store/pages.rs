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
    AdminRoles,
    BotRoles,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::AdminRoles => "admin roles",
            Self::BotRoles => "bot roles",
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

/// Finds the row that has `before` rows before it, in order of creation.
pub(crate) fn seek(tx: &Tx<'_>, account: AccountKey, kind: Kind, before: i64) -> Result<Seek> {
    let counts = tx.query(
        "select bucket, row_count from page_counts where account_id = $1 and kind = $2 order by bucket",
        &[account.into(), kind.name().into()],
        |r| (r.int(0), r.int(1)),
    )?;
    Ok(find(&counts, before))
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
    let rows: Vec<Vec<Value<'_>>> = buckets
        .iter()
        .map(|(bucket, rows)| vec![account.into(), kind.name().into(), (*bucket).into(), (*rows).into()])
        .collect();
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
