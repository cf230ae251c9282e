//! What is around every page: its title, the ways to the others, who is signed in, what was just done.

use rollcall_core::clock::Time;
use rollcall_core::policy::Permission;

use super::assets;
use super::visit::{Flash, Visit};
use super::words::Words;

/// What a page of ours may load and do: our own style and script, our own forms, and nothing that stands in the page itself.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A way to another page.
pub(super) struct Way {
    pub(super) to: &'static str,
    pub(super) text: String,
    /// The key after `g` that goes there.
    pub(super) key: &'static str,
    pub(super) is_here: bool,
}

/// Where the ways lead, by the permission that their pages ask for.
const WAYS: [(&str, &str, &str, Permission); 8] = [
    ("/console", "nav-dashboard", "d", Permission::UseConsole),
    ("/console/users", "nav-users", "u", Permission::ViewUsers),
    ("/console/groups", "nav-groups", "g", Permission::ViewGroups),
    ("/console/roles", "nav-roles", "r", Permission::ViewRoles),
    ("/console/bots", "nav-bots", "b", Permission::ViewBots),
    ("/console/apps", "nav-apps", "a", Permission::ManageApps),
    ("/console/audit", "nav-audit", "l", Permission::ViewAuditLog),
    ("/console/settings", "nav-settings", "s", Permission::UseConsole),
];

/// What is around a page.
pub(super) struct Layout<'v> {
    pub(super) title: String,
    pub(super) words: Words,
    pub(super) ways: Vec<Way>,
    /// Who is signed in, and their address.
    pub(super) who: Option<(&'v str, &'v str)>,
    pub(super) form_token: String,
    pub(super) flash: Option<&'v Flash>,
}

impl<'v> Layout<'v> {
    pub(super) fn of(visit: &'v Visit, title: String) -> Self {
        let path = visit.target.split('?').next().unwrap_or_default();
        let is_here = |to: &str| match to {
            "/console" => path == to,
            _ => path == to || path.strip_prefix(to).is_some_and(|rest| rest.starts_with('/')),
        };
        let ways = WAYS.into_iter().filter(|(.., permission)| visit.can(*permission));
        let ways = ways.map(|(to, text, key, _)| Way { to, text: visit.words.t(text), key, is_here: is_here(to) });
        Self {
            title,
            words: visit.words,
            ways: ways.collect(),
            who: visit.admin().map(|admin| (admin.name(), admin.email())),
            form_token: visit.form_token().unwrap_or_default(),
            flash: visit.flash.as_ref(),
        }
    }

    /// A text.
    pub(super) fn t(&self, key: &str) -> String {
        self.words.t(key)
    }

    /// A text with something in it.
    pub(super) fn t1(&self, key: &str, name: &str, value: &str) -> String {
        self.words.t1(key, name, value)
    }

    /// A text with a number in it, which has its say in the form of the words.
    pub(super) fn n(&self, key: &str, number: &u64) -> String {
        self.words.t1(key, "n", *number)
    }

    /// What was just done, or was not.
    pub(super) fn said(&self) -> Option<String> {
        let flash = self.flash?;
        let mut arguments = fluent_bundle::FluentArgs::new();
        for (name, value) in &flash.with {
            arguments.set(name.as_str(), value.as_str());
        }
        Some(self.words.with(&flash.key, &arguments))
    }

    pub(super) fn style(&self) -> &'static str {
        assets::style()
    }

    pub(super) fn script(&self) -> &'static str {
        assets::script()
    }

    pub(super) fn when(&self, time: &Time) -> When {
        When(*time)
    }
}

/// A time on a page: as the reader's own in their zone, where a script can tell which that is.
pub(super) struct When(Time);

impl When {
    /// ISO 8601, for machines and for whoever wants it exactly.
    pub(super) fn exact(&self) -> String {
        self.0.to_string()
    }

    /// The minute, in UTC.
    pub(super) fn short(&self) -> String {
        let exact = self.exact();
        exact.get(..16).map_or(exact.clone(), |minute| format!("{} UTC", minute.replace('T', " ")))
    }
}
