//! What is kept about emails.

use gatepost::domain::record::Record;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::answer::Answer;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::ended::{DeletedAccount, End, EndedLetter, MailPlace, MailState};
use gatepost::domain::record::event::{Event, EventName};
use gatepost::domain::record::ids::{AccountId, LetterId, Nonce};
use gatepost::domain::record::letter::{About, LastTry, Letter, LetterKind, Queue};
use gatepost::domain::record::time::Timestamp;

fn a_letter(to: &EmailAddress) -> Letter {
    let about = About::NewDevice(Nonce([4; 12]));
    Letter::new(LetterId([3; 12]), LetterKind::NewDevice, to.clone(), about, [Timestamp(13), Timestamp(14)])
}

fn an_answer() -> Answer {
    Answer::new("250 queued", None, None)
}

pub(super) fn records() -> Vec<(&'static str, Record)> {
    let address = EmailAddress::parse("Ada@example.org").unwrap();
    let account = AccountId([1; 16]);
    let place = MailPlace { to: address.clone(), queued_at: Timestamp(13) };
    let client = Client::server().of_admin(account);
    let event = Event::new(Timestamp(15), EventName::MailRetried, None, &client);
    vec![
        (
            "tried letter",
            Record::TriedLetter(a_letter(&address), LastTry { at: Timestamp(27), answer: Some(an_answer()) }),
        ),
        (
            "ended letter",
            Record::EndedLetter(EndedLetter {
                letter: a_letter(&address),
                ended_at: Timestamp(28),
                end: End::GivenUp,
                answer: Some(an_answer()),
            }),
        ),
        ("waiting email", Record::MailState(MailState::Waiting)),
        ("ended email", Record::MailState(MailState::Ended { at: Timestamp(28), end: End::Void })),
        (
            "deleted account with addresses",
            Record::DeletedAccount(DeletedAccount { account, addresses: vec![address] }),
        ),
        ("delayed email", Record::MailState(MailState::Delayed { queue: Queue::Slow, due: Timestamp(29) })),
        ("stopped email", Record::MailState(MailState::Ended { at: Timestamp(28), end: End::Stopped })),
        ("place of an email", Record::MailPlace(place)),
        ("event by an administrator", Record::Event(event)),
    ]
}
