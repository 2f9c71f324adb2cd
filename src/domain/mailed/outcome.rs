//! What redeeming does, for each purpose. Everything happens in one commit with the use of the request,
//! and that commit expects everything the decision was based on: the request, who its address belongs to,
//! and the account that asked.

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::mailed::credential::Credential;
use crate::domain::mailed::owner::put_owner;
use crate::domain::mailed::redeem_again::next_for;
use crate::domain::mailed::redeemer::{Redeemed, Redeemer};
use crate::domain::ports::Change;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::Record;
use crate::domain::record::account::{Account, DeviceEmails};
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::owner::Owner;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::pending::EnteredPassword;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Outcome, Request, Requester, RequestingAccount, Used};
use crate::domain::record::session::Session;
use crate::domain::record::throttle::Throttle;
use crate::domain::record::time::Timestamp;
use crate::domain::session::SignedIn;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Signs in, and creates the account first if there is none.
    pub(in crate::domain) async fn redeem_sign_in(
        &self,
        credential: Credential<'_>,
        found: Found<Request>,
        ownership: &Ownership,
        requester: Requester,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let (mut change, request) = expecting(&found, ownership, credential)?;
        let now = self.world.now();
        let password = match requester {
            Requester::Yes => request.password.as_ref().and_then(EnteredPassword::pending),
            Requester::No => credential.password,
        };
        let (outcome, account) = self.existing_or_new_account(&request, ownership.account(), password, now);
        if outcome == Outcome::Confirmed {
            put_owner(&mut change, Key::owner(&account.address.canonical()), Owner::Account(account.id));
            self.put_workload(&mut change, None, Some(&account)).await?;
        }
        let session = self.new_session(&account, credential.means(), now, client);
        self.put_session(&mut change, &session, previous_session).await?;
        change.put(Key::account(account.id), Record::from(account.clone()));
        let name = match outcome {
            Outcome::Confirmed => EventName::AccountConfirmed,
            _ => EventName::SignedIn,
        };
        let event = Event::new(now, name, Some(account.id), client).with(credential.means());
        // How soon registrations are confirmed is worth knowing, and the request is removed before long.
        let event = if outcome == Outcome::Confirmed { event.begun_at(request.asked_at) } else { event };
        let signed_in = self.signed_in(account, session)?;
        Ok(mark_used(change, found.key, request, outcome, signed_in, requester, event))
    }

    /// Sets the new password, ends all sessions, signs in, and notifies the owner.
    pub(in crate::domain) async fn redeem_reset(
        &self,
        credential: Credential<'_>,
        found: Found<Request>,
        ownership: &Ownership,
        requester: Requester,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let password = credential.password.ok_or(Error::PasswordRequired)?;
        let (mut change, request) = expecting(&found, ownership, credential)?;
        let now = self.world.now();
        let mut account = ownership.account().cloned().ok_or_else(|| credential.refusal())?;
        let before = account.password.replace(password.clone());
        self.put_workload(&mut change, before.as_ref(), Some(&account)).await?;
        account.move_epoch();
        let session = self.new_session(&account, credential.means(), now, client);
        self.put_session(&mut change, &session, redeemer.session).await?;
        change.put(Key::account(account.id), Record::from(account.clone()));
        self.queue_notice(
            &mut change,
            LetterKind::PasswordReset,
            &account.address,
            About::Account(account.id),
        );
        let event = Event::new(now, EventName::PasswordReset, Some(account.id), client);
        let event = event.with(credential.means());
        let signed_in = self.signed_in(account, session)?;
        Ok(mark_used(change, found.key, request, Outcome::PasswordReset, signed_in, requester, event))
    }

    /// Redeems what only the account that asked can redeem, in a live session of that account. Anywhere
    /// else, a stranger could attach their own account to someone's address.
    pub(in crate::domain) async fn redeem_in_session(
        &self,
        credential: Credential<'_>,
        found: Found<Request>,
        ownership: &Ownership,
        session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let actor = self.signed_in_with(session.ok_or(Error::SignInRequired)?).await?;
        let (mut change, request) = expecting(&found, ownership, credential)?;
        let requester = request.requester.filter(|requester| requester.id == actor.account.id);
        let requester = requester.ok_or_else(|| credential.refusal())?;
        actor.expected_session(&mut change);
        let now = self.world.now();
        let (outcome, name, signed_in) = if request.purpose == Purpose::Reauthenticate {
            // Works only in the session that asked, and only until that session is confirmed in another
            // way. A code left over in the mailbox would let anyone who finds it confirm the session.
            if requester != RequestingAccount::of(&actor.account, &actor.session) {
                return Err(credential.refusal());
            }
            let session = Session { proven_at: now, ..Session::clone(&actor.session) };
            change.put(Key::session(session.account, session.id), Record::from(session.clone()));
            (Outcome::Recent, EventName::Reauthenticated, self.signed_in(actor.account, session)?)
        } else {
            let account =
                self.move_to_new_address(&mut change, Arc::unwrap_or_clone(actor.account), &request, now)?;
            self.put_workload(&mut change, account.password.as_ref(), Some(&account)).await?;
            let signed_in = self.put_in_new_epoch(&mut change, &actor.session, account).await?;
            (Outcome::EmailChanged, EventName::EmailChanged, signed_in)
        };
        let event = Event::new(now, name, Some(signed_in.account.id), client).with(credential.means());
        Ok(mark_used(change, found.key, request, outcome, signed_in, Requester::Yes, event))
    }

    /// The account of the address, created now if there is none. It remembers that this request was used,
    /// which voids the ones made before it.
    fn existing_or_new_account(
        &self,
        request: &Request,
        account: Option<&Account>,
        password: Option<&PasswordHash>,
        now: Timestamp,
    ) -> (Outcome, Account) {
        let asked_at = request.generation.asked_at;
        if let Some(account) = account {
            let sign_in_used = account.sign_in_used.max(asked_at);
            return (Outcome::SignedIn, Account { sign_in_used, ..account.clone() });
        }
        let salt = match password {
            Some(hash) => hash.recipe.salt.clone(),
            None => self.lasting.salts.salt(&request.address.canonical()),
        };
        let account = Account {
            id: AccountId(self.world.random()),
            address: request.address.clone(),
            registered_at: request.asked_at,
            confirmed_at: now,
            admin: false,
            disabled: false,
            salt,
            password: password.cloned(),
            pending_change: None,
            undos: Vec::new(),
            epoch: 0,
            sign_in_used: asked_at,
            device_emails: DeviceEmails::default(),
            changes: Throttle::default(),
        };
        (Outcome::Confirmed, account)
    }
}

/// A change that expects everything the decision was based on, and the request it uses.
fn expecting(
    found: &Found<Request>,
    ownership: &Ownership,
    credential: Credential<'_>,
) -> Result<(Change, Request), Error> {
    let mut change = Change::new();
    found.expected_by(&mut change);
    ownership.expected_by(&mut change);
    let request = found.value.clone().ok_or_else(|| credential.refusal())?;
    Ok((change, request))
}

/// Marks the request as used, which happens once.
fn mark_used(
    mut change: Change,
    key: Key,
    mut request: Request,
    outcome: Outcome,
    signed_in: SignedIn,
    requester: Requester,
    event: Event,
) -> Decision<Redeemed> {
    let (account, session) = (signed_in.account.clone(), signed_in.session.id);
    request.generation.used =
        Some(Used { at: event.at, account: account.id, session, outcome, by: requester });
    // If it was used elsewhere, the password is still compared: a stranger who registered must not notice.
    request.password = request.password.filter(|_| requester == Requester::No).map(EnteredPassword::dead);
    let next = next_for(&request, requester);
    let purpose = request.purpose;
    change.put(key, Record::Request(request));
    let redeemed = Redeemed { purpose, outcome, account, signed_in: Some(signed_in), next, reset: None };
    Decision::Commit { change, event: Some(event), answer: Ok(redeemed) }
}
