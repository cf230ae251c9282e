//! The document: the route table and what the nouns say of their routes, as OpenAPI 3.1.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::describe::{Described, Parameter, Tag};
use super::responses;
use crate::rest::{PREFIXES, ROUTES, Route};

const INTRODUCTION: &str = "\
The account-administration API, wire-compatible with the vendor's.

Who asks says so with a JWT in the header `auth`, without a scheme word, signed with the secret of a client app; its claim \
`appId` names the app. What the app may do depends on its scopes, which stand beside each call.

A request that is refused is answered `{\"errors\":[{\"msg\":\"…\",\"code\":400}]}`, with an error for each fault, its place \
in front. Of a request for many items the status is 200 also where single items failed; each of them is told with its \
faults.

`null` is as good as absent (but in the profile of `PUT users`, where it clears), unknown fields are ignored, texts are trimmed, and empty texts in lists of addresses, ids and \
names are skipped. Lists hold at most 1,000 items, bodies at most 10 MiB.";

/// The document, with these examples in it.
pub(super) fn document(examples: &Value) -> Value {
    let descriptions = super::descriptions();
    let mut schemas = Map::new();
    let mut paths = Map::new();
    let mut refused = BTreeSet::new();
    for route in ROUTES {
        // A route that nobody has described is not in the document; a test asks for its description.
        let Some(described) = descriptions.iter().find(|d| d.name == name(route)) else { continue };
        refused.extend(responses::refusals(route, described));
        let entry = paths.entry(format!("{}{}", PREFIXES[0], route.path)).or_insert_with(|| json!({}));
        entry[route.method.as_str().to_ascii_lowercase()] =
            operation(route, described.clone(), &examples[&described.name], &mut schemas);
    }
    let (refusals, named) = responses::components(&refused);
    schemas.extend(named);
    schemas.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rollcall",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Users, nested groups, roles and bots of an account.",
            "description": format!("{INTRODUCTION}\n\n{}", aliases()),
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The server that this document was read from."}],
        "tags": Tag::ALL.map(|tag| json!({"name": tag.words().0, "description": tag.words().1})),
        "paths": paths,
        "components": {
            "securitySchemes": {"auth": {
                "type": "apiKey", "in": "header", "name": "auth",
                "description": "A JWT, signed with the client app's secret (HS256 or HS512), whose claim `appId` is the app's \
                                client id. No scheme word. The roles that a call requires are scopes of the app.",
            }},
            "schemas": schemas,
            "responses": refusals,
            "headers": responses::header_components(),
            "parameters": responses::parameter_components(),
        },
    })
}

/// Verb and path of a route, as descriptions name it.
pub(super) fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn aliases() -> String {
    let others: Vec<String> = PREFIXES[1..].iter().map(|prefix| format!("`{prefix}`")).collect();
    format!(
        "Every path under `{}` is found under {} as well, with or without a slash at its end.",
        PREFIXES[0],
        others.join(" and ")
    )
}

fn operation(route: &Route, described: Described, example: &Value, schemas: &mut Map<String, Value>) -> Value {
    let mut operation = json!({
        "operationId": described.id,
        "tags": [described.tag.words().0],
        "summary": described.summary,
        "description": described.text,
        "security": [{"auth": route.permission.scope().map(|scope| scope.id()).into_iter().collect::<Vec<_>>()}],
        "parameters": parameters(route, &described, &example["request"]),
    });
    let mut answers = Map::new();
    let refusals = responses::refusals(route, &described);
    if let Some(body) = described.body {
        let (schema, named) = body.schema.parts();
        schemas.extend(named);
        let content = with_example(json!({ "schema": schema }), &example["request"]["body"]);
        operation["requestBody"] = json!({"required": true, "content": {body.media_type: content}});
    }
    let (schema, named) = described.reply.parts();
    schemas.extend(named);
    let own = if route.mutates { ("idempotency-replayed", "Replayed") } else { ("etag", "ETag") };
    let request_id = ("x-request-id", "RequestId");
    let content = with_example(json!({ "schema": schema }), &example["reply"]);
    answers.insert("200".to_owned(), json!({
        "description": if route.mutates { "Done. Where the answer tells of items that failed, all but those." } else { "What was asked for." },
        "headers": responses::headers(&[request_id, own]),
        "content": {"application/json": content},
    }));
    if route.method == Method::GET {
        answers.insert(
            "304".to_owned(),
            json!({
                "description": "Nothing has changed since the client was told.",
                "headers": responses::headers(&[request_id, own]),
            }),
        );
    }
    answers.extend(refusals.into_iter().map(|status| (status.to_string(), responses::reference(status))));
    operation["responses"] = answers.into();
    operation
}

fn with_example(mut content: Value, example: &Value) -> Value {
    if !example.is_null() {
        content["example"] = example.clone();
    }
    content
}

fn parameters(route: &Route, described: &Described, example: &Value) -> Vec<Value> {
    let shared = |name: &str| json!({"$ref": format!("#/components/parameters/{name}")});
    let one = |place: &str, parameter: &Parameter| {
        // What has a name stands in bodies and replies; parameters are texts and numbers.
        let (schema, _) = parameter.schema.clone().parts();
        let mut one = json!({
            "name": parameter.name, "in": place, "description": parameter.about,
            "required": parameter.is_required, "schema": schema,
        });
        if let Some(text) = example[place][parameter.name].as_str() {
            // Numbers and booleans stand in paths and queries as they do in JSON.
            let is_text = one["schema"]["type"] == "string";
            let value = serde_json::from_str(text).ok().filter(|_| !is_text);
            one["example"] = value.unwrap_or_else(|| text.into());
        }
        one
    };
    let mut all: Vec<Value> = described.path.iter().map(|parameter| one("path", parameter)).collect();
    all.extend(described.query.iter().map(|parameter| one("query", parameter)));
    if route.mutates {
        all.extend([shared("DryRun"), shared("IdempotencyKey")]);
    }
    if route.method == Method::GET {
        all.push(shared("IfNoneMatch"));
    }
    all.push(shared("RequestId"));
    all
}
