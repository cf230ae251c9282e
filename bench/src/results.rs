//! What was measured: rows of turns, and the measures that are made of them, by which a run is judged.

use std::time::Duration;

use crate::Engine;
use crate::load::Sample;
use crate::process::Memory;
use crate::rollcall::FirstAnswers;
use crate::scenario::Scenario;

/// Everything that was measured.
pub(crate) struct Results {
    pub(crate) engine: Engine,
    /// Who made the load, and in which version.
    pub(crate) generator: String,
    pub(crate) cores: usize,
    pub(crate) seconds: f64,
    pub(crate) rounds: u32,
    /// What part of the machine other programs had meanwhile.
    pub(crate) others: f64,
    /// The size of the program, in bytes.
    pub(crate) binary: u64,
    /// What an empty installation has in memory.
    pub(crate) idle: Memory,
    pub(crate) sizes: Vec<Size>,
    pub(crate) rows: Vec<Row>,
}

/// An account of so many users.
pub(crate) struct Size {
    pub(crate) users: usize,
    /// How long `rollcall apply` took for them.
    pub(crate) filled_in: Duration,
    pub(crate) start: FirstAnswers,
}

/// A scenario at one size.
pub(crate) struct Row {
    pub(crate) scenario: &'static Scenario,
    pub(crate) users: usize,
    pub(crate) turns: Vec<Turn>,
    /// Latencies at half of the rate that was reached; none where nobody can ask at a fixed rate.
    pub(crate) half: Option<Sample>,
    /// How replies are encoded.
    pub(crate) encoding: Option<String>,
}

/// Rollcall's turn and the baseline's.
pub(crate) struct Turn {
    pub(crate) sample: Sample,
    /// Users or replies a second.
    pub(crate) rollcall: f64,
    pub(crate) baseline: Rate,
    /// The loop on SQLite as it comes, where that is asked for.
    pub(crate) plain: Option<f64>,
    /// CPU time of the servers for each request, with what they put off.
    pub(crate) cpu: Duration,
    /// The same of PostgreSQL.
    pub(crate) database_cpu: Option<Duration>,
    /// Statements for each request.
    pub(crate) statements: Option<f64>,
    pub(crate) memory: Memory,
    /// How long it was busy with what it put off; none where it did not end.
    pub(crate) aftermath: Option<Duration>,
}

/// What a baseline reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    /// CPU time for each; none where nobody tells.
    pub(crate) cpu: Option<Duration>,
}

/// A figure by its name, at one size of account or of all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measure {
    /// A scenario, a list, or the server.
    pub(crate) subject: String,
    pub(crate) what: &'static str,
    pub(crate) users: Option<usize>,
    pub(crate) value: f64,
}

impl Measure {
    pub(crate) fn new(subject: &str, what: &'static str, users: Option<usize>, value: f64) -> Self {
        Self { subject: subject.to_owned(), what, users, value }
    }
}

impl Turn {
    /// CPU time for each request of Rollcall and of the database behind it.
    pub(crate) fn all_cpu(&self) -> Duration {
        self.cpu + self.database_cpu.unwrap_or_default()
    }
}

impl Row {
    /// The median of what the turns say.
    pub(crate) fn median<T: PartialOrd + Copy>(&self, what: impl Fn(&Turn) -> T) -> T {
        median(self.turns.iter().map(what).collect())
    }

    /// Rollcall to the baseline of the same turn; the median of these.
    pub(crate) fn ratio(&self) -> f64 {
        self.median(|turn| turn.rollcall / turn.baseline.per_second)
    }

    /// The CPU time of Rollcall's own for each to that of the baseline; not a number where nobody tells the latter.
    pub(crate) fn cpu_ratio(&self) -> f64 {
        let each = |turn: &Turn| turn.cpu.as_secs_f64() / self.scenario.worth() as f64;
        self.median(|turn| turn.baseline.cpu.map_or(f64::NAN, |baseline| each(turn) / baseline.as_secs_f64()))
    }

    fn cpu(&self) -> f64 {
        self.median(Turn::all_cpu).as_secs_f64()
    }

    /// All that can be said of it by itself.
    fn measures(&self, engine: Engine) -> Vec<Measure> {
        let mut all = Vec::new();
        let mut say = |what, value: Option<f64>| {
            let of = |value| Measure::new(self.scenario.name, what, Some(self.users), value);
            all.extend(value.filter(|value| value.is_finite()).map(of));
        };
        say(self.scenario.ratio_name(engine), Some(self.ratio()));
        if self.scenario.has_plain_loop(engine) {
            say("vs_plain_sqlite_loop", Some(self.median(|t| t.plain.map_or(f64::NAN, |plain| t.rollcall / plain))));
        }
        say("cpu_vs_baseline", Some(self.cpu_ratio()));
        say("statements", Some(self.median(|turn| turn.statements.unwrap_or(f64::NAN))));
        say("p99_to_p50", self.half.as_ref().map(|half| half.p99.as_secs_f64() / half.p50.as_secs_f64()));
        let peak = self.turns.iter().map(|turn| turn.memory.peak).max().unwrap_or(0);
        say("rss_mib", Some(mib(peak)));
        all
    }
}

impl Results {
    /// Every figure that a threshold may be set for.
    pub(crate) fn measures(&self) -> Vec<Measure> {
        let mut all: Vec<Measure> = self.rows.iter().flat_map(|row| row.measures(self.engine)).collect();
        all.extend(self.growth());
        all.extend(self.spread());
        all.push(Measure::new("server", "binary_mb", None, self.binary as f64 / 1e6));
        all.push(Measure::new("server", "idle_rss_mib", None, mib(self.idle.resident)));
        for Size { users, filled_in, start } in &self.sizes {
            let mut say = |what, value| all.push(Measure::new("server", what, Some(*users), value));
            say("start_ms", start.health.as_secs_f64() * 1e3);
            say("start_to_page_ms", start.page.as_secs_f64() * 1e3);
            say("apply_ms_per_1000_users", filled_in.as_secs_f64() * 1e6 / *users as f64);
        }
        all
    }

    /// How much more CPU a request costs in the largest account than in the smallest.
    fn growth(&self) -> Vec<Measure> {
        let growth = |large: &Row| {
            let small = self.rows.iter().filter(|row| row.scenario.name == large.scenario.name);
            let small = small.min_by_key(|row| row.users).filter(|small| small.users < large.users)?;
            let largest = self.rows.iter().all(|row| row.users <= large.users);
            largest
                .then(|| Measure::new(large.scenario.name, "cpu_growth", Some(large.users), large.cpu() / small.cpu()))
        };
        self.rows.iter().filter_map(growth).collect()
    }

    /// How much more CPU the dearest page of a list costs than the cheapest.
    fn spread(&self) -> Vec<Measure> {
        let mut all = Vec::new();
        for row in &self.rows {
            let Some(list) = row.scenario.list() else { continue };
            let of_list = |other: &&Row| other.scenario.list() == Some(list) && other.users == row.users;
            let pages: Vec<f64> = self.rows.iter().filter(of_list).map(Row::cpu).collect();
            let (most, least) =
                (pages.iter().copied().fold(0.0, f64::max), pages.iter().copied().fold(f64::MAX, f64::min));
            // Said once, where all three are there.
            if row.scenario.name == list && pages.len() == 3 {
                all.push(Measure::new(list, "spread", Some(row.users), most / least));
            }
        }
        all
    }
}

pub(crate) fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// The middle one; of an even number the upper of the two.
pub(crate) fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scenario::SCENARIOS;

    fn row(name: &str, users: usize, cpu: u64) -> Row {
        let turn = Turn {
            sample: Sample::default(),
            rollcall: 50.0,
            baseline: Rate { per_second: 100.0, cpu: Some(Duration::from_micros(5)) },
            plain: Some(10.0),
            cpu: Duration::from_micros(cpu),
            database_cpu: None,
            statements: Some(6.0),
            memory: Memory { resident: 0, anonymous: 0, peak: 2_048 },
            aftermath: None,
        };
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        let half = Sample { p50: Duration::from_millis(2), p99: Duration::from_millis(8), ..Sample::default() };
        Row { scenario, users, turns: vec![turn], half: Some(half), encoding: None }
    }

    /// A run of two sizes.
    pub(crate) fn results() -> Results {
        let start = FirstAnswers { health: Duration::from_millis(30), page: Duration::from_millis(40) };
        let size = |users| Size { users, filled_in: Duration::from_secs(1), start };
        let rows = [
            ("groups_page", 10_000, 20),
            ("groups_page_middle", 10_000, 20),
            ("groups_page_last", 10_000, 30),
            ("groups_page", 100_000, 50),
            ("single_creation_32", 10_000, 10),
        ];
        Results {
            engine: Engine::Sqlite,
            generator: "oha 1".to_owned(),
            cores: 2,
            seconds: 1.0,
            rounds: 1,
            others: 0.0,
            binary: 12_500_000,
            idle: Memory { resident: 30 * 1024, anonymous: 0, peak: 0 },
            sizes: vec![size(10_000), size(100_000)],
            rows: rows.map(|(name, users, cpu)| row(name, users, cpu)).into(),
        }
    }

    #[test]
    fn everything_that_is_promised_is_told_by_a_figure() {
        let measures = results().measures();
        let value = |subject: &str, what: &str, users: usize| {
            let found = measures
                .iter()
                .find(|m| (m.subject.as_str(), m.what) == (subject, what) && m.users.is_none_or(|n| n == users));
            found.unwrap_or_else(|| panic!("{subject}.{what}")).value
        };
        assert_eq!(value("groups_page", "vs_bare_handler", 10_000), 0.5);
        assert_eq!(value("groups_page", "cpu_vs_baseline", 10_000), 4.0);
        assert_eq!(value("groups_page", "cpu_growth", 100_000), 2.5);
        assert_eq!(value("groups_page", "spread", 10_000), 1.5);
        assert_eq!(value("groups_page", "p99_to_p50", 10_000), 4.0);
        assert_eq!(value("groups_page", "statements", 10_000), 6.0);
        assert_eq!(value("groups_page", "rss_mib", 10_000), 2.0);
        assert_eq!(value("single_creation_32", "vs_sqlite_loop", 10_000), 0.5);
        assert_eq!(value("single_creation_32", "vs_plain_sqlite_loop", 10_000), 5.0);
        assert_eq!([value("server", "binary_mb", 0), value("server", "idle_rss_mib", 0)], [12.5, 30.0]);
        assert_eq!([value("server", "start_ms", 100_000), value("server", "start_to_page_ms", 100_000)], [30.0, 40.0]);
        assert_eq!(value("server", "apply_ms_per_1000_users", 100_000), 10.0);
        // Neither of one size alone, nor of one page alone.
        let named = |subject: &str, what: &str| {
            measures.iter().filter(|m| (m.subject.as_str(), m.what) == (subject, what)).count()
        };
        assert_eq!([named("single_creation_32", "cpu_growth"), named("groups_page", "spread")], [0, 1]);
    }

    #[test]
    fn the_median_is_not_moved_by_an_outlier() {
        assert_eq!(median(vec![3.0, 900.0, 2.0]), 3.0);
        assert_eq!(median(vec![7]), 7);
    }
}
