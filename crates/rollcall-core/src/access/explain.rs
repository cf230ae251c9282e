//! What somebody has, and why: each role with every way by which it comes, and each step of a way with who made it, when, and
//! through what. The reverse too: who has a role, is in a group, or has a role on a bot.

use std::collections::{BTreeMap, HashMap};

use super::graph::{Graph, TOLD, Way};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::{BotId, GroupId, RoleId, UserId};
use crate::op::View;
use crate::policy::Permission;
use crate::roles::RoleKind;
use crate::roles::rights::{AdminRight, AdminRights};
use crate::store::assignments::Holder;
use crate::store::explain::{self, Came, GivenRow};
use crate::store::users_search as rows;
use crate::store::{self, GroupKey, UserKey};
use crate::users::search::{Listed, listed};

/// Who made something so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// A user who is still there: public id and address.
    User(UserId, String),
    /// A client app that is still there, by its name.
    App(String),
    /// Anything else: a job or command of the host, or the public id of somebody who is gone.
    Other(String),
}

/// How something came to be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// By whom.
    pub by: Maker,
    /// When.
    pub since: Time,
    /// Through what: `manual`, `api`, `csv` and the like.
    pub via: String,
}

/// A group on a way, with how one comes into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its public id.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// How the user, or the group before it, came into it.
    pub origin: Origin,
}

/// A way by which a role comes to somebody: through these groups, none where it was given to them directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The groups, from the user up.
    pub steps: Vec<Step>,
    /// How the role came to the last of them, or to the user; none where the way ends in a group.
    pub given: Option<Origin>,
    /// Until when.
    pub expires: Option<Time>,
}

/// Something that somebody has, with the ways by which it comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// Some of them, the shorter ones first.
    pub told: Vec<Path>,
    /// How many there are besides.
    pub more: u64,
}

/// A role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedRole {
    /// The role's public id.
    pub role: RoleId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub kind: RoleKind,
    /// For a bot role: on which bot, and its name.
    pub bot: Option<(BotId, String)>,
    /// What it lets them do in the console.
    pub rights: AdminRights,
    /// How it comes to them.
    pub paths: Paths,
}

/// What a user has, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explained {
    /// The roles, in the order in which they were first given.
    pub roles: Vec<ExplainedRole>,
}

impl Explained {
    /// Each right to do something in the console, with the names of the roles that give it.
    pub fn rights(&self) -> Vec<(AdminRight, Vec<&str>)> {
        let giving = |right: AdminRight| -> Vec<&str> {
            self.roles.iter().filter(|role| role.rights.has(right)).map(|role| role.name.as_str()).collect()
        };
        let all = AdminRight::ALL.into_iter().map(|right| (right, giving(right)));
        all.filter(|(_, roles)| !roles.is_empty()).collect()
    }
}

/// What these users have, and why. Six statements.
pub(crate) fn of_users(view: &View<'_>, users: &[UserKey]) -> Result<HashMap<UserKey, Explained>> {
    let graph = Graph::of(view, users)?;
    let given = explain::given_to(view.tx, view.account, users, &graph.groups(), view.now)?;
    let told: Vec<(UserKey, Vec<Bare<'_>>)> = users.iter().map(|user| (*user, bare(&graph, &given, *user))).collect();
    let makers = Makers::look_up(view, told.iter().flat_map(|(_, roles)| roles).flat_map(Bare::came))?;
    let explained =
        |roles: Vec<Bare<'_>>| Explained { roles: roles.iter().map(|role| role.explained(&makers)).collect() };
    Ok(told.into_iter().map(|(user, roles)| (user, explained(roles))).collect())
}

/// A way before it is known who made it.
struct BareWay<'g> {
    way: Way<'g>,
    given: Option<&'g GivenRow>,
}

/// A role of a user in the same state.
struct Bare<'g> {
    first: &'g GivenRow,
    ways: Vec<BareWay<'g>>,
    more: u64,
}

fn bare<'g>(graph: &'g Graph, given: &'g [GivenRow], user: UserKey) -> Vec<Bare<'g>> {
    let mut roles = Vec::<Bare<'g>>::new();
    let mut places = BTreeMap::<(String, Option<String>), usize>::new();
    for row in given {
        let (ways, count) = match row.holder {
            Holder::User(holder) if holder == user => (vec![Vec::new()], 1),
            Holder::User(_) => continue,
            Holder::Group(group) => match graph.count(user, group) {
                0 => continue,
                count => (graph.ways(user, group, TOLD), count),
            },
        };
        let key = (row.given.role.to_string(), row.given.bot.as_ref().map(|(bot, _)| bot.to_string()));
        let index = *places.entry(key).or_insert_with(|| {
            roles.push(Bare { first: row, ways: Vec::new(), more: 0 });
            roles.len() - 1
        });
        let role = &mut roles[index];
        let room = TOLD.saturating_sub(role.ways.len());
        let told = ways.into_iter().take(room).map(|way| BareWay { way, given: Some(row) });
        let before = role.ways.len();
        role.ways.extend(told);
        role.more = role.more.saturating_add(count - (role.ways.len() - before) as u64);
    }
    roles
}

impl Bare<'_> {
    fn came(&self) -> impl Iterator<Item = &Came> {
        self.ways.iter().flat_map(BareWay::came)
    }

    fn explained(&self, makers: &Makers) -> ExplainedRole {
        let given = &self.first.given;
        ExplainedRole {
            role: given.role.clone(),
            name: given.name.clone(),
            kind: given.kind,
            bot: given.bot.clone(),
            rights: given.rights,
            paths: Paths { told: self.ways.iter().map(|way| way.explained(makers)).collect(), more: self.more },
        }
    }
}

impl BareWay<'_> {
    fn came(&self) -> impl Iterator<Item = &Came> {
        self.way.iter().map(|(.., came)| *came).chain(self.given.map(|row| &row.came))
    }

    fn explained(&self, makers: &Makers) -> Path {
        let step = |(id, name, came): &(&GroupId, &str, &Came)| Step {
            group: (*id).clone(),
            name: (*name).to_owned(),
            origin: makers.origin(came),
        };
        Path {
            steps: self.way.iter().map(step).collect(),
            given: self.given.map(|row| makers.origin(&row.came)),
            expires: self.given.and_then(|row| row.given.expires),
        }
    }
}

/// What those are called who made something so.
pub(crate) struct Makers(HashMap<String, Maker>);

impl Makers {
    /// Two statements.
    pub(crate) fn look_up<'c>(view: &View<'_>, all: impl Iterator<Item = &'c Came>) -> Result<Self> {
        let mut ids: Vec<&str> = all.map(|came| came.by.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let users = store::users::emails(view.tx, view.account, &ids)?;
        let apps = explain::app_names(view.tx, view.account, &ids)?;
        let users = users.into_iter().map(|(id, email)| (id.clone(), Maker::User(UserId::stored(id), email)));
        Ok(Self(users.chain(apps.into_iter().map(|(id, name)| (id, Maker::App(name)))).collect()))
    }

    pub(crate) fn origin(&self, came: &Came) -> Origin {
        let by = self.0.get(&came.by).cloned().unwrap_or_else(|| Maker::Other(came.by.clone()));
        Origin { by, since: came.since, via: came.via.clone() }
    }
}

/// Of what the holders are wanted, by its public id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Who holds this role, on any bot.
    Role(String),
    /// Who is in this group, be it by another one that is in it.
    Group(String),
    /// Who holds any role on this bot.
    Bot(String),
}

/// Somebody who has what was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBy {
    /// They.
    pub user: Listed,
    /// What they have of it: the role, on each bot; each role on the bot. Empty for a group.
    pub roles: Vec<ExplainedRole>,
    /// How they come into the group; empty for a role or a bot, whose ways stand with each role.
    pub paths: Paths,
}

/// A part of those who have something.
#[derive(Debug, Clone)]
pub struct Holders {
    /// They, in the order of their creation.
    pub holders: Vec<HeldBy>,
    /// After whom the next part begins; none where this was the last one.
    pub next: Option<String>,
}

/// Who has a role, is in a group, or has roles on a bot, and by which ways; as many as `limit` who were created after the user
/// of the public id `after`. Ten statements at most; no more is read than the part has, however many have it.
///
/// # Errors
/// [`Code::NotFound`] where there is no such thing.
pub fn holders(view: &View<'_>, of: &Of, after: &str, limit: usize) -> Result<Holders> {
    view.expect(match of {
        Of::Role(_) | Of::Bot(_) => Permission::ViewRoles,
        Of::Group(_) => Permission::ViewGroups,
    })?;
    let from = if after.is_empty() { None } else { rows::find(view.tx, view.account, after)? };
    let from = from.map_or(0, |user| user.key.0);
    let most = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let mut group = None;
    let mut ids = match of {
        Of::Role(id) => {
            let found = store::roles::find_by_ids(view.tx, view.account, &[id])?;
            let role = found.first().ok_or_else(gone)?;
            store::holders::with_role(view.tx, role.key, view.now, from, most)?
        }
        Of::Bot(id) => {
            let found = store::bots::find_by_ids(view.tx, view.account, &[id])?;
            let bot = found.first().ok_or_else(gone)?;
            store::holders::on_bot(view.tx, bot.key, view.now, from, most)?
        }
        Of::Group(id) => {
            let found = store::groups::find_by_ids(view.tx, view.account, &[id])?;
            let key = found.first().ok_or_else(gone)?.key;
            group = Some(key);
            store::holders::below(view.tx, key, from, most)?
        }
    };
    let is_more = ids.len() > limit;
    ids.truncate(limit);
    let mut users = rows::of_ids(view.tx, view.account, &ids, rows::Conditions::default())?;
    users.sort_unstable_by_key(|user| user.key);
    let keys: Vec<UserKey> = users.iter().map(|user| user.key).collect();
    let mut roles = HashMap::new();
    let mut paths = HashMap::new();
    match group {
        Some(group) => paths = into_group(view, &keys, group)?,
        None => roles = of_users(view, &keys)?,
    }
    let is_asked = |role: &ExplainedRole| match of {
        Of::Role(id) => role.role.as_str() == id,
        Of::Bot(id) => role.bot.as_ref().is_some_and(|(bot, _)| bot.as_str() == id),
        Of::Group(_) => false,
    };
    let holders: Vec<HeldBy> = users
        .into_iter()
        .map(|user| HeldBy {
            roles: roles.remove(&user.key).unwrap_or_default().roles.into_iter().filter(is_asked).collect(),
            paths: paths.remove(&user.key).unwrap_or_default(),
            user: listed(user),
        })
        .collect();
    let next = holders.last().filter(|_| is_more).map(|last| last.user.id.to_string());
    Ok(Holders { holders, next })
}

/// By which ways users come into a group.
fn into_group(view: &View<'_>, users: &[UserKey], group: GroupKey) -> Result<HashMap<UserKey, Paths>> {
    let graph = Graph::of(view, users)?;
    let told: Vec<(UserKey, Vec<BareWay<'_>>)> = users
        .iter()
        .map(|user| {
            let ways = graph.ways(*user, group, TOLD).into_iter();
            (*user, ways.map(|way| BareWay { way, given: None }).collect())
        })
        .collect();
    let makers = Makers::look_up(view, told.iter().flat_map(|(_, ways)| ways).flat_map(BareWay::came))?;
    let paths = |(user, ways): (UserKey, Vec<BareWay<'_>>)| {
        let more = graph.count(user, group).saturating_sub(ways.len() as u64);
        (user, Paths { told: ways.iter().map(|way| way.explained(&makers)).collect(), more })
    };
    Ok(told.into_iter().map(paths).collect())
}

fn gone() -> Error {
    Error::new(Code::NotFound, "There is no such thing (any more).")
}
