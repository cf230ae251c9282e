//! A batch as one statement: its rows travel as columns, an array for each parameter, and PostgreSQL makes rows of them
//! again. How the texts become such statements is here; they are sent by `batch.rs`.

use std::error::Error as StdError;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::store::Value;

/// The statement that does for all rows of a batch what `sql` does for one, its parameters being arrays of these types;
/// none for a text that it cannot be made of.
///
/// An insert writes the rows in the order of the batch: of two that are in each other's way the first is written, and ids
/// grow with the places. One that gives ids back gives `place, id` for each row that was written, places from 1 on.
pub(super) fn statement(sql: &str, kinds: &[Type]) -> Option<String> {
    let rows = rows(kinds)?;
    if let Some(insert) = Insert::read(sql) {
        return insert.of_many(&rows, kinds.len());
    }
    if let Some(rest) = sql.strip_prefix("delete from ") {
        let (table, which) = rest.split_once(" where ")?;
        return Some(format!("delete from {table} using {rows} where {}", of_row(which, kinds.len())));
    }
    let (table, rest) = sql.strip_prefix("update ")?.split_once(" set ")?;
    let (sets, which) = rest.split_once(" where ")?;
    let (sets, which) = (of_row(sets, kinds.len()), of_row(which, kinds.len()));
    Some(format!("update {table} set {sets} from {rows} where {which}"))
}

/// An insert of one row, in its parts.
struct Insert<'a> {
    table: &'a str,
    columns: &'a str,
    values: &'a str,
    end: &'a str,
}

impl<'a> Insert<'a> {
    fn read(sql: &'a str) -> Option<Self> {
        let (head, rest) = sql.strip_prefix("insert into ")?.split_once(") values (")?;
        let (table, columns) = head.split_once(" (")?;
        let (values, end) = rest.split_once(')')?;
        Some(Self { table, columns, values, end: end.trim() })
    }

    fn of_many(&self, rows: &str, width: usize) -> Option<String> {
        let Self { table, columns, .. } = self;
        let values = of_row(self.values, width);
        match self.end {
            "" | "on conflict do nothing" => Some(format!(
                "insert into {table} ({columns}) select {values} from {rows} order by b.nth_row {}",
                self.end
            )),
            // The ids are drawn first, in order: that tells which row has which, also where some are left out.
            "on conflict do nothing returning id" => Some(format!(
                "with b as materialized (select nextval((select pg_get_serial_sequence('{table}', 'id')::regclass)) as \
                 new_id, b.* from {rows} order by b.nth_row), \
                 added as (insert into {table} (id, {columns}) select b.new_id, {values} from b order by b.nth_row \
                 on conflict do nothing returning id) \
                 select b.nth_row, added.id from added join b on b.new_id = added.id"
            )),
            _ => None,
        }
    }
}

/// The arrays as rows: `b.p1` is what `$1` was, `b.nth_row` the place.
fn rows(kinds: &[Type]) -> Option<String> {
    let arrays: Option<Vec<String>> =
        kinds.iter().zip(1..).map(|(kind, n)| name_of(kind).map(|name| format!("${n}::{name}[]"))).collect();
    let names: Vec<String> = (1..=kinds.len()).map(|n| format!("p{n}")).collect();
    let (arrays, names) = (arrays?, names.join(", "));
    (!arrays.is_empty()).then(|| format!("unnest({}) with ordinality as b ({names}, nth_row)", arrays.join(", ")))
}

/// `$n` becomes the row's own value; the higher numbers first, because `$1` begins `$12`.
fn of_row(text: &str, width: usize) -> String {
    (1..=width).rev().fold(text.to_owned(), |text, n| text.replace(&format!("${n}"), &format!("b.p{n}")))
}

/// How a type is written whose values may come as a column.
fn name_of(kind: &Type) -> Option<&'static str> {
    match *kind {
        Type::INT8 => Some("bigint"),
        Type::BOOL => Some("boolean"),
        Type::TEXT => Some("text"),
        Type::BYTEA => Some("bytea"),
        _ => None,
    }
}

/// What an array begins with, and what each of its values begins with, in bytes.
const HEAD: usize = 20;
const LENGTH: usize = 4;

/// An array as it goes over the wire.
#[derive(Debug)]
pub(super) struct Column(BytesMut);

impl Column {
    /// What each of these rows has at that place, as an array of that type.
    pub(super) fn of(
        rows: &[Vec<Value<'_>>],
        place: usize,
        kind: &Type,
    ) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let values: Vec<Value<'_>> = rows.iter().map(|row| row.get(place).copied().unwrap_or(Value::Null)).collect();
        // As much as it takes at most: it does not grow by copies of itself.
        let mut bytes = BytesMut::with_capacity(HEAD + values.iter().map(|value| LENGTH + value.size()).sum::<usize>());
        values.to_sql(kind, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl ToSql for Column {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_one_row_become_statements_of_many() {
        let made = |sql| statement(sql, &[Type::INT8, Type::TEXT]).unwrap_or_default();
        let rows = "unnest($1::bigint[], $2::text[]) with ordinality as b (p1, p2, nth_row)";
        assert_eq!(
            made("insert into t (a, b, c) values ($1, $2, 'open') on conflict do nothing"),
            format!(
                "insert into t (a, b, c) select b.p1, b.p2, 'open' from {rows} order by b.nth_row on conflict do nothing"
            )
        );
        assert_eq!(
            made("delete from t where a = $1 and b = $2"),
            format!("delete from t using {rows} where a = b.p1 and b = b.p2")
        );
        assert_eq!(
            made("update t set b = $2 where a = $1"),
            format!("update t set b = b.p2 from {rows} where a = b.p1")
        );
        for single in [
            "insert into t (a) values ($1) on conflict (a) do update set b = $2",
            "insert into t (a, b) select $1, $2 from u on conflict do nothing",
            "select $1, $2",
        ] {
            assert_eq!(made(single), "", "{single}");
        }
        assert_eq!(statement("delete from t where a = $1", &[Type::JSON]), None);
    }

    #[test]
    fn parameters_are_told_from_those_that_begin_like_them() {
        assert_eq!(of_row("$1, $12, $2", 12), "b.p1, b.p12, b.p2");
    }
}
