//! What the browser looks at: the whole product in this process, by the wall clock the browser has.

use std::net::SocketAddr;
use std::sync::Arc;

use gatepost::domain::Settings;
use gatepost::store::memory::MemoryStore;
use gatepost::world;

use crate::harness::inbox::Inbox;
use crate::harness::running::{Work, start};

/// A letter, as the person sees it.
pub(super) struct Letter {
    pub(super) link: String,
    pub(super) code: String,
}

/// A running server.
pub(super) struct Site {
    server: SocketAddr,
    inbox: Inbox,
    _work: Work,
}

impl Site {
    /// Starts one.
    pub(super) async fn start() -> Self {
        let (store, inbox) = (Arc::new(MemoryStore::new()), Inbox::default());
        let (server, _, work) = start(store, world::real(), inbox.transport(), Settings::default()).await;
        Self { server, inbox, _work: work }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.server.port())
    }

    /// The next letter that was not read yet; waits for it.
    pub(super) async fn letter(&self, to: &str) -> Letter {
        let letter = self.inbox.next_to(to).await;
        Letter { link: letter.link.unwrap(), code: letter.code.unwrap().as_str().to_owned() }
    }
}
