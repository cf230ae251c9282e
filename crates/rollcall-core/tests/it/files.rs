//! Uploaded files: kept whole for a day, for the whole account and nobody else, and never more than there is room for.

use rollcall_core::actor::Actor;
use rollcall_core::files::{self, KEPT_MILLIS, MAX_FILES, MAX_KEPT, MAX_KEPT_OF_APP, MAX_SIZE, NewFile};
use rollcall_core::id::FileId;
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::import;
use rollcall_core::{Code, Result};
use rollcall_testkit::{START, TestRollcall};

use crate::setting::{HOUR, app, app_of, audit_texts, number, statements};

fn file(content: Vec<u8>) -> NewFile {
    NewFile::check("roles.json", "bulkImport", "json", content).unwrap()
}

fn upload(acme: &TestRollcall, actor: &Actor, mode: Mode, content: Vec<u8>) -> Result<FileId> {
    let file = file(content);
    let work = move |op: &mut rollcall_core::op::Op<'_>| files::upload(op, &file);
    acme.rollcall().write(actor.clone(), Permission::UploadFiles, mode, work).wait()
}

/// What somebody finds who takes the file up.
fn found(acme: &TestRollcall, actor: &Actor, id: &FileId) -> Option<Vec<u8>> {
    let id = id.clone();
    let look = move |view: &rollcall_core::op::View<'_>| {
        let content = import::file(view, id.as_str())?;
        assert_eq!(import::has_file(view, id.as_str())?, content.is_some());
        Ok(content)
    };
    acme.rollcall().read(actor.clone(), Permission::ManageRoles, look).wait().unwrap()
}

fn files_there(acme: &TestRollcall) -> i64 {
    number(acme, "select count(*) from files")
}

#[test]
fn the_largest_file_is_kept_to_the_byte_and_a_larger_one_is_refused() {
    let acme = TestRollcall::new();
    let (nobody, manager) = (app(&acme, &[]), app(&acme, &[Scope::RoleManagement]));
    let content: Vec<u8> = (0..MAX_SIZE).map(|n| (n % 251) as u8).collect();
    let id = upload(&acme, &nobody, Mode::Real, content.clone()).unwrap();
    assert!(found(&acme, &manager, &id) == Some(content.clone()), "another app of the account takes it up");
    let told = audit_texts(&acme);
    for part in ["Files File Uploaded", id.as_str(), "\"size\":10485760", "\"sha256\":\"", "\"name\":\"roles.json\""] {
        assert!(told.contains(part), "{part} in {}", told.lines().last().unwrap());
    }
    let error = upload(&acme, &nobody, Mode::Real, [content, vec![0]].concat()).unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("10485760"), files_there(&acme)), (Code::Invalid, true, 1));
}

#[test]
fn the_event_tells_the_digest_and_not_the_content() {
    let acme = TestRollcall::new();
    upload(&acme, &app(&acme, &[]), Mode::Real, b"abc".to_vec()).unwrap();
    let told = audit_texts(&acme);
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert!(told.contains(&format!("\"sha256\":\"{digest}\"")), "{told}");
    assert!(!told.contains("abc\""), "{told}");
}

#[test]
fn a_file_is_nothing_to_another_account() {
    let acme = TestRollcall::new();
    let beta = acme.found("Beta");
    let stranger = app_of(&acme, &beta, &Scope::ALL);
    let id = upload(&acme, &app(&acme, &[]), Mode::Real, vec![1]).unwrap();
    assert_eq!(found(&acme, &stranger, &id), None);
    acme.clock.advance(KEPT_MILLIS);
    let host = acme.host().actor(&beta, "test");
    let forget = acme.rollcall().write(host, Permission::RunJobs, Mode::Real, files::forget_expired);
    assert_eq!((forget.wait().unwrap(), files_there(&acme)), (0, 1));
}

#[test]
fn after_a_day_a_file_is_gone_and_then_deleted() {
    let acme = TestRollcall::new();
    let manager = app(&acme, &Scope::ALL);
    let old = upload(&acme, &manager, Mode::Real, vec![1]).unwrap();
    acme.clock.advance(HOUR);
    let young = upload(&acme, &manager, Mode::Real, vec![2]).unwrap();
    let forget = || acme.write(files::forget_expired).unwrap();
    acme.clock.advance(KEPT_MILLIS - HOUR - 1);
    assert_eq!((forget(), found(&acme, &manager, &old)), (0, Some(vec![1])));
    acme.clock.advance(1);
    assert_eq!(found(&acme, &manager, &old), None, "also where nobody has deleted it yet");
    assert_eq!((forget(), files_there(&acme), found(&acme, &manager, &young)), (1, 1, Some(vec![2])));
}

#[test]
fn a_rehearsal_keeps_nothing() {
    let acme = TestRollcall::new();
    let manager = app(&acme, &Scope::ALL);
    let id = upload(&acme, &manager, Mode::DryRun, vec![1]).unwrap();
    assert_eq!((found(&acme, &manager, &id), files_there(&acme)), (None, 0));
}

#[test]
fn an_account_has_so_many_bytes_at_a_time_and_is_told_when_there_is_room() {
    let acme = TestRollcall::new();
    let (uploader, stranger) = (app(&acme, &[]), app_of(&acme, &acme.found("Beta"), &[]));
    let other = app(&acme, &[Scope::AuditLogs]);
    // What counts is the size that was noted: so much need not be written for a test.
    let enlarge = |id: &FileId, size: i64| {
        let sql = format!("update files set size = {size} where public_id = '{id}'");
        assert_eq!(acme.database().execute(&sql), 1);
    };
    for (size, by) in [(1, &other), (MAX_KEPT - 10, &other)] {
        enlarge(&upload(&acme, by, Mode::Real, vec![0]).unwrap(), size);
        acme.clock.advance(HOUR);
    }
    upload(&acme, &uploader, Mode::Real, vec![0; 9]).unwrap();
    let refused = upload(&acme, &uploader, Mode::Real, vec![0; 2]).unwrap_err();
    let room = START.plus_millis(HOUR + KEPT_MILLIS);
    assert_eq!(refused.code(), Code::Conflict);
    assert_eq!(
        refused.to_string(),
        format!(
            "The account has 3 uploaded files of 268435456 bytes altogether, and may have 10000 files and 256 MiB; files are \
             kept for 24 hours, and there is room for this one from {room} on"
        )
    );
    let first = upload(&acme, &uploader, Mode::Real, vec![0]).unwrap_err().to_string();
    assert!(first.contains(&START.plus_millis(KEPT_MILLIS).to_string()), "a smaller one has room earlier: {first}");
    upload(&acme, &stranger, Mode::Real, vec![0; 2]).unwrap();
    acme.clock.advance(room.0 - acme.rollcall().now().0 - 1);
    upload(&acme, &uploader, Mode::Real, vec![0; 2]).unwrap_err();
    acme.clock.advance(1);
    upload(&acme, &uploader, Mode::Real, vec![0; 2]).unwrap();
}

#[test]
fn an_account_has_so_many_files_at_a_time_however_small_and_many_cost_no_more_statements() {
    let acme = TestRollcall::new();
    let uploader = app(&acme, &[]);
    let (few, done) = statements(&acme, || upload(&acme, &uploader, Mode::Real, vec![0]));
    done.unwrap();
    let many = MAX_FILES - 2;
    // Of others.
    acme.database().execute("update files set created_by = 'cs-another'");
    let copies = format!(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < {many}) \
         insert into files (account_id, public_id, name, context, extension, content, size, created_at, created_by) \
         select account_id, public_id || i, name, context, extension, content, size, created_at, created_by from files, n"
    );
    assert_eq!(acme.database().execute(&copies) as i64, many);
    let (now, done) = statements(&acme, || upload(&acme, &uploader, Mode::Real, vec![0]));
    done.unwrap();
    assert_eq!(now, few);
    let refused = upload(&acme, &uploader, Mode::Real, vec![0]).unwrap_err();
    assert_eq!(
        (refused.code(), refused.to_string().contains("10000 uploaded files")),
        (Code::Conflict, true),
        "{refused}"
    );
    acme.clock.advance(KEPT_MILLIS);
    upload(&acme, &uploader, Mode::Real, vec![0]).unwrap();
}

#[test]
fn one_app_has_half_of_that_so_that_it_keeps_nobody_else_from_uploading() {
    let acme = TestRollcall::new();
    let (greedy, other) = (app(&acme, &[]), app(&acme, &[Scope::AuditLogs]));
    upload(&acme, &greedy, Mode::Real, vec![0]).unwrap();
    acme.clock.advance(HOUR);
    upload(&acme, &other, Mode::Real, vec![0]).unwrap();
    let enlarge = |size: i64| format!("update files set size = {size} where id = (select min(id) from files)");
    acme.database().execute(&enlarge(MAX_KEPT_OF_APP - 2));
    acme.clock.advance(HOUR);
    upload(&acme, &greedy, Mode::Real, vec![0]).unwrap();
    let refused = upload(&acme, &greedy, Mode::Real, vec![0; 2]).unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    assert_eq!(
        refused.to_string(),
        format!(
            "The app has 2 uploaded files of 134217727 bytes altogether, and may have 5000 files and 128 MiB; files are kept \
             for 24 hours, and there is room for this one from {} on",
            START.plus_millis(KEPT_MILLIS)
        )
    );
    upload(&acme, &other, Mode::Real, vec![0; 2]).unwrap();
}
