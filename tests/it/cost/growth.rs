//! How large the records are that strangers and members can cause, compared with the table in `docs/security.md`.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use gatepost::domain::mailed::Redeemer;
use gatepost::domain::password::Password;
use gatepost::domain::ports::Clock;
use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::admins::Admins;
use gatepost::domain::record::answer::Answer;
use gatepost::domain::record::client::{Client, Doer};
use gatepost::domain::record::ended::{EmailState, End, EndedLetter, MailPlace};
use gatepost::domain::record::event::{EndedEmail, Event, EventName};
use gatepost::domain::record::ids::{AccountId, LetterId, Nonce};
use gatepost::domain::record::key::Key;
use gatepost::domain::record::letter::{About, LastTry, Letter, LetterKind, Queue};
use gatepost::domain::record::next::Next;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::LinkClaims;
use gatepost::store::codec::encode;

use super::acts::Desk;
use crate::house::root;

/// Sizes are rounded up to this, so that the table can be read.
const STEP: usize = 50;
/// Records that exist once each.
const OTHERS: [&str; 4] = ["g/", "k/", "n/", "w/"];
/// How many addresses can be reserved for one account.
const READDRESSED: u8 = 16;

/// The longest address, one for each number.
fn longest(number: u8) -> EmailAddress {
    let (local, labels) = (format!("{number:0>64}"), ["a".repeat(63), "b".repeat(63), "c".repeat(61)]);
    let address = EmailAddress::parse(&format!("{local}@{}", labels.join("."))).unwrap();
    assert_eq!(address.as_str().len(), EmailAddress::MAX_BYTES);
    address
}

/// The client with the longest address and the longest name of a device.
fn client() -> Client {
    let user_agent = Some("SamsungBrowser CrOS".to_owned());
    let ip = IpAddr::V6(Ipv6Addr::from([0xff; 16]));
    Client {
        ip,
        user_agent,
        request_id: "0123456789abcdef".into(),
        by: Doer::Person,
        known: Vec::new(),
        is_browser: true,
    }
}

/// Everything that can be done with the longest input, by strangers first and then by a member.
async fn everything() -> Desk {
    let desk = Desk::new().await;
    let (house, client) = (&desk.house, client());
    let next = Next::read(&format!("/{}", "a".repeat(2047))).unwrap();
    let [password, wrong] = ["three quiet otters", "seven loud geese"].map(|text| Password::new(text.into()));
    for _ in 0..3 {
        house.register(&longest(0), &password, Some(&next), &[], &client).await.unwrap();
    }
    house.request_sign_in(&longest(1), Some(&next), &[], &client).await.unwrap();
    house.forgot_password(&longest(2), Some(&next), &[], &client).await.unwrap();
    let link = |nonce: Nonce| {
        let claims = LinkClaims { key: desk.ring.newest(), nonce, generation: 0 };
        desk.ring.seal_link(&claims).unwrap()
    };
    desk.clock.advance(Duration::from_hours(1));
    let registered = house.register(&longest(0), &password, Some(&next), &[], &client).await.unwrap();
    let here = Redeemer { held: &[registered.held], ..Redeemer::default() };
    let confirmed = house.redeem_link(link(registered.held.nonce()).as_str(), here, &client).await.unwrap();
    let mut token = confirmed.signed_in.unwrap().token;
    house.sign_in_with_password(&longest(0), &wrong, None, &client).await.unwrap_err();
    // On a device that is not known.
    house.sign_in_with_password(&longest(0), &password, None, &client).await.unwrap();
    for number in 1..=READDRESSED {
        // No faster than any limit allows.
        desk.clock.advance(Duration::from_mins(10));
        house.reauthenticate(token.as_str(), &password, &client).await.unwrap();
        house.request_reauthentication(token.as_str(), Some(&next), &[], &client).await.unwrap();
        let asked = house.request_email_change(token.as_str(), &longest(number), &[], &client).await.unwrap();
        let here = Redeemer { session: Some(token.as_str()), ..Redeemer::default() };
        let changed = house.redeem_link(link(asked.held.nonce()).as_str(), here, &client).await.unwrap();
        token = changed.signed_in.unwrap().token;
    }
    house.write_refusals().await.unwrap();
    house.delete_account(token.as_str(), &client).await.unwrap();
    desk
}

/// As many administrators as there can be.
fn admins() -> (Key, Record) {
    let ids: Vec<AccountId> = (0..25).map(|number| AccountId([number; 16])).collect();
    (Key::admins(), Record::Admins(Admins::none().with(&ids)))
}

/// The event of an email that could not be delivered, which names the domain.
fn undelivered(at: Timestamp) -> (Key, Record) {
    let event = Event::new(at, EventName::MailFailed, None, &client());
    let domain = Some(longest(0).domain().to_owned());
    let email = Some(EndedEmail { kind: LetterKind::PasswordReset, domain });
    let event = Event { email, took: Some(Duration::from_millis(86_399_999)), ..event };
    (Key::event(event.at, [0; 8]), Record::Event(event))
}

/// What is kept about an email that could not be delivered.
fn ended(at: Timestamp) -> (Key, Record) {
    let about = About::Undo { account: AccountId([0xff; 16]), nonce: Nonce([0xff; 12]) };
    let letter = Letter::new(LetterId([0xff; 12]), LetterKind::PasswordReset, longest(0), about, [at, at]);
    let answer = Some(Answer::new(&"a".repeat(1_000), None, None));
    let ended =
        EndedLetter { letter: Letter { tries: u16::MAX, ..letter }, ended_at: at, end: End::GivenUp, answer };
    (Key::ended_letter(at, ended.letter.id), Record::EndedLetter(ended))
}

/// Where to look for it.
fn unsent(at: Timestamp) -> (Key, Record) {
    let key = Key::unsent(EmailState::Failed, at, LetterId([0xff; 12]));
    (key, Record::MailPlace(MailPlace { to: longest(0), queued_at: at }))
}

/// A waiting email with what the mail server said.
fn tried(at: Timestamp) -> (Key, Record) {
    let (key, ended) = ended(at);
    let Record::EndedLetter(EndedLetter { letter, answer, .. }) = ended else { panic!("{key:?}") };
    let key = Key::letter(Queue::Again, at, letter.id);
    (key, Letter { last_try: Some(LastTry { at, answer }), ..letter }.into())
}

/// The largest record of each kind together with the largest mark of its expiry, rounded up.
fn sizes(written: Vec<(Key, Record)>) -> BTreeMap<String, usize> {
    let prefix = |key: &Key| match key.as_bytes() {
        b"admins" => "admins".to_owned(),
        bytes => String::from_utf8_lossy(&bytes[..2]).into_owned(),
    };
    let (mut largest, mut marks) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    for (key, record) in written {
        let bytes = key.as_bytes().len() + encode(&key, &record).unwrap().len();
        let (sizes, kind) = match key.expired() {
            Some(of) => (&mut marks, prefix(&of)),
            None => (&mut largest, prefix(&key)),
        };
        let size = sizes.entry(kind).or_default();
        *size = bytes.max(*size);
    }
    let whole = |(kind, bytes): (String, usize)| {
        let bytes = bytes + marks.get(&kind).copied().unwrap_or_default();
        (kind, bytes.div_ceil(STEP) * STEP)
    };
    largest.into_iter().map(whole).collect()
}

/// The kinds and sizes in the table.
fn documented() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let (_, table) = text.split_once("## What can make the database grow").unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let size = |rest: &str| rest.split('|').nth(2).unwrap().trim().replace(',', "").parse().unwrap();
    rows.map(|(kind, rest)| (kind.to_owned(), size(rest))).collect()
}

#[tokio::test]
async fn every_record_that_strangers_or_members_cause_is_in_the_table_with_its_size() {
    let desk = Box::pin(everything()).await;
    let mut written = desk.store.written.lock().unwrap().clone();
    written.extend([undelivered, ended, unsent, tried].map(|of| of(desk.clock.now())));
    written.push(admins());
    let mut measured = sizes(written);
    measured.retain(|kind, _| !OTHERS.contains(&kind.as_str()));
    assert_eq!(documented(), measured);
}
