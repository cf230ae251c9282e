//! Applying a description: which account is meant, in which order its nouns are brought, in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::bring::{
    bring_apps, bring_assignments, bring_bots, bring_groups, bring_members, bring_roles, bring_tasks, bring_users,
};
use super::current::Current;
use super::{Report, State, check, prune};
use crate::accounts::{self, AccountInfo, MAX_NAME};
use crate::error::{Error, Fault, Result};
use crate::op::{self, Op};
use crate::roles::RoleKind;
use crate::shared::Shared;
use crate::store::{self, BotKey, DialogKey, GroupKey, RoleKey, UserKey, WriteTx};
use crate::text::{self, Email};

/// As many users or memberships are written at once: of the rows of a file not all are in memory together.
pub(super) const CHUNK: usize = 20_000;

/// Brings the account of the description's name to it, in the transaction at hand.
pub(crate) fn apply(tx: &WriteTx<'_>, shared: &Arc<Shared>, state: &mut State, should_prune: bool) -> Result<Report> {
    let place = |why: String| Error::faults(vec![Fault::at("account.name", why)]);
    let name = text::required("the account's name", &state.name, MAX_NAME).map_err(place)?;
    let mut report = Report::default();
    let (account, is_new) = match (store::accounts::find(tx, &text::key(&name))?, store::accounts::list(tx)?.as_slice())
    {
        (Some(found), _) => (found, false),
        (None, [only]) if store::accounts::is_empty(tx, only.key)? => {
            report.note('~', format!("account {:?} is called {name:?}", only.name));
            (AccountInfo { name: name.clone(), ..only.clone() }, false)
        }
        (None, _) => {
            report.note('+', format!("account {name:?}"));
            accounts::find_or_insert(tx, shared, &name)?
        }
    };
    op::in_account(tx, shared, &account, is_new, "apply", |op| {
        if !is_new && report.changes.len() == 1 {
            accounts::rename(op, &name)?;
        }
        bring(op, state, should_prune, report)
    })
}

/// The internal keys of everything that has a name.
pub(super) struct Keys {
    pub(super) users: HashMap<String, UserKey>,
    pub(super) groups: HashMap<String, GroupKey>,
    pub(super) roles: HashMap<(RoleKind, String), (RoleKey, String, bool)>,
    pub(super) bots: HashMap<String, (BotKey, HashMap<String, DialogKey>)>,
}

fn bring(op: &mut Op<'_>, state: &mut State, should_prune: bool, mut report: Report) -> Result<Report> {
    let mut now = Current::load(op)?;
    check::check(state, &now, should_prune).map_err(Error::faults)?;
    let report = &mut report;
    if should_prune {
        // Edges go before new ones come: a file may turn one round.
        prune::prune_edges(op, state, &now, report)?;
        now = Current::load(op)?;
    }
    let mut keys = Keys {
        users: now.users.iter().map(|u| (u.email_key.clone(), u.key)).collect(),
        groups: HashMap::new(),
        roles: HashMap::new(),
        bots: HashMap::new(),
    };
    bring_roles(op, state, &now, &mut keys, report)?;
    bring_users(op, state, &now, &mut keys, report)?;
    bring_bots(op, state, &now, &mut keys, report)?;
    bring_groups(op, state, &now, &mut keys, report)?;
    bring_members(op, state, &now, &keys, report)?;
    bring_assignments(op, state, &now, &keys, report)?;
    bring_tasks(op, state, &now, &keys, report)?;
    bring_apps(op, state, &now, report)?;
    if let Some(key) = state.owner.as_ref().and_then(|email| keys.users.get(&Email::lookup_key(email)))
        && now.owner != Some(*key)
    {
        report.note('~', format!("account owner is {}", state.owner.as_deref().unwrap_or_default()));
        accounts::set_owner(op, *key, state.owner.as_deref().unwrap_or_default())?;
    }
    if should_prune {
        prune::prune_things(op, state, report)?;
    }
    Ok(std::mem::take(report))
}

/// The id that the description gives, else the derived one, else (where that is taken: the thing was renamed) a new one.
pub(super) fn choose<T: ToString>(given: Option<T>, derived: T, taken: &mut HashSet<String>, random: fn() -> T) -> T {
    let id = match given {
        Some(given) => given,
        None if taken.contains(&derived.to_string()) => random(),
        None => derived,
    };
    taken.insert(id.to_string());
    id
}
