//! The pages of groups: found, looked at, made, filled, nested and removed.

use rollcall_core::users::Status;
use rollcall_core::{roles::RoleKind, sync, sync::State};
use rollcall_testkit::{TestRollcall, user};
use serde_json::json;

use super::person::{Person, faults, first_column, given, group, id_of, said, state};

const RIGHTS: [&str; 1] = ["Manage Groups"];

fn with_groups() -> TestRollcall {
    let acme = TestRollcall::new();
    let role = sync::RoleState {
        id: None,
        ref_id: None,
        kind: RoleKind::Admin,
        name: "Auditor".into(),
        description: None,
        permissions: json!({"View and Run Audit Reports": "YES"}).as_object().cloned(),
    };
    acme.apply(State {
        users: ["ada@acme.test", "bo@acme.test", "cy@acme.test"].map(|email| user(email, Status::Active)).into(),
        roles: vec![role],
        groups: vec![
            group("Plain", &["cy@acme.test"], &[]),
            group("Auditors", &["cy@acme.test"], &["Below"]),
            group("Below", &[], &[]),
            group("=cmd()", &[], &[]),
        ],
        assignments: vec![given("Auditor", None, &[], &["Auditors"])],
        ..state()
    })
    .expect("groups");
    acme
}

fn members(acme: &TestRollcall, name: &str) -> Vec<String> {
    let state = acme.read(|view| sync::export(view, false)).expect("an export");
    let mut members = state.groups.into_iter().find(|group| group.name == name).expect("the group").members;
    members.sort_unstable();
    members
}

#[tokio::test]
async fn groups_are_listed_filtered_and_had_as_a_file() {
    let acme = with_groups();
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    let all = greta.get("/console/groups").await;
    assert_eq!(first_column(&all), ["=cmd()", "Auditors", "Below", "Plain"]);
    let some = greta.get("/console/groups?q=L&sort=-name").await;
    assert_eq!(first_column(&some), ["Plain", "Below"]);
    assert!(some.text.contains("href=\"/console/groups?q=L&#38;sort=-name&#38;format=csv\""), "{}", some.text);
    let file = greta.get("/console/groups?q=L&sort=-name&format=csv").await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"groups.csv\"");
    let names: Vec<&str> = file.text.lines().map(|line| line.split(',').nth(1).expect("a name")).collect();
    assert_eq!(names, ["name", "Plain", "Below"], "exactly what is filtered, in its order");
    assert!(greta.get("/console/groups?format=csv").await.text.contains(",'=cmd(),"), "no formula");
    let none = greta.get("/console/groups?q=nowhere").await;
    assert!(none.text.contains("No group is as you asked for.") && none.text.contains("Show all groups"));
    assert_eq!(first_column(&greta.get("/console/groups?empty=1").await), ["=cmd()", "Below"]);
    for text in ["%25".repeat(5_000), "😀".repeat(1_300), "%00".into(), "%FF%FE".into()] {
        for path in [format!("/console/groups?q={text}"), format!("/console/groups?after={text}&sort=-name")] {
            let page = greta.get(&path).await;
            assert_eq!(page.status, 200, "{path:.60}: {}", page.text);
        }
    }
}

#[tokio::test]
async fn a_long_list_goes_on_page_by_page_with_its_filter() {
    let acme = TestRollcall::new();
    let groups = (0..120).map(|n| group(&format!("team {n:03}"), &[], &[])).chain([group("other", &[], &[])]).collect();
    acme.apply(State { groups, ..state() }).expect("groups");
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    let (mut path, mut seen) = ("/console/groups?q=team".to_owned(), Vec::new());
    loop {
        let page = greta.get(&path).await;
        seen.extend(first_column(&page));
        let Some((_, rest)) = page.text.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split('"').next().expect("an address").replace("&#38;", "&");
    }
    assert_eq!(seen, (0..120).map(|n| format!("team {n:03}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_group_is_made_changed_and_removed() {
    let acme = with_groups();
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    assert!(greta.get("/console/groups/new").await.text.contains("<h1>New group</h1>"));
    let wrong = greta.post("/console/groups/new", &[("name", "PLAIN"), ("description", "kept <b>")]).await;
    assert_eq!(wrong.status, 422);
    assert!(faults(&wrong)[0].starts_with("there is a group \"Plain\" already"), "{:?}", faults(&wrong));
    assert!(wrong.text.contains("value=\"PLAIN\"") && wrong.text.contains("kept &#60;b&#62;"), "{}", wrong.text);
    let (at, page) = greta.does("/console/groups/new", &[("name", "Support"), ("description", "")]).await;
    assert_eq!(said(&page), "The group Support is made. Now say who is in it.");
    let (_, page) = greta.does(&format!("{at}/edit"), &[("name", "Help"), ("description", "First line")]).await;
    assert!(said(&page).contains("Help is changed") && page.text.contains("First line"));
    let asked = greta.get(&format!("{at}/remove")).await;
    assert!(asked.text.contains("Remove the group Help?") && asked.text.contains("Remove Help</button>"));
    let (to, page) = greta.does(&format!("{at}/remove"), &[]).await;
    assert_eq!((to.as_str(), said(&page).as_str()), ("/console/groups", "The group Help is removed."));
    assert_eq!(greta.get(&at).await.status, 404);
}

#[tokio::test]
async fn members_come_and_go_and_either_is_undone() {
    let acme = with_groups();
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    let at = format!("/console/groups/{}", id_of(&acme, "groups", "Plain"));
    let add = format!("{at}/members");
    let (_, page) = greta.does(&add, &[("members", "ADA@acme.test, bo@acme.test\ncy@acme.test")]).await;
    assert_eq!(said(&page), "2 users are in Plain now.");
    assert_eq!(first_column(&page), ["ada@acme.test", "bo@acme.test", "cy@acme.test"]);
    assert_eq!(greta.undo(&page).await, "2 users are not in Plain any more.");
    assert_eq!(members(&acme, "Plain"), ["cy@acme.test"]);
    let (_, page) = greta.does(&format!("{at}/members/remove"), &[("members", "cy@acme.test")]).await;
    assert_eq!(said(&page), "cy@acme.test is not in Plain any more.");
    assert!(page.text.contains("Nobody is in this group directly."));
    assert_eq!(greta.undo(&page).await, "cy@acme.test is in Plain now.");
    let (_, page) = greta.does(&add, &[("members", "cy@acme.test")]).await;
    assert_eq!(said(&page), "All of them are in Plain already.");
    assert!(!page.text.contains("Undo"));

    let wrong = greta.post(&add, &[("members", "ada@acme.test no@acme.test x<y")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(faults(&wrong), ["no user has the address \"no@acme.test\"<br>no user has the address \"x<y\""]);
    assert!(wrong.text.contains("ada@acme.test no@acme.test x&#60;y</textarea>"), "as it was typed");
    assert_eq!(greta.post(&add, &[("members", " ")]).await.status, 422);
    assert_eq!(members(&acme, "Plain"), ["cy@acme.test"]);
}

#[tokio::test]
async fn who_manages_groups_alone_brings_nobody_to_a_role() {
    let acme = with_groups();
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    let before = acme.snapshot();
    for name in ["Auditors", "Below"] {
        let at = format!("/console/groups/{}", id_of(&acme, "groups", name));
        let refused = greta.post(&format!("{at}/members"), &[("members", "greta@acme.test")]).await;
        assert_eq!(refused.status, 403);
        assert!(faults(&refused)[0].contains("may not grant the role \"Auditor\""), "{:?}", faults(&refused));
        assert_eq!(greta.post(&format!("{at}/nest"), &[("child", "Plain")]).await.status, 403);
        assert_eq!(greta.post(&format!("{at}/remove"), &[]).await.status, 403);
    }
    let plain = format!("/console/groups/{}", id_of(&acme, "groups", "Plain"));
    assert_eq!(greta.post(&format!("{plain}/nest"), &[("parent", "Below")]).await.status, 403, "from the other end");
    assert_eq!(acme.snapshot(), before);
}

#[tokio::test]
async fn groups_are_nested_from_either_end_and_a_cycle_shows_its_path() {
    let acme = with_groups();
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    let plain = format!("/console/groups/{}", id_of(&acme, "groups", "Plain"));
    let below = format!("/console/groups/{}", id_of(&acme, "groups", "Below"));
    let (_, page) = greta.does(&format!("{plain}/nest"), &[("child", "below")]).await;
    assert_eq!(said(&page), "Below is in Plain now.");
    assert!(page.text.contains("<span class=\"away\"> Below</span>"));
    let cycle = greta.post(&format!("{below}/nest"), &[("child", "plain")]).await;
    assert_eq!((cycle.status.as_u16(), faults(&cycle).len()), (403, 1), "Below hands on what Auditors carries");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let cycle = root.post(&format!("{below}/nest"), &[("child", "plain")]).await;
    assert_eq!(cycle.status, 409);
    assert_eq!(faults(&cycle), ["groups would contain each other: Plain › Below › Plain"]);
    assert!(cycle.text.contains("value=\"plain\""), "as it was typed");
    let (_, page) = greta.does(&format!("{below}/unnest"), &[("parent", "Plain")]).await;
    assert_eq!(said(&page), "Below is not in Plain any more.");
    assert_eq!(greta.undo(&page).await, "Below is in Plain now.");
    assert_eq!(greta.post(&format!("{plain}/nest"), &[("child", "nowhere")]).await.status, 422);
}

#[tokio::test]
async fn a_group_shows_its_members_page_by_page_and_where_it_is_used() {
    let acme = TestRollcall::new();
    let emails: Vec<String> = (0..60).map(|n| format!("u{n:02}@acme.test")).collect();
    let all: Vec<&str> = emails.iter().map(String::as_str).collect();
    acme.apply(State {
        users: emails.iter().map(|email| user(email, Status::Active)).collect(),
        groups: vec![group("Top", &[], &["All"]), group("All", &all, &[])],
        ..state()
    })
    .expect("a group");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let at = format!("/console/groups/{}", id_of(&acme, "groups", "All"));
    let first = root.get(&at).await;
    let next = first.text.split_once("rel=\"next\" href=\"").expect("more").1.split('"').next().expect("an address");
    assert_eq!(first_column(&first).len(), 50);
    assert_eq!(first_column(&root.get(next).await), emails[50..]);
    assert_eq!(first_column(&root.get(&format!("{at}?q=u0")).await).len(), 10);
    assert!(first.text.contains("<bdi>Top</bdi>"), "the group that it is in");
    let file = root.get(&format!("{at}?q=u1&format=csv")).await;
    assert_eq!(file.text.lines().count(), 11);
}

#[tokio::test]
async fn a_group_of_the_directory_offers_no_change_of_who_is_in_it() {
    let acme = with_groups();
    acme.database().execute("update groups set source = 'directory' where name = 'Plain'");
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    let at = format!("/console/groups/{}", id_of(&acme, "groups", "Plain"));
    let page = greta.get(&at).await;
    assert!(page.text.contains("The directory says who is in this group."));
    assert!(!page.text.contains(&format!("action=\"{at}/members\"")));
    assert_eq!(greta.post(&format!("{at}/members"), &[("members", "ada@acme.test")]).await.status, 409);
    assert_eq!(greta.post(&format!("{at}/remove"), &[]).await.status, 409);
}

#[tokio::test]
async fn what_is_not_there_or_not_theirs_is_not_found() {
    let acme = with_groups();
    acme.found("Other");
    acme.apply(State { name: "Other".into(), groups: vec![group("Theirs", &[], &[])], ..State::default() })
        .expect("one");
    let mut greta = Person::with(&acme, "greta", &RIGHTS).await;
    for id in [id_of(&acme, "groups", "Theirs").as_str(), "nonsense", "%00", "e-%F0%9F%98%80"] {
        for end in ["", "/edit", "/remove"] {
            let path = format!("/console/groups/{id}{end}");
            assert_eq!(greta.get(&path).await.status, 404, "{path}");
        }
        for end in ["edit", "remove", "members", "members/remove"] {
            let path = format!("/console/groups/{id}/{end}");
            assert_eq!(greta.post(&path, &[("name", "x"), ("members", "ada@acme.test")]).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn names_are_text_and_never_markup() {
    let acme = TestRollcall::new();
    let hostile = "<script>alert(1)</script> & \"שלום\" ' 😀".to_owned() + &"W".repeat(150);
    acme.apply(State { groups: vec![group(&hostile, &[], &[]), group("In", &[], &[&hostile])], ..state() })
        .expect("one");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let at = format!("/console/groups/{}", id_of(&acme, "groups", &hostile));
    for path in ["/console/groups".to_owned(), at.clone(), format!("{at}/edit"), format!("{at}/remove")] {
        let page = root.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.text.contains("<script>") && page.text.contains("&#60;script&#62;alert(1)"), "{path}");
        assert!(!page.text.contains(" style=") && !page.text.contains("<style"), "{path}");
    }
    assert_eq!(first_column(&root.get("/console/groups").await)[0], hostile);
}
