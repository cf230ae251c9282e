//! What one replica was told, the other knows: the next read on it, and the next entity tag.

use std::thread;

use serde_json::{Value, json};

use super::caller::{Caller, silent};
use super::{AUDITOR, OPS, Pair, READER};
use crate::program::Server;

const LANES: usize = 4;
const ROUNDS: usize = 6;

/// The names of the groups through which a user holds an admin role; none where the user does not hold it.
fn held(caller: &Caller, server: &Server, email: &str, role: &str) -> Option<Vec<String>> {
    let user = caller.info(server, &[email.to_owned()]).remove(0);
    let roles = user["roles"]["adminRoles"].as_array().unwrap_or_else(|| panic!("{user}")).clone();
    let role = roles.into_iter().find(|held| held["roleId"] == role)?;
    let names = role["groups"].as_array().expect("a list").iter();
    Some(names.map(|name| name.as_str().expect("a name").to_owned()).collect())
}

/// The addresses of the members of a group, as its page tells them.
fn members(page: &Value, group: &str) -> Vec<String> {
    let groups = page["groups"].as_array().expect("a list");
    let group = groups.iter().find(|one| one["_id"] == group).expect("the group");
    let users = group["users"].as_array().expect("a list");
    assert_eq!(group["userCount"], users.len());
    users.iter().map(|user| user["emailId"].as_str().expect("an address").to_owned()).collect()
}

#[test]
fn what_is_written_on_one_is_what_the_other_reads_next() {
    let pair = Pair::new();
    let caller = pair.caller();
    let lane = |lane: usize| {
        for round in 0..ROUNDS {
            let (here, there) = pair.sides(lane + round);
            let email = format!("lane-{lane}-{round}@acme.test");
            let mut body = silent(std::slice::from_ref(&email));
            body["users"][0]["groups"] = json!([OPS]);
            assert!(caller.post(here, "users", &body).created(), "{email} is new");

            let user = caller.info(there, std::slice::from_ref(&email)).remove(0);
            assert_eq!(user["groups"], json!([{"groupId": OPS, "groupName": "Ops"}]), "{user}");
            assert!(members(&caller.groups(there, None).json(), OPS).contains(&email));
            let again = caller.post(there, "users", &body);
            assert_eq!(again.failed(), [(email.clone(), "USER_ALREADY_EXISTS".to_owned())]);

            // Each lane has its own user; the role of the group is for one lane alone.
            caller.assigned(there, &json!({"roleId": AUDITOR, "addUsers": [email]}));
            assert_eq!(held(&caller, here, &email, AUDITOR), Some(Vec::new()));
            caller.assigned(here, &json!({"roleId": AUDITOR, "removeUsers": [email]}));
            assert_eq!(held(&caller, there, &email, AUDITOR), None);
            if lane == 0 {
                caller.assigned(here, &json!({"roleId": READER, "addGroups": ["Ops"]}));
                assert_eq!(held(&caller, there, &email, READER), Some(vec!["Ops".to_owned()]));
                caller.assigned(there, &json!({"roleId": READER, "removeGroups": ["Ops"]}));
                assert_eq!(held(&caller, here, &email, READER), None);
            }
        }
    };
    thread::scope(|scope| {
        for n in 0..LANES {
            scope.spawn(move || lane(n));
        }
    });
    let pages = [0, 1].map(|n| members(&caller.groups(&pair.servers[n], None).json(), OPS));
    assert_eq!(pages[0].len(), LANES * ROUNDS);
    assert_eq!(pages[0], pages[1]);
}

#[test]
fn an_account_file_that_was_applied_is_what_both_read_next() {
    let pair = Pair::new();
    let caller = pair.caller();
    for round in 0..6 {
        let email = if round % 2 == 0 { "ada@acme.test" } else { "bo@acme.test" };
        let file = format!(
            "rollcall: 1\naccount: {{ name: Acme }}\nusers: [{{ email: {email}, firstName: Name {round} }}]\n\
             groups: [{{ name: Ops, description: After {round}, members: [{email}] }}]\n"
        );
        pair.programs[round % 2].run_with_input(&["apply", "-"], &file).ok();
        for server in &pair.servers {
            let page = caller.groups(server, None).json();
            assert_eq!(page["groups"][0]["gDesc"], format!("After {round}"), "{page}");
            assert!(members(&page, OPS).contains(&email.to_owned()));
            let user = caller.info(server, &[email.to_owned()]).remove(0);
            assert_eq!(user["userInfo"]["firstName"], format!("Name {round}"));
        }
    }
}

#[test]
fn a_page_is_no_longer_the_same_once_the_other_has_written() {
    let pair = Pair::new();
    let caller = pair.caller();
    let lane = |lane: usize| {
        for round in 0..ROUNDS {
            let (here, there) = pair.sides(lane + round);
            let tag = caller.groups(here, None).header("etag");
            let email = format!("lane-{lane}-{round}@acme.test");
            let mut body = silent(std::slice::from_ref(&email));
            body["users"][0]["groups"] = json!([OPS]);
            assert!(caller.post(there, "users", &body).created());
            for server in [here, there] {
                let answer = caller.groups(server, Some(&tag));
                assert_eq!(answer.status, 200, "the tag is of before: {tag}");
                assert_ne!(answer.header("etag"), tag);
                assert!(members(&answer.json(), OPS).contains(&email));
            }
        }
    };
    thread::scope(|scope| {
        for n in 0..LANES {
            scope.spawn(move || lane(n));
        }
    });
    // Nobody writes any more: what the one has given is still good on the other.
    let tag = caller.groups(&pair.servers[0], None).header("etag");
    for server in &pair.servers {
        let answer = caller.groups(server, Some(&tag));
        assert_eq!((answer.status, answer.text.as_str()), (304, ""));
    }
}
