//! Giving and taking roles by a form, from the page of a role or of a bot: each undoes the other.

use rollcall_core::clock::Time;
use rollcall_core::policy::Permission;
use rollcall_core::roles::give::{self, Changed, Given, Giving};

use crate::console::failure::Failure;
use crate::console::faults::Faults;
use crate::console::listing::{lines, several};
use crate::console::visit::{Flash, Visit};

/// So much of names has room in the cookie that undoes it, in bytes.
const UNDOABLE: usize = 1_500;

/// What was typed into the form that gives a role.
#[derive(Default)]
pub(in crate::console) struct Typed {
    pub(in crate::console) role: String,
    pub(in crate::console) bot: String,
    pub(in crate::console) users: String,
    pub(in crate::console) groups: String,
    pub(in crate::console) until: String,
}

impl Typed {
    pub(in crate::console) fn of(visit: &Visit) -> Self {
        let field = |name: &str| visit.form().get(name).to_owned();
        Self {
            role: field("role"),
            bot: field("bot"),
            users: field("users"),
            groups: field("groups"),
            until: field("until"),
        }
    }

    /// The role and the bot that are not asked for are those of the page.
    fn asked(&self, role: Option<&str>, bot: Option<&str>) -> Result<Giving, Faults> {
        Ok(Giving {
            role: role.unwrap_or(&self.role).to_owned(),
            bot: bot.unwrap_or(&self.bot).to_owned(),
            users: several(&self.users),
            groups: lines(&self.groups),
            until: time(&self.until).map_err(|why| Faults::one("until", why))?,
        })
    }
}

/// A time as a field for times has it, which is in UTC, or as it is written elsewhere; none where nothing is.
fn time(text: &str) -> Result<Option<Time>, String> {
    let text = text.trim();
    match text.len() {
        0 => Ok(None),
        16 => Time::parse(&format!("{text}:00Z")).map(Some),
        _ => Time::parse(text).map(Some),
    }
}

/// Where a form of giving is, and which of role and bot is the page's own.
pub(in crate::console) struct Place<'p> {
    /// The page.
    pub(in crate::console) path: String,
    pub(in crate::console) role: Option<&'p str>,
    pub(in crate::console) bot: Option<&'p str>,
}

/// Gives a role as the form says.
///
/// # Errors
/// What is wrong with the form, or what is no matter of its own.
pub(in crate::console) async fn give(visit: &Visit, place: &Place<'_>) -> Result<Result<Flash, Faults>, Failure> {
    let asked = match Typed::of(visit).asked(place.role, place.bot) {
        Ok(asked) => asked,
        Err(faults) => return Ok(Err(faults)),
    };
    let by = asked.clone();
    match visit.change(Permission::ManageRoles, move |op| give::give(op, &by)).await {
        Ok(given) => {
            // Who had it until another time had it before: taking it away would not bring that back.
            let undo = given.holders.iter().all(|holder| holder.until.is_none()).then_some("take");
            Ok(Ok(flash(place, &asked, &given, "roles-done-given", undo)))
        }
        Err(failure) => Ok(Err(Faults::of(failure)?)),
    }
}

/// Takes a role away as the form says.
///
/// # Errors
/// As [`give`].
pub(in crate::console) async fn take(visit: &Visit, place: &Place<'_>) -> Result<Result<Flash, Faults>, Failure> {
    let typed = Typed { until: String::new(), ..Typed::of(visit) };
    let asked = match typed.asked(place.role, place.bot) {
        Ok(asked) => asked,
        Err(faults) => return Ok(Err(faults)),
    };
    let by = asked.clone();
    match visit.change(Permission::ManageRoles, move |op| give::take(op, &by)).await {
        Ok(taken) => {
            let until = taken.holders.first().and_then(|holder| holder.until);
            // The form that gives it back says one time for all of them.
            let is_one_end = taken.holders.iter().all(|holder| holder.until == until);
            let is_over = until.is_some_and(|until| until <= visit.now());
            let undo = (is_one_end && !is_over).then_some("give");
            let asked = Giving { until, ..asked };
            Ok(Ok(flash(place, &asked, &taken, "roles-done-taken", undo)))
        }
        Err(failure) => Ok(Err(Faults::of(failure)?)),
    }
}

fn flash(place: &Place<'_>, asked: &Giving, given: &Given, key: &str, undo: Option<&str>) -> Flash {
    let names = |wants: fn(&Changed) -> bool| {
        let chosen = given.holders.iter().filter(|holder| wants(holder));
        chosen.map(|holder| holder.name.as_str()).collect::<Vec<_>>()
    };
    let key = if given.holders.is_empty() { format!("{key}-none") } else { key.to_owned() };
    let who = names(|_| true).join(", ");
    let flash = Flash::done(&key, &[("role", &given.name), ("who", &who)]);
    let Some(undo) = undo.filter(|_| !given.holders.is_empty() && who.len() <= UNDOABLE) else { return flash };
    let (users, groups) = (names(|holder| holder.is_user).join(" "), names(|holder| !holder.is_user).join("\n"));
    let until = asked.until.map_or_else(String::new, |until| until.to_string());
    let fields: [(&str, &str); 5] =
        [("role", &asked.role), ("bot", &asked.bot), ("users", &users), ("groups", &groups), ("until", &until)];
    flash.undone_by(format!("{}/{undo}", place.path), &fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_fields_and_files_write_it() {
        let minute = time("2026-02-01T10:30").unwrap().unwrap();
        assert_eq!(minute.to_string(), time("2026-02-01T10:30:00Z").unwrap().unwrap().to_string());
        assert_eq!(time("  "), Ok(None));
        assert!(time("tomorrow").is_err() && time("2026-02-31T10:30").is_err());
    }
}
