//! A disk that fails, fills up or becomes read-only under a running server (REL-20, REL-21, REL-22).

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::serving::Server;
use super::{Place, refusal};
use crate::harness::installed::{is_installed, is_root};

const STRACE: &str = "/usr/bin/strace";
/// The most requests until a failure must have shown itself.
const REQUESTS: usize = 60;

/// The errors that a call can return, and at which of its calls from now on. A variable asks for every call up to a
/// number.
fn faults() -> Vec<(&'static str, &'static str, u64)> {
    let most = crate::crash::number("DISK_FAULTS");
    let steps = move |usual: &'static [u64]| most.map_or(usual.to_vec(), |most| (1..=most).collect());
    let mut faults = vec![];
    for (call, errors) in
        [("fdatasync", ["EIO", "ENOSPC", "EROFS"]), ("pwrite64", ["EIO", "ENOSPC", "EROFS"])]
    {
        for error in errors {
            faults.extend(steps(&[1, 2, 7]).into_iter().map(|step| (call, error, step)));
        }
    }
    faults
}

#[test]
fn a_disk_that_fails_under_a_running_server_ends_it_with_one_line_and_loses_nothing_acknowledged() {
    if !is_installed(STRACE) {
        return;
    }
    let mut cases = 0;
    for (call, error, step) in faults() {
        let what = format!("{error} at {call} {step}");
        let place = Place::with_store();
        let mut server = Server::start(&place.data(), &[]);
        let mut tracer = attach(&server, &format!("inject={call}:error={error}:when={step}+"));
        let mut acknowledged = vec![];
        for number in 0..REQUESTS {
            let body = json!({"email": format!("p{number}@example.org")}).to_string();
            // Reading goes on as long as the process runs.
            let Some(answer) = server.try_send("POST", "/api/sign-in", &body) else { break };
            match status(&answer) {
                202 => acknowledged.push(request_in(&answer)),
                503 => {}
                other => panic!("{what}: {other}: {answer}"),
            }
        }
        assert_eq!(server.exit_code(), Some(1), "{what}");
        tracer.wait().unwrap();
        let said = server.rest();
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("gatepost: ")).collect();
        assert!(lines.len() == 1 && lines[0].contains(place.data().to_str().unwrap()), "{what}: {said}");
        assert!(!said.contains("panicked") && !said.contains("Os {"), "{what}: {said}");
        let server = Server::start(&place.data(), &[]);
        for request in acknowledged {
            assert!(server.knows(&request), "{what}: lost {request}");
        }
        server.stop();
        assert!(place.answer(&["store", "verify"]).starts_with("The database is intact"), "{what}");
        cases += 1;
    }
    println!("{cases} failures of a disk under a running server");
}

/// Lets calls of a running server fail from now on.
fn attach(server: &Server, inject: &str) -> Child {
    let mut command = Command::new(STRACE);
    command.args(["-f", "-o", "/dev/null", "-e", inject, "-p", &server.child.id().to_string()]);
    let mut tracer = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(tracer.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("attached") {
        assert!(lines.read_line(&mut line).unwrap() > 0, "strace did not attach: {line}");
    }
    // A full pipe would stop it.
    std::thread::spawn(move || drop(lines.read_to_string(&mut String::new())));
    tracer
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{answer}")).parse().unwrap()
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn request_in(answer: &str) -> String {
    body(answer)["request"].as_str().unwrap().to_owned()
}

impl Server {
    /// Sends a request to a server that may end meanwhile.
    fn try_send(&self, method: &str, path: &str, body: &str) -> Option<String> {
        self.try_send_as(None, method, path, body)
    }

    /// The same in a session.
    fn try_send_as(&self, session: Option<&str>, method: &str, path: &str, body: &str) -> Option<String> {
        let mut socket = TcpStream::connect(self.address).ok()?;
        let (port, length) = (self.address.port(), body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n");
        let mut more = session.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        if !body.is_empty() {
            write!(more, "Content-Type: application/json\r\nContent-Length: {length}\r\n").unwrap();
        }
        write!(socket, "{head}{more}\r\n{body}").ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        Some(answer).filter(|answer| !answer.is_empty())
    }

    /// The rest of the log of a server that has ended.
    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        rest
    }

    /// Whether this request is still in the store: a wrong code is wrong, and not too late.
    fn knows(&self, request: &str) -> bool {
        let wrong = json!({"request": request, "code": "no code"}).to_string();
        status(&self.try_send("POST", "/api/code", &wrong).unwrap()) == 422
    }
}

/// A small disk of its own, which is gone when this is dropped.
struct Small(Place);

impl Small {
    fn of(mebibytes: u64) -> Self {
        let place = Place::new();
        let options = format!("size={mebibytes}m,mode=700");
        mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], place.0.path());
        fs::create_dir(place.data()).unwrap();
        Self(place.created())
    }

    /// Fills the disk until this much is free.
    fn leave(&self, mebibytes: u64) {
        let filler = self.0.0.path().join("filler");
        // Removed first, since it counts as used.
        drop(fs::remove_file(&filler));
        let disk = rustix::fs::statvfs(self.0.0.path()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let bytes = free - (mebibytes << 20);
        fs::write(filler, vec![1; usize::try_from(bytes).unwrap()]).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let umount = Command::new("umount").arg("-l").arg(self.0.0.path()).status();
        assert!(std::thread::panicking() || umount.unwrap().success());
    }
}

fn mount(arguments: &[&str], at: &Path) {
    assert!(Command::new("mount").args(arguments).arg(at).status().unwrap().success());
}

#[test]
fn while_its_disk_fills_up_a_server_goes_on_with_less_and_recovers_by_itself() {
    if !is_root() {
        return;
    }
    let small = Small::of(160);
    let place = &small.0;
    let server = Server::start(&place.data(), &[]);
    let mut sessions = vec![];
    for name in ["ann", "bob", "cleo", "dan"] {
        let added = place.answer(&["account", "add", &format!("{name}@example.org")]);
        let link = added.lines().last().unwrap();
        let token = link.rsplit('/').next().unwrap();
        let answer = server.try_send("POST", &format!("/api/link/{token}"), "{\"confirm\":\"yes\"}").unwrap();
        sessions.push(body(&answer)["session"]["token"].as_str().unwrap().to_owned());
    }
    let post = |path: &str, session: Option<&str>, body: &str| {
        let answer = server.try_send_as(session, "POST", path, body).unwrap();
        (status(&answer), answer)
    };
    let is_in =
        |session: &str| status(&server.try_send_as(Some(session), "GET", "/api/session", "").unwrap()) == 200;
    let reads = || {
        let page = server.try_send("GET", "/sign-in", "").unwrap();
        status(&page) == 200 && sessions.iter().skip(3).all(|session| is_in(session))
    };
    let ask = |number: u32| post("/api/sign-in", None, &format!("{{\"email\":\"p{number}@example.org\"}}"));
    let (first, answer) = ask(1);
    assert_eq!(first, 202, "{answer}");
    let acknowledged = request_in(&answer);

    small.leave(40);
    assert_eq!((ask(2).0, status(&server.try_send("GET", "/readyz", "").unwrap())), (503, 503));
    assert!(reads());
    assert_eq!(post("/api/sign-out", Some(&sessions[0]), "").0, 204);
    place.answer(&["account", "disable", "bob@example.org"]);
    assert!(!is_in(&sessions[0]) && !is_in(&sessions[1]));

    small.leave(8);
    assert_eq!((ask(3).0, post("/api/sign-out", Some(&sessions[2]), "").0), (503, 503));
    assert!(place.refused(&["account", "disable", "cleo@example.org"]).contains("disk is almost full"));
    assert!(reads() && is_in(&sessions[2]));

    small.leave(100);
    let (again, answer) = ask(4);
    assert_eq!(again, 202, "{answer}");
    assert_eq!(status(&server.try_send("GET", "/readyz", "").unwrap()), 200);
    assert_eq!(post("/api/sign-out", Some(&sessions[2]), "").0, 204);
    server.stop();
    let server = Server::start(&place.data(), &[]);
    assert!(server.knows(&acknowledged) && server.knows(&request_in(&answer)));
    let signed_in =
        |session: &str| status(&server.try_send_as(Some(session), "GET", "/api/session", "").unwrap()) == 200;
    assert_eq!([0, 1, 2, 3].map(|number: usize| signed_in(&sessions[number])), [false, false, false, true]);
    server.stop();
}

#[test]
fn on_a_read_only_disk_a_server_does_not_start_and_says_why() {
    if !is_root() {
        return;
    }
    let small = Small::of(100);
    mount(&["-o", "remount,ro"], small.0.0.path());
    let line = refusal(&small.0.serve());
    assert!(line.contains(small.0.data().to_str().unwrap()) && line.contains("ead-only"), "{line}");
    mount(&["-o", "remount,rw"], small.0.0.path());
    Server::start(&small.0.data(), &[]).stop();
}
