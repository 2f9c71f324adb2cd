//! Adding accounts and granting admin rights, as the operator.
//!
//! 1. An account is added without asking its mailbox, because the operator vouches for it. It is
//!    confirmed at once, and comes with a sign-in link: for the operator to pass on, or in an email.
//! 2. A sign-in link can be created for any account, for example if email does not arrive. It is a
//!    request like any other, only without an email: it is redeemed at both doors, once, by a
//!    deliberate action.
//! 3. Admin rights are granted or revoked. An enabled administrator always remains, unless the operator insists.
//!
//! Accounts from elsewhere are imported by `import`.

use crate::domain::error::Error;
use crate::domain::limits::LastAdmin;
use crate::domain::operator::access::Treated;
use crate::domain::operator::import::NewAccount;
use crate::domain::operator::refusal::Refusal;
use crate::domain::operator::role::Role;
use crate::domain::outbox::queue_letter;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{LetterId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, Letter, LetterKind};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Generation, HANDED_OUT_LIFETIME, Request};
use crate::domain::record::time::Timestamp;
use crate::domain::token::LinkClaims;
use crate::domain::token::LinkToken;
use crate::domain::{Decision, Gatepost};

/// A sign-in link that is not sent by email.
#[derive(Clone, Debug)]
pub struct HandedOut {
    /// The account it signs in to.
    pub account: Account,
    /// The link's token.
    pub token: LinkToken,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A sign-in link that only its email contains.
#[derive(Clone, Debug)]
pub struct Emailed {
    /// The account it signs in to.
    pub account: Account,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// How a sign-in link that the operator creates reaches its person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Operator,
    Email,
}

impl Gatepost {
    /// Creates a confirmed account without a password, and a sign-in link for it (step 1). That voids the
    /// pending registrations of the address, as proving the mailbox does: a stranger may have made them.
    ///
    /// # Errors
    /// `AddressTaken`; `AddressHeld`; `House`.
    pub async fn add_account(
        &self,
        address: &EmailAddress,
        role: Role,
        client: &Client,
    ) -> Result<HandedOut, Refusal> {
        self.add(address, role, Through::Operator, client).await
    }

    /// The same, but the link is emailed to the owner of the account, in the same commit, and no one else
    /// gets it.
    ///
    /// # Errors
    /// As `add_account`.
    pub async fn add_account_by_email(
        &self,
        address: &EmailAddress,
        role: Role,
        client: &Client,
    ) -> Result<Emailed, Refusal> {
        let HandedOut { account, expires_at, .. } = self.add(address, role, Through::Email, client).await?;
        Ok(Emailed { account, expires_at })
    }

    async fn add(
        &self,
        address: &EmailAddress,
        role: Role,
        through: Through,
        client: &Client,
    ) -> Result<HandedOut, Refusal> {
        let handed_out = self
            .decide_and_commit(client, || async {
                let ownership = self.ownership(address).await?;
                if ownership.reserved_for().is_some() {
                    return Ok(Decision::Answer(Err(Refusal::AddressHeld(address.clone()))));
                }
                if !ownership.is_free() {
                    return Ok(Decision::Answer(Err(Refusal::AddressTaken(address.clone()))));
                }
                let now = self.world.now();
                let (registered_at, confirmed_at) = (now, now);
                let new = NewAccount {
                    address: address.clone(),
                    registered_at,
                    confirmed_at,
                    role,
                    disabled: false,
                    password: None,
                };
                let mut change = Change::new();
                ownership.expected_by(&mut change);
                let account = self.put_account(&mut change, &new);
                if account.admin {
                    self.put_new_admins(&mut change, &[account.id]).await?;
                    let granted = Event::new(now, EventName::AdminGranted, Some(account.id), client);
                    self.put_event(&mut change, &granted);
                }
                self.put_workload(&mut change, None, Some(&account)).await?;
                let event = Event::new(now, EventName::AccountAdded, Some(account.id), client);
                let handed_out = self.put_link(&mut change, account, through, now)?;
                Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(handed_out)) })
            })
            .await??;
        if role == Role::Admin {
            let account = &handed_out.account;
            Event::new(account.confirmed_at, EventName::AdminGranted, Some(account.id), client)
                .log(&client.request_id, None);
        }
        Ok(handed_out)
    }

    /// Creates a sign-in link for an account (step 2).
    ///
    /// # Errors
    /// `NoAccount`; `Disabled`; `House`.
    pub async fn hand_out_link(&self, address: &EmailAddress, client: &Client) -> Result<HandedOut, Refusal> {
        self.decide_and_commit(client, || async {
            let ownership = self.ownership(address).await?;
            let Some(account) = ownership.account() else {
                return Ok(Decision::Answer(Err(Refusal::NoAccount(address.clone()))));
            };
            if account.disabled {
                return Ok(Decision::Answer(Err(Refusal::Disabled(address.clone()))));
            }
            let mut change = Change::new();
            ownership.expected_by(&mut change);
            let now = self.world.now();
            let event = Event::new(now, EventName::LinkHandedOut, Some(account.id), client);
            let handed_out = self.put_link(&mut change, account.clone(), Through::Operator, now)?;
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(handed_out)) })
        })
        .await?
    }

    /// Grants or revokes admin rights (step 3). Writes nothing if the account already has that role.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn set_role(
        &self,
        address: &EmailAddress,
        role: Role,
        client: &Client,
    ) -> Result<Account, Refusal> {
        let name = match role {
            Role::Admin => EventName::AdminGranted,
            Role::Member => EventName::AdminRevoked,
        };
        let edit = |account: &mut Account| account.admin = role == Role::Admin;
        let changed = self.change_account(address, name, LastAdmin::Stays, client, edit);
        Ok(changed.await?.account)
    }

    /// Revokes admin rights, even those of the last enabled administrator.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn revoke_admin_anyway(
        &self,
        address: &EmailAddress,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        let (name, edit) = (EventName::AdminRevoked, |account: &mut Account| account.admin = false);
        self.change_account(address, name, LastAdmin::MayGo, client, edit).await
    }

    /// A request that no browser waits for, so only a deliberate action redeems it. Its link goes through
    /// the operator, or is emailed.
    fn put_link(
        &self,
        change: &mut Change,
        account: Account,
        through: Through,
        now: Timestamp,
    ) -> Result<HandedOut, Error> {
        let nonce = Nonce(self.world.random());
        let expires_at = now.plus(HANDED_OUT_LIFETIME);
        let request = Request {
            purpose: Purpose::SignIn,
            address: account.address.clone(),
            key: self.ring.newest(),
            asked_at: now,
            expires_at,
            mailed_at: now,
            wrong_codes: 0,
            next: None,
            password: None,
            requester: None,
            handed_out: true,
            generation: Generation {
                queued: 0,
                live_until: expires_at,
                ..Generation::of(0, now, &account, self.lasting.store_generation)
            },
        };
        let claims = LinkClaims { key: request.key, nonce, generation: 0 };
        let token = self.ring.seal_link(&claims).ok_or(Error::InvalidLink)?;
        let key = Key::request(nonce);
        change.expect(key.clone(), None);
        change.put(Key::expiry(request.kept_until(), &key), Record::Expiry);
        // Caused by the operator's commands only. The sweeper removes it with the request, a day later.
        change.put(Key::asked(account.id, &key), Record::Asked);
        change.put(key, Record::Request(request));
        if through == Through::Email {
            let (id, to) = (LetterId::at(now, self.world.random()), account.address.clone());
            let about = About::Request { nonce, generation: 0 };
            let letter = Letter::new(id, LetterKind::AccountAdded, to, about, [now, expires_at]);
            queue_letter(change, letter);
        }
        Ok(HandedOut { account, token, expires_at })
    }
}
