//! Registering with address and password.
//!
//! 1. The password is checked and hashed, and waits with the request for the address to be proven. No
//!    account exists until then, whoever typed what.
//! 2. The newest of these passwords are known under their address, so that whoever signs in with one
//!    is told to look into the inbox, and is never let further.
//! 3. When anybody proves the address, all of them are forgotten; in the browser that registered, its
//!    own becomes the account's (`redeem`).

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::{Ask, MailQueued};
use crate::domain::password::Password;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;

impl Gatepost {
    /// Registers an address with a password. The letter confirms; where there is an account already,
    /// it says so and signs in. Asked again with the same of `held`, it is one more letter, and the
    /// newer password and `next` count.
    ///
    /// # Errors
    /// `RegistrationClosed`; `WeakPassword`; `TooManyMails` within 30 s of the last letter of the same
    /// request; `Store`.
    pub async fn register(
        &self,
        address: &EmailAddress,
        password: &Password,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        if !self.settings.registration {
            return Err(Error::RegistrationClosed);
        }
        self.settings.passwords.check(password, address)?;
        let ask = Ask::new(Purpose::Register, address, next);
        self.check_resend_wait(&ask, held).await?;
        let hash = self.hash_for_address(address, password).await?;
        let ask = &Ask { password: Some(&hash), ..ask };
        self.decide_and_commit(client, || self.decide_ask(ask, held, client)).await
    }

    /// The fewest bytes of a new password.
    #[must_use]
    pub fn min_password_bytes(&self) -> usize {
        self.settings.passwords.min_bytes
    }

    /// How many passwords this process has ever hashed.
    #[must_use]
    pub fn passwords_hashed(&self) -> u64 {
        self.slots.hashed()
    }
}
