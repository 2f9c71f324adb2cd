//! Races: whatever the order, a request is used once and an address gets one account.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use gatepost::domain::Settings;
use gatepost::domain::ports::{Change, Committed, Reading, Store, StoreError, Versioned};
use gatepost::domain::record::key::{Key, Span};
use gatepost::store::memory::MemoryStore;
use tokio::sync::Notify;

use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::inbox::Inbox;
use crate::harness::running::start;
use crate::harness::world::world;

both_doors! {
    // Several threads and a store that takes its time, because on one thread no action is interrupted.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    two_hundred_copies_of_the_requesting_browser_at_once_get_one_session,
    two_hundred_other_browsers_at_once_get_one_session,
    two_hundred_first_sign_ins_at_once_create_one_account,
    parallel_guesses_are_counted_one_by_one,
    requesting_and_other_browsers_at_once_get_one_session,
    two_hundred_confirmations_at_once_create_one_account,
    the_right_password_is_never_refused_as_wrong_during_a_confirmation,
}

const PASSWORD: &str = "three quiet otters";
const GONE: &str = "invalid_link";

async fn two_hundred_copies_of_the_requesting_browser_at_once_get_one_session(door: Door) {
    let app = App::start_on_disk().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let callers = all_at_once((0..200).map(|_| ann.clone()).collect(), &letter.link, Act::Follow).await;
    assert!(callers.iter().all(|(answer, _)| *answer == Answer::Done));
    let sessions: HashSet<String> = callers.iter().map(|(_, caller)| caller.session()).collect();
    assert_eq!(sessions.len(), 1);
}

async fn two_hundred_other_browsers_at_once_get_one_session(door: Door) {
    let app = App::start_on_disk().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let others = (0..200).map(|_| app.caller(door)).collect();
    let callers = all_at_once(others, &letter.link, Act::FollowDeliberately).await;
    let done = callers.iter().filter(|(answer, _)| *answer == Answer::Done).count();
    let gone = callers.iter().filter(|(answer, _)| *answer == Answer::refused(410, GONE)).count();
    assert_eq!((done, gone), (1, 199));
}

async fn two_hundred_first_sign_ins_at_once_create_one_account(door: Door) {
    let app = App::start_on_disk().await;
    let mut callers = Vec::new();
    for number in 0..200_u32 {
        let mut caller = app.caller(door);
        let email = if number % 2 == 0 { "ann@example.org" } else { "ANN@Example.ORG" };
        caller.ask(email).await;
        let letter = app.letter_to("ann@example.org").await;
        callers.push((caller, letter.link));
    }
    let tasks: Vec<_> = callers
        .into_iter()
        .map(|(mut caller, link)| tokio::spawn(async move { (caller.follow(&link).await, caller) }))
        .collect();
    let mut done = 0;
    for task in tasks {
        match task.await.unwrap() {
            (Answer::Done, _) => done += 1,
            (refused, _) => assert_eq!(refused, Answer::refused(410, GONE)),
        }
    }
    assert_eq!(done, 1);
    assert_eq!(app.accounts().await, 1);
}

async fn parallel_guesses_are_counted_one_by_one(door: Door) {
    let app = App::start_on_disk().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let wrong = letter.wrong_code();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (mut guesser, wrong) = (ann.clone(), wrong.clone());
            tokio::spawn(async move { guesser.type_code(&wrong).await })
        })
        .collect();
    let mut evaluated = 0;
    for task in tasks {
        if task.await.unwrap() == Answer::refused_field(422, "wrong_code", "code") {
            evaluated += 1;
        }
    }
    assert_eq!(evaluated, 5);
    assert_eq!(ann.type_code(&letter.code).await, Answer::refused(410, "invalid_request"));
}

/// There is one session in any case. Either every copy of the requesting browser gets it, or one of the
/// other browsers.
async fn requesting_and_other_browsers_at_once_get_one_session(door: Door) {
    let app = App::start_on_disk().await;
    let mut ann = app.caller(door);
    ann.ask("ann@example.org").await;
    let letter = app.letter_to("ann@example.org").await;
    let one = |number: usize| {
        let is_asker = number.is_multiple_of(2);
        let (mut caller, link) = (if is_asker { ann.clone() } else { app.caller(door) }, letter.link.clone());
        tokio::spawn(async move {
            let answer =
                if is_asker { caller.follow(&link).await } else { caller.follow_deliberately(&link).await };
            (is_asker, answer, caller)
        })
    };
    let tasks: Vec<_> = (0..200).map(one).collect();
    let (mut sessions, mut askers, mut others) = (HashSet::new(), 0, 0);
    for task in tasks {
        let (is_asker, answer, caller) = task.await.unwrap();
        if answer == Answer::Done {
            *(if is_asker { &mut askers } else { &mut others }) += 1;
            sessions.insert(caller.session());
        } else {
            assert_eq!(answer, Answer::refused(410, GONE));
        }
    }
    assert!([(100, 0), (0, 1)].contains(&(askers, others)), "{askers} requesting, {others} other browsers");
    assert_eq!(sessions.len(), 1);
    assert_eq!(app.records().await.sessions, 1);
}

/// Either the browser that registered wins: all its copies get the session, and the account has its
/// password. Or one of the other browsers wins: it gets the session, and the account has no password.
async fn two_hundred_confirmations_at_once_create_one_account(door: Door) {
    let app = App::start_on_disk().await;
    let mut ann = app.caller(door);
    ann.register("ann@example.org", PASSWORD).await;
    let letter = app.letter_to("ann@example.org").await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let is_asker = number % 2 == 0;
            let mut caller = if is_asker { ann.clone() } else { app.caller(door) };
            let letter = letter.clone();
            tokio::spawn(async move {
                let answer = match number % 4 {
                    0 => caller.follow(&letter.link).await,
                    2 => caller.type_code(&letter.code).await,
                    _ => caller.follow_deliberately(&letter.link).await,
                };
                (is_asker, answer, caller)
            })
        })
        .collect();
    let (mut sessions, mut askers, mut others) = (HashSet::new(), 0, 0);
    for task in tasks {
        let (is_asker, answer, caller) = task.await.unwrap();
        if answer == Answer::Done {
            *(if is_asker { &mut askers } else { &mut others }) += 1;
            sessions.insert(caller.session());
            assert_eq!(caller.has_password().await, askers > 0);
        } else {
            let gone = [GONE, "invalid_request"].map(|code| Answer::refused(410, code));
            assert!(gone.contains(&answer), "{answer:?}");
        }
    }
    assert!([(100, 0), (0, 1)].contains(&(askers, others)), "{askers} requesting, {others} other browsers");
    assert_eq!(sessions.len(), 1);
    let records = app.records().await;
    assert_eq!((records.accounts, records.sessions), (1, 1));
}

/// Anyone who knows the password is asked to confirm first or is signed in, and never learns that the
/// password is wrong.
async fn the_right_password_is_never_refused_as_wrong_during_a_confirmation(door: Door) {
    let app = App::start_on_disk().await;
    for round in 0..24_u64 {
        let email = format!("p{round}@example.org");
        let mut ann = app.caller(door);
        assert_eq!(ann.register(&email, PASSWORD).await, Answer::Done);
        let letter = app.letter_to(&email).await;
        let begun = app.house.gatepost.passwords_hashed();
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let (mut caller, email) = (app.caller(door), email.clone());
                tokio::spawn(async move { (caller.sign_in_with_password(&email, PASSWORD).await, caller) })
            })
            .collect();
        // The confirmation comes sooner or later among the sign-ins, because a sign-in reads the account
        // both before and after hashing.
        while app.house.gatepost.passwords_hashed() < begun + round % 6 {
            tokio::task::yield_now().await;
        }
        assert_eq!(ann.follow(&letter.link).await, Answer::Done);
        for task in tasks {
            let (answer, mut caller) = task.await.unwrap();
            let is_in = caller.who().await;
            match answer {
                Answer::Done => assert_eq!(is_in.as_ref(), Some(&email)),
                refused @ Answer::Refused { .. } => {
                    assert_eq!((refused, is_in), (Answer::refused(403, "unconfirmed"), None));
                }
            }
        }
        assert!(ann.has_password().await);
        assert_eq!(app.caller(door).sign_in_with_password(&email, PASSWORD).await, Answer::Done);
    }
    assert_eq!(app.accounts().await, 24);
}

/// A store in memory that can be paused in the middle of an action.
#[derive(Default)]
struct HeldStore {
    inner: MemoryStore,
    /// The read of an address's registrations that waits, counted from now; 0 for none.
    reads_to_go: AtomicUsize,
    is_held: Notify,
    let_go: Notify,
}

#[async_trait]
impl Store for HeldStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        let one_less = |reads: usize| reads.checked_sub(1);
        let to_go = || self.reads_to_go.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        if keys.len() > 1 && keys.iter().all(Key::is_request) && to_go() == Ok(1) {
            self.is_held.notify_one();
            self.let_go.notified().await;
        }
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Reading)>, StoreError> {
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}

/// The same at the one moment that matters. Someone confirmed after the account was read and before
/// the registrations are read would seem to have neither.
#[tokio::test]
async fn a_confirmation_during_a_sign_in_does_not_make_the_password_wrong() {
    let (store, inbox) = (Arc::new(HeldStore::default()), Inbox::default());
    let (server, _, _work) = start(store.clone(), world().0, inbox.transport(), Settings::default()).await;
    let mut ann = Caller::new(Door::Json, server);
    ann.register("ann@example.org", PASSWORD).await;
    let link = inbox.next_to("ann@example.org").await.link.unwrap();
    // The registrations are read once, before the password is hashed; pause that.
    store.reads_to_go.store(1, Ordering::SeqCst);
    let mut other = Caller::new(Door::Json, server);
    let sign_in = tokio::spawn(async move { other.sign_in_with_password("ann@example.org", PASSWORD).await });
    store.is_held.notified().await;
    assert_eq!(ann.follow(&link).await, Answer::Done);
    store.let_go.notify_one();
    assert_eq!(sign_in.await.unwrap(), Answer::Done);
}

#[derive(Clone, Copy)]
enum Act {
    Follow,
    FollowDeliberately,
}

async fn all_at_once(callers: Vec<Caller>, link: &str, act: Act) -> Vec<(Answer, Caller)> {
    let tasks: Vec<_> = callers
        .into_iter()
        .map(|mut caller| {
            let link = link.to_owned();
            tokio::spawn(async move {
                let answer = match act {
                    Act::Follow => caller.follow(&link).await,
                    Act::FollowDeliberately => caller.follow_deliberately(&link).await,
                };
                (answer, caller)
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
