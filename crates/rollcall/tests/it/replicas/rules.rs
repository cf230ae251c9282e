//! Rules of the whole account, broken by two changes together and by neither alone.

use serde_json::{Value, json};

use super::Pair;
use crate::program::{Done, Program};

fn apply(program: &Program, text: &str) -> Done {
    program.run_with_input(&["apply", "-"], text)
}

fn in_acme(rest: &str) -> String {
    format!("rollcall: 1\naccount: {{ name: Acme }}\n{rest}\n")
}

#[test]
fn of_two_moves_that_close_a_cycle_together_one_is_refused() {
    let pair = Pair::new();
    let [one, other] = &pair.programs;
    for round in 0..6 {
        // The cycle goes over a group in between: neither file names more than its own edge.
        let names = ["Upper", "Middle", "Lower"].map(|name| format!("{name} {round}"));
        let [upper, middle, lower] = &names;
        pair.apply(&in_acme(&format!(
            "groups: [{{ name: {upper} }}, {{ name: {middle}, groups: [{lower}] }}, {{ name: {lower} }}]"
        )));
        let edge = |from: &str, to: &str| in_acme(&format!("groups: [{{ name: {from}, groups: [{to}] }}]"));
        let (down, up) = (edge(upper, middle), edge(lower, upper));
        let (down, up) = pair.race(round, "nestings", || apply(one, &down), || apply(other, &up));
        let refused = match (down.code, up.code) {
            (0, 1) => up,
            (1, 0) => down,
            _ => panic!("round {round}: {down:?} {up:?}"),
        };
        assert!(refused.stderr.contains("groups would contain each other"), "{refused:?}");
        assert!(names.iter().all(|name| refused.stderr.contains(name)), "it names the circle: {refused:?}");
        let edges = pair.database().number("select count(*) from nestings");
        assert_eq!(edges, 2 * (round as i64 + 1), "round {round}");
    }
    let caller = pair.caller();
    let pages = [0, 1].map(|n| caller.groups(&pair.servers[n], None).json());
    assert_eq!(pages[0], pages[1]);
}

/// The last table that a change writes to, after all that it checks itself.
const LAST: &str = "revisions";

/// How many may still administer the account.
const ADMINS: &str = "select count(*) from users u join assignments a on a.user_id = u.id \
                      join roles r on r.id = a.role_id where r.name = 'admin' and u.status = 'active'";

const BOTH: &str = "users: [{ email: ada@acme.test, status: active }, { email: bo@acme.test, status: active }]\n\
                    assignments: [{ role: admin, users: [ada@acme.test, bo@acme.test] }]";

#[test]
fn of_two_who_each_take_one_of_the_last_two_admins_away_one_is_refused() {
    let pair = Pair::new();
    let caller = pair.caller();
    let role = pair.database().query("select public_id from roles where name = 'admin'");
    let role = role[0][0].clone().expect("an id");
    for round in 0..10 {
        let (here, there) = pair.sides(round);
        let take = |server, email: &str| caller.assign(server, &json!({"roleId": role, "removeUsers": [email]}));
        let (one, other) = pair.race(round, LAST, || take(here, "ada@acme.test"), || take(there, "bo@acme.test"));
        let is_refused = |outcome: &Value| outcome["status"] == "failure";
        assert_ne!(is_refused(&one), is_refused(&other), "round {round}: {one} {other}");
        let refused = if is_refused(&one) { one } else { other };
        let message = refused["errors"][0]["msg"].as_str().expect("a message").to_owned();
        assert!(message.contains("is the last active holder of the built-in role \"admin\""), "{message}");
        assert_eq!(pair.database().number(ADMINS), 1, "round {round}");
        pair.apply(&in_acme(BOTH));
    }
}

#[test]
fn an_admin_who_is_suspended_and_one_whose_role_is_taken_are_not_both_gone() {
    let pair = Pair::new();
    let caller = pair.caller();
    let role = pair.database().query("select public_id from roles where name = 'admin'");
    let role = role[0][0].clone().expect("an id");
    let suspend = in_acme("users: [{ email: bo@acme.test, status: suspended }]");
    for round in 0..6 {
        let (here, _) = pair.sides(round);
        let (taken, suspended) = pair.race(
            round,
            LAST,
            || caller.assign(here, &json!({"roleId": role, "removeUsers": ["ada@acme.test"]})),
            || apply(&pair.programs[1], &suspend),
        );
        match (taken["status"].as_str(), suspended.code) {
            (Some("failure"), 0) => {}
            (Some("success"), 1) => assert!(suspended.stderr.contains("without an active holder"), "{suspended:?}"),
            _ => panic!("round {round}: {taken} {suspended:?}"),
        }
        assert_eq!(pair.database().number(ADMINS), 1, "round {round}");
        pair.apply(&in_acme(BOTH));
    }
}
