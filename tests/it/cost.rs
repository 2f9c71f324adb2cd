//! What actions cost the store. A stranger learns nothing from the response time: whoever an address
//! belongs to, every action reads and writes equally often. No key makes strangers wait for each other, and
//! a change expects whatever its action has read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gatepost::domain::error::Error;
use gatepost::domain::mailed::Redeemer;
use gatepost::domain::operator::Role;
use gatepost::domain::password::Password;
use gatepost::domain::ports::{Change, Committed, Store, StoreError, Versioned};
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::key::{Key, Span};
use gatepost::domain::record::request::RESEND_WAIT;
use gatepost::domain::token::Code;
use gatepost::domain::token::{KeyRing, LinkClaims};
use gatepost::domain::{Gatepost, Settings};
use gatepost::store::memory::MemoryStore;

use crate::harness::world::{TestClock, world};

const PASSWORD: &str = "three quiet otters";

/// Who an address belongs to.
#[derive(Clone, Copy, Debug)]
enum Owner {
    NoOne,
    Account,
    AccountWithPassword,
    Held,
    Deleted,
}

/// One read of the store, or one commit.
#[derive(Clone, Debug)]
enum Step {
    Get(Vec<Key>),
    Scan,
    Commit { expected: Vec<Key>, written: Vec<Key> },
}

/// How much of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    Get { keys: usize },
    Scan,
    Commit { expectations: usize, writes: usize },
}

impl Step {
    fn cost(&self) -> Cost {
        match self {
            Self::Get(keys) => Cost::Get { keys: keys.len() },
            Self::Scan => Cost::Scan,
            Self::Commit { expected, written } => {
                Cost::Commit { expectations: expected.len(), writes: written.len() }
            }
        }
    }
}

/// A store in memory that records its reads and commits.
#[derive(Default)]
struct NotingStore {
    inner: MemoryStore,
    steps: Mutex<Vec<Step>>,
}

impl NotingStore {
    fn note(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }
}

#[async_trait]
impl Store for NotingStore {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Versioned>>, StoreError> {
        self.note(Step::Get(keys.to_vec()));
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.note(Step::Scan);
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let expected = change.expectations.iter().map(|(key, _)| key.clone()).collect();
        let written = change.writes.iter().map(|(key, _)| key.clone()).collect();
        self.note(Step::Commit { expected, written });
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}

#[tokio::test]
async fn every_action_costs_the_store_the_same_whoever_the_address_belongs_to() {
    let costs = async |owner| {
        let acts = Desk::new().await.acts_at("ann@example.org", owner).await;
        let cost = |(act, steps): (_, Vec<Step>)| (act, steps.iter().map(Step::cost).collect::<Vec<_>>());
        acts.into_iter().map(cost).collect::<Vec<_>>()
    };
    let unknown = costs(Owner::NoOne).await;
    for owner in [Owner::Account, Owner::AccountWithPassword, Owner::Held, Owner::Deleted] {
        assert_eq!(costs(owner).await, unknown, "{owner:?}");
    }
}

#[tokio::test]
async fn actions_at_different_addresses_share_no_key() {
    for owner in [Owner::NoOne, Owner::Account, Owner::AccountWithPassword, Owner::Held, Owner::Deleted] {
        let desk = Desk::new().await;
        let mut keys = Vec::new();
        for address in ["ann@example.org", "bob@example.org"] {
            let steps = desk.acts_at(address, owner).await.into_iter().flat_map(|(_, steps)| steps);
            let touched = steps.flat_map(|step| match step {
                Step::Commit { expected, written } => [expected, written].concat(),
                Step::Get(_) | Step::Scan => vec![],
            });
            keys.push(touched.collect::<BTreeSet<Key>>());
        }
        assert_eq!(keys[0].intersection(&keys[1]).collect::<Vec<_>>(), Vec::<&Key>::new(), "{owner:?}");
    }
}

#[tokio::test]
async fn a_change_expects_every_record_that_its_action_has_read() {
    let no_account = Key::from_bytes([&b"a/"[..], &[0; 16]].concat());
    let no_request = Key::from_bytes([&b"r/"[..], &[0; 12]].concat());
    // What a password check computes is no part of what it decides.
    let workload = Key::workload();
    let desk = Desk::new().await;
    let mut acts = desk.acts_at("ann@example.org", Owner::NoOne).await;
    acts.extend(desk.acts_at("bob@example.org", Owner::AccountWithPassword).await);
    acts.extend(desk.acts_of_an_account("carol@example.org").await);
    for (act, steps) in acts {
        let expected: Vec<&Key> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Commit { expected, .. } => Some(expected),
                Step::Get(_) | Step::Scan => None,
            })
            .flatten()
            .collect();
        // A refused password changes nothing.
        if expected.is_empty() || act.contains("password") {
            continue;
        }
        let read = steps.iter().filter_map(|step| match step {
            Step::Get(keys) => Some(keys),
            Step::Scan | Step::Commit { .. } => None,
        });
        for key in read.flatten().filter(|key| ![&no_account, &no_request, &workload].contains(key)) {
            assert!(expected.contains(&key), "{act}: {key:?}");
        }
    }
}

/// A server and everything that is needed to act at it.
struct Desk {
    store: Arc<NotingStore>,
    clock: Arc<TestClock>,
    ring: KeyRing,
    house: Gatepost,
}

type Acts = Vec<(&'static str, Vec<Step>)>;

impl Desk {
    async fn new() -> Self {
        let (store, (world, clock)) = (Arc::new(NotingStore::default()), world());
        let keys = KeyRing::generate(&world);
        let ring = || KeyRing::parse(&keys).unwrap();
        let house = Gatepost::open(store.clone(), world, ring(), Settings::default()).await.unwrap();
        Self { store, clock, ring: ring(), house }
    }

    fn steps(&self) -> Vec<Step> {
        std::mem::take(&mut *self.store.steps.lock().unwrap())
    }

    /// What each action of a stranger at the address does with the store.
    async fn acts_at(&self, address: &str, owner: Owner) -> Acts {
        let Self { clock, house, .. } = self;
        let (ann, stranger) = (EmailAddress::parse(address).unwrap(), Client::server());
        settle(house, &self.ring, &ann, owner).await;
        self.steps();
        let texts = ["seven loud geese", "nine pale herons"];
        let [wrong, typed] = texts.map(|text| Password::new(text.to_owned()));
        let mut acts = Vec::new();
        let refused = house.sign_in_with_password(&ann, &wrong, None, &stranger).await;
        assert_eq!(refused.unwrap_err(), Error::InvalidCredentials);
        acts.push(("a wrong password", self.steps()));
        let asked = house.request_sign_in(&ann, None, &[], &stranger).await.unwrap();
        acts.push(("a sign-in email", self.steps()));
        house.redeem_code(asked.held, None, None, None, &stranger).await.unwrap_err();
        acts.push(("no code", self.steps()));
        let code = Code::parse("000000");
        house.redeem_code(asked.held, code.as_ref(), None, None, &stranger).await.unwrap_err();
        acts.push(("a wrong code", self.steps()));
        clock.advance(RESEND_WAIT);
        house.resend(asked.held, &stranger).await.unwrap();
        acts.push(("another email", self.steps()));
        house.forgot_password(&ann, &[], &stranger).await.unwrap();
        acts.push(("a forgotten password", self.steps()));
        let registered = house.register(&ann, &typed, None, &[], &stranger).await.unwrap();
        acts.push(("a registration", self.steps()));
        assert!(house.sign_in_with_password(&ann, &typed, None, &stranger).await.is_ok());
        acts.push(("the password of a pending registration", self.steps()));
        clock.advance(RESEND_WAIT);
        house.resend(registered.held, &stranger).await.unwrap();
        acts.push(("another email of a registration", self.steps()));
        for _ in 0..5 {
            house.redeem_code(registered.held, code.as_ref(), None, None, &stranger).await.unwrap_err();
        }
        clock.advance(RESEND_WAIT);
        self.steps();
        house.resend(registered.held, &stranger).await.unwrap();
        acts.push(("a new code for a registration", self.steps()));
        acts
    }

    /// What each action of someone signed in does with it.
    async fn acts_of_an_account(&self, address: &str) -> Acts {
        let Self { clock, house, .. } = self;
        let (carol, client) = (EmailAddress::parse(address).unwrap(), Client::server());
        let new = EmailAddress::parse("new@example.org").unwrap();
        let added = house.add_account(&carol, Role::Member, &client).await.unwrap();
        let confirmed = Redeemer { confirm: true, ..Redeemer::default() };
        self.steps();
        let redeemed = house.redeem_link(added.token.as_str(), confirmed, &client).await.unwrap();
        let mut acts = vec![("a link", self.steps())];
        let token = redeemed.signed_in.unwrap().token;
        let token = token.as_str();
        let asked = house.request_reauthentication(token, None, &[], &client).await.unwrap();
        acts.push(("an email to confirm who is signed in", self.steps()));
        clock.advance(RESEND_WAIT);
        house.resend(asked.held, &client).await.unwrap();
        acts.push(("another email to confirm who is signed in", self.steps()));
        let change = house.request_email_change(token, &new, &[], &client).await.unwrap();
        acts.push(("an email to change the address", self.steps()));
        clock.advance(RESEND_WAIT);
        house.resend(change.held, &client).await.unwrap();
        acts.push(("another email to change the address", self.steps()));
        house.cancel_email_change(token, &client).await.unwrap();
        acts.push(("cancelling the change", self.steps()));
        house.end_other_sessions(token, &client).await.unwrap();
        acts.push(("ending all other sessions", self.steps()));
        acts
    }
}

/// Gives the address its owner.
async fn settle(house: &Gatepost, ring: &KeyRing, ann: &EmailAddress, owner: Owner) {
    if matches!(owner, Owner::NoOne) {
        return;
    }
    let client = Client::server();
    let added = house.add_account(ann, Role::Member, &client).await.unwrap();
    let confirmed = Redeemer { confirm: true, ..Redeemer::default() };
    let redeemed = house.redeem_link(added.token.as_str(), confirmed, &client).await.unwrap();
    let token = redeemed.signed_in.unwrap().token;
    match owner {
        Owner::NoOne | Owner::Account => {}
        Owner::AccountWithPassword => {
            let password = Password::new(PASSWORD.to_owned());
            house.change_password(token.as_str(), &password, None, &client).await.unwrap();
        }
        Owner::Held => {
            let new = EmailAddress::parse(&format!("new-{}", ann.as_str())).unwrap();
            let asked = house.request_email_change(token.as_str(), &new, &[], &client).await.unwrap();
            let claims = LinkClaims { key: ring.newest(), nonce: asked.held.nonce(), generation: 0 };
            let link = ring.seal_link(&claims).unwrap();
            let signed_in = Redeemer { session: Some(token.as_str()), ..Redeemer::default() };
            house.redeem_link(link.as_str(), signed_in, &client).await.unwrap();
        }
        Owner::Deleted => house.delete_account(token.as_str(), &client).await.unwrap(),
    }
}
