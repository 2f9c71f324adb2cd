//! The complete setup: the built binary, a real proxy, and an app behind it.

use std::fs;
use std::net::SocketAddr;

use hyper::Method;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::app::EchoApp;
use super::program::Program;
use super::{caddy, nginx};
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::document::block;
use crate::harness::http::send;
use crate::harness::process::{Process, free_address};

const PAGE: &str = "docs/in-front-of-an-app.md";

/// Which proxy is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
}

pub(crate) struct Gate {
    pub(super) app: EchoApp,
    pub(crate) proxy: SocketAddr,
    gatepost: Option<Process>,
    _program: Program,
    _folder: TempDir,
}

impl Gate {
    /// Starts all three with the configurations printed in the document. Nothing, where the proxy is not
    /// installed.
    pub(crate) async fn start(kind: Kind) -> Option<Self> {
        Self::start_with(kind, &[]).await
    }

    /// The same with changes to the configuration of the proxy.
    pub(super) async fn start_with(kind: Kind, changes: &[(&str, &str)]) -> Option<Self> {
        let app = EchoApp::start().await;
        let (proxy, listen) = (free_address(), free_address());
        let program = start_proxy(kind, proxy, listen, app.address, changes)?;
        let folder = tempfile::tempdir().unwrap();
        let config = block(
            PAGE,
            "toml",
            &[
                ("https://example.org", &format!("http://localhost:{}", proxy.port())),
                ("127.0.0.1:8080", &listen.to_string()),
            ],
        );
        fs::write(folder.path().join("config.toml"), config).unwrap();
        let gatepost = Process::start(&folder.path().join("data"), listen, &[]);
        Some(Self { app, proxy, gatepost: Some(gatepost), _program: program, _folder: folder })
    }

    /// A browser in front of the proxy.
    pub(super) fn browser(&self) -> Caller {
        Caller::new(Door::Pages, self.proxy)
    }

    /// A browser that went to the sign-in page directly, requested an email, and followed its link.
    pub(super) async fn signed_in(&self, email: &str) -> Caller {
        let mut browser = self.browser();
        assert_eq!(browser.ask(email).await, Answer::Done);
        assert_eq!(browser.follow(&self.link_to(email).await).await, Answer::Done);
        browser
    }

    /// The link in the email to an address. The mailbox is not shown through a proxy, so this reads it
    /// directly from Gatepost.
    pub(crate) async fn link_to(&self, email: &str) -> String {
        let found = self.behind(&format!("/api/mailbox?to={email}&wait=20"), &[]).await;
        found["letters"][0]["link"].as_str().unwrap().to_owned()
    }

    /// The code in the email to an address.
    pub(crate) async fn code_to(&self, email: &str) -> String {
        let found = self.behind(&format!("/api/mailbox?to={email}&wait=20"), &[]).await;
        found["letters"][0]["code"].as_str().unwrap().to_owned()
    }

    /// The ID of the account that a browser is signed in to, from the API.
    pub(super) async fn account_of(&self, browser: &Caller) -> String {
        let session = browser.cookies.iter().find(|(name, _)| name == "gatepost_session");
        let bearer = format!("Bearer {}", session.unwrap().1);
        let found = self.behind("/api/session", &[("authorization", &bearer)]).await;
        found["account"]["id"].as_str().unwrap().to_owned()
    }

    async fn behind(&self, path: &str, headers: &[(&str, &str)]) -> serde_json::Value {
        let host = format!("localhost:{}", self.proxy.port());
        let headers = [&[("host", host.as_str())], headers].concat();
        send(self.gatepost.as_ref().unwrap().address, Method::GET, path, &headers, "").await.json()
    }

    /// `kill -9` to Gatepost.
    pub(super) fn kill_gatepost(&mut self) {
        self.gatepost.take().unwrap().kill();
    }

    /// Requests the app with exactly these lines in the head, and the cookies of a browser. Returns the
    /// complete response.
    pub(super) async fn say(&self, browser: &Caller, lines: &[&str]) -> String {
        let mut socket = TcpStream::connect(self.proxy).await.unwrap();
        let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let head = format!("GET /app/ HTTP/1.1\r\nHost: localhost:{}\r\n", self.proxy.port());
        let request =
            format!("{head}Connection: close\r\nCookie: {cookies}\r\n{}\r\n\r\n", lines.join("\r\n"));
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// Starts a proxy with the recipe for it. Names, ports and TLS differ from the printed one, and these changes.
fn start_proxy(
    kind: Kind,
    proxy: SocketAddr,
    gatepost: SocketAddr,
    app: SocketAddr,
    changes: &[(&str, &str)],
) -> Option<Program> {
    let (gatepost, app) = (gatepost.to_string(), app.to_string());
    let shared = [("__Host-", ""), ("127.0.0.1:8080", &*gatepost), ("127.0.0.1:3000", &app)];
    match kind {
        Kind::Nginx => {
            let own = [
                ("listen 443 ssl;", &*format!("listen {proxy};")),
                ("server_name example.org;", "server_name localhost;"),
                ("ssl_certificate /etc/letsencrypt/live/example.org/fullchain.pem;", ""),
                ("ssl_certificate_key /etc/letsencrypt/live/example.org/privkey.pem;", ""),
            ];
            nginx::start(&block(PAGE, "nginx", &[&own[..], &shared, changes].concat()), proxy)
        }
        Kind::Caddy => {
            let own = [("example.org {", &*format!("http://localhost:{} {{", proxy.port()))];
            caddy::start(&block(PAGE, "caddyfile", &[&own[..], &shared, changes].concat()), proxy)
        }
    }
}
