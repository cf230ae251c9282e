//! What a failure of PostgreSQL means to the rest: try again, gone, busy, or a fault.

use tokio_postgres::error::SqlState;

use crate::error::Error;

/// What has to be done about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The transaction lost against another one: the same again may succeed.
    Repeat,
    /// A lock was not to be had in time.
    Wait,
    /// The connection is of no use any more.
    Reconnect,
    /// Nothing helps.
    None,
}

/// The error to answer, and what to do about it.
pub(super) fn of(error: &tokio_postgres::Error) -> (Error, Remedy) {
    let told = told(error);
    let Some(state) = error.code() else {
        // Not an answer of the server: the way to it is broken, or never was. A parameter that does not fit its
        // statement is our own fault, and leaves the connection as it was.
        return if error.is_closed() || std::error::Error::source(error).is_none_or(|e| e.is::<std::io::Error>()) {
            (Error::unreachable(told), Remedy::Reconnect)
        } else {
            (Error::internal(format!("database: {told}")), Remedy::None)
        };
    };
    if *state == SqlState::T_R_SERIALIZATION_FAILURE || *state == SqlState::T_R_DEADLOCK_DETECTED {
        return (Error::busy(told), Remedy::Repeat);
    }
    match &state.code()[..2] {
        // Connection exceptions, and the server's own end (57P01, 57P02, 57P03).
        "08" => (Error::unreachable(told), Remedy::Reconnect),
        "57" if state.code().starts_with("57P") => (Error::unreachable(told), Remedy::Reconnect),
        "55" if *state == SqlState::LOCK_NOT_AVAILABLE => (Error::busy(told), Remedy::Wait),
        // Cancelled by a time-out, or something that is in use.
        "57" | "55" => (Error::busy(told), Remedy::None),
        "53" if *state == SqlState::DISK_FULL => {
            (Error::internal(format!("the database's disk is full: {told}")), Remedy::None)
        }
        "53" => (Error::busy(told), Remedy::None),
        // A transaction that waited too long for its next statement was ended with its connection.
        "25" if *state == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT || state.code() == "25P04" => {
            (Error::unreachable(told), Remedy::Reconnect)
        }
        "25" if *state == SqlState::READ_ONLY_SQL_TRANSACTION => (
            Error::unreachable(format!("{told}: this server can only be read; name the primary in the address")),
            Remedy::Reconnect,
        ),
        _ => (Error::internal(format!("database: {told}")), Remedy::None),
    }
}

/// All that is known of a failure, in one line for the log.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => {
            let more = [db.detail(), db.hint(), db.constraint()].into_iter().flatten().collect::<Vec<_>>();
            let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join("; ")) };
            format!("{} [{}]{more}", db.message(), db.code().code())
        }
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
