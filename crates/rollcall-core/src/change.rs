//! Absent, null, value: what a partial description says of one field. `Option` cannot tell the first two apart.

/// What becomes of a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// Not mentioned: stays as it is.
    #[default]
    Keep,
    /// Said to be nothing.
    Clear,
    /// Gets this value.
    Set(T),
}

impl<T: Clone> Change<T> {
    /// The field after the change.
    pub fn over(&self, current: Option<&T>) -> Option<T> {
        match self {
            Self::Keep => current.cloned(),
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// None is said to be nothing.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}
