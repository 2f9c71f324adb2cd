//! `store verify` beside a running server, and accepting an older database.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};

use gatepost::domain::ports::{Change, Store};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::key::Key;
use gatepost::store::sled::{FolderLock, SledSettings, SledStore};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};

use super::serving::Server;
use super::{Place, gatepost};
use crate::harness::caller::{Answer, Caller, Door};
use crate::store::opening::copy;

fn stop(mut server: Server) {
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_running_server_verifies_its_own_database() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &[]);
    place.answer(&["account", "add", "ann@example.org"]);
    let beside = place.answer(&["store", "verify"]);
    assert!(beside.starts_with("The database is intact: "), "{beside}");
    // There is nothing to accept: the server has found its database to be the latest.
    let line = place.refused(&["store", "verify", "--accept"]);
    assert!(line.contains("uses this data folder; stop it first"), "{line}");
    // Only the server knows that its side file is gone.
    let mark = place.data().join("store.mark");
    let bytes = fs::read(&mark).unwrap();
    fs::remove_file(&mark).unwrap();
    assert!(place.refused(&["store", "verify"]).contains("store.mark: this file is missing"));
    fs::write(&mark, bytes).unwrap();
    stop(server);
    assert_eq!(place.answer(&["store", "verify"]), beside);
}

/// A server that was killed at the latest when this is dropped.
struct Starting(Child);

impl Drop for Starting {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server that waits for its side file in the middle of its start, until the test lets it proceed.
fn starting(place: &Place) -> (Starting, impl FnOnce() + use<>) {
    starting_at(place, "127.0.0.1:0")
}

fn starting_at(place: &Place, listen: &str) -> (Starting, impl FnOnce() + use<>) {
    let (mark, kept) = (place.data().join("store.mark"), place.0.path().join("kept"));
    fs::rename(&mark, &kept).unwrap();
    mknodat(CWD, &mark, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut command = gatepost(&["--listen", listen, "--data"]);
    // The mailbox cannot be read through a socket file.
    command.envs([
        ("GATEPOST_MAIL__TRANSPORT", "smtp"),
        ("GATEPOST_MAIL__SMTP_URL", "smtp://127.0.0.1:9?tls=none"),
    ]);
    let log = File::create(place.0.path().join("log")).unwrap();
    let server = command.arg(place.data()).current_dir("/").stderr(log).spawn().unwrap();
    // Opening it waits for the reader.
    let mut pipe = File::options().write(true).open(&mark).unwrap();
    let proceed = move || {
        let bytes = fs::read(&kept).unwrap();
        fs::rename(kept, mark).unwrap();
        pipe.write_all(&bytes).unwrap();
    };
    (Starting(server), proceed)
}

#[test]
fn a_starting_server_verifies_its_database_once_it_runs() {
    let place = Place::with_store();
    let verified = place.answer(&["store", "verify"]);
    let (mut server, proceed) = starting(&place);
    let mut order = UnixStream::connect(place.data().join("gatepost.sock")).unwrap();
    order.write_all(b"{\"verify_store\":{}}\n").unwrap();
    let mut command = gatepost(&["store", "verify", "--data"]);
    let beside = command.arg(place.data()).stdout(Stdio::piped()).spawn().unwrap();
    // There is no waiting to accept it: that is for when the server can't start.
    let line = place.refused(&["store", "verify", "--accept"]);
    assert!(line.contains("uses this data folder; stop it first"), "{line}");
    proceed();
    let mut answer = String::new();
    order.read_to_string(&mut answer).unwrap();
    let last = answer.lines().last().unwrap();
    assert!(last.starts_with("{\"verified\":{"), "{answer}");
    let beside = beside.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(beside.stdout).unwrap(), verified);
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    assert!(server.0.wait().unwrap().success());
}

/// The response to a request at a unix socket.
fn response(socket: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream
        .write_all(format!("{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn a_starting_server_is_alive_tells_visitors_to_come_back_and_can_be_stopped() {
    let mut places = [Place::with_store(), Place::with_store()];
    for (place, is_stopped) in places.iter_mut().zip([false, true]) {
        let socket = place.0.path().join("web.sock");
        let (mut server, proceed) = starting_at(place, &format!("unix:{}", socket.display()));
        assert!(response(&socket, "GET /healthz").starts_with("HTTP/1.1 200 "));
        for request in ["GET /", "GET /sign-in", "GET /readyz", "GET /api/session", "GET /nothing"] {
            let said = response(&socket, request);
            assert!(said.starts_with("HTTP/1.1 503 "), "{request}: {said}");
            assert!(said.contains("\r\nretry-after: 2\r\n"), "{request}: {said}");
            assert!(said.contains("just starting"), "{request}: {said}");
        }
        if !is_stopped {
            proceed();
            // A connection of the start may still be answered by it.
            while !response(&socket, "GET /readyz").starts_with("HTTP/1.1 200 ") {}
            assert!(response(&socket, "GET /sign-in").starts_with("HTTP/1.1 200 "));
        }
        kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
        assert!(server.0.wait().unwrap().success());
        let log = fs::read_to_string(place.0.path().join("log")).unwrap();
        assert!(
            log.contains("status=503") && !log.contains("ERROR"),
            "being told to come back is no fault: {log}"
        );
    }
}

#[test]
fn a_database_is_verified_once_the_server_that_has_it_has_stopped() {
    let place = Place::with_store();
    let lock = FolderLock::take(&place.data()).unwrap();
    let mut command = gatepost(&["store", "verify", "--data"]);
    command.arg(place.data()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut verify = command.spawn().unwrap();
    let mut log = String::new();
    BufReader::new(verify.stderr.take().unwrap()).read_line(&mut log).unwrap();
    assert!(log.contains(&format!("waiting for process {}", std::process::id())), "{log}");
    drop(lock);
    let output = verify.wait_with_output().unwrap();
    assert!(output.stdout.starts_with(b"The database is intact: "), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_an_older_database_ends_the_sessions_and_voids_the_links_it_brings_back() {
    accept_an_older_one(|_| {}, "older than it should be").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_a_database_without_its_side_file_ends_what_an_older_one_would_bring_back() {
    accept_an_older_one(|mark| fs::remove_file(mark).unwrap(), "this file is missing").await;
    accept_an_older_one(|mark| fs::write(mark, "gatepost").unwrap(), "this file is damaged").await;
}

/// Puts an older database in place of the latest, does something to the side file, and accepts that.
async fn accept_an_older_one(damage: fn(&Path), refusal: &str) {
    for door in [Door::Pages, Door::Json] {
        let place = Place::with_store();
        let link = |answer: String| answer.lines().last().unwrap().to_owned();
        let first = link(place.answer(&["account", "add", "ann@example.org"]));
        let second = link(place.answer(&["account", "link", "ann@example.org"]));
        let server = Server::start(&place.data(), &[]);
        let mut ann = Caller::new(door, server.address);
        assert_eq!(ann.follow_deliberately(&first).await, Answer::Done);
        let mut stolen = ann.clone();
        stop(server);
        let older = place.0.path().join("older");
        copy(&place.data().join("store"), &older);
        let server = Server::start(&place.data(), &[]);
        let (mut ann, mut other) = (ann.at(server.address), Caller::new(door, server.address));
        assert_eq!(ann.who().await.as_deref(), Some("ann@example.org"));
        assert_eq!(ann.sign_out().await, Answer::Done);
        assert_eq!(other.follow_deliberately(&second).await, Answer::Done);
        stop(server);

        fs::remove_dir_all(place.data().join("store")).unwrap();
        copy(&older, &place.data().join("store"));
        damage(&place.data().join("store.mark"));
        assert!(place.refused(&["account", "list"]).contains(refusal));
        let answer = place.answer(&["store", "verify", "--accept"]);
        assert!(
            answer.ends_with("the next start ends all sessions and voids all links and codes.\n"),
            "{answer}"
        );
        let server = Server::start(&place.data(), &[]);
        stolen = stolen.at(server.address);
        assert_eq!(stolen.who().await, None, "the session was ended in what was lost");
        let mut other = Caller::new(door, server.address);
        assert_eq!(other.follow_deliberately(&second).await, Answer::refused(410, "invalid_link"));
        // Everyone can sign in again, and nothing ends a second time.
        let third = link(place.answer(&["account", "link", "ann@example.org"]));
        assert_eq!(other.follow_deliberately(&third).await, Answer::Done);
        stop(server);
        let server = Server::start(&place.data(), &[]);
        assert_eq!(other.at(server.address).who().await.as_deref(), Some("ann@example.org"));
        stop(server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_do_not_fit_together_are_named() {
    let place = Place::with_store();
    for email in ["ann@example.org", "bob@example.org"] {
        place.answer(&["account", "add", email]);
    }
    let store = SledStore::open(&place.data(), &SledSettings::existing()).unwrap();
    let mut change = Change::new();
    change.delete(Key::owner(&EmailAddress::parse("ann@example.org").unwrap().canonical()));
    store.commit(change).await.unwrap();
    store.close().await;
    let line = place.refused(&["store", "verify"]);
    assert!(line.contains("1 of its records do not fit together"), "{line}");
    let server = Server::start(&place.data(), &[]);
    let beside = place.refused(&["store", "verify"]);
    assert_eq!(beside, line);
    stop(server);
}
