//! Values as PostgreSQL takes them, in the type that the statement's parameter has.

use std::error::Error as StdError;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::columns::Column;
use crate::store::Value;

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (*self, kind) {
            (Value::Null, _) => Ok(IsNull::Yes),
            // What is true or false is 1 or 0 to whoever copies rows from SQLite.
            (Value::Int(n), &Type::BOOL) => (n != 0).to_sql(kind, out),
            (Value::Int(n), &Type::INT8) => n.to_sql(kind, out),
            (Value::Bool(b), &Type::BOOL) => b.to_sql(kind, out),
            (Value::Text(s), &Type::TEXT) => s.to_sql(kind, out),
            (Value::Bytes(b), &Type::BYTEA) => b.to_sql(kind, out),
            (value, kind) => Err(format!("{value:?} is given for a parameter of type {kind}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each value looks for itself: whether it fits depends on more than the Rust type.
        true
    }

    to_sql_checked!();
}

/// One value, the list of `= any(…)`, or a column of a batch.
#[derive(Debug)]
pub(super) enum Parameter<'a> {
    One(Value<'a>),
    List(&'a [Value<'a>]),
    Column(&'a Column),
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::One(value) => value.to_sql(kind, out),
            Self::List(values) => values.to_sql(kind, out),
            Self::Column(column) => column.to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Whether PostgreSQL has no way to hold the value: its texts have no NUL character. Nothing that it holds is equal.
pub(super) fn is_impossible(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(text) if text.contains('\0'))
}
