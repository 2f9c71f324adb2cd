//! A forgotten password: asking for the letter by which a new one is set (`effect::reset_by`).

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::mailed::{Ask, MailQueued};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;

impl Gatepost {
    /// Asks for a letter to set a new password, or for one more where one of the requests in `held`
    /// asked for this address before. An address without an account gets a letter that says so.
    ///
    /// # Errors
    /// `TooManyMails` within 30 s of the last letter of the same request; `Store`.
    pub async fn forgot_password(
        &self,
        address: &EmailAddress,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        let ask = &Ask::new(Purpose::ResetPassword, address, None);
        self.decide_and_commit(client, || self.decide_ask(ask, held, client)).await
    }
}
