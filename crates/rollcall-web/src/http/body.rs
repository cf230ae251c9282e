//! Reading a body with its limits: how large it may be, and how long its sender may take.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Extensions;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// How long a client may take to send a body. The serving loop puts it on each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyPatience(pub(crate) Duration);

impl BodyPatience {
    /// That of the request; the usual one where nobody said anything.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self(super::serve::Patience::default().body))
    }
}

/// Why a body was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is larger than allowed.
    TooLarge,
    /// It was not there in time.
    TooSlow(Duration),
    /// Its sender broke off.
    Broken,
}

/// Reads a body to its end.
///
/// # Errors
/// Where it is larger than `limit` bytes, later than allowed, or breaks off.
pub(crate) async fn read(body: Body, limit: usize, patience: BodyPatience) -> Result<Bytes, Unread> {
    match tokio::time::timeout(patience.0, Limited::new(body, limit).collect()).await {
        Err(_) => Err(Unread::TooSlow(patience.0)),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
    }
}
