//! An encrypted token explained to an administrator: what is inside, where it is a token of their account, and nothing else.

use rollcall_core::apps::token::Refusal;
use rollcall_core::apps::{self, Told};
use rollcall_core::policy::Scope;
use rollcall_testkit::TestRollcall;
use serde_json::json;

use super::make::WAYS;
use super::{Cell, matrix};

fn told(acme: &TestRollcall, token: &str) -> Told {
    let token = token.to_owned();
    acme.read(move |view| apps::explain(view, &token)).unwrap()
}

#[test]
fn what_is_inside_an_encrypted_token_is_told_of_the_accounts_own_alone() {
    let (acme, cells, to) = matrix();
    let cell: &Cell = cells.iter().find(|cell| !cell.enforce_jti).unwrap();
    let signed = cell.token(false);
    let before = acme.snapshot();
    for way in WAYS {
        let told = told(&acme, &to.seal(way, &signed));
        assert_eq!((told.refusal, told.is_encrypted), (None, true), "{way:?}");
        assert_eq!(told.header["enc"], json!(way.1));
        assert_eq!(told.inside["typ"], json!("JWT"));
        assert!(told.claims.contains_key("appId") && told.app.is_some(), "{told:?}");
    }
    // Signed by nobody: whose it claims to be is told, and why it is refused.
    let (head, _) = signed.rsplit_once('.').unwrap();
    let forged = told(&acme, &to.seal(WAYS[0], &format!("{head}.AAAA")));
    assert_eq!((forged.refusal, forged.app.is_some()), (Some(Refusal::BadSignature), true));
    // One of another account, and what is no token: nothing of what is inside is told.
    let other = acme.app_of(&acme.found("Other"), &[Scope::AuditLogs]);
    let secret = "eyJzZWNyZXQiOiJ3aGlzcGVyIn0";
    let table = [
        (to.seal(WAYS[1], other.token().unwrap()), Refusal::UnknownApp),
        (to.seal(WAYS[1], &format!("{secret}.{secret}.{secret}")), Refusal::Malformed),
        (to.seal(WAYS[1], "no token"), Refusal::Undecipherable),
        (to.seal(WAYS[1], &signed).replace(".", "_."), Refusal::Undecipherable),
    ];
    for (token, refusal) in table {
        let told = told(&acme, &token);
        assert_eq!(told.refusal, Some(refusal));
        assert!(told.inside.is_empty() && told.claims.is_empty() && told.app.is_none(), "{told:?}");
    }
    assert_eq!(acme.snapshot(), before, "nothing is kept of it");
}
