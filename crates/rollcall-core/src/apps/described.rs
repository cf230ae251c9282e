//! The credentials of an app as a description has them: which of those that it has go, which get another end, which come.

use serde_json::{Value, json};

use super::write::add_secret;
use super::{Algorithm, App, Credential};
use crate::clock::Time;
use crate::error::Result;
use crate::op::View;
use crate::seal::InstallationKey;
use crate::store::{self, AppKey, WriteTx};

/// A credential and when it comes to its end.
pub(crate) type Ending = (Credential, Option<Time>);

/// What becomes of an app's credentials.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replacement {
    /// By id.
    remove: Vec<String>,
    /// By id.
    ends: Vec<(String, Option<Time>)>,
    add: Vec<Ending>,
}

impl Replacement {
    /// The way to these and no other live ones, the newest last; none where nothing is to be done. What came to its end is
    /// left as it is, or left out: it proves nothing, and is kept to say so.
    pub(crate) fn plan(view: &View<'_>, app: &App, algorithm: Algorithm, wanted: &[Ending]) -> Result<Option<Self>> {
        let is_same_family = app.algorithm.is_hmac() == algorithm.is_hmac();
        let mut plan = Self::default();
        let mut found = vec![false; wanted.len()];
        for secret in &app.secrets {
            let open = |key: &InstallationKey| Credential::open(key, app.algorithm, &secret.sealed);
            let has = if is_same_family { Some(view.shared.open(view.tx, open)?) } else { None };
            match has.and_then(|has| wanted.iter().position(|(credential, _)| credential.is(&has))) {
                Some(place) => {
                    found[place] = true;
                    if wanted[place].1 != secret.expires {
                        plan.ends.push((secret.id.clone(), wanted[place].1));
                    }
                }
                // Of another family, it could not even be read.
                None if secret.is_live_at(view.now) || !is_same_family => plan.remove.push(secret.id.clone()),
                None => {}
            }
        }
        let missing = wanted.iter().zip(found).enumerate().filter(|(_, (_, is_there))| !is_there);
        for (n, ((credential, expires), _)) in missing {
            // An app has at least one, if only to say that it is over.
            if n + 1 == wanted.len() || expires.is_none_or(|end| end > view.now) {
                plan.add.push((credential.clone(), *expires));
            }
        }
        let is_nothing = plan.remove.is_empty() && plan.ends.is_empty() && plan.add.is_empty();
        Ok((!is_nothing).then_some(plan))
    }

    /// Whether tokens are made otherwise from now on.
    pub(super) fn brings_a_new_one(&self) -> bool {
        !self.add.is_empty()
    }

    /// Does it. Gives what the audit log tells of it, which is no secret.
    pub(super) fn carry_out(&self, tx: &WriteTx<'_>, view: &View<'_>, app: AppKey) -> Result<Value> {
        let (mut ends, mut added) = (Vec::new(), Vec::new());
        if !self.remove.is_empty() {
            let ids: Vec<&str> = self.remove.iter().map(String::as_str).collect();
            store::apps::remove_secrets(tx, view.account, app, Some(&ids))?;
        }
        for (id, end) in &self.ends {
            store::apps::expire_secret(tx, view.account, app, id, *end)?;
            ends.push(told(id, *end));
        }
        for (credential, end) in &self.add {
            let id = add_secret(tx, view, app, credential, *end)?;
            added.push(told(&id, *end));
        }
        Ok(json!({ "removed": self.remove, "changed": ends, "added": added }))
    }
}

/// A secret by its name and end, without what it is.
pub(super) fn told(id: &str, end: Option<Time>) -> Value {
    json!({ "secret": id, "expires": end.map(|end| end.to_string()) })
}
