//! `/ssoconfig`: what is asked for and what is told. The vendor's keys are of three styles; they are the samples'.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rollcall_core::Fault as Place;
use rollcall_core::sso::{
    Configured, Draft, DraftMapping, DraftPair, Field, Flag, Intent, Kind, Mapping, Part, Protocol, Provider, Refusal,
    Settings, Shown, Synchronisation, Target,
};
use serde_json::{Map, Value, json};

use crate::http::json::{self, Faults, Object};

/// The words of the samples. They are read without regard to case.
const AUTHENTICATION: &[(&str, Intent)] = &[("enable", Intent::Enable), ("update", Intent::Update)];
const SYNCHRONISATION: &[(&str, Synchronisation)] =
    &[("Synchronize_UpdateExisting", Synchronisation::Replace), ("AddNew_RetainExisting", Synchronisation::Add)];
const KIND: &[(&str, Kind)] = &[("Role", Kind::Role), ("Group", Kind::Group)];
const FLAGS: &[(&str, Flag)] = &[
    ("isDeveloper", Flag::Developer),
    ("canCreateBot", Flag::BotCreator),
    ("hasDataTableAndViewAccess", Flag::DataTables),
];

/// What may stand in a query's value (RFC 3986 §2.3).
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn find<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, String> {
    let text = text.trim();
    let found = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        format!("{text:?} is not one of: {}", words.join(", "))
    })
}

fn name<T: Copy + PartialEq>(value: T, known: &[(&'static str, T)]) -> &'static str {
    known.iter().find(|(_, other)| *other == value).map_or("", |(word, _)| word)
}

/// Reads the query of a `GET`.
///
/// # Errors
/// A parameter that is missing, or no protocol.
pub fn read_protocol(text: Option<&str>) -> Result<Protocol, Vec<Place>> {
    let fault = |why: String| vec![Place::at("SSOProtocol", why)];
    let text = text.ok_or_else(|| fault("is missing; send saml, wsfed or oidc".into()))?;
    find(text, Protocol::WORDS).map_err(fault)
}

/// Reads the body of a `POST`.
///
/// # Errors
/// Everything that is wrong with it, with its path, but for what it names that the account does not have.
pub fn read(body: &Value) -> Result<(Intent, Settings), Vec<Place>> {
    let faults = Faults::default();
    let Some(body) = json::object(body, &faults) else {
        return Err(faults.done(()).err().unwrap_or_default());
    };
    let intent = word(&body, "SSO_Authentication", AUTHENTICATION);
    if !body.has("SSO_Authentication") {
        body.fault("SSO_Authentication", "is missing");
    }
    let pairs = body.objects("AttributeMapping");
    let checked = draft(&body, &pairs).check();
    let place = |field: &Field| match field {
        Field::Pair(n, part) => pairs.get(*n).map_or_else(String::new, |pair| pair.path_of(part_name(*part))),
        Field::Certificate(n) => format!("Certificate[{n}]"),
        other => field_name(*other).to_owned(),
    };
    let wrong = checked.as_ref().err().into_iter().flatten().map(|(field, why)| (place(field), why));
    // What has a wrong type is not missing, too.
    let wrong: Vec<(String, &String)> = wrong.filter(|(place, _)| !faults.has_under(place)).collect();
    wrong.into_iter().for_each(|(place, why)| faults.note(place, why));
    match (intent, checked) {
        (Some(intent), Ok(settings)) => faults.done((intent, settings)),
        _ => Err(faults.done(()).err().unwrap_or_default()),
    }
}

fn word<T: Copy>(object: &Object<'_>, key: &str, known: &[(&str, T)]) -> Option<T> {
    find(&object.text(key)?, known).map_err(|why| object.fault(key, why)).ok()
}

fn draft(body: &Object<'_>, pairs: &[Object<'_>]) -> Draft {
    let of = |key: &str, name: &str| body.object(key).and_then(|o| o.boolean(name)).unwrap_or(false);
    let certificates = body.placed_texts("Certificate").unwrap_or_default();
    let synchronisation = word(body, "SyncBehaviour", SYNCHRONISATION);
    let pairs: Vec<DraftPair> = pairs.iter().map(read_pair).collect();
    let is_mapped = body.boolean("SAMLAttributeMapping").unwrap_or(false);
    Draft {
        protocol: word(body, "SSOProtocol", Protocol::WORDS),
        provider: word(body, "SAML_IdentityProvider", Provider::WORDS),
        sign_on_url: body.text("SingleSignOnURL"),
        issuer: body.text("IssuerURL"),
        client_id: body.text("ClientId").filter(|id| !id.trim().is_empty()),
        certificates: certificates.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect(),
        omit_context: body.boolean("disableRequestedAuthnContext").unwrap_or(false),
        mapping: is_mapped.then_some(DraftMapping { synchronisation, pairs }),
        restrict_onboarding: of("autoOnboarding", "restrict"),
        skip_2fa_idp: of("skip2faVerification", "idp"),
        skip_2fa_sp: of("skip2faVerification", "sp"),
    }
}

fn read_pair(pair: &Object<'_>) -> DraftPair {
    let target = pair.required_text("Kore_Attribute");
    DraftPair {
        name: pair.required_text("SAMLAttribute_Name"),
        value: pair.required_text("SAMLAttribute_Value"),
        kind: word(pair, "Attribute_Type", KIND),
        target: find(&target, FLAGS).map_or(Target::Id(target), Target::Flag),
    }
}

fn field_name(field: Field) -> &'static str {
    match field {
        Field::Protocol => "SSOProtocol",
        Field::Provider => "SAML_IdentityProvider",
        Field::SignOnUrl => "SingleSignOnURL",
        Field::Issuer => "IssuerURL",
        Field::ClientId => "ClientId",
        Field::Certificates | Field::Certificate(_) => "Certificate",
        Field::Synchronisation => "SyncBehaviour",
        Field::Pairs | Field::Pair(..) => "AttributeMapping",
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Name => "SAMLAttribute_Name",
        Part::Value => "SAMLAttribute_Value",
        Part::Kind => "Attribute_Type",
        Part::Target => "Kore_Attribute",
    }
}

/// Why nothing was changed, with the places of the request.
pub fn refused(refusals: &[Refusal]) -> Vec<Place> {
    let place = |refusal: &Refusal| match refusal {
        Refusal::NotEnabled => {
            let why = "single sign-on is off, so there is nothing to update; send \"enable\" first";
            Place::at("SSO_Authentication", why)
        }
        Refusal::Pair(n, why) => Place::at(format!("AttributeMapping[{n}].Kore_Attribute"), why),
    };
    refusals.iter().map(place).collect()
}

/// The two addresses that the provider is configured with.
fn addresses(public_url: &str, shown: &Shown) -> Map<String, Value> {
    let back = utf8_percent_encode(public_url, COMPONENT);
    let idp = format!("{public_url}/api/sso/login/callback?c=e-{}&redirect_url={back}", shown.callback);
    let mut out = Map::new();
    out.insert("ACS_IDP_URL".into(), idp.into());
    out.insert("ACS_SP_CallBack_URL".into(), format!("{public_url}/authorize/callback").into());
    out
}

fn config(settings: &Settings) -> Value {
    let mut config = json!({
        "cert": settings.certificates,
        "entryPoint": settings.sign_on_url,
        "issuer": settings.issuer,
        "disableRequestedAuthnContext": settings.omit_context,
    });
    if let Some(id) = &settings.client_id {
        config["clientId"] = json!(id);
    }
    config
}

fn mapping(mapping: Option<&Mapping>) -> Value {
    let replaces = mapping.is_some_and(|m| m.synchronisation == Synchronisation::Replace);
    let pairs = mapping.map(|m| m.pairs.as_slice()).unwrap_or_default();
    let pairs: Vec<Value> = pairs
        .iter()
        .map(|pair| {
            let target = match &pair.target {
                Target::Id(id) => id,
                Target::Flag(flag) => name(*flag, FLAGS),
            };
            json!({
                "samlAttributeName": pair.name,
                "samlAttributeValue": pair.value,
                "attributeType": name(pair.kind, KIND),
                "koreAttribute": target,
            })
        })
        .collect();
    json!({
        "fullSynchronization": if replaces { "enabled" } else { "disabled" },
        "status": if mapping.is_some() { "active" } else { "inactive" },
        "attributeMapping": pairs,
    })
}

/// What `GET` and `POST` tell alike.
fn common(configured: &Configured) -> Map<String, Value> {
    let settings = &configured.settings;
    let common = json!({
        "method": settings.protocol.word(),
        "allusers": true,
        "ssoProvider": settings.provider.map(Provider::word),
        "modifiedDate": configured.modified_at.to_string(),
        "config": config(settings),
        "samlAttributeMapping": mapping(settings.mapping.as_ref()),
        "autoOnboarding": {"restrict": settings.restrict_onboarding},
        "skip2faVerification": {"idp": settings.skip_2fa_idp, "sp": settings.skip_2fa_sp},
    });
    if let Value::Object(map) = common { map } else { Map::new() }
}

/// The bytes of the answer to `GET`: the addresses, and what is on where it is of this protocol.
pub fn shown(public_url: &str, protocol: Protocol, shown: &Shown) -> Vec<u8> {
    let mut body = addresses(public_url, shown);
    if let Some(configured) = shown.configured.as_ref().filter(|c| c.settings.protocol == protocol) {
        let mut told = common(configured);
        let by = json!({"userId": configured.modified_by, "firstName": configured.modified_by_name, "lastName": ""});
        told.insert("modifiedBy".into(), by);
        body.insert("ssoConfig".into(), told.into());
    }
    super::bytes(&body)
}

/// The bytes of the answer to `POST`.
pub fn configured(public_url: &str, intent: Intent, shown: &Shown) -> Vec<u8> {
    let mut body = Map::new();
    if let Some(configured) = &shown.configured {
        body = common(configured);
        let protocol = configured.settings.protocol.word();
        body.insert("providername".into(), configured.settings.provider.map_or(protocol, Provider::word).into());
        body.insert("modifiedBy".into(), configured.modified_by.as_str().into());
        body.insert("name".into(), format!("{}_{protocol}", configured.modified_by).into());
    }
    body.extend(addresses(public_url, shown));
    let done = match intent {
        Intent::Enable => "created",
        Intent::Update => "updated",
    };
    body.insert("message".into(), format!("SSO Configuration {done} successfully").into());
    super::bytes(&body)
}

/// The bytes of the answer to `DELETE`: `message`, where other calls say `msg`.
pub fn disabled() -> Vec<u8> {
    super::bytes(&json!({"message": "SSO Configuration disabled"}))
}
