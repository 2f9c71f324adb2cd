//! The site that the browser visits: the whole product, running in this process. It uses the real clock,
//! as the browser does, unless a scenario sets its own.

use std::net::SocketAddr;
use std::sync::Arc;

use gatepost::domain::Settings;
use gatepost::domain::ports::World;
use gatepost::store::memory::MemoryStore;
use gatepost::world;

use crate::harness::inbox::Inbox;
use crate::harness::limits::unlimited;
use crate::harness::running::{Work, start};
use crate::harness::world::{TestClock, world};

/// An email, as its recipient sees it.
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
    /// Starts a server. Nothing is limited: browsers are slow, and some scenarios ask again and again.
    pub(super) async fn start() -> Self {
        Self::start_as(unlimited()).await
    }

    /// Starts a server with these settings.
    pub(super) async fn start_as(settings: Settings) -> Self {
        Self::start_in(world::real(), settings).await
    }

    /// Starts a server with a clock that the scenario moves.
    pub(super) async fn start_by_hand() -> (Self, Arc<TestClock>) {
        let (world, clock) = world();
        (Self::start_in(world, unlimited()).await, clock)
    }

    async fn start_in(world: World, settings: Settings) -> Self {
        let (store, inbox) = (Arc::new(MemoryStore::new()), Inbox::default());
        let (server, _, work) = start(store, world, inbox.transport(), settings).await;
        Self { server, inbox, _work: work }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.server.port())
    }

    /// Waits for the next email that is only a notice, and returns its link if it has one.
    pub(super) async fn news(&self, to: &str) -> Option<String> {
        self.inbox.next_to(to).await.link
    }

    /// Waits for the next email without a link, and returns its code.
    pub(super) async fn code(&self, to: &str) -> String {
        self.inbox.next_to(to).await.code.unwrap().as_str().to_owned()
    }

    /// How many emails have arrived at an address, read or not.
    pub(super) fn emails_to(&self, email: &str) -> usize {
        self.inbox.count_to(email)
    }

    /// Waits for the next unread email.
    pub(super) async fn letter(&self, to: &str) -> Letter {
        let letter = self.inbox.next_to(to).await;
        Letter { link: letter.link.unwrap(), code: letter.code.unwrap().as_str().to_owned() }
    }
}
