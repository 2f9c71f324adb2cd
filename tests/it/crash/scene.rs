//! The people, the mail server, and whose turn it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, Notify, watch};

use super::client::Client;
use super::person::Person;
use crate::mail::sink::{Act, Security, Sink, Stage};
use crate::store::Seeded;

/// How many people may be waiting for their turn before no new ones come.
const CROWD: usize = 30;

/// What a round is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everyone does what they like.
    Usual,
    /// The mail server keeps some emails without answering (REL-15).
    Held,
    /// The mail server is down, so everything stays queued.
    NoMail,
    /// The server is killed while it starts, several times, and again soon after (REL-43).
    Storm,
}

impl Kind {
    pub(super) fn of(round: u64) -> Self {
        [Self::Usual, Self::Held, Self::Storm, Self::NoMail, Self::Usual][usize::try_from(round % 5).unwrap()]
    }
}

/// What all clients share.
pub(super) struct Scene {
    pub(super) sink: Sink,
    pub(super) kind: watch::Sender<Kind>,
    /// How many emails the mail server has kept without an answer in this round.
    pub(super) held: Arc<AtomicUsize>,
    /// People whose turn it is not.
    pub(super) pool: Mutex<VecDeque<Person>>,
    pub(super) people: AtomicUsize,
    pub(super) answers: AtomicUsize,
    pub(super) more: Notify,
}

/// Lets people act, one after another, until it is over: the server died, or those clients were told.
pub(super) async fn live(client: Client, scene: Arc<Scene>, mut seeded: Seeded, has_mail: bool) {
    let mut is_alive = true;
    while is_alive && !client.is_over() {
        let mut person = scene.next_person(seeded.next(), has_mail).await;
        for _ in 0..=seeded.below(4) {
            if !person.can_act(has_mail) || client.is_over() {
                break;
            }
            is_alive = person.act(seeded.next(), &client, &scene.sink, has_mail).await.is_some();
            if !is_alive {
                break;
            }
            scene.answers.fetch_add(1, Ordering::SeqCst);
            scene.more.notify_one();
        }
        scene.pool.lock().await.push_back(person);
    }
}

impl Scene {
    pub(super) async fn new() -> Self {
        let kind = watch::Sender::new(Kind::Usual);
        let (asked, held) = (kind.subscribe(), Arc::new(AtomicUsize::new(0)));
        let keeps = Arc::clone(&held);
        let sink = Sink::start(Security::None, move |moment| {
            let kind = *asked.borrow();
            match (kind, moment.stage) {
                (Kind::NoMail, Stage::Greeting) => Act::say("421 not now"),
                // Two of the four connections, so that the other emails go on.
                (Kind::Held, Stage::Dot) if keeps.fetch_add(1, Ordering::SeqCst) < 2 => Act::KeepSilently,
                _ => Act::Behave,
            }
        });
        Self {
            sink: sink.await,
            kind,
            held,
            pool: Mutex::default(),
            people: AtomicUsize::new(0),
            answers: AtomicUsize::new(0),
            more: Notify::new(),
        }
    }

    /// Someone who has waited, or someone new.
    async fn next_person(&self, choice: u64, has_mail: bool) -> Person {
        let mut pool = self.pool.lock().await;
        let waiting = pool.iter().filter(|person| person.can_act(has_mail)).count();
        if waiting > CROWD || (waiting > 0 && choice.is_multiple_of(2)) {
            let at = pool.iter().position(|person| person.can_act(has_mail));
            if let Some(person) = at.and_then(|at| pool.remove(at)) {
                return person;
            }
        }
        Person::new(self.people.fetch_add(1, Ordering::SeqCst))
    }
}
