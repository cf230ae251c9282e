//! What those are called who did something, by the public ids under which it was noted.

use std::collections::{BTreeSet, HashMap};

use crate::error::Result;
use crate::op::View;
use crate::store;

/// Names by public id.
#[derive(Debug, Default)]
pub struct Named(HashMap<String, String>);

impl Named {
    /// The address of a user, the name of an app; what stands there for whoever is neither (any more), such as the host.
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// What these are called. Two statements, whatever their number.
pub(crate) fn names<'a>(view: &View<'_>, ids: impl Iterator<Item = &'a str>) -> Result<Named> {
    let ids: BTreeSet<&str> = ids.collect();
    let (users, others): (Vec<&str>, Vec<&str>) = ids.into_iter().partition(|id| id.starts_with("u-"));
    let mut names = store::users::emails(view.tx, view.account, &users)?;
    names.extend(store::apps::names(view.tx, view.account, &others)?);
    Ok(Named(names))
}
