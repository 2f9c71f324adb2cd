//! Changing the email address of an account, as the operator: for a person who has lost the mailbox.

use crate::domain::error::Error;
use crate::domain::operator::{Refusal, Treated};
use crate::domain::ports::Change;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Gives the account of an address another one. The account is signed out everywhere and has no password, so the next
    /// sign-in proves the new address. The old one can undo it for a week: the operator may have been deceived.
    ///
    /// # Errors
    /// `NoAccount`; `Invited`; `SameAddress`; `AddressTaken`; `AddressHeld`; `House`.
    pub async fn change_email_of(
        &self,
        old: &EmailAddress,
        new: &EmailAddress,
        client: &Client,
    ) -> Result<Treated, Refusal> {
        self.decide_and_commit(client, || async {
            let ownership = self.ownership(old).await?;
            let refused = |refusal| Ok(Decision::Answer(Err(refusal)));
            let Some(before) = ownership.account() else {
                return refused(Refusal::NoAccount(old.clone()));
            };
            // No one has proven that mailbox, so there is nothing to keep.
            if before.is_invited() {
                return refused(Refusal::Invited(old.clone()));
            }
            if old.canonical() == new.canonical() {
                return refused(Refusal::SameAddress(new.clone()));
            }
            let wanted = self.ownership(new).await?;
            match wanted.expect_free() {
                Ok(()) => {}
                Err(Error::AddressHeld) => return refused(Refusal::AddressHeld(new.clone())),
                Err(_) => return refused(Refusal::AddressTaken(new.clone())),
            }
            let ended_sessions = self.count_live_sessions(before).await?;
            let mut change = Change::new();
            ownership.expected_by(&mut change);
            wanted.expected_by(&mut change);
            let (now, kind) = (self.world.now(), LetterKind::AddressChangedByOperator);
            let mut account = self.move_to_new_address(&mut change, before.clone(), new, kind, now)?;
            account.password = None;
            self.put_workload(&mut change, before.password.as_ref(), Some(&account)).await?;
            account.move_epoch();
            change.put_account(Some(before), &account);
            let about = About::Account(account.id);
            self.queue_notice(&mut change, LetterKind::AddressGiven, &account.address, about);
            let event = Event::new(now, EventName::EmailChanged, Some(account.id), client);
            let treated = Treated { account, changed: true, ended_sessions, leaves_no_admin: false };
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(Ok(treated)) })
        })
        .await?
    }
}
