//! Showing and listing accounts, as the operator.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::operator::refusal::Refusal;
use crate::domain::read::Found;
use crate::domain::record::account::Account;
use crate::domain::record::address::{CanonicalAddress, EmailAddress};
use crate::domain::record::key::{Key, Span};
use crate::domain::record::owner::Owner;

/// Which accounts are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// All of them.
    #[default]
    All,
    /// Those with admin rights, enabled or not.
    Admin,
    /// Those that are disabled.
    Disabled,
}

impl AccountState {
    /// Whether an account is in it.
    fn has(self, account: &Account) -> bool {
        match self {
            Self::All => true,
            Self::Admin => account.admin,
            Self::Disabled => account.disabled,
        }
    }
}

/// One page of accounts, in the order of their addresses.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The address to continue after; `None` on the last page.
    pub next: Option<CanonicalAddress>,
}

impl Gatepost {
    /// The account of an address.
    ///
    /// # Errors
    /// `NoAccount`; `House`.
    pub async fn account_at(&self, address: &EmailAddress) -> Result<Account, Refusal> {
        let ownership = self.ownership(address).await?;
        let account = ownership.account().cloned().map(|account| self.as_it_counts(account));
        account.ok_or_else(|| Refusal::NoAccount(address.clone()))
    }

    /// Those of the next `limit` accounts that are in this state, in the order of their addresses, from the first one
    /// or after the address `after`. Two pages are from two moments.
    ///
    /// # Errors
    /// `Store`.
    pub async fn list_accounts(
        &self,
        after: Option<&CanonicalAddress>,
        limit: usize,
        state: AccountState,
    ) -> Result<AccountPage, Error> {
        let span = match after {
            Some(address) => Span::owners().after(&Key::owner(address)),
            None => Span::owners(),
        };
        let owners = self.list::<Owner>(&span, limit).await?;
        let next = owners.last().filter(|_| owners.len() == limit).and_then(|last| last.key.owned_address());
        let ids = owners.into_iter().filter_map(|owner| match owner.value {
            Owner::Account(id) => Some(Key::account(id)),
            _ => None,
        });
        let found: Vec<Option<Found<Account>>> = self.find_readable(ids.collect()).await?;
        let now = self.earliest_now();
        // An account that was deleted between the two reads is left out.
        let accounts = found.into_iter().filter_map(|found| found?.value);
        let accounts =
            accounts.filter(|account| state.has(account)).map(|account| self.as_it_counts(account.at(now)));
        Ok(AccountPage { accounts: accounts.collect(), next })
    }
}
