//! A proxy between a node and its server, which swallows messages, changes answers and cuts connections.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use gatepost::store::postgres::Host;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the proxy does to one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Passes,
    /// What comes is lost.
    Lost,
}

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
    tokio::select! {
        () = requests(from_client, to_server, &control) => {}
        () = answers(from_server, to_client, &control) => {}
        _ = cuts.changed() => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if *control.to_server.borrow() == Flow::Lost {
            control.lost.send_modify(|lost| *lost += 1);
        } else if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let answer = &mut bytes[..count];
        replace(answer, &control.rewrite.lock().unwrap());
        let is_lost = *control.to_client.borrow() == Flow::Lost;
        if !is_lost && to.write_all(answer).await.is_err() {
            return;
        }
    }
}

fn replace(answer: &mut [u8], (from, to): &(String, String)) {
    let found = memchr::memmem::find(answer, from.as_bytes()).filter(|_| !from.is_empty());
    if let Some(place) = found {
        answer[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
}
