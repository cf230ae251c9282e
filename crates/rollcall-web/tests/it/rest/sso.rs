//! `/ssoconfig`: single sign-on is kept and told. What is refused: `sso_refused`.

use axum::body::Body;
use axum::http::Method;
use insta::assert_json_snapshot;
use rollcall_core::policy::Scope;
use rollcall_testkit::{Caller, Reply, TestRollcall};
use serde_json::{Value, json};

use crate::acme::{acme, admin_role, bot_id, bot_role, everything, group_id};

pub(super) const SCOPE: [Scope; 1] = [Scope::SsoConfiguration];
pub(super) const PATH: &str = "ssoconfig";

/// Certificates that have expired: which is no fault.
pub(super) const OLD: &str = "MIHRMIGEoAMCAQICAgfkMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgb2xkMB4XDTIwMDEwMTAwMDAwMFoXDTIwMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG9sZDAqMAUGAytlcAMhAIMDWSADNBJaIjK/+PC/F5opPfZfYzit5kKclnQf/1y0MAUGAytlcANBAHsqGawwMGBZjdaelf2+25GA5uJtQsoPhZt4WF3nfjMdikSnEe+c9NsTecMv5zjlfWnBNnaFdYNsX4iYw51TRAw=";
pub(super) const NEW: &str = "MIHRMIGEoAMCAQICAgflMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgbmV3MB4XDTIxMDEwMTAwMDAwMFoXDTIxMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG5ldzAqMAUGAytlcAMhAF1flwFjsjcF36eKULfoaEOPBVp/NK4BuhTYAaVEPA0OMAUGAytlcANBAHRsletnXkWgnVCTpIuEY5EldFdsLITyrV6XPUkb9705Zsv8wqvbi4cGIBv3jlSN4p4yvjyWYRkSiMmtJijbpgM=";

/// A configuration that is good, with everything that a mapping may not have.
pub(crate) fn saml() -> Value {
    json!({
        "SSO_Authentication": "enable", "SSOProtocol": "saml", "SAML_IdentityProvider": "okta",
        "SingleSignOnURL": "https://idp.example.com/app/sso", "IssuerURL": "http://www.okta.com/exk1",
        "Certificate": [OLD],
    })
}

pub(super) fn with(more: &Value) -> Value {
    let mut body = saml();
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    body
}

pub(super) fn pair(kind: &str, target: &str) -> Value {
    json!({"SAMLAttribute_Name": "dept", "SAMLAttribute_Value": "audit", "Attribute_Type": kind, "Kore_Attribute": target})
}

/// An answer with what is random in it put in the place of a word.
fn told(reply: &Reply) -> Value {
    let mut told = reply.told();
    if let Some(Value::String(url)) = told["body"].get_mut("ACS_IDP_URL") {
        let hex = url.split("?c=e-").nth(1).expect("a token").split('&').next().expect("its end").to_owned();
        assert!(hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{hex}");
        *url = url.replace(&hex, "HEX");
    }
    told
}

pub(super) async fn delete(app: &Caller, path: &str) -> Reply {
    app.ask(Method::DELETE, path, Body::empty()).await
}

/// Names and states of the last audit events, newest first.
fn events(acme: &TestRollcall, limit: usize) -> Vec<Vec<Option<String>>> {
    let sql =
        format!("select name, description, state_before, state_after from audit_events order by id desc limit {limit}");
    acme.database().query(&sql)
}

#[tokio::test]
async fn what_is_set_is_told() {
    let acme = acme();
    let app = acme.app(&[Scope::SsoConfiguration, Scope::RoleManagement]);
    let certificate =
        format!("-----BEGIN CERTIFICATE-----\n{}\n{}\n-----END CERTIFICATE-----\n", &OLD[..64], &OLD[64..]);
    let body = with(&json!({
        "SSO_Authentication": "ENABLE", "SSOProtocol": "SAML", "SAML_IdentityProvider": "Okta",
        "Certificate": [NEW, certificate, ""],
        "SAMLAttributeMapping": true, "SyncBehaviour": "synchronize_updateexisting",
        "AttributeMapping": [
            {"SAMLAttribute_Name": " dept ", "SAMLAttribute_Value": "audit", "Attribute_Type": "Role", "Kore_Attribute": admin_role("Auditor")},
            pair("Role", &bot_role("Bot Tester")),
            pair("Group", &group_id("Desk")),
            pair("Role", "isDeveloper"),
        ],
        "autoOnboarding": {"restrict": true}, "skip2faVerification": {"idp": true}, "disableRequestedAuthnContext": true,
    }));
    let reply = app.post(PATH, &body).await;
    assert_json_snapshot!(told(&reply), @r#"
    {
      "status": 200,
      "body": {
        "method": "saml",
        "allusers": true,
        "ssoProvider": "okta",
        "modifiedDate": "2026-01-05T09:00:00.000Z",
        "config": {
          "cert": [
            "MIHRMIGEoAMCAQICAgflMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgbmV3MB4XDTIxMDEwMTAwMDAwMFoXDTIxMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG5ldzAqMAUGAytlcAMhAF1flwFjsjcF36eKULfoaEOPBVp/NK4BuhTYAaVEPA0OMAUGAytlcANBAHRsletnXkWgnVCTpIuEY5EldFdsLITyrV6XPUkb9705Zsv8wqvbi4cGIBv3jlSN4p4yvjyWYRkSiMmtJijbpgM=",
            "MIHRMIGEoAMCAQICAgfkMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgb2xkMB4XDTIwMDEwMTAwMDAwMFoXDTIwMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG9sZDAqMAUGAytlcAMhAIMDWSADNBJaIjK/+PC/F5opPfZfYzit5kKclnQf/1y0MAUGAytlcANBAHsqGawwMGBZjdaelf2+25GA5uJtQsoPhZt4WF3nfjMdikSnEe+c9NsTecMv5zjlfWnBNnaFdYNsX4iYw51TRAw="
          ],
          "entryPoint": "https://idp.example.com/app/sso",
          "issuer": "http://www.okta.com/exk1",
          "disableRequestedAuthnContext": true
        },
        "samlAttributeMapping": {
          "fullSynchronization": "enabled",
          "status": "active",
          "attributeMapping": [
            {
              "samlAttributeName": "dept",
              "samlAttributeValue": "audit",
              "attributeType": "Role",
              "koreAttribute": "c5065e059e1d556cb9228fb9"
            },
            {
              "samlAttributeName": "dept",
              "samlAttributeValue": "audit",
              "attributeType": "Role",
              "koreAttribute": "30ad176be2c95f5caf74a91d"
            },
            {
              "samlAttributeName": "dept",
              "samlAttributeValue": "audit",
              "attributeType": "Group",
              "koreAttribute": "e-f9f46968-cae8-56c6-bb08-75d433fbacc7"
            },
            {
              "samlAttributeName": "dept",
              "samlAttributeValue": "audit",
              "attributeType": "Role",
              "koreAttribute": "isDeveloper"
            }
          ]
        },
        "autoOnboarding": {
          "restrict": true
        },
        "skip2faVerification": {
          "idp": true,
          "sp": false
        },
        "providername": "okta",
        "modifiedBy": "cs-21463cf8-a6a4-5b29-9bdd-ba04325026d8",
        "name": "cs-21463cf8-a6a4-5b29-9bdd-ba04325026d8_saml",
        "ACS_IDP_URL": "http://127.0.0.1:8080/api/sso/login/callback?c=e-HEX&redirect_url=http%3A%2F%2F127.0.0.1%3A8080",
        "ACS_SP_CallBack_URL": "http://127.0.0.1:8080/authorize/callback",
        "message": "SSO Configuration created successfully"
      }
    }
    "#);
    acme.clock.advance(1000);
    let reply = app.get("ssoconfig?SSOProtocol=Saml").await;
    assert_json_snapshot!(told(&reply), @r#"
    {
      "status": 200,
      "body": {
        "ACS_IDP_URL": "http://127.0.0.1:8080/api/sso/login/callback?c=e-HEX&redirect_url=http%3A%2F%2F127.0.0.1%3A8080",
        "ACS_SP_CallBack_URL": "http://127.0.0.1:8080/authorize/callback",
        "ssoConfig": {
          "method": "saml",
          "allusers": true,
          "ssoProvider": "okta",
          "modifiedDate": "2026-01-05T09:00:00.000Z",
          "config": {
            "cert": [
              "MIHRMIGEoAMCAQICAgflMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgbmV3MB4XDTIxMDEwMTAwMDAwMFoXDTIxMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG5ldzAqMAUGAytlcAMhAF1flwFjsjcF36eKULfoaEOPBVp/NK4BuhTYAaVEPA0OMAUGAytlcANBAHRsletnXkWgnVCTpIuEY5EldFdsLITyrV6XPUkb9705Zsv8wqvbi4cGIBv3jlSN4p4yvjyWYRkSiMmtJijbpgM=",
              "MIHRMIGEoAMCAQICAgfkMAUGAytlcDASMRAwDgYDVQQDDAdpZHAgb2xkMB4XDTIwMDEwMTAwMDAwMFoXDTIwMDEwMjAwMDAwMFowEjEQMA4GA1UEAwwHaWRwIG9sZDAqMAUGAytlcAMhAIMDWSADNBJaIjK/+PC/F5opPfZfYzit5kKclnQf/1y0MAUGAytlcANBAHsqGawwMGBZjdaelf2+25GA5uJtQsoPhZt4WF3nfjMdikSnEe+c9NsTecMv5zjlfWnBNnaFdYNsX4iYw51TRAw="
            ],
            "entryPoint": "https://idp.example.com/app/sso",
            "issuer": "http://www.okta.com/exk1",
            "disableRequestedAuthnContext": true
          },
          "samlAttributeMapping": {
            "fullSynchronization": "enabled",
            "status": "active",
            "attributeMapping": [
              {
                "samlAttributeName": "dept",
                "samlAttributeValue": "audit",
                "attributeType": "Role",
                "koreAttribute": "c5065e059e1d556cb9228fb9"
              },
              {
                "samlAttributeName": "dept",
                "samlAttributeValue": "audit",
                "attributeType": "Role",
                "koreAttribute": "30ad176be2c95f5caf74a91d"
              },
              {
                "samlAttributeName": "dept",
                "samlAttributeValue": "audit",
                "attributeType": "Group",
                "koreAttribute": "e-f9f46968-cae8-56c6-bb08-75d433fbacc7"
              },
              {
                "samlAttributeName": "dept",
                "samlAttributeValue": "audit",
                "attributeType": "Role",
                "koreAttribute": "isDeveloper"
              }
            ]
          },
          "autoOnboarding": {
            "restrict": true
          },
          "skip2faVerification": {
            "idp": true,
            "sp": false
          },
          "modifiedBy": {
            "userId": "cs-21463cf8-a6a4-5b29-9bdd-ba04325026d8",
            "firstName": "app sso-configuration role-management",
            "lastName": ""
          }
        }
      }
    }
    "#);
    assert_eq!(reply.json()["ssoConfig"]["config"]["cert"], json!([NEW, OLD]));
}

#[tokio::test]
async fn off_or_by_another_protocol_there_are_the_addresses_alone() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let off = app.get("ssoconfig?SSOProtocol=saml").await;
    assert_json_snapshot!(told(&off), @r#"
    {
      "status": 200,
      "body": {
        "ACS_IDP_URL": "http://127.0.0.1:8080/api/sso/login/callback?c=e-HEX&redirect_url=http%3A%2F%2F127.0.0.1%3A8080",
        "ACS_SP_CallBack_URL": "http://127.0.0.1:8080/authorize/callback"
      }
    }
    "#);
    assert_eq!(app.post(PATH, &saml()).await.status, 200);
    for protocol in ["wsfed", "OIDC"] {
        assert_eq!(app.get(&format!("ssoconfig?SSOProtocol={protocol}")).await.text, off.text);
    }
    assert_eq!(app.get("ssoconfig?SSOProtocol=saml").await.json()["ACS_IDP_URL"], off.json()["ACS_IDP_URL"]);
    for (query, why) in [
        ("", "SSOProtocol: is missing; send saml, wsfed or oidc"),
        ("?SSOProtocol=", "SSOProtocol: \"\" is not one of: saml, wsfed, oidc"),
        ("?SSOProtocol=ldap", "SSOProtocol: \"ldap\" is not one of: saml, wsfed, oidc"),
    ] {
        let reply = app.get(&format!("ssoconfig{query}")).await;
        assert_eq!((reply.status.as_u16(), reply.messages()), (400, vec![why.to_owned()]));
    }
}

#[tokio::test]
async fn the_addresses_stay_and_are_each_accounts_own() {
    let mut acme = acme();
    let ask = async |app: Caller| app.get("ssoconfig?SSOProtocol=saml").await.json()["ACS_IDP_URL"].to_string();
    let url = ask(acme.app(&SCOPE)).await;
    let globex = acme.found("Globex");
    assert_ne!(ask(acme.app_of(&globex, &SCOPE)).await, url);
    acme.reopen();
    assert_eq!(ask(acme.app(&SCOPE)).await, url);
    let site = rollcall_web::Site { public_url: "https://rollcall.example.com/a".into(), ..Default::default() };
    let reply = acme.app(&SCOPE).at(site).get("ssoconfig?SSOProtocol=saml").await.json();
    assert_eq!(reply["ACS_SP_CallBack_URL"], "https://rollcall.example.com/a/authorize/callback");
    let url = reply["ACS_IDP_URL"].as_str().expect("a text");
    assert!(url.starts_with("https://rollcall.example.com/a/api/sso/login/callback?c=e-"), "{url}");
    assert!(url.ends_with("&redirect_url=https%3A%2F%2Frollcall.example.com%2Fa"), "{url}");
}

#[tokio::test]
async fn a_tag_is_good_until_the_account_or_the_place_changes() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let path = "ssoconfig?SSOProtocol=saml";
    let tag = app.get(path).await.header("etag").to_owned();
    let again = app.with_header("if-none-match", &tag);
    assert_eq!(
        (again.get(path).await.status.as_u16(), again.get("ssoconfig?SSOProtocol=oidc").await.status.as_u16()),
        (304, 200)
    );
    let moved = again.at(rollcall_web::Site { public_url: "https://elsewhere.example".into(), ..Default::default() });
    assert_eq!(moved.get(path).await.status, 200);
    let of_no_bot = again.get("bot/st-nothing/ssoconfig?SSOProtocol=saml").await;
    assert_eq!((of_no_bot.status.as_u16(), of_no_bot.messages()), (404, vec!["Unknown bot id st-nothing".to_owned()]));
    assert_eq!(app.post(PATH, &saml()).await.status, 200);
    assert_eq!(again.get(path).await.status, 200);
}

#[tokio::test]
async fn what_is_on_already_is_not_set_again() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let first = app.post(PATH, &saml()).await;
    let before = everything(&acme);
    acme.clock.advance(1000);
    let other = acme.app(&[Scope::SsoConfiguration, Scope::AuditLogs]);
    let again = other.post(PATH, &saml()).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text), "who set it, and when, is as it was");
    let updated = other.post(PATH, &with(&json!({"SSO_Authentication": "update"}))).await;
    assert_eq!(updated.json()["modifiedDate"], first.json()["modifiedDate"]);
    assert_eq!(updated.json()["message"], "SSO Configuration updated successfully");
    assert_eq!(everything(&acme).2, before.2 + 1, "the app was made, and nothing else");
    let changed = other.post(PATH, &with(&json!({"IssuerURL": "urn:acme"}))).await;
    assert_ne!(changed.json()["modifiedDate"], first.json()["modifiedDate"]);
    assert_eq!(changed.json()["modifiedBy"], other.client_id().as_str());
}

#[tokio::test]
async fn what_is_changed_is_said_in_the_audit_log_without_certificates() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    assert_eq!(app.post(PATH, &saml()).await.status, 200);
    let update = with(&json!({"SSO_Authentication": "update", "Certificate": [NEW, OLD]}));
    assert_eq!(app.post(PATH, &update).await.status, 200);
    let removed = delete(&app, PATH).await;
    assert_eq!((removed.status.as_u16(), removed.text.as_str()), (200, r#"{"message":"SSO Configuration disabled"}"#));
    assert_eq!(app.get("ssoconfig?SSOProtocol=saml").await.json()["ssoConfig"], Value::Null);
    assert_json_snapshot!(events(&acme, 3), @r#"
    [
      [
        "SSO Configuration Disabled",
        "Single sign-on by saml was disabled",
        "{\"protocol\":\"saml\",\"provider\":\"okta\",\"signOnUrl\":\"https://idp.example.com/app/sso\",\"issuer\":\"http://www.okta.com/exk1\",\"clientId\":null,\"certificates\":[\"320bdaa435da6c48e40bcb4ba2f497eede0a9a35a47ccfb7f548b710954f8578\",\"5bba46db97e5365749063a1d10292cb3e5f8f77fea6f3377361d2fc9ad9ff196\"],\"omitContext\":false,\"mapping\":null,\"restrictOnboarding\":false,\"skip2fa\":{\"idp\":false,\"sp\":false}}",
        null
      ],
      [
        "SSO Configuration Updated",
        "Single sign-on by saml was updated",
        "{\"certificates\":[\"5bba46db97e5365749063a1d10292cb3e5f8f77fea6f3377361d2fc9ad9ff196\"]}",
        "{\"certificates\":[\"320bdaa435da6c48e40bcb4ba2f497eede0a9a35a47ccfb7f548b710954f8578\",\"5bba46db97e5365749063a1d10292cb3e5f8f77fea6f3377361d2fc9ad9ff196\"]}"
      ],
      [
        "SSO Configuration Enabled",
        "Single sign-on by saml was enabled",
        null,
        "{\"protocol\":\"saml\",\"provider\":\"okta\",\"signOnUrl\":\"https://idp.example.com/app/sso\",\"issuer\":\"http://www.okta.com/exk1\",\"clientId\":null,\"certificates\":[\"5bba46db97e5365749063a1d10292cb3e5f8f77fea6f3377361d2fc9ad9ff196\"],\"omitContext\":false,\"mapping\":null,\"restrictOnboarding\":false,\"skip2fa\":{\"idp\":false,\"sp\":false}}"
      ]
    ]
    "#);
    let log = acme.database().query("select state_before, state_after, description from audit_events");
    assert!(!format!("{log:?}").contains(&OLD[..40]));
    let before = everything(&acme);
    let again = delete(&app, PATH).await;
    assert_eq!((again.text, everything(&acme)), (removed.text, before), "where it is off there is nothing to do");
}

#[tokio::test]
async fn by_a_bot_it_is_the_same_configuration() {
    let acme = acme();
    let app = acme.app(&SCOPE);
    let path = format!("bot/{}/ssoconfig", bot_id("Travel desk"));
    let set = app.post(&path, &saml()).await;
    assert_eq!(set.status, 200, "{}", set.text);
    let query = "?SSOProtocol=saml";
    let (by_bot, plain) = (app.get(&format!("{path}{query}")).await, app.get(&format!("ssoconfig{query}")).await);
    assert_eq!((by_bot.json()["ssoConfig"].is_object(), by_bot.text), (true, plain.text));
    assert_eq!(delete(&app, &path).await.status, 200);
    let before = everything(&acme);
    let unknown = "bot/st-nothing/ssoconfig";
    for reply in
        [app.get(&format!("{unknown}{query}")).await, app.post(unknown, &saml()).await, delete(&app, unknown).await]
    {
        assert_eq!((reply.status.as_u16(), reply.messages()), (404, vec!["Unknown bot id st-nothing".to_owned()]));
    }
    assert_eq!(everything(&acme), before);
}
