//! Changing who an address belongs to: giving it to an account, reserving it, releasing it. An account that ends gives up
//! its address and its rights.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::limits::LastAdmin;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::{Account, Undo};
use crate::domain::record::client::Client;
use crate::domain::record::ended::DeletedAccount;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::owner::Owner;

/// An account that a change removes.
pub(in crate::domain) struct Removed {
    /// What happened.
    pub(in crate::domain) event: Event,
    /// Whether no enabled administrator is left.
    pub(in crate::domain) leaves_no_admin: bool,
}

impl Gatepost {
    /// Removes undos of an account and releases the addresses that are reserved for them. An address that
    /// belongs to someone else by now stays theirs, whatever the clock says.
    pub(in crate::domain) async fn release_addresses(
        &self,
        change: &mut Change,
        account: AccountId,
        undos: &[Undo],
    ) -> Result<(), Error> {
        let (now, earliest) = (self.world.now(), self.earliest_now());
        let keys = undos.iter().map(|undo| Key::owner(&undo.address.canonical())).collect();
        let owners: Vec<Found<Owner>> = self.find_all(keys).await?;
        for (undo, owner) in undos.iter().zip(owners) {
            change.delete(Key::undo(undo.nonce));
            // A reservation that is over ends by itself. Writing here would void the requests that others
            // have made for the address since.
            if owner.value.is_none_or(|it| !it.is_held(account, undo.nonce) || it.is_over(earliest)) {
                continue;
            }
            owner.expected_by(change);
            let left = Owner::Vacated { at: now };
            // The expiry mark of the reservation may be the one just written; a change may contain each
            // key once.
            if left.over_at() != Some(undo.over_at) {
                change.delete(Key::expiry(undo.over_at, &owner.key));
            }
            put_owner(change, owner.key, left);
        }
        Ok(())
    }

    /// Removes an account, in a change that expects it.
    pub(in crate::domain) async fn remove_account(
        &self,
        change: &mut Change,
        account: &Account,
        last: LastAdmin,
        client: &Client,
    ) -> Result<Removed, Error> {
        let now = self.world.now();
        let leaves_no_admin = self.put_admins(change, Some(account), None, last).await?;
        change.delete(Key::account(account.id));
        put_owner(change, Key::owner(&account.address.canonical()), Owner::Vacated { at: now });
        self.release_addresses(change, account.id, &account.undos).await?;
        // Reserved addresses get the notice too. Otherwise someone could take over an account, change its
        // address and delete it, and the owner would never be notified.
        let earliest = self.earliest_now();
        let held = account.undos.iter().filter(|undo| earliest < undo.over_at).map(|undo| &undo.address);
        for address in held.chain([&account.address]) {
            self.queue_notice(change, LetterKind::AccountDeleted, address, About::Nothing);
        }
        let pending = account.pending_change.as_ref().map(|pending| &pending.address);
        let addresses =
            account.undos.iter().map(|undo| &undo.address).chain(pending).chain([&account.address]);
        let deleted = DeletedAccount { account: account.id, addresses: addresses.cloned().collect() };
        // Caused by the person or the operator, once per account. Removed by the sweeper when nothing is left.
        change.put(Key::remains(account.id), Record::DeletedAccount(deleted));
        let event = Event::new(now, EventName::AccountDeleted, Some(account.id), client);
        Ok(Removed { event, leaves_no_admin })
    }
}

/// Writes who an address belongs to from now on, and until when.
pub(in crate::domain) fn put_owner(change: &mut Change, key: Key, owner: Owner) {
    if let Some(over_at) = owner.over_at() {
        change.put(Key::expiry(over_at, &key), Record::Expiry);
    }
    change.put(key, Record::Owner(owner));
}
