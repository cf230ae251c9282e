//! The built-in demo account, and with it what the file is for: applying it, and applying what was exported.

use rollcall_core::clock::ManualClock;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::seal::InstallationKey;
use rollcall_core::sync::{self, State};
use rollcall_core::users::Status;
use rollcall_core::{HostKey, Open, Rollcall, Threads};
use rollcall_testkit::{START, TestDatabase};

use super::super::{DEMO, emit, parse};
use super::state;

/// A Rollcall on that database.
fn open(database: &TestDatabase) -> (Rollcall, HostKey) {
    let key = InstallationKey::parse(InstallationKey::generate().expose()).unwrap();
    let clock = Box::new(ManualClock::at(START));
    Rollcall::open(Open {
        database: database.database(),
        clock,
        key,
        keys: None,
        threads: Threads::default(),
        rate_limit: None,
    })
    .unwrap()
}

fn apply(rollcall: &Rollcall, host: &HostKey, state: State) -> usize {
    let answer = rollcall.apply(host, state, false, Mode::Real).wait();
    answer.map_err(|error| format!("{:?}", error.each_fault())).unwrap().changes.len()
}

fn export(rollcall: &Rollcall, host: &HostKey) -> String {
    let account = rollcall.accounts(host).wait().unwrap().remove(0);
    let actor = host.actor(&account, "export");
    let read = rollcall.read(actor, Permission::AdministerAccount, |view| sync::export(view, true));
    emit(&read.wait().unwrap())
}

#[test]
fn the_demo_account_is_large_enough_to_show_things() {
    let demo = state(DEMO);
    assert!(demo.users.len() >= 240, "{}", demo.users.len());
    assert!(demo.groups.len() > 50, "listing the groups takes more than one page");
    for status in Status::ALL {
        assert!(demo.users.iter().any(|user| user.status == Some(status)), "{status}");
    }
    assert_eq!(demo.groups[0].members, ["sample1@example.com", "sample2@example.com"]);
    assert_eq!(demo.groups[1].members, ["sample3@example.com", "sample3@sampleemail.com"]);
    assert!(demo.apps.iter().all(|app| app.client_secret.is_none()));
}

#[test]
fn the_core_takes_the_demo_account_and_its_export_changes_nothing() {
    let (here, there) = (TestDatabase::migrated(), TestDatabase::migrated());
    let (rollcall, host) = open(&here);
    assert!(apply(&rollcall, &host, state(DEMO)) > 500);
    assert_eq!(apply(&rollcall, &host, state(DEMO)), 0);
    let exported = export(&rollcall, &host);
    assert_eq!(apply(&rollcall, &host, state(&exported)), 0);
    let (second, second_host) = open(&there);
    apply(&second, &second_host, state(&exported));
    assert_eq!(apply(&second, &second_host, state(&exported)), 0);
    assert_eq!(apply(&rollcall, &host, state(&export(&second, &second_host))), 0);
}

#[test]
fn a_fault_that_the_core_finds_has_its_line() {
    let database = TestDatabase::migrated();
    let (rollcall, host) = open(&database);
    let text = super::EXAMPLE.replace("groups: [Audit] }\nassign", "groups: [Audits] }\nassign");
    let file = parse(&text).unwrap();
    let error = rollcall.apply(&host, file.state.clone(), false, Mode::Real).wait().unwrap_err();
    let told: Vec<_> = error.each_fault().iter().map(|fault| file.locate(fault).to_string()).collect();
    assert!(
        matches!(told.as_slice(), [only] if only.starts_with("16:53: groups[1].groups[0]: unknown group \"Audits\"")),
        "{told:?}"
    );
}
