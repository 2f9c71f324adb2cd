//! The whole of it: the built product, a real proxy in front, and an app behind the two.

use std::fs;
use std::net::SocketAddr;

use hyper::Method;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::app::EchoApp;
use super::program::{Places, Program, recipe};
use super::{caddy, nginx};
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::send;
use crate::harness::process::{Process, free_address};

/// Which proxy stands in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nginx,
    Caddy,
}

pub(super) struct Gate {
    pub(super) app: EchoApp,
    pub(super) proxy: SocketAddr,
    gatepost: Option<Process>,
    _program: Program,
    _folder: TempDir,
}

impl Gate {
    /// Starts all three, by the configurations of the page. Nothing, where the proxy cannot run.
    pub(super) async fn start(kind: Kind) -> Option<Self> {
        let app = EchoApp::start().await;
        let at = Places { proxy: free_address(), gatepost: free_address(), app: app.address };
        let program = match kind {
            Kind::Nginx => nginx::start(at),
            Kind::Caddy => caddy::start(at),
        }?;
        let folder = tempfile::tempdir().unwrap();
        let config = recipe(
            "toml",
            &[
                ("https://example.org", &format!("http://localhost:{}", at.proxy.port())),
                ("127.0.0.1:8080", &at.gatepost.to_string()),
            ],
        );
        fs::write(folder.path().join("config.toml"), config).unwrap();
        let gatepost = Process::start(&folder.path().join("data"), at.gatepost, &[]);
        Some(Self { app, proxy: at.proxy, gatepost: Some(gatepost), _program: program, _folder: folder })
    }

    /// A browser in front of the proxy.
    pub(super) fn browser(&self) -> Caller {
        Caller::new(Door::Pages, self.proxy)
    }

    /// A browser that asked for a letter, without a page it came from, and followed its link.
    pub(super) async fn signed_in(&self, email: &str) -> Caller {
        let mut browser = self.browser();
        assert_eq!(browser.ask(email).await, Answer::Done);
        assert_eq!(browser.follow(&self.link_to(email).await).await, Answer::Done);
        browser
    }

    /// The link of the letter to an address. No letter is shown through a proxy, so it is asked for
    /// at the port behind.
    pub(super) async fn link_to(&self, email: &str) -> String {
        let found = self.behind(&format!("/api/mailbox?to={email}&wait=20"), &[]).await;
        found["letters"][0]["link"].as_str().unwrap().to_owned()
    }

    /// The id of who is signed in in a browser, as programs are told it.
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

    /// Asks for the app with these lines in the head, as they are written, and the cookies of a
    /// browser. The whole answer.
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
