//! `/ssoconfig`, with and without a bot, described. Read and answered in `wire/sso.rs`.

use rollcall_core::sso::{Protocol, Provider};
use serde_json::json;

use super::describe::{Described, Tag, route};
use super::schema::{Object, Schema, flag, id, list, many, named, taken, text, time, told, word, word_in_any_case};

/// The routes of this file.
pub(super) fn described() -> Vec<Described> {
    let of_account = [
        route("GET ssoconfig", "showSignOn", Tag::SignOn, "Tell how people sign in", shown()).text(
            "Tells how people of the account are to sign in. Where single sign-on is off, or on by another protocol, the answer \
             has the two addresses alone. In this version nobody signs in this way yet.",
        ),
        route("POST ssoconfig", "setSignOn", Tag::SignOn, "Say how people sign in", configured()).text(
            "Puts a configuration in the place of the account's. A mapped role is asked for as if the app gave it, also by a group \
             that carries it: that needs the scope `role-management` besides.",
        ),
        route("DELETE ssoconfig", "dropSignOn", Tag::SignOn, "Turn single sign-on off", disabled())
            .text("Turns single sign-on off and forgets its settings. Where it is off already nothing changes."),
    ];
    let of_bot = [
        route(
            "GET bot/{botId}/ssoconfig",
            "showSignOnByBot",
            Tag::SignOn,
            "Tell how people sign in, by a bot",
            shown(),
        )
        .text("The same as `GET ssoconfig`: single sign-on is the account's, whichever of its bots is named."),
        route(
            "POST bot/{botId}/ssoconfig",
            "setSignOnByBot",
            Tag::SignOn,
            "Say how people sign in, by a bot",
            configured(),
        )
        .text("The same as `POST ssoconfig`: single sign-on is the account's, whichever of its bots is named."),
        route(
            "DELETE bot/{botId}/ssoconfig",
            "dropSignOnByBot",
            Tag::SignOn,
            "Turn single sign-on off, by a bot",
            disabled(),
        )
        .text("The same as `DELETE ssoconfig`: single sign-on is the account's, whichever of its bots is named."),
    ];
    let by_bot = |route: Described| route.path("botId", "The id of a bot of the account.", id("st-")).refuses(404);
    of_account.into_iter().chain(of_bot.map(by_bot)).map(with_request).collect()
}

/// What to send to these depends on the verb alone.
fn with_request(route: Described) -> Described {
    match route.name.split(' ').next() {
        Some("GET") => route.needs("SSOProtocol", "By which protocol, in any case.", protocol()),
        Some("POST") => route.takes(named("SignOn", settings())),
        _ => route,
    }
}

fn protocol() -> Schema {
    word_in_any_case(&Protocol::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>())
}

fn providers() -> Vec<&'static str> {
    Provider::WORDS.iter().map(|(word, _)| *word).collect()
}

fn settings() -> Object {
    let pair = taken()
        .required("SAMLAttribute_Name", text())
        .required("SAMLAttribute_Value", text())
        .optional("Attribute_Type", word_in_any_case(&["Role", "Group"]).about("Needed where something is mapped."))
        .required(
            "Kore_Attribute",
            text().about("The id of a role or a group; or `isDeveloper`, `canCreateBot`, `hasDataTableAndViewAccess`."),
        );
    let sync = word_in_any_case(&["Synchronize_UpdateExisting", "AddNew_RetainExisting"]);
    let sides = taken().optional("idp", flag().or(false)).optional("sp", flag().or(false));
    taken()
        .required(
            "SSO_Authentication",
            word_in_any_case(&["enable", "update"]).about("`update` needs one that is on; both replace all of it."),
        )
        .required("SSOProtocol", protocol())
        .optional("SAML_IdentityProvider", word_in_any_case(&providers()).about("Needed for SAML."))
        .optional("SingleSignOnURL", text().about("An https address; needed for SAML and WS-Federation."))
        .required("IssuerURL", text().about("A URL or URN; for OpenID Connect an https address."))
        .optional("Certificate", many(text()).about("One or two, base64 of DER; needed for SAML."))
        .optional("ClientId", text().about("The id by which an OpenID Connect provider knows Rollcall."))
        .optional("SAMLAttributeMapping", flag().or(false).about("Whether anything is mapped."))
        .optional("SyncBehaviour", sync.about("Needed where something is mapped."))
        .optional("AttributeMapping", many(pair).about("At least one is needed where something is mapped."))
        .optional("autoOnboarding", taken().optional("restrict", flag().or(false)))
        .optional("skip2faVerification", sides)
        .optional("disableRequestedAuthnContext", flag().or(false))
}

fn with_addresses(of: Object) -> Object {
    let place = text().and("pattern", json!("^https?://.+/api/sso/login/callback\\?c=e-[0-9a-f]{64}&redirect_url=.+$"));
    let back = text().and("pattern", json!("^https?://.+/authorize/callback$"));
    of.required("ACS_IDP_URL", place.about("Where the provider sends people who begin there; it stays the same."))
        .required("ACS_SP_CallBack_URL", back.about("Where it sends people who begin here."))
}

/// What is told of a configuration, whoever tells it.
fn common() -> Object {
    let protocols: Vec<&str> = Protocol::WORDS.iter().map(|(word, _)| *word).collect();
    let config = told()
        .required("cert", list(text()))
        .required("entryPoint", text().or_null())
        .required("issuer", text())
        .required("disableRequestedAuthnContext", flag())
        .optional("clientId", text());
    let pair = told()
        .required("samlAttributeName", text())
        .required("samlAttributeValue", text())
        .required("attributeType", word(&["Role", "Group"]))
        .required("koreAttribute", text());
    let mapping = told()
        .required("fullSynchronization", word(&["enabled", "disabled"]))
        .required("status", word(&["active", "inactive"]))
        .required("attributeMapping", list(pair));
    told()
        .required("method", word(&protocols))
        .required("allusers", flag())
        .required("ssoProvider", word(&providers()).or_null())
        .required("modifiedDate", time())
        .required("config", named("SignOnConfig", config))
        .required("samlAttributeMapping", named("SignOnMapping", mapping))
        .required("autoOnboarding", told().required("restrict", flag()))
        .required("skip2faVerification", told().required("idp", flag()).required("sp", flag()))
}

fn shown() -> Schema {
    let by = told()
        .required("userId", text().about("The client id of an app, or what on the host did it."))
        .required("firstName", text().about("Its name."))
        .required("lastName", text());
    let shown = common().required("modifiedBy", by);
    with_addresses(told()).optional("ssoConfig", named("ShownSignOn", shown)).into()
}

fn configured() -> Schema {
    let done = word(&["SSO Configuration created successfully", "SSO Configuration updated successfully"]);
    let configured = common()
        .required("providername", text())
        .required("modifiedBy", text().about("The client id of the app."))
        .required("name", text().about("That and the protocol."))
        .required("message", done);
    with_addresses(configured).into()
}

fn disabled() -> Schema {
    told().required("message", word(&["SSO Configuration disabled"])).into()
}
