//! What strangers, someone signed in and the operator do.

use std::sync::Arc;

use gatepost::domain::error::Error;
use gatepost::domain::mailed::Redeemer;
use gatepost::domain::operator::{ImportStep, NewAccount, Role};
use gatepost::domain::password::Password;
use gatepost::domain::record::account::Undo;
use gatepost::domain::record::address::EmailAddress;
use gatepost::domain::record::client::Client;
use gatepost::domain::record::ids::Nonce;
use gatepost::domain::record::limits::Limits;
use gatepost::domain::record::request::RESEND_WAIT;
use gatepost::domain::record::time::Timestamp;
use gatepost::domain::token::Code;
use gatepost::domain::token::{KeyRing, LinkClaims};
use gatepost::domain::{Gatepost, Settings};

use super::store::{NotingStore, Step};
use crate::harness::world::{TestClock, world};

const PASSWORD: &str = "three quiet otters";

/// Who an address belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    NoOne,
    Account,
    AccountWithPassword,
    Held,
    Deleted,
}

/// A server and everything that is needed to act at it.
pub(super) struct Desk {
    pub(super) store: Arc<NotingStore>,
    pub(super) clock: Arc<TestClock>,
    pub(super) ring: KeyRing,
    pub(super) house: Gatepost,
}

pub(super) type Acts = Vec<(&'static str, Vec<Step>)>;

impl Desk {
    pub(super) async fn new() -> Self {
        let (store, (world, clock)) = (Arc::new(NotingStore::default()), world());
        let keys = KeyRing::generate(&world);
        let ring = || KeyRing::parse(&keys).unwrap();
        // Everything is counted, and nothing is refused.
        let many = 100;
        let limits = Limits {
            mails_per_address_15m: many,
            mails_per_address_day: many,
            mails_per_client_hour: many,
            tries_per_client_5m: many,
            tries_per_address_15m: many,
            codes_per_address_day: many,
            ..Limits::default()
        };
        let settings = Settings { limits, ..Settings::default() };
        let house =
            Gatepost::open(store.clone(), gatepost::domain::ports::Company::Alone, world, ring(), settings)
                .await
                .unwrap();
        Self { store, clock, ring: ring(), house }
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        std::mem::take(&mut *self.store.steps.lock().unwrap())
    }

    /// What each action of a stranger at the address does with the store.
    pub(super) async fn acts_at(&self, address: &str, owner: Owner) -> Acts {
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
        house.forgot_password(&ann, None, &[], &stranger).await.unwrap();
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

    /// What a sign-in with the right password does with it.
    pub(super) async fn right_password(&self, address: &str) -> Vec<Step> {
        let ann = EmailAddress::parse(address).unwrap();
        settle(&self.house, &self.ring, &ann, Owner::AccountWithPassword).await;
        self.steps();
        self.store.most_under_way();
        let right = Password::new(PASSWORD.to_owned());
        self.house.sign_in_with_password(&ann, &right, None, &Client::server()).await.unwrap();
        self.steps()
    }

    /// What each action of someone signed in does with it.
    pub(super) async fn acts_of_an_account(&self, address: &str) -> Acts {
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
        let signed_in = house.end_other_sessions(token, &client).await.unwrap();
        acts.push(("ending all other sessions", self.steps()));
        let token = signed_in.token.as_str();
        let change = house.request_email_change(token, &new, &[], &client).await.unwrap();
        let claims = LinkClaims { key: self.ring.newest(), nonce: change.held.nonce(), generation: 0 };
        let link = self.ring.seal_link(&claims).unwrap();
        let here = Redeemer { session: Some(token), ..Redeemer::default() };
        self.steps();
        let redeemed = house.redeem_link(link.as_str(), here, &client).await.unwrap();
        acts.push(("a link to change the address", self.steps()));
        let Undo { nonce, key, .. } = redeemed.account.undos[0];
        let undo = self.ring.seal_undo(&LinkClaims { key, nonce, generation: 0 }).unwrap();
        house.redeem_link(undo.as_str(), confirmed, &client).await.unwrap();
        acts.push(("undoing that", self.steps()));
        acts.extend(self.acts_on_a_new_device(&carol).await);
        acts.extend(self.acts_of_the_operator(&carol, &new).await);
        acts
    }

    /// What a sign-in with the password on a new device does, and what its owner does about it.
    async fn acts_on_a_new_device(&self, known: &EmailAddress) -> Acts {
        let (house, client) = (&self.house, Client::server());
        let confirmed = Redeemer { confirm: true, ..Redeemer::default() };
        let handed_out = house.hand_out_link(known, &client).await.unwrap();
        let redeemed = house.redeem_link(handed_out.token.as_str(), confirmed, &client).await.unwrap();
        let token = redeemed.signed_in.unwrap().token;
        self.steps();
        house.change_notices(token.as_str(), false, &client).await.unwrap();
        let mut acts = vec![("turning emails about new devices off", self.steps())];
        house.change_notices(token.as_str(), true, &client).await.unwrap();
        let password = Password::new(PASSWORD.to_owned());
        house.change_password(token.as_str(), &password, None, &client).await.unwrap();
        self.steps();
        assert!(house.sign_in_with_password(known, &password, None, &client).await.is_ok());
        let written = self.steps().into_iter().find_map(|step| match step {
            Step::Commit { written, .. } => Some(written),
            Step::Get(_) | Step::Scan => None,
        });
        let nonce =
            written.unwrap().iter().find_map(|key| key.as_bytes().strip_prefix(b"f/")?.try_into().ok());
        let claims = LinkClaims { key: self.ring.newest(), nonce: Nonce(nonce.unwrap()), generation: 0 };
        let link = self.ring.seal_securing(&claims).unwrap();
        house.show_link(link.as_str(), Redeemer::default()).await.unwrap();
        self.steps();
        house.redeem_link(link.as_str(), confirmed, &client).await.unwrap();
        acts.push(("securing an account", self.steps()));
        acts
    }

    /// What each action of the operator does with it, for an account and an address without one.
    async fn acts_of_the_operator(&self, known: &EmailAddress, unknown: &EmailAddress) -> Acts {
        let (house, client) = (&self.house, Client::server());
        let row = |address: &EmailAddress| NewAccount {
            address: address.clone(),
            registered_at: Timestamp::default(),
            confirmed_at: Timestamp::default(),
            role: Role::Member,
            disabled: false,
            password: None,
        };
        let imported = house.import_accounts(&[row(known), row(unknown)], ImportStep::Last, &client).await;
        let imported = imported.unwrap();
        assert_eq!((imported.known, imported.added), (1, 1));
        let mut acts = vec![("an import", self.steps())];
        house.hand_out_link(known, &client).await.unwrap();
        acts.push(("a link from the operator", self.steps()));
        house.disable_account(known, &client).await.unwrap();
        acts.push(("disabling an account", self.steps()));
        house.enable_account(known, &client).await.unwrap();
        acts.push(("enabling an account", self.steps()));
        house.sign_out_account(known, &client).await.unwrap();
        acts.push(("signing out an account", self.steps()));
        house.delete_account_of(known, &client).await.unwrap();
        acts.push(("deleting an account", self.steps()));
        house.add_account(known, Role::Admin, &client).await.unwrap();
        acts.push(("adding an account", self.steps()));
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
