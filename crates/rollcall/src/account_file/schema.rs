//! The JSON Schema of account files, for editors and other programs. `read` decides; a test holds the two together.

use rollcall_core::apps::Algorithm;
use rollcall_core::policy::Scope;
use rollcall_core::users::{ProfileField, Status};
use serde_json::{Map, Value, json};

use super::keys;

/// The whole schema (draft 2020-12).
pub(super) fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rollcall account file",
        "description": "The state that `rollcall apply` brings an account to, and that `rollcall export` writes. Order does not matter: things may be named before they are defined.",
        "type": "object",
        "required": ["rollcall", "account"],
        "additionalProperties": false,
        "properties": {
            "rollcall": {"const": 1, "description": "The version of this format."},
            "account": thing("The account.", &["name"], &json!({
                "name": text("The account's name. An account of this name is changed, or founded where there is none."),
                "owner": email("The address of the account's owner."),
            })),
            "bots": list("Bots that roles and tasks are given on.", &reference("bot")),
            "roles": list("Custom roles. The built-in ones are there already and cannot be described.", &reference("role")),
            "users": list("Users.", &reference("user")),
            "groups": list("Groups, with their members and child groups.", &reference("group")),
            "assignments": list("Who holds which role.", &reference("assignment")),
            "apps": list("Client apps: the programs that may call the API.", &reference("app")),
        },
        "$defs": {
            "text": {"type": ["string", "number"], "description": "A text. What YAML takes for a number is read as text, verbatim."},
            "clearable": {"type": ["string", "number", "null"], "description": "A text, or null to clear it."},
            "bot": bot(),
            "dialog": dialog(),
            "role": role(),
            "user": user(),
            "task": task(),
            "group": group(),
            "assignment": assignment(),
            "app": app(),
            "credential": credential(),
        },
    })
}

fn thing(description: &str, required: &[&str], properties: &Value) -> Value {
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn list(description: &str, items: &Value) -> Value {
    json!({"type": ["array", "null"], "description": description, "items": items})
}

fn text(description: &str) -> Value {
    json!({"$ref": "#/$defs/text", "description": description})
}

fn clearable(description: &str) -> Value {
    json!({"$ref": "#/$defs/clearable", "description": description})
}

fn email(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

fn id(form: &str) -> Value {
    json!({"type": "string", "pattern": form, "description": "The public id. Where it is absent it is derived from account, kind and name, the same everywhere."})
}

fn uuid_with(prefix: &str) -> Value {
    id(&format!("^{prefix}-[0-9A-Fa-f]{{8}}(-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}$"))
}

fn time(what: &str) -> Value {
    json!({"type": ["string", "null"], "description": format!("{what}, such as 2026-11-21T08:00:00Z; null: never.")})
}

fn names(description: &str) -> Value {
    list(description, &reference("text"))
}

fn bot() -> Value {
    thing(
        "A bot.",
        &["name"],
        &json!({
            "id": uuid_with("st"),
            "name": text("The bot's name, by which this file refers to it."),
            "description": clearable("What it is for."),
            "owner": json!({"type": ["string", "null"], "description": "The address of its owner; null for none."}),
            "published": flag("Whether it is published. A new bot is not, unless this says so."),
            "audience": {"enum": ["enterprise", "consumer"], "description": "For whom it is published. A new bot is for the enterprise, unless this says otherwise."},
            "dialogs": list("Its dialog tasks.", &json!({"anyOf": [reference("text"), reference("dialog")]})),
        }),
    )
}

fn dialog() -> Value {
    thing(
        "A dialog task; just its name will do too.",
        &["name"],
        &json!({
            "id": uuid_with("dg"),
            "name": text("Its name."),
        }),
    )
}

fn role() -> Value {
    thing(
        "A custom role.",
        &["kind", "name"],
        &json!({
            "id": id("^[0-9a-f]{24}$"),
            "refId": text("A text that names the role across installations. Where it is absent it is derived."),
            "kind": {"enum": ["admin", "bot"], "description": "Whether it is about the account's administration or about one bot at a time."},
            "name": text("Its name, one for each kind."),
            "description": clearable("What it is for."),
            "permissions": {"type": "object", "description": "Permissions, kept verbatim as JSON, unknown keys too: usually YES, NO, VIEW or FULL, or a list of these."},
        }),
    )
}

fn user() -> Value {
    let status: Vec<&str> = Status::ALL.iter().map(|s| s.label()).chain(["inactive"]).collect();
    let mut properties = Map::new();
    let mut add = |key: &str, value: Value| properties.insert(key.to_owned(), value);
    add("id", uuid_with("u"));
    add("email", email("The address, by which this file refers to the user. Upper and lower case are the same."));
    add("orgUserId", clearable("The organisation's own id of the user; null to clear it."));
    add(
        "status",
        json!({"enum": status, "description": "Where the user stands. A new user is `not active` (invited), unless this says otherwise. `inactive` means the same as `not active`."}),
    );
    add(
        "canCreateBot",
        flag("Whether the user may create bots; needs isDeveloper. A new user may, unless this says otherwise."),
    );
    add("isDeveloper", flag("Whether the user is a developer. A new user is, unless this says otherwise."));
    add("dataTables", flag("Whether the user may use data tables. A new user may not, unless this says otherwise."));
    add(
        "tasks",
        list(
            "All tasks of the user. Where this key stands, it replaces the tasks that the user has.",
            &reference("task"),
        ),
    );
    for field in ProfileField::ALL {
        add(keys::profile(field), clearable(&format!("The {}; null to clear it.", field.label())));
    }
    thing("A user.", &["email"], &Value::Object(properties))
}

fn task() -> Value {
    thing(
        "Tasks of a bot.",
        &["bot"],
        &json!({
            "bot": text("The bot's name."),
            "dialogs": {"type": "array", "items": reference("text"), "description": "Names of its dialog tasks. Where this is absent: all of them."},
        }),
    )
}

fn group() -> Value {
    thing(
        "A group.",
        &["name"],
        &json!({
            "id": uuid_with("e"),
            "name": text("Its name, by which this file refers to it."),
            "description": clearable("What it is for."),
            "members": names("Addresses of users who are members."),
            "groups": names("Names of groups whose members are members too. They may not contain each other in a circle."),
        }),
    )
}

fn assignment() -> Value {
    thing(
        "A role and those who hold it.",
        &["role"],
        &json!({
            "role": text("The role's name: a custom one, `admin`, or with a bot `Bot Owner`, `Bot Developer` or `Bot Tester`."),
            "bot": text("The bot on which it is held: for bot roles, and for these only."),
            "users": names("Addresses of users who hold it."),
            "groups": names("Names of groups whose members hold it."),
            "expires": time("When it ends"),
        }),
    )
}

fn app() -> Value {
    let algorithms = Algorithm::ALL.map(Algorithm::name);
    let scopes: Vec<&str> =
        Scope::ALL.iter().flat_map(|s| [s.id(), s.label()]).chain(["Role Management > Role Management"]).collect();
    thing(
        "A client app.",
        &["name"],
        &json!({
            "clientId": uuid_with("cs"),
            "clientSecret": secret(),
            "publicKey": public_key(),
            "credentials": list("All that it proves itself by while clients go from one to the next, the newest last, two at most: in the place of clientSecret and publicKey.", &reference("credential")),
            "name": text("Its name."),
            "algorithm": {"enum": algorithms, "description": "How it signs its tokens. A new app signs with HS256, unless this says otherwise."},
            "scopes": list("What it may do: ids of scopes, or the labels that the vendor shows.", &json!({"enum": scopes})),
            "enforceJti": flag("Whether its tokens must have a jti, by which each passes once. Those of a new app need not."),
            "enforceJwe": flag("Whether its tokens must be encrypted to the server. Those of a new app need not."),
            "expires": time("From when on its tokens are refused"),
        }),
    )
}

fn secret() -> Value {
    json!({"type": "string", "description": "The secret. Where it is absent a new app gets a random one, and an app that is there keeps its own."})
}

fn public_key() -> Value {
    json!({"type": "string", "description": "For RS256 and RS512: the public half of the app's own RSA key pair, in PEM (-----BEGIN PUBLIC KEY-----)."})
}

fn credential() -> Value {
    thing(
        "A secret or a public key of an app, and when it comes to its end.",
        &[],
        &json!({
            "clientSecret": secret(),
            "publicKey": public_key(),
            "expires": time("From when on tokens that were made with it are refused"),
        }),
    )
}
