//! Giving a role to somebody and taking it away, one role at a time: with an end where there is to be one.

use std::collections::HashMap;

use super::find::unknown;
use super::hold::{self, HeldChange};
use super::{Role, RoleKind};
use crate::bots::Bot;
use crate::clock::Time;
use crate::error::{Code, Error, Fault, Result};
use crate::id::{GroupId, RoleId};
use crate::op::{Op, View};
use crate::policy::{self, Permission};
use crate::roles::assign::MAX_NAMES;
use crate::store;
use crate::store::assignments::{Held, Holder, NewAssignment};
use crate::text;
use crate::users::{Lookup, People, Unreached};

/// How the store says by which way somebody got a role.
const VIA: &str = "console";

/// Who is to have a role, or is not to.
#[derive(Debug, Clone, Default)]
pub struct Giving {
    /// The role's public id.
    pub role: String,
    /// The bot's public id, for a bot role; empty for an admin role.
    pub bot: String,
    /// Addresses of users.
    pub users: Vec<String>,
    /// Names or public ids of groups.
    pub groups: Vec<String>,
    /// Until when, where it is to end; of no matter where it is taken away.
    pub until: Option<Time>,
}

/// What became of it.
#[derive(Debug)]
pub struct Given {
    /// The role's public id.
    pub role: RoleId,
    /// The role's name.
    pub name: String,
    /// The bot's name.
    pub bot: Option<String>,
    /// Those who had it not, or until another time, or have it no longer.
    pub holders: Vec<Changed>,
}

/// Somebody for whom a role is another one than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Whether it is a user; else it is a group.
    pub is_user: bool,
    /// The address of a user, the name of a group.
    pub name: String,
    /// Until when they had it before, where it had an end.
    pub until: Option<Time>,
}

impl Changed {
    fn of(holder: Holder, name: &str, until: Option<Time>) -> Self {
        Self { is_user: matches!(holder, Holder::User(_)), name: name.to_owned(), until }
    }
}

/// What a [`Giving`] names.
struct Known {
    role: Role,
    bot: Option<Bot>,
    /// With what each is called.
    holders: Vec<(Holder, String)>,
}

impl Known {
    fn held(&self, holder: Holder) -> Held {
        (self.role.key, self.bot.as_ref().map(|bot| bot.key), holder)
    }

    fn change(&self, holder: Holder, name: &str, expires: Option<Time>) -> HeldChange {
        let (role, bot, holder) = self.held(holder);
        HeldChange {
            row: NewAssignment { role, bot, holder, expires },
            role_id: self.role.id.to_string(),
            role_name: self.role.name.clone(),
            kind: self.role.kind,
            built_in: self.role.built_in,
            bot_name: self.bot.as_ref().map(|bot| bot.name.clone()),
            holder_name: name.to_owned(),
        }
    }

    fn told(self, holders: Vec<Changed>) -> Given {
        Given { role: self.role.id, name: self.role.name, bot: self.bot.map(|bot| bot.name), holders }
    }
}

/// Five statements, whatever their number.
fn look_up(view: &View<'_>, asked: &Giving, faults: &mut Vec<Fault>) -> Result<Known> {
    let role = store::roles::find_by_ids(view.tx, view.account, &[asked.role.as_str()])?.pop();
    let role = role.ok_or_else(|| unknown(&asked.role))?;
    let bot = store::bots::find_by_ids(view.tx, view.account, &[asked.bot.as_str()])?.pop();
    match (role.kind, asked.bot.is_empty(), &bot) {
        (RoleKind::Admin, true, _) | (RoleKind::Bot, false, Some(_)) => {}
        (RoleKind::Admin, false, _) => {
            faults.push(Fault::at("bot", format!("the role {:?} is an admin role: it takes no bot", role.name)));
        }
        (RoleKind::Bot, true, _) => {
            faults.push(Fault::at("bot", format!("the role {:?} is a bot role: choose on which bot", role.name)));
        }
        (RoleKind::Bot, false, None) => {
            faults.push(Fault::at("bot", format!("there is no bot {} (any more)", asked.bot)));
        }
    }
    let names = asked.users.len() + asked.groups.len();
    if names == 0 {
        faults.push(Fault::at("users", "nobody was named"));
    }
    if names > MAX_NAMES {
        faults.push(Fault::at("users", format!("{names} were named; one request may name {MAX_NAMES}")));
        return Ok(Known { role, bot, holders: Vec::new() });
    }
    let lookups: Vec<Lookup> = asked.users.iter().cloned().map(Lookup::Email).collect();
    let people = People::look_up(view, lookups.iter())?;
    let mut holders = Vec::<(Holder, String)>::new();
    for lookup in &lookups {
        match (people.find(lookup), lookup) {
            (Ok(user), _) => holders.push((Holder::User(user.key), user.email.clone())),
            (Err(Unreached::Barred(why)), _) => faults.push(Fault::at("users", why)),
            (Err(Unreached::Unknown), Lookup::Email(text) | Lookup::OrgUserId(text)) => {
                faults.push(Fault::at("users", format!("no user has the address {:?}", text.trim())));
            }
        }
    }
    groups(view, asked, &mut holders, faults)?;
    let mut seen = std::collections::HashSet::new();
    holders.retain(|(holder, _)| seen.insert(*holder));
    Ok(Known { role, bot, holders })
}

fn groups(view: &View<'_>, asked: &Giving, holders: &mut Vec<(Holder, String)>, faults: &mut Vec<Fault>) -> Result<()> {
    let (ids, names): (Vec<&str>, Vec<&str>) =
        asked.groups.iter().map(|text| text.trim()).partition(|text| GroupId::parse(text).is_ok());
    let keys: Vec<String> = names.iter().map(|name| text::key(name)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut found = HashMap::new();
    for group in store::groups::find_by_ids(view.tx, view.account, &ids)? {
        found.insert(group.id.to_string(), group);
    }
    for group in store::groups::find_by_name_keys(view.tx, view.account, &keys)? {
        found.insert(text::key(&group.name), group);
    }
    for text in ids.into_iter().chain(names) {
        match found.get(text).or_else(|| found.get(&text::key(text))) {
            Some(group) => holders.push((Holder::Group(group.key), group.name.clone())),
            None => faults.push(Fault::at("groups", format!("there is no group {text:?}"))),
        }
    }
    Ok(())
}

/// Gives a role to users and groups, until a time where one is said. Who has it until another time has it until this one then.
///
/// # Errors
/// [`Code::NotFound`] for the role; faults at `bot`, `users`, `groups` and `until`; [`Code::Forbidden`] where the actor may
/// not hand it on.
pub fn give(op: &mut Op<'_>, asked: &Giving) -> Result<Given> {
    op.expect(Permission::ManageRoles)?;
    let mut faults = Vec::new();
    let known = look_up(op, asked, &mut faults)?;
    if asked.until.is_some_and(|until| until <= op.now) {
        faults.push(Fault::at("until", "this time is over already"));
    }
    if known.role.grant().is_master_admin() {
        if !asked.groups.is_empty() {
            let why = format!("the built-in role {:?} can be given to users only", known.role.name);
            faults.push(Fault::at("groups", why));
        }
        if asked.until.is_some() {
            let why =
                format!("the built-in role {:?} cannot end: the account might be left without one", known.role.name);
            faults.push(Fault::at("until", why));
        }
    }
    if !faults.is_empty() {
        return Err(Error::faults(faults));
    }
    policy::ceiling(&op.actor, &known.role.grant()).map_err(|why| Error::new(Code::Forbidden, why))?;
    let has = store::assignments::holders(op.tx, &[known.role.key])?;
    let differs = |holder: Holder| has.get(&known.held(holder)) != Some(&asked.until);
    let new: Vec<_> = known.holders.iter().filter(|(holder, _)| differs(*holder)).collect();
    let changes: Vec<HeldChange> = new.iter().map(|(holder, name)| known.change(*holder, name, asked.until)).collect();
    let had = |holder: Holder| has.get(&known.held(holder)).copied().flatten();
    let before = new.iter().map(|(holder, name)| Changed::of(*holder, name, had(*holder))).collect();
    op.change(|tx, view| {
        let rows: Vec<NewAssignment> = changes.iter().map(|change| change.row).collect();
        // Also what has ended stands in the way of what is new.
        store::assignments::remove_many(tx, view.account, &rows)?;
        store::assignments::insert_many(tx, view.account, &rows, &view.actor.signature().1, VIA, view.now)?;
        Ok(((), hold::events(&changes, true)))
    })?;
    Ok(known.told(before))
}

/// Takes a role away from users and groups, as far as they were given it.
///
/// # Errors
/// As [`give`]; [`Code::Conflict`] where nobody would be left who is an active holder of the built-in admin role.
pub fn take(op: &mut Op<'_>, asked: &Giving) -> Result<Given> {
    op.expect(Permission::ManageRoles)?;
    let mut faults = Vec::new();
    let known = look_up(op, asked, &mut faults)?;
    if !faults.is_empty() {
        return Err(Error::faults(faults));
    }
    policy::taking(&op.actor, &known.role.grant()).map_err(|why| Error::new(Code::Forbidden, why))?;
    let has = store::assignments::holders(op.tx, &[known.role.key])?;
    let gone: Vec<(HeldChange, Option<Time>)> = known
        .holders
        .iter()
        .filter_map(|(holder, name)| {
            let until = *has.get(&known.held(*holder))?;
            Some((known.change(*holder, name, until), until))
        })
        .collect();
    let told = gone.iter().map(|(change, until)| Changed::of(change.row.holder, &change.holder_name, *until)).collect();
    let changes: Vec<HeldChange> = gone.into_iter().map(|(change, _)| change).collect();
    op.change(|tx, view| {
        let rows: Vec<NewAssignment> = changes.iter().map(|change| change.row).collect();
        store::assignments::remove_many(tx, view.account, &rows)?;
        Ok(((), hold::events(&changes, false)))
    })?;
    Ok(known.told(told))
}
