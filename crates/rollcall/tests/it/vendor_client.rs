//! A program that knows only the vendor's documents and public client code, against the real server: Python with PyJWT
//! and requests, as published scripts are written.

use std::path::Path;
use std::process::Command;

use crate::program::Program;

#[test]
fn a_client_written_for_the_vendor_gets_through_its_work() {
    let program = Program::new();
    let server = program.serve(&["--demo"]);
    let demo = &server.greeting["demo"];
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/vendor_client.py");
    let output = Command::new("/usr/bin/python3")
        .arg(script)
        .args([
            &server.url,
            demo["clientId"].as_str().expect("an id"),
            demo["clientSecret"].as_str().expect("a secret"),
        ])
        .output()
        .expect("python3 runs; `cargo xtask test` installs it");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.trim_end().ends_with("done"), "{out}");
}
