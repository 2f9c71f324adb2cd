//! The complete setup: the built binary, a mail server, a real proxy, and an app behind it.

use std::fs;
use std::net::SocketAddr;

use tempfile::TempDir;

use super::browser::Browser;
use super::echo::EchoApp;
use super::recipe::{self, Addresses, Kind};
use super::wire::{Reply, Wire};
use super::{ANN, WIKI};
use crate::harness::process::{Process, free_address};
use crate::mail::sink::Sink;
use crate::proxy::program::Program;

/// Two apps on two domains: one for every account, and one for the family, of which Ann is.
const CONFIG: &str = r#"
public_url = "https://id.example.org"
trusted_proxies = ["127.0.0.1"]

[groups]
family = ["ann@example.org"]

[[apps]]
url = "https://wiki.example.org"
name = "Wiki"
allow = ["*"]
public = ["/open/*"]

[[apps]]
url = "https://git.example.net"
allow = ["group:family"]
preflight = true
cross_site = ["https://wiki.example.org"]

[mail]
transport = "smtp"
from = "id@example.org"
"#;

pub(crate) struct Front {
    /// Where the proxy is, for every host.
    pub(crate) proxy: SocketAddr,
    pub(super) app: EchoApp,
    pub(crate) sink: Sink,
    pub(super) wire: Wire,
    pub(super) gatepost: Process,
    _program: Program,
    _folder: TempDir,
}

impl Front {
    /// Starts everything. Nothing, where the proxy is not installed.
    pub(crate) async fn start(kind: Kind) -> Option<Self> {
        let (app, sink) = (EchoApp::start().await, Sink::good().await);
        let at = Addresses { proxy: free_address(), gatepost: free_address(), app: app.address };
        let names = ["id.example.org", "wiki.example.org", "git.example.net"].map(str::to_owned);
        let certificate = rcgen::generate_simple_self_signed(names).unwrap();
        let program = recipe::start(kind, &at, &certificate)?;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("smtp_url = \"smtp://127.0.0.1:{}?tls=none\"\n", sink.port);
        fs::write(folder.path().join("config.toml"), format!("{CONFIG}{url}")).unwrap();
        let gatepost = Process::start(&folder.path().join("data"), at.gatepost, &[]);
        let wire = Wire::new(at.proxy, certificate.cert.der().clone());
        Some(Self { proxy: at.proxy, app, sink, wire, gatepost, _program: program, _folder: folder })
    }

    /// A browser that keeps nothing yet.
    pub(super) fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// Ann's browser, in which she has opened the wiki.
    pub(super) async fn ann(&self) -> Browser<'_> {
        let mut ann = self.browser();
        let (page, _) = ann.open(&format!("{WIKI}/"), "none").await;
        let (end, reply) = ann.sign_in_by_link(&page, ANN).await;
        assert_eq!((end, reply.status), (format!("{WIKI}/"), 200));
        self.app.seen();
        ann
    }

    /// Sends a request without any cookie, with exactly these lines after the host.
    pub(super) async fn stranger(&self, method: &str, path: &str, lines: &[&str]) -> Reply {
        let lines: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: wiki.example.org\r\nConnection: close\r\n");
        self.wire.say("wiki.example.org", &format!("{head}{lines}\r\n")).await
    }

    /// Asserts that no request has reached the app.
    #[track_caller]
    pub(super) fn nothing_reached_the_app(&self, after: &str) {
        assert_eq!(self.app.seen(), Vec::<String>::new(), "{after}");
    }
}
