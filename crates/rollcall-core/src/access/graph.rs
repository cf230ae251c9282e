//! The groups above some users as a graph, and the ways through it. Pure once it is loaded; ways are bounded where they
//! multiply.

use std::collections::{BTreeSet, HashMap};

use crate::error::Result;
use crate::id::GroupId;
use crate::op::View;
use crate::store::explain::{self, Came};
use crate::store::{GroupKey, UserKey};

/// As many ways are told of one thing that somebody has; the others are counted.
pub(super) const TOLD: usize = 12;

/// A group in the graph, by its parents and its children in it.
struct Node {
    id: GroupId,
    name: String,
    children: Vec<(GroupKey, Came)>,
}

/// Some users, the groups that they are in, and all above those.
pub(super) struct Graph {
    members: HashMap<UserKey, HashMap<GroupKey, Came>>,
    nodes: HashMap<GroupKey, Node>,
}

/// A way from a user to a group: groups with how one comes into each; the first one is the user's own.
pub(super) type Way<'g> = Vec<(&'g GroupId, &'g str, &'g Came)>;

impl Graph {
    /// Two statements.
    pub(super) fn of(view: &View<'_>, users: &[UserKey]) -> Result<Self> {
        let mut members = HashMap::<UserKey, HashMap<GroupKey, Came>>::new();
        let mut direct = BTreeSet::new();
        for (user, group, came) in explain::memberships(view.tx, view.account, users)? {
            direct.insert(group);
            members.entry(user).or_default().insert(group, came);
        }
        let mut nodes = HashMap::<GroupKey, Node>::new();
        let mut edges = Vec::new();
        for row in explain::above(view.tx, view.account, &direct.into_iter().collect::<Vec<_>>())? {
            edges.extend(row.parent.map(|(parent, came)| (parent, row.group, came)));
            nodes.entry(row.group).or_insert(Node { id: row.id, name: row.name, children: Vec::new() });
        }
        edges.sort_unstable_by_key(|(parent, child, _)| (*parent, *child));
        for (parent, child, came) in edges {
            if let Some(node) = nodes.get_mut(&parent) {
                node.children.push((child, came));
            }
        }
        Ok(Self { members, nodes })
    }

    /// Every group of it.
    pub(super) fn groups(&self) -> Vec<GroupKey> {
        let mut groups: Vec<_> = self.nodes.keys().copied().collect();
        groups.sort_unstable();
        groups
    }

    /// How many ways lead from a user into a group.
    pub(super) fn count(&self, user: UserKey, group: GroupKey) -> u64 {
        let Some(own) = self.members.get(&user) else { return 0 };
        let mut known = HashMap::<GroupKey, u64>::new();
        // A stack of its own instead of recursion: how deep groups nest is the user's choice.
        let mut stack = vec![(group, false)];
        while let Some((at, is_ready)) = stack.pop() {
            if known.contains_key(&at) {
                continue;
            }
            let children = self.nodes.get(&at).map_or(&[][..], |node| &node.children[..]);
            if is_ready {
                let below = children.iter().map(|(child, _)| known.get(child).copied().unwrap_or(0));
                let ways = below.fold(u64::from(own.contains_key(&at)), u64::saturating_add);
                known.insert(at, ways);
            } else {
                stack.push((at, true));
                stack.extend(children.iter().map(|(child, _)| (*child, false)));
            }
        }
        known.get(&group).copied().unwrap_or(0)
    }

    /// The first ways from a user into a group, as many as `most`, the shorter ones first.
    pub(super) fn ways(&self, user: UserKey, group: GroupKey, most: usize) -> Vec<Way<'_>> {
        let Some(own) = self.members.get(&user) else { return Vec::new() };
        let useful = self.leading_to(user, group);
        let (mut out, mut front) = (Vec::new(), vec![vec![group]]);
        while !front.is_empty() && out.len() < most {
            let mut next = Vec::new();
            for down in &front {
                let at = down[down.len() - 1];
                if out.len() < most && own.contains_key(&at) {
                    out.extend(self.told(user, down));
                }
                let children = self.nodes.get(&at).map_or(&[][..], |node| &node.children[..]);
                for (child, _) in children.iter().filter(|(child, _)| useful.contains(child)) {
                    // Each of them ends at the user: more than are told need not be gone.
                    if next.len() < most {
                        let mut further = down.clone();
                        further.push(*child);
                        next.push(further);
                    }
                }
            }
            front = next;
        }
        out
    }

    /// The groups below one through which it is reached from a user.
    fn leading_to(&self, user: UserKey, group: GroupKey) -> BTreeSet<GroupKey> {
        let (mut below, mut stack) = (BTreeSet::new(), vec![group]);
        while let Some(at) = stack.pop() {
            if below.insert(at) {
                stack.extend(self.nodes.get(&at).into_iter().flat_map(|node| node.children.iter().map(|(c, _)| *c)));
            }
        }
        let mut parents = HashMap::<GroupKey, Vec<GroupKey>>::new();
        for at in &below {
            for (child, _) in self.nodes.get(at).into_iter().flat_map(|node| &node.children) {
                parents.entry(*child).or_default().push(*at);
            }
        }
        let own = self.members.get(&user);
        let mut stack: Vec<GroupKey> =
            below.iter().filter(|at| own.is_some_and(|own| own.contains_key(at))).copied().collect();
        let mut useful = BTreeSet::new();
        while let Some(at) = stack.pop() {
            if useful.insert(at) {
                stack.extend(parents.get(&at).into_iter().flatten());
            }
        }
        useful
    }

    /// A way as it is told, from the user up; it was found from the group down.
    fn told(&self, user: UserKey, down: &[GroupKey]) -> Option<Way<'_>> {
        let mut way = Vec::with_capacity(down.len());
        let mut came = self.members.get(&user)?.get(down.last()?)?;
        for (n, at) in down.iter().enumerate().rev() {
            let node = self.nodes.get(at)?;
            way.push((&node.id, node.name.as_str(), came));
            if let Some(above) = n.checked_sub(1) {
                let parent = self.nodes.get(&down[above])?;
                came = parent.children.iter().find(|(child, _)| child == at).map(|(_, came)| came)?;
            }
        }
        Some(way)
    }
}
