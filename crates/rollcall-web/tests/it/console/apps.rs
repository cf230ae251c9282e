//! Client apps in the console: from making one to the first call with the console's own curl, and whoever may not.

use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;

use super::{ADA, Browser, by_link, with_rights};

/// What stands in an element with this id, as a browser would read it.
fn element(page: &str, id: &str) -> String {
    let rest = page.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no {id} in {page}")).1;
    let text = rest.split_once("</").expect("an end").0;
    let entities = [("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&#38;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c))
}

fn location(reply: &rollcall_testkit::Reply) -> String {
    reply.header("location").to_owned()
}

/// Makes an app, and gives the page that shows its secret.
async fn make(browser: &mut Browser, name: &str, scopes: &[&str]) -> rollcall_testkit::Reply {
    let scopes = scopes.iter().map(|scope| ("scope", *scope));
    let fields: Vec<_> = [("name", name), ("algorithm", "HS256")].into_iter().chain(scopes).collect();
    browser.fill("/console/apps/new", &fields).await
}

#[tokio::test]
async fn the_curl_of_the_page_is_the_first_call_and_the_secret_is_shown_once() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let made = make(&mut ada, "Nightly sync", &["role-management"]).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let (secret, curl, id) =
        (element(&made.text, "secret"), element(&made.text, "curl"), element(&made.text, "client-id"));
    assert_eq!(secret.len(), 44);
    let token = curl.split("auth: ").nth(1).and_then(|rest| rest.split('\'').next()).expect("a token");
    let path = curl.split("/api/public/").nth(1).and_then(|rest| rest.split('\'').next()).expect("a path");
    let reply = acme.visitor().with_token(token).get(path).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["total"]), (200, &serde_json::json!(0)), "{}", reply.text);
    assert!(element(&made.text, "python").contains(&secret) && element(&made.text, "javascript").contains(&secret));

    let again = ada.get(&format!("/console/apps/{id}")).await;
    assert!(!again.text.contains(&secret) && !again.text.contains("id=\"secret\""), "{}", again.text);
    assert!(!again.text.contains("id=\"curl\""), "who looks at the page makes no token: {}", again.text);
    let once_more = ada.send(&format!("/console/apps/{id}/token"), &[]).await;
    assert!(element(&once_more.text, "curl").contains("/api/public/groups"), "a new token for whoever wants one");
    assert!(!once_more.text.contains(&secret));
    let made = ada.get("/console/audit?event=App+Token+Made").await.text;
    assert_eq!(made.matches("Nightly sync&#34; was made, good until").count(), 2, "{made}");
    assert_eq!(made.matches(&format!("<td><bdi>{ADA}</bdi></td>")).count(), 2, "{made}");
    let log = ada.get("/console/audit?event=App+Created").await.text;
    assert!(log.contains("Nightly sync") && log.contains(ADA), "{log}");
}

#[tokio::test]
async fn no_token_is_made_that_nobody_sees() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let made = make(&mut ada, "Eraser", &["erase-users-data"]).await;
    assert!(made.status == 200 && element(&made.text, "secret").len() == 44, "{}", made.text);
    let id = element(&made.text, "client-id");
    let page = ada.get(&format!("/console/apps/{id}")).await;
    assert!(!page.text.contains(&format!("/console/apps/{id}/token")), "nothing to press: {}", page.text);
    ada.send(&format!("/console/apps/{id}/token"), &[]).await;
    let log = ada.get("/console/audit?event=App+Token+Made").await.text;
    assert!(!log.contains("Eraser"), "{log}");
}

#[tokio::test]
async fn what_is_wrong_with_the_form_stands_beside_it_and_nothing_is_made() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    make(&mut ada, "ci", &["audit-logs"]).await;
    let taken = make(&mut ada, "CI", &["audit-logs"]).await;
    assert_eq!(taken.status, 409);
    assert!(taken.text.contains("exists already") && taken.text.contains("value=\"CI\""), "{}", taken.text);
    let empty = make(&mut ada, " ", &[]).await;
    assert!(empty.status == 400 && empty.text.contains("name is empty"), "{}", empty.text);
    let fields = [("name", "x"), ("algorithm", "RS256"), ("public-key", "no key"), ("scope", "audit-logs")];
    let key = ada.send("/console/apps/new", &fields).await;
    assert!(key.status == 400 && key.text.contains("openssl pkey") && key.text.contains("no key"), "{}", key.text);
    assert_eq!(ada.get("/console/apps?format=csv").await.text.lines().count(), 2);
}

#[tokio::test]
async fn nobody_gives_an_app_what_they_do_not_have_themselves() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let mut deputy = with_rights(&acme, "deputy", &["API Scopes", "View and Run Audit Reports"]).await;
    for scope in ["user-management", "role-management", "master-admin", "erase-users-data", "sso-configuration"] {
        let refused = make(&mut deputy, scope, &[scope]).await;
        assert_eq!(refused.status, 403, "{scope}: {}", refused.text);
        assert!(refused.text.contains("may not give an app the scope"), "{}", refused.text);
    }
    let own = make(&mut deputy, "log reader", &["audit-logs"]).await;
    assert_eq!(own.status, 200, "{}", own.text);

    // Neither by another's app: a new secret, a token, or more scopes of it would be theirs.
    let powerful = element(&make(&mut ada, "powerful", &["master-admin", "role-management"]).await.text, "client-id");
    let page = deputy.get(&format!("/console/apps/{powerful}")).await;
    assert!(page.status == 200 && !page.text.contains("id=\"curl\""), "{}", page.text);
    let rotated = deputy.send(&format!("/console/apps/{powerful}/rotate"), &[("overlap", "0")]).await;
    assert!(rotated.status == 403 && !rotated.text.contains("id=\"secret\""), "{}", rotated.text);
    let mine = element(&own.text, "client-id");
    let fields = [("scope", "audit-logs"), ("scope", "user-management")];
    let more = deputy.send(&format!("/console/apps/{mine}/settings"), &fields).await;
    assert_eq!(more.status, 403, "{}", more.text);
    let csv = ada.get("/console/apps?format=csv").await.text;
    assert!(csv.contains("log reader,HS256,audit-logs,") && !csv.contains("user-management"), "{csv}");
}

#[tokio::test]
async fn a_secret_goes_by_a_new_one_and_an_app_by_a_confirmation() {
    let acme = TestRollcall::new();
    let mut ada = by_link(&acme, ADA).await;
    let id = element(&make(&mut ada, "ci", &["audit-logs"]).await.text, "client-id");
    let rotated = ada.fill(&format!("/console/apps/{id}/rotate"), &[("overlap", "24")]).await;
    assert_eq!(element(&rotated.text, "secret").len(), 44);
    let third = ada.send(&format!("/console/apps/{id}/rotate"), &[("overlap", "24")]).await;
    assert!(third.status == 409 && third.text.contains("two live secrets") | third.text.contains("2 live secrets"));
    let odd = ada.send(&format!("/console/apps/{id}/rotate"), &[("overlap", "5000")]).await;
    assert_eq!(odd.status, 400);
    let page = ada.get(&format!("/console/apps/{id}")).await.text;
    let secrets: Vec<&str> = page.split("/secrets/").skip(1).filter_map(|rest| rest.split('/').next()).collect();
    assert_eq!(secrets.len(), 2, "{page}");
    let revoked = ada.send(&format!("/console/apps/{id}/secrets/{}/revoke", secrets[1]), &[]).await;
    assert_eq!((revoked.status.as_u16(), location(&revoked)), (303, format!("/console/apps/{id}")));
    assert!(ada.get(&location(&revoked)).await.text.contains("is revoked"));
    let last = ada.send(&format!("/console/apps/{id}/secrets/{}/revoke", secrets[0]), &[]).await;
    assert!(last.status == 409 && last.text.contains("only live secret"), "{}", last.text);

    let asked = ada.get(&format!("/console/apps/{id}/remove")).await;
    assert!(asked.text.contains("Remove the app “ci”?"), "{}", asked.text);
    assert_eq!(ada.get("/console/apps?format=csv").await.text.lines().count(), 2, "a question changes nothing");
    let removed = ada.send(&format!("/console/apps/{id}/remove"), &[]).await;
    assert_eq!((removed.status.as_u16(), location(&removed).as_str()), (303, "/console/apps"));
    assert_eq!(ada.get(&format!("/console/apps/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_token_is_explained_and_neither_kept_nor_used_up() {
    let acme = TestRollcall::new();
    let app = acme.app(&[Scope::AuditLogs]);
    let foreign = acme.app_of(&acme.found("Other"), &[Scope::AuditLogs]);
    let mut ada = by_link(&acme, ADA).await;
    ada.get("/console/apps/tester").await;
    let claims = |more: serde_json::Value| {
        let mut claims = serde_json::json!({"appId": app.client_id().as_str()});
        claims.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        app.with_claims(&claims).token().expect("a token").to_owned()
    };
    let now = acme.rollcall().now().seconds();
    let good = app.token().expect("a token").to_owned();
    let once = claims(serde_json::json!({"jti": "one", "exp": now + 600}));
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{head}.{other}{}", &signature[1..]);
    let table = [
        (good.clone(), "It would be taken"),
        (once.clone(), "It would be taken"),
        (once.clone(), "It would be taken"),
        (claims(serde_json::json!({"exp": now - 600})), "Its exp is past"),
        (claims(serde_json::json!({"nbf": now + 600})), "Its nbf is still to come"),
        (forged, "None of the app’s secrets made this signature"),
        (foreign.token().expect("a token").to_owned(), "No app has the client id"),
        ("a.b".to_owned(), "It is no signed token"),
        (" ".to_owned(), "The header auth was empty"),
    ];
    for (token, expected) in table {
        let told = ada.send("/console/apps/tester", &[("token", &token)]).await;
        assert!(told.status == 200 && told.text.contains(expected), "{expected}: {}", told.text);
        assert!(!told.text.contains(signature), "the token is not repeated");
    }
    let used = acme.visitor().with_token(&once);
    assert_eq!(used.get("auditlogs").await.status, 200, "explaining has not used it up");
    let told = ada.send("/console/apps/tester", &[("token", &once)]).await;
    assert!(told.text.contains("Its jti was seen before"), "{}", told.text);
}

#[tokio::test]
async fn an_app_of_another_account_is_none() {
    let acme = TestRollcall::new();
    let other = acme.app_of(&acme.found("Other"), &[Scope::AuditLogs]).client_id().to_string();
    let mut ada = by_link(&acme, ADA).await;
    ada.get("/console").await;
    for path in ["", "/rotate", "/remove"] {
        assert_eq!(ada.get(&format!("/console/apps/{other}{path}")).await.status, 404, "{path}");
    }
    for path in ["/rotate", "/remove", "/settings", "/secrets/1/revoke"] {
        let reply = ada.send(&format!("/console/apps/{other}{path}"), &[("overlap", "0")]).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.text);
    }
}
