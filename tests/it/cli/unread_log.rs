//! A log that no one reads, or that ends with the process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::Place;
use super::serving::{Server, lines_until};
use super::stopping::unfinished_request;

/// Any number of emails may be asked for.
const UNLIMITED: [(&str, &str); 2] =
    [("GATEPOST_LIMITS__MAILS_PER_CLIENT_HOUR", "0"), ("GATEPOST_LIMITS__MAILS_PER_HOUR", "0")];

/// A connection that stays open.
struct Client {
    socket: BufReader<TcpStream>,
    port: u16,
    /// How many requests it has sent.
    asked: usize,
}

/// A response: its status, its id in the log, and its body.
struct Answer {
    status: u16,
    request_id: String,
    body: String,
}

impl Client {
    fn of(server: &Server) -> Self {
        let socket = TcpStream::connect(server.address).unwrap();
        // A server that waits for whoever reads its log would never answer.
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { socket: BufReader::new(socket), port: server.address.port(), asked: 0 }
    }

    fn get(&mut self, path: &str, lines: &str) -> Answer {
        self.ask(1, path, lines);
        self.answer()
    }

    fn post(&mut self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost:{}\r\n", self.port);
        let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        self.socket.get_mut().write_all(format!("{head}{more}{body}").as_bytes()).unwrap();
        self.asked += 1;
        self.answer()
    }

    /// Sends a GET this many times, without waiting for answers.
    fn ask(&mut self, times: usize, path: &str, lines: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n{lines}\r\n", self.port);
        self.socket.get_mut().write_all(request.repeat(times).as_bytes()).unwrap();
        self.asked += times;
    }

    fn answer(&mut self) -> Answer {
        let (mut head, mut length) = (String::new(), 0);
        let mut answer = Answer { status: 0, request_id: String::new(), body: String::new() };
        while !head.ends_with("\r\n\r\n") {
            let begin = head.len();
            assert!(self.socket.read_line(&mut head).unwrap() > 0, "the connection ended: {head}");
            match head[begin..].trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("x-request-id", value)) => value.clone_into(&mut answer.request_id),
                _ => {}
            }
        }
        answer.status = head["HTTP/1.1 ".len()..][..3].parse().unwrap();
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    /// Signs in with the emails that the server shows. Returns the header with the session.
    fn sign_in(&mut self) -> String {
        let asked = self.post("/api/sign-in", &json!({ "email": "ann@example.org" }));
        let asked: Value = serde_json::from_str(&asked.body).unwrap();
        let letters = self.get("/api/mailbox?to=ann@example.org&wait=30", "").body;
        let letters: Value = serde_json::from_str(&letters).unwrap();
        let code = &letters["letters"][0]["code"];
        let outcome = self.post("/api/code", &json!({ "request": asked["request"], "code": code }));
        let outcome: Value = serde_json::from_str(&outcome.body).unwrap();
        format!("Authorization: Bearer {}\r\n", outcome["session"]["token"].as_str().unwrap())
    }
}

/// What the log says until it ends.
fn rest_of(server: &mut Server) -> Vec<Value> {
    let mut log = String::new();
    server.log.read_to_string(&mut log).unwrap();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn requests(log: &[Value]) -> usize {
    log.iter().filter(|line| line["message"] == "request").count()
}

#[test]
fn a_log_that_no_one_reads_delays_no_answer_and_loses_no_event() {
    const ROUNDS: usize = 60;
    let place = Place::new();
    let mut server = Server::start(&place.data(), &UNLIMITED);
    let mut client = Client::of(&server);
    let session = client.sign_in();
    // More than a pipe and the memory for lines about requests hold.
    let nowhere = format!("/{}", "not-here/".repeat(12));
    let mut events = Vec::new();
    for round in 0..ROUNDS {
        client.ask(100, &nowhere, "");
        (0..100).for_each(|_| assert_eq!(client.answer().status, 404));
        assert_eq!(client.get("/sign-in", "").status, 200);
        assert_eq!(client.get("/api/session", &session).status, 200);
        let asked = client.post("/api/sign-in", &json!({ "email": format!("ann{round}@example.org") }));
        assert_eq!(asked.status, 202);
        events.push(asked.request_id);
    }
    // From here on it is read again.
    let mut log = lines_until(&mut server.log, "left out lines about requests");
    let last = client.get("/sign-in", "").request_id;
    server.signal(Signal::TERM);
    log.extend(rest_of(&mut server));
    assert_eq!(server.exit_code(), Some(0));

    let dropped: u64 = log.iter().filter_map(|line| line["lines"].as_u64()).sum();
    assert!(dropped > 100, "{dropped}");
    assert_eq!(requests(&log) + usize::try_from(dropped).unwrap(), client.asked);
    let logged = |event: &str| -> Vec<String> {
        let lines = log.iter().filter(|line| line["event"] == event && line["request.id"] != Value::Null);
        lines.map(|line| line["request.id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(logged("authn_token_created")[1..], events, "all of them, in order");
    assert!(log.iter().any(|line| line["message"] == "request" && line["request.id"] == last.as_str()));
}

#[test]
fn an_event_is_in_the_log_before_its_answer_is_sent() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let mut client = Client::of(&server);
    client.get("/sign-in", "");
    let asked = client.post("/api/sign-in", &json!({ "email": "ann@example.org" }));
    server.signal(Signal::KILL);
    let log = rest_of(&mut server);
    let is_event = |line: &Value| line["event"] == "authn_token_created";
    let event = log.iter().find(|line| is_event(line)).unwrap();
    assert_eq!(event["request.id"], asked.request_id.as_str());
}

#[test]
fn every_line_is_written_before_the_process_ends() {
    for (signals, code) in [(&[Signal::TERM][..], 0), (&[Signal::INT, Signal::INT], 1)] {
        let place = Place::new();
        let mut server = Server::start(&place.data(), &[]);
        let mut client = Client::of(&server);
        client.ask(200, "/sign-in", "");
        (0..200).for_each(|_| assert_eq!(client.answer().status, 200));
        // A request that does not end keeps the server from stopping before the second signal.
        let _open = (code == 1).then(|| unfinished_request(&server));
        let mut log = Vec::new();
        for signal in signals {
            server.signal(*signal);
            let said = if log.is_empty() { "shutting down" } else { "at once" };
            log.extend(lines_until(&mut server.log, said));
        }
        log.extend(rest_of(&mut server));
        assert_eq!((server.exit_code(), requests(&log)), (Some(code), 200));
    }
}
