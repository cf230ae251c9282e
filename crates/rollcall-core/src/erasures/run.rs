//! The job that erases: some users in each transaction, each whole and once, whoever else runs it.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use super::{Bars, LAST_ADMIN, Progress};
use crate::audit::{Event, EventKind};
use crate::error::Result;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::seal::{hex, sha256};
use crate::store::erasures::{Pending, Settled};
use crate::store::{self, UserKey, WriteTx, users::UserRow};
use crate::text;

/// Whether anybody's data waits to be erased.
///
/// # Errors
/// When the database fails.
pub fn is_any_pending(view: &View<'_>) -> Result<bool> {
    view.expect(Permission::RunJobs)?;
    Ok(!store::erasures::pending(view.tx, view.account, 1)?.is_empty())
}

/// Erases up to `limit` users whose turn it is, oldest request first, and tells whether there are more.
///
/// What is done is noted in the transaction that does it, so that a process that dies leaves nothing half done and
/// nobody does it twice. What has become impossible meanwhile is noted, too; who was removed meanwhile is done.
///
/// # Errors
/// When the database fails; nothing of this call is kept then.
pub fn run(op: &mut Op<'_>, limit: usize) -> Result<bool> {
    op.expect(Permission::RunJobs)?;
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let mut pending = store::erasures::pending(op.tx, op.account, one_more)?;
    let more = pending.len() > limit;
    pending.truncate(limit);
    if pending.is_empty() {
        return Ok(false);
    }
    let turns = Turn::of(op, &pending)?;
    op.change(|tx, view| {
        let erased: Vec<&UserRow> = turns.iter().filter_map(Turn::erased).collect();
        let lost = erase(tx, view, &erased)?;
        let settled: Vec<Settled<'_>> = turns
            .iter()
            .flat_map(|turn| turn.jobs.iter().map(|job| Settled { job, failure: turn.failure.as_deref() }))
            .collect();
        store::erasures::settle(tx, view.account, &settled, view.now)?;
        Ok(((), turns.iter().map(|turn| turn.event(&lost)).collect()))
    })?;
    Ok(more)
}

/// One user whose turn it is, by one request or by several.
struct Turn<'a> {
    id: &'a str,
    jobs: Vec<&'a Pending>,
    /// None where they have been removed since.
    user: Option<UserRow>,
    /// Why it has become impossible.
    failure: Option<String>,
}

impl<'a> Turn<'a> {
    fn of(view: &View<'_>, pending: &'a [Pending]) -> Result<Vec<Self>> {
        let ids: Vec<&str> = pending.iter().map(|job| job.user.as_str()).collect();
        let mut users = store::users::find_by_public_ids(view.tx, view.account, &ids)?;
        let keys: Vec<UserKey> = users.values().map(|user| user.key).collect();
        let mut bars = Bars::look_up(view, &keys)?;
        let mut turns = Vec::<Self>::new();
        let mut places = HashMap::<&str, usize>::new();
        for job in pending {
            let place = *places.entry(&job.user).or_insert_with(|| {
                let user = users.remove(&job.user);
                let failure = user.as_ref().and_then(|user| bars.in_turn(user.key));
                turns.push(Self { id: &job.user, jobs: Vec::new(), user, failure });
                turns.len() - 1
            });
            turns[place].jobs.push(job);
        }
        Ok(turns)
    }

    fn erased(&self) -> Option<&UserRow> {
        self.user.as_ref().filter(|_| self.failure.is_none())
    }

    /// What the audit log tells: ids of users alone.
    fn event(&self, lost: &HashMap<UserKey, Lost>) -> Event {
        let id = self.id;
        let requests: HashSet<&str> = self.jobs.iter().map(|job| job.request.as_str()).collect();
        let mut requests: Vec<&str> = requests.into_iter().collect();
        requests.sort_unstable();
        let (kind, what) = match (&self.user, &self.failure) {
            (_, Some(why)) => {
                (EventKind::ErasureFailed, format!("The personal data of user {id} was not erased: {why}"))
            }
            (None, None) => (EventKind::UserErased, format!("User {id} was removed before; nothing was left to erase")),
            (Some(_), None) => (EventKind::UserErased, format!("The personal data of user {id} was erased")),
        };
        let event = Event::new(kind, &id, what).after(json!({ "requests": requests }));
        match self.erased().map(|user| (user.status, lost.get(&user.key))) {
            Some((status, lost)) => {
                let (groups, roles) = lost.map_or((&[][..], &[][..]), |lost| (&lost.groups, &lost.roles));
                event.before(json!({"status": status.label(), "groups": groups, "roles": roles}))
            }
            None => event,
        }
    }
}

impl Bars {
    /// Why the next user cannot be erased after those before; whoever can is no admin any more.
    fn in_turn(&mut self, user: UserKey) -> Option<String> {
        let mut bars = self.of(user);
        if self.admins.len() == 1 && self.admins.contains(&user) {
            bars.push(LAST_ADMIN.to_owned());
        }
        if bars.is_empty() {
            self.admins.remove(&user);
            return None;
        }
        Some(format!("the user {}", bars.join("; and ")))
    }
}

/// What somebody had, for the audit log: ids and names of groups and roles.
#[derive(Default)]
struct Lost {
    groups: Vec<Value>,
    roles: Vec<Value>,
}

/// Overwrites all that is personal of these users, takes all that they had, and gives what it was.
fn erase(tx: &WriteTx<'_>, view: &View<'_>, users: &[&UserRow]) -> Result<HashMap<UserKey, Lost>> {
    let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
    let mut lost = HashMap::<UserKey, Lost>::new();
    for (user, id, name) in store::members::groups_of(tx, &keys)? {
        lost.entry(user).or_default().groups.push(json!({"id": id.as_str(), "name": name}));
    }
    for (user, id, name, bot) in store::assignments::direct_of(tx, &keys)? {
        lost.entry(user).or_default().roles.push(json!({"id": id.as_str(), "name": name, "bot": bot}));
    }
    store::members::remove_of_users(tx, view.account, &keys)?;
    store::assignments::remove_of_users(tx, view.account, &keys)?;
    store::tasks::remove_of_users(tx, view.account, &keys)?;
    store::invitations::revoke_of_users(tx, view.account, &keys)?;
    store::outbox::remove_of_users(tx, view.account, &keys)?;
    let names: BTreeSet<String> = users.iter().flat_map(|user| names(user)).collect();
    let tells = |reply: &[u8]| {
        let reply = text::key(&String::from_utf8_lossy(reply));
        names.iter().any(|name| reply.contains(name))
    };
    store::once::forget_where(tx, view.account, tells)?;
    let chain = store::accounts::chain_id(tx, view.account)?;
    let erased: Vec<(UserKey, String)> = users.iter().map(|user| (user.key, pseudonym(&chain, user))).collect();
    store::users::erase_many(tx, view.account, &erased, view.now)?;
    Ok(lost)
}

/// How a remembered reply names somebody: by their address in any case of letters, as the request had it, or by the id of
/// their organisation as a whole text, by itself or within a message. Shorter than that it could be a part of anything.
fn names(user: &UserRow) -> Vec<String> {
    let mut names = vec![text::key(&user.email), user.email_key.clone()];
    if let Some(id) = &user.org_user_id {
        let whole = json!(id).to_string();
        let within = json!(whole).to_string();
        names.extend([text::key(&whole), text::key(&within[1..within.len() - 1])]);
    }
    names
}

/// An address in the place of the erased one. It is made of the id, and of something that nobody outside knows, so that
/// nobody can take it beforehand.
fn pseudonym(chain: &str, user: &UserRow) -> String {
    let digest = sha256(format!("erased user {} of {chain}", user.id).as_bytes());
    format!("erased-{}@erased.invalid", hex(&digest[..16]))
}

impl Progress {
    /// Reads what the store keeps.
    pub(crate) fn stored(state: &str, reason: Option<String>) -> Self {
        match state {
            "done" => Self::Done,
            "failed" => Self::Failed(reason.unwrap_or_default()),
            _ => Self::Pending,
        }
    }
}
