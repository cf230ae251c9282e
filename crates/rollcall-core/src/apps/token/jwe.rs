//! Tokens encrypted to this server (RFC 7516 §7.1, API contract §1, JWE): what is inside them. Whether that is anybody's
//! token is not known here. Whatever is wrong with one, there is one answer.

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Refusal;
use super::compact::{decoded, json};
use super::content::Content;
use crate::chance;
use crate::clock::Time;
use crate::keys::EncryptionKey;

/// Longer ones are not even looked at.
pub(crate) const MAX_TOKEN: usize = 16 * 1024;

/// The header parameters that count (RFC 7516 §4.1). Compression is refused (§4.1.3: a small token can become a large one),
/// and so is what must be understood and is not (§4.1.13).
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    kid: Option<String>,
    zip: Option<Value>,
    crit: Option<Value>,
}

/// An encrypted token, taken apart.
pub(crate) struct Encrypted<'t> {
    /// The name of the key that it is encrypted to, where it tells.
    pub(crate) kid: Option<String>,
    is_sha256: bool,
    content: Content,
    /// What is authenticated beside the text: the header as it came.
    header: &'t str,
    key: Vec<u8>,
    iv: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

/// Whether the token has the form of an encrypted one: five parts.
pub(crate) fn is_encrypted(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 4
}

impl<'t> Encrypted<'t> {
    /// Takes the token apart.
    pub(crate) fn read(token: &'t str) -> Result<Self, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(Refusal::Undecipherable);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, key, iv, text, tag] = parts[..] else { return Err(Refusal::Undecipherable) };
        let read: Header = json(header).map_err(|_| Refusal::Undecipherable)?;
        let is_sha256 = match read.alg.as_str() {
            "RSA-OAEP" => false,
            "RSA-OAEP-256" => true,
            // RSA1_5 tells whoever asks often enough what it decrypts (RFC 3218).
            _ => return Err(Refusal::Undecipherable),
        };
        let content = Content::named(&read.enc).ok_or(Refusal::Undecipherable)?;
        if read.zip.is_some() || read.crit.is_some() {
            return Err(Refusal::Undecipherable);
        }
        let part = |part: &str| decoded(part).map_err(|_| Refusal::Undecipherable);
        let (key, iv, text, tag) = (part(key)?, part(iv)?, part(text)?, part(tag)?);
        Ok(Self { kid: read.kid, is_sha256, content, header, key, iv, text, tag })
    }

    /// Decrypts it with the first of these keys that fits; what comes out is text of the form of a signed token.
    pub(crate) fn open(&self, keys: &[impl AsRef<EncryptionKey>], now: Time) -> Result<String, Refusal> {
        let live = keys.iter().map(AsRef::as_ref).filter(|key| key.retires.is_none_or(|end| end > now));
        for key in live {
            if let Some(plain) = self.decrypt(key) {
                let text = std::str::from_utf8(&plain).map_err(|_| Refusal::Undecipherable)?;
                // Claims without a signature, or a further envelope.
                if text.bytes().filter(|byte| *byte == b'.').count() != 2 {
                    return Err(Refusal::Undecipherable);
                }
                return Ok(text.to_owned());
            }
        }
        Err(Refusal::Undecipherable)
    }

    fn decrypt(&self, key: &EncryptionKey) -> Option<Zeroizing<Vec<u8>>> {
        // Where the key does not decrypt, a random one takes its place: nobody is told by what follows which of the two it
        // was (RFC 7516 §11.5).
        let mut random: Zeroizing<Vec<u8>> = Zeroizing::new(chance::bytes::<32>().to_vec());
        random.truncate(self.content.key_length());
        let found = key.decrypt(self.is_sha256, &self.key).filter(|key| key.len() == self.content.key_length());
        let content_key = found.unwrap_or(random);
        self.content.decrypt(&content_key, self.header.as_bytes(), &self.iv, &self.text, &self.tag)
    }
}
