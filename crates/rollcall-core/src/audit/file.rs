//! Whether an exported log is as it was exported: read line by line, without a database.

use std::io::{BufRead, Read as _};

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::chain::Link;
use super::checkpoint::Checkpoint;
use super::lines::{CheckpointLine, End, EventLine, Header, Line, VERSION};
use super::walk::{Broken, FaultKind, Row, Walk, range};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::keys::{Keyring, thumbprint};
use crate::seal::hex;

/// No line is longer: what an event tells of is never as large as the largest request.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// A key that an export must be signed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin(String);

impl Pin {
    /// Reads the name of a key (its JWK thumbprint), or the key itself: base64 of 32 bytes either way.
    ///
    /// # Errors
    /// A sentence that says what a key looks like.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
        match URL_SAFE_NO_PAD.decode(&plain) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(plain)),
            _ => Err(Error::invalid(format!(
                "{text:?} is no audit key: name its \"kid\" as /.well-known/jwks.json has it, or the key itself (\"x\"), \
                 32 bytes in base64"
            ))),
        }
    }

    fn fits(&self, kid: &str, public: &[u8]) -> bool {
        let is_key = STANDARD.decode(&self.0).is_ok_and(|key| key == public);
        self.0 == kid || self.0 == URL_SAFE_NO_PAD.encode(public) || is_key
    }
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The account's name, as the file has it; empty where its first line cannot be read.
    pub account: String,
    /// The account's public id.
    pub account_id: String,
    /// The hash that the chain begins with, in hex: as [`super::chain_name`].
    pub chain: String,
    /// When it was exported.
    pub exported_at: Time,
    /// How many events are whole, from the first on.
    pub events: u64,
    /// How many checkpoints fit.
    pub checkpoints: u64,
    /// The keys that it is signed by.
    pub kids: Vec<String>,
    /// The first line that is not as it was exported.
    pub broken: Option<BrokenLine>,
    /// The last whole event.
    pub(crate) end: Link,
    /// The last checkpoint that fits.
    pub(crate) signed: Option<Checkpoint>,
}

/// The first broken line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenLine {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it, and at which event.
    pub broken: Broken,
}

/// Reads an export and says whether it is whole: every event, every checkpoint, every line. With `pins` the keys that it is
/// signed by must be among these; otherwise they are taken at their word, and to be compared by whoever asks.
///
/// # Errors
/// When the file cannot be read; a broken one is an answer, not an error.
pub fn check(file: &mut dyn BufRead, pins: &[Pin]) -> Result<Checked> {
    let mut lines = Lines { file, number: 0, digest: Context::new(&SHA256) };
    let mut checked = Checked {
        account: String::new(),
        account_id: String::new(),
        chain: String::new(),
        exported_at: Time(0),
        events: 0,
        checkpoints: 0,
        kids: Vec::new(),
        broken: None,
        end: Link { seq: 0, hash: [0; 32] },
        signed: None,
    };
    let broken = match lines.next()? {
        Next::Line(Line::Export(header)) if header.version == VERSION => {
            follow(&mut lines, &header, pins, &mut checked)?
        }
        Next::Line(Line::Export(header)) => {
            let version = header.version;
            let why =
                format!("it is of version {version} of the format, and this program knows {VERSION}; use a newer one");
            Some(Broken::new(0, FaultKind::Foreign, why))
        }
        Next::End => Some(Broken::new(0, FaultKind::CutOff, "the file is empty")),
        _ => {
            let why =
                "it does not say that this is an exported audit log, as the first line of `rollcall audit export` does";
            Some(Broken::new(0, FaultKind::Foreign, why))
        }
    };
    let line = lines.number.max(1);
    checked.broken = broken.map(|broken| BrokenLine { line, broken });
    Ok(checked)
}

/// What follows the first line; stops at the first fault, with the lines read up to it.
fn follow(lines: &mut Lines<'_>, header: &Header, pins: &[Pin], to: &mut Checked) -> Result<Option<Broken>> {
    let start = Link { seq: 0, hash: header.chain.0 };
    let ring = ring(header, pins);
    (to.account, to.account_id) = (header.account.name.clone(), header.account.id.clone());
    (to.chain, to.exported_at, to.end) = (hex(&header.chain.0), Time(header.exported_at), start);
    let mut reader =
        Reader { ring: &ring, row: Row::of(&ring, start.hash), walk: Walk::from(&ring, start), signed: None };
    let broken = loop {
        let digest = lines.digest.clone();
        let expected = reader.walk.end.seq + 1;
        let taken = match lines.next()? {
            Next::Line(Line::Event(event)) => reader.event(*event, lines)?,
            Next::Line(Line::Checkpoint(checkpoint)) => reader.checkpoint(checkpoint, lines, &mut to.kids)?,
            Next::Line(Line::End(end)) => {
                let is_last = lines.is_at_end()?;
                break reader.end(&end, &header.chain.0, digest, is_last, &mut to.kids).err();
            }
            Next::Line(Line::Export(other)) => {
                let why = format!(
                    "another export begins here, of the account {:?}: a file holds one of one account",
                    other.account.name
                );
                Err(Broken::new(expected, FaultKind::Foreign, why))
            }
            Next::Strange(why) => {
                Err(Broken::new(expected, FaultKind::Foreign, format!("it is no line of an exported log: {why}")))
            }
            Next::Torn => Err(Broken::new(expected, FaultKind::CutOff, "the file ends in the middle of this line")),
            Next::End => {
                let why = "the file ends here, without the last line of an export: the rest was cut off";
                Err(Broken::new(expected, FaultKind::CutOff, why))
            }
        };
        if let Err(broken) = taken {
            break Some(broken);
        }
    };
    // After the last line: is there more?
    let broken = match broken {
        None if !lines.is_at_end()? => {
            lines.number += 1;
            let seq = reader.walk.end.seq + 1;
            Some(Broken::new(seq, FaultKind::Foreign, "it stands after the last line of the export"))
        }
        broken => broken,
    };
    (to.end, to.events) = (reader.walk.end, reader.walk.end.seq.unsigned_abs());
    (to.checkpoints, to.signed) = (reader.walk.checkpoints, reader.signed);
    Ok(broken)
}

fn ring(header: &Header, pins: &[Pin]) -> Keyring {
    let mut ring = Keyring::default();
    for key in &header.keys {
        let is_pinned = pins.is_empty() || pins.iter().any(|pin| pin.fits(&thumbprint(&key.x.0), &key.x.0));
        let is_known = key.kty == "OKP" && key.crv == "Ed25519";
        let public = match (is_pinned, is_known) {
            (true, true) => Ok(key.x.0.clone()),
            (false, _) => Err("is not the one that --key names".into()),
            (true, false) => Err("is none of Ed25519".into()),
        };
        ring.add(key.kid.clone(), public);
    }
    ring
}

struct Reader<'k> {
    ring: &'k Keyring,
    row: Row<'k>,
    walk: Walk<'k>,
    signed: Option<Checkpoint>,
}

impl Reader<'_> {
    fn event(&mut self, event: EventLine, lines: &mut Lines<'_>) -> Result<Result<(), Broken>> {
        let (number, expected) = (event.number, self.walk.end.seq + 1);
        if number > expected
            && let Some(broken) = later(lines, expected, &format!("event {number}"))?
        {
            return Ok(Err(broken));
        }
        Ok(self.walk.event(&event.into()))
    }

    fn checkpoint(
        &mut self,
        line: CheckpointLine,
        lines: &mut Lines<'_>,
        kids: &mut Vec<String>,
    ) -> Result<Result<(), Broken>> {
        let checkpoint = Checkpoint::from(line);
        if let Err(broken) = self.row.holds(&checkpoint) {
            return Ok(Err(broken));
        }
        let (seq, end) = (checkpoint.link.seq, self.walk.end.seq);
        if seq > end {
            let broken = later(lines, end + 1, &format!("the checkpoint of event {seq}"))?;
            return Ok(Err(broken.unwrap_or_else(|| {
                let why = format!("{} missing; here is the checkpoint of event {seq}", range(end + 1, seq));
                Broken::new(end + 1, FaultKind::Missing, why)
            })));
        }
        if seq < end {
            let (kind, how) = match seq <= self.row.last {
                true => (FaultKind::Duplicated, "is there again"),
                false => (FaultKind::Reordered, "stands in another place"),
            };
            return Ok(Err(Broken::new(seq, kind, format!("the checkpoint of event {seq} {how}, after event {end}"))));
        }
        let taken = self.row.next(&checkpoint).and_then(|()| self.walk.fits(&checkpoint));
        if taken.is_ok() {
            note(kids, &checkpoint.kid);
            self.signed = Some(checkpoint);
        }
        Ok(taken)
    }

    /// The last line: it counts what was there, and signs all of it.
    fn end(
        &self,
        end: &End,
        start: &[u8; 32],
        digest: Context,
        is_last: bool,
        kids: &mut Vec<String>,
    ) -> Result<(), Broken> {
        let (last, seq) = (self.walk.end.seq, self.walk.end.seq + 1);
        let counted = i64::try_from(end.events).unwrap_or(i64::MAX);
        if !is_last && counted > last {
            return Err(Broken::new(seq, FaultKind::Reordered, "the last line of the export stands before others"));
        }
        if counted > last {
            let why = format!("{} missing: the export had {counted} events", range(seq, counted));
            return Err(Broken::new(seq, FaultKind::CutOff, why));
        }
        if self.walk.signed < last || end.checkpoints > self.walk.checkpoints {
            let why = format!("the checkpoint of event {last}, the last one, is missing");
            return Err(Broken::new(last, FaultKind::Missing, why));
        }
        let signed = self.ring.check(&end.kid, &end.message(start, digest.finish().as_ref()), &end.signature.0);
        if let Err(why) = signed {
            let why = format!(
                "the events and checkpoints are whole, but the file is not the one that was signed ({why}): this line, the \
                 first one, or spaces were changed"
            );
            return Err(Broken::new(seq, FaultKind::Altered, why));
        }
        note(kids, &end.kid);
        Ok(())
    }
}

fn note(kids: &mut Vec<String>, kid: &str) {
    if !kids.iter().any(|known| known == kid) {
        kids.push(kid.to_owned());
    }
}

/// Where an event that is looked for stands further down, that is said of what stands in its place.
fn later(lines: &mut Lines<'_>, expected: i64, what: &str) -> Result<Option<Broken>> {
    let here = lines.number;
    let found = loop {
        match lines.next()? {
            Next::Line(Line::Event(event)) if event.number == expected => break Some(lines.number),
            Next::End | Next::Torn => break None,
            _ => {}
        }
    };
    lines.number = here;
    Ok(found.map(|line| {
        let why = format!("{what} stands before event {expected}, which is in line {line}");
        Broken::new(expected, FaultKind::Reordered, why)
    }))
}

/// What comes next in a file.
enum Next {
    Line(Line),
    /// None of an export, and why.
    Strange(String),
    /// The beginning of one, and nothing more.
    Torn,
    End,
}

struct Lines<'a> {
    file: &'a mut dyn BufRead,
    number: u64,
    digest: Context,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Next> {
        let mut bytes = Vec::new();
        (&mut *self.file).take(MAX_LINE).read_until(b'\n', &mut bytes).map_err(unreadable)?;
        self.number += 1;
        self.digest.update(&bytes);
        if bytes.is_empty() {
            return Ok(Next::End);
        }
        let is_ended = bytes.ends_with(b"\n");
        Ok(match serde_json::from_slice(&bytes) {
            // Editors take the last end of a line.
            Ok(line) if is_ended || matches!(line, Line::End(_)) => Next::Line(line),
            Ok(_) => Next::Torn,
            Err(_) if !is_ended => Next::Torn,
            Err(error) => Next::Strange(error.to_string()),
        })
    }

    fn is_at_end(&mut self) -> Result<bool> {
        self.file.fill_buf().map(<[u8]>::is_empty).map_err(unreadable)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unreadable(error: std::io::Error) -> Error {
    Error::new(crate::error::Code::Internal, format!("the file cannot be read: {error}"))
}
