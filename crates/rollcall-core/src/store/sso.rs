//! Single sign-on: a row for each account that has it on.

use super::{AccountKey, Row, Tx, WriteTx};
use crate::error::{Error, Result};
use crate::sso::{Configured, Mapping, Protocol, Provider, Settings};

/// What is on; none where it is off.
pub(crate) fn find(tx: &Tx<'_>, account: AccountKey) -> Result<Option<Configured>> {
    let found = tx.first(
        "select protocol, provider, sign_on_url, issuer, client_id, certificates, omit_context, mapping, \
         restrict_onboarding, skip_2fa_idp, skip_2fa_sp, modified_at, modified_by, modified_by_name \
         from sso_settings where account_id = $1",
        &[account.into()],
        configured,
    )?;
    found
        .map(|found| found.ok_or_else(|| Error::internal("single sign-on settings that were not written by us")))
        .transpose()
}

fn configured(r: &Row<'_, '_>) -> Option<Configured> {
    let mapping = match r.opt_text(7) {
        Some(text) => Some(Mapping::from_json(&serde_json::from_str(&text).ok()?)?),
        None => None,
    };
    let provider = match r.opt_text(1) {
        Some(word) => Some(Provider::stored(&word)?),
        None => None,
    };
    Some(Configured {
        settings: Settings {
            protocol: Protocol::stored(r.str(0))?,
            provider,
            sign_on_url: r.opt_text(2),
            issuer: r.text(3),
            client_id: r.opt_text(4),
            certificates: serde_json::from_str(r.str(5)).ok()?,
            omit_context: r.bool(6),
            mapping,
            restrict_onboarding: r.bool(8),
            skip_2fa_idp: r.bool(9),
            skip_2fa_sp: r.bool(10),
        },
        modified_at: r.time(11),
        modified_by: r.text(12),
        modified_by_name: r.text(13),
    })
}

/// Puts a configuration in the place of the account's.
pub(crate) fn set(tx: &WriteTx<'_>, account: AccountKey, configured: &Configured) -> Result<()> {
    let s = &configured.settings;
    let certificates = serde_json::json!(s.certificates).to_string();
    let mapping = s.mapping.as_ref().map(|mapping| mapping.to_json().to_string());
    remove(tx, account)?;
    tx.execute(
        "insert into sso_settings (account_id, protocol, provider, sign_on_url, issuer, client_id, certificates, \
         omit_context, mapping, restrict_onboarding, skip_2fa_idp, skip_2fa_sp, modified_at, modified_by, \
         modified_by_name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            account.into(),
            s.protocol.word().into(),
            s.provider.map(Provider::word).into(),
            (&s.sign_on_url).into(),
            (&s.issuer).into(),
            (&s.client_id).into(),
            (&certificates).into(),
            s.omit_context.into(),
            (&mapping).into(),
            s.restrict_onboarding.into(),
            s.skip_2fa_idp.into(),
            s.skip_2fa_sp.into(),
            configured.modified_at.into(),
            (&configured.modified_by).into(),
            (&configured.modified_by_name).into(),
        ],
    )?;
    Ok(())
}

/// Forgets the account's configuration.
pub(crate) fn remove(tx: &WriteTx<'_>, account: AccountKey) -> Result<()> {
    tx.execute("delete from sso_settings where account_id = $1", &[account.into()])?;
    Ok(())
}
