//! What the other account has: all its rows, the texts in them, and the words by which its things can be asked for.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use rollcall_core::apps::usage;
use rollcall_core::audit;
use rollcall_core::bots::Audience;
use rollcall_core::change::Change;
use rollcall_core::policy::Scope;
use rollcall_core::roles::RoleKind;
use rollcall_core::sync::{State, UserState};
use rollcall_core::users::Status;
use rollcall_testkit::{Caller, START, TestDatabase, TestRollcall, user};
use serde_json::json;

use crate::acme::{acme, admin_role, bot, bot_id, group, group_id, held, role};
use crate::form::uploaded;
use crate::rest::sso::saml;

/// Columns whose texts name something: each of them is asked with, in every place.
const WORDS: [&str; 35] = [
    "sessions.public_id",
    "accounts.public_id",
    "accounts.name",
    "accounts.org_id",
    "accounts.chain_id",
    "users.public_id",
    "users.email",
    "users.org_user_id",
    "groups.public_id",
    "groups.name",
    "roles.public_id",
    "roles.ref_id",
    "roles.name",
    "bots.public_id",
    "bots.name",
    "dialogs.public_id",
    "dialogs.name",
    "apps.client_id",
    "apps.name",
    "files.public_id",
    "files.name",
    "files.created_by",
    "erasures.public_id",
    "erasures.requested_by",
    "erasure_users.user_public_id",
    "idempotency_keys.idempotency_key",
    "audit_events.actor_id",
    "audit_events.actor_name",
    "audit_events.target",
    "sso_settings.issuer",
    "sso_settings.modified_by",
    "roles.created_by",
    "memberships.added_by",
    "nestings.added_by",
    "assignments.added_by",
];

/// Columns whose texts name nothing.
const NO_WORDS: [(&str, &[&str]); 7] = [
    (
        "of tokens, keys and calls, and nobody is asked for by it",
        &[
            "app_secrets.public_id",
            "token_ids.jti_hash",
            "server_keys.kid",
            "server_keys.purpose",
            "audit_checkpoints.kid",
            "rate_limits.api",
            "credentials.password_hash",
            "earlier_passwords.password_hash",
            "sessions.ip",
            "sessions.agent",
        ],
    ),
    (
        "another form of the column beside it",
        &[
            "accounts.name_key",
            "users.email_key",
            "groups.name_key",
            "roles.name_key",
            "bots.name_key",
            "dialogs.name_key",
            "apps.name_key",
            "roles.updated_by",
            "users.name_key",
            "sso_settings.modified_by_name",
        ],
    ),
    (
        "one of a few words that Rollcall has for all accounts",
        &[
            "users.status",
            "users.source",
            "groups.source",
            "memberships.via",
            "nestings.via",
            "roles.kind",
            "bots.audience",
            "assignments.via",
            "apps.algorithm",
            "apps.scopes",
            "app_refusals.reason",
            "audit_events.actor_kind",
            "audit_events.category",
            "audit_events.name",
            "outbox.kind",
            "invitations.state",
            "sign_in_links.purpose",
            "sessions.lacks",
            "page_counts.kind",
            "sso_settings.protocol",
            "sso_settings.provider",
            "erasure_users.state",
            "schema_migrations.name",
            "installation.name",
        ],
    ),
    (
        "of a person, and nobody is asked for by it",
        &[
            "users.first_name",
            "users.last_name",
            "users.company",
            "users.department",
            "users.company_phone",
            "users.work_number",
            "users.street",
            "users.suite",
            "users.city",
            "users.zip",
            "users.state",
            "users.country",
            "users.job_title",
            "users.picture",
            "users.colour",
        ],
    ),
    (
        "a description, by which nothing is found",
        &[
            "groups.description",
            "roles.description",
            "roles.permissions",
            "bots.description",
            "audit_events.description",
            "audit_events.state_before",
            "audit_events.state_after",
            "audit_events.ip",
            "outbox.last_error",
            "erasure_users.failure",
        ],
    ),
    ("of a file, and asked by its id alone", &["files.context", "files.extension"]),
    (
        "a setting, by which nothing is found",
        &[
            "sso_settings.sign_on_url",
            "sso_settings.client_id",
            "sso_settings.certificates",
            "sso_settings.mapping",
            "erasures.bots",
        ],
    ),
];

/// So many words of a kind.
const FEW: usize = 1;

/// Tables of the installation, with no account's rows.
const NOBODYS: [&str; 3] = ["installation", "schema_migrations", "server_keys"];

/// What Acme has.
pub(super) struct Theirs {
    /// Its internal number.
    pub(super) account: String,
    /// By which its things are asked for.
    pub(super) words: Vec<String>,
    /// All of its texts that Globex has not.
    pub(super) texts: BTreeSet<String>,
    /// Its rows, by table.
    pub(super) rows: BTreeMap<String, Vec<Vec<Option<String>>>>,
}

/// An account's rows of a table.
pub(super) fn rows_of(database: &TestDatabase, table: &str, account: &str) -> Vec<Vec<Option<String>>> {
    let rows = database.query(&format!("select * from {table} where {}", filter(database, table, account)));
    // In whichever order the database gives them.
    rows.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

fn filter(database: &TestDatabase, table: &str, account: &str) -> String {
    let columns = database.columns();
    let has = |column: &str| columns.iter().any(|(of, name)| of == table && name == column);
    match () {
        () if table == "accounts" => format!("id = {account}"),
        () if has("account_id") => format!("account_id = {account}"),
        () if has("app_id") => format!("app_id in (select id from apps where account_id = {account})"),
        () => panic!(
            "whose are the rows of {table}? Say it in filter(), or list it in NOBODYS, of \
             crates/rollcall-web/tests/it/isolation/theirs.rs"
        ),
    }
}

fn number_of(database: &TestDatabase, name: &str) -> String {
    database.number(&format!("select id from accounts where name = '{name}'")).to_string()
}

impl Theirs {
    pub(super) fn of(full: &TestRollcall) -> Self {
        let database = full.database();
        let (account, globex) = (number_of(database, "Acme"), number_of(database, "Globex"));
        let tables: BTreeSet<String> = database.columns().into_iter().map(|(table, _)| table).collect();
        let mut rows = BTreeMap::new();
        for table in tables.iter().filter(|table| !NOBODYS.contains(&table.as_str()) && !table.starts_with("sqlite_")) {
            let theirs = rows_of(database, table, &account);
            assert!(!theirs.is_empty(), "Acme has nothing in {table}: let strangers() put something there");
            rows.insert(table.clone(), theirs);
        }
        let texts = |account: &str, of: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
            let columns = database
                .readable_columns()
                .into_iter()
                .filter(|(table, _, is_bytes)| !is_bytes && rows.contains_key(table));
            let cells =
                columns.filter(|(table, column, _)| of(&format!("{table}.{column}"))).flat_map(|(table, column, _)| {
                    database.query(&format!(
                        "select distinct {column} from {table} where {}",
                        filter(database, &table, account)
                    ))
                });
            cells.flatten().flatten().filter(|text| !text.is_empty()).collect()
        };
        let ours = texts(&globex, &|_| true);
        // Few of each kind: what is true of them is true of the others.
        let few = |column: &str| -> Vec<String> {
            texts(&account, &|of| of == column).difference(&ours).take(FEW).cloned().collect()
        };
        let words: BTreeSet<String> = WORDS.into_iter().flat_map(few).collect();
        let mut words: Vec<String> = words.into_iter().collect();
        let events =
            database.query(&format!("select id, seq from audit_events where account_id = {account} order by id"));
        let last = events.iter().flatten().flatten().filter_map(|number| number.parse::<i64>().ok()).max();
        words.push(format!("{:024x}", last.expect("events")));
        let texts = texts(&account, &|_| true).difference(&ours).filter(|text| text.len() > 3).cloned().collect();
        Self { account, words, texts, rows }
    }
}

/// The entity tags of everything that Acme's app can read.
pub(super) async fn tags(full: &TestRollcall) -> BTreeSet<String> {
    let (app, mut tags) = (app(full), BTreeSet::new());
    for path in [
        "groups",
        "alluserroles",
        "bots",
        "auditlogs",
        "roles?roleType=admin",
        "roles/export?roleType=bot",
        "ssoconfig?SSOProtocol=saml",
    ] {
        tags.insert(app.get(path).await.header("etag").to_owned());
    }
    tags
}

#[test]
fn every_text_of_the_schema_names_something_or_is_known_not_to() {
    let columns = TestDatabase::migrated().readable_columns();
    let columns: Vec<String> = columns
        .into_iter()
        .filter(|(.., is_bytes)| !is_bytes)
        .map(|(table, name, _)| format!("{table}.{name}"))
        .collect();
    let listed: Vec<&str> =
        WORDS.into_iter().chain(NO_WORDS.iter().flat_map(|(_, list)| list.iter().copied())).collect();
    for column in &columns {
        let count = listed.iter().filter(|known| *known == column).count();
        assert_eq!(
            count, 1,
            "{column} stands in WORDS and NO_WORDS of crates/rollcall-web/tests/it/isolation/theirs.rs {count} times: add it to \
             the first where it holds ids, names, addresses or keys by which anything can be asked for"
        );
    }
    for known in listed {
        assert!(columns.iter().any(|column| column == known), "{known} is no column (any more): remove it");
    }
}

/// The keys under which Acme's app has done something.
pub(super) const KEYS: [&str; 2] = ["a key of Acme", "another key of Acme"];
/// The address of a user whom Acme has created under the second of them.
pub(super) const SHARED: &str = "shared@both.test";

/// The app of Acme that may do everything.
pub(super) fn app(full: &TestRollcall) -> Caller {
    full.app(&Scope::ALL)
}

/// An installation in which Acme has something of everything.
pub(crate) async fn strangers() -> TestRollcall {
    let full = acme();
    let app = app(&full);
    app.with_claims(&json!({"appId": app.client_id().as_str(), "exp": START.0 / 1_000 - 3_600})).get("groups").await;
    full.write(usage::flush).expect("it is noted");
    uploaded(&app, br#"[{"role": "A role in a file of Acme"}]"#).await;
    let invited = json!({"users": [{"userInfo": {
        "emailId": "invited@acme.test", "orgUserId": "I-1", "firstName": "Invitee", "city": "Acme City",
    }}]});
    let reply = app.with_header("idempotency-key", KEYS[0]).post("users", &invited).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = app
        .with_header("idempotency-key", KEYS[1])
        .post("users", &json!({"users": [{"userInfo": {"emailId": SHARED}}]}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut sso = saml();
    sso["IssuerURL"] = "urn:idp:of-acme".into();
    sso["SAMLAttributeMapping"] = true.into();
    sso["SyncBehaviour"] = "AddNew_RetainExisting".into();
    sso["AttributeMapping"] = json!([
        {"SAMLAttribute_Name": "acme-dept", "SAMLAttribute_Value": "acme-audit", "Attribute_Type": "Role", "Kore_Attribute": admin_role("Auditor")},
        {"SAMLAttribute_Name": "acme-dept", "SAMLAttribute_Value": "acme-desk", "Attribute_Type": "Group", "Kore_Attribute": group_id("Desk")},
    ]);
    assert_eq!(app.post("ssoconfig", &sso).await.status, 200);
    let once = json!({"appId": app.client_id().as_str(), "jti": "an id of Acme", "exp": START.0 / 1_000 + 600});
    assert_eq!(app.with_claims(&once).get("groups").await.status, 200);
    full.rollcall().make_encryption_key().wait().expect("a key pair");
    let erase = json!({"userIds": ["grace@acme.test"], "botIds": [bot_id("Travel desk")]});
    let reply = app.ask(Method::DELETE, "bot/eraseUsersData", erase.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    crate::console::furnish(&full, "keeper@acme.test").await;
    full.database().execute("insert into search_blocks (account_id, block) select id, 7 from accounts");
    let bytes = if TestDatabase::is_postgres() { "'\\x0001'" } else { "x'0001'" };
    full.database().execute(&format!(
        "insert into search_grams (account_id, block, gram, users) select id, 7, 1, {bytes} from accounts"
    ));
    full.database().execute("insert into search_changes (account_id, user_id) select account_id, id from users");
    full.sealed_events();
    full.write(audit::seal_and_sign).expect("the log is signed");
    full.database()
        .execute("insert into rate_limits (account_id, api, number, at) select id, 'GET groups', 1, 1 from accounts");
    full
}

/// Another account, which shares an address and names with Acme, and its app that may do everything.
pub(super) fn globex(installation: &TestRollcall) -> Caller {
    let globex = installation.found("Globex");
    let of = |email: &str, id: &str| UserState { org_user_id: Change::Set(id.into()), ..user(email, Status::Active) };
    let state = State {
        name: "Globex".into(),
        owner: Some("kim@globex.test".into()),
        users: vec![
            of("kim@globex.test", "K-1"),
            user("ada@acme.test", Status::Active),
            of("pat@globex.test", "P-1"),
            of("lee@globex.test", "L-1"),
        ],
        groups: vec![group("Audit", "", &["kim@globex.test"], &["Vault"]), group("Vault", "", &[], &[])],
        roles: vec![role(RoleKind::Admin, "Keeper"), role(RoleKind::Bot, "Guard")],
        bots: vec![bot("Oracle", true, Audience::Enterprise, &["Ask"])],
        assignments: vec![held("admin", None, &["kim@globex.test"], &[]), held("Keeper", None, &[], &["Audit"])],
        apps: Vec::new(),
    };
    installation.apply(state).expect("Globex is made");
    installation.app_of(&globex, &Scope::ALL)
}
