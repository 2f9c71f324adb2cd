//! What redeeming does, by what the request is for. Each in one commit with the request's use; what it
//! leans on is expected: the request, who stands behind its address, and who asked.

use crate::domain::Decision;
use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::credential::Credential;
use crate::domain::mailed::redeem_again::next_for;
use crate::domain::mailed::redeemer::{Redeemed, Redeemer};
use crate::domain::owner::put_owner;
use crate::domain::ports::Change;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::owner::Owner;
use crate::domain::record::password::PasswordHash;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::{Asker, AskingAccount, Outcome, Request, Used};
use crate::domain::record::session::Session;
use crate::domain::record::time::Timestamp;
use crate::domain::session::SignedIn;

impl Gatepost {
    /// Signs in, and makes the account first where there is none.
    pub(in crate::domain) async fn redeem_sign_in(
        &self,
        credential: Credential<'_>,
        found: Found<Request>,
        ownership: &Ownership,
        asker: Asker,
        previous_session: Option<&str>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let (mut change, request) = expecting(&found, ownership, credential)?;
        let now = self.world.now();
        let password = match asker {
            Asker::Yes => request.password.as_ref(),
            Asker::No => credential.password,
        };
        let (outcome, account) = self.existing_or_new_account(&request, ownership.account(), password, now);
        if outcome == Outcome::Confirmed {
            put_owner(&mut change, Key::owner(&account.address.canonical()), Owner::Account(account.id));
        }
        let session = self.new_session(&account, credential.means(), now, client);
        self.put_session(&mut change, &session, previous_session).await?;
        change.put(Key::account(account.id), Record::Account(account.clone()));
        let name = match outcome {
            Outcome::Confirmed => EventName::AccountConfirmed,
            _ => EventName::SignedIn,
        };
        let event = Event::new(now, name, Some(account.id), client);
        let signed_in = self.signed_in(account, session)?;
        Ok(mark_used(change, found.key, request, outcome, signed_in, asker, event))
    }

    /// Sets the new password, ends all sessions, signs in, and tells the owner.
    pub(in crate::domain) async fn redeem_reset(
        &self,
        credential: Credential<'_>,
        found: Found<Request>,
        ownership: &Ownership,
        asker: Asker,
        redeemer: Redeemer<'_>,
        client: &Client,
    ) -> Result<Decision<Redeemed>, Error> {
        let password = credential.password.ok_or(Error::PasswordRequired)?;
        let (mut change, request) = expecting(&found, ownership, credential)?;
        let now = self.world.now();
        let mut account = ownership.account().cloned().ok_or_else(|| credential.refusal())?;
        account.password = Some(password.clone());
        account.move_epoch();
        let session = self.new_session(&account, credential.means(), now, client);
        self.put_session(&mut change, &session, redeemer.session).await?;
        change.put(Key::account(account.id), Record::Account(account.clone()));
        self.queue_notice(&mut change, LetterKind::PasswordReset, &account.address, About::Account(account.id));
        let event = Event::new(now, EventName::PasswordReset, Some(account.id), client);
        let signed_in = self.signed_in(account, session)?;
        Ok(mark_used(change, found.key, request, Outcome::PasswordReset, signed_in, asker, event))
    }

    /// Does what only the account that asked may have done, in a live session of its own. Anywhere else
    /// a stranger could plant his account under somebody's address.
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
        let asker = request.asker.filter(|asker| asker.id == actor.account.id);
        let asker = asker.ok_or_else(|| credential.refusal())?;
        actor.expected_session(&mut change);
        let now = self.world.now();
        let (outcome, name, signed_in) = if request.purpose == Purpose::Reauthenticate {
            // Good in the session that asked alone, and until it is proven otherwise: a code that was left
            // over would open the account to who finds it.
            if asker != AskingAccount::of(&actor.account, &actor.session) {
                return Err(credential.refusal());
            }
            let session = Session { proven_at: now, ..actor.session };
            change.put(Key::session(session.account, session.id), Record::Session(session.clone()));
            (Outcome::Recent, EventName::Reauthenticated, self.signed_in(actor.account, session)?)
        } else {
            let account = self.move_to_new_address(&mut change, actor.account, &request, now)?;
            let signed_in = self.put_in_new_epoch(&mut change, &actor.session, account).await?;
            (Outcome::EmailChanged, EventName::EmailChanged, signed_in)
        };
        let event = Event::new(now, name, Some(signed_in.account.id), client);
        Ok(mark_used(change, found.key, request, outcome, signed_in, Asker::Yes, event))
    }

    /// The account of the address, made now where there is none. It remembers that this request was
    /// used, which makes those asked for before it void.
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
            None => self.salts.salt(&request.address.canonical()),
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
        };
        (Outcome::Confirmed, account)
    }
}

/// A change that holds only while what was judged is still so, and the request it uses.
fn expecting(
    found: &Found<Request>,
    ownership: &Ownership,
    credential: Credential<'_>,
) -> Result<(Change, Request), Error> {
    let mut change = Change::new();
    found.expected_by(&mut change);
    ownership.expected_by(&mut change);
    let request = found.value.clone().ok_or_else(|| credential.refusal())?;
    // The address is proven: what anybody typed before that goes with it.
    change.delete(Key::pending(&request.address.canonical()));
    Ok((change, request))
}

/// The request is used, once.
fn mark_used(
    mut change: Change,
    key: Key,
    mut request: Request,
    outcome: Outcome,
    signed_in: SignedIn,
    asker: Asker,
    event: Event,
) -> Decision<Redeemed> {
    let (account, session) = (signed_in.account.clone(), signed_in.session.id);
    request.generation.used = Some(Used { at: event.at, account: account.id, session, outcome, by: asker });
    request.password = None;
    let next = next_for(&request, asker);
    let purpose = request.purpose;
    change.put(key, Record::Request(request));
    let redeemed = Redeemed { purpose, outcome, account, signed_in: Some(signed_in), next };
    Decision::Commit { change, event: Some(event), answer: Ok(redeemed) }
}
