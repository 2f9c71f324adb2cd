//! A store that can't be read: nothing passes, and no one waits long.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use gatepost::domain::Settings;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;
use gatepost::web::Site;
use hyper::Method;
use tokio::time::timeout;

use super::browser::{Browser, opening};
use super::{ANN, TWO, WIKI, apps_of};
use crate::harness::inbox::Inbox;
use crate::harness::running::start;
use crate::harness::world::world;

/// What a store does.
const WORKS: u8 = 0;
const REFUSES: u8 = 1;
const HANGS: u8 = 2;
const IS_FULL: u8 = 3;

#[derive(Default)]
struct OddStore {
    inner: MemoryStore,
    mode: AtomicU8,
}

impl OddStore {
    fn turn(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }

    async fn reached(&self) -> Result<&MemoryStore, StoreError> {
        match self.mode.load(Ordering::SeqCst) {
            REFUSES => Err(StoreError::Refused("out of reach".into())),
            HANGS => pending().await,
            _ => Ok(&self.inner),
        }
    }
}

#[async_trait]
impl Store for OddStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.reached().await?.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.reached().await?.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        if self.mode.load(Ordering::SeqCst) == IS_FULL {
            return Err(StoreError::Refused("no space left".into()));
        }
        self.reached().await?.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn nothing_passes_while_the_store_cannot_be_read_and_everything_while_it_cannot_be_written() {
    let (store, inbox) = (Arc::new(OddStore::default()), Inbox::default());
    let (server, house, work) = start(store.clone(), world().0, inbox.transport(), Settings::default()).await;
    work.turn(Site {
        apps: apps_of(&TWO.replace("name = \"Wiki\"", "public = [\"/open\"]")),
        ..(*house.site).clone()
    });
    let mut browser = Browser::at(server);
    browser.own.ask(ANN).await;
    browser.own.follow(&inbox.next_to(ANN).await.link.unwrap()).await;
    browser.passes(&format!("{WIKI}/page")).await;
    for mode in [REFUSES, HANGS] {
        store.turn(mode);
        for path in ["/page", "/open"] {
            for headers in [vec![("accept", "*/*")], opening("none")] {
                let url = format!("{WIKI}{path}");
                let sent = browser.send(Method::GET, &url, &headers);
                let reply = timeout(Duration::from_secs(2), sent).await.expect("it waits a second at most");
                assert_eq!(
                    (reply.status.as_u16(), reply.header("remote-user")),
                    (503, Some("")),
                    "{mode} {path}"
                );
                assert!(reply.header("retry-after").is_some());
            }
        }
    }
    // Someone without a cookie is looked up nowhere.
    let mut stranger = Browser::at(server);
    assert_eq!(stranger.status(&format!("{WIKI}/open")).await, 204);
    assert_eq!(stranger.status(&format!("{WIKI}/page")).await, 401);
    // While only writing fails, people go on, and come to a second app.
    store.turn(IS_FULL);
    assert_eq!(browser.passes(&format!("{WIKI}/page")).await.0, ANN);
    assert_eq!(browser.passes(&format!("{}/", super::GIT)).await.0, ANN);
    store.turn(WORKS);
    assert_eq!(browser.status(&format!("{WIKI}/page")).await, 204);
}
