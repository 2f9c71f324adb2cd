//! A program that the server may leave without an answer, and the operator's commands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::caller::path_of;
use crate::harness::http::{Reply, try_send};

/// Where the server is, and how it was started.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) server: SocketAddr,
    pub(super) data: PathBuf,
    pub(super) environment: Arc<Vec<(&'static str, String)>>,
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
        try_send(self.server, method, &format!("/api{path}"), &headers, body).await.ok()
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

    /// Returns once the server is gone.
    pub(super) async fn gone(&self) {
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
