//! The run: Rollcall and its baseline take turns, size by size and round by round, so that a machine that grows slower
//! meanwhile is slower for all of them.

use std::rc::Rc;

use anyhow::{Result, bail};

use crate::pair::Pair;
use crate::results::{Results, Row, Size};
use crate::rollcall::{self, Rollcall};
use crate::scenario::Scenario;
use crate::{Options, Place};

/// Measures everything that was asked for.
pub(crate) async fn all(options: &Options, place: &Place) -> Result<Results> {
    let wanted = |scenario: &&Scenario| options.only.as_ref().is_none_or(|text| scenario.name.contains(text.as_str()));
    let scenarios: Vec<&'static Scenario> = Scenario::all(options.common.database).filter(wanted).collect();
    if scenarios.is_empty() {
        let names: Vec<_> = Scenario::all(options.common.database).map(|s| s.name).collect();
        bail!("there is no such scenario; there are: {}", names.join(", "));
    }
    measure(options, place, &scenarios).await
}

/// Measures these, in this order.
pub(crate) async fn measure(options: &Options, place: &Place, scenarios: &[&'static Scenario]) -> Result<Results> {
    let idle = rollcall::idle(place).await?;
    let mut servers = Vec::new();
    for &users in &options.users {
        eprintln!("rollcall apply, {users} users");
        servers.push(Rc::new(Rollcall::start(place, users).await?));
    }
    let mut rows = Vec::new();
    for scenario in scenarios {
        rows.extend(one(options, place, scenario, &servers).await?);
    }
    let size = |server: &Rc<Rollcall>| Size { users: server.users, filled_in: server.filled_in, start: server.start };
    Ok(Results {
        engine: options.common.database,
        generator: place.oha.as_ref().map_or("the harness's own callers", |oha| oha.version.as_str()).to_owned(),
        cores: std::thread::available_parallelism()?.get(),
        seconds: options.common.seconds,
        rounds: options.rounds,
        others: 0.0,
        binary: std::fs::metadata(&place.binary)?.len(),
        idle,
        sizes: servers.iter().map(size).collect(),
        rows,
    })
}

async fn one(
    options: &Options,
    place: &Place,
    scenario: &'static Scenario,
    servers: &[Rc<Rollcall>],
) -> Result<Vec<Row>> {
    let mut pairs = Vec::new();
    for rollcall in servers {
        pairs.push(Pair::new(place, options, scenario, rollcall).await?);
    }
    for round in 1..=options.rounds {
        for pair in &mut pairs {
            let turn = pair.turn(options).await?;
            eprintln!(
                "{}, {} users, round {round}: {:.0}/s beside {:.0}/s",
                scenario.name, pair.row.users, turn.rollcall, turn.baseline.per_second
            );
            pair.row.turns.push(turn);
        }
    }
    for pair in &mut pairs {
        pair.half(options).await?;
    }
    Ok(pairs.into_iter().map(|pair| pair.row).collect())
}
