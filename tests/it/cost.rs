//! A stranger learns nothing from the response time: whoever an address belongs to, every action reads and
//! writes the store equally often.

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

use crate::harness::world::world;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Get { keys: usize },
    Scan,
    Commit { expectations: usize, writes: usize },
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
        self.note(Step::Get { keys: keys.len() });
        self.inner.get(keys).await
    }

    async fn scan(&self, span: &Span, limit: usize) -> Result<Vec<(Key, Versioned)>, StoreError> {
        self.note(Step::Scan);
        self.inner.scan(span, limit).await
    }

    async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let (expectations, writes) = (change.expectations.len(), change.writes.len());
        self.note(Step::Commit { expectations, writes });
        self.inner.commit(change).await
    }

    fn writable(&self) -> Result<(), StoreError> {
        self.inner.writable()
    }
}

#[tokio::test]
async fn every_action_costs_the_store_the_same_whoever_the_address_belongs_to() {
    let unknown = steps(Owner::NoOne).await;
    for owner in [Owner::Account, Owner::AccountWithPassword, Owner::Held, Owner::Deleted] {
        assert_eq!(steps(owner).await, unknown, "{owner:?}");
    }
}

/// What each action of a stranger at the address costs the store.
async fn steps(owner: Owner) -> Vec<(&'static str, Vec<Step>)> {
    let (store, (world, clock)) = (Arc::new(NotingStore::default()), world());
    let keys = KeyRing::generate(&world);
    let ring = || KeyRing::parse(&keys).unwrap();
    let house = Gatepost::open(store.clone(), world, ring(), Settings::default()).await.unwrap();
    let (ann, stranger) = (EmailAddress::parse("ann@example.org").unwrap(), Client::server());
    settle(&house, &ring(), &ann, owner).await;
    store.steps.lock().unwrap().clear();
    let taken = |act| (act, std::mem::take(&mut *store.steps.lock().unwrap()));
    let [wrong, typed] = ["seven loud geese", "nine pale herons"].map(|text| Password::new(text.to_owned()));
    let mut acts = Vec::new();
    let refused = house.sign_in_with_password(&ann, &wrong, None, &stranger).await;
    assert_eq!(refused.unwrap_err(), Error::InvalidCredentials);
    acts.push(taken("a wrong password"));
    let asked = house.request_sign_in(&ann, None, &[], &stranger).await.unwrap();
    acts.push(taken("a sign-in email"));
    house.redeem_code(asked.held, None, None, None, &stranger).await.unwrap_err();
    acts.push(taken("no code"));
    let code = Code::parse("000000");
    house.redeem_code(asked.held, code.as_ref(), None, None, &stranger).await.unwrap_err();
    acts.push(taken("a wrong code"));
    clock.advance(RESEND_WAIT);
    house.resend(asked.held, &stranger).await.unwrap();
    acts.push(taken("another email"));
    house.forgot_password(&ann, &[], &stranger).await.unwrap();
    acts.push(taken("a forgotten password"));
    house.register(&ann, &typed, None, &[], &stranger).await.unwrap();
    acts.push(taken("a registration"));
    assert!(house.sign_in_with_password(&ann, &typed, None, &stranger).await.is_ok());
    acts.push(taken("the password of a pending registration"));
    acts
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
            let new = EmailAddress::parse("new@example.org").unwrap();
            let asked = house.request_email_change(token.as_str(), &new, &[], &client).await.unwrap();
            let claims = LinkClaims { key: ring.newest(), nonce: asked.held.nonce(), generation: 0 };
            let link = ring.seal_link(&claims).unwrap();
            let signed_in = Redeemer { session: Some(token.as_str()), ..Redeemer::default() };
            house.redeem_link(link.as_str(), signed_in, &client).await.unwrap();
        }
        Owner::Deleted => house.delete_account(token.as_str(), &client).await.unwrap(),
    }
}
