//! The `auth` header: a raw JWT, no scheme word. Who is refused gets one answer; the reason is for the log.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{Extensions, HeaderMap};
use rollcall_core::Rollcall;
use rollcall_core::actor::Actor;
use rollcall_core::apps::token::Refusal;

use super::error::Failure;
use crate::http::client_ip;

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
    pub(super) async fn authenticate(self, rollcall: &Arc<Rollcall>) -> Result<Actor, Failure> {
        let ip = self.ip;
        let token = self.token.map_err(|refusal| refuse(refusal, ip))?;
        rollcall.authenticate(token, ip).await?.map_err(|refusal| refuse(refusal, ip))
    }
}

fn refuse(refusal: Refusal, ip: Option<IpAddr>) -> Failure {
    crate::http::metrics::token_refused(refusal);
    tracing::warn!(reason = refusal.reason(), ip = ip.map(tracing::field::display), "a token was refused");
    Failure::invalid_credentials()
}
