//! Servers and databases that are refused when an installation is opened: each with a sentence, never with a password.

use rollcall_core::{Code, Database, Error};
use rollcall_testbed::{Cluster, Options};
use rollcall_testkit::TestDatabase;

use super::{LONG, Replica, on, shared};

/// Why an address of "Acme" is refused.
fn refusal(acme: &rollcall_testkit::TestRollcall, url: &str) -> Error {
    Replica::open(acme, url, LONG).map(|_| ()).unwrap_err()
}

#[test]
fn a_refused_login_is_told_without_the_password() {
    let rules = "local all all trust\nhost all ada 127.0.0.1/32 scram-sha-256\n";
    let prepare = |folder: &std::path::Path| std::fs::write(folder.join("pg_hba.conf"), rules);
    let cluster = Cluster::start(&Options { tcp: true, prepare: Some(&prepare), ..Options::default() }).unwrap();
    cluster.psql("postgres", "create role ada login superuser password 'Pa55word'").unwrap();
    let acme = on(&cluster);
    let url = |user: &str| cluster.tcp_url(&super::name(&acme)).replace("rollcall@", user);
    let right = Replica::open(&acme, &url("ada:Pa55word@"), LONG).unwrap();
    right.rollcall.ping().wait().unwrap();
    for wrong in ["ada:Wr0ngword@", "bo:Wr0ngword@", "ada@"] {
        for error in [refusal(&acme, &url(wrong)), Database::parse(&url(wrong)).unwrap().exists().unwrap_err()] {
            let told = format!("{error} {error:?}");
            assert_eq!(error.code(), Code::Invalid, "{wrong}: {told}");
            assert!(!told.contains("word@") && !told.contains("Wr0ng"), "{told}");
            if wrong == "ada:Wr0ngword@" {
                assert!(told.contains("refuses the login") && told.contains("\"ada\""), "{told}");
            }
        }
    }
}

#[test]
fn a_missing_database_is_named() {
    let cluster = shared();
    let acme = on(&cluster);
    let error = refusal(&acme, &cluster.url("no_such_thing"));
    assert_eq!(error.code(), Code::Invalid);
    assert!(error.to_string().contains("\"no_such_thing\" does not exist"), "{error}");
    assert!(error.to_string().contains("createdb"), "{error}");
}

#[test]
fn a_database_that_does_not_keep_every_text_is_refused() {
    let cluster = shared();
    let acme = on(&cluster);
    let ascii = format!("{}_ascii", super::name(&acme));
    let made =
        format!("create database {ascii} template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'");
    cluster.psql("postgres", &made).unwrap();
    let error = refusal(&acme, &cluster.url(&ascii));
    assert_eq!(error.code(), Code::Invalid);
    assert!(error.to_string().contains("SQL_ASCII") && error.to_string().contains("UTF8"), "{error}");
    assert_eq!(cluster.psql(&ascii, "select count(*) from pg_tables where schemaname = 'public'").unwrap(), "0");
}

#[test]
fn a_login_without_a_schema_is_refused() {
    let cluster = shared();
    let acme = on(&cluster);
    let empty = TestDatabase::on(&cluster.url("postgres"));
    let error = refusal(&acme, &format!("{}?options=-csearch_path%3Dnowhere", empty.url()));
    assert_eq!(error.code(), Code::Invalid);
    assert!(error.to_string().contains("search_path"), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_unreachable_and_not_wrong() {
    let cluster = shared();
    let acme = on(&cluster);
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let error = refusal(&acme, &format!("postgres://ada:Wr0ngword@{nobody}/x"));
    assert_eq!(error.code(), Code::Busy);
    assert!(error.to_string().contains("cannot be reached") && !format!("{error:?}").contains("Wr0ng"), "{error:?}");
}
