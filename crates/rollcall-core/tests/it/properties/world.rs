//! The real side of the properties: an installation that takes the same steps as the model, and what is looked at
//! after each.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_core::actor::Actor;
use rollcall_core::chance::Secret;
use rollcall_core::clock::Time;
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::users::{self, Found, Lookup, NewUser, Outcome, Status, StatusFilter, invitation};
use rollcall_core::{Code, Error, accounts, mail, sync};
use rollcall_testkit::{TestRollcall, user};
use serde_json::json;

use super::look::{Look, furnished, furniture, same_faults, say, sorted};
use super::steps::Step;
use crate::model::{Account, Model, Role, Ways, may_grant};
use crate::setting::{self, DAY, OUT_OF_ORDER, active, given, group, letters, number};

/// What users have: by address, every role and its ways.
type Effective = BTreeMap<String, BTreeMap<Role, Ways>>;

/// An installation and its model.
pub(crate) struct World {
    acme: TestRollcall,
    model: Model,
    /// Every set of the three scopes that matter here, and an app that has it.
    apps: Vec<(Vec<Scope>, Actor)>,
    /// Every invitation's token there ever was.
    tokens: Vec<String>,
    /// What no reply, no error and no audit event may ever say.
    secrets: Vec<String>,
    look: Look,
}

impl World {
    /// With the roles, bots and apps that steps name, and perhaps with an admin.
    pub(crate) fn new(with_admin: bool) -> Self {
        let acme = TestRollcall::new();
        let mut file = furniture();
        let mut secrets = Vec::new();
        let scopes = [Scope::UserManagement, Scope::RoleManagement, Scope::MasterAdmin];
        for (n, app) in file.apps.iter_mut().enumerate() {
            let canary = format!("canary-{n}-{}", "s".repeat(32));
            app.client_secret = Some(Secret::new(canary.clone()));
            app.scopes =
                Some(scopes.into_iter().enumerate().filter(|(bit, _)| n & (1 << bit) != 0).map(|(_, s)| s).collect());
            secrets.push(canary);
        }
        file.users = vec![active("ada@acme.test"), active("Bo@acme.test"), user("cy@acme.test", Status::Suspended)];
        file.groups = vec![group("Ops", &["Bo@acme.test"], &["Dev"]), group("Dev", &[], &[]), group("Night", &[], &[])];
        file.assignments = vec![given("Auditor", None, &[], &["Ops"])];
        if with_admin {
            file.assignments.push(given("admin", None, &["ada@acme.test"], &[]));
        }
        acme.apply(file.clone()).unwrap();
        let apps = file.apps.iter().zip(&secrets).map(|(app, secret)| {
            let id = setting::client_id(&acme, &app.name);
            let token = setting::sign(&json!({ "appId": id }), secret);
            (app.scopes.clone().unwrap(), acme.rollcall().authenticate(token, None).wait().unwrap().unwrap())
        });
        let apps = apps.collect();
        let account = Account::of(&setting::export(&acme));
        let model = Model { account, had_admin: with_admin, ..Model::default() };
        let look = Look::at(&acme);
        Self { acme, model, apps, tokens: Vec::new(), secrets, look }
    }

    /// Takes the step on both sides and compares.
    pub(crate) fn step(&mut self, step: Step) {
        let told = format!("{step:?}");
        let before = (self.model.account.clone(), self.effective());
        let mut expected = self.model.clone();
        let now = self.acme.rollcall().now();
        let (scopes, mode, said) = match step {
            Step::Create { app, mode, users } => {
                let (scopes, actor) = self.apps[app].clone();
                let wanted = expected.create(&scopes, &users, now);
                let got = setting::create(self.acme.rollcall(), &actor, mode, &users);
                self.note_letters(&mut expected, &users, &got, mode);
                assert_eq!(same_faults(&got), wanted.map(sorted), "{told}");
                (Some(scopes), mode, say(&got))
            }
            Step::Assign { app, mode, operations } => {
                let (scopes, actor) = self.apps[app].clone();
                let wanted = expected.assign(&scopes, &operations, now);
                let got = setting::assign(self.acme.rollcall(), &actor, mode, &operations);
                let done = got.as_ref().map(|all| all.iter().map(Result::is_ok).collect()).map_err(Error::code);
                assert_eq!(done, wanted, "{told} answered {got:?}");
                assert!(got.iter().flatten().all(|o| !o.as_ref().is_err_and(Vec::is_empty)), "{told}: no reason");
                (Some(scopes), mode, say(&got))
            }
            Step::Apply { mode, prune, file } => {
                let file = furnished(file);
                let wanted = expected.apply(&file, prune);
                let got = self.acme.rollcall().apply(self.acme.host(), file, prune, mode).wait();
                assert_eq!(got.as_ref().map(|_| ()).map_err(Error::code), wanted, "{told} answered {got:?}");
                let is_quiet = got.as_ref().is_ok_and(|report| report.changes.is_empty());
                assert!(got.is_err() || is_quiet == (expected.account == before.0), "{told} reported {got:?}");
                (None, mode, say(&got))
            }
            Step::Accept { token } => {
                let got = self.accept(token, &mut expected, now);
                (None, Mode::Real, got)
            }
            Step::Wait { days } => {
                self.acme.clock.advance(days * DAY);
                (None, Mode::Real, String::new())
            }
            Step::Reopen => {
                self.acme.reopen();
                (None, Mode::Real, String::new())
            }
        };
        if mode == Mode::Real {
            self.model = expected;
        }
        self.check(&told, &said, &before.0, &before.1, scopes.as_deref());
    }

    /// Takes the letters of a creation out of the outbox and remembers their tokens.
    fn note_letters(&mut self, expected: &mut Model, asked: &[NewUser], got: &setting::Created, mode: Mode) {
        if mode == Mode::DryRun {
            return;
        }
        let created = asked.iter().zip(got.iter().flatten()).filter(|(_, o)| matches!(o, Outcome::Created(_)));
        let invited: Vec<_> =
            created.filter(|(user, _)| user.invite).map(|(user, _)| user.email.trim().to_owned()).collect();
        let letters = letters(&self.acme);
        assert_eq!(
            letters.iter().map(|(to, _)| to.clone()).collect::<Vec<_>>(),
            invited,
            "a letter for each who is invited"
        );
        let until = self.acme.rollcall().now().plus_millis(invitation::LIFE_MILLIS);
        for (to, token) in letters {
            expected.open.insert(token.clone(), (crate::model::key(&to), until));
            self.tokens.push(token.clone());
            self.secrets.push(token);
        }
        let settle = |op: &mut rollcall_core::op::Op<'_>| {
            let sent: Vec<_> = mail::due(op, 10_000)?.iter().map(|due| (due.id, due.written)).collect();
            mail::settle(op, &sent, &[])
        };
        self.acme.write(settle).unwrap();
    }

    fn accept(&mut self, token: usize, expected: &mut Model, now: Time) -> String {
        let Some(token) = self.tokens.iter().nth_back(token).cloned() else { return String::new() };
        let wanted = expected.accept(&token, now);
        let actor = self.acme.rollcall().recognise_invitation(token, None).wait().unwrap();
        let Some(actor) = actor else {
            assert!(!wanted, "an open invitation was not recognised");
            return String::new();
        };
        let permission = Permission::AcceptInvitation;
        let got = self.acme.rollcall().write(actor, permission, Mode::Real, invitation::accept).wait();
        let refused = if wanted { None } else { Some(Code::NotFound) };
        assert_eq!(got.as_ref().err().map(Error::code), refused, "accepting answered {got:?}");
        say(&got)
    }

    /// What must be true after any step.
    fn check(&mut self, told: &str, said: &str, before: &Account, had: &Effective, scopes: Option<&[Scope]>) {
        let look = Look::at(&self.acme);
        let has_changed = self.model.account != *before;
        assert_eq!(look.snapshot != self.look.snapshot, has_changed, "changed where the model did: {told}");
        assert_eq!(look.events > self.look.events, has_changed, "an event for a change, and for nothing else: {told}");
        assert_eq!(look.mark != self.look.mark, has_changed, "a new mark for a change alone: {told}");
        if !has_changed {
            assert_eq!(look, self.look, "nothing happened at all: {told}");
        }
        self.look = look;

        let plain = self.acme.read(|view| sync::export(view, false)).unwrap();
        let account = Account::of(&plain);
        assert_eq!(account, self.model.account, "{told}");
        let admins = self.acme.read(accounts::active_admins).unwrap();
        assert_eq!(admins, account.admins().len(), "{told}");
        assert!(!self.model.had_admin || admins > 0, "an account keeps an active admin: {told}");
        assert!(account.is_acyclic(), "the group graph has no cycle: {told}");

        let has = self.effective();
        let now = self.acme.rollcall().now();
        let computed: Effective = account.users.keys().map(|u| (u.clone(), account.effective(u, now))).collect();
        assert_eq!(has, computed, "effective roles after {told}");
        if let Some(scopes) = scopes {
            for (user, roles) in &has {
                let gained = roles.keys().filter(|role| !had.get(user).is_some_and(|h| h.contains_key(*role)));
                gained.for_each(|role| assert!(may_grant(scopes, role), "{user} gained {role:?} by {told}"));
            }
        }

        let sealed = self.acme.sealed_events();
        assert_eq!((sealed.cast_signed(), number(&self.acme, OUT_OF_ORDER)), (self.look.events, 0), "{told}");
        let audit = setting::audit_texts(&self.acme);
        for secret in &self.secrets {
            for (place, text) in [("a reply", said), ("an export", &format!("{plain:?}")), ("the audit log", &audit)] {
                assert!(!text.contains(secret.as_str()), "{place} tells a secret after {told}");
            }
        }
    }

    /// Every user's roles, as the installation computes them.
    fn effective(&self) -> Effective {
        let emails: Vec<Lookup> = self.model.account.users.keys().map(|k| Lookup::Email(k.clone())).collect();
        // As an app, for whom groups are remembered: what is remembered must be that of the moment.
        let actor = self.apps.iter().find(|(scopes, _)| scopes.contains(&Scope::UserManagement)).unwrap().1.clone();
        let look = move |view: &rollcall_core::op::View<'_>| users::info(view, &emails, StatusFilter::All);
        let found = self.acme.rollcall().read(actor, Permission::ViewUsers, look).wait().unwrap();
        let one = |found: Found| match found {
            Found::Unknown(lookup) => panic!("{lookup:?} is unknown"),
            Found::User(user) => {
                let roles = user.roles.into_iter().map(|held| {
                    let ways = (held.direct, held.groups.iter().cloned().collect::<BTreeSet<_>>());
                    assert_eq!(ways.1.len(), held.groups.len(), "each group once: {held:?}");
                    ((held.kind, held.name, held.bot.map(|(_, name)| name)), ways)
                });
                (crate::model::key(&user.email), roles.collect())
            }
        };
        found.into_iter().map(one).collect()
    }
}
