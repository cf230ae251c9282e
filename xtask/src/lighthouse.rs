//! `cargo xtask lighthouse`: the main pages of the console before Lighthouse. What is asked of them is in the test that this starts.

use crate::run::{cargo, root, run};
use crate::{Done, Failure, needs, tools};

pub(crate) const HELP: &str = "\
Hold the main pages of the console against Lighthouse

Usage: cargo xtask lighthouse

Installs Lighthouse below target/tools, once, and runs it in Chromium on the demo: each page must
reach 95 for performance, accessibility and best practices, on a slow phone as Lighthouse makes one up.
The reports are in target/lighthouse/ afterwards.";

/// Installs it, and starts the test.
pub(crate) fn command(args: &[String]) -> Done {
    if let Some(arg) = args.first() {
        return Err(Failure::usage(format!("lighthouse takes no arguments, but got {arg:?}")));
    }
    let root = root()?;
    needs::test_programs()?;
    tools::lighthouse(&root)?;
    let mut test = cargo(&root);
    run(test.args(["test", "-p", "rollcall", "--locked", "--test", "lighthouse", "--", "--nocapture"]))
}
