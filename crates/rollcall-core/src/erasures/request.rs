//! Asking for an erasure: checked whole, and then the job's.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::{Bars, LAST_ADMIN};
use crate::audit::{Event, EventKind};
use crate::error::Result;
use crate::id::ErasureId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::store::{self, UserKey, users::UserRow};
use crate::text::Email;

/// Whose data is to be erased. What stands in a list has its place there with it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Users, by address or public id.
    pub users: Vec<(usize, String)>,
    /// Bots, by public id.
    pub bots: Vec<(usize, String)>,
    /// Whether what any bot knows is meant.
    pub from_all_bots: bool,
}

/// Why nothing is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The user of this place cannot be erased.
    User(usize, String),
    /// The bot of this place is none.
    Bot(usize, String),
    /// Neither bots are named nor all of them.
    NoBots,
}

/// Takes a request down. A job does it; [`super::status`] tells how far it is.
///
/// # Errors
/// When the database fails. What is wrong with the request is a list of refusals; nothing is taken down then.
pub fn request(op: &mut Op<'_>, asked: &Asked) -> Result<Result<ErasureId, Vec<Refusal>>> {
    op.expect(Permission::EraseUsersData)?;
    let people = People::look_up(op, asked)?;
    let mut refusals = Vec::new();
    let mut users = Vec::<(usize, &str, &UserRow)>::new();
    let mut seen = HashSet::new();
    for (place, text) in &asked.users {
        match people.find(text) {
            None => refusals.push(Refusal::User(*place, format!("Unknown user {}", text.trim()))),
            Some(user) if seen.insert(user.key) => users.push((*place, text.trim(), user)),
            Some(_) => {}
        }
    }
    let keys: Vec<UserKey> = users.iter().map(|(_, _, user)| user.key).collect();
    let bars = Bars::look_up(op, &keys)?;
    let none_left = !bars.admins.is_empty() && bars.admins.is_subset(&seen);
    for (place, text, user) in &users {
        let mut bars_of = bars.of(user.key);
        if none_left && bars.admins.contains(&user.key) {
            bars_of.push(LAST_ADMIN.to_owned());
        }
        refusals.extend(bars_of.into_iter().map(|why| Refusal::User(*place, format!("{text} {why}"))));
    }
    // Told in the order of the request, whatever was found out first.
    refusals.sort_by_key(|refusal| if let Refusal::User(place, _) = refusal { *place } else { usize::MAX });
    let bots = known_bots(op, asked, &mut refusals)?;
    if bots.is_empty() && asked.bots.is_empty() && !asked.from_all_bots {
        refusals.push(Refusal::NoBots);
    }
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let users: Vec<&str> = users.iter().map(|(_, _, user)| user.id.as_str()).collect();
    op.change(|tx, view| {
        let id = ErasureId::random();
        let by = view.actor.signature().1;
        store::erasures::insert(tx, view.account, &id, &by, asked.from_all_bots, &bots, &users, view.now)?;
        let what = format!("The personal data of {} user(s) is to be erased", users.len());
        let after = json!({"users": users, "bots": bots, "fromAllBots": asked.from_all_bots});
        let event = Event::new(EventKind::ErasureRequested, &id, what).after(after);
        Ok((Ok(id), vec![event]))
    })
}

/// The users that a request names.
struct People {
    by_email: HashMap<String, UserRow>,
    by_id: HashMap<String, UserRow>,
}

impl People {
    fn look_up(view: &View<'_>, asked: &Asked) -> Result<Self> {
        let emails: Vec<String> = asked.users.iter().map(|(_, text)| Email::lookup_key(text)).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        let ids: Vec<&str> = asked.users.iter().map(|(_, text)| text.trim()).collect();
        Ok(Self {
            by_email: store::users::find_by_emails(view.tx, view.account, &emails)?,
            by_id: store::users::find_by_public_ids(view.tx, view.account, &ids)?,
        })
    }

    fn find(&self, text: &str) -> Option<&UserRow> {
        // An address has an @ and no id has one, so that one text never means two users.
        self.by_id.get(text.trim()).or_else(|| self.by_email.get(&Email::lookup_key(text)))
    }
}

/// The bots that were named, each once; those that are none are refused.
fn known_bots(view: &View<'_>, asked: &Asked, refusals: &mut Vec<Refusal>) -> Result<Vec<String>> {
    let ids: Vec<&str> = asked.bots.iter().map(|(_, id)| id.trim()).collect();
    let found = store::bots::find_by_ids(view.tx, view.account, &ids)?;
    let known: HashSet<&str> = found.iter().map(|bot| bot.id.as_str()).collect();
    let mut bots = Vec::<String>::new();
    for (place, id) in &asked.bots {
        let id = id.trim();
        if !known.contains(id) {
            refusals.push(Refusal::Bot(*place, format!("Unknown bot id {id}")));
        } else if !bots.iter().any(|bot| bot == id) {
            bots.push(id.to_owned());
        }
    }
    Ok(bots)
}
