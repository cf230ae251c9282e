//! How to call the API as an app: commands to be pasted as they stand. docs/clients.md has the same, and its tests run them.

use rollcall_core::apps::{Algorithm, AppInfo};
use rollcall_core::policy::Scope;

/// A first call that an app with these scopes may make: what the shell gives curl, what Python and JavaScript ask for.
struct Call {
    path: &'static str,
    body: Option<&'static str>,
}

fn call(scopes: &[Scope]) -> Option<Call> {
    let has = |scope: Scope| scopes.contains(&scope);
    if has(Scope::RoleManagement) {
        Some(Call { path: "groups?limit=1", body: None })
    } else if has(Scope::UserManagement) {
        Some(Call { path: "usersInfo", body: Some(r#"{"emailIds":["ada@acme.example"]}"#) })
    } else if has(Scope::AuditLogs) {
        Some(Call { path: "auditlogs?limit=1", body: None })
    } else if has(Scope::SsoConfiguration) {
        Some(Call { path: "ssoconfig", body: None })
    } else {
        None
    }
}

/// Commands, each with what it is for.
pub(super) struct Snippets {
    pub(super) curl: Option<String>,
    pub(super) python: Option<String>,
    pub(super) javascript: Option<String>,
}

/// A text in single quotes, for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// With a token for curl, where one could be made; with the secret for the others, where it is shown just now.
pub(super) fn snippets(url: &str, app: &AppInfo, token: Option<&str>, secret: Option<&str>) -> Snippets {
    let Some(Call { path, body }) = call(&app.scopes) else {
        return Snippets { curl: None, python: None, javascript: None };
    };
    let address = format!("{url}/api/public/{path}");
    let curl = token.map(|token| {
        let data = body.map_or_else(String::new, |b| format!(" -H 'content-type: application/json' -d {}", quoted(b)));
        format!("curl -sS {} -H {}{data}", quoted(&address), quoted(&format!("auth: {token}")))
    });
    let is_shared = app.algorithm.is_hmac() && !app.enforce_jwe;
    let (id, secret) = (app.client_id.as_str(), secret.unwrap_or("THE SECRET"));
    let algorithm = app.algorithm.name();
    let jti = |python: bool| match (app.enforce_jti, python) {
        (false, _) => "",
        (true, true) => ", \"jti\": uuid.uuid4().hex",
        (true, false) => ", jti: crypto.randomUUID()",
    };
    let python = is_shared.then(|| {
        let uuid = if app.enforce_jti { "import uuid\n" } else { "" };
        let (verb, more) = body.map_or(("get", String::new()), |body| ("post", format!(", json={body}")));
        format!(
            "import time\n{uuid}\nimport jwt\nimport requests\n\n\
             claims = {{\"appId\": \"{id}\", \"exp\": int(time.time()) + 3600{}}}\n\
             token = jwt.encode(claims, \"{secret}\", algorithm=\"{algorithm}\")\n\
             answer = requests.{verb}(\"{address}\"{more}, headers={{\"auth\": token}}, timeout=30)\n\
             print(answer.status_code, answer.json())\n",
            jti(true)
        )
    });
    let javascript = is_shared.then(|| {
        let more = body.map_or_else(String::new, |body| {
            format!("  method: \"POST\",\n  body: {},\n", serde_json::Value::from(body))
        });
        let kind = if body.is_some() { ", \"content-type\": \"application/json\"" } else { "" };
        format!(
            "import {{ SignJWT }} from \"jose\";\n\n\
             const token = await new SignJWT({{ appId: \"{id}\"{} }})\n  .setProtectedHeader({{ alg: \"{algorithm}\", typ: \"JWT\" }})\n  \
             .setExpirationTime(\"1h\")\n  .sign(new TextEncoder().encode(\"{secret}\"));\n\
             const answer = await fetch(\"{address}\", {{\n{more}  headers: {{ auth: token{kind} }},\n}});\n\
             console.log(answer.status, await answer.json());\n",
            jti(false)
        )
    });
    Snippets { curl, python, javascript }
}

/// Whether the server can make a token itself, and there is a first call to make with it.
pub(super) fn can_mint(app: &AppInfo) -> bool {
    call(&app.scopes).is_some() && matches!(app.algorithm, Algorithm::Hs256 | Algorithm::Hs512) && !app.enforce_jwe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_into_a_shell_is_one_word() {
        assert_eq!(quoted("a'b $(c)"), r"'a'\''b $(c)'");
    }

    #[test]
    fn each_scope_with_which_anything_can_be_read_has_a_first_call() {
        for scope in Scope::ALL {
            let has = !matches!(scope, Scope::EraseUsersData | Scope::MasterAdmin);
            assert_eq!(call(&[scope]).is_some(), has, "{scope:?}");
        }
    }
}
