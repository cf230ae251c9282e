//! An organisation's whole work with the vendor's family of calls, by a script that knows only the vendor's documents.

use std::path::Path;
use std::process::Command;

use crate::program::Program;

#[test]
fn every_call_of_the_vendor_s_family_does_its_part_and_is_told_in_the_audit_log() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let scopes = "user-management,role-management,audit-logs,sso-configuration,erase-users-data";
    let app = program.run(&["--json", "app", "create", "--name", "flow", "--scope", scopes]).json();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/whole_flow.py");
    let output = Command::new("/usr/bin/python3")
        .arg(script)
        .args([&server.url, app["clientId"].as_str().expect("an id"), app["clientSecret"].as_str().expect("a secret")])
        .output()
        .expect("python3 runs; `cargo xtask test` installs it");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.trim_end().ends_with("done"), "{out}");
}
