//! The `[store]` section: every mistake in it is in the one list, and the password is in none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::mistakes::assert_reported;
use super::{Bench, FREE, errors};

const URL: &str = "store.url, store.url_file: ";

/// The errors of a section.
#[track_caller]
fn mistakes(section: &str) -> Vec<String> {
    let found = errors(&Bench::with_file(&format!("[store]\n{section}")).check(&[], &[]));
    assert!(!found.concat().contains("hunter2"), "{found:?}");
    found
}

#[test]
fn a_url_that_leads_nowhere_is_refused_with_what_is_wrong_about_it() {
    for (url, sentence) in [
        ("etcd://db1:2379", "etcd:// is not supported by this version"),
        ("mysql://gatepost@db1/gatepost", "must be \"sled\", or a URL such as postgres://"),
        ("Sled", "must be \"sled\", or a URL such as postgres://"),
        ("postgres://db1/gatepost", "must name the user"),
        ("postgres://:hunter2@db1/gatepost", "must name the user"),
        ("postgres://gatepost@db1", "must name the database"),
        ("postgres://gatepost@db1/", "must name the database"),
        ("postgres://gatepost@/gatepost", "must be \"sled\", or a URL such as postgres://"),
        ("postgres://gatepost:hunter2@db1:http/gatepost", "has a port that is not a number"),
        ("postgres://gatepost:hunter2@db1:99999/gatepost", "has a port that is not a number"),
        ("postgres://gatepost:hun/ter2@db1/gatepost", "has a / or #"),
        ("postgres://gatepost:hunter2#@db1/gatepost", "has a / or #"),
        ("postgres://gatepost:hunter2%@db1/gatepost", "has a % that is not percent-encoding"),
        ("postgres://gatepost:hunter2%00@db1/gatepost", "has a control character"),
        ("postgres://gatepost@[::1/gatepost", "must be \"sled\", or a URL such as postgres://"),
        ("postgres://gatepost@db1,/gatepost", "must be \"sled\", or a URL such as postgres://"),
        ("postgres://gatepost@db1/gatepost?sslmode=require", "must have sslmode=verify-full"),
        ("postgres://gatepost@db1/gatepost?sslmode=disable", "must have sslmode=verify-full"),
        ("postgres://gatepost@127.0.0.1,db1/gatepost?sslmode=disable", "must have sslmode=verify-full"),
        ("postgres://gatepost@localhost/gatepost?sslmode=prefer", "must have sslmode=verify-full"),
        (
            "postgres://gatepost@db1/gatepost?target_session_attrs=primary",
            "must not have target_session_attrs",
        ),
        ("postgres://gatepost@db1/gatepost?connect_timeout=5", "can have only sslmode, host and port"),
        ("postgres://gatepost@/gatepost?host=db1", "can have ?host= only with the folder"),
        ("postgres://gatepost@db1/gatepost?host=/run/postgresql", "must name hosts, or a folder"),
    ] {
        assert_reported(&mistakes(&format!("url = \"{url}\"")), &[&format!("{URL}{sentence}")], url);
    }
}

#[test]
fn a_key_of_the_other_kind_of_store_is_refused_unless_it_has_its_default() {
    let sentence = "is only for a store.url that begins with postgres://";
    for line in ["schema = \"other\"", "connections = 8", "timeout = \"4s\"", "durable = \"one\""] {
        let key = line.split(' ').next().unwrap();
        assert_reported(&mistakes(line), &[&format!("store.{key}: {sentence}")], line);
    }
    let postgres = "url = \"postgres://gatepost@localhost/gatepost\"\n";
    let line = format!("{postgres}cache_mib = 12");
    assert_reported(&mistakes(&line), &["store.cache_mib: is only for store.url = \"sled\""], &line);
    let all =
        "schema = \"gatepost\"\nconnections = 16\ntimeout = \"5s\"\nsession_cache = \"0s\"\ncache_mib = 0\n";
    for url in ["url = \"sled\"\n", postgres] {
        let bench = Bench::with_file(&format!("[store]\n{url}{all}"));
        assert!(bench.check(&[], &["--listen", FREE]).status.success(), "{url}");
    }
}

#[test]
fn every_mistake_about_a_shared_database_is_in_the_one_list() {
    let found = mistakes(
        "url = \"postgres://gatepost@localhost/gatepost\"\nschema = \"Gate-post\"\nconnections = 3\ntimeout = \"31s\"\n\
         session_cache = \"2s\"\ndurable = \"two\"\nca = \"none.pem\"\npassword_file = \"none\"\npool = 3",
    );
    assert_reported(
        &found,
        &[
            "config.toml: store.pool: unknown key",
            "config.toml: store.session_cache: must be \"0s\"",
            "config.toml: store.schema: must be a plain name",
            "config.toml: store.password_file: none: No such file",
            "config.toml: store.ca: none.pem: ",
            "config.toml: store.connections: must be a whole number from 4 to 1000",
            "config.toml: store.timeout: must be a duration",
            "config.toml: store.durable: must be \"majority\" or \"one\"",
        ],
        "all",
    );
}

#[test]
fn a_password_is_read_from_a_file_and_shown_nowhere() {
    let bench = Bench::with_file("[store]\nurl_file = \"url\"\npassword_file = \"pw\"");
    for (name, text) in [("url", "postgres://gatepost@localhost/gatepost"), ("pw", "hunter2")] {
        fs::write(bench.path().join(name), text).unwrap();
        fs::set_permissions(bench.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let output = bench.check(&[], &["--listen", FREE]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("Database: postgres://localhost:5432/gatepost, schema gatepost."), "{shown}");
    assert!(!shown.contains("hunter2") && output.stderr.is_empty(), "{shown}");
    fs::write(bench.path().join("url"), "postgres://gatepost:hunter2@localhost/gatepost").unwrap();
    let found = errors(&bench.check(&[], &[]));
    let twice = "store.url, store.url_file, store.password_file: the password is set twice";
    assert_reported(&found, &[twice], "twice");
    let found = errors(&bench.check(&[("GATEPOST_STORE__URL", "sled")], &[]));
    let needless = "store.password_file: is only for a store.url";
    assert_reported(&found, &[&format!("{URL}is set twice"), needless], "twice");
}

#[test]
fn several_hosts_with_ports_of_their_own_are_shown_as_they_were_written() {
    let bench = Bench::with_file(
        "[store]\nurl = \"postgresql://gate%40post:p%2Fw@127.0.0.1:5433,[::1],localhost/gate\"",
    );
    let shown = String::from_utf8(bench.check(&[], &["--listen", FREE]).stdout).unwrap();
    assert!(
        shown.contains("postgres://127.0.0.1:5433,[::1]:5432,localhost:5432/gate, schema gatepost."),
        "{shown}"
    );
    let bench =
        Bench::with_file("[store]\nurl = \"postgres://gatepost@/gate?host=/run/postgresql&port=5433\"");
    let shown = String::from_utf8(bench.check(&[], &["--listen", FREE]).stdout).unwrap();
    assert!(shown.contains("/run/postgresql/.s.PGSQL.5433"), "{shown}");
}

#[test]
fn a_certificate_of_our_own_needs_its_key() {
    let made = rcgen::generate_simple_self_signed(vec!["db1".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let url = "url = \"postgres://gatepost@db1/gatepost\"\nca = \"cert.pem\"\ncert = \"cert.pem\"";
    for (more, sentence) in [
        ("", Some("store.cert, store.key: set both")),
        ("\nkey = \"key.pem\"", None),
        ("\nkey = \"cert.pem\"", Some("config.toml: store.key: ")),
    ] {
        let bench = Bench::with_file(&format!("[store]\n{url}{more}"));
        fs::write(bench.path().join("cert.pem"), &cert).unwrap();
        fs::write(bench.path().join("key.pem"), &key).unwrap();
        let output = bench.check(&[], &["--listen", FREE]);
        if let Some(sentence) = sentence {
            assert_reported(&errors(&output), &[sentence], more);
        } else {
            assert!(output.status.success(), "{output:?}");
            let log = String::from_utf8(output.stderr).unwrap();
            assert!(log.contains("can read this secret"), "{log}");
        }
    }
}
