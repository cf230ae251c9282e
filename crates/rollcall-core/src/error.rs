//! The one error of the core: what is wrong, with what, and what only the log may know. No statuses, no wire words.

use std::fmt;

use crate::apps::token::Refusal;

/// What use-cases answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of failure. Every face maps each of these; `docs/errors.md` is the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request contradicts itself, names what does not exist, or breaks a limit.
    Invalid,
    /// Nobody that Rollcall knows is asking.
    Unauthenticated,
    /// The actor is known and may not do this.
    Forbidden,
    /// There is no such thing, or none that the actor may know of.
    NotFound,
    /// The state of the account forbids it: a name is taken, a cycle would close, the last admin would go.
    Conflict,
    /// An idempotency key was used before with another request.
    KeyReused,
    /// Too many requests are waiting, or another process holds the database: try again.
    Busy,
    /// It cannot be told whether the change was made: the database broke off while it was committing.
    Uncertain,
    /// A fault of ours or of the machine; the log knows more.
    Internal,
}

impl Code {
    /// Every code, in the order of `docs/errors.md`.
    pub const ALL: [Self; 9] = [
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::KeyReused,
        Self::Busy,
        Self::Uncertain,
        Self::Internal,
    ];
}

/// One thing that is wrong, and where in what the caller sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A path into the input, such as `groups[2].members[0]`; empty for the whole.
    pub place: String,
    /// What is wrong there, and with what value.
    pub message: String,
}

impl Fault {
    /// A fault at `place`.
    pub fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

/// A refusal or a failure. [`fmt::Display`] is for the caller; [`Error::cause`] is for the log alone.
#[derive(Debug, Clone)]
pub struct Error {
    code: Code,
    message: String,
    faults: Vec<Fault>,
    cause: Option<String>,
    refusal: Option<Refusal>,
}

impl Error {
    /// An error with a message that its caller can act on.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), faults: Vec::new(), cause: None, refusal: None }
    }

    /// A token is not good any more, for this reason, which outsiders are not told.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        let message = format!("the token is not good any more: {refusal}");
        Self { refusal: Some(refusal), ..Self::new(Code::Unauthenticated, message) }
    }

    /// Why a token is not good any more, where that is what this says.
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// The input is wrong, as a whole.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }

    /// The input is wrong in these places; all of them are told at once. `faults` must not be empty.
    pub fn faults(faults: Vec<Fault>) -> Self {
        let message = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Self { code: Code::Invalid, message, faults, cause: None, refusal: None }
    }

    /// A failure that is not the caller's: they see a plain sentence, the log sees `cause`.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            code: Code::Internal,
            message: "Rollcall could not do this because of a fault of its own; nothing was changed.".into(),
            faults: Vec::new(),
            cause: Some(cause.to_string()),
            refusal: None,
        }
    }

    /// The store is overloaded or locked by another process.
    pub fn busy(cause: impl fmt::Display) -> Self {
        Self {
            code: Code::Busy,
            message: "The database is busy; nothing was changed. Try again in a moment.".into(),
            faults: Vec::new(),
            cause: Some(cause.to_string()),
            refusal: None,
        }
    }

    /// What is sealed cannot be read, nor anything be sealed: the key is another one by now.
    pub(crate) fn without_key(cause: impl fmt::Display) -> Self {
        Self {
            code: Code::Busy,
            message: "The secrets of this installation have a new key, which this server was not given; nothing was \
                      changed. Try again in a moment, or tell whoever runs it."
                .into(),
            faults: Vec::new(),
            cause: Some(cause.to_string()),
            refusal: None,
        }
    }

    /// The database cannot be reached (any more), and nothing of this was kept.
    pub fn unreachable(cause: impl fmt::Display) -> Self {
        Self {
            code: Code::Busy,
            message: "The database cannot be reached at the moment; nothing was changed. Try again in a moment.".into(),
            faults: Vec::new(),
            cause: Some(cause.to_string()),
            refusal: None,
        }
    }

    /// The database broke off between commit and answer, and could not be asked afterwards.
    pub fn uncertain(cause: impl fmt::Display) -> Self {
        Self {
            code: Code::Uncertain,
            message:
                "The database broke off while it was committing, so it cannot be told whether this was done. Look \
                      before you do it again, or repeat it with the same Idempotency-Key."
                    .into(),
            faults: Vec::new(),
            cause: Some(cause.to_string()),
            refusal: None,
        }
    }

    /// The kind of failure.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The single faults, where there are several or where the place matters.
    pub fn each_fault(&self) -> &[Fault] {
        &self.faults
    }

    /// What only the log may tell.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
