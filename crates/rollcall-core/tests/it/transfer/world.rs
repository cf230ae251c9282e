//! An installation with everything in it that the schema can hold: what a copy must bring over.

use rollcall_core::admins::Device;
use rollcall_core::apps::usage;
use rollcall_core::audit;
use rollcall_core::chance::Secret;
use rollcall_core::change::Change;
use rollcall_core::erasures::{self, Asked};
use rollcall_core::files::{self, NewFile};
use rollcall_core::mail;
use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::sso::{
    self, Draft, DraftMapping, DraftPair, Flag, Intent, Kind, Protocol, Provider, Synchronisation, Target,
};
use rollcall_core::sync::{AppState, AssignmentState, BotState, GroupState, State, TaskState, UserState};
use rollcall_core::users::{self, NewUser, ProfileField, Status, invitation};
use rollcall_testkit::{TestDatabase, TestRollcall, user};
use serde_json::json;

use crate::admins;
use crate::setting::{HOUR, active, app_state, bot, client_id, create, given, group, letters, role, sign, state};

/// The secret of the app "ci".
pub(super) const SECRET: &str = "a secret of at least thirty-two characters";

/// Names that show whether bytes, characters and directions are kept.
pub(super) const NAMES: [&str; 4] = ["שלום (עולם)", "مرحبا-1", "👩‍👩‍👧 and 𝔘𝔫𝔦", "Zoë \"O'Neil\" \\ e\u{301}"];

/// More rows of a kind than are read at once.
pub(super) const MANY: usize = 1_100;

/// "Acme" with everything, and with that many groups besides; and "Beta".
pub(super) fn everything(database: TestDatabase, groups: usize) -> TestRollcall {
    let acme = TestRollcall::on(database);
    acme.apply(file(groups)).unwrap();
    acme.found("Beta");
    acme.apply(State { name: "Beta".into(), users: vec![active("ada@acme.test")], ..State::default() }).unwrap();
    acme.sealed_events();
    with_what_apps_do(&acme);
    with_single_sign_on(&acme);
    with_erasures(&acme);
    with_calls(&acme);
    with_administrators(&acme);
    with_extremes(acme.database());
    // What users are found by, and one who has changed since.
    let bytes = if acme.database().folder().is_none() { "'\\x0001'" } else { "x'0001'" };
    acme.database().execute("insert into search_blocks (account_id, block) select min(id), 7 from accounts");
    acme.database().execute(&format!(
        "insert into search_grams (account_id, block, gram, users) select min(id), 7, 1, {bytes} from accounts"
    ));
    acme.database().execute(
        "insert into search_changes (account_id, user_id) select account_id, id from users where email = 'cy@acme.test'",
    );
    // The end of the chain: sealed and signed, and then something that is neither.
    while acme.write(audit::seal_and_sign).unwrap() > 0 {}
    assert!(acme.read(audit::verify).unwrap().checkpoints > 0);
    acme.apply(State { users: vec![active("late@acme.test")], ..state() }).unwrap();
    acme
}

fn file(many: usize) -> State {
    let profile = ProfileField::ALL.into_iter().map(|field| (field, Change::Set(format!("{} 🦀", field.column()))));
    let ada = UserState {
        org_user_id: Change::Set("Ädä-1".into()),
        profile: profile.collect(),
        can_create_bot: Some(true),
        is_developer: Some(true),
        data_tables: Some(true),
        tasks: Some(vec![
            TaskState { bot: "Helper".into(), dialogs: None },
            TaskState { bot: NAMES[2].into(), dialogs: Some(vec![NAMES[0].into()]) },
        ]),
        ..active("ada@acme.test")
    };
    let many = (0..many.max(1)).map(|n| format!("g{n:04}"));
    let named = GroupState { description: Some(NAMES[3].into()), ..group(NAMES[0], &["bo@acme.test"], &[NAMES[1]]) };
    let groups = [named, group(NAMES[1], &["cy@acme.test"], &["g0000"])];
    let expiring = AssignmentState {
        expires: Some(rollcall_testkit::START.plus_millis(HOUR)),
        ..given("Auditor", None, &["bo@acme.test"], &[NAMES[0]])
    };
    State {
        owner: Some("ada@acme.test".into()),
        bots: vec![
            BotState { owner: Change::Set("ada@acme.test".into()), ..bot("Helper", true, &["Leave", "Travel"]) },
            bot(NAMES[2], false, &[NAMES[0]]),
        ],
        roles: vec![
            role(RoleKind::Admin, "Auditor", &json!({"Manage Users": "VIEW", "🦀": [null, 1.5, {"ü": -1}]})),
            role(RoleKind::Bot, NAMES[1], &json!({})),
        ],
        users: vec![
            ada,
            active("bo@acme.test"),
            user("cy@acme.test", Status::Suspended),
            user("dee@acme.test", Status::Locked),
            user("ed@acme.test", Status::Invited),
        ],
        groups: groups.into_iter().chain(many.map(|name| group(&name, &["bo@acme.test"], &[]))).collect(),
        assignments: vec![
            given("admin", None, &["ada@acme.test"], &[]),
            expiring,
            given(NAMES[1], Some("Helper"), &["cy@acme.test"], &["g0000"]),
        ],
        apps: vec![AppState {
            client_secret: Some(Secret::new(SECRET)),
            expires: Change::Set(rollcall_testkit::START.plus_millis(HOUR)),
            ..app_state("ci", &Scope::ALL)
        }],
        ..state()
    }
}

/// Tokens taken and refused, a reply to remember, invitations open and used, letters that wait.
fn with_what_apps_do(acme: &TestRollcall) {
    let token = super::whole::token(acme);
    let from = Some("2001:db8::1".parse().unwrap());
    let actor = acme.rollcall().authenticate(token.clone(), from).wait().unwrap().unwrap();
    acme.rollcall().authenticate(format!("{token}x"), None).wait().unwrap().unwrap_err();
    let claims =
        json!({ "appId": client_id(acme, "ci"), "exp": rollcall_testkit::START.seconds() + 60, "jti": NAMES[1] });
    acme.rollcall().authenticate(sign(&claims, SECRET), None).wait().unwrap().unwrap();
    acme.rollcall().make_encryption_key().wait().unwrap();
    assert!(acme.write(usage::flush).unwrap());
    let new = |name: &str| NewUser::with_email(format!("{name}@acme.test"));
    create(acme.rollcall(), &actor, Mode::Real, &[new("fay"), new("gus")]).unwrap();
    let invitee = acme.rollcall().recognise_invitation(letters(acme).remove(0).1, None).wait().unwrap().unwrap();
    acme.rollcall().write(invitee, Permission::AcceptInvitation, Mode::Real, invitation::accept).wait().unwrap();
    let failed = acme.read(|view| mail::due(view, 10)).unwrap().remove(1);
    acme.write(move |op| mail::settle(op, &[], &[(failed.id, failed.attempts, format!("no route to {}", NAMES[2]))]))
        .unwrap();
    let once = Once { key: "κλειδί".into(), fingerprint: [255; 32] };
    let reply = Reply { status: 200, body: vec![0, 159, 146, 150, 255], replayed: false };
    let work = move |op: &mut rollcall_core::op::Op<'_>| {
        users::create_many(op, vec![NewUser::with_email("hal@acme.test")]).map(|_| reply.clone())
    };
    acme.rollcall().write_once(actor, Permission::ManageUsers, Mode::Real, Some(once), work).wait().unwrap();
    let file = NewFile::check(NAMES[1], NAMES[2], "js\u{f6}n", vec![0, 159, 146, 150, 255]).unwrap();
    acme.write(move |op| files::upload(op, &file)).unwrap();
    acme.write(audit::seal).unwrap();
}

/// Passwords and second factors, sessions that are whole and that are not, links that are good, failures.
fn with_administrators(acme: &TestRollcall) {
    let ada = admins::by_link(acme, admins::ADA);
    admins::set_password(acme, &ada, None, admins::PASSWORD).unwrap();
    let ada = admins::by_link(acme, admins::ADA);
    admins::set_password(acme, &ada, None, admins::OTHER).unwrap();
    admins::add_factor(acme, &admins::by_link(acme, admins::ADA));
    let knock = acme.rollcall().knock(admins::ADA.into(), "acme".into(), None).wait().unwrap();
    acme.rollcall().ask_for_reset(knock).wait().unwrap();
    let from = Device { ip: Some("2001:db8::1".parse().unwrap()), agent: NAMES[1].into() };
    // There is an Ada in "Beta", too. The last active admin is barred, and not locked.
    let shown = std::iter::once(admins::OTHER).chain(std::iter::repeat_n("wrong", 5));
    for password in shown {
        let knock = acme.rollcall().knock(admins::ADA.into(), "acme".into(), from.ip).wait().unwrap();
        acme.rollcall().enter(knock.try_password(&Secret::new(password)), from.clone()).wait().unwrap();
    }
}

/// A certificate of a provider.
const CERTIFICATE: &str = "MIHRMIGEoAMCAQICAgfkMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgb2xkMB4XDTIwMDEwMTAwMDAwMFoXDTIwMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG9sZDAqMAUGAytlcAMhAIMDWSADNBJaIjK/+PC/F5opPfZfYzit5kKclnQf/1y0MAUGAytlcANBAHsqGawwMGBZjdaelf2+25GA5uJtQsoPhZt4WF3nfjMdikSnEe+c9NsTecMv5zjlfWnBNnaFdYNsX4iYw51TRAw=";

/// Single sign-on with all that it can have.
fn with_single_sign_on(acme: &TestRollcall) {
    let pair = DraftPair {
        name: NAMES[0].into(),
        value: NAMES[3].into(),
        kind: Some(Kind::Role),
        target: Target::Flag(Flag::DataTables),
    };
    let draft = Draft {
        protocol: Some(Protocol::Saml),
        provider: Some(Provider::Others),
        sign_on_url: Some("https://bücher.example/sso".into()),
        issuer: Some("urn:bücher".into()),
        client_id: Some(NAMES[1].into()),
        certificates: vec![(0, CERTIFICATE.into())],
        mapping: Some(DraftMapping { synchronisation: Some(Synchronisation::Add), pairs: vec![pair] }),
        skip_2fa_sp: true,
        ..Draft::default()
    };
    let settings = draft.check().unwrap();
    acme.write(move |op| sso::configure(op, None, Intent::Enable, &settings)).unwrap().unwrap();
}

/// Somebody who is to be erased, somebody who has been, and somebody who could not be.
fn with_erasures(acme: &TestRollcall) {
    for (name, is_done) in [("hal", true), ("bo", false)] {
        let asked = Asked { users: vec![(0, format!("{name}@acme.test"))], from_all_bots: true, ..Asked::default() };
        acme.write(move |op| erasures::request(op, &asked)).unwrap().unwrap();
        if is_done {
            acme.write(|op| erasures::run(op, 1)).unwrap();
        }
    }
    acme.database().execute("update erasure_users set state = 'failed', failure = 'owns a bot' where state = 'done'");
}

/// A call that counts towards a rate limit, of which the installation itself has none.
fn with_calls(acme: &TestRollcall) {
    let call = "insert into rate_limits (account_id, api, number, at) select id, 'GET groups', 7, 1767603600000 from accounts \
        where name = 'Acme'";
    assert_eq!(acme.database().execute(call), 1);
}

/// What is not written by this version, and the ends of what the columns hold.
fn with_extremes(database: &TestDatabase) {
    for sql in [
        "update users set last_login_at = 9223372036854775807, last_login_key = 9223372036854775807, \
         created_at = -9223372036854775808 where status = 'locked'",
        "update groups set source = 'directory', updated_at = 9223372036854775807 where name = 'g0000'",
        "update app_secrets set expires_at = 9223372036854775807",
        "update server_keys set retires_at = 9223372036854775807 where purpose = 'encryption'",
        "update app_refusals set refused = 9223372036854775807",
    ] {
        assert_eq!(database.execute(sql), 1, "{sql}");
    }
}
