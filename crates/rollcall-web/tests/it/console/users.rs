//! The pages of users: the list, a user's page, what is done from both.

use http_body_util::BodyExt as _;
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_core::sync::{self, AssignmentState, GroupState, State, UserState};
use rollcall_core::users::act::{Action, act_on_one};
use rollcall_core::users::{self, Lookup, ProfileField, Status, UserUpdate};
use rollcall_testkit::{Reply, TestRollcall, user};
use serde_json::json;

use super::window::Browser;

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{5d0}🦀";

fn named(email: &str, first: &str, status: Status) -> UserState {
    let profile = vec![(ProfileField::FirstName, Change::Set(first.to_owned()))];
    UserState { profile, ..user(email, status) }
}

fn acme() -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    acme.apply(State {
        name: "Acme".into(),
        users: vec![
            named("bo@acme.test", "Bo", Status::Active),
            named("cy@acme.test", HOSTILE, Status::Suspended),
            named("di@acme.test", "Di", Status::Invited),
        ],
        groups: vec![
            GroupState { groups: vec!["Low".into()], ..group("Top") },
            GroupState { members: vec!["bo@acme.test".into()], ..group("Low") },
        ],
        ..State::default()
    })
    .expect("it is there");
    acme
}

fn group(name: &str) -> GroupState {
    GroupState { id: None, name: name.into(), description: None, members: Vec::new(), groups: Vec::new() }
}

fn id(acme: &TestRollcall, email: &str) -> String {
    let state = acme.read(|view| sync::export(view, false)).expect("it is there");
    state.users.into_iter().find(|user| user.email == email).and_then(|user| user.id).expect("it is there")
}

fn status(acme: &TestRollcall, email: &str) -> Option<Status> {
    let state = acme.read(|view| sync::export(view, false)).expect("it is there");
    state.users.into_iter().find(|user| user.email == email)?.status
}

fn page(reply: &Reply) -> &str {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!reply.text.contains("<script>") && !reply.text.contains("<style") && !reply.text.contains(" style="));
    assert_eq!(reply.text.matches("<h1").count(), 1);
    &reply.text
}

/// Who stands in the rows of the list.
fn listed(reply: &Reply) -> Vec<String> {
    let mails = page(reply).split("<td><bdi>").skip(1).filter_map(|rest| rest.split("</bdi>").next());
    mails.filter(|cell| cell.contains("@acme.test")).map(str::to_owned).collect()
}

fn flash(reply: &Reply) -> String {
    let cookies = reply.headers.get_all("set-cookie").into_iter().filter_map(|cookie| cookie.to_str().ok());
    cookies.filter(|cookie| cookie.starts_with("__Host-rollcall-flash=")).collect()
}

#[tokio::test]
async fn the_list_is_searched_filtered_sorted_and_paged_by_its_address() {
    let acme = acme();
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    assert_eq!(listed(&ada.get("/console/users?sort=email").await).len(), 4);
    let table = [
        ("q=BO", vec!["bo@acme.test"]),
        ("q=acme&status=suspended", vec!["cy@acme.test"]),
        ("status=invited", vec!["di@acme.test"]),
        ("q=%3Cscript%3E", vec!["cy@acme.test"]),
        ("sort=-email&status=active", vec!["bo@acme.test", "ada@acme.test"]),
        ("q=nobody", vec![]),
    ];
    for (query, expected) in table {
        assert_eq!(listed(&ada.get(&format!("/console/users?{query}")).await), expected, "{query}");
    }
    let users = (0..120).map(|n| user(&format!("u{n:03}@acme.test"), Status::Active)).collect();
    acme.apply(State { name: "Acme".into(), users, ..State::default() }).expect("it is there");
    let (mut all, mut path) = (Vec::new(), "/console/users?sort=email&q=acme".to_owned());
    loop {
        let reply = ada.get(&path).await;
        all.extend(listed(&reply));
        let Some(next) = reply.text.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().expect("it is there").replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!((all.len(), all.is_sorted()), (124, true));
    let empty = ada.get("/console/users?q=nobody").await;
    assert!(page(&empty).contains("class=\"empty\""), "{}", empty.text);
    assert_eq!(ada.get("/console/users?group=g-none").await.status, 404);
}

#[tokio::test]
async fn the_file_has_exactly_the_list_in_its_order() {
    let acme = acme();
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let reply = ada.get("/console/users?q=acme&sort=-email&format=csv").await;
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    let emails: Vec<&str> = reply.text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(emails, ["di@acme.test", "cy@acme.test", "bo@acme.test", "ada@acme.test"]);
    let reply = ada.get("/console/users?status=invited&format=csv").await;
    assert_eq!(reply.text.lines().count(), 2, "{}", reply.text);
}

/// An installation with this many users beside Ada, in groups of which one has them all.
fn with_many(many: usize) -> TestRollcall {
    let acme = TestRollcall::new();
    acme.admin("ada");
    let emails: Vec<String> = (0..many).map(|n| format!("u{n:05}@acme.test")).collect();
    let users = emails.iter().map(|email| user(email, Status::Active)).collect();
    let all = GroupState { members: emails, ..group("All") };
    let groups = (0..many).map(|n| group(&format!("g{n:05}"))).chain([all]).collect();
    acme.apply(State { name: "Acme".into(), users, groups, ..State::default() }).expect("it is there");
    acme
}

/// A column of a file.
fn column(file: &str, at: usize) -> Vec<&str> {
    file.lines().skip(1).filter_map(|line| line.split(',').nth(at)).collect()
}

#[tokio::test]
async fn a_file_of_many_portions_has_exactly_the_list_each_once_and_in_its_order() {
    let acme = with_many(3_200);
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let expected = |prefix: &str, numbers: std::ops::Range<usize>, end: &str| -> Vec<String> {
        numbers.map(|n| format!("{prefix}{n:05}{end}")).collect()
    };
    let users = expected("u", 0..3_200, "@acme.test");
    for (sort, is_down) in [("email", false), ("-email", true), ("created", false), ("name", false)] {
        let file = ada.get(&format!("/console/users?q=u0&status=active&sort={sort}&format=csv")).await;
        let expected: Vec<&str> = users.iter().map(String::as_str).collect();
        let expected = if is_down { expected.into_iter().rev().collect() } else { expected };
        assert!(column(&file.text, 1) == expected, "{sort}: {}", file.text.lines().count());
    }
    let id = id_of_group(&acme, "All");
    let members = ada.get(&format!("/console/groups/{id}?q=u00&format=csv")).await;
    let mut emails = column(&members.text, 1);
    emails.sort_unstable();
    assert!(emails == expected("u", 0..1_000, "@acme.test"), "{}", emails.len());
    let all = ada.get(&format!("/console/groups/{id}?format=csv")).await;
    let mut emails = column(&all.text, 1);
    emails.sort_unstable();
    assert!(emails == users, "{}", emails.len());
    let groups = ada.get("/console/groups?q=g0&sort=-name&format=csv").await;
    let mut names = expected("g", 0..3_200, "");
    names.reverse();
    assert!(column(&groups.text, 1) == names, "{}", groups.text.lines().count());
}

#[tokio::test]
async fn a_file_breaks_off_where_whoever_takes_it_may_not_be_there_any_more() {
    let acme = with_many(12_000);
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let file = || ada.begin("/console/users?format=csv");
    let (begun, whole) = (file().await, file().await);
    assert!(whole.collect().await.is_ok());
    let id = id(&acme, "ada@acme.test");
    acme.write(move |op| act_on_one(op, &id, Action::EndSessions)).expect("it is ended");
    assert!(begun.collect().await.is_err(), "nobody takes a part for the whole");
}

#[tokio::test]
async fn a_file_breaks_off_where_whoever_it_went_on_behind_is_gone() {
    let acme = with_many(12_000);
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let file = || ada.begin("/console/users?q=u0&sort=email&format=csv");
    let (begun, whole) = (file().await, file().await);
    assert!(whole.collect().await.is_ok());
    // One of the first portions is read already, and the next one goes on behind the last of it.
    let gone: Vec<String> =
        (1..6).map(|portion| id(&acme, &format!("u{:05}@acme.test", portion * 1_000 - 1))).collect();
    acme.write(move |op| gone.iter().try_for_each(|id| act_on_one(op, id, Action::Remove).map(drop))).expect("removed");
    assert!(begun.collect().await.is_err(), "nobody takes twice the same, or a part, for the whole");
    let begun = file().await;
    // One more is gone from each portion.
    let moved: Vec<String> = (1..6).map(|portion| format!("u{:05}@acme.test", portion * 1_001 - 1)).collect();
    let name = |email: &String| {
        let mut update = UserUpdate::of(Lookup::Email(email.clone()));
        update.profile.push((ProfileField::LastName, Change::Set("Moved".to_owned())));
        update
    };
    let updates: Vec<UserUpdate> = moved.iter().map(name).collect();
    acme.write(move |op| users::update(op, &updates).map(drop)).expect("changed");
    assert!(begun.collect().await.is_err(), "who stands elsewhere by now says nothing of who comes next");
}

fn id_of_group(acme: &TestRollcall, name: &str) -> String {
    let state = acme.read(|view| sync::export(view, false)).expect("it is there");
    state.groups.into_iter().find(|group| group.name == name).and_then(|group| group.id).expect("it is there")
}

#[tokio::test]
async fn a_user_is_created_and_invited_or_the_form_says_what_is_wrong_where() {
    let acme = acme();
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    page(&ada.get("/console/users/new").await);
    let good = [("email", "new@acme.test"), ("first-name", HOSTILE), ("invite", "1"), ("is-developer", "1")];
    let reply = ada.send("/console/users/new", &good).await;
    assert_eq!((reply.status.as_u16(), status(&acme, "new@acme.test")), (303, Some(Status::Invited)), "{}", reply.text);
    assert_eq!(reply.header("location"), format!("/console/users/{}", id(&acme, "new@acme.test")));
    assert_eq!(crate::acme::letters(&acme).len(), 1);
    let reply = ada.send("/console/users/new", &[("email", "bo@acme.test"), ("last-name", HOSTILE)]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.text.contains("id=\"email-fault\"") && reply.text.contains("aria-invalid"), "{}", reply.text);
    assert!(reply.text.contains("value=\"bo@acme.test\"") && !reply.text.contains("<script>"), "what was typed stays");
    let reply = ada.send("/console/users/new", &[("email", "x@acme.test"), ("can-create-bot", "1")]).await;
    assert_eq!((reply.status.as_u16(), status(&acme, "x@acme.test")), (422, None));
}

#[tokio::test]
async fn a_page_tells_all_of_a_user_and_why_they_have_what_they_have() {
    let acme = acme();
    let role = |users: &[&str], groups: &[&str]| AssignmentState {
        role: "Deputy".into(),
        bot: None,
        users: users.iter().map(|u| (*u).to_owned()).collect(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        expires: None,
    };
    let deputy = sync::RoleState {
        id: None,
        ref_id: None,
        kind: rollcall_core::roles::RoleKind::Admin,
        name: "Deputy".into(),
        description: None,
        permissions: json!({"Invite": "YES"}).as_object().cloned(),
    };
    let assignments = vec![role(&["bo@acme.test"], &["Top"])];
    acme.apply(State { name: "Acme".into(), roles: vec![deputy], assignments, ..State::default() })
        .expect("it is there");
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let reply = ada.get(&format!("/console/users/{}", id(&acme, "bo@acme.test"))).await;
    let text = page(&reply);
    for part in ["Deputy", "Directly", "Low", "Top", "Invite", "/console/groups/", "/console/roles/", "apply"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert_eq!(text.matches("<ul class=\"path\">").count(), 2);
    let low = text.find("<bdi>Low</bdi>").expect("it is there");
    assert!(text[low..].contains("<bdi>Top</bdi>"), "from the user up");
    let reply = ada.get(&format!("/console/users/{}", id(&acme, "cy@acme.test"))).await;
    assert!(page(&reply).contains("&#60;script&#62;"));
    assert_eq!(ada.get("/console/users/u-none").await.status, 404);
}

#[tokio::test]
async fn somebody_is_suspended_from_their_page_and_let_in_again_by_the_way_back() {
    let acme = acme();
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let bo = format!("/console/users/{}", id(&acme, "bo@acme.test"));
    let reply = ada.send(&bo, &[("action", "suspend")]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location"), status(&acme, "bo@acme.test")),
        (303, &*bo, Some(Status::Suspended))
    );
    assert!(!flash(&reply).is_empty());
    let reply = ada.send(&bo, &[("action", "reactivate")]).await;
    assert_eq!((reply.status.as_u16(), status(&acme, "bo@acme.test")), (303, Some(Status::Active)));
    let reply = ada.send(&bo, &[("action", "unlock")]).await;
    assert_eq!((reply.status.as_u16(), status(&acme, "bo@acme.test")), (409, Some(Status::Active)));
    assert_eq!(ada.send(&bo, &[("action", "fly")]).await.status, 400);
    let di = format!("/console/users/{}", id(&acme, "di@acme.test"));
    assert_eq!(ada.send(&di, &[("action", "resend")]).await.status, 303);
    assert_eq!(crate::acme::letters(&acme).len(), 1);
    let confirm = ada.get(&format!("{bo}/remove")).await;
    assert!(page(&confirm).contains("bo@acme.test"));
    assert_eq!(status(&acme, "bo@acme.test"), Some(Status::Active), "looking removes nobody");
    let reply = ada.send(&bo, &[("action", "remove")]).await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location"), status(&acme, "bo@acme.test")),
        (303, "/console/users", None)
    );
}

#[tokio::test]
async fn many_are_done_at_once_and_all_of_a_list_only_when_it_was_confirmed() {
    let acme = acme();
    let users = (0..70).map(|n| user(&format!("u{n}@acme.test"), Status::Active)).collect();
    acme.apply(State { name: "Acme".into(), users, ..State::default() }).expect("it is there");
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let (bo, cy) = (id(&acme, "bo@acme.test"), id(&acme, "cy@acme.test"));
    let reply = ada.send("/console/users", &[("action", "suspend"), ("user", &bo)]).await;
    assert_eq!((reply.status.as_u16(), status(&acme, "bo@acme.test")), (303, Some(Status::Suspended)));
    let reply = ada.send("/console/users", &[("action", "suspend")]).await;
    assert_eq!(reply.status, 303, "nobody was ticked");
    let all = [("action", "suspend"), ("everybody", "1"), ("q", "u"), ("status", "active")];
    let reply = ada.send("/console/users", &all).await;
    assert!(page(&reply).contains("name=\"confirmed\"") && page(&reply).contains("70 users"), "{}", reply.text);
    assert_eq!(status(&acme, "u1@acme.test"), Some(Status::Active));
    for said in ["", "69", "71", "x"] {
        let reply = ada.send("/console/users", &[&all[..], &[("confirmed", "1"), ("count", said)]].concat()).await;
        assert!(reply.status == 409 && reply.text.contains("70 users"), "{said}: {}", reply.text);
        assert!(reply.text.contains("The list has changed") && reply.text.contains("name=\"count\" value=\"70\""));
        assert_eq!(status(&acme, "u1@acme.test"), Some(Status::Active), "{said}");
    }
    let reply = ada.send("/console/users", &[&all[..], &[("confirmed", "1"), ("count", "70")]].concat()).await;
    assert_eq!((reply.status.as_u16(), status(&acme, "u69@acme.test")), (303, Some(Status::Suspended)));
    assert_eq!(status(&acme, "ada@acme.test"), Some(Status::Active));
    let removal = [("action", "remove"), ("user", bo.as_str()), ("user", &cy), ("user", &id(&acme, "ada@acme.test"))];
    let reply = ada.send("/console/users", &removal).await;
    assert!(page(&reply).contains("bo@acme.test") && status(&acme, "bo@acme.test").is_some());
    let reply = ada.send("/console/users", &[&removal[..], &[("confirmed", "1")]].concat()).await;
    assert!(page(&reply).contains("ada@acme.test") && page(&reply).contains("is who asks for it"), "{}", reply.text);
    assert_eq!((status(&acme, "bo@acme.test"), status(&acme, "ada@acme.test")), (None, Some(Status::Active)));
}

#[tokio::test]
async fn what_is_known_of_a_user_is_changed_and_what_is_wrong_is_said() {
    let acme = acme();
    let ada = Browser::admin(&acme, "ada@acme.test").await;
    let bo = format!("/console/users/{}", id(&acme, "bo@acme.test"));
    page(&ada.get(&format!("{bo}/edit")).await);
    let reply =
        ada.send(&format!("{bo}/edit"), &[("first_name", "Bodil"), ("city", HOSTILE), ("is-developer", "1")]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let shown = ada.get(&bo).await;
    assert!(page(&shown).contains("Bodil") && page(&shown).contains("&#60;script&#62;"));
    let reply = ada.send(&format!("{bo}/edit"), &[("zip", &"9".repeat(51)), ("first_name", "Kept")]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.text.contains("at most 50") && reply.text.contains("value=\"Kept\""), "{}", reply.text);
    let reply = ada.send(&format!("{bo}/data-tables"), &[("data-tables", "yes")]).await;
    assert_eq!(reply.status, 303);
    let found = ada.get("/console/users?flag=data-tables").await;
    assert_eq!(listed(&found), ["bo@acme.test"]);
}

#[tokio::test]
async fn who_may_do_less_is_offered_less_and_gets_no_further() {
    let acme = acme();
    let _ = acme.app(&[Scope::UserManagement]);
    let less = Browser::with_rights(&acme, "less", &["Manage Users"]).await;
    let inviter = Browser::with_rights(&acme, "inviter", &["Invite"]).await;
    let (ada, bo, di) = (id(&acme, "ada@acme.test"), id(&acme, "bo@acme.test"), id(&acme, "di@acme.test"));
    let of_ada = less.get(&format!("/console/users/{ada}")).await;
    assert!(!page(&of_ada).contains("value=\"suspend\"") && page(&of_ada).contains("Effective access"));
    assert_eq!(less.send(&format!("/console/users/{ada}"), &[("action", "suspend")]).await.status, 403);
    assert_eq!(less.send(&format!("/console/users/{ada}"), &[("action", "remove")]).await.status, 403);
    assert_eq!(status(&acme, "ada@acme.test"), Some(Status::Active));
    assert!(page(&less.get(&format!("/console/users/{bo}")).await).contains("value=\"suspend\""));
    assert_eq!(less.send(&format!("/console/users/{bo}/data-tables"), &[("data-tables", "yes")]).await.status, 403);
    let list = inviter.get("/console/users").await;
    assert!(page(&list).contains("value=\"resend\"") && !page(&list).contains("value=\"suspend\""));
    assert_eq!(inviter.send(&format!("/console/users/{bo}"), &[("action", "suspend")]).await.status, 403);
    assert_eq!(inviter.send("/console/users", &[("action", "suspend"), ("user", &bo)]).await.status, 403);
    assert_eq!(inviter.send(&format!("/console/users/{di}"), &[("action", "resend")]).await.status, 303);
    for path in ["/console/users/new", &format!("/console/users/{bo}/edit"), &format!("/console/users/{bo}/remove")] {
        assert_eq!(inviter.get(path).await.status, 403, "{path}");
    }
    assert_eq!(status(&acme, "bo@acme.test"), Some(Status::Active));
}
