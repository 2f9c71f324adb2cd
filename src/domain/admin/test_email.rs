//! Sending a test email, to see whether email works and what the mail server says.

use crate::domain::error::Error;
use crate::domain::limits::Asker;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Sends a test email to an address.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Limited`; `Store`.
    pub async fn send_test_email(
        &self,
        token: &str,
        to: &EmailAddress,
        client: &Client,
    ) -> Result<(), Error> {
        let asker = &Asker::admin(client);
        let sent = self.act_as_admin(token, client, |actor, mut change| async move {
            self.put_admin_mail(&mut change, actor.account.id, to, asker).await?;
            self.queue_notice(&mut change, LetterKind::Test, to, About::Nothing);
            let client = client.of_admin(actor.account.id);
            let event = Event::new(self.world.now(), EventName::TestRequested, None, &client);
            Ok(Decision::Commit { change, event: Some(event), answer: Ok(()) })
        });
        self.settle_mail(asker, sent).await
    }
}
