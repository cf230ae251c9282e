//! Random bytes from the operating system: ids, secrets, single-use tokens. Nothing else in the core draws lots.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Fresh random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    SystemRandom::new().fill(&mut out).expect("the operating system gives random bytes");
    out
}

/// A step forward of up to 2^31: two that are drawn are hardly ever the same.
pub(crate) fn step() -> i64 {
    i64::from(u32::from_be_bytes(bytes()) >> 1) + 1
}

/// Sixteen hex digits that nothing else has.
pub(crate) fn hex() -> String {
    format!("{:016x}", u64::from_be_bytes(bytes()))
}

/// A secret text: never printed by `Debug`, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret from where it was typed or stored.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A client secret in the vendor's form: 32 random bytes as base64, 44 characters.
    pub(crate) fn client_secret() -> Self {
        Self(STANDARD.encode(Zeroizing::new(bytes::<32>()).as_slice()))
    }

    /// A single-use token for a link: 32 random bytes, safe in URLs.
    pub(crate) fn link_token() -> Self {
        Self(URL_SAFE_NO_PAD.encode(Zeroizing::new(bytes::<32>()).as_slice()))
    }

    /// The text itself, for the one place that must show or use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
