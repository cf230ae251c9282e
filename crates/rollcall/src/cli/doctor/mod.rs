//! `rollcall doctor`: a line for each thing that has to be right, and how to mend it. It mends nothing itself; opening a
//! database brings its schema up to date, as every command does.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use rollcall_core::clock::{Clock as _, SystemClock, Time};
use rollcall_core::policy::Permission;
use rollcall_core::{Database, Rollcall, apps, mail};
use serde_json::json;

use super::{Context, out};
use crate::config::KeySource;
use crate::installation::{self, IfMissing, Installation};
use crate::key_file::{self, Left, Strength};
use crate::tls_files::{self, TlsFiles};

mod client_apps;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Warning,
    Bad,
}

struct Finding {
    what: &'static str,
    verdict: Verdict,
    says: String,
}

fn good(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, verdict: Verdict::Good, says: says.into() }
}

fn warning(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, verdict: Verdict::Warning, says: says.into() }
}

fn bad(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, verdict: Verdict::Bad, says: says.into() }
}

/// 2025-01-01: no Rollcall ran before.
const BEFORE_US: i64 = 1_735_689_600_000;

pub(super) fn run(context: &Context) -> Result<ExitCode> {
    let mut findings = vec![data_directory(&context.settings.data.value), key(&context.settings.key.value)];
    findings.extend(context.settings.tls().map(|(certificate, key)| tls(certificate, key, SystemClock.now())));
    match installation::database(&context.settings) {
        Err(error) => findings.push(bad("database", error.to_string())),
        Ok(place) => {
            if matches!(&place, Database::Postgres(address) if address.is_exposed()) {
                findings.push(warning(
                    "database TLS",
                    "whoever sits between here and the database could read along: add sslmode=verify-full to its address",
                ));
            }
            match place.exists() {
                Err(error) => findings.push(bad("database", out::explain(&error.into()))),
                Ok(false) => {
                    findings
                        .push(warning("database", format!("there is none at {place} yet: rollcall serve makes it")));
                }
                Ok(true) => match installation::open(&context.settings, IfMissing::Refuse) {
                    Ok(installation) => {
                        keys(context, &installation, &mut findings)?;
                        database(&installation, &mut findings)?;
                    }
                    Err(error) => findings.push(bad("database", out::explain(&error))),
                },
            }
        }
    }
    let rows: Vec<Vec<String>> =
        findings.iter().map(|f| vec![word(f.verdict).into(), f.what.into(), f.says.clone()]).collect();
    let values: Vec<_> =
        findings.iter().map(|f| json!({"check": f.what, "verdict": word(f.verdict), "says": f.says})).collect();
    context.out.result(&out::table(&["RESULT", "CHECK", "WHAT WAS FOUND"], &rows), &values.into());
    let is_well = findings.iter().all(|f| f.verdict != Verdict::Bad);
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "ok",
        Verdict::Warning => "warning",
        Verdict::Bad => "BAD",
    }
}

fn data_directory(path: &Path) -> Finding {
    match std::fs::metadata(path) {
        Err(_) => warning("data directory", format!("{} is not there yet: rollcall serve makes it", path.display())),
        Ok(metadata) if !metadata.is_dir() => bad("data directory", format!("{} is not a directory", path.display())),
        Ok(metadata) => {
            let mode = metadata.permissions().mode() & 0o777;
            if mode & 0o077 == 0 {
                good("data directory", format!("{} (mode {mode:04o})", path.display()))
            } else {
                let path = path.display();
                warning(
                    "data directory",
                    format!("{path} has mode {mode:04o}: others can look into it; chmod 700 {path}"),
                )
            }
        }
    }
}

fn key(source: &KeySource) -> Finding {
    match source {
        KeySource::File(path) if !path.exists() => {
            warning("installation key", format!("{} is not there yet: rollcall serve makes it", path.display()))
        }
        _ => match (key_file::load(source, true, Strength::Random), source) {
            (Ok(_), KeySource::Environment) => good("installation key", "given by ROLLCALL_KEY"),
            (Ok(_), KeySource::File(path)) => {
                good("installation key", format!("{} (keep a copy with your backups)", path.display()))
            }
            (Err(error), _) => bad("installation key", format!("{error:#}")),
        },
    }
}

fn tls(certificate: &Path, key: &Path, now: Time) -> Finding {
    match TlsFiles::new(certificate, key).read() {
        Err(error) => bad("TLS", format!("{error:#}")),
        Ok(pair) => match tls_files::worry(&pair, now) {
            Some(worry) => warning("TLS", format!("{}: {worry}", certificate.display())),
            None => good("TLS", format!("{} until {}", certificate.display(), tls_files::end(&pair))),
        },
    }
}

/// What the database and the data directory say of keys: their age, those that were replaced, rotations half done.
fn keys(context: &Context, installation: &Installation, findings: &mut Vec<Finding>) -> Result<()> {
    let (rollcall, host) = (&installation.rollcall, &installation.host);
    let (now, fingerprint) = (rollcall.now(), rollcall.key_fingerprint());
    let days = |since: Time| (now.0 - since.0).max(0) / (24 * 3_600 * 1_000);
    let history = rollcall.key_history(host).wait()?;
    let since = history.iter().find(|key| key.fingerprint == fingerprint).and_then(|key| key.since);
    let age = since.map_or_else(|| "its age was not noted".to_owned(), |since| format!("{} days old", days(since)));
    findings.push(good("installation key", format!("{fingerprint}, {age}; rollcall key rotate replaces it")));
    match &context.settings.key.value {
        KeySource::Environment => {
            if key_file::settle(&context.settings.key.value, &fingerprint)? == Left::Environment {
                let says = "the one in ROLLCALL_NEW_KEY is in force: put it into ROLLCALL_KEY, wherever that is set";
                findings.push(warning("installation key", says));
            }
        }
        KeySource::File(path) => {
            let next = key_file::next(path);
            if next.exists() {
                let next = next.display();
                findings.push(warning(
                    "key rotation",
                    format!(
                        "{next} is not in force: a rotation was not finished, or is prepared; finish it with rollcall key \
                         rotate, or remove {next}"
                    ),
                ));
            }
            let old = key_file::old_ones(path);
            if !old.is_empty() {
                let names: Vec<String> = old.iter().map(|path| path.display().to_string()).collect();
                let names = names.join(", ");
                findings.push(good(
                    "replaced keys",
                    format!("{names}: older backups open with these; remove them when no such backup is left"),
                ));
            }
        }
    }
    let pairs = rollcall.key_pairs(host).wait()?;
    let (live, retired): (Vec<_>, Vec<_>) = pairs.iter().partition(|key| key.retires.is_none_or(|end| end > now));
    for key in live {
        let ends = key.retires.map_or_else(String::new, |end| format!(", retires {end}"));
        findings.push(good(
            "key pair",
            format!("{} {}, {} days old{ends}", key.purpose.name(), key.kid, days(key.created)),
        ));
    }
    if !retired.is_empty() {
        findings.push(good("key pair", format!("{} retired; rollcall key list shows them", retired.len())));
    }
    Ok(())
}

fn database(installation: &Installation, findings: &mut Vec<Finding>) -> Result<()> {
    findings.push(good("database", format!("opens with this key; schema {}", Rollcall::schema_version())));
    let now = installation.rollcall.now();
    findings.push(if now.0 > BEFORE_US {
        good("clock", format!("{now}; tokens with exp and nbf are checked by it"))
    } else {
        bad("clock", format!("{now} is in the past: tokens would be refused; set the clock"))
    });
    for account in installation.accounts()? {
        let actor = || installation.actor(&account, "doctor");
        let admins = installation
            .rollcall
            .read(actor(), Permission::AdministerAccount, rollcall_core::accounts::active_admins)
            .wait()?;
        findings.push(match admins {
            0 => warning(
                "account",
                format!(
                    "{:?} has no active admin yet: assign the role admin to an active user in an account file",
                    account.name
                ),
            ),
            n => good("account", format!("{:?} with {n} active admin(s)", account.name)),
        });
        let apps = installation.rollcall.read(actor(), Permission::AdministerAccount, apps::list).wait()?;
        findings.extend(client_apps::findings(&apps, now));
        let waiting = installation.rollcall.read(actor(), Permission::RunJobs, mail::waiting).wait()?;
        findings.push(match waiting {
            0 => good("outbox", "no mail waits"),
            n => warning(
                "outbox",
                format!("{n} mail(s) wait in {:?}: they are delivered while rollcall serve runs", account.name),
            ),
        });
    }
    Ok(())
}
