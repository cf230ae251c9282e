//! `rollcall audit verify --file`: an exported log by itself.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use rollcall_core::audit::{self, Checked, Pin};
use serde_json::json;

use super::super::out::{self, Out};
use super::fault;
use crate::usage::Usage;

pub(super) fn verify(out: Out, path: &Path, keys: &[String]) -> Result<ExitCode> {
    let checked = read(path, keys)?;
    Ok(report(out, path, &checked, keys))
}

pub(super) fn read(path: &Path, keys: &[String]) -> Result<Checked> {
    let pins = keys.iter().map(|key| Pin::parse(key)).collect::<rollcall_core::Result<Vec<_>>>();
    let pins = pins.map_err(|error| Usage(error.to_string()))?;
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    let progress = out::progress("reading the exported log");
    let checked = audit::check(&mut BufReader::with_capacity(1 << 16, file), &pins).with_context(cannot);
    progress.finish_and_clear();
    checked
}

pub(super) fn report(out: Out, path: &Path, checked: &Checked, keys: &[String]) -> ExitCode {
    let Checked { account, account_id, events, checkpoints, exported_at, kids, broken, .. } = checked;
    let file = path.display();
    let text = match broken {
        None => {
            let signed = format!(
                "{file}: the audit log of {account:?} ({account_id}) of {exported_at}: {events} event(s) and {checkpoints} \
                 checkpoint(s), whole, signed by {}\n",
                kids.join(", ")
            );
            if keys.is_empty() {
                format!(
                    "{signed}The key came with the file: compare its name with /.well-known/jwks.json of the server or with \
                     an earlier export, or say it with --key\n"
                )
            } else {
                signed
            }
        }
        Some(found) => format!(
            "{file}: BROKEN at line {} ({}: {}); the {events} event(s) before it are whole\n",
            found.line,
            found.broken.kind.name(),
            found.broken.why
        ),
    };
    let broken_value = broken.as_ref().map(|found| {
        let mut value = fault(&found.broken);
        value["line"] = found.line.into();
        value
    });
    let value = json!({
        "whole": broken.is_none(),
        "file": file.to_string(),
        "account": account,
        "accountId": account_id,
        "chain": checked.chain,
        "exportedAt": exported_at.to_string(),
        "events": events,
        "checkpoints": checkpoints,
        "keys": kids,
        "pinned": !keys.is_empty(),
        "broken": broken_value,
    });
    out.result(&text, &value);
    if broken.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
