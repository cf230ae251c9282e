//! Texts that PostgreSQL cannot hold, long lists, and what is asked of it at all.

use rollcall_core::groups::{self, GroupEntry};
use rollcall_core::op::{Mode, Once, Reply};
use rollcall_core::page::Page;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::assign::Operation;
use rollcall_core::sync::State;
use rollcall_core::users::{self, Found, Lookup, NewUser, Outcome, Profile, ProfileField, StatusFilter, UserFault};
use rollcall_core::{Code, Error};
use serde_json::json;

use super::{new, on, people, shared};
use crate::setting::{active, app, assign, details, group, sign, state, statements};

#[test]
fn a_text_with_a_nul_character_finds_nothing_and_is_refused_in_words() {
    let cluster = shared();
    let acme = on(&cluster);
    acme.admin("ada");
    let app = app(&acme, &Scope::ALL);

    let token = sign(&json!({"sub": "x", "appId": "cs-\0"}), "secret");
    assert!(acme.rollcall().authenticate(token, None).wait().unwrap().is_err(), "refused, as any unknown app");
    let asked = [Lookup::Email("ada@acme.test\0".into()), Lookup::OrgUserId("\0".into())];
    let found = acme.read(move |view| users::info(view, &asked, StatusFilter::All)).unwrap();
    assert!(found.iter().all(|found| matches!(found, Found::Unknown(_))), "{found:?}");
    let nothing = acme.rollcall().recognise_invitation("\0".into(), None).wait().unwrap();
    assert!(nothing.is_none());

    let mut named = new(&["bo"]).remove(0);
    named.profile.set(ProfileField::FirstName, Some("B\0".into()));
    let grouped = NewUser { groups: vec!["g-\0".into()], ..new(&["cy"]).remove(0) };
    let addressed = new(&["d\0"]).remove(0);
    let known = NewUser { org_user_id: Some("\0".into()), ..new(&["ed"]).remove(0) };
    let outcomes = crate::setting::create(acme.rollcall(), &app, Mode::Real, &[named, grouped, addressed, known]);
    for (n, outcome) in outcomes.unwrap().into_iter().enumerate() {
        let Outcome::Refused(why) = outcome else { panic!("{n}: {outcome:?}") };
        assert_eq!(n == 1, why == [UserFault::UnknownGroup("g-\0".into())], "{why:?}");
        assert!(!why.is_empty() && !why.iter().any(|why| why.to_string().is_empty()), "{why:?}");
    }
    let role = Operation {
        role: "r-\0".into(),
        add_users: vec![Lookup::Email("ada@acme.test".into())],
        ..Operation::default()
    };
    let refused = assign(acme.rollcall(), &app, Mode::Real, &[role]).unwrap().remove(0);
    assert!(refused.is_err(), "{refused:?}");

    let once = Some(Once { key: "k\0".into(), fingerprint: [0; 32] });
    let work = |op: &mut rollcall_core::op::Op<'_>| {
        users::create_many(op, new(&["fay"]))?;
        Ok(Reply { status: 200, body: b"\0".to_vec(), replayed: false })
    };
    let error: Error =
        acme.rollcall().write_once(app, Permission::ManageUsers, Mode::Real, once, work).wait().unwrap_err();
    assert_eq!((error.code(), error.to_string().contains("NUL")), (Code::Invalid, true), "{error:?}");
    let described = State { groups: vec![group("Op\0s", &[], &[])], ..state() };
    assert_eq!(acme.apply(described).unwrap_err().code(), Code::Invalid);
    assert_eq!(people(&acme), ["ada"]);
}

#[test]
fn a_list_of_forty_thousand_is_asked_for_in_one_statement() {
    let cluster = shared();
    let acme = on(&cluster);
    acme.apply(State { users: vec![active("first@acme.test"), active("last@acme.test")], ..state() }).unwrap();
    let ask = |count: usize| {
        let mut asked = vec![Lookup::Email("first@acme.test".into())];
        asked.extend((0..count).map(|n| Lookup::Email(format!("nobody{n}@acme.test"))));
        asked.push(Lookup::Email("last@acme.test".into()));
        let found = statements(&acme, || acme.read(move |view| users::info(view, &asked, StatusFilter::All)).unwrap());
        let known = found.1.iter().filter(|found| matches!(found, Found::User(_))).count();
        assert_eq!((known, found.1.len()), (2, count + 2));
        found.0
    };
    assert_eq!(ask(40_000), ask(1), "as many statements as for a short list");
}

#[test]
fn an_empty_list_asks_nothing() {
    let cluster = shared();
    let acme = on(&cluster);
    let asked = |lookups: Vec<Lookup>| {
        statements(&acme, || acme.read(move |view| users::info(view, &lookups, StatusFilter::All)).unwrap()).0
    };
    assert_eq!(asked(Vec::new()), 0);
    let email = asked(vec![Lookup::Email("ada@acme.test".into())]);
    let both = asked(vec![Lookup::Email("ada@acme.test".into()), Lookup::OrgUserId("7".into())]);
    assert_eq!((email, both), (1, 2), "nobody was found, so nothing more is asked");
}

#[test]
fn what_is_not_known_comes_back_as_not_known_and_every_other_text_as_it_went() {
    let cluster = shared();
    let acme = on(&cluster);
    let strange = "\u{1}\t\\ '\" $1 {list} %s \u{fffd} \u{1f600} e\u{301}";
    let mut profile = Profile::default();
    profile.set(ProfileField::LastName, Some("O'Neill \\ $1 {list} \u{1f600}".into()));
    let user = NewUser { profile, org_user_id: Some("7 \\x41 NULL".into()), ..new(&["ada"]).remove(0) };
    acme.write(move |op| users::create_many(op, vec![user.clone()])).unwrap();
    let ada = details(&acme, "ada@acme.test");
    assert_eq!((ada.first_name.as_deref(), ada.last_login), (None, None));
    assert_eq!(ada.last_name.as_deref(), Some("O'Neill \\ $1 {list} \u{1f600}"));
    assert_eq!(ada.org_user_id.as_deref(), Some("7 \\x41 NULL"));
    let nobody = Lookup::Email(strange.into());
    let found = acme.read(move |view| users::info(view, &[nobody], StatusFilter::All)).unwrap();
    assert!(matches!(found[0], Found::Unknown(_)));
    acme.apply(State {
        groups: vec![group("b", &[], &[]), group("A", &["ada@acme.test"], &["\u{e4}"]), group("\u{e4}", &[], &[])],
        ..state()
    })
    .unwrap();
    let page = acme.read(|view| groups::page(view, Page::new(0, 50).unwrap())).unwrap().1;
    let names: Vec<&str> = page.items.iter().map(|group: &GroupEntry| group.name.as_str()).collect();
    assert_eq!(names, ["b", "A", "\u{e4}"], "in the order of their making");
    assert_eq!(page.items[1].children[0].1, "\u{e4}");
    let told = acme.snapshot();
    assert!(told.contains("O'Neill"), "{told}");
}
