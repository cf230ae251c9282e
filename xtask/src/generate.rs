//! `cargo xtask generate`: writes the generated documents anew. What they say lives beside the tests that compare them.

use crate::Done;
use crate::run::{cargo, root, run};

pub(crate) const HELP: &str = "\
Write the generated documents under docs/ anew, and the examples of the API's description

Usage: cargo xtask generate

Runs the tests that compare generated documents with the code, with ROLLCALL_GENERATE=1:
where this variable is set they write the document instead of failing. Look at `git diff docs`
afterwards: a change there is a change that users see.";

/// Runs the comparing tests in writing mode.
pub(crate) fn command(args: &[String]) -> Done {
    if let Some(arg) = args.first() {
        return Err(crate::Failure::usage(format!("generate takes no arguments, but got {arg:?}")));
    }
    let mut tests = cargo(&root()?);
    tests.args(["test", "-p", "rollcall-web", "--locked", "generated_documents"]).env("ROLLCALL_GENERATE", "1");
    run(&mut tests)
}
