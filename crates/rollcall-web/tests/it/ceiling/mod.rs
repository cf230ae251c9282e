//! The ceiling (API contract §4, domain rule 4): whatever anybody sends to whichever route, nobody has more by it than the
//! one who sent it may grant. Random worlds and calls; who has what is found out by `oracle`, which asks the tables alone.

mod calls;
mod oracle;
mod world;

use std::collections::{BTreeMap, HashSet};

use rollcall_core::erasures;
use rollcall_core::op::Mode;
use rollcall_core::policy::{Gate, Permission, Scope};
use rollcall_testkit::{TestDatabase, TestRollcall};
use rollcall_web::rest::{ROUTES, Route};

use calls::{body_of, call};
use oracle::{Has, above, everything_had};
use world::{Lot, world};

/// How many worlds, and how many calls in each. On PostgreSQL the rules are the same code.
const WORLDS: u64 = 20;
const CALLS: usize = 40;

/// Looks further, or repeats a run.
const SEED: &str = "ROLLCALL_CEILING_SEED";

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

#[test]
fn every_mutating_route_is_called_with_bodies_of_its_own() {
    for route in ROUTES.iter().filter(|route| route.mutates) {
        assert!(
            body_of(&name(route)).is_some(),
            "{0} changes things, and nobody has tried whether it gives more than its caller may grant. Add to body_of() in \
             crates/rollcall-web/tests/it/ceiling/calls.rs what to send to it",
            name(route)
        );
    }
}

/// What was seen, so that a run that gives nothing does not count as one that gives nothing wrong.
#[derive(Default)]
struct Seen {
    done: usize,
    /// How often a route gave something of a kind.
    gave: BTreeMap<(String, &'static str), usize>,
    /// How often a route refused something for the ceiling.
    refused: BTreeMap<String, usize>,
}

/// All scopes, or any; mostly with the one without which the route answers 403.
fn scopes(lot: &mut Lot, route: &Route) -> Vec<Scope> {
    if lot.chance(25) {
        return Scope::ALL.into();
    }
    let mut scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|_| lot.chance(35)).collect();
    if let Gate::Scope(needed) = route.permission.gate()
        && lot.chance(90)
        && !scopes.contains(&needed)
    {
        scopes.push(needed);
    }
    scopes.sort_unstable();
    scopes
}

/// Erases whoever is to be erased, as the job does.
fn run_jobs(acme: &TestRollcall) {
    let done = acme.rollcall().write(acme.host_actor(), Permission::RunJobs, Mode::Real, |op| erasures::run(op, 100));
    done.wait().expect("the job runs");
}

/// One call to a route by somebody, and what it changed held against what they may grant.
async fn try_one(lot: &mut Lot, acme: &TestRollcall, before: HashSet<Has>, seen: &mut Seen) -> HashSet<Has> {
    let routes: Vec<&Route> = ROUTES.iter().filter(|route| route.mutates).collect();
    let route = lot.pick(&routes);
    let scopes = scopes(lot, route);
    let app = acme.app(&scopes);
    let mut request = body_of(&name(route)).expect("every mutating route has one")(lot);
    let rehearsal = lot.chance(5);
    if rehearsal {
        let mark = if request.query.is_empty() { '?' } else { '&' };
        request.query = format!("{}{mark}dryRun=true", request.query);
    }
    let reply = call(&app, route, &request).await;
    run_jobs(acme);
    let after = everything_had(acme.database());
    let told = format!("{} by {scopes:?}: {request} answered {} {}", name(route), reply.status, reply.text);
    assert!(!reply.status.is_server_error(), "{told}");
    if reply.status != 200 || rehearsal {
        assert_eq!(after, before, "{told}");
    }
    let gained: Vec<&Has> = after.difference(&before).collect();
    for has in &gained {
        assert!(!above(&scopes, has), "{told}, and now {has:?}");
        *seen.gave.entry((name(route), has.kind())).or_default() += 1;
    }
    seen.done += usize::from(reply.status == 200);
    if ["may not grant", "may not let"].into_iter().any(|words| reply.text.contains(words)) {
        *seen.refused.entry(name(route)).or_default() += 1;
    }
    after
}

#[tokio::test]
async fn ceiling_property() {
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(2026);
    println!("{SEED}={seed}");
    let worlds = if TestDatabase::is_postgres() { WORLDS / 6 } else { WORLDS };
    let mut seen = Seen::default();
    for number in 0..worlds {
        let mut lot = Lot::of(seed + number);
        let acme = world(&mut lot);
        let mut had = everything_had(acme.database());
        for _ in 0..CALLS {
            had = try_one(&mut lot, &acme, had, &mut seen).await;
        }
    }
    let calls = usize::try_from(worlds).expect("a few") * CALLS;
    println!("{calls} calls, {} done; gave {:#?}; refused {:#?}", seen.done, seen.gave, seen.refused);
    if TestDatabase::is_postgres() {
        return;
    }
    assert!(seen.done * 2 > calls, "only {} of {calls} calls were done", seen.done);
    for (route, kind) in [
        ("POST users", "a role"),
        ("POST users", "a flag"),
        ("POST users", "a task"),
        ("POST users", "the master role"),
        ("PUT users", "a role"),
        ("PUT users", "a flag"),
        ("PUT users", "a task"),
        ("POST useraccess", "a flag"),
        ("POST adminroles/assignments", "a role"),
        ("POST adminroles/assignments", "the master role"),
        ("POST btroles/assignments", "a role"),
        ("POST roles/import", "a role"),
        ("POST ssoconfig", "a role"),
        ("POST ssoconfig", "a flag"),
        ("POST bot/{botId}/ssoconfig", "a role"),
        ("POST bot/{botId}/ssoconfig", "a flag"),
    ] {
        assert!(seen.gave.contains_key(&(route.to_owned(), kind)), "{route} never gave {kind}");
    }
    for route in
        ["POST users", "PUT users", "POST adminroles/assignments", "POST ssoconfig", "POST bot/{botId}/ssoconfig"]
    {
        assert!(seen.refused.contains_key(route), "{route} never met the ceiling");
    }
}
