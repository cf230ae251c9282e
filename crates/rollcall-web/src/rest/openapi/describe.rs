//! What the route table cannot know of a route, as a value: words, query, body, reply. Each noun's file makes its own.

use rollcall_core::page::MAX_LIMIT;

use super::schema::text as any_text;
use super::schema::{Schema, either, flag, list, named, told, whole, word};

/// A part of the document under which routes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Users,
    Groups,
    Roles,
    Bots,
    SignOn,
    Erasing,
    AuditLog,
}

impl Tag {
    /// Every part, in the order of the document.
    pub(super) const ALL: [Self; 7] =
        [Self::Users, Self::Groups, Self::Roles, Self::Bots, Self::SignOn, Self::Erasing, Self::AuditLog];

    /// Its heading, and what stands below it.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => {
                ("Users", "The people of the account: creating, changing and removing them, looking them up.")
            }
            Self::Groups => ("Groups", "Groups of people and of other groups."),
            Self::Roles => {
                ("Roles", "Admin roles and bot roles, who holds them, and the files that they are imported from.")
            }
            Self::Bots => ("Bots", "The bots of the account."),
            Self::SignOn => ("Single sign-on", "How people of the account are to sign in."),
            Self::Erasing => ("Erasing", "Erasing what is personal of users."),
            Self::AuditLog => ("Audit log", "What has happened, who did it, and from where."),
        }
    }
}

/// A parameter of the path or the query.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) schema: Schema,
    pub(super) is_required: bool,
}

/// What stands in a request's body.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) media_type: &'static str,
    pub(super) schema: Schema,
}

/// All that is said of one route.
#[derive(Debug, Clone)]
pub(super) struct Described {
    /// Verb and path, as in the route table.
    pub(super) name: &'static str,
    pub(super) id: &'static str,
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) text: &'static str,
    pub(super) path: Vec<Parameter>,
    pub(super) query: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) reply: Schema,
    pub(super) refusals: Vec<u16>,
}

/// Describes the route of this verb and path: its id for programs, its part of the document, what it does in a few words,
/// and what it answers.
pub(super) fn route(
    name: &'static str,
    id: &'static str,
    tag: Tag,
    summary: &'static str,
    reply: impl Into<Schema>,
) -> Described {
    let (path, query, refusals) = (Vec::new(), Vec::new(), Vec::new());
    Described { name, id, tag, summary, text: summary, path, query, body: None, reply: reply.into(), refusals }
}

impl Described {
    /// What one must know of it, in plain sentences; words of the wire in backticks.
    pub(super) fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    /// A parameter of the query.
    pub(super) fn query(mut self, name: &'static str, about: &'static str, schema: Schema) -> Self {
        self.query.push(Parameter { name, about, schema, is_required: false });
        self
    }

    /// The page by number and size.
    pub(super) fn pages(self) -> Self {
        self.query("offset", "The number of the page, from 0.", whole(0).or(0)).limit()
    }

    /// The size of a page or part.
    pub(super) fn limit(self) -> Self {
        let about = "The size of the page, 1 to 50; a larger one is served as 50.";
        self.query("limit", about, whole(1).or(MAX_LIMIT))
    }

    /// A parameter of the query that must be there.
    pub(super) fn needs(mut self, name: &'static str, about: &'static str, schema: Schema) -> Self {
        self.query.push(Parameter { name, about, schema, is_required: true });
        self
    }

    /// What stands in the path for one of its `{name}`s.
    pub(super) fn path(mut self, name: &'static str, about: &'static str, schema: Schema) -> Self {
        self.path.push(Parameter { name, about, schema, is_required: true });
        self
    }

    /// A status of a whole request that not every route has: 404 or 409.
    pub(super) fn refuses(mut self, status: u16) -> Self {
        self.refusals.push(status);
        self
    }

    /// A body of JSON.
    pub(super) fn takes(self, schema: impl Into<Schema>) -> Self {
        Self { body: Some(Body { media_type: "application/json", schema: schema.into() }), ..self }
    }

    /// A form of several parts (RFC 7578): the fields of the schema.
    pub(super) fn takes_form(self, schema: impl Into<Schema>) -> Self {
        Self { body: Some(Body { media_type: "multipart/form-data", schema: schema.into() }), ..self }
    }
}

/// A sentence where everything was done, else what was not.
pub(super) fn done_or_failed(sentence: &str, name: &str, failed: impl Into<Schema>) -> Schema {
    let failed = told().required("failedUserDetails", list(failed).not_empty());
    either([told().required("msg", word(&[sentence])).into(), named(name, failed)])
}

/// One error of a list of errors.
pub(super) fn error() -> Schema {
    let detail = any_text().about("What it is about, beside messages that are literals of the vendor's.");
    let error = told()
        .required("msg", any_text().about("What is wrong, and with what."))
        .required("code", whole(400))
        .optional("detail", detail);
    named("Error", error)
}

/// Why one item of a request failed.
pub(super) fn reason() -> Schema {
    let code = || whole(400);
    let reason = told()
        .required("statusCode", code())
        .required("status", code())
        .required("customCode", code())
        .required("errors", list(error()).not_empty().about("Every fault of the item."))
        .required("message", any_text().about("The first fault again."))
        .required("name", word(&["BadRequest"]));
    named("Reason", reason)
}

/// A whole page: how many there are, whether a later page holds anything, and this one's things.
pub(super) fn page(of: &str, things: Schema) -> Schema {
    told()
        .required("total", whole(0).about("How many the whole collection has."))
        .required("availableMore", flag().about("Whether a later page holds anything."))
        .required(of, list(things))
        .into()
}
