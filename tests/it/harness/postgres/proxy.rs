//! A proxy between a node and its server, which swallows answers, holds up messages and cuts connections.

use std::net::SocketAddr;
use std::sync::Arc;

use gatepost::store::postgres::Host;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the proxy does to one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Passes,
    /// What comes is held back until it passes again.
    Held,
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
}

impl Proxy {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let control = Arc::new(Control {
            to_server: watch::Sender::new(Flow::Passes),
            to_client: watch::Sender::new(Flow::Passes),
            cuts: watch::Sender::new(0),
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
        () = pass(from_client, to_server, control.to_server.subscribe()) => {}
        () = pass(from_server, to_client, control.to_client.subscribe()) => {}
        _ = cuts.changed() => {}
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut flow: watch::Receiver<Flow>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let Ok(flow) = flow.wait_for(|flow| *flow != Flow::Held).await.map(|flow| *flow) else { return };
        if flow == Flow::Passes && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
