//! Changing users, many at a time: each whole or not at all, the others unaffected, a fixed number of statements.

use std::collections::{HashMap, HashSet};

use super::asked::{UserFault, UserUpdate};
use super::check::{Ids, Known, rows_of, told, told_of};
use super::check_change::{Before, Ready};
use super::write::{write_changes, write_tasks};
use super::{People, TaskChange, UserChange};
use crate::error::Result;
use crate::groups::{self, Group, NamedMember};
use crate::id::{DialogId, GroupId};
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::roles::given::{self, Given, Names};
use crate::store::assignments::Holder;
use crate::store::tasks::{Granted, NewTask};
use crate::store::{self, UserKey};

/// What became of one user of the request: changed whole, or left as they are for all of these reasons.
pub type UpdateOutcome = std::result::Result<(), Vec<UserFault>>;

/// What the users have before anything is changed.
struct Has {
    members: HashSet<(UserKey, GroupId)>,
    given: Given,
    tasks: HashMap<UserKey, Vec<Granted>>,
}

/// Changes users, in the order asked; a user who is named twice is changed once. The outcomes stand in the order of
/// `asked`. What is there already is not written again, and nothing is said of it. Roles are given and taken away as far
/// as the actor could in an assignment, be it by groups; the last active admin stays one.
///
/// # Errors
/// When the database fails; nothing is changed then. A user with faults is an outcome, not an error.
pub fn update(op: &mut Op<'_>, asked: &[UserUpdate]) -> Result<Vec<UpdateOutcome>> {
    op.expect(Permission::ManageUsers)?;
    let people = People::look_up(op, asked.iter().map(|user| &user.user))?;
    let mut ids = Ids::default();
    for user in asked {
        let tasks = user.tasks.as_deref().unwrap_or_default();
        ids.note(&user.add_groups, &user.add_roles, tasks);
        ids.note(&user.remove_groups, &user.remove_roles, &[]);
    }
    let known = Known::look_up(op, ids)?;
    let has = Has::look_up(op, &people.keys())?;
    let active_admins = store::assignments::active_admins(op.tx, op.account, op.now)?.into_iter().collect();
    let mut before = Before { named: HashSet::new(), active_admins };
    let (mut outcomes, mut ready) = (Vec::with_capacity(asked.len()), Vec::new());
    for user in asked {
        let checked = known.check_change(op, &people, user, &mut before);
        outcomes.push(checked.map(|user| ready.push(user)));
    }
    let names = Names {
        users: people.all().map(|u| (u.key, u.email.as_str())).collect(),
        groups: HashMap::new(),
        roles: known.all_roles().map(|role| (role.key, role)).collect(),
        bots: known.all_bots().map(|bot| (bot.key, bot)).collect(),
    };
    op.change(|tx, view| {
        let contents: Vec<UserChange> = ready.iter().filter_map(|user| user.contents.clone()).collect();
        let mut events = write_changes(tx, view, &contents)?;
        events.extend(groups::write_joining(
            tx,
            view,
            &moving(&ready, &has, false, |user| &user.joins),
            view.actor.via(),
        )?);
        events.extend(groups::write_leaving(tx, view, &moving(&ready, &has, true, |user| &user.leaves))?);
        events.extend(given::write(tx, view, &names, &has.given, &given_after(&ready, &has, view))?);
        events.extend(write_tasks(tx, view, &task_changes(&ready, &has))?);
        Ok(((), events))
    })?;
    Ok(outcomes)
}

impl Has {
    fn look_up(view: &View<'_>, users: &[UserKey]) -> Result<Self> {
        let mut tasks = HashMap::<_, Vec<_>>::new();
        for (user, granted) in store::tasks::granted_to(view.tx, view.account, users)? {
            tasks.entry(user).or_default().push(granted);
        }
        let members = store::members::groups_of(view.tx, users)?.into_iter().map(|(user, id, _)| (user, id));
        let given = store::assignments::given_to(view.tx, view.account, users)?;
        Ok(Self { members: members.collect(), given, tasks })
    }
}

/// Who comes into which of these groups, or goes out of it: only those who are not in it, or are.
fn moving<'a>(
    ready: &[Ready<'a>],
    has: &Has,
    are_in: bool,
    of: for<'r> fn(&'r Ready<'a>) -> &'r [&'a Group],
) -> Vec<NamedMember> {
    let pairs = ready.iter().flat_map(|user| of(user).iter().map(move |group| (user.row, *group)));
    let moves = pairs.filter(|(user, group)| has.members.contains(&(user.key, group.id.clone())) == are_in);
    moves.map(|(user, group)| NamedMember::of(group, user.key, &user.email)).collect()
}

/// Who has which role directly afterwards.
fn given_after(ready: &[Ready<'_>], has: &Has, view: &View<'_>) -> Given {
    let mut after = has.given.clone();
    for user in ready {
        let holder = Holder::User(user.row.key);
        for (role, bot) in &user.gains {
            given::give(&mut after, (role.key, bot.map(|b| b.key), holder), view.now);
        }
        for (role, bot) in &user.loses {
            after.remove(&(role.key, bot.map(|b| b.key), holder));
        }
    }
    after
}

/// Whose tasks become others.
fn task_changes(ready: &[Ready<'_>], has: &Has) -> Vec<TaskChange> {
    let mut changes = Vec::new();
    for user in ready {
        let Some(wanted) = &user.tasks else { continue };
        let had = has.tasks.get(&user.row.key).map(Vec::as_slice).unwrap_or_default();
        let tasks = rows_of(wanted);
        let before: HashSet<NewTask> = had.iter().map(|granted| granted.task).collect();
        if before == tasks.iter().copied().collect() {
            continue;
        }
        let before = had.iter().map(|g| (g.bot.as_str(), g.dialog.as_ref().map(DialogId::as_str)));
        let (before, after) = (told(before), told_of(wanted));
        changes.push(TaskChange { user: user.row.key, email: user.row.email.clone(), tasks, before, after });
    }
    changes
}
