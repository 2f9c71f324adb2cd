//! Two nodes behind Caddy, with the Caddyfile that comes with their compose file.

use std::fs;
use std::path::Path;

use super::{ANN, Street};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::document::REPOSITORY;
use crate::harness::process::free_address;
use crate::proxy::caddy;

both_doors! {
    #[tokio::test(flavor = "multi_thread")]
    people_notice_nothing_when_one_of_two_nodes_is_killed,
}

async fn people_notice_nothing_when_one_of_two_nodes_is_killed(door: Door) {
    let Some(mut street) = Street::new().await else { return };
    let proxy = free_address();
    let public_url = format!("http://localhost:{}", proxy.port());
    street.site = street
        .site
        .with("GATEPOST_PUBLIC_URL", public_url.clone())
        .with("GATEPOST_TRUSTED_PROXIES", "127.0.0.1");
    let (one, other) = (street.node(), street.node());
    let mut caddyfile =
        fs::read_to_string(Path::new(REPOSITORY).join("packaging/compose/Caddyfile")).unwrap();
    for (name, value) in [
        ("{$GATEPOST_DOMAIN}", public_url),
        ("gatepost-a:8080", one.address().to_string()),
        ("gatepost-b:8080", other.address().to_string()),
    ] {
        assert!(caddyfile.contains(name), "{name} is not in {caddyfile}");
        caddyfile = caddyfile.replace(name, &value);
    }
    let Some(_caddy) = caddy::start(&caddyfile, proxy) else { return };
    let mut ann = street.signed_in(proxy, door).await;
    one.killed();
    for _ in 0..20 {
        assert_eq!(ann.who().await.as_deref(), Some(ANN));
    }
    let mut bea = Caller::new(door, proxy);
    assert_eq!(bea.ask("bea@example.org").await, Answer::Done);
    let link = street.sink.letter_to("bea@example.org").await.link();
    assert_eq!(bea.follow(&link).await, Answer::Done);
    assert_eq!(ann.sign_out().await, Answer::Done);
    assert_eq!(ann.who().await, None);
    other.server.stop();
}
