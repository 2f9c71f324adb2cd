//! Downloading everything that is stored about an account, however long its history is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use gatepost::domain::Settings;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::mail::{RecentLetters, TransportSettings};
use gatepost::store::memory::MemoryStore;
use hyper::Method;

use super::{ANN, OTHER, registered};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::http::{Reply, try_send};
use crate::harness::running;
use crate::harness::world::world;

both_doors! {
    a_long_history_is_exported_whole_and_in_order,
    no_more_than_two_exports_run_at_once,
    an_export_that_cannot_be_finished_never_looks_whole,
}

const PAGES: [&str; 2] = ["/profile/export", "/api/profile/export"];

async fn a_long_history_is_exported_whole_and_in_order(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let id = app.account(ANN).await.id;
    app.put_history(id, 1_234).await;
    app.caller(door).sign_in_with_password(ANN, OTHER).await;
    let export = ann.export().await;
    let events = export["events"].as_array().unwrap();
    let (refused, happened) = events.split_last().unwrap();
    assert_eq!((&refused["outcome"], &refused["count"]), (&"failure".into(), &1.into()));
    assert_eq!(happened.len(), 1_235);
    let at: Vec<&str> = happened.iter().map(|event| event["at"].as_str().unwrap()).collect();
    assert!(at.is_sorted_by(|newer, older| newer > older), "the newest first, each once");
    assert_eq!(export["keys"], serde_json::json!([]));
}

async fn no_more_than_two_exports_run_at_once(door: Door) {
    let app = App::start().await;
    let ann = registered(&app, door, ANN).await;
    let live = app.house.gatepost.session(&ann.session()).await.unwrap();
    let first = app.house.gatepost.export(&live).await.unwrap();
    let second = app.house.gatepost.export(&live).await.unwrap();
    for (mut caller, path) in [ann.in_browser(), ann.in_program()].into_iter().zip(PAGES) {
        let refused = caller.get(path).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, Some("1")), "{path}");
    }
    drop(second);
    for (mut caller, path) in [ann.in_browser(), ann.in_program()].into_iter().zip(PAGES) {
        assert_eq!(caller.get(path).await.status, 200, "{path}");
    }
    drop(first);
}

/// A store that reads no second page of a history while it is broken.
#[derive(Default)]
struct Broken {
    inner: MemoryStore,
    is_broken: AtomicBool,
}

#[async_trait]
impl Store for Broken {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        let is_second_page = span.from.as_bytes().starts_with(b"h/") && span.from.as_bytes().len() > 18;
        if is_second_page && self.is_broken.load(Ordering::SeqCst) {
            return Err(StoreError::Refused("the disk is gone".into()));
        }
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}

async fn an_export_that_cannot_be_finished_never_looks_whole(door: Door) {
    let (store, (world, _)) = (Arc::new(Broken::default()), world());
    let letters = Arc::new(RecentLetters::new());
    let transport = TransportSettings::Mailbox(letters.clone());
    let (server, house, _work) = running::start(store.clone(), world, transport, Settings::default()).await;
    let mut ann = Caller::new(door, server);
    assert_eq!(ann.ask(ANN).await, Answer::Done);
    let link = loop {
        let seen = gatepost::domain::ports::Mailbox::arrivals(&*letters);
        match gatepost::domain::ports::Mailbox::letters(&*letters, None).pop() {
            Some(letter) => break letter.link.unwrap(),
            None => gatepost::domain::ports::Mailbox::arrival_after(&*letters, seen).await,
        }
    };
    assert_eq!(ann.follow(&link).await, Answer::Done);
    let exported = async || -> Result<Reply, String> {
        let (name, value, path) = match door {
            Door::Pages => ("cookie", format!("gatepost_session={}", ann.session()), PAGES[0]),
            Door::Json => ("authorization", format!("Bearer {}", ann.session()), PAGES[1]),
        };
        let host = format!("localhost:{}", server.port());
        try_send(server, Method::GET, path, &[("host", &host), (name, &value)], "").await
    };
    assert_eq!(exported().await.unwrap().json()["account"]["email"], ANN);
    store.is_broken.store(true, Ordering::SeqCst);
    let broken = exported().await;
    assert!(broken.is_err(), "{broken:?}");
    // The place it had is free again.
    store.is_broken.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(exported().await.unwrap().status, 200);
    }
    drop(house);
}
