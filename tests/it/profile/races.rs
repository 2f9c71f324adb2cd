//! Two actions on one account at the same time take effect one after the other, in either order, and never in part.

use std::time::Duration;

use super::{OTHER, PASSWORD, readdress};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::harness::engine::Engine;

both_doors! {
    // Several threads and a slow store, because on one thread no action is ever interrupted.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    two_changes_of_one_account_end_in_one_address,
    one_of_two_accounts_that_change_to_one_address_gets_it,
    a_reset_and_a_change_leave_one_password,
    an_account_deleted_during_a_sign_in_signs_no_one_in,
    an_undo_wins_over_any_change_at_the_same_moment,
}

/// An engine that delays everything by chance needs fewer.
fn rounds() -> usize {
    if Engine::named() == Some(Engine::Chaotic) { 30 } else { 200 }
}

/// Starts two actions, one slightly after the other. They alternate, and the gap grows with each round.
async fn at_once<A, B>(round: usize, one: A, other: B) -> (A::Output, B::Output)
where
    A: Future<Output: Send> + Send + 'static,
    B: Future<Output: Send> + Send + 'static,
{
    let turns = (round * 100 / rounds() % 50) * 8;
    let (first, second) = if round.is_multiple_of(2) { (0, turns) } else { (turns, 0) };
    let one = tokio::spawn(after(first, one));
    let other = tokio::spawn(after(second, other));
    (one.await.unwrap(), other.await.unwrap())
}

async fn after<A: Future>(turns: usize, act: A) -> A::Output {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    act.await
}

fn sign_in_required() -> Answer {
    Answer::refused(401, "sign_in_required")
}

fn is_gone(answer: &Answer) -> bool {
    ["invalid_link", "invalid_request"].iter().any(|code| *answer == Answer::refused(410, code))
}

/// One account, signed in twice, requests two addresses and confirms both.
async fn two_changes_of_one_account_end_in_one_address(door: Door) {
    let app = App::start_on_disk().await;
    for round in 0..rounds() {
        let old = format!("old{round}@example.org");
        let new = [format!("this{round}@example.org"), format!("that{round}@example.org")];
        let (one, other) = (app.signed_in(door, &old).await, app.signed_in(door, &old).await);
        let ask =
            |mut caller: Caller, email: String| async move { (caller.change_email(&email).await, caller) };
        let ((first, one), (second, other)) =
            at_once(round, ask(one, new[0].clone()), ask(other, new[1].clone())).await;
        assert_eq!((first, second), (Answer::Done, Answer::Done));
        let letters = app.read_all().await;
        let link_to = |email: &String| {
            let letter = letters.iter().find(|letter| letter.to.as_str() == email);
            letter.and_then(|letter| letter.link.clone())
        };
        // An email of the superseded change was sent before that, or not at all.
        let links = new.each_ref().map(link_to);
        let confirm = |mut caller: Caller, link: Option<String>| async move {
            match link {
                Some(link) => (Some(caller.follow(&link).await), caller),
                None => (None, caller),
            }
        };
        let [this, that] = links;
        let ((first, one), (second, other)) = at_once(round, confirm(one, this), confirm(other, that)).await;
        let mut changed = 0;
        for (answer, mut caller, email) in [(first, one, &new[0]), (second, other, &new[1])] {
            let who = caller.who().await;
            match answer {
                Some(Answer::Done) => {
                    changed += 1;
                    assert_eq!(who.as_ref(), Some(email), "round {round}");
                }
                refused => {
                    let refused = refused.unwrap_or_else(sign_in_required);
                    assert!(is_gone(&refused) || refused == sign_in_required(), "round {round}: {refused:?}");
                    assert_eq!(who, None, "round {round}");
                }
            }
        }
        assert_eq!(changed, 1, "round {round}");
        app.read_all().await;
    }
    assert_eq!(app.accounts().await, rounds());
    app.expect_whole().await;
}

/// Two accounts request the same free address. One of them gets it, and the other stays unchanged.
async fn one_of_two_accounts_that_change_to_one_address_gets_it(door: Door) {
    let app = App::start_on_disk().await;
    for round in 0..rounds() {
        let old = [format!("ann{round}@example.org"), format!("bob{round}@example.org")];
        let new = format!("new{round}@example.org");
        let mut askers = Vec::new();
        for email in &old {
            let mut asker = app.signed_in(door, email).await;
            assert_eq!(asker.change_email(&new).await, Answer::Done);
            app.news_to(email).await;
            askers.push((asker, app.letter_to(&new).await.link));
        }
        let confirm =
            |(mut caller, link): (Caller, String)| async move { (caller.follow(&link).await, caller) };
        let (bob, ann) = (askers.pop().unwrap(), askers.pop().unwrap());
        let ((first, mut ann), (second, mut bob)) = at_once(round, confirm(ann), confirm(bob)).await;
        let now = (ann.who().await.unwrap(), bob.who().await.unwrap());
        if first == Answer::Done {
            assert!(is_gone(&second), "round {round}: {second:?}");
            assert_eq!(now, (new, old[1].clone()), "round {round}");
        } else {
            assert!(is_gone(&first), "round {round}: {first:?}");
            assert_eq!((second, now), (Answer::Done, (old[0].clone(), new)), "round {round}");
        }
        app.read_all().await;
    }
    assert_eq!(app.accounts().await, 2 * rounds());
    app.expect_whole().await;
}

async fn a_reset_and_a_change_leave_one_password(door: Door) {
    let app = App::start_on_disk().await;
    for round in 0..rounds() {
        let email = format!("ann{round}@example.org");
        let mut ann = app.signed_in(door, &email).await;
        let mut forgetful = app.caller(door);
        forgetful.forgot_password(&email).await;
        let link = app.letter_to(&email).await.link;
        let change = async move { (ann.change_password(PASSWORD, None).await, ann) };
        let reset = async move { (forgetful.reset_by_link(&link, OTHER).await, forgetful) };
        let ((changed, ann), (reset, forgetful)) = at_once(round, change, reset).await;
        let (mut winner, mut loser, right, wrong) = if changed == Answer::Done {
            assert!(is_gone(&reset), "round {round}: {reset:?}");
            (ann, forgetful, PASSWORD, OTHER)
        } else {
            assert_eq!((changed, reset), (sign_in_required(), Answer::Done), "round {round}");
            (forgetful, ann, OTHER, PASSWORD)
        };
        assert_eq!((winner.who().await, loser.who().await), (Some(email.clone()), None), "round {round}");
        assert_eq!(loser.sign_in_with_password(&email, wrong).await, super::wrong(), "round {round}");
        assert_eq!(loser.sign_in_with_password(&email, right).await, Answer::Done, "round {round}");
        assert_eq!(app.read_all().await.len(), 1, "round {round}: the owner is told once");
    }
    app.expect_whole().await;
}

async fn an_account_deleted_during_a_sign_in_signs_no_one_in(door: Door) {
    let app = App::start_on_disk().await;
    for round in 0..rounds() {
        let email = format!("ann{round}@example.org");
        let mut ann = app.signed_in(door, &email).await;
        let mut other = app.caller(door);
        other.ask(&email).await;
        let link = app.letter_to(&email).await.link;
        let delete = async move { (ann.delete_account("delete").await, ann) };
        let sign_in = async move { (other.follow(&link).await, other) };
        let ((deleted, mut ann), (signed_in, mut other)) = at_once(round, delete, sign_in).await;
        assert_eq!(deleted, Answer::Done, "round {round}");
        assert!(signed_in == Answer::Done || is_gone(&signed_in), "round {round}: {signed_in:?}");
        assert_eq!((ann.who().await, other.who().await), (None, None), "round {round}");
        assert_eq!(app.read_all().await.len(), 1, "round {round}: the owner is told once");
    }
    app.expect_whole().await;
    app.sweep_after(Duration::from_mins(1)).await;
    let left = app.records().await;
    assert_eq!((left.accounts, left.sessions, left.history), (0, 0, 0));
}

/// A thief changes the address again, or the password, while the owner undoes the first change.
async fn an_undo_wins_over_any_change_at_the_same_moment(door: Door) {
    let app = App::start_on_disk().await;
    for round in 0..rounds() {
        let name = |who: &str| format!("{who}{round}@example.org");
        let mut thief = app.signed_in(door, &name("ann")).await;
        let undo = readdress(&app, &mut thief, &name("ann"), &name("thief")).await;
        thief.change_email(&name("third")).await;
        app.news_to(&name("thief")).await;
        let link = app.letter_to(&name("third")).await.link;
        let mut owner = app.caller(door);
        let restore = async move { owner.follow_deliberately(&undo).await };
        let change = async move {
            let answer = match round % 4 {
                0 | 1 => thief.follow(&link).await,
                _ => thief.change_password(PASSWORD, None).await,
            };
            (answer, thief)
        };
        let (restored, (changed, mut thief)) = at_once(round, restore, change).await;
        assert_eq!(restored, Answer::Done, "round {round}");
        let is_refused = is_gone(&changed) || changed == sign_in_required();
        assert!(changed == Answer::Done || is_refused, "round {round}: {changed:?}");
        assert_eq!(thief.who().await, None, "round {round}");
        let account = app.account(&name("ann")).await;
        assert!(account.password.is_none() && account.pending_change.is_none(), "round {round}");
        assert!(account.undos.is_empty(), "round {round}: a younger undo");
        app.read_all().await;
    }
    assert_eq!(app.accounts().await, rounds());
    app.expect_whole().await;
}
