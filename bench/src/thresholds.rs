//! The ratios that must not be lost: `bench/thresholds.toml`, and what a run says to it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::Engine;
use crate::report::figure;
use crate::run::Ratio;

const SHIPPED: &str = include_str!("../thresholds.toml");

/// By the database, and there by the name of a ratio: the least that it may be, at every size.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sqlite: Thresholds,
    postgres: Thresholds,
}

/// Those of one database.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Thresholds(BTreeMap<String, f64>);

/// What a run says to a threshold.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    name: String,
    least: f64,
    /// The worst that was measured, and at which size.
    worst: Option<(f64, Option<usize>)>,
}

impl Thresholds {
    /// Those of this version.
    pub(crate) fn shipped(engine: Engine) -> Result<Self> {
        let file: File = toml::from_str(SHIPPED).context("bench/thresholds.toml cannot be used")?;
        Ok(match engine {
            Engine::Sqlite => file.sqlite,
            Engine::Postgres => file.postgres,
        })
    }

    /// Holds the ratios of a run against them.
    pub(crate) fn judge(&self, ratios: &[Ratio]) -> Vec<Verdict> {
        let worst = |name: &str| {
            let of_name = ratios.iter().filter(|ratio| ratio.name == name);
            of_name.min_by(|a, b| a.value.total_cmp(&b.value)).map(|ratio| (ratio.value, ratio.users))
        };
        self.0.iter().map(|(name, least)| Verdict { name: name.clone(), least: *least, worst: worst(name) }).collect()
    }
}

impl Verdict {
    /// Whether it holds; what was not measured is not lost.
    pub(crate) fn is_kept(&self) -> bool {
        self.worst.is_none_or(|(value, _)| value >= self.least)
    }
}

/// The verdicts, a line each.
pub(crate) fn text(verdicts: &[Verdict]) -> String {
    let line = |verdict: &Verdict| {
        let Verdict { name, least, worst } = verdict;
        let word = match (worst, verdict.is_kept()) {
            (None, _) => return format!("not measured  {name}\n"),
            (_, true) => "kept        ",
            (_, false) => "LOST        ",
        };
        let (value, users) = worst.unwrap_or_default();
        let place = users.map(|users| format!(" at {users} users")).unwrap_or_default();
        format!("{word}  {name}: {} (at least {}){place}\n", figure(value), figure(*least))
    };
    verdicts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn ratio(name: &str, users: usize, value: f64) -> Ratio {
        Ratio { name: name.into(), users: Some(users), value }
    }

    #[test]
    fn the_worst_size_decides() {
        let thresholds = Thresholds(BTreeMap::from([("a".into(), 2.0), ("b".into(), 1.0)]));
        let verdicts = thresholds.judge(&[ratio("a", 10, 2.5), ratio("a", 20, 1.5), ratio("c", 10, 0.1)]);
        assert!(!verdicts[0].is_kept() && verdicts[1].is_kept());
        let text = text(&verdicts);
        assert!(text.contains("LOST          a: 1.50 (at least 2.00) at 20 users"), "{text}");
        assert!(text.contains("not measured  b"), "{text}");
    }

    #[test]
    fn every_scenario_has_a_threshold_and_every_threshold_something_to_hold() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let all = || Scenario::all(engine);
            let against = all().map(|s| format!("{}_vs_{}", s.name, s.baseline(engine)));
            let between = all().filter(|s| s.compares_sizes()).map(|s| format!("{}_100k_vs_10k", s.name));
            let plain = all().filter(|s| s.has_plain_loop(engine));
            let plain = plain.map(|s| format!("{}_vs_plain_sqlite_loop", s.name));
            let mut expected: Vec<String> = against.chain(plain).chain(between).collect();
            expected.sort();
            assert_eq!(Thresholds::shipped(engine).unwrap().0.into_keys().collect::<Vec<_>>(), expected);
        }
    }
}
