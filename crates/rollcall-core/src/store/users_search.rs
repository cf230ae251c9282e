//! Lists of users by what is asked for: rows by sort and cursor, and the ids of those who are in a group, hold a role, or
//! have a status or a flag.

use super::{AccountKey, GroupKey, Row, Tx, UserKey, Value, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::id::UserId;
use crate::users::search::{Flag, Sort, name_key};
use crate::users::{Profile, ProfileField, Status};

/// A user on a list.
#[derive(Debug, Clone)]
pub(crate) struct ListRow {
    pub(crate) key: UserKey,
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) email_key: String,
    pub(crate) org_user_id: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) name_key: String,
    pub(crate) status: Status,
    pub(crate) can_create_bot: bool,
    pub(crate) is_developer: bool,
    pub(crate) data_tables: bool,
    pub(crate) last_login: Option<Time>,
    pub(crate) created: Time,
}

const COLUMNS: &str = "u.id, u.public_id, u.email, u.email_key, u.org_user_id, u.first_name, u.last_name, u.name_key, \
    u.status, u.can_create_bot, u.is_developer, u.data_tables, u.last_login_at, u.created_at";

fn row(r: &Row<'_, '_>) -> ListRow {
    ListRow {
        key: UserKey(r.int(0)),
        id: UserId::stored(r.text(1)),
        email: r.text(2),
        email_key: r.text(3),
        org_user_id: r.opt_text(4),
        first_name: r.opt_text(5),
        last_name: r.opt_text(6),
        name_key: r.opt_text(7).unwrap_or_default(),
        status: Status::stored(r.str(8)),
        can_create_bot: r.bool(9),
        is_developer: r.bool(10),
        data_tables: r.bool(11),
        last_login: r.opt_int(12).map(Time),
        created: r.time(13),
    }
}

/// What must be so of every user of a list, as far as the database is asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Conditions {
    pub(crate) status: Option<Status>,
    pub(crate) flag: Option<Flag>,
    pub(crate) group: Option<GroupKey>,
}

fn flag_column(flag: Flag) -> &'static str {
    match flag {
        Flag::Develops => "is_developer",
        Flag::CreatesBots => "can_create_bot",
        Flag::UsesDataTables => "data_tables",
    }
}

impl Conditions {
    /// As SQL; its values come after those that are there.
    fn sql(self, values: &mut Vec<Value<'_>>) -> String {
        let mut sql = String::new();
        if let Some(status) = self.status {
            values.push(status.word().into());
            sql += &format!(" and u.status = ${}", values.len());
        }
        if let Some(flag) = self.flag {
            sql += &format!(" and u.{}", flag_column(flag));
        }
        if let Some(group) = self.group {
            values.push(group.into());
            sql += &format!(
                " and exists (select 1 from memberships m where m.group_id = ${} and m.user_id = u.id)",
                values.len()
            );
        }
        sql
    }
}

/// Of these users those of whom the conditions are so; in no order.
pub(crate) fn of_ids(tx: &Tx<'_>, account: AccountKey, ids: &[i64], conditions: Conditions) -> Result<Vec<ListRow>> {
    let mut values = vec![account.into()];
    let sql = conditions.sql(&mut values);
    let list: Vec<Value<'_>> = ids.iter().copied().map(Value::Int).collect();
    let sql = format!("select {COLUMNS} from users u where u.account_id = $1{sql} and u.id in {{list}}");
    tx.query_list(&sql, &values, &list, row)
}

/// The user of this public id, from whom on a list goes on.
pub(crate) fn find(tx: &Tx<'_>, account: AccountKey, id: &str) -> Result<Option<ListRow>> {
    let sql = format!("select {COLUMNS} from users u where u.account_id = $1 and u.public_id = $2");
    tx.first(&sql, &[account.into(), id.into()], row)
}

/// From where a user came, and when anything about them was changed last.
pub(crate) fn kept(tx: &Tx<'_>, account: AccountKey, user: UserKey) -> Result<Option<(String, Time)>> {
    let sql = "select source, updated_at from users where account_id = $1 and id = $2";
    tx.first(sql, &[account.into(), user.into()], |r| (r.text(0), r.time(1)))
}

/// Users in an order, after one of them, as many as `limit`. Each order has an index.
pub(crate) fn sorted(
    tx: &Tx<'_>,
    account: AccountKey,
    conditions: Conditions,
    sort: Sort,
    descending: bool,
    after: Option<&ListRow>,
    limit: usize,
) -> Result<Vec<ListRow>> {
    let mut values = vec![account.into()];
    let mut sql = conditions.sql(&mut values);
    let column = match sort {
        Sort::Created => None,
        Sort::Name => Some("u.name_key"),
        Sort::Email => Some("u.email_key"),
        Sort::LastSignIn => Some("u.last_login_key"),
    };
    let (than, order) = if descending { ("<", " desc") } else { (">", "") };
    if let Some(after) = after {
        let key = match sort {
            Sort::Created => None,
            Sort::Name => Some(Value::from(&after.name_key)),
            Sort::Email => Some(Value::from(&after.email_key)),
            Sort::LastSignIn => Some(Value::Int(after.last_login.map_or(0, |time| time.0))),
        };
        values.extend(key);
        values.push(after.key.into());
        let last = values.len();
        sql += &match column {
            None => format!(" and u.id {than} ${last}"),
            Some(column) => format!(" and ({column}, u.id) {than} (${}, ${last})", last - 1),
        };
    }
    values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
    let by = column.map_or_else(String::new, |column| format!("{column}{order}, "));
    let sql = format!(
        "select {COLUMNS} from users u where u.account_id = $1{sql} order by {by}u.id{order} limit ${}",
        values.len()
    );
    tx.query(&sql, &values, row)
}

/// Users after one of this id, in order of creation.
pub(crate) fn after_id(
    tx: &Tx<'_>,
    account: AccountKey,
    conditions: Conditions,
    after: i64,
    limit: usize,
) -> Result<Vec<ListRow>> {
    let mut values = vec![account.into(), after.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    let sql = conditions.sql(&mut values);
    let sql =
        format!("select {COLUMNS} from users u where u.account_id = $1 and u.id > $2{sql} order by u.id limit $3");
    tx.query(&sql, &values, row)
}

/// The ids of those with this status, in order; each of these has an index.
pub(crate) fn with_status(
    tx: &Tx<'_>,
    account: AccountKey,
    status: Status,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>> {
    let sql = "select id from users where account_id = $1 and status = $2 and id > $3 order by id limit $4";
    tx.query(sql, &[account.into(), status.word().into(), after.into(), limit.into()], |r| r.int(0))
}

/// The ids of those with this flag, in order.
pub(crate) fn with_flag(tx: &Tx<'_>, account: AccountKey, flag: Flag, after: i64, limit: i64) -> Result<Vec<i64>> {
    let column = flag_column(flag);
    let sql = format!("select id from users where account_id = $1 and {column} and id > $2 order by id limit $3");
    tx.query(&sql, &[account.into(), after.into(), limit.into()], |r| r.int(0))
}

/// The ids of the direct members of a group, in order.
pub(crate) fn in_group(tx: &Tx<'_>, group: GroupKey, after: i64, limit: i64) -> Result<Vec<i64>> {
    let sql = "select user_id from memberships where group_id = $1 and user_id > $2 order by user_id limit $3";
    tx.query(sql, &[group.into(), after.into(), limit.into()], |r| r.int(0))
}

const WITHOUT: &str = "name_key is null";

/// Whether there are users of whom it is not worked out yet by what their names are sorted.
pub(crate) fn lacks_name_keys(tx: &Tx<'_>) -> Result<bool> {
    Ok(tx.first(&format!("select 1 from users where {WITHOUT} limit 1"), &[], |_| ())?.is_some())
}

/// Works it out.
pub(crate) fn work_out_name_keys(tx: &WriteTx<'_>) -> Result<()> {
    loop {
        let sql = format!("select id, first_name, last_name from users where {WITHOUT} limit 10000");
        let rows = tx.query(&sql, &[], |r| {
            let mut profile = Profile::default();
            profile.set(ProfileField::FirstName, r.opt_text(1));
            profile.set(ProfileField::LastName, r.opt_text(2));
            (r.int(0), name_key(&profile))
        })?;
        if rows.is_empty() {
            return Ok(());
        }
        let batch: Vec<Vec<Value<'_>>> = rows.iter().map(|(id, key)| vec![(*id).into(), key.into()]).collect();
        tx.execute_unordered("update users set name_key = $2 where id = $1", &batch)?;
    }
}
