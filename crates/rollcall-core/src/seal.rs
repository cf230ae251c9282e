//! Secrets at rest: AES-256-GCM under the installation key, and the digest of single-use tokens.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use crate::chance::{self, Secret};
use crate::error::{Error, Result};

const NONCE: usize = 12;

/// The key under which every secret of an installation is kept. Losing it loses the secrets.
pub struct InstallationKey(LessSafeKey);

impl InstallationKey {
    /// A new key, as the base64 text that is kept in the key file or given by environment.
    pub fn generate() -> Secret {
        Secret::new(STANDARD.encode(chance::bytes::<32>()))
    }

    /// Reads a key: base64 of exactly 32 bytes, white space around it ignored.
    ///
    /// # Errors
    /// A sentence that says what a key looks like.
    pub fn parse(text: &str) -> Result<Self> {
        let mut bytes = STANDARD.decode(text.trim()).unwrap_or_default();
        if bytes.len() != 32 || bytes.iter().all(|b| *b == bytes[0]) {
            bytes.zeroize();
            return Err(Error::invalid(
                "the installation key is not 32 random bytes in base64 (44 characters); make one with `openssl rand -base64 32`",
            ));
        }
        let key = UnboundKey::new(&AES_256_GCM, &bytes).expect("32 bytes are an AES-256 key");
        bytes.zeroize();
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Encrypts `plain`; `purpose` binds it to the column it is for, so that it cannot be moved to another.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = chance::bytes();
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .expect("AES-GCM takes anything this short");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts what [`Self::seal`] made for the same purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let failed = || Error::internal(format!("a sealed {purpose} does not open with this installation key"));
        let (nonce, rest) = sealed.split_at_checked(NONCE).ok_or_else(failed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut buffer = Zeroizing::new(rest.to_vec());
        let length =
            self.0.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut buffer).map_err(|_| failed())?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Decrypts a text, as a secret.
    pub(crate) fn open_text(&self, purpose: &str, sealed: &[u8]) -> Result<Secret> {
        let plain = self.open(purpose, sealed)?;
        let text =
            std::str::from_utf8(&plain).map_err(|_| Error::internal(format!("a sealed {purpose} is not text")))?;
        Ok(Secret::new(text))
    }
}

impl std::fmt::Debug for InstallationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// SHA-256.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    digest(&SHA256, data).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_and_for_its_purpose() {
        let key = InstallationKey::parse(InstallationKey::generate().expose()).unwrap();
        let other = InstallationKey::parse(InstallationKey::generate().expose()).unwrap();
        let sealed = key.seal("app secret", b"hush");
        assert_eq!(*key.open("app secret", &sealed).unwrap(), b"hush");
        assert!(key.open("mail", &sealed).is_err());
        assert!(other.open("app secret", &sealed).is_err());
        assert!(key.open("app secret", &sealed[..5]).is_err());
        assert_ne!(sealed, key.seal("app secret", b"hush"), "each sealing has a nonce of its own");
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let zeros = STANDARD.encode([0; 32]);
        for bad in ["", "short", zeros.as_str(), "!!!!"] {
            assert!(InstallationKey::parse(bad).is_err(), "{bad}");
        }
    }
}
