//! PostgreSQL's own ways: the address and its TLS, one connection with its pipeline, the threads that share the work. The
//! words that its schema spells otherwise are in `../migrate.rs`.

mod address;
mod batch;
mod columns;
mod connect;
mod failure;
mod lock;
mod parameter;
mod pipeline;
mod pool;
mod session;
mod tls;
mod transact;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::Value;
use crate::error::Result;

use parameter::Parameter;

pub use address::Address;
pub(super) use pool::start;
pub(super) use session::{Begin, Session};

/// Whether Rollcall has ever been started on the database.
pub(super) fn exists(address: &Address) -> Result<bool> {
    pool::apart(|| {
        let session = Session::connect(address, Duration::from_secs(10), &Arc::new(AtomicU64::new(0)), 0)?;
        let mut exists = false;
        session.each("select to_regclass('schema_migrations') is not null", &[], &mut |r| exists = r.bool(0))?;
        Ok(exists)
    })
}

type Each<'a> = dyn FnMut(&super::Row<'_, '_>) + 'a;

/// A [`Value`] that lives for itself, for statements that are sent later.
#[derive(Debug)]
enum Owned {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    /// One for each row of a batch.
    Column(columns::Column),
}

impl From<Value<'_>> for Owned {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(n) => Self::Int(n),
            Value::Bool(b) => Self::Bool(b),
            Value::Text(s) => Self::Text(s.to_owned()),
            Value::Bytes(b) => Self::Bytes(b.to_vec()),
        }
    }
}

impl Owned {
    fn as_parameter(&self) -> Parameter<'_> {
        Parameter::One(match self {
            Self::Null => Value::Null,
            Self::Int(n) => Value::Int(*n),
            Self::Bool(b) => Value::Bool(*b),
            Self::Text(s) => Value::Text(s),
            Self::Bytes(b) => Value::Bytes(b),
            Self::Column(column) => return Parameter::Column(column),
        })
    }
}
