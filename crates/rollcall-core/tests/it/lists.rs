//! The list of all users, and of bots: their order, their totals, their cost at any depth.

use rollcall_core::bots::list as bots;
use rollcall_core::op::Mode;
use rollcall_core::page::{Page, Paged};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::State;
use rollcall_core::users::list::{self, Listed};
use rollcall_core::users::{self, Lookup, NewUser};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use crate::setting::{active, app, bot, create, export, given, group, number, prune, role, state, statements};

fn part(acme: &TestRollcall, skipped: u64, limit: u64) -> Paged<Listed> {
    acme.read(move |view| list::page(view, Page::after(skipped, limit, 50).unwrap())).unwrap().1
}

fn emails(page: &Paged<Listed>) -> Vec<&str> {
    page.items.iter().map(|user| user.email.as_str()).collect()
}

fn email(n: usize) -> String {
    format!("u{n:05}@acme.test")
}

/// As many users, each with a role of their own and one through a group.
fn with_users(count: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    let all: Vec<String> = (0..count).map(email).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    acme.apply(State {
        users: all.iter().map(|email| active(email)).collect(),
        groups: vec![group("All", &all, &[])],
        roles: vec![role(RoleKind::Admin, "Auditor", &json!({})), role(RoleKind::Admin, "Reader", &json!({}))],
        assignments: vec![given("Auditor", None, &all, &[]), given("Reader", None, &[], &["All"])],
        ..state()
    })
    .unwrap();
    acme
}

/// How many users the counts of pages speak of.
fn counted(acme: &TestRollcall) -> i64 {
    number(
        acme,
        "select cast(coalesce(sum(row_count), 0) as bigint) from page_counts where kind = 'users' and level = 0",
    )
}

/// Walks over the whole list in parts and gives the addresses.
fn walk(acme: &TestRollcall, limit: u64) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = part(acme, found.len() as u64, limit);
        found.extend(page.items.into_iter().map(|user| user.email));
        assert_eq!(page.more, (found.len() as u64) < page.total, "{} of {}", found.len(), page.total);
        if !page.more {
            assert_eq!(found.len() as u64, page.total);
            return found;
        }
    }
}

#[test]
fn a_part_of_the_users_costs_the_same_at_the_beginning_in_the_middle_and_at_the_end() {
    let acme = with_users(3_200);
    assert!(counted(&acme) >= 2_000, "most of them are counted: {}", counted(&acme));
    let needed = [0, 1_650, 3_150].map(|skipped| {
        let (needed, page) = statements(&acme, || part(&acme, skipped, 50));
        assert_eq!((page.total, page.more, page.items.len()), (3_200, skipped != 3_150, 50));
        assert_eq!(page.items[0].email, email(usize::try_from(skipped).unwrap()));
        assert!(page.items.iter().all(|user| user.roles.len() == 2), "both roles of each");
        needed
    });
    assert_eq!(needed, [7; 3], "seven statements, as its doc comment promises");
    let one = statements(&acme, || part(&acme, 0, 1)).0;
    assert_eq!(one, 7, "and for one user as for fifty");
    let beyond = part(&acme, 3_200, 50);
    assert_eq!((beyond.total, beyond.more, beyond.items.len()), (3_200, false, 0));
    assert_eq!(part(&acme, u64::MAX, 50).items.len(), 0);
}

#[test]
fn users_are_listed_right_before_and_after_they_are_counted_and_when_some_have_gone() {
    let acme = TestRollcall::new();
    let actor = app(&acme, &[Scope::UserManagement]);
    let mut expected: Vec<String> = Vec::new();
    for run in 0..5 {
        let new: Vec<String> = (0..500).map(|n| email(run * 500 + n)).collect();
        let asked: Vec<NewUser> = new.iter().map(NewUser::with_email).collect();
        create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap();
        expected.extend(new);
    }
    assert_eq!(counted(&acme), 0, "nobody is counted while they come");
    assert_eq!(walk(&acme, 50), expected);
    assert!(acme.read(list::is_count_due).unwrap());
    acme.write(list::count).unwrap();
    assert!(!acme.read(list::is_count_due).unwrap(), "what can be counted is counted");
    assert!((1_000..2_500).contains(&counted(&acme)), "all but the last run: {}", counted(&acme));
    assert_eq!(walk(&acme, 50), expected);

    // Some of those who are counted, and some of those who are not, go; then others come.
    let mut left = export(&acme);
    left.users.retain(|user| user.email.ends_with("7@acme.test"));
    prune(&acme, left).unwrap();
    expected.retain(|email| email.ends_with("7@acme.test"));
    assert_eq!(walk(&acme, 7), expected);
    create(acme.rollcall(), &actor, Mode::Real, &[NewUser::with_email("late@acme.test")]).unwrap();
    expected.push("late@acme.test".into());
    acme.write(list::count).unwrap();
    assert_eq!(walk(&acme, 50), expected);
    assert_eq!(emails(&part(&acme, 250, 50)), ["late@acme.test"]);
}

#[test]
fn counting_again_counts_nobody_twice() {
    let acme = with_users(2_300);
    let before = counted(&acme);
    acme.write(list::count).unwrap();
    acme.write(list::count).unwrap();
    assert_eq!(counted(&acme), before);
    // Users whose ids lie far apart: the runs between them have nobody, and that is no reason to count for ever.
    let other = acme.found("Globex");
    let actor = crate::setting::app_of(&acme, &other, &[Scope::UserManagement]);
    create(acme.rollcall(), &actor, Mode::Real, &[NewUser::with_email("kim@globex.test")]).unwrap();
    let due = |rollcall: &rollcall_core::Rollcall, host| {
        rollcall.read(host, Permission::RunJobs, list::is_count_due).wait().unwrap()
    };
    assert!(!due(acme.rollcall(), acme.host().actor(&other, "test")));
}

#[test]
fn a_page_of_bots_costs_the_same_anywhere_and_hints_at_secrets_only() {
    let acme = TestRollcall::new();
    let names: Vec<String> = (0..1_200).map(|n| format!("b{n:04}")).collect();
    acme.apply(State { bots: names.iter().map(|name| bot(name, true, &[])).collect(), ..state() }).unwrap();
    let caller = acme.app(&[Scope::RoleManagement]);
    let page = |number| acme.read(move |view| bots::page(view, Page::new(number, 50).unwrap())).unwrap();
    let needed = [0, 12, 23].map(|number| {
        let (needed, found) = statements(&acme, || page(number));
        assert_eq!((found.page.total, found.page.more, found.page.items.len()), (1_200, number != 23, 50));
        assert_eq!(found.page.items[0].name, names[usize::try_from(number).unwrap() * 50]);
        needed
    });
    assert_eq!(needed, [5; 3], "five statements, as its doc comment promises");
    let apps = page(0).apps;
    assert_eq!(apps.len(), 1);
    assert!(caller.secret().expose().ends_with(&apps[0].secret_ends) && apps[0].secret_ends.len() == 4);

    let mut left = export(&acme);
    left.bots.retain(|bot| bot.name.ends_with('3'));
    prune(&acme, left).unwrap();
    let last = page(2);
    assert_eq!((last.page.total, last.page.more, last.page.items.len()), (120, false, 20));
    assert_eq!(last.page.items[19].name, "b1193");
}

#[test]
fn whoever_comes_after_the_newest_have_gone_is_counted_like_them() {
    let acme = with_users(2_100);
    let other = acme.found("Globex");
    let [actor, stranger] = [&acme.account, &other].map(|a| crate::setting::app_of(&acme, a, &[Scope::UserManagement]));
    create(acme.rollcall(), &stranger, Mode::Real, &[NewUser::with_email("kim@globex.test")]).unwrap();
    assert!(counted(&acme) >= 1_900, "most of them are counted: {}", counted(&acme));
    // Those of the last runs go, in another account too: SQLite gives their ids again.
    let remove = |rollcall: &rollcall_core::Rollcall, actor, emails: Vec<String>| {
        let gone: Vec<Lookup> = emails.into_iter().map(Lookup::Email).collect();
        let work = move |op: &mut rollcall_core::op::Op<'_>| users::remove(op, &gone);
        assert_eq!(rollcall.write(actor, Permission::ManageUsers, Mode::Real, work).wait().unwrap(), []);
    };
    remove(acme.rollcall(), actor.clone(), (1_000..2_000).map(email).collect());
    remove(acme.rollcall(), actor.clone(), (900..1_000).chain(2_000..2_100).map(email).collect());
    remove(acme.rollcall(), stranger, vec!["kim@globex.test".into()]);
    let mut expected: Vec<String> = (0..900).map(email).collect();
    for round in 0..3 {
        assert!(walk(&acme, 50) == expected, "round {round}");
        let new: Vec<String> = (0..60).map(|n| format!("new{round}-{n}@acme.test")).collect();
        let asked: Vec<NewUser> = new.iter().map(NewUser::with_email).collect();
        create(acme.rollcall(), &actor, Mode::Real, &asked).unwrap();
        expected.extend(new);
        acme.write(list::count).unwrap();
    }
    assert!(walk(&acme, 50) == expected);
}
