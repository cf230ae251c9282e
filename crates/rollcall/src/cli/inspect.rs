//! `rollcall config`: what is in force.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::{Map, json};

use super::{Context, out};

pub(super) fn config(context: &Context) -> Result<ExitCode> {
    let table = context.settings.table();
    let rows: Vec<Vec<String>> =
        table.iter().map(|(name, value, origin)| vec![(*name).to_owned(), value.clone(), origin.clone()]).collect();
    let values: Map<_, _> = table
        .into_iter()
        .map(|(name, value, origin)| (name.to_owned(), json!({ "value": value, "from": origin })))
        .collect();
    context.out.result(&out::table(&["SETTING", "VALUE", "FROM"], &rows), &values.into());
    Ok(ExitCode::SUCCESS)
}
