//! Networks of proxies that are written as IPv6 addresses, as machines that speak both show IPv4.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::http::{Reply, send};
use crate::harness::process::{Process, free_address};

/// The configured proxies, the hops that a proxy names, and the client that the person then sees.
const SEEN: &[(&str, &str, &str)] = &[
    ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("::ffff:127.0.0.0/104", "::ffff:203.0.113.9", "203.0.113.9"),
    ("::ffff:127.0.0.1,::ffff:10.0.0.0/104", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
    ("::ffff:127.0.0.1,::ffff:10.0.0.0/104", "203.0.113.9, 11.1.2.3", "11.1.2.3"),
    // Not our proxy, so it can name no other address than its own.
    ("::ffff:10.0.0.0/104", "203.0.113.9", "127.0.0.1"),
];

/// A program behind a proxy.
async fn call(
    server: &Process,
    hops: &str,
    method: Method,
    path: &str,
    more: &[(&str, &str)],
    body: &Value,
) -> Reply {
    let host = format!("localhost:{}", server.address.port());
    let headers = [("host", host.as_str()), ("content-type", "application/json"), ("x-forwarded-for", hops)];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(server.address, method, path, &[&headers, more].concat(), body).await
}

#[tokio::test]
async fn a_person_sees_the_client_address_behind_proxies_written_as_mapped_ipv6() {
    for (trusted, hops, expected) in SEEN {
        let folder = tempfile::tempdir().unwrap();
        let environment = [("GATEPOST_TRUSTED_PROXIES", *trusted)];
        let server = Process::start(&folder.path().join("data"), free_address(), &environment);
        let requested =
            call(&server, hops, Method::POST, "/api/sign-in", &[], &json!({"email": "ann@example.org"}))
                .await;
        // The mailbox is not shown through a proxy.
        let host = format!("localhost:{}", server.address.port());
        let path = "/api/mailbox?to=ann@example.org&wait=20";
        let letters = send(server.address, Method::GET, path, &[("host", &host)], "").await.json();
        let code = json!({"request": requested.json()["request"], "code": letters["letters"][0]["code"]});
        let signed_in = call(&server, hops, Method::POST, "/api/code", &[], &code).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
        let bearer = format!("Bearer {}", signed_in.json()["session"]["token"].as_str().unwrap());
        let more = [("authorization", bearer.as_str())];
        let sessions = call(&server, hops, Method::GET, "/api/profile/sessions", &more, &Value::Null).await;
        assert_eq!(sessions.json()["sessions"][0]["ip"], *expected, "{trusted}: {hops}");
    }
}
