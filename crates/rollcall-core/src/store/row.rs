//! What goes into a statement and what comes out of it: values and rows of either database.

use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, Type};

use crate::clock::Time;

/// A parameter, borrowed from whoever holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// How many bytes it takes, or somewhat more.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Int(_) | Self::Bool(_) => 8,
        }
    }
}

macro_rules! value_from {
    ($($type:ty => $make:expr),+ $(,)?) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from(value: $type) -> Self {
                #[allow(clippy::redundant_closure_call, reason = "each row of the table is a closure")]
                ($make)(value)
            }
        }
    )+};
}

value_from!(
    i64 => Value::Int,
    bool => Value::Bool,
    Time => |t: Time| Value::Int(t.0),
    &'a str => Value::Text,
    &'a String => |s: &'a String| Value::Text(s),
    &'a [u8] => Value::Bytes,
    &'a Vec<u8> => |b: &'a Vec<u8>| Value::Bytes(b),
    &'a [u8; 32] => |b: &'a [u8; 32]| Value::Bytes(b),
    Option<Time> => |t: Option<Time>| t.map_or(Value::Null, |t| Value::Int(t.0)),
    Option<&'a str> => |s: Option<&'a str>| s.map_or(Value::Null, Value::Text),
    &'a Option<String> => |s: &'a Option<String>| s.as_deref().map_or(Value::Null, Value::Text),
);

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(n),
            Value::Bool(b) => ValueRef::Integer(i64::from(b)),
            Value::Text(s) => ValueRef::Text(s.as_bytes()),
            Value::Bytes(b) => ValueRef::Blob(b),
        }))
    }
}

/// A row of an answer. The columns are the statement's own, so a wrong type is a fault of ours and says so.
pub(crate) enum Row<'r, 's> {
    Sqlite(&'r rusqlite::Row<'s>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_, '_> {
    pub(crate) fn int(&self, column: usize) -> i64 {
        self.opt_int(column).expect("an integer, not null")
    }

    pub(crate) fn opt_int(&self, column: usize) -> Option<i64> {
        match self {
            Self::Sqlite(row) => sqlite(row, column).as_i64_or_null().expect("an integer column"),
            Self::Postgres(row) => postgres::<Option<i64>>(row, column),
        }
    }

    pub(crate) fn bool(&self, column: usize) -> bool {
        match self {
            Self::Sqlite(row) => sqlite(row, column).as_i64().expect("an integer column") != 0,
            Self::Postgres(row) => postgres(row, column),
        }
    }

    pub(crate) fn time(&self, column: usize) -> Time {
        Time(self.int(column))
    }

    pub(crate) fn str(&self, column: usize) -> &str {
        match self {
            Self::Sqlite(row) => sqlite(row, column).as_str().expect("a text column"),
            Self::Postgres(row) => postgres(row, column),
        }
    }

    pub(crate) fn text(&self, column: usize) -> String {
        self.str(column).to_owned()
    }

    pub(crate) fn opt_text(&self, column: usize) -> Option<String> {
        match self {
            Self::Sqlite(row) => sqlite(row, column).as_str_or_null().expect("a text column").map(str::to_owned),
            Self::Postgres(row) => postgres(row, column),
        }
    }

    pub(crate) fn opt_bytes(&self, column: usize) -> Option<Vec<u8>> {
        match self {
            Self::Sqlite(row) => sqlite(row, column).as_blob_or_null().expect("a column of bytes").map(<[u8]>::to_vec),
            Self::Postgres(row) => postgres(row, column),
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> &[u8] {
        match self {
            Self::Sqlite(row) => sqlite(row, column).as_blob().expect("a column of bytes"),
            Self::Postgres(row) => postgres(row, column),
        }
    }

    /// Whatever the column holds; what is true or false comes as 1 or 0, as SQLite keeps it.
    pub(crate) fn any(&self, column: usize) -> Value<'_> {
        match self {
            Self::Sqlite(row) => match sqlite(row, column) {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => Value::Int(n),
                ValueRef::Text(s) => Value::Text(std::str::from_utf8(s).expect("text is UTF-8")),
                ValueRef::Blob(b) => Value::Bytes(b),
                ValueRef::Real(_) => unreachable!("no column holds fractions"),
            },
            Self::Postgres(row) => match *row.columns()[column].type_() {
                Type::INT8 => postgres::<Option<i64>>(row, column).map_or(Value::Null, Value::Int),
                Type::BOOL => postgres::<Option<bool>>(row, column).map_or(Value::Null, |b| Value::Int(i64::from(b))),
                Type::BYTEA => postgres::<Option<&[u8]>>(row, column).map_or(Value::Null, Value::Bytes),
                _ => postgres::<Option<&str>>(row, column).into(),
            },
        }
    }
}

fn sqlite<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> ValueRef<'r> {
    row.get_ref(column).expect("the statement has this column")
}

fn postgres<'r, T: FromSql<'r>>(row: &'r tokio_postgres::Row, column: usize) -> T {
    row.try_get(column).expect("a column of this type")
}
