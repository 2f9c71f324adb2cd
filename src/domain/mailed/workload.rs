//! Keeping the workload of password checks up to date, in the commits that change what it depends on.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::ports::{Change, StoreError};
use crate::domain::read::Found;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::key::Key;
use crate::domain::record::password::{Method, PasswordHash, Recipe};
use crate::domain::record::pending::{EnteredPassword, Pending};
use crate::domain::record::request::Request;
use crate::domain::record::time::Timestamp;
use crate::domain::record::workload::Workload;

/// The recipes of our own that passwords of one address have.
struct AtAddress {
    recipes: Vec<Recipe>,
    /// When the last of the registrations among them ends.
    until: Timestamp,
}

impl Gatepost {
    /// Adds to a change what it means for every password check that an account gets, loses or replaces its
    /// password (`before` is what it had), or comes to an address where registrations wait (`account`).
    ///
    /// Every change that does so must come through here. Otherwise the time of a password check would reveal
    /// an imported password, or an account that came to an address where a stranger had registered.
    pub(in crate::domain) async fn put_workload(
        &self,
        change: &mut Change,
        before: Option<&PasswordHash>,
        account: Option<&Account>,
    ) -> Result<(), Error> {
        let at_address = match account {
            Some(account) => Some(self.recipes_of(change, account).await?),
            None => None,
        };
        let after = account.and_then(|account| account.password.as_ref());
        self.put_workloads(change, &[(before, after)], at_address).await
    }

    /// The same for accounts that are imported in one change.
    pub(in crate::domain) async fn put_imported_workload(
        &self,
        change: &mut Change,
        accounts: &[Account],
    ) -> Result<(), Error> {
        let mut most: Option<AtAddress> = None;
        for account in accounts {
            let one = self.recipes_of(change, account).await?;
            most = Some(match most {
                Some(most) if most.recipes.len() >= one.recipes.len() => {
                    AtAddress { until: most.until.max(one.until), ..most }
                }
                Some(most) => AtAddress { until: most.until.max(one.until), ..one },
                None => one,
            });
        }
        let passwords: Vec<_> = accounts.iter().map(|account| (None, account.password.as_ref())).collect();
        self.put_workloads(change, &passwords, most).await
    }

    /// The same for a registration that begins again with the password it had: it waits longer than the
    /// account that came to its address knew of.
    pub(in crate::domain) async fn put_registration_workload(
        &self,
        change: &mut Change,
        request: &Request,
        account: Option<&Account>,
    ) -> Result<(), Error> {
        let set = account.and_then(|account| account.password.as_ref());
        let entered = request.password.as_ref().map(EnteredPassword::hash);
        let hashes = set.into_iter().chain(entered).cloned().collect();
        let mut at_address = self.recipes_at(change, &request.address, hashes).await?;
        at_address.until = at_address.until.max(request.expires_at);
        self.put_workloads(change, &[], Some(at_address)).await
    }

    async fn put_workloads(
        &self,
        change: &mut Change,
        passwords: &[(Option<&PasswordHash>, Option<&PasswordHash>)],
        at_address: Option<AtAddress>,
    ) -> Result<(), Error> {
        let several = at_address.filter(|at| at.recipes.len() > 1);
        let is_imported = |hash: Option<&PasswordHash>| hash.is_some_and(PasswordHash::is_imported);
        if several.is_none() && !passwords.iter().any(|(one, other)| is_imported(*one) || is_imported(*other))
        {
            return Ok(());
        }
        // What is over by the earliest time: if the clock is ahead, the record would be missing afterwards, and
        // the time of a response would tell which address it was about.
        let now = self.earliest_now();
        let found: Found<Workload> = self.find(Key::workload()).await?;
        found.expected_by(change);
        let before = found.value.unwrap_or_default();
        let mut workload = before.clone();
        for (before, after) in passwords {
            workload.replace(*before, *after);
        }
        if let Some(AtAddress { recipes, until }) = several {
            workload.note_recipes(u8::try_from(recipes.len()).unwrap_or(u8::MAX), until, now);
        }
        if workload == before {
            return Ok(());
        }
        // Only an import adds costs.
        if workload.has_too_many_costs() {
            let most = Workload::MAX_IMPORTED_COSTS;
            let reason = format!("it would hold imported passwords of more than {most} different costs");
            return Err(StoreError::Refused(reason).into());
        }
        // One record per store, with at most four costs. An operator's import causes it, or an account that
        // meets registrations with another recipe. It is deleted with the last imported hash.
        if workload.is_usual(now) {
            change.delete(found.key);
        } else {
            change.put(found.key, Record::Workload(workload));
        }
        Ok(())
    }

    /// The recipes at the address of an account that is about to be written.
    async fn recipes_of(&self, change: &mut Change, account: &Account) -> Result<AtAddress, Error> {
        let set = account.password.clone().into_iter().collect();
        self.recipes_at(change, &account.address, set).await
    }

    /// The recipes of these hashes at an address, and of the registrations that wait there. Expects that no
    /// other registration comes in between.
    async fn recipes_at(
        &self,
        change: &mut Change,
        address: &EmailAddress,
        mut hashes: Vec<PasswordHash>,
    ) -> Result<AtAddress, Error> {
        let pending: Found<Pending> = self.find(Key::pending(&address.canonical())).await?;
        pending.expected_by(change);
        let now = self.earliest_now();
        let mut at = AtAddress { recipes: Vec::new(), until: Timestamp::default() };
        let requests = match &pending.value {
            Some(pending) => self.find_readable::<Request>(pending.keys()).await?,
            None => Vec::new(),
        };
        let waiting = requests.into_iter().filter_map(|found| found?.value.filter(|it| !it.is_over(now)));
        for request in waiting {
            at.until = at.until.max(request.expires_at);
            hashes.extend(request.password.map(|entered| entered.hash().clone()));
        }
        for PasswordHash { recipe, .. } in hashes {
            if recipe.method == Method::Peppered && !at.recipes.contains(&recipe) {
                at.recipes.push(recipe);
            }
        }
        Ok(at)
    }
}
