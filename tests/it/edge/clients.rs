//! Which address counts as the client's.

use super::server::{body, settings, start};

async fn seen(trusted: &[&str], lines: &str) -> String {
    let mut settings = settings();
    settings.trusted_proxies = trusted.iter().map(|network| network.parse().unwrap()).collect();
    let response = start(settings).get("/who", lines).await;
    body(&response).split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_cannot_choose_its_address() {
    for lines in [
        "",
        "X-Forwarded-For: 198.51.100.1\r\n",
        "X-Real-IP: 198.51.100.1\r\n",
        "Forwarded: for=198.51.100.1\r\n",
    ] {
        assert_eq!(seen(&[], lines).await, "127.0.0.1", "{lines:?}");
    }
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_only_about_the_last_hop() {
    const PROXY: &[&str] = &["127.0.0.1/32"];
    for (lines, expected) in [
        ("", "127.0.0.1"),
        ("X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 203.0.113.9,127.0.0.1\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 127.0.0.1\r\n", "127.0.0.1"),
        ("X-Forwarded-For: 203.0.113.9:4711\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 2001:db8::9\r\n", "2001:db8::9"),
        ("X-Forwarded-For: [2001:db8::9]\r\n", "2001:db8::9"),
        ("X-Forwarded-For: [2001:db8::9]:4711\r\n", "2001:db8::9"),
        ("X-Forwarded-For: ::ffff:203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: unknown\r\n", "127.0.0.1"),
        ("X-Forwarded-For: 198.51.100.1, unknown\r\n", "127.0.0.1"),
        ("X-Forwarded-For: 198.51.100.1, \r\n", "127.0.0.1"),
        ("X-Forwarded-For: \u{e4}\r\n", "127.0.0.1"),
        ("X-Real-IP: 198.51.100.1\r\nForwarded: for=198.51.100.1\r\n", "127.0.0.1"),
    ] {
        assert_eq!(seen(PROXY, lines).await, expected, "{lines:?}");
    }
}

#[tokio::test]
async fn a_chain_of_trusted_proxies_is_followed_to_its_end() {
    const CHAIN: &[&str] = &["127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48"];
    let lines = "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 2001:db8:1::2, 10.1.2.3\r\n";
    assert_eq!(seen(CHAIN, lines).await, "203.0.113.9");
    let lines = "X-Forwarded-For: nonsense, 10.1.2.3\r\n";
    assert_eq!(seen(CHAIN, lines).await, "10.1.2.3");
}

#[tokio::test]
async fn a_device_is_named_and_every_request_gets_an_id_from_the_server() {
    let server = start(settings());
    let lines = "User-Agent: curl/8.14.1\r\nX-Request-Id: chosen\r\n";
    let (first, second) = (server.get("/who", lines).await, server.get("/who", lines).await);
    let id = |response: &str| super::server::header(response, "x-request-id").unwrap().to_owned();
    assert!(body(&first).contains("with curl as "), "{first}");
    assert!(body(&first).ends_with(&id(&first)) && id(&first).len() == 16, "{first}");
    assert_ne!(id(&first), id(&second));
}
