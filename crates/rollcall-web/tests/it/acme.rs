//! "Acme", the account that the tests ask about: people of every status, groups in groups, roles held in every way.

use rollcall_core::accounts::AccountInfo;
use rollcall_core::bots::Audience;
use rollcall_core::change::Change;
use rollcall_core::id::{BotId, DialogId, GroupId, RoleId};
use rollcall_core::mail::{self, Letter};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{AssignmentState, BotState, DialogState, GroupState, RoleState, State, TaskState, UserState};
use rollcall_core::text;
use rollcall_core::users::{ProfileField, Status};
use rollcall_testkit::{TestRollcall, canary, user};

/// The two scopes that the calls of this version need.
pub(crate) const BOTH: [Scope; 2] = [Scope::UserManagement, Scope::RoleManagement];

/// Acme, with all that this page describes.
pub(crate) fn acme() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.apply(state()).expect("Acme is made");
    acme
}

/// What Acme has. Board holds Risk and Desk, Risk holds Audit.
pub(crate) fn state() -> State {
    State {
        name: "Acme".into(),
        owner: Some("ada@acme.test".into()),
        users: vec![
            UserState {
                org_user_id: Change::Set("A-1".into()),
                tasks: Some(vec![TaskState { bot: "Travel desk".into(), dialogs: Some(vec!["Book a flight".into()]) }]),
                profile: vec![
                    (ProfileField::FirstName, Change::Set("Ada".into())),
                    (ProfileField::LastName, Change::Set("Obi".into())),
                    (ProfileField::JobTitle, Change::Set("Head of audit".into())),
                    (ProfileField::Picture, Change::Set("ada.png".into())),
                    (ProfileField::Colour, Change::Set("#ffd700".into())),
                ],
                ..user("ada@acme.test", Status::Active)
            },
            UserState {
                can_create_bot: Some(false),
                is_developer: Some(false),
                ..user("grace@acme.test", Status::Active)
            },
            UserState {
                org_user_id: Change::Set("S-1".into()),
                profile: vec![(ProfileField::FirstName, Change::Set("Sam".into()))],
                tasks: Some(vec![TaskState { bot: "Travel desk".into(), dialogs: None }]),
                ..user("Sam@Acme.test", Status::Invited)
            },
            user("sue@acme.test", Status::Suspended),
            user("lou@acme.test", Status::Locked),
        ],
        groups: vec![
            group("Audit", "Audit Team", &["Sam@Acme.test", "grace@acme.test", "ada@acme.test"], &[]),
            group("Risk", "Risk Management Team", &["sue@acme.test"], &["Audit"]),
            group("Board", "", &[], &["Risk", "Desk"]),
            group("Desk", "", &["lou@acme.test"], &[]),
        ],
        roles: vec![
            role(RoleKind::Admin, "Auditor"),
            role(RoleKind::Admin, "Reviewer"),
            role(RoleKind::Bot, "Desk lead"),
        ],
        bots: vec![
            bot("Travel desk", true, Audience::Enterprise, &["Book a flight", "Cancel a flight"]),
            bot("Draft desk", false, Audience::Enterprise, &["Plan"]),
            bot("Shop", true, Audience::Consumer, &["Sell"]),
        ],
        assignments: vec![
            held("admin", None, &["ada@acme.test"], &[]),
            held("Auditor", None, &["ada@acme.test"], &["Audit", "Risk"]),
            held("Reviewer", None, &[], &["Board"]),
            held("Bot Developer", Some("Travel desk"), &["Sam@Acme.test"], &["Risk"]),
            held("Bot Tester", Some("Travel desk"), &["ada@acme.test"], &[]),
        ],
        apps: Vec::new(),
    }
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// A group of a description.
pub(crate) fn group(name: &str, description: &str, members: &[&str], groups: &[&str]) -> GroupState {
    let description = Some(description.to_owned());
    GroupState { id: None, name: name.into(), description, members: texts(members), groups: texts(groups) }
}

/// A custom role of a description.
pub(crate) fn role(kind: RoleKind, name: &str) -> RoleState {
    RoleState { id: None, ref_id: None, kind, name: name.into(), description: None, permissions: None }
}

/// A bot of a description.
pub(crate) fn bot(name: &str, published: bool, audience: Audience, dialogs: &[&str]) -> BotState {
    BotState {
        id: None,
        name: name.into(),
        description: None,
        owner: Change::Keep,
        published: Some(published),
        audience: Some(audience),
        dialogs: dialogs.iter().map(|name| DialogState { id: None, name: (*name).into() }).collect(),
    }
}

/// Who holds a role, in a description.
pub(crate) fn held(role: &str, bot: Option<&str>, users: &[&str], groups: &[&str]) -> AssignmentState {
    let bot = bot.map(str::to_owned);
    AssignmentState { role: role.into(), bot, users: texts(users), groups: texts(groups), expires: None }
}

/// The id of a group of Acme.
pub(crate) fn group_id(name: &str) -> String {
    GroupId::derive("Acme", &text::key(name)).to_string()
}

/// The id of an admin role of Acme.
pub(crate) fn admin_role(name: &str) -> String {
    RoleId::derive("Acme", &format!("admin/{name}")).to_string()
}

/// The id of a bot role of Acme.
pub(crate) fn bot_role(name: &str) -> String {
    RoleId::derive("Acme", &format!("bot/{name}")).to_string()
}

/// The id of a bot of Acme.
pub(crate) fn bot_id(name: &str) -> String {
    BotId::derive("Acme", &text::key(name)).to_string()
}

/// The id of a dialog task of a bot of Acme.
pub(crate) fn dialog_id(bot: &str, name: &str) -> String {
    DialogId::derive("Acme", &format!("{}/{}", text::key(bot), text::key(name))).to_string()
}

/// The letters that wait in an account's outbox, oldest first. Their tokens are for nobody else from then on.
pub(crate) fn letters_of(installation: &TestRollcall, account: &AccountInfo) -> Vec<Letter> {
    let actor = installation.host().actor(account, "test");
    let due = installation.rollcall().read(actor, Permission::RunJobs, |view| mail::due(view, 100)).wait();
    let due = due.expect("the outbox is read");
    let letters: Vec<Letter> = due.into_iter().map(|due| due.letter).collect();
    for letter in &letters {
        canary::plant("the token of an invitation", letter.token.expose());
    }
    letters
}

/// The letters that wait in Acme's outbox, oldest first.
pub(crate) fn letters(acme: &TestRollcall) -> Vec<Letter> {
    letters_of(acme, &acme.account)
}

/// Whom they invite.
pub(crate) fn invited(acme: &TestRollcall) -> Vec<String> {
    letters(acme).into_iter().map(|letter| letter.to).collect()
}

/// All that a call could change: the account with its secrets and what no description has, the letters that wait, the
/// number of audit events.
pub(crate) fn everything(acme: &TestRollcall) -> (String, Vec<String>, u64) {
    let more = ["sso_settings", "erasures", "erasure_users"].map(|table| {
        acme.database().query(&format!("select * from {table} where account_id = {ACME} order by 1, 2, 3"))
    });
    let files = acme.database().query("select public_id, size from files order by id");
    (format!("{} {more:?} {files:?}", acme.snapshot()), invited(acme), acme.sealed_events())
}

/// Acme's number, for a look past Rollcall.
const ACME: &str = "(select id from accounts where name = 'Acme')";
