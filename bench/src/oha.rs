//! The load generator: oha, a public one, found or installed, started for each measurement, and its result read. Nothing that
//! goes wrong is counted as fast: one reply of another status, or none, ends the measurement.

use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::load::{Load, Sample};
use crate::process::Process;
use crate::question::Question;

/// The version that is installed where there is none.
const VERSION: &str = "1.16.0";
/// How much longer than asked for it may take: requests under way at the end are waited for.
const GRACE: Duration = Duration::from_secs(90);

/// A program that speaks as oha does.
#[derive(Debug, Clone)]
pub(crate) struct Oha {
    program: PathBuf,
    /// What it calls itself.
    pub(crate) version: String,
    /// Where files of bodies go.
    dir: PathBuf,
}

impl Oha {
    /// The one that is given, or in PATH, or in the folder of tools, where it is installed if need be.
    ///
    /// # Errors
    /// Where it cannot be installed or does not start.
    pub(crate) fn find(given: Option<&Path>, tools: &Path, dir: &Path) -> Result<Self> {
        let installed = tools.join("bin").join("oha");
        let program = match given {
            Some(given) => given.to_owned(),
            None if version(Path::new("oha")).is_ok() => PathBuf::from("oha"),
            None => {
                if !installed.is_file() {
                    install(tools)?;
                }
                installed
            }
        };
        Ok(Self { version: version(&program)?, program, dir: dir.to_owned() })
    }

    /// Puts a server under load: as much as the callers can, or at a fixed rate; then latencies count from the moment that a
    /// request was due, and not from the one when a caller was free to send it.
    ///
    /// # Errors
    /// Where one reply is not as expected.
    pub(crate) async fn run(
        &self,
        to: SocketAddr,
        load: Load,
        rate: Option<f64>,
        question: &Question,
    ) -> Result<Sample> {
        let mut command = Command::new(&self.program);
        command.args(["--no-tui", "--output-format", "json", "--no-color", "--redirect", "0", "-w"]);
        command.arg("-z").arg(format!("{}ms", load.length.as_millis())).arg("-c").arg(load.connections.to_string());
        if let Some(rate) = rate {
            command.arg("-q").arg(format!("{:.0}", rate.max(1.0))).arg("--latency-correction");
        }
        command.arg("-m").arg(question.verb.as_str());
        for (name, value) in &question.headers {
            command.arg("-H").arg(format!("{name}: {value}"));
        }
        let file = self.bodies(question)?;
        if let Some(file) = &file {
            command.arg("-Z").arg(file.path());
        }
        command.arg(format!("http://{to}{}", question.path));
        let mut out = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?);
        let status = Process::start("oha", &mut command)?.end(load.length + GRACE).await?;
        let said = crate::process::whole(&mut out)?;
        ensure!(status.success(), "oha: {status}\n{said}");
        read(&said, question.status.as_u16())
    }

    /// A file with a body in each line.
    fn bodies(&self, question: &Question) -> Result<Option<NamedTempFile>> {
        if question.bodies.is_empty() {
            return Ok(None);
        }
        let file = NamedTempFile::new_in(&self.dir)?;
        let mut out = BufWriter::new(file.as_file());
        for body in &question.bodies {
            ensure!(!body.contains(&b'\n'), "a body of more than one line");
            out.write_all(body)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        drop(out);
        Ok(Some(file))
    }
}

fn version(program: &Path) -> Result<String> {
    let told = Command::new(program).arg("--version").output();
    let told = told.with_context(|| format!("{} does not start", program.display()))?;
    ensure!(told.status.success(), "{} --version: {}", program.display(), told.status);
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

fn install(tools: &Path) -> Result<()> {
    eprintln!("installing oha {VERSION}: some ten minutes, once (or name yours with --oha)");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["install", "oha", "--locked", "--version", VERSION, "--root"]).arg(tools);
    let status = cargo.status().context("cargo does not start")?;
    ensure!(status.success(), "cargo install oha: {status}; install it yourself and name it with --oha");
    Ok(())
}

/// What oha said, with `--output-format json`.
fn read(said: &str, status: u16) -> Result<Sample> {
    let told: Value = serde_json::from_str(said).with_context(|| format!("oha said {said}"))?;
    let errors = told["errorDistribution"].as_object().context("oha tells of no errors")?;
    ensure!(errors.is_empty(), "requests failed: {errors:?}");
    let statuses = told["statusCodeDistribution"].as_object().context("oha tells no statuses")?;
    let replies = statuses.get(&status.to_string()).and_then(Value::as_u64).unwrap_or(0);
    if statuses.len() != 1 || replies == 0 {
        bail!("wrong replies: {statuses:?} instead of {status}");
    }
    let summary = |key: &str| told["summary"][key].as_f64().with_context(|| format!("oha tells no {key}"));
    let percentile = |key: &str| {
        let seconds = told["latencyPercentiles"][key].as_f64().with_context(|| format!("oha tells no {key}"))?;
        anyhow::Ok(Duration::from_secs_f64(seconds))
    };
    let took = Duration::from_secs_f64(summary("total")?);
    Ok(Sample {
        replies: usize::try_from(replies)?,
        took,
        per_second: replies as f64 / took.as_secs_f64(),
        p50: percentile("p50")?,
        p90: percentile("p90")?,
        p99: percentile("p99")?,
        bytes: summary("totalData")? as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(statuses: &Value, errors: &Value) -> String {
        json!({
            "summary": { "total": 2.0, "totalData": 1_000 },
            "latencyPercentiles": { "p50": 0.001, "p90": 0.002, "p99": 0.01 },
            "statusCodeDistribution": statuses,
            "errorDistribution": errors,
        })
        .to_string()
    }

    #[test]
    fn rates_and_percentiles_are_read_from_what_it_says() {
        let sample = read(&told(&json!({ "200": 50 }), &json!({})), 200).unwrap();
        assert_eq!((sample.replies, sample.per_second, sample.bytes), (50, 25.0, 1_000));
        assert_eq!([sample.p50, sample.p90, sample.p99], [1, 2, 10].map(Duration::from_millis));
    }

    #[test]
    fn one_wrong_reply_or_none_at_all_is_no_measurement() {
        assert!(read(&told(&json!({ "200": 50, "429": 1 }), &json!({})), 200).is_err());
        assert!(read(&told(&json!({ "200": 50 }), &json!({})), 304).is_err());
        assert!(read(&told(&json!({}), &json!({})), 200).is_err());
        assert!(read(&told(&json!({ "200": 50 }), &json!({ "connection refused": 1 })), 200).is_err());
        assert!(read("thread 'main' panicked", 200).is_err());
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let missing = Oha::find(Some(Path::new("no-such-oha")), Path::new("."), Path::new(".")).unwrap_err();
        assert!(missing.to_string().contains("no-such-oha does not start"), "{missing}");
    }
}
