//! From a token to an actor (API contract §1, Authentication). The key and the algorithm come from the app's record,
//! never from the token; what a token says before it is verified is used for one thing only, to find that record.

pub(crate) mod claims;
pub(crate) mod compact;
mod content;
pub(crate) mod jwe;
mod mint;
mod proof;

use std::fmt;

pub use mint::{make, mint};
pub(crate) use proof::{Decoys, Known, Presented, Recognised, judge, recognise_known, recognise_many, renew};

/// Why a token was refused. Outsiders never see it, but for the two that the contract has words for; the log, the metric
/// and the app's record do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// There is no token.
    Missing,
    /// It is not a signed JWT with the claims that are needed, in the form that they need.
    Malformed,
    /// The app that it names is unknown, or was revoked.
    UnknownApp,
    /// The app has come to its end.
    AppExpired,
    /// Its header names another algorithm than the app's record.
    WrongAlgorithm,
    /// None of the app's secrets made this signature.
    BadSignature,
    /// A secret of the app made it whose time is over.
    SecretExpired,
    /// Its `exp` is past.
    Expired,
    /// Its `nbf` is to come.
    NotYetValid,
    /// It has no `jti`, which the app enforces.
    NoTokenId,
    /// It has a `jti`, and no `exp` within an hour.
    LivesTooLong,
    /// Its `jti` was seen before.
    Replayed,
    /// It is not encrypted, which the app enforces.
    NotEncrypted,
    /// It is encrypted, but not to a key of this server, or not in a way that is taken, or not around a signed token.
    Undecipherable,
}

impl Refusal {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Missing,
        Self::Malformed,
        Self::UnknownApp,
        Self::AppExpired,
        Self::WrongAlgorithm,
        Self::BadSignature,
        Self::SecretExpired,
        Self::Expired,
        Self::NotYetValid,
        Self::NoTokenId,
        Self::LivesTooLong,
        Self::Replayed,
        Self::NotEncrypted,
        Self::Undecipherable,
    ];

    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::UnknownApp => "unknown app",
            Self::AppExpired => "app expired",
            Self::WrongAlgorithm => "wrong algorithm",
            Self::BadSignature => "bad signature",
            Self::SecretExpired => "secret expired",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::NoTokenId => "no jti",
            Self::LivesTooLong => "jti lives too long",
            Self::Replayed => "replayed",
            Self::NotEncrypted => "not encrypted",
            Self::Undecipherable => "not decipherable",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
