//! A server with what it is compared with: one turn of both, and the latencies at half of what was reached.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use hyper::header::CONTENT_ENCODING;

use crate::ask;
use crate::bare::BareHandler;
use crate::load::{self, Load, Sample};
use crate::oha::Oha;
use crate::pgbench::Pgbench;
use crate::prepared::{self, Changes, Imports, Removals};
use crate::question::{Fetched, Question};
use crate::results::{Rate, Row, Turn};
use crate::rollcall::{Replica, Rollcall};
use crate::scenario::{Beside, Scenario, What};
use crate::sqlite::{Into, SqliteLoop};
use crate::{Options, Place};

/// How long Rollcall may take over what it put off (letters, the audit chain) before the next turn.
const AFTERMATH: Duration = Duration::from_secs(300);
/// Bodies of creations for each request that is expected: they are drawn at random, and one that was drawn before creates nobody.
const SPARE: f64 = 10.0;
/// The most bodies that are made for one measurement, by their users.
const MOST: f64 = 600_000.0;

/// A server with what it is compared with.
pub(crate) struct Pair {
    rollcall: Rc<Rollcall>,
    /// The servers beside the first.
    replicas: Vec<Replica>,
    question: Rc<Question>,
    /// What one reply is like; none of creations.
    example: Option<Fetched>,
    baseline: Baseline,
    plain: Option<SqliteLoop>,
    oha: Option<Oha>,
    pub(crate) row: Row,
}

enum Baseline {
    Handler(BareHandler),
    Loop(SqliteLoop, u64),
    Pgbench(Pgbench),
    /// The first server alone.
    OneReplica,
}

impl Pair {
    pub(crate) async fn new(
        place: &Place,
        options: &Options,
        scenario: &'static Scenario,
        rollcall: &Rc<Rollcall>,
    ) -> Result<Self> {
        if matches!(scenario.what, What::AuditLogs(_)) {
            prepared::fill_log(rollcall).await?;
        }
        let question = scenario.what.question(rollcall).await?;
        let mut replicas = Vec::new();
        while replicas.len() + 1 < scenario.replicas {
            replicas.push(rollcall.start_replica(place).await?);
        }
        let host = rollcall.replica.address;
        let example = match scenario.is_read() {
            true => Some(load::fetch(host, question.example(&host.to_string())).await?),
            false => None,
        };
        if let Some(example) = &example {
            question.check(example)?;
        }
        let (users, worth) = (rollcall.users, scenario.worth());
        let baseline = match (scenario.beside(), &example, &place.postgres) {
            (Beside::OneReplica, _, _) => Baseline::OneReplica,
            (Beside::BareHandler, Some(example), _) => Baseline::Handler(BareHandler::start(place, example).await?),
            (_, _, Some(postgres)) => Baseline::Pgbench(Pgbench::new(postgres, users, scenario.connections, worth)?),
            (Beside::SameTables, _, None) => {
                Baseline::Loop(SqliteLoop::new(place, users, Into::SameTables).await?, worth)
            }
            (_, _, None) => Baseline::Loop(SqliteLoop::new(place, users, Into::Users).await?, worth),
        };
        let plain = match scenario.has_plain_loop(options.common.database) && !options.quick {
            true => Some(SqliteLoop::new(place, users, Into::Plain).await?),
            false => None,
        };
        let encoding = example.as_ref().and_then(|(_, headers, _)| headers.get(CONTENT_ENCODING));
        let encoding = encoding.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let row = Row { scenario, users, turns: Vec::new(), half: None, encoding };
        // Who speaks for several servers, or makes something ready, is the harness itself.
        let oha = place.oha.clone().filter(|_| scenario.is_generated());
        let (rollcall, question) = (Rc::clone(rollcall), Rc::new(question));
        Ok(Self { rollcall, replicas, question, example, baseline, plain, oha, row })
    }

    /// Measures Rollcall and then the baseline.
    pub(crate) async fn turn(&self, options: &Options) -> Result<Turn> {
        let (load, warm_up) = self.loads(options);
        let addresses: Vec<_> = self.servers().map(|server| server.address).collect();
        let warm = self.asked(&addresses, warm_up, None, self.expected(0.0, warm_up)).await?;
        // What the warm-up put off belongs to nobody's turn.
        self.settle().await?;
        let question = self.expected(warm.per_second, load);
        self.rollcall.replica.process.forget_peak()?;
        let before = (self.cpu()?, self.database_cpu()?, self.statements().await?, self.users().await?);
        let sample = self.asked(&addresses, load, None, question).await?;
        let memory = self.rollcall.replica.process.memory()?;
        let aftermath = self.settle().await?;
        let replies = u32::try_from(sample.replies)?;
        let cpu = self.cpu()?.saturating_sub(before.0) / replies;
        let database_cpu = self.database_cpu()?.zip(before.1).map(|(now, then)| now.saturating_sub(then) / replies);
        let statements =
            self.statements().await?.zip(before.2).map(|(now, then)| (now - then) as f64 / f64::from(replies));
        let rollcall = match self.row.scenario.what {
            // Those who are really there: a body that was drawn twice has created nobody the second time.
            What::Create { .. } => (self.users().await? - before.3) as f64 / sample.took.as_secs_f64(),
            // With the writes before them: reads by themselves would have part of the machine for free.
            What::GroupsChanged => sample.replies as f64 / sample.took.as_secs_f64(),
            _ => sample.per_second * self.row.scenario.worth() as f64,
        };
        self.unchanged(&sample).await?;
        let baseline = self.baseline(load, warm_up, &addresses).await?;
        let plain = match &self.plain {
            Some(sqlite) => Some(sqlite.run(1, load.length).await?.per_second),
            None => None,
        };
        Ok(Turn { sample, rollcall, baseline, plain, cpu, database_cpu, statements, memory, aftermath })
    }

    /// Latencies at half of the rate that was reached, where somebody can ask at a rate.
    pub(crate) async fn half(&mut self, options: &Options) -> Result<()> {
        if self.oha.is_some() {
            let rate = self.row.median(|turn| turn.sample.per_second) / 2.0;
            let (load, address) = (self.loads(options).0, [self.rollcall.replica.address]);
            let half = self.asked(&address, load, Some(rate), self.expected(rate, load)).await?;
            self.settle().await?;
            self.row.half = Some(half);
        }
        Ok(())
    }

    fn loads(&self, options: &Options) -> (Load, Load) {
        let length = Duration::from_secs_f64(options.common.seconds);
        let load = Load { connections: self.row.scenario.connections, length };
        (load, Load { length: length / 5, ..load })
    }

    /// The question, with bodies for so many requests a second where each can be asked once only.
    fn expected(&self, per_second: f64, load: Load) -> Rc<Question> {
        let What::Create { batch, mail } = self.row.scenario.what else { return Rc::clone(&self.question) };
        // Nobody knows what a warm-up reaches: as many as a good machine does.
        let per_second = if per_second > 0.0 { per_second } else { 20_000.0 / batch as f64 };
        let most = (MOST / batch as f64).ceil();
        let count = (per_second * load.length.as_secs_f64() * SPARE).clamp(20.0, most) as u64;
        let first = self.rollcall.next.replace(self.rollcall.next.get() + count * batch);
        let Question { verb, path, headers, status, begins, .. } = &*self.question;
        Rc::new(Question {
            verb: verb.clone(),
            path: path.clone(),
            headers: headers.clone(),
            bodies: ask::creations(first, count, batch, mail),
            status: *status,
            begins,
            next: Cell::new(0),
        })
    }

    async fn asked(
        &self,
        addresses: &[SocketAddr],
        load: Load,
        rate: Option<f64>,
        question: Rc<Question>,
    ) -> Result<Sample> {
        let rollcall = Rc::clone(&self.rollcall);
        let asked = match (self.row.scenario.what, &self.oha) {
            (What::Remove { batch }, _) => {
                load::prepared(addresses[0], load, Rc::new(Removals { rollcall, batch })).await
            }
            (What::Import { batch }, _) => {
                let turn = Cell::new(0);
                load::prepared(addresses[0], load, Rc::new(Imports { rollcall, batch, turn })).await
            }
            (What::GroupsChanged, _) => {
                let question = self.row.scenario.what.question(&rollcall).await?;
                load::prepared(addresses[0], load, Rc::new(Changes::new(&rollcall, question).await?)).await
            }
            (_, Some(oha)) => oha.run(addresses[0], load, rate, &question).await,
            (_, None) => load::load(addresses, load, &question).await,
        };
        asked.map_err(|error| self.rollcall.replica.with_last_words(error))
    }

    async fn baseline(&self, load: Load, warm_up: Load, addresses: &[SocketAddr]) -> Result<Rate> {
        let alone = |per_second| Rate { per_second, cpu: None };
        Ok(match &self.baseline {
            Baseline::Handler(handler) => {
                let to = [handler.address];
                self.bare(&to, warm_up).await?;
                let before = handler.process.cpu()?;
                let sample = self.bare(&to, load).await?;
                let cpu = handler.process.cpu()?.saturating_sub(before) / u32::try_from(sample.replies)?;
                Rate { per_second: sample.per_second, cpu: Some(cpu) }
            }
            Baseline::Loop(sqlite, batch) => sqlite.run(*batch, load.length).await?,
            Baseline::Pgbench(pgbench) => alone(pgbench.run(load.length).await?),
            Baseline::OneReplica => {
                let question = self.expected(0.0, load);
                let sample = self.asked(&addresses[..1], load, None, question).await?;
                alone(sample.per_second * self.row.scenario.worth() as f64)
            }
        })
    }

    /// The same question to the bare handler, by the same callers.
    async fn bare(&self, to: &[SocketAddr], load: Load) -> Result<Sample> {
        match &self.oha {
            Some(oha) => oha.run(to[0], load, None, &self.question).await,
            None => load::load(to, load, &self.question).await,
        }
    }

    /// Whether the server still says what it said before, and said it all the time.
    async fn unchanged(&self, sample: &Sample) -> Result<()> {
        let Some(example) = &self.example else { return Ok(()) };
        if self.row.scenario.what == What::GroupsChanged {
            return Ok(());
        }
        let host = self.rollcall.replica.address;
        let now = load::fetch(host, self.question.example(&host.to_string())).await?;
        ensure!(now.2 == example.2, "{} {} is answered otherwise than before", self.question.verb, self.question.path);
        let length = example.2.len() as u64;
        ensure!(
            !self.question.is_constant() || sample.bytes == length * sample.replies as u64,
            "{} replies of {length} bytes have {} bytes in all",
            sample.replies,
            sample.bytes
        );
        Ok(())
    }

    async fn settle(&self) -> Result<Option<Duration>> {
        let mut aftermath = Some(Duration::ZERO);
        for server in self.servers() {
            aftermath = server.process.settle(AFTERMATH).await?.zip(aftermath).map(|(one, before)| one + before);
        }
        Ok(aftermath)
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

    /// The users that are there, where that is asked for.
    async fn users(&self) -> Result<u64> {
        match self.row.scenario.what {
            What::Create { .. } => self.rollcall.count().await,
            _ => Ok(0),
        }
    }

    async fn statements(&self) -> Result<Option<u64>> {
        let mut all = Some(0);
        for server in self.servers() {
            all = server.statements().await?.zip(all).map(|(one, before)| one + before);
        }
        Ok(all)
    }
}
