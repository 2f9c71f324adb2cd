//! Undoing a change of address: the way back for an owner whose account was taken over.
//!
//! An undo is not a request, so no epoch voids it. It restores the address, removes the password, ends
//! every session, voids every request and every newer undo, and signs no one in.

use crate::domain::error::Error;
use crate::domain::mailed::link::LinkView;
use crate::domain::mailed::owner::put_owner;
use crate::domain::mailed::redeemer::Redeemed;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::{Account, Undo};
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{AccountId, Nonce};
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::owner::Owner;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Outcome;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Looks up the link of an undo. Changes nothing.
    pub(in crate::domain) async fn show_undo(&self, nonce: Nonce) -> Result<LinkView, Error> {
        let (_, undo) = self.find_undo(nonce).await?;
        Ok(LinkView::protecting(Purpose::UndoEmail, undo.address, undo.over_at))
    }

    /// Undoes a change of address.
    pub(in crate::domain) async fn undo_email(
        &self,
        nonce: Nonce,
        confirm: bool,
        client: &Client,
    ) -> Result<Redeemed, Error> {
        self.decide_and_commit(client, || async {
            let (found, undo) = self.find_undo(nonce).await?;
            if !confirm {
                return Err(Error::NotConfirmed);
            }
            let mut change = Change::new();
            found.expected_by(&mut change);
            let account = found.value.ok_or(Error::InvalidLink)?;
            let account = self.restore_account(&mut change, account, &undo).await?;
            let event = Event::new(self.world.now(), EventName::EmailRestored, Some(account.id), client);
            let outcome = Outcome::EmailRestored;
            let purpose = Purpose::UndoEmail;
            let redeemed = Redeemed {
                purpose,
                outcome,
                account: account.into(),
                signed_in: None,
                next: None,
                reset: None,
            };
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(redeemed) })
        })
        .await
    }

    async fn find_undo(&self, nonce: Nonce) -> Result<(Found<Account>, Undo), Error> {
        let owner: Found<AccountId> = self.find(Key::undo(nonce)).await?;
        let found: Found<Account> = self.find(Key::account(owner.value.ok_or(Error::InvalidLink)?)).await?;
        let now = self.earliest_now();
        let undo = found.value.as_ref().and_then(|account| account.undo(nonce, now)).cloned();
        Ok((found, undo.ok_or(Error::InvalidLink)?))
    }

    /// Gives the account its old address back, without a password, and takes back every later change.
    async fn restore_account(
        &self,
        change: &mut Change,
        mut account: Account,
        undo: &Undo,
    ) -> Result<Account, Error> {
        let (id, own) = (account.id, undo.address.canonical());
        let owner: Found<Owner> = self.find(Key::owner(&own)).await?;
        // After the clock was set back an expired undo may look valid, but the address may be taken by
        // now.
        owner.value.filter(|owner| owner.is_held(id, undo.nonce)).ok_or(Error::InvalidLink)?;
        owner.expected_by(change);
        put_owner(change, owner.key, Owner::Account(id));
        let first = account.undos.iter().position(|one| one.nonce == undo.nonce).unwrap_or_default();
        let younger = account.undos.split_off(first + 1);
        account.undos.pop();
        change.delete(Key::undo(undo.nonce));
        self.release_addresses(change, id, &younger).await?;
        let left = std::mem::replace(&mut account.address, undo.address.clone());
        put_owner(change, Key::owner(&left.canonical()), Owner::Vacated { at: self.world.now() });
        let password = account.password.take();
        self.put_workload(change, password.as_ref(), Some(&account)).await?;
        account.move_epoch();
        change.put(Key::account(id), Record::from(account.clone()));
        for address in [&account.address, &left] {
            self.queue_notice(change, LetterKind::AddressRestored, address, About::Account(id));
        }
        Ok(account)
    }
}
