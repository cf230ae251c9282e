//! Groups: who is in them, how they nest, the page of them that clients read, and what people do with one of them.

mod find;
pub mod manage;
pub(crate) mod tree;
mod write;

pub use find::{
    COUNTED, GroupAround, GroupFilter, GroupMember, GroupOrder, GroupRow, MemberFilter, Neighbour, Source, around, find,
};
pub(crate) use write::{
    GroupChange, NamedEdge, NamedMember, NewGroup, add_members, create_many, nest, remove_many, remove_members, unnest,
    update_many, write_joining, write_joining_of_many, write_leaving,
};

use std::collections::HashMap;

use crate::error::Result;
use crate::id::{GroupId, OrgId, UserId};
use crate::op::View;
use crate::page::{Page, Paged};
use crate::policy::Permission;
use crate::store::{self, GroupKey};
use crate::users::Status;

/// A group, as the store keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) key: GroupKey,
    pub(crate) id: GroupId,
    pub(crate) name: String,
    pub(crate) description: String,
    /// Its members come from the directory alone.
    pub(crate) from_directory: bool,
}

/// A direct member of a group.
#[derive(Debug, Clone)]
pub struct Member {
    /// Public id.
    pub id: UserId,
    /// The address, as first written.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Picture.
    pub picture: Option<String>,
    /// Colour.
    pub colour: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// Where the user stands.
    pub status: Status,
}

/// A group on a page: itself, its direct children by name, its direct members by address.
#[derive(Debug, Clone)]
pub struct GroupEntry {
    /// Public id.
    pub id: GroupId,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Direct child groups: id, name, description.
    pub children: Vec<(GroupId, String, String)>,
    /// Direct members, all of them.
    pub members: Vec<Member>,
}

/// A group on a page before it is looked at: with its mark, which is another one whenever anything has changed that a
/// [`GroupEntry`] tells of it. Two groups that have one mark are still two: remember what was made of one by its id, too.
#[derive(Debug, Clone)]
pub struct MarkedGroup {
    /// Public id.
    pub id: GroupId,
    /// The mark.
    pub mark: i64,
    group: Group,
}

/// A page of groups, oldest first, with their marks, and the organisation that their members belong to. Four statements at
/// any depth.
///
/// # Errors
/// When the database fails.
pub fn marked_page(view: &View<'_>, page: Page) -> Result<(OrgId, Paged<MarkedGroup>)> {
    view.expect(Permission::ViewGroups)?;
    let org = store::accounts::get(view.tx, view.account)?.org;
    let Paged { total, more, items } = store::groups::page(view.tx, view.account, page)?;
    let items = items.into_iter().map(|(group, mark)| MarkedGroup { id: group.id.clone(), mark, group }).collect();
    Ok((org, Paged { total, more, items }))
}

/// All that is told of these groups of a page, in their order. Two statements, whatever their number.
///
/// # Errors
/// When the database fails.
pub fn entries(view: &View<'_>, groups: Vec<MarkedGroup>) -> Result<Vec<GroupEntry>> {
    view.expect(Permission::ViewGroups)?;
    let keys: Vec<GroupKey> = groups.iter().map(|g| g.group.key).collect();
    let mut children = HashMap::<GroupKey, Vec<_>>::new();
    for (parent, child) in store::groups::children(view.tx, &keys)? {
        children.entry(parent).or_default().push((child.id, child.name, child.description));
    }
    let mut members = HashMap::<GroupKey, Vec<_>>::new();
    for (group, member) in store::members::of_groups(view.tx, &keys)? {
        members.entry(group).or_default().push(member);
    }
    let entry = |MarkedGroup { id, group, .. }: MarkedGroup| GroupEntry {
        children: children.remove(&group.key).unwrap_or_default(),
        members: members.remove(&group.key).unwrap_or_default(),
        id,
        name: group.name,
        description: group.description,
    };
    Ok(groups.into_iter().map(entry).collect())
}

/// A page of groups, oldest first, and the organisation that their members belong to. Six statements at any depth.
///
/// # Errors
/// When the database fails.
pub fn page(view: &View<'_>, page: Page) -> Result<(OrgId, Paged<GroupEntry>)> {
    let (org, Paged { total, more, items }) = marked_page(view, page)?;
    Ok((org, Paged { total, more, items: entries(view, items)? }))
}
