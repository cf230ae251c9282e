//! Batches on a session: as one statement of many rows where its text allows that, else one behind the other in one go.

use tokio_postgres::Statement;

use super::columns::{self, Column};
use super::parameter::{Parameter, is_impossible};
use super::pipeline::Waiting;
use super::{Owned, Session};
use crate::error::{Error, Result};
use crate::store::{Row, Value};

/// As many rows go in one statement, or as few as have so many bytes: what both ends hold stays bounded.
const ROWS: usize = 20_000;
const BYTES: usize = 16 << 20;

impl Session {
    pub(in crate::store) fn execute(&self, sql: &str, parameters: &[Value<'_>]) -> Result<usize> {
        self.execute_many(sql, &[parameters.to_vec()])
    }

    pub(in crate::store) fn execute_many(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        // Rows of an update may want each other's place: they are changed in their order.
        if sql.starts_with("update ") { self.one_by_one(sql, batch) } else { self.execute_unordered(sql, batch) }
    }

    pub(in crate::store) fn execute_unordered(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        let Some(statement) = self.of_many(sql, batch.len())? else { return self.one_by_one(sql, batch) };
        self.count();
        possible(batch)?;
        let mut changed = 0;
        for rows in chunks(batch) {
            let columns = columns_of(&statement, rows)?;
            let parameters = columns.iter().map(Parameter::Column).collect();
            changed += self.send(&statement, &[parameters], |_, _| {})?.iter().sum::<u64>();
        }
        self.note(changed);
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    fn one_by_one(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<usize> {
        self.count();
        possible(batch)?;
        let changed = self.run(sql, &singly(batch), |_, _| {})?.iter().sum();
        self.note(changed);
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(in crate::store) fn execute_later(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<()> {
        let statement = self.of_many(sql, batch.len())?;
        self.count();
        possible(batch)?;
        self.note(batch.len() as u64);
        let Some(statement) = statement else { return batch.iter().try_for_each(|row| self.later(sql, row)) };
        for rows in chunks(batch) {
            let values = columns_of(&statement, rows)?.into_iter().map(Owned::Column).collect();
            self.waiting.borrow_mut().push(Waiting { statement: statement.clone(), values });
        }
        Ok(())
    }

    pub(in crate::store) fn insert_returning(&self, sql: &str, batch: &[Vec<Value<'_>>]) -> Result<Vec<Option<i64>>> {
        let statement = self.of_many(sql, batch.len())?;
        self.count();
        possible(batch)?;
        let mut ids = vec![None; batch.len()];
        if let Some(statement) = statement {
            let mut before = 0;
            for rows in chunks(batch) {
                let columns = columns_of(&statement, rows)?;
                let parameters = columns.iter().map(Parameter::Column).collect();
                let chunk = &mut ids[before..];
                self.send(&statement, &[parameters], |_, r| {
                    let row = Row::Postgres(r);
                    let place = usize::try_from(row.int(0)).ok().and_then(|nth| nth.checked_sub(1));
                    if let Some(id) = place.and_then(|place| chunk.get_mut(place)) {
                        *id = Some(row.int(1));
                    }
                })?;
                before += rows.len();
            }
        } else {
            self.run(sql, &singly(batch), |place, r| ids[place] = Some(Row::Postgres(r).int(0)))?;
        }
        self.note(ids.iter().flatten().count() as u64);
        Ok(ids)
    }

    /// The statement for so many rows at once; none where there is one row, or where each has to have its own.
    fn of_many(&self, sql: &str, rows: usize) -> Result<Option<Statement>> {
        if rows < 2 {
            return Ok(None);
        }
        if let Some(known) = self.of_many.borrow().get(sql) {
            return Ok(known.clone());
        }
        // What the parameters are is known of the statement for one row.
        let single = self.prepared(sql)?;
        let statement = columns::statement(sql, single.params()).map(|text| self.prepared(&text)).transpose()?;
        self.of_many.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn note(&self, changed: u64) {
        self.changes.set(self.changes.get() + changed);
    }
}

/// A column for each parameter. The statement's own are arrays; what they are arrays of says which values may be in them.
fn columns_of(statement: &Statement, rows: &[Vec<Value<'_>>]) -> Result<Vec<Column>> {
    let kinds = statement.params().iter().enumerate();
    let columns = kinds.map(|(place, kind)| Column::of(rows, place, kind));
    columns.collect::<std::result::Result<_, _>>().map_err(|error| Error::internal(format!("a batch: {error}")))
}

/// The batch in parts that are not too large for one statement.
fn chunks<'b, 'v>(mut batch: &'b [Vec<Value<'v>>]) -> impl Iterator<Item = &'b [Vec<Value<'v>>]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |row: &&Vec<Value<'_>>| {
            bytes += row.iter().map(Value::size).sum::<usize>();
            bytes <= BYTES
        };
        let rows = batch.iter().take(ROWS).take_while(fits).count().max(1).min(batch.len());
        let (chunk, rest) = batch.split_at(rows);
        batch = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// A text that PostgreSQL cannot hold is refused here, in words.
fn possible(batch: &[Vec<Value<'_>>]) -> Result<()> {
    if batch.iter().flatten().any(is_impossible) {
        return Err(Error::invalid("a text has a NUL character in it, which cannot be kept"));
    }
    Ok(())
}

fn singly<'a>(batch: &[Vec<Value<'a>>]) -> Vec<Vec<Parameter<'a>>> {
    batch.iter().map(|row| row.iter().copied().map(Parameter::One).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_bounded_in_rows_and_bytes_and_leave_nothing_out() {
        let sizes = |batch: &[Vec<Value<'_>>]| chunks(batch).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&vec![vec![Value::Int(1)]; 2 * ROWS + 1]), [ROWS, ROWS, 1]);
        let large = vec![0; BYTES / 2];
        assert_eq!(sizes(&vec![vec![Value::Bytes(&large)]; 5]), [2, 2, 1]);
        let huge = vec![0; BYTES + 1];
        assert_eq!(sizes(&vec![vec![Value::Bytes(&huge)]; 2]), [1, 1]);
    }
}
