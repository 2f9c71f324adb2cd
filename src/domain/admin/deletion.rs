//! Deleting someone's account.

use crate::domain::error::Error;
use crate::domain::limits::LastAdmin;
use crate::domain::ports::Change;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::ids::AccountId;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Deletes an account, as its owner can. `address` is the account's, entered to confirm which one is meant: this
    /// cannot be undone, and lists of accounts look alike.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over`; `AddressNotRepeated`; `LastAdmin`;
    /// `StillAdmin`; `IndexBuilding`; `Store`.
    pub async fn admin_delete(
        &self,
        token: &str,
        id: AccountId,
        address: &str,
        client: &Client,
    ) -> Result<(), Error> {
        let address = EmailAddress::parse(address).ok().map(|address| address.canonical());
        let address = address.as_ref();
        self.act_as_admin(token, client, |actor, mut change| async move {
            let account = self.put_target(&mut change, &actor, id).await?;
            if address != Some(&account.address.canonical()) {
                return Err(Error::AddressNotRepeated);
            }
            let last = LastAdmin::Stays;
            if account.admin {
                self.put_admins(&mut Change::new(), Some(&account), None, last).await?;
                return Err(Error::StillAdmin);
            }
            self.put_workload(&mut change, account.password.as_ref(), None).await?;
            let client = client.of_admin(actor.account.id);
            let removed = self.remove_account(&mut change, &account, last, &client).await?;
            Ok(Decision::Commit { change, event: Some(removed.event), answer: Ok(()) })
        })
        .await
    }
}
