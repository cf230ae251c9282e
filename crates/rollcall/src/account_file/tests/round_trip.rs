//! What is written is read back the same, whatever it says; and no text at all makes the reader panic.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use rollcall_core::apps::{Algorithm, PublicKey};
use rollcall_core::bots::Audience;
use rollcall_core::chance::Secret;
use rollcall_core::change::Change;
use rollcall_core::clock::Time;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{
    AppState, AssignmentState, BotState, CredentialState, DialogState, GroupState, RoleState, State, TaskState,
    UserState,
};
use rollcall_core::users::{ProfileField, Status};
use serde_json::{Map, Value, json};

use super::super::{emit, parse, to_json};

/// Texts of every kind, and those that YAML has a meaning for.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        "yes",
        "No",
        "null",
        "~",
        "true",
        "1e3",
        "0x10",
        "1_0",
        "-1",
        ".5",
        "007",
        "12:30:45",
        "2026-11-21",
        "#x",
        "a #b",
        "a: b",
        "a:",
        "- a",
        "-a",
        "? a",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "{a}",
        "[a]",
        "a, b",
        "a]",
        "'a'",
        "\"",
        "\\",
        "a\\nb",
        "---",
        "...",
        "<<",
        "=",
        "é",
        "😀",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{a0}",
        "\u{fffe}",
        "\u{0}",
        "\u{7f}",
        "a\nb",
        "a\nb\n",
        "a\n b\n",
        "- a\n#b\n---\n...\n",
        "a\n\n",
        "a\n\nb\n",
        "a\r\n b",
        "\t",
        "e\u{301}",
        "/",
        "_",
        "a  b",
        "Ｆull",
        "\u{1b}[2J",
    ];
    prop_oneof![
        3 => proptest::sample::select(odd.map(str::to_owned).to_vec()),
        3 => "[A-Za-z][A-Za-z '.@-]{0,20}",
        2 => any::<String>(),
        2 => "[-?:,\\[\\]{}#&*!|>'\"%@` \na1.e]{0,8}",
        1 => "[a-z ]{60,200}",
    ]
}

fn change() -> impl Strategy<Value = Change<String>> {
    prop_oneof![Just(Change::Keep), Just(Change::Clear), text().prop_map(Change::Set)]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..5)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::String),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(|n| json!(n)),
        1 => any::<u64>().prop_map(|n| json!(n)),
        1 => any::<f64>().prop_map(|n| json!(n)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let map = vec((text(), inner.clone()), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect()));
        prop_oneof![vec(inner, 0..4).prop_map(Value::Array), map]
    })
}

fn permissions() -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![9 => text(), 1 => "[a-zé:]{490,1200}"];
    vec((key, value()), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn bot() -> impl Strategy<Value = BotState> {
    let audience = proptest::sample::select(vec![Audience::Enterprise, Audience::Consumer]);
    let dialog = (of(text()), text()).prop_map(|(id, name)| DialogState { id, name });
    (of(text()), text(), of(text()), change(), of(any::<bool>()), of(audience), vec(dialog, 0..3)).prop_map(
        |(id, name, description, owner, published, audience, dialogs)| BotState {
            id,
            name,
            description,
            owner,
            published,
            audience,
            dialogs,
        },
    )
}

fn role() -> impl Strategy<Value = RoleState> {
    let kind = proptest::sample::select(vec![RoleKind::Admin, RoleKind::Bot]);
    (of(text()), of(text()), kind, text(), of(text()), of(permissions())).prop_map(
        |(id, ref_id, kind, name, description, permissions)| RoleState {
            id,
            ref_id,
            kind,
            name,
            description,
            permissions,
        },
    )
}

fn user() -> impl Strategy<Value = UserState> {
    let profile = vec(change(), ProfileField::ALL.len()).prop_map(|changes| {
        // What is kept is not mentioned.
        ProfileField::ALL.into_iter().zip(changes).filter(|(_, change)| *change != Change::Keep).collect()
    });
    let status = of(proptest::sample::select(Status::ALL.to_vec()));
    let task = (text(), of(texts())).prop_map(|(bot, dialogs)| TaskState { bot, dialogs });
    let flag = || of(any::<bool>());
    let flags = (flag(), flag(), flag());
    (of(text()), text(), change(), profile, status, flags, of(vec(task, 0..3))).prop_map(
        |(id, email, org_user_id, profile, status, (can_create_bot, is_developer, data_tables), tasks)| UserState {
            id,
            email,
            org_user_id,
            profile,
            status,
            can_create_bot,
            is_developer,
            data_tables,
            tasks,
        },
    )
}

fn group() -> impl Strategy<Value = GroupState> {
    (of(text()), text(), of(text()), texts(), texts()).prop_map(|(id, name, description, members, groups)| GroupState {
        id,
        name,
        description,
        members,
        groups,
    })
}

fn assignment() -> impl Strategy<Value = AssignmentState> {
    let expires = of((0..4_102_444_800_000_i64).prop_map(Time));
    (text(), of(text()), texts(), texts(), expires).prop_map(|(role, bot, users, groups, expires)| AssignmentState {
        role,
        bot,
        users,
        groups,
        expires,
    })
}

fn time() -> impl Strategy<Value = Time> {
    (0..4_102_444_800_000_i64).prop_map(Time)
}

fn public_key() -> impl Strategy<Value = PublicKey> {
    Just(PublicKey::parse(super::KEY).unwrap())
}

fn credential() -> impl Strategy<Value = CredentialState> {
    (of(text()), of(public_key()), of(time())).prop_map(|(secret, public_key, expires)| CredentialState {
        client_secret: secret.map(Secret::new),
        public_key,
        expires,
    })
}

fn app() -> impl Strategy<Value = AppState> {
    let algorithm = of(proptest::sample::select(Algorithm::ALL.to_vec()));
    let scopes = of(proptest::sample::subsequence(Scope::ALL.to_vec(), 0..=Scope::ALL.len()));
    let proved = (of(text()), of(public_key()), of(vec(credential(), 0..3)));
    let expires = prop_oneof![Just(Change::Keep), Just(Change::Clear), time().prop_map(Change::Set)];
    let enforced = (of(any::<bool>()), of(any::<bool>()), expires);
    (of(text()), proved, text(), algorithm, scopes, enforced).prop_map(
        |(
            client_id,
            (secret, public_key, credentials),
            name,
            algorithm,
            scopes,
            (enforce_jti, enforce_jwe, expires),
        )| {
            let client_secret = secret.map(Secret::new);
            AppState {
                client_id,
                client_secret,
                public_key,
                credentials,
                name,
                algorithm,
                scopes,
                enforce_jti,
                enforce_jwe,
                expires,
            }
        },
    )
}

fn state() -> impl Strategy<Value = State> {
    let lists = (vec(bot(), 0..3), vec(role(), 0..3), vec(user(), 0..3), vec(group(), 0..3));
    (text(), of(text()), lists, vec(assignment(), 0..3), vec(app(), 0..3)).prop_map(
        |(name, owner, (bots, roles, users, groups), assignments, apps)| State {
            name,
            owner,
            bots,
            roles,
            users,
            groups,
            assignments,
            apps,
        },
    )
}

/// A state as text: everything, secrets too.
fn all_of(state: &State) -> (String, Vec<Option<String>>) {
    let of = |app: &AppState| {
        let further = app.credentials.iter().flatten().map(|credential| credential.client_secret.clone());
        [app.client_secret.clone()].into_iter().chain(further).collect::<Vec<_>>()
    };
    let secrets = state.apps.iter().flat_map(of).map(|secret| secret.map(|s| s.expose().to_owned())).collect();
    (format!("{state:?}"), secrets)
}

/// Pieces that YAML has a meaning for, in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "rollcall: 1",
        "account",
        "users",
        "- ",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "? ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "\"",
        "'",
        "|",
        ">",
        "|2-",
        "&a ",
        "*a",
        "!t ",
        "!!str",
        "%YAML 1.2",
        "%TAG ! x",
        "---",
        "...",
        "#",
        "\t",
        "\r",
        "null",
        "é",
        "\\",
        "\\ud83d",
        "\u{feff}",
        "\u{85}",
        "\0",
        "a",
        "1",
        "<<: ",
    ];
    vec(proptest::sample::select(pieces.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

fn must_not_panic(text: &str) {
    match parse(text) {
        Ok(file) => drop(emit(&file.state)),
        Err(faults) => {
            assert!(!faults.is_empty());
            assert!(faults.iter().all(|f| f.line > 0 && f.column > 0 && !f.message.is_empty()));
            assert!(faults.iter().all(|f| !f.to_string().chars().any(char::is_control)), "{faults:?}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(state in state()) {
        let text = emit(&state);
        for written in [&text, &to_json(&state).to_string()] {
            let read = parse(written).map_err(|faults| TestCaseError::fail(format!("{faults:?}\n{written}")))?;
            prop_assert_eq!(all_of(&read.state), all_of(&state), "{}", written);
            prop_assert_eq!(&emit(&read.state), &text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        must_not_panic(&text);
    }

    #[test]
    fn no_soup_of_yaml_makes_the_reader_panic(text in soup()) {
        must_not_panic(&text);
        must_not_panic(&format!("{{{text}"));
    }
}
