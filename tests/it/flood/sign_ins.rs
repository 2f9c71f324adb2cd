//! A flood of password sign-ins: every client gets a response, pages still load, and memory stays within
//! its limit, whether the clients wait for their responses or disconnect.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use hyper::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use super::{answer, ask, connect, get_sign_in, host};
use crate::harness::caller::{Answer, Caller, Door, path_of};
use crate::harness::http::{Reply, send};
use crate::harness::process::{Process, free_address};

const SIGN_INS: usize = 500;
const HANG_UPS: usize = 100;
const MEMBERS: usize = 20;
/// Browsers that have been signed in before: as many as there are places kept for them.
const KNOWN: usize = 16;
const PASSWORD: &str = "three quiet otters";
/// Memory for one hash.
const HASH_KIB: u64 = 19 * 1024;
/// Memory a flood may use otherwise: connections, their buffers, and memory the allocator keeps.
const SPARE_KIB: u64 = 32 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_sign_ins_uses_no_more_memory_than_its_hashing_slots() {
    let folder = tempfile::tempdir().unwrap();
    // Otherwise the limits would refuse most of it before it costs anything.
    let unlimited = [
        ("GATEPOST_LIMITS__TRIES_PER_ADDRESS_15M", "0"),
        ("GATEPOST_LIMITS__TRIES_PER_CLIENT_5M", "0"),
        ("GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR", "0"),
    ];
    let server = Process::start(&folder.path().join("data"), free_address(), &unlimited);
    let address = server.address;
    for _ in 0..20 {
        assert!(ask(address, 0, &get_sign_in(address)).await.starts_with("HTTP/1.1 200"));
    }
    let base = server.memory_kib("VmRSS");
    let slots: u64 = available_parallelism().map_or(1, NonZero::get).try_into().unwrap();
    let most = base + slots * HASH_KIB + SPARE_KIB;
    for member in 0..MEMBERS {
        register(address, &email(member)).await;
    }

    let mut known = Vec::new();
    for number in 0..KNOWN {
        known.push((known_browser(address, number).await, email(number)));
    }

    let seen = flood(address, known).await;
    let peak = server.memory_kib("VmHWM");
    assert!(peak < most, "{peak} KiB, {base} before: {seen:?}");
    assert_eq!(seen.values().sum::<usize>(), SIGN_INS);
    assert_eq!(seen.keys().collect::<Vec<_>>(), [&200, &401, &503], "{seen:?}");

    hang_up(address).await;
    let peak = server.memory_kib("VmHWM");
    assert!(peak < most, "{peak} KiB, {base} before: after clients disconnected");
}

/// Signs in many times at once, each from its own connection and address. Returns the number of
/// responses per status. As soon as someone is refused for want of room, browsers that are known sign in.
async fn flood(server: SocketAddr, known: Vec<(Caller, String)>) -> BTreeMap<u16, usize> {
    let mut connections = Vec::new();
    for number in 0..SIGN_INS {
        connections.push(connect(server, number).await);
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let looking = tokio::spawn(look(server, Arc::clone(&is_over)));
    let asking = connections.into_iter().enumerate().map(|(number, stream)| {
        let door = if number % 2 == 0 { Door::Pages } else { Door::Json };
        let (email, password) = match number % 3 {
            0 => (email(number % MEMBERS), PASSWORD),
            1 => (email(number % MEMBERS), "three noisy otters"),
            _ => (format!("stranger{number}@example.org"), PASSWORD),
        };
        let request = sign_in(server, door, &email, password);
        async move { answer(stream, &request).await }
    });
    let mut asking: JoinSet<String> = asking.collect();
    let (mut seen, mut known, mut entering) = (BTreeMap::new(), Some(known), JoinSet::new());
    while let Some(answer) = asking.join_next().await {
        let answer = answer.unwrap();
        let status = answer["HTTP/1.1 ".len()..][..3].parse().unwrap();
        if status == 503 {
            for (mut browser, email) in known.take().into_iter().flatten() {
                entering.spawn(async move { browser.sign_in_with_password(&email, PASSWORD).await });
            }
            assert!(answer.contains("\r\nretry-after: "), "{answer}");
            assert!(
                answer.contains("\r\nx-problem: busy\r\n") || answer.contains(r#""code":"busy""#),
                "{answer}"
            );
        }
        *seen.entry(status).or_default() += 1;
    }
    let entered = entering.join_all().await;
    assert_eq!(entered, vec![Answer::Done; KNOWN], "browsers that are known sign in all the same");
    is_over.store(true, Ordering::SeqCst);
    let looks = looking.await.unwrap();
    assert!(looks >= 20, "the sign-in page was loaded {looks} times during the flood");
    seen
}

/// A browser that was signed in to the account of a member by its page.
async fn known_browser(server: SocketAddr, member: usize) -> Caller {
    let mut browser = Caller::new(Door::Pages, server);
    assert_eq!(browser.sign_in_with_password(&email(member), PASSWORD).await, Answer::Done);
    assert_eq!(browser.sign_out().await, Answer::Done);
    let names: Vec<&str> = browser.cookies.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"gatepost_known") && !names.contains(&"gatepost_session"), "{names:?}");
    browser
}

/// Loads the sign-in page repeatedly, which must always succeed. Returns how many times.
async fn look(server: SocketAddr, is_over: Arc<AtomicBool>) -> usize {
    let mut looks = 0;
    while !is_over.load(Ordering::SeqCst) {
        let page = ask(server, SIGN_INS, &get_sign_in(server)).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        looks += 1;
    }
    looks
}

/// Clients that send a password and disconnect. Their slots become free when the hashes are done, and
/// another sign-in succeeds.
async fn hang_up(server: SocketAddr) {
    for number in 0..HANG_UPS {
        let mut stream = connect(server, number).await;
        let request = sign_in(server, Door::Json, &email(number % MEMBERS), "three noisy otters");
        stream.write_all(request.as_bytes()).await.unwrap();
    }
    let request = sign_in(server, Door::Json, &email(0), PASSWORD);
    // Far more attempts than it takes to hash what may be waiting.
    for _ in 0..20_000 {
        let answer = ask(server, SIGN_INS + 1, &request).await;
        if answer.starts_with("HTTP/1.1 200") {
            return;
        }
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    panic!("places in the queue are lost");
}

/// Registers and confirms an account.
async fn register(server: SocketAddr, email: &str) {
    let asked = post(server, "/api/register", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let (host, path) = (host(server), format!("/api/mailbox?to={email}&wait=20"));
    let post_box = send(server, Method::GET, &path, &[("host", &host)], "").await.json();
    let link = path_of(post_box["letters"][0]["link"].as_str().unwrap());
    let confirmed = post(server, &format!("/api{link}"), json!({ "request": asked.json()["request"] })).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
}

async fn post(server: SocketAddr, path: &str, body: serde_json::Value) -> Reply {
    let host = host(server);
    let headers = [("host", host.as_str()), ("content-type", "application/json")];
    send(server, Method::POST, path, &headers, body.to_string()).await
}

fn email(member: usize) -> String {
    format!("member{member}@example.org")
}

/// The bytes of a sign-in request. The page's is sent as htmx does, so that success is 200 at both doors.
fn sign_in(server: SocketAddr, door: Door, email: &str, password: &str) -> String {
    let host = host(server);
    let (path, lines, body) = match door {
        Door::Pages => (
            "/sign-in/password",
            format!(
                "Origin: http://{host}\r\nHX-Request: true\r\nContent-Type: application/x-www-form-urlencoded"
            ),
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("email", email), ("password", password)])
                .finish(),
        ),
        Door::Json => (
            "/api/sign-in/password",
            "Content-Type: application/json".to_owned(),
            json!({ "email": email, "password": password }).to_string(),
        ),
    };
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{lines}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
