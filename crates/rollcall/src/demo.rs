//! The built-in demo account, and four commands that show the main job.

use anyhow::{Context as _, Result, anyhow, bail};
use rollcall_core::accounts::AccountInfo;
use rollcall_core::apps::{self, token};
use rollcall_core::chance::Secret;
use rollcall_core::op::Mode;
use rollcall_core::policy::Permission;
use rollcall_core::roles;
use serde_json::{Value, json};

use crate::account_file;
use crate::installation::Installation;

/// The administrator of the demo account file.
pub(crate) const ADMIN: &str = "ada@acme.example";
/// The app of the demo account file.
const APP: &str = "demo";
/// The role that the fourth command assigns.
const ROLE: &str = "Auditor";
/// A token for a day of trying things out.
const LIFE: i64 = 24 * 3600;

/// What the commands need.
pub(crate) struct Demo {
    pub(crate) account: AccountInfo,
    token: Secret,
    role: String,
    client_id: String,
    secret: Secret,
}

/// Fills an empty database with the demo account, or finds it there from an earlier start.
pub(crate) fn prepare(installation: &Installation) -> Result<Demo> {
    let file = account_file::parse(account_file::DEMO).map_err(|faults| {
        anyhow!(
            "the built-in demo file has faults: {}",
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        )
    })?;
    let name = file.state.name.clone();
    let mut accounts = installation.accounts()?;
    if !accounts.iter().any(|account| account.name == name) {
        let is_free = match accounts.as_slice() {
            [] => true,
            [only] => {
                let actor = installation.actor(only, "demo");
                let read = |view: &rollcall_core::op::View<'_>| rollcall_core::accounts::is_empty(view);
                installation.rollcall.read(actor, Permission::AdministerAccount, read).wait()?
            }
            _ => false,
        };
        if !is_free {
            bail!(
                "--demo fills an empty database only, and this one has accounts already; name another with --data DIR, or start without --demo"
            );
        }
        installation.rollcall.apply(&installation.host, file.state, false, Mode::Real).wait()?;
        accounts = installation.accounts()?;
    }
    let account = accounts.into_iter().find(|a| a.name == name).context("the demo account was not made")?;
    let actor = installation.actor(&account, "demo");
    let (token, secret, client_id, role) = installation
        .rollcall
        .read(actor, Permission::AdministerAccount, |view| {
            let role = roles::list(view)?.into_iter().find(|role| role.name == ROLE).map(|role| role.id.to_string());
            let client_id = apps::show(view, APP)?.client_id.to_string();
            Ok((token::mint(view, APP, Some(LIFE), false)?, apps::secret(view, APP)?, client_id, role))
        })
        .wait()?;
    let role = role
        .with_context(|| format!("the demo account has lost its role {ROLE:?}; start over with another --data DIR"))?;
    Ok(Demo { account, token, role, client_id, secret })
}

impl Demo {
    /// Title and command, in an order in which each one finds what the one before made. The demo is on this machine alone,
    /// so that whom a certificate is made out to does not matter (`-k`).
    fn commands(&self, url: &str) -> [(&'static str, String); 4] {
        let token = self.token.expose();
        let curl = if url.starts_with("https:") { "curl -sk" } else { "curl -s" };
        let get = |path: &str| format!("{curl} '{url}/api/public/{path}' -H 'auth: {token}'");
        let post = |path: &str, body: &Value| format!("{} -H 'Content-Type: application/json' -d '{body}'", get(path));
        let email = "grace.hopper@acme.example";
        let new = json!({"users": [{"userInfo": {"emailId": email, "firstName": "Grace", "lastName": "Hopper"}}]});
        let assign = json!([{"roleId": self.role, "addUsers": [email]}]);
        [
            ("Create a user", post("users", &new)),
            ("Give her the admin role Auditor", post("adminroles/assignments/", &assign)),
            ("Look her up", post("usersInfo", &json!({"emailIds": [email]}))),
            ("List the groups, two to a page", get("groups?offset=0&limit=2")),
        ]
    }

    /// What `serve --demo` prints.
    pub(crate) fn text(&self, url: &str) -> String {
        let mut text = format!(
            "\nThe demo account is ready. Its app has the client id {} and the secret {}\nThe token in these commands is good for a day:\n",
            self.client_id,
            self.secret.expose()
        );
        for (title, command) in self.commands(url) {
            text.push_str(&format!("\n# {title}\n{command}\n"));
        }
        text.push_str(&format!("\nEvery call, with examples: {url}/docs\n\nCtrl-C stops.\n"));
        text
    }

    /// The same for programs.
    pub(crate) fn json(&self, url: &str) -> Value {
        let commands: Vec<_> = self
            .commands(url)
            .into_iter()
            .map(|(title, command)| json!({"title": title, "command": command}))
            .collect();
        json!({"clientId": self.client_id, "clientSecret": self.secret.expose(), "token": self.token.expose(), "commands": commands})
    }
}
