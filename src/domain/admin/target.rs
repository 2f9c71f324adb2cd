//! The account that an action is about.

use crate::domain::Gatepost;
use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::session::Actor;

impl Gatepost {
    /// An account, for a page that asks before something is done to it.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `NotFound`; `Store`.
    pub async fn account_to_act_on(&self, token: &str, id: AccountId) -> Result<AccountRow, Error> {
        self.expect_admin(token).await?;
        let found: Found<Account> = self.find(Key::account(id)).await?;
        self.account_row(found.value.ok_or(Error::NotFound)?).await
    }

    /// The account that an action is about, as it is now and not as a page has shown it. The change depends on it.
    ///
    /// # Errors
    /// `Over` if there is none, whether or not there ever was; `Store`.
    pub(super) async fn put_target(
        &self,
        change: &mut Change,
        actor: &Actor,
        id: AccountId,
    ) -> Result<Account, Error> {
        // The change depends on the administrator's own account already.
        if actor.account.id == id {
            return Ok(Account::clone(&actor.account));
        }
        let found: Found<Account> = self.find(Key::account(id)).await?;
        found.expected_by(change);
        Ok(found.value.ok_or(Error::Over)?.at(self.earliest_now()))
    }
}
