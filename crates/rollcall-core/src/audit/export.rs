//! The log as a file: every event with all that its hash covers, each checkpoint after its event, a page at a time.

use std::io::Write;
use std::iter::Peekable;
use std::vec::IntoIter;

use aws_lc_rs::digest::{Context, SHA256};

use super::chain;
use super::checkpoint::Checkpoint;
use super::lines::{AccountLine, Base64, CheckpointLine, End, EventLine, Hash, Header, KeyLine, Line, VERSION};
use super::seal::BATCH;
use crate::error::{Error, Result};
use crate::keys::Keyring;
use crate::op::View;
use crate::policy::Permission;
use crate::store;

/// Writes the log up to the last checkpoint, one JSON object a line, the last one signed over all before it: what
/// [`super::check`] verifies without a database. Call [`super::seal_and_sign`] first, so that nothing is left out. Gives
/// how many events there were.
///
/// # Errors
/// When the database fails, or `out` does.
pub fn export(view: &View<'_>, out: &mut dyn Write) -> Result<u64> {
    view.expect(Permission::RunJobs)?;
    let key = view.shared.signing.find(view.tx, &view.shared)?;
    let key = key.ok_or_else(|| Error::invalid("nothing of the audit log is signed yet; try again"))?;
    let start = chain::start(&store::accounts::chain_id(view.tx, view.account)?).hash;
    let mut lines = Lines { out, digest: Context::new(&SHA256) };
    lines.put(&Line::Export(header(view, Hash(start))?))?;
    let (mut events, mut checkpoints) = (0, 0);
    each(view, &mut |line| {
        match &line {
            Line::Event(_) => events += 1,
            _ => checkpoints += 1,
        }
        lines.put(&line)
    })?;
    let mut end = End { events, checkpoints, kid: key.kid.clone(), signature: Base64(Vec::new()) };
    end.signature = Base64(key.sign(&end.message(&start, lines.digest.clone().finish().as_ref())));
    lines.put(&Line::End(end))?;
    out.flush().map_err(unwritten)?;
    Ok(events)
}

/// The events alone, in order, for tables. Gives how many there were.
///
/// # Errors
/// When the database fails, or `each` does.
pub fn events(view: &View<'_>, to: &mut dyn FnMut(EventLine) -> Result<()>) -> Result<u64> {
    view.expect(Permission::RunJobs)?;
    let mut events = 0;
    each(view, &mut |line| match line {
        Line::Event(event) => {
            events += 1;
            to(*event)
        }
        _ => Ok(()),
    })?;
    Ok(events)
}

fn header(view: &View<'_>, chain: Hash) -> Result<Header> {
    let account = store::accounts::get(view.tx, view.account)?;
    let ring = Keyring::load(view.tx, Some(&*view.shared.key_of(view.tx)?))?;
    let keys = ring.public().map(|(kid, public)| KeyLine {
        kid: kid.to_owned(),
        kty: "OKP".into(),
        crv: "Ed25519".into(),
        x: Base64(public.to_vec()),
    });
    Ok(Header {
        version: VERSION,
        account: AccountLine { id: account.id.to_string(), name: account.name },
        chain,
        keys: keys.collect(),
        exported_at: view.now.0,
    })
}

/// Events and checkpoints in their order, as they are, be they whole or not.
fn each(view: &View<'_>, to: &mut dyn FnMut(Line) -> Result<()>) -> Result<()> {
    // What was sealed since the last checkpoint is in the next export.
    let (signed, _) = store::audit::unsigned(view.tx, view.account)?;
    let mut checkpoints = Checkpoints { view, after: i64::MIN, page: Vec::new().into_iter().peekable(), is_end: false };
    let mut after = i64::MIN;
    loop {
        let events = store::audit::sealed_after(view.tx, view.account, after, BATCH)?;
        if events.is_empty() {
            break;
        }
        for event in events {
            after = event.sealed.map_or(i64::MAX, |sealed| sealed.link.seq);
            checkpoints.before(after, to)?;
            if after > signed {
                return Ok(());
            }
            to(Line::Event(Box::new(event.into())))?;
        }
    }
    checkpoints.before(i64::MAX, to)
}

/// The checkpoints that are still to come.
struct Checkpoints<'v, 't> {
    view: &'v View<'t>,
    after: i64,
    page: Peekable<IntoIter<Checkpoint>>,
    is_end: bool,
}

impl Checkpoints<'_, '_> {
    /// Those before the event of this number.
    fn before(&mut self, number: i64, to: &mut dyn FnMut(Line) -> Result<()>) -> Result<()> {
        loop {
            if self.page.peek().is_none() && !self.is_end {
                let next = store::audit::checkpoints_after(self.view.tx, self.view.account, self.after, BATCH)?;
                self.is_end = next.is_empty();
                self.page = next.into_iter().peekable();
            }
            let Some(next) = self.page.next_if(|checkpoint| checkpoint.link.seq < number) else { return Ok(()) };
            self.after = next.link.seq;
            to(Line::Checkpoint(CheckpointLine::from(next)))?;
        }
    }
}

/// Where the lines go, and the digest of all of them.
struct Lines<'a> {
    out: &'a mut dyn Write,
    digest: Context,
}

impl Lines<'_> {
    fn put(&mut self, line: &Line) -> Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(Error::internal)?;
        bytes.push(b'\n');
        self.digest.update(&bytes);
        self.out.write_all(&bytes).map_err(unwritten)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unwritten(error: std::io::Error) -> Error {
    Error::internal(format!("the export cannot be written: {error}"))
}
