//! `kill -9` under load. After the restart, everything acknowledged is there, everything else is
//! there completely or not at all, no used link works again, and every queued email arrives.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use gatepost::domain::ports::Store;
use gatepost::domain::record::Record;
use gatepost::domain::record::ids::LetterId;
use gatepost::domain::record::key::Span;
use gatepost::domain::record::letter::Offered;
use gatepost::store::sled::{SledSettings, SledStore};
use hyper::Method;
use serde_json::json;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use crate::harness::caller::path_of;
use crate::harness::http::{Reply, try_send};
use crate::harness::process::{Process, free_address};
use crate::mail::sink::Sink;

const ROUNDS: usize = 5;
const WORKERS: usize = 12;
/// To the mail server, by default.
const CONNECTIONS: usize = 4;

const PASSWORD: &str = "three quiet otters";

/// The responses one person got, and the request that may have been open when the server was killed.
#[derive(Clone, Debug, Default)]
struct History {
    email: String,
    request: String,
    /// Whether they registered with a password or requested a sign-in email.
    registered: bool,
    /// The link they opened. If that was acknowledged, `session` is set.
    link: Option<String>,
    session: Option<String>,
    leaving: bool,
    left: bool,
    password_session: Option<String>,
}

/// Everything acknowledged so far, and the number of responses.
#[derive(Default)]
struct Ledger {
    people: Mutex<Vec<History>>,
    answers: AtomicUsize,
    more: Notify,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sink = Arc::new(Sink::good().await);
    let smtp_url = format!("smtp://127.0.0.1:{}?tls=none", sink.port);
    // One client does far more than anyone may.
    let environment = [
        ("GATEPOST_MAIL__TRANSPORT", "smtp"),
        ("GATEPOST_MAIL__SMTP_URL", smtp_url.as_str()),
        ("GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR", "0"),
        ("GATEPOST_LIMITS__MAILS_PER_HOUR", "0"),
        ("GATEPOST_LIMITS__MAILS_PER_ADDRESS_15M", "0"),
        ("GATEPOST_LIMITS__MAILS_PER_ADDRESS_DAY", "0"),
        ("GATEPOST_LIMITS__TRIES_PER_CLIENT_5M", "0"),
        ("GATEPOST_LIMITS__TRIES_PER_ADDRESS_15M", "0"),
    ];
    let address = free_address();
    let ledger = Arc::new(Ledger::default());
    for round in 0..ROUNDS {
        let server = Process::start(&data, address, &environment);
        let sink = sink.clone();
        let mut tasks = JoinSet::new();
        for worker in 0..WORKERS {
            tasks.spawn(live(server.address, (round, worker), sink.clone(), ledger.clone()));
        }
        // A different moment in each round, without waiting for a fixed time.
        let target = ledger.answers.load(Ordering::SeqCst) + 150 + 37 * round;
        while ledger.answers.load(Ordering::SeqCst) < target {
            tokio::select! {
                () = ledger.more.notified() => {}
                Some(ended) = tasks.join_next() => panic!("a worker ended before the kill: {ended:?}"),
            }
        }
        server.kill();
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
    }
    let perhaps_sent = perhaps_sent(&data).await;
    assert!(perhaps_sent.len() <= ROUNDS * CONNECTIONS, "{perhaps_sent:?}");
    let is_on_its_way = |email: &str| perhaps_sent.contains(email) && sink.count_to(email) == 0;
    let server = Process::start(&data, address, &environment);
    let people = ledger.people.lock().await.clone();
    let (mut kept, mut ended) = (0, 0);
    for person in &people {
        if let Some(token) = &person.session {
            let status = session_status(server.address, token).await;
            match (person.leaving, person.left) {
                (_, true) => assert_eq!(status, 401, "{person:?} signed out"),
                (false, false) => assert_eq!(status, 200, "{person:?} was signed in"),
                // The sign-out was sent but not acknowledged, so both are right.
                (true, false) => assert!([200, 401].contains(&status), "{person:?}"),
            }
            assert_used(server.address, person.link.as_ref().unwrap(), person).await;
            if person.left { ended += 1 } else { kept += 1 }
        }
    }
    assert!(kept > 20 && ended > 20, "too few sessions: {kept} kept, {ended} ended");
    let (mut confirmed, mut waiting) = (0, 0);
    let registered = people.iter().filter(|person| person.registered && !is_on_its_way(&person.email));
    let registered: Vec<_> = registered.collect();
    for person in &registered {
        if person.password_session.is_some() { confirmed += 1 } else { waiting += 1 }
    }
    // Several at once, to keep all slots busy, because hashing takes most of the time.
    let checks = stream::iter(registered);
    checks.for_each_concurrent(4, |person| check_password(server.address, person, &sink)).await;
    assert!(
        confirmed > 10 && waiting > 10,
        "too few registrations: {confirmed} confirmed, {waiting} waiting"
    );
    for person in people.iter().filter(|person| !is_on_its_way(&person.email)) {
        sink.letter_to(&person.email).await;
        // At most one duplicate of each email, for the crash that interrupted its delivery.
        let mails = sink.seen().mails.into_iter().filter(|mail| mail.to == person.email);
        let mut times: HashMap<LetterId, usize> = HashMap::new();
        mails.for_each(|mail| *times.entry(mail.id()).or_default() += 1);
        assert!(times.values().all(|times| *times <= 2), "{person:?}");
    }
}

/// Whose emails the mail server may have, as far as the killed servers knew. If it does not, they are sent
/// again after five minutes, which is longer than this test takes.
async fn perhaps_sent(data: &Path) -> HashSet<String> {
    let store = SledStore::open(data, &SledSettings::existing()).unwrap();
    let queued = store.scan(&Span::letters(), 1000).await.unwrap();
    let to = queued.into_iter().filter_map(|(_, found)| match found.unwrap().record {
        Record::Letter(it) | Record::TriedLetter(it, _) => {
            (it.offered == Offered::Now || it.unanswered > 0).then(|| it.to.to_string())
        }
        _ => None,
    });
    to.collect()
}

/// Checks someone who registered: an acknowledged confirmation created the account with its password,
/// and a link that was never opened still confirms, once.
async fn check_password(server: SocketAddr, person: &History, sink: &Sink) {
    if let Some(token) = &person.password_session {
        assert_eq!(session_status(server, token).await, 200, "{person:?} was signed in by password");
    }
    let reply = sign_in(server, &person.email).await.unwrap();
    match (reply.status.as_u16(), &person.link, &person.session) {
        (200, Some(link), _) => assert_used(server, link, person).await,
        // The confirmation was not acknowledged, so both are right.
        (403, _, None) => {
            assert_eq!(reply.json()["code"], "unconfirmed", "{person:?}");
            let link = sink.letter_to(&person.email).await.link();
            let reply = bring(server, &link, json!({ "request": person.request })).await.unwrap();
            assert_eq!(reply.json()["outcome"], "confirmed", "{person:?}");
            assert_eq!(sign_in(server, &person.email).await.unwrap().status, 200, "{person:?}");
            assert_used(server, &link, person).await;
        }
        _ => panic!("{reply:?} to {person:?}"),
    }
}

async fn assert_used(server: SocketAddr, link: &str, person: &History) {
    let reply = bring(server, link, json!({"confirm": "yes"})).await;
    assert_eq!(reply.unwrap().status, 410, "{person:?} used the link");
}

/// Requests an email, reads it, opens its link and sometimes signs out, again and again until the
/// server stops responding. Every third person registers with a password; every second of those
/// confirms at once and signs in with it. Each response is recorded before the next request.
async fn live(server: SocketAddr, (round, worker): (usize, usize), sink: Arc<Sink>, ledger: Arc<Ledger>) {
    for number in 0.. {
        let email = format!("r{round}w{worker}n{number}@example.org");
        let registered = (worker + number) % 3 == 0;
        let asked = if registered {
            post(server, "/api/register", json!({"email": email, "password": PASSWORD})).await
        } else {
            post(server, "/api/sign-in", json!({"email": email})).await
        };
        let Some(reply) = asked else { return };
        assert_eq!(reply.status, 202, "{reply:?}");
        let request = reply.json()["request"].as_str().unwrap().to_owned();
        let person =
            History { email: email.clone(), request: request.clone(), registered, ..History::default() };
        let index = ledger.add(person).await;
        if registered && number % 2 == 1 {
            continue;
        }
        // The server may be killed before it sends this email; then the restarted one sends it.
        let letter = tokio::select! {
            letter = sink.letter_to(&email) => letter,
            () = gone(server) => return,
        };
        let link = letter.link();
        ledger.change(index, |person| person.link = Some(link.clone())).await;
        let Some(reply) = bring(server, &link, json!({"request": request})).await else { return };
        let token = session_token(&reply);
        ledger.change(index, |person| person.session = Some(token.clone())).await;
        if registered {
            let Some(reply) = sign_in(server, &email).await else { return };
            ledger.change(index, |person| person.password_session = Some(session_token(&reply))).await;
        } else if number % 2 == 0 {
            ledger.change(index, |person| person.leaving = true).await;
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let Ok(reply) = send(server, Method::POST, "/api/sign-out", &headers, String::new()).await else {
                return;
            };
            assert_eq!(reply.status, 204);
            ledger.change(index, |person| person.left = true).await;
        }
    }
}

impl Ledger {
    async fn add(&self, person: History) -> usize {
        let mut people = self.people.lock().await;
        people.push(person);
        self.answered();
        people.len() - 1
    }

    fn answered(&self) {
        self.answers.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }

    async fn change(&self, index: usize, write: impl FnOnce(&mut History)) {
        write(&mut self.people.lock().await[index]);
        self.answered();
    }
}

/// Returns once the server is gone.
async fn gone(server: SocketAddr) {
    // An open connection ends when the process does.
    if let Ok(mut stream) = tokio::net::TcpStream::connect(server).await {
        let mut byte = [0];
        drop(tokio::io::AsyncReadExt::read(&mut stream, &mut byte).await);
    }
}

async fn session_status(server: SocketAddr, token: &str) -> u16 {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    send(server, Method::GET, "/api/session", &headers, String::new()).await.unwrap().status.as_u16()
}

fn session_token(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()["session"]["token"].as_str().unwrap().to_owned()
}

async fn sign_in(server: SocketAddr, email: &str) -> Option<Reply> {
    post(server, "/api/sign-in/password", json!({"email": email, "password": PASSWORD})).await
}

async fn bring(server: SocketAddr, link: &str, body: serde_json::Value) -> Option<Reply> {
    post(server, &format!("/api{}", path_of(link)), body).await
}

async fn post(server: SocketAddr, path: &str, body: serde_json::Value) -> Option<Reply> {
    let headers = [("content-type", "application/json")];
    send(server, Method::POST, path, &headers, body.to_string()).await.ok()
}

async fn send(
    server: SocketAddr,
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
