//! Turning single sign-on on, changing it, turning it off.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Configured, Kind, Mapping, Pair, Settings, Shown, Target, callback, known_bot};
use crate::audit::{Event, EventKind};
use crate::error::Result;
use crate::groups::Group;
use crate::op::{Op, View};
use crate::policy::{self, Permission};
use crate::roles::Role;
use crate::seal::{hex, sha256};
use crate::store;

/// Whether single sign-on may be off before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It is on afterwards, whatever was before.
    Enable,
    /// It must be on already.
    Update,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Single sign-on is off, so that there is nothing to update.
    NotEnabled,
    /// What the pair of this number gives cannot be given, and why.
    Pair(usize, String),
}

/// Puts these settings in the place of whatever is on. The same settings again change nothing.
///
/// Whoever says which attributes give a role or a right hands it to whomever the provider names, and whoever says which
/// provider is asked hands on all that is mapped; so each call is asked for each of them by the ceiling, also for what was
/// mapped before.
///
/// # Errors
/// An unknown bot, or when the database fails. What is wrong with the settings is a list of refusals; nothing is changed
/// then.
pub fn configure(
    op: &mut Op<'_>,
    bot: Option<&str>,
    intent: Intent,
    settings: &Settings,
) -> Result<Result<Shown, Vec<Refusal>>> {
    op.expect(Permission::ManageSso)?;
    known_bot(op, bot)?;
    let before = store::sso::find(op.tx, op.account)?;
    let mut refusals = Vec::new();
    if before.is_none() && intent == Intent::Update {
        refusals.push(Refusal::NotEnabled);
    }
    if let Some(mapping) = &settings.mapping {
        refusals.extend(check_mapping(op, mapping)?);
    }
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let callback = callback(op)?;
    if let Some(same) = before.as_ref().filter(|before| before.settings == *settings) {
        return Ok(Ok(Shown { callback, configured: Some(same.clone()) }));
    }
    let configured = op.change(|tx, view| {
        let (_, by, name) = view.actor.signature();
        let configured =
            Configured { settings: settings.clone(), modified_at: view.now, modified_by: by, modified_by_name: name };
        store::sso::set(tx, view.account, &configured)?;
        let (kind, what) = match intent {
            Intent::Enable => (EventKind::SsoEnabled, "enabled"),
            Intent::Update => (EventKind::SsoUpdated, "updated"),
        };
        let what = format!("Single sign-on by {} was {what}", settings.protocol.word());
        let (old, new) = differing(before.as_ref().map(|before| &before.settings), Some(settings));
        let mut event = Event::new(kind, &store::accounts::get(tx, view.account)?.id, what).after(new);
        if before.is_some() {
            event = event.before(old);
        }
        Ok((configured, vec![event]))
    })?;
    Ok(Ok(Shown { callback, configured: Some(configured) }))
}

/// Turns single sign-on off and forgets its settings. Where it is off, nothing is changed.
///
/// # Errors
/// An unknown bot, or when the database fails.
pub fn disable(op: &mut Op<'_>, bot: Option<&str>) -> Result<()> {
    op.expect(Permission::ManageSso)?;
    known_bot(op, bot)?;
    let Some(before) = store::sso::find(op.tx, op.account)? else { return Ok(()) };
    op.change(|tx, view| {
        store::sso::remove(tx, view.account)?;
        let what = format!("Single sign-on by {} was disabled", before.settings.protocol.word());
        let event = Event::new(EventKind::SsoDisabled, &store::accounts::get(tx, view.account)?.id, what);
        Ok(((), vec![event.before(differing(Some(&before.settings), None).0)]))
    })
}

/// What of a mapping the account does not have, or the actor may not hand on.
fn check_mapping(view: &View<'_>, mapping: &Mapping) -> Result<Vec<Refusal>> {
    let ids = |kind: Kind| -> Vec<&str> {
        let of_kind = mapping.pairs.iter().filter(|pair| pair.kind == kind);
        of_kind.filter_map(|pair| if let Target::Id(id) = &pair.target { Some(id.as_str()) } else { None }).collect()
    };
    let roles = store::roles::find_by_ids(view.tx, view.account, &ids(Kind::Role))?;
    let groups = store::groups::find_by_ids(view.tx, view.account, &ids(Kind::Group))?;
    let keys: Vec<_> = groups.iter().map(|group| group.key).collect();
    let mut barred = HashMap::<_, Vec<String>>::new();
    for (group, carried) in store::assignments::carried_by_groups(view.tx, &keys, view.now)? {
        if let Err(why) = policy::ceiling(&view.actor, &carried.grant()) {
            barred.entry(group).or_default().push(why);
        }
    }
    let roles: HashMap<&str, &Role> = roles.iter().map(|role| (role.id.as_str(), role)).collect();
    let groups: HashMap<&str, &Group> = groups.iter().map(|group| (group.id.as_str(), group)).collect();
    let faults = |pair: &Pair| -> Vec<String> {
        let id = match &pair.target {
            Target::Flag(flag) => {
                return policy::ceiling_of_right(&view.actor, flag.right()).err().into_iter().collect();
            }
            Target::Id(id) => id,
        };
        match pair.kind {
            Kind::Role => match roles.get(id.as_str()) {
                None => vec![format!("Unknown role id {id}")],
                Some(role) => policy::ceiling(&view.actor, &role.grant()).err().into_iter().collect(),
            },
            Kind::Group => match groups.get(id.as_str()) {
                None => vec![format!("Unknown group id {id}")],
                Some(group) => {
                    let carries = |why: &String| format!("{why} (the group {:?} carries it)", group.name);
                    let mut faults: Vec<String> = barred.get(&group.key).into_iter().flatten().map(carries).collect();
                    if group.from_directory {
                        faults.push(format!(
                            "The members of the group {:?} are changed by the directory alone",
                            group.name
                        ));
                    }
                    faults
                }
            },
        }
    };
    let pairs = mapping.pairs.iter().enumerate();
    Ok(pairs.flat_map(|(n, pair)| faults(pair).into_iter().map(move |why| Refusal::Pair(n, why))).collect())
}

/// What is different, before and after, as the audit log tells it: certificates by their fingerprints alone.
fn differing(before: Option<&Settings>, after: Option<&Settings>) -> (Value, Value) {
    let (mut before, mut after) = (before.map(told).unwrap_or_default(), after.map(told).unwrap_or_default());
    let same: Vec<String> =
        before.iter().filter(|(key, value)| after.get(*key) == Some(value)).map(|(key, _)| key.clone()).collect();
    for key in same {
        before.remove(&key);
        after.remove(&key);
    }
    (Value::Object(before), Value::Object(after))
}

fn told(settings: &Settings) -> Map<String, Value> {
    let fingerprints: Vec<String> =
        settings.certificates.iter().map(|body| hex(&sha256(&super::certificate::der(body)))).collect();
    let told = json!({
        "protocol": settings.protocol.word(),
        "provider": settings.provider.map(super::Provider::word),
        "signOnUrl": settings.sign_on_url,
        "issuer": settings.issuer,
        "clientId": settings.client_id,
        "certificates": fingerprints,
        "omitContext": settings.omit_context,
        "mapping": settings.mapping.as_ref().map(Mapping::to_json),
        "restrictOnboarding": settings.restrict_onboarding,
        "skip2fa": {"idp": settings.skip_2fa_idp, "sp": settings.skip_2fa_sp},
    });
    if let Value::Object(map) = told { map } else { Map::new() }
}

impl Mapping {
    /// As the store and the audit log keep it.
    pub(crate) fn to_json(&self) -> Value {
        let pair = |pair: &Pair| {
            let target = match &pair.target {
                Target::Id(id) => json!({ "id": id }),
                Target::Flag(flag) => json!({ "flag": flag.word() }),
            };
            json!({"name": pair.name, "value": pair.value, "kind": pair.kind.word(), "target": target})
        };
        json!({
            "synchronisation": self.synchronisation.word(),
            "pairs": self.pairs.iter().map(pair).collect::<Vec<_>>(),
        })
    }

    /// Reads what [`Self::to_json`] made.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let pair = |pair: &Value| {
            let target = match text(&pair["target"]["id"]) {
                Some(id) => Target::Id(id),
                None => Target::Flag(super::Flag::stored(pair["target"]["flag"].as_str()?)?),
            };
            let kind = Kind::stored(pair["kind"].as_str()?)?;
            Some(Pair { name: text(&pair["name"])?, value: text(&pair["value"])?, kind, target })
        };
        Some(Self {
            synchronisation: super::Synchronisation::stored(value["synchronisation"].as_str()?)?,
            pairs: value["pairs"].as_array()?.iter().map(pair).collect::<Option<_>>()?,
        })
    }
}
