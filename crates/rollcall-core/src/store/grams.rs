//! The index of users' texts: which users of a block have three characters beside each other. It is filled after users have
//! come, a block of ids at a time (decision 0027); what it does not know of is looked at directly.

use std::collections::{HashMap, HashSet};

use super::{AccountKey, Row, Tx, UserKey, Value, WriteTx};
use crate::error::Result;

/// How many internal ids share a block: as many users are looked at directly at most, once the index has been filled.
pub(crate) const BLOCK: i64 = 8192;
/// As many changes wait until their blocks are indexed anew.
const CHANGES: i64 = 200;
/// A block with a bit for each user, in bytes and in words.
const BYTES: usize = BLOCK as usize / 8;
const WORDS: usize = BLOCK as usize / 64;

/// Three characters beside each other, as a number: 21 bits for each.
pub(crate) fn of_text(text: &str, out: &mut HashSet<i64>) {
    let (mut gram, mut length) = (0_i64, 0);
    for c in text.chars() {
        gram = ((gram << 21) | i64::from(u32::from(c))) & i64::MAX;
        length += 1;
        if length >= 3 {
            out.insert(gram);
        }
    }
}

/// What of a user is searched.
pub(crate) struct Texts {
    pub(crate) key: UserKey,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) org_user_id: Option<String>,
}

const TEXTS: &str = "u.id, u.first_name, u.last_name, u.email, u.email_key, u.org_user_id";

fn texts(r: &Row<'_, '_>) -> Texts {
    Texts {
        key: UserKey(r.int(0)),
        first_name: r.opt_text(1),
        last_name: r.opt_text(2),
        email: r.text(3),
        email_key: r.text(4),
        org_user_id: r.opt_text(5),
    }
}

/// A bit for each user of a block.
pub(crate) type Bits = [u64; WORDS];

fn unpacked(bytes: &[u8]) -> Box<Bits> {
    let mut bits = Box::new([0; WORDS]);
    if bytes.len() == BYTES {
        for (word, eight) in bits.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(eight.try_into().unwrap_or_default());
        }
        return bits;
    }
    for two in bytes.chunks_exact(2) {
        let place = usize::from(u16::from_le_bytes([two[0], two[1]]));
        if let Some(word) = bits.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }
    bits
}

/// As it is kept: whichever is shorter. A list is never as long as the bits are.
fn packed(places: &[u16]) -> Vec<u8> {
    if places.len() * 2 < BYTES {
        return places.iter().flat_map(|place| place.to_le_bytes()).collect();
    }
    let mut bytes = vec![0; BYTES];
    for place in places {
        bytes[usize::from(*place) / 8] |= 1 << (place % 8);
    }
    bytes
}

/// The blocks that are indexed, in order.
pub(crate) fn blocks(tx: &Tx<'_>, account: AccountKey) -> Result<Vec<i64>> {
    let sql = "select block from search_blocks where account_id = $1 order by block";
    tx.query(sql, &[account.into()], |r| r.int(0))
}

/// In which users of each indexed block all of these grams stand. One statement.
pub(crate) fn having(tx: &Tx<'_>, account: AccountKey, grams: &[i64]) -> Result<Vec<(i64, Box<Bits>)>> {
    let list: Vec<Value<'_>> = grams.iter().copied().map(Value::Int).collect();
    let rows = tx.query_list(
        // SQLite joins in the order in which this is written: a few seeks for each block.
        "select g.block, g.users from search_blocks b cross join search_grams g where b.account_id = $1 \
         and g.account_id = b.account_id and g.block = b.block and g.gram in {list}",
        &[account.into()],
        &list,
        |r| (r.int(0), unpacked(r.bytes(1))),
    )?;
    let mut found = HashMap::<i64, (usize, Box<Bits>)>::new();
    for (block, bits) in rows {
        match found.get_mut(&block) {
            None => drop(found.insert(block, (1, bits))),
            Some((times, all)) => {
                *times += 1;
                all.iter_mut().zip(bits.iter()).for_each(|(one, other)| *one &= other);
            }
        }
    }
    let whole = found.into_iter().filter(|(_, (times, _))| *times == grams.len());
    let mut out: Vec<_> = whole.map(|(block, (_, bits))| (block, bits)).collect();
    out.sort_unstable_by_key(|(block, _)| *block);
    Ok(out)
}

/// Those of whom the index does not know, or knows what is no more, whom `wanted` wants; in order. All ids from `from` on
/// are in no block.
pub(crate) fn looked_at(
    tx: &Tx<'_>,
    account: AccountKey,
    from: i64,
    mut wanted: impl FnMut(&Texts) -> bool,
) -> Result<Vec<i64>> {
    let sql = format!(
        "select {TEXTS} from users u where u.account_id = $1 and u.id >= $2 \
         union all select {TEXTS} from search_changes c join users u on u.id = c.user_id \
         where c.account_id = $1 and u.account_id = $1 and u.id < $2"
    );
    let rows = tx.query(&sql, &[account.into(), from.into()], |r| {
        let texts = texts(r);
        wanted(&texts).then_some(texts.key.0)
    })?;
    let mut ids: Vec<i64> = rows.into_iter().flatten().collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Notes that the texts of these users are about to change.
pub(super) fn note_changed(tx: &WriteTx<'_>, account: AccountKey, users: impl Iterator<Item = UserKey>) -> Result<()> {
    // Whoever is in no block is looked at anyway.
    let indexed: HashSet<i64> = blocks(tx, account)?.into_iter().collect();
    let users = users.filter(|user| indexed.contains(&(user.0 / BLOCK)));
    let rows: Vec<Vec<Value<'_>>> = users.map(|user| vec![account.into(), user.into()]).collect();
    let sql = "insert into search_changes (account_id, user_id) values ($1, $2) on conflict do nothing";
    tx.execute_many(sql, &rows).map(|_| ())
}

/// After users have gone: SQLite gives the ids behind the last one again, so that blocks from there on are in the index no
/// more.
pub(super) fn reopen(tx: &WriteTx<'_>, account: AccountKey) -> Result<()> {
    let sql = format!(
        "delete from search_blocks where account_id = $1 \
         and block >= coalesce((select max(id) from users where account_id = $1), 0) / {BLOCK}"
    );
    tx.execute(&sql, &[account.into()]).map(|_| ())
}

/// The next block to be indexed: one to which nothing can be added any more, or one of many changes; `any` change will do
/// where there is time for it. Four statements.
pub(crate) fn due(tx: &Tx<'_>, account: AccountKey, any: bool) -> Result<Option<i64>> {
    let number = |sql: &str, parameters: &[Value<'_>]| tx.first(sql, parameters, |r| r.opt_int(0)).map(Option::flatten);
    let last = number("select max(block) from search_blocks where account_id = $1", &[account.into()])?;
    let from = last.map_or(0, |block| (block + 1) * BLOCK);
    let first_id = "select min(id) from users where account_id = $1 and id >= $2";
    let next = number(first_id, &[account.into(), from.into()])?.map(|id| id / BLOCK);
    let end = number("select max(id) from users where account_id = $1", &[account.into()])?.map(|id| id / BLOCK);
    if next < end {
        return Ok(next);
    }
    let most = format!(
        "select min(c.user_id) from (select user_id from search_changes where account_id = $1 order by user_id limit {CHANGES}) c \
         having count(*) >= $2"
    );
    let least = if any { 1 } else { CHANGES };
    Ok(number(&most, &[account.into(), least.into()])?.map(|id| id / BLOCK))
}

/// Indexes a block, in the place of what the index said of it. The account must be locked for this transaction alone: then
/// no row is under way to an id below those that are there. `texts_of` gives what is searched of a user.
pub(crate) fn index(
    tx: &WriteTx<'_>,
    account: AccountKey,
    block: i64,
    texts_of: impl Fn(&Texts) -> Vec<String>,
) -> Result<()> {
    let (begin, end) = (block * BLOCK, (block + 1) * BLOCK);
    let own = [account.into(), begin.into(), end.into()];
    let users = tx.query(
        &format!("select {TEXTS} from users u where u.account_id = $1 and u.id >= $2 and u.id < $3 order by u.id"),
        &own,
        texts,
    )?;
    let mut places = HashMap::<i64, Vec<u16>>::new();
    for user in &users {
        let mut grams = HashSet::new();
        texts_of(user).iter().for_each(|text| of_text(text, &mut grams));
        let place = u16::try_from(user.key.0 - begin).unwrap_or(0);
        grams.into_iter().for_each(|gram| places.entry(gram).or_default().push(place));
    }
    let at = [account.into(), block.into()];
    tx.execute("delete from search_grams where account_id = $1 and block = $2", &at)?;
    tx.execute("delete from search_changes where account_id = $1 and user_id >= $2 and user_id < $3", &own)?;
    let mut packed: Vec<(i64, Vec<u8>)> = places.iter().map(|(gram, places)| (*gram, packed(places))).collect();
    packed.sort_unstable_by_key(|(gram, _)| *gram);
    let rows: Vec<Vec<Value<'_>>> =
        packed.iter().map(|(gram, users)| vec![at[0], at[1], (*gram).into(), users.into()]).collect();
    tx.execute_many("insert into search_grams (account_id, block, gram, users) values ($1, $2, $3, $4)", &rows)?;
    tx.execute("insert into search_blocks (account_id, block) values ($1, $2) on conflict do nothing", &at)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again_be_it_few_or_many() {
        for step in [1, 7, 15, 16, 17, 4000] {
            let places: Vec<u16> = (0..BLOCK as u16).step_by(step).collect();
            let bytes = packed(&places);
            assert!(bytes.len() <= BYTES);
            let bits = unpacked(&bytes);
            let out: Vec<u16> = (0..BLOCK as u16).filter(|p| bits[usize::from(*p) / 64] >> (p % 64) & 1 == 1).collect();
            assert_eq!(out, places, "every {step}th");
        }
    }

    #[test]
    fn three_characters_are_one_number_and_others_another_one() {
        let of = |text: &str| {
            let mut out = HashSet::new();
            of_text(text, &mut out);
            out
        };
        assert_eq!((of("ab").len(), of("abc").len(), of("abcabc").len()), (0, 1, 3));
        assert!(of("\u{10FFFF}\u{10FFFF}\u{10FFFF}").iter().all(|gram| *gram >= 0));
        assert!(of("xabc").is_superset(&of("abc")) && of("abc").is_disjoint(&of("acb")));
    }
}
