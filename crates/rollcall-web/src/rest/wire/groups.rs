//! A page of groups, as `GET /groups` prints it.

use rollcall_core::groups::{GroupEntry, Member};
use rollcall_core::id::OrgId;
use rollcall_core::page::Paged;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total: u64,
    available_more: bool,
    groups: Vec<Group<'a>>,
}

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

/// The bytes of a page.
pub fn page(org: &OrgId, groups: &Paged<GroupEntry>) -> Vec<u8> {
    let entries = groups.items.iter().map(|g| Group {
        id: g.id.as_str(),
        g_n: &g.name,
        g_desc: &g.description,
        groups: g
            .children
            .iter()
            .map(|(id, name, description)| Child { id: id.as_str(), g_n: name, g_desc: description })
            .collect(),
        users: (org, &g.members),
        user_count: g.members.len(),
    });
    super::bytes(&Page { total: groups.total, available_more: groups.more, groups: entries.collect() })
}
