//! Account files: a whole account as YAML or JSON, read into what the core applies, and written. No rules of the domain.
//!
//! ```
//! use rollcall::account_file;
//!
//! let file = account_file::parse("rollcall: 1\naccount: { name: Acme }\n").unwrap();
//! assert_eq!(account_file::emit(&file.state), "rollcall: 1\naccount:\n  name: Acme\n");
//!
//! let faults = account_file::parse("rollcall: 1\naccount: { nam: Acme }\n").unwrap_err();
//! assert_eq!(faults[1].to_string(), "2:12: account: unknown key \"nam\"; did you mean \"name\"?");
//! ```

mod describe;
mod fields;
mod json;
mod keys;
mod place;
mod read;
mod read_app;
mod scalar;
mod schema;
mod tree;
mod write;
mod yaml;

#[cfg(test)]
mod tests;

use rollcall_core::Fault;
use rollcall_core::sync::State;

pub use place::Located;
use place::{Place, Position, Positions};

/// The built-in demo account, as an account file.
pub const DEMO: &str = include_str!("../../demo.yaml");

/// An account file that has been read.
#[derive(Debug, Clone)]
pub struct AccountFile {
    /// What it describes.
    pub state: State,
    positions: Positions,
}

impl AccountFile {
    /// Finds the place of a fault of the core in the file; where the place itself is not in the file (a key that is
    /// missing, a name that stands for a mapping), the nearest thing around it.
    pub fn locate(&self, fault: &Fault) -> Located {
        let place = keys::in_the_files_words(&fault.place);
        Located::new(self.positions.find(&place), place, &fault.message)
    }
}

/// Reads an account file, YAML or JSON. It sees to the form alone; whether names exist and values are allowed is for the
/// core to say, whose faults [`AccountFile::locate`] finds in the file.
///
/// # Errors
/// Every fault of the file, in the order in which they stand there; at least one.
pub fn parse(text: &str) -> Result<AccountFile, Vec<Located>> {
    let (tree, mut faults) = tree::read(text);
    let mut state = State::default();
    match &tree {
        Some(root) => {
            let (read, more) = read::read(root);
            faults.extend(more);
            state = read;
        }
        None if faults.is_empty() => {
            faults.push(Located::new(
                Position::START,
                Place::Root,
                "the file is empty; an account file begins with `rollcall: 1`",
            ));
        }
        None => {}
    }
    match tree {
        Some(root) if faults.is_empty() => Ok(AccountFile { state, positions: Positions::of(root) }),
        _ => {
            faults.sort_by_key(|fault| (fault.line, fault.column));
            Err(faults)
        }
    }
}

/// Writes an account file, as YAML, that [`parse`] reads back to the same state. The same state always gives the same
/// text. Client secrets are written where the state holds them.
pub fn emit(state: &State) -> String {
    to_json(state).as_object().map(write::document).unwrap_or_default()
}

/// The same as [`emit`], as JSON.
pub fn to_json(state: &State) -> serde_json::Value {
    describe::describe(state)
}

/// The JSON Schema (draft 2020-12) of account files.
pub fn json_schema() -> serde_json::Value {
    schema::schema()
}
