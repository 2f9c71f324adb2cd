//! `store verify` beside a running server, and accepting an older database.

use std::fs;

use rustix::process::Signal;

use super::Place;
use super::serving::Server;
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

#[tokio::test(flavor = "multi_thread")]
async fn accepting_an_older_database_ends_the_sessions_and_voids_the_links_it_brings_back() {
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
        assert!(place.refused(&["account", "list"]).contains("older than it should be"));
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
