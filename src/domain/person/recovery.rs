//! A forgotten password: requesting the email with which a new one is set (`mailed::outcome` sets it).

use crate::domain::Gatepost;
use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::mailed::{EmailRequest, MailQueued};
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::next::Next;
use crate::domain::record::purpose::Purpose;
use crate::domain::record::request::HeldRequest;

impl Gatepost {
    /// Requests an email for setting a new password, or another one if one of the `held` requests asked
    /// for this address before. An address without an account gets an email that says so.
    ///
    /// # Errors
    /// `TooManyMails` within 30 s of the last email of the same request; `Limited`; `Store`.
    pub async fn forgot_password(
        &self,
        address: &EmailAddress,
        next: Option<&Next>,
        held: &[HeldRequest],
        client: &Client,
    ) -> Result<MailQueued, Error> {
        let wanted = &EmailRequest::new(Purpose::ResetPassword, address, next);
        let asker = Asker::new(client);
        let sent = self.decide_and_commit(client, || self.decide_request(wanted, held, &asker));
        self.settle_mail(&asker, sent).await
    }
}
