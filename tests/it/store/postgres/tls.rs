//! TLS: the server has to prove that it is the one in the configuration.

use gatepost::domain::ports::Store;
use gatepost::store::postgres::{Host, PostgresSettings, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{opened, refusal};
use crate::harness::postgres::Server;

/// Gives the server a certificate for this name, and returns the authority that issued it.
async fn secure(server: &Server, name: &str) -> CertificateDer<'static> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    server.write("server.crt", &leaf.pem());
    server.write("server.key", &key.serialize_pem());
    server.set("ssl", "on").await;
    authority.der().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_server_with_a_certificate_for_its_name_is_used() {
    let Some(server) = Server::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, authority: &CertificateDer<'static>| PostgresSettings {
        hosts: vec![Host::Tcp(name.into(), server.port())],
        tls: Some(Tls { authorities: vec![authority.clone()], identity: None }),
        ..server.settings("gatepost", folder.path())
    };
    let stranger = KeyPair::generate().unwrap();
    let stranger =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&stranger).unwrap();
    let without = refusal(|| with("localhost", stranger.der())).await;
    assert!(without.contains("does not offer TLS"), "{without}");

    let authority = secure(&server, "localhost").await;
    let store = opened(|| with("localhost", &authority)).await;
    super::commit_at_last(&store, "a", 1).await;
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'gatepost'";
    assert_eq!(server.ask(encrypted).await, "t");
    assert_eq!(store.writable(), Ok(()));

    let other_name = refusal(|| with("127.0.0.1", &authority)).await;
    assert!(other_name.contains("cannot use TLS") && other_name.contains("store.ca"), "{other_name}");
    let other_authority = refusal(|| with("localhost", stranger.der())).await;
    assert!(
        other_authority.contains("cannot use TLS") && other_authority.contains("store.ca"),
        "{other_authority}"
    );
}
