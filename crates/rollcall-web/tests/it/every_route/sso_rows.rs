//! What the walk sends to `/ssoconfig`, with and without a bot.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_core::id::BotId;
use rollcall_core::sso::{self, Draft, Intent, Protocol};
use rollcall_core::text;
use rollcall_testkit::TestRollcall;
use serde_json::{Value, json};

use super::table::{Request, Row, Things};
use crate::acme::bot_id;
use crate::rest::sso::saml;

/// A body with every fault that its form can have.
fn faulty() -> Value {
    json!({
        "SSO_Authentication": "disable", "SSOProtocol": "saml", "SAML_IdentityProvider": "adfs", "SingleSignOnURL": 1,
        "IssuerURL": "acme", "ClientId": 2, "Certificate": ["", "!", 3, "AAAA"],
        "SAMLAttributeMapping": true, "SyncBehaviour": "both",
        "AttributeMapping": [
            {"SAMLAttribute_Name": 4, "SAMLAttribute_Value": " ", "Attribute_Type": "User"},
            {"SAMLAttribute_Name": "a", "SAMLAttribute_Value": "b", "Attribute_Type": "Role", "Kore_Attribute": ""},
        ],
        "autoOnboarding": {"restrict": 5}, "skip2faVerification": {"idp": 6, "sp": "no"},
        "disableRequestedAuthnContext": 7,
    })
}

const FAULTS: [&str; 18] = [
    "SSO_Authentication: \"disable\" is not one of: enable, update",
    "Certificate[2]: expected text, found a number",
    "SyncBehaviour: \"both\" is not one of: Synchronize_UpdateExisting, AddNew_RetainExisting",
    "AttributeMapping[0].Kore_Attribute: is missing",
    "AttributeMapping[0].SAMLAttribute_Name: expected text, found a number",
    "AttributeMapping[0].Attribute_Type: \"User\" is not one of: Role, Group",
    "SAML_IdentityProvider: \"adfs\" is not one of: okta, onelogin, bitium, others",
    "SingleSignOnURL: expected text, found a number",
    "ClientId: expected text, found a number",
    "disableRequestedAuthnContext: expected true or false, found a number",
    "autoOnboarding.restrict: expected true or false, found a number",
    "skip2faVerification.idp: expected true or false, found a number",
    "skip2faVerification.sp: expected true or false, found text",
    "IssuerURL: the issuer \"acme\" is neither a URL nor a URN",
    "Certificate[1]: the certificate is not base64",
    "Certificate[3]: this is base64, but not of an X.509 certificate",
    "AttributeMapping[0].SAMLAttribute_Value: the attribute's value is empty",
    "AttributeMapping[1].Kore_Attribute: the id is empty",
];

fn rows_of(prefix: &'static str) -> [Row; 3] {
    let at = |request: Request| match prefix {
        "" => request,
        _ => request.at(format!("bot/{}/ssoconfig", bot_id("Travel desk"))),
    };
    let names = match prefix {
        "" => ["GET ssoconfig", "POST ssoconfig", "DELETE ssoconfig"],
        _ => ["GET bot/{botId}/ssoconfig", "POST bot/{botId}/ssoconfig", "DELETE bot/{botId}/ssoconfig"],
    };
    let on_bots = !prefix.is_empty();
    let wrong_word = vec!["dryRun: expected true or false, found \"perhaps\""];
    [
        Row {
            name: names[0],
            good: at(Request::query("?SSOProtocol=saml")),
            faulty: (
                at(Request::query("?SSOProtocol=ldap")),
                vec!["SSOProtocol: \"ldap\" is not one of: saml, wsfed, oidc"],
            ),
            naming: if on_bots { look_by_each } else { |_| vec![Request::query("?SSOProtocol=saml")] },
        },
        Row {
            name: names[1],
            good: at(Request::body(&saml())),
            faulty: (at(Request::body(&faulty())), FAULTS.to_vec()),
            naming: if on_bots { set_by_each } else { |things| mappings(things).iter().map(Request::body).collect() },
        },
        Row {
            name: names[2],
            good: at(Request::query("")),
            faulty: (at(Request::query("?dryRun=perhaps")), wrong_word),
            naming: if on_bots { drop_by_each } else { |_| vec![Request::query("")] },
        },
    ]
}

/// A row for each route.
pub(super) fn rows() -> Vec<Row> {
    rows_of("").into_iter().chain(rows_of("bot")).collect()
}

/// Where a route is about what is on, it is on.
pub(super) fn prepare(name: &str, acme: &TestRollcall) {
    if !name.starts_with("DELETE ") || !name.ends_with("ssoconfig") {
        return;
    }
    let draft =
        Draft { protocol: Some(Protocol::Oidc), issuer: Some("https://idp.example.com".into()), ..Draft::default() };
    let settings = draft.check().expect("good settings");
    let done = acme.write(move |op| sso::configure(op, None, Intent::Enable, &settings));
    done.expect("a database").expect("it is on");
}

/// A path by each bot that a word could be, and by one that the caller may have too.
fn paths(things: &Things) -> Vec<String> {
    let own = BotId::derive("Globex", &text::key("Travel desk")).to_string();
    let words = things.words.iter().chain([&own]);
    words.map(|word| format!("bot/{}/ssoconfig", utf8_percent_encode(word, NON_ALPHANUMERIC))).collect()
}

fn look_by_each(things: &Things) -> Vec<Request> {
    paths(things).into_iter().map(|path| Request::query("?SSOProtocol=saml").at(path)).collect()
}

fn drop_by_each(things: &Things) -> Vec<Request> {
    paths(things).into_iter().map(|path| Request::query("").at(path)).collect()
}

fn set_by_each(things: &Things) -> Vec<Request> {
    let bodies = mappings(things);
    let each = |path: String| bodies.iter().map(|body| Request::body(body).at(path.clone())).collect::<Vec<_>>();
    paths(things).into_iter().flat_map(each).collect()
}

/// Everything as a role and as a group.
fn mappings(things: &Things) -> Vec<Value> {
    let pair = |kind: &str, word: &String| json!({"SAMLAttribute_Name": "a", "SAMLAttribute_Value": "b", "Attribute_Type": kind, "Kore_Attribute": word});
    let body = |pairs: Vec<Value>| {
        let mut body = saml();
        body["SAMLAttributeMapping"] = json!(true);
        body["SyncBehaviour"] = json!("AddNew_RetainExisting");
        body["AttributeMapping"] = json!(pairs);
        body
    };
    let all = ["Role", "Group"].iter().flat_map(|kind| things.words.iter().map(|word| pair(kind, word)));
    vec![saml(), body(all.collect())]
}
