//! Moving an account to its new address, once that address is proven.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::owner::put_owner;
use crate::domain::ports::Change;
use crate::domain::record::Record;
use crate::domain::record::account::{Account, Undo};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ids::Nonce;
use crate::domain::record::key::Key;
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::record::owner::Owner;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;

/// How many previous addresses can be reserved for one account.
const MAX_UNDOS: usize = 16;

impl Gatepost {
    /// Gives the account its new address (step 3 of `profile::email`) and reserves the old one. Does not
    /// move the epoch.
    pub(in crate::domain) fn move_to_new_address(
        &self,
        change: &mut Change,
        mut account: Account,
        request: &Request,
        now: Timestamp,
    ) -> Result<Account, Error> {
        let earliest = self.earliest_now();
        Self::check_undo_limit(&account, earliest)?;
        let old = std::mem::replace(&mut account.address, request.address.clone());
        put_owner(change, Key::owner(&account.address.canonical()), Owner::Account(account.id));
        let (nonce, over_at) = (Nonce(self.world.random()), now.plus(Purpose::UndoEmail.lifetime()));
        self.queue_notice(
            change,
            LetterKind::AddressChanged,
            &old,
            About::Undo { account: account.id, nonce },
        );
        account.undos.retain(|undo| earliest < undo.over_at);
        let held = Owner::Held { by: account.id, undo: nonce, over_at };
        put_owner(change, Key::owner(&old.canonical()), held);
        account.undos.push(Undo { nonce, key: self.ring.newest(), address: old, over_at });
        let undo = Key::undo(nonce);
        change.put(Key::expiry(over_at, &undo), Record::Expiry);
        change.put(undo, Record::Undo(account.id));
        Ok(account)
    }

    /// Refuses a new address outside the domains that accounts can have. Whose it is makes no difference.
    pub(in crate::domain) fn check_new_address(&self, address: &EmailAddress) -> Result<(), Error> {
        let settings = self.settings();
        let domains = settings.registration.domains().filter(|domains| !domains.contain(address));
        domains.map_or(Ok(()), |domains| Err(Error::OutsideDomains(domains.clone())))
    }

    /// Refuses a change when too many addresses are reserved. Dropping the oldest undo instead would let
    /// someone who took over an account push out the owner's.
    pub(in crate::domain) fn check_undo_limit(account: &Account, now: Timestamp) -> Result<(), Error> {
        let mut live = account.undos.iter().filter(|undo| now < undo.over_at);
        match live.clone().count() {
            MAX_UNDOS.. => {
                let oldest = live.next().map(|undo| undo.over_at).unwrap_or_default();
                Err(Error::TooManyChanges { retry_after: oldest.since(now) })
            }
            _ => Ok(()),
        }
    }
}
