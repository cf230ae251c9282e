//! Random accounts: people of every status, groups in groups, roles of every kind held in every way.

use rollcall_core::bots::Audience;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{State, UserState};
use rollcall_core::users::Status;
use rollcall_testkit::{START, TestRollcall, user};

use crate::acme::{bot, group, held, role};

pub(super) const USERS: [&str; 7] = ["ada", "bo", "cy", "di", "ed", "flo", "gus"];
pub(super) const GROUPS: [&str; 5] = ["Audit", "Risk", "Board", "Desk", "Empty"];
pub(super) const ADMIN_ROLES: [&str; 3] = ["admin", "Auditor", "Reviewer"];
pub(super) const BOT_ROLES: [&str; 4] = ["Bot Owner", "Bot Developer", "Bot Tester", "Desk lead"];
pub(super) const BOTS: [&str; 2] = ["Travel desk", "Help desk"];
pub(super) const DIALOGS: [&str; 2] = ["Book", "Cancel"];

/// Draws lots that are the same for the same seed (SplitMix64).
pub(super) struct Lot(u64);

impl Lot {
    pub(super) fn of(seed: u64) -> Self {
        // Not a multiple of the step below, so that two seeds do not draw the same lots one after the other.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ (seed << 32))
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % n as u64).expect("less than a usize")
    }

    /// True so many times of a hundred.
    pub(super) fn chance(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Some of them, each with the same chance.
    pub(super) fn some<'a>(&mut self, list: &[&'a str], of_hundred: usize) -> Vec<&'a str> {
        list.iter().copied().filter(|_| self.chance(of_hundred)).collect()
    }
}

pub(super) fn email(name: &str) -> String {
    format!("{name}@acme.test")
}

/// An account with all of the names above. Groups hold only groups that stand after them.
pub(super) fn world(lot: &mut Lot) -> TestRollcall {
    let acme = TestRollcall::new();
    let emails = USERS.map(email);
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let people = emails.iter().enumerate().map(|(n, email)| {
        let status = if n == 0 { Status::Active } else { lot.pick(&Status::ALL) };
        let develops = lot.chance(40);
        UserState {
            is_developer: Some(develops),
            can_create_bot: Some(develops && lot.chance(50)),
            data_tables: Some(lot.chance(20)),
            ..user(email, status)
        }
    });
    let users = people.collect();
    let mut groups = Vec::new();
    for (n, name) in GROUPS.iter().enumerate() {
        groups.push(group(name, "", &lot.some(&emails, 25), &lot.some(&GROUPS[n + 1..], 35)));
    }
    let mut assignments = vec![held("admin", None, &emails[..1], &[])];
    for role in &ADMIN_ROLES[1..] {
        assignments.push(held(role, None, &lot.some(&emails, 15), &lot.some(&GROUPS[..4], 25)));
    }
    for role in BOT_ROLES {
        let bot = lot.pick(&BOTS);
        assignments.push(held(role, Some(bot), &lot.some(&emails, 15), &lot.some(&GROUPS[..4], 20)));
    }
    let state = State {
        name: "Acme".into(),
        owner: Some(emails[0].to_owned()),
        users,
        groups,
        roles: vec![
            role(RoleKind::Admin, "Auditor"),
            role(RoleKind::Admin, "Reviewer"),
            role(RoleKind::Bot, "Desk lead"),
        ],
        bots: BOTS.map(|name| bot(name, true, Audience::Enterprise, &DIALOGS)).into(),
        assignments,
        apps: Vec::new(),
    };
    acme.apply(state).expect("a world is made");
    past_rollcall(lot, &acme);
    acme
}

/// What no route and no file brings about: the master role carried by a group; and assignments whose time is over, which
/// nobody has and which can be given anew.
fn past_rollcall(lot: &mut Lot, acme: &TestRollcall) {
    let admin = "(select id from roles where kind = 'admin' and built_in)";
    if lot.chance(50) {
        acme.database().execute(&format!(
            "insert into assignments (account_id, role_id, group_id, since, added_by, via) \
             select g.account_id, {admin}, g.id, 0, 'test', 'api' from groups g where g.name = '{}'",
            lot.pick(&GROUPS)
        ));
    }
    let over = START.0 - 1;
    let (n, first) = (4 + lot.below(4), lot.below(4));
    acme.database().execute(&format!(
        "update assignments set expires_at = {over} where id % {n} = {first} and role_id <> {admin}"
    ));
}
