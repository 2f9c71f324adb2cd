//! Connections are kept for the next email, but not for too long.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost::mail::{SmtpServer, SmtpSettings, TransportSettings};
use tokio::net::{TcpSocket, TcpStream};

use super::sink::{Act, Security, Sink, Stage};
use super::{House, through, through_sink};

#[tokio::test]
async fn emails_reach_a_mail_server_whose_first_address_swallows_every_packet() {
    // No one accepts, and once its queue is full, the system ignores further connections.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let silent = socket.listen(1).unwrap();
    let silent_at = silent.local_addr().unwrap();
    let mut queue = Vec::new();
    let full = Duration::from_millis(200);
    while let Ok(stream) = tokio::time::timeout(full, TcpStream::connect(silent_at)).await {
        queue.push(stream.unwrap());
    }
    let sink = Sink::good().await;
    let server = SmtpServer::parse("smtp://localhost:25?tls=none").unwrap();
    let server = server.at(vec![silent_at, SocketAddr::from((Ipv4Addr::LOCALHOST, sink.port))]);
    let house = House::new().await;
    let settings = through(TransportSettings::Smtp(SmtpSettings { server, trusted: Vec::new() }));
    let worker = house.work(settings);
    for name in ["ann", "bob"] {
        house.request(&format!("{name}@example.org")).await;
    }
    // The clock does not move, so an email that was delayed would not arrive.
    sink.mails(2).await;
    worker.stops().await;
}

#[tokio::test]
async fn connections_are_reused_and_never_more_than_allowed() {
    let house = House::new().await;
    for number in 0..60 {
        house.request(&format!("p{number}@example.org")).await;
    }
    let sink = Sink::good().await;
    let mut settings = through_sink(&sink);
    settings.connections = 3;
    let worker = house.work(settings);
    sink.mails(60).await;
    house.empties_its_outbox().await;
    assert!(sink.seen().connections <= 3, "{}", sink.seen().connections);
    worker.stops().await;
    // It disconnects properly.
    let seen = sink.until(|seen| seen.hung_up == seen.connections).await;
    assert_eq!(seen.clear.iter().filter(|line| line.starts_with("QUIT")).count(), seen.connections);
}

#[tokio::test]
async fn a_kept_connection_that_has_died_causes_no_delay() {
    let house = House::new().await;
    // The server ends every connection at its second email, in turn with and without a 421.
    let sink = Sink::start(Security::None, {
        let letters = std::sync::Mutex::new(std::collections::HashMap::<usize, usize>::new());
        move |moment| {
            if moment.stage != Stage::Mail {
                return Act::Behave;
            }
            let mut letters = letters.lock().unwrap();
            let count = letters.entry(moment.connection).or_default();
            *count += 1;
            match (*count, moment.connection % 2) {
                (2, 0) => Act::HangUp,
                (2, _) => Act::say("421 closing, too long idle"),
                _ => Act::Behave,
            }
        }
    })
    .await;
    let worker = house.work(through_sink(&sink));
    for number in 0..4 {
        house.request(&format!("p{number}@example.org")).await;
        // The clock does not move, so a delayed email would never arrive.
        sink.mails(number + 1).await;
        house.empties_its_outbox().await;
    }
    worker.stops().await;
    assert_eq!(sink.seen().connections, 4);
}

#[tokio::test]
async fn an_idle_connection_is_closed_with_quit() {
    let house = House::new().await;
    let sink = Sink::good().await;
    let mut settings = through_sink(&sink);
    settings.timeouts.idle = Duration::from_millis(50);
    let worker = house.work(settings);
    house.request("ann@example.org").await;
    sink.mails(1).await;
    let seen = sink.until(|seen| seen.hung_up == 1).await;
    assert!(seen.clear.last().unwrap().starts_with("QUIT"), "{:?}", seen.clear);
    worker.stops().await;
}
