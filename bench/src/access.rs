//! What it costs to tell one user's roles where groups are nested ten deep, and to change who is in a group, a small one and a large
//! one. By the server's own CPU time over HTTP, one caller.

use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::account::{self, AUDITOR, Random, address};
use crate::ask::bytes;
use crate::load::{self, Load};
use crate::question::Question;
use crate::report::{figure, measures};
use crate::results::{Measure, median};
use crate::rollcall::Rollcall;
use crate::{Common, Place, until_stopped};

/// How deep groups are nested.
const DEPTH: usize = 10;
/// Members of a group at the bottom.
const MEMBERS: usize = 20;
/// The two groups that are changed, and how many members each has.
const EDITED: [(&str, &str, usize); 2] =
    [("e-00000000-0000-5000-8000-000000000010", "Few", 10), ("e-00000000-0000-5000-8000-000000050000", "Many", 50_000)];
/// How often each is measured; the medians count.
const ROUNDS: usize = 5;
/// Different requests of each kind.
const REQUESTS: usize = 20_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    common: Common,
    /// How many users there are
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(60_000..))]
    users: u32,
    /// How many groups there are
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..))]
    groups: u32,
}

/// Measures; false where a bound is lost and that counts.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let place = Place { forgets: true, ..Place::new(&args.common, false)? };
    let told = until_stopped(all(args, &place));
    drop(place);
    let told = told?;
    for measure in &told {
        println!("{}.{}: {}", measure.subject, measure.what, figure(measure.value));
    }
    args.common.judge(&format!("access-{}", args.common.database.name()), &measures(&told), &told)
}

async fn all(args: &Args, place: &Place) -> Result<Vec<Measure>> {
    let (users, groups) = (args.users as usize, args.groups as usize);
    let rollcall = Rollcall::start_with(place, users, |out| write(users, groups, out), |_| Ok(())).await?;
    let checked = depth(&rollcall, users).await?;
    ensure!(checked == DEPTH, "the example holds the role through {checked} groups");
    let length = Duration::from_secs_f64(args.common.seconds);
    let load = Load { connections: 1, length };
    let (mut roles, mut edits) = (Vec::new(), [Vec::new(), Vec::new()]);
    // In turns: what the start has left to do, and what the machine does else, is in none of them alone.
    for _ in 0..ROUNDS {
        let bodies = lookups(users, groups);
        let question = rollcall.question(Method::POST, "/api/public/usersInfo".to_owned(), bodies);
        roles.push(cpu(&rollcall, question, load).await?);
        for ((id, ..), turns) in EDITED.iter().zip(&mut edits) {
            let mut question = rollcall.question(Method::PUT, "/api/public/users".to_owned(), changes(id));
            question.begins = "{\"msg\"";
            turns.push(cpu(&rollcall, question, load).await?);
        }
    }
    let (roles, edits) = (median(roles), edits.map(median));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let mut told = vec![Measure::new("access", "roles_of_one_cpu_us", None, micros(roles))];
    for (edit, what) in edits.iter().zip(["edit_of_10_cpu_us", "edit_of_50000_cpu_us"]) {
        told.push(Measure::new("access", what, None, micros(*edit)));
    }
    told.push(Measure::new("access", "edit_large_vs_small", None, edits[1].as_secs_f64() / edits[0].as_secs_f64()));
    Ok(told)
}

/// CPU time of the server, and of the database behind it, for each request.
async fn cpu(rollcall: &Rollcall, question: Question, load: Load) -> Result<Duration> {
    let (question, address) = (Rc::new(question), [rollcall.replica.address]);
    load::load(&address, Load { length: load.length / 5, ..load }, &question).await?;
    let now = || -> Result<Duration> {
        let database = rollcall.postgres().map(|postgres| postgres.cpu()).transpose()?;
        Ok(rollcall.replica.process.cpu()? + database.unwrap_or_default())
    };
    rollcall.replica.process.settle(Duration::from_secs(60)).await?;
    let before = now()?;
    let sample = load::load(&address, load, &question).await?;
    rollcall.replica.process.settle(Duration::from_secs(60)).await?;
    Ok(now()?.saturating_sub(before) / u32::try_from(sample.replies)?)
}

/// Through how many groups the first member of the first chain holds the role.
async fn depth(rollcall: &Rollcall, users: usize) -> Result<usize> {
    let body = bytes(&json!({ "emailIds": [address(at_the_bottom(0, 0, users))] }));
    let question = rollcall.question(Method::POST, "/api/public/usersInfo".to_owned(), vec![body]);
    let host = rollcall.replica.address;
    let (_, _, told) = load::fetch(host, question.example(&host.to_string())).await?;
    let told: Value = serde_json::from_slice(&told)?;
    let roles = told[0]["roles"]["adminRoles"].as_array().context("no roles")?;
    let role = roles.iter().find(|role| role["roleName"] == AUDITOR).context("the role is not held")?;
    Ok(role["groups"].as_array().context("through no groups")?.len())
}

/// The member of that number of a group at the bottom of a chain.
fn at_the_bottom(chain: usize, member: usize, users: usize) -> usize {
    // Behind those who are in the large group; scattered.
    let rest = users - EDITED[1].2;
    EDITED[1].2 + (chain * MEMBERS + member) * 7_919 % rest
}

/// Questions about one user each, all of them members at the bottom of a chain.
fn lookups(users: usize, groups: usize) -> Vec<Bytes> {
    let mut random = Random::new(10);
    let mut one = || {
        let whom = at_the_bottom(random.below(groups / DEPTH), random.below(MEMBERS), users);
        bytes(&json!({ "emailIds": [address(whom)] }))
    };
    (0..REQUESTS).map(|_| one()).collect()
}

/// A user comes into the group, and goes again.
fn changes(group: &str) -> Vec<Bytes> {
    let one = |n: usize| {
        let key = if n.is_multiple_of(2) { "addTo" } else { "removeFrom" };
        // Behind those who are in the large group, whoever it is whose groups change.
        let user = address(EDITED[1].2 + n / 2 % 5_000);
        bytes(&json!({ "users": [{ "userInfo": { "emailId": user }, "groups": { key: [group] } }] }))
    };
    (0..REQUESTS).map(one).collect()
}

fn write(users: usize, groups: usize, out: &mut impl Write) -> std::io::Result<()> {
    let name = |chain: usize, level: usize| format!("Chain {chain:04} level {level:02}");
    let mut all: Vec<Value> = Vec::new();
    for (id, name, members) in EDITED {
        let members: Vec<String> = (0..members).map(address).collect();
        all.push(json!({ "id": id, "name": name, "members": members }));
    }
    let chains = groups / DEPTH;
    for chain in 0..chains {
        for level in 0..DEPTH {
            // Level 0 is the top; the members are at the bottom.
            all.push(if level + 1 < DEPTH {
                json!({ "name": name(chain, level), "groups": [name(chain, level + 1)] })
            } else {
                let members: Vec<String> = (0..MEMBERS).map(|n| address(at_the_bottom(chain, n, users))).collect();
                json!({ "name": name(chain, level), "members": members })
            });
        }
    }
    let holders: Vec<String> = (0..chains).flat_map(|chain| (0..DEPTH).map(move |level| name(chain, level))).collect();
    let people: Vec<Value> = (0..users).map(|n| json!({ "email": address(n), "status": "active" })).collect();
    let file = json!({
        "rollcall": 1,
        "account": { "name": "Bench", "owner": address(0) },
        "roles": [{
            "kind": "admin",
            "name": AUDITOR,
            "permissions": { "View and Run Audit Reports": "YES" },
        }],
        "users": people,
        "groups": all,
        "assignments": [
            { "role": "admin", "users": [address(0)] },
            { "role": AUDITOR, "groups": holders },
        ],
        "apps": [account::app()],
    });
    serde_json::to_writer(out, &file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_nested_as_deep_as_promised_and_two_are_of_the_sizes_that_are_compared() {
        let mut text = Vec::new();
        write(60_000, 100, &mut text).unwrap();
        let file: Value = serde_json::from_slice(&text).unwrap();
        let groups = file["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 102);
        let sizes: Vec<_> = groups[..2].iter().map(|group| group["members"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [10, 50_000]);
        let (mut group, mut depth) = (&groups[2], 1);
        while let Some(child) = group["groups"][0].as_str() {
            group = groups.iter().find(|other| other["name"] == child).unwrap();
            depth += 1;
        }
        assert_eq!((depth, group["members"].as_array().unwrap().len()), (DEPTH, MEMBERS));
    }
}
