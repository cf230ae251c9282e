//! The run: Rollcall and its baseline take turns, size by size and round by round, so that a machine that grows slower
//! meanwhile is slower for all of them.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::bare::BareHandler;
use crate::load::{self, Load, Sample, Talk};
use crate::pgbench::Pgbench;
use crate::prepared::{self, Imports, Removals};
use crate::process::Memory;
use crate::rollcall::{Replica, Rollcall};
use crate::scenario::{Repeated, SCENARIOS, Scenario, What};
use crate::sqlite::SqliteLoop;
use crate::{Engine, Options, Place};

/// How long Rollcall may take over what it put off (letters, the audit chain) before the next turn.
const AFTERMATH: Duration = Duration::from_secs(300);

/// Everything that was measured.
pub(crate) struct Results {
    pub(crate) engine: Engine,
    pub(crate) cores: usize,
    pub(crate) seconds: f64,
    pub(crate) rounds: u32,
    /// What part of the machine other programs had meanwhile.
    pub(crate) others: f64,
    /// Users, and how long `rollcall apply` took for them.
    pub(crate) fills: Vec<(usize, Duration)>,
    pub(crate) rows: Vec<Row>,
}

/// A scenario at one size.
pub(crate) struct Row {
    pub(crate) scenario: &'static Scenario,
    pub(crate) users: usize,
    pub(crate) turns: Vec<Turn>,
}

/// Rollcall's turn and the baseline's.
pub(crate) struct Turn {
    pub(crate) sample: Sample,
    /// Users or replies a second.
    pub(crate) rollcall: f64,
    pub(crate) baseline: f64,
    /// The loop on SQLite as it comes, where that is asked for.
    pub(crate) plain: Option<f64>,
    /// CPU time of the servers for each request, with what they put off.
    pub(crate) cpu: Duration,
    /// The same of PostgreSQL.
    pub(crate) database_cpu: Option<Duration>,
    pub(crate) memory: Memory,
    /// How long it was busy with what it put off; none where it did not end.
    pub(crate) aftermath: Option<Duration>,
}

/// A ratio by its name, at one size or between two.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) name: String,
    pub(crate) users: Option<usize>,
    pub(crate) value: f64,
}

/// A server with what it is compared with.
struct Pair {
    rollcall: Rc<Rollcall>,
    /// The servers beside the first.
    replicas: Vec<Replica>,
    talk: Rc<dyn Talk>,
    baseline: Baseline,
    plain: Option<SqliteLoop>,
    row: Row,
}

enum Baseline {
    Handler(BareHandler, Rc<dyn Talk>),
    Loop(SqliteLoop, u64),
    Pgbench(Pgbench),
    /// The first server alone.
    OneReplica,
    /// The same server, asked for the beginning of the list.
    First(Rc<dyn Talk>),
}

/// Measures everything that was asked for.
pub(crate) async fn all(options: &Options, place: &Place) -> Result<Results> {
    let wanted = |scenario: &&Scenario| options.only.as_ref().is_none_or(|text| scenario.name.contains(text.as_str()));
    let scenarios: Vec<&'static Scenario> = Scenario::all(options.database).filter(wanted).collect();
    if scenarios.is_empty() {
        let names: Vec<_> = Scenario::all(options.database).map(|s| s.name).collect();
        bail!("there is no such scenario; there are: {}", names.join(", "));
    }
    let mut servers = Vec::new();
    for &users in &options.users {
        eprintln!("rollcall apply, {users} users");
        servers.push(Rc::new(Rollcall::start(place, users).await?));
    }
    let mut rows = Vec::new();
    for scenario in scenarios {
        rows.extend(one(options, place, scenario, &servers).await?);
    }
    Ok(Results {
        engine: options.database,
        cores: std::thread::available_parallelism()?.get(),
        seconds: options.seconds,
        rounds: options.rounds,
        others: 0.0,
        fills: servers.iter().map(|server| (server.users, server.filled_in)).collect(),
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
        pairs.push(Pair::new(place, options.database, scenario, rollcall).await?);
    }
    for round in 1..=options.rounds {
        for pair in &mut pairs {
            let turn = pair.turn(options).await?;
            eprintln!(
                "{}, {} users, round {round}: {:.0}/s beside {:.0}/s",
                scenario.name, pair.row.users, turn.rollcall, turn.baseline
            );
            pair.row.turns.push(turn);
        }
    }
    Ok(pairs.into_iter().map(|pair| pair.row).collect())
}

impl Pair {
    async fn new(place: &Place, engine: Engine, scenario: &'static Scenario, rollcall: &Rc<Rollcall>) -> Result<Self> {
        if matches!(scenario.what, What::AuditLogs { .. }) {
            prepared::fill_log(rollcall).await?;
        }
        let talk = scenario.talk(rollcall);
        let mut replicas = Vec::new();
        while replicas.len() + 1 < scenario.replicas {
            replicas.push(rollcall.start_replica(place).await?);
        }
        let (users, batch) = (rollcall.users, scenario.worth());
        let baseline = if scenario.replicas > 1 {
            Baseline::OneReplica
        } else if scenario.is_last_part() {
            Baseline::First(scenario.first_part().talk(rollcall))
        } else if scenario.is_read() {
            let reply = load::fetch(rollcall.replica.address, talk.ask()).await?;
            let repeated = Repeated { talk: Rc::clone(&talk), length: reply.2.len() };
            Baseline::Handler(BareHandler::start(place, reply).await?, Rc::new(repeated))
        } else if let Some(postgres) = &place.postgres {
            Baseline::Pgbench(Pgbench::new(postgres, users, scenario.connections, batch)?)
        } else {
            Baseline::Loop(SqliteLoop::new(place, users, false).await?, batch)
        };
        let plain = match scenario.has_plain_loop(engine) {
            true => Some(SqliteLoop::new(place, users, true).await?),
            false => None,
        };
        let row = Row { scenario, users, turns: Vec::new() };
        Ok(Self { rollcall: Rc::clone(rollcall), replicas, talk, baseline, plain, row })
    }

    async fn turn(&self, options: &Options) -> Result<Turn> {
        let length = Duration::from_secs_f64(options.seconds);
        let load = Load { connections: self.row.scenario.connections, warm_up: length / 5, length };
        let worth = self.row.scenario.worth() as f64;
        let addresses: Vec<_> = self.servers().map(|server| server.address).collect();
        let (cpu, database_cpu) = (self.cpu()?, self.database_cpu()?);
        let sample = match self.sample(&addresses, load).await {
            Ok(sample) => sample,
            Err(error) => return Err(self.rollcall.replica.with_last_words(error)),
        };
        let memory = self.rollcall.replica.process.memory()?;
        let mut aftermath = Some(Duration::ZERO);
        for server in self.servers() {
            aftermath = server.process.settle(AFTERMATH).await?.zip(aftermath).map(|(one, before)| one + before);
        }
        let replies = u32::try_from(sample.all)?;
        let cpu = self.cpu()?.saturating_sub(cpu) / replies;
        let database_cpu =
            self.database_cpu()?.zip(database_cpu).map(|(now, before)| now.saturating_sub(before) / replies);
        let baseline = match &self.baseline {
            Baseline::Handler(handler, talk) => load::load(&[handler.address], load, Rc::clone(talk)).await?.per_second,
            Baseline::Loop(sqlite, batch) => sqlite.run(*batch, length).await?,
            Baseline::Pgbench(pgbench) => pgbench.run(length).await?,
            Baseline::First(first) => load::load(&addresses, load, Rc::clone(first)).await?.per_second,
            Baseline::OneReplica => load::load(&addresses[..1], load, Rc::clone(&self.talk)).await?.per_second * worth,
        };
        let plain = match &self.plain {
            Some(sqlite) => Some(sqlite.run(1, length).await?),
            None => None,
        };
        let rollcall = sample.per_second * worth;
        Ok(Turn { sample, rollcall, baseline, plain, cpu, database_cpu, memory, aftermath })
    }

    async fn sample(&self, addresses: &[SocketAddr], load: Load) -> Result<Sample> {
        let rollcall = Rc::clone(&self.rollcall);
        match self.row.scenario.what {
            What::Remove { batch } => load::prepared(addresses[0], load.length, &Removals { rollcall, batch }).await,
            What::Import { batch } => {
                let turn = std::cell::Cell::new(0);
                load::prepared(addresses[0], load.length, &Imports { rollcall, batch, turn }).await
            }
            _ => load::load(addresses, load, Rc::clone(&self.talk)).await,
        }
    }

    fn servers(&self) -> impl Iterator<Item = &Replica> {
        std::iter::once(&self.rollcall.replica).chain(&self.replicas)
    }

    fn cpu(&self) -> Result<Duration> {
        self.servers().map(|server| server.process.cpu()).sum()
    }

    fn database_cpu(&self) -> Result<Option<Duration>> {
        self.rollcall.postgres().map(|postgres| postgres.cpu()).transpose()
    }
}

impl Row {
    /// The median of what the turns say.
    pub(crate) fn median<T: PartialOrd + Copy>(&self, what: impl Fn(&Turn) -> T) -> T {
        median(self.turns.iter().map(what).collect())
    }

    /// Rollcall to the baseline of the same turn; the median of these.
    pub(crate) fn ratio(&self) -> f64 {
        self.median(|turn| turn.rollcall / turn.baseline)
    }
}

impl Results {
    /// Every ratio: to the baseline, and for reads of the largest account to the smallest.
    pub(crate) fn ratios(&self) -> Vec<Ratio> {
        let mut ratios = Vec::new();
        for row in &self.rows {
            let name = format!("{}_vs_{}", row.scenario.name, row.scenario.baseline(self.engine));
            ratios.push(Ratio { name, users: Some(row.users), value: row.ratio() });
            if row.scenario.has_plain_loop(self.engine) {
                let name = format!("{}_vs_plain_sqlite_loop", row.scenario.name);
                let value = row.median(|turn| turn.plain.map_or(f64::NAN, |plain| turn.rollcall / plain));
                ratios.push(Ratio { name, users: Some(row.users), value });
            }
        }
        for scenario in SCENARIOS.iter().filter(|scenario| scenario.compares_sizes()) {
            let rows = || self.rows.iter().filter(|row| row.scenario.name == scenario.name);
            let ends = (rows().max_by_key(|row| row.users), rows().min_by_key(|row| row.users));
            if let (Some(large), Some(small)) = ends
                && large.users > small.users
            {
                let name = format!("{}_{}_vs_{}", scenario.name, short(large.users), short(small.users));
                let turns = large.turns.iter().zip(&small.turns);
                ratios.push(Ratio {
                    name,
                    users: None,
                    value: median(turns.map(|(l, s)| l.rollcall / s.rollcall).collect()),
                });
            }
        }
        ratios
    }
}

fn short(users: usize) -> String {
    if users.is_multiple_of(1_000) { format!("{}k", users / 1_000) } else { users.to_string() }
}

/// The middle one; of an even number the upper of the two.
fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_not_moved_by_an_outlier() {
        assert_eq!(median(vec![3.0, 900.0, 2.0]), 3.0);
        assert_eq!(median(vec![7]), 7);
    }

    #[test]
    fn sizes_are_named_in_thousands() {
        assert_eq!([short(10_000), short(100_000), short(2_550)], ["10k", "100k", "2550"]);
    }
}
