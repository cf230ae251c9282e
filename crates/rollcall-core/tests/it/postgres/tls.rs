//! TLS to the server: what each `sslmode` believes, with certificates made here.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rollcall_core::{Code, Error};
use rollcall_testbed::{Cluster, Options};
use rollcall_testkit::TestRollcall;
use tempfile::TempDir;

use super::{LONG, Replica, name, on, shared};

/// A server that calls itself `localhost`, the root that says so, and a root that knows nothing of it.
struct Secured {
    acme: TestRollcall,
    cluster: Cluster,
    folder: TempDir,
}

type Root = CertifiedIssuer<'static, KeyPair>;

fn root(name: &str) -> Root {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `localhost` and its key, as PEM.
fn certified(by: &Root) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, by).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn secret(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

impl Secured {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (right, wrong) = (root("the right one"), root("another one"));
        for (name, root) in [("right.pem", &right), ("wrong.pem", &wrong)] {
            fs::write(folder.path().join(name), root.pem()).unwrap();
        }
        let (certificate, key) = certified(&right);
        let client = certified(&right);
        fs::write(folder.path().join("client.pem"), client.0).unwrap();
        fs::write(folder.path().join("client.key"), client.1).unwrap();
        // Who calls herself ada must have a certificate of the root.
        let rules = "local all all trust\nhostssl all ada 127.0.0.1/32 trust clientcert=verify-ca\n\
                     host all rollcall 127.0.0.1/32 trust\n";
        let prepare = |data: &Path| {
            fs::write(data.join("pg_hba.conf"), rules)?;
            fs::write(data.join("server.crt"), &certificate)?;
            fs::write(data.join("root.crt"), right.pem())?;
            secret(&data.join("server.key"), &key)
        };
        let settings = [("ssl", "on"), ("ssl_ca_file", "root.crt")];
        let options = Options { settings: &settings, tcp: true, prepare: Some(&prepare), ..Options::default() };
        let cluster = Cluster::start(&options).unwrap();
        cluster.psql("postgres", "create role ada login superuser").unwrap();
        Self { acme: on(&cluster), cluster, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens by this query, at `localhost` or at `127.0.0.1`; whether TLS is on.
    fn open(&self, host: &str, query: &str) -> Result<bool, Error> {
        let url = self.cluster.tcp_url(&name(&self.acme)).replace("127.0.0.1", host);
        let query = query.replace("ROOT", &self.file("right.pem").to_string_lossy());
        let query = query.replace("OTHER", &self.file("wrong.pem").to_string_lossy());
        let replica = Replica::open(&self.acme, &format!("{url}?application_name=tls&{query}"), LONG)?;
        replica.rollcall.ping().wait()?;
        let sql =
            "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'tls'";
        let is_on = self.cluster.psql("postgres", sql).unwrap();
        assert!(["t", "f"].contains(&is_on.as_str()), "{is_on:?}");
        Ok(is_on == "t")
    }

    fn refusal(&self, host: &str, query: &str) -> String {
        let error = self.open(host, query).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{error:?}: people must mend it, so waiting is of no use");
        error.to_string()
    }
}

#[test]
fn every_sslmode_believes_what_it_should() {
    let secured = Secured::new();
    let believed = [
        ("localhost", "sslmode=verify-full&sslrootcert=ROOT", true),
        ("localhost", "sslmode=verify-ca&sslrootcert=ROOT", true),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=ROOT", true),
        ("127.0.0.1", "sslmode=require&sslrootcert=ROOT", true),
        ("127.0.0.1", "sslmode=require", true),
        ("127.0.0.1", "sslmode=prefer", true),
        ("127.0.0.1", "", true),
        ("127.0.0.1", "sslmode=disable", false),
    ];
    for (host, query, is_on) in believed {
        assert_eq!(secured.open(host, query).map_err(|e| format!("{e:?}")), Ok(is_on), "{host} {query}");
    }
    for (host, query, word) in [
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=ROOT", "not valid for name"),
        ("localhost", "sslmode=verify-full&sslrootcert=OTHER", "UnknownIssuer"),
        ("localhost", "sslmode=verify-ca&sslrootcert=OTHER", "UnknownIssuer"),
        ("localhost", "sslmode=require&sslrootcert=OTHER", "UnknownIssuer"),
        ("localhost", "sslmode=verify-full", "certificate"),
        ("localhost", "sslmode=verify-full&sslrootcert=/nowhere/root.pem", "/nowhere/root.pem"),
        ("localhost", "sslmode=verify-full&sslrootcert=/etc/passwd", "/etc/passwd holds no PEM certificate"),
    ] {
        let told = secured.refusal(host, query);
        assert!(told.contains(word), "{host} {query}: {told}");
    }
}

#[test]
fn a_client_shows_its_certificate_where_the_server_wants_one() {
    let secured = Secured::new();
    let url = secured.cluster.tcp_url(&name(&secured.acme)).replace("rollcall@127.0.0.1", "ada@localhost");
    let url = format!("{url}?sslmode=verify-full&sslrootcert={}", secured.file("right.pem").display());
    let shown = |certificate: &str, key: &str| {
        let (certificate, key) = (secured.file(certificate), secured.file(key));
        format!("{url}&sslcert={}&sslkey={}", certificate.display(), key.display())
    };
    let open = |url: &str| Replica::open(&secured.acme, url, LONG).map(|_| ());
    open(&shown("client.pem", "client.key")).unwrap();
    assert!(open(&url).is_err(), "without one");
    for (wrong, word) in [
        (shown("client.pem", "right.pem"), "sslkey"),
        (shown("client.key", "client.key"), "holds no PEM certificate"),
        (shown("right.pem", "client.key"), "sslcert"),
    ] {
        let error = open(&wrong).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let cluster = shared();
    let acme = on(&cluster);
    let url = cluster.tcp_url(&name(&acme));
    for query in ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"] {
        let error = Replica::open(&acme, &format!("{url}?{query}"), LONG).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{error:?}");
        assert!(error.to_string().contains("does not support TLS"), "{query}: {error}");
    }
    for query in ["", "sslmode=prefer", "sslmode=disable"] {
        Replica::open(&acme, &format!("{url}?{query}"), LONG).unwrap();
    }
}
