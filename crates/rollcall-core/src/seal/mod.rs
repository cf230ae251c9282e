//! Secrets at rest: AES-256-GCM under the installation key, and the digest of single-use tokens. Which key is in force is
//! said in `keys/`.

mod guard;
mod weak;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::chance::{self, Secret};
use crate::error::{Error, Result};

const NONCE: usize = 12;

/// The length of a key in bytes (AES-256).
const KEY: usize = 32;
/// What GCM adds to what it encrypts.
const TAG: usize = 16;

/// The key under which every secret of an installation is kept. Losing it loses the secrets. It cannot be read out again,
/// and is wiped when it is dropped, which is the cryptographic library's part.
pub struct InstallationKey {
    key: LessSafeKey,
    fingerprint: String,
}

impl InstallationKey {
    /// A new key, as the base64 text that is kept in the key file or given by environment.
    pub fn generate() -> Secret {
        loop {
            let bytes = Zeroizing::new(chance::bytes::<KEY>());
            let text = Secret::new(STANDARD.encode(bytes.as_slice()));
            // What may be read again must not be refused then, however rarely that would be.
            if weak::fault(text.expose(), bytes.as_slice()).is_none() {
                return text;
            }
        }
    }

    /// Reads a key: base64 of exactly 32 bytes, white space around it ignored. What no generator makes is refused: plain
    /// sequences and patterns, phrases, keys out of documents.
    ///
    /// # Errors
    /// A sentence that says what a key looks like, or why this one is known to others, and how to make a good one.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text, true)
    }

    /// As [`Self::parse`], for the one command that replaces the key: it takes also one that others may know.
    ///
    /// # Errors
    /// A sentence that says what a key looks like.
    pub fn parse_to_replace(text: &str) -> Result<Self> {
        Self::read(text, false)
    }

    fn read(text: &str, must_be_random: bool) -> Result<Self> {
        let text = text.trim();
        // Large enough for whatever is decoded: nothing of it is left behind in a smaller place.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().max(KEY)));
        let is_decoded = STANDARD.decode_vec(text, &mut bytes).is_ok();
        if !is_decoded || bytes.len() != KEY {
            return Err(Error::invalid(
                "the installation key is not 32 random bytes in base64 (44 characters); make one with `openssl rand -base64 32`",
            ));
        }
        if let Some(fault) = weak::fault(text, &bytes).filter(|_| must_be_random) {
            return Err(Error::invalid(format!(
                "the installation key was not drawn at random: {fault}. Whoever guesses it reads every secret; make one with \
                 `openssl rand -base64 32`. Where this one is in use already, replace it first: `rollcall key rotate`"
            )));
        }
        let named = Zeroizing::new([b"rollcall installation key ".as_slice(), &bytes].concat());
        let fingerprint = hex(&sha256(&named)[..8]);
        let key = UnboundKey::new(&AES_256_GCM, &bytes).expect("32 bytes are an AES-256 key");
        Ok(Self { key: LessSafeKey::new(key), fingerprint })
    }

    /// Sixteen hex digits by which keys are told apart, and by which nobody comes nearer to the key.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Encrypts `plain`; `purpose` binds it to the column it is for, so that it cannot be moved to another.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = chance::bytes();
        // With room for all: a place that it had to leave would keep the plain text.
        let mut sealed = Vec::with_capacity(plain.len() + TAG);
        sealed.extend_from_slice(plain);
        self.key
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
            self.key.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut buffer).map_err(|_| failed())?.len();
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
        for bad in ["", "short", "!!!!", &STANDARD.encode([7; 31]), &hex(&chance::bytes::<32>())] {
            let error = InstallationKey::parse(bad).unwrap_err().to_string();
            assert!(error.contains("32 random bytes") && error.contains("openssl rand"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_default_key_is_refused_and_never_repeated_in_the_refusal() {
        let sequence = |first: u8, step: u8| {
            STANDARD.encode((0..32).map(|n: u8| first.wrapping_add(n.wrapping_mul(step))).collect::<Vec<u8>>())
        };
        let random: [u8; 16] = chance::bytes();
        let mut nearly = [0; 32];
        nearly[31] = 1;
        let hashed = |text: &str| STANDARD.encode(sha256(text.as_bytes()));
        let nist = "YD3rEBXKcb4rc67whX13gR81LAc7YQjXLZgQowkU3/Q=".to_owned();
        let cases = [
            (STANDARD.encode([0; 32]), "all the same"),
            (STANDARD.encode([0xff; 32]), "all the same"),
            (sequence(0, 1), "sequence"),
            (sequence(0x1f, 0xff), "sequence"),
            (sequence(200, 7), "sequence"),
            (STANDARD.encode([random, random].concat()), "pattern"),
            (STANDARD.encode([1, 2, 3].repeat(11).split_at(32).0), "pattern"),
            ("passwordpasswordpasswordpasswordpasswordpas=".to_owned(), "pattern"),
            (STANDARD.encode(nearly), "few different"),
            (STANDARD.encode("correct horse battery staple 123"), "phrase"),
            (STANDARD.encode("0f3b5c7d9e1a2b4c6d8e0f1a3b5c7d9e"), "phrase"),
            ("correcthorsebatterystaplewithalittlesaltand8=".chars().skip(1).collect(), "typed in"),
            (nist, "documents"),
            (hashed(""), "hash of a word"),
            (hashed("changeme\n"), "hash of a word"),
        ];
        for (key, why) in cases {
            let error = InstallationKey::parse(&key).map(|_| ()).expect_err(&key).to_string();
            assert!(error.contains(why) && error.contains("openssl rand"), "{key}: {error}");
            assert!(!error.contains(&key), "{error}");
        }
    }

    #[test]
    fn a_key_that_was_drawn_is_taken_and_its_fingerprint_tells_it_from_others() {
        let keys: Vec<_> = (0..64).map(|_| InstallationKey::generate()).collect();
        let prints: std::collections::BTreeSet<String> =
            keys.iter().map(|key| InstallationKey::parse(key.expose()).unwrap().fingerprint().to_owned()).collect();
        assert_eq!(prints.len(), keys.len());
        assert!(keys.iter().all(|key| InstallationKey::parse(&format!(" {}\n", key.expose())).is_ok()));
    }
}
