//! Whether a transaction writes anything by which somebody could gain an admin right: seen at the statements themselves, so
//! that no use-case and no face has to say so of itself.

use std::cell::RefCell;

use super::{AccountKey, Tx, UserKey, assignments};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::roles::rights::AdminRights;

/// What every user with an admin role has, by each of its ways.
pub(crate) type Had = Vec<(UserKey, AdminRights)>;

/// The tables of which admin rights are made: whoever gains one does so by a row of them.
pub(super) const TABLES: [&str; 4] = ["assignments", "memberships", "nestings", "roles"];

/// What is known of gifts in a transaction.
#[derive(Default)]
pub(crate) struct Gifts(RefCell<State>);

#[derive(Default)]
enum State {
    /// Nobody asks: whoever acts is no administrator.
    #[default]
    Free,
    /// An administrator acts, and nobody looks who gains what: nothing may be given.
    Barred,
    /// Somebody looks, and nothing was given yet.
    Watched(AccountKey, Time),
    /// What everybody had before the first gift.
    Given(Had),
}

impl Gifts {
    /// From now on nothing is given that nobody looks at; or anything is.
    pub(crate) fn bar(&self, is_barred: bool) {
        *self.0.borrow_mut() = if is_barred { State::Barred } else { State::Free };
    }

    /// From now on what everybody has is noted before the first gift.
    pub(crate) fn watch(&self, account: AccountKey, now: Time) {
        *self.0.borrow_mut() = State::Watched(account, now);
    }

    /// What everybody had before the first gift; none where nothing was given. Nothing is given from here on.
    pub(crate) fn seen(&self) -> Option<Had> {
        match self.0.replace(State::Barred) {
            State::Given(had) => Some(had),
            State::Free | State::Barred | State::Watched(..) => None,
        }
    }

    /// Before a statement is run.
    pub(super) fn before(&self, tx: &Tx<'_>, sql: &str) -> Result<()> {
        let (account, now) = match *self.0.borrow() {
            State::Free | State::Given(_) => return Ok(()),
            State::Barred if gives(sql) => {
                return Err(Error::internal(
                    "a change that may give admin rights, of which nobody looks who gains what",
                ));
            }
            // Also before something is taken away: what is given back by the same change is no gain.
            State::Watched(account, now) if gives(sql) || takes(sql) => (account, now),
            State::Barred | State::Watched(..) => return Ok(()),
        };
        let had = assignments::admin_rights(tx, account, now)?;
        *self.0.borrow_mut() = State::Given(had);
        Ok(())
    }
}

/// Whether a statement writes a row of which rights are made. Who loses a row loses rights, and gains none.
fn gives(sql: &str) -> bool {
    is_about_rights(sql.strip_prefix("insert into ").or_else(|| sql.strip_prefix("update ")))
}

/// Only of roles something is taken first to be given again.
fn takes(sql: &str) -> bool {
    sql.starts_with("delete from assignments ")
}

fn is_about_rights(table: Option<&str>) -> bool {
    table.and_then(|rest| rest.split([' ', '(']).next()).is_some_and(|table| TABLES.contains(&table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gift_is_seen_at_its_statement() {
        for sql in [
            "insert into assignments (a) values ($1)",
            "insert into memberships(a) values ($1)",
            "update roles set rights = $1",
            "insert into nestings values ($1) on conflict do nothing",
        ] {
            assert!(gives(sql), "{sql}");
        }
        for sql in [
            "insert into users (a) values ($1)",
            "delete from assignments where id = $1",
            "update groups set roles = $1",
        ] {
            assert!(!gives(sql), "{sql}");
        }
    }

    #[test]
    fn rights_are_made_of_the_tables_that_are_known_and_of_no_other() {
        let words: Vec<&str> = assignments::ADMIN_RIGHTS.split([' ', '(', ')']).filter(|w| !w.is_empty()).collect();
        let read = words.windows(2).filter(|pair| matches!(pair[0], "from" | "join")).map(|pair| pair[1]);
        let read: std::collections::BTreeSet<&str> = read.filter(|table| *table != "carried").collect();
        assert_eq!(read, TABLES.into_iter().collect());
    }
}
