//! Content codings (RFC 9110 §8.4): which one a client is best served with, and the work itself.

use std::io::Write as _;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Shorter answers are sent as they are: little would be won, and much of it lost again to headers.
pub(crate) const WORTH_IT: usize = 1_024;
/// What gzip (RFC 1952) does here: of its nine levels the one beyond which lists hardly get smaller, only slower.
const GZIP_LEVEL: u32 = 5;
/// The same of Zstandard (RFC 8878), of twenty-two.
const ZSTD_LEVEL: i32 = 3;

/// How an answer's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Coding {
    /// As they are.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// The one that the client likes best of those that there are; the smaller one where it likes both (RFC 9110 §12.5.3).
    /// Who accepts none of them, not even the plain form, gets that all the same, which the RFC leaves to the server.
    pub(crate) fn chosen(headers: &HeaderMap) -> Self {
        let weights = Weights::read(headers);
        let [gzip, zstd] = [weights.of(&["gzip", "x-gzip"]), weights.of(&["zstd"])];
        let identity = weights.named(&["identity"]).unwrap_or(0);
        match (gzip.max(zstd), zstd >= gzip) {
            (0, _) => Self::Identity,
            (best, _) if best < identity => Self::Identity,
            (_, true) => Self::Zstd,
            (_, false) => Self::Gzip,
        }
    }

    /// Its name in headers; none: there is no header to say so.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    /// The entity tag of the same thing written so: other bytes have another tag (RFC 9110 §8.8.3.3).
    pub(crate) fn tag(self, plain: &str) -> String {
        match self.name() {
            None => plain.to_owned(),
            Some(name) => format!("{}-{name}\"", plain.trim_end_matches('"')),
        }
    }

    /// The tag of the plain form of what this is a tag of.
    pub(crate) fn plain_tag(tag: &str) -> String {
        let bare = tag.trim_end_matches('"');
        let plain = [Self::Gzip, Self::Zstd].iter().find_map(|c| bare.strip_suffix(c.name()?)?.strip_suffix('-'));
        plain.map_or_else(|| tag.to_owned(), |plain| format!("{plain}\""))
    }

    /// The bytes, written so. Some milliseconds for each megabyte.
    pub(crate) fn write(self, plain: &Bytes) -> Bytes {
        let written = match self {
            Self::Identity => return plain.clone(),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 8), Compression::new(GZIP_LEVEL));
                encoder.write_all(plain).and_then(|()| encoder.finish())
            }
            Self::Zstd => {
                let buffer = Vec::with_capacity(plain.len() / 8);
                zstd::Encoder::new(buffer, ZSTD_LEVEL).and_then(|mut encoder| {
                    encoder.set_pledged_src_size(Some(plain.len() as u64))?;
                    encoder.include_checksum(true)?;
                    encoder.write_all(plain)?;
                    encoder.finish()
                })
            }
        };
        let mut written = written.expect("memory takes what is written into it");
        written.shrink_to_fit();
        written.into()
    }
}

/// What `Accept-Encoding` says: codings with their weights, in thousandths.
struct Weights(Vec<(String, u16)>);

impl Weights {
    fn read(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
        let items = lines.flat_map(|line| line.split(',')).filter_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = match parameters.trim().strip_prefix(['q', 'Q']) {
                None => 1_000,
                Some(q) => thousandths(q.trim_start().strip_prefix('=')?.trim())?,
            };
            Some((name.trim().to_ascii_lowercase(), weight))
        });
        Self(items.collect())
    }

    fn named(&self, names: &[&str]) -> Option<u16> {
        self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).map(|(_, weight)| *weight).max()
    }

    fn of(&self, names: &[&str]) -> u16 {
        self.named(names).or_else(|| self.named(&["*"])).unwrap_or(0)
    }
}

/// A weight (RFC 9110 §12.4.2): from 0 to 1 with up to three digits. What is none makes the item count for nothing.
fn thousandths(text: &str) -> Option<u16> {
    let value: f32 = text.parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
    Some((value * 1_000.0) as u16)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::http::HeaderValue;

    use super::*;

    fn chosen(lines: &[&str]) -> Coding {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        Coding::chosen(&headers)
    }

    #[test]
    fn the_client_says_which_coding_it_likes_best() {
        for (lines, expected) in [
            (&[][..], Coding::Identity),
            (&[""], Coding::Identity),
            (&["identity"], Coding::Identity),
            (&["br"], Coding::Identity),
            (&["gzip"], Coding::Gzip),
            (&["X-GZIP"], Coding::Gzip),
            (&["gzip, deflate, br, zstd"], Coding::Zstd),
            (&["gzip;q=1, zstd;q=0.9"], Coding::Gzip),
            (&["gzip;q=0.001"], Coding::Gzip),
            (&["gzip;q=0"], Coding::Identity),
            (&["gzip;q=0, *"], Coding::Zstd),
            (&["*;q=0.5, zstd;q=0"], Coding::Gzip),
            (&["*;q=0"], Coding::Identity),
            (&["identity, gzip;q=0.5"], Coding::Identity),
            (&["identity;q=0.5, gzip ; Q = 0.6"], Coding::Gzip),
            (&["identity;q=0"], Coding::Identity),
            (&["deflate", "gzip"], Coding::Gzip),
            (&["gzip;q=2"], Coding::Identity),
            (&["gzip;q=NaN"], Coding::Identity),
        ] {
            assert_eq!(chosen(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let whole =
            (0..300).map(|n| format!("{{\"emailId\":\"person.{n}@acme.test\"}}")).collect::<String>().into_bytes();
        let plain = Bytes::from(whole.clone());
        for coding in [Coding::Gzip, Coding::Zstd] {
            let written = coding.write(&plain);
            assert!(written.len() < whole.len() / 4, "{coding:?}: {}", written.len());
            let mut read = Vec::new();
            match coding {
                Coding::Gzip => drop(flate2::read::GzDecoder::new(&written[..]).read_to_end(&mut read).unwrap()),
                _ => read = zstd::decode_all(&written[..]).unwrap(),
            }
            assert_eq!(read, whole, "{coding:?}");
        }
        assert_eq!(Coding::Identity.write(&plain).len(), whole.len());
    }

    #[test]
    fn each_coding_has_a_tag_of_its_own_that_leads_back_to_the_plain_one() {
        for coding in [Coding::Identity, Coding::Gzip, Coding::Zstd] {
            let tag = coding.tag("\"g1-a.1.7-0-50\"");
            assert_eq!(Coding::plain_tag(&tag), "\"g1-a.1.7-0-50\"");
        }
        assert_eq!(Coding::Gzip.tag("\"a\""), "\"a-gzip\"");
    }
}
