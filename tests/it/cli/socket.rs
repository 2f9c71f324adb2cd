//! The socket in the data folder: who can open it, what may come over it, and what is left of it.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::process::Signal;

use super::Place;
use super::serving::Server;

fn socket(place: &Place) -> PathBuf {
    place.data().join("gatepost.sock")
}

/// Sends bytes as they are, and nothing after them. What came back.
fn send(place: &Place, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket(place)).unwrap();
    // Who is answered before all is read hangs up.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn only_the_owner_of_the_data_can_open_it_and_it_goes_with_its_server() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    let file = fs::symlink_metadata(socket(&place)).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.mode() & 0o777, 0o600);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(!socket(&place).exists());
}

#[test]
fn what_a_killed_server_left_is_in_nobodys_way() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    server.signal(Signal::KILL);
    assert_eq!(server.exit_code(), None);
    assert!(socket(&place).exists());
    place.answer(&["account", "add", "ann@example.org"]);
    let _server = Server::start(&place.data(), &[]);
    assert!(send(&place, b"{\"list_accounts\":{\"after\":null}}\n").contains("ann@example.org"));
}

#[test]
fn what_is_no_order_is_refused_and_harms_nobody() {
    let place = Place::new();
    let mut server = Server::start(&place.data(), &[]);
    // Some that say nothing stay, and one went away without its answer.
    let _silent: Vec<UnixStream> = (0..5).map(|_| UnixStream::connect(socket(&place)).unwrap()).collect();
    let mut gone = UnixStream::connect(socket(&place)).unwrap();
    gone.write_all(b"{\"list_accounts\":{\"after\":null}}\n").unwrap();
    drop(gone);
    for rubbish in [
        &b"\n"[..],
        b"\0\xff\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"{}\n",
        b"{\"drop_everything\":{}}\n",
        b"{\"set_role\":{\"email\":\"ann@example.org\",\"role\":\"owner\"}}\n",
        b"{\"show_account\":{\"email\":\"ann@example.org\",\"and\":1}}\n",
        b"{\"show_account\":{\"email\":\"ann@example.org\"}}",
        "[".repeat(3 << 20).as_bytes(),
    ] {
        let answer = send(&place, rubbish);
        assert!(answer.is_empty() || answer.starts_with("{\"refused\":"), "{answer}");
    }
    for (order, reason) in [
        (r#"{"show_account":{"email":"ann"}}"#, "An address looks like"),
        (r#"{"add_account":{"email":"","role":"admin"}}"#, "Please type your email address"),
        (
            r#"{"import_accounts":{"rows":[{"email":"a@example.org","password_hash":"x"}]}}"#,
            "password_hash: ",
        ),
    ] {
        let answer = send(&place, format!("{order}\n").as_bytes());
        assert!(answer.starts_with("{\"refused\":") && answer.contains(reason), "{answer}");
    }
    assert_eq!(place.answer(&["account", "list"]), "There is no account yet.\n");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0), "nor does who says nothing keep it");
}

#[test]
fn a_file_of_its_name_stays_and_the_server_serves_all_the_same() {
    let place = Place::new();
    place.answer(&["account", "add", "ann@example.org"]);
    fs::write(socket(&place), "mine").unwrap();
    let mut server = Server::start(&place.data(), &[]);
    let line = place.refused(&["account", "list"]);
    assert!(line.contains("uses this data folder") && line.contains("kill "), "{line}");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(fs::read_to_string(socket(&place)).unwrap(), "mine");
    assert_eq!(place.listed().len(), 1, "without a server the file is in nobody's way");
}

#[test]
fn a_folder_that_is_too_deep_for_a_socket_has_one() {
    let mut place = Place::new();
    place.1 = ["a-folder-with-quite-a-long-name"; 6].iter().collect();
    fs::create_dir_all(place.data().parent().unwrap()).unwrap();
    assert!(socket(&place).as_os_str().len() > 150);
    let mut server = Server::start(&place.data(), &[]);
    place.answer(&["account", "add", "ann@example.org"]);
    assert_eq!(fs::symlink_metadata(socket(&place)).unwrap().mode() & 0o777, 0o600);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(!socket(&place).exists());
    assert_eq!(place.listed().len(), 1);
}
