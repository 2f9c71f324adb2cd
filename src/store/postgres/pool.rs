//! The connections to one server in one life of it. When its role changes, or anything that an acknowledgement rests
//! on, the whole pool is closed and the next one proves everything again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};

use super::base::Base;
use super::duty::{Commits, Duty, Reads};
use super::fault::Fault;
use super::life::Life;
use super::link::Link;
use super::proof::{Proven, prove};
use super::settings::Host;

pub(super) struct Pool {
    base: Arc<Base>,
    pub(super) host: Host,
    pub(super) life: Life,
    /// Each is opened when it is first needed, by one reader for all who wait for it.
    readers: Vec<tokio::sync::Mutex<Option<Arc<Proven<Reads>>>>>,
    next_reader: AtomicUsize,
    /// Connections for commits that carry none now. Whoever takes one has a permit.
    idle: Mutex<Vec<Proven<Commits>>>,
    closed: watch::Sender<Option<Fault>>,
    /// Wakes the keeper, which looks whether this server is still the primary.
    pub(super) doubted: Notify,
}

impl Pool {
    pub(super) fn new(base: Arc<Base>, host: Host, life: Life) -> Self {
        let (readers, _) = base.shares();
        Self {
            base,
            host,
            life,
            readers: (0..readers).map(|_| tokio::sync::Mutex::default()).collect(),
            next_reader: AtomicUsize::new(0),
            idle: Mutex::default(),
            closed: watch::Sender::new(None),
            doubted: Notify::new(),
        }
    }

    /// From now on, nothing of this pool is believed.
    pub(super) fn close(&self, fault: Fault) {
        self.closed.send_if_modified(|closed| closed.is_none().then(|| *closed = Some(fault)).is_some());
        self.idle().clear();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    /// Returns why it was closed, once it is.
    pub(super) async fn closed(&self) -> Fault {
        let mut closed = self.closed.subscribe();
        // The sender lasts as long as this pool.
        let fault = closed.wait_for(Option::is_some).await.ok().and_then(|fault| fault.clone());
        fault.unwrap_or_else(|| Fault::Unreachable("the database is closing".into()))
    }

    /// A connection for reads. Several readers share one.
    pub(super) async fn reader(&self) -> Result<Arc<Proven<Reads>>, Fault> {
        let number = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let mut place = self.readers[number].lock().await;
        if let Some(reader) = place.as_ref().filter(|reader| !reader.link.has_ended()) {
            return Ok(Arc::clone(reader));
        }
        let reader = Arc::new(self.connect().await?);
        *place = Some(Arc::clone(&reader));
        Ok(reader)
    }

    /// Closes a connection for reads that does not answer.
    pub(super) async fn replace(&self, reader: &Arc<Proven<Reads>>) {
        for place in &self.readers {
            let mut place = place.lock().await;
            if place.as_ref().is_some_and(|known| Arc::ptr_eq(known, reader)) {
                *place = None;
            }
        }
    }

    /// A connection for one commit.
    pub(super) async fn committer(&self) -> Result<Proven<Commits>, Fault> {
        while let Some(proven) = self.take_idle() {
            if !proven.link.has_ended() {
                return Ok(proven);
            }
        }
        self.connect().await
    }

    fn take_idle(&self) -> Option<Proven<Commits>> {
        self.idle().pop()
    }

    /// Takes a connection back whose commit was answered.
    pub(super) fn give_back(&self, proven: Proven<Commits>) {
        let mut idle = self.idle();
        if !self.is_closed() {
            idle.push(proven);
        }
    }

    /// Another connection, which must lead to the same server in the same life.
    async fn connect<D: Duty>(&self) -> Result<Proven<D>, Fault> {
        let link = Link::open(&self.host, &self.base.settings, self.base.tls.as_ref()).await;
        let proven = match link {
            Ok(link) => prove(link, &self.base, Some(&self.life)).await,
            Err(fault) => Err(fault),
        };
        match &proven {
            Err(Fault::Unreachable(_)) => self.doubted.notify_one(),
            Err(fault) => self.close(fault.clone()),
            Ok(_) => {}
        }
        proven
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Proven<Commits>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
