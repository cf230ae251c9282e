//! How events are chained: pure. Each sealed event's hash covers its number, the hash before it, and all it says.

use super::seal::StoredEvent;
use crate::seal::sha256;

/// A place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    /// 1 for the first event of an account.
    pub(crate) seq: i64,
    /// The event's hash.
    pub(crate) hash: [u8; 32],
}

/// Before the first event of the chain of this id: no chain can be put in another's place.
pub(crate) fn start(chain_id: &str) -> Link {
    Link { seq: 0, hash: sha256(format!("rollcall audit 1/{chain_id}").as_bytes()) }
}

/// The link of `event` after `previous`. Every field is written with its length, so that nothing can be moved from one
/// into the next. What describes persons is hashed by itself first: a later erasure can keep its digest alone and the
/// chain still holds.
pub(crate) fn link(previous: &Link, event: &StoredEvent) -> Link {
    let seq = previous.seq + 1;
    let details =
        texts(&[&event.description, event.before.as_deref().unwrap_or(""), event.after.as_deref().unwrap_or("")]);
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(b"rollcall audit 1\0");
    bytes.extend_from_slice(&previous.hash);
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(&event.at.0.to_be_bytes());
    bytes.extend_from_slice(&texts(&[
        &event.actor_kind,
        &event.actor_id,
        &event.actor_name,
        event.ip.as_deref().unwrap_or(""),
        &event.category,
        &event.name,
        &event.target,
    ]));
    bytes.extend_from_slice(&sha256(&details));
    Link { seq, hash: sha256(&bytes) }
}

fn texts(texts: &[&str]) -> Vec<u8> {
    fields(&texts.iter().map(|text| text.as_bytes()).collect::<Vec<_>>())
}

/// Each part with its length before it.
pub(crate) fn fields(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    fn event() -> StoredEvent {
        StoredEvent {
            id: 7,
            at: Time(1),
            actor_kind: "app".into(),
            actor_id: "cs-1".into(),
            actor_name: "ci".into(),
            ip: None,
            category: "User Management".into(),
            name: "User Created".into(),
            target: "u-1".into(),
            description: "d".into(),
            before: None,
            after: Some("{}".into()),
            sealed: None,
        }
    }

    #[test]
    fn every_field_and_the_place_count() {
        let first = link(&start("a"), &event());
        assert_eq!(first.seq, 1);
        assert_eq!(first, link(&start("a"), &event()));
        let mutants: [fn(&mut StoredEvent); 9] = [
            |e| e.at = Time(2),
            |e| e.actor_kind = "host".into(),
            |e| e.actor_id = "cs-2".into(),
            |e| e.actor_name = "cj".into(),
            |e| e.ip = Some("::1".into()),
            |e| e.category = "x".into(),
            |e| e.target = "u-2".into(),
            |e| e.description = "e".into(),
            |e| e.after = Some("{} ".into()),
        ];
        for mutate in mutants {
            let mut other = event();
            mutate(&mut other);
            assert_ne!(link(&start("a"), &other).hash, first.hash);
        }
        assert_ne!(link(&first, &event()).hash, first.hash);
        assert_ne!(link(&start("b"), &event()).hash, first.hash);
        let (mut a, mut b) = (event(), event());
        (a.category, a.name) = ("ab".into(), "c".into());
        (b.category, b.name) = ("a".into(), "bc".into());
        assert_ne!(link(&start("a"), &a).hash, link(&start("a"), &b).hash);
    }
}
