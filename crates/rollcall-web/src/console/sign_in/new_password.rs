//! The fields of a new password, wherever one is set, and what is wrong with it in the reader's words.

use rollcall_core::admins::password::{self, Fault, NewPassword, Record};

use super::{apart, secret};
use crate::console::failure::Failure;
use crate::console::visit::Visit;

fn key(fault: Fault) -> &'static str {
    match fault {
        Fault::TooShort => "new-password-too-short",
        Fault::TooLong => "new-password-too-long",
        Fault::NoUpper => "new-password-no-upper",
        Fault::NoLower => "new-password-no-lower",
        Fault::NoDigit => "new-password-no-digit",
        Fault::NoSpecial => "new-password-no-special",
        Fault::HasSpace => "new-password-has-space",
        Fault::UsedBefore => "new-password-used-before",
    }
}

/// The new password of the form, if it can be taken after those of the record; else what is wrong with it.
pub(in crate::console) async fn taken(
    visit: &Visit,
    record: Record,
) -> Result<Result<NewPassword, Vec<String>>, Failure> {
    let (new, repeated) = (secret(visit, "new"), secret(visit, "repeat"));
    if new.expose() != repeated.expose() {
        return Ok(Err(vec![visit.words.t("new-password-repeat-differs")]));
    }
    let renewed = apart(move || record.renew(&new)).await?;
    Ok(renewed.map_err(|faults| faults.into_iter().map(|fault| visit.words.t(key(fault))).collect()))
}

/// What a password must be like, for a hint.
pub(in crate::console) fn hint(visit: &Visit) -> String {
    visit.words.t2("new-password-hint", ("min", password::MIN), ("last", password::REMEMBERED))
}
