//! What the worlds of the properties begin with, and what of them is compared.

use std::fmt::Debug;

use rollcall_core::sync::{AppState, State};
use rollcall_core::users::{Outcome, UserFault};
use rollcall_core::{Code, Error, mail};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::model::{BOTS, ROLES};
use crate::setting::{self, app_state, bot, number, role, state};

/// What can be seen from outside: two looks are equal where nothing happened between them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) snapshot: String,
    pub(super) mark: String,
    pub(super) events: i64,
    pub(super) letters: i64,
}

impl Look {
    pub(super) fn at(acme: &TestRollcall) -> Self {
        Self {
            snapshot: acme.snapshot(),
            mark: acme.read(|view| view.mark()).unwrap(),
            events: number(acme, "select count(*) from audit_events"),
            letters: acme.read(mail::waiting).unwrap(),
        }
    }
}

/// What every world has and every account file keeps.
pub(super) fn furniture() -> State {
    let custom = ROLES.into_iter().filter(|(_, _, built_in)| !built_in);
    State {
        bots: BOTS.into_iter().map(|(name, published, dialogs)| bot(name, published, &dialogs)).collect(),
        roles: custom.map(|(kind, name, _)| role(kind, name, &json!({"Manage Users": "VIEW"}))).collect(),
        apps: (0..8).map(|n| app_state(&format!("app {n}"), &[])).collect(),
        ..state()
    }
}

/// The file with the furniture, of which it says nothing new.
pub(super) fn furnished(file: State) -> State {
    let State { bots, roles, apps, .. } = furniture();
    let apps = apps.into_iter().map(|app| AppState { scopes: None, ..app }).collect();
    State { bots, roles, apps, ..file }
}

/// All that somebody could read of an answer.
pub(super) fn say<T: Debug>(answer: &rollcall_core::Result<T>) -> String {
    let error = answer.as_ref().err().map(|e| format!("{e} {:?}", e.cause()));
    format!("{answer:?} {error:?}")
}

/// The faults of each user without the sentences that are Rollcall's own, to be compared with the model's.
pub(super) fn same_faults(got: &setting::Created) -> Result<Vec<Vec<String>>, Code> {
    let plain = |fault: &UserFault| match fault {
        UserFault::InvalidEmail(_) => UserFault::InvalidEmail(String::new()),
        UserFault::OverCeiling(_) => UserFault::OverCeiling(String::new()),
        UserFault::Field(_) => UserFault::Field(String::new()),
        other => other.clone(),
    };
    let faults = |outcome: &Outcome| match outcome {
        Outcome::Created(_) => Vec::new(),
        Outcome::Refused(faults) => faults.iter().map(plain).collect(),
    };
    got.as_ref().map(|outcomes| sorted(outcomes.iter().map(faults).collect())).map_err(Error::code)
}

pub(super) fn sorted(faults: Vec<Vec<UserFault>>) -> Vec<Vec<String>> {
    let texts = |faults: Vec<UserFault>| {
        let mut texts: Vec<String> = faults.iter().map(|f| format!("{f:?}")).collect();
        texts.sort_unstable();
        texts
    };
    faults.into_iter().map(texts).collect()
}
