//! Ending a key for a program of someone else.

use crate::domain::admin::AccountRow;
use crate::domain::error::Error;
use crate::domain::record::client::Client;
use crate::domain::record::event::{Event, EventName};
use crate::domain::record::ids::{AccountId, AppKeyId};
use crate::domain::record::letter::{About, LetterKind};
use crate::domain::{Decision, Gatepost};

impl Gatepost {
    /// Ends one key of an account, and nothing else.
    ///
    /// # Errors
    /// `SignInRequired`; `AdminRequired`; `RecentSignInRequired`; `Over` if the account or the key has ended or was never
    /// there, or if the key is someone else's; `Store`.
    pub async fn admin_end_key(
        &self,
        token: &str,
        id: AccountId,
        key: AppKeyId,
        client: &Client,
    ) -> Result<AccountRow, Error> {
        let account = self
            .act_as_admin(token, client, |actor, mut change| async move {
                let account = self.put_target(&mut change, &actor, id).await?;
                self.put_key_end(&mut change, &account, key).await.map_err(over)?;
                let kind = LetterKind::KeyEndedByAdmin;
                self.queue_notice(&mut change, kind, &account.address, About::Account(id));
                let client = client.of_admin(actor.account.id);
                let event = Some(Event::new(self.world.now(), EventName::KeyEnded, Some(id), &client));
                Ok(Decision::Commit { change, event, answer: Ok(account) })
            })
            .await?;
        self.account_row(account).await
    }
}

fn over(error: Error) -> Error {
    if error == Error::NotFound { Error::Over } else { error }
}
