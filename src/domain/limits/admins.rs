//! How many enabled administrators there may be. One always remains, once there was one.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::admins::Admins;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;

/// What may become of the last enabled administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum LastAdmin {
    /// There is always one.
    Stays,
    /// The operator wants it so.
    MayGo,
}

impl Gatepost {
    /// Adds to a change what becomes of the administrators when an account goes from `before` to `after`. The change
    /// expects the account. Returns whether it leaves none.
    pub(in crate::domain) async fn put_admins(
        &self,
        change: &mut Change,
        before: Option<&Account>,
        after: Option<&Account>,
        last: LastAdmin,
    ) -> Result<bool, Error> {
        let counted = |account: Option<&Account>| Some(account?.id).filter(|_| is_enabled_admin(account));
        match (counted(before), counted(after)) {
            (None, Some(id)) => self.put_new_admins(change, &[id]).await.map(|()| false),
            (Some(id), None) => self.put_without_admin(change, id, last).await,
            // A disabled administrator is not in the record, so its role or its end is nothing to it.
            _ => Ok(false),
        }
    }

    /// Adds new enabled administrators to a change.
    pub(in crate::domain) async fn put_new_admins(
        &self,
        change: &mut Change,
        ids: &[AccountId],
    ) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let found: Found<Admins> = self.find(Key::admins()).await?;
        found.expected_by(change);
        // A database of an earlier version. To make the record, it is written first and then all accounts are read. So
        // this change is either seen, or decided again.
        let Some(admins) = found.value else { return Ok(()) };
        let admins = admins.with(ids);
        if admins.count() > Admins::MOST {
            return Err(Error::TooManyAdmins);
        }
        // Caused by the operator. There is one, with no more ids than that, and it is never removed.
        change.put(found.key, Record::Admins(admins));
        Ok(())
    }

    async fn put_without_admin(
        &self,
        change: &mut Change,
        id: AccountId,
        last: LastAdmin,
    ) -> Result<bool, Error> {
        let found: Found<Admins> = self.find(Key::admins()).await?;
        let admins = found.value.clone().filter(Admins::is_whole).ok_or(Error::IndexBuilding)?;
        let admins = self.that_are_still(admins.without(id)).await?;
        let leaves_none = admins.count() == 0;
        if leaves_none && last == LastAdmin::Stays {
            return Err(Error::LastAdmin);
        }
        found.expected_by(change);
        change.put(found.key, Record::Admins(admins));
        Ok(leaves_none)
    }

    /// Those that are enabled administrators by their accounts, too: an earlier version of this program, used for a while,
    /// does not keep the record up. The accounts need not be expected, since this version changes none of them in that
    /// respect without the record.
    async fn that_are_still(&self, admins: Admins) -> Result<Admins, Error> {
        let ids: Vec<AccountId> = admins.ids().collect();
        let accounts = self.find_readable::<Account>(ids.iter().copied().map(Key::account).collect()).await?;
        let accounts = accounts.iter().map(|found| found.as_ref().and_then(|found| found.value.as_ref()));
        let others = ids.iter().zip(accounts).filter(|(_, account)| !is_enabled_admin(*account));
        Ok(others.fold(admins, |admins, (id, _)| admins.without(*id)))
    }
}

fn is_enabled_admin(account: Option<&Account>) -> bool {
    account.is_some_and(Account::is_enabled_admin)
}
