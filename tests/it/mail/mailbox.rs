//! The mailbox transport: emails are shown instead of sent.

use std::sync::Arc;

use gatepost::domain::ports::Mailbox;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::mail::{RecentLetters, TransportSettings};
use gatepost::path::Origin;

use super::{House, through};

#[tokio::test]
async fn the_mailbox_shows_emails_instead_of_sending_them() {
    let house = House::new().await;
    let letters = Arc::new(RecentLetters::new());
    let mut settings = through(TransportSettings::Mailbox(Arc::clone(&letters)));
    settings.public_url = Origin::parse("http://localhost:8080").unwrap();
    let worker = house.work(settings);
    let queued = house.request("Ann@example.org").await;
    letters.arrival_after(0).await;
    house.request("bob@example.org").await;
    letters.arrival_after(1).await;

    let all = letters.letters(None);
    let to: Vec<&str> = all.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(to, ["bob@example.org", "Ann@example.org"], "newest first");
    let ann = EmailAddress::parse("ann@EXAMPLE.org").unwrap();
    let [letter] = &letters.letters(Some(&ann))[..] else { panic!("one email to ann") };
    assert_eq!(letters.letter(letter.id).unwrap().subject, letter.subject);
    let link = letter.link.as_deref().unwrap();
    assert!(letter.text.lines().any(|line| line == link) && link.starts_with("http://localhost:8080/link/"));
    assert!(letter.text.ends_with(&format!("@localhost #{}\n", letter.code.as_ref().unwrap().as_str())));

    // The code that is shown signs in.
    let code = gatepost::domain::token::Code::parse(letter.code.as_deref().unwrap());
    let client = Client::server();
    let redeemed = house.gatepost.redeem_code(queued.held, code.as_ref(), None, None, &client).await;
    assert!(redeemed.is_ok(), "{redeemed:?}");
    worker.stops().await;
}

#[tokio::test]
async fn the_mailbox_keeps_only_the_newest_emails() {
    let house = House::new().await;
    for number in 0..RecentLetters::MAX + 3 {
        house.request(&format!("p{number}@example.org")).await;
        house.clock.advance(std::time::Duration::from_millis(1));
    }
    let letters = Arc::new(RecentLetters::new());
    let mut settings = through(TransportSettings::Mailbox(Arc::clone(&letters)));
    settings.connections = 1;
    let worker = house.work(settings);
    letters.arrival_after(u64::try_from(RecentLetters::MAX + 2).unwrap()).await;
    let all = letters.letters(None);
    assert_eq!(all.len(), RecentLetters::MAX);
    assert_eq!(all[0].to.as_str(), format!("p{}@example.org", RecentLetters::MAX + 2));
    worker.stops().await;
}
