//! Shutting down: which requests a signal lets finish, and which it does not.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::ChildStderr;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Place;
use super::serving::{Server, line_with};

/// The longest time shutting down may take.
const STOP: Duration = Duration::from_secs(10);

/// What the rest of an unfinished request is.
const REST: &[u8] = b"email=ann%40example.org";

/// A request whose head was certainly received, and whose body is not sent yet.
pub(super) fn unfinished_request(server: &Server) -> TcpStream {
    let mut socket = TcpStream::connect(server.address).unwrap();
    let (port, length) = (server.address.port(), REST.len());
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\
         Expect: 100-continue\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut line = [0; 25];
    socket.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    socket
}

/// Sends the rest of the request and expects a response.
#[track_caller]
fn finish(mut request: TcpStream) {
    request.write_all(REST).unwrap();
    let mut answer = String::new();
    request.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
}

#[test]
fn a_signal_lets_open_requests_finish_and_the_exit_code_is_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let mut server = Server::start(&place.data(), &[]);
        let request = unfinished_request(&server);
        server.signal(signal);
        line_with(&mut server.log, "shutting down");
        finish(request);
        assert_eq!(server.exit_code(), Some(0), "{signal:?}");
    }
}

#[test]
fn sighup_never_ends_the_server_although_the_log_cannot_be_written_any_more() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    server.signal(Signal::HUP);
    line_with(&mut server.log, "the configuration was read again");
    let (closed, _) = std::io::pipe().unwrap();
    server.log = BufReader::new(ChildStderr::from(OwnedFd::from(closed)));
    server.signal(Signal::HUP);
    answer_of(unfinished_request(&server));
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_program_that_waits_at_the_mailbox_is_answered_at_once_when_the_server_stops() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let mut socket = TcpStream::connect(server.address).unwrap();
    let port = server.address.port();
    let head = format!("GET /api/mailbox?wait=30 HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    // A request on another connection is answered after the first one was received.
    answer_of(unfinished_request(&server));
    server.signal(Signal::TERM);
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""letters":["#), "{answer}");
    assert_eq!(server.exit_code(), Some(0));
}

/// As `finish`, while the server goes on.
#[track_caller]
fn answer_of(mut request: TcpStream) {
    request.write_all(REST).unwrap();
    let mut begin = [0; 12];
    request.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 303");
}

#[test]
fn a_signal_sent_again_has_no_effect() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        let mut server = Server::start(&place.data(), &[]);
        let request = unfinished_request(&server);
        server.signal(signal);
        line_with(&mut server.log, "shutting down");
        for again in [Signal::TERM, Signal::HUP] {
            server.signal(again);
        }
        finish(request);
        assert_eq!(server.exit_code(), Some(0), "{signal:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process ends in real time")]
fn a_request_that_never_ends_does_not_delay_shutting_down_for_long() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let _request = unfinished_request(&server);
    let begun = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(begun.elapsed() < STOP, "{:?}", begun.elapsed());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process ends in real time")]
fn a_second_interrupt_ends_the_server_at_once() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let _request = unfinished_request(&server);
    server.signal(Signal::INT);
    line_with(&mut server.log, "shutting down");
    let begun = Instant::now();
    server.signal(Signal::INT);
    assert_eq!(server.exit_code(), Some(1));
    assert!(begun.elapsed() < STOP / 4, "{:?}", begun.elapsed());
}
