//! TLS by the program: its two files, what is wrong with them, and that they are read anew while it runs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair};

use crate::program::{Program, Server};

/// A certificate of its own root for 127.0.0.1, and its key, as PEM.
fn certified(ends: i32) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name");
    params.not_after = rcgen::date_time_ymd(ends, 1, 1);
    (params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

fn put(path: &Path, text: &str, mode: u32) {
    // At once, as tools that renew certificates do.
    let beside = path.with_extension("new");
    fs::write(&beside, text).expect("written");
    fs::set_permissions(&beside, fs::Permissions::from_mode(mode)).expect("chmod");
    fs::rename(&beside, path).expect("renamed");
}

/// A program with a certificate, and where its two files are.
fn secured(ends: i32) -> (Program, std::path::PathBuf, std::path::PathBuf) {
    let mut program = Program::new();
    let (certificate, key) = certified(ends);
    let (cert_path, key_path) = (program.file("cert.pem", ""), program.file("key.pem", ""));
    put(&cert_path, &certificate, 0o644);
    put(&key_path, &key, 0o600);
    program.set("ROLLCALL_TLS_CERT", cert_path.to_str().expect("a path"));
    program.set("ROLLCALL_TLS_KEY", key_path.to_str().expect("a path"));
    (program, cert_path, key_path)
}

/// Whether the server shows this certificate; it is asked with `curl`, which believes in it alone.
fn shows(server: &Server, program: &Program, certificate: &str) -> bool {
    let root = program.file("root.pem", certificate);
    let url = format!("{}/healthz", server.url);
    let asked = Command::new("curl").args(["-s", "--cacert"]).arg(root).arg(url).output().expect("curl runs");
    asked.stdout.starts_with(b"{\"status\":\"ok\"}")
}

#[test]
fn a_certificate_makes_everything_https() {
    let (program, cert_path, _) = secured(2100);
    let server = program.serve(&["--demo"]);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    assert!(shows(&server, &program, &fs::read_to_string(cert_path).expect("a certificate")));
    let first = server.greeting["demo"]["commands"][0]["command"].as_str().expect("a command");
    let pasted = Command::new("sh").args(["-c", first]).output().expect("sh and curl run");
    assert!(String::from_utf8_lossy(&pasted.stdout).contains("Users are created Successfully"), "{first}");
    let config = program.run(&["--json", "config"]).json();
    assert_eq!(config["public_url"]["value"], "https://127.0.0.1:8080");
    assert_eq!(config["tls_cert"]["from"], "ROLLCALL_TLS_CERT");
}

#[test]
fn a_renewed_certificate_is_taken_while_it_runs_and_a_broken_one_is_not() {
    let (program, cert_path, key_path) = secured(2100);
    let server = program.serve(&[]);
    let old = fs::read_to_string(&cert_path).expect("a certificate");
    assert!(shows(&server, &program, &old));
    let (new, new_key) = certified(2101);
    // Half of a renewal, then nonsense: said in the log, and nothing else happens.
    put(&cert_path, &new, 0o644);
    server.signal("HUP");
    while !program.log().contains("does not belong to the certificate") {
        assert!(shows(&server, &program, &old));
    }
    put(&cert_path, "nonsense", 0o644);
    server.signal("HUP");
    while !program.log().contains("holds no PEM certificate") {
        assert!(shows(&server, &program, &old));
    }
    assert!(shows(&server, &program, &old), "the certificate before stays in force");
    put(&key_path, &new_key, 0o600);
    put(&cert_path, &new, 0o644);
    // Nobody says anything: the files are looked at every few seconds.
    while !shows(&server, &program, &new) {}
    assert!(!shows(&server, &program, &old));
    let log = program.log();
    assert!(log.contains("was read anew"), "{log}");
    assert!(!log.contains(&new_key[60..90]), "the key is in the log");
    server.signal("TERM");
    assert_eq!(server.ended(), Some(0));
}

#[test]
fn files_that_cannot_be_used_are_said_before_anything_is_made() {
    let (program, cert_path, key_path) = secured(2100);
    let refused = |code, why: &str| {
        let done = program.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(done.code == code && done.stderr.contains(why), "{why}: {done:?}");
        assert!(!program.data().exists(), "nothing was made");
    };
    fs::set_permissions(&key_path, fs::Permissions::from_mode(0o640)).expect("chmod");
    refused(1, "chmod 600");
    put(&key_path, &certified(2100).1, 0o600);
    refused(1, "does not belong to the certificate");
    fs::remove_file(&cert_path).expect("removed");
    refused(1, "cannot read the certificate file");
    let done = Program::new().run(&["serve", "--tls-cert", "cert.pem"]);
    assert!(done.code == 2 && done.stderr.contains("--tls-key"), "{done:?}");
}

#[test]
fn the_doctor_warns_of_a_certificate_that_has_ended() {
    let (program, cert_path, _) = secured(2020);
    let done = program.run(&["doctor"]);
    assert!(done.code == 0 && done.stdout.contains("has expired"), "{done:?}");
    fs::write(&cert_path, "nonsense").expect("written");
    let done = program.run(&["doctor"]);
    assert!(done.code == 1 && done.stdout.contains("holds no PEM certificate"), "{done:?}");
    let (program, ..) = secured(2100);
    let done = program.run(&["doctor"]).ok();
    assert!(done.contains("until 2100-01-01"), "{done}");
}
