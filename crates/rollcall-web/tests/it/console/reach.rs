//! The pages of a role, a group and a bot: everybody who has it, by every way, each step with who made it so.

use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{RoleState, State};
use rollcall_core::users::Status;
use rollcall_testkit::{Reply, TestRollcall, user};
use serde_json::json;

use super::person::{Person, between, given, group, id_of, role_id, state};
use super::roles::bot;

/// Ada has a role directly; Bo, who is in Low, which is in Left and Right, which are in Top, by two ways; Cy has nothing.
fn setting() -> TestRollcall {
    let acme = TestRollcall::new();
    let role = |kind, name: &str| RoleState {
        id: None,
        ref_id: None,
        kind,
        name: name.into(),
        description: None,
        permissions: json!({}).as_object().cloned(),
    };
    acme.apply(State {
        users: vec![
            user("ada@acme.test", Status::Active),
            user("bo@acme.test", Status::Suspended),
            user("cy@acme.test", Status::Active),
        ],
        roles: vec![role(RoleKind::Admin, "Auditor"), role(RoleKind::Bot, "Mender")],
        bots: vec![bot("Leave"), bot("Pay <i>")],
        groups: vec![
            group("Top", &[], &["Left <b>", "Right"]),
            group("Left <b>", &[], &["Low"]),
            group("Right", &[], &["Low"]),
            group("Low", &["bo@acme.test"], &[]),
            group("Aside", &[], &[]),
        ],
        assignments: vec![
            given("Auditor", None, &["ada@acme.test"], &["Top"]),
            given("Mender", Some("Leave"), &["ada@acme.test"], &[]),
            given("Mender", Some("Pay <i>"), &[], &["Low"]),
        ],
        ..state()
    })
    .expect("a setting");
    acme
}

/// The part of the page that tells who has it: each with their ways, as people read them.
fn told(page: &Reply) -> Vec<(String, Vec<String>)> {
    assert_eq!(page.status, 200, "{}", page.text);
    let part = between(&page.text, "<section id=\"who\">", "</section>");
    assert!(!part.contains("<b><bdi>Left") && !part.contains("<i>"), "{part}");
    let rows = part.split("<tr><th scope=\"row\">").skip(1).map(|row| {
        let ways = row.split("<ul class=\"path\">").skip(1).map(|way| {
            let way = between(way, "", "</ul>");
            let steps = way.split("<li>").skip(1).map(|step| match step.contains("<bdi>") {
                true => between(step, "<bdi>", "</bdi>").to_owned(),
                false => between(step, "", "</li>").to_owned(),
            });
            assert!(
                way.contains("(from the account file · <bdi>apply</bdi> · <time datetime="),
                "who made it so, and when: {way}"
            );
            steps.collect::<Vec<_>>().join(" › ")
        });
        (between(row, "<bdi>", "</bdi>").to_owned(), ways.collect())
    });
    rows.collect()
}

#[tokio::test]
async fn the_page_of_a_role_tells_everybody_who_has_it_by_every_way() {
    let acme = setting();
    let mut rita = Person::with(&acme, "rita", &["Manage Custom Admin Roles", "Manage Bot Roles"]).await;
    let page = rita.get(&format!("/console/roles/{}", role_id(&acme, "Auditor"))).await;
    let expected = [
        ("ada@acme.test", vec!["Directly › Auditor"]),
        ("bo@acme.test", vec!["Low › Left &#60;b&#62; › Top › Auditor", "Low › Right › Top › Auditor"]),
    ];
    let expected = expected.map(|(who, ways)| (who.to_owned(), ways.into_iter().map(str::to_owned).collect()));
    assert_eq!(told(&page), expected);
    let bo = between(&page.text, "<section id=\"who\">", "</section>").split("<tr>").nth(3).expect("Bo");
    assert!(bo.contains("<span class=\"tag warn\">Not active</span>"), "{bo}");
    // A role for bots: on which one.
    let page = rita.get(&format!("/console/roles/{}", role_id(&acme, "Mender"))).await;
    let part = between(&page.text, "<section id=\"who\">", "</section>");
    let on: Vec<&str> =
        part.split("<b><bdi>Mender</bdi></b> on ").skip(1).map(|on| between(on, "<bdi>", "<")).collect();
    assert_eq!(on, ["Leave", "Pay &#60;i&#62;"]);
    // Nobody: what the page says then.
    let empty = rita.get(&format!("/console/roles/{}", role_id(&acme, "Bot Tester"))).await;
    assert!(empty.text.contains("Nobody has it, be it directly or by a group."), "{}", empty.text);
}

#[tokio::test]
async fn the_pages_of_a_group_and_a_bot_tell_the_same_of_theirs() {
    let acme = setting();
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let top = root.get(&format!("/console/groups/{}", id_of(&acme, "groups", "Top"))).await;
    let ways = ["Low › Left &#60;b&#62; › Top", "Low › Right › Top"].map(str::to_owned).to_vec();
    assert_eq!(told(&top), [("bo@acme.test".to_owned(), ways)]);
    let aside = root.get(&format!("/console/groups/{}", id_of(&acme, "groups", "Aside"))).await;
    assert!(aside.text.contains("Nobody is in it, be it directly or by a group in it."));
    let pay = root.get(&format!("/console/bots/{}", id_of(&acme, "bots", "Pay <i>"))).await;
    assert_eq!(told(&pay), [("bo@acme.test".to_owned(), vec!["Low › Mender".to_owned()])]);
    // Whoever may not see who holds roles is not told here either.
    let mut dora = Person::with(&acme, "dora", &["Manage Deployment"]).await;
    let at = format!("/console/bots/{}", id_of(&acme, "bots", "Pay <i>"));
    let page = dora.get(&at).await;
    assert!(page.status == 200 && !page.text.contains("id=\"reach\"") && !page.text.contains("bo@acme.test"));
    assert_eq!(dora.get(&format!("{at}?list=who&format=csv")).await.status, 403);
}

#[tokio::test]
async fn whoever_has_it_is_told_in_parts_and_all_of_them_as_a_file() {
    let acme = setting();
    let emails: Vec<String> = (10..22).map(|n| format!("u{n}@acme.test")).collect();
    let members: Vec<&str> = emails.iter().map(String::as_str).collect();
    acme.apply(State {
        users: emails.iter().map(|email| user(email, Status::Active)).collect(),
        groups: vec![group("Right", &members, &["Low"])],
        ..state()
    })
    .expect("many");
    let mut root = Person::everything(&acme, "root@acme.test").await;
    let at = format!("/console/roles/{}", role_id(&acme, "Auditor"));
    let (mut found, mut path) = (Vec::new(), at.clone());
    for parts in [10, 4] {
        let page = root.get(&path).await;
        let here: Vec<String> = told(&page).into_iter().map(|(who, _)| who).collect();
        assert_eq!(here.len(), parts);
        found.extend(here);
        let part = between(&page.text, "<section id=\"who\">", "</section>");
        if parts == 10 {
            path = between(part, "rel=\"next\" href=\"", "#reach\"").replace("&#38;", "&");
        } else {
            assert!(!part.contains("rel=\"next\"") && part.contains(&format!("href=\"{at}#reach\"")), "{part}");
        }
    }
    let mut all = vec!["ada@acme.test".to_owned(), "bo@acme.test".to_owned()];
    all.extend(emails);
    assert_eq!(found, all);
    let file = root.get(&format!("{at}?list=who&format=csv")).await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"who.csv\"");
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 1 + 15, "a row for each way: {lines:?}");
    assert!(
        lines[1].contains(",ada@acme.test,") && lines[1].contains(",Auditor,,,apply,2026-01-05T09:00:00.000Z,file,"),
        "{lines:?}"
    );
    assert!(lines[2].contains(",Low › Left <b> › Top,apply,") && lines[2].contains(",suspended,"), "{lines:?}");
}
