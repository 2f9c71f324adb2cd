//! Deleting an account.

use std::time::Duration;

use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::key::Key;
use gatepost::domain::record::owner::Owner;
use gatepost::store::codec::encode;

use super::{ANN, PASSWORD, WAIT, also, readdress, registered, wrong};
use crate::harness::app::App;
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Door};
use crate::mail::sink::{Act, Security, Sink};

both_doors! {
    deleting_an_account_leaves_nothing_of_it,
    the_address_can_register_again_and_no_older_token_works,
    only_the_word_delete_deletes,
    after_sweeping_only_the_tombstone_names_the_address,
    queued_emails_of_a_deleted_account_are_not_sent,
}

async fn deleting_an_account_leaves_nothing_of_it(door: Door) {
    let app = App::start().await;
    let empty = app.records().await;
    let mut ann = registered(&app, door, ANN).await;
    let mut elsewhere = also(&app, door, ANN, PASSWORD).await;
    let mut waiting = app.caller(door);
    waiting.ask(ANN).await;
    let letter = app.letter_to(ANN).await;
    // Requests made by the account are removed with it, and nothing else is.
    assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
    app.news_to(ANN).await;
    app.letter_to("new@example.org").await;
    assert_eq!(ann.reauthenticate_by_mail(ANN).await, Answer::Done);
    app.news_to(ANN).await;
    let others = app.records().await.requests - 2;
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    let news = app.news_to(ANN).await;
    assert!(news.link.is_none() && news.code.is_none());
    assert_eq!((ann.who().await, elsewhere.who().await), (None, None));
    assert_eq!(app.caller(door).sign_in_with_password(ANN, PASSWORD).await, wrong());
    assert_eq!(waiting.follow(&letter.link).await, Answer::refused(410, "invalid_link"));
    app.sweep_after(Duration::from_mins(1)).await;
    let left = app.records().await;
    assert_eq!((left.accounts, left.sessions, left.requests, left.history), (0, 0, others, 0));
    // The mark that the account left the address is removed once no older request could work again.
    app.sweep_after(Duration::from_hours(31 * 24)).await;
    assert_eq!(app.records().await.without_events(), empty.without_events());
}

async fn the_address_can_register_again_and_no_older_token_works(door: Door) {
    let app = App::start().await;
    let mut stranger = app.caller(door);
    stranger.register(ANN, "planted by a stranger").await;
    let planted = app.letter_to(ANN).await;
    let mut ann = registered(&app, door, ANN).await;
    let first = app.account(ANN).await.id;
    assert_eq!(ann.delete_account(" DELETE ").await, Answer::Done);
    app.news_to(ANN).await;
    // Requests from before the account was created do not work again.
    assert_eq!(stranger.follow(&planted.link).await, Answer::refused(410, "invalid_link"));
    assert_eq!(stranger.type_code(&planted.code).await, Answer::refused(410, "invalid_request"));
    app.clock.advance(WAIT);
    registered(&app, door, ANN).await;
    assert_ne!(app.account(ANN).await.id, first);
    assert_eq!(ann.who().await, None);
}

async fn only_the_word_delete_deletes(door: Door) {
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    let refused = Answer::refused_field(422, "confirmation_required", "confirm");
    for word in ["", "yes", "delete me"] {
        assert_eq!(ann.delete_account(word).await, refused, "{word:?}");
    }
    assert_eq!(ann.act("/profile/delete", &[]).await, Answer::refused_field(422, "missing_field", "confirm"));
    let sign_in = Answer::refused(401, "sign_in_required");
    assert_eq!(app.caller(door).delete_account("delete").await, sign_in);
    assert_eq!(ann.who().await.as_deref(), Some(ANN));
}

/// Requests that strangers made for the address may stay, because they are not the account's.
async fn after_sweeping_only_the_tombstone_names_the_address(door: Door) {
    const NEW: &str = "new@example.org";
    let app = App::start().await;
    let mut ann = registered(&app, door, ANN).await;
    readdress(&app, &mut ann, ANN, NEW).await;
    assert_eq!(ann.change_email("third@example.org").await, Answer::Done);
    app.news_to(NEW).await;
    app.letter_to("third@example.org").await;
    assert_eq!(ann.reauthenticate_by_mail(NEW).await, Answer::Done);
    app.news_to(NEW).await;
    let mut stranger = app.caller(door);
    for ask in [stranger.register(NEW, "planted by a stranger").await, stranger.ask(NEW).await] {
        assert_eq!(ask, Answer::Done);
    }
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    app.read_all().await;
    app.sweep_after(Duration::from_mins(1)).await;
    for address in [ANN, NEW, "third@example.org"] {
        let owner = Key::owner(&EmailAddress::parse(address).unwrap().canonical());
        let mut tombstones = 0;
        for (key, found) in app.all_records().await {
            // Looks at the stored bytes, because addresses are never printed.
            let bytes = encode(&key, &found.record).unwrap();
            let tells = |bytes: &[u8]| bytes.windows(address.len()).any(|it| it == address.as_bytes());
            let is_told = tells(key.as_bytes()) || tells(&bytes);
            let is_tombstone = key == owner && matches!(found.record, Record::Owner(Owner::Vacated { .. }));
            tombstones += usize::from(is_tombstone);
            // An index entry of an expiry is removed when its time has come.
            let is_mark = matches!(found.record, Record::Expiry);
            let is_strangers = match &found.record {
                Record::Request(request) => request.requester.is_none(),
                record => matches!(record, Record::Pending(_)),
            };
            let is_left = is_tombstone || is_mark || is_strangers;
            assert!(is_left || !is_told, "{key:?} {:?}", found.record);
        }
        assert_eq!(tombstones, usize::from(address != "third@example.org"), "{address}");
    }
    app.sweep_after(Duration::from_hours(8 * 24)).await;
    let left: Vec<_> = app.all_records().await.into_iter().map(|(key, _)| key).collect();
    assert!(
        !left.iter().any(|key| key.as_bytes().escape_ascii().to_string().contains("@example.org")),
        "{left:?}"
    );
    assert_eq!(app.records().await.requests, 0);
}

async fn queued_emails_of_a_deleted_account_are_not_sent(door: Door) {
    let sink = Sink::good().await;
    let port = sink.port;
    let app = App::start_with_smtp(port).await;
    let mut ann = app.caller(door);
    ann.ask(ANN).await;
    assert_eq!(ann.follow(&sink.letter_to(ANN).await.link()).await, Answer::Done);
    drop(sink);
    // All of these are queued: the notice about the password, and the emails to sign in and to reset.
    assert_eq!(ann.change_password(PASSWORD, None).await, Answer::Done);
    app.clock.advance(WAIT);
    let mut stranger = app.caller(door);
    assert_eq!(stranger.ask(ANN).await, Answer::Done);
    assert_eq!(stranger.forgot_password(ANN).await, Answer::Done);
    assert_eq!(ann.change_email("new@example.org").await, Answer::Done);
    assert_eq!(ann.delete_account("delete").await, Answer::Done);
    let sink = Sink::start_at(port, Security::None, |_| Act::Behave).await;
    for _ in 0..10 {
        app.pass(Duration::from_mins(1)).await;
    }
    let mails = sink.seen().mails;
    let said: Vec<String> =
        mails.iter().map(|mail| String::from_utf8_lossy(&mail.data).into_owned()).collect();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [ANN], "{said:?}");
    assert!(said[0].contains("has been deleted"), "{}", said[0]);
}
