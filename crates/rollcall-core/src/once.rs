//! Requests that must not be done twice: what an idempotency key remembers (API contract §1, Safe retries).

use crate::actor::Actor;
use crate::error::{Code, Error, Result};
use crate::op::Op;
use crate::store::{self, Chore};

/// A reply as it goes over the wire: what an idempotency key remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The face's status number.
    pub status: u16,
    /// The bytes.
    pub body: Vec<u8>,
    /// Whether this is an earlier reply, told again.
    pub replayed: bool,
}

/// A request that must not be done twice: the client's key, and what the request was.
#[derive(Debug, Clone)]
pub struct Once {
    /// The client's `Idempotency-Key`, at most 255 characters.
    pub key: String,
    /// SHA-256 of the route, the query and the body.
    pub fingerprint: [u8; 32],
}

/// For how long a reply is remembered: 24 hours (API contract §1, Safe retries).
pub const REMEMBERED_MILLIS: i64 = 24 * 3600 * 1000;

impl Once {
    /// Forgets the replies whose time is up.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_expired(op: &mut Op<'_>) -> Result<usize> {
        op.expect_chore(Chore::Forget)?;
        op.upkeep(|tx, view| store::once::forget(tx, view.now.plus_millis(-REMEMBERED_MILLIS)))
    }

    /// Answers what the first call answered, or does the work and remembers its reply in the same transaction.
    pub(crate) fn run(&self, op: &mut Op<'_>, work: impl FnOnce(&mut Op<'_>) -> Result<Reply>) -> Result<Reply> {
        let Actor::App(app) = op.actor.clone() else {
            return work(op);
        };
        op.expect_key(app.key, &self.key)?;
        let since = op.now.plus_millis(-REMEMBERED_MILLIS);
        if let Some((fingerprint, reply)) = store::once::find(op.tx, app.key, &self.key, since)? {
            // A reply that is only told again is for who may have it now.
            op.stand()?;
            if fingerprint == self.fingerprint {
                return Ok(reply);
            }
            return Err(Error::new(
                Code::KeyReused,
                format!("the Idempotency-Key {:?} was used before with another request; use a new key", self.key),
            ));
        }
        let reply = work(op)?;
        op.upkeep(|tx, view| store::once::remember(tx, app.key, &self.key, &self.fingerprint, &reply, view.now))?;
        Ok(reply)
    }
}
