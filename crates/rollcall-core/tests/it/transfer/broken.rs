//! A target that does not keep what is written to it: noticed, whatever it does, and nothing is kept.

use rollcall_core::{Code, Rollcall, clock::ManualClock};
use rollcall_testkit::{START, TestDatabase};

use super::world::everything;
use super::{copy, count, kinds, say};

/// Makes something happen after, or instead of, each insert into a table.
fn trigger(database: &TestDatabase, table: &str, when: &str, does: &str) {
    if database.folder().is_some() {
        let does = does.replace("IGNORE", "select raise(ignore) where new.id = 2;");
        database.execute(&format!("create trigger wrong {when} insert on {table} begin {does} end"));
    } else {
        let does = does.replace("IGNORE", "if new.id = 2 then return null; end if;");
        let body = format!("begin {does} return new; end");
        database.execute(&format!("create function wrong() returns trigger language plpgsql as $$ {body} $$"));
        let trigger = format!("create trigger wrong {when} insert on {table} for each row execute function wrong()");
        database.execute(&trigger);
    }
}

#[test]
fn a_target_that_changes_what_is_written_is_noticed_and_nothing_is_kept() {
    let acme = everything(TestDatabase::sqlite(), 1);
    let table = [
        (
            "users",
            "after",
            "update users set city = 'Elsewhere' where id = new.id and id = 3;",
            "users",
            "it differs at id 3",
        ),
        ("groups", "after", "update groups set updated_at = 0 where id = 2;", "groups", "it differs at id 2"),
        ("bots", "before", "IGNORE", "bots", "of 2 rows 1 were written"),
        ("apps", "after", "insert into app_refusals values (new.id, 'zzz', 1, 1);", "app_refusals", "reason \"zzz\""),
        ("invitations", "after", "delete from outbox where attempts > 0;", "outbox", "it differs at id "),
        (
            "invitations",
            "after",
            "delete from revisions where account_id = 2;",
            "revisions",
            "it differs at account_id 2, slot 0",
        ),
    ];
    for kind in kinds() {
        let mut again = None;
        for (on, when, does, broken, how) in &table {
            let target = kind();
            Rollcall::migrate(&target.database(), &ManualClock::at(START)).unwrap();
            trigger(&target, on, when, does);
            let error = copy(&acme, &target).unwrap_err();
            let told = say(&error);
            assert_eq!(error.code(), Code::Internal, "{told}");
            assert!(told.contains(&format!("the copy of the table {broken} ")) && told.contains(how), "{does}: {told}");
            assert!(told.contains("nothing was kept") && told.contains("trigger"), "{told}");
            assert_eq!(count(&target), 0, "{does}");
            let whose = if target.folder().is_some() { String::new() } else { format!(" on {on}") };
            target.execute(&format!("drop trigger wrong{whose}"));
            again = Some(target);
        }
        // Where nothing changes it any more, it takes the copy.
        copy(&acme, &again.unwrap()).unwrap();
    }
}
