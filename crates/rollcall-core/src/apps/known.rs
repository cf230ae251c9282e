//! The apps that were recognised lately, with their credentials unsealed. Whether a record is still true is not known
//! here: the transaction of whoever acts by it asks.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::token::Known;

/// As many apps are remembered. One too many, and all are forgotten: each is found again by its next request.
const REMEMBERED: usize = 4_096;

/// Records by client id.
#[derive(Default)]
pub(crate) struct KnownApps(RwLock<HashMap<String, Arc<Known>>>);

impl KnownApps {
    pub(crate) fn get(&self, client_id: &str) -> Option<Arc<Known>> {
        self.0.read().get(client_id).cloned()
    }

    /// Remembers a record in the place of another: an earlier one that comes late is found out by its stamp.
    pub(crate) fn put(&self, client_id: &str, known: &Arc<Known>) {
        let mut apps = self.0.write();
        if apps.len() >= REMEMBERED && !apps.contains_key(client_id) {
            apps.clear();
        }
        apps.insert(client_id.to_owned(), Arc::clone(known));
    }

    pub(crate) fn forget(&self, client_id: &str) {
        // Tokens of apps that never were come here, too.
        if self.0.read().contains_key(client_id) {
            self.0.write().remove(client_id);
        }
    }

    /// Forgets all: the key under which they were sealed is another one.
    pub(crate) fn forget_all(&self) {
        self.0.write().clear();
    }
}
