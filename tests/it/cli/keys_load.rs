//! REL-38: rotating keys while people sign in. No one fails, and what old keys sealed works until they are retired.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::thread;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Place;
use super::keys::{PASSWORD, UNLIMITED, member, newest_link};
use super::serving::Server;
use crate::harness::caller::{Answer, Caller, Door};

const PEOPLE: usize = 4;
const ROTATIONS: u8 = 6;

/// Signs in with a password and with a link, again and again, and counts that in the place of this person.
async fn sign_in(person: usize, counts: watch::Sender<[usize; PEOPLE]>, mut kept: Caller) {
    let email = email_of(person);
    for rounds in 0.. {
        let door = if rounds % 2 == 0 { Door::Pages } else { Door::Json };
        let mut caller = Caller::new(door, kept.server);
        assert_eq!(
            caller.sign_in_with_password(&email, PASSWORD).await,
            Answer::Done,
            "{email} round {rounds}"
        );
        assert_eq!(caller.who().await.as_deref(), Some(email.as_str()));
        assert_eq!(caller.sign_out().await, Answer::Done);
        let mut caller = Caller::new(Door::Json, kept.server);
        assert_eq!(caller.ask(&email).await, Answer::Done, "{email} round {rounds}");
        let link = newest_link(&mut caller, &email).await;
        assert_eq!(caller.follow(&link).await, Answer::Done, "{email} round {rounds}");
        assert_eq!(caller.sign_out().await, Answer::Done);
        // A session that was there before the first rotation.
        assert_eq!(kept.who().await.as_deref(), Some(email.as_str()), "round {rounds}");
        counts.send_modify(|counts| counts[person] = rounds + 1);
    }
}

fn email_of(person: usize) -> String {
    format!("person{person}@example.org")
}

/// Reads the rest of the log, so that a server that says a lot does not wait for a reader.
fn read_on(server: &Server) {
    let mut log = File::from(server.log.get_ref().as_fd().try_clone_to_owned().unwrap());
    thread::spawn(move || io::copy(&mut log, &mut io::sink()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_one_fails_while_keys_are_rotated_and_old_ones_open_nothing_once_they_are_retired() {
    let place = Place::with_store();
    let server = Server::start(&place.data(), &UNLIMITED);
    read_on(&server);
    let (counts, mut counted) = watch::channel([0; PEOPLE]);
    let (mut people, mut sessions) = (JoinSet::new(), Vec::new());
    for person in 0..PEOPLE {
        let kept = member(&server, &email_of(person)).await;
        sessions.push(kept.clone());
        people.spawn(sign_in(person, counts.clone(), kept));
    }
    for rotation in 0..ROTATIONS {
        let arguments = ["key", "rotate", "--json"];
        let place = place.command(&arguments);
        assert!(place.status.success(), "rotation {rotation}: {place:?}");
        // Everyone signs in once more before the next, and is in the middle of it then.
        let before = *counted.borrow_and_update();
        let all = counted.wait_for(|now| now.iter().zip(before).all(|(now, before)| *now > before));
        tokio::select! {
            all = all => drop(all.unwrap()),
            Some(ended) = people.join_next() => panic!("someone failed: {ended:?}"),
        }
    }
    people.shutdown().await;

    // Everyone signs in once more, so no password needs an old key, and leaves the oldest sessions.
    for (person, kept) in sessions.iter_mut().enumerate() {
        let email = email_of(person);
        let mut caller = Caller::new(Door::Json, server.address);
        assert_eq!(caller.sign_in_with_password(&email, PASSWORD).await, Answer::Done);
        assert_eq!(kept.who().await.as_deref(), Some(email.as_str()));
    }
    let newest = ROTATIONS + 1;
    for key in place.keys() {
        assert_eq!(key["passwords"], if key["key"] == newest { PEOPLE } else { 0 }, "{key}");
    }
    assert!(place.refused(&["key", "retire", "1"]).contains(&format!("0 passwords, {PEOPLE} sessions")));
    for old in 1..newest {
        place.answer(&["key", "retire", &old.to_string(), "--force"]);
    }
    for (person, kept) in sessions.iter_mut().enumerate() {
        assert_eq!(kept.who().await, None, "what an old key sealed is over");
        let mut caller = Caller::new(Door::Json, server.address);
        let email = email_of(person);
        assert_eq!(caller.sign_in_with_password(&email, PASSWORD).await, Answer::Done);
    }
}
