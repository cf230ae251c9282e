//! What must not be lost: `bench/thresholds.toml`, and what a run says to it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::report::figure;
use crate::results::Measure;

const SHIPPED: &str = include_str!("../thresholds.toml");

/// Under this subject stand bounds for every scenario that has none of its own.
const EVERY: &str = "every";

/// By the kind of run; there by subject and by what is measured of it.
type File = BTreeMap<String, BTreeMap<String, BTreeMap<String, Bound>>>;

/// How far a figure may go at every size, and where it ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bound {
    at_least: Option<f64>,
    at_most: Option<f64>,
    target: Option<f64>,
}

/// Those of one kind of run.
#[derive(Debug)]
pub(crate) struct Thresholds(BTreeMap<(String, String), Bound>);

/// What a run says to a bound.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    name: String,
    bound: Bound,
    /// The worst that was measured, and at which size.
    worst: Option<(f64, Option<usize>)>,
}

impl Thresholds {
    /// Those of this version, for `sqlite`, `postgres` and so on.
    pub(crate) fn shipped(run: &str) -> Result<Self> {
        Self::read(SHIPPED, run).context("bench/thresholds.toml cannot be used")
    }

    fn read(text: &str, run: &str) -> Result<Self> {
        let mut file: File = toml::from_str(text)?;
        let of_run = file.remove(run).with_context(|| format!("it has no [{run}]"))?;
        let mut all = BTreeMap::new();
        for (subject, bounds) in of_run {
            for (what, bound) in bounds {
                ensure!(
                    bound.at_least.is_some() != bound.at_most.is_some(),
                    "{run}: {subject}.{what} needs one of at_least and at_most"
                );
                all.insert((subject.clone(), what), bound);
            }
        }
        Ok(Self(all))
    }

    /// Holds the figures of a run against them: a line for each bound, and for each scenario that one for all is asked of.
    pub(crate) fn judge(&self, measures: &[Measure]) -> Vec<Verdict> {
        let worst = |subject: &str, what: &str, bound: &Bound| {
            let named = measures.iter().filter(|measure| measure.subject == subject && measure.what == what);
            let worst = match bound.at_least {
                Some(_) => named.min_by(|a, b| a.value.total_cmp(&b.value)),
                None => named.max_by(|a, b| a.value.total_cmp(&b.value)),
            };
            worst.map(|measure| (measure.value, measure.users))
        };
        let mut verdicts = Vec::new();
        for ((subject, what), bound) in &self.0 {
            if subject != EVERY {
                let (name, worst) = (format!("{subject}.{what}"), worst(subject, what, bound));
                verdicts.push(Verdict { name, bound: *bound, worst });
                continue;
            }
            let mut subjects: Vec<&str> =
                measures.iter().filter(|m| m.what == what).map(|m| m.subject.as_str()).collect();
            subjects.sort_unstable();
            subjects.dedup();
            subjects.retain(|subject| !self.0.contains_key(&((*subject).to_owned(), what.clone())));
            for subject in subjects {
                let (name, worst) = (format!("{subject}.{what}"), worst(subject, what, bound));
                verdicts.push(Verdict { name, bound: *bound, worst });
            }
        }
        verdicts.sort_by(|a, b| a.name.cmp(&b.name));
        verdicts
    }

    /// What is bounded: whose, and which figure.
    #[cfg(test)]
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().map(|(subject, what)| (subject.as_str(), what.as_str()))
    }

    /// Where a figure ought to be, for the table.
    pub(crate) fn target(&self, subject: &str, what: &str) -> Option<f64> {
        let of = |subject: &str| self.0.get(&(subject.to_owned(), what.to_owned()))?.target;
        of(subject).or_else(|| of(EVERY))
    }
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }

    fn reaches(self, value: f64) -> bool {
        self.target.is_none_or(|target| if self.at_least.is_some() { value >= target } else { value <= target })
    }
}

impl Verdict {
    /// Whether it holds; what was not measured is not lost.
    pub(crate) fn is_kept(&self) -> bool {
        self.worst.is_none_or(|(value, _)| self.bound.holds(value))
    }

    /// Whether it was measured and holds: what is asked of a run that measures everything.
    pub(crate) fn is_kept_for_certain(&self) -> bool {
        self.worst.is_some() && self.is_kept()
    }
}

/// The verdicts, a line each.
pub(crate) fn text(verdicts: &[Verdict]) -> String {
    let line = |verdict: &Verdict| {
        let Verdict { name, bound, worst } = verdict;
        let Some((value, users)) = worst else { return format!("not measured  {name}\n") };
        let word = if verdict.is_kept() { "kept" } else { "LOST" };
        let place = users.map(|users| format!(" at {users} users")).unwrap_or_default();
        let least = bound.at_least.map(|least| format!("at least {}", figure(least)));
        let most = bound.at_most.map(|most| format!("at most {}", figure(most)));
        let bounds = least.or(most).unwrap_or_default();
        let target = bound.target.map(|target| {
            let word = if bound.reaches(*value) { "reached" } else { "missed" };
            format!("; target {} {word}", figure(target))
        });
        format!("{word:<12}  {name}: {}{place} ({bounds}{})\n", figure(*value), target.unwrap_or_default())
    };
    verdicts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use crate::results;
    use crate::scenario::Scenario;

    const TEXT: &str = "
        [sqlite]
        a.ratio = { at_least = 2.0, target = 3.0 }
        b.ratio = { at_least = 1.0 }
        a.growth = { at_most = 1.5, target = 1.2 }
        every.rss_mib = { at_most = 100 }
        b.rss_mib = { at_most = 300 }
    ";

    fn measure(subject: &str, what: &'static str, users: usize, value: f64) -> Measure {
        Measure::new(subject, what, Some(users), value)
    }

    #[test]
    fn the_worst_size_decides_and_bounds_go_both_ways() {
        let thresholds = Thresholds::read(TEXT, "sqlite").unwrap();
        let told = text(&thresholds.judge(&[
            measure("a", "ratio", 10, 2.5),
            measure("a", "ratio", 20, 1.5),
            measure("a", "growth", 20, 1.1),
            measure("a", "growth", 10, 1.3),
            measure("c", "ratio", 10, 0.1),
        ]));
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "kept          a.growth: 1.30 at 10 users (at most 1.50; target 1.20 missed)",
                "LOST          a.ratio: 1.50 at 20 users (at least 2.00; target 3.00 missed)",
                "not measured  b.ratio",
                "not measured  b.rss_mib",
            ]
        );
    }

    #[test]
    fn a_bound_for_every_scenario_holds_for_those_without_their_own() {
        let thresholds = Thresholds::read(TEXT, "sqlite").unwrap();
        let verdicts = thresholds.judge(&["a", "b", "c"].map(|name| measure(name, "rss_mib", 10, 200.0)));
        let kept = |name: &str| verdicts.iter().find(|v| v.name == format!("{name}.rss_mib")).unwrap().is_kept();
        assert_eq!([kept("a"), kept("b"), kept("c")], [false, true, false]);
        assert_eq!([thresholds.target("a", "growth"), thresholds.target("z", "rss_mib")], [Some(1.2), None]);
    }

    #[test]
    fn a_line_that_bounds_nothing_or_both_ways_is_refused() {
        for line in ["a.b = {}", "a.b = { target = 1 }", "a.b = { at_least = 1, at_most = 2 }", "a.b = { least = 1 }"] {
            assert!(Thresholds::read(&format!("[sqlite]\n{line}"), "sqlite").is_err(), "{line}");
        }
        assert!(Thresholds::read(TEXT, "oracle").is_err());
    }

    #[test]
    fn every_scenario_has_a_threshold_and_every_threshold_something_to_hold() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let shipped = Thresholds::shipped(engine.name()).unwrap();
            let all = || Scenario::all(engine);
            for scenario in all() {
                let key = (scenario.name.to_owned(), scenario.ratio_name(engine).to_owned());
                assert!(shipped.0.contains_key(&key), "{key:?} has no threshold");
            }
            let known: Vec<_> = results::tests::results().measures().iter().map(|measure| measure.what).collect();
            for (subject, what) in shipped.0.keys() {
                let named =
                    all().any(|scenario| scenario.name == subject) || [EVERY, "server"].contains(&subject.as_str());
                let ratio = all().any(|scenario| scenario.ratio_name(engine) == what);
                assert!(named && (ratio || known.contains(&what.as_str())), "{subject}.{what} holds nothing");
            }
        }
    }
}
