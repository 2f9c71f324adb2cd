//! The encoding of stored records: records of older versions must stay readable forever.

use std::net::Ipv4Addr;
use std::time::Duration;

use gatepost::domain::record::Record;
use gatepost::domain::record::account::{Account, DeviceEmails, PendingChange, Undo};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Doer;
use gatepost::domain::record::event::{EndedEmail, Event, EventName, Means as ActedWith};
use gatepost::domain::record::ids::KeyId;
use gatepost::domain::record::ids::{AccountId, KnownId, LetterId, Nonce, RunId, SessionId};
use gatepost::domain::record::letter::{About, Letter, LetterKind, Offered};
use gatepost::domain::record::limits::Allowance;
use gatepost::domain::record::new_device::NewDevice;
use gatepost::domain::record::next::Next;
use gatepost::domain::record::owner::Owner;
use gatepost::domain::record::password::{Cost, PasswordHash, Recipe};
use gatepost::domain::record::pending::EnteredPassword;
use gatepost::domain::record::purpose::Purpose;
use gatepost::domain::record::refusals::Refusals;
use gatepost::domain::record::request::{
    BoundTo, Generation, Outcome, Request, Requester, RequestingAccount, Used,
};
use gatepost::domain::record::salt::SaltSeed;
use gatepost::domain::record::session::{Means, Session};
use gatepost::domain::record::store_generation::StoreGeneration;
use gatepost::domain::record::throttle::{Counted, Throttle};
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::record::unfinished_import::UnfinishedImport;
use gatepost::domain::record::workload::Workload;
use gatepost::store::codec;

use super::{key, mail_records, shared_records};

/// An account with every field set.
fn ada(address: &EmailAddress, password: PasswordHash) -> Account {
    Account {
        id: AccountId([1; 16]),
        address: address.clone(),
        registered_at: Timestamp(1_000),
        confirmed_at: Timestamp(2_000),
        admin: true,
        disabled: false,
        salt: vec![8; 16],
        password: Some(password),
        pending_change: Some(PendingChange {
            nonce: Nonce([10; 12]),
            address: address.clone(),
            over_at: Timestamp(16),
        }),
        undos: vec![Undo {
            nonce: Nonce([11; 12]),
            key: KeyId(1),
            address: address.clone(),
            over_at: Timestamp(17),
        }],
        epoch: 3,
        sign_in_used: Timestamp(4_000),
        device_emails: DeviceEmails {
            are_off: true,
            of_browsers: vec![Timestamp(22)],
            of_programs: vec![Timestamp(23), Timestamp(24)],
        },
        changes: throttle(20),
    }
}

fn throttle(at: u64) -> Throttle {
    let mut throttle = Throttle::default();
    let one = Counted { at: Timestamp(at), by: Some(KnownId([12; 12])), request: Some(Nonce([10; 12])) };
    throttle.count(one, &[Allowance { most: 3, within: Duration::from_mins(15) }]);
    throttle
}

fn a_request(account: AccountId, address: &EmailAddress, password: PasswordHash) -> Request {
    Request {
        purpose: Purpose::Register,
        address: address.clone(),
        key: KeyId(1),
        asked_at: Timestamp(4),
        expires_at: Timestamp(3_600_000),
        mailed_at: Timestamp(5),
        wrong_codes: 2,
        next: Next::read("/home"),
        password: Some(EnteredPassword::Pending(password)),
        requester: Some(RequestingAccount {
            id: account,
            epoch: 3,
            session: SessionId([2; 16]),
            proven_at: Timestamp(19),
        }),
        handed_out: false,
        generation: Generation {
            number: 1,
            asked_at: Timestamp(6),
            bound_to: BoundTo::Account { id: account, epoch: 3 },
            store: StoreGeneration(1),
            queued: 1,
            live_until: Timestamp(7),
            used: Some(Used {
                at: Timestamp(8),
                account,
                session: SessionId([2; 16]),
                outcome: Outcome::SignedIn,
                by: Requester::Yes,
            }),
        },
    }
}

/// Every other kind of record.
fn records() -> Vec<(&'static str, Record)> {
    let account = AccountId([1; 16]);
    let address = EmailAddress::parse("Ada@example.org").unwrap();
    let cost = Cost::default();
    let recipe = Recipe { length_bytes: 4, ..Recipe::new(vec![8; 16], KeyId(1), cost) };
    let password = PasswordHash { recipe, hash: vec![7; 4] };
    let ip = Ipv4Addr::new(192, 0, 2, 7).into();
    vec![
        ("account", Record::from(ada(&address, password.clone()))),
        ("owner", Record::Owner(Owner::Account(account))),
        (
            "held address",
            Record::Owner(Owner::Held { by: account, undo: Nonce([11; 12]), over_at: Timestamp(17) }),
        ),
        ("left address", Record::Owner(Owner::Vacated { at: Timestamp(18) })),
        ("undo", Record::Undo(account)),
        ("deleted account", Record::Remains(account)),
        ("asked for", Record::Asked),
        ("throttle", Record::Throttle(throttle(21))),
        ("request", Record::Request(a_request(account, &address, password))),
        (
            "session",
            Record::from(Session {
                id: SessionId([2; 16]),
                account,
                key: KeyId(1),
                epoch: 3,
                store_generation: StoreGeneration(1),
                created_at: Timestamp(9),
                last_used_at: Timestamp(10),
                expires_at: Timestamp(11),
                proven_at: Timestamp(12),
                means: Means::Code,
                ip,
                device: "Firefox".into(),
            }),
        ),
        (
            "letter",
            Record::Letter(Letter {
                id: LetterId([3; 12]),
                kind: LetterKind::SignIn,
                to: address.clone(),
                about: About::Request { nonce: Nonce([4; 12]), generation: 1 },
                queued_at: Timestamp(13),
                give_up_at: Timestamp(14),
                tries: 300,
                lease: Some(RunId([5; 8])),
                offered: Offered::Now,
                unanswered: 2,
                last_try: None,
            }),
        ),
        ("expiry", Record::Expiry),
        (
            "event",
            Record::Event(Event {
                at: Timestamp(15),
                name: EventName::SignedIn,
                account: Some(account),
                by: Doer::Person,
                means: Some(ActedWith::Link),
                took: Some(Duration::from_millis(2_500)),
                email: Some(EndedEmail { kind: LetterKind::SignIn, domain: Some("example.org".into()) }),
                ip,
                device: "Firefox".into(),
            }),
        ),
        (
            "refusals",
            Record::Refusals(Refusals {
                name: EventName::PasswordRefused,
                account: Some(account),
                first: Timestamp(20),
                last: Timestamp(21),
                count: 3,
                last_client: Some((ip, "Firefox".into())),
            }),
        ),
        ("key check", Record::KeyCheck([6; 32])),
        ("salt seed", Record::SaltSeed(SaltSeed([9; 32]))),
        ("workload", Record::Workload(Workload::default())),
        ("store generation", Record::StoreGeneration(StoreGeneration(1))),
        ("restored", Record::Restored),
        (
            "new device",
            Record::NewDevice(NewDevice {
                account,
                address,
                session: SessionId([2; 16]),
                key: KeyId(1),
                at: Timestamp(25),
                ip,
                device: "Firefox".into(),
                over_at: Timestamp(26),
                led_to: Some(Nonce([12; 12])),
            }),
        ),
        ("unfinished import", Record::UnfinishedImport(UnfinishedImport { accounts: 7, admins: 1 })),
    ]
}

fn all_records() -> Vec<(&'static str, Record)> {
    records().into_iter().chain(mail_records::records()).chain(shared_records::records()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

#[test]
fn records_of_format_1_keep_their_bytes() {
    let lines: Vec<String> = all_records()
        .iter()
        .map(|(name, record)| format!("{name}: {}", hex(&codec::encode(&key(name), record).unwrap())))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn records_are_read_back_as_they_were_written() {
    for (name, record) in all_records() {
        let bytes = codec::encode(&key(name), &record).unwrap();
        assert_eq!(codec::decode(&key(name), &bytes), Ok(record));
    }
}

#[test]
fn altered_bytes_and_bytes_of_another_key_are_reported_as_unreadable() {
    for (name, record) in all_records() {
        let bytes = codec::encode(&key(name), &record).unwrap();
        let is_damaged = |bytes: &[u8]| codec::decode(&key(name), bytes).is_err();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(is_damaged(&flipped), "{name}: bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(is_damaged(&bytes[..len]), "{name}: cut to {len}");
        }
        assert!(is_damaged(&[&bytes[..], &[0]].concat()), "{name}: a byte too many");
        assert!(codec::decode(&key("elsewhere"), &bytes).is_err(), "{name}: under another key");
    }
}
