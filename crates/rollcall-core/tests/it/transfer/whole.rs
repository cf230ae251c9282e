//! What a copy has: everything, in every direction; and that it can be worked on like its original.

use rollcall_core::audit::{self, Verification};
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::{Database, Rollcall, groups, page::Page};
use rollcall_testkit::{TestDatabase, TestRollcall};
use serde_json::json;

use super::world::{MANY, SECRET, everything};
use super::{Opened, backup, copy, count, files, kind, kinds, restore, rows, tamper};
use crate::setting::{active, app_state, bot, client_id, given, group, role, sign, state};

/// A token of the app "ci", as a client makes it.
pub(super) fn token(acme: &TestRollcall) -> String {
    sign(&json!({ "sub": "1", "appId": client_id(acme, "ci") }), SECRET)
}

fn verified(acme: &TestRollcall, copy: &Opened) -> Verification {
    copy.read(acme, audit::verify)
}

/// The same in every row, and the same to whoever works with it.
fn is_the_same(acme: &TestRollcall, database: &TestDatabase) {
    let direction = format!("{} to {}", kind(acme.database()), kind(database));
    let (original, copied) = (rows(acme.database()), rows(database));
    assert_eq!(original.keys().collect::<Vec<_>>(), copied.keys().collect::<Vec<_>>(), "{direction}");
    for (table, rows) in &original {
        assert_eq!(rows, &copied[table], "{table}, {direction}");
    }
    let copy = Opened::of(acme, database);
    assert_eq!(copy.snapshot(acme), acme.snapshot(), "{direction}");
    assert_eq!(verified(acme, &copy), acme.read(audit::verify).unwrap(), "{direction}");
    assert!(copy.rollcall.authenticate(token(acme), None).wait().unwrap().is_ok(), "{direction}");
    let page = |number| move |view: &rollcall_core::op::View<'_>| groups::page(view, Page::new(number, 100).unwrap());
    for number in [0, 5, 11] {
        let (one, other) = (copy.read(acme, page(number)), acme.read(page(number)).unwrap());
        assert_eq!(format!("{one:?}"), format!("{other:?}"), "page {number}, {direction}");
    }
    let mark = acme.read(|view| view.mark()).unwrap();
    assert_ne!(copy.read(acme, |view| view.mark()), mark, "what clients remember of the one is not true of the other");
}

/// Something new of every kind.
fn more() -> State {
    State {
        bots: vec![bot("New", true, &["One", "Two"])],
        roles: vec![role(RoleKind::Admin, "New", &json!({}))],
        users: vec![active("new@acme.test")],
        groups: vec![group("New", &["new@acme.test"], &["g0000"])],
        assignments: vec![given("New", None, &["new@acme.test"], &["New"])],
        apps: vec![app_state("new", &[])],
        ..state()
    }
}

/// New rows get new ids, and what is counted, chained and raised goes on where it was.
fn can_be_worked_on(acme: &TestRollcall, database: &TestDatabase) {
    let copy = Opened::of(acme, database);
    let before = copy.read(acme, |view| view.mark());
    copy.rollcall.apply(&copy.host, more(), false, Mode::Real).wait().unwrap();
    acme.apply(more()).unwrap();
    assert_ne!(copy.read(acme, |view| view.mark()), before);
    let counts = "select account_id, kind, cast(sum(row_count) as bigint) from page_counts where kind <> 'users' \
        and level = 0 group by account_id, kind order by 1, 2";
    let counted = "select account_id, 'bots', count(*) from bots group by account_id union all \
        select account_id, 'groups', count(*) from groups group by account_id union all \
        select account_id, kind || ' roles', count(*) from roles group by account_id, kind order by 1, 2";
    assert_eq!(database.query(counts), database.query(counted));
    let seal = || {
        let host = copy.host.actor(&acme.account, "test");
        copy.rollcall.write(host, Permission::RunJobs, Mode::Real, audit::seal).wait().unwrap()
    };
    while seal() > 0 {}
    let walked = verified(acme, &copy);
    assert_eq!((walked.broken, walked.pending, walked.sealed), (None, 0, acme.sealed_events()));
    let ids = "select count(distinct id) from audit_events";
    assert_eq!(database.number(ids), acme.database().number("select count(*) from audit_events"));
    let of_new = |db: &TestDatabase| db.query("select public_id from users where email = 'new@acme.test'");
    assert_eq!(of_new(database), of_new(acme.database()));
}

#[test]
fn a_copy_is_the_same_in_every_row_and_goes_on_by_itself() {
    for original in kinds() {
        let acme = everything(original(), MANY);
        let look = || (rows(acme.database()), acme.read(|view| view.mark()).unwrap(), acme.snapshot());
        let before = look();
        let targets: Vec<TestDatabase> = kinds().into_iter().map(|kind| kind()).collect();
        for target in &targets {
            let copied = copy(&acme, target).unwrap();
            assert_eq!(copied.rows() as usize, count(acme.database()));
            is_the_same(&acme, target);
        }
        assert!(look() == before, "copying does nothing to the original");
        targets.iter().for_each(|target| can_be_worked_on(&acme, target));
    }
}

#[test]
fn the_account_that_is_copied_has_something_in_every_column() {
    let acme = everything(TestDatabase::sqlite(), 1);
    for (table, column) in acme.database().columns() {
        let filled = format!("select count({column}) from {table}");
        assert!(acme.database().number(&filled) > 0, "{table}.{column} holds nothing");
    }
}

#[test]
fn a_backup_restores_into_every_database() {
    for original in kinds() {
        let acme = everything(original(), MANY);
        let (folder, file) = backup(&acme);
        assert_eq!(files(folder.path()), ["backup.db"], "one file alone");
        let before = std::fs::read(&file).unwrap();
        for target in kinds() {
            let target = target();
            let copied = restore(&file, &target).unwrap();
            let (account, walked) = &copied.chains[0];
            assert_eq!((account.as_str(), walked), ("Acme", &acme.read(audit::verify).unwrap()));
            is_the_same(&acme, &target);
        }
        assert!(std::fs::read(&file).unwrap() == before, "a backup is only read");
        // It is a database like any other.
        let opened = Opened::at(&acme, Database::Sqlite(file)).unwrap();
        assert_eq!(opened.snapshot(&acme), acme.snapshot());
        assert_eq!(verified(&acme, &opened), acme.read(audit::verify).unwrap());
    }
}

#[test]
fn a_restored_copy_can_be_backed_up_in_its_turn() {
    let acme = everything(TestDatabase::sqlite(), 1);
    let (_folder, file) = backup(&acme);
    let target = TestDatabase::empty();
    restore(&file, &target).unwrap();
    let copy = Opened::of(&acme, &target);
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("second.db");
    copy.rollcall.backup(&copy.host, &second).unwrap();
    let last = TestDatabase::sqlite();
    restore(&second, &last).unwrap();
    is_the_same(&acme, &last);
}

#[test]
fn a_backup_of_an_older_version_is_brought_up_to_date_and_stays_as_it_is() {
    let acme = everything(TestDatabase::sqlite(), 1);
    for plain in [
        "update roles set created_by = null, updated_by = null",
        "update apps set expires_at = null",
        "update app_secrets set public_id = '1', last_used_at = null",
    ] {
        acme.database().execute(plain);
    }
    let (_folder, file) = backup(&acme);
    let old = |sql: &str| tamper(&file, sql);
    // What the versions after the fifth brought.
    let lost = [
        "files",
        "erasure_users",
        "erasures",
        "sso_settings",
        "token_ids",
        "server_keys",
        "audit_checkpoints",
        "rate_limits",
        "group_marks",
        "credentials",
        "earlier_passwords",
        "recovery_codes",
        "sign_in_links",
        "sessions",
        "search_blocks",
        "search_grams",
        "search_changes",
    ];
    for table in lost.iter().chain(&["audit_runs", "audit_blocks", "page_counts"]) {
        old(&format!("drop table {table}"));
    }
    old("drop index roles_by_kind");
    old("alter table roles drop column created_by");
    old("alter table roles drop column updated_by");
    old("create table page_counts (account_id integer not null references accounts (id), kind text not null, \
         bucket integer not null, row_count integer not null, primary key (account_id, kind, bucket)) strict, without rowid");
    old("insert into page_counts select account_id, 'groups', id / 1000, count(*) from groups group by 1, 3");
    for column in ["expires_at", "enforce_jti", "enforce_jwe"] {
        old(&format!("alter table apps drop column {column}"));
    }
    old("drop index app_secrets_by_public_id");
    for column in ["public_id", "last_used_at"] {
        old(&format!("alter table app_secrets drop column {column}"));
    }
    old("alter table roles drop column rights");
    for index in
        ["by_name", "by_status", "by_last_login", "with_data_tables", "with_builder", "with_bots", "without_name_key"]
    {
        old(&format!("drop index users_{index}"));
    }
    old("alter table users drop column name_key");
    old("alter table users drop column last_login_key");
    old("drop index task_grants_by_user");
    for index in ["by_role", "by_end", "bot_role_users", "on_bot_users", "on_bot_groups"] {
        old(&format!("drop index assignments_{index}"));
    }
    old("drop index invitations_open");
    old("delete from schema_migrations where version > 5");
    // An older version's digest is of what it had.
    old("delete from installation where name = 'digest of the backup'");
    let before = std::fs::read(&file).unwrap();
    let target = TestDatabase::empty();
    let copied = restore(&file, &target).unwrap();
    let (old, new) = (&copied.chains[0].1, acme.read(audit::verify).unwrap());
    assert_eq!((old.sealed, old.pending, &old.broken), (new.sealed, new.pending, &None));
    assert_eq!((old.checkpoints, old.kids.len()), (0, 0), "older versions signed nothing");
    assert!(std::fs::read(&file).unwrap() == before);
    assert_eq!(Rollcall::schema_version(), target.number("select max(version) from schema_migrations"));
    // What roles permit in the console is worked out when it is opened.
    let copy = Opened::of(&acme, &target);
    let (mut original, restored) = (rows(acme.database()), rows(&target));
    // But for what can be found out again.
    for lost in lost {
        original.insert(lost.into(), Vec::new());
    }
    assert_eq!(original, restored);
    assert_eq!(copy.snapshot(&acme), acme.snapshot());
}
