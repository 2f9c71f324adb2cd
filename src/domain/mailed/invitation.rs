//! Inviting someone: an account whose mailbox no one has proven yet.
//!
//! 1. The account has no password and no session. To everyone else, its address is like any that has an account. So the
//!    registrations that wait for it are void: a stranger may have made them.
//! 2. The email says who invites, and where to sign in. It has no token and no code: a mail scanner or someone it was
//!    passed on to could use one, and it would have to expire.
//! 3. The first sign-in proves the mailbox and confirms the account (`outcome`).
//! 4. Until then the invitation can be sent again or withdrawn. Withdrawn, nothing is left of it.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::owner::put_owner;
use crate::domain::outbox::{Turn, queue_invitation};
use crate::domain::ports::Change;
use crate::domain::read::Ownership;
use crate::domain::record::Record;
use crate::domain::record::account::{Account, DeviceEmails};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::ended::DeletedAccount;
use crate::domain::record::ids::{AccountId, LetterId};
use crate::domain::record::key::Key;
use crate::domain::record::owner::Owner;
use crate::domain::record::throttle::Throttle;
use crate::domain::record::time::Timestamp;

impl Ownership {
    /// Refuses an address that someone has, or can have back.
    pub(in crate::domain) fn expect_free(&self) -> Result<(), Error> {
        match self.reserved_for() {
            Some(_) => Err(Error::AddressHeld),
            None if self.is_free() => Ok(()),
            None => Err(Error::AddressTaken),
        }
    }
}

impl Gatepost {
    /// Adds an account for someone invited to a change that expects its address to be free (step 1).
    pub(in crate::domain) fn put_invited(&self, change: &mut Change, address: &EmailAddress) -> Account {
        let canonical = address.canonical();
        let account = Account {
            id: AccountId(self.world.random()),
            address: address.clone(),
            registered_at: self.world.now(),
            confirmed_at: None,
            admin: false,
            disabled: false,
            salt: self.lasting.salts.salt(&canonical),
            password: None,
            pending_change: None,
            undos: Vec::new(),
            epoch: 0,
            sign_in_used: Timestamp::default(),
            device_emails: DeviceEmails::default(),
            changes: Throttle::default(),
        };
        put_owner(change, Key::owner(&canonical), Owner::Account(account.id));
        change.put_account(None, &account);
        account
    }

    /// Queues the email of an invitation (step 2).
    pub(in crate::domain) fn put_invitation(
        &self,
        change: &mut Change,
        account: &Account,
        turn: Turn,
    ) -> LetterId {
        let id = LetterId::at(self.world.now(), self.world.random());
        queue_invitation(change, id, account, self.world.now(), turn);
        id
    }

    /// Removes the account of someone invited, in a change that expects it (step 4). No email says so: there was nothing
    /// that its person could lose.
    pub(in crate::domain) fn put_withdrawal(&self, change: &mut Change, account: &Account) {
        change.delete_account(account);
        put_owner(change, Key::owner(&account.address.canonical()), Owner::Vacated { at: self.world.now() });
        let deleted = DeletedAccount { account: account.id, addresses: vec![account.address.clone()] };
        // Caused by an administrator, once per invitation. Removed by the sweeper when nothing is left.
        change.put(Key::remains(account.id), Record::DeletedAccount(deleted));
    }
}
