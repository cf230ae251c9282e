//! An account full of what people should not type, in every field that takes a text, as long as it may be: no page runs it,
//! is torn by it, or hides it.

use serde_json::{Value, json};

use super::browser::{Browser, Kind};
use super::enter;
use super::walk::{Asks, look, torn, walk};
use crate::program::Program;

/// What would set `window.hostile`, were it taken for a part of the page.
const SCRIPT: &str = "</title></textarea><script>window.hostile='script'</script>";

/// What people should not type. (What turns the direction of what follows is refused by the core.)
const TEXTS: [&str; 8] = [
    SCRIPT,
    "\"'><img src=x onerror=\"window.hostile='image'\"><svg onload=\"window.hostile='svg'\">",
    "' onmouseover='window.hostile=1' autofocus onfocus='window.hostile=1' x='",
    "\u{200F}مرحبا بالعالم שלום עולם \u{200E}abc",
    "👩\u{200D}👩\u{200D}👧\u{200D}👦🏳\u{FE0F}\u{200D}🌈 Z\u{0361}\u{0362}\u{0363}a\u{0361}l\u{035C}g\u{0360}o",
    "&lt;b&gt; &amp; {{7*7}} {% raw %} ${7*7} %3Cscript%3E \\u003cscript\\u003e",
    "=HYPERLINK(\"http://evil.test\")",
    "javascript:alert(1)//",
];

/// How many there are of each kind: twice as many as texts.
const COUNT: usize = 16;

/// What the browser of these tests calls itself, as a session tells it.
const AGENT: &str = "<script>window.hostile='agent'</script>\"'><img src=x onerror=window.hostile=1>";

/// The address of the one who looks at it all.
const ADMIN: &str = "o'ada+x&amp&lt@acme.test";

/// The text of this number, made as long as it may be by one word.
fn text(n: usize, max: usize) -> String {
    let mut out = format!("{n} {}", TEXTS[n % TEXTS.len()]);
    let left = max - out.chars().count();
    out.push_str(&"W".repeat(left));
    out
}

/// Fields of a profile, each with its longest text.
fn profile(n: usize) -> Value {
    let fields = [
        ("firstName", 200),
        ("lastName", 200),
        ("companyName", 200),
        ("dept", 200),
        ("companyContactPhone", 100),
        ("worknumber", 100),
        ("street", 300),
        ("suiteNo", 100),
        ("city", 200),
        ("state", 200),
        ("country", 200),
        ("jTitle", 200),
        ("profImage", 300),
        ("orgUserId", 200),
    ];
    fields.iter().map(|(name, max)| ((*name).to_owned(), Value::from(text(n, *max)))).collect()
}

/// What stands before the at sign of the others' addresses.
const LOCAL: &str = "!#$%&'*+/=?^_`{|}~-!#$%&'*+/=?^_`{|}~-!#$%&'*+/=?^_`{|}~-";

/// An address of 254 characters, all of which an address may have.
fn email(n: usize) -> String {
    let domain = ["d".repeat(63), "e".repeat(63), "f".repeat(57)].join(".");
    format!("{n:02}{LOCAL}@{domain}.test")
}

/// The account file.
fn account() -> Value {
    let user = |n: usize, email: String, status: &str| {
        let mut user = profile(n);
        user["email"] = Value::from(email);
        user["status"] = Value::from(status);
        user["tasks"] = json!([{"bot": text(n, 200), "dialogs": [text(n, 200)]}]);
        user
    };
    let mut users = vec![user(0, ADMIN.to_owned(), "active")];
    users.extend((1..COUNT).map(|n| user(n, email(n), ["active", "not active", "suspended", "locked"][n % 4])));
    let bots = (0..COUNT).map(|n| {
        json!({"name": text(n, 200), "description": text(n, 2_000), "owner": ADMIN, "published": n % 2 == 0,
               "dialogs": [text(n, 200), text(n + 1, 200)]})
    });
    let groups = (0..COUNT).map(|n| {
        let members = users.iter().map(|user| user["email"].clone()).collect::<Vec<_>>();
        let members = if n == 0 { members } else { vec![members[n].clone()] };
        json!({"name": text(n, 200), "description": text(n, 2_000), "members": members,
               "groups": if n + 1 < COUNT { vec![text(n + 1, 200)] } else { Vec::new() }})
    });
    let permissions = |n: usize| json!({"View and Run Audit Reports": "YES", text(n, 200): text(n, 2_000)});
    let roles = (0..COUNT).map(|n| {
        json!({"kind": if n % 2 == 0 { "admin" } else { "bot" }, "name": text(n, 200), "description": text(n, 2_000),
               "permissions": permissions(n)})
    });
    let given = (0..TEXTS.len()).map(|n| {
        let mut given = json!({"role": text(n, 200), "users": [ADMIN, email(n + 1)], "groups": [text(n, 200)]});
        if n % 2 == 1 {
            given["bot"] = Value::from(text(n, 200));
        }
        given
    });
    let apps = (0..COUNT).map(|n| json!({"name": text(n, 200), "scopes": ["role-management", "user-management"]}));
    json!({
        "rollcall": 1,
        "account": {"name": text(0, 200), "owner": ADMIN},
        "bots": bots.collect::<Vec<_>>(), "roles": roles.collect::<Vec<_>>(), "groups": groups.collect::<Vec<_>>(),
        "assignments": given.chain([json!({"role": "admin", "users": [ADMIN]})]).collect::<Vec<_>>(),
        "apps": apps.collect::<Vec<_>>(), "users": users,
    })
}

/// Pages that show nothing that anybody has typed.
const PLAIN: [&str; 6] = [
    "/console/audit/check",
    "/console/users/new",
    "/console/groups/new",
    "/console/roles/new",
    "/console/apps/new",
    "/console/apps/tester",
];

/// Ten thousand characters of it.
fn abuse() -> String {
    text(1, 10_000)
}

struct Hostile;

impl Asks for Hostile {
    /// What was typed stands there as it was typed; and where there is a form to type into, ten thousand characters are.
    async fn ask(&mut self, browser: &Browser, pattern: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let shown = "const fields = [...document.querySelectorAll('main input, main textarea')].map((field) => field.value); \
                     return document.querySelector('main').textContent + fields.join(' ')";
        let shown = browser.run(shown).await;
        let shown = shown.as_str().unwrap_or_default();
        let typed = TEXTS.iter().chain([&ADMIN, &LOCAL]);
        if !PLAIN.contains(&pattern) && !typed.into_iter().any(|text| shown.contains(text)) {
            faults.push("what was typed is not there as it was typed".to_owned());
        }
        let made = "return document.querySelectorAll('main script, main svg, main [onerror], main [onload], main \
                    [onmouseover], main [onfocus], main b > bdi b').length";
        if browser.run(made).await != 0 {
            faults.push("what was typed has become a part of the page".to_owned());
        }
        let typed = format!(
            "const form = [...document.querySelectorAll('main form[method=post]')].find((form) => form.querySelector(\
             'input[type=text], input[type=email], input[type=password], textarea')); if (!form) return false; \
             for (const field of form.querySelectorAll('input:not([type=hidden], [type=checkbox], [type=radio], [type=datetime-local]), textarea')) \
             {{ field.type = field.type === 'textarea' ? field.type : 'text'; field.removeAttribute('maxlength'); \
             field.value = {}; }} form.noValidate = true; document.documentElement.id = 'before'; form.requestSubmit(form.querySelector('button')); return true;",
            Value::from(abuse())
        );
        if browser.run(&typed).await == true {
            // The page before had its mark, which the next one has not.
            browser.find("html:not(#before) main h1").await;
            let found = look(browser).await;
            faults.extend(found.into_iter().map(|fault| format!("after ten thousand characters: {fault}")));
        }
        faults
    }
}

#[tokio::test]
async fn no_page_runs_is_torn_by_or_hides_what_people_should_not_type() {
    let program = Program::new();
    let file = program.file("hostile.json", &account().to_string());
    program.run(&["apply", &file.to_string_lossy()]).ok();
    let server = program.serve(&[]);
    let browser = Browser::start(Kind { agent: Some(AGENT), ..Kind::default() }).await;
    enter(&program, &server, &browser, ADMIN).await;
    let left = walk(&browser, &server.url, "hostile-", &mut Hostile).await;
    assert!(left.is_empty(), "no link of any page leads to {left:?}");
    let mut faults = Vec::new();
    for page in ["users", "groups", "roles", "bots", "apps", "audit"] {
        let query = "[...'q sort after status kind group role flag from to event actor target user'.split(' ')]\
                     .map((name) => [name, text])";
        let query = format!("const text = {}; return String(new URLSearchParams({query}))", Value::from(SCRIPT));
        let query = browser.run(&query).await;
        let address = format!("{}/console/{page}?{}", server.url, query.as_str().unwrap_or_default());
        let long = format!("{}/console/{page}?q={}", server.url, "W".repeat(10_000));
        let unknown = format!("{}/console/{page}/%3Cscript%3Ewindow.hostile%3D1%3C%2Fscript%3E", server.url);
        for (what, address) in [("query", address), ("long", long), ("unknown", unknown)] {
            browser.open(&address).await;
            browser.find("main h1").await;
            let found = if page == "users" { look(&browser).await } else { torn(&browser).await };
            faults.extend(found.into_iter().map(|fault| format!("{page} ({what}): {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
