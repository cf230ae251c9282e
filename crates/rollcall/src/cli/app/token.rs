//! `rollcall app token`.

use anyhow::Result;
use rollcall_core::apps::{self, token};
use serde_json::json;

use super::Place;
use crate::cli::Context;
use crate::cli::times::{self, End};
use crate::installation::IfMissing;
use crate::usage::Usage;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Client id or name
    id: String,
    /// How long it is good for, such as 30s, 15m, 1h, 7d; `never` for a token without an end
    #[arg(long, default_value = "1h", value_parser = life)]
    ttl: Life,
    /// Give it a random `jti`, by which it passes once; apps that must have one get it anyway
    #[arg(long)]
    jti: bool,
}

/// Seconds; none: no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Life(Option<i64>);

/// A token with a `jti` is good for an hour at most (API contract §1, JTI).
const LONGEST_WITH_JTI: i64 = 3_600;

fn life(text: &str) -> Result<Life, String> {
    match times::end(text) {
        Ok(End::Never) => Ok(Life(None)),
        Ok(End::In(seconds)) if seconds > 0 => Ok(Life(Some(seconds))),
        _ => Err(format!("{text:?} is not a span of time such as 30s, 15m, 1h or 7d, nor never")),
    }
}

pub(super) fn mint(context: &Context, args: Args) -> Result<()> {
    let place = Place::open(context, IfMissing::Refuse, "app token")?;
    let Args { id, ttl: Life(ttl), jti } = args;
    let (token, app) = place.read(move |view| Ok((token::mint(view, &id, ttl, jti)?, apps::show(view, &id)?)))?;
    if (jti || app.enforce_jti) && ttl.is_none_or(|ttl| ttl > LONGEST_WITH_JTI) {
        let why = if jti { "asked for" } else { "enforced by the app" };
        return Err(Usage(format!(
            "a token with a jti, as is {why}, is good for an hour at most: say --ttl 1h or less"
        ))
        .into());
    }
    place.context.out.result(&format!("{}\n", token.expose()), &json!({ "token": token.expose() }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_read_and_nonsense_is_refused() {
        assert_eq!(life("90s"), Ok(Life(Some(90))));
        assert_eq!(life("7d"), Ok(Life(Some(604_800))));
        assert_eq!(life("never"), Ok(Life(None)));
        for bad in ["", "h", "1", "-1h", "0s", "1y", "99999999999999d", "1é", "2027-01-31T00:00:00Z"] {
            assert!(life(bad).is_err(), "{bad}");
        }
    }
}
