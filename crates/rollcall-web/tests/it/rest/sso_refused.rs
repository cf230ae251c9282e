//! `POST /ssoconfig`: what each protocol needs, and what is not handed on by a mapping.

use rollcall_core::policy::Scope;
use serde_json::{Value, json};

use super::sso::{NEW, OLD, PATH, SCOPE, delete, pair, saml, with};
use crate::acme::{acme, admin_role, bot_role, everything, group_id};

fn mapped(pairs: &Value) -> Value {
    with(&json!({"SAMLAttributeMapping": true, "SyncBehaviour": "AddNew_RetainExisting", "AttributeMapping": pairs}))
}

#[tokio::test]
async fn an_update_of_nothing_says_what_to_send() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let before = everything(&acme);
    let update = with(&json!({"SSO_Authentication": "update"}));
    let reply = app.post(PATH, &update).await;
    let why = "SSO_Authentication: single sign-on is off, so there is nothing to update; send \"enable\" first";
    assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![why.to_owned()]));
    assert_eq!(everything(&acme), before);
    let rehearsed = app.post("ssoconfig?dryRun=true", &saml()).await;
    assert_eq!((rehearsed.status.as_u16(), everything(&acme)), (200, before));
}

#[tokio::test]
async fn the_other_protocols_need_less() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let wsfed = json!({
        "SSO_Authentication": "enable", "SSOProtocol": "wsfed",
        "SingleSignOnURL": "https://login.example.com/wsfed", "IssuerURL": "urn:example:idp",
    });
    assert_eq!(app.post(PATH, &wsfed).await.status, 200);
    let told = app.get("ssoconfig?SSOProtocol=wsfed").await.json();
    assert_eq!(told["ssoConfig"]["config"]["cert"], json!([]));
    let oidc = json!({
        "SSO_Authentication": "update", "SSOProtocol": "oidc",
        "IssuerURL": "https://accounts.example.com", "ClientId": " rollcall ",
    });
    assert_eq!(app.post(PATH, &oidc).await.json()["name"], format!("{}_oidc", app.client_id()));
    let told = app.get("ssoconfig?SSOProtocol=oidc").await.json();
    assert_eq!(told["ssoConfig"]["config"]["clientId"], "rollcall");
    let missing = |protocol: &str| json!({"SSO_Authentication": "enable", "SSOProtocol": protocol});
    for (protocol, faults) in [
        (
            "saml",
            vec![
                "SAML_IdentityProvider: is missing",
                "SingleSignOnURL: is missing",
                "IssuerURL: is missing",
                "Certificate: at least one certificate is needed",
            ],
        ),
        ("wsfed", vec!["SingleSignOnURL: is missing", "IssuerURL: is missing"]),
        ("oidc", vec!["IssuerURL: is missing"]),
    ] {
        assert_eq!(app.post(PATH, &missing(protocol)).await.messages(), faults, "{protocol}");
    }
    let many = app.post(PATH, &with(&json!({"Certificate": [OLD, NEW, OLD]}))).await;
    assert_eq!(many.messages(), ["Certificate: 3 certificates are more than the 2 that one may have"]);
    let empty = json!({"SAMLAttributeMapping": true, "AttributeMapping": []});
    let empty = app.post(PATH, &with(&empty)).await;
    assert_eq!(empty.messages(), ["SyncBehaviour: is missing", "AttributeMapping: at least one attribute is needed"]);
    let plain = json!({"SSO_Authentication": "enable", "SSOProtocol": "oidc", "IssuerURL": "urn:example:idp"});
    assert_eq!(app.post(PATH, &plain).await.status, 400, "an issuer of OpenID Connect is asked over https");
}

#[tokio::test]
async fn who_maps_a_role_needs_what_giving_it_needs() {
    let acme = acme();
    let (sso, roles) = (Scope::SsoConfiguration, Scope::RoleManagement);
    let (weak, strong) = (acme.app(&[sso]), acme.app(&[sso, roles]));
    let master = acme.app(&[sso, roles, Scope::MasterAdmin]);
    let pairs = json!([
        pair("Role", &admin_role("Auditor")),
        pair("Role", &bot_role("Bot Tester")),
        pair("Group", &group_id("Audit")),
        pair("Role", &admin_role("admin")),
        pair("Group", &group_id("Desk")),
        pair("Role", "canCreateBot"),
    ]);
    let before = everything(&acme);
    let reply = weak.post(PATH, &mapped(&pairs)).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    let place = |fault: &str| fault.split_once(':').map(|(place, _)| place.to_owned()).unwrap_or_default();
    let at = |n: usize| format!("AttributeMapping[{n}].Kore_Attribute");
    // Audit carries Auditor, and by Risk and Board above it three more; Desk is under Board.
    let places: Vec<String> = reply.messages().iter().map(|m| place(m)).collect();
    let mut kinds = places.clone();
    kinds.dedup();
    assert_eq!(kinds, [at(0), at(1), at(2), at(3), at(4), at(5)]);
    for part in [
        "may not let anybody create bots: that needs the scope user-management",
        "Auditor",
        "Bot Tester",
        "the group \"Audit\" carries it",
        "role-management",
        "Reviewer",
    ] {
        assert!(reply.messages().iter().any(|m| m.contains(part)), "{part} is not in {:?}", reply.messages());
    }
    let reply = strong.post(PATH, &mapped(&pairs)).await;
    assert_eq!(reply.messages().iter().map(|m| place(m)).collect::<Vec<_>>(), [at(3)]);
    assert!(reply.messages()[0].contains("master-admin"), "{}", reply.text);
    assert_eq!(everything(&acme), before);
    assert_eq!(master.post(PATH, &mapped(&pairs)).await.status, 200);
    // Whoever may not hand the roles on may not send people to another provider that would, either.
    let other = mapped(&pairs).as_object_mut().map(|body| {
        body.insert("IssuerURL".into(), json!("urn:mine"));
        Value::Object(body.clone())
    });
    assert_eq!(weak.post(PATH, &other.expect("an object")).await.status, 400);
    assert_eq!(delete(&weak, PATH).await.status, 200);
}

#[tokio::test]
async fn what_the_account_does_not_have_is_not_mapped() {
    let acme = acme();
    acme.database().execute("update groups set source = 'directory' where name = 'Desk'");
    let app = acme.app(&[Scope::SsoConfiguration, Scope::RoleManagement]);
    let before = everything(&acme);
    let mut body = mapped(&json!([
        pair("Role", &group_id("Audit")),
        pair("Group", &admin_role("Auditor")),
        pair("Group", "Audit"),
        pair("Group", &group_id("Desk")),
    ]));
    body["SSO_Authentication"] = json!("update");
    let reply = app.post(PATH, &body).await;
    assert_eq!(
        reply.messages(),
        [
            "SSO_Authentication: single sign-on is off, so there is nothing to update; send \"enable\" first"
                .to_owned(),
            format!("AttributeMapping[0].Kore_Attribute: Unknown role id {}", group_id("Audit")),
            format!("AttributeMapping[1].Kore_Attribute: Unknown group id {}", admin_role("Auditor")),
            "AttributeMapping[2].Kore_Attribute: Unknown group id Audit".to_owned(),
            "AttributeMapping[3].Kore_Attribute: The members of the group \"Desk\" are changed by the directory alone"
                .to_owned(),
        ]
    );
    assert_eq!(everything(&acme), before);
}
