//! The blocks of the README for a proxy in front of Gatepost.

use std::fs;
use std::net::SocketAddr;

use super::app::{EchoApp, headers_for};
use super::gate::Kind;
use super::program::Program;
use super::{caddy, nginx};
use crate::harness::document::block;
use crate::harness::http::send;
use crate::harness::installed::{is_installed, is_root};
use crate::harness::process::free_address;

const PAGE: &str = "README.md";

#[test]
fn the_nginx_block_passes_nginx_t_with_nothing_changed_but_the_folder_of_certificates() {
    // `nginx -t` opens the ports too, and only root may open 443.
    if !is_installed(nginx::PROGRAM) || !is_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let issued = rcgen::generate_simple_self_signed(["id.example.org".to_owned()]).unwrap();
    fs::write(folder.path().join("fullchain.pem"), issued.cert.pem()).unwrap();
    fs::write(folder.path().join("privkey.pem"), issued.signing_key.serialize_pem()).unwrap();
    let certificates = folder.path().to_str().unwrap();
    let site = block(PAGE, "nginx", &[("/etc/letsencrypt/live/id.example.org", certificates)]);
    let output = nginx::test(&site, folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let broken = nginx::test(&site.replace("proxy_pass", "proxy_pas"), folder.path());
    assert!(!broken.status.success(), "nginx -t finds mistakes");
}

#[test]
fn the_caddy_block_passes_caddy_validate_as_printed() {
    if !is_installed(caddy::PROGRAM) {
        return;
    }
    let site = block(PAGE, "caddyfile", &[]);
    let output = caddy::validate(&site);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!caddy::validate(&site.replace("reverse_proxy", "revers_proxy")).status.success());
}

fn start(kind: Kind, behind: SocketAddr) -> Option<(SocketAddr, Program)> {
    let (proxy, behind) = (free_address(), behind.to_string());
    let program = match kind {
        Kind::Nginx => nginx::start(
            &block(
                PAGE,
                "nginx",
                &[
                    ("listen 443 ssl;", &format!("listen {proxy};")),
                    ("    ssl_certificate /etc/letsencrypt/live/id.example.org/fullchain.pem;\n", ""),
                    ("    ssl_certificate_key /etc/letsencrypt/live/id.example.org/privkey.pem;\n", ""),
                    ("127.0.0.1:8080", &behind),
                ],
            ),
            proxy,
        ),
        Kind::Caddy => caddy::start(
            &block(
                PAGE,
                "caddyfile",
                &[
                    ("id.example.org {", &format!("http://id.example.org:{} {{", proxy.port())),
                    ("127.0.0.1:8080", &behind),
                ],
            ),
            proxy,
        ),
    };
    Some((proxy, program?))
}

async fn the_host_is_kept_and_the_clients_address_is_the_last_one(kind: Kind) {
    let echo = EchoApp::start().await;
    let Some((proxy, _program)) = start(kind, echo.address) else { return };
    let host = format!("id.example.org:{}", proxy.port());
    for forged in [None, Some("203.0.113.9"), Some("127.0.0.1, 203.0.113.9")] {
        let mut headers = vec![("host", host.as_str())];
        headers.extend(forged.map(|value| ("x-forwarded-for", value)));
        send(proxy, hyper::Method::GET, "/sign-in", &headers, "").await;
        let seen = echo.seen().remove(0);
        let values = |name| headers_for(&seen, name).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(values("host"), [host.as_str()], "{seen}");
        let forwarded = values("x_forwarded_for").join(",");
        assert_eq!(forwarded.rsplit(',').next().map(str::trim), Some("127.0.0.1"), "{seen}");
    }
}

#[tokio::test]
async fn nginx_keeps_the_host_and_appends_the_clients_address() {
    the_host_is_kept_and_the_clients_address_is_the_last_one(Kind::Nginx).await;
}

#[tokio::test]
async fn caddy_keeps_the_host_and_appends_the_clients_address() {
    the_host_is_kept_and_the_clients_address_is_the_last_one(Kind::Caddy).await;
}
