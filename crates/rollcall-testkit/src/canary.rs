//! Secrets that tests plant, and the search for them wherever somebody could read: every reply to a caller, every line of
//! the log at every level. What is found in the log fails whichever test looks next, because a log has no owner.

use std::collections::{HashMap, VecDeque};
use std::fmt::{self, Write as _};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{LazyLock, Mutex, Once, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rollcall_core::chance::Secret;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// So many bytes of a secret give it away; shorter ends of it may be shown.
const GRAM: usize = 16;
/// So many lines of the log are kept, for secrets that are planted after they were said.
const KEPT_LINES: usize = 500;

/// What to look for.
struct Planted {
    /// What each piece is a piece of.
    pieces: HashMap<[u8; GRAM], String>,
    /// Whether any piece begins with these two bytes: nearly all places are passed over by this.
    begins: Vec<bool>,
}

static PLANTED: LazyLock<RwLock<Planted>> =
    LazyLock::new(|| RwLock::new(Planted { pieces: HashMap::new(), begins: vec![false; 1 << 16] }));
static LINES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn begin(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// A new secret, long enough for a client secret and base64 like those that Rollcall makes, for which every reply and the
/// log are searched from now on.
pub fn secret(what: &str) -> Secret {
    let random = || RandomState::new().build_hasher().finish();
    let text = format!("{:016x}canaries{:016x}", random(), random());
    plant(what, &text);
    Secret::new(text)
}

/// Searches for this secret from now on, as it is, in base64 and in hex digits; and, as it is, in what was logged last.
///
/// # Panics
/// Where it is shorter than what can be told from chance.
pub fn plant(what: &str, secret: &str) {
    assert!(secret.len() >= GRAM, "{what} is too short to be looked for");
    let forms = forms(secret);
    let mut planted = PLANTED.write().unwrap_or_else(PoisonError::into_inner);
    for piece in forms.iter().flat_map(|form| form.chunks_exact(GRAM)) {
        planted.begins[begin(piece)] = true;
        planted.pieces.insert(piece.try_into().expect("a piece is that long"), what.to_owned());
    }
    drop(planted);
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let told = lines.iter().filter(|line| line.contains(secret)).map(|line| format!("{what}: {line}"));
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
}

/// How a secret could be written: base64 is another one for each place in three where it could begin.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.as_bytes().to_vec(), hex.into_bytes()];
    for before in 0..3 {
        let shifted = [&vec![0; before], secret.as_bytes()].concat();
        for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            // The signs that are made of other bytes, too, are left away at both ends.
            let encoded = alphabet.encode(&shifted).into_bytes();
            forms.push(encoded[before + before.min(1)..encoded.len() - 1].to_vec());
        }
    }
    forms
}

/// Which planted secret these bytes give away.
pub fn found_in(bytes: &[u8]) -> Option<String> {
    let planted = PLANTED.read().unwrap_or_else(PoisonError::into_inner);
    let mut places = bytes.windows(GRAM).filter(|place| planted.begins[begin(place)]);
    places.find_map(|place| planted.pieces.get(place).cloned())
}

/// Panics where a reply gives a secret away, or the log has done so.
pub(crate) fn check(name: &str, told: &str) {
    if let Some(what) = found_in(told.as_bytes()) {
        panic!("{name}: the reply tells {what}: {told}");
    }
    check_log();
}

/// Panics where the log has given a secret away.
pub fn check_log() {
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(heard.is_empty(), "the log tells secrets: {heard:#?}");
}

/// Hears everything that is logged in this process from now on, whatever the level.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    // Where a test process has a subscriber of its own, that one stays.
    ONCE.call_once(|| drop(tracing_subscriber::registry().with(Ear).try_init()));
}

fn hear(line: String) {
    search(&line);
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.len() == KEPT_LINES {
        lines.pop_front();
    }
    lines.push_back(line);
}

fn search(line: &str) {
    if let Some(what) = found_in(line.as_bytes()) {
        HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{what}: {line}"));
    }
}

struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut line = Line(format!("{} {}", span.metadata().target(), span.metadata().name()));
        span.record(&mut line);
        hear(line.0);
    }

    fn on_record(&self, _: &Id, record: &Record<'_>, _: Context<'_, S>) {
        let mut line = Line("recorded".to_owned());
        record.record(&mut line);
        hear(line.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(event.metadata().target().to_owned());
        event.record(&mut line);
        hear(line.0);
    }
}

/// What is said, field by field.
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {}={value}", field.name());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

/// Looks at the log once more when an installation of a test goes.
#[derive(Default)]
pub(crate) struct LastLook;

impl Drop for LastLook {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            check_log();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_is_found_however_it_is_written_and_nothing_else_is() {
        let secret = secret("app");
        let text = secret.expose();
        for before in ["", "x", "xy", "xyz"] {
            let told = format!("{before}{text}{before}");
            let hex: String = told.bytes().map(|byte| format!("{byte:02x}")).collect();
            for written in [told.clone(), hex, STANDARD_NO_PAD.encode(&told), URL_SAFE_NO_PAD.encode(&told)] {
                assert_eq!(found_in(written.as_bytes()).as_deref(), Some("app"), "{written}");
            }
        }
        assert_eq!(found_in(&text.as_bytes()[text.len() - GRAM + 1..]), None, "the end of it may be shown");
        assert_eq!(found_in(b"short"), None);
        assert_eq!(found_in(format!("{secret:?} nothing of it").as_bytes()), None);
    }

    #[test]
    fn the_log_is_heard_at_every_level_with_spans_and_what_is_planted_later() {
        listen();
        let heard = || HEARD.lock().unwrap_or_else(PoisonError::into_inner).drain(..).count();
        let (one, other) = (secret("one"), secret("other"));
        tracing::trace!(key = one.expose(), "said");
        assert_eq!(heard(), 1);
        tracing::error!("said {}", other.expose());
        assert_eq!(heard(), 1);
        let span = tracing::debug_span!("within", key = ?one.expose(), later = tracing::field::Empty);
        assert_eq!(heard(), 1);
        span.record("later", other.expose());
        assert_eq!(heard(), 1);
        tracing::info!("said before it was known: a secret of somebody");
        assert_eq!(heard(), 0);
        plant("late", "a secret of somebody");
        assert_eq!(heard(), 1);
        tracing::info!(secret = ?one, "hidden by its type");
        assert_eq!(heard(), 0);
    }
}
