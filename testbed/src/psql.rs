//! Statements run by psql, for those who have no driver at hand.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::account;

/// Runs the text against the database at the URL; its output without the last newline, or what it complained of.
pub(crate) fn run(program: &Path, url: &str, text: &str) -> Result<String, String> {
    let mut psql = Command::new(program);
    account::without_settings(&mut psql);
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"]);
    let piped = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().map_err(|error| format!("{} did not start: {error}", program.display()))?;
    let input = child.stdin.take();
    // Written beside the reading, or both would wait for ever where text and answer are long. A psql that ends early
    // says why itself: the broken pipe is not worth a word.
    let done = std::thread::scope(|scope| {
        scope.spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        child.wait_with_output()
    });
    let output = done.map_err(|error| format!("{} was lost: {error}", program.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    Ok(answer.strip_suffix('\n').unwrap_or(&answer).to_owned())
}
