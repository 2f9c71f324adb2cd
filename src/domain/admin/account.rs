//! One account, as administrators see it, and as the target of what they do.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::Change;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::ids::AccountId;
use crate::domain::record::key::Key;
use crate::domain::record::time::Timestamp;
use crate::domain::session::Actor;

/// An account, as administrators see it.
#[derive(Clone, Debug)]
pub struct AccountSeen {
    /// The account.
    pub account: Account,
    /// The last sign-in that is known.
    pub last_signed_in_at: Option<Timestamp>,
    /// How many live sessions it has.
    pub session_count: usize,
}

impl Gatepost {
    /// One account.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `NotFound`; `Store`.
    pub async fn account_seen(&self, token: &str, id: AccountId) -> Result<AccountSeen, Error> {
        self.expect_admin(token).await?;
        let found: Found<Account> = self.find(Key::account(id)).await?;
        self.seen(found.value.ok_or(Error::NotFound)?).await
    }

    /// An account with what is not in its record.
    pub(super) async fn seen(&self, account: Account) -> Result<AccountSeen, Error> {
        let sessions = self.sessions_of(account.id).await?;
        let session_count = sessions.iter().filter(|(_, session)| self.is_live(session, &account)).count();
        let last_signed_in_at = self.last_sign_in(&account).await?.map(|(at, _)| at);
        Ok(AccountSeen { account, last_signed_in_at, session_count })
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
