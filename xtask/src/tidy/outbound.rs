//! Rollcall calls nobody but its database: no client of HTTP, no socket that it opens itself (decision 0018).

use std::path::Path;

use super::crates::named_dependencies;
use super::{Finding, Rule, Source};
use crate::Failure;
use crate::run::{cargo, shown};

static OUTBOUND: Rule = Rule {
    name: "nobody is called",
    advice: "a server that can be made to call addresses is a way into the network behind it; whatever has to call somebody \
             comes with the one way out that decision 0018 asks for, and with an exception here",
};

/// What is written for calling others by HTTP. (`hyper` itself is here for answering; its client is a feature.)
const CLIENTS: [&str; 12] = [
    "reqwest",
    "ureq",
    "isahc",
    "surf",
    "attohttpc",
    "awc",
    "curl",
    "minreq",
    "hyper-rustls",
    "hyper-tls",
    "tungstenite",
    "tokio-tungstenite",
];

/// Features that make a client of what only answers, as `cargo tree` writes them.
const FEATURES: [&str; 3] =
    ["hyper feature \"client\"", "hyper-util feature \"client\"", "lettre feature \"smtp-transport\""];

/// The crates of which the program is made.
const SHIPPED: [&str; 3] = ["crates/rollcall-core/", "crates/rollcall-web/", "crates/rollcall/"];

/// Where the one connection outwards is made.
const HOME: &str = "crates/rollcall-core/src/store/postgres/";

/// What opens a socket to somebody, or looks somebody up.
const OPENERS: [&str; 7] = [
    "TcpStream::connect",
    "TcpStream::connect_timeout",
    "UnixStream::connect",
    "TcpSocket",
    "UdpSocket",
    "UnixDatagram",
    "lookup_host",
];

/// No crate of the program depends on a client of HTTP. Dependencies of tests are not looked at.
pub(super) fn clients(source: &Source) -> Vec<Finding> {
    if !SHIPPED.iter().any(|folder| source.path == format!("{folder}Cargo.toml")) {
        return Vec::new();
    }
    let named = named_dependencies(&source.text).into_iter();
    named
        .filter(|(_, name)| CLIENTS.contains(&name.as_str()))
        .map(|(line, name)| Finding::new(&OUTBOUND, &source.path, line, format!("a dependency on {name}")))
        .collect()
}

/// No socket is opened outside the driver of PostgreSQL, by whatever is called `connect` either. Opening a file of SQLite
/// is called so, too, and is no socket.
pub(super) fn sockets(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    let is_shipped =
        SHIPPED.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with("src/")));
    let is_free = path.starts_with(HOME) || source.is_test();
    let Some(scan) = source.rust.as_ref().filter(|_| is_shipped && !is_free) else { return Vec::new() };
    let is_file = path.starts_with("crates/rollcall-core/src/store/sqlite/");
    let words = OPENERS.into_iter().chain((!is_file).then_some("connect("));
    let mut findings: Vec<Finding> = Vec::new();
    for word in words {
        for at in scan.places(word).into_iter().filter(|at| !scan.is_test(*at)) {
            let line = scan.line(at);
            // One line is one finding, however many words it has.
            if findings.iter().all(|finding| finding.line != line) {
                findings.push(Finding::new(&OUTBOUND, path, line, format!("{word} stands here")));
            }
        }
    }
    findings
}

/// No client of HTTP is compiled into the program, whoever brings it.
///
/// # Errors
/// Where cargo cannot tell what is compiled.
pub(super) fn compiled(root: &Path) -> Result<Vec<Finding>, Failure> {
    let mut tree = cargo(root);
    tree.args(["tree", "--package", "rollcall", "--locked", "--target", "all", "--edges", "normal,features"]);
    tree.args(["--prefix", "none"]);
    let told = tree.output().map_err(|error| Failure::new(format!("{} did not start: {error}", shown(&tree))))?;
    if !told.status.success() {
        return Err(Failure::new(format!("{} failed: {}", shown(&tree), String::from_utf8_lossy(&told.stderr).trim())));
    }
    Ok(callers(&String::from_utf8_lossy(&told.stdout)))
}

fn callers(tree: &str) -> Vec<Finding> {
    let finding = |what: &str| Finding::new(&OUTBOUND, "Cargo.toml", 1, format!("the program has {what}"));
    let package = |name: &&&str| tree.lines().any(|line| line.split(' ').next() == Some(**name));
    let feature = |name: &&&str| tree.lines().any(|line| line.starts_with(**name));
    CLIENTS.iter().filter(package).chain(FEATURES.iter().filter(feature)).map(|what| finding(what)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn a_client_of_http_is_found_among_the_dependencies_of_the_program_alone() {
        let toml =
            "[dependencies]\nreqwest.workspace = true\nhyper.workspace = true\n\n[dev-dependencies]\nureq = \"3\"\n";
        for path in ["crates/rollcall-core/Cargo.toml", "crates/rollcall-web/Cargo.toml", "crates/rollcall/Cargo.toml"]
        {
            assert_eq!(found(clients, path, toml), ["2: a dependency on reqwest"], "{path}");
        }
        assert!(found(clients, "bench/Cargo.toml", toml).is_empty());
    }

    #[test]
    fn a_socket_that_is_opened_is_found_outside_its_home() {
        for text in [
            "let s = TcpStream::connect(a).await;",
            "let s = net::TcpStream::connect_timeout(&a, b);",
            "let s = std::os::unix::net::UnixStream::connect(p);",
            "use tokio::net::TcpSocket;",
            "use std::net::UdpSocket;",
            "client.connect(address)",
            "use tokio::net::lookup_host;",
        ] {
            for path in [
                "crates/rollcall/src/worker.rs",
                "crates/rollcall-web/src/http/tls.rs",
                "crates/rollcall-core/src/op.rs",
            ] {
                assert_eq!(found(sockets, path, text).len(), 1, "{path}: {text}");
            }
            assert!(found(sockets, "crates/rollcall-core/src/store/postgres/connect.rs", text).is_empty(), "{text}");
            assert!(found(sockets, "crates/rollcall/tests/it/program.rs", text).is_empty(), "{text}");
        }
        let others =
            "let l = TcpListener::bind(a);\n// TcpStream::connect(a)\nfn reconnect() {}\ntake(stream: TcpStream);";
        assert!(found(sockets, "crates/rollcall-web/src/http/serve/mod.rs", others).is_empty());
        assert!(found(sockets, "crates/rollcall-core/src/store/sqlite/mod.rs", "connect(path)").is_empty());
        assert_eq!(found(sockets, "crates/rollcall-core/src/store/sqlite/mod.rs", "UdpSocket::bind(a)").len(), 1);
    }

    #[test]
    fn a_client_that_somebody_else_brings_is_found_where_it_is_compiled() {
        let tree = "rollcall v0.1.0 (/x)\nhyper feature \"server\"\nhyper v1.12.0\nhyper-util feature \"client\" (*)\n\
                    ureq v3.0.0\nurequest v1.0.0\n";
        let told: Vec<_> = callers(tree).into_iter().map(|finding| finding.what).collect();
        assert_eq!(told, ["the program has ureq", "the program has hyper-util feature \"client\""]);
        assert!(callers("hyper feature \"client-like\"\nhyper feature \"http1\"\n").is_empty());
    }
}
