//! Pages, by number or by how much comes before (API contract §1, Paging): what was asked for, and what comes back.

use crate::error::{Code, Error};

/// The largest page of most lists.
pub const MAX_LIMIT: u32 = 50;

/// A list that is read in parts cannot go on: what it went on behind is gone.
pub(crate) fn broken_off(id: &str) -> Error {
    let text = format!(
        "The list has changed while it was read: {id:?} is gone, or stands elsewhere, behind which it went on. Ask for it again."
    );
    Error::new(Code::Conflict, text)
}

/// Which part of a collection: how many things come before it, and how many it has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    skipped: u64,
    limit: u32,
}

impl Page {
    /// Page `number`, from 0, of pages of `limit`; a limit over [`MAX_LIMIT`] is served as that.
    ///
    /// # Errors
    /// A sentence, for a limit of zero.
    pub fn new(number: u64, limit: u64) -> Result<Self, String> {
        Self::of(number, limit, MAX_LIMIT)
    }

    /// As [`Self::new`], for a list whose pages have at most `max`.
    ///
    /// # Errors
    /// A sentence, for a limit of zero.
    pub fn of(number: u64, limit: u64, max: u32) -> Result<Self, String> {
        let page = Self::after(0, limit, max)?;
        Ok(Self { skipped: number.saturating_mul(u64::from(page.limit)), ..page })
    }

    /// What comes after the first `skipped` things: `limit` of them, at most `max`.
    ///
    /// # Errors
    /// A sentence, for a limit of zero.
    pub fn after(skipped: u64, limit: u64, max: u32) -> Result<Self, String> {
        if limit == 0 {
            return Err(format!("expected a whole number from 1 to {max}, found 0"));
        }
        Ok(Self { skipped, limit: u32::try_from(limit).unwrap_or(max).min(max) })
    }

    /// How many at most.
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// How many things come before it: saturates far beyond any collection.
    pub fn skipped(self) -> i64 {
        i64::try_from(self.skipped).unwrap_or(i64::MAX)
    }
}

/// A page of a collection.
#[derive(Debug, Clone)]
pub struct Paged<T> {
    /// How many things the whole collection has.
    pub total: u64,
    /// Whether a later page holds anything.
    pub more: bool,
    /// What is on this page.
    pub items: Vec<T>,
}

impl<T> Paged<T> {
    /// The items found for a page of a collection of `total`.
    pub(crate) fn of(page: Page, total: i64, items: Vec<T>) -> Self {
        let shown = page.skipped().saturating_add(i64::try_from(items.len()).unwrap_or(i64::MAX));
        Self { total: total.unsigned_abs(), more: !items.is_empty() && shown < total, items }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_clamped_and_zero_is_refused() {
        assert_eq!(Page::new(0, 51).unwrap().limit(), 50);
        assert_eq!(Page::new(3, 2).unwrap().skipped(), 6);
        assert_eq!(Page::new(u64::MAX, u64::MAX).unwrap().skipped(), i64::MAX);
        assert!(Page::new(0, 0).is_err());
        assert_eq!(Page::of(2, 1_000, 100).unwrap().skipped(), 200);
        assert_eq!(Page::after(7, 2, 50).unwrap().skipped(), 7);
    }
}
