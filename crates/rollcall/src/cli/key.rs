//! `rollcall key …`: the keys of the installation, by their names and fingerprints. No key is ever printed.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use rollcall_core::chance::Secret;
use rollcall_core::clock::Time;
use rollcall_core::keys::{Purpose, Resealed};
use rollcall_core::seal::InstallationKey;
use rollcall_core::{Code, Error};
use serde_json::{Value, json};

use super::times;
use super::{Context, out};
use crate::config::KeySource;
use crate::installation::{self, IfMissing};
use crate::key_file::{self, Alone, NEW_KEY, Strength};
use crate::usage::Usage;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the installation key's fingerprint and the server's key pairs; never a secret
    List,
    /// Put a new installation key in force: everything that is sealed is sealed anew, while servers go on
    ///
    /// The key file is replaced, and the old key kept beside it as rollcall.key.old-FINGERPRINT, because older backups open
    /// with it alone. Where the key is in ROLLCALL_KEY, the new one is given by --new-key-file or in ROLLCALL_NEW_KEY.
    Rotate(RotateArgs),
    /// Make a new key pair; the one before is taken for a while longer
    #[command(subcommand)]
    Renew(Renew),
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// A file (mode 0600) with the new key, instead of one that is made: openssl rand -base64 32
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Renew {
    /// The pair that tokens are encrypted to
    Encryption {
        /// For how long tokens that are encrypted to the pair before are taken, such as 12h or 30d; at most 365d
        #[arg(long, default_value = "30d", value_name = "TIME", value_parser = overlap)]
        overlap: i64,
    },
}

/// Milliseconds.
fn overlap(text: &str) -> Result<i64, String> {
    let seconds = times::span(text).ok().filter(|seconds| *seconds <= 365 * 86_400);
    let wrong = || format!("{text:?} is not a time such as 0s, 30m, 12h or 30d, and at most 365d");
    seconds.map(|seconds| seconds * 1_000).ok_or_else(wrong)
}

pub(super) fn run(context: &Context, command: &Command) -> Result<ExitCode> {
    match command {
        Command::List => list(context)?,
        Command::Rotate(args) => rotate(context, args)?,
        Command::Renew(Renew::Encryption { overlap }) => renew(context, *overlap)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn since(time: Option<Time>) -> String {
    time.map_or_else(|| "(not noted)".to_owned(), |time| time.to_string())
}

fn list(context: &Context) -> Result<()> {
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let rollcall = &installation.rollcall;
    let (fingerprint, history) = (rollcall.key_fingerprint(), rollcall.key_history(&installation.host).wait()?);
    let present = history.iter().find(|key| key.fingerprint == fingerprint).and_then(|key| key.since);
    let pairs = rollcall.key_pairs(&installation.host).wait()?;
    let now = rollcall.now();
    let state = |retires: Option<Time>| match retires {
        None => "present",
        Some(end) if end > now => "retiring",
        Some(_) => "retired",
    };
    let mut rows =
        vec![vec!["installation".into(), fingerprint.clone(), since(present), String::new(), "present".into()]];
    rows.extend(pairs.iter().map(|key| {
        let retires = key.retires.map(|end| end.to_string()).unwrap_or_default();
        vec![key.purpose.name().into(), key.kid.clone(), key.created.to_string(), retires, state(key.retires).into()]
    }));
    let time = |time: Option<Time>| time.map(|time| time.to_string());
    let earlier = history.iter().filter(|key| key.fingerprint != fingerprint);
    let earlier: Vec<Value> =
        earlier.map(|key| json!({ "fingerprint": key.fingerprint, "since": time(key.since) })).collect();
    let told: Vec<Value> = pairs
        .iter()
        .map(|key| {
            json!({
                "kid": key.kid, "purpose": key.purpose.name(), "created": key.created.to_string(),
                "retires": time(key.retires), "state": state(key.retires),
            })
        })
        .collect();
    let value = json!({
        "installationKey": { "fingerprint": fingerprint, "since": time(present), "earlier": earlier },
        "keys": told,
    });
    context.out.result(&out::table(&["PURPOSE", "KEY", "SINCE", "RETIRES", "STATE"], &rows), &value);
    Ok(())
}

/// The new key that somebody gives.
fn given(args: &RotateArgs) -> Result<Option<Secret>> {
    match (&args.new_key_file, key_file::variable(NEW_KEY)) {
        (Some(_), Some(_)) => {
            Err(Usage(format!("give the new key by --new-key-file or in {NEW_KEY}, not by both")).into())
        }
        (Some(file), None) => key_file::text(file).map(Some),
        (None, given) => Ok(given),
    }
}

fn rotate(context: &Context, args: &RotateArgs) -> Result<()> {
    let (source, given) = (&context.settings.key.value, given(args)?);
    let what_then = "other servers whose key is in their environment need ROLLCALL_NEW_KEY or a new start";
    match source {
        KeySource::Environment => {
            let given = given.ok_or_else(|| {
                Usage(format!(
                    "the key is in ROLLCALL_KEY, which this cannot change: give the new one by --new-key-file FILE or in \
                     {NEW_KEY} (openssl rand -base64 32)"
                ))
            })?;
            let new = InstallationKey::parse(given.expose()).context("the new key")?;
            let installation = installation::open_to_rotate(&context.settings)?;
            let resealed =
                installation.rollcall.rotate_key(&installation.host, new).map_err(|error| uncertain(error, None))?;
            report(context, &resealed, None);
            context.out.note(&format!(
                "Change ROLLCALL_KEY to the new key now, wherever it is set, and start those servers again; {what_then}. Keep the \
                 old key for backups made before."
            ));
        }
        KeySource::File(path) => {
            installation::must_exist(&context.settings)?;
            let alone = Alone::at(path)?;
            let installation = installation::open_to_rotate(&context.settings)?;
            let rollcall = &installation.rollcall;
            // What an earlier rotation left comes first: the key that was to follow then may be in force.
            if key_file::next(path).exists()
                && key_file::read(&key_file::next(path), Strength::Random)?.fingerprint() == rollcall.key_fingerprint()
            {
                alone.finish(path)?;
            }
            let new = alone.prepare(path, given)?;
            let resealed = rollcall
                .rotate_key(&installation.host, new)
                .map_err(|error| uncertain(error, Some(key_file::next(path))))?;
            let kept = alone.finish(path).context(
                "the new key is in force, but its file could not be put into place; mend this, and start anything again",
            )?;
            report(context, &resealed, kept);
            context.out.note(&format!(
                "Copy the new key file to your safe place, and to the data directories of other replicas; {what_then}. Backups \
                 made before open with the old key alone."
            ));
        }
    }
    Ok(())
}

fn uncertain(error: Error, next: Option<PathBuf>) -> anyhow::Error {
    let (is_uncertain, is_refused) = (error.code() == Code::Uncertain, error.code() == Code::Conflict);
    let error = anyhow::Error::from(error);
    match next {
        Some(next) if is_uncertain => error.context(format!(
            "it cannot be told whether the new key is in force; it is kept in {}, and the next start sees it: rollcall doctor",
            next.display()
        )),
        Some(next) if is_refused => {
            error.context(format!("the key was not rotated; remove {}, and give another key", next.display()))
        }
        Some(next) => error.context(format!(
            "the key was not rotated; the new one is kept in {}, and the next `rollcall key rotate` takes it",
            next.display()
        )),
        None if is_uncertain => error.context("it cannot be told whether the new key is in force: try to start with each"),
        None => error.context("the key was not rotated"),
    }
}

fn report(context: &Context, resealed: &Resealed, kept: Option<PathBuf>) {
    let kept = kept.map(|path| path.display().to_string());
    let mut text = format!(
        "The installation key was rotated: {} was in force, {} is now.\n",
        resealed.before, resealed.fingerprint
    );
    let rows: Vec<Vec<String>> =
        resealed.values.iter().map(|(table, count)| vec![(*table).to_owned(), count.to_string()]).collect();
    text.push_str(&out::table(&["SEALED ANEW", "VALUES"], &rows));
    if let Some(kept) = &kept {
        text.push_str(&format!("The old key is kept in {kept}\n"));
    }
    let values: serde_json::Map<String, Value> =
        resealed.values.iter().map(|(table, count)| ((*table).to_owned(), (*count).into())).collect();
    let unreadable: Vec<String> = resealed.unreadable.iter().map(|(table, id)| format!("{table} {id}")).collect();
    let value = json!({
        "before": resealed.before, "fingerprint": resealed.fingerprint, "resealed": values, "unreadable": unreadable,
        "oldKeyFile": kept,
    });
    context.out.result(&text, &value);
    if !unreadable.is_empty() {
        context.out.warn(&format!(
            "these did not open with the key of before and are as they were (table and row): {}",
            unreadable.join(", ")
        ));
    }
}

fn renew(context: &Context, overlap: i64) -> Result<()> {
    let installation = installation::open(&context.settings, IfMissing::Refuse)?;
    let kid = installation.rollcall.renew_encryption_key(&installation.host, overlap)?;
    let pairs = installation.rollcall.key_pairs(&installation.host).wait()?;
    let earlier = pairs.iter().filter(|key| key.purpose == Purpose::Encryption && key.kid != kid);
    let end = earlier.filter_map(|key| key.retires).max().filter(|end| *end > installation.rollcall.now());
    let until = end.map_or_else(String::new, |end| {
        format!("Tokens that are encrypted to the pair before are taken until {end}.\n")
    });
    context.out.result(
        &format!("Tokens are encrypted to a new key pair from now on: {kid}\n{until}"),
        &json!({ "kid": kid, "earlierRetire": end.map(|end| end.to_string()) }),
    );
    Ok(())
}
