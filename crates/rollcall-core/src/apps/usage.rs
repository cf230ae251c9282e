//! When apps were last used and why their tokens were refused: gathered in memory, written now and then, so that a
//! request costs no write.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::token::Refusal;
use crate::clock::Time;
use crate::error::Result;
use crate::op::Op;
use crate::store::{self, AccountKey, AppKey, Chore};

/// What has been seen of the apps since the last flush.
#[derive(Debug, Default)]
pub(crate) struct Usage(Mutex<HashMap<(AccountKey, AppKey), Seen>>);

/// What has been seen of one app.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) last_used: Option<Time>,
    /// By secret.
    pub(crate) secrets: HashMap<Arc<str>, Time>,
    pub(crate) refusals: HashMap<&'static str, (i64, Time)>,
}

impl Usage {
    pub(crate) fn used(&self, account: AccountKey, app: AppKey, secret: &Arc<str>, now: Time) {
        let mut apps = self.0.lock();
        let seen = apps.entry((account, app)).or_default();
        seen.last_used = Some(now);
        match seen.secrets.get_mut(secret) {
            Some(last) => *last = now,
            None => drop(seen.secrets.insert(Arc::clone(secret), now)),
        }
    }

    pub(crate) fn refused(&self, account: AccountKey, app: AppKey, refusal: Refusal, now: Time) {
        let mut seen = self.0.lock();
        let refusals = &mut seen.entry((account, app)).or_default().refusals;
        let entry = refusals.entry(refusal.reason()).or_insert((0, now));
        *entry = (entry.0 + 1, now);
    }

    pub(crate) fn has(&self, account: AccountKey) -> bool {
        self.0.lock().keys().any(|(of, _)| *of == account)
    }

    fn take(&self, account: AccountKey) -> Vec<(AppKey, Seen)> {
        let mut seen = self.0.lock();
        let keys: Vec<_> = seen.keys().filter(|(a, _)| *a == account).copied().collect();
        keys.into_iter().filter_map(|key| Some((key.1, seen.remove(&key)?))).collect()
    }
}

/// Writes what has been seen of the account's apps; true where there was anything. What cannot be written is forgotten:
/// it is a hint for people, not a record.
///
/// # Errors
/// When the database fails.
pub fn flush(op: &mut Op<'_>) -> Result<bool> {
    op.expect_chore(Chore::Usage)?;
    let seen = op.shared.usage.take(op.account);
    if seen.is_empty() {
        return Ok(false);
    }
    op.upkeep(|tx, view| store::apps::note_usage(tx, view.account, &seen))?;
    Ok(true)
}
