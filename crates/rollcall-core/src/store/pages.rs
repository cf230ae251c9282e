//! Pages without skipping rows: a small table tells how many rows of a kind an account has in each run of internal ids, and in
//! each block of runs, so that any page is found by a look at the blocks, one at the runs of a block, and a seek; the total
//! comes with it.

use std::collections::BTreeMap;

use super::{AccountKey, Row, Tx, Value, WriteTx};
use crate::error::Result;

/// How many internal ids share a count. A page leaves out as many rows at most.
const RUN: i64 = 200;
/// How many runs share a count of their own: of ten million ids there are 250 blocks, and none has more runs than this.
const BLOCK: i64 = 200;

/// The counts of runs, and those of blocks.
const RUNS: i64 = 0;
const BLOCKS: i64 = 1;

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

/// Where a page begins: an id, and how many rows from there on come before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seek {
    pub(crate) total: i64,
    pub(crate) from_id: i64,
    pub(crate) skip: i64,
}

impl Seek {
    /// The page of a list that ends before it.
    fn nowhere(total: i64) -> Self {
        Self { total, from_id: i64::MAX, skip: 0 }
    }
}

/// A count: of which level, the place of its run or block, and how many rows there are.
type Count = (i64, i64, i64);

fn read(r: &Row<'_, '_>) -> Count {
    (r.int(0), r.int(1), r.int(2))
}

/// Finds the row that has `before` rows before it, in order of creation. Two statements at most, of a few hundred rows at
/// any size; where rows are counted later, those that are not counted yet are counted by the first.
pub(crate) fn seek(tx: &Tx<'_>, account: AccountKey, kind: Kind, before: i64) -> Result<Seek> {
    let own = [account.into(), kind.name().into()];
    let blocks = format!(
        "select level, bucket, row_count from page_counts where account_id = $1 and kind = $2 and level = {BLOCKS}"
    );
    // What is not counted yet comes last, as a run without an end.
    let open = kind.counted_later().map_or_else(String::new, |table| {
        format!(
            " union all select {RUNS}, o.run, (select count(*) from {table} where account_id = $1 and id >= o.run * {RUN}) \
             from (select coalesce(max(bucket) + 1, 0) as run from page_counts where account_id = $1 and kind = $2 \
             and level = {RUNS}) as o"
        )
    });
    let counts = tx.query(&format!("{blocks}{open} order by 1 desc, 2"), &own, read)?;
    let total = counts.iter().map(|(_, _, rows)| rows).sum();
    Ok(match find(&counts, before) {
        None => Seek::nowhere(total),
        Some((RUNS, run, skip)) => Seek { total, from_id: run * RUN, skip },
        Some((_, block, left)) => {
            let sql = format!(
                "select level, bucket, row_count from page_counts where account_id = $1 and kind = $2 and level = {RUNS} \
                 and bucket >= $3 and bucket < $4 order by bucket"
            );
            let within = [own[0], own[1], (block * BLOCK).into(), ((block + 1) * BLOCK).into()];
            let runs = tx.query(&sql, &within, read)?;
            find(&runs, left)
                .map_or_else(|| Seek::nowhere(total), |(_, run, skip)| Seek { total, from_id: run * RUN, skip })
        }
    })
}

/// In which of these the row is that has `before` rows before it, and how many of those are in it.
fn find(counts: &[Count], before: i64) -> Option<Count> {
    let mut left = before;
    for &(level, bucket, rows) in counts {
        if left < rows {
            return Some((level, bucket, left));
        }
        left -= rows;
    }
    None
}

/// The first run that is not counted yet, of a kind that is counted later.
fn open_run(tx: &Tx<'_>, account: AccountKey, kind: Kind) -> Result<i64> {
    let sql = format!("select max(bucket) from page_counts where account_id = $1 and kind = $2 and level = {RUNS}");
    let last = tx.first(&sql, &[account.into(), kind.name().into()], |r| r.opt_int(0))?;
    Ok(last.flatten().map_or(0, |run| run + 1))
}

/// Whether there are rows to count in runs to which nothing can be added any more.
pub(crate) fn is_unsettled(tx: &Tx<'_>, account: AccountKey, kind: Kind) -> Result<bool> {
    let Some(table) = kind.counted_later() else { return Ok(false) };
    let open = open_run(tx, account, kind)? * RUN;
    let end = |order: &str| {
        let sql = format!("select id from {table} where account_id = $1 and id >= $2 order by id {order} limit 1");
        tx.first(&sql, &[account.into(), open.into()], |r| r.int(0) / RUN)
    };
    Ok(end("")? < end("desc")?)
}

/// Counts the runs to which nothing can be added any more: all but the last. The account must be locked for this
/// transaction alone: then no row is under way to an id below those that are there.
pub(crate) fn settle(tx: &WriteTx<'_>, account: AccountKey, kind: Kind) -> Result<()> {
    let Some(table) = kind.counted_later() else { return Ok(()) };
    let open = open_run(tx, account, kind)?;
    let sql = format!(
        "select id / {RUN}, count(*) from {table} where account_id = $1 and id >= $2 group by id / {RUN} order by 1"
    );
    let mut counts = tx.query(&sql, &[account.into(), (open * RUN).into()], |r| (r.int(0), r.int(1)))?;
    counts.pop();
    add(tx, account, kind, &counts.into_iter().collect())
}

/// Takes rows that have just been removed out of the count of a kind that is counted later, as far as they are in it.
/// The account must be locked as for [`settle`].
pub(crate) fn uncount(tx: &WriteTx<'_>, account: AccountKey, kind: Kind, ids: impl Iterator<Item = i64>) -> Result<()> {
    let Some(table) = kind.counted_later() else { return Ok(()) };
    let open = open_run(tx, account, kind)?;
    // SQLite gives the ids behind the last row again. So the runs from that row on are open once more: more may come.
    let sql = format!(
        "select level, bucket, row_count from page_counts where account_id = $1 and kind = $2 and level = {RUNS} \
         and bucket >= coalesce((select max(id) from {table} where account_id = $1), 0) / {RUN}"
    );
    let reopened = tx.query(&sql, &[account.into(), kind.name().into()], read)?;
    let mut changes: BTreeMap<i64, i64> = reopened.iter().map(|(_, run, rows)| (*run, -rows)).collect();
    let end = changes.keys().next().copied().unwrap_or(open);
    for id in ids.filter(|id| id / RUN < end) {
        *changes.entry(id / RUN).or_default() -= 1;
    }
    add(tx, account, kind, &changes)
}

/// Counts new rows (`sign` 1) or removed ones (`sign` -1).
pub(crate) fn count(
    tx: &WriteTx<'_>,
    account: AccountKey,
    kind: Kind,
    ids: impl Iterator<Item = i64>,
    sign: i64,
) -> Result<()> {
    let mut runs = BTreeMap::<i64, i64>::new();
    for id in ids {
        *runs.entry(id / RUN).or_default() += sign;
    }
    add(tx, account, kind, &runs)
}

/// Adds to the counts of runs, and of the blocks that they are in. What has come to nothing goes: an account whose rows
/// are long gone pays nothing for them.
fn add(tx: &WriteTx<'_>, account: AccountKey, kind: Kind, runs: &BTreeMap<i64, i64>) -> Result<()> {
    let mut counts: BTreeMap<(i64, i64), i64> = runs.iter().map(|(run, rows)| ((RUNS, *run), *rows)).collect();
    for (run, rows) in runs {
        *counts.entry((BLOCKS, run / BLOCK)).or_default() += rows;
    }
    let row = |level: i64, bucket: i64| vec![account.into(), kind.name().into(), level.into(), bucket.into()];
    let rows: Vec<Vec<Value<'_>>> =
        counts.iter().map(|((level, bucket), rows)| [row(*level, *bucket), vec![(*rows).into()]].concat()).collect();
    tx.execute_many(
        "insert into page_counts (account_id, kind, level, bucket, row_count) values ($1, $2, $3, $4, $5) \
         on conflict (account_id, kind, level, bucket) do update set row_count = page_counts.row_count + excluded.row_count",
        &rows,
    )?;
    let fewer: Vec<Vec<Value<'_>>> =
        counts.iter().filter(|(_, rows)| **rows < 0).map(|((level, bucket), _)| row(*level, *bucket)).collect();
    tx.execute_many(
        "delete from page_counts where account_id = $1 and kind = $2 and level = $3 and bucket = $4 and row_count = 0",
        &fewer,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_in_its_run() {
        let counts = [(RUNS, 0, 3), (RUNS, 2, 0), (RUNS, 5, 1_000), (RUNS, 6, 2)];
        let at = |before| find(&counts, before).map(|(_, run, skip)| (run, skip));
        assert_eq!([0, 2, 3, 1_002, 1_004].map(at), [(0, 0), (0, 2), (5, 0), (5, 999), (6, 1)].map(Some));
        assert_eq!((at(1_005), find(&[], 0)), (None, None));
    }
}
