//! The passwords that count for an address: its account's, and those of its newest unconfirmed
//! registrations.

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::password::{Line, Password};
use crate::domain::ports::StoreError;
use crate::domain::read::{Found, Ownership};
use crate::domain::record::account::Account;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::key::Key;
use crate::domain::record::owner::Owner;
use crate::domain::record::password::{Method, PasswordHash, Recipe};
use crate::domain::record::pending::{EnteredPassword, Pending};
use crate::domain::record::request::{HeldRequest, Request};
use crate::domain::record::workload::Workload;

/// Everything that a password entered with an address can belong to.
pub(in crate::domain) struct Passwords {
    pub(in crate::domain) ownership: Ownership,
    registrations: Vec<(HeldRequest, Request)>,
}

/// A password that was entered, hashed with every recipe it may have to match.
pub(in crate::domain) struct Entered(Vec<PasswordHash>);

impl Entered {
    /// Whether it is the stored password.
    pub(in crate::domain) fn is(&self, stored: &PasswordHash) -> bool {
        self.0.iter().any(|hash| hash.is_of_same_password(stored))
    }

    /// Whether it was hashed with all of these recipes.
    pub(in crate::domain) fn has_all(&self, recipes: &[Recipe]) -> bool {
        recipes.iter().all(|recipe| self.0.iter().any(|hash| hash.recipe == *recipe))
    }
}

impl Gatepost {
    /// Hashes a password with one recipe. Computes all hashes of the workload, as every check does. `is_known`:
    /// whether a known browser or someone signed in waits for it.
    pub(in crate::domain) async fn hash(
        &self,
        password: &Password,
        recipe: Recipe,
        is_known: bool,
    ) -> Result<PasswordHash, Error> {
        let Entered(hashes) = self.hash_with_all(password, vec![recipe.clone()], is_known).await?;
        let wanted = hashes.into_iter().find(|hash| hash.recipe == recipe);
        wanted.ok_or_else(|| StoreError::Damaged("the key of a password is missing".into()).into())
    }

    /// Hashes a password with each recipe. Whatever the workload has beyond that is computed too, with a salt
    /// that no password has. So every check takes the same time and waits for the same slots, whichever
    /// recipes its address needs.
    pub(in crate::domain) async fn hash_with_all(
        &self,
        password: &Password,
        recipes: Vec<Recipe>,
        is_known: bool,
    ) -> Result<Entered, Error> {
        let workload: Found<Workload> = self.find(Key::workload()).await?;
        self.hash_beside(&workload.value.unwrap_or_default(), password, recipes, is_known).await
    }

    /// The same with a workload that was read already.
    pub(in crate::domain) async fn hash_beside(
        &self,
        workload: &Workload,
        password: &Password,
        mut recipes: Vec<Recipe>,
        is_known: bool,
    ) -> Result<Entered, Error> {
        const NO_ONES_SALT: [u8; 16] = [0; 16];
        let own = self.settings().password_cost;
        let mut unneeded = workload.costs(own, self.world.now());
        recipes.retain(|recipe| self.ring.holds(recipe.pepper));
        for recipe in &recipes {
            // A password of ours from before the cost was changed takes the place of one of today.
            let today = || unneeded.iter().position(|cost| recipe.method == Method::Peppered && *cost == own);
            if let Some(index) = unneeded.iter().position(|cost| *cost == recipe.cost).or_else(today) {
                unneeded.swap_remove(index);
            }
        }
        let of_no_one = |cost| Recipe::new(NO_ONES_SALT.to_vec(), self.ring.newest(), cost);
        recipes.extend(unneeded.into_iter().map(of_no_one));
        // Always in the same order: a hash after an expensive one takes longer than before it.
        recipes.sort_unstable_by_key(|recipe| recipe.cost);
        let with_pepper = |recipe: Recipe| Some((self.ring.pepper(recipe.pepper)?, recipe));
        let recipes = recipes.into_iter().filter_map(with_pepper).map(|(pepper, recipe)| (recipe, pepper));
        let line = if is_known { Line::Known } else { Line::Anyone };
        Ok(Entered(self.slots.hash(password, recipes.collect(), line).await?))
    }

    /// Whether `entered` is the password of the account that is signed in. One under a key that is no longer in the ring counts
    /// as none.
    pub(in crate::domain) async fn is_password_of(
        &self,
        account: &Account,
        entered: &Password,
    ) -> Result<bool, Error> {
        match &account.password {
            Some(hash) if !entered.is_too_long() => {
                Ok(self.hash_with_all(entered, vec![hash.recipe.clone()], true).await?.is(hash))
            }
            _ => Ok(false),
        }
    }

    /// Finds who an address belongs to and which registrations are pending for it. Does the same reads for
    /// every address; otherwise the response time would tell them apart.
    pub(in crate::domain) async fn passwords_for(&self, address: &EmailAddress) -> Result<Passwords, Error> {
        let address = address.canonical();
        let (owner, pending) = self.find_both(Key::owner(&address), Key::pending(&address)).await?;
        self.passwords_of(owner, pending).await
    }

    /// The same where the owner of the address and its registrations were read already.
    pub(in crate::domain) async fn passwords_of(
        &self,
        owner: Found<Owner>,
        pending: Found<Pending>,
    ) -> Result<Passwords, Error> {
        let pending = pending.value.unwrap_or_default();
        // A stranger's registration that cannot be read must not keep the owner from signing in.
        let registrations = self.find_readable::<Request>(pending.keys());
        let (ownership, found) = tokio::join!(self.ownership_of(owner), registrations);
        let (ownership, found) = (ownership?, found?);
        let now = self.world.now();
        // Whether a registration counts here depends only on its own request and the time. Any other check
        // would reveal to a stranger who registered that someone proved the address.
        let is_live = |request: &Request| !request.is_over(now);
        let registrations = pending
            .0
            .iter()
            .zip(found)
            .filter_map(|(one, found)| {
                let request = found?.value.filter(is_live)?;
                Some((HeldRequest(one.nonce), request))
            })
            .collect();
        Ok(Passwords { ownership, registrations })
    }

    /// Every recipe that a password entered with an address may have to match: nearly always one. There are
    /// more if the account's password was imported, or if the account or its password came to the address
    /// while registrations with another salt, key or cost were waiting there.
    pub(in crate::domain) fn recipes(&self, passwords: &Passwords, address: &EmailAddress) -> Vec<Recipe> {
        let mut recipes: Vec<Recipe> = Vec::new();
        for recipe in passwords.stored_recipes() {
            if self.ring.holds(recipe.pepper) && !recipes.contains(recipe) {
                recipes.push(recipe.clone());
            }
        }
        if recipes.is_empty() {
            recipes.push(self.recipe(passwords, address));
        }
        recipes
    }

    /// The recipe for the password of a new registration: the one that is in use at the address already, so
    /// that a sign-in need not compute another hash. Never that of an imported password, because its cost
    /// was chosen elsewhere.
    pub(in crate::domain) fn recipe(&self, passwords: &Passwords, address: &EmailAddress) -> Recipe {
        let is_ours = |recipe: &&Recipe| recipe.method == Method::Peppered && self.ring.holds(recipe.pepper);
        passwords.stored_recipes().find(is_ours).cloned().unwrap_or_else(|| {
            let salt = passwords.ownership.account().map(|account| account.salt.clone());
            let salt = salt.unwrap_or_else(|| self.lasting.salts.salt(&address.canonical()));
            Recipe::new(salt, self.ring.newest(), self.settings().password_cost)
        })
    }

    /// The recipe for a new password of an account.
    pub(in crate::domain) fn current_recipe(&self, account: &Account) -> Recipe {
        Recipe::new(account.salt.clone(), self.ring.newest(), self.settings().password_cost)
    }
}

impl Passwords {
    /// The recipes of the account's password and of the registrations, in this order.
    fn stored_recipes(&self) -> impl Iterator<Item = &Recipe> {
        let set = self.ownership.account().and_then(|account| account.password.as_ref());
        let waiting = self.registrations.iter().filter_map(|(_, request)| request.password.as_ref());
        set.into_iter().chain(waiting.map(EnteredPassword::hash)).map(|hash| &hash.recipe)
    }

    /// The newest registration with this password.
    pub(in crate::domain) fn registration(&self, entered: &Entered) -> Option<&(HeldRequest, Request)> {
        let is_it = |one: &EnteredPassword| entered.is(one.hash());
        self.registrations.iter().find(|(_, request)| request.password.as_ref().is_some_and(is_it))
    }
}
