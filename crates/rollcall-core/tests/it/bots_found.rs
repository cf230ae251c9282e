//! Bots as people look through them: filters, cursors, and who may do what with one.

use rollcall_core::Code;
use rollcall_core::bots::{self, BotAround, BotFilter};
use rollcall_core::change::Change;
use rollcall_core::policy::Permission;
use rollcall_core::roles::{Holder, HolderFilter};
use rollcall_core::sync::{BotState, State, TaskState, UserState};
use rollcall_testkit::TestRollcall;

use crate::hands::{bot_id, hand, see};
use crate::setting::{active, bot, given, group, state, statements};

fn with_bots() -> TestRollcall {
    let acme = TestRollcall::new();
    let task = |dialogs: Option<&[&str]>| TaskState {
        bot: "Leave".into(),
        dialogs: dialogs.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
    };
    acme.apply(State {
        users: vec![
            UserState { tasks: Some(vec![task(Some(&["Ask"]))]), ..active("ada@acme.test") },
            UserState { tasks: Some(vec![task(None)]), ..active("bo@acme.test") },
        ],
        groups: vec![group("Staff", &[], &[])],
        bots: vec![
            BotState { owner: Change::Set("ada@acme.test".into()), ..bot("Leave", true, &["Ask", "Cancel"]) },
            bot("Pay", false, &[]),
            bot("Travel", true, &[]),
        ],
        assignments: vec![
            given("Bot Tester", Some("Leave"), &["ada@acme.test"], &["Staff"]),
            given("Bot Owner", Some("Pay"), &["bo@acme.test"], &[]),
        ],
        ..state()
    })
    .unwrap();
    acme
}

fn around(view: &rollcall_core::op::View<'_>, id: &str) -> rollcall_core::Result<BotAround> {
    bots::around(view, id, &HolderFilter::default(), &HolderFilter::default(), 50)
}

#[test]
fn bots_are_found_by_name_and_state_and_go_on_behind_a_cursor() {
    let acme = with_bots();
    let find = |filter: &BotFilter, limit| {
        let filter = filter.clone();
        acme.read(move |view| bots::find(view, &filter, limit)).unwrap()
    };
    let names = |filter: &BotFilter| find(filter, 50).into_iter().map(|row| row.name).collect::<Vec<_>>();
    let all = BotFilter::default();
    assert_eq!(names(&all), ["Leave", "Pay", "Travel"]);
    assert_eq!(names(&BotFilter { text: "AV".into(), ..all.clone() }), ["Leave", "Travel"]);
    assert_eq!(names(&BotFilter { is_published: Some(false), ..all.clone() }), ["Pay"]);
    assert_eq!(names(&BotFilter { is_published: Some(true), is_down: true, ..all.clone() }), ["Travel", "Leave"]);
    for is_down in [false, true] {
        let whole = names(&BotFilter { is_down, ..all.clone() });
        let (mut filter, mut paged) = (BotFilter { is_down, ..all.clone() }, Vec::new());
        while let Some(row) = find(&filter, 1).pop() {
            filter.after = row.cursor;
            paged.push(row.name);
        }
        assert_eq!(paged, whole);
    }
}

#[test]
fn a_bot_shows_who_holds_which_role_on_it_and_who_may_use_its_tasks() {
    let acme = with_bots();
    let id = bot_id(&acme, "Leave");
    let (needed, leave) = statements(&acme, || acme.read(move |view| around(view, &id)).unwrap());
    assert_eq!(needed, 6, "seven at most, as its doc comment promises");
    assert_eq!(leave.bot.owner.as_ref().unwrap().1, "ada@acme.test");
    let holders: Vec<_> = leave
        .given
        .unwrap()
        .iter()
        .map(|holding| match &holding.holder {
            Holder::User { email, .. } => format!("{}: {email}", holding.role_name),
            Holder::Group { name, .. } => format!("{}: group {name}", holding.role_name),
        })
        .collect();
    assert_eq!(holders, ["Bot Tester: ada@acme.test", "Bot Tester: group Staff"]);
    let tasks: Vec<_> = leave.tasks.iter().map(|task| (task.name.as_str(), task.users)).collect();
    assert_eq!(tasks, [("Ask", 1), ("Cancel", 0)]);
    let users = leave.users.unwrap();
    let users: Vec<_> = users.iter().map(|user| (user.email.as_str(), user.task.as_deref())).collect();
    assert_eq!(users, [("ada@acme.test", Some("Ask")), ("bo@acme.test", None)]);
    let roles: Vec<_> = leave.roles.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(roles, ["Bot Developer", "Bot Owner", "Bot Tester"]);
}

#[test]
fn who_may_see_bots_alone_sees_nobody_on_them() {
    let acme = with_bots();
    let id = bot_id(&acme, "Leave");
    let bea = hand(&acme, "bea", &["Enterprise Bots"]);
    let mine = id.clone();
    let leave = see(&acme, &bea, Permission::ViewBots, move |view| around(view, &mine)).unwrap();
    assert!(leave.given.is_none() && leave.users.is_none() && leave.roles.is_empty() && leave.bot.owner.is_none());
    let otto = hand(&acme, "otto", &["API Scopes"]);
    let refused = see(&acme, &otto, Permission::ViewBots, move |view| around(view, &id)).unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
}

#[test]
fn a_bot_of_another_account_is_not_there() {
    let acme = with_bots();
    acme.found("Other");
    acme.apply(State { name: "Other".into(), bots: vec![bot("Theirs", true, &[])], ..State::default() }).unwrap();
    let theirs = acme.database().query("select public_id from bots where name = 'Theirs'")[0][0].clone().unwrap();
    assert_eq!(acme.read(move |view| around(view, &theirs)).unwrap_err().code(), Code::NotFound);
    assert_eq!(acme.read(|view| bots::find(view, &BotFilter::default(), 50)).unwrap().len(), 3);
}
