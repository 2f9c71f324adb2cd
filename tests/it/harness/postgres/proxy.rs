//! A proxy between a node and its server, which swallows and delays messages, changes answers and cuts connections.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatepost::store::postgres::Host;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::store::Seeded;

/// What the proxy does to one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Passes,
    /// What comes is lost.
    Lost,
    /// What comes is delayed by up to three seconds, most of it far less.
    Delayed,
}

/// What becomes of one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The server gets it. On its connection, nothing is answered any more.
    Unanswered,
    /// The server gets it. On no connection is anything answered any more.
    LastOfAll,
    /// It waits until it is released.
    Held,
}

const LONGEST_DELAY: Duration = Duration::from_secs(3);
/// A commit is longer than this; what else is sent on its connection is not.
const LEAST_COMMIT: usize = 400;
/// What is prepared on the connections for commits alone.
const FOR_COMMITS: &[u8] = b".commit_change(";

/// A running proxy. It ends when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    control: Arc<Control>,
    _tasks: JoinSet<()>,
}

struct Control {
    to_server: watch::Sender<Flow>,
    to_client: watch::Sender<Flow>,
    /// Grows when all connections are cut.
    cuts: watch::Sender<u32>,
    /// How many messages to the server were lost.
    lost: watch::Sender<u32>,
    /// What is replaced in answers, by something of the same length.
    rewrite: Mutex<(String, String)>,
    /// Which commit is treated in another way, and how.
    fate: Mutex<Option<(Fate, &'static str)>>,
    holds: watch::Sender<bool>,
    chance: Mutex<Seeded>,
}

impl Proxy {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let control = Arc::new(Control {
            to_server: watch::Sender::new(Flow::Passes),
            to_client: watch::Sender::new(Flow::Passes),
            cuts: watch::Sender::new(0),
            lost: watch::Sender::new(0),
            rewrite: Mutex::default(),
            fate: Mutex::default(),
            holds: watch::Sender::new(true),
            chance: Mutex::new(Seeded(7)),
        });
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&control);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connection(client, port, Arc::clone(&shared)));
            }
        });
        Self { address, control, _tasks: tasks }
    }

    pub(crate) fn host(&self) -> Host {
        Host::Tcp(self.address.ip().to_string(), self.address.port())
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn requests(&self, flow: Flow) {
        self.control.to_server.send_replace(flow);
    }

    pub(crate) fn answers(&self, flow: Flow) {
        self.control.to_client.send_replace(flow);
    }

    /// Returns once a message to the server was lost.
    pub(crate) async fn has_lost(&self) {
        self.control.lost.subscribe().wait_for(|lost| *lost > 0).await.unwrap();
    }

    /// From now on, answers say something else of the same length.
    pub(crate) fn rewrite(&self, from: &str, to: &str) {
        assert_eq!(from.len(), to.len());
        *self.control.rewrite.lock().unwrap() = (from.into(), to.into());
    }

    /// What becomes of the next commit with these words.
    pub(crate) fn treat(&self, words: &'static str, fate: Fate) {
        *self.control.fate.lock().unwrap() = Some((fate, words));
    }

    /// Lets go what it holds.
    pub(crate) fn release(&self) {
        self.control.holds.send_replace(false);
    }

    /// Whether such a commit came.
    pub(crate) fn has_treated(&self) -> bool {
        self.control.fate.lock().unwrap().is_none()
    }

    /// Ends every connection there is now.
    pub(crate) fn cut(&self) {
        self.control.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn connection(client: TcpStream, port: u16, control: Arc<Control>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut cuts = control.cuts.subscribe();
    let is_deaf = AtomicBool::new(false);
    tokio::select! {
        () = requests(from_client, to_server, &control, &is_deaf) => {}
        () = answers(from_server, to_client, &control, &is_deaf) => {}
        _ = cuts.changed() => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control, is_deaf: &AtomicBool) {
    let mut bytes = vec![0; 16 * 1024];
    let mut is_for_commits = false;
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let request = &bytes[..count];
        control.delay(&control.to_server).await;
        is_for_commits |= memchr::memmem::find(request, FOR_COMMITS).is_some();
        match is_for_commits.then(|| control.fate_of(request)).flatten() {
            Some(Fate::Unanswered) => is_deaf.store(true, Ordering::SeqCst),
            Some(Fate::LastOfAll) => _ = control.to_client.send_replace(Flow::Lost),
            Some(Fate::Held) => {
                // An error means that the test has ended.
                let _ = control.holds.subscribe().wait_for(|holds| !holds).await;
            }
            None => {}
        }
        if *control.to_server.borrow() == Flow::Lost {
            control.lost.send_modify(|lost| *lost += 1);
        } else if to.write_all(request).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control, is_deaf: &AtomicBool) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let answer = &mut bytes[..count];
        replace(answer, &control.rewrite.lock().unwrap());
        control.delay(&control.to_client).await;
        let is_lost = *control.to_client.borrow() == Flow::Lost || is_deaf.load(Ordering::SeqCst);
        if !is_lost && to.write_all(answer).await.is_err() {
            return;
        }
    }
}

impl Control {
    async fn delay(&self, flow: &watch::Sender<Flow>) {
        if *flow.borrow() != Flow::Delayed {
            return;
        }
        let chance = u32::try_from(self.chance.lock().unwrap().below(1000)).unwrap();
        tokio::time::sleep(LONGEST_DELAY.mul_f64((f64::from(chance) / 1000.0).powi(16))).await;
    }

    /// What becomes of a message that is a commit.
    fn fate_of(&self, request: &[u8]) -> Option<Fate> {
        let mut fate = self.fate.lock().unwrap();
        let (found, words) = (*fate)?;
        let has = memchr::memmem::find(request, words.as_bytes()).is_some();
        if request.len() < LEAST_COMMIT || !has {
            return None;
        }
        *fate = None;
        Some(found)
    }
}

fn replace(answer: &mut [u8], (from, to): &(String, String)) {
    let found = memchr::memmem::find(answer, from.as_bytes()).filter(|_| !from.is_empty());
    if let Some(place) = found {
        answer[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
}
