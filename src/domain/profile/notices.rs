//! Which emails about their account someone wants.

use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::record::Record;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::key::Key;
use crate::domain::session::SignedIn;
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Turns emails about sign-ins on new devices on or off. Not an error if they are already.
    ///
    /// # Errors
    /// `SignInRequired`; `RecentSignInRequired`; `Limited`; `Store`.
    pub async fn change_notices(
        &self,
        token: &str,
        new_device: bool,
        client: &Client,
    ) -> Result<SignedIn, Error> {
        self.change_recently(token, client, |actor, mut change| async move {
            if actor.account.device_emails.are_off != new_device {
                return Ok(Decision::Answer(self.signed_in(actor.account, actor.session)?));
            }
            let mut account = Arc::unwrap_or_clone(actor.account);
            account.device_emails.are_off = !new_device;
            let account = self.count_change(account)?;
            change.put(Key::account(account.id), Record::from(account.clone()));
            let name = if new_device { EventName::DeviceEmailsOn } else { EventName::DeviceEmailsOff };
            let event = Event::new(self.world.now(), name, Some(account.id), client);
            Ok(Decision::Commit {
                change,
                event: Some(event),
                answer: self.signed_in(account, actor.session),
            })
        })
        .await
    }
}
