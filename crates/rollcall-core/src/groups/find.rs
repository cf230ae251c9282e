//! Groups as people look through them: the list by a filter, and one group with what is around it.

use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::{GroupId, UserId};
use crate::op::View;
use crate::policy::Permission;
use crate::roles::Carrying;
use crate::store::{self, GroupKey};
use crate::users::{People, Status};
use crate::who::{self, Named};

/// Where a group comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was made here.
    Local,
    /// Its members come from a directory.
    Directory,
    /// It was made by a program that keeps users in step.
    Scim,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Local, Self::Directory, Self::Scim];

    /// The store's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Directory => "directory",
            Self::Scim => "scim",
        }
    }

    /// Reads the word; none where it is no source.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.word() == word)
    }

    pub(crate) fn stored(word: &str) -> Self {
        Self::parse(word).unwrap_or(Self::Local)
    }
}

/// In which order groups are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupOrder {
    /// By name.
    #[default]
    Name,
    /// By name, from the end.
    NameDown,
    /// The newest first.
    Newest,
}

/// Which groups are listed.
#[derive(Debug, Clone, Default)]
pub struct GroupFilter {
    /// The name has this text in it, whatever the case.
    pub text: String,
    /// They are from here.
    pub source: Option<Source>,
    /// Nobody and no group is in them.
    pub is_empty: bool,
    /// In which order.
    pub order: GroupOrder,
    /// Behind the group with this cursor; from the start where it is empty.
    pub after: String,
}

/// As many are counted of anything in a group; one more stands for all beyond.
pub const COUNTED: u64 = 1_000;

/// A group on a list.
#[derive(Debug, Clone)]
pub struct GroupRow {
    pub(crate) key: GroupKey,
    /// Public id.
    pub id: GroupId,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Where it comes from.
    pub source: Source,
    /// When it was made.
    pub created: Time,
    /// When it was changed last.
    pub updated: Time,
    /// Direct members, up to one more than [`COUNTED`].
    pub members: u64,
    /// Direct groups in it, as far.
    pub children: u64,
    /// Groups that it is in, as far.
    pub parents: u64,
    /// Roles that were given to it, as far.
    pub roles: u64,
    /// What the list goes on behind.
    pub cursor: String,
}

/// An edge to another group.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// The other's public id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Since when.
    pub since: Time,
    /// Who made the edge: a public id.
    pub by: String,
    /// By which way.
    pub via: String,
}

/// A member on a page of them.
#[derive(Debug, Clone)]
pub struct GroupMember {
    /// Public id.
    pub id: UserId,
    /// Address.
    pub email: String,
    /// First and last name; may be empty.
    pub name: String,
    /// Where the user stands.
    pub status: Status,
    /// Since when.
    pub since: Time,
    /// Who added them: a public id.
    pub by: String,
    /// By which way.
    pub via: String,
}

/// A group with what is around it.
#[derive(Debug)]
pub struct GroupAround {
    /// The group.
    pub group: GroupRow,
    /// The groups that it is in, by name; a thousand at most.
    pub parents: Vec<Neighbour>,
    /// The groups that are in it, by name; a thousand at most.
    pub children: Vec<Neighbour>,
    /// The roles that it hands on, also from above; a thousand at most.
    pub carried: Vec<Carrying>,
    /// A page of its direct members.
    pub members: Vec<GroupMember>,
    /// Who did all of this, by public id.
    pub who: Named,
}

/// Which members of a group are shown.
#[derive(Debug, Clone, Default)]
pub struct MemberFilter {
    /// The address has this text in it.
    pub text: String,
    /// Behind the member with this id.
    pub after: String,
}

/// The groups of a filter. One statement.
///
/// # Errors
/// When the database fails.
pub fn find(view: &View<'_>, filter: &GroupFilter, limit: u32) -> Result<Vec<GroupRow>> {
    view.expect(Permission::ViewGroups)?;
    store::group_lists::found(view.tx, view.account, filter, limit.into())
}

/// A group with what is around it, and a page of its members. Seven statements.
///
/// # Errors
/// [`Code::NotFound`] where the account has no such group.
pub fn around(view: &View<'_>, id: &str, filter: &MemberFilter, limit: u32) -> Result<GroupAround> {
    view.expect(Permission::ViewGroups)?;
    let group = store::group_lists::one(view.tx, view.account, id)?.ok_or_else(|| unknown(id))?;
    let parents = store::group_lists::neighbours(view.tx, group.key, true)?;
    let children = store::group_lists::neighbours(view.tx, group.key, false)?;
    let carried = store::group_lists::carried(view.tx, group.key, view.now)?;
    let members =
        store::group_lists::members(view.tx, view.account, group.key, &filter.text, &filter.after, limit.into())?;
    let by = parents.iter().chain(&children).map(|edge| &edge.by);
    let by = by.chain(carried.iter().map(|role| &role.by)).chain(members.iter().map(|member| &member.by));
    let who = who::names(view, by.map(String::as_str))?;
    Ok(GroupAround { group, parents, children, carried, members, who })
}

/// Those of these addresses that are somebody's, in the order given, each once.
pub(super) fn people(view: &View<'_>, emails: &[String]) -> Result<People> {
    let lookups: Vec<_> = emails.iter().cloned().map(crate::users::Lookup::Email).collect();
    People::look_up(view, lookups.iter())
}

pub(super) fn unknown(id: &str) -> Error {
    Error::new(Code::NotFound, format!("There is no group {id} (any more)."))
}
