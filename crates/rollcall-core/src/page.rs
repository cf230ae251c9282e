//! Pages by number (API contract §1, Paging): what was asked for, and what comes back.

/// The largest page.
pub const MAX_LIMIT: u32 = 50;

/// Which page: `number` counts pages from 0, `limit` is 1…50.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    number: u64,
    limit: u32,
}

impl Page {
    /// Page `number` of pages of `limit`; a limit over [`MAX_LIMIT`] is served as that.
    ///
    /// # Errors
    /// A sentence, for a limit of zero.
    pub fn new(number: u64, limit: u64) -> Result<Self, String> {
        if limit == 0 {
            return Err("limit must be a whole number from 1 to 50, not 0".into());
        }
        Ok(Self { number, limit: u32::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT) })
    }

    /// Which page.
    pub fn number(self) -> u64 {
        self.number
    }

    /// How many at most.
    pub fn limit(self) -> u32 {
        self.limit
    }

    /// How many things come before this page: saturates far beyond any collection.
    pub(crate) fn skipped(self) -> i64 {
        i64::try_from(self.number.saturating_mul(u64::from(self.limit))).unwrap_or(i64::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_clamped_and_zero_is_refused() {
        assert_eq!(Page::new(0, 51).unwrap().limit(), 50);
        assert_eq!(Page::new(3, 2).unwrap().skipped(), 6);
        assert_eq!(Page::new(u64::MAX, u64::MAX).unwrap().skipped(), i64::MAX);
        assert!(Page::new(0, 0).is_err());
    }
}
