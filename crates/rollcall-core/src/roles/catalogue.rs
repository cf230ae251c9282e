//! What the keys and values of permissions mean: which keys are known, and the words that each may have. How a face writes
//! them is its own business.

use serde_json::{Map, Value};

use super::RoleKind;
use super::built_in::{ADMIN, BOT};

/// Keys of the admin catalogue before today's, which roles of older exports have (vendor reference §3.4).
const ADMIN_BEFORE: [&str; 3] = ["Manage User Profile Fields", "Password Policies", "Domain Management"];

const YES_NO: &[&str] = &["YES", "NO"];
const FULL_VIEW_NO: &[&str] = &["FULL", "VIEW", "NO"];

/// The words that a permission may have; none for a key that no catalogue knows.
pub fn words(kind: RoleKind, key: &str) -> Option<&'static [&'static str]> {
    match kind {
        RoleKind::Admin => ADMIN.iter().chain(&ADMIN_BEFORE).any(|known| *known == key).then_some(YES_NO),
        RoleKind::Bot => {
            let (_, [owner, ..]) = BOT.iter().find(|(known, _)| *known == key)?;
            Some(if *owner == "FULL" { FULL_VIEW_NO } else { YES_NO })
        }
    }
}

/// The keys of today's catalogue, in its order: what somebody who makes a role says something of.
pub fn keys(kind: RoleKind) -> impl Iterator<Item = &'static str> {
    let (admin, bot): (&[&str], &[(&str, [&str; 3])]) = match kind {
        RoleKind::Admin => (&ADMIN, &[]),
        RoleKind::Bot => (&[], &BOT),
    };
    admin.iter().copied().chain(bot.iter().map(|(key, _)| *key))
}

/// The one word of a known permission, written alone or as a list of one; none for an unknown key and for what is no word.
pub fn word<'v>(kind: RoleKind, key: &str, value: &'v Value) -> Option<&'v str> {
    words(kind, key)?;
    match value {
        Value::String(word) => Some(word),
        Value::Array(list) => match list.as_slice() {
            [Value::String(word)] => Some(word),
            _ => None,
        },
        _ => None,
    }
}

/// What a value is, however it is written: known permissions as a word alone, everything else verbatim.
fn normal_value(kind: RoleKind, key: &str, value: &Value) -> Value {
    word(kind, key, value).map_or_else(|| value.clone(), |word| Value::String(word.to_owned()))
}

/// All of them as they are, however they are written; in the order they came in.
pub(super) fn normal(kind: RoleKind, permissions: &Map<String, Value>) -> Map<String, Value> {
    permissions.iter().map(|(key, value)| (key.clone(), normal_value(kind, key, value))).collect()
}

/// `new`, with the values of `old` as these are written wherever they mean the same.
pub(super) fn rewritten(kind: RoleKind, old: &Map<String, Value>, new: &Map<String, Value>) -> Map<String, Value> {
    let same = |key: &str, value: &Value| old.get(key).filter(|old| normal_value(kind, key, old) == *value);
    new.iter().map(|(key, value)| (key.clone(), same(key, value).unwrap_or(value).clone())).collect()
}

/// What is wrong with the value of a key.
pub(super) fn fault(kind: RoleKind, key: &str, value: &Value) -> Option<String> {
    let words = words(kind, key)?;
    let word = word(kind, key, value);
    if word.is_some_and(|word| words.contains(&word)) {
        return None;
    }
    let shown: String = value.to_string().chars().take(50).collect();
    Some(format!("{shown} is none of {}, alone or as a list of one", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn known_keys_have_their_words_and_others_none() {
        let table = [
            (RoleKind::Admin, "Invite", Some(YES_NO)),
            (RoleKind::Admin, "Manage User Settings", Some(YES_NO)),
            (RoleKind::Admin, "Password Policies", Some(YES_NO)),
            (RoleKind::Admin, "Manage User Profile Fields", Some(YES_NO)),
            (RoleKind::Admin, "Domain Management", Some(YES_NO)),
            (RoleKind::Admin, "Tasks", None),
            (RoleKind::Admin, "invite", None),
            (RoleKind::Bot, "Tasks", Some(FULL_VIEW_NO)),
            (RoleKind::Bot, "IntentDiscovery", Some(FULL_VIEW_NO)),
            (RoleKind::Bot, "Publish bot", Some(YES_NO)),
            (RoleKind::Bot, "Publish Bot", None),
            (RoleKind::Bot, "Invite", None),
        ];
        for (kind, key, expected) in table {
            assert_eq!(words(kind, key), expected, "{kind} {key}");
        }
    }

    #[test]
    fn a_word_counts_alone_and_as_a_list_of_one() {
        let table = [
            (RoleKind::Bot, "Tasks", json!("VIEW"), true),
            (RoleKind::Bot, "Tasks", json!(["VIEW"]), true),
            (RoleKind::Bot, "Tasks", json!(["VIEW", "VIEW"]), false),
            (RoleKind::Bot, "Tasks", json!([]), false),
            (RoleKind::Bot, "Tasks", json!("YES"), false),
            (RoleKind::Bot, "Tasks", json!([["VIEW"]]), false),
            (RoleKind::Bot, "Channels", json!(["YES"]), true),
            (RoleKind::Bot, "Channels", json!("FULL"), false),
            (RoleKind::Admin, "Invite", json!("NO"), true),
            (RoleKind::Admin, "Invite", json!(["YES"]), true),
            (RoleKind::Admin, "Invite", json!("EDIT"), false),
            (RoleKind::Admin, "Invite", json!("yes"), false),
            (RoleKind::Admin, "Invite", json!(true), false),
            (RoleKind::Admin, "Invite", json!(null), false),
            (RoleKind::Admin, "Else", json!({"any": [1.5]}), true),
        ];
        for (kind, key, value, is_good) in table {
            assert_eq!(fault(kind, key, &value).is_none(), is_good, "{kind} {key} {value}");
        }
        assert_eq!(
            fault(RoleKind::Bot, "Tasks", &json!(["EDIT"])).as_deref(),
            Some("[\"EDIT\"] is none of FULL, VIEW, NO, alone or as a list of one")
        );
    }

    #[test]
    fn what_means_the_same_stays_as_it_was_written() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let old = map(json!({"Tasks": ["FULL"], "Channels": "NO", "X": ["YES"]}));
        let new = normal(RoleKind::Bot, &map(json!({"X": "YES", "Channels": ["YES"], "Tasks": "FULL"})));
        assert_eq!(Value::Object(new.clone()), json!({"X": "YES", "Channels": "YES", "Tasks": "FULL"}));
        let rewritten = rewritten(RoleKind::Bot, &old, &new);
        assert_eq!(
            Value::Object(rewritten).to_string(),
            r#"{"X":"YES","Channels":"YES","Tasks":["FULL"]}"#,
            "the unknown key verbatim, the changed word new, the same word as it was"
        );
    }
}
