//! A page of groups, as `GET /groups` prints it.

use axum::body::Bytes;
use rollcall_core::groups::{GroupEntry, Member};
use rollcall_core::id::OrgId;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    g_n: &'a str,
    g_desc: &'a str,
    groups: Vec<Child<'a>>,
    #[serde(serialize_with = "users")]
    users: (&'a OrgId, &'a [Member]),
    user_count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Child<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    g_n: &'a str,
    g_desc: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    #[serde(rename = "_id")]
    id: &'a str,
    email_id: &'a str,
    last_name: &'a str,
    first_name: &'a str,
    prof_image: &'a str,
    prof_colour: &'a str,
    activation_status: &'a str,
    j_title: Option<&'a str>,
    org_id: &'a str,
}

fn users<S: Serializer>((org, members): &(&OrgId, &[Member]), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(members.iter().map(|m| User {
        id: m.id.as_str(),
        email_id: &m.email,
        last_name: m.last_name.as_deref().unwrap_or_default(),
        first_name: m.first_name.as_deref().unwrap_or_default(),
        prof_image: m.picture.as_deref().unwrap_or("no-avatar"),
        prof_colour: m.colour.as_deref().unwrap_or_default(),
        activation_status: m.status.label(),
        j_title: m.job_title.as_deref(),
        org_id: org.as_str(),
    }))
}

/// The bytes of one group in a list, with the comma that parts it from the one before.
pub fn entry(org: &OrgId, g: &GroupEntry) -> Vec<u8> {
    let children = g.children.iter();
    let group = Group {
        id: g.id.as_str(),
        g_n: &g.name,
        g_desc: &g.description,
        groups: children
            .map(|(id, name, description)| Child { id: id.as_str(), g_n: name, g_desc: description })
            .collect(),
        users: (org, &g.members),
        user_count: g.members.len(),
    };
    // A member is some 300 bytes; what is too much is given back.
    let mut bytes = Vec::with_capacity(512 + 384 * g.members.len());
    bytes.push(b',');
    serde_json::to_writer(&mut bytes, &group).expect("texts, numbers and lists of them are JSON");
    bytes.shrink_to_fit();
    bytes
}

/// A page around its groups.
pub(crate) fn page(total: u64, more: bool, entries: &[Bytes]) -> Vec<u8> {
    let mut page = Vec::with_capacity(64 + entries.iter().map(Bytes::len).sum::<usize>());
    page.extend_from_slice(format!(r#"{{"total":{total},"availableMore":{more},"groups":["#).as_bytes());
    for (n, entry) in entries.iter().enumerate() {
        page.extend_from_slice(&entry[usize::from(n == 0)..]);
    }
    page.extend_from_slice(b"]}");
    page
}
