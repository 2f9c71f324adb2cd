//! Emails a second through the outbox and its worker, compared with a bare lettre loop on as many connections to
//! the same mail server: one that replies at once and shares the cores, and one that replies like a real one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gatepost::domain::Settings;
use gatepost::mail::{SmtpServer, SmtpSettings, TransportSettings};
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::load::Connection;
use crate::product::{CONNECTIONS, Product, post};
use crate::{median, row, stopwatch};

const WINDOWS: usize = 3;
/// How many connections fill the outbox.
const ASKERS: u32 = 8;

/// A mail server, and how many emails it gets on how many connections.
#[derive(Clone, Copy)]
struct Test {
    emails: u32,
    connections: usize,
    /// How long it takes for each reply.
    delay: Duration,
}

/// Prints three rows.
pub(crate) async fn measure() {
    let real = Test { emails: 600, connections: CONNECTIONS, delay: Duration::from_millis(5) };
    compare("a mail server that takes 5 ms for each reply", real).await;
    for connections in [CONNECTIONS, 64] {
        let at_once = Test { emails: 6400, connections, delay: Duration::ZERO };
        compare("one that replies at once", at_once).await;
    }
}

async fn compare(server: &str, test: Test) {
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..WINDOWS {
        ours.push(through_the_outbox(test).await);
        bare.push(bare_loop(test).await);
    }
    let (ours, bare) = (median(ours), median(bare));
    row(
        &format!("emails through the outbox, {} connections, {server}", test.connections),
        &format!("{ours:.0} /s"),
        &format!("{bare:.0} /s, a bare lettre loop"),
        Some(ours / bare),
    );
}

/// A mail server that greets no one until it is told to.
struct Sink {
    test: Test,
    address: SocketAddr,
    is_open: watch::Sender<bool>,
    received: Arc<AtomicU32>,
    all: Arc<Notify>,
}

impl Sink {
    async fn start(test: Test) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a TCP address");
        let (is_open, gate) = watch::channel(false);
        let (received, all) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (counted, told) = (Arc::clone(&received), Arc::clone(&all));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (mut gate, counted, told) = (gate.clone(), Arc::clone(&counted), Arc::clone(&told));
                tokio::spawn(async move {
                    if gate.wait_for(|is_open| *is_open).await.is_ok() {
                        // A client that leaves has had enough.
                        let _ = converse(socket, test, &counted, &told).await;
                    }
                });
            }
        });
        Self { test, address, is_open, received, all }
    }

    /// Greets everyone from now on, and returns how many emails a second arrive.
    async fn rate(&self) -> f64 {
        let elapsed = stopwatch();
        self.is_open.send_replace(true);
        while self.received.load(Ordering::SeqCst) < self.test.emails {
            self.all.notified().await;
        }
        f64::from(self.test.emails) / elapsed().as_secs_f64()
    }
}

async fn converse(socket: TcpStream, test: Test, received: &AtomicU32, all: &Notify) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    socket.write_all(b"220 sink ESMTP\r\n").await?;
    let (mut line, mut is_message) = (Vec::new(), false);
    loop {
        line.clear();
        if socket.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let reply: &[u8] = match line.get(..4).unwrap_or_default() {
            _ if is_message && line != b".\r\n" => continue,
            b"DATA" => {
                is_message = true;
                b"354 go on\r\n"
            }
            b"EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            _ => b"250 ok\r\n",
        };
        if line == b".\r\n" {
            is_message = false;
            if received.fetch_add(1, Ordering::SeqCst) + 1 == test.emails {
                all.notify_one();
            }
        }
        if !test.delay.is_zero() {
            sleep(test.delay).await;
        }
        socket.write_all(reply).await?;
    }
}

/// All emails are queued before the mail server takes the first.
async fn through_the_outbox(test: Test) -> f64 {
    let folder = tempfile::tempdir_in(".").expect("a folder on a real disk");
    let sink = Sink::start(test).await;
    let server = SmtpServer::parse(&format!("smtp://{}?tls=none", sink.address)).expect("a server");
    let transport = TransportSettings::Smtp(SmtpSettings { server, trusted: Vec::new() });
    let product =
        Product::start_with(folder.path(), 0, Settings::default(), (transport, test.connections)).await;
    let mut tasks = Vec::new();
    for asker in 0..ASKERS {
        let server = product.server;
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(server).await;
            for number in 0..test.emails / ASKERS {
                let body = format!(r#"{{"email":"to{asker}x{number}@example.org"}}"#);
                assert_eq!(connection.send(&post(server, "/api/sign-in", &body)).await.status, 202);
            }
        }));
    }
    for task in tasks {
        task.await.expect("every email is queued");
    }
    sink.rate().await
}

async fn bare_loop(test: Test) -> f64 {
    let sink = Sink::start(test).await;
    let address = sink.address;
    for connection in 0..test.connections {
        tokio::spawn(async move {
            let stream = TcpStream::connect(address).await.expect("the sink listens");
            stream.set_nodelay(true).expect("a TCP socket");
            let hello = ClientId::Domain("localhost".into());
            let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
                .await
                .expect("the sink greets");
            let to = format!("to{connection}@example.org").parse().expect("an address");
            let from = "gatepost@localhost".parse().expect("an address");
            let envelope = Envelope::new(Some(from), vec![to]).expect("a recipient");
            // About as long as an email with a link and a code.
            let message = "Subject: Sign in\r\n\r\n".to_owned() + &"A line of an email.\r\n".repeat(200);
            for _ in 0..test.emails / u32::try_from(test.connections).expect("a few") {
                smtp.send(&envelope, message.as_bytes()).await.expect("the sink accepts it");
            }
        });
    }
    sink.rate().await
}
