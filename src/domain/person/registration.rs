//! Registering with an address and a password.
//!
//! 1. The password is checked and hashed, and waits in the request until the address is proven. No account
//!    exists until then.
//! 2. The newest of these passwords are listed under their address. Someone who signs in with one of them
//!    has to confirm the address first.
//! 3. When the address is confirmed in the browser that registered, its own password becomes the account's
//!    (`mailed::redeem`). All others are dead as soon as anyone proves the address: they are compared until
//!    their own end, so that no one notices, and do nothing.

use super::MAX_RECIPE_CHANGES;
use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::mailed::{EmailRequest, MailQueued};
use crate::domain::password::Password;
use crate::domain::ports::StoreError;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::next::Next;
use crate::domain::record::password::{PasswordHash, Recipe};
use crate::domain::record::purpose::Purpose;
use crate::domain::record::registration::RegistrationMode;
use crate::domain::record::request::HeldRequest;
use crate::domain::{Decision, Gatepost};

/// The result of one attempt.
enum Registration {
    Queued(Box<MailQueued>),
    /// The recipe has changed meanwhile: hash with this one.
    RecipeChanged(Recipe),
}

impl Gatepost {
    /// Registers an address with a password. The email confirms the address; if it has an account already,
    /// the email says so and signs in. Asking again with the same `held` request sends another email, and
    /// the newer password and `next` count.
    ///
    /// # Errors
    /// `RegistrationClosed`; `OutsideDomains`; `WeakPassword`; `TooManyMails` within 30 s of the last email of the same
    /// request; `Limited`; `Store`.
    pub async fn register(
        &self,
        address: &EmailAddress,
        password: &Password,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        self.check_registration(address)?;
        self.settings().passwords.check(password, address)?;
        let wanted = EmailRequest::new(Purpose::Register, address, next);
        let asker = Asker::new(client);
        self.settle_mail(&asker, self.request_registration(&wanted, password, held, &asker)).await
    }

    /// Refuses an address that cannot have a new account, before anything is read about it: an account that the
    /// address has already must not make a difference.
    fn check_registration(&self, address: &EmailAddress) -> Result<(), Error> {
        match &self.settings().registration {
            mode if mode.accepts(address) => Ok(()),
            RegistrationMode::Domains(domains) => Err(Error::OutsideDomains(domains.clone())),
            _ => Err(Error::RegistrationClosed),
        }
    }

    async fn request_registration(
        &self,
        wanted: &EmailRequest<'_>,
        password: &Password,
        held: &[HeldRequest],
        asker: &Asker<'_>,
    ) -> Result<MailQueued, Error> {
        let begun = self.begin_registration(wanted, held, asker).await;
        let by = begun.inspect_err(|error| self.count_throttled(error, asker.client))?;
        let address = wanted.address;
        let mut recipe = self.recipe(&self.passwords_for(address).await?, address);
        for _ in 0..MAX_RECIPE_CHANGES {
            let hash = self.hash(password, recipe, by.is_some()).await?;
            let wanted = &EmailRequest { password: Some(&hash), ..wanted.clone() };
            let decide = || self.decide_registration(wanted, &hash, held, asker);
            match self.decide_and_commit(asker.client, decide).await? {
                Registration::Queued(queued) => return Ok(*queued),
                Registration::RecipeChanged(to) => recipe = to,
            }
        }
        Err(StoreError::Busy.into())
    }

    /// Decides only if the password was hashed as all others of the address. The account or the
    /// registrations that gave the recipe may have changed while it was hashed; with another recipe, the
    /// right password would be called wrong. The change expects all of them.
    async fn decide_registration(
        &self,
        wanted: &EmailRequest<'_>,
        hash: &PasswordHash,
        held: &[HeldRequest],
        asker: &Asker<'_>,
    ) -> Result<Decision<Registration>, Error> {
        let recipe = self.recipe(&self.passwords_for(wanted.address).await?, wanted.address);
        if recipe != hash.recipe {
            return Ok(Decision::Answer(Registration::RecipeChanged(recipe)));
        }
        let decided = self.decide_request(wanted, held, asker).await?;
        Ok(decided.map(|queued| Registration::Queued(Box::new(queued))))
    }

    /// The minimum length of a new password in bytes.
    #[must_use]
    pub fn min_password_bytes(&self) -> usize {
        self.settings().passwords.min_bytes
    }

    /// How many passwords this process has hashed so far.
    #[must_use]
    pub fn passwords_hashed(&self) -> u64 {
        self.slots.hashed()
    }
}
