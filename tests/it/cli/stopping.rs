//! The end of the process: what a signal lets finish, and what it does not.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{ChildStderr, Command};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Place;
use super::serving::{Server, line_with};

/// Longer than a stop may take, so that one that hangs fails the test.
const STOP: Duration = Duration::from_secs(10);

/// A request whose body is still awaited: its head was surely received.
fn unfinished_request(server: &Server) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).unwrap();
    let port = server.address.port();
    let head = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut line = [0; 25];
    socket.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    socket
}

/// Sends the rest of it, and wants its answer.
#[track_caller]
fn finish(mut request: TcpStream) {
    request.write_all(b"12345").unwrap();
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_signal_lets_what_has_begun_finish_and_ends_with_0() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let place = Place::new();
        let mut server = Server::start(&place.data(), &[]);
        let request = unfinished_request(&server);
        server.signal(signal);
        line_with(&mut server.log, "stopping");
        finish(request);
        assert_eq!(server.exit_code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_closed_terminal_lets_what_has_begun_finish_though_nobody_reads_the_log() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let request = unfinished_request(&server);
    let (nobody, _) = std::io::pipe().unwrap();
    server.log = BufReader::new(ChildStderr::from(OwnedFd::from(nobody)));
    server.signal(Signal::HUP);
    finish(request);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn who_starts_it_to_outlive_the_terminal_has_it_so() {
    let place = Place::new();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_gatepost")]).env_clear();
    let mut server = Server::start_as(command, &place.data());
    server.signal(Signal::HUP);
    let request = unfinished_request(&server);
    server.signal(Signal::TERM);
    line_with(&mut server.log, "stopping");
    finish(request);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_signal_that_is_sent_again_changes_nothing() {
    for signal in [Signal::TERM, Signal::HUP] {
        let place = Place::new();
        let mut server = Server::start(&place.data(), &[]);
        let request = unfinished_request(&server);
        server.signal(signal);
        line_with(&mut server.log, "stopping");
        for again in [signal, Signal::TERM, Signal::HUP, Signal::INT] {
            server.signal(again);
        }
        finish(request);
        assert_eq!(server.exit_code(), Some(0), "{signal:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long a process takes to end is real time")]
fn a_request_that_never_ends_does_not_keep_it() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let _request = unfinished_request(&server);
    let begun = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(begun.elapsed() < STOP, "{:?}", begun.elapsed());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long a process takes to end is real time")]
fn a_second_interrupt_ends_it_at_once() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let _request = unfinished_request(&server);
    server.signal(Signal::INT);
    line_with(&mut server.log, "stopping");
    let begun = Instant::now();
    server.signal(Signal::INT);
    assert_eq!(server.exit_code(), Some(1));
    assert!(begun.elapsed() < STOP / 4, "{:?}", begun.elapsed());
}
