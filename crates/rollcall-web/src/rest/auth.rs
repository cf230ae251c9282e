//! The `auth` header: a raw JWT, no scheme word. Who is refused gets one answer; the reason is for the log.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{Extensions, HeaderMap};
use rollcall_core::Rollcall;
use rollcall_core::actor::Actor;
use rollcall_core::apps::token::Refusal;
use rollcall_core::policy::Permission;

use super::error::Failure;
use crate::http::client_ip;

/// The contract's words (§1, JTI).
const LIVES_TOO_LONG: &str = "error verifying the jwt: if \"jti\" claim \"exp\" must be <= 1 hour(s)";
const REPLAYED: &str = "error verifying the jwt: possibly a replay";

/// What a request says of who sends it; read before anything is awaited.
pub(super) struct Credentials {
    token: Result<String, Refusal>,
    ip: Option<IpAddr>,
}

impl Credentials {
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let mut tokens = headers.get_all("auth").iter();
        let token = match (tokens.next(), tokens.next()) {
            (None, _) => Err(Refusal::Missing),
            (Some(one), None) => one.to_str().map(str::to_owned).map_err(|_| Refusal::Malformed),
            // Two tokens in one request: whose is it?
            (Some(_), Some(_)) => Err(Refusal::Malformed),
        };
        Self { token, ip: client_ip(extensions) }
    }

    /// Finds out who asks.
    pub(super) async fn authenticate(self, rollcall: &Arc<Rollcall>, needed: Permission) -> Result<Actor, Failure> {
        let ip = self.ip;
        let token = self.token.map_err(|refusal| refuse(refusal, ip))?;
        rollcall.authenticate(token, ip).needing(needed).await?.map_err(|refusal| refuse(refusal, ip))
    }
}

/// The log and the metric have the reason; outsiders the one answer, but for the two that the contract has words for, which
/// the signature has earned them.
fn refuse(refusal: Refusal, ip: Option<IpAddr>) -> Failure {
    crate::http::metrics::token_refused(refusal);
    tracing::warn!(reason = refusal.reason(), ip = ip.map(tracing::field::display), "a token was refused");
    match refusal {
        Refusal::Replayed => Failure::token_id(REPLAYED),
        Refusal::LivesTooLong => Failure::token_id(LIVES_TOO_LONG),
        _ => Failure::invalid_credentials(),
    }
}
