//! Uploaded files: kept for a day, for other calls to take up. What is in them is the business of those calls.

use serde_json::json;

use crate::audit::{Event, EventKind};
use crate::clock::Time;
use crate::error::{Code, Error, Result};
use crate::id::FileId;
use crate::op::{Op, View};
use crate::policy::Permission;
use crate::seal::sha256;
use crate::store::{self, Chore};
use crate::text;

/// The largest file: 10 MiB.
pub const MAX_SIZE: usize = 10 * 1024 * 1024;
/// For how long a file is kept: 24 hours.
pub const KEPT_MILLIS: i64 = 24 * 3600 * 1000;
/// As many bytes of files an account may have at a time: 256 MiB.
pub const MAX_KEPT: i64 = 256 * 1024 * 1024;
/// As many files an account may have at a time, however small.
pub const MAX_FILES: i64 = 10_000;
/// As many bytes of these may be one app's: 128 MiB.
pub const MAX_KEPT_OF_APP: i64 = MAX_KEPT / 2;
/// As many of these files may be one app's.
pub const MAX_FILES_OF_APP: i64 = MAX_FILES / 2;

/// The longest name of a file.
const MAX_NAME: usize = 300;
/// The longest word for what a file is for.
const MAX_CONTEXT: usize = 100;
/// The longest extension.
const MAX_EXTENSION: usize = 50;

/// A part of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The file itself, with its name.
    File,
    /// What it is for.
    Context,
    /// What kind of file it is.
    Extension,
}

/// A file whose every part has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    name: String,
    context: String,
    extension: String,
    content: Vec<u8>,
    digest: [u8; 32],
}

impl NewFile {
    /// Checks a file. Its name is a text and nothing else: never a path, and it may be empty. One dot before the extension
    /// is left out.
    ///
    /// # Errors
    /// Everything that is wrong, with the part that it is wrong with. The size is the business of whoever reads it in.
    pub fn check(name: &str, context: &str, extension: &str, content: Vec<u8>) -> Result<Self, Vec<(Part, String)>> {
        let mut faults = Vec::new();
        let mut take = |part: Part, taken: Result<String, String>| {
            taken.map_err(|why| faults.push((part, why))).unwrap_or_default()
        };
        let name = take(Part::File, text::clean("the file name", name, MAX_NAME));
        let context = take(Part::Context, text::required("the file context", context, MAX_CONTEXT));
        let extension = extension.trim();
        let extension = extension.strip_prefix('.').unwrap_or(extension);
        let extension = take(Part::Extension, text::required("the file extension", extension, MAX_EXTENSION));
        if content.is_empty() {
            faults.push((Part::File, "the file is empty".into()));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let digest = sha256(&content);
        Ok(Self { name, context, extension, content, digest })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// What kind of file it is, without a dot.
    pub fn extension(&self) -> &str {
        &self.extension
    }

    /// Its bytes.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(crate) fn size(&self) -> i64 {
        i64::try_from(self.content.len()).unwrap_or(i64::MAX)
    }

    fn event(&self, id: &FileId) -> Event {
        let digest: String = self.digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let what = format!("A file of {} bytes was uploaded for {:?}", self.content.len(), self.context);
        Event::new(EventKind::FileUploaded, id, what).after(json!({
            "name": self.name,
            "context": self.context,
            "extension": self.extension,
            "size": self.content.len(),
            "sha256": digest,
        }))
    }
}

/// Files that came up to then are as if they did not exist.
fn since(now: Time) -> Time {
    now.plus_millis(-KEPT_MILLIS)
}

/// Keeps a file for a day, and gives the id by which every app of the account may take it up.
///
/// # Errors
/// [`Code::Invalid`] for a file over [`MAX_SIZE`]; [`Code::Conflict`] where the account would have more than [`MAX_KEPT`]
/// bytes or [`MAX_FILES`] files, or the app more than its half of them, with the time at which there is room.
pub fn upload(op: &mut Op<'_>, file: &NewFile) -> Result<FileId> {
    op.expect(Permission::UploadFiles)?;
    if file.content.len() > MAX_SIZE {
        return Err(Error::invalid(format!(
            "the file has {} bytes; at most {MAX_SIZE} are allowed",
            file.content.len()
        )));
    }
    ask_for_room(op, file.size())?;
    let id = FileId::random();
    op.change(|tx, view| {
        store::files::insert(tx, view.account, &id, file, &view.actor.signature().1, view.now)?;
        Ok(((), vec![file.event(&id)]))
    })?;
    Ok(id)
}

/// How much somebody may have at a time.
struct Allowance {
    files: i64,
    bytes: i64,
}

impl Allowance {
    fn has_room(&self, (files, bytes): (i64, i64), size: i64) -> bool {
        files < self.files && bytes + size <= self.bytes
    }

    /// When there is room, where the oldest of these go one after the other.
    fn room(&self, kept: (i64, i64), size: i64, ages: impl Iterator<Item = (Time, i64)>) -> Option<Time> {
        let (mut files, mut bytes) = kept;
        let mut going = ages.skip_while(|(_, gone)| {
            files -= 1;
            bytes -= gone;
            !self.has_room((files, bytes), size)
        });
        going.next().map(|(came, _)| came.plus_millis(KEPT_MILLIS))
    }
}

/// One app alone, whatever it may do otherwise, must not be able to keep all others from uploading.
fn ask_for_room(view: &View<'_>, size: i64) -> Result<()> {
    let by = view.actor.signature().1;
    let since = since(view.now);
    let [all, own] = store::files::kept(view.tx, view.account, since, &by)?;
    let of_app = Allowance { files: MAX_FILES_OF_APP, bytes: MAX_KEPT_OF_APP };
    let of_account = Allowance { files: MAX_FILES, bytes: MAX_KEPT };
    for (who, allowance, kept, is_own) in [("The app", of_app, own, true), ("The account", of_account, all, false)] {
        if allowance.has_room(kept, size) {
            continue;
        }
        let ages = store::files::ages(view.tx, view.account, since)?;
        let ages = ages.into_iter().filter(|(_, _, whose)| !is_own || *whose == by).map(|(came, size, _)| (came, size));
        let room = allowance.room(kept, size, ages).unwrap_or(view.now);
        let message = format!(
            "{who} has {} uploaded files of {} bytes altogether, and may have {} files and {} MiB; files are kept for 24 hours, \
             and there is room for this one from {room} on",
            kept.0,
            kept.1,
            allowance.files,
            allowance.bytes / (1024 * 1024)
        );
        return Err(Error::new(Code::Conflict, message));
    }
    Ok(())
}

/// The content of an uploaded file, for the call that takes it up; none where there is no such file in the account (any
/// more).
pub(crate) fn content(view: &View<'_>, id: &str) -> Result<Option<Vec<u8>>> {
    store::files::content(view.tx, view.account, id.trim(), since(view.now))
}

/// Whether there is such a file in the account.
pub(crate) fn is_there(view: &View<'_>, id: &str) -> Result<bool> {
    store::files::is_there(view.tx, view.account, id.trim(), since(view.now))
}

/// Deletes the files whose day is over, and tells how many they were.
///
/// # Errors
/// When the database fails.
pub fn forget_expired(op: &mut Op<'_>) -> Result<usize> {
    op.expect_chore(Chore::Forget)?;
    op.upkeep(|tx, view| store::files::forget(tx, view.account, since(view.now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_cleaned_and_every_fault_is_told() {
        let file = NewFile::check(" ../roles.json ", " bulkImport ", " .json ", b"[]".to_vec()).unwrap();
        assert_eq!((file.name(), file.context(), file.extension()), ("../roles.json", "bulkImport", "json"));
        assert_eq!(NewFile::check("", "x", "json", vec![0]).unwrap().name(), "");
        let faults = NewFile::check("a\u{7}b", " ", ".", Vec::new()).unwrap_err();
        let told: Vec<_> = faults.iter().map(|(part, why)| (*part, why.as_str())).collect();
        assert_eq!(
            told,
            [
                (Part::File, "the file name holds the control character U+0007"),
                (Part::Context, "the file context is empty"),
                (Part::Extension, "the file extension is empty"),
                (Part::File, "the file is empty"),
            ]
        );
        for (name, context, extension, part) in [
            ("n".repeat(301), "c".into(), "e".into(), Part::File),
            ("n".repeat(300), "c".repeat(101), "e".into(), Part::Context),
            ("n".into(), "c".repeat(100), "e".repeat(51), Part::Extension),
        ] {
            let faults = NewFile::check(&name, &context, &extension, vec![0]).unwrap_err();
            assert_eq!(faults.iter().map(|(part, _)| *part).collect::<Vec<_>>(), [part]);
        }
    }
}
