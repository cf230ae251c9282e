//! After each fault: every write that was answered is there, once and whole; nothing that was refused is there; what nobody
//! heard of is there wholly or not at all; and nothing else is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::found::{Found, joined};
use super::ledger::{Answer, Entry};
use super::world::{ADMIN, BASE_GROUPS, SEEDS, TAKEN, World, group_id, role_id, seed};
use super::write::{Group, Person, What};

/// What is not as it must be.
#[derive(Debug, Default)]
struct Faults {
    lost: Vec<String>,
    half_done: Vec<String>,
    /// There although it was refused, or from nowhere, or contradicting itself.
    wrong: Vec<String>,
    /// Writes that nobody heard of and that were done.
    found: usize,
}

impl Faults {
    /// What the answer means for something of which so many parts are there.
    fn judge(&mut self, what: &dyn Fn() -> String, answer: Answer, there: usize, of: usize) {
        match answer {
            Answer::Done if there == 0 => self.lost.push(what()),
            Answer::Done | Answer::Unknown if there != of && there != 0 => self.half_done.push(what()),
            Answer::Unknown if there == of => self.found += 1,
            Answer::Refused | Answer::PutOff | Answer::Unsent if there > 0 => {
                self.wrong.push(format!("{answer:?}, and there: {}", what()));
            }
            _ => {}
        }
    }
}

impl World {
    /// Compares all that was answered with all that is there.
    pub(super) fn verify(&self) {
        self.wait_for_the_dead();
        let mut found = Found::in_database(&self.database);
        let mut faults = Faults::default();
        let ledger = self.ledger();
        people(&ledger, &mut found, &mut faults);
        roles(&ledger, &mut found, &mut faults);
        groups(&ledger, &mut found, &mut faults);
        seeds(&mut found);
        let rest = found.events.iter().map(|event| format!("an event of nothing: {event:?}"));
        faults.wrong.extend(rest.chain(found.wrong));
        self.numbers().found = faults.found;
        let all = [&faults.lost, &faults.half_done, &faults.wrong];
        let told = |list: &Vec<String>| list.iter().take(10).map(|fault| format!("\n  {fault}")).collect::<String>();
        let [lost, half_done, wrong] = all.map(|list| format!("{}{}", list.len(), told(list)));
        let is_well = all.iter().all(|list| list.is_empty());
        assert!(is_well, "lost: {lost}\nhalf done: {half_done}\nwrong: {wrong}\nlogs: {}", self.logs());
    }

    /// A server that was killed may have left PostgreSQL with a statement under way: that is done or not, but first it ends.
    fn wait_for_the_dead(&self) {
        if self.database.folder().is_none() {
            let at_work = "select count(*) from pg_stat_activity where datname = current_database() \
                           and application_name like 'rollcall%' and state <> 'idle'";
            while self.database.number(at_work) > 0 {}
        }
    }
}

fn people(ledger: &[Entry], found: &mut Found, faults: &mut Faults) {
    let mut expected: HashSet<&str> = HashSet::new();
    for entry in ledger {
        for email in entry.never.iter().filter(|email| found.users.contains_key(*email)) {
            faults.wrong.push(format!("{email} is there, and was refused"));
        }
        let Some(What::Create(people)) = &entry.what else { continue };
        let there: Vec<&Person> = people.iter().filter(|person| found.users.contains_key(&person.email)).collect();
        faults.judge(&|| format!("{people:?}"), entry.answer, there.len(), people.len());
        // One event for each group that some of them came into.
        let mut joining = BTreeMap::<usize, Vec<&str>>::new();
        for person in &there {
            joining.entry(person.group.unwrap_or(usize::MAX)).or_default().push(&person.email);
        }
        joining.remove(&usize::MAX);
        for (group, emails) in joining {
            found.take_event("Users Added to Group", &group_id(group), &joined(emails.into_iter()), true);
        }
        for person in there {
            expected.insert(&person.email);
            let user = &found.users[&person.email];
            let groups: BTreeSet<String> = person.group.map(|group| format!("base-{group}")).into_iter().collect();
            let is_whole = user.first_name == person.first_name
                && user.org_user_id == person.org_user_id
                && user.groups == groups
                && user.open_invitations == usize::from(person.is_invited);
            if !is_whole {
                faults.half_done.push(format!("{person:?} is {user:?}"));
            }
            let (id, group) = (user.id.clone(), person.group.map(group_id));
            // The event has groups as objects, which name nobody.
            found.take_event("User Created", &id, "", true);
            let is_member = group
                .is_none_or(|_| found.groups[&groups.into_iter().collect::<String>()].members.contains(&person.email));
            if !is_member {
                faults.half_done.push(format!("{person:?} is not among the members"));
            }
        }
    }
    let seeds: Vec<String> = (0..SEEDS).map(seed).collect();
    expected.extend(seeds.iter().map(String::as_str).chain([ADMIN, TAKEN]));
    let strangers = found.users.keys().filter(|email| !expected.contains(email.as_str()));
    faults.wrong.extend(strangers.map(|email| format!("{email} is there, and nobody asked for that")));
}

fn roles(ledger: &[Entry], found: &mut Found, faults: &mut Faults) {
    // Who was given what, and how sure it is that they were, in the order of the answers of each caller.
    let mut given = HashMap::<(usize, &[String]), [Option<Answer>; 2]>::new();
    for entry in ledger {
        match &entry.what {
            Some(What::Give { role, emails }) => given.entry((*role, emails)).or_default()[0] = Some(entry.answer),
            Some(What::Take { role, emails }) => given.entry((*role, emails)).or_default()[1] = Some(entry.answer),
            _ => {}
        }
    }
    let mut expected: HashSet<(&str, String)> = HashSet::from([(ADMIN, "admin".to_owned())]);
    for ((role, emails), answers) in given {
        let name = format!("role-{role}");
        let holders = emails.iter().filter(|email| found.users.get(*email).is_some_and(|u| u.roles.contains(&name)));
        let holders = holders.count();
        expected.extend(emails.iter().map(|email| (email.as_str(), name.clone())));
        let told = || format!("{name} of {emails:?} ({answers:?}, {holders} hold it)");
        let all = joined(emails.iter().map(String::as_str));
        match answers {
            [Some(given), None] => {
                faults.judge(&told, given, holders, emails.len());
                found.take_event("Admin Role Assigned to Users", &role_id(role), &all, holders > 0);
            }
            [Some(Answer::Done), Some(taken)] => {
                faults.judge(&told, taken, emails.len() - holders, emails.len());
                found.take_event("Admin Role Assigned to Users", &role_id(role), &all, true);
                found.take_event("Admin Role Deleted for Users", &role_id(role), &all, holders == 0);
            }
            _ => faults.wrong.push(format!("the test itself is wrong about {}", told())),
        }
    }
    let held = found.users.iter().flat_map(|(email, user)| user.roles.iter().map(move |role| (email.as_str(), role)));
    let strange = held.filter(|(email, role)| !expected.contains(&(*email, (*role).clone())));
    faults.wrong.extend(strange.map(|(email, role)| format!("{email} holds {role}, and nobody asked for that")));
}

fn groups(ledger: &[Entry], found: &mut Found, faults: &mut Faults) {
    let mut expected: HashMap<&str, String> = HashMap::new();
    let mut seen = HashSet::new();
    for entry in ledger {
        let Some(What::Group(asked)) = &entry.what else { continue };
        let is_there = found.groups.contains_key(&asked.name);
        faults.judge(&|| format!("{asked:?}"), entry.answer, usize::from(is_there), 1);
        if is_there {
            expected.entry(&asked.name).or_insert_with(|| Group::first_description(&asked.name));
            seen.insert(asked.name.as_str());
            if let Some(other) = &asked.changes {
                expected.insert(other, Group::changed_description(&asked.name));
            }
        }
    }
    for entry in ledger {
        let Some(What::Group(asked)) = &entry.what else { continue };
        let Some(group) = found.groups.get(&asked.name) else { continue };
        let is_whole = group.members.iter().eq(&asked.members)
            && group.children.iter().eq(&asked.children)
            && expected.get(asked.name.as_str()) == Some(&group.description);
        if !is_whole {
            faults.half_done.push(format!("{asked:?} is {group:?}"));
        }
        let id = group.id.clone();
        let changed = asked.changes.as_ref().map(|other| found.groups[other].id.clone());
        found.take_event("Group Created", &id, &Group::first_description(&asked.name), true);
        if !asked.members.is_empty() {
            found.take_event("Users Added to Group", &id, &joined(asked.members.iter().map(String::as_str)), true);
        }
        if !asked.children.is_empty() {
            found.take_event("Groups Added to Group", &id, &joined(asked.children.iter().map(String::as_str)), true);
        }
        if let Some(other) = changed {
            found.take_event("Group Updated", &other, &Group::changed_description(&asked.name), true);
        }
    }
    let base: Vec<String> = (0..BASE_GROUPS).map(|number| format!("base-{number}")).collect();
    let strangers = found.groups.keys().filter(|name| !seen.contains(name.as_str()) && !base.contains(name));
    faults.wrong.extend(strangers.map(|name| format!("the group {name} is there, and nobody asked for that")));
}

/// The events of what was there from the beginning.
fn seeds(found: &mut Found) {
    for email in (0..SEEDS).map(seed).chain([ADMIN.to_owned(), TAKEN.to_owned()]) {
        let user = &found.users[&email];
        if user.first_name != "Old" {
            found.wrong.push(format!("{email} has become {user:?}"));
        }
        let id = found.users[&email].id.clone();
        found.take_event("User Created", &id, "", true);
    }
    let of_the_beginning = ["Account Created", "Account Modified", "App Created", "Role Created"];
    found.events.retain(|(name, _, named), _| {
        let is_base = name.starts_with("Group") && (named.is_empty() || named.starts_with("base-"));
        !of_the_beginning.contains(&name.as_str()) && !is_base && named != ADMIN
    });
}
