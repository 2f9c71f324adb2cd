//! What the browser looks at: the whole product in this process, by the wall clock the browser has,
//! unless a scenario moves it.

use std::net::SocketAddr;
use std::sync::Arc;

use gatepost::domain::Settings;
use gatepost::domain::ports::World;
use gatepost::store::memory::MemoryStore;
use gatepost::world;

use crate::harness::inbox::Inbox;
use crate::harness::running::{Work, start};
use crate::harness::world::{TestClock, world};

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
        Self::start_as(Settings::default()).await
    }

    /// Starts one that is told otherwise.
    pub(super) async fn start_as(settings: Settings) -> Self {
        Self::start_in(world::real(), settings).await
    }

    /// Starts one whose clock is moved by hand.
    pub(super) async fn start_by_hand() -> (Self, Arc<TestClock>) {
        let (world, clock) = world();
        (Self::start_in(world, Settings::default()).await, clock)
    }

    async fn start_in(world: World, settings: Settings) -> Self {
        let (store, inbox) = (Arc::new(MemoryStore::new()), Inbox::default());
        let (server, _, work) = start(store, world, inbox.transport(), settings).await;
        Self { server, inbox, _work: work }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.server.port())
    }

    /// The next one that brings news, and its link if it has one; waits for it.
    pub(super) async fn news(&self, to: &str) -> Option<String> {
        self.inbox.next_to(to).await.link
    }

    /// The code of the next one that has no link; waits for it.
    pub(super) async fn code(&self, to: &str) -> String {
        self.inbox.next_to(to).await.code.unwrap().as_str().to_owned()
    }

    /// The next letter that was not read yet; waits for it.
    pub(super) async fn letter(&self, to: &str) -> Letter {
        let letter = self.inbox.next_to(to).await;
        Letter { link: letter.link.unwrap(), code: letter.code.unwrap().as_str().to_owned() }
    }
}
