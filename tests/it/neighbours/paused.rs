//! A node that stands still for a while, as a machine does that is suspended, and then goes on.

use std::time::Duration;

use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::letter::Letter;
use gatepost::domain::record::node::Errand;
use tokio::sync::watch;

use crate::harness::street::{BEAT, Street};
use crate::mail::sink::{Act, Security, Sink, Stage};

#[tokio::test]
async fn a_node_that_stood_still_in_the_middle_of_an_email_does_not_send_it_once_another_has() {
    let (release, held) = watch::channel(false);
    // The mail server asks the first node for the message only after a while.
    let sink = Sink::start(Security::None, move |moment| match moment {
        it if it.stage == Stage::Data && it.connection == 0 => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    let street = Street::with(sink);
    // Alone until it has taken the email, or the other one could be faster.
    let one = street.node("a").await;
    assert!(one.house.gatepost.has_errand(Errand::Backup).await.unwrap());
    let ann = EmailAddress::parse("ann@example.org").unwrap();
    one.house.gatepost.request_sign_in(&ann, None, &[], &Client::server()).await.unwrap();
    street.sink.until(|seen| seen.moments.iter().any(|it| it.stage == Stage::Data)).await;
    street.until(async || handed_over(&street).await).await;
    let other = street.node("b").await;
    // It stands still: its clock too, and nothing that it sends arrives.
    one.plot.wire.hold(true);
    street.beats(6, &[&other]).await;
    assert!(other.house.gatepost.has_errand(Errand::Backup).await.unwrap());
    // No one knows whether the first node has sent it, so five minutes later the other one does.
    street.beats(60, &[&other]).await;
    street.sink.until(|seen| seen.mails.len() == 1).await;
    // The first one goes on where it was. No write of its own comes before it knows what has happened.
    one.plot.wire.hold(false);
    one.plot.clock.advance(Duration::from_mins(6));
    release.send_replace(true);
    street.sink.until(|seen| seen.hung_up > 0).await;
    street.beats(70, &[&one, &other]).await;
    assert_eq!(street.sink.seen().mails.len(), 1);
    assert!(!one.house.gatepost.has_errand(Errand::Backup).await.unwrap());
    assert!(other.house.gatepost.has_errand(Errand::Backup).await.unwrap());
    assert!(!one.house.gatepost.has_letters().await.unwrap());
}

#[tokio::test]
async fn an_email_that_was_accepted_is_not_sent_again_although_its_node_stood_still_then() {
    let (release, held) = watch::channel(false);
    let sink = Sink::start(Security::None, move |moment| match moment.stage {
        Stage::Dot => Act::Hold(held.clone()),
        _ => Act::Behave,
    })
    .await;
    let street = Street::with(sink);
    let one = street.node("a").await;
    let ann = EmailAddress::parse("ann@example.org").unwrap();
    one.house.gatepost.request_sign_in(&ann, None, &[], &Client::server()).await.unwrap();
    street.sink.until(|seen| seen.moments.iter().any(|it| it.stage == Stage::Dot)).await;
    let other = street.node("b").await;
    one.plot.wire.hold(true);
    release.send_replace(true);
    street.sink.until(|seen| seen.mails.len() == 1).await;
    // The other node does not know what came of it, so it will send it in five minutes.
    street.beats_until(&[&other], async || street.records("o/a").await.len() == 1).await;
    one.plot.wire.hold(false);
    one.plot.clock.advance(BEAT * 7);
    street.beats(2, &[&one, &other]).await;
    street.outbox_empties().await;
    street.beats(60, &[&one, &other]).await;
    assert_eq!(street.sink.seen().mails.len(), 1);
}

/// Whether a node has written that the mail server may have an email.
async fn handed_over(street: &Street) -> bool {
    use gatepost::domain::record::letter::Offered;
    let is_offered = |letter: &Letter| letter.offered == Offered::Now;
    let letters = street.records("o/").await;
    letters.iter().any(|(_, it)| matches!(it, Record::Letter(letter) if is_offered(letter)))
}
