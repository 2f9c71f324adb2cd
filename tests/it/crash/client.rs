//! A program that the server may leave without an answer, and the operator's commands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::watch;

use crate::harness::caller::path_of;
use crate::harness::http::{Reply, try_send};

/// Where the server is, and how it was started.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) server: SocketAddr,
    pub(super) data: PathBuf,
    pub(super) environment: Arc<Vec<(&'static str, String)>>,
    pub(super) until: Until,
}

/// When people stop acting.
#[derive(Clone, Debug)]
pub(super) enum Until {
    /// When the server dies.
    Dies,
    /// When they are told. If the server says meanwhile that it cannot do it now, no one knows whether it did.
    Told(watch::Receiver<bool>),
}

impl Client {
    /// Posts to the API. Nothing if the server died first: then no one knows what it did.
    pub(super) async fn post(&self, path: &str, session: Option<&str>, body: Value) -> Option<Reply> {
        self.send(Method::POST, path, session, body.to_string()).await
    }

    pub(super) async fn get(&self, path: &str, session: Option<&str>) -> Option<Reply> {
        self.send(Method::GET, path, session, String::new()).await
    }

    async fn send(&self, method: Method, path: &str, session: Option<&str>, body: String) -> Option<Reply> {
        let host = format!("localhost:{}", self.server.port());
        let bearer = session.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("host", host.as_str()), ("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let sent = try_send(self.server, method, &format!("/api{path}"), &headers, body).await.ok();
        let is_known = |reply: &Reply| matches!(self.until, Until::Dies) || reply.status != 503;
        sent.filter(is_known)
    }

    /// Runs a command of the operator, beside the server. Nothing if it did not succeed.
    pub(super) async fn command(&self, arguments: [&str; 3]) -> Option<()> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.args(arguments).arg("--data").arg(&self.data).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command.current_dir("/").output().await.unwrap().status.success().then_some(())
    }

    /// Whether a session is live.
    pub(super) async fn is_signed_in(&self, session: &str) -> bool {
        let reply = self.get("/session", Some(session)).await.unwrap();
        assert!([200, 401].contains(&reply.status.as_u16()), "{reply:?}");
        reply.status == 200
    }

    /// What a person gets who opens a link elsewhere and ticks the box.
    pub(super) async fn deliberately(&self, link: &str, session: Option<&str>) -> u16 {
        let body = json!({"confirm": "yes", "password": "six dry wooden spoons"});
        self.post(&path_of(link), session, body).await.unwrap().status.as_u16()
    }

    /// Whether people have been told to stop.
    pub(super) fn is_over(&self) -> bool {
        matches!(&self.until, Until::Told(over) if *over.borrow())
    }

    /// Returns once it is over.
    pub(super) async fn gone(&self) {
        if let Until::Told(over) = &self.until {
            // The end of the test is the end of this as well.
            let _ = over.clone().wait_for(|is_over| *is_over).await;
            return;
        }
        // An open connection ends when the process does, or after a minute.
        while let Ok(mut stream) = tokio::net::TcpStream::connect(self.server).await {
            let mut byte = [0];
            drop(tokio::io::AsyncReadExt::read(&mut stream, &mut byte).await);
        }
    }
}

/// The session token in a reply.
pub(super) fn token(reply: &Reply) -> String {
    reply.json()["session"]["token"].as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}
