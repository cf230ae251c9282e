//! What many of these tests begin with: descriptions in few words, apps as actors, a look into the database.

use jsonwebtoken::{EncodingKey, Header};
use rollcall_core::accounts::AccountInfo;
use rollcall_core::actor::Actor;
use rollcall_core::apps::{self, token};
use rollcall_core::bots::Audience;
use rollcall_core::change::Change;
use rollcall_core::op::Mode;
use rollcall_core::policy::{Permission, Scope};
use rollcall_core::roles::RoleKind;
use rollcall_core::roles::assign::{self, Operation, OperationOutcome};
use rollcall_core::sync::{
    self, AppState, AssignmentState, BotState, DialogState, GroupState, Report, RoleState, State, UserState,
};
use rollcall_core::users::{self, Found, Lookup, NewUser, Outcome, Status, StatusFilter, UserDetails};
use rollcall_core::{Result, Rollcall, mail};
use rollcall_testkit::{TestRollcall, user};
use serde_json::{Map, Value};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// How many events of the installation are not sealed, or not with the number that their place in time gives them. (An
/// id that was taken by a transaction that came to nothing is lost on PostgreSQL: ids have gaps, numbers have none.)
pub(crate) const OUT_OF_ORDER: &str = "select count(*) from (select seq, row_number() over (partition by account_id \
    order by id) as place from audit_events) as events where seq is null or seq <> place";

/// A description of "Acme" that says nothing yet.
pub(crate) fn state() -> State {
    State { name: "Acme".into(), ..State::default() }
}

pub(crate) fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

pub(crate) fn active(email: &str) -> UserState {
    user(email, Status::Active)
}

pub(crate) fn group(name: &str, members: &[&str], groups: &[&str]) -> GroupState {
    GroupState { id: None, name: name.into(), description: None, members: texts(members), groups: texts(groups) }
}

pub(crate) fn role(kind: RoleKind, name: &str, permissions: &Value) -> RoleState {
    let permissions: Option<Map<String, Value>> = permissions.as_object().cloned();
    RoleState { id: None, ref_id: None, kind, name: name.into(), description: None, permissions }
}

pub(crate) fn bot(name: &str, published: bool, dialogs: &[&str]) -> BotState {
    BotState {
        id: None,
        name: name.into(),
        description: None,
        owner: Change::Keep,
        published: Some(published),
        audience: Some(Audience::Enterprise),
        dialogs: dialogs.iter().map(|name| DialogState { id: None, name: (*name).to_owned() }).collect(),
    }
}

pub(crate) fn given(role: &str, bot: Option<&str>, users: &[&str], groups: &[&str]) -> AssignmentState {
    let (users, groups) = (texts(users), texts(groups));
    AssignmentState { role: role.into(), bot: bot.map(str::to_owned), users, groups, expires: None }
}

pub(crate) fn app_state(name: &str, scopes: &[Scope]) -> AppState {
    AppState { name: name.into(), scopes: Some(scopes.to_vec()), ..AppState::default() }
}

/// An app of "Acme" with these scopes, proved by a token of its own.
pub(crate) fn app(acme: &TestRollcall, scopes: &[Scope]) -> Actor {
    app_of(acme, &acme.account.clone(), scopes)
}

/// As [`app`], of any account.
pub(crate) fn app_of(acme: &TestRollcall, account: &AccountInfo, scopes: &[Scope]) -> Actor {
    let id = acme.app_of(account, scopes).client_id().to_string();
    let host = acme.host().actor(account, "test");
    let minted = acme.rollcall().read(host, Permission::AdministerAccount, move |v| token::mint(v, &id, None, false));
    let token = minted.wait().unwrap().expose().to_owned();
    acme.rollcall().authenticate(token, None).wait().unwrap().unwrap()
}

/// A token of these claims with an app's secret, as clients make them.
pub(crate) fn sign(claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

pub(crate) fn client_id(acme: &TestRollcall, name: &str) -> String {
    let name = name.to_owned();
    acme.read(move |view| apps::show(view, &name)).unwrap().client_id.to_string()
}

/// What a request to create users was answered.
pub(crate) type Created = Result<Vec<Outcome>>;

pub(crate) fn create(rollcall: &Rollcall, actor: &Actor, mode: Mode, asked: &[NewUser]) -> Created {
    let asked = asked.to_vec();
    rollcall.write(actor.clone(), Permission::ManageUsers, mode, move |op| users::create_many(op, asked.clone())).wait()
}

pub(crate) fn assign(
    rollcall: &Rollcall,
    actor: &Actor,
    mode: Mode,
    asked: &[Operation],
) -> Result<Vec<OperationOutcome>> {
    let asked = asked.to_vec();
    rollcall.write(actor.clone(), Permission::ManageRoles, mode, move |op| assign::assign_admin(op, &asked)).wait()
}

/// Brings "Acme" to a description and removes what it does not name.
pub(crate) fn prune(acme: &TestRollcall, state: State) -> Result<Report> {
    acme.rollcall().apply(acme.host(), state, true, Mode::Real).wait()
}

/// "Acme" as a description, with its secrets.
pub(crate) fn export(acme: &TestRollcall) -> State {
    acme.read(|view| sync::export(view, true)).unwrap()
}

/// A user of "Acme" with all that they have.
pub(crate) fn details(acme: &TestRollcall, email: &str) -> UserDetails {
    let asked = [Lookup::Email(email.into())];
    match acme.read(move |view| users::info(view, &asked, StatusFilter::All)).unwrap().remove(0) {
        Found::User(user) => *user,
        Found::Unknown(lookup) => panic!("there is no user {lookup:?}"),
    }
}

/// Gives a group to the directory, which nothing of this version can do.
pub(crate) fn kept_by_the_directory(acme: &TestRollcall, group: &str) {
    let sql = format!("update groups set source = 'directory' where name = '{group}'");
    assert_eq!(acme.database().execute(&sql), 1);
}

/// The letters that wait, as address and token.
pub(crate) fn letters(acme: &TestRollcall) -> Vec<(String, String)> {
    let due = acme.read(|view| mail::due(view, 10_000)).unwrap();
    due.into_iter().map(|due| (due.letter.to, due.letter.token.expose().to_owned())).collect()
}

/// One number from the database.
pub(crate) fn number(acme: &TestRollcall, sql: &str) -> i64 {
    acme.database().number(sql)
}

/// The first column of an answer of the database; what is null is left out.
pub(crate) fn column(acme: &TestRollcall, sql: &str) -> Vec<String> {
    acme.database().query(sql).into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

/// Everything that the audit log of the installation says.
pub(crate) fn audit_texts(acme: &TestRollcall) -> String {
    let sql = "select concat_ws(' ', actor_kind, actor_id, actor_name, ip, category, name, target, description, \
               state_before, state_after) from audit_events order by id";
    column(acme, sql).join("\n")
}

/// Where a text stands in clear: the tables' columns, of text or bytes, and the files of SQLite as they lie on the disk.
pub(crate) fn traces(acme: &TestRollcall, needle: &str) -> Vec<String> {
    let as_bytes: String = needle.bytes().map(|b| format!("{b:02x}")).collect();
    let holds = |(table, name): &(String, String)| {
        let cells = column(acme, &format!("select {name} from {table}"));
        cells.iter().any(|cell| cell.contains(needle) || cell.contains(&as_bytes))
    };
    let of_tables = acme.database().columns().into_iter().filter(holds);
    let mut out: Vec<String> = of_tables.map(|(table, name)| format!("{table}.{name}")).collect();
    let files = acme.database().folder().into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    for entry in files.map(std::result::Result::unwrap) {
        let bytes = std::fs::read(entry.path()).unwrap();
        if bytes.windows(needle.len()).any(|window| window == needle.as_bytes()) {
            out.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    out
}

/// How many statements some work needs.
pub(crate) fn statements<T>(acme: &TestRollcall, work: impl FnOnce() -> T) -> (u64, T) {
    let before = acme.rollcall().statements();
    let value = work();
    (acme.rollcall().statements() - before, value)
}
