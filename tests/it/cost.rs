//! A stranger learns nothing by the clock: whoever stands behind an address, every act asks the store the
//! same questions and writes as much.

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

/// Who stands behind an address.
#[derive(Clone, Copy, Debug)]
enum Behind {
    Nobody,
    Account,
    AccountWithPassword,
    Held,
    Deleted,
}

/// One question to the store, or one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Get { keys: usize },
    Scan,
    Commit { expectations: usize, writes: usize },
}

/// A store in memory that notes what it is asked for.
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
async fn every_act_costs_the_store_the_same_whoever_stands_behind_the_address() {
    let unknown = steps(Behind::Nobody).await;
    for behind in [Behind::Account, Behind::AccountWithPassword, Behind::Held, Behind::Deleted] {
        assert_eq!(steps(behind).await, unknown, "{behind:?}");
    }
}

/// What each act of a stranger at the address asks of the store.
async fn steps(behind: Behind) -> Vec<(&'static str, Vec<Step>)> {
    let (store, (world, clock)) = (Arc::new(NotingStore::default()), world());
    let keys = KeyRing::generate(&world);
    let ring = || KeyRing::parse(&keys).unwrap();
    let house = Gatepost::open(store.clone(), world, ring(), Settings::default()).await.unwrap();
    let (ann, nobody) = (EmailAddress::parse("ann@example.org").unwrap(), Client::server());
    settle(&house, &ring(), &ann, behind).await;
    store.steps.lock().unwrap().clear();
    let taken = |act| (act, std::mem::take(&mut *store.steps.lock().unwrap()));
    let [wrong, typed] = ["seven loud geese", "nine pale herons"].map(|text| Password::new(text.to_owned()));
    let mut acts = Vec::new();
    let refused = house.sign_in_with_password(&ann, &wrong, None, &nobody).await;
    assert_eq!(refused.unwrap_err(), Error::InvalidCredentials);
    acts.push(taken("a wrong password"));
    let asked = house.request_sign_in(&ann, None, &[], &nobody).await.unwrap();
    acts.push(taken("a sign-in letter"));
    house.redeem_code(asked.held, None, None, None, &nobody).await.unwrap_err();
    acts.push(taken("no code"));
    let code = Code::parse("000000");
    house.redeem_code(asked.held, code.as_ref(), None, None, &nobody).await.unwrap_err();
    acts.push(taken("a wrong code"));
    clock.advance(RESEND_WAIT);
    house.resend(asked.held, &nobody).await.unwrap();
    acts.push(taken("one more letter"));
    house.forgot_password(&ann, &[], &nobody).await.unwrap();
    acts.push(taken("a forgotten password"));
    house.register(&ann, &typed, None, &[], &nobody).await.unwrap();
    acts.push(taken("a registration"));
    assert!(house.sign_in_with_password(&ann, &typed, None, &nobody).await.is_ok());
    acts.push(taken("a password that waits"));
    acts
}

/// Has somebody stand behind the address.
async fn settle(house: &Gatepost, ring: &KeyRing, ann: &EmailAddress, behind: Behind) {
    if matches!(behind, Behind::Nobody) {
        return;
    }
    let client = Client::server();
    let added = house.add_account(ann, Role::Member, &client).await.unwrap();
    let confirmed = Redeemer { confirm: true, ..Redeemer::default() };
    let redeemed = house.redeem_link(added.token.as_str(), confirmed, &client).await.unwrap();
    let token = redeemed.signed_in.unwrap().token;
    match behind {
        Behind::Nobody | Behind::Account => {}
        Behind::AccountWithPassword => {
            let password = Password::new(PASSWORD.to_owned());
            house.change_password(token.as_str(), &password, None, &client).await.unwrap();
        }
        Behind::Held => {
            let new = EmailAddress::parse("new@example.org").unwrap();
            let asked = house.request_email_change(token.as_str(), &new, &[], &client).await.unwrap();
            let claims = LinkClaims { key: ring.newest(), nonce: asked.held.nonce(), generation: 0 };
            let link = ring.seal_link(&claims).unwrap();
            let signed_in = Redeemer { session: Some(token.as_str()), ..Redeemer::default() };
            house.redeem_link(link.as_str(), signed_in, &client).await.unwrap();
        }
        Behind::Deleted => house.delete_account(token.as_str(), &client).await.unwrap(),
    }
}
