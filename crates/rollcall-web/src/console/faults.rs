//! What is wrong with a form that was sent: beside the fields that it is about, or above them all.

use axum::http::StatusCode;
use rollcall_core::{Code, Fault};

use super::failure::Failure;

/// What is wrong with a form; nothing is, of one that was not sent yet.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    status: StatusCode,
}

impl Faults {
    /// What the core said of what was asked for.
    ///
    /// # Errors
    /// What is no matter of the form's.
    pub(super) fn of(failure: Failure) -> Result<Self, Failure> {
        let Failure::Core(error) = failure else { return Err(failure) };
        let status = match error.code() {
            Code::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Code::Conflict => StatusCode::CONFLICT,
            Code::Forbidden => StatusCode::FORBIDDEN,
            _ => return Err(Failure::Core(error)),
        };
        let list = match error.each_fault() {
            [] => vec![Fault::at("", error.to_string())],
            faults => faults.to_vec(),
        };
        Ok(Self { list, status })
    }

    /// One thing that is wrong in a field.
    pub(super) fn one(place: &str, message: String) -> Self {
        Self { list: vec![Fault::at(place, message)], status: StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// The status of the page that shows them: 200 where there are none.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong in a field.
    pub(super) fn at(&self, place: &str) -> Vec<&str> {
        self.list.iter().filter(|fault| fault.place == place).map(|fault| fault.message.as_str()).collect()
    }

    /// What is wrong with the whole.
    pub(super) fn whole(&self) -> Vec<&str> {
        self.at("")
    }
}
