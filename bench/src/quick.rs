//! The quick form: a small account, the debug build of the program that the tests build anyway, and the harness's own callers,
//! so that it needs nothing that a machine for tests has not. It tells CPU time and statements, which other programs on the
//! machine hardly change; its bounds are so wide that only a disaster is outside them.

use anyhow::Result;

use crate::results::Results;
use crate::scenario::{SCENARIOS, Scenario};
use crate::{Common, Options, Place, account, run};

/// What is measured.
const NAMES: [&str; 8] = [
    "groups_page",
    "groups_page_changed",
    "groups_page_if_none_match",
    "users_info",
    "all_user_roles",
    "users_update",
    "single_creation_32",
    "bulk_creation",
];
/// Seconds for each of them.
const SECONDS: f64 = 1.0;
/// Two sizes, so that what grows is seen to grow.
const SIZES: [usize; 2] = [account::LEAST, 4 * account::LEAST];

/// Measures on SQLite.
pub(crate) async fn all(options: &Options, place: &Place) -> Result<Results> {
    let common = Common { seconds: SECONDS, ..options.common.clone() };
    let options = Options { users: SIZES.to_vec(), rounds: 1, common, ..options.clone() };
    let scenarios: Vec<&'static Scenario> = SCENARIOS.iter().filter(|s| NAMES.contains(&s.name)).collect();
    run::measure(&options, place, &scenarios).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thresholds::Thresholds;

    #[test]
    fn each_of_the_names_is_a_scenario_and_there_are_bounds() {
        assert_eq!(SCENARIOS.iter().filter(|s| NAMES.contains(&s.name)).count(), NAMES.len());
        let bounds = Thresholds::shipped("quick").unwrap();
        for (subject, what) in bounds.names() {
            assert!(
                NAMES.contains(&subject) || ["every", "server"].contains(&subject),
                "{subject}.{what} holds nothing"
            );
        }
        assert!(NAMES.iter().all(|name| bounds.names().any(|(subject, _)| subject == *name)));
    }
}
