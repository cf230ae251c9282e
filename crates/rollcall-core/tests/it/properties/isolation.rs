//! Accounts are strangers: whatever an account asks with the ids, names and addresses of another one finds nothing, and
//! the other stays as it was.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use rollcall_core::accounts::AccountInfo;
use rollcall_core::actor::Actor;
use rollcall_core::apps::{self, token};
use rollcall_core::change::Change;
use rollcall_core::op::Mode;
use rollcall_core::page::Page;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::Operation;
use rollcall_core::sync::{self, AppState, State, TaskState, UserState};
use rollcall_core::users::{self, Found, Lookup, NewUser, Outcome, RoleOnBot, StatusFilter, TaskGrant, UserFault};
use rollcall_core::{Code, audit, groups, mail};
use rollcall_testkit::TestRollcall;
use serde_json::json;

use super::config;
use crate::setting::{self, active, app, app_of, app_state, assign, bot, create, given, group, number, role, state};

/// An installation with two accounts that know nothing of each other, and an app of "Acme" that may do everything.
struct Two {
    acme: TestRollcall,
    app: Actor,
    beta: AccountInfo,
    /// What "Beta" has, with every id.
    has: State,
}

impl Two {
    fn new() -> Self {
        let acme = TestRollcall::new();
        let file = |name: &str, people: &[&str], things: [&str; 4]| {
            let [group_name, role_name, bot_name, app_name] = things;
            State {
                name: name.into(),
                users: people.iter().map(|email| active(email)).collect(),
                groups: vec![group(group_name, people, &[]), group("Ops", people, &[])],
                roles: vec![role(RoleKind::Admin, role_name, &json!({}))],
                bots: vec![bot(bot_name, true, &["Ask"])],
                assignments: vec![given("admin", None, &people[..1], &[]), given(role_name, None, &[], &["Ops"])],
                apps: vec![app_state(app_name, &Scope::ALL)],
                ..State::default()
            }
        };
        let mut own = file("Acme", &["ada@acme.test", "bo@acme.test"], ["Dev", "Auditor", "Helper", "ci"]);
        let mut others =
            file("Beta", &["bea@beta.test", "ben@beta.test", "ada@acme.test"], ["Vault", "Keeper", "Oracle", "robot"]);
        own.users[0].org_user_id = Change::Set("1".into());
        others.users[0].org_user_id = Change::Set("B1".into());
        others.users[1].tasks = Some(vec![TaskState { bot: "Oracle".into(), dialogs: None }]);
        acme.apply(own).unwrap();
        let beta = acme.found("Beta");
        acme.apply(others).unwrap();
        let (app, beta_app) = (app(&acme, &Scope::ALL), app_of(&acme, &beta, &Scope::ALL));
        create(acme.rollcall(), &beta_app, Mode::Real, &[NewUser::with_email("invited@beta.test")]).unwrap();
        let mut two = Self { acme, app, beta, has: State::default() };
        two.has = two.read_beta(|view| sync::export(view, false));
        two
    }

    fn read_beta<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rollcall_core::op::View<'_>) -> rollcall_core::Result<T> + Send + 'static,
    ) -> T {
        let host = self.acme.host().actor(&self.beta, "test");
        self.acme.rollcall().read(host, Permission::AdministerAccount, work).wait().unwrap()
    }

    /// All that can be seen of "Beta".
    fn look(&self) -> (String, String, Vec<i64>, u64, i64) {
        let state = self.read_beta(|view| sync::export(view, true));
        let secrets: Vec<_> =
            state.apps.iter().map(|a| a.client_secret.as_ref().unwrap().expose().to_owned()).collect();
        let letters = self.read_beta(|view| mail::due(view, 100)).iter().map(|due| due.id).collect();
        let pending = self.read_beta(audit::verify).pending;
        let events = number(&self.acme, "select count(*) from audit_events where account_id = 2");
        (format!("{state:?} {secrets:?}"), self.read_beta(|view| view.mark()), letters, pending, events)
    }

    fn person(&self, n: Index) -> Lookup {
        // The last one of "Beta" has an address that "Acme" knows as well, for a person of its own.
        let strangers = [&self.has.users[0], &self.has.users[1]];
        match n.index(3) {
            2 => Lookup::OrgUserId("B1".into()),
            n => Lookup::Email(strangers[n].email.clone()),
        }
    }

    fn role(&self) -> String {
        self.has.roles[0].id.clone().unwrap()
    }

    fn create(&self, n: Index) {
        let (group, bot) = (self.has.groups[n.index(2)].id.clone().unwrap(), self.has.bots[0].id.clone().unwrap());
        let dialog = self.has.bots[0].dialogs[0].id.clone();
        let helper = setting::export(&self.acme).bots[0].id.clone().unwrap();
        let user = NewUser {
            groups: vec![group.clone()],
            roles: vec![RoleOnBot { role: self.role(), bot: Some(bot.clone()) }],
            tasks: vec![
                TaskGrant { bot: bot.clone(), dialogs: None },
                TaskGrant { bot: helper.clone(), dialogs: Some(dialog.into_iter().collect()) },
            ],
            ..NewUser::with_email("new@acme.test")
        };
        let expected = vec![
            UserFault::UnknownGroup(group),
            UserFault::UnknownBot(bot.clone()),
            UserFault::UnknownRole(self.role()),
            UserFault::UnknownBot(bot),
            UserFault::UnknownDialog { bot: helper, dialog: self.has.bots[0].dialogs[0].id.clone().unwrap() },
        ];
        let got = create(self.acme.rollcall(), &self.app, Mode::Real, &[user]).unwrap();
        assert_eq!(got, [Outcome::Refused(expected)]);
    }

    fn assign(&self, n: Index) {
        let own = crate::model::role_id(RoleKind::Admin, "Auditor");
        let (person, name) = (self.person(n), self.has.groups[0].name.clone());
        let operation = |role: &str| Operation { role: role.to_owned(), ..Operation::default() };
        let asked = [
            operation(&self.role()),
            Operation { add_users: vec![person.clone()], ..operation(&own) },
            Operation { remove_users: vec![person], ..operation(&own) },
            Operation { add_groups: vec![name.clone()], ..operation(&own) },
            Operation { remove_groups: vec![name], ..operation(&own) },
        ];
        for outcome in assign(self.acme.rollcall(), &self.app, Mode::Real, &asked).unwrap() {
            let why = outcome.unwrap_err();
            assert!(why.len() == 1 && why[0].starts_with("Unknown "), "{why:?}");
        }
    }

    fn look_up(&self, n: Index) {
        let asked = [self.person(n), Lookup::Email("ada@acme.test".into())];
        let found = self.acme.read(move |view| users::info(view, &asked, StatusFilter::All)).unwrap();
        assert!(matches!(found[0], Found::Unknown(_)), "{found:?}");
        let Found::User(ada) = &found[1] else { panic!("{found:?}") };
        assert_eq!(ada.org_user_id.as_deref(), Some("1"));
        assert!(ada.groups.iter().all(|(_, name)| name == "Dev" || name == "Ops"), "{ada:?}");
        let (_, page) = self.acme.read(|view| groups::page(view, Page::new(0, 50).unwrap())).unwrap();
        assert_eq!(page.items.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["Dev", "Ops"]);
        assert!(page.items.iter().all(|g| g.members.iter().all(|m| m.email.ends_with("@acme.test"))), "{page:?}");
    }

    fn apply(&self, n: Index) {
        let stranger = self.has.users[0].email.as_str();
        let task = TaskState { bot: "Oracle".into(), dialogs: None };
        let files = [
            State { groups: vec![group("Ops", &[stranger], &["Vault"])], ..state() },
            State { assignments: vec![given("Keeper", None, &[stranger], &["Vault"])], ..state() },
            State { owner: Some(stranger.into()), ..state() },
            State { users: vec![UserState { tasks: Some(vec![task]), ..active("ada@acme.test") }], ..state() },
        ];
        let error = self.acme.apply(files[n.index(4)].clone()).unwrap_err();
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.each_fault().iter().all(|fault| fault.message.contains("unknown")), "{error}");
        let taken = AppState { client_id: self.has.apps[0].client_id.clone(), ..app_state("mine", &[]) };
        let error = self.acme.apply(State { apps: vec![taken], ..state() }).unwrap_err();
        assert_eq!(error.to_string(), "apps[0].clientId: an app of another account has this client id");
    }

    fn reach_for_apps_and_letters(&self) {
        for name in ["robot".to_owned(), self.has.apps[0].client_id.clone().unwrap()] {
            let (shown, minted, told) = (name.clone(), name.clone(), name.clone());
            assert_eq!(self.acme.read(move |view| apps::show(view, &shown)).unwrap_err().code(), Code::NotFound);
            assert_eq!(
                self.acme.read(move |view| token::mint(view, &minted, None, true)).unwrap_err().code(),
                Code::NotFound
            );
            assert_eq!(self.acme.read(move |view| apps::secret(view, &told)).unwrap_err().code(), Code::NotFound);
            let nothing = apps::SettingsChange { remove: Scope::ALL.to_vec(), ..Default::default() };
            let changed = self.acme.write(move |op| apps::change(op, &name, &nothing));
            assert_eq!(changed.unwrap_err().code(), Code::NotFound);
        }
        let theirs = self.read_beta(|view| mail::due(view, 100));
        let theirs: Vec<_> = theirs.iter().map(|due| (due.id, due.written)).collect();
        self.acme.write(move |op| mail::settle(op, &theirs, &[(theirs[0].0, 0, "no".into())])).unwrap();
        self.acme.sealed_events();
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn nothing_of_another_account_is_found_or_changed(asked in vec((0..5, any::<Index>()), 6..20)) {
        let two = Two::new();
        let before = two.look();
        let own = two.acme.snapshot();
        for (what, n) in asked {
            match what {
                0 => two.create(n),
                1 => two.assign(n),
                2 => two.look_up(n),
                3 => two.apply(n),
                _ => two.reach_for_apps_and_letters(),
            }
            assert_eq!(two.look(), before, "the other account");
            assert_eq!(two.acme.snapshot(), own, "the account that asked");
        }
        // What the other account has is free here: the same address, org user id and names are somebody else's.
        let namesake = NewUser { org_user_id: Some("B1".into()), ..NewUser::with_email("bea@beta.test") };
        let got = create(two.acme.rollcall(), &two.app, Mode::Real, &[namesake]).unwrap();
        assert!(matches!(got[0], Outcome::Created(_)), "{got:?}");
        assert_eq!(two.look(), before, "the other account");
    }
}
