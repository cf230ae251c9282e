//! Whether a token is its app's: the only way to an [`Actor::App`]. An app's record may be remembered from an earlier
//! request, by its stamp; whoever acts by it is held to the record of the moment in the transaction itself ([`renew`]).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use super::Refusal;
use super::claims::{Claims, TokenId};
use super::compact::Unverified;
use crate::actor::{self, Actor, Proof};
use crate::apps::{Algorithm, App, AppSecret, Credential, Verifier};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::id::ClientId;
use crate::seal::InstallationKey;
use crate::shared::Shared;
use crate::store::{self, AccountKey, AppKey, Tx};

/// A token as it was presented, and from where.
pub(crate) struct Presented {
    pub(crate) token: String,
    /// Whether it came encrypted to this server.
    pub(crate) was_encrypted: bool,
    pub(crate) ip: Option<IpAddr>,
}

/// An app with its credentials unsealed.
pub(crate) struct Known {
    pub(crate) app: App,
    credentials: Vec<Held>,
}

struct Held {
    id: Arc<str>,
    expires: Option<Time>,
    verifier: Verifier,
}

/// A token that is its app's, but for its id, which must not have been seen.
pub(crate) struct Recognised {
    pub(crate) actor: Actor,
    pub(crate) token_id: Option<TokenId>,
}

/// Claims behind a signature that was checked, and which credential made it.
struct Verified<'k> {
    by: &'k Held,
}

/// What nobody's tokens are checked against, so that they take as long as anybody's.
#[derive(Default)]
pub(crate) struct Decoys {
    verifiers: [OnceLock<Verifier>; Algorithm::ALL.len()],
    apps: RwLock<[Option<App>; Algorithm::ALL.len()]>,
}

impl Decoys {
    /// The record of an app that nobody has, sealed as any other.
    fn app(&self, key: &InstallationKey, algorithm: Algorithm) -> App {
        let made = || {
            let sealed = Credential::decoy(algorithm).seal(key);
            let secret = AppSecret { id: String::new(), sealed, created: Time(0), expires: None, last_used: None };
            App {
                account: AccountKey(0),
                key: AppKey(0),
                client_id: ClientId::random(),
                name: String::new(),
                algorithm,
                scopes: Vec::new(),
                created: Time(0),
                last_used: None,
                expires: None,
                enforce_jti: false,
                enforce_jwe: false,
                stamp: 0,
                secrets: vec![secret],
            }
        };
        let known = self.apps.read()[algorithm as usize].clone();
        known.unwrap_or_else(|| self.apps.write()[algorithm as usize].get_or_insert_with(made).clone())
    }

    /// Forgets the sealed ones: they were sealed under another key.
    pub(crate) fn forget(&self) {
        *self.apps.write() = Default::default();
    }

    fn of(&self, algorithm: Algorithm) -> &Verifier {
        self.verifiers[algorithm as usize].get_or_init(|| Verifier::decoy(algorithm))
    }
}

impl Known {
    /// Unseals the app's credentials.
    pub(crate) fn open(key: &InstallationKey, app: App) -> Result<Self> {
        let held = |secret: &AppSecret| {
            let verifier = Credential::open(key, app.algorithm, &secret.sealed)?.verifier(app.algorithm)?;
            Ok(Held { id: secret.id.as_str().into(), expires: secret.expires, verifier })
        };
        // One that does not open, as after a key was lost, keeps out nobody who has another.
        let (mut credentials, mut failed) = (Vec::new(), None);
        for opened in app.secrets.iter().map(held) {
            match opened {
                Ok(credential) => credentials.push(credential),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if credentials.is_empty() => Err(error),
            _ => Ok(Self { app, credentials }),
        }
    }

    fn prove(&self, token: &Unverified<'_>, now: Time, decoys: &Decoys) -> Result<Verified<'_>, Refusal> {
        if token.algorithm != Some(self.app.algorithm) {
            decoys.of(token.family()).verifies(token.signed.as_bytes(), &token.signature);
            return Err(Refusal::WrongAlgorithm);
        }
        let signed = token.signed.as_bytes();
        let by = self.credentials.iter().find(|held| held.verifier.verifies(signed, &token.signature));
        let by = by.ok_or(Refusal::BadSignature)?;
        if by.expires.is_some_and(|end| end <= now) {
            return Err(Refusal::SecretExpired);
        }
        if self.app.expires.is_some_and(|end| end <= now) {
            return Err(Refusal::AppExpired);
        }
        Ok(Verified { by })
    }

    /// Whose token this is, if it is the app's.
    fn recognise(
        &self,
        token: &Unverified<'_>,
        presented: &Presented,
        now: Time,
        decoys: &Decoys,
    ) -> Result<Recognised, Refusal> {
        let verified = self.prove(token, now, decoys)?;
        let claims: &Claims = &token.claims;
        claims.are_live_at(now)?;
        if self.app.enforce_jwe && !presented.was_encrypted {
            return Err(Refusal::NotEncrypted);
        }
        let token_id = claims.token_id(&self.app, now)?;
        let proof = Proof {
            stamp: self.app.stamp,
            secret: Arc::clone(&verified.by.id),
            algorithm: self.app.algorithm,
            had_token_id: token_id.is_some(),
            was_encrypted: presented.was_encrypted,
        };
        let App { account, key, client_id, name, scopes, .. } = self.app.clone();
        let actor = Actor::App(actor::App { account, key, client_id, name, scopes, ip: presented.ip, proof });
        Ok(Recognised { actor, token_id })
    }
}

/// Tries the record that is remembered; none where the database must be asked. It takes as long for an app that nobody
/// remembers.
pub(crate) fn recognise_known(shared: &Shared, token: &Unverified<'_>, presented: &Presented) -> Option<Recognised> {
    let now = shared.clock.now();
    let Some(known) = shared.known.get(&token.app_id) else {
        shared.decoys.of(token.family()).verifies(token.signed.as_bytes(), &token.signature);
        return None;
    };
    // Whatever is wrong may be mended by now: a new secret, another end. The record of the moment says why it is refused.
    let recognised = known.recognise(token, presented, now, &shared.decoys).ok()?;
    note_use(shared, &recognised.actor, now);
    Some(recognised)
}

/// Whose tokens these are, in their order. One statement for all; what cannot be told of one is no trouble of the others.
pub(crate) fn recognise_many(
    tx: &Tx<'_>,
    shared: &Shared,
    presented: &[&Presented],
) -> Result<Vec<Result<Result<Recognised, Refusal>>>> {
    let now = shared.clock.now();
    let read: Vec<_> = presented.iter().map(|p| Unverified::read(&p.token)).collect();
    let ids: HashSet<&str> = read.iter().flatten().map(|token| token.app_id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let found = store::apps::find_by_client_ids(tx, &ids)?;
    let mut known: HashMap<&str, Result<Arc<Known>>> = HashMap::new();
    for (id, app) in &found {
        let opened = shared.open(tx, |key| Known::open(key, app.clone())).map(Arc::new);
        if let Ok(app) = &opened {
            shared.known.put(id, app);
        }
        known.insert(id, opened);
    }
    let whose = |(token, presented): (Result<Unverified<'_>, Refusal>, &&Presented)| match token {
        Err(refusal) => Ok(Err(refusal)),
        Ok(token) => match known.get(token.app_id.as_str()) {
            None => {
                shared.known.forget(&token.app_id);
                // The same is done as for an app that there is. Whatever comes out, nobody can have signed with this.
                let key = shared.key();
                let decoy = Known::open(&key, shared.decoys.app(&key, token.family()));
                let _ = decoy.map(|decoy| decoy.recognise(&token, presented, now, &shared.decoys).is_ok());
                Ok(Err(Refusal::UnknownApp))
            }
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(known)) => {
                let recognised = known.recognise(&token, presented, now, &shared.decoys);
                match &recognised {
                    Ok(recognised) => note_use(shared, &recognised.actor, now),
                    Err(refusal) => shared.usage.refused(known.app.account, known.app.key, *refusal, now),
                }
                Ok(recognised)
            }
        },
    };
    Ok(read.into_iter().zip(presented).map(whose).collect())
}

/// Whether a token would be taken, and the id that it has.
pub(crate) type Judged = Result<Option<TokenId>, Refusal>;

/// As an app of this account would be judged by a token of its, without noting anything of it; none where the token names
/// none of the account's.
pub(crate) fn judge(
    tx: &Tx<'_>,
    shared: &Shared,
    account: AccountKey,
    token: &Unverified<'_>,
    presented: &Presented,
) -> Result<Option<(App, Judged)>> {
    let found = store::apps::find_by_client_ids(tx, &[token.app_id.as_str()])?.remove(&token.app_id);
    let Some(app) = found.filter(|app| app.account == account) else { return Ok(None) };
    let known = shared.open(tx, |key| Known::open(key, app.clone()))?;
    let recognised = known.recognise(token, presented, shared.clock.now(), &shared.decoys);
    Ok(Some((app, recognised.map(|recognised| recognised.token_id))))
}

fn note_use(shared: &Shared, actor: &Actor, now: Time) {
    if let Actor::App(app) = actor {
        shared.usage.used(app.account, app.key, &app.proof.secret, now);
    }
}

/// The actor, as its app is now: other scopes, another name. The account's apps were changed since it was recognised.
///
/// # Errors
/// [`Code::Unauthenticated`] where its token would be refused by now.
pub(crate) fn renew(tx: &Tx<'_>, shared: &Shared, actor: &Actor) -> Result<Actor> {
    let Actor::App(was) = actor else { return Ok(actor.clone()) };
    let now = shared.clock.now();
    let found = store::apps::find_by_client_ids(tx, &[was.client_id.as_str()])?.remove(was.client_id.as_str());
    // Not remembered from here: what this transaction sees may be undone. The next request looks for itself.
    shared.known.forget(was.client_id.as_str());
    let refused = |refusal: Refusal| {
        shared.usage.refused(was.account, was.key, refusal, now);
        Error::refused(refusal)
    };
    let Some(app) = found else { return Err(refused(Refusal::UnknownApp)) };
    if app.key != was.key {
        return Err(Error::busy("the app was made anew while its token was on its way"));
    }
    let known = shared.open(tx, |key| Known::open(key, app.clone()))?;
    let app = &known.app;
    let held = known.credentials.iter().find(|held| held.id == was.proof.secret);
    let refusal = match held {
        Some(_) if app.algorithm != was.proof.algorithm => Some(Refusal::WrongAlgorithm),
        None => Some(Refusal::BadSignature),
        Some(held) if held.expires.is_some_and(|end| end <= now) => Some(Refusal::SecretExpired),
        Some(_) if app.expires.is_some_and(|end| end <= now) => Some(Refusal::AppExpired),
        Some(_) if app.enforce_jwe && !was.proof.was_encrypted => Some(Refusal::NotEncrypted),
        Some(_) if app.enforce_jti && !was.proof.had_token_id => Some(Refusal::NoTokenId),
        Some(_) => None,
    };
    if let Some(refusal) = refusal {
        return Err(refused(refusal));
    }
    let proof = Proof { stamp: app.stamp, ..was.proof.clone() };
    Ok(Actor::App(actor::App { name: app.name.clone(), scopes: app.scopes.clone(), proof, ..was.clone() }))
}
