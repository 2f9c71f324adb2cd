//! `kill -9` under load: what was answered is there after the restart, whatever was not is there as
//! a whole or not at all, no used link works again, and every owed letter arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::Method;
use serde_json::json;
use tokio::sync::{Mutex, Notify};

use crate::harness::caller::path_of;
use crate::harness::http::{Reply, try_send};
use crate::harness::process::{Process, free_address};
use crate::mail::sink::Sink;

const ROUNDS: usize = 5;
const WORKERS: usize = 12;

/// What one person was answered, and what they were about to do when the server died.
#[derive(Clone, Debug, Default)]
struct History {
    email: String,
    asked: bool,
    link: Option<String>,
    session: Option<String>,
    leaving: bool,
    left: bool,
}

/// All that was answered so far, and how much.
#[derive(Default)]
struct Ledger {
    people: Mutex<Vec<History>>,
    answers: AtomicUsize,
    more: Notify,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_answered_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sink = Arc::new(Sink::good().await);
    let smtp_url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    let environment = [("GATEPOST_MAIL__TRANSPORT", "smtp"), ("GATEPOST_MAIL__SMTP_URL", smtp_url.as_str())];
    let address = free_address();
    let ledger = Arc::new(Ledger::default());
    for round in 0..ROUNDS {
        let server = Process::start(&data, address, &environment);
        let sink = sink.clone();
        let tasks: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let who = format!("r{round}w{worker}");
                tokio::spawn(live(server.address, who, sink.clone(), ledger.clone()))
            })
            .collect();
        // A different moment in each round, and no wait by the clock.
        let target = ledger.answers.load(Ordering::SeqCst) + 150 + 37 * round;
        while ledger.answers.load(Ordering::SeqCst) < target {
            ledger.more.notified().await;
        }
        server.kill();
        for task in tasks {
            task.await.unwrap();
        }
    }
    let server = Process::start(&data, address, &environment);
    let people = ledger.people.lock().await.clone();
    let (mut kept, mut ended) = (0, 0);
    for person in &people {
        if let Some(token) = &person.session {
            let status = session_status(server.address, token).await;
            match (person.leaving, person.left) {
                (_, true) => assert_eq!(status, 401, "{person:?} signed out"),
                (false, false) => assert_eq!(status, 200, "{person:?} was signed in"),
                // Sent, not answered: either is right.
                (true, false) => assert!([200, 401].contains(&status), "{person:?}"),
            }
            let link = person.link.as_ref().unwrap();
            let reply =
                post(server.address, &format!("/api{}", path_of(link)), json!({"confirm": "yes"})).await;
            assert_eq!(reply.unwrap().status.as_u16(), 410, "{person:?} used the link");
            if person.left { ended += 1 } else { kept += 1 }
        }
    }
    assert!(kept > 20 && ended > 20, "the test did its work: {kept} kept, {ended} ended");
    for person in people.iter().filter(|person| person.asked) {
        sink.letter_to(&person.email).await;
        // At most one more, for the crash it was in flight at.
        assert!(sink.count_to(&person.email) <= 2, "{person:?}");
    }
}

/// Asks, reads the letter, follows its link and sometimes leaves, again and again, until the server
/// answers no more. What is answered is written down before anything else is done.
async fn live(server: std::net::SocketAddr, who: String, sink: Arc<Sink>, ledger: Arc<Ledger>) {
    for number in 0.. {
        let email = format!("{who}n{number}@example.org");
        let Some(reply) = post(server, "/api/sign-in", json!({"email": email})).await else { return };
        assert_eq!(reply.status.as_u16(), 202);
        let request = reply.json()["request"].clone();
        let index = {
            let mut people = ledger.people.lock().await;
            people.push(History { email: email.clone(), asked: true, ..History::default() });
            people.len() - 1
        };
        ledger.answered();
        // The server may die before this letter leaves; then the restarted one sends it.
        let letter = tokio::select! {
            letter = sink.letter_to(&email) => letter,
            () = gone(server) => return,
        };
        let link = letter.link();
        let path = format!("/api{}", path_of(&link));
        let Some(reply) = post(server, &path, json!({"request": request})).await else { return };
        assert_eq!(reply.status.as_u16(), 200, "{reply:?}");
        let token = reply.json()["session"]["token"].as_str().unwrap().to_owned();
        ledger
            .change(index, |person| {
                person.link = Some(link.clone());
                person.session = Some(token.clone());
            })
            .await;
        if number % 2 == 0 {
            ledger.change(index, |person| person.leaving = true).await;
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let Ok(reply) = send(server, Method::POST, "/api/sign-out", &headers, String::new()).await else {
                return;
            };
            assert_eq!(reply.status.as_u16(), 204);
            ledger.change(index, |person| person.left = true).await;
        }
    }
}

impl Ledger {
    fn answered(&self) {
        self.answers.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }

    async fn change(&self, index: usize, write: impl FnOnce(&mut History)) {
        write(&mut self.people.lock().await[index]);
        self.answered();
    }
}

/// Returns when the server is not there any more.
async fn gone(server: std::net::SocketAddr) {
    // A connection that stays open ends when the process does.
    if let Ok(mut stream) = tokio::net::TcpStream::connect(server).await {
        let mut byte = [0];
        drop(tokio::io::AsyncReadExt::read(&mut stream, &mut byte).await);
    }
}

async fn session_status(server: std::net::SocketAddr, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    send(server, Method::GET, "/api/session", &headers, String::new()).await.unwrap().status.as_u16()
}

async fn post(server: std::net::SocketAddr, path: &str, body: serde_json::Value) -> Option<Reply> {
    let headers = [("content-type", "application/json")];
    send(server, Method::POST, path, &headers, body.to_string()).await.ok()
}

async fn send(
    server: std::net::SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<Reply, String> {
    let host = format!("localhost:{}", server.port());
    let mut all = vec![("host", host.as_str())];
    all.extend_from_slice(headers);
    try_send(server, method, path, &all, body).await
}
