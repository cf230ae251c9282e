//! Which role of the account each imported one is: by its reference, then by its name. Pure: no database.

use std::collections::HashMap;

use super::RoleDetails;
use super::import::{CheckedRoles, Part};
use crate::error::Fault;
use crate::text;

/// What is to be done for one imported role.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step<'a> {
    /// It is built in and stays as it is.
    Keep(&'a RoleDetails),
    /// It is this one.
    Update(&'a RoleDetails),
    /// There is none yet.
    Create,
}

impl<'a> Step<'a> {
    /// The role of the account.
    pub(super) fn role(&self) -> Option<&'a RoleDetails> {
        match self {
            Self::Keep(role) | Self::Update(role) => Some(role),
            Self::Create => None,
        }
    }
}

struct Plan<'a> {
    wanted: &'a CheckedRoles,
    existing: &'a [RoleDetails],
    by_name: HashMap<String, usize>,
    /// For each imported role, which one of the account it is.
    is: Vec<Option<usize>>,
    /// For each role of the account, which imported one it is.
    met: Vec<Option<usize>>,
    faults: Vec<Fault>,
}

/// A step for each imported role, in order. With `prune` the custom roles that none comes to are about to go, and their
/// names are free.
pub(super) fn steps<'a>(
    existing: &'a [RoleDetails],
    wanted: &'a CheckedRoles,
    prune: bool,
) -> Result<Vec<Step<'a>>, Vec<Fault>> {
    let by_name = existing.iter().enumerate().map(|(n, role)| (text::key(&role.name), n)).collect();
    let (is, met) = (vec![None; wanted.roles.len()], vec![None; existing.len()]);
    let mut plan = Plan { wanted, existing, by_name, is, met, faults: Vec::new() };
    plan.match_references();
    plan.match_names();
    plan.refuse_taken_names(prune);
    if !plan.faults.is_empty() {
        return Err(plan.faults);
    }
    let step = |is: &Option<usize>| match is.map(|n| &existing[n]) {
        Some(role) if role.built_in => Step::Keep(role),
        Some(role) => Step::Update(role),
        None => Step::Create,
    };
    Ok(plan.is.iter().map(step).collect())
}

impl Plan<'_> {
    fn fault(&mut self, wanted: usize, part: Part<'_>, why: String) {
        let place = (self.wanted.place)(self.wanted.roles[wanted].number, part);
        self.faults.push(Fault::at(place, why));
    }

    fn meet(&mut self, wanted: usize, role: usize) {
        self.is[wanted] = Some(role);
        self.met[role] = Some(wanted);
    }

    fn match_references(&mut self) {
        let mut by_reference = HashMap::<&str, Vec<usize>>::new();
        for (n, role) in self.existing.iter().enumerate() {
            by_reference.entry(&role.ref_id).or_default().push(n);
        }
        for (n, role) in self.wanted.roles.iter().enumerate() {
            let Some(reference) = &role.ref_id else { continue };
            let Some(roles) = by_reference.get(reference.as_str()) else { continue };
            let same_name = roles.iter().find(|of| text::key(&self.existing[**of].name) == self.wanted.keys[n]);
            match (roles.as_slice(), same_name) {
                ([one], _) | (_, Some(one)) => self.meet(n, *one),
                _ => {
                    let names: Vec<_> = roles.iter().map(|of| format!("{:?}", self.existing[*of].name)).collect();
                    let why = format!("the refId {reference:?} is that of several roles: {}", names.join(", "));
                    self.fault(n, Part::RefId, why);
                }
            }
        }
    }

    fn match_names(&mut self) {
        for n in 0..self.wanted.roles.len() {
            let Some(&role) = self.by_name.get(&self.wanted.keys[n]).filter(|_| self.is[n].is_none()) else { continue };
            match self.met[role] {
                None => self.meet(n, role),
                // Another reference says that it is another role, which takes over a name that has become free.
                Some(_) if self.wanted.roles[n].ref_id.is_some() => {}
                Some(other) => {
                    let other = (self.wanted.place)(self.wanted.roles[other].number, Part::Whole);
                    let name = &self.existing[role].name;
                    self.fault(
                        n,
                        Part::Whole,
                        format!("it is the role {name:?} by its name, and so is {other} by its refId"),
                    );
                }
            }
        }
    }

    /// A name that a role keeps can be no other's.
    fn refuse_taken_names(&mut self, prune: bool) {
        for n in 0..self.wanted.roles.len() {
            let Some(&owner) = self.by_name.get(&self.wanted.keys[n]) else { continue };
            let keeps = match (self.existing[owner].built_in, self.met[owner]) {
                (true, _) => true,
                (false, None) => !prune,
                (false, Some(other)) => self.wanted.keys[other] == self.wanted.keys[n],
            };
            if keeps && self.is[n] != Some(owner) {
                let RoleDetails { id, name, built_in, .. } = &self.existing[owner];
                let what = if *built_in { "the built-in role" } else { "the role" };
                let why = format!("the name {name:?} is that of {what} {id}, which keeps it");
                self.fault(n, Part::Name, why);
            }
        }
    }
}
