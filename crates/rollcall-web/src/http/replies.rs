//! Rendered replies, remembered by their entity tags: a tag is made of the account's mark and of what was asked, so that what
//! stands under it never changes. Bounded in bytes. Who may not see a reply never gets as far as its tag.

use std::time::Duration;

use axum::body::Bytes;
use quick_cache::sync::{Cache, DefaultLifecycle, GuardResult};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::coding::{Coding, WORTH_IT};

/// How many bytes of replies are remembered where nobody says otherwise.
pub const DEFAULT_BYTES: u64 = 32 * 1024 * 1024;
/// Half of it is for what has been asked for more than once: after a change of the account all of that is of no use any more,
/// and must not stand long in the way of what is asked for now.
const FOR_THE_PROVEN: f64 = 0.5;
/// What an entry costs beside its bytes.
const ENTRY: usize = 256;
/// How long one who needs a reply waits for another who renders it already: as long as most take, and not longer, because the
/// thread that waits is one of the few that read the database.
const PATIENCE: Duration = Duration::from_millis(20);
/// Answers over this are written in a coding on a thread of their own, so that they hold nobody up.
const LARGE: usize = 64 * 1024;

/// Replies, and parts of them.
pub(crate) struct Replies(Cache<String, Bytes, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<String, Bytes> for Weight {
    fn weight(&self, tag: &String, bytes: &Bytes) -> u64 {
        (ENTRY + tag.len() + bytes.len()) as u64
    }
}

impl Replies {
    /// Remembers as many bytes, at most. What is rendered is remembered nowhere where there are none.
    pub(crate) fn new(bytes: u64) -> Self {
        let mut options = OptionsBuilder::new();
        // One shard: a reply may be as large as a good part of it.
        options.shards(1).hot_allocation(FOR_THE_PROVEN).weight_capacity(bytes);
        options.estimated_items_capacity(usize::try_from(bytes / 16_384).unwrap_or(usize::MAX).max(1));
        let options = options.build().expect("size and capacity are given");
        Self(Cache::with_options(options, Weight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }

    /// What stands under a name.
    pub(crate) fn get(&self, name: &str) -> Option<Bytes> {
        let found = self.0.get(name);
        let what = if found.is_some() { "hit" } else { "miss" };
        metrics::counter!("rollcall_remembered_replies_total", "asked" => what).increment(1);
        found
    }

    /// Remembers something under a name that nothing else has.
    pub(crate) fn insert(&self, name: &str, bytes: &Bytes) {
        self.0.insert(name.to_owned(), bytes.clone());
        metrics::gauge!("rollcall_remembered_reply_bytes").set(self.0.weight() as f64);
    }

    /// What stands under a name, or else what `render` makes; of those who ask for one name at the same time one renders.
    /// Blocks meanwhile.
    ///
    /// # Errors
    /// Those of `render`; the next who asks tries again.
    pub(crate) fn get_or_render<E>(&self, name: &str, render: impl FnOnce() -> Result<Bytes, E>) -> Result<Bytes, E> {
        if let Some(found) = self.get(name) {
            return Ok(found);
        }
        match self.0.get_value_or_guard(name, Some(PATIENCE)) {
            GuardResult::Value(found) => Ok(found),
            GuardResult::Guard(guard) => {
                let rendered = render()?;
                // It fails where the entry was taken out meanwhile, which nobody does.
                let _ = guard.insert(rendered.clone());
                metrics::gauge!("rollcall_remembered_reply_bytes").set(self.0.weight() as f64);
                Ok(rendered)
            }
            GuardResult::Timeout => render(),
        }
    }

    /// A reply in a coding: remembered, or written now and remembered under the tag that it has in this coding.
    pub(crate) async fn coded(&self, tag: &str, coding: Coding, plain: Bytes) -> (Coding, Bytes) {
        if coding == Coding::Identity || plain.len() < WORTH_IT {
            return (Coding::Identity, plain);
        }
        match self.0.get_value_or_guard_async(coding.tag(tag).as_str()).await {
            Ok(found) => (coding, found),
            Err(guard) => {
                let (coding, written) = written(coding, plain).await;
                if coding != Coding::Identity {
                    let _ = guard.insert(written.clone());
                }
                (coding, written)
            }
        }
    }
}

/// An answer in a coding, which is remembered nowhere.
pub(crate) async fn written(coding: Coding, plain: Bytes) -> (Coding, Bytes) {
    if coding == Coding::Identity || plain.len() < WORTH_IT {
        return (Coding::Identity, plain);
    }
    if plain.len() < LARGE {
        return (coding, coding.write(&plain));
    }
    let work = plain.clone();
    match tokio::task::spawn_blocking(move || coding.write(&work)).await {
        Ok(written) => (coding, written),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written in a coding; it is sent as it is");
            (Coding::Identity, plain)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn reply(bytes: usize) -> Bytes {
        vec![b'x'; bytes].into()
    }

    #[test]
    fn no_more_is_remembered_than_was_said() {
        let replies = Replies::new(100_000);
        for n in 0..1_000 {
            replies.insert(&format!("\"{n}\""), &reply(10_000));
            // What was asked for twice has a better place, and goes all the same when there is more of it.
            replies.get(&format!("\"{n}\""));
            assert!(replies.0.weight() <= 100_000);
        }
        assert!((2..10).contains(&replies.0.len()), "{}", replies.0.len());
        replies.insert("too large", &reply(200_000));
        assert!(replies.0.weight() <= 100_000 && replies.get("too large").is_none());
        let none = Replies::new(0);
        none.insert("a", &reply(1));
        assert!(none.get("a").is_none());
    }

    #[test]
    fn of_those_who_ask_at_the_same_time_one_renders() {
        let (replies, rendered, start) = (Replies::new(DEFAULT_BYTES), AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    let found = replies.get_or_render("a", || {
                        rendered.fetch_add(1, Ordering::SeqCst);
                        Ok::<_, ()>(reply(7))
                    });
                    assert_eq!(found.unwrap().len(), 7);
                });
            }
        });
        assert_eq!(rendered.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let replies = Replies::new(DEFAULT_BYTES);
        assert_eq!(replies.get_or_render("a", || Err("broken")).unwrap_err(), "broken");
        assert_eq!(replies.get_or_render("a", || Ok::<_, ()>(reply(1))).unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_written_in_a_coding_is_remembered_beside_the_plain_form() {
        let replies = Replies::new(DEFAULT_BYTES);
        let (coding, written) = replies.coded("\"a\"", Coding::Gzip, reply(2 * LARGE)).await;
        assert_eq!((coding, written.len() < 1_000), (Coding::Gzip, true));
        assert_eq!(replies.get("\"a-gzip\"").map(|found| found.len()), Some(written.len()));
        let (coding, small) = replies.coded("\"b\"", Coding::Gzip, reply(WORTH_IT - 1)).await;
        assert_eq!((coding, small.len()), (Coding::Identity, WORTH_IT - 1));
        assert!(replies.get("\"b-gzip\"").is_none());
    }
}
