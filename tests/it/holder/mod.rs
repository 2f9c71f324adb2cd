//! To its holder every request looks alike. A stranger requests emails for someone's address and keeps
//! everything the responses contain. Whatever the owner of the address does meanwhile, all later responses
//! to the stranger stay the same, byte for byte.

mod owner;
mod walk;

use std::collections::BTreeSet;
use std::time::Duration;

use self::owner::{Before, Middle};
use self::walk::{Held, Seen, Walk, settings};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::mail::sink::{Act, Security, Sink, Stage};

both_doors! {
    a_proof_in_the_middle_changes_no_later_response,
    an_email_that_cannot_be_delivered_changes_no_response,
    a_password_entered_before_a_proof_never_becomes_an_accounts,
}

const ANN: &str = "ann@example.org";
const NEW: &str = "new@example.org";
const PASSWORD: &str = "planted by a stranger";
const WAIT: Duration = Duration::from_secs(30);

use Before::{Account, AccountWithPassword, ImportedAccount, NoOne};
use Middle::{
    Added, Deleted, Disabled, Displaced, Enabled, Imported, ImportedPassword, ImportedWithPassword, Left,
    MovedHere, Nothing, OthersSignedOut, OwnRegistration, Reset, Restored, SignIn, TheirLink, Undone,
};

const CASES: [(Before, &[Middle]); 5] = [
    (
        NoOne,
        &[
            SignIn,
            TheirLink,
            OwnRegistration,
            Added,
            Imported,
            ImportedWithPassword,
            MovedHere,
            Deleted,
            Left,
            Reset,
            OthersSignedOut,
            Disabled,
            Enabled,
            Displaced,
            Restored,
        ],
    ),
    (
        Account,
        &[
            Nothing,
            SignIn,
            TheirLink,
            Deleted,
            Left,
            Reset,
            OthersSignedOut,
            Disabled,
            Enabled,
            Displaced,
            Restored,
        ],
    ),
    (
        AccountWithPassword,
        &[Nothing, SignIn, TheirLink, Deleted, Left, Reset, OthersSignedOut, Disabled, Enabled, Restored],
    ),
    (ImportedAccount, &[Nothing, SignIn, ImportedPassword, Deleted, Left, Reset, Displaced, Restored]),
    (Before::Held, &[Nothing, Undone, Displaced]),
];

async fn a_proof_in_the_middle_changes_no_later_response(door: Door) {
    // The script of a page gets fragments.
    let ways = if door == Door::Pages { &[false, true][..] } else { &[false] };
    for is_htmx in ways.iter().copied() {
        let usual = Walk::through(door, is_htmx, NoOne, Nothing).await;
        for (before, middles) in CASES {
            for middle in middles {
                let seen = Walk::through(door, is_htmx, before, *middle).await;
                assert_eq!(seen.len(), usual.len(), "{before:?}, {middle:?}");
                for (index, (seen, usual)) in seen.iter().zip(&usual).enumerate() {
                    if may_differ(*middle, seen) {
                        continue;
                    }
                    assert_eq!(seen, usual, "{before:?}, {middle:?}, response {index}");
                }
            }
        }
    }
}

/// The two cases in which a response depends on more than the request and the time.
fn may_differ(middle: Middle, seen: &Seen) -> bool {
    match middle {
        // Only the three newest registrations of an address count, whoever it belongs to.
        Displaced => seen.when == PASSWORD,
        // The stranger's own session has ended too.
        Restored => seen.request == Held::Change,
        _ => false,
    }
}

async fn an_email_that_cannot_be_delivered_changes_no_response(door: Door) {
    let sink = |refuses: bool| {
        Sink::start(Security::None, move |moment| match moment.stage {
            Stage::Rcpt if refuses && moment.line.contains(ANN) => Act::say("550 5.1.1 no such person"),
            _ => Act::Behave,
        })
    };
    let (accepts, refuses) = (sink(false).await, sink(true).await);
    let walk = async |sink: &Sink, before| {
        let app = App::start_with_smtp_as(settings(), sink.port).await;
        Walk::with(app, door, false, before, Nothing).await
    };
    let usual = walk(&accepts, NoOne).await;
    for (sink, before) in [(&accepts, ImportedAccount), (&refuses, NoOne), (&refuses, ImportedAccount)] {
        assert_eq!(walk(sink, before).await, usual, "{before:?}");
    }
    let was_sent = |sink: &Sink| sink.seen().mails.iter().any(|mail| mail.to.contains(ANN));
    assert!(was_sent(&accepts) && !was_sent(&refuses));
}

/// Every email to a disabled account is of another generation, because the one before is void. They are
/// numbered, but the holder must not see the numbers run out.
#[tokio::test]
async fn the_end_of_a_request_does_not_move_however_often_it_dies() {
    let app = App::start_unlimited().await;
    app.signed_in(Door::Json, ANN).await;
    app.disable(ANN).await;
    let mut stranger = app.caller(Door::Json);
    let mut ends = BTreeSet::new();
    let mut keep = |caller: &Caller| {
        ends.insert(caller.last.as_ref().unwrap().json()["expires_at"].as_str().unwrap().to_owned());
    };
    assert_eq!(stranger.register(ANN, PASSWORD).await, Answer::Done);
    keep(&stranger);
    for _ in 0..=u8::MAX {
        app.read_all().await;
        app.clock.advance(WAIT);
        assert_eq!(stranger.resend().await, Answer::Done);
        keep(&stranger);
    }
    app.read_all().await;
    assert_eq!(ends.len(), 1, "{ends:?}");
}

/// The address is proven and given up again. The stranger's request can create the next account there,
/// for example because the owner opens its email once more. Its password was entered before the proof.
async fn a_password_entered_before_a_proof_never_becomes_an_accounts(door: Door) {
    for (moves, is_spent, enters_again) in [
        (false, false, false),
        (false, true, false),
        (true, false, false),
        (true, true, false),
        (false, false, true),
        (true, true, true),
    ] {
        let app = App::start_unlimited().await;
        let mut stranger = app.caller(door);
        assert_eq!(stranger.register(ANN, PASSWORD).await, Answer::Done);
        let letter = app.letter_to(ANN).await;
        app.clock.advance(WAIT);
        for _ in 0..if is_spent { 5 } else { 0 } {
            stranger.type_code(&letter.wrong_code()).await;
        }
        let mut ann = app.signed_in(door, ANN).await;
        if moves {
            assert_eq!(ann.change_email(NEW).await, Answer::Done);
            app.news_to(ANN).await;
            let confirm = app.letter_to(NEW).await;
            assert_eq!(ann.follow(&confirm.link).await, Answer::Done);
            app.news_to(ANN).await;
            // While the address is reserved.
            app.clock.advance(WAIT);
            assert_eq!(stranger.resend().await, Answer::Done);
            app.news_to(ANN).await;
        }
        assert_eq!(ann.delete_account("delete").await, Answer::Done);
        app.read_all().await;
        app.clock.advance(WAIT);
        let asked =
            if enters_again { stranger.register(ANN, PASSWORD).await } else { stranger.resend().await };
        assert_eq!(asked, Answer::Done);
        let last = app.letter_to(ANN).await;
        assert_eq!(stranger.type_code(&last.code).await, Answer::Done);
        let case = format!("moves: {moves}, spent: {is_spent}, entered again: {enters_again}");
        assert_eq!(stranger.has_password().await, enters_again, "{case}");
        app.expect_whole().await;
    }
}
