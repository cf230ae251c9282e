//! The server's own key pairs.

use super::{Row, Tx, WriteTx};
use crate::clock::Time;
use crate::error::Result;
use crate::keys::{Purpose, ServerKey};

const COLUMNS: &str = "kid, purpose, sealed, public_key, created_at, retires_at";

fn key(r: &Row<'_, '_>) -> ServerKey {
    ServerKey {
        kid: r.text(0),
        purpose: Purpose::stored(r.str(1)),
        sealed: r.bytes(2).to_vec(),
        public_key: r.bytes(3).to_vec(),
        created: r.time(4),
        retires: r.opt_int(5).map(Time),
    }
}

/// All, oldest first.
pub(crate) fn list(tx: &Tx<'_>) -> Result<Vec<ServerKey>> {
    tx.query(&format!("select {COLUMNS} from server_keys order by id"), &[], key)
}

/// Keeps a pair.
pub(crate) fn insert(tx: &WriteTx<'_>, key: &ServerKey) -> Result<()> {
    tx.execute(
        &format!("insert into server_keys ({COLUMNS}) values ($1, $2, $3, $4, $5, $6)"),
        &[
            (&key.kid).into(),
            key.purpose.name().into(),
            (&key.sealed).into(),
            (&key.public_key).into(),
            key.created.into(),
            key.retires.into(),
        ],
    )?;
    Ok(())
}

/// Those of a purpose that have no end yet, or a later one, retire then.
pub(crate) fn retire(tx: &WriteTx<'_>, purpose: Purpose, at: Time) -> Result<usize> {
    tx.execute(
        "update server_keys set retires_at = $2 where purpose = $1 and (retires_at is null or retires_at > $2)",
        &[purpose.name().into(), at.into()],
    )
}
